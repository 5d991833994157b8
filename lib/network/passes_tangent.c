#include "core/matrix.h"
#include "core/size.h"
#include "core/status.h"
#include "network/elements.h"
#include "network/pass_parts.h"
#include "network/passes.h"

/* A layer in work.
 * dz  the directional derivative of z, on entry of the sweep without that of the biases
 * dh  that of h; may be dz
 * v   the biases' direction, or NULL */
typedef struct layer_in_work {
    const ntk_passes *passes;
    int64_t rows, layer, neurons, per_task;
    void *dz, *dh;
    const void *v;
} layer_in_work;

static void change_group(const layer_in_work *job, const ntk_lane *lane, int64_t first, int64_t rows)
{
    const ntk_passes *passes = job->passes;
    int32_t dtype = passes->dtype;
    int64_t N = job->neurons, end = (first + rows) * N, count;
    double room[NTK_PASS_PIECE];
    for (int64_t i = first; job->v && i < first + rows; i++)
        ntk_add_scaled(dtype, ntk_at(job->dz, dtype, i * N), passes->weights->layer[job->layer].bias, job->v, N);
    for (int64_t k = first * N; k < end; k += count) {
        count = ntk_smaller(NTK_PASS_PIECE, end - k);
        void *dh = ntk_at(job->dh, dtype, k);
        if (job->dh != job->dz) ntk_convert(dh, dtype, ntk_at(job->dz, dtype, k), dtype, count);
        ntk_multiply(dtype, dh, ntk_pass_derivatives(passes, lane, 1, job->layer, k, count, room), count);
    }
}

static ntk_status change_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const layer_in_work *job = argument;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, job->rows);
    int64_t group = ntk_pass_group_rows(job->neurons);
    for (int64_t i = first; i < last; i += group) change_group(job, lane, i, ntk_smaller(group, last - i));
    return ntk_advance(lane, 0);
}

static void *changes_of(const ntk_passes *passes, int array, int64_t layer)
{
    return passes->order > 1 ? ntk_pass_array(passes, array, layer) : ntk_pass_room(passes, 0, layer);
}

/* dz = factor (h V^T + dh W^T) + bias v_b,  dh = sigma'(z) dz, h and dh those of the layer before. */
static ntk_status change_layer(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *v, int64_t l)
{
    const ntk_layer *layer = &passes->weights->layer[l];
    layer_in_work job = {.passes = passes, .rows = chunk->rows, .layer = l, .neurons = layer->neurons};
    int64_t stride;
    const void *in = ntk_pass_input(passes, chunk, l, &stride);
    job.per_task = ntk_pass_task_rows(layer->neurons);
    job.dz = changes_of(passes, NTK_PASS_INPUT_CHANGES, l);
    job.dh = changes_of(passes, NTK_PASS_OUTPUT_CHANGES, l);
    job.v = layer->bias != 0 ? ntk_pass_part(passes, v, layer->biases) : NULL;
    NTK_TRY(ntk_pass_into(passes, lane, l, chunk->rows, in, stride, ntk_pass_part(passes, v, layer->weights), 0, job.dz));
    if (l > 0)
        NTK_TRY(ntk_pass_into(passes, lane, l, chunk->rows, changes_of(passes, NTK_PASS_OUTPUT_CHANGES, l - 1), layer->inputs,
                              ntk_at(chunk->theta, passes->dtype, layer->weights), 1, job.dz));
    return ntk_run_light(lane, chunk->rows * job.neurons, (chunk->rows - 1) / job.per_task + 1, change_rows, &job);
}

ntk_status ntk_passes_tangent(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *v, void *y)
{
    int64_t last = passes->weights->layers - 1, output = ntk_pass_output_weights(passes);
    double beta = 0;
    if (ntk_pass_has_hidden(passes)) {
        for (int64_t l = 0; l <= last; l++) NTK_TRY(change_layer(passes, lane, chunk, v, l));
        NTK_TRY(ntk_pass_read_out(passes, lane, chunk->rows, changes_of(passes, NTK_PASS_OUTPUT_CHANGES, last),
                                  ntk_at(chunk->theta, passes->dtype, output), 0, y));
        beta = 1;
    }
    if (!ntk_pass_has_output(passes)) return NTK_OK;
    NTK_TRY(ntk_pass_read_out(passes, lane, chunk->rows, ntk_pass_array(passes, NTK_PASS_OUTPUTS, last),
                              ntk_pass_part(passes, v, output), beta, y));
    ntk_pass_add_biases(passes, chunk->rows, ntk_pass_part(passes, v, ntk_pass_output_biases(passes)), y);
    return NTK_OK;
}
