#include "kernel/layered.h"

#include "core/memory.h"
#include "core/status.h"
#include "kernel/combine.h"
#include "kernel/exchange.h"
#include "kernel/scales.h"
#include "kernel/tile.h"
#include "network/signals.h"

#include <math.h>
#include <string.h>

/* A pass takes terms until what they keep of all samples is as large as this. */
static const double PASS_BYTES = 1 << 27;

typedef ntk_layered_term term;
typedef ntk_layered_kept kept_term;

/* Terms of one pass. */
typedef struct term_range {
    int64_t first, count;
} term_range;

/* --- terms and passes --- */

static const ntk_features *features_of(const ntk_kernel *kernel)
{
    return ((const ntk_finite *)kernel)->features;
}

int64_t ntk_layered_terms(const ntk_features *features)
{
    int64_t hidden = ntk_features_has(features, NTK_PART_NT) ? features->weights->layers : 0;
    return hidden + ntk_features_has(features, NTK_PART_RF);
}

static term term_of(const ntk_features *features, int64_t index)
{
    const ntk_weights *weights = features->weights;
    int64_t each = ntk_layered_terms(features);
    term t = {.network = index / each, .layer = index % each};
    if (!ntk_features_has(features, NTK_PART_NT)) t.layer = weights->layers;
    if (t.layer > 0) t.inputs = weights->layer[t.layer - 1].neurons;
    if (t.layer < weights->layers) t.derivatives = weights->layer[t.layer].neurons;
    return t;
}

static int64_t numbers_of(term t)
{
    return t.inputs + t.derivatives;
}

/* Numbers that all terms before this one keep. */
static int64_t numbers_before(const ntk_features *features, int64_t index)
{
    const ntk_weights *weights = features->weights;
    const ntk_layer *last = &weights->layer[weights->layers - 1];
    int64_t each = ntk_layered_terms(features), t = index % each, all = last->before + last->neurons;
    if (!ntk_features_has(features, NTK_PART_NT)) return index * last->neurons;
    int64_t network = all + last->before + (ntk_features_has(features, NTK_PART_RF) ? last->neurons : 0);
    int64_t derivatives = t < weights->layers ? weights->layer[t].before : all;
    return index / each * network + derivatives + (t ? weights->layer[t - 1].before : 0);
}

/* The pass that begins with term first.  Its numbers of a sample go to *numbers. */
static term_range range_from(const ntk_kernel *kernel, int64_t first, int32_t dtype, int64_t all, int64_t *numbers)
{
    const ntk_features *features = features_of(kernel);
    int64_t terms = ntk_layered_terms(features) * features->weights->networks;
    double most = all ? PASS_BYTES / ((double)all * (double)ntk_dtype_size(dtype)) : INFINITY;
    term_range range = {.first = first};
    *numbers = 0;
    do {
        *numbers += numbers_of(term_of(features, first + range.count++));
    } while (first + range.count < terms && (double)(*numbers + numbers_of(term_of(features, first + range.count))) <= most);
    return range;
}

/* How many passes there are, and the most numbers that one keeps of a sample; the terms of pass index. */
static int64_t count_passes(const ntk_kernel *kernel, int32_t dtype, int64_t all, int64_t *most, int64_t index,
                            term_range *range)
{
    const ntk_features *features = features_of(kernel);
    int64_t terms = ntk_layered_terms(features) * features->weights->networks, count = 0, numbers;
    *most = 0;
    for (int64_t first = 0; first < terms; count++) {
        term_range next = range_from(kernel, first, dtype, all, &numbers);
        if (numbers > *most) *most = numbers;
        if (range && count == index) *range = next;
        first += next.count;
    }
    return count;
}

static int64_t passes(const ntk_kernel *kernel, int32_t dtype, int64_t all)
{
    int64_t most;
    return count_passes(kernel, dtype, all, &most, 0, NULL);
}

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    const ntk_features *features = features_of(kernel);
    double cost = 0;
    for (int64_t t = 0; t < ntk_layered_terms(features); t++) {
        term one = term_of(features, t);
        cost += 2.0 * (double)(numbers_of(one) + (one.layer == 0 ? inputs : 0));
    }
    return cost * (double)features->weights->networks / (double)passes(kernel, dtype, all);
}

/* --- samples --- */

/* Of the signals (network/signals.h). */
static int order_of(const ntk_features *features)
{
    return ntk_features_has(features, NTK_PART_NT) ? 1 : 0;
}

static ntk_status samples_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    const ntk_features *features = features_of(kernel);
    int64_t most;
    uint64_t row;
    count_passes(kernel, dtype, all, &most, 0, NULL);
    NTK_TRY(ntk_size_multiply(&row, most, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, rows, (int64_t)row));
    NTK_TRY(ntk_hidden_weights_memory(features->weights, bytes, dtype));
    return ntk_signals_memory(features->weights, bytes, dtype, rows, order_of(features));
}

