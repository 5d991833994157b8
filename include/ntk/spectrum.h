/* The spectrum of a kernel matrix: its eigenvalues, targets by its eigenvectors, and what learning theory makes of them, the learning
 * curve of a data set among it.  Arithmetic is in double precision. */
#ifndef NTK_SPECTRUM_H
#define NTK_SPECTRUM_H

#include <ntk/gram.h>
#include <ntk/theory.h>

NTK_BEGIN

/* K = sum_k w_k u_k u_k^T of n samples: the eigenvalues w_1 >= w_2 >= ..., and the coefficients c_k = u_k^T y of targets.  With an intercept
 * it is that of H K H and H y, H = I - 1 1^T / n, on what is orthogonal to 1: n - 1 modes, otherwise n.  As n grows w_k / n tends to the
 * kernel's eigenvalue xi_k by the samples' law, and c_k^2 / n to the target's energy in its eigenfunction, for k far below n.
 * Eigenvalues that are negative by rounding, or at most n unit roundoffs of the gram's dtype of the largest, or of the largest K(x, x),
 * count as 0.
 * Immutable: safe from many threads at once. */
typedef struct ntk_spectrum ntk_spectrum;

/* intercept  non-zero: as above
 * light      non-zero: keep no eigenvectors, which only NTK_PREDICT_LEAVE_ONE_OUT needs: n (t + 2) numbers instead of n^2 more */
typedef struct ntk_spectrum_options {
    size_t struct_size;
    int32_t intercept;
    int32_t light;
} ntk_spectrum_options;

/* Bytes that ntk_spectrum_create would hold at its peak beside the gram, of n samples and t targets (0: y is NULL).  options may be NULL.
 * NTK_ERR_SHAPE     n is less than 1, or t negative
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_spectrum_memory(const ntk_context *context, uint64_t *bytes, int64_t n, int64_t t,
                                       const ntk_spectrum_options *options) NTK_MUST_CHECK;

/* Decomposes a copy of gram, FULL or PACKED: about 10 n^3 operations, and 3 n^2 doubles for a while.   y  n x t, in the order of the
 * gram's samples, or NULL: calls that want targets then end with NTK_ERR_STATE.   options may be NULL.
 * It can't be stopped while LAPACK is at work.
 * NTK_ERR_OPTION       an option is outside its domain, or there is an intercept and but one sample
 * NTK_ERR_VALUE        y holds NaN or infinity
 * NTK_ERR_OVERFLOW     a coefficient is too large to be represented
 * NTK_ERR_UNSUPPORTED  gram is IMPLICIT
 * NTK_ERR_MEMORY       the budget or the allocator forbids it */
NTK_API ntk_status ntk_spectrum_create(ntk_context *context, ntk_spectrum **spectrum, const ntk_gram *gram, const ntk_matrix *y,
                                       const ntk_spectrum_options *options) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_spectrum_destroy(ntk_spectrum *spectrum);

/* n, or n - 1 with an intercept; -1 if spectrum is NULL. */
NTK_API int64_t ntk_spectrum_modes(const ntk_spectrum *spectrum);

/* --- what it holds; NTK_ERR_OVERFLOW: a number is too large for the output's dtype, and the output is unspecified --- */

/* values  modes x 1: w_1, w_2, ... */
NTK_API ntk_status ntk_spectrum_values(const ntk_spectrum *spectrum, const ntk_matrix *values) NTK_MUST_CHECK;

/* coefficients  modes x t: c_k.  Their signs are arbitrary, and so are those of one eigenvalue among themselves. */
NTK_API ntk_status ntk_spectrum_coefficients(const ntk_spectrum *spectrum, const ntk_matrix *coefficients) NTK_MUST_CHECK;

/* tails[k] = (w_(k+1) + w_(k+2) + ...) / n, modes x 1: what the modes beyond the first k add to the ridge of a model that learns these; from
 * trace / n of k = 0 on it falls. */
NTK_API ntk_status ntk_spectrum_tails(const ntk_spectrum *spectrum, const ntk_matrix *tails) NTK_MUST_CHECK;

/* --- what follows from it; numbers too large for the output's dtype are infinite there, and after NTK_ERR_CANCELLED dimensions
 * and alignments are unspecified --- */

