/* The dynamics of a linear model against its parameters themselves, iterated in long double; what it comes to in the end; its limits; and
 * what it says at the edges. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 20, M = 6, D = 4, HIDDEN = 10, P = HIDDEN * (D + 1), T = 2, STEPS = 37 };

/* A model of P features on N samples with T targets, and M samples to predict.  scale: of the loss's curvature */
typedef struct scene {
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    double *xs, *ys, *starts, *tests, *test_starts, Phi[N * P], Phi_test[M * P];
    ntk_matrix x, y, f0, x_test, f0_test;
} scene;

static scene *scene_create(uint64_t seed)
{
    uint64_t state = test_seed(seed);
    scene *s = oracle_memory(1, sizeof *s);
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

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    ntk_features_destroy(s->features);
    ntk_network_destroy(s->network);
    double *const held[] = {s->xs, s->ys, s->starts, s->tests, s->test_starts};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) free(held[i]);
    free(s);
}

static ntk_flow *flow_create(const scene *s, const ntk_flow_options *options)
{
    ntk_flow *flow = NULL;
    CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, &s->f0, options));
    return flow;
}

static ntk_flow_report limits_of(const ntk_flow *flow)
{
    ntk_flow_report report = NTK_INIT(ntk_flow_report);
    CHECK_OK(ntk_flow_limits(flow, &report));
    return report;
}

static double scale_of(int32_t loss)
{
    return loss == NTK_LOSS_MEAN ? 2.0 / N : loss == NTK_LOSS_HALF_SUM ? 1 : 1.0 / (N * T);
}

/* --- the parameters themselves, one target --- */

typedef struct parameters {
    const scene *s;
    long double scale, decay;
    int64_t target;
    long double theta[P], speed[P]; /* from where they start */
} parameters;

/* The gradient of the loss at theta. */
static void gradient(const parameters *at, const long double *theta, long double *g)
{
    const scene *s = at->s;
    for (int j = 0; j < P; j++) g[j] = at->decay * theta[j];
    for (int i = 0; i < N; i++) {
        long double residual = (long double)s->starts[i * T + at->target] - (long double)s->ys[i * T + at->target];
        for (int j = 0; j < P; j++) residual += (long double)s->Phi[i * P + j] * theta[j];
        for (int j = 0; j < P; j++) g[j] += at->scale * residual * (long double)s->Phi[i * P + j];
    }
}

static void iterate(parameters *at, const ntk_flow_options *options, int steps)
{
    long double m = options->method == NTK_FLOW_GD ? 0 : (long double)options->momentum, ahead[P], g[P];
    for (int k = 0; k < steps; k++) {
        for (int j = 0; j < P; j++) ahead[j] = at->theta[j] + (options->method == NTK_FLOW_NESTEROV ? m * at->speed[j] : 0);
        gradient(at, ahead, g);
        for (int j = 0; j < P; j++) {
            at->speed[j] = m * at->speed[j] - (long double)options->step * g[j];
            at->theta[j] += at->speed[j];
        }
    }
}

/* Taylor's series of theta' = -gradient, or theta'' = -gradient - friction theta', step by step. */
static void integrate(parameters *at, const ntk_flow_options *options, double t)
{
    enum { PIECES = 24, ORDER = 24 };
    const bool inertia = options->method == NTK_FLOW_INERTIA;
    long double h = (long double)t / PIECES, zero[P] = {0}, base[P], g[P], term[P], term_speed[P], sum[P], sum_speed[P];
    gradient(at, zero, base);
    for (int piece = 0; piece < PIECES; piece++) {
        memcpy(term, at->theta, sizeof term), memcpy(sum, at->theta, sizeof sum);
        memcpy(term_speed, at->speed, sizeof term_speed), memcpy(sum_speed, at->speed, sizeof sum_speed);
        for (int order = 1; order < ORDER; order++) {
            gradient(at, term, g);
            for (int j = 0; j < P; j++) {
                /* of the gradient, which is affine, the derivatives know only the linear part */
                long double force = -g[j] + (order > 1 ? base[j] : 0), speed = inertia ? term_speed[j] : force;
                term_speed[j] = (force - (long double)options->friction * term_speed[j]) * h / order;
                term[j] = speed * h / order;
                sum[j] += term[j], sum_speed[j] += term_speed[j];
            }
        }
        memcpy(at->theta, sum, sizeof sum), memcpy(at->speed, sum_speed, sizeof sum_speed);
    }
}

