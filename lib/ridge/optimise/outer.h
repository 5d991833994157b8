/* Symmetric matrices as products of matrices with themselves, in tiles. */
#ifndef NTK_RIDGE_OPTIMISE_OUTER_H
#define NTK_RIDGE_OPTIMISE_OUTER_H

#include "core/parallel.h"

/* out = factor U U^T + share E F^T, n x n, whole, in double precision.
 * U      n x n, rows ldu apart; upper: what lies below the tiles of its diagonal counts as 0, and is not read
 * E, F   n x columns, whose product is symmetric; columns may be 0
 * out    rows ld apart; not U */
typedef struct ntk_outer {
    int64_t n;
    const double *U;
    int64_t ldu;
    bool upper;
    const double *E, *F;
    int64_t columns;
    double factor, share;
    double *out;
    int64_t ld;
} ntk_outer;

/* As a stage of the lane's work. */
ntk_status ntk_outer_product(const ntk_outer *outer, const ntk_lane *lane, double begin, double end);

#endif
