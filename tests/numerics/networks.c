/* Networks of finite width: forward pass, features, kernels. */
#include "tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 300, D = 20, SAMPLES = 24, P = N * (D + 1) };

typedef struct subject {
    int32_t kind;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    oracle_network net;
} subject;

static subject make(ntk_context *context, int32_t kind)
{
    subject s = {.kind = kind};
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *activation = oracle_activation_create(context, kind, 0);
    options.inputs = D;
    options.hidden = N;
    CHECK_OK(ntk_network_create(context, &s.network, activation, &options));
    CHECK_OK(ntk_features_create(context, &s.features, s.network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &s.kernel, s.features));
    s.net = oracle_network_of(s.network, &options, 0, kind);
    ntk_activation_destroy(activation);
    return s;
}

static void put_away(subject *s)
{
    oracle_network_free(&s->net);
    ntk_kernel_destroy(s->kernel);
    ntk_features_destroy(s->features);
    ntk_network_destroy(s->network);
}

/* sigma(u_i) or sigma'(u_i) of every neuron, with the error of u through them. */
static void neurons_of(const oracle_network *net, const double *x, double roundoff, int derivative, oracle_value out[N])
{
    long double unit = (long double)roundoff, xx = 0;
    for (int k = 0; k < D; k++) xx += (long double)x[k] * (long double)x[k];
    for (int i = 0; i < N; i++) {
        long double u = 0, ww = 0;
        for (int k = 0; k < D; k++) {
            long double w = (long double)net->weights[i * D + k];
            u += w * (long double)x[k];
            ww += w * w;
        }
        long double du = (6 * sqrtl((long double)D) + 32) * unit * net->hidden_scale * sqrtl(ww * xx);
        out[i] = oracle_activated(net, derivative, net->hidden_scale * u, du, unit);
    }
}

static oracle_value scaled(oracle_value v, long double factor, long double roundings)
{
    return (oracle_value){v.value * factor, fabsl(factor) * (v.bound + roundings * fabsl(v.value))};
}

/* The features of a sample: N D of the hidden weights, then N of the output weights. */
static void features_of(const oracle_network *net, const double *x, double roundoff, oracle_value *phi)
{
    oracle_value sigma[N], slope[N];
    long double tangent = net->gamma * (long double)net->scale / sqrtl((long double)D), unit = (long double)roundoff;
    neurons_of(net, x, roundoff, 0, sigma);
    neurons_of(net, x, roundoff, 1, slope);
    for (int i = 0; i < N; i++) {
        phi[N * D + i] = scaled(sigma[i], net->gamma, 4 * unit);
        for (int k = 0; k < D; k++)
            phi[i * D + k] = scaled(slope[i], tangent * (long double)net->output[i] * (long double)x[k], 6 * unit);
    }
}

/* A sum of count products, step apart, with the roundings of the sum. */
static void count_sum(tally *t, double got, const oracle_value *terms, const double *factors, int64_t count, int64_t step)
{
    oracle_value sum = {0, 0};
    long double size = 0, roundings = (6 * sqrtl((long double)count) + 32) * (long double)oracle_roundoff(t->dtype);
    for (int64_t i = 0; i < count; i++) {
        long double factor = (long double)factors[i];
        sum.value += terms[i * step].value * factor;
        sum.bound += terms[i * step].bound * fabsl(factor);
        size += fabsl(terms[i * step].value * factor);
    }
    sum.bound += roundings * size;
    tally_count(t, got, sum, size);
}

static void measure_forward(const subject *s, const data *x, tally *t)
{
    test_array y = test_array_make(x->n, 1, 0, t->dtype);
    double factors[N];
    for (int i = 0; i < N; i++) factors[i] = (double)s->net.gamma * s->net.output[i];
    CHECK_OK(ntk_network_forward(s->network, &y.view, &x->in.view));
    for (int64_t i = 0; i < x->n; i++) {
        oracle_value sigma[N];
        neurons_of(&s->net, x->x + i * D, oracle_roundoff(t->dtype), 0, sigma);
        count_sum(t, test_get(&y.view, i, 0), sigma, factors, N, 1);
    }
    test_array_free(&y);
}

