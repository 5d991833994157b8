/* Training against explicit iterations of the parameters, written from the formulas of <ntk/training.h>.
 *
 * The network is the lecture's, f = gamma sum_i a_i tanh(<w_i, x>), whose gradient is written out below.  Both sides sum the same few
 * hundred products a step in another order, and steps that do not expand add up these differences: 40 steps of some 300 roundings of
 * 1.1e-16 are 1.3e-12, of the largest number in theta; measured below 3e-15. */
#include "archive.h"
#include "core/random.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 20, D = 3, HIDDEN = 6, P = HIDDEN * (D + 1), STEPS = 40 };
static const double bound = 1e-12;

TEST_CONTEXT_FIXTURE(2)

/* --- the scene --- */

typedef struct scene {
    ntk_activation *activation;
    ntk_network *network;
    test_array x, y;
    double start[P];
} scene;

static scene scene_create(int32_t dtype)
{
    scene s;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = HIDDEN;
    options.seed = 5;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    CHECK_OK(ntk_activation_create(context, &s.activation, NTK_TANH, NULL));
    CHECK_OK(ntk_network_create(context, &s.network, s.activation, &options));
    s.x = test_array_make(SAMPLES, D, 2, dtype);
    s.y = test_array_make(SAMPLES, 1, 1, dtype);
    test_array_fill(&s.x, 1);
    test_array_fill(&s.y, 2);
    ntk_matrix theta = ntk_matrix_f64(s.start, P, 1);
    CHECK_OK(ntk_network_parameters(s.network, &theta));
    return s;
}

static void scene_free(scene *s)
{
    ntk_network_destroy(s->network);
    ntk_activation_destroy(s->activation);
    test_array_free(&s->x);
    test_array_free(&s->y);
}

static void train(const scene *s, const ntk_training_options *options, int64_t steps, double *theta,
                  ntk_training_report *report)
{
    ntk_training *training = NULL;
    ntk_matrix out = ntk_matrix_f64(theta, P, 1);
    CHECK_OK(ntk_training_create(context, &training, s->network, &s->x.view, &s->y.view, options));
    ck_assert_int_ge(ntk_training_run(training, report, steps), 0);
    CHECK_OK(ntk_training_parameters(training, &out));
    ntk_training_destroy(training);
}

/* --- the oracle --- */

/* f and df/dtheta of sample i at theta. */
static double evaluate(const scene *s, const double *theta, int64_t i, double *gradient)
{
    const double gamma = 1 / sqrt((double)HIDDEN), *a = theta + HIDDEN * D;
    double f = 0;
    for (int k = 0; k < HIDDEN; k++) {
        double u = 0;
        for (int j = 0; j < D; j++) u += theta[k * D + j] * test_get(&s->x.view, i, j);
        double h = tanh(u);
        f += gamma * a[k] * h;
        gradient[HIDDEN * D + k] = gamma * h;
        for (int j = 0; j < D; j++) gradient[k * D + j] = gamma * a[k] * (1 - h * h) * test_get(&s->x.view, i, j);
    }
    return f;
}

static double evaluate_linear(const scene *s, const double *theta, int64_t i, double *gradient)
{
    double f = evaluate(s, s->start, i, gradient);
    for (int k = 0; k < P; k++) f += gradient[k] * (theta[k] - s->start[k]);
    return f;
}

typedef struct iteration {
    const scene *scene;
    ntk_training_options options;
    double theta[P], before[P], velocity[P], squares[P], old[P], old_g[P], eta;
    int64_t step;
} iteration;

static bool is_trained(const ntk_training_options *options, int k)
{
    return options->part == NTK_PART_BOTH || (options->part == NTK_PART_RF) == (k >= HIDDEN * D);
}

