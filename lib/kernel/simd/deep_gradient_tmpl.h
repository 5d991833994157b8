/* Included once for each precision by deep_tmpl.h: derivatives of layers (deep.h). */

/* Of the moments of one vector of pairs: dkappa/dq11, dkdot/dq12 and dkdot/dq11. */
typedef struct NAME(seconds) {
    VECTOR own, second, second_own;
} NAME(seconds);

/* With a = g^2, t = 2 q12 g g':
 *   dkappa/dq11 = -(2 / pi) t g^2 / W,  dkdot/dq12 = (8 / pi) t (g g')^2 / W^3,  dkdot/dq11 = -(4 / pi) g^3 g' / W^3 */
static inline NAME(seconds) NAME(erf_seconds)(const NAME(pair) * pair, const NAME(moments) * m)
{
    const VECTOR turn = V(set)((REAL)0.63661977236758134308), two = V(set)(2), zero = V(set)(0);
    VECTOR w = m->gap, t = pair->row_p * pair->p * pair->rho, g = pair->row_q / w, both = pair->row_q * pair->q / w;
    return (NAME(seconds)){zero - turn * t * g * pair->row_q, two * two * turn * (t / w) * both * both,
                           zero - two * turn * g * g * both};
}

/* With a = g^2, b = g'^2, x = a / W^2, y = b / W^2, as the one layer's gradient. */
static inline NAME(seconds) NAME(gelu_seconds)(const NAME(pair) * pair, const NAME(moments) * m)
{
    const VECTOR half = V(set)((REAL)0.5), one = V(set)(1), three = V(set)(3), turn = V(set)((REAL)0.15915494309189533577);
    VECTOR w = m->gap, ww = w * w, hh = pair->row_p * pair->p, t = hh * pair->rho, tt = t * t;
    VECTOR sine_square = hh * hh * (pair->gap * (V(set)(2) - pair->gap));
    VECTOR a = pair->row_q * pair->row_q, b = pair->q * pair->q, x = a / ww, y = b / ww, xy = x * y;
    VECTOR gg = pair->row_q * pair->q / w;
    VECTOR own = V(fma)(a * pair->p * pair->p, ww, half * sine_square) - tt * a * (b + half * y);
    VECTOR own_second = half + half * V(fma)(three, xy, x + y) + a;
    return (NAME(seconds)){turn * (pair->row_q / (pair->q * w)) * own, turn * gg * (one + x + y + V(fma)(xy + xy, tt, xy)),
                           V(set)(0) - turn * (t / w) * a * own_second};
}

static inline NAME(seconds) NAME(wave_seconds)(const NAME(pair) * pair, const NAME(moments) * m)
{
    const VECTOR half = V(set)((REAL)-0.5);
    (void)pair;
    return (NAME(seconds)){half * m->kappa, m->kappa, half * m->kdot};
}

static inline NAME(seconds) NAME(exp_seconds)(const NAME(pair) * pair, const NAME(moments) * m)
{
    const VECTOR half = V(set)((REAL)0.5);
    (void)pair;
    return (NAME(seconds)){half * m->kappa, m->kappa, half * m->kappa};
}

/* sin theta; never 0, so that 0 / 0 is 0 */
static inline VECTOR NAME(sine_of)(VECTOR gap)
{
    return V(max)(V(sqrt)(gap * (V(set)(2) - gap)), V(set)((REAL)1e-30));
}

/* -dkappa/dtheta */
static inline VECTOR NAME(fall)(const NAME(pair) * pair, const NAME(moments) * m, int levels)
{
    if (levels) return pair->k0;
    return m->kdot * NAME(sine_of)(pair->gap);
}

/* z w' kappa - w z', which is small where both samples are nearly the same */
static inline VECTOR NAME(across)(const NAME(moments) * m, VECTOR row_w, VECTOR row_z, VECTOR w, VECTOR z)
{
    VECTOR near = (row_z * w - row_w * z) - row_z * w * m->gap;
    return V(select)(V(less)(V(set)(0), m->kappa), near, row_z * w * m->kappa - row_w * z);
}

