/* Handles keep alive what they were made from: any order of destruction will do, and what is left works. */
#include "core/pool.h"
#include "executor.h"
#include "world.h"

#include <stdio.h>

enum { MOST_HANDLES = 64 };

/* A permutation by sorting uniform keys; seeds 0 and 1 are the order of creation and its reverse. */
static void permute(int *order, int count, uint64_t seed)
{
    double keys[MOST_HANDLES];
    for (int i = 0; i < count; i++) {
        keys[i] = seed == 0 ? i : seed == 1 ? -i : test_uniform(seed, i);
        order[i] = 0;
        for (int j = 0; j < i; j++) {
            order[i] += keys[j] < keys[i];
            order[j] += keys[i] < keys[j];
        }
    }
}

static void destroy_in_order(uint64_t seed, int32_t threads)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_memory memory = {0};
    test_world world;
    const test_owned *all = test_world_handles;
    uint64_t hashes[MOST_HANDLES];
    int rank[MOST_HANDLES], count = test_world_handle_count;
    ck_assert_int_le(count, MOST_HANDLES);
    test_memory_inject(&options, &memory);
    options.threads = threads;
    test_world_make(&world, &test_small, &options);
    for (int i = 0; i < count; i++) hashes[i] = test_handle_hash(all[i].kind, test_world_handle(&world, i), &test_small);
    permute(rank, count, seed);
    for (int turn = 0; turn < count; turn++)
        for (int i = 0; i < count; i++) {
            void *handle = test_world_handle(&world, i);
            if (rank[i] == turn) test_handle_destroy(all[i].kind, handle);
            if (rank[i] > turn) ck_assert_uint_eq(test_handle_hash(all[i].kind, handle, &test_small), hashes[i]);
        }
    ck_assert_int_eq(memory.live, 0);
    ck_assert_int_eq(memory.bytes, 0);
}

START_TEST(any_order_of_destruction)
{
    for (uint64_t seed = 0; seed < 60; seed++) destroy_in_order(seed, 1 + (int32_t)(seed % 3));
}
END_TEST

/* What a handle keeps belongs to its own context: each of two counts to zero when its own handles are gone. */
START_TEST(handles_of_two_contexts)
{
    test_memory first = {0}, second = {0};
    ntk_context *a = test_context(1, &first), *b = test_context(1, &second);
    ntk_activation *activation;
    ntk_kernel *kernel;
    CHECK_OK(ntk_activation_create(a, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_kernel_create_infinite(b, &kernel, activation, NULL));
    ntk_context_destroy(a);
    ntk_context_destroy(b);
    ntk_activation_destroy(activation);
    ck_assert_int_gt(first.live, 0);
    test_handle_hash(TEST_KERNEL, kernel, &test_small);
    ntk_kernel_destroy(kernel);
    ck_assert_int_eq(first.live, 0);
    ck_assert_int_eq(second.live, 0);
}
END_TEST

/* Executors that fail must fail the call, and leave everything usable for the next one. */
static int failing;

static int fail_sometimes(void *user, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    if (failing == 1) return test_executor_refusing(user, tasks, task, argument);
    if (failing == 2) return test_executor_idle(user, tasks, task, argument);
    if (failing == 3) return test_executor_failing_late(user, tasks, task, argument);
    return test_executor_threads(user, tasks, task, argument);
}

START_TEST(executors_that_fail)
{
    const test_sizes sizes = {.n = 600, .m = 500, .d = 9, .N = 24, .t = 2};
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_memory memory = {0};
    test_executor executor = {0};
    test_world world;
    test_array x = test_array_make(sizes.n, sizes.d, 0, NTK_F64), K = test_array_make(sizes.n, sizes.n, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_memory_inject(&options, &memory);
    options.threads = 3;
    options.parallel = fail_sometimes;
    options.parallel_user = &executor;
    test_world_make(&world, &sizes, &options);
    uint64_t right = test_handle_hash(TEST_GRAM, world.gram, &sizes);
    ck_assert_int_gt(executor.calls, 0);
    for (failing = 1; failing <= 3; failing++) {
        ntk_gram *gram = world.gram;
        int64_t live = memory.live;
        CHECK_STATUS(ntk_gram_create(world.context, &gram, world.infinite, &x.view, NULL), NTK_ERR_CALLBACK);
        CHECK_MESSAGE("executor");
        ck_assert_ptr_null(gram);
        ck_assert_int_eq(memory.live, live);
        CHECK_STATUS(ntk_kernel_block(world.infinite, &K.view, &x.view, &x.view), NTK_ERR_CALLBACK);
        ck_assert_int_eq(memory.live, live);
    }
    failing = 0;
    ck_assert_uint_eq(test_handle_hash(TEST_GRAM, world.gram, &sizes), right);
    CHECK_OK(ntk_kernel_block(world.infinite, &K.view, &x.view, &x.view));
    test_world_free(&world);
    ck_assert_int_eq(memory.live, 0);
    test_array_free(&x);
    test_array_free(&K);
}
END_TEST

/* A host that changes the threading of BLAS while a call goes on; only OpenBLAS has a way. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));

static int change_blas_threads(void *user, const char *stage, double fraction)
{
    (void)stage, (void)fraction;
    int64_t *calls = user;
    if (openblas_set_num_threads) openblas_set_num_threads(1 + (int)(++*calls % 2));
    return 0;
}

/* Its scratch must fit the lanes that run, which an address sanitizer sees. */
START_TEST(blas_threads_change_amid_a_call)
{
    enum { N1 = 1500, N2 = 200, T = 40 };
    ntk_context_options options = NTK_INIT(ntk_context_options);
    int64_t calls = 0;
    int before = openblas_get_num_threads ? openblas_get_num_threads() : 1;
    test_world world;
    options.threads = 3;
    options.progress = change_blas_threads;
    options.progress_user = &calls;
    test_world_make(&world, &test_small, &options);
    test_array x1 = test_array_make(N1, 4, 0, NTK_F64), x2 = test_array_make(N2, 4, 0, NTK_F64),
               v = test_array_make(N2, T, 0, NTK_F64), y = test_array_make(N1, T, 0, NTK_F64);
    test_array_fill(&x1, 1);
    test_array_fill(&x2, 2);
    test_array_fill(&v, 3);
    for (int i = 0; i < 20; i++) {
        CHECK_OK(ntk_kernel_multiply(i % 2 ? world.finite : world.infinite, &y.view, &x1.view, &x2.view, &v.view));
        ck_assert(test_array_is_written(&y));
    }
    if (openblas_set_num_threads) openblas_set_num_threads(before);
    test_array_free(&x1);
    test_array_free(&x2);
    test_array_free(&v);
    test_array_free(&y);
    test_world_free(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lifetime");
    TCase *tests = test_case(suite, "lifetime");
    tcase_add_test(tests, any_order_of_destruction);
    tcase_add_test(tests, handles_of_two_contexts);
    tcase_add_test(tests, executors_that_fail);
    /* the thread sanitizer cannot follow BLAS's own threads */
    if (!TEST_THREAD_SANITIZER) tcase_add_test(tests, blas_threads_change_amid_a_call);
    return test_run(suite);
}
