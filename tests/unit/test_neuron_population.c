/* The population of one ReLU neuron: its closed form against integrals over the circle, at zero, and where it overflows. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static const double UNIT = DBL_EPSILON / 2;
static const long double PI = 3.14159265358979323846264338327950288L;

enum { NODES = 24, KINKS = 4 };

typedef struct population {
    long double loss, gradient[2], size; /* size: the largest gradient that such residuals could have */
} population;

static long double ramp(const double *w, const long double *e)
{
    long double u = (long double)w[0] * e[0] + (long double)w[1] * e[1];
    return u > 0 ? u : 0;
}

/* E r^2 = (1/pi) times the integral of r^2 over directions e, and its gradient (2/pi) times that of r e over those with <w, e> > 0:
 * where both are active r is the ramp of the difference, which so has all its digits. */
static void add_direction(population *p, const double *w, const double *truth, long double angle, long double weight)
{
    const long double e[2] = {cosl(angle), sinl(angle)};
    long double mine = ramp(w, e), other = ramp(truth, e), r = mine - other;
    if (mine > 0 && other > 0)
        r = ((long double)w[0] - (long double)truth[0]) * e[0] + ((long double)w[1] - (long double)truth[1]) * e[1];
    p->loss += weight * r * r / PI;
    if (!(mine > 0)) return;
    for (int k = 0; k < 2; k++) p->gradient[k] += 2 * weight * r * e[k] / PI;
    p->size += 2 * weight * fabsl(r) / PI;
}

static int compare(const void *a, const void *b)
{
    long double x = *(const long double *)a, y = *(const long double *)b;
    return (x > y) - (x < y);
}

static population integrate(const double *w, const double *truth)
{
    long double nodes[NODES], weights[NODES], ends[KINKS + 1];
    const double *const both[] = {w, truth};
    population p = {0};
    oracle_legendre(nodes, weights, NODES);
    for (int i = 0; i < KINKS; i++) {
        long double angle = atan2l((long double)both[i / 2][1], (long double)both[i / 2][0]) + (i % 2 ? PI / 2 : -PI / 2);
        ends[i] = angle < -PI ? angle + 2 * PI : angle >= PI ? angle - 2 * PI : angle;
    }
    qsort(ends, KINKS, sizeof ends[0], compare);
    ends[KINKS] = ends[0] + 2 * PI;
    for (int i = 0; i < KINKS; i++)
        for (int k = 0; k < NODES; k++) {
            long double half = (ends[i + 1] - ends[i]) / 2;
            add_direction(&p, w, truth, ends[i] + half * (1 + nodes[k]), half * weights[k]);
        }
    return p;
}

/* What the closed form may lack: some sixteen roundings of the loss, and of the gradient's terms, which are no larger than |w - w*|, or
 * beyond a right angle than |w| and |w*| times what the angle lacks of pi; with a margin of four. */
static void check_population(const double *w, const double *truth)
{
    double loss, gradient[2];
    ntk_matrix W = ntk_matrix_const_f64(w, 2, 1), T = ntk_matrix_const_f64(truth, 2, 1), G = ntk_matrix_f64(gradient, 2, 1);
    population p = integrate(w, truth);
    CHECK_OK(ntk_neuron_population(&loss, &G, &W, &T));
    ck_assert_msg(fabsl((long double)loss - p.loss) <= 64 * UNIT * p.loss, "loss %.17g, not %.17Lg", loss, p.loss);
    double inner = w[0] * truth[0] + w[1] * truth[1], crossed = w[0] * truth[1] - w[1] * truth[0];
    double size = hypot(w[0] - truth[0], w[1] - truth[1]), length = hypot(w[0], w[1]), other = hypot(truth[0], truth[1]);
    if (inner < 0) size = length + other * atan2(fabs(crossed), -inner);
    for (int k = 0; k < 2; k++)
        ck_assert_msg(fabsl((long double)gradient[k] - p.gradient[k]) <= 64 * UNIT * size, "gradient %.17g, not %.17Lg",
                      gradient[k], p.gradient[k]);
}