/* For (w, z) and (w', z') of length 1, d w / d log|u| = w z^2 m and d z / d log|u| = -z w^2 m: m is the layer's slope. */
static inline void NAME(kinked_gradient_next)(const ntk_deep_state *state, const ntk_deep_slopes *slopes, int64_t j,
                                              int64_t count, const ntk_deep_layer *layer, const NAME(moments) * m,
                                              const NAME(pair) * pair, int levels)
{
    const VECTOR zero = V(set)(0), rate = V(set)((REAL)layer->rate), length = V(set)((REAL)layer->slope);
    VECTOR fall = NAME(fall)(pair, m, levels), tangent = NAME(at)(state->tangent, j);
    VECTOR turn = NAME(at)(slopes->seen[0], j), pull = NAME(at)(slopes->seen[1], j);
    VECTOR turned = V(fma)(NAME(at)(slopes->tangent[0], j), m->kdot, tangent * pair->k0 * turn);
    VECTOR pulled = V(fma)(NAME(at)(slopes->tangent[1], j), m->kdot, zero - tangent * pair->k0 * pull);
    VECTOR by_turn = fall * turn, by_pull = zero - fall * pull;
    if (layer->bias) {
        VECTOR w = NAME(fetch)(layer->ws, j, count), z = NAME(fetch)(layer->zs, j, count);
        VECTOR row_w = V(set)((REAL)layer->w), row_z = V(set)((REAL)layer->z), ww = row_w * w, stretch = length * row_z;
        by_turn = ww * by_turn;
        by_pull = V(fma)(stretch * row_w, NAME(across)(m, row_w, row_z, w, z), ww * by_pull);
        turned = ww * turned;
        pulled = ww * V(fma)(stretch * row_z, tangent * m->kdot, pulled);
    }
    NAME(kinked_next)(state, j, count, layer, m);
    VECTOR sine = NAME(sine_of)(NAME(at)(state->gap, j));
    V(mask) apart = V(less)(zero, NAME(at)(state->gap, j));
    NAME(put)(slopes->seen[0], j, V(select)(apart, by_turn / sine, zero));
    NAME(put)(slopes->seen[1], j, V(select)(apart, zero - by_pull / sine, zero));
    NAME(put)(slopes->tangent[0], j, V(fma)(rate, by_turn, turned));
    NAME(put)(slopes->tangent[1], j, V(fma)(rate, by_pull, pulled));
}

static inline void NAME(kinked_gradient_last)(VECTOR out[2], const ntk_deep_state *state, const ntk_deep_slopes *slopes,
                                              int64_t j, int64_t count, const ntk_deep_layer *layer, const NAME(moments) * m,
                                              const NAME(pair) * pair, int levels)
{
    const VECTOR rf = V(set)((REAL)layer->k[4]), nt = V(set)((REAL)layer->k[5]), length = V(set)((REAL)layer->slope);
    VECTOR fall = NAME(fall)(pair, m, levels), tangent = NAME(at)(state->tangent, j);
    VECTOR ww = V(set)((REAL)layer->w) * NAME(fetch)(layer->ws, j, count);
    VECTOR turn = NAME(at)(slopes->seen[0], j), pull = NAME(at)(slopes->seen[1], j), k0 = tangent * pair->k0;
    VECTOR turned = V(fma)(NAME(at)(slopes->tangent[0], j), m->kdot, k0 * turn);
    VECTOR pulled = NAME(at)(slopes->tangent[1], j) * m->kdot - k0 * pull;
    if (levels) turned = pulled = V(set)(0);
    VECTOR stretched = length * V(fma)(rf, m->kappa, nt * tangent * m->kdot);
    out[0] = ww * V(fma)(rf, fall * turn, nt * turned);
    out[1] = ww * (stretched + V(fma)(nt, pulled, V(set)(0) - rf * fall * pull));
}

