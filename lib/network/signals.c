#include "network/signals.h"

#include "activation/activation.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"

#include <string.h>

/* A task has so many numbers, and rows between the two limits; a chunk has tasks for that many lanes. */
enum { NUMBERS_PER_TASK = 1 << 18, LEAST_ROWS = 4, MOST_ROWS = 128, TASKS = 16 };

/* Rows of a chunk that go through the network together. */
typedef struct rows_in_work {
    const ntk_signals *signals;
    const void *x;
    int64_t ldx, first, count;
} rows_in_work;

/* A layer of them, element by element. */
typedef struct layer_in_work {
    const rows_in_work *rows;
    const ntk_layer *layer;
    void *h, *b, *slope, *bend;
    const void *by;
    int64_t per_task;
} layer_in_work;

/* --- the chunk --- */

static int64_t neurons_of(const ntk_weights *weights)
{
    const ntk_layer *last = &weights->layer[weights->layers - 1];
    return last->before + last->neurons;
}

/* Numbers of a row of room. */
static int64_t widest_of(const ntk_weights *weights, int order)
{
    int64_t widest = order > 1 ? weights->inputs : 0;
    for (int64_t l = 0; l < weights->layers; l++)
        if (weights->layer[l].neurons > widest) widest = weights->layer[l].neurons;
    return widest;
}

static int64_t rows_per_task(const ntk_weights *weights)
{
    int64_t rows = NUMBERS_PER_TASK / neurons_of(weights);
    return rows < LEAST_ROWS ? LEAST_ROWS : ntk_smaller(rows, MOST_ROWS);
}

int64_t ntk_signals_rows(const ntk_weights *weights, int64_t samples)
{
    return ntk_smaller(samples, TASKS * rows_per_task(weights));
}

/* Arrays of all layers' neurons, one for each of the calls in signals.h. */
enum { OUTPUTS, DERIVATIVES, SLOPES, BENDS, OWN, ARRAYS };

static int arrays_of(int order)
{
    return order > 1 ? ARRAYS : order + 1;
}

/* Numbers of a row: the arrays, and then the room. */
static ntk_status numbers_per_row(const ntk_weights *weights, int order, int64_t *numbers)
{
    int64_t room = order ? widest_of(weights, order) : 0;
    if (__builtin_mul_overflow(neurons_of(weights), arrays_of(order), numbers) ||
        __builtin_add_overflow(*numbers, room, numbers))
        return NTK_ERR_OVERFLOW;
    return NTK_OK;
}

static ntk_status bytes_of(const ntk_weights *weights, int32_t dtype, int64_t rows, int order, uint64_t *bytes)
{
    int64_t numbers;
    NTK_TRY(numbers_per_row(weights, order, &numbers));
    NTK_TRY(ntk_size_multiply(bytes, numbers, ntk_dtype_size(dtype)));
    return ntk_size_multiply(bytes, (int64_t)*bytes, rows);
}

ntk_status ntk_signals_memory(const ntk_weights *weights, uint64_t *bytes, int32_t dtype, int64_t samples, int order)
{
    uint64_t size;
    NTK_TRY(bytes_of(weights, dtype, ntk_signals_rows(weights, samples), order, &size));
    return ntk_need(bytes, 1, (int64_t)size);
}

int64_t ntk_signals_row_numbers(const ntk_weights *weights, int order)
{
    int64_t numbers;
    return numbers_per_row(weights, order, &numbers) < 0 ? -1 : numbers;
}

ntk_signals ntk_signals_within(const ntk_weights *weights, const void *w, int32_t dtype, int64_t rows, int order, void *memory)
{
    return (ntk_signals){.weights = weights,
                         .w = w ? w : weights->w,
                         .dtype = dtype,
                         .order = order,
                         .rows = rows,
                         .per_task = rows_per_task(weights),
                         .block = memory};
}

ntk_status ntk_signals_open(ntk_signals *signals, const ntk_lane *lane, const ntk_weights *weights, const void *w,
                            int32_t dtype, int64_t samples, int order)
{
    uint64_t size;
    *signals = ntk_signals_within(weights, w, dtype, ntk_signals_rows(weights, samples), order, NULL);
    NTK_TRY(bytes_of(weights, dtype, signals->rows, order, &size));
    return ntk_allocate(lane->work->context, &signals->block, (int64_t)size, 1, "the layers' outputs");
}

