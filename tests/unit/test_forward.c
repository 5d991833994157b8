/* f(x) against its definition, and what an antisymmetric start promises. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

TEST_CONTEXT_FIXTURE(2)

static ntk_network_options sizes(int64_t hidden, int64_t inputs)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.hidden = hidden;
    options.inputs = inputs;
    options.seed = 21;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    return options;
}

/* f(x), and its error: that of every u = <w, x> (roundings that behave as random, see infinite.c), through sigma, and that of
 * the sum over neurons. */
static oracle_value expected(const oracle_network *net, const double *x, double roundoff)
{
    long double unit = (long double)roundoff, xx = 0, sizes = 0;
    oracle_value f = {0, 0};
    for (int64_t k = 0; k < net->inputs; k++) xx += (long double)x[k] * (long double)x[k];
    for (int64_t i = 0; i < net->hidden; i++) {
        const double *w = net->weights + i * net->inputs;
        long double u = 0, ww = 0, a = (long double)net->output[i];
        for (int64_t k = 0; k < net->inputs; k++) {
            u += (long double)w[k] * (long double)x[k];
            ww += (long double)w[k] * (long double)w[k];
        }
        long double du = (6 * sqrtl((long double)net->inputs) + 32) * unit * net->hidden_scale * sqrtl(ww * xx);
        oracle_value sigma = oracle_activated(net, 0, net->hidden_scale * u, du, unit);
        f.value += net->gamma * a * sigma.value;
        f.bound += fabsl(net->gamma * a) * sigma.bound;
        sizes += fabsl(net->gamma * a * sigma.value);
    }
    f.bound += sizes * (6 * sqrtl((long double)net->hidden) + 32) * unit;
    return f;
}

/* Forward of n samples of type x_dtype in gapped views. */
static void compare(int32_t kind, const ntk_network_options *options, int64_t n, int32_t y_dtype, int32_t x_dtype)
{
    uint64_t state = test_seed(31);
    ntk_network *network = oracle_network_create(context, kind, oracle_slope(kind), options);
    oracle_network net = oracle_network_of(network, options, oracle_slope(kind), kind);
    /* samples of single precision, so that converting them is exact */
    double *samples = oracle_samples(n, options->inputs, NTK_F32, &state);
    test_array x = oracle_array(samples, n, options->inputs, 3, x_dtype), y = test_array_make(n, 1, 2, y_dtype);
    CHECK_OK(ntk_network_forward(network, &y.view, &x.view));
    ck_assert(test_array_is_written(&y));
    for (int64_t i = 0; i < n; i += 1 + n / 40) {
        oracle_value f = expected(&net, samples + i * options->inputs, oracle_roundoff(y_dtype));
        double got = test_get(&y.view, i, 0);
        ck_assert_msg(fabsl((long double)got - f.value) <= f.bound,
                      "%s N %lld d %lld: f(x_%lld) is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg", oracle_kind_name(kind),
                      (long long)options->hidden, (long long)options->inputs, (long long)i, got, f.value,
                      fabsl((long double)got - f.value), f.bound);
    }
    test_array_free(&x);
    test_array_free(&y);
    free(samples);
    oracle_network_free(&net);
    ntk_network_destroy(network);
}

START_TEST(every_activation)
{
    ntk_network_options options = sizes(37, 5);
    for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++)
        for (int32_t y = NTK_F64; y <= NTK_F32; y++)
            for (int32_t x = NTK_F64; x <= NTK_F32; x++) compare(kind, &options, 9, y, x);
}
END_TEST

START_TEST(every_option)
{
    ntk_network_options options = sizes(24, 6);
    options.weight_scale = 1.75;
    for (options.scaling = NTK_SCALING_NTK; options.scaling <= NTK_SCALING_CUSTOM; options.scaling++)
        for (options.hidden_law = 0; options.hidden_law <= NTK_HIDDEN_SPHERE; options.hidden_law++)
            for (options.parameterization = 0; options.parameterization <= NTK_PARAM_STANDARDISED; options.parameterization++) {
                options.gamma = options.scaling == NTK_SCALING_CUSTOM ? -0.3 : 0;
                compare(NTK_ERF, &options, 7, NTK_F64, NTK_F64);
                compare(NTK_RELU, &options, 7, NTK_F32, NTK_F32);
            }
}
END_TEST

/* One neuron, one input; several tiles of rows; several tiles of neurons; long rows. */
START_TEST(every_shape)
{
    static const int64_t shapes[][3] = {{1, 1, 1},      {1, 4, 3},    {6, 1, 5},   {700, 3, 1501},
                                        {2501, 2, 300}, {2501, 3, 1}, {5, 3001, 4}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ntk_network_options options = sizes(shapes[i][0], shapes[i][1]);
        compare(NTK_ERF, &options, shapes[i][2], NTK_F64, NTK_F64);
        compare(NTK_ERF, &options, shapes[i][2], NTK_F32, NTK_F32);
    }
}
END_TEST

