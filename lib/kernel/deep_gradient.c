#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/deep_strip.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"
#include "kernel/tile.h"

#include <math.h>
#include <string.h>

typedef struct deep_gradient {
    ntk_pair_gradients pairs;
    const ntk_deep *kernel;
    const ntk_deep_loops *loops;
    const ntk_deep_family *family;
} deep_gradient;

/* layer->slope of the layer that follows layer l, of the row's sample (simd/deep.h). */
static double next_slope(const ntk_deep *kernel, const ntk_deep_layer *layer)
{
    const ntk_activation *activation = kernel->first.activation;
    if (activation->family == NTK_FAMILY_SLOPES) return layer->w * layer->w * layer->slope;
    if (activation->family == NTK_FAMILY_LEVELS) return 0;
    const ntk_infinite_factors factors = {.p = layer->p, .q = layer->q};
    ntk_angle none = ntk_angle_of(1, 0);
    double length = ntk_smooth_length(activation, &factors);
    ntk_moments m;
    ntk_closed_moments(&m, activation, length, length, &none);
    return layer->k[4] * (m.kdot + 2 * m.dkappa_dq11) * layer->slope;
}

/* -dK/dtheta and dK/dlog|u|, or c^2 dK/dq12 and 2 c^2 dK/dq11, of a strip whose state is that before the first activation. */
static void pass_layers(const deep_gradient *at, const ntk_deep_strip *strip, void *along, void *own)
{
    const ntk_deep *kernel = at->kernel;
    ntk_strip_room rooms[4];
    ntk_deep_slopes slopes = {{&rooms[0], &rooms[1]}, {&rooms[2], &rooms[3]}};
    bool kinked = ntk_deep_is_kinked(kernel);
    double slope = kernel->first.activation->family == NTK_FAMILY_LEVELS ? 0 : 1;
    at->loops->begin_gradient(&slopes, &strip->state, strip->count, kernel->scales[0].rate, kinked);
    for (int64_t l = 0; l < kernel->layers; l++) {
        ntk_deep_layer layer = ntk_deep_strip_layer(strip, l);
        layer.slope = slope;
        slope = l + 1 < kernel->layers ? next_slope(kernel, &layer) : 0;
        if (l + 1 < kernel->layers) {
            at->family->gradient_step(&strip->state, &slopes, strip->count, &layer);
            continue;
        }
        for (int k = 4; k < 6 && !kinked; k++) layer.k[k] *= strip->k->c * strip->k->c;
        at->family->gradient_finish(along, own, &strip->state, &slopes, strip->count, &layer);
    }
}

/* What pairs nearly parallel keep of -dK/dtheta and dK/dlog|u|, before they are turned into A and B. */
typedef struct near_pairs {
    int32_t places[NTK_STRIP];
    int64_t found;
    double turn[NTK_STRIP], length[NTK_STRIP];
} near_pairs;

static void set_near_apart(near_pairs *near, const void *along, const void *own, int32_t dtype)
{
    for (int64_t f = 0; f < near->found; f++) {
        near->turn[f] = ntk_get(along, dtype, near->places[f]);
        near->length[f] = ntk_get(own, dtype, near->places[f]);
    }
}

/* Their gradient is that along x, and the cone across it; none where the two are parallel. */
static void put_near(deep_gradient *at, const ntk_deep_strip *strip, const ntk_deep_state *begin, const near_pairs *near,
                     int64_t i)
{
    ntk_deep_layer first = ntk_deep_strip_first(strip);
    if (near->found) ntk_pair_gradients_begin_cones(&at->pairs, i);
    for (int64_t f = 0; f < near->found; f++) {
        double gap = ntk_get(begin->gap, strip->tile->cols->dtype, near->places[f]);
        ntk_pair_gradient numbers = {0, near->length[f] * first.w * first.w, gap > 0 ? near->turn[f] * first.w : 0};
        ntk_pair_gradients_put(&at->pairs, i, strip->first - strip->tile->col + near->places[f], numbers);
    }
}

