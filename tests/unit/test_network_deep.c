/* Networks of several layers and with biases: what their parameters are, and f(x) against its definition. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

static ntk_network_options sizes(int64_t inputs, int64_t hidden, int64_t layers)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = inputs;
    options.hidden = hidden;
    options.layers = layers;
    options.seed = 21;
    return options;
}

static double *parameters(const ntk_network *network)
{
    int64_t size = ntk_network_size(network, NTK_PART_BOTH);
    double *theta = oracle_memory(size, sizeof *theta);
    ntk_matrix view = ntk_matrix_f64(theta, size, 1);
    CHECK_OK(ntk_network_parameters(network, &view));
    return theta;
}

/* Forward of n samples in gapped views. */
static void compare(int32_t kind, const ntk_network_options *options, int64_t n, int32_t y_dtype, int32_t x_dtype)
{
    uint64_t state = test_seed(31);
    ntk_network *network = oracle_network_create(context, kind, oracle_slope(kind), options);
    oracle_deep net = oracle_deep_of(network, options, oracle_slope(kind), kind);
    double *samples = oracle_samples(n, options->inputs, NTK_F32, &state);
    test_array x = oracle_array(samples, n, options->inputs, 3, x_dtype), y = test_array_make(n, 1, 2, y_dtype);
    CHECK_OK(ntk_network_forward(network, &y.view, &x.view));
    ck_assert(test_array_is_written(&y));
    for (int64_t i = 0; i < n; i += 1 + n / 40) {
        oracle_value f = oracle_deep_forward(&net, samples + i * options->inputs, oracle_roundoff(y_dtype));
        double got = test_get(&y.view, i, 0);
        ck_assert_msg(fabsl((long double)got - f.value) <= f.bound,
                      "%s, %d layers: f(x_%lld) is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg", oracle_kind_name(kind),
                      (int)options->layers, (long long)i, got, f.value, fabsl((long double)got - f.value), f.bound);
    }
    test_array_free(&x);
    test_array_free(&y);
    free(samples);
    oracle_deep_free(&net);
    ntk_network_destroy(network);
}

START_TEST(every_activation)
{
    ntk_network_options options = sizes(5, 17, 3);
    options.bias_scale = 0.5;
    options.weight_scale = 0.75;
    options.output_bias_scale = 0.25;
    for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++)
        for (int32_t y = NTK_F64; y <= NTK_F32; y++)
            for (int32_t x = NTK_F64; x <= NTK_F32; x++) compare(kind, &options, 9, y, x);
}
END_TEST

START_TEST(every_option)
{
    static const int64_t widths[] = {3, 1, 12, 7};
    static const double scales[] = {1.5, 0, 0.5, 2}, biases[] = {0, 0.5, 0, 1};
    ntk_network_options options = sizes(6, 0, 4);
    options.widths = widths;
    options.output_weight_scale = 1.75;
    for (int each = 0; each < 4; each++)
        for (options.hidden_law = 0; options.hidden_law <= NTK_HIDDEN_SPHERE; options.hidden_law++)
            for (options.scaling = NTK_SCALING_NTK; options.scaling <= NTK_SCALING_CUSTOM; options.scaling++) {
                options.gamma = options.scaling == NTK_SCALING_CUSTOM ? -0.3 : 0;
                options.weight_scales = each & 1 ? scales : NULL;
                options.bias_scales = each & 2 ? biases : NULL;
                options.output_weights = options.scaling;
                compare(NTK_ERF, &options, 7, NTK_F64, NTK_F64);
                compare(NTK_RELU, &options, 7, NTK_F32, NTK_F32);
            }
    /* one layer with biases, and one with a bias of the output alone, in both parameterizations */
    options = sizes(4, 9, 1);
    options.bias_scale = 0.5;
    compare(NTK_GELU, &options, 5, NTK_F64, NTK_F64);
    options.bias_scale = 0;
    options.output_bias_scale = 2;
    options.weight_scale = 3;
    for (options.parameterization = 0; options.parameterization <= NTK_PARAM_STANDARDISED; options.parameterization++)
        compare(NTK_GELU, &options, 5, NTK_F64, NTK_F64);
}
END_TEST

/* Several chunks of samples, and products in parts. */
START_TEST(every_shape)
{
    static const int64_t wide[] = {2000, 1, 2001}, narrow[] = {1, 1};
    ntk_network_options options = sizes(3, 0, 3);
    options.widths = wide;
    options.bias_scale = 1;
    compare(NTK_ERF, &options, 1100, NTK_F64, NTK_F64);
    options.layers = 2;
    options.widths = narrow;
    compare(NTK_ERF, &options, 2500, NTK_F32, NTK_F64);
}
END_TEST