/* theta where the halves mirror, and where they merely share hidden weights */
START_TEST(mirrored_neurons_add_up)
{
    ntk_network_options options = sizes(10, 3);
    options.antisymmetric = 1;
    ntk_network *network = oracle_network_create(context, NTK_ERF, oracle_slope(NTK_ERF), &options);
    double theta[40], x[12], y[4];
    uint64_t state = test_seed(32);
    for (int k = 0; k < 12; k++) x[k] = oracle_normal(&state);
    ntk_matrix all = ntk_matrix_f64(theta, 40, 1), out = ntk_matrix_f64(y, 4, 1), in = ntk_matrix_const_f64(x, 4, 3);
    CHECK_OK(ntk_network_parameters(network, &all));
    for (int i = 0; i < 5; i++) theta[30 + i] += 1.5;
    CHECK_OK(ntk_network_set_parameters(network, &all));
    CHECK_OK(ntk_network_forward(network, &out, &in));
    oracle_network net = oracle_network_of(network, &options, 0, NTK_ERF);
    for (int i = 0; i < 4; i++) {
        oracle_value f = expected(&net, x + 3 * i, oracle_roundoff(NTK_F64));
        ck_assert(fabsl((long double)y[i] - f.value) <= f.bound);
    }
    oracle_network_free(&net);
    ntk_network_destroy(network);
}
END_TEST

static void check_zero(const ntk_network *network, int64_t n, int64_t d, int32_t dtype)
{
    test_array x = test_array_make(n, d, 0, dtype), y = test_array_make(n, 1, 0, dtype);
    test_array_fill(&x, test_seed(33));
    CHECK_OK(ntk_network_forward(network, &y.view, &x.view));
    for (int64_t i = 0; i < n; i++) ck_assert(test_get(&y.view, i, 0) == 0);
    test_array_free(&x);
    test_array_free(&y);
}

START_TEST(antisymmetric_start_is_zero)
{
    static const int64_t shapes[][3] = {{2, 1, 3}, {6, 5, 40}, {514, 33, 300}, {5006, 3, 301}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++) {
            ntk_network_options options = sizes(shapes[i][0], shapes[i][1]);
            options.antisymmetric = 1;
            ntk_network *network = oracle_network_create(context, kind, oracle_slope(kind), &options), *copy;
            int64_t size = ntk_network_size(network, NTK_PART_BOTH);
            test_array theta = test_array_make(size, 1, 0, NTK_F64);
            for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) check_zero(network, shapes[i][2], options.inputs, dtype);
            CHECK_OK(ntk_network_copy(context, &copy, network));
            check_zero(copy, shapes[i][2], options.inputs, NTK_F64);
            CHECK_OK(ntk_network_parameters(network, &theta.view));
            CHECK_OK(ntk_network_set_parameters(copy, &theta.view));
            check_zero(copy, shapes[i][2], options.inputs, NTK_F64);
            test_array_free(&theta);
            ntk_network_destroy(network);
            ntk_network_destroy(copy);
        }
}
END_TEST

START_TEST(bits_do_not_depend_on_threads)
{
    static const int64_t shapes[][3] = {{700, 3, 1501}, {2501, 2, 300}, {65, 40, 2000}};
    static const int32_t threads[] = {1, 2, 7};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
            ntk_network_options options = sizes(shapes[i][0], shapes[i][1]);
            test_array x = test_array_make(shapes[i][2], shapes[i][1], 0, dtype), y[3];
            test_array_fill(&x, test_seed(34));
            for (int t = 0; t < 3; t++) {
                ntk_context *other = test_context(threads[t], NULL);
                ntk_network *network = oracle_network_create(other, NTK_ERF, oracle_slope(NTK_ERF), &options);
                y[t] = test_array_make(shapes[i][2], 1, 0, dtype);
                CHECK_OK(ntk_network_forward(network, &y[t].view, &x.view));
                ck_assert(test_same_bits(&y[0].view, &y[t].view));
                ntk_network_destroy(network);
                ntk_context_destroy(other);
            }
            for (int t = 0; t < 3; t++) test_array_free(&y[t]);
            test_array_free(&x);
        }
}
END_TEST

/* sigma is bounded, so that only the check of u or of the conversion can notice */
START_TEST(overflow_is_reported)
{
    ntk_network_options options = sizes(4, 2);
    ntk_network *network = oracle_network_create(context, NTK_ERF, oracle_slope(NTK_ERF), &options);
    double far[4] = {1, 2, 3, 1e300}, y[2];
    float single[2];
    ntk_matrix in = ntk_matrix_const_f64(far, 2, 2), out = ntk_matrix_f64(y, 2, 1), out32 = ntk_matrix_f32(single, 2, 1);
    CHECK_OK(ntk_network_forward(network, &out, &in));
    ck_assert(isfinite(y[0]) && isfinite(y[1]));
    CHECK_STATUS(ntk_network_forward(network, &out32, &in), NTK_ERR_OVERFLOW);
    ntk_network_destroy(network);

    network = oracle_network_create(context, NTK_RELU, oracle_slope(NTK_RELU), &options);
    far[3] = -1.7e308;
    far[2] = 1.7e308;
    double theta[12] = {3, -3, 3, -3, 3, -3, 3, -3, 1, 1, 1, 1};
    ntk_matrix all = ntk_matrix_const_f64(theta, 12, 1);
    CHECK_OK(ntk_network_set_parameters(network, &all));
    CHECK_STATUS(ntk_network_forward(network, &out, &in), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("row 1");
    theta[0] = 1e200;
    CHECK_OK(ntk_network_set_parameters(network, &all));
    far[2] = far[3] = 0;
    CHECK_STATUS(ntk_network_forward(network, &out32, &in), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("single precision");
    ntk_network_destroy(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forward");
    TCase *values = test_case(suite, "values");
    tcase_add_checked_fixture(values, setup, teardown);
    tcase_add_test(values, every_activation);
    tcase_add_test(values, every_option);
    tcase_add_test(values, every_shape);
    tcase_add_test(values, mirrored_neurons_add_up);
    tcase_add_test(values, antisymmetric_start_is_zero);
    tcase_add_test(values, bits_do_not_depend_on_threads);
    tcase_add_test(values, overflow_is_reported);
    return test_run(suite);
}
