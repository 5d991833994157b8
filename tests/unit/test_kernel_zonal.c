/* Kernels of given levels: values and gradients against sums in long double, levels back, polynomial regression. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N1 = 7, N2 = 9, DEGREES = 12, MOST_INPUTS = 5000 };
static const int64_t dimensions[] = {1, 2, 3, 10, MOST_INPUTS};

static int64_t degrees_of(int64_t d)
{
    return d == 1 ? 2 : DEGREES;
}

static void shares_of(double *shares, int64_t degrees)
{
    for (int64_t k = 0; k < degrees; k++) shares[k] = k == 3 ? 0 : 1 / (1 + 0.5 * (double)k);
}

static ntk_kernel *make(const double *shares, int64_t degrees, int64_t d)
{
    ntk_matrix view = ntk_matrix_const_f64(shares, degrees, 1);
    ntk_kernel *kernel;
    CHECK_OK(ntk_kernel_create_zonal(context, &kernel, &view, d));
    return kernel;
}

/* --- the definition --- */

static long double polynomial(const double *shares, int64_t degrees, int64_t d, long double t)
{
    long double last = 0, now = 1, sum = 0, n = (long double)d;
    for (int64_t k = 0; k < degrees; k++) {
        long double j = (long double)k, next = k == 0 ? t : d == 1 ? 0 : ((2 * j + n - 2) * t * now - j * last) / (j + n - 2);
        sum += shares[k] * now;
        last = now;
        now = next;
    }
    return sum;
}

/* x1_i moved by step along coordinate along. */
static long double cosine(const ntk_matrix *x1, int64_t i, const ntk_matrix *x2, int64_t j, int64_t along, long double step)
{
    long double xx = 0, yy = 0, xy = 0;
    for (int64_t c = 0; c < x1->cols; c++) {
        long double x = test_get(x1, i, c) + (c == along ? step : 0), y = test_get(x2, j, c);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    return xx > 0 && yy > 0 ? xy / sqrtl(xx) / sqrtl(yy) : 2;
}

/* An error of t of e(d), docs/numerics.md, times |Q_k'| <= k^2, and 8 roundings a step of the recurrence, each of which grows by at most
 * k. */
static double tolerance(const double *shares, int64_t degrees, int64_t d, double unit)
{
    double sum = 0;
    for (int64_t k = 0; k < degrees; k++) {
        double square = (double)((k + 1) * (k + 1));
        sum += shares[k] * square * (3 * (6 * sqrt((double)d) + 32) + 8) * unit;
    }
    return sum;
}

START_TEST(values_are_the_definition)
{
    int64_t d = dimensions[_i / 2], degrees = degrees_of(d);
    int32_t dtype = _i % 2 ? NTK_F32 : NTK_F64;
    double shares[DEGREES], unit = (dtype == NTK_F64 ? DBL_EPSILON : (double)FLT_EPSILON) / 2;
    shares_of(shares, degrees);
    ntk_kernel *kernel = make(shares, degrees, d);
    test_array x1 = test_array_make(N1, d, 1, dtype), x2 = test_array_make(N2, d, 0, dtype);
    test_array K = test_array_make(N1, N2, 2, dtype), own = test_array_make(N1, N1, 0, dtype);
    test_array_fill(&x1, 1);
    test_array_fill(&x2, 2);
    for (int64_t c = 0; c < d; c++) {
        test_set(&x1.view, 2, c, 0);
        test_set(&x2.view, 3, c, -2 * test_get(&x1.view, 1, c));
    }
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1.view, &x2.view));
    ck_assert(test_array_is_written(&K));
    for (int64_t i = 0; i < N1; i++)
        for (int64_t j = 0; j < N2; j++) {
            long double t = cosine(&x1.view, i, &x2.view, j, -1, 0);
            long double want = t > 1.5L ? (long double)shares[0] : polynomial(shares, degrees, d, t);
            ck_assert_double_eq_tol(test_get(&K.view, i, j), (double)want, tolerance(shares, degrees, d, unit));
        }
    CHECK_OK(ntk_kernel_block(kernel, &own.view, &x1.view, &x1.view));
    double top = 0;
    for (int64_t k = 0; k < degrees; k++) top += shares[k];
    for (int64_t i = 0; i < N1; i++)
        ck_assert_double_eq_tol(test_get(&own.view, i, i), i == 2 ? shares[0] : top, tolerance(shares, degrees, d, unit));
    test_array_free(&x1);
    test_array_free(&x2);
    test_array_free(&K);
    test_array_free(&own);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* Differences of the definition over 2 h = 2e-5 err by h^2 times a third derivative, of at most some 1e4 here. */
