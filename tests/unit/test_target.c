/* Targets by formula: closed forms in long double, polynomials against activations that are the same, and networks. */
#include "theory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { DEGREES = 9, TERMS = 3, POINTS = 6 };
static const double UNIT = DBL_EPSILON / 2;
static const int64_t dimensions[] = {1, 2, 10, 5000};
static const int32_t laws[] = {NTK_INPUTS_SPHERE, NTK_INPUTS_GAUSSIAN};

static ntk_degree_options options_of(int32_t law)
{
    ntk_degree_options options = NTK_INIT(ntk_degree_options);
    options.law = law;
    return options;
}

/* energies of both columns, of which the error must be 0 */
static void find_energies(const ntk_target *target, int32_t law, double *energies, int64_t degrees, double total[2])
{
    double both[64][NTK_ENERGY_COLUMNS];
    ntk_matrix view = ntk_matrix_f64(both[0], degrees, NTK_ENERGY_COLUMNS), sum = ntk_matrix_f64(total, 1, NTK_ENERGY_COLUMNS);
    const ntk_degree_options options = options_of(law);
    CHECK_OK(ntk_target_energies(target, &view, total ? &sum : NULL, &options));
    for (int64_t k = 0; k < degrees; k++) {
        energies[k] = both[k][NTK_ENERGY_VALUE];
        ck_assert(both[k][NTK_ENERGY_ERROR] == 0);
    }
}

static double project(const ntk_target *target, int32_t law, const double *x, int64_t degree)
{
    const ntk_degree_options options = options_of(law);
    double value, error = -1;
    ntk_matrix out = ntk_matrix_f64(&value, 1, 1), errors = ntk_matrix_f64(&error, 1, 1),
               at = ntk_matrix_const_f64(x, 1, ntk_target_inputs(target));
    CHECK_OK(ntk_target_project(target, &out, &errors, &at, degree, &options));
    ck_assert(error == 0);
    return value;
}

static double evaluate(const ntk_target *target, const double *x)
{
    double value;
    ntk_matrix out = ntk_matrix_f64(&value, 1, 1), at = ntk_matrix_const_f64(x, 1, ntk_target_inputs(target));
    CHECK_OK(ntk_target_evaluate(target, &out, &at));
    return value;
}

static double *draw(int32_t law, int64_t n, int64_t d, uint64_t seed)
{
    double *x = oracle_memory(n * d, sizeof *x);
    ntk_matrix view = ntk_matrix_f64(x, n, d);
    CHECK_OK(ntk_inputs_draw(context, &view, law, seed));
    return x;
}

/* --- sums of ReLUs --- */

typedef struct scene {
    int64_t d;
    double *w, c[TERMS];
    ntk_target *target;
} scene;

static scene make_scene(int64_t d, int32_t kind)
{
    scene s = {.d = d, .w = oracle_memory(TERMS * d, sizeof(double)), .c = {1, -0.5, 0.75}};
    ntk_activation *activation = theory_activation(context, kind);
    const ntk_activation *all[TERMS] = {activation, activation, activation};
    for (int64_t i = 0; i < TERMS * d; i++) s.w[i] = test_uniform(11, i) / sqrt((double)d) * (1 + (double)(i / d));
    ntk_matrix weights = ntk_matrix_const_f64(s.w, TERMS, d), coefficients = ntk_matrix_const_f64(s.c, TERMS, 1);
    CHECK_OK(ntk_target_create_sum(context, &s.target, all, &weights, &coefficients));
    ntk_activation_destroy(activation);
    return s;
}

static void free_scene(scene *s)
{
    ntk_target_destroy(s->target);
    free(s->w);
}

static long double dot(const double *a, const double *b, int64_t d)
{
    long double sum = 0;
    for (int64_t j = 0; j < d; j++) sum += (long double)a[j] * b[j];
    return sum;
}

static long double cosine(const scene *s, int a, const double *x)
{
    const double *w = s->w + a * s->d;
    long double t = dot(w, x, s->d) / sqrtl(dot(w, w, s->d)) / sqrtl(dot(x, x, s->d));
    return t > 1 ? 1 : t < -1 ? -1 : t;
}

