/* What single samples have of their series: coefficients, and moments with themselves.  By parts, as in deep_series_gradient.c,
 *   d E[s^2] / d l^2 = kdot + 2 dkappa/dq11,   dkappa/dq11 = e_1 B / (sqrt(2) l) + sum_m sqrt((m + 2) (m + 3)) e_(m + 2) e_m / 2 */
#include "core/matrix.h"
#include "kernel/deep_series.h"

#include <math.h>

ntk_series_sample ntk_series_sample_of(const ntk_samples *samples, int64_t l, int64_t i)
{
    const ntk_deep *kernel = (const ntk_deep *)samples->kernel;
    ntk_mehler_degrees degrees = ntk_mehler_degrees_of(kernel->first.activation);
    return (ntk_series_sample){&samples->layers[l], degrees, samples->dtype, i};
}

double ntk_series_e(const ntk_series_sample *sample, int64_t t)
{
    const ntk_mehler *mehler = sample->mehler;
    return t >= 0 && t < mehler->terms ? ntk_get(mehler->table, sample->dtype, ntk_mehler_at(mehler, sample->i, t)) : 0;
}

double ntk_series_e1(const ntk_series_sample *sample)
{
    return sample->degrees.first == 1 ? ntk_series_e(sample, 1) : 0;
}

int64_t ntk_series_above(const ntk_mehler_degrees *degrees, int64_t t)
{
    bool none = t == 0 && degrees->first == 1 && degrees->step == 2;
    return none ? -1 : t + 2 / degrees->step;
}

double ntk_series_rise(const ntk_mehler_degrees *degrees, int64_t t)
{
    double m = (double)ntk_mehler_degree(degrees, t);
    return sqrt((m + 2) * (m + 3)) / 2;
}

ntk_series_own ntk_series_own_of(const ntk_samples *samples, int64_t l, int64_t i, double length)
{
    const ntk_series_sample of = ntk_series_sample_of(samples, l, i);
    int64_t mean_at = NTK_DEEP_FIRST + NTK_DEEP_FACTORS * l + NTK_DEEP_Q;
    double mean = ntk_get(samples->factors, samples->dtype, mean_at * samples->rows + i);
    double e[NTK_MEHLER_MOST_DEGREES], kappa = mean * mean, kdot = 0, rest = 0, turn = 0;
    for (int64_t t = 0; t < of.mehler->terms; t++) e[t] = ntk_series_e(&of, t);
    for (int64_t t = of.mehler->terms - 1; t >= 0; t--) {
        int64_t above = ntk_series_above(&of.degrees, t);
        bool enough = t < of.mehler->own;
        double square = e[t] * e[t];
        kappa += enough ? length * length * square : 0;
        *(enough ? &kdot : &rest) += (double)(ntk_mehler_degree(&of.degrees, t) + 1) * square;
        if (above >= 0 && above < of.mehler->terms) turn += ntk_series_rise(&of.degrees, t) * e[t] * e[above];
    }
    if (length > 0) turn += ntk_series_e1(&of) * mean / length * sqrt(0.5);
    return (ntk_series_own){kappa, kdot, kdot + rest + 2 * turn};
}
