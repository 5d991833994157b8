/* Data at the edge, by every method: each call answers with finite numbers, or refuses with a sentence. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { MOST = 12, D = 3, T = 2, POINTS = 3 };

/* --- data --- */

typedef enum edge { SINGLE, COPIES, ONE_POINT, ZEROS, CONSTANT_TARGETS, MORE_FEATURES, HUGE_DATA, TINY_DATA, EDGES } edge;

static const char *const edge_names[EDGES] = {"a single sample",  "copies",        "one point", "zeros",
                                              "constant targets", "more features", "huge data", "tiny data"};

typedef struct scene {
    int64_t n;
    double x[MOST * D], y[MOST * T], points[POINTS * D];
} scene;

static scene scene_of(edge which)
{
    uint64_t state = test_seed(901) + (uint64_t)which;
    scene s = {.n = which == SINGLE ? 1 : which == MORE_FEATURES ? 4 : MOST};
    const double size = which == HUGE_DATA ? 1e60 : which == TINY_DATA ? 1e-60 : 1;
    for (int i = 0; i < MOST * D; i++) s.x[i] = oracle_normal(&state) * size;
    for (int i = 0; i < MOST * T; i++) s.y[i] = which == CONSTANT_TARGETS ? 3 : oracle_normal(&state);
    for (int i = 0; i < POINTS * D; i++) s.points[i] = oracle_normal(&state) * size;
    if (which == COPIES) memcpy(s.x + MOST / 2 * D, s.x, MOST / 2 * D * sizeof *s.x);
    for (int i = 0; i < MOST * D; i++) {
        if (which == ONE_POINT) s.x[i] = s.x[i % D];
        if (which == ZEROS) s.x[i] = 0;
    }
    return s;
}

/* --- models --- */

typedef struct choice {
    const char *name;
    int32_t method, finite;
} choice;

static const choice choices[] = {{"dual", NTK_RIDGE_DUAL, 0},           {"dual, finite", NTK_RIDGE_DUAL, 1},
                                 {"primal", NTK_RIDGE_PRIMAL, 1},       {"spectral", NTK_RIDGE_SPECTRAL, 0},
                                 {"iterative", NTK_RIDGE_ITERATIVE, 0}, {"Nystroem", NTK_RIDGE_NYSTROEM, 0}};
enum { CHOICES = sizeof choices / sizeof choices[0] };

static ntk_kernel *kernel_of(int finite)
{
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    return finite ? oracle_finite_create(context, NTK_ERF, D, 5, 0, NTK_PART_BOTH) : oracle_kernel_create(context, &oracle);
}

static ntk_status fit(ntk_ridge **ridge, const choice *c, const ntk_kernel *kernel, const scene *s, double lambda,
                      int intercept)
{
    ntk_matrix x = ntk_matrix_const_f64(s->x, s->n, D), y = ntk_matrix_const_f64(s->y, s->n, T);
    if (c->method == NTK_RIDGE_NYSTROEM) {
        ntk_nystroem_options options = NTK_INIT(ntk_nystroem_options);
        options.count = 6;
        options.intercept = intercept;
        return ntk_ridge_create_nystroem(context, ridge, kernel, &x, &y, lambda, &options);
    }
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = c->method;
    options.intercept = intercept;
    return ntk_ridge_create(context, ridge, kernel, &x, &y, lambda, &options);
}

/* --- what a call may say --- */

typedef struct situation {
    const char *method, *data;
    double lambda;
    int intercept;
} situation;

static const char *name_of(const situation *at)
{
    static char text[200];
    snprintf(text, sizeof text, "%s, %s, lambda %g, intercept %d", at->method, at->data, at->lambda, at->intercept);
    return text;
}

/* An answer, whose numbers are finite unless they may be unknown, or a refusal that is no fault of the library's. */
static void check_answer(const situation *at, const char *call, ntk_status status, const ntk_matrix *out, bool unknown)
{
    bool refused = status == NTK_ERR_SINGULAR || status == NTK_ERR_OVERFLOW || status == NTK_ERR_UNSUPPORTED ||
                   status == NTK_ERR_STATE || status == NTK_ERR_SHAPE;
    ck_assert_msg(status >= 0 || refused, "%s of %s: %s, \"%s\"", call, name_of(at), ntk_status_name(status),
                  ntk_error_message());
    ck_assert_msg(status == 0 || ntk_error_message()[0], "%s of %s says nothing", call, name_of(at));
    for (int64_t i = 0; status >= 0 && out && !unknown && i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++)
            ck_assert_msg(isfinite(test_get(out, i, j)), "%s of %s: %g", call, name_of(at), test_get(out, i, j));
}

/* Everything that reads a model.  Of one sample and an intercept nothing is known without it, and few samples have no finite
 * intervals. */
static void check_reading(const situation *at, const ntk_ridge *ridge, const scene *s)
{
    double out[MOST * MOST * T];
    ntk_matrix points = ntk_matrix_const_f64(s->points, POINTS, D);
    ntk_matrix f = ntk_matrix_f64(out, POINTS, T), left = ntk_matrix_f64(out, s->n, T), g = ntk_matrix_f64(out, POINTS, T * D);
    ntk_matrix variance = ntk_matrix_f64(out, POINTS, 1), ends = ntk_matrix_f64(out, POINTS, 2 * T),
               labels = ntk_matrix_f64(out, s->n, 1), lambda = ntk_matrix_f64(out, 1, 1);
    bool alone = s->n == 1;
    double error;
    check_answer(at, "predict", ntk_ridge_predict(ridge, &f, &points), &f, false);
    ntk_status status = ntk_ridge_variance(ridge, &variance, &points);
    check_answer(at, "variance", status, &variance, false);
    for (int i = 0; status >= 0 && i < POINTS; i++) ck_assert_msg(!(out[i] < 0), "variance of %s: %g", name_of(at), out[i]);
    check_answer(at, "leave-one-out", ntk_ridge_leave_one_out(ridge, &left), &left, alone && at->intercept);
    check_answer(at, "classes", ntk_ridge_leave_one_out_classes(ridge, &labels, &error), &labels, alone && at->intercept);
    check_answer(at, "intervals", ntk_ridge_intervals(ridge, &ends, &points, 0.9), &ends, true);
    check_answer(at, "gradient", ntk_ridge_gradient(ridge, &g, &points), &g, false);
    for (int32_t criterion = 0; criterion < 3; criterion++)
        check_answer(at, "select", ntk_ridge_select(ridge, &lambda, criterion), &lambda, false);
}

