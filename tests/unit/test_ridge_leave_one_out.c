/* Leave-one-out residuals against models that are refitted without each sample, of every method. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

/* what is fitted: a finite kernel, which all methods take */
typedef struct scene {
    int64_t n, d;
    ntk_kernel *kernel;
    double *xs, *ys;
    ntk_ridge_options options;
    double lambda;
} scene;

static scene scene_create(int64_t n, int64_t hidden, uint64_t *state)
{
    scene s = {.n = n, .d = 3, .options = NTK_INIT(ntk_ridge_options), .lambda = 0.05};
    s.kernel = oracle_finite_create(context, NTK_ERF, s.d, hidden, 4, NTK_PART_RF);
    s.xs = oracle_samples(n, s.d, NTK_F32, state);
    s.ys = oracle_samples(n, 2, NTK_F32, state);
    for (int64_t i = 0; i < 2 * n; i++) s.ys[i] += 1;
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    free(s->xs);
    free(s->ys);
}

static ntk_ridge *fit(const scene *s, int64_t n)
{
    ntk_ridge *ridge = NULL;
    ntk_matrix x = ntk_matrix_const_f64(s->xs, n, s->d), y = ntk_matrix_const_f64(s->ys, n, 2);
    CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &x, &y, s->lambda, &s->options));
    return ridge;
}

static void swap_samples(scene *s, int64_t i, int64_t j)
{
    for (int64_t k = 0; k < s->d; k++) {
        double held = s->xs[i * s->d + k];
        s->xs[i * s->d + k] = s->xs[j * s->d + k], s->xs[j * s->d + k] = held;
    }
    for (int64_t c = 0; c < 2; c++) {
        double held = s->ys[2 * i + c];
        s->ys[2 * i + c] = s->ys[2 * j + c], s->ys[2 * j + c] = held;
    }
}

typedef struct choice {
    const char *name;
    int32_t method, storage, dtype;
    double accuracy;
} choice;

/* cond(A) is at most n K_ii / lambda, about 2000: times the roundoff, and some for n */
static const choice choices[] = {{"dual", NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F64, 1e-11},
                                 {"packed", NTK_RIDGE_DUAL, NTK_STORAGE_PACKED, NTK_F64, 1e-11},
                                 {"dual, f32", NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F32, 2e-3},
                                 {"primal", NTK_RIDGE_PRIMAL, NTK_STORAGE_FULL, NTK_F64, 1e-11},
                                 {"primal, f32", NTK_RIDGE_PRIMAL, NTK_STORAGE_PACKED, NTK_F32, 2e-3},
                                 {"spectral", NTK_RIDGE_SPECTRAL, NTK_STORAGE_FULL, NTK_F64, 1e-11}};
enum { CHOICES = sizeof choices / sizeof choices[0] };

