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

const ntk_activation_loops NTK_ISA_NAME(ntk_activation_loops)[2] = {
    {slopes_f64, levels_f64, erf_values_f64, erf_derivatives_f64, gelu_values_f64, gelu_derivatives_f64, sines_f64, cosines_f64,
     exponentials_f64, tanh_values_f64, tanh_derivatives_f64, sigmoid_values_f64, sigmoid_derivatives_f64, softplus_values_f64,
     silu_values_f64, silu_derivatives_f64, monomials_f64, hermites_f64},
    {slopes_f32, levels_f32, erf_values_f32, erf_derivatives_f32, gelu_values_f32, gelu_derivatives_f32, sines_f32, cosines_f32,
     exponentials_f32, tanh_values_f32, tanh_derivatives_f32, sigmoid_values_f32, sigmoid_derivatives_f32, softplus_values_f32,
     silu_values_f32, silu_derivatives_f32, monomials_f32, hermites_f32},
};
