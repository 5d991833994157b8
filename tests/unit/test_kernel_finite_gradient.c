/* Gradients of finite kernels: against sums over neurons in long double, differences of products, and identities. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int32_t dtypes[] = {NTK_F64, NTK_F32};

TEST_CONTEXT_FIXTURE(2)

static double slope_of(int32_t kind)
{
    return kind == NTK_LEAKY_RELU ? -0.4 : kind == NTK_MONOMIAL || kind == NTK_HERMITE ? 3 : 0;
}

static ntk_network_options describe(int64_t d, int64_t N, uint64_t seed)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = d;
    options.hidden = N;
    options.seed = seed;
    options.weight_scale = 1.25;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    return options;
}

/* --- the oracle --- */

/* A sum, the sizes of its terms, and the error that the terms bring. */
typedef struct sum {
    long double value, size, error;
} sum;

static void add(sum *s, long double factor, oracle_value x)
{
    s->value += factor * x.value;
    s->size += fabsl(factor * x.value);
    s->error += fabsl(factor) * x.bound;
}

/* What summing count terms in any order makes of it. */
static oracle_value summed(const sum *s, int64_t count, long double unit)
{
    return (oracle_value){s->value, s->error + (6 * sqrtl((long double)count) + 32) * unit * s->size};
}

static oracle_value times(oracle_value a, oracle_value b)
{
    return (oracle_value){a.value * b.value, fabsl(a.value) * b.bound + fabsl(b.value) * a.bound + a.bound * b.bound};
}

/* u, sigma(u), sigma'(u) and sigma''(u) of a sample and a neuron. */
typedef struct response {
    oracle_value s[3];
} response;

static response respond(const oracle_network *net, const double *x, int64_t neuron, long double unit)
{
    const double *w = net->weights + neuron * net->inputs;
    long double u = 0, size = 0;
    for (int64_t k = 0; k < net->inputs; k++) {
        u += (long double)w[k] * (long double)x[k];
        size += fabsl((long double)w[k] * (long double)x[k]);
    }
    u *= net->hidden_scale;
    long double du = (6 * sqrtl((long double)net->inputs) + 32) * unit * net->hidden_scale * size;
    response r;
    for (int order = 0; order < 2; order++) r.s[order] = oracle_activated(net, order, u, du, unit);
    /* third derivatives are below 3; of exp, exp; of cubes, constants */
    long double steep = net->kind == NTK_EXP ? expl(u + du) : 3;
    r.s[2].value = oracle_second(net->kind, net->slope, u);
    r.s[2].bound = net->kind < NTK_ERF ? 0 : steep * du + 16 * unit * (1 + fabsl(r.s[2].value));
    return r;
}

/* What neuron n contributes to the gradient of target c, in parts: its weight's factor, and B_n of K^NT. */
static void add_neuron(sum *g, const oracle_network *net, int32_t part, int64_t n, const double *x, const double *x2,
                       const double *v, int64_t n2, int64_t t, int64_t c, long double unit)
{
    int64_t d = net->inputs;
    const double *w = net->weights + n * d;
    response at = respond(net, x, n, unit);
    long double tangent = net->gamma * (long double)net->scale / sqrtl((long double)d) * (long double)net->output[n];
    sum rf = {0, 0, 0}, across = {0, 0, 0}, *B = oracle_memory(d, sizeof *B);
    memset(B, 0, (size_t)d * sizeof *B);
    for (int64_t j = 0; j < n2; j++) {
        response other = respond(net, x2 + j * d, n, unit);
        long double weight = (long double)v[j * t + c];
        add(&rf, net->gamma * weight, other.s[0]);
        for (int64_t k = 0; k < d; k++) add(&B[k], weight * tangent * (long double)x2[j * d + k], other.s[1]);
    }
    for (int64_t k = 0; k < d; k++) add(&across, (long double)x[k], summed(&B[k], n2, unit));
    oracle_value along_rf = times(at.s[1], summed(&rf, n2, unit)), along_nt = times(at.s[2], summed(&across, d, unit));
    for (int64_t k = 0; k < d; k++) {
        long double f = net->hidden_scale * (long double)w[k];
        if (part != NTK_PART_NT) add(&g[k], f * net->gamma, along_rf);
        if (part == NTK_PART_RF) continue;
        add(&g[k], f * tangent, along_nt);
        add(&g[k], tangent, times(at.s[1], summed(&B[k], n2, unit)));
    }
    free(B);
}

