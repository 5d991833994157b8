/* Monte Carlo kernels: means of finite kernels, their standard errors, and what they estimate. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

static const int32_t dtypes[] = {NTK_F64, NTK_F32};

TEST_CONTEXT_FIXTURE(2)

static ntk_network_options describe(int64_t d, int64_t N, uint64_t seed)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = d;
    options.hidden = N;
    options.seed = seed;
    return options;
}

static ntk_kernel *monte_carlo(int32_t kind, int64_t networks, int32_t part, const ntk_network_options *options)
{
    ntk_activation *activation = oracle_activation_create(context, kind, 0);
    ntk_kernel *kernel = NULL;
    CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, activation, networks, part, options));
    ntk_activation_destroy(activation);
    return kernel;
}

/* The kernel of network r as a user would make it from the header's words. */
static ntk_kernel *kernel_of(int32_t kind, int64_t r, int32_t part, ntk_network_options options)
{
    options.seed += (uint64_t)r * UINT64_C(0x9E3779B97F4A7C15);
    ntk_network *network = oracle_network_create(context, kind, 0, &options);
    ntk_kernel *kernel = oracle_finite_of(context, network, part);
    ntk_network_destroy(network);
    return kernel;
}

/* Mean and standard error, entry by entry, in two passes over all networks' blocks. */
typedef struct explicit_sample {
    long double *mean, *error;
} explicit_sample;

static explicit_sample explicit_of(int32_t kind, int64_t R, int32_t part, const ntk_network_options *options,
                                   const ntk_matrix *x1, const ntk_matrix *x2)
{
    int64_t count = x1->rows * x2->rows;
    explicit_sample s = {oracle_memory(count, sizeof(long double)), oracle_memory(count, sizeof(long double))};
    double *all = oracle_memory(R * count, sizeof *all);
    for (int64_t r = 0; r < R; r++) {
        ntk_kernel *kernel = kernel_of(kind, r, part, *options);
        ntk_matrix K = ntk_matrix_f64(all + r * count, x1->rows, x2->rows);
        CHECK_OK(ntk_kernel_block(kernel, &K, x1, x2));
        ntk_kernel_destroy(kernel);
    }
    for (int64_t i = 0; i < count; i++) {
        s.mean[i] = s.error[i] = 0;
        for (int64_t r = 0; r < R; r++) s.mean[i] += (long double)all[r * count + i] / (long double)R;
        for (int64_t r = 0; r < R; r++) {
            long double gap = (long double)all[r * count + i] - s.mean[i];
            s.error[i] += gap * gap;
        }
        s.error[i] = R > 1 ? sqrtl(s.error[i] / (long double)(R * (R - 1))) : 0;
    }
    free(all);
    return s;
}

static void explicit_free(explicit_sample *s)
{
    free(s->mean);
    free(s->error);
}

/* What rounding may do to an entry of the mean or of one network: gemm's sums of N R products, relative to the largest entries,
 * which bound their sizes by Cauchy and Schwarz; u itself rounds, by d products. */
static long double rounding(const test_array *diagonal, int64_t i, int64_t j, int64_t d, int64_t neurons, int32_t dtype)
{
    long double size = sqrtl((long double)test_get(&diagonal[0].view, i, 0) * (long double)test_get(&diagonal[1].view, j, 0));
    return (long double)oracle_roundoff(dtype) * size * (sqrtl((long double)neurons) + 8 * sqrtl((long double)d) + 64);
}

typedef struct mean_case {
    int32_t kind;
    int64_t R, N;
    int32_t part, output_weights, hidden_law;
    bool antisymmetric;
} mean_case;

/* erf's derivative is continuous, so that rounding of u cannot flip a gate; ReLU's gates at these seeds do not flip either */
static const mean_case mean_cases[] = {
    {NTK_ERF, 1, 16, NTK_PART_BOTH, NTK_OUTPUT_SIGNS, NTK_HIDDEN_GAUSSIAN, false},
    {NTK_ERF, 2, 1, NTK_PART_RF, NTK_OUTPUT_SIGNS, NTK_HIDDEN_GAUSSIAN, false},
    {NTK_ERF, 7, 33, NTK_PART_NT, NTK_OUTPUT_GAUSSIAN, NTK_HIDDEN_SPHERE, false},
    {NTK_GELU, 5, 24, NTK_PART_BOTH, NTK_OUTPUT_GAUSSIAN, NTK_HIDDEN_GAUSSIAN, true},
    {NTK_RELU, 6, 70, NTK_PART_BOTH, NTK_OUTPUT_SIGNS, NTK_HIDDEN_GAUSSIAN, false},
    {NTK_RELU, 3, 129, NTK_PART_NT, NTK_OUTPUT_GAUSSIAN, NTK_HIDDEN_GAUSSIAN, false},
};
enum { MEAN_CASES = sizeof mean_cases / sizeof mean_cases[0] };

