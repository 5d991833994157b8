#include "features/layered.h"

#include "core/memory.h"
#include "core/operand.h"
#include "core/size.h"
#include "core/status.h"
#include "network/signals.h"

#include <string.h>

/* Operations of a task's product, so that the call can be stopped, and into how many tasks a layer's neurons are divided. */
static const double LONGEST_PRODUCT = 4e8;
enum { BLOCKS = 16, GRANULE = 8 };

/* Numbers of Phi after which a call can be stopped. */
enum { NUMBERS_WRITTEN = 1 << 20 };

/* A call's samples, chunk by chunk.
 * b     of products, and of transposed ones, which write it
 * sums  rows x targets, of products */
typedef struct layered {
    const ntk_features_call *call;
    const ntk_weights *weights;
    ntk_signals signals;
    const void *x;
    int64_t ldx, samples;
    int64_t row, rows; /* the chunk */
    int64_t per_task;
    const ntk_coefficients *b;
    void *Phi, *sums;
    int64_t ld;
    ntk_operand r;
    int64_t target, layer, block;
} layered;

static void *at(const layered *job, const void *array, int64_t index)
{
    return ntk_at(array, job->call->dtype, index);
}

/* What comes into a layer, for the chunk's row i; *ld is the distance of rows. */
static const void *inputs_at(const layered *job, int64_t layer, int64_t i, int64_t *ld)
{
    *ld = layer ? job->weights->layer[layer].inputs : job->ldx;
    if (!layer) return at(job, job->x, (job->row + i) * job->ldx);
    return at(job, ntk_signals_outputs(&job->signals, layer - 1), i * *ld);
}

static const void *derivatives_at(const layered *job, int64_t layer, int64_t i)
{
    return at(job, ntk_signals_derivatives(&job->signals, layer), i * job->weights->layer[layer].neurons);
}

static const void *last_outputs_at(const layered *job, int64_t i)
{
    return at(job, ntk_signals_outputs(&job->signals, job->weights->layers - 1), i * job->weights->hidden);
}

static bool has(const layered *job, int32_t part)
{
    return ntk_features_has(job->call->features, part);
}

/* Runs a part of the work on each chunk of the samples, which count units each. */
static ntk_status each_chunk(layered *job, ntk_status (*work)(layered *job, const ntk_lane *lane), int64_t units)
{
    const ntk_features_call *call = job->call;
    NTK_TRY(
        ntk_signals_open(&job->signals, call->lane, job->weights, call->w, call->dtype, job->samples, has(job, NTK_PART_NT)));
    for (; job->row < job->samples; job->row += job->rows) {
        job->rows = ntk_smaller(job->signals.rows, job->samples - job->row);
        NTK_TRY(ntk_signals_fill(&job->signals, call->lane, at(job, job->x, job->row * job->ldx), job->ldx, job->rows));
        NTK_TRY(work(job, call->lane));
        NTK_TRY(ntk_advance(call->lane, job->rows * units));
    }
    return NTK_OK;
}

static layered begin(const ntk_features_call *call, int64_t samples)
{
    return (layered){.call = call, .weights = call->features->weights, .samples = samples};
}

ntk_status ntk_layered_memory(const ntk_features *features, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t targets)
{
    uint64_t row;
    NTK_TRY(ntk_size_multiply(&row, targets, ntk_dtype_size(dtype)));
    if (targets) NTK_TRY(ntk_need(bytes, ntk_signals_rows(features->weights, rows), (int64_t)row));
    return ntk_signals_memory(features->weights, bytes, dtype, rows, ntk_features_has(features, NTK_PART_NT));
}

/* --- rows of Phi --- */

static void scale(const layered *job, void *out, double factor, const void *from, int64_t count)
{
    ntk_scale(job->call->dtype, out, factor, from, count);
}

/* A layer's part of phi, which begins at phi. */
static ntk_status write_layer(const layered *job, const ntk_lane *lane, void *phi, int64_t l, int64_t i)
{
    const ntk_layer *layer = &job->weights->layer[l];
    int64_t ld, written = 0;
    const void *b = derivatives_at(job, l, i), *h = inputs_at(job, l, i, &ld);
    for (int64_t k = 0; k < layer->neurons; k++) {
        scale(job, at(job, phi, layer->weights + k * layer->inputs), layer->tangent * ntk_get(b, job->call->dtype, k), h,
              layer->inputs);
        written += layer->inputs;
        if (written < NUMBERS_WRITTEN) continue;
        NTK_TRY(ntk_advance(lane, 0));
        written = 0;
    }
    if (layer->bias != 0) scale(job, at(job, phi, layer->biases), layer->bias, b, layer->neurons);
    return NTK_OK;
}

