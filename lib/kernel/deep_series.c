#include "kernel/deep_series.h"

#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/tile.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* --- samples --- */

static void put(ntk_samples *samples, int64_t i, int64_t array, double value)
{
    ntk_put(samples->factors, samples->dtype, array * samples->rows + i, value);
}

/* diagonal receives the length for the time being */
static void store_first(ntk_samples *samples, const ntk_infinite_constants *k, int64_t i, const ntk_infinite_measure *measure)
{
    (void)k;
    samples->diagonal[i] = ldexp(measure->length, measure->exponent);
    put(samples, i, NTK_DEEP_FIRST_W, measure->w);
    put(samples, i, NTK_DEEP_FIRST_Z, measure->z);
    put(samples, i, NTK_DEEP_FIRST_P, samples->diagonal[i]);
    if (!samples->shifts) return;
    samples->shifts[i] = measure->shift;
    samples->exponents[i] = 0;
}

/* Whether this layer or one before it is trained, so that the tangent may be other than 0 after its activation. */
static bool is_trained(const ntk_deep *kernel, int64_t layer)
{
    for (int64_t l = 0; l <= layer; l++)
        if (kernel->scales[l].rate > 0) return true;
    return false;
}

/* One layer of all samples.  lengths  of what it sees, then of what the next one does, or the diagonal of K;  tangents  likewise */
typedef struct layer_job {
    ntk_samples *samples;
    int64_t layer;
    double *lengths, *tangents, constant;
    atomic_bool overflow;
} layer_job;

/* E[s^2] and E[s'^2] of sample i, by the terms that are enough for its set. */
typedef struct own_moments {
    double kappa, kdot;
} own_moments;

static own_moments own_moments_of(const layer_job *job, int64_t i)
{
    const ntk_samples *samples = job->samples;
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    const ntk_mehler *mehler = &samples->layers[job->layer];
    ntk_mehler_degrees degrees = ntk_mehler_degrees_of(kernel->first.activation);
    int64_t mean_at = NTK_DEEP_FIRST + NTK_DEEP_FACTORS * job->layer + NTK_DEEP_Q;
    double length = job->lengths[i], mean = ntk_get(samples->factors, samples->dtype, mean_at * samples->rows + i);
    double sum = 0, slope = 0;
    for (int64_t t = mehler->own - 1; t >= 0; t--) {
        double e = ntk_get(mehler->table, samples->dtype, ntk_mehler_at(mehler, i, t));
        sum += e * e;
        slope += (double)(ntk_mehler_degree(&degrees, t) + 1) * e * e;
    }
    return (own_moments){mean * mean + length * length * sum, slope};
}

static bool fits(double value, int32_t dtype)
{
    return fabs(value) <= (dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX);
}

static void pass_sample(layer_job *job, int64_t i)
{
    ntk_samples *samples = job->samples;
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    ntk_deep_gain gain = ntk_deep_gain_of(kernel, job->layer);
    own_moments own = own_moments_of(job, i);
    int64_t at = NTK_DEEP_FIRST + NTK_DEEP_FACTORS * job->layer;
    double tangent = job->tangents[i] > 0 ? gain.weight * gain.weight * job->tangents[i] * own.kdot : 0, next, rf;
    put(samples, i, at + NTK_DEEP_P, job->lengths[i]);
    if (job->layer + 1 == kernel->layers) {
        put(samples, i, at + NTK_DEEP_W, 1);
        put(samples, i, at + NTK_DEEP_Z, 0);
        rf = kernel->first.rf > 0 ? kernel->first.rf * gain.weight * gain.weight * own.kappa : 0;
        job->lengths[i] = rf + tangent + job->constant;
        return;
    }
    next = hypot(gain.weight * sqrt(own.kappa), gain.bias);
    put(samples, i, at + NTK_DEEP_W, next > 0 ? gain.weight / next : 0);
    put(samples, i, at + NTK_DEEP_Z, next > 0 ? gain.bias / next : 0);
    job->tangents[i] = kernel->scales[job->layer + 1].rate * next * next + tangent;
    job->lengths[i] = next;
    bool fit = fits(own.kappa, samples->dtype) && fits(job->tangents[i], samples->dtype) && fits(next * next, samples->dtype);
    if (!fit) atomic_store(&job->overflow, true);
}

enum { ROWS_PER_TASK = 1024 };

static ntk_status pass_samples(void *argument, int64_t index, const ntk_lane *lane)
{
    layer_job *job = argument;
    int64_t first = index * ROWS_PER_TASK;
    for (int64_t i = first; i < first + ROWS_PER_TASK && i < job->samples->rows; i++) pass_sample(job, i);
    return ntk_advance(lane, 0);
}