static long double output(const double *phi, double start, const long double *theta)
{
    long double f = (long double)start;
    for (int j = 0; j < P; j++) f += (long double)phi[j] * theta[j];
    return f;
}

static void near(double got, long double right, double bound, const char *what)
{
    ck_assert_msg(fabs(got - (double)right) <= bound, "%s: %.17g, expected %.17Lg, bound %.1e", what, got, right, bound);
}

/* Everything that a flow says of a time, against the parameters then. */
static void check_parameters(const scene *s, const ntk_flow *flow, const ntk_flow_options *options, double t, double bound)
{
    double f[M * T], trained[N * T], dtheta[P * T], loss[T], at_time[1] = {t};
    ntk_matrix F = ntk_matrix_f64(f, M, T), trained_view = ntk_matrix_f64(trained, N, T),
               weights = ntk_matrix_f64(dtheta, P, T);
    ntk_matrix losses = ntk_matrix_f64(loss, 1, T), times = ntk_matrix_const_f64(at_time, 1, 1);
    CHECK_OK(ntk_flow_predict(flow, &F, &s->x_test, &s->f0_test, t));
    CHECK_OK(ntk_flow_train(flow, &trained_view, t));
    CHECK_OK(ntk_flow_weights(flow, &weights, s->features, t));
    CHECK_OK(ntk_flow_losses(flow, &losses, &times));
    for (int c = 0; c < T; c++) {
        parameters at = {.s = s, .scale = (long double)scale_of(options->loss), .decay = (long double)options->weight_decay};
        at.target = c;
        long double sum = 0;
        bool discrete = options->method != NTK_FLOW_FLOW && options->method != NTK_FLOW_INERTIA;
        if (discrete)
            iterate(&at, options, (int)t);
        else
            integrate(&at, options, t);
        for (int i = 0; i < M; i++)
            near(f[i * T + c], output(s->Phi_test + i * P, s->test_starts[i * T + c], at.theta), bound, "a prediction");
        for (int i = 0; i < N; i++) {
            long double right = output(s->Phi + i * P, s->starts[i * T + c], at.theta);
            near(trained[i * T + c], right, bound, "a training output");
            sum += (right - (long double)s->ys[i * T + c]) * (right - (long double)s->ys[i * T + c]);
        }
        for (int j = 0; j < P; j++) near(dtheta[j * T + c], at.theta[j], bound, "a parameter");
        near(loss[c], (long double)scale_of(options->loss) / 2 * sum, bound, "a loss");
    }
}

/* The largest step that has the given part of what is stable. */
static double part_of_stable(const scene *s, const ntk_flow_options *options, double part)
{
    ntk_flow *flow = flow_create(s, options);
    ntk_flow_report limits = limits_of(flow);
    ntk_flow_destroy(flow);
    return part * (options->method == NTK_FLOW_GD         ? limits.step_gd
                   : options->method == NTK_FLOW_MOMENTUM ? limits.step_momentum
                                                          : limits.step_nesterov);
}