void ntk_signals_close(ntk_signals *signals, const ntk_lane *lane)
{
    ntk_free(lane->work->context, signals->block);
    signals->block = NULL;
}

static void *array_of(const ntk_signals *signals, int array, int64_t layer)
{
    int64_t before = array * neurons_of(signals->weights) + signals->weights->layer[layer].before;
    return ntk_at(signals->block, signals->dtype, signals->rows * before);
}

void *ntk_signals_outputs(const ntk_signals *signals, int64_t layer)
{
    return array_of(signals, OUTPUTS, layer);
}

void *ntk_signals_derivatives(const ntk_signals *signals, int64_t layer)
{
    return array_of(signals, DERIVATIVES, layer);
}

void *ntk_signals_slopes(const ntk_signals *signals, int64_t layer)
{
    return array_of(signals, SLOPES, layer);
}

void *ntk_signals_bends(const ntk_signals *signals, int64_t layer)
{
    return array_of(signals, BENDS, layer);
}

void *ntk_signals_own(const ntk_signals *signals, int64_t layer)
{
    return array_of(signals, OWN, layer);
}

void *ntk_signals_room(const ntk_signals *signals, int64_t first)
{
    int64_t before = signals->rows * arrays_of(signals->order) * neurons_of(signals->weights);
    return ntk_at(signals->block, signals->dtype, before + first * widest_of(signals->weights, signals->order));
}

/* --- element by element --- */

/* b = gamma a b, of the output weights a. */
#define DEFINE_READ_OUT(REAL, NAME)                                                    \
    static void read_out_##NAME(void *b, double gamma, const double *a, int64_t count) \
    {                                                                                  \
        REAL *to = b;                                                                  \
        for (int64_t k = 0; k < count; k++) to[k] *= (REAL)(gamma * a[k]);             \
    }

DEFINE_READ_OUT(double, f64)
DEFINE_READ_OUT(float, f32)

static void *row_of(const layer_in_work *job, void *array, int64_t row)
{
    return array ? ntk_at(array, job->rows->signals->dtype, row * job->layer->neurons) : NULL;
}

/* b and slope = sigma'(z), bend = sigma''(z) and h = sigma(z), of z = h without its biases. */
static ntk_status activate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const layer_in_work *job = argument;
    const ntk_signals *signals = job->rows->signals;
    const ntk_activation *activation = signals->weights->activation;
    ntk_isa isa = lane->work->context->isa;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, job->rows->count), N = job->layer->neurons;
    int32_t dtype = signals->dtype;
    const void *biases = ntk_at(signals->w, dtype, job->layer->biases);
    for (int64_t i = first; i < last; i++) {
        void *h = ntk_at(job->h, dtype, i * N), *b = row_of(job, job->b, i);
        if (job->layer->bias != 0) ntk_add_scaled(dtype, h, job->layer->bias, biases, N);
        if (job->bend) ntk_activation_evaluate(activation, isa, dtype, 2, row_of(job, job->bend, i), h, N);
        if (b) ntk_activation_evaluate(activation, isa, dtype, 1, b, h, N);
        if (job->slope) memcpy(row_of(job, job->slope, i), b, (size_t)(N * ntk_dtype_size(dtype)));
        ntk_activation_evaluate(activation, isa, dtype, 0, h, h, N);
    }
    return NTK_OK;
}

/* b = sigma'(z) and bend = sigma''(z) times what follows the layer: by, or gamma a. */
static ntk_status derive_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const layer_in_work *job = argument;
    const ntk_signals *signals = job->rows->signals;
    int64_t first = index * job->per_task, last = ntk_smaller(first + job->per_task, job->rows->count), N = job->layer->neurons;
    int32_t dtype = signals->dtype;
    for (int64_t i = first; i < last; i++) {
        void *rows[] = {row_of(job, job->b, i), row_of(job, job->bend, i)};
        for (int k = 0; k < 2 && rows[k]; k++)
            if (job->by)
                ntk_multiply(dtype, rows[k], ntk_at(job->by, dtype, i * N), N);
            else
                (dtype == NTK_F64 ? read_out_f64 : read_out_f32)(rows[k], signals->weights->gamma, signals->weights->a, N);
    }
    return NTK_OK;
}

