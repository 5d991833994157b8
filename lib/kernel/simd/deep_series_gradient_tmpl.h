/* Included once for each precision by deep_gradient_tmpl.h: derivatives of layers without closed form (kernel/deep_series_gradient.c).
 * With Q of deep_series_tmpl.h and R' = (1 + first + step) Q' + step x Q'',
 *   dkdot/drho = first rho^(first - 1) R + lead step rho^(step - 1) R' */

/* Of the terms c_m and g_m e_m' from the first one on: sums, derivatives in x, and half the second one. */
typedef struct NAME(curves) {
    NAME(four) Q, slope, curve, G, G_slope;
} NAME(curves);

static inline NAME(curves) NAME(curves_of)(const ntk_mehler_strip *m, const REAL *table, NAME(four) x)
{
    const NAME(four) zero = NAME(four_of)(V(set)(0));
    NAME(curves) sum = {zero, zero, zero, zero, zero};
    for (int64_t t = m->terms - 1; t > 0; t--) {
        sum.curve = NAME(fma_four)(sum.curve, x, sum.slope);
        sum.slope = NAME(fma_four)(sum.slope, x, sum.Q);
        sum.Q = NAME(fma_four)(sum.Q, x, NAME(term)(m->row, table, t));
        sum.G_slope = NAME(fma_four)(sum.G_slope, x, sum.G);
        sum.G = NAME(fma_four)(sum.G, x, NAME(term)(m->own, table, t));
    }
    return sum;
}

/* F, kdot, dkdot/drho, G and G + rho G' of four vectors of pairs. */
typedef struct NAME(series_slopes) {
    NAME(four) F, kdot, bend, G, G_bend;
} NAME(series_slopes);

static inline NAME(four) NAME(scaled)(int64_t factor, NAME(four) v)
{
    return NAME(multiply)(NAME(four_of)(V(set)((REAL)factor)), v);
}

static inline NAME(series_slopes) NAME(series_slopes_of)(const ntk_mehler_strip *m, const REAL *table, NAME(four) rho)
{
    const NAME(four) one = NAME(four_of)(V(set)(1));
    NAME(four) x = NAME(power_of)(rho, m->step), lead = NAME(power_of)(rho, m->first);
    NAME(four) none = NAME(term)(m->row, table, 0), none_own = NAME(term)(m->own, table, 0), step = NAME(scaled)(m->step, x);
    NAME(four) below_first = m->first == 2 ? rho : one, below_step = m->step == 2 ? rho : one;
    NAME(curves) s = NAME(curves_of)(m, table, x);
    NAME(four) R = NAME(fma_four)(step, s.slope, NAME(scaled)(1 + m->first, s.Q));
    NAME(four) R_slope = NAME(fma_four)(NAME(scaled)(2, step), s.curve, NAME(scaled)(1 + m->first + m->step, s.slope));
    NAME(four) G_turn = NAME(fma_four)(step, s.G_slope, NAME(scaled)(1 + m->first, s.G));
    NAME(four) bend = NAME(multiply)(NAME(scaled)(m->first, below_first), R);
    bend = NAME(fma_four)(NAME(multiply)(lead, NAME(scaled)(m->step, below_step)), R_slope, bend);
    return (NAME(series_slopes)){NAME(fma_four)(lead, s.Q, none), NAME(fma_four)(lead, R, none), bend,
                                 NAME(fma_four)(lead, s.G, none_own), NAME(fma_four)(lead, G_turn, none_own)};
}

/* 1 / r, and no infinity; or 0 for 0 */
static inline VECTOR NAME(inverse)(VECTOR r)
{
    const VECTOR zero = V(set)(0), one = V(set)(1);
    V(mask) some = V(less)(zero, r);
    return V(select)(some, V(min)(one / V(select)(some, r, one), V(set)(HUGE_PRODUCT)), zero);
}

/* A quantity of four vectors of pairs, by vectors. */
typedef struct NAME(series_parts) {
    NAME(vectors) rho, F, kdot, bend, G, turn;
} NAME(series_parts);

static inline NAME(series_parts) NAME(parts_at)(const ntk_deep_state *state, int64_t j, const ntk_deep_layer *layer)
{
    NAME(four) rho = NAME(rho_at)(state, j);
    NAME(series_slopes) of = NAME(series_slopes_of)(layer->series, NAME(table_at)(layer->series, j), rho);
    return (NAME(series_parts)){{rho.a, rho.b, rho.c, rho.d},
                                {of.F.a, of.F.b, of.F.c, of.F.d},
                                {of.kdot.a, of.kdot.b, of.kdot.c, of.kdot.d},
                                {of.bend.a, of.bend.b, of.bend.c, of.bend.d},
                                {of.G.a, of.G.b, of.G.c, of.G.d},
                                {of.G_bend.a, of.G_bend.b, of.G_bend.c, of.G_bend.d}};
}

/* The derivatives of the moments of one of them, whose columns begin with j. */
static inline NAME(seconds) NAME(series_seconds)(const NAME(series_parts) * parts, int v, int64_t j, int64_t count,
                                                 const ntk_deep_layer *layer, const NAME(moments) * m)
{
    VECTOR p = NAME(fetch)(layer->ps, j, count), q = NAME(fetch)(layer->qs, j, count);
    return (NAME(seconds)){V(fma)(p * parts->rho[v], parts->G[v], V(set)((REAL)layer->first) * q),
                           parts->bend[v] * NAME(inverse)(m->gap), parts->turn[v] * V(set)((REAL)layer->inverse)};
}

static void NAME(series_gradient_step)(const ntk_deep_state *state, const ntk_deep_slopes *slopes, int64_t count,
                                       const ntk_deep_layer *layer)
{
    for (int64_t group = 0; group < count; group += NAME(GROUP)) {
        NAME(series_parts) parts = NAME(parts_at)(state, group, layer);
        for (int v = 0; v < 4 && group + v * LANES < count; v++) {
            int64_t j = group + v * LANES;
            NAME(moments) m = NAME(series_moments)(layer, j, count, parts.rho[v], parts.F[v], parts.kdot[v]);
            NAME(seconds) s = NAME(series_seconds)(&parts, v, j, count, layer, &m);
            NAME(smooth_gradient_next)(state, slopes, j, count, layer, &m, &s);
        }
    }
}

static void NAME(series_gradient_finish)(void *along, void *own, const ntk_deep_state *state, const ntk_deep_slopes *slopes,
                                         int64_t count, const ntk_deep_layer *layer)
{
    for (int64_t group = 0; group < count; group += NAME(GROUP)) {
        NAME(series_parts) parts = NAME(parts_at)(state, group, layer);
        for (int v = 0; v < 4 && group + v * LANES < count; v++) {
            int64_t j = group + v * LANES;
            NAME(moments) m = NAME(series_moments)(layer, j, count, parts.rho[v], parts.F[v], parts.kdot[v]);
            NAME(seconds) s = NAME(series_seconds)(&parts, v, j, count, layer, &m);
            NAME(put_slopes)(along, own, state, slopes, j, count, layer, &m, &s);
        }
    }
}
