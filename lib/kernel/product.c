#include "kernel/product.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/tile.h"

/* Targets whose sums are held at a time: more take the kernel's values anew. */
enum { MOST_TARGETS = 256, MOST_ROWS = 512 };

typedef struct product_job {
    const ntk_product *product;
    int64_t row_edge, col_edge;
    int64_t target, targets; /* of this round */
    char *scratch;           /* per lane: K, what its kernel needs, the sums */
    int64_t tile_bytes, sums_at, scratch_size;
} product_job;

static void shape_of(const ntk_kernel *kernel, product_job *job, int64_t rows, int64_t cols, int64_t inputs, int32_t dtype)
{
    int64_t edge = ntk_tile_edge(kernel, rows, cols, inputs, dtype, rows + cols, MOST_ROWS);
    job->row_edge = ntk_smaller(rows, edge);
    job->col_edge = ntk_smaller(cols, edge);
    job->tile_bytes = ntk_whole_lines(job->row_edge * job->col_edge * ntk_dtype_size(dtype));
    job->sums_at = job->tile_bytes + ntk_tile_scratch(kernel, rows, cols, edge, dtype);
    job->scratch_size = job->sums_at + job->row_edge * MOST_TARGETS * ntk_dtype_size(dtype);
}

static ntk_status add_columns(const product_job *job, const ntk_kernel_tile *tile, void *sums)
{
    const ntk_product *product = job->product;
    int32_t dtype = product->rows->dtype;
    int64_t at = product->tv == NTK_PLAIN ? tile->col * product->ldv + job->target : job->target * product->ldv + tile->col;
    return ntk_blas_gemm(dtype, NTK_PLAIN, product->tv, tile->row_count, job->targets, tile->col_count, 1, tile->out, tile->ld,
                         ntk_at(product->v, dtype, at), product->ldv, tile->col ? 1 : 0, sums, job->targets);
}

static ntk_status write_rows(const product_job *job, int64_t first, int64_t rows, void *sums)
{
    const ntk_product *product = job->product;
    const ntk_matrix *y = product->y;
    int32_t dtype = product->rows->dtype;
    for (int64_t i = 0; i < rows; i++) {
        void *sum = ntk_at(sums, dtype, i * job->targets);
        for (int64_t c = 0; product->add && c < job->targets; c++) {
            double value = ntk_get(sum, dtype, c) + product->add[job->target + c];
            ntk_convert(ntk_at(sum, dtype, c), dtype, &value, NTK_F64, 1);
        }
        NTK_TRY(ntk_write_row(y, first + i, job->target, sum, dtype, job->targets, product->function, "y"));
    }
    return NTK_OK;
}

static ntk_status multiply_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const product_job *job = argument;
    const ntk_product *product = job->product;
    char *scratch = job->scratch + lane->index * job->scratch_size;
    ntk_kernel_tile tile = {.rows = product->rows, .cols = product->cols, .row = index * job->row_edge, .out = scratch};
    tile.row_count = ntk_smaller(job->row_edge, product->rows->rows - tile.row);
    tile.scratch = scratch + job->tile_bytes;
    for (; tile.col < product->cols->rows; tile.col += job->col_edge) {
        tile.col_count = ntk_smaller(job->col_edge, product->cols->rows - tile.col);
        tile.ld = tile.col_count;
        NTK_TRY(product->rows->kernel->operations->tile(&tile, lane));
        NTK_TRY(add_columns(job, &tile, scratch + job->sums_at));
        NTK_TRY(ntk_advance(lane, 0));
    }
    NTK_TRY(write_rows(job, tile.row, tile.row_count, scratch + job->sums_at));
    return ntk_advance(lane, job->target + job->targets < product->targets ? 0 : tile.row_count);
}

static int64_t tasks_for(const product_job *job, int64_t rows)
{
    return (rows - 1) / job->row_edge + 1;
}

ntk_status ntk_product_evaluate(const ntk_product *product, const ntk_lane *lane)
{
    const ntk_samples *rows = product->rows, *cols = product->cols;
    ntk_context *context = lane->work->context;
    product_job job = {.product = product};
    shape_of(rows->kernel, &job, rows->rows, cols->rows, rows->inputs, rows->dtype);
    NTK_TRY(ntk_allocate(context, &job.scratch, ntk_lanes_for(lane, tasks_for(&job, rows->rows)), job.scratch_size,
                         "tiles of a kernel's product"));
    ntk_status status = NTK_OK;
    for (; status >= 0 && job.target < product->targets; job.target += MOST_TARGETS) {
        job.targets = ntk_smaller(MOST_TARGETS, product->targets - job.target);
        status = ntk_run_blas(lane, tasks_for(&job, rows->rows), multiply_rows, &job);
    }
    ntk_free(context, job.scratch);
    return status;
}

ntk_status ntk_product_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows, int64_t cols,
                              int64_t inputs, int32_t dtype)
{
    product_job job;
    shape_of(kernel, &job, rows, cols, inputs, dtype);
    return ntk_need(bytes, ntk_lanes_expected(context, tasks_for(&job, rows)), job.scratch_size);
}
