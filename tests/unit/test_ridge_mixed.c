/* Mixed precision: a factor in single precision, and solutions to double, whatever lambda. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 300, D = 4, POINTS = 6 };

typedef struct scene {
    ntk_kernel *kernel;
    double *xs, *ys;
    ntk_matrix x, y, at;
} scene;

static scene scene_create(uint64_t *state)
{
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    scene s = {.kernel = oracle_kernel_create(context, &oracle)};
    s.xs = oracle_samples(N + POINTS, D, NTK_F64, state);
    s.ys = oracle_samples(N + POINTS, 2, NTK_F64, state);
    s.x = ntk_matrix_const_f64(s.xs, N, D);
    s.y = ntk_matrix_const_f64(s.ys, N, 2);
    s.at = ntk_matrix_const_f64(s.xs + N * D, POINTS, D);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    free(s->xs);
    free(s->ys);
}

static ntk_ridge *fit(const scene *s, double lambda, int32_t precision, int32_t storage, int32_t intercept)
{
    ntk_ridge *ridge = NULL;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.precision = precision;
    options.storage = storage;
    options.intercept = intercept;
    CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x, &s->y, lambda, &options));
    return ridge;
}

static void same_predictions(const ntk_ridge *got, const ntk_ridge *right, const ntk_matrix *at, double bound)
{
    double f[POINTS * 2], g[POINTS * 2];
    ntk_matrix F = ntk_matrix_f64(f, at->rows, 2), G = ntk_matrix_f64(g, at->rows, 2);
    CHECK_OK(ntk_ridge_predict(got, &F, at));
    CHECK_OK(ntk_ridge_predict(right, &G, at));
    for (int64_t i = 0; i < at->rows * 2; i++)
        ck_assert_msg(fabs(f[i] - g[i]) <= bound * (1 + fabs(g[i])), "%.15g, in double precision %.15g, bound %.1e", f[i], g[i],
                      bound);
}

/* From well conditioned to where single precision finds no factor.  Backward errors of both are some sqrt(n) roundoffs, which
 * cond(A) multiplies in alpha, whose size is |y| / lambda at most; so much may come back in f = K alpha, but less does. */
START_TEST(as_in_double_precision)
{
    static const double lambdas[] = {1, 1e-2, 1e-4, 1e-6, 1e-8};
    uint64_t state = test_seed(751);
    scene s = scene_create(&state);
    double lambda = lambdas[_i / 4];
    int32_t storage = _i / 2 % 2 ? NTK_STORAGE_PACKED : NTK_STORAGE_FULL;
    ntk_ridge *mixed = fit(&s, lambda, NTK_PRECISION_MIXED, storage, _i % 2),
              *plain = fit(&s, lambda, NTK_PRECISION_PLAIN, storage, _i % 2);
    ntk_ridge_report a = test_summary(mixed), b = test_summary(plain);
    ck_assert_int_eq(a.precision, NTK_PRECISION_MIXED);
    ck_assert_int_eq(b.precision, NTK_PRECISION_PLAIN);
    ck_assert_int_eq(a.dtype, NTK_F64);
    ck_assert(a.refinements >= 1 && b.refinements == 0);
    ck_assert_uint_lt(a.memory, b.memory * 6 / 10);
    same_predictions(mixed, plain, &s.at, 1e-12 + 1e-13 * sqrt(N / lambda));
    ntk_ridge_destroy(mixed);
    ntk_ridge_destroy(plain);
    scene_free(&s);
}
END_TEST

