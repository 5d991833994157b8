/* Kernels made of other kernels.  They are evaluated in one pass, in which a finite term keeps all its neurons. */
#ifndef NTK_KERNEL_COMPOSITE_H
#define NTK_KERNEL_COMPOSITE_H

#include "kernel/gradient.h"

/* operations  the kernel's own, since its rectangles depend on its terms
 * numbers     what there is beside the terms: weights, scales */
typedef struct ntk_composite {
    ntk_kernel base;
    ntk_kernel_operations operations;
    double *numbers;
} ntk_composite;

/* How many scales it has beside its terms': its first numbers. */
static inline int64_t ntk_composite_own_scales(const ntk_kernel *kernel)
{
    return kernel->operations->own_scales ? kernel->operations->own_scales(kernel) : 0;
}

/* Kernels at most that one is made of, itself included: what its calls recurse into. */
enum { NTK_MOST_NODES = 1000, NTK_MOST_TERMS = NTK_MOST_NODES - 1 };

/* NTK_ERR_SHAPE or NTK_ERR_UNSUPPORTED unless so many terms can be. */
ntk_status ntk_composite_count_check(int64_t count, const char *function);

/* A kernel of count terms, which it retains, with room for numbers, which are zero.  Its operations are those given, with
 * passes and cost, and where they have none memory and close, that all share; it has a gradient only if all its terms have.
 * NTK_ERR_NULL         a term is NULL: the message names it as name[i]
 * NTK_ERR_SHAPE        terms take different numbers of inputs
 * NTK_ERR_UNSUPPORTED  it would be made of too many kernels */
ntk_status ntk_composite_create(ntk_context *context, ntk_composite **composite, const ntk_kernel_operations *operations,
                                const ntk_kernel *const *terms, int64_t count, int64_t numbers, const char *function,
                                const char *name);

static inline const ntk_composite *ntk_composite_of(const ntk_samples *samples)
{
    return (const ntk_composite *)samples->kernel;
}

/* The most that a term has of each: operations->scratch, gradient_scratch or scratch, and gradient_sums. */
int64_t ntk_terms_scratch(const ntk_kernel *kernel);
int64_t ntk_terms_gradient_scratch(const ntk_kernel *kernel);
int64_t ntk_terms_gradient_sums(const ntk_kernel *kernel);

/* ntk_kernel_operations that composites share.  The cost is that of the terms. */
int64_t ntk_composite_passes(const ntk_kernel *kernel, int32_t dtype, int64_t all);
ntk_status ntk_composite_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all);
void ntk_composite_close(ntk_samples *samples);
double ntk_composite_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all);

/* Gives the tile the inner products of its samples, in the first rectangle of its scratch, if they are taken more than once and it
 * has none.  ntk_shared_products  the rectangles that this may take.
 * uses  how many times each term's are taken */
ntk_status ntk_share_products(ntk_kernel_tile *tile, const ntk_lane *lane, int64_t uses);
int64_t ntk_shared_products(const ntk_kernel *kernel, int64_t uses);

/* Term t of a tile: out receives it, its rows ld apart. */
ntk_status ntk_term_tile(const ntk_kernel_tile *tile, const ntk_lane *lane, int64_t t, void *out, int64_t ld, void *scratch);

/* The tile's terms, of which out receives the sum with these weights, or, where weights is NULL, the product.  It takes
 * ntk_folded_scratch rectangles. */
ntk_status ntk_terms_fold(const ntk_kernel_tile *tile, const ntk_lane *lane, const double *weights);
int64_t ntk_folded_scratch(const ntk_kernel *kernel);

/* The gradient of term t, of count targets from first on, with the job's weights. */
ntk_tile_gradient ntk_term_gradient(const ntk_tile_gradient *job, int64_t t, int64_t first, int64_t count, void *scratch);
ntk_status ntk_term_add_gradient(const ntk_tile_gradient *part, const ntk_lane *lane);

/* Targets whose weights a composite changes at a time, each in a rectangle. */
enum { NTK_WEIGHED_TARGETS = 4 };

#endif
