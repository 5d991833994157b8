/* Included once for each precision by loops.c. */

typedef struct NAME(constants) {
    VECTOR w, z, p, q, k0, k1, k2, k3, constant;
} NAME(constants);

static inline NAME(constants) NAME(broadcast)(const ntk_strip *strip)
{
    return (NAME(constants)){V(set)((REAL)strip->w),    V(set)((REAL)strip->z),    V(set)((REAL)strip->p),
                             V(set)((REAL)strip->q),    V(set)((REAL)strip->k[0]), V(set)((REAL)strip->k[1]),
                             V(set)((REAL)strip->k[2]), V(set)((REAL)strip->k[3]), V(set)((REAL)strip->constant)};
}

/* 1 - rho^2 for |rho| <= 1 */
static inline VECTOR NAME(sine_square)(VECTOR rho)
{
    return (V(set)(1) - rho) * (V(set)(1) + rho);
}

/* phi = acos(-rho) for |rho| <= 1, to 2 ulp: pi/2 + asin(rho) by a polynomial, and beyond 1/2 in size by
 * acos a = 2 asin sqrt((1 - a) / 2).  The portable set keeps the C library's, as what the others are held to. */
#if defined(NTK_ISA_PORTABLE)
static inline VECTOR NAME(angle)(VECTOR rho)
{
    return V(acos)(-rho);
}
#else
static inline VECTOR NAME(angle)(VECTOR rho)
{
    const VECTOR zero = V(set)(0), half = V(set)((REAL)0.5), size = V(abs)(rho);
    const VECTOR pi = V(set)((REAL)3.14159265358979323846), right = V(set)((REAL)1.57079632679489661923);
    V(mask) large = V(less)(half, size), negative = V(less)(rho, zero);
    VECTOR square = V(select)(large, half - half * size, rho * rho), x = V(select)(large, V(sqrt)(square), size);
    VECTOR asin = V(fma)(x * square, V(asin_series)(square), x);
    VECTOR factor = V(select)(large, V(set)(-2), V(set)(1)), base = V(select)(large, V(select)(negative, zero, pi), right);
    return V(fma)(V(select)(negative, zero - factor, factor), asin, base);
}
#endif

static inline VECTOR NAME(slopes_entry)(const NAME(constants) * c, VECTOR rho, VECTOR p, VECTOR q)
{
    (void)q;
    VECTOR phi = NAME(angle)(rho), sine = V(sqrt)(NAME(sine_square)(rho));
    return V(fma)(c->p * p, V(fma)(c->k0, sine, rho * V(fma)(c->k1, phi, c->k2)), c->constant);
}

static inline VECTOR NAME(linear_entry)(const NAME(constants) * c, VECTOR rho, VECTOR p, VECTOR q)
{
    (void)q;
    return V(fma)(c->p * p, rho * c->k2, c->constant);
}

static inline VECTOR NAME(levels_entry)(const NAME(constants) * c, VECTOR rho, VECTOR p, VECTOR q)
{
    (void)q;
    return V(fma)(c->p * p, V(fma)(c->k1, NAME(angle)(rho), c->k2), c->constant);
}

/* p is h and q is g: w^2 = g'^2 + (g h')^2 + (h h')^2 (1 - rho^2) */
static inline VECTOR NAME(arc_sine)(const NAME(constants) * c, VECTOR rho, VECTOR h, VECTOR g)
{
    VECTOR both = c->p * h, mixed = c->q * h;
    return V(sqrt)(V(fma)(both * both, NAME(sine_square)(rho), V(fma)(mixed, mixed, g * g)));
}

static inline VECTOR NAME(erf_entry)(const NAME(constants) * c, VECTOR rho, VECTOR h, VECTOR g)
{
    VECTOR ratio = c->p * h * rho / NAME(arc_sine)(c, rho, h, g);
    return V(fma)(c->k0, V(atan)(ratio), V(fma)(c->k1, ratio, c->constant));
}

/* ntk_gelu_pair (activation/closed_forms.h) */
static inline VECTOR NAME(gelu_entry)(const NAME(constants) * c, VECTOR rho, VECTOR h, VECTOR g)
{
    const VECTOR quarter = V(set)((REAL)0.25), turn = V(set)((REAL)0.15915494309189533577);
    VECTOR w = NAME(arc_sine)(c, rho, h, g), hh = c->p * h, gg = c->q * g, t = hh * rho, ratio = t / w, gw = gg / w;
    VECTOR angle = V(atan)(ratio);
    VECTOR value = V(fma)(turn, V(fma)(t, angle, V(fma)(t * t * gg, gw, hh * hh * w)), t * quarter);
    VECTOR sum = V(fma)(gw, gw, V(fma)(c->q, c->q, g * g));
    VECTOR slope = V(fma)(turn, V(fma)(ratio, sum, angle), quarter);
    return V(fma)(c->k0, value, c->k1 * t * slope) / c->q / g + c->constant;
}

/* Beyond it exp(-m) is 0, and infinity times 0 would be NaN. */
static inline VECTOR NAME(bounded)(VECTOR v)
{
    return V(max)(V(min)(v, V(set)(HUGE_PRODUCT)), V(set)(-HUGE_PRODUCT));
}

