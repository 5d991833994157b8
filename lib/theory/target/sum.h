/* Sums of activations of projections. */
#ifndef NTK_THEORY_TARGET_SUM_H
#define NTK_THEORY_TARGET_SUM_H

#include "activation/activation.h"
#include "theory/target/target.h"

/* f(x) = sum_m coefficients[m] sigma_m(lengths[m] <directions_m, x>)
 * activations  count of them, retained
 * directions   count x inputs, unit vectors, or zero with a length of 0 */
typedef struct ntk_sum_target {
    ntk_target base;
    int64_t count;
    const ntk_activation **activations;
    double *directions, *lengths, *coefficients;
} ntk_sum_target;

/* One of count terms of d inputs, whose activations, coefficients and, in directions, weights are yet to be written: activations are
 * NULL.  Then ntk_sum_target_complete takes the weights' lengths apart.
 * NTK_ERR_OVERFLOW  a weight's length is too large to be represented */
ntk_status ntk_sum_target_create(ntk_context *context, ntk_sum_target **target, int64_t count, int64_t d);
ntk_status ntk_sum_target_complete(ntk_sum_target *target, const char *function);

/* Its degrees (sum_degrees.c). */
ntk_status ntk_sum_energies(const ntk_degree_call *call, double *energies, int64_t degrees, double *total);
ntk_status ntk_sum_project(const ntk_degree_call *call, double *values, double *errors, const double *x, int64_t n,
                           int64_t degree);

/* y[i] = the sum over terms m of what add adds to y for z = scale <direction_m, x_i>, count samples at a time.
 * room  of two rows of samples, for add */
typedef struct ntk_sum_lines ntk_sum_lines;
struct ntk_sum_lines {
    const ntk_sum_target *target;
    double scale, *y;
    const double *x;
    int64_t n;
    void (*add)(const ntk_sum_lines *lines, ntk_isa isa, int64_t term, double *z, double *y, double *room, int64_t count);
    const void *argument;
};

/* Counts units, the samples, if asked to. */
ntk_status ntk_sum_lines_run(const ntk_sum_lines *lines, const ntk_lane *lane, bool counts);
ntk_status ntk_sum_lines_memory(const ntk_context *context, uint64_t *bytes, int64_t n);

#endif
