/* Infinite-width kernels, entry by entry, against the oracle; diagonal and product against the block. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

typedef struct subject {
    int32_t kind;
    double slope;
} subject;

static const subject subjects[] = {{NTK_RELU, 0}, {NTK_LEAKY_RELU, 0}, {NTK_LEAKY_RELU, -0.6}, {NTK_ABS, 0},
                                   {NTK_STEP, 0}, {NTK_SIGN, 0},       {NTK_IDENTITY, 0},      {NTK_ERF, 0},
                                   {NTK_GELU, 0}, {NTK_SIN, 0},        {NTK_COS, 0},           {NTK_EXP, 0}};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };
static const int32_t parts[] = {NTK_PART_BOTH, NTK_PART_RF, NTK_PART_NT};
static const int32_t dtypes[] = {NTK_F64, NTK_F32};

TEST_CONTEXT_FIXTURE(2)

static oracle_kernel describe(int s, int32_t part)
{
    oracle_kernel kernel = {subjects[s].kind, subjects[s].slope, NTK_INIT(ntk_kernel_options)};
    kernel.options.part = part;
    return kernel;
}

/* Compares entries of out with the oracle: all of them, or about so many at random with the corners always. */
static void compare_block(const oracle_kernel *oracle, const ntk_matrix *out, const double *x1, const double *x2, int64_t d,
                          int64_t entries, uint64_t *state)
{
    double roundoff = oracle_roundoff(out->dtype);
    int64_t all = out->rows * out->cols;
    for (int64_t e = 0; e < (entries < all ? entries : all); e++) {
        int64_t at = entries >= all ? e : e == 0 ? 0 : e == 1 ? all - 1 : oracle_integer(state, all);
        int64_t i = at / out->cols, j = at % out->cols;
        oracle_value K = oracle_infinite(oracle, x1 + i * d, x2 + j * d, d, roundoff);
        double got = test_get(out, i, j);
        ck_assert_msg(
            fabsl((long double)got - K.value) <= K.bound,
            "%s slope %g part %d d %lld: K[%lld][%lld] of %lldx%lld (f%d) is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg",
            oracle_kind_name(oracle->kind), oracle->slope, (int)oracle->options.part, (long long)d, (long long)i, (long long)j,
            (long long)out->rows, (long long)out->cols, out->dtype == NTK_F32 ? 32 : 64, got, K.value,
            fabsl((long double)got - K.value), K.bound);
    }
}

/* One block, its diagonal and its product with a matrix, all held against the oracle or the block. */
static void compare_all(const oracle_kernel *oracle, const double *x1, int64_t n1, const double *x2, int64_t n2, int64_t d,
                        int32_t dtype, int64_t gap, int64_t entries, uint64_t *state)
{
    ntk_kernel *kernel = oracle_kernel_create(context, oracle);
    test_array a = oracle_array(x1, n1, d, gap, dtype), b = oracle_array(x2, n2, d, 2 * gap, dtype);
    test_array K = test_array_make(n1, n2, gap, dtype), diagonal = test_array_make(n1, 1, gap, dtype);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
    ck_assert(test_array_is_written(&K));
    compare_block(oracle, &K.view, x1, x2, d, entries, state);

    CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal.view, &a.view));
    ck_assert(test_array_is_written(&diagonal));
    for (int64_t i = 0; i < n1; i += 1 + n1 / 50) {
        oracle_value want = oracle_infinite(oracle, x1 + i * d, x1 + i * d, d, oracle_roundoff(dtype));
        ck_assert_msg(fabsl((long double)test_get(&diagonal.view, i, 0) - want.value) <= want.bound, "diagonal %lld",
                      (long long)i);
    }
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&K);
    test_array_free(&diagonal);
    ntk_kernel_destroy(kernel);
}

/* every activation, part, dimension and precision, on small ragged blocks compared in full */
START_TEST(every_activation)
{
    static const int64_t dimensions[] = {1, 2, 3, 7, 16, 100, 784};
    uint64_t state = test_seed(31) + (uint64_t)_i;
    for (size_t k = 0; k < sizeof dimensions / sizeof *dimensions; k++) {
        int64_t d = dimensions[k];
        for (int t = 0; t < 2; t++) {
            double *x1 = oracle_samples(9, d, dtypes[t], &state), *x2 = oracle_samples(13, d, dtypes[t], &state);
            for (int p = 0; p < 3; p++) {
                oracle_kernel oracle = describe(_i, parts[p]);
                compare_all(&oracle, x1, 9, x2, 13, d, dtypes[t], p, INT64_MAX, &state);
            }
            free(x1);
            free(x2);
        }
    }
}
END_TEST

