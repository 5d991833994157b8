/* Values and derivatives against the C library, moments against quadrature and differences. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static const int32_t kinds[] = {NTK_RELU, NTK_LEAKY_RELU, NTK_ABS, NTK_STEP, NTK_SIGN,    NTK_IDENTITY, NTK_ERF, NTK_GELU,
                                NTK_SIN,  NTK_COS,        NTK_EXP, NTK_TANH, NTK_SIGMOID, NTK_SOFTPLUS, NTK_SILU};
enum { KINDS = sizeof kinds / sizeof *kinds };
static const int32_t dtypes[] = {NTK_F64, NTK_F32};

static ntk_context *context_without(uint32_t cpu_disable)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context = NULL;
    options.cpu_disable = cpu_disable;
    options.threads = 1;
    CHECK_OK(ntk_context_create(&context, &options));
    return context;
}

/* --- values and derivatives --- */

/* sigma(u): exact but for leaky ReLU (one product, and in f32 a rounded slope), the functions of 1.5 ulp at most (counted
 * from the
 * rounded reference), and GELU, a product of such.  sigma'(u) = 2/sqrt(pi) exp(-u^2): the rounding of u^2 is multiplied by u^2;
 * GELU's is a sum of Phi(u) and u phi(u), which cancel. */
static void compare_pointwise(int32_t kind, double slope, int32_t dtype, double u, double value, double derivative)
{
    long double v = oracle_activation(kind, slope, (long double)u);
    long double g = oracle_derivative(kind, slope, (long double)u);
    long double ulp = 2 * (long double)oracle_roundoff(dtype), wide = (long double)u;
    long double grain = dtype == NTK_F32 ? (long double)FLT_TRUE_MIN : (long double)DBL_TRUE_MIN;
    long double most = dtype == NTK_F32 ? (long double)FLT_MAX : (long double)DBL_MAX;
    long double loose_value = kind >= NTK_ERF ? 2 : kind == NTK_LEAKY_RELU ? (dtype == NTK_F32 ? 1.5L : 0.5L) : 0;
    long double loose_slope = kind == NTK_ERF ? 4 + wide * wide : kind >= NTK_GELU ? 2 : kind == NTK_LEAKY_RELU ? 0.5L : 0;
    long double slope_size = fabsl(g);
    if (kind == NTK_GELU) {
        loose_value = 4;
        loose_slope = 4;
        slope_size = 1 / (1 + expl(-wide)) + fabsl(g) + fabsl(wide) * expl(-wide * wide / 2) * (1 + wide * wide / 2);
        if (wide < -1) slope_size = (4 + wide * wide) * fabsl(g);
        if (wide < -1) loose_value = 4 + wide * wide / 2;
    }
    if (kind >= NTK_TANH) { /* a few functions of an ulp each; SiLU's slope is a sum that cancels */
        loose_value = 4;
        loose_slope = 6;
        if (kind == NTK_SILU)
            slope_size = fabsl(g) + 1 / (1 + expl(-wide)) + fabsl(oracle_derivative(NTK_SIGMOID, 0, wide) * wide);
    }
    if (kind == NTK_EXP && v > most) {
        ck_assert(isinf(value) && isinf(derivative));
        return;
    }
    ck_assert_msg(fabsl((long double)value - v) <= loose_value * ulp * fabsl(v) + (loose_value > 0 ? grain : 0),
                  "%s(%.17g) is %.17g, not %.21Lg", oracle_kind_name(kind), u, value, v);
    ck_assert_msg(fabsl((long double)derivative - g) <= loose_slope * ulp * slope_size + (loose_slope > 0 ? 2 * grain : 0),
                  "%s'(%.17g) is %.17g, not %.21Lg", oracle_kind_name(kind), u, derivative, g);
}

static void evaluate(const ntk_activation *activation, int32_t kind, double slope, const double *u, int64_t rows, int64_t cols,
                     int64_t gap, int32_t dtype)
{
    test_array in = oracle_array(u, rows, cols, gap, dtype);
    test_array value = test_array_make(rows, cols, gap + 1, dtype);
    test_array derivative = test_array_make(rows, cols, gap, dtype);
    CHECK_OK(ntk_activation_value(activation, &value.view, &in.view));
    CHECK_OK(ntk_activation_derivative(activation, &derivative.view, &in.view));
    ck_assert(test_array_is_written(&value) && test_array_is_written(&derivative));
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < cols; j++)
            compare_pointwise(kind, slope, dtype, test_get(&in.view, i, j), test_get(&value.view, i, j),
                              test_get(&derivative.view, i, j));
    }
    test_array_free(&in);
    test_array_free(&value);
    test_array_free(&derivative);
}

