#include "kernel/deep_series.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/exchange.h"
#include "kernel/pair_gradients.h"
#include "kernel/rescale.h"

#include <float.h>
#include <math.h>
#include <string.h>

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

bool ntk_deep_series_is_trained(const ntk_deep *kernel, int64_t layer)
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

static bool fits(double value, int32_t dtype)
{
    return fabs(value) <= (dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX);
}

static void pass_sample(layer_job *job, int64_t i)
{
    ntk_samples *samples = job->samples;
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    ntk_deep_gain gain = ntk_deep_gain_of(kernel, job->layer);
    ntk_series_own own = ntk_series_own_of(samples, job->layer, i, job->lengths[i]);
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
    source.tail = ntk_deep_series_is_trained(kernel, job->layer) ? slopes : values;
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
    .tile = ntk_deep_series_tile,
    .cost = entry_cost,
    .gradient = ntk_deep_series_gradient,
    .gradient_scratch = NTK_PAIR_GRADIENT_RECTANGLES,
    NTK_DEEP_SCALE_OPERATIONS,
    .products = 1,
    .points = false,
    .write = ntk_deep_write,
    .zonal = true,
};
