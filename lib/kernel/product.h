/* Products of kernel blocks that are never stored. */
#ifndef NTK_KERNEL_PRODUCT_H
#define NTK_KERNEL_PRODUCT_H

#include "core/blas.h"
#include "kernel/samples.h"

/* y = K(rows, cols) v + add, for a kernel of one pass.
 * v     cols x targets (NTK_PLAIN) or its transpose, in the samples' dtype, rows ldv apart
 * add   one number a target, or NULL
 * y     rows x targets, of any dtype
 * Units of the stage: rows. */
typedef struct ntk_product {
    const ntk_samples *rows, *cols;
    const void *v;
    int64_t ldv;
    ntk_transpose tv;
    int64_t targets;
    const double *add;
    const ntk_matrix *y;
    const char *function;
} ntk_product;

/* NTK_ERR_OVERFLOW  a number of y is too large; y is unspecified */
ntk_status ntk_product_evaluate(const ntk_product *product, const ntk_lane *lane);

/* Adds the bytes that it may hold, whatever targets, to a need. */
ntk_status ntk_product_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows, int64_t cols,
                              int64_t inputs, int32_t dtype);

#endif