/* The layer's table, and what the next one sees.  Samples that share a table are of one length for the next. */
static ntk_status pass_layer(layer_job *job, const ntk_lane *lane)
{
    ntk_samples *samples = job->samples;
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    const ntk_mehler_weights values = {1, 0}, slopes = {0, 1};
    ntk_mehler *mehler = &samples->layers[job->layer];
    ntk_mehler_source source = {.activation = kernel->first.activation, .context = samples->context, .dtype = samples->dtype};
    int64_t mean_at = NTK_DEEP_FIRST + NTK_DEEP_FACTORS * job->layer + NTK_DEEP_Q;
    bool overflow;
    source.length_dtype = NTK_F64;
    source.rows = samples->rows;
    source.lengths = job->lengths;
    source.means = ntk_at(samples->factors, samples->dtype, mean_at * samples->rows);
    source.table = values;
    source.tail = is_trained(kernel, job->layer) ? slopes : values;
    NTK_TRY(ntk_mehler_fill(mehler, &overflow, &source, lane));
    if (overflow) {
        atomic_store(&job->overflow, true);
        return NTK_OK;
    }
    NTK_TRY(ntk_run(lane, (samples->rows - 1) / ROWS_PER_TASK + 1, pass_samples, job));
    if (mehler->shared && job->layer + 1 < kernel->layers)
        for (int64_t i = 1; i < samples->rows; i++) job->lengths[i] = job->lengths[0];
    return NTK_OK;
}

static ntk_status pass_layers(ntk_samples *samples, const ntk_lane *lane, const ntk_infinite_constants *k)
{
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    layer_job job = {.samples = samples, .lengths = samples->diagonal, .constant = k->constant};
    NTK_TRY(ntk_allocate(samples->context, &job.tangents, samples->rows, sizeof(double), "the samples' tangents"));
    for (int64_t i = 0; i < samples->rows; i++)
        job.tangents[i] = kernel->scales[0].rate * samples->diagonal[i] * samples->diagonal[i];
    ntk_status status = NTK_OK;
    for (; status >= 0 && job.layer < kernel->layers && !atomic_load(&job.overflow); job.layer++)
        status = pass_layer(&job, lane);
    ntk_free(samples->context, job.tangents);
    if (atomic_load(&job.overflow)) samples->largest = HUGE_VAL;
    return status;
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)pass;
    if (samples->factors) return NTK_OK;
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(&kernel->first, samples->inputs);
    int64_t numbers = ntk_deep_arrays(kernel) * samples->rows;
    NTK_TRY(ntk_allocate(samples->context, &samples->factors, numbers, ntk_dtype_size(samples->dtype), "the samples' lengths"));
    NTK_TRY(ntk_allocate(samples->context, &samples->layers, kernel->layers, sizeof *samples->layers, "the layers' series"));
    memset(samples->layers, 0, (size_t)kernel->layers * sizeof *samples->layers);
    NTK_TRY(ntk_infinite_measure_samples(samples, lane, &k, store_first));
    NTK_TRY(pass_layers(samples, lane, &k));
    if (samples->largest == 0 && !ntk_is_finite(samples->factors, samples->dtype, numbers)) samples->largest = HUGE_VAL;
    bool overflow = samples->largest > 0;
    for (int64_t i = 0; i < samples->rows; i++) {
        double length = sqrt(samples->diagonal[i]);
        if (overflow) samples->diagonal[i] = HUGE_VAL;
        if (!(length <= samples->largest)) samples->largest = length;
    }
    return NTK_OK;
}

static void close(ntk_samples *samples)
{
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    for (int64_t l = 0; samples->layers && l < kernel->layers; l++) ntk_mehler_close(&samples->layers[l], samples->context);
    ntk_free(samples->context, samples->layers);
    ntk_infinite_close(samples);
}

static ntk_status memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    const ntk_deep *deep = (const ntk_deep *)kernel;
    NTK_TRY(ntk_deep_memory(kernel, bytes, dtype, rows, all));
    NTK_TRY(ntk_need(bytes, rows, sizeof(double)));
    NTK_TRY(ntk_need(bytes, deep->layers, sizeof(ntk_mehler)));
    return ntk_mehler_memory(deep->first.activation, bytes, dtype, rows, deep->layers);
}

/* --- tiles --- */

/* Columns that are taken together: their tables of several layers fit a cache. */
enum { STRIP = 128 };

/* terms  of each layer that are enough for the tile's two sets */
typedef struct tile_job {
    const ntk_kernel_tile *tile;
    const ntk_deep *kernel;
    ntk_infinite_constants k;
    const ntk_deep_family *loops;
    int64_t per_task;
    int32_t terms[NTK_DEEP_MOST_LAYERS];
} tile_job;

/* A task's strip.  at  its pairs;  whole  the same with those columns before it that its first block has, whose state is not meant */
typedef struct strip_job {
    const tile_job *job;
    ntk_deep_strip at, whole;
    ntk_strip_room rho, gap, tangent, out;
    ntk_mehler_row row;
} strip_job;