static void compare_row(const test_array *g, const oracle_network *net, int32_t part, int64_t i, const double *x,
                        const double *x2, const double *v, int64_t n2, int64_t t)
{
    int64_t d = net->inputs;
    long double unit = (long double)oracle_roundoff(g->view.dtype);
    sum *sums = oracle_memory(d, sizeof *sums);
    for (int64_t c = 0; c<t; c += t> 2 ? 3 : 1) {
        memset(sums, 0, (size_t)d * sizeof *sums);
        for (int64_t n = 0; n < net->hidden; n++) add_neuron(sums, net, part, n, x, x2, v, n2, t, c, unit);
        for (int64_t k = 0; k < d; k++) {
            oracle_value want = summed(&sums[k], 2 * net->hidden, unit);
            double got = test_get(&g->view, i, c * d + k);
            ck_assert_msg(fabsl((long double)got - want.value) <= want.bound,
                          "%s N %d part %d: g[%d] of target %d, input %d (f%d) is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg",
                          oracle_kind_name(net->kind), (int)net->hidden, (int)part, (int)i, (int)c, (int)k,
                          g->view.dtype == NTK_F32 ? 32 : 64, got, want.value, fabsl((long double)got - want.value),
                          want.bound);
        }
    }
    free(sums);
}

static void compare(int32_t kind, const ntk_network_options *options, int64_t n1, int64_t n2, int64_t t, uint64_t *state)
{
    int64_t d = options->inputs;
    ntk_network *network = oracle_network_create(context, kind, slope_of(kind), options);
    oracle_network net = oracle_network_of(network, options, slope_of(kind), kind);
    for (int32_t c = 0; c < 6; c++) {
        int32_t part = c % 3, dtype = dtypes[c / 3];
        double *x1 = oracle_samples(n1, d, dtype, state), *x2 = oracle_samples(n2, d, dtype, state),
               *v = oracle_samples(n2, t, dtype, state);
        test_array a = oracle_array(x1, n1, d, 1, dtype), b = oracle_array(x2, n2, d, 0, dtype),
                   w = oracle_array(v, n2, t, 2, dtype), g = test_array_make(n1, t * d, 3, dtype);
        ntk_kernel *kernel = oracle_finite_of(context, network, part);
        CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &a.view, &b.view, &w.view));
        ck_assert(test_array_is_written(&g));
        for (int64_t i = 0; i < n1; i += 1 + n1 / 3) compare_row(&g, &net, part, i, x1 + i * d, x2, v, n2, t);
        ntk_kernel_destroy(kernel);
        test_array_free(&a);
        test_array_free(&b);
        test_array_free(&w);
        test_array_free(&g);
        free(x1);
        free(x2);
        free(v);
    }
    oracle_network_free(&net);
    ntk_network_destroy(network);
}

START_TEST(sums_over_neurons)
{
    /* n1, n2, d, N, t; the last has several tiles of neurons */
    static const int64_t sizes[][5] = {
        {1, 1, 1, 1, 1}, {4, 5, 3, 17, 2}, {300, 3, 7, 40, 1}, {3, 11, 5, 30, 19}, {2, 3, 2, 2200, 1}};
    uint64_t state = test_seed(191) + (uint64_t)_i;
    for (int s = 0; s < 5; s++) {
        const int64_t *size = sizes[s];
        ntk_network_options options = describe(size[2], size[3], 3 + (uint64_t)s);
        options.parameterization = s % 3;
        options.antisymmetric = s == 3;
        compare(_i, &options, size[0], size[1], size[4], &state);
    }
}
END_TEST

/* Activations that the oracle of networks does not bound, and what is scaled, shifted or the caller's. */
static void bump(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = 1 / (1 + u[i] * u[i]);
}
static void bump_slope(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = -2 * u[i] / ((1 + u[i] * u[i]) * (1 + u[i] * u[i]));
}
static void bump_bend(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = (6 * u[i] * u[i] - 2) / pow(1 + u[i] * u[i], 3);
}

