/* Kernel ridge regression against a dense solve in long double with the oracle's kernel. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

/* --- one problem, its kernel by the oracle, and its solution --- */

typedef struct problem {
    oracle_kernel kernel;
    int64_t n, d, t;
    int32_t dtype;
    double lambda;
    double *x, *y;
    long double *K;              /* n x n */
    long double *alpha;          /* n x t */
    long double b[4];            /* t intercepts */
    long double norm, error, a2; /* of K + lambda I; of its entries; largest |A^-1 y| + |b A^-1 1|, whose difference alpha is */
} problem;

/* alpha = A^-1 (y - b 1), b = 1' A^-1 y / 1' A^-1 1 */
static void solve(problem *p, int intercept)
{
    int64_t n = p->n, t = p->t;
    long double *A = oracle_memory(n * n, sizeof *A), *z = oracle_memory(n * (t + 1), sizeof *z), ones = 0;
    memcpy(A, p->K, (size_t)(n * n) * sizeof *A);
    for (int64_t i = 0; i < n; i++) {
        A[i * n + i] += (long double)p->lambda;
        for (int64_t c = 0; c < t; c++) z[i * (t + 1) + c] = (long double)p->y[i * t + c];
        z[i * (t + 1) + t] = 1;
    }
    ck_assert(oracle_solve(z, A, z, n, t + 1) == 0);
    for (int64_t i = 0; i < n; i++) ones += z[i * (t + 1) + t];
    p->a2 = 0;
    for (int64_t c = 0; c < t; c++) {
        long double sum = 0, squares = 0, unit_squares = 0;
        for (int64_t i = 0; i < n; i++) sum += z[i * (t + 1) + c];
        p->b[c] = intercept ? sum / ones : 0;
        for (int64_t i = 0; i < n; i++) {
            p->alpha[i * t + c] = z[i * (t + 1) + c] - p->b[c] * z[i * (t + 1) + t];
            squares += z[i * (t + 1) + c] * z[i * (t + 1) + c];
            unit_squares += z[i * (t + 1) + t] * z[i * (t + 1) + t];
        }
        p->a2 = fmaxl(p->a2, sqrtl(squares) + fabsl(p->b[c]) * sqrtl(unit_squares));
    }
    free(A);
    free(z);
}

static problem problem_create(int32_t kind, int64_t n, int64_t d, int64_t t, int32_t dtype, double lambda, uint64_t *state)
{
    problem p = {.kernel = {kind, 0, NTK_INIT(ntk_kernel_options)}, .n = n, .d = d, .t = t, .dtype = dtype, .lambda = lambda};
    p.x = oracle_samples(n, d, dtype, state);
    p.y = oracle_samples(n, t, dtype, state);
    p.K = oracle_memory(n * n, sizeof *p.K);
    p.alpha = oracle_memory(n * t, sizeof *p.alpha);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            oracle_value K = oracle_infinite(&p.kernel, p.x + i * d, p.x + j * d, d, oracle_roundoff(dtype));
            p.K[i * n + j] = K.value;
            p.error = fmaxl(p.error, K.bound);
        }
        p.norm += p.K[i * n + i] + (long double)lambda;
    }
    return p;
}

static void problem_free(problem *p)
{
    free(p->x);
    free(p->y);
    free(p->K);
    free(p->alpha);
}

/* |A^-1| <= 1/lambda, so alpha moves by at most (|dK| + what Cholesky's backward error adds) |alpha| / lambda: |dK| <= n error,
 * Cholesky: 3 n roundings of the trace (Higham 2002, theorem 10.4). */
static long double coefficient_tolerance(const problem *p)
{
    long double n = (long double)p->n;
    return (n * p->error + 3 * n * (long double)oracle_roundoff(p->dtype) * p->norm) * p->a2 / (long double)p->lambda;
}

static ntk_ridge_options describe(int32_t method, int32_t storage, int intercept)
{
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = method;
    options.storage = storage;
    options.intercept = intercept;
    return options;
}

