/* A network's derivatives against its definition, evaluated in two directions at a time, and against each other. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

/* --- f(theta + s e + t v) to first order in s, in t, and in s t --- */

/* Each number beside its majorant: what it is at most when every factor is taken by its size. */
typedef struct jet {
    long double f, s, t, st;
    long double most_f, most_s, most_t, most_st;
} jet;

static jet constant(long double f)
{
    return (jet){.f = f, .most_f = fabsl(f)};
}

static jet variable(double f, double s, double t)
{
    return (jet){f, s, t, 0, fabs(f), fabs(s), fabs(t), 0};
}

static jet plus(jet a, jet b)
{
    return (jet){a.f + b.f,           a.s + b.s,           a.t + b.t,           a.st + b.st,
                 a.most_f + b.most_f, a.most_s + b.most_s, a.most_t + b.most_t, a.most_st + b.most_st};
}

static jet times(jet a, jet b)
{
    return (jet){a.f * b.f,
                 a.s * b.f + a.f * b.s,
                 a.t * b.f + a.f * b.t,
                 a.st * b.f + a.s * b.t + a.t * b.s + a.f * b.st,
                 a.most_f * b.most_f,
                 a.most_s * b.most_f + a.most_f * b.most_s,
                 a.most_t * b.most_f + a.most_f * b.most_t,
                 a.most_st * b.most_f + a.most_s * b.most_t + a.most_t * b.most_s + a.most_f * b.most_st};
}

/* sigma(z): sigma itself is at most SLOPE (1 + |z|), and its derivatives to the third are at most SLOPE, times 1 + |z| for what z
 * lacks by rounding. */
static const long double SLOPE = 2;

static jet activated(int32_t kind, double slope, jet z)
{
    long double first = oracle_derivative(kind, slope, z.f), second = oracle_second(kind, slope, z.f);
    long double most = SLOPE * (1 + z.most_f);
    return (jet){oracle_activation(kind, slope, z.f),
                 first * z.s,
                 first * z.t,
                 first * z.st + second * z.s * z.t,
                 most,
                 most * z.most_s,
                 most * z.most_t,
                 most * (z.most_st + z.most_s * z.most_t)};
}

/* --- the networks --- */

typedef struct subject {
    int32_t kind, parameterization;
    int64_t inputs, layers, outputs;
    int64_t widths[3];
    double bias, output_bias;
} subject;

static const subject subjects[] = {
    {NTK_TANH, NTK_PARAM_LECTURE, 3, 1, 1, {5}, 0, 0},
    {NTK_RELU, NTK_PARAM_STANDARDISED, 2, 1, 3, {4}, 0, 0},
    {NTK_TANH, NTK_PARAM_DEFAULT, 3, 3, 3, {4, 1, 3}, 0.5, 0.75},
    {NTK_GELU, NTK_PARAM_DEFAULT, 1, 2, 1, {3, 4}, 0.5, 0.5},
    {NTK_SIGMOID, NTK_PARAM_DEFAULT, 2, 2, 2, {3, 2}, 0, 0},
    {NTK_LEAKY_RELU, NTK_PARAM_DEFAULT, 2, 2, 1, {3, 3}, 1, 0},
    {NTK_SIN, NTK_PARAM_LECTURE, 1, 1, 1, {1}, 0, 0.5},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static const double SCALES[] = {1.5, 0.5, 1.25};

static ntk_network *network_of(const subject *s)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = s->inputs;
    options.layers = s->layers;
    options.widths = s->widths;
    options.outputs = s->outputs;
    options.weight_scales = SCALES;
    options.bias_scale = s->bias;
    options.output_bias_scale = s->output_bias;
    options.output_weight_scale = 1.25;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    options.parameterization = s->parameterization;
    options.seed = 5;
    return oracle_network_create(context, s->kind, oracle_slope(s->kind), &options);
}

/* What the parameters, and two directions, are. */
typedef struct point {
    int64_t size, hidden;
    double *theta, *v, *e;
} point;