/* every length of a vector's tail, on every instruction set */
START_TEST(tails_on_every_instruction_set)
{
    uint64_t state = test_seed(11);
    ntk_context *context = context_without((uint32_t)_i);
    for (int k = 0; k < KINDS; k++) {
        double slope = kinds[k] == NTK_LEAKY_RELU ? -0.3 : 0;
        ntk_activation *activation = oracle_activation_create(context, kinds[k], slope);
        for (int64_t n = 1; n <= 70; n++) {
            for (int t = 0; t < 2; t++) {
                double *u = oracle_samples(2, n, dtypes[t], &state);
                evaluate(activation, kinds[k], slope, u, 2, n, n % 3, dtypes[t]);
                free(u);
            }
        }
        ntk_activation_destroy(activation);
    }
    ntk_context_destroy(context);
}
END_TEST

/* magnitudes from denormal to the largest, both signs: where erf is linear, curved, flat, and its derivative underflows */
START_TEST(all_magnitudes)
{
    uint64_t state = test_seed(12);
    ntk_context *context = context_without((uint32_t)_i);
    for (int t = 0; t < 2; t++) {
        enum { COUNT = 4000 };
        static double u[COUNT];
        for (int i = 0; i < COUNT; i++) {
            double exponent =
                i % 2 ? 4 * oracle_uniform(&state) - 1 : (dtypes[t] == NTK_F32 ? 75 : 600) * oracle_uniform(&state) - 37;
            u[i] = (i % 4 < 2 ? 1 : -1) * (i % 2 ? exponent : pow(10, exponent > 0 ? -exponent / 2 : exponent));
            if (i % 8 == 0) u[i] = (dtypes[t] == NTK_F32 ? (double)FLT_MAX : DBL_MAX) * oracle_uniform(&state);
        }
        for (int k = 0; k < KINDS; k++) {
            ntk_activation *activation = oracle_activation_create(context, kinds[k], 0);
            evaluate(activation, kinds[k], kinds[k] == NTK_LEAKY_RELU ? 0.01 : 0, u, 40, COUNT / 40, 3, dtypes[t]);
            ntk_activation_destroy(activation);
        }
    }
    ntk_context_destroy(context);
}
END_TEST

typedef struct special {
    int32_t kind;
    double u, value, derivative;
} special;

static const special specials[] = {
    {NTK_RELU, 0, 0, 0},
    {NTK_RELU, (double)INFINITY, (double)INFINITY, 1},
    {NTK_RELU, -(double)INFINITY, 0, 0},
    {NTK_LEAKY_RELU, 0, 0, 0.25},
    {NTK_LEAKY_RELU, (double)INFINITY, (double)INFINITY, 1},
    {NTK_LEAKY_RELU, -(double)INFINITY, -(double)INFINITY, 0.25},
    {NTK_ABS, 0, 0, 0},
    {NTK_ABS, -(double)INFINITY, (double)INFINITY, -1},
    {NTK_ABS, (double)INFINITY, (double)INFINITY, 1},
    {NTK_STEP, 0, 0, 0},
    {NTK_STEP, 0x1p-149, 1, 0},
    {NTK_STEP, -0x1p-149, 0, 0},
    {NTK_STEP, (double)INFINITY, 1, 0},
    {NTK_STEP, -(double)INFINITY, 0, 0},
    {NTK_SIGN, 0, 0, 0},
    {NTK_SIGN, 0x1p-149, 1, 0},
    {NTK_SIGN, -0x1p-149, -1, 0},
    {NTK_SIGN, (double)INFINITY, 1, 0},
    {NTK_SIGN, -(double)INFINITY, -1, 0},
    {NTK_IDENTITY, 0, 0, 1},
    {NTK_IDENTITY, -(double)INFINITY, -(double)INFINITY, 1},
    {NTK_ERF, 0, 0, 1.1283791670955125739},
    {NTK_ERF, (double)INFINITY, 1, 0},
    {NTK_ERF, -(double)INFINITY, -1, 0},
    {NTK_GELU, 0, 0, 0.5},
    {NTK_GELU, (double)INFINITY, (double)INFINITY, 1},
    {NTK_GELU, -(double)INFINITY, 0, 0},
    {NTK_SIN, 0, 0, 1},
    {NTK_COS, 0, 1, 0},
    {NTK_EXP, 0, 1, 1},
    {NTK_EXP, (double)INFINITY, (double)INFINITY, (double)INFINITY},
    {NTK_EXP, -(double)INFINITY, 0, 0},
    {NTK_TANH, 0, 0, 1},
    {NTK_TANH, (double)INFINITY, 1, 0},
    {NTK_TANH, -(double)INFINITY, -1, 0},
    {NTK_SIGMOID, 0, 0.5, 0.25},
    {NTK_SIGMOID, (double)INFINITY, 1, 0},
    {NTK_SIGMOID, -(double)INFINITY, 0, 0},
    {NTK_SOFTPLUS, (double)INFINITY, (double)INFINITY, 1},
    {NTK_SOFTPLUS, -(double)INFINITY, 0, 0},
    {NTK_SILU, 0, 0, 0.5},
    {NTK_SILU, (double)INFINITY, (double)INFINITY, 1},
    {NTK_SILU, -(double)INFINITY, 0, 0},
};

