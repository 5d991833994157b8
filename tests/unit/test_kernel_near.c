/* Infinite-width kernels where inner products fail: near-duplicates, antipodes, duplicates, parallels, zeros, wild norms. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(1)

static const int64_t dimensions[] = {2, 5, 50, 784};
enum { DIMENSIONS = sizeof dimensions / sizeof *dimensions, SEPARATIONS = 13 };

static oracle_kernel describe(int32_t kind, int32_t part)
{
    oracle_kernel kernel = {kind, kind == NTK_LEAKY_RELU ? 0.2 : 0, NTK_INIT(ntk_kernel_options)};
    kernel.options.part = part;
    return kernel;
}

/* the block of n1 x n2 samples, in f64 */
static test_array block(const oracle_kernel *oracle, const double *x1, int64_t n1, const double *x2, int64_t n2, int64_t d)
{
    ntk_kernel *kernel = oracle_kernel_create(context, oracle);
    test_array a = oracle_array(x1, n1, d, 0, NTK_F64), b = oracle_array(x2, n2, d, 0, NTK_F64);
    test_array K = test_array_make(n1, n2, 0, NTK_F64);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
    test_array_free(&a);
    test_array_free(&b);
    ntk_kernel_destroy(kernel);
    return K;
}

/* sign times base, and then base moved by separations 1e-1 ... 1e-13 in a random direction */
static double *cluster(int64_t d, double sign, uint64_t *state)
{
    double *x = oracle_memory((SEPARATIONS + 1) * d, sizeof *x), *base = oracle_samples(1, d, NTK_F64, state);
    for (int64_t k = 0; k < d; k++) x[k] = base[k];
    for (int i = 1; i <= SEPARATIONS; i++) {
        for (int64_t k = 0; k < d; k++) x[i * d + k] = sign * (base[k] + pow(10, -i) * oracle_normal(state));
    }
    free(base);
    return x;
}

/* theta(x_0, x_i) as K shows it.  1e-11: what is left of sign's 1 - 2 theta / pi after the rounding of 1 - K is 1e-16 / theta,
 * so the tolerance is that; the promise of the angle itself is held by compare() below, against entries that do not cancel. */
static void recover_angles(int64_t d, double sign, uint64_t *state)
{
    double *x = cluster(d, sign, state);
    oracle_kernel oracle = describe(NTK_SIGN, NTK_PART_RF);
    test_array K = block(&oracle, x, 1, x, SEPARATIONS + 1, d);
    for (int i = 1; i <= SEPARATIONS; i++) {
        long double a[784], b[784];
        for (int64_t k = 0; k < d; k++) a[k] = (long double)x[k], b[k] = (long double)sign * (long double)x[i * d + k];
        long double theta = oracle_angle(a, b, d);
        long double got = (1 - (long double)sign * (long double)test_get(&K.view, 0, i)) * 1.5707963267948966192L;
        long double tolerance = 1e-3L * theta < 1e-15L ? 1e-15L : 1e-3L * theta;
        long double sharp = 4 * (long double)DBL_EPSILON +
                            2 * (6 * sqrtl((long double)d) + 32) * 0x1p-53L * (theta < 0.0142L ? theta : 1 / theta);
        ck_assert_msg(fabsl(got - theta) <= tolerance && fabsl(got - theta) <= sharp,
                      "d %lld separation 1e-%d sign %g: theta is %.6Lg, not %.6Lg", (long long)d, i, sign, got, theta);
    }
    test_array_free(&K);
    free(x);
}

START_TEST(angles_of_near_duplicates)
{
    uint64_t state = test_seed(41) + (uint64_t)_i;
    for (int trial = 0; trial < 10; trial++) {
        recover_angles(dimensions[_i], 1, &state);
        recover_angles(dimensions[_i], -1, &state);
    }
}
END_TEST

