/* The largest slopes of activations, against slopes on a fine grid: nowhere above, and reached. */
#include "activation/activation.h"
#include "oracle.h"

#include <math.h>

TEST_CONTEXT_FIXTURE(1)

enum { POINTS = 24001 };

static void check_kind(int32_t kind, double scale, double frequency, double shift)
{
    ntk_activation_options options = {
        .struct_size = sizeof options, .scale = scale, .frequency = frequency, .shift = shift, .degree = kind == NTK_MONOMIAL};
    ntk_activation *activation;
    static double u[POINTS], slope[POINTS];
    const double step = 1e-3;
    double first, second, steepest = 0, bend = 0;
    ntk_matrix U = ntk_matrix_const_f64(u, POINTS, 1), Slope = ntk_matrix_f64(slope, POINTS, 1);
    for (int i = 0; i < POINTS; i++) u[i] = (i - POINTS / 2) * step;
    CHECK_OK(ntk_activation_create(context, &activation, kind, &options));
    ck_assert(ntk_activation_bounds(activation, &first, &second));
    CHECK_OK(ntk_activation_derivative(activation, &Slope, &U));
    for (int i = 0; i < POINTS; i++) {
        steepest = fmax(steepest, fabs(slope[i]));
        if (i) bend = fmax(bend, fabs(slope[i] - slope[i - 1]) / step);
    }
    /* roundings; and what maxima lose to the grid, which is its step squared */
    ck_assert_msg(steepest <= first * (1 + 1e-14) && steepest >= first * (1 - 1e-5), "kind %d: %.17g of %.17g", kind, steepest,
                  first);
    ck_assert_msg(bend <= second * (1 + 1e-11) + 1e-11 && bend >= second * (1 - 1e-4), "kind %d: %.17g of %.17g", kind, bend,
                  second);
    ntk_activation_destroy(activation);
}

START_TEST(bounds_are_reached)
{
    static const int32_t kinds[] = {NTK_TANH, NTK_SIGMOID, NTK_SOFTPLUS, NTK_ERF,      NTK_GELU,
                                    NTK_SILU, NTK_SIN,     NTK_COS,      NTK_IDENTITY, NTK_MONOMIAL};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        check_kind(kinds[i], 1, 1, 0);
        check_kind(kinds[i], -2, 1.5, 0.25);
    }
}
END_TEST

/* Where sigma' is largest, which the grid misses by what matters to a proof. */
START_TEST(bounds_hold_at_the_maximum)
{
    static const struct {
        int32_t kind;
        double at;
    } largest[] = {
        {NTK_TANH, 0}, {NTK_SIGMOID, 0}, {NTK_ERF, 0}, {NTK_GELU, 1.4142135623730951}, {NTK_SILU, 2.3993572805154677}};
    for (size_t i = 0; i < sizeof largest / sizeof largest[0]; i++) {
        ntk_activation *activation;
        double first, second, slope;
        ntk_matrix U = ntk_matrix_const_f64(&largest[i].at, 1, 1), Slope = ntk_matrix_f64(&slope, 1, 1);
        CHECK_OK(ntk_activation_create(context, &activation, largest[i].kind, NULL));
        ck_assert(ntk_activation_bounds(activation, &first, &second));
        CHECK_OK(ntk_activation_derivative(activation, &Slope, &U));
        /* a few roundings, and ten digits of a constant */
        ck_assert_msg(slope <= first * (1 + 4e-16) && slope >= first * (1 - 1e-9), "kind %d: %.17g of %.17g", largest[i].kind,
                      slope, first);
        ntk_activation_destroy(activation);
    }
}
END_TEST

START_TEST(kinks_and_growth_have_none)
{
    static const int32_t kinds[] = {NTK_RELU, NTK_LEAKY_RELU, NTK_ABS, NTK_STEP, NTK_SIGN, NTK_EXP, NTK_MONOMIAL, NTK_HERMITE};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        ntk_activation *activation;
        double first, second;
        CHECK_OK(ntk_activation_create(context, &activation, kinds[i], NULL));
        ck_assert_msg(!ntk_activation_bounds(activation, &first, &second), "kind %d", kinds[i]);
        ntk_activation_destroy(activation);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activation bounds");
    TCase *all = test_case(suite, "bounds");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, bounds_are_reached);
    tcase_add_test(all, bounds_hold_at_the_maximum);
    tcase_add_test(all, kinks_and_growth_have_none);
    return test_run(suite);
}
