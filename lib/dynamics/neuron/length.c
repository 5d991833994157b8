#include "dynamics/neuron/length.h"

#include "core/matrix.h"

#include <math.h>

double ntk_column_at(const ntk_matrix *column, int64_t i)
{
    return ntk_get(column->data, column->dtype, i * column->stride);
}

/* By the exponent of the largest number, whose powers of two round nothing. */
double ntk_column_length(const ntk_matrix *column)
{
    double largest = 0, sum = 0;
    int exponent;
    for (int64_t i = 0; i < column->rows; i++) {
        double size = fabs(ntk_column_at(column, i));
        if (!(size <= largest)) largest = size;
    }
    if (!(largest > 0) || !isfinite(largest)) return largest;
    frexp(largest, &exponent);
    for (int64_t i = 0; i < column->rows; i++) {
        double part = ldexp(ntk_column_at(column, i), -exponent);
        sum += part * part;
    }
    return ldexp(sqrt(sum), exponent);
}

double ntk_length(const double *a, int64_t count)
{
    const ntk_matrix column = ntk_matrix_const_f64(a, count, 1);
    return ntk_column_length(&column);
}
