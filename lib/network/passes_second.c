/* Pearlmutter 1994: the directional derivative of the backward pass. */
#include "core/matrix.h"
#include "core/size.h"
#include "core/status.h"
#include "network/elements.h"
#include "network/pass_parts.h"
#include "network/passes.h"

#include <string.h>

/* b and db: df/dz and its directional derivative, du included. */
enum { B_ROOM, DB_ROOM };
enum { BIAS_SUMS };

typedef struct second {
    const ntk_passes *passes;
    const ntk_chunk *chunk;
    const void *u, *du, *v;
    void *g;
    bool add;
} second;

/* A layer in work.
 * t, dt  what follows it and its directional derivative; of the sweep they become b = sigma' t and db = sigma' dt + sigma'' dz t */
typedef struct layer_in_work {
    const second *pass;
    int64_t layer, neurons, per_task;
    void *t, *dt;
    const void *dz;
    bool bias_sums;
} layer_in_work;

static void bend_piece(const layer_in_work *job, const ntk_lane *lane, int64_t first, int64_t count)
{
    const ntk_passes *passes = job->pass->passes;
    int32_t dtype = passes->dtype;
    double room[NTK_PASS_PIECE], bends[NTK_PASS_PIECE];
    void *t = ntk_at(job->t, dtype, first), *dt = ntk_at(job->dt, dtype, first);
    const void *bend = ntk_pass_derivatives(passes, lane, 2, job->layer, first, count, bends);
    if (bend != bends) ntk_convert(bends, dtype, bend, dtype, count);
    ntk_multiply(dtype, bends, ntk_at(job->dz, dtype, first), count);
    ntk_multiply(dtype, bends, t, count);
    const void *slopes = ntk_pass_derivatives(passes, lane, 1, job->layer, first, count, room);
    ntk_multiply(dtype, dt, slopes, count);
    ntk_add_scaled(dtype, dt, 1, bends, count);
    ntk_multiply(dtype, t, slopes, count);
}

static ntk_status bend_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const layer_in_work *job = argument;
    const ntk_passes *passes = job->pass->passes;
    int64_t N = job->neurons, first = index * job->per_task;
    int64_t last = ntk_smaller(first + job->per_task, job->pass->chunk->rows);
    for (int64_t k = first * N; k < last * N; k += NTK_PASS_PIECE)
        bend_piece(job, lane, k, ntk_smaller(NTK_PASS_PIECE, last * N - k));
    if (!job->bias_sums) return ntk_advance(lane, 0);
    ntk_pass_sums_clear(passes, BIAS_SUMS, index, N);
    for (int64_t i = first; i < last; i++)
        ntk_pass_sums_add(passes, BIAS_SUMS, index, N, 1, ntk_at(job->dt, passes->dtype, i * N));
    return ntk_advance(lane, 0);
}

/* What follows the last layer: t = gamma u a,  dt = gamma (u v_a + du a). */
static ntk_status follow_output(const layer_in_work *job, const ntk_lane *lane)
{
    const second *pass = job->pass;
    const ntk_passes *passes = pass->passes;
    int64_t rows = pass->chunk->rows, output = ntk_pass_output_weights(passes);
    const void *a = ntk_at(pass->chunk->theta, passes->dtype, output), *va = ntk_pass_part(passes, pass->v, output);
    double beta = 0;
    NTK_TRY(ntk_pass_read_back(passes, lane, rows, pass->u, a, 0, job->t));
    if (va) {
        NTK_TRY(ntk_pass_read_back(passes, lane, rows, pass->u, va, 0, job->dt));
        beta = 1;
    }
    if (pass->du) return ntk_pass_read_back(passes, lane, rows, pass->du, a, beta, job->dt);
    if (!va) memset(job->dt, 0, (size_t)(rows * job->neurons * ntk_dtype_size(passes->dtype)));
    return NTK_OK;
}