/* p is the length: q12 = p p' rho, and the nearer of |u - v|^2 / 2 and |u + v|^2 / 2 is (p - p')^2 / 2 + p p' (1 - |rho|) */
static inline VECTOR NAME(wave_entry)(const NAME(constants) * c, VECTOR rho, VECTOR p, VECTOR q)
{
    (void)q;
    const VECTOR half = V(set)((REAL)0.5), zero = V(set)(0);
    VECTOR r = NAME(bounded)(c->p * p), q12 = r * rho, apart = c->p - p;
    VECTOR nearer = V(fma)(half * apart, apart, r * (V(set)(1) - V(abs)(rho)));
    VECTOR most = half * V(exp)(zero - nearer), fall = V(expm1)(V(set)(-2) * V(abs)(q12));
    VECTOR X = V(select)(V(less)(rho, zero), most * fall, zero - most * fall), Y = most * (V(set)(2) + fall);
    return V(fma)(V(fma)(c->k3, q12, c->k0), X, V(fma)(V(fma)(c->k2, q12, c->k1), Y, c->constant));
}

static inline VECTOR NAME(exp_entry)(const NAME(constants) * c, VECTOR rho, VECTOR p, VECTOR q)
{
    (void)q;
    VECTOR r = c->p * p, apart = c->p - p;
    VECTOR half_sum = V(fma)(V(set)((REAL)0.5) * apart, apart, r * (V(set)(1) + rho));
    return V(fma)(V(fma)(c->k1, r * rho, c->k0), V(exp)(half_sum), c->constant);
}

/* The entries of one vector, from the inner products in k; bits tells which are near: rho > NEAR, or -rho REACH > NEAR. */
#define DEFINE_ENTRIES(KIND, REACH)                                                                                           \
    static inline VECTOR NAME(KIND##_vector)(const NAME(constants) * c, VECTOR k, VECTOR w, VECTOR z, VECTOR p, VECTOR q,     \
                                             uint32_t * bits)                                                                 \
    {                                                                                                                         \
        VECTOR rho = V(fma)(k, c->w * w, c->z * z);                                                                           \
        *bits = (REACH) > 0 ? V(bits)(V(less)(V(set)(NEAR), V(max)(rho, rho * V(set)((REAL) - (REACH))))) : 0;                \
        rho = V(max)(V(min)(rho, V(set)(1)), V(set)(-1));                                                                     \
        return NAME(KIND##_entry)(c, rho, p, q);                                                                              \
    }                                                                                                                         \
    static int64_t NAME(KIND)(void *entries, int64_t count, const ntk_strip *strip, int32_t *near)                            \
    {                                                                                                                         \
        REAL *k = entries;                                                                                                    \
        const REAL *w = strip->ws, *z = strip->zs, *p = strip->ps, *q = strip->qs;                                            \
        const NAME(constants) c = NAME(broadcast)(strip);                                                                     \
        int64_t found = 0, j = 0;                                                                                             \
        uint32_t bits;                                                                                                        \
        for (; j + LANES <= count; j += LANES) {                                                                              \
            V(store)                                                                                                          \
            (k + j,                                                                                                           \
             NAME(KIND##_vector)(&c, V(load)(k + j), V(load)(w + j), V(load)(z + j), V(load)(p + j), V(load)(q + j), &bits)); \
            for (; bits; bits &= bits - 1) near[found++] = (int32_t)j + __builtin_ctz(bits);                                  \
        }                                                                                                                     \
        if (j == count) return found;                                                                                         \
        int64_t rest = count - j;                                                                                             \
        V(store_part)                                                                                                         \
        (k + j,                                                                                                               \
         NAME(KIND##_vector)(&c, V(load_part)(k + j, rest), V(load_part)(w + j, rest), V(load_part)(z + j, rest),             \
                             V(load_part)(p + j, rest), V(load_part)(q + j, rest), &bits),                                    \
         rest);                                                                                                               \
        for (bits &= (UINT32_C(1) << rest) - 1; bits; bits &= bits - 1) near[found++] = (int32_t)j + __builtin_ctz(bits);     \
        return found;                                                                                                         \
    }

DEFINE_ENTRIES(slopes, NTK_SLOPES_REACH)
DEFINE_ENTRIES(linear, 0)
DEFINE_ENTRIES(levels, 1)
DEFINE_ENTRIES(erf, 1)
DEFINE_ENTRIES(gelu, 1)
DEFINE_ENTRIES(wave, 1)
DEFINE_ENTRIES(exp, 1)
#undef DEFINE_ENTRIES

/* <x, row> with four sums, for the latency of an addition */
static inline REAL NAME(dot)(const REAL *x, const REAL *y, int64_t d)
{
    VECTOR s0 = V(set)(0), s1 = s0, s2 = s0, s3 = s0;
    int64_t k = 0;
    for (; k + 4 * LANES <= d; k += 4 * LANES) {
        s0 = V(fma)(V(load)(x + k), V(load)(y + k), s0);
        s1 = V(fma)(V(load)(x + k + LANES), V(load)(y + k + LANES), s1);
        s2 = V(fma)(V(load)(x + k + 2 * LANES), V(load)(y + k + 2 * LANES), s2);
        s3 = V(fma)(V(load)(x + k + 3 * LANES), V(load)(y + k + 3 * LANES), s3);
    }
    for (; k + LANES <= d; k += LANES) s0 = V(fma)(V(load)(x + k), V(load)(y + k), s0);
    if (k < d) s1 = V(fma)(V(load_part)(x + k, d - k), V(load_part)(y + k, d - k), s1);
    return V(sum)((s0 + s1) + (s2 + s3));
}

static void NAME(dots)(void *out, int64_t count, const void *x, const void *rows, int64_t stride, int64_t d)
{
    const REAL *row = rows;
    REAL *to = out;
    for (int64_t j = 0; j < count; j++, row += stride) to[j] = NAME(dot)(x, row, d);
}

#include "kernel/simd/gradient_tmpl.h"
#include "kernel/simd/mehler_tmpl.h"
