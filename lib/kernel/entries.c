#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/infinite.h"
#include "kernel/near.h"
#include "kernel/simd/loops.h"
#include "kernel/tile.h"

#include <math.h>

static const ntk_kernel_loops *loops_of(ntk_isa isa, int32_t dtype)
{
    return NTK_OF_ISA(isa, ntk_kernel_loops, dtype - 1);
}

static int64_t run_strip(const ntk_infinite_line *line, void *entries, int64_t count, const ntk_strip *strip, int32_t *near)
{
    const ntk_activation *activation = line->kernel->activation;
    const ntk_kernel_loops *loops = loops_of(line->lane->work->context->isa, line->cols->dtype);
    switch (activation->family) {
    case NTK_FAMILY_SLOPES:
        return (activation->below == activation->above ? loops->linear : loops->slopes)(entries, count, strip, near);
    case NTK_FAMILY_LEVELS:
        return loops->levels(entries, count, strip, near);
    case NTK_FAMILY_ERF:
        return loops->erf(entries, count, strip, near);
    case NTK_FAMILY_GELU:
        return loops->gelu(entries, count, strip, near);
    case NTK_FAMILY_WAVE:
        return loops->wave(entries, count, strip, near);
    default:
        return loops->exp(entries, count, strip, near);
    }
}

/* Elements of samples that near entries pass over before they ask whether to stop: a millisecond or less. */
enum { ELEMENTS_PER_ADVANCE = 1 << 18, NEAR_ELEMENTS = 1024 };

static ntk_status replace_near(const ntk_infinite_line *line, void *entries, int64_t first, const int32_t *near, int64_t found,
                               double constant)
{
    const ntk_samples *cols = line->cols;
    int64_t every = ELEMENTS_PER_ADVANCE / (cols->inputs + NEAR_ELEMENTS) + 1;
    for (int64_t f = 0; f < found; f++) {
        int64_t j = first + near[f];
        const void *other = ntk_samples_at(cols, j);
        ntk_infinite_row row = ntk_infinite_row_at(cols, j);
        ntk_angle angle = other == line->x
                              ? ntk_angle_of(1, 0)
                              : ntk_near_angle(line->k, cols->dtype, line->x, line->row.shift, other, row.shift, cols->inputs);
        double K = ntk_near_entry(line->kernel, line->k, &line->row.factors, &row.factors, &angle) + constant;
        ntk_convert(ntk_at(entries, cols->dtype, near[f]), cols->dtype, &K, NTK_F64, 1);
        if ((f + 1) % every == 0) NTK_TRY(ntk_advance(line->lane, 0));
    }
    return found * 4 > NTK_STRIP ? ntk_advance(line->lane, 0) : NTK_OK;
}

/* Entries of samples that were scaled, once more times 2^(their exponents). */
static void unscale(const ntk_infinite_line *line, void *entries, int64_t first, int64_t count)
{
    const ntk_samples *cols = line->cols;
    bool slopes = line->kernel->activation->family == NTK_FAMILY_SLOPES;
    for (int64_t j = 0; j < count; j++) {
        int exponent = line->row.exponent + (cols->exponents ? cols->exponents[first + j] : 0);
        double K = ldexp(ntk_get(entries, cols->dtype, j), slopes ? exponent : 0) + line->k->constant;
        ntk_convert(ntk_at(entries, cols->dtype, j), cols->dtype, &K, NTK_F64, 1);
    }
}

ntk_status ntk_infinite_entries(const ntk_infinite_line *line, void *entries, int64_t first, int64_t count)
{
    const ntk_samples *cols = line->cols;
    const ntk_infinite_factors *f = &line->row.factors;
    bool scaled = cols->exponents || line->row.exponent;
    double constant = scaled ? 0 : line->k->constant;
    int32_t near[NTK_STRIP];
    for (int64_t done = 0; done < count; done += NTK_STRIP) {
        int64_t part = count - done < NTK_STRIP ? count - done : NTK_STRIP, j = first + done;
        void *k = ntk_at(entries, cols->dtype, done);
        ntk_strip strip = {.w = f->w, .z = f->z, .p = f->p, .q = f->q, .constant = constant};
        ntk_infinite_take_columns(&strip, cols, j);
        for (int a = 0; a < 4; a++) strip.k[a] = line->k->k[a];
        int64_t found = run_strip(line, k, part, &strip, near);
        NTK_TRY(replace_near(line, k, j, near, found, constant));
        if (scaled) unscale(line, k, j, part);
    }
    return NTK_OK;
}

void ntk_dots(ntk_isa isa, int32_t dtype, void *out, int64_t count, const void *x, const void *rows, int64_t stride, int64_t d)
{
    loops_of(isa, dtype)->dots(out, count, x, rows, stride, d);
}

void ntk_infinite_dots(const ntk_infinite_line *line, void *entries, int64_t first, int64_t count)
{
    const ntk_samples *cols = line->cols;
    ntk_dots(line->lane->work->context->isa, cols->dtype, entries, count, line->x, ntk_samples_at(cols, first), cols->x.stride,
             cols->inputs);
}

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    ntk_infinite_constants k;
    int64_t per_task;
} tile_job;

static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    const ntk_samples *rows = tile->rows;
    ntk_infinite_line line = {.kernel = (const ntk_infinite *)rows->kernel, .k = &job->k, .cols = tile->cols};
    line.lane = lane;
    int64_t first = index * job->per_task, last = first + job->per_task;
    for (int64_t i = first; i < last && i < tile->row_count; i++) {
        line.row = ntk_infinite_row_at(rows, tile->row + i);
        line.x = ntk_samples_at(rows, tile->row + i);
        NTK_TRY(ntk_infinite_entries(&line, ntk_at(tile->out, rows->dtype, i * tile->ld), tile->col,
                                     tile->lower ? i + 1 : tile->col_count));
    }
    return NTK_OK;
}

ntk_status ntk_infinite_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    tile_job job = {.tile = tile, .per_task = ntk_rows_per_task(tile->col_count)};
    job.k = ntk_infinite_constants_of((const ntk_infinite *)tile->rows->kernel, tile->rows->inputs);
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}