static void compare_error(const explicit_sample *want, const ntk_kernel *kernel, const test_array *x1, const test_array *x2,
                          const test_array *diagonal, const mean_case *c, int64_t d, int32_t dtype)
{
    int64_t n1 = x1->view.rows, n2 = x2->view.rows;
    test_array error = test_array_make(n1, n2, 3, dtype);
    CHECK_OK(ntk_kernel_block_error(kernel, &error.view, &x1->view, &x2->view));
    ck_assert(test_array_is_written(&error));
    for (int64_t i = 0; i < n1; i++)
        for (int64_t j = 0; j < n2; j++) {
            /* the root of R squares of entries, over R: as one entry, and one network's entries are up to R times the mean's */
            long double bound = rounding(diagonal, i, j, d, c->N, dtype) * (long double)c->R;
            long double gap = fabsl((long double)test_get(&error.view, i, j) - want->error[i * n2 + j]);
            ck_assert_msg(gap <= bound, "%s: error[%d][%d] is %.17g, not %.17Lg: off by %.2Lg, bound %.2Lg",
                          oracle_kind_name(c->kind), (int)i, (int)j, test_get(&error.view, i, j), want->error[i * n2 + j], gap,
                          bound);
        }
    test_array_free(&error);
}

START_TEST(means_and_errors_of_explicit_networks)
{
    const mean_case *c = &mean_cases[_i];
    uint64_t state = test_seed(171) + (uint64_t)_i;
    int64_t n1 = 9, n2 = 14, d = 5;
    ntk_network_options options = describe(d, c->N, 40 + (uint64_t)_i);
    options.output_weights = c->output_weights;
    options.hidden_law = c->hidden_law;
    options.antisymmetric = c->antisymmetric;
    options.weight_scale = 1.25;
    ntk_kernel *kernel = monte_carlo(c->kind, c->R, c->part, &options);
    for (int k = 0; k < 2; k++) {
        int32_t dtype = dtypes[k];
        double *a = oracle_samples(n1, d, dtype, &state), *b = oracle_samples(n2, d, dtype, &state);
        test_array x1 = oracle_array(a, n1, d, 1, dtype), x2 = oracle_array(b, n2, d, 0, dtype);
        test_array K = test_array_make(n1, n2, 2, dtype);
        test_array diagonal[] = {test_array_make(n1, 1, 0, dtype), test_array_make(n2, 1, 0, dtype)};
        explicit_sample want = explicit_of(c->kind, c->R, c->part, &options, &x1.view, &x2.view);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1.view, &x2.view));
        CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal[0].view, &x1.view));
        CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal[1].view, &x2.view));
        for (int64_t i = 0; i < n1; i++)
            for (int64_t j = 0; j < n2; j++) {
                long double gap = fabsl((long double)test_get(&K.view, i, j) - want.mean[i * n2 + j]);
                ck_assert(gap <= rounding(diagonal, i, j, d, c->N * c->R, dtype));
            }
        if (c->R > 1) compare_error(&want, kernel, &x1, &x2, diagonal, c, d, dtype);
        explicit_free(&want);
        test_array_free(&x1);
        test_array_free(&x2);
        test_array_free(&K);
        test_array_free(&diagonal[0]);
        test_array_free(&diagonal[1]);
        free(a);
        free(b);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* The finite kernel of Gaussian weights is unbiased at every N, so that the distance from the limit in standard errors is Student's
 * with R - 1 = 255 degrees of freedom, near the normal law.  Samples are orthogonal to each other in pairs only by chance, and the
 * entries of one matrix depend on each other; over 6 kernels of 45 entries 4.5 errors are passed by chance once in 500 seeds, and
 * the seed is fixed.  The mean square of the distances is 1, but for fluctuations: the spread of the errors is right, too. */
