/* The activation's inside: what the layers above need of it. */
#ifndef NTK_ACTIVATION_ACTIVATION_H
#define NTK_ACTIVATION_ACTIVATION_H

#include "core/cpu.h"
#include "core/object.h"

#include <ntk/activation.h>
#include <stdbool.h>

/* SLOPES: below * u for u < 0, above * u for u > 0 (ReLU, leaky ReLU, absolute value, identity).
 * LEVELS: below for u < 0, 0 at 0, above for u > 0, but for the step 0 (step, sign).
 * WAVE: sin(u + phase), or cos. */
typedef enum ntk_family {
    NTK_FAMILY_SLOPES,
    NTK_FAMILY_LEVELS,
    NTK_FAMILY_ERF,
    NTK_FAMILY_GELU,
    NTK_FAMILY_WAVE,
    NTK_FAMILY_EXP
} ntk_family;

/* sigma(u) = scale s(frequency u); below, above, at_zero and phase are of s. */
struct ntk_activation {
    ntk_object base;
    int32_t kind;
    ntk_family family;
    double below, above;
    double at_zero; /* s'(0), SLOPES */
    double phase;   /* WAVE */
    bool cosine;    /* WAVE: cos(u + phase) instead */
    double scale, frequency;
};

/* out[i] = sigma(u[i]) (order 0) or sigma'(u[i]) (order 1).  out may be u. */
void ntk_activation_evaluate(const ntk_activation *activation, ntk_isa isa, int32_t dtype, int order, void *out, const void *u,
                             int64_t count);

#endif
