/* A number that tells problems apart, for checkpoints. */
#ifndef NTK_RIDGE_ITERATIVE_PROBLEM_NUMBER_H
#define NTK_RIDGE_ITERATIVE_PROBLEM_NUMBER_H

#include "ridge/ridge.h"

/* *number depends on the kernel, but for functions of the caller's, on samples, targets, lambda, precision, intercept and
 * preconditioner. */
ntk_status ntk_problem_number(const ntk_ridge_problem *problem, const ntk_samples *samples, const double *y, uint64_t *number);

#endif
