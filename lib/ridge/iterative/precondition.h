/* What conjugate gradients are preconditioned by. */
#ifndef NTK_RIDGE_ITERATIVE_PRECONDITION_H
#define NTK_RIDGE_ITERATIVE_PRECONDITION_H

#include "kernel/samples.h"
#include "ridge/tall.h"

#include <ntk/iterative.h>

/* P^-1 = (I - Q Q^T) / mu of P = F F^T + mu I, with Q = F L^-T and L L^T = F^T F + mu I: as good as a QR factorization of F over
 * sqrt(mu) I as long as mu is above some k unit roundoffs of |F|^2, and it is made so.
 * Q      n x rank; rank 0: P = I
 * inner  rank x columns */
typedef struct ntk_preconditioner {
    ntk_tall Q;
    double *inner;
    int64_t n;
} ntk_preconditioner;

/* As stages that are all the room of the lane's work.  After a failure, too, the caller closes. */
ntk_status ntk_preconditioner_open(ntk_preconditioner *P, const ntk_samples *samples, const ntk_iterative_options *settings,
                                   double lambda, int64_t columns, const ntk_lane *lane, const char *function);
void ntk_preconditioner_close(ntk_preconditioner *P, ntk_context *context);

/* Z = mu P^-1 R.  Counts no units. */
ntk_status ntk_preconditioner_solve(const ntk_preconditioner *P, const ntk_lane *lane, ntk_tall Z, ntk_tall R);

/* Adds the bytes that it holds, and the most that its making holds besides, to needs. */
ntk_status ntk_preconditioner_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *held, uint64_t *making,
                                     int64_t n, int64_t d, int64_t columns, int32_t dtype,
                                     const ntk_iterative_options *settings);

#endif
