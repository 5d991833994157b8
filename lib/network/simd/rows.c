#include "network/simd/rows.h"

#include "core/vector.h"

/* Rows that one pass over w, or g, takes. */
enum { TOGETHER = 4 };

#define REAL double
#define V(name) v64_##name
#define VECTOR v64
#define LANES V64_LANES
#define NAME(name) name##_f64
#include "network/simd/rows_tmpl.h"

#define REAL float
#define V(name) v32_##name
#define VECTOR v32
#define LANES V32_LANES
#define NAME(name) name##_f32
#include "network/simd/rows_tmpl.h"

const ntk_row_loops NTK_ISA_NAME(ntk_row_loops)[2] = {{outputs_f64, combine_f64, weigh_f64},
                                                      {outputs_f32, combine_f32, weigh_f32}};