START_TEST(gradients_are_its_derivatives)
{
    enum { D = 4, TARGETS = 6 };
    double shares[DEGREES];
    shares_of(shares, DEGREES);
    ntk_kernel *kernel = make(shares, DEGREES, D);
    test_array x1 = test_array_make(N1, D, 1, NTK_F64), x2 = test_array_make(N2, D, 0, NTK_F64),
               v = test_array_make(N2, TARGETS, 0, NTK_F64), g = test_array_make(N1, D * TARGETS, 0, NTK_F64);
    test_array_fill(&x1, 3);
    test_array_fill(&x2, 4);
    test_array_fill(&v, 5);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x1.view, &x2.view, &v.view));
    for (int64_t i = 0; i < N1; i++)
        for (int64_t c = 0; c < D; c++) {
            long double slope[N2], h = 1e-5L;
            for (int64_t j = 0; j < N2; j++)
                slope[j] = (polynomial(shares, DEGREES, D, cosine(&x1.view, i, &x2.view, j, c, h)) -
                            polynomial(shares, DEGREES, D, cosine(&x1.view, i, &x2.view, j, c, -h))) /
                           (2 * h);
            for (int64_t t = 0; t < TARGETS; t++) {
                long double want = 0;
                for (int64_t j = 0; j < N2; j++) want += slope[j] * test_get(&v.view, j, t);
                ck_assert_double_eq_tol(test_get(&g.view, i, t * D + c), (double)want, 1e-5);
            }
        }
    test_array_free(&x1);
    test_array_free(&x2);
    test_array_free(&v);
    test_array_free(&g);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* --- its levels --- */

static void find_levels(const ntk_kernel *kernel, double levels[][NTK_LEVEL_COLUMNS], int64_t degrees, int64_t d)
{
    ntk_matrix view = ntk_matrix_f64(levels[0], degrees, NTK_LEVEL_COLUMNS);
    CHECK_OK(ntk_theory_kernel_levels(kernel, &view, d));
}

