#include "linear_model.h"

#include <math.h>
#include <stdlib.h>

linear_model *linear_create(ntk_context *context, uint64_t seed)
{
    uint64_t state = test_seed(seed);
    linear_model *s = oracle_memory(1, sizeof *s);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D, options.hidden = HIDDEN, options.seed = 5;
    s->network = oracle_network_create(context, NTK_TANH, 0, &options);
    CHECK_OK(ntk_features_create(context, &s->features, s->network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &s->kernel, s->features));
    s->xs = oracle_samples(N, D, NTK_F64, &state);
    s->ys = oracle_samples(N, T, NTK_F64, &state);
    s->starts = oracle_samples(N, T, NTK_F64, &state);
    s->tests = oracle_samples(M, D, NTK_F64, &state);
    s->test_starts = oracle_samples(M, T, NTK_F64, &state);
    s->x = ntk_matrix_const_f64(s->xs, N, D), s->y = ntk_matrix_const_f64(s->ys, N, T);
    s->f0 = ntk_matrix_const_f64(s->starts, N, T), s->x_test = ntk_matrix_const_f64(s->tests, M, D);
    s->f0_test = ntk_matrix_const_f64(s->test_starts, M, T);
    ntk_matrix Phi = ntk_matrix_f64(s->Phi, N, P), Phi_test = ntk_matrix_f64(s->Phi_test, M, P);
    CHECK_OK(ntk_features_map(s->features, &Phi, &s->x));
    CHECK_OK(ntk_features_map(s->features, &Phi_test, &s->x_test));
    return s;
}

void linear_free(linear_model *s)
{
    ntk_kernel_destroy(s->kernel);
    ntk_features_destroy(s->features);
    ntk_network_destroy(s->network);
    double *const held[] = {s->xs, s->ys, s->starts, s->tests, s->test_starts};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) free(held[i]);
    free(s);
}

ntk_flow *linear_flow(ntk_context *context, const linear_model *s, const ntk_flow_options *options)
{
    ntk_flow *flow = NULL;
    CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, &s->f0, options));
    return flow;
}

ntk_flow_report linear_limits(const ntk_flow *flow)
{
    ntk_flow_report report = NTK_INIT(ntk_flow_report);
    CHECK_OK(ntk_flow_limits(flow, &report));
    return report;
}

double linear_scale(int32_t loss)
{
    return loss == NTK_LOSS_MEAN ? 2.0 / N : loss == NTK_LOSS_HALF_SUM ? 1 : 1.0 / (N * T);
}

void linear_near(double got, long double right, double bound, const char *what)
{
    ck_assert_msg(fabs(got - (double)right) <= bound, "%s: %.17g, expected %.17Lg, bound %.1e", what, got, right, bound);
}

void linear_predict(const ntk_flow *flow, const ntk_matrix *x, double *f, double t)
{
    ntk_matrix view = ntk_matrix_f64(f, x->rows, T);
    CHECK_OK(ntk_flow_predict(flow, &view, x, NULL, t));
}
