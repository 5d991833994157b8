/* Products y = K v inside a call that goes on, as a stage of its lane's work. */
#ifndef NTK_GRAM_PRODUCT_H
#define NTK_GRAM_PRODUCT_H

#include "gram/gram.h"

/* y, v  n x t, of K's dtype; or in double precision where K's is single: then its elements are widened, tile by tile */
ntk_status ntk_held_product(const ntk_symmetric *K, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *v,
                            ntk_share share);

/* The same of the kernel of samples with themselves, each pair evaluated once: as ntk_implicit_sweep. */
ntk_status ntk_implicit_product(ntk_samples *samples, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *v,
                                ntk_share share);

/* Adds the bytes that products with vectors in double precision hold to a need: of a matrix that is held, and of samples, whose sweep
 * is counted. */
ntk_status ntk_held_product_memory(const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t n);
ntk_status ntk_implicit_product_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int32_t dtype,
                                       int64_t n, int64_t d);

#endif
