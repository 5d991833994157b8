/* Hyperparameters chosen by the data: what is known to be right is found, bounds and held numbers are kept, and searches are the
 * same whatever the threads. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { MOST = 16 };

/* --- data and kernels --- */

typedef struct scene {
    int64_t n, d;
    double *xs, *ys;
    ntk_matrix x, y;
} scene;

static scene scene_make(int64_t n, int64_t d, uint64_t seed)
{
    scene s = {.n = n, .d = d};
    s.xs = oracle_samples(n, d, NTK_F64, &seed);
    s.ys = oracle_samples(n, 1, NTK_F64, &seed);
    s.x = ntk_matrix_const_f64(s.xs, n, d);
    s.y = ntk_matrix_const_f64(s.ys, n, 1);
    return s;
}

static void scene_free(scene *s)
{
    free(s->xs);
    free(s->ys);
}

/* y = sin 2 x_0 + cos(2 x_1) / 2 + noise */
static scene scene_curved(int64_t n, int64_t d, double noise, uint64_t seed)
{
    scene s = scene_make(n, d, seed);
    for (int64_t i = 0; i < n; i++) s.ys[i] = sin(2 * s.xs[i * d]) + 0.5 * cos(2 * s.xs[i * d + 1]) + noise * s.ys[i];
    return s;
}

static ntk_kernel *infinite(ntk_context *of, int32_t kind, int32_t part)
{
    ntk_activation *activation;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = part;
    options.bias_scale = 1;
    CHECK_OK(ntk_activation_create(of, &activation, kind, NULL));
    CHECK_OK(ntk_kernel_create_infinite(of, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return kernel;
}

static ntk_kernel *ard(ntk_context *of, int64_t d)
{
    double ones[MOST];
    ntk_kernel *base = infinite(of, NTK_ERF, NTK_PART_RF), *kernel;
    ntk_matrix scales = ntk_matrix_f64(ones, 1, d);
    for (int64_t k = 0; k < d; k++) ones[k] = 1;
    CHECK_OK(ntk_kernel_create_ard(of, &kernel, base, &scales));
    ntk_kernel_destroy(base);
    return kernel;
}

/* K^RF + K^NT, of two activations */
static ntk_kernel *sum(ntk_context *of)
{
    ntk_kernel *kernel, *parts[] = {infinite(of, NTK_ERF, NTK_PART_RF), infinite(of, NTK_RELU, NTK_PART_NT)};
    CHECK_OK(ntk_kernel_create_sum(of, &kernel, (const ntk_kernel *const *)parts, NULL, 2));
    ntk_kernel_destroy(parts[0]);
    ntk_kernel_destroy(parts[1]);
    return kernel;
}

static int64_t values_of(const ntk_kernel *kernel, double *numbers)
{
    int64_t count;
    CHECK_OK(ntk_kernel_scales(kernel, &count));
    ck_assert_int_lt(count, MOST);
    ntk_matrix values = ntk_matrix_f64(numbers, count, 1);
    CHECK_OK(ntk_kernel_scale_values(kernel, &values));
    return count;
}

static double evidence_of(const scene *s, const ntk_kernel *kernel, double lambda)
{
    ntk_ridge *ridge;
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &s->x, &s->y, lambda, NULL));
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    ntk_ridge_destroy(ridge);
    return report.log_evidence;
}

/* --- data drawn from the model --- */

/* y ~ N(0, A), A = K + lambda I; *inverse receives A^-1 */
static void draw_targets(const scene *s, const ntk_kernel *kernel, double lambda, uint64_t *state, long double *inverse)
{
    int64_t n = s->n;
    double *K = oracle_memory(n * n, sizeof *K), *L = oracle_memory(n * n, sizeof *L);
    long double *A = oracle_memory(n * n, sizeof *A);
    ntk_matrix out = ntk_matrix_f64(K, n, n);
    CHECK_OK(ntk_kernel_block(kernel, &out, &s->x, &s->x));
    for (int64_t i = 0; i < n * n; i++) A[i] = K[i] + (i % (n + 1) == 0 ? lambda : 0);
    oracle_inverse(inverse, A, n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++) {
            double rest = (double)A[i * n + j];
            for (int64_t k = 0; k < j; k++) rest -= L[i * n + k] * L[j * n + k];
            L[i * n + j] = i == j ? sqrt(rest) : rest / L[j * n + j];
        }
    double *xi = oracle_samples(n, 1, NTK_F64, state);
    for (int64_t i = 0; i < n; i++) {
        s->ys[i] = 0;
        for (int64_t k = 0; k <= i; k++) s->ys[i] += L[i * n + k] * xi[k];
    }
    free(xi);
    free(K);
    free(L);
    free(A);
}

