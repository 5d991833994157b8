/* Linear models' training: outputs after some steps of gradient descent. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>

enum { N = 200, D = 10, STEPS = 37 };

/* STEPS steps of f += step K (y - f) in long double.  Where 0 <= step K <= 1 an error of K of norm e makes one of at most
 * STEPS step e |y|: the entries' errors, and those of the eigenvectors (LAPACK Users' Guide, section 4.7: a few n roundoffs of |K|). */
static void count_steps(tally *t, const data *x, const double *y, const test_array *f, double step)
{
    const oracle_kernel relu = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    long double *K = oracle_memory(N * N, sizeof *K), at[N] = {0}, rest[N], trace = 0, worst = 0, size = 0, distance = 0;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            oracle_value entry = oracle_infinite(&relu, x->x + i * D, x->x + j * D, D, oracle_roundoff(t->dtype));
            K[i * N + j] = entry.value;
            worst = fmaxl(worst, entry.bound);
        }
        trace += K[i * N + i];
        size += (long double)y[i] * (long double)y[i];
    }
    size = sqrtl(size);
    for (int k = 0; k < STEPS; k++) {
        for (int i = 0; i < N; i++) rest[i] = (long double)y[i] - at[i];
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) at[i] += (long double)step * K[i * N + j] * rest[j];
    }
    for (int i = 0; i < N; i++) {
        long double apart = (long double)test_get(&f->view, i, 0) - at[i];
        distance += apart * apart;
    }
    long double moved = STEPS * (long double)step * (N * worst + 3 * N * (long double)oracle_roundoff(NTK_F64) * trace);
    oracle_value none = {0, (moved + (long double)oracle_roundoff(t->dtype) * (NTK_F64 == t->dtype ? N : 2)) * size};
    tally_count(t, (double)sqrtl(distance), none, size);
    free(K);
}

static void count_dtype(ntk_context *context, tally *t)
{
    const oracle_kernel relu = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    uint64_t state = 14;
    data x = data_draw(N, D, t->dtype, 13);
    double *y = oracle_samples(N, 1, t->dtype, &state);
    test_array Y = oracle_array(y, N, 1, 0, t->dtype), f = test_array_make(N, 1, 0, t->dtype);
    ntk_kernel *kernel = oracle_kernel_create(context, &relu);
    ntk_flow_options options = NTK_INIT(ntk_flow_options);
    ntk_flow_report limits = NTK_INIT(ntk_flow_report);
    ntk_flow *flow = NULL;
    options.loss = NTK_LOSS_HALF_SUM;
    CHECK_OK(ntk_flow_create(context, &flow, kernel, &x.in.view, &Y.view, NULL, &options));
    CHECK_OK(ntk_flow_limits(flow, &limits));
    ntk_flow_destroy(flow);
    options.method = NTK_FLOW_GD;
    options.step = 0.9 / limits.lambda_max;
    CHECK_OK(ntk_flow_create(context, &flow, kernel, &x.in.view, &Y.view, NULL, &options));
    CHECK_OK(ntk_flow_train(flow, &f.view, STEPS));
    count_steps(t, &x, y, &f, options.step);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(kernel);
    test_array_free(&Y);
    test_array_free(&f);
    data_free(&x);
    free(y);
}

void measure_flow(ntk_context *context)
{
    tallies t = tally_begin();
    for (int i = 0; i < PRECISIONS; i++) count_dtype(context, &t.of[i]);
    tally_print("ntk_flow_train, 37 steps of gradient descent", "norm(y)", &t);
}
