#include "ridge/optimise/outer.h"

#include "core/blas.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/storage.h"

/* Of a tile; and of the part of U's columns that one product takes, so that it can be stopped. */
enum { EDGE = NTK_SYMMETRIC_EDGE, DEPTH = 2048 };

/* Tile (row, col) is number row (row + 1) / 2 + col, col <= row. */
static int64_t row_of(int64_t index)
{
    int64_t row = 0;
    while ((row + 1) * (row + 2) / 2 <= index) row++;
    return row;
}

static ntk_status begin_tile(const ntk_outer *outer, int64_t row, int64_t col, int64_t rows, int64_t cols)
{
    double *tile = outer->out + row * outer->ld + col;
    if (outer->columns > 0)
        return ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, rows, cols, outer->columns, outer->share,
                             outer->E + row * outer->columns, outer->columns, outer->F + col * outer->columns, outer->columns,
                             0, tile, outer->ld);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < cols; c++) tile[r * outer->ld + c] = 0;
    return NTK_OK;
}

static void mirror(const ntk_outer *outer, int64_t row, int64_t col, int64_t rows, int64_t cols)
{
    for (int64_t c = 0; c < cols; c++) {
        double *to = outer->out + (col + c) * outer->ld + row;
        const double *from = outer->out + row * outer->ld + col + c;
        for (int64_t r = 0; r < rows; r++) to[r] = from[r * outer->ld];
    }
}

static ntk_status product_tile(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_outer *outer = argument;
    int64_t tile = row_of(index), row = tile * EDGE, col = (index - tile * (tile + 1) / 2) * EDGE, n = outer->n;
    int64_t rows = ntk_smaller(EDGE, n - row), cols = ntk_smaller(EDGE, n - col);
    NTK_TRY(begin_tile(outer, row, col, rows, cols));
    for (int64_t k = outer->upper ? row : 0; k < n; k += DEPTH) {
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, rows, cols, ntk_smaller(DEPTH, n - k), outer->factor,
                              outer->U + row * outer->ldu + k, outer->ldu, outer->U + col * outer->ldu + k, outer->ldu, 1,
                              outer->out + row * outer->ld + col, outer->ld));
        NTK_TRY(ntk_advance(lane, 0));
    }
    if (row != col) mirror(outer, row, col, rows, cols);
    return ntk_advance(lane, 1);
}

ntk_status ntk_outer_product(const ntk_outer *outer, const ntk_lane *lane, double begin, double end)
{
    int64_t edge = (outer->n - 1) / EDGE + 1, tiles = edge * (edge + 1) / 2;
    ntk_work_stage(lane->work, "product of a matrix with itself", tiles, begin, end);
    return ntk_run_blas(lane, tiles, product_tile, (void *)(uintptr_t)outer);
}