/* Of another layer: t = factor b W,  dt = factor (b V + db W). */
static ntk_status follow(const layer_in_work *job, const ntk_lane *lane)
{
    const second *pass = job->pass;
    const ntk_passes *passes = pass->passes;
    int64_t next = job->layer + 1, rows = pass->chunk->rows;
    if (next == passes->weights->layers) return follow_output(job, lane);
    int64_t weights = passes->weights->layer[next].weights;
    const void *w = ntk_at(pass->chunk->theta, passes->dtype, weights), *v = ntk_pass_part(passes, pass->v, weights);
    const void *b = ntk_pass_room(passes, B_ROOM, next), *db = ntk_pass_room(passes, DB_ROOM, next);
    NTK_TRY(ntk_pass_out_of(passes, lane, next, rows, b, w, 0, job->t));
    NTK_TRY(ntk_pass_out_of(passes, lane, next, rows, b, v, 0, job->dt));
    return ntk_pass_out_of(passes, lane, next, rows, db, w, 1, job->dt);
}

/* g_W = factor (db^T h + b^T dh), h and dh those of the layer before, g_b = bias sum db. */
static ntk_status add_hidden(const layer_in_work *job, const ntk_lane *lane)
{
    const second *pass = job->pass;
    const ntk_passes *passes = pass->passes;
    const ntk_layer *layer = &passes->weights->layer[job->layer];
    int64_t stride, rows = pass->chunk->rows, tasks = (rows - 1) / job->per_task + 1;
    const void *in = ntk_pass_input(passes, pass->chunk, job->layer, &stride);
    void *g = ntk_pass_part(passes, pass->g, layer->weights);
    if (job->bias_sums)
        ntk_pass_sums_write(passes, BIAS_SUMS, tasks, job->neurons, layer->bias, pass->add,
                            ntk_pass_part(passes, pass->g, layer->biases));
    NTK_TRY(ntk_pass_outer(passes, lane, job->layer, rows, job->dt, in, stride, pass->add, g));
    if (job->layer == 0) return NTK_OK;
    const void *dh = ntk_pass_array(passes, NTK_PASS_OUTPUT_CHANGES, job->layer - 1);
    return ntk_pass_outer(passes, lane, job->layer, rows, job->t, dh, layer->inputs, 1, g);
}

/* g_a = gamma (du^T h + u^T dh), g_c = output_bias sum du. */
static ntk_status add_output(const second *pass, const ntk_lane *lane)
{
    const ntk_passes *passes = pass->passes;
    const ntk_weights *weights = passes->weights;
    int64_t rows = pass->chunk->rows, last = weights->layers - 1;
    void *g = ntk_pass_part(passes, pass->g, ntk_pass_output_weights(passes));
    const void *dh = ntk_pass_array(passes, NTK_PASS_OUTPUT_CHANGES, last);
    double beta = pass->add;
    if (!g) return NTK_OK;
    ntk_pass_sum_biases(passes, rows, pass->du, pass->add, ntk_pass_part(passes, pass->g, ntk_pass_output_biases(passes)));
    if (dh) {
        NTK_TRY(ntk_pass_read_outer(passes, lane, rows, pass->u, dh, beta, g));
        beta = 1;
    }
    if (pass->du)
        return ntk_pass_read_outer(passes, lane, rows, pass->du, ntk_pass_array(passes, NTK_PASS_OUTPUTS, last), beta, g);
    if (beta == 0) memset(g, 0, (size_t)(weights->outputs * weights->hidden * ntk_dtype_size(passes->dtype)));
    return NTK_OK;
}

ntk_status ntk_passes_second(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *u,
                             const void *du, const void *v, bool add, void *g)
{
    const second pass = {.passes = passes, .chunk = chunk, .u = u, .du = du, .v = v, .g = g, .add = add};
    NTK_TRY(add_output(&pass, lane));
    for (int64_t l = passes->weights->layers - 1; l >= 0 && ntk_pass_has_hidden(passes); l--) {
        const ntk_layer *layer = &passes->weights->layer[l];
        layer_in_work job = {.pass = &pass, .layer = l, .neurons = layer->neurons, .bias_sums = layer->bias != 0};
        job.per_task = ntk_pass_task_rows(layer->neurons);
        job.t = ntk_pass_room(passes, B_ROOM, l);
        job.dt = ntk_pass_room(passes, DB_ROOM, l);
        job.dz = ntk_pass_array(passes, NTK_PASS_INPUT_CHANGES, l);
        NTK_TRY(follow(&job, lane));
        NTK_TRY(ntk_run_light(lane, chunk->rows * job.neurons, (chunk->rows - 1) / job.per_task + 1, bend_rows, &job));
        NTK_TRY(add_hidden(&job, lane));
    }
    return NTK_OK;
}
