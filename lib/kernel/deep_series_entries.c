#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/deep_series.h"
#include "kernel/tile.h"

#include <string.h>

ntk_status ntk_series_terms_of(ntk_series_terms *terms, const ntk_kernel_tile *tile, bool slopes)
{
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    const ntk_deep *kernel = (const ntk_deep *)rows->kernel;
    terms->all = 0;
    for (int64_t l = 0; l < kernel->layers; l++) {
        int64_t enough;
        NTK_TRY(ntk_mehler_enough(&enough, &rows->layers[l], &cols->layers[l], kernel->first.activation, rows->dtype, slopes));
        terms->of[l] = (int32_t)enough;
        terms->all += enough;
    }
    return NTK_OK;
}

/* --- strips --- */

void ntk_series_strip_open(ntk_series_strip *strip, const ntk_kernel_tile *tile, const ntk_infinite_constants *k,
                           const ntk_lane *lane, const ntk_series_terms *terms)
{
    memset(strip, 0, sizeof *strip);
    strip->terms = terms;
    strip->at = (ntk_deep_strip){.tile = tile, .kernel = (const ntk_deep *)tile->rows->kernel, .k = k, .lane = lane};
}

int64_t ntk_series_strip_end(const ntk_series_strip *strip, int64_t j)
{
    const ntk_kernel_tile *tile = strip->at.tile;
    int64_t end = j + NTK_SERIES_STRIP - (tile->col + j) % NTK_SERIES_STRIP;
    return end < tile->col_count ? end : tile->col_count;
}

ntk_status ntk_series_strip_begin(ntk_series_strip *strip, int64_t i, int64_t j, int64_t end, const void *products)
{
    const ntk_kernel_tile *tile = strip->at.tile;
    int32_t dtype = tile->cols->dtype, near[NTK_STRIP];
    int64_t first = tile->col + j, before = first % NTK_MEHLER_BLOCK, found;
    strip->at.row = i;
    strip->at.first = first;
    strip->at.count = end - j;
    strip->at.state = (ntk_deep_state){ntk_at(&strip->rho, dtype, before), ntk_at(&strip->gap, dtype, before),
                                       ntk_at(&strip->tangent, dtype, before)};
    strip->whole = strip->at;
    strip->whole.first = first - before;
    strip->whole.count = strip->at.count + before;
    strip->whole.state = (ntk_deep_state){&strip->rho, &strip->gap, &strip->tangent};
    return ntk_deep_strip_begin(&strip->at, products, near, &found);
}

ntk_deep_layer ntk_series_strip_layer(ntk_series_strip *strip, int64_t l)
{
    const ntk_samples *rows = strip->at.tile->rows, *cols = strip->at.tile->cols;
    const ntk_deep *kernel = strip->at.kernel;
    int64_t terms = strip->terms->of[l];
    ntk_deep_layer layer = ntk_deep_strip_layer(&strip->whole, l);
    strip->series = ntk_mehler_strip_of(&cols->layers[l], kernel->first.activation, cols->dtype, strip->whole.first, terms);
    ntk_mehler_copy(&strip->row, &rows->layers[l], rows->dtype, strip->at.row, terms);
    ntk_mehler_take_shared(&strip->row, &cols->layers[l], cols->dtype, terms);
    strip->series.row = &strip->row;
    layer.series = &strip->series;
    layer.trained = ntk_deep_series_is_trained(kernel, l);
    return layer;
}

/* --- tiles --- */

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    const ntk_deep *kernel;
    ntk_infinite_constants k;
    const ntk_deep_family *loops;
    int64_t per_task;
    ntk_series_terms terms;
} tile_job;

/* All layers of a strip whose entries hold inner products. */
static ntk_status evaluate(const tile_job *job, ntk_series_strip *strip, int64_t i, int64_t j, int64_t end)
{
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->cols->dtype;
    void *entries = ntk_at(tile->out, dtype, i * tile->ld + j);
    int64_t last = job->kernel->layers - 1;
    ntk_strip_room out;
    NTK_TRY(ntk_series_strip_begin(strip, tile->row + i, j, end, entries));
    for (int64_t l = 0; l < last; l++) {
        ntk_deep_layer layer = ntk_series_strip_layer(strip, l);
        job->loops->step(&strip->whole.state, strip->whole.count, &layer);
    }
    ntk_deep_layer layer = ntk_series_strip_layer(strip, last);
    layer.constant = job->k.constant;
    job->loops->finish(&out, &strip->whole.state, strip->whole.count, &layer);
    memcpy(entries, ntk_at(&out, dtype, strip->at.first - strip->whole.first), (size_t)((end - j) * ntk_dtype_size(dtype)));
    return NTK_OK;
}

/* Column by column of strips, so that their coefficients stay in a cache. */
static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int64_t first = index * job->per_task, last = first + job->per_task, next;
    ntk_series_strip strip;
    ntk_series_strip_open(&strip, tile, &job->k, lane, &job->terms);
    if (last > tile->row_count) last = tile->row_count;
    for (int64_t j = 0; j < tile->col_count; j = next) {
        next = ntk_series_strip_end(&strip, j);
        for (int64_t i = first; i < last; i++) {
            int64_t end = tile->lower && i + 1 < next ? i + 1 : next;
            if (end > j) NTK_TRY(evaluate(job, &strip, i, j, end));
        }
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_deep_series_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_deep *kernel = (const ntk_deep *)tile->rows->kernel;
    tile_job job = {.tile = tile, .kernel = kernel, .k = ntk_infinite_constants_of(&kernel->first, tile->rows->inputs)};
    NTK_TRY(ntk_series_terms_of(&job.terms, tile, false));
    job.loops = &NTK_OF_ISA(lane->work->context->isa, ntk_deep_loops, tile->rows->dtype - 1)->series;
    job.per_task = ntk_rows_per_task(tile->col_count * (kernel->layers + job.terms.all / 32));
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}
