#include "core/blas.h"
#include "core/status.h"
#include "gram/implicit.h"

#include <string.h>

/* --- copy: K whole --- */

typedef struct copying {
    const ntk_gram *gram;
    const ntk_matrix *K;
} copying;

/* A tile of K as it lies somewhere: rows x cols from (row, col) on; where row is col its lower triangle. */
typedef struct piece {
    const void *data;
    int32_t dtype;
    int64_t ld, row, rows, col, cols;
} piece;

/* column[r - first] = element (r, col) of a tile */
static void gather_column(void *column, const piece *from, int64_t col, int64_t first)
{
    if (from->dtype == NTK_F64) {
        const double *tile = from->data;
        double *to = column;
        for (int64_t r = first; r < from->rows; r++) to[r - first] = tile[r * from->ld + col];
    } else {
        const float *tile = from->data;
        float *to = column;
        for (int64_t r = first; r < from->rows; r++) to[r - first] = tile[r * from->ld + col];
    }
}

/* Stores elements of a row of K, or adds them to what it holds. */
static void store(const ntk_matrix *K, int64_t row, int64_t col, const void *from, int32_t dtype, int64_t count, bool add)
{
    void *to = ntk_at(ntk_row(K, row), K->dtype, col);
    if (!add) {
        ntk_convert(to, K->dtype, from, dtype, count);
        return;
    }
    for (int64_t j = 0; j < count; j++) {
        double sum = ntk_get(to, K->dtype, j) + ntk_get(from, dtype, j);
        ntk_convert(ntk_at(to, K->dtype, j), K->dtype, &sum, NTK_F64, 1);
    }
}

/* A tile and its mirror image. */
static void copy_tile(const ntk_matrix *K, const piece *from, bool add)
{
    double column[NTK_SYMMETRIC_EDGE];
    bool diagonal = from->row == from->col;
    for (int64_t r = 0; r < from->rows; r++)
        store(K, from->row + r, from->col, ntk_at(from->data, from->dtype, r * from->ld), from->dtype,
              diagonal ? r + 1 : from->cols, add);
    for (int64_t c = 0; c < from->cols; c++) {
        int64_t first = diagonal ? c + 1 : 0;
        gather_column(column, from, c, first);
        store(K, from->col + c, from->row + first, column, from->dtype, from->rows - first, add);
    }
}

static ntk_status copy_tile_row(void *argument, int64_t index, const ntk_lane *lane)
{
    const copying *job = argument;
    const ntk_symmetric *K = &job->gram->K;
    for (int64_t j = 0; j <= index; j++) {
        piece from = {.dtype = K->dtype, .row = index * NTK_SYMMETRIC_EDGE, .col = j * NTK_SYMMETRIC_EDGE};
        from.data = ntk_symmetric_tile(K, index, j, &from.ld);
        from.rows = ntk_symmetric_rows(K, index);
        from.cols = ntk_symmetric_rows(K, j);
        copy_tile(job->K, &from, false);
        NTK_TRY(ntk_advance(lane, 1));
    }
    return NTK_OK;
}

static ntk_status copy_evaluated(void *argument, const ntk_kernel_tile *tile, bool first, const ntk_lane *lane)
{
    (void)lane;
    const copying *job = argument;
    piece from = {.data = tile->out, .dtype = tile->rows->dtype, .ld = tile->ld, .row = tile->row, .col = tile->col};
    from.rows = tile->row_count;
    from.cols = tile->col_count;
    copy_tile(job->K, &from, !first);
    return NTK_OK;
}

static ntk_status copy_held(copying *job)
{
    int64_t tiles = ntk_symmetric_tiles(&job->gram->K);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, job->gram->base.context);
    ntk_work_stage(&work, "copy of a kernel matrix", tiles * (tiles + 1) / 2, 0, 1);
    return ntk_run(&lane, tiles, copy_tile_row, job);
}

ntk_status ntk_gram_copy(const ntk_gram *gram, const ntk_matrix *K)
{
    NTK_REQUIRE(gram);
    NTK_TRY(ntk_output_check(K, __func__, "K"));
    NTK_TRY(ntk_shape_check(K, gram->K.n, gram->K.n, __func__, "K"));
    copying job = {.gram = gram, .K = K};
    if (gram->K.data) return copy_held(&job);
    return ntk_implicit_visit(gram, "kernel matrix", NULL, copy_evaluated, &job, __func__);
}

/* --- multiply: y = K v --- */

/* Targets in one product of a tile. */
enum { TARGETS = 512 };

typedef struct multiplication {
    const ntk_symmetric *K;
    const ntk_matrix *y, *v;
} multiplication;

/* Columns target, ... of rows row, ... of y or v. */
static void *part_of(const ntk_matrix *m, int64_t row, int64_t target)
{
    return ntk_at(ntk_row(m, row), m->dtype, target);
}

