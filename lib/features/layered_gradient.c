#include "core/memory.h"
#include "core/operand.h"
#include "core/status.h"
#include "features/gradient.h"
#include "features/layered.h"
#include "network/signals.h"

#include <string.h>

/* <phi, b> of a target, with its V_l, v_l and r of the layers' weights, biases and the output, is
 *   sum_l <b_l, c_l> + gamma <r, h_L>,   c_l = tangent_l V_l h_(l-1) + bias_l v_l,
 * and b_l = sigma'(z_l) o factor W_(l+1)^T b_(l+1).  Its derivatives by b_l come from the first layer on,
 *   p_l = c_l + factor W_l (sigma'(z_(l-1)) o p_(l-1)),
 * and then those by z_l and h_l from the last one back:
 *   q_l = bend_l o p_l + sigma'(z_l) o s_l,   s_L = gamma r,   s_(l-1) = tangent_l V_l^T b_l + factor W_l^T q_l,
 * of which s_0 is the gradient: four products a layer. */
typedef struct gradient {
    const ntk_features_call *call;
    const ntk_weights *weights;
    const ntk_matrix *g;
    const ntk_coefficients *b;
    ntk_operand x;
    ntk_signals signals;
    int64_t row, rows; /* the chunk */
} gradient;

/* Rows first to first + count - 1 of the chunk, for one target. */
typedef struct target_rows {
    const gradient *job;
    int64_t first, count, target;
} target_rows;

/* --- element by element --- */

/* out = a b, or to add out + a b; and out + alpha a, whose elements are so far apart */
#define DEFINE_ELEMENTS(NAME, REAL)                                                                   \
    static void multiply_##NAME(void *results, const void *a, const void *b, int64_t count, bool add) \
    {                                                                                                 \
        REAL *out = results;                                                                          \
        const REAL *x = a, *y = b;                                                                    \
        for (int64_t k = 0; k < count; k++) out[k] = add ? out[k] + x[k] * y[k] : x[k] * y[k];        \
    }                                                                                                 \
    static void add_##NAME(void *results, double alpha, const void *a, int64_t stride, int64_t count) \
    {                                                                                                 \
        REAL *out = results, scale = (REAL)alpha;                                                     \
        const REAL *x = a;                                                                            \
        for (int64_t k = 0; k < count; k++) out[k] += scale * x[k * stride];                          \
    }

DEFINE_ELEMENTS(f64, double)
DEFINE_ELEMENTS(f32, float)

static int32_t dtype_of(const target_rows *at)
{
    return at->job->call->dtype;
}

/* out (+)= a o b, of all numbers of the rows in a layer */
static void multiply(const target_rows *at, void *out, const void *a, const void *b, int64_t neurons, bool add)
{
    (dtype_of(at) == NTK_F64 ? multiply_f64 : multiply_f32)(out, a, b, at->count * neurons, add);
}

/* each row of out += alpha a, whose elements are so far apart */
static void add_to_rows(const target_rows *at, void *out, double alpha, const void *a, int64_t stride, int64_t neurons)
{
    for (int64_t i = 0; i < at->count; i++)
        (dtype_of(at) == NTK_F64 ? add_f64 : add_f32)(ntk_at(out, dtype_of(at), i * neurons), alpha, a, stride, neurons);
}

static void clear(const target_rows *at, void *out, int64_t neurons)
{
    memset(out, 0, (size_t)(at->count * neurons * ntk_dtype_size(dtype_of(at))));
}

/* --- layer by layer --- */

static void *rows_of(const target_rows *at, void *array, int64_t width)
{
    return ntk_at(array, dtype_of(at), at->first * width);
}

static void *room_of(const target_rows *at)
{
    return ntk_signals_room(&at->job->signals, at->first);
}

/* The target's coefficients of all hidden layers, or NULL. */
static const void *block_of(const target_rows *at)
{
    const ntk_coefficients *b = at->job->b;
    return b->nt ? ntk_at(b->nt, b->dtype, at->target * ntk_weights_size(at->job->weights, NTK_PART_NT)) : NULL;
}

static const void *weights_of(const target_rows *at, const ntk_layer *layer)
{
    return ntk_at(at->job->signals.w, dtype_of(at), layer->weights);
}

