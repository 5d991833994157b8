/* A network's outputs and derivatives by passes over its layers: f and J v forward, J^T u and second derivatives backward.  J is the
 * Jacobian of the outputs by the parameters, in the network's parameterization.  A pass costs a matrix product for each layer and
 * each of its arguments, and allocates nothing. */
#ifndef NTK_NETWORK_PASSES_H
#define NTK_NETWORK_PASSES_H

#include "core/parallel.h"
#include "network/weights.h"

/* A chunk of samples in work.  Its shape depends on the sizes alone, so the bits do not depend on the threads.
 * weights   layers, factors, gamma, outputs and activation; of one network; its numbers are not read
 * dtype     of all numbers
 * part      whose derivatives are meant: NTK_PART_...
 * order     0 outputs alone, 1 J v and J^T u, 2 second derivatives
 * rows      of a chunk, at most */
typedef struct ntk_passes {
    const ntk_weights *weights;
    int32_t dtype, part;
    int order;
    int64_t rows;
    void *block;
} ntk_passes;

/* Rows of a chunk of so many samples; adds the bytes that passes hold to a need. */
int64_t ntk_passes_rows(const ntk_weights *weights, int64_t samples);
ntk_status ntk_passes_memory(const ntk_weights *weights, uint64_t *bytes, int32_t dtype, int32_t part, int64_t samples,
                             int order);

/* weights outlives passes.  After a failure, too, the caller closes. */
ntk_status ntk_passes_open(ntk_passes *passes, const ntk_lane *lane, const ntk_weights *weights, int32_t dtype, int32_t part,
                           int64_t samples, int order);
void ntk_passes_close(ntk_passes *passes, const ntk_lane *lane);

/* NTK_ERR_UNSUPPORTED  the activation has no second derivative, and order 2 of part takes it: to be asked before opening */
ntk_status ntk_passes_second_check(const ntk_weights *weights, int32_t part, const char *function);

/* What a chunk's passes have in common.
 * theta  all parameters in dtype, in the order of ntk_network_parameters
 * x      rows x d in dtype, finite, ldx apart; at most passes->rows of them */
typedef struct ntk_chunk {
    const void *theta;
    const void *x;
    int64_t ldx, rows;
} ntk_chunk;

/* The passes run on a lane that is not nested, and count no units of work; they can be stopped.  Outputs are not checked for overflow.
 * The arrays y, u and du are rows x outputs, one row behind the other; g and v are the part's parameters. */

/* y = f(x).  Keeps what the passes below take, which are of the same chunk and may follow in any order and number. */
ntk_status ntk_passes_forward(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, void *y);

/* g = J^T u, or added to g. */
ntk_status ntk_passes_backward(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *u, bool add,
                               void *g);

/* Each sample's own: row i of g, ldg apart, is J_i^T u_i. */
ntk_status ntk_passes_backward_each(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *u,
                                    void *g, int64_t ldg);

/* y = J v.  Of order 2 keeps what ntk_passes_second takes. */
ntk_status ntk_passes_tangent(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *v, void *y);

/* g = J^T du + sum_j u_j H_j v, or added to g, with v as in the tangent before and H_j the Hessian of output j by the part's
 * parameters, in which sigma'' is 0 at kinks; du may be NULL for 0. */
ntk_status ntk_passes_second(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *u,
                             const void *du, const void *v, bool add, void *g);

#endif