ntk_layered_kept ntk_layered_kept_of(const ntk_samples *samples, int64_t at)
{
    const ntk_features *features = features_of(samples->kernel);
    int64_t before = numbers_before(features, samples->first + at) - numbers_before(features, samples->first);
    kept_term one = {.term = term_of(features, samples->first + at)};
    if (one.term.inputs) one.inputs = ntk_at(samples->signals, samples->dtype, samples->rows * before);
    if (one.term.derivatives)
        one.derivatives = ntk_at(samples->signals, samples->dtype, samples->rows * (before + one.term.inputs));
    return one;
}

/* A chunk of samples, whose signals a term keeps. */
typedef struct keeping {
    ntk_samples *samples;
    const ntk_signals *signals;
    kept_term kept;
    int64_t row, rows, per_task;
    bool diagonal; /* is summed, too */
} keeping;

/* Row i of the chunk's rows in an array of count numbers each. */
static void keep(const keeping *job, void *to, const void *from, double factor, int64_t i, int64_t count)
{
    int32_t dtype = job->samples->dtype;
    ntk_scale(dtype, ntk_at(to, dtype, (job->row + i) * count), factor, ntk_at(from, dtype, i * count), count);
}

/* The squared lengths' product, with what biases add to the first. */
static double own_entry(const keeping *job, int64_t i)
{
    const ntk_samples *samples = job->samples;
    const ntk_weights *weights = job->signals->weights;
    const kept_term *kept = &job->kept;
    int64_t row = job->row + i, inputs = kept->inputs ? kept->term.inputs : samples->inputs;
    const void *h = kept->inputs ? ntk_at(kept->inputs, samples->dtype, row * inputs) : ntk_samples_at(samples, row);
    double length = ntk_dot(samples->dtype, h, h, inputs);
    if (!kept->derivatives) return length + weights->output_bias * weights->output_bias;
    const ntk_layer *layer = &weights->layer[kept->term.layer];
    const void *b = ntk_at(kept->derivatives, samples->dtype, row * kept->term.derivatives);
    return (length + ntk_layered_bias(layer)) * ntk_dot(samples->dtype, b, b, kept->term.derivatives);
}

/* The derivatives carry the layer's scale, and the last outputs gamma. */
static ntk_status keep_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const keeping *job = argument;
    const ntk_weights *weights = job->signals->weights;
    const kept_term *kept = &job->kept;
    int64_t layer = kept->term.layer, first = index * job->per_task, last = first + job->per_task;
    for (int64_t i = first; i < last && i < job->rows; i++) {
        if (kept->inputs)
            keep(job, kept->inputs, ntk_signals_outputs(job->signals, layer - 1), kept->derivatives ? 1 : weights->gamma, i,
                 kept->term.inputs);
        if (kept->derivatives)
            keep(job, kept->derivatives, ntk_signals_derivatives(job->signals, layer), weights->layer[layer].tangent, i,
                 kept->term.derivatives);
        if (job->diagonal) job->samples->diagonal[job->row + i] += own_entry(job, i);
    }
    return NTK_OK;
}

/* The terms of one network, the first of which is the at-th of the pass. */
static ntk_status keep_terms(ntk_samples *samples, const ntk_lane *lane, const ntk_signals *signals, int64_t at, int64_t count,
                             bool diagonal)
{
    keeping job = {.samples = samples, .signals = signals, .diagonal = diagonal};
    for (; job.row < samples->rows; job.row += job.rows) {
        job.rows = samples->rows - job.row < signals->rows ? samples->rows - job.row : signals->rows;
        NTK_TRY(ntk_signals_fill(signals, lane, ntk_samples_at(samples, job.row), samples->x.stride, job.rows));
        for (int64_t t = at; t < at + count; t++) {
            job.kept = ntk_layered_kept_of(samples, t);
            job.per_task = ntk_rows_per_task(numbers_of(job.kept.term));
            NTK_TRY(ntk_run(lane, (job.rows - 1) / job.per_task + 1, keep_rows, &job));
            NTK_TRY(ntk_advance(lane, 0));
        }
    }
    return NTK_OK;
}

static ntk_status keep_network(ntk_samples *samples, const ntk_lane *lane, int64_t at, int64_t count, bool diagonal)
{
    const ntk_features *features = features_of(samples->kernel);
    ntk_weights network = ntk_weights_of_network(features->weights, term_of(features, samples->first + at).network);
    ntk_signals signals = {0};
    void *w;
    NTK_TRY(ntk_hidden_weights(lane, &network, samples->dtype, &w, "a finite kernel"));
    ntk_status status = ntk_signals_open(&signals, lane, &network, w, samples->dtype, samples->rows, order_of(features));
    if (status >= 0) status = keep_terms(samples, lane, &signals, at, count, diagonal);
    ntk_signals_close(&signals, lane);
    ntk_free(samples->context, w);
    return status;
}

