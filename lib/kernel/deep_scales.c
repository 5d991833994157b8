#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/deep_series.h"
#include "kernel/infinite.h"
#include "kernel/scale_chain.h"
#include "kernel/scales.h"
#include "kernel/tile.h"

#include <math.h>
#include <string.h>

/* Rows of a tile; and numbers that a pair's state has at each layer. */
enum { MOST_ROWS = 512, STATE = 3 };

/* A call, and the scratch of a lane: inner products of a tile, the states of a strip at all layers, for each layer what the tile's
 * columns have (scale_chain.h), and the row's and the columns' share of it as numbers.  totals  of each task, its scales and parts */
typedef struct scale_job {
    const ntk_samples *rows, *cols;
    const ntk_matrix *weights;
    const ntk_deep *kernel;
    ntk_infinite_constants k;
    const ntk_deep_loops *loops;
    const ntk_deep_family *family;
    const ntk_series_terms *series; /* NULL: the moments have closed forms */
    int64_t row_edge, col_edge;
    char *scratch;
    int64_t states_at, sides_at, own_at, scratch_size;
    double *totals;
} scale_job;

/* A task's tile. */
typedef struct scale_tile {
    const scale_job *job;
    const ntk_lane *lane;
    ntk_kernel_tile tile;
    void *products, *states, *sides;
    double *own;
    ntk_scale_totals totals;
    ntk_series_strip series;
    double passed; /* layers and terms since it was asked whether to stop */
} scale_tile;

static void shape_of(scale_job *job, const ntk_deep *kernel, int64_t rows, int64_t cols, int64_t inputs, int32_t dtype)
{
    int64_t edge = ntk_tile_edge(&kernel->first.base, rows, cols, inputs, dtype, rows + cols, MOST_ROWS);
    int64_t size = ntk_dtype_size(dtype);
    job->row_edge = ntk_smaller(rows, edge);
    job->col_edge = ntk_smaller(cols, (edge + NTK_MEHLER_BLOCK - 1) / NTK_MEHLER_BLOCK * NTK_MEHLER_BLOCK);
    job->states_at = ntk_whole_lines(job->row_edge * job->col_edge * size);
    job->sides_at = job->states_at + ntk_whole_lines(STATE * kernel->layers * NTK_STRIP * size);
    job->own_at = job->sides_at + ntk_whole_lines((kernel->layers + 1) * job->col_edge * size);
    job->scratch_size = job->own_at + ntk_whole_lines((kernel->layers + 1) * (int64_t)sizeof(double));
}

static int64_t tasks_for(const scale_job *job, int64_t rows)
{
    return (rows - 1) / job->row_edge + 1;
}

/* Layer l of a strip; back  with what its reverse takes.  Strips of series begin with a block of the columns' tables. */
static ntk_deep_layer layer_of(scale_tile *at, const ntk_deep_strip *strip, int64_t l, bool back)
{
    ntk_series_strip *series = &at->series;
    if (!at->job->series) return ntk_deep_strip_layer(strip, l);
    series->at = series->whole = *strip;
    return back ? ntk_series_strip_reverse(series, l) : ntk_series_strip_layer(series, l);
}

static ntk_deep_state state_of(const scale_tile *at, int64_t layer)
{
    int32_t dtype = at->job->rows->dtype;
    int64_t first = STATE * layer * NTK_STRIP;
    return (ntk_deep_state){ntk_at(at->states, dtype, first), ntk_at(at->states, dtype, first + NTK_STRIP),
                            ntk_at(at->states, dtype, first + 2 * NTK_STRIP)};
}

/* A layer's moments of pairs, or as much work, between two times that it is asked whether to stop. */
static const double WORK_PER_ADVANCE = 1 << 18;

static ntk_status ask(scale_tile *at, int64_t l, int64_t pairs)
{
    const ntk_series_terms *series = at->job->series;
    at->passed += (double)pairs * (double)(1 + (series ? series->of[l] / 8 : 0));
    if (at->passed < WORK_PER_ADVANCE) return NTK_OK;
    at->passed = 0;
    return ntk_advance(at->lane, 0);
}

