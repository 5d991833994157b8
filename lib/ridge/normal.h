/* Normal equations that are summed up over batches of samples, and what a fit makes of them. */
#ifndef NTK_RIDGE_NORMAL_H
#define NTK_RIDGE_NORMAL_H

#include "ridge/ridge.h"

/* (A + lambda I) beta = rhs: A = sum (phi - mu)(phi - mu)^T, rhs = sum (phi - mu)(y - means)^T over the samples so far, and
 * squares those of y - means.  A is the model's L, and mu its mean feature.
 * n          samples so far
 * mu         NULL without an intercept.  moving: nobody knows it before, so that the first batch's is taken, and the sums of what is
 *            left over, sums of p and target_sums, correct it at the end
 * Phi, Y     of a batch: room for batch_rows x p and batch_rows x targets
 * solved     beta, p x targets, once it is finished */
typedef struct ntk_normal {
    ntk_ridge *ridge;
    const ntk_lane *lane;
    const char *function;
    int32_t dtype;
    bool moving;
    int64_t n, p, targets, batch_rows, rows;
    void *rhs, *solved, *Phi, *Y;
    double *means, *squares, *target_sums, *sums;
} ntk_normal;

/* Room for them, of p features; the model's report says targets and dtype.  After a failure, too, the caller closes. */
ntk_status ntk_normal_open(ntk_normal *normal, ntk_ridge *ridge, const ntk_lane *lane, int64_t p, int32_t storage,
                           int64_t batch_rows, bool moving, const char *function);
void ntk_normal_close(ntk_normal *normal);

/* Units of a stage that each sample counts when it is added. */
int64_t ntk_normal_units(const ntk_normal *normal);

/* Adds rows samples, whose features are the first of Phi, not centred; y  rows x targets. */
ntk_status ntk_normal_add(ntk_normal *normal, int64_t rows, const ntk_matrix *y);

/* Factors and solves, and gives the model its factor, intercepts and report: stages from begin to 1.   what  names A + lambda I for
 * the sentence of NTK_ERR_SINGULAR */
ntk_status ntk_normal_finish(ntk_normal *normal, double begin, const char *what);

/* Adds the bytes that they may hold, A and mu included, to a need. */
ntk_status ntk_normal_memory(uint64_t *bytes, int32_t storage, int32_t dtype, int64_t p, int64_t targets, int64_t batch_rows,
                             bool intercept);

#endif
