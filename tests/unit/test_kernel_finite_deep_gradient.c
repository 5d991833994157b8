/* Gradients of finite kernels of several layers or with biases, and of their means over networks: by features and, in kernels made of
 * them, by tiles. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int32_t dtypes[] = {NTK_F64, NTK_F32};

TEST_CONTEXT_FIXTURE(2)

static const int64_t narrow[] = {7, 3, 5};

/* --- against the oracle --- */

/* The mean of so many networks; scale 2: twice that, as a sum of one term. */
enum { MOST_NETWORKS = 3 };

typedef struct mean {
    int32_t part, count, scale;
    oracle_deep of[MOST_NETWORKS];
    ntk_kernel *kernel;
} mean;

static mean mean_make(int32_t kind, const ntk_network_options *options, int32_t part, int32_t count, int32_t scale)
{
    mean m = {.part = part, .count = count, .scale = scale};
    ntk_activation *activation = oracle_activation_create(context, kind, oracle_slope(kind));
    for (int32_t r = 0; r < count; r++) {
        ntk_network_options own = *options;
        own.seed += (uint64_t)r * UINT64_C(0x9E3779B97F4A7C15);
        ntk_network *network = oracle_network_create(context, kind, oracle_slope(kind), &own);
        m.of[r] = oracle_deep_of(network, &own, oracle_slope(kind), kind);
        if (count == 1) m.kernel = oracle_finite_of(context, network, part);
        ntk_network_destroy(network);
    }
    if (count > 1) CHECK_OK(ntk_kernel_create_monte_carlo(context, &m.kernel, activation, count, part, options));
    if (scale > 1) {
        const ntk_kernel *term = m.kernel;
        double weight = scale;
        CHECK_OK(ntk_kernel_create_sum(context, &m.kernel, &term, &weight, 1));
        ntk_kernel_destroy((ntk_kernel *)(uintptr_t)term);
    }
    ntk_activation_destroy(activation);
    return m;
}

static void mean_free(mean *m)
{
    for (int32_t r = 0; r < m->count; r++) oracle_deep_free(&m->of[r]);
    ntk_kernel_destroy(m->kernel);
}

/* K(x, y) */
static long double entry(const mean *m, const double *x, const double *y)
{
    long double sum = 0;
    for (int32_t r = 0; r < m->count; r++) {
        oracle_value *phi = oracle_deep_features(&m->of[r], x, 0), *psi = oracle_deep_features(&m->of[r], y, 0);
        sum += oracle_deep_kernel(&m->of[r], m->part, phi, psi, 0).value;
        free(phi);
        free(psi);
    }
    return m->scale * sum / m->count;
}

/* sum_j v_jc K(x, x2_j) at x + h e_k */
static long double shifted(const mean *m, const double *x, int64_t k, double h, const double *x2, const double *v, int64_t n2,
                           int64_t t, int64_t c)
{
    int64_t d = m->of[0].inputs;
    double moved[16];
    long double sum = 0;
    memcpy(moved, x, (size_t)d * sizeof *x);
    moved[k] += h;
    for (int64_t j = 0; j < n2; j++) sum += (long double)v[j * t + c] * entry(m, moved, x2 + j * d);
    return sum;
}

/* Against differences of the oracle, whose long doubles leave h^2 and 2^-64 / h, both below 1e-11 of the terms; in f32 the terms'
 * own roundings, some thousands. */
static void compare(int32_t kind, const ntk_network_options *options, int32_t part, int32_t count, int32_t scale, int64_t n1,
                    int64_t t, int32_t dtype)
{
    enum { n2 = 6 };
    const double h = 0x1p-20;
    uint64_t state = test_seed(63);
    int64_t d = options->inputs;
    mean m = mean_make(kind, options, part, count, scale);
    double *a = oracle_samples(n1, d, NTK_F32, &state), *b = oracle_samples(n2, d, NTK_F32, &state),
           *v = oracle_samples(n2, t, NTK_F32, &state);
    test_array x1 = oracle_array(a, n1, d, 1, dtype), x2 = oracle_array(b, n2, d, 0, dtype),
               w = oracle_array(v, n2, t, 0, dtype), g = test_array_make(n1, t * d, 2, dtype);
    long double size = 0;
    for (int64_t j = 0; j < n2; j++) size += entry(&m, b + j * d, b + j * d);
    CHECK_OK(ntk_kernel_gradient(m.kernel, &g.view, &x1.view, &x2.view, &w.view));
    ck_assert(test_array_is_written(&g));
    for (int64_t i = 0; i < n1; i += 1 + n1 / 8)
        for (int64_t k = 0; k < t * d; k += 1 + t / 3) {
            long double up = shifted(&m, a + i * d, k % d, h, b, v, n2, t, k / d),
                        down = shifted(&m, a + i * d, k % d, -h, b, v, n2, t, k / d);
            long double want = (up - down) / (2 * (long double)h), got = (long double)test_get(&g.view, i, k);
            long double bound = (dtype == NTK_F64 ? 1e-9L : 3e-4L) * fmaxl(size, 1);
            ck_assert_msg(fabsl(got - want) <= bound, "%s, part %d: g[%d][%d] is %.17Lg, not %.17Lg: off by %.2Lg, bound %.2Lg",
                          oracle_kind_name(kind), (int)part, (int)i, (int)k, got, want, fabsl(got - want), bound);
        }
    test_array *arrays[] = {&x1, &x2, &w, &g};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    free(a);
    free(b);
    free(v);
    mean_free(&m);
}

