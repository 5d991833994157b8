#include "activation/series.h"

#include "core/memory.h"
#include "core/status.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double ROOT_DENSITY = 0.39894228040143267794; /* 1 / sqrt(2 pi) */

/* Beyond, exp(-z^2 / 4) is 4e-25 and Hermite functions are below 1. */
static const double LIMIT = 15;

/* From LEAST to MOST nodes, doubled until two rules agree; terms up to TERMS.  The last Hermite function turns by
 * 2 LIMIT / nodes sqrt(terms) = 3 between two nodes: half of what the rule can tell from a constant. */
enum { LEAST_NODES = 128, MOST_NODES = 4096, MOST_TERMS = 8192 };

/* Below this length a user's missing derivatives are those of this length: integration by parts divides by it. */
static const double LEAST_LENGTH = 1e-4;

/* What a sum of squares knows of its own rest. */
static const double TAIL_NOISE = 16 * DBL_EPSILON;

void ntk_rule_trapezoid(ntk_rule *rule, int64_t count)
{
    double h = 2 * LIMIT / (double)(count - 1);
    rule->count = count;
    for (int64_t i = 0; i < count; i++) {
        rule->z[i] = h * ((double)i - (double)(count - 1) / 2);
        rule->w[i] = h * ROOT_DENSITY * exp(-rule->z[i] * rule->z[i] / 4);
    }
}

int64_t ntk_series_scratch(int64_t nodes)
{
    return (NTK_SERIES_COLUMNS + 4) * nodes;
}

/* f(z_i) w_i in g, and the power. */
static ntk_status sample(ntk_series *series, const ntk_activation *activation, const ntk_series_column *column, int index,
                         const ntk_rule *rule, double *g, double *u, double *f)
{
    double power = 0, most = 0;
    for (int64_t i = 0; i < rule->count; i++) u[i] = column->length * rule->z[i];
    ntk_activation_order(activation, column->order, f, u, rule->count);
    for (int64_t i = 0; i < rule->count; i++) {
        if (!isfinite(f[i]))
            return ntk_fail(NTK_ERR_CALLBACK, "an activation's function gave %g at %g, expected a finite number", f[i], u[i]);
        double half = exp(-rule->z[i] * rule->z[i] / 4);
        g[i * NTK_SERIES_COLUMNS + index] = f[i] * rule->w[i];
        power += f[i] * rule->w[i] * (f[i] * half);
        if (i == 0 || i == rule->count - 1) most = fmax(most, fabs(f[i]) * half);
    }
    series->power[index] = series->tail[index] = power;
    if (most > 1e-13 * sqrt(power))
        return ntk_fail(NTK_ERR_UNSUPPORTED,
                        "an activation grows too fast, %g standard deviations out, for its moments at a "
                        "variance of %g",
                        LIMIT, column->length * column->length);
    return NTK_OK;
}

/* The next coefficient of every column; their inner products in one pass, for they share the Hermite function. */
static void project(double *c, const double *g, const double *psi, int64_t count)
{
    double sum[NTK_SERIES_COLUMNS] = {0};
    for (int64_t i = 0; i < count; i++)
        for (int j = 0; j < NTK_SERIES_COLUMNS; j++) sum[j] += psi[i] * g[i * NTK_SERIES_COLUMNS + j];
    memcpy(c, sum, sizeof sum);
}

static bool is_enough(const ntk_series *series, int count, double enough)
{
    for (int j = 0; j < count; j++)
        if (series->tail[j] > enough * series->power[j]) return false;
    return true;
}