/* Phi, Phi b and Phi^T r. */
static void measure_features(const subject *s, const data *x, tally *map, tally *multiply, tally *transposed)
{
    uint64_t state = 9;
    int32_t dtype = map->dtype;
    double *b = oracle_samples(P, 1, NTK_F32, &state), *r = oracle_samples(x->n, 1, NTK_F32, &state);
    oracle_value *phi = oracle_memory(x->n * P, sizeof *phi);
    test_array b_in = oracle_array(b, P, 1, 0, dtype), r_in = oracle_array(r, x->n, 1, 0, dtype);
    test_array Phi = test_array_make(x->n, P, 0, dtype), y = test_array_make(x->n, 1, 0, dtype),
               back = test_array_make(P, 1, 0, dtype);
    CHECK_OK(ntk_features_map(s->features, &Phi.view, &x->in.view));
    CHECK_OK(ntk_features_multiply(s->features, &y.view, &x->in.view, &b_in.view));
    CHECK_OK(ntk_features_multiply_transposed(s->features, &back.view, &x->in.view, &r_in.view));
    for (int64_t i = 0; i < x->n; i++) {
        long double length = 0;
        features_of(&s->net, x->x + i * D, oracle_roundoff(dtype), phi + i * P);
        for (int64_t j = 0; j < P; j++) length += phi[i * P + j].value * phi[i * P + j].value;
        for (int64_t j = 0; j < P; j++) tally_count(map, test_get(&Phi.view, i, j), phi[i * P + j], sqrtl(length));
        count_sum(multiply, test_get(&y.view, i, 0), phi + i * P, b, P, 1);
    }
    for (int64_t j = 0; j < P; j += 13) count_sum(transposed, test_get(&back.view, j, 0), phi + j, r, x->n, P);
    free(b);
    free(r);
    free(phi);
    test_array *arrays[] = {&b_in, &r_in, &Phi, &y, &back};
    for (int i = 0; i < 5; i++) test_array_free(arrays[i]);
}

static void measure_kernel(const subject *s, const data *x, tally *block, tally *product)
{
    uint64_t state = 10;
    double *v = oracle_samples(x->n, 1, NTK_F32, &state), roundoff = oracle_roundoff(block->dtype);
    oracle_value *K = oracle_memory(x->n * x->n, sizeof *K);
    test_array v_in = oracle_array(v, x->n, 1, 0, block->dtype), y = test_array_make(x->n, 1, 0, block->dtype);
    test_array out = test_array_make(x->n, x->n, 0, block->dtype);
    CHECK_OK(ntk_kernel_block(s->kernel, &out.view, &x->in.view, &x->in.view));
    CHECK_OK(ntk_kernel_multiply(s->kernel, &y.view, &x->in.view, &x->in.view, &v_in.view));
    for (int64_t i = 0; i < x->n; i++)
        for (int64_t j = 0; j < x->n; j++)
            K[i * x->n + j] = oracle_finite(&s->net, NTK_PART_BOTH, x->x + i * D, x->x + j * D, roundoff);
    for (int64_t i = 0; i < x->n; i++) {
        oracle_value sum = {0, 0};
        long double size = 0;
        for (int64_t j = 0; j < x->n; j++) {
            oracle_value own = K[i * x->n + i], other = K[j * x->n + j], entry = K[i * x->n + j];
            long double length = sqrtl(own.value * other.value), w = fabsl((long double)v[j]);
            tally_count(block, test_get(&out.view, i, j), entry, length);
            sum.value += entry.value * (long double)v[j];
            /* through features the terms are those of sums over neurons, as large as the lengths' product */
            sum.bound += (entry.bound + (6 * sqrtl((long double)P) + 64) * (long double)roundoff * length) * w;
            size += length * w;
        }
        tally_count(product, test_get(&y.view, i, 0), sum, size);
    }
    free(v);
    free(K);
    test_array_free(&v_in);
    test_array_free(&y);
    test_array_free(&out);
}

void measure_networks(ntk_context *context)
{
    static const struct {
        int32_t kind;
        const char *name;
    } kinds[] = {{NTK_RELU, "ReLU"}, {NTK_ERF, "erf"}};
    tallies forward = tally_begin(), map = tally_begin(), multiply = tally_begin(), transposed = tally_begin();
    tallies product = tally_begin();
    for (int k = 0; k < 2; k++) {
        char name[100];
        subject s = make(context, kinds[k].kind);
        tallies block = tally_begin();
        for (int p = 0; p < PRECISIONS; p++) {
            data x = data_draw(SAMPLES, D, block.of[p].dtype, 6);
            measure_forward(&s, &x, &forward.of[p]);
            measure_features(&s, &x, &map.of[p], &multiply.of[p], &transposed.of[p]);
            measure_kernel(&s, &x, &block.of[p], &product.of[p]);
            data_free(&x);
        }
        snprintf(name, sizeof name, "block, finite network, N = %d: %s", N, kinds[k].name);
        tally_print(name, "sqrt(K_ii K_jj)", &block);
        put_away(&s);
    }
    tally_print("ntk_kernel_multiply, finite network", "sum sqrt(K_ii K_jj) v_j", &product);
    tally_print("ntk_network_forward", "sum of abs(terms)", &forward);
    tally_print("ntk_features_map", "norm of phi", &map);
    tally_print("ntk_features_multiply", "sum of abs(terms)", &multiply);
    tally_print("ntk_features_multiply_transposed", "sum of abs(terms)", &transposed);
}
