/* Whatever runs the tasks, a call gives the same bits: for 1, 2 and 7 threads, on a host's executor, and when several threads
 * call at once, so that all but one do without the pool. */
#include "attempt.h"
#include "core/pool.h"
#include "executor.h"

#include <pthread.h>
#include <string.h>

/* Several tiles, panels and batches; more rows than a multiple of any of them. */
static const test_sizes sizes = {.n = 701, .m = 603, .d = 11, .N = 40, .t = 3};

typedef int (*parallel_function)(void *, int64_t, void (*)(void *, int64_t), void *);

/* What says how many threads there are, or how much memory they need, may differ. */
static bool depends_on_threads(const test_row *row)
{
    return strstr(row->function, "_memory") || strcmp(row->function, "ntk_context_describe") == 0;
}

/* Rows that share a world, which takes longer to make than most calls. */
enum { GROUP = 25 };

static bool is_row(int row, int group)
{
    return row < (group + 1) * GROUP && row < (int)test_row_count;
}

static void run(uint64_t hashes[GROUP], int group, int32_t dtype, int32_t threads, parallel_function parallel,
                test_executor *executor)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_world world;
    options.threads = threads;
    options.parallel = parallel;
    options.parallel_user = executor;
    test_world_make(&world, &sizes, &options);
    for (int row = group * GROUP; is_row(row, group); row++) {
        test_attempt attempt;
        if (depends_on_threads(&test_rows[row])) continue;
        test_attempt_make(&attempt, &test_rows[row], &world, dtype);
        hashes[row % GROUP] = test_attempt_succeed(&attempt);
        test_attempt_free(&attempt);
    }
    if (parallel) ck_assert_int_eq(ntk_pool_threads(world.context), 0);
    test_world_free(&world);
}

START_TEST(every_call)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        test_executor executor = {0};
        uint64_t right[GROUP] = {0}, hashes[GROUP] = {0};
        const struct {
            const char *name;
            int32_t threads;
            parallel_function parallel;
        } ways[] = {{"again", 1, NULL},
                    {"2 threads", 2, NULL},
                    {"7 threads", 7, NULL},
                    {"an executor", 4, test_executor_threads},
                    {"an executor in reverse", 5, test_executor_reversed}};
        run(right, _i, dtype, 1, NULL, NULL);
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
            if (dtype == NTK_F32 && ways[i].threads != 7) continue; /* the tasks are the same */
            run(hashes, _i, dtype, ways[i].threads, ways[i].parallel, &executor);
            for (int row = _i * GROUP; is_row(row, _i); row++)
                if (hashes[row % GROUP] != right[row % GROUP])
                    ck_abort_msg("%s (%s), dtype %d: other bits with %s", test_rows[row].function, test_rows[row].variant,
                                 dtype, ways[i].name);
        }
        if (dtype == NTK_F64) ck_assert_int_gt(executor.calls, 0);
    }
}
END_TEST

/* One of the threads that call at once. */
typedef struct caller {
    test_attempt attempt;
    uint64_t right;
    int wrong;
} caller;

static void *call_often(void *argument)
{
    caller *c = argument;
    for (int i = 0; i < 5; i++) {
        test_attempt_reset(&c->attempt);
        c->wrong += test_attempt_run(&c->attempt) != NTK_OK || test_attempt_hash(&c->attempt) != c->right;
    }
    return NULL;
}

enum { CALLERS = 4 };

static void call_at_once(const test_row *row, test_world *world)
{
    caller callers[CALLERS] = {0};
    pthread_t threads[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        test_attempt_make(&callers[i].attempt, row, world, NTK_F64);
        callers[i].right = test_attempt_succeed(&callers[i].attempt);
    }
    for (int i = 0; i < CALLERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_msg(!callers[i].wrong, "%s (%s): %d of 5 calls of thread %d went wrong", row->function, row->variant,
                      callers[i].wrong, i);
        test_attempt_free(&callers[i].attempt);
    }
}

/* Four callers of each function on shared handles of one context. */
START_TEST(callers_at_once)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    test_world world;
    options.threads = 3;
    test_world_make(&world, &sizes, &options);
    for (int row = _i * GROUP; is_row(row, _i); row++)
        if (!test_rows[row].mutated) call_at_once(&test_rows[row], &world);
    test_world_free(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bits");
    TCase *tests = test_case(suite, "every call");
    int groups = ((int)test_row_count + GROUP - 1) / GROUP;
    tcase_add_loop_test(tests, every_call, 0, groups);
    tcase_add_loop_test(tests, callers_at_once, 0, groups);
    return test_run(suite);
}
