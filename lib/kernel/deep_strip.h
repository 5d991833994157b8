/* Pairs of a row's sample with columns' samples, as a deep kernel's layers see them. */
#ifndef NTK_KERNEL_DEEP_STRIP_H
#define NTK_KERNEL_DEEP_STRIP_H

#include "kernel/deep.h"

/* Sample row of the tile's rows and count of its columns' samples from first on. */
typedef struct ntk_deep_strip {
    const ntk_kernel_tile *tile;
    const ntk_deep *kernel;
    const ntk_infinite_constants *k;
    const ntk_lane *lane;
    int64_t row, first, count;
    ntk_deep_state state;
} ntk_deep_strip;

/* Rooms for a strip's numbers of one kind. */
typedef union ntk_strip_room {
    double f64[NTK_STRIP];
    float f32[NTK_STRIP];
} ntk_strip_room;

/* The loops of a family, for an instruction set and a precision. */
const ntk_deep_family *ntk_deep_family_of(ntk_isa isa, int32_t dtype, ntk_family family);

/* The factors and constants of what the first activation sees. */
ntk_deep_layer ntk_deep_strip_first(const ntk_deep_strip *at);

/* Those of layer l's activation and what follows it. */
ntk_deep_layer ntk_deep_strip_layer(const ntk_deep_strip *at, int64_t l);

/* The state before the first activation, of inner products; near receives the places, in order, of *found samples nearly parallel
 * to the row's, whose state is made of the samples themselves. */
ntk_status ntk_deep_strip_begin(const ntk_deep_strip *at, const void *products, int32_t *near, int64_t *found);

#endif