enum { SMOOTH = 11 };

static ntk_activation *smooth_activation(int index)
{
    static const int32_t kinds[SMOOTH] = {NTK_TANH, NTK_SIGMOID, NTK_SOFTPLUS, NTK_SILU, NTK_MONOMIAL, NTK_HERMITE, NTK_GELU,
                                          NTK_SIN,  NTK_COS,     NTK_ERF,      0};
    ntk_activation *activation = NULL;
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation_functions functions = NTK_INIT(ntk_activation_functions);
    functions.value = bump;
    functions.derivative = bump_slope;
    functions.second_derivative = bump_bend;
    options.degree = kinds[index] == NTK_MONOMIAL || kinds[index] == NTK_HERMITE ? 3 : 0;
    options.scale = 1.5;
    options.frequency = 0.75;
    options.shift = 0.25;
    options.offset = 0.5;
    if (kinds[index])
        CHECK_OK(ntk_activation_create(context, &activation, kinds[index], &options));
    else
        CHECK_OK(ntk_activation_create_user(context, &activation, &functions));
    return activation;
}

/* y(x + h e_k) and y(x - h e_k) for the four points of a difference. */
static double difference(const ntk_kernel *kernel, const double *x, int64_t d, int64_t k, const ntk_matrix *x2,
                         const ntk_matrix *v)
{
    const double h = 0x1p-10;
    double points[4 * 8], y[4];
    const int steps[] = {1, -1, 2, -2};
    for (int s = 0; s < 4; s++) {
        memcpy(points + s * d, x, (size_t)d * sizeof *x);
        points[s * d + k] += steps[s] * h;
    }
    ntk_matrix P = ntk_matrix_const_f64(points, 4, d), Y = ntk_matrix_f64(y, 4, 1);
    CHECK_OK(ntk_kernel_multiply(kernel, &Y, &P, x2, v));
    return (8 * (y[0] - y[1]) - (y[2] - y[3])) / (12 * h);
}

/* Of five points h^4 / 30 = 3e-14 times a fifth derivative, some hundreds at most, beside 30 roundings of y over h. */
START_TEST(differences)
{
    enum { d = 4, N = 50, n2 = 9 };
    uint64_t state = test_seed(192) + (uint64_t)_i;
    ntk_activation *activation = smooth_activation(_i);
    ntk_network_options options = describe(d, N, 8);
    double *x = oracle_samples(1, d, NTK_F64, &state), *x2 = oracle_samples(n2, d, NTK_F64, &state),
           *v = oracle_samples(n2, 1, NTK_F64, &state), g[d];
    ntk_matrix X = ntk_matrix_const_f64(x, 1, d), X2 = ntk_matrix_const_f64(x2, n2, d), V = ntk_matrix_const_f64(v, n2, 1);
    ntk_matrix G = ntk_matrix_f64(g, 1, d);
    for (int32_t part = 0; part < 3; part++) {
        ntk_kernel *kernel = NULL;
        /* one kernel of two networks, whose gradient is a mean as well */
        CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, activation, 2, part, &options));
        CHECK_OK(ntk_kernel_gradient(kernel, &G, &X, &X2, &V));
        for (int64_t k = 0; k < d; k++) {
            double want = difference(kernel, x, d, k, &X2, &V);
            ck_assert_msg(fabs(g[k] - want) <= 2e-10 * (1 + fabs(want)), "activation %d, part %d, input %d: %.12g, not %.12g",
                          _i, (int)part, (int)k, g[k], want);
        }
        ntk_kernel_destroy(kernel);
    }
    ntk_activation_destroy(activation);
    free(x);
    free(x2);
    free(v);
}
END_TEST

