/* Gaussian moments of kinked activations with a shift, by the distribution of two normals. */
#include "activation/closed_forms.h"
#include "activation/series.h"

#include <math.h>

static const double PI = 3.14159265358979323846, DENSITY = 0.39894228040143267794, ROOT_HALF = 0.70710678118654752440;

/* Beyond, the normal distribution function is 1 to 300 digits, or 0. */
static const double FAR = 40;

static double normal(double h)
{
    return erfc(-h * ROOT_HALF) / 2;
}

enum { NODES = NTK_PANEL_NODES / 2 };

/* P(x < h, y < k) for |cosine| < 0.925: the density in the correlation, sin t, from 0 on. */
static double from_independence(double h, double k, double cosine)
{
    double half = (h * h + k * k) / 2, end = asin(cosine), sum = 0;
    for (int i = 0; i < NODES; i++)
        for (int side = -1; side <= 1; side += 2) {
            double sine = sin(end * (1 + side * ntk_legendre_nodes[i]) / 2);
            sum += ntk_legendre_weights[i] * exp((sine * h * k - half) / ((1 - sine) * (1 + sine)));
        }
    return sum * end / (4 * PI) + normal(h) * normal(k);
}

/* What P(x < h, y < k) lacks of its value at cosine 1, for a cosine near 1: the density over the sine from 0 on, less its
 * expansion there, which is integrated in closed form. */
static double from_parallel(double h, double k, double sine)
{
    double hk = h * k, apart = (h - k) * (h - k), c = (4 - hk) / 8, d = (12 - hk) / 16, square = sine * sine, sum = 0;
    double power = -(apart / square + hk) / 2;
    if (sine == 0) return 0;
    if (power > -100)
        sum = sine * exp(power) * (1 - c * (apart - square) * (1 - d * apart / 5) / 3 + c * d * square * square / 5);
    if (-hk < 100)
        sum -= exp(-hk / 2) / DENSITY * normal(-fabs(h - k) / sine) * fabs(h - k) * (1 - c * apart * (1 - d * apart / 5) / 3);
    for (int i = 0; i < NODES; i++)
        for (int side = -1; side <= 1; side += 2) {
            double x = sine / 2 * (1 + side * ntk_legendre_nodes[i]), xx = x * x, cosine = sqrt((1 - x) * (1 + x));
            power = -(apart / xx + hk) / 2;
            if (power <= -100) continue;
            double exact = exp(-hk * xx / (2 * (1 + cosine) * (1 + cosine))) / cosine;
            sum += sine / 2 * ntk_legendre_weights[i] * exp(power) * (exact - (1 + c * xx * (1 + d * xx)));
        }
    return sum / (2 * PI);
}

/* P(x < h, y < k) of standard normals at this angle (math: Drezner and Wesolowsky 1990; Genz 2004). */
static double both_below(double h, double k, const ntk_angle *angle)
{
    if (fabs(angle->cosine) < 0.925) return from_independence(h, k, angle->cosine);
    if (angle->cosine > 0) return normal(fmin(h, k)) - from_parallel(h, k, angle->sine);
    /* P(x < h) - P(x < h, -y < -k) */
    double parallel = h > -k ? normal(h) - normal(-k) : 0;
    return parallel + from_parallel(h, -k, angle->sine);
}

ntk_shifted ntk_shifted_by(double c, double length)
{
    double h = fmax(-FAR, fmin(FAR, length > 0 ? c / length : c > 0 ? FAR : c < 0 ? -FAR : 0));
    return (ntk_shifted){.length = length, .shift = c, .h = h, .below = normal(h), .bell = length * DENSITY * exp(-h * h / 2)};
}

ntk_shifted ntk_shifted_of(const ntk_activation *activation, double length)
{
    return ntk_shifted_by(activation->shift, length);
}

/* A step or sign of nothing is 0. */
static bool is_nothing(const ntk_activation *activation, const ntk_shifted *u)
{
    return activation->family == NTK_FAMILY_LEVELS && u->shift == 0 && u->length == 0;
}

/* E[s(u)] with x = u + c, where E[max(0, x)] = c Phi(h) + l phi(h). */
static double mean_of(const ntk_activation *activation, const ntk_shifted *u)
{
    double jump = activation->above - activation->below, c = u->shift;
    if (is_nothing(activation, u)) return 0;
    if (activation->family == NTK_FAMILY_LEVELS) return activation->below + jump * u->below;
    return activation->below * c + jump * (c * u->below + u->bell);
}

