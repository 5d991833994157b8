#include "core/context.h"
#include "core/matrix.h"
#include "core/size.h"
#include "core/status.h"
#include "network/elements.h"
#include "network/pass_parts.h"
#include "network/passes.h"
#include "network/simd/rows.h"

/* Which sums a sweep makes: of b, for the biases, and of u h, for the output weights of a single output. */
enum { BIAS_SUMS, OUTPUT_SUMS };

/* One pass.  each: row i of g is sample i's own, ldg apart; otherwise g is their sum, or what g was and that. */
typedef struct backward {
    const ntk_passes *passes;
    const ntk_chunk *chunk;
    const void *u;
    void *g;
    bool add, each;
    int64_t ldg;
} backward;

/* A layer of it in work.
 * b        sigma'(z) times what follows: on entry of a sweep the latter, but of a single output at the last layer
 * h        its outputs, if u h is summed
 * alone    at the last layer of a single output: what follows is gamma u a */
typedef struct layer_in_work {
    const backward *pass;
    int64_t layer, neurons, per_task;
    void *b;
    const void *h;
    bool alone, bias_sums;
} layer_in_work;

/* --- sweeps --- */

static void derive_group(const layer_in_work *job, const ntk_lane *lane, int64_t first, int64_t rows)
{
    const ntk_passes *passes = job->pass->passes;
    int32_t dtype = passes->dtype;
    int64_t end = (first + rows) * job->neurons, count;
    double room[NTK_PASS_PIECE];
    for (int64_t k = first * job->neurons; k < end; k += count) {
        count = ntk_smaller(NTK_PASS_PIECE, end - k);
        const void *slopes = ntk_pass_derivatives(passes, lane, 1, job->layer, k, count, room);
        ntk_multiply(dtype, ntk_at(job->b, dtype, k), slopes, count);
    }
}

/* The same of a row where it is gamma u a that follows. */
static void derive_alone(const layer_in_work *job, const ntk_lane *lane, int64_t row)
{
    const ntk_passes *passes = job->pass->passes;
    int32_t dtype = passes->dtype;
    int64_t N = job->neurons, count;
    const void *a = ntk_at(job->pass->chunk->theta, dtype, ntk_pass_output_weights(passes));
    double room[NTK_PASS_PIECE], u = passes->weights->gamma * ntk_get(job->pass->u, dtype, row);
    for (int64_t k = 0; k < N; k += count) {
        count = ntk_smaller(NTK_PASS_PIECE, N - k);
        const void *slopes = ntk_pass_derivatives(passes, lane, 1, job->layer, row * N + k, count, room);
        NTK_OF_ISA(lane->work->context->isa, ntk_row_loops, dtype - 1)
            ->weigh(ntk_at(job->b, dtype, row * N + k), u, ntk_at(a, dtype, k), slopes, count);
    }
}

static ntk_status sweep_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const layer_in_work *job = argument;
    const ntk_passes *passes = job->pass->passes;
    int32_t dtype = passes->dtype;
    int64_t N = job->neurons, first = index * job->per_task, group = ntk_pass_group_rows(N), rows;
    int64_t last = ntk_smaller(first + job->per_task, job->pass->chunk->rows);
    if (job->bias_sums) ntk_pass_sums_clear(passes, BIAS_SUMS, index, N);
    if (job->h) {
        ntk_pass_sums_clear(passes, OUTPUT_SUMS, index, N);
        ntk_pass_sums_combine(passes, lane, OUTPUT_SUMS, index, N, last - first, ntk_at(job->pass->u, dtype, first),
                              ntk_at(job->h, dtype, first * N));
    }
    for (; first < last && job->b; first += rows) {
        rows = job->alone ? 1 : ntk_smaller(group, last - first);
        if (job->alone)
            derive_alone(job, lane, first);
        else
            derive_group(job, lane, first, rows);
        for (int64_t i = first; job->bias_sums && i < first + rows; i++)
            ntk_pass_sums_add(passes, BIAS_SUMS, index, N, 1, ntk_at(job->b, dtype, i * N));
    }
    return ntk_advance(lane, 0);
}

