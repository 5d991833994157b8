/* Degrees on the sphere: closed forms in long double, sums that are known, the figures of an independent implementation, and limits of
 * few and many inputs. */
#include "theory.h"

#include <float.h>
#include <math.h>

TEST_CONTEXT_FIXTURE(2)

enum { DEGREES = 31 };
static const double UNIT = DBL_EPSILON / 2;
static const int64_t dimensions[] = {2, 3, 8, 30, 200, 1000, 5000};

static void find_levels(const ntk_kernel *kernel, double levels[][NTK_LEVEL_COLUMNS], int64_t degrees, int64_t d)
{
    ntk_matrix view = ntk_matrix_f64(levels[0], degrees, NTK_LEVEL_COLUMNS);
    CHECK_OK(ntk_theory_kernel_levels(kernel, &view, d));
}

/* --- closed forms --- */

/* The lesser of the header's two errors: of 32 roundings of sqrt(B) K(x, x), and the series' own, to which the terms from 2048 on add
 * some 2048^(-d / 2 - 1). */
START_TEST(relu_levels_are_the_closed_forms)
{
    int64_t d = dimensions[_i];
    for (int32_t part = NTK_PART_RF; part <= NTK_PART_NT; part++) {
        ntk_kernel *kernel = theory_relu(context, part);
        double levels[DEGREES][NTK_LEVEL_COLUMNS];
        find_levels(kernel, levels, DEGREES, d);
        for (int64_t k = 0; k < DEGREES; k++) {
            long double b = oracle_multiplicity(d, k), want = oracle_relu_level(d, k, part);
            double by_angle = 32 * UNIT * 0.5 / sqrt((double)b), error = (double)fabsl((long double)levels[k][0] - want);
            double bound = d < 30 ? by_angle : fmin(by_angle, 1e-12 * (double)want);
            if (!(error <= bound + 64 * UNIT * (double)want))
                ck_abort_msg("d = %d, part %d, k = %d: %.17g, expected %.17Lg", (int)d, part, (int)k, levels[k][0], want);
            ck_assert(fabsl((long double)levels[k][1] - b) <= 8 * (long double)UNIT * (long double)(k + 1) * b);
        }
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

/* sqrt(energy) to 32 roundings of |f|, as of sums of some thousand terms of both signs. */
START_TEST(energies_are_the_closed_forms)
{
    int64_t d = dimensions[_i];
    for (int order = 0; order < 2; order++) {
        double energies[DEGREES];
        theory_energies(context, energies, DEGREES, order ? NTK_STEP : NTK_RELU, d);
        for (int64_t k = 0; k < DEGREES; k++) {
            long double lambda = oracle_ramp_degree(d, k, order) * (order ? 1 : sqrtl((long double)d));
            long double want = sqrtl(oracle_multiplicity(d, k)) * fabsl(lambda);
            if (!(fabsl(sqrtl((long double)energies[k]) - want) <= 32 * (long double)UNIT))
                ck_abort_msg("d = %d, order %d, k = %d: %.17g, expected %.17Lg", (int)d, order, (int)k, energies[k],
                             want * want);
        }
    }
}
END_TEST

/* --- the figures of the lecture's figure 3: sqrt(2) ReLU, to the digits that were printed --- */

START_TEST(figure_three)
{
    static const int64_t d[] = {10, 20, 30, 100, 1000};
    static const int degrees[] = {0, 1, 2, 4, 6};
    static const double table[5][5] = {{.334602, .326365, .323659, .319905, .318469},
                                       {.5, .5, .5, .5, .5},
                                       {.149327, .154672, .156272, .158338, .159075},
                                       {.010799, .012094, .012511, .013054, .013243},
                                       {.002808, .003389, .003595, .003873, .003969}};
    static const double tails[5] = {.000847, .001352, .001630, .002201, .002511}; /* above 10 */
    for (int c = 0; c < 5; c++) {
        double energies[DEGREES], tail = 1;
        theory_energies(context, energies, DEGREES, NTK_RELU, d[c]);
        for (int r = 0; r < 5; r++) ck_assert_double_eq_tol(2 * energies[degrees[r]], table[r][c], 1e-6);
        for (int k = 0; k <= 10; k++) tail -= 2 * energies[k];
        ck_assert_double_eq_tol(tail, tails[c], 1e-6);
    }
}
END_TEST

/* Of many inputs t sqrt(d) is normal, but for terms of order k^2 / d. */
START_TEST(many_inputs_are_gaussian)
{
    static const int32_t kinds[] = {NTK_RELU, NTK_TANH, NTK_GELU, NTK_STEP, NTK_SIN};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        double energies[9], hermite[9];
        ntk_matrix view = ntk_matrix_f64(hermite, 9, 1);
        ntk_activation *activation = theory_activation(context, kinds[i]);
        CHECK_OK(ntk_activation_hermite(activation, &view, 1));
        theory_energies(context, energies, 9, kinds[i], 100000000);
        for (int k = 0; k < 9; k++) ck_assert_double_eq_tol(energies[k], hermite[k] * hermite[k], 1e-7);
        ntk_activation_destroy(activation);
    }
}
END_TEST

/* Levels times B are the squared Hermite coefficients, but for terms of order k^2 / d. */
START_TEST(as_many_inputs_as_there_are)
{
    enum { FEW = 6 };
    double levels[FEW][NTK_LEVEL_COLUMNS], hermite[FEW];
    ntk_matrix view = ntk_matrix_f64(hermite, FEW, 1);
    ntk_kernel *kernel = theory_relu(context, NTK_PART_RF);
    ntk_activation *relu = theory_activation(context, NTK_RELU);
    CHECK_OK(ntk_activation_hermite(relu, &view, 1));
    find_levels(kernel, levels, FEW, INT64_MAX);
    for (int k = 0; k < FEW; k++)
        ck_assert(fabs(levels[k][0] * levels[k][1] - hermite[k] * hermite[k]) <= 1e-13 * hermite[k] * hermite[k]);
    ntk_activation_destroy(relu);
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(one_input_is_two_points)
{
    double energies[4], levels[4][NTK_LEVEL_COLUMNS];
    ntk_kernel *kernel = theory_relu(context, NTK_PART_NT);
    theory_energies(context, energies, 4, NTK_RELU, 1);
    find_levels(kernel, levels, 4, 1);
    for (int k = 0; k < 4; k++) {
        ck_assert_double_eq_tol(energies[k], k < 2 ? 0.25 : 0, 4 * UNIT);
        ck_assert_double_eq_tol(levels[k][0], k < 2 ? 0.25 : 0, 4 * UNIT);
        ck_assert_double_eq(levels[k][1], k < 2 ? 1 : 0);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* |2 u - 0.6|, whose kink lies off the middle, and a function that varies too fast. */
START_TEST(kinks_are_found)
{
    double energies[DEGREES], sum = 0;
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *activation;
    ntk_matrix view = ntk_matrix_f64(energies, DEGREES, 1);
    options.shift = -0.6;
    options.frequency = 2;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_ABS, &options));
    CHECK_OK(ntk_theory_target_energies(context, &view, activation, 12));
    ntk_activation_destroy(activation);
    for (int k = 0; k < DEGREES; k++) sum += energies[k];
    ck_assert(sum < 4.36 && sum > 4.359); /* E (2 u - 0.6)^2 */
    options.frequency = 1e4;
    options.shift = 3e3;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_TANH, &options));
    CHECK_STATUS(ntk_theory_target_energies(context, &view, activation, 12), NTK_ERR_UNSUPPORTED);
    ntk_activation_destroy(activation);
}
END_TEST