/* What was there before there were layers: the same numbers, by an older caller's struct or by these options' defaults. */
START_TEST(one_layer_is_what_it_was)
{
    static const int64_t widths[] = {8};
    static const double scales[] = {2}, none[] = {0};
    ntk_network_options options = sizes(4, 8, 0);
    options.weight_scale = 2;
    ntk_network *networks[3];
    double *theta[3];
    options.struct_size = 72;
    options.layers = -1; /* beyond the older struct */
    networks[0] = oracle_network_create(context, NTK_RELU, oracle_slope(NTK_RELU), &options);
    options.struct_size = sizeof options;
    options.layers = 1;
    networks[1] = oracle_network_create(context, NTK_RELU, oracle_slope(NTK_RELU), &options);
    options.hidden = 0;
    options.widths = widths;
    options.weight_scale = 7;
    options.weight_scales = scales;
    options.bias_scale = 3;
    options.bias_scales = none;
    networks[2] = oracle_network_create(context, NTK_RELU, oracle_slope(NTK_RELU), &options);
    for (int i = 0; i < 3; i++) {
        theta[i] = parameters(networks[i]);
        ck_assert_int_eq(ntk_network_size(networks[i], NTK_PART_BOTH), 40);
        ck_assert_mem_eq(theta[i], theta[0], 40 * sizeof(double));
    }
    for (int i = 0; i < 3; i++) {
        ntk_network_destroy(networks[i]);
        free(theta[i]);
    }
}
END_TEST

/* The moments of z against those of N(0, 1): a mean of count numbers of variance v is within 5 sqrt(v / count). */
static void check_normal(const double *z, int64_t count)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += z[i];
        squares += z[i] * z[i];
    }
    ck_assert(fabs(sum / (double)count) <= 5 / sqrt((double)count));
    ck_assert(fabs(squares / (double)count - 1) <= 5 * sqrt(2 / (double)count));
}

/* Standard normals in every layer, each with its own numbers, which do not depend on other layers' widths. */
START_TEST(parameters_are_normal)
{
    static const int64_t widths[] = {60, 60, 90};
    ntk_network_options options = sizes(60, 0, 3);
    options.widths = widths;
    options.bias_scale = 0.25;
    options.weight_scale = 4;
    options.output_bias_scale = 1;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    ntk_network *network = oracle_network_create(context, NTK_ERF, oracle_slope(NTK_ERF), &options);
    double *theta = parameters(network);
    const double *second = theta + 61 * 60, *third = second + 61 * 60, *output = third + 61 * 90;
    ck_assert_int_eq(ntk_network_size(network, NTK_PART_BOTH), output - theta + 91);
    check_normal(theta, 3600);
    check_normal(second, 3600);
    check_normal(third, 5400);
    check_normal(theta + 3600, 60);
    check_normal(second + 3600, 60);
    check_normal(third + 5400, 90);
    check_normal(output, 90);
    ck_assert(memcmp(theta, second, 60 * sizeof *theta) != 0 && memcmp(second, third, 60 * sizeof *theta) != 0);
    ck_assert(memcmp(theta + 3600, second + 3600, 60 * sizeof *theta) != 0);
    ck_assert(output[90] != output[0]);
    options.layers = 2;
    ntk_network *shallower = oracle_network_create(context, NTK_ERF, oracle_slope(NTK_ERF), &options);
    double *fewer = parameters(shallower);
    ck_assert_mem_eq(theta, fewer, 61 * 120 * sizeof *theta);
    options.output_weights = NTK_OUTPUT_ZERO;
    ntk_network *zero = oracle_network_create(context, NTK_ERF, oracle_slope(NTK_ERF), &options);
    double *zeros = parameters(zero);
    for (int64_t i = 0; i < 61; i++) ck_assert(zeros[61 * 120 + i] == 0);
    ntk_network_destroy(network);
    ntk_network_destroy(shallower);
    ntk_network_destroy(zero);
    free(theta);
    free(fewer);
    free(zeros);
}
END_TEST

/* Copies and replaced parameters: f of the one network becomes f of the other. */
START_TEST(parameters_are_all_of_it)
{
    ntk_network_options options = sizes(3, 10, 2);
    uint64_t state = test_seed(32);
    options.bias_scale = options.output_bias_scale = 1;
    ntk_network *network = oracle_network_create(context, NTK_GELU, oracle_slope(NTK_GELU), &options), *copy;
    options.seed++;
    ntk_network *other = oracle_network_create(context, NTK_GELU, oracle_slope(NTK_GELU), &options);
    double *theta = parameters(network), *x = oracle_samples(4, 3, NTK_F64, &state);
    ntk_matrix view = ntk_matrix_const_f64(theta, ntk_network_size(network, NTK_PART_BOTH), 1);
    test_array samples = oracle_array(x, 4, 3, 0, NTK_F64), y[3];
    CHECK_OK(ntk_network_copy(context, &copy, other));
    CHECK_OK(ntk_network_set_parameters(copy, &view));
    const ntk_network *all[] = {network, copy, other};
    for (int i = 0; i < 3; i++) {
        y[i] = test_array_make(4, 1, 0, NTK_F64);
        CHECK_OK(ntk_network_forward(all[i], &y[i].view, &samples.view));
    }
    for (int64_t i = 0; i < 4; i++) {
        ck_assert(test_get(&y[0].view, i, 0) == test_get(&y[1].view, i, 0));
        ck_assert(test_get(&y[0].view, i, 0) != test_get(&y[2].view, i, 0));
    }
    for (int i = 0; i < 3; i++) test_array_free(&y[i]);
    test_array_free(&samples);
    ntk_network_destroy(network);
    ntk_network_destroy(copy);
    ntk_network_destroy(other);
    free(theta);
    free(x);
}
END_TEST

