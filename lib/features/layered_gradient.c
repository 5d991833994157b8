#include "core/memory.h"
#include "core/operand.h"
#include "core/size.h"
#include "core/status.h"
#include "features/gradient.h"
#include "features/layered.h"
#include "features/layered_slopes.h"

#include <string.h>

/* <phi, b> of a target, with its V_l, v_l and r of the layers' weights, biases and the output, is
 *   sum_l <b_l, tangent_l V_l h_(l-1) + bias_l v_l> + gamma <r, h_L>,
 * so that in layered_slopes.h c_l = tangent_l V_l h_(l-1) + bias_l v_l and e_(l-1) = tangent_l V_l^T b_l, but e_L = gamma r: four
 * products a layer. */
typedef struct gradient {
    const ntk_features_call *call;
    const ntk_weights *weights;
    const ntk_matrix *g;
    const ntk_coefficients *b;
    ntk_operand x;
    ntk_signals signals;
    int64_t row, rows; /* the chunk */
} gradient;

/* Rows of the chunk, for one target. */
typedef struct target_rows {
    ntk_layered_slopes slopes;
    const gradient *job;
    int64_t target;
} target_rows;

/* out + alpha a, whose elements are so far apart */
#define DEFINE_ADD(NAME, REAL)                                                                  \
    static void NAME(void *results, double alpha, const void *a, int64_t stride, int64_t count) \
    {                                                                                           \
        REAL *out = results, scale = (REAL)alpha;                                               \
        const REAL *x = a;                                                                      \
        for (int64_t k = 0; k < count; k++) out[k] += scale * x[k * stride];                    \
    }

DEFINE_ADD(add_f64, double)
DEFINE_ADD(add_f32, float)

static int32_t dtype_of(const target_rows *at)
{
    return at->job->call->dtype;
}

/* each row of out += alpha a, whose elements are so far apart */
static void add_to_rows(const target_rows *at, void *out, double alpha, const void *a, int64_t stride, int64_t neurons)
{
    for (int64_t i = 0; i < at->slopes.count; i++)
        (dtype_of(at) == NTK_F64 ? add_f64 : add_f32)(ntk_at(out, dtype_of(at), i * neurons), alpha, a, stride, neurons);
}

static void *rows_of(const target_rows *at, void *array, int64_t width)
{
    return ntk_at(array, dtype_of(at), at->slopes.first * width);
}

/* The target's coefficients of all hidden layers. */
static const void *block_of(const target_rows *at)
{
    const ntk_coefficients *b = at->job->b;
    return ntk_at(b->nt, b->dtype, at->target * ntk_weights_size(at->job->weights, NTK_PART_NT));
}

static ntk_status by_derivatives(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l, void *c)
{
    const target_rows *at = (const target_rows *)of;
    const gradient *job = at->job;
    const ntk_layer *layer = &job->weights->layer[l];
    int64_t N = layer->neurons, ld = l ? layer->inputs : job->x.stride;
    const void *h = l ? rows_of(at, ntk_signals_outputs(&job->signals, l - 1), ld)
                      : ntk_at(job->x.data, dtype_of(at), (job->row + of->first) * ld);
    NTK_TRY(ntk_layer_product(lane, dtype_of(at), NTK_TRANSPOSED, of->count, N, layer->inputs, layer->tangent, h, ld,
                              ntk_at(block_of(at), dtype_of(at), layer->weights), 0, c));
    if (layer->bias != 0) add_to_rows(at, c, layer->bias, ntk_at(block_of(at), dtype_of(at), layer->biases), 1, N);
    return NTK_OK;
}

static ntk_status by_outputs(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l, void *e)
{
    const target_rows *at = (const target_rows *)of;
    const gradient *job = at->job;
    const ntk_weights *weights = job->weights;
    if (l < weights->layers) {
        const ntk_layer *layer = &weights->layer[l];
        return ntk_layer_product(lane, dtype_of(at), NTK_PLAIN, of->count, layer->inputs, layer->neurons, layer->tangent,
                                 rows_of(at, ntk_signals_derivatives(&job->signals, l), layer->neurons), layer->neurons,
                                 ntk_at(block_of(at), dtype_of(at), layer->weights), 0, e);
    }
    memset(e, 0, (size_t)(of->count * weights->hidden * ntk_dtype_size(dtype_of(at))));
    if (job->b->rf)
        add_to_rows(at, e, weights->gamma, ntk_at(job->b->rf, dtype_of(at), at->target), job->b->targets, weights->hidden);
    return NTK_OK;
}

/* numbers += those of the row, which are of any dtype */
static void add_row(void *numbers, int32_t dtype, const ntk_matrix *g, int64_t row, int64_t col, int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        ntk_put(numbers, dtype, k, ntk_get(numbers, dtype, k) + ntk_get(ntk_row(g, row), g->dtype, col + k));
}

static ntk_status differentiate_target(const target_rows *at, const ntk_lane *lane)
{
    const gradient *job = at->job;
    int64_t d = job->weights->inputs, first = job->row + at->slopes.first;
    void *s;
    NTK_TRY(ntk_layered_slopes_run(&at->slopes, lane, &s));
    for (int64_t i = 0; i < at->slopes.count; i++) {
        void *row = ntk_at(s, dtype_of(at), i * d);
        if (job->call->add) add_row(row, dtype_of(at), job->g, first + i, at->target * d, d);
        NTK_TRY(ntk_write_row(job->g, first + i, at->target * d, row, dtype_of(at), d, job->call->function, "g"));
    }
    return NTK_OK;
}

static ntk_status differentiate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const gradient *job = argument;
    target_rows at = {.job = job, .slopes = {.signals = &job->signals, .bent = job->b->nt}};
    at.slopes.first = index * job->signals.per_task;
    at.slopes.count = ntk_smaller(job->signals.per_task, job->rows - at.slopes.first);
    at.slopes.by_derivatives = by_derivatives;
    at.slopes.by_outputs = by_outputs;
    for (; at.target < job->b->targets; at.target++) NTK_TRY(differentiate_target(&at, lane));
    return ntk_advance(lane, at.slopes.count);
}

/* --- the call --- */

static ntk_status differentiate(gradient *job)
{
    const ntk_features_call *call = job->call;
    int64_t samples = job->g->rows;
    NTK_TRY(ntk_signals_open(&job->signals, call->lane, job->weights, call->w, call->dtype, samples, 2));
    for (; job->row < samples; job->row += job->rows) {
        job->rows = ntk_smaller(job->signals.rows, samples - job->row);
        NTK_TRY(ntk_signals_fill(&job->signals, call->lane, ntk_at(job->x.data, call->dtype, job->row * job->x.stride),
                                 job->x.stride, job->rows));
        NTK_TRY(ntk_run_blas(call->lane, (job->rows - 1) / job->signals.per_task + 1, differentiate_rows, job));
    }
    return NTK_OK;
}

ntk_status ntk_layered_gradient(const ntk_features_call *call, const ntk_matrix *g, const ntk_matrix *x,
                                const ntk_coefficients *b)
{
    gradient job = {.call = call, .weights = call->features->weights, .g = g, .b = b};
    NTK_TRY(ntk_operand_open(call->lane, &job.x, x, call->dtype, call->function, "x"));
    ntk_status status = differentiate(&job);
    ntk_signals_close(&job.signals, call->lane);
    ntk_operand_close(call->lane->work->context, &job.x);
    return status;
}

ntk_status ntk_layered_gradient_memory(const ntk_features *features, uint64_t *bytes, int32_t dtype, int64_t rows)
{
    return ntk_signals_memory(features->weights, bytes, dtype, rows, 2);
}
