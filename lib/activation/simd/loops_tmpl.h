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

/* -2 u erf'(u); u is bounded before it is multiplied, for the limits at infinity. */
static inline VECTOR NAME(erf_bend)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)28 : (REAL)11;
    VECTOR bounded = V(max)(V(set)(-large), V(min)(V(set)(large), u));
    return V(set)(-2) * bounded * NAME(erf_slope)(bounded);
}

/* (2 - u^2) phi(u) */
static inline VECTOR NAME(gelu_bend)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)40 : (REAL)15;
    VECTOR bounded = V(max)(V(set)(-large), V(min)(V(set)(large), u));
    VECTOR density = V(set)((REAL)0.39894228040143267794) * NAME(bell)(bounded * V(set)((REAL)0.70710678118654752440));
    return (V(set)(2) - bounded * bounded) * density;
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

/* exp(-|u|): the logistic family is stable at both ends in it. */
static inline VECTOR NAME(decay)(VECTOR u)
{
    return V(exp)(V(set)(0) - V(abs)(u));
}

static inline VECTOR NAME(hyperbolic)(VECTOR u)
{
    return V(tanh)(u);
}

/* p = 1 / (1 + exp(-u)) */
static inline VECTOR NAME(logistic)(VECTOR u)
{
    VECTOR e = NAME(decay)(u), one = V(set)(1);
    return V(select)(V(less)(u, V(set)(0)), e, one) / (one + e);
}

/* p (1 - p) */
static inline VECTOR NAME(logistic_slope)(VECTOR u)
{
    VECTOR e = NAME(decay)(u), sum = V(set)(1) + e;
    return e / (sum * sum);
}

/* p (1 - p) (1 - 2 p), in which 1 - 2 p = -tanh(u / 2) */
static inline VECTOR NAME(logistic_bend)(VECTOR u)
{
    return NAME(logistic_slope)(u) * V(tanh)(V(set)((REAL)-0.5) * u);
}

/* 1 - tanh(u)^2 = 4 p (1 - p) at 2 u */
static inline VECTOR NAME(hyperbolic_slope)(VECTOR u)
{
    return V(set)(4) * NAME(logistic_slope)(u + u);
}

static inline VECTOR NAME(hyperbolic_bend)(VECTOR u)
{
    return V(set)(-2) * NAME(hyperbolic)(u) * NAME(hyperbolic_slope)(u);
}

static inline VECTOR NAME(softplus)(VECTOR u)
{
    return V(max)(V(set)(0), u) + V(log1p)(NAME(decay)(u));
}

/* Bounded below, since 0 times infinity is NaN. */
static inline VECTOR NAME(silu)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)800 : (REAL)120;
    VECTOR above = V(max)(V(set)(-large), u);
    return above * NAME(logistic)(above);
}

/* p + u p (1 - p) */
static inline VECTOR NAME(silu_slope)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)800 : (REAL)120;
    VECTOR bounded = V(max)(V(set)(-large), V(min)(V(set)(large), u));
    return V(fma)(bounded, NAME(logistic_slope)(bounded), NAME(logistic)(bounded));
}

/* p (1 - p) (2 - u tanh(u / 2)) */
static inline VECTOR NAME(silu_bend)(VECTOR u)
{
    const REAL large = sizeof(REAL) == 8 ? (REAL)800 : (REAL)120;
    VECTOR bounded = V(max)(V(set)(-large), V(min)(V(set)(large), u));
    VECTOR factor = V(fma)(bounded, V(tanh)(V(set)((REAL)-0.5) * bounded), V(set)(2));
    return factor * NAME(logistic_slope)(bounded);
}

/* u^degree, by squaring */
static inline VECTOR NAME(power)(VECTOR u, int32_t degree)
{
    VECTOR result = V(set)(1), square = u;
    for (; degree; degree >>= 1, square = square * square)
        if (degree & 1) result = result * square;
    return result;
}

/* h_(k + 1) = (u h_k - sqrt(k) h_(k - 1)) / sqrt(k + 1).  The subtrahend is kept finite, since infinity - infinity is NaN. */
static inline VECTOR NAME(orthonormal)(VECTOR u, int32_t degree)
{
    const VECTOR most = V(set)(sizeof(REAL) == 8 ? (REAL)1e300 : (REAL)1e37), least = V(set)(0) - most;
    VECTOR last = V(set)(0), now = V(set)(1);
    for (int32_t k = 0; k < degree; k++) {
        VECTOR root = V(sqrt)(V(set)((REAL)k)), above = V(sqrt)(V(set)((REAL)(k + 1)));
        VECTOR next = (u * now - root * V(max)(least, V(min)(most, last))) / above;
        last = now;
        now = next;
    }
    return now;
}

#define DEFINE_POLYNOMIAL(LOOP, FUNCTION)                                                                             \
    static void NAME(LOOP)(void *results, const void *arguments, int64_t count, int32_t degree, double factor)        \
    {                                                                                                                 \
        REAL *out = results;                                                                                          \
        const REAL *u = arguments;                                                                                    \
        const VECTOR c = V(set)((REAL)factor);                                                                        \
        int64_t i = 0;                                                                                                \
        for (; i + LANES <= count; i += LANES) V(store)(out + i, c * NAME(FUNCTION)(V(load)(u + i), degree));         \
        if (i < count) V(store_part)(out + i, c * NAME(FUNCTION)(V(load_part)(u + i, count - i), degree), count - i); \
    }

DEFINE_POLYNOMIAL(monomials, power)
DEFINE_POLYNOMIAL(hermites, orthonormal)
#undef DEFINE_POLYNOMIAL

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
DEFINE_LOOP(tanh_values, hyperbolic)
DEFINE_LOOP(tanh_derivatives, hyperbolic_slope)
DEFINE_LOOP(sigmoid_values, logistic)
DEFINE_LOOP(sigmoid_derivatives, logistic_slope)
DEFINE_LOOP(softplus_values, softplus)
DEFINE_LOOP(silu_values, silu)
DEFINE_LOOP(silu_derivatives, silu_slope)
DEFINE_LOOP(erf_seconds, erf_bend)
DEFINE_LOOP(gelu_seconds, gelu_bend)
DEFINE_LOOP(tanh_seconds, hyperbolic_bend)
DEFINE_LOOP(sigmoid_seconds, logistic_bend)
DEFINE_LOOP(silu_seconds, silu_bend)
#undef DEFINE_LOOP

#undef REAL
#undef V
#undef VECTOR
#undef LANES
#undef ROOT_REST
#undef NAME