START_TEST(unbiased_within_the_errors)
{
    enum { n = 9, d = 6, R = 256 };
    uint64_t state = test_seed(172);
    double squares = 0, entries = 0;
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
        for (int32_t law = NTK_OUTPUT_SIGNS; law <= NTK_OUTPUT_GAUSSIAN; law++) {
            ntk_network_options options = describe(d, 16, 5 + (uint64_t)(10 * _i + 3 * law + part));
            ntk_kernel_options limit = NTK_INIT(ntk_kernel_options);
            options.output_weights = law;
            /* exp of a wide u is so skewed that 4096 neurons are far from a normal law */
            options.weight_scale = limit.weight_scale = _i == NTK_EXP ? 0.5 : 1.5;
            limit.part = part;
            double *x = oracle_samples(n, d, NTK_F64, &state);
            test_array a = oracle_array(x, n, d, 0, NTK_F64), mean = test_array_make(n, n, 0, NTK_F64),
                       error = test_array_make(n, n, 0, NTK_F64), K = test_array_make(n, n, 0, NTK_F64);
            ntk_kernel *kernel = monte_carlo(_i, R, part, &options), *infinite = NULL;
            ntk_activation *activation = oracle_activation_create(context, _i, 0);
            CHECK_OK(ntk_kernel_create_infinite(context, &infinite, activation, &limit));
            CHECK_OK(ntk_kernel_block(kernel, &mean.view, &a.view, &a.view));
            CHECK_OK(ntk_kernel_block_error(kernel, &error.view, &a.view, &a.view));
            CHECK_OK(ntk_kernel_block(infinite, &K.view, &a.view, &a.view));
            for (int64_t i = 0; i < n; i++)
                for (int64_t j = 0; j <= i; j++) {
                    double off = test_get(&mean.view, i, j) - test_get(&K.view, i, j), unit = test_get(&error.view, i, j);
                    /* some entries are the same for all networks, such as |u|'s K^NT of a sample with itself */
                    double rounding = 0x1p-44 * sqrt(test_get(&K.view, i, i) * test_get(&K.view, j, j));
                    ck_assert_msg(fabs(off) <= 4.5 * unit + rounding, "%s part %d: [%d][%d] is %.2f standard errors off",
                                  oracle_kind_name(_i), (int)part, (int)i, (int)j, off / unit);
                    if (unit <= rounding) continue;
                    squares += off / unit * (off / unit);
                    entries++;
                }
            ntk_activation_destroy(activation);
            ntk_kernel_destroy(kernel);
            ntk_kernel_destroy(infinite);
            test_array_free(&a);
            test_array_free(&mean);
            test_array_free(&error);
            test_array_free(&K);
            free(x);
        }
    /* between 0.48 and 1.98 for every activation and each of 30 seeds */
    ck_assert_msg(squares / entries > 1. / 3 && squares / entries < 3, "%s: mean square %.3f", oracle_kind_name(_i),
                  squares / entries);
}
END_TEST

/* Four times the networks halve the errors: s itself is known to 1/sqrt(2 (R - 1)) for a normal K_r, 6 % at R = 150, and less well
 * for its heavier tails; over a block's entries the ratio's median is within a tenth. */
START_TEST(errors_halve)
{
    enum { n = 12, d = 5, R = 150 };
    uint64_t state = test_seed(173);
    double *x = oracle_samples(n, d, NTK_F64, &state), mean = 0;
    test_array a = oracle_array(x, n, d, 0, NTK_F64), few = test_array_make(n, n, 0, NTK_F64),
               many = test_array_make(n, n, 0, NTK_F64);
    ntk_network_options options = describe(d, 32, 77);
    ntk_kernel *small = monte_carlo(NTK_RELU, R, NTK_PART_BOTH, &options), *large;
    large = monte_carlo(NTK_RELU, 4 * R, NTK_PART_BOTH, &options);
    CHECK_OK(ntk_kernel_block_error(small, &few.view, &a.view, &a.view));
    CHECK_OK(ntk_kernel_block_error(large, &many.view, &a.view, &a.view));
    for (int64_t i = 0; i < n * n; i++) mean += log(test_get(&few.view, i / n, i % n) / test_get(&many.view, i / n, i % n));
    mean = exp(mean / (n * n));
    ck_assert_msg(fabs(mean - 2) < 0.2, "errors of %d and %d networks have the ratio %.3f", R, 4 * R, mean);
    test_array_free(&a);
    test_array_free(&few);
    test_array_free(&many);
    ntk_kernel_destroy(small);
    ntk_kernel_destroy(large);
    free(x);
}
END_TEST

