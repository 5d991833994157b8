/* Models whose data change are those fitted to the changed data; copies are models of their own. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { D = 4, POINTS = 5 };

/* data of which rows first, ..., first + n - 1 are in work */
typedef struct scene {
    ntk_kernel *kernel;
    double *xs, *ys;
    ntk_ridge_options options;
    double lambda;
} scene;

/* finite: a kernel of features, which a PRIMAL needs */
static scene scene_create(int64_t rows, int finite, uint64_t *state)
{
    scene s = {.options = NTK_INIT(ntk_ridge_options), .lambda = 0.1};
    if (finite) {
        s.kernel = oracle_finite_create(context, NTK_ERF, D, 10, 0, NTK_PART_RF);
    } else {
        oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
        s.kernel = oracle_kernel_create(context, &oracle);
    }
    s.xs = oracle_samples(rows, D, NTK_F32, state);
    s.ys = oracle_samples(rows, 2, NTK_F32, state);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    free(s->xs);
    free(s->ys);
}

static ntk_matrix x_of(const scene *s, int64_t first, int64_t n)
{
    return ntk_matrix_const_f64(s->xs + first * D, n, D);
}

static ntk_matrix y_of(const scene *s, int64_t first, int64_t n)
{
    return ntk_matrix_const_f64(s->ys + first * 2, n, 2);
}

static ntk_ridge *fit(const scene *s, int64_t first, int64_t n)
{
    ntk_ridge *ridge = NULL;
    ntk_matrix x = x_of(s, first, n), y = y_of(s, first, n);
    CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &x, &y, s->lambda, &s->options));
    return ridge;
}

/* coefficients, predictions, what is left out, and the report */
static void same_models(const ntk_ridge *got, const ntk_ridge *right, double bound, const char *what)
{
    ntk_ridge_report a = test_summary(got), b = test_summary(right);
    ck_assert_int_eq(a.samples, b.samples);
    ck_assert_int_eq(a.order, b.order);
    uint64_t state = 3;
    double *points = oracle_samples(POINTS, D, NTK_F32, &state);
    ntk_matrix at = ntk_matrix_const_f64(points, POINTS, D);
    for (int k = 0; k < 3; k++) {
        int64_t rows = k == 0 ? a.order : k == 1 ? POINTS : a.samples;
        double *f = oracle_memory(rows * 2, sizeof *f), *g = oracle_memory(rows * 2, sizeof *g);
        ntk_matrix F = ntk_matrix_f64(f, rows, 2), G = ntk_matrix_f64(g, rows, 2);
        CHECK_OK(k == 0   ? ntk_ridge_coefficients(got, &F)
                 : k == 1 ? ntk_ridge_predict(got, &F, &at)
                          : ntk_ridge_leave_one_out(got, &F));
        CHECK_OK(k == 0   ? ntk_ridge_coefficients(right, &G)
                 : k == 1 ? ntk_ridge_predict(right, &G, &at)
                          : ntk_ridge_leave_one_out(right, &G));
        for (int64_t i = 0; i < rows * 2; i++)
            ck_assert_msg(fabs(f[i] - g[i]) <= bound * (1 + fabs(g[i])), "%s, part %d: %.15g, fitted anew %.15g", what, k, f[i],
                          g[i]);
        free(f);
        free(g);
    }
    ck_assert(fabs(a.log_evidence - b.log_evidence) <= bound * (1 + fabs(b.log_evidence)));
    ck_assert(fabs(a.kernel_scale - b.kernel_scale) <= bound * (1 + b.kernel_scale));
    free(points);
}

typedef struct choice {
    int32_t method, storage, dtype;
    int finite;
    double accuracy;
} choice;

/* cond(A), at most n K_ii / lambda or some thousands, times the roundoff */
static const choice choices[] = {
    {NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F64, 0, 1e-10},    {NTK_RIDGE_DUAL, NTK_STORAGE_PACKED, NTK_F64, 0, 1e-10},
    {NTK_RIDGE_DUAL, NTK_STORAGE_PACKED, NTK_F32, 0, 2e-2},   {NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F64, 1, 1e-10},
    {NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F32, 1, 2e-2},     {NTK_RIDGE_PRIMAL, NTK_STORAGE_FULL, NTK_F64, 1, 1e-10},
    {NTK_RIDGE_SPECTRAL, NTK_STORAGE_FULL, NTK_F64, 0, 1e-10}};
