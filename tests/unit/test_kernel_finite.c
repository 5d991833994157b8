/* Finite-width kernels against sums over neurons. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

static const int32_t parts[] = {NTK_PART_BOTH, NTK_PART_RF, NTK_PART_NT};
static const int32_t dtypes[] = {NTK_F64, NTK_F32};

TEST_CONTEXT_FIXTURE(2)

static double slope_of(int32_t kind)
{
    return kind == NTK_LEAKY_RELU ? -0.4 : 0;
}

/* Holds element (i, j) to K(x, y). */
static void check_entry(const oracle_network *net, const ntk_matrix *out, int64_t i, int64_t j, const oracle_excited *x,
                        const oracle_excited *y)
{
    oracle_value K = oracle_finite_pair(net, x, y);
    double got = test_get(out, i, j);
    ck_assert_msg(fabsl((long double)got - K.value) <= K.bound,
                  "%s N %lld: K[%lld][%lld] (f%d) is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg", oracle_kind_name(net->kind),
                  (long long)net->hidden, (long long)i, (long long)j, out->dtype == NTK_F32 ? 32 : 64, got, K.value,
                  fabsl((long double)got - K.value), K.bound);
}

enum { COMPARED = 13 };

/* Every so many of a matrix's rows or columns are compared, at most COMPARED. */
static int64_t step_of(int64_t count)
{
    return 1 + count / COMPARED;
}

static void compare(const oracle_network *net, int32_t part, const ntk_matrix *out, const double *x1, const double *x2)
{
    double roundoff = oracle_roundoff(out->dtype);
    int64_t d = net->inputs, step = step_of(out->cols);
    oracle_excited y[COMPARED] = {{0}};
    for (int64_t j = 0; j < out->cols; j += step) y[j / step] = oracle_excite(net, part, x2 + j * d, roundoff);
    for (int64_t i = 0; i < out->rows; i += step_of(out->rows)) {
        oracle_excited x = oracle_excite(net, part, x1 + i * d, roundoff);
        for (int64_t j = 0; j < out->cols; j += step) check_entry(net, out, i, j, &x, &y[j / step]);
        oracle_excited_free(&x);
    }
    for (int j = 0; j < COMPARED; j++) oracle_excited_free(&y[j]);
}

static void compare_diagonal(const oracle_network *net, int32_t part, const ntk_matrix *out, const double *x)
{
    for (int64_t i = 0; i < out->rows; i += step_of(out->rows)) {
        oracle_excited sample = oracle_excite(net, part, x + i * net->inputs, oracle_roundoff(out->dtype));
        check_entry(net, out, i, 0, &sample, &sample);
        oracle_excited_free(&sample);
    }
}

/* block, diagonal and product of one network's kernel, n1 x n2 samples */
static void compare_all(int32_t kind, const ntk_network_options *options, int64_t n1, int64_t n2, uint64_t *state)
{
    ntk_network *network = oracle_network_create(context, kind, slope_of(kind), options);
    oracle_network net = oracle_network_of(network, options, slope_of(kind), kind);
    int64_t d = options->inputs;
    for (int c = 0; c < 6; c++) {
        int32_t part = parts[c % 3], dtype = dtypes[c / 3];
        double *x1 = oracle_samples(n1, d, dtype, state), *x2 = oracle_samples(n2, d, dtype, state);
        ntk_kernel *kernel = oracle_finite_of(context, network, part);
        test_array a = oracle_array(x1, n1, d, 1, dtype), b = oracle_array(x2, n2, d, 0, dtype);
        test_array K = test_array_make(n1, n2, 2, dtype), diagonal = test_array_make(n1, 1, 1, dtype);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
        ck_assert(test_array_is_written(&K));
        compare(&net, part, &K.view, x1, x2);
        CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal.view, &a.view));
        compare_diagonal(&net, part, &diagonal.view, x1);
        test_array_free(&a);
        test_array_free(&b);
        test_array_free(&K);
        test_array_free(&diagonal);
        ntk_kernel_destroy(kernel);
        free(x1);
        free(x2);
    }
    oracle_network_free(&net);
    ntk_network_destroy(network);
}

