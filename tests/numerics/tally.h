/* What is counted: errors and the bounds that an analysis allows them, in unit roundoffs (2^-53, 2^-24) of a size. */
#ifndef NTK_TESTS_TALLY_H
#define NTK_TESTS_TALLY_H

#include "oracle.h"

/* held  no error was larger than its own bound
 * error, bound  the largest of each */
typedef struct tally {
    int32_t dtype;
    bool held;
    long double error, bound;
} tally;

/* Of f64 and of f32. */
typedef struct tallies {
    tally of[2];
} tallies;

enum { PRECISIONS = 2 };

tallies tally_begin(void);

/* got against a value with its bound; size is what both are relative to. */
void tally_count(tally *t, double got, oracle_value want, long double size);

/* A row of the table.  What was not held fails the test at its end. */
void tally_print(const char *quantity, const char *relative_to, const tallies *t);

/* Samples that are the same in both precisions. */
typedef struct data {
    int64_t n, d;
    double *x;
    test_array in; /* in one of them */
} data;

data data_draw(int64_t n, int64_t d, int32_t dtype, uint64_t seed);
void data_free(data *d);

/* Each prints its rows. */
void measure_activations(ntk_context *context);
void measure_kernels(ntk_context *context);
void measure_composites(ntk_context *context);
void measure_matrices(ntk_context *context);
void measure_networks(ntk_context *context);
void measure_deep_networks(ntk_context *context);
void measure_monte_carlo(ntk_context *context);
void measure_ridge(ntk_context *context);
void measure_flow(ntk_context *context);
void measure_model(ntk_context *context);
void measure_neuron(void);
void measure_theory(ntk_context *context);
void measure_spectrum(ntk_context *context);

#endif
