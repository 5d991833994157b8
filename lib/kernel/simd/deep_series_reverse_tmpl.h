/* Included once for each precision by deep_reverse_tmpl.h: adjoints of layers without closed form (kernel/deep_series_scales.c).
 * Derivatives in S of a sample are times that S. */

/* Of four vectors of columns: e_1' / sqrt(2), H and H + rho H'. */
typedef struct NAME(series_others) {
    NAME(vectors) one, H, turn;
} NAME(series_others);

static inline NAME(series_others) NAME(others_at)(const ntk_deep_state *state, int64_t j, const ntk_deep_layer *layer)
{
    const ntk_mehler_strip *m = layer->series;
    const REAL *table = NAME(table_at)(m, j), *lifted = table ? table + m->lift * NTK_MEHLER_COLUMNS : NULL;
    NAME(four) rho = NAME(rho_at)(state, j), x = NAME(power_of)(rho, m->step), lead = NAME(power_of)(rho, m->first);
    NAME(four) none = NAME(term)(m->other, lifted, 0), one = NAME(four_of)(V(set)((REAL)m->one));
    NAME(horner) H = NAME(sum_of)(m->other, lifted, m->lifted, x);
    NAME(four) turn = NAME(fma_four)(NAME(scaled)(m->step, x), H.slope, NAME(scaled)(1 + m->first, H.value));
    if (table && m->one != 0) one = NAME(multiply)(one, NAME(load_four)(table + NTK_MEHLER_COLUMNS));
    H.value = NAME(fma_four)(lead, H.value, none);
    turn = NAME(fma_four)(lead, turn, none);
    return (NAME(series_others)){
        {one.a, one.b, one.c, one.d}, {H.value.a, H.value.b, H.value.c, H.value.d}, {turn.a, turn.b, turn.c, turn.d}};
}

static void NAME(series_reverse)(const ntk_deep_adjoint *adjoint, void *col, ntk_deep_sums *sums, const ntk_deep_state *state,
                                 const void *next_rho, int64_t count, const ntk_deep_layer *layer)
{
    NAME(totals) totals = NAME(no_totals)();
    const VECTOR row_first = V(set)((REAL)(layer->p * layer->first)), row_q = V(set)((REAL)layer->q);
    (void)next_rho;
    for (int64_t group = 0; group < count; group += NAME(GROUP)) {
        NAME(series_parts) parts = NAME(parts_at)(state, group, layer);
        NAME(series_others) others = NAME(others_at)(state, group, layer);
        for (int v = 0; v < 4 && group + v * LANES < count; v++) {
            int64_t j = group + v * LANES;
            NAME(moments) m = NAME(series_moments)(layer, j, count, parts.rho[v], parts.F[v], parts.kdot[v]);
            VECTOR p = NAME(fetch)(layer->ps, j, count), q = NAME(fetch)(layer->qs, j, count), q12 = m.gap * parts.rho[v];
            VECTOR bend = parts.bend[v] * NAME(inverse)(m.gap);
            const NAME(seconds) rows = {V(fma)(q12, parts.G[v], row_first * q), bend, parts.turn[v]};
            const NAME(seconds) cols = {V(fma)(q12, others.H[v], p * others.one[v] * row_q), bend, others.turn[v]};
            NAME(smooth_reverse)(&totals, adjoint, col, state, j, count, layer, &m, &rows, &cols);
        }
    }
    NAME(put_totals)(sums, &totals);
}
