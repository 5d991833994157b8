/* Predicted learning curves hold against fresh draws, 20 of them, of kernel ridge regression: within 5 %, the theory's own truth at
 * these sizes, and 3 standard errors. */
#include "measure.h"

TEST_CONTEXT_FIXTURE(2)

enum { DEGREES = 31, MOST_SIZES = 3 };

/* relu: of sqrt(2) ReLU(<w, x>), otherwise of polynomial().   regression: of polynomials of that degree instead of a network's kernel,
 * if it is not 0. */
typedef struct scene {
    const char *name;
    int64_t d;
    int32_t part;
    double lambda, noise;
    int64_t count;
    double sizes[MOST_SIZES];
    bool relu;
    int64_t regression;
} scene;

static const scene scenes[] = {
    {"d = 20, a neuron", 20, NTK_PART_NT, 1e-3, 0, 2, {100, 300}, true, 0},
    {"d = 25, noise", 25, NTK_PART_NT, 1e-6, .1, 2, {100, 300}, true, 0},
    {"d = 30, noise and a ridge", 30, NTK_PART_NT, 1, .2, 1, {300}, true, 0},
    {"d = 30, K^RF + K^NT", 30, NTK_PART_BOTH, 1e-6, 0, 2, {30, 300}, true, 0},
    {"d = 20, a polynomial", 20, NTK_PART_NT, 1e-3, 0, 2, {100, 300}, false, 0},
    {"d = 12, quadratic regression", 12, NTK_PART_BOTH, 1e-6, .1, 2, {60, 300}, true, 2},
};

/* Energies .5, .3 and .2 in degrees 1, 2 and 4: products of different coordinates are harmonic, and the mean of their squares on the
 * sphere of radius sqrt(d) is d^(k - 1) / ((d + 2) ... (d + 2 k - 2)). */
static ntk_target *polynomial(int64_t d)
{
    enum { TERMS = 3 };
    static const int orders[TERMS] = {1, 2, 4};
    static const double energies[TERMS] = {.5, .3, .2};
    int64_t exponents[TERMS * MEASURE_MOST_INPUTS] = {0};
    double coefficients[TERMS];
    ntk_target *made;
    for (int m = 0; m < TERMS; m++) {
        double square = 1;
        for (int k = 0; k < orders[m]; k++) {
            exponents[m * d + k] = 1;
            if (k > 0) square *= (double)d / (double)(d + 2 * k);
        }
        coefficients[m] = sqrt(energies[m] / square);
    }
    ntk_matrix C = ntk_matrix_const_f64(coefficients, TERMS, 1);
    CHECK_OK(ntk_target_create_polynomial(context, &made, exponents, &C, d));
    return made;
}

static ntk_kernel *kernel_of(const scene *s)
{
    static const double ones[] = {1, 1, 1, 1};
    ntk_kernel *made;
    ntk_matrix shares = ntk_matrix_const_f64(ones, s->regression + 1, 1);
    if (!s->regression) return theory_relu(context, s->part);
    CHECK_OK(ntk_kernel_create_zonal(context, &made, &shares, s->d));
    return made;
}

static void predict(const scene *s, const ntk_kernel *kernel, const ntk_target *target, double (*curve)[NTK_CURVE_COLUMNS])
{
    double energies[DEGREES][NTK_ENERGY_COLUMNS];
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    ntk_matrix all = ntk_matrix_f64(energies[0], DEGREES, NTK_ENERGY_COLUMNS), E = all,
               n = ntk_matrix_const_f64(s->sizes, s->count, 1), out = ntk_matrix_f64(curve[0], s->count, NTK_CURVE_COLUMNS);
    E.cols = 1;
    options.d = s->d;
    options.total = 1;
    options.lambda = s->lambda;
    options.noise_variance = s->noise;
    CHECK_OK(ntk_target_energies(target, &all, NULL, NULL));
    CHECK_OK(ntk_theory_learning_curve(kernel, &out, &E, &n, &options));
}

static void compare(const scene *s, int64_t i, const double *predicted, const double *measured)
{
    static const struct {
        const char *name;
        int predicted, measured;
    } columns[] = {{"test", NTK_CURVE_TEST, NTK_MEASURE_TEST},
                   {"train", NTK_CURVE_TRAIN, NTK_MEASURE_TRAIN},
                   {"bias", NTK_CURVE_BIAS, NTK_MEASURE_BIAS},
                   {"variance", NTK_CURVE_VARIANCE, NTK_MEASURE_VARIANCE}};
    for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++) {
        double theory = predicted[columns[k].predicted], mean = measured[columns[k].measured],
               error = measured[columns[k].measured + 1];
        ck_assert_msg(fabs(mean - theory) <= 0.05 * theory + 3 * error, "%s, n = %g: %s is %.5g +- %.2g, predicted %.5g",
                      s->name, s->sizes[i], columns[k].name, mean, error, theory);
    }
}

START_TEST(predictions_hold)
{
    const scene *s = &scenes[_i];
    double predicted[MOST_SIZES][NTK_CURVE_COLUMNS];
    measure_curve curve;
    ntk_kernel *kernel = kernel_of(s);
    ntk_target *target = s->relu ? measure_neuron(context, NTK_RELU, s->d) : polynomial(s->d);
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    options.lambda = s->lambda;
    options.noise_variance = s->noise;
    options.seed = test_seed(5);
    predict(s, kernel, target, predicted);
    CHECK_OK(measure_fresh(&curve, kernel, target, s->sizes, s->count, &options));
    for (int64_t i = 0; i < s->count; i++) compare(s, i, predicted[i], curve.rows[i]);
    ntk_target_destroy(target);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("measure_curve");
    TCase *tests = test_case(suite, "measure_curve");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, predictions_hold, 0, (int)(sizeof scenes / sizeof scenes[0]));
    return test_run(suite);
}