/* h - rho k with the digits that it has where rho is near 1 or -1. */
static double across(double h, double k, const ntk_angle *angle)
{
    double gap = angle->sine / (1 + fabs(angle->cosine)) * angle->sine;
    return angle->cosine > 0 ? h - k + k * gap : h + k - k * gap;
}

/* With a = below, J the jump, c and c' the shifts, and P = P(u > -c, v > -c'),
 *   LEVELS  E[s(u) s(v)]   = a^2 + a J (Phi(h) + Phi(h')) + J^2 P, which is also E[s'(u) s'(v)] of SLOPES
 *   SLOPES  E[s(u) s(v)]   = a^2 E[x y] + a J (E[x max(0, y)] + E[max(0, x) y]) + J^2 E[max(0, x) max(0, y)]
 *   E[x max(0, y)]         = c E[max(0, y)] + q12 Phi(h')
 *   E[max(0, x) max(0, y)] = (q12 + c c') P + c l' phi(h') Phi(t) + c' l phi(h) Phi(t') + l l' s^2 phi(h) phi(t') / s
 * with t = (h - rho h') / s. */
ntk_shifted_moments ntk_shifted_moments_of(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v,
                                           const ntk_angle *angle)
{
    double a = activation->below, jump = activation->above - a, o = activation->offset / activation->scale;
    double cu = u->shift, cv = v->shift;
    double rho = angle->cosine, s = angle->sine, q12 = u->length * v->length * rho, P = both_below(u->h, v->h, angle);
    double levels = a * a + a * jump * (u->below + v->below) + jump * jump * P;
    double constant = o == 0 ? 0 : o * (mean_of(activation, u) + mean_of(activation, v)) + o * o;
    if (is_nothing(activation, u) || is_nothing(activation, v)) return (ntk_shifted_moments){constant, 0};
    if (activation->family == NTK_FAMILY_LEVELS) return (ntk_shifted_moments){levels + constant, 0};
    double x = across(u->h, v->h, angle), y = across(v->h, u->h, angle);
    double t = s > 0 ? x / s : x == 0 ? 0 : copysign(FAR, x), other = s > 0 ? y / s : y == 0 ? 0 : copysign(FAR, y);
    double above_u = cu * u->below + u->bell, above_v = cv * v->below + v->bell;
    double mixed = cv * above_u + cu * above_v + q12 * (u->below + v->below);
    double both = (q12 + cu * cv) * P + (cu * v->bell * normal(t) + cv * u->bell * normal(other)) +
                  u->bell * v->length * s * DENSITY * exp(-other * other / 2);
    return (ntk_shifted_moments){a * a * (q12 + cu * cv) + a * jump * mixed + jump * jump * both + constant, levels};
}

ntk_pair ntk_shifted_pair(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v, const ntk_angle *angle)
{
    ntk_shifted_moments m = ntk_shifted_moments_of(activation, u, v, angle);
    return (ntk_pair){m.kappa, u->length * v->length * angle->cosine * m.kdot};
}

static double density(double z)
{
    return DENSITY * exp(-z * z / 2);
}

/* --- derivatives --- */

/* exp(-(h^2 - 2 rho h k + k^2) / (2 sin^2)) */
static double both_at_kinks(double h, double k, const ntk_angle *angle)
{
    double apart = angle->cosine > 0 ? h - k : h + k, rest = angle->cosine > 0 ? h * k : -h * k, square = 0;
    if (apart != 0) square = angle->sine > 0 ? apart / angle->sine * (apart / angle->sine) / 2 : HUGE_VAL;
    return exp(-square - rest / (1 + fabs(angle->cosine)));
}

/* By E[s''(u) f(v)] = J p E[f(v) | u = -c] with p the density of u at the kink, where v + c is l' (h' - rho h) + l' sin theta z; one
 * more derivative of u is one of that in u. */
ntk_shifted_slopes ntk_shifted_slopes_of(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v,
                                         const ntk_angle *angle)
{
    double a = activation->below, b = activation->above, jump = b - a, o = activation->offset / activation->scale;
    ntk_shifted_moments m = ntk_shifted_moments_of(activation, u, v, angle);
    ntk_shifted_slopes slopes = {.kappa = m.kappa, .kdot = m.kdot, .along = m.kdot};
    if (!(u->length > 0)) return slopes;
    double x = across(v->h, u->h, angle), s = angle->sine, p = density(u->h) / u->length;
    double t = s > 0 ? x / s : x == 0 ? 0 : copysign(FAR, x), up = normal(t), level = b * up + a * (1 - up);
    double turn = -jump * p * (u->h / u->length);
    slopes.touch = v->length > 0 ? jump * jump * both_at_kinks(u->h, v->h, angle) / (2 * PI) / u->length : 0;
    if (activation->family == NTK_FAMILY_LEVELS) {
        slopes.own = turn * (level + o);
        return slopes;
    }
    slopes.own = jump * p * (v->length * (x * level + jump * s * density(t)) + o);
    slopes.own_kdot = turn * level;
    return slopes;
}

