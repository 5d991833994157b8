/* What primal fits of held samples and of streams share. */
#ifndef NTK_RIDGE_PRIMAL_H
#define NTK_RIDGE_PRIMAL_H

#include "ridge/normal.h"

/* Whether options ask for what features take.  own  as read; its method becomes PRIMAL */
ntk_status ntk_primal_options_check(ntk_ridge_options *own, const char *function);

/* The share of forming the equations of n samples in a fit's work. */
double ntk_primal_share(double n, int64_t p);

/* Solves, and gives the model its coefficients: stages from begin to 1. */
ntk_status ntk_primal_finish(ntk_normal *normal, const ntk_features *features, double begin);

/* Adds the bytes of a fit in batches of so many rows, beside those of its samples, to a need. */
ntk_status ntk_primal_memory(const ntk_context *context, uint64_t *bytes, const ntk_features *features, int64_t rows, int64_t t,
                             const ntk_ridge_options *options);

#endif
