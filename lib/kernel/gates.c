#include "kernel/gates.h"

#include "activation/activation.h"
#include "core/context.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/simd/gates.h"
#include "kernel/tile.h"

#include <math.h>
#include <string.h>

/* Neurons whose u are held at a time, so that they take about GROUP_BYTES, and the rows of a task. */
enum { GROUP_BYTES = 1 << 24, MOST_NEURONS = 512, MOST_ROWS = 256 };

static const ntk_gate_loops *loops_of(const ntk_lane *lane)
{
    ntk_isa isa = lane->work->context->isa;
    return NTK_OF_ISA(isa, ntk_gate_loops, 0);
}

/* s'(0) is that of neither side, so that zeros count apart. */
static bool three_valued(const ntk_activation *s)
{
    return s->at_zero != s->below;
}

bool ntk_gates_serve_signs(const ntk_features *features)
{
    const ntk_activation *s = features->weights->activation;
    if (!features->weights->plain || !ntk_features_has(features, NTK_PART_NT)) return false;
    if (s->family != NTK_FAMILY_SLOPES || s->shift != 0) return false;
    return !three_valued(s) || s->at_zero == 0;
}

bool ntk_gates_serve(const ntk_features *features)
{
    const ntk_weights *weights = features->weights;
    if (!ntk_gates_serve_signs(features)) return false;
    double size = fabs(weights->a[0]);
    for (int64_t i = 1; i < weights->hidden; i++)
        if (fabs(weights->a[i]) != size) return false;
    return true;
}

int64_t ntk_gates_planes(const ntk_features *features)
{
    return three_valued(features->weights->activation) ? 2 : 1;
}

/* --- samples --- */

static int64_t words_of(int64_t width)
{
    int64_t words = (width - 1) / 64 + 1;
    return (words + NTK_GATE_WORDS - 1) / NTK_GATE_WORDS * NTK_GATE_WORDS;
}

static int64_t group_of(int32_t dtype, int64_t rows, int64_t width)
{
    int64_t group = (int64_t)((double)GROUP_BYTES / ((double)rows * (double)ntk_dtype_size(dtype)));
    group = group < 64 ? 64 : group > MOST_NEURONS ? MOST_NEURONS : group / 64 * 64;
    return group < width ? group : width;
}

ntk_status ntk_gates_memory(const ntk_features *features, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t width)
{
    NTK_TRY(ntk_need(bytes, rows, ntk_gates_planes(features) * words_of(width) * (int64_t)sizeof(uint64_t)));
    NTK_TRY(ntk_need(bytes, rows, 2 * sizeof(int32_t)));
    return ntk_need(bytes, rows, group_of(dtype, rows, width) * ntk_dtype_size(dtype));
}

ntk_status ntk_gates_open(ntk_samples *samples, int64_t width)
{
    ntk_gates *gates = &samples->gates;
    gates->words = words_of(width);
    gates->planes = ntk_gates_planes(samples->kernel->features);
    gates->group = group_of(samples->dtype, samples->rows, width);
    NTK_TRY(ntk_allocate(samples->context, &gates->bits, samples->rows,
                         gates->planes * gates->words * (int64_t)sizeof(uint64_t), "the neurons' gates"));
    NTK_TRY(ntk_allocate(samples->context, &gates->totals, samples->rows, 2 * sizeof(int32_t), "the neurons' gates"));
    return ntk_allocate(samples->context, &gates->u, samples->rows, gates->group * ntk_dtype_size(samples->dtype),
                        "the neurons' inputs");
}

void ntk_gates_close(ntk_samples *samples)
{
    ntk_free(samples->context, samples->gates.bits);
    ntk_free(samples->context, samples->gates.totals);
    ntk_free(samples->context, samples->gates.u);
    samples->gates = (ntk_gates){0};
}

/* The bits of a sample, plane 0 for u > 0 and 1 for u < 0. */
static uint64_t *bits_of(const ntk_samples *samples, int64_t row, int64_t plane)
{
    const ntk_gates *gates = &samples->gates;
    return gates->bits + (row * gates->planes + plane) * gates->words;
}

/* --- preparation --- */

typedef struct preparation {
    ntk_samples *samples;
    int64_t first, count; /* neurons of the group, from the pass's first on */
    ntk_tile shape;
    bool diagonal, last;
} preparation;

/* The sum of s'(u_i) s'(v_i) of so many neurons with both positive, both negative, and one of each. */
static double weighted(const ntk_activation *s, double positive, double negative, double mixed)
{
    return s->above * s->above * positive + s->below * s->below * negative + s->above * s->below * mixed;
}

/* What one neuron's s' s' counts. */
static double unit_of(const ntk_weights *weights)
{
    const ntk_activation *s = weights->activation;
    double factor = weights->tangent_factor * weights->a[0] * s->scale * s->frequency;
    return factor * factor;
}