static ntk_network_options describe(int64_t d, int64_t N, uint64_t seed)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = d;
    options.hidden = N;
    options.seed = seed;
    return options;
}

START_TEST(every_law_and_scaling)
{
    uint64_t state = test_seed(51) + (uint64_t)_i;
    for (int32_t c = 0; c < 3 * 3 * 2 * 3; c++) {
        ntk_network_options options = describe(5, 64, (uint64_t)c);
        options.scaling = c % 3;
        options.output_weights = c / 3 % 3;
        options.hidden_law = c / 9 % 2;
        options.parameterization = c / 18;
        options.gamma = options.scaling == NTK_SCALING_CUSTOM ? 0.37 : 0;
        options.weight_scale = c % 4 ? 0.5 * (c % 4) : 0;
        options.antisymmetric = c % 5 == 0;
        compare_all(_i, &options, 6, 7, &state);
    }
}
END_TEST

START_TEST(ragged_sizes)
{
    static const int64_t sizes[][4] = {{1, 1, 1, 1},      {1, 300, 3, 17},    {300, 1, 3, 17},  {33, 31, 100, 1},
                                       {257, 255, 7, 63}, {40, 513, 16, 515}, {5, 6, 784, 100}, {3, 4, 9, 3000}};
    uint64_t state = test_seed(52);
    const int64_t *size = sizes[_i];
    for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++) {
        ntk_network_options options = describe(size[2], size[3], 7);
        options.output_weights = NTK_OUTPUT_GAUSSIAN;
        compare_all(kind, &options, size[0], size[1], &state);
    }
}
END_TEST

/* the same neurons in either parameterization have the same kernel */
START_TEST(parameterizations_agree)
{
    uint64_t state = test_seed(53);
    int64_t n = 9, d = 6;
    double *x = oracle_samples(n, d, NTK_F64, &state);
    test_array a = oracle_array(x, n, d, 0, NTK_F64);
    for (int p = 0; p < 3; p++) {
        test_array K[2];
        oracle_network net = {0};
        for (int32_t param = NTK_PARAM_LECTURE; param <= NTK_PARAM_STANDARDISED; param++) {
            ntk_network_options options = describe(d, 50, 3);
            options.weight_scale = 1.4;
            options.output_weights = NTK_OUTPUT_GAUSSIAN;
            options.parameterization = param;
            ntk_network *network = oracle_network_create(context, _i, slope_of(_i), &options);
            ntk_kernel *kernel = oracle_finite_of(context, network, parts[p]);
            test_array *out = &K[param - NTK_PARAM_LECTURE];
            *out = test_array_make(n, n, 0, NTK_F64);
            CHECK_OK(ntk_kernel_block(kernel, &out->view, &a.view, &a.view));
            if (param == NTK_PARAM_STANDARDISED) net = oracle_network_of(network, &options, slope_of(_i), _i);
            ntk_kernel_destroy(kernel);
            ntk_network_destroy(network);
        }
        for (int64_t i = 0; i < n * n; i++) {
            oracle_value want = oracle_finite(&net, parts[p], x + i / n * d, x + i % n * d, 0x1p-53);
            double gap = test_get(&K[0].view, i / n, i % n) - test_get(&K[1].view, i / n, i % n);
            ck_assert(fabsl((long double)gap) <= 2 * want.bound);
        }
        oracle_network_free(&net);
        test_array_free(&K[0]);
        test_array_free(&K[1]);
    }
    test_array_free(&a);
    free(x);
}
END_TEST

