/* Partial Cholesky factorizations of kernel matrices, K ~ F F^T, from a few of their columns. */
#ifndef NTK_RIDGE_ITERATIVE_PIVOTS_H
#define NTK_RIDGE_ITERATIVE_PIVOTS_H

#include "kernel/samples.h"
#include "ridge/tall.h"

/* F, n x rank, rows rank apart, of the kernel of samples with themselves.
 * rank      as wanted; receives how many columns there are, fewer where no more are independent to working precision: those of F
 * rest      n numbers: receives the diagonal of K - F F^T, none negative
 * uniform   pivots are drawn uniformly, and not in proportion to rest (math: Epperly, Tropp and Webber 2024, algorithms 2.2 and 2.3,
 *           by which blocks of pivots have the law of single ones) */
typedef struct ntk_pivots {
    const ntk_samples *samples;
    double *F, *rest;
    int64_t rank;
    bool uniform;
    uint64_t seed;
    const char *function;
} ntk_pivots;

/* As stages that are all the room of the lane's work. */
ntk_status ntk_pivots_factor(ntk_pivots *pivots, const ntk_lane *lane);

/* Adds the bytes that it may hold, F and rest apart, to a need. */
ntk_status ntk_pivots_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t n, int64_t d,
                             int64_t rank, int32_t dtype);

#endif
