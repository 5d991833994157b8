/* Kernels over the lengths of their samples: the cosines of the samples' features. */
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/combine.h"
#include "kernel/composite.h"
#include "kernel/exchange.h"
#include "kernel/rescale.h"
#include "kernel/scales.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* 1 / sqrt(K_0(x, x)), or 0 where that is 0. */
static const double *inverse_lengths(const ntk_samples *samples)
{
    return samples->factors;
}

static ntk_status memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    (void)kernel, (void)dtype, (void)all;
    return ntk_need(bytes, rows, sizeof(double));
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)lane, (void)pass;
    if (samples->factors) return NTK_OK;
    NTK_TRY(ntk_allocate(samples->context, &samples->factors, samples->rows, sizeof(double), "the samples' lengths"));
    double *inverses = samples->factors;
    samples->largest = 1;
    for (int64_t i = 0; i < samples->rows; i++) {
        double square = samples->terms[0].diagonal[i];
        inverses[i] = square > 0 ? 1 / sqrt(square) : 0;
        samples->diagonal[i] = square > 0 ? 1 : 0;
        /* a length that is not known: NTK_ERR_OVERFLOW */
        if (!(square <= DBL_MAX)) samples->diagonal[i] = samples->largest = HUGE_VAL;
    }
    return NTK_OK;
}

static void close_samples(ntk_samples *samples)
{
    ntk_free(samples->context, samples->factors);
}

/* --- tiles --- */

#define DEFINE_NORMALISE(NAME, REAL)                                                             \
    static void NAME(void *out, const void *from, double row, const double *cols, int64_t count) \
    {                                                                                            \
        REAL *to = out;                                                                          \
        const REAL *a = from;                                                                    \
        for (int64_t j = 0; j < count; j++) to[j] = (REAL)((double)a[j] * row * cols[j]);        \
    }                                                                                            \
    static void bound_##NAME(void *out, int64_t count)                                           \
    {                                                                                            \
        REAL *to = out;                                                                          \
        for (int64_t j = 0; j < count; j++) to[j] = to[j] > 1 ? 1 : to[j] < -1 ? -1 : to[j];     \
    }

DEFINE_NORMALISE(normalise_f64, double)
DEFINE_NORMALISE(normalise_f32, float)

/* out(i, j) = from(i, j) over the lengths of the samples.  bound: they are cosines, and those of a sample with itself 1. */
typedef struct normalise_job {
    const ntk_kernel_tile *tile;
    const void *from;
    int64_t by_row, per_task;
    bool bound;
} normalise_job;

static void bound_row(const ntk_kernel_tile *tile, int64_t i, void *row, int64_t count)
{
    int32_t dtype = tile->rows->dtype;
    int64_t own = tile->row + i - tile->col;
    (dtype == NTK_F64 ? bound_normalise_f64 : bound_normalise_f32)(row, count);
    if (tile->rows == tile->cols && own >= 0 && own < count)
        ntk_convert(ntk_at(row, dtype, own), dtype, &tile->rows->diagonal[tile->row + i], NTK_F64, 1);
}

static ntk_status normalise_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const normalise_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->rows->dtype;
    int64_t first = index * job->per_task, last = first + job->per_task;
    for (int64_t i = first; i < last && i < tile->row_count; i++) {
        void *row = ntk_at(tile->out, dtype, i * tile->ld);
        int64_t count = tile->lower ? i + 1 : tile->col_count;
        (dtype == NTK_F64 ? normalise_f64 : normalise_f32)(row, ntk_at(job->from, dtype, i * job->by_row),
                                                           inverse_lengths(tile->rows)[tile->row + i],
                                                           inverse_lengths(tile->cols) + tile->col, count);
        if (job->bound) bound_row(tile, i, row, count);
    }
    return NTK_OK;
}

static ntk_status normalise(const ntk_kernel_tile *tile, const ntk_lane *lane, const void *from, int64_t by_row, bool bound)
{
    normalise_job job = {.tile = tile, .from = from, .by_row = by_row, .bound = bound};
    job.per_task = ntk_rows_per_task(tile->col_count);
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, normalise_rows, &job);
}

static ntk_status tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    NTK_TRY(ntk_term_tile(tile, lane, 0, tile->out, tile->ld, tile->scratch));
    return normalise(tile, lane, tile->out, tile->ld, true);
}

/* --- gradients --- */

/* With r = sqrt(K_0(x, x)), r' = sqrt(K_0(x', x')) and K = K_0 / (r r'),
 *   grad K(x, x') = grad K_0(x, x') / (r r') - K(x, x') (grad K_0)(x, x) / r^2,
 * since, K_0 being symmetric, the gradient of K_0(x, x) is twice that of its first argument. */
typedef struct gradient_job {
    const ntk_tile_gradient *part; /* of some targets: with the weights W / (r r') */
    const ntk_tile_gradient *job;  /* the same targets with their weights W */
    const void *cosines;
} gradient_job;

static double weighted_cosines(const gradient_job *at, int64_t i, int64_t c)
{
    const ntk_tile_gradient *job = at->job;
    int32_t dtype = job->tile.rows->dtype;
    int64_t ld = job->tile.col_count;
    return ntk_dot(dtype, ntk_at(job->weights, dtype, c * job->by_target + i * job->by_row), ntk_at(at->cosines, dtype, i * ld),
                   ld);
}

/* Operations after which the rows' own terms ask whether to stop: some milliseconds.  Rows that are dear by themselves go together,
 * with weights that are 0 but for those of samples with themselves. */
static const double OWN_COST = 4e6, DEAR_ROW = 1e4;
enum { OWN_ROWS = 16 };

