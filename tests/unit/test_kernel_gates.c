/* The tangent kernel of piecewise-linear networks, exactly: with integers for weights and samples every u is exact, many are 0,
 * and K_N is a small multiple of 1/4, so that counting bits must give it to the last bit in either precision. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

enum { D = 4, N1 = 19, N2 = 37 };

static const uint32_t masks[] = {NTK_CPU_AVX2 | NTK_CPU_AVX512, NTK_CPU_AVX512, 0};
static const int64_t widths[] = {1, 63, 64, 65, 511, 513, 5000};
enum { MASKS = sizeof masks / sizeof *masks, WIDTHS = sizeof widths / sizeof *widths };

/* the kind, and s' below 0, at 0 and above */
static const struct {
    int32_t kind;
    double slope, frequency, below, at_zero, above;
} cases[] = {{NTK_RELU, 0, 0, 0, 0, 1},
             {NTK_LEAKY_RELU, -0.5, 0, -0.5, -0.5, 1},
             {NTK_ABS, 0, 0, -1, 0, 1},
             {NTK_IDENTITY, 0, 0, 1, 1, 1},
             {NTK_RELU, 0, -1, -1, 0, 0},
             {NTK_ABS, 0, -1, -1, 0, 1},
             {NTK_LEAKY_RELU, -0.5, -1, -1, 0.5, 0.5}};
enum { CASES = sizeof cases / sizeof *cases };

typedef struct scene {
    ntk_context *context;
    ntk_kernel *kernel;
    double *theta; /* N x D, then N */
    int64_t N;
    int c;
} scene;

static double *integers(int64_t count, int64_t most, uint64_t *state)
{
    double *x = oracle_memory(count, sizeof *x);
    for (int64_t i = 0; i < count; i++) x[i] = (double)(oracle_integer(state, 2 * most + 1) - most);
    return x;
}

/* gamma = 2 and d = 4: the tangent factor is 1. */
static scene scene_make(int c, uint32_t mask, int64_t N, bool equal, uint64_t *state)
{
    scene s = {.N = N, .c = c};
    ntk_context_options context = NTK_INIT(ntk_context_options);
    ntk_activation_options activation = NTK_INIT(ntk_activation_options);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_activation *sigma;
    ntk_network *network;
    ntk_features *features;
    context.cpu_disable = mask;
    context.threads = 3;
    activation.slope = cases[c].slope;
    activation.frequency = cases[c].frequency;
    options.inputs = D;
    options.hidden = N;
    options.scaling = NTK_SCALING_CUSTOM;
    options.gamma = 2;
    s.theta = integers(N * (D + 1), 2, state);
    for (int64_t i = 0; i < N; i++)
        s.theta[N * D + i] = (equal ? 2 : 1 + (double)(i % 3)) * (oracle_integer(state, 2) ? 1 : -1);
    ntk_matrix theta = ntk_matrix_const_f64(s.theta, N * (D + 1), 1);
    CHECK_OK(ntk_context_create(&s.context, &context));
    CHECK_OK(ntk_activation_create(s.context, &sigma, cases[c].kind, &activation));
    CHECK_OK(ntk_network_create(s.context, &network, sigma, &options));
    CHECK_OK(ntk_network_set_parameters(network, &theta));
    CHECK_OK(ntk_features_create(s.context, &features, network, NTK_PART_NT));
    CHECK_OK(ntk_kernel_create_finite(s.context, &s.kernel, features));
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(sigma);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    ntk_context_destroy(s->context);
    free(s->theta);
}

static double slope_at(int c, double u)
{
    return u > 0 ? cases[c].above : u < 0 ? cases[c].below : cases[c].at_zero;
}

static double expected(const scene *s, const double *x, const double *y)
{
    double sum = 0, xy = 0;
    for (int k = 0; k < D; k++) xy += x[k] * y[k];
    for (int64_t i = 0; i < s->N; i++) {
        const double *w = s->theta + i * D;
        double u = 0, v = 0, a = s->theta[s->N * D + i];
        for (int k = 0; k < D; k++) u += w[k] * x[k], v += w[k] * y[k];
        sum += a * a * slope_at(s->c, u) * slope_at(s->c, v);
    }
    return xy * sum;
}