/* sizes around the edges of any tile */
START_TEST(ragged_sizes)
{
    static const int64_t sizes[][3] = {{1, 1, 5},      {1, 1100, 3},   {1100, 1, 3},    {2, 31, 16},
                                       {31, 33, 100},  {255, 257, 7},  {257, 255, 2},   {1100, 33, 17},
                                       {33, 1100, 17}, {513, 511, 40}, {1100, 1100, 10}};
    uint64_t state = test_seed(32) + (uint64_t)_i;
    int64_t n1 = sizes[_i][0], n2 = sizes[_i][1], d = sizes[_i][2];
    for (int t = 0; t < 2; t++) {
        double *x1 = oracle_samples(n1, d, dtypes[t], &state), *x2 = oracle_samples(n2, d, dtypes[t], &state);
        for (int s = 0; s < SUBJECTS; s++) {
            oracle_kernel oracle = describe(s, parts[s % 3]);
            compare_all(&oracle, x1, n1, x2, n2, d, dtypes[t], s % 2 ? 5 : 0, 600, &state);
        }
        free(x1);
        free(x2);
    }
}
END_TEST

/* a large dimension, where sums are long */
START_TEST(long_samples)
{
    uint64_t state = test_seed(33);
    for (int t = 0; t < 2; t++) {
        double *x = oracle_samples(300, 784, dtypes[t], &state);
        for (int s = 0; s < SUBJECTS; s++) {
            oracle_kernel oracle = describe(s, parts[s % 3]);
            compare_all(&oracle, x, 150, x + 150 * 784, 150, 784, dtypes[t], 0, 300, &state);
        }
        free(x);
    }
}
END_TEST

/* every scale and bias, alone and together, in both parameterizations */
START_TEST(scales_and_biases)
{
    uint64_t state = test_seed(34);
    int64_t n = 11, d = 6;
    for (int t = 0; t < 2; t++) {
        double *x1 = oracle_samples(n, d, dtypes[t], &state), *x2 = oracle_samples(n, d, dtypes[t], &state);
        for (int combination = 0; combination < 32; combination++) {
            for (int p = 0; p < 3; p++) {
                oracle_kernel oracle = describe(_i, parts[p]);
                ntk_kernel_options *o = &oracle.options;
                o->weight_scale = combination & 1 ? 1.7 : 0;
                o->output_weight_scale = combination & 2 ? 0.6 : 0;
                o->output_bias_scale = combination & 4 ? 0.9 : 0;
                o->bias_scale = combination & 8 ? 0.35 : 0;
                o->parameterization = combination & 16 ? NTK_PARAM_LECTURE : p ? NTK_PARAM_STANDARDISED : NTK_PARAM_DEFAULT;
                if (o->parameterization == NTK_PARAM_LECTURE && o->bias_scale > 0) continue;
                compare_all(&oracle, x1, n, x2, n, d, dtypes[t], 1, INT64_MAX, &state);
            }
        }
        free(x1);
        free(x2);
    }
}
END_TEST

/* the arithmetic is the output's: inputs are converted to it first */
START_TEST(mixed_precisions)
{
    uint64_t state = test_seed(35);
    int64_t n = 17, d = 12;
    double *x = oracle_samples(2 * n, d, NTK_F32, &state);
    for (int choice = 0; choice < 8; choice++) {
        int32_t in1 = dtypes[choice & 1], in2 = dtypes[(choice >> 1) & 1], out = dtypes[choice >> 2];
        oracle_kernel oracle = describe(_i, NTK_PART_BOTH);
        ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
        test_array a = oracle_array(x, n, d, 0, in1), b = oracle_array(x + n * d, n, d, 3, in2);
        test_array K = test_array_make(n, n, 0, out);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
        compare_block(&oracle, &K.view, x, x + n * d, d, INT64_MAX, &state);
        test_array_free(&a);
        test_array_free(&b);
        test_array_free(&K);
        ntk_kernel_destroy(kernel);
    }
    free(x);
}
END_TEST

/* angles whose cosines are 1/2 and 0 exactly, where a polynomial hands over to another, and their neighbours */
START_TEST(where_the_angle_changes_its_form)
{
    const double cols[][4] = {{1, 1, 1, -1}, {-1, -1, -1, 1}, {1, 1, -1, -1}, {1, 1, 1, -1 + 0x1p-22}, {1, 1, 1, -1 - 0x1p-22}};
    const double row[] = {1, 1, 1, 1};
    uint64_t state = test_seed(39);
    for (int t = 0; t < 2; t++)
        for (int p = 0; p < 3; p++) {
            oracle_kernel oracle = describe(_i, parts[p]);
            compare_all(&oracle, row, 1, cols[0], 5, 4, dtypes[t], 0, INT64_MAX, &state);
        }
}
END_TEST

