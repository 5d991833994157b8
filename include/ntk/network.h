/* Student networks: the lecture's f(x) = gamma sum_i a_i sigma(<w_i, x>), i = 1..N, and deeper ones. */
#ifndef NTK_NETWORK_H
#define NTK_NETWORK_H

#include <ntk/activation.h>
#include <ntk/sink.h>

NTK_BEGIN

/* A fully-connected network with d inputs, L hidden layers of N_1, ..., N_L neurons and m outputs.  With h_0 = x, N_0 = d,
 *   z_l = weight_scale_l / sqrt(N_(l-1)) W_l h_(l-1) + bias_scale_l b_l,   h_l = sigma(z_l),
 *   f_o(x) = gamma output_weight_scale <a_o, h_L> + output_bias_scale c_o,   o = 1..m,
 * in which W_l, b_l and c start as N(0, 1): at NTK_SCALING_NTK neural-tangents' network in its 'ntk' parameterization, number for
 * number, whose kernel tends to that of ntk_kernel_create_infinite of the same scales.  Of one hidden layer without biases it is the
 * lecture's f, with w_i = weight_scale W_i / sqrt(d).
 * Reading calls (all but set_parameters) are safe from many threads at once; ntk_network_set_parameters needs the network for
 * itself. */
typedef struct ntk_network ntk_network;

/* Which parameters are trained, or whose kernel is meant: RF those of the output (a and c), NT those of the hidden layers, BOTH
 * both. */
enum { NTK_PART_BOTH = 0, NTK_PART_RF = 1, NTK_PART_NT = 2 };

/* gamma: 1/sqrt(N) (the kernel regime), 1/N (mean field), or options.gamma, with N the width of the last hidden layer. */
enum { NTK_SCALING_NTK = 0, NTK_SCALING_MEAN_FIELD = 1, NTK_SCALING_CUSTOM = 2 };

/* Law of a_oi: +-1 with equal chance, N(0, 1), or 0 (where c starts as 0, too). */
enum { NTK_OUTPUT_SIGNS = 0, NTK_OUTPUT_GAUSSIAN = 1, NTK_OUTPUT_ZERO = 2 };

/* Law of w_i: N(0, weight_scale^2 I / d), or uniform on the sphere of radius weight_scale; of deeper layers' weights likewise, with
 * their own scale and number of inputs. */
enum { NTK_HIDDEN_GAUSSIAN = 0, NTK_HIDDEN_SPHERE = 1 };

/* What the hidden block of the parameter vector holds, and what is differentiated in it.
 * LECTURE       w_i itself; gradient descent on (a, w) then has the kernel K^RF + d K^NT (weight_scale 1)
 * STANDARDISED  W_i, with w_i = weight_scale W_i / sqrt(d); gradient descent on (a, W) has K^RF + K^NT
 * DEFAULT       LECTURE for networks with one hidden layer without biases, STANDARDISED for deeper ones and infinite kernels */
enum { NTK_PARAM_DEFAULT = 0, NTK_PARAM_LECTURE = 1, NTK_PARAM_STANDARDISED = 2 };

/* inputs         d, at least 1
 * hidden         N, at least 1; even if antisymmetric; with widths it counts for nothing, and may be 0
 * seed           any; the same seed gives the same weights, to the bit, on every machine
 * gamma          for NTK_SCALING_CUSTOM: finite and not 0; otherwise 0
 * weight_scale, output_weight_scale   > 0; 0 means 1
 * scaling, output_weights, hidden_law, parameterization  as above
 * antisymmetric  non-zero: neuron i + N/2 is neuron i with the opposite a, so that f = 0 at the start; of one hidden layer without
 *                biases
 * reserved       0
 * layers         L, at most 1000; 0 means 1.  LECTURE allows 1, and no bias_scale
 * widths         NULL, or N_1, ..., N_L in place of hidden
 * bias_scale, output_bias_scale   >= 0; 0 means that there are no such parameters
 * weight_scales, bias_scales      NULL, or L numbers, one for each hidden layer, in place of weight_scale and bias_scale
 * The arrays are copied.
 * outputs        m; 0 means 1.  The first output starts as that of a network of one */
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
    int64_t layers;
    const int64_t *widths;
    const double *weight_scales;
    const double *bias_scales;
    double bias_scale;
    double output_weight_scale;
    double output_bias_scale;
    int64_t outputs;
} ntk_network_options;

