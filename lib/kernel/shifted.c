#include "kernel/shifted.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/exchange.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"
#include "kernel/tile.h"

#include <math.h>

bool ntk_shifted_is_meant(const ntk_activation *activation)
{
    return activation->family <= NTK_FAMILY_LEVELS && !ntk_infinite_is_closed(activation);
}

/* The samples' factors w, z and length, and 0. */
enum { W, Z, LENGTH };

static double value_of(const ntk_infinite *kernel, const ntk_infinite_constants *k, const ntk_shifted *u, const ntk_shifted *v,
                       const ntk_angle *angle)
{
    ntk_pair pair = ntk_shifted_pair(kernel->activation, u, v, angle);
    return k->k[0] * pair.kappa + k->k[1] * pair.tangent + k->constant;
}

/* --- samples --- */

static ntk_shifted shifted_at(const ntk_samples *samples, int64_t i)
{
    const ntk_infinite *kernel = (const ntk_infinite *)samples->kernel;
    return ntk_shifted_of(kernel->activation, ntk_get(ntk_infinite_array(samples, LENGTH), samples->dtype, i));
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)pass;
    if (samples->factors) return NTK_OK;
    const ntk_infinite *kernel = (const ntk_infinite *)samples->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(kernel, samples->inputs);
    int64_t numbers = NTK_INFINITE_FACTORS * samples->rows;
    ntk_angle none = ntk_angle_of(1, 0), zero = ntk_angle_of(0, 0);
    NTK_TRY(ntk_allocate(samples->context, &samples->factors, numbers, ntk_dtype_size(samples->dtype), "the samples' lengths"));
    NTK_TRY(ntk_infinite_measure_samples(samples, lane, &k, ntk_infinite_store_length));
    if (!ntk_is_finite(samples->factors, samples->dtype, numbers)) samples->largest = HUGE_VAL;
    for (int64_t i = 0; i < samples->rows; i++) {
        ntk_shifted u = shifted_at(samples, i);
        samples->diagonal[i] = value_of(kernel, &k, &u, &u, u.length > 0 ? &none : &zero);
        double length = sqrt(samples->diagonal[i]);
        if (!(length <= samples->largest)) samples->largest = length;
    }
    return NTK_OK;
}

/* --- tiles --- */

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    const ntk_infinite *kernel;
    ntk_infinite_constants k;
    int64_t per_task;
} tile_job;

/* Columns that are looked up together, and entries after which a call may stop. */
enum { STRIP = 64, ENTRIES_PER_ADVANCE = 2048 };

static void finish_strip(const tile_job *job, int64_t i, int64_t first, int64_t count, const ntk_shifted *columns)
{
    const ntk_kernel_tile *tile = job->tile;
    void *entries = ntk_at(tile->out, tile->rows->dtype, i * tile->ld + first);
    ntk_shifted row = shifted_at(tile->rows, tile->row + i);
    for (int64_t j = 0; j < count; j++) {
        ntk_angle angle = ntk_angle_by_product(&job->k, tile->rows, tile->row + i, tile->cols, tile->col + first + j,
                                               ntk_get(entries, tile->rows->dtype, j));
        ntk_put(entries, tile->rows->dtype, j, value_of(job->kernel, &job->k, &row, &columns[j], &angle));
    }
}

static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int64_t first = index * job->per_task, last = first + job->per_task, entries = 0;
    if (last > tile->row_count) last = tile->row_count;
    for (int64_t j = 0; j < tile->col_count; j += STRIP) {
        ntk_shifted columns[STRIP];
        for (int64_t c = 0; c < STRIP && j + c < tile->col_count; c++) columns[c] = shifted_at(tile->cols, tile->col + j + c);
        for (int64_t i = first; i < last; i++) {
            int64_t end = tile->lower ? i + 1 : tile->col_count, count = end - j < STRIP ? end - j : STRIP;
            if (count <= 0) continue;
            finish_strip(job, i, j, count, columns);
            entries += count;
            if (entries < ENTRIES_PER_ADVANCE) continue;
            NTK_TRY(ntk_advance(lane, 0));
            entries = 0;
        }
    }
    return NTK_OK;
}

static ntk_status evaluate_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_infinite *kernel = (const ntk_infinite *)tile->rows->kernel;
    tile_job job = {.tile = tile, .kernel = kernel, .k = ntk_infinite_constants_of(kernel, tile->rows->inputs)};
    job.per_task = (STRIP - 1) / tile->col_count + 16;
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}

/* Some thirty exponentials. */
static const double ENTRY_COST = 3000;

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)kernel, (void)dtype, (void)all;
    return 2.0 * (double)inputs + ENTRY_COST;
}

const ntk_kernel_operations ntk_shifted_operations = {
    .scratch = 0,
    .passes = ntk_infinite_passes,
    .memory = ntk_infinite_memory,
    .prepare = prepare,
    .close = ntk_infinite_close,
    .tile = evaluate_tile,
    .cost = entry_cost,
    .gradient = ntk_shifted_gradient,
    .gradient_scratch = NTK_PAIR_GRADIENT_RECTANGLES,
    .points = false,
    .products = 1,
    .write = ntk_infinite_write,
    .zonal = true,
};
