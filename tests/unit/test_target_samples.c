/* Degrees from samples: against the definition over all pairs and quadruples, formulas, and the spread over seeds. */
#include "theory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

static const int32_t laws[] = {NTK_INPUTS_SPHERE, NTK_INPUTS_GAUSSIAN};

static ntk_degree_options options_of(int32_t law, uint64_t seed)
{
    ntk_degree_options options = NTK_INIT(ntk_degree_options);
    options.law = law;
    options.seed = seed;
    return options;
}

static void draw(double *x, int64_t n, int64_t d, int32_t law, uint64_t seed)
{
    ntk_matrix view = ntk_matrix_f64(x, n, d);
    CHECK_OK(ntk_inputs_draw(context, &view, law, seed));
}

/* --- what samples are drawn --- */

START_TEST(drawn_samples_are_of_the_law)
{
    enum { N = 2000, D = 5 };
    static double x[N][D], again[N][D];
    for (int law = 0; law < 2; law++) {
        double mean = 0, square = 0;
        draw(x[0], N, D, laws[law], 1);
        draw(again[0], N / 2, D, laws[law], 1);
        ck_assert(memcmp(x, again, sizeof x / 2) == 0);
        draw(again[0], N, D, laws[law], 2);
        ck_assert(x[0][0] != again[0][0]);
        for (int i = 0; i < N; i++) {
            double length = 0;
            for (int j = 0; j < D; j++) length += x[i][j] * x[i][j];
            if (laws[law] == NTK_INPUTS_SPHERE) ck_assert_double_eq_tol(length, D, 1e-14 * D);
            mean += x[i][0] / N;
            square += x[i][0] * x[i][0] / N;
        }
        /* 5 standard errors of a mean of variance 1, and of squares of variance 2 or less */
        ck_assert_double_eq_tol(mean, 0, 5 / sqrt(N));
        ck_assert_double_eq_tol(square, 1, 5 * sqrt(2.0 / N));
    }
    float single[3][2];
    ntk_matrix view = ntk_matrix_f32(single[0], 3, 2);
    CHECK_OK(ntk_inputs_draw(context, &view, NTK_INPUTS_SPHERE, 3));
    CHECK_STATUS(ntk_inputs_draw(context, &view, 2, 3), NTK_ERR_OPTION);
}
END_TEST

/* --- reproducing kernels: y = (2, 0) makes the projection at a the kernel of a and x_0 --- */

static double kernel_of(int32_t law, int64_t d, const double *a, const double *x, int64_t degree)
{
    double both[2][2] = {{0}}, y[] = {2, 0}, values[2], error;
    const ntk_degree_options options = options_of(law, 0);
    ntk_matrix X = ntk_matrix_f64(both[0], 2, d), Y = ntk_matrix_f64(y, 2, 1), at = ntk_matrix_const_f64(a, 1, d),
               errors = ntk_matrix_f64(&error, 1, 1);
    X.stride = 2;
    for (int64_t j = 0; j < d; j++) both[0][j] = both[1][j] = x[j];
    for (int which = 0; which < 2; which++) {
        ntk_matrix out = ntk_matrix_f64(&values[which], 1, 1);
        values[which] = 0;
        if (degree - which >= 0) CHECK_OK(ntk_sample_projection(context, &out, &errors, &at, &X, &Y, degree - which, &options));
    }
    return values[0] - values[1];
}

static double hermite(int k, double z)
{
    double last = 0, now = 1;
    for (int j = 0; j < k; j++) {
        double next = (z * now - sqrt(j) * last) / sqrt(j + 1.0);
        last = now;
        now = next;
    }
    return now;
}