static long double gegenbauer(int64_t d, int64_t degree, long double t)
{
    long double last = 0, now = 1, n = (long double)d;
    for (int64_t k = 0; k < degree; k++) {
        long double j = (long double)k, next = k == 0 ? t : d == 1 ? 0 : ((2 * j + n - 2) * t * now - j * last) / (j + n - 2);
        last = now;
        now = next;
    }
    return now;
}

static long double multiplicity(int64_t d, int64_t k)
{
    return d > 1 ? oracle_multiplicity(d, k) : k < 2;
}

/* l_mk of the header, of |w| = 1. */
static long double relu_degree(int64_t d, int64_t k)
{
    if (d == 1) return k < 2 ? 0.5L : 0;
    return oracle_ramp_degree(d, k, 0) * sqrtl((long double)d);
}

/* Roots of energies to 64 roundings of the terms' sum of sizes, and inner products of directions, by Q_1' = 1, to 6 sqrt(d); degrees
 * whose slopes are larger have so much less energy. */
START_TEST(energies_of_a_sum)
{
    int64_t d = dimensions[_i];
    scene s = make_scene(d, NTK_RELU);
    double energies[DEGREES], size = 0;
    find_energies(s.target, NTK_INPUTS_SPHERE, energies, DEGREES, NULL);
    for (int a = 0; a < TERMS; a++) size += fabs(s.c[a]) * (double)sqrtl(dot(s.w + a * d, s.w + a * d, d));
    for (int64_t k = 0; k < DEGREES; k++) {
        long double want = 0, l = relu_degree(d, k);
        for (int a = 0; a < TERMS; a++)
            for (int b = 0; b < TERMS; b++)
                want += s.c[a] * s.c[b] * sqrtl(dot(s.w + a * d, s.w + a * d, d)) * sqrtl(dot(s.w + b * d, s.w + b * d, d)) *
                        gegenbauer(d, k, cosine(&s, a, s.w + b * d));
        want *= multiplicity(d, k) * l * l;
        ck_assert_double_eq_tol(energies[k], (double)want, (64 + 6 * sqrt((double)d)) * UNIT * size * size);
    }
    free_scene(&s);
}
END_TEST

/* The arc-cosine kernel, as ReLU is homogeneous; what the total lacks is within its bound. */
START_TEST(total_of_a_sum)
{
    int64_t d = dimensions[_i];
    scene s = make_scene(d, NTK_RELU);
    double energies[DEGREES], total[2], want = 0;
    for (int a = 0; a < TERMS; a++)
        for (int b = 0; b < TERMS; b++) {
            double rho = (double)cosine(&s, a, s.w + b * d), theta = acos(rho);
            double lengths = sqrt((double)(dot(s.w + a * d, s.w + a * d, d) * dot(s.w + b * d, s.w + b * d, d)));
            want += s.c[a] * s.c[b] * lengths * (sin(theta) + (acos(-1) - theta) * rho) / (2 * acos(-1));
        }
    for (int law = 0; law < 2; law++) {
        find_energies(s.target, laws[law], energies, DEGREES, total);
        ck_assert_double_le(fabs(total[NTK_ENERGY_VALUE] - want), total[NTK_ENERGY_ERROR] + 1e-13 * want);
        ck_assert_double_le(total[NTK_ENERGY_ERROR], 1e-3);
    }
    free_scene(&s);
}
END_TEST

/* P_k f = sum_m c_m |w_m| B l_mk Q_k, whose terms are at most B l: the error of the root of an energy times sqrt(B). */
START_TEST(projections_of_a_sum)
{
    int64_t d = dimensions[_i], degree = d > 10 ? 2 : 6;
    scene s = make_scene(d, NTK_RELU);
    double *x = draw(NTK_INPUTS_SPHERE, POINTS, d, 3);
    for (int i = 0; i < POINTS; i++) {
        long double want = 0;
        for (int64_t k = 0; k <= degree; k++)
            for (int a = 0; a < TERMS; a++)
                want += s.c[a] * sqrtl(dot(s.w + a * d, s.w + a * d, d)) * multiplicity(d, k) * relu_degree(d, k) *
                        gegenbauer(d, k, cosine(&s, a, x + i * d));
        double tolerance = 256 * UNIT * sqrt((double)multiplicity(d, d == 1 ? 1 : degree));
        ck_assert_double_eq_tol(project(s.target, NTK_INPUTS_SPHERE, x + i * d, degree), (double)want, tolerance);
    }
    free(x);
    free_scene(&s);
}
END_TEST

