/* Jackknife+ intervals against models that are refitted without each sample, and how often they hold what they should. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 21, M = 4, D = 3 };

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void fill(double *to, const double *from, int64_t left_out, int64_t width)
{
    memcpy(to, from, (size_t)(left_out * width) * sizeof *to);
    memcpy(to + left_out * width, from + (left_out + 1) * width, (size_t)((N - 1 - left_out) * width) * sizeof *to);
}

/* of target c at point m, from N fits */
static void by_refitting(double ends[2], const ntk_kernel *kernel, const double *xs, const double *ys, const double *at, int c,
                         double lambda, int32_t intercept, double level)
{
    double low[N], high[N], x[(N - 1) * D], y[(N - 1) * 2], f[2], own[2];
    ntk_matrix X = ntk_matrix_const_f64(x, N - 1, D), Y = ntk_matrix_const_f64(y, N - 1, 2), F = ntk_matrix_f64(f, 1, 2),
               Own = ntk_matrix_f64(own, 1, 2), At = ntk_matrix_const_f64(at, 1, D);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = NTK_RIDGE_DUAL;
    options.intercept = intercept;
    for (int i = 0; i < N; i++) {
        ntk_ridge *ridge = NULL;
        ntk_matrix left = ntk_matrix_const_f64(xs + i * D, 1, D);
        fill(x, xs, i, D);
        fill(y, ys, i, 2);
        CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &X, &Y, lambda, &options));
        CHECK_OK(ntk_ridge_predict(ridge, &F, &At));
        CHECK_OK(ntk_ridge_predict(ridge, &Own, &left));
        low[i] = f[c] - fabs(ys[2 * i + c] - own[c]);
        high[i] = f[c] + fabs(ys[2 * i + c] - own[c]);
        ntk_ridge_destroy(ridge);
    }
    qsort(low, N, sizeof *low, ascending);
    qsort(high, N, sizeof *high, ascending);
    int first = (int)floor((1 - level) * (N + 1) + 1e-9), last = (int)ceil(level * (N + 1) - 1e-9);
    ends[0] = first < 1 ? -(double)INFINITY : low[first - 1];
    ends[1] = last > N ? (double)INFINITY : high[last - 1];
}

START_TEST(against_refitting)
{
    static const int32_t methods[] = {NTK_RIDGE_DUAL, NTK_RIDGE_PRIMAL, NTK_RIDGE_SPECTRAL, NTK_RIDGE_SPECTRAL};
    static const double levels[] = {0.9, 0.5, 0.99};
    uint64_t state = test_seed(741);
    int way = _i / 2;
    ntk_kernel *kernel = oracle_finite_create(context, NTK_ERF, D, 12, 0, NTK_PART_BOTH);
    double *xs = oracle_samples(N + M, D, NTK_F64, &state), *ys = oracle_samples(N, 2, NTK_F64, &state), got[M * 4];
    double lambdas[2] = {0.3, way == 3 ? 2 : 0.3};
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D), y = ntk_matrix_const_f64(ys, N, 2),
               at = ntk_matrix_const_f64(xs + N * D, M, D), Got = ntk_matrix_f64(got, M, 4),
               Lambdas = ntk_matrix_const_f64(lambdas, 1, 2);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL;
    options.method = methods[way];
    options.intercept = _i % 2;
    if (way == 3) options.lambdas = &Lambdas;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, lambdas[0], &options));
    for (int l = 0; l < 3; l++) {
        CHECK_OK(ntk_ridge_intervals(ridge, &Got, &at, levels[l]));
        for (int m = 0; m < M; m++)
            for (int c = 0; c < 2; c++) {
                double right[2];
                by_refitting(right, kernel, xs, ys, xs + (N + m) * D, c, lambdas[c], _i % 2, levels[l]);
                /* order statistics move by no more than what they are of */
                for (int end = 0; end < 2; end++)
                    ck_assert_msg(got[m * 4 + 2 * c + end] == right[end] ||
                                      fabs(got[m * 4 + 2 * c + end] - right[end]) <= 1e-11,
                                  "way %d, intercept %d, level %g: %.15g, refitted %.15g", way, _i % 2, levels[l],
                                  got[m * 4 + 2 * c + end], right[end]);
            }
    }
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    free(xs);
    free(ys);
}
END_TEST

