/* Samples so nearly parallel that their inner product no longer tells their angle. */
#ifndef NTK_KERNEL_NEAR_H
#define NTK_KERNEL_NEAR_H

#include "kernel/infinite.h"

/* The angle between (x_i, e) 2^s_i and (x_j, e) 2^s_j, where x_i 2^s_i is what is given; relatively exact (3e-16) however
 * near to 0 or pi, as long as the samples' difference or sum is.
 * e = b / c, the bias over the weights' scale, as in the constants k */
ntk_angle ntk_near_angle(const ntk_infinite_constants *k, int32_t dtype, const void *x_i, int32_t shift_i, const void *x_j,
                         int32_t shift_j, int64_t d);

/* The angle between row i of some samples and row j of others, whose cosine an inner product gives as rho: exact where that no longer
 * tells it. */
ntk_angle ntk_angle_between(const ntk_infinite_constants *k, const ntk_samples *rows, int64_t i, const ntk_samples *cols,
                            int64_t j, double rho);

/* The same by <x, x'> itself, of samples whose factors w and z are kept. */
ntk_angle ntk_angle_by_product(const ntk_infinite_constants *k, const ntk_samples *rows, int64_t i, const ntk_samples *cols,
                               int64_t j, double product);

/* K of two samples whose angle is known.  The result is that of p and q as they stand: times 2^exponents for SLOPES is left to
 * the caller, and so is the constant. */
double ntk_near_entry(const ntk_infinite *kernel, const ntk_infinite_constants *k, const ntk_infinite_factors *i,
                      const ntk_infinite_factors *j, const ntk_angle *angle);

/* kappa and q12 kdot of a smooth activation, of two samples' p and q. */
ntk_pair ntk_smooth_pair(const ntk_activation *activation, const ntk_infinite_factors *i, const ntk_infinite_factors *j,
                         const ntk_angle *angle);

/* The length s of what a smooth activation sees, by its p and q. */
double ntk_smooth_length(const ntk_activation *activation, const ntk_infinite_factors *factors);

/* g_c += amounts[c] e of the first d elements of e, the unit vector along what (x_j, e) has across (x_i, e): of targets rows of g,
 * d apart, in dtype.  Parallel samples add nothing. */
void ntk_near_add_across(const ntk_infinite_constants *k, int32_t dtype, const void *x_i, int32_t shift_i, const void *x_j,
                         int32_t shift_j, int64_t d, void *g, const double *amounts, int64_t targets);

#endif
