/* Moments of activations with kinks, off the closed forms: u = s1 z outside, v given u inside, both split where the integrand
 * has kinks.  Derivatives of sigma that are not there are integrated by parts: with G(m) = E[f(m + tau z)],
 *   E[f(u) z1 ...] and G' = E[f(m + tau z) z] / tau. */
#include "activation/series.h"
#include "core/memory.h"
#include "core/status.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double DENSITY = 0.39894228040143267794, ROOT_HALF = 0.70710678118654752440;

/* Beyond, the density is 1e-32. */
static const double LIMIT = 12;

/* A panel before it is divided; twice as many pieces until two agree. */
static const double WIDTH = 1.5;
enum { FIRST_PIECES = 1, LAST_PIECES = 8, MOST_BREAKS = 64 * 14 };

static double density(double z)
{
    return DENSITY * exp(-z * z / 2);
}

/* --- Gauss-Legendre panels --- */

const double ntk_legendre_nodes[NTK_PANEL_NODES / 2] = {
    0.076526521133497333755, 0.22778585114164507808, 0.37370608871541956067, 0.51086700195082709800, 0.63605368072651502545,
    0.74633190646015079261,  0.83911697182221882339, 0.91223442825132590587, 0.96397192727791379127, 0.99312859918509492479};
const double ntk_legendre_weights[NTK_PANEL_NODES / 2] = {
    0.15275338713072585070, 0.14917298647260374679,  0.14209610931838205133,  0.13168863844917662690,  0.11819453196151841731,
    0.10193011981724043504, 0.083276741576704748725, 0.062672048334109063570, 0.040601429800386941331, 0.017614007139152118312};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int64_t ntk_panel_nodes(double *z, double *w, int64_t room, double limit, double *breaks, int64_t break_count, double width,
                        int64_t pieces)
{
    enum { HALF = NTK_PANEL_NODES / 2 };
    double from = -limit;
    int64_t count = 0;
    qsort(breaks, (size_t)break_count, sizeof *breaks, compare);
    for (int64_t b = 0; b <= break_count; b++) {
        double to = b < break_count ? fmax(-limit, fmin(limit, breaks[b])) : limit;
        if (!(to > from)) continue;
        int64_t parts = (int64_t)ceil((to - from) / width) * pieces;
        double half = (to - from) / (double)parts / 2;
        for (int64_t p = 0; p < parts; p++)
            for (int i = 0; i < NTK_PANEL_NODES && count < room; i++, count++) {
                int place = i < HALF ? HALF - 1 - i : i - HALF;
                double x = i < HALF ? -ntk_legendre_nodes[place] : ntk_legendre_nodes[place];
                z[count] = from + half * ((double)(2 * p + 1) + x);
                w[count] = half * ntk_legendre_weights[place];
            }
        from = to;
    }
    return count;
}

/* Nodes that panels between so many breaks can take. */
static int64_t most_nodes(int64_t breaks, int64_t pieces)
{
    return ((int64_t)(2 * LIMIT / WIDTH) + breaks + 2) * pieces * NTK_PANEL_NODES;
}

/* --- inside: v given u --- */

/* E[s(v)], E[s'(v)] and the latter's first two derivatives in the mean, for v of mean m and deviation tau */
typedef struct inner {
    double value, slope, slope1, slope2;
} inner;

typedef struct integrator {
    const ntk_activation *activation;
    const double *kinks; /* of s(. + shift) */
    int64_t kink_count, pieces;
    double own_kink;
    double *z, *w, *u, *f, *g, *breaks; /* inner nodes; room of them */
    int64_t room;
} integrator;

static double cumulative(double z)
{
    return erfc(-z * ROOT_HALF) / 2;
}

/* density(x / tau) / tau, for tau = 0 that of a point at 0 */
static double point_density(double x, double tau)
{
    if (tau > 0) return density(x / tau) / tau;
    return x == 0 ? HUGE_VAL : 0;
}

/* of a piecewise linear one */
static inner built_in(const ntk_activation *a, double m, double tau)
{
    double x = m + a->shift, z = tau > 0 ? x / tau : x > 0 ? HUGE_VAL : -HUGE_VAL;
    double up = cumulative(z), down = cumulative(-z), bell = tau > 0 ? tau * density(z) : 0;
    double level = tau > 0 || x != 0 ? a->above * up + a->below * down : a->at_zero;
    if (a->family == NTK_FAMILY_LEVELS) return (inner){.value = level};
    return (inner){.value = a->above * (x * up + bell) + a->below * (x * down - bell), .slope = level};
}

