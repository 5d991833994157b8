#include "gram/cholesky.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"

#include <math.h>

/* Tiles along each side of a block, which one call to BLAS takes.  A threaded BLAS loses time at every call; blocks of up to 2048 rows
 * that lie in one array save it, and are still done in tens of milliseconds.  The lanes of a pool want many tasks. */
enum { THREADED_SPAN = 4 };

/* One step of the right-looking factorization: tile column k is done, what is right of it gets its part. */
typedef struct step {
    const ntk_symmetric *A;
    int64_t span;
    int64_t k;
} step;

/* Tiles first to first + tiles - 1 of a row or column of tiles, and how many rows or columns that is. */
typedef struct block {
    int64_t first, tiles, rows;
} block;

static int64_t span_of(const ntk_symmetric *A, const ntk_lane *lane)
{
    return !lane->work->blas_threaded ? 1 : A->ld ? THREADED_SPAN : A->height / NTK_SYMMETRIC_EDGE;
}

/* Where the first block of tiles from begin on would begin, if it were whole: blocks of a packed matrix lie in one panel each. */
static int64_t blocks_begin(const ntk_symmetric *A, int64_t span, int64_t begin)
{
    return A->ld ? begin : begin / span * span;
}

static int64_t blocks_in(const ntk_symmetric *A, int64_t span, int64_t begin, int64_t end)
{
    return begin < end ? (end - 1 - blocks_begin(A, span, begin)) / span + 1 : 0;
}

/* Block index of those that tiles begin to end - 1 make. */
static block block_at(const ntk_symmetric *A, int64_t span, int64_t begin, int64_t end, int64_t index)
{
    int64_t first = blocks_begin(A, span, begin) + index * span, after = ntk_smaller(first + span, end);
    block found = {.first = ntk_larger(first, begin)};
    found.tiles = after - found.first;
    int64_t last = after - 1;
    found.rows = (last - found.first) * NTK_SYMMETRIC_EDGE + ntk_symmetric_rows(A, last);
    return found;
}

/* --- pivots --- */

/* The pivots of tile k, whose factorization stopped at row stopped of the tile, or not (-1).  False: *failed is one that is too small. */
static bool check_pivots(const step *at, const double *entries, int64_t stopped, double *smallest, ntk_pivot *failed)
{
    const ntk_symmetric *A = at->A;
    int64_t first = at->k * NTK_SYMMETRIC_EDGE, rows = stopped >= 0 ? stopped : ntk_symmetric_rows(A, at->k);
    double roundoff = A->dtype == NTK_F64 ? 0x1p-53 : 0x1p-24, least = 4 * sqrt((double)A->n) * roundoff;
    for (int64_t i = first; i < first + rows; i++) {
        double root = ntk_symmetric_diagonal(A, i), pivot = root * root;
        *failed = (ntk_pivot){i, pivot, entries[i]};
        if (!(pivot > least * entries[i])) return false;
        if (pivot / entries[i] < *smallest) *smallest = pivot / entries[i];
    }
    /* what LAPACK leaves in the place of a pivot that is not positive is that pivot or the square root of nothing */
    *failed = (ntk_pivot){.row = -1};
    if (stopped >= 0) *failed = (ntk_pivot){first + stopped, 0, entries[first + stopped]};
    return stopped < 0;
}

/* --- factorization --- */

static block block_below(const step *at, int64_t index)
{
    return block_at(at->A, at->span, at->k + 1, ntk_symmetric_tiles(at->A), index);
}

static ntk_status solve_block(void *argument, int64_t index, const ntk_lane *lane)
{
    const step *at = argument;
    const ntk_symmetric *A = at->A;
    int64_t ldl, lda;
    block i = block_below(at, index);
    const void *l = ntk_symmetric_tile(A, at->k, at->k, &ldl);
    void *a = ntk_symmetric_tile(A, i.first, at->k, &lda);
    NTK_TRY(ntk_blas_trsm_right(A->dtype, NTK_TRANSPOSED, i.rows, NTK_SYMMETRIC_EDGE, l, ldl, a, lda));
    return ntk_advance(lane, i.tiles);
}