/* Variances of the estimates of log v and log lambda, of A = v K + lambda I: with C = lambda A^-1 and B = 1 - C the information is
 * [tr BB, tr BC; tr BC, tr CC] / 2. */
static void find_variances(const long double *inverse, int64_t n, double lambda, double *of_scale, double *of_lambda)
{
    double C = 0, CC = 0;
    for (int64_t i = 0; i < n * n; i++) {
        double c = lambda * (double)inverse[i];
        if (i % (n + 1) == 0) C += c;
        CC += c * c;
    }
    double BB = (double)n - 2 * C + CC, BC = C - CC, determinant = (BB * CC - BC * BC) / 2;
    *of_scale = CC / determinant;
    *of_lambda = BB / determinant;
}

/* The most evident output scale and lambda are within five standard errors of the true ones, and at least as evident. */
START_TEST(truth)
{
    enum { N = 120 };
    const double lambda = 0.02;
    uint64_t state = test_seed(921);
    scene s = scene_make(N, 2, state);
    long double *inverse = oracle_memory(N * N, sizeof *inverse);
    ntk_kernel *kernel = infinite(context, NTK_ERF, NTK_PART_BOTH), *true_kernel, *found;
    double numbers[MOST], held[MOST] = {1, 1, 0, 1, 0}, of_scale, of_lambda;
    values_of(kernel, numbers);
    numbers[2] = 2;
    ntk_matrix values = ntk_matrix_f64(numbers, 4, 1), Held = ntk_matrix_f64(held, 5, 1);
    CHECK_OK(ntk_kernel_create_scaled(context, &true_kernel, kernel, &values));
    draw_targets(&s, true_kernel, lambda, &state, inverse);
    find_variances(inverse, N, lambda, &of_scale, &of_lambda);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    options.held = &Held;
    CHECK_OK(ntk_ridge_optimise(context, NULL, &found, &report, kernel, &s.x, &s.y, 1, NTK_CRITERION_EVIDENCE, &options));
    values_of(found, numbers);
    /* the output bias is 0 */
    ck_assert_int_eq(report.free, 2);
    ck_assert_double_eq(numbers[0], 1);
    ck_assert_msg(fabs(2 * log(numbers[2] / 2)) < 5 * sqrt(of_scale), "scale %g, of 2", numbers[2]);
    ck_assert_msg(fabs(log(report.lambda / lambda)) < 5 * sqrt(of_lambda), "lambda %g, of %g", report.lambda, lambda);
    double there = evidence_of(&s, true_kernel, lambda);
    ck_assert_msg(report.best > there, "%.10g at the best, %.10g at the truth", report.best, there);
    ck_assert_double_eq_tol(report.best, evidence_of(&s, found, report.lambda), 1e-9 * fabs(report.best));
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(true_kernel);
    ntk_kernel_destroy(found);
    free(inverse);
    scene_free(&s);
}
END_TEST

/* --- what does not matter --- */