/* sin has no degrees to speak of above 40: sin(a z) of a < 4 some 1e-10 of a^k / sqrt(k!) times a polynomial's size. */
START_TEST(all_degrees_are_the_function)
{
    enum { D = 4 };
    scene s = make_scene(D, NTK_SIN);
    for (int law = 0; law < 2; law++) {
        double *x = draw(laws[law], POINTS, D, 4);
        for (int i = 0; i < POINTS; i++)
            ck_assert_double_eq_tol(project(s.target, laws[law], x + i * D, 50), evaluate(s.target, x + i * D), 1e-9);
        free(x);
    }
    free_scene(&s);
}
END_TEST

/* Several activations, of lengths that are not 1, and a zero vector. */
START_TEST(activations_may_differ)
{
    enum { D = 5 };
    double w[3][D] = {{0, 1.5, 0, 0, 0}, {0, 0, -2, 0, 0}, {0}}, one = 1, energies[DEGREES], first[DEGREES], second[DEGREES];
    const double c[] = {1, 2, 3};
    ntk_activation *gelu = theory_activation(context, NTK_GELU), *cosine_ = theory_activation(context, NTK_COS);
    const ntk_activation *all[] = {gelu, cosine_, cosine_};
    ntk_matrix weights = ntk_matrix_const_f64(w[0], 3, D), coefficients = ntk_matrix_const_f64(c, 3, 1),
               single = ntk_matrix_const_f64(&one, 1, 1);
    ntk_target *sum, *parts[2];
    CHECK_OK(ntk_target_create_sum(context, &sum, all, &weights, &coefficients));
    weights.rows = 1;
    CHECK_OK(ntk_target_create_sum(context, &parts[0], all, &weights, &single));
    weights.data = w[1];
    CHECK_OK(ntk_target_create_sum(context, &parts[1], all + 1, &weights, &single));
    for (int law = 0; law < 2; law++) {
        find_energies(sum, laws[law], energies, DEGREES, NULL);
        find_energies(parts[0], laws[law], first, DEGREES, NULL);
        find_energies(parts[1], laws[law], second, DEGREES, NULL);
        /* orthogonal directions share degree 0, whose means are positive, and even ones; the zero vector adds cos(0) */
        ck_assert_double_eq_tol(energies[0], pow(sqrt(first[0]) + 2 * sqrt(second[0]) + 3, 2), 1e-13);
        for (int k = 1; k < DEGREES; k += 2) ck_assert_double_eq_tol(energies[k], first[k] + 4 * second[k], 1e-14);
    }
    const double x[D] = {0.1, 0.2, 0.3, 0.4, 0.5};
    double gelu_of = 0.3 * 0.5 * erfc(-0.3 / sqrt(2));
    ck_assert_double_eq_tol(evaluate(sum, x), gelu_of + 2 * cos(-0.6) + 3, 8 * UNIT * 6);
    ntk_target *const targets[] = {sum, parts[0], parts[1]};
    for (int i = 0; i < 3; i++) ntk_target_destroy(targets[i]);
    ntk_activation_destroy(gelu);
    ntk_activation_destroy(cosine_);
}
END_TEST

/* --- polynomials --- */

static ntk_target *polynomial(const int64_t *exponents, const double *coefficients, int64_t count, int64_t d)
{
    ntk_matrix view = ntk_matrix_const_f64(coefficients, count, 1);
    ntk_target *target;
    CHECK_OK(ntk_target_create_polynomial(context, &target, exponents, &view, d));
    return target;
}

