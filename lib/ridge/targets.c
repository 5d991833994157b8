#include "core/status.h"
#include "ridge/ridge.h"

/* Elements that are passed over between two chances to stop. */
enum { ELEMENTS_PER_ADVANCE = 1 << 18 };

/* Rows of so many elements after which to ask. */
static int64_t rows_per_advance(int64_t cols)
{
    return ELEMENTS_PER_ADVANCE / cols + 1;
}

ntk_status ntk_column_means(double *means, const ntk_matrix *y, bool wanted, const ntk_lane *lane)
{
    int64_t every = rows_per_advance(y->cols);
    for (int64_t c = 0; c < y->cols; c++) means[c] = 0;
    for (int64_t i = 0; wanted && i < y->rows; i++) {
        for (int64_t c = 0; c < y->cols; c++) means[c] += ntk_get(ntk_row(y, i), y->dtype, c) / (double)y->rows;
        if ((i + 1) % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_centred_rows(void *out, int64_t stride, int32_t dtype, const ntk_matrix *y, int64_t first, int64_t rows,
                            const double *means, const ntk_lane *lane)
{
    int64_t every = rows_per_advance(y->cols);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < y->cols; c++) {
            double value = ntk_get(ntk_row(y, first + i), y->dtype, c) - means[c];
            ntk_convert(ntk_at(out, dtype, i * stride + c), dtype, &value, NTK_F64, 1);
        }
        if ((i + 1) % every == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_ridge_shift(const ntk_symmetric *A, double lambda, const char *function)
{
    for (int64_t i = 0; i < A->n; i++) {
        ntk_symmetric_add(A, i, lambda);
        double entry = ntk_symmetric_diagonal(A, i);
        if (!ntk_is_finite(&entry, NTK_F64, 1))
            return ntk_fail(NTK_ERR_OVERFLOW,
                            "%s: lambda is %g, and with it diagonal entry %lld is too large for the fit's type", function,
                            lambda, (long long)i);
    }
    return NTK_OK;
}
