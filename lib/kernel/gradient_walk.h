/* Gradients of whole rows of a kernel: one row of tiles after the other, summed over all columns. */
#ifndef NTK_KERNEL_GRADIENT_WALK_H
#define NTK_KERNEL_GRADIENT_WALK_H

#include "kernel/gradient.h"

/* rows, cols  prepared samples of a kernel that has a gradient
 * by_pair     weights are those of pairs, a rectangle a target; otherwise of columns
 * most        targets at a time, as the shape was made for;  targets  of this run
 * gather      fills part->weights of a tile, as long as by_pair says, and part's by_target and by_row
 * finish      takes part->g of the rows of task index, whose tile has all its columns behind it
 * The rest is the shape. */
typedef struct ntk_gradient_walk ntk_gradient_walk;
struct ntk_gradient_walk {
    const ntk_samples *rows, *cols;
    bool by_pair;
    int64_t most, targets;
    void (*gather)(const ntk_gradient_walk *walk, ntk_tile_gradient *part, void *weights);
    ntk_status (*finish)(const ntk_gradient_walk *walk, const ntk_lane *lane, int64_t index, const ntk_tile_gradient *part);
    int64_t row_edge, col_edge;
    char *scratch;
    int64_t weights_at, sums_at, own_at, room_at, scratch_size;
};

/* Given by_pair and most. */
void ntk_gradient_walk_shape(ntk_gradient_walk *walk, const ntk_kernel *kernel, int64_t rows, int64_t cols, int64_t inputs,
                             int32_t dtype);

/* Rows of tiles, each a task. */
int64_t ntk_gradient_walk_tasks(const ntk_gradient_walk *walk, int64_t rows);

/* Shapes it for its samples, and gives it scratch for ntk_free. */
ntk_status ntk_gradient_walk_open(ntk_gradient_walk *walk, const ntk_lane *lane);

/* Walks all rows once, in the stage at work. */
ntk_status ntk_gradient_walk_run(ntk_gradient_walk *walk, const ntk_lane *lane);

/* Adds the bytes of scratch of a walk that has its shape to a need. */
ntk_status ntk_gradient_walk_memory(const ntk_gradient_walk *walk, const ntk_context *context, uint64_t *bytes, int64_t rows);

#endif
