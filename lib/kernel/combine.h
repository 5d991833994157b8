/* Tiles combined element by element. */
#ifndef NTK_KERNEL_COMBINE_H
#define NTK_KERNEL_COMBINE_H

#include "kernel/kernel.h"

/* out(i, j) of a tile becomes
 * FILL      factor
 * SET       factor from(i, j); from may be out
 * ADD       out(i, j) + factor from(i, j)
 * MULTIPLY  factor out(i, j) from(i, j) */
typedef enum ntk_combination { NTK_COMBINE_FILL, NTK_COMBINE_SET, NTK_COMBINE_ADD, NTK_COMBINE_MULTIPLY } ntk_combination;

/* from  in the tile's dtype, element i by_row + j; of a lower tile the lower triangle is read and written */
ntk_status ntk_tile_combine(const ntk_kernel_tile *tile, const ntk_lane *lane, ntk_combination how, const void *from,
                            int64_t by_row, double factor);

#endif