/* --- polynomials --- */

START_TEST(gegenbauer_of_few_inputs)
{
    double t[9], values[9][8];
    ntk_matrix in = ntk_matrix_f64(t, 9, 1), out = ntk_matrix_f64(values[0], 9, 8);
    for (int i = 0; i < 9; i++) t[i] = cos(0.4 * i);
    for (int64_t d = 1; d <= 3; d++) {
        CHECK_OK(ntk_theory_gegenbauer(&out, &in, d));
        for (int i = 0; i < 9; i++)
            for (int k = 0; k < 8; k++) {
                double x = t[i], want = d == 1 ? (k < 2 ? pow(x, k) : 0) : cos(0.4 * i * k);
                if (d == 3) want = k == 2 ? (3 * x * x - 1) / 2 : k == 3 ? (5 * x * x * x - 3 * x) / 2 : values[i][k];
                ck_assert_double_eq_tol(values[i][k], want, 64 * UNIT);
            }
    }
}
END_TEST

START_TEST(multiplicities_beyond_double)
{
    double logs[400];
    ntk_matrix view = ntk_matrix_f64(logs, 400, 1);
    CHECK_OK(ntk_theory_multiplicities(&view, 5000));
    ck_assert_double_eq_tol(exp(logs[30]) / 4e78, 1, 0.1);
    long double k = 399, d = 5000; /* C(k + d - 3, k - 1) */
    long double want = logl((2 * k + d - 2) / k) + lgammal(k + d - 2) - lgammal(k) - lgammal(d - 1);
    ck_assert_double_eq_tol(logs[399], (double)want, 1e-11);
    CHECK_OK(ntk_theory_multiplicities(&view, 1));
    ck_assert(logs[0] == 0 && logs[1] == 0 && isinf(logs[2]) && logs[2] < 0);
}
END_TEST

