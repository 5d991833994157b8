#include "activation/closed_forms.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

ntk_angle ntk_angle_of(double along, double across)
{
    double length = hypot(along, across);
    if (!(length > 0)) return (ntk_angle){.cosine = 0, .sine = 1, .theta = PI / 2, .phi = PI / 2};
    return (ntk_angle){along / length, across / length, atan2(across, along), atan2(across, -along)};
}

/* sin t - t cos t; below 1/2 by its series, since the two terms cancel like t^3 / 3 (11 terms: 3e-16 relative). */
static double excess(double t, double sine, double cosine)
{
    if (t >= 0.5) return sine - t * cosine;
    double square = t * t, term = t * square / 3, sum = term;
    for (int k = 2; k <= 11; k++) {
        term *= -square * k / ((k - 1.0) * (2.0 * k) * (2.0 * k + 1.0));
        sum += term;
    }
    return sum;
}

/* kappa / r = [(a^2 + b^2) E(phi) - 2 a b E(theta)] / (2 pi), E = excess, and E(theta) = E(phi) - pi cos theta. */
double ntk_slopes_kappa(const ntk_activation *activation, const ntk_angle *angle)
{
    double a = activation->below, b = activation->above, jump = b - a;
    return jump * jump * excess(angle->phi, angle->sine, -angle->cosine) / (2 * PI) + a * b * angle->cosine;
}

/* Linear in the angle: (a^2 + b^2) / 2 at 0 and a b at pi; taken from the end or the middle that is near, so that a value which
 * vanishes there keeps its digits. */
double ntk_levels_kappa(const ntk_activation *activation, const ntk_angle *angle)
{
    double a = activation->below, b = activation->above, slope = (b - a) * (b - a) / (2 * PI);
    if (angle->cosine <= -0.5) return a * b + slope * angle->phi;
    if (angle->cosine >= 0.5) return (a * a + b * b) / 2 - slope * angle->theta;
    return (a + b) * (a + b) / 4 + slope * atan2(angle->cosine, angle->sine);
}

ntk_arc_length ntk_arc_length_of(ntk_family family, double length)
{
    double r = family == NTK_FAMILY_ERF ? sqrt(2.0) * length : length, g = 1 / hypot(1, r);
    return (ntk_arc_length){.h = r * g, .g = g};
}

/* w^2 = g2^2 + (g1 h2)^2 + (h1 h2 sin theta)^2 */
ntk_arc ntk_arc_of(ntk_arc_length first, ntk_arc_length second, const ntk_angle *angle)
{
    double both = first.h * second.h;
    return (ntk_arc){.t = both * angle->cosine, .w = hypot(hypot(second.g, first.g * second.h), both * angle->sine)};
}

ntk_pair ntk_erf_pair(const ntk_arc *arc)
{
    return (ntk_pair){2 / PI * atan2(arc->t, arc->w), 2 / PI * (arc->t / arc->w)};
}

static double square(double v)
{
    return v * v;
}

ntk_pair ntk_gelu_pair(ntk_arc_length first, ntk_arc_length second, const ntk_arc *arc)
{
    double t = arc->t, w = arc->w, angle = atan2(t, w), g = first.g * second.g, h = first.h * second.h, gw = g / w;
    double value = t / 4 + (t * angle + t * t * g * gw + h * h * w) / (2 * PI);
    double slope = 0.25 + (angle + t / w * (gw * gw + square(first.g) + square(second.g))) / (2 * PI);
    return (ntk_pair){value / first.g / second.g, t / first.g / second.g * slope};
}

/* |u - v|^2 / 2 for an angle theta, |u + v|^2 / 2 for pi - theta */
static double half_distance(double s1, double s2, double theta)
{
    double half = sin(theta / 2);
    return square(s1 - s2) / 2 + (half > 0 ? 2 * half * s1 * half * s2 : 0);
}

void ntk_wave_weights(const ntk_activation *activation, double *cosine, double *sine)
{
    *cosine = square(activation->cosine ? sin(activation->phase) : cos(activation->phase));
    *sine = square(activation->cosine ? cos(activation->phase) : sin(activation->phase));
}

ntk_pair ntk_wave_pair(const ntk_activation *activation, double s1, double s2, const ntk_angle *angle)
{
    double c, s, q12 = s1 * s2 * angle->cosine, near = half_distance(s1, s2, q12 < 0 ? angle->phi : angle->theta);
    /* exp(-far) = exp(-near) exp(-2 |q12|), and X keeps its digits for small q12 */
    double most = exp(-near) / 2, fall = expm1(-2 * fabs(q12)), X = copysign(-most * fall, q12), Y = most * (2 + fall);
    ntk_wave_weights(activation, &c, &s);
    double kdot = X * s + Y * c;
    return (ntk_pair){X * c + Y * s, kdot == 0 ? 0 : q12 * kdot};
}

ntk_pair ntk_exp_pair(double s1, double s2, const ntk_angle *angle)
{
    double kappa = exp(half_distance(s1, s2, angle->phi));
    return (ntk_pair){kappa, s1 * s2 * angle->cosine * kappa};
}
