/* Included once for each precision by deep_tmpl.h: adjoints of layers, from the last to the first (deep.h). */

/* The lanes that a strip has; 0 elsewhere. */
static inline VECTOR NAME(within)(VECTOR v, int64_t j, int64_t count)
{
    REAL lanes[LANES];
    if (j + LANES <= count) return v;
    V(store)(lanes, v);
    return V(load_part)(lanes, count - j);
}

static inline void NAME(add_to)(void *array, int64_t j, VECTOR v, int64_t count)
{
    NAME(put_part)(array, j, NAME(fetch)(array, j, count) + v, count);
}

/* Running sums of a strip. */
typedef struct NAME(totals) {
    VECTOR row, gain, bias;
} NAME(totals);

static inline NAME(totals) NAME(no_totals)(void)
{
    const VECTOR zero = V(set)(0);
    return (NAME(totals)){zero, zero, zero};
}

static inline void NAME(put_totals)(ntk_deep_sums *sums, const NAME(totals) * totals)
{
    sums->row = (double)V(sum)(totals->row);
    sums->gain = (double)V(sum)(totals->gain);
    sums->bias = (double)V(sum)(totals->bias);
}

/* The angle's adjoint over its sine is that of rho.  Where samples are all but parallel and their lengths differ no more than their
 * directions, a scale changes the angle by less than the angle itself, which may be left out; rounding would make more of it. */
static inline VECTOR NAME(over_sine)(VECTOR turn, VECTOR sine)
{
    return V(select)(V(less)(V(set)(LEAST_SINE), sine), turn / sine, V(set)(0));
}

/* With the cosine rho of (w, z) and (w', z'), both of length 1, and tan alpha = z / w:
 * w d rho / d alpha = z' - z rho */
static inline void NAME(kinked_reverse)(NAME(totals) * totals, const ntk_deep_adjoint *adjoint, void *col,
                                        const ntk_deep_state *state, const void *next_rho, int64_t j, int64_t count,
                                        const ntk_deep_layer *layer, const NAME(moments) * m, const NAME(pair) * pair,
                                        int levels)
{
    VECTOR tangent = NAME(at)(adjoint->tangent, j),
           seen = V(fma)(V(set)((REAL)layer->rate), tangent, NAME(at)(adjoint->seen, j));
    VECTOR t = NAME(at)(state->tangent, j), ww = V(set)(1), turn;
    if (layer->bias || !next_rho) ww = V(set)((REAL)layer->w) * NAME(fetch)(layer->ws, j, count);
    VECTOR kappa = seen * ww, kdot = levels ? V(set)(0) + V(set)(0) : tangent * ww * t;
    if (!next_rho) {
        VECTOR whole = NAME(within)(V(fma)(kappa, m->kappa, kdot * m->kdot), j, count);
        totals->row = totals->row + whole;
        totals->gain = totals->gain + whole;
        NAME(add_to)(col, j, whole, count);
    } else if (layer->bias) {
        VECTOR z = NAME(fetch)(layer->zs, j, count), row_z = V(set)((REAL)layer->z), rho = NAME(at)(next_rho, j);
        VECTOR rest = kdot * m->kdot;
        totals->row = totals->row + NAME(within)(seen * (z - row_z * rho) - row_z * rest, j, count);
        NAME(add_to)(col, j, NAME(within)(seen * (row_z - z * rho) - z * rest, j, count), count);
    }
    turn = V(fma)(kappa, NAME(fall)(pair, m, levels), kdot * pair->k0);
    NAME(put)(adjoint->seen, j, NAME(within)(NAME(over_sine)(turn, NAME(sine_of)(pair->gap)), j, count));
    NAME(put)(adjoint->tangent, j, NAME(within)(tangent * ww * m->kdot, j, count));
}

/* What a moment's adjoints give to S of a sample. */
static inline VECTOR NAME(own_of)(VECTOR kappa, VECTOR kdot, const NAME(seconds) * s)
{
    return V(fma)(kappa, s->own, kdot * s->second_own);
}

static inline NAME(pair) NAME(turned)(const NAME(pair) * pair)
{
    NAME(pair) turned = *pair;
    turned.row_p = pair->p;
    turned.row_q = pair->q;
    turned.p = pair->row_p;
    turned.q = pair->row_q;
    return turned;
}

