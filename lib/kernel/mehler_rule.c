/* Quadrature of Hermite coefficients: the trapezoidal rule, which converges exponentially for smooth functions (Trefethen and
 * Weideman 2014).  The rule and the degrees are chosen for the longest sample, since shorter ones see less of the function. */
#include "activation/series.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/mehler.h"

#include <float.h>
#include <math.h>

static const double ROOT_DENSITY = 0.39894228040143267794; /* 1 / sqrt(2 pi) */

/* Beyond, exp(-z^2 / 4) is 4e-25 and Hermite functions are below 1. */
static const double LIMIT = 15;

/* Nodes that are not negative, doubled until twice the distance gives the same power. */
enum { FIRST_HALF = 65, LAST_HALF = NTK_MEHLER_MOST_HALF };

/* Terms that are looked at together, to see whether the rest is small. */
enum { WINDOW = 16 };

ntk_mehler_degrees ntk_mehler_degrees_of(const ntk_activation *activation)
{
    const ntk_mehler_degrees all = {1, 1}, even = {2, 2}, odd = {1, 2};
    if (activation->shift != 0) return all;
    switch (activation->family) {
    case NTK_FAMILY_TANH:
    case NTK_FAMILY_SIGMOID: /* 1/2 and an odd function */
        return even;
    case NTK_FAMILY_SOFTPLUS:
    case NTK_FAMILY_SILU: /* u / 2 and an even one */
        return odd;
    case NTK_FAMILY_MONOMIAL:
    case NTK_FAMILY_HERMITE:
        return activation->degree % 2 ? even : odd;
    default:
        return all;
    }
}

int64_t ntk_mehler_terms(const ntk_mehler_degrees *degrees, int64_t below)
{
    return below > degrees->first ? 2 + (below - 1 - degrees->first) / degrees->step : 1;
}

int64_t ntk_mehler_degree(const ntk_mehler_degrees *degrees, int64_t term)
{
    return term ? degrees->first + (term - 1) * degrees->step : 0;
}

int64_t ntk_mehler_most_terms(const ntk_activation *activation)
{
    ntk_mehler_degrees degrees = ntk_mehler_degrees_of(activation);
    bool polynomial = ntk_activation_route(activation) == NTK_ROUTE_POLYNOMIAL;
    return ntk_mehler_terms(&degrees, polynomial ? activation->degree : NTK_MEHLER_MOST_DEGREES);
}

double ntk_mehler_accuracy(const ntk_activation *activation, int32_t dtype)
{
    return fmax(activation->accuracy, dtype == NTK_F64 ? 64 * DBL_EPSILON : (double)FLT_EPSILON / 8);
}

ntk_activation ntk_mehler_plain(const ntk_activation *activation)
{
    ntk_activation plain = ntk_activation_apart(activation);
    plain.scale = plain.frequency = 1;
    plain.offset = 0;
    return plain;
}

/* s' of one length, at nodes +-z. */
typedef struct probe {
    double z[LAST_HALF], even[LAST_HALF], odd[LAST_HALF], now[LAST_HALF], last[LAST_HALF];
    double u[2 * LAST_HALF], f[2 * LAST_HALF];
    int64_t half;
    double power, coarse; /* E[s'^2], and by every other node */
} probe;

static double node(int64_t half, int64_t i)
{
    return LIMIT * (double)i / (double)(half - 1);
}

/* The weight of +-z together, with the root of the density. */
static double weight(int64_t half, int64_t i)
{
    double z = node(half, i);
    return LIMIT / (double)(half - 1) * ROOT_DENSITY * exp(-z * z / 4) * (i ? 1 : 0.5);
}

static ntk_status sample(probe *p, const ntk_activation *activation, double length)
{
    int64_t half = p->half;
    double most = 0;
    for (int64_t i = 0; i < half; i++) {
        p->z[i] = node(half, i);
        p->u[i] = length * p->z[i];
        p->u[half + i] = -p->u[i];
    }
    ntk_activation_order(activation, 1, p->f, p->u, 2 * half);
    p->power = p->coarse = 0;
    for (int64_t i = 0; i < half; i++) {
        double plus = p->f[i], minus = p->f[half + i], w = weight(half, i), root = exp(-p->z[i] * p->z[i] / 4);
        if (!isfinite(plus) || !isfinite(minus))
            return ntk_fail(NTK_ERR_CALLBACK, "an activation's derivative is %g at %g, expected a finite number",
                            isfinite(plus) ? minus : plus, isfinite(plus) ? -p->u[i] : p->u[i]);
        p->even[i] = (plus + minus) * w;
        p->odd[i] = (plus - minus) * w;
        double square = (plus * plus + minus * minus) * w * root;
        p->power += square;
        if (i % 2 == 0) p->coarse += 2 * square;
        if (i == half - 1) most = fmax(fabs(plus), fabs(minus)) * root;
    }
    if (most > 1e-13 * sqrt(p->power))
        return ntk_fail(
            NTK_ERR_UNSUPPORTED,
            "an activation grows too fast, %g standard deviations out, for a kernel of samples whose variance is %g", LIMIT,
            length * length);
    return NTK_OK;
}

