/* Signs of the hidden layers' inputs, which piecewise-linear activations are gated by. */
#include "activation/activation.h"
#include "core/context.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/probe.h"
#include "network/layer.h"

#include <stdatomic.h>

/* A layer of a chunk of the probe set at two points: theta_k, theta_0.
 * in, out  each point's input of the layer, and its z, which becomes sigma(z) */
typedef struct gating {
    const ntk_training *training;
    const ntk_layer *layer;
    const void *theta[2], *in[2];
    void *out[2];
    int64_t rows, ldin, per_task;
    _Atomic int64_t flips;
} gating;

/* z gets its biases, is compared, and becomes sigma(z).  A sum of whole numbers has no order. */
static ntk_status compare_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    gating *job = argument;
    const ntk_layer *layer = job->layer;
    int32_t dtype = job->training->options.dtype;
    int64_t N = layer->neurons, first = index * job->per_task, rows = ntk_smaller(job->per_task, job->rows - first);
    int64_t flips = 0;
    void *z[2];
    for (int k = 0; k < 2; k++) {
        z[k] = ntk_at(job->out[k], dtype, first * N);
        for (int64_t i = 0; layer->bias != 0 && i < rows; i++)
            ntk_add_scaled(dtype, ntk_at(z[k], dtype, i * N), layer->bias, ntk_at(job->theta[k], dtype, layer->biases), N);
    }
    for (int64_t k = 0; k < rows * N; k++) flips += (ntk_get(z[0], dtype, k) > 0) != (ntk_get(z[1], dtype, k) > 0);
    atomic_fetch_add_explicit(&job->flips, flips, memory_order_relaxed);
    for (int k = 0; k < 2; k++)
        ntk_activation_evaluate(job->training->weights->activation, lane->work->context->isa, dtype, 0, z[k], z[k], rows * N);
    return ntk_advance(lane, 0);
}

static ntk_status compare_layer(gating *job, const ntk_lane *lane)
{
    const ntk_layer *layer = job->layer;
    int32_t dtype = job->training->options.dtype;
    for (int k = 0; k < 2; k++)
        NTK_TRY(ntk_layer_product(lane, dtype, NTK_TRANSPOSED, job->rows, layer->neurons, layer->inputs, layer->factor,
                                  job->in[k], job->ldin, ntk_at(job->theta[k], dtype, layer->weights), 0, job->out[k]));
    job->per_task = ntk_rows_per_task(layer->neurons);
    return ntk_run(lane, (job->rows - 1) / job->per_task + 1, compare_rows, job);
}

/* room  of four layers' outputs, each of size numbers: two points' in turn */
static ntk_status compare_chunk(gating *job, const ntk_lane *lane, const void *x, int64_t ldx, void *room, int64_t size)
{
    const ntk_weights *weights = job->training->weights;
    int32_t dtype = job->training->options.dtype;
    job->in[0] = job->in[1] = x;
    job->ldin = ldx;
    for (int64_t l = 0; l < weights->layers; l++) {
        job->layer = &weights->layer[l];
        for (int k = 0; k < 2; k++) job->out[k] = ntk_at(room, dtype, (2 * (l % 2) + k) * size);
        NTK_TRY(compare_layer(job, lane));
        for (int k = 0; k < 2; k++) job->in[k] = job->out[k];
        job->ldin = job->layer->neurons;
    }
    return NTK_OK;
}

ntk_status ntk_probe_flips(ntk_training *training, const ntk_pass *pass, double *row)
{
    ntk_context *context = pass->lane->work->context;
    ntk_training_samples probe = ntk_training_probe(training);
    const ntk_weights *weights = training->weights;
    int32_t dtype = training->options.dtype;
    int64_t widest = 0, all = 0, most = ntk_smaller(pass->passes.rows, probe.rows);
    gating job = {.training = training, .theta = {training->theta, training->start}};
    ntk_status status = NTK_OK;
    void *room;
    for (int64_t l = 0; l < weights->layers; l++) {
        widest = ntk_larger(widest, weights->layer[l].neurons);
        all += weights->layer[l].neurons;
    }
    int64_t rooms = weights->layers > 1 ? 4 : 2;
    NTK_TRY(ntk_allocate(context, &room, rooms * most, widest * ntk_dtype_size(dtype), "inputs of hidden layers"));
    for (int64_t first = 0; first < probe.rows && status >= 0; first += job.rows) {
        job.rows = ntk_smaller(most, probe.rows - first);
        status = compare_chunk(&job, pass->lane, ntk_at(probe.x.data, dtype, first * probe.x.stride), probe.x.stride, room,
                               most * widest);
    }
    ntk_free(context, room);
    row[NTK_RECORD_FLIPS] = (double)atomic_load(&job.flips) / ((double)probe.rows * (double)all);
    return status;
}
