/* Rows of a model's features or kernel, as many at a time as memory should hold. */
#ifndef NTK_RIDGE_BATCH_H
#define NTK_RIDGE_BATCH_H

#include "ridge/ridge.h"

/* Rows of width elements in a batch, of n in all. */
int64_t ntk_batch_rows(int64_t n, int64_t width);

/* Phi (rows x p, contiguous) = phi of rows samples minus mu, which may be NULL. */
ntk_status ntk_centred_features(const ntk_features_call *call, const void *mu, void *Phi, const void *x, int64_t ldx,
                                int64_t rows);

#endif
