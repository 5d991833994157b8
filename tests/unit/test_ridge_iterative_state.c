/* Models by conjugate gradients while they are made and afterwards: checkpoints, other data, copies and archives. */
#include "archive.h"
#include "attempt.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 200, D = 4, T = 2 };
static const double lambda = 0.05;

TEST_COUNTED_FIXTURE(2)

typedef struct scene {
    ntk_kernel *kernel;
    test_array x, y;
} scene;

static scene scene_create(int64_t n, uint64_t seed)
{
    oracle_kernel relu = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    scene s = {.kernel = oracle_kernel_create(context, &relu)};
    s.x = test_array_make(n, D, 0, NTK_F64);
    s.y = test_array_make(n, T, 0, NTK_F64);
    test_array_fill(&s.x, seed);
    test_array_fill(&s.y, seed + 1);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    test_array_free(&s->x);
    test_array_free(&s->y);
}

static ntk_status try_fit(const scene *s, ntk_ridge **ridge, const ntk_iterative_options *iterative, double ridge_lambda)
{
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = NTK_RIDGE_ITERATIVE;
    options.iterative = iterative;
    options.intercept = 1;
    return ntk_ridge_create(context, ridge, s->kernel, &s->x.view, &s->y.view, ridge_lambda, &options);
}

static ntk_ridge *fit(const scene *s, const ntk_iterative_options *iterative)
{
    ntk_ridge *ridge = NULL;
    CHECK_OK(try_fit(s, &ridge, iterative, lambda));
    return ridge;
}

static ntk_iterative_options settings(void)
{
    ntk_iterative_options options = NTK_INIT(ntk_iterative_options);
    options.tolerance = 1e-9;
    options.rank = 20;
    options.seed = 3;
    options.checkpoint_every = 4;
    return options;
}

/* A model's history, its coefficients and intercepts, hashed. */
static uint64_t hash_of(const ntk_ridge *ridge)
{
    ntk_ridge_report report = test_summary(ridge);
    test_array table = test_array_make(report.iterations + 1, NTK_HISTORY_COLUMNS, 0, NTK_F64),
               alpha = test_array_make(report.order, T, 0, NTK_F64), b = test_array_make(1, T, 0, NTK_F64);
    test_array *const all[] = {&table, &alpha, &b};
    uint64_t hash = 1;
    CHECK_OK(ntk_ridge_history(ridge, &table.view));
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_ridge_intercept(ridge, &b.view));
    for (int k = 0; k < 3; k++) {
        hash = test_hash(hash, all[k]->bytes, all[k]->size);
        test_array_free(all[k]);
    }
    return hash;
}

static void close_models(const ntk_ridge *got, const ntk_ridge *right, double bound)
{
    int64_t n = test_summary(right).order;
    test_array a = test_array_make(n, T, 0, NTK_F64), b = test_array_make(n, T, 0, NTK_F64);
    CHECK_OK(ntk_ridge_coefficients(got, &a.view));
    CHECK_OK(ntk_ridge_coefficients(right, &b.view));
    double off = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < T; c++) off = fmax(off, fabs(test_get(&a.view, i, c) - test_get(&b.view, i, c)));
    ck_assert_msg(off <= bound, "off by %g, bound %g", off, bound);
    test_array_free(&a);
    test_array_free(&b);
}

/* --- checkpoints --- */

/* The last checkpoint. */
typedef struct store {
    test_archive archive;
    int64_t written, fail_at;
} store;

static int store_write(void *user, const ntk_array *array)
{
    store *kept = user;
    if (strcmp(array->name, "object") == 0) {
        test_archive_free(&kept->archive);
        kept->archive = (test_archive){0};
        kept->written++;
    }
    if (kept->fail_at && kept->written == kept->fail_at) return 7;
    ntk_sink sink = test_archive_sink(&kept->archive);
    return sink.write(sink.user, array);
}

static ntk_sink store_sink(store *kept)
{
    return (ntk_sink){.struct_size = sizeof(ntk_sink), .user = kept, .write = store_write};
}