typedef union own_weights {
    double f64[NTK_WEIGHED_TARGETS * OWN_ROWS * OWN_ROWS];
    float f32[NTK_WEIGHED_TARGETS * OWN_ROWS * OWN_ROWS];
} own_weights;

/* The second term of count rows from first on, from the gradients of their samples with themselves. */
static ntk_status add_own_rows(const gradient_job *at, const ntk_lane *lane, own_weights *weights, int64_t first, int64_t count)
{
    const ntk_kernel_tile *tile = &at->job->tile;
    int32_t dtype = tile->rows->dtype;
    ntk_tile_gradient own = *at->part;
    memset(weights, 0, sizeof *weights);
    for (int64_t c = 0; c < own.targets; c++)
        for (int64_t i = 0; i < count; i++) {
            double inverse = inverse_lengths(tile->rows)[tile->row + first + i];
            ntk_put(weights, dtype, (c * count + i) * count + i, -weighted_cosines(at, first + i, c) * inverse * inverse);
        }
    own.tile.cols = own.tile.rows;
    own.tile.row = own.tile.col = tile->row + first;
    own.tile.row_count = own.tile.col_count = count;
    own.tile.products = NULL;
    own.weights = weights;
    own.by_target = count * count;
    own.by_row = count;
    own.g = ntk_at(own.g, dtype, first * own.ldg);
    return ntk_term_add_gradient(&own, lane);
}

static ntk_status add_own(const gradient_job *at, const ntk_lane *lane)
{
    const ntk_kernel_tile *tile = &at->job->tile;
    const ntk_samples *term = at->part->tile.rows;
    double row_cost = ntk_gradient_row_cost(term->kernel),
           cost = row_cost + term->kernel->operations->cost(term->kernel, term->inputs, term->dtype, 0);
    /* in scratch for a tile of this shape */
    int64_t most = row_cost > DEAR_ROW ? ntk_smaller(OWN_ROWS, ntk_smaller(tile->row_count, tile->col_count)) : 1, done = 0;
    int64_t every = (int64_t)(OWN_COST / cost) + 1;
    own_weights weights;
    const ntk_lane own_lane = {.work = lane->work, .index = lane->index, .nested = true, .quiet = most == 1};
    for (int64_t first = 0, count; first < tile->row_count; first += count) {
        count = ntk_smaller(most, tile->row_count - first);
        NTK_TRY(add_own_rows(at, &own_lane, &weights, first, count));
        done += count;
        if (done < every) continue;
        NTK_TRY(ntk_advance(lane, 0));
        done = 0;
    }
    return NTK_OK;
}

/* Scratch: the cosines, the weights of some targets, and what the term needs. */
static ntk_status gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    ntk_tile_gradient shared = *job;
    NTK_TRY(ntk_share_products(&shared.tile, lane, 2));
    ntk_kernel_tile view = shared.tile;
    int32_t dtype = view.rows->dtype;
    int64_t ld = view.col_count, area = view.row_count * ld;
    void *cosines = view.scratch, *own = ntk_at(cosines, dtype, area),
         *scratch = ntk_at(own, dtype, NTK_WEIGHED_TARGETS * area);
    view.ld = ld;
    view.out = cosines;
    view.scratch = scratch;
    NTK_TRY(ntk_term_tile(&view, lane, 0, cosines, ld, scratch));
    NTK_TRY(normalise(&view, lane, cosines, ld, false));
    for (int64_t first = 0; first < job->targets; first += NTK_WEIGHED_TARGETS) {
        int64_t left = job->targets - first, count = left < NTK_WEIGHED_TARGETS ? left : NTK_WEIGHED_TARGETS;
        ntk_tile_gradient part = ntk_term_gradient(&shared, 0, first, count, scratch), weighed = *job;
        weighed.weights = part.weights;
        for (int64_t c = 0; c < count; c++) {
            view.out = ntk_at(own, dtype, c * area);
            NTK_TRY(normalise(&view, lane, ntk_at(part.weights, dtype, c * part.by_target), part.by_row, false));
        }
        part.weights = own;
        part.by_target = area;
        part.by_row = ld;
        NTK_TRY(ntk_term_add_gradient(&part, lane));
        NTK_TRY(add_own(&(gradient_job){.part = &part, .job = &weighed, .cosines = cosines}, lane));
    }
    return NTK_OK;
}

static ntk_status remake(ntk_context *context, ntk_kernel **made, const ntk_kernel *const *terms, int64_t count,
                         const double *numbers, int64_t number_count)
{
    (void)count, (void)numbers, (void)number_count;
    return ntk_kernel_create_normalised(context, made, terms[0]);
}

static const ntk_kernel_operations operations = {
    .memory = memory,
    .prepare = prepare,
    .close = close_samples,
    .tile = tile,
    .gradient = gradient,
    .scales = ntk_composite_scales,
    .scale_gradient = ntk_normalised_scale_gradient,
    .scale_memory = ntk_normalised_scale_memory,
    .scale_values = ntk_composite_scale_values,
    .rescale = ntk_composite_rescale,
    .remake = remake,
    .write = ntk_normalised_write,
    .zonal = true,
};

ntk_status ntk_kernel_create_normalised(ntk_context *context, ntk_kernel **kernel, const ntk_kernel *base)
{
    ntk_composite *made;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(base);
    NTK_TRY(ntk_composite_create(context, &made, &operations, &base, 1, 0, __func__, "base"));
    made->operations.scratch = ntk_terms_scratch(&made->base);
    made->operations.gradient_scratch =
        ntk_shared_products(&made->base, 2) + 1 + NTK_WEIGHED_TARGETS + ntk_terms_gradient_scratch(&made->base);
    made->operations.gradient_sums = ntk_terms_gradient_sums(&made->base);
    *kernel = &made->base;
    return NTK_OK;
}
