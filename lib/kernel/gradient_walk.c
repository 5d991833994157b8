#include "kernel/gradient_walk.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/tile.h"

#include <string.h>

int64_t ntk_gradient_room(const ntk_kernel *kernel, int32_t dtype, int64_t rows, int64_t cols)
{
    int64_t most = kernel->operations->gradient_room ? kernel->operations->gradient_room(kernel, dtype, rows, cols) : 0;
    for (int64_t t = 0; t < kernel->term_count; t++)
        most = ntk_larger(most, ntk_gradient_room(kernel->terms[t], dtype, rows, cols));
    return most;
}

double ntk_gradient_row_cost(const ntk_kernel *kernel)
{
    double sum = kernel->operations->gradient_row_cost ? kernel->operations->gradient_row_cost(kernel) : 0;
    for (int64_t t = 0; t < kernel->term_count; t++) sum += ntk_gradient_row_cost(kernel->terms[t]);
    return sum;
}

/* A lane's scratch: rectangles of a tile, the weights, the gradients of a row of tiles, then the kernel's own sums and room. */
void ntk_gradient_walk_shape(ntk_gradient_walk *walk, const ntk_kernel *kernel, int64_t rows, int64_t cols, int64_t inputs,
                             int32_t dtype)
{
    int64_t edge = ntk_tile_edge(kernel, rows, cols, inputs, dtype, rows + cols, NTK_GRADIENT_ROWS);
    int64_t size = ntk_dtype_size(dtype);
    walk->row_edge = ntk_smaller(rows, edge);
    walk->col_edge = ntk_smaller(cols, edge);
    int64_t sums = walk->row_edge * walk->most * inputs * size, weights = walk->most * walk->col_edge * size;
    if (walk->by_pair) weights *= walk->row_edge;
    walk->weights_at = ntk_whole_lines(kernel->operations->gradient_scratch * walk->row_edge * walk->col_edge * size);
    walk->sums_at = walk->weights_at + ntk_whole_lines(weights);
    walk->own_at = walk->sums_at + ntk_whole_lines(sums);
    walk->room_at = walk->own_at + ntk_whole_lines(kernel->operations->gradient_sums * sums);
    walk->scratch_size = walk->room_at + ntk_whole_lines(ntk_gradient_room(kernel, dtype, walk->row_edge, walk->col_edge));
}

int64_t ntk_gradient_walk_tasks(const ntk_gradient_walk *walk, int64_t rows)
{
    return (rows - 1) / walk->row_edge + 1;
}

ntk_status ntk_gradient_walk_open(ntk_gradient_walk *walk, const ntk_lane *lane)
{
    const ntk_samples *rows = walk->rows;
    ntk_gradient_walk_shape(walk, rows->kernel, rows->rows, walk->cols->rows, rows->inputs, rows->dtype);
    return ntk_allocate(lane->work->context, &walk->scratch, ntk_lanes_for(lane, ntk_gradient_walk_tasks(walk, rows->rows)),
                        walk->scratch_size, "tiles of a kernel's gradient");
}

static ntk_status evaluate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_gradient_walk *walk = argument;
    const ntk_samples *rows = walk->rows, *cols = walk->cols;
    char *scratch = walk->scratch + lane->index * walk->scratch_size;
    ntk_tile_gradient part = {.weights = scratch + walk->weights_at, .targets = walk->targets, .g = scratch + walk->sums_at};
    ntk_kernel_tile *tile = &part.tile;
    *tile = (ntk_kernel_tile){.rows = rows, .cols = cols, .row = index * walk->row_edge, .scratch = scratch};
    tile->row_count = ntk_smaller(walk->row_edge, rows->rows - tile->row);
    part.ldg = walk->targets * rows->inputs;
    part.sums = scratch + walk->own_at;
    part.room = scratch + walk->room_at;
    memset(part.g, 0, (size_t)(tile->row_count * part.ldg * ntk_dtype_size(rows->dtype)));
    for (; tile->col < cols->rows; tile->col += walk->col_edge) {
        tile->col_count = ntk_smaller(walk->col_edge, cols->rows - tile->col);
        walk->gather(walk, &part, scratch + walk->weights_at);
        NTK_TRY(rows->kernel->operations->gradient(&part, lane));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return walk->finish(walk, lane, index, &part);
}

ntk_status ntk_gradient_walk_run(ntk_gradient_walk *walk, const ntk_lane *lane)
{
    return ntk_run_blas(lane, ntk_gradient_walk_tasks(walk, walk->rows->rows), evaluate_rows, walk);
}

ntk_status ntk_gradient_walk_memory(const ntk_gradient_walk *walk, const ntk_context *context, uint64_t *bytes, int64_t rows)
{
    return ntk_need(bytes, ntk_lanes_expected(context, ntk_gradient_walk_tasks(walk, rows)), walk->scratch_size);
}