/* The loss of rows, and its gradient with decay. */
static double objective(const iteration *it, const double *theta, const int64_t *rows, int64_t count, double *g)
{
    const ntk_training_options *options = &it->options;
    double loss = 0, each[P];
    memset(g, 0, P * sizeof *g);
    for (int64_t r = 0; r < count; r++) {
        double f = (options->linearized ? evaluate_linear : evaluate)(it->scene, theta, rows[r], each);
        double y = test_get(&it->scene->y.view, rows[r], 0), n = (double)count, slope = 0;
        if (options->loss == NTK_LOSS_MEAN) loss += (f - y) * (f - y) / n, slope = 2 * (f - y) / n;
        if (options->loss == NTK_LOSS_HALF_SUM) loss += (f - y) * (f - y) / 2, slope = f - y;
        if (options->loss == NTK_LOSS_HALF_MEAN) loss += (f - y) * (f - y) / 2 / n, slope = (f - y) / n;
        if (options->loss == NTK_LOSS_LOGISTIC) loss += log1p(exp(-y * f)) / n, slope = -y / (1 + exp(y * f)) / n;
        for (int k = 0; k < P; k++) g[k] += slope * each[k];
    }
    for (int k = 0; k < P; k++) {
        double centre = options->decay_to == NTK_DECAY_START ? it->scene->start[k] : 0;
        g[k] = is_trained(options, k) ? g[k] + options->weight_decay * (theta[k] - centre) : 0;
    }
    return loss;
}

static double eta_of(const iteration *it, double loss, const double *g)
{
    const ntk_training_options *options = &it->options;
    double k = (double)it->step, norm = 0, ss = 0, sy = 0;
    for (int i = 0; i < P; i++) {
        norm += g[i] * g[i];
        ss += (it->theta[i] - it->old[i]) * (it->theta[i] - it->old[i]);
        sy += (it->theta[i] - it->old[i]) * (g[i] - it->old_g[i]);
    }
    switch (options->schedule) {
    case NTK_SCHEDULE_INVERSE_SQRT:
        return options->step / sqrt(k + 1);
    case NTK_SCHEDULE_COSINE:
        if (it->step >= options->horizon) return options->final_step;
        return options->final_step +
               (options->step - options->final_step) * 0.5 * (1 + cos(acos(-1) * k / (double)options->horizon));
    case NTK_SCHEDULE_POLYAK:
        return (loss - options->optimum) / norm;
    case NTK_SCHEDULE_BARZILAI_BORWEIN:
        return it->step == 0 ? options->step : sy > 0 ? ss / sy : it->eta;
    default:
        return options->step;
    }
}

static void iterate(iteration *it, const int64_t *rows, int64_t count)
{
    const ntk_training_options *o = &it->options;
    double g[P], z[P], mu = o->momentum, rho = o->square_rate, k = (double)(it->step + 1);
    memcpy(z, it->theta, sizeof z);
    if (o->method == NTK_TRAINING_NESTEROV)
        for (int i = 0; i < P; i++) z[i] = it->theta[i] + mu * (it->theta[i] - it->before[i]);
    double loss = objective(it, z, rows, count, g), eta = eta_of(it, loss, g);
    memcpy(it->old, it->theta, sizeof z);
    memcpy(it->old_g, g, sizeof z);
    it->eta = eta;
    for (int i = 0; i < P; i++) {
        double *theta = &it->theta[i], *v = &it->velocity[i], *s = &it->squares[i], was = *theta;
        if (!is_trained(o, i)) continue;
        switch (o->method) {
        case NTK_TRAINING_MOMENTUM:
            *v = mu * *v - eta * g[i];
            *theta += *v;
            break;
        case NTK_TRAINING_NESTEROV:
            *theta = z[i] - eta * g[i];
            break;
        case NTK_TRAINING_ADAGRAD:
            *s += g[i] * g[i];
            *theta -= eta * g[i] / (sqrt(*s) + o->epsilon);
            break;
        case NTK_TRAINING_RMSPROP:
            *s = rho * *s + (1 - rho) * g[i] * g[i];
            *theta -= eta * g[i] / (sqrt(*s) + o->epsilon);
            break;
        case NTK_TRAINING_ADAM:
            *v = mu * *v + (1 - mu) * g[i];
            *s = rho * *s + (1 - rho) * g[i] * g[i];
            *theta -= eta * *v / (1 - pow(mu, k)) / (sqrt(*s / (1 - pow(rho, k))) + o->epsilon);
            break;
        default:
            *theta -= eta * g[i];
        }
        it->before[i] = was;
    }
    it->step++;
}

static iteration iteration_of(const scene *s, const ntk_training_options *options)
{
    iteration it = {.scene = s, .options = *options};
    memcpy(it.theta, s->start, sizeof it.theta);
    memcpy(it.before, s->start, sizeof it.before);
    return it;
}

