#include "kernel/deep_shifted.h"

#include "core/matrix.h"
#include "core/status.h"
#include "kernel/exchange.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"
#include "kernel/shifted.h"
#include "kernel/tile.h"

#include <math.h>

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    const ntk_deep *kernel;
    ntk_infinite_constants k;
    int64_t per_task;
} tile_job;

/* A pair before a layer: its angle and tangent. */
typedef struct pair_state {
    ntk_angle angle;
    double tangent;
} pair_state;

static double factor_at(const ntk_samples *samples, int64_t array, int64_t i)
{
    return ntk_get(samples->factors, samples->dtype, array * samples->rows + i);
}

ntk_shifted_sample ntk_shifted_sample_at(const ntk_samples *samples, int64_t layer, int64_t i)
{
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    int64_t at = NTK_DEEP_FIRST + NTK_DEEP_FACTORS * layer;
    return (ntk_shifted_sample){ntk_shifted_of(kernel->first.activation, factor_at(samples, at + NTK_DEEP_P, i)),
                                factor_at(samples, at + NTK_DEEP_W, i), factor_at(samples, at + NTK_DEEP_Z, i)};
}

ntk_angle ntk_deep_shifted_angle(const ntk_infinite_constants *k, const ntk_samples *rows, int64_t i, const ntk_samples *cols,
                                 int64_t j, double product)
{
    double w = factor_at(rows, NTK_DEEP_FIRST_W, i) * factor_at(cols, NTK_DEEP_FIRST_W, j);
    double rho = product * w + factor_at(rows, NTK_DEEP_FIRST_Z, i) * factor_at(cols, NTK_DEEP_FIRST_Z, j);
    return ntk_angle_between(k, rows, i, cols, j, rho);
}

static pair_state begin_pair(const tile_job *job, int64_t i, int64_t j, double product)
{
    const ntk_samples *rows = job->tile->rows, *cols = job->tile->cols;
    ntk_angle angle = ntk_deep_shifted_angle(&job->k, rows, i, cols, j, product);
    double r = factor_at(rows, NTK_DEEP_FIRST_P, i) * factor_at(cols, NTK_DEEP_FIRST_P, j);
    return (pair_state){angle, job->kernel->scales[0].rate * r * angle.cosine};
}

/* Samples nearer than this lose digits of their distance to a subtraction. */
static const double NEAR_SINE = 0.02, NEAR_LENGTH = 0.02;

static bool is_near(const ntk_shifted_sample *u, const ntk_shifted_sample *v, const ntk_angle *angle)
{
    return angle->cosine > 0 && angle->sine < NEAR_SINE && fabs(u->u.length - v->u.length) < NEAR_LENGTH * u->u.length;
}

/* The angle that the next layer sees: with w = W / L, W^2 / (L L') = w w' and (L - L') / L = 1 - w / w'. */
ntk_angle ntk_deep_shifted_next(const ntk_activation *activation, const ntk_shifted_sample *u, const ntk_shifted_sample *v,
                                const ntk_angle *angle, double kappa)
{
    double ww = u->w * v->w, rho = ww * kappa + u->z * v->z;
    if (ww > 0 && is_near(u, v, angle)) {
        double apart = (v->w - u->w) / u->w * ((v->w - u->w) / v->w);
        double gap = fmax(0, (ww * ntk_shifted_distance(activation, &u->u, &v->u, angle) - apart) / 2);
        return ntk_angle_of(1 - gap, sqrt(gap * (2 - gap)));
    }
    rho = fmax(-1, fmin(1, rho));
    return ntk_angle_of(rho, sqrt((1 - rho) * (1 + rho)));
}

