/* Finite-width kernels of networks of several layers and with biases, and their means over networks. */
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int32_t dtypes[] = {NTK_F64, NTK_F32};

TEST_CONTEXT_FIXTURE(2)

static const int64_t narrow[] = {7, 3, 5};

static void check(double got, oracle_value want, const char *what, int64_t i, int64_t j)
{
    long double off = fabsl((long double)got - want.value);
    if (!(off <= want.bound))
        ck_abort_msg("%s[%lld][%lld] is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg", what, (long long)i, (long long)j, got,
                     want.value, off, want.bound);
}

/* Block, diagonal and product of n1 and n2 samples. */
static void compare(int32_t kind, const ntk_network_options *options, int32_t part, int64_t n1, int64_t n2, int32_t dtype)
{
    uint64_t state = test_seed(61);
    double roundoff = oracle_roundoff(dtype);
    ntk_network *network = oracle_network_create(context, kind, oracle_slope(kind), options);
    oracle_deep net = oracle_deep_of(network, options, oracle_slope(kind), kind);
    ntk_kernel *kernel = oracle_finite_of(context, network, part);
    double *a = oracle_samples(n1, options->inputs, NTK_F32, &state), *b = oracle_samples(n2, options->inputs, NTK_F32, &state);
    double *weights = oracle_samples(n2, 2, NTK_F32, &state);
    test_array x1 = oracle_array(a, n1, options->inputs, 1, dtype), x2 = oracle_array(b, n2, options->inputs, 0, dtype);
    test_array K = test_array_make(n1, n2, 2, dtype), D = test_array_make(n1, 1, 0, dtype),
               v = oracle_array(weights, n2, 2, 0, dtype), y = test_array_make(n1, 2, 0, dtype);
    oracle_value **psi = oracle_memory(n2, sizeof *psi);
    for (int64_t j = 0; j < n2; j++) psi[j] = oracle_deep_features(&net, b + j * options->inputs, roundoff);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1.view, &x2.view));
    CHECK_OK(ntk_kernel_diagonal(kernel, &D.view, &x1.view));
    CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &x1.view, &x2.view, &v.view));
    for (int64_t i = 0; i < n1; i++) {
        oracle_value *phi = oracle_deep_features(&net, a + i * options->inputs, roundoff), sum = {0, 0};
        long double own = oracle_deep_kernel(&net, part, phi, phi, roundoff).value;
        check(test_get(&D.view, i, 0), oracle_deep_kernel(&net, part, phi, phi, roundoff), "diagonal", i, i);
        for (int64_t j = 0; j < n2; j++) {
            oracle_value want = oracle_deep_kernel(&net, part, phi, psi[j], roundoff);
            long double other = oracle_deep_kernel(&net, part, psi[j], psi[j], roundoff).value;
            check(test_get(&K.view, i, j), want, "K", i, j);
            sum.value += want.value * (long double)weights[2 * j];
            sum.bound += (want.bound + sqrtl(own * other) * (6 * sqrtl((long double)net.size) + 32) * (long double)roundoff) *
                         fabsl((long double)weights[2 * j]);
        }
        check(test_get(&y.view, i, 0), sum, "K v", i, 0);
        free(phi);
    }
    test_array *arrays[] = {&x1, &x2, &K, &D, &v, &y};
    for (int i = 0; i < 6; i++) test_array_free(arrays[i]);
    for (int64_t j = 0; j < n2; j++) free(psi[j]);
    free((void *)psi);
    free(a);
    free(b);
    free(weights);
    ntk_kernel_destroy(kernel);
    oracle_deep_free(&net);
    ntk_network_destroy(network);
}

START_TEST(every_activation_and_part)
{
    ntk_network_options options = oracle_deep_options(4, 3, narrow);
    for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++) {
        /* more layers are too much for exp */
        options.layers = kind == NTK_EXP ? 1 : 3;
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
            for (int k = 0; k < 2; k++) compare(kind, &options, part, 5, 7, dtypes[k]);
    }
}
END_TEST

