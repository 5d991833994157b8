#include "dynamics/training/simd/steps.h"

#include "core/vector.h"

#include <stddef.h>

#define REAL double
#define V(name) v64_##name
#define VECTOR v64
#define LANES V64_LANES
#define NAME(name) name##_f64
#include "dynamics/training/simd/steps_tmpl.h"

#define REAL float
#define V(name) v32_##name
#define VECTOR v32
#define LANES V32_LANES
#define NAME(name) name##_f32
#include "dynamics/training/simd/steps_tmpl.h"

#define TABLE(precision)                                                                                           \
    {                                                                                                              \
        descend_##precision, momentum_##precision, nesterov_##precision, adagrad_##precision, rmsprop_##precision, \
            adam_##precision, trial_##precision, gather_##precision, exchange_##precision                          \
    }

const ntk_step_loops NTK_ISA_NAME(ntk_step_loops)[2] = {TABLE(f64), TABLE(f32)};