ntk_status ntk_series_expand(ntk_series *series, const ntk_activation *activation, const ntk_series_column *columns, int count,
                             const ntk_rule *rule, int64_t most, double enough, double *scratch)
{
    int64_t n = rule->count, k = 0;
    double *g = scratch, *now = g + NTK_SERIES_COLUMNS * n, *last = now + n, *u = last + n;
    memset(g, 0, (size_t)(NTK_SERIES_COLUMNS * n) * sizeof *g);
    for (int j = 0; j < count; j++) NTK_TRY(sample(series, activation, &columns[j], j, rule, g, u, u + n));
    for (int64_t i = 0; i < n; i++) {
        now[i] = exp(-rule->z[i] * rule->z[i] / 4);
        last[i] = 0;
    }
    while (k < most) {
        double *c = series->c + k * NTK_SERIES_COLUMNS, root = sqrt((double)k), above = 1 / sqrt((double)k + 1);
        project(c, g, now, n);
        for (int j = 0; j < count; j++) series->tail[j] -= c[j] * c[j];
        k++;
        if (k % 16 == 0 && is_enough(series, count, enough)) break;
        for (int64_t i = 0; i < n; i++) {
            double next = (rule->z[i] * now[i] - root * last[i]) * above;
            last[i] = now[i];
            now[i] = next;
        }
    }
    series->terms = k;
    for (int j = 0; j < count; j++) series->tail[j] = fmax(series->tail[j], 0);
    return NTK_OK;
}

/* --- moments: sums over products of coefficients --- */

/* Which columns hold the orders at the two lengths.  An order that the activation does not give is the one below it, its
 * coefficients moved by one: E[f'(a z) h_k(z)] = sqrt(k + 1) E[f(a z) h_(k + 1)(z)] / a. */
typedef struct plan {
    ntk_series_column columns[NTK_SERIES_COLUMNS];
    int count;
    int column[2][4], moved[2][4]; /* moved: how often */
    double length[2];              /* divided by where moved */
} plan;

static plan make_plan(const ntk_activation *activation, const ntk_directions *at)
{
    plan p = {.count = 0};
    int given = ntk_activation_order_count(activation);
    for (int side = 0; side < 2; side++) {
        double length = side ? at->s2 : at->s1;
        for (int order = 0; order < given; order++) {
            p.column[side][order] = p.count;
            p.columns[p.count++] = (ntk_series_column){length, order};
        }
        p.length[side] = length;
        if (given == 4) continue;
        int below = p.count - 1;
        if (length < LEAST_LENGTH) {
            below = p.count;
            p.length[side] = LEAST_LENGTH;
            p.columns[p.count++] = (ntk_series_column){LEAST_LENGTH, given - 1};
        }
        for (int order = given; order < 4; order++) {
            p.column[side][order] = below;
            p.moved[side][order] = order - given + 1;
        }
    }
    return p;
}

static double coefficient(const ntk_series *series, const plan *p, int side, int order, int64_t k)
{
    double factor = 1;
    int64_t at = k;
    for (int m = 0; m < p->moved[side][order]; m++) factor *= sqrt((double)++at) / p->length[side];
    return at < series->terms ? factor * series->c[at * NTK_SERIES_COLUMNS + p->column[side][order]] : 0;
}

/* E[s^(order)(u)^2], that of the terms where it is moved; and what the terms leave out of it. */
static double power_of(const ntk_series *series, const plan *p, int side, int order, double *tail)
{
    int column = p->column[side][order];
    double power = series->power[column];
    *tail = series->tail[column] > TAIL_NOISE * power ? series->tail[column] : 0;
    if (p->moved[side][order] == 0) return power;
    power = 0;
    for (int64_t k = 0; k < series->terms; k++) {
        double c = coefficient(series, p, side, order, k);
        power += c * c;
    }
    for (int m = 0; m < p->moved[side][order]; m++) *tail *= (double)(series->terms + m) / p->length[side] / p->length[side];
    return power;
}

/* given: no order in it is moved.  Others have lost digits, as the header says, and are not asked for the accuracy. */
typedef struct estimate {
    double value, size, rest;
    bool given;
} estimate;

static estimate sum_of(const ntk_series *series, const plan *p, int first, int second, double rho)
{
    double tail1, tail2, sum = 0;
    double size = sqrt(power_of(series, p, 0, first, &tail1)) * sqrt(power_of(series, p, 1, second, &tail2));
    for (int64_t k = series->terms - 1; k >= 0; k--)
        sum = sum * rho + coefficient(series, p, 0, first, k) * coefficient(series, p, 1, second, k);
    return (estimate){sum, size, sqrt(tail1) * sqrt(tail2) * pow(fabs(rho), (double)series->terms),
                      p->moved[0][first] == 0 && p->moved[1][second] == 0};
}

