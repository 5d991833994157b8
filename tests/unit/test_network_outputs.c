/* Networks with several outputs: each output is a network of one. */
#include "archive.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 9, OUTPUTS = 3 };

static ntk_network_options plain_options(void)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = 4;
    options.hidden = 6;
    options.seed = 17;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    return options;
}

static ntk_network_options deep_options(void)
{
    static const int64_t widths[] = {5, 3};
    ntk_network_options options = plain_options();
    options.layers = 2;
    options.widths = widths;
    options.bias_scale = 0.5;
    options.output_bias_scale = 0.25;
    return options;
}

static double *parameters_of(const ntk_network *network)
{
    int64_t size = ntk_network_size(network, NTK_PART_BOTH);
    double *theta = oracle_memory(size, sizeof *theta);
    ntk_matrix view = ntk_matrix_f64(theta, size, 1);
    CHECK_OK(ntk_network_parameters(network, &view));
    return theta;
}

/* The network of one output o: the same hidden layers, a_o and c_o. */
static ntk_network *one_of(const ntk_network *network, ntk_network_options options, int64_t o)
{
    options.outputs = 0;
    ntk_network *one = oracle_network_create(context, NTK_TANH, 0, &options);
    double *all = parameters_of(network), *theta = parameters_of(one);
    int64_t hidden = ntk_network_size(one, NTK_PART_NT), size = ntk_network_size(one, NTK_PART_BOTH);
    int64_t last = size - hidden - (options.output_bias_scale > 0);
    memcpy(theta, all, (size_t)hidden * sizeof *theta);
    memcpy(theta + hidden, all + hidden + o * last, (size_t)last * sizeof *theta);
    if (options.output_bias_scale > 0) theta[size - 1] = all[hidden + OUTPUTS * last + o];
    ntk_matrix view = ntk_matrix_const_f64(theta, size, 1);
    CHECK_OK(ntk_network_set_parameters(one, &view));
    free(all);
    free(theta);
    return one;
}

/* Sums of size about 1, of so many terms, in another order, perhaps one after the other: their roundings are as good as independent. */
static double close_to(int32_t dtype, int64_t terms)
{
    return 64 * oracle_roundoff(dtype) * sqrt(1 + (double)terms / 64);
}

static void check_outputs(ntk_network_options options, int32_t dtype)
{
    uint64_t state = test_seed(81);
    options.outputs = OUTPUTS;
    ntk_network *network = oracle_network_create(context, NTK_TANH, 0, &options);
    double *samples = oracle_samples(N, options.inputs, NTK_F32, &state);
    test_array x = oracle_array(samples, N, options.inputs, 2, dtype), y = test_array_make(N, OUTPUTS, 1, dtype);
    test_array one_y = test_array_make(N, 1, 0, dtype);
    ck_assert_int_eq(ntk_network_outputs(network), OUTPUTS);
    CHECK_OK(ntk_network_forward(network, &y.view, &x.view));
    ck_assert(test_array_is_written(&y));
    for (int64_t o = 0; o < OUTPUTS; o++) {
        ntk_network *one = one_of(network, options, o);
        CHECK_OK(ntk_network_forward(one, &one_y.view, &x.view));
        for (int64_t i = 0; i < N; i++)
            ck_assert_double_eq_tol(test_get(&y.view, i, o), test_get(&one_y.view, i, 0), close_to(dtype, options.hidden));
        ntk_network_destroy(one);
    }
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&one_y);
    free(samples);
    ntk_network_destroy(network);
}

START_TEST(each_is_a_network)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        check_outputs(plain_options(), dtype);
        check_outputs(deep_options(), dtype);
        /* several tiles of rows and of neurons */
        ntk_network_options wide = plain_options();
        wide.hidden = 60000;
        check_outputs(wide, dtype);
    }
}
END_TEST

/* The hidden layers and the first output are those of one output's network, and the outputs differ. */
START_TEST(the_first_is_drawn_as_it_was)
{
    for (int deep = 0; deep < 2; deep++) {
        ntk_network_options options = deep ? deep_options() : plain_options();
        ntk_network *one = oracle_network_create(context, NTK_TANH, 0, &options);
        options.outputs = OUTPUTS;
        ntk_network *network = oracle_network_create(context, NTK_TANH, 0, &options);
        double *single = parameters_of(one), *all = parameters_of(network);
        int64_t hidden = ntk_network_size(one, NTK_PART_NT), size = ntk_network_size(one, NTK_PART_BOTH);
        int64_t last = deep ? 3 : 6;
        ck_assert_int_eq(ntk_network_size(network, NTK_PART_NT), hidden);
        ck_assert_int_eq(ntk_network_size(network, NTK_PART_RF), OUTPUTS * (size - hidden));
        ck_assert_mem_eq(single, all, (size_t)(hidden + last) * sizeof *all);
        if (deep) ck_assert_double_eq(single[size - 1], all[hidden + OUTPUTS * last]);
        for (int64_t i = 0; i < last; i++)
            for (int64_t o = 1; o < OUTPUTS; o++) ck_assert_double_ne(all[hidden + i], all[hidden + o * last + i]);
        free(single);
        free(all);
        ntk_network_destroy(one);
        ntk_network_destroy(network);
    }
}
END_TEST