static void add_diagonal(ntk_samples *samples, int64_t i)
{
    const ntk_weights *weights = samples->kernel->features->weights;
    const void *x = ntk_samples_at(samples, i);
    double positive = samples->gates.totals[2 * i], negative = samples->gates.totals[2 * i + 1];
    if (samples->gates.planes == 1) negative = (double)samples->count - positive;
    samples->diagonal[i] += ntk_dot(samples->dtype, x, x, samples->inputs) *
                            (unit_of(weights) * weighted(weights->activation, positive, negative, 0));
}

static bool has_nan(const void *u, int32_t dtype, int64_t count)
{
    bool found = false;
    for (int64_t i = 0; i < count; i++) found |= isnan(ntk_get(u, dtype, i));
    return found;
}

static void scale(void *v, int32_t dtype, double factor, int64_t count)
{
    if (dtype == NTK_F64) {
        for (int64_t k = 0; k < count; k++) ((double *)v)[k] *= factor;
    } else {
        for (int64_t k = 0; k < count; k++) ((float *)v)[k] *= (float)factor;
    }
}

static void finish_row(const preparation *job, const ntk_lane *lane, int64_t i)
{
    ntk_samples *samples = job->samples;
    ntk_gates *gates = &samples->gates;
    const ntk_weights *weights = samples->kernel->features->weights;
    int32_t dtype = samples->dtype, *totals = gates->totals + 2 * i, before = totals[0] + totals[1];
    const void *u = ntk_at(gates->u, dtype, i * gates->group);
    /* s sees frequency u */
    bool flipped = weights->activation->frequency < 0;
    int32_t found[2] = {0, 0};
    uint64_t unused[MOST_NEURONS / 64], *planes[2];
    for (int p = 0; p < 2; p++) planes[p] = p < gates->planes ? bits_of(samples, i, p) + job->first / 64 : unused;
    loops_of(lane)->pack[dtype - 1](planes[flipped], planes[!flipped], found, u, job->count);
    totals[0] += found[flipped];
    totals[1] += found[!flipped];
    if (totals[0] + totals[1] - before < job->count && has_nan(u, dtype, job->count)) samples->diagonal[i] = NAN;
    if (samples->rf) {
        void *rf = ntk_at(samples->rf, dtype, i * samples->count + job->first);
        ntk_activation_evaluate(weights->activation, lane->work->context->isa, dtype, 0, rf, u, job->count);
        scale(rf, dtype, weights->gamma, job->count);
    }
    if (job->last && job->diagonal) add_diagonal(samples, i);
}

typedef struct finishing {
    const preparation *job;
    int64_t first, last, per_task;
} finishing;

static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const finishing *f = argument;
    int64_t first = f->first + index * f->per_task, last = first + f->per_task < f->last ? first + f->per_task : f->last;
    for (int64_t i = first; i < last; i++) finish_row(f->job, lane, i);
    return NTK_OK;
}

static ntk_status prepare_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const preparation *job = argument;
    ntk_samples *samples = job->samples;
    const ntk_weights *weights = samples->kernel->features->weights;
    int32_t dtype = samples->dtype;
    int64_t row = index * job->shape.rows, left = samples->rows - row, rows = left < job->shape.rows ? left : job->shape.rows;
    for (int64_t k = 0; k < job->count; k += job->shape.neurons) {
        int64_t count = job->count - k < job->shape.neurons ? job->count - k : job->shape.neurons;
        NTK_TRY(ntk_layer_input(weights, dtype, samples->w, samples->first + job->first + k, count,
                                ntk_samples_at(samples, row), samples->x.stride, rows,
                                ntk_at(samples->gates.u, dtype, row * samples->gates.group + k), samples->gates.group));
        NTK_TRY(ntk_advance(lane, 0));
    }
    finishing f = {.job = job, .first = row, .last = row + rows, .per_task = ntk_rows_per_task(job->count)};
    return ntk_run(lane, (rows - 1) / f.per_task + 1, finish_rows, &f);
}

ntk_status ntk_gates_prepare(ntk_samples *samples, const ntk_lane *lane, bool add_to_diagonal)
{
    ntk_gates *gates = &samples->gates;
    preparation job = {.samples = samples, .diagonal = add_to_diagonal};
    /* bits beyond the last neuron are 0 */
    memset(gates->bits, 0, (size_t)(samples->rows * gates->planes * gates->words) * sizeof *gates->bits);
    memset(gates->totals, 0, (size_t)samples->rows * 2 * sizeof *gates->totals);
    for (; job.first < samples->count; job.first += gates->group) {
        int64_t left = samples->count - job.first;
        job.count = left < gates->group ? left : gates->group;
        job.last = job.count == left;
        job.shape = ntk_tile_shape(samples->rows, job.count, ntk_layer_cost(samples->inputs));
        if (job.shape.rows > MOST_ROWS) job.shape.rows = MOST_ROWS;
        NTK_TRY(ntk_run_blas(lane, (samples->rows - 1) / job.shape.rows + 1, prepare_rows, &job));
    }
    gates->zeros = false;
    for (int64_t i = 0; gates->planes == 2 && i < samples->rows; i++)
        gates->zeros |= gates->totals[2 * i] + gates->totals[2 * i + 1] < samples->count;
    return NTK_OK;
}

