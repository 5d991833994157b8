#include "kernel/gradient.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/multiply.h"
#include "kernel/tile.h"

#include <string.h>

/* Numbers of a row's gradient that are held at a time: more targets take the kernel's values anew. */
enum { MOST_NUMBERS = 8192 };

/* A call: v in the samples' dtype, and the scratch of a lane: rectangles of a tile, the tile's v, target by target, and the
 * gradients of a row of tiles, then the kernel's own sums. */
typedef struct gradient_job {
    const ntk_samples *rows, *cols;
    const ntk_operand *v;
    const ntk_matrix *g;
    const char *function;
    int64_t row_edge, col_edge;
    int64_t most, target, targets; /* targets: most at a time, and those of this round */
    char *scratch;
    int64_t weights_at, sums_at, own_at, scratch_size;
} gradient_job;

static void shape_of(gradient_job *job, const ntk_kernel *kernel, int64_t rows, int64_t cols, int64_t inputs, int32_t dtype)
{
    int64_t edge = ntk_tile_edge(kernel, rows, cols, inputs, dtype, rows + cols, NTK_GRADIENT_ROWS),
            size = ntk_dtype_size(dtype);
    job->row_edge = ntk_smaller(rows, edge);
    job->col_edge = ntk_smaller(cols, edge);
    job->most = inputs < MOST_NUMBERS ? ntk_smaller(MOST_NUMBERS / inputs, NTK_GRADIENT_TARGETS) : 1;
    job->weights_at = ntk_whole_lines(kernel->operations->gradient_scratch * job->row_edge * job->col_edge * size);
    job->sums_at = job->weights_at + ntk_whole_lines(job->most * job->col_edge * size);
    int64_t sums = job->row_edge * job->most * inputs * size;
    job->own_at = job->sums_at + ntk_whole_lines(sums);
    job->scratch_size = job->own_at + ntk_whole_lines(kernel->operations->gradient_sums * sums);
}

/* weights[c][j] = v of column j and target c */
static void gather_weights(const gradient_job *job, const ntk_kernel_tile *tile, void *weights)
{
    int32_t dtype = job->rows->dtype;
    int64_t size = ntk_dtype_size(dtype);
    for (int64_t c = 0; c < job->targets; c++)
        for (int64_t j = 0; j < tile->col_count; j++)
            memcpy(ntk_at(weights, dtype, c * tile->col_count + j),
                   ntk_at(job->v->data, dtype, (tile->col + j) * job->v->stride + job->target + c), (size_t)size);
}

static ntk_status write_rows(const gradient_job *job, int64_t first, int64_t rows, const void *sums)
{
    const ntk_matrix *g = job->g;
    int32_t dtype = job->rows->dtype;
    int64_t inputs = job->rows->inputs, count = job->targets * inputs;
    for (int64_t i = 0; i < rows; i++) {
        NTK_TRY(ntk_write_row(g, first + i, job->target * inputs, ntk_at(sums, dtype, i * count), dtype, count, job->function,
                              "g"));
    }
    return NTK_OK;
}

static ntk_status evaluate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const gradient_job *job = argument;
    char *scratch = job->scratch + lane->index * job->scratch_size;
    ntk_tile_gradient part = {.weights = scratch + job->weights_at, .targets = job->targets, .g = scratch + job->sums_at};
    ntk_kernel_tile *tile = &part.tile;
    *tile = (ntk_kernel_tile){.rows = job->rows, .cols = job->cols, .row = index * job->row_edge, .scratch = scratch};
    tile->row_count = ntk_smaller(job->row_edge, job->rows->rows - tile->row);
    part.ldg = job->targets * job->rows->inputs;
    part.sums = scratch + job->own_at;
    memset(part.g, 0, (size_t)(tile->row_count * part.ldg * ntk_dtype_size(job->rows->dtype)));
    for (; tile->col < job->cols->rows; tile->col += job->col_edge) {
        tile->col_count = ntk_smaller(job->col_edge, job->cols->rows - tile->col);
        part.by_target = tile->col_count;
        gather_weights(job, tile, scratch + job->weights_at);
        NTK_TRY(job->rows->kernel->operations->gradient(&part, lane));
        NTK_TRY(ntk_advance(lane, 0));
    }
    NTK_TRY(write_rows(job, tile->row, tile->row_count, part.g));
    return ntk_advance(lane, job->target + job->targets < job->g->cols / job->rows->inputs ? 0 : tile->row_count);
}

