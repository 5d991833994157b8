/* Borrowed views of the caller's arrays: how data cross the library's boundary. */
#ifndef NTK_MATRIX_H
#define NTK_MATRIX_H

#include <ntk/status.h>

NTK_BEGIN

/* Data types.  0 in an option means "that of the data". */
enum { NTK_F64 = 1, NTK_F32 = 2 };

/* Flags of a view. */
enum { NTK_READONLY = 1 };

/* A row-major matrix that the caller owns; a row is a sample.  Element (i, j) is data[i * stride + j].
 * data    aligned as its type asks; never NULL
 * rows, cols  at least 1
 * stride  elements from one row to the next, at least cols
 * dtype   NTK_F64 or NTK_F32
 * flags   NTK_READONLY, or 0
 * The library reads or writes the rows x cols elements during the call only (but see "borrow" where an option has it), and
 * never the gaps between rows.  A read-only view given as an output is refused, and so is an output whose address range
 * meets that of an input.  The layout is frozen. */
typedef struct ntk_matrix {
    void *data;
    int64_t rows;
    int64_t cols;
    int64_t stride;
    int32_t dtype;
    int32_t flags;
} ntk_matrix;

/* A view of contiguous rows, of any type and flags. */
static inline ntk_matrix ntk_matrix_view(const void *data, int64_t rows, int64_t cols, int32_t dtype, int32_t flags)
{
    ntk_matrix view;
    view.data = (void *)(uintptr_t)data;
    view.rows = rows;
    view.cols = cols;
    view.stride = cols;
    view.dtype = dtype;
    view.flags = flags;
    return view;
}

/* A view of a contiguous array in double precision.  For rows further apart, set stride afterwards. */
static inline ntk_matrix ntk_matrix_f64(double *data, int64_t rows, int64_t cols)
{
    return ntk_matrix_view(data, rows, cols, NTK_F64, 0);
}

/* The same in single precision. */
static inline ntk_matrix ntk_matrix_f32(float *data, int64_t rows, int64_t cols)
{
    return ntk_matrix_view(data, rows, cols, NTK_F32, 0);
}

/* A read-only view in double precision. */
static inline ntk_matrix ntk_matrix_const_f64(const double *data, int64_t rows, int64_t cols)
{
    return ntk_matrix_view(data, rows, cols, NTK_F64, NTK_READONLY);
}

/* A read-only view in single precision. */
static inline ntk_matrix ntk_matrix_const_f32(const float *data, int64_t rows, int64_t cols)
{
    return ntk_matrix_view(data, rows, cols, NTK_F32, NTK_READONLY);
}

NTK_END

#endif
