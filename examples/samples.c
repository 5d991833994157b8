#include "samples.h"

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

/* SplitMix64, Fisher and Yates. */
void samples_shuffle(int64_t *order, int64_t n, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        int64_t j = (int64_t)((z ^ (z >> 31)) % (uint64_t)(i + 1)), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
