/* Kernel functions K(x, x'). */
#ifndef NTK_KERNEL_H
#define NTK_KERNEL_H

#include <ntk/features.h>

NTK_BEGIN

/* A kernel K(x, x').  Immutable: every reading call is safe from many threads at once.
 * Arithmetic is that of the output's dtype; inputs are converted to it.  Angles between nearly parallel samples are taken from
 * their difference, not from their inner product, so that they are exact to rounding however close the samples. */
typedef struct ntk_kernel ntk_kernel;

/* The kernel of an infinitely wide fully-connected network with L hidden layers and activation sigma.  With
 *   S_1(x, x') = weight_scale^2 <x, x'> / d + bias_scale^2,   T_1 = rate_1 S_1,
 *   u, v ~ N(0, [S_l(x,x) S_l(x,x'); S_l(x,x') S_l(x',x')]),
 *   S_(l+1) = weight_scale^2 E[sigma(u) sigma(v)] + bias_scale^2,
 *   T_(l+1) = rate_(l+1) S_(l+1) + weight_scale^2 T_l E[sigma'(u) sigma'(v)],
 * the kernel is T_(L+1), where layer L + 1 is the output with its own scales: neural-tangents' ntk, number for number.  Of one
 * hidden layer these are
 *   K^RF = output_weight_scale^2 E[sigma(u) sigma(v)] + output_bias_scale^2
 *   K^NT = output_weight_scale^2 S_1(x, x') E[sigma'(u) sigma'(v)]
 * and at the default scales the lecture's kernels, number for number: K^NT has its 1/d.
 * part              which layers are trained: NTK_PART_RF the output, _NT the hidden layers, or _BOTH; the others' rate is 0
 * parameterization  STANDARDISED (the default) as above; LECTURE multiplies K^NT by d / weight_scale^2, and allows one hidden
 *                   layer and no bias_scale
 * weight_scale, output_weight_scale   > 0; 0 means 1
 * bias_scale, output_bias_scale       >= 0; 0 means no bias
 * layers            L, at most 1000; 0 means 1
 * weight_scales, bias_scales   NULL, or L numbers, one for each hidden layer, in place of weight_scale and bias_scale
 * layer_rates       NULL: 1; or L + 1 numbers >= 0, the layers' learning rates in proportion, the output's last: what a layer's
 *                   parameters add to the kernel is multiplied by its rate, so 0 stands for a layer that is not trained
 * The arrays are copied. */
typedef struct ntk_kernel_options {
    size_t struct_size;
    int32_t part;
    int32_t parameterization;
    double weight_scale;
    double bias_scale;
    double output_weight_scale;
    double output_bias_scale;
    int64_t layers;
    const double *weight_scales;
    const double *bias_scales;
    const double *layer_rates;
} ntk_kernel_options;

/* Makes the infinite-width kernel.  options may be NULL.
 * Activations without a closed form (MONOMIAL, HERMITE, TANH, SIGMOID, SOFTPLUS, SILU, smooth ones with a shift or an offset, and
 * functions of the caller's) have kernels by Mehler's formula, sum_k c_k(s) c_k(s') rho^k with the Hermite coefficients c_k at the
 * samples' lengths s, layer by layer.  Polynomials are exact; other series are cut where what is left out is at most the activation's
 * accuracy a (in f32: or a roundoff) times sqrt(K(x, x) K(x', x')).  Of several layers each E[sigma sigma] and E[sigma' sigma'] lacks
 * at most a, relative to those of the two samples alone, and what S_l lacks goes on to S_(l+1) by the factor
 * weight_scale^2 E[sigma'^2] S_l(x, x) / S_(l+1)(x, x), the network's gain for small angles: about a L where that is about 1.
 * Wherever it is cut the kernel is positive semidefinite.  Their calls hold the coefficients of every sample for each layer, up to
 * 2048 numbers for long ones, and one set of them where all samples are of the same length, as on a sphere; size queries, which do
 * not see the samples, answer for the former.
 * RELU, LEAKY_RELU, ABS, STEP and SIGN with a shift or an offset have kernels by the distribution of two normals (math: Genz 2004), to
 * rounding, at about a microsecond an entry and layer.
 * Of functions of the caller's with kinks one layer takes what the jumps of sigma' make in closed form, a few microseconds an entry and
 * pair of kinks, and what is left by its series: piecewise linear functions, and smooth ones but for their kinks, have the accuracy of
 * others.  Where sigma'' jumps, too, E[sigma' sigma'] lacks some 1e-4 and E[sigma sigma] some 1e-7, a tenth of that where sigma'' alone
 * does, and blocks refuse an accuracy that is better.  Several layers take the series as it is: with all of 2048 degrees
 * E[sigma sigma] lacks some 1e-5 of its size and E[sigma' sigma'] some 1e-2; and they have no gradients.
 * NTK_ERR_OPTION       an option is outside its domain; the message names it */
