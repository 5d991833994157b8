/* Student networks: f(x) = gamma sum_i a_i sigma(<w_i, x>), i = 1..N. */
#ifndef NTK_NETWORK_H
#define NTK_NETWORK_H

#include <ntk/activation.h>

NTK_BEGIN

/* A one-hidden-layer network with d inputs, N hidden neurons and one output.
 * Reading calls (all but set_parameters) are safe from many threads at once; ntk_network_set_parameters needs the network for
 * itself. */
typedef struct ntk_network ntk_network;

/* Which parameters are trained, or whose kernel is meant: RF the output weights a, NT the hidden weights w, BOTH both. */
enum { NTK_PART_BOTH = 0, NTK_PART_RF = 1, NTK_PART_NT = 2 };

/* gamma: 1/sqrt(N) (the kernel regime), 1/N (mean field), or options.gamma. */
enum { NTK_SCALING_NTK = 0, NTK_SCALING_MEAN_FIELD = 1, NTK_SCALING_CUSTOM = 2 };

/* Law of a_i: +-1 with equal chance, N(0, 1), or 0. */
enum { NTK_OUTPUT_SIGNS = 0, NTK_OUTPUT_GAUSSIAN = 1, NTK_OUTPUT_ZERO = 2 };

/* Law of w_i: N(0, weight_scale^2 I / d), or uniform on the sphere of radius weight_scale. */
enum { NTK_HIDDEN_GAUSSIAN = 0, NTK_HIDDEN_SPHERE = 1 };

/* What the hidden block of the parameter vector holds, and what is differentiated in it.
 * LECTURE       w_i itself; gradient descent on (a, w) then has the kernel K^RF + d K^NT (weight_scale 1)
 * STANDARDISED  W_i, with w_i = weight_scale W_i / sqrt(d); gradient descent on (a, W) has K^RF + K^NT
 * DEFAULT       LECTURE for networks, STANDARDISED for infinite kernels */
enum { NTK_PARAM_DEFAULT = 0, NTK_PARAM_LECTURE = 1, NTK_PARAM_STANDARDISED = 2 };

/* inputs         d, at least 1
 * hidden         N, at least 1; even if antisymmetric
 * seed           any; the same seed gives the same weights, to the bit, on every machine
 * gamma          for NTK_SCALING_CUSTOM: finite and not 0; otherwise 0
 * weight_scale   s > 0; 0 means 1
 * scaling, output_weights, hidden_law, parameterization  as above
 * antisymmetric  non-zero: neuron i + N/2 is neuron i with the opposite a, so that f = 0 at the start
 * reserved       0 */
typedef struct ntk_network_options {
    size_t struct_size;
    int64_t inputs;
    int64_t hidden;
    uint64_t seed;
    double gamma;
    double weight_scale;
    int32_t scaling;
    int32_t output_weights;
    int32_t hidden_law;
    int32_t antisymmetric;
    int32_t parameterization;
    int32_t reserved;
} ntk_network_options;

/* Draws a network.  options is required: inputs and hidden have no default.
 * NTK_ERR_OPTION    an option is outside its domain; the message names it
 * NTK_ERR_OVERFLOW  N (d + 1) is not representable
 * NTK_ERR_MEMORY    N (d + 1) doubles cannot be had */
NTK_API ntk_status ntk_network_create(ntk_context *context, ntk_network **network, const ntk_activation *activation,
                                      const ntk_network_options *options) NTK_MUST_CHECK;

/* NULL is fine.  Features made from the network live on. */
NTK_API void ntk_network_destroy(ntk_network *network);

/* A second network with the same parameters, under context. */
NTK_API ntk_status ntk_network_copy(ntk_context *context, ntk_network **copy, const ntk_network *network) NTK_MUST_CHECK;

/* Number of parameters of a part: N (RF), N d (NT), N (d + 1) (BOTH); -1 if network is NULL or part unknown. */
NTK_API int64_t ntk_network_size(const ntk_network *network, int32_t part);

/* y = f(x).   y  n x 1   x  n x d
 * The arithmetic is that of y's dtype; x is converted to it.
 * NTK_ERR_SHAPE      x has not d columns, or y is not n x 1
 * NTK_ERR_VALUE      x holds NaN or infinity: the message names row and column
 * NTK_ERR_OVERFLOW   f(x) overflows; y is unspecified
 * NTK_ERR_CANCELLED  y is unspecified */
NTK_API ntk_status ntk_network_forward(const ntk_network *network, const ntk_matrix *y, const ntk_matrix *x) NTK_MUST_CHECK;

/* theta (N (d + 1) x 1, f64) receives the parameters: first the hidden weights, neuron by neuron (N rows of d), then the N
 * output weights a.  The hidden block is in the network's parameterization. */
NTK_API ntk_status ntk_network_parameters(const ntk_network *network, const ntk_matrix *theta) NTK_MUST_CHECK;

/* Replaces the parameters; same layout.  Features and kernels made before keep the old ones.
 * NTK_ERR_VALUE  theta holds NaN or infinity; the network is unchanged */
NTK_API ntk_status ntk_network_set_parameters(ntk_network *network, const ntk_matrix *theta) NTK_MUST_CHECK;

NTK_END

#endif
