#include "kernel/simd/deep.h"

#include "kernel/simd/asin.h"

#define TEMPLATE "kernel/simd/deep_tmpl.h"
#include "kernel/simd/precisions.h"

#define FAMILY(KIND, P)                                                                                              \
    {                                                                                                                \
        KIND##_step_##P, KIND##_finish_##P, KIND##_gradient_step_##P, KIND##_gradient_finish_##P, KIND##_reverse_##P \
    }
#define LOOPS(P)                                                                                                           \
    {                                                                                                                      \
        begin_##P, FAMILY(slopes, P), FAMILY(levels, P), FAMILY(erf, P), FAMILY(gelu, P), FAMILY(wave, P), FAMILY(exp, P), \
            FAMILY(series, P), begin_gradient_##P, spread_##P, reverse_first_##P                                           \
    }
const ntk_deep_loops NTK_ISA_NAME(ntk_deep_loops)[2] = {LOOPS(f64), LOOPS(f32)};
