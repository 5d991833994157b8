/* Any differentiable model f_theta: the spectrum of its Jacobian, the certificate of lazy training, and its gradient flow beside that of
 * its linearization (section 2 of the lecture). */
#ifndef NTK_MODEL_H
#define NTK_MODEL_H

#include <ntk/network.h>

NTK_BEGIN

/* f_theta(x): p parameters theta, d inputs x, several outputs.  The loss is (1/2) sum of squares over all samples and outputs, and
 * J_theta, (n outputs) x p, is the Jacobian of the outputs of n samples, output by output of sample by sample, by theta.
 * Arithmetic is double precision.  Immutable but for ntk_model_set_options: the calls are safe from many threads at once. */
typedef struct ntk_model ntk_model;

/* What the caller gives.  Every matrix is f64, contiguous rows, and for the call only; theta, v and g are p x 1, y and u n x outputs,
 * x n x inputs.  A callback returns 0; or a negative ntk_status, with which the library's call ends, its sentence being the callback's
 * (ntk_error_set); or a positive number: NTK_ERR_CALLBACK.  NaN or infinity in what it writes is NTK_ERR_CALLBACK, too, but for trial
 * steps of the flow, which are shortened.  One call of the library runs its callbacks one after the other in the thread that made it;
 * two calls at once may run them at once.
 * forward       y = f_theta(x)
 * jacobian      J = J_theta(x), or NULL if there are jvp and vjp
 * jvp, vjp      y = J_theta(x) v and g = J_theta(x)^T u, or both NULL if there is jacobian; they are used where all three are given,
 *               but where the whole Jacobian is needed
 * user          the callbacks' first argument
 * release_user  NULL, or called once, when the model is destroyed; not called where ntk_model_create fails
 * inputs, outputs, parameters  at least 1 */
typedef struct ntk_model_functions {
    size_t struct_size;
    int (*forward)(void *user, const ntk_matrix *y, const ntk_matrix *theta, const ntk_matrix *x);
    int (*jacobian)(void *user, const ntk_matrix *J, const ntk_matrix *theta, const ntk_matrix *x);
    int (*jvp)(void *user, const ntk_matrix *y, const ntk_matrix *theta, const ntk_matrix *x, const ntk_matrix *v);
    int (*vjp)(void *user, const ntk_matrix *g, const ntk_matrix *theta, const ntk_matrix *x, const ntk_matrix *u);
    void *user;
    void (*release_user)(void *user);
    int64_t inputs;
    int64_t outputs;
    int64_t parameters;
} ntk_model_functions;

/* How singular values are had: AUTO takes DENSE for Jacobians of up to 5e7 numbers and 4000 rows that the memory budget has room for.
 * DENSE    eigenvalues of J J^T, and where sigma_min < 1e-4 sigma_max the bidiagonalization of J
 * LANCZOS  Golub-Kahan-Lanczos bidiagonalization by J v and J^T u, reorthogonalised in full on the side of the outputs (Barlow 2013) */
enum { NTK_SPECTRUM_AUTO = 0, NTK_SPECTRUM_DENSE = 1, NTK_SPECTRUM_LANCZOS = 2 };

/* Zero is the default of every member.
 * tolerance       of the flow: error of a step, relative to the largest output gap so far (and parameter gap); 0: 1e-8
 * max_steps       of the flow, accepted or not; 0: 100000
 * lambda_every    the flow measures lambda_min(J_t J_t^T) every so many steps, and at the times; 0: 1
 * max_iterations  of Lanczos; 0: 300.  As many as there are outputs of all samples always suffice
 * lanczos_tolerance  where it stops: residual of both singular values, relative to sigma_max; 0: 1e-10
 * restarts        starts of the search for beta; 0: 3
 * seed            of its starts and of Lanczos's
 * spectrum        NTK_SPECTRUM_...
 * reserved        0 */
