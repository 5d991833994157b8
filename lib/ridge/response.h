/* How a model's points answer to its samples: what variances, covariances and their gradients are made of. */
#ifndef NTK_RIDGE_RESPONSE_H
#define NTK_RIDGE_RESPONSE_H

#include "ridge/batch.h"

/* For some points at a time, rows of order elements.
 * dtype   of the arithmetic: the model's, or of a SPECTRAL NTK_F64
 * order   n, or of a primal p
 * rows    K(x, X), or of a primal phi(x) - mu, or of a NYSTROEM psi(x);  answers  what they become, in the same memory but for a
 *         SPECTRAL and a NYSTROEM
 * rest    1 - 1^T A^-1 k of each row, of a kernel's model with an intercept; of a NYSTROEM K(x, x) - |psi|^2
 * prior   K(x_i, x_i) of all points; NULL of a primal */
typedef struct ntk_response {
    const ntk_ridge *ridge;
    const ntk_lane *lane;
    const char *function;
    int32_t dtype;
    int64_t points, order, batch, first, count;
    ntk_samples x, samples;
    ntk_operand operand;
    ntk_matrix training;
    void *rows, *answers;
    double *rest, *scale;
    const double *prior;
} ntk_response;

/* For x of so many points, at most batch of them at a time; 0: as many as memory should hold.  After a failure, too, the caller
 * closes. */
ntk_status ntk_response_open(ntk_response *response, const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *x,
                             int64_t batch, const char *function);
void ntk_response_close(ntk_response *response);

/* The rows of points first, ..., first + count - 1, as a stage from begin to end. */
ntk_status ntk_response_rows(ntk_response *response, int64_t first, int64_t count, double begin, double end);

/* Answers L^-1 row, with A = L L^T at the target's lambda; or, with weights, A^-1 row.  Of a NYSTROEM the row is psi - mu, and the
 * weights are those of -2 K(z, x) in the variance: L_z^-T (psi - lambda A^-1 (psi - mu)).  They count no units. */
ntk_status ntk_response_answer(ntk_response *response, int64_t target, bool weights);

/* The target's 1^T A^-1 1, and for a primal n: what an intercept's variance is one over. */
double ntk_response_ones(const ntk_response *response, int64_t target);

/* *parts = how many targets the columns of out are for: columns columns of each, once if all have one lambda, or t times.
 * NTK_ERR_SHAPE  another number of columns */
ntk_status ntk_response_parts(const ntk_ridge *ridge, const ntk_matrix *out, int64_t columns, int64_t *parts,
                              const char *function, const char *name);

/* Whether the model is a NYSTROEM. */
bool ntk_response_is_nystroem(const ntk_response *response);

/* The checks of a call out = something of points x, of a model that is not light. */
ntk_status ntk_points_check(const ntk_ridge *ridge, const ntk_matrix *out, const char *name, const ntk_matrix *x,
                            const char *function);

#endif
