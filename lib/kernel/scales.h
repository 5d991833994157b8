/* Derivatives of kernels by their scales. */
#ifndef NTK_KERNEL_SCALES_H
#define NTK_KERNEL_SCALES_H

#include "kernel/samples.h"

/* sum_ij W(i, j) K(x1_i, x2_j) is differentiated, in the arithmetic of dtype.  weights  W, of any dtype */
typedef struct ntk_scale_call {
    ntk_matrix x1, x2, weights;
    int32_t dtype;
    const char *function;
} ntk_scale_call;

/* Asks whether to stop, now and then, after row i of a matrix of so many columns. */
ntk_status ntk_scale_ask(const ntk_lane *lane, int64_t i, int64_t cols);

/* ntk_kernel_operations of kernels that have none of their own: 0. */
int64_t ntk_no_scales(const ntk_kernel *kernel);

/* ntk_kernel_operations of infinite kernels with one layer, and with any. */
int64_t ntk_infinite_scales(const ntk_kernel *kernel);
ntk_status ntk_infinite_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g);
ntk_status ntk_infinite_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                     int64_t cols, int64_t inputs, int32_t dtype);
int64_t ntk_deep_scales_of(const ntk_kernel *kernel);
ntk_status ntk_deep_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g);
ntk_status ntk_deep_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                 int64_t cols, int64_t inputs, int32_t dtype);

/* Of kernels that are made of others: what they have themselves, then their terms' in order. */
int64_t ntk_composite_scales(const ntk_kernel *kernel);
ntk_status ntk_sum_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g);
ntk_status ntk_product_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g);
ntk_status ntk_ard_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g);
ntk_status ntk_normalised_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g);
ntk_status ntk_ard_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                int64_t cols, int64_t inputs, int32_t dtype);
ntk_status ntk_normalised_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                       int64_t cols, int64_t inputs, int32_t dtype);
ntk_status ntk_composite_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                      int64_t cols, int64_t inputs, int32_t dtype);

#endif