START_TEST(kernels_of_degrees)
{
    const double a[] = {0.7, -1.2}, x[] = {1.5, 0.4};
    for (int k = 0; k < 10; k++) {
        double want = 0;
        for (int i = 0; i <= k; i++) want += hermite(i, a[0]) * hermite(k - i, a[1]) * hermite(i, x[0]) * hermite(k - i, x[1]);
        ck_assert_double_eq_tol(kernel_of(NTK_INPUTS_GAUSSIAN, 2, a, x, k), want, 1e-12);
        ck_assert_double_eq_tol(kernel_of(NTK_INPUTS_GAUSSIAN, 1, a, x, k), hermite(k, a[0]) * hermite(k, x[0]), 1e-12);
        const double p[] = {sqrt(2.0) * cos(0.3), sqrt(2.0) * sin(0.3)}, q[] = {sqrt(2.0) * cos(1.7), sqrt(2.0) * sin(1.7)};
        ck_assert_double_eq_tol(kernel_of(NTK_INPUTS_SPHERE, 2, p, q, k), k ? 2 * cos(1.4 * k) : 1, 1e-12);
        const double one = 1, minus = -1;
        ck_assert_double_eq_tol(kernel_of(NTK_INPUTS_SPHERE, 1, &one, &minus, k), k == 0 ? 1 : k == 1 ? -1 : 0, 1e-15);
    }
}
END_TEST

/* --- the definition --- */

/* Of 8 samples: means over all pairs, and over all quadruples of distinct ones. */
START_TEST(energies_are_the_definition)
{
    enum { N = 8, D = 3, DEGREES = 3 };
    double x[N][D], y[N], energies[DEGREES][2], total[2], squares = 0;
    const ntk_degree_options options = options_of(NTK_INPUTS_SPHERE, 0);
    ntk_matrix X = ntk_matrix_f64(x[0], N, D), Y = ntk_matrix_f64(y, N, 1), out = ntk_matrix_f64(energies[0], DEGREES, 2),
               sum = ntk_matrix_f64(total, 1, 2);
    draw(x[0], N, D, NTK_INPUTS_SPHERE, 4);
    for (int i = 0; i < N; i++) squares += pow(y[i] = 0.5 + x[i][0] + x[i][1] * x[i][2], 2) / N;
    CHECK_OK(ntk_sample_energies(context, &out, &sum, &X, &Y, &options));
    ck_assert_double_eq_tol(total[0], squares, 1e-14);
    for (int k = 0; k < DEGREES; k++) {
        double h[N][N], mean = 0, four = 0, pairs = N * (N - 1), second = 0;
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double t = (x[i][0] * x[j][0] + x[i][1] * x[j][1] + x[i][2] * x[j][2]) / D;
                h[i][j] = i == j ? 0 : y[i] * y[j] * (k == 0 ? 1 : k == 1 ? 3 * t : 5 * (3 * t * t - 1) / 2);
                mean += h[i][j] / pairs;
                second += h[i][j] * h[i][j] / pairs;
            }
        for (int i = 0; i < N * N * N * N; i++) {
            int a = i % N, b = i / N % N, c = i / N / N % N, e = i / N / N / N;
            if (a != b && a != c && a != e && b != c && b != e && c != e) four += h[a][b] * h[c][e];
        }
        four /= pairs * (N - 2) * (N - 3);
        double variance = fmax(fmax(mean * mean - four, 2 * (second - mean * mean) / pairs), 0);
        ck_assert_double_eq_tol(energies[k][NTK_ENERGY_VALUE], mean, 1e-13);
        ck_assert_double_eq_tol(energies[k][NTK_ENERGY_ERROR], sqrt(variance), 1e-12);
    }
}
END_TEST

/* --- against formulas, over seeds --- */

enum { D = 10, TERMS = 3, DEGREES = 4, SEEDS = 60, SAMPLES = 300, POINTS = 8 };

static ntk_target *three_relus(void)
{
    double w[TERMS][D];
    const double c[] = {1, 1, -0.5};
    ntk_activation *relu = theory_activation(context, NTK_RELU);
    const ntk_activation *all[] = {relu, relu, relu};
    ntk_matrix weights = ntk_matrix_f64(w[0], TERMS, D), coefficients = ntk_matrix_const_f64(c, TERMS, 1);
    ntk_target *target;
    for (int i = 0; i < TERMS * D; i++) w[i / D][i % D] = test_uniform(5, i);
    CHECK_OK(ntk_target_create_sum(context, &target, all, &weights, &coefficients));
    ntk_activation_destroy(relu);
    return target;
}

/* What estimates of many seeds are off by, and the errors that they state: deviations have the mean 0, and squared deviations that of
 * squared errors, each within 4 of its standard errors; odds of 1e-4.  z = deviation / error would do worse, as where an estimate
 * happens to be small its error does. */
