#include "core/status.h"
#include "gram/implicit.h"

#include <string.h>

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
    double column[NTK_SWEEP_EDGE];
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