START_TEST(population_is_the_integral)
{
    static const double pairs[][4] = {
        {1, 0, 1, 0},
        {1, 0, 0.6, 0.8},
        {1, 0, 1 + 1e-8, 1e-8},
        {1, 0, 1, 1e-13},
        {1, 0, 2, 1e-9},
        {1, 0, -1, 0},
        {1, 0, -1, 1e-9},
        {1e-6, 0, -1, 1e-7},
        {1, 0, 0, 1},
        {1, 0, 1e-9, 1},
        {0.3, -0.4, 1e-3, 2e-3},
        {1e150, 0, 3e149, 1e149},
        {1e-150, 0, 1e-150, 2e-150},
        {3, 4, -3, -4.000001},
        {1, 1e-3, 1.5, -1e-3},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        check_population(pairs[i], pairs[i] + 2);
        check_population(pairs[i] + 2, pairs[i]);
    }
    uint64_t state = test_seed(61);
    for (int i = 0; i < 50; i++) {
        double v[4];
        for (int k = 0; k < 4; k++) v[k] = oracle_normal(&state) * pow(10, k < 2 ? 0 : 2 * oracle_uniform(&state) - 1);
        check_population(v, v + 2);
    }
}
END_TEST

START_TEST(population_at_zero)
{
    const double zero[3] = {0, -0.0, 0}, w[3] = {2, -1, 2};
    double loss, gradient[3];
    ntk_matrix Z = ntk_matrix_const_f64(zero, 3, 1), W = ntk_matrix_const_f64(w, 3, 1), G = ntk_matrix_f64(gradient, 3, 1);
    CHECK_OK(ntk_neuron_population(&loss, &G, &Z, &W));
    ck_assert_double_eq(loss, 4.5);
    for (int k = 0; k < 3; k++) ck_assert_double_eq_tol(gradient[k], -w[k] / 2, 4 * UNIT);
    CHECK_OK(ntk_neuron_population(&loss, &G, &W, &Z));
    ck_assert_double_eq(loss, 4.5);
    for (int k = 0; k < 3; k++) ck_assert_double_eq(gradient[k], w[k]);
    CHECK_OK(ntk_neuron_population(&loss, &G, &Z, &Z));
    for (int k = 0; k < 3; k++) ck_assert_double_eq(gradient[k], 0);
    ck_assert_double_eq(loss, 0);
    CHECK_OK(ntk_neuron_population(&loss, &G, &W, &W));
    for (int k = 0; k < 3; k++) ck_assert_double_eq(gradient[k], 0);
    ck_assert_double_eq(loss, 0);
}
END_TEST

START_TEST(population_too_large)
{
    const double w[2] = {1e154, 1e154}, small[2] = {1e39, 1};
    float narrow[2];
    double loss = 7;
    ntk_matrix W = ntk_matrix_const_f64(w, 2, 1), S = ntk_matrix_const_f64(small, 2, 1), G = ntk_matrix_f32(narrow, 2, 1);
    CHECK_STATUS(ntk_neuron_population(&loss, NULL, &W, &S), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_neuron_population(&loss, &G, &S, &S), NTK_OK);
    ck_assert_double_eq(loss, 0);
    const double other[2] = {-1e39, 1};
    ntk_matrix O = ntk_matrix_const_f64(other, 2, 1);
    loss = 7;
    CHECK_STATUS(ntk_neuron_population(&loss, &G, &S, &O), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("gradient overflows in row 0");
    ck_assert_double_eq(loss, 7);
}
END_TEST
int main(void)
{
    Suite *suite = suite_create("neuron population");
    TCase *tests = test_case(suite, "population");
    tcase_add_test(tests, population_is_the_integral);
    tcase_add_test(tests, population_at_zero);
    tcase_add_test(tests, population_too_large);
    return test_run(suite);
}
