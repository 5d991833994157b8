/* Every instruction set that this machine has, by the context's mask, against portable code.  Weights have the same bits; what
 * is computed from them differs by the rounding of elementary functions and of fused operations. */
#include "core/cpu.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N1 = 40, N2 = 70, INPUTS = 19, HIDDEN = 33 };

static const uint32_t masks[] = {NTK_CPU_AVX2 | NTK_CPU_AVX512, NTK_CPU_AVX512, 0};
enum { MASKS = sizeof masks / sizeof masks[0] };

static const int32_t kinds[] = {NTK_RELU, NTK_LEAKY_RELU, NTK_ABS, NTK_STEP, NTK_SIGN, NTK_IDENTITY,
                                NTK_ERF,  NTK_GELU,       NTK_SIN, NTK_COS,  NTK_EXP};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Their infinite kernels are had by Mehler's formula. */
static const int32_t series_kinds[] = {NTK_MONOMIAL, NTK_HERMITE, NTK_TANH, NTK_SIGMOID, NTK_SOFTPLUS, NTK_SILU};
enum { SERIES_KINDS = sizeof series_kinds / sizeof series_kinds[0] };

static ntk_context *masked(uint32_t mask)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context;
    char text[900], expected[60];
    options.cpu_disable = mask;
    options.threads = 1;
    CHECK_OK(ntk_context_create(&context, &options));
    CHECK_OK(ntk_context_describe(context, text, sizeof text));
    snprintf(expected, sizeof expected, "instruction set: %s\n", ntk_isa_name(ntk_cpu_best(mask)));
    ck_assert_ptr_nonnull(strstr(text, expected));
    return context;
}

static double epsilon(int32_t dtype)
{
    return dtype == NTK_F64 ? DBL_EPSILON : (double)FLT_EPSILON;
}

/* Samples of many lengths, with exact and near duplicates of each other, opposites, and a zero. */
static void fill_samples(test_array *x, uint64_t seed)
{
    ntk_matrix *view = &x->view;
    test_array_fill(x, seed);
    for (int64_t i = 0; i < view->rows; i++)
        for (int64_t j = 0; j < view->cols; j++) {
            double value = i < 8 ? test_uniform(77, (i / 4) * 100 + j) : test_get(view, i, j);
            if (i % 4 == 1 && i < 8) value *= 1 + 1e-7 * test_uniform(seed, j);
            if (i % 4 == 2 && i < 8) value *= -3;
            if (i % 4 == 3) value *= i < 8 ? 1 + 1e-3 * test_uniform(seed, j) : 1e-3;
            test_set(view, i, j, i == 9 ? 0 : value);
        }
}

static test_array kernel_block(const ntk_kernel *kernel, const test_array *x1, const test_array *x2)
{
    test_array K = test_array_make(N1, N2, 3, x1->view.dtype);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1->view, &x2->view));
    ck_assert(test_array_is_written(&K));
    return K;
}

static void check_blocks(const test_array *K, const test_array *portable, const test_array *d1, const test_array *d2,
                         double ulps, const char *what)
{
    for (int64_t i = 0; i < N1; i++)
        for (int64_t j = 0; j < N2; j++) {
            double a = test_get(&K->view, i, j), b = test_get(&portable->view, i, j);
            double scale = sqrt(test_get(&d1->view, i, 0) * test_get(&d2->view, j, 0));
            if (!(fabs(a - b) <= ulps * epsilon(K->view.dtype) * scale))
                ck_abort_msg("%s: entry (%d, %d) is %.17g, portable %.17g, scale %g", what, (int)i, (int)j, a, b, scale);
        }
}

/* An entry's arithmetic after the inner product, which BLAS gives to all alike, is some ten operations and two elementary
 * functions of at most 1 ulp, none of which amplifies an error beyond the scale sqrt(K_ii K_jj): 16 ulps bound them. */
static const double entry_ulps = 16;

static void compare_infinite(int32_t kind, int32_t part, int32_t dtype)
{
    test_array x1 = test_array_make(N1, INPUTS, 1, dtype), x2 = test_array_make(N2, INPUTS, 0, dtype),
               d1 = test_array_make(N1, 1, 0, NTK_F64), d2 = test_array_make(N2, 1, 0, NTK_F64), portable = {0};
    fill_samples(&x1, 1);
    fill_samples(&x2, 2);
    for (int m = 0; m < MASKS; m++) {
        ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
        ntk_context *context = masked(masks[m]);
        ntk_activation *activation;
        ntk_kernel *kernel;
        char what[90];
        options.part = part;
        options.bias_scale = 0.25;
        CHECK_OK(ntk_activation_create(context, &activation, kind, NULL));
        CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, &options));
        test_array K = kernel_block(kernel, &x1, &x2);
        snprintf(what, sizeof what, "%s, activation %d, part %d, dtype %d", ntk_isa_name(ntk_cpu_best(masks[m])), kind, part,
                 dtype);
        if (m == 0) {
            portable = K;
            CHECK_OK(ntk_kernel_diagonal(kernel, &d1.view, &x1.view));
            CHECK_OK(ntk_kernel_diagonal(kernel, &d2.view, &x2.view));
        } else {
            check_blocks(&K, &portable, &d1, &d2, entry_ulps, what);
            test_array_free(&K);
        }
        ntk_kernel_destroy(kernel);
        ntk_activation_destroy(activation);
        ntk_context_destroy(context);
    }
    test_array_free(&x1);
    test_array_free(&x2);
    test_array_free(&d1);
    test_array_free(&d2);
    test_array_free(&portable);
}

