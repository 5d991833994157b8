/* A network's outputs, the loss and its gradient, chunk by chunk. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/loss.h"
#include "dynamics/training/training.h"

int64_t ntk_training_most_rows(const ntk_training *training)
{
    int64_t most = ntk_larger(training->samples.rows, training->options.batch);
    return ntk_larger(most, ntk_larger(training->validation.rows, training->probe.rows));
}

static ntk_status allocate_outputs(const ntk_pass *pass, void *room)
{
    const ntk_training *training = pass->training;
    int64_t width = training->weights->outputs * ntk_dtype_size(training->options.dtype);
    return ntk_allocate(pass->lane->work->context, room, pass->passes.rows, width, "a chunk's outputs");
}

ntk_status ntk_pass_open(ntk_pass *pass, const ntk_training *training, const ntk_lane *lane, int64_t most, int order)
{
    const ntk_training_options *options = &training->options;
    *pass = (ntk_pass){.training = training, .lane = lane};
    NTK_TRY(ntk_passes_open(&pass->passes, lane, training->weights, options->dtype, options->part, most, order));
    NTK_TRY(allocate_outputs(pass, &pass->f));
    return allocate_outputs(pass, &pass->rest);
}

ntk_status ntk_pass_memory(uint64_t *bytes, const ntk_weights *weights, const ntk_training_options *options, int64_t most)
{
    int64_t width = weights->outputs * ntk_dtype_size(options->dtype);
    NTK_TRY(ntk_passes_memory(weights, bytes, options->dtype, options->part, most, 1));
    NTK_TRY(ntk_need(bytes, ntk_passes_rows(weights, most), width));
    return ntk_need(bytes, ntk_passes_rows(weights, most), width);
}

void ntk_pass_close(ntk_pass *pass)
{
    ntk_context *context = pass->lane->work->context;
    ntk_free(context, pass->rest);
    ntk_free(context, pass->f);
    ntk_passes_close(&pass->passes, pass->lane);
}

/* f += rest, a chunk's outputs. */
static void add_rest(const ntk_pass *pass, int64_t rows, void *f)
{
    int32_t dtype = pass->training->options.dtype;
    int64_t count = rows * pass->training->weights->outputs;
    if (dtype == NTK_F64)
        for (int64_t k = 0; k < count; k++) ((double *)f)[k] += ((const double *)pass->rest)[k];
    else
        for (int64_t k = 0; k < count; k++) ((float *)f)[k] += ((const float *)pass->rest)[k];
}

static ntk_chunk chunk_of(const ntk_training *training, const void *x, int64_t ldx, int64_t rows, const void *point)
{
    return (ntk_chunk){.theta = training->options.linearized ? training->theta : point, .x = x, .ldx = ldx, .rows = rows};
}

static ntk_status chunk_outputs(const ntk_pass *pass, const ntk_chunk *chunk, const void *point, void *f)
{
    NTK_TRY(ntk_passes_forward(&pass->passes, pass->lane, chunk, f));
    if (!pass->training->options.linearized) return NTK_OK;
    NTK_TRY(ntk_passes_tangent(&pass->passes, pass->lane, chunk, point, pass->rest));
    add_rest(pass, chunk->rows, f);
    return NTK_OK;
}

ntk_status ntk_pass_outputs(const ntk_pass *pass, const void *x, int64_t ldx, int64_t rows, const void *point, void *f)
{
    ntk_chunk chunk = chunk_of(pass->training, x, ldx, rows, point);
    return chunk_outputs(pass, &chunk, point, f);
}

ntk_status ntk_pass_loss(const ntk_pass *pass, const ntk_batch *batch, const void *point, void *g, double *loss)
{
    const ntk_training *training = pass->training;
    int32_t dtype = training->options.dtype;
    ntk_loss_rows part = {.loss = training->options.loss, .dtype = dtype, .all = batch->rows, .f = pass->f, .ldy = batch->ldy};
    part.outputs = training->weights->outputs;
    *loss = 0;
    for (int64_t row = 0; row < batch->rows; row += part.rows) {
        part.rows = ntk_smaller(batch->rows - row, pass->passes.rows);
        part.y = ntk_at(batch->y, dtype, row * batch->ldy);
        ntk_chunk chunk = chunk_of(training, ntk_at(batch->x, dtype, row * batch->ldx), batch->ldx, part.rows, point);
        NTK_TRY(chunk_outputs(pass, &chunk, point, pass->f));
        *loss += ntk_loss_of_rows(&part, g != NULL);
        if (g) NTK_TRY(ntk_passes_backward(&pass->passes, pass->lane, &chunk, pass->f, row > 0, g));
    }
    return NTK_OK;
}
