/* Finite-width kernels of networks that are not plain (network/weights.h), layer by layer.  With h_l the outputs of layer l and b_l
 * the derivatives of f by z_l (network/signals.h), a layer's parameters add
 *   (tangent_l^2 <h_(l-1), h_(l-1)'> + bias_l^2) <b_l, b_l'>,
 * and the output's gamma^2 <h_L, h_L'> + output_bias^2: two matrix products a layer.  A pass takes as many of these terms, of one
 * network after the other, as keep what they take of all samples small. */
#ifndef NTK_KERNEL_LAYERED_H
#define NTK_KERNEL_LAYERED_H

#include "kernel/finite.h"
#include "kernel/samples.h"
#include "network/weights.h"

/* ntk_kernel_operations of such kernels, and of those whose features have no gradient. */
extern const ntk_kernel_operations ntk_layered_operations, ntk_layered_rough_operations;

/* Terms of one network: of each hidden layer, where they are trained, and then of the output, where that is. */
int64_t ntk_layered_terms(const ntk_features *features);

/* Of a network, a hidden layer, or the output where layer is their number.
 * inputs, derivatives  numbers that it keeps of a sample: h before the layer, which is x in the first, and b; or 0 */
typedef struct ntk_layered_term {
    int64_t network, layer;
    int64_t inputs, derivatives;
} ntk_layered_term;

/* What the prepared pass keeps for the at-th of its terms, one sample behind the other.
 * inputs       h, of the output gamma h; NULL of the first layer, whose are x
 * derivatives  tangent b; NULL of the output */
typedef struct ntk_layered_kept {
    ntk_layered_term term;
    void *inputs, *derivatives;
} ntk_layered_kept;

ntk_layered_kept ntk_layered_kept_of(const ntk_samples *samples, int64_t at);

/* A hidden layer's term, the t-th of the pass, is (inner + ntk_layered_bias) slopes: rectangles of the tile's shape. */
ntk_status ntk_layered_factors(const ntk_kernel_tile *tile, const ntk_lane *lane, int64_t t, void *inner, void *slopes);
double ntk_layered_bias(const ntk_layer *layer);

/* The gradient, of samples that keep all terms (all is 0). */
ntk_status ntk_layered_tile_gradient(const struct ntk_tile_gradient *job, const ntk_lane *lane);
int64_t ntk_layered_gradient_room(const ntk_kernel *kernel, int32_t dtype, int64_t rows, int64_t cols);
double ntk_layered_gradient_row_cost(const ntk_kernel *kernel);

#endif
