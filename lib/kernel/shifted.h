/* Infinite-width kernels of ReLU, leaky ReLU, absolute value, step and sign with a shift or an offset, entry by entry from the
 * distribution of two normals (activation/closed_forms.h). */
#ifndef NTK_KERNEL_SHIFTED_H
#define NTK_KERNEL_SHIFTED_H

#include "kernel/infinite.h"

bool ntk_shifted_is_meant(const ntk_activation *activation);

extern const ntk_kernel_operations ntk_shifted_operations;

#endif
