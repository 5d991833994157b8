/* Included once for each precision by deep.c. */

/* A layer's numbers of one vector of pairs: moments over the product of the lengths for SLOPES and LEVELS. */
typedef struct NAME(moments) {
    VECTOR kappa, gap, kdot; /* gap: 1 - |kappa|, of SLOPES and LEVELS */
} NAME(moments);

typedef struct NAME(pair) {
    VECTOR rho, gap, p, q; /* of the columns */
    VECTOR row_p, row_q, k0, k1, k2, k3;
} NAME(pair);

static inline VECTOR NAME(fetch)(const void *array, int64_t j, int64_t count)
{
    const REAL *from = (const REAL *)array + j;
    return j + LANES <= count ? V(load)(from) : V(load_part)(from, count - j);
}

static inline VECTOR NAME(at)(const void *state, int64_t j)
{
    return V(load)((const REAL *)state + j);
}

static inline void NAME(put)(void *state, int64_t j, VECTOR v)
{
    V(store)((REAL *)state + j, v);
}

/* The angle alpha <= pi / 2 between the two lines, and sin alpha - alpha cos alpha. */
typedef struct NAME(arc) {
    VECTOR angle, excess;
} NAME(arc);

/* From 1 - |rho|, so that both are relatively exact however small: with x = sin(alpha / 2) for |rho| > 1/2,
 *   alpha = 2 asin x, sin alpha - alpha cos alpha = 2 x^3 (2 - 1 / (1 + sqrt(1 - x^2)) - (1 - 2 x^2) (asin x - x) / x^3) */
static inline NAME(arc) NAME(arc_of)(VECTOR size, VECTOR gap)
{
    const VECTOR half = V(set)((REAL)0.5), one = V(set)(1), two = V(set)(2), right = V(set)((REAL)1.57079632679489661923);
    V(mask) large = V(less)(gap, half);
    VECTOR square = V(select)(large, half * gap, size * size), x = V(select)(large, V(sqrt)(square), size);
    VECTOR root = V(sqrt)(one - square), series = V(asin_series)(square), cube = x * square;
    VECTOR asin = V(fma)(cube, series, x), far = right - asin;
    VECTOR near = two * cube * (two - one / (one + root) - (one - gap) * series);
    return (NAME(arc)){V(select)(large, asin + asin, far), V(select)(large, near, root - far * size)};
}

/* With j = k0, c = k1, E the excess: for rho > 0 kappa = |rho| + j E and 1 - kappa = 1 - |rho| - j E, for rho < 0
 * kappa = j E - c |rho|; k2 = 1 + c, k3 = 1 - c */
static inline NAME(moments) NAME(slopes_moments)(const NAME(pair) * pair)
{
    const VECTOR zero = V(set)(0), one = V(set)(1);
    VECTOR size = V(abs)(pair->rho);
    V(mask) negative = V(less)(pair->rho, zero);
    NAME(arc) arc = NAME(arc_of)(size, pair->gap);
    VECTOR part = pair->k0 * arc.excess, turn = pair->k0 * arc.angle, share = V(select)(negative, zero - pair->k1, one);
    VECTOR kappa = V(fma)(share, size, part), base = V(select)(negative, pair->k2, zero);
    VECTOR below = pair->k3 + V(fma)(pair->k1, pair->gap, part), above = base + V(fma)(share, pair->gap, zero - part);
    return (NAME(moments)){kappa, V(select)(V(less)(kappa, zero), below, above),
                           V(select)(negative, turn + pair->k1, one - turn)};
}

/* kappa = j phi + c = 1 - j theta */
static inline NAME(moments) NAME(levels_moments)(const NAME(pair) * pair)
{
    const VECTOR zero = V(set)(0), one = V(set)(1);
    V(mask) negative = V(less)(pair->rho, zero);
    VECTOR turn = pair->k0 * NAME(arc_of)(V(abs)(pair->rho), pair->gap).angle;
    VECTOR kappa = V(select)(negative, turn + pair->k1, one - turn);
    VECTOR above = V(select)(negative, one - kappa, turn);
    return (NAME(moments)){kappa, V(select)(V(less)(kappa, zero), pair->k2 + turn, above), zero};
}

