#include "kernel/mehler.h"

#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/exchange.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"
#include "kernel/rescale.h"
#include "kernel/simd/loops.h"
#include "kernel/tile.h"

#include <math.h>
#include <string.h>

/* --- samples --- */

/* B B' + l l' rho S of sample j and one with these terms, length and mean; the constant is not counted. */
static double value_of(const ntk_samples *cols, int64_t j, int64_t terms, const void *row, double length, double mean,
                       double rho)
{
    const ntk_mehler *mehler = &cols->mehler;
    ntk_mehler_degrees degrees = ntk_mehler_degrees_of(((const ntk_infinite *)cols->kernel)->activation);
    double x = degrees.step == 2 ? rho * rho : rho, lead = degrees.first == 2 ? rho * rho : rho, sum = 0, first;
    int32_t dtype = cols->dtype;
    for (int64_t t = terms - 1; t > 0; t--)
        sum = sum * x + ntk_get(row, dtype, t) * ntk_get(mehler->table, dtype, ntk_mehler_at(mehler, j, t));
    first = ntk_get(row, dtype, 0) * ntk_get(mehler->table, dtype, ntk_mehler_at(mehler, j, 0));
    double l = length * ntk_get(ntk_infinite_array(cols, NTK_MEHLER_LENGTH), dtype, j);
    return l * rho * (first + lead * sum) + mean * ntk_get(ntk_infinite_array(cols, NTK_MEHLER_MEAN), dtype, j);
}

void ntk_mehler_copy(ntk_mehler_row *row, const ntk_mehler *mehler, int32_t dtype, int64_t i, int64_t terms)
{
    for (int64_t t = 0; t < terms; t++)
        memcpy(ntk_at(row, dtype, t), ntk_at(mehler->table, dtype, ntk_mehler_at(mehler, i, t)), (size_t)ntk_dtype_size(dtype));
}

void ntk_mehler_take_shared(ntk_mehler_row *row, const ntk_mehler *cols, int32_t dtype, int64_t terms)
{
    if (!cols->shared) return;
    for (int64_t t = 0; t < terms; t++) ntk_put(row, dtype, t, ntk_get(row, dtype, t) * ntk_get(cols->table, dtype, t));
}

typedef struct diagonal_job {
    ntk_samples *samples;
    double constant;
} diagonal_job;

enum { ROWS_PER_TASK = 1024 };

static ntk_status take_diagonal(void *argument, int64_t index, const ntk_lane *lane)
{
    const diagonal_job *job = argument;
    ntk_samples *samples = job->samples;
    int64_t first = index * ROWS_PER_TASK, terms = samples->mehler.own;
    ntk_mehler_row row;
    for (int64_t i = first; i < first + ROWS_PER_TASK && i < samples->rows; i++) {
        double length = ntk_get(ntk_infinite_array(samples, NTK_MEHLER_LENGTH), samples->dtype, i);
        double mean = ntk_get(ntk_infinite_array(samples, NTK_MEHLER_MEAN), samples->dtype, i);
        ntk_mehler_copy(&row, &samples->mehler, samples->dtype, i, terms);
        samples->diagonal[i] = value_of(samples, i, terms, &row, length, mean, 1) + job->constant;
    }
    return ntk_advance(lane, 0);
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)pass;
    if (samples->factors) return NTK_OK;
    const ntk_infinite_constants k = ntk_infinite_constants_of((const ntk_infinite *)samples->kernel, samples->inputs);
    NTK_TRY(ntk_allocate(samples->context, &samples->factors, NTK_INFINITE_FACTORS * samples->rows,
                         ntk_dtype_size(samples->dtype), "the samples' lengths"));
    NTK_TRY(ntk_infinite_measure_samples(samples, lane, &k, ntk_infinite_store_length));
    ntk_mehler_source source = {.activation = ((const ntk_infinite *)samples->kernel)->activation};
    source.context = samples->context;
    source.dtype = source.length_dtype = samples->dtype;
    source.rows = samples->rows;
    source.lengths = ntk_infinite_array(samples, NTK_MEHLER_LENGTH);
    source.means = ntk_at(samples->factors, samples->dtype, NTK_MEHLER_MEAN * samples->rows);
    source.table = source.tail = (ntk_mehler_weights){k.k[0], k.k[1]};
    bool overflow;
    NTK_TRY(ntk_mehler_fill(&samples->mehler, &overflow, &source, lane));
    if (overflow) {
        samples->largest = HUGE_VAL;
        for (int64_t i = 0; i < samples->rows; i++) samples->diagonal[i] = HUGE_VAL;
        return NTK_OK;
    }
    diagonal_job job = {.samples = samples, .constant = k.constant};
    NTK_TRY(ntk_run(lane, (samples->rows - 1) / ROWS_PER_TASK + 1, take_diagonal, &job));
    for (int64_t i = 0; i < samples->rows; i++) {
        double length = sqrt(samples->diagonal[i]);
        if (!(length <= samples->largest)) samples->largest = length;
    }
    return NTK_OK;
}

