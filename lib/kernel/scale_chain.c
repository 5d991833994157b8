#include "kernel/scale_chain.h"

#include "kernel/deep_series.h"
#include "kernel/near.h"

#include <math.h>

int64_t ntk_scale_numbers(const ntk_deep *kernel)
{
    return 2 * kernel->layers + NTK_SCALE_REST;
}

ntk_scale_totals ntk_scale_totals_at(const ntk_deep *kernel, double *numbers, int64_t index)
{
    double *at = numbers + index * ntk_scale_numbers(kernel);
    return (ntk_scale_totals){at, at + kernel->layers, at + 2 * kernel->layers};
}

int64_t ntk_scale_side(const ntk_deep *kernel, int64_t l)
{
    return ntk_deep_is_kinked(kernel) ? l + 1 : l;
}

/* k4 of layer l: S_(l + 1) = k4 kappa + its bias */
static double gain_of(const ntk_deep *kernel, int64_t l)
{
    double root = ntk_deep_gain_of(kernel, l).weight;
    return root * root;
}

void ntk_scale_add_layer(const ntk_scale_totals *totals, const ntk_deep *kernel, int64_t l, const ntk_deep_sums *sums)
{
    if (l + 1 == kernel->layers) {
        totals->rest[NTK_SCALE_K] += sums->gain;
    } else if (!ntk_deep_is_kinked(kernel)) {
        totals->weight[l + 1] += gain_of(kernel, l) * sums->gain;
        totals->bias[l + 1] += sums->bias;
    }
}

void ntk_scale_add_first(const ntk_scale_totals *totals, const ntk_deep *kernel, const ntk_infinite_constants *k,
                         const ntk_deep_sums *sums)
{
    totals->rest[NTK_SCALE_RATE] += sums->bias;
    if (ntk_deep_is_kinked(kernel)) return;
    totals->weight[0] += sums->gain - k->b * k->b * sums->row;
    totals->bias[0] += sums->row;
}

static double factor_of(const ntk_samples *samples, int64_t i, int64_t array)
{
    return ntk_get(samples->factors, samples->dtype, array * samples->rows + i);
}

static double layer_factor(const ntk_samples *samples, int64_t i, int64_t l, int factor)
{
    return factor_of(samples, i, NTK_DEEP_FIRST + NTK_DEEP_FACTORS * l + factor);
}

/* The length l of (g l', b) with (w, z) = (g l', b) / l: dlog l = w^2 dlog (g l') + z^2 dlog b, and the angle alpha whose tangent is
 * z / w has d alpha = w z (dlog b - dlog (g l')).  own is w dK / d alpha. */
static void add_lengths(const ntk_scale_totals *totals, const ntk_deep *kernel, const ntk_samples *samples, int64_t i,
                        const double *own)
{
    bool slopes = kernel->first.activation->family == NTK_FAMILY_SLOPES;
    double by_length = slopes ? own[kernel->layers] : 0;
    for (int64_t l = kernel->layers - 1; l >= 0; l--) {
        double z = l > 0 ? layer_factor(samples, i, l - 1, NTK_DEEP_Z) : factor_of(samples, i, NTK_DEEP_FIRST_Z);
        double by_weight = (1 - z * z) * by_length - z * own[l];
        totals->weight[l] += by_weight;
        totals->bias[l] += z * z * by_length + z * own[l];
        by_length = slopes ? by_weight : 0;
    }
}

/* What the pairs' sums own have of l^2, of what layer l sees; those of series have it times l^2. */
static double own_of(const ntk_deep *kernel, const ntk_samples *samples, int64_t i, int64_t l, const double *own)
{
    if (ntk_infinite_is_closed(kernel->first.activation)) return own[l];
    double length = layer_factor(samples, i, l, NTK_DEEP_P);
    return length > 0 ? own[l] / length / length : 0;
}

/* E[s^2] of a sample, and its derivative in l^2. */
typedef struct square {
    double kappa, slope;
} square;

static square square_of(const ntk_deep *kernel, const ntk_samples *samples, int64_t i, int64_t l)
{
    const ntk_activation *activation = kernel->first.activation;
    const ntk_infinite_factors factors = {.p = layer_factor(samples, i, l, NTK_DEEP_P),
                                          .q = layer_factor(samples, i, l, NTK_DEEP_Q)};
    if (!ntk_infinite_is_closed(activation)) {
        ntk_series_own of = ntk_series_own_of(samples, l, i, factors.p);
        return (square){of.kappa, of.slope};
    }
    const ntk_angle none = ntk_angle_of(1, 0);
    double s = ntk_smooth_length(activation, &factors);
    ntk_moments m;
    ntk_closed_moments(&m, activation, s, s, &none);
    return (square){m.kappa, m.kdot + 2 * m.dkappa_dq11};
}

/* S_l(x, x) of all layers, by its derivatives through those that follow. */
static void add_squares(const ntk_scale_totals *totals, const ntk_deep *kernel, const ntk_infinite_constants *k,
                        const ntk_samples *samples, int64_t i, const double *own)
{
    double by_square = own_of(kernel, samples, i, kernel->layers - 1, own);
    double length = factor_of(samples, i, NTK_DEEP_FIRST_P);
    for (int64_t l = kernel->layers - 2; l >= 0; l--) {
        square at = square_of(kernel, samples, i, l);
        double gain = gain_of(kernel, l);
        totals->weight[l + 1] += by_square * gain * at.kappa;
        totals->bias[l + 1] += by_square;
        by_square = own_of(kernel, samples, i, l, own) + by_square * gain * at.slope;
    }
    totals->weight[0] += by_square * (length - k->b) * (length + k->b);
    totals->bias[0] += by_square;
}

void ntk_scale_add_sample(const ntk_scale_totals *totals, const ntk_deep *kernel, const ntk_infinite_constants *k,
                          const ntk_samples *samples, int64_t i, const double *own)
{
    if (ntk_deep_is_kinked(kernel))
        add_lengths(totals, kernel, samples, i, own);
    else
        add_squares(totals, kernel, k, samples, i, own);
}

/* With NTK_PARAM_LECTURE the first layer's rate falls with the square of its weight scale. */
void ntk_scale_finish(const ntk_scale_totals *totals, const ntk_deep *kernel, double *g)
{
    const ntk_infinite *first = &kernel->first;
    int64_t layers = kernel->layers;
    bool kinked = ntk_deep_is_kinked(kernel);
    double f = first->activation->frequency, output = first->output_scale / fabs(first->activation->scale);
    for (int64_t l = 0; l < layers; l++) {
        double weight = kernel->scales[l].weight, bias = kernel->scales[l].bias;
        g[l] += (kinked ? 1 : 2) * totals->weight[l] / weight;
        if (bias > 0) g[layers + l] += kinked ? totals->bias[l] / bias : 2 * bias * f * f * totals->bias[l];
    }
    if (first->lecture) g[0] -= 2 * totals->rest[NTK_SCALE_RATE] / kernel->scales[0].weight;
    g[2 * layers] += 2 * totals->rest[NTK_SCALE_K] / output;
    g[2 * layers + 1] += 2 * sqrt(first->rf) * sqrt(first->constant) * totals->rest[NTK_SCALE_ONE];
}
