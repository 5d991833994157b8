#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/deep_strip.h"
#include "kernel/tile.h"

#include <math.h>

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    const ntk_deep *kernel;
    ntk_infinite_constants k;
    const ntk_deep_family *loops;
    int64_t per_task;
} tile_job;

/* Entries of samples that were scaled, once more times 2^(their exponents). */
static void unscale(const ntk_deep_strip *at, void *entries)
{
    const ntk_samples *rows = at->tile->rows, *cols = at->tile->cols;
    for (int64_t j = 0; j < at->count; j++) {
        int exponent =
            (rows->exponents ? rows->exponents[at->row] : 0) + (cols->exponents ? cols->exponents[at->first + j] : 0);
        double K = ldexp(ntk_get(entries, cols->dtype, j), exponent) + at->k->constant;
        ntk_put(entries, cols->dtype, j, K);
    }
}

/* All layers of a strip whose entries hold inner products. */
static ntk_status evaluate(const ntk_deep_strip *at, const ntk_deep_family *loops, void *entries)
{
    bool scaled = at->tile->rows->exponents || at->tile->cols->exponents;
    int32_t near[NTK_STRIP];
    int64_t found, last = at->kernel->layers - 1;
    NTK_TRY(ntk_deep_strip_begin(at, entries, near, &found));
    for (int64_t l = 0; l < last; l++) {
        ntk_deep_layer layer = ntk_deep_strip_layer(at, l);
        loops->step(&at->state, at->count, &layer);
    }
    ntk_deep_layer layer = ntk_deep_strip_layer(at, last);
    layer.constant = scaled ? 0 : at->k->constant;
    loops->finish(entries, &at->state, at->count, &layer);
    if (scaled) unscale(at, entries);
    return NTK_OK;
}

static ntk_status finish_row(const tile_job *job, int64_t i, const ntk_lane *lane)
{
    const ntk_kernel_tile *tile = job->tile;
    ntk_strip_room rho, gap, tangent;
    ntk_deep_strip at = {.tile = tile, .kernel = job->kernel, .k = &job->k, .lane = lane, .row = tile->row + i};
    int64_t count = tile->lower ? i + 1 : tile->col_count;
    at.state = (ntk_deep_state){&rho, &gap, &tangent};
    for (int64_t done = 0; done < count; done += NTK_STRIP) {
        at.first = tile->col + done;
        at.count = count - done < NTK_STRIP ? count - done : NTK_STRIP;
        NTK_TRY(evaluate(&at, job->loops, ntk_at(tile->out, tile->rows->dtype, i * tile->ld + done)));
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
    job.loops = ntk_deep_family_of(lane->work->context->isa, tile->rows->dtype, kernel->first.activation->family);
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}
