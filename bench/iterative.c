/* Kernel ridge regression of every sample by preconditioned conjugate gradients, infinite ReLU network, f64, lambda = 0.01, K never
 * held, to a residual of 1e-6.
 *
 *     iterative [-f] [n [d [rank [hold]]]]      n = 50000, d = 16, rank 0: the library's choice; hold 1: K is held, in tiles
 *
 * Limit: as many products of K with vectors as it took, each evaluating every pair of samples once. */
#include "calls.h"
#include "data.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double lambda = 0.01, tolerance = 1e-6, noise = 0.1;

/* y = sin(2 x_0) + x_1 x_2 and noise, where there are so many inputs. */
static ntk_matrix targets_of(const ntk_matrix *x)
{
    ntk_matrix y = bench_matrix(x->rows, 1, NTK_F64, 2);
    for (int64_t i = 0; i < x->rows; i++) {
        const double *row = (const double *)x->data + i * x->stride;
        double *to = (double *)y.data + i;
        *to = sin(2 * row[0]) + (x->cols > 2 ? row[1] * row[2] : 0) + noise * *to;
    }
    return y;
}

/* Seconds of one product with as many columns as the fit's. */
static double time_product(ntk_context *context, const ntk_kernel *kernel, const ntk_matrix *x)
{
    ntk_gram *gram;
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    ntk_matrix v = bench_matrix(x->rows, 2, NTK_F64, 3), out = bench_matrix(x->rows, 2, NTK_F64, 4);
    options.storage = NTK_STORAGE_IMPLICIT;
    bench_check(ntk_gram_create(context, &gram, kernel, x, &options));
    double begin = bench_clock();
    bench_check(ntk_gram_multiply(gram, &out, &v));
    double seconds = bench_clock() - begin;
    ntk_gram_destroy(gram);
    free(v.data);
    free(out.data);
    return seconds;
}

static void measure(ntk_context *context, const int64_t *sizes)
{
    ntk_kernel *kernel = call_relu_kernel(context, NTK_PART_BOTH, 1);
    ntk_matrix x = bench_matrix(sizes[0], sizes[1], NTK_F64, 1), y = targets_of(&x);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_iterative_options iterative = NTK_INIT(ntk_iterative_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_ridge *ridge;
    options.method = NTK_RIDGE_ITERATIVE;
    options.intercept = 1;
    options.borrow = 1;
    options.iterative = &iterative;
    iterative.tolerance = tolerance;
    iterative.rank = sizes[2];
    iterative.hold = sizes[3] != 0;
    double product = time_product(context, kernel, &x), begin = bench_clock();
    bench_check(ntk_ridge_create(context, &ridge, kernel, &x, &y, lambda, &options));
    double seconds = bench_clock() - begin;
    bench_check(ntk_ridge_summary(ridge, &report));
    bench_row(iterative.hold ? "fit, held tiles" : "fit, K implicit", (bench_sizes){sizes[0], sizes[1], 0}, NTK_F64, seconds,
              product * report.refinements, "products");
    printf("# lambda %g: %lld iterations, %d products, residual %.1e, rss / n %.4g, peak %.2f GB\n", lambda,
           (long long)report.iterations, (int)report.refinements, report.residual, report.rss / (double)sizes[0],
           bench_peak_gigabytes());
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    free(x.data);
    free(y.data);
}

int main(int argc, char **argv)
{
    int64_t sizes[4] = {50000, 16, 0, 0};
    ntk_context *context = bench_context(bench_arguments(argc, argv, "[-f] [n [d [rank [hold]]]]", sizes, 4));
    bench_header(context);
    measure(context, sizes);
    ntk_context_destroy(context);
    bench_memory_trim();
    return EXIT_SUCCESS;
}