/* 1e-12 is what is asked for; K's condition number, some 10^3, times the unit roundoff is well below. */
START_TEST(parameter_space)
{
    scene *s = scene_create(811);
    static const double decays[] = {0, 0.05}, parts[] = {0.02, 0.5, 0.97};
    for (int32_t loss = NTK_LOSS_MEAN; loss <= NTK_LOSS_HALF_MEAN; loss++)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 3; j++) {
                ntk_flow_options options = NTK_INIT(ntk_flow_options);
                options.loss = loss, options.method = _i, options.weight_decay = decays[i], options.momentum = 0.8;
                options.step = 1, options.friction = 0.7;
                bool discrete = _i >= NTK_FLOW_GD && _i <= NTK_FLOW_NESTEROV;
                if (discrete) options.step = part_of_stable(s, &options, parts[j]);
                ntk_flow *flow = flow_create(s, &options);
                double t = discrete ? STEPS : 8 * parts[j] * limits_of(flow).fastest_time;
                check_parameters(s, flow, &options, t, 1e-12);
                if (discrete) check_parameters(s, flow, &options, 1, 1e-12);
                ntk_flow_destroy(flow);
            }
    scene_free(s);
}
END_TEST

/* --- in the end --- */

static void predict(const ntk_flow *flow, const ntk_matrix *x, double *f, double t)
{
    ntk_matrix view = ntk_matrix_f64(f, x->rows, T);
    CHECK_OK(ntk_flow_predict(flow, &view, x, NULL, t));
}

/* Without decay the end is ridge regression with lambda = 0, of a singular kernel, too; with decay, lambda = decay / scale. */
START_TEST(end_is_ridge)
{
    scene *s = scene_create(812);
    memcpy(s->xs + D, s->xs, D * sizeof(double)); /* sample 1 is sample 0 */
    for (int i = 0; i < 4; i++) {
        ntk_ridge_options spectral = NTK_INIT(ntk_ridge_options);
        ntk_flow_options options = NTK_INIT(ntk_flow_options);
        ntk_ridge *ridge = NULL;
        ntk_flow *flow = NULL;
        double right[M * T], f[M * T], late[M * T];
        options.weight_decay = i % 2 ? 0.01 : 0;
        options.method = i < 2 ? NTK_FLOW_FLOW : NTK_FLOW_MOMENTUM;
        options.step = 1e-3, options.momentum = 0.9;
        spectral.method = NTK_RIDGE_SPECTRAL;
        ntk_matrix view = ntk_matrix_f64(right, M, T);
        CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x, &s->y, options.weight_decay / scale_of(0), &spectral));
        CHECK_OK(ntk_ridge_predict(ridge, &view, &s->x_test));
        CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, NULL, &options));
        ck_assert_int_eq(limits_of(flow).zero_modes, 1);
        predict(flow, &s->x_test, f, (double)INFINITY);
        predict(flow, &s->x_test, late, i < 2 ? 1e300 : 0x1p53);
        for (int k = 0; k < M * T; k++) {
            near(f[k], (long double)right[k], 1e-9 * (1 + fabs(right[k])), "for ever");
            near(late[k], (long double)f[k], 1e-12 * (1 + fabs(f[k])), "late");
        }
        ntk_flow_destroy(flow);
        ntk_ridge_destroy(ridge);
    }
    scene_free(s);
}
END_TEST

/* The loss falls with time, to that of the end; early on f is scale t K (y - f_0), where ridge with lambda = 1 / (scale t) begins,
 * and late it is where ridge ends. */
START_TEST(early_stopping)
{
    scene *s = scene_create(813);
    ntk_flow *flow = NULL;
    enum { TIMES = 60 };
    double loss[TIMES], time[TIMES], f[N * T], ridges[N * T];
    ntk_matrix losses = ntk_matrix_f64(loss, TIMES, 1), times = ntk_matrix_const_f64(time, TIMES, 1);
    CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, NULL, NULL));
    for (int i = 0; i < TIMES; i++) time[i] = i == TIMES - 1 ? (double)INFINITY : 1e-6 * pow(2, i);
    CHECK_OK(ntk_flow_losses(flow, &losses, &times));
    for (int i = 1; i < TIMES; i++) ck_assert(loss[i] < loss[i - 1] || loss[i - 1] == 0);
    ck_assert(loss[TIMES - 1] == 0);
    const double ends[] = {1e-7, 1e12};
    for (int i = 0; i < 2; i++) {
        ntk_ridge *ridge = NULL;
        ntk_matrix view = ntk_matrix_f64(f, N, T), ridge_view = ntk_matrix_f64(ridges, N, T);
        CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x, &s->y, 1 / (scale_of(0) * ends[i]), NULL));
        CHECK_OK(ntk_flow_train(flow, &view, ends[i]));
        CHECK_OK(ntk_ridge_predict(ridge, &ridge_view, &s->x));
        /* they part at second order in t, or 1 / t */
        for (int k = 0; k < N * T; k++) near(f[k], (long double)ridges[k], 1e-5 * (1e-6 + fabs(ridges[k])), "an end");
        ntk_ridge_destroy(ridge);
    }
    ntk_flow_destroy(flow);
    scene_free(s);
}
END_TEST