static inner of_functions(const integrator *in, double m, double tau)
{
    const ntk_activation *a = in->activation;
    inner result = {0};
    if (tau == 0) {
        ntk_activation_order(a, 0, &result.value, &m, 1);
        ntk_activation_order(a, 1, &result.slope, &m, 1);
        return result;
    }
    for (int64_t i = 0; i < in->kink_count; i++) in->breaks[i] = (in->kinks[i] - m) / tau;
    int64_t n = ntk_panel_nodes(in->z, in->w, in->room, LIMIT, in->breaks, in->kink_count, WIDTH, in->pieces);
    for (int64_t i = 0; i < n; i++) in->u[i] = m + tau * in->z[i];
    ntk_activation_order(a, 0, in->f, in->u, n);
    ntk_activation_order(a, 1, in->g, in->u, n);
    for (int64_t i = 0; i < n; i++) {
        double z = in->z[i], w = in->w[i] * density(z);
        result.value += w * in->f[i];
        result.slope += w * in->g[i];
        result.slope1 += w * in->g[i] * z / tau;
        result.slope2 += w * in->g[i] * ((z - 1) * (z + 1)) / tau / tau;
    }
    return result;
}

static inner inner_at(const integrator *in, double m, double tau)
{
    return in->activation->family == NTK_FAMILY_USER ? of_functions(in, m, tau) : built_in(in->activation, m, tau);
}

/* --- outside --- */

enum { KAPPA, KDOT, MIXED, CURVED, TURNED, MEAN, SLOPE, SQUARE, STEEP, SUMS };

/* Kinks in u, and where v's lie, with panels of the width in which v decides. */
static int64_t outer_breaks(const integrator *in, const ntk_directions *at, double *breaks)
{
    static const double steps[] = {-8, -6, -4.5, -3, -2, -1, 0, 1, 2, 3, 4.5, 6, 8};
    int64_t count = 0;
    double along = at->s2 * at->cosine, width = at->cosine != 0 ? at->sine / fabs(at->cosine) : HUGE_VAL;
    for (int64_t i = 0; i < in->kink_count; i++) {
        if (at->s1 > 0) breaks[count++] = in->kinks[i] / at->s1;
        if (along == 0 || !(width < 4)) continue;
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) breaks[count++] = in->kinks[i] / along + steps[s] * width;
    }
    return count;
}

static void outer_sums(const integrator *in, const ntk_directions *at, double *z, double *w, double *u, double *f, double *g,
                       double *breaks, int64_t room, double *sum)
{
    double a = at->s1, b = at->s2, tau = b * at->sine, beta = a > 0 ? b / a * at->cosine : 0;
    int64_t n = ntk_panel_nodes(z, w, room, LIMIT, breaks, outer_breaks(in, at, breaks), WIDTH, in->pieces);
    for (int64_t i = 0; i < n; i++) u[i] = a * z[i];
    ntk_activation_order(in->activation, 0, f, u, n);
    ntk_activation_order(in->activation, 1, g, u, n);
    memset(sum, 0, SUMS * sizeof *sum);
    for (int64_t i = 0; i < n; i++) {
        double p = w[i] * density(z[i]), t = z[i];
        inner v = inner_at(in, b * at->cosine * t, tau);
        sum[KAPPA] += p * f[i] * v.value;
        sum[KDOT] += p * g[i] * v.slope;
        sum[MIXED] += p * t * g[i] * v.value;
        sum[CURVED] += p * g[i] * (a > 0 ? t / a * v.slope1 - beta * v.slope2 : 0);
        sum[TURNED] += p * g[i] * ((t - 1) * (t + 1) * v.slope - a * t * beta * v.slope1);
        sum[MEAN] += p * f[i];
        sum[SLOPE] += p * t * g[i];
        sum[SQUARE] += p * f[i] * f[i];
        sum[STEEP] += p * g[i] * g[i];
    }
}

/* Derivatives of s(. + c) with one kink, at u = -c: with p its density there and J the jump, E[s''(u) f(v)] = J p E[f(v) | u = -c],
 * and one more derivative of u is one of that in u. */
static void kink_derivatives(ntk_moments *m, const ntk_activation *activation, const ntk_directions *at)
{
    double a = at->s1, c = activation->shift, jump = activation->above - activation->below, h = -c;
    if (!(a > 0)) return;
    double p = density(h / a) / a, beta = at->s2 / a * at->cosine, tau = at->s2 * at->sine;
    double touch = p == 0 ? 0 : p * point_density(c + beta * h, tau), pull = touch == 0 ? 0 : touch * beta;
    inner there = built_in(activation, beta * h, tau);
    if (activation->family == NTK_FAMILY_LEVELS) {
        m->dkappa_dq12 = jump * jump * touch;
        m->dkappa_dq11 = -jump / 2 * (p * (c / a / a) * there.value + jump * pull);
        return;
    }
    m->dkappa_dq11 = jump * p * there.value / 2;
    m->dkdot_dq12 = jump * jump * touch;
    m->dkdot_dq11 = -jump / 2 * (p * (c / a / a) * there.slope + jump * pull);
}

