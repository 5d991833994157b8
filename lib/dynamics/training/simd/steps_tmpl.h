/* Included once for each precision by steps.c. */

/* A vector of an array's elements from i on; at the end of a stretch, those that are left. */
static inline VECTOR NAME(take)(const void *array, int64_t i, int64_t left)
{
    const REAL *from = (const REAL *)array + i;
    return left < LANES ? V(load_part)(from, left) : V(load)(from);
}

static inline void NAME(put)(void *array, int64_t i, int64_t left, VECTOR value)
{
    REAL *to = (REAL *)array + i;
    if (left < LANES)
        V(store_part)(to, value, left);
    else
        V(store)(to, value);
}

static void NAME(descend)(const ntk_step *step, int64_t first, int64_t count)
{
    const VECTOR back = V(set)((REAL)-step->eta);
    for (int64_t end = first + count, i = first; i < end; i += LANES)
        NAME(put)(step->q, i, end - i, V(fma)(back, NAME(take)(step->g, i, end - i), NAME(take)(step->q, i, end - i)));
}

static void NAME(trial)(const ntk_step *step, int64_t first, int64_t count)
{
    const VECTOR back = V(set)((REAL)-step->eta);
    for (int64_t end = first + count, i = first; i < end; i += LANES)
        NAME(put)(step->ahead, i, end - i, V(fma)(back, NAME(take)(step->g, i, end - i), NAME(take)(step->q, i, end - i)));
}

static void NAME(momentum)(const ntk_step *step, int64_t first, int64_t count)
{
    const VECTOR back = V(set)((REAL)-step->eta), mu = V(set)((REAL)step->mu);
    for (int64_t end = first + count, i = first; i < end; i += LANES) {
        VECTOR v = V(fma)(back, NAME(take)(step->g, i, end - i), mu * NAME(take)(step->velocity, i, end - i));
        NAME(put)(step->velocity, i, end - i, v);
        NAME(put)(step->q, i, end - i, NAME(take)(step->q, i, end - i) + v);
    }
}

static void NAME(nesterov)(const ntk_step *step, int64_t first, int64_t count)
{
    const VECTOR back = V(set)((REAL)-step->eta), mu = V(set)((REAL)step->mu);
    for (int64_t end = first + count, i = first; i < end; i += LANES) {
        VECTOR next = V(fma)(back, NAME(take)(step->g, i, end - i), NAME(take)(step->ahead, i, end - i));
        VECTOR moved = next - NAME(take)(step->q, i, end - i);
        NAME(put)(step->ahead, i, end - i, V(fma)(mu, moved, next));
        NAME(put)(step->q, i, end - i, next);
    }
}

static inline void NAME(divide)(const ntk_step *step, int64_t i, int64_t left, VECTOR along, VECTOR squares, VECTOR scale)
{
    VECTOR length = V(fma)(V(sqrt)(squares), scale, V(set)((REAL)step->epsilon));
    NAME(put)(step->squares, i, left, squares);
    NAME(put)(step->q, i, left, NAME(take)(step->q, i, left) - along / length);
}

static void NAME(adagrad)(const ntk_step *step, int64_t first, int64_t count)
{
    const VECTOR eta = V(set)((REAL)step->eta);
    for (int64_t end = first + count, i = first; i < end; i += LANES) {
        VECTOR g = NAME(take)(step->g, i, end - i);
        NAME(divide)(step, i, end - i, eta * g, V(fma)(g, g, NAME(take)(step->squares, i, end - i)), V(set)(1));
    }
}

/* rho s + (1 - rho) g^2 */
static inline VECTOR NAME(mean_square)(const ntk_step *step, int64_t i, int64_t left, VECTOR g)
{
    VECTOR old = V(set)((REAL)step->rho) * NAME(take)(step->squares, i, left);
    return V(fma)(V(set)((REAL)(1 - step->rho)) * g, g, old);
}

