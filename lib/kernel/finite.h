/* The inside of finite-width kernels, one network's or the mean of several. */
#ifndef NTK_KERNEL_FINITE_H
#define NTK_KERNEL_FINITE_H

#include "kernel/kernel.h"

/* features  retained; base.features, too, where its calls go through features
 * gates     the tangent part goes by gates.h
 * networks  the features are those of so many networks, one behind the other, each over the root of their number, so that the
 *           kernel is the mean of theirs */
typedef struct ntk_finite {
    ntk_kernel base;
    const ntk_features *features;
    bool gates;
    int64_t networks;
} ntk_finite;

/* A handle; it retains features. */
ntk_status ntk_finite_create(ntk_context *context, ntk_kernel **kernel, const ntk_features *features, int64_t networks);

/* A kernel of one network's features of which sizes and the activation are known alone, for memory needs; gates: whether its tangent part
 * would go by them.  It is no object and retains nothing. */
void ntk_finite_shape(ntk_finite *kernel, const ntk_features *features, bool gates);

/* NULL unless the kernel is a finite one. */
const ntk_finite *ntk_finite_of(const ntk_kernel *kernel);

/* One network of a kernel as a kernel that retains nothing: it and its members live as long as this struct and the kernel. */
typedef struct ntk_finite_part {
    ntk_finite kernel;
    ntk_features features;
    ntk_weights weights;
} ntk_finite_part;

/* ntk_kernel_operations' gradient of kernels whose features have one, with so many rectangles of scratch.  It asks nothing of the
 * prepared pass: all neurons count. */
enum { NTK_FINITE_GRADIENT_SCRATCH = 10 };
ntk_status ntk_finite_tile_gradient(const struct ntk_tile_gradient *job, const ntk_lane *lane);

void ntk_finite_part_init(ntk_finite_part *part, const ntk_finite *whole, int64_t network);

#endif
