#define _POSIX_C_SOURCE 200809L

#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const double INTERVAL = 0.1;

void progress_begin(progress_line *line)
{
    line->visible = isatty(STDERR_FILENO);
    line->shown = -1;
    line->what[0] = '\0';
}

void progress_part(progress_line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->what, sizeof line->what, format, arguments);
    va_end(arguments);
}

int progress_report(void *user, const char *stage, double fraction)
{
    progress_line *line = user;
    struct timespec clock;
    if (!line->visible) return 0;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    double now = (double)clock.tv_sec + 1e-9 * (double)clock.tv_nsec;
    if (line->shown >= 0 && now < line->shown + INTERVAL) return 0;
    line->shown = now;
    fprintf(stderr, "\r\033[K%s: %s %.0f %%", line->what, stage, 100 * fraction);
    fflush(stderr);
    return 0;
}

void progress_end(progress_line *line)
{
    if (line->shown >= 0) fputs("\r\033[K", stderr);
    line->shown = -1;
}