enum { SUMS = 5 };
static const int sum_orders[SUMS][2] = {{0, 0}, {1, 1}, {2, 0}, {2, 2}, {3, 1}};

/* What the rest of the series and another rule's sums say of the error, relative to the sizes. */
static double error_of(const estimate *now, const estimate *before)
{
    double worst = 0;
    for (int i = 0; i < SUMS; i++) {
        if (!now[i].given || !(now[i].size > 0)) continue;
        double difference = before ? fabs(now[i].value - before[i].value) : now[i].size;
        worst = fmax(worst, (difference + now[i].rest) / now[i].size);
    }
    return worst;
}

static int64_t terms_of(int64_t nodes)
{
    return nodes * nodes / 100 < MOST_TERMS ? nodes * nodes / 100 : MOST_TERMS;
}

static ntk_status estimate_once(estimate *sums, ntk_mean means[2], const ntk_activation *activation, const ntk_directions *at,
                                int64_t nodes, double *memory)
{
    plan p = make_plan(activation, at);
    ntk_rule rule = {.z = memory, .w = memory + nodes};
    ntk_series series = {.c = memory + 2 * nodes};
    int64_t terms = terms_of(nodes);
    ntk_rule_trapezoid(&rule, nodes);
    NTK_TRY(ntk_series_expand(&series, activation, p.columns, p.count, &rule, terms, TAIL_NOISE / 4,
                              memory + 2 * nodes + NTK_SERIES_COLUMNS * terms));
    for (int i = 0; i < SUMS; i++) sums[i] = sum_of(&series, &p, sum_orders[i][0], sum_orders[i][1], at->cosine);
    for (int side = 0; side < 2; side++) {
        means[side].value = coefficient(&series, &p, side, 0, 0);
        means[side].slope = coefficient(&series, &p, side, 2, 0) / 2;
    }
    return NTK_OK;
}

static ntk_status estimate_in_memory(estimate *sums, ntk_mean means[2], const ntk_activation *activation,
                                     const ntk_directions *at, int64_t nodes)
{
    int64_t terms = terms_of(nodes);
    int64_t count = 2 * nodes + NTK_SERIES_COLUMNS * terms + ntk_series_scratch(nodes);
    double *memory;
    NTK_TRY(ntk_allocate(activation->base.context, &memory, count, sizeof *memory, "a Hermite series"));
    ntk_status status = estimate_once(sums, means, activation, at, nodes, memory);
    ntk_free(activation->base.context, memory);
    return status;
}

ntk_status ntk_series_moments(ntk_moments *moments, ntk_mean means[2], const ntk_activation *activation,
                              const ntk_directions *at)
{
    estimate sums[2][SUMS];
    double error = HUGE_VAL, accuracy = fmax(activation->accuracy, 64 * DBL_EPSILON);
    int now = 0;
    for (int64_t nodes = LEAST_NODES; nodes <= MOST_NODES; nodes *= 2, now = !now) {
        NTK_TRY(estimate_in_memory(sums[now], means, activation, at, nodes));
        error = error_of(sums[now], nodes > LEAST_NODES ? sums[!now] : NULL);
        if (error > accuracy) continue;
        *moments = (ntk_moments){.kappa = sums[now][0].value,
                                 .kdot = sums[now][1].value,
                                 .dkappa_dq12 = sums[now][1].value,
                                 .dkappa_dq11 = sums[now][2].value / 2,
                                 .dkdot_dq12 = sums[now][3].value,
                                 .dkdot_dq11 = sums[now][4].value / 2,
                                 .error_bound = error + 32 * DBL_EPSILON};
        return NTK_OK;
    }
    return ntk_fail(
        NTK_ERR_UNSUPPORTED,
        "the activation's moments at lengths %g, %g and correlation %g reach an accuracy of %.1e, not the %.1e asked", at->s1,
        at->s2, at->cosine, error, activation->accuracy);
}
