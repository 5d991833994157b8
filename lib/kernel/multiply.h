/* What ntk_kernel_multiply holds. */
#ifndef NTK_KERNEL_MULTIPLY_H
#define NTK_KERNEL_MULTIPLY_H

#include "kernel/kernel.h"

/* Adds its bytes, beside those of prepared samples, to a need. */
ntk_status ntk_multiply_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                               int64_t cols, int64_t inputs, int32_t dtype);

#endif
