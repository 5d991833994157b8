/* Models by conjugate gradients. */
#ifndef NTK_RIDGE_ITERATIVE_ITERATIVE_H
#define NTK_RIDGE_ITERATIVE_ITERATIVE_H

#include "ridge/response.h"

/* options, which may be NULL, checked; a member that is 0 stays so. */
ntk_status ntk_iterative_read(ntk_iterative_options *own, const ntk_iterative_options *options, const char *function);

/* As the other methods' (ridge.h).  NTK_NOTE_NOT_CONVERGED  the tolerance was not reached */
ntk_status ntk_ridge_fit_iterative(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane);
ntk_status ntk_ridge_iterative_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n,
                                      int64_t d, int64_t t, const ntk_ridge_options *options,
                                      const ntk_iterative_options *iterative);

/* ntk_ridge_variance of such a model: of points at most ntk_iterative_batch of them at a time, written to parts columns of out, as
 * stages of the lane's work.  NTK_NOTE_NOT_CONVERGED  as of a fit */
int64_t ntk_iterative_batch(int64_t points, int64_t n);
ntk_status ntk_iterative_variance(ntk_response *response, const ntk_matrix *out, int64_t parts);

#endif
