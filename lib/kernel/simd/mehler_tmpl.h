/* Included once for each precision by loops_tmpl.h: entries by Mehler's formula, and their gradients. */

#include "kernel/simd/four_tmpl.h"

/* How rho steps from term to term. */
typedef struct NAME(powers) {
    NAME(four) rho, lead, x;
} NAME(powers);

static inline NAME(powers) NAME(powers_of)(const ntk_mehler_strip *m, NAME(four) rho)
{
    NAME(four) square = NAME(multiply)(rho, rho);
    return (NAME(powers)){rho, m->first == 2 ? square : rho, m->step == 2 ? square : rho};
}

/* sum_m row_m E_m' rho^m */
static inline NAME(four) NAME(mehler_sum)(const ntk_mehler_strip *m, const REAL *row, const REAL *table, const NAME(powers) * p)
{
    const VECTOR zero = V(set)(0);
    NAME(four) sum = {zero, zero, zero, zero};
    if (!table) {
        for (int64_t t = m->terms - 1; t > 0; t--) sum = NAME(shared_step)(sum, p->x, V(set)(row[t]));
        return NAME(shared_step)(sum, p->lead, V(set)(row[0]));
    }
    for (int64_t t = m->terms - 1; t > 0; t--)
        sum = NAME(step)(sum, p->x, V(set)(row[t]), NAME(load_four)(table + t * NTK_MEHLER_COLUMNS));
    return NAME(step)(sum, p->lead, V(set)(row[0]), NAME(load_four)(table));
}

/* own: B, where gradients are meant */
typedef struct NAME(group) {
    REAL *k, *own;
    const REAL *w, *z, *p, *q;
} NAME(group);

static inline VECTOR NAME(cosine)(const NAME(constants) * c, const NAME(group) * g, int64_t at)
{
    return V(fma)(V(load)(g->k + at), c->w * V(load)(g->w + at), c->z * V(load)(g->z + at));
}

static inline VECTOR NAME(clamp)(VECTOR rho)
{
    return V(max)(V(min)(rho, V(set)(1)), V(set)(-1));
}

/* q is B: l l' rho S + B B' + constant */
static inline void NAME(mehler_entry)(const NAME(constants) * c, const NAME(group) * g, int64_t at, VECTOR rho, VECTOR sum)
{
    VECTOR mean = V(fma)(c->q, V(load)(g->q + at), c->constant);
    V(store)(g->k + at, V(fma)(c->p * V(load)(g->p + at) * rho, sum, mean));
}

static inline int64_t NAME(note_near)(int32_t *near, int64_t found, int64_t place, VECTOR rho)
{
    uint32_t bits = V(bits)(V(less)(V(set)(NEAR), V(abs)(rho)));
    for (; bits; bits &= bits - 1) near[found++] = (int32_t)place + __builtin_ctz(bits);
    return found;
}

/* k0 B' + l' rho S */
static inline void NAME(mehler_slope)(const NAME(constants) * c, const NAME(group) * g, int64_t at, VECTOR rho, VECTOR along,
                                      VECTOR own)
{
    V(store)(g->k + at, along);
    V(store)(g->own + at, V(fma)(V(load)(g->p + at) * rho, own, c->k0 * V(load)(g->q + at)));
}

