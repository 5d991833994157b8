/* Networks of finite width with several layers and biases: forward pass, features, kernels. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>

enum { N = 60, D = 20, LAYERS = 3, SAMPLES = 24 };

typedef struct subject {
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    oracle_deep net;
} subject;

static subject make(ntk_context *context, int32_t kind)
{
    subject s = {0};
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *activation = oracle_activation_create(context, kind, 0);
    options.inputs = D;
    options.hidden = N;
    options.layers = LAYERS;
    options.bias_scale = options.output_bias_scale = 0.5;
    CHECK_OK(ntk_network_create(context, &s.network, activation, &options));
    CHECK_OK(ntk_features_create(context, &s.features, s.network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &s.kernel, s.features));
    s.net = oracle_deep_of(s.network, &options, 0, kind);
    ntk_activation_destroy(activation);
    return s;
}

static void put_away(subject *s)
{
    oracle_deep_free(&s->net);
    ntk_kernel_destroy(s->kernel);
    ntk_features_destroy(s->features);
    ntk_network_destroy(s->network);
}

/* J, J v and J^T u, whose terms are phi's. */
static void measure_derivatives(const subject *s, tally *jacobian, tally *jvp, tally *vjp)
{
    uint64_t state = 27;
    int32_t dtype = jacobian->dtype;
    int64_t p = ntk_features_size(s->features);
    data x = data_draw(SAMPLES, D, dtype, 26);
    double *v = oracle_samples(p, 1, NTK_F32, &state), *u = oracle_samples(SAMPLES, 1, NTK_F32, &state);
    test_array v_in = oracle_array(v, p, 1, 0, dtype), u_in = oracle_array(u, SAMPLES, 1, 0, dtype);
    test_array J = test_array_make(SAMPLES, p, 0, dtype), y = test_array_make(SAMPLES, 1, 0, dtype),
               g = test_array_make(p, 1, 0, dtype);
    oracle_value *phi[SAMPLES];
    CHECK_OK(ntk_network_jacobian(s->network, &J.view, &x.in.view, NTK_PART_BOTH));
    CHECK_OK(ntk_network_jvp(s->network, &y.view, &x.in.view, &v_in.view, NTK_PART_BOTH));
    CHECK_OK(ntk_network_vjp(s->network, &g.view, &x.in.view, &u_in.view, NTK_PART_BOTH));
    long double unit = (long double)oracle_roundoff(dtype), most = 0;
    for (int64_t i = 0; i < SAMPLES; i++) {
        phi[i] = oracle_deep_features(&s->net, x.x + i * D, oracle_roundoff(dtype));
        long double length = sqrtl(oracle_deep_kernel(&s->net, NTK_PART_BOTH, phi[i], phi[i], oracle_roundoff(dtype)).value);
        oracle_value sum = {0, 0};
        long double size = 0;
        for (int64_t k = 0; k < p; k++) {
            long double w = (long double)v[k];
            tally_count(jacobian, test_get(&J.view, i, k), phi[i][k], length);
            sum.value += w * phi[i][k].value;
            sum.bound += fabsl(w) * phi[i][k].bound;
            size += fabsl(w * phi[i][k].value);
        }
        sum.bound += (6 * sqrtl((long double)p) + 32) * unit * size;
        tally_count(jvp, test_get(&y.view, i, 0), sum, size);
        most = fmaxl(most, length);
    }
    for (int64_t k = 0; k < p; k += 7) {
        oracle_value sum = {0, 0};
        long double size = 0;
        for (int64_t i = 0; i < SAMPLES; i++) {
            long double w = (long double)u[i];
            sum.value += w * phi[i][k].value;
            sum.bound += fabsl(w) * (phi[i][k].bound + (6 * sqrtl(SAMPLES) + 32) * unit * fabsl(phi[i][k].value));
            size += fabsl(w) * most;
        }
        tally_count(vjp, test_get(&g.view, k, 0), sum, size);
    }
    for (int64_t i = 0; i < SAMPLES; i++) free(phi[i]);
    free(v);
    free(u);
    test_array *arrays[] = {&v_in, &u_in, &J, &y, &g};
    for (int i = 0; i < 5; i++) test_array_free(arrays[i]);
    data_free(&x);
}