/* --- levels of other kernels --- */

/* K(x, x') is the sum over levels, for kernels that are smooth enough for DEGREES of them. */
static void check_sum(const ntk_kernel *kernel, int64_t d, double tolerance)
{
    double levels[DEGREES][NTK_LEVEL_COLUMNS], t[] = {1, 0.6, -0.3}, q[3][DEGREES], x[3 * 16] = {0}, got[3];
    ntk_matrix in = ntk_matrix_f64(t, 3, 1), out = ntk_matrix_f64(q[0], 3, DEGREES), x1 = ntk_matrix_f64(x, 1, d),
               x2 = ntk_matrix_f64(x, 3, d), values = ntk_matrix_f64(got, 1, 3);
    for (int i = 0; i < 3; i++) {
        x[i * d] = sqrt((double)d) * t[i];
        x[i * d + 1] = sqrt((double)d) * sqrt(1 - t[i] * t[i]);
    }
    CHECK_OK(ntk_kernel_block(kernel, &values, &x1, &x2));
    find_levels(kernel, levels, DEGREES, d);
    CHECK_OK(ntk_theory_gegenbauer(&out, &in, d));
    for (int i = 0; i < 3; i++) {
        double sum = 0;
        for (int k = 0; k < DEGREES; k++) sum += levels[k][0] * levels[k][1] * q[i][k];
        ck_assert_double_eq_tol(sum, got[i], tolerance * got[0]);
    }
}

START_TEST(levels_sum_to_the_kernel)
{
    static const int32_t kinds[] = {NTK_EXP, NTK_ERF, NTK_SIN};
    static const double tolerances[] = {1e-12, 1e-5, 1e-12}; /* erf: (2 / 3)^30 and what is left beyond */
    for (int i = 0; i < 3; i++)
        for (int bias = 0; bias < 2; bias++) {
            ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
            options.bias_scale = 0.5 * bias;
            options.output_bias_scale = 0.3;
            ntk_kernel *kernel = theory_kernel(context, kinds[i], &options);
            check_sum(kernel, 12, tolerances[i]);
            ntk_kernel_destroy(kernel);
        }
}
END_TEST

/* Levels of a sum are the sum of levels, and so on; of a deep kernel they hold K(x, x). */
START_TEST(levels_of_made_kernels)
{
    double one[DEGREES][NTK_LEVEL_COLUMNS], two[DEGREES][NTK_LEVEL_COLUMNS], both[DEGREES][NTK_LEVEL_COLUMNS];
    ntk_kernel *parts[] = {theory_relu(context, NTK_PART_RF), theory_relu(context, NTK_PART_NT)}, *sum, *constant, *product,
               *cosine;
    const double weights[] = {2, 3};
    CHECK_OK(ntk_kernel_create_sum(context, &sum, (const ntk_kernel *const *)parts, weights, 2));
    CHECK_OK(ntk_kernel_create_constant(context, &constant, 4));
    CHECK_OK(ntk_kernel_create_product(context, &product, (const ntk_kernel *const[]){parts[0], constant}, 2));
    CHECK_OK(ntk_kernel_create_normalised(context, &cosine, product));
    find_levels(parts[0], one, DEGREES, 6);
    find_levels(parts[1], two, DEGREES, 6);
    find_levels(sum, both, DEGREES, 6);
    for (int k = 0; k < DEGREES; k++) {
        double scale = 64 * UNIT * 3 / sqrt(both[k][1]);
        ck_assert_double_eq_tol(both[k][0], 2 * one[k][0] + 3 * two[k][0], scale);
    }
    find_levels(cosine, both, DEGREES, 6);
    for (int k = 0; k < DEGREES; k++) /* K(x, x) of K^RF is 1 / 2 */
        ck_assert_double_eq_tol(both[k][0], 2 * one[k][0], 64 * UNIT / sqrt(both[k][1]));
    ntk_kernel *const all[] = {cosine, product, constant, sum, parts[0], parts[1]};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) ntk_kernel_destroy(all[i]);
}
END_TEST