/* x_1 x_2 x_3 = sum over signs of s s' (x_1 + s x_2 + s' x_3)^3 / 24; and x_1^2 - 1. */
START_TEST(polynomials_of_one_degree)
{
    static const int64_t d[] = {3, 10, 5000};
    static int64_t exponents[2 * 5000];
    for (int a = 0; a < 3; a++) {
        int64_t n = d[a];
        const double one = 1, minus[] = {1, -1};
        double energies[6], total[2], m = (double)n;
        memset(exponents, 0, sizeof exponents);
        exponents[0] = exponents[1] = exponents[2] = 1;
        ntk_target *cubic = polynomial(exponents, &one, 1, n);
        memset(exponents, 0, sizeof exponents);
        exponents[0] = 2;
        ntk_target *square = polynomial(exponents, minus, 2, n);
        for (int law = 0; law < 2; law++) {
            bool sphere = laws[law] == NTK_INPUTS_SPHERE;
            double want = sphere ? m * m / ((m + 2) * (m + 4)) : 1;
            find_energies(cubic, laws[law], energies, 6, total);
            for (int k = 0; k < 6; k++) ck_assert_double_eq_tol(energies[k], k == 3 ? want : 0, 1e-14);
            ck_assert_double_eq_tol(total[0], want, 1e-14);
            want = sphere ? 2 * (m - 1) / (m + 2) : 2;
            find_energies(square, laws[law], energies, 6, total);
            for (int k = 0; k < 6; k++) ck_assert_double_eq_tol(energies[k], k == 2 ? want : 0, 1e-14);
        }
        ntk_target_destroy(cubic);
        ntk_target_destroy(square);
    }
}
END_TEST

static ntk_target *monomials(int64_t d)
{
    double w[4][64] = {{0}};
    const double c[] = {1.0 / 24, -1.0 / 24, -1.0 / 24, 1.0 / 24};
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *cube;
    ntk_target *target;
    options.degree = 3;
    CHECK_OK(ntk_activation_create(context, &cube, NTK_MONOMIAL, &options));
    const ntk_activation *const all[] = {cube, cube, cube, cube};
    for (int i = 0; i < 4; i++) {
        w[i][0] = 1;
        w[i][1] = i / 2 ? -1 : 1;
        w[i][2] = i % 2 ? -1 : 1;
    }
    ntk_matrix weights = ntk_matrix_const_f64(w[0], 4, d), coefficients = ntk_matrix_const_f64(c, 4, 1);
    weights.stride = 64;
    CHECK_OK(ntk_target_create_sum(context, &target, all, &weights, &coefficients));
    ntk_activation_destroy(cube);
    return target;
}

/* By both ways, to the rounding of 4 cubes of length 3^(3/2) / 24. */
START_TEST(polynomials_are_sums_of_monomials)
{
    enum { D = 7 };
    const int64_t exponents[D] = {1, 1, 1};
    const double one = 1;
    ntk_target *cubic = polynomial(exponents, &one, 1, D), *sum = monomials(D);
    for (int law = 0; law < 2; law++) {
        double a[6], b[6], *x = draw(laws[law], POINTS, D, 5);
        find_energies(cubic, laws[law], a, 6, NULL);
        find_energies(sum, laws[law], b, 6, NULL);
        for (int k = 0; k < 6; k++) ck_assert_double_eq_tol(a[k], b[k], 1e-13);
        for (int i = 0; i < POINTS; i++) {
            ck_assert_double_eq_tol(evaluate(cubic, x + i * D), evaluate(sum, x + i * D), 1e-13);
            for (int k = 0; k < 5; k++)
                ck_assert_double_eq_tol(project(cubic, laws[law], x + i * D, k), project(sum, laws[law], x + i * D, k), 1e-13);
        }
        free(x);
    }
    ntk_target_destroy(cubic);
    ntk_target_destroy(sum);
}
END_TEST

/* f = x_1^4 + 2 x_1 x_2^2 - 3: energies sum to the mean of f^2, which is the degree 0 of f^2, and degrees to f; a power of one
 * variable has the degrees of that activation. */
