/* Tall matrices in double precision: n rows of few numbers.  No result depends on the number of threads. */
#ifndef NTK_RIDGE_TALL_H
#define NTK_RIDGE_TALL_H

#include "core/parallel.h"

/* Rows are contiguous, ld apart. */
typedef struct ntk_tall {
    double *data;
    int64_t ld, cols;
} ntk_tall;

static inline ntk_tall ntk_tall_of(double *data, int64_t cols)
{
    return (ntk_tall){.data = data, .ld = cols, .cols = cols};
}

/* out (X.cols x Y.cols, rows ldo apart) = X^T Y, or with lower, where Y is X, its lower triangle.  These count no units. */
ntk_status ntk_tall_inner(const ntk_lane *lane, int64_t n, double *out, int64_t ldo, ntk_tall X, ntk_tall Y, bool lower);

/* Y = beta Y + alpha X C.   C  X.cols x Y.cols, rows ldc apart */
ntk_status ntk_tall_multiply(const ntk_lane *lane, int64_t n, ntk_tall Y, double beta, double alpha, ntk_tall X,
                             const double *C, int64_t ldc);

/* out[c] = |column c of X|. */
void ntk_tall_norms(double *out, int64_t n, ntk_tall X);

#endif