/* y = K v: each row is a sum of n2 products, whatever its order, within n2 roundings of the sum of their sizes, plus what the
 * entries themselves may differ by between a block's shape and another's */
static void compare_product(const oracle_kernel *oracle, const double *x1, int64_t n1, const double *x2, int64_t n2, int64_t d,
                            int64_t targets, int32_t dtype, uint64_t *state)
{
    ntk_kernel *kernel = oracle_kernel_create(context, oracle);
    double *v = oracle_samples(n2, targets, dtype, state), u = oracle_roundoff(dtype);
    test_array a = oracle_array(x1, n1, d, 1, dtype), b = oracle_array(x2, n2, d, 0, dtype);
    test_array vectors = oracle_array(v, n2, targets, 2, dtype), y = test_array_make(n1, targets, 3, dtype);
    CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &a.view, &b.view, &vectors.view));
    ck_assert(test_array_is_written(&y));
    oracle_value *K = oracle_memory(n2, sizeof *K);
    for (int64_t i = 0; i < n1; i += 1 + n1 / 12) {
        for (int64_t j = 0; j < n2; j++) K[j] = oracle_infinite(oracle, x1 + i * d, x2 + j * d, d, u);
        for (int64_t c = 0; c < targets; c++) {
            long double sum = 0, size = 0, bound = 0;
            for (int64_t j = 0; j < n2; j++) {
                long double w = (long double)v[j * targets + c];
                sum += K[j].value * w;
                size += fabsl(K[j].value * w);
                bound += K[j].bound * fabsl(w);
            }
            bound += (long double)n2 * (long double)u * size;
            ck_assert_msg(fabsl((long double)test_get(&y.view, i, c) - sum) <= bound, "%s: y[%lld][%lld] is %.17g, not %.17Lg",
                          oracle_kind_name(oracle->kind), (long long)i, (long long)c, test_get(&y.view, i, c), sum);
        }
    }
    free(K);
    free(v);
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&vectors);
    test_array_free(&y);
    ntk_kernel_destroy(kernel);
}

START_TEST(products)
{
    static const int64_t sizes[][4] = {{1, 1, 1, 1},     {1, 300, 4, 1},    {300, 1, 4, 2},  {31, 33, 5, 3},
                                       {257, 513, 9, 1}, {70, 1100, 3, 10}, {1100, 70, 3, 2}};
    uint64_t state = test_seed(36);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int64_t n1 = sizes[k][0], n2 = sizes[k][1], d = sizes[k][2];
        for (int t = 0; t < 2; t++) {
            oracle_kernel oracle = describe(_i, parts[k % 3]);
            double *x1 = oracle_samples(n1, d, dtypes[t], &state), *x2 = oracle_samples(n2, d, dtypes[t], &state);
            compare_product(&oracle, x1, n1, x2, n2, d, sizes[k][3], dtypes[t], &state);
            free(x1);
            free(x2);
        }
    }
}
END_TEST

/* x1 and x2 in one buffer: the diagonal is that of rho = 1 exactly, and the block's equals ntk_kernel_diagonal's */
START_TEST(one_buffer_twice)
{
    uint64_t state = test_seed(37);
    int64_t n = 130, d = 5;
    for (int t = 0; t < 2; t++) {
        double *x = oracle_samples(n, d, dtypes[t], &state);
        oracle_kernel oracle = describe(_i, NTK_PART_BOTH);
        ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
        test_array a = oracle_array(x, n, d, 0, dtypes[t]), K = test_array_make(n, n, 0, dtypes[t]);
        test_array diagonal = test_array_make(n, 1, 0, dtypes[t]);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
        CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal.view, &a.view));
        compare_block(&oracle, &K.view, x, x, d, INT64_MAX, &state);
        for (int64_t i = 0; i < n; i++) {
            oracle_value want = oracle_infinite(&oracle, x + i * d, x + i * d, d, oracle_roundoff(dtypes[t]));
            ck_assert(fabsl((long double)test_get(&diagonal.view, i, 0) - want.value) <= want.bound);
            ck_assert(fabs(test_get(&K.view, i, i) - test_get(&diagonal.view, i, 0)) <= 2 * (double)want.bound);
        }
        free(x);
        test_array_free(&a);
        test_array_free(&K);
        test_array_free(&diagonal);
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