/* v is random, and 0 outside the part. */
static point point_of(const ntk_network *network, int32_t part, uint64_t *state)
{
    point at = {.size = ntk_network_size(network, NTK_PART_BOTH), .hidden = ntk_network_size(network, NTK_PART_NT)};
    at.theta = oracle_memory(3 * at.size, sizeof(double));
    at.v = at.theta + at.size;
    at.e = at.v + at.size;
    ntk_matrix view = ntk_matrix_f64(at.theta, at.size, 1);
    CHECK_OK(ntk_network_parameters(network, &view));
    for (int64_t k = 0; k < at.size; k++) {
        bool in = part == NTK_PART_BOTH || (k < at.hidden) == (part == NTK_PART_NT);
        at.theta[k] = (double)(float)at.theta[k];
        at.v[k] = in ? (double)(float)oracle_normal(state) : 0;
        at.e[k] = 0;
    }
    return at;
}

static jet parameter(const point *at, int64_t k)
{
    return variable(at->theta[k], at->e[k], at->v[k]);
}

/* f_o(x) for every output. */
static void evaluate(const subject *s, const point *at, const double *x, jet *y)
{
    jet h[8], z[8];
    int64_t inputs = s->inputs, k = 0;
    bool lecture = s->layers == 1 && s->bias == 0 && s->parameterization != NTK_PARAM_STANDARDISED;
    for (int64_t j = 0; j < inputs; j++) h[j] = constant((long double)x[j]);
    for (int64_t l = 0; l < s->layers; l++) {
        long double factor = lecture ? 1 : (long double)SCALES[l] / sqrtl((long double)inputs);
        for (int64_t i = 0; i < s->widths[l]; i++) {
            z[i] = constant(0);
            for (int64_t j = 0; j < inputs; j++) z[i] = plus(z[i], times(parameter(at, k++), h[j]));
            z[i] = times(constant(factor), z[i]);
        }
        for (int64_t i = 0; s->bias > 0 && i < s->widths[l]; i++)
            z[i] = plus(z[i], times(constant((long double)s->bias), parameter(at, k++)));
        inputs = s->widths[l];
        for (int64_t i = 0; i < inputs; i++) h[i] = activated(s->kind, oracle_slope(s->kind), z[i]);
    }
    for (int64_t o = 0; o < s->outputs; o++) {
        y[o] = constant(0);
        for (int64_t i = 0; i < inputs; i++) y[o] = plus(y[o], times(parameter(at, k++), h[i]));
        y[o] = times(constant(1.25L / sqrtl((long double)inputs)), y[o]);
    }
    for (int64_t o = 0; s->output_bias > 0 && o < s->outputs; o++)
        y[o] = plus(y[o], times(constant((long double)s->output_bias), parameter(at, k++)));
    ck_assert_int_eq(k, at->size);
}

/* Roundings that a number has gone through: a forward and two backward passes, each of at most 10 terms and 8 factors a layer, with
 * what elementary functions lack. */
static long double roundings(const subject *s)
{
    return 3 * 24 * (long double)(s->layers + 1);
}

/* --- every call against that --- */

typedef struct trial {
    const subject *s;
    ntk_network *network;
    point at;
    int64_t n, first, p; /* of the part: its first parameter, and their number */
    double *samples, *weights;
    test_array x, u, v, jacobian, y, g, gn, hv;
    int32_t part, dtype;
} trial;

static void begin(trial *t, const subject *s, int64_t n, int32_t part, int32_t dtype)
{
    uint64_t state = test_seed(71);
    *t = (trial){.s = s, .network = network_of(s), .n = n, .part = part, .dtype = dtype};
    t->at = point_of(t->network, part, &state);
    ntk_matrix theta = ntk_matrix_f64(t->at.theta, t->at.size, 1);
    CHECK_OK(ntk_network_set_parameters(t->network, &theta));
    t->p = ntk_network_size(t->network, part);
    t->first = part == NTK_PART_RF ? t->at.hidden : 0;
    t->samples = oracle_samples(n, s->inputs, NTK_F32, &state);
    t->weights = oracle_samples(n, s->outputs, NTK_F32, &state);
    t->x = oracle_array(t->samples, n, s->inputs, 3, dtype);
    t->u = oracle_array(t->weights, n, s->outputs, 1, dtype);
    t->v = oracle_array(t->at.v + t->first, t->p, 1, 2, dtype);
    t->jacobian = test_array_make(n * s->outputs, t->p, 1, dtype);
    t->y = test_array_make(n, s->outputs, 2, dtype);
    t->g = test_array_make(t->p, 1, 0, dtype);
    t->gn = test_array_make(t->p, 1, 1, dtype);
    t->hv = test_array_make(t->p, 1, 0, dtype);
}