enum { CHOICES = sizeof choices / sizeof choices[0] };

static scene scene_choose(int index, int64_t rows, uint64_t *state)
{
    const choice *c = &choices[index / 2];
    scene s = scene_create(rows, c->finite, state);
    s.options.method = c->method;
    s.options.storage = c->storage;
    s.options.dtype = c->dtype;
    s.options.intercept = index % 2;
    return s;
}

/* A window that slides over the data. */
START_TEST(sliding_window)
{
    uint64_t state = test_seed(731);
    enum { WIDTH = 60, STEP = 7, STEPS = 8 };
    scene s = scene_choose(_i, WIDTH + STEP * STEPS, &state);
    ntk_ridge *ridge = fit(&s, 0, WIDTH), *slid = fit(&s, 0, WIDTH);
    for (int step = 1; step <= STEPS; step++) {
        ntk_matrix x = x_of(&s, WIDTH + (step - 1) * STEP, STEP), y = y_of(&s, WIDTH + (step - 1) * STEP, STEP);
        CHECK_OK(ntk_ridge_append(ridge, &x, &y));
        CHECK_OK(ntk_ridge_remove(ridge, 0, STEP));
        CHECK_OK(ntk_ridge_slide(slid, &x, &y));
    }
    ntk_ridge *right = fit(&s, STEP * STEPS, WIDTH);
    same_models(ridge, right, choices[_i / 2].accuracy, "a window");
    same_models(slid, right, choices[_i / 2].accuracy, "a window that was slid");
    /* by many rows, and by all */
    ntk_matrix x = x_of(&s, 0, WIDTH / 2), y = y_of(&s, 0, WIDTH / 2);
    CHECK_OK(ntk_ridge_slide(slid, &x, &y));
    CHECK_OK(ntk_ridge_append(ridge, &x, &y));
    CHECK_OK(ntk_ridge_remove(ridge, 0, WIDTH / 2));
    same_models(slid, ridge, choices[_i / 2].accuracy, "half a window");
    x = x_of(&s, STEP * STEPS, WIDTH), y = y_of(&s, STEP * STEPS, WIDTH);
    CHECK_OK(ntk_ridge_slide(slid, &x, &y));
    same_models(slid, right, choices[_i / 2].accuracy, "all of a window");
    ntk_ridge_destroy(slid);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(right);
    scene_free(&s);
}
END_TEST

/* Over the edges of tiles, from anywhere, in every storage. */
START_TEST(across_tiles)
{
    static const int64_t places[][3] = {{500, 30, 500},   {1030, 3, 0},  {1024, 1, 511}, {1100, 20, 500},
                                        {1100, 64, 1036}, {513, 1, 512}, {700, 600, 20}};
    uint64_t state = test_seed(732);
    const int64_t n = places[_i / 3][0], count = places[_i / 3][1], first = places[_i / 3][2];
    scene s = scene_create(n + count, 0, &state);
    double *xs = oracle_memory(n * D, sizeof *xs), *ys = oracle_memory(n * 2, sizeof *ys);
    s.options.storage = _i % 3 ? NTK_STORAGE_PACKED : NTK_STORAGE_FULL;
    s.options.dtype = _i % 3 == 2 ? NTK_F32 : NTK_F64;
    s.lambda = _i % 3 == 2 ? 10 : 1;
    ntk_ridge *ridge = fit(&s, 0, n), *right = fit(&s, 0, n + count);
    ntk_matrix x = x_of(&s, n, count), y = y_of(&s, n, count);
    double bound = _i % 3 == 2 ? 2e-2 : 1e-9;
    CHECK_OK(ntk_ridge_append(ridge, &x, &y));
    same_models(ridge, right, bound, "appended");
    CHECK_OK(ntk_ridge_remove(ridge, first, count));
    memcpy(xs, s.xs, (size_t)(first * D) * sizeof *xs);
    memcpy(ys, s.ys, (size_t)(first * 2) * sizeof *ys);
    memcpy(xs + first * D, s.xs + (first + count) * D, (size_t)((n - first) * D) * sizeof *xs);
    memcpy(ys + first * 2, s.ys + (first + count) * 2, (size_t)((n - first) * 2) * sizeof *ys);
    scene without = s;
    without.xs = xs;
    without.ys = ys;
    ntk_ridge_destroy(right);
    right = fit(&without, 0, n);
    same_models(ridge, right, bound, "removed");
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(right);
    free(xs);
    free(ys);
    scene_free(&s);
}
END_TEST

