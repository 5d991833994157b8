/* What ntk_kernel_multiply takes and holds. */
#ifndef NTK_KERNEL_MULTIPLY_H
#define NTK_KERNEL_MULTIPLY_H

#include "kernel/kernel.h"

/* Adds its bytes, beside those of prepared samples, to a need. */
ntk_status ntk_multiply_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                               int64_t cols, int64_t inputs, int32_t dtype);

/* The same of ntk_finite_multiply for so many targets, where so many rows of one of its samples are not of dtype, and are copied. */
ntk_status ntk_finite_multiply_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                      int64_t cols, int64_t copied, int32_t dtype, int64_t targets);

/* The same of a finite kernel's gradient, with those of its samples. */
ntk_status ntk_finite_gradient_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                      int64_t cols, int64_t inputs, int32_t dtype);

/* y = K(x1, x2) v of a finite kernel, by its features, as stages that are all the room of the lane's work. */
ntk_status ntk_finite_multiply(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x1,
                               const ntk_matrix *x2, const ntk_matrix *v, const char *function);

/* ntk_kernel_gradient of a finite kernel, by its features. */
ntk_status ntk_finite_gradient(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x1,
                               const ntk_matrix *x2, const ntk_matrix *v, const char *function);

/* The views of a call out = K(x1, x2) v, or, with each_input, of one with a column of out for each target and input. */
ntk_status ntk_multiply_check(const ntk_kernel *kernel, const ntk_matrix *out, const char *name, bool each_input,
                              const ntk_matrix *x1, const ntk_matrix *x2, const ntk_matrix *v, const char *function);

#endif