/* p_l; the room holds sigma'(z_(l-1)) o p_(l-1) before and that of the layer after it. */
static ntk_status go_up(const target_rows *at, const ntk_lane *lane, int64_t l)
{
    const gradient *job = at->job;
    const ntk_layer *layer = &job->weights->layer[l];
    int64_t N = layer->neurons, ld = l ? layer->inputs : job->x.stride;
    void *p = rows_of(at, ntk_signals_own(&job->signals, l), N);
    const void *h = l ? rows_of(at, ntk_signals_outputs(&job->signals, l - 1), ld)
                      : ntk_at(job->x.data, dtype_of(at), (job->row + at->first) * ld);
    NTK_TRY(ntk_layer_product(lane, dtype_of(at), NTK_TRANSPOSED, at->count, N, layer->inputs, layer->tangent, h, ld,
                              ntk_at(block_of(at), dtype_of(at), layer->weights), 0, p));
    if (layer->bias != 0) add_to_rows(at, p, layer->bias, ntk_at(block_of(at), dtype_of(at), layer->biases), 1, N);
    if (l)
        NTK_TRY(ntk_layer_product(lane, dtype_of(at), NTK_TRANSPOSED, at->count, N, layer->inputs, layer->factor, room_of(at),
                                  layer->inputs, weights_of(at, layer), 1, p));
    multiply(at, room_of(at), rows_of(at, ntk_signals_slopes(&job->signals, l), N), p, N, false);
    return NTK_OK;
}

/* s_(l-1) to the room, which held s_l. */
static ntk_status go_down(const target_rows *at, const ntk_lane *lane, int64_t l)
{
    const gradient *job = at->job;
    const ntk_layer *layer = &job->weights->layer[l];
    int64_t N = layer->neurons;
    void *q = rows_of(at, ntk_signals_own(&job->signals, l), N);
    if (job->b->nt)
        multiply(at, q, q, rows_of(at, ntk_signals_bends(&job->signals, l), N), N, false);
    else
        clear(at, q, N);
    multiply(at, q, room_of(at), rows_of(at, ntk_signals_slopes(&job->signals, l), N), N, true);
    void *s = room_of(at);
    if (job->b->nt)
        NTK_TRY(ntk_layer_product(lane, dtype_of(at), NTK_PLAIN, at->count, layer->inputs, N, layer->tangent,
                                  rows_of(at, ntk_signals_derivatives(&job->signals, l), N), N,
                                  ntk_at(block_of(at), dtype_of(at), layer->weights), 0, s));
    return ntk_layer_product(lane, dtype_of(at), NTK_PLAIN, at->count, layer->inputs, N, layer->factor, q, N,
                             weights_of(at, layer), job->b->nt ? 1 : 0, s);
}

static ntk_status differentiate_target(const target_rows *at, const ntk_lane *lane)
{
    const gradient *job = at->job;
    const ntk_weights *weights = job->weights;
    int64_t d = weights->inputs, N = weights->hidden;
    for (int64_t l = 0; l < weights->layers && job->b->nt; l++) NTK_TRY(go_up(at, lane, l));
    clear(at, room_of(at), N);
    if (job->b->rf)
        add_to_rows(at, room_of(at), weights->gamma, ntk_at(job->b->rf, dtype_of(at), at->target), job->b->targets, N);
    for (int64_t l = weights->layers - 1; l >= 0; l--) NTK_TRY(go_down(at, lane, l));
    for (int64_t i = 0; i < at->count; i++)
        NTK_TRY(ntk_write_row(job->g, job->row + at->first + i, at->target * d, ntk_at(room_of(at), dtype_of(at), i * d),
                              dtype_of(at), d, job->call->function, "g"));
    return NTK_OK;
}

static ntk_status differentiate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const gradient *job = argument;
    target_rows at = {.job = job, .first = index * job->signals.per_task};
    at.count = job->rows - at.first < job->signals.per_task ? job->rows - at.first : job->signals.per_task;
    for (; at.target < job->b->targets; at.target++) NTK_TRY(differentiate_target(&at, lane));
    return ntk_advance(lane, at.count);
}

/* --- the call --- */

static ntk_status differentiate(gradient *job)
{
    const ntk_features_call *call = job->call;
    int64_t samples = job->g->rows;
    NTK_TRY(ntk_signals_open(&job->signals, call->lane, job->weights, call->w, call->dtype, samples, 2));
    for (; job->row < samples; job->row += job->rows) {
        job->rows = samples - job->row < job->signals.rows ? samples - job->row : job->signals.rows;
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