START_TEST(changes)
{
    uint64_t state = test_seed(752);
    scene s = scene_create(&state);
    ntk_matrix x = s.x, y = s.y;
    double left[2][N * 2], v[2][POINTS];
    s.x.rows = s.y.rows = N - 30;
    ntk_ridge *mixed = fit(&s, 0.1, NTK_PRECISION_MIXED, NTK_STORAGE_FULL, 1), *copy = NULL;
    s.x = x, s.y = y;
    x.rows = y.rows = 30;
    x.data = s.xs + (N - 30) * D;
    y.data = s.ys + (N - 30) * 2;
    CHECK_OK(ntk_ridge_append(mixed, &x, &y));
    ntk_ridge *plain = fit(&s, 0.1, NTK_PRECISION_PLAIN, NTK_STORAGE_FULL, 1);
    same_predictions(mixed, plain, &s.at, 1e-11);
    CHECK_OK(ntk_ridge_copy(context, &copy, mixed));
    same_predictions(copy, mixed, &s.at, 0);
    CHECK_OK(ntk_ridge_remove(copy, 100, 7));
    CHECK_OK(ntk_ridge_remove(plain, 100, 7));
    ck_assert_int_eq(test_summary(copy).precision, NTK_PRECISION_MIXED);
    same_predictions(copy, plain, &s.at, 1e-11);
    for (int k = 0; k < 2; k++) {
        const ntk_ridge *ridge = k ? plain : copy;
        ntk_matrix Left = ntk_matrix_f64(left[k], N - 7, 2), V = ntk_matrix_f64(v[k], POINTS, 1);
        CHECK_OK(ntk_ridge_leave_one_out(ridge, &Left));
        CHECK_OK(ntk_ridge_variance(ridge, &V, &s.at));
    }
    /* these are the factor's: cond(A) roundoffs of single precision */
    for (int i = 0; i < (N - 7) * 2; i++) ck_assert(fabs(left[0][i] - left[1][i]) <= 1e-3 * (1 + fabs(left[1][i])));
    for (int i = 0; i < POINTS; i++) ck_assert(fabs(v[0][i] - v[1][i]) <= 1e-4 * (1 + v[1][i]));
    ntk_ridge_destroy(mixed);
    ntk_ridge_destroy(copy);
    ntk_ridge_destroy(plain);
    scene_free(&s);
}
END_TEST

/* A budget that has room for single precision only makes AUTO choose it; and what the query says is enough. */
START_TEST(budget_decides)
{
    uint64_t state = test_seed(753), mixed = 0, plain = 0;
    ntk_context *usual = context;
    ntk_context_options budget = NTK_INIT(ntk_context_options);
    enum { n = 1500 };
    scene s = scene_create(&state);
    double *xs = oracle_samples(n, D, NTK_F64, &state), *ys = oracle_samples(n, 2, NTK_F64, &state);
    s.x = ntk_matrix_const_f64(xs, n, D);
    s.y = ntk_matrix_const_f64(ys, n, 2);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL;
    options.precision = NTK_PRECISION_MIXED;
    CHECK_OK(ntk_ridge_memory(context, &mixed, s.kernel, n, D, 2, &options));
    options.precision = NTK_PRECISION_PLAIN;
    CHECK_OK(ntk_ridge_memory(context, &plain, s.kernel, n, D, 2, &options));
    ck_assert_uint_lt(mixed, plain);
    /* AUTO has an iteration to fall back on */
    options.method = NTK_RIDGE_DUAL;
    options.precision = NTK_PRECISION_AUTO;
    budget.threads = 2;
    for (int k = 0; k < 3; k++) {
        budget.memory_budget = (k == 0 ? plain : k == 1 ? mixed : mixed / 2) + (1 << 16); /* and a context of its own */
        CHECK_OK(ntk_context_create(&context, &budget));
        ntk_status status = ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 0.5, &options);
        if (k == 2) {
            ck_assert_int_eq(status, NTK_ERR_MEMORY);
        } else {
            ck_assert_int_eq(status, NTK_OK);
            ck_assert_int_eq(test_summary(ridge).precision, k ? NTK_PRECISION_MIXED : NTK_PRECISION_PLAIN);
            ck_assert((strstr(test_summary(ridge).reason, "mixed") != NULL) == k);
        }
        ntk_ridge_destroy(ridge);
        ntk_context_destroy(context);
    }
    context = usual;
    free(xs);
    free(ys);
    scene_free(&s);
}
END_TEST

