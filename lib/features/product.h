/* Features and their products inside a call that goes on: under its lane, in its precision, from its context's memory. */
#ifndef NTK_FEATURES_PRODUCT_H
#define NTK_FEATURES_PRODUCT_H

#include "core/parallel.h"
#include "features/coefficients.h"

/* What the three below share.
 * w         all hidden weights in dtype (ntk_hidden_weights), or NULL where dtype is NTK_F64
 * function  for the sentence of an error
 * add       gradients, of networks that are not plain, are added to what g holds
 * Samples count as units of the stage; in the transposed product each of them N times. */
typedef struct ntk_features_call {
    const ntk_features *features;
    const ntk_lane *lane;
    int32_t dtype;
    const void *w;
    const char *function;
    bool add;
} ntk_features_call;

/* Phi (rows x p, stride ld, in dtype) = phi of rows samples x, in dtype and finite. */
ntk_status ntk_features_rows(const ntk_features_call *call, void *Phi, int64_t ld, const void *x, int64_t ldx, int64_t rows);

/* y = Phi(x) b, y in any dtype.  add (one number a column of y, or NULL) is added to every row. */
ntk_status ntk_features_product(const ntk_features_call *call, const ntk_matrix *y, const ntk_matrix *x,
                                const ntk_coefficients *b, const double *add);

/* b = Phi(x)^T r. */
ntk_status ntk_features_transposed_product(const ntk_features_call *call, const ntk_coefficients *b, const ntk_matrix *x,
                                           const ntk_matrix *r);

/* The same to a p x t matrix of the call's dtype, with the hidden weights that it takes in place of the call's. */
ntk_status ntk_features_transposed_write(ntk_features_call *call, const ntk_matrix *b, const ntk_matrix *x,
                                         const ntk_matrix *r);

/* y[c] = <phi(x), b_c> for one sample x, in dtype and finite, and targets targets from first on, of a plain network.  Takes no memory
 * and no thread; fails only with NTK_ERR_CANCELLED. */
ntk_status ntk_features_point(const ntk_features_call *call, double *y, const void *x, const ntk_coefficients *b, int64_t first,
                              int64_t targets);

/* Adds the bytes that each of the first three may hold, for rows samples of dtype and so many targets, to a need. */
ntk_status ntk_features_rows_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes, int32_t dtype,
                                    int64_t rows);
ntk_status ntk_features_product_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes, int32_t dtype,
                                       int64_t rows, int64_t targets);
ntk_status ntk_features_transposed_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes,
                                          int32_t dtype, int64_t rows, int64_t targets);

#endif