static void compare(const oracle_kernel *oracle, const double *x, int64_t n, int64_t d, const char *what)
{
    test_array K = block(oracle, x, n, x, n, d);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            oracle_value want = oracle_infinite(oracle, x + i * d, x + j * d, d, 0x1p-53);
            double got = test_get(&K.view, i, j);
            ck_assert_msg(fabsl((long double)got - want.value) <= want.bound + 4 * (long double)DBL_TRUE_MIN,
                          "%s, %s part %d d %lld: K[%lld][%lld] is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg", what,
                          oracle_kind_name(oracle->kind), (int)oracle->options.part, (long long)d, (long long)i, (long long)j,
                          got, want.value, fabsl((long double)got - want.value), want.bound);
        }
    }
    test_array_free(&K);
}

static void compare_every(const double *x, int64_t n, int64_t d, const char *what)
{
    for (int32_t kind = NTK_RELU; kind <= NTK_COS; kind++) {
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
            oracle_kernel oracle = describe(kind, part);
            compare(&oracle, x, n, d, what);
        }
    }
}

/* Every pair of a cluster, its antipodes among them: kdot of ReLU and step's kappa near -1, where they are as small as the
 * angle and kappa of ReLU as small as its cube, relative to themselves. */
START_TEST(clusters)
{
    uint64_t state = test_seed(42) + (uint64_t)_i;
    int64_t d = dimensions[_i];
    double *near = cluster(d, 1, &state), *far = cluster(d, -1, &state);
    compare_every(near, SEPARATIONS + 1, d, "near-duplicates");
    compare_every(far, SEPARATIONS + 1, d, "antipodes");
    for (int64_t i = 0; i < SEPARATIONS + 1; i++) {
        double scale = i % 3 == 0 ? 1 : i % 3 == 1 ? 0.3 : 1e5;
        for (int64_t k = 0; k < d; k++) near[i * d + k] *= scale, far[i * d + k] *= scale;
    }
    compare_every(near, SEPARATIONS + 1, d, "near-parallels of different length");
    compare_every(far, SEPARATIONS + 1, d, "near-antiparallels of different length");
    free(near);
    free(far);
}
END_TEST

/* the same with a bias, which turns antipodes into ordinary pairs and shortens the angle of the rest */
START_TEST(clusters_with_a_bias)
{
    uint64_t state = test_seed(43) + (uint64_t)_i;
    int64_t d = dimensions[_i];
    double *near = cluster(d, 1, &state), *far = cluster(d, -1, &state);
    const double biases[] = {1e-6, 0.01, 1, 300};
    for (int b = 0; b < 4; b++) {
        for (int32_t kind = NTK_RELU; kind <= NTK_COS; kind++) {
            oracle_kernel oracle = describe(kind, NTK_PART_BOTH);
            oracle.options.bias_scale = biases[b];
            oracle.options.weight_scale = 1.3;
            compare(&oracle, near, SEPARATIONS + 1, d, "near-duplicates with a bias");
            compare(&oracle, far, SEPARATIONS + 1, d, "antipodes with a bias");
        }
    }
    free(near);
    free(far);
}
END_TEST

/* near-duplicates in f32, whose separation ends at 1e-6 */
START_TEST(clusters_in_single_precision)
{
    uint64_t state = test_seed(44) + (uint64_t)_i;
    int64_t d = dimensions[_i], n = 7;
    double *x = oracle_samples(n, d, NTK_F32, &state);
    for (int64_t i = 1; i < n; i++) {
        for (int64_t k = 0; k < d; k++) x[i * d + k] = (double)(float)(x[k] + pow(10, -(double)i) * oracle_normal(&state));
    }
    for (int32_t kind = NTK_RELU; kind <= NTK_COS; kind++) {
        oracle_kernel oracle = describe(kind, NTK_PART_BOTH);
        ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
        test_array a = oracle_array(x, n, d, 0, NTK_F32), K = test_array_make(n, n, 0, NTK_F32);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
        for (int64_t i = 0; i < n * n; i++) {
            oracle_value want = oracle_infinite(&oracle, x + i / n * d, x + i % n * d, d, 0x1p-24);
            double got = test_get(&K.view, i / n, i % n);
            ck_assert_msg(fabsl((long double)got - want.value) <= want.bound, "%s d %lld: K[%lld][%lld] is %.9g, not %.9Lg",
                          oracle_kind_name(kind), (long long)d, (long long)(i / n), (long long)(i % n), got, want.value);
        }
        test_array_free(&a);
        test_array_free(&K);
        ntk_kernel_destroy(kernel);
    }
    free(x);
}
END_TEST

