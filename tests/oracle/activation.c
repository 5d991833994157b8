/* Activations from their definitions. */
#include "oracle.h"

#include <math.h>

static const long double root = 0.707106781186547524400844362104849039L;

static long double hermite(int degree, long double u)
{
    long double last = 0, now = 1;
    for (int k = 0; k < degree; k++) {
        long double next = (u * now - sqrtl(k) * last) / sqrtl(k + 1);
        last = now;
        now = next;
    }
    return now;
}

/* From the other side of the hyperbola than the library. */
static long double logistic(long double u)
{
    return (1 + tanhl(u / 2)) / 2;
}

/* p (1 - p) = 1 / (4 cosh(u / 2)^2) */
static long double logistic_slope(long double u)
{
    long double c = coshl(u / 2);
    return 1 / (4 * c * c);
}

long double oracle_activation(int32_t kind, double slope, long double u)
{
    switch (kind) {
    case NTK_RELU:
        return u > 0 ? u : 0;
    case NTK_LEAKY_RELU:
        return u > 0 ? u : (long double)slope * u;
    case NTK_ABS:
        return fabsl(u);
    case NTK_STEP:
        return u > 0 ? 1 : 0;
    case NTK_SIGN:
        return (u > 0) - (u < 0);
    case NTK_IDENTITY:
        return u;
    case NTK_ERF:
        return erfl(u);
    case NTK_GELU:
        return isinf(u) ? (u > 0 ? u : 0) : u * erfcl(-u * root) / 2;
    case NTK_SIN:
        return sinl(u);
    case NTK_COS:
        return cosl(u);
    case NTK_MONOMIAL:
        return powl(u, (long double)slope);
    case NTK_HERMITE:
        return hermite((int)slope, u);
    case NTK_TANH:
        return tanhl(u);
    case NTK_SIGMOID:
        return u < 0 ? expl(u) / (1 + expl(u)) : logistic(u);
    case NTK_SOFTPLUS:
        return u < 0 ? log1pl(expl(u)) : u + log1pl(expl(-u));
    case NTK_SILU:
        return isinf(u) ? (u > 0 ? u : 0) : u * (u < 0 ? expl(u) / (1 + expl(u)) : logistic(u));
    default:
        return expl(u);
    }
}

long double oracle_derivative(int32_t kind, double slope, long double u)
{
    switch (kind) {
    case NTK_RELU:
        return u > 0 ? 1 : 0;
    case NTK_LEAKY_RELU:
        return u > 0 ? 1 : (long double)slope;
    case NTK_ABS:
        return (u > 0) - (u < 0);
    case NTK_STEP:
    case NTK_SIGN:
        return 0;
    case NTK_IDENTITY:
        return 1;
    case NTK_ERF:
        return 1.128379167095512573896158903121545172L * expl(-u * u);
    case NTK_GELU:
        return erfcl(-u * root) / 2 + (isinf(u) ? 0 : u * 0.398942280401432677939946059934381868L * expl(-u * u / 2));
    case NTK_SIN:
        return cosl(u);
    case NTK_COS:
        return -sinl(u);
    case NTK_MONOMIAL:
        return (long double)slope * powl(u, (long double)slope - 1);
    case NTK_HERMITE:
        return sqrtl((long double)slope) * hermite((int)slope - 1, u);
    case NTK_TANH:
        return 4 * logistic_slope(2 * u);
    case NTK_SIGMOID:
        return logistic_slope(u);
    case NTK_SOFTPLUS:
        return oracle_activation(NTK_SIGMOID, 0, u);
    case NTK_SILU:
        return oracle_activation(NTK_SIGMOID, 0, u) + (isinf(u) ? 0 : u * logistic_slope(u));
    default:
        return expl(u);
    }
}

long double oracle_second(int32_t kind, double slope, long double u)
{
    switch (kind) {
    case NTK_ERF:
        return -2 * u * oracle_derivative(kind, 0, u);
    case NTK_GELU:
        return (2 - u * u) * 0.398942280401432677939946059934381868L * expl(-u * u / 2);
    case NTK_SIN:
        return -sinl(u);
    case NTK_COS:
        return -cosl(u);
    case NTK_EXP:
        return expl(u);
    case NTK_MONOMIAL:
        return slope < 2 ? 0 : (long double)(slope * (slope - 1)) * powl(u, (long double)slope - 2);
    case NTK_HERMITE:
        return slope < 2 ? 0 : sqrtl((long double)(slope * (slope - 1))) * hermite((int)slope - 2, u);
    case NTK_TANH:
        return -8 * logistic_slope(2 * u) * tanhl(u);
    case NTK_SIGMOID:
        return -logistic_slope(u) * tanhl(u / 2);
    case NTK_SOFTPLUS:
        return logistic_slope(u);
    case NTK_SILU:
        return logistic_slope(u) * (2 - u * tanhl(u / 2));
    default:
        return 0;
    }
}

const char *oracle_kind_name(int32_t kind)
{
    static const char *const names[] = {"?",   "relu", "leaky", "abs",      "step",    "sign", "identity", "erf",      "gelu",
                                        "sin", "cos",  "exp",   "monomial", "hermite", "tanh", "sigmoid",  "softplus", "silu"};
    return kind >= NTK_RELU && kind <= NTK_SILU ? names[kind] : names[0];
}

ntk_activation *oracle_activation_create(ntk_context *context, int32_t kind, double slope)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *activation = NULL;
    if (kind == NTK_MONOMIAL || kind == NTK_HERMITE)
        options.degree = (int32_t)slope;
    else
        options.slope = slope;
    CHECK_OK(ntk_activation_create(context, &activation, kind, &options));
    return activation;
}
