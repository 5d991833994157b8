/* Kernel matrices K(X, X). */
#ifndef NTK_GRAM_H
#define NTK_GRAM_H

#include <ntk/kernel.h>

NTK_BEGIN

/* A kernel matrix.  Immutable: safe from many threads at once.  It keeps its kernel, and a copy of its samples. */
typedef struct ntk_gram ntk_gram;

/* FULL      n^2 elements, of which the lower triangle is filled: the fastest
 * PACKED    the lower triangle in panels of rows: about half the memory, every operation still level 3
 * IMPLICIT  no element is held: copy and multiply evaluate the kernel anew, each pair of samples once, in tiles; their working
 *           memory is some tiles a thread.  What needs a factorization (ridge) does not take it */
enum { NTK_STORAGE_FULL = 0, NTK_STORAGE_PACKED = 1, NTK_STORAGE_IMPLICIT = 2 };

/* storage  as above
 * dtype    of the elements and of the arithmetic; 0: that of the samples */
typedef struct ntk_gram_options {
    size_t struct_size;
    int32_t storage;
    int32_t dtype;
} ntk_gram_options;

/* Bytes that ntk_gram_create would hold at its peak, for n samples of d inputs; with NTK_STORAGE_IMPLICIT, that the matrix and
 * one call of copy or multiply on it would.  options may be NULL; dtype 0 counts as NTK_F64.
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_gram_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                   const ntk_gram_options *options) NTK_MUST_CHECK;

/* Evaluates K(x_i, x_j) for all i >= j, each once, in place.   x  n x d.   options may be NULL.
 * The bits do not depend on the context's number of threads; storages agree to rounding.
 * NTK_ERR_MEMORY     the budget or the allocator forbids it; the message names the bytes needed
 * other errors as for ntk_kernel_block */
NTK_API ntk_status ntk_gram_create(ntk_context *context, ntk_gram **gram, const ntk_kernel *kernel, const ntk_matrix *x,
                                   const ntk_gram_options *options) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_gram_destroy(ntk_gram *gram);

/* Number of samples n; -1 if gram is NULL. */
NTK_API int64_t ntk_gram_size(const ntk_gram *gram);

/* K (n x n, any dtype) receives the whole symmetric matrix.
 * NTK_ERR_MEMORY  working memory cannot be had; K is untouched */
NTK_API ntk_status ntk_gram_copy(const ntk_gram *gram, const ntk_matrix *K) NTK_MUST_CHECK;

/* y = K v.   y, v  n x t, of the gram's dtype.  An implicit matrix evaluates each pair of samples once, whatever t; the bits do
 * not depend on the number of threads.
 * NTK_ERR_DTYPE   y or v has another dtype
 * NTK_ERR_MEMORY  working memory cannot be had; y is untouched */
NTK_API ntk_status ntk_gram_multiply(const ntk_gram *gram, const ntk_matrix *y, const ntk_matrix *v) NTK_MUST_CHECK;

/* The sum of K's diagonal. */
NTK_API ntk_status ntk_gram_trace(const ntk_gram *gram, double *trace) NTK_MUST_CHECK;

/* --- K in panels, never held --- */

/* LOWER  a panel of rows first, ..., first + r - 1 has columns 0, ..., first + r - 1: each pair of samples is evaluated once.
 *        The square on the diagonal is whole and symmetric, so that all r (first + r) elements are K's
 * WHOLE  it has all n columns; each pair is evaluated twice, and the two agree to rounding */
enum { NTK_PANEL_LOWER = 0, NTK_PANEL_WHOLE = 1 };

/* Rows of K.
 * first  K's row (counted from 0) that is row 0 of values
 * values r x (first + r) or r x n, its rows without gaps, so that one write takes it whole.  Belongs to the library, and holds
 *        until the callback returns; the callback may change its elements */
typedef struct ntk_panel {
    size_t struct_size;
    int64_t first;
    ntk_matrix values;
} ntk_panel;

/* Receives a panel; a return other than 0 ends the stream with NTK_ERR_CALLBACK. */
typedef int (*ntk_panel_receiver)(void *user, const ntk_panel *panel);

/* rows   of each panel; the last one may have fewer.  0: 512, or more as long as a panel stays within 64 MiB.  A finite kernel
 *        evaluates its neurons anew for each panel where they do not all fit its working memory: panels of few rows cost more
 * shape  NTK_PANEL_...
 * dtype  of the panels and of the arithmetic; 0: that of the samples */
typedef struct ntk_stream_options {
    size_t struct_size;
    int64_t rows;
    int32_t shape;
    int32_t dtype;
} ntk_stream_options;

/* Bytes that ntk_gram_stream would hold at its peak, its panel included.  options may be NULL; dtype 0 counts as NTK_F64.
 * NTK_ERR_OVERFLOW  not representable */
NTK_API ntk_status ntk_gram_stream_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n,
                                          int64_t d, const ntk_stream_options *options) NTK_MUST_CHECK;

/* Evaluates K(x, x) in panels from the first row to the last and gives each to receive, one after the other on the calling
 * thread; meanwhile no other thread works for the call, so that receive may itself use the library.   x  n x d.   options may be
 * NULL.  The bits do not depend on the context's number of threads.
 * NTK_ERR_CALLBACK   receive returned another number than 0, which the message names
 * NTK_ERR_CANCELLED  the progress callback asked to stop; panels may have been received
 * NTK_ERR_MEMORY     the budget or the allocator forbids it; no panel has been received
 * other errors as for ntk_kernel_block */
NTK_API ntk_status ntk_gram_stream(ntk_context *context, const ntk_kernel *kernel, const ntk_matrix *x,
                                   ntk_panel_receiver receive, void *user, const ntk_stream_options *options) NTK_MUST_CHECK;

NTK_END

#endif