/* p is h and q is g: w^2 = g'^2 + (g h')^2 + (h h')^2 (1 - rho^2) */
static inline VECTOR NAME(arc_sine)(const NAME(pair) * pair)
{
    VECTOR both = pair->row_p * pair->p, mixed = pair->row_q * pair->p, sine = pair->gap * (V(set)(2) - pair->gap);
    return V(sqrt)(V(fma)(both * both, sine, V(fma)(mixed, mixed, pair->q * pair->q)));
}

static inline NAME(moments) NAME(erf_moments)(const NAME(pair) * pair)
{
    const VECTOR turn = V(set)((REAL)0.63661977236758134308);
    VECTOR w = NAME(arc_sine)(pair), t = pair->row_p * pair->p * pair->rho;
    return (NAME(moments)){turn * V(atan)(t / w), w, (turn + turn) * (pair->row_q * pair->q / w)};
}

/* ntk_gelu_pair (activation/closed_forms.h) */
static inline NAME(moments) NAME(gelu_moments)(const NAME(pair) * pair)
{
    const VECTOR quarter = V(set)((REAL)0.25), turn = V(set)((REAL)0.15915494309189533577);
    VECTOR w = NAME(arc_sine)(pair), hh = pair->row_p * pair->p, gg = pair->row_q * pair->q, t = hh * pair->rho;
    VECTOR ratio = t / w, gw = gg / w, angle = V(atan)(ratio);
    VECTOR value = V(fma)(turn, V(fma)(t, angle, V(fma)(t * t * gg, gw, hh * hh * w)), t * quarter);
    VECTOR sum = V(fma)(gw, gw, V(fma)(pair->row_q, pair->row_q, pair->q * pair->q));
    return (NAME(moments)){value / gg, w, V(fma)(turn, V(fma)(ratio, sum, angle), quarter)};
}

/* p is the length: q12 = p p' rho, and the nearer of |u - v|^2 / 2 and |u + v|^2 / 2 is (p - p')^2 / 2 + p p' (1 - |rho|);
 * k0 and k1 are the weights of X and Y in kappa (closed_forms.h), and of Y and X in kdot */
static inline NAME(moments) NAME(wave_moments)(const NAME(pair) * pair)
{
    const VECTOR half = V(set)((REAL)0.5), zero = V(set)(0), most_r = V(set)(HUGE_PRODUCT);
    VECTOR r = V(min)(pair->row_p * pair->p, most_r), apart = pair->row_p - pair->p;
    VECTOR nearer = V(fma)(half * apart, apart, r * pair->gap);
    VECTOR most = half * V(exp)(zero - nearer), fall = V(expm1)(V(set)(-2) * r * V(abs)(pair->rho));
    VECTOR X = V(select)(V(less)(pair->rho, zero), most * fall, zero - most * fall), Y = most * (V(set)(2) + fall);
    return (NAME(moments)){V(fma)(pair->k0, X, pair->k1 * Y), r, V(fma)(pair->k1, X, pair->k0 * Y)};
}

static inline NAME(moments) NAME(exp_moments)(const NAME(pair) * pair)
{
    VECTOR apart = pair->row_p - pair->p, r = pair->row_p * pair->p;
    VECTOR kappa = V(exp)(V(fma)(V(set)((REAL)0.5) * apart, apart, r * (V(set)(1) + pair->rho)));
    return (NAME(moments)){kappa, r, kappa};
}

/* rho and 1 - |rho|, which rounding may have put out of range */
static inline void NAME(put_cosine)(const ntk_deep_state *state, int64_t j, VECTOR rho, VECTOR gap)
{
    NAME(put)(state->rho, j, V(max)(V(min)(rho, V(set)(1)), V(set)(-1)));
    NAME(put)(state->gap, j, V(max)(V(min)(gap, V(set)(1)), V(set)(0)));
}