START_TEST(every_option)
{
    ntk_network_options options = oracle_deep_options(4, 2, narrow);
    options.bias_scales = NULL;
    options.scaling = NTK_SCALING_CUSTOM;
    options.gamma = -0.3;
    options.hidden_law = NTK_HIDDEN_SPHERE;
    compare(NTK_ERF, &options, NTK_PART_BOTH, 5, 7, NTK_F64);
    options.output_bias_scale = 0;
    compare(NTK_RELU, &options, NTK_PART_BOTH, 5, 7, NTK_F64);
    options.layers = 1;
    options.output_bias_scale = 3;
    for (options.parameterization = 0; options.parameterization <= NTK_PARAM_STANDARDISED; options.parameterization++)
        compare(NTK_GELU, &options, NTK_PART_BOTH, 5, 7, NTK_F64);
}
END_TEST

/* Several tiles and chunks. */
START_TEST(every_shape)
{
    static const int64_t wide[] = {90, 2, 111};
    ntk_network_options options = oracle_deep_options(2, 3, wide);
    compare(NTK_ERF, &options, NTK_PART_BOTH, 150, 40, NTK_F64);
    options.widths = narrow;
    compare(NTK_ERF, &options, NTK_PART_NT, 2200, 1, NTK_F32);
}
END_TEST

/* So many samples that a pass takes one term: an entry is what it is among few samples, to rounding (cancelling sums of terms'
 * sizes at most K's own). */
START_TEST(passes_add_up)
{
    enum { n = 45000, few = 40, d = 2 };
    static const int64_t widths[] = {200, 200};
    uint64_t state = test_seed(62);
    ntk_network_options options = oracle_deep_options(d, 2, widths);
    ntk_network *network = oracle_network_create(context, NTK_ERF, 0, &options);
    ntk_kernel *kernel = oracle_finite_of(context, network, NTK_PART_BOTH);
    double *a = oracle_samples(n, d, NTK_F64, &state);
    ntk_matrix last = ntk_matrix_const_f64(a + (n - few) * d, few, d);
    test_array x1 = oracle_array(a, n, d, 0, NTK_F64), x2 = oracle_array(a, 3, d, 0, NTK_F64);
    test_array many = test_array_make(n, 3, 0, NTK_F64), some = test_array_make(few, 3, 0, NTK_F64);
    CHECK_OK(ntk_kernel_block(kernel, &many.view, &x1.view, &x2.view));
    CHECK_OK(ntk_kernel_block(kernel, &some.view, &last, &x2.view));
    for (int64_t i = 0; i < 3 * few; i++) {
        double want = test_get(&some.view, i / 3, i % 3), got = test_get(&many.view, n - few + i / 3, i % 3);
        ck_assert_msg(fabs(got - want) <= 1e-13 * fabs(test_get(&many.view, 0, 0)), "%.17g, not %.17g", got, want);
    }
    test_array *arrays[] = {&x1, &x2, &many, &some};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    free(a);
    ntk_kernel_destroy(kernel);
    ntk_network_destroy(network);
}
END_TEST

