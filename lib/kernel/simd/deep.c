#include "kernel/simd/deep.h"

#include "kernel/simd/asin.h"

#define TEMPLATE "kernel/simd/deep_tmpl.h"
#include "kernel/simd/precisions.h"

#define LOOPS(P)                                                                                                               \
    {                                                                                                                          \
        begin_##P, {slopes_step_##P, slopes_finish_##P}, {levels_step_##P, levels_finish_##P}, {erf_step_##P, erf_finish_##P}, \
            {gelu_step_##P, gelu_finish_##P}, {wave_step_##P, wave_finish_##P},                                                \
        {                                                                                                                      \
            exp_step_##P, exp_finish_##P                                                                                       \
        }                                                                                                                      \
    }
const ntk_deep_loops NTK_ISA_NAME(ntk_deep_loops)[2] = {LOOPS(f64), LOOPS(f32)};
