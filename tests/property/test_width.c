/* The finite kernel tends to the infinite one: 1/N times a sum of N independent terms whose mean is K. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 8, WIDTH = 20000 };

TEST_CONTEXT_FIXTURE(2)

/* K_N(x_i, x_j) in f64, with the network that made it */
static test_array finite_kernel(const ntk_network_options *options, int32_t kind, int32_t part, const ntk_matrix *x,
                                oracle_network *net)
{
    ntk_activation *activation = oracle_activation_create(context, kind, kind == NTK_LEAKY_RELU ? 0.2 : 0);
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    ntk_kernel *kernel = NULL;
    test_array K = test_array_make(x->rows, x->rows, 0, NTK_F64);
    CHECK_OK(ntk_network_create(context, &network, activation, options));
    CHECK_OK(ntk_features_create(context, &features, network, part));
    CHECK_OK(ntk_kernel_create_finite(context, &kernel, features));
    CHECK_OK(ntk_kernel_block(kernel, &K.view, x, x));
    *net = oracle_network_of(network, options, kind == NTK_LEAKY_RELU ? 0.2 : 0, kind);
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    return K;
}

/* Standard error of the mean of a neuron's term, from the terms themselves (that is, from their fourth moments in sigma). */
static double standard_error(const oracle_network *net, const oracle_excited *x, const oracle_excited *y)
{
    int64_t d = net->inputs, N = net->hidden;
    long double mean = 0, square = 0, xy = 0;
    for (int64_t k = 0; k < d; k++) xy += (long double)x->x[k] * (long double)y->x[k];
    for (int64_t i = 0; i < N; i++) {
        long double a = (long double)net->output[i], term = 0;
        if (x->f[0]) term += x->f[0][i].value * y->f[0][i].value;
        if (x->f[1])
            term += a * a * (long double)net->scale * (long double)net->scale * xy / (long double)d * x->f[1][i].value *
                    y->f[1][i].value;
        mean += term / (long double)N;
        square += term * term / (long double)N;
    }
    return (double)sqrtl(fmaxl(square - mean * mean, 0) / (long double)N);
}

/* every entry within 6 standard errors: chance 2e-9 for a normal law, and N is large enough for that of all these terms to be
 * one; the sphere has the same limit for 1-homogeneous activations */
static void compare(int32_t kind, int32_t part, int32_t law, int32_t output, double scale, uint64_t *state)
{
    int64_t d = 5;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    double *xs = oracle_samples(SAMPLES, d, NTK_F64, state);
    test_array x = oracle_array(xs, SAMPLES, d, 0, NTK_F64);
    oracle_kernel infinite = {kind, kind == NTK_LEAKY_RELU ? 0.2 : 0, NTK_INIT(ntk_kernel_options)};
    oracle_network net;
    options.inputs = d;
    options.hidden = WIDTH;
    options.seed = (uint64_t)oracle_integer(state, 1 << 30);
    options.weight_scale = infinite.options.weight_scale = scale;
    options.hidden_law = law;
    options.output_weights = output;
    infinite.options.part = part;
    test_array K_N = finite_kernel(&options, kind, part, &x.view, &net), K = test_array_make(SAMPLES, SAMPLES, 0, NTK_F64);
    ntk_kernel *kernel = oracle_kernel_create(context, &infinite);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.view, &x.view));
    oracle_excited samples[SAMPLES];
    for (int64_t i = 0; i < SAMPLES; i++) samples[i] = oracle_excite(&net, part, xs + i * d, 0);
    for (int64_t i = 0; i < SAMPLES; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double got = test_get(&K_N.view, i, j), want = test_get(&K.view, i, j);
            double error = standard_error(&net, &samples[i], &samples[j]);
            ck_assert_msg(fabs(got - want) <= 6 * error + 1e-13 * fabs(want) + 1e-14,
                          "%s part %d law %d: K_N[%lld][%lld] is %.6g, K %.6g, standard error %.2g", oracle_kind_name(kind),
                          (int)part, (int)law, (long long)i, (long long)j, got, want, error);
        }
    }
    for (int64_t i = 0; i < SAMPLES; i++) oracle_excited_free(&samples[i]);
    test_array_free(&x);
    test_array_free(&K);
    test_array_free(&K_N);
    oracle_network_free(&net);
    ntk_kernel_destroy(kernel);
    free(xs);
}

START_TEST(gaussian_weights)
{
    uint64_t state = test_seed(111) + (uint64_t)_i;
    for (int32_t part = 0; part < 3; part++) compare(_i, part, NTK_HIDDEN_GAUSSIAN, NTK_OUTPUT_SIGNS, part ? 1.3 : 0, &state);
}
END_TEST

/* E[a^2] = 1 for Gaussian output weights too */
START_TEST(gaussian_output)
{
    uint64_t state = test_seed(112) + (uint64_t)_i;
    for (int32_t part = 0; part < 3; part++) compare(_i, part, NTK_HIDDEN_GAUSSIAN, NTK_OUTPUT_GAUSSIAN, 0, &state);
}
END_TEST

/* weights on the sphere have the same limit where the activation is 1-homogeneous, since E |w|^2 = s^2 in both laws */
START_TEST(spherical_weights)
{
    uint64_t state = test_seed(113) + (uint64_t)_i;
    if (_i >= NTK_ERF) return;
    for (int32_t part = 0; part < 3; part++) compare(_i, part, NTK_HIDDEN_SPHERE, NTK_OUTPUT_SIGNS, part ? 0.8 : 0, &state);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("width");
    TCase *width = test_case(suite, "width");
    tcase_add_checked_fixture(width, setup, teardown);
    tcase_add_loop_test(width, gaussian_weights, NTK_RELU, NTK_EXP + 1);
    tcase_add_loop_test(width, gaussian_weights, NTK_TANH, NTK_SILU + 1);
    tcase_add_loop_test(width, gaussian_output, NTK_RELU, NTK_EXP + 1);
    tcase_add_loop_test(width, spherical_weights, NTK_RELU, NTK_EXP + 1);
    return test_run(suite);
}
