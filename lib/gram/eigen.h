/* Kernel matrices by their eigenvectors, in double precision. */
#ifndef NTK_GRAM_EIGEN_H
#define NTK_GRAM_EIGEN_H

#include "core/blas.h"
#include "gram/storage.h"

/* K = V^T diag(values) V, row k of V an eigenvector; values ascend and none is negative. */
typedef struct ntk_eigen {
    double *vectors, *values;
    int64_t ld;
} ntk_eigen;

/* Of K, FULL, whose memory it takes where that will do: K holds its elements no more.  The second counts one unit, and can't be stopped
 * while LAPACK is at work.  After a failure, too, the caller closes. */
ntk_status ntk_eigen_take(ntk_context *context, ntk_eigen *eigen, ntk_symmetric *K);
ntk_status ntk_eigen_decompose(ntk_eigen *eigen, int64_t n, const ntk_lane *lane);
void ntk_eigen_close(ntk_context *context, ntk_eigen *eigen);

/* Adds the bytes that LAPACK may hold to a need. */
ntk_status ntk_eigen_memory(uint64_t *bytes, int64_t n);

/* out = V in (NTK_PLAIN: a row of in is a sample), or V^T in, both n x columns and contiguous.  They count no units. */
ntk_status ntk_eigen_multiply(const ntk_eigen *eigen, int64_t n, const ntk_lane *lane, ntk_transpose transpose, double *out,
                              const double *in, int64_t columns);

#endif