static void check_scene(const scene *s, const double *x1, const double *x2, int32_t dtype)
{
    test_array a = oracle_array(x1, N1, D, 1, dtype), b = oracle_array(x2, N2, D, 0, dtype);
    test_array K = test_array_make(N1, N2, 2, dtype), G = test_array_make(N2, N2, 0, dtype);
    test_array diagonal = test_array_make(N1, 1, 0, dtype);
    ntk_gram *gram = NULL;
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    options.dtype = dtype;
    CHECK_OK(ntk_kernel_block(s->kernel, &K.view, &a.view, &b.view));
    CHECK_OK(ntk_kernel_diagonal(s->kernel, &diagonal.view, &a.view));
    CHECK_OK(ntk_gram_create(s->context, &gram, s->kernel, &b.view, &options));
    CHECK_OK(ntk_gram_copy(gram, &G.view));
    ck_assert(test_array_is_written(&K));
    for (int64_t i = 0; i < N1; i += 1 + s->N / 1000) {
        ck_assert_double_eq(test_get(&diagonal.view, i, 0), expected(s, x1 + i * D, x1 + i * D));
        for (int64_t j = 0; j < N2; j++) ck_assert_double_eq(test_get(&K.view, i, j), expected(s, x1 + i * D, x2 + j * D));
    }
    for (int64_t i = 0; i < N2; i += 3 + s->N / 500)
        for (int64_t j = 0; j < N2; j++) ck_assert_double_eq(test_get(&G.view, i, j), expected(s, x2 + i * D, x2 + j * D));
    ntk_gram_destroy(gram);
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&K);
    test_array_free(&G);
    test_array_free(&diagonal);
}

/* Samples with zeros among u on either side, on neither (odd sums of even and odd), and a zero sample. */
START_TEST(counts_are_exact)
{
    uint64_t state = test_seed(57) + (uint64_t)_i;
    double *x1 = integers(N1 * D, 2, &state), *x2 = integers(N2 * D, 2, &state);
    for (int k = 0; k < D; k++) x1[5 * D + k] = 0;
    for (int m = 0; m < MASKS; m++)
        for (int w = 0; w < WIDTHS; w++)
            for (int equal = 0; equal < 2; equal++) {
                scene s = scene_make(_i, masks[m], widths[w], equal, &state);
                check_scene(&s, x1, x2, NTK_F64);
                check_scene(&s, x1, x2, NTK_F32);
                scene_free(&s);
            }
    free(x1);
    free(x2);
}
END_TEST

/* Zeros among u of the columns' samples only, and of none. */
START_TEST(zeros_on_one_side)
{
    uint64_t state = test_seed(58) + (uint64_t)_i;
    double *x1 = integers(N1 * D, 2, &state), *x2 = integers(N2 * D, 2, &state);
    for (int64_t i = 0; i < N1 * D; i++) x1[i] = ldexp(1 + fabs(x1[i]), (int)(8 * (i % D))); /* no sum of them cancels */
    for (int round = 0; round < 2; round++) {
        scene s = scene_make(_i, 0, 300, true, &state);
        for (int64_t i = 0; i < N2 * D && round; i++) x2[i] = ldexp(1 + fabs(x2[i]), (int)(8 * (i % D)));
        check_scene(&s, x1, x2, NTK_F64);
        scene_free(&s);
    }
    free(x1);
    free(x2);
}
END_TEST

/* An input of a neuron that is not a number is no gate: the sample is refused. */
START_TEST(overflowing_inputs_are_refused)
{
    uint64_t state = test_seed(59);
    scene s = scene_make(_i, 0, 8, true, &state);
    double x[D] = {1e308, -1e308, 1e308, -1e308}, k;
    ntk_matrix a = ntk_matrix_const_f64(x, 1, D), K = ntk_matrix_f64(&k, 1, 1);
    CHECK_STATUS(ntk_kernel_block(s.kernel, &K, &a, &a), NTK_ERR_OVERFLOW);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel gates");
    TCase *gates = test_case(suite, "gates");
    tcase_add_loop_test(gates, counts_are_exact, 0, CASES);
    tcase_add_loop_test(gates, zeros_on_one_side, 0, CASES);
    tcase_add_loop_test(gates, overflowing_inputs_are_refused, 0, CASES);
    return test_run(suite);
}
