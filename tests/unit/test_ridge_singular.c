/* Systems that are not positive definite: the status, the pivot's row, a remedy; never NaN and never garbage. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(1)

static ntk_kernel *kernel_of(int32_t kind, int32_t part)
{
    oracle_kernel oracle = {kind, 0, NTK_INIT(ntk_kernel_options)};
    oracle.options.part = part;
    return oracle_kernel_create(context, &oracle);
}

static ntk_status fit(ntk_ridge **ridge, const ntk_kernel *kernel, const double *xs, int64_t n, int64_t d, double lambda,
                      int32_t storage, int32_t dtype)
{
    double *ys = oracle_memory(n, sizeof *ys);
    uint64_t state = (uint64_t)n;
    for (int64_t i = 0; i < n; i++) ys[i] = oracle_normal(&state);
    test_array x = oracle_array(xs, n, d, 0, dtype), y = oracle_array(ys, n, 1, 0, dtype);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = NTK_RIDGE_DUAL;
    options.storage = storage;
    ntk_status status = ntk_ridge_create(context, ridge, kernel, &x.view, &y.view, lambda, &options);
    test_array_free(&x);
    test_array_free(&y);
    free(ys);
    return status;
}

/* The sentence names row (counted from 0 or from 1) as a number of its own, and says what to do. */
static void names_row_and_remedy(int64_t row)
{
    const char *sentence = ntk_error_message();
    int found = 0;
    for (const char *p = sentence; *p; p++) {
        char *end;
        if (*p < '0' || *p > '9' || (p > sentence && ((p[-1] >= '0' && p[-1] <= '9') || p[-1] == '.'))) continue;
        long long number = strtoll(p, &end, 10);
        found |= *end != 'e' && (number == row || number == row + 1);
    }
    ck_assert_msg(found, "row %lld in \"%s\"", (long long)row, sentence);
    ck_assert_msg(strstr(sentence, "lambda") != NULL, "a remedy in \"%s\"", sentence);
}

static void refused(const ntk_kernel *kernel, const double *x, int64_t n, int64_t d, double lambda, int64_t row,
                    const char *what)
{
    for (int c = 0; c < 4; c++) {
        ntk_ridge *ridge = NULL;
        int32_t dtype = c & 1 ? NTK_F32 : NTK_F64;
        ntk_status status = fit(&ridge, kernel, x, n, d, lambda, c >> 1, dtype);
        ck_assert_msg(status == NTK_ERR_SINGULAR, "%s, n %lld d %lld lambda %g storage %d f%d: %s", what, (long long)n,
                      (long long)d, lambda, c >> 1, dtype == NTK_F32 ? 32 : 64, ntk_status_name(status));
        ck_assert_ptr_null(ridge);
        if (row >= 0) names_row_and_remedy(row);
    }
}

/* one exact copy among well-separated samples: the pivot of its second appearance vanishes, whatever n and the seed */
START_TEST(a_duplicate)
{
    uint64_t state = test_seed(81) + (uint64_t)_i;
    for (int trial = 0; trial < 60; trial++) {
        int64_t n = 2 + oracle_integer(&state, _i ? 40 : 8), d = n + 3;
        int64_t first = oracle_integer(&state, n - 1), second = first + 1 + oracle_integer(&state, n - 1 - first);
        double *x = oracle_samples(n, d, NTK_F32, &state);
        memcpy(x + second * d, x + first * d, (size_t)d * sizeof *x);
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
            ntk_kernel *kernel = kernel_of(trial % 2 ? NTK_ERF : NTK_RELU, part);
            refused(kernel, x, n, d, 0, second, "duplicate");
            refused(kernel, x, n, d, 1e-300, second, "duplicate");
            ntk_kernel_destroy(kernel);
        }
        free(x);
    }
}
END_TEST

/* the same in a large system, past several tiles of the factorization */
START_TEST(a_duplicate_behind_several_tiles)
{
    uint64_t state = test_seed(82);
    int64_t n = 1100, d = 1300, first = 37, second = 1080;
    double *x = oracle_samples(n, d, NTK_F32, &state);
    memcpy(x + second * d, x + first * d, (size_t)d * sizeof *x);
    ntk_kernel *kernel = kernel_of(NTK_RELU, NTK_PART_NT);
    refused(kernel, x, n, d, 0, second, "duplicate");
    ntk_kernel_destroy(kernel);
    free(x);
}
END_TEST

/* many copies: the first repeated one is named */
START_TEST(every_sample_twice)
{
    uint64_t state = test_seed(83);
    for (int64_t n = 2; n <= 80; n += 6) {
        int64_t d = n + 5;
        double *x = oracle_samples(n, d, NTK_F32, &state);
        memcpy(x + n / 2 * d, x, (size_t)(n / 2 * d) * sizeof *x);
        ntk_kernel *kernel = kernel_of(NTK_RELU, NTK_PART_BOTH);
        refused(kernel, x, n, d, 0, n / 2, "every sample twice");
        ntk_kernel_destroy(kernel);
        free(x);
    }
}
END_TEST

/* parallel samples of a bias-free ReLU kernel; a zero vector; a kernel that is 0 */
START_TEST(other_singular_systems)
{
    uint64_t state = test_seed(84);
    int64_t n = 10, d = 20;
    double *x = oracle_samples(n, d, NTK_F32, &state);
    ntk_kernel *relu = kernel_of(NTK_RELU, NTK_PART_BOTH), *step = kernel_of(NTK_STEP, NTK_PART_NT);
    for (int64_t k = 0; k < d; k++) x[7 * d + k] = 4 * x[2 * d + k];
    refused(relu, x, n, d, 0, 7, "parallel samples");
    for (int64_t k = 0; k < d; k++) x[4 * d + k] = 0;
    refused(relu, x, n, d, 0, 4, "zero sample");
    refused(step, x, n, d, 0, 0, "zero kernel");
    ntk_kernel_destroy(relu);
    ntk_kernel_destroy(step);
    free(x);
}
END_TEST

