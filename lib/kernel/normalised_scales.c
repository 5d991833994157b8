#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/block.h"
#include "kernel/composite.h"
#include "kernel/scales.h"

#include <string.h>

/* Of K(x, x') = K_0(x, x') / (r r'), r = sqrt(K_0(x, x)), a scale p has
 *   dK/dp = (dK_0/dp)(x, x') / (r r') - K(x, x') ((dK_0/dp)(x, x) / r^2 + (dK_0/dp)(x', x') / r'^2) / 2,
 * so that W takes the derivatives of K_0 with the weights W / (r r'), and with
 *   -1/2 sum_j W(i, j) K(x_i, x'_j) / r_i^2
 * of sample x_i with itself, and x'_j likewise. */

/* Rows whose K is held at a time; and samples whose K with each other is taken for that of each with itself. */
enum { PANEL = 256, OWN = 64 };

/* panels      K of some rows, and their weights
 * inverses    1 / r of x1, then of x2
 * own         the weights of x1's samples with themselves, then of x2's
 * square      OWN x OWN */
typedef struct cosine_job {
    const ntk_kernel *base;
    const ntk_scale_call *call;
    void *panels;
    double *inverses, *own, *square;
} cosine_job;

static ntk_status read_lengths(const ntk_kernel *kernel, cosine_job *job, const ntk_lane *lane)
{
    const ntk_scale_call *call = job->call;
    ntk_sample_pair pair;
    NTK_TRY(ntk_sample_pair_open(&pair, kernel, lane, &call->x1, &call->x2, call->dtype, call->function));
    memcpy(job->inverses, pair.rows.factors, (size_t)call->x1.rows * sizeof(double));
    memcpy(job->inverses + call->x1.rows, pair.cols.factors, (size_t)call->x2.rows * sizeof(double));
    ntk_sample_pair_close(&pair);
    return NTK_OK;
}

/* Of row i: its weights for K_0, in place of K, and what it adds to the samples' own. */
static void weigh_row(const cosine_job *job, int64_t i, void *K, int32_t dtype)
{
    const ntk_scale_call *call = job->call;
    const ntk_matrix *w = &call->weights;
    int64_t rows = call->x1.rows, cols = call->x2.rows;
    double inverse = job->inverses[i], *own = job->own + rows, sum = 0;
    const double *inverses = job->inverses + rows;
    for (int64_t j = 0; j < cols; j++) {
        double weight = ntk_get(ntk_row(w, i), w->dtype, j), weighted = weight * ntk_get(K, dtype, j);
        sum += weighted;
        own[j] -= 0.5 * weighted * inverses[j] * inverses[j];
        ntk_put(K, dtype, j, weight * inverse * inverses[j]);
    }
    job->own[i] = -0.5 * sum * inverse * inverse;
}

static ntk_status add_base(const cosine_job *job, const ntk_scale_call *part, const ntk_lane *lane, double begin, double end,
                           double *g)
{
    ntk_share room = ntk_work_narrow(lane->work, begin, end);
    ntk_status status = job->base->operations->scale_gradient(job->base, part, lane, g);
    ntk_work_widen(lane->work, room);
    return status;
}

static ntk_status add_panel(const ntk_kernel *kernel, const cosine_job *job, const ntk_lane *lane, int64_t first, double *g)
{
    const ntk_scale_call *call = job->call;
    int64_t rows = ntk_smaller(PANEL, call->x1.rows - first), cols = call->x2.rows;
    ntk_scale_call part = *call;
    part.x1 = ntk_rows(&call->x1, first, rows);
    part.weights = ntk_matrix_view(job->panels, rows, cols, call->dtype, 0);
    ntk_share room = ntk_work_narrow(lane->work, 0, 0.5);
    ntk_status status = ntk_block_write(kernel, lane, &part.weights, &part.x1, &part.x2, call->function);
    ntk_work_widen(lane->work, room);
    for (int64_t i = 0; status >= 0 && i < rows; i++) {
        weigh_row(job, first + i, ntk_row(&part.weights, i), call->dtype);
        status = ntk_scale_ask(lane, i, cols);
    }
    return status < 0 ? status : add_base(job, &part, lane, 0.5, 1, g);
}

