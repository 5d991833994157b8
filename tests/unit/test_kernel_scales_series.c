/* Derivatives by their scales of infinite kernels of activations without closed form. */
#include "scales.h"

#include <math.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(1)

enum { N1 = 7, N2 = 9, D = 5 };

/* kind 0: a function of the caller's;  layers  that are tried */
typedef struct subject {
    const char *name;
    int32_t kind, degree;
    double shift, offset, scale, frequency;
    int64_t layers;
} subject;

/* All parities, polynomials of which a table has one, two and three terms among them. */
static const subject subjects[] = {{"tanh", NTK_TANH, 0, 0, 0, 0, 0, 3},
                                   {"softplus", NTK_SOFTPLUS, 0, 0, 0, 0, 0, 3},
                                   {"silu with an offset", NTK_SILU, 0, 0, 0.25, -1.25, -0.75, 2},
                                   {"shifted erf", NTK_ERF, 0, 0.5, 0, 0, 0, 2},
                                   {"u", NTK_MONOMIAL, 1, 0, 0, 0, 0, 2},
                                   {"u^2", NTK_MONOMIAL, 2, 0, 0, 0.5, 0, 2},
                                   {"u^3", NTK_MONOMIAL, 3, 0, 0, 0.25, 0, 2},
                                   {"shifted h_4", NTK_HERMITE, 4, 0.25, -0.5, 0.25, 0.5, 2},
                                   {"exp(-u^2 / 2) + u / 2", 0, 0, 0, 0, 0, 0, 2}};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static void bump(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = exp(-u[i] * u[i] / 2) + u[i] / 2;
}
static void bump_slope(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = 0.5 - u[i] * exp(-u[i] * u[i] / 2);
}

static const double ACCURACY = 1e-13;

static ntk_activation *activation_of(const subject *s)
{
    ntk_activation *activation = NULL;
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation_functions given = NTK_INIT(ntk_activation_functions);
    given.value = bump;
    given.derivative = bump_slope;
    options.degree = s->degree;
    options.shift = s->shift;
    options.offset = s->offset;
    options.scale = s->scale;
    options.frequency = s->frequency;
    options.accuracy = given.accuracy = ACCURACY;
    CHECK_OK(s->kind ? ntk_activation_create(context, &activation, s->kind, &options)
                     : ntk_activation_create_user(context, &activation, &given));
    return activation;
}

typedef struct described {
    const subject *subject;
    int64_t layers;
    int32_t part, parameterization;
} described;

/* Biases count by their squares. */
static ntk_kernel *create(const void *self, const double *scales)
{
    static const double rates[] = {1.5, 0.5, 0.75, 1};
    const described *of = self;
    double biases[4];
    ntk_kernel *kernel = NULL;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    bool lecture = of->parameterization == NTK_PARAM_LECTURE;
    for (int64_t l = 0; l < of->layers; l++) biases[l] = lecture ? 0 : fabs(scales[of->layers + l]);
    options.part = of->part;
    options.parameterization = of->parameterization;
    options.layers = of->layers;
    options.weight_scales = scales;
    options.bias_scales = biases;
    options.output_weight_scale = scales[2 * of->layers];
    options.output_bias_scale = fabs(scales[2 * of->layers + 1]);
    options.layer_rates = rates;
    ntk_activation *activation = activation_of(of->subject);
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return kernel;
}

static scales_kernel kernel_of(const described *of, bool bias)
{
    scales_kernel kernel = {.name = of->subject->name, .make = create, .self = of, .count = 2 * of->layers + 2};
    for (int64_t l = 0; l < of->layers; l++) {
        kernel.scales[l] = 1.25 - 0.25 * (double)l;
        kernel.scales[of->layers + l] = bias ? 0.25 + 0.25 * (double)l : 0;
    }
    kernel.scales[2 * of->layers] = 0.75;
    kernel.scales[2 * of->layers + 1] = 0.5 * bias;
    return kernel;
}

static void rescale(double *x, int64_t rows, int64_t inputs, double length)
{
    for (int64_t i = 0; i < rows; i++) {
        double square = 0, *row = x + i * inputs;
        for (int64_t k = 0; k < inputs; k++) square += row[k] * row[k];
        for (int64_t k = 0; k < inputs; k++) row[k] *= length * sqrt((double)inputs / square);
    }
}