/* Alone, and by tiles. */
START_TEST(networks)
{
    static const int64_t wide[] = {70, 3, 40};
    ntk_network_options options;
    int32_t scale = _i + 1;
    for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++)
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
            options = oracle_deep_options(9, kind == NTK_EXP ? 1 : 3, narrow);
            options.weight_scale = 0.5;
            if (kind == NTK_EXP) options.weight_scales = NULL;
            for (int k = 0; k < 2; k++) compare(kind, &options, part, 1, scale, 3, 2, dtypes[k]);
        }
    options = oracle_deep_options(2, 3, wide);
    compare(NTK_GELU, &options, NTK_PART_BOTH, 1, scale, 5, 11, NTK_F64);
    options = oracle_deep_options(3, 2, narrow);
    options.output_bias_scale = 0;
    options.bias_scales = NULL;
    compare(NTK_ERF, &options, NTK_PART_BOTH, 1, scale, 2500, 1, NTK_F64);
    options.layers = 1;
    options.output_bias_scale = 2;
    compare(NTK_ERF, &options, NTK_PART_BOTH, 1, scale, 4, 1, NTK_F64);
}
END_TEST

START_TEST(means)
{
    ntk_network_options options = oracle_deep_options(5, 3, narrow);
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
        for (int k = 0; k < 2; k++) compare(NTK_GELU, &options, part, MOST_NETWORKS, _i + 1, 4, 9, dtypes[k]);
}
END_TEST

/* --- tiles and features --- */

/* Sums of N and of n2 terms of the size of an entry, in another order. */
static void compare_routes(const ntk_kernel *kernel, int64_t n1, int64_t n2, int64_t d, int64_t t, int32_t dtype)
{
    const double two = 2;
    ntk_kernel *doubled = NULL;
    test_array x1 = test_array_make(n1, d, 1, dtype), x2 = test_array_make(n2, d, 0, dtype),
               v = test_array_make(n2, t, 2, dtype), direct = test_array_make(n1, t * d, 0, dtype),
               tiled = test_array_make(n1, t * d, 1, dtype), own = test_array_make(n2, 1, 0, dtype);
    test_array_fill(&x1, 91);
    test_array_fill(&x2, 92);
    test_array_fill(&v, 93);
    CHECK_OK(ntk_kernel_create_sum(context, &doubled, &kernel, &two, 1));
    CHECK_OK(ntk_kernel_gradient(kernel, &direct.view, &x1.view, &x2.view, &v.view));
    CHECK_OK(ntk_kernel_gradient(doubled, &tiled.view, &x1.view, &x2.view, &v.view));
    CHECK_OK(ntk_kernel_diagonal(kernel, &own.view, &x2.view));
    ck_assert(test_array_is_written(&tiled));
    double largest = 1;
    for (int64_t j = 0; j < n2; j++) largest = fmax(largest, test_get(&own.view, j, 0));
    double bound = 1024 * largest * sqrt((double)n2) * oracle_roundoff(dtype);
    for (int64_t i = 0; i < n1; i++)
        for (int64_t k = 0; k < t * d; k++) {
            double a = test_get(&tiled.view, i, k) / 2, b = test_get(&direct.view, i, k);
            ck_assert_msg(fabs(a - b) <= bound, "g[%d][%d] is %.17g by tiles, %.17g by features (f%d), bound %.2g", (int)i,
                          (int)k, a, b, dtype == NTK_F64 ? 64 : 32, bound);
        }
    ntk_kernel_destroy(doubled);
    test_array *arrays[] = {&x1, &x2, &v, &direct, &tiled, &own};
    for (int i = 0; i < 6; i++) test_array_free(arrays[i]);
}

