/* Kernel matrices K(X, X). */
#ifndef NTK_GRAM_H
#define NTK_GRAM_H

#include <ntk/kernel.h>

NTK_BEGIN

/* A kernel matrix, evaluated.  Immutable: safe from many threads at once.  It keeps its kernel, and a copy of its samples. */
typedef struct ntk_gram ntk_gram;

/* FULL    n^2 elements, of which the lower triangle is filled: the fastest
 * PACKED  the lower triangle in square tiles: about half the memory, every operation still level 3 */
enum { NTK_STORAGE_FULL = 0, NTK_STORAGE_PACKED = 1 };

/* storage  as above
 * dtype    of the elements and of the arithmetic; 0: that of the samples */
typedef struct ntk_gram_options {
    size_t struct_size;
    int32_t storage;
    int32_t dtype;
} ntk_gram_options;

/* Bytes that ntk_gram_create would hold at its peak, for n samples of d inputs.  options may be NULL; dtype 0 counts as
 * NTK_F64.
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_gram_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                   const ntk_gram_options *options) NTK_MUST_CHECK;

/* Evaluates K(x_i, x_j) for all i >= j, each once, in place.   x  n x d.   options may be NULL.
 * The bits do not depend on the context's number of threads.
 * NTK_ERR_MEMORY     the budget or the allocator forbids it; the message names the bytes needed
 * other errors as for ntk_kernel_block */
NTK_API ntk_status ntk_gram_create(ntk_context *context, ntk_gram **gram, const ntk_kernel *kernel, const ntk_matrix *x,
                                   const ntk_gram_options *options) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_gram_destroy(ntk_gram *gram);

/* Number of samples n; -1 if gram is NULL. */
NTK_API int64_t ntk_gram_size(const ntk_gram *gram);

/* K (n x n, any dtype) receives the whole symmetric matrix. */
NTK_API ntk_status ntk_gram_copy(const ntk_gram *gram, const ntk_matrix *K) NTK_MUST_CHECK;

/* y = K v.   y, v  n x t, of the gram's dtype.
 * NTK_ERR_DTYPE  y or v has another dtype */
NTK_API ntk_status ntk_gram_multiply(const ntk_gram *gram, const ntk_matrix *y, const ntk_matrix *v) NTK_MUST_CHECK;

/* The sum of K's diagonal. */
NTK_API ntk_status ntk_gram_trace(const ntk_gram *gram, double *trace) NTK_MUST_CHECK;

NTK_END

#endif
