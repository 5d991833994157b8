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

/* The coefficients e of sample i at a layer, by terms. */
typedef struct ntk_series_sample {
    const ntk_mehler *mehler;
    ntk_mehler_degrees degrees;
    int32_t dtype;
    int64_t i;
} ntk_series_sample;

ntk_series_sample ntk_series_sample_of(const ntk_samples *samples, int64_t l, int64_t i);

/* e of term t, 0 beyond the table; and of degree 1, 0 where parity leaves it out. */
double ntk_series_e(const ntk_series_sample *sample, int64_t t);
double ntk_series_e1(const ntk_series_sample *sample);

/* Of term t, of degree m, the term of degree m + 2, or -1 where parity leaves that out; and sqrt((m + 2) (m + 3)) / 2. */
int64_t ntk_series_above(const ntk_mehler_degrees *degrees, int64_t t);
double ntk_series_rise(const ntk_mehler_degrees *degrees, int64_t t);

/* E[s^2] and E[s'^2] by the terms that are enough for the sample's set, and the derivative of E[s^2] in l^2. */
typedef struct ntk_series_own {
    double kappa, kdot, slope;
} ntk_series_own;

/* length  of what layer l sees of sample i */
ntk_series_own ntk_series_own_of(const ntk_samples *samples, int64_t l, int64_t i, double length);

/* Whether this layer or one before it is trained, so that the tangent may be other than 0 after its activation. */
bool ntk_deep_series_is_trained(const ntk_deep *kernel, int64_t layer);

/* Terms of each layer that are enough for the tile's two sets; slopes  as of ntk_mehler_enough. */
typedef struct ntk_series_terms {
    int32_t of[NTK_DEEP_MOST_LAYERS];
    int64_t all;
} ntk_series_terms;

ntk_status ntk_series_terms_of(ntk_series_terms *terms, const ntk_kernel_tile *tile, bool slopes);

/* Columns that are taken together: their tables of several layers fit a cache. */
enum { NTK_SERIES_STRIP = 128 };

/* A row's pairs with some columns.  at  the pairs;  whole  the same with those columns before them that their first block has, whose
 * numbers mean nothing;  row, own, other  the row's coefficients of the layer in work, as in simd/loops.h */
typedef struct ntk_series_strip {
    const ntk_series_terms *terms;
    ntk_deep_strip at, whole;
    ntk_strip_room rho, gap, tangent;
    ntk_mehler_row row, own, other;
    ntk_mehler_strip series;
} ntk_series_strip;

/* Of a task; its numbers are 0. */
void ntk_series_strip_open(ntk_series_strip *strip, const ntk_kernel_tile *tile, const ntk_infinite_constants *k,
                           const ntk_lane *lane, const ntk_series_terms *terms);

/* The end of the strip that begins with column j of the tile. */
int64_t ntk_series_strip_end(const ntk_series_strip *strip, int64_t j);

/* Places it at columns j to end - 1 of the tile and row i of the rows' samples, before the first activation; products are inner
 * products. */
ntk_status ntk_series_strip_begin(ntk_series_strip *strip, int64_t i, int64_t j, int64_t end, const void *products);

/* Layer l of the whole strip, with the row's coefficients. */
ntk_deep_layer ntk_series_strip_layer(ntk_series_strip *strip, int64_t l);

/* The same with what the reverse loop takes besides. */
ntk_deep_layer ntk_series_strip_reverse(ntk_series_strip *strip, int64_t l);

ntk_status ntk_deep_series_tile(const ntk_kernel_tile *tile, const ntk_lane *lane);
ntk_status ntk_deep_series_gradient(const struct ntk_tile_gradient *job, const ntk_lane *lane);

extern const ntk_kernel_operations ntk_deep_series_operations;

#endif
