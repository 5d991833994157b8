/* Networks of several layers: forward and backward neuron by neuron, from the parameters, each number with its error. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

ntk_network_options oracle_deep_options(int64_t inputs, int64_t layers, const int64_t *widths)
{
    static const double scales[] = {1.5, 0.5, 1}, biases[] = {0.5, 0, 2};
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = inputs;
    options.layers = layers;
    options.widths = widths;
    options.weight_scales = scales;
    options.bias_scales = biases;
    options.output_weight_scale = 1.25;
    options.output_bias_scale = 0.75;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    options.seed = 5;
    return options;
}

static long double or_one(double scale)
{
    return scale > 0 ? (long double)scale : 1;
}

static void describe_layers(oracle_deep *net, const ntk_network_options *o)
{
    for (int64_t l = 0; l < net->layers; l++) {
        double scale = o->weight_scales ? o->weight_scales[l] : o->weight_scale;
        net->widths[l] = o->widths ? o->widths[l] : o->hidden;
        net->bias[l] = (long double)(o->bias_scales ? o->bias_scales[l] : o->bias_scale);
        net->tangent[l] = or_one(scale) / sqrtl((long double)(l ? net->widths[l - 1] : net->inputs));
        net->factor[l] = net->tangent[l];
    }
    if (net->layers == 1 && net->bias[0] == 0 && o->parameterization != NTK_PARAM_STANDARDISED) net->factor[0] = 1;
}

oracle_deep oracle_deep_of(const ntk_network *network, const ntk_network_options *o, double slope, int32_t kind)
{
    oracle_deep net = {.sigma = {.kind = kind, .slope = slope}, .inputs = o->inputs, .layers = o->layers ? o->layers : 1};
    ck_assert(net.layers <= ORACLE_LAYERS);
    describe_layers(&net, o);
    int64_t last = net.widths[net.layers - 1], before = net.inputs;
    long double N = (long double)last;
    net.gamma = o->scaling == NTK_SCALING_CUSTOM       ? (long double)o->gamma
                : o->scaling == NTK_SCALING_MEAN_FIELD ? 1 / N
                                                       : 1 / sqrtl(N);
    net.gamma *= or_one(o->output_weight_scale);
    net.output_bias = (long double)o->output_bias_scale;
    for (int64_t l = 0; l < net.layers; l++) {
        net.hidden_size += net.widths[l] * (before + (net.bias[l] > 0));
        before = net.widths[l];
    }
    net.size = net.hidden_size + last + (net.output_bias > 0);
    ck_assert_int_eq(net.size, ntk_network_size(network, NTK_PART_BOTH));
    ck_assert_int_eq(net.hidden_size, ntk_network_size(network, NTK_PART_NT));
    ck_assert_int_eq(net.size - net.hidden_size, ntk_network_size(network, NTK_PART_RF));
    net.theta = oracle_memory(net.size, sizeof *net.theta);
    ntk_matrix theta = ntk_matrix_f64(net.theta, net.size, 1);
    CHECK_OK(ntk_network_parameters(network, &theta));
    return net;
}

void oracle_deep_free(oracle_deep *net)
{
    free(net->theta);
    net->theta = NULL;
}

/* What a sum of count products may lose of the norms' product, as in infinite.c. */
static long double loss(int64_t count, long double unit)
{
    return (6 * sqrtl((long double)count) + 32) * unit;
}

/* The signals of one sample. */
typedef struct pass {
    const oracle_deep *net;
    long double unit;
    oracle_value *h[ORACLE_LAYERS + 1], *slope[ORACLE_LAYERS], *b[ORACLE_LAYERS];
    int64_t weights[ORACLE_LAYERS], biases[ORACLE_LAYERS];
} pass;

static int64_t inputs_of(const oracle_deep *net, int64_t l)
{
    return l ? net->widths[l - 1] : net->inputs;
}

static void layer_forward(pass *p, int64_t l)
{
    const oracle_deep *net = p->net;
    int64_t inputs = inputs_of(net, l);
    for (int64_t i = 0; i < net->widths[l]; i++) {
        const double *w = net->theta + p->weights[l] + i * inputs;
        long double z = 0, error = 0, ww = 0, hh = 0;
        for (int64_t k = 0; k < inputs; k++) {
            long double weight = (long double)w[k], h = p->h[l][k].value;
            z += weight * h;
            error += fabsl(weight) * p->h[l][k].bound;
            ww += weight * weight;
            hh += h * h;
        }
        long double bias = net->bias[l] > 0 ? net->bias[l] * (long double)net->theta[p->biases[l] + i] : 0;
        error = net->factor[l] * (error + loss(inputs, p->unit) * sqrtl(ww * hh)) + 4 * p->unit * fabsl(bias);
        z = net->factor[l] * z + bias;
        p->h[l + 1][i] = oracle_activated(&net->sigma, 0, z, error, p->unit);
        p->slope[l][i] = oracle_activated(&net->sigma, 1, z, error, p->unit);
    }
}

static oracle_value times(oracle_value a, oracle_value b)
{
    return (oracle_value){a.value * b.value, fabsl(a.value) * b.bound + fabsl(b.value) * a.bound + a.bound * b.bound};
}