START_TEST(other_targets)
{
    uint64_t state = test_seed(733);
    scene s = scene_choose(_i, 80, &state), other = s;
    ntk_ridge *ridge = fit(&s, 0, 80);
    other.ys = oracle_samples(80, 2, NTK_F32, &state);
    ntk_matrix y = y_of(&other, 0, 80);
    CHECK_OK(ntk_ridge_set_targets(ridge, &y));
    ntk_ridge *right = fit(&other, 0, 80);
    same_models(ridge, right, choices[_i / 2].dtype == NTK_F64 ? 1e-13 : 1e-5, "targets");
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(right);
    free(other.ys);
    scene_free(&s);
}
END_TEST

START_TEST(copies)
{
    uint64_t state = test_seed(734);
    scene s = scene_choose(_i, 90, &state);
    ntk_ridge *ridge = fit(&s, 0, 80), *copy = NULL, *right = fit(&s, 0, 80);
    ntk_context *other = test_context(1, NULL);
    ntk_matrix x = x_of(&s, 80, 10), y = y_of(&s, 80, 10);
    CHECK_OK(ntk_ridge_copy(other, &copy, ridge));
    same_models(copy, right, 0, "a copy");
    CHECK_OK(ntk_ridge_append(ridge, &x, &y));
    same_models(copy, right, 0, "a copy while the model changed");
    ntk_ridge_destroy(ridge);
    CHECK_OK(ntk_ridge_append(copy, &x, &y));
    ntk_ridge_destroy(right);
    right = fit(&s, 0, 90);
    same_models(copy, right, choices[_i / 2].accuracy, "a copy that changed");
    ntk_ridge_destroy(copy);
    ntk_ridge_destroy(right);
    ntk_context_destroy(other);
    scene_free(&s);
}
END_TEST

/* --- memory for rows to come --- */

static int64_t held_by_append(ntk_ridge *ridge, test_memory *memory, const ntk_matrix *x, const ntk_matrix *y)
{
    test_memory_reset(memory, 0);
    int64_t before = memory->bytes;
    CHECK_OK(ntk_ridge_append(ridge, x, y));
    return memory->peak - before;
}

