/* Assembly of the kernel of a finite network, ReLU and erf, K^NT and K^RF + K^NT, f64 and f32.
 *
 *     finite [-f] [n [d [N]]]      n = 1000, d = 100, N = 4096 neurons; -f: every call takes fresh memory from the system
 *
 * Limit: two syrk of an n x N matrix. */
#include "calls.h"
#include "data.h"
#include "limits.h"
#include "memory.h"

#include <stdlib.h>

enum { CASES = 4 };

static const struct {
    const char *name;
    int32_t activation, part;
} cases[CASES] = {{"finite K^NT ReLU", NTK_RELU, NTK_PART_NT},
                  {"finite K^RF+K^NT ReLU", NTK_RELU, NTK_PART_BOTH},
                  {"finite K^NT erf", NTK_ERF, NTK_PART_NT},
                  {"finite K^RF+K^NT erf", NTK_ERF, NTK_PART_BOTH}};

static ntk_kernel *finite_kernel(ntk_context *context, int32_t kind, int32_t part, int64_t d, int64_t N)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *activation;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    options.inputs = d;
    options.hidden = N;
    bench_check(ntk_activation_create(context, &activation, kind, NULL));
    bench_check(ntk_network_create(context, &network, activation, &options));
    bench_check(ntk_features_create(context, &features, network, part));
    bench_check(ntk_kernel_create_finite(context, &kernel, features));
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    return kernel;
}

static void measure(ntk_context *context, bench_sizes sizes, int32_t dtype)
{
    ntk_matrix x = bench_matrix(sizes.n, sizes.d, dtype, 1);
    ntk_kernel *kernels[CASES];
    call_gram calls[CASES];
    limit_arrays limit = {.x = bench_matrix(sizes.n, sizes.N, dtype, 2), .out = bench_allocate(sizes.n * sizes.n, dtype)};
    bench_runner runners[CASES + 1] = {limit_syrk(&limit)};
    for (int i = 0; i < CASES; i++) {
        kernels[i] = finite_kernel(context, cases[i].activation, cases[i].part, sizes.d, sizes.N);
        calls[i] = (call_gram){.context = context, .kernel = kernels[i], .x = x, .options = NTK_INIT(ntk_gram_options)};
        runners[i + 1] = call_gram_runner(&calls[i]);
    }
    bench_race(runners, CASES + 1);
    for (int i = 0; i < CASES; i++) {
        bench_row(cases[i].name, sizes, dtype, runners[i + 1].seconds, 2 * runners[0].seconds, "2 syrk");
        ntk_kernel_destroy(kernels[i]);
    }
    free(x.data);
    free(limit.x.data);
    free(limit.out);
    bench_memory_trim();
}

int main(int argc, char **argv)
{
    int64_t sizes[3] = {1000, 100, 4096};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [d [N]]]", sizes, 3));
    bench_header(context);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
        measure(context, (bench_sizes){sizes[0], sizes[1], sizes[2]}, dtype);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
