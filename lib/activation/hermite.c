/* Hermite coefficients of every activation: ratios of closed forms, finite series, quadrature. */
#include "activation/closed_forms.h"
#include "activation/series.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double DENSITY = 0.39894228040143267794, ROOT_TWO_OVER_PI = 0.79788456080286535588;

/* Where quadrature still resolves the last Hermite function. */
enum { MOST_ROWS = 2048, FIRST_NODES = 512, LAST_NODES = 8192 };

/* Of positive length a, s without shift, scale and offset.  c is zero at first.
 * slopes: m u + d |u|; |u| has the even terms c_(k + 2) = -c_k (k - 1) / sqrt((k + 1) (k + 2))
 * levels: the odd terms of sign, c_(k + 2) = -c_k k / sqrt((k + 1) (k + 2)) */
static void piecewise(double *c, int64_t rows, const ntk_activation *activation, double a)
{
    double middle = (activation->below + activation->above) / 2, jump = activation->above - activation->below;
    bool levels = activation->family == NTK_FAMILY_LEVELS;
    int64_t first = levels ? 1 : 0;
    if (a == 0) return;
    if (first < rows) c[first] = levels ? jump * DENSITY : jump * DENSITY * a;
    for (int64_t k = first; k + 2 < rows; k += 2)
        c[k + 2] = -c[k] * (double)(levels ? k : k - 1) / sqrt((double)(k + 1) * (double)(k + 2));
    if (levels)
        c[0] = middle;
    else if (rows > 1)
        c[1] = middle * a;
}

/* erf: c_1 = sqrt(2 / pi) h, c_(k + 2) = -c_k h^2 k / sqrt((k + 1) (k + 2)); GELU's from erf's half at h = a / sqrt(1 + a^2). */
static void error_function(double *c, int64_t rows, const ntk_activation *activation, double a)
{
    ntk_arc_length arc = ntk_arc_length_of(activation->family, a);
    double p = ROOT_TWO_OVER_PI * arc.h, square = arc.h * arc.h;
    bool gelu = activation->family == NTK_FAMILY_GELU;
    if (gelu) {
        c[0] = a * p / 2;
        if (rows > 1) c[1] = a / 2;
    }
    for (int64_t k = 1; k < rows; k += 2) {
        if (!gelu) c[k] = p;
        /* a (sqrt(k + 2) p_(k + 2) + sqrt(k + 1) p_k), whose terms cancel as they stand */
        if (gelu && k + 1 < rows) c[k + 1] = a * p / 2 / sqrt((double)k + 1) * ((double)(k + 1) * arc.g * arc.g + square);
        p *= -square * (double)k / sqrt((double)(k + 1) * (double)(k + 2));
    }
}

/* a^k exp(size) / sqrt(k!), carried as a fraction and an exponent of two. */
static void exponential(double *c, int64_t rows, double a, double size)
{
    const double log2e = 1.44269504088896340736, ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
    double whole = rint(size * log2e), fraction = exp((size - whole * ln2_high) - whole * ln2_low);
    int exponent = (int)fmax(-100000, fmin(100000, whole)), moved;
    for (int64_t k = 0; k < rows; k++) {
        c[k] = ldexp(fraction, exponent);
        fraction = frexp(fraction * (a / sqrt((double)k + 1)), &moved);
        exponent += moved;
    }
}

static void wave(double *c, int64_t rows, const ntk_activation *activation, double a)
{
    double even = sin(activation->phase), odd = cos(activation->phase);
    if (activation->cosine) {
        even = cos(activation->phase);
        odd = -sin(activation->phase);
    }
    exponential(c, rows, a, -a * a / 2);
    for (int64_t k = 0; k < rows; k++) c[k] *= (k % 2 ? odd : even) * (k % 4 < 2 ? 1 : -1);
}

static void closed(double *c, int64_t rows, const ntk_activation *activation, double a)
{
    if (activation->family == NTK_FAMILY_WAVE)
        wave(c, rows, activation, a);
    else if (activation->family == NTK_FAMILY_EXP)
        exponential(c, rows, a, a * a / 2);
    else if (activation->family == NTK_FAMILY_ERF || activation->family == NTK_FAMILY_GELU)
        error_function(c, rows, activation, a);
    else
        piecewise(c, rows, activation, a);
}

static void polynomial(double *c, int64_t rows, const ntk_activation *activation, double a)
{
    double terms[NTK_MOST_DEGREE + 1];
    int degree = ntk_polynomial_coefficients(activation, 0, a, terms);
    for (int64_t k = 0; k < rows && k <= degree; k++) c[k] = terms[k];
}

/* --- quadrature --- */

/* Panels of a fixed size, about nodes in all, split at the kinks. */
static void panels(ntk_rule *rule, const ntk_activation *activation, double a, int64_t nodes, int64_t room, double *breaks)
{
    const double limit = 15;
    bool user = activation->family == NTK_FAMILY_USER;
    int64_t count = user ? activation->user.kink_count : 1;
    for (int64_t i = 0; i < count; i++) breaks[i] = (user ? activation->kinks[i] : -activation->shift) / a;
    if (a == 0) count = 0;
    rule->count = ntk_panel_nodes(rule->z, rule->w, room, limit, breaks, count, 2 * limit * NTK_PANEL_NODES / (double)nodes, 1);
    for (int64_t i = 0; i < rule->count; i++) rule->w[i] *= DENSITY * exp(-rule->z[i] * rule->z[i] / 4);
}

