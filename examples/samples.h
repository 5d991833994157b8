/* Samples of a table: inputs, a target, and their order. */
#ifndef EXAMPLES_SAMPLES_H
#define EXAMPLES_SAMPLES_H

#include "csv.h"

/* Takes the target's column out of the table.   x  rows x (cols - 1)   y  rows */
void samples_split(const csv_table *table, int64_t target, double *x, double *y);

/* order becomes a permutation of 0 .. n - 1 that the seed chooses. */
void samples_shuffle(int64_t *order, int64_t n, uint64_t seed);

/* Brings n values to mean 0 and deviation 1, each stride behind the last; those that differ by rounding alone become 0. */
void samples_standardise(double *values, int64_t n, int64_t stride);

#endif
