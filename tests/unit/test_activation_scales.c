/* sigma(u) = scale s(frequency u + phase): what scale, frequency and phase do to values, moments and kernels of every kind. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

TEST_CONTEXT_FIXTURE(2)

enum { VARIANTS = 4 };
static const double scales[VARIANTS] = {0, 2.5, -0.75, 1}, frequencies[VARIANTS] = {0, 0.5, -1.5, 3},
                    phases[VARIANTS] = {0, 0.3, 2, -1};

static ntk_activation_options describe(int32_t kind, int variant)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    options.slope = kind == NTK_LEAKY_RELU ? 0.2 : 0;
    options.scale = scales[variant];
    options.frequency = frequencies[variant];
    options.phase = kind == NTK_SIN || kind == NTK_COS ? phases[variant] : 0;
    return options;
}

static ntk_activation *create(int32_t kind, const ntk_activation_options *options)
{
    ntk_activation *activation = NULL;
    CHECK_OK(ntk_activation_create(context, &activation, kind, options));
    return activation;
}

static long double or_one(double value)
{
    return value != 0 ? (long double)value : 1;
}

START_TEST(values_and_derivatives)
{
    uint64_t state = test_seed(141) + (uint64_t)_i;
    for (int variant = 0; variant < VARIANTS; variant++)
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
            ntk_activation_options options = describe(_i, variant);
            ntk_activation *activation = create(_i, &options);
            double *u = oracle_samples(3, 37, dtype, &state);
            test_array in = oracle_array(u, 3, 37, 1, dtype), value = test_array_make(3, 37, 0, dtype),
                       slope = test_array_make(3, 37, 2, dtype);
            long double a = or_one(options.scale), b = or_one(options.frequency),
                        roundoff = (long double)oracle_roundoff(dtype);
            CHECK_OK(ntk_activation_value(activation, &value.view, &in.view));
            CHECK_OK(ntk_activation_derivative(activation, &slope.view, &in.view));
            for (int64_t i = 0; i < 3 * 37; i++) {
                long double v = b * (long double)u[i] + (long double)options.phase;
                long double f = a * oracle_activation(_i, options.slope, v),
                            g = a * b * oracle_derivative(_i, options.slope, v);
                /* two roundings of the argument, times a slope that is at most that of exp; kinks stay where they are */
                long double size = (1 + fabsl(v)) * (_i == NTK_EXP ? expl(v) : 2),
                            bound = 8 * roundoff * fabsl(a) * (1 + fabsl(b)) * (1 + size);
                ck_assert_msg(fabsl((long double)test_get(&value.view, i / 37, i % 37) - f) <= bound &&
                                  fabsl((long double)test_get(&slope.view, i / 37, i % 37) - g) <= bound * (1 + fabsl(b)),
                              "%s, variant %d, at %g: %g and %g, not %Lg and %Lg", oracle_kind_name(_i), variant, u[i],
                              test_get(&value.view, i / 37, i % 37), test_get(&slope.view, i / 37, i % 37), f, g);
            }
            free(u);
            test_array_free(&in);
            test_array_free(&value);
            test_array_free(&slope);
            ntk_activation_destroy(activation);
        }
}
END_TEST

/* kappa(q) = a^2 kappa_s(b^2 q), and a factor b^2 for each derivative */
START_TEST(moments)
{
    for (int variant = 0; variant < VARIANTS; variant++) {
        ntk_activation_options options = describe(_i, variant), plain = options;
        plain.scale = plain.frequency = 0;
        ntk_activation *scaled = create(_i, &options), *base = create(_i, &plain);
        double a = (double)or_one(options.scale), b = (double)or_one(options.frequency);
        ntk_moments one = NTK_INIT(ntk_moments), two = NTK_INIT(ntk_moments);
        CHECK_OK(ntk_activation_moments(scaled, &one, 0.7, 1.3, -0.4));
        CHECK_OK(ntk_activation_moments(base, &two, b * b * 0.7, b * b * 1.3, b * b * -0.4));
        const double got[] = {one.kappa, one.kdot, one.dkappa_dq12, one.dkappa_dq11, one.dkdot_dq12, one.dkdot_dq11};
        const double want[] = {two.kappa, two.kdot, two.dkappa_dq12, two.dkappa_dq11, two.dkdot_dq12, two.dkdot_dq11};
        for (int i = 0; i < 6; i++) {
            double factor = a * a * (i == 0 ? 1 : i <= 3 ? b * b : b * b * b * b);
            ck_assert_msg(fabs(got[i] - factor * want[i]) <= 64 * DBL_EPSILON * fabs(factor) * (1 + fabs(want[i])),
                          "%s, variant %d, moment %d: %.17g, not %.17g", oracle_kind_name(_i), variant, i, got[i],
                          factor * want[i]);
        }
        ntk_activation_destroy(scaled);
        ntk_activation_destroy(base);
    }
}
END_TEST