/* As a term of a sum, and in a matrix of all samples. */
START_TEST(serves_wherever_a_kernel_does)
{
    enum { n = 30, d = 4 };
    ntk_network_options options = oracle_deep_options(d, 3, narrow);
    ntk_network *network = oracle_network_create(context, NTK_GELU, 0, &options);
    ntk_kernel *kernel = oracle_finite_of(context, network, NTK_PART_BOTH), *sum, *mean;
    ntk_activation *activation = oracle_activation_create(context, NTK_GELU, 0);
    ntk_gram *gram;
    test_array x = test_array_make(n, d, 0, NTK_F64), K = test_array_make(n, n, 0, NTK_F64),
               twice = test_array_make(n, n, 0, NTK_F64), all = test_array_make(n, n, 0, NTK_F64);
    test_array_fill(&x, 71);
    CHECK_OK(ntk_kernel_create_monte_carlo(context, &mean, activation, 3, NTK_PART_BOTH, &options));
    const ntk_kernel *tried[] = {kernel, mean};
    for (int k = 0; k < 2; k++) {
        const ntk_kernel *terms[] = {tried[k], tried[k]};
        CHECK_OK(ntk_kernel_create_sum(context, &sum, terms, NULL, 2));
        CHECK_OK(ntk_kernel_block(tried[k], &K.view, &x.view, &x.view));
        CHECK_OK(ntk_kernel_block(sum, &twice.view, &x.view, &x.view));
        CHECK_OK(ntk_gram_create(context, &gram, tried[k], &x.view, NULL));
        CHECK_OK(ntk_gram_copy(gram, &all.view));
        for (int64_t i = 0; i < n * n; i++) {
            double want = test_get(&K.view, i / n, i % n),
                   size = 1e-14 * sqrt(test_get(&K.view, i / n, i / n) * test_get(&K.view, i % n, i % n));
            ck_assert(fabs(test_get(&twice.view, i / n, i % n) - 2 * want) <= 4 * size);
            ck_assert(fabs(test_get(&all.view, i / n, i % n) - want) <= 4 * size);
        }
        ntk_gram_destroy(gram);
        ntk_kernel_destroy(sum);
    }
    CHECK_STATUS(ntk_kernel_block_error(kernel, &K.view, &x.view, &x.view), NTK_ERR_UNSUPPORTED);
    test_array *arrays[] = {&x, &K, &twice, &all};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    ntk_activation_destroy(activation);
    ntk_kernel_destroy(mean);
    ntk_kernel_destroy(kernel);
    ntk_network_destroy(network);
}
END_TEST

/* Mean and standard error of explicit networks, one by one as the header says they are. */
START_TEST(means_and_errors)
{
    enum { n1 = 5, n2 = 7, d = 4, R = 6 };
    ntk_network_options options = oracle_deep_options(d, 3, narrow);
    ntk_activation *activation = oracle_activation_create(context, NTK_ERF, 0);
    for (int k = 0; k < 2; k++)
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
            ntk_kernel *mean;
            double one[R][n1][n2];
            test_array x1 = test_array_make(n1, d, 0, dtypes[k]), x2 = test_array_make(n2, d, 0, dtypes[k]),
                       K = test_array_make(n1, n2, 0, dtypes[k]), E = test_array_make(n1, n2, 0, dtypes[k]);
            test_array_fill(&x1, 81);
            test_array_fill(&x2, 82);
            CHECK_OK(ntk_kernel_create_monte_carlo(context, &mean, activation, R, part, &options));
            for (int64_t r = 0; r < R; r++) {
                ntk_network_options own = options;
                own.seed += (uint64_t)r * UINT64_C(0x9E3779B97F4A7C15);
                ntk_network *network = oracle_network_create(context, NTK_ERF, 0, &own);
                ntk_kernel *kernel = oracle_finite_of(context, network, part);
                ntk_matrix out = ntk_matrix_f64(&one[r][0][0], n1, n2);
                CHECK_OK(ntk_kernel_block(kernel, &out, &x1.view, &x2.view));
                ntk_kernel_destroy(kernel);
                ntk_network_destroy(network);
            }
            CHECK_OK(ntk_kernel_block(mean, &K.view, &x1.view, &x2.view));
            CHECK_OK(ntk_kernel_block_error(mean, &E.view, &x1.view, &x2.view));
            for (int64_t i = 0; i < n1; i++)
                for (int64_t j = 0; j < n2; j++) {
                    double m = 0, s = 0, largest = 0;
                    for (int r = 0; r < R; r++) m += one[r][i][j] / R;
                    for (int r = 0; r < R; r++) s += (one[r][i][j] - m) * (one[r][i][j] - m) / (R * (R - 1));
                    for (int r = 0; r < R; r++) largest = fmax(largest, fabs(one[r][i][j]));
                    /* hundreds of roundings of sums that cancel little in these few entries */
                    double bound = 1000 * oracle_roundoff(dtypes[k]) * fmax(largest, 1);
                    ck_assert(fabs(test_get(&K.view, i, j) - m) <= bound);
                    ck_assert(fabs(test_get(&E.view, i, j) - sqrt(s)) <= bound);
                }
            test_array *arrays[] = {&x1, &x2, &K, &E};
            for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
            ntk_kernel_destroy(mean);
        }
    ntk_activation_destroy(activation);
}
END_TEST