/* K_N of N neurons has rank N: with many more samples than that some pivot drowns in rounding, and the call says so */
START_TEST(more_samples_than_features)
{
    uint64_t state = test_seed(85);
    for (uint64_t seed = 0; seed < 40; seed++) {
        int64_t n = 60, d = 5;
        ntk_kernel *kernel = oracle_finite_create(context, NTK_ERF, d, 8, seed, NTK_PART_RF);
        double *x = oracle_samples(n, d, NTK_F32, &state);
        refused(kernel, x, n, d, 0, -1, "more samples than features");
        free(x);
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

/* the primal's own singularity: fewer samples than features, lambda = 0 */
START_TEST(more_features_than_samples)
{
    uint64_t state = test_seed(86);
    ntk_activation *activation = oracle_activation_create(context, NTK_ERF, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    int64_t n = 10, d = 4;
    options.inputs = d;
    options.hidden = 50;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    double *xs = oracle_samples(n, d, NTK_F64, &state);
    test_array x = oracle_array(xs, n, d, 0, NTK_F64), y = oracle_array(xs, n, 1, 0, NTK_F64);
    ntk_ridge *ridge = NULL;
    CHECK_STATUS(ntk_ridge_create_primal(context, &ridge, features, &x.view, &y.view, 0, NULL), NTK_ERR_SINGULAR);
    ck_assert_ptr_null(ridge);
    CHECK_MESSAGE("lambda");
    test_array_free(&x);
    test_array_free(&y);
    free(xs);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
}
END_TEST

/* a small lambda makes duplicates a proper system again, and the answer satisfies it */
START_TEST(small_lambda_with_duplicates)
{
    uint64_t state = test_seed(87);
    int64_t n = 30, d = 40;
    double *xs = oracle_samples(n, d, NTK_F64, &state), *ys = oracle_samples(n, 1, NTK_F64, &state), lambda = 1e-8;
    for (int64_t i = 15; i < n; i++) memcpy(xs + i * d, xs + (i - 15) * d, (size_t)d * sizeof *xs);
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    test_array x = oracle_array(xs, n, d, 0, NTK_F64), y = oracle_array(ys, n, 1, 0, NTK_F64);
    test_array alpha = test_array_make(n, 1, 0, NTK_F64);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_ridge *ridge = NULL;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.view, &y.view, lambda, NULL));
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    ck_assert_msg(report.smallest_pivot > 1e-9 && report.smallest_pivot < 1e-7, "smallest pivot %g", report.smallest_pivot);
    for (int64_t i = 0; i < n; i++) {
        long double residual = (long double)lambda * (long double)test_get(&alpha.view, i, 0) - (long double)ys[i], bound = 0;
        for (int64_t j = 0; j < n; j++) {
            oracle_value K = oracle_infinite(&oracle, xs + i * d, xs + j * d, d, 0x1p-53);
            residual += K.value * (long double)test_get(&alpha.view, j, 0);
            bound += (K.bound + 3 * (long double)n * 0x1p-53L) * fabsl((long double)test_get(&alpha.view, j, 0));
        }
        ck_assert_msg(fabsl(residual) <= bound, "row %lld: %.3Lg > %.3Lg", (long long)i, residual, bound);
    }
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&alpha);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    free(xs);
    free(ys);
}
END_TEST

/* Two samples at a small angle e: the second squared pivot is e^2 of its entry, and 4 sqrt(2) unit roundoffs, 2^-50.5 and
 * 2^-21.5, are too few of it.  What is 20 times as large is accepted, and reported. */
START_TEST(the_smallest_pivot_that_is_accepted)
{
    ntk_kernel *kernel = kernel_of(NTK_IDENTITY, NTK_PART_RF);
    for (int c = 0; c < 4; c++) {
        int32_t dtype = c & 1 ? NTK_F32 : NTK_F64;
        double x[] = {1, 0, 1, dtype == NTK_F64 ? 0x1p-23 : 0x1p-8}, pivot = x[3] * x[3];
        ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
        ntk_ridge *ridge = NULL;
        CHECK_OK(fit(&ridge, kernel, x, 2, 2, 0, c >> 1, dtype));
        CHECK_OK(ntk_ridge_summary(ridge, &report));
        ck_assert_msg(fabs(report.smallest_pivot / pivot - 1) < 0.25, "pivot %g, not %g", report.smallest_pivot, pivot);
        ntk_ridge_destroy(ridge);
        ridge = NULL;
        x[3] = dtype == NTK_F64 ? 0x1p-27 : 0x1p-12;
        CHECK_STATUS(fit(&ridge, kernel, x, 2, 2, 0, c >> 1, dtype), NTK_ERR_SINGULAR);
        ck_assert_ptr_null(ridge);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge singular");
    TCase *singular = test_case(suite, "singular");
    tcase_add_checked_fixture(singular, setup, teardown);
    tcase_add_loop_test(singular, a_duplicate, 0, 2);
    tcase_add_test(singular, a_duplicate_behind_several_tiles);
    tcase_add_test(singular, every_sample_twice);
    tcase_add_test(singular, other_singular_systems);
    tcase_add_test(singular, more_samples_than_features);
    tcase_add_test(singular, more_features_than_samples);
    tcase_add_test(singular, small_lambda_with_duplicates);
    tcase_add_test(singular, the_smallest_pivot_that_is_accepted);
    return test_run(suite);
}