/* Kernels of 1-homogeneous activations are 1-homogeneous in x: <x, grad> = y, Euler's identity, wherever no gate is at 0. */
START_TEST(eulers_identity)
{
    enum { d = 20, N = 300, n1 = 40, n2 = 70, t = 3 };
    const int32_t kinds[] = {NTK_RELU, NTK_LEAKY_RELU, NTK_ABS, NTK_IDENTITY};
    uint64_t state = test_seed(193) + (uint64_t)_i;
    ntk_network_options options = describe(d, N, 12);
    options.output_weights = NTK_OUTPUT_SIGNS; /* gates as bits in blocks, not here */
    ntk_network *network = oracle_network_create(context, kinds[_i], slope_of(kinds[_i]), &options);
    for (int32_t part = 0; part < 3; part++) {
        ntk_kernel *kernel = oracle_finite_of(context, network, part);
        double *x1 = oracle_samples(n1, d, NTK_F64, &state), *x2 = oracle_samples(n2, d, NTK_F64, &state),
               *v = oracle_samples(n2, t, NTK_F64, &state), y[n1 * t], g[n1 * t * d], K[n1];
        ntk_matrix X1 = ntk_matrix_const_f64(x1, n1, d), X2 = ntk_matrix_const_f64(x2, n2, d),
                   V = ntk_matrix_const_f64(v, n2, t), Y = ntk_matrix_f64(y, n1, t), G = ntk_matrix_f64(g, n1, t * d),
                   D = ntk_matrix_f64(K, n1, 1);
        CHECK_OK(ntk_kernel_multiply(kernel, &Y, &X1, &X2, &V));
        CHECK_OK(ntk_kernel_gradient(kernel, &G, &X1, &X2, &V));
        CHECK_OK(ntk_kernel_diagonal(kernel, &D, &X1));
        for (int64_t i = 0; i < n1; i++)
            for (int64_t c = 0; c < t; c++) {
                long double dot = 0;
                for (int64_t k = 0; k < d; k++) dot += (long double)x1[i * d + k] * (long double)g[(i * t + c) * d + k];
                /* sqrt(n2) entries of the size of the diagonal, in sums of N d terms */
                double bound = 0x1p-53 * 4 * sqrt(N * d) * sqrt(n2) * K[i];
                ck_assert_msg(fabsl(dot - (long double)y[i * t + c]) <= bound,
                              "%s part %d: <x, grad> %.17Lg, y %.17g, bound %.2g", oracle_kind_name(kinds[_i]), (int)part, dot,
                              y[i * t + c], bound);
            }
        ntk_kernel_destroy(kernel);
        free(x1);
        free(x2);
        free(v);
    }
    ntk_network_destroy(network);
}
END_TEST

/* More samples than a tile of rows, 9 targets, which take two rounds: the same bits for 1, 2 and 7 threads. */
START_TEST(threads)
{
    enum { d = 6, N = 700, n1 = 900, n2 = 33, t = 9 };
    uint64_t state = test_seed(194);
    double *x1 = oracle_samples(n1, d, NTK_F64, &state), *x2 = oracle_samples(n2, d, NTK_F64, &state),
           *v = oracle_samples(n2, t, NTK_F64, &state);
    test_array a = oracle_array(x1, n1, d, 0, NTK_F64), b = oracle_array(x2, n2, d, 0, NTK_F64),
               w = oracle_array(v, n2, t, 0, NTK_F64), first = test_array_make(n1, t * d, 0, _i ? NTK_F32 : NTK_F64),
               other = test_array_make(n1, t * d, 0, _i ? NTK_F32 : NTK_F64);
    const int32_t counts[] = {1, 2, 7};
    for (int k = 0; k < 3; k++) {
        ntk_context *own = test_context(counts[k], NULL);
        ntk_network_options options = describe(d, N, 15);
        ntk_network *network = oracle_network_create(own, NTK_GELU, slope_of(NTK_GELU), &options);
        ntk_kernel *kernel = oracle_finite_of(own, network, NTK_PART_BOTH);
        CHECK_OK(ntk_kernel_gradient(kernel, k ? &other.view : &first.view, &a.view, &b.view, &w.view));
        ck_assert(!k || test_same_bits(&first.view, &other.view));
        ntk_kernel_destroy(kernel);
        ntk_network_destroy(network);
        ntk_context_destroy(own);
    }
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&w);
    test_array_free(&first);
    test_array_free(&other);
    free(x1);
    free(x2);
    free(v);
}
END_TEST