/* The cosine of (w u, z) and (w' u', z') of length 1 for a cosine rho of u and u', by
 *   1 - rho_new = |(w, z) - (w', z')|^2 / 2 + w w' (1 - rho)         rho > 0
 *   1 + rho_new = |(w, z) - (w', -z')|^2 / 2 + w w' (1 + rho)        rho < 0, rho_new < 0
 *   1 - rho_new = |(w, z) - (-w', z')|^2 / 2 - w w' (1 + rho)        rho < 0, rho_new > 0 */
static inline void NAME(put_biased)(const ntk_deep_state *state, int64_t j, const NAME(moments) * m, VECTOR w, VECTOR z,
                                    VECTOR row_w, VECTOR row_z)
{
    const VECTOR zero = V(set)(0), half = V(set)((REAL)0.5);
    VECTOR ww = row_w * w, rho = V(fma)(ww, m->kappa, row_z * z), spread = ww * m->gap;
    V(mask) was_negative = V(less)(m->kappa, zero), is_negative = V(less)(rho, zero);
    VECTOR turned_z = V(select)(is_negative, zero - z, z);
    VECTOR turned_w = V(select)(is_negative, w, V(select)(was_negative, zero - w, w));
    VECTOR signed_spread = V(select)(is_negative, spread, V(select)(was_negative, zero - spread, spread));
    VECTOR dw = row_w - turned_w, dz = row_z - turned_z;
    NAME(put_cosine)(state, j, rho, V(fma)(half, V(fma)(dw, dw, dz * dz), signed_spread));
}

/* From one activation of SLOPES or LEVELS to the next. */
static inline void NAME(kinked_next)(const ntk_deep_state *state, int64_t j, int64_t count, const ntk_deep_layer *layer,
                                     const NAME(moments) * m)
{
    VECTOR tangent = NAME(at)(state->tangent, j) * m->kdot, rate = V(set)((REAL)layer->rate);
    if (!layer->bias) {
        NAME(put_cosine)(state, j, m->kappa, m->gap);
    } else {
        VECTOR w = NAME(fetch)(layer->ws, j, count), z = NAME(fetch)(layer->zs, j, count), row_w = V(set)((REAL)layer->w);
        NAME(put_biased)(state, j, m, w, z, row_w, V(set)((REAL)layer->z));
        tangent = tangent * (row_w * w);
    }
    NAME(put)(state->tangent, j, V(fma)(rate, NAME(at)(state->rho, j), tangent));
}

/* The same of a smooth activation, whose moments depend on rho smoothly: 1 - |rho| need not be more exact than rho. */
static inline void NAME(smooth_next)(const ntk_deep_state *state, int64_t j, int64_t count, const ntk_deep_layer *layer,
                                     const NAME(moments) * m)
{
    VECTOR w = NAME(fetch)(layer->ws, j, count), z = NAME(fetch)(layer->zs, j, count);
    VECTOR gain = V(set)((REAL)layer->k[4]), S = V(fma)(gain, m->kappa, V(set)((REAL)layer->k[5]));
    VECTOR rho = V(fma)(m->kappa * V(set)((REAL)layer->w), w, V(set)((REAL)layer->z) * z);
    VECTOR tangent = gain * m->kdot * NAME(at)(state->tangent, j);
    NAME(put_cosine)(state, j, rho, V(set)(1) - V(abs)(rho));
    NAME(put)(state->tangent, j, V(fma)(V(set)((REAL)layer->rate), S, tangent));
}

static inline NAME(pair)
    NAME(pair_of)(const ntk_deep_state *state, int64_t j, int64_t count, const ntk_deep_layer *layer, int smooth)
{
    NAME(pair) pair = {.rho = NAME(at)(state->rho, j), .gap = NAME(at)(state->gap, j)};
    pair.k0 = V(set)((REAL)layer->k[0]);
    pair.k1 = V(set)((REAL)layer->k[1]);
    pair.k2 = V(set)((REAL)layer->k[2]);
    pair.k3 = V(set)((REAL)layer->k[3]);
    pair.row_p = V(set)((REAL)layer->p);
    pair.row_q = V(set)((REAL)layer->q);
    pair.p = smooth ? NAME(fetch)(layer->ps, j, count) : pair.rho;
    pair.q = smooth ? NAME(fetch)(layer->qs, j, count) : pair.rho;
    return pair;
}

