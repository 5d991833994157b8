/* A network's parameters: an immutable block that the network and everything made from it share. */
#ifndef NTK_NETWORK_WEIGHTS_H
#define NTK_NETWORK_WEIGHTS_H

#include "core/object.h"
#include "core/operand.h"
#include "core/parallel.h"

#include <ntk/network.h>
#include <stdbool.h>

/* Hidden layers at most. */
enum { NTK_MOST_LAYERS = 1000 };

/* A hidden layer: z = factor w h + bias b, of the outputs h of the layer before it, or of x.
 * factor          weight_scale / sqrt(inputs), or 1 in the lecture's parameterization
 * tangent         weight_scale / sqrt(inputs): what a standardised weight's derivative has in common
 * bias            0: it has no biases
 * weights, biases where its N x inputs weights and N biases begin in the network's parameters
 * before          neurons of all layers before it */
typedef struct ntk_layer {
    int64_t inputs, neurons;
    double factor, tangent, bias;
    int64_t weights, biases, before;
} ntk_layer;

/* f_o(x) = gamma sum_i a_oi sigma(z_i) + output_bias c_o with the last hidden layer's z.  The parameters are each layer's weights
 * and biases, then a, output by output, then c if output_bias is not 0: one block of doubles, which may be that of several
 * networks of one output each.
 * A plain network has one hidden layer and no bias; a block of several is that of one plain network with all their neurons, w of
 * all and then a of all.  Other networks' parameters lie one network behind the other.
 * gamma, output_bias  over the root of the number of networks, so that the kernel is the mean of theirs
 * layer           of one network
 * size            parameters of a network, or of all plain ones
 * hidden          neurons of the last layer, likewise
 * input_factor    of a plain network: u = input_factor w x
 * tangent_factor  of a plain network: phi_NT(x)_i = tangent_factor a_i sigma'(u_i) x
 * mirrored        plain, and neurons i and i + N/2 have the same hidden weights */
typedef struct ntk_weights {
    ntk_object base;
    const ntk_activation *activation; /* retained */
    int64_t inputs, hidden, outputs;  /* d, N, m */
    int64_t layers, networks, size;
    const ntk_layer *layer;
    double gamma, output_bias;
    double input_factor;
    double tangent_factor;
    bool plain, mirrored;
    double *w; /* all parameters; N x d of a plain network */
    double *a; /* m x N, of the first network */
} ntk_weights;

/* A block with the properties of like and its parameters yet to be written; it retains like's activation.  like has activation,
 * layers, networks, outputs, gamma, output_bias, and of each layer inputs, neurons, factor, tangent and bias.
 * NTK_ERR_OVERFLOW  the number of parameters is not representable; the caller finds the sentence */
ntk_status ntk_weights_create(ntk_context *context, ntk_weights **weights, const ntk_weights *like);

/* Once the parameters are written: sets mirrored. */
void ntk_weights_complete(ntk_weights *weights);

/* One network of a block, with the block's gamma and output_bias.  It is no object, and lives as long as the block. */
ntk_weights ntk_weights_of_network(const ntk_weights *block, int64_t network);

/* Number of parameters of a part; -1 if it is unknown. */
int64_t ntk_weights_size(const ntk_weights *weights, int32_t part);

/* All parameters in dtype, of one network, for ntk_operand_close.   NTK_ERR_OVERFLOW  one is too large for dtype */
ntk_status ntk_all_parameters(const ntk_lane *lane, const ntk_weights *weights, int32_t dtype, ntk_operand *theta,
                              const char *function);

/* *w receives the parameters of all hidden layers in dtype, for ntk_free under the lane's context, or NULL where dtype is NTK_F64, in
 * which they are used as they stand.   NTK_ERR_OVERFLOW  one is too large for dtype */
ntk_status ntk_hidden_weights(const ntk_lane *lane, const ntk_weights *weights, int32_t dtype, void **w, const char *function);

/* Adds the bytes of that copy to a need. */
ntk_status ntk_hidden_weights_memory(const ntk_weights *weights, uint64_t *bytes, int32_t dtype);

#endif
