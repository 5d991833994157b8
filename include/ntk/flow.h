/* The dynamics of a linearized model in closed form: gradient flow, gradient descent and momentum, at any time. */
#ifndef NTK_FLOW_H
#define NTK_FLOW_H

#include <ntk/gram.h>
#include <ntk/loss.h>

NTK_BEGIN

/* A model that is linear in its parameters, f(x) = f_0(x) + <phi(x), theta - theta_0>, trained on a squared loss by all samples at
 * once.  Only the kernel K = phi phi^T enters: with its eigenvectors u_k and eigenvalues l_k, c_k = u_k^T (y - f_0(X)),
 *   f_t(X) = f_0(X) + sum_k l_k q_k(t) c_k u_k          f_t(x) = f_0(x) + K(x, X) alpha_t
 *   theta_t - theta_0 = phi(X)^T alpha_t                alpha_t = sum_k q_k(t) c_k u_k
 * where q_k is the answer of one mode, of curvature A = s l_k + weight_decay, with s = 2/n, 1 or 1/(n targets) (NTK_LOSS_MEAN, _HALF_SUM,
 * _HALF_MEAN); theta's loss is the squared one plus weight_decay / 2 |theta - theta_0|^2.  q_k = s (1 - p_k) / A, and p_k is
 *   FLOW      d theta / dt = -gradient             exp(-A t)
 *   GD        theta - step gradient                (1 - step A)^t
 *   MOMENTUM  v = momentum v - step gradient, theta + v (the heavy ball)
 *                                                  p_(t+1) = (1 + momentum - step A) p_t - momentum p_(t-1)
 *   NESTEROV  z = theta + momentum (theta - the one before), z - step gradient(z)
 *                                                  p_(t+1) = (1 - step A) ((1 + momentum) p_t - momentum p_(t-1))
 *   INERTIA   theta'' + friction theta' = -gradient, at rest at 0
 *                                                  p'' + friction p' + A p = 0
 * Momentum with small steps is INERTIA of friction (1 - momentum) / sqrt(step) at the time sqrt(step) times the step's number
 * (neural-tangents' equation).  Nothing is iterated: a step's number may be 10^15 as well as 10, and p has the accuracy of its closed
 * form.  (math: Lee et al. 2019; Qian 1999.)
 * Eigenvalues that are negative by rounding count as 0, and modes whose eigenvalue is at most cut times the largest stay at rest: of a
 * singular kernel, t = INFINITY is the answer of least norm.
 * Immutable: safe from many threads at once. */
typedef struct ntk_flow ntk_flow;

/* As above; t is a time, or the number of steps. */
enum { NTK_FLOW_FLOW = 0, NTK_FLOW_GD = 1, NTK_FLOW_MOMENTUM = 2, NTK_FLOW_NESTEROV = 3, NTK_FLOW_INERTIA = 4 };

/* loss          NTK_LOSS_MEAN, _HALF_SUM or _HALF_MEAN
 * method        as above
 * step          of GD, MOMENTUM and NESTEROV, > 0; of no meaning to others
 * momentum      of MOMENTUM and NESTEROV, in [0, 1); of no meaning to others
 * friction      of INERTIA, >= 0; of no meaning to others
 * weight_decay  >= 0, towards theta_0
 * cut           in [0, 1), relative to the largest eigenvalue; 0: n unit roundoffs of dtype
 * dtype         of K's elements and of the predictions' arithmetic, 0: that of x (or the gram's).  The rest is in double precision
 * borrow        non-zero: x outlives the flow, so that it need not be copied */
typedef struct ntk_flow_options {
    size_t struct_size;
    int32_t loss;
    int32_t method;
    double step;
    double momentum;
    double friction;
    double weight_decay;
    double cut;
    int32_t dtype;
    int32_t borrow;
} ntk_flow_options;

/* Bytes that ntk_flow_create would hold at its peak, for n samples of d inputs and t targets.  options may be NULL; dtype 0 counts as
 * NTK_F64.
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_flow_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                   int64_t t, const ntk_flow_options *options) NTK_MUST_CHECK;

/* Decomposes K(x, x): about n^3 10 operations, n^2 doubles held, and 2 n^2 more for a while.   x  n x d   y  n x t
 * f0  n x t, f_0(x), or NULL: 0.   options may be NULL.
 * It can't be stopped while LAPACK is at work.
 * NTK_ERR_OPTION    an option is outside its domain; the message names it
 * NTK_ERR_VALUE     x, y or f0 holds NaN or infinity
 * NTK_ERR_OVERFLOW  also: y - f0 is too large
 * other errors as for ntk_gram_create */
