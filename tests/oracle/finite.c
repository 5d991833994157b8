/* Finite-width kernels: sums over neurons, from the network's parameters. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

double oracle_slope(int32_t kind)
{
    return kind == NTK_LEAKY_RELU ? 0.3 : 0;
}

ntk_network *oracle_network_create(ntk_context *context, int32_t kind, double slope, const ntk_network_options *options)
{
    ntk_activation *activation = oracle_activation_create(context, kind, slope);
    ntk_network *network = NULL;
    CHECK_OK(ntk_network_create(context, &network, activation, options));
    ntk_activation_destroy(activation);
    return network;
}

ntk_kernel *oracle_finite_of(ntk_context *context, const ntk_network *network, int32_t part)
{
    ntk_features *features = NULL;
    ntk_kernel *kernel = NULL;
    CHECK_OK(ntk_features_create(context, &features, network, part));
    CHECK_OK(ntk_kernel_create_finite(context, &kernel, features));
    ntk_features_destroy(features);
    return kernel;
}

ntk_kernel *oracle_finite_create(ntk_context *context, int32_t kind, int64_t inputs, int64_t hidden, uint64_t seed,
                                 int32_t part)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = inputs;
    options.hidden = hidden;
    options.seed = seed;
    ntk_network *network = oracle_network_create(context, kind, 0, &options);
    ntk_kernel *kernel = oracle_finite_of(context, network, part);
    ntk_network_destroy(network);
    return kernel;
}

oracle_network oracle_network_of(const ntk_network *network, const ntk_network_options *o, double slope, int32_t kind)
{
    oracle_network copy = {.kind = kind, .slope = slope, .inputs = o->inputs, .hidden = o->hidden};
    int64_t size = ntk_network_size(network, NTK_PART_BOTH);
    ck_assert_int_eq(size, o->hidden * (o->inputs + 1));
    copy.weights = oracle_memory(size, sizeof *copy.weights);
    ntk_matrix theta = ntk_matrix_f64(copy.weights, size, 1);
    CHECK_OK(ntk_network_parameters(network, &theta));
    copy.output = copy.weights + o->hidden * o->inputs;
    copy.scale = o->weight_scale > 0 ? o->weight_scale : 1;
    copy.gamma = o->scaling == NTK_SCALING_CUSTOM       ? (long double)o->gamma
                 : o->scaling == NTK_SCALING_MEAN_FIELD ? 1 / (long double)o->hidden
                                                        : 1 / sqrtl((long double)o->hidden);
    copy.hidden_scale =
        o->parameterization == NTK_PARAM_STANDARDISED ? (long double)copy.scale / sqrtl((long double)o->inputs) : 1;
    return copy;
}

void oracle_network_free(oracle_network *network)
{
    free(network->weights);
    network->weights = NULL;
}

oracle_value oracle_activated(const oracle_network *net, int derivative, long double u, long double du, long double roundoff)
{
    oracle_value f;
    long double low, high, lipschitz = 0;
    f.value = derivative ? oracle_derivative(net->kind, net->slope, u) : oracle_activation(net->kind, net->slope, u);
    low = derivative ? oracle_derivative(net->kind, net->slope, u - du) : oracle_activation(net->kind, net->slope, u - du);
    high = derivative ? oracle_derivative(net->kind, net->slope, u + du) : oracle_activation(net->kind, net->slope, u + du);
    if (net->kind == NTK_ERF) lipschitz = 1.13L; /* of erf; that of its derivative is 0.97; GELU: 1.13 and 0.8 */
    if (net->kind >= NTK_GELU) lipschitz = net->kind == NTK_EXP ? expl(u + du) : 1.13L;
    f.bound = fmaxl(fabsl(low - f.value), fabsl(high - f.value)) + lipschitz * du + 4 * roundoff * fabsl(f.value);
    /* GELU near its zeros: Phi's rounding times u */
    if (net->kind == NTK_GELU) f.bound += 4 * roundoff * (derivative ? 1 : fabsl(u));
    return f;
}

/* What a sum of so many products may make of its terms, as in infinite.c. */
static long double sum_error(int64_t count, double roundoff)
{
    return (6 * sqrtl((long double)count) + 32) * (long double)roundoff;
}

static long double product(const double *x, const double *y, int64_t d)
{
    long double sum = 0;
    for (int64_t k = 0; k < d; k++) sum += (long double)x[k] * (long double)y[k];
    return sum;
}

oracle_excited oracle_excite(const oracle_network *net, int32_t part, const double *x, double roundoff)
{
    oracle_excited sample = {.x = x, .roundoff = roundoff};
    long double error = sum_error(net->inputs, roundoff) * sqrtl(product(x, x, net->inputs));
    for (int derivative = 0; derivative < 2; derivative++)
        if (part != (derivative ? NTK_PART_RF : NTK_PART_NT))
            sample.f[derivative] = oracle_memory(net->hidden, sizeof *sample.f[derivative]);
    for (int64_t i = 0; i < net->hidden; i++) {
        const double *w = net->weights + i * net->inputs;
        long double u = net->hidden_scale * product(w, x, net->inputs),
                    du = error * net->hidden_scale * sqrtl(product(w, w, net->inputs));
        for (int derivative = 0; derivative < 2; derivative++)
            if (sample.f[derivative]) sample.f[derivative][i] = oracle_activated(net, derivative, u, du, (long double)roundoff);
    }
    return sample;
}

void oracle_excited_free(oracle_excited *sample)
{
    for (int derivative = 0; derivative < 2; derivative++) free(sample->f[derivative]);
}

oracle_value oracle_finite_pair(const oracle_network *net, const oracle_excited *x, const oracle_excited *y)
{
    const int64_t d = net->inputs;
    oracle_value K = {0, 0};
    long double sizes = 0, error = sum_error(d, x->roundoff), xy = product(x->x, y->x, d);
    long double lengths = sqrtl(product(x->x, x->x, d) * product(y->x, y->x, d));
    long double tangent = (long double)net->scale * (long double)net->scale / (long double)d;
    for (int derivative = 0; derivative < 2; derivative++)
        for (int64_t i = 0; x->f[derivative] && i < net->hidden; i++) {
            oracle_value f = x->f[derivative][i], g = y->f[derivative][i];
            long double a = (long double)net->output[i], factor = derivative ? tangent * a * a * xy : 1;
            K.value += factor * f.value * g.value;
            sizes += fabsl(factor * f.value * g.value);
            K.bound += fabsl(factor) * (fabsl(f.value) * g.bound + fabsl(g.value) * f.bound + f.bound * g.bound);
            if (derivative) K.bound += tangent * a * a * error * lengths * fabsl(f.value * g.value);
        }
    long double gamma = net->gamma * net->gamma;
    K.value *= gamma;
    K.bound = gamma * (K.bound + sizes * sum_error(net->hidden, x->roundoff));
    return K;
}

oracle_value oracle_finite(const oracle_network *net, int32_t part, const double *x, const double *y, double roundoff)
{
    oracle_excited first = oracle_excite(net, part, x, roundoff), second = oracle_excite(net, part, y, roundoff);
    oracle_value K = oracle_finite_pair(net, &first, &second);
    oracle_excited_free(&first);
    oracle_excited_free(&second);
    return K;
}