/* The coefficient of degree m, and on to the next. */
static double next_coefficient(probe *p, int64_t m)
{
    const double *f = m % 2 ? p->odd : p->even;
    double sum = 0, root = sqrt((double)m), above = 1 / sqrt((double)m + 1);
    for (int64_t i = 0; i < p->half; i++) {
        double now = p->now[i];
        sum += f[i] * now;
        p->now[i] = (p->z[i] * now - root * p->last[i]) * above;
        p->last[i] = now;
    }
    return sum;
}

/* How many degrees there must be, of most: the root of what the last WINDOW of them add is within the accuracy, of all. */
static int64_t count_degrees(probe *p, const ntk_mehler_weights *weights, double accuracy, int64_t most)
{
    double total = 0, window = 0, enough = accuracy * accuracy / 8;
    for (int64_t i = 0; i < p->half; i++) {
        p->now[i] = exp(-p->z[i] * p->z[i] / 4);
        p->last[i] = 0;
    }
    for (int64_t m = 0; m < most;) {
        double c = next_coefficient(p, m++);
        window += (weights->value / (double)m + weights->slope) * c * c;
        if (m % WINDOW) continue;
        total += window;
        if (window <= enough * total) return m;
        window = 0;
    }
    return most;
}

/* The last Hermite function turns by 3 between two nodes: half of what the rule can tell from a constant. */
static int64_t resolved(int64_t half)
{
    int64_t most = (half - 1) * (half - 1) / 25;
    return most < NTK_MEHLER_MOST_DEGREES ? most : NTK_MEHLER_MOST_DEGREES;
}

static ntk_status choose(ntk_mehler_rule *rule, probe *p, const ntk_mehler_source *source, double length)
{
    ntk_activation plain = ntk_mehler_plain(source->activation);
    double accuracy = ntk_mehler_accuracy(source->activation, source->dtype), error = HUGE_VAL;
    for (p->half = FIRST_HALF; p->half <= LAST_HALF; p->half = 2 * p->half - 1) {
        bool last = p->half == LAST_HALF;
        NTK_TRY(sample(p, &plain, length));
        error = p->power > 0 ? fabs(p->power - p->coarse) / p->power : 0;
        if (error > accuracy) continue;
        int64_t most = resolved(p->half), degrees = count_degrees(p, &source->tail, accuracy, most);
        if (degrees == most && most < NTK_MEHLER_MOST_DEGREES && !last) continue;
        rule->half = p->half;
        rule->degrees = degrees;
        return NTK_OK;
    }
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "an activation varies too fast for a kernel of samples whose preactivations have a deviation of %g: its "
                    "quadrature reaches an accuracy of %.1e, not the %.1e asked",
                    length, error, accuracy);
}

ntk_status ntk_mehler_choose(ntk_mehler_rule *rule, const ntk_mehler_source *source, double length)
{
    probe *p;
    NTK_TRY(ntk_allocate(source->context, &p, 1, sizeof *p, "a Hermite series"));
    ntk_status status = choose(rule, p, source, length);
    ntk_free(source->context, p);
    return status;
}

static void fill_psi(ntk_mehler_rule *rule, const ntk_mehler_degrees *degrees)
{
    for (int64_t i = 0; i < rule->half; i++) {
        double last = 0, now = rule->root[i], z = rule->z[i], root = 0;
        double *even = rule->psi[0] + i * rule->even, *odd = rule->psi[1] + i * rule->odd;
        for (int64_t m = 0; m < rule->degrees; m++) {
            if (m == 0 || (m >= degrees->first && (m - degrees->first) % degrees->step == 0)) *(m % 2 ? odd++ : even++) = now;
            double above = sqrt((double)m + 1), next = (z * now - root * last) / above;
            root = above;
            last = now;
            now = next;
        }
    }
}

ntk_status ntk_mehler_rule_create(ntk_mehler_rule *rule, ntk_context *context, const ntk_mehler_degrees *degrees)
{
    int64_t terms = ntk_mehler_terms(degrees, rule->degrees), half = rule->half;
    rule->even = degrees->step == 1 ? (rule->degrees + 1) / 2 : degrees->first == 2 ? terms : 1;
    rule->odd = terms - rule->even;
    NTK_TRY(ntk_allocate(context, &rule->z, (3 + terms) * half, sizeof(double), "Hermite functions"));
    rule->weight = rule->z + half;
    rule->root = rule->weight + half;
    rule->psi[0] = rule->root + half;
    rule->psi[1] = rule->psi[0] + half * rule->even;
    for (int64_t i = 0; i < half; i++) {
        double z = node(half, i);
        rule->z[i] = z;
        rule->weight[i] = weight(half, i);
        rule->root[i] = exp(-z * z / 4);
    }
    fill_psi(rule, degrees);
    return NTK_OK;
}

ntk_status ntk_mehler_rule_memory(uint64_t *bytes, int64_t terms)
{
    NTK_TRY(ntk_need(bytes, 1, sizeof(probe)));
    return ntk_need(bytes, (3 + terms) * LAST_HALF, sizeof(double));
}