/* Samples of both sets are far from each other, a copy, antipodal, 1e-7 apart, and 0; or all of one length, for one table. */
static scales_data make(bool equal, uint64_t seed)
{
    scales_data data = scales_data_make(N1, N2, D, seed);
    memcpy(data.y, data.x, D * sizeof *data.x);
    for (int64_t k = 0; k < D; k++) {
        data.y[D + k] = -data.x[k];
        data.y[2 * D + k] = data.x[2 * D + k] * (1 + 1e-7 * (double)k);
        if (!equal) data.y[3 * D + k] = 0;
    }
    if (equal) rescale(data.x, N1, D, 0.75);
    if (equal) rescale(data.y, N2, D, 0.75);
    return data;
}

/* The entries' noise is what is left out of them, of some layers, and some hundred roundings; that of the derivatives the same times
 * the degrees of what is left out, a hundred at most, in f32 of 2^-26. */
static void compare(const described *of, bool bias, const scales_data *data)
{
    const double units[] = {0x1p-36, 0x1p-17};
    const scales_kernel kernel = kernel_of(of, bias);
    scales_compare(&kernel, data, 0x1p-7, 4 * ACCURACY, units);
    if (of->part != NTK_PART_NT) scales_check_values(&kernel, data);
}

START_TEST(differences)
{
    const subject *s = &subjects[_i];
    scales_data varied = make(false, test_seed(181)), equal = make(true, test_seed(182));
    for (int64_t layers = 1; layers <= s->layers; layers++) {
        described of = {.subject = s, .layers = layers, .part = NTK_PART_BOTH};
        compare(&of, true, &varied);
        compare(&of, layers == 2, &equal);
        of.part = layers % 2 ? NTK_PART_RF : NTK_PART_NT;
        compare(&of, false, &varied);
    }
    described of = {.subject = s, .layers = 1, .parameterization = NTK_PARAM_LECTURE};
    if (_i == 0) compare(&of, false, &varied);
    scales_data_free(&varied);
    scales_data_free(&equal);
}
END_TEST

/* --- tiles, instruction sets, lengths --- */

enum { ROWS = 70, COLS = 530 };

static void gradient_with(double *g, uint32_t disabled, const scales_kernel *kernel, const scales_data *data, int32_t dtype)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *kept = context;
    options.cpu_disable = disabled;
    CHECK_OK(ntk_context_create(&context, &options));
    scales_gradient(g, kernel, data, 0, data->rows, dtype);
    ntk_context_destroy(context);
    context = kept;
}

static double largest(const double *g, int64_t count)
{
    double most = 0;
    for (int64_t s = 0; s < count; s++) most = fmax(most, fabs(g[s]));
    return most;
}

/* A sum over several tiles is that over halves of the matrix, on every instruction set: in another order, and as accurate as single
 * terms are.  Samples of one length share their tables, but for one set of them. */
START_TEST(halves_and_instruction_sets)
{
    const uint32_t masks[] = {0, NTK_CPU_AVX512, NTK_CPU_AVX2 | NTK_CPU_AVX512};
    const described of = {.subject = &subjects[_i], .layers = 2, .part = NTK_PART_BOTH};
    const scales_kernel kernel = kernel_of(&of, true);
    for (int equal = 0; equal < 2; equal++) {
        scales_data data = scales_data_make(ROWS, COLS, D, test_seed(183));
        rescale(data.y, equal ? COLS : 0, D, 0.75);
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
            double right[SCALES_MOST], g[SCALES_MOST], unit = 1e5 * (dtype == NTK_F64 ? 0x1p-53 : 0x1p-24);
            gradient_with(right, 0, &kernel, &data, dtype);
            scales_compare_halves(&kernel, &data, dtype, right, unit);
            for (int m = 1; m < 3; m++) {
                gradient_with(g, masks[m], &kernel, &data, dtype);
                for (int64_t s = 0; s < kernel.count; s++)
                    ck_assert_msg(fabs(g[s] - right[s]) <= unit * largest(right, kernel.count),
                                  "%s, mask %u, dtype %d: g[%d] is %.9g, not %.9g", kernel.name, masks[m], (int)dtype, (int)s,
                                  g[s], right[s]);
            }
        }
        scales_data_free(&data);
    }
}
END_TEST