/* y_i (beta) += K_ij v_j, or K_ji^T v_j above the diagonal */
static ntk_status add_tile(const multiplication *job, int64_t i, int64_t j, int64_t target, int64_t targets)
{
    const ntk_symmetric *K = job->K;
    int64_t ld, rows = ntk_symmetric_rows(K, i), cols = ntk_symmetric_rows(K, j);
    const void *tile = ntk_symmetric_tile(K, i > j ? i : j, i > j ? j : i, &ld);
    const void *v = part_of(job->v, j * NTK_SYMMETRIC_EDGE, target);
    void *y = part_of(job->y, i * NTK_SYMMETRIC_EDGE, target);
    double beta = j ? 1 : 0;
    if (i == j) return ntk_blas_symm(K->dtype, rows, targets, 1, tile, ld, v, job->v->stride, beta, y, job->y->stride);
    return ntk_blas_gemm(K->dtype, i > j ? NTK_PLAIN : NTK_TRANSPOSED, NTK_PLAIN, rows, targets, cols, 1, tile, ld, v,
                         job->v->stride, beta, y, job->y->stride);
}

static ntk_status multiply_tile_row(void *argument, int64_t index, const ntk_lane *lane)
{
    const multiplication *job = argument;
    int64_t tiles = ntk_symmetric_tiles(job->K);
    for (int64_t target = 0; target < job->v->cols; target += TARGETS) {
        int64_t left = job->v->cols - target, targets = left < TARGETS ? left : TARGETS;
        for (int64_t j = 0; j < tiles; j++) {
            NTK_TRY(add_tile(job, index, j, target, targets));
            NTK_TRY(ntk_advance(lane, left <= TARGETS ? 1 : 0));
        }
    }
    return NTK_OK;
}

static void clear(void *argument)
{
    const multiplication *job = argument;
    for (int64_t i = 0; i < job->y->rows; i++)
        memset(ntk_row(job->y, i), 0, (size_t)(job->y->cols * ntk_dtype_size(job->y->dtype)));
}

/* y_i += K_ij v_j and y_j += K_ij^T v_i, for i >= j */
static ntk_status multiply_evaluated(void *argument, const ntk_kernel_tile *tile, bool first, const ntk_lane *lane)
{
    (void)first;
    const multiplication *job = argument;
    const ntk_matrix *y = job->y, *v = job->v;
    int64_t i = tile->row, j = tile->col, rows = tile->row_count, cols = tile->col_count;
    for (int64_t at = 0; at < v->cols; at += TARGETS) {
        int64_t t = v->cols - at < TARGETS ? v->cols - at : TARGETS;
        if (i == j) {
            NTK_TRY(ntk_blas_symm(y->dtype, rows, t, 1, tile->out, tile->ld, part_of(v, i, at), v->stride, 1, part_of(y, i, at),
                                  y->stride));
        } else {
            NTK_TRY(ntk_blas_gemm(y->dtype, NTK_PLAIN, NTK_PLAIN, rows, t, cols, 1, tile->out, tile->ld, part_of(v, j, at),
                                  v->stride, 1, part_of(y, i, at), y->stride));
            NTK_TRY(ntk_blas_gemm(y->dtype, NTK_TRANSPOSED, NTK_PLAIN, cols, t, rows, 1, tile->out, tile->ld, part_of(v, i, at),
                                  v->stride, 1, part_of(y, j, at), y->stride));
        }
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status multiply_held(const ntk_gram *gram, multiplication *job)
{
    int64_t tiles = ntk_symmetric_tiles(job->K);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    ntk_work_stage(&work, "kernel matrix product", tiles * tiles, 0, 1);
    return ntk_run_blas(&lane, tiles, multiply_tile_row, job);
}

ntk_status ntk_gram_multiply(const ntk_gram *gram, const ntk_matrix *y, const ntk_matrix *v)
{
    NTK_REQUIRE(gram);
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(v, __func__, "v"));
    NTK_TRY(ntk_shape_check(v, gram->K.n, -1, __func__, "v"));
    NTK_TRY(ntk_shape_check(y, gram->K.n, v->cols, __func__, "y"));
    const ntk_matrix *const views[] = {y, v};
    for (int i = 0; i < 2; i++)
        if (views[i]->dtype != gram->K.dtype)
            return ntk_fail(NTK_ERR_DTYPE, "%s: %s.dtype is %d, expected %d, the kernel matrix's", __func__, i ? "v" : "y",
                            views[i]->dtype, gram->K.dtype);
    NTK_TRY(ntk_disjoint_check(y, "y", v, "v", __func__));
    multiplication job = {.K = &gram->K, .y = y, .v = v};
    if (gram->K.data) return multiply_held(gram, &job);
    return ntk_implicit_visit(gram, "kernel matrix product", clear, multiply_evaluated, &job, __func__);
}
