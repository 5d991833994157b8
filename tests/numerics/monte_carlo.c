/* Monte Carlo kernels: the mean of several networks' kernels, and its standard errors. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>

enum { N = 50, D = 20, SAMPLES = 16, R = 8 };

/* The networks by the seeds that the header gives them. */
static void draw(ntk_context *context, int32_t kind, oracle_network nets[R])
{
    ntk_activation *activation = oracle_activation_create(context, kind, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = N;
    for (int r = 0; r < R; r++, options.seed += UINT64_C(0x9E3779B97F4A7C15)) {
        ntk_network *network = NULL;
        CHECK_OK(ntk_network_create(context, &network, activation, &options));
        nets[r] = oracle_network_of(network, &options, 0, kind);
        ntk_network_destroy(network);
    }
    ntk_activation_destroy(activation);
}

/* The mean, with its error of a sum of N R terms, and the standard error: taking the mean off makes no vector of errors longer, and
 * each of R steps rounds a few times. */
static void estimate(const oracle_network nets[R], const double *x, const double *y, double roundoff, oracle_value *mean,
                     oracle_value *error)
{
    oracle_value K[R];
    long double squares = 0, bounds = 0, unit = (long double)roundoff;
    *mean = (oracle_value){0, 0};
    for (int r = 0; r < R; r++) {
        K[r] = oracle_finite(&nets[r], NTK_PART_BOTH, x, y, roundoff);
        mean->value += K[r].value / R;
        /* the terms of all networks in one sum */
        mean->bound += (sqrtl(R) * K[r].bound + 4 * unit * fabsl(K[r].value)) / R;
    }
    for (int r = 0; r < R; r++) {
        squares += (K[r].value - mean->value) * (K[r].value - mean->value);
        bounds += K[r].bound * K[r].bound;
    }
    error->value = sqrtl(squares / (R * (R - 1)));
    error->bound = sqrtl(bounds / (R * (R - 1))) + 4 * R * unit * (error->value + fabsl(mean->value) / sqrtl(R));
}

static void compare(const ntk_kernel *kernel, const oracle_network nets[R], tally *block, tally *errors)
{
    data x = data_draw(SAMPLES, D, block->dtype, 16);
    double roundoff = oracle_roundoff(block->dtype);
    test_array K = test_array_make(SAMPLES, SAMPLES, 0, block->dtype), e = test_array_make(SAMPLES, SAMPLES, 0, block->dtype);
    oracle_value mean[SAMPLES][SAMPLES], error[SAMPLES][SAMPLES];
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.in.view, &x.in.view));
    CHECK_OK(ntk_kernel_block_error(kernel, &e.view, &x.in.view, &x.in.view));
    for (int64_t i = 0; i < SAMPLES; i++)
        for (int64_t j = 0; j < SAMPLES; j++) estimate(nets, x.x + i * D, x.x + j * D, roundoff, &mean[i][j], &error[i][j]);
    for (int64_t i = 0; i < SAMPLES; i++)
        for (int64_t j = 0; j < SAMPLES; j++) {
            long double length = sqrtl(mean[i][i].value * mean[j][j].value);
            tally_count(block, test_get(&K.view, i, j), mean[i][j], length);
            tally_count(errors, test_get(&e.view, i, j), error[i][j], length);
        }
    test_array_free(&K);
    test_array_free(&e);
    data_free(&x);
}

void measure_monte_carlo(ntk_context *context)
{
    static const int32_t kinds[] = {NTK_RELU, NTK_ERF};
    tallies block = tally_begin(), errors = tally_begin();
    for (int k = 0; k < 2; k++) {
        ntk_network_options options = NTK_INIT(ntk_network_options);
        ntk_activation *activation = oracle_activation_create(context, kinds[k], 0);
        ntk_kernel *kernel = NULL;
        oracle_network nets[R];
        options.inputs = D;
        options.hidden = N;
        CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, activation, R, NTK_PART_BOTH, &options));
        draw(context, kinds[k], nets);
        for (int p = 0; p < PRECISIONS; p++) compare(kernel, nets, &block.of[p], &errors.of[p]);
        for (int r = 0; r < R; r++) oracle_network_free(&nets[r]);
        ntk_kernel_destroy(kernel);
        ntk_activation_destroy(activation);
    }
    tally_print("block, Monte Carlo, 8 networks of N = 50", "sqrt(K_ii K_jj)", &block);
    tally_print("ntk_kernel_block_error", "sqrt(K_ii K_jj)", &errors);
}
