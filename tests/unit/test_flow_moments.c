/* Flows at many times and points, and the ensemble over initialisations. */
#include "linear_model.h"

#include <math.h>
#include <stdlib.h>

TEST_CONTEXT_FIXTURE(2)

/* --- several times --- */

/* Times of the three losses that stand for each other give the same outputs, and trajectories what single predictions do. */
START_TEST(mapped_times)
{
    linear_model *s = linear_create(context, 816);
    double f[3][M * T], all[M * T * 4], loss[4], losses_by_hand[4] = {0}, time[4] = {0, 3, 0.5, (double)INFINITY};
    for (int32_t loss_kind = NTK_LOSS_MEAN; loss_kind <= NTK_LOSS_HALF_MEAN; loss_kind++) {
        ntk_flow_options options = NTK_INIT(ntk_flow_options);
        options.loss = loss_kind;
        ntk_flow *flow = linear_flow(context, s, &options);
        ntk_matrix view = ntk_matrix_f64(f[loss_kind], M, T);
        CHECK_OK(ntk_flow_predict(flow, &view, &s->x_test, &s->f0_test, 0.75 / linear_scale(loss_kind)));
        for (int k = 0; loss_kind && k < M * T; k++)
            linear_near(f[loss_kind][k], (long double)f[0][k], 1e-13, "another loss's time");
        ntk_matrix trajectory = ntk_matrix_f64(all, M, 4 * T), times = ntk_matrix_const_f64(time, 4, 1);
        ntk_matrix losses = ntk_matrix_f64(loss, 4, 1), labels = s->f0_test;
        CHECK_OK(ntk_flow_trajectory(flow, &trajectory, &s->x_test, &s->f0_test, &times));
        CHECK_OK(ntk_flow_test_losses(flow, &losses, &s->x_test, &labels, &s->f0_test, &times));
        for (int k = 0; k < 4; k++) {
            CHECK_OK(ntk_flow_predict(flow, &view, &s->x_test, &s->f0_test, time[k]));
            losses_by_hand[k] = 0;
            for (int i = 0; i < M; i++)
                for (int c = 0; c < T; c++) {
                    double got = all[i * 4 * T + k * T + c], moved = got - s->test_starts[i * T + c];
                    linear_near(got, (long double)f[loss_kind][i * T + c], 1e-11, "a trajectory");
                    losses_by_hand[k] += moved * moved;
                }
            losses_by_hand[k] *= loss_kind == NTK_LOSS_HALF_SUM ? 0.5 : 1.0 / (loss_kind == NTK_LOSS_MEAN ? M : 2 * M * T);
            linear_near(loss[k], (long double)losses_by_hand[k], 1e-11 * (1 + losses_by_hand[k]), "a test loss");
        }
        view = ntk_matrix_f64(f[loss_kind], M, T);
        CHECK_OK(ntk_flow_predict(flow, &view, &s->x_test, &s->f0_test, 0.75 / linear_scale(loss_kind)));
        ntk_flow_destroy(flow);
    }
    linear_free(s);
}
END_TEST

/* More points than a batch of outputs has rows, and more times than its columns: a test loss is what single predictions make of it,
 * and a variance what it is of few points. */
START_TEST(batches)
{
    enum { POINTS = 4200, TIMES = 150 };
    linear_model *s = linear_create(context, 822);
    uint64_t state = test_seed(823);
    ntk_flow *flow = linear_flow(context, s, NULL);
    double *xs = oracle_samples(POINTS, D, NTK_F64, &state), *ys = oracle_samples(POINTS, T, NTK_F64, &state);
    double *f = oracle_memory(POINTS * T, sizeof *f), *variance = oracle_memory(POINTS, sizeof *variance);
    double time[TIMES], loss[TIMES], few[3];
    ntk_matrix x = ntk_matrix_const_f64(xs, POINTS, D), y = ntk_matrix_const_f64(ys, POINTS, T),
               F = ntk_matrix_f64(f, POINTS, T);
    ntk_matrix losses = ntk_matrix_f64(loss, TIMES, 1), times = ntk_matrix_const_f64(time, TIMES, 1), last = x;
    ntk_matrix v = ntk_matrix_f64(variance, POINTS, 1), v_last = ntk_matrix_f64(few, 3, 1);
    for (int i = 0; i < TIMES; i++) time[i] = 0.1 * i;
    CHECK_OK(ntk_flow_test_losses(flow, &losses, &x, &y, NULL, &times));
    for (int i = 0; i < TIMES; i += TIMES - 1) {
        long double sum = 0;
        CHECK_OK(ntk_flow_predict(flow, &F, &x, NULL, time[i]));
        for (int k = 0; k < POINTS * T; k++) sum += (long double)((f[k] - ys[k]) * (f[k] - ys[k])) / POINTS;
        linear_near(loss[i], sum, 1e-12 * (double)sum, "a test loss of many points");
    }
    last.data = xs + (POINTS - 3) * D, last.rows = 3;
    CHECK_OK(ntk_flow_moments(flow, NULL, &v, s->kernel, &x, NULL, 1));
    CHECK_OK(ntk_flow_moments(flow, NULL, &v_last, s->kernel, &last, NULL, 1));
    for (int i = 0; i < 3; i++) linear_near(variance[POINTS - 3 + i], (long double)few[i], 1e-12, "a variance of many points");
    double *const held[] = {xs, ys, f, variance};
    for (int i = 0; i < 4; i++) free(held[i]);
    ntk_flow_destroy(flow);
    linear_free(s);
}
END_TEST

