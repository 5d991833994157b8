/* Tiles combined element by element. */
#ifndef NTK_KERNEL_COMBINE_H
#define NTK_KERNEL_COMBINE_H

#include "kernel/kernel.h"

/* out(i, j) of a tile becomes
 * FILL      factor
 * SET       factor from(i, j); from may be out
 * ADD       out(i, j) + factor from(i, j)
 * MULTIPLY  factor out(i, j) from(i, j)
 * SHIFT     out(i, j) + factor */
typedef enum ntk_combination {
    NTK_COMBINE_FILL,
    NTK_COMBINE_SET,
    NTK_COMBINE_ADD,
    NTK_COMBINE_MULTIPLY,
    NTK_COMBINE_SHIFT
} ntk_combination;

/* from  in the tile's dtype, element i by_row + j; of a lower tile the lower triangle is read and written */
ntk_status ntk_tile_combine(const ntk_kernel_tile *tile, const ntk_lane *lane, ntk_combination how, const void *from,
                            int64_t by_row, double factor);

/* out(i, j) = (a(i, j) + constant) b(i, j), added to out where the tile says so.  a, b  rectangles of the tile's shape */
ntk_status ntk_tile_add_product(const ntk_kernel_tile *tile, const ntk_lane *lane, const void *a, double constant,
                                const void *b);

#endif
