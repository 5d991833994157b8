#include "gram/cholesky.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/status.h"

#include <math.h>

/* One step of the right-looking factorization: tile column k is done, what is right of it gets its part. */
typedef struct step {
    const ntk_symmetric *A;
    int64_t k;
} step;

/* --- pivots --- */

static ntk_status singular(const char *what, int64_t row, double pivot, double entry, int64_t n)
{
    return ntk_fail(
        NTK_ERR_SINGULAR,
        "%s, %lld x %lld, is not positive definite to working precision: the squared pivot of row %lld (counted from "
        "0) is %.3g, its diagonal entry %.3g; increase lambda, or remove samples that repeat or depend on others",
        what, (long long)n, (long long)n, (long long)row, pivot, entry);
}

/* The pivots of tile k, whose factorization stopped at row failed of the tile, or not (-1). */
static ntk_status check_pivots(const step *at, const double *entries, int64_t failed, double *smallest, const char *what)
{
    const ntk_symmetric *A = at->A;
    int64_t first = at->k * NTK_SYMMETRIC_EDGE, rows = failed >= 0 ? failed : ntk_symmetric_rows(A, at->k);
    double roundoff = A->dtype == NTK_F64 ? 0x1p-53 : 0x1p-24, least = 4 * sqrt((double)A->n) * roundoff;
    for (int64_t i = first; i < first + rows; i++) {
        double root = ntk_symmetric_diagonal(A, i), pivot = root * root;
        if (!(pivot > least * entries[i])) return singular(what, i, pivot, entries[i], A->n);
        if (pivot / entries[i] < *smallest) *smallest = pivot / entries[i];
    }
    if (failed < 0) return NTK_OK;
    /* what LAPACK leaves in the place of a pivot that is not positive is that pivot or the square root of nothing */
    return singular(what, first + failed, 0, entries[first + failed], A->n);
}

/* --- factorization --- */

static ntk_status solve_tile(void *argument, int64_t index, const ntk_lane *lane)
{
    const step *at = argument;
    const ntk_symmetric *A = at->A;
    int64_t ldl, lda, i = at->k + 1 + index;
    const void *l = ntk_symmetric_tile(A, at->k, at->k, &ldl);
    void *a = ntk_symmetric_tile(A, i, at->k, &lda);
    NTK_TRY(ntk_blas_trsm_right(A->dtype, NTK_TRANSPOSED, ntk_symmetric_rows(A, i), NTK_SYMMETRIC_EDGE, l, ldl, a, lda));
    return ntk_advance(lane, 1);
}

/* A_ij -= A_ik A_jk^T for all k < j <= i */
static ntk_status update_tile(void *argument, int64_t index, const ntk_lane *lane)
{
    const step *at = argument;
    const ntk_symmetric *A = at->A;
    int64_t i = (int64_t)((sqrt(8.0 * (double)index + 1) - 1) / 2), ldi, ldj, ldc;
    while (i * (i + 1) / 2 > index) i--;
    while ((i + 1) * (i + 2) / 2 <= index) i++;
    int64_t j = index - i * (i + 1) / 2 + at->k + 1;
    i += at->k + 1;
    const void *left = ntk_symmetric_tile(A, i, at->k, &ldi), *right = ntk_symmetric_tile(A, j, at->k, &ldj);
    void *c = ntk_symmetric_tile(A, i, j, &ldc);
    int64_t rows = ntk_symmetric_rows(A, i), cols = ntk_symmetric_rows(A, j);
    if (i == j)
        NTK_TRY(ntk_blas_syrk(A->dtype, NTK_PLAIN, rows, NTK_SYMMETRIC_EDGE, -1, left, ldi, 1, c, ldc));
    else
        NTK_TRY(ntk_blas_gemm(A->dtype, NTK_PLAIN, NTK_TRANSPOSED, rows, cols, NTK_SYMMETRIC_EDGE, -1, left, ldi, right, ldj, 1,
                              c, ldc));
    return ntk_advance(lane, i == j ? 1 : 2);
}

static ntk_status factor_all(const ntk_symmetric *A, const ntk_lane *lane, const double *entries, double *smallest,
                             const char *what)
{
    int64_t tiles = ntk_symmetric_tiles(A);
    for (step at = {.A = A}; at.k < tiles; at.k++) {
        int64_t ld, pivot, below = tiles - at.k - 1;
        void *diagonal = ntk_symmetric_tile(A, at.k, at.k, &ld);
        NTK_TRY(ntk_blas_potrf(A->dtype, ntk_symmetric_rows(A, at.k), diagonal, ld, &pivot));
        NTK_TRY(check_pivots(&at, entries, pivot, smallest, what));
        NTK_TRY(ntk_advance(lane, 1));
        NTK_TRY(ntk_run_blas(lane, below, solve_tile, &at));
        NTK_TRY(ntk_run_blas(lane, below * (below + 1) / 2, update_tile, &at));
    }
    return NTK_OK;
}