/* block, diagonal and multiply stay within the working memory announced, whatever the size */
START_TEST(working_memory)
{
    static const int64_t sizes[][3] = {{1, 1, 3}, {700, 30, 5}, {40, 900, 64}, {600, 600, 20}};
    uint64_t state = test_seed(38);
    for (int c = 0; c < 8; c++) {
        int64_t n1 = sizes[c / 2][0], n2 = sizes[c / 2][1], d = sizes[c / 2][2];
        int32_t dtype = dtypes[c % 2];
        test_memory memory = {0};
        ntk_context *counted = test_context(1, &memory);
        oracle_kernel oracle = describe(0, NTK_PART_BOTH);
        ntk_kernel *kernel = oracle_kernel_create(counted, &oracle);
        double *x = oracle_samples(n1 + n2, d, dtype, &state);
        test_array a = oracle_array(x, n1, d, 0, dtype), b = oracle_array(x + n1 * d, n2, d, 0, dtype);
        test_array K = test_array_make(n1, n2, 0, dtype), diagonal = test_array_make(n1, 1, 0, dtype);
        test_array v = oracle_array(x, n2, 1, 0, dtype), y = test_array_make(n1, 1, 0, dtype);
        uint64_t bytes = 0;
        CHECK_OK(ntk_kernel_memory(kernel, &bytes, n1, n2, d, dtype));
        test_memory_reset(&memory, 0);
        int64_t held = memory.bytes;
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
        CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal.view, &a.view));
        CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &a.view, &b.view, &v.view));
        ck_assert_msg((uint64_t)(memory.peak - held) <= bytes && memory.bytes == held, "announced %llu, held %lld",
                      (unsigned long long)bytes, (long long)(memory.peak - held));
        test_array_free(&a);
        test_array_free(&b);
        test_array_free(&K);
        test_array_free(&diagonal);
        test_array_free(&v);
        test_array_free(&y);
        ntk_kernel_destroy(kernel);
        ntk_context_destroy(counted);
        free(x);
    }
}
END_TEST

START_TEST(option_errors)
{
    ntk_activation *activation = oracle_activation_create(context, NTK_RELU, 0);
    const double nan = (double)NAN, inf = (double)INFINITY;
    const double bad[][4] = {{-1, 0, 0, 0}, {nan, 0, 0, 0}, {inf, 0, 0, 0}, {0, -1, 0, 0}, {0, nan, 0, 0}, {0, inf, 0, 0},
                             {0, 0, -1, 0}, {0, 0, nan, 0}, {0, 0, inf, 0}, {0, 0, 0, -1}, {0, 0, 0, nan}, {0, 0, 0, inf}};
    static const char *const word[] = {"weight_scale", "bias_scale", "output_weight_scale", "output_bias_scale"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
        ntk_kernel *kernel = NULL;
        o.weight_scale = bad[i][0];
        o.bias_scale = bad[i][1];
        o.output_weight_scale = bad[i][2];
        o.output_bias_scale = bad[i][3];
        CHECK_STATUS(ntk_kernel_create_infinite(context, &kernel, activation, &o), NTK_ERR_OPTION);
        CHECK_MESSAGE(word[i / 3]);
    }
    ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
    ntk_kernel *kernel = NULL;
    o.part = 3;
    CHECK_STATUS(ntk_kernel_create_infinite(context, &kernel, activation, &o), NTK_ERR_OPTION);
    o.part = NTK_PART_NT;
    o.parameterization = 3;
    CHECK_STATUS(ntk_kernel_create_infinite(context, &kernel, activation, &o), NTK_ERR_OPTION);
    o.parameterization = NTK_PARAM_LECTURE;
    o.bias_scale = 0.1;
    CHECK_STATUS(ntk_kernel_create_infinite(context, &kernel, activation, &o), NTK_ERR_OPTION);
    ntk_activation_destroy(activation);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel");
    TCase *kernels = test_case(suite, "infinite");
    tcase_add_checked_fixture(kernels, setup, teardown);
    tcase_add_loop_test(kernels, every_activation, 0, SUBJECTS);
    tcase_add_loop_test(kernels, ragged_sizes, 0, 11);
    tcase_add_test(kernels, long_samples);
    tcase_add_loop_test(kernels, scales_and_biases, 0, SUBJECTS);
    tcase_add_loop_test(kernels, mixed_precisions, 0, SUBJECTS);
    tcase_add_loop_test(kernels, where_the_angle_changes_its_form, 0, SUBJECTS);
    tcase_add_loop_test(kernels, products, 0, SUBJECTS);
    tcase_add_loop_test(kernels, one_buffer_twice, 0, SUBJECTS);
    tcase_add_test(kernels, working_memory);
    tcase_add_test(kernels, option_errors);
    return test_run(suite);
}
