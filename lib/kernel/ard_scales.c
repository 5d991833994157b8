#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/composite.h"
#include "kernel/gradient_walk.h"
#include "kernel/scales.h"

#include <string.h>

/* With K(x, x') = K_0(s x, s x') and K_0 symmetric,
 *   d/ds_k sum_ij W(i, j) K(x_i, x'_j) = sum_i x_ik sum_j W(i, j) (d_k K_0)(s x_i, s x'_j)
 *                                        + sum_j x'_jk sum_i W(i, j) (d_k K_0)(s x'_j, s x_i),
 * d_k in the first argument.  A job is one of these sums: rows are those of x, or of x'.  Where x' is x, the two are one with the weights
 * W(i, j) + W(j, i).
 * walk    over the scaled samples;  x  the rows as they are
 * totals  of each task, inputs numbers */
typedef struct side_job {
    ntk_gradient_walk walk;
    const ntk_samples *x;
    const ntk_matrix *weights;
    bool plain, transposed; /* the weights that count */
    double *totals;
} side_job;

static void gather_weights(const ntk_gradient_walk *walk, ntk_tile_gradient *part, void *weights)
{
    const side_job *job = (const side_job *)walk;
    const ntk_kernel_tile *tile = &part->tile;
    const ntk_matrix *w = job->weights;
    part->by_row = tile->col_count;
    for (int64_t i = 0; i < tile->row_count; i++)
        for (int64_t j = 0; j < tile->col_count; j++) {
            double weight = job->plain ? ntk_get(ntk_row(w, tile->row + i), w->dtype, tile->col + j) : 0;
            if (job->transposed) weight += ntk_get(ntk_row(w, tile->col + j), w->dtype, tile->row + i);
            ntk_put(weights, walk->rows->dtype, i * tile->col_count + j, weight);
        }
}

/* totals += x_ik g_ik, over the rows of a tile */
static ntk_status add_products(const ntk_gradient_walk *walk, const ntk_lane *lane, int64_t index,
                               const ntk_tile_gradient *part)
{
    const side_job *job = (const side_job *)walk;
    const ntk_samples *rows = job->x;
    double *totals = job->totals + index * rows->inputs;
    for (int64_t i = 0; i < part->tile.row_count; i++) {
        const void *x = ntk_samples_at(rows, part->tile.row + i), *g = ntk_at(part->g, rows->dtype, i * part->ldg);
        for (int64_t k = 0; k < rows->inputs; k++) totals[k] += ntk_get(x, rows->dtype, k) * ntk_get(g, rows->dtype, k);
    }
    return ntk_advance(lane, part->tile.row_count);
}

static side_job side_of(const ntk_samples *rows, const ntk_samples *cols, const ntk_matrix *weights, bool plain,
                        bool transposed)
{
    side_job job = {.x = rows, .weights = weights, .plain = plain, .transposed = transposed};
    job.walk = (ntk_gradient_walk){.rows = &rows->terms[0], .cols = &cols->terms[0], .by_pair = true, .most = 1, .targets = 1};
    job.walk.gather = gather_weights;
    job.walk.finish = add_products;
    return job;
}

/* Adds one of the two sums to g, in a share of the work. */
static ntk_status add_side(side_job *job, const ntk_lane *lane, double begin, double end, double *g)
{
    ntk_gradient_walk *walk = &job->walk;
    ntk_context *context = lane->work->context;
    int64_t rows = job->x->rows, inputs = job->x->inputs;
    NTK_TRY(ntk_gradient_walk_open(walk, lane));
    int64_t tasks = ntk_gradient_walk_tasks(walk, rows);
    ntk_status status = ntk_allocate(context, &job->totals, tasks * inputs, sizeof *job->totals, "derivatives by scales");
    if (status >= 0) {
        memset(job->totals, 0, (size_t)(tasks * inputs) * sizeof *job->totals);
        ntk_work_stage(lane->work, "derivatives by scales", rows, begin, end);
        status = ntk_gradient_walk_run(walk, lane);
        for (int64_t t = 0; t < tasks; t++)
            for (int64_t k = 0; k < inputs; k++) g[k] += job->totals[t * inputs + k];
    }
    ntk_free(context, job->totals);
    ntk_free(context, walk->scratch);
    return status;
}

static ntk_status add_all(const ntk_sample_pair *pair, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    const ntk_kernel *base = pair->rows.kernel->terms[0];
    double own = base->operations->scales(base) > 0 ? 0.75 : 1;
    bool same = ntk_is_same(&call->x1, &call->x2);
    side_job first = side_of(&pair->rows, &pair->cols, &call->weights, true, same);
    side_job second = side_of(&pair->cols, &pair->rows, &call->weights, false, true);
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
    ntk_gradient_walk walk = {.by_pair = true, .most = 1};
    uint64_t numbers;
    ntk_gradient_walk_shape(&walk, kernel->terms[0], rows, cols, inputs, dtype);
    NTK_TRY(ntk_gradient_walk_memory(&walk, context, bytes, rows));
    NTK_TRY(ntk_size_multiply(&numbers, ntk_gradient_walk_tasks(&walk, rows), inputs));
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
    return ntk_need(bytes, (int64_t)ntk_most_bytes(own, ntk_most_bytes(first, second)), 1);
}
