/* Gradients of deep kernels without closed form.  The layers take the derivatives of S and T in q12 and q11 along with them, as those
 * of smooth closed forms do; their moments' derivatives are further sums over the same terms.  With c_m = e_m e_m' and
 * d_m = sqrt(m + 1) e_m,
 *   dkdot/dq12  = sum m (m + 1) c_m rho^(m - 1) / (l l')
 *   dkappa/dq11 = E[s''(l z)] B' / 2 + l' rho G,   dkdot/dq11 = (G + rho G') / l
 *   G = sum_m g_m e_m' rho^m,   g_m = sqrt((m + 2) (m + 3)) e_(m + 2) / (2 l),   E[s''(l z)] = d_1 / l   (by parts) */
#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/deep_series.h"
#include "kernel/pair_gradients.h"

#include <math.h>
#include <string.h>

typedef struct series_gradient {
    ntk_pair_gradients pairs;
    const ntk_deep *kernel;
    const ntk_deep_loops *loops;
    ntk_series_terms terms;
} series_gradient;

/* Layer l with what the row adds to it; *next receives d S(x, x) / d q11 after its activation, over that before it. */
static ntk_deep_layer layer_of(ntk_series_strip *strip, int64_t l, double *next)
{
    const ntk_samples *rows = strip->at.tile->rows, *cols = strip->at.tile->cols;
    int64_t i = strip->at.row, terms = strip->terms->of[l];
    ntk_deep_layer layer = ntk_series_strip_layer(strip, l);
    const ntk_series_sample row = ntk_series_sample_of(rows, l, i);
    layer.inverse = layer.p > 0 ? 1 / layer.p : 0;
    layer.first = ntk_series_e1(&row) * layer.inverse * sqrt(0.5);
    for (int64_t t = 0; t < terms; t++) {
        double above = ntk_series_e(&row, ntk_series_above(&row.degrees, t));
        ntk_put(&strip->own, rows->dtype, t, ntk_series_rise(&row.degrees, t) * above * layer.inverse);
    }
    ntk_mehler_take_shared(&strip->own, &cols->layers[l], cols->dtype, terms);
    strip->series.own = &strip->own;
    *next = layer.k[4] * ntk_series_own_of(rows, l, i, layer.p).slope;
    return layer;
}

/* c^2 dK/dq12 and 2 c^2 dK/dq11 of a strip whose state is that before the first activation. */
static void pass_layers(const series_gradient *at, ntk_series_strip *strip, void *along, void *own)
{
    const ntk_deep *kernel = at->kernel;
    const ntk_deep_state *state = &strip->whole.state;
    int64_t count = strip->whole.count;
    ntk_strip_room rooms[4];
    ntk_deep_slopes slopes = {{&rooms[0], &rooms[1]}, {&rooms[2], &rooms[3]}};
    double slope = 1, square = at->pairs.k->c * at->pairs.k->c, next;
    memset(rooms, 0, sizeof rooms);
    at->loops->begin_gradient(&slopes, state, count, kernel->scales[0].rate, false);
    for (int64_t l = 0; l < kernel->layers; l++) {
        ntk_deep_layer layer = layer_of(strip, l, &next);
        layer.slope = slope;
        slope *= next;
        if (l + 1 < kernel->layers) {
            at->loops->series.gradient_step(state, &slopes, count, &layer);
            continue;
        }
        for (int k = 4; k < 6; k++) layer.k[k] *= square;
        at->loops->series.gradient_finish(along, own, state, &slopes, count, &layer);
    }
}

/* Those of x, of pairs of which a sample was taken as x 2^shift. */
static void unscale(const series_gradient *at, const ntk_series_strip *strip, int64_t i, int64_t j)
{
    const ntk_samples *rows = strip->at.tile->rows, *cols = strip->at.tile->cols;
    int32_t dtype = rows->dtype, row_shift = rows->shifts ? rows->shifts[strip->at.row] : 0;
    for (int64_t c = 0; c < strip->at.count; c++) {
        int64_t place = i * strip->at.tile->col_count + j + c;
        int32_t shift = cols->shifts ? cols->shifts[strip->at.first + c] : 0;
        ntk_put(at->pairs.along, dtype, place, ldexp(ntk_get(at->pairs.along, dtype, place), -shift));
        ntk_put(at->pairs.own, dtype, place, ldexp(ntk_get(at->pairs.own, dtype, place), -row_shift));
    }
}

/* With so many a strip takes a millisecond or more. */
enum { MANY_TERMS = 4096 };

/* A and B of a row, from its inner products. */
static ntk_status find_row(ntk_pair_gradients *pairs, const ntk_lane *lane, int64_t i)
{
    series_gradient *at = (series_gradient *)pairs;
    const ntk_kernel_tile *tile = &pairs->job->tile;
    int32_t dtype = tile->cols->dtype;
    ntk_series_strip strip;
    int64_t next;
    ntk_series_strip_open(&strip, tile, pairs->k, lane, &at->terms);
    for (int64_t j = 0; j < tile->col_count; j = next) {
        ntk_strip_room along, own;
        int64_t place = i * tile->col_count + j;
        next = ntk_series_strip_end(&strip, j);
        NTK_TRY(ntk_series_strip_begin(&strip, tile->row + i, j, next, ntk_at(pairs->along, dtype, place)));
        pass_layers(at, &strip, &along, &own);
        int64_t before = strip.at.first - strip.whole.first;
        size_t size = (size_t)((next - j) * ntk_dtype_size(dtype));
        memcpy(ntk_at(pairs->along, dtype, place), ntk_at(&along, dtype, before), size);
        memcpy(ntk_at(pairs->own, dtype, place), ntk_at(&own, dtype, before), size);
        if (tile->rows->shifts || tile->cols->shifts) unscale(at, &strip, i, j);
        if (at->terms.all > MANY_TERMS) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_deep_series_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_samples *rows = job->tile.rows;
    const ntk_deep *kernel = (const ntk_deep *)rows->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(&kernel->first, rows->inputs);
    series_gradient at = {.pairs = {.job = job, .k = &k, .find = find_row}, .kernel = kernel};
    at.loops = NTK_OF_ISA(lane->work->context->isa, ntk_deep_loops, rows->dtype - 1);
    NTK_TRY(ntk_mehler_kinked_gradient(kernel->first.activation, "ntk_kernel_gradient"));
    NTK_TRY(ntk_series_terms_of(&at.terms, &job->tile, true));
    return ntk_pair_gradients_add(&at.pairs, lane, kernel->layers + at.terms.all / 16);
}