/* --- limits --- */

static double loss_at(const ntk_flow *flow, double t, ntk_status status)
{
    double loss, time = t;
    ntk_matrix losses = ntk_matrix_f64(&loss, 1, 1), times = ntk_matrix_const_f64(&time, 1, 1);
    CHECK_STATUS(ntk_flow_losses(flow, &losses, &times), status);
    return loss;
}

START_TEST(stable_steps)
{
    scene *s = scene_create(814);
    for (int32_t method = NTK_FLOW_GD; method <= NTK_FLOW_NESTEROV; method++) {
        ntk_flow_options options = NTK_INIT(ntk_flow_options);
        options.method = method, options.step = 1, options.momentum = 0.7, options.weight_decay = 1e-3;
        const double stable = part_of_stable(s, &options, 1);
        for (int above = 0; above < 2; above++) {
            options.step = stable * (above ? 1 + 1e-6 : 1 - 1e-6);
            ntk_flow *flow = flow_create(s, &options);
            ck_assert_int_eq(limits_of(flow).rate < 1, !above);
            double start = loss_at(flow, 0, NTK_OK), end = loss_at(flow, 1e7, NTK_OK);
            ck_assert(above ? end > start : end < start);
            if (above) {
                double f[N * T];
                ntk_matrix view = ntk_matrix_f64(f, N, T);
                ck_assert(isinf(loss_at(flow, 0x1p53, NTK_NOTE_DIVERGED)) &&
                          isinf(loss_at(flow, (double)INFINITY, NTK_NOTE_DIVERGED)));
                CHECK_STATUS(ntk_flow_train(flow, &view, (double)INFINITY), NTK_ERR_OVERFLOW);
                CHECK_MESSAGE("converges for steps below");
            }
            ntk_flow_destroy(flow);
        }
    }
    scene_free(s);
}
END_TEST

/* The best steps have the rates that are promised, and no steps and momenta near them have better ones. */
START_TEST(best_steps)
{
    scene *s = scene_create(815);
    for (int32_t method = NTK_FLOW_GD; method <= NTK_FLOW_NESTEROV; method++) {
        ntk_flow_options options = NTK_INIT(ntk_flow_options);
        options.method = method, options.step = 1, options.loss = NTK_LOSS_HALF_SUM;
        ntk_flow *flow = flow_create(s, &options);
        ntk_flow_report limits = limits_of(flow);
        ntk_flow_destroy(flow);
        const double steps[] = {limits.best_step_gd, limits.best_step_momentum, limits.best_step_nesterov};
        const double momenta[] = {0, limits.best_momentum, limits.best_momentum_nesterov};
        const double rates[] = {limits.best_rate_gd, limits.best_rate_momentum, limits.best_rate_nesterov};
        for (int i = -1; i < 2; i++)
            for (int j = -1; j < 2; j++) {
                options.step = steps[method - 1] * (1 + 0.01 * i);
                options.momentum = momenta[method - 1] * (1 + 0.002 * j);
                flow = flow_create(s, &options);
                double rate = limits_of(flow).rate;
                if (i == 0 && j == 0) ck_assert(fabs(rate - rates[method - 1]) < 1e-7); /* a double root */
                ck_assert(rate > rates[method - 1] - 1e-7);
                ntk_flow_destroy(flow);
            }
    }
    scene_free(s);
}
END_TEST

/* --- several times --- */