static void end(trial *t)
{
    test_array *arrays[] = {&t->x, &t->u, &t->v, &t->jacobian, &t->y, &t->g, &t->gn, &t->hv};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
        ck_assert(k < 3 || test_array_is_written(arrays[k]));
        test_array_free(arrays[k]);
    }
    free(t->samples);
    free(t->weights);
    free(t->at.theta);
    ntk_network_destroy(t->network);
}

static void expect(const trial *t, const char *what, int64_t row, double got, long double value, long double size)
{
    long double bound = roundings(t->s) * (long double)oracle_roundoff(t->dtype) * size;
    ck_assert_msg(fabsl((long double)got - value) <= bound,
                  "%s, %d layers, %d outputs, part %d: %s[%lld] is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg",
                  oracle_kind_name(t->s->kind), (int)t->s->layers, (int)t->s->outputs, t->part, what, (long long)row, got,
                  value, fabsl((long double)got - value), bound);
}

/* Parameter k of every call. */
static void check_parameter(trial *t, int64_t k)
{
    const subject *s = t->s;
    long double g = 0, gn = 0, hv = 0, most_g = 0, most_gn = 0, most_hv = 0;
    jet y[3];
    t->at.e[t->first + k] = 1;
    for (int64_t i = 0; i < t->n; i++) {
        evaluate(s, &t->at, t->samples + i * s->inputs, y);
        for (int64_t o = 0; o < s->outputs; o++) {
            long double u = (long double)t->weights[i * s->outputs + o];
            expect(t, "jacobian", i * s->outputs + o, test_get(&t->jacobian.view, i * s->outputs + o, k), y[o].s, y[o].most_s);
            if (k == 0) expect(t, "y", i, test_get(&t->y.view, i, o), y[o].t, y[o].most_t);
            g += u * y[o].s;
            gn += y[o].t * y[o].s;
            hv += u * y[o].st;
            most_g += fabsl(u) * y[o].most_s;
            most_gn += 2 * y[o].most_t * y[o].most_s;
            most_hv += fabsl(u) * y[o].most_st;
        }
    }
    t->at.e[t->first + k] = 0;
    expect(t, "vjp", k, test_get(&t->g.view, k, 0), g, most_g);
    expect(t, "gauss_newton", k, test_get(&t->gn.view, k, 0), gn, most_gn);
    expect(t, "hessian", k, test_get(&t->hv.view, k, 0), hv, most_hv);
}

START_TEST(every_number)
{
    const subject *s = &subjects[_i];
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
            for (int64_t n = 1; n < 8; n += 5) {
                trial t;
                begin(&t, s, n, part, dtype);
                CHECK_OK(ntk_network_jacobian(t.network, &t.jacobian.view, &t.x.view, part));
                CHECK_OK(ntk_network_jvp(t.network, &t.y.view, &t.x.view, &t.v.view, part));
                CHECK_OK(ntk_network_vjp(t.network, &t.g.view, &t.x.view, &t.u.view, part));
                CHECK_OK(ntk_network_gauss_newton(t.network, &t.gn.view, &t.x.view, &t.v.view, part));
                CHECK_OK(ntk_network_hessian(t.network, &t.hv.view, &t.x.view, &t.u.view, &t.v.view, part));
                for (int64_t k = 0; k < t.p; k++) check_parameter(&t, k);
                end(&t);
            }
}
END_TEST

/* --- several chunks of samples, against each other --- */

static long double dot(const double *a, const double *b, int64_t count)
{
    long double sum = 0;
    for (int64_t k = 0; k < count; k++) sum += (long double)a[k] * (long double)b[k];
    return sum;
}

static long double length(const double *a, int64_t count)
{
    return sqrtl(dot(a, a, count));
}

