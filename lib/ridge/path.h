/* What is said of a SPECTRAL model at one lambda. */
#ifndef NTK_RIDGE_PATH_H
#define NTK_RIDGE_PATH_H

#include "ridge/spectral.h"

/* Memory for points of up to so many targets, and whether their derivatives are wanted. */
typedef struct ntk_path_scratch {
    bool derivatives;
    double *alpha, *slopes, *g, *dg, *projected;
} ntk_path_scratch;

/* After a failure, too, the caller closes. */
ntk_status ntk_path_open(ntk_context *context, ntk_path_scratch *scratch, const ntk_ridge *ridge, bool derivatives);
void ntk_path_close(ntk_context *context, ntk_path_scratch *scratch);

/* The row of a path over targets first, ..., first + targets - 1; where loo is false, the sums over eigenvalues alone.
 * slopes  derivatives in log lambda, or NULL */
ntk_status ntk_path_point(const ntk_ridge *ridge, const ntk_lane *lane, double lambda, int64_t first, int64_t targets, bool loo,
                          ntk_path_scratch *scratch, double *row, double *slopes, const char *function);

#endif
