/* Finite-width kernels of networks that are not plain (network/weights.h), layer by layer.  With h_l the outputs of layer l and b_l
 * the derivatives of f by z_l (network/signals.h), a layer's parameters add
 *   (tangent_l^2 <h_(l-1), h_(l-1)'> + bias_l^2) <b_l, b_l'>,
 * and the output's gamma^2 <h_L, h_L'> + output_bias^2: two matrix products a layer.  A pass takes as many of these terms, of one
 * network after the other, as keep what they take of all samples small. */
#ifndef NTK_KERNEL_LAYERED_H
#define NTK_KERNEL_LAYERED_H

#include "kernel/finite.h"

/* ntk_kernel_operations of such kernels. */
extern const ntk_kernel_operations ntk_layered_operations;

#endif
