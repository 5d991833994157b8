/* The activation's inside: what the layers above need of it. */
#ifndef NTK_ACTIVATION_ACTIVATION_H
#define NTK_ACTIVATION_ACTIVATION_H

#include "core/cpu.h"
#include "core/object.h"

#include <ntk/activation.h>

/* SLOPES: below * u for u < 0, above * u for u > 0 (ReLU, leaky ReLU, absolute value, identity).
 * LEVELS: below for u < 0, 0 at 0, above for u > 0, but for the step 0 (step, sign). */
typedef enum ntk_family { NTK_FAMILY_SLOPES, NTK_FAMILY_LEVELS, NTK_FAMILY_ERF } ntk_family;

struct ntk_activation {
    ntk_object base;
    int32_t kind;
    ntk_family family;
    double below, above;
    double at_zero; /* sigma'(0), SLOPES */
};

/* out[i] = sigma(u[i]) (order 0) or sigma'(u[i]) (order 1).  out may be u. */
void ntk_activation_evaluate(const ntk_activation *activation, ntk_isa isa, int32_t dtype, int order, void *out, const void *u,
                             int64_t count);

#endif
