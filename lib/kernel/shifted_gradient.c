/* Gradients of kernels of kinked activations with a shift or an offset, of any number of layers.  With u, v what the first layer sees
 * of two samples, l the lengths and s the sine at a layer, beta = l' cos theta / l, and sigma = d S(x, x) / d q11,
 *   grad S(x, x) = 2 sigma u,   M = (grad S - beta sigma u) / (l' s) = -l grad theta
 *   grad kappa = along grad S + own sigma u, with touch M for LEVELS;   grad kdot = own_kdot sigma u + touch M for SLOPES
 * (activation/closed_forms.h), and after the layer, of what the next one sees,
 *   M = ((grad kappa)' W^2 - beta sigma u) / (l' s)
 * in which grad S is put as l' s M + beta sigma u of the layer before.  So nothing is divided by a small sine but the row's own
 * share, whose terms then cancel: a gradient has the error of a roundoff over theta where two samples are that near.  All are sums of
 * v, u and, at the first layer, M = e, the unit vector of v across u. */
#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/deep_shifted.h"
#include "kernel/near.h"
#include "kernel/pair_gradients.h"
#include "kernel/shifted.h"

#include <math.h>

typedef struct shifted_gradient {
    ntk_pair_gradients pairs;
    const ntk_activation *activation;
    const ntk_deep *deep; /* NULL: one layer */
    int64_t layers;
} shifted_gradient;

typedef ntk_gradient_span span;

static span sum_of(double a, span x, double b, span y)
{
    return (span){a * x.v + b * y.v, a * x.u + b * y.u, a * x.e + b * y.e};
}

static span times(double a, span x)
{
    return sum_of(a, x, 0, x);
}

static span plus_own(span x, double own)
{
    x.u += own;
    return x;
}

/* A pair before a layer: its angle, M, and the tangent with its gradient; sigma of the row. */
typedef struct pair_slopes {
    ntk_angle angle;
    span turn, tangent_slope;
    double sigma, tangent;
} pair_slopes;

/* --- one layer or several --- */

enum { W, Z, LENGTH };

static ntk_shifted_sample sample_at(const shifted_gradient *at, const ntk_samples *samples, int64_t layer, int64_t i)
{
    if (at->deep) return ntk_shifted_sample_at(samples, layer, i);
    double length = ntk_get(ntk_infinite_array(samples, LENGTH), samples->dtype, i);
    return (ntk_shifted_sample){.u = ntk_shifted_of(at->activation, length)};
}

static ntk_angle first_angle(const shifted_gradient *at, int64_t i, int64_t j, double product)
{
    const ntk_samples *rows = at->pairs.job->tile.rows, *cols = at->pairs.job->tile.cols;
    if (at->deep) return ntk_deep_shifted_angle(at->pairs.k, rows, i, cols, j, product);
    return ntk_angle_by_product(at->pairs.k, rows, i, cols, j, product);
}

static ntk_deep_layer layer_of(const shifted_gradient *at, int64_t l)
{
    ntk_deep_layer layer = {.rate = 0};
    if (at->deep) return ntk_deep_layer_of(at->deep, l);
    layer.k[4] = at->pairs.k->k[0];
    layer.k[5] = at->pairs.k->k[1];
    return layer;
}

/* --- layers --- */

/* The gradients of kappa, and of kdot times the tangent. */
typedef struct changes {
    ntk_shifted_slopes of;
    span kappa, tangent;
} changes;

static changes changes_of(const shifted_gradient *at, const pair_slopes *pair, const ntk_shifted *u, const ntk_shifted *v)
{
    changes c = {.of = ntk_shifted_slopes_of(at->activation, u, v, &pair->angle)};
    bool levels = at->activation->family == NTK_FAMILY_LEVELS;
    double sigma = pair->sigma, beta = u->length > 0 ? v->length / u->length * pair->angle.cosine : 0;
    double turned = levels ? c.of.touch : c.of.along * v->length * pair->angle.sine;
    c.kappa = plus_own(times(turned, pair->turn), (c.of.own + (levels ? 0 : c.of.along * beta)) * sigma);
    span kdot = levels ? (span){0, 0, 0} : plus_own(times(c.of.touch, pair->turn), c.of.own_kdot * sigma);
    c.tangent = sum_of(c.of.kdot, pair->tangent_slope, pair->tangent, kdot);
    return c;
}

