#include "scales.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

scales_data scales_data_make(int64_t rows, int64_t cols, int64_t inputs, uint64_t seed)
{
    scales_data made = {.rows = rows, .cols = cols, .inputs = inputs};
    made.x = oracle_samples(rows, inputs, NTK_F32, &seed);
    made.y = oracle_samples(cols, inputs, NTK_F32, &seed);
    made.w = oracle_samples(rows, cols, NTK_F64, &seed);
    return made;
}

void scales_data_free(scales_data *data)
{
    free(data->x);
    free(data->y);
    free(data->w);
}

void scales_data_stretch(scales_data *data, int x, int y)
{
    for (int64_t k = 0; k < data->rows * data->inputs; k++) data->x[k] = ldexp(data->x[k], x);
    for (int64_t k = 0; k < data->cols * data->inputs; k++) data->y[k] = ldexp(data->y[k], y);
}

void scales_gradient(double *g, const scales_kernel *kernel, const scales_data *data, int64_t first, int64_t rows,
                     int32_t dtype)
{
    int64_t count = 0;
    ntk_kernel *made = kernel->make(kernel->self, kernel->scales);
    CHECK_OK(ntk_kernel_scales(made, &count));
    ck_assert_int_eq(count, kernel->count);
    test_array x = oracle_array(data->x + first * data->inputs, rows, data->inputs, 2, dtype),
               y = oracle_array(data->y, data->cols, data->inputs, 0, dtype),
               w = oracle_array(data->w + first * data->cols, rows, data->cols, 1, NTK_F64),
               out = test_array_make(count, 1, 1, dtype);
    CHECK_OK(ntk_kernel_scale_gradient(made, &out.view, &x.view, &y.view, &w.view));
    ck_assert(test_array_is_contained(&out));
    for (int64_t s = 0; s < count; s++) g[s] = test_get(&out.view, s, 0);
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&w);
    test_array_free(&out);
    ntk_kernel_destroy(made);
}

/* sum_ij w_ij K(x_i, y_j), and *size with absolute values */
static double weighted(const scales_kernel *kernel, const double *scales, const scales_data *data, double *size)
{
    ntk_kernel *made = kernel->make(kernel->self, scales);
    test_array x = oracle_array(data->x, data->rows, data->inputs, 0, NTK_F64),
               y = oracle_array(data->y, data->cols, data->inputs, 0, NTK_F64),
               K = test_array_make(data->rows, data->cols, 0, NTK_F64);
    double sum = 0;
    CHECK_OK(ntk_kernel_block(made, &K.view, &x.view, &y.view));
    *size = 0;
    for (int64_t i = 0; i < data->rows * data->cols; i++) {
        double term = data->w[i] * test_get(&K.view, i / data->cols, i % data->cols);
        sum += term;
        *size += fabs(term);
    }
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&K);
    ntk_kernel_destroy(made);
    return sum;
}

/* Of nine points; *away is what that of seven of them differs by. */
static double difference(const scales_kernel *kernel, int64_t s, const scales_data *data, double h, double *away)
{
    static const double nine[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280}, seven[] = {3.0 / 4, -3.0 / 20, 1.0 / 60, 0};
    double scales[SCALES_MOST], sum = 0, other = 0, size;
    memcpy(scales, kernel->scales, sizeof scales);
    for (int k = 1; k <= 4; k++) {
        scales[s] = kernel->scales[s] + k * h;
        double slope = weighted(kernel, scales, data, &size);
        scales[s] = kernel->scales[s] - k * h;
        slope -= weighted(kernel, scales, data, &size);
        sum += nine[k - 1] * slope;
        other += seven[k - 1] * slope;
    }
    *away = fabs(sum - other) / h;
    return sum / h;
}