/* copies have rho = 1 wherever they lie, so their rows of K are equal to rounding and sign's entry is 1 exactly */
START_TEST(exact_duplicates)
{
    uint64_t state = test_seed(45);
    for (int k = 0; k < DIMENSIONS; k++) {
        int64_t d = dimensions[k], n = 12;
        double *x = oracle_samples(n, d, NTK_F64, &state);
        for (int64_t i = n / 2; i < n; i++) memcpy(x + i * d, x + (i - n / 2) * d, (size_t)d * sizeof *x);
        compare_every(x, n, d, "duplicates");
        oracle_kernel oracle = describe(NTK_SIGN, NTK_PART_RF);
        double *copy = oracle_memory(n * d, sizeof *copy); /* another buffer: equality is of values, not of addresses */
        memcpy(copy, x, (size_t)(n * d) * sizeof *copy);
        test_array K = block(&oracle, x, n, copy, n, d);
        for (int64_t i = 0; i < n; i++) ck_assert(test_get(&K.view, i, i) == 1 && test_get(&K.view, i, (i + n / 2) % n) == 1);
        test_array_free(&K);
        free(copy);
        free(x);
    }
}
END_TEST

/* parallel and antiparallel samples of other lengths, zero vectors among ordinary ones, and one dimension */
START_TEST(degenerate_samples)
{
    static const double scales[] = {1, 2, -1, 0.5, -4, 0, 0, 3, -0.1, 1e-3};
    enum { COUNT = sizeof scales / sizeof *scales };
    uint64_t state = test_seed(46);
    for (int64_t d = 1; d <= 65; d += 16) {
        double *x = oracle_samples(COUNT + 2, d, NTK_F64, &state);
        for (int64_t i = 1; i < COUNT; i++) {
            for (int64_t k = 0; k < d; k++) x[i * d + k] = scales[i] * x[k];
        }
        compare_every(x, COUNT + 2, d, "parallels and zeros");
        free(x);
    }
}
END_TEST

/* one matrix with norms from 1e-150 to 1e150 */
START_TEST(wild_norms)
{
    uint64_t state = test_seed(47);
    const int64_t n = 31;
    for (int64_t d = 1; d <= 20; d += 6) {
        double *x = oracle_samples(n, d, NTK_F64, &state);
        for (int64_t i = 0; i < n; i++) {
            for (int64_t k = 0; k < d; k++) x[i * d + k] *= pow(10, (double)(10 * i - 150));
        }
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
            oracle_kernel oracle = describe(_i, part);
            compare(&oracle, x, n, d, "norms 1e-150 to 1e150");
        }
        free(x);
    }
}
END_TEST

/* Beyond the square roots of the largest and smallest number: an entry that can be represented is right, or the call says
 * NTK_ERR_OVERFLOW and leaves the output alone; never infinity, NaN or a wrong number. */
