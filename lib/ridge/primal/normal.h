/* Least squares that are summed up over batches of samples, and what a fit makes of them. */
#ifndef NTK_RIDGE_PRIMAL_NORMAL_H
#define NTK_RIDGE_PRIMAL_NORMAL_H

#include "ridge/ridge.h"

/* How they are summed up.
 * CENTRED   normal equations about means that are known, of features in mu, which is NULL without an intercept
 * MOVING    about the first batch's, which all samples' replace at the end: nobody knows them before
 * TRIANGLE  by orthogonal triangularization (triangle.h), with or without an intercept */
typedef enum ntk_normal_kind { NTK_NORMAL_CENTRED, NTK_NORMAL_MOVING, NTK_NORMAL_TRIANGLE } ntk_normal_kind;

/* What a TRIANGLE holds beside.  columns, targets, ones  of a batch, by columns;  top  the row of the ones: its length, then what it has
 * of each feature and target;  T, work  of reflectors */
typedef struct ntk_triangle {
    void *columns, *targets, *ones, *top, *T, *work;
} ntk_triangle;

/* (A + lambda I) beta = rhs: A = sum (phi - mu)(phi - mu)^T, rhs = sum (phi - mu)(y - means)^T over the samples so far, and
 * squares those of y - means.  A is the model's L, and mu its mean feature.
 * n          samples so far
 * sums       of p features, and target_sums, of what the first batch's means leave over: MOVING
 * Phi, Y     of a batch: room for batch_rows x p and batch_rows x targets
 * solved     beta, p x targets, once it is finished
 * Of a TRIANGLE A is R^T, rhs Q^T y, targets x p, and squares what no feature can explain. */
typedef struct ntk_normal {
    ntk_ridge *ridge;
    const ntk_lane *lane;
    const char *function;
    int32_t dtype;
    ntk_normal_kind kind;
    int64_t n, p, targets, batch_rows, rows;
    void *rhs, *solved, *Phi, *Y;
    double *means, *squares, *target_sums, *sums;
    ntk_triangle triangle;
} ntk_normal;

/* Room for them, of p features; the model's report says targets and dtype.  After a failure, too, the caller closes. */
ntk_status ntk_normal_open(ntk_normal *normal, ntk_ridge *ridge, const ntk_lane *lane, int64_t p, int32_t storage,
                           int64_t batch_rows, ntk_normal_kind kind, const char *function);
void ntk_normal_close(ntk_normal *normal);

/* Units of a stage that each sample counts when it is added.  MOVING and TRIANGLE take their own means. */
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