START_TEST(levels_come_back)
{
    enum { ASKED = DEGREES + 3 };
    int64_t d = dimensions[_i], degrees = degrees_of(d);
    double shares[DEGREES], levels[ASKED][NTK_LEVEL_COLUMNS];
    shares_of(shares, degrees);
    ntk_kernel *kernel = make(shares, degrees, d);
    find_levels(kernel, levels, ASKED, d);
    for (int64_t k = 0; k < ASKED; k++) {
        double share = k < degrees ? shares[k] : 0;
        ck_assert(fabs(levels[k][0] * levels[k][1] - share) <= DBL_EPSILON * share);
        ck_assert_int_eq(levels[k][0] > 0, share > 0);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* By integrals, as those of other kernels: sqrt(B) roundings of K(x, x). */
START_TEST(levels_of_what_is_made_of_it)
{
    enum { D = 6 };
    double shares[DEGREES], levels[DEGREES][NTK_LEVEL_COLUMNS];
    const double weights[] = {3, 0.5};
    shares_of(shares, DEGREES);
    ntk_kernel *kernel = make(shares, DEGREES, D), *constant, *sum;
    CHECK_OK(ntk_kernel_create_constant(context, &constant, 2));
    CHECK_OK(ntk_kernel_create_sum(context, &sum, (const ntk_kernel *const[]){kernel, constant}, weights, 2));
    find_levels(sum, levels, DEGREES, D);
    for (int k = 0; k < DEGREES; k++) {
        double want = 3 * shares[k] + (k == 0), root = sqrt(levels[k][1]);
        ck_assert_double_eq_tol(levels[k][0] * levels[k][1], want, 1e-14 * 20 * root);
    }
    ntk_kernel *const all[] = {sum, constant, kernel};
    for (int i = 0; i < 3; i++) ntk_kernel_destroy(all[i]);
}
END_TEST

/* 16 functions of degree at most 2 on a sphere in R^4 from 40 samples, of a quadratic function: lambda 1e-9 beside levels of 1 / 9 and
 * more times 40 samples leaves some 1e-9 of it. */
START_TEST(polynomial_regression)
{
    enum { D = 4, TRAIN = 40, ALL = 60 };
    static double x[ALL][D], y[ALL], predicted[ALL];
    const double ones[] = {1, 1, 1};
    for (int i = 0; i < ALL; i++) {
        double square = 0;
        for (int c = 0; c < D; c++) square += pow(x[i][c] = test_uniform(6, i * D + c), 2);
        for (int c = 0; c < D; c++) x[i][c] *= sqrt(D / square);
        y[i] = 0.5 + x[i][0] - 2 * x[i][1] * x[i][2] + x[i][3] * x[i][3];
    }
    ntk_kernel *kernel = make(ones, 3, D);
    ntk_matrix X = ntk_matrix_f64(x[0], TRAIN, D), Y = ntk_matrix_f64(y, TRAIN, 1), out = ntk_matrix_f64(predicted, ALL, 1);
    ntk_ridge *ridge;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1e-9, NULL));
    X.rows = ALL;
    CHECK_OK(ntk_ridge_predict(ridge, &out, &X));
    for (int i = 0; i < ALL; i++) ck_assert_double_eq_tol(predicted[i], y[i], 1e-6);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(what_is_refused)
{
    double shares[] = {1, 1, 1}, levels[3][NTK_LEVEL_COLUMNS];
    ntk_matrix view = ntk_matrix_const_f64(shares, 3, 1), out = ntk_matrix_f64(levels[0], 3, NTK_LEVEL_COLUMNS);
    ntk_kernel *kernel;
    int64_t count = -1;
    CHECK_STATUS(ntk_kernel_create_zonal(context, &kernel, &view, 1), NTK_ERR_VALUE);
    CHECK_MESSAGE("no degree above 1");
    CHECK_STATUS(ntk_kernel_create_zonal(context, &kernel, &view, 0), NTK_ERR_SHAPE);
    shares[1] = -1;
    CHECK_STATUS(ntk_kernel_create_zonal(context, &kernel, &view, 3), NTK_ERR_VALUE);
    CHECK_MESSAGE("shares[1] is -1");
    shares[0] = shares[1] = DBL_MAX;
    CHECK_STATUS(ntk_kernel_create_zonal(context, &kernel, &view, 3), NTK_ERR_OVERFLOW);
    ck_assert_ptr_null(kernel);
    shares[0] = shares[1] = 1;
    CHECK_OK(ntk_kernel_create_zonal(context, &kernel, &view, 3));
    CHECK_STATUS(ntk_theory_kernel_levels(kernel, &out, 4), NTK_ERR_SHAPE);
    CHECK_OK(ntk_kernel_scales(kernel, &count));
    ck_assert_int_eq(count, 0);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("zonal kernels");
    TCase *tests = test_case(suite, "zonal kernels");
    const int all = (int)(sizeof dimensions / sizeof dimensions[0]);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, values_are_the_definition, 0, 2 * all);
    tcase_add_test(tests, gradients_are_its_derivatives);
    tcase_add_loop_test(tests, levels_come_back, 0, all);
    tcase_add_test(tests, levels_of_what_is_made_of_it);
    tcase_add_test(tests, polynomial_regression);
    tcase_add_test(tests, what_is_refused);
    return test_run(suite);
}
