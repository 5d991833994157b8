/* Targets at the ends of what can be represented, and of very many terms. */
#include "theory.h"

#include <math.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

static const int32_t laws[] = {NTK_INPUTS_SPHERE, NTK_INPUTS_GAUSSIAN};

static ntk_degree_options options_of(int32_t law)
{
    ntk_degree_options options = NTK_INIT(ntk_degree_options);
    options.law = law;
    return options;
}

/* --- samples --- */

enum { N = 40, D = 3, DEGREES = 3, POINTS = 4 };

/* Energies and projections, with their errors, of values times 2^exponent. */
typedef struct findings {
    double energies[DEGREES][NTK_ENERGY_COLUMNS], total[NTK_ENERGY_COLUMNS], values[POINTS], errors[POINTS];
} findings;

static findings find(int32_t law, int exponent)
{
    double x[N][D], y[N];
    findings found;
    ntk_matrix X = ntk_matrix_f64(x[0], N, D), Y = ntk_matrix_f64(y, N, 1), at = ntk_matrix_f64(x[0], POINTS, D),
               energies = ntk_matrix_f64(found.energies[0], DEGREES, NTK_ENERGY_COLUMNS),
               total = ntk_matrix_f64(found.total, 1, NTK_ENERGY_COLUMNS), values = ntk_matrix_f64(found.values, POINTS, 1),
               errors = ntk_matrix_f64(found.errors, POINTS, 1);
    const ntk_degree_options options = options_of(law);
    CHECK_OK(ntk_inputs_draw(context, &X, law, 5));
    for (int i = 0; i < N; i++) y[i] = ldexp(1 + x[i][0] + x[i][1] * x[i][2], exponent);
    CHECK_OK(ntk_sample_energies(context, &energies, &total, &X, &Y, &options));
    CHECK_OK(ntk_sample_projection(context, &values, &errors, &at, &X, &Y, 2, &options));
    return found;
}

/* A power of two changes no digit, also where squares of energies could not be represented. */
START_TEST(values_of_any_size)
{
    static const int exponents[] = {-400, 400};
    for (int law = 0; law < 2; law++) {
        findings one = find(laws[law], 0);
        for (int k = 0; k < DEGREES; k++) ck_assert_double_gt(one.energies[k][NTK_ENERGY_ERROR], 0);
        for (int e = 0; e < 2; e++) {
            findings other = find(laws[law], exponents[e]);
            for (int c = 0; c < NTK_ENERGY_COLUMNS; c++) {
                for (int k = 0; k < DEGREES; k++)
                    ck_assert(other.energies[k][c] == ldexp(one.energies[k][c], 2 * exponents[e]));
                ck_assert(other.total[c] == ldexp(one.total[c], 2 * exponents[e]));
            }
            for (int i = 0; i < POINTS; i++) {
                ck_assert(other.values[i] == ldexp(one.values[i], exponents[e]));
                ck_assert(other.errors[i] == ldexp(one.errors[i], exponents[e]));
            }
        }
    }
}
END_TEST

/* Of 1e9 + u in degree 0: the mean and its error, which squares of y would drown.  Sums of 512 are off by at most 512 roundings of 5e11,
 * 2e-5 of a mean, which deviations have squared, and differences of means, 1 / 500 of the variance, to 1e-3. */
START_TEST(errors_beside_a_large_mean)
{
    enum { MANY = 1100 };
    static double x[MANY], y[MANY];
    double at = 0, value, error;
    long double mean = 0, square = 0;
    ntk_matrix X = ntk_matrix_f64(x, MANY, 1), Y = ntk_matrix_f64(y, MANY, 1), place = ntk_matrix_f64(&at, 1, 1),
               values = ntk_matrix_f64(&value, 1, 1), errors = ntk_matrix_f64(&error, 1, 1);
    const ntk_degree_options options = options_of(NTK_INPUTS_GAUSSIAN);
    for (int i = 0; i < MANY; i++) {
        x[i] = test_uniform(1, i);
        y[i] = 1e9 + test_uniform(2, i);
        mean += y[i];
    }
    mean /= MANY;
    for (int i = 0; i < MANY; i++) square += (y[i] - mean) * (y[i] - mean);
    CHECK_OK(ntk_sample_projection(context, &values, &errors, &place, &X, &Y, 0, &options));
    ck_assert_double_eq_tol(value, (double)mean, 4e-5);
    ck_assert_double_eq_tol(error, (double)sqrtl(square / MANY / (MANY - 1)), 1e-5 * error);
}
END_TEST

