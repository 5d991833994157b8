/* Checks and conversions of the caller's views. */
#ifndef NTK_CORE_MATRIX_H
#define NTK_CORE_MATRIX_H

#include <ntk/matrix.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes of an element; dtype must be known. */
static inline int64_t ntk_dtype_size(int32_t dtype)
{
    return dtype == NTK_F64 ? 8 : 4;
}

/* Address of element index of an array. */
static inline void *ntk_at(const void *data, int32_t dtype, int64_t index)
{
    return (char *)(uintptr_t)data + index * ntk_dtype_size(dtype);
}

static inline void *ntk_row(const ntk_matrix *m, int64_t row)
{
    return ntk_at(m->data, m->dtype, row * m->stride);
}

/* count rows of m from first on. */
static inline ntk_matrix ntk_rows(const ntk_matrix *m, int64_t first, int64_t count)
{
    ntk_matrix view = *m;
    view.data = ntk_row(m, first);
    view.rows = count;
    return view;
}

/* Whether two views are the same numbers of the same memory. */
static inline bool ntk_is_same(const ntk_matrix *a, const ntk_matrix *b)
{
    return a->data == b->data && a->rows == b->rows && a->cols == b->cols && a->stride == b->stride && a->dtype == b->dtype;
}

static inline double ntk_get(const void *data, int32_t dtype, int64_t index)
{
    return dtype == NTK_F64 ? ((const double *)data)[index] : (double)((const float *)data)[index];
}

static inline void ntk_put(void *data, int32_t dtype, int64_t index, double value)
{
    if (dtype == NTK_F64)
        ((double *)data)[index] = value;
    else
        ((float *)data)[index] = (float)value;
}

/* Writes count numbers of dtype to row row of out, from column col on.  NTK_ERR_OVERFLOW naming out and the row if one of them is too
 * large for out's dtype, or none. */
ntk_status ntk_write_row(const ntk_matrix *out, int64_t row, int64_t col, const void *values, int32_t dtype, int64_t count,
                         const char *function, const char *name);

/* NTK_ERR_DTYPE unless dtype is NTK_F64 or NTK_F32, or, where that is allowed, 0. */
ntk_status ntk_dtype_check(int32_t dtype, int zero_allowed, const char *function, const char *name);

/* A view that can be read, or also written. */
ntk_status ntk_input_check(const ntk_matrix *m, const char *function, const char *name);
ntk_status ntk_output_check(const ntk_matrix *m, const char *function, const char *name);

/* rows x cols exactly; -1 stands for any. */
ntk_status ntk_shape_check(const ntk_matrix *m, int64_t rows, int64_t cols, const char *function, const char *name);

/* NTK_ERR_VALUE if the address ranges meet. */
ntk_status ntk_disjoint_check(const ntk_matrix *out, const char *out_name, const ntk_matrix *in, const char *in_name,
                              const char *function);

/* NTK_ERR_VALUE naming row and column of the first NaN or infinity. */
ntk_status ntk_finite_check(const ntk_matrix *m, const char *function, const char *name);

/* Whether count elements are finite. */
int ntk_is_finite(const void *data, int32_t dtype, int64_t count);

/* count elements from one type to another (or the same). */
void ntk_convert(void *to, int32_t to_dtype, const void *from, int32_t from_dtype, int64_t count);

/* All of from, converted, to rows of stride elements at to. */
void ntk_convert_matrix(void *to, int64_t stride, int32_t to_dtype, const ntk_matrix *from);

#endif