static ntk_status write_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const layered *job = argument;
    const ntk_weights *weights = job->weights;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, job->rows);
    int64_t size = job->call->features->size,
            hidden = size - (has(job, NTK_PART_RF) ? ntk_weights_size(weights, NTK_PART_RF) : 0);
    for (int64_t i = first; i < last; i++) {
        void *phi = at(job, job->Phi, (job->row + i) * job->ld);
        for (int64_t l = 0; l < weights->layers && has(job, NTK_PART_NT); l++) NTK_TRY(write_layer(job, lane, phi, l, i));
        if (has(job, NTK_PART_RF)) {
            scale(job, at(job, phi, hidden), weights->gamma, last_outputs_at(job, i), weights->hidden);
            if (weights->output_bias != 0) ntk_put(phi, job->call->dtype, size - 1, weights->output_bias);
        }
        if (!ntk_is_finite(phi, job->call->dtype, size))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: a feature overflows in row %lld (counted from 0)", job->call->function,
                            (long long)(job->row + i));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status write_chunk(layered *job, const ntk_lane *lane)
{
    job->per_task = ntk_rows_per_task(job->call->features->size);
    return ntk_run(lane, (job->rows - 1) / job->per_task + 1, write_rows, job);
}

ntk_status ntk_layered_rows(const ntk_features_call *call, void *Phi, int64_t ld, const void *x, int64_t ldx, int64_t rows)
{
    layered job = begin(call, rows);
    job.x = x;
    job.ldx = ldx;
    job.Phi = Phi;
    job.ld = ld;
    ntk_status status = each_chunk(&job, write_chunk, 1);
    ntk_signals_close(&job.signals, call->lane);
    return status;
}

/* --- Phi b --- */

/* sums of a target += tangent <b_l, V h_(l-1)> + bias <b_l, v> of count rows from first on, with the target's V and v of the layer */
static ntk_status add_layer(const layered *job, const ntk_lane *lane, int64_t first, int64_t count, int64_t l, int64_t target)
{
    const ntk_layer *layer = &job->weights->layer[l];
    const void *block = at(job, job->b->nt, target * ntk_weights_size(job->weights, NTK_PART_NT));
    int32_t dtype = job->call->dtype;
    int64_t ld, N = layer->neurons;
    const void *h = inputs_at(job, l, first, &ld);
    void *room = ntk_signals_room(&job->signals, first);
    NTK_TRY(ntk_layer_product(lane, dtype, NTK_TRANSPOSED, count, N, layer->inputs, layer->tangent, h, ld,
                              at(job, block, layer->weights), 0, room));
    for (int64_t i = 0; i < count; i++) {
        const void *b = derivatives_at(job, l, first + i);
        int64_t to = (first + i) * job->b->targets + target;
        double sum = ntk_get(job->sums, dtype, to) + ntk_dot(dtype, b, at(job, room, i * N), N);
        if (layer->bias != 0) sum += layer->bias * ntk_dot(dtype, b, at(job, block, layer->biases), N);
        ntk_put(job->sums, dtype, to, sum);
    }
    return NTK_OK;
}

/* sums = gamma h_L b_RF + output_bias c */
static ntk_status begin_sums(const layered *job, const ntk_lane *lane, int64_t first, int64_t count)
{
    const ntk_weights *weights = job->weights;
    int64_t targets = job->b->targets, N = weights->hidden;
    int32_t dtype = job->call->dtype;
    void *sums = at(job, job->sums, first * targets);
    memset(sums, 0, (size_t)(count * targets * ntk_dtype_size(dtype)));
    if (!job->b->rf) return NTK_OK;
    for (int64_t i = 0; i < count && weights->output_bias != 0; i++)
        scale(job, at(job, sums, i * targets), weights->output_bias, at(job, job->b->rf, N * targets), targets);
    return ntk_layer_product(lane, dtype, NTK_PLAIN, count, targets, N, weights->gamma, last_outputs_at(job, first), N,
                             job->b->rf, 1, sums);
}

