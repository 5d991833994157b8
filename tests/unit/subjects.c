#include "subjects.h"

#include <math.h>
#include <stdlib.h>

ntk_activation *subject_activation(ntk_context *context, const subject *s, double accuracy)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *activation = NULL;
    options.degree = s->degree;
    options.shift = s->shift;
    options.offset = s->offset;
    options.scale = s->scale;
    options.frequency = s->frequency;
    options.accuracy = accuracy;
    CHECK_OK(ntk_activation_create(context, &activation, s->kind, &options));
    return activation;
}

ntk_kernel *subject_kernel(ntk_context *context, const ntk_activation *activation, const ntk_kernel_options *options)
{
    ntk_kernel *kernel = NULL;
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, options));
    return kernel;
}

ntk_kernel_options subject_scales(int32_t part)
{
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = part;
    options.weight_scale = 0.9;
    options.bias_scale = 0.25;
    options.output_weight_scale = 1.25;
    options.output_bias_scale = 0.5;
    return options;
}

double *subject_samples(int64_t n, int64_t inputs, double longest, bool varied, int32_t dtype, uint64_t *state)
{
    double *x = oracle_samples(n, inputs, dtype, state), *third = x + 2 * inputs;
    for (int64_t i = 0; i < n; i++) {
        double square = 0, *row = x + i * inputs;
        for (int64_t k = 0; k < inputs; k++) square += row[k] * row[k];
        double length = longest * (varied && i > 0 ? oracle_uniform(state) : 1);
        double factor = length * sqrt((double)inputs / square);
        for (int64_t k = 0; k < inputs; k++) {
            row[k] *= i == 5 && varied ? 0 : factor;
            if (i == 3) row[k] = third[k];
            if (i == 4) row[k] = -third[k];
            if (i == 6) row[k] = third[k] * (1 + 1e-7 * (double)k);
            if (i == 7 && varied) row[k] = third[k] / 2;
            if (dtype == NTK_F32) row[k] = (double)(float)row[k];
        }
    }
    return x;
}

double subject_product(const double *x, const double *y, int64_t inputs)
{
    double sum = 0;
    for (int64_t k = 0; k < inputs; k++) sum += x[k] * y[k];
    return sum / (double)inputs;
}

double subject_recursion(const ntk_activation *activation, const ntk_kernel_options *o, int64_t inputs, const double *x,
                         const double *y)
{
    double S[3] = {subject_product(x, x, inputs), subject_product(y, y, inputs), subject_product(x, y, inputs)}, T = 0;
    for (int64_t l = 0; l <= o->layers; l++) {
        ntk_moments m[3] = {NTK_INIT(ntk_moments), NTK_INIT(ntk_moments), NTK_INIT(ntk_moments)};
        double w = l < o->layers ? o->weight_scales[l] : o->output_weight_scale, kdot = 1;
        double b = l < o->layers ? o->bias_scales[l] : o->output_bias_scale;
        if (l > 0) {
            double r = sqrt(S[0]) * sqrt(S[1]);
            CHECK_OK(ntk_activation_moments(activation, &m[0], S[0], S[0], S[0]));
            CHECK_OK(ntk_activation_moments(activation, &m[1], S[1], S[1], S[1]));
            CHECK_OK(ntk_activation_moments(activation, &m[2], S[0], S[1], fmax(-r, fmin(r, S[2]))));
            for (int i = 0; i < 3; i++) S[i] = m[i].kappa;
            kdot = m[2].kdot;
        }
        for (int i = 0; i < 3; i++) S[i] = w * w * S[i] + b * b;
        bool trained = o->part == NTK_PART_BOTH || (o->part == NTK_PART_RF) == (l == o->layers);
        T = (trained ? o->layer_rates[l] : 0) * S[2] + w * w * T * kdot;
    }
    return T;
}

static void check_sizes(const ntk_kernel *kernel, test_memory *memory, const int64_t sizes[2], int64_t inputs, const double *x)
{
    ntk_matrix x1 = ntk_matrix_const_f64(x, sizes[0], inputs), x2 = ntk_matrix_const_f64(x, sizes[1], inputs);
    test_array K = test_array_make(sizes[0], sizes[1], 0, NTK_F64);
    uint64_t bytes = 0;
    CHECK_OK(ntk_kernel_memory(kernel, &bytes, sizes[0], sizes[1], inputs, NTK_F64));
    test_memory_reset(memory, 0);
    int64_t before = memory->bytes;
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1, &x2));
    ck_assert_msg((uint64_t)(memory->peak - before) <= bytes, "announced %llu, held %lld", (unsigned long long)bytes,
                  (long long)(memory->peak - before));
    test_array_free(&K);
}

void subject_check_memory(const subject *s, const ntk_kernel_options *options, int64_t inputs, const int64_t (*sizes)[2],
                          size_t count, uint64_t seed)
{
    test_memory memory = {0};
    ntk_context *counted = test_context(2, &memory);
    ntk_activation *activation = subject_activation(counted, s, 0);
    ntk_kernel *kernel = subject_kernel(counted, activation, options);
    uint64_t state = seed;
    int64_t most = 8;
    for (size_t c = 0; c < 2 * count; c++) most = sizes[c / 2][c % 2] > most ? sizes[c / 2][c % 2] : most;
    double *x = subject_samples(most, inputs, s->longest, true, NTK_F64, &state);
    for (size_t c = 0; c < count; c++) check_sizes(kernel, &memory, sizes[c], inputs, x);
    free(x);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
    ntk_context_destroy(counted);
}
