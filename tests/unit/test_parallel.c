/* One call's tasks: each once, the first failure's sentence, progress and cancellation, on the pool and on a host's executor.
 */
#include "core/blas.h"
#include "core/context.h"
#include "core/parallel.h"
#include "core/pool.h"
#include "core/status.h"
#include "executor.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TASKS = 200 };

typedef struct tally {
    _Atomic int64_t runs[TASKS];
    atomic_int busy[TASKS]; /* by lane */
    int64_t fail_at;
    ntk_work *work;
    _Atomic int64_t wrong;
} tally;

/* A lane may not be in two tasks at once: it owns scratch memory. */
static ntk_status count_task(void *argument, int64_t index, const ntk_lane *lane)
{
    tally *t = argument;
    atomic_fetch_add(&t->runs[index], 1);
    if (lane->index < 0 || lane->index >= ntk_lanes(lane->work->context) || lane->work != t->work)
        atomic_fetch_add(&t->wrong, 1);
    if (atomic_exchange(&t->busy[lane->index], 1)) atomic_fetch_add(&t->wrong, 1);
    ntk_status status = t->fail_at == index ? ntk_fail(NTK_ERR_VALUE, "task %d failed", (int)index) : ntk_advance(lane, 1);
    atomic_store(&t->busy[lane->index], 0);
    return status;
}

static void check_all_once(const tally *t, int64_t tasks)
{
    for (int64_t i = 0; i < TASKS; i++) ck_assert_int_eq(t->runs[i], i < tasks);
    ck_assert_int_eq(t->wrong, 0);
}

static void run_tasks(ntk_context *context, int64_t tasks)
{
    ntk_work work;
    tally t = {.fail_at = -1, .work = &work}, with_blas = t;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "counting", tasks, 0, 1);
    CHECK_OK(ntk_run(&lane, tasks, count_task, &t));
    check_all_once(&t, tasks);
    CHECK_OK(ntk_run_blas(&lane, tasks, count_task, &with_blas));
    check_all_once(&with_blas, tasks);
}

static const int32_t thread_counts[] = {1, 2, 7};
static const int64_t task_counts[] = {0, 1, 2, 3, 8, 63, TASKS};

START_TEST(every_task_runs_once_on_the_pool)
{
    for (size_t i = 0; i < 3; i++) {
        ntk_context *context = test_context(thread_counts[i], NULL);
        ck_assert_int_eq(ntk_lanes(context), thread_counts[i]);
        ck_assert_int_eq(ntk_lanes_expected(context, 100), ntk_blas_is_threaded() ? 1 : thread_counts[i]);
        ck_assert_int_eq(ntk_lanes_expected(context, 1), 1);
        for (size_t j = 0; j < sizeof task_counts / sizeof task_counts[0]; j++) run_tasks(context, task_counts[j]);
        ntk_context_destroy(context);
    }
}
END_TEST

static int go_on(void *user, const char *stage, double fraction)
{
    (void)user;
    (void)stage;
    return !(fraction >= 0 && fraction <= 1);
}

static ntk_context *executor_context(test_executor *executor,
                                     int (*parallel)(void *, int64_t, void (*)(void *, int64_t), void *),
                                     int (*progress)(void *, const char *, double), void *progress_user)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context;
    options.threads = 4;
    options.parallel = parallel;
    options.parallel_user = executor;
    options.progress = progress;
    options.progress_user = progress_user;
    CHECK_OK(ntk_context_create(&context, &options));
    return context;
}

START_TEST(every_task_runs_once_on_executors)
{
    for (int progress = 0; progress < 2; progress++) {
        test_executor executor = {0};
        ntk_context *threads = executor_context(&executor, test_executor_threads, progress ? go_on : NULL, NULL),
                    *reversed = executor_context(&executor, test_executor_reversed, progress ? go_on : NULL, NULL);
        for (size_t j = 0; j < sizeof task_counts / sizeof task_counts[0]; j++) {
            run_tasks(threads, task_counts[j]);
            run_tasks(reversed, task_counts[j]);
        }
        ck_assert_int_gt(executor.calls, 0);
        ck_assert_int_eq(ntk_pool_threads(threads), 0);
        ntk_context_destroy(threads);
        ntk_context_destroy(reversed);
    }
}
END_TEST

START_TEST(failure_carries_its_sentence)
{
    for (size_t i = 0; i < 3; i++) {
        ntk_context *context = test_context(thread_counts[i], NULL);
        for (int64_t bad = 0; bad < TASKS; bad += 37) {
            ntk_work work;
            tally t = {.fail_at = bad, .work = &work};
            char expected[40];
            ntk_lane lane = ntk_work_begin(&work, context);
            CHECK_STATUS(ntk_run(&lane, TASKS, count_task, &t), NTK_ERR_VALUE);
            snprintf(expected, sizeof expected, "task %d failed", (int)bad);
            ck_assert_str_eq(ntk_error_message(), expected);
            int64_t started = 0;
            for (int64_t j = 0; j < TASKS; j++) started += t.runs[j];
            ck_assert_int_ge(started, bad + 1);
            if (thread_counts[i] == 1) ck_assert_int_eq(started, bad + 1);
        }
        ntk_context_destroy(context);
    }
}
END_TEST

static ntk_status nested_count(void *argument, int64_t index, const ntk_lane *lane)
{
    tally *t = argument;
    if (lane->index != (int32_t)t->fail_at) atomic_fetch_add(&t->wrong, 1);
    atomic_fetch_add(&t->runs[index], 1);
    return index == 19 ? ntk_fail(NTK_ERR_SHAPE, "nested") : NTK_OK;
}