NTK_API ntk_status ntk_flow_create(ntk_context *context, ntk_flow **flow, const ntk_kernel *kernel, const ntk_matrix *x,
                                   const ntk_matrix *y, const ntk_matrix *f0, const ntk_flow_options *options) NTK_MUST_CHECK;

/* The same from a kernel matrix that exists, which is copied, not changed.   y, f0  in the order of the gram's samples
 * NTK_ERR_OPTION       dtype is neither 0 nor the gram's, or its storage is PACKED
 * NTK_ERR_UNSUPPORTED  its storage is IMPLICIT */
NTK_API ntk_status ntk_flow_create_gram(ntk_context *context, ntk_flow **flow, const ntk_gram *gram, const ntk_matrix *y,
                                        const ntk_matrix *f0, const ntk_flow_options *options) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_flow_destroy(ntk_flow *flow);

/* --- what a flow knows of its stability --- */

/* Of curvature A = s l + weight_decay, of modes that move; with kappa = A_max / A_min.
 * samples, targets     n, t
 * zero_modes           eigenvalues that count as 0
 * lambda_max           the largest eigenvalue of K
 * lambda_min           the smallest that does not count as 0; 0 if all do
 * curvature_max, curvature_min  A of those; where no mode moves, 0 or weight_decay
 * step_gd, step_momentum, step_nesterov  below which every mode converges: 2 / A_max, 2 (1 + momentum) / A_max and
 *                      (2 + 2 momentum) / ((1 + 2 momentum) A_max) with the options' momentum
 * best_step_gd         2 / (A_max + A_min), where a step leaves (kappa - 1) / (kappa + 1) of the slowest mode
 * best_step_momentum, best_momentum      4 / (sqrt A_max + sqrt A_min)^2 and ((sqrt kappa - 1) / (sqrt kappa + 1))^2, where it leaves
 *                      (sqrt kappa - 1) / (sqrt kappa + 1) in the long run
 * best_step_nesterov, best_momentum_nesterov  4 / (3 A_max + A_min) and (sqrt(3 kappa + 1) - 2) / (sqrt(3 kappa + 1) + 2), where it
 *                      leaves 1 - 2 / sqrt(3 kappa + 1) (math: Lessard, Recht and Packard 2016)
 * best_rate_gd, best_rate_momentum, best_rate_nesterov  those parts
 * slowest_time, fastest_time             1 / A_min and 1 / A_max, in the time of FLOW
 * rate                 what a step of this flow's own method leaves of its slowest mode in the long run, or a unit of time: below 1 where
 *                      it converges
 * Steps and times are INFINITY, best rates and momenta 0, where A_max is 0, as of K = 0. */
typedef struct ntk_flow_report {
    size_t struct_size;
    int64_t samples;
    int64_t targets;
    int64_t zero_modes;
    double lambda_max;
    double lambda_min;
    double curvature_max;
    double curvature_min;
    double step_gd;
    double step_momentum;
    double step_nesterov;
    double best_step_gd;
    double best_step_momentum;
    double best_momentum;
    double best_step_nesterov;
    double best_momentum_nesterov;
    double best_rate_gd;
    double best_rate_momentum;
    double best_rate_nesterov;
    double slowest_time;
    double fastest_time;
    double rate;
} ntk_flow_report;

/* limits->struct_size must be set (NTK_INIT). */
NTK_API ntk_status ntk_flow_limits(const ntk_flow *flow, ntk_flow_report *limits) NTK_MUST_CHECK;

/* --- what it does ---
 *
 * Times t are at least 0, INFINITY among them; of GD, MOMENTUM and NESTEROV whole numbers up to 2^53, or INFINITY.  Outputs and x may
 * be of any dtype.
 * NTK_ERR_VALUE     t is none
 * NTK_ERR_OVERFLOW  an output is too large, or t is INFINITY and a mode has no limit: the message names step and the largest that
 *                   converges
 * other errors as for ntk_kernel_multiply.  The output of a call that fails at work is unspecified */

/* f = f_t(x).   f  m x t   x  m x d   f0x  m x t, f_0(x), or NULL: 0 */
NTK_API ntk_status ntk_flow_predict(const ntk_flow *flow, const ntk_matrix *f, const ntk_matrix *x, const ntk_matrix *f0x,
                                    double t) NTK_MUST_CHECK;

/* The same at several times, for which the kernel is evaluated once for every 256 columns of f.
 * f  m x (T t), time by time   times  T x 1, any dtype */