enum { MOST_KINKS = 64 };

static int64_t room_of(int64_t nodes)
{
    return nodes + (MOST_KINKS + 2) * NTK_PANEL_NODES;
}

static ntk_status by_rule(double *c, int64_t rows, const ntk_activation *activation, double a, int64_t nodes, double *memory,
                          double *power)
{
    int64_t room = room_of(nodes);
    double breaks[MOST_KINKS];
    ntk_rule rule = {.z = memory, .w = memory + room};
    ntk_series series = {.c = memory + 2 * room};
    ntk_series_column column = {a, 0};
    if (ntk_activation_route(activation) == NTK_ROUTE_PANELS)
        panels(&rule, activation, a, nodes, room, breaks);
    else
        ntk_rule_trapezoid(&rule, nodes);
    NTK_TRY(ntk_series_expand(&series, activation, &column, 1, &rule, rows, -1, memory + 2 * room + NTK_SERIES_COLUMNS * rows));
    for (int64_t k = 0; k < rows; k++) c[k] = series.c[k * NTK_SERIES_COLUMNS];
    *power = series.power[0];
    return NTK_OK;
}

/* Twice the nodes until they agree; the first rule has what the last Hermite function needs. */
static ntk_status by_quadrature(double *c, int64_t rows, const ntk_activation *activation, double a)
{
    ntk_context *context = activation->base.context;
    double error = HUGE_VAL, power, accuracy = fmax(activation->accuracy, 64 * DBL_EPSILON), *memory, *before;
    ntk_status status = NTK_OK;
    int64_t last = LAST_NODES;
    int64_t count = 2 * room_of(last) + NTK_SERIES_COLUMNS * rows + ntk_series_scratch(room_of(last)) + rows;
    NTK_TRY(ntk_allocate(context, &memory, count, sizeof *memory, "Hermite coefficients"));
    before = memory + count - rows;
    for (int64_t nodes = FIRST_NODES; nodes <= last && status == NTK_OK; nodes *= 2) {
        memcpy(before, c, (size_t)rows * sizeof *c);
        status = by_rule(c, rows, activation, a, nodes, memory, &power);
        double most = 0;
        for (int64_t k = 0; k < rows; k++) most = fmax(most, fabs(c[k] - before[k]));
        error = power > 0 ? most / sqrt(power) : 0;
        if (nodes > FIRST_NODES && error <= accuracy) break;
    }
    ntk_free(context, memory);
    NTK_TRY(status);
    if (error <= accuracy) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "ntk_activation_hermite: the coefficients at scale %g reach an accuracy of %.1e, not the %.1e asked", a,
                    error, activation->accuracy);
}

static ntk_status coefficients_of(double *c, int64_t rows, const ntk_activation *activation, double scale)
{
    double length = scale * activation->frequency, a = fabs(length);
    ntk_route route = ntk_activation_route(activation);
    memset(c, 0, (size_t)rows * sizeof *c);
    if (route == NTK_ROUTE_CLOSED)
        closed(c, rows, activation, a);
    else if (route == NTK_ROUTE_POLYNOMIAL)
        polynomial(c, rows, activation, a);
    else
        NTK_TRY(by_quadrature(c, rows, activation, a));
    for (int64_t k = 0; k < rows; k++) {
        c[k] = activation->scale * c[k] * (k % 2 && length < 0 ? -1 : 1) + (k == 0 ? activation->offset : 0);
        if (!isfinite(c[k]))
            return ntk_fail(NTK_ERR_OVERFLOW,
                            "ntk_activation_hermite: coefficient %lld at scale %g is too large to be represented", (long long)k,
                            scale);
    }
    return NTK_OK;
}

ntk_status ntk_activation_hermite(const ntk_activation *activation, const ntk_matrix *coefficients, double scale)
{
    double *c;
    NTK_REQUIRE(activation);
    NTK_TRY(ntk_output_check(coefficients, __func__, "coefficients"));
    NTK_TRY(ntk_shape_check(coefficients, -1, 1, __func__, "coefficients"));
    if (coefficients->rows > MOST_ROWS)
        return ntk_fail(NTK_ERR_SHAPE, "ntk_activation_hermite: coefficients has %lld rows, expected at most %d",
                        (long long)coefficients->rows, MOST_ROWS);
    if (!isfinite(scale) || !isfinite(scale * activation->frequency))
        return ntk_fail(NTK_ERR_VALUE, "ntk_activation_hermite: scale is %g, expected a finite number", scale);
    ntk_context *context = activation->base.context;
    NTK_TRY(ntk_allocate(context, &c, coefficients->rows, sizeof *c, "Hermite coefficients"));
    ntk_status status = coefficients_of(c, coefficients->rows, activation, scale);
    if (status == NTK_OK)
        for (int64_t k = 0; k < coefficients->rows; k++)
            ntk_convert(ntk_row(coefficients, k), coefficients->dtype, &c[k], NTK_F64, 1);
    ntk_free(context, c);
    return status;
}
