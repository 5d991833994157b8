/* Executors that a host might inject, good and bad.  Each has the type of ntk_context_options.parallel. */
#ifndef TEST_EXECUTOR_H
#define TEST_EXECUTOR_H

#include <stdatomic.h>
#include <stdint.h>

/* calls  how often it was asked
 * tasks  how many it ran */
typedef struct test_executor {
    _Atomic int64_t calls, tasks;
} test_executor;

/* A thread for every task; the calling thread only waits. */
int test_executor_threads(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument);

/* On the calling thread, the last task first. */
int test_executor_reversed(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument);

/* Runs nothing and says so. */
int test_executor_refusing(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument);

/* Runs nothing and claims success. */
int test_executor_idle(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument);

/* Runs everything and claims failure. */
int test_executor_failing_late(void *executor, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument);

#endif