ntk_status ntk_cholesky_factor(const ntk_symmetric *A, const ntk_lane *lane, double begin, double end, double *smallest,
                               const char *what)
{
    ntk_context *context = lane->work->context;
    int64_t tiles = ntk_symmetric_tiles(A);
    double *entries;
    NTK_TRY(ntk_allocate(context, &entries, A->n, sizeof *entries, "a matrix's diagonal"));
    for (int64_t i = 0; i < A->n; i++) entries[i] = ntk_symmetric_diagonal(A, i);
    *smallest = 1;
    /* units: potrf 1, trsm 1, syrk 1, gemm 2 */
    ntk_work_stage(lane->work, "factorization", tiles + tiles * (tiles - 1) / 2 + tiles * (tiles - 1) * (2 * tiles - 1) / 6,
                   begin, end);
    ntk_status status = factor_all(A, lane, entries, smallest, what);
    ntk_free(context, entries);
    return status;
}

ntk_status ntk_cholesky_memory(uint64_t *bytes, int64_t n)
{
    return ntk_need(bytes, n, sizeof(double));
}

/* --- solution --- */

/* Targets that are solved for at once. */
enum { TARGETS = 256 };

typedef struct solution {
    const ntk_symmetric *L;
    void *b;
    int64_t ldb, targets;
    int64_t k;
    bool forward;
} solution;

static void *rows_of(const solution *at, int64_t i)
{
    return ntk_at(at->b, at->L->dtype, i * NTK_SYMMETRIC_EDGE * at->ldb);
}

/* b_i -= L_ik b_k (forward, i > k) or L_ki^T b_k (backward, i < k) */
static ntk_status substitute(void *argument, int64_t index, const ntk_lane *lane)
{
    const solution *at = argument;
    const ntk_symmetric *L = at->L;
    int64_t ld, i = at->forward ? at->k + 1 + index : index, depth = ntk_symmetric_rows(L, at->k);
    const void *l = ntk_symmetric_tile(L, at->forward ? i : at->k, at->forward ? at->k : i, &ld);
    NTK_TRY(ntk_blas_gemm(L->dtype, at->forward ? NTK_PLAIN : NTK_TRANSPOSED, NTK_PLAIN, ntk_symmetric_rows(L, i), at->targets,
                          depth, -1, l, ld, rows_of(at, at->k), at->ldb, 1, rows_of(at, i), at->ldb));
    return ntk_advance(lane, 1);
}

static ntk_status solve_part(solution *at, const ntk_lane *lane)
{
    int64_t tiles = ntk_symmetric_tiles(at->L);
    for (int64_t turn = 0; turn < 2 * tiles; turn++) {
        int64_t ld;
        at->forward = turn < tiles;
        at->k = at->forward ? turn : 2 * tiles - 1 - turn;
        const void *l = ntk_symmetric_tile(at->L, at->k, at->k, &ld);
        NTK_TRY(ntk_blas_trsm_left(at->L->dtype, at->forward ? NTK_PLAIN : NTK_TRANSPOSED, ntk_symmetric_rows(at->L, at->k),
                                   at->targets, l, ld, rows_of(at, at->k), at->ldb));
        NTK_TRY(ntk_advance(lane, 1));
        NTK_TRY(ntk_run_blas(lane, at->forward ? tiles - at->k - 1 : at->k, substitute, at));
    }
    return NTK_OK;
}

ntk_status ntk_cholesky_solve(const ntk_symmetric *L, const ntk_lane *lane, double begin, double end, void *b, int64_t ldb,
                              int64_t targets)
{
    int64_t tiles = ntk_symmetric_tiles(L), rounds = (targets - 1) / TARGETS + 1;
    ntk_work_stage(lane->work, "solution", rounds * tiles * (tiles + 1), begin, end);
    for (int64_t first = 0; first < targets; first += TARGETS) {
        solution at = {.L = L, .b = ntk_at(b, L->dtype, first), .ldb = ldb};
        at.targets = targets - first < TARGETS ? targets - first : TARGETS;
        NTK_TRY(solve_part(&at, lane));
    }
    return NTK_OK;
}