/* A tolerance spares products with K, is met, and holds for other targets too; without one the residual is what precision leaves. */
START_TEST(tolerances)
{
    uint64_t state = test_seed(755);
    scene s = scene_create(&state);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge[2] = {NULL, NULL};
    ntk_ridge_report report[2];
    options.precision = NTK_PRECISION_MIXED;
    for (int k = 0; k < 2; k++) {
        options.tolerance = k ? 1e-9 : 0;
        CHECK_OK(ntk_ridge_create(context, &ridge[k], s.kernel, &s.x, &s.y, 1e-3, &options));
        report[k] = test_summary(ridge[k]);
        ck_assert(report[k].tolerance == options.tolerance);
    }
    ck_assert(report[0].residual > 0 && report[0].residual <= 64 * 2 * sqrt(N) * 0x1p-53);
    ck_assert(report[1].residual > report[0].residual && report[1].residual <= 1e-9);
    ck_assert_int_lt(report[1].refinements, report[0].refinements);
    for (int64_t i = 0; i < 2 * N; i++) s.ys[i] = -s.ys[i];
    CHECK_OK(ntk_ridge_set_targets(ridge[1], &s.y));
    ck_assert(test_summary(ridge[1]).residual == report[1].residual);
    for (int k = 0; k < 2; k++) ntk_ridge_destroy(ridge[k]);
    scene_free(&s);
}
END_TEST

/* Of precisions left open a tolerance takes the one that is sooner there, unless there are few samples. */
START_TEST(tolerance_decides)
{
    static const int64_t sizes[] = {N, 600};
    uint64_t state = test_seed(756), bytes[2];
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    for (int k = 0; k < 2; k++) {
        int64_t n = sizes[k];
        double *xs = oracle_samples(n, D, NTK_F64, &state), *ys = oracle_samples(n, 1, NTK_F64, &state);
        ntk_matrix x = ntk_matrix_const_f64(xs, n, D), y = ntk_matrix_const_f64(ys, n, 1);
        ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
        ntk_ridge *ridge = NULL;
        CHECK_OK(ntk_ridge_memory(context, &bytes[0], kernel, n, D, 1, &options));
        options.tolerance = 1e-8;
        CHECK_OK(ntk_ridge_memory(context, &bytes[1], kernel, n, D, 1, &options));
        CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x, &y, 1e-2, &options));
        ntk_ridge_report report = test_summary(ridge);
        ck_assert_msg(report.precision == (k ? NTK_PRECISION_MIXED : NTK_PRECISION_PLAIN), "%s", report.reason);
        ck_assert((strstr(report.reason, "sooner") != NULL) == k && report.residual <= 1e-8);
        ck_assert((bytes[1] != bytes[0]) == k);
        ntk_ridge_destroy(ridge);
        free(xs);
        free(ys);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(refused)
{
    uint64_t state = test_seed(754);
    scene s = scene_create(&state);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL;
    options.precision = NTK_PRECISION_MIXED;
    options.method = NTK_RIDGE_SPECTRAL;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    options.method = NTK_RIDGE_DUAL;
    options.dtype = NTK_F32;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    options.dtype = NTK_F64;
    options.precision = NTK_PRECISION_PLAIN;
    options.tolerance = 1e-6;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    options.precision = NTK_PRECISION_MIXED;
    options.tolerance = 0;
    /* copies and no lambda: neither precision has an answer, and none is made up */
    options.dtype = 0;
    memcpy(s.xs + D, s.xs, D * sizeof *s.xs);
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 0, &options), NTK_ERR_SINGULAR);
    ck_assert_ptr_null(ridge);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mixed precision");
    TCase *tests = test_case(suite, "mixed precision");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, as_in_double_precision, 0, 20);
    tcase_add_test(tests, changes);
    tcase_add_test(tests, budget_decides);
    tcase_add_test(tests, tolerances);
    tcase_add_test(tests, tolerance_decides);
    tcase_add_test(tests, refused);
    return test_run(suite);
}
