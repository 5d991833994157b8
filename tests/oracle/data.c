/* Random data, and views of it in either precision. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

double oracle_uniform(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return ((double)((z ^ (z >> 31)) >> 12) + 0.5) / 4503599627370496.0;
}

double oracle_normal(uint64_t *state)
{
    double u = oracle_uniform(state);
    double v = oracle_uniform(state);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

int64_t oracle_integer(uint64_t *state, int64_t bound)
{
    return (int64_t)(oracle_uniform(state) * (double)bound);
}

void *oracle_memory(int64_t count, size_t size)
{
    void *memory = calloc((size_t)count, size);
    ck_assert_msg(memory != NULL, "the test's own memory");
    return memory;
}

double *oracle_samples(int64_t n, int64_t d, int32_t dtype, uint64_t *state)
{
    double *x = oracle_memory(n * d, sizeof *x);
    for (int64_t i = 0; i < n * d; i++) {
        double value = oracle_normal(state);
        x[i] = dtype == NTK_F32 ? (double)(float)value : value;
    }
    return x;
}

double oracle_roundoff(int32_t dtype)
{
    return dtype == NTK_F32 ? 0x1p-24 : 0x1p-53;
}

test_array oracle_array(const double *values, int64_t rows, int64_t cols, int64_t gap, int32_t dtype)
{
    test_array array = test_array_make(rows, cols, gap, dtype);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < cols; j++) test_set(&array.view, i, j, values[i * cols + j]);
    }
    array.view.flags = NTK_READONLY;
    return array;
}