START_TEST(goes_on_to_the_bit)
{
    scene s = scene_create(N, 1);
    ntk_iterative_options options = settings();
    store kept = {0};
    ntk_sink sink = store_sink(&kept);
    ntk_ridge *whole = fit(&s, &options), *written, *resumed = NULL, *cut = NULL;
    int64_t iterations = test_summary(whole).iterations;
    ck_assert_int_ge(iterations, 10);
    options.checkpoint = &sink;
    written = fit(&s, &options);
    ck_assert_uint_eq(hash_of(written), hash_of(whole));
    ck_assert_int_eq(kept.written, (iterations - 1) / 4);
    /* one that was stopped after six, with the state after four */
    options.max_iterations = 6;
    CHECK_STATUS(try_fit(&s, &cut, &options, lambda), NTK_NOTE_NOT_CONVERGED);
    options.checkpoint = NULL;
    options.max_iterations = 0;
    ntk_source source = test_archive_source(&kept.archive);
    options.resume = &source;
    resumed = fit(&s, &options);
    ck_assert_uint_eq(hash_of(resumed), hash_of(whole));
    ck_assert_int_eq(test_summary(resumed).refinements, test_summary(whole).refinements);
    ntk_ridge_destroy(whole);
    ntk_ridge_destroy(written);
    ntk_ridge_destroy(cut);
    ntk_ridge_destroy(resumed);
    test_archive_free(&kept.archive);
    scene_free(&s);
}
END_TEST

START_TEST(of_another_problem)
{
    scene s = scene_create(N, 1), other = scene_create(N, 1), fewer = scene_create(N - 1, 1);
    ntk_iterative_options options = settings();
    store kept = {0};
    ntk_sink sink = store_sink(&kept);
    ntk_ridge *ridge = NULL;
    options.checkpoint = &sink;
    ntk_ridge_destroy(fit(&s, &options));
    options.checkpoint = NULL;
    ntk_source source = test_archive_source(&kept.archive);
    options.resume = &source;
    CHECK_STATUS(try_fit(&s, &ridge, &options, 2 * lambda), NTK_ERR_FORMAT);
    CHECK_MESSAGE("another problem");
    CHECK_STATUS(try_fit(&fewer, &ridge, &options, lambda), NTK_ERR_FORMAT);
    options.seed++;
    CHECK_STATUS(try_fit(&s, &ridge, &options, lambda), NTK_ERR_FORMAT);
    options.seed--;
    test_set(&other.y.view, N - 1, T - 1, 0.5);
    CHECK_STATUS(try_fit(&other, &ridge, &options, lambda), NTK_ERR_FORMAT);
    ntk_kernel_destroy(other.kernel);
    oracle_kernel erf = {NTK_ERF, 0, NTK_INIT(ntk_kernel_options)};
    other.kernel = oracle_kernel_create(context, &erf);
    test_set(&other.y.view, N - 1, T - 1, test_get(&s.y.view, N - 1, T - 1));
    CHECK_STATUS(try_fit(&other, &ridge, &options, lambda), NTK_ERR_FORMAT);
    /* each array absent, the last first: writing was cut */
    for (; kept.archive.count; kept.archive.count--) {
        int64_t last = kept.archive.count - 1;
        ntk_status right = strcmp(kept.archive.entries[last].name, "checked") == 0 ? NTK_OK : NTK_ERR_FORMAT;
        test_archive cut = kept.archive;
        cut.count = last;
        source = test_archive_source(&cut);
        if (right == NTK_ERR_FORMAT) CHECK_STATUS(try_fit(&s, &ridge, &options, lambda), right);
        free(kept.archive.entries[last].name);
        free((void *)(uintptr_t)kept.archive.entries[last].array.data);
    }
    ck_assert_ptr_null(ridge);
    test_archive_free(&kept.archive);
    scene_free(&s);
    scene_free(&other);
    scene_free(&fewer);
}
END_TEST

START_TEST(failing_callbacks)
{
    scene s = scene_create(N, 1);
    ntk_iterative_options options = settings();
    store kept = {.fail_at = 2};
    ntk_sink sink = store_sink(&kept);
    ntk_ridge *ridge = NULL;
    options.checkpoint = &sink;
    CHECK_STATUS(try_fit(&s, &ridge, &options, lambda), NTK_ERR_CALLBACK);
    ck_assert_ptr_null(ridge);
    sink.write = NULL;
    CHECK_STATUS(try_fit(&s, &ridge, &options, lambda), NTK_ERR_OPTION);
    options.checkpoint = NULL;
    ntk_source source = test_archive_source(&kept.archive);
    source.read = NULL;
    options.resume = &source;
    CHECK_STATUS(try_fit(&s, &ridge, &options, lambda), NTK_ERR_OPTION);
    test_archive_free(&kept.archive);
    scene_free(&s);
}
END_TEST

/* --- data that change --- */

static scene part_of(const scene *s, int64_t first, int64_t count)
{
    scene part = *s;
    part.x.view.data = (double *)s->x.view.data + first * s->x.view.stride;
    part.y.view.data = (double *)s->y.view.data + first * s->y.view.stride;
    part.x.view.rows = part.y.view.rows = count;
    return part;
}