/* What samples have with themselves, some at a time. */
static ntk_status add_own(const cosine_job *job, const ntk_lane *lane, const ntk_matrix *x, const double *own, double *g)
{
    for (int64_t first = 0; first < x->rows; first += OWN) {
        int64_t rows = ntk_smaller(OWN, x->rows - first);
        ntk_scale_call part = *job->call;
        part.x1 = part.x2 = ntk_rows(x, first, rows);
        part.weights = ntk_matrix_view(job->square, rows, rows, NTK_F64, 0);
        memset(job->square, 0, (size_t)(rows * rows) * sizeof(double));
        for (int64_t i = 0; i < rows; i++) job->square[i * rows + i] = own[first + i];
        NTK_TRY(add_base(job, &part, lane, (double)first / (double)x->rows, (double)(first + rows) / (double)x->rows, g));
    }
    return NTK_OK;
}

static ntk_status add_all(const ntk_kernel *kernel, cosine_job *job, const ntk_lane *lane, double *g)
{
    const ntk_scale_call *call = job->call;
    int64_t rows = call->x1.rows;
    ntk_status status = NTK_OK;
    NTK_TRY(read_lengths(kernel, job, lane));
    for (int64_t j = 0; j < call->x2.rows; j++) job->own[rows + j] = 0;
    for (int64_t first = 0; status >= 0 && first < rows; first += PANEL) {
        int64_t end = ntk_smaller(first + PANEL, rows);
        ntk_share room = ntk_work_narrow(lane->work, 0.8 * (double)first / (double)rows, 0.8 * (double)end / (double)rows);
        status = add_panel(kernel, job, lane, first, g);
        ntk_work_widen(lane->work, room);
    }
    for (int side = 0; status >= 0 && side < 2; side++) {
        ntk_share room = ntk_work_narrow(lane->work, 0.8 + 0.1 * side, 0.9 + 0.1 * side);
        status = add_own(job, lane, side ? &call->x2 : &call->x1, job->own + side * rows, g);
        ntk_work_widen(lane->work, room);
    }
    return status;
}

ntk_status ntk_normalised_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    ntk_context *context = lane->work->context;
    int64_t rows = call->x1.rows, cols = call->x2.rows;
    cosine_job job = {.base = kernel->terms[0], .call = call};
    NTK_TRY(ntk_allocate(context, &job.panels, ntk_smaller(PANEL, rows) * cols, ntk_dtype_size(call->dtype),
                         "weights of a kernel"));
    ntk_status status =
        ntk_allocate(context, &job.inverses, 2 * (rows + cols) + OWN * OWN, sizeof(double), "the samples' lengths");
    if (status >= 0) {
        job.own = job.inverses + rows + cols;
        job.square = job.own + rows + cols;
        status = add_all(kernel, &job, lane, g);
    }
    ntk_free(context, job.inverses);
    ntk_free(context, job.panels);
    return status;
}

ntk_status ntk_normalised_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                       int64_t cols, int64_t inputs, int32_t dtype)
{
    const ntk_kernel *base = kernel->terms[0];
    int64_t panel = ntk_smaller(PANEL, rows),
            sizes[][2] = {{panel, cols}, {ntk_smaller(OWN, rows), OWN}, {ntk_smaller(OWN, cols), OWN}};
    uint64_t most = 0, lengths = 0, block = 0;
    NTK_TRY(ntk_need(bytes, panel, cols * ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, 2 * (rows + cols) + OWN * OWN, sizeof(double)));
    NTK_TRY(ntk_samples_memory(kernel, &lengths, dtype, rows, inputs, rows + cols));
    NTK_TRY(ntk_samples_memory(kernel, &lengths, dtype, cols, inputs, rows + cols));
    NTK_TRY(ntk_block_memory(kernel, context, &block, panel, cols, inputs, dtype));
    if (lengths > block) block = lengths;
    for (int i = 0; i < 3 && base->operations->scales(base) > 0; i++) {
        uint64_t part = 0;
        NTK_TRY(base->operations->scale_memory(base, context, &part, sizes[i][0], sizes[i][1], inputs, dtype));
        if (part > most) most = part;
    }
    return ntk_need(bytes, (int64_t)(most > block ? most : block), 1);
}