static ntk_status sweep(const layer_in_work *job, const ntk_lane *lane)
{
    if (!job->b && !job->h) return NTK_OK;
    return ntk_run_light(lane, job->pass->chunk->rows * job->neurons, (job->pass->chunk->rows - 1) / job->per_task + 1,
                         sweep_rows, (void *)(uintptr_t)job);
}

/* --- sums of the samples' gradients --- */

static ntk_status add_output(const layer_in_work *job, const ntk_lane *lane)
{
    const backward *pass = job->pass;
    const ntk_passes *passes = pass->passes;
    int64_t rows = pass->chunk->rows, tasks = (rows - 1) / job->per_task + 1;
    void *g = ntk_pass_part(passes, pass->g, ntk_pass_output_weights(passes));
    const void *h = ntk_pass_array(passes, NTK_PASS_OUTPUTS, job->layer);
    ntk_pass_sum_biases(passes, rows, pass->u, pass->add, ntk_pass_part(passes, pass->g, ntk_pass_output_biases(passes)));
    if (!g) return NTK_OK;
    if (passes->weights->outputs > 1) return ntk_pass_read_outer(passes, lane, rows, pass->u, h, pass->add, g);
    ntk_pass_sums_write(passes, OUTPUT_SUMS, tasks, job->neurons, passes->weights->gamma, pass->add, g);
    return NTK_OK;
}

static ntk_status add_hidden(const layer_in_work *job, const ntk_lane *lane)
{
    const backward *pass = job->pass;
    const ntk_passes *passes = pass->passes;
    const ntk_layer *layer = &passes->weights->layer[job->layer];
    int64_t stride, rows = pass->chunk->rows, tasks = (rows - 1) / job->per_task + 1;
    const void *in = ntk_pass_input(passes, pass->chunk, job->layer, &stride);
    if (job->bias_sums)
        ntk_pass_sums_write(passes, BIAS_SUMS, tasks, job->neurons, layer->bias, pass->add,
                            ntk_pass_part(passes, pass->g, layer->biases));
    return ntk_pass_outer(passes, lane, job->layer, rows, job->b, in, stride, pass->add,
                          ntk_pass_part(passes, pass->g, layer->weights));
}

/* --- every sample's own --- */

/* Numbers that a task writes. */
enum { NUMBERS_PER_TASK = 1 << 18 };

/* Row's parameters from index on, or NULL if they are not among the part's. */
static void *own_at(const backward *pass, int64_t row, int64_t index)
{
    return ntk_pass_part(pass->passes, ntk_at(pass->g, pass->passes->dtype, row * pass->ldg), index);
}

static ntk_status write_hidden(void *argument, int64_t index, const ntk_lane *lane)
{
    const layer_in_work *job = argument;
    const backward *pass = job->pass;
    const ntk_layer *layer = &pass->passes->weights->layer[job->layer];
    int32_t dtype = pass->passes->dtype;
    int64_t stride, first = index * job->per_task, last = ntk_smaller(first + job->per_task, pass->chunk->rows);
    const void *in = ntk_pass_input(pass->passes, pass->chunk, job->layer, &stride);
    for (int64_t i = first; i < last; i++) {
        const void *b = ntk_at(job->b, dtype, i * job->neurons), *row = ntk_at(in, dtype, i * stride);
        char *weights = own_at(pass, i, layer->weights);
        for (int64_t k = 0; k < job->neurons; k++)
            ntk_scale(dtype, ntk_at(weights, dtype, k * layer->inputs), layer->factor * ntk_get(b, dtype, k), row,
                      layer->inputs);
        if (layer->bias != 0) ntk_scale(dtype, own_at(pass, i, layer->biases), layer->bias, b, job->neurons);
    }
    return ntk_advance(lane, 0);
}

