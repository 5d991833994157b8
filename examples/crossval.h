/* The error of kernel ridge regression by k-fold cross-validation, with lambda chosen without a look at the fold that tests. */
#ifndef EXAMPLES_CROSSVAL_H
#define EXAMPLES_CROSSVAL_H

#include "progress.h"

#include <ntk/ntk.h>

/* What is to be learnt, and how it is judged.
 * x  n x d, as it was measured   y  n
 * order  a permutation of 0..n-1: sample order[i] tests in fold i modulo folds */
typedef struct cv_problem {
    ntk_context *context;
    progress_line *progress;
    int64_t n, d;
    const double *x, *y;
    const int64_t *order;
    int64_t folds;
    const double *lambdas;
    int64_t lambda_count;
} cv_problem;

/* rmse      mean over the folds of the root mean square error on the fold
 * deviation standard error of that mean
 * lambda    median over the folds of the lambda that was used
 * equations of the system that was solved, in the last fold; primal: whether that is the number of features */
typedef struct cv_result {
    double rmse;
    double deviation;
    double lambda;
    int64_t equations;
    bool primal;
} cv_result;

/* The number of inputs that a kernel sees: the data's, and a constant 1 that stands for a bias. */
int64_t cv_inputs(const cv_problem *problem);

/* For each fold: standardises the inputs by the mean and deviation of the training samples, chooses lambda (if there are
 * several) by fitting four fifths of the training samples and predicting the fifth fifth, fits all training samples, and
 * predicts the fold. Returns the library's first failure, or NTK_ERR_MEMORY. */
ntk_status cv_run(const cv_problem *problem, const char *name, const ntk_kernel *kernel, cv_result *result);

#endif