START_TEST(infinite_kernels_agree)
{
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) compare_infinite(kinds[_i], part, dtype);
}
END_TEST

START_TEST(series_kernels_agree)
{
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
        for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) compare_infinite(series_kinds[_i], part, dtype);
}
END_TEST

/* Everything that a network computes, on one instruction set. */
typedef struct outputs {
    test_array theta, y, Phi, K, value, derivative;
} outputs;

static outputs compute(uint32_t mask, int32_t kind, const test_array *x1, const test_array *x2)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_context *context = masked(mask);
    ntk_activation *activation;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    const int32_t dtype = x1->view.dtype;
    options.inputs = INPUTS;
    options.hidden = HIDDEN;
    options.seed = 9;
    options.hidden_law = kind % 2 ? NTK_HIDDEN_SPHERE : NTK_HIDDEN_GAUSSIAN;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    CHECK_OK(ntk_activation_create(context, &activation, kind, NULL));
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &kernel, features));
    outputs o = {.theta = test_array_make(HIDDEN * (INPUTS + 1), 1, 0, NTK_F64),
                 .y = test_array_make(N1, 1, 0, dtype),
                 .Phi = test_array_make(N1, HIDDEN * (INPUTS + 1), 0, dtype),
                 .value = test_array_make(N1, INPUTS, 0, dtype),
                 .derivative = test_array_make(N1, INPUTS, 0, dtype),
                 .K = kernel_block(kernel, x1, x2)};
    CHECK_OK(ntk_network_parameters(network, &o.theta.view));
    CHECK_OK(ntk_network_forward(network, &o.y.view, &x1->view));
    CHECK_OK(ntk_features_map(features, &o.Phi.view, &x1->view));
    CHECK_OK(ntk_activation_value(activation, &o.value.view, &x1->view));
    CHECK_OK(ntk_activation_derivative(activation, &o.derivative.view, &x1->view));
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
    return o;
}

static void outputs_free(outputs *o)
{
    test_array_free(&o->theta);
    test_array_free(&o->y);
    test_array_free(&o->Phi);
    test_array_free(&o->K);
    test_array_free(&o->value);
    test_array_free(&o->derivative);
}

static double largest(const ntk_matrix *a)
{
    double most = 0;
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) most = fmax(most, fabs(test_get(a, i, j)));
    return most;
}

/* Within so many ulps of the largest element. */
static void check_near(const test_array *a, const test_array *b, double ulps, const char *isa, const char *what)
{
    double bound = ulps * epsilon(a->view.dtype) * largest(&b->view);
    for (int64_t i = 0; i < a->view.rows; i++)
        for (int64_t j = 0; j < a->view.cols; j++) {
            double u = test_get(&a->view, i, j), v = test_get(&b->view, i, j);
            if (!(fabs(u - v) <= bound))
                ck_abort_msg("%s of %s: element (%d, %d) is %.17g, portable %.17g", what, isa, (int)i, (int)j, u, v);
        }
}

/* One elementary function of at most 1 ulp on each side, a scale or two, and for f(x) a sum of HIDDEN such terms. */
START_TEST(networks_agree)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        test_array x1 = test_array_make(N1, INPUTS, 1, dtype), x2 = test_array_make(N2, INPUTS, 0, dtype);
        fill_samples(&x1, 3);
        fill_samples(&x2, 4);
        outputs portable = compute(masks[0], kinds[_i], &x1, &x2);
        for (int m = 1; m < MASKS; m++) {
            const char *isa = ntk_isa_name(ntk_cpu_best(masks[m]));
            outputs o = compute(masks[m], kinds[_i], &x1, &x2);
            ck_assert(test_same_bits(&o.theta.view, &portable.theta.view));
            check_near(&o.value, &portable.value, 4, isa, "sigma(u)");
            check_near(&o.derivative, &portable.derivative, 4, isa, "sigma'(u)");
            check_near(&o.Phi, &portable.Phi, 8, isa, "Phi(x)");
            check_near(&o.y, &portable.y, 8 + HIDDEN, isa, "f(x)");
            check_near(&o.K, &portable.K, 8 + HIDDEN, isa, "K_N");
            outputs_free(&o);
        }
        outputs_free(&portable);
        test_array_free(&x1);
        test_array_free(&x2);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instruction sets");
    TCase *tests = test_case(suite, "instruction sets");
    tcase_add_loop_test(tests, infinite_kernels_agree, 0, KINDS);
    tcase_add_loop_test(tests, series_kernels_agree, 0, SERIES_KINDS);
    tcase_add_loop_test(tests, networks_agree, 0, KINDS);
    return test_run(suite);
}