/* A_ij -= A_ik A_jk^T for all blocks k < j <= i */
static ntk_status update_block(void *argument, int64_t index, const ntk_lane *lane)
{
    const step *at = argument;
    const ntk_symmetric *A = at->A;
    int64_t row = (int64_t)((sqrt(8.0 * (double)index + 1) - 1) / 2), ldi, ldj, ldc;
    while (row * (row + 1) / 2 > index) row--;
    while ((row + 1) * (row + 2) / 2 <= index) row++;
    block i = block_below(at, row), j = block_below(at, index - row * (row + 1) / 2);
    const void *left = ntk_symmetric_tile(A, i.first, at->k, &ldi), *right = ntk_symmetric_tile(A, j.first, at->k, &ldj);
    void *c = ntk_symmetric_tile(A, i.first, j.first, &ldc);
    if (i.first == j.first)
        NTK_TRY(ntk_blas_syrk(A->dtype, NTK_PLAIN, i.rows, NTK_SYMMETRIC_EDGE, -1, left, ldi, 1, c, ldc));
    else
        NTK_TRY(ntk_blas_gemm(A->dtype, NTK_PLAIN, NTK_TRANSPOSED, i.rows, j.rows, NTK_SYMMETRIC_EDGE, -1, left, ldi, right,
                              ldj, 1, c, ldc));
    return ntk_advance(lane, i.first == j.first ? i.tiles * i.tiles : 2 * i.tiles * j.tiles);
}

static ntk_status factor_all(const ntk_symmetric *A, const ntk_lane *lane, const double *entries, double *smallest,
                             ntk_pivot *failed)
{
    int64_t tiles = ntk_symmetric_tiles(A);
    for (step at = {.A = A, .span = span_of(A, lane)}; at.k < tiles; at.k++) {
        int64_t ld, pivot, below = blocks_in(A, at.span, at.k + 1, tiles);
        void *diagonal = ntk_symmetric_tile(A, at.k, at.k, &ld);
        NTK_TRY(ntk_blas_potrf(A->dtype, ntk_symmetric_rows(A, at.k), diagonal, ld, &pivot));
        if (!check_pivots(&at, entries, pivot, smallest, failed)) return NTK_OK;
        NTK_TRY(ntk_advance(lane, 1));
        NTK_TRY(ntk_run_blas(lane, below, solve_block, &at));
        NTK_TRY(ntk_run_blas(lane, below * (below + 1) / 2, update_block, &at));
    }
    return NTK_OK;
}

ntk_status ntk_cholesky_attempt(const ntk_symmetric *A, const ntk_lane *lane, double begin, double end, double *smallest,
                                ntk_pivot *failed)
{
    ntk_context *context = lane->work->context;
    int64_t tiles = ntk_symmetric_tiles(A);
    double *entries;
    NTK_TRY(ntk_allocate(context, &entries, A->n, sizeof *entries, "a matrix's diagonal"));
    for (int64_t i = 0; i < A->n; i++) entries[i] = ntk_symmetric_diagonal(A, i);
    *smallest = 1;
    *failed = (ntk_pivot){.row = -1};
    /* units: potrf 1, and for each tile trsm 1, syrk 1, gemm 2 */
    ntk_work_stage(lane->work, "factorization", tiles + tiles * (tiles - 1) / 2 + tiles * (tiles - 1) * (2 * tiles - 1) / 6,
                   begin, end);
    ntk_status status = factor_all(A, lane, entries, smallest, failed);
    ntk_free(context, entries);
    return status;
}

ntk_status ntk_cholesky_factor(const ntk_symmetric *A, const ntk_lane *lane, double begin, double end, double *smallest,
                               const char *what)
{
    ntk_pivot failed;
    NTK_TRY(ntk_cholesky_attempt(A, lane, begin, end, smallest, &failed));
    if (failed.row < 0) return NTK_OK;
    return ntk_fail(
        NTK_ERR_SINGULAR,
        "%s, %lld x %lld, is not positive definite to working precision: the squared pivot of row %lld (counted from "
        "0) is %.3g, its diagonal entry %.3g; increase lambda, or remove samples that repeat or depend on others",
        what, (long long)A->n, (long long)A->n, (long long)failed.row, failed.square, failed.entry);
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
    int64_t span;
    int64_t k;
    bool forward;
} solution;