/* The numbers of pairs of which a sample was scaled, x 2^shift for x and K 2^-exponent for K. */
static void unscale(deep_gradient *at, const ntk_deep_strip *strip, int64_t i)
{
    const ntk_samples *rows = strip->tile->rows, *cols = strip->tile->cols;
    int32_t dtype = rows->dtype;
    int row_shift = rows->shifts ? rows->shifts[strip->row] : 0,
        row_exponent = rows->exponents ? rows->exponents[strip->row] : 0;
    bool kinked = ntk_deep_is_kinked(at->kernel), cones = at->pairs.has_cone[i];
    for (int64_t j = strip->first; j < strip->first + strip->count; j++) {
        int64_t place = j - strip->tile->col, in_tile = i * strip->tile->col_count + place;
        int shift = cols->shifts ? cols->shifts[j] : 0, exponent = row_exponent + (cols->exponents ? cols->exponents[j] : 0);
        double along = ntk_get(at->pairs.along, dtype, in_tile), own = ntk_get(at->pairs.own, dtype, in_tile);
        double cone = cones ? ntk_get(at->pairs.cone, dtype, in_tile) : 0;
        ntk_pair_gradient numbers = {ldexp(along, -shift), ldexp(own, -row_shift), cone};
        if (kinked)
            numbers = (ntk_pair_gradient){ldexp(along, row_shift + exponent), ldexp(own, row_shift + exponent),
                                          ldexp(cone, row_shift + exponent)};
        ntk_pair_gradients_put(&at->pairs, i, place, numbers);
    }
}

static ntk_status find_strip(deep_gradient *at, const ntk_deep_strip *strip, int64_t i)
{
    const ntk_kernel_tile *tile = strip->tile;
    int32_t dtype = tile->rows->dtype;
    int64_t place = i * tile->col_count + strip->first - tile->col;
    void *along = ntk_at(at->pairs.along, dtype, place), *own = ntk_at(at->pairs.own, dtype, place);
    ntk_strip_room rho, gap;
    const ntk_deep_state begin = {&rho, &gap, NULL};
    near_pairs near;
    NTK_TRY(ntk_deep_strip_begin(strip, along, near.places, &near.found));
    memcpy(&rho, strip->state.rho, sizeof rho);
    memcpy(&gap, strip->state.gap, sizeof gap);
    pass_layers(at, strip, along, own);
    if (ntk_deep_is_kinked(at->kernel)) {
        ntk_deep_layer first = ntk_deep_strip_first(strip);
        set_near_apart(&near, along, own, dtype);
        at->loops->spread(along, own, &begin, strip->count, &first);
        put_near(at, strip, &begin, &near, i);
    }
    if (tile->rows->shifts || tile->cols->shifts) unscale(at, strip, i);
    return NTK_OK;
}

static ntk_status find_row(ntk_pair_gradients *pairs, const ntk_lane *lane, int64_t i)
{
    deep_gradient *at = (deep_gradient *)pairs;
    const ntk_kernel_tile *tile = &pairs->job->tile;
    ntk_strip_room rooms[3] = {0};
    ntk_deep_strip strip = {.tile = tile, .kernel = at->kernel, .k = pairs->k, .lane = lane, .row = tile->row + i};
    strip.state = (ntk_deep_state){&rooms[0], &rooms[1], &rooms[2]};
    for (int64_t done = 0; done < tile->col_count; done += NTK_STRIP) {
        strip.first = tile->col + done;
        strip.count = tile->col_count - done < NTK_STRIP ? tile->col_count - done : NTK_STRIP;
        NTK_TRY(find_strip(at, &strip, i));
    }
    return NTK_OK;
}

ntk_status ntk_deep_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_samples *rows = job->tile.rows;
    const ntk_deep *kernel = (const ntk_deep *)rows->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(&kernel->first, rows->inputs);
    ntk_isa isa = lane->work->context->isa;
    deep_gradient at = {.pairs = {.job = job, .k = &k, .find = find_row}, .kernel = kernel};
    at.loops = NTK_OF_ISA(isa, ntk_deep_loops, rows->dtype - 1);
    at.family = ntk_deep_family_of(isa, rows->dtype, kernel->first.activation->family);
    return ntk_pair_gradients_add(&at.pairs, lane, kernel->layers);
}
