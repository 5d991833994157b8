/* Theorem 1 as an instrument: functions and kernels on the sphere by degree, and what kernel ridge regression learns of a target from
 * n samples.  Samples x are uniform on the sphere of radius sqrt(d), t = <x, x'> / d, and functions of t are sums of Gegenbauer
 * polynomials Q_k of degrees k = 0, 1, ..., of which degree k has B(d, k) functions of x.  d >= 1: of d = 1, whose sphere is two
 * points, degrees from 2 on have none.  Calls are thread-safe; arithmetic is in double precision. */
#ifndef NTK_THEORY_H
#define NTK_THEORY_H

#include <ntk/kernel.h>

NTK_BEGIN

/* values[i][k] = Q_k(t_i): orthogonal by the law of t, Q_k(1) = 1.  Chebyshev's polynomials of d = 2, Legendre's of d = 3; of d = 1 they
 * are 1, t, and 0 from degree 2 on.  Within [-1, 1] errors are some 1e-16 k.   values  n x (degrees)   t  n x 1, any numbers
 * NTK_ERR_SHAPE     a dimension does not fit, or d is less than 1
 * NTK_ERR_VALUE     t holds NaN or infinity
 * NTK_ERR_OVERFLOW  a value, outside of [-1, 1], is too large for values' dtype; values is unspecified */
NTK_API ntk_status ntk_theory_gegenbauer(const ntk_matrix *values, const ntk_matrix *t, int64_t d) NTK_MUST_CHECK;

/* logs[k] = log B(d, k), B(d, k) = (2 k + d - 2) / k times (k + d - 3 choose k - 1): about d^k / k!.  -infinity where B = 0.
 * logs  degrees x 1
 * NTK_ERR_SHAPE  logs has several columns, or d is less than 1 */
NTK_API ntk_status ntk_theory_multiplicities(const ntk_matrix *logs, int64_t d) NTK_MUST_CHECK;

/* energies[k] = |P_k f|^2, the part of E f(x)^2 that lies in degree k, of f(x) = sigma(<w, x>) with |w| = 1; it does not depend on w.
 * sqrt(energies[k]) has an error of at most some 1e-15 of |f|, or the activation's accuracy if that is more, so that energies have
 * twice as many digits where they are small.
 * energies  degrees x 1, at most 2048 rows
 * NTK_ERR_SHAPE        a dimension does not fit, or d is less than 1
 * NTK_ERR_CALLBACK     a user's function gave NaN or infinity
 * NTK_ERR_OVERFLOW     f, or an energy, is too large to be represented
 * NTK_ERR_UNSUPPORTED  the function varies too fast for its accuracy, where that is found out */
NTK_API ntk_status ntk_theory_target_energies(ntk_context *context, const ntk_matrix *energies,
                                              const ntk_activation *activation, int64_t d) NTK_MUST_CHECK;

/* Columns of levels. */
enum { NTK_LEVEL_EIGENVALUE = 0, NTK_LEVEL_MULTIPLICITY = 1, NTK_LEVEL_COLUMNS = 2 };

/* levels[k] = (xi_k, B(d, k)): the kernel is K(x, x') = sum_k B(d, k) xi_k Q_k(t), and xi_k its eigenvalue on functions of degree k.
 * Of infinite kernels, kernels of given levels, and what is made of them by sums, products, cosines and constants.  Given levels are
 * given back.  Of two ways the one with the lesser error is taken, degree by degree:
 *   integrals over the angle        B xi_k to some 1e-15 sqrt(B) K(x, x), and the kernel's own accuracy
 *   power series with terms >= 0    to some 1e-14 of xi_k, to what the error of sigma's coefficients makes of it where they have no
 *                                   closed form (<ntk/activation.h>: of c, 1e-12 of sigma's norm), and to what the terms from degree
 *                                   2048 on may add; of one hidden layer, without a large bias, d >= 2
 * A level that the error does not tell from 0 is 0: kernels of several layers, and those made of others, have none where B is of
 * the order 1e25.
 * levels  degrees x NTK_LEVEL_COLUMNS, at most 2048 rows
 * NTK_ERR_SHAPE        a dimension does not fit, or the kernel does not take d inputs
 * NTK_ERR_OVERFLOW     B(d, k) of the last degree, or K(x, x), is too large for levels' dtype: ntk_theory_multiplicities has its log
 * NTK_ERR_UNSUPPORTED  the kernel is no function of t: finite, by Monte Carlo, of the caller's, or with scales for each input
 * NTK_ERR_CALLBACK     a user's function gave NaN or infinity
 * NTK_ERR_CANCELLED    the progress callback asked to stop */