/* By parts; infinite where u and v are parallel, as for ReLU. */
static void user_derivatives(ntk_moments *m, const ntk_directions *at, const double *sum)
{
    double a = at->s1, beta = a > 0 ? at->s2 / a * at->cosine : 0;
    if (!(a > 0) || !(at->s2 > 0)) return;
    m->dkappa_dq11 = (sum[MIXED] / a - beta * sum[KDOT]) / 2;
    m->dkdot_dq12 = at->sine > 0 ? sum[CURVED] : copysign(HUGE_VAL, at->cosine);
    m->dkdot_dq11 = at->sine > 0 ? (sum[TURNED] / a / a - beta * sum[CURVED]) / 2 : copysign(HUGE_VAL, -at->cosine);
}

static ntk_mean mean_of(const ntk_activation *activation, const ntk_directions *at, const double *sum)
{
    ntk_mean mean = {sum[MEAN], at->s1 > 0 ? sum[SLOPE] / at->s1 / 2 : 0};
    if (activation->family == NTK_FAMILY_LEVELS && at->s1 > 0) /* half the jump times the density's slope */
        mean.slope = -(activation->above - activation->below) / 2 * activation->shift / at->s1 / at->s1 *
                     (density(activation->shift / at->s1) / at->s1);
    return mean;
}

/* Both orders of u and v: each mean and size comes from its own outer sums. */
static ntk_status integrate(double sums[2][SUMS], const ntk_activation *activation, const ntk_directions *at, int64_t pieces)
{
    bool user = activation->family == NTK_FAMILY_USER;
    integrator in = {.activation = activation, .pieces = pieces, .own_kink = -activation->shift};
    in.kink_count = user ? activation->user.kink_count : 1;
    in.kinks = user ? activation->kinks : &in.own_kink;
    int64_t outer = most_nodes(14 * in.kink_count, pieces);
    in.room = user ? most_nodes(in.kink_count, pieces) : 0;
    double *memory;
    NTK_TRY(ntk_allocate(activation->base.context, &memory, 5 * outer + 5 * in.room + 2 * MOST_BREAKS, sizeof *memory,
                         "an activation's integrals"));
    double *inside = memory + 5 * outer;
    in.z = inside, in.w = in.z + in.room, in.u = in.w + in.room, in.f = in.u + in.room, in.g = in.f + in.room;
    in.breaks = in.g + in.room;
    ntk_directions turned = {at->s2, at->s1, at->cosine, at->sine};
    for (int side = 0; side < 2; side++)
        outer_sums(&in, side ? &turned : at, memory, memory + outer, memory + 2 * outer, memory + 3 * outer, memory + 4 * outer,
                   in.breaks + MOST_BREAKS, outer, sums[side]);
    ntk_free(activation->base.context, memory);
    for (int i = 0; i < SUMS; i++)
        if (!isfinite(sums[0][i]) || !isfinite(sums[1][i]))
            return ntk_fail(NTK_ERR_CALLBACK, "an activation's function gave a number that is not finite");
    return NTK_OK;
}

/* What two divisions differ by, relative to the sizes of the terms. */
static double difference(double now[2][SUMS], double before[2][SUMS])
{
    double values = sqrt(now[0][SQUARE]) * sqrt(now[1][SQUARE]), slopes = sqrt(now[0][STEEP]) * sqrt(now[1][STEEP]);
    double mixed = sqrt(now[0][STEEP]) * sqrt(now[1][SQUARE]), worst = 0;
    const double sizes[] = {values, slopes, mixed};
    for (int i = 0; i < 3; i++)
        if (sizes[i] > 0) worst = fmax(worst, fabs(now[0][i] - before[0][i]) / sizes[i]);
    return worst;
}

ntk_status ntk_panels_moments(ntk_moments *moments, ntk_mean means[2], const ntk_activation *activation,
                              const ntk_directions *at)
{
    double sums[2][2][SUMS], error = HUGE_VAL, accuracy = fmax(activation->accuracy, 64 * DBL_EPSILON);
    ntk_directions turned = {at->s2, at->s1, at->cosine, at->sine};
    int now = 0;
    for (int64_t pieces = FIRST_PIECES; pieces <= LAST_PIECES; pieces *= 2, now = !now) {
        NTK_TRY(integrate(sums[now], activation, at, pieces));
        if (pieces > FIRST_PIECES) error = difference(sums[now], sums[!now]);
        if (error > accuracy) continue;
        const double *sum = sums[now][0];
        *moments = (ntk_moments){.kappa = sum[KAPPA], .kdot = sum[KDOT], .dkappa_dq12 = sum[KDOT]};
        moments->error_bound = error + 32 * DBL_EPSILON;
        if (activation->family == NTK_FAMILY_USER)
            user_derivatives(moments, at, sum);
        else
            kink_derivatives(moments, activation, at);
        means[0] = mean_of(activation, at, sums[now][0]);
        means[1] = mean_of(activation, &turned, sums[now][1]);
        return NTK_OK;
    }
    return ntk_fail(
        NTK_ERR_UNSUPPORTED,
        "the activation's moments at lengths %g, %g and correlation %g reach an accuracy of %.1e, not the %.1e asked", at->s1,
        at->s2, at->cosine, error, activation->accuracy);
}