/* kinks and infinities by the header, -0 like 0, and NaN in gives NaN out, alone and amid numbers */
START_TEST(conventions)
{
    ntk_context *context = context_without((uint32_t)_i);
    for (size_t s = 0; s < sizeof specials / sizeof *specials; s++) {
        const special *row = &specials[s];
        ntk_activation *activation = oracle_activation_create(context, row->kind, row->kind == NTK_LEAKY_RELU ? 0.25 : 0);
        for (int t = 0; t < 2; t++) {
            double u[19];
            for (int i = 0; i < 19; i++) u[i] = i == 5 ? (double)NAN : row->u == 0 && i % 2 ? -0.0 : row->u;
            test_array in = oracle_array(u, 1, 19, 0, dtypes[t]);
            test_array value = test_array_make(1, 19, 0, dtypes[t]), derivative = test_array_make(1, 19, 0, dtypes[t]);
            CHECK_OK(ntk_activation_value(activation, &value.view, &in.view));
            CHECK_OK(ntk_activation_derivative(activation, &derivative.view, &in.view));
            for (int i = 0; i < 19; i++) {
                double v = test_get(&value.view, 0, i), g = test_get(&derivative.view, 0, i);
                double want = dtypes[t] == NTK_F32 ? (double)(float)row->derivative : row->derivative;
                if (i == 5)
                    ck_assert_msg(isnan(v), "%s(NaN) is %g", oracle_kind_name(row->kind), v);
                else
                    ck_assert_msg(v == row->value &&
                                      (g == want || fabs(g - want) <= 2 * oracle_roundoff(dtypes[t]) * fabs(want)),
                                  "%s at %g: %g and %.17g", oracle_kind_name(row->kind), u[i], v, g);
            }
            test_array_free(&in);
            test_array_free(&value);
            test_array_free(&derivative);
        }
        ntk_activation_destroy(activation);
    }
    ntk_context_destroy(context);
}
END_TEST

/* --- options --- */

START_TEST(option_errors)
{
    ntk_context *context = context_without(0);
    ntk_activation *activation = NULL;
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    for (int32_t kind = -1; kind <= 20; kind++) {
        if (kind >= NTK_RELU && kind <= NTK_SILU) continue;
        CHECK_STATUS(ntk_activation_create(context, &activation, kind, NULL), NTK_ERR_OPTION);
        ck_assert_ptr_null(activation);
    }
    for (int k = 0; k < KINDS; k++) {
        options.slope = 0.5;
        if (kinds[k] == NTK_LEAKY_RELU) continue;
        CHECK_STATUS(ntk_activation_create(context, &activation, kinds[k], &options), NTK_ERR_OPTION);
    }
    options.slope = (double)INFINITY;
    CHECK_STATUS(ntk_activation_create(context, &activation, NTK_LEAKY_RELU, &options), NTK_ERR_OPTION);
    options.slope = (double)NAN;
    CHECK_STATUS(ntk_activation_create(context, &activation, NTK_LEAKY_RELU, &options), NTK_ERR_OPTION);
    CHECK_MESSAGE("slope");
    ntk_context_destroy(context);
}
END_TEST

