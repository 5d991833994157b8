/* Infinite-width kernels of several hidden layers.  With S_1 as of one layer and T_1 = rate_1 S_1, layer l's activation and what
 * follows it make
 *   S_(l+1) = W^2 kappa(S_l) + b^2,   T_(l+1) = rate_(l+1) S_(l+1) + W^2 T_l kdot(S_l)
 * with the scales W and b of layer l + 1, and the output layer K = T_(L+1).  (math: Jacot et al. 2018; Lee et al. 2019) */
#ifndef NTK_KERNEL_DEEP_H
#define NTK_KERNEL_DEEP_H

#include "kernel/infinite.h"
#include "kernel/simd/deep.h"

enum { NTK_DEEP_MOST_LAYERS = NTK_MOST_LAYERS };

typedef struct ntk_deep_scales {
    double weight, bias, rate;
} ntk_deep_scales;

/* first  the first layer with its scales; its output_scale (times the activation's scale), rf and constant are of the output */
typedef struct ntk_deep {
    ntk_infinite first;
    int64_t layers;
    ntk_deep_scales scales[];
} ntk_deep;

/* What the kernel keeps of its samples, array after array: of the first layer, then four of each (simd/deep.h). */
enum { NTK_DEEP_FIRST_W, NTK_DEEP_FIRST_Z, NTK_DEEP_FIRST_P, NTK_DEEP_FIRST };
enum { NTK_DEEP_P, NTK_DEEP_Q, NTK_DEEP_W, NTK_DEEP_Z, NTK_DEEP_FACTORS };

static inline int64_t ntk_deep_arrays(const ntk_deep *kernel)
{
    return NTK_DEEP_FIRST + NTK_DEEP_FACTORS * kernel->layers;
}

/* Whether pairs are carried by their angle alone, over their lengths: SLOPES and LEVELS without shift or offset. */
static inline bool ntk_deep_is_kinked(const ntk_deep *kernel)
{
    return kernel->first.activation->family <= NTK_FAMILY_LEVELS && ntk_infinite_is_closed(kernel->first.activation);
}

/* What follows layer l's activation: the next layer's weight scale times the activation's frequency and scale, and its bias scale
 * times the frequency; after the last one the output's weight scale times the activation's scale. */
typedef struct ntk_deep_gain {
    double weight, bias;
} ntk_deep_gain;

ntk_deep_gain ntk_deep_gain_of(const ntk_deep *kernel, int64_t layer);

/* The kernel of these layers, each with its scales. */
ntk_status ntk_deep_create(ntk_context *context, ntk_kernel **kernel, const ntk_infinite *first, int64_t layers,
                           const ntk_deep_scales *scales);

/* What size queries need of a kernel of so many layers; it is no object. */
ntk_deep ntk_deep_shape(const ntk_infinite *first, int64_t layers);

/* The loops' constants of layer l but for the samples' factors. */
ntk_deep_layer ntk_deep_layer_of(const ntk_deep *kernel, int64_t layer);

/* ntk_kernel_operations of deep kernels. */
ntk_status ntk_deep_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all);
ntk_status ntk_deep_prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass);
ntk_status ntk_deep_tile(const ntk_kernel_tile *tile, const ntk_lane *lane);
ntk_status ntk_deep_gradient(const struct ntk_tile_gradient *job, const ntk_lane *lane);

#endif