START_TEST(extreme_norms)
{
    uint64_t state = test_seed(48);
    const double scales[] = {1e200, 1e-200, 1e300, 1e-300, 1e-318};
    const int64_t d = 4;
    for (int a = 0; a < 5; a++) {
        for (int b = 0; b < 5; b++) {
            double *x = oracle_samples(2, d, NTK_F64, &state);
            for (int64_t k = 0; k < d; k++) x[k] *= scales[a], x[d + k] *= scales[b];
            oracle_kernel oracle = describe(_i, NTK_PART_BOTH);
            ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
            oracle_value want = oracle_infinite(&oracle, x, x + d, d, 0x1p-53);
            test_array one = oracle_array(x, 1, d, 0, NTK_F64), two = oracle_array(x + d, 1, d, 0, NTK_F64);
            test_array K = test_array_make(1, 1, 0, NTK_F64);
            ntk_status status = ntk_kernel_block(kernel, &K.view, &one.view, &two.view);
            double got = test_get(&K.view, 0, 0);
            if (status == NTK_ERR_OVERFLOW)
                ck_assert_msg(test_array_is_poison(&K) && (scales[a] > 1 || scales[b] > 1), "overflow at %g %g", scales[a],
                              scales[b]);
            else
                ck_assert_msg(status == NTK_OK &&
                                  fabsl((long double)got - want.value) <= want.bound + 4 * (long double)DBL_TRUE_MIN,
                              "%s at norms %g and %g: %s, %.17g, not %.17Lg", oracle_kind_name(_i), scales[a], scales[b],
                              ntk_status_name(status), got, want.value);
            test_array_free(&one);
            test_array_free(&two);
            test_array_free(&K);
            ntk_kernel_destroy(kernel);
            free(x);
        }
    }
}
END_TEST

/* Weights and biases of extreme scales: right, or refused with the output alone.  In f64 an entry within 1e-290 and 1e290
 * must be had. */
START_TEST(extreme_scales)
{
    uint64_t state = test_seed(49);
    const double scales[][2] = {{1e-200, 0}, {1e-200, 1}, {1e-310, 1},     {1e150, 1e-150},
                                {1e140, 0},  {1, 1e100},  {1e-160, 1e-160}};
    const int64_t n = 6, d = 5;
    for (size_t c = 0; c < sizeof scales / sizeof *scales; c++)
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
            for (int32_t output = 0; output < 3; output++) {
                double *x = oracle_samples(n, d, NTK_F64, &state);
                for (int64_t k = 0; k < d; k++) x[d + k] = x[k] * (1 + 1e-9 * oracle_normal(&state)), x[2 * d + k] = -x[k];
                oracle_kernel oracle = describe(_i, part);
                oracle.options.weight_scale = scales[c][0];
                oracle.options.bias_scale = scales[c][1];
                oracle.options.output_weight_scale = output == 2 ? (_i == NTK_ERF ? 1e-100 : 1e-160) : output == 1 ? 1e100 : 0;
                oracle.options.parameterization = scales[c][1] > 0 ? NTK_PARAM_STANDARDISED : NTK_PARAM_LECTURE;
                /* erf's t underflows, and what multiplies it is too large or cannot help: refused, or 0 */
                bool hopeless = _i == NTK_ERF && scales[c][0] < 1e-150 && scales[c][1] < 1e-150;
                ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
                test_array a = oracle_array(x, n, d, 0, NTK_F64), K = test_array_make(n, n, 0, NTK_F64);
                ntk_status status = ntk_kernel_block(kernel, &K.view, &a.view, &a.view);
                long double largest = 0;
                for (int64_t i = 0; i < n; i++)
                    largest = fmaxl(largest, oracle_infinite(&oracle, x + i * d, x + i * d, d, 0x1p-53).value);
                if (status == NTK_ERR_OVERFLOW)
                    ck_assert_msg(test_array_is_poison(&K) && (!(largest < 1e290L) || hopeless),
                                  "%s, scales %g and %g, part %d: %Lg: %s", oracle_kind_name(_i), scales[c][0], scales[c][1],
                                  (int)part, largest, ntk_error_message());
                else
                    CHECK_OK(status);
                for (int64_t i = 0; status == NTK_OK && !hopeless && i < n * n; i++) {
                    oracle_value want = oracle_infinite(&oracle, x + i / n * d, x + i % n * d, d, 0x1p-53);
                    double got = test_get(&K.view, i / n, i % n);
                    ck_assert_msg(fabsl((long double)got - want.value) <= want.bound + 4 * (long double)DBL_TRUE_MIN,
                                  "%s, scales %g and %g, part %d: K[%d][%d] is %.17g, not %.17Lg (%.2Lg)", oracle_kind_name(_i),
                                  scales[c][0], scales[c][1], (int)part, (int)(i / n), (int)(i % n), got, want.value,
                                  want.bound);
                }
                test_array_free(&a);
                test_array_free(&K);
                ntk_kernel_destroy(kernel);
                free(x);
            }
}
END_TEST