/* With memory for them rows are appended to the same bits as without, beyond it, too, and without another factor within it. */
START_TEST(capacity)
{
    enum { N = 500, CAPACITY = 40, PARTS = 5 };
    static const int64_t parts[PARTS] = {1, 25, 14, 2, 30};
    const int32_t storage = _i / 2 ? NTK_STORAGE_PACKED : NTK_STORAGE_FULL;
    uint64_t state = test_seed(737), bytes = 0, announced = 0;
    test_memory memory = {0};
    ntk_context *counted = test_context(2, &memory);
    scene s = scene_create(N + 72, 0, &state);
    s.options.storage = storage;
    s.options.intercept = _i % 2;
    ntk_ridge *plain = fit(&s, 0, N), *ridge = NULL;
    ntk_matrix x = x_of(&s, 0, N), y = y_of(&s, 0, N);
    CHECK_OK(ntk_ridge_memory(counted, &bytes, s.kernel, N, D, 2, &s.options));
    s.options.capacity = CAPACITY;
    CHECK_OK(ntk_ridge_memory(counted, &announced, s.kernel, N, D, 2, &s.options));
    ck_assert_uint_ge(announced, bytes + CAPACITY * N * sizeof(double));
    CHECK_OK(ntk_ridge_create(counted, &ridge, s.kernel, &x, &y, s.lambda, &s.options));
    ck_assert_uint_ge(test_summary(ridge).memory, test_summary(plain).memory + CAPACITY * N * sizeof(double));
    int64_t n = N;
    for (int part = 0; part < PARTS; n += parts[part++]) {
        x = x_of(&s, n, parts[part]), y = y_of(&s, n, parts[part]);
        CHECK_OK(ntk_ridge_append(plain, &x, &y));
        int64_t held = held_by_append(ridge, &memory, &x, &y), factor = n * n * (int64_t)sizeof(double) / 2;
        ck_assert_msg(part > 2 || held < factor / 2, "%" PRId64 " bytes for %" PRId64 " rows", held, parts[part]);
        ck_assert_msg(part != 3 || held > factor, "%" PRId64 " bytes for a new factor", held);
        same_models(ridge, plain, 0, "appended within memory");
    }
    x = x_of(&s, 0, 20), y = y_of(&s, 0, 20);
    CHECK_OK(ntk_ridge_slide(plain, &x, &y));
    CHECK_OK(ntk_ridge_slide(ridge, &x, &y));
    same_models(ridge, plain, 0, "slid with memory");
    ntk_ridge_destroy(plain);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
    ntk_context_destroy(counted);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* From the second append within memory on the samples stay where they are, but for those that a copy of the model shares: then each
 * appends its own. */
START_TEST(samples_stay)
{
    enum { N = 40, M = 3, WIDE = 4000, PARTS = 4 };
    const int64_t samples = N * WIDE * (int64_t)sizeof(double);
    uint64_t state = test_seed(739);
    test_memory memory = {0};
    ntk_context *counted = test_context(1, &memory);
    scene s = scene_create(1, 0, &state);
    double *xs = oracle_samples(N + M * PARTS, WIDE, NTK_F64, &state), *ys = oracle_samples(N + M * PARTS, 2, NTK_F64, &state);
    ntk_ridge *ridge = NULL, *copy = NULL, *refit[2] = {NULL, NULL};
    ntk_matrix x = ntk_matrix_f64(xs, N, WIDE), y = ntk_matrix_f64(ys, N, 2), f[2];
    double values[2][2 * PARTS];
    s.options.capacity = M * PARTS;
    s.options.method = NTK_RIDGE_DUAL;
    CHECK_OK(ntk_ridge_create(counted, &ridge, s.kernel, &x, &y, s.lambda, &s.options));
    for (int part = 0; part < PARTS; part++) {
        x = ntk_matrix_f64(xs + (N + part * M) * WIDE, M, WIDE);
        y = ntk_matrix_f64(ys + (N + part * M) * 2, M, 2);
        if (part == 2) CHECK_OK(ntk_ridge_copy(counted, &copy, ridge));
        int64_t held = held_by_append(ridge, &memory, &x, &y);
        ck_assert_msg((held > samples) == (part == 0 || part == 2), "part %d: %" PRId64 " bytes of %" PRId64, part, held,
                      samples);
        if (part == 2) CHECK_OK(ntk_ridge_append(copy, &x, &y));
    }
    for (int k = 0; k < 2; k++) {
        x = ntk_matrix_f64(xs, N + M * (k ? PARTS - 1 : PARTS), WIDE);
        y = ntk_matrix_f64(ys, x.rows, 2);
        CHECK_OK(ntk_ridge_create(context, &refit[k], s.kernel, &x, &y, s.lambda, &s.options));
        x.rows = PARTS;
        for (int which = 0; which < 2; which++) {
            f[which] = ntk_matrix_f64(values[which], PARTS, 2);
            CHECK_OK(ntk_ridge_predict(which ? refit[k] : k ? copy : ridge, &f[which], &x));
        }
        for (int i = 0; i < 2 * PARTS; i++) ck_assert_double_eq_tol(values[0][i], values[1][i], 1e-10);
        ntk_ridge_destroy(refit[k]);
    }
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(copy);
    free(xs);
    free(ys);
    scene_free(&s);
    ntk_context_destroy(counted);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* Rows that go behind a model's samples for an append that fails, or is stopped, are not seen, and the model still has its samples. */
START_TEST(samples_stay_after_failures)
{
    enum { N = 60, M = 6, PARTS = 3 };
    uint64_t state = test_seed(741);
    test_memory memory = {0};
    test_stopper stopping = {0};
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *own = NULL;
    options.threads = 1;
    options.progress = test_stop, options.progress_user = &stopping;
    test_memory_inject(&options, &memory);
    CHECK_OK(ntk_context_create(&own, &options));
    scene s = scene_create(N + M * PARTS, 0, &state);
    ntk_ridge *plain = fit(&s, 0, N), *ridge = NULL;
    ntk_matrix x = x_of(&s, 0, N), y = y_of(&s, 0, N);
    s.options.capacity = M * PARTS;
    CHECK_OK(ntk_ridge_create(own, &ridge, s.kernel, &x, &y, s.lambda, &s.options));
    for (int part = 0; part < PARTS; part++) {
        int64_t live = memory.live, failures = 0;
        ntk_status status = NTK_ERR_MEMORY;
        x = x_of(&s, N + part * M, M), y = y_of(&s, N + part * M, M);
        /* the first append, which none of this is about, gives the samples their memory; one fails, and one is stopped */
        for (int64_t k = 1; status < 0; k++, failures++) {
            test_memory_reset(&memory, part == 1 ? k : 0);
            stopping = (test_stopper){.stop_at = part == 2 ? k : 0};
            status = ntk_ridge_append(ridge, &x, &y);
            test_memory_reset(&memory, 0);
            stopping = (test_stopper){0};
            if (status >= 0) break;
            ck_assert_int_eq(status, part == 1 ? NTK_ERR_MEMORY : NTK_ERR_CANCELLED);
            ck_assert_int_eq(memory.live, live);
            same_models(ridge, plain, 0, part == 1 ? "a failure" : "a cancelled append");
        }
        ck_assert(part == 0 || failures > 5);
        CHECK_OK(ntk_ridge_append(plain, &x, &y));
        same_models(ridge, plain, 0, "in the end");
    }
    ntk_ridge_destroy(plain);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
    ntk_context_destroy(own);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* What is written behind the rows of a model for an append that fails is not seen, and a copy shares nothing with the model. */
START_TEST(capacity_and_failure)
{
    enum { N = 60, M = 6 };
    uint64_t state = test_seed(738);
    test_memory memory = {0};
    ntk_context *counted = test_context(1, &memory);
    scene s = scene_create(N + M, 0, &state);
    ntk_ridge *plain = fit(&s, 0, N), *more = fit(&s, 0, N), *ridge = NULL, *copy = NULL;
    ntk_matrix x = x_of(&s, 0, N), y = y_of(&s, 0, N);
    s.options.capacity = M;
    CHECK_OK(ntk_ridge_create(counted, &ridge, s.kernel, &x, &y, s.lambda, &s.options));
    CHECK_OK(ntk_ridge_copy(context, &copy, ridge));
    x = x_of(&s, N, M), y = y_of(&s, N, M);
    CHECK_OK(ntk_ridge_append(more, &x, &y));
    for (int slides = 0; slides < 2; slides++) {
        int64_t live = memory.live;
        ntk_status status = NTK_ERR_MEMORY;
        for (int64_t k = 1; status < 0; k++) {
            test_memory_reset(&memory, k);
            status = slides ? ntk_ridge_slide(ridge, &x, &y) : ntk_ridge_append(ridge, &x, &y);
            if (status >= 0) break;
            ck_assert_int_eq(status, NTK_ERR_MEMORY);
            ck_assert_int_eq(memory.live, live);
            test_memory_reset(&memory, 0);
            same_models(ridge, slides ? more : plain, 0, "a failure");
        }
        test_memory_reset(&memory, 0);
        same_models(copy, plain, 0, "a reader's copy");
        if (slides) CHECK_OK(ntk_ridge_slide(more, &x, &y));
        same_models(ridge, more, 0, "in the end");
    }
    CHECK_OK(ntk_ridge_append(copy, &x, &y));
    ntk_ridge_destroy(plain);
    ntk_ridge_destroy(more);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(copy);
    scene_free(&s);
    ntk_context_destroy(counted);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* --- rows that depend on others --- */

/* A copy of a sample leaves a pivot of about 2 lambda: of 2e-14 it is no pivot for an update of 300 rows, but one for a fit. */
START_TEST(dependent_rows)
{
    uint64_t state = test_seed(735);
    enum { n = 300 };
    scene s = scene_create(n + 1, 0, &state);
    memcpy(s.xs + n * D, s.xs + 17 * D, D * sizeof *s.xs);
    double size = 0, coefficients[2 * n], after[2 * n];
    for (int k = 0; k < D; k++) size += s.xs[17 * D + k] * s.xs[17 * D + k] / D;
    ntk_matrix x = x_of(&s, n, 1), y = y_of(&s, n, 1), A = ntk_matrix_f64(coefficients, n, 2), B = ntk_matrix_f64(after, n, 2);
    for (int singular = 0; singular < 2; singular++) {
        /* K(x, x) is about |x|^2 / d, which 2 n roundoffs are 600 of, and 4 sqrt n of them are 69 */
        s.lambda = size * 0x1p-53 * (singular ? 0 : 120);
        ntk_ridge *ridge = fit(&s, 0, n);
        CHECK_OK(ntk_ridge_coefficients(ridge, &A));
        ntk_ridge_report before = test_summary(ridge);
        ntk_status status = ntk_ridge_append(ridge, &x, &y);
        /* roundings may make the fit's pivot vanish, too */
        ck_assert_msg(status == NTK_ERR_SINGULAR || (!singular && status == NTK_NOTE_REFITTED), "%s", ntk_status_name(status));
        if (status < 0) {
            ntk_ridge_report report = test_summary(ridge);
            CHECK_OK(ntk_ridge_coefficients(ridge, &B));
            ck_assert(memcmp(&before, &report, sizeof before) == 0 && memcmp(coefficients, after, sizeof after) == 0);
        } else {
            ck_assert_int_eq(test_summary(ridge).samples, n + 1);
        }
        ntk_ridge_destroy(ridge);
    }
    scene_free(&s);
}
END_TEST

START_TEST(refused)
{
    uint64_t state = test_seed(736);
    scene s = scene_create(12, 0, &state);
    ntk_matrix x = x_of(&s, 10, 2), y = y_of(&s, 10, 2);
    ntk_ridge *ridge = fit(&s, 0, 10), *right = fit(&s, 0, 10), *copy = NULL;
    CHECK_STATUS(ntk_ridge_remove(ridge, 10, 1), NTK_ERR_SHAPE);
    CHECK_STATUS(ntk_ridge_remove(ridge, 9, 2), NTK_ERR_SHAPE);
    CHECK_STATUS(ntk_ridge_remove(ridge, 0, 10), NTK_ERR_SHAPE);
    ntk_matrix all = x_of(&s, 0, 12), targets = y_of(&s, 0, 12);
    CHECK_STATUS(ntk_ridge_slide(ridge, &all, &targets), NTK_ERR_SHAPE);
    s.xs[10 * D] = (double)NAN;
    CHECK_STATUS(ntk_ridge_append(ridge, &x, &y), NTK_ERR_VALUE);
    CHECK_STATUS(ntk_ridge_slide(ridge, &x, &y), NTK_ERR_VALUE);
    same_models(ridge, right, 0, "what was refused");
    /* down to one sample and up again */
    CHECK_OK(ntk_ridge_remove(ridge, 1, 9));
    x = x_of(&s, 1, 9), y = y_of(&s, 1, 9);
    CHECK_OK(ntk_ridge_append(ridge, &x, &y));
    same_models(ridge, right, 1e-11, "from one sample on");
    s.options.light = 1;
    ntk_ridge *light = fit(&s, 0, 10);
    CHECK_STATUS(ntk_ridge_append(light, &x, &y), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_slide(light, &x, &y), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_remove(light, 0, 1), NTK_ERR_STATE);
    CHECK_OK(ntk_ridge_copy(context, &copy, light));
    CHECK_STATUS(ntk_ridge_remove(copy, 0, 1), NTK_ERR_STATE);
    ntk_ridge_destroy(copy);
    ntk_ridge_destroy(light);
    ntk_ridge_destroy(right);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("changes of ridge regression");
    TCase *tests = test_case(suite, "changes");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, sliding_window, 0, 2 * CHOICES);
    tcase_add_loop_test(tests, across_tiles, 0, 3 * 7);
    tcase_add_loop_test(tests, other_targets, 0, 2 * CHOICES);
    tcase_add_loop_test(tests, copies, 0, 2 * CHOICES);
    tcase_add_loop_test(tests, capacity, 0, 4);
    tcase_add_test(tests, samples_stay);
    tcase_add_test(tests, samples_stay_after_failures);
    tcase_add_test(tests, capacity_and_failure);
    tcase_add_test(tests, dependent_rows);
    tcase_add_test(tests, refused);
    return test_run(suite);
}
