#include "timing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEAST_ROUNDS = 3, MOST_ROUNDS = 2000 };
static const double LEAST_SECONDS = 1.0 / 3;

double bench_clock(void)
{
    struct timespec clock;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    return (double)clock.tv_sec + 1e-9 * (double)clock.tv_nsec;
}

static double time_once(const bench_runner *runner)
{
    if (runner->prepare) runner->prepare(runner->argument);
    double start = bench_clock();
    runner->run(runner->argument);
    double seconds = bench_clock() - start;
    if (runner->finish) runner->finish(runner->argument);
    return seconds;
}

void bench_race(bench_runner *runners, int count)
{
    for (int i = 0; i < count; i++) {
        time_once(&runners[i]);
        runners[i].seconds = INFINITY;
    }
    double start = bench_clock();
    for (int round = 0; round < MOST_ROUNDS && (round < LEAST_ROUNDS || bench_clock() - start < LEAST_SECONDS); round++)
        for (int i = 0; i < count; i++) runners[i].seconds = fmin(runners[i].seconds, time_once(&runners[i]));
}

/* The processor's name as Linux tells it. */
static void print_machine(void)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        line[strcspn(line, "\n")] = '\0';
        printf("# %s", colon + 1 + strspn(colon + 1, " "));
        fclose(file);
        return;
    }
    if (file) fclose(file);
    printf("# unknown processor");
}

void bench_header(const ntk_context *context)
{
    char text[2048];
    bench_check(ntk_context_describe(context, text, sizeof text));
    print_machine();
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) printf("; %s", line);
    printf("\n# %-26s %7s %5s %6s %5s %12s %6s  %s\n", "name", "n", "d", "N", "dtype", "seconds", "ratio", "limit");
    fflush(stdout);
}

static void print_size(int width, int64_t size)
{
    if (size > 0)
        printf(" %*lld", width, (long long)size);
    else
        printf(" %*s", width, "-");
}

void bench_row(const char *name, bench_sizes sizes, int32_t dtype, double seconds, double limit, const char *limit_name)
{
    printf("%-28s", name);
    print_size(7, sizes.n);
    print_size(5, sizes.d);
    print_size(6, sizes.N);
    printf(" %5s %12.7f %6.2f  %s\n", dtype == NTK_F64 ? "f64" : "f32", seconds, seconds / limit, limit_name);
    fflush(stdout);
}

void bench_check(ntk_status status)
{
    if (status >= 0) return;
    fprintf(stderr, "%s: %s\n", ntk_status_name(status), ntk_error_message());
    exit(EXIT_FAILURE);
}
