/* What a network's parameters are: their laws, their layout, and how they are read and replaced. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ntk_context *context;
static ntk_activation *activation;

static void setup(void)
{
    context = test_context(2, NULL);
    CHECK_OK(ntk_activation_create(context, &activation, NTK_ERF, NULL));
}

static void teardown(void)
{
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
}

static ntk_network_options sizes(int64_t hidden, int64_t inputs, uint64_t seed)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.hidden = hidden;
    options.inputs = inputs;
    options.seed = seed;
    return options;
}

/* All parameters of a network with these options; free them. */
static double *drawn_under(ntk_context *owner, const ntk_network_options *options)
{
    ntk_network *network;
    CHECK_OK(ntk_network_create(owner, &network, activation, options));
    int64_t size = ntk_network_size(network, NTK_PART_BOTH);
    double *theta = oracle_memory(size, sizeof *theta);
    ntk_matrix view = ntk_matrix_f64(theta, size, 1);
    CHECK_OK(ntk_network_parameters(network, &view));
    ntk_network_destroy(network);
    return theta;
}

static double *drawn(const ntk_network_options *options)
{
    return drawn_under(context, options);
}

/* The first moments of z, against those of N(0, 1).  Means of count numbers with variance v lie within 5 sqrt(v / count) but
 * for a chance of 6e-7: the powers 1 to 4 of a normal have the variances 1, 2, 15 and 96, and a product of two has 1. */
static void check_normal(const double *z, int64_t count, double scale)
{
    long double sum[5] = {0, 0, 0, 0, 0}, neighbours = 0;
    static const double expected[5] = {1, 0, 1, 0, 3}, variance[5] = {0, 1, 2, 15, 96};
    for (int64_t i = 0; i < count; i++) {
        long double power = 1, unit = (long double)(z[i] / scale);
        for (int k = 1; k <= 4; k++) sum[k] += power *= unit;
        if (i) neighbours += unit * (long double)(z[i - 1] / scale);
    }
    for (int k = 1; k <= 4; k++) {
        double mean = (double)(sum[k] / count);
        ck_assert_msg(fabs(mean - expected[k]) <= 5 * sqrt(variance[k] / (double)count), "moment %d is %g, expected %g", k,
                      mean, expected[k]);
    }
    ck_assert(fabsl(neighbours / count) <= 5 / sqrtl((long double)count));
}

START_TEST(hidden_weights_are_normal)
{
    ntk_network_options options = sizes(500, 300, test_seed(11));
    options.weight_scale = 2.5;
    double *theta = drawn(&options);
    check_normal(theta, 500 * 300, 2.5 / sqrt(300.0));
    free(theta);
}
END_TEST

START_TEST(output_weights_follow_their_law)
{
    ntk_network_options options = sizes(100000, 1, test_seed(12));
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    double *theta = drawn(&options);
    check_normal(theta + 100000, 100000, 1);
    free(theta);

    options.output_weights = NTK_OUTPUT_SIGNS;
    theta = drawn(&options);
    double sum = 0, neighbours = 0;
    for (int64_t i = 0; i < 100000; i++) {
        double a = theta[100000 + i];
        ck_assert(a == 1 || a == -1);
        sum += a;
        if (i) neighbours += a * theta[100000 + i - 1];
    }
    ck_assert(fabs(sum) <= 5 * sqrt(100000.0) && fabs(neighbours) <= 5 * sqrt(100000.0));
    free(theta);

    options.output_weights = NTK_OUTPUT_ZERO;
    theta = drawn(&options);
    for (int64_t i = 0; i < 100000; i++) ck_assert(theta[100000 + i] == 0);
    free(theta);
}
END_TEST

/* Squares, their compensated sum, the root, a division and a product: at most 5 roundings' worth, 6e-16. */
START_TEST(sphere_has_its_radius)
{
    static const int64_t inputs[] = {1, 2, 3, 784, 100000};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        int64_t d = inputs[i];
        ntk_network_options options = sizes(9, d, test_seed(13));
        options.weight_scale = 0.75;
        double *gaussian = drawn(&options);
        options.hidden_law = NTK_HIDDEN_SPHERE;
        for (int32_t param = NTK_PARAM_LECTURE; param <= NTK_PARAM_STANDARDISED; param++) {
            options.parameterization = param;
            long double radius = param == NTK_PARAM_LECTURE ? 0.75L : sqrtl((long double)d);
            double *theta = drawn(&options);
            for (int64_t neuron = 0; neuron < 9; neuron++) {
                const double *w = theta + neuron * d, *g = gaussian + neuron * d;
                long double square = 0, along = 0, length = 0;
                for (int64_t k = 0; k < d; k++) {
                    square += (long double)w[k] * (long double)w[k];
                    along += (long double)w[k] * (long double)g[k];
                    length += (long double)g[k] * (long double)g[k];
                }
                ck_assert_msg(fabsl(sqrtl(square) / radius - 1) <= 1e-15L, "d %lld: %.3Lg off", (long long)d,
                              sqrtl(square) / radius - 1);
                ck_assert(fabsl(along / sqrtl(length) / radius - 1) <= 1e-15L);
            }
            free(theta);
        }
        free(gaussian);
    }
}
END_TEST

