/* Included once for each precision by deep_tmpl.h: layers of activations without closed form.  With c_m = e_m e_m' of the tables
 * (kernel/deep_series.h), F = sum c_m rho^m, q12 = l l' rho, and B the means,
 *   kappa = B B' + q12 F,   kdot = dkappa/dq12 = F + rho F'
 * Degrees are 0, first, first + step ..., so that with x = rho^step and lead = rho^first, F = c_0 + lead Q(x), and
 *   kdot = c_0 + lead R(x),   R = (1 + first) Q + step x Q'
 * and Horner's scheme gives Q and Q' at once. */

#include "kernel/simd/four_tmpl.h"

static inline NAME(four) NAME(four_of)(VECTOR v)
{
    return (NAME(four)){v, v, v, v};
}

/* of degree first, and of degree step */
static inline NAME(four) NAME(power_of)(NAME(four) rho, int64_t degree)
{
    return degree == 2 ? NAME(multiply)(rho, rho) : rho;
}

/* row_t E_t' of four vectors of columns; the row holds products where the columns share their terms */
static inline NAME(four) NAME(term)(const REAL *row, const REAL *table, int64_t t)
{
    NAME(four) own = NAME(four_of)(V(set)(row[t]));
    return table ? NAME(multiply)(own, NAME(load_four)(table + t * NTK_MEHLER_COLUMNS)) : own;
}

/* A sum over the terms from the first one on, and its derivative in x. */
typedef struct NAME(horner) {
    NAME(four) value, slope;
} NAME(horner);

static inline NAME(horner) NAME(sum_shared)(const REAL *row, int64_t terms, NAME(four) x)
{
    NAME(horner) sum = {NAME(four_of)(V(set)(0)), NAME(four_of)(V(set)(0))};
    for (int64_t t = terms - 1; t > 0; t--) {
        sum.slope = NAME(fma_four)(sum.slope, x, sum.value);
        sum.value = NAME(shared_step)(sum.value, x, V(set)(row[t]));
    }
    return sum;
}

static inline NAME(horner) NAME(sum_of)(const REAL *row, const REAL *table, int64_t terms, NAME(four) x)
{
    NAME(horner) sum = {NAME(four_of)(V(set)(0)), NAME(four_of)(V(set)(0))};
    for (int64_t t = terms - 1; t > 0; t--) {
        sum.slope = NAME(fma_four)(sum.slope, x, sum.value);
        sum.value = NAME(fma_four)(sum.value, x, NAME(term)(row, table, t));
    }
    return sum;
}

/* The values alone. */
static inline NAME(four) NAME(value_of)(const REAL *row, const REAL *table, int64_t terms, NAME(four) x)
{
    NAME(four) sum = NAME(four_of)(V(set)(0));
    for (int64_t t = terms - 1; t > 0; t--) sum = NAME(fma_four)(sum, x, NAME(term)(row, table, t));
    return sum;
}

/* F and kdot of four vectors of pairs; kdot is 0 where no layer before this one is trained. */
typedef struct NAME(series) {
    NAME(four) F, kdot;
} NAME(series);

static inline NAME(series) NAME(series_of)(const ntk_mehler_strip *m, const REAL *table, NAME(four) rho, int slopes)
{
    const REAL *row = m->row;
    NAME(four) x = NAME(power_of)(rho, m->step), lead = NAME(power_of)(rho, m->first), none = NAME(term)(row, table, 0);
    if (!slopes) {
        NAME(four) value = NAME(value_of)(row, table, m->terms, x);
        return (NAME(series)){NAME(fma_four)(lead, value, none), NAME(four_of)(V(set)(0))};
    }
    NAME(horner) Q = table ? NAME(sum_of)(row, table, m->terms, x) : NAME(sum_shared)(row, m->terms, x);
    NAME(four) step = NAME(multiply)(NAME(four_of)(V(set)((REAL)m->step)), x);
    NAME(four) R = NAME(fma_four)(step, Q.slope, NAME(multiply)(NAME(four_of)(V(set)((REAL)(1 + m->first))), Q.value));
    return (NAME(series)){NAME(fma_four)(lead, Q.value, none), NAME(fma_four)(lead, R, none)};
}

/* Where the terms of column j's block lie. */
static inline const REAL *NAME(table_at)(const ntk_mehler_strip *m, int64_t j)
{
    if (!m->table) return NULL;
    return (const REAL *)m->table + j / NTK_MEHLER_COLUMNS * m->stride + j % NTK_MEHLER_COLUMNS;
}

static inline NAME(four) NAME(rho_at)(const ntk_deep_state *state, int64_t j)
{
    return NAME(load_four)((const REAL *)state->rho + j);
}

/* p is the length and q is B */
static inline NAME(moments)
    NAME(series_moments)(const ntk_deep_layer *layer, int64_t j, int64_t count, VECTOR rho, VECTOR F, VECTOR kdot)
{
    VECTOR p = NAME(fetch)(layer->ps, j, count), q = NAME(fetch)(layer->qs, j, count);
    VECTOR r = V(set)((REAL)layer->p) * p, mean = V(set)((REAL)layer->q) * q;
    return (NAME(moments)){V(fma)(r * rho, F, mean), r, kdot};
}

typedef VECTOR NAME(vectors)[4];

/* F, kdot and rho of four vectors of pairs, by vectors. */
typedef struct NAME(entry_parts) {
    NAME(vectors) rho, F, kdot;
} NAME(entry_parts);

static inline NAME(entry_parts) NAME(entries_at)(const ntk_deep_state *state, int64_t j, const ntk_deep_layer *layer)
{
    NAME(four) rho = NAME(rho_at)(state, j);
    NAME(series) s = NAME(series_of)(layer->series, NAME(table_at)(layer->series, j), rho, layer->trained);
    return (NAME(entry_parts)){
        {rho.a, rho.b, rho.c, rho.d}, {s.F.a, s.F.b, s.F.c, s.F.d}, {s.kdot.a, s.kdot.b, s.kdot.c, s.kdot.d}};
}

static void NAME(series_step)(const ntk_deep_state *state, int64_t count, const ntk_deep_layer *layer)
{
    for (int64_t group = 0; group < count; group += NAME(GROUP)) {
        NAME(entry_parts) parts = NAME(entries_at)(state, group, layer);
        for (int v = 0; v < 4 && group + v * LANES < count; v++) {
            int64_t j = group + v * LANES;
            NAME(moments) m = NAME(series_moments)(layer, j, count, parts.rho[v], parts.F[v], parts.kdot[v]);
            NAME(smooth_next)(state, j, count, layer, &m);
        }
    }
}

static void NAME(series_finish)(void *out, const ntk_deep_state *state, int64_t count, const ntk_deep_layer *layer)
{
    for (int64_t group = 0; group < count; group += NAME(GROUP)) {
        NAME(entry_parts) parts = NAME(entries_at)(state, group, layer);
        for (int v = 0; v < 4 && group + v * LANES < count; v++) {
            int64_t j = group + v * LANES;
            NAME(moments) m = NAME(series_moments)(layer, j, count, parts.rho[v], parts.F[v], parts.kdot[v]);
            NAME(put_entry)(out, state, j, count, layer, &m);
        }
    }
}