typedef struct ntk_model_options {
    size_t struct_size;
    double tolerance;
    int64_t max_steps;
    int64_t lambda_every;
    int64_t max_iterations;
    double lanczos_tolerance;
    int64_t restarts;
    uint64_t seed;
    int32_t spectrum;
    int32_t reserved;
} ntk_model_options;

/* Singular values of J_theta(x).
 * sigma_min   the (n outputs)-th; 0 where it is not above min_error: J has not rank n outputs to working precision
 * sigma_max   the largest
 * min_error, max_error  what rounding makes of them (docs/numerics.md), or, of Lanczos's that stopped early, its residuals: a singular
 *             value lies so near, though perhaps not the extreme one
 * rows        n outputs
 * iterations  of Lanczos; 0 of DENSE
 * method      NTK_SPECTRUM_DENSE or _LANCZOS: what gave sigma_min
 * reserved    0 */
typedef struct ntk_jacobian_spectrum {
    size_t struct_size;
    double sigma_min;
    double sigma_max;
    double min_error;
    double max_error;
    int64_t rows;
    int64_t iterations;
    int32_t method;
    int32_t reserved;
} ntk_jacobian_spectrum;

/* What is guaranteed of gradient flow of L(alpha f_theta) from theta_0, L(z) = (1/2) ||z - y||^2, and what is measured.  Math: Theorem 8.1
 * of Telgarsky's notes, Chizat, Oyallon and Bach 2019, with constants as below.  With s = sigma_min, S = sigma_max,
 * L0 = initial_loss:
 * sigma_min, sigma_max  of J_theta_0, less its error and with it (ntk_jacobian_spectrum.min_error, max_error).  Of Lanczos's that stopped
 *                  early what follows holds unless its start, which is random, had no part along the extreme one's vector
 * beta             a proven Lipschitz constant of theta -> J_theta in operator norm on the ball of radius ball about theta_0: of networks
 *                  with one hidden layer and an activation with bounded derivatives; otherwise 0
 * beta_observed    a lower bound of any such constant, found by search about theta_0
 * initial_loss     L(alpha f_theta_0), of this alpha
 * alpha_required   beta sqrt(1152 S^2 L0) / s^3; infinite where beta is not known, or s is 0
 * alpha_sharp      half of it: beta sqrt(288 S^2 L0) / s^3, which suffices for gradient flow, strictly exceeded
 * alpha_observed   alpha_required with beta_observed for beta: what no proof of this kind can undercut
 * alpha_chizat     32 beta S ||y|| / s^3, Chizat, Oyallon and Bach's Theorem 2.4, which also asks ||f_theta_0|| <= s^3 / (32 beta S)
 * rate             alpha^2 s^2 / 2: if certified, L and that of the linearized flow stay below L0 exp(-rate t), t
 * radius           if certified, neither flow's theta leaves theta_0 by more: 3 sqrt(8 S^2 L0) / (alpha s^2)
 * ball             s / (2 beta); infinite where beta is 0
 * output_gap       if certified, ||alpha f - alpha f_lin|| stays below 40 beta S^2 L0 / (alpha s^4)
 * parameter_gap    and ||theta - theta_lin|| below this
 * step             if certified, gradient descent with steps up to 4 / (9 alpha^2 S^2) decreases ||alpha f - y|| by step_rate a step
 * step_rate        1 - step alpha^2 s^2 / 8
 * certified        1 if alpha >= alpha_required with a beta that is proven, and s > 0
 * certified_chizat 1 if alpha > alpha_chizat with a beta that is proven, and f_theta_0 is small enough
 * proven           1 if beta is proven: 0 then means that f is linear in theta
 * reserved         0
 * Where something is not certified what it guarantees is computed all the same, but output_gap and parameter_gap are infinite where
 * beta is not known, and where s is 0 it is infinite. */
