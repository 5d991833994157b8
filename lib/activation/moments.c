#include "activation/closed_forms.h"
#include "activation/series.h"
#include "core/options.h"
#include "core/status.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

_Static_assert(sizeof(ntk_moments) == 64 && offsetof(ntk_moments, kappa) == 8 && offsetof(ntk_moments, kdot) == 16 &&
                   offsetof(ntk_moments, dkappa_dq12) == 24 && offsetof(ntk_moments, dkappa_dq11) == 32 &&
                   offsetof(ntk_moments, dkdot_dq12) == 40 && offsetof(ntk_moments, dkdot_dq11) == 48 &&
                   offsetof(ntk_moments, error_bound) == 56,
               "the layout of ntk_moments is frozen");

static const double PI = 3.14159265358979323846;

/* Some ten roundings and two elementary functions, doubled. */
static const double ERROR_BOUND = 16 * DBL_EPSILON;

/* q12^2 may pass q11 q22 by so many roundings of its factors. */
static const double COVARIANCE_SLACK = 8 * DBL_EPSILON;

/* q11 = 4^k1 s1^2 and q22 = 4^k2 s2^2, with s1, s2 in [1/2, sqrt 2) or 0. */
typedef struct covariance {
    double s1, s2;
    int k1, k2;
    ntk_angle angle;
} covariance;

static int half_exponent(double q)
{
    int exponent = 0;
    (void)frexp(q, &exponent);
    return (exponent - (exponent & 1)) / 2;
}

static ntk_status check_variance(double q, const char *name)
{
    if (isfinite(q) && q >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_VALUE, "ntk_activation_moments: %s is %g, expected a finite number that is not negative", name, q);
}

static ntk_status read_covariance(covariance *c, double q11, double q22, double q12)
{
    NTK_TRY(check_variance(q11, "q11"));
    NTK_TRY(check_variance(q22, "q22"));
    if (!isfinite(q12)) return ntk_fail(NTK_ERR_VALUE, "ntk_activation_moments: q12 is %g, expected a finite number", q12);
    c->k1 = half_exponent(q11);
    c->k2 = half_exponent(q22);
    double a = ldexp(q11, -2 * c->k1), b = ldexp(q22, -2 * c->k2), q = ldexp(q12, -c->k1 - c->k2);
    c->s1 = sqrt(a);
    c->s2 = sqrt(b);
    if (fabs(q) > c->s1 * c->s2 * (1 + COVARIANCE_SLACK))
        return ntk_fail(NTK_ERR_VALUE, "ntk_activation_moments: q12 is %g, expected at most sqrt(q11 q22) = %g in size", q12,
                        sqrt(q11) * sqrt(q22));
    /* Kahan's a b - q^2, right to two roundings */
    double square = q * q, determinant = fma(a, b, -square) + fma(-q, q, square);
    c->angle = ntk_angle_of(q, determinant > 0 ? sqrt(determinant) : 0);
    return NTK_OK;
}

/* size / s, a derivative's kink at parallel vectors: infinite with size's sign there, but 0 where there is no kink. */
static double over_sine(double size, double sine)
{
    if (size == 0) return 0;
    return sine > 0 ? size / sine : copysign(HUGE_VAL, size);
}

static void slopes(ntk_moments *m, const ntk_activation *activation, const covariance *c)
{
    const ntk_angle *angle = &c->angle;
    double jump = (activation->above - activation->below) * (activation->above - activation->below), r = c->s1 * c->s2;
    m->kappa = ldexp(r * ntk_slopes_kappa(activation, angle), c->k1 + c->k2);
    m->kdot = m->dkappa_dq12 = ntk_levels_kappa(activation, angle);
    m->dkdot_dq12 = jump == 0 ? 0 : ldexp(over_sine(jump / (2 * PI * r), angle->sine), -c->k1 - c->k2);
    if (c->s1 == 0) return;
    m->dkappa_dq11 = ldexp(jump * angle->sine * (c->s2 / c->s1) / (4 * PI), c->k2 - c->k1);
    m->dkdot_dq11 = ldexp(over_sine(-jump * angle->cosine / (4 * PI * c->s1 * c->s1), angle->sine), -2 * c->k1);
}

