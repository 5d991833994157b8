/* Activations from their definitions. */
#include "oracle.h"

#include <math.h>

static const long double root = 0.707106781186547524400844362104849039L;

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
    default:
        return expl(u);
    }
}

const char *oracle_kind_name(int32_t kind)
{
    static const char *const names[] = {"?",        "relu", "leaky", "abs", "step", "sign",
                                        "identity", "erf",  "gelu",  "sin", "cos",  "exp"};
    return kind >= NTK_RELU && kind <= NTK_EXP ? names[kind] : names[0];
}

ntk_activation *oracle_activation_create(ntk_context *context, int32_t kind, double slope)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *activation = NULL;
    options.slope = slope;
    CHECK_OK(ntk_activation_create(context, &activation, kind, &options));
    return activation;
}