/* From one activation to the next. */
static void step(pair_state *pair, const tile_job *job, const ntk_deep_layer *layer, const ntk_shifted_sample *u,
                 const ntk_shifted_sample *v)
{
    const ntk_activation *activation = job->kernel->first.activation;
    ntk_shifted_moments m = ntk_shifted_moments_of(activation, &u->u, &v->u, &pair->angle);
    pair->angle = ntk_deep_shifted_next(activation, u, v, &pair->angle, m.kappa);
    double S = layer->k[4] * m.kappa + layer->k[5];
    pair->tangent = layer->rate * S + layer->k[4] * pair->tangent * m.kdot;
}

enum { STRIP = 64, ENTRIES_PER_ADVANCE = 2048 };

/* All layers of row i's sample with count columns from first on, whose entries hold inner products. */
static void finish_strip(const tile_job *job, int64_t i, int64_t first, int64_t count)
{
    const ntk_kernel_tile *tile = job->tile;
    int32_t dtype = tile->rows->dtype;
    void *entries = ntk_at(tile->out, dtype, i * tile->ld + first);
    int64_t last = job->kernel->layers - 1, row = tile->row + i, col = tile->col + first;
    pair_state pairs[STRIP];
    for (int64_t j = 0; j < count; j++) pairs[j] = begin_pair(job, row, col + j, ntk_get(entries, dtype, j));
    for (int64_t l = 0; l <= last; l++) {
        ntk_deep_layer layer = ntk_deep_layer_of(job->kernel, l);
        ntk_shifted_sample u = ntk_shifted_sample_at(tile->rows, l, row);
        for (int64_t j = 0; j < count; j++) {
            ntk_shifted_sample v = ntk_shifted_sample_at(tile->cols, l, col + j);
            if (l < last) {
                step(&pairs[j], job, &layer, &u, &v);
                continue;
            }
            ntk_shifted_moments m = ntk_shifted_moments_of(job->kernel->first.activation, &u.u, &v.u, &pairs[j].angle);
            ntk_put(entries, dtype, j, layer.k[4] * m.kappa + layer.k[5] * pairs[j].tangent * m.kdot + job->k.constant);
        }
    }
}

static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    int64_t first = index * job->per_task, last = first + job->per_task, entries = 0;
    if (last > tile->row_count) last = tile->row_count;
    for (int64_t i = first; i < last; i++) {
        int64_t end = tile->lower ? i + 1 : tile->col_count;
        for (int64_t j = 0; j < end; j += STRIP) {
            int64_t count = end - j < STRIP ? end - j : STRIP;
            finish_strip(job, i, j, count);
            entries += count * job->kernel->layers;
            if (entries < ENTRIES_PER_ADVANCE) continue;
            NTK_TRY(ntk_advance(lane, 0));
            entries = 0;
        }
    }
    return NTK_OK;
}

static ntk_status evaluate_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    const ntk_deep *kernel = (const ntk_deep *)tile->rows->kernel;
    tile_job job = {.tile = tile, .kernel = kernel, .k = ntk_infinite_constants_of(&kernel->first, tile->rows->inputs)};
    job.per_task = (STRIP - 1) / tile->col_count + 16 / kernel->layers + 1;
    NTK_TRY(ntk_tile_inner_products(tile, lane, tile->out, tile->ld));
    return ntk_run(lane, (tile->row_count - 1) / job.per_task + 1, finish_rows, &job);
}

/* Some thirty exponentials. */
static const double LAYER_COST = 3000;

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)dtype, (void)all;
    return 2.0 * (double)inputs + LAYER_COST * (double)((const ntk_deep *)kernel)->layers;
}

const ntk_kernel_operations ntk_deep_shifted_operations = {
    .scratch = 0,
    .passes = ntk_infinite_passes,
    .memory = ntk_deep_memory,
    .prepare = ntk_deep_prepare,
    .close = ntk_infinite_close,
    .tile = evaluate_tile,
    .cost = entry_cost,
    .gradient = ntk_shifted_gradient,
    .gradient_scratch = NTK_PAIR_GRADIENT_RECTANGLES,
    .products = 1,
    .points = false,
    .write = ntk_deep_write,
    .zonal = true,
};