void scales_compare(const scales_kernel *kernel, const scales_data *data, double h, double noise, const double units[2])
{
    double g[2][SCALES_MOST], size, away;
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) scales_gradient(g[dtype - 1], kernel, data, 0, data->rows, dtype);
    weighted(kernel, kernel->scales, data, &size);
    for (int64_t s = 0; s < kernel->count; s++) {
        double want = difference(kernel, s, data, h, &away);
        for (int d = 0; d < 2; d++) {
            double bound = away + noise * size / h + units[d] * (size + fabs(want));
            ck_assert_msg(fabs(g[d][s] - want) <= bound, "%s, dtype %d: g[%d] is %.15g, not %.15g (%.2g > %.2g)", kernel->name,
                          d + 1, (int)s, g[d][s], want, fabs(g[d][s] - want), bound);
        }
    }
}

static test_array block_of(const ntk_kernel *kernel, const scales_data *data)
{
    test_array x = oracle_array(data->x, data->rows, data->inputs, 0, NTK_F64),
               y = oracle_array(data->y, data->cols, data->inputs, 0, NTK_F64),
               K = test_array_make(data->rows, data->cols, 0, NTK_F64);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.view, &y.view));
    test_array_free(&x);
    test_array_free(&y);
    return K;
}

/* made, which it destroys, with these values for scales, is other, which it destroys too. */
static void compare_scaled(ntk_context *context, const scales_kernel *kernel, ntk_kernel *made, ntk_kernel *other,
                           const ntk_matrix *values, const scales_data *data)
{
    ntk_kernel *scaled;
    CHECK_OK(ntk_kernel_create_scaled(context, &scaled, made, values));
    test_array got = block_of(scaled, data), right = block_of(other, data);
    ck_assert_msg(test_same_bits(&got.view, &right.view), "%s: another kernel", kernel->name);
    test_array_free(&got);
    test_array_free(&right);
    ntk_kernel_destroy(scaled);
    ntk_kernel_destroy(made);
    ntk_kernel_destroy(other);
}

void scales_check_values(const scales_kernel *kernel, const scales_data *data)
{
    double scales[SCALES_MOST];
    ntk_context *context = test_context(1, NULL);
    ntk_kernel *made = kernel->make(kernel->self, kernel->scales);
    test_array values = test_array_make(kernel->count, 1, 1, NTK_F64);
    CHECK_OK(ntk_kernel_scale_values(made, &values.view));
    ck_assert(test_array_is_written(&values));
    for (int64_t s = 0; s < kernel->count; s++) {
        double got = test_get(&values.view, s, 0), want = kernel->scales[s];
        ck_assert_msg(fabs(got - want) <= 4 * 0x1p-53 * fabs(want), "%s: scale %d is %.17g, not %.17g", kernel->name, (int)s,
                      got, want);
    }
    compare_scaled(context, kernel, made, kernel->make(kernel->self, kernel->scales), &values.view, data);
    for (int64_t s = 0; s < kernel->count; s++) {
        scales[s] = kernel->scales[s] * (1 + 0.125 * (double)(s % 3));
        test_set(&values.view, s, 0, scales[s]);
    }
    made = kernel->make(kernel->self, kernel->scales);
    compare_scaled(context, kernel, made, kernel->make(kernel->self, scales), &values.view, data);
    test_array_free(&values);
    ntk_context_destroy(context);
}

void scales_compare_halves(const scales_kernel *kernel, const scales_data *data, int32_t dtype, const double *right,
                           double unit)
{
    double parts[2][SCALES_MOST], size = 0;
    int64_t half = data->rows / 2;
    scales_gradient(parts[0], kernel, data, 0, half, dtype);
    scales_gradient(parts[1], kernel, data, half, data->rows - half, dtype);
    for (int64_t s = 0; s < kernel->count; s++) size = fmax(size, fabs(right[s]));
    for (int64_t s = 0; s < kernel->count; s++) {
        double sum = parts[0][s] + parts[1][s];
        ck_assert_msg(fabs(sum - right[s]) <= unit * size, "%s, dtype %d: g[%d] is %.9g, not %.9g (of %.3g)", kernel->name,
                      (int)dtype, (int)s, sum, right[s], size);
    }
}