static void *rows_of(const solution *at, int64_t i)
{
    return ntk_at(at->b, at->L->dtype, i * NTK_SYMMETRIC_EDGE * at->ldb);
}

/* Tiles that row k of the solution changes: those below it (forward) or above it (backward), from *begin on. */
static int64_t others(const solution *at, int64_t *begin)
{
    *begin = at->forward ? at->k + 1 : 0;
    return at->forward ? ntk_symmetric_tiles(at->L) : at->k;
}

/* b_i -= L_ik b_k (forward, i > k) or L_ki^T b_k (backward, i < k) for a block i */
static ntk_status substitute(void *argument, int64_t index, const ntk_lane *lane)
{
    const solution *at = argument;
    const ntk_symmetric *L = at->L;
    int64_t ld, begin, end = others(at, &begin), depth = ntk_symmetric_rows(L, at->k);
    block i = block_at(L, at->span, begin, end, index);
    const void *l = ntk_symmetric_tile(L, at->forward ? i.first : at->k, at->forward ? at->k : i.first, &ld);
    NTK_TRY(ntk_blas_gemm(L->dtype, at->forward ? NTK_PLAIN : NTK_TRANSPOSED, NTK_PLAIN, i.rows, at->targets, depth, -1, l, ld,
                          rows_of(at, at->k), at->ldb, 1, rows_of(at, i.first), at->ldb));
    return ntk_advance(lane, i.tiles);
}

/* Turns begin to end - 1 of those forward, which come first, and back. */
static ntk_status solve_part(solution *at, const ntk_lane *lane, int64_t begin_turn, int64_t end_turn)
{
    int64_t tiles = ntk_symmetric_tiles(at->L);
    for (int64_t turn = begin_turn; turn < end_turn; turn++) {
        int64_t ld, begin;
        at->forward = turn < tiles;
        at->k = at->forward ? turn : 2 * tiles - 1 - turn;
        const void *l = ntk_symmetric_tile(at->L, at->k, at->k, &ld);
        NTK_TRY(ntk_blas_trsm_left(at->L->dtype, at->forward ? NTK_PLAIN : NTK_TRANSPOSED, ntk_symmetric_rows(at->L, at->k),
                                   at->targets, l, ld, rows_of(at, at->k), at->ldb));
        NTK_TRY(ntk_advance(lane, 1));
        int64_t end = others(at, &begin);
        NTK_TRY(ntk_run_blas(lane, blocks_in(at->L, at->span, begin, end), substitute, at));
    }
    return NTK_OK;
}

static ntk_status solve(const ntk_symmetric *L, const ntk_lane *lane, ntk_share share, int64_t begin_turn, int64_t end_turn,
                        void *b, int64_t ldb, int64_t targets)
{
    int64_t tiles = ntk_symmetric_tiles(L), rounds = (targets - 1) / TARGETS + 1;
    ntk_work_stage(lane->work, "solution", rounds * (end_turn - begin_turn) * (tiles + 1) / 2, share.begin, share.end);
    for (int64_t first = 0; first < targets; first += TARGETS) {
        solution at = {.L = L, .b = ntk_at(b, L->dtype, first), .ldb = ldb, .span = span_of(L, lane)};
        at.targets = targets - first < TARGETS ? targets - first : TARGETS;
        NTK_TRY(solve_part(&at, lane, begin_turn, end_turn));
    }
    return NTK_OK;
}

ntk_status ntk_cholesky_solve(const ntk_symmetric *L, const ntk_lane *lane, double begin, double end, void *b, int64_t ldb,
                              int64_t targets)
{
    return solve(L, lane, (ntk_share){begin, end}, 0, 2 * ntk_symmetric_tiles(L), b, ldb, targets);
}

ntk_status ntk_cholesky_solve_half(const ntk_symmetric *L, const ntk_lane *lane, double begin, double end,
                                   ntk_transpose transpose, void *b, int64_t ldb, int64_t targets)
{
    int64_t tiles = ntk_symmetric_tiles(L), first = transpose == NTK_PLAIN ? 0 : tiles;
    return solve(L, lane, (ntk_share){begin, end}, first, first + tiles, b, ldb, targets);
}
