/* What follows from the eigenvectors of K, for any lambda. */
#ifndef NTK_RIDGE_SPECTRAL_H
#define NTK_RIDGE_SPECTRAL_H

#include "ridge/ridge.h"

/* A zeroed system's samples and spectrum of a problem's kernel or gram, as stages of the lane's work up to a share end of it. */
ntk_status ntk_spectral_decompose(ntk_ridge_system *system, const ntk_ridge_problem *problem, const ntk_lane *lane, double end);

/* Adds the bytes that these hold, and the most that their making holds besides, to needs. */
ntk_status ntk_spectral_system_memory(const ntk_context *context, uint64_t *held, uint64_t *making, const ntk_kernel *kernel,
                                      int64_t n, int64_t d, int32_t dtype);

/* One lambda and some targets of a SPECTRAL model whose system and solution are given.
 * cut  eigenvalues of at most so much count as 0, and s = 0 with them: where lambda is 0 beside their roundings; -1: none do */
typedef struct ntk_spectral_at {
    const ntk_ridge_system *system;
    const ntk_ridge_solution *solution;
    double lambda, cut;
    int64_t first, targets;
} ntk_spectral_at;

/* Targets first, ..., first + targets - 1 of the model at a lambda. */
ntk_spectral_at ntk_spectral_at_lambda(const ntk_ridge_system *system, const ntk_ridge_solution *solution, double lambda,
                                       int64_t first, int64_t targets);

/* Whether s has a meaning for all of K: lambda is not 0, or K is not singular. */
bool ntk_spectral_is_regular(const ntk_spectral_at *at);

/* NTK_ERR_SINGULAR, which says so. */
ntk_status ntk_spectral_singular(const ntk_spectral_at *at, const char *function);

/* s of eigenvalue k. */
static inline double ntk_spectral_inverse(const ntk_spectral_at *at, int64_t k)
{
    double value = at->system->spectrum.values[k];
    return value > at->cut ? 1 / (value + at->lambda) : 0;
}

/* Sums over the eigenvalues for one target, of c about its intercept (b: about its offset), e = V 1:
 * quadratic  sum s c^2      squares  sum s^2 c^2    cubes    sum s^3 c^2
 * trace      of the inverse without the intercept's share;   trace_slope  its derivative in lambda
 * rss        sum of squared residuals   degrees  of freedom
 * ones       sum s e^2      ones_squares  sum s^2 e^2        slope  the derivative of b in lambda
 * log_determinant  of K + lambda I, and log ones with an intercept */
typedef struct ntk_spectral_sums {
    double b, rss, degrees, quadratic, squares, cubes, trace, trace_slope, ones, ones_squares, slope, log_determinant;
} ntk_spectral_sums;

ntk_spectral_sums ntk_spectral_sum(const ntk_spectral_at *at, int64_t target);

/* alpha = A^-1 (y - b) of the targets, and g = diag A^-1 about the intercept, with their derivatives in lambda.
 * alpha, dalpha  n x columns, columns = targets + intercept, the last one A^-1 1 or its derivative;  g, dg  n.  dalpha, dg and g may
 * be NULL.
 * scratch        n x (columns + 1), or with dalpha n x (2 columns + 1)
 * A stage's units: n. */
ntk_status ntk_spectral_inverse_rows(const ntk_spectral_at *at, const ntk_lane *lane, double *alpha, double *dalpha, double *g,
                                     double *dg, double *scratch);

/* V [y - offset, 1] of a solution whose y is there, and then alpha, intercepts and report for its lambdas. */
ntk_status ntk_spectral_project(const ntk_ridge_system *system, ntk_ridge_solution *solution, const ntk_lane *lane);
ntk_status ntk_spectral_solve(const ntk_ridge_system *system, ntk_ridge_solution *solution, const ntk_lane *lane,
                              const char *function);

/* z = (K + lambda I)^-1 1 at a target's lambda, n numbers, of a model with an intercept. */
void ntk_spectral_ones(const ntk_ridge *ridge, int64_t target, double *z);

/* NTK_ERR_UNSUPPORTED or NTK_ERR_STATE unless the model is SPECTRAL and not light. */
ntk_status ntk_spectral_check(const ntk_ridge *ridge, const char *function);

#endif