static ntk_status run_layer(layer_in_work *job, const ntk_lane *lane, ntk_task task)
{
    job->per_task = ntk_rows_per_task(job->layer->neurons);
    NTK_TRY(ntk_run(lane, (job->rows->count - 1) / job->per_task + 1, task, job));
    return ntk_advance(lane, 0);
}

/* --- layer by layer --- */

/* The rows' part of an array of a layer. */
static void *rows_at(const rows_in_work *rows, void *array, const ntk_layer *layer)
{
    return ntk_at(array, rows->signals->dtype, rows->first * layer->neurons);
}

static layer_in_work layer_of(const rows_in_work *rows, int64_t l)
{
    const ntk_signals *signals = rows->signals;
    const ntk_layer *layer = &signals->weights->layer[l];
    layer_in_work job = {.rows = rows, .layer = layer};
    job.h = rows_at(rows, ntk_signals_outputs(signals, l), layer);
    if (signals->order > 0) job.b = rows_at(rows, ntk_signals_derivatives(signals, l), layer);
    if (signals->order > 1) job.slope = rows_at(rows, ntk_signals_slopes(signals, l), layer);
    if (signals->order > 1 && ntk_activation_has_second(signals->weights->activation))
        job.bend = rows_at(rows, ntk_signals_bends(signals, l), layer);
    return job;
}

static ntk_status forward(const rows_in_work *rows, const ntk_lane *lane)
{
    const ntk_signals *signals = rows->signals;
    const void *in = rows->x;
    int64_t ldin = rows->ldx;
    for (int64_t l = 0; l < signals->weights->layers; l++) {
        const ntk_layer *layer = &signals->weights->layer[l];
        layer_in_work job = layer_of(rows, l);
        NTK_TRY(ntk_layer_product(lane, signals->dtype, NTK_TRANSPOSED, rows->count, layer->neurons, layer->inputs,
                                  layer->factor, in, ldin, ntk_at(signals->w, signals->dtype, layer->weights), 0, job.h));
        NTK_TRY(run_layer(&job, lane, activate_rows));
        in = job.h;
        ldin = layer->neurons;
    }
    return NTK_OK;
}

static ntk_status backward(const rows_in_work *rows, const ntk_lane *lane)
{
    const ntk_signals *signals = rows->signals;
    const ntk_layer *after = NULL;
    const void *from = NULL;
    for (int64_t l = signals->weights->layers - 1; l >= 0; l--) {
        const ntk_layer *layer = &signals->weights->layer[l];
        layer_in_work job = layer_of(rows, l);
        if (after) {
            void *product = ntk_signals_room(signals, rows->first);
            NTK_TRY(ntk_layer_product(lane, signals->dtype, NTK_PLAIN, rows->count, layer->neurons, after->neurons,
                                      after->factor, from, after->neurons, ntk_at(signals->w, signals->dtype, after->weights),
                                      0, product));
            job.by = product;
        }
        NTK_TRY(run_layer(&job, lane, derive_rows));
        after = layer;
        from = job.b;
    }
    return NTK_OK;
}

typedef struct filling {
    const ntk_signals *signals;
    const void *x;
    int64_t ldx, rows;
} filling;

static ntk_status fill_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const filling *job = argument;
    rows_in_work rows = {.signals = job->signals, .ldx = job->ldx, .first = index * job->signals->per_task};
    rows.count = ntk_smaller(job->signals->per_task, job->rows - rows.first);
    rows.x = ntk_at(job->x, job->signals->dtype, rows.first * job->ldx);
    NTK_TRY(forward(&rows, lane));
    return job->signals->order > 0 ? backward(&rows, lane) : NTK_OK;
}

ntk_status ntk_signals_fill(const ntk_signals *signals, const ntk_lane *lane, const void *x, int64_t ldx, int64_t rows)
{
    filling job = {.signals = signals, .x = x, .ldx = ldx, .rows = rows};
    return ntk_run_blas(lane, (rows - 1) / signals->per_task + 1, fill_rows, &job);
}