/* Two of five inputs matter: the scales of the others go to their lower bounds, which the note says. */
START_TEST(irrelevant_inputs)
{
    enum { D = 5 };
    scene s = scene_curved(120, D, 0.01, 922);
    ntk_kernel *kernel = ard(context, D), *found;
    /* the weight scale, which multiplies them all, is held */
    double numbers[MOST], lower[MOST] = {0.01, 0.01, 0.01, 0.01, 0.01}, held[MOST] = {0, 0, 0, 0, 0, 1};
    ntk_matrix Lower = ntk_matrix_f64(lower, D + 5, 1), Held = ntk_matrix_f64(held, D + 5, 1);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    ntk_ridge *ridge;
    options.lower = &Lower;
    options.held = &Held;
    CHECK_STATUS(
        ntk_ridge_optimise(context, &ridge, &found, &report, kernel, &s.x, &s.y, 0.1, NTK_CRITERION_EVIDENCE, &options),
        NTK_NOTE_AT_BRACKET);
    CHECK_MESSAGE("at a bound");
    ck_assert_int_ge(report.at_bounds, D - 2);
    values_of(found, numbers);
    for (int k = 0; k < D; k++)
        ck_assert_msg(k < 2 ? numbers[k] > 0.3 : numbers[k] < 0.0101, "input %d has the scale %g", k, numbers[k]);
    ck_assert(report.best > report.first);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(found);
    scene_free(&s);
}
END_TEST

/* --- sums, criteria, restarts, threads --- */

static uint64_t hash_all(const ntk_kernel *kernel, const ntk_ridge *ridge, const double *table, size_t size, int64_t n)
{
    double numbers[MOST];
    double *alpha = oracle_memory(n, sizeof *alpha);
    ntk_matrix coefficients = ntk_matrix_f64(alpha, n, 1);
    uint64_t hash = 14695981039346656037u;
    int64_t count = values_of(kernel, numbers);
    CHECK_OK(ntk_ridge_coefficients(ridge, &coefficients));
    const void *const parts[] = {numbers, alpha, table};
    const size_t sizes[] = {(size_t)count * sizeof *numbers, (size_t)n * sizeof *alpha, size};
    for (int p = 0; p < 3; p++)
        for (size_t k = 0; k < sizes[p]; k++) hash = (hash ^ ((const unsigned char *)parts[p])[k]) * 1099511628211u;
    free(alpha);
    return hash;
}

/* One search with restarts on a context of so many threads. */
static uint64_t search_with(int32_t threads, int32_t criterion, const scene *s, double *table, ntk_optimise_report *report)
{
    ntk_context *own = test_context(threads, NULL);
    ntk_kernel *kernel = sum(own), *found;
    ntk_ridge *ridge;
    ntk_ridge_options fit = NTK_INIT(ntk_ridge_options);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_matrix Table = ntk_matrix_f64(table, 3, NTK_START_COLUMNS + 10);
    fit.intercept = 1;
    options.fit = &fit;
    options.table = &Table;
    options.restarts = 2;
    options.subset = 130;
    options.seed = 5;
    options.max_evaluations = 25;
    ntk_status status = ntk_ridge_optimise(own, &ridge, &found, report, kernel, &s->x, &s->y, 0.1, criterion, &options);
    ck_assert_msg(status >= 0, "%s", ntk_error_message());
    uint64_t hash = hash_all(found, ridge, table, 3 * (NTK_START_COLUMNS + 10) * sizeof *table, s->n);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(found);
    ntk_context_destroy(own);
    return hash;
}

START_TEST(sums_and_threads)
{
    const int32_t criterion = _i ? NTK_CRITERION_EVIDENCE : NTK_CRITERION_LOO;
    double table[2][3 * (NTK_START_COLUMNS + 10)], sign = _i ? 1 : -1;
    scene s = scene_curved(600, 3, 0.1, test_seed(923));
    ntk_optimise_report report[2] = {NTK_INIT(ntk_optimise_report), NTK_INIT(ntk_optimise_report)};
    uint64_t one = search_with(1, criterion, &s, table[0], &report[0]);
    ck_assert(search_with(3, criterion, &s, table[1], &report[1]) == one);
    ck_assert_mem_eq(&report[0], &report[1], sizeof report[0]);
    ck_assert_int_eq(report[0].samples, 130);
    ck_assert_int_eq(report[0].starts, 3);
    ck_assert_int_eq(report[0].criterion, criterion);
    int64_t evaluations = 0;
    for (int r = 0; r < 3; r++) {
        const double *row = table[0] + r * (NTK_START_COLUMNS + 10);
        ck_assert(sign * row[NTK_START_TO] >= sign * row[NTK_START_FROM]);
        ck_assert(sign * report[0].best >= sign * row[NTK_START_TO]);
        evaluations += (int64_t)row[NTK_START_EVALUATIONS];
        if (r == report[0].best_start) ck_assert_double_eq(row[NTK_START_LAMBDA], report[0].lambda);
    }
    ck_assert_double_eq(table[0][NTK_START_FROM], report[0].first);
    ck_assert_double_ne(table[0][NTK_START_FROM], table[0][NTK_START_COLUMNS + 10 + NTK_START_FROM]);
    ck_assert_int_eq(evaluations, report[0].evaluations);
    scene_free(&s);
}
END_TEST

