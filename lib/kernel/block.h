/* Blocks of kernel values within other calls. */
#ifndef NTK_KERNEL_BLOCK_H
#define NTK_KERNEL_BLOCK_H

#include "kernel/samples.h"

/* out = K(x1, x2). */
ntk_status ntk_block_write(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *out, const ntk_matrix *x1,
                           const ntk_matrix *x2, const char *function);

/* Adds the bytes that it may hold to a need. */
ntk_status ntk_block_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t n1, int64_t n2,
                            int64_t d, int32_t dtype);

#endif