/* Times of the three losses that stand for each other give the same outputs, and trajectories what single predictions do. */
START_TEST(mapped_times)
{
    scene *s = scene_create(816);
    double f[3][M * T], all[M * T * 4], loss[4], losses_by_hand[4] = {0}, time[4] = {0, 3, 0.5, (double)INFINITY};
    for (int32_t loss_kind = NTK_LOSS_MEAN; loss_kind <= NTK_LOSS_HALF_MEAN; loss_kind++) {
        ntk_flow_options options = NTK_INIT(ntk_flow_options);
        options.loss = loss_kind;
        ntk_flow *flow = flow_create(s, &options);
        ntk_matrix view = ntk_matrix_f64(f[loss_kind], M, T);
        CHECK_OK(ntk_flow_predict(flow, &view, &s->x_test, &s->f0_test, 0.75 / scale_of(loss_kind)));
        for (int k = 0; loss_kind && k < M * T; k++) near(f[loss_kind][k], (long double)f[0][k], 1e-13, "another loss's time");
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
                    near(got, (long double)f[loss_kind][i * T + c], 1e-11, "a trajectory");
                    losses_by_hand[k] += moved * moved;
                }
            losses_by_hand[k] *= loss_kind == NTK_LOSS_HALF_SUM ? 0.5 : 1.0 / (loss_kind == NTK_LOSS_MEAN ? M : 2 * M * T);
            near(loss[k], (long double)losses_by_hand[k], 1e-11 * (1 + losses_by_hand[k]), "a test loss");
        }
        view = ntk_matrix_f64(f[loss_kind], M, T);
        CHECK_OK(ntk_flow_predict(flow, &view, &s->x_test, &s->f0_test, 0.75 / scale_of(loss_kind)));
        ntk_flow_destroy(flow);
    }
    scene_free(s);
}
END_TEST

/* More points than a batch of outputs has rows, and more times than its columns: a test loss is what single predictions make of it,
 * and a variance what it is of few points. */
START_TEST(batches)
{
    enum { POINTS = 4200, TIMES = 150 };
    scene *s = scene_create(822);
    uint64_t state = test_seed(823);
    ntk_flow *flow = flow_create(s, NULL);
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
        near(loss[i], sum, 1e-12 * (double)sum, "a test loss of many points");
    }
    last.data = xs + (POINTS - 3) * D, last.rows = 3;
    CHECK_OK(ntk_flow_moments(flow, NULL, &v, s->kernel, &x, NULL, 1));
    CHECK_OK(ntk_flow_moments(flow, NULL, &v_last, s->kernel, &last, NULL, 1));
    for (int i = 0; i < 3; i++) near(variance[POINTS - 3 + i], (long double)few[i], 1e-12, "a variance of many points");
    double *const held[] = {xs, ys, f, variance};
    for (int i = 0; i < 4; i++) free(held[i]);
    ntk_flow_destroy(flow);
    scene_free(s);
}
END_TEST

/* --- the ensemble --- */

/* f_0 = <phi_RF, a> with a standard normal: its covariance is K^RF's, and what training with K makes of it is linear in a, so that
 * the covariance of f_t is E E^T, E = Phi_RF(x) - B Phi_RF(X), with B from the explicit inverse of K, at t = infinity. */
START_TEST(ensemble)
{
    scene *s = scene_create(817);
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
    predict(flow, &s->x_test, predicted, (double)INFINITY);
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
            near(covariance[i * M + j], right, 1e-10, "a covariance");
        }
        near(variance[i], (long double)covariance[i * M + i], 1e-12, "a variance");
        for (int c = 0; c < T; c++) near(mean[i * T + c], (long double)predicted[i * T + c], 0, "a mean");
    }
    /* at the start it is the prior, and what is learnt is known */
    CHECK_OK(ntk_flow_moments(flow, NULL, &C, prior, &s->x_test, NULL, 0));
    CHECK_OK(ntk_kernel_block(prior, &S, &s->x_test, &s->x_test));
    for (int k = 0; k < M * M; k++) near(covariance[k], (long double)start[k], 1e-14 * (1 + fabs(start[k])), "the prior");
    CHECK_OK(ntk_flow_moments(flow, NULL, &trained_view, prior, &s->x, NULL, (double)INFINITY));
    for (int k = 0; k < N * N; k++) near(trained[k], 0, 1e-10, "the covariance of training samples");
    CHECK_STATUS(ntk_flow_moments(flow, NULL, NULL, prior, &s->x, NULL, 0), NTK_ERR_NULL);
    CHECK_STATUS(ntk_flow_moments(flow, NULL, &v, NULL, &s->x_test, NULL, 0), NTK_ERR_NULL);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(prior);
    ntk_features_destroy(rf);
    scene_free(s);
}
END_TEST

