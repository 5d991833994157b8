/* Tables of numbers from CSV files. */
#ifndef EXAMPLES_CSV_H
#define EXAMPLES_CSV_H

#include "file.h"

#include <stdint.h>

typedef struct csv_table {
    int64_t rows, cols;
    double *values; /* rows x cols, row-major */
    char **names;   /* of the columns; NULL if the file has no header */
} csv_table;

/* Reads a table, gzipped or not.  Fields are separated by tabs, semicolons or commas, the first of these that stands in the
 * first line, and may be quoted; empty lines are skipped.  The first line is a header if none of its fields is a number.
 * Numbers are written as in the C locale, and finite.
 * 0, or -1 with an empty table and a sentence in message (FILE_MESSAGE_SIZE bytes): file, line, character, column and text. */
int csv_read(csv_table *table, const char *path, char *message);

/* The index of the column with this name, or with this number, counted from 1; -1 if there is none. */
int64_t csv_column(const csv_table *table, const char *name);

void csv_free(csv_table *table);

#endif