NTK_API ntk_status ntk_kernel_create_infinite(ntk_context *context, ntk_kernel **kernel, const ntk_activation *activation,
                                              const ntk_kernel_options *options) NTK_MUST_CHECK;

/* Makes the finite-width kernel K_N(x, x') = <phi(x), phi(x')>.  It is evaluated by products of n x N matrices, two for each
 * hidden layer, never by forming the n x p features.  Of one hidden layer without biases, where sigma is ReLU, leaky ReLU,
 * absolute value or identity and all a_i are equal in size, the gates sigma'(u_i) of the tangent part are held as bits and
 * counted, which is exact. */
NTK_API ntk_status ntk_kernel_create_finite(ntk_context *context, ntk_kernel **kernel,
                                            const ntk_features *features) NTK_MUST_CHECK;

/* Makes the Monte Carlo kernel: the mean of R = networks independent finite-width kernels, each of a network as options say
 * (required), whose expectation it estimates, with ntk_kernel_block_error beside it.  With Gaussian hidden weights and unit second
 * moment of a_i (NTK_OUTPUT_SIGNS, _GAUSSIAN) that expectation is, at every N and NTK_SCALING_NTK, the infinite kernel of the same
 * scales if there is one hidden layer; with several it is that but for a term of order L / N of it, where the standard error is of
 * order sqrt(L / (R N)).  Like every mean of kernels it is positive semidefinite, of rank R p at most, p parameters each.
 * Network r, from 0 on, is to the bit the one that ntk_network_create makes of options with the seed
 * seed + r 0x9E3779B97F4A7C15 (mod 2^64).  The mean of networks with one hidden layer without biases is the kernel of one network
 * of all their neurons, and is evaluated as that is; others' are evaluated one after the other.  The handle holds R p doubles.
 * networks  R, at least 1;  part  which layers are trained
 * NTK_ERR_OPTION    an argument is outside its domain; the message names it
 * NTK_ERR_OVERFLOW  R p is not representable
 * NTK_ERR_MEMORY    so many doubles cannot be had
 * NTK_ERR_UNSUPPORTED  as of ntk_network_create, or several outputs */
NTK_API ntk_status ntk_kernel_create_monte_carlo(ntk_context *context, ntk_kernel **kernel, const ntk_activation *activation,
                                                 int64_t networks, int32_t part,
                                                 const ntk_network_options *options) NTK_MUST_CHECK;

/* --- kernels made of kernels ---
 *
 * They serve wherever a kernel does, and keep alive what they are made of, so that it may be destroyed before them.  What they
 * are made of must all be representable: NTK_ERR_OVERFLOW also stands for a term that is not.  A finite kernel in them keeps the
 * outputs of all its neurons for every sample, which ntk_kernel_memory and the others count.  In ridge regression they have the
 * dual method alone.  A kernel of theirs is made of at most 1000 kernels, itself included.
 *
 * NTK_ERR_NULL         an element of terms is NULL; the message names it
 * NTK_ERR_SHAPE        count is less than 1, or terms take different numbers of inputs
 * NTK_ERR_UNSUPPORTED  it would be made of too many kernels */