void ntk_mehler_close(ntk_mehler *mehler, ntk_context *context)
{
    ntk_free(context, mehler->table);
    ntk_free(context, mehler->tails);
}

static void close(ntk_samples *samples)
{
    ntk_mehler_close(&samples->mehler, samples->context);
    ntk_infinite_close(samples);
}

/* --- tiles --- */

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    ntk_infinite_constants k;
    int64_t terms, per_task;
} tile_job;

ntk_status ntk_mehler_enough(int64_t *terms, const ntk_mehler *a, const ntk_mehler *b, const ntk_activation *activation,
                             int32_t dtype, bool slopes)
{
    ntk_mehler_degrees degrees = ntk_mehler_degrees_of(activation);
    int64_t most = a->terms < b->terms ? a->terms : b->terms;
    double accuracy = ntk_mehler_accuracy(activation, dtype), error = HUGE_VAL;
    for (*terms = 0; error > accuracy && *terms < most;) {
        double factor = slopes ? (double)ntk_mehler_degree(&degrees, ++*terms) : (double)!!++*terms;
        error = factor * sqrt(a->tails[*terms] * b->tails[*terms]);
    }
    error = sqrt(a->tails[*terms] * b->tails[*terms]);
    if (error <= accuracy) return NTK_OK;
    return ntk_fail(
        NTK_ERR_UNSUPPORTED,
        "the activation has no closed form, and two sets of samples differ so much in length that its Hermite series "
        "gives their kernel to %.1e, not the %.1e asked",
        error, accuracy);
}

ntk_mehler_strip ntk_mehler_strip_of(const ntk_mehler *cols, const ntk_activation *activation, int32_t dtype, int64_t first,
                                     int64_t terms)
{
    ntk_mehler_degrees degrees = ntk_mehler_degrees_of(activation);
    ntk_mehler_strip of = {.terms = terms, .first = degrees.first, .step = degrees.step};
    if (cols->shared) return of;
    of.at = first % NTK_MEHLER_BLOCK;
    of.stride = cols->terms * NTK_MEHLER_BLOCK;
    of.table = ntk_at(cols->table, dtype, ntk_mehler_at(cols, first - of.at, 0));
    return of;
}

/* Elements of samples that near entries pass over before they ask whether to stop: a millisecond or less. */
enum { ELEMENTS_PER_ADVANCE = 1 << 18, NEAR_ELEMENTS = 1024 };

