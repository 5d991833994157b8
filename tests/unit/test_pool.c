/* The context's own threads: every lane once, one caller at a time, nothing left behind. */
#include "core/context.h"
#include "core/pool.h"
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 64 };

typedef struct visits {
    _Atomic int64_t count[MOST];
    pthread_t thread[MOST];
    sigset_t blocked[MOST];
} visits;

static void visit(void *argument, int64_t index)
{
    visits *seen = argument;
    atomic_fetch_add(&seen->count[index], 1);
    seen->thread[index] = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked[index]);
}

static void check_visited(const visits *seen, int64_t lanes, int64_t times)
{
    for (int64_t i = 0; i < MOST; i++) ck_assert_int_eq(seen->count[i], i < lanes ? times : 0);
}

START_TEST(every_lane_runs_once)
{
    const int64_t lanes[] = {1, 2, 3, 7, 20, MOST};
    ntk_context *context = test_context(4, NULL);
    ck_assert_int_eq(ntk_pool_threads(context), 0);
    for (size_t i = 0; i < sizeof lanes / sizeof lanes[0]; i++) {
        visits seen = {0};
        for (int64_t round = 1; round <= 50; round++) {
            ck_assert(ntk_pool_run(context, lanes[i], visit, NULL, &seen));
            check_visited(&seen, lanes[i], round);
        }
        ck_assert(pthread_equal(seen.thread[0], pthread_self()));
    }
    ck_assert_int_eq(ntk_pool_threads(context), 3);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(one_thread_has_no_pool)
{
    visits seen = {0};
    ntk_context *context = test_context(1, NULL);
    ck_assert(!ntk_pool_run(context, 4, visit, NULL, &seen));
    check_visited(&seen, 0, 0);
    ck_assert_int_eq(ntk_pool_threads(context), 0);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(workers_block_every_signal)
{
    visits seen = {0};
    sigset_t mine, after;
    ntk_context *context = test_context(4, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &mine);
    ck_assert(ntk_pool_run(context, 4, visit, NULL, &seen));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int signal = 1; signal < SIGRTMAX; signal++) {
        /* signals that cannot be blocked, and those that the C library keeps for itself */
        if (signal == SIGKILL || signal == SIGSTOP || (signal > 31 && signal < SIGRTMIN)) continue;
        for (int lane = 1; lane < 4; lane++) ck_assert_int_eq(sigismember(&seen.blocked[lane], signal), 1);
        ck_assert_int_eq(sigismember(&after, signal), sigismember(&mine, signal));
    }
    ntk_context_destroy(context);
}
END_TEST

typedef struct second_caller {
    ntk_context *context;
    bool got_pool;
    visits seen;
} second_caller;

static void *call_pool(void *argument)
{
    second_caller *second = argument;
    second->got_pool = ntk_pool_run(second->context, 2, visit, NULL, &second->seen);
    return NULL;
}

static void lane_with_second_caller(void *argument, int64_t index)
{
    pthread_t thread;
    if (index) return;
    ck_assert_int_eq(pthread_create(&thread, NULL, call_pool, argument), 0);
    pthread_join(thread, NULL);
}

START_TEST(second_caller_is_sent_away)
{
    second_caller second = {.context = test_context(2, NULL), .got_pool = true};
    ck_assert(ntk_pool_run(second.context, 2, lane_with_second_caller, NULL, &second));
    ck_assert(!second.got_pool);
    check_visited(&second.seen, 0, 0);
    call_pool(&second);
    ck_assert(second.got_pool);
    check_visited(&second.seen, 2, 1);
    ntk_context_destroy(second.context);
}
END_TEST

START_TEST(refused_memory_means_no_pool)
{
    test_memory memory = {0};
    visits seen = {0};
    ntk_context *context = test_context(3, &memory);
    test_memory_reset(&memory, 1);
    ck_assert(!ntk_pool_run(context, 3, visit, NULL, &seen));
    check_visited(&seen, 0, 0);
    ck_assert_int_eq(ntk_pool_threads(context), 0);
    ck_assert(ntk_pool_run(context, 3, visit, NULL, &seen));
    check_visited(&seen, 3, 1);
    ntk_context_destroy(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

static test_memory counted;

static ntk_context *counted_context(void)
{
    return test_context(3, &counted);
}

/* Exit status of a child that runs lanes on the context it inherited, has a child do so in turn, and gives back all memory that
 * it inherited. */
static int run_in_child(ntk_context *context, int depth)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        visits seen = {0};
        bool right = ntk_pool_threads(context) == 0 && ntk_pool_run(context, 3, visit, NULL, &seen) && seen.count[2] == 1 &&
                     ntk_pool_threads(context) == 2;
        if (right && depth > 1) right = run_in_child(context, depth - 1) == 0;
        ntk_context_destroy(context);
        _exit(right && counted.live == 0 ? 0 : 1);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(forked_child_gets_its_own)
{
    visits seen = {0};
    ntk_context *context = counted_context();
    ck_assert(ntk_pool_run(context, 3, visit, NULL, &seen));
    ck_assert_int_eq(run_in_child(context, 3), 0);
    ck_assert(ntk_pool_run(context, 3, visit, NULL, &seen));
    check_visited(&seen, 3, 2);
    ntk_context_destroy(context);
}
END_TEST

static void lane_that_forks(void *argument, int64_t index)
{
    if (index == 0) ck_assert_int_eq(run_in_child(argument, 1), 0);
}

START_TEST(fork_inside_a_call)
{
    ntk_context *context = counted_context();
    for (int i = 0; i < 20; i++) ck_assert(ntk_pool_run(context, 3, lane_that_forks, NULL, context));
    ntk_context_destroy(context);
}
END_TEST

/* A worker that goes on until the caller, who has nothing left to do, is asked. */
typedef struct waiting_room {
    pthread_t caller;
    atomic_bool asked, elsewhere;
} waiting_room;

static void be_asked(void *argument)
{
    waiting_room *room = argument;
    if (!pthread_equal(room->caller, pthread_self())) atomic_store(&room->elsewhere, true);
    atomic_store(&room->asked, true);
}

static void wait_to_be_asked(void *argument, int64_t index)
{
    waiting_room *room = argument;
    while (index > 0 && !atomic_load(&room->asked)) sched_yield();
}

START_TEST(waiting_caller_is_asked)
{
    ntk_context *context = test_context(3, NULL);
    waiting_room room = {.caller = pthread_self()};
    ck_assert(ntk_pool_run(context, 3, wait_to_be_asked, be_asked, &room));
    ck_assert(atomic_load(&room.asked) && !atomic_load(&room.elsewhere));
    ntk_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pool");
    TCase *tests = test_case(suite, "pool");
    tcase_add_test(tests, every_lane_runs_once);
    tcase_add_test(tests, one_thread_has_no_pool);
    tcase_add_test(tests, workers_block_every_signal);
    tcase_add_test(tests, second_caller_is_sent_away);
    tcase_add_test(tests, refused_memory_means_no_pool);
    if (!TEST_THREAD_SANITIZER) {
        tcase_add_test(tests, forked_child_gets_its_own);
        if (!TEST_ADDRESS_SANITIZER) tcase_add_test(tests, fork_inside_a_call);
    }
    tcase_add_test(tests, waiting_caller_is_asked);
    return test_run(suite);
}
