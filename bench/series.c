/* Assembly of K(X, X) = K^RF + K^NT, full, of infinite networks whose activations have no closed form: of samples of one length,
 * |x|^2 = d, which share a series, and of samples of many, |x|^2 = d / 4 to d, which do not.  ReLU beside them, and three layers of tanh.
 *
 *     series [-f] [n [d]]      n = 4000, d = 784; -f: every call takes fresh memory from the system
 *
 * Limit: one syrk of X. */
#include "calls.h"
#include "data.h"
#include "limits.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CASES = 6 };

static const struct {
    const char *name;
    int32_t kind;
    double accuracy;
    int64_t layers;
} cases[CASES] = {{"ReLU", NTK_RELU, 0, 1},           {"tanh", NTK_TANH, 0, 1},
                  {"tanh, 3 layers", NTK_TANH, 0, 3}, {"tanh to 1e-6", NTK_TANH, 1e-6, 1},
                  {"softplus", NTK_SOFTPLUS, 0, 1},   {"Hermite polynomial of degree 4", NTK_HERMITE, 0, 1}};

static ntk_kernel *make_kernel(ntk_context *context, int i)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_kernel_options shape = NTK_INIT(ntk_kernel_options);
    ntk_activation *activation;
    ntk_kernel *kernel;
    options.accuracy = cases[i].accuracy;
    shape.layers = cases[i].layers;
    options.degree = cases[i].kind == NTK_HERMITE ? 4 : 0;
    bench_check(ntk_activation_create(context, &activation, cases[i].kind, &options));
    bench_check(ntk_kernel_create_infinite(context, &kernel, activation, &shape));
    ntk_activation_destroy(activation);
    return kernel;
}

/* Rows of length sqrt d times 1, or times 1/2 to 1. */
static void set_lengths(const ntk_matrix *x, bool varied)
{
    for (int64_t i = 0; i < x->rows; i++) {
        double square = 0, wanted = varied ? 0.5 + 0.5 * (double)i / (double)x->rows : 1;
        for (int pass = 0; pass < 2; pass++)
            for (int64_t k = 0; k < x->cols; k++) {
                double *f64 = (double *)x->data + i * x->stride + k;
                float *f32 = (float *)x->data + i * x->stride + k;
                double value = x->dtype == NTK_F64 ? *f64 : (double)*f32;
                if (pass == 0) {
                    square += value * value;
                    continue;
                }
                value *= wanted * sqrt((double)x->cols / square);
                if (x->dtype == NTK_F64)
                    *f64 = value;
                else
                    *f32 = (float)value;
            }
    }
}

static void measure(ntk_context *context, int64_t n, int64_t d, int32_t dtype, bool varied)
{
    bench_sizes sizes = {n, d, 0};
    ntk_kernel *kernels[CASES];
    call_gram calls[CASES];
    limit_arrays limit = {.x = bench_matrix(n, d, dtype, 1), .out = bench_allocate(n * n, dtype)};
    bench_runner runners[CASES + 1] = {limit_syrk(&limit)};
    set_lengths(&limit.x, varied);
    for (int i = 0; i < CASES; i++) {
        kernels[i] = make_kernel(context, i);
        calls[i] = (call_gram){.context = context, .kernel = kernels[i], .x = limit.x, .options = NTK_INIT(ntk_gram_options)};
        runners[i + 1] = call_gram_runner(&calls[i]);
    }
    bench_race(runners, CASES + 1);
    for (int i = 0; i < CASES; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s, %s", cases[i].name, varied ? "many lengths" : "one length");
        bench_row(name, sizes, dtype, runners[i + 1].seconds, runners[0].seconds, "syrk");
        ntk_kernel_destroy(kernels[i]);
    }
    free(limit.x.data);
    free(limit.out);
    bench_memory_trim();
}

int main(int argc, char **argv)
{
    int64_t sizes[2] = {4000, 784};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [d]]", sizes, 2));
    bench_header(context);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
        for (int varied = 0; varied < 2; varied++) measure(context, sizes[0], sizes[1], dtype, varied);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