/* What kdot times the tangent has as derivatives, and kappa, in both directions. */
typedef struct NAME(changes) {
    VECTOR kappa[2], tangent[2];
} NAME(changes);

static inline NAME(changes) NAME(smooth_changes)(const ntk_deep_state *state, const ntk_deep_slopes *slopes, int64_t j,
                                                 const ntk_deep_layer *layer, const NAME(moments) * m, const NAME(seconds) * s)
{
    const VECTOR length = V(set)((REAL)layer->slope);
    VECTOR along = NAME(at)(slopes->seen[0], j), own = NAME(at)(slopes->seen[1], j), tangent = NAME(at)(state->tangent, j);
    VECTOR bend = V(fma)(s->second, own, s->second_own * length);
    return (NAME(changes)){{m->kdot * along, V(fma)(m->kdot, own, s->own * length)},
                           {V(fma)(NAME(at)(slopes->tangent[0], j), m->kdot, tangent * s->second * along),
                            V(fma)(NAME(at)(slopes->tangent[1], j), m->kdot, tangent * bend)}};
}

static inline void NAME(smooth_gradient_next)(const ntk_deep_state *state, const ntk_deep_slopes *slopes, int64_t j,
                                              int64_t count, const ntk_deep_layer *layer, const NAME(moments) * m,
                                              const NAME(seconds) * s)
{
    const VECTOR gain = V(set)((REAL)layer->k[4]), rate = V(set)((REAL)layer->rate);
    NAME(changes) by = NAME(smooth_changes)(state, slopes, j, layer, m, s);
    for (int way = 0; way < 2; way++) {
        VECTOR seen = gain * by.kappa[way];
        NAME(put)(slopes->seen[way], j, seen);
        NAME(put)(slopes->tangent[way], j, V(fma)(rate, seen, gain * by.tangent[way]));
    }
    NAME(smooth_next)(state, j, count, layer, m);
}