/* The first, middle and last rows of y = K v: n2 roundings of the sizes summed, beside the entries' bound. */
static void compare_product(const oracle_network *net, int32_t part, const ntk_matrix *y, const double *x1, const double *x2,
                            const double *v, int64_t n2)
{
    enum { ROWS = 3, TARGETS = 3 };
    long double sum[ROWS][TARGETS] = {{0}}, bound[ROWS][TARGETS] = {{0}};
    const int64_t d = net->inputs, t = y->cols, step = (y->rows - 1) / 2;
    const double roundoff = oracle_roundoff(y->dtype);
    oracle_excited x[ROWS];
    for (int64_t i = 0; i < ROWS; i++) x[i] = oracle_excite(net, part, x1 + i * step * d, roundoff);
    for (int64_t j = 0; j < n2; j++) {
        oracle_excited other = oracle_excite(net, part, x2 + j * d, roundoff);
        for (int64_t i = 0; i < ROWS; i++) {
            oracle_value K = oracle_finite_pair(net, &x[i], &other);
            for (int64_t k = 0; k < t; k++) {
                long double w = (long double)v[j * t + k];
                sum[i][k] += K.value * w;
                bound[i][k] += (K.bound + (long double)n2 * (long double)roundoff * fabsl(K.value)) * fabsl(w);
            }
        }
        oracle_excited_free(&other);
    }
    for (int64_t i = 0; i < ROWS; i++) {
        for (int64_t k = 0; k < t; k++)
            ck_assert_msg(fabsl((long double)test_get(y, i * step, k) - sum[i][k]) <= bound[i][k],
                          "%s part %d: %.17g, not %.17Lg", oracle_kind_name(net->kind), (int)part, test_get(y, i * step, k),
                          sum[i][k]);
        oracle_excited_free(&x[i]);
    }
}

START_TEST(products)
{
    uint64_t state = test_seed(54);
    int64_t n1 = 150, n2 = 270, d = 8, t = 3;
    for (int c = 0; c < 6; c++) {
        int32_t part = parts[c % 3], dtype = dtypes[c / 3];
        ntk_network_options options = describe(d, 120, 11);
        ntk_network *network = oracle_network_create(context, _i, slope_of(_i), &options);
        oracle_network net = oracle_network_of(network, &options, slope_of(_i), _i);
        ntk_kernel *kernel = oracle_finite_of(context, network, part);
        double *x1 = oracle_samples(n1, d, dtype, &state), *x2 = oracle_samples(n2, d, dtype, &state);
        double *v = oracle_samples(n2, t, dtype, &state);
        test_array a = oracle_array(x1, n1, d, 1, dtype), b = oracle_array(x2, n2, d, 0, dtype);
        test_array vectors = oracle_array(v, n2, t, 1, dtype), y = test_array_make(n1, t, 1, dtype);
        CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &a.view, &b.view, &vectors.view));
        ck_assert(test_array_is_written(&y));
        compare_product(&net, part, &y.view, x1, x2, v, n2);
        test_array_free(&a);
        test_array_free(&b);
        test_array_free(&vectors);
        test_array_free(&y);
        oracle_network_free(&net);
        ntk_kernel_destroy(kernel);
        ntk_network_destroy(network);
        free(x1);
        free(x2);
        free(v);
    }
}
END_TEST

/* set_parameters changes the network, not the kernel made before */
START_TEST(kernels_keep_their_parameters)
{
    uint64_t state = test_seed(55);
    ntk_network_options options = describe(3, 20, 5);
    ntk_network *network = oracle_network_create(context, NTK_ERF, slope_of(NTK_ERF), &options);
    ntk_kernel *kernel = oracle_finite_of(context, network, NTK_PART_BOTH);
    double *x = oracle_samples(4, 3, NTK_F64, &state), *zero = oracle_memory(80, sizeof *zero);
    test_array a = oracle_array(x, 4, 3, 0, NTK_F64), before = test_array_make(4, 4, 0, NTK_F64);
    test_array after = test_array_make(4, 4, 0, NTK_F64);
    ntk_matrix theta = ntk_matrix_const_f64(zero, 80, 1);
    CHECK_OK(ntk_kernel_block(kernel, &before.view, &a.view, &a.view));
    CHECK_OK(ntk_network_set_parameters(network, &theta));
    ntk_network_destroy(network);
    CHECK_OK(ntk_kernel_block(kernel, &after.view, &a.view, &a.view));
    ck_assert(test_same_bits(&before.view, &after.view));
    test_array_free(&a);
    test_array_free(&before);
    test_array_free(&after);
    ntk_kernel_destroy(kernel);
    free(x);
    free(zero);
}
END_TEST

