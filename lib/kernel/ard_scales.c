#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/composite.h"
#include "kernel/scales.h"
#include "kernel/tile.h"

#include <string.h>

/* With K(x, x') = K_0(s x, s x') and K_0 symmetric,
 *   d/ds_k sum_ij W(i, j) K(x_i, x'_j) = sum_i x_ik sum_j W(i, j) (d_k K_0)(s x_i, s x'_j)
 *                                        + sum_j x'_jk sum_i W(i, j) (d_k K_0)(s x'_j, s x_i),
 * d_k in the first argument.  A job is one of these sums: rows are those of x, or of x'.  Where x' is x, the two are one with the weights
 * W(i, j) + W(j, i).
 * totals  of each task, inputs numbers */
typedef struct side_job {
    const ntk_samples *rows, *cols;
    const ntk_matrix *weights;
    bool plain, transposed; /* the weights that count */
    int64_t row_edge, col_edge;
    char *scratch;
    int64_t weights_at, gradient_at, sums_at, scratch_size;
    double *totals;
} side_job;

static void shape_of(side_job *job, const ntk_kernel *kernel, int64_t rows, int64_t cols, int64_t inputs, int32_t dtype)
{
    const ntk_kernel_operations *base = kernel->terms[0]->operations;
    int64_t edge = ntk_tile_edge(kernel, rows, cols, inputs, dtype, 0, NTK_GRADIENT_ROWS), size = ntk_dtype_size(dtype);
    job->row_edge = ntk_smaller(rows, edge);
    job->col_edge = ntk_smaller(cols, edge);
    int64_t area = job->row_edge * job->col_edge * size, sums = job->row_edge * inputs * size;
    job->weights_at = ntk_whole_lines(base->gradient_scratch * area);
    job->gradient_at = job->weights_at + ntk_whole_lines(area);
    job->sums_at = job->gradient_at + ntk_whole_lines(sums);
    job->scratch_size = job->sums_at + ntk_whole_lines(base->gradient_sums * sums);
}

static int64_t tasks_for(const side_job *job, int64_t rows)
{
    return (rows - 1) / job->row_edge + 1;
}

static void gather_weights(const side_job *job, const ntk_kernel_tile *tile, void *weights)
{
    const ntk_matrix *w = job->weights;
    int32_t dtype = job->rows->dtype;
    for (int64_t i = 0; i < tile->row_count; i++)
        for (int64_t j = 0; j < tile->col_count; j++) {
            double weight = job->plain ? ntk_get(ntk_row(w, tile->row + i), w->dtype, tile->col + j) : 0;
            if (job->transposed) weight += ntk_get(ntk_row(w, tile->col + j), w->dtype, tile->row + i);
            ntk_put(weights, dtype, i * tile->col_count + j, weight);
        }
}

/* totals += x_ik g_ik, over the rows of a tile */
static void add_products(const side_job *job, const ntk_tile_gradient *part, double *totals)
{
    const ntk_samples *rows = job->rows;
    for (int64_t i = 0; i < part->tile.row_count; i++) {
        const void *x = ntk_samples_at(rows, part->tile.row + i), *g = ntk_at(part->g, rows->dtype, i * part->ldg);
        for (int64_t k = 0; k < rows->inputs; k++) totals[k] += ntk_get(x, rows->dtype, k) * ntk_get(g, rows->dtype, k);
    }
}

static ntk_status evaluate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const side_job *job = argument;
    const ntk_samples *rows = &job->rows->terms[0], *cols = &job->cols->terms[0];
    char *scratch = job->scratch + lane->index * job->scratch_size;
    ntk_tile_gradient part = {.weights = scratch + job->weights_at, .targets = 1, .g = scratch + job->gradient_at};
    ntk_kernel_tile *tile = &part.tile;
    *tile = (ntk_kernel_tile){.rows = rows, .cols = cols, .row = index * job->row_edge, .scratch = scratch};
    tile->row_count = ntk_smaller(job->row_edge, rows->rows - tile->row);
    part.ldg = rows->inputs;
    part.sums = scratch + job->sums_at;
    memset(part.g, 0, (size_t)(tile->row_count * part.ldg * ntk_dtype_size(rows->dtype)));
    for (; tile->col < cols->rows; tile->col += job->col_edge) {
        tile->col_count = ntk_smaller(job->col_edge, cols->rows - tile->col);
        part.by_row = tile->col_count;
        gather_weights(job, tile, scratch + job->weights_at);
        NTK_TRY(rows->kernel->operations->gradient(&part, lane));
        NTK_TRY(ntk_advance(lane, 0));
    }
    add_products(job, &part, job->totals + index * rows->inputs);
    return ntk_advance(lane, tile->row_count);
}