static void find_largest(ntk_samples *samples)
{
    for (int64_t i = 0; i < samples->rows; i++) {
        double root = sqrt(samples->diagonal[i]);
        if (!(root <= samples->largest)) samples->largest = isnan(root) ? HUGE_VAL : root;
    }
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    const ntk_features *features = features_of(samples->kernel);
    int64_t each = ntk_layered_terms(features), most;
    term_range range = {0, 0};
    count_passes(samples->kernel, samples->dtype, samples->all, &most, pass, &range);
    if (samples->count && samples->first == range.first) return NTK_OK;
    bool first_time = samples->largest == 0 && range.first >= samples->first + samples->count;
    if (!samples->signals) {
        uint64_t row;
        NTK_TRY(ntk_size_multiply(&row, most, ntk_dtype_size(samples->dtype)));
        NTK_TRY(ntk_allocate(samples->context, &samples->signals, samples->rows, (int64_t)row, "the layers' signals"));
    }
    samples->first = range.first;
    samples->count = range.count;
    for (int64_t at = 0, count; at < range.count; at += count) {
        count = each - (range.first + at) % each;
        if (count > range.count - at) count = range.count - at;
        NTK_TRY(keep_network(samples, lane, at, count, first_time));
    }
    if (first_time && range.first + range.count == each * features->weights->networks) find_largest(samples);
    return NTK_OK;
}

static void close_samples(ntk_samples *samples)
{
    ntk_free(samples->context, samples->signals);
    samples->signals = NULL;
    samples->count = 0;
}

/* --- tiles --- */

/* out = beta out + a b^T, of what terms keep of the tile's samples. */
static ntk_status product(const ntk_kernel_tile *tile, const ntk_lane *lane, const void *a, const void *b, int64_t count,
                          double beta, void *out, int64_t ld)
{
    int32_t dtype = tile->rows->dtype;
    return ntk_tile_product(tile, lane, ntk_at(a, dtype, tile->row * count), count, ntk_at(b, dtype, tile->col * count), count,
                            count, beta, out, ld);
}

static ntk_status output_term(const ntk_kernel_tile *tile, const ntk_lane *lane, int64_t t)
{
    ntk_layered_kept row = ntk_layered_kept_of(tile->rows, t), col = ntk_layered_kept_of(tile->cols, t);
    double bias = features_of(tile->rows->kernel)->weights->output_bias;
    NTK_TRY(product(tile, lane, row.inputs, col.inputs, row.term.inputs, tile->add ? 1 : 0, tile->out, tile->ld));
    return bias != 0 ? ntk_tile_combine(tile, lane, NTK_COMBINE_SHIFT, NULL, 0, bias * bias) : NTK_OK;
}

double ntk_layered_bias(const ntk_layer *layer)
{
    double bias = layer->bias / layer->tangent;
    return bias * bias;
}

ntk_status ntk_layered_factors(const ntk_kernel_tile *tile, const ntk_lane *lane, int64_t t, void *inner, void *slopes)
{
    ntk_layered_kept row = ntk_layered_kept_of(tile->rows, t), col = ntk_layered_kept_of(tile->cols, t);
    int64_t ld = tile->col_count;
    if (row.inputs)
        NTK_TRY(product(tile, lane, row.inputs, col.inputs, row.term.inputs, 0, inner, ld));
    else
        NTK_TRY(ntk_tile_inner_products(tile, lane, inner, ld));
    NTK_TRY(ntk_advance(lane, 0));
    return product(tile, lane, row.derivatives, col.derivatives, row.term.derivatives, 0, slopes, ld);
}

static ntk_status hidden_term(const ntk_kernel_tile *tile, const ntk_lane *lane, int64_t t)
{
    const ntk_features *features = features_of(tile->rows->kernel);
    const ntk_layer *layer = &features->weights->layer[term_of(features, tile->rows->first + t).layer];
    void *inner = tile->scratch, *slopes = ntk_at(tile->scratch, tile->rows->dtype, tile->row_count * tile->col_count);
    NTK_TRY(ntk_layered_factors(tile, lane, t, inner, slopes));
    return ntk_tile_add_product(tile, lane, inner, ntk_layered_bias(layer), slopes);
}

static ntk_status evaluate_tile(const ntk_kernel_tile *whole, const ntk_lane *lane)
{
    ntk_kernel_tile tile = *whole;
    for (int64_t t = 0; t < tile.rows->count; t++) {
        bool hidden = term_of(features_of(tile.rows->kernel), tile.rows->first + t).derivatives > 0;
        NTK_TRY((hidden ? hidden_term : output_term)(&tile, lane, t));
        NTK_TRY(ntk_advance(lane, 0));
        tile.add = true;
    }
    return NTK_OK;
}

#define OPERATIONS(GRADIENT)                                                                                 \
    {                                                                                                        \
        .scratch = 2, .passes = passes, .memory = samples_memory, .prepare = prepare, .rest = close_samples, \
        .close = close_samples, .tile = evaluate_tile, .cost = entry_cost, .gradient = GRADIENT,             \
        .gradient_room = ntk_layered_gradient_room, .gradient_row_cost = ntk_layered_gradient_row_cost,      \
        .scales = ntk_no_scales, .write = ntk_finite_write                                                   \
    }
const ntk_kernel_operations ntk_layered_operations = OPERATIONS(ntk_layered_tile_gradient),
                            ntk_layered_rough_operations = OPERATIONS(NULL);
