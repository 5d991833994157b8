/* Activations sigma: values, derivatives, and the Gaussian moments from which every infinite-width kernel is made. */
#ifndef NTK_ACTIVATION_H
#define NTK_ACTIVATION_H

#include <ntk/context.h>
#include <ntk/matrix.h>

NTK_BEGIN

/* An activation sigma(u).  Immutable: every call is safe from many threads at once. */
typedef struct ntk_activation ntk_activation;

/* Kinds.  Values are frozen.
 * RELU        max(0, u); sigma'(0) = 0
 * LEAKY_RELU  u for u > 0, slope * u otherwise; sigma'(0) = slope
 * ABS         |u|; sigma'(0) = 0
 * STEP        1 for u > 0, 0 otherwise; sigma' = 0 everywhere, by convention, so that its NT kernel is 0
 * SIGN        -1, 0 or 1; sigma' = 0 everywhere, likewise
 * IDENTITY    u
 * ERF         erf(u)
 * GELU        u Phi(u), Phi the normal distribution function
 * SIN, COS    sin(u + phase), cos(u + phase)
 * EXP         exp(u)
 * MONOMIAL    u^degree
 * HERMITE     He_degree(u) / sqrt(degree!), the probabilists' Hermite polynomial of unit norm
 * TANH        tanh(u)
 * SIGMOID     1 / (1 + exp(-u))
 * SOFTPLUS    log(1 + exp(u))
 * SILU        u / (1 + exp(-u)) */
enum {
    NTK_RELU = 1,
    NTK_LEAKY_RELU = 2,
    NTK_ABS = 3,
    NTK_STEP = 4,
    NTK_SIGN = 5,
    NTK_IDENTITY = 6,
    NTK_ERF = 7,
    NTK_GELU = 8,
    NTK_SIN = 9,
    NTK_COS = 10,
    NTK_EXP = 11,
    NTK_MONOMIAL = 12,
    NTK_HERMITE = 13,
    NTK_TANH = 14,
    NTK_SIGMOID = 15,
    NTK_SOFTPLUS = 16,
    NTK_SILU = 17,
};

/* sigma(u) = scale s(frequency u + shift) + offset, s of the kind; all finite.
 * slope      of LEAKY_RELU for u < 0; 0 means 0.01; for the other kinds it must be 0
 * scale      0 means 1
 * frequency  0 means 1
 * phase      of SIN and COS, in radians: scale sin(frequency u + phase); for the other kinds it must be 0.  With scale sqrt(2),
 *            frequency sqrt(2 g) and phase pi / 4, SIN's K^RF is the Gaussian kernel exp(-g |w x - w x'|^2), that is
 *            exp(-g weight_scale^2 |x - x'|^2 / d)
 * shift      0: none.  A shift gives the usual activations all Hermite degrees, of which they lack the odd or the even ones
 *            from 2 or 3 on (docs/guide.md)
 * offset     added to sigma; it has no part in sigma'
 * accuracy   asked of moments and coefficients that have no closed form, relative to the size of their terms; 0 means 1e-12
 * degree     of MONOMIAL and HERMITE, 1 to 64; 0 means 2; for the other kinds it must be 0
 * reserved   must be 0 */
typedef struct ntk_activation_options {
    size_t struct_size;
    double slope;
    double scale;
    double frequency;
    double phase;
    double shift;
    double offset;
    double accuracy;
    int32_t degree;
    int32_t reserved;
} ntk_activation_options;

/* An activation of the caller's: continuous, with a derivative that is continuous but for kinks, and E[sigma(z)^2] finite for
 * Gaussian z.  The callbacks may run concurrently, on any thread that works for the library; they write out[i] for u[i],
 * i < count, and must not fail.  Where they give NaN or infinity, moments and coefficients are refused with NTK_ERR_CALLBACK.
 * value              sigma
 * derivative         sigma'; at kinks any value between those beside it
 * second_derivative  sigma'', between kinks; may be NULL: a finite K^NT has then no gradient, and the moments' derivatives are had
 *                    by integration by parts, and lose digits like 1e-16 / sqrt(q11); below q11 = 1e-8 they are those at 1e-8,
 *                    and kinked functions have none where u and v are parallel: +-infinity
 * kinks, kink_count  where sigma' jumps, or sigma'' does, in increasing order; copied.  One that is not listed costs accuracy, which may be
 *                    found out (NTK_ERR_UNSUPPORTED) or not
 * user               the callbacks' first argument
 * release_user       NULL, or called once, when the activation and all that was made with it are destroyed; not called where
 *                    ntk_activation_create_user fails
 * accuracy           as in ntk_activation_options */
