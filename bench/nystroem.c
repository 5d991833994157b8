/* A Nystroem model of more samples than memory holds: K^RF + K^NT of an infinitely wide ReLU network, m centres, f64, the samples made by
 * a generator as they are read.
 *
 *     nystroem [n [m [d]]]      1000000 samples, 4096 centres, 16 inputs
 *
 * Prints its memory as foretold and as it was, what the approximation leaves, and its own estimate of the error beside that on samples
 * that were not fitted.  Limit: syrk of n x m, n m^2 operations, from that of DEPTH samples; the fit substitutes as many besides. */
#include "calls.h"
#include "data.h"
#include "limits.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH = 2048, TEST = 2000 };
static const double LAMBDA = 0.1, NOISE = 0.1;

/* --- samples --- */

/* splitmix64: number index of a sequence, uniform in (-1, 1). */
static double uniform(int64_t index)
{
    uint64_t z = ((uint64_t)index + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (double)(int64_t)((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

/* Sample i: y is smooth in two directions, with noise. */
static void sample(int64_t i, int64_t d, double *x, double *y)
{
    double a = 0, b = 0;
    for (int64_t k = 0; k < d; k++) {
        x[k] = uniform(i * (d + 1) + k);
        a += x[k];
        b += k % 2 ? x[k] : -x[k];
    }
    a /= sqrt((double)d);
    b /= sqrt((double)d);
    *y = sin(2 * a) + b * fabs(b) + NOISE * uniform(i * (d + 1) + d);
}

static int64_t generate(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    (void)user;
    for (int64_t i = 0; i < x->rows; i++)
        sample(first + i, x->cols, (double *)x->data + i * x->stride, (double *)y->data + i * y->stride);
    return x->rows;
}

/* --- the limit --- */

static double limit_seconds(int64_t n, int64_t m)
{
    limit_arrays limit = {.x = bench_matrix(m, DEPTH, NTK_F64, 1), .out = bench_allocate(m * m, NTK_F64)};
    bench_runner runner = limit_syrk(&limit);
    bench_race(&runner, 1);
    free(limit.x.data);
    free(limit.out);
    return runner.seconds * (double)n / DEPTH;
}

/* --- the model --- */

/* Mean square error on samples behind those that were fitted. */
static double test_error(const ntk_ridge *ridge, int64_t n, int64_t d)
{
    ntk_matrix x = bench_matrix(TEST, d, NTK_F64, 2), y = bench_matrix(TEST, 1, NTK_F64, 3),
               f = bench_matrix(TEST, 1, NTK_F64, 4);
    double sum = 0;
    for (int64_t i = 0; i < TEST; i++) sample(n + i, d, (double *)x.data + i * d, (double *)y.data + i);
    bench_check(ntk_ridge_predict(ridge, &f, &x));
    for (int64_t i = 0; i < TEST; i++) {
        double error = ((double *)f.data)[i] - ((double *)y.data)[i];
        sum += error * error / TEST;
    }
    free(x.data);
    free(y.data);
    free(f.data);
    return sum;
}

static void report(const ntk_ridge *ridge, int64_t n, int64_t d, uint64_t foretold)
{
    ntk_nystroem_report about = NTK_INIT(ntk_nystroem_report);
    ntk_ridge_report model = NTK_INIT(ntk_ridge_report);
    bench_check(ntk_ridge_nystroem_summary(ridge, &about));
    bench_check(ntk_ridge_summary(ridge, &model));
    printf("# memory: %.3f GB foretold, %.3f GB of this process at its peak, %.3f GB held by the model\n",
           (double)foretold / 1e9, bench_peak_gigabytes(), (double)model.memory / 1e9);
    printf("# left of the kernel's diagonal: %.3g in the mean, %.3g at most; shift %.2g; degrees of freedom %.1f\n",
           about.mean_rest / about.mean_diagonal, about.largest_rest / about.mean_diagonal, about.shift, model.degrees);
    printf("# mean square error: %.6f by cross-validation, %.6f on %d other samples; noise %.6f\n", about.gcv,
           test_error(ridge, n, d), TEST, NOISE * NOISE / 3);
}

int main(int argc, char **argv)
{
    int64_t sizes[3] = {1000000, 4096, 16};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [m [d]]]", sizes, 3));
    int64_t n = sizes[0], m = sizes[1], d = sizes[2];
    ntk_kernel *kernel = call_relu_kernel(context, NTK_PART_BOTH, 1);
    ntk_nystroem_options options = NTK_INIT(ntk_nystroem_options);
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    ntk_ridge *ridge = NULL;
    uint64_t foretold = 0;
    options.count = m;
    options.intercept = 1;
    stream.inputs = d;
    stream.targets = 1;
    stream.samples = n;
    stream.read = generate;
    bench_header(context);
    bench_check(ntk_ridge_nystroem_memory(context, &foretold, kernel, n, d, 1, &options));
    double limit = limit_seconds(n, m), start = bench_clock();
    bench_check(ntk_ridge_create_nystroem_stream(context, &ridge, kernel, &stream, LAMBDA, &options));
    bench_row("Nystroem, streamed", (bench_sizes){n, d, m}, NTK_F64, bench_clock() - start, limit, "syrk of n x m");
    report(ridge, n, d, foretold);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