static void NAME(rmsprop)(const ntk_step *step, int64_t first, int64_t count)
{
    const VECTOR eta = V(set)((REAL)step->eta);
    for (int64_t end = first + count, i = first; i < end; i += LANES) {
        VECTOR g = NAME(take)(step->g, i, end - i);
        NAME(divide)(step, i, end - i, eta * g, NAME(mean_square)(step, i, end - i, g), V(set)(1));
    }
}

static void NAME(adam)(const ntk_step *step, int64_t first, int64_t count)
{
    const VECTOR mu = V(set)((REAL)step->mu), rest = V(set)((REAL)(1 - step->mu));
    const VECTOR ahead = V(set)((REAL)step->velocity_scale), scale = V(set)((REAL)step->square_scale);
    for (int64_t end = first + count, i = first; i < end; i += LANES) {
        VECTOR g = NAME(take)(step->g, i, end - i);
        VECTOR v = V(fma)(rest, g, mu * NAME(take)(step->velocity, i, end - i));
        NAME(put)(step->velocity, i, end - i, v);
        NAME(divide)(step, i, end - i, ahead * v, NAME(mean_square)(step, i, end - i, g), scale);
    }
}

/* --- sums: eight partial ones let a compiler use vectors without a licence to reorder --- */

static double NAME(total)(const double sum[8])
{
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

static double NAME(norm)(const REAL *g, int64_t count)
{
    double sum[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    int64_t k = 0;
    for (; k + 8 <= count; k += 8)
        for (int l = 0; l < 8; l++) sum[l] += (double)g[k + l] * (double)g[k + l];
    for (; k < count; k++) sum[k % 8] += (double)g[k] * (double)g[k];
    return NAME(total)(sum);
}

static double NAME(change)(const REAL *p, const REAL *g, int64_t count)
{
    double sum[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    for (int64_t k = 0; k < count; k++) sum[k % 8] += (double)p[k] * ((double)p[k] - (double)g[k]);
    return NAME(total)(sum);
}

/* g += decay (q + sign base), and the sum of the brackets' squares. */
static double NAME(decay)(REAL *g, const REAL *q, const REAL *base, REAL sign, REAL decay, int64_t count)
{
    double sum[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    for (int64_t k = 0; k < count; k++) {
        REAL from = base ? q[k] + sign * base[k] : q[k];
        g[k] += decay * from;
        sum[k % 8] += (double)from * (double)from;
    }
    return NAME(total)(sum);
}

static void NAME(gather)(void *g, const void *q, const void *base, double sign, double decay, const void *previous,
                         int64_t first, int64_t count, double sums[NTK_SUMS])
{
    REAL *own = (REAL *)g + first;
    const REAL *point = (const REAL *)q + first, *centre = base ? (const REAL *)base + first : NULL;
    sums[NTK_SUM_SPREAD] = decay != 0 ? NAME(decay)(own, point, centre, (REAL)sign, (REAL)decay, count) : 0;
    sums[NTK_SUM_NORM] = NAME(norm)(own, count);
    sums[NTK_SUM_CHANGE] = previous ? NAME(change)((const REAL *)previous + first, own, count) : 0;
}

/* Numbers that are still in the first cache when they are read again. */
enum { NAME(PIECE) = 1024 };

static void NAME(exchange)(void *g, const void *q, const void *base, double sign, double decay, double eta, int64_t first,
                           int64_t count, double sums[NTK_SUMS])
{
    const VECTOR back = V(set)((REAL)-eta);
    double piece[NTK_SUMS];
    for (int s = 0; s < NTK_SUMS; s++) sums[s] = 0;
    for (int64_t end = first + count; first < end; first += NAME(PIECE)) {
        int64_t last = end - first < NAME(PIECE) ? end : first + NAME(PIECE);
        NAME(gather)(g, q, base, sign, decay, NULL, first, last - first, piece);
        for (int s = 0; s < NTK_SUMS; s++) sums[s] += piece[s];
        for (int64_t i = first; i < last; i += LANES)
            NAME(put)(g, i, last - i, V(fma)(back, NAME(take)(g, i, last - i), NAME(take)(q, i, last - i)));
    }
}

#undef REAL
#undef V
#undef VECTOR
#undef LANES
#undef NAME