static void compare_coefficients(const ntk_ridge *ridge, const problem *p)
{
    test_array alpha = test_array_make(p->n, p->t, 2, NTK_F64), b = test_array_make(1, p->t, 1, NTK_F64);
    long double tolerance = coefficient_tolerance(p);
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_ridge_intercept(ridge, &b.view));
    ck_assert(test_array_is_written(&alpha) && test_array_is_written(&b));
    for (int64_t c = 0; c < p->t; c++) {
        /* 1' A^-1 1 >= n / |A|, and its error is n times that of a coefficient's */
        long double slack = tolerance * (2 + p->norm);
        ck_assert_msg(fabsl((long double)test_get(&b.view, 0, c) - p->b[c]) <= slack, "b[%lld] is %.17g, not %.17Lg",
                      (long long)c, test_get(&b.view, 0, c), p->b[c]);
        for (int64_t i = 0; i < p->n; i++) {
            double got = test_get(&alpha.view, i, c);
            ck_assert_msg(fabsl((long double)got - p->alpha[i * p->t + c]) <= tolerance,
                          "alpha[%lld][%lld] is %.17g, not %.17Lg (%.2Lg)", (long long)i, (long long)c, got,
                          p->alpha[i * p->t + c], tolerance);
        }
    }
    test_array_free(&alpha);
    test_array_free(&b);
}

/* f(x) + b at m new rows, all at once in each precision, and the first few one at a time */
static void compare_predictions(const ntk_ridge *ridge, const problem *p, int64_t m, uint64_t *state)
{
    double *x = oracle_samples(m, p->d, NTK_F32, state);
    for (int choice = 0; choice < 4; choice++) {
        int32_t in = choice & 1 ? NTK_F32 : NTK_F64, out = choice & 2 ? NTK_F32 : NTK_F64;
        test_array a = oracle_array(x, m, p->d, 2, in), y = test_array_make(m, p->t, 1, out),
                   one = test_array_make(1, p->t, 0, out);
        CHECK_OK(ntk_ridge_predict(ridge, &y.view, &a.view));
        ck_assert(test_array_is_written(&y));
        for (int64_t i = 0; i < m; i++) {
            ntk_matrix row =
                ntk_matrix_view((char *)a.view.data + (size_t)(i * a.view.stride) * (in == NTK_F32 ? 4 : 8), 1, p->d, in, 0);
            CHECK_OK(ntk_ridge_predict(ridge, &one.view, &row));
            for (int64_t c = 0; c < p->t; c++) {
                long double f = p->b[c], bound = coefficient_tolerance(p) * (2 + p->norm);
                for (int64_t j = 0; j < p->n; j++) {
                    oracle_value K =
                        oracle_infinite(&p->kernel, x + i * p->d, p->x + j * p->d, p->d, oracle_roundoff(p->dtype));
                    f += K.value * p->alpha[j * p->t + c];
                    bound += fabsl(K.value) * coefficient_tolerance(p) +
                             fabsl(p->alpha[j * p->t + c]) *
                                 (K.bound + (long double)p->n * (long double)oracle_roundoff(p->dtype) * fabsl(K.value));
                }
                bound += (long double)oracle_roundoff(out) * fabsl(f);
                double batch = test_get(&y.view, i, c), single = test_get(&one.view, 0, c);
                ck_assert_msg(fabsl((long double)batch - f) <= bound && fabsl((long double)single - f) <= bound,
                              "f[%lld][%lld] is %.17g in a batch, %.17g alone, not %.17Lg (%.2Lg)", (long long)i, (long long)c,
                              batch, single, f, bound);
            }
        }
        test_array_free(&a);
        test_array_free(&y);
        test_array_free(&one);
    }
    free(x);
}

static ntk_ridge *fit(const problem *p, const ntk_ridge_options *options)
{
    ntk_kernel *kernel = oracle_kernel_create(context, &p->kernel);
    test_array x = oracle_array(p->x, p->n, p->d, 1, p->dtype), y = oracle_array(p->y, p->n, p->t, 2, p->dtype);
    ntk_ridge *ridge = NULL;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.view, &y.view, p->lambda, options));
    ntk_kernel_destroy(kernel);
    test_array_free(&x);
    test_array_free(&y);
    return ridge;
}