/* Three products and a root apart: 4 roundings. */
START_TEST(parameterizations_scale_the_same_weights)
{
    ntk_network_options options = sizes(20, 7, 5);
    options.weight_scale = 3;
    double *lecture = drawn(&options);
    options.parameterization = NTK_PARAM_LECTURE;
    double *named = drawn(&options);
    options.parameterization = NTK_PARAM_STANDARDISED;
    double *standardised = drawn(&options);
    ck_assert_int_eq(memcmp(lecture, named, 160 * sizeof *lecture), 0);
    for (int64_t k = 0; k < 140; k++) {
        double expected = standardised[k] * 3 / sqrt(7.0);
        ck_assert(fabs(lecture[k] - expected) <= 0x1p-51 * fabs(expected));
    }
    ck_assert_int_eq(memcmp(lecture + 140, standardised + 140, 20 * sizeof *lecture), 0);
    free(lecture);
    free(named);
    free(standardised);
}
END_TEST

START_TEST(antisymmetric_halves_mirror)
{
    ntk_network_options options = sizes(10, 3, 5);
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    double *whole = drawn(&options);
    options.antisymmetric = 1;
    double *mirrored = drawn(&options);
    ck_assert_int_eq(memcmp(mirrored, whole, 15 * sizeof *whole), 0);
    ck_assert_int_eq(memcmp(mirrored, mirrored + 15, 15 * sizeof *whole), 0);
    for (int64_t i = 0; i < 5; i++) {
        ck_assert(mirrored[30 + i] == whole[30 + i] && mirrored[30 + i] != 0);
        ck_assert(mirrored[35 + i] == -whole[30 + i]);
    }
    free(whole);
    free(mirrored);
}
END_TEST

START_TEST(seed_decides)
{
    ntk_network_options options = sizes(4, 6, 77);
    double *first = drawn(&options), *second = drawn(&options);
    ck_assert_int_eq(memcmp(first, second, 28 * sizeof *first), 0);
    free(second);
    static const uint64_t others[] = {0, 78, UINT64_C(77) << 32, UINT64_MAX};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        options.seed = others[i];
        second = drawn(&options);
        for (int64_t k = 0; k < 24; k++) ck_assert(first[k] != second[k]);
        free(second);
    }
    free(first);
}
END_TEST

/* Several tasks of neurons, and neurons whose first pair of normals begins in the neuron before. */
START_TEST(bits_do_not_depend_on_threads)
{
    ntk_network_options options = sizes(301, 701, 3);
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    for (int32_t law = NTK_HIDDEN_GAUSSIAN; law <= NTK_HIDDEN_SPHERE; law++) {
        static const int32_t threads[] = {1, 2, 7};
        double *theta[3];
        options.hidden_law = law;
        for (int i = 0; i < 3; i++) {
            ntk_context *other = test_context(threads[i], NULL);
            theta[i] = drawn_under(other, &options);
            ntk_context_destroy(other);
        }
        ck_assert_int_eq(memcmp(theta[0], theta[1], 301 * 702 * sizeof(double)), 0);
        ck_assert_int_eq(memcmp(theta[0], theta[2], 301 * 702 * sizeof(double)), 0);
        for (int i = 0; i < 3; i++) free(theta[i]);
    }
}
END_TEST