START_TEST(an_antisymmetric_start_is_0)
{
    uint64_t state = test_seed(82);
    ntk_network_options options = plain_options();
    options.antisymmetric = 1;
    options.outputs = OUTPUTS;
    ntk_network *network = oracle_network_create(context, NTK_GELU, 0, &options);
    double *samples = oracle_samples(N, 4, NTK_F64, &state), y[N * OUTPUTS];
    ntk_matrix X = ntk_matrix_const_f64(samples, N, 4), Y = ntk_matrix_f64(y, N, OUTPUTS);
    CHECK_OK(ntk_network_forward(network, &Y, &X));
    for (int k = 0; k < N * OUTPUTS; k++) ck_assert_double_eq(y[k], 0);
    free(samples);
    ntk_network_destroy(network);
}
END_TEST

/* <phi, phi'> is the mean over outputs of <J_o, J_o'> by standardised parameters, but for c, whose gradient is the same of all. */
START_TEST(features_have_the_mean_kernel)
{
    enum { D = 4, HIDDEN = 6, P = HIDDEN * (D + OUTPUTS) + OUTPUTS };
    uint64_t state = test_seed(83);
    ntk_network_options options = plain_options();
    options.outputs = OUTPUTS;
    options.output_bias_scale = 0.5;
    options.parameterization = NTK_PARAM_STANDARDISED;
    ntk_network *network = oracle_network_create(context, NTK_TANH, 0, &options);
    double *samples = oracle_samples(N, D, NTK_F64, &state), jacobian[N * OUTPUTS * P], k_values[N * N];
    ntk_matrix X = ntk_matrix_const_f64(samples, N, D), J = ntk_matrix_f64(jacobian, N * OUTPUTS, P);
    ntk_matrix K = ntk_matrix_f64(k_values, N, N);
    ck_assert_int_eq(ntk_network_size(network, NTK_PART_BOTH), P);
    CHECK_OK(ntk_network_jacobian(network, &J, &X, NTK_PART_BOTH));
    ntk_kernel *kernel = oracle_finite_of(context, network, NTK_PART_BOTH);
    CHECK_OK(ntk_kernel_block(kernel, &K, &X, &X));
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double mean = 0, size = 0;
            for (int o = 0; o < OUTPUTS; o++)
                for (int k = 0; k < P; k++) {
                    double term = jacobian[(i * OUTPUTS + o) * P + k] * jacobian[(j * OUTPUTS + o) * P + k] / OUTPUTS;
                    mean += term;
                    size += fabs(term);
                }
            ck_assert_double_eq_tol(k_values[i * N + j], mean, P * 0x1p-52 * size);
        }
    free(samples);
    ntk_kernel_destroy(kernel);
    ntk_network_destroy(network);
}
END_TEST

START_TEST(features_of_deep_networks_are_refused)
{
    ntk_network_options options = deep_options();
    options.outputs = 2;
    ntk_network *network = oracle_network_create(context, NTK_TANH, 0, &options);
    ntk_features *features;
    CHECK_STATUS(ntk_features_create(context, &features, network, NTK_PART_BOTH), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("2 outputs");
    ck_assert_ptr_null(features);
    ntk_network_destroy(network);

    ntk_activation *activation = oracle_activation_create(context, NTK_TANH, 0);
    ntk_kernel *kernel;
    CHECK_STATUS(ntk_kernel_create_monte_carlo(context, &kernel, activation, 2, NTK_PART_BOTH, &options), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("outputs is 2");
    ntk_activation_destroy(activation);
}
END_TEST

START_TEST(exported_and_copied)
{
    for (int deep = 0; deep < 2; deep++) {
        ntk_network_options options = deep ? deep_options() : plain_options();
        options.outputs = OUTPUTS;
        ntk_network *network = oracle_network_create(context, NTK_TANH, 0, &options), *made[2];
        test_archive archive = {0};
        ntk_sink sink = test_archive_sink(&archive);
        ntk_source source = test_archive_source(&archive);
        CHECK_OK(ntk_network_export(network, &sink));
        CHECK_OK(ntk_network_import(context, &made[0], &source));
        CHECK_OK(ntk_network_copy(context, &made[1], network));
        double *theta = parameters_of(network);
        for (int i = 0; i < 2; i++) {
            double *same = parameters_of(made[i]);
            ck_assert_int_eq(ntk_network_outputs(made[i]), OUTPUTS);
            ck_assert_mem_eq(theta, same, (size_t)ntk_network_size(network, NTK_PART_BOTH) * sizeof *theta);
            free(same);
            ntk_network_destroy(made[i]);
        }
        free(theta);
        test_archive_free(&archive);
        ntk_network_destroy(network);
    }
}
END_TEST

START_TEST(bad_options)
{
    ntk_network_options options = plain_options();
    ntk_activation *activation = oracle_activation_create(context, NTK_TANH, 0);
    ntk_network *network;
    options.outputs = -1;
    CHECK_STATUS(ntk_network_create(context, &network, activation, &options), NTK_ERR_OPTION);
    CHECK_MESSAGE("outputs is -1");
    options.outputs = INT64_MAX / 4;
    CHECK_STATUS(ntk_network_create(context, &network, activation, &options), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("outputs");
    ck_assert_int_eq(ntk_network_outputs(NULL), -1);
    ntk_activation_destroy(activation);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network outputs");
    TCase *tests = test_case(suite, "outputs");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_is_a_network);
    tcase_add_test(tests, the_first_is_drawn_as_it_was);
    tcase_add_test(tests, an_antisymmetric_start_is_0);
    tcase_add_test(tests, features_have_the_mean_kernel);
    tcase_add_test(tests, features_of_deep_networks_are_refused);
    tcase_add_test(tests, exported_and_copied);
    tcase_add_test(tests, bad_options);
    return test_run(suite);
}