/* <u, J v> = <J^T u, v> and <w, H v> = <v, H w>, to what sums of so many terms lose.  n samples are more than a chunk of 8192. */
START_TEST(adjoint_and_symmetric)
{
    enum { N = 8200, MOST = 64 };
    const subject *s = &subjects[_i];
    uint64_t state = test_seed(72);
    ntk_network *network = network_of(s);
    int64_t p = ntk_network_size(network, NTK_PART_BOTH), m = s->outputs;
    double v[MOST], w[MOST], g[MOST], hv[MOST], hw[MOST];
    ck_assert(p <= MOST);
    double *samples = oracle_samples(N, s->inputs, NTK_F64, &state), *u = oracle_samples(N, m, NTK_F64, &state);
    double *y = oracle_memory(N * m, sizeof *y);
    for (int64_t k = 0; k < p; k++) {
        v[k] = oracle_normal(&state);
        w[k] = oracle_normal(&state);
    }
    ntk_matrix X = ntk_matrix_const_f64(samples, N, s->inputs), U = ntk_matrix_const_f64(u, N, m);
    ntk_matrix Y = ntk_matrix_f64(y, N, m), V = ntk_matrix_f64(v, p, 1), W = ntk_matrix_f64(w, p, 1);
    ntk_matrix G = ntk_matrix_f64(g, p, 1), HV = ntk_matrix_f64(hv, p, 1), HW = ntk_matrix_f64(hw, p, 1);
    CHECK_OK(ntk_network_jvp(network, &Y, &X, &V, NTK_PART_BOTH));
    CHECK_OK(ntk_network_vjp(network, &G, &X, &U, NTK_PART_BOTH));
    CHECK_OK(ntk_network_hessian(network, &HV, &X, &U, &V, NTK_PART_BOTH));
    CHECK_OK(ntk_network_hessian(network, &HW, &X, &U, &W, NTK_PART_BOTH));
    long double unit = (long double)oracle_roundoff(NTK_F64) * (roundings(s) + 6 * sqrtl(N));
    long double sizes = length(u, N * m) * length(y, N * m);
    ck_assert(fabsl(dot(u, y, N * m) - dot(g, v, p)) <= 8 * unit * sizes);
    /* H v is a sum of N m terms that cancel: each is at most as long as the whole times the root of their number, about */
    long double curved = (length(hv, p) * length(w, p) + length(hw, p) * length(v, p)) * sqrtl((long double)(N * m));
    ck_assert(fabsl(dot(hv, w, p) - dot(hw, v, p)) <= 8 * unit * curved);
    CHECK_OK(ntk_network_gauss_newton(network, &HV, &X, &V, NTK_PART_BOTH));
    CHECK_OK(ntk_network_vjp(network, &G, &X, &Y, NTK_PART_BOTH));
    ck_assert_mem_eq(hv, g, (size_t)p * sizeof *g);
    free(samples);
    free(u);
    free(y);
    ntk_network_destroy(network);
}
END_TEST

/* Wide enough that products are split, that tasks have one group of rows each, and that pieces end within rows; J's rows against J v and
 * J^T u. */
START_TEST(wide_layers)
{
    enum { N = 37, D = 5 };
    static const int64_t widths[] = {1100, 70};
    uint64_t state = test_seed(73);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.layers = 2;
    options.widths = widths;
    options.outputs = 2;
    options.bias_scale = 0.5;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    ntk_network *network = oracle_network_create(context, NTK_SOFTPLUS, 0, &options);
    int64_t p = ntk_network_size(network, NTK_PART_BOTH);
    double *samples = oracle_samples(N, D, NTK_F64, &state), *u = oracle_samples(N, 2, NTK_F64, &state);
    double *v = oracle_samples(p, 1, NTK_F64, &state), *g = oracle_memory(p, sizeof *g), y[2 * N];
    double *jacobian = oracle_memory(2 * N * p, sizeof *jacobian);
    ntk_matrix X = ntk_matrix_const_f64(samples, N, D), U = ntk_matrix_const_f64(u, N, 2);
    ntk_matrix V = ntk_matrix_const_f64(v, p, 1), G = ntk_matrix_f64(g, p, 1), Y = ntk_matrix_f64(y, N, 2);
    ntk_matrix J = ntk_matrix_f64(jacobian, 2 * N, p);
    CHECK_OK(ntk_network_jacobian(network, &J, &X, NTK_PART_BOTH));
    CHECK_OK(ntk_network_jvp(network, &Y, &X, &V, NTK_PART_BOTH));
    CHECK_OK(ntk_network_vjp(network, &G, &X, &U, NTK_PART_BOTH));
    const long double unit = (long double)oracle_roundoff(NTK_F64) * 4 * (6 * sqrtl((long double)p) + 32);
    for (int64_t r = 0; r < 2 * N; r++) {
        const double *row = jacobian + r * p;
        ck_assert(fabsl(dot(row, v, p) - (long double)y[r]) <= unit * length(row, p) * length(v, p));
    }
    for (int64_t k = 0; k < p; k++) {
        long double sum = 0, rows = 0;
        for (int64_t r = 0; r < 2 * N; r++) {
            long double entry = (long double)jacobian[r * p + k];
            sum += (long double)u[r] * entry;
            rows += entry * entry;
        }
        ck_assert(fabsl(sum - (long double)g[k]) <= unit * (sqrtl(rows) * length(u, 2 * N) + 1e-3L));
    }
    free(samples);
    free(u);
    free(v);
    free(g);
    free(jacobian);
    ntk_network_destroy(network);
}
END_TEST

