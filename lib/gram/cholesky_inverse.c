#include "core/status.h"
#include "gram/cholesky.h"

#include <string.h>

/* Rows in one task; a tile's edge is a multiple of it. */
enum { ROWS = 128 };

typedef struct inverse_job {
    const ntk_symmetric *L;
    void *U;
    int64_t ld;
} inverse_job;

static ntk_status inverse_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const inverse_job *job = argument;
    const ntk_symmetric *L = job->L;
    int64_t first = index * ROWS, rows = L->n - first < ROWS ? L->n - first : ROWS, tile = first / NTK_SYMMETRIC_EDGE;
    int64_t from = tile * NTK_SYMMETRIC_EDGE;
    for (int64_t r = 0; r < rows; r++) {
        void *row = ntk_at(job->U, L->dtype, (first + r) * job->ld);
        memset(ntk_at(row, L->dtype, from), 0, (size_t)((L->n - from) * ntk_dtype_size(L->dtype)));
        ntk_put(row, L->dtype, first + r, 1);
    }
    NTK_TRY(ntk_cholesky_rows(L, lane, ntk_at(job->U, L->dtype, first * job->ld), job->ld, rows, tile, false));
    return ntk_advance(lane, rows);
}

ntk_status ntk_cholesky_inverse(const ntk_symmetric *L, const ntk_lane *lane, double begin, double end, void *U, int64_t ld)
{
    inverse_job job = {.L = L, .U = U, .ld = ld};
    ntk_work_stage(lane->work, "inverse of a factor", L->n, begin, end);
    return ntk_run_blas(lane, (L->n - 1) / ROWS + 1, inverse_rows, &job);
}