NTK_API ntk_status ntk_theory_kernel_levels(const ntk_kernel *kernel, const ntk_matrix *levels, int64_t d) NTK_MUST_CHECK;

/* d              of the sphere; at least 1, must be given
 * total          |f|^2; 0: the sum of the energies that are given, otherwise at least that: degrees that are not given hold the rest,
 *                which is not learned
 * lambda         of K + lambda I, >= 0
 * noise_variance of y = f(x) + noise, >= 0 */
typedef struct ntk_curve_options {
    size_t struct_size;
    int64_t d;
    double total;
    double lambda;
    double noise_variance;
} ntk_curve_options;

/* Columns of a curve.
 * TEST      E (f^ - f)^2 on fresh samples, without their noise: BIAS + VARIANCE
 * TRAIN     mean squared residual on the samples, with their noise
 * KAPPA     effective ridge: a degree is learned by the share xi_k / (xi_k + kappa)
 * BIAS      sum of what is not learned, as kappa says
 * VARIANCE  what a draw of samples adds, and the noise
 * BLIND     the energy in degrees which the kernel has not at all (xi_k = 0), as the odd ones of ReLU from 3 on: no n learns it.  A
 *           warning where it is not small beside TEST */
enum {
    NTK_CURVE_TEST = 0,
    NTK_CURVE_TRAIN = 1,
    NTK_CURVE_KAPPA = 2,
    NTK_CURVE_BIAS = 3,
    NTK_CURVE_VARIANCE = 4,
    NTK_CURVE_BLIND = 5,
    NTK_CURVE_COLUMNS = 6
};

/* What kernel ridge regression without intercept is expected to reach of a target with these energies, from n samples:
 *   n = sum_k B xi_k / (xi_k + kappa) + delta / kappa,  delta = lambda + K(x, x) - sum_k B xi_k,
 * sums over the degrees that are given (Canatar, Bordelon and Pehlevan 2021; Simon et al. 2021).  Within some 5 % of the mean over
 * draws; single draws are off by up to 30 % where degree 4 is being learned.  Between d^l and d^(l + 1) samples it is near the energy
 * of degrees above l: Theorem 1's staircase.  Where lambda = 0, the kernel has finite rank and n is that rank, TEST is infinite.
 * curve     rows of sizes x NTK_CURVE_COLUMNS
 * energies  degrees x 1, >= 0, at most 2048 rows;  sizes  any number x 1: n, > 0
 * NTK_ERR_NULL    options is NULL
 * NTK_ERR_OPTION  an option is outside its domain; the message names it
 * NTK_ERR_VALUE   an energy is negative, a size is not positive, or a number is NaN or infinite
 * NTK_ERR_CANCELLED  curve is unspecified
 * Others as of ntk_theory_kernel_levels, but that levels beyond B = 1e300 count as not learned. */
NTK_API ntk_status ntk_theory_learning_curve(const ntk_kernel *kernel, const ntk_matrix *curve, const ntk_matrix *energies,
                                             const ntk_matrix *sizes, const ntk_curve_options *options) NTK_MUST_CHECK;

/* *n = how many samples that curve takes to TEST = error: first doubled from 1 until it is reached, then by bisection between, to
 * 1e-12 of n.
 * error  > 0, an absolute one
 * NTK_NOTE_AT_BRACKET  not with 1e300 samples: *n is infinity
 * Errors as of ntk_theory_learning_curve; NTK_ERR_VALUE: error is not positive, too. */
NTK_API ntk_status ntk_theory_sample_cost(const ntk_kernel *kernel, double *n, const ntk_matrix *energies, double error,
                                          const ntk_curve_options *options) NTK_MUST_CHECK;

NTK_END

#endif