NTK_API ntk_status ntk_flow_trajectory(const ntk_flow *flow, const ntk_matrix *f, const ntk_matrix *x, const ntk_matrix *f0x,
                                       const ntk_matrix *times) NTK_MUST_CHECK;

/* Bytes that ntk_flow_trajectory may hold at its peak, beside the flow, for m samples and so many times; of one time also
 * ntk_flow_predict.   dtype  of x and f, 0: the flow's
 * NTK_ERR_SHAPE     m or times is less than 1
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_flow_trajectory_memory(const ntk_flow *flow, uint64_t *bytes, int64_t m, int64_t times,
                                              int32_t dtype) NTK_MUST_CHECK;

/* f = f_t(X), n x t, of the training samples, without the kernel. */
NTK_API ntk_status ntk_flow_train(const ntk_flow *flow, const ntk_matrix *f, double t) NTK_MUST_CHECK;

/* alpha_t, n x t. */
NTK_API ntk_status ntk_flow_coefficients(const ntk_flow *flow, const ntk_matrix *alpha, double t) NTK_MUST_CHECK;

/* theta_t - theta_0 = phi(X)^T alpha_t, p x t, in the order and parameterization of the features, whose kernel (ntk_kernel_create_finite)
 * is the flow's.  Of a kernel that is a sum of such with weights w_i, phi_i's own part is this, and the model's
 * sum_i w_i <phi_i(x), phi_i(X)^T alpha_t>. */
NTK_API ntk_status ntk_flow_weights(const ntk_flow *flow, const ntk_matrix *dtheta, const ntk_features *features,
                                    double t) NTK_MUST_CHECK;

/* The squared loss at each of times, T x 1, without the weight decay's term.   losses  T x 1, of all targets together, or T x t, each
 * target's share of it.   Nothing cancels: of the eigenvalues and projections
 * that were found right to relative accuracy, however small, where modes do not oscillate.
 * NTK_NOTE_DIVERGED  a loss is too large, or a mode has no limit: it is INFINITY there */
NTK_API ntk_status ntk_flow_losses(const ntk_flow *flow, const ntk_matrix *losses, const ntk_matrix *times) NTK_MUST_CHECK;

/* The same of m test samples, with m in place of n in the loss; but NTK_ERR_OVERFLOW where a mode has a number and an output is too
 * large for the flow's dtype.   x  m x d   y  m x t   f0x  m x t, or NULL: 0 */
NTK_API ntk_status ntk_flow_test_losses(const ntk_flow *flow, const ntk_matrix *losses, const ntk_matrix *x,
                                        const ntk_matrix *y, const ntk_matrix *f0x, const ntk_matrix *times) NTK_MUST_CHECK;

/* The law of f_t(x) over initialisations of an infinitely wide network, for which f_0 is a Gaussian process of mean f0 and
 * covariance prior, and the flow's kernel the tangent kernel (math: Lee et al. 2019, equations 14 to 16): with
 * B = K(x, X) sum_k q_k u_k u_k^T and S the prior,
 *   mean        f_0(x) + K(x, X) alpha_t
 *   covariance  S(x, x) - B S(X, x) - S(x, X) B^T + B S(X, X) B^T,
 * which is every target's.   mean  m x t, or NULL   covariance  m x m, or m x 1, its diagonal alone; or NULL; not both
 * prior  may be NULL where covariance is
 * x  m x d   f0x  m x t, or NULL: 0
 * In double precision, n unit roundoffs of S(x, x) being lost in the difference; the diagonal is at least 0.  S(X, X) is evaluated
 * and not held: once for a covariance, which holds three n x m and two m x m matrices, and for the diagonal for every batch of rows of
 * which n numbers each fill 32 MB. */
NTK_API ntk_status ntk_flow_moments(const ntk_flow *flow, const ntk_matrix *mean, const ntk_matrix *covariance,
                                    const ntk_kernel *prior, const ntk_matrix *x, const ntk_matrix *f0x,
                                    double t) NTK_MUST_CHECK;

/* Bytes that this may hold at its peak, beside the flow, for m samples, with the mean.
 * prior     NULL: the mean alone
 * diagonal  non-zero: variances; 0: the covariance
 * NTK_ERR_SHAPE     m is less than 1, or prior takes another number of inputs than the flow's samples have
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_flow_moments_memory(const ntk_flow *flow, uint64_t *bytes, const ntk_kernel *prior, int64_t m,
                                           int32_t diagonal) NTK_MUST_CHECK;

NTK_END

#endif