/* K(x, x') = sum_t weights[t] K_t(x, x'); a sum of one term is a kernel that is scaled.   terms  count handles   weights  count
 * numbers, or NULL: 1 each.
 * NTK_ERR_VALUE  a weight is negative or not finite */
NTK_API ntk_status ntk_kernel_create_sum(ntk_context *context, ntk_kernel **kernel, const ntk_kernel *const *terms,
                                         const double *weights, int64_t count) NTK_MUST_CHECK;

/* K(x, x') = K_1(x, x') K_2(x, x') ..., multiplied in this order.   factors  count handles. */
NTK_API ntk_status ntk_kernel_create_product(ntk_context *context, ntk_kernel **kernel, const ntk_kernel *const *factors,
                                             int64_t count) NTK_MUST_CHECK;

/* K(x, x') = value, for samples of any number of inputs.
 * NTK_ERR_VALUE  value is negative or not finite */
NTK_API ntk_status ntk_kernel_create_constant(ntk_context *context, ntk_kernel **kernel, double value) NTK_MUST_CHECK;

/* K(x, x') = K_0(x, x') / sqrt(K_0(x, x) K_0(x', x')), the cosine of the features of K_0: in [-1, 1], and exactly 1 for a sample
 * with itself in a kernel matrix; 0 where a K_0(x, x) is 0.  It is exact to rounding where K_0's values are normal numbers.
 * NTK_ERR_OVERFLOW of its calls: K_0(x, x) is too large to be represented. */
NTK_API ntk_status ntk_kernel_create_normalised(ntk_context *context, ntk_kernel **kernel,
                                                const ntk_kernel *base) NTK_MUST_CHECK;

/* K(x, x') = K_0(s x, s x'), where s x has the elements s_k x_k: automatic relevance determination, s_k being one over the length
 * at which input k matters, and 0 if it does not.   scales  1 x d: s, of any sign; copied.
 * NTK_ERR_SHAPE  scales is not 1 x d, d of a base that has one
 * NTK_ERR_VALUE  a scale is NaN or infinite
 * NTK_ERR_OVERFLOW of its calls: s x is too large to be represented. */
NTK_API ntk_status ntk_kernel_create_ard(ntk_context *context, ntk_kernel **kernel, const ntk_kernel *base,
                                         const ntk_matrix *scales) NTK_MUST_CHECK;

/* --- kernels of given levels --- */

/* K(x, x') = sum_k shares[k] Q_k(<x, x'> / (|x| |x'|)), Q_k the Gegenbauer polynomials of d inputs (<ntk/theory.h>): on the sphere it has
 * the eigenvalue shares[k] / B(d, k) on functions of degree k.  With shares 1, ..., 1 up to degree l, and a lambda that is small beside
 * them, ridge regression is polynomial regression of degree l.  A sample of length 0, or so short that |x|^2 / d
 * underflows, has the mean over all directions, shares[0].  Q_k is exact to some 1e-16 k, but for the rounding of the cosine, some 1e-16
 * or, in single precision, 1e-7, times at most Q_k'(1) = k (k + d - 2) / (d - 1).  It has no scales.
 * shares  degrees x 1, at most 2048 rows
 * NTK_ERR_SHAPE     a dimension does not fit, or d is less than 1
 * NTK_ERR_VALUE     a share is negative or not finite, or, of d = 1, that of a degree from 2 on is not 0
 * NTK_ERR_OVERFLOW  the sum of shares is too large to be represented */
NTK_API ntk_status ntk_kernel_create_zonal(ntk_context *context, ntk_kernel **kernel, const ntk_matrix *shares,
                                           int64_t d) NTK_MUST_CHECK;