static ntk_status sum_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const layered *job = argument;
    int64_t first = index * job->signals.per_task, count = ntk_smaller(job->signals.per_task, job->rows - first);
    NTK_TRY(begin_sums(job, lane, first, count));
    for (int64_t c = 0; c < job->b->targets && job->b->nt; c++)
        for (int64_t l = 0; l < job->weights->layers; l++) NTK_TRY(add_layer(job, lane, first, count, l, c));
    return NTK_OK;
}

/* A product on its way to y. */
typedef struct layered_product {
    layered base;
    const ntk_matrix *y;
    const double *add;
} layered_product;

static ntk_status sum_chunk(layered *job, const ntk_lane *lane)
{
    const layered_product *product = (const layered_product *)job;
    int64_t targets = job->b->targets;
    int32_t dtype = job->call->dtype;
    NTK_TRY(ntk_run_blas(lane, (job->rows - 1) / job->signals.per_task + 1, sum_rows, job));
    for (int64_t i = 0; i < job->rows; i++) {
        for (int64_t c = 0; product->add && c < targets; c++)
            ntk_put(job->sums, dtype, i * targets + c, ntk_get(job->sums, dtype, i * targets + c) + product->add[c]);
        NTK_TRY(ntk_write_row(product->y, job->row + i, 0, at(job, job->sums, i * targets), dtype, targets, job->call->function,
                              "y"));
    }
    return NTK_OK;
}

ntk_status ntk_layered_product(const ntk_features_call *call, const ntk_matrix *y, const ntk_matrix *x,
                               const ntk_coefficients *b, const double *add)
{
    ntk_context *context = call->lane->work->context;
    layered_product job = {.base = begin(call, x->rows), .y = y, .add = add};
    ntk_operand operand;
    uint64_t row;
    job.base.b = b;
    NTK_TRY(ntk_size_multiply(&row, b->targets, ntk_dtype_size(call->dtype)));
    NTK_TRY(ntk_operand_open(call->lane, &operand, x, call->dtype, call->function, "x"));
    job.base.x = operand.data;
    job.base.ldx = operand.stride;
    ntk_status status =
        ntk_allocate(context, &job.base.sums, ntk_signals_rows(job.base.weights, x->rows), (int64_t)row, "a chunk of products");
    if (status >= 0) status = each_chunk(&job.base, sum_chunk, 1);
    ntk_signals_close(&job.base.signals, call->lane);
    ntk_free(context, job.base.sums);
    ntk_operand_close(context, &operand);
    return status;
}

/* --- Phi^T r --- */

static double residual(const layered *job, int64_t i, int64_t target)
{
    return ntk_get(job->r.data, job->call->dtype, (job->row + i) * job->r.stride + target);
}

/* The room of the layer in work = r_i tangent b_l. */
static ntk_status weigh_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const layered *job = argument;
    const ntk_layer *layer = &job->weights->layer[job->layer];
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, job->rows);
    for (int64_t i = first; i < last; i++)
        scale(job, at(job, ntk_signals_room(&job->signals, 0), i * layer->neurons),
              residual(job, i, job->target) * layer->tangent, derivatives_at(job, job->layer, i), layer->neurons);
    return NTK_OK;
}

/* Its weights' derivatives, of a block of neurons. */
static ntk_status add_weights(void *argument, int64_t index, const ntk_lane *lane)
{
    const layered *job = argument;
    const ntk_layer *layer = &job->weights->layer[job->layer];
    int64_t first = index * job->block, count = ntk_smaller(job->block, layer->neurons - first), ld;
    const void *h = inputs_at(job, job->layer, 0, &ld);
    int64_t to = job->target * ntk_weights_size(job->weights, NTK_PART_NT) + layer->weights + first * layer->inputs;
    NTK_TRY(ntk_blas_gemm(job->call->dtype, NTK_TRANSPOSED, NTK_PLAIN, count, layer->inputs, job->rows, 1,
                          at(job, ntk_signals_room(&job->signals, 0), first), layer->neurons, h, ld, job->row ? 1 : 0,
                          at(job, job->b->nt, to), layer->inputs));
    return ntk_advance(lane, 0);
}

