#include "samples.h"

#include "splitmix.h"

#include <math.h>

void samples_split(const csv_table *table, int64_t target, double *x, double *y)
{
    int64_t d = table->cols - 1;
    for (int64_t i = 0; i < table->rows; i++)
        for (int64_t j = 0; j < table->cols; j++) {
            double value = table->values[i * table->cols + j];
            if (j == target)
                y[i] = value;
            else
                x[i * d + j - (j > target)] = value;
        }
}

/* Fisher and Yates. */
void samples_shuffle(int64_t *order, int64_t n, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)(splitmix_next(&seed) % (uint64_t)(i + 1)), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

void samples_standardise(double *values, int64_t n, int64_t stride)
{
    double mean = 0, square = 0, size = 0;
    for (int64_t i = 0; i < n; i++) {
        mean += values[i * stride] / (double)n;
        size = fmax(size, fabs(values[i * stride]));
    }
    for (int64_t i = 0; i < n; i++) square += pow(values[i * stride] - mean, 2) / (double)n;
    double scale = sqrt(square) > 1e-12 * size ? 1 / sqrt(square) : 0;
    for (int64_t i = 0; i < n; i++) values[i * stride] = (values[i * stride] - mean) * scale;
}