static void close_to(const double *got, const double *right, double most, const char *what)
{
    double off = 0, size = 0;
    for (int k = 0; k < P; k++) {
        off = fmax(off, fabs(got[k] - right[k]));
        size = fmax(size, fabs(right[k]));
    }
    ck_assert_msg(off <= most * size, "%s: off by %g of %g", what, off, size);
}

/* --- whole batches --- */

typedef struct variant {
    const char *name;
    int32_t method, schedule, loss, part, decay_to, linearized;
    double step, decay;
} variant;

static const variant variants[] = {
    {"descent", NTK_TRAINING_GD, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, 0, 0, 0, 0.3, 0},
    {"descent of the linearization", NTK_TRAINING_GD, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, 0, 0, 1, 0.3, 0},
    {"a alone, half a sum", NTK_TRAINING_GD, NTK_SCHEDULE_INVERSE_SQRT, NTK_LOSS_HALF_SUM, NTK_PART_RF, 0, 0, 0.05, 0},
    {"w alone, half a mean", NTK_TRAINING_GD, NTK_SCHEDULE_COSINE, NTK_LOSS_HALF_MEAN, NTK_PART_NT, 0, 0, 0.6, 0},
    {"w alone, linearized", NTK_TRAINING_GD, NTK_SCHEDULE_COSINE, NTK_LOSS_MEAN, NTK_PART_NT, 0, 1, 0.3, 0},
    {"a alone, linearized", NTK_TRAINING_MOMENTUM, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, NTK_PART_RF, 0, 1, 0.2, 0.1},
    {"decay to 0", NTK_TRAINING_GD, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, 0, NTK_DECAY_ZERO, 0, 0.3, 0.2},
    {"decay to the start", NTK_TRAINING_GD, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, 0, NTK_DECAY_START, 0, 0.3, 0.2},
    {"linearized, decay to 0", NTK_TRAINING_MOMENTUM, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, 0, NTK_DECAY_ZERO, 1, 0.1, 0.2},
    {"linearized, decay to the start", NTK_TRAINING_NESTEROV, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, NTK_PART_NT,
     NTK_DECAY_START, 1, 0.1, 0.2},
    {"momentum", NTK_TRAINING_MOMENTUM, NTK_SCHEDULE_COSINE, NTK_LOSS_MEAN, 0, 0, 0, 0.1, 0},
    {"Nesterov", NTK_TRAINING_NESTEROV, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, 0, 0, 0, 0.1, 0},
    {"Nesterov, a alone", NTK_TRAINING_NESTEROV, NTK_SCHEDULE_INVERSE_SQRT, NTK_LOSS_MEAN, NTK_PART_RF, 0, 0, 0.1, 0.1},
    {"AdaGrad", NTK_TRAINING_ADAGRAD, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, 0, 0, 0, 0.1, 0},
    {"RMSProp", NTK_TRAINING_RMSPROP, NTK_SCHEDULE_INVERSE_SQRT, NTK_LOSS_MEAN, 0, 0, 0, 0.01, 0},
    {"Adam", NTK_TRAINING_ADAM, NTK_SCHEDULE_CONSTANT, NTK_LOSS_MEAN, 0, 0, 0, 0.01, 0},
    {"Adam, linearized", NTK_TRAINING_ADAM, NTK_SCHEDULE_COSINE, NTK_LOSS_MEAN, NTK_PART_NT, 0, 1, 0.01, 0.1},
    {"Polyak", NTK_TRAINING_GD, NTK_SCHEDULE_POLYAK, NTK_LOSS_MEAN, 0, 0, 1, 0, 0},
    {"Barzilai and Borwein", NTK_TRAINING_GD, NTK_SCHEDULE_BARZILAI_BORWEIN, NTK_LOSS_HALF_MEAN, NTK_PART_RF, 0, 1, 0.2, 0.3}};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static ntk_training_options options_of(const variant *v)
{
    ntk_training_options options = NTK_INIT(ntk_training_options);
    options.method = v->method;
    options.schedule = v->schedule;
    options.loss = v->loss;
    options.part = v->part;
    options.decay_to = v->decay_to;
    options.linearized = v->linearized;
    options.step = v->step;
    options.weight_decay = v->decay;
    options.momentum = 0.8;
    options.square_rate = 0.95;
    options.epsilon = 1e-6;
    options.horizon = 30;
    options.final_step = v->schedule == NTK_SCHEDULE_COSINE ? v->step / 10 : 0;
    return options;
}