/* --- kernels of the caller's --- */

/* A symmetric, positive semidefinite function K(x, x').  The callbacks get views of the library's arrays in the dtype of the
 * call's arithmetic, whose rows are stride elements apart, and hold until they return; they return 0, or another number to end
 * the call with NTK_ERR_CALLBACK.  They may run concurrently, on any thread that works for the library.  Which samples come in
 * one call is not specified; their results must not depend on it.
 * block         out[i][j] = K(x1_i, x2_j).   out  n1 x n2   x1  n1 x d   x2  n2 x d
 * diagonal      out[i] = K(x_i, x_i).   out  n x 1   x  n x d; NULL: block is asked, sample by sample
 * gradient      g[i] = sum_j v_ij times the gradient of K(x, x2_j) in x at x1_i.   g  n1 x d   v  n1 x n2; NULL: the kernel, and
 *               what is made of it, has no gradient
 * user          the callbacks' first argument
 * release_user  NULL, or called once, when the kernel and all that was made with it are destroyed; not called where
 *               ntk_kernel_create_user fails
 * inputs        d, or 0: any
 * cost          of an entry, in floating-point operations beside 2 d; 0 means 100.  A call of block or gradient gets at most
 *               some milliseconds' entries, so that it can be cancelled in time, as long as the cost is right */
typedef struct ntk_kernel_functions {
    size_t struct_size;
    int (*block)(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2);
    int (*diagonal)(void *user, const ntk_matrix *out, const ntk_matrix *x);
    int (*gradient)(void *user, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2, const ntk_matrix *v);
    void *user;
    void (*release_user)(void *user);
    int64_t inputs;
    double cost;
} ntk_kernel_functions;

/* Makes a kernel of the caller's functions, which serves wherever a kernel does.  Its calls end with NTK_ERR_CALLBACK where a
 * callback does not return 0, gives NaN or infinity, or a negative K(x, x); what a block's out then holds is unspecified.
 * NTK_ERR_NULL    functions is NULL
 * NTK_ERR_OPTION  block is NULL, inputs is negative, cost is negative or not finite */
NTK_API ntk_status ntk_kernel_create_user(ntk_context *context, ntk_kernel **kernel,
                                          const ntk_kernel_functions *functions) NTK_MUST_CHECK;

/* --- any kernel --- */

/* NULL is fine. */
NTK_API void ntk_kernel_destroy(ntk_kernel *kernel);

/* Bytes of working memory, beside its output, that block, block_error, diagonal, multiply, gradient or scale_gradient may hold for
 * n1 and n2 samples of d inputs, whose dtype may differ from the output's.  multiply and gradient hold besides a copy of v where
 * its dtype does.
 * dtype  of the output */
NTK_API ntk_status ntk_kernel_memory(const ntk_kernel *kernel, uint64_t *bytes, int64_t n1, int64_t n2, int64_t d,
                                     int32_t dtype) NTK_MUST_CHECK;

/* out[i][j] = K(x1_i, x2_j).   out  n1 x n2   x1  n1 x d   x2  n2 x d (x1 and x2 may be the same).
 * NTK_ERR_SHAPE      a dimension does not fit
 * NTK_ERR_VALUE      an input is NaN or infinite: the message names row and column; out is untouched
 * NTK_ERR_OVERFLOW   a sample is so long, or a scale so extreme, that the kernel overflows, or out's stride is no integer of
 *                    BLAS; out is untouched
 * NTK_ERR_MEMORY     working memory cannot be had; out is untouched
 * NTK_ERR_UNSUPPORTED  of an activation without a closed form: samples are so long, or grow so fast, that its series does not reach
 *                    its accuracy (a tanh up to preactivations of deviation 4 at 1e-12); the sentence says what it reaches; out is
 *                    untouched, or where the two sets' lengths are what differs too much, unspecified
 * NTK_ERR_CALLBACK   a function of the caller's gave NaN or infinity; out is untouched
 * NTK_ERR_CANCELLED  the progress callback asked to stop; out is unspecified */