double ntk_shifted_own_slope(const ntk_activation *activation, const ntk_shifted *u)
{
    double a = activation->below, b = activation->above, jump = b - a, o = activation->offset / activation->scale;
    if (!(u->length > 0)) return 0;
    double p = density(u->h) / u->length;
    if (activation->family == NTK_FAMILY_LEVELS) return -jump * p * (u->h / u->length) / 2 * (a + b + 2 * o);
    return a * a + (b * b - a * a) * u->below + jump * p * o;
}

/* --- nearly the same --- */

static double slopes_value(const ntk_activation *activation, double x)
{
    return x < 0 ? activation->below * x : activation->above * x;
}

/* E[(s(l z) - s(l' z))^2] over the z between the kinks, which are at -h and -h'; LEVELS differ by the jump there. */
static double between_kinks(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v)
{
    double half = fabs(u->h - v->h) / 2, middle = -(u->h + v->h) / 2, c = activation->shift, sum = 0;
    for (int i = 0; i < NODES; i++)
        for (int side = -1; side <= 1; side += 2) {
            double z = middle + side * half * ntk_legendre_nodes[i], difference = activation->above - activation->below;
            if (activation->family == NTK_FAMILY_SLOPES)
                difference = slopes_value(activation, u->length * z + c) - slopes_value(activation, v->length * z + c);
            sum += ntk_legendre_weights[i] * half * density(z) * difference * difference;
        }
    return sum;
}

/* The part of the angles between from and to of int_rho^1 (t - rho) p(t) dt, with t the cosine and p the density of two normals of that
 * correlation at the kinks. */
static double missing_part(double apart, double both, double theta, double from, double to)
{
    double half = (to - from) / 2, sum = 0;
    for (int i = 0; i < NODES; i++)
        for (int side = -1; side <= 1; side += 2) {
            double t = from + half * (1 + side * ntk_legendre_nodes[i]), sine = sin(t);
            double power = both / (1 + cos(t)) + (apart > 0 ? apart / sine * (apart / sine) / 2 : 0);
            sum += ntk_legendre_weights[i] * half * 2 * sin((theta + t) / 2) * sin((theta - t) / 2) * exp(-power);
        }
    return sum / (2 * PI);
}

/* What kdot, integrated from rho on, lacks of its value at 1; the density rises where the angle is about that between the kinks, so
 * that the parts double from there. */
static double missing_slope(const ntk_shifted *u, const ntk_shifted *v, double theta)
{
    double apart = fabs(u->h - v->h), both = u->h * v->h, from = fmax(apart / 8, theta * 0x1p-40), sum = 0;
    if (apart == 0 || from >= theta) return missing_part(apart, both, theta, 0, theta);
    for (; from < theta; from *= 2) sum += missing_part(apart, both, theta, from, fmin(2 * from, theta));
    return sum;
}

/* That of parallels of these lengths, and what the angle adds: 2 l l' int_rho^1 kdot of SLOPES, and of LEVELS twice what P lacks. */
double ntk_shifted_distance(const ntk_activation *activation, const ntk_shifted *u, const ntk_shifted *v,
                            const ntk_angle *angle)
{
    double a = activation->below, b = activation->above, jump = b - a, between = between_kinks(activation, u, v);
    if (is_nothing(activation, u) || is_nothing(activation, v)) return between;
    if (activation->family == NTK_FAMILY_LEVELS) return between + 2 * jump * jump * from_parallel(u->h, v->h, angle->sine);
    double low = -fmax(u->h, v->h), high = -fmin(u->h, v->h), apart = u->length - v->length;
    double above = normal(-high) + high * density(high), below = normal(low) - low * density(low);
    double gap = angle->sine / (1 + angle->cosine) * angle->sine;
    double slope = a * a + a * jump * (u->below + v->below) + jump * jump * normal(-high);
    double turned = slope * gap - jump * jump * missing_slope(u, v, angle->theta);
    return apart * apart * (b * b * above + a * a * below) + between + 2 * u->length * v->length * turned;
}
