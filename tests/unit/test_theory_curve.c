/* Learning curves: the figures of an independent implementation, least squares, and what is refused. */
#include "theory.h"

#include <math.h>

TEST_CONTEXT_FIXTURE(2)

enum { DEGREES = 31 };

typedef struct prediction {
    int64_t d;
    int32_t part;
    double lambda, noise;
    int count;
    double sizes[4], errors[4];
} prediction;

/* An independent implementation's, to the digits that were printed. */
static const prediction predictions[] = {
    {20, NTK_PART_NT, 1e-3, 0, 4, {100, 300, 1000, 3000}, {.19097, .06812, .02546, .01881}},
    {25, NTK_PART_NT, 1e-6, .1, 4, {100, 300, 1000, 3000}, {.26994, .14159, .06460, .03474}},
};

/* sqrt(2) ReLU, whose degrees beyond those given hold the rest of 1. */
static void predict(double curve[][NTK_CURVE_COLUMNS], const double *sizes, int count, const prediction *p, int degrees)
{
    double energies[64];
    ntk_kernel *kernel = theory_relu(context, p->part);
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    ntk_matrix E = ntk_matrix_f64(energies, degrees, 1), n = ntk_matrix_const_f64(sizes, count, 1),
               out = ntk_matrix_f64(curve[0], count, NTK_CURVE_COLUMNS);
    options.d = p->d;
    options.total = 1;
    options.lambda = p->lambda;
    options.noise_variance = p->noise;
    theory_energies(context, energies, degrees, NTK_RELU, p->d);
    for (int k = 0; k < degrees; k++) energies[k] *= 2;
    CHECK_OK(ntk_theory_learning_curve(kernel, &out, &E, &n, &options));
    ntk_kernel_destroy(kernel);
}

START_TEST(predictions_are_those_of_another_program)
{
    const prediction *p = &predictions[_i];
    double curve[4][NTK_CURVE_COLUMNS];
    predict(curve, p->sizes, p->count, p, DEGREES);
    for (int i = 0; i < p->count; i++) {
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TEST], p->errors[i], 1e-5);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TEST], curve[i][NTK_CURVE_BIAS] + curve[i][NTK_CURVE_VARIANCE], 1e-15);
        double kept = p->lambda / (p->sizes[i] * curve[i][NTK_CURVE_KAPPA]);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TRAIN], kept * kept * (curve[i][NTK_CURVE_TEST] + p->noise), 1e-15);
        ck_assert_double_lt(curve[i][NTK_CURVE_BLIND], 1e-28);
    }
}
END_TEST

/* Theorem 1: with n = d^(l + 1/2) the error is near the energy above degree l. */
START_TEST(staircase)
{
    static const int64_t d[] = {30, 100, 1000, 5000};
    static const double steps[3][4] = {
        {.1985, .1840, .1803, .1808}, {.0219, .0229, .0228, .0227}, {.0056, .0081, .0092, .0093}};
    static const int degrees[] = {1, 2, 4};
    for (int c = 0; c < 4; c++) {
        double sizes[3], curve[3][NTK_CURVE_COLUMNS];
        prediction p = {.d = d[c], .part = NTK_PART_NT, .lambda = 1e-6};
        for (int r = 0; r < 3; r++) sizes[r] = pow((double)d[c], degrees[r] + 0.5);
        predict(curve, sizes, 3, &p, DEGREES);
        for (int r = 0; r < 3; r++) ck_assert_double_eq_tol(curve[r][NTK_CURVE_TEST], steps[r][c], 6e-5);
    }
}
END_TEST

/* Where there is none: K^NT has next to no constant to learn before degree 1, and n = d^(7/2) has some of degree 4, since B(d, 4) is
 * about d^4 / 24. */
START_TEST(where_there_is_no_step)
{
    static const int64_t d[] = {30, 5000};
    static const double thirds[] = {.0107, .0207};
    for (int c = 0; c < 2; c++) {
        double sizes[2] = {sqrt((double)d[c]), pow((double)d[c], 3.5)}, curve[2][NTK_CURVE_COLUMNS];
        prediction p = {.d = d[c], .part = NTK_PART_NT, .lambda = 1e-6};
        predict(curve, sizes, 2, &p, DEGREES);
        ck_assert_double_ge(curve[0][NTK_CURVE_TEST], .915);
        ck_assert_double_lt(curve[0][NTK_CURVE_TEST], .995);
        ck_assert_double_eq_tol(curve[1][NTK_CURVE_TEST], thirds[c], 6e-5);
    }
}
END_TEST

/* What a kernel lacks of a neuron of 200 inputs where gradient descent has found it. */
START_TEST(beside_a_neuron)
{
    static const double sizes[] = {4 * 200, 16 * 200, 64 * 200, 256 * 200}, errors[] = {.279, .176, .114, .041};
    const prediction p = {.d = 200, .part = NTK_PART_NT, .lambda = 1e-6};
    double curve[4][NTK_CURVE_COLUMNS];
    predict(curve, sizes, 4, &p, DEGREES);
    for (int i = 0; i < 4; i++) ck_assert_double_eq_tol(curve[i][NTK_CURVE_TEST], errors[i], 6e-4);
}
END_TEST