/* K(a x, b y) = (a b)^n K(x, y) of u^n without bias, for n layers too, and so are its derivatives. */
START_TEST(homogeneous)
{
    const int exponents[][2] = {{100, -80}, {-120, 110}, {-60, -60}};
    for (int32_t n = 1; n <= 3; n++) {
        const subject power = {.name = "a power", .kind = NTK_MONOMIAL, .degree = n};
        const described of = {.subject = &power, .layers = 2, .part = NTK_PART_BOTH};
        const scales_kernel kernel = kernel_of(&of, false);
        scales_data data = make(false, test_seed(184));
        double right[SCALES_MOST], g[SCALES_MOST];
        scales_gradient(right, &kernel, &data, 0, N1, NTK_F64);
        for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++) {
            int x = exponents[e][0] / n, y = exponents[e][1] / n;
            scales_data_stretch(&data, x, y);
            scales_gradient(g, &kernel, &data, 0, N1, NTK_F64);
            scales_data_stretch(&data, -x, -y);
            for (int64_t s = 0; s < kernel.count; s++)
                ck_assert_msg(fabs(ldexp(g[s], -n * n * (x + y)) - right[s]) <= 1e-12 * largest(right, kernel.count),
                              "u^%d, 2^%d 2^%d: g[%d] is %.17g 2^%d, not %.17g", (int)n, x, y, (int)s,
                              ldexp(g[s], -n * n * (x + y)), n * n * (x + y), right[s]);
        }
        scales_data_free(&data);
    }
}
END_TEST

/* Of short samples tanh is the identity; in f32 down to where entries are no more than the least numbers. */
START_TEST(short_samples)
{
    const int exponents[2][3] = {{-30, -250, -500}, {-20, -50, -62}};
    const subject *tanh = &subjects[0], identity = {.name = "u", .kind = NTK_MONOMIAL, .degree = 1};
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
        for (int e = 0; e < 3; e++) {
            const described bent = {.subject = tanh, .layers = 2, .part = NTK_PART_BOTH};
            const described straight = {.subject = &identity, .layers = 2, .part = NTK_PART_BOTH};
            const scales_kernel of_tanh = kernel_of(&bent, false), of_u = kernel_of(&straight, false);
            scales_data data = make(false, test_seed(185));
            double g[SCALES_MOST], want[SCALES_MOST];
            scales_data_stretch(&data, exponents[dtype - 1][e], exponents[dtype - 1][e]);
            scales_gradient(g, &of_tanh, &data, 0, N1, dtype);
            scales_gradient(want, &of_u, &data, 0, N1, dtype);
            for (int64_t s = 0; s < of_u.count; s++)
                ck_assert_msg(fabs(g[s] - want[s]) <= (dtype == NTK_F64 ? 1e-12 : 1e-4) * largest(want, of_u.count),
                              "dtype %d, 2^%d: g[%d] is %.9g, not %.9g", (int)dtype, exponents[dtype - 1][e], (int)s, g[s],
                              want[s]);
            scales_data_free(&data);
        }
}
END_TEST

/* Shifted kinked activations, and functions of the caller's with kinks. */
START_TEST(none)
{
    const double zero = 0, scales[] = {1, 0, 1, 0};
    const subject shifted = {.name = "shifted relu", .kind = NTK_RELU, .shift = 0.5};
    const described of = {.subject = &shifted, .layers = 1};
    ntk_activation_functions given = NTK_INIT(ntk_activation_functions);
    ntk_activation *bent;
    ntk_kernel *kernel = create(&of, scales);
    int64_t count;
    CHECK_STATUS(ntk_kernel_scales(kernel, &count), NTK_ERR_UNSUPPORTED);
    ntk_kernel_destroy(kernel);
    given.value = bump;
    given.derivative = bump_slope;
    given.kinks = &zero;
    given.kink_count = 1;
    CHECK_OK(ntk_activation_create_user(context, &bent, &given));
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, bent, NULL));
    ntk_activation_destroy(bent);
    test_array x = test_array_make(2, D, 0, NTK_F64), w = test_array_make(2, 2, 0, NTK_F64),
               g = test_array_make(4, 1, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_array_fill(&w, 2);
    CHECK_STATUS(ntk_kernel_scale_gradient(kernel, &g.view, &x.view, &x.view, &w.view), NTK_ERR_UNSUPPORTED);
    test_array_free(&x);
    test_array_free(&w);
    test_array_free(&g);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel scales of series");
    TCase *scales = test_case(suite, "scales");
    tcase_add_checked_fixture(scales, setup, teardown);
    tcase_add_loop_test(scales, differences, 0, SUBJECTS);
    tcase_add_loop_test(scales, halves_and_instruction_sets, 0, SUBJECTS);
    tcase_add_test(scales, homogeneous);
    tcase_add_test(scales, short_samples);
    tcase_add_test(scales, none);
    return test_run(suite);
}