static void levels(ntk_moments *m, const ntk_activation *activation, const covariance *c)
{
    const ntk_angle *angle = &c->angle;
    double jump = (activation->above - activation->below) * (activation->above - activation->below), r = c->s1 * c->s2;
    m->dkappa_dq12 = ldexp(over_sine(jump / (2 * PI * r), angle->sine), -c->k1 - c->k2);
    if (r == 0) return;
    m->kappa = ntk_levels_kappa(activation, angle);
    m->dkappa_dq11 = ldexp(over_sine(-jump * angle->cosine / (4 * PI * c->s1 * c->s1), angle->sine), -2 * c->k1);
}

/* The lengths themselves, for activations that are not homogeneous. */
static double first_length(const covariance *c)
{
    return ldexp(c->s1, c->k1);
}

static double second_length(const covariance *c)
{
    return ldexp(c->s2, c->k2);
}

static void error_function(ntk_moments *m, const covariance *c)
{
    ntk_arc_length one = ntk_arc_length_of(NTK_FAMILY_ERF, first_length(c)),
                   two = ntk_arc_length_of(NTK_FAMILY_ERF, second_length(c));
    ntk_arc arc = ntk_arc_of(one, two, &c->angle);
    double both = one.g / arc.w * two.g, ratio = one.g / arc.w;
    m->kappa = ntk_erf_pair(&arc).kappa;
    m->kdot = m->dkappa_dq12 = 4 / PI * both;
    m->dkappa_dq11 = -2 / PI * arc.t / arc.w * one.g * one.g;
    m->dkdot_dq12 = 8 / PI * (arc.t / arc.w) * both * both;
    m->dkdot_dq11 = -4 / PI * ratio * ratio * both;
}

/* With A = 1 + q11, B = 1 + q22, N = q12^2 + q11 q22 D and M = A B sqrt D; derivatives of the closed form. */
static void gelu(ntk_moments *m, const covariance *c)
{
    double s1 = first_length(c), s2 = second_length(c), q11 = s1 * s1, q22 = s2 * s2, q12 = s1 * s2 * c->angle.cosine;
    ntk_arc_length one = ntk_arc_length_of(NTK_FAMILY_GELU, s1), two = ntk_arc_length_of(NTK_FAMILY_GELU, s2);
    ntk_arc arc = ntk_arc_of(one, two, &c->angle);
    double e = arc.w / one.g / two.g, D = e * e, A = 1 + q11, B = 1 + q22, angle = atan2(arc.t, arc.w);
    double G = 1 / D + 1 / A + 1 / B, N = q12 * q12 + q11 * q22 * D, M = A * B * e;
    double dN = q22 * D + q11 * q22 * B, dM = B * e + A * B * B / (2 * e);
    m->kappa = ntk_gelu_pair(one, two, &arc).kappa;
    m->kdot = m->dkappa_dq12 = 0.25 + (angle + q12 / e * G) / (2 * PI);
    m->dkappa_dq11 = (-q12 / e * q12 / A / 2 + dN / M - N / M * (dM / M)) / (2 * PI);
    m->dkdot_dq12 =
        (4 - 2 * (1 - B / D) - 2 * (1 - A / D) + (1 - B / D) * (1 - A / D) + 2 * (q12 / D) * (q12 / D)) / (2 * PI * e);
    m->dkdot_dq11 = (-q12 / e / A / 2 - q12 / e * B * G / D / 2 - q12 / e * (B / D / D + 1 / A / A)) / (2 * PI);
}

static void wave(ntk_moments *m, const ntk_activation *activation, const covariance *c)
{
    ntk_activation turned = ntk_activation_apart(activation);
    turned.cosine = !activation->cosine;
    double s1 = first_length(c), s2 = second_length(c);
    m->kappa = m->dkdot_dq12 = ntk_wave_pair(activation, s1, s2, &c->angle).kappa;
    m->kdot = m->dkappa_dq12 = ntk_wave_pair(&turned, s1, s2, &c->angle).kappa;
    m->dkappa_dq11 = -m->kappa / 2;
    m->dkdot_dq11 = -m->kdot / 2;
}

