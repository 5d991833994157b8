/* A network's parameters: an immutable block that the network and everything made from it share. */
#ifndef NTK_NETWORK_WEIGHTS_H
#define NTK_NETWORK_WEIGHTS_H

#include "core/object.h"
#include "core/parallel.h"

#include <ntk/network.h>
#include <stdbool.h>

/* f(x) = gamma sum_i a_i sigma(u_i) with u = input_factor w x; the parameters are w and then a, one block of doubles.
 * input_factor    1 (LECTURE), or weight_scale / sqrt(d) (STANDARDISED)
 * tangent_factor  gamma weight_scale / sqrt(d): phi_NT(x)_i = tangent_factor a_i sigma'(u_i) x
 * mirrored        neurons i and i + N/2 have the same hidden weights */
typedef struct ntk_weights {
    ntk_object base;
    const ntk_activation *activation; /* retained */
    int64_t inputs, hidden;           /* d, N */
    double gamma;
    double input_factor;
    double tangent_factor;
    bool mirrored;
    double *w; /* N x d */
    double *a; /* N, right behind w */
} ntk_weights;

/* A block with the properties of like and its parameters yet to be written; it retains like's activation.
 * NTK_ERR_OVERFLOW  N (d + 1) is not representable; the caller finds the sentence */
ntk_status ntk_weights_create(ntk_context *context, ntk_weights **weights, const ntk_weights *like);

/* Once the parameters are written: sets mirrored. */
void ntk_weights_complete(ntk_weights *weights);

/* Number of parameters of a part; -1 if it is unknown. */
int64_t ntk_weights_size(const ntk_weights *weights, int32_t part);

/* *w receives w in dtype, for ntk_free under the lane's context, or NULL where dtype is NTK_F64, in which w is used as it
 * stands. NTK_ERR_OVERFLOW  a weight is too large for dtype */
ntk_status ntk_hidden_weights(const ntk_lane *lane, const ntk_weights *weights, int32_t dtype, void **w, const char *function);

#endif