/* full and packed, with and without intercept, one and several targets, f64 and f32 */
START_TEST(dual_against_a_dense_solve)
{
    static const int64_t shapes[][3] = {{1, 1, 1}, {1, 3, 2}, {2, 2, 1}, {17, 4, 3}, {60, 5, 1}, {90, 3, 4}};
    uint64_t state = test_seed(71) + (uint64_t)_i;
    for (int choice = 0; choice < 8; choice++) {
        int32_t dtype = choice & 1 ? NTK_F32 : NTK_F64, kind = choice & 2 ? NTK_ERF : NTK_RELU;
        int intercept = choice >> 2;
        problem p = problem_create(kind, shapes[_i][0], shapes[_i][1], shapes[_i][2], dtype, 0.25, &state);
        solve(&p, intercept);
        for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_PACKED; storage++) {
            ntk_ridge_options options = describe(NTK_RIDGE_DUAL, storage, intercept);
            ntk_ridge *ridge = fit(&p, &options);
            compare_coefficients(ridge, &p);
            compare_predictions(ridge, &p, 5, &state);
            ntk_ridge_destroy(ridge);
        }
        problem_free(&p);
    }
}
END_TEST

/* the arithmetic of the fit is options.dtype's, whatever the data's */
START_TEST(precision_of_the_fit)
{
    uint64_t state = test_seed(72);
    for (int choice = 0; choice < 4; choice++) {
        int32_t data = choice & 1 ? NTK_F32 : NTK_F64, dtype = choice & 2 ? NTK_F32 : NTK_F64;
        problem p = problem_create(NTK_RELU, 30, 4, 2, NTK_F32, 0.25, &state);
        problem q = p;
        test_array x = oracle_array(p.x, 30, 4, 0, data), y = oracle_array(p.y, 30, 2, 0, data);
        ntk_ridge_options options = describe(NTK_RIDGE_AUTO, NTK_STORAGE_FULL, 1);
        ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
        ntk_kernel *kernel = oracle_kernel_create(context, &p.kernel);
        ntk_ridge *ridge = NULL;
        solve(&p, 1);
        q = p;
        q.dtype = dtype;
        if (dtype == NTK_F64) q.error *= 0x1p-29L; /* bounds are proportional to the roundoff */
        options.dtype = dtype;
        CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.view, &y.view, p.lambda, &options));
        CHECK_OK(ntk_ridge_summary(ridge, &report));
        ck_assert_int_eq(report.dtype, dtype);
        compare_coefficients(ridge, &q);
        ntk_ridge_destroy(ridge);
        ntk_kernel_destroy(kernel);
        test_array_free(&x);
        test_array_free(&y);
        problem_free(&p);
    }
}
END_TEST

/* lambda = 0 where the kernel itself is well conditioned: f interpolates */
START_TEST(interpolation)
{
    uint64_t state = test_seed(73);
    for (int intercept = 0; intercept < 2; intercept++) {
        problem p = problem_create(NTK_RELU, 40, 60, 2, NTK_F64, 0, &state);
        ntk_ridge_options options = describe(NTK_RIDGE_AUTO, NTK_STORAGE_FULL, intercept);
        ntk_ridge *ridge = fit(&p, &options);
        test_array x = oracle_array(p.x, 40, 60, 0, NTK_F64), y = test_array_make(40, 2, 0, NTK_F64);
        CHECK_OK(ntk_ridge_predict(ridge, &y.view, &x.view));
        solve(&p, intercept);
        for (int64_t i = 0; i < 80; i++) {
            /* residual of Cholesky: 3 n roundings of the trace times |alpha|, and the prediction's own */
            long double bound = 6 * 40 * 0x1p-53L * p.norm * p.a2 + 40 * p.error * p.a2 + 8 * 0x1p-53L * fabsl(p.b[i % 2]);
            ck_assert(fabs(test_get(&y.view, i / 2, i % 2) - p.y[i]) <= (double)bound);
        }
        test_array_free(&x);
        test_array_free(&y);
        ntk_ridge_destroy(ridge);
        problem_free(&p);
    }
}
END_TEST