static void exponential(ntk_moments *m, const covariance *c)
{
    m->kappa = ntk_exp_pair(first_length(c), second_length(c), &c->angle).kappa;
    m->kdot = m->dkappa_dq12 = m->dkdot_dq12 = m->kappa;
    m->dkappa_dq11 = m->dkdot_dq11 = m->kappa / 2;
}

static void closed(ntk_moments *m, const ntk_activation *activation, const covariance *c)
{
    m->error_bound = ERROR_BOUND;
    switch (activation->family) {
    case NTK_FAMILY_SLOPES:
        slopes(m, activation, c);
        break;
    case NTK_FAMILY_LEVELS:
        levels(m, activation, c);
        break;
    case NTK_FAMILY_ERF:
        error_function(m, c);
        break;
    case NTK_FAMILY_GELU:
        gelu(m, c);
        break;
    case NTK_FAMILY_WAVE:
        wave(m, activation, c);
        break;
    default:
        exponential(m, c);
        break;
    }
}

void ntk_closed_moments(ntk_moments *moments, const ntk_activation *activation, double s1, double s2, const ntk_angle *angle)
{
    const covariance c = {.s1 = s1, .s2 = s2, .angle = *angle};
    *moments = (ntk_moments){0};
    closed(moments, activation, &c);
}

/* The moments of s. */
static ntk_status evaluate(ntk_moments *m, ntk_mean means[2], const ntk_activation *activation, const covariance *c)
{
    ntk_directions at = {first_length(c), second_length(c), c->angle.cosine, c->angle.sine};
    switch (ntk_activation_route(activation)) {
    case NTK_ROUTE_CLOSED:
        closed(m, activation, c);
        means[0] = ntk_closed_mean(activation, at.s1);
        means[1] = ntk_closed_mean(activation, at.s2);
        break;
    case NTK_ROUTE_POLYNOMIAL:
        ntk_polynomial_moments(m, means, activation, &at);
        break;
    case NTK_ROUTE_SERIES:
        return ntk_series_moments(m, means, activation, &at);
    case NTK_ROUTE_PANELS:
        return ntk_panels_moments(m, means, activation, &at);
    }
    return NTK_OK;
}

/* E[(s(u) + o) (s(v) + o)], o = offset / scale */
static void add_offset(ntk_moments *m, const ntk_mean means[2], const ntk_activation *activation)
{
    double o = activation->offset / activation->scale;
    if (o == 0) return;
    m->kappa += o * (means[0].value + means[1].value) + o * o;
    m->dkappa_dq11 += o * means[0].slope;
}

/* sigma(u) = scale s(frequency u), whose moments are those of s at frequency^2 times the covariance. */
static void rescale(ntk_moments *m, const ntk_activation *activation)
{
    double a = activation->scale * activation->scale, b = activation->frequency * activation->frequency;
    m->kappa *= a;
    m->kdot *= a * b;
    m->dkappa_dq12 *= a * b;
    m->dkappa_dq11 *= a * b;
    m->dkdot_dq12 *= a * b * b;
    m->dkdot_dq11 *= a * b * b;
}

ntk_status ntk_activation_moments(const ntk_activation *activation, ntk_moments *moments, double q11, double q22, double q12)
{
    covariance c;
    NTK_REQUIRE(activation);
    NTK_REQUIRE(moments);
    NTK_TRY(read_covariance(&c, q11, q22, q12));
    c.s1 *= fabs(activation->frequency);
    c.s2 *= fabs(activation->frequency);
    ntk_moments own = {0};
    ntk_mean means[2];
    NTK_TRY(evaluate(&own, means, activation, &c));
    add_offset(&own, means, activation);
    rescale(&own, activation);
    if (!isfinite(own.kappa))
        return ntk_fail(NTK_ERR_OVERFLOW, "ntk_activation_moments: kappa at (%g, %g, %g) is too large to be represented", q11,
                        q22, q12);
    return ntk_options_write(moments, sizeof own, &own, sizeof own, "ntk_moments");
}
