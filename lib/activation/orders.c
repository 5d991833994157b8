/* Derivatives of smooth activations, to the third, one number at a time: what quadratures are made of. */
#include "activation/series.h"

#include <math.h>

static const double TWO_OVER_ROOT_PI = 1.1283791670955125739, ROOT_HALF = 0.70710678118654752440,
                    DENSITY = 0.39894228040143267794;

/* The logistic function and its derivatives, each with its digits at both ends. */
static void logistic(double z, double *f)
{
    double e = exp(-fabs(z)), sum = 1 + e;
    f[0] = (z < 0 ? e : 1) / sum;
    f[1] = e / (sum * sum);
    f[2] = -f[1] * tanh(z / 2);
    f[3] = f[1] * (1 - 6 * f[1]);
}

static double tanh_order(int order, double z)
{
    double f[4];
    if (order == 0) return tanh(z);
    logistic(2 * z, f);
    return f[order] * (double)(2 << order);
}

static double softplus_order(int order, double z)
{
    double f[4];
    if (order == 0) return fmax(z, 0) + log1p(exp(-fabs(z)));
    logistic(z, f);
    return f[order - 1];
}

static double silu_order(int order, double z)
{
    double f[4];
    logistic(z, f);
    return order == 0 ? z * f[0] : order * f[order - 1] + z * f[order];
}

static double sigmoid_order(int order, double z)
{
    double f[4];
    logistic(z, f);
    return f[order];
}

static double erf_order(int order, double z)
{
    if (order == 0) return erf(z);
    double bell = TWO_OVER_ROOT_PI * exp(-z * z);
    return order == 1 ? bell : order == 2 ? -2 * z * bell : (4 * z * z - 2) * bell;
}

static double gelu_order(int order, double z)
{
    double bell = DENSITY * exp(-z * z / 2);
    if (order == 2) return (2 - z * z) * bell;
    if (order == 3) return z * (z * z - 4) * bell;
    double normal = erfc(-z * ROOT_HALF) / 2;
    return order == 0 ? z * normal : normal + z * bell;
}

int ntk_activation_order_count(const ntk_activation *activation)
{
    if (activation->family == NTK_FAMILY_SLOPES || activation->family == NTK_FAMILY_LEVELS) return 2;
    if (activation->family != NTK_FAMILY_USER) return 4;
    return activation->user.second_derivative ? 3 : 2;
}

static double slopes_order(const ntk_activation *activation, int order, double z)
{
    double side = z < 0 ? activation->below : z > 0 ? activation->above : activation->at_zero;
    return order ? side : side * z;
}

static double levels_order(const ntk_activation *activation, int order, double z)
{
    return order ? 0 : z < 0 ? activation->below : z > 0 ? activation->above : 0;
}

static double order_at(const ntk_activation *activation, int order, double z)
{
    switch (activation->family) {
    case NTK_FAMILY_SLOPES:
        return slopes_order(activation, order, z);
    case NTK_FAMILY_LEVELS:
        return levels_order(activation, order, z);
    case NTK_FAMILY_TANH:
        return tanh_order(order, z);
    case NTK_FAMILY_SIGMOID:
        return sigmoid_order(order, z);
    case NTK_FAMILY_SOFTPLUS:
        return softplus_order(order, z);
    case NTK_FAMILY_SILU:
        return silu_order(order, z);
    case NTK_FAMILY_ERF:
        return erf_order(order, z);
    default:
        return gelu_order(order, z);
    }
}

void ntk_activation_order(const ntk_activation *activation, int order, double *out, const double *u, int64_t count)
{
    const ntk_activation_functions *f = &activation->user;
    if (activation->family == NTK_FAMILY_USER)
        (order == 0 ? f->value : order == 1 ? f->derivative : f->second_derivative)(f->user, out, u, count);
    else
        for (int64_t i = 0; i < count; i++) out[i] = order_at(activation, order, u[i] + activation->shift);
}
