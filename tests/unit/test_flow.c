/* The dynamics of a linear model against its parameters themselves, iterated in long double; what it comes to in the end; its limits; and
 * what it says at the edges. */
#include "linear_model.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { STEPS = 37 };

/* --- the parameters themselves, one target --- */

typedef struct parameters {
    const linear_model *s;
    long double scale, decay;
    int64_t target;
    long double theta[P], speed[P]; /* from where they start */
} parameters;

/* The gradient of the loss at theta. */
static void gradient(const parameters *at, const long double *theta, long double *g)
{
    const linear_model *s = at->s;
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

/* Everything that a flow says of a time, against the parameters then. */
static void check_parameters(const linear_model *s, const ntk_flow *flow, const ntk_flow_options *options, double t,
                             double bound)
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
        parameters at = {
            .s = s, .scale = (long double)linear_scale(options->loss), .decay = (long double)options->weight_decay};
        at.target = c;
        long double sum = 0;
        bool discrete = options->method != NTK_FLOW_FLOW && options->method != NTK_FLOW_INERTIA;
        if (discrete)
            iterate(&at, options, (int)t);
        else
            integrate(&at, options, t);
        for (int i = 0; i < M; i++)
            linear_near(f[i * T + c], output(s->Phi_test + i * P, s->test_starts[i * T + c], at.theta), bound, "a prediction");
        for (int i = 0; i < N; i++) {
            long double right = output(s->Phi + i * P, s->starts[i * T + c], at.theta);
            linear_near(trained[i * T + c], right, bound, "a training output");
            sum += (right - (long double)s->ys[i * T + c]) * (right - (long double)s->ys[i * T + c]);
        }
        for (int j = 0; j < P; j++) linear_near(dtheta[j * T + c], at.theta[j], bound, "a parameter");
        linear_near(loss[c], (long double)linear_scale(options->loss) / 2 * sum, bound, "a loss");
    }
}

/* The largest step that has the given part of what is stable. */
static double part_of_stable(const linear_model *s, const ntk_flow_options *options, double part)
{
    ntk_flow *flow = linear_flow(context, s, options);
    ntk_flow_report limits = linear_limits(flow);
    ntk_flow_destroy(flow);
    return part * (options->method == NTK_FLOW_GD         ? limits.step_gd
                   : options->method == NTK_FLOW_MOMENTUM ? limits.step_momentum
                                                          : limits.step_nesterov);
}

/* 1e-12 is what is asked for; K's condition number, some 10^3, times the unit roundoff is well below. */
START_TEST(parameter_space)
{
    linear_model *s = linear_create(context, 811);
    static const double decays[] = {0, 0.05}, parts[] = {0.02, 0.5, 0.97};
    for (int32_t loss = NTK_LOSS_MEAN; loss <= NTK_LOSS_HALF_MEAN; loss++)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 3; j++) {
                ntk_flow_options options = NTK_INIT(ntk_flow_options);
                options.loss = loss, options.method = _i, options.weight_decay = decays[i], options.momentum = 0.8;
                options.step = 1, options.friction = 0.7;
                bool discrete = _i >= NTK_FLOW_GD && _i <= NTK_FLOW_NESTEROV;
                if (discrete) options.step = part_of_stable(s, &options, parts[j]);
                ntk_flow *flow = linear_flow(context, s, &options);
                double t = discrete ? STEPS : 8 * parts[j] * linear_limits(flow).fastest_time;
                check_parameters(s, flow, &options, t, 1e-12);
                if (discrete) check_parameters(s, flow, &options, 1, 1e-12);
                ntk_flow_destroy(flow);
            }
    linear_free(s);
}
END_TEST

/* --- in the end --- */

/* Without decay the end is ridge regression with lambda = 0, of a singular kernel, too; with decay, lambda = decay / scale. */
START_TEST(end_is_ridge)
{
    linear_model *s = linear_create(context, 812);
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
        CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x, &s->y, options.weight_decay / linear_scale(0), &spectral));
        CHECK_OK(ntk_ridge_predict(ridge, &view, &s->x_test));
        CHECK_OK(ntk_flow_create(context, &flow, s->kernel, &s->x, &s->y, NULL, &options));
        ck_assert_int_eq(linear_limits(flow).zero_modes, 1);
        linear_predict(flow, &s->x_test, f, (double)INFINITY);
        linear_predict(flow, &s->x_test, late, i < 2 ? 1e300 : 0x1p53);
        for (int k = 0; k < M * T; k++) {
            linear_near(f[k], (long double)right[k], 1e-9 * (1 + fabs(right[k])), "for ever");
            linear_near(late[k], (long double)f[k], 1e-12 * (1 + fabs(f[k])), "late");
        }
        ntk_flow_destroy(flow);
        ntk_ridge_destroy(ridge);
    }
    linear_free(s);
}
END_TEST