START_TEST(degrees_of_polynomials_sum)
{
    static const int64_t d[] = {2, 3, 12};
    const double c[] = {1, 2, -3}, cc[] = {1, 4, -6, 4, -12, 9}, one = 1;
    for (int a = 0; a < 3; a++) {
        int64_t n = d[a], f[3 * 12] = {0}, ff[6 * 12] = {0};
        const int64_t fs[3][2] = {{4, 0}, {1, 2}, {0, 0}}, ffs[6][2] = {{8, 0}, {5, 2}, {4, 0}, {2, 4}, {1, 2}, {0, 0}};
        for (int m = 0; m < 3; m++) f[m * n] = fs[m][0], f[m * n + 1] = fs[m][1];
        for (int m = 0; m < 6; m++) ff[m * n] = ffs[m][0], ff[m * n + 1] = ffs[m][1];
        ntk_target *target = polynomial(f, c, 3, n), *squared = polynomial(ff, cc, 6, n), *power = polynomial(f, &one, 1, n);
        for (int law = 0; law < 2; law++) {
            double energies[6], total[2], mean[1], *x = draw(laws[law], POINTS, n, 6), sum = 0;
            find_energies(target, laws[law], energies, 6, total);
            find_energies(squared, laws[law], mean, 1, NULL);
            for (int k = 0; k < 6; k++) sum += energies[k];
            ck_assert_double_eq_tol(sum, total[0], 1e-13 * total[0]);
            ck_assert_double_eq_tol(sqrt(mean[0]), total[0], 1e-13 * total[0]);
            for (int i = 0; i < POINTS; i++) {
                double value = evaluate(target, x + i * n);
                ck_assert_double_eq_tol(value, pow(x[i * n], 4) + 2 * x[i * n] * pow(x[i * n + 1], 2) - 3, 1e-12);
                ck_assert_double_eq_tol(project(target, laws[law], x + i * n, 4), value, 1e-12 * (1 + total[0]));
            }
            free(x);
        }
        double by_power[6], by_activation[6];
        ntk_activation_options options = NTK_INIT(ntk_activation_options);
        ntk_activation *fourth;
        ntk_matrix view = ntk_matrix_f64(by_activation, 6, 1);
        options.degree = 4;
        CHECK_OK(ntk_activation_create(context, &fourth, NTK_MONOMIAL, &options));
        CHECK_OK(ntk_theory_target_energies(context, &view, fourth, n));
        find_energies(power, NTK_INPUTS_SPHERE, by_power, 6, NULL);
        for (int k = 0; k < 6; k++) ck_assert_double_eq_tol(by_power[k], by_activation[k], 1e-13 * 100);
        ntk_activation_destroy(fourth);
        ntk_target_destroy(target);
        ntk_target_destroy(squared);
        ntk_target_destroy(power);
    }
}
END_TEST

/* x^3 - x is 0 on the two points of d = 1, and h_1, h_3 of normals: x^3 - x = sqrt(6) h_3 + 2 h_1. */
START_TEST(polynomials_of_one_input)
{
    const int64_t exponents[] = {3, 1};
    const double c[] = {1, -1};
    double energies[5];
    ntk_target *target = polynomial(exponents, c, 2, 1);
    find_energies(target, NTK_INPUTS_SPHERE, energies, 5, NULL);
    for (int k = 0; k < 5; k++) ck_assert(energies[k] == 0);
    find_energies(target, NTK_INPUTS_GAUSSIAN, energies, 5, NULL);
    for (int k = 0; k < 5; k++) ck_assert_double_eq_tol(energies[k], k == 1 ? 4 : k == 3 ? 6 : 0, 1e-14);
    ntk_target_destroy(target);
}
END_TEST

START_TEST(bad_polynomials)
{
    const int64_t negative[] = {0, -1}, high[] = {60, 5};
    const double one = 1, nan_ = (double)NAN;
    ntk_matrix view = ntk_matrix_const_f64(&one, 1, 1);
    ntk_target *target;
    CHECK_STATUS(ntk_target_create_polynomial(context, &target, negative, &view, 2), NTK_ERR_VALUE);
    CHECK_MESSAGE("exponents[1] is -1");
    CHECK_STATUS(ntk_target_create_polynomial(context, &target, high, &view, 2), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_target_create_polynomial(context, &target, NULL, &view, 2), NTK_ERR_NULL);
    CHECK_STATUS(ntk_target_create_polynomial(context, &target, high, &view, 0), NTK_ERR_SHAPE);
    view.data = (void *)(uintptr_t)&nan_;
    CHECK_STATUS(ntk_target_create_polynomial(context, &target, high, &view, 1), NTK_ERR_VALUE);
    ck_assert_ptr_null(target);
}
END_TEST