#define DEFINE_KINKED(KIND, LEVELS)                                                                                     \
    static void NAME(KIND##_gradient_step)(const ntk_deep_state *state, const ntk_deep_slopes *slopes, int64_t count,   \
                                           const ntk_deep_layer *layer)                                                 \
    {                                                                                                                   \
        for (int64_t j = 0; j < count; j += LANES) {                                                                    \
            NAME(pair) pair = NAME(pair_of)(state, j, count, layer, 0);                                                 \
            NAME(moments) m = NAME(KIND##_moments)(&pair);                                                              \
            NAME(kinked_gradient_next)(state, slopes, j, count, layer, &m, &pair, LEVELS);                              \
        }                                                                                                               \
    }                                                                                                                   \
    static void NAME(KIND##_gradient_finish)(void *along, void *own, const ntk_deep_state *state,                       \
                                             const ntk_deep_slopes *slopes, int64_t count, const ntk_deep_layer *layer) \
    {                                                                                                                   \
        for (int64_t j = 0; j < count; j += LANES) {                                                                    \
            VECTOR out[2];                                                                                              \
            NAME(pair) pair = NAME(pair_of)(state, j, count, layer, 0);                                                 \
            NAME(moments) m = NAME(KIND##_moments)(&pair);                                                              \
            NAME(kinked_gradient_last)(out, state, slopes, j, count, layer, &m, &pair, LEVELS);                         \
            NAME(put_part)(along, j, out[0], count);                                                                    \
            NAME(put_part)(own, j, out[1], count);                                                                      \
        }                                                                                                               \
    }

/* c^2 dK/dq12 and 2 c^2 dK/dq11 of the last layer. */
static inline void NAME(put_slopes)(void *along, void *own, const ntk_deep_state *state, const ntk_deep_slopes *slopes,
                                    int64_t j, int64_t count, const ntk_deep_layer *layer, const NAME(moments) * m,
                                    const NAME(seconds) * s)
{
    const VECTOR rf = V(set)((REAL)layer->k[4]), nt = V(set)((REAL)layer->k[5]), two = V(set)(2);
    NAME(changes) by = NAME(smooth_changes)(state, slopes, j, layer, m, s);
    NAME(put_part)(along, j, V(fma)(rf, by.kappa[0], nt * by.tangent[0]), count);
    NAME(put_part)(own, j, two * V(fma)(rf, by.kappa[1], nt * by.tangent[1]), count);
}

#define DEFINE_SMOOTH(KIND)                                                                                             \
    static void NAME(KIND##_gradient_step)(const ntk_deep_state *state, const ntk_deep_slopes *slopes, int64_t count,   \
                                           const ntk_deep_layer *layer)                                                 \
    {                                                                                                                   \
        for (int64_t j = 0; j < count; j += LANES) {                                                                    \
            NAME(pair) pair = NAME(pair_of)(state, j, count, layer, 1);                                                 \
            NAME(moments) m = NAME(KIND##_moments)(&pair);                                                              \
            NAME(seconds) s = NAME(KIND##_seconds)(&pair, &m);                                                          \
            NAME(smooth_gradient_next)(state, slopes, j, count, layer, &m, &s);                                         \
        }                                                                                                               \
    }                                                                                                                   \
    static void NAME(KIND##_gradient_finish)(void *along, void *own, const ntk_deep_state *state,                       \
                                             const ntk_deep_slopes *slopes, int64_t count, const ntk_deep_layer *layer) \
    {                                                                                                                   \
        for (int64_t j = 0; j < count; j += LANES) {                                                                    \
            NAME(pair) pair = NAME(pair_of)(state, j, count, layer, 1);                                                 \
            NAME(moments) m = NAME(KIND##_moments)(&pair);                                                              \
            NAME(seconds) s = NAME(KIND##_seconds)(&pair, &m);                                                          \
            NAME(put_slopes)(along, own, state, slopes, j, count, layer, &m, &s);                                       \
        }                                                                                                               \
    }

DEFINE_KINKED(slopes, 0)
DEFINE_KINKED(levels, 1)
DEFINE_SMOOTH(erf)
DEFINE_SMOOTH(gelu)
DEFINE_SMOOTH(wave)
DEFINE_SMOOTH(exp)

#include "kernel/simd/deep_series_gradient_tmpl.h"

#undef DEFINE_KINKED
#undef DEFINE_SMOOTH

static void NAME(begin_gradient)(const ntk_deep_slopes *slopes, const ntk_deep_state *state, int64_t count, double rate,
                                 int kinked)
{
    const VECTOR one = V(set)(1), zero = V(set)(0), first = V(set)((REAL)rate);
    for (int64_t j = 0; j < count; j += LANES) {
        NAME(put)(slopes->seen[0], j, one);
        NAME(put)(slopes->seen[1], j, zero);
        NAME(put)(slopes->tangent[0], j, first * (kinked ? NAME(sine_of)(NAME(at)(state->gap, j)) + zero : one + zero));
        NAME(put)(slopes->tangent[1], j, zero);
    }
}

/* -dK/dtheta = D and dK/dlog|u| = R: with w = c / |u|, A = D w w' / sin and B = (R - rho D / sin) w^2. */
static void NAME(spread)(void *along, void *own, const ntk_deep_state *begin, int64_t count, const ntk_deep_layer *first)
{
    const VECTOR row_w = V(set)((REAL)first->w);
    for (int64_t j = 0; j < count; j += LANES) {
        VECTOR slope = NAME(fetch)(along, j, count) / NAME(sine_of)(NAME(at)(begin->gap, j));
        VECTOR length = NAME(fetch)(own, j, count) - slope * NAME(at)(begin->rho, j);
        NAME(put_part)(along, j, row_w * slope * NAME(fetch)(first->ws, j, count), count);
        NAME(put_part)(own, j, row_w * row_w * length, count);
    }
}