static ntk_status write_output(void *argument, int64_t index, const ntk_lane *lane)
{
    const layer_in_work *job = argument;
    const backward *pass = job->pass;
    const ntk_weights *weights = pass->passes->weights;
    int32_t dtype = pass->passes->dtype;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, pass->chunk->rows), m = weights->outputs;
    for (int64_t i = first; i < last; i++) {
        const void *h = ntk_at(ntk_pass_array(pass->passes, NTK_PASS_OUTPUTS, job->layer), dtype, i * job->neurons);
        const void *u = ntk_at(pass->u, dtype, i * m);
        char *a = own_at(pass, i, ntk_pass_output_weights(pass->passes));
        void *c = own_at(pass, i, ntk_pass_output_biases(pass->passes));
        for (int64_t o = 0; a && o < m; o++)
            ntk_scale(dtype, ntk_at(a, dtype, o * job->neurons), weights->gamma * ntk_get(u, dtype, o), h, job->neurons);
        if (c) ntk_scale(dtype, c, weights->output_bias, u, m);
    }
    return ntk_advance(lane, 0);
}

static ntk_status write_each(const layer_in_work *job, const ntk_lane *lane, ntk_task task)
{
    layer_in_work own = *job;
    own.per_task = ntk_larger(1, NUMBERS_PER_TASK / job->pass->passes->weights->size);
    return ntk_run(lane, (job->pass->chunk->rows - 1) / own.per_task + 1, task, &own);
}

/* --- layer by layer --- */

static layer_in_work layer_of(const backward *pass, int64_t l)
{
    const ntk_passes *passes = pass->passes;
    const ntk_weights *weights = passes->weights;
    const ntk_layer *layer = &weights->layer[l];
    bool hidden = ntk_pass_has_hidden(passes), alone = weights->outputs == 1 && l + 1 == weights->layers;
    layer_in_work job = {.pass = pass, .layer = l, .neurons = layer->neurons};
    job.per_task = ntk_pass_task_rows(layer->neurons);
    job.alone = alone && hidden;
    job.b = hidden ? ntk_pass_room(passes, 0, l) : NULL;
    job.bias_sums = hidden && !pass->each && layer->bias != 0;
    if (alone && !pass->each && ntk_pass_has_output(passes)) job.h = ntk_pass_array(passes, NTK_PASS_OUTPUTS, l);
    return job;
}

/* What follows layer l, in its room. */
static ntk_status follow(const layer_in_work *job, const ntk_lane *lane)
{
    const ntk_passes *passes = job->pass->passes;
    const ntk_chunk *chunk = job->pass->chunk;
    int64_t next = job->layer + 1;
    if (job->alone) return NTK_OK;
    if (next == passes->weights->layers)
        return ntk_pass_read_back(passes, lane, chunk->rows, job->pass->u,
                                  ntk_at(chunk->theta, passes->dtype, ntk_pass_output_weights(passes)), 0, job->b);
    const void *w = ntk_at(chunk->theta, passes->dtype, passes->weights->layer[next].weights);
    return ntk_pass_out_of(passes, lane, next, chunk->rows, ntk_pass_room(passes, 0, next), w, 0, job->b);
}

static ntk_status run(const backward *pass, const ntk_lane *lane)
{
    for (int64_t l = pass->passes->weights->layers - 1; l >= 0; l--) {
        layer_in_work job = layer_of(pass, l);
        if (job.b) NTK_TRY(follow(&job, lane));
        NTK_TRY(sweep(&job, lane));
        if (l + 1 == pass->passes->weights->layers)
            NTK_TRY(pass->each ? write_each(&job, lane, write_output) : add_output(&job, lane));
        if (!job.b) return NTK_OK;
        NTK_TRY(pass->each ? write_each(&job, lane, write_hidden) : add_hidden(&job, lane));
    }
    return NTK_OK;
}

ntk_status ntk_passes_backward(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *u, bool add,
                               void *g)
{
    const backward pass = {.passes = passes, .chunk = chunk, .u = u, .g = g, .add = add};
    return run(&pass, lane);
}

ntk_status ntk_passes_backward_each(const ntk_passes *passes, const ntk_lane *lane, const ntk_chunk *chunk, const void *u,
                                    void *g, int64_t ldg)
{
    const backward pass = {.passes = passes, .chunk = chunk, .u = u, .g = g, .each = true, .ldg = ldg};
    return run(&pass, lane);
}