/* Draws a network.  options is required: inputs and hidden have no default.
 * NTK_ERR_OPTION       an option is outside its domain; the message names it
 * NTK_ERR_OVERFLOW     the number of parameters is not representable
 * NTK_ERR_MEMORY       so many doubles cannot be had
 * NTK_ERR_UNSUPPORTED  antisymmetric, with several hidden layers or biases */
NTK_API ntk_status ntk_network_create(ntk_context *context, ntk_network **network, const ntk_activation *activation,
                                      const ntk_network_options *options) NTK_MUST_CHECK;

/* NULL is fine.  Features made from the network live on. */
NTK_API void ntk_network_destroy(ntk_network *network);

/* A second network with the same parameters, under context. */
NTK_API ntk_status ntk_network_copy(ntk_context *context, ntk_network **copy, const ntk_network *network) NTK_MUST_CHECK;

/* Number of parameters of a part: of one hidden layer without biases N m (RF), N d (NT), N (d + m) (BOTH); else those that there
 * are; -1 if network is NULL or part unknown. */
NTK_API int64_t ntk_network_size(const ntk_network *network, int32_t part);

/* Number of outputs m; -1 if network is NULL. */
NTK_API int64_t ntk_network_outputs(const ntk_network *network);

/* y = f(x).   y  n x m   x  n x d
 * The arithmetic is that of y's dtype; x is converted to it.
 * NTK_ERR_SHAPE      x has not d columns, or y is not n x m
 * NTK_ERR_VALUE      x holds NaN or infinity: the message names row and column
 * NTK_ERR_OVERFLOW   f(x) overflows; y is unspecified
 * NTK_ERR_CANCELLED  y is unspecified */
NTK_API ntk_status ntk_network_forward(const ntk_network *network, const ntk_matrix *y, const ntk_matrix *x) NTK_MUST_CHECK;

/* theta (p x 1, f64) receives the parameters: layer by layer the weights, neuron by neuron (N_l rows of N_(l-1)), and then the layer's
 * N_l biases if it has any; then the m N_L output weights a, output by output; then the m numbers c if there is an
 * output_bias_scale.  The hidden layers' are in the
 * network's parameterization. */
NTK_API ntk_status ntk_network_parameters(const ntk_network *network, const ntk_matrix *theta) NTK_MUST_CHECK;

/* Replaces the parameters; same layout.  Features and kernels made before keep the old ones.
 * NTK_ERR_VALUE  theta holds NaN or infinity; the network is unchanged */
NTK_API ntk_status ntk_network_set_parameters(ntk_network *network, const ntk_matrix *theta) NTK_MUST_CHECK;

/* Writes all that the network is to the sink, in the calling thread.  The format's number is 1; later releases read it.
 * NTK_ERR_CALLBACK  the sink reported failure
 * NTK_ERR_NULL, NTK_ERR_OPTION  sink is NULL, or none */
NTK_API ntk_status ntk_network_export(const ntk_network *network, const ntk_sink *sink) NTK_MUST_CHECK;

/* Makes a network of what was exported, with the same numbers to the bit.
 * NTK_ERR_FORMAT       an array is absent, or not what it should be: the message names it
 * NTK_ERR_CALLBACK     the source reported failure
 * NTK_ERR_UNSUPPORTED  it has functions of the caller's, and the source does not give them
 * NTK_ERR_MEMORY       what it takes cannot be had */
NTK_API ntk_status ntk_network_import(ntk_context *context, ntk_network **network, const ntk_source *source) NTK_MUST_CHECK;

NTK_END

#endif