/* States at all layers, of inner products. */
static ntk_status go_forward(scale_tile *at, ntk_deep_strip *strip, const void *products)
{
    int32_t near[NTK_STRIP];
    int64_t found, bytes = STATE * NTK_STRIP * ntk_dtype_size(at->job->rows->dtype);
    strip->state = state_of(at, 0);
    NTK_TRY(ntk_deep_strip_begin(strip, products, near, &found));
    for (int64_t l = 0; l + 1 < at->job->kernel->layers; l++) {
        ntk_deep_layer layer = layer_of(at, strip, l, false);
        ntk_deep_state next = state_of(at, l + 1);
        memcpy(next.rho, strip->state.rho, (size_t)bytes);
        strip->state = next;
        at->job->family->step(&next, strip->count, &layer);
        NTK_TRY(ask(at, l, strip->count));
    }
    return NTK_OK;
}

/* W of the strip times the parts that the last layer adds up, and what a scaled sample's K lacks. */
static void seed_adjoint(const scale_tile *at, const ntk_deep_strip *strip, const ntk_deep_adjoint *adjoint,
                         const ntk_deep_layer *last)
{
    const ntk_matrix *weights = at->job->weights;
    const ntk_samples *rows = at->job->rows, *cols = at->job->cols;
    int32_t dtype = rows->dtype;
    size_t bytes = (size_t)(NTK_STRIP * ntk_dtype_size(dtype));
    int row_exponent = rows->exponents ? rows->exponents[strip->row] : 0;
    memset(adjoint->seen, 0, bytes);
    memset(adjoint->tangent, 0, bytes);
    for (int64_t j = 0; j < strip->count; j++) {
        int exponent = row_exponent + (cols->exponents ? cols->exponents[strip->first + j] : 0);
        double w = ntk_get(ntk_row(weights, strip->row), weights->dtype, strip->first + j);
        at->totals.rest[NTK_SCALE_ONE] += w;
        if (exponent) w = ldexp(w, exponent);
        ntk_put(adjoint->seen, dtype, j, w * last->k[4]);
        ntk_put(adjoint->tangent, dtype, j, w * last->k[5]);
    }
}

/* Adds what a strip has, from its states. */
static ntk_status go_back(scale_tile *at, const ntk_deep_strip *strip)
{
    const scale_job *job = at->job;
    const ntk_deep *kernel = job->kernel;
    int32_t dtype = job->rows->dtype;
    int64_t col = strip->first - at->tile.col, last = kernel->layers - 1;
    ntk_strip_room seen, tangent;
    const ntk_deep_adjoint adjoint = {&seen, &tangent};
    ntk_deep_sums sums;
    for (int64_t l = last; l >= 0; l--) {
        ntk_deep_layer layer = layer_of(at, strip, l, true);
        ntk_deep_state state = state_of(at, l);
        if (l == last) {
            seed_adjoint(at, strip, &adjoint, &layer);
            layer.k[4] = 1;
        }
        int64_t side = ntk_scale_side(kernel, l);
        job->family->reverse(&adjoint, ntk_at(at->sides, dtype, side * job->col_edge + col), &sums, &state,
                             l < last ? state_of(at, l + 1).rho : NULL, strip->count, &layer);
        at->own[side] += sums.row;
        ntk_scale_add_layer(&at->totals, kernel, l, &sums);
        NTK_TRY(ask(at, l, strip->count));
    }
    ntk_deep_layer first = ntk_deep_strip_first(strip);
    ntk_deep_state state = state_of(at, 0);
    int kinked = ntk_deep_is_kinked(kernel);
    job->loops->reverse_first(&adjoint, ntk_at(at->sides, dtype, col), &sums, &state, strip->count, &first, kinked);
    if (kinked) at->own[0] += sums.row;
    ntk_scale_add_first(&at->totals, kernel, &job->k, &sums);
    return NTK_OK;
}

