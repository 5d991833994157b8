/* Derivatives of kernels without closed form by their scales, and so in S of both samples: with G of deep_series_gradient.c times l,
 *   l^2 dkappa/dq11 = l B' e_1 / sqrt(2) + l l' rho G,   l^2 dkdot/dq11 = G + rho G'
 * whose sizes are the moments' own, and as the columns' samples have them the same with
 *   H = sum_m sqrt((m + 2) (m + 3)) e_m e_(m + 2)' rho^m / 2
 * in place of G. */
#include "core/matrix.h"
#include "kernel/deep_series.h"

#include <math.h>

static const double ROOT_HALF = 0.70710678118654752440;

/* What the row has for the columns' e_(m + 2). */
static void take_other(ntk_series_strip *strip, const ntk_series_sample *row, const ntk_series_sample *col, int64_t terms)
{
    ntk_mehler_strip *series = &strip->series;
    const ntk_mehler *cols = col->mehler;
    int64_t lift = 2 / col->degrees.step, most = cols->terms - lift;
    series->lift = most > 0 ? lift : 0;
    series->lifted = most <= 0 ? 1 : terms < most ? terms : most;
    for (int64_t t = 0; t < series->lifted; t++) {
        int64_t above = ntk_series_above(&col->degrees, t);
        double factor = above < 0 || most <= 0 ? 0 : ntk_series_rise(&col->degrees, t) * ntk_series_e(row, t);
        ntk_put(&strip->other, row->dtype, t, cols->shared ? factor * ntk_series_e(col, above) : factor);
    }
    series->other = &strip->other;
}

ntk_deep_layer ntk_series_strip_reverse(ntk_series_strip *strip, int64_t l)
{
    const ntk_samples *cols = strip->at.tile->cols;
    ntk_deep_layer layer = ntk_series_strip_layer(strip, l);
    int64_t terms = strip->terms->of[l];
    const ntk_series_sample row = ntk_series_sample_of(strip->at.tile->rows, l, strip->at.row);
    const ntk_series_sample col = ntk_series_sample_of(cols, l, strip->whole.first);
    for (int64_t t = 0; t < terms; t++) {
        double above = ntk_series_e(&row, ntk_series_above(&row.degrees, t));
        ntk_put(&strip->own, row.dtype, t, ntk_series_rise(&row.degrees, t) * above);
    }
    ntk_mehler_take_shared(&strip->own, &cols->layers[l], cols->dtype, terms);
    strip->series.own = &strip->own;
    take_other(strip, &row, &col, terms);
    layer.first = ROOT_HALF * ntk_series_e1(&row);
    bool odd = col.degrees.first == 1 && col.mehler->terms > 1;
    strip->series.one = !odd ? 0 : col.mehler->shared ? ROOT_HALF * ntk_series_e1(&col) : ROOT_HALF;
    return layer;
}