NTK_API ntk_status ntk_kernel_block(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x1,
                                    const ntk_matrix *x2) NTK_MUST_CHECK;

/* out[i] = K(x_i, x_i).   out  n x 1   x  n x d.   Errors as for block. */
NTK_API ntk_status ntk_kernel_diagonal(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x) NTK_MUST_CHECK;

/* out[i][j] = the standard error of entry (i, j) of ntk_kernel_block for a Monte Carlo kernel: s / sqrt(R), where
 * s^2 = sum_r (K_r - mean)^2 / (R - 1) over its networks' kernels K_r.  For many networks about 95 of 100 entries lie within two
 * standard errors of their expectation; entries of one block depend on each other.  Holds a few tiles, whatever R.
 * out  n1 x n2   x1  n1 x d   x2  n2 x d.   Errors as for block, but that out is unspecified after NTK_ERR_OVERFLOW, and for more
 * than 2048 rows or columns after NTK_ERR_MEMORY.
 * NTK_ERR_UNSUPPORTED  the kernel is not a Monte Carlo kernel, or one of a single network */
NTK_API ntk_status ntk_kernel_block_error(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x1,
                                          const ntk_matrix *x2) NTK_MUST_CHECK;

/* y = K(x1, x2) v without storing K.   y  n1 x t   x1  n1 x d   x2  n2 x d   v  n2 x t.   Errors as for block, but that y is
 * unspecified after NTK_ERR_OVERFLOW (a sum may overflow too), and for a finite kernel and more than 8 targets after
 * NTK_ERR_MEMORY. */
NTK_API ntk_status ntk_kernel_multiply(const ntk_kernel *kernel, const ntk_matrix *y, const ntk_matrix *x1,
                                       const ntk_matrix *x2, const ntk_matrix *v) NTK_MUST_CHECK;

/* g[i] = the gradient of sum_j K(x, x2_j) v_jc in x at x1_i, for each target c: row i holds the d derivatives of target 0, then
 * those of target 1, and so on.   g  n1 x (t d)   x1  n1 x d   x2  n2 x d   v  n2 x t.
 * A kinked activation's K^NT, and the step's and the sign's K^RF, have a cone or a jump where x and x2_j are parallel (math: the
 * derivative of the angle): nearby the gradient is exact to rounding, and for parallels that term counts as 0, the mean over all
 * directions.  Of several layers with a shift or an offset what it has along x is then off by a roundoff over that angle.  Where such a
 * kernel of several layers without bias is not differentiable, at x = 0, the gradient counts as 0.
 * A finite kernel takes sigma' and, for K^NT, sigma'', which is 0 for a kinked activation: its K^NT jumps where some <w_i, x>
 * changes sign, and its gradient, exact to rounding elsewhere, is that between the jumps.  That of a Monte Carlo kernel is the mean
 * of its networks'.
 * Of activations without closed form it is the gradient of their series, whose terms carry their degrees: where the two sets' lengths
 * differ much, what is left out may be so much larger.
 * Errors as for block, but that g is unspecified after NTK_ERR_OVERFLOW, and for a finite kernel and more than 8 targets after
 * NTK_ERR_MEMORY.
 * NTK_ERR_UNSUPPORTED  the kernel is, or is made of, a finite K^NT of an activation whose functions give no second_derivative, an
 *                      infinite kernel of several layers of a caller's function with kinks, or a caller's kernel without gradient */
NTK_API ntk_status ntk_kernel_gradient(const ntk_kernel *kernel, const ntk_matrix *g, const ntk_matrix *x1,
                                       const ntk_matrix *x2, const ntk_matrix *v) NTK_MUST_CHECK;

