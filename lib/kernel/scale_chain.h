/* From adjoints of a deep kernel's layers to derivatives by its scales, sample by sample. */
#ifndef NTK_KERNEL_SCALE_CHAIN_H
#define NTK_KERNEL_SCALE_CHAIN_H

#include "kernel/deep.h"

/* Sums over pairs weighted by W; L layers.
 * weight  L numbers: SLOPES, LEVELS  dK / dlog W_l;  others  W_l^2 dK / d(W_l^2)
 * bias    L numbers: SLOPES, LEVELS  dK / dlog b_l;  others  dK / d(f b_l)^2, where f is the activation's frequency
 * rest    of K without its constant, of 1, and of the first layer's rate times dK by it */
enum { NTK_SCALE_K, NTK_SCALE_ONE, NTK_SCALE_RATE, NTK_SCALE_REST };
typedef struct ntk_scale_totals {
    double *weight, *bias, *rest;
} ntk_scale_totals;

/* How many numbers totals are, and totals number index in such an array. */
int64_t ntk_scale_numbers(const ntk_deep *kernel);
ntk_scale_totals ntk_scale_totals_at(const ntk_deep *kernel, double *numbers, int64_t index);

/* The place, of layers + 1, of what samples have of layer l: SLOPES and LEVELS have one more, 0, of the first layer. */
int64_t ntk_scale_side(const ntk_deep *kernel, int64_t l);

/* Adds what is the pairs' own: of layer l, and of the first. */
void ntk_scale_add_layer(const ntk_scale_totals *totals, const ntk_deep *kernel, int64_t l, const ntk_deep_sums *sums);
void ntk_scale_add_first(const ntk_scale_totals *totals, const ntk_deep *kernel, const ntk_infinite_constants *k,
                         const ntk_deep_sums *sums);

/* Adds what follows from the lengths of sample i at all layers.  own  layers + 1 numbers, at their places */
void ntk_scale_add_sample(const ntk_scale_totals *totals, const ntk_deep *kernel, const ntk_infinite_constants *k,
                          const ntk_samples *samples, int64_t i, const double *own);

/* g += the derivatives: of weight scales, bias scales, the output's weight and bias scale. */
void ntk_scale_finish(const ntk_scale_totals *totals, const ntk_deep *kernel, double *g);

#endif
