/* Classes by the largest of a model's predictions, and the error of samples that are left out against models fitted without them. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 30, D = 3, CLASSES = 3, M = 150 };

typedef struct scene {
    ntk_kernel *kernel;
    double *xs, labels[N], ys[N * CLASSES];
    ntk_ridge_options options;
} scene;

/* Three overlapping clouds. */
static scene scene_create(int32_t method, int intercept, uint64_t *state)
{
    scene s = {.options = NTK_INIT(ntk_ridge_options)};
    s.options.method = method;
    s.options.intercept = intercept;
    s.kernel = oracle_finite_create(context, NTK_ERF, D, 40, 0, NTK_PART_RF);
    s.xs = oracle_samples(N, D, NTK_F64, state);
    for (int i = 0; i < N; i++) {
        s.labels[i] = (double)oracle_integer(state, CLASSES);
        s.xs[i * D + (int)s.labels[i]] += 1.5;
    }
    ntk_matrix y = ntk_matrix_f64(s.ys, N, CLASSES), labels = ntk_matrix_const_f64(s.labels, N, 1);
    CHECK_OK(ntk_one_hot(&y, &labels));
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    free(s->xs);
}

static ntk_ridge *fit(const scene *s, const double *xs, const double *ys, int64_t n)
{
    ntk_ridge *ridge = NULL;
    ntk_matrix x = ntk_matrix_const_f64(xs, n, D), y = ntk_matrix_const_f64(ys, n, CLASSES);
    CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &x, &y, 0.3, &s->options));
    return ridge;
}

static double argmax(const double *f)
{
    int best = 0;
    for (int c = 1; c < CLASSES; c++)
        if (f[c] > f[best]) best = c;
    return best;
}

/* Everything but sample i. */
static double refitted_class(const scene *s, int64_t i)
{
    double xs[N * D], ys[N * CLASSES], f[CLASSES];
    memcpy(xs, s->xs, sizeof xs);
    memcpy(ys, s->ys, sizeof ys);
    memmove(xs + i * D, xs + (i + 1) * D, (size_t)((N - 1 - i) * D) * sizeof *xs);
    memmove(ys + i * CLASSES, ys + (i + 1) * CLASSES, (size_t)((N - 1 - i) * CLASSES) * sizeof *ys);
    ntk_ridge *ridge = fit(s, xs, ys, N - 1);
    ntk_matrix at = ntk_matrix_const_f64(s->xs + i * D, 1, D), F = ntk_matrix_f64(f, 1, CLASSES);
    CHECK_OK(ntk_ridge_predict(ridge, &F, &at));
    ntk_ridge_destroy(ridge);
    return argmax(f);
}