/* --- numbers that stay --- */

START_TEST(held_numbers)
{
    scene s = scene_curved(60, 2, 0.1, test_seed(924));
    ntk_kernel *kernel = ard(context, 2), *scaled, *found;
    double numbers[MOST], after[MOST], held[MOST] = {0, 0, 1, 0, 0, 0, 1};
    int64_t count = values_of(kernel, numbers);
    numbers[0] = 0;
    numbers[1] = -0.5;
    ntk_matrix values = ntk_matrix_f64(numbers, count, 1), Held = ntk_matrix_f64(held, count + 1, 1);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    CHECK_OK(ntk_kernel_create_scaled(context, &scaled, kernel, &values));
    options.held = &Held;
    ck_assert_int_ge(
        ntk_ridge_optimise(context, NULL, &found, &report, scaled, &s.x, &s.y, 0.1, NTK_CRITERION_EVIDENCE, &options), 0);
    values_of(found, after);
    ck_assert_double_eq(after[0], 0);
    ck_assert_double_lt(after[1], 0);
    ck_assert_double_ne(after[1], -0.5);
    ck_assert_double_eq(after[2], numbers[2]);
    ck_assert_double_ne(after[3], numbers[3]);
    ck_assert_double_eq(after[5], 0); /* the output bias, 0 from the start */
    ck_assert_double_eq(report.lambda, 0.1);
    ck_assert_int_eq(report.free, 3);
    ntk_kernel_destroy(found);
    for (int k = 0; k < MOST; k++) held[k] = 1;
    CHECK_OK(ntk_ridge_optimise(context, NULL, &found, &report, scaled, &s.x, &s.y, 0.1, NTK_CRITERION_EVIDENCE, &options));
    ck_assert_int_eq(report.free, 0);
    ck_assert_int_eq(report.evaluations, 1);
    ck_assert_int_eq(report.converged, 1);
    ck_assert_double_eq(report.first, report.best);
    ck_assert_double_eq_tol(report.best, evidence_of(&s, scaled, 0.1), 1e-10 * fabs(report.best));
    ntk_kernel_destroy(found);
    ntk_kernel_destroy(scaled);
    ntk_kernel_destroy(kernel);
    scene_free(&s);
}
END_TEST

/* A finite kernel has no scales: lambda alone, which the path of a spectral model knows, too. */
START_TEST(lambda_alone)
{
    scene s = scene_curved(50, 2, 0.3, test_seed(925));
    ntk_kernel *kernel = oracle_finite_create(context, NTK_ERF, 2, 40, 0, NTK_PART_BOTH), *found;
    ntk_ridge *ridge, *spectral;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    double selected;
    ntk_matrix Selected = ntk_matrix_f64(&selected, 1, 1);
    CHECK_OK(ntk_ridge_optimise(context, &ridge, &found, &report, kernel, &s.x, &s.y, 1, NTK_CRITERION_EVIDENCE, NULL));
    ck_assert_ptr_eq(found, kernel);
    options.method = NTK_RIDGE_SPECTRAL;
    CHECK_OK(ntk_ridge_create(context, &spectral, kernel, &s.x, &s.y, 1, &options));
    CHECK_OK(ntk_ridge_select(spectral, &Selected, NTK_CRITERION_EVIDENCE));
    /* the curve is flat there: to the root of the tolerance, 1e-7 */
    ck_assert_double_eq_tol(log(report.lambda), log(selected), 5e-3);
    ntk_kernel_destroy(found);
    ntk_kernel_destroy(kernel);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(spectral);
    scene_free(&s);
}
END_TEST