START_TEST(against_refitting)
{
    uint64_t state = test_seed(711);
    const choice *c = &choices[_i / 2];
    scene s = scene_create(24, 9, &state);
    double left[2 * 24], at[2];
    ntk_matrix Left = ntk_matrix_f64(left, 24, 2), At = ntk_matrix_f64(at, 1, 2);
    s.options.intercept = _i % 2;
    s.options.method = c->method;
    s.options.storage = c->storage;
    s.options.dtype = c->dtype;
    ntk_ridge *ridge = fit(&s, s.n);
    CHECK_OK(ntk_ridge_leave_one_out(ridge, &Left));
    s.options.method = NTK_RIDGE_DUAL;
    s.options.dtype = NTK_F64;
    for (int64_t i = 0; i < s.n; i++) {
        swap_samples(&s, i, s.n - 1);
        ntk_ridge *without = fit(&s, s.n - 1);
        ntk_matrix x = ntk_matrix_const_f64(s.xs + (s.n - 1) * s.d, 1, s.d);
        CHECK_OK(ntk_ridge_predict(without, &At, &x));
        for (int k = 0; k < 2; k++) {
            double right = s.ys[2 * (s.n - 1) + k] - at[k];
            ck_assert_msg(fabs(left[2 * i + k] - right) <= c->accuracy * (1 + fabs(right)),
                          "%s, intercept %d: %.15g, refitted %.15g", c->name, _i % 2, left[2 * i + k], right);
        }
        ntk_ridge_destroy(without);
        swap_samples(&s, i, s.n - 1);
    }
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* several tiles and tasks: two ways of which neither knows the other */
START_TEST(across_tiles)
{
    uint64_t state = test_seed(712);
    scene s = scene_create(1100, 40, &state);
    double *left[3];
    ntk_matrix Left[3];
    s.options.intercept = 1;
    s.lambda = 3;
    for (int m = 0; m < 3; m++) {
        static const int32_t methods[] = {NTK_RIDGE_PRIMAL, NTK_RIDGE_DUAL, NTK_RIDGE_DUAL};
        s.options.method = methods[m];
        s.options.storage = m == 2 ? NTK_STORAGE_PACKED : NTK_STORAGE_FULL;
        left[m] = oracle_memory(2 * s.n, sizeof *left[m]);
        Left[m] = ntk_matrix_f64(left[m], s.n, 2);
        ntk_ridge *ridge = fit(&s, s.n);
        CHECK_OK(ntk_ridge_leave_one_out(ridge, &Left[m]));
        ntk_ridge_destroy(ridge);
    }
    for (int64_t i = 0; i < 2 * s.n; i++) {
        ck_assert(fabs(left[0][i] - left[1][i]) <= 1e-9);
        ck_assert(fabs(left[2][i] - left[1][i]) <= 1e-9);
    }
    for (int m = 0; m < 3; m++) free(left[m]);
    scene_free(&s);
}
END_TEST

/* The report's numbers do not depend on the method. */
START_TEST(reports_agree)
{
    uint64_t state = test_seed(713);
    scene s = scene_create(40, 12, &state);
    ntk_ridge_report reports[3];
    s.options.intercept = _i;
    for (int32_t m = 0; m < 3; m++) {
        reports[m] = (ntk_ridge_report)NTK_INIT(ntk_ridge_report);
        s.options.method = m + 1;
        ntk_ridge *ridge = fit(&s, s.n);
        CHECK_OK(ntk_ridge_summary(ridge, &reports[m]));
        ntk_ridge_destroy(ridge);
    }
    for (int m = 1; m < 3; m++) {
        ck_assert(fabs(reports[m].rss - reports[0].rss) <= 1e-9 * reports[0].rss);
        ck_assert(fabs(reports[m].log_evidence - reports[0].log_evidence) <= 1e-9 * fabs(reports[0].log_evidence));
        ck_assert(fabs(reports[m].kernel_scale - reports[0].kernel_scale) <= 1e-9 * reports[0].kernel_scale);
    }
    scene_free(&s);
}
END_TEST

START_TEST(edges)
{
    uint64_t state = test_seed(714);
    double left[2 * 5];
    scene s = scene_create(5, 30, &state);
    ntk_matrix Left = ntk_matrix_f64(left, 1, 2);
    for (int32_t m = 1; m <= 3; m++) {
        s.options.method = m;
        for (s.options.intercept = 0; s.options.intercept < 2; s.options.intercept++) {
            ntk_ridge *one = fit(&s, 1);
            CHECK_OK(ntk_ridge_leave_one_out(one, &Left));
            for (int c = 0; c < 2; c++)
                ck_assert(s.options.intercept ? isnan(left[c]) : fabs(left[c] - s.ys[c]) <= 1e-12 * fabs(s.ys[c]));
            ntk_ridge_destroy(one);
        }
    }
    s.options.intercept = 0;
    s.options.light = 1;
    ntk_ridge *light = fit(&s, 5);
    Left.rows = 5;
    CHECK_STATUS(ntk_ridge_leave_one_out(light, &Left), NTK_ERR_STATE);
    ntk_ridge_destroy(light);
    /* equal samples and no lambda: what would be left is not known */
    memcpy(s.xs + s.d, s.xs, (size_t)s.d * sizeof *s.xs);
    s.options.light = 0;
    s.options.method = NTK_RIDGE_SPECTRAL;
    s.lambda = 0;
    ntk_ridge *singular = fit(&s, 5);
    CHECK_STATUS(ntk_ridge_leave_one_out(singular, &Left), NTK_ERR_SINGULAR);
    ntk_ridge_destroy(singular);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leave-one-out");
    TCase *tests = test_case(suite, "leave-one-out");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, against_refitting, 0, 2 * CHOICES);
    tcase_add_test(tests, across_tiles);
    tcase_add_loop_test(tests, reports_agree, 0, 2);
    tcase_add_test(tests, edges);
    return test_run(suite);
}