/* By tiles, as in a sum of kernels, and by features, as alone, it is the same to rounding: sums of N and of n2 terms of the size of
 * an entry, more than a tile of either. */
static void compare_routes(const ntk_kernel *kernel, int64_t n1, int64_t n2, int64_t d, int64_t t, int32_t dtype,
                           uint64_t *state)
{
    double *x1 = oracle_samples(n1, d, dtype, state), *x2 = oracle_samples(n2, d, dtype, state),
           *v = oracle_samples(n2, t, dtype, state);
    test_array a = oracle_array(x1, n1, d, 1, dtype), b = oracle_array(x2, n2, d, 0, dtype),
               w = oracle_array(v, n2, t, 2, dtype), direct = test_array_make(n1, t * d, 0, dtype),
               tiled = test_array_make(n1, t * d, 1, dtype);
    const double two = 2;
    ntk_kernel *doubled = NULL;
    CHECK_OK(ntk_kernel_create_sum(context, &doubled, &kernel, &two, 1));
    CHECK_OK(ntk_kernel_gradient(kernel, &direct.view, &a.view, &b.view, &w.view));
    CHECK_OK(ntk_kernel_gradient(doubled, &tiled.view, &a.view, &b.view, &w.view));
    ck_assert(test_array_is_written(&tiled));
    /* derivatives of entries are below 4 in size, their sums some sqrt(n2) of that */
    double bound = 256 * 4 * sqrt((double)n2) * oracle_roundoff(dtype);
    for (int64_t i = 0; i < n1; i++)
        for (int64_t k = 0; k < t * d; k++)
            ck_assert_msg(fabs(test_get(&tiled.view, i, k) / 2 - test_get(&direct.view, i, k)) <= bound,
                          "g[%d][%d] is %.17g by tiles, %.17g by features (f%d)", (int)i, (int)k,
                          test_get(&tiled.view, i, k) / 2, test_get(&direct.view, i, k), dtype == NTK_F64 ? 64 : 32);
    ntk_kernel_destroy(doubled);
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&w);
    test_array_free(&direct);
    test_array_free(&tiled);
    free(x1);
    free(x2);
    free(v);
}

START_TEST(tiles_and_features)
{
    static const int64_t sizes[][5] = {{1, 1, 1, 1, 1}, {1, 90, 4, 150, 2}, {70, 2, 3, 33, 1}, {130, 600, 5, 300, 19}};
    /* of gates that are bits, of gates that are not, and smooth */
    const int32_t kinds[] = {NTK_RELU, NTK_RELU, NTK_ERF, NTK_GELU};
    uint64_t state = test_seed(195) + (uint64_t)_i;
    for (int s = 0; s < 4; s++)
        for (int32_t c = 0; c < 6; c++) {
            const int64_t *size = sizes[s];
            ntk_network_options options = describe(size[2], size[3], 21);
            options.output_weights = _i == 0 ? NTK_OUTPUT_SIGNS : NTK_OUTPUT_GAUSSIAN;
            options.parameterization = _i % 3;
            ntk_network *network = oracle_network_create(context, kinds[_i], slope_of(kinds[_i]), &options);
            ntk_kernel *kernel = oracle_finite_of(context, network, c % 3);
            compare_routes(kernel, size[0], size[1], size[2], size[4], dtypes[c / 3], &state);
            ntk_kernel_destroy(kernel);
            ntk_network_destroy(network);
        }
}
END_TEST