/* Between start and end, by a sample of the ensemble's networks: 4000 draws of a, each trained by its own flow in one, as targets. */
START_TEST(ensemble_by_draws)
{
    enum { DRAWS = 4000 };
    scene *s = scene_create(818);
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
        near(sum, (long double)mean[i * T], 5 * sqrt(variance[i] / DRAWS), "a mean over draws");
        near(squares, (long double)variance[i], 5 * variance[i] * sqrt(2.0 / DRAWS), "a variance over draws");
    }
    ntk_flow_destroy(all);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(prior);
    ntk_features_destroy(rf);
    double *const held[] = {a, y, f0, f0x, f};
    for (int i = 0; i < 5; i++) free(held[i]);
    scene_free(s);
}
END_TEST

/* --- other ways in, and edges --- */

/* A gram gives the bits of its kernel; single precision what double does, to its own; threads change no bit. */
START_TEST(ways)
{
    scene *s = scene_create(820);
    oracle_kernel erf_kernel = {NTK_ERF, 0, NTK_INIT(ntk_kernel_options)};
    double right[M * T], f[M * T];
    for (int32_t threads = 1; threads <= 7; threads += threads == 1 ? 1 : 5)
        for (int way = 0; way < 3; way++) {
            ntk_context *own = test_context(threads, NULL);
            ntk_kernel *kernel = oracle_kernel_create(own, &erf_kernel);
            ntk_gram *gram = NULL;
            ntk_flow *flow = NULL;
            ntk_flow_options options = NTK_INIT(ntk_flow_options);
            ntk_matrix view = ntk_matrix_f64(f, M, T);
            options.dtype = way == 2 ? NTK_F32 : 0;
            if (way == 1) CHECK_OK(ntk_gram_create(own, &gram, kernel, &s->x, NULL));
            if (way == 1)
                CHECK_OK(ntk_flow_create_gram(own, &flow, gram, &s->y, &s->f0, &options));
            else
                CHECK_OK(ntk_flow_create(own, &flow, kernel, &s->x, &s->y, &s->f0, &options));
            ntk_kernel_destroy(kernel);
            ntk_gram_destroy(gram);
            CHECK_OK(ntk_flow_predict(flow, &view, &s->x_test, &s->f0_test, 5));
            if (threads == 1 && way == 0) memcpy(right, f, sizeof right);
            /* K has entries of about 1; alpha, and with it the rounding, grows with time alone */
            for (int k = 0; k < M * T; k++) near(f[k], (long double)right[k], way == 2 ? 1e-4 : 0, "another way");
            ntk_flow_destroy(flow);
            ntk_context_destroy(own);
        }
    scene_free(s);
}
END_TEST

