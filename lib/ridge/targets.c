#include "ridge/ridge.h"

void ntk_column_means(double *means, const ntk_matrix *y, bool wanted)
{
    for (int64_t c = 0; c < y->cols; c++) means[c] = 0;
    for (int64_t i = 0; wanted && i < y->rows; i++)
        for (int64_t c = 0; c < y->cols; c++) means[c] += ntk_get(ntk_row(y, i), y->dtype, c) / (double)y->rows;
}

void ntk_centred_rows(void *out, int64_t stride, int32_t dtype, const ntk_matrix *y, int64_t first, int64_t rows,
                      const double *means)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < y->cols; c++) {
            double value = ntk_get(ntk_row(y, first + i), y->dtype, c) - means[c];
            ntk_convert(ntk_at(out, dtype, i * stride + c), dtype, &value, NTK_F64, 1);
        }
}
