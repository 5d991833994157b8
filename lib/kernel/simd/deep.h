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
 *         rate     of the next layer;  bias  whether z is not 0 */
typedef struct ntk_deep_layer {
    double p, q, w, z;
    const void *ps, *qs, *ws, *zs;
    double k[6], rate, constant;
    int bias;
} ntk_deep_layer;

typedef void ntk_deep_step(const ntk_deep_state *state, int64_t count, const ntk_deep_layer *layer);
typedef void ntk_deep_finish(void *out, const ntk_deep_state *state, int64_t count, const ntk_deep_layer *layer);

/* begin turns inner products k into the state before the first activation; near are the places where rho, or -rho k0, is so near
 * to 1 that the state must be replaced by what the samples tell.  A family has a step, from one activation to the next, and a
 * finish, which writes K. */
typedef struct ntk_deep_loops {
    int64_t (*begin)(const ntk_deep_state *state, const void *k, int64_t count, const ntk_deep_layer *first, int32_t *near);
    struct {
        ntk_deep_step *step;
        ntk_deep_finish *finish;
    } slopes, levels, erf, gelu, wave, exp;
} ntk_deep_loops;

/* By dtype - 1. */
extern const ntk_deep_loops ntk_deep_loops_portable[2], ntk_deep_loops_avx2[2], ntk_deep_loops_avx512[2];

#endif
