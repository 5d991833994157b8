/* The fitted model's inside, and the two ways to fit it. */
#ifndef NTK_RIDGE_RIDGE_H
#define NTK_RIDGE_RIDGE_H

#include "features/product.h"
#include "gram/gram.h"

#include <ntk/ridge.h>

/* Either of two forms:
 * kernel    f(x) = K(x, X) alpha: an infinite kernel's dual.  set is kept
 * features  f(x) = <phi(x), beta>: the primal, and the dual of a finite kernel, for which beta = Phi(X)^T alpha
 * alpha  targets x n, of every dual;  w  hidden weights in the model's dtype, or NULL;  intercept  one number a target */
struct ntk_ridge {
    ntk_object base;
    ntk_ridge_report report;
    ntk_sample_set *set;          /* retained */
    const ntk_features *features; /* retained */
    void *alpha;
    ntk_coefficients beta;
    void *w;
    double *intercept;
};

/* A fit as the options want it, checked.  gram: NULL, or whose matrix is taken. */
typedef struct ntk_ridge_problem {
    const ntk_kernel *kernel; /* of a dual */
    const ntk_gram *gram;
    const ntk_matrix *x, *y;
    double lambda;
    ntk_ridge_options options; /* method is DUAL or PRIMAL; dtype is not 0 */
    const char *function;
} ntk_ridge_problem;

/* Gives back what a model holds, complete or not. */
void ntk_ridge_dispose(void *self);

/* Each fills a zeroed model but for its report's reason; what it leaves after a failure is disposed of with the model. */
ntk_status ntk_ridge_fit_dual(ntk_ridge *ridge, const ntk_ridge_problem *problem);
ntk_status ntk_ridge_fit_primal(ntk_ridge *ridge, const ntk_ridge_problem *problem);

/* Adds the bytes that they may hold, the model included, to a need. */
ntk_status ntk_ridge_dual_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                 int64_t t, const ntk_ridge_options *options);
ntk_status ntk_ridge_primal_memory(const ntk_context *context, uint64_t *bytes, const ntk_features *features, int64_t n,
                                   int64_t d, int64_t t, const ntk_ridge_options *options);

/* means[c] of column c of y; zeros unless wanted.  This and the next count no units. */
ntk_status ntk_column_means(double *means, const ntk_matrix *y, bool wanted, const ntk_lane *lane);

/* Rows first, ..., first + rows - 1 of y minus means, to rows of stride elements at out. */
ntk_status ntk_centred_rows(void *out, int64_t stride, int32_t dtype, const ntk_matrix *y, int64_t first, int64_t rows,
                            const double *means, const ntk_lane *lane);

/* A += lambda I.  NTK_ERR_OVERFLOW  an element of the diagonal is too large */
ntk_status ntk_ridge_shift(const ntk_symmetric *A, double lambda, const char *function);

#endif