/* --- networks --- */

START_TEST(networks_are_sums)
{
    enum { D = 6, N = 20 };
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *activation = theory_activation(context, NTK_TANH);
    options.inputs = D;
    options.hidden = N;
    options.seed = 8;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    for (int kind = 0; kind < 3; kind++) { /* plain; antisymmetric; of two layers with biases and outputs */
        ntk_network *network;
        ntk_target *target;
        options.antisymmetric = kind == 1;
        options.layers = kind == 2 ? 2 : 0;
        options.bias_scale = kind == 2 ? 0.3 : 0;
        options.outputs = kind == 2 ? 3 : 0;
        CHECK_OK(ntk_network_create(context, &network, activation, &options));
        CHECK_OK(ntk_target_create_network(context, &target, network));
        double *x = draw(NTK_INPUTS_SPHERE, POINTS, D, 9), y[POINTS][3], *values = oracle_memory(POINTS, sizeof *values);
        ntk_matrix view = ntk_matrix_const_f64(x, POINTS, D), out = ntk_matrix_f64(y[0], POINTS, ntk_network_outputs(network)),
                   column = ntk_matrix_f64(values, POINTS, 1);
        out.stride = 3;
        CHECK_OK(ntk_network_forward(network, &out, &view));
        CHECK_OK(ntk_target_evaluate(target, &column, &view));
        for (int i = 0; i < POINTS; i++) ck_assert_double_eq_tol(values[i], y[i][0], 1e-13);
        double energies[2][NTK_ENERGY_COLUMNS];
        ntk_matrix both = ntk_matrix_f64(energies[0], 2, NTK_ENERGY_COLUMNS);
        CHECK_OK(ntk_target_energies(target, &both, NULL, NULL));
        ck_assert_int_eq(energies[1][NTK_ENERGY_ERROR] > 0, kind == 2);
        ck_assert_int_eq(energies[1][NTK_ENERGY_VALUE] > 0, kind != 1);
        ntk_target_destroy(target);
        ntk_network_destroy(network);
        free(values);
        free(x);
    }
    ntk_activation_destroy(activation);
}
END_TEST

START_TEST(what_is_refused)
{
    scene s = make_scene(4, NTK_RELU);
    double x[4] = {1, 1, 1, 1.1}, value = 7;
    ntk_matrix at = ntk_matrix_const_f64(x, 1, 4), out = ntk_matrix_f64(&value, 1, 1);
    ntk_degree_options options = NTK_INIT(ntk_degree_options);
    CHECK_STATUS(ntk_target_project(s.target, &out, NULL, &at, 2, &options), NTK_ERR_VALUE);
    CHECK_MESSAGE("expected sqrt(d) = 2");
    CHECK_STATUS(ntk_target_project(s.target, &out, NULL, &at, -1, &options), NTK_ERR_VALUE);
    CHECK_STATUS(ntk_target_project(s.target, &out, NULL, &at, 2048, &options), NTK_ERR_VALUE);
    ck_assert(value == 7);
    options.law = NTK_INPUTS_GAUSSIAN;
    CHECK_OK(ntk_target_project(s.target, &out, NULL, &at, 2, &options));
    ck_assert_int_eq(ntk_target_inputs(NULL), -1);
    free_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("targets");
    TCase *tests = test_case(suite, "targets");
    const int all = (int)(sizeof dimensions / sizeof dimensions[0]);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, energies_of_a_sum, 0, all);
    tcase_add_loop_test(tests, total_of_a_sum, 0, all);
    tcase_add_loop_test(tests, projections_of_a_sum, 0, all);
    tcase_add_test(tests, all_degrees_are_the_function);
    tcase_add_test(tests, activations_may_differ);
    tcase_add_test(tests, polynomials_of_one_degree);
    tcase_add_test(tests, polynomials_are_sums_of_monomials);
    tcase_add_test(tests, degrees_of_polynomials_sum);
    tcase_add_test(tests, polynomials_of_one_input);
    tcase_add_test(tests, bad_polynomials);
    tcase_add_test(tests, networks_are_sums);
    tcase_add_test(tests, what_is_refused);
    return test_run(suite);
}