static void layer_backward(pass *p, int64_t l)
{
    const oracle_deep *net = p->net;
    bool last = l + 1 == net->layers;
    for (int64_t i = 0; i < net->widths[l]; i++) {
        oracle_value after = {0, 0};
        if (last) {
            after.value = net->gamma * (long double)net->theta[net->hidden_size + i];
            after.bound = 4 * p->unit * fabsl(after.value);
        }
        long double ww = 0, bb = 0;
        for (int64_t k = 0; !last && k < net->widths[l + 1]; k++) {
            long double w = net->factor[l + 1] * (long double)net->theta[p->weights[l + 1] + k * net->widths[l] + i];
            after.value += w * p->b[l + 1][k].value;
            after.bound += fabsl(w) * p->b[l + 1][k].bound;
            ww += w * w;
            bb += p->b[l + 1][k].value * p->b[l + 1][k].value;
        }
        if (!last) after.bound += loss(net->widths[l + 1], p->unit) * sqrtl(ww * bb);
        p->b[l][i] = times(after, p->slope[l][i]);
    }
}

static void pass_make(pass *p, const oracle_deep *net, const double *x, double roundoff)
{
    int64_t at = 0;
    *p = (pass){.net = net, .unit = (long double)roundoff};
    p->h[0] = oracle_memory(net->inputs, sizeof(oracle_value));
    for (int64_t k = 0; k < net->inputs; k++) p->h[0][k] = (oracle_value){(long double)x[k], 0};
    for (int64_t l = 0; l < net->layers; l++) {
        p->weights[l] = at;
        p->biases[l] = at + net->widths[l] * inputs_of(net, l);
        at = p->biases[l] + (net->bias[l] > 0 ? net->widths[l] : 0);
        p->h[l + 1] = oracle_memory(net->widths[l], sizeof(oracle_value));
        p->slope[l] = oracle_memory(net->widths[l], sizeof(oracle_value));
        p->b[l] = oracle_memory(net->widths[l], sizeof(oracle_value));
        layer_forward(p, l);
    }
    for (int64_t l = net->layers - 1; l >= 0; l--) layer_backward(p, l);
}

static void pass_free(pass *p)
{
    free(p->h[0]);
    for (int64_t l = 0; l < p->net->layers; l++) {
        free(p->h[l + 1]);
        free(p->slope[l]);
        free(p->b[l]);
    }
}

oracle_value oracle_deep_forward(const oracle_deep *net, const double *x, double roundoff)
{
    pass p;
    oracle_value f = {0, 0};
    long double sizes = 0;
    int64_t last = net->widths[net->layers - 1];
    pass_make(&p, net, x, roundoff);
    for (int64_t i = 0; i < last; i++) {
        long double a = net->gamma * (long double)net->theta[net->hidden_size + i];
        f.value += a * p.h[net->layers][i].value;
        f.bound += fabsl(a) * p.h[net->layers][i].bound;
        sizes += fabsl(a * p.h[net->layers][i].value);
    }
    if (net->output_bias > 0) {
        long double c = net->output_bias * (long double)net->theta[net->size - 1];
        f.value += c;
        sizes += fabsl(c);
    }
    f.bound += sizes * loss(last, p.unit);
    pass_free(&p);
    return f;
}

static oracle_value scaled(long double factor, oracle_value v, long double unit)
{
    return (oracle_value){factor * v.value, fabsl(factor) * (v.bound + 4 * unit * fabsl(v.value))};
}

oracle_value *oracle_deep_features(const oracle_deep *net, const double *x, double roundoff)
{
    pass p;
    oracle_value *phi = oracle_memory(net->size, sizeof *phi), *to = phi;
    pass_make(&p, net, x, roundoff);
    for (int64_t l = 0; l < net->layers; l++) {
        for (int64_t i = 0; i < net->widths[l]; i++)
            for (int64_t k = 0; k < inputs_of(net, l); k++)
                *to++ = scaled(net->tangent[l], times(p.b[l][i], p.h[l][k]), p.unit);
        for (int64_t i = 0; net->bias[l] > 0 && i < net->widths[l]; i++) *to++ = scaled(net->bias[l], p.b[l][i], p.unit);
    }
    for (int64_t i = 0; i < net->widths[net->layers - 1]; i++) *to++ = scaled(net->gamma, p.h[net->layers][i], p.unit);
    if (net->output_bias > 0) *to++ = (oracle_value){net->output_bias, p.unit * net->output_bias};
    ck_assert_int_eq(to - phi, net->size);
    pass_free(&p);
    return phi;
}

oracle_value oracle_deep_kernel(const oracle_deep *net, int32_t part, const oracle_value *phi, const oracle_value *psi,
                                double roundoff)
{
    oracle_value K = {0, 0};
    long double norms[2] = {0, 0}, widest = (long double)net->inputs;
    int64_t first = part == NTK_PART_RF ? net->hidden_size : 0, last = part == NTK_PART_NT ? net->hidden_size : net->size;
    for (int64_t k = first; k < last; k++) {
        oracle_value term = times(phi[k], psi[k]);
        K.value += term.value;
        K.bound += term.bound;
        norms[0] += phi[k].value * phi[k].value;
        norms[1] += psi[k].value * psi[k].value;
    }
    for (int64_t l = 0; l < net->layers; l++) widest = fmaxl(widest, (long double)net->widths[l]);
    /* each layer's term is a product of two sums, and no larger than its features' norms */
    K.bound += 2 * loss((int64_t)widest, (long double)roundoff) * sqrtl(norms[0] * norms[1]);
    return K;
}