/* --- tiles --- */

/* Bits of so many samples stay in the first cache while so many others pass over them. */
enum { ROWS_AT_ONCE = 16, COLS_AT_ONCE = 32, WORDS_AT_ONCE = 64 };

typedef struct product {
    const ntk_kernel_tile *tile;
    const ntk_activation *activation;
    double unit;
    ntk_gate_counter count;
} product;

typedef int32_t count_block[ROWS_AT_ONCE][COLS_AT_ONCE];

/* A block of the tile. */
typedef struct block {
    int64_t row, rows, col, cols;
} block;

static void count_shared(const product *job, count_block counts, block b, int64_t row_plane, int64_t col_plane)
{
    const ntk_samples *rows = job->tile->rows, *cols = job->tile->cols;
    const uint64_t *others = bits_of(cols, job->tile->col + b.col, col_plane);
    int64_t words = rows->gates.words, stride = cols->gates.planes * words;
    for (int64_t k = 0; k < words; k += WORDS_AT_ONCE)
        for (int64_t i = 0; i < b.rows; i++)
            job->count(counts[i], bits_of(rows, job->tile->row + b.row + i, row_plane) + k, others + k, stride, b.cols,
                       words - k < WORDS_AT_ONCE ? words - k : WORDS_AT_ONCE);
}

/* sums = <nt, nt'> of the block, which counts less than 2^31 neurons. */
static void sum_block(const product *job, double sums[ROWS_AT_ONCE][COLS_AT_ONCE], block b)
{
    const ntk_samples *rows = job->tile->rows, *cols = job->tile->cols;
    const int32_t *p = rows->gates.totals + 2 * (job->tile->row + b.row),
                  *q = cols->gates.totals + 2 * (job->tile->col + b.col);
    count_block positive = {{0}}, negative = {{0}}, mixed = {{0}};
    bool zeros = rows->gates.zeros || cols->gates.zeros;
    count_shared(job, positive, b, 0, 0);
    if (zeros) {
        count_shared(job, negative, b, 1, 1);
        count_shared(job, mixed, b, 0, 1);
        count_shared(job, mixed, b, 1, 0);
    }
    for (int64_t i = 0; i < b.rows; i++)
        for (int64_t j = 0; j < b.cols; j++) {
            int64_t both = positive[i][j], either = (int64_t)p[2 * i] + q[2 * j] - both;
            double other = (double)(zeros ? negative[i][j] : rows->count - either);
            double opposite = (double)(zeros ? mixed[i][j] : either - both);
            sums[i][j] = job->unit * weighted(job->activation, (double)both, other, opposite);
        }
}

#define DEFINE_MULTIPLY(NAME, REAL)                                                      \
    static void NAME(void *out, const void *a, const double *b, int64_t count, bool add) \
    {                                                                                    \
        REAL *to = out;                                                                  \
        const REAL *x = a;                                                               \
        for (int64_t j = 0; j < count; j++) {                                            \
            REAL value = (REAL)((double)x[j] * b[j]);                                    \
            to[j] = add ? to[j] + value : value;                                         \
        }                                                                                \
    }

DEFINE_MULTIPLY(multiply_f64, double)
DEFINE_MULTIPLY(multiply_f32, float)

static void finish_block(const product *job, block b)
{
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->rows->dtype;
    double sums[ROWS_AT_ONCE][COLS_AT_ONCE];
    sum_block(job, sums, b);
    for (int64_t i = 0; i < b.rows; i++) {
        int64_t row = b.row + i, count = b.cols;
        if (tile->lower && row + 1 - b.col < count) count = row + 1 - b.col;
        (dtype == NTK_F64 ? multiply_f64 : multiply_f32)(ntk_at(tile->out, dtype, row * tile->ld + b.col),
                                                         ntk_at(tile->scratch, dtype, row * tile->col_count + b.col), sums[i],
                                                         count, tile->add);
    }
}

static ntk_status multiply_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const product *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    block b = {.row = index * ROWS_AT_ONCE};
    b.rows = tile->row_count - b.row < ROWS_AT_ONCE ? tile->row_count - b.row : ROWS_AT_ONCE;
    int64_t end = tile->lower ? b.row + b.rows : tile->col_count;
    for (; b.col < end; b.col += COLS_AT_ONCE) {
        b.cols = end - b.col < COLS_AT_ONCE ? end - b.col : COLS_AT_ONCE;
        finish_block(job, b);
        if ((b.col / COLS_AT_ONCE + 1) % 8 == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_gates_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_weights *weights = tile->rows->kernel->features->weights;
    const ntk_gate_loops *loops = loops_of(lane);
    product job = {.tile = tile, .activation = weights->activation, .unit = unit_of(weights), .count = loops->count};
    if (loops->counted && ntk_cpu_counts_bits()) job.count = loops->counted;
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->scratch, tile->col_count));
    NTK_TRY(ntk_advance(lane, 0));
    return ntk_run(lane, (tile->row_count - 1) / ROWS_AT_ONCE + 1, multiply_rows, &job);
}
