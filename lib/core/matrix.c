#include "core/matrix.h"

#include "core/memory.h"
#include "core/status.h"

#include <string.h>

_Static_assert(sizeof(ntk_matrix) == sizeof(void *) + 32 && offsetof(ntk_matrix, rows) == sizeof(void *) &&
                   offsetof(ntk_matrix, cols) == sizeof(void *) + 8 && offsetof(ntk_matrix, stride) == sizeof(void *) + 16 &&
                   offsetof(ntk_matrix, dtype) == sizeof(void *) + 24 && offsetof(ntk_matrix, flags) == sizeof(void *) + 28,
               "the layout of ntk_matrix is frozen");

ntk_status ntk_dtype_check(int32_t dtype, int zero_allowed, const char *function, const char *name)
{
    if (dtype == NTK_F64 || dtype == NTK_F32 || (zero_allowed && dtype == 0)) return NTK_OK;
    return ntk_fail(NTK_ERR_DTYPE, "%s: %s is %d, expected NTK_F64 or NTK_F32", function, name, dtype);
}

/* Bytes from the first element to behind the last. */
static ntk_status extent(const ntk_matrix *m, uint64_t *bytes)
{
    int64_t elements;
    if (__builtin_mul_overflow(m->rows - 1, m->stride, &elements) || __builtin_add_overflow(elements, m->cols, &elements))
        return NTK_ERR_OVERFLOW;
    if (ntk_size_multiply(bytes, elements, ntk_dtype_size(m->dtype)) < 0 || *bytes > UINTPTR_MAX - (uintptr_t)m->data)
        return NTK_ERR_OVERFLOW;
    return NTK_OK;
}

ntk_status ntk_input_check(const ntk_matrix *m, const char *function, const char *name)
{
    uint64_t bytes;
    if (!m) return ntk_fail(NTK_ERR_NULL, "%s: %s is NULL", function, name);
    if (!m->data) return ntk_fail(NTK_ERR_NULL, "%s: %s.data is NULL", function, name);
    if (m->dtype != NTK_F64 && m->dtype != NTK_F32)
        return ntk_fail(NTK_ERR_DTYPE, "%s: %s.dtype is %d, expected NTK_F64 or NTK_F32", function, name, m->dtype);
    if (m->flags & ~NTK_READONLY)
        return ntk_fail(NTK_ERR_VALUE, "%s: %s.flags is %d, which has unknown bits", function, name, m->flags);
    if (m->rows < 1 || m->cols < 1)
        return ntk_fail(NTK_ERR_SHAPE, "%s: %s is %lld x %lld, expected at least one row and one column", function, name,
                        (long long)m->rows, (long long)m->cols);
    if (m->stride < m->cols)
        return ntk_fail(NTK_ERR_SHAPE, "%s: %s.stride is %lld, expected at least its %lld columns", function, name,
                        (long long)m->stride, (long long)m->cols);
    if (extent(m, &bytes) < 0)
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %s, %lld rows with a stride of %lld, is more than can be addressed", function,
                        name, (long long)m->rows, (long long)m->stride);
    if ((uintptr_t)m->data % (uintptr_t)ntk_dtype_size(m->dtype))
        return ntk_fail(NTK_ERR_VALUE, "%s: %s.data is not aligned to its type", function, name);
    return NTK_OK;
}

ntk_status ntk_output_check(const ntk_matrix *m, const char *function, const char *name)
{
    NTK_TRY(ntk_input_check(m, function, name));
    if (m->flags & NTK_READONLY) return ntk_fail(NTK_ERR_VALUE, "%s: the output %s is read-only", function, name);
    return NTK_OK;
}

ntk_status ntk_shape_check(const ntk_matrix *m, int64_t rows, int64_t cols, const char *function, const char *name)
{
    if (rows >= 0 && m->rows != rows)
        return ntk_fail(NTK_ERR_SHAPE, "%s: %s has %lld rows, expected %lld", function, name, (long long)m->rows,
                        (long long)rows);
    if (cols >= 0 && m->cols != cols)
        return ntk_fail(NTK_ERR_SHAPE, "%s: %s has %lld columns, expected %lld", function, name, (long long)m->cols,
                        (long long)cols);
    return NTK_OK;
}

ntk_status ntk_disjoint_check(const ntk_matrix *out, const char *out_name, const ntk_matrix *in, const char *in_name,
                              const char *function)
{
    uint64_t out_bytes, in_bytes;
    if (extent(out, &out_bytes) < 0 || extent(in, &in_bytes) < 0)
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: a view is more than can be addressed", function);
    uintptr_t a = (uintptr_t)out->data, b = (uintptr_t)in->data;
    if (a < b + in_bytes && b < a + out_bytes)
        return ntk_fail(NTK_ERR_VALUE, "%s: the output %s overlaps %s", function, out_name, in_name);
    return NTK_OK;
}

/* By the exponent bits, so that the loops are vectorised. */
static int finite_f64(const double *x, int64_t count)
{
    const uint64_t exponent = UINT64_C(0x7ff0000000000000);
    uint64_t bad = 0;
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bad |= (bits & exponent) == exponent;
    }
    return !bad;
}

static int finite_f32(const float *x, int64_t count)
{
    const uint32_t exponent = UINT32_C(0x7f800000);
    uint32_t bad = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bad |= (bits & exponent) == exponent;
    }
    return !bad;
}

int ntk_is_finite(const void *data, int32_t dtype, int64_t count)
{
    return dtype == NTK_F64 ? finite_f64(data, count) : finite_f32(data, count);
}

ntk_status ntk_finite_check(const ntk_matrix *m, const char *function, const char *name)
{
    for (int64_t i = 0; i < m->rows; i++) {
        const void *row = ntk_row(m, i);
        if (ntk_is_finite(row, m->dtype, m->cols)) continue;
        int64_t j = 0;
        while (ntk_is_finite(ntk_at(row, m->dtype, j), m->dtype, 1)) j++;
        return ntk_fail(NTK_ERR_VALUE, "%s: %s holds %g in row %lld, column %lld (counted from 0)", function, name,
                        ntk_get(row, m->dtype, j), (long long)i, (long long)j);
    }
    return NTK_OK;
}

void ntk_convert(void *to, int32_t to_dtype, const void *from, int32_t from_dtype, int64_t count)
{
    if (to_dtype == from_dtype) {
        memcpy(to, from, (size_t)(count * ntk_dtype_size(to_dtype)));
    } else if (to_dtype == NTK_F64) {
        double *out = to;
        const float *in = from;
        for (int64_t i = 0; i < count; i++) out[i] = (double)in[i];
    } else {
        float *out = to;
        const double *in = from;
        for (int64_t i = 0; i < count; i++) out[i] = (float)in[i];
    }
}

void ntk_convert_matrix(void *to, int64_t stride, int32_t to_dtype, const ntk_matrix *from)
{
    for (int64_t i = 0; i < from->rows; i++)
        ntk_convert(ntk_at(to, to_dtype, i * stride), to_dtype, ntk_row(from, i), from->dtype, from->cols);
}

ntk_status ntk_write_row(const ntk_matrix *out, int64_t row, int64_t col, const void *values, int32_t dtype, int64_t count,
                         const char *function, const char *name)
{
    void *to = ntk_at(ntk_row(out, row), out->dtype, col);
    ntk_convert(to, out->dtype, values, dtype, count);
    if (ntk_is_finite(to, out->dtype, count)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: %s overflows in row %lld (counted from 0)", function, name, (long long)row);
}
