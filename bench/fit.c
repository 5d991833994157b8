/* Kernel ridge regression by Cholesky, infinite ReLU network, full and packed, f64 and f32.
 *
 *     fit [-f] [n [d [targets]]]      n = 10000, d = 784, 10 targets; -f: every call takes fresh memory from the system
 *
 * Limits: the library's own assembly plus potrf, and syrk plus potrf. */
#include "calls.h"
#include "data.h"
#include "limits.h"
#include "memory.h"

#include <stdlib.h>

enum { STORAGES = 2 };

static const struct {
    const char *name;
    int32_t storage;
} storages[STORAGES] = {{"fit full", NTK_STORAGE_FULL}, {"fit packed", NTK_STORAGE_PACKED}};

typedef struct call_ridge {
    const call_gram *assembly;
    ntk_matrix y;
    ntk_ridge_options options;
    ntk_ridge *ridge;
} call_ridge;

static void create(void *argument)
{
    call_ridge *call = argument;
    const call_gram *a = call->assembly;
    /* far above rounding in either precision, whatever n */
    double lambda = 0.1;
    bench_check(ntk_ridge_create(a->context, &call->ridge, a->kernel, &a->x, &call->y, lambda, &call->options));
}

static void destroy(void *argument)
{
    call_ridge *call = argument;
    ntk_ridge_destroy(call->ridge);
}

static void measure(ntk_context *context, const int64_t *sizes, int32_t dtype)
{
    int64_t n = sizes[0], d = sizes[1];
    ntk_kernel *kernel = call_relu_kernel(context, NTK_PART_BOTH, 1);
    ntk_matrix y = bench_matrix(n, sizes[2], dtype, 2);
    call_gram grams[STORAGES];
    call_ridge fits[STORAGES];
    limit_arrays limit = {.x = bench_matrix(n, d, dtype, 1), .out = bench_allocate(n * n, dtype)};
    bench_runner runners[2 + 2 * STORAGES] = {limit_syrk(&limit), limit_potrf(&limit)};
    for (int i = 0; i < STORAGES; i++) {
        grams[i] = (call_gram){.context = context, .kernel = kernel, .x = limit.x, .options = NTK_INIT(ntk_gram_options)};
        grams[i].options.storage = storages[i].storage;
        fits[i] = (call_ridge){.assembly = &grams[i], .y = y, .options = NTK_INIT(ntk_ridge_options)};
        fits[i].options.storage = storages[i].storage;
        fits[i].options.method = NTK_RIDGE_DUAL;
        runners[2 + 2 * i] = call_gram_runner(&grams[i]);
        runners[3 + 2 * i] = (bench_runner){.run = create, .finish = destroy, .argument = &fits[i]};
    }
    bench_race(runners, 2 + 2 * STORAGES);
    for (int i = 0; i < STORAGES; i++) {
        double syrk = runners[0].seconds, potrf = runners[1].seconds, gram = runners[2 + 2 * i].seconds,
               fit = runners[3 + 2 * i].seconds;
        bench_row(storages[i].name, (bench_sizes){n, d, 0}, dtype, fit, gram + potrf, "own assembly + potrf");
        bench_row(storages[i].name, (bench_sizes){n, d, 0}, dtype, fit, syrk + potrf, "syrk + potrf");
    }
    ntk_kernel_destroy(kernel);
    free(y.data);
    free(limit.x.data);
    free(limit.out);
    bench_memory_trim();
}

int main(int argc, char **argv)
{
    int64_t sizes[3] = {10000, 784, 10};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [d [targets]]]", sizes, 3));
    bench_header(context);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) measure(context, sizes, dtype);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
