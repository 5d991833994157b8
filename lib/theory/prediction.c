#include "theory/prediction.h"

#include <float.h>
#include <math.h>

/* --- the effective ridge --- */

/* n(kappa), which falls; slope: kappa n'(kappa). */
static double samples_at(const ntk_prediction *m, double kappa, double *slope)
{
    double n = m->ridge / kappa;
    *slope = -n;
    for (int64_t k = 0; k < m->count; k++) {
        double xi = m->eigenvalue[k], learned = xi / (xi + kappa), each = m->share[k] / (xi + kappa);
        n += each;
        *slope -= each * (1 - learned);
    }
    return n;
}

static double least_eigenvalue(const ntk_prediction *m)
{
    double least = HUGE_VAL;
    for (int64_t k = 0; k < m->count; k++)
        if (m->eigenvalue[k] > 0) least = fmin(least, m->eigenvalue[k]);
    return least;
}

enum { MOST_STEPS = 400 };

/* Newton's method on log n of log kappa, between ends that it narrows. */
static double find_kappa(const ntk_prediction *m, double n)
{
    double sum = m->ridge, slope;
    for (int64_t k = 0; k < m->count; k++) sum += m->share[k];
    if (!(m->ridge > 0) && m->rank <= n) return 0;
    double high = sum / n, low = fmax(m->ridge / n, DBL_MIN);
    if (!(m->ridge > 0)) low = fmin(high, least_eigenvalue(m) * (m->rank / n - 1));
    double kappa = high;
    for (int step = 0; step < MOST_STEPS && high / low - 1 > 2 * DBL_EPSILON; step++) {
        double at = samples_at(m, kappa, &slope);
        if (at > n)
            low = kappa;
        else
            high = kappa;
        double next = kappa * exp(log(at / n) * at / -slope);
        if (!(next > low && next < high)) next = sqrt(low) * sqrt(high);
        if (fabs(next - kappa) <= DBL_EPSILON * kappa) return next;
        kappa = next;
    }
    return kappa;
}

/* --- errors --- */

void ntk_predict_curve(double columns[NTK_CURVE_COLUMNS], const ntk_prediction *m, double n)
{
    double kappa = find_kappa(m, n - m->free), bias = m->beyond;
    /* n - free - sum B L^2, where kappa > 0 by n's own equation */
    double spare = kappa > 0 ? m->ridge / kappa : n - m->free - m->rank;
    for (int64_t k = 0; k < m->count; k++) {
        double xi = m->eigenvalue[k], missing = xi > 0 ? kappa / (xi + kappa) : 1;
        bias += missing * missing * m->energy[k];
        if (xi > 0) spare += m->share[k] / (xi + kappa) * missing;
    }
    if (bias < 0) bias = 0;
    double all = bias + m->noise, kept = kappa > 0 ? m->lambda / (n * kappa) : spare / n;
    columns[NTK_CURVE_VARIANCE] = all > 0 ? (n / spare - 1) * all : 0;
    columns[NTK_CURVE_BIAS] = bias;
    columns[NTK_CURVE_TEST] = bias + columns[NTK_CURVE_VARIANCE];
    columns[NTK_CURVE_TRAIN] = all > 0 && spare > 0 ? kept * kept * (n / spare) * all : 0;
    columns[NTK_CURVE_KAPPA] = kappa;
    columns[NTK_CURVE_BLIND] = m->blind;
}
