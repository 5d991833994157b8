/* Samples as a kernel needs them: in the arithmetic's precision, with what depends on one sample alone. */
#ifndef NTK_KERNEL_SAMPLES_H
#define NTK_KERNEL_SAMPLES_H

#include "core/operand.h"
#include "kernel/kernel.h"
#include "kernel/simd/loops.h"
#include "network/layer.h"

/* Signs of a finite kernel's u as bits (gates.h).
 * bits    rows x planes x words
 * totals  rows x 2: neurons with u > 0 and with u < 0
 * u       rows x group, of the neurons in work
 * zeros   some u is 0 where that counts apart */
typedef struct ntk_gates {
    uint64_t *bits;
    int32_t *totals;
    void *u;
    int64_t planes, words, group;
    bool zeros;
} ntk_gates;

/* Hermite coefficients of an infinite kernel's samples (mehler.h).
 * table   blocks of NTK_MEHLER_BLOCK samples, each terms x NTK_MEHLER_BLOCK; or shared, the terms of all
 * tails   terms + 1: what so many terms leave out of K(x, x), relative to it, at most
 * own     terms that are enough for K of the samples among themselves */
enum { NTK_MEHLER_BLOCK = NTK_MEHLER_COLUMNS };

typedef struct ntk_mehler {
    void *table;
    double *tails;
    int64_t terms, own;
    bool shared;
} ntk_mehler;

/* x         rows x inputs in dtype: the caller's array, or a copy of the samples' own
 * diagonal  K(x_i, x_i); infinite or NaN where that overflows
 * largest   of sqrt K(x_i, x_i), which may be finite where K(x_i, x_i) is not: no entry of a block is larger than the
 *           product of its two sets' largest
 * The rest belongs to the kind of kernel.
 * Infinite: factors  4 arrays of rows (infinite.h);  shifts, exponents  NULL, or of samples whose lengths are extreme;
 *           mehler, or of each of several layers
 * Finite: w  the hidden weights in dtype or NULL;  rf, nt  rows x count, the factors of count neurons from first on;
 *         gates  instead of nt where they serve;  by layers (layered.h): signals, of count terms from first on
 * terms     of the kernel's terms, one for each: they borrow x, and are prepared in one pass (all is 0) */
typedef struct ntk_samples {
    const ntk_kernel *kernel;
    ntk_context *context;
    int32_t dtype;
    int64_t rows, inputs;
    ntk_operand x;
    double *diagonal;
    double largest;
    void *factors;
    int32_t *shifts, *exponents;
    ntk_mehler mehler, *layers;
    int64_t all;
    void *w;
    void *rf, *nt, *signals;
    ntk_gates gates;
    int64_t first, count;
    struct ntk_samples *terms;
} ntk_samples;

/* Prepares samples under the lane's context, up to the last pass.
 * all        samples in the whole call, which the number of passes depends on
 * copy       the samples outlive the call, so that x must be copied
 * function, name  for the sentence of an error
 * NTK_ERR_OVERFLOW  a sample, or what the kernel makes of it, is too large for dtype
 * The kernel is not retained.  After a failure there is nothing to close. */
ntk_status ntk_samples_open(ntk_samples *samples, const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *x,
                            int32_t dtype, int64_t all, bool copy, const char *function, const char *name);

void ntk_samples_close(ntk_samples *samples);

/* The samples of K(x1, x2), as a stage of no units, for a call that ends before they do. */
typedef struct ntk_sample_pair {
    ntk_samples rows, cols;
} ntk_sample_pair;

/* NTK_ERR_OVERFLOW also if an entry of K may be too large for dtype.  After a failure there is nothing to close. */
ntk_status ntk_sample_pair_open(ntk_sample_pair *pair, const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *x1,
                                const ntk_matrix *x2, int32_t dtype, const char *function);
void ntk_sample_pair_close(ntk_sample_pair *pair);

/* Adds the bytes that samples may hold to a need: with a copy of x, and beside x. */
ntk_status ntk_samples_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t inputs,
                              int64_t all);
ntk_status ntk_prepared_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t inputs,
                               int64_t all);

/* NTK_ERR_OVERFLOW if an entry of K(rows, cols), or of one of its terms, may be too large for dtype. */
ntk_status ntk_samples_check(const ntk_samples *rows, const ntk_samples *cols, const char *function);

static inline const void *ntk_samples_at(const ntk_samples *samples, int64_t row)
{
    return ntk_at(samples->x.data, samples->dtype, row * samples->x.stride);
}

/* The samples as a view. */
ntk_matrix ntk_samples_view(const ntk_samples *samples);

/* Samples that several handles share; it retains their kernel.   room  0, or rows that the copy of x has memory for */
typedef struct ntk_sample_set {
    ntk_object base;
    ntk_samples samples;
    int64_t room;
} ntk_sample_set;

/* As ntk_samples_open, for a matrix of all samples with themselves: all is their number, or 0 where one pass is to have everything, and
 * to keep it for products that follow.  borrow: x outlives the set. */
ntk_status ntk_sample_set_create(ntk_sample_set **set, const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *x,
                                 int32_t dtype, int64_t all, bool borrow, const char *function);

ntk_status ntk_sample_set_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t inputs,
                                 int64_t all);

#endif
