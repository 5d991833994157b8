/* Layers of deep infinite-width kernels, one table for each instruction set and precision. */
#ifndef NTK_KERNEL_SIMD_DEEP_H
#define NTK_KERNEL_SIMD_DEEP_H

#include "kernel/simd/loops.h"

/* What is known of a strip's pairs before a layer's activation, in the precision of the kernel: the cosine rho of the pair,
 * 1 - |rho| with its own relative precision, and the tangent kernel (SLOPES: over the product of the two lengths).  Rooms for
 * NTK_STRIP numbers. */
typedef struct ntk_deep_state {
    void *rho, *gap, *tangent;
} ntk_deep_state;

/* The factors of one row's sample and of the columns' at one layer, and the layer's constants.
 * first   p        lengths (1 for SLOPES and LEVELS);  w, z  rho = w w' <x, x'> + z z';  rate  of the layer
 * others  p, q     what the activation sees, as in infinite.h
 *         w, z     the next layer's rho = w w' kappa + z z';  the last: K = w w' (k4 kappa + k5 tangent kdot) + constant
 *         k0..k3   of the activation
 *         k4, k5   not SLOPES: S = k4 kappa + k5 at the next layer, and its tangent is rate S + k4 tangent kdot
 *         rate     of the next layer;  bias  whether z is not 0
 *         series   without closed form: the terms of kappa, where p is the length and q its mean B (kernel/deep_series.h);
 *                  the strip then begins with a block of the columns' table
 *         first, inverse   of the row, for gradients: E[s''] / 2, and 1 over its length; the terms' own are g
 *                          (kernel/deep_series_gradient.c), but over these lengths in reverse (kernel/deep_series_scales.c)
 *         trained  whether the tangent may be other than 0 */
typedef struct ntk_deep_layer {
    double p, q, w, z;
    const void *ps, *qs, *ws, *zs;
    double k[6], rate, constant, slope, first, inverse;
    int bias, trained;
    const ntk_mehler_strip *series;
} ntk_deep_layer;

typedef void ntk_deep_step(const ntk_deep_state *state, int64_t count, const ntk_deep_layer *layer);
typedef void ntk_deep_finish(void *out, const ntk_deep_state *state, int64_t count, const ntk_deep_layer *layer);

/* Derivatives of a strip's state in two directions.
 * SLOPES, LEVELS  along -theta, where theta is the angle at the first layer, and along log |u|, of the row's length there:
 *                 seen[0] = d theta_l / d theta, seen[1] = d theta_l / d log |u|, and tangent[] of the tangent
 * others          in q12 and q11 of the first layer: seen[] of S_l, tangent[] of the tangent
 * Then layer->slope is d log |row| / d log |u| at this layer, or d S_l(x, x) / d q11. */
typedef struct ntk_deep_slopes {
    void *seen[2], *tangent[2];
} ntk_deep_slopes;

/* Derivatives go along with the state; the finish writes those of K: -dK/dtheta and dK/dlog|u|, or dK/dq12 and 2 dK/dq11. */
typedef void ntk_deep_gradient_step(const ntk_deep_state *state, const ntk_deep_slopes *slopes, int64_t count,
                                    const ntk_deep_layer *layer);
typedef void ntk_deep_gradient_finish(void *along, void *own, const ntk_deep_state *state, const ntk_deep_slopes *slopes,
                                      int64_t count, const ntk_deep_layer *layer);

/* Adjoints of S_l (of rho for SLOPES and LEVELS) and of the tangent: rooms for NTK_STRIP numbers, 0 beyond the strip. */
typedef struct ntk_deep_adjoint {
    void *seen, *tangent;
} ntk_deep_adjoint;

/* Sums over a strip that derivatives by scales are made of.
 * SLOPES, LEVELS  row   sum of (d K / d rho) w d rho / d alpha, where the next layer's (w, z) of the row is (cos, sin) of alpha; of
 *                       the last layer the sum of K;  gain  the sum of K
 * others          row   d K / d S_l(x, x), but for what later layers do to it, and for series times S_l(x, x);
 *                 gain, bias  d K / d k4 and d K / d k5
 * At the first layer bias is the rate times d K / d rate; of others gain is S d K / d S and row d K / d S. */
typedef struct ntk_deep_sums {
    double row, gain, bias;
} ntk_deep_sums;

/* Turns the adjoints of what follows an activation into those of what it sees, and adds to col, for each column, what row has for
 * the row.  Before the last activation they are those of k4 kappa and k5 tangent kdot, in K over w w'.
 * layer      but that k4 of the last is 1;  next_rho  of what follows; NULL: it is the last */
typedef void ntk_deep_reverse(const ntk_deep_adjoint *adjoint, void *col, ntk_deep_sums *sums, const ntk_deep_state *state,
                              const void *next_rho, int64_t count, const ntk_deep_layer *layer);

/* A family has a step, from one activation to the next, and a finish, which writes K. */
typedef struct ntk_deep_family {
    ntk_deep_step *step;
    ntk_deep_finish *finish;
    ntk_deep_gradient_step *gradient_step;
    ntk_deep_gradient_finish *gradient_finish;
    ntk_deep_reverse *reverse;
} ntk_deep_family;

/* begin           turns inner products k into the state before the first activation; near are the places where rho, or -rho k0, is
 *                 so near to 1 that the state must be replaced by what the samples tell
 * begin_gradient  the derivatives of that state, of kinked families and of others
 * spread          of kinked families, by the state begin of the first layer: -dK/dtheta in along and dK/dlog|u| in own become A and B
 *                 of A x' + B x
 * reverse_first   as a family's reverse, at the first layer */
typedef struct ntk_deep_loops {
    int64_t (*begin)(const ntk_deep_state *state, const void *k, int64_t count, const ntk_deep_layer *first, int32_t *near);
    ntk_deep_family slopes, levels, erf, gelu, wave, exp, series;
    void (*begin_gradient)(const ntk_deep_slopes *slopes, const ntk_deep_state *state, int64_t count, double rate, int kinked);
    void (*spread)(void *along, void *own, const ntk_deep_state *begin, int64_t count, const ntk_deep_layer *first);
    void (*reverse_first)(const ntk_deep_adjoint *adjoint, void *col, ntk_deep_sums *sums, const ntk_deep_state *state,
                          int64_t count, const ntk_deep_layer *first, int kinked);
} ntk_deep_loops;

/* By dtype - 1. */
extern const ntk_deep_loops ntk_deep_loops_portable[2], ntk_deep_loops_avx2[2], ntk_deep_loops_avx512[2];

#endif