/* --- golden lines --- */

/* The mean of networks of width N is off by O(depth / N) of K, its standard error O(sqrt(depth / (N R))): the former is a fraction
 * sqrt(depth R / N) of the latter, and here a third of it in five layers (the mean of the distances below, with their signs). */
enum { WIDTH = 160, NETWORKS = 12, MOST_LAYERS = 5 };

/* How far the line's nngp and ntk are from the mean, in standard errors. */
static double distance(const oracle_golden *row, uint64_t seed)
{
    double x[4], y[4], worst = 0;
    oracle_golden_samples(row, x, y);
    ntk_matrix X = ntk_matrix_const_f64(x, 1, 4), Y = ntk_matrix_const_f64(y, 1, 4);
    ntk_activation *activation = oracle_activation_create(context, row->kind, row->slope);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = 4;
    options.hidden = WIDTH;
    options.layers = row->options.layers;
    options.weight_scale = row->options.weight_scale;
    options.bias_scale = row->options.bias_scale;
    options.output_weight_scale = row->options.output_weight_scale;
    options.output_bias_scale = row->options.output_bias_scale;
    options.parameterization = NTK_PARAM_STANDARDISED;
    options.seed = seed;
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_RF; part++) {
        ntk_kernel *mean;
        double K, error;
        ntk_matrix out = ntk_matrix_f64(&K, 1, 1), spread = ntk_matrix_f64(&error, 1, 1);
        CHECK_OK(ntk_kernel_create_monte_carlo(context, &mean, activation, NETWORKS, part, &options));
        CHECK_OK(ntk_kernel_block(mean, &out, &X, &Y));
        CHECK_OK(ntk_kernel_block_error(mean, &spread, &X, &Y));
        double off = K - (part == NTK_PART_RF ? row->nngp : row->ntk);
        worst = fmax(worst, fabs(off) / error);
        ntk_kernel_destroy(mean);
    }
    ntk_activation_destroy(activation);
    return worst;
}

START_TEST(golden_lines_within_four_errors)
{
    FILE *file = fopen(GOLDEN_DEEP_CSV, "r");
    char line[1024];
    int compared = 0;
    double worst = 0;
    if (!file) {
        printf("# skipped: %s is absent\n", GOLDEN_DEEP_CSV);
        return;
    }
    while (fgets(line, sizeof line, file)) {
        oracle_golden row;
        if (!oracle_golden_line(&row, line) || row.options.layers > MOST_LAYERS) continue;
        double away = distance(&row, 1000 + (uint64_t)compared);
        worst = fmax(worst, away);
        ck_assert_msg(away <= 4, "%.60s: %.2f standard errors away", line, away);
        compared++;
    }
    (void)fclose(file);
    printf("# %d lines of %s, at most %.2f standard errors away\n", compared, GOLDEN_DEEP_CSV, worst);
    ck_assert_int_ge(compared, 65);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deep finite kernels");
    TCase *kernels = test_case(suite, "kernels"), *means = test_case(suite, "means");
    tcase_add_checked_fixture(kernels, setup, teardown);
    tcase_add_checked_fixture(means, setup, teardown);
    tcase_add_test(kernels, every_activation_and_part);
    tcase_add_test(kernels, every_option);
    tcase_add_test(kernels, every_shape);
    tcase_add_test(kernels, passes_add_up);
    tcase_add_test(kernels, serves_wherever_a_kernel_does);
    tcase_add_test(means, means_and_errors);
    tcase_add_test(means, golden_lines_within_four_errors);
    return test_run(suite);
}