/* Of so many neurons, for a product with so many columns. */
static int64_t block_of(const layered *job, int64_t neurons, int64_t cols)
{
    int64_t block = (neurons / BLOCKS + GRANULE) / GRANULE * GRANULE;
    double most = LONGEST_PRODUCT / (2.0 * (double)job->signals.rows * (double)cols);
    if (most < (double)block) block = most < GRANULE ? GRANULE : (int64_t)most / GRANULE * GRANULE;
    return block;
}

static ntk_status add_layer_transposed(layered *job, const ntk_lane *lane)
{
    const ntk_layer *layer = &job->weights->layer[job->layer];
    int64_t N = layer->neurons;
    job->per_task = ntk_rows_per_task(N);
    job->block = block_of(job, N, layer->inputs);
    NTK_TRY(ntk_run(lane, (job->rows - 1) / job->per_task + 1, weigh_rows, job));
    NTK_TRY(ntk_run_blas(lane, (N - 1) / job->block + 1, add_weights, job));
    if (layer->bias == 0) return NTK_OK;
    int64_t to = job->target * ntk_weights_size(job->weights, NTK_PART_NT) + layer->biases;
    return ntk_blas_gemm(job->call->dtype, NTK_TRANSPOSED, NTK_PLAIN, 1, N, job->rows, layer->bias,
                         at(job, job->r.data, job->row * job->r.stride + job->target), job->r.stride,
                         derivatives_at(job, job->layer, 0), N, job->row ? 1 : 0, at(job, job->b->nt, to), N);
}

/* The output weights' derivatives, of a block of neurons. */
static ntk_status add_output_weights(void *argument, int64_t index, const ntk_lane *lane)
{
    const layered *job = argument;
    const ntk_weights *weights = job->weights;
    int64_t first = index * job->block, count = ntk_smaller(job->block, weights->hidden - first), targets = job->b->targets;
    NTK_TRY(ntk_blas_gemm(job->call->dtype, NTK_TRANSPOSED, NTK_PLAIN, count, targets, job->rows, weights->gamma,
                          at(job, last_outputs_at(job, 0), first), weights->hidden,
                          at(job, job->r.data, job->row * job->r.stride), job->r.stride, job->row ? 1 : 0,
                          at(job, job->b->rf, first * targets), targets));
    return ntk_advance(lane, 0);
}

static ntk_status add_output(layered *job, const ntk_lane *lane)
{
    const ntk_weights *weights = job->weights;
    int64_t targets = job->b->targets, N = weights->hidden;
    int32_t dtype = job->call->dtype;
    for (int64_t c = 0; c < targets && weights->output_bias != 0; c++) {
        double sum = job->row ? ntk_get(job->b->rf, dtype, N * targets + c) : 0;
        for (int64_t i = 0; i < job->rows; i++) sum += weights->output_bias * residual(job, i, c);
        ntk_put(job->b->rf, dtype, N * targets + c, sum);
    }
    job->block = block_of(job, N, targets);
    return ntk_run_blas(lane, (N - 1) / job->block + 1, add_output_weights, job);
}

static ntk_status add_chunk(layered *job, const ntk_lane *lane)
{
    if (job->b->rf) NTK_TRY(add_output(job, lane));
    for (job->target = 0; job->target < job->b->targets && job->b->nt; job->target++)
        for (job->layer = 0; job->layer < job->weights->layers; job->layer++) NTK_TRY(add_layer_transposed(job, lane));
    return NTK_OK;
}

ntk_status ntk_layered_transposed_product(const ntk_features_call *call, const ntk_coefficients *b, const ntk_matrix *x,
                                          const ntk_matrix *r)
{
    ntk_context *context = call->lane->work->context;
    layered job = begin(call, x->rows);
    ntk_operand operand = {0};
    job.b = b;
    ntk_status status = ntk_operand_open(call->lane, &operand, x, call->dtype, call->function, "x");
    if (status >= 0) status = ntk_operand_open(call->lane, &job.r, r, call->dtype, call->function, "r");
    job.x = operand.data;
    job.ldx = operand.stride;
    if (status >= 0) status = each_chunk(&job, add_chunk, job.weights->hidden);
    if (status >= 0 && !ntk_coefficients_finite(b, call->features))
        status = ntk_fail(NTK_ERR_OVERFLOW, "%s: a product of features and residuals overflows", call->function);
    ntk_signals_close(&job.signals, call->lane);
    ntk_operand_close(context, &job.r);
    ntk_operand_close(context, &operand);
    return status;
}
