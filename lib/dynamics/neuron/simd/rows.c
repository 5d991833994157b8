#include "dynamics/neuron/simd/rows.h"

#include "core/vector.h"

/* Rows that one pass over w, or g, takes. */
enum { TOGETHER = 4 };

static double dot(const double *a, const double *b, int64_t d)
{
    v64 sum = v64_set(0);
    int64_t k = 0;
    for (; k + V64_LANES <= d; k += V64_LANES) sum = v64_fma(v64_load(a + k), v64_load(b + k), sum);
    if (k < d) sum = v64_fma(v64_load_part(a + k, d - k), v64_load_part(b + k, d - k), sum);
    return v64_sum(sum);
}

/* The same sums as dot's, of TOGETHER rows. */
static void dots(double *out, const double *x, int64_t ld, int64_t d, const double *w)
{
    v64 sum[TOGETHER];
    int64_t k = 0;
    for (int r = 0; r < TOGETHER; r++) sum[r] = v64_set(0);
    for (; k + V64_LANES <= d; k += V64_LANES) {
        v64 b = v64_load(w + k);
        for (int r = 0; r < TOGETHER; r++) sum[r] = v64_fma(v64_load(x + r * ld + k), b, sum[r]);
    }
    for (int r = 0; r < TOGETHER; r++) {
        if (k < d) sum[r] = v64_fma(v64_load_part(x + r * ld + k, d - k), v64_load_part(w + k, d - k), sum[r]);
        out[r] = v64_sum(sum[r]);
    }
}

static void outputs(double *out, const double *x, int64_t ld, int64_t rows, int64_t d, const double *w)
{
    int64_t i = 0;
    for (; i + TOGETHER <= rows; i += TOGETHER) dots(out + i, x + i * ld, ld, d, w);
    for (; i < rows; i++) out[i] = dot(x + i * ld, w, d);
}

static void add(double *g, const double *const x[TOGETHER], const double factors[TOGETHER], int64_t d)
{
    v64 by[TOGETHER];
    int64_t k = 0;
    for (int r = 0; r < TOGETHER; r++) by[r] = v64_set(factors[r]);
    for (; k + V64_LANES <= d; k += V64_LANES) {
        v64 sum = v64_load(g + k);
        for (int r = 0; r < TOGETHER; r++) sum = v64_fma(by[r], v64_load(x[r] + k), sum);
        v64_store(g + k, sum);
    }
    if (k == d) return;
    v64 sum = v64_load_part(g + k, d - k);
    for (int r = 0; r < TOGETHER; r++) sum = v64_fma(by[r], v64_load_part(x[r] + k, d - k), sum);
    v64_store_part(g + k, sum, d - k);
}

static void combine(double *g, const double *x, int64_t ld, int64_t rows, int64_t d, const double *factors)
{
    const double *taken[TOGETHER];
    double by[TOGETHER];
    int count = 0;
    for (int64_t i = 0; i < rows; i++) {
        if (factors[i] == 0) continue;
        taken[count] = x + i * ld;
        by[count++] = factors[i];
        if (count < TOGETHER) continue;
        add(g, taken, by, d);
        count = 0;
    }
    if (count == 0) return;
    for (int r = count; r < TOGETHER; r++) {
        taken[r] = taken[0];
        by[r] = 0;
    }
    add(g, taken, by, d);
}

const ntk_row_loops NTK_ISA_NAME(ntk_row_loops)[1] = {{outputs, combine}};
