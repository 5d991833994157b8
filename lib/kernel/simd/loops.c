#include "kernel/simd/loops.h"

#include "kernel/simd/asin.h"

#define TEMPLATE "kernel/simd/loops_tmpl.h"
#include "kernel/simd/precisions.h"

#define GRADIENTS(P)                                                                                                       \
    {                                                                                                                      \
        slopes_gradient_##P, levels_gradient_##P, erf_gradient_##P, gelu_gradient_##P, wave_gradient_##P, exp_gradient_##P \
    }
const ntk_kernel_loops NTK_ISA_NAME(ntk_kernel_loops)[2] = {
    {slopes_f64, linear_f64, levels_f64, erf_f64, gelu_f64, wave_f64, exp_f64, mehler_f64, mehler_gradient_f64, GRADIENTS(f64),
     dots_f64},
    {slopes_f32, linear_f32, levels_f32, erf_f32, gelu_f32, wave_f32, exp_f32, mehler_f32, mehler_gradient_f32, GRADIENTS(f32),
     dots_f32},
};