/* --- points that are no good --- */

/* Samples twice, without noise: the best lambda is as small as the arithmetic bears, and beyond it the matrix is singular. */
START_TEST(singular_on_the_way)
{
    scene s = scene_curved(40, 2, 0, test_seed(926));
    memcpy(s.xs + 20 * s.d, s.xs, (size_t)(20 * s.d) * sizeof *s.xs);
    memcpy(s.ys + 20, s.ys, 20 * sizeof *s.ys);
    ntk_kernel *kernel = infinite(context, NTK_ERF, NTK_PART_RF), *found = NULL;
    double lower[MOST] = {0, 0, 0, 0, 1e-300};
    ntk_matrix Lower = ntk_matrix_f64(lower, 5, 1);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    options.lower = &Lower;
    options.max_evaluations = 100;
    ntk_status status =
        ntk_ridge_optimise(context, NULL, &found, &report, kernel, &s.x, &s.y, 1e-3, NTK_CRITERION_EVIDENCE, &options);
    ck_assert_msg(status >= 0, "%s", ntk_error_message());
    ck_assert(isfinite(report.best) && report.best > report.first && report.lambda < 1e-6);
    ntk_kernel_destroy(found);
    CHECK_STATUS(ntk_ridge_optimise(context, NULL, &found, &report, kernel, &s.x, &s.y, 0, NTK_CRITERION_EVIDENCE, NULL),
                 NTK_ERR_SINGULAR);
    ck_assert_ptr_null(found);
    ntk_kernel_destroy(kernel);
    scene_free(&s);
}
END_TEST

/* A tanh's series does not reach large scales. */
START_TEST(no_series_on_the_way)
{
    scene s = scene_curved(40, 2, 0.1, test_seed(927));
    ntk_kernel *kernel = infinite(context, NTK_TANH, NTK_PART_RF), *found = NULL;
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    double table[8 * (NTK_START_COLUMNS + 4)];
    ntk_matrix Table = ntk_matrix_f64(table, 8, NTK_START_COLUMNS + 4);
    options.restarts = 7;
    options.spread = 3;
    options.max_evaluations = 20;
    options.table = &Table;
    ntk_status status =
        ntk_ridge_optimise(context, NULL, &found, NULL, kernel, &s.x, &s.y, 0.1, NTK_CRITERION_EVIDENCE, &options);
    ck_assert_msg(status >= 0, "%s", ntk_error_message());
    ck_assert(isfinite(table[NTK_START_TO]));
    ntk_kernel_destroy(found);
    ntk_kernel_destroy(kernel);
    scene_free(&s);
}
END_TEST

/* --- subsets --- */

/* The first rows are those that a call without the others sees; random ones depend on the seed. */
START_TEST(subsets)
{
    scene s = scene_curved(90, 2, 0.1, test_seed(928));
    ntk_kernel *kernel = infinite(context, NTK_ERF, NTK_PART_RF);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report first = NTK_INIT(ntk_optimise_report), alone = first, random = first, other = first, all = first;
    ntk_matrix x = s.x, y = s.y;
    x.rows = y.rows = options.subset = 40;
    options.subset_kind = NTK_SUBSET_FIRST;
    ck_assert_int_ge(ntk_ridge_optimise(context, NULL, NULL, &first, kernel, &s.x, &s.y, 0.1, NTK_CRITERION_LOO, &options), 0);
    ck_assert_int_ge(ntk_ridge_optimise(context, NULL, NULL, &alone, kernel, &x, &y, 0.1, NTK_CRITERION_LOO, NULL), 0);
    ck_assert_mem_eq(&first, &alone, sizeof first);
    options.subset_kind = NTK_SUBSET_RANDOM;
    ck_assert_int_ge(ntk_ridge_optimise(context, NULL, NULL, &random, kernel, &s.x, &s.y, 0.1, NTK_CRITERION_LOO, &options), 0);
    options.seed = 1;
    ck_assert_int_ge(ntk_ridge_optimise(context, NULL, NULL, &other, kernel, &s.x, &s.y, 0.1, NTK_CRITERION_LOO, &options), 0);
    ck_assert(random.first != first.first && random.first != other.first);
    ck_assert_int_eq(other.samples, 40);
    options.subset = 1000;
    ck_assert_int_ge(ntk_ridge_optimise(context, NULL, NULL, &all, kernel, &s.x, &s.y, 0.1, NTK_CRITERION_LOO, &options), 0);
    ck_assert_int_eq(all.samples, 90);
    ntk_kernel_destroy(kernel);
    scene_free(&s);
}
END_TEST

