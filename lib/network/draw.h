/* Random initial parameters. */
#ifndef NTK_NETWORK_DRAW_H
#define NTK_NETWORK_DRAW_H

#include "network/weights.h"

/* What ntk_network_options asks for, checked.
 * networks  how many are drawn, one behind the other, each of the block's neurons divided by their number
 * scale     of a hidden weight whose law is N(0, 1)
 * radius    of a hidden neuron, for NTK_HIDDEN_SPHERE
 * function  for the sentence of an error */
typedef struct ntk_draw {
    uint64_t seed;
    int64_t networks;
    double scale, radius;
    int32_t hidden_law, output_weights;
    bool antisymmetric;
    const char *function;
} ntk_draw;

/* Writes every parameter; the bits depend on draw, N and d alone.
 * NTK_ERR_OVERFLOW  a weight is not finite */
ntk_status ntk_weights_draw(ntk_context *context, ntk_weights *weights, const ntk_draw *draw);

#endif
