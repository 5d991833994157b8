/* Positive semidefinite matrices of a few rows, whose rows may depend on each other. */
#ifndef NTK_RIDGE_ITERATIVE_DEPENDENT_H
#define NTK_RIDGE_ITERATIVE_DEPENDENT_H

#include "core/parallel.h"

/* G of size rows, scaled to a diagonal of ones and factored with pivots: what depends on rows before it, to a squared sine of at most
 * least, is left out.
 * G       size x size, rows ld apart; receives the factor in its lower triangle
 * scales, order  size numbers each: one over the root of the diagonal, 0 where that is not positive; and which row each of the
 *         factor's first rank rows is of */
typedef struct ntk_dependent {
    double *G, *scales;
    int64_t *order;
    int64_t size, ld, rank;
} ntk_dependent;

/* These count no units. */
ntk_status ntk_dependent_factor(ntk_dependent *f, double least, const ntk_lane *lane);

/* b = G^-1 b, size x cols, rows ldb apart, in the rows that are left; 0 in those left out.  room  size numbers */
ntk_status ntk_dependent_solve(const ntk_dependent *f, double *b, int64_t ldb, int64_t cols, double *room,
                               const ntk_lane *lane);

/* C (size x rank, contiguous) with C^T G C = I. */
ntk_status ntk_dependent_basis(const ntk_dependent *f, double *C, const ntk_lane *lane);

#endif