START_TEST(left_out)
{
    static const int32_t methods[] = {NTK_RIDGE_DUAL, NTK_RIDGE_SPECTRAL, NTK_RIDGE_PRIMAL};
    uint64_t state = test_seed(801);
    scene s = scene_create(methods[_i / 2], _i % 2, &state);
    ntk_ridge *ridge = fit(&s, s.xs, s.ys, N);
    float labels[N];
    double error = -1, wrong = 0;
    ntk_matrix Labels = ntk_matrix_f32(labels, N, 1);
    CHECK_OK(ntk_ridge_leave_one_out_classes(ridge, &Labels, &error));
    for (int i = 0; i < N; i++) {
        double right = refitted_class(&s, i);
        ck_assert_msg((double)labels[i] == right, "sample %d: class %g, without it %g", i, (double)labels[i], right);
        wrong += right != s.labels[i];
    }
    ck_assert_double_eq(error, wrong / N);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* Of a few points without memory, and of more. */
START_TEST(points)
{
    uint64_t state = test_seed(802);
    test_memory memory = {0};
    ntk_context *counted = test_context(2, &memory);
    scene s = scene_create(_i ? NTK_RIDGE_PRIMAL : NTK_RIDGE_DUAL, 1, &state);
    double *xs = oracle_samples(M, D, NTK_F64, &state), f[M * CLASSES], labels[M];
    s.options.light = _i;
    ntk_ridge *ridge = NULL;
    ntk_matrix x = ntk_matrix_const_f64(s.xs, N, D), y = ntk_matrix_const_f64(s.ys, N, CLASSES);
    CHECK_OK(ntk_ridge_create(counted, &ridge, s.kernel, &x, &y, 0.3, &s.options));
    for (int64_t m = 1; m <= M; m += M - 1) {
        ntk_matrix at = ntk_matrix_const_f64(xs, m, D), F = ntk_matrix_f64(f, m, CLASSES),
                   Labels = ntk_matrix_f64(labels, m, 1);
        CHECK_OK(ntk_ridge_predict(ridge, &F, &at));
        test_memory_reset(&memory, 0);
        CHECK_OK(ntk_ridge_classes(ridge, &Labels, &at));
        ck_assert(m > 1 || memory.calls == 0);
        for (int64_t i = 0; i < m; i++) ck_assert_double_eq(labels[i], argmax(f + i * CLASSES));
    }
    free(xs);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
    ntk_context_destroy(counted);
}
END_TEST

/* Targets of zeros have predictions of zeros, of which the first counts. */
START_TEST(ties)
{
    uint64_t state = test_seed(803);
    scene s = scene_create(NTK_RIDGE_SPECTRAL, 1, &state);
    double labels[N], error;
    for (int i = 0; i < N; i++) s.ys[i * CLASSES] = -1, s.ys[i * CLASSES + 2] = s.ys[i * CLASSES + 1] = 0;
    ntk_ridge *ridge = fit(&s, s.xs, s.ys, N);
    ntk_matrix x = ntk_matrix_const_f64(s.xs, N, D), Labels = ntk_matrix_f64(labels, N, 1);
    CHECK_OK(ntk_ridge_classes(ridge, &Labels, &x));
    for (int i = 0; i < N; i++) ck_assert_double_eq(labels[i], 1);
    CHECK_OK(ntk_ridge_leave_one_out_classes(ridge, &Labels, &error));
    for (int i = 0; i < N; i++) ck_assert_double_eq(labels[i], 1);
    ck_assert_double_eq(error, 0);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

START_TEST(refused_and_unknown)
{
    uint64_t state = test_seed(804);
    scene s = scene_create(NTK_RIDGE_DUAL, 1, &state);
    double labels[N], y[2 * CLASSES] = {7, 7, 7, 7, 7, 7}, error = 0;
    ntk_matrix One = ntk_matrix_f64(labels, 1, 1), Labels = ntk_matrix_f64(labels, N, 1);
    ntk_matrix two = ntk_matrix_f64(labels, 2, 1), Y = ntk_matrix_f64(y, 2, CLASSES);
    /* of one sample and an intercept nothing is known without it */
    ntk_ridge *ridge = fit(&s, s.xs, s.ys, 1), *light = NULL, *single = NULL;
    CHECK_OK(ntk_ridge_leave_one_out_classes(ridge, &One, &error));
    ck_assert(isnan(error) && isnan(labels[0]));
    s.options.light = 1;
    light = fit(&s, s.xs, s.ys, N);
    CHECK_STATUS(ntk_ridge_leave_one_out_classes(light, &Labels, &error), NTK_ERR_STATE);
    s.options.light = 0;
    ntk_matrix x = ntk_matrix_const_f64(s.xs, N, D), target = ntk_matrix_const_f64(s.labels, N, 1);
    CHECK_OK(ntk_ridge_create(context, &single, s.kernel, &x, &target, 1, &s.options));
    CHECK_STATUS(ntk_ridge_classes(single, &Labels, &x), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_ridge_leave_one_out_classes(single, &Labels, &error), NTK_ERR_UNSUPPORTED);
    static const double bad[] = {-1, CLASSES, 0.5, NAN, INFINITY};
    for (int i = 0; i < 5; i++) {
        labels[0] = 1, labels[1] = bad[i];
        CHECK_STATUS(ntk_one_hot(&Y, &two), NTK_ERR_VALUE);
        for (int k = 0; k < 2 * CLASSES; k++) ck_assert_double_eq(y[k], 7);
    }
    labels[1] = CLASSES - 1;
    CHECK_OK(ntk_one_hot(&Y, &two));
    const double right[2 * CLASSES] = {0, 1, 0, 0, 0, 1};
    for (int k = 0; k < 2 * CLASSES; k++) ck_assert_double_eq(y[k], right[k]);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(light);
    ntk_ridge_destroy(single);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("classes");
    TCase *tests = test_case(suite, "classes");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, left_out, 0, 6);
    tcase_add_loop_test(tests, points, 0, 2);
    tcase_add_test(tests, ties);
    tcase_add_test(tests, refused_and_unknown);
    return test_run(suite);
}
