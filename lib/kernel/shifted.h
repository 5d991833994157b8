/* Infinite-width kernels of ReLU, leaky ReLU, absolute value, step and sign with a shift or an offset, entry by entry from the
 * distribution of two normals (activation/closed_forms.h). */
#ifndef NTK_KERNEL_SHIFTED_H
#define NTK_KERNEL_SHIFTED_H

#include "kernel/infinite.h"

/* ntk_kernel_operations, also of several layers (deep_shifted.h). */
ntk_status ntk_shifted_gradient(const struct ntk_tile_gradient *job, const ntk_lane *lane);

bool ntk_shifted_is_meant(const ntk_activation *activation);

extern const ntk_kernel_operations ntk_shifted_operations;

#endif