START_TEST(first_weights_are_frozen)
{
    static const double hidden[4] = {0x1.00b82c9700e89p+1, 0x1.07368a8eebcdep-1, 0x1.b3a283e0ccaaep-1, -0x1.4715b3f438048p-2};
    static const double gaussian[2] = {-0x1.509bb9b90eb9cp+0, 0x1.85ea26193c816p-4};
    static const double signs[8] = {-1, -1, -1, 1, -1, -1, -1, -1};
    static const uint32_t masks[] = {0, NTK_CPU_AVX512, NTK_CPU_AVX2 | NTK_CPU_AVX512};
    ntk_context_options context_options = NTK_INIT(ntk_context_options);
    context_options.cpu_disable = masks[_i];
    ntk_context *masked;
    CHECK_OK(ntk_context_create(&masked, &context_options));
    ntk_network_options options = sizes(8, 2, 1);
    options.parameterization = NTK_PARAM_STANDARDISED;
    double *theta = drawn_under(masked, &options);
    for (int k = 0; k < 4; k++) ck_assert_msg(theta[k] == hidden[k], "W[%d] is %a", k, theta[k]);
    for (int k = 0; k < 8; k++) ck_assert_msg(theta[16 + k] == signs[k], "sign %d is %g", k, theta[16 + k]);
    free(theta);
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    theta = drawn_under(masked, &options);
    for (int k = 0; k < 2; k++) ck_assert_msg(theta[16 + k] == gaussian[k], "a[%d] is %a", k, theta[16 + k]);
    free(theta);
    ntk_context_destroy(masked);
}
END_TEST

START_TEST(parameters_make_a_round_trip)
{
    ntk_network_options options = sizes(5, 3, 9);
    ntk_network *network;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    test_array theta = test_array_make(20, 1, 2, NTK_F64), back = test_array_make(20, 1, 0, NTK_F64);
    test_array_fill(&theta, test_seed(14));
    CHECK_OK(ntk_network_set_parameters(network, &theta.view));
    CHECK_OK(ntk_network_parameters(network, &back.view));
    ck_assert(test_same_bits(&theta.view, &back.view) && test_array_is_written(&back));
    test_array_free(&back);
    back = test_array_make(20, 1, 3, NTK_F64);
    CHECK_OK(ntk_network_parameters(network, &back.view));
    ck_assert(test_same_bits(&theta.view, &back.view) && test_array_is_written(&back));
    test_array_free(&theta);
    test_array_free(&back);
    ntk_network_destroy(network);
}
END_TEST

START_TEST(bad_parameters_change_nothing)
{
    ntk_network_options options = sizes(5, 3, 9);
    ntk_network *network;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    double before[20], after[20], bad[20] = {0};
    float single[20] = {0};
    ntk_matrix view = ntk_matrix_f64(before, 20, 1), other = ntk_matrix_f64(after, 20, 1);
    CHECK_OK(ntk_network_parameters(network, &view));
    bad[17] = NAN;
    view = ntk_matrix_const_f64(bad, 20, 1);
    CHECK_STATUS(ntk_network_set_parameters(network, &view), NTK_ERR_VALUE);
    CHECK_MESSAGE("row 17, column 0");
    view = ntk_matrix_const_f64(bad, 19, 1);
    CHECK_STATUS(ntk_network_set_parameters(network, &view), NTK_ERR_SHAPE);
    view = ntk_matrix_f32(single, 20, 1);
    CHECK_STATUS(ntk_network_set_parameters(network, &view), NTK_ERR_DTYPE);
    CHECK_STATUS(ntk_network_parameters(network, &view), NTK_ERR_DTYPE);
    CHECK_OK(ntk_network_parameters(network, &other));
    ck_assert_int_eq(memcmp(before, after, sizeof before), 0);
    ntk_network_destroy(network);
}
END_TEST

START_TEST(copies_are_their_own)
{
    ntk_network_options options = sizes(5, 3, 9);
    ntk_network *network, *copy;
    ntk_context *other = test_context(1, NULL);
    double zero[20] = {0}, first[20], second[20];
    ntk_matrix nothing = ntk_matrix_const_f64(zero, 20, 1), view = ntk_matrix_f64(first, 20, 1);
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_network_parameters(network, &view));
    CHECK_OK(ntk_network_copy(other, &copy, network));
    ntk_context_destroy(other);
    CHECK_OK(ntk_network_set_parameters(network, &nothing));
    ntk_network_destroy(network);
    view = ntk_matrix_f64(second, 20, 1);
    CHECK_OK(ntk_network_parameters(copy, &view));
    ck_assert_int_eq(memcmp(first, second, sizeof first), 0);
    ntk_network_destroy(copy);
}
END_TEST

