/* Hermite coefficients of a caller's function with kinks: each sample has its own nodes, Gauss-Legendre panels split where its
 * kinks are.  The coefficients of a derivative that jumps fall like m^(-3/4) only, so that what may be left out decides. */
#include "activation/series.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/mehler.h"

#include <float.h>
#include <math.h>

static const double ROOT_DENSITY = 0.39894228040143267794; /* 1 / sqrt(2 pi) */

/* Beyond, exp(-z^2 / 4) is 4e-25 and Hermite functions are below 1. */
static const double LIMIT = 15;

/* A panel of 20 nodes, over which the last Hermite function turns by 16. */
static const double WIDTH = 0.35;

_Static_assert(NTK_PANEL_NODES % 4 == 0, "panels are whole groups of four nodes");
enum { MOST_KINKS = 64, ARRAYS = 6, MOST_NODES = (86 + MOST_KINKS + 2) * NTK_PANEL_NODES };

bool ntk_mehler_is_kinked(const ntk_activation *activation)
{
    return ntk_activation_route(activation) == NTK_ROUTE_PANELS && activation->family == NTK_FAMILY_USER;
}

int64_t ntk_mehler_kinked_scratch(void)
{
    return ARRAYS * MOST_NODES;
}

/* Nodes for samples of this length, and weights with the density. */
static int64_t nodes_of(const ntk_activation *plain, double length, double *z, double *w, int64_t pieces)
{
    double breaks[MOST_KINKS];
    int64_t kinks = length > 0 ? plain->user.kink_count : 0;
    for (int64_t k = 0; k < kinks; k++) breaks[k] = plain->kinks[k] / length;
    int64_t n = ntk_panel_nodes(z, w, MOST_NODES * pieces, LIMIT, breaks, kinks, WIDTH, pieces);
    for (int64_t i = 0; i < n; i++) w[i] *= ROOT_DENSITY * exp(-z[i] * z[i] / 2);
    return n;
}

