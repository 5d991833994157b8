/* Included once for each precision: four vectors at a time, for the latency of a multiplication and addition. */

enum { NAME(GROUP) = 4 * LANES };
_Static_assert(NTK_MEHLER_COLUMNS % NAME(GROUP) == 0, "a block of the table is whole groups");

typedef struct NAME(four) {
    VECTOR a, b, c, d;
} NAME(four);

static inline NAME(four) NAME(load_four)(const REAL *from)
{
    return (NAME(four)){V(load)(from), V(load)(from + LANES), V(load)(from + 2 * LANES), V(load)(from + 3 * LANES)};
}

static inline NAME(four) NAME(multiply)(NAME(four) u, NAME(four) v)
{
    return (NAME(four)){u.a * v.a, u.b * v.b, u.c * v.c, u.d * v.d};
}

/* u v + w */
static inline NAME(four) NAME(fma_four)(NAME(four) u, NAME(four) v, NAME(four) w)
{
    return (NAME(four)){V(fma)(u.a, v.a, w.a), V(fma)(u.b, v.b, w.b), V(fma)(u.c, v.c, w.c), V(fma)(u.d, v.d, w.d)};
}

/* u v + e w */
static inline NAME(four) NAME(step)(NAME(four) u, NAME(four) v, VECTOR e, NAME(four) w)
{
    return (NAME(four)){V(fma)(u.a, v.a, e * w.a), V(fma)(u.b, v.b, e * w.b), V(fma)(u.c, v.c, e * w.c),
                        V(fma)(u.d, v.d, e * w.d)};
}

/* u v + e */
static inline NAME(four) NAME(shared_step)(NAME(four) u, NAME(four) v, VECTOR e)
{
    return (NAME(four)){V(fma)(u.a, v.a, e), V(fma)(u.b, v.b, e), V(fma)(u.c, v.c, e), V(fma)(u.d, v.d, e)};
}
