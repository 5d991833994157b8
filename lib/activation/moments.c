#include "activation/closed_forms.h"
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

static void error_function(ntk_moments *m, const covariance *c)
{
    ntk_erf_length one = ntk_erf_length_of(ldexp(c->s1, c->k1)), two = ntk_erf_length_of(ldexp(c->s2, c->k2));
    ntk_erf_pair pair = ntk_erf_pair_of(one, two, &c->angle);
    double both = one.g / pair.w * two.g, ratio = one.g / pair.w;
    m->kappa = 2 / PI * atan2(pair.t, pair.w);
    m->kdot = m->dkappa_dq12 = 4 / PI * both;
    m->dkappa_dq11 = -2 / PI * pair.t / pair.w * one.g * one.g;
    m->dkdot_dq12 = 8 / PI * (pair.t / pair.w) * both * both;
    m->dkdot_dq11 = -4 / PI * ratio * ratio * both;
}

ntk_status ntk_activation_moments(const ntk_activation *activation, ntk_moments *moments, double q11, double q22, double q12)
{
    covariance c;
    NTK_REQUIRE(activation);
    NTK_REQUIRE(moments);
    NTK_TRY(read_covariance(&c, q11, q22, q12));
    ntk_moments own = {.error_bound = ERROR_BOUND};
    if (activation->family == NTK_FAMILY_SLOPES)
        slopes(&own, activation, &c);
    else if (activation->family == NTK_FAMILY_LEVELS)
        levels(&own, activation, &c);
    else
        error_function(&own, &c);
    return ntk_options_write(moments, sizeof own, &own, sizeof own, "ntk_moments");
}
