/* Included once for each precision by rows.c. */

static REAL NAME(dot)(const REAL *a, const REAL *b, int64_t d)
{
    VECTOR sum = V(set)(0);
    int64_t k = 0;
    for (; k + LANES <= d; k += LANES) sum = V(fma)(V(load)(a + k), V(load)(b + k), sum);
    if (k < d) sum = V(fma)(V(load_part)(a + k, d - k), V(load_part)(b + k, d - k), sum);
    return V(sum)(sum);
}

/* The same sums as dot's, of TOGETHER rows. */
static void NAME(dots)(REAL *out, const REAL *x, int64_t ld, int64_t d, const REAL *w)
{
    VECTOR sum[TOGETHER];
    int64_t k = 0;
    for (int r = 0; r < TOGETHER; r++) sum[r] = V(set)(0);
    for (; k + LANES <= d; k += LANES) {
        VECTOR b = V(load)(w + k);
        for (int r = 0; r < TOGETHER; r++) sum[r] = V(fma)(V(load)(x + r * ld + k), b, sum[r]);
    }
    for (int r = 0; r < TOGETHER; r++) {
        if (k < d) sum[r] = V(fma)(V(load_part)(x + r * ld + k, d - k), V(load_part)(w + k, d - k), sum[r]);
        out[r] = V(sum)(sum[r]);
    }
}

static void NAME(outputs)(void *out, const void *x, int64_t ld, int64_t rows, int64_t d, const void *w)
{
    REAL *to = out;
    const REAL *from = x;
    int64_t i = 0;
    for (; i + TOGETHER <= rows; i += TOGETHER) NAME(dots)(to + i, from + i * ld, ld, d, w);
    for (; i < rows; i++) to[i] = NAME(dot)(from + i * ld, w, d);
}

static void NAME(add)(REAL *g, const REAL *const x[TOGETHER], const REAL factors[TOGETHER], int64_t d)
{
    VECTOR by[TOGETHER];
    int64_t k = 0;
    for (int r = 0; r < TOGETHER; r++) by[r] = V(set)(factors[r]);
    for (; k + LANES <= d; k += LANES) {
        VECTOR sum = V(load)(g + k);
        for (int r = 0; r < TOGETHER; r++) sum = V(fma)(by[r], V(load)(x[r] + k), sum);
        V(store)(g + k, sum);
    }
    if (k == d) return;
    VECTOR sum = V(load_part)(g + k, d - k);
    for (int r = 0; r < TOGETHER; r++) sum = V(fma)(by[r], V(load_part)(x[r] + k, d - k), sum);
    V(store_part)(g + k, sum, d - k);
}

static void NAME(combine)(void *g, const void *x, int64_t ld, int64_t rows, int64_t d, const void *factors)
{
    const REAL *taken[TOGETHER], *factor = factors;
    REAL by[TOGETHER];
    int count = 0;
    for (int64_t i = 0; i < rows; i++) {
        if (factor[i] == 0) continue;
        taken[count] = (const REAL *)x + i * ld;
        by[count++] = factor[i];
        if (count < TOGETHER) continue;
        NAME(add)(g, taken, by, d);
        count = 0;
    }
    if (count == 0) return;
    for (int r = count; r < TOGETHER; r++) {
        taken[r] = taken[0];
        by[r] = 0;
    }
    NAME(add)(g, taken, by, d);
}

static void NAME(weigh)(void *out, double factor, const void *w, const void *by, int64_t d)
{
    const VECTOR scale = V(set)((REAL)factor);
    const REAL *a = w, *b = by;
    REAL *to = out;
    int64_t k = 0;
    for (; k + LANES <= d; k += LANES) V(store)(to + k, scale * V(load)(a + k) * V(load)(b + k));
    if (k < d) V(store_part)(to + k, scale * V(load_part)(a + k, d - k) * V(load_part)(b + k, d - k), d - k);
}

#undef REAL
#undef V
#undef VECTOR
#undef LANES
#undef NAME