static void measure(const subject *s, tally *forward, tally *map, tally *block)
{
    double roundoff = oracle_roundoff(block->dtype);
    int64_t p = ntk_features_size(s->features);
    data x = data_draw(SAMPLES, D, block->dtype, 26);
    test_array f = test_array_make(SAMPLES, 1, 0, block->dtype), Phi = test_array_make(SAMPLES, p, 0, block->dtype),
               K = test_array_make(SAMPLES, SAMPLES, 0, block->dtype);
    oracle_value *phi[SAMPLES];
    long double lengths[SAMPLES];
    CHECK_OK(ntk_network_forward(s->network, &f.view, &x.in.view));
    CHECK_OK(ntk_features_map(s->features, &Phi.view, &x.in.view));
    CHECK_OK(ntk_kernel_block(s->kernel, &K.view, &x.in.view, &x.in.view));
    for (int64_t i = 0; i < SAMPLES; i++) {
        phi[i] = oracle_deep_features(&s->net, x.x + i * D, roundoff);
        lengths[i] = sqrtl(oracle_deep_kernel(&s->net, NTK_PART_BOTH, phi[i], phi[i], roundoff).value);
        /* f is as large as its derivatives by the output weights, of size 1, make it */
        long double size = sqrtl(oracle_deep_kernel(&s->net, NTK_PART_RF, phi[i], phi[i], roundoff).value * (N + 1));
        tally_count(forward, test_get(&f.view, i, 0), oracle_deep_forward(&s->net, x.x + i * D, roundoff), size);
        for (int64_t k = 0; k < p; k++) tally_count(map, test_get(&Phi.view, i, k), phi[i][k], lengths[i]);
    }
    for (int64_t i = 0; i < SAMPLES; i++)
        for (int64_t j = 0; j < SAMPLES; j++)
            tally_count(block, test_get(&K.view, i, j), oracle_deep_kernel(&s->net, NTK_PART_BOTH, phi[i], phi[j], roundoff),
                        lengths[i] * lengths[j]);
    for (int64_t i = 0; i < SAMPLES; i++) free(phi[i]);
    test_array *arrays[] = {&f, &Phi, &K};
    for (int i = 0; i < 3; i++) test_array_free(arrays[i]);
    data_free(&x);
}

void measure_deep_networks(ntk_context *context)
{
    static const int32_t kinds[] = {NTK_RELU, NTK_ERF};
    tallies forward = tally_begin(), map = tally_begin(), block = tally_begin();
    tallies jacobian = tally_begin(), jvp = tally_begin(), vjp = tally_begin();
    for (int k = 0; k < 2; k++) {
        subject s = make(context, kinds[k]);
        for (int p = 0; p < PRECISIONS; p++) {
            measure(&s, &forward.of[p], &map.of[p], &block.of[p]);
            measure_derivatives(&s, &jacobian.of[p], &jvp.of[p], &vjp.of[p]);
        }
        put_away(&s);
    }
    tally_print("block, finite network, 3 x N = 60: ReLU, erf", "sqrt(K_ii K_jj)", &block);
    tally_print("ntk_network_forward, 3 x N = 60", "sqrt((N + 1) K^RF_ii)", &forward);
    tally_print("ntk_features_map, 3 x N = 60", "norm of phi", &map);
    tally_print("ntk_network_jacobian, 3 x N = 60", "norm of the row", &jacobian);
    tally_print("ntk_network_jvp, 3 x N = 60", "sum of abs(terms)", &jvp);
    tally_print("ntk_network_vjp, 3 x N = 60", "sum of norms abs(u_i)", &vjp);
}
