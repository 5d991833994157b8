/* The covariance of a model at all points of a call. */
#ifndef NTK_RIDGE_COVARIANCE_H
#define NTK_RIDGE_COVARIANCE_H

#include "ridge/response.h"

/* C, m x m, contiguous and whole, for a target of a response that has rows for all m points; prior  K(x, x), m x m, or NULL of a
 * primal; both in double precision. */
ntk_status ntk_covariance_of(ntk_response *response, double *C, const double *prior, int64_t target);

/* K(x, x), to be freed; NULL of a primal. */
ntk_status ntk_covariance_prior(const ntk_ridge *ridge, const ntk_lane *lane, double **prior, const ntk_matrix *x,
                                const char *function);

#endif