/* Functions without a second derivative have gradients of K^RF alone. */
START_TEST(functions_without_a_second_derivative)
{
    ntk_activation_functions functions = NTK_INIT(ntk_activation_functions);
    ntk_network_options options = describe(3, 5, 1);
    ntk_activation *activation;
    ntk_network *network;
    functions.value = bump;
    functions.derivative = bump_slope;
    CHECK_OK(ntk_activation_create_user(context, &activation, &functions));
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    test_array x = test_array_make(2, 3, 0, NTK_F64), v = test_array_make(2, 1, 0, NTK_F64),
               g = test_array_make(2, 3, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_array_fill(&v, 2);
    for (int32_t part = 0; part < 3; part++) {
        ntk_kernel *kernel = oracle_finite_of(context, network, part);
        test_array_poison(&g);
        CHECK_STATUS(ntk_kernel_gradient(kernel, &g.view, &x.view, &x.view, &v.view),
                     part == NTK_PART_RF ? NTK_OK : NTK_ERR_UNSUPPORTED);
        if (part != NTK_PART_RF) CHECK_MESSAGE("second_derivative");
        ck_assert(part == NTK_PART_RF ? test_array_is_written(&g) : test_array_is_poison(&g));
        ntk_kernel *square = NULL;
        const ntk_kernel *factors[] = {kernel, kernel};
        CHECK_OK(ntk_kernel_create_product(context, &square, factors, 2));
        CHECK_STATUS(ntk_kernel_gradient(square, &g.view, &x.view, &x.view, &v.view),
                     part == NTK_PART_RF ? NTK_OK : NTK_ERR_UNSUPPORTED);
        ntk_kernel_destroy(square);
        ntk_kernel_destroy(kernel);
    }
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    test_array_free(&x);
    test_array_free(&v);
    test_array_free(&g);
}
END_TEST

/* Powers of two pass through as they are; samples of 1e308 have kernels that are not representable, and zeros the gradient 0. */
START_TEST(extreme_samples)
{
    ntk_network_options options = describe(3, 8, 1);
    ntk_network *network = oracle_network_create(context, NTK_RELU, slope_of(NTK_RELU), &options);
    ntk_kernel *kernel = oracle_finite_of(context, network, NTK_PART_BOTH);
    test_array x = test_array_make(2, 3, 0, NTK_F64), v = test_array_make(2, 1, 0, NTK_F64),
               g = test_array_make(2, 3, 0, NTK_F64), scaled = test_array_make(2, 3, 0, NTK_F64);
    test_array_fill(&x, 5);
    test_array_fill(&v, 6);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x.view, &x.view, &v.view));
    for (int64_t i = 0; i < 6; i++) test_set(&x.view, i / 3, i % 3, ldexp(test_get(&x.view, i / 3, i % 3), 400));
    CHECK_OK(ntk_kernel_gradient(kernel, &scaled.view, &x.view, &x.view, &v.view));
    for (int64_t i = 0; i < 6; i++)
        ck_assert(test_get(&scaled.view, i / 3, i % 3) == ldexp(test_get(&g.view, i / 3, i % 3), 400));
    for (int64_t i = 0; i < 6; i++) test_set(&x.view, i / 3, i % 3, i % 2 ? 1e308 : -1e308);
    for (int64_t i = 0; i < 2; i++) test_set(&v.view, i, 0, 1e10);
    CHECK_STATUS(ntk_kernel_gradient(kernel, &g.view, &x.view, &x.view, &v.view), NTK_ERR_OVERFLOW);
    for (int64_t i = 0; i < 6; i++) test_set(&x.view, i / 3, i % 3, 0);
    for (int64_t i = 0; i < 2; i++) test_set(&v.view, i, 0, 1);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x.view, &x.view, &v.view));
    for (int64_t i = 0; i < 6; i++) ck_assert(test_get(&g.view, i / 3, i % 3) == 0);
    ntk_kernel_destroy(kernel);
    ntk_network_destroy(network);
    test_array_free(&x);
    test_array_free(&v);
    test_array_free(&g);
    test_array_free(&scaled);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("finite gradient");
    TCase *tests = test_case(suite, "gradients");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, sums_over_neurons, NTK_RELU, NTK_EXP + 1);
    tcase_add_loop_test(tests, differences, 0, SMOOTH);
    tcase_add_loop_test(tests, eulers_identity, 0, 4);
    tcase_add_loop_test(tests, threads, 0, 2);
    tcase_add_loop_test(tests, tiles_and_features, 0, 4);
    tcase_add_test(tests, functions_without_a_second_derivative);
    tcase_add_test(tests, extreme_samples);
    return test_run(suite);
}
