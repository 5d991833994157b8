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

static void NAME(erf_values)(void *results, const void *arguments, int64_t count)
{
    REAL *out = results;
    const REAL *u = arguments;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) V(store)(out + i, V(erf)(V(load)(u + i)));
    if (i < count) V(store_part)(out + i, V(erf)(V(load_part)(u + i, count - i)), count - i);
}

/* 2/sqrt(pi) exp(-u^2): the rounding error of u^2 would be multiplied by u^2, so it is carried.  Beyond LARGE the value is
 * 0, and u^2 must not overflow. */
static inline VECTOR NAME(erf_slope)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)28 : (REAL)11;
    /* in this order of operands a NaN stays */
    VECTOR bounded = V(max)(V(set)(-large), V(min)(V(set)(large), u));
    VECTOR square = bounded * bounded, error = V(square_error)(bounded, square);
    return V(exp)(V(set)(0) - square) * (V(set)(1) - error) * V(set)((REAL)1.1283791670955125739);
}

static void NAME(erf_derivatives)(void *results, const void *arguments, int64_t count)
{
    REAL *out = results;
    const REAL *u = arguments;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) V(store)(out + i, NAME(erf_slope)(V(load)(u + i)));
    if (i < count) V(store_part)(out + i, NAME(erf_slope)(V(load_part)(u + i, count - i)), count - i);
}

#undef REAL
#undef V
#undef VECTOR
#undef LANES
#undef NAME
