/* Block conjugate gradients for A X = B, A = K + lambda I, in which directions that come to depend on each other are left out (math:
 * O'Leary 1980; Ji and Li 2017, breakdown-free block conjugate gradients). */
#ifndef NTK_RIDGE_ITERATIVE_CONJUGATE_H
#define NTK_RIDGE_ITERATIVE_CONJUGATE_H

#include "ridge/iterative/dependent.h"
#include "ridge/iterative/precondition.h"
#include "ridge/operator.h"

/* What a solution is asked for by.
 * start     NULL, or n x starts: the solution begins with the best in their span (in A's norm)
 * problem   a number that tells problems apart, for checkpoints
 * left      NULL, or n x columns that become B - A X
 * begin, end  its share of the call */
typedef struct ntk_conjugate_call {
    const ntk_operator *K;
    const ntk_preconditioner *P;
    const ntk_iterative_options *settings; /* no member is 0 that stands for something else, but for rank */
    const ntk_lane *lane;
    const char *function;
    double lambda;
    int64_t n, columns;
    const double *start;
    int64_t starts;
    uint64_t problem;
    double *left;
    double begin, end;
} ntk_conjugate_call;

/* history   iterations + 1 residuals, to be freed
 * residual  the largest of a column, relative to B's, of the solution that is returned
 * products  with K */
typedef struct ntk_conjugate_report {
    double *history;
    int64_t iterations, products;
    double residual;
} ntk_conjugate_report;

/* B (n x columns, contiguous) = A^-1 B, to the tolerance or as far as it came.  After a failure, too, the caller frees the history. */
ntk_status ntk_conjugate_solve(const ntk_conjugate_call *call, double *B, ntk_conjugate_report *report);

/* Adds the bytes that it may hold to a need. */
ntk_status ntk_conjugate_memory(uint64_t *bytes, int64_t n, int64_t columns, int64_t max_iterations);

/* --- the state between two iterations, for checkpoint.c --- */

/* Each column of B is divided by its norm, in scales, and so are those of X and R = B - A X.
 * directions  columns of P
 * W           P^T A P, factored
 * history     of room for max_iterations + 1 */
typedef struct ntk_conjugate {
    const ntk_conjugate_call *call;
    double *B;
    ntk_tall X, R, P, Q, Z;
    double *scales, *residuals;
    ntk_dependent W;
    double *V, *C, *room;
    double *history;
    int64_t iterations, products;
    double reached, pace, checked;
} ntk_conjugate;

ntk_status ntk_checkpoint_write(const ntk_conjugate *state);
ntk_status ntk_checkpoint_read(ntk_conjugate *state);

#endif