typedef struct ntk_activation_functions {
    size_t struct_size;
    void (*value)(void *user, double *out, const double *u, int64_t count);
    void (*derivative)(void *user, double *out, const double *u, int64_t count);
    void (*second_derivative)(void *user, double *out, const double *u, int64_t count);
    const double *kinks;
    int64_t kink_count;
    void *user;
    void (*release_user)(void *user);
    double accuracy;
} ntk_activation_functions;

/* For (u, v) Gaussian, centred, with variances q11, q22 and covariance q12:
 * kappa        E[sigma(u) sigma(v)]
 * kdot         E[sigma'(u) sigma'(v)]
 * dkappa_dq12  kdot, but for STEP and SIGN, where it is the derivative of kappa all the same
 * dkappa_dq11  E[sigma''(u) sigma(v)] / 2
 * dkdot_dq12   E[sigma''(u) sigma''(v)]
 * dkdot_dq11   E[sigma'''(u) sigma'(v)] / 2
 * Derivatives in q22 follow by exchanging q11 and q22.  Where u and v are parallel the derivatives of kinked activations are
 * infinite (dkdot_dq12 of ReLU, say); there they are +-infinity, never NaN.  At q11 = 0 or q22 = 0 they are those of math
 * conventions: dkappa_dq11 = dkdot_dq11 = 0 for the kinked activations.
 * error_bound  every member's error is at most this times its value, plus this times the size of its terms.  Without a closed
 *              form: what a quadrature of half the nodes differs by, and the known rest of a series; the size of kappa's terms is
 *              sqrt(E[sigma(u)^2] E[sigma(v)^2]), and so on */
typedef struct ntk_moments {
    size_t struct_size;
    double kappa;
    double kdot;
    double dkappa_dq12;
    double dkappa_dq11;
    double dkdot_dq12;
    double dkdot_dq11;
    double error_bound;
} ntk_moments;

/* Makes an activation.  options may be NULL.
 * NTK_ERR_OPTION  kind is unknown, an option is not finite, slope, phase or degree is set for a kind that has none, degree or
 *                 accuracy is out of its range */
NTK_API ntk_status ntk_activation_create(ntk_context *context, ntk_activation **activation, int32_t kind,
                                         const ntk_activation_options *options) NTK_MUST_CHECK;

/* Makes an activation of the caller's functions, which is used like any other: in networks, features, and moments.
 * NTK_ERR_NULL    functions is NULL
 * NTK_ERR_OPTION  value or derivative is NULL, kinks are not finite or do not increase, accuracy is out of its range */
NTK_API ntk_status ntk_activation_create_user(ntk_context *context, ntk_activation **activation,
                                              const ntk_activation_functions *functions) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_activation_destroy(ntk_activation *activation);

/* out[i][j] = sigma(u[i][j]).  Same shape and dtype.  NaN gives NaN, infinities their limits. */
NTK_API ntk_status ntk_activation_value(const ntk_activation *activation, const ntk_matrix *out,
                                        const ntk_matrix *u) NTK_MUST_CHECK;

/* out[i][j] = sigma'(u[i][j]), with the conventions at kinks above.  Same shape and dtype. */
NTK_API ntk_status ntk_activation_derivative(const ntk_activation *activation, const ntk_matrix *out,
                                             const ntk_matrix *u) NTK_MUST_CHECK;

/* The moments at (q11, q22, q12).
 * NTK_ERR_VALUE  q11 or q22 is negative or not finite, or q12^2 exceeds q11 q22 by more than rounding
 * NTK_ERR_OVERFLOW  kappa is too large to be represented (EXP, MONOMIAL, HERMITE)
 * NTK_ERR_UNSUPPORTED  the accuracy that was asked for cannot be reached: for TANH, SIGMOID, SOFTPLUS, SILU and shifted activations
 *                   with parallel u and v from variances of about 100 on, and for user functions that vary too fast
 * NTK_ERR_CALLBACK  a user's function gave NaN or infinity
 * Closed forms: Cho and Saul 2009 (ReLU family), Williams 1997 (erf), Tsuchida et al. 2021 (GELU). */
NTK_API ntk_status ntk_activation_moments(const ntk_activation *activation, ntk_moments *moments, double q11, double q22,
                                          double q12) NTK_MUST_CHECK;

/* coefficients[k] = E[sigma(scale z) h_k(z)], z standard normal, h_k = He_k / sqrt(k!), for k < coefficients.rows, at most 2048.
 * coefficients  rows x 1, f64 or f32
 * NTK_ERR_VALUE        scale is not finite
 * NTK_ERR_SHAPE        coefficients has several columns, or more than 2048 rows
 * NTK_ERR_OVERFLOW, NTK_ERR_UNSUPPORTED, NTK_ERR_CALLBACK  as of ntk_activation_moments */
NTK_API ntk_status ntk_activation_hermite(const ntk_activation *activation, const ntk_matrix *coefficients,
                                          double scale) NTK_MUST_CHECK;

NTK_END

#endif