/* The loss falls with time, to that of the end; early on f is scale t K (y - f_0), where ridge with lambda = 1 / (scale t) begins,
 * and late it is where ridge ends. */
START_TEST(early_stopping)
{
    linear_model *s = linear_create(context, 813);
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
        CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x, &s->y, 1 / (linear_scale(0) * ends[i]), NULL));
        CHECK_OK(ntk_flow_train(flow, &view, ends[i]));
        CHECK_OK(ntk_ridge_predict(ridge, &ridge_view, &s->x));
        /* they part at second order in t, or 1 / t */
        for (int k = 0; k < N * T; k++) linear_near(f[k], (long double)ridges[k], 1e-5 * (1e-6 + fabs(ridges[k])), "an end");
        ntk_ridge_destroy(ridge);
    }
    ntk_flow_destroy(flow);
    linear_free(s);
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
    linear_model *s = linear_create(context, 814);
    for (int32_t method = NTK_FLOW_GD; method <= NTK_FLOW_NESTEROV; method++) {
        ntk_flow_options options = NTK_INIT(ntk_flow_options);
        options.method = method, options.step = 1, options.momentum = 0.7, options.weight_decay = 1e-3;
        const double stable = part_of_stable(s, &options, 1);
        for (int above = 0; above < 2; above++) {
            options.step = stable * (above ? 1 + 1e-6 : 1 - 1e-6);
            ntk_flow *flow = linear_flow(context, s, &options);
            ck_assert_int_eq(linear_limits(flow).rate < 1, !above);
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
    linear_free(s);
}
END_TEST

/* The best steps have the rates that are promised, and no steps and momenta near them have better ones. */
START_TEST(best_steps)
{
    linear_model *s = linear_create(context, 815);
    for (int32_t method = NTK_FLOW_GD; method <= NTK_FLOW_NESTEROV; method++) {
        ntk_flow_options options = NTK_INIT(ntk_flow_options);
        options.method = method, options.step = 1, options.loss = NTK_LOSS_HALF_SUM;
        ntk_flow *flow = linear_flow(context, s, &options);
        ntk_flow_report limits = linear_limits(flow);
        ntk_flow_destroy(flow);
        const double steps[] = {limits.best_step_gd, limits.best_step_momentum, limits.best_step_nesterov};
        const double momenta[] = {0, limits.best_momentum, limits.best_momentum_nesterov};
        const double rates[] = {limits.best_rate_gd, limits.best_rate_momentum, limits.best_rate_nesterov};
        for (int i = -1; i < 2; i++)
            for (int j = -1; j < 2; j++) {
                options.step = steps[method - 1] * (1 + 0.01 * i);
                options.momentum = momenta[method - 1] * (1 + 0.002 * j);
                flow = linear_flow(context, s, &options);
                double rate = linear_limits(flow).rate;
                if (i == 0 && j == 0) ck_assert(fabs(rate - rates[method - 1]) < 1e-7); /* a double root */
                ck_assert(rate > rates[method - 1] - 1e-7);
                ntk_flow_destroy(flow);
            }
    }
    linear_free(s);
}
END_TEST

/* --- other ways in, and edges --- */

/* A gram gives the bits of its kernel; single precision what double does, to its own; threads change no bit. */
START_TEST(ways)
{
    linear_model *s = linear_create(context, 820);
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
            for (int k = 0; k < M * T; k++) linear_near(f[k], (long double)right[k], way == 2 ? 1e-4 : 0, "another way");
            ntk_flow_destroy(flow);
            ntk_context_destroy(own);
        }
    linear_free(s);
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
        ntk_flow_report limits = linear_limits(flow);
        CHECK_OK(ntk_flow_predict(flow, &view, &x, NULL, 0.125));
        linear_near(f[0], i ? 0 : -3 * expm1(-1), 1e-15, "one sample");
        CHECK_OK(ntk_flow_predict(flow, &view, &x, NULL, (double)INFINITY));
        linear_near(f[0], i ? 0 : 3, 1e-15, "one sample for ever");
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
    linear_model *s = linear_create(context, 821);
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
    linear_free(s);
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
    tcase_add_test(tests, ways);
    tcase_add_test(tests, smallest);
    tcase_add_test(tests, refusals);
    return test_run(suite);
}