/* One sample; and a kernel that is 0 everywhere, which stays where it is. */
START_TEST(smallest)
{
    ntk_kernel *constant = NULL, *nothing = NULL;
    const ntk_kernel *terms[1];
    const double weights[1] = {0};
    double xs[2] = {1, 2}, ys[1] = {3}, f[1];
    ntk_matrix x = ntk_matrix_const_f64(xs, 1, 2), y = ntk_matrix_const_f64(ys, 1, 1), view = ntk_matrix_f64(f, 1, 1);
    CHECK_OK(ntk_kernel_create_constant(context, &constant, 4));
    terms[0] = constant;
    CHECK_OK(ntk_kernel_create_sum(context, &nothing, terms, weights, 1));
    for (int i = 0; i < 2; i++) {
        ntk_flow *flow = NULL;
        CHECK_OK(ntk_flow_create(context, &flow, i ? nothing : constant, &x, &y, NULL, NULL));
        ntk_flow_report limits = limits_of(flow);
        CHECK_OK(ntk_flow_predict(flow, &view, &x, NULL, 0.125));
        near(f[0], i ? 0 : -3 * expm1(-1), 1e-15, "one sample");
        CHECK_OK(ntk_flow_predict(flow, &view, &x, NULL, (double)INFINITY));
        near(f[0], i ? 0 : 3, 1e-15, "one sample for ever");
        ck_assert_int_eq(limits.zero_modes, i);
        ck_assert(i ? isinf(limits.step_gd) && isinf(limits.slowest_time) && limits.rate == 0 && limits.best_momentum == 0
                    : limits.step_gd == 0.25 && limits.slowest_time == 0.125 && limits.best_rate_momentum == 0);
        ntk_flow_destroy(flow);
    }
    ntk_kernel_destroy(nothing);
    ntk_kernel_destroy(constant);
}
END_TEST

START_TEST(refusals)
{
    scene *s = scene_create(821);
    ntk_flow *flow = NULL;
    ntk_flow_options options = NTK_INIT(ntk_flow_options);
    double f[N * T];
    ntk_matrix view = ntk_matrix_f64(f, N, T);
    options.method = NTK_FLOW_GD;
    CHECK_STATUS(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, NULL, &options), NTK_ERR_OPTION);
    CHECK_MESSAGE("step");
    options.step = 0.1;
    CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, NULL, &options));
    const double bad[] = {-1, 0.5, 0x1p54, (double)NAN, -(double)INFINITY};
    for (int i = 0; i < 5; i++) {
        CHECK_STATUS(ntk_flow_train(flow, &view, bad[i]), NTK_ERR_VALUE);
        CHECK_MESSAGE("t is");
    }
    ntk_network *other = NULL;
    ntk_network_options network = NTK_INIT(ntk_network_options);
    ntk_features *features = NULL;
    network.inputs = D + 1, network.hidden = 2;
    other = oracle_network_create(context, NTK_TANH, 0, &network);
    CHECK_OK(ntk_features_create(context, &features, other, NTK_PART_BOTH));
    CHECK_STATUS(ntk_flow_weights(flow, &view, features, 1), NTK_ERR_SHAPE);
    ntk_features_destroy(features);
    ntk_network_destroy(other);
    ntk_flow_destroy(flow);

    ntk_gram *gram = NULL;
    for (int32_t storage = NTK_STORAGE_PACKED; storage <= NTK_STORAGE_IMPLICIT; storage++) {
        ntk_gram_options held = NTK_INIT(ntk_gram_options);
        held.storage = storage;
        CHECK_OK(ntk_gram_create(context, &gram, s->kernel, &s->x, &held));
        CHECK_STATUS(ntk_flow_create_gram(context, &flow, gram, &s->y, NULL, NULL),
                     storage == NTK_STORAGE_PACKED ? NTK_ERR_OPTION : NTK_ERR_UNSUPPORTED);
        ntk_gram_destroy(gram);
    }
    scene_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flow");
    TCase *tests = test_case(suite, "flow");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, parameter_space, NTK_FLOW_FLOW, NTK_FLOW_INERTIA + 1);
    tcase_add_test(tests, end_is_ridge);
    tcase_add_test(tests, early_stopping);
    tcase_add_test(tests, stable_steps);
    tcase_add_test(tests, best_steps);
    tcase_add_test(tests, mapped_times);
    tcase_add_test(tests, batches);
    tcase_add_test(tests, ensemble);
    tcase_add_test(tests, ensemble_by_draws);
    tcase_add_test(tests, ways);
    tcase_add_test(tests, smallest);
    tcase_add_test(tests, refusals);
    return test_run(suite);
}
