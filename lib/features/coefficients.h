/* The columns b of a product Phi b, laid out for matrix products: t targets of the NT block, then the RF block. */
#ifndef NTK_FEATURES_COEFFICIENTS_H
#define NTK_FEATURES_COEFFICIENTS_H

#include "core/parallel.h"
#include "features/features.h"

typedef struct ntk_coefficients {
    int32_t dtype;
    int64_t targets;
    void *nt;      /* t blocks of the hidden layers' parameters, N x d of a plain network, or NULL */
    void *rf;      /* the output's parameters, N of a plain network, x t, or NULL */
    bool borrowed; /* they are the caller's matrix, whose layout is the same for one target */
} ntk_coefficients;

/* Room for so many targets.  After a failure, too, the caller closes. */
ntk_status ntk_coefficients_create(ntk_context *context, ntk_coefficients *b, const ntk_features *features, int32_t dtype,
                                   int64_t targets);

/* Room for the caller's p x t matrix, or that matrix itself where it will do.  After a failure, too, the caller closes. */
ntk_status ntk_coefficients_open(ntk_context *context, ntk_coefficients *b, const ntk_features *features, int32_t dtype,
                                 const ntk_matrix *matrix);
void ntk_coefficients_close(ntk_context *context, ntk_coefficients *b);

/* The same numbers in memory of their own.  After a failure, too, the caller closes. */
ntk_status ntk_coefficients_copy(ntk_context *context, ntk_coefficients *b, const ntk_features *features,
                                 const ntk_coefficients *from);

/* From and to a p x t matrix, unless b is that matrix.  They count no units.
 * gather: NTK_ERR_OVERFLOW  a number is too large for b's dtype; function is for its sentence */
ntk_status ntk_coefficients_gather(const ntk_coefficients *b, const ntk_features *features, const ntk_lane *lane,
                                   const ntk_matrix *from, const char *function);
ntk_status ntk_coefficients_scatter(const ntk_coefficients *b, const ntk_features *features, const ntk_lane *lane,
                                    const ntk_matrix *to);

/* Whether every number of b is finite. */
bool ntk_coefficients_finite(const ntk_coefficients *b, const ntk_features *features);

#endif