/* --- options --- */

static void refuse(const scene *s, const ntk_kernel *kernel, const ntk_optimise_options *options, ntk_status status,
                   const char *name)
{
    ntk_kernel *found;
    CHECK_STATUS(ntk_ridge_optimise(context, NULL, &found, NULL, kernel, &s->x, &s->y, 0.1, NTK_CRITERION_LOO, options),
                 status);
    ck_assert_ptr_null(found);
    CHECK_MESSAGE(name);
}

START_TEST(bad_options)
{
    scene s = scene_curved(20, 2, 0.1, test_seed(929));
    ntk_kernel *kernel = infinite(context, NTK_ERF, NTK_PART_RF);
    ntk_ridge_options fit = NTK_INIT(ntk_ridge_options);
    double numbers[64] = {0}, lambda = 1;
    const ntk_matrix rows = ntk_matrix_f64(numbers, 5, 1), few = ntk_matrix_f64(numbers, 4, 1),
                     table = ntk_matrix_f64(numbers, 2, 9), lambdas = ntk_matrix_f64(&lambda, 1, 1);
    const ntk_optimise_options none = NTK_INIT(ntk_optimise_options);
    ntk_optimise_options options = none;
    options.lower = &few;
    refuse(&s, kernel, &options, NTK_ERR_SHAPE, "lower");
    options.lower = &rows;
    numbers[1] = -1;
    refuse(&s, kernel, &options, NTK_ERR_OPTION, "lower holds -1 at row 1");
    numbers[1] = 2;
    refuse(&s, kernel, &options, NTK_ERR_OPTION, "lower holds 2 at row 1, but the search starts at 1");
    options = none;
    options.upper = &rows;
    numbers[1] = 0.5;
    refuse(&s, kernel, &options, NTK_ERR_OPTION, "upper holds 0.5 at row 1, but the search starts at 1");
    options = none;
    options.held = &few;
    refuse(&s, kernel, &options, NTK_ERR_SHAPE, "held");
    options = none;
    options.table = &table;
    refuse(&s, kernel, &options, NTK_ERR_SHAPE, "table");
    options.restarts = 1;
    options.held = &rows;
    refuse(&s, kernel, &options, NTK_ERR_VALUE, "table");
    options = none;
    options.fit = &fit;
    fit.method = 9;
    refuse(&s, kernel, &options, NTK_ERR_OPTION, "method is 9");
    fit.method = NTK_RIDGE_AUTO;
    fit.lambdas = &lambdas;
    refuse(&s, kernel, &options, NTK_ERR_OPTION, "fit has lambdas");
    fit.lambdas = NULL;
    fit.intercept = 1;
    options.subset = 1;
    refuse(&s, kernel, &options, NTK_ERR_SHAPE, "takes two");
    ntk_kernel_destroy(kernel);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hyperparameters");
    TCase *tests = test_case(suite, "hyperparameters");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, truth);
    tcase_add_test(tests, irrelevant_inputs);
    tcase_add_loop_test(tests, sums_and_threads, 0, 2);
    tcase_add_test(tests, held_numbers);
    tcase_add_test(tests, lambda_alone);
    tcase_add_test(tests, singular_on_the_way);
    tcase_add_test(tests, no_series_on_the_way);
    tcase_add_test(tests, subsets);
    tcase_add_test(tests, bad_options);
    return test_run(suite);
}