static ntk_status replace_near(const tile_job *job, const ntk_lane *lane, int64_t i, int64_t first, const int32_t *near,
                               int64_t found, const void *row, void *entries)
{
    const ntk_samples *rows = job->tile->rows, *cols = job->tile->cols;
    const void *x = ntk_samples_at(rows, i);
    ntk_infinite_row own = ntk_infinite_row_at(rows, i);
    int64_t every = ELEMENTS_PER_ADVANCE / (cols->inputs + NEAR_ELEMENTS + job->terms) + 1;
    for (int64_t f = 0; f < found; f++) {
        int64_t j = first + near[f];
        const void *other = ntk_samples_at(cols, j);
        ntk_angle angle = ntk_angle_of(1, 0);
        if (other != x)
            angle = ntk_near_angle(&job->k, cols->dtype, x, own.shift, other, cols->shifts ? cols->shifts[j] : 0, cols->inputs);
        double K = value_of(cols, j, job->terms, row, own.factors.p, own.factors.q, angle.cosine) + job->k.constant;
        ntk_convert(ntk_at(entries, cols->dtype, near[f]), cols->dtype, &K, NTK_F64, 1);
        if ((f + 1) % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* Entries of row i with count columns from first on. */
static ntk_status finish_strip(const tile_job *job, const ntk_lane *lane, int64_t i, int64_t first, int64_t count,
                               void *entries)
{
    const ntk_samples *rows = job->tile->rows, *cols = job->tile->cols;
    const ntk_kernel_loops *loops = NTK_OF_ISA(lane->work->context->isa, ntk_kernel_loops, cols->dtype - 1);
    ntk_infinite_factors own = ntk_infinite_row_at(rows, i).factors;
    ntk_strip strip = {.w = own.w, .z = own.z, .p = own.p, .q = own.q, .constant = job->k.constant};
    const ntk_activation *activation = ((const ntk_infinite *)cols->kernel)->activation;
    ntk_mehler_strip terms = ntk_mehler_strip_of(&cols->mehler, activation, cols->dtype, first, job->terms);
    ntk_mehler_row row, products;
    int32_t near[NTK_STRIP];
    ntk_infinite_take_columns(&strip, cols, first);
    ntk_mehler_copy(&row, &rows->mehler, cols->dtype, i, job->terms);
    terms.row = &row;
    if (cols->mehler.shared) {
        memcpy(&products, &row, (size_t)(job->terms * ntk_dtype_size(cols->dtype)));
        ntk_mehler_take_shared(&products, &cols->mehler, cols->dtype, job->terms);
        terms.row = &products;
    }
    int64_t found = loops->mehler(entries, count, &strip, &terms, near);
    return replace_near(job, lane, i, first, near, found, &row, entries);
}

/* Column by column of strips, so that their coefficients stay in a cache. */
static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int64_t first = index * job->per_task, last = first + job->per_task;
    if (last > tile->row_count) last = tile->row_count;
    for (int64_t j = 0; j < tile->col_count; j += NTK_STRIP) {
        for (int64_t i = first; i < last; i++) {
            int64_t end = tile->lower ? i + 1 : tile->col_count, count = end - j < NTK_STRIP ? end - j : NTK_STRIP;
            if (count <= 0) continue;
            NTK_TRY(finish_strip(job, lane, tile->row + i, tile->col + j, count,
                                 ntk_at(tile->out, tile->rows->dtype, i * tile->ld + j)));
        }
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status evaluate_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_infinite *kernel = (const ntk_infinite *)tile->rows->kernel;
    tile_job job = {.tile = tile, .k = ntk_infinite_constants_of(kernel, tile->rows->inputs)};
    NTK_TRY(
        ntk_mehler_enough(&job.terms, &tile->rows->mehler, &tile->cols->mehler, kernel->activation, tile->rows->dtype, false));
    job.per_task = ntk_rows_per_task(tile->col_count * (1 + job.terms / 32));
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}

/* A series of a hundred terms or so. */
static const double ENTRY_COST = 400;

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)kernel, (void)dtype, (void)all;
    return 2.0 * (double)inputs + ENTRY_COST;
}

static ntk_status memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    NTK_TRY(ntk_infinite_memory(kernel, bytes, dtype, rows, all));
    return ntk_mehler_memory(((const ntk_infinite *)kernel)->activation, bytes, dtype, rows, 1);
}

const ntk_kernel_operations ntk_mehler_operations = {
    .scratch = 0,
    .passes = ntk_infinite_passes,
    .memory = memory,
    .prepare = prepare,
    .close = close,
    .tile = evaluate_tile,
    .cost = entry_cost,
    .gradient = ntk_mehler_gradient,
    .gradient_scratch = NTK_PAIR_GRADIENT_RECTANGLES,
    NTK_INFINITE_SCALE_OPERATIONS,
    .points = false,
    .products = 1,
    .write = ntk_infinite_write,
    .zonal = true,
};
