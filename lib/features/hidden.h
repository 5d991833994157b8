/* What features and kernels take from the hidden layer:
 *   rf_i = gamma sigma(u_i)   and   nt_i = tangent_factor a_i sigma'(u_i),
 * so that phi_RF(x)_i = rf_i and phi_NT(x)_i = nt_i x. */
#ifndef NTK_FEATURES_HIDDEN_H
#define NTK_FEATURES_HIDDEN_H

#include "network/layer.h"

/* Both factors of rows samples and all N neurons, in dtype.
 * w       all weights in dtype (ntk_hidden_weights), or NULL for weights->w, which is NTK_F64
 * x       rows x d, finite
 * rf, nt  rows x N with stride ld; either may be NULL
 * Works in tiles and counts rows as units of the stage. */
ntk_status ntk_hidden_layer(const ntk_weights *weights, const ntk_lane *lane, int32_t dtype, const void *w, const void *x,
                            int64_t ldx, int64_t rows, void *rf, void *nt, int64_t ld);

/* The same for one tile: count neurons from first on, whose columns begin at rf and nt.  Counts nothing. */
ntk_status ntk_hidden_tile(const ntk_weights *weights, const ntk_lane *lane, int32_t dtype, const void *w, int64_t first,
                           int64_t count, const void *x, int64_t ldx, int64_t rows, void *rf, void *nt, int64_t ld);

/* What gradients take of a tile, each rows x count with stride ld:
 *   slope_i = gamma sigma'(u_i),   nt_i,   bend_i = tangent_factor a_i sigma''(u_i).
 * u  where u_i are put.  Either slope, or nt and bend, may be NULL. */
ntk_status ntk_hidden_slopes(const ntk_weights *weights, const ntk_lane *lane, int32_t dtype, const void *w, int64_t first,
                             int64_t count, const void *x, int64_t ldx, int64_t rows, void *u, void *slope, void *nt,
                             void *bend, int64_t ld);

#endif
