/* The difference of a model's gradient flow and that of its linearization, integrated as such. */
#ifndef NTK_DYNAMICS_MODEL_GAP_H
#define NTK_DYNAMICS_MODEL_GAP_H

#include "dynamics/model/linear.h"

enum { NTK_GAP_STAGES = 7 };

/* In the time s = alpha^2 t, of e = alpha (theta - theta_0) and r = alpha f - y,
 *   e' = -J_theta^T r,   r' = J_theta e',
 * less the same of the linearized flow.  The state is the difference of e, and behind it that of r, which is as right when it is tiny: no
 * outputs are subtracted, and products of J only where they differ.
 * linear    the linearized flow
 * here      the point that moves; theta is what it is at
 * s         the time that is reached, and step the next one's length
 * shift     of the state: the difference of e;   gap: that of r
 * residual  r there
 * largest_shift, largest_gap  so far
 * steps, rejected, evaluations  so far */
typedef struct ntk_gap {
    ntk_linear *linear;
    ntk_point *here;
    int64_t m, p, width;
    double alpha, s, step, floor_shift, floor_gap, largest_shift, largest_gap, last_error;
    int64_t steps, rejected, evaluations;
    double *block;
    double *state, *trial, *slopes[NTK_GAP_STAGES], *theta, *gradient, *decay, *residual;
} ntk_gap;

static inline const double *ntk_gap_shift(const ntk_gap *gap)
{
    return gap->state;
}

static inline const double *ntk_gap_outputs(const ntk_gap *gap)
{
    return gap->state + ntk_vector_room(gap->p);
}

/* At s = 0.   r0  as of the linearized flow.   After a failure, too, the caller closes. */
ntk_status ntk_gap_open(ntk_gap *gap, ntk_point *here, ntk_linear *linear, const double *r0, double alpha);
void ntk_gap_close(ntk_gap *gap);
ntk_status ntk_gap_memory(const ntk_model *model, uint64_t *bytes, int64_t m);

/* One step, which does not go beyond until, or none where that is all but reached.  linear and here are at its end then.   last  of the call, for sentences */
ntk_status ntk_gap_step(ntk_gap *gap, double until, double last);

#endif