/* rows longer than a task's elements: as from their pieces, but for the rounding of a vector loop's tail */
START_TEST(long_rows)
{
    const int64_t cols = 70001, piece = 997;
    ntk_context *context = test_context(3, NULL);
    ntk_activation *activation = NULL;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_ERF, NULL));
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        test_array u = test_array_make(2, cols, 3, dtype), whole = test_array_make(2, cols, 1, dtype);
        test_array pieces = test_array_make(2, cols, 0, dtype);
        test_array_fill(&u, 5);
        CHECK_OK(ntk_activation_value(activation, &whole.view, &u.view));
        ck_assert(test_array_is_written(&whole));
        for (int64_t first = 0; first < cols; first += piece) {
            ntk_matrix from = u.view, to = pieces.view;
            size_t offset = (size_t)first * (dtype == NTK_F64 ? 8 : 4);
            from.data = (char *)from.data + offset;
            to.data = (char *)to.data + offset;
            from.cols = to.cols = first + piece < cols ? piece : cols - first;
            CHECK_OK(ntk_activation_value(activation, &to, &from));
        }
        /* a vector loop's tail may round as its body does not */
        for (int64_t i = 0; i < 2 * cols; i++) {
            double a = test_get(&whole.view, i / cols, i % cols), b = test_get(&pieces.view, i / cols, i % cols);
            ck_assert(fabs(a - b) <= (dtype == NTK_F64 ? 0x1p-51 : 0x1p-22));
        }
        test_array_free(&u);
        test_array_free(&whole);
        test_array_free(&pieces);
    }
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
}
END_TEST

/* scale s(frequency u + shift) + offset of the polynomials, against their definitions, on every instruction set */
START_TEST(polynomials_with_shift_and_offset)
{
    uint64_t state = test_seed(13);
    ntk_context *context = context_without((uint32_t)_i);
    for (int32_t kind = NTK_MONOMIAL; kind <= NTK_HERMITE; kind++)
        for (int32_t degree = 1; degree <= 9; degree += 2)
            for (int t = 0; t < 2; t++) {
                ntk_activation_options options = NTK_INIT(ntk_activation_options);
                ntk_activation *activation = NULL;
                options.degree = degree;
                options.scale = 0.5;
                options.frequency = -1.5;
                options.shift = 0.25;
                options.offset = 3;
                CHECK_OK(ntk_activation_create(context, &activation, kind, &options));
                double *u = oracle_samples(1, 37, dtypes[t], &state);
                test_array in = oracle_array(u, 1, 37, 0, dtypes[t]), value = test_array_make(1, 37, 0, dtypes[t]),
                           slope = test_array_make(1, 37, 0, dtypes[t]);
                CHECK_OK(ntk_activation_value(activation, &value.view, &in.view));
                CHECK_OK(ntk_activation_derivative(activation, &slope.view, &in.view));
                for (int i = 0; i < 37; i++) {
                    long double v = -1.5L * (long double)u[i] + 0.25L;
                    /* a rounding a step, of terms that a polynomial of |v| + 1 bounds */
                    long double bound =
                        8 * (degree + 1) * (long double)oracle_roundoff(dtypes[t]) * (degree + 1) * powl(1 + fabsl(v), degree);
                    ck_assert(
                        fabsl((long double)test_get(&value.view, 0, i) - (0.5L * oracle_activation(kind, degree, v) + 3)) <=
                        bound + 6 * (long double)oracle_roundoff(dtypes[t]));
                    ck_assert(fabsl((long double)test_get(&slope.view, 0, i) + 0.75L * oracle_derivative(kind, degree, v)) <=
                              2 * bound);
                }
                free(u);
                test_array_free(&in);
                test_array_free(&value);
                test_array_free(&slope);
                ntk_activation_destroy(activation);
            }
    ntk_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activation");
    TCase *values = test_case(suite, "values");
    tcase_add_loop_test(values, tails_on_every_instruction_set, 0, 4);
    tcase_add_loop_test(values, all_magnitudes, 0, 4);
    tcase_add_loop_test(values, conventions, 0, 4);
    tcase_add_loop_test(values, polynomials_with_shift_and_offset, 0, 4);
    tcase_add_test(test_case(suite, "options"), option_errors);
    tcase_add_test(values, long_rows);
    return test_run(suite);
}