static int64_t tasks_for(const gradient_job *job, int64_t rows)
{
    return (rows - 1) / job->row_edge + 1;
}

static ntk_status evaluate(gradient_job *job, const ntk_lane *lane, int64_t targets)
{
    const ntk_samples *rows = job->rows;
    ntk_context *context = lane->work->context;
    shape_of(job, rows->kernel, rows->rows, job->cols->rows, rows->inputs, rows->dtype);
    int64_t tasks = tasks_for(job, rows->rows);
    NTK_TRY(
        ntk_allocate(context, &job->scratch, ntk_lanes_for(lane, tasks), job->scratch_size, "tiles of a kernel's gradient"));
    ntk_work_stage(lane->work, "kernel gradient", rows->rows, 0, 1);
    ntk_status status = NTK_OK;
    for (; status >= 0 && job->target < targets; job->target += job->most) {
        job->targets = ntk_smaller(job->most, targets - job->target);
        status = ntk_run_blas(lane, tasks, evaluate_rows, job);
    }
    ntk_free(context, job->scratch);
    return status;
}

static ntk_status evaluate_with(gradient_job *job, const ntk_lane *lane, const ntk_matrix *v)
{
    ntk_operand operand;
    NTK_TRY(ntk_operand_open(lane, &operand, v, job->rows->dtype, job->function, "v"));
    job->v = &operand;
    ntk_status status = evaluate(job, lane, v->cols);
    ntk_operand_close(job->rows->context, &operand);
    return status;
}

static ntk_status gradient(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x1,
                           const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    ntk_sample_pair pair;
    NTK_TRY(ntk_sample_pair_open(&pair, kernel, lane, x1, x2, g->dtype, function));
    gradient_job job = {.rows = &pair.rows, .cols = &pair.cols, .g = g, .function = function};
    ntk_status status = evaluate_with(&job, lane, v);
    ntk_sample_pair_close(&pair);
    return status;
}

ntk_status ntk_gradient_write(const ntk_kernel *kernel, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x1,
                              const ntk_matrix *x2, const ntk_matrix *v, const char *function)
{
    return (kernel->features ? ntk_finite_gradient : gradient)(kernel, lane, g, x1, x2, v, function);
}

/* By tiles, or through features. */
static bool has_gradient(const ntk_kernel *kernel)
{
    if (kernel->features) return ntk_features_differentiable(kernel->features);
    return kernel->operations->gradient != NULL;
}

ntk_status ntk_kernel_gradient(const ntk_kernel *kernel, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2,
                               const ntk_matrix *v)
{
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_multiply_check(kernel, g, "g", true, x1, x2, v, __func__));
    if (!has_gradient(kernel))
        return ntk_fail(NTK_ERR_UNSUPPORTED,
                        "%s: the kernel has no gradient, being a mean or made of finite ones of several layers or with biases, "
                        "or being or made of a finite tangent kernel whose activation's functions give no second_derivative, "
                        "or a caller's kernel whose functions give no gradient",
                        __func__);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, kernel->base.context);
    return ntk_gradient_write(kernel, &lane, g, x1, x2, v, __func__);
}

ntk_status ntk_gradient_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                               int64_t cols, int64_t inputs, int32_t dtype)
{
    gradient_job job;
    if (!has_gradient(kernel)) return NTK_OK;
    if (kernel->features) return ntk_finite_gradient_memory(kernel, context, bytes, rows, cols, inputs, dtype);
    shape_of(&job, kernel, rows, cols, inputs, dtype);
    return ntk_need(bytes, ntk_lanes_expected(context, tasks_for(&job, rows)), job.scratch_size);
}