/* The layer with its terms, of which the row's are in strip->row. */
static ntk_deep_layer layer_of(strip_job *strip, int64_t l, ntk_mehler_strip *series)
{
    const tile_job *job = strip->job;
    const ntk_samples *rows = job->tile->rows, *cols = job->tile->cols;
    int64_t terms = job->terms[l];
    ntk_deep_layer layer = ntk_deep_strip_layer(&strip->whole, l);
    *series = ntk_mehler_strip_of(&cols->layers[l], job->kernel->first.activation, cols->dtype, strip->whole.first, terms);
    ntk_mehler_copy(&strip->row, &rows->layers[l], rows->dtype, strip->at.row, terms);
    ntk_mehler_take_shared(&strip->row, &cols->layers[l], cols->dtype, terms);
    series->row = &strip->row;
    layer.series = series;
    layer.trained = is_trained(job->kernel, l);
    return layer;
}

static ntk_status evaluate(strip_job *strip, void *entries)
{
    const tile_job *job = strip->job;
    int32_t near[NTK_STRIP], dtype = job->tile->cols->dtype;
    ntk_mehler_strip series;
    int64_t found, last = job->kernel->layers - 1, before = strip->at.first - strip->whole.first;
    NTK_TRY(ntk_deep_strip_begin(&strip->at, entries, near, &found));
    for (int64_t l = 0; l < last; l++) {
        ntk_deep_layer layer = layer_of(strip, l, &series);
        job->loops->step(&strip->whole.state, strip->whole.count, &layer);
    }
    ntk_deep_layer layer = layer_of(strip, last, &series);
    layer.constant = job->k.constant;
    job->loops->finish(&strip->out, &strip->whole.state, strip->whole.count, &layer);
    memcpy(entries, ntk_at(&strip->out, dtype, before), (size_t)(strip->at.count * ntk_dtype_size(dtype)));
    return NTK_OK;
}

/* Columns j to end of the tile, within a strip of whole blocks. */
static void place_strip(strip_job *strip, int64_t j, int64_t end)
{
    const ntk_kernel_tile *tile = strip->job->tile;
    int32_t dtype = tile->cols->dtype;
    int64_t first = tile->col + j, before = first % NTK_MEHLER_BLOCK;
    strip->at.first = first;
    strip->at.count = end - j;
    strip->at.state = (ntk_deep_state){ntk_at(&strip->rho, dtype, before), ntk_at(&strip->gap, dtype, before),
                                       ntk_at(&strip->tangent, dtype, before)};
    strip->whole = strip->at;
    strip->whole.first = first - before;
    strip->whole.count = strip->at.count + before;
    strip->whole.state = (ntk_deep_state){&strip->rho, &strip->gap, &strip->tangent};
}

/* Column by column of strips, so that their coefficients stay in a cache. */
static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int64_t first = index * job->per_task, last = first + job->per_task, next;
    strip_job strip;
    memset(&strip, 0, sizeof strip);
    strip.job = job;
    strip.at = (ntk_deep_strip){.tile = tile, .kernel = job->kernel, .k = &job->k, .lane = lane};
    if (last > tile->row_count) last = tile->row_count;
    for (int64_t j = 0; j < tile->col_count; j = next) {
        next = j + STRIP - (tile->col + j) % STRIP;
        for (int64_t i = first; i < last; i++) {
            int64_t end = tile->lower ? i + 1 : tile->col_count;
            if (end > next) end = next;
            if (end <= j) continue;
            strip.at.row = tile->row + i;
            place_strip(&strip, j, end);
            NTK_TRY(evaluate(&strip, ntk_at(tile->out, tile->cols->dtype, i * tile->ld + j)));
        }
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status evaluate_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    const ntk_deep *kernel = (const ntk_deep *)rows->kernel;
    tile_job job = {.tile = tile, .kernel = kernel, .k = ntk_infinite_constants_of(&kernel->first, rows->inputs)};
    int64_t all = 0;
    for (int64_t l = 0; l < kernel->layers; l++) {
        int64_t terms;
        NTK_TRY(ntk_mehler_enough(&terms, &rows->layers[l], &cols->layers[l], kernel->first.activation, rows->dtype, false));
        job.terms[l] = (int32_t)terms;
        all += terms;
    }
    job.loops = &NTK_OF_ISA(lane->work->context->isa, ntk_deep_loops, rows->dtype - 1)->series;
    job.per_task = ntk_rows_per_task(tile->col_count * (kernel->layers + all / 32));
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}

/* A series of a hundred terms or so. */
static const double LAYER_COST = 500;

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)dtype, (void)all;
    return 2.0 * (double)inputs + LAYER_COST * (double)((const ntk_deep *)kernel)->layers;
}

const ntk_kernel_operations ntk_deep_series_operations = {
    .scratch = 0,
    .passes = ntk_infinite_passes,
    .memory = memory,
    .prepare = prepare,
    .close = close,
    .tile = evaluate_tile,
    .cost = entry_cost,
    .products = 1,
    .points = false,
};