/* --- beside features, and what is refused --- */

/* phi is the gradient by standardised parameters: of the lecture's w_i it is sqrt(d) / weight_scale times that. */
START_TEST(features_are_gradients)
{
    enum { N = 4, D = 3, HIDDEN = 5, P = HIDDEN * (D + 1) };
    uint64_t state = test_seed(74);
    double *samples = oracle_samples(N, D, NTK_F64, &state), jacobian[N * P], phi[N * P];
    ntk_matrix X = ntk_matrix_const_f64(samples, N, D), J = ntk_matrix_f64(jacobian, N, P), Phi = ntk_matrix_f64(phi, N, P);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = HIDDEN;
    options.weight_scale = 1.5;
    for (int32_t kind = NTK_ABS; kind <= NTK_ERF; kind++)
        for (options.parameterization = NTK_PARAM_LECTURE; options.parameterization <= NTK_PARAM_STANDARDISED;
             options.parameterization++) {
            ntk_network *network = oracle_network_create(context, kind, 0, &options);
            ntk_features *features;
            CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
            CHECK_OK(ntk_features_map(features, &Phi, &X));
            CHECK_OK(ntk_network_jacobian(network, &J, &X, NTK_PART_BOTH));
            double factor = options.parameterization == NTK_PARAM_LECTURE ? sqrt(D) / 1.5 : 1;
            for (int64_t k = 0; k < N * P; k++) {
                double expected = phi[k] * (k % P < HIDDEN * D ? factor : 1);
                ck_assert_double_eq_tol(jacobian[k], expected, 64 * 0x1p-53 * (1 + fabs(expected)));
            }
            ntk_features_destroy(features);
            ntk_network_destroy(network);
        }
    free(samples);
}
END_TEST

/* scale s(frequency u), s of a kind of the library's, as the caller's functions. */
typedef struct stretched {
    int32_t kind;
    double scale, frequency;
} stretched;

static void user_value(void *user, double *out, const double *u, int64_t count)
{
    const stretched *s = user;
    double slope = oracle_slope(s->kind);
    for (int64_t i = 0; i < count; i++)
        out[i] = s->scale * (double)oracle_activation(s->kind, slope, (long double)(s->frequency * u[i]));
}

static void user_derivative(void *user, double *out, const double *u, int64_t count)
{
    const stretched *s = user;
    double slope = oracle_slope(s->kind), factor = s->scale * s->frequency;
    for (int64_t i = 0; i < count; i++)
        out[i] = factor * (double)oracle_derivative(s->kind, slope, (long double)(s->frequency * u[i]));
}

static void user_second(void *user, double *out, const double *u, int64_t count)
{
    const stretched *s = user;
    double slope = oracle_slope(s->kind), factor = s->scale * s->frequency * s->frequency;
    for (int64_t i = 0; i < count; i++)
        out[i] = factor * (double)oracle_second(s->kind, slope, (long double)(s->frequency * u[i]));
}

static ntk_network *network_with(const ntk_activation *activation)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network;
    options.inputs = 2;
    options.hidden = 3;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    return network;
}

static ntk_network *user_network(stretched *s, bool second)
{
    ntk_activation_functions functions = NTK_INIT(ntk_activation_functions);
    ntk_activation *activation;
    functions.value = user_value;
    functions.derivative = user_derivative;
    functions.second_derivative = second ? user_second : NULL;
    functions.user = s;
    CHECK_OK(ntk_activation_create_user(context, &activation, &functions));
    ntk_network *network = network_with(activation);
    ntk_activation_destroy(activation);
    return network;
}