/* --- what is too large --- */

/* 1e200 (max(0, x_1) - 2 max(0, w x)), whose rows of products are infinite with both signs in degree 0. */
START_TEST(sums_that_overflow)
{
    double w[2][2] = {{1, 0}, {0.6, 0.8}}, energy[NTK_ENERGY_COLUMNS] = {7, 7};
    const double c[] = {1e200, -2e200};
    ntk_activation *relu = theory_activation(context, NTK_RELU);
    const ntk_activation *all[] = {relu, relu};
    ntk_matrix weights = ntk_matrix_const_f64(w[0], 2, 2), coefficients = ntk_matrix_const_f64(c, 2, 1),
               view = ntk_matrix_f64(energy, 1, NTK_ENERGY_COLUMNS);
    ntk_target *target;
    CHECK_OK(ntk_target_create_sum(context, &target, all, &weights, &coefficients));
    for (int law = 0; law < 2; law++) {
        const ntk_degree_options options = options_of(laws[law]);
        CHECK_STATUS(ntk_target_energies(target, &view, NULL, &options), NTK_ERR_OVERFLOW);
        ck_assert(energy[0] == 7 && energy[1] == 7);
    }
    ntk_target_destroy(target);
    ntk_activation_destroy(relu);
}
END_TEST

/* 1e200 (x_1^2 - 1), which has degree 2 alone, whose sum is infinite with both signs. */
START_TEST(polynomials_that_overflow)
{
    const int64_t exponents[] = {2, 0, 0, 0};
    const double c[] = {1e200, -1e200};
    double energies[3][NTK_ENERGY_COLUMNS];
    ntk_matrix coefficients = ntk_matrix_const_f64(c, 2, 1), view = ntk_matrix_f64(energies[0], 3, NTK_ENERGY_COLUMNS);
    ntk_target *target;
    CHECK_OK(ntk_target_create_polynomial(context, &target, exponents, &coefficients, 2));
    for (int law = 0; law < 2; law++) {
        const ntk_degree_options options = options_of(laws[law]);
        CHECK_STATUS(ntk_target_energies(target, &view, NULL, &options), NTK_ERR_OVERFLOW);
        CHECK_MESSAGE("row 2");
    }
    ntk_target_destroy(target);
}
END_TEST

