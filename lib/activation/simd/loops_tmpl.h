/* Included once for each precision by loops.c. */

/* Limits at infinity are kept (0 * infinity would be NaN), NaN passes. */
static void NAME(slopes)(void *results, const void *arguments, int64_t count, double below, double above)
{
    REAL *out = results;
    const REAL *u = arguments;
    const REAL a = (REAL)below, b = (REAL)above;
    if (a == 0) {
        for (int64_t i = 0; i < count; i++) out[i] = u[i] < 0 ? 0 : b * u[i];
        return;
    }
    for (int64_t i = 0; i < count; i++) out[i] = (u[i] < 0 ? a : b) * u[i];
}

static void NAME(levels)(void *results, const void *arguments, int64_t count, double below, double above, double at_zero)
{
    REAL *out = results;
    const REAL *u = arguments;
    const REAL a = (REAL)below, b = (REAL)above, zero = (REAL)at_zero;
    for (int64_t i = 0; i < count; i++) {
        REAL value = u[i] < 0 ? a : u[i] > 0 ? b : zero;
        out[i] = u[i] == u[i] ? value : u[i];
    }
}

static inline VECTOR NAME(erf)(VECTOR u)
{
    return V(erf)(u);
}

/* exp(-u^2): the rounding error of u^2 would be multiplied by u^2, so it is carried.  Beyond large the value is 0, and u^2
 * must not overflow. */
static inline VECTOR NAME(bell)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)28 : (REAL)11;
    /* in this order of operands a NaN stays */
    VECTOR bounded = V(max)(V(set)(-large), V(min)(V(set)(large), u));
    VECTOR square = bounded * bounded, error = V(product_error)(bounded, bounded, square);
    return V(exp)(V(set)(0) - square) * (V(set)(1) - error);
}

/* 2 / sqrt(pi) exp(-u^2) */
static inline VECTOR NAME(erf_slope)(VECTOR u)
{
    return NAME(bell)(u) * V(set)((REAL)1.1283791670955125739);
}

/* Phi(u) = erfc(-u / sqrt 2) / 2.  The rounding of u / sqrt 2 is carried: erfc's relative slope grows like u. */
static inline VECTOR NAME(normal)(VECTOR u)
{
    const VECTOR root = V(set)((REAL)0.70710678118654752440), rest = V(set)((REAL)ROOT_REST);
    VECTOR v = u * root, lost = V(fma)(u, rest, V(product_error)(u, root, v));
    VECTOR value = V(set)((REAL)0.5) * V(erfc)(V(set)(0) - v);
    return V(fma)(lost * V(set)((REAL)0.56418958354775628695), NAME(bell)(v), value);
}

/* Phi is that of a bounded u, for the limits at infinity: 0 times infinity is NaN. */
static inline VECTOR NAME(gelu)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)40 : (REAL)15;
    VECTOR above = V(max)(V(set)(-large), u);
    return above * NAME(normal)(V(min)(V(set)(large), above));
}

/* Phi(u) + u phi(u); both bounded before they are multiplied, for the limits at infinity. */
static inline VECTOR NAME(gelu_slope)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)40 : (REAL)15;
    VECTOR bounded = V(max)(V(set)(-large), V(min)(V(set)(large), u));
    VECTOR density = V(set)((REAL)0.39894228040143267794) * NAME(bell)(bounded * V(set)((REAL)0.70710678118654752440));
    return V(fma)(bounded, density, NAME(normal)(bounded));
}

static inline VECTOR NAME(sine)(VECTOR u)
{
    return V(sin)(u);
}

static inline VECTOR NAME(cosine)(VECTOR u)
{
    return V(cos)(u);
}

static inline VECTOR NAME(exponential)(VECTOR u)
{
    return V(exp)(u);
}

#define DEFINE_LOOP(LOOP, FUNCTION)                                                                       \
    static void NAME(LOOP)(void *results, const void *arguments, int64_t count)                           \
    {                                                                                                     \
        REAL *out = results;                                                                              \
        const REAL *u = arguments;                                                                        \
        int64_t i = 0;                                                                                    \
        for (; i + LANES <= count; i += LANES) V(store)(out + i, NAME(FUNCTION)(V(load)(u + i)));         \
        if (i < count) V(store_part)(out + i, NAME(FUNCTION)(V(load_part)(u + i, count - i)), count - i); \
    }

DEFINE_LOOP(erf_values, erf)
DEFINE_LOOP(erf_derivatives, erf_slope)
DEFINE_LOOP(gelu_values, gelu)
DEFINE_LOOP(gelu_derivatives, gelu_slope)
DEFINE_LOOP(sines, sine)
DEFINE_LOOP(cosines, cosine)
DEFINE_LOOP(exponentials, exponential)
#undef DEFINE_LOOP

#undef REAL
#undef V
#undef VECTOR
#undef LANES
#undef ROOT_REST
#undef NAME