/* a kernel is one of the plain activation with all scales of its layer times the frequency, and its output's times the scale */
START_TEST(infinite_kernels)
{
    uint64_t state = test_seed(142) + (uint64_t)_i;
    const int64_t n = 9, d = 5;
    double *x = oracle_samples(n, d, NTK_F64, &state);
    for (int64_t k = 0; k < d; k++) x[d + k] = x[k] * (1 + 1e-9 * oracle_normal(&state)), x[2 * d + k] = -x[k];
    test_array in = oracle_array(x, n, d, 0, NTK_F64);
    for (int variant = 0; variant < VARIANTS; variant++)
        for (int32_t part = 0; part < 6; part++) {
            ntk_activation_options options = describe(_i, variant), plain = options;
            ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
            ntk_kernel *scaled = NULL, *base = NULL;
            test_array one = test_array_make(n, n, 0, NTK_F64), two = test_array_make(n, n, 0, NTK_F64);
            plain.scale = plain.frequency = 0;
            ntk_activation *activation = create(_i, &options), *other = create(_i, &plain);
            o.part = part % 3;
            o.weight_scale = 0.8;
            o.bias_scale = part < 3 ? 0.3 : 0;
            o.parameterization = part < 3 ? NTK_PARAM_STANDARDISED : NTK_PARAM_LECTURE;
            CHECK_OK(ntk_kernel_create_infinite(context, &scaled, activation, &o));
            double b = fabs((double)or_one(options.frequency));
            o.weight_scale *= b;
            o.bias_scale *= b;
            o.output_weight_scale = fabs((double)or_one(options.scale));
            CHECK_OK(ntk_kernel_create_infinite(context, &base, other, &o));
            CHECK_OK(ntk_kernel_block(scaled, &one.view, &in.view, &in.view));
            CHECK_OK(ntk_kernel_block(base, &two.view, &in.view, &in.view));
            /* LECTURE's d / weight_scale^2 is of the weights alone, so its tangent part has b^2 more */
            double factor = part == 5 ? b * b : 1;
            for (int64_t i = 0; i < n * n && part != 3; i++) {
                double got = test_get(&one.view, i / n, i % n), want = factor * test_get(&two.view, i / n, i % n);
                double size = fabs(want) + factor * sqrt(test_get(&two.view, i / n, i / n) * test_get(&two.view, i % n, i % n));
                ck_assert_msg(fabs(got - want) <= 64 * DBL_EPSILON * size, "%s, variant %d, part %d: %.17g, not %.17g",
                              oracle_kind_name(_i), variant, (int)part, got, want);
            }
            ntk_kernel_destroy(scaled);
            ntk_kernel_destroy(base);
            ntk_activation_destroy(activation);
            ntk_activation_destroy(other);
            test_array_free(&one);
            test_array_free(&two);
        }
    test_array_free(&in);
    free(x);
}
END_TEST

