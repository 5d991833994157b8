/* Gradients of kernels in their first argument, tile by tile. */
#ifndef NTK_KERNEL_GRADIENT_H
#define NTK_KERNEL_GRADIENT_H

#include "kernel/samples.h"

/* So many targets and rows at most in one tile's gradient. */
enum { NTK_GRADIENT_TARGETS = 16, NTK_GRADIENT_ROWS = 512 };

/* A tile with weights W_c(i, j) of targets c: for each row i and target c
 *   g_c(i) += sum_j W_c(i, j) grad K(x_i, x_j), the gradient in x_i.
 * tile     out is not meant; scratch  operations->gradient_scratch rectangles of its shape, contiguous
 * weights  in the samples' dtype: W_c(i, j) is element c by_target + i by_row + j
 * g        in the samples' dtype, rows ldg apart, the targets of a row inputs apart
 * sums     operations->gradient_sums arrays of the tile's rows x targets x inputs, contiguous
 * room     ntk_gradient_room bytes, of a tile that has as many rows and columns or more */
typedef struct ntk_tile_gradient {
    ntk_kernel_tile tile;
    const void *weights;
    int64_t by_target, by_row, targets;
    void *g;
    int64_t ldg;
    void *sums, *room;
} ntk_tile_gradient;

/* The most that the kernel, or one that it is made of, has as operations->gradient_room; and the sum of their gradient_row_cost. */
int64_t ntk_gradient_room(const ntk_kernel *kernel, int32_t dtype, int64_t rows, int64_t cols);
double ntk_gradient_row_cost(const ntk_kernel *kernel);

/* ntk_kernel_operations of infinite kernels with one hidden layer. */
ntk_status ntk_infinite_gradient(const ntk_tile_gradient *job, const ntk_lane *lane);

/* ntk_kernel_gradient within other calls, of a kernel that has one, as stages of the lane's work. */
ntk_status ntk_gradient_write(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x1,
                              const ntk_matrix *x2, const ntk_matrix *v, const char *function);

/* Adds the bytes that ntk_kernel_gradient may hold beside those of prepared samples, whatever the targets, to a need. */
ntk_status ntk_gradient_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                               int64_t cols, int64_t inputs, int32_t dtype);

#endif