/* The coefficient of degree m, and on to the next; four sums, so that they need not wait for each other. */
static double next_coefficient(const double *f, const double *z, double *now, double *last, int64_t n, int64_t m)
{
    double sum[4] = {0}, root = sqrt((double)m), above = 1 / sqrt((double)m + 1);
    for (int64_t i = 0; i < n; i += 4)
        for (int k = 0; k < 4; k++) {
            double here = now[i + k];
            sum[k] += f[i + k] * here;
            now[i + k] = (z[i + k] * here - root * last[i + k]) * above;
            last[i + k] = here;
        }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* f - what the ramps make of the nodes u: their values (order 0) or slopes. */
static void subtract_ramps(const ntk_ramps *ramps, int order, double *f, const double *u, int64_t n)
{
    for (int64_t a = 0; a < ramps->count; a++)
        for (int64_t i = 0; i < n; i++) {
            double x = u[i] - ramps->kink[a];
            if (x > 0) f[i] -= ramps->jump[a] * (order ? 1 : x);
        }
}

ntk_status ntk_mehler_expand_kinked(ntk_mehler_expansion *out, const ntk_activation *plain, const ntk_ramps *ramps,
                                    double length, int64_t degrees, double *scratch)
{
    double *z = scratch, *w = z + MOST_NODES, *now = w + MOST_NODES, *last = now + MOST_NODES, *u = last + MOST_NODES,
           *f = u + MOST_NODES;
    int64_t n = nodes_of(plain, length, z, w, 1);
    for (int64_t i = 0; i < n; i++) {
        now[i] = 1;
        last[i] = 0;
        u[i] = length * z[i];
    }
    out->mean = out->power = 0;
    ntk_activation_order(plain, 0, f, u, n);
    if (ramps) subtract_ramps(ramps, 0, f, u, n);
    for (int64_t i = 0; i < n; i++) out->mean += f[i] * w[i];
    ntk_activation_order(plain, 1, f, u, n);
    if (ramps) subtract_ramps(ramps, 1, f, u, n);
    for (int64_t i = 0; i < n; i++) {
        double root = exp(-z[i] * z[i] / 4);
        out->power += f[i] * w[i] * f[i];
        f[i] *= w[i] / root;
        now[i] = root;
    }
    for (int64_t m = 0; m < degrees; m++) out->d[m] = next_coefficient(f, z, now, last, n, m);
    if (isfinite(out->mean) && isfinite(out->power)) return NTK_OK;
    return ntk_fail(NTK_ERR_CALLBACK, "an activation's function gave a number that is not finite");
}

/* E[s'^2] by panels divided into pieces. */
static double power_of(const ntk_activation *plain, double length, int64_t pieces, double *scratch)
{
    int64_t room = MOST_NODES * pieces;
    double *z = scratch, *w = z + room, *u = w + room, power = 0;
    int64_t n = nodes_of(plain, length, z, w, pieces);
    for (int64_t i = 0; i < n; i++) u[i] = length * z[i];
    ntk_activation_order(plain, 1, u, u, n);
    for (int64_t i = 0; i < n; i++) power += u[i] * w[i] * u[i];
    return power;
}

/* --- how many degrees --- */

enum { PROBES = 12, STEP = 16 };

/* Degrees after which what is left out of one sample's K(x, x) is within the accuracy. */
static int64_t count_degrees(const ntk_mehler_expansion *of, const ntk_mehler_source *source, double length, double offset)
{
    const ntk_mehler_weights *tail = &source->tail;
    double accuracy = ntk_mehler_accuracy(source->activation, source->dtype), square = length * length, rest = of->power;
    double mean = of->mean + offset, total = tail->value * mean * mean;
    for (int64_t m = 0; m < NTK_MEHLER_MOST_DEGREES; m++)
        total += square * (tail->value / (double)(m + 1) + tail->slope) * of->d[m] * of->d[m];
    for (int64_t m = 0; m < NTK_MEHLER_MOST_DEGREES;) {
        rest -= of->d[m] * of->d[m];
        m++;
        if (m % STEP == 0 && square * rest * (tail->value / (double)(m + 1) + tail->slope) <= accuracy / 2 * total) return m;
    }
    return NTK_MEHLER_MOST_DEGREES;
}

ntk_status ntk_mehler_check_kinked(const ntk_activation *plain, double length, double accuracy, double *scratch)
{
    double power = power_of(plain, length, 1, scratch), error = fabs(power_of(plain, length, 2, scratch) / power - 1);
    if (!(power > 0 && error > accuracy)) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "an activation varies too fast, or has a kink that is not listed, for a kernel of samples whose "
                    "preactivations have a deviation of %g: its quadrature reaches an accuracy of %.1e",
                    length, error);
}

/* Lengths from the longest down by halves; beyond them a sample is as one of length 0. */
static ntk_status choose(ntk_mehler_rule *rule, const ntk_mehler_source *source, double length, double *memory)
{
    ntk_activation plain = ntk_mehler_plain(source->activation);
    ntk_mehler_expansion of = {.d = memory};
    double offset = source->activation->offset / source->activation->scale, *scratch = memory + NTK_MEHLER_MOST_DEGREES;
    NTK_TRY(ntk_mehler_check_kinked(&plain, length, ntk_mehler_accuracy(source->activation, source->dtype), scratch));
    rule->degrees = STEP;
    for (int p = 0; p < PROBES && rule->degrees < NTK_MEHLER_MOST_DEGREES; p++, length /= 2) {
        NTK_TRY(ntk_mehler_expand_kinked(&of, &plain, NULL, length, NTK_MEHLER_MOST_DEGREES, scratch));
        int64_t degrees = count_degrees(&of, source, length, offset);
        if (degrees > rule->degrees) rule->degrees = degrees;
    }
    return NTK_OK;
}

ntk_status ntk_mehler_choose_kinked(ntk_mehler_rule *rule, const ntk_mehler_source *source, double length)
{
    double *memory;
    NTK_TRY(ntk_allocate(source->context, &memory, NTK_MEHLER_MOST_DEGREES + ntk_mehler_kinked_scratch(), sizeof *memory,
                         "a Hermite series"));
    ntk_status status = choose(rule, source, length, memory);
    ntk_free(source->context, memory);
    return status;
}

ntk_status ntk_mehler_kinked_gradient(const ntk_activation *activation, const char *function)
{
    if (!ntk_mehler_is_kinked(activation)) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: the activation is a function of the caller's with kinks, whose Hermite series does not converge for "
                    "derivatives",
                    function);
}