START_TEST(sizes_count_parameters)
{
    ntk_network_options options = sizes(5, 3, 9);
    ntk_network *network;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    ck_assert_int_eq(ntk_network_size(network, NTK_PART_RF), 5);
    ck_assert_int_eq(ntk_network_size(network, NTK_PART_NT), 15);
    ck_assert_int_eq(ntk_network_size(network, NTK_PART_BOTH), 20);
    ck_assert_int_eq(ntk_network_size(network, 3), -1);
    ck_assert_int_eq(ntk_network_size(NULL, NTK_PART_RF), -1);
    ntk_network_destroy(network);
}
END_TEST

static void refuse(const ntk_network_options *options, ntk_status status, const char *named)
{
    ntk_network *network = (ntk_network *)(void *)&network;
    CHECK_STATUS(ntk_network_create(context, &network, activation, options), status);
    CHECK_MESSAGE(named);
    ck_assert_ptr_null(network);
}

#define REFUSE(member, value, status)             \
    do {                                          \
        ntk_network_options bad = sizes(4, 3, 0); \
        bad.member = (value);                     \
        refuse(&bad, status, #member);            \
    } while (0)

START_TEST(options_have_domains)
{
    REFUSE(inputs, 0, NTK_ERR_OPTION);
    REFUSE(inputs, -3, NTK_ERR_OPTION);
    REFUSE(hidden, 0, NTK_ERR_OPTION);
    REFUSE(hidden, INT64_MIN, NTK_ERR_OPTION);
    REFUSE(gamma, 0.5, NTK_ERR_OPTION);
    REFUSE(weight_scale, -1.0, NTK_ERR_OPTION);
    REFUSE(weight_scale, NAN, NTK_ERR_OPTION);
    REFUSE(weight_scale, INFINITY, NTK_ERR_OPTION);
    REFUSE(scaling, 3, NTK_ERR_OPTION);
    REFUSE(scaling, -1, NTK_ERR_OPTION);
    REFUSE(output_weights, 3, NTK_ERR_OPTION);
    REFUSE(hidden_law, 2, NTK_ERR_OPTION);
    REFUSE(parameterization, 3, NTK_ERR_OPTION);
    REFUSE(reserved, 1, NTK_ERR_OPTION);
    ntk_network_options large = sizes(100, 1, 0);
    large.weight_scale = 1.7e308;
    refuse(&large, NTK_ERR_OVERFLOW, "weight_scale");
    ntk_network_options odd = sizes(5, 3, 0);
    odd.antisymmetric = 1;
    refuse(&odd, NTK_ERR_OPTION, "hidden is 5");
    static const double gammas[] = {0, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        ntk_network_options custom = sizes(4, 3, 0);
        custom.scaling = NTK_SCALING_CUSTOM;
        custom.gamma = gammas[i];
        refuse(&custom, NTK_ERR_OPTION, "gamma");
    }
}
END_TEST

START_TEST(too_many_parameters_are_refused)
{
    static const int64_t many[][2] = {
        {INT64_MAX, 1}, {1, INT64_MAX}, {INT64_MAX, INT64_MAX}, {INT64_C(1) << 40, INT64_C(1) << 30}};
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        ntk_network_options options = sizes(many[i][0], many[i][1], 0);
        refuse(&options, NTK_ERR_OVERFLOW, "more parameters than can be addressed");
    }
    ntk_network_options options = sizes(INT64_C(1) << 29, INT64_C(1) << 29, 0);
    refuse(&options, NTK_ERR_MEMORY, "bytes");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *laws = test_case(suite, "laws");
    tcase_add_checked_fixture(laws, setup, teardown);
    tcase_add_test(laws, hidden_weights_are_normal);
    tcase_add_test(laws, output_weights_follow_their_law);
    tcase_add_test(laws, sphere_has_its_radius);
    tcase_add_test(laws, parameterizations_scale_the_same_weights);
    tcase_add_test(laws, antisymmetric_halves_mirror);
    tcase_add_test(laws, seed_decides);
    tcase_add_test(laws, bits_do_not_depend_on_threads);
    tcase_add_loop_test(laws, first_weights_are_frozen, 0, 3);
    TCase *parameters = test_case(suite, "parameters");
    tcase_add_checked_fixture(parameters, setup, teardown);
    tcase_add_test(parameters, parameters_make_a_round_trip);
    tcase_add_test(parameters, bad_parameters_change_nothing);
    tcase_add_test(parameters, copies_are_their_own);
    tcase_add_test(parameters, sizes_count_parameters);
    tcase_add_test(parameters, options_have_domains);
    tcase_add_test(parameters, too_many_parameters_are_refused);
    return test_run(suite);
}
