/* Includes TEMPLATE once for each precision.  NEAR: nearer to 1, |rho| no longer
 * gives the angle to full precision (1e-4, with a margin for rho's own error). */
#define REAL double
#define V(name) v64_##name
#define VECTOR v64
#define LANES V64_LANES
#define NEAR 0.99989
#define HUGE_PRODUCT 1e300
#define LEAST_SINE 1e-8
#define NAME(name) name##_f64
#include TEMPLATE
#undef REAL
#undef V
#undef VECTOR
#undef LANES
#undef NEAR
#undef HUGE_PRODUCT
#undef LEAST_SINE
#undef NAME

#define REAL float
#define V(name) v32_##name
#define VECTOR v32
#define LANES V32_LANES
#define NEAR 0.9998f
#define HUGE_PRODUCT 1e37f
#define LEAST_SINE 3e-4f
#define NAME(name) name##_f32
#include TEMPLATE
#undef REAL
#undef V
#undef VECTOR
#undef LANES
#undef NEAR
#undef HUGE_PRODUCT
#undef LEAST_SINE
#undef NAME
