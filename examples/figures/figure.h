/* What the programs of the lecture's figures share: their command line, NAME [--quick] CSV, their table, and progress. */
#ifndef EXAMPLES_FIGURE_H
#define EXAMPLES_FIGURE_H

#include "../progress.h"

#include <ntk/ntk.h>
#include <stdio.h>

/* context  reports to the line on the terminal
 * quick    non-zero: the same picture at smaller sizes, in a second or two
 * data     the operand before CSV of those programs that take one */
typedef struct figure {
    ntk_context *context;
    int quick;
    const char *data;
    FILE *table;
    progress_line progress;
} figure;

/* Reads the command line, of one operand (CSV) or of two (data and CSV), opens the table and makes the context.  Ends the program with
 * its help where that was asked for or is needed. */
void figure_begin(figure *f, const char *name, int operands, const char *help, int argc, char **argv);

/* Closes the table, and gives the context back. */
void figure_end(figure *f);

/* Ends the program with the library's sentence, unless status is a success. */
void figure_check(figure *f, ntk_status status);

/* Ends it with a sentence of its own. */
_Noreturn void figure_fail(figure *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Memory for so many numbers, all 0, for free(); ends the program where that cannot be had. */
double *figure_room(figure *f, int64_t count);

/* Names the part of the work that comes next. */
void figure_part(figure *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A sentence for the reader: on stdout, and as a comment in the table. */
void figure_note(figure *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The table's names of columns, once, and its rows, without the ends of lines. */
void figure_columns(figure *f, const char *names);
void figure_row(figure *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The mean, and in *error its standard error, NaN of a single value. */
double figure_mean(const double *values, int64_t count, double *error);

#endif
