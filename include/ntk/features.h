/* Random-feature and neural-tangent feature maps of a network. */
#ifndef NTK_FEATURES_H
#define NTK_FEATURES_H

#include <ntk/network.h>

NTK_BEGIN

/* The feature map of a network at the parameters it had when the map was made.  Immutable: safe from many threads at once.
 *   phi_RF(x)_i = gamma sigma(<w_i, x>)                                       i = 1..N
 *   phi_NT(x)_i = gamma (weight_scale / sqrt(d)) a_i sigma'(<w_i, x>) x       N blocks of d
 * BOTH: first phi_NT, then phi_RF, in the order of the network's parameters.  In the lecture's parameterization,
 *   f_{theta + Delta} = f_theta + <phi_RF, da> + sqrt(d) <phi_NT, dw> + O(|Delta|^2)    (weight_scale 1).
 * Of a network with several hidden layers or biases (network.h) phi is the gradient of f by the standardised parameters, in their
 * order: with b_l = df/dz_l
 *   phi_NT(x)  layer by layer: weight_scale_l / sqrt(N_(l-1)) b_l h_(l-1)^T, N_l rows of N_(l-1), and then bias_scale_l b_l
 *   phi_RF(x)  gamma output_weight_scale h_L, and then output_bias_scale
 * without those of biases that there are not.
 * Of a network with several outputs and one hidden layer phi is that of one output with a_i the root mean square over the outputs of
 * a_oi, so that <phi, phi'> is the mean over the outputs of their kernels; derivatives.h has the outputs' own gradients. */
typedef struct ntk_features ntk_features;

/* NTK_ERR_OPTION       part is unknown
 * NTK_ERR_UNSUPPORTED  the network has several outputs and several hidden layers */
NTK_API ntk_status ntk_features_create(ntk_context *context, ntk_features **features, const ntk_network *network,
                                       int32_t part) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_features_destroy(ntk_features *features);

/* Number of features p, ntk_network_size of the part (of one output); -1 if features is NULL. */
NTK_API int64_t ntk_features_size(const ntk_features *features);

/* Phi[i] = phi(x_i).   Phi  n x p   x  n x d.   The arithmetic of this call and the next two is that of the output's dtype.
 * NTK_ERR_SHAPE      a dimension does not fit
 * NTK_ERR_VALUE      x holds NaN or infinity: the message names row and column
 * NTK_ERR_OVERFLOW   a feature overflows; Phi is unspecified
 * NTK_ERR_CANCELLED  Phi is unspecified */
NTK_API ntk_status ntk_features_map(const ntk_features *features, const ntk_matrix *Phi, const ntk_matrix *x) NTK_MUST_CHECK;

/* y = Phi(x) b without storing Phi.   y  n x t   x  n x d   b  p x t.   Errors as above. */
NTK_API ntk_status ntk_features_multiply(const ntk_features *features, const ntk_matrix *y, const ntk_matrix *x,
                                         const ntk_matrix *b) NTK_MUST_CHECK;

/* b = Phi(x)^T r without storing Phi.   b  p x t   x  n x d   r  n x t.   Errors as above. */
NTK_API ntk_status ntk_features_multiply_transposed(const ntk_features *features, const ntk_matrix *b, const ntk_matrix *x,
                                                    const ntk_matrix *r) NTK_MUST_CHECK;

/* Writes all that the feature map is to the sink, in the calling thread.  The format's number is 1; later releases read it.
 * NTK_ERR_CALLBACK  the sink reported failure
 * NTK_ERR_NULL, NTK_ERR_OPTION  sink is NULL, or none */
NTK_API ntk_status ntk_features_export(const ntk_features *features, const ntk_sink *sink) NTK_MUST_CHECK;

/* Makes a feature map of what was exported, with the same numbers to the bit.
 * NTK_ERR_FORMAT       an array is absent, or not what it should be: the message names it
 * NTK_ERR_CALLBACK     the source reported failure
 * NTK_ERR_UNSUPPORTED  it has functions of the caller's, and the source does not give them
 * NTK_ERR_MEMORY       what it takes cannot be had */
NTK_API ntk_status ntk_features_import(ntk_context *context, ntk_features **features, const ntk_source *source) NTK_MUST_CHECK;

NTK_END

#endif
