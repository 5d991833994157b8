/* Infinite-width kernels of several hidden layers of an activation without closed form.  What a layer sees of a sample has a length
 * that the sample alone decides, so that each layer has a table of Hermite coefficients as one layer has (mehler.h), of the weights
 * k0 = 1 and k1 = 0: with e_m = d_m / sqrt(m + 1),
 *   kappa = B B' + l l' rho sum_m e_m e_m' rho^m,   kdot = sum_m (m + 1) e_m e_m' rho^m
 * With S and T as of deep.h the kernel is positive semidefinite wherever the series are cut: sums and Schur products of such.
 *
 * What is left out.  Each kappa, or kdot where a layer before it is trained, lacks at most the accuracy a of
 * sqrt(kappa_ii kappa_jj), or of sqrt(kdot_ii kdot_jj).  An error of S_l, relative to its lengths, goes on to S_(l+1) by at most
 *   chi_l = max_i W^2 kdot_ii S_l,ii / S_(l+1),ii    (dkappa / dq12 = kdot <= sqrt(kdot_ii kdot_jj))
 * and to kdot by at most the mean degree of its terms; so K^RF is within a (1 + chi_L + chi_L chi_(L-1) + ...), and every term of
 * K^NT, a product of S_l and kdots, within the sum of its factors' errors. */
#ifndef NTK_KERNEL_DEEP_SERIES_H
#define NTK_KERNEL_DEEP_SERIES_H

#include "kernel/deep_strip.h"
#include "kernel/mehler.h"

extern const ntk_kernel_operations ntk_deep_series_operations;

#endif