/* both biases, on dimensions of whole chunks of the near angle's sums, where the bias is a chunk of its own */
START_TEST(whole_chunks_with_biases)
{
    static const int64_t lengths[] = {127, 128, 129, 256};
    uint64_t state = test_seed(57) + (uint64_t)_i;
    int64_t d = lengths[_i];
    double *near = cluster(d, 1, &state), *far = cluster(d, -1, &state);
    for (int32_t kind = NTK_RELU; kind <= NTK_ERF; kind++)
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
            oracle_kernel oracle = describe(kind, part);
            oracle.options.bias_scale = 1.5;
            oracle.options.output_bias_scale = 0.8;
            compare(&oracle, near, SEPARATIONS + 1, d, "near-duplicates with both biases");
            compare(&oracle, far, SEPARATIONS + 1, d, "antipodes with both biases");
            oracle.options.bias_scale = 0;
            compare(&oracle, far, SEPARATIONS + 1, d, "antipodes with an output bias");
        }
    free(near);
    free(far);
}
END_TEST

/* Extreme samples against ordinary ones, near-duplicates of them among both, with an output bias: in either place, for few
 * columns and many; what was allocated for their scales is given back. */
START_TEST(extreme_against_ordinary)
{
    const double scales[] = {1e200, 1e-200, 1e-318};
    const int64_t n = 600, d = 4;
    for (int c = 0; c < 6; c++) {
        uint64_t state = test_seed(58);
        test_memory memory = {0};
        ntk_context *counted = test_context(1, &memory);
        oracle_kernel oracle = describe(_i, NTK_PART_RF + c / 3);
        oracle.options.output_bias_scale = 0.9;
        ntk_kernel *kernel = oracle_kernel_create(counted, &oracle);
        double *x = oracle_samples(n, d, NTK_F64, &state), extreme[12];
        for (int64_t k = 0; k < d; k++) {
            double unit = scales[c % 3];
            extreme[k] = unit * oracle_normal(&state);
            extreme[d + k] = unit * x[(n - 1) * d + k];
            extreme[2 * d + k] = -unit * x[k] * (1 + 1e-7 * oracle_normal(&state));
        }
        test_array a = oracle_array(extreme, 3, d, 0, NTK_F64), b = oracle_array(x, n, d, 0, NTK_F64);
        test_array K = test_array_make(3, n, 0, NTK_F64), T = test_array_make(n, 3, 0, NTK_F64);
        int64_t live = memory.live;
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
        CHECK_OK(ntk_kernel_block(kernel, &T.view, &b.view, &a.view));
        ck_assert_int_eq(memory.live, live);
        for (int64_t e = 0; e < 3 * n; e += e % n < 3 || e % n > n - 4 ? 1 : 17) {
            int64_t i = e / n, j = e % n;
            oracle_value want = oracle_infinite(&oracle, extreme + i * d, x + j * d, d, 0x1p-53);
            long double bound = want.bound + 4 * (long double)DBL_TRUE_MIN;
            ck_assert_msg(fabsl((long double)test_get(&K.view, i, j) - want.value) <= bound &&
                              fabsl((long double)test_get(&T.view, j, i) - want.value) <= bound,
                          "%s times %g: K[%d][%d] is %.17g and %.17g, not %.17Lg (%.2Lg)", oracle_kind_name(_i), scales[c % 3],
                          (int)i, (int)j, test_get(&K.view, i, j), test_get(&T.view, j, i), want.value, bound);
        }
        test_array_free(&a);
        test_array_free(&b);
        test_array_free(&K);
        test_array_free(&T);
        ntk_kernel_destroy(kernel);
        ntk_context_destroy(counted);
        free(x);
    }
}
END_TEST

