/* Entries of infinite-width kernels, one table for each instruction set and precision. */
#ifndef NTK_KERNEL_SIMD_LOOPS_H
#define NTK_KERNEL_SIMD_LOOPS_H

#include <stddef.h>
#include <stdint.h>

/* So many entries at most in one call. */
enum { NTK_STRIP = 512 };

/* One row's sample and the columns' samples: their factors, as in infinite.h, and the kernel's constants. */
typedef struct ntk_strip {
    double w, z, p, q;
    const void *ws, *zs, *ps, *qs;
    double k[4], constant;
} ntk_strip;

/* Terms of Mehler's formula (kernel/mehler.h), of degrees 0, first, first + step ...
 * row     E of the row's sample; or products E E' where table is NULL
 * own     NULL, or for gradients the row's coefficients of B, or products likewise, where row has those of A
 * other   for derivatives by scales what the row has of columns' terms lift further on, lifted of them; products likewise
 * one     what it has of the columns' degree 1, or of all columns'
 * table   E' of the columns, blocks of terms x NTK_MEHLER_COLUMNS that are stride apart; the first column is the one at */
enum { NTK_MEHLER_COLUMNS = 64 };

typedef struct ntk_mehler_strip {
    const void *row, *own, *other, *table;
    int64_t terms, first, step, stride, at, lift, lifted;
    double one;
} ntk_mehler_strip;

/* kappa of a ReLU falls like (pi - theta)^3 towards pi, and three times the relative error of pi - theta is its own: from an
 * inner product that is more than 1e-14 for rho < -0.98. */
#define NTK_SLOPES_REACH 1.02

/* along holds inner products <x, x'>, which become A, and own receives B of the gradient of K in x, A x' + B x; near as below.
 * The strip's k are
 *   SLOPES  A = k0 phi + k1 + k3 rho / s, B = p' q (k2 s - k3 rho^2 / s), where the strip's q is 1 / p, or 0
 *   LEVELS  A = k0 w w' / s, B = -k0 rho w^2 / s
 *   ERF     A = (k0 + k1 / W^2) g g' / W, B = -(k0 + k1 / W^2) g^2 t / W
 *   others  those of the entries, times c^2
 *   mehler  A = sum_m row_m E_m' rho^m, B = k0 q' + p' rho sum_m own_m E_m' rho^m */
typedef int64_t ntk_gradient_loop(void *along, void *own, int64_t count, const ntk_strip *strip, int32_t *near);

/* k holds inner products <x, x'>, which become entries of K.  near receives the places, in order, where |rho| is so near to 1
 * that the entry must be computed from the samples themselves; their number is returned, and k is unspecified there.
 * linear is slopes without a kink; mehler's p and q are the sample's length and B. */
typedef struct ntk_kernel_loops {
    int64_t (*slopes)(void *k, int64_t count, const ntk_strip *strip, int32_t *near);
    int64_t (*linear)(void *k, int64_t count, const ntk_strip *strip, int32_t *near);
    int64_t (*levels)(void *k, int64_t count, const ntk_strip *strip, int32_t *near);
    int64_t (*erf)(void *k, int64_t count, const ntk_strip *strip, int32_t *near);
    int64_t (*gelu)(void *k, int64_t count, const ntk_strip *strip, int32_t *near);
    int64_t (*wave)(void *k, int64_t count, const ntk_strip *strip, int32_t *near);
    int64_t (*exp)(void *k, int64_t count, const ntk_strip *strip, int32_t *near);
    int64_t (*mehler)(void *k, int64_t count, const ntk_strip *strip, const ntk_mehler_strip *terms, int32_t *near);
    int64_t (*mehler_gradient)(void *along, void *own, int64_t count, const ntk_strip *strip, const ntk_mehler_strip *terms,
                               int32_t *near);
    struct {
        ntk_gradient_loop *slopes, *levels, *erf, *gelu, *wave, *exp;
    } gradients;
    void (*dots)(void *out, int64_t count, const void *x, const void *rows, int64_t stride, int64_t d);
} ntk_kernel_loops;

/* By dtype - 1. */
extern const ntk_kernel_loops ntk_kernel_loops_portable[2], ntk_kernel_loops_avx2[2], ntk_kernel_loops_avx512[2];

#endif
