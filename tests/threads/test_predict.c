/* Prediction in a host's inner loop: from many threads on one model; for a few rows without memory and without
 * waking a thread. */
#include "core/context.h"
#include "core/pool.h"
#include "executor.h"
#include "world.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

static const test_sizes sizes = {.n = 350, .m = 300, .d = 9, .N = 40, .t = 2};

enum { CALLERS = 6, REPEATS = 40 };

typedef struct predictor {
    const ntk_ridge *ridge;
    ntk_matrix x, one_x;
    const test_array *batch, *rows; /* the answers to a batch, and to its rows one by one */
    test_array y, one_y;
    int wrong;
} predictor;

static test_array predict(const ntk_ridge *ridge, const ntk_matrix *x, bool row_by_row)
{
    test_array y = test_array_make(x->rows, sizes.t, 0, NTK_F64);
    if (!row_by_row) CHECK_OK(ntk_ridge_predict(ridge, &y.view, x));
    for (int64_t i = 0; row_by_row && i < x->rows; i++) {
        ntk_matrix from = ntk_matrix_const_f64((const double *)x->data + i * x->stride, 1, x->cols),
                   to = ntk_matrix_f64((double *)y.view.data + i * sizes.t, 1, sizes.t);
        CHECK_OK(ntk_ridge_predict(ridge, &to, &from));
    }
    return y;
}

static bool same_row(const ntk_matrix *one, const ntk_matrix *all, int64_t row)
{
    return memcmp(one->data, (const double *)all->data + row * sizes.t, (size_t)sizes.t * sizeof(double)) == 0;
}

static void *predict_often(void *argument)
{
    predictor *p = argument;
    for (int64_t i = 0; i < REPEATS; i++) {
        int64_t row = i * 7 % p->x.rows;
        if (i % 8 == 0) {
            test_array_poison(&p->y);
            p->wrong +=
                ntk_ridge_predict(p->ridge, &p->y.view, &p->x) != NTK_OK || !test_same_bits(&p->y.view, &p->batch->view);
        }
        p->one_x.data = (double *)p->x.data + row * p->x.stride;
        test_array_poison(&p->one_y);
        p->wrong +=
            ntk_ridge_predict(p->ridge, &p->one_y.view, &p->one_x) != NTK_OK || !same_row(&p->one_y.view, &p->rows->view, row);
    }
    return NULL;
}

static void predict_at_once(const ntk_ridge *ridge)
{
    predictor predictors[CALLERS];
    pthread_t threads[CALLERS];
    test_array x = test_array_make(sizes.m, sizes.d, 2, NTK_F64);
    test_array_fill(&x, test_seed(11));
    test_array batch = predict(ridge, &x.view, false), rows = predict(ridge, &x.view, true);
    for (int i = 0; i < CALLERS; i++) {
        predictors[i] = (predictor){.ridge = ridge,
                                    .x = x.view,
                                    .one_x = ntk_matrix_const_f64(x.view.data, 1, sizes.d),
                                    .batch = &batch,
                                    .rows = &rows,
                                    .y = test_array_make(sizes.m, sizes.t, 0, NTK_F64),
                                    .one_y = test_array_make(1, sizes.t, 0, NTK_F64)};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, predict_often, &predictors[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(predictors[i].wrong, 0);
        test_array_free(&predictors[i].y);
        test_array_free(&predictors[i].one_y);
    }
    test_array_free(&x);
    test_array_free(&batch);
    test_array_free(&rows);
}

START_TEST(many_threads_on_one_model)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_world world;
    options.threads = 3;
    test_world_make(&world, &sizes, &options);
    predict_at_once(world.ridge);
    predict_at_once(world.primal);
    test_world_free(&world);
}
END_TEST