/* Of samples with themselves, in several squares, the errors are those with a copy of them, but that they are symmetric to the bit. */
START_TEST(themselves)
{
    enum { n = 2070, d = 2, R = 3 };
    ntk_network_options options = describe(d, 8, 78);
    ntk_kernel *kernel = monte_carlo(NTK_ERF, R, NTK_PART_BOTH, &options);
    test_array a = test_array_make(n, d, 0, NTK_F64), b = test_array_make(n, d, 0, NTK_F64),
               own = test_array_make(n, n, 1, NTK_F64), other = test_array_make(n, n, 0, NTK_F64);
    test_array_fill(&a, 9);
    test_array_fill(&b, 9);
    CHECK_OK(ntk_kernel_block_error(kernel, &own.view, &a.view, &a.view));
    CHECK_OK(ntk_kernel_block_error(kernel, &other.view, &a.view, &b.view));
    ck_assert(test_array_is_written(&own));
    for (int64_t e = 0; e < (int64_t)n * n; e += e % n < 40 ? 1 : 37) {
        int64_t i = e / n, j = e % n;
        double got = test_get(&own.view, i, j), want = test_get(&other.view, i, j);
        ck_assert(got == test_get(&own.view, j, i));
        /* a hundred roundings of kernels below 10 in size */
        ck_assert_msg(fabs(got - want) <= 1e-13, "(%d, %d) is %.17g, not %.17g", (int)i, (int)j, got, want);
    }
    test_array *arrays[] = {&a, &b, &own, &other};
    for (int k = 0; k < 4; k++) test_array_free(arrays[k]);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* The errors of samples whose kernels' squares are not representable, of zero samples, and of ones that cannot be. */
START_TEST(extreme_samples)
{
    enum { n = 4, d = 3, R = 5 };
    uint64_t state = test_seed(174);
    double *x = oracle_samples(n, d, NTK_F64, &state);
    test_array a = oracle_array(x, n, d, 0, NTK_F64), error = test_array_make(n, n, 0, NTK_F64),
               scaled = test_array_make(n, n, 0, NTK_F64);
    ntk_network_options options = describe(d, 20, 9);
    ntk_kernel *relu = monte_carlo(NTK_RELU, R, NTK_PART_BOTH, &options);
    CHECK_OK(ntk_kernel_block_error(relu, &error.view, &a.view, &a.view));
    const int powers[] = {-400, 400};
    for (int k = 0; k < 2; k++) {
        test_array b = test_array_make(n, d, 0, NTK_F64);
        for (int64_t i = 0; i < n * d; i++) test_set(&b.view, i / d, i % d, ldexp(x[i], powers[k]));
        CHECK_OK(ntk_kernel_block_error(relu, &scaled.view, &b.view, &b.view));
        /* powers of two scale every number of the calculation, and change no rounding */
        for (int64_t i = 0; i < n * n; i++)
            ck_assert(test_get(&scaled.view, i / n, i % n) == ldexp(test_get(&error.view, i / n, i % n), 2 * powers[k]));
        for (int64_t c = 0; c < d; c++) test_set(&b.view, 1, c, 0);
        CHECK_OK(ntk_kernel_block_error(relu, &scaled.view, &b.view, &b.view));
        for (int64_t i = 0; i < n; i++) ck_assert(test_get(&scaled.view, 1, i) == 0 && test_get(&scaled.view, i, 1) == 0);
        for (int64_t i = 0; i < n * d; i++) test_set(&b.view, i / d, i % d, ldexp(x[i], 520));
        test_array_poison(&scaled);
        CHECK_STATUS(ntk_kernel_block_error(relu, &scaled.view, &b.view, &b.view), NTK_ERR_OVERFLOW);
        ck_assert(test_array_is_poison(&scaled));
        test_array_free(&b);
    }
    ntk_kernel_destroy(relu);
    test_array_free(&a);
    test_array_free(&error);
    test_array_free(&scaled);
    free(x);
}
END_TEST

/* More rows than are in work at a time, and every number of threads: the same errors wherever an entry lies. */
START_TEST(squares_and_threads)
{
    enum { n1 = 2100, n2 = 7, d = 2, R = 3 };
    uint64_t state = test_seed(175);
    double *x = oracle_samples(n1, d, NTK_F64, &state);
    test_array a = oracle_array(x, n1, d, 0, NTK_F64), b = oracle_array(x, n2, d, 0, NTK_F64),
               tail = oracle_array(x + 2048 * d, n1 - 2048, d, 0, NTK_F64), first = test_array_make(n1, n2, 1, NTK_F64),
               other = test_array_make(n1, n2, 1, NTK_F64), rest = test_array_make(n1 - 2048, n2, 1, NTK_F64);
    ntk_network_options options = describe(d, 40, 10);
    for (int32_t threads = 1; threads <= 7; threads += 3) {
        ntk_context *own = test_context(threads, NULL);
        ntk_activation *activation = oracle_activation_create(own, NTK_ERF, 0);
        ntk_kernel *kernel = NULL;
        CHECK_OK(ntk_kernel_create_monte_carlo(own, &kernel, activation, R, NTK_PART_BOTH, &options));
        CHECK_OK(ntk_kernel_block_error(kernel, threads == 1 ? &first.view : &other.view, &a.view, &b.view));
        ck_assert(threads == 1 || test_same_bits(&first.view, &other.view));
        CHECK_OK(ntk_kernel_block_error(kernel, &rest.view, &tail.view, &b.view));
        for (int64_t i = 2048; i < n1; i++)
            for (int64_t j = 0; j < n2; j++) ck_assert(test_get(&first.view, i, j) == test_get(&rest.view, i - 2048, j));
        ntk_kernel_destroy(kernel);
        ntk_activation_destroy(activation);
        ntk_context_destroy(own);
    }
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&tail);
    test_array_free(&first);
    test_array_free(&other);
    test_array_free(&rest);
    free(x);
}
END_TEST

