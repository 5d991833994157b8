/* What primal fits of held samples and of streams share. */
#ifndef NTK_RIDGE_PRIMAL_PRIMAL_H
#define NTK_RIDGE_PRIMAL_PRIMAL_H

#include "ridge/primal/normal.h"

/* Whether options ask for what features take.  own  as read; its method becomes PRIMAL */
ntk_status ntk_primal_options_check(ntk_ridge_options *own, const char *function);

/* Rows of a batch of n samples (INT64_MAX: of unknown number): so few that finding a panel's reflectors takes no tenth of a second, in
 * a triangle. */
int64_t ntk_primal_rows(int64_t n, int64_t p, bool triangle);

/* Fits by fit, with or without a triangle, as the model's solver says; again: the samples can be had once more, so that AUTO may try one
 * and then the other, in a last share of progress.  fit  leaves the equations open in normal, which this closes.  The report's reason
 * may become another. */
ntk_status ntk_primal_solve(ntk_ridge *ridge, const ntk_lane *lane, ntk_normal *normal, bool again,
                            ntk_status (*fit)(void *job, bool triangle), void *job);

/* The share of forming the equations of n samples in a fit's work. */
double ntk_primal_share(double n, int64_t p);

/* Solves, and gives the model its coefficients: stages from begin to 1. */
ntk_status ntk_primal_finish(ntk_normal *normal, const ntk_features *features, double begin);

/* Adds the bytes of a fit in batches of so many rows, beside those of its samples, to a need. */
ntk_status ntk_primal_memory(const ntk_context *context, uint64_t *bytes, const ntk_features *features, int64_t rows, int64_t t,
                             const ntk_ridge_options *options);

#endif
