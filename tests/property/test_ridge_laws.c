/* Laws of the ridge regression: linear in y, blind to the order of its samples, with known limits in lambda. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

static ntk_context *context;
static uint64_t state;

static void setup(void)
{
    context = test_context(2, NULL);
    state = test_seed(121);
}

static void teardown(void)
{
    ntk_context_destroy(context);
}

/* predictions at m rows of a model of one target, fitted with so much lambda; worth freeing */
static double *fit_predict(const ntk_kernel *kernel, const double *xs, const double *ys, int64_t n, int64_t d, double lambda,
                           const ntk_ridge_options *options, const double *points, int64_t m)
{
    double *out = oracle_memory(m, sizeof *out);
    ntk_matrix x = ntk_matrix_const_f64(xs, n, d), y = ntk_matrix_const_f64(ys, n, 1), at = ntk_matrix_const_f64(points, m, d);
    ntk_matrix f = ntk_matrix_f64(out, m, 1);
    ntk_ridge *ridge = NULL;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, lambda, options));
    CHECK_OK(ntk_ridge_predict(ridge, &f, &at));
    ntk_ridge_destroy(ridge);
    return out;
}

static ntk_kernel *kernel_of(int trial)
{
    static const int32_t kinds[] = {NTK_RELU, NTK_ERF, NTK_ABS, NTK_LEAKY_RELU};
    oracle_kernel oracle = {kinds[trial % 4], 0, NTK_INIT(ntk_kernel_options)};
    oracle.options.part = trial % 3;
    oracle.options.bias_scale = trial % 2 ? 0.4 : 0;
    return oracle_kernel_create(context, &oracle);
}

/* |f|'s error: |K(x, X)| |A^-1| (3 n roundings of the trace) |y| / lambda, with |K(x, X)| at most the trace: a bound for all
 * tests here, whose samples have norms near sqrt(d) so that K_ii <= 4 */
static double tolerance(int64_t n, double lambda, double size)
{
    double trace = (double)n * (4 + lambda);
    return 6 * (double)n * 0x1p-53 * trace / lambda * sqrt((double)n) * size * (4 * sqrt((double)n) / lambda + 1);
}

START_TEST(linear_in_the_targets)
{
    for (int trial = 0; trial < 12; trial++) {
        int64_t n = 20 + oracle_integer(&state, 60), d = 3 + oracle_integer(&state, 10), m = 10;
        ntk_kernel *kernel = kernel_of(trial);
        ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
        double *x = oracle_samples(n, d, NTK_F64, &state), *points = oracle_samples(m, d, NTK_F64, &state);
        double *y = oracle_samples(3, n, NTK_F64, &state), *f[3], lambda = 0.5;
        options.intercept = trial % 2;
        for (int64_t i = 0; i < n; i++) y[2 * n + i] = 2 * y[i] - 3 * y[n + i];
        for (int c = 0; c < 3; c++) f[c] = fit_predict(kernel, x, y + c * n, n, d, lambda, &options, points, m);
        for (int64_t i = 0; i < m; i++) ck_assert(fabs(2 * f[0][i] - 3 * f[1][i] - f[2][i]) <= tolerance(n, lambda, 6));
        for (int c = 0; c < 3; c++) free(f[c]);
        ntk_kernel_destroy(kernel);
        free(x);
        free(points);
        free(y);
    }
}
END_TEST

START_TEST(order_of_the_samples)
{
    for (int trial = 0; trial < 12; trial++) {
        int64_t n = 20 + oracle_integer(&state, 60), d = 3 + oracle_integer(&state, 10), m = 10;
        ntk_kernel *kernel = kernel_of(trial);
        ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
        double *x = oracle_samples(n, d, NTK_F64, &state), *points = oracle_samples(m, d, NTK_F64, &state);
        double *y = oracle_samples(1, n, NTK_F64, &state), *moved = oracle_memory(n * d, sizeof *moved);
        double *targets = oracle_memory(n, sizeof *targets), lambda = 0.5;
        int64_t shift = 1 + oracle_integer(&state, n - 1);
        for (int64_t i = 0; i < n; i++) {
            int64_t to = (n - 1 - i + shift) % n; /* reversed and turned */
            targets[to] = y[i];
            for (int64_t k = 0; k < d; k++) moved[to * d + k] = x[i * d + k];
        }
        options.intercept = trial % 2;
        options.storage = trial / 2 % 2;
        double *f = fit_predict(kernel, x, y, n, d, lambda, &options, points, m);
        double *g = fit_predict(kernel, moved, targets, n, d, lambda, &options, points, m);
        for (int64_t i = 0; i < m; i++) ck_assert(fabs(f[i] - g[i]) <= tolerance(n, lambda, 1));
        free(f);
        free(g);
        ntk_kernel_destroy(kernel);
        free(x);
        free(points);
        free(y);
        free(moved);
        free(targets);
    }
}
END_TEST