/* shares[k] = (c_1^2 + ... + c_(k+1)^2) / |y|^2, the cumulative alignment: how much of the target lies in the first modes.
 * shares  modes x t, or modes x 1, of all targets together;  NaN where |y|^2 is 0, or too large */
NTK_API ntk_status ntk_spectrum_cumulative(const ntk_spectrum *spectrum, const ntk_matrix *shares) NTK_MUST_CHECK;

/* Columns of dimensions.
 * LAMBDA        as given
 * FIRST         effective dimension, sum w / (w + lambda): a ridge regression's degrees of freedom, less those of its intercept
 * SECOND        sum (w / (w + lambda))^2
 * TAIL          tails[floor(FIRST)], 0 beyond the last
 * KAPPA         effective ridge, 1 / sum 1 / (w + lambda): what a kernel's eigenvalue xi is to be compared with, xi / (xi + kappa) of
 *               its eigenfunction being learned from these n samples (the signal capture threshold of Jacot et al. 2020)
 * SELF_INDUCED  FIRST times KAPPA: modes times kappa is lambda + this, what the modes that are not learned do as if it were a ridge */
enum {
    NTK_DIMENSION_LAMBDA = 0,
    NTK_DIMENSION_FIRST = 1,
    NTK_DIMENSION_SECOND = 2,
    NTK_DIMENSION_TAIL = 3,
    NTK_DIMENSION_KAPPA = 4,
    NTK_DIMENSION_SELF_INDUCED = 5,
    NTK_DIMENSION_COLUMNS = 6
};

/* table  rows of lambdas x NTK_DIMENSION_COLUMNS   lambdas  any number x 1, >= 0, of K + lambda I
 * NTK_ERR_VALUE  one of lambdas is negative, NaN or infinite */
NTK_API ntk_status ntk_spectrum_dimensions(const ntk_spectrum *spectrum, const ntk_matrix *table,
                                           const ntk_matrix *lambdas) NTK_MUST_CHECK;

/* Columns of alignments.
 * PLAIN    y^T K y / (|K|_F |y|^2) (Cristianini et al. 2001)
 * CENTRED  of H K H and H y (Cortes, Mohri and Rostamizadeh 2012); the same with an intercept */
enum { NTK_ALIGNMENT_PLAIN = 0, NTK_ALIGNMENT_CENTRED = 1, NTK_ALIGNMENT_COLUMNS = 2 };

/* Kernel-target alignment, in [0, 1].
 * table  t x NTK_ALIGNMENT_COLUMNS, or 1 x NTK_ALIGNMENT_COLUMNS, of all targets together: <K, Y Y^T> / (|K|_F |Y Y^T|_F).  NaN where K or y
 *        is 0, and of no meaning where rounding is all that is left of H y */
NTK_API ntk_status ntk_spectrum_alignment(const ntk_spectrum *spectrum, const ntk_matrix *table) NTK_MUST_CHECK;

/* first, last     modes of the fit, counted from 1; 0: 4, and a quarter of the modes, beyond which a sample's eigenvalues are far from the
 *                 kernel's.  The fit ends before eigenvalues that count as 0
 * target          counted from 1; 0: all together
 * noise_variance  of y, >= 0, which each c^2 holds besides the target */
typedef struct ntk_exponents_options {
    size_t struct_size;
    int64_t first;
    int64_t last;
    int64_t target;
    double noise_variance;
} ntk_exponents_options;

/* Power laws w_k ~ k^-capacity and c_k^2 ~ k^-(1 + decay), so that the tail of c^2 goes as k^-decay: straight lines by least squares through
 * the logarithms, each a mean over modes within a factor of sqrt 2, which count alike.
 * first, last     modes of the fit, counted from 1
 * bins            points of the line of w
 * target_bins     and of that of c^2: those with more than noise; 0 without targets, and decay, source and rate then NaN, as with less
 *                 than 3
 * capacity, decay and their standard errors, by the points' scatter about the line: of a curve that is none they say little, and
 * capacity_low, capacity_high, decay_low, decay_high  are the slopes of the lower and the upper half of the points: they differ by much more
 *                 than the errors where there is no power law
 * source, source_error  r = decay / (2 capacity)
 * rate            2 capacity min(r, 1): the test error without noise, and lambda small, falls as n^-rate (Cui et al. 2021); with noise and the
 *                 best lambda as n^-(rate / (1 + rate)) */
