#include "network/elements.h"

#include <math.h>
#include <ntk/matrix.h>

/* Eight partial sums let a compiler use vectors without a licence to reorder; they are double for both types, so that the
 * length of a long sample is right in single precision too. */
#define DEFINE_ELEMENTS(NAME, REAL)                                                               \
    static void scale_##NAME(REAL *out, REAL factor, const REAL *from, int64_t count)             \
    {                                                                                             \
        for (int64_t k = 0; k < count; k++) out[k] = factor * from[k];                            \
    }                                                                                             \
    static void add_scaled_##NAME(REAL *out, REAL factor, const REAL *from, int64_t count)        \
    {                                                                                             \
        for (int64_t k = 0; k < count; k++) out[k] += factor * from[k];                           \
    }                                                                                             \
    static void multiply_##NAME(REAL *out, const REAL *by, int64_t count)                         \
    {                                                                                             \
        for (int64_t k = 0; k < count; k++) out[k] *= by[k];                                      \
    }                                                                                             \
    static double dot_##NAME(const REAL *a, const REAL *b, int64_t count)                         \
    {                                                                                             \
        double sum[8] = {0, 0, 0, 0, 0, 0, 0, 0};                                                 \
        int64_t k = 0;                                                                            \
        for (; k + 8 <= count; k += 8)                                                            \
            for (int l = 0; l < 8; l++) sum[l] += (double)a[k + l] * (double)b[k + l];            \
        for (; k < count; k++) sum[k % 8] += (double)a[k] * (double)b[k];                         \
        return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7])); \
    }

DEFINE_ELEMENTS(f64, double)
DEFINE_ELEMENTS(f32, float)

void ntk_scale(int32_t dtype, void *out, double factor, const void *from, int64_t count)
{
    if (dtype == NTK_F64)
        scale_f64(out, factor, from, count);
    else
        scale_f32(out, (float)factor, from, count);
}

void ntk_add_scaled(int32_t dtype, void *out, double factor, const void *from, int64_t count)
{
    if (dtype == NTK_F64)
        add_scaled_f64(out, factor, from, count);
    else
        add_scaled_f32(out, (float)factor, from, count);
}

void ntk_multiply(int32_t dtype, void *out, const void *by, int64_t count)
{
    if (dtype == NTK_F64)
        multiply_f64(out, by, count);
    else
        multiply_f32(out, by, count);
}

double ntk_dot(int32_t dtype, const void *a, const void *b, int64_t count)
{
    return dtype == NTK_F64 ? dot_f64(a, b, count) : dot_f32(a, b, count);
}

/* --- vectors --- */

double ntk_vector_norm(const double *v, int64_t count)
{
    return sqrt(ntk_dot(NTK_F64, v, v, count));
}

void ntk_vector_add(double *y, double factor, const double *x, int64_t count)
{
    for (int64_t k = 0; k < count; k++) y[k] += factor * x[k];
}

double ntk_vector_normalise(double *v, int64_t count)
{
    double norm = ntk_vector_norm(v, count);
    if (!(norm > 0 && isfinite(1 / norm))) return 0;
    for (int64_t k = 0; k < count; k++) v[k] /= norm;
    return norm;
}

int64_t ntk_vector_room(int64_t count)
{
    return (count + 7) / 8 * 8;
}
