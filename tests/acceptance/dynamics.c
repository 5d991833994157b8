/* How an infinitely wide network learns: losses over time, how long to train, what momentum gains, and how sure the ensemble is. */
#include "expect.h"

enum { N = 120, M = 40, D = 5, TIMES = 7 };

static double target(const double *x)
{
    return sin(2 * x[0]) + x[1] * x[2];
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *erf_ = NULL;
    ntk_kernel *tangent = NULL, *nngp = NULL;
    ntk_flow *flow = NULL, *steps = NULL;
    ntk_kernel_options last = NTK_INIT(ntk_kernel_options);
    ntk_flow_options options = NTK_INIT(ntk_flow_options);
    ntk_flow_report limits = NTK_INIT(ntk_flow_report);
    double *x = numbers(N * D, 1), *test = numbers(M * D, 2), *noise = numbers(N, 3), y[N], wanted[M];
    double times[TIMES] = {0, 1, 10, 100, 1e3, 1e4, INFINITY}, losses[TIMES], tests[TIMES], mean[M], variance[M], start[M];
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1), Test = ntk_matrix_const_f64(test, M, D);
    ntk_matrix Wanted = ntk_matrix_const_f64(wanted, M, 1), Times = ntk_matrix_const_f64(times, TIMES, 1);
    ntk_matrix Losses = ntk_matrix_f64(losses, TIMES, 1), Tests = ntk_matrix_f64(tests, TIMES, 1);
    ntk_matrix Mean = ntk_matrix_f64(mean, M, 1), Variance = ntk_matrix_f64(variance, M, 1),
               Start = ntk_matrix_f64(start, M, 1);
    for (int i = 0; i < N; i++) y[i] = target(x + i * D) + 0.5 * noise[i];
    for (int i = 0; i < M; i++) wanted[i] = target(test + i * D);
    last.part = NTK_PART_RF;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf_, NTK_ERF, NULL));
    TRY(ntk_kernel_create_infinite(context, &tangent, erf_, NULL));
    TRY(ntk_kernel_create_infinite(context, &nngp, erf_, &last));

    TRY(ntk_flow_create(context, &flow, tangent, &X, &Y, NULL, NULL));
    TRY(ntk_flow_losses(flow, &Losses, &Times));
    TRY(ntk_flow_test_losses(flow, &Tests, &Test, &Wanted, NULL, &Times));
    int best = 0;
    for (int i = 0; i < TIMES; i++) {
        printf("time %8g: training loss %.2e, test loss %.4f\n", times[i], losses[i], tests[i]);
        if (tests[i] < tests[best]) best = i;
    }
    EXPECT(losses[TIMES - 1] < 1e-20 && best > 0 && best < TIMES - 1,
           "stopping early, at time %g, is best: the end fits the noise", times[best]);

    /* the widest steps, and what momentum gains */
    TRY(ntk_flow_limits(flow, &limits));
    EXPECT(limits.best_rate_momentum < limits.best_rate_nesterov && limits.best_rate_nesterov < limits.best_rate_gd,
           "a step leaves %.5f, with momentum %.5f of the slowest mode", limits.best_rate_gd, limits.best_rate_momentum);
    double many[2] = {20000, 1e12}, after[2][2];
    ntk_matrix Many = ntk_matrix_const_f64(many, 2, 1);
    for (int momentum = 0; momentum < 2; momentum++) {
        ntk_matrix After = ntk_matrix_f64(after[momentum], 2, 1);
        options.method = momentum ? NTK_FLOW_MOMENTUM : NTK_FLOW_GD;
        options.step = momentum ? limits.best_step_momentum : limits.best_step_gd;
        options.momentum = momentum ? limits.best_momentum : 0;
        TRY(ntk_flow_create(context, &steps, tangent, &X, &Y, NULL, &options));
        TRY(ntk_flow_losses(steps, &After, &Many));
        ntk_flow_destroy(steps);
    }
    EXPECT(after[1][0] < 1e-6 * after[0][0] && after[0][1] < 1e-20, "after 20000 steps: %.1e, with momentum %.1e", after[0][0],
           after[1][0]);
    options.method = NTK_FLOW_GD;
    options.step = 1.01 * limits.step_gd;
    TRY(ntk_flow_create(context, &steps, tangent, &X, &Y, NULL, &options));
    ntk_matrix Diverged = ntk_matrix_f64(after[0], 2, 1);
    EXPECT(ntk_flow_losses(steps, &Diverged, &Many) == NTK_NOTE_DIVERGED && isinf(after[0][1]), "%s", ntk_error_message());
    ntk_flow_destroy(steps);

    /* the ensemble over initialisations: what training has settled is known of every network */
    TRY(ntk_flow_moments(flow, NULL, &Start, nngp, &Test, NULL, 0));
    TRY(ntk_flow_moments(flow, &Mean, &Variance, nngp, &Test, NULL, times[best]));
    for (int i = 0; i < M; i++)
        if (!(variance[i] < start[i])) EXPECT(0, "the variance at point %d falls: %.3f, then %.3f", i, start[i], variance[i]);
    EXPECT(1, "at the first point f is %.3f +- %.3f, after a start of 0 +- %.3f", mean[0], sqrt(variance[0]), sqrt(start[0]));

    ntk_flow_destroy(flow);
    ntk_kernel_destroy(nngp);
    ntk_kernel_destroy(tangent);
    ntk_activation_destroy(erf_);
    ntk_context_destroy(context);
    free(x), free(test), free(noise);
    return 0;
}
