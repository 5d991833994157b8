#include "kernel/simd/loops.h"

#include "core/vector.h"

/* (asin x - x) / x^3 as a polynomial in x^2 <= 1/4, minimax by Remez's algorithm: 2.4e-17 and 4.3e-10 relative to asin x. */
static const double ASIN_F64[] = {0.16666666666666545,    0.0750000000008852366, 0.0446428570176341301,  0.0303819519030928283,
                                  0.0223719196034704475,  0.0173574242287554593, 0.0139064193147769924,  0.0120378572194887341,
                                  0.00706652504818146284, 0.0181263109173941747, -0.0141251552869234685, 0.0305356295724939073};
static const float ASIN_F32[] = {0.166666645038424308f,  0.0750027933810035421f, 0.0445547951868604004f,
                                 0.0315233558228567121f, 0.0154230948234679704f, 0.0362355327426829661f};

/* Nearer to 1 than 1e-4, |rho| no longer gives the angle to full precision; the margin covers rho's own error. */
#define REAL double
#define V(name) v64_##name
#define VECTOR v64
#define LANES V64_LANES
#define NEAR 0.99989
#define ASIN ASIN_F64
#define HUGE_PRODUCT 1e300
#define NAME(name) name##_f64
#include "kernel/simd/loops_tmpl.h"

#define REAL float
#define V(name) v32_##name
#define VECTOR v32
#define LANES V32_LANES
#define NEAR 0.9998f
#define ASIN ASIN_F32
#define HUGE_PRODUCT 1e37f
#define NAME(name) name##_f32
#include "kernel/simd/loops_tmpl.h"

const ntk_kernel_loops NTK_ISA_NAME(ntk_kernel_loops)[2] = {
    {slopes_f64, linear_f64, levels_f64, erf_f64, gelu_f64, wave_f64, exp_f64, dots_f64},
    {slopes_f32, linear_f32, levels_f32, erf_f32, gelu_f32, wave_f32, exp_f32, dots_f32},
};
