/* A line on the terminal that tells how far the work is. */
#ifndef EXAMPLES_PROGRESS_H
#define EXAMPLES_PROGRESS_H

#include <stdbool.h>

typedef struct progress_line {
    bool visible;  /* stderr is a terminal */
    double shown;  /* when the line was last written, in seconds; negative if there is none */
    char what[96]; /* the part of the work, such as "fold 3 of 10" */
} progress_line;

void progress_begin(progress_line *line);

/* Names the part of the work that comes next. */
void progress_part(progress_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For ntk_context_options: progress = progress_report, progress_user = &line. */
int progress_report(void *user, const char *stage, double fraction);

/* Takes the line away, so that other output can follow. */
void progress_end(progress_line *line);

#endif
