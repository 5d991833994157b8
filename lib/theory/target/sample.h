/* Degrees of a function from samples of it. */
#ifndef NTK_THEORY_TARGET_SAMPLE_H
#define NTK_THEORY_TARGET_SAMPLE_H

#include "theory/target/target.h"

/* x  n x d, contiguous;  y  n */
typedef struct ntk_function_sample {
    int32_t law;
    int64_t n, d;
    const double *x, *y;
} ntk_function_sample;

/* ntk_sample_energies and ntk_sample_projection as stages, from begin on, of the lane's work.
 * energies  value and error of each degree;  total  NULL, or those of E y^2 */
ntk_status ntk_function_sample_energies(const ntk_function_sample *sample, const ntk_lane *lane, double begin, double *energies,
                                        int64_t degrees, double *total, const char *function);
ntk_status ntk_function_sample_project(const ntk_function_sample *sample, const ntk_lane *lane, double begin, double *values,
                                       double *errors, const double *at, int64_t count, int64_t degree, const char *function);

/* ntk_target_operations of targets without a formula: samples are drawn. */
ntk_status ntk_drawn_energies(const ntk_degree_call *call, double *energies, int64_t degrees, double *total);
ntk_status ntk_drawn_project(const ntk_degree_call *call, double *values, double *errors, const double *x, int64_t n,
                             int64_t degree);

#endif