/* The inner region runs in order on the lane of the outer task, and its failure is the task's. */
static ntk_status nested_task(void *argument, int64_t index, const ntk_lane *lane)
{
    tally inner = {.fail_at = lane->index};
    ntk_status status = ntk_run(lane, 20 - index % 2, nested_count, &inner);
    ck_assert_int_eq(inner.wrong, 0);
    for (int64_t i = 0; i < 20 - index % 2; i++) ck_assert_int_eq(inner.runs[i], 1);
    ck_assert_int_eq(status, index % 2 ? NTK_OK : NTK_ERR_SHAPE);
    return argument ? status : NTK_OK;
}

START_TEST(nested_region_stays_on_its_lane)
{
    ntk_work work;
    ntk_context *context = test_context(4, NULL);
    ntk_lane lane = ntk_work_begin(&work, context);
    CHECK_OK(ntk_run(&lane, 50, nested_task, NULL));
    CHECK_STATUS(ntk_run(&lane, 50, nested_task, &work), NTK_ERR_SHAPE);
    ck_assert_str_eq(ntk_error_message(), "nested");
    ntk_context_destroy(context);
}
END_TEST

START_TEST(executor_that_cannot_is_reported)
{
    test_executor executor = {0};
    ntk_context *refusing = executor_context(&executor, test_executor_refusing, NULL, NULL),
                *idle = executor_context(&executor, test_executor_idle, NULL, NULL),
                *lying = executor_context(&executor, test_executor_failing_late, NULL, NULL);
    ntk_context *const contexts[] = {refusing, idle, lying};
    for (int i = 0; i < 3; i++) {
        ntk_work work;
        tally t = {.fail_at = -1, .work = &work};
        ntk_lane lane = ntk_work_begin(&work, contexts[i]);
        CHECK_STATUS(ntk_run(&lane, 10, count_task, &t), NTK_ERR_CALLBACK);
        CHECK_MESSAGE("executor");
        ntk_context_destroy(contexts[i]);
    }
}
END_TEST

typedef struct watcher {
    pthread_t caller;
    int64_t calls, stop_at;
    double last;
    bool wrong;
} watcher;

static int watch(void *user, const char *stage, double fraction)
{
    watcher *w = user;
    if (!pthread_equal(w->caller, pthread_self()) || !(fraction >= w->last && fraction <= 1) || strcmp(stage, "counting") != 0)
        w->wrong = true;
    w->last = fraction;
    return ++w->calls == w->stop_at;
}

static ntk_status watched_run(watcher *w, int parallel_kind, int64_t stop_at)
{
    test_executor executor = {0};
    ntk_work work;
    *w = (watcher){.caller = pthread_self(), .stop_at = stop_at, .last = 0.25};
    ntk_context *context = executor_context(&executor, parallel_kind ? test_executor_threads : NULL, watch, w);
    tally t = {.fail_at = -1, .work = &work};
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "counting", TASKS, 0.25, 0.75);
    ntk_status status = ntk_run(&lane, TASKS, count_task, &t);
    ck_assert(!w->wrong);
    ntk_context_destroy(context);
    return status;
}

START_TEST(progress_is_on_the_caller_and_can_stop)
{
    for (int kind = 0; kind < 2; kind++) {
        watcher w;
        CHECK_OK(watched_run(&w, kind, 0));
        ck_assert_int_gt(w.calls, 0);
        ck_assert_double_eq(w.last, 0.75);
        /* how many calls there are depends on who ran which task, but there is always a first */
        CHECK_STATUS(watched_run(&w, kind, 1), NTK_ERR_CANCELLED);
        CHECK_MESSAGE("the progress callback asked to stop (stage \"counting\")");
        ck_assert_int_eq(w.calls, 1);
    }
}
END_TEST

/* Stages of parts of parts, each from 0 to 1: progress never goes back, by rounding neither, and ends at 1. */
START_TEST(progress_within_shares)
{
    enum { PARTS = 7, INNER = 3 };
    ntk_work work;
    watcher w = {.caller = pthread_self()};
    test_executor executor = {0};
    ntk_context *context = executor_context(&executor, NULL, watch, &w);
    ntk_lane lane = ntk_work_begin(&work, context);
    for (int part = 0; part < PARTS; part++) {
        ntk_share whole = ntk_work_narrow(&work, part / (double)PARTS, (part + 1) / (double)PARTS);
        for (int inner = 0; inner < INNER; inner++) {
            ntk_share room = ntk_work_narrow(&work, inner / (double)INNER, (inner + 1) / (double)INNER);
            double begin = w.last;
            ntk_work_stage(&work, "counting", 10, 0, 1);
            for (int unit = 0; unit < 12; unit++) CHECK_OK(ntk_advance(&lane, 1)); /* more than were promised */
            ck_assert_msg(fabs(w.last - begin - 1.0 / PARTS / INNER) < 1e-12, "%g after %g", w.last, begin);
            ntk_work_widen(&work, room);
        }
        ntk_work_widen(&work, whole);
    }
    ck_assert(!w.wrong && w.last == 1);
    ntk_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parallel");
    TCase *tests = test_case(suite, "parallel");
    tcase_add_test(tests, every_task_runs_once_on_the_pool);
    tcase_add_test(tests, every_task_runs_once_on_executors);
    tcase_add_test(tests, failure_carries_its_sentence);
    tcase_add_test(tests, nested_region_stays_on_its_lane);
    tcase_add_test(tests, executor_that_cannot_is_reported);
    tcase_add_test(tests, progress_is_on_the_caller_and_can_stop);
    tcase_add_test(tests, progress_within_shares);
    return test_run(suite);
}