static void refuse(ntk_network_options options, ntk_status status, const char *name)
{
    ntk_activation *activation = oracle_activation_create(context, NTK_RELU, 0);
    ntk_network *network;
    CHECK_STATUS(ntk_network_create(context, &network, activation, &options), status);
    ck_assert_ptr_null(network);
    ck_assert_msg(strstr(ntk_error_message(), name) != NULL, "%s does not name %s", ntk_error_message(), name);
    ntk_activation_destroy(activation);
}

START_TEST(elements_of_arrays_are_checked)
{
    int64_t widths[] = {4, 5, 0};
    double scales[] = {1, 2, -1};
    ntk_network_options options = sizes(3, 4, 3);
    options.widths = widths;
    refuse(options, NTK_ERR_OPTION, "widths[2]");
    options.widths = NULL;
    options.weight_scales = scales;
    refuse(options, NTK_ERR_OPTION, "weight_scales[2]");
    options.weight_scales = NULL;
    options.bias_scales = scales;
    refuse(options, NTK_ERR_OPTION, "bias_scales[2]");
    scales[2] = (double)NAN;
    refuse(options, NTK_ERR_OPTION, "bias_scales[2]");
    widths[2] = INT64_MAX / 4;
    options = sizes(3, 4, 3);
    options.widths = widths;
    refuse(options, NTK_ERR_OVERFLOW, "3 hidden layers");
}
END_TEST

START_TEST(what_does_not_go_together)
{
    ntk_network_options options = sizes(3, 4, 2);
    options.parameterization = NTK_PARAM_LECTURE;
    refuse(options, NTK_ERR_OPTION, "layers");
    options.layers = 1;
    options.bias_scale = 1;
    refuse(options, NTK_ERR_OPTION, "bias_scale");
    options.parameterization = NTK_PARAM_DEFAULT;
    options.antisymmetric = 1;
    refuse(options, NTK_ERR_UNSUPPORTED, "antisymmetric");
    options.bias_scale = 0;
    options.layers = 2;
    refuse(options, NTK_ERR_UNSUPPORTED, "antisymmetric");
    options.layers = 1;
    options.hidden = 5;
    refuse(options, NTK_ERR_OPTION, "hidden");
}
END_TEST

/* Numbers that grow from layer to layer until they are none. */
START_TEST(overflow_names_the_row)
{
    ntk_network_options options = sizes(2, 3, 4);
    options.weight_scale = 1e100;
    ntk_network *network = oracle_network_create(context, NTK_IDENTITY, oracle_slope(NTK_IDENTITY), &options);
    test_array x = test_array_make(3, 2, 0, NTK_F64), y = test_array_make(3, 1, 0, NTK_F64);
    for (int64_t i = 0; i < 6; i++) test_set(&x.view, i / 2, i % 2, i == 2 ? -1 : i == 3 ? 1 : 0);
    CHECK_STATUS(ntk_network_forward(network, &y.view, &x.view), NTK_ERR_OVERFLOW);
    ck_assert(strstr(ntk_error_message(), "row 1") != NULL);
    test_array_free(&x);
    test_array_free(&y);
    ntk_network_destroy(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deep networks");
    TCase *parameters_case = test_case(suite, "parameters"), *forward = test_case(suite, "forward");
    tcase_add_checked_fixture(parameters_case, setup, teardown);
    tcase_add_checked_fixture(forward, setup, teardown);
    tcase_add_test(parameters_case, one_layer_is_what_it_was);
    tcase_add_test(parameters_case, parameters_are_normal);
    tcase_add_test(parameters_case, parameters_are_all_of_it);
    tcase_add_test(parameters_case, elements_of_arrays_are_checked);
    tcase_add_test(parameters_case, what_does_not_go_together);
    tcase_add_test(forward, every_activation);
    tcase_add_test(forward, every_option);
    tcase_add_test(forward, every_shape);
    tcase_add_test(forward, overflow_names_the_row);
    return test_run(suite);
}