/* a constant target: with an intercept it is the whole model, without it the kernel does what it can */
START_TEST(constant_target)
{
    uint64_t state = test_seed(74);
    problem p = problem_create(NTK_ERF, 25, 3, 1, NTK_F64, 0.5, &state);
    for (int64_t i = 0; i < 25; i++) p.y[i] = 3.25;
    for (int intercept = 0; intercept < 2; intercept++) {
        ntk_ridge_options options = describe(NTK_RIDGE_DUAL, NTK_STORAGE_FULL, intercept);
        solve(&p, intercept);
        ntk_ridge *ridge = fit(&p, &options);
        compare_coefficients(ridge, &p);
        if (intercept) ck_assert(fabsl(p.b[0] - 3.25L) < 1e-17L);
        ntk_ridge_destroy(ridge);
    }
    problem_free(&p);
}
END_TEST

/* several tiles, and several blocks of them with a threaded BLAS, in both storages: the residual (K + lambda I) alpha = y */
START_TEST(several_tiles)
{
    int64_t n = _i < 2 ? 1300 : 2900, d = 12;
    uint64_t state = test_seed(75);
    int32_t dtype = _i % 2 ? NTK_F32 : NTK_F64;
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    double *xs = oracle_samples(n, d, dtype, &state), *ys = oracle_samples(n, 1, dtype, &state), lambda = 0.05;
    test_array x = oracle_array(xs, n, d, 0, dtype), y = oracle_array(ys, n, 1, 0, dtype),
               K = test_array_make(n, n, 0, NTK_F64);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.view, &x.view));
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_PACKED; storage++) {
        ntk_ridge_options options = describe(NTK_RIDGE_DUAL, storage, 0);
        ntk_ridge *ridge = NULL;
        test_array alpha = test_array_make(n, 1, 0, NTK_F64);
        CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.view, &y.view, lambda, &options));
        CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
        /* |r| <= (n |dK| + 3 n roundings of the trace) |alpha| in the worst case; rounding errors of a sum behave like the
         * square root of their number, so both n become 6 sqrt(n) */
        long double square = 0, residual = 0, trace = 0;
        for (int64_t i = 0; i < n; i++) {
            long double r = (long double)lambda * (long double)test_get(&alpha.view, i, 0) - (long double)ys[i];
            for (int64_t j = 0; j < n; j++)
                r += (long double)test_get(&K.view, i, j) * (long double)test_get(&alpha.view, j, 0);
            residual += r * r;
            square += (long double)test_get(&alpha.view, i, 0) * (long double)test_get(&alpha.view, i, 0);
            trace += (long double)test_get(&K.view, i, i) + (long double)lambda;
        }
        long double roundings = 18 * sqrtl((long double)n) * (long double)oracle_roundoff(dtype);
        ck_assert_msg(sqrtl(residual) <= roundings * trace * sqrtl(square), "storage %d: residual %.3Lg, bound %.3Lg",
                      (int)storage, sqrtl(residual), roundings * trace * sqrtl(square));
        test_array_free(&alpha);
        ntk_ridge_destroy(ridge);
    }
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&K);
    free(xs);
    free(ys);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge");
    TCase *ridge = test_case(suite, "dual");
    tcase_add_checked_fixture(ridge, setup, teardown);
    tcase_add_loop_test(ridge, dual_against_a_dense_solve, 0, 6);
    tcase_add_test(ridge, precision_of_the_fit);
    tcase_add_test(ridge, interpolation);
    tcase_add_test(ridge, constant_target);
    tcase_add_loop_test(ridge, several_tiles, 0, 4);
    return test_run(suite);
}