/* Several tiles of rows and columns, more targets than a round of either takes; and layers so wide that a tile's rows go by in parts. */
START_TEST(tiles_and_features)
{
    static const int64_t sizes[][4] = {{1, 90, 4, 2}, {600, 2, 3, 1}, {60, 700, 5, 19}, {200, 30, 5, 1}};
    static const int64_t middling[] = {30, 21}, wide[] = {4000, 10};
    ntk_activation *activation = oracle_activation_create(context, NTK_ERF, 0);
    for (int s = 0; s < 4; s++)
        for (int32_t c = 0; c < 6; c++) {
            ntk_network_options options = oracle_deep_options(sizes[s][2], 2, s == 3 ? wide : middling);
            ntk_kernel *kernel = NULL;
            CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, activation, s == 3 ? 1 : 2, c % 3, &options));
            compare_routes(kernel, sizes[s][0], sizes[s][1], sizes[s][2], sizes[s][3], dtypes[c / 3]);
            ntk_kernel_destroy(kernel);
        }
    ntk_activation_destroy(activation);
}
END_TEST

/* --- what has none, and models --- */

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

/* Functions without a second derivative have gradients of K^RF alone. */
START_TEST(functions_without_a_second_derivative)
{
    ntk_activation_functions functions = NTK_INIT(ntk_activation_functions);
    ntk_network_options options = oracle_deep_options(3, 2, narrow);
    ntk_activation *activation;
    functions.value = bump;
    functions.derivative = bump_slope;
    CHECK_OK(ntk_activation_create_user(context, &activation, &functions));
    test_array x = test_array_make(2, 3, 0, NTK_F64), v = test_array_make(2, 1, 0, NTK_F64),
               g = test_array_make(2, 3, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_array_fill(&v, 2);
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
        ntk_kernel *kernel = NULL, *cosine = NULL;
        ntk_status want = part == NTK_PART_RF ? NTK_OK : NTK_ERR_UNSUPPORTED;
        CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, activation, 2, part, &options));
        CHECK_OK(ntk_kernel_create_normalised(context, &cosine, kernel));
        const ntk_kernel *tried[] = {kernel, cosine};
        for (int k = 0; k < 2; k++) {
            test_array_poison(&g);
            CHECK_STATUS(ntk_kernel_gradient(tried[k], &g.view, &x.view, &x.view, &v.view), want);
            if (want != NTK_OK) CHECK_MESSAGE("second_derivative");
            ck_assert(want == NTK_OK ? test_array_is_written(&g) : test_array_is_poison(&g));
        }
        ntk_kernel_destroy(kernel);
        ntk_kernel_destroy(cosine);
    }
    ntk_activation_destroy(activation);
    test_array *arrays[] = {&x, &v, &g};
    for (int i = 0; i < 3; i++) test_array_free(arrays[i]);
}
END_TEST

/* A fitted model's gradient is that of its kernel with its coefficients, to the bit. */
START_TEST(models)
{
    enum { n = 30, m = 4, d = 4 };
    ntk_network_options options = oracle_deep_options(d, 3, narrow);
    ntk_activation *activation = oracle_activation_create(context, NTK_GELU, 0);
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL;
    test_array x = test_array_make(n, d, 0, NTK_F64), y = test_array_make(n, 2, 0, NTK_F64),
               at = test_array_make(m, d, 0, NTK_F64), alpha = test_array_make(n, 2, 0, NTK_F64),
               g = test_array_make(m, 2 * d, 0, NTK_F64), want = test_array_make(m, 2 * d, 0, NTK_F64);
    test_array_fill(&x, 3);
    test_array_fill(&y, 4);
    test_array_fill(&at, 5);
    CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, activation, 2, NTK_PART_BOTH, &options));
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.view, &y.view, 0.5, NULL));
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_ridge_gradient(ridge, &g.view, &at.view));
    CHECK_OK(ntk_kernel_gradient(kernel, &want.view, &at.view, &x.view, &alpha.view));
    ck_assert(test_same_bits(&g.view, &want.view));
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
    test_array *arrays[] = {&x, &y, &at, &alpha, &g, &want};
    for (int i = 0; i < 6; i++) test_array_free(arrays[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradients of deep finite kernels");
    TCase *tests = test_case(suite, "gradients");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, networks, 0, 2);
    tcase_add_loop_test(tests, means, 0, 2);
    tcase_add_test(tests, tiles_and_features);
    tcase_add_test(tests, functions_without_a_second_derivative);
    tcase_add_test(tests, models);
    return test_run(suite);
}