typedef struct ntk_certificate {
    size_t struct_size;
    double sigma_min;
    double sigma_max;
    double beta;
    double beta_observed;
    double initial_loss;
    double alpha_required;
    double alpha_sharp;
    double alpha_observed;
    double alpha_chizat;
    double rate;
    double radius;
    double ball;
    double output_gap;
    double parameter_gap;
    double step;
    double step_rate;
    int32_t certified;
    int32_t certified_chizat;
    int32_t proven;
    int32_t reserved;
} ntk_certificate;

/* Columns of ntk_model_compare's table, a row for each time t.
 * TIME            t
 * LOSS            L(alpha f_theta_t)
 * LOSS_LINEAR     that of the linearized flow
 * OUTPUT_GAP      ||alpha f_theta_t - alpha f_lin,t||, Euclidean norm over all samples and outputs
 * MOVEMENT        ||theta_t - theta_0||
 * PARAMETER_GAP   ||theta_t - theta_lin,t||
 * LAMBDA_MIN      the smallest eigenvalue of J_t J_t^T
 * BOUND           Lemma 1 with Q_t = alpha^2 J_t J_t^T: L0 exp(-2 alpha^2 t min_s lambda_min(J_s J_s^T)), the minimum of those measured
 *                 until t
 * BOUND_INTEGRAL  the sharper L0 exp(-2 alpha^2 int_0^t lambda_min(J_s J_s^T) ds), by the trapezoidal rule
 * BOUND_LINEAR    Lemma 1 with constant Q: L0 exp(-2 alpha^2 t lambda_min(J_0 J_0^T)), of LOSS_LINEAR
 * MOVEMENT_LINEAR ||theta_lin,t - theta_0|| */
enum {
    NTK_COMPARE_TIME = 0,
    NTK_COMPARE_LOSS = 1,
    NTK_COMPARE_LOSS_LINEAR = 2,
    NTK_COMPARE_OUTPUT_GAP = 3,
    NTK_COMPARE_MOVEMENT = 4,
    NTK_COMPARE_PARAMETER_GAP = 5,
    NTK_COMPARE_LAMBDA_MIN = 6,
    NTK_COMPARE_BOUND = 7,
    NTK_COMPARE_BOUND_INTEGRAL = 8,
    NTK_COMPARE_BOUND_LINEAR = 9,
    NTK_COMPARE_MOVEMENT_LINEAR = 10,
    NTK_COMPARE_COLUMNS = 11
};

/* What ntk_model_trajectory writes at each time; NULL: not wanted.
 * table       times x NTK_COMPARE_COLUMNS, as of ntk_model_compare
 * outputs     times x (n outputs), alpha f_theta_t, sample by sample
 * linear      times x (n outputs), alpha f_lin,t
 * gaps        times x (n outputs), their difference, to the accuracy of the flow and not of a difference
 * parameters  times x p, theta_t */
typedef struct ntk_trajectory {
    size_t struct_size;
    const ntk_matrix *table;
    const ntk_matrix *outputs;
    const ntk_matrix *linear;
    const ntk_matrix *gaps;
    const ntk_matrix *parameters;
} ntk_trajectory;

/* What the flow took: steps accepted, steps rejected, and how often J_t^T u was computed. */
typedef struct ntk_trajectory_report {
    size_t struct_size;
    int64_t steps;
    int64_t rejected;
    int64_t evaluations;
} ntk_trajectory_report;

/* Makes a model of the caller's functions.
 * NTK_ERR_NULL    context, model or functions is NULL
 * NTK_ERR_OPTION  forward is NULL, there is neither jacobian nor both of jvp and vjp, or a size is below 1 */
NTK_API ntk_status ntk_model_create(ntk_context *context, ntk_model **model,
                                    const ntk_model_functions *functions) NTK_MUST_CHECK;

/* Makes a model of a network's architecture and activation.  theta is all of its parameters, in the layout of
 * ntk_network_parameters; those of part are differentiated, in the network's parameterization, and p is their number: J is
 * (n outputs) x ntk_network_size(network, part), and the flow leaves the other parameters as they are.
 * NTK_ERR_OPTION  part is unknown */