/* *count = the number of the kernel's scales, as ntk_kernel_scale_gradient takes them; 0 of a finite kernel, one of given
 * levels or a caller's.
 * NTK_ERR_UNSUPPORTED  the kernel, or one that it is made of, is an infinite one of a kinked activation with a shift or an
 *                      offset, or has scales of its inputs but no ntk_kernel_gradient */
NTK_API ntk_status ntk_kernel_scales(const ntk_kernel *kernel, int64_t *count) NTK_MUST_CHECK;

/* g[s] = d/d(scale s) of sum_ij w_ij K(x1_i, x2_j).   g  ntk_kernel_scales x 1   x1  n1 x d   x2  n2 x d   w  n1 x n2.
 * The scales of an infinite kernel of L layers: the weight scales of layers 1 to L, their L bias scales, output_weight_scale and
 * output_bias_scale; of a constant its value; of a sum its weights, then the scales of its terms in order; of a product those of
 * its factors; of a kernel with scales of its inputs these d, then those of its base; of a cosine those of its base.  So with
 * w = (alpha alpha^T - (K + lambda I)^-1) / 2 it is the gradient of the log evidence, and for a large matrix w may be taken by
 * blocks, whose g add up.  Where kinked activations see samples' directions parallel to 1e-8 (f32: 3e-4), and their lengths nearly
 * the same, what a scale does to the angle between them is left out, which is less than that.  Of activations without closed form
 * it is the gradient of their series, as ntk_kernel_gradient is.
 * Errors as for block, but that g is unspecified after NTK_ERR_OVERFLOW.
 * NTK_ERR_UNSUPPORTED  as of ntk_kernel_scales, or there are none, or the kernel is, or is made of, an infinite one of a caller's
 *                      function with kinks */
NTK_API ntk_status ntk_kernel_scale_gradient(const ntk_kernel *kernel, const ntk_matrix *g, const ntk_matrix *x1,
                                             const ntk_matrix *x2, const ntk_matrix *w) NTK_MUST_CHECK;

/* values[s] = scale s, in the order of ntk_kernel_scale_gradient; output_bias_scale counts as 0 where the output's rate is.
 * values  ntk_kernel_scales x 1
 * NTK_ERR_UNSUPPORTED  as of ntk_kernel_scales, or there are none */
NTK_API ntk_status ntk_kernel_scale_values(const ntk_kernel *kernel, const ntk_matrix *values) NTK_MUST_CHECK;

/* Makes the same kernel with other scales; one that stays the same leaves its part of the kernel the same to the bit.  Finite kernels
 * and callers' in it are shared, not copied.   values  as above
 * NTK_ERR_VALUE        a weight scale is not positive, another scale but those of inputs is negative, or a bias_scale is not 0 with
 *                      NTK_PARAM_LECTURE: the message names the row
 * NTK_ERR_UNSUPPORTED  as above */
NTK_API ntk_status ntk_kernel_create_scaled(ntk_context *context, ntk_kernel **scaled, const ntk_kernel *kernel,
                                            const ntk_matrix *values) NTK_MUST_CHECK;

/* Writes all that the kernel is to the sink, in the calling thread.  The format's number is 1; later releases read it.
 * NTK_ERR_CALLBACK  the sink reported failure
 * NTK_ERR_NULL, NTK_ERR_OPTION  sink is NULL, or none */
NTK_API ntk_status ntk_kernel_export(const ntk_kernel *kernel, const ntk_sink *sink) NTK_MUST_CHECK;

/* Makes a kernel of what was exported, with the same numbers to the bit.
 * NTK_ERR_FORMAT       an array is absent, or not what it should be: the message names it
 * NTK_ERR_CALLBACK     the source reported failure
 * NTK_ERR_UNSUPPORTED  it has functions of the caller's, and the source does not give them
 * NTK_ERR_MEMORY       what it takes cannot be had */
NTK_API ntk_status ntk_kernel_import(ntk_context *context, ntk_kernel **kernel, const ntk_source *source) NTK_MUST_CHECK;

NTK_END

#endif