static ntk_network *stretched_network(const stretched *s, double offset)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *activation;
    options.scale = s->scale;
    options.frequency = s->frequency;
    options.offset = offset;
    options.slope = s->kind == NTK_LEAKY_RELU ? oracle_slope(s->kind) : 0;
    CHECK_OK(ntk_activation_create(context, &activation, s->kind, &options));
    ntk_network *network = network_with(activation);
    ntk_activation_destroy(activation);
    return network;
}

/* Whether sigma' comes of sigma's value or not: J v and H v of the same function, but for an offset, which H v by the hidden weights
 * does not see. */
START_TEST(stretched_activations)
{
    static const int32_t kinds[] = {NTK_RELU, NTK_LEAKY_RELU, NTK_IDENTITY, NTK_EXP, NTK_TANH, NTK_SIGMOID, NTK_ERF};
    stretched s = {kinds[_i], _i % 2 ? 0.75 : -1.5, _i % 3 ? -0.7 : 1.25};
    ntk_network *networks[] = {user_network(&s, true), stretched_network(&s, 0), stretched_network(&s, 0.5)};
    double x[] = {0.5, -1.5, 2, 0.25}, u[] = {1, -2}, v[6], y[3][2], g[3][6];
    for (int k = 0; k < 6; k++) v[k] = 0.5 - 0.25 * k;
    ntk_matrix X = ntk_matrix_const_f64(x, 2, 2), U = ntk_matrix_const_f64(u, 2, 1), V = ntk_matrix_const_f64(v, 6, 1);
    for (int i = 0; i < 3; i++) {
        ntk_matrix G = ntk_matrix_f64(g[i], 6, 1), Y = ntk_matrix_f64(y[i], 2, 1);
        CHECK_OK(ntk_network_jvp(networks[i], &Y, &X, &V, NTK_PART_NT));
        CHECK_OK(ntk_network_hessian(networks[i], &G, &X, &U, &V, NTK_PART_NT));
        /* some ten roundings of numbers up to about 10 */
        for (int k = 0; k < 6; k++) ck_assert_double_eq_tol(g[i][k], g[0][k], 1e-13);
        for (int k = 0; k < 2; k++) ck_assert_double_eq_tol(y[i][k], y[0][k], 1e-13);
        ntk_network_destroy(networks[i]);
    }
}
END_TEST

START_TEST(without_a_second_derivative)
{
    stretched s = {NTK_TANH, 1, 1};
    ntk_network *network = user_network(&s, false);
    double x[] = {0.5, -1.5, 2, 0.25}, u[] = {1, -2}, v[9], g[9];
    for (int k = 0; k < 9; k++) v[k] = 0.5 - 0.25 * k;
    ntk_matrix X = ntk_matrix_const_f64(x, 2, 2), U = ntk_matrix_const_f64(u, 2, 1), V = ntk_matrix_const_f64(v, 9, 1);
    ntk_matrix G = ntk_matrix_f64(g, 9, 1), RF = ntk_matrix_f64(g, 3, 1), W = ntk_matrix_const_f64(v, 3, 1);
    CHECK_STATUS(ntk_network_hessian(network, &G, &X, &U, &V, NTK_PART_BOTH), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("second_derivative");
    CHECK_OK(ntk_network_vjp(network, &G, &X, &U, NTK_PART_BOTH));
    /* f is linear in the output weights */
    CHECK_OK(ntk_network_hessian(network, &RF, &X, &U, &W, NTK_PART_RF));
    for (int k = 0; k < 3; k++) ck_assert_double_eq(g[k], 0);
    ntk_network_destroy(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network derivatives");
    TCase *tests = test_case(suite, "derivatives");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, every_number, 0, SUBJECTS);
    tcase_add_loop_test(tests, adjoint_and_symmetric, 0, SUBJECTS);
    tcase_add_test(tests, wide_layers);
    tcase_add_test(tests, features_are_gradients);
    tcase_add_loop_test(tests, stretched_activations, 0, 7);
    tcase_add_test(tests, without_a_second_derivative);
    return test_run(suite);
}