typedef struct ntk_exponents {
    size_t struct_size;
    int64_t first;
    int64_t last;
    int64_t bins;
    int64_t target_bins;
    double capacity;
    double capacity_error;
    double capacity_low;
    double capacity_high;
    double decay;
    double decay_error;
    double decay_low;
    double decay_high;
    double source;
    double source_error;
    double rate;
} ntk_exponents;

/* exponents->struct_size must be set (NTK_INIT).   options may be NULL.
 * NTK_ERR_OPTION  an option is outside its domain, or the range has less than 3 points: the message says so */
NTK_API ntk_status ntk_spectrum_exponents(const ntk_spectrum *spectrum, ntk_exponents *exponents,
                                          const ntk_exponents_options *options) NTK_MUST_CHECK;

/* How a curve is found from a sample of n0.
 * SUBSAMPLE   n samples and lambda have the kappa that the n0 samples have with another lambda_0, and what the theory asks of the kernel's own
 *             eigenvalues and target at that kappa is had from the sample's: with s = 1 / (w + lambda_0),
 *               (lambda_0 - lambda) sum s = n0 - n     kappa = 1 / sum s     bias + noise = sum c^2 s^2 / sum s^2
 *               E (f^ - y)^2 = (bias + noise) n / (n - n0 + (sum s)^2 / sum s^2)
 *             No sum lacks what n0 samples don't show; at n = n0 it is generalized cross-validation (Jacot et al. 2020; Wei, Hu and Steinhardt
 *             2022; Patil and Du 2023 on subsamples and ridges).  Samples of a sphere: within 2 % of the theory
 * LEAVE_ONE_OUT  the same, but bias + noise from leave-one-out errors at lambda_0, the mean of which takes the place of generalized
 *             cross-validation: for data some of whose samples lie apart, where that is some 10 % too low when lambda is small.  Within 5 % of
 *             the mean over subsets of UCI's concrete, some 7 % at worst.  n^2 operations for each size
 * POPULATION  the theory of ntk_theory_learning_curve with w_k / n0 and (c_k^2 - noise_variance) / n0 in place of the kernel's levels and
 *             the target's energies, each once: the sample as if it were the population.  Errors come out too small by a part of the
 *             order of n / n0: a tenth at a twelfth of the samples, a third at a third */
enum { NTK_PREDICT_LEAVE_ONE_OUT = 0, NTK_PREDICT_SUBSAMPLE = 1, NTK_PREDICT_POPULATION = 2 };

/* lambda          of K + lambda I, >= 0
 * noise_variance  that is known to be in y, of each target, >= 0: TEST is the error without it, and its part of VARIANCE is there.  0: what
 *                 noise there is counts as target, and TEST is the error against new y's, noise and all
 * method          NTK_PREDICT_...
 * reserved        0 */
typedef struct ntk_spectrum_curve_options {
    size_t struct_size;
    double lambda;
    double noise_variance;
    int32_t method;
    int32_t reserved;
} ntk_spectrum_curve_options;

/* What kernel ridge regression from n of samples like these is expected to reach, with an intercept if the spectrum has one.   Mean over draws.
 * curve  rows of sizes x NTK_CURVE_COLUMNS, all targets' errors together (sums), or rows of sizes x (t NTK_CURVE_COLUMNS), target by target
 * sizes  any number x 1: n, up to the spectrum's samples; above 0, or 1 with an intercept
 * options may be NULL.
 * NTK_ERR_OPTION  an option is outside its domain; the message names it
 * NTK_ERR_VALUE   a size is out of its range, or NaN
 * NTK_ERR_STATE   the spectrum has no targets, or is light and the method LEAVE_ONE_OUT */
NTK_API ntk_status ntk_spectrum_curve(const ntk_spectrum *spectrum, const ntk_matrix *curve, const ntk_matrix *sizes,
                                      const ntk_spectrum_curve_options *options) NTK_MUST_CHECK;

NTK_END

#endif
