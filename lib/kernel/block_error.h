/* Standard errors of a Monte Carlo kernel's entries. */
#ifndef NTK_KERNEL_BLOCK_ERROR_H
#define NTK_KERNEL_BLOCK_ERROR_H

#include "kernel/kernel.h"

/* Adds the bytes that ntk_kernel_block_error may hold to a need: none for a kernel that has no such errors. */
ntk_status ntk_block_error_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t n1, int64_t n2,
                                  int64_t d, int32_t dtype);

#endif
