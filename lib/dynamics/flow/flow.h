/* The inside of a linear model's dynamics. */
#ifndef NTK_DYNAMICS_FLOW_FLOW_H
#define NTK_DYNAMICS_FLOW_FLOW_H

#include "dynamics/flow/modes.h"
#include "ridge/ridge.h"

/* system     its set and spectrum
 * projected  n x targets: V (y - f_0)
 * f0         n x targets, or NULL: 0
 * first      the first mode that moves: those before it have eigenvalues that count as 0 */
struct ntk_flow {
    ntk_object base;
    ntk_law law;
    int32_t loss;
    ntk_ridge_system system;
    int64_t targets, first;
    double *projected, *f0;
};

static inline int64_t ntk_flow_samples(const ntk_flow *flow)
{
    return flow->system.set->samples.rows;
}

/* The part of a sum of squares over so many samples that is the loss. */
double ntk_flow_loss_factor(const ntk_flow *flow, int64_t samples);

/* The curvature of mode k. */
static inline double ntk_flow_curvature(const ntk_flow *flow, int64_t k)
{
    return flow->law.scale * flow->system.spectrum.values[k] + flow->law.decay;
}

/* NTK_ERR_VALUE unless t is a time, or all of a view that has been checked are. */
ntk_status ntk_flow_time_check(const ntk_flow *flow, double t, const char *function, const char *name);
ntk_status ntk_flow_times_check(const ntk_flow *flow, const ntk_matrix *times, const char *function);

/* What the modes answer at time t, n numbers each, any of them NULL:
 * dual       q_k
 * moved      l_k q_k, of the outputs
 * left       1 - l_k q_k
 * NTK_ERR_OVERFLOW  one has no limit, or is too large */
ntk_status ntk_flow_answer(const ntk_flow *flow, double t, double *dual, double *moved, double *left, const char *function);

/* out = sum_k q_k c_k u_k, or for outputs sum_k l_k q_k c_k u_k, of all times (any dtype, T x 1): n x (T targets), time by time. */
ntk_status ntk_flow_sums(const ntk_flow *flow, const ntk_lane *lane, double *out, const ntk_matrix *times, bool outputs,
                         const char *function);

/* Room for that.  NTK_ERR_OVERFLOW  so many columns are too many */
ntk_status ntk_flow_sums_room(const ntk_flow *flow, ntk_context *context, double **room, int64_t times);

/* f = K(x, X) alpha_t + f_0(x) of all times, as stages that are all the room of the lane's work. */
ntk_status ntk_flow_outputs(const ntk_flow *flow, const ntk_lane *lane, const ntk_matrix *f, const ntk_matrix *x,
                            const ntk_matrix *f0x, const ntk_matrix *times, const char *function);

/* --- memory.c: whether the context's budget has room for what calls hold beside the flow --- */

/* Of ntk_flow_outputs at so many times. */
ntk_status ntk_flow_outputs_check(const ntk_flow *flow, const ntk_matrix *f, const ntk_matrix *x, int64_t times);

/* NTK_ERR_SHAPE unless prior, which may be NULL, takes inputs of the flow's samples. */
ntk_status ntk_flow_prior_check(const ntk_flow *flow, const ntk_kernel *prior, const char *function);

/* Of ntk_flow_moments; mean or covariance may be NULL. */
ntk_status ntk_flow_moments_check(const ntk_flow *flow, const ntk_matrix *mean, const ntk_matrix *covariance,
                                  const ntk_kernel *prior, const ntk_matrix *x);

/* f_0 of so many rows and a column a target, or NULL; out, named out_name, is disjoint from it. */
ntk_status ntk_flow_start_check(const ntk_matrix *start, const char *name, int64_t rows, int64_t targets, const ntk_matrix *out,
                                const char *out_name, const char *function);

#endif