/* --- the ensemble --- */

/* f_0 = <phi_RF, a> with a standard normal: its covariance is K^RF's, and what training with K makes of it is linear in a, so that
 * the covariance of f_t is E E^T, E = Phi_RF(x) - B Phi_RF(X), with B from the explicit inverse of K, at t = infinity. */
START_TEST(ensemble)
{
    linear_model *s = linear_create(context, 817);
    ntk_features *rf = NULL;
    ntk_kernel *prior = NULL;
    ntk_flow *flow = NULL;
    static double Phi[N * HIDDEN], Phi_test[M * HIDDEN];
    long double K[N * N], inverse[N * N];
    double covariance[M * M], variance[M], mean[M * T], predicted[M * T], start[M * M], trained[N * N];
    ntk_matrix Phi_view = ntk_matrix_f64(Phi, N, HIDDEN), test_view = ntk_matrix_f64(Phi_test, M, HIDDEN);
    ntk_matrix C = ntk_matrix_f64(covariance, M, M), v = ntk_matrix_f64(variance, M, 1), S = ntk_matrix_f64(start, M, M);
    ntk_matrix means = ntk_matrix_f64(mean, M, T), trained_view = ntk_matrix_f64(trained, N, N);
    CHECK_OK(ntk_features_create(context, &rf, s->network, NTK_PART_RF));
    CHECK_OK(ntk_kernel_create_finite(context, &prior, rf));
    CHECK_OK(ntk_features_map(rf, &Phi_view, &s->x));
    CHECK_OK(ntk_features_map(rf, &test_view, &s->x_test));
    CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, NULL, NULL));
    CHECK_OK(ntk_flow_moments(flow, &means, &C, prior, &s->x_test, NULL, (double)INFINITY));
    CHECK_OK(ntk_flow_moments(flow, NULL, &v, prior, &s->x_test, NULL, (double)INFINITY));
    linear_predict(flow, &s->x_test, predicted, (double)INFINITY);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            K[i * N + j] = 0;
            for (int k = 0; k < P; k++) K[i * N + j] += (long double)s->Phi[i * P + k] * (long double)s->Phi[j * P + k];
        }
    oracle_inverse(inverse, K, N);
    static long double E[M][HIDDEN];
    for (int i = 0; i < M; i++) {
        for (int k = 0; k < HIDDEN; k++) E[i][k] = (long double)Phi_test[i * HIDDEN + k];
        for (int j = 0; j < N; j++) {
            long double B = 0, row = 0;
            for (int l = 0; l < N; l++) {
                row = 0;
                for (int k = 0; k < P; k++) row += (long double)s->Phi_test[i * P + k] * (long double)s->Phi[l * P + k];
                B += row * inverse[l * N + j];
            }
            for (int k = 0; k < HIDDEN; k++) E[i][k] -= B * (long double)Phi[j * HIDDEN + k];
        }
    }
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < M; j++) {
            long double right = 0;
            for (int k = 0; k < HIDDEN; k++) right += E[i][k] * E[j][k];
            linear_near(covariance[i * M + j], right, 1e-10, "a covariance");
        }
        linear_near(variance[i], (long double)covariance[i * M + i], 1e-12, "a variance");
        for (int c = 0; c < T; c++) linear_near(mean[i * T + c], (long double)predicted[i * T + c], 0, "a mean");
    }
    /* at the start it is the prior, and what is learnt is known */
    CHECK_OK(ntk_flow_moments(flow, NULL, &C, prior, &s->x_test, NULL, 0));
    CHECK_OK(ntk_kernel_block(prior, &S, &s->x_test, &s->x_test));
    for (int k = 0; k < M * M; k++)
        linear_near(covariance[k], (long double)start[k], 1e-14 * (1 + fabs(start[k])), "the prior");
    CHECK_OK(ntk_flow_moments(flow, NULL, &trained_view, prior, &s->x, NULL, (double)INFINITY));
    for (int k = 0; k < N * N; k++) linear_near(trained[k], 0, 1e-10, "the covariance of training samples");
    CHECK_STATUS(ntk_flow_moments(flow, NULL, NULL, prior, &s->x, NULL, 0), NTK_ERR_NULL);
    CHECK_STATUS(ntk_flow_moments(flow, NULL, &v, NULL, &s->x_test, NULL, 0), NTK_ERR_NULL);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(prior);
    ntk_features_destroy(rf);
    linear_free(s);
}
END_TEST