static ntk_status add_row(scale_tile *at, int64_t i)
{
    const scale_job *job = at->job;
    const ntk_kernel_tile *tile = &at->tile;
    ntk_deep_strip strip = {.tile = tile, .kernel = job->kernel, .k = &job->k, .lane = at->lane, .row = tile->row + i};
    memset(at->own, 0, (size_t)(job->kernel->layers + 1) * sizeof *at->own);
    for (int64_t done = 0; done < tile->col_count; done += NTK_STRIP) {
        strip.first = tile->col + done;
        strip.count = ntk_smaller(tile->col_count - done, NTK_STRIP);
        NTK_TRY(go_forward(at, &strip, ntk_at(at->products, tile->rows->dtype, i * tile->col_count + done)));
        NTK_TRY(go_back(at, &strip));
    }
    ntk_scale_add_sample(&at->totals, job->kernel, &job->k, tile->rows, strip.row, at->own);
    return NTK_OK;
}

/* What the columns' samples have of all rows of the tile. */
static ntk_status add_columns(scale_tile *at)
{
    const scale_job *job = at->job;
    int64_t layers = job->kernel->layers;
    for (int64_t j = 0; j < at->tile.col_count; j++) {
        for (int64_t l = 0; l <= layers; l++) at->own[l] = ntk_get(at->sides, job->cols->dtype, l * job->col_edge + j);
        ntk_scale_add_sample(&at->totals, job->kernel, &job->k, job->cols, at->tile.col + j, at->own);
        for (int64_t l = 0; l < layers; l++) NTK_TRY(ask(at, l, 1));
    }
    return NTK_OK;
}

static ntk_status add_tile(scale_tile *at)
{
    const scale_job *job = at->job;
    int64_t sides = (job->kernel->layers + 1) * job->col_edge * ntk_dtype_size(job->rows->dtype);
    NTK_TRY(ntk_tile_inner_products(&at->tile, at->lane, at->products, at->tile.col_count));
    memset(at->sides, 0, (size_t)sides);
    for (int64_t i = 0; i < at->tile.row_count; i++) NTK_TRY(add_row(at, i));
    NTK_TRY(add_columns(at));
    return ntk_advance(at->lane, 0);
}

static ntk_status add_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const scale_job *job = argument;
    char *scratch = job->scratch + lane->index * job->scratch_size;
    scale_tile at = {.job = job, .lane = lane, .series.terms = job->series};
    at.products = scratch;
    at.states = scratch + job->states_at;
    at.sides = scratch + job->sides_at;
    at.own = (double *)(void *)(scratch + job->own_at);
    at.totals = ntk_scale_totals_at(job->kernel, job->totals, index);
    at.tile = (ntk_kernel_tile){.rows = job->rows, .cols = job->cols, .row = index * job->row_edge};
    at.tile.row_count = ntk_smaller(job->row_edge, job->rows->rows - at.tile.row);
    for (; at.tile.col < job->cols->rows; at.tile.col += job->col_edge) {
        at.tile.col_count = ntk_smaller(job->col_edge, job->cols->rows - at.tile.col);
        NTK_TRY(add_tile(&at));
    }
    return ntk_advance(lane, at.tile.row_count);
}

/* The sums of all tasks in order, whichever ran them, into g. */
static void finish(const scale_job *job, int64_t tasks, double *g)
{
    int64_t numbers = ntk_scale_numbers(job->kernel);
    for (int64_t t = 1; t < tasks; t++)
        for (int64_t s = 0; s < numbers; s++) job->totals[s] += job->totals[t * numbers + s];
    ntk_scale_totals sum = ntk_scale_totals_at(job->kernel, job->totals, 0);
    ntk_scale_finish(&sum, job->kernel, g);
}

static ntk_status evaluate(scale_job *job, const ntk_lane *lane, const ntk_scale_call *call, double *g)
{
    ntk_context *context = lane->work->context;
    shape_of(job, job->kernel, job->rows->rows, job->cols->rows, job->rows->inputs, call->dtype);
    int64_t tasks = tasks_for(job, job->rows->rows), numbers = ntk_scale_numbers(job->kernel);
    NTK_TRY(
        ntk_allocate(context, &job->totals, tasks, numbers * (int64_t)sizeof *job->totals, "sums of derivatives by scales"));
    memset(job->totals, 0, (size_t)(tasks * numbers) * sizeof *job->totals);
    ntk_status status =
        ntk_allocate(context, &job->scratch, ntk_lanes_for(lane, tasks), job->scratch_size, "tiles of derivatives by scales");
    if (status >= 0) {
        ntk_work_stage(lane->work, "kernel derivatives by scales", job->rows->rows, 0, 1);
        status = ntk_run_blas(lane, tasks, add_rows, job);
        ntk_free(context, job->scratch);
    }
    if (status >= 0) finish(job, tasks, g);
    ntk_free(context, job->totals);
    return status;
}

