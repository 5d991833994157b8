/* The activation's inside: what the layers above need of it. */
#ifndef NTK_ACTIVATION_ACTIVATION_H
#define NTK_ACTIVATION_ACTIVATION_H

#include "core/cpu.h"
#include "core/object.h"

#include <ntk/activation.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* SLOPES: below * u for u < 0, above * u for u > 0 (ReLU, leaky ReLU, absolute value, identity).
 * LEVELS: below for u < 0, 0 at 0, above for u > 0, but for the step 0 (step, sign).
 * WAVE: sin(u + phase), or cos.
 * MONOMIAL, HERMITE: polynomials of the degree.  USER: the caller's functions. */
typedef enum ntk_family {
    NTK_FAMILY_SLOPES,
    NTK_FAMILY_LEVELS,
    NTK_FAMILY_ERF,
    NTK_FAMILY_GELU,
    NTK_FAMILY_WAVE,
    NTK_FAMILY_EXP,
    NTK_FAMILY_MONOMIAL,
    NTK_FAMILY_HERMITE,
    NTK_FAMILY_TANH,
    NTK_FAMILY_SIGMOID,
    NTK_FAMILY_SOFTPLUS,
    NTK_FAMILY_SILU,
    NTK_FAMILY_USER
} ntk_family;

/* How moments are had: by a closed form, a finite series (polynomials), an infinite one (smooth functions), or integrals split at
 * kinks. */
typedef enum ntk_route { NTK_ROUTE_CLOSED, NTK_ROUTE_POLYNOMIAL, NTK_ROUTE_SERIES, NTK_ROUTE_PANELS } ntk_route;

/* sigma(u) = scale s(frequency u + shift) + offset; below, above, at_zero and phase are of s. */
struct ntk_activation {
    ntk_object base;
    int32_t kind;
    ntk_family family;
    double below, above;
    double at_zero; /* s'(0), SLOPES */
    double phase;   /* WAVE */
    bool cosine;    /* WAVE: cos(u + phase) instead */
    int32_t degree; /* MONOMIAL, HERMITE */
    double scale, frequency;
    double shift; /* 0 where phase, scale or offset can take it */
    double offset;
    double accuracy;
    ntk_activation_functions user; /* USER; kinks are the activation's own */
    double *kinks;
};

/* What the function is, without the object, whose references another thread may be counting. */
static inline ntk_activation ntk_activation_apart(const ntk_activation *activation)
{
    const size_t first = offsetof(ntk_activation, kind);
    ntk_activation apart = {.kind = activation->kind};
    memcpy((char *)&apart + first, (const char *)activation + first, sizeof apart - first);
    return apart;
}

static inline bool ntk_activation_has_second(const ntk_activation *activation)
{
    return activation->family != NTK_FAMILY_USER || activation->user.second_derivative;
}

ntk_route ntk_activation_route(const ntk_activation *activation);

/* 1e-12 for 0. */
ntk_status ntk_activation_accuracy(double *accuracy, double asked, const char *function);

/* sup |sigma'| and sup |sigma''|; false where one of them is infinite, sigma' jumps, or the function is the caller's. */
bool ntk_activation_bounds(const ntk_activation *activation, double *first, double *second);

/* out[i] = sigma(u[i]) (order 0), sigma'(u[i]) (order 1) or sigma''(u[i]) (order 2), which is 0 at kinks and jumps.  out may be u.
 * Order 2 is for those that have it: every kind, and the caller's functions with a second derivative. */
void ntk_activation_evaluate(const ntk_activation *activation, ntk_isa isa, int32_t dtype, int order, void *out, const void *u,
                             int64_t count);

/* Whether sigma' and sigma'' follow from sigma's value alone. */
bool ntk_activation_from_value(const ntk_activation *activation);

/* out[i] = sigma'(u) (order 1) or sigma''(u) (order 2) where values[i] = sigma(u), of such an activation; out may be values.  Where
 * sigma flattens out, the error is some ULP of the largest sigma', not of sigma'(u). */
void ntk_activation_evaluate_from_value(const ntk_activation *activation, ntk_isa isa, int32_t dtype, int order, void *out,
                                        const void *values, int64_t count);

#endif
