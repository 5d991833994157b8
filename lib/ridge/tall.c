#include "ridge/tall.h"

#include "core/blas.h"
#include "core/size.h"
#include "core/status.h"

#include <math.h>

/* Columns of X in a task of a product with X^T, and the rows between two chances to stop; rows in a task of a product with X.  With
 * so many rows, X and Y of some thousand columns are a few milliseconds of work. */
enum { COLUMNS = 128, DEPTH = 2048, ROWS = 512 };

typedef struct product {
    int64_t n;
    double *out;
    int64_t ldo;
    ntk_tall X, Y;
    bool lower;
    double alpha, beta;
    const double *C;
    int64_t ldc;
} product;

static ntk_status inner_block(void *argument, int64_t index, const ntk_lane *lane)
{
    const product *job = argument;
    int64_t col = index * COLUMNS, cols = ntk_smaller(COLUMNS, job->X.cols - col), wide = job->lower ? col + cols : job->Y.cols;
    for (int64_t row = 0; row < job->n; row += DEPTH) {
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_TRANSPOSED, NTK_PLAIN, cols, wide, ntk_smaller(DEPTH, job->n - row), 1,
                              job->X.data + row * job->X.ld + col, job->X.ld, job->Y.data + row * job->Y.ld, job->Y.ld,
                              row ? 1 : 0, job->out + col * job->ldo, job->ldo));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_tall_inner(const ntk_lane *lane, int64_t n, double *out, int64_t ldo, ntk_tall X, ntk_tall Y, bool lower)
{
    product job = {.n = n, .out = out, .ldo = ldo, .X = X, .Y = Y, .lower = lower};
    return ntk_run_blas(lane, (X.cols - 1) / COLUMNS + 1, inner_block, &job);
}

static ntk_status multiply_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const product *job = argument;
    int64_t row = index * ROWS, rows = ntk_smaller(ROWS, job->n - row);
    NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_PLAIN, rows, job->Y.cols, job->X.cols, job->alpha,
                          job->X.data + row * job->X.ld, job->X.ld, job->C, job->ldc, job->beta, job->Y.data + row * job->Y.ld,
                          job->Y.ld));
    return ntk_advance(lane, 0);
}

ntk_status ntk_tall_multiply(const ntk_lane *lane, int64_t n, ntk_tall Y, double beta, double alpha, ntk_tall X,
                             const double *C, int64_t ldc)
{
    product job = {.n = n, .X = X, .Y = Y, .alpha = alpha, .beta = beta, .C = C, .ldc = ldc};
    return ntk_run_blas(lane, (n - 1) / ROWS + 1, multiply_rows, &job);
}

void ntk_tall_norms(double *out, int64_t n, ntk_tall X)
{
    for (int64_t c = 0; c < X.cols; c++) out[c] = 0;
    for (int64_t i = 0; i < n; i++) {
        const double *row = X.data + i * X.ld;
        for (int64_t c = 0; c < X.cols; c++) out[c] += row[c] * row[c];
    }
    for (int64_t c = 0; c < X.cols; c++) out[c] = sqrt(out[c]);
}
