/* sigma'' of whole arrays, which has no public call: what gradients of finite tangent kernels take. */
#include "activation/activation.h"
#include "oracle.h"

#include <float.h>
#include <math.h>

static const int32_t dtypes[] = {NTK_F64, NTK_F32};
static const uint32_t masks[] = {NTK_CPU_AVX2 | NTK_CPU_AVX512, NTK_CPU_AVX512, 0};

TEST_CONTEXT_FIXTURE(1)

static double slope_of(int32_t kind)
{
    return kind == NTK_MONOMIAL || kind == NTK_HERMITE ? 4 : 0;
}

static double second_of(const ntk_activation *activation, uint32_t mask, int32_t dtype, double u)
{
    float single = (float)u;
    double value = u;
    void *at = dtype == NTK_F64 ? (void *)&value : (void *)&single;
    ntk_activation_evaluate(activation, ntk_cpu_best(mask), dtype, 2, at, at, 1);
    return dtype == NTK_F64 ? value : (double)single;
}

/* Products of functions of an ulp or two, among them a bell, whose argument's rounding is carried, but for that of GELU's u /
 * sqrt 2; 2 - u^2 and 2 - u tanh(u / 2) cancel, and the sums of polynomials, so that the sizes of their terms count. */
static void compare(const ntk_activation *activation, int32_t kind, uint32_t mask, int32_t dtype, double u)
{
    if (dtype == NTK_F32) u = (double)(float)u;
    long double want = oracle_second(kind, slope_of(kind), (long double)u), wide = (long double)u, size = fabsl(want);
    long double grain = dtype == NTK_F32 ? (long double)FLT_MIN : (long double)DBL_MIN;
    if (kind == NTK_GELU) size = (2 + wide * wide) * (1 + wide * wide / 2) * expl(-wide * wide / 2);
    if (kind == NTK_SILU) size = (2 + fabsl(wide)) * fabsl(oracle_derivative(NTK_SIGMOID, 0, wide));
    if (kind == NTK_HERMITE) size = 6 * (1 + wide * wide);
    double got = second_of(activation, mask, dtype, u);
    ck_assert_msg(fabsl((long double)got - want) <= 12 * (long double)oracle_roundoff(dtype) * size + grain,
                  "%s''(%.17g) is %.17g, not %.21Lg (f%d, mask %u)", oracle_kind_name(kind), u, got, want,
                  dtype == NTK_F64 ? 64 : 32, mask);
}

START_TEST(against_the_oracle)
{
    uint64_t state = test_seed(181) + (uint64_t)_i;
    ntk_activation *activation = oracle_activation_create(context, _i, slope_of(_i));
    for (int m = 0; m < 3; m++)
        for (int k = 0; k < 2; k++) {
            for (double u = -12; u <= 12; u += 0.125) compare(activation, _i, masks[m], dtypes[k], u);
            for (int i = 0; i < 2000; i++) compare(activation, _i, masks[m], dtypes[k], 4 * oracle_normal(&state));
            for (int e = -30; e <= 2; e++) compare(activation, _i, masks[m], dtypes[k], ldexp(1 + oracle_uniform(&state), e));
        }
    ntk_activation_destroy(activation);
}
END_TEST

/* Bells and their like vanish at infinity, and NaN stays NaN, of all kinds. */
START_TEST(limits)
{
    const double ends[] = {INFINITY, -INFINITY};
    ntk_activation *activation = oracle_activation_create(context, _i, slope_of(_i));
    bool vanishes = _i <= NTK_GELU || _i >= NTK_TANH;
    for (int m = 0; m < 3; m++)
        for (int k = 0; k < 2; k++) {
            for (int e = 0; vanishes && e < 2; e++)
                ck_assert(fabs(second_of(activation, masks[m], dtypes[k], ends[e])) <= FLT_MIN);
            ck_assert(isnan(second_of(activation, masks[m], dtypes[k], NAN)));
        }
    ntk_activation_destroy(activation);
}
END_TEST

/* sigma(u) = scale s(frequency u + shift): the second derivative has frequency^2, of f'' as of all else. */
START_TEST(scaled_and_shifted)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *activation;
    options.scale = 1.5;
    options.frequency = _i == NTK_ERF ? -0.75 : 0.75;
    options.shift = 0.5;
    options.offset = 7;
    options.degree = _i == NTK_MONOMIAL || _i == NTK_HERMITE ? 4 : 0;
    options.phase = 0;
    CHECK_OK(ntk_activation_create(context, &activation, _i, &options));
    for (double u = -3; u <= 3; u += 0.25) {
        double z = options.frequency * u + options.shift;
        long double want = 1.5L * 0.5625L * oracle_second(_i, slope_of(_i), (long double)z);
        double got = second_of(activation, 0, NTK_F64, u);
        ck_assert_msg(fabsl((long double)got - want) <= 0x1p-48L * (1 + fabsl(want)), "%s''(%g) is %.17g, not %.17Lg",
                      oracle_kind_name(_i), u, got, want);
    }
    ntk_activation_destroy(activation);
}
END_TEST

/* Polynomials of degrees that have no second derivative but 0, and one. */
START_TEST(low_degrees)
{
    for (int32_t kind = NTK_MONOMIAL; kind <= NTK_HERMITE; kind++)
        for (int degree = 1; degree <= 3; degree++) {
            ntk_activation *activation = oracle_activation_create(context, kind, degree);
            for (double u = -2; u <= 2; u += 0.5) {
                long double want = oracle_second(kind, degree, (long double)u);
                ck_assert(fabsl((long double)second_of(activation, 0, NTK_F64, u) - want) <= 0x1p-48L * (1 + fabsl(want)));
            }
            ntk_activation_destroy(activation);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("second derivatives");
    TCase *tests = test_case(suite, "activations");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, against_the_oracle, NTK_RELU, NTK_SILU + 1);
    tcase_add_loop_test(tests, limits, NTK_RELU, NTK_SILU + 1);
    tcase_add_loop_test(tests, scaled_and_shifted, NTK_ERF, NTK_SILU + 1);
    tcase_add_test(tests, low_degrees);
    return test_run(suite);
}
