/* Regression data sets with fixed splits into training and test rows. */
#ifndef BENCH_SPLIT_H
#define BENCH_SPLIT_H

#include <stdint.h>

/* Training and test rows.  Inputs and targets are standardised by the training rows' mean and deviation; an input that does not vary
 * is 0.
 * x  n x d   y  n   x_test  m x d   y_test  m
 * y_scale  the deviation by which targets were divided */
typedef struct bench_split {
    int64_t n, m, d;
    double *x, *y, *x_test, *y_test;
    double y_scale;
} bench_split;

/* Reads folder/data.csv.gz, whose last column is the target, and takes column split, from 0, of folder/test_mask.csv.gz: 1 for a test
 * row, 0 for a training row.  folder "-": 80 and 20 random rows of 5 inputs.  Ends the program where that cannot be had. */
bench_split bench_split_read(const char *folder, int64_t split);

void bench_split_free(bench_split *s);

#endif
