/* What hyperparameters are chosen by, and its derivatives. */
#ifndef NTK_RIDGE_OPTIMISE_CRITERION_H
#define NTK_RIDGE_OPTIMISE_CRITERION_H

#include "ridge/ridge.h"

/* On some samples.
 * x, y     x in double precision
 * kind     NTK_CRITERION_EVIDENCE or _LOO
 * square   room for a matrix */
typedef struct ntk_criterion {
    const ntk_lane *lane;
    ntk_matrix x, y;
    int32_t kind;
    bool intercept;
    const char *function;
    ntk_symmetric square;
} ntk_criterion;

/* *value = the log evidence, or the mean square of the leave-one-out residuals, of this kernel and lambda; gradient: by the
 * kernel's scales, then by lambda.  Stages of the lane's work.
 * NTK_ERR_SINGULAR  K + lambda I is singular to working precision */
ntk_status ntk_criterion_value(const ntk_criterion *criterion, const ntk_kernel *kernel, double lambda, double *value,
                               double *gradient);

#endif