typedef struct spread {
    double deviation[SEEDS], error[SEEDS];
} spread;

static void check_spread(const spread *of, const char *what, int64_t which)
{
    double mean = 0, excess = 0, squares = 0, fourth = 0;
    for (int s = 0; s < SEEDS; s++) {
        double square = of->deviation[s] * of->deviation[s], more = square - of->error[s] * of->error[s];
        mean += of->deviation[s] / SEEDS;
        squares += square / SEEDS;
        excess += more / SEEDS;
        fourth += more * more / SEEDS;
    }
    if (!(fabs(mean) <= 4 * sqrt(squares / SEEDS) && fabs(excess) <= 4 * sqrt((fourth - excess * excess) / SEEDS)))
        ck_abort_msg("%s %d: mean deviation %.3g, of squares %.3g, which exceeds that of squared errors by %.3g", what,
                     (int)which, mean, squares, excess);
}

START_TEST(energies_agree_with_the_formula)
{
    static double x[SAMPLES][D], y[SAMPLES];
    static spread z[DEGREES + 1];
    ntk_target *target = three_relus();
    int32_t law = laws[_i];
    double want[DEGREES][2], total[2], got[DEGREES][2], sum[2];
    ntk_matrix X = ntk_matrix_f64(x[0], SAMPLES, D), Y = ntk_matrix_f64(y, SAMPLES, 1),
               all = ntk_matrix_f64(want[0], DEGREES, 2), whole = ntk_matrix_f64(total, 1, 2),
               out = ntk_matrix_f64(got[0], DEGREES, 2), out_total = ntk_matrix_f64(sum, 1, 2);
    const ntk_degree_options options = options_of(law, 0);
    CHECK_OK(ntk_target_energies(target, &all, &whole, &options));
    for (int s = 0; s < SEEDS; s++) {
        draw(x[0], SAMPLES, D, law, 100 + (uint64_t)s);
        CHECK_OK(ntk_target_evaluate(target, &Y, &X));
        CHECK_OK(ntk_sample_energies(context, &out, &out_total, &X, &Y, &options));
        for (int k = 0; k <= DEGREES; k++) {
            const double *found = k < DEGREES ? got[k] : sum;
            z[k].deviation[s] = found[0] - (k < DEGREES ? want[k] : total)[0];
            z[k].error[s] = found[1];
        }
    }
    for (int k = 0; k <= DEGREES; k++) check_spread(&z[k], "degree", k);
    ntk_target_destroy(target);
}
END_TEST

START_TEST(projections_agree_with_the_formula)
{
    static double x[SAMPLES][D], y[SAMPLES];
    static spread z[POINTS];
    ntk_target *target = three_relus();
    int32_t law = laws[_i];
    double at[POINTS][D], want[POINTS], got[POINTS], error[POINTS];
    ntk_matrix X = ntk_matrix_f64(x[0], SAMPLES, D), Y = ntk_matrix_f64(y, SAMPLES, 1),
               places = ntk_matrix_f64(at[0], POINTS, D), all = ntk_matrix_f64(want, POINTS, 1),
               out = ntk_matrix_f64(got, POINTS, 1), errors = ntk_matrix_f64(error, POINTS, 1);
    const ntk_degree_options options = options_of(law, 0);
    draw(at[0], POINTS, D, law, 7);
    for (int degree = 0; degree < DEGREES; degree++) {
        CHECK_OK(ntk_target_project(target, &all, NULL, &places, degree, &options));
        for (int s = 0; s < SEEDS; s++) {
            draw(x[0], SAMPLES, D, law, 200 + (uint64_t)s);
            CHECK_OK(ntk_target_evaluate(target, &Y, &X));
            CHECK_OK(ntk_sample_projection(context, &out, &errors, &places, &X, &Y, degree, &options));
            for (int i = 0; i < POINTS; i++) {
                z[i].deviation[s] = got[i] - want[i];
                z[i].error[s] = error[i];
            }
        }
        for (int i = 0; i < POINTS; i++) check_spread(&z[i], "point", i);
    }
    ntk_target_destroy(target);
}
END_TEST

/* --- functions of the caller's --- */

typedef struct own {
    _Atomic int64_t released;
    int answer;
    double spoil;
} own;