ntk_status ntk_deep_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    const ntk_deep *deep = (const ntk_deep *)kernel;
    ntk_sample_pair pair;
    NTK_TRY(ntk_mehler_kinked_gradient(deep->first.activation, call->function));
    NTK_TRY(ntk_sample_pair_open(&pair, kernel, lane, &call->x1, &call->x2, call->dtype, call->function));
    scale_job job = {.rows = &pair.rows, .cols = &pair.cols, .weights = &call->weights, .kernel = deep};
    job.k = ntk_infinite_constants_of(&deep->first, call->x1.cols);
    job.loops = NTK_OF_ISA(lane->work->context->isa, ntk_deep_loops, call->dtype - 1);
    job.family = ntk_deep_family_of(lane->work->context->isa, call->dtype, deep->first.activation->family);
    ntk_series_terms terms;
    ntk_status status = NTK_OK;
    if (!ntk_infinite_is_closed(deep->first.activation)) {
        const ntk_kernel_tile all = {.rows = &pair.rows, .cols = &pair.cols};
        job.family = &job.loops->series;
        job.series = &terms;
        status = ntk_series_terms_of(&terms, &all, true);
    }
    if (status >= 0) status = evaluate(&job, lane, call, g);
    ntk_sample_pair_close(&pair);
    return status;
}

int64_t ntk_deep_scales_of(const ntk_kernel *kernel)
{
    return 2 * ((const ntk_deep *)kernel)->layers + 2;
}

ntk_status ntk_deep_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                 int64_t cols, int64_t inputs, int32_t dtype)
{
    const ntk_deep *deep = (const ntk_deep *)kernel;
    scale_job job;
    shape_of(&job, deep, rows, cols, inputs, dtype);
    int64_t tasks = tasks_for(&job, rows);
    NTK_TRY(ntk_samples_memory(kernel, bytes, dtype, rows, inputs, rows + cols));
    NTK_TRY(ntk_samples_memory(kernel, bytes, dtype, cols, inputs, rows + cols));
    NTK_TRY(ntk_need(bytes, tasks + 1, ntk_scale_numbers(deep) * (int64_t)sizeof(double)));
    return ntk_need(bytes, ntk_lanes_expected(context, tasks), job.scratch_size);
}

/* --- one hidden layer, as a deep kernel of one --- */

/* With NTK_PARAM_LECTURE the rate of what K^NT weighs is d over the weights' variance. */
static double rate_of(const ntk_infinite *kernel, int64_t inputs)
{
    double lecture = kernel->lecture ? sqrt((double)inputs) / kernel->weight_scale : 1;
    return kernel->nt * lecture * lecture;
}

ntk_status ntk_infinite_scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    const ntk_infinite *infinite = (const ntk_infinite *)kernel;
    const ntk_deep_scales scales = {infinite->weight_scale, infinite->bias_scale, rate_of(infinite, call->x1.cols)};
    ntk_kernel *deep;
    NTK_TRY(ntk_deep_create(lane->work->context, &deep, infinite, 1, &scales));
    ntk_status status = ntk_deep_scale_gradient(deep, call, lane, g);
    ntk_release(deep);
    return status;
}

int64_t ntk_infinite_scales(const ntk_kernel *kernel)
{
    (void)kernel;
    return 4;
}

ntk_status ntk_infinite_scale_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                     int64_t cols, int64_t inputs, int32_t dtype)
{
    const ntk_deep shape = ntk_deep_shape((const ntk_infinite *)kernel, 1);
    return ntk_deep_scale_memory(&shape.first.base, context, bytes, rows, cols, inputs, dtype);
}
