/* Clock, contest and table: a figure counts only beside a limit that was measured in the same run. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <ntk/ntk.h>

/* Seconds since some moment. */
double bench_clock(void);

/* Something that is timed.
 * prepare, finish  before and after each run, not timed; may be NULL
 * seconds          the best run, once bench_race has returned */
typedef struct bench_runner {
    void (*prepare)(void *argument);
    void (*run)(void *argument);
    void (*finish)(void *argument);
    void *argument;
    double seconds;
} bench_runner;

/* Runs each once to warm up, then all in turn, at least three times and for at least a third of a second, so that a machine
 * that slows down slows every one of them. */
void bench_race(bench_runner *runners, int count);

/* The sizes of a case; 0: it has none of that kind. */
typedef struct bench_sizes {
    int64_t n, d, N;
} bench_sizes;

/* Prints what the figures depend on (machine, instruction set in use, BLAS and its threading), then the columns' names. */
void bench_header(const ntk_context *context);

/* Prints one case: its time, and its ratio to a limit. */
void bench_row(const char *name, bench_sizes sizes, int32_t dtype, double seconds, double limit, const char *limit_name);

/* Ends the program with the library's sentence, unless status is a success. */
void bench_check(ntk_status status);

#endif