static inline void NAME(put_part)(void *out, int64_t j, VECTOR v, int64_t count)
{
    REAL *to = (REAL *)out + j;
    if (j + LANES <= count)
        V(store)(to, v);
    else
        V(store_part)(to, v, count - j);
}

/* K of the last layer. */
static inline void NAME(put_entry)(void *out, const ntk_deep_state *state, int64_t j, int64_t count,
                                   const ntk_deep_layer *layer, const NAME(moments) * m)
{
    const VECTOR rf = V(set)((REAL)layer->k[4]), nt = V(set)((REAL)layer->k[5]);
    VECTOR tangent = nt * m->kdot * NAME(at)(state->tangent, j), w = V(set)((REAL)layer->w) * NAME(fetch)(layer->ws, j, count);
    NAME(put_part)(out, j, V(fma)(w, V(fma)(rf, m->kappa, tangent), V(set)((REAL)layer->constant)), count);
}

#define DEFINE_LAYER(KIND, SMOOTH, NEXT)                                                                                \
    static void NAME(KIND##_step)(const ntk_deep_state *state, int64_t count, const ntk_deep_layer *layer)              \
    {                                                                                                                   \
        for (int64_t j = 0; j < count; j += LANES) {                                                                    \
            NAME(pair) pair = NAME(pair_of)(state, j, count, layer, SMOOTH);                                            \
            NAME(moments) m = NAME(KIND##_moments)(&pair);                                                              \
            NAME(NEXT)(state, j, count, layer, &m);                                                                     \
        }                                                                                                               \
    }                                                                                                                   \
    static void NAME(KIND##_finish)(void *out, const ntk_deep_state *state, int64_t count, const ntk_deep_layer *layer) \
    {                                                                                                                   \
        for (int64_t j = 0; j < count; j += LANES) {                                                                    \
            NAME(pair) pair = NAME(pair_of)(state, j, count, layer, SMOOTH);                                            \
            NAME(moments) m = NAME(KIND##_moments)(&pair);                                                              \
            NAME(put_entry)(out, state, j, count, layer, &m);                                                           \
        }                                                                                                               \
    }

DEFINE_LAYER(slopes, 0, kinked_next)
DEFINE_LAYER(levels, 0, kinked_next)
DEFINE_LAYER(erf, 1, smooth_next)
DEFINE_LAYER(gelu, 1, smooth_next)
DEFINE_LAYER(wave, 1, smooth_next)
DEFINE_LAYER(exp, 1, smooth_next)
#undef DEFINE_LAYER

static int64_t NAME(begin)(const ntk_deep_state *state, const void *k, int64_t count, const ntk_deep_layer *first,
                           int32_t *near)
{
    const VECTOR one = V(set)(1), row_w = V(set)((REAL)first->w), row_z = V(set)((REAL)first->z);
    const VECTOR scale = V(set)((REAL)(first->rate * first->p));
    const VECTOR reach = V(set)((REAL)-first->k[0]);
    int64_t found = 0;
    for (int64_t j = 0; j < count; j += LANES) {
        VECTOR w = NAME(fetch)(first->ws, j, count), z = NAME(fetch)(first->zs, j, count);
        VECTOR rho = V(fma)(NAME(fetch)(k, j, count), row_w * w, row_z * z), size = V(abs)(rho);
        uint32_t bits = V(bits)(V(less)(V(set)(NEAR), V(max)(rho, rho * reach)));
        NAME(put_cosine)(state, j, rho, one - size);
        NAME(put)(state->tangent, j, scale * NAME(fetch)(first->ps, j, count) * NAME(at)(state->rho, j));
        if (j + LANES > count) bits &= (UINT32_C(1) << (count - j)) - 1;
        for (; bits; bits &= bits - 1) near[found++] = (int32_t)j + __builtin_ctz(bits);
    }
    return found;
}

#include "kernel/simd/deep_series_tmpl.h"

#include "kernel/simd/deep_gradient_tmpl.h"
#include "kernel/simd/deep_reverse_tmpl.h"
