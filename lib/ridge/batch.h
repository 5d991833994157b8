/* Rows of a model's features or kernel, as many at a time as memory should hold. */
#ifndef NTK_RIDGE_BATCH_H
#define NTK_RIDGE_BATCH_H

#include "ridge/ridge.h"

/* Rows of width elements in a batch, of n in all. */
int64_t ntk_batch_rows(int64_t n, int64_t width);

/* The sum of squares of count elements, in double precision. */
double ntk_squares(const void *row, int32_t dtype, int64_t count);

/* Takes mu, which may be NULL, from rows of p elements, contiguous. */
ntk_status ntk_centre_rows(const ntk_lane *lane, int32_t dtype, const void *mu, void *Phi, int64_t rows, int64_t p);

/* Phi (rows x p, contiguous) = phi of rows samples minus mu, which may be NULL. */
ntk_status ntk_centred_features(const ntk_features_call *call, const void *mu, void *Phi, const void *x, int64_t ldx,
                                int64_t rows);

#endif
