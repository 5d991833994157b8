#include "activation/simd/loops.h"

#include "core/vector.h"

/* ROOT_REST: what sqrt(1/2) has beyond the type. */
#define REAL double
#define V(name) v64_##name
#define VECTOR v64
#define LANES V64_LANES
#define ROOT_REST -4.8336466567264565e-17
#define NAME(name) name##_f64
#include "activation/simd/loops_tmpl.h"

#define REAL float
#define V(name) v32_##name
#define VECTOR v32
#define LANES V32_LANES
#define ROOT_REST 1.2101617153e-8
#define NAME(name) name##_f32
#include "activation/simd/loops_tmpl.h"

#define TABLE(precision)                                                                                                      \
    {                                                                                                                         \
        slopes_##precision, levels_##precision, erf_values_##precision, erf_derivatives_##precision, gelu_values_##precision, \
            gelu_derivatives_##precision, sines_##precision, cosines_##precision, exponentials_##precision,                   \
            tanh_values_##precision, tanh_derivatives_##precision, sigmoid_values_##precision,                                \
            sigmoid_derivatives_##precision, softplus_values_##precision, silu_values_##precision,                            \
            silu_derivatives_##precision, erf_seconds_##precision, gelu_seconds_##precision, tanh_seconds_##precision,        \
            sigmoid_seconds_##precision, silu_seconds_##precision, monomials_##precision, hermites_##precision                \
    }

const ntk_activation_loops NTK_ISA_NAME(ntk_activation_loops)[2] = {TABLE(f64), TABLE(f32)};