/* So many neurons that the factors of all samples do not fit one pass: 8 MB of them a sample.  Block, matrix and diagonal,
 * whose passes differ; f32 products are so deep that each is divided. */
START_TEST(several_passes)
{
    uint64_t state = test_seed(56);
    const int64_t n = 64, d = 1, N = 600000;
    ntk_network_options options = describe(d, N, 13);
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    ntk_network *network = oracle_network_create(context, NTK_RELU, slope_of(NTK_RELU), &options);
    oracle_network net = oracle_network_of(network, &options, 0, NTK_RELU);
    int32_t part = parts[_i % 3], dtype = dtypes[_i / 3];
    double *x1 = oracle_samples(n, d, dtype, &state), *x2 = oracle_samples(n, d, dtype, &state);
    ntk_kernel *kernel = oracle_finite_of(context, network, part);
    test_array a = oracle_array(x1, n, d, 1, dtype), b = oracle_array(x2, n, d, 0, dtype);
    test_array K = test_array_make(n, n, 2, dtype), diagonal = test_array_make(n, 1, 1, dtype);
    ntk_gram *gram = NULL;
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
    ck_assert(test_array_is_written(&K));
    const int64_t ends[2] = {0, n - 1};
    oracle_excited first[2], second[2];
    for (int e = 0; e < 2; e++) {
        first[e] = oracle_excite(&net, part, x1 + ends[e] * d, oracle_roundoff(dtype));
        second[e] = oracle_excite(&net, part, x2 + ends[e] * d, oracle_roundoff(dtype));
    }
    for (int e = 0; e < 2; e++) check_entry(&net, &K.view, ends[e], ends[1 - e], &first[e], &second[1 - e]);
    CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal.view, &a.view));
    CHECK_OK(ntk_gram_create(context, &gram, kernel, &a.view, NULL));
    test_array_poison(&K);
    CHECK_OK(ntk_gram_copy(gram, &K.view));
    for (int e = 0; e < 2; e++) {
        check_entry(&net, &diagonal.view, ends[e], 0, &first[e], &first[e]);
        check_entry(&net, &K.view, ends[e], ends[e], &first[e], &first[e]);
        check_entry(&net, &K.view, ends[e], 0, &first[e], &first[0]);
    }
    for (int e = 0; e < 2; e++) {
        oracle_excited_free(&first[e]);
        oracle_excited_free(&second[e]);
    }
    ntk_gram_destroy(gram);
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&K);
    test_array_free(&diagonal);
    ntk_kernel_destroy(kernel);
    oracle_network_free(&net);
    ntk_network_destroy(network);
    free(x1);
    free(x2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel finite");
    TCase *finite = test_case(suite, "finite");
    tcase_add_checked_fixture(finite, setup, teardown);
    tcase_add_loop_test(finite, every_law_and_scaling, NTK_RELU, NTK_EXP + 1);
    tcase_add_loop_test(finite, ragged_sizes, 0, 8);
    tcase_add_loop_test(finite, parameterizations_agree, NTK_RELU, NTK_EXP + 1);
    tcase_add_loop_test(finite, products, NTK_RELU, NTK_EXP + 1);
    tcase_add_test(finite, kernels_keep_their_parameters);
    tcase_add_loop_test(finite, several_passes, 0, 6);
    return test_run(suite);
}
