#include "kernel/block.h"

#include "core/memory.h"
#include "core/status.h"
#include "kernel/tile.h"

#include <float.h>

static void *place(const void *matrix, int64_t row, int64_t col, int64_t *ld)
{
    const ntk_matrix *out = matrix;
    *ld = out->stride;
    return ntk_at(ntk_row(out, row), out->dtype, col);
}

/* The share of preparing the samples in the whole call's work. */
static double preparing(const ntk_samples *rows, int64_t cols)
{
    return 1 / (2 + (double)cols * 2 / (double)rows->inputs);
}

ntk_status ntk_block_write(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *out, const ntk_matrix *x1,
                           const ntk_matrix *x2, const char *function)
{
    ntk_sample_pair pair;
    NTK_TRY(ntk_sample_pair_open(&pair, kernel, lane, x1, x2, out->dtype, function));
    ntk_grid grid = {.rows = &pair.rows, .cols = &pair.cols, .placement = place, .matrix = out};
    ntk_work_stage(lane->work, "kernel block", ntk_grid_units(&grid), preparing(grid.rows, x2->rows), 1);
    ntk_status status = ntk_grid_evaluate(&grid, lane);
    ntk_sample_pair_close(&pair);
    return status;
}

ntk_status ntk_block_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t n1, int64_t n2,
                            int64_t d, int32_t dtype)
{
    NTK_TRY(ntk_samples_memory(kernel, bytes, dtype, n1, d, n1 + n2));
    NTK_TRY(ntk_samples_memory(kernel, bytes, dtype, n2, d, n1 + n2));
    return ntk_grid_memory(kernel, context, bytes, n1, n2, d, dtype, n1 + n2, 0);
}

ntk_status ntk_block_check(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2,
                           const char *function)
{
    NTK_TRY(ntk_output_check(out, function, "out"));
    NTK_TRY(ntk_input_check(x1, function, "x1"));
    NTK_TRY(ntk_input_check(x2, function, "x2"));
    NTK_TRY(ntk_shape_check(x1, -1, ntk_kernel_inputs(kernel), function, "x1"));
    NTK_TRY(ntk_shape_check(x2, -1, x1->cols, function, "x2"));
    NTK_TRY(ntk_shape_check(out, x1->rows, x2->rows, function, "out"));
    NTK_TRY(ntk_disjoint_check(out, "out", x1, "x1", function));
    NTK_TRY(ntk_disjoint_check(out, "out", x2, "x2", function));
    NTK_TRY(ntk_finite_check(x1, function, "x1"));
    return ntk_finite_check(x2, function, "x2");
}

ntk_status ntk_kernel_block(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_block_check(kernel, out, x1, x2, __func__));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, kernel->base.context);
    return ntk_block_write(kernel, &lane, out, x1, x2, __func__);
}

static ntk_status write_diagonal(const ntk_samples *samples, const ntk_matrix *out, const char *function)
{
    double most = out->dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX;
    for (int64_t i = 0; i < out->rows; i++)
        if (!(samples->diagonal[i] <= most))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: the kernel of row %lld of x with itself is too large to be represented",
                            function, (long long)i);
    for (int64_t i = 0; i < out->rows; i++) ntk_convert(ntk_row(out, i), out->dtype, &samples->diagonal[i], NTK_F64, 1);
    return NTK_OK;
}

ntk_status ntk_kernel_diagonal(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x)
{
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_output_check(out, __func__, "out"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, ntk_kernel_inputs(kernel), __func__, "x"));
    NTK_TRY(ntk_shape_check(out, x->rows, 1, __func__, "out"));
    NTK_TRY(ntk_disjoint_check(out, "out", x, "x", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, kernel->base.context);
    ntk_samples samples;
    ntk_work_stage(&work, "kernel diagonal", 1, 0, 1);
    NTK_TRY(ntk_samples_open(&samples, kernel, &lane, x, out->dtype, x->rows, false, __func__, "x"));
    ntk_status status = write_diagonal(&samples, out, __func__);
    ntk_samples_close(&samples);
    return status;
}