START_TEST(kernels_without_errors)
{
    ntk_network_options options = describe(3, 4, 1);
    ntk_kernel *one = monte_carlo(NTK_ERF, 1, NTK_PART_BOTH, &options), *finite, *infinite;
    finite = kernel_of(NTK_ERF, 0, NTK_PART_BOTH, options);
    ntk_activation *erf = oracle_activation_create(context, NTK_ERF, 0);
    CHECK_OK(ntk_kernel_create_infinite(context, &infinite, erf, NULL));
    ntk_kernel *const all[] = {one, finite, infinite};
    test_array x = test_array_make(2, 3, 0, NTK_F64), out = test_array_make(2, 2, 0, NTK_F64),
               same = test_array_make(2, 2, 0, NTK_F64);
    test_array_fill(&x, 3);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(ntk_kernel_block_error(all[i], &out.view, &x.view, &x.view), NTK_ERR_UNSUPPORTED);
        CHECK_MESSAGE("at least two networks");
        ck_assert(test_array_is_poison(&out));
    }
    /* one network of a Monte Carlo kernel is that of the options */
    CHECK_OK(ntk_kernel_block(one, &out.view, &x.view, &x.view));
    CHECK_OK(ntk_kernel_block(finite, &same.view, &x.view, &x.view));
    ck_assert(test_same_bits(&out.view, &same.view));
    for (int i = 0; i < 3; i++) ntk_kernel_destroy(all[i]);
    ntk_activation_destroy(erf);
    test_array_free(&x);
    test_array_free(&out);
    test_array_free(&same);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel monte carlo");
    TCase *tests = test_case(suite, "monte carlo");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, means_and_errors_of_explicit_networks, 0, MEAN_CASES);
    tcase_add_loop_test(tests, unbiased_within_the_errors, NTK_RELU, NTK_EXP + 1);
    tcase_add_test(tests, errors_halve);
    tcase_add_test(tests, themselves);
    tcase_add_test(tests, extreme_samples);
    tcase_add_test(tests, squares_and_threads);
    tcase_add_test(tests, kernels_without_errors);
    return test_run(suite);
}
