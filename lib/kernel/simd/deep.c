#include "kernel/simd/deep.h"

#include "kernel/simd/asin.h"

/* Nearer to 1 than 1e-4, |rho| no longer gives the angle to full precision; the margin covers rho's own error. */
#define REAL double
#define V(name) v64_##name
#define VECTOR v64
#define LANES V64_LANES
#define NEAR 0.99989
#define HUGE_PRODUCT 1e300
#define NAME(name) name##_f64
#include "kernel/simd/deep_tmpl.h"

#define REAL float
#define V(name) v32_##name
#define VECTOR v32
#define LANES V32_LANES
#define NEAR 0.9998f
#define HUGE_PRODUCT 1e37f
#define NAME(name) name##_f32
#include "kernel/simd/deep_tmpl.h"

#define LOOPS(P)                                                                                                               \
    {                                                                                                                          \
        begin_##P, {slopes_step_##P, slopes_finish_##P}, {levels_step_##P, levels_finish_##P}, {erf_step_##P, erf_finish_##P}, \
            {gelu_step_##P, gelu_finish_##P}, {wave_step_##P, wave_finish_##P},                                                \
        {                                                                                                                      \
            exp_step_##P, exp_finish_##P                                                                                       \
        }                                                                                                                      \
    }
const ntk_deep_loops NTK_ISA_NAME(ntk_deep_loops)[2] = {LOOPS(f64), LOOPS(f32)};