NTK_API ntk_status ntk_model_from_network(ntk_context *context, ntk_model **model, const ntk_network *network,
                                          int32_t part) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_model_destroy(ntk_model *model);

/* How the calls that follow work; NULL: the defaults.  Needs the model for itself.
 * NTK_ERR_OPTION  an option is outside its domain; the message names it */
NTK_API ntk_status ntk_model_set_options(ntk_model *model, const ntk_model_options *options) NTK_MUST_CHECK;

/* Bytes that a call of a model would hold at most, for n samples.  What callbacks hold is not counted.  Where the context's budget has
 * not so many, calls get by without the Jacobian, if it has room for what products J v and J^T u take.
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_model_memory(const ntk_model *model, uint64_t *bytes, int64_t n) NTK_MUST_CHECK;

/* The extreme singular values of J_theta(x).   theta  all parameters x 1   x  n x d
 * NTK_NOTE_NOT_CONVERGED  Lanczos stopped at max_iterations
 * NTK_ERR_CALLBACK   as of ntk_model_functions
 * NTK_ERR_CANCELLED  spectrum is untouched */
NTK_API ntk_status ntk_model_spectrum(const ntk_model *model, ntk_jacobian_spectrum *spectrum, const ntk_matrix *theta,
                                      const ntk_matrix *x) NTK_MUST_CHECK;

/* The certificate of lazy training from theta0 at scale alpha.   theta0  all parameters x 1   x  n x d   y  n x outputs
 * alpha  finite, > 0
 * NTK_NOTE_NOT_CONVERGED  of the spectrum: nothing is certified then
 * errors as of ntk_model_spectrum */
NTK_API ntk_status ntk_model_certify(const ntk_model *model, ntk_certificate *certificate, const ntk_matrix *theta0,
                                     const ntk_matrix *x, const ntk_matrix *y, double alpha) NTK_MUST_CHECK;

/* Gradient flow of L(alpha f_theta) from theta0 beside that of L(alpha f_lin), at times t.
 * The linearized flow is in closed form (ntk_flow), by the eigenvectors of J_0 J_0^T.  What is integrated (Dormand and Prince's pair of
 * orders 5 and 4, with error control on outputs and parameters) is the difference of the two flows, of alpha (theta - theta_0) in
 * alpha^2 t, and of the outputs with it: the gaps are right to tolerance, down to about 1e-14 ||alpha f_theta_0 - y||, however small they
 * are beside theta.  Where f is linear they are 0.
 * The pair is explicit: a flow until t takes at least alpha^2 sigma_max^2 t / 3.3 steps.
 * table   times x NTK_COMPARE_COLUMNS   theta0  all parameters x 1   x  n x d   y  n x outputs
 * times   any number x 1: finite, >= 0, none before the one above it
 * alpha   finite, > 0
 * NTK_ERR_UNSUPPORTED  max_steps do not reach the last time, or steps have become too small for the numbers: the message says where
 *                      and how stiff J_0 J_0^T is; the rows of the times until there are written
 * NTK_ERR_CANCELLED    likewise
 * other errors as of ntk_model_spectrum */
NTK_API ntk_status ntk_model_compare(const ntk_model *model, const ntk_matrix *table, const ntk_matrix *theta0,
                                     const ntk_matrix *x, const ntk_matrix *y, const ntk_matrix *times,
                                     double alpha) NTK_MUST_CHECK;

/* The same flows, and more of them.  report may be NULL. */
NTK_API ntk_status ntk_model_trajectory(const ntk_model *model, ntk_trajectory_report *report, const ntk_trajectory *trajectory,
                                        const ntk_matrix *theta0, const ntk_matrix *x, const ntk_matrix *y,
                                        const ntk_matrix *times, double alpha) NTK_MUST_CHECK;

NTK_END

#endif