/* What a prediction of ones' coefficients must be: sums of the block's rows. */
static void compare_predictions(ntk_kernel *kernel, const test_array *a, const test_array *K, int64_t n, int64_t d)
{
    double *ones = oracle_memory(n, sizeof *ones);
    ntk_ridge *ridge = NULL;
    test_array alpha = test_array_make(n, 1, 0, NTK_F64), batch = test_array_make(n, 1, 0, NTK_F64);
    for (int64_t i = 0; i < n; i++) ones[i] = 1;
    ntk_matrix y = ntk_matrix_const_f64(ones, n, 1);
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &a->view, &y, 1, NULL));
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_ridge_predict(ridge, &batch.view, &a->view));
    for (int64_t i = 0; i < n; i++) {
        double single = 0, size = 0;
        long double sum = 0;
        ntk_matrix row = ntk_matrix_const_f64((const double *)a->view.data + i * d, 1, d), out = ntk_matrix_f64(&single, 1, 1);
        CHECK_OK(ntk_ridge_predict(ridge, &out, &row));
        for (int64_t j = 0; j < n; j++) {
            sum += (long double)test_get(&K->view, i, j) * (long double)test_get(&alpha.view, j, 0);
            size += fabs(test_get(&K->view, i, j) * test_get(&alpha.view, j, 0));
        }
        /* n roundings of the sum, and what entries of another shape of product differ by */
        double bound = (double)(n + 64) * DBL_EPSILON * size;
        ck_assert_msg(fabs((double)sum - single) <= bound && fabs((double)sum - test_get(&batch.view, i, 0)) <= bound,
                      "row %d: %.17Lg, alone %.17g, in a batch %.17g", (int)i, sum, single, test_get(&batch.view, i, 0));
    }
    ntk_ridge_destroy(ridge);
    test_array_free(&alpha);
    test_array_free(&batch);
    free(ones);
}

/* The angles are exact wherever K is used: in a block, a matrix of either storage, a product with unit vectors, a
 * prediction. */
START_TEST(clusters_everywhere)
{
    uint64_t state = test_seed(50);
    const int64_t d = 30, n = 2 * (SEPARATIONS + 1);
    double *x = oracle_memory(n * d, sizeof *x), *near = cluster(d, 1, &state), *far = cluster(d, -1, &state);
    memcpy(x, near, (size_t)(n / 2 * d) * sizeof *x);
    memcpy(x + n / 2 * d, far, (size_t)(n / 2 * d) * sizeof *x);
    memcpy(x + (n - 1) * d, x, (size_t)d * sizeof *x); /* and a copy */
    oracle_kernel oracle = describe(_i, NTK_PART_BOTH);
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    test_array a = oracle_array(x, n, d, 0, NTK_F64), K = test_array_make(n, n, 0, NTK_F64);
    test_array other = test_array_make(n, n, 0, NTK_F64), unit = test_array_make(n, n, 0, NTK_F64);
    for (int64_t i = 0; i < n * n; i++) test_set(&unit.view, i / n, i % n, i / n == i % n);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
    for (int way = 0; way < 3; way++) {
        ntk_gram_options options = NTK_INIT(ntk_gram_options);
        ntk_gram *gram = NULL;
        options.storage = way;
        if (way == 2) {
            CHECK_OK(ntk_kernel_multiply(kernel, &other.view, &a.view, &a.view, &unit.view));
        } else {
            CHECK_OK(ntk_gram_create(context, &gram, kernel, &a.view, &options));
            CHECK_OK(ntk_gram_copy(gram, &other.view));
        }
        for (int64_t i = 0; i < n * n; i++) {
            oracle_value want = oracle_infinite(&oracle, x + i / n * d, x + i % n * d, d, 0x1p-53);
            double block_entry = test_get(&K.view, i / n, i % n), got = test_get(&other.view, i / n, i % n);
            ck_assert_msg(fabsl((long double)got - want.value) <= want.bound, "%s, way %d: K[%d][%d] is %.17g, not %.17Lg",
                          oracle_kind_name(_i), way, (int)(i / n), (int)(i % n), got, want.value);
            ck_assert(fabs(got - block_entry) <= 2 * (double)want.bound);
        }
        ntk_gram_destroy(gram);
    }
    compare_predictions(kernel, &a, &K, n, d);
    test_array_free(&a);
    test_array_free(&K);
    test_array_free(&other);
    test_array_free(&unit);
    ntk_kernel_destroy(kernel);
    free(x);
    free(near);
    free(far);
}
END_TEST