/* Adds one of the two sums to g, in a share of the work. */
static ntk_status add_side(side_job *job, const ntk_lane *lane, double begin, double end, double *g)
{
    const ntk_samples *rows = job->rows;
    ntk_context *context = lane->work->context;
    shape_of(job, rows->kernel, rows->rows, job->cols->rows, rows->inputs, rows->dtype);
    int64_t tasks = tasks_for(job, rows->rows), lanes = ntk_lanes_for(lane, tasks);
    NTK_TRY(ntk_allocate(context, &job->scratch, lanes, job->scratch_size, "tiles of a kernel's gradient"));
    ntk_status status = ntk_allocate(context, &job->totals, tasks * rows->inputs, sizeof *job->totals, "derivatives by scales");
    if (status >= 0) {
        memset(job->totals, 0, (size_t)(tasks * rows->inputs) * sizeof *job->totals);
        ntk_work_stage(lane->work, "derivatives by scales", rows->rows, begin, end);
        status = ntk_run_blas(lane, tasks, evaluate_rows, job);
        for (int64_t t = 0; t < tasks; t++)
            for (int64_t k = 0; k < rows->inputs; k++) g[k] += job->totals[t * rows->inputs + k];
    }
    ntk_free(context, job->totals);
    ntk_free(context, job->scratch);
    return status;
}

static ntk_status add_all(const ntk_sample_pair *pair, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    const ntk_kernel *base = pair->rows.kernel->terms[0];
    double own = base->operations->scales(base) > 0 ? 0.75 : 1;
    const ntk_matrix *x1 = &call->x1, *x2 = &call->x2;
    bool same = x1->data == x2->data && x1->rows == x2->rows && x1->stride == x2->stride && x1->dtype == x2->dtype;
    side_job first = {.rows = &pair->rows, .cols = &pair->cols, .weights = &call->weights, .plain = true, .transposed = same};
    side_job second = {.rows = &pair->cols, .cols = &pair->rows, .weights = &call->weights, .transposed = true};
    NTK_TRY(add_side(&first, lane, 0, same ? own : own / 2, g));
    if (!same) NTK_TRY(add_side(&second, lane, own / 2, own, g));
    if (own == 1) return NTK_OK;
    ntk_scale_call scaled = *call;
    scaled.x1 = ntk_samples_view(&pair->rows.terms[0]);
    scaled.x2 = ntk_samples_view(&pair->cols.terms[0]);
    ntk_share room = ntk_work_narrow(lane->work, own, 1);
    ntk_status status = base->operations->scale_gradient(base, &scaled, lane, g + pair->rows.inputs);
    ntk_work_widen(lane->work, room);
    return status;
}

ntk_status ntk_ard_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    ntk_sample_pair pair;
    NTK_TRY(ntk_sample_pair_open(&pair, kernel, lane, &call->x1, &call->x2, call->dtype, call->function));
    ntk_status status = add_all(&pair, call, lane, g);
    ntk_sample_pair_close(&pair);
    return status;
}

/* What add_side may hold. */
static ntk_status side_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows, int64_t cols,
                              int64_t inputs, int32_t dtype)
{
    side_job job;
    shape_of(&job, kernel, rows, cols, inputs, dtype);
    int64_t tasks = tasks_for(&job, rows);
    NTK_TRY(ntk_need(bytes, ntk_lanes_expected(context, tasks), job.scratch_size));
    uint64_t numbers;
    NTK_TRY(ntk_size_multiply(&numbers, tasks, inputs));
    return ntk_need(bytes, (int64_t)numbers, sizeof(double));
}

ntk_status ntk_ard_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                int64_t cols, int64_t inputs, int32_t dtype)
{
    const ntk_kernel *base = kernel->terms[0];
    uint64_t first = 0, second = 0, own = 0;
    NTK_TRY(ntk_samples_memory(kernel, bytes, dtype, rows, inputs, 0));
    NTK_TRY(ntk_samples_memory(kernel, bytes, dtype, cols, inputs, 0));
    NTK_TRY(side_memory(kernel, context, &first, rows, cols, inputs, dtype));
    NTK_TRY(side_memory(kernel, context, &second, cols, rows, inputs, dtype));
    if (base->operations->scales(base) > 0)
        NTK_TRY(base->operations->scale_memory(base, context, &own, rows, cols, inputs, dtype));
    if (second > first) first = second;
    return ntk_need(bytes, (int64_t)(own > first ? own : first), 1);
}