static int64_t NAME(mehler_group)(const NAME(constants) * c, const NAME(group) * g, const ntk_mehler_strip *m,
                                  const REAL *table, int64_t place, int32_t *near, int64_t found)
{
    NAME(four)
    rho = {NAME(cosine)(c, g, 0), NAME(cosine)(c, g, LANES), NAME(cosine)(c, g, 2 * LANES), NAME(cosine)(c, g, 3 * LANES)};
    found = NAME(note_near)(near, found, place, rho.a);
    found = NAME(note_near)(near, found, place + LANES, rho.b);
    found = NAME(note_near)(near, found, place + 2 * LANES, rho.c);
    found = NAME(note_near)(near, found, place + 3 * LANES, rho.d);
    rho = (NAME(four)){NAME(clamp)(rho.a), NAME(clamp)(rho.b), NAME(clamp)(rho.c), NAME(clamp)(rho.d)};
    NAME(powers) powers = NAME(powers_of)(m, rho);
    NAME(four) sum = NAME(mehler_sum)(m, m->row, table, &powers);
    if (!m->own) {
        NAME(mehler_entry)(c, g, 0, rho.a, sum.a);
        NAME(mehler_entry)(c, g, LANES, rho.b, sum.b);
        NAME(mehler_entry)(c, g, 2 * LANES, rho.c, sum.c);
        NAME(mehler_entry)(c, g, 3 * LANES, rho.d, sum.d);
        return found;
    }
    NAME(four) own = NAME(mehler_sum)(m, m->own, table, &powers);
    NAME(mehler_slope)(c, g, 0, rho.a, sum.a, own.a);
    NAME(mehler_slope)(c, g, LANES, rho.b, sum.b, own.b);
    NAME(mehler_slope)(c, g, 2 * LANES, rho.c, sum.c, own.c);
    NAME(mehler_slope)(c, g, 3 * LANES, rho.d, sum.d, own.d);
    return found;
}

/* A group that is not whole: count places from lane on; zeros stand for the others, which are never near. */
static int64_t NAME(mehler_part)(const NAME(constants) * c, const NAME(group) * g, int64_t lane, int64_t count,
                                 const ntk_mehler_strip *m, const REAL *table, int64_t place, int32_t *near, int64_t found)
{
    REAL k[NAME(GROUP)] = {0}, own[NAME(GROUP)], w[NAME(GROUP)] = {0}, z[NAME(GROUP)] = {0}, p[NAME(GROUP)] = {0},
         q[NAME(GROUP)] = {0};
    const NAME(group) part = {k, own, w, z, p, q};
    for (int64_t i = 0; i < count; i++) {
        k[lane + i] = g->k[i];
        w[lane + i] = g->w[i];
        z[lane + i] = g->z[i];
        p[lane + i] = g->p[i];
        q[lane + i] = g->q[i];
    }
    found = NAME(mehler_group)(c, &part, m, table, place - lane, near, found);
    for (int64_t i = 0; i < count; i++) g->k[i] = k[lane + i];
    for (int64_t i = 0; m->own && i < count; i++) g->own[i] = own[lane + i];
    return found;
}

static int64_t NAME(mehler_gradient)(void *entries, void *own, int64_t count, const ntk_strip *strip, const ntk_mehler_strip *m,
                                     int32_t *near)
{
    const NAME(constants) c = NAME(broadcast)(strip);
    const REAL *ws = strip->ws, *zs = strip->zs, *ps = strip->ps, *qs = strip->qs;
    int64_t found = 0, size;
    for (int64_t j = 0; j < count; j += size) {
        int64_t place = m->at + j, lane = place % NAME(GROUP), block = place / NTK_MEHLER_COLUMNS;
        const REAL *table = m->table;
        if (table) table += block * m->stride + (place - lane) % NTK_MEHLER_COLUMNS;
        const NAME(group) g = {(REAL *)entries + j, own ? (REAL *)own + j : NULL, ws + j, zs + j, ps + j, qs + j};
        size = NAME(GROUP) - lane < count - j ? NAME(GROUP) - lane : count - j;
        found = size == NAME(GROUP) ? NAME(mehler_group)(&c, &g, m, table, j, near, found)
                                    : NAME(mehler_part)(&c, &g, lane, size, m, table, j, near, found);
    }
    return found;
}

static int64_t NAME(mehler)(void *entries, int64_t count, const ntk_strip *strip, const ntk_mehler_strip *m, int32_t *near)
{
    return NAME(mehler_gradient)(entries, NULL, count, strip, m, near);
}
