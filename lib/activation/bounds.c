/* The largest slopes of activations: what bounds how fast a network's Jacobian changes. */
#include "activation/activation.h"

#include <math.h>

/* sup |s'| and sup |s''| of s, scale and frequency apart; false where one is infinite. */
static bool bounds_of_shape(const ntk_activation *activation, double *first, double *second)
{
    const double root = sqrt(acos(-1.0)); /* of pi */
    *second = 0;
    switch (activation->family) {
    case NTK_FAMILY_SLOPES:
        *first = fabs(activation->above);
        return activation->below == activation->above;
    case NTK_FAMILY_MONOMIAL:
    case NTK_FAMILY_HERMITE:
        *first = 1;
        return activation->degree == 1;
    case NTK_FAMILY_WAVE:
        *first = *second = 1;
        return true;
    case NTK_FAMILY_TANH:
        *first = 1, *second = 4 / (3 * sqrt(3));
        return true;
    case NTK_FAMILY_SIGMOID:
        *first = 0.25, *second = 1 / (6 * sqrt(3));
        return true;
    case NTK_FAMILY_SOFTPLUS:
        *first = 1, *second = 0.25;
        return true;
    case NTK_FAMILY_ERF:
        *first = 2 / root, *second = 2 * sqrt(2) * exp(-0.5) / root;
        return true;
    case NTK_FAMILY_GELU: /* at sqrt(2) and at 0 */
        *first = 0.5 * erfc(-1) + exp(-1) / root, *second = sqrt(2) / root;
        return true;
    case NTK_FAMILY_SILU: /* the first (1 + y) / 2, y tanh(y) = 1, rounded up */
        *first = 1.0998393202, *second = 0.5;
        return true;
    default:
        return false;
    }
}

bool ntk_activation_bounds(const ntk_activation *activation, double *first, double *second)
{
    double scale = fabs(activation->scale), frequency = fabs(activation->frequency);
    if (!bounds_of_shape(activation, first, second)) return false;
    *first *= scale * frequency;
    *second *= scale * frequency * frequency;
    return isfinite(*first) && isfinite(*second);
}