/* finite kernels of many neurons approach them: 6 standard errors of a mean of N terms whose spread is of the kernel's size */
START_TEST(finite_kernels)
{
    enum { N = 40000 };
    uint64_t state = test_seed(143);
    const int64_t n = 5, d = 6;
    double *x = oracle_samples(n, d, NTK_F64, &state);
    test_array in = oracle_array(x, n, d, 0, NTK_F64), one = test_array_make(n, n, 0, NTK_F64),
               two = test_array_make(n, n, 0, NTK_F64);
    for (int32_t part = 0; part < 3; part++) {
        ntk_activation_options options = describe(_i, 1);
        ntk_activation *activation = create(_i, &options);
        ntk_network_options o = NTK_INIT(ntk_network_options);
        ntk_kernel_options k = NTK_INIT(ntk_kernel_options);
        ntk_network *network = NULL;
        ntk_features *features = NULL;
        ntk_kernel *finite = NULL, *infinite = NULL;
        o.inputs = d;
        o.hidden = N;
        k.part = part;
        CHECK_OK(ntk_network_create(context, &network, activation, &o));
        CHECK_OK(ntk_features_create(context, &features, network, part));
        CHECK_OK(ntk_kernel_create_finite(context, &finite, features));
        CHECK_OK(ntk_kernel_create_infinite(context, &infinite, activation, &k));
        CHECK_OK(ntk_kernel_block(finite, &one.view, &in.view, &in.view));
        CHECK_OK(ntk_kernel_block(infinite, &two.view, &in.view, &in.view));
        for (int64_t i = 0; i < n * n; i++) {
            double size = sqrt(test_get(&two.view, i / n, i / n) * test_get(&two.view, i % n, i % n));
            ck_assert(fabs(test_get(&one.view, i / n, i % n) - test_get(&two.view, i / n, i % n)) <= 6 * 4 * size / sqrt(N));
        }
        ntk_kernel_destroy(finite);
        ntk_kernel_destroy(infinite);
        ntk_features_destroy(features);
        ntk_network_destroy(network);
        ntk_activation_destroy(activation);
    }
    test_array_free(&in);
    test_array_free(&one);
    test_array_free(&two);
    free(x);
}
END_TEST

/* sqrt(2) sin(sqrt(2 g) u + pi / 4) has the Gaussian kernel, near and far */
START_TEST(gaussian_kernel)
{
    uint64_t state = test_seed(144);
    const int64_t n = 20, d = 7;
    const double g = 0.6;
    double *x = oracle_samples(n, d, NTK_F64, &state);
    for (int64_t k = 0; k < d; k++) x[d + k] = x[k] * (1 + 1e-8 * oracle_normal(&state));
    ntk_activation_options options = {
        .struct_size = sizeof options, .scale = sqrt(2.0), .frequency = sqrt(2 * g), .phase = 0.78539816339744830962};
    ntk_activation *activation = create(NTK_SIN, &options);
    ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
    ntk_kernel *kernel = NULL;
    test_array in = oracle_array(x, n, d, 0, NTK_F64), K = test_array_make(n, n, 0, NTK_F64);
    o.part = NTK_PART_RF;
    o.weight_scale = sqrt((double)d);
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, &o));
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &in.view, &in.view));
    for (int64_t i = 0; i < n * n; i++) {
        double distance = 0, size = 0;
        for (int64_t k = 0; k < d; k++) {
            double a = x[i / n * d + k], b = x[i % n * d + k];
            distance += (a - b) * (a - b);
            size += a * a + b * b;
        }
        double want = exp(-g * distance);
        /* the exponent's rounding is that of the lengths' squares */
        ck_assert_msg(fabs(test_get(&K.view, i / n, i % n) - want) <= 16 * DBL_EPSILON * (1 + g * size), "%.17g, not %.17g",
                      test_get(&K.view, i / n, i % n), want);
    }
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
    test_array_free(&in);
    test_array_free(&K);
    free(x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activation scales");
    TCase *tests = test_case(suite, "scales");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, values_and_derivatives, NTK_RELU, NTK_EXP + 1);
    tcase_add_loop_test(tests, moments, NTK_RELU, NTK_EXP + 1);
    tcase_add_loop_test(tests, infinite_kernels, NTK_RELU, NTK_EXP + 1);
    tcase_add_loop_test(tests, finite_kernels, NTK_RELU, NTK_COS + 1);
    tcase_add_test(tests, gaussian_kernel);
    return test_run(suite);
}
