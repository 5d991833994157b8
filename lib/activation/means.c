/* Means of activations that have closed forms; an additive constant needs them. */
#include "activation/series.h"

#include <math.h>

static const double DENSITY = 0.39894228040143267794; /* 1 / sqrt(2 pi) */

ntk_mean ntk_closed_mean(const ntk_activation *activation, double a)
{
    double jump = activation->above - activation->below, size;
    switch (activation->family) {
    case NTK_FAMILY_SLOPES:
        return (ntk_mean){DENSITY * jump * a, a > 0 ? DENSITY * jump / (2 * a) : 0};
    case NTK_FAMILY_LEVELS:
        return (ntk_mean){a > 0 ? (activation->below + activation->above) / 2 : 0, 0};
    case NTK_FAMILY_GELU: /* a^2 / sqrt(2 pi (1 + a^2)) */
        size = hypot(1, a);
        return (ntk_mean){DENSITY * a / size * a, DENSITY / size * (1 - a / size * (a / size) / 2)};
    case NTK_FAMILY_WAVE:
        size = (activation->cosine ? cos : sin)(activation->phase) * exp(-a * a / 2);
        return (ntk_mean){size, -size / 2};
    case NTK_FAMILY_EXP:
        size = exp(a * a / 2);
        return (ntk_mean){size, size / 2};
    default: /* erf is odd */
        return (ntk_mean){0, 0};
    }
}