/* From one activation to the next. */
static void step(const shifted_gradient *at, pair_slopes *pair, const ntk_deep_layer *layer, const ntk_shifted_sample *u,
                 const ntk_shifted_sample *v)
{
    changes c = changes_of(at, pair, &u->u, &v->u);
    double square = layer->k[4], own = ntk_shifted_own_slope(at->activation, &u->u), sigma = square * own * pair->sigma;
    double S = square * c.of.kappa + layer->k[5];
    ntk_angle next = ntk_deep_shifted_next(at->activation, u, v, &pair->angle, c.of.kappa);
    /* the next lengths are W / w */
    double next_length = v->w > 0 ? sqrt(square) / v->w : 0, next_beta = v->w > 0 ? u->w / v->w * next.cosine : 0;
    span change = plus_own(c.kappa, -next_beta * own * pair->sigma);
    double across = next_length * next.sine;
    pair->turn = across > 0 ? times(square / across, change) : (span){0, 0, 0};
    pair->tangent_slope = sum_of(square, c.tangent, layer->rate * square, c.kappa);
    pair->tangent = layer->rate * S + square * pair->tangent * c.of.kdot;
    pair->angle = next;
    pair->sigma = sigma;
}

static void find_pair(shifted_gradient *at, int64_t i, int64_t j)
{
    const ntk_kernel_tile *tile = &at->pairs.job->tile;
    const ntk_samples *rows = tile->rows, *cols = tile->cols;
    int64_t row = tile->row + i, col = tile->col + j;
    ntk_shifted_sample u = sample_at(at, rows, 0, row), v = sample_at(at, cols, 0, col);
    double l = u.u.length, other = v.u.length, rate = at->deep ? at->deep->scales[0].rate : 1;
    ntk_angle angle = first_angle(at, row, col, ntk_get(at->pairs.along, rows->dtype, i * tile->col_count + j));
    pair_slopes pair = {.angle = angle, .turn = {0, 0, 1}, .tangent_slope = {rate, 0, 0}, .sigma = 1};
    pair.tangent = rate * l * other * angle.cosine;
    for (int64_t layer = 0; layer + 1 < at->layers; layer++) {
        ntk_deep_layer of = layer_of(at, layer);
        step(at, &pair, &of, &u, &v);
        u = sample_at(at, rows, layer + 1, row);
        v = sample_at(at, cols, layer + 1, col);
    }
    ntk_deep_layer last = layer_of(at, at->layers - 1);
    changes c = changes_of(at, &pair, &u.u, &v.u);
    ntk_pair_gradients_put_span(&at->pairs, i, j, sum_of(last.k[4], c.kappa, last.k[5], c.tangent), &angle, l, other);
}

enum { PAIRS_PER_ADVANCE = 1024 };

/* A, B and C of a row, from its inner products. */
static ntk_status find_row(ntk_pair_gradients *pairs, const ntk_lane *lane, int64_t i)
{
    shifted_gradient *at = (shifted_gradient *)pairs;
    int64_t every = PAIRS_PER_ADVANCE / at->layers + 1;
    for (int64_t j = 0; j < pairs->job->tile.col_count; j++) {
        find_pair(at, i, j);
        if ((j + 1) % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_shifted_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_samples *rows = job->tile.rows;
    const ntk_infinite *kernel = (const ntk_infinite *)rows->kernel;
    const ntk_infinite_constants k = ntk_infinite_constants_of(kernel, rows->inputs);
    shifted_gradient at = {.pairs = {.job = job, .k = &k, .find = find_row}, .activation = kernel->activation, .layers = 1};
    if (kernel->base.operations == &ntk_deep_shifted_operations) {
        at.deep = (const ntk_deep *)kernel;
        at.layers = at.deep->layers;
    }
    return ntk_pair_gradients_add(&at.pairs, lane, 64 * at.layers);
}
