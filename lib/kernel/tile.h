/* Matrices of kernel values, tile by tile. */
#ifndef NTK_KERNEL_TILE_H
#define NTK_KERNEL_TILE_H

#include "kernel/samples.h"

/* Where element (row, col) of the matrix lies; *ld receives the distance of rows there.  Holds for the whole tile that begins
 * there. */
typedef void *(*ntk_placement)(const void *matrix, int64_t row, int64_t col, int64_t *ld);

/* K(rows, cols), or for lower the lower triangle of K(rows, rows).
 * first, count  rows first to first + count - 1 of it only; count 0: all rows
 * most          how many rows of a tile the matrix allows, a power of two: a tile's first row is a multiple of its rows; 0: any
 * scratch       ntk_grid_scratch bytes; NULL: evaluation allocates them */
typedef struct ntk_grid {
    ntk_samples *rows, *cols;
    bool lower;
    int64_t first, count;
    int64_t most;
    ntk_placement placement;
    const void *matrix;
    void *scratch;
} ntk_grid;

/* Evaluates all tiles in all passes.  Units of the stage: ntk_grid_units. */
ntk_status ntk_grid_evaluate(const ntk_grid *grid, const ntk_lane *lane);
int64_t ntk_grid_units(const ntk_grid *grid);

/* Bytes of scratch that it takes; 0: none. */
int64_t ntk_grid_scratch(const ntk_grid *grid, const ntk_lane *lane);

/* out (rows ld apart) = beta out + a b^T, of tile->row_count rows of a and tile->col_count rows of b, depth long; for a
 * lower tile its lower triangle.  Long products are divided, so that the call can be stopped. */
ntk_status ntk_tile_product(const ntk_kernel_tile *tile, const ntk_lane *lane, const void *a, int64_t lda, const void *b,
                            int64_t ldb, int64_t depth, double beta, void *out, int64_t ld);

/* out (rows ld apart) = <x, x'> of the tile's samples. */
ntk_status ntk_tile_inner_products(const ntk_kernel_tile *tile, const ntk_lane *lane, void *out, int64_t ld);

/* Edge of square tiles for so many rows and columns: a power of two that depends on the sizes and on BLAS alone. */
int64_t ntk_tile_edge(const ntk_kernel *kernel, int64_t rows, int64_t cols, int64_t inputs, int32_t dtype, int64_t all,
                      int64_t most);

/* Bytes of a tile's scratch, for tiles of this edge. */
int64_t ntk_tile_scratch(const ntk_kernel *kernel, int64_t rows, int64_t cols, int64_t edge, int32_t dtype);

/* Adds the bytes that ntk_grid_evaluate may hold to a need. */
ntk_status ntk_grid_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows, int64_t cols,
                           int64_t inputs, int32_t dtype, int64_t all, int64_t most);

/* The views of a call out = something of K(x1, x2), entry by entry. */
ntk_status ntk_block_check(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2,
                           const char *function);

#endif