START_TEST(samples_that_an_error_costs)
{
    enum { MANY = 61 };
    static const double errors[] = {.3, .1, .03, .02, .01, .005}, costs[] = {7.0e2, 1.6e4, 9.1e4, 2.8e7, 7.8e8, 1.6e13};
    double energies[MANY], n;
    ntk_kernel *kernel = theory_relu(context, NTK_PART_NT);
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    ntk_matrix E = ntk_matrix_f64(energies, MANY, 1);
    options.d = 200;
    options.total = 1;
    options.lambda = 1e-6;
    theory_energies(context, energies, MANY, NTK_RELU, 200);
    for (int k = 0; k < MANY; k++) energies[k] *= 2;
    for (int i = 0; i < 6; i++) {
        CHECK_OK(ntk_theory_sample_cost(kernel, &n, &E, errors[i], &options));
        ck_assert_double_eq_tol(n / costs[i], 1, 0.04); /* two digits */
    }
    /* an error below what degrees that are not given hold */
    CHECK_STATUS(ntk_theory_sample_cost(kernel, &n, &E, 1e-6, &options), NTK_NOTE_AT_BRACKET);
    ck_assert(isinf(n));
    ntk_kernel_destroy(kernel);
}
END_TEST

/* K = <x, x'> / d, of rank d, without a ridge: least squares, whose noise is tau^2 d / (n - d). */
START_TEST(kernels_of_finite_rank)
{
    enum { D = 10 };
    double sizes[] = {5, 10, 40}, curve[3][NTK_CURVE_COLUMNS], energies[] = {0, 1, 0.25};
    ntk_kernel_options rf = NTK_INIT(ntk_kernel_options);
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    ntk_matrix E = ntk_matrix_f64(energies, 3, 1), n = ntk_matrix_f64(sizes, 3, 1),
               out = ntk_matrix_f64(curve[0], 3, NTK_CURVE_COLUMNS);
    rf.part = NTK_PART_RF;
    ntk_kernel *kernel = theory_kernel(context, NTK_IDENTITY, &rf);
    options.d = D;
    options.noise_variance = 0.5;
    CHECK_OK(ntk_theory_learning_curve(kernel, &out, &E, &n, &options));
    /* 5 of 10: half of degree 1 is learned, and degree 2 is noise to it */
    ck_assert_double_eq_tol(curve[0][NTK_CURVE_BIAS], 0.25 + 0.25, 1e-12);
    ck_assert_double_eq(curve[0][NTK_CURVE_TRAIN], 0);
    ck_assert(isinf(curve[1][NTK_CURVE_TEST]));
    ck_assert_double_eq_tol(curve[2][NTK_CURVE_VARIANCE], 0.75 * D / (40 - D), 1e-12);
    ck_assert_double_eq_tol(curve[2][NTK_CURVE_TRAIN], 0.75 * (40 - D) / 40, 1e-12);
    ck_assert_double_eq(curve[2][NTK_CURVE_KAPPA], 0);
    for (int i = 0; i < 3; i++) ck_assert_double_eq(curve[i][NTK_CURVE_BLIND], 0.25);
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(curves_refused)
{
    double sizes[] = {5, 0}, curve[2][NTK_CURVE_COLUMNS], energies[] = {1, 1}, n;
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    ntk_kernel *kernel = theory_relu(context, NTK_PART_NT);
    ntk_matrix E = ntk_matrix_f64(energies, 2, 1), N = ntk_matrix_f64(sizes, 2, 1),
               out = ntk_matrix_f64(curve[0], 2, NTK_CURVE_COLUMNS);
    options.d = 4;
    CHECK_STATUS(ntk_theory_learning_curve(kernel, &out, &E, &N, &options), NTK_ERR_VALUE);
    CHECK_MESSAGE("sizes[1] is 0");
    sizes[1] = 6;
    options.total = 1.5;
    CHECK_STATUS(ntk_theory_learning_curve(kernel, &out, &E, &N, &options), NTK_ERR_OPTION);
    CHECK_MESSAGE("total");
    options.total = 0;
    CHECK_STATUS(ntk_theory_sample_cost(kernel, &n, &E, 0, &options), NTK_ERR_VALUE);
    CHECK_STATUS(ntk_theory_sample_cost(kernel, &n, &E, 1, NULL), NTK_ERR_NULL);
    energies[1] = -1;
    CHECK_STATUS(ntk_theory_sample_cost(kernel, &n, &E, 1, &options), NTK_ERR_VALUE);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("theory_curve");
    TCase *tests = test_case(suite, "theory_curve");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, predictions_are_those_of_another_program, 0, (int)(sizeof predictions / sizeof predictions[0]));
    tcase_add_test(tests, staircase);
    tcase_add_test(tests, where_there_is_no_step);
    tcase_add_test(tests, beside_a_neuron);
    tcase_add_test(tests, samples_that_an_error_costs);
    tcase_add_test(tests, kernels_of_finite_rank);
    tcase_add_test(tests, curves_refused);
    return test_run(suite);
}
