/* Solving with a factor of less precision than the solution's. */
#ifndef NTK_RIDGE_REFINE_H
#define NTK_RIDGE_REFINE_H

#include "ridge/ridge.h"

/* z = (K + lambda I)^-1 b from a factor in single precision, to double precision.   b, z  n x columns, contiguous; z may not be b.
 * K is never held: its products come from the system's samples.  Refinement, as long as it halves the residual; then conjugate
 * gradients with the same factor (math: Higham 2002, chapter 12; Carson and Higham 2018).
 * report    gives lambda and tolerance, and receives refinements and residual
 * NTK_ERR_SINGULAR  they do not converge */
ntk_status ntk_refined_solve(const ntk_ridge_system *system, ntk_ridge_report *report, const ntk_lane *lane, ntk_share share,
                             const double *b, double *z, int64_t columns, const char *function);

/* Adds the bytes that it may hold to a need. */
ntk_status ntk_refine_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                             int64_t columns);

#endif