/* lambda f -> K y; with intercept f -> the mean of y.  alpha = y / lambda (1 + O(|K| / lambda)), and |K| <= trace <= 4 n. */
START_TEST(large_lambda)
{
    for (int trial = 0; trial < 12; trial++) {
        int64_t n = 20 + oracle_integer(&state, 30), d = 3 + oracle_integer(&state, 10), m = 6;
        ntk_kernel *kernel = kernel_of(trial);
        ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
        double *x = oracle_samples(n, d, NTK_F64, &state), *points = oracle_samples(m, d, NTK_F64, &state);
        double *y = oracle_samples(1, n, NTK_F64, &state), lambda = 1e9, mean = 0;
        test_array K = test_array_make(m, n, 0, NTK_F64);
        ntk_matrix a = ntk_matrix_const_f64(points, m, d), b = ntk_matrix_const_f64(x, n, d);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a, &b));
        double *f = fit_predict(kernel, x, y, n, d, lambda, &options, points, m);
        options.intercept = 1;
        double *g = fit_predict(kernel, x, y, n, d, lambda, &options, points, m);
        for (int64_t i = 0; i < n; i++) mean += y[i] / (double)n;
        for (int64_t i = 0; i < m; i++) {
            double limit = 0, size = 0;
            for (int64_t j = 0; j < n; j++) limit += test_get(&K.view, i, j) * y[j], size += fabs(test_get(&K.view, i, j)) * 4;
            ck_assert(fabs(lambda * f[i] - limit) <= 4.0 * (double)n / lambda * size + 1e-12 * size);
            ck_assert(fabs(g[i] - mean) <= 2 * size / lambda + 16.0 * (double)n / lambda + 1e-14);
        }
        free(f);
        free(g);
        ntk_kernel_destroy(kernel);
        test_array_free(&K);
        free(x);
        free(points);
        free(y);
    }
}
END_TEST

/* f32 against f64: tolerance() with the other roundoff, 2^29 times larger */
START_TEST(precisions)
{
    for (int trial = 0; trial < 6; trial++) {
        int64_t n = 20, d = 3 + oracle_integer(&state, 10), m = 6;
        ntk_kernel *kernel = kernel_of(trial);
        ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
        double *x = oracle_samples(n, d, NTK_F32, &state), *points = oracle_samples(m, d, NTK_F32, &state);
        double *y = oracle_samples(1, n, NTK_F32, &state), lambda = 4;
        options.intercept = trial % 2;
        double *f = fit_predict(kernel, x, y, n, d, lambda, &options, points, m);
        options.dtype = NTK_F32;
        double *g = fit_predict(kernel, x, y, n, d, lambda, &options, points, m);
        int differ = 0;
        for (int64_t i = 0; i < m; i++) {
            ck_assert_msg(fabs(f[i] - g[i]) <= 0x1p29 * tolerance(n, lambda, 1), "%g and %g", f[i], g[i]);
            differ |= f[i] != g[i];
        }
        ck_assert_msg(differ, "an f32 fit that is not");
        free(f);
        free(g);
        ntk_kernel_destroy(kernel);
        free(x);
        free(points);
        free(y);
    }
}
END_TEST

/* The model minimises its objective: |y - f - b|^2 + lambda |f|^2 cannot be lowered by moving alpha or b (finite kernel, so
 * that |f|^2 = alpha' K alpha is plain). */
START_TEST(minimiser_of_the_objective)
{
    for (int trial = 0; trial < 6; trial++) {
        int64_t n = 12, d = 4;
        ntk_kernel *kernel = kernel_of(trial);
        ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
        double *xs = oracle_samples(n, d, NTK_F64, &state), *ys = oracle_samples(n, 1, NTK_F64, &state), lambda = 0.3;
        ntk_matrix x = ntk_matrix_const_f64(xs, n, d), y = ntk_matrix_const_f64(ys, n, 1);
        test_array K = test_array_make(n, n, 0, NTK_F64), alpha = test_array_make(n, 1, 0, NTK_F64),
                   b = test_array_make(1, 1, 0, NTK_F64);
        ntk_ridge *ridge = NULL;
        options.intercept = trial % 2;
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &x, &x));
        CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, lambda, &options));
        CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
        CHECK_OK(ntk_ridge_intercept(ridge, &b.view));
        double best = 0;
        for (int move = 0; move < 60; move++) {
            double a[12], shift = options.intercept && move ? 0.01 * oracle_normal(&state) : 0, objective = 0;
            for (int64_t i = 0; i < n; i++) a[i] = test_get(&alpha.view, i, 0) + (move ? 0.01 * oracle_normal(&state) : 0);
            for (int64_t i = 0; i < n; i++) {
                double f = 0;
                for (int64_t j = 0; j < n; j++) f += test_get(&K.view, i, j) * a[j];
                double r = ys[i] - f - test_get(&b.view, 0, 0) - shift;
                objective += r * r + lambda * a[i] * f;
            }
            if (!move) best = objective;
            ck_assert_msg(objective >= best * (1 - 1e-12), "moved to %.17g from %.17g", objective, best);
        }
        ntk_ridge_destroy(ridge);
        ntk_kernel_destroy(kernel);
        test_array_free(&K);
        test_array_free(&alpha);
        test_array_free(&b);
        free(xs);
        free(ys);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge laws");
    TCase *laws = test_case(suite, "laws");
    tcase_add_checked_fixture(laws, setup, teardown);
    tcase_add_test(laws, linear_in_the_targets);
    tcase_add_test(laws, order_of_the_samples);
    tcase_add_test(laws, large_lambda);
    tcase_add_test(laws, precisions);
    tcase_add_test(laws, minimiser_of_the_objective);
    return test_run(suite);
}
