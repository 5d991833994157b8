/* The kernel handle's inside: what each kind of kernel supplies, so that blocks, products, matrices and fits serve all
 * kinds. */
#ifndef NTK_KERNEL_KERNEL_H
#define NTK_KERNEL_KERNEL_H

#include "core/parallel.h"
#include "features/features.h"

#include <ntk/kernel.h>
#include <stdbool.h>

struct ntk_samples;
struct ntk_tile_gradient;
struct ntk_scale_call;
struct ntk_rescaling;
struct ntk_writer;

/* A rectangle of K, rows of one set of samples by those of another.
 * lower    the sets are the same and row is col: only the lower triangle need be right
 * add      add to what out holds: the sum over passes goes on
 * scratch  operations->scratch rectangles of the same shape, contiguous
 * products NULL, or <x, x'> of the tile's samples, contiguous, which kernels that one is made of share */
typedef struct ntk_kernel_tile {
    const struct ntk_samples *rows, *cols;
    int64_t row, row_count, col, col_count;
    bool lower, add;
    void *out;
    int64_t ld;
    void *scratch;
    const void *products;
} ntk_kernel_tile;

/* A kernel is a sum of passes, each over its own part of the kernel's parameters, so that what samples hold stays small.
 * passes    how many, for so many samples in all, or one where all is 0; the size query asks before there are samples
 * transform gives the samples of a term their x, where that is not the kernel's own x; NULL: it is
 * memory    adds the bytes that samples of rows rows hold for the kernel, of all in the call, to a need; not those of its terms
 * prepare   makes what depends on a sample alone, for one pass.  Passes are prepared in order 0, 1, ... once, which fills
 *           samples->diagonal and ->largest, and then again in any order
 * rest      frees what only tiles need; NULL: nothing
 * tile      evaluates the prepared pass; long work calls ntk_advance(lane, 0)
 * cost      operations, in multiplications and additions of a matrix product, of an entry of a pass
 * gradient  of a tile, with gradient_scratch rectangles of scratch, gradient_sums arrays like g (kernel/gradient.h), and
 *           gradient_room bytes of room for a tile of so many rows and columns, or fewer; NULL: the kernel has none, or it takes no room.
 *           gradient_row_cost  operations that it takes of each row of a tile, beside those of its entries; NULL: few
 * scales    of derivatives: how many; NULL: there are none.  own_scales  of a kernel made of others, those that its terms have not
 *           got; NULL: none.  scale_gradient  adds them to g (kernel/scales.h);
 *           scale_memory  adds the bytes that it may hold, whatever its samples, to a need
 * scale_values  writes the scales, and rescale makes the kernel with others (kernel/rescale.h); NULL: it has none.  Of a kernel made of
 *           others, remake makes it of other terms and numbers, which may be negative if signed_scales
 * write     puts what the kernel is into the writer's group (kernel/exchange.h)
 * products  how many times a tile takes the inner products of the kernel's own x; a finite kernel for K^NT
 * zonal     K(x, x') is a function of <x, x'> for samples of one length, if its terms are
 * points    whether one sample can be compared with others without memory, as infinite.h's lines do */
typedef struct ntk_kernel_operations {
    int64_t scratch;
    int64_t (*passes)(const ntk_kernel *kernel, int32_t dtype, int64_t all);
    ntk_status (*transform)(const struct ntk_samples *samples, struct ntk_samples *term, const ntk_lane *lane,
                            const char *function);
    ntk_status (*memory)(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all);
    ntk_status (*prepare)(struct ntk_samples *samples, const ntk_lane *lane, int64_t pass);
    void (*rest)(struct ntk_samples *samples);
    void (*close)(struct ntk_samples *samples);
    ntk_status (*tile)(const ntk_kernel_tile *tile, const ntk_lane *lane);
    double (*cost)(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all);
    ntk_status (*gradient)(const struct ntk_tile_gradient *job, const ntk_lane *lane);
    int64_t gradient_scratch, gradient_sums;
    int64_t (*gradient_room)(const ntk_kernel *kernel, int32_t dtype, int64_t rows, int64_t cols);
    double (*gradient_row_cost)(const ntk_kernel *kernel);
    int64_t (*scales)(const ntk_kernel *kernel);
    int64_t (*own_scales)(const ntk_kernel *kernel);
    ntk_status (*scale_gradient)(const ntk_kernel *kernel, const struct ntk_scale_call *call, const ntk_lane *lane, double *g);
    ntk_status (*scale_memory)(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                               int64_t cols, int64_t inputs, int32_t dtype);
    void (*scale_values)(const ntk_kernel *kernel, double *values);
    ntk_status (*rescale)(struct ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel);
    ntk_status (*remake)(ntk_context *context, ntk_kernel **made, const ntk_kernel *const *terms, int64_t count,
                         const double *numbers, int64_t number_count);
    bool signed_scales;
    ntk_status (*write)(struct ntk_writer *writer, const ntk_kernel *kernel);
    int64_t products;
    bool zonal;
    bool points;
} ntk_kernel_operations;

/* features  retained, of a finite kernel whose products go through them; NULL otherwise
 * inputs    d, or 0: any
 * terms     the kernels that it is made of (composite.h): its samples hold samples of each
 * nodes     how many kernels it is made of in all, itself included; 0 stands for 1 */
struct ntk_kernel {
    ntk_object base;
    const ntk_kernel_operations *operations;
    const ntk_features *features;
    int64_t inputs;
    const ntk_kernel *const *terms;
    int64_t term_count, nodes;
};

/* NTK_ERR_SHAPE naming size unless it is at least 1. */
ntk_status ntk_kernel_size_check(int64_t size, const char *function, const char *name);

/* NTK_ERR_SHAPE unless n >= 1 and the kernel takes d >= 1 inputs. */
ntk_status ntk_kernel_sizes_check(const ntk_kernel *kernel, int64_t n, int64_t d, const char *function);

/* The status of a size query, with a sentence about its arguments if it is NTK_ERR_OVERFLOW. */
ntk_status ntk_sizes_representable(ntk_status status, int64_t n, int64_t d, int64_t t, const char *function);

/* d of a kernel that has one, or -1: any. */
static inline int64_t ntk_kernel_inputs(const ntk_kernel *kernel)
{
    return kernel->inputs ? kernel->inputs : -1;
}

#endif