/* rows and cols are the derivatives as the row's and as the columns' samples have them */
static inline void NAME(smooth_reverse)(NAME(totals) * totals, const ntk_deep_adjoint *adjoint, void *col,
                                        const ntk_deep_state *state, int64_t j, int64_t count, const ntk_deep_layer *layer,
                                        const NAME(moments) * m, const NAME(seconds) * rows, const NAME(seconds) * cols)
{
    const VECTOR gain = V(set)((REAL)layer->k[4]);
    VECTOR tangent = NAME(at)(adjoint->tangent, j),
           seen = V(fma)(V(set)((REAL)layer->rate), tangent, NAME(at)(adjoint->seen, j));
    VECTOR t = NAME(at)(state->tangent, j), kappa = seen * gain, kdot = tangent * gain * t;
    totals->row = totals->row + NAME(within)(NAME(own_of)(kappa, kdot, rows), j, count);
    totals->gain = totals->gain + NAME(within)(V(fma)(seen, m->kappa, tangent * t * m->kdot), j, count);
    totals->bias = totals->bias + NAME(within)(seen, j, count);
    NAME(add_to)(col, j, NAME(within)(NAME(own_of)(kappa, kdot, cols), j, count), count);
    NAME(put)(adjoint->seen, j, NAME(within)(V(fma)(kappa, m->kdot, kdot * rows->second), j, count));
    NAME(put)(adjoint->tangent, j, NAME(within)(tangent * gain * m->kdot, j, count));
}

#define DEFINE_KINKED(KIND, LEVELS)                                                                           \
    static void NAME(KIND##_reverse)(const ntk_deep_adjoint *adjoint, void *col, ntk_deep_sums *sums,         \
                                     const ntk_deep_state *state, const void *next_rho, int64_t count,        \
                                     const ntk_deep_layer *layer)                                             \
    {                                                                                                         \
        NAME(totals) totals = NAME(no_totals)();                                                              \
        for (int64_t j = 0; j < count; j += LANES) {                                                          \
            NAME(pair) pair = NAME(pair_of)(state, j, count, layer, 0);                                       \
            NAME(moments) m = NAME(KIND##_moments)(&pair);                                                    \
            NAME(kinked_reverse)(&totals, adjoint, col, state, next_rho, j, count, layer, &m, &pair, LEVELS); \
        }                                                                                                     \
        NAME(put_totals)(sums, &totals);                                                                      \
    }

#define DEFINE_SMOOTH(KIND)                                                                                 \
    static void NAME(KIND##_reverse)(const ntk_deep_adjoint *adjoint, void *col, ntk_deep_sums *sums,       \
                                     const ntk_deep_state *state, const void *next_rho, int64_t count,      \
                                     const ntk_deep_layer *layer)                                           \
    {                                                                                                       \
        NAME(totals) totals = NAME(no_totals)();                                                            \
        (void)next_rho;                                                                                     \
        for (int64_t j = 0; j < count; j += LANES) {                                                        \
            NAME(pair) pair = NAME(pair_of)(state, j, count, layer, 1), turned = NAME(turned)(&pair);       \
            NAME(moments) m = NAME(KIND##_moments)(&pair);                                                  \
            NAME(seconds) rows = NAME(KIND##_seconds)(&pair, &m), cols = NAME(KIND##_seconds)(&turned, &m); \
            NAME(smooth_reverse)(&totals, adjoint, col, state, j, count, layer, &m, &rows, &cols);          \
        }                                                                                                   \
        NAME(put_totals)(sums, &totals);                                                                    \
    }

DEFINE_KINKED(slopes, 0)
DEFINE_KINKED(levels, 1)
DEFINE_SMOOTH(erf)
DEFINE_SMOOTH(gelu)
DEFINE_SMOOTH(wave)
DEFINE_SMOOTH(exp)

#include "kernel/simd/deep_series_reverse_tmpl.h"

#undef DEFINE_KINKED
#undef DEFINE_SMOOTH

static void NAME(reverse_first)(const ntk_deep_adjoint *adjoint, void *col, ntk_deep_sums *sums, const ntk_deep_state *state,
                                int64_t count, const ntk_deep_layer *first, int kinked)
{
    NAME(totals) totals = NAME(no_totals)();
    const VECTOR rate = V(set)((REAL)first->rate), row_z = V(set)((REAL)first->z), row_p = V(set)((REAL)first->p);
    for (int64_t j = 0; j < count; j += LANES) {
        VECTOR by_rate = rate * NAME(at)(adjoint->tangent, j), seen = NAME(at)(adjoint->seen, j) + by_rate;
        VECTOR rho = NAME(at)(state->rho, j), z = NAME(fetch)(first->zs, j, count);
        VECTOR S = row_p * NAME(fetch)(first->ps, j, count) * rho;
        totals.bias = totals.bias + NAME(within)(by_rate * S, j, count);
        if (kinked) {
            totals.row = totals.row + NAME(within)(seen * (z - row_z * rho), j, count);
            NAME(add_to)(col, j, NAME(within)(seen * (row_z - z * rho), j, count), count);
        } else {
            totals.row = totals.row + NAME(within)(seen, j, count);
            totals.gain = totals.gain + NAME(within)(seen * S, j, count);
        }
    }
    NAME(put_totals)(sums, &totals);
}
