#include "kernel/pair_gradients.h"

#include "core/blas.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/near.h"
#include "kernel/tile.h"

#include <math.h>
#include <string.h>

void ntk_pair_gradients_begin_cones(ntk_pair_gradients *at, int64_t i)
{
    const ntk_kernel_tile *tile = &at->job->tile;
    int64_t ld = tile->col_count;
    if (at->has_cone[i]) return;
    memset(ntk_at(at->cone, tile->cols->dtype, i * ld), 0, (size_t)(ld * ntk_dtype_size(tile->cols->dtype)));
    at->has_cone[i] = true;
}

void ntk_pair_gradients_put(const ntk_pair_gradients *at, int64_t i, int64_t j, ntk_pair_gradient numbers)
{
    int32_t dtype = at->job->tile.cols->dtype;
    int64_t place = i * at->job->tile.col_count + j;
    ntk_put(at->along, dtype, place, numbers.along);
    ntk_put(at->own, dtype, place, numbers.own);
    ntk_put(at->cone, dtype, place, numbers.cone);
}

static const double NEAR = 0.9998;

void ntk_pair_gradients_put_span(ntk_pair_gradients *at, int64_t i, int64_t j, ntk_gradient_span g, const ntk_angle *angle,
                                 double length, double other)
{
    const ntk_kernel_tile *tile = &at->job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    double c = at->k->c, cone = 0;
    if (fabs(angle->cosine) > NEAR) {
        ntk_pair_gradients_begin_cones(at, i);
        cone = angle->sine > 0 ? c * g.e : 0;
    } else {
        double e = length > 0 && other > 0 ? g.e / (other * angle->sine) : 0,
               beta = length > 0 ? other / length * angle->cosine : 0;
        g.v += e;
        g.u -= e * beta;
    }
    int32_t row = rows->shifts ? rows->shifts[tile->row + i] : 0, col = cols->shifts ? cols->shifts[tile->col + j] : 0;
    ntk_pair_gradients_put(at, i, j, (ntk_pair_gradient){ldexp(c * c * g.v, -col), ldexp(c * c * g.u, -row), cone});
}

static ntk_status find_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    ntk_pair_gradients *at = argument;
    int64_t first = index * at->per_task, last = first + at->per_task;
    for (int64_t i = first; i < last && i < at->job->tile.row_count; i++) {
        at->has_cone[i] = false;
        NTK_TRY(at->find(at, lane, i));
    }
    return ntk_advance(lane, 0);
}

/* out = W A and the sum of W B; g += own x */
#define DEFINE_ROW(NAME, REAL)                                                                              \
    static double weigh_##NAME(void *out, const void *a, const void *b, const void *weights, int64_t count) \
    {                                                                                                       \
        REAL *to = out;                                                                                     \
        const REAL *along = a, *own = b, *w = weights;                                                      \
        double sum[4] = {0};                                                                                \
        for (int64_t j = 0; j < count; j++) to[j] = along[j] * w[j];                                        \
        for (int64_t j = 0; j < count; j++) sum[j % 4] += (double)own[j] * (double)w[j];                    \
        return (sum[0] + sum[1]) + (sum[2] + sum[3]);                                                       \
    }                                                                                                       \
    static void add_##NAME(void *g, const void *x, double own, int64_t count)                               \
    {                                                                                                       \
        REAL *to = g;                                                                                       \
        const REAL *from = x;                                                                               \
        for (int64_t j = 0; j < count; j++) to[j] = (REAL)((double)to[j] + own * (double)from[j]);          \
    }

DEFINE_ROW(f64, double)
DEFINE_ROW(f32, float)

static const void *weights_of(const ntk_pair_gradients *at, int64_t target, int64_t i)
{
    const ntk_tile_gradient *job = at->job;
    return ntk_at(job->weights, job->tile.rows->dtype, target * job->by_target + i * job->by_row);
}

static void add_cones(const ntk_pair_gradients *at, int64_t i)
{
    const ntk_tile_gradient *job = at->job;
    const ntk_kernel_tile *tile = &job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    int32_t dtype = rows->dtype;
    double amounts[NTK_GRADIENT_TARGETS];
    for (int64_t j = 0; j < tile->col_count; j++) {
        double cone = ntk_get(at->cone, dtype, i * tile->col_count + j);
        if (cone == 0) continue;
        for (int64_t c = 0; c < job->targets; c++) amounts[c] = cone * ntk_get(weights_of(at, c, i), dtype, j);
        ntk_near_add_across(at->k, dtype, ntk_samples_at(rows, tile->row + i), rows->shifts ? rows->shifts[tile->row + i] : 0,
                            ntk_samples_at(cols, tile->col + j), cols->shifts ? cols->shifts[tile->col + j] : 0, rows->inputs,
                            ntk_at(job->g, dtype, i * job->ldg), amounts, job->targets);
    }
}

static ntk_status weigh_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_pair_gradients *at = argument;
    const ntk_tile_gradient *job = at->job;
    const ntk_kernel_tile *tile = &job->tile;
    int32_t dtype = tile->rows->dtype;
    int64_t first = index * at->per_task, last = first + at->per_task, inputs = tile->rows->inputs;
    for (int64_t i = first; i < last && i < tile->row_count; i++) {
        int64_t place = i * tile->col_count;
        double own = (dtype == NTK_F64 ? weigh_f64 : weigh_f32)(ntk_at(at->weighted, dtype, place),
                                                                ntk_at(at->along, dtype, place), ntk_at(at->own, dtype, place),
                                                                weights_of(at, at->target, i), tile->col_count);
        (dtype == NTK_F64 ? add_f64 : add_f32)(ntk_at(job->g, dtype, i * job->ldg + at->target * inputs),
                                               ntk_samples_at(tile->rows, tile->row + i), own, inputs);
        if (at->has_cone[i] && at->target == 0) {
            add_cones(at, i);
            NTK_TRY(ntk_advance(lane, 0));
        }
    }
    return NTK_OK;
}

ntk_status ntk_pair_gradients_add(ntk_pair_gradients *at, const ntk_lane *lane, int64_t cost)
{
    const ntk_tile_gradient *job = at->job;
    const ntk_kernel_tile *tile = &job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    int32_t dtype = rows->dtype;
    int64_t area = tile->row_count * tile->col_count, inputs = rows->inputs;
    void **rectangles[NTK_PAIR_GRADIENT_RECTANGLES] = {&at->along, &at->own, &at->cone, &at->weighted};
    for (int r = 0; r < NTK_PAIR_GRADIENT_RECTANGLES; r++) *rectangles[r] = ntk_at(tile->scratch, dtype, r * area);
    at->per_task = ntk_rows_per_task(tile->col_count * cost);
    int64_t tasks = (tile->row_count - 1) / at->per_task + 1;
    NTK_TRY(ntk_tile_inner_products(tile, lane, at->along, tile->col_count));
    NTK_TRY(ntk_run(lane, tasks, find_rows, at));
    for (at->target = 0; at->target < job->targets; at->target++) {
        NTK_TRY(ntk_run(lane, tasks, weigh_rows, at));
        NTK_TRY(ntk_blas_gemm(dtype, NTK_PLAIN, NTK_PLAIN, tile->row_count, inputs, tile->col_count, 1, at->weighted,
                              tile->col_count, ntk_samples_at(cols, tile->col), cols->x.stride, 1,
                              ntk_at(job->g, dtype, at->target * inputs), job->ldg));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}