/* Copies are copies however long: their lengths are summed so well that the product of lengths is their inner product. */
START_TEST(long_duplicates_in_single_precision)
{
    const int64_t d = 150528, n = 2;
    double *x = oracle_memory(n * d, sizeof *x);
    for (int64_t k = 0; k < n * d; k++) x[k] = (double)0.7f;
    for (int32_t kind = NTK_RELU; kind <= NTK_COS; kind++)
        for (int32_t part = NTK_PART_RF; part <= NTK_PART_NT; part++) {
            oracle_kernel oracle = describe(kind, part);
            ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
            test_array a = oracle_array(x, 1, d, 0, NTK_F32), b = oracle_array(x + d, 1, d, 0, NTK_F32);
            test_array K = test_array_make(1, 1, 0, NTK_F32), diagonal = test_array_make(1, 1, 0, NTK_F32);
            CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
            CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal.view, &a.view));
            double want = (double)oracle_infinite(&oracle, x, x, d, 0x1p-53).value;
            /* 16 roundings, whatever d, since the angle is 0 exactly; identity's entries are inner products of BLAS */
            double bound = 16 * 0x1p-24 * want;
            if (kind != NTK_IDENTITY)
                ck_assert_msg(fabs(test_get(&K.view, 0, 0) - want) <= bound, "%s part %d: %.9g, not %.9g",
                              oracle_kind_name(kind), (int)part, test_get(&K.view, 0, 0), want);
            ck_assert(fabs(test_get(&diagonal.view, 0, 0) - want) <= bound);
            test_array_free(&a);
            test_array_free(&b);
            test_array_free(&K);
            test_array_free(&diagonal);
            ntk_kernel_destroy(kernel);
        }
    free(x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel near");
    TCase *near = test_case(suite, "near");
    tcase_add_checked_fixture(near, setup, teardown);
    tcase_add_loop_test(near, angles_of_near_duplicates, 0, DIMENSIONS);
    tcase_add_loop_test(near, clusters, 0, DIMENSIONS);
    tcase_add_loop_test(near, clusters_with_a_bias, 0, DIMENSIONS);
    tcase_add_loop_test(near, whole_chunks_with_biases, 0, 4);
    tcase_add_loop_test(near, extreme_against_ordinary, NTK_RELU, NTK_ERF + 1);
    tcase_add_loop_test(near, clusters_in_single_precision, 0, DIMENSIONS);
    tcase_add_test(near, exact_duplicates);
    tcase_add_test(near, long_duplicates_in_single_precision);
    tcase_add_test(near, degenerate_samples);
    tcase_add_loop_test(near, wild_norms, NTK_RELU, NTK_COS + 1);
    tcase_add_loop_test(near, extreme_norms, NTK_RELU, NTK_COS + 1);
    tcase_add_loop_test(near, extreme_scales, NTK_RELU, NTK_ERF + 1);
    tcase_add_loop_test(near, clusters_everywhere, NTK_RELU, NTK_COS + 1);
    return test_run(suite);
}