START_TEST(changes)
{
    enum { FEW = 5 };
    const double bound = 4e-9 * 20 / 0.05; /* twice the tolerance times |y| over lambda */
    scene s = scene_create(N, 1);
    ntk_iterative_options options = settings();
    options.hold = _i;
    scene first = part_of(&s, 0, N - FEW), last = part_of(&s, N - FEW, FEW), behind = part_of(&s, FEW, N - FEW);
    ntk_ridge *ridge = fit(&first, &options), *right = fit(&s, &options);
    CHECK_OK(ntk_ridge_append(ridge, &last.x.view, &last.y.view));
    close_models(ridge, right, bound);
    /* the solutions that there were are a good part of those that are sought */
    ck_assert_int_lt(test_summary(ridge).iterations, test_summary(right).iterations);
    CHECK_OK(ntk_ridge_remove(ridge, 0, FEW));
    ntk_ridge_destroy(right);
    right = fit(&behind, &options);
    close_models(ridge, right, bound);
    /* the window of the last rows, reached by another way */
    ntk_ridge *slid = fit(&first, &options);
    CHECK_OK(ntk_ridge_slide(slid, &last.x.view, &last.y.view));
    close_models(slid, right, bound);
    ntk_ridge_destroy(slid);
    test_array_fill(&s.y, 99);
    CHECK_OK(ntk_ridge_set_targets(ridge, &behind.y.view));
    ntk_ridge_destroy(right);
    right = fit(&behind, &options);
    close_models(ridge, right, bound);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(right);
    scene_free(&s);
}
END_TEST

/* --- copies and archives --- */

/* What comes back says and becomes the same. */
START_TEST(comes_back)
{
    enum { FEW = 5 };
    scene s = scene_create(N, 1);
    ntk_iterative_options options = settings();
    options.preconditioner = NTK_PRECONDITIONER_NYSTROEM;
    scene first = part_of(&s, 0, N - FEW), last = part_of(&s, N - FEW, FEW);
    test_archive archive = {0};
    ntk_sink sink = test_archive_sink(&archive);
    ntk_ridge *ridge = fit(&first, &options), *copy = NULL, *back = NULL;
    CHECK_OK(ntk_ridge_copy(context, &copy, ridge));
    CHECK_OK(ntk_ridge_export(ridge, &sink));
    ntk_source source = test_archive_source(&archive);
    CHECK_OK(ntk_ridge_import(context, &back, &source));
    ntk_ridge *const all[] = {ridge, copy, back};
    for (int turn = 0; turn < 2; turn++) {
        for (int k = 1; k < 3; k++) {
            ck_assert_uint_eq(hash_of(all[k]), hash_of(ridge));
            ck_assert_int_eq(test_summary(all[k]).refinements, test_summary(ridge).refinements);
            ck_assert_double_eq(test_summary(all[k]).residual, test_summary(ridge).residual);
        }
        for (int k = 0; turn == 0 && k < 3; k++) CHECK_OK(ntk_ridge_append(all[k], &last.x.view, &last.y.view));
    }
    for (int k = 0; k < 3; k++) ntk_ridge_destroy(all[k]);
    test_archive_free(&archive);
    scene_free(&s);
}
END_TEST

START_TEST(light)
{
    scene s = scene_create(N, 1);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *heavy = NULL, *ridge = NULL;
    double f[2 * T];
    ntk_matrix points = s.x.view, before = ntk_matrix_f64(f, 1, T), after = ntk_matrix_f64(f + T, 1, T);
    points.rows = 1;
    options.method = NTK_RIDGE_ITERATIVE;
    CHECK_OK(ntk_ridge_create(context, &heavy, s.kernel, &s.x.view, &s.y.view, lambda, &options));
    options.light = 1;
    CHECK_OK(ntk_ridge_create(context, &ridge, s.kernel, &s.x.view, &s.y.view, lambda, &options));
    CHECK_OK(ntk_ridge_predict(heavy, &before, &points));
    CHECK_OK(ntk_ridge_predict(ridge, &after, &points));
    ck_assert(memcmp(f, f + T, sizeof f / 2) == 0);
    ck_assert_uint_lt(test_summary(ridge).memory, test_summary(heavy).memory);
    ck_assert_uint_eq(hash_of(ridge), hash_of(heavy));
    CHECK_STATUS(ntk_ridge_set_targets(ridge, &s.y.view), NTK_ERR_STATE);
    ntk_ridge_destroy(heavy);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("iterative ridge, state");
    TCase *tests = test_case(suite, "iterative ridge, state");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, goes_on_to_the_bit);
    tcase_add_test(tests, of_another_problem);
    tcase_add_test(tests, failing_callbacks);
    tcase_add_loop_test(tests, changes, 0, 2);
    tcase_add_test(tests, comes_back);
    tcase_add_test(tests, light);
    return test_run(suite);
}
