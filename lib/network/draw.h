/* Random initial parameters. */
#ifndef NTK_NETWORK_DRAW_H
#define NTK_NETWORK_DRAW_H

#include "network/weights.h"

/* What ntk_network_options asks for, checked.
 * lecture   0, or the weight_scale of the lecture's parameterization; standardised weights have the scale 1
 * function  for the sentence of an error */
typedef struct ntk_draw {
    uint64_t seed;
    double lecture;
    int32_t hidden_law, output_weights;
    bool antisymmetric;
    const char *function;
} ntk_draw;

/* Writes every parameter, as a stage that is all the room of the lane's work; the bits depend on draw and on the layers' sizes alone.
 * NTK_ERR_OVERFLOW  a weight is not finite */
ntk_status ntk_weights_draw(const ntk_lane *lane, ntk_weights *weights, const ntk_draw *draw);

#endif
