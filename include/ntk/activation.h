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
 * EXP         exp(u) */
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
};

/* sigma(u) = scale s(frequency u), s of the kind; all finite.
 * slope      of LEAKY_RELU for u < 0; 0 means 0.01; for the other kinds it must be 0
 * scale      0 means 1
 * frequency  0 means 1
 * phase      of SIN and COS, in radians: scale sin(frequency u + phase); for the other kinds it must be 0.  With scale sqrt(2),
 *            frequency sqrt(2 g) and phase pi / 4, SIN's K^RF is the Gaussian kernel exp(-g |w x - w x'|^2), that is
 *            exp(-g weight_scale^2 |x - x'|^2 / d) */
typedef struct ntk_activation_options {
    size_t struct_size;
    double slope;
    double scale;
    double frequency;
    double phase;
} ntk_activation_options;

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
 * error_bound  every member's error is at most this times its value, plus this times the size of its terms */
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
 * NTK_ERR_OPTION  kind is unknown, an option is not finite, or slope or phase is set for a kind that has none */
NTK_API ntk_status ntk_activation_create(ntk_context *context, ntk_activation **activation, int32_t kind,
                                         const ntk_activation_options *options) NTK_MUST_CHECK;

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
 * NTK_ERR_OVERFLOW  kappa is too large to be represented (EXP)
 * Closed forms: Cho and Saul 2009 (ReLU family), Williams 1997 (erf), Tsuchida et al. 2021 (GELU). */
NTK_API ntk_status ntk_activation_moments(const ntk_activation *activation, ntk_moments *moments, double q11, double q22,
                                          double q12) NTK_MUST_CHECK;

NTK_END

#endif