START_TEST(whole_batches)
{
    const variant *v = &variants[_i];
    scene s = scene_create(NTK_F64);
    ntk_training_options options = options_of(v);
    iteration it = iteration_of(&s, &options);
    double theta[P], unused[P];
    int64_t all[SAMPLES];
    ntk_training_report report = NTK_INIT(ntk_training_report);
    for (int64_t i = 0; i < SAMPLES; i++) all[i] = i;
    /* Polyak's and Barzilai and Borwein's steps amplify differences: fewer of them */
    int64_t steps = v->schedule >= NTK_SCHEDULE_BACKTRACKING ? 8 : STEPS;
    train(&s, &options, steps, theta, &report);
    for (int64_t k = 0; k < steps; k++) iterate(&it, all, SAMPLES);
    close_to(theta, it.theta, bound, v->name);
    ck_assert_double_eq_tol(report.loss, objective(&it, it.theta, all, SAMPLES, unused), bound);
    ck_assert_double_eq_tol(report.step, it.eta, bound * it.eta);
    ck_assert_int_eq(report.steps, steps);
    ck_assert_int_eq(report.samples, steps * SAMPLES);
    scene_free(&s);
}
END_TEST

START_TEST(single_precision)
{
    const variant *v = &variants[_i];
    scene s = scene_create(NTK_F32);
    ntk_training_options options = options_of(v);
    double theta[P], right[P];
    /* 10 steps of some 300 roundings of 6e-8; a difference of gradients loses half of the digits */
    int64_t steps = v->schedule >= NTK_SCHEDULE_BACKTRACKING ? 3 : 10;
    train(&s, &options, steps, theta, NULL);
    options.dtype = NTK_F64;
    train(&s, &options, steps, right, NULL);
    close_to(theta, right, 2e-4, v->name);
    scene_free(&s);
}
END_TEST

/* --- batches --- */

static int64_t draw(uint64_t seed, int64_t index, int64_t below)
{
    ntk_random random = {.seed = seed, .purpose = NTK_RANDOM_BATCHES};
    return (int64_t)(ntk_random_uniform(&random, index) * (double)below);
}

