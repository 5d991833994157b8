#include "executor.h"

#include <pthread.h>
#include <stddef.h>

enum { MOST = 64 };

typedef struct one_task {
    void (*task)(void *argument, int64_t index);
    void *argument;
    int64_t index;
} one_task;

static void *run_task(void *argument)
{
    const one_task *one = argument;
    one->task(one->argument, one->index);
    return NULL;
}

static void count(void *user, int64_t tasks)
{
    test_executor *executor = user;
    if (!executor) return;
    atomic_fetch_add(&executor->calls, 1);
    atomic_fetch_add(&executor->tasks, tasks);
}

int test_executor_threads(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    pthread_t threads[MOST];
    one_task each[MOST];
    int64_t started = 0;
    count(executor, tasks);
    if (tasks > MOST) return 1;
    for (; started < tasks; started++) {
        each[started] = (one_task){task, argument, started};
        if (pthread_create(&threads[started], NULL, run_task, &each[started])) break;
    }
    for (int64_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    return started < tasks;
}

int test_executor_reversed(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    count(executor, tasks);
    for (int64_t i = tasks - 1; i >= 0; i--) task(argument, i);
    return 0;
}

int test_executor_refusing(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    (void)tasks;
    (void)task;
    (void)argument;
    count(executor, 0);
    return 1;
}

int test_executor_idle(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    (void)tasks;
    (void)task;
    (void)argument;
    count(executor, 0);
    return 0;
}

int test_executor_failing_late(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    test_executor_reversed(executor, tasks, task, argument);
    return 1;
}
