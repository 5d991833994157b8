#include "features/coefficients.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"

/* Rows of the NT block: N d, or 0. */
static int64_t nt_rows(const ntk_features *features)
{
    return features->size - (ntk_features_has(features, NTK_PART_RF) ? features->weights->hidden : 0);
}

ntk_status ntk_coefficients_create(ntk_context *context, ntk_coefficients *b, const ntk_features *features, int32_t dtype,
                                   int64_t targets)
{
    int64_t rows = nt_rows(features);
    uint64_t row;
    *b = (ntk_coefficients){.dtype = dtype, .targets = targets};
    NTK_TRY(ntk_size_multiply(&row, targets, ntk_dtype_size(dtype)));
    if (rows) NTK_TRY(ntk_allocate(context, &b->nt, rows, (int64_t)row, "a copy of the coefficients"));
    if (rows < features->size)
        NTK_TRY(ntk_allocate(context, &b->rf, features->size - rows, (int64_t)row, "a copy of the coefficients"));
    return NTK_OK;
}

ntk_status ntk_coefficients_open(ntk_context *context, ntk_coefficients *b, const ntk_features *features, int32_t dtype,
                                 const ntk_matrix *matrix)
{
    int64_t rows = nt_rows(features);
    if (matrix->cols > 1 || matrix->stride > 1 || matrix->dtype != dtype)
        return ntk_coefficients_create(context, b, features, dtype, matrix->cols);
    *b = (ntk_coefficients){.dtype = dtype, .targets = 1, .borrowed = true};
    b->nt = rows ? matrix->data : NULL;
    b->rf = rows < features->size ? ntk_at(matrix->data, dtype, rows) : NULL;
    return NTK_OK;
}

void ntk_coefficients_close(ntk_context *context, ntk_coefficients *b)
{
    if (b->borrowed) return;
    ntk_free(context, b->nt);
    ntk_free(context, b->rf);
}

/* to[i * to_stride] = from[i * from_stride], converted */
#define DEFINE_COPY(NAME, TO, FROM)                                                                   \
    static void NAME(TO *to, int64_t to_stride, const FROM *from, int64_t from_stride, int64_t count) \
    {                                                                                                 \
        for (int64_t i = 0; i < count; i++) to[i * to_stride] = (TO)from[i * from_stride];            \
    }

DEFINE_COPY(copy_64_64, double, double)
DEFINE_COPY(copy_64_32, double, float)
DEFINE_COPY(copy_32_64, float, double)
DEFINE_COPY(copy_32_32, float, float)

static void copy(void *to, int64_t to_stride, int32_t to_dtype, const void *from, int64_t from_stride, int32_t from_dtype,
                 int64_t count)
{
    if (to_dtype == NTK_F64 && from_dtype == NTK_F64)
        copy_64_64(to, to_stride, from, from_stride, count);
    else if (to_dtype == NTK_F64)
        copy_64_32(to, to_stride, from, from_stride, count);
    else if (from_dtype == NTK_F64)
        copy_32_64(to, to_stride, from, from_stride, count);
    else
        copy_32_32(to, to_stride, from, from_stride, count);
}

ntk_status ntk_coefficients_gather(const ntk_coefficients *b, const ntk_features *features, const ntk_matrix *from)
{
    if (b->borrowed) return NTK_OK;
    int64_t rows = nt_rows(features);
    for (int64_t t = 0; t < b->targets; t++) {
        if (b->nt)
            copy(ntk_at(b->nt, b->dtype, t * rows), 1, b->dtype, ntk_at(from->data, from->dtype, t), from->stride, from->dtype,
                 rows);
        if (b->rf)
            copy(ntk_at(b->rf, b->dtype, t), b->targets, b->dtype, ntk_at(from->data, from->dtype, rows * from->stride + t),
                 from->stride, from->dtype, features->size - rows);
    }
    if (ntk_coefficients_finite(b, features)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW,
                    "ntk_features_multiply: b holds a number too large for single precision, the output's type");
}

void ntk_coefficients_scatter(const ntk_coefficients *b, const ntk_features *features, const ntk_matrix *to)
{
    if (b->borrowed) return;
    int64_t rows = nt_rows(features);
    for (int64_t t = 0; t < b->targets; t++) {
        if (b->nt)
            copy(ntk_at(to->data, to->dtype, t), to->stride, to->dtype, ntk_at(b->nt, b->dtype, t * rows), 1, b->dtype, rows);
        if (b->rf)
            copy(ntk_at(to->data, to->dtype, rows * to->stride + t), to->stride, to->dtype, ntk_at(b->rf, b->dtype, t),
                 b->targets, b->dtype, features->size - rows);
    }
}

bool ntk_coefficients_finite(const ntk_coefficients *b, const ntk_features *features)
{
    int64_t rows = nt_rows(features);
    return ntk_is_finite(b->nt, b->dtype, rows * b->targets) &&
           ntk_is_finite(b->rf, b->dtype, (features->size - rows) * b->targets);
}