static int threads_of_process(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(tasks);
    for (struct dirent *entry = readdir(tasks); entry; entry = readdir(tasks)) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* Three one-row predictions of a model whose context has several threads: of its own pool, or of an executor that counts. */
static void predict_one_row(const test_sizes *of, int32_t dtype, bool own_pool)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_world world;
    test_memory memory = {0};
    test_executor executor = {0};
    test_array x = test_array_make(1, of->d, 0, dtype), y = test_array_make(1, of->t, 0, dtype);
    test_array_fill(&x, 5);
    test_memory_inject(&options, &memory);
    options.threads = 4;
    options.parallel = own_pool ? NULL : test_executor_threads;
    options.parallel_user = &executor;
    test_world_make(&world, of, &options);
    const ntk_ridge *const models[] = {world.ridge, world.primal};
    int64_t pool = ntk_pool_threads(world.context), asked = executor.calls;
    int threads = threads_of_process();
    for (int i = 0; i < 2; i++) {
        test_memory_reset(&memory, 0);
        for (int repeat = 0; repeat < 3; repeat++) {
            test_array_poison(&y);
            CHECK_OK(ntk_ridge_predict(models[i], &y.view, &x.view));
            ck_assert(test_array_is_written(&y));
        }
        ck_assert_msg(memory.calls == 0, "%s, %d inputs, dtype %d: %d allocations", i ? "primal" : "dual", (int)of->d, dtype,
                      (int)memory.calls);
        ck_assert_int_eq(ntk_pool_threads(world.context), pool);
        ck_assert_int_eq(threads_of_process(), threads);
        ck_assert_int_eq(executor.calls, asked);
    }
    test_world_free(&world);
    test_array_free(&x);
    test_array_free(&y);
}

START_TEST(one_row_takes_nothing)
{
    const test_sizes cases[] = {
        test_small, {.n = 40, .m = 5, .d = 4096, .N = 1, .t = 2}, {.n = 900, .m = 5, .d = 7, .N = 16, .t = 11}};
    for (int own_pool = 0; own_pool < 2; own_pool++)
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) predict_one_row(&cases[_i], dtype, own_pool);
}
END_TEST

/* --- models that have memory of their own for a few rows --- */

enum { KERNELS = 7, FEW = 4, HOSTS = 4 };

/* Four threads that predict one to four rows again and again, and what they should see. */
typedef struct few {
    const ntk_ridge *ridge;
    ntk_matrix x;
    const test_array *answers; /* to one row, to two, ... below each other */
    int wrong;
} few;

static ntk_matrix rows_of(const ntk_matrix *x, int64_t first, int64_t rows)
{
    ntk_matrix view = *x;
    view.data = (char *)x->data + first * x->stride * (x->dtype == NTK_F64 ? 8 : 4);
    view.rows = rows;
    return view;
}

static int64_t first_of(int64_t rows)
{
    return rows * (rows - 1) / 2;
}

static bool predicts(const few *f, const test_array *answers)
{
    bool right = true;
    for (int64_t rows = 1; rows <= FEW; rows++) {
        ntk_matrix x = rows_of(&f->x, 0, rows), y = rows_of(&answers->view, first_of(rows), rows);
        right = right && ntk_ridge_predict(f->ridge, &y, &x) == NTK_OK;
    }
    return right;
}

static void *predict_few(void *argument)
{
    few *f = argument;
    test_array y = test_array_make(first_of(FEW + 1), f->answers->view.cols, 0, f->answers->view.dtype);
    for (int repeat = 0; repeat < 3; repeat++) {
        test_array_poison(&y);
        f->wrong += !predicts(f, &y) || !test_same_bits(&y.view, &f->answers->view);
    }
    test_array_free(&y);
    return NULL;
}

/* How many times the threads take memory. */
static int64_t allocations_of(const ntk_ridge *ridge, const ntk_matrix *x, test_memory *memory, int64_t targets)
{
    few hosts[HOSTS];
    pthread_t threads[HOSTS];
    test_array answers = test_array_make(first_of(FEW + 1), targets, 0, x->dtype);
    for (int i = 0; i < HOSTS; i++) hosts[i] = (few){.ridge = ridge, .x = *x, .answers = &answers};
    ck_assert(predicts(&hosts[0], &answers));
    test_memory_reset(memory, 0);
    for (int i = 0; i < HOSTS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, predict_few, &hosts[i]), 0);
    for (int i = 0; i < HOSTS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(hosts[i].wrong, 0);
    }
    test_array_free(&answers);
    return memory->calls;
}

