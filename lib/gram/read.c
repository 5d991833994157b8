#include "core/blas.h"
#include "core/status.h"
#include "gram/gram.h"

#include <string.h>

/* --- copy: K whole --- */

typedef struct copying {
    const ntk_symmetric *from;
    const ntk_matrix *K;
} copying;

/* column[r] = element (r, col) of a tile */
static void gather_column(void *column, int32_t dtype, const void *tile, int64_t ld, int64_t col, int64_t first, int64_t rows)
{
    if (dtype == NTK_F64) {
        const double *from = tile;
        double *to = column;
        for (int64_t r = first; r < rows; r++) to[r - first] = from[r * ld + col];
    } else {
        const float *from = tile;
        float *to = column;
        for (int64_t r = first; r < rows; r++) to[r - first] = from[r * ld + col];
    }
}

/* A tile and its mirror image. */
static void copy_tile(const copying *job, int64_t i, int64_t j)
{
    const ntk_symmetric *from = job->from;
    const ntk_matrix *K = job->K;
    double column[NTK_SYMMETRIC_EDGE];
    int64_t ld, rows = ntk_symmetric_rows(from, i), cols = ntk_symmetric_rows(from, j);
    const int64_t row = i * NTK_SYMMETRIC_EDGE, col = j * NTK_SYMMETRIC_EDGE;
    const void *tile = ntk_symmetric_tile(from, i, j, &ld);
    for (int64_t r = 0; r < rows; r++)
        ntk_convert(ntk_at(ntk_row(K, row + r), K->dtype, col), K->dtype, ntk_at(tile, from->dtype, r * ld), from->dtype,
                    i == j ? r + 1 : cols);
    for (int64_t c = 0; c < cols; c++) {
        int64_t first = i == j ? c : 0;
        gather_column(column, from->dtype, tile, ld, c, first, rows);
        ntk_convert(ntk_at(ntk_row(K, col + c), K->dtype, row + first), K->dtype, column, from->dtype, rows - first);
    }
}

static ntk_status copy_tile_row(void *argument, int64_t index, const ntk_lane *lane)
{
    const copying *job = argument;
    for (int64_t j = 0; j <= index; j++) {
        copy_tile(job, index, j);
        NTK_TRY(ntk_advance(lane, 1));
    }
    return NTK_OK;
}

ntk_status ntk_gram_copy(const ntk_gram *gram, const ntk_matrix *K)
{
    NTK_REQUIRE(gram);
    NTK_TRY(ntk_output_check(K, __func__, "K"));
    NTK_TRY(ntk_shape_check(K, gram->K.n, gram->K.n, __func__, "K"));
    copying job = {.from = &gram->K, .K = K};
    int64_t tiles = ntk_symmetric_tiles(&gram->K);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    ntk_work_stage(&work, "copy of a kernel matrix", tiles * (tiles + 1) / 2, 0, 1);
    return ntk_run(&lane, tiles, copy_tile_row, &job);
}

/* --- multiply: y = K v --- */

/* Targets in one product of a tile. */
enum { TARGETS = 512 };

typedef struct multiplication {
    const ntk_symmetric *K;
    const ntk_matrix *y, *v;
} multiplication;

/* y_i (beta) += K_ij v_j, or K_ji^T v_j above the diagonal */
static ntk_status add_tile(const multiplication *job, int64_t i, int64_t j, int64_t target, int64_t targets)
{
    const ntk_symmetric *K = job->K;
    int64_t ld, rows = ntk_symmetric_rows(K, i), cols = ntk_symmetric_rows(K, j);
    const void *tile = ntk_symmetric_tile(K, i > j ? i : j, i > j ? j : i, &ld);
    const void *v = ntk_at(ntk_row(job->v, j * NTK_SYMMETRIC_EDGE), K->dtype, target);
    void *y = ntk_at(ntk_row(job->y, i * NTK_SYMMETRIC_EDGE), K->dtype, target);
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
    int64_t tiles = ntk_symmetric_tiles(&gram->K);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    ntk_work_stage(&work, "kernel matrix product", tiles * tiles, 0, 1);
    return ntk_run_blas(&lane, tiles, multiply_tile_row, &job);
}
