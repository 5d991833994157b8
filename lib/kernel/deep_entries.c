#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/deep.h"
#include "kernel/near.h"
#include "kernel/tile.h"

#include <math.h>

/* What step and finish of a family do, for this instruction set and precision. */
typedef struct layer_loops {
    const ntk_deep_loops *all;
    ntk_deep_step *step;
    ntk_deep_finish *finish;
} layer_loops;

static layer_loops loops_of(ntk_isa isa, int32_t dtype, ntk_family family)
{
    const ntk_deep_loops *all = NTK_OF_ISA(isa, ntk_deep_loops, dtype - 1);
    switch (family) {
    case NTK_FAMILY_SLOPES:
        return (layer_loops){all, all->slopes.step, all->slopes.finish};
    case NTK_FAMILY_LEVELS:
        return (layer_loops){all, all->levels.step, all->levels.finish};
    case NTK_FAMILY_ERF:
        return (layer_loops){all, all->erf.step, all->erf.finish};
    case NTK_FAMILY_GELU:
        return (layer_loops){all, all->gelu.step, all->gelu.finish};
    case NTK_FAMILY_WAVE:
        return (layer_loops){all, all->wave.step, all->wave.finish};
    default:
        return (layer_loops){all, all->exp.step, all->exp.finish};
    }
}

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    const ntk_deep *kernel;
    ntk_infinite_constants k;
    layer_loops loops;
    int64_t per_task;
} tile_job;

/* One sample and the columns' samples from first on. */
typedef struct strip {
    const tile_job *job;
    const ntk_lane *lane;
    int64_t row, first, count;
    ntk_deep_state state;
} strip;

static const void *column_of(const strip *at, int64_t array)
{
    const ntk_samples *cols = at->job->tile->cols;
    return ntk_at(cols->factors, cols->dtype, array * cols->rows + at->first);
}

static double row_of(const strip *at, int64_t array)
{
    const ntk_samples *rows = at->job->tile->rows;
    return ntk_get(rows->factors, rows->dtype, array * rows->rows + at->row);
}

static ntk_deep_layer layer_of(const strip *at, int64_t l)
{
    int64_t first = NTK_DEEP_FIRST + NTK_DEEP_FACTORS * l;
    ntk_deep_layer layer = ntk_deep_layer_of(at->job->kernel, l);
    layer.p = row_of(at, first + NTK_DEEP_P);
    layer.q = row_of(at, first + NTK_DEEP_Q);
    layer.w = row_of(at, first + NTK_DEEP_W);
    layer.z = row_of(at, first + NTK_DEEP_Z);
    layer.ps = column_of(at, first + NTK_DEEP_P);
    layer.qs = column_of(at, first + NTK_DEEP_Q);
    layer.ws = column_of(at, first + NTK_DEEP_W);
    layer.zs = column_of(at, first + NTK_DEEP_Z);
    return layer;
}

static ntk_deep_layer beginning_of(const strip *at)
{
    ntk_deep_layer first = {.rate = at->job->kernel->scales[0].rate};
    first.k[0] = at->job->kernel->first.activation->family == NTK_FAMILY_SLOPES ? NTK_SLOPES_REACH : 1;
    first.w = row_of(at, NTK_DEEP_FIRST_W);
    first.z = row_of(at, NTK_DEEP_FIRST_Z);
    first.p = row_of(at, NTK_DEEP_FIRST_P);
    first.ws = column_of(at, NTK_DEEP_FIRST_W);
    first.zs = column_of(at, NTK_DEEP_FIRST_Z);
    first.ps = column_of(at, NTK_DEEP_FIRST_P);
    return first;
}

/* Elements of samples that near entries pass over before they ask whether to stop: a millisecond or less. */
enum { ELEMENTS_PER_ADVANCE = 1 << 18, NEAR_ELEMENTS = 1024 };

