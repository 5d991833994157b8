/* Least squares by orthogonal triangularization, batch after batch, for features too ill-conditioned for normal equations. */
#ifndef NTK_RIDGE_PRIMAL_TRIANGLE_H
#define NTK_RIDGE_PRIMAL_TRIANGLE_H

#include "ridge/primal/normal.h"

/* The factor R of [sqrt(lambda) I; Phi], that is R^T = L, grows by [R; batch] = Q R' (Golub and Van Loan 2013, section 5.2; LAPACK's
 * tpqrt), and Q^T y with it: solutions have errors of the condition of Phi, not of its square.  With an intercept a column of ones,
 * without penalty, comes before all others, and what is behind it is centred. */

/* ntk_normal_open's, _close's, _add's and _finish's share of an NTK_NORMAL_TRIANGLE. */
ntk_status ntk_triangle_open(ntk_normal *normal);
void ntk_triangle_close(ntk_normal *normal);
ntk_status ntk_triangle_add(ntk_normal *normal, int64_t rows, const ntk_matrix *y);

/* Units that each sample counts. */
int64_t ntk_triangle_units(const ntk_normal *normal);

/* L, mu, means and solved, and the report's smallest pivot.
 * NTK_ERR_SINGULAR  a diagonal element of R is at most 32 sqrt(p) unit roundoffs of its column */
ntk_status ntk_triangle_finish(ntk_normal *normal);

/* Adds the bytes beside those of ntk_normal_memory to a need. */
ntk_status ntk_triangle_memory(const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t p, int64_t targets,
                               int64_t batch_rows);

#endif