/* Everything that changes it, on a copy; a model that took it predicts. */
static void check_changes(const situation *at, const ntk_ridge *ridge, const scene *s)
{
    double out[POINTS * T];
    ntk_matrix points = ntk_matrix_const_f64(s->points, POINTS, D), f = ntk_matrix_f64(out, POINTS, T);
    ntk_matrix x = ntk_matrix_const_f64(s->x, 1, D), y = ntk_matrix_const_f64(s->y, 1, T);
    for (int change = 0; change < 3; change++) {
        static const char *const names[] = {"append of a copy", "slide", "remove"};
        ntk_ridge *copy = NULL;
        CHECK_OK(ntk_ridge_copy(context, &copy, ridge));
        ntk_status status = change == 0   ? ntk_ridge_append(copy, &x, &y)
                            : change == 1 ? ntk_ridge_slide(copy, &x, &y)
                                          : ntk_ridge_remove(copy, 0, 1);
        check_answer(at, names[change], status, NULL, false);
        check_answer(at, names[change], ntk_ridge_predict(copy, &f, &points), &f, false);
        ntk_ridge_destroy(copy);
    }
}

/* With much more regularization than data the mean is left, or zero. */
static void check_limit(const situation *at, const ntk_ridge *ridge, const scene *s)
{
    double out[POINTS * T];
    ntk_matrix points = ntk_matrix_const_f64(s->points, POINTS, D), f = ntk_matrix_f64(out, POINTS, T);
    CHECK_OK(ntk_ridge_predict(ridge, &f, &points));
    for (int c = 0; c < T; c++) {
        double mean = 0;
        for (int64_t i = 0; at->intercept && i < s->n; i++) mean += s->y[i * T + c] / (double)s->n;
        for (int i = 0; i < POINTS; i++)
            ck_assert_msg(fabs(out[i * T + c] - mean) < 1e-6, "%s predicts %g, not %g", name_of(at), out[i * T + c], mean);
    }
}

START_TEST(answers_or_refuses)
{
    static const double lambdas[] = {0, 1e-300, 1e-3, 1e12, 1e300};
    enum { LAMBDAS = sizeof lambdas / sizeof lambdas[0] };
    const choice *c = &choices[_i];
    ntk_kernel *kernel = kernel_of(c->finite);
    for (edge which = 0; which < EDGES; which++) {
        scene s = scene_of(which);
        for (int l = 0; l < 2 * LAMBDAS; l++) {
            situation at = {c->name, edge_names[which], lambdas[l / 2], l % 2};
            ntk_ridge *ridge = NULL;
            ntk_status status = fit(&ridge, c, kernel, &s, at.lambda, at.intercept);
            check_answer(&at, "fit", status, NULL, false);
            ck_assert_msg(status >= 0 || !ridge, "%s", name_of(&at));
            ck_assert_msg(status != NTK_ERR_SINGULAR || strstr(ntk_error_message(), "lambda"), "%s: %s", name_of(&at),
                          ntk_error_message());
            if (status < 0) continue;
            check_reading(&at, ridge, &s);
            check_changes(&at, ridge, &s);
            if (at.lambda >= 1e12 && which != HUGE_DATA) check_limit(&at, ridge, &s);
            ntk_ridge_destroy(ridge);
        }
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* With a lambda that is no limit there is no excuse: all data but those too large for their squares are fitted. */
START_TEST(regularized_systems_answer)
{
    const choice *c = &choices[_i];
    ntk_kernel *kernel = kernel_of(c->finite);
    for (edge which = 0; which < EDGES; which++) {
        /* of centres that are all zero nothing is approximated */
        if (which == HUGE_DATA || (which == ZEROS && c->method == NTK_RIDGE_NYSTROEM)) continue;
        scene s = scene_of(which);
        for (int intercept = 0; intercept < 2; intercept++) {
            situation at = {c->name, edge_names[which], 0.1, intercept};
            ntk_ridge *ridge = NULL;
            ntk_status status = fit(&ridge, c, kernel, &s, at.lambda, intercept);
            ck_assert_msg(status >= 0, "%s: %s", name_of(&at), ntk_error_message());
            double out[POINTS * T];
            ntk_matrix points = ntk_matrix_const_f64(s.points, POINTS, D), f = ntk_matrix_f64(out, POINTS, T);
            CHECK_OK(ntk_ridge_predict(ridge, &f, &points));
            /* a constant is all that an intercept needs for these */
            for (int i = 0; i < POINTS * T && intercept && (which == SINGLE || which == CONSTANT_TARGETS); i++)
                ck_assert_msg(fabs(out[i] - s.y[i % T]) < 1e-6, "%s predicts %g, not %g", name_of(&at), out[i], s.y[i % T]);
            ntk_ridge_destroy(ridge);
        }
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge regression at the edge");
    TCase *tests = test_case(suite, "edges");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, answers_or_refuses, 0, CHOICES);
    tcase_add_loop_test(tests, regularized_systems_answer, 0, CHOICES);
    return test_run(suite);
}
