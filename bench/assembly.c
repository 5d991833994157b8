/* Assembly of K(X, X), infinite ReLU network, K^RF + K^NT and K^NT, full and packed, and of three hidden layers,
 * f64 and f32.
 *
 *     assembly [-f] [n [d]]      n = 10000; d = 784, then 16; -f: every call takes fresh memory from the system
 *
 * Limits: one syrk of X; for few inputs also writing half the matrix. */
#include "calls.h"
#include "data.h"
#include "limits.h"
#include "memory.h"

#include <stdlib.h>

enum { CASES = 5, FEW_INPUTS = 64 };

static const struct {
    const char *name;
    int32_t part, storage;
    int64_t layers;
} cases[CASES] = {{"assembly K^RF+K^NT full", NTK_PART_BOTH, NTK_STORAGE_FULL, 1},
                  {"assembly K^NT full", NTK_PART_NT, NTK_STORAGE_FULL, 1},
                  {"assembly K^RF+K^NT packed", NTK_PART_BOTH, NTK_STORAGE_PACKED, 1},
                  {"assembly K^NT packed", NTK_PART_NT, NTK_STORAGE_PACKED, 1},
                  {"assembly 3 layers full", NTK_PART_BOTH, NTK_STORAGE_FULL, 3}};

static void measure(ntk_context *context, int64_t n, int64_t d, int32_t dtype)
{
    bench_sizes sizes = {n, d, 0};
    ntk_kernel *kernels[CASES];
    call_gram calls[CASES];
    limit_arrays limit = {.x = bench_matrix(n, d, dtype, 1), .out = bench_allocate(n * n, dtype)};
    bench_runner runners[CASES + 2] = {limit_syrk(&limit), limit_write_half(&limit)};
    for (int i = 0; i < CASES; i++) {
        kernels[i] = call_relu_kernel(context, cases[i].part, cases[i].layers);
        calls[i] = (call_gram){.context = context, .kernel = kernels[i], .x = limit.x, .options = NTK_INIT(ntk_gram_options)};
        calls[i].options.storage = cases[i].storage;
        runners[i + 2] = call_gram_runner(&calls[i]);
    }
    bench_race(runners, CASES + 2);
    for (int i = 0; i < CASES; i++) {
        double seconds = runners[i + 2].seconds;
        bench_row(cases[i].name, sizes, dtype, seconds, runners[0].seconds, "syrk");
        if (d <= FEW_INPUTS) bench_row(cases[i].name, sizes, dtype, seconds, runners[1].seconds, "writing half");
        ntk_kernel_destroy(kernels[i]);
    }
    free(limit.x.data);
    free(limit.out);
    bench_memory_trim();
}

int main(int argc, char **argv)
{
    int64_t sizes[2] = {10000, 0};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [d]]", sizes, 2));
    bench_header(context);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) measure(context, sizes[0], sizes[1] ? sizes[1] : 784, dtype);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32 && !sizes[1]; dtype++) measure(context, sizes[0], 16, dtype);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