/* sign(1e160 x): its degrees do not depend on the length, whose square a total takes. */
START_TEST(long_weights)
{
    const double w = 1e160, one = 1;
    double energies[2][NTK_ENERGY_COLUMNS], total[NTK_ENERGY_COLUMNS];
    ntk_activation *sign = theory_activation(context, NTK_SIGN);
    const ntk_activation *all[] = {sign};
    ntk_matrix weights = ntk_matrix_const_f64(&w, 1, 1), coefficients = ntk_matrix_const_f64(&one, 1, 1),
               view = ntk_matrix_f64(energies[0], 2, NTK_ENERGY_COLUMNS), sum = ntk_matrix_f64(total, 1, NTK_ENERGY_COLUMNS);
    const ntk_degree_options options = options_of(NTK_INPUTS_GAUSSIAN);
    ntk_target *target;
    CHECK_OK(ntk_target_create_sum(context, &target, all, &weights, &coefficients));
    CHECK_OK(ntk_target_energies(target, &view, NULL, &options));
    ck_assert_double_eq_tol(energies[1][NTK_ENERGY_VALUE], 2 / acos(-1), 1e-15);
    CHECK_STATUS(ntk_target_energies(target, &view, &sum, &options), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("ntk_target_energies: weights of the length 1e+160");
    ntk_target_destroy(target);
    ntk_activation_destroy(sign);
}
END_TEST

/* --- polynomials of many terms --- */

enum { TERMS = 9000, SIDE = 7, PLACES = SIDE * SIDE * SIDE };

/* Of at most degree 6 in three variables, each monomial some hundred times, in no order. */
static void fill_terms(int64_t *exponents, double *coefficients)
{
    for (int64_t m = 0; m < TERMS; m++) {
        int64_t *e = exponents + 3 * m, j = m * 7919 % TERMS;
        e[0] = j % SIDE;
        e[1] = j / SIDE % (SIDE - e[0]);
        e[2] = j / SIDE / SIDE % (SIDE - e[0] - e[1]);
        coefficients[m] = test_uniform(3, m);
    }
}

/* The same with each monomial once. */
static int64_t gather(int64_t *exponents, double *coefficients, const int64_t *from, const double *c)
{
    static double sums[PLACES];
    int64_t found = 0;
    memset(sums, 0, sizeof sums);
    for (int64_t m = 0; m < TERMS; m++) sums[(from[3 * m] * SIDE + from[3 * m + 1]) * SIDE + from[3 * m + 2]] += c[m];
    for (int64_t p = 0; p < PLACES; p++) {
        if (sums[p] == 0) continue;
        exponents[3 * found] = p / SIDE / SIDE;
        exponents[3 * found + 1] = p / SIDE % SIDE;
        exponents[3 * found + 2] = p % SIDE;
        coefficients[found++] = sums[p];
    }
    return found;
}

static ntk_target *polynomial(const int64_t *exponents, const double *coefficients, int64_t count)
{
    ntk_matrix view = ntk_matrix_const_f64(coefficients, count, 1);
    ntk_target *target;
    CHECK_OK(ntk_target_create_polynomial(context, &target, exponents, &view, 3));
    return target;
}

/* Sums of a hundred numbers in another order, of energies that are sums of squares: to 1e-12. */
START_TEST(many_terms)
{
    static int64_t many[3 * TERMS], few[3 * PLACES];
    static double c[TERMS], sums[PLACES];
    fill_terms(many, c);
    int64_t count = gather(few, sums, many, c);
    ck_assert_int_eq(count, 84);
    ntk_target *const targets[] = {polynomial(many, c, TERMS), polynomial(few, sums, count)};
    for (int law = 0; law < 2; law++) {
        double energies[2][SIDE][NTK_ENERGY_COLUMNS], total[2][NTK_ENERGY_COLUMNS];
        const ntk_degree_options options = options_of(laws[law]);
        for (int t = 0; t < 2; t++) {
            ntk_matrix view = ntk_matrix_f64(energies[t][0], SIDE, NTK_ENERGY_COLUMNS),
                       sum = ntk_matrix_f64(total[t], 1, NTK_ENERGY_COLUMNS);
            CHECK_OK(ntk_target_energies(targets[t], &view, &sum, &options));
        }
        for (int k = 0; k < SIDE; k++) ck_assert_double_eq_tol(energies[0][k][0], energies[1][k][0], 1e-12 * total[1][0]);
    }
    for (int t = 0; t < 2; t++) ntk_target_destroy(targets[t]);
}
END_TEST

static int stop(void *user, const char *stage, double fraction)
{
    (void)user, (void)stage, (void)fraction;
    return 1;
}

START_TEST(many_terms_can_be_stopped)
{
    static int64_t many[3 * TERMS];
    static double c[TERMS];
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *own;
    ntk_target *target;
    ntk_matrix view = ntk_matrix_const_f64(c, TERMS, 1);
    options.progress = stop;
    CHECK_OK(ntk_context_create(&own, &options));
    fill_terms(many, c);
    CHECK_STATUS(ntk_target_create_polynomial(own, &target, many, &view, 3), NTK_ERR_CANCELLED);
    ck_assert_ptr_null(target);
    ntk_context_destroy(own);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits of targets");
    TCase *tests = test_case(suite, "limits of targets");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, values_of_any_size);
    tcase_add_test(tests, errors_beside_a_large_mean);
    tcase_add_test(tests, sums_that_overflow);
    tcase_add_test(tests, polynomials_that_overflow);
    tcase_add_test(tests, long_weights);
    tcase_add_test(tests, many_terms);
    tcase_add_test(tests, many_terms_can_be_stopped);
    return test_run(suite);
}
