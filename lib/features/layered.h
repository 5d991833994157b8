/* Features of networks that are not plain (network/weights.h), layer by layer, as product.h asks for them.  With h_l the outputs of
 * layer l and b_l the derivatives of f by z_l,
 *   phi = (tangent_l b_l h_(l-1)^T, bias_l b_l  for each layer l;  gamma h_L, output_bias). */
#ifndef NTK_FEATURES_LAYERED_H
#define NTK_FEATURES_LAYERED_H

#include "features/product.h"

ntk_status ntk_layered_rows(const ntk_features_call *call, void *Phi, int64_t ld, const void *x, int64_t ldx, int64_t rows);
ntk_status ntk_layered_product(const ntk_features_call *call, const ntk_matrix *y, const ntk_matrix *x,
                               const ntk_coefficients *b, const double *add);
ntk_status ntk_layered_transposed_product(const ntk_features_call *call, const ntk_coefficients *b, const ntk_matrix *x,
                                          const ntk_matrix *r);

/* gradient.h's. */
ntk_status ntk_layered_gradient(const ntk_features_call *call, const ntk_matrix *g, const ntk_matrix *x,
                                const ntk_coefficients *b);
ntk_status ntk_layered_gradient_memory(const ntk_features *features, uint64_t *bytes, int32_t dtype, int64_t rows);

/* Bytes that each of the first three may hold; targets is 0 for all but the product. */
ntk_status ntk_layered_memory(const ntk_features *features, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t targets);

#endif