/* In three dimensions, a kernel of three layers by Legendre's polynomials; its tail falls as k^-3. */
START_TEST(levels_of_deep_kernels)
{
    enum { MANY = 600 };
    static double levels[MANY][NTK_LEVEL_COLUMNS];
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.layers = 3;
    options.part = NTK_PART_RF;
    ntk_kernel *kernel = theory_kernel(context, NTK_RELU, &options);
    double sum = 0, top, x[3] = {sqrt(3.0), 0, 0};
    ntk_matrix X = ntk_matrix_f64(x, 1, 3), out = ntk_matrix_f64(&top, 1, 1);
    CHECK_OK(ntk_kernel_diagonal(kernel, &out, &X));
    find_levels(kernel, levels, MANY, 3);
    for (int k = 0; k < MANY; k++) {
        ck_assert_double_ge(levels[k][0], 0);
        sum += levels[k][0] * levels[k][1];
    }
    ck_assert_double_le(sum, top * (1 + 1e-13));
    ck_assert_double_ge(sum, top * (1 - 1e-5));
    ntk_kernel_destroy(kernel);
}
END_TEST

/* tanh is odd: no number of inputs gives its kernels even degrees. */
START_TEST(missing_degrees_are_none)
{
    static const int64_t d[] = {2, 10, 50, 1000};
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    ntk_kernel *kernel = theory_kernel(context, NTK_TANH, &options);
    for (int i = 0; i < 4; i++) {
        double levels[8][NTK_LEVEL_COLUMNS];
        find_levels(kernel, levels, 8, d[i]);
        for (int k = 0; k < 8; k++) ck_assert_int_eq(levels[k][NTK_LEVEL_EIGENVALUE] > 0, k % 2);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* --- coefficients by quadrature --- */

enum { TERMS = 400 };

/* E tanh(z) h_k(z), z normal, by the trapezoidal rule, which is exact to long double for functions so smooth. */
static void tanh_coefficients(long double *c)
{
    const long double step = 1.0L / 16, root = powl(8 * atanl(1), -0.25L);
    for (int k = 0; k < TERMS; k++) c[k] = 0;
    for (int i = -480; i <= 480; i++) {
        long double z = i * step, weight = root * expl(-z * z / 4), h = weight, before = 0;
        for (int k = 0; k < TERMS; k++) {
            c[k] += step * weight * tanhl(z) * h;
            long double next = (z * h - sqrtl((long double)k) * before) / sqrtl((long double)k + 1);
            before = h;
            h = next;
        }
    }
}

/* E t^j Q_k(t), j >= k of one parity, by Rodrigues' formula and beta functions. */
static long double moment_of(int64_t d, int64_t k, int64_t j)
{
    long double half = ((long double)d - 1) / 2, i = (long double)(j - k) / 2, n = (long double)k;
    long double log = lgammal(half) - n * logl(2) - lgammal(n + half) + lgammal((long double)j + 1) - lgammal(2 * i + 1);
    log += lgammal(i + 0.5L) + lgammal(n + half) - lgammal(i + 0.5L + n + half);
    return expl(log - lgammal(0.5L) - lgammal(half) + lgammal(0.5L + half));
}

/* The lesser of the header's two errors again, where that of coefficients is 1e-12 of tanh's norm, and so is that of the kernel. */
START_TEST(levels_by_quadrature)
{
    static const int64_t dimensions_here[] = {2, 10, 1000};
    static long double c[TERMS];
    int64_t d = dimensions_here[_i % 3];
    bool both = _i >= 3;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = both ? NTK_PART_BOTH : NTK_PART_RF;
    ntk_kernel *kernel = theory_kernel(context, NTK_TANH, &options);
    double levels[DEGREES][NTK_LEVEL_COLUMNS];
    long double size = 0, top = 0;
    tanh_coefficients(c);
    for (int k = 0; k < TERMS; k++) {
        size += c[k] * c[k];
        top += (both ? 1 + k : 1) * c[k] * c[k];
    }
    find_levels(kernel, levels, DEGREES, d);
    for (int64_t k = 0; k < DEGREES; k++) {
        long double want = 0, open = 0, delta = 1e-12L * sqrtl(size), b = oracle_multiplicity(d, k);
        for (int64_t j = k; j < TERMS; j += 2) {
            long double moment = moment_of(d, k, j) * (both ? 1 + j : 1);
            want += c[j] * c[j] * moment;
            open += delta * (2 * fabsl(c[j]) + 4 * delta) * moment;
        }
        double by_angle = (double)((1e-12L + 64 * (long double)UNIT) * top / sqrtl(b));
        double by_series = (double)(open + 1e-13L * want + (d > 2 ? 0 : 1e-12L * top));
        double off = (double)fabsl((long double)levels[k][0] - want), bound = 2 * fmin(by_angle, by_series);
        if (!(off <= bound))
            ck_abort_msg("d = %d, k = %d: %.17g is off by %g, bound %g", (int)d, (int)k, levels[k][0], off, bound);
        ck_assert_int_eq(levels[k][0] > 0, k % 2);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

START_TEST(other_kernels_are_refused)
{
    double levels[2][NTK_LEVEL_COLUMNS], scale[2] = {1, 2};
    ntk_matrix view = ntk_matrix_f64(levels[0], 2, NTK_LEVEL_COLUMNS), scales = ntk_matrix_f64(scale, 1, 2);
    ntk_kernel *kernel = theory_relu(context, NTK_PART_NT), *ard, *sum, *sampled;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *relu = theory_activation(context, NTK_RELU);
    options.inputs = 2;
    options.hidden = 3;
    CHECK_OK(ntk_kernel_create_ard(context, &ard, kernel, &scales));
    CHECK_OK(ntk_kernel_create_sum(context, &sum, (const ntk_kernel *const[]){kernel, ard}, NULL, 2));
    CHECK_OK(ntk_kernel_create_monte_carlo(context, &sampled, relu, 2, NTK_PART_RF, &options));
    ntk_kernel *const all[] = {ard, sum, sampled};
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(ntk_theory_kernel_levels(all[i], &view, 2), NTK_ERR_UNSUPPORTED);
        ntk_kernel_destroy(all[i]);
    }
    static double many[200][NTK_LEVEL_COLUMNS];
    view = ntk_matrix_f64(many[0], 200, NTK_LEVEL_COLUMNS);
    CHECK_STATUS(ntk_theory_kernel_levels(kernel, &view, INT64_C(1000000)), NTK_ERR_OVERFLOW);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("theory");
    TCase *tests = test_case(suite, "theory");
    const int all = (int)(sizeof dimensions / sizeof dimensions[0]);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, relu_levels_are_the_closed_forms, 0, all);
    tcase_add_loop_test(tests, energies_are_the_closed_forms, 0, all);
    tcase_add_test(tests, figure_three);
    tcase_add_test(tests, many_inputs_are_gaussian);
    tcase_add_test(tests, as_many_inputs_as_there_are);
    tcase_add_test(tests, one_input_is_two_points);
    tcase_add_test(tests, kinks_are_found);
    tcase_add_test(tests, gegenbauer_of_few_inputs);
    tcase_add_test(tests, multiplicities_beyond_double);
    tcase_add_test(tests, levels_sum_to_the_kernel);
    tcase_add_test(tests, levels_of_made_kernels);
    tcase_add_test(tests, levels_of_deep_kernels);
    tcase_add_test(tests, missing_degrees_are_none);
    tcase_add_loop_test(tests, levels_by_quadrature, 0, 6);
    tcase_add_test(tests, other_kernels_are_refused);
    return test_run(suite);
}
