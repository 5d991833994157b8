/* Infinite-width kernels of several hidden layers of ReLU, leaky ReLU, absolute value, step or sign with a shift or an offset: entry
 * by entry through the layers, by the distribution of two normals (activation/closed_forms.h).  With L and L' the lengths of what a
 * layer makes of two samples, (W s(u), b) and (W s(v), b),
 *   1 - rho = (W^2 E[(s(u) - s(v))^2] - (L - L')^2) / (2 L L')
 * which keeps the angle of near-duplicates to about a roundoff, not to its root. */
#ifndef NTK_KERNEL_DEEP_SHIFTED_H
#define NTK_KERNEL_DEEP_SHIFTED_H

#include "kernel/deep.h"

extern const ntk_kernel_operations ntk_deep_shifted_operations;

#endif