/* The model predicts K(at, x) alpha, up to roundings of sums of x->rows terms. */
static void check_predictions(const ntk_ridge *ridge, const ntk_kernel *kernel, const char *name, const ntk_matrix *x,
                              const ntk_matrix *at, int64_t targets)
{
    test_array alpha = test_array_make(x->rows, targets, 0, x->dtype), right = test_array_make(at->rows, targets, 0, x->dtype),
               got = test_array_make(at->rows, targets, 0, x->dtype);
    double bound = x->dtype == NTK_F64 ? 1e-12 : 5e-4;
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_kernel_multiply(kernel, &right.view, at, x, &alpha.view));
    CHECK_OK(ntk_ridge_predict(ridge, &got.view, at));
    for (int64_t i = 0; i < at->rows; i++)
        for (int64_t c = 0; c < targets; c++) {
            double f = test_get(&got.view, i, c), g = test_get(&right.view, i, c);
            ck_assert_msg(fabs(f - g) <= bound * (1 + fabs(g)), "%s predicts %.12g, not %.12g", name, f, g);
        }
    test_array_free(&alpha);
    test_array_free(&right);
    test_array_free(&got);
}

/* The model is what its size query and its report say, and predicts, as its copy does, without memory; with one room for all threads
 * it predicts the same. */
static void check_few(ntk_context *context, test_memory *memory, const ntk_kernel *kernel, const char *name, bool light,
                      const ntk_matrix *x, const ntk_matrix *y, const ntk_matrix *rows)
{
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_ridge *ridge, *copy, *crowded;
    uint64_t bytes;
    options.callers = HOSTS;
    options.light = light;
    options.dtype = x->dtype;
    CHECK_OK(ntk_ridge_memory(context, &bytes, kernel, x->rows, x->cols, y->cols, &options));
    test_memory_reset(memory, 0);
    int64_t before = memory->bytes;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, x, y, 0.5, &options));
    ck_assert_msg(memory->peak - before <= (int64_t)bytes, "%s: announced %" PRIu64 ", held %" PRId64, name, bytes,
                  memory->peak - before);
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    /* of the series of a term a samples' need counts more than what it holds */
    ck_assert_msg((int64_t)report.memory >= memory->bytes - before, "%s: reported %" PRIu64 ", holds %" PRId64, name,
                  report.memory, memory->bytes - before);
    ck_assert_msg(allocations_of(ridge, rows, memory, y->cols) == 0, "%s took memory", name);
    check_predictions(ridge, kernel, name, x, rows, y->cols);
    check_predictions(ridge, kernel, name, x, x, y->cols);
    CHECK_OK(ntk_ridge_copy(context, &copy, ridge));
    ntk_ridge_destroy(ridge);
    ck_assert_msg(allocations_of(copy, rows, memory, y->cols) == 0, "%s's copy took memory", name);
    ntk_ridge_destroy(copy);
    options.callers = 1;
    CHECK_OK(ntk_ridge_create(context, &crowded, kernel, x, y, 0.5, &options));
    (void)allocations_of(crowded, rows, memory, y->cols);
    ntk_ridge_destroy(crowded);
}

START_TEST(few_rows_take_nothing)
{
    const int32_t dtype = _i % 2 ? NTK_F32 : NTK_F64;
    const test_sizes of = {.n = 70, .m = 5, .d = 6, .N = 24, .t = 2};
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_memory memory = {0};
    test_world world;
    test_memory_inject(&options, &memory);
    options.threads = 2;
    test_world_make(&world, &of, &options);
    const ntk_kernel *const kernels[KERNELS] = {world.deep,        world.series,           world.deep_series, world.monte_carlo,
                                                world.deep_finite, world.deep_monte_carlo, world.composite};
    static const char *const names[KERNELS] = {"deep",        "series",           "deep_series", "monte_carlo",
                                               "deep_finite", "deep_monte_carlo", "composite"};
    test_array x = test_array_make(of.n, of.d, 1, dtype), y = test_array_make(of.n, of.t, 0, dtype),
               rows = test_array_make(FEW, of.d, 2, dtype);
    test_array_fill(&x, test_seed(21));
    test_array_fill(&y, 22);
    test_array_fill(&rows, 23);
    for (int k = 0; k < KERNELS; k++)
        check_few(world.context, &memory, kernels[k], names[k], _i >= 2, &x.view, &y.view, &rows.view);
    test_world_free(&world);
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&rows);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predict");
    TCase *tests = test_case(suite, "predict");
    tcase_add_test(tests, many_threads_on_one_model);
    tcase_add_loop_test(tests, one_row_takes_nothing, 0, 3);
    tcase_add_loop_test(tests, few_rows_take_nothing, 0, 4);
    return test_run(suite);
}