/* Between start and end, by a sample of the ensemble's networks: 4000 draws of a, each trained by its own flow in one, as targets. */
START_TEST(ensemble_by_draws)
{
    enum { DRAWS = 4000 };
    linear_model *s = linear_create(context, 818);
    ntk_features *rf = NULL;
    ntk_kernel *prior = NULL;
    ntk_flow *flow = NULL, *all = NULL;
    uint64_t state = test_seed(819);
    double *a = oracle_samples(HIDDEN, DRAWS, NTK_F64, &state), *y = oracle_memory(N * DRAWS, sizeof *y);
    double *f0 = oracle_memory(N * DRAWS, sizeof *f0), *f0x = oracle_memory(M * DRAWS, sizeof *f0x);
    double *f = oracle_memory(M * DRAWS, sizeof *f), variance[M], mean[M * T];
    const double t = 2;
    ntk_matrix A = ntk_matrix_const_f64(a, HIDDEN, DRAWS), Y = ntk_matrix_f64(y, N, DRAWS), F0 = ntk_matrix_f64(f0, N, DRAWS);
    ntk_matrix F0x = ntk_matrix_f64(f0x, M, DRAWS), F = ntk_matrix_f64(f, M, DRAWS), v = ntk_matrix_f64(variance, M, 1);
    ntk_matrix means = ntk_matrix_f64(mean, M, T);
    CHECK_OK(ntk_features_create(context, &rf, s->network, NTK_PART_RF));
    CHECK_OK(ntk_kernel_create_finite(context, &prior, rf));
    CHECK_OK(ntk_features_multiply(rf, &F0, &s->x, &A));
    CHECK_OK(ntk_features_multiply(rf, &F0x, &s->x_test, &A));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < DRAWS; k++) y[i * DRAWS + k] = s->ys[i * T];
    CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, NULL, NULL));
    CHECK_OK(ntk_flow_moments(flow, &means, &v, prior, &s->x_test, NULL, t));
    CHECK_OK(ntk_flow_create(context, &all, s->kernel, &s->x, &Y, &F0, NULL));
    CHECK_OK(ntk_flow_predict(all, &F, &s->x_test, &F0x, t));
    for (int i = 0; i < M; i++) {
        double sum = 0, squares = 0;
        for (int k = 0; k < DRAWS; k++) sum += f[i * DRAWS + k] / DRAWS;
        for (int k = 0; k < DRAWS; k++) squares += (f[i * DRAWS + k] - sum) * (f[i * DRAWS + k] - sum) / (DRAWS - 1);
        /* five standard errors */
        linear_near(sum, (long double)mean[i * T], 5 * sqrt(variance[i] / DRAWS), "a mean over draws");
        linear_near(squares, (long double)variance[i], 5 * variance[i] * sqrt(2.0 / DRAWS), "a variance over draws");
    }
    ntk_flow_destroy(all);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(prior);
    ntk_features_destroy(rf);
    double *const held[] = {a, y, f0, f0x, f};
    for (int i = 0; i < 5; i++) free(held[i]);
    linear_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("moments of a flow");
    TCase *tests = test_case(suite, "moments");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, mapped_times);
    tcase_add_test(tests, batches);
    tcase_add_test(tests, ensemble);
    tcase_add_test(tests, ensemble_by_draws);
    return test_run(suite);
}
