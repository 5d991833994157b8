/* Gradients of Phi(x) b in the samples. */
#ifndef NTK_FEATURES_GRADIENT_H
#define NTK_FEATURES_GRADIENT_H

#include "features/product.h"

/* g[i] = the gradient of <phi(x), b_c> in x at x_i, for each target c: rows x (targets d), target-major, in any dtype.
 * The features must be differentiable (features.h).  Samples count as units of the stage. */
ntk_status ntk_features_gradient(const ntk_features_call *call, const ntk_matrix *g, const ntk_matrix *x,
                                 const ntk_coefficients *b);

/* Adds the bytes that it may hold, for rows samples of dtype and so many targets, to a need. */
ntk_status ntk_features_gradient_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes,
                                        int32_t dtype, int64_t rows, int64_t targets);

#endif