/* Puts the angle of samples that are nearly parallel, as it is known from the samples, into the state. */
static ntk_status replace_near(const strip *at, const int32_t *near, int64_t found)
{
    const ntk_samples *rows = at->job->tile->rows, *cols = at->job->tile->cols;
    int32_t dtype = cols->dtype, row_shift = rows->shifts ? rows->shifts[at->row] : 0;
    const void *x = ntk_samples_at(rows, at->row);
    int64_t every = ELEMENTS_PER_ADVANCE / (cols->inputs + NEAR_ELEMENTS) + 1;
    ntk_deep_layer first = beginning_of(at);
    for (int64_t f = 0; f < found; f++) {
        int64_t j = at->first + near[f];
        const void *other = ntk_samples_at(cols, j);
        ntk_angle angle = other == x ? ntk_angle_of(1, 0)
                                     : ntk_near_angle(&at->job->k, dtype, x, row_shift, other,
                                                      cols->shifts ? cols->shifts[j] : 0, cols->inputs);
        double half = sin((angle.theta < angle.phi ? angle.theta : angle.phi) / 2), gap = 2 * half * half;
        double tangent = first.rate * first.p * ntk_get(first.ps, dtype, near[f]) * angle.cosine;
        ntk_convert(ntk_at(at->state.rho, dtype, near[f]), dtype, &angle.cosine, NTK_F64, 1);
        ntk_convert(ntk_at(at->state.gap, dtype, near[f]), dtype, &gap, NTK_F64, 1);
        ntk_convert(ntk_at(at->state.tangent, dtype, near[f]), dtype, &tangent, NTK_F64, 1);
        if ((f + 1) % every == 0) NTK_TRY(ntk_advance(at->lane, 0));
    }
    return found * 4 > NTK_STRIP ? ntk_advance(at->lane, 0) : NTK_OK;
}

/* Entries of samples that were scaled, once more times 2^(their exponents). */
static void unscale(const strip *at, void *entries)
{
    const ntk_samples *rows = at->job->tile->rows, *cols = at->job->tile->cols;
    for (int64_t j = 0; j < at->count; j++) {
        int exponent =
            (rows->exponents ? rows->exponents[at->row] : 0) + (cols->exponents ? cols->exponents[at->first + j] : 0);
        double K = ldexp(ntk_get(entries, cols->dtype, j), exponent) + at->job->k.constant;
        ntk_convert(ntk_at(entries, cols->dtype, j), cols->dtype, &K, NTK_F64, 1);
    }
}

/* All layers of a strip whose entries hold inner products. */
static ntk_status evaluate(const strip *at, void *entries)
{
    const tile_job *job = at->job;
    bool scaled = job->tile->rows->exponents || job->tile->cols->exponents;
    int32_t near[NTK_STRIP];
    ntk_deep_layer layer = beginning_of(at);
    int64_t found = job->loops.all->begin(&at->state, entries, at->count, &layer, near), last = job->kernel->layers - 1;
    NTK_TRY(replace_near(at, near, found));
    for (int64_t l = 0; l < last; l++) {
        layer = layer_of(at, l);
        job->loops.step(&at->state, at->count, &layer);
    }
    layer = layer_of(at, last);
    layer.constant = scaled ? 0 : job->k.constant;
    job->loops.finish(entries, &at->state, at->count, &layer);
    if (scaled) unscale(at, entries);
    return NTK_OK;
}

static ntk_status finish_row(const tile_job *job, int64_t i, const ntk_lane *lane)
{
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->rows->dtype;
    union {
        double f64[NTK_STRIP];
        float f32[NTK_STRIP];
    } rho, gap, tangent;
    strip at = {.job = job, .lane = lane, .row = tile->row + i, .state = {&rho, &gap, &tangent}};
    int64_t count = tile->lower ? i + 1 : tile->col_count;
    for (int64_t done = 0; done < count; done += NTK_STRIP) {
        at.first = tile->col + done;
        at.count = count - done < NTK_STRIP ? count - done : NTK_STRIP;
        NTK_TRY(evaluate(&at, ntk_at(tile->out, dtype, i * tile->ld + done)));
    }
    return NTK_OK;
}

/* A tile is small for many layers (entry_cost), so that nobody need ask within it. */
static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    int64_t first = index * job->per_task, last = first + job->per_task;
    for (int64_t i = first; i < last && i < job->tile->row_count; i++) NTK_TRY(finish_row(job, i, lane));
    return NTK_OK;
}

ntk_status ntk_deep_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_deep *kernel = (const ntk_deep *)tile->rows->kernel;
    tile_job job = {.tile = tile, .kernel = kernel, .per_task = ntk_rows_per_task(tile->col_count * kernel->layers)};
    job.k = ntk_infinite_constants_of(&kernel->first, tile->rows->inputs);
    job.loops = loops_of(lane->work->context->isa, tile->rows->dtype, kernel->first.activation->family);
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}