/* Fisher and Yates' shuffle of an epoch. */
static void shuffle(int64_t *order, uint64_t seed, int64_t epoch)
{
    for (int64_t i = 0; i < SAMPLES; i++) order[i] = i;
    for (int64_t i = SAMPLES - 1; i > 0; i--) {
        int64_t j = draw(seed, epoch * SAMPLES + i, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

/* Batches of 6 of 20: the last of an epoch has 2. */
START_TEST(batches)
{
    static const int32_t methods[] = {NTK_TRAINING_SGD, NTK_TRAINING_ADAM, NTK_TRAINING_NESTEROV};
    scene s = scene_create(NTK_F64);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    options.method = methods[_i % 3];
    options.linearized = _i / 3 % 2;
    options.replacement = _i / 6;
    options.step = 0.02;
    options.momentum = 0.8;
    options.square_rate = 0.95;
    options.epsilon = 1e-6;
    options.batch = 6;
    options.seed = 17;
    iteration it = iteration_of(&s, &options);
    double theta[P];
    int64_t order[SAMPLES];
    train(&s, &options, 11, theta, NULL);
    for (int64_t k = 0; k < 11; k++) {
        int64_t count = 6, first = k % 4 * 6;
        if (options.replacement) {
            for (int64_t i = 0; i < 6; i++) order[i] = draw(options.seed, k * 6 + i, SAMPLES);
            first = 0;
        } else {
            shuffle(order, options.seed, k / 4);
            if (first + 6 > SAMPLES) count = SAMPLES - first;
        }
        iterate(&it, order + first, count);
    }
    close_to(theta, it.theta, bound, "batches");
    scene_free(&s);
}
END_TEST

/* --- steps that are found --- */

/* K_0 v by the oracle's Jacobian. */
static double largest_eigenvalue(const scene *s, int32_t part)
{
    double J[SAMPLES][P], v[SAMPLES], next[SAMPLES], g[P], norm = 1;
    ntk_training_options options = {.part = part};
    for (int64_t i = 0; i < SAMPLES; i++) {
        (void)evaluate(s, s->start, i, J[i]);
        for (int k = 0; k < P; k++) J[i][k] *= is_trained(&options, k);
        v[i] = test_uniform(3, i);
    }
    for (int pass = 0; pass < 3000; pass++) {
        memset(g, 0, sizeof g);
        for (int i = 0; i < SAMPLES; i++)
            for (int k = 0; k < P; k++) g[k] += J[i][k] * v[i];
        norm = 0;
        for (int i = 0; i < SAMPLES; i++) {
            next[i] = 0;
            for (int k = 0; k < P; k++) next[i] += J[i][k] * g[k];
            norm += next[i] * next[i];
        }
        norm = sqrt(norm);
        for (int i = 0; i < SAMPLES; i++) v[i] = next[i] / norm;
    }
    return norm;
}

/* A residual of 1e-6 leaves an error of its square over the distance to the next eigenvalue, here at least a tenth of the largest. */
START_TEST(spectral)
{
    scene s = scene_create(NTK_F64);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    double theta[P];
    options.schedule = NTK_SCHEDULE_SPECTRAL;
    options.part = _i;
    train(&s, &options, 0, theta, &report);
    double value = largest_eigenvalue(&s, options.part);
    ck_assert_double_eq_tol(report.lambda_max, value, 1e-10 * value);
    ck_assert_double_eq_tol(report.step, 0.5 * SAMPLES / value, 1e-10 * report.step);
    options.step = 0.25;
    options.loss = NTK_LOSS_HALF_SUM;
    options.weight_decay = 0.5;
    train(&s, &options, 0, theta, &report);
    ck_assert_double_eq_tol(report.step, 0.5 / (value + 0.5), 1e-10 * report.step);
    options.loss = NTK_LOSS_MEAN;
    options.method = NTK_TRAINING_SGD;
    options.batch = 8;
    train(&s, &options, 0, theta, &report);
    ck_assert_double_eq_tol(report.step, 0.5 / (2 * value / 4 + 0.5), 1e-10 * report.step);
    scene_free(&s);
}
END_TEST

START_TEST(backtracking)
{
    scene s = scene_create(NTK_F64);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    options.schedule = NTK_SCHEDULE_BACKTRACKING;
    options.step = 64;
    options.weight_decay = _i ? 0.1 : 0;
    options.decay_to = NTK_DECAY_START;
    iteration it = iteration_of(&s, &options);
    double theta[P], g[P], unused[P], trial[P], eta = 64;
    int64_t all[SAMPLES];
    for (int64_t i = 0; i < SAMPLES; i++) all[i] = i;
    train(&s, &options, 12, theta, NULL);
    for (int k = 0; k < 12; k++, eta *= 2) {
        double norm = 0, from = objective(&it, it.theta, all, SAMPLES, g), there;
        for (int i = 0; i < P; i++) {
            norm += g[i] * g[i];
            from += options.weight_decay / 2 * (it.theta[i] - s.start[i]) * (it.theta[i] - s.start[i]);
        }
        for (;; eta /= 2) {
            for (int i = 0; i < P; i++) trial[i] = it.theta[i] - eta * g[i];
            there = objective(&it, trial, all, SAMPLES, unused);
            for (int i = 0; i < P; i++) there += options.weight_decay / 2 * (trial[i] - s.start[i]) * (trial[i] - s.start[i]);
            if (there <= from - 1e-4 * eta * norm) break;
        }
        memcpy(it.theta, trial, sizeof trial);
    }
    close_to(theta, it.theta, bound, "backtracking");
    scene_free(&s);
}
END_TEST

/* --- losses of classes --- */

/* Of y = +-1. */
START_TEST(logistic)
{
    scene s = scene_create(NTK_F64);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    for (int64_t i = 0; i < SAMPLES; i++) test_set(&s.y.view, i, 0, test_get(&s.y.view, i, 0) > 0 ? 1 : -1);
    options.loss = NTK_LOSS_LOGISTIC;
    options.step = 0.5;
    iteration it = iteration_of(&s, &options);
    double theta[P], unused[P];
    int64_t all[SAMPLES];
    ntk_training_report report = NTK_INIT(ntk_training_report);
    for (int64_t i = 0; i < SAMPLES; i++) all[i] = i;
    train(&s, &options, STEPS, theta, &report);
    for (int k = 0; k < STEPS; k++) iterate(&it, all, SAMPLES);
    close_to(theta, it.theta, bound, "logistic");
    ck_assert_double_eq_tol(report.loss, objective(&it, it.theta, all, SAMPLES, unused), bound);
    scene_free(&s);
}
END_TEST

static double cross_entropy(const ntk_network *network, const ntk_matrix *x, const ntk_matrix *y)
{
    double f[SAMPLES * 3], loss = 0;
    ntk_matrix out = ntk_matrix_f64(f, SAMPLES, 3);
    CHECK_OK(ntk_network_forward(network, &out, x));
    for (int i = 0; i < SAMPLES; i++) {
        double total = 0;
        for (int o = 0; o < 3; o++) total += exp(f[3 * i + o]);
        for (int o = 0; o < 3; o++) loss -= test_get(y, i, o) * (f[3 * i + o] - log(total)) / SAMPLES;
    }
    return loss;
}

/* One step of a deep network of three outputs against central differences of the loss: h^2 of the third derivative, and rounding over
 * h, are 1e-9 or so. */
START_TEST(softmax)
{
    enum { MOST = 200 };
    const double h = 1e-5, eta = 0.5;
    scene s = scene_create(NTK_F64);
    ntk_network *deep = NULL;
    ntk_training *training = NULL;
    ntk_network_options no = NTK_INIT(ntk_network_options);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_training_report report = NTK_INIT(ntk_training_report);
    no.inputs = D, no.hidden = 5, no.layers = 2, no.outputs = 3, no.bias_scale = 0.5, no.output_bias_scale = 0.5;
    test_array y = test_array_make(SAMPLES, 3, 0, NTK_F64);
    for (int64_t i = 0; i < SAMPLES; i++)
        for (int64_t o = 0; o < 3; o++) test_set(&y.view, i, o, o == i % 3 ? 0.75 : 0.125);
    CHECK_OK(ntk_network_create(context, &deep, s.activation, &no));
    int64_t p = ntk_network_size(deep, NTK_PART_BOTH);
    ck_assert_int_le(p, MOST);
    double start[MOST], after[MOST];
    ntk_matrix Start = ntk_matrix_f64(start, p, 1), After = ntk_matrix_f64(after, p, 1);
    options.loss = NTK_LOSS_SOFTMAX;
    options.step = eta;
    CHECK_OK(ntk_network_parameters(deep, &Start));
    CHECK_OK(ntk_training_create(context, &training, deep, &s.x.view, &y.view, &options));
    CHECK_OK(ntk_training_run(training, &report, 1));
    CHECK_OK(ntk_training_parameters(training, &After));
    ck_assert_double_eq_tol(report.batch_loss, cross_entropy(deep, &s.x.view, &y.view), 1e-14);
    for (int64_t k = 0; k < p; k++) {
        double kept = start[k], loss[2];
        for (int side = 0; side < 2; side++) {
            start[k] = kept + (side ? h : -h);
            CHECK_OK(ntk_network_set_parameters(deep, &Start));
            loss[side] = cross_entropy(deep, &s.x.view, &y.view);
        }
        start[k] = kept;
        ck_assert_double_eq_tol((kept - after[k]) / eta, (loss[1] - loss[0]) / (2 * h), 1e-9);
    }
    ntk_training_destroy(training);
    ntk_network_destroy(deep);
    test_array_free(&y);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("training");
    TCase *tests = test_case(suite, "training");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, whole_batches, 0, VARIANTS);
    tcase_add_loop_test(tests, single_precision, 0, VARIANTS);
    tcase_add_loop_test(tests, batches, 0, 12);
    tcase_add_loop_test(tests, spectral, 0, 3);
    tcase_add_loop_test(tests, backtracking, 0, 2);
    tcase_add_test(tests, logistic);
    tcase_add_test(tests, softmax);
    return test_run(suite);
}