/* 90 % intervals of data with noise that is not Gaussian, and larger where x is: between 87 and 93 of 100 are right. */
START_TEST(coverage)
{
    enum { n = 200, m = 2000 };
    uint64_t state = test_seed(742);
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    oracle.options.bias_scale = 0.5;
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    int held = 0, rounds = 5;
    for (int round = 0; round < rounds; round++) {
        double *xs = oracle_samples(n + m, 2, NTK_F64, &state), *ys = oracle_memory(n + m, sizeof *ys),
               *ends = oracle_memory(2 * m, sizeof *ends);
        for (int i = 0; i < n + m; i++) {
            double e = oracle_uniform(&state);
            ys[i] = sin(xs[2 * i]) + 0.5 * xs[2 * i + 1] + 0.2 * (1 + fabs(xs[2 * i])) * (-log(e) - 1);
        }
        ntk_matrix x = ntk_matrix_const_f64(xs, n, 2), y = ntk_matrix_const_f64(ys, n, 1),
                   at = ntk_matrix_const_f64(xs + 2 * n, m, 2), Ends = ntk_matrix_f64(ends, m, 2);
        ntk_ridge *ridge = NULL;
        CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, 0.3, NULL));
        CHECK_OK(ntk_ridge_intervals(ridge, &Ends, &at, 0.9));
        for (int i = 0; i < m; i++) held += ends[2 * i] <= ys[n + i] && ys[n + i] <= ends[2 * i + 1];
        ntk_ridge_destroy(ridge);
        free(xs);
        free(ys);
        free(ends);
    }
    /* the samples' own luck makes about 2.2 of 100 in a round, 1 in five */
    ck_assert_msg(held >= 0.87 * m * rounds && held <= 0.93 * m * rounds, "%d of %d held", held, m * rounds);
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(edges)
{
    uint64_t state = test_seed(743);
    ntk_kernel *kernel = oracle_finite_create(context, NTK_ERF, D, 12, 0, NTK_PART_BOTH);
    double *xs = oracle_samples(3, D, NTK_F64, &state), *ys = oracle_samples(3, 1, NTK_F64, &state), ends[2];
    ntk_matrix x = ntk_matrix_const_f64(xs, 3, D), y = ntk_matrix_const_f64(ys, 3, 1), at = ntk_matrix_const_f64(xs, 1, D),
               Ends = ntk_matrix_f64(ends, 1, 2);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, 0.1, NULL));
    CHECK_OK(ntk_ridge_intervals(ridge, &Ends, &at, 0.9));
    ck_assert(isinf(ends[0]) && ends[0] < 0 && isinf(ends[1]) && ends[1] > 0);
    CHECK_STATUS(ntk_ridge_intervals(ridge, &Ends, &at, 1.5), NTK_ERR_VALUE);
    ntk_ridge_destroy(ridge);
    options.intercept = 1;
    x.rows = y.rows = 1;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, 0.1, &options));
    CHECK_OK(ntk_ridge_intervals(ridge, &Ends, &at, 0.3));
    ck_assert(isnan(ends[0]) && isnan(ends[1]));
    ntk_ridge_destroy(ridge);
    options.light = 1;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, 0.1, &options));
    CHECK_STATUS(ntk_ridge_intervals(ridge, &Ends, &at, 0.3), NTK_ERR_STATE);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    free(xs);
    free(ys);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intervals of ridge regression");
    TCase *tests = test_case(suite, "intervals");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, against_refitting, 0, 8);
    tcase_add_test(tests, coverage);
    tcase_add_test(tests, edges);
    return test_run(suite);
}
