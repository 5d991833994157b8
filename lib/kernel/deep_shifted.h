/* Infinite-width kernels of several hidden layers of ReLU, leaky ReLU, absolute value, step or sign with a shift or an offset: entry
 * by entry through the layers, by the distribution of two normals (activation/closed_forms.h).  With L and L' the lengths of what a
 * layer makes of two samples, (W s(u), b) and (W s(v), b),
 *   1 - rho = (W^2 E[(s(u) - s(v))^2] - (L - L')^2) / (2 L L')
 * which keeps the angle of near-duplicates to about a roundoff, not to its root. */
#ifndef NTK_KERNEL_DEEP_SHIFTED_H
#define NTK_KERNEL_DEEP_SHIFTED_H

#include "kernel/deep.h"

/* What a layer knows of a sample: as what it sees, and the next layer's w and z. */
typedef struct ntk_shifted_sample {
    ntk_shifted u;
    double w, z;
} ntk_shifted_sample;

ntk_shifted_sample ntk_shifted_sample_at(const ntk_samples *samples, int64_t layer, int64_t i);

/* The angle at the first layer, of an inner product; and at the next one, of kappa. */
ntk_angle ntk_deep_shifted_angle(const ntk_infinite_constants *k, const ntk_samples *rows, int64_t i, const ntk_samples *cols,
                                 int64_t j, double product);
ntk_angle ntk_deep_shifted_next(const ntk_activation *activation, const ntk_shifted_sample *u, const ntk_shifted_sample *v,
                                const ntk_angle *angle, double kappa);

extern const ntk_kernel_operations ntk_deep_shifted_operations;

#endif
