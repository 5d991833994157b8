/* Prediction in a host's inner loop: from many threads on one model; for one row without memory and without waking a thread. */
#include "core/context.h"
#include "core/pool.h"
#include "executor.h"
#include "world.h"

#include <dirent.h>
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

int main(void)
{
    Suite *suite = suite_create("predict");
    TCase *tests = test_case(suite, "predict");
    tcase_add_test(tests, many_threads_on_one_model);
    tcase_add_loop_test(tests, one_row_takes_nothing, 0, 3);
    return test_run(suite);
}
