#include "core/blas.h"
#include "core/status.h"
#include "gram/cholesky.h"

/* Rows of right sides, as far as they are solved for. */
typedef struct rows_job {
    const ntk_symmetric *L;
    const ntk_lane *lane;
    void *b;
    int64_t ldb, rows;
} rows_job;

static void *columns_of(const rows_job *job, int64_t tile)
{
    return ntk_at(job->b, job->L->dtype, tile * NTK_SYMMETRIC_EDGE);
}

/* B_k -= B_j L_kj^T for j < k, or B_j L_jk for j > k. */
static ntk_status take(const rows_job *job, int64_t k, int64_t j)
{
    int64_t ld;
    const ntk_symmetric *L = job->L;
    const void *l = ntk_symmetric_tile(L, k > j ? k : j, k > j ? j : k, &ld);
    NTK_TRY(ntk_blas_gemm(L->dtype, NTK_PLAIN, k > j ? NTK_TRANSPOSED : NTK_PLAIN, job->rows, ntk_symmetric_rows(L, k),
                          ntk_symmetric_rows(L, j), -1, columns_of(job, j), job->ldb, l, ld, 1, columns_of(job, k), job->ldb));
    return ntk_advance(job->lane, 0);
}

static ntk_status divide(const rows_job *job, int64_t k, ntk_transpose transpose)
{
    int64_t ld;
    const void *l = ntk_symmetric_tile(job->L, k, k, &ld);
    NTK_TRY(ntk_blas_trsm_right(job->L->dtype, transpose, job->rows, ntk_symmetric_rows(job->L, k), l, ld, columns_of(job, k),
                                job->ldb));
    return ntk_advance(job->lane, 0);
}

ntk_status ntk_cholesky_rows(const ntk_symmetric *L, const ntk_lane *lane, void *b, int64_t ldb, int64_t rows, int64_t first,
                             bool whole)
{
    const rows_job job = {.L = L, .lane = lane, .b = b, .ldb = ldb, .rows = rows};
    int64_t tiles = ntk_symmetric_tiles(L);
    for (int64_t k = first; k < tiles; k++) {
        for (int64_t j = first; j < k; j++) NTK_TRY(take(&job, k, j));
        NTK_TRY(divide(&job, k, NTK_TRANSPOSED));
    }
    return whole ? ntk_cholesky_rows_back(L, lane, b, ldb, rows) : NTK_OK;
}

ntk_status ntk_cholesky_rows_back(const ntk_symmetric *L, const ntk_lane *lane, void *b, int64_t ldb, int64_t rows)
{
    const rows_job job = {.L = L, .lane = lane, .b = b, .ldb = ldb, .rows = rows};
    int64_t tiles = ntk_symmetric_tiles(L);
    for (int64_t k = tiles - 1; k >= 0; k--) {
        for (int64_t j = k + 1; j < tiles; j++) NTK_TRY(take(&job, k, j));
        NTK_TRY(divide(&job, k, NTK_PLAIN));
    }
    return NTK_OK;
}
