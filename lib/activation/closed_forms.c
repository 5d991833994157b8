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

ntk_erf_length ntk_erf_length_of(double length)
{
    double scaled = sqrt(2.0) * length, g = 1 / hypot(1, scaled);
    return (ntk_erf_length){.h = scaled * g, .g = g};
}

/* D (g1 g2)^2 = g2^2 + (g1 h2)^2 + (h1 h2 sin theta)^2 */
ntk_erf_pair ntk_erf_pair_of(ntk_erf_length first, ntk_erf_length second, const ntk_angle *angle)
{
    double both = first.h * second.h;
    return (ntk_erf_pair){.t = both * angle->cosine, .w = hypot(hypot(second.g, first.g * second.h), both * angle->sine)};
}