/* x_0 + x_1 x_2 */
static int evaluate(void *user, const ntk_matrix *y, const ntk_matrix *x)
{
    const own *f = user;
    for (int64_t i = 0; i < x->rows; i++) test_set(y, i, 0, test_get(x, i, 0) + test_get(x, i, 1) * test_get(x, i, 2));
    if (f->spoil != 0) test_set(y, 0, 0, f->spoil);
    return f->answer;
}

static void release(void *user)
{
    ((own *)user)->released++;
}

/* 4000 samples: energies of 1 and 25 / 35 within 5 standard errors, and these below 0.08. */
START_TEST(functions_of_the_callers)
{
    own user = {0};
    const ntk_target_functions functions = {sizeof functions, evaluate, &user, release, 5, 0};
    ntk_target *target;
    double energies[4][2], total[2], value, x[5] = {1, 1, 1, 1, 1}, error;
    const double want[] = {0, 1, 25.0 / 35, 0};
    ntk_matrix view = ntk_matrix_f64(energies[0], 4, 2), sum = ntk_matrix_f64(total, 1, 2), at = ntk_matrix_f64(x, 1, 5),
               out = ntk_matrix_f64(&value, 1, 1), errors = ntk_matrix_f64(&error, 1, 1);
    ntk_degree_options options = options_of(NTK_INPUTS_SPHERE, 3);
    options.samples = 4000;
    CHECK_OK(ntk_target_create_user(context, &target, &functions));
    ck_assert_int_eq(ntk_target_inputs(target), 5);
    CHECK_OK(ntk_target_energies(target, &view, &sum, &options));
    for (int k = 0; k < 4; k++) {
        ck_assert_double_le(fabs(energies[k][0] - want[k]), 5 * energies[k][1]);
        ck_assert_double_le(energies[k][1], 0.08);
    }
    ck_assert_double_le(fabs(total[0] - 1 - 25.0 / 35), 5 * total[1]);
    CHECK_OK(ntk_target_project(target, &out, &errors, &at, 1, &options));
    ck_assert_double_le(fabs(value - 1), 5 * error);
    CHECK_OK(ntk_target_evaluate(target, &out, &at));
    ck_assert(value == 2);
    user.answer = 3;
    CHECK_STATUS(ntk_target_evaluate(target, &out, &at), NTK_ERR_CALLBACK);
    CHECK_MESSAGE("returned 3");
    user.answer = 0;
    user.spoil = (double)NAN;
    CHECK_STATUS(ntk_target_energies(target, &view, NULL, &options), NTK_ERR_CALLBACK);
    CHECK_MESSAGE("NaN");
    ntk_target_destroy(target);
    ck_assert_int_eq(user.released, 1);
}
END_TEST

START_TEST(what_is_refused)
{
    double x[4][2] = {{1, 1}, {1, -1}, {-1, 1}, {1, 1.1}}, y[4] = {0}, energies[2][2];
    ntk_matrix X = ntk_matrix_f64(x[0], 4, 2), Y = ntk_matrix_f64(y, 4, 1), out = ntk_matrix_f64(energies[0], 2, 2);
    ntk_degree_options options = NTK_INIT(ntk_degree_options);
    CHECK_STATUS(ntk_sample_energies(context, &out, NULL, &X, &Y, &options), NTK_ERR_VALUE);
    CHECK_MESSAGE("row 3 of x");
    X.rows = Y.rows = 3;
    CHECK_STATUS(ntk_sample_energies(context, &out, NULL, &X, &Y, &options), NTK_ERR_SHAPE);
    CHECK_MESSAGE("expected at least 4");
    options.law = 5;
    CHECK_STATUS(ntk_sample_energies(context, &out, NULL, &X, &Y, &options), NTK_ERR_OPTION);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("degrees from samples");
    TCase *tests = test_case(suite, "degrees from samples");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, drawn_samples_are_of_the_law);
    tcase_add_test(tests, kernels_of_degrees);
    tcase_add_test(tests, energies_are_the_definition);
    tcase_add_loop_test(tests, energies_agree_with_the_formula, 0, 2);
    tcase_add_loop_test(tests, projections_agree_with_the_formula, 0, 2);
    tcase_add_test(tests, functions_of_the_callers);
    tcase_add_test(tests, what_is_refused);
    return test_run(suite);
}
