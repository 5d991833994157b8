/* Deviations of kernel matrices from their limits: against dense algebra in long double, where they are known, and Theorem 2's figures. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <ntk/concentration.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

/* Uniform on the sphere of radius sqrt(d). */
static double *sphere(int64_t n, int64_t d, uint64_t seed)
{
    double *x = oracle_samples(n, d, NTK_F64, &seed);
    for (int64_t i = 0; i < n; i++) {
        double square = 0;
        for (int64_t k = 0; k < d; k++) square += x[i * d + k] * x[i * d + k];
        for (int64_t k = 0; k < d; k++) x[i * d + k] *= sqrt((double)d / square);
    }
    return x;
}

static ntk_gram *gram_of(const ntk_kernel *kernel, const ntk_matrix *x, int32_t storage, int32_t dtype)
{
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    ntk_gram *gram;
    options.storage = storage;
    options.dtype = dtype;
    CHECK_OK(ntk_gram_create(context, &gram, kernel, x, &options));
    return gram;
}

static ntk_kernel *infinite_of(int32_t kind, int32_t part)
{
    oracle_kernel oracle = {kind, 0, NTK_INIT(ntk_kernel_options)};
    oracle.options.part = part;
    return oracle_kernel_create(context, &oracle);
}

/* --- the deviation --- */

enum { N = 40, D = 6 };

static long double *entries_of(const ntk_gram *gram)
{
    double *K = oracle_memory(N * N, sizeof *K);
    long double *wide = oracle_memory(N * N, sizeof *wide);
    ntk_matrix view = ntk_matrix_f64(K, N, N);
    CHECK_OK(ntk_gram_copy(gram, &view));
    for (int i = 0; i < N * N; i++) wide[i] = (long double)K[i];
    free(K);
    return wide;
}

static void multiply(long double *y, const long double *A, const long double *z)
{
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < N; j++) y[i] += A[i * N + j] * z[j];
    }
}

static long double product(const long double *a, const long double *b)
{
    long double sum = 0;
    for (int i = 0; i < N; i++) sum += a[i] * b[i];
    return sum;
}

/* The largest |eigenvalue| of B = K^-1 K_N - I, which is symmetric by K's inner product: the power method by |B z|_K / |z|_K, which ends
 * of equal size but for their sign do not disturb. */
static double dense_deviation(const ntk_gram *gram, const ntk_gram *limit)
{
    long double *KN = entries_of(gram), *K = entries_of(limit), *B = oracle_memory(N * N, sizeof *B), z[N], y[N], w[N],
                value = 0;
    ck_assert(!oracle_solve(B, K, KN, N, N));
    for (int i = 0; i < N; i++) B[i * N + i] -= 1;
    for (int i = 0; i < N; i++) z[i] = (i % 7) - 2.9L;
    for (int k = 0; k < 2000; k++) {
        multiply(w, K, z);
        long double length = sqrtl(product(z, w));
        for (int i = 0; i < N; i++) z[i] /= length;
        multiply(y, B, z);
        multiply(w, K, y);
        value = sqrtl(product(y, w));
        for (int i = 0; i < N; i++) z[i] = y[i];
    }
    free(KN);
    free(K);
    free(B);
    return (double)value;
}

/* part, neurons   of K_N: deviations of less than 1 and more, and ranks below N */
static const struct {
    int32_t kind, part;
    int64_t neurons;
} subjects[] = {
    {NTK_RELU, NTK_PART_NT, 400}, {NTK_RELU, NTK_PART_RF, 3000}, {NTK_TANH, NTK_PART_BOTH, 50},
    {NTK_GELU, NTK_PART_NT, 30},  {NTK_RELU, NTK_PART_RF, 17},   {NTK_RELU, NTK_PART_NT, 3},
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

/* Lanczos' method promises 1e-8 and has, its residual's square over a gap, or all of so few rows: rounding of K_N, as K's condition of
 * some hundreds to ten thousands makes it. */
static const double within = 1e-10;

START_TEST(deviations_are_those_of_dense_algebra)
{
    uint64_t seed = test_seed(81);
    double *xs = sphere(N, D, seed), found[3];
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D);
    ntk_kernel *finite = oracle_finite_create(context, subjects[_i].kind, D, subjects[_i].neurons, seed, subjects[_i].part);
    ntk_kernel *infinite = infinite_of(subjects[_i].kind, subjects[_i].part);
    ntk_gram *limits[2] = {gram_of(infinite, &x, NTK_STORAGE_FULL, NTK_F64),
                           gram_of(infinite, &x, NTK_STORAGE_PACKED, NTK_F64)};
    double want = 0;
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
        ntk_gram *gram = gram_of(finite, &x, storage, NTK_F64);
        if (storage == NTK_STORAGE_FULL) want = dense_deviation(gram, limits[0]);
        CHECK_OK(ntk_gram_deviation(gram, &found[storage], limits[storage == NTK_STORAGE_PACKED]));
        ck_assert_msg(fabs(found[storage] - want) <= within * want, "%s, storage %d: %.15g, not %.15g",
                      oracle_kind_name(subjects[_i].kind), storage, found[storage], want);
        ntk_gram_destroy(gram);
    }
    int64_t rank = subjects[_i].part == NTK_PART_RF ? subjects[_i].neurons : subjects[_i].neurons * D;
    if (rank < N) ck_assert_double_ge(found[0], 1 - within);
    ntk_gram_destroy(limits[0]);
    ntk_gram_destroy(limits[1]);
    ntk_kernel_destroy(infinite);
    ntk_kernel_destroy(finite);
    free(xs);
}
END_TEST

/* Of several networks, whose kernel is swept, by samples that the call prepares; and in single precision, which is what the elements
 * have: each is off by a rounding or two of the diagonal's size, and the matrix by N of those over K's smallest eigenvalue. */
START_TEST(kernels_that_are_swept_and_single_precision)
{
    uint64_t seed = test_seed(82);
    static const int64_t layers[2] = {9, 7};
    double *xs = sphere(N, D, seed), held, swept, single;
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D);
    ntk_activation *erf_ = oracle_activation_create(context, NTK_ERF, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_kernel *mean, *infinite = infinite_of(NTK_ERF, NTK_PART_BOTH);
    options.inputs = D;
    options.layers = 2;
    options.widths = layers;
    CHECK_OK(ntk_kernel_create_monte_carlo(context, &mean, erf_, 3, NTK_PART_BOTH, &options));
    ntk_gram *limit = gram_of(infinite, &x, NTK_STORAGE_FULL, NTK_F64),
             *held_gram = gram_of(mean, &x, NTK_STORAGE_PACKED, NTK_F64),
             *swept_gram = gram_of(mean, &x, NTK_STORAGE_IMPLICIT, NTK_F64),
             *single_gram = gram_of(mean, &x, NTK_STORAGE_FULL, NTK_F32);
    CHECK_OK(ntk_gram_deviation(held_gram, &held, limit));
    CHECK_OK(ntk_gram_deviation(swept_gram, &swept, limit));
    CHECK_OK(ntk_gram_deviation(single_gram, &single, limit));
    ck_assert_double_eq_tol(swept, held, within * held);
    ck_assert_double_eq_tol(single, held, 1e-3 * held);
    ck_assert(single != held);
    ntk_gram_destroy(limit);
    ntk_gram_destroy(held_gram);
    ntk_gram_destroy(swept_gram);
    ntk_gram_destroy(single_gram);
    ntk_kernel_destroy(mean);
    ntk_kernel_destroy(infinite);
    ntk_activation_destroy(erf_);
    free(xs);
}
END_TEST

/* s K beside K is off by |s - 1| in all directions: by rounding where it is K itself. */
START_TEST(multiples_of_the_limit)
{
    static const double weights[] = {1, 1.5, 0.01, 1e6};
    double *xs = sphere(N, D, test_seed(83)), found;
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D);
    ntk_kernel *infinite = infinite_of(NTK_RELU, NTK_PART_NT);
    ntk_gram *limit = gram_of(infinite, &x, NTK_STORAGE_PACKED, NTK_F64);
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        const ntk_kernel *terms[] = {infinite};
        ntk_kernel *scaled;
        CHECK_OK(ntk_kernel_create_sum(context, &scaled, terms, &weights[i], 1));
        ntk_gram *gram = gram_of(scaled, &x, NTK_STORAGE_FULL, NTK_F64);
        CHECK_OK(ntk_gram_deviation(gram, &found, limit));
        ck_assert_double_eq_tol(found, fabs(weights[i] - 1), 1e-11 * fmax(1, weights[i]));
        ntk_gram_destroy(gram);
        ntk_kernel_destroy(scaled);
    }
    ntk_gram_destroy(limit);
    ntk_kernel_destroy(infinite);
    free(xs);
}
END_TEST

/* One sample is off by its only number; and a matrix beside itself by rounding, as K's condition of some thousands makes it. */
START_TEST(a_single_sample_and_the_same_matrix)
{
    const double weight = 1.5;
    double *xs = sphere(N, D, test_seed(91)), found;
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D), first = ntk_matrix_const_f64(xs, 1, D);
    ntk_kernel *infinite = infinite_of(NTK_RELU, NTK_PART_NT), *scaled;
    CHECK_OK(ntk_kernel_create_sum(context, &scaled, (const ntk_kernel *const[]){infinite}, &weight, 1));
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
        ntk_gram *gram = gram_of(scaled, &first, storage, NTK_F64),
                 *limit = gram_of(infinite, &first, NTK_STORAGE_FULL, NTK_F64);
        CHECK_OK(ntk_gram_deviation(gram, &found, limit));
        ck_assert_double_eq_tol(found, 0.5, 4 * DBL_EPSILON);
        ntk_gram_destroy(gram);
        ntk_gram_destroy(limit);
    }
    ntk_gram *gram = gram_of(infinite, &x, NTK_STORAGE_FULL, NTK_F64);
    CHECK_OK(ntk_gram_deviation(gram, &found, gram));
    ck_assert_double_le(found, 1e-11);
    ntk_gram_destroy(gram);
    ntk_kernel_destroy(scaled);
    ntk_kernel_destroy(infinite);
    free(xs);
}
END_TEST

/* Kernels of samples 0, 1, ..., which are I and, if that is asked for, more on the diagonal: cos of a quarter turn in steps. */
enum { MANY_STEPS = 400 };

static double step_of(double i)
{
    return cos((i + 0.5) / MANY_STEPS * 1.57079632679489661923);
}

static int diagonal_block(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) {
            double a = test_get(x1, i, 0);
            test_set(out, i, j, a != test_get(x2, j, 0) ? 0 : 1 + (*(const int *)user ? step_of(a) : 0));
        }
    return 0;
}

/* Eigenvalues that crowd at their largest: 300 steps end short of it, by less than the message says. */
START_TEST(iterations_that_do_not_converge)
{
    static int users[2] = {0, 1};
    double xs[MANY_STEPS], found, largest = step_of(0);
    ntk_matrix x = ntk_matrix_const_f64(xs, MANY_STEPS, 1);
    ntk_gram *grams[2];
    for (int i = 0; i < MANY_STEPS; i++) xs[i] = i;
    for (int k = 0; k < 2; k++) {
        const ntk_kernel_functions functions = {
            .struct_size = sizeof functions, .block = diagonal_block, .user = &users[k], .inputs = 1};
        ntk_kernel *kernel;
        CHECK_OK(ntk_kernel_create_user(context, &kernel, &functions));
        grams[k] = gram_of(kernel, &x, NTK_STORAGE_PACKED, NTK_F64);
        ntk_kernel_destroy(kernel);
    }
    CHECK_STATUS(ntk_gram_deviation(grams[1], &found, grams[0]), NTK_NOTE_NOT_CONVERGED);
    CHECK_MESSAGE("after 300 steps");
    const char *near = strstr(ntk_error_message(), "within ");
    ck_assert_ptr_nonnull(near);
    double residual = strtod(near + 7, NULL);
    ck_assert_double_gt(residual, 1e-8);
    ck_assert_double_le(residual, 1e-2);
    ck_assert_double_le(found, largest * (1 + 1e-13));
    ck_assert_double_ge(found, largest - residual);
    for (int k = 0; k < 2; k++) ntk_gram_destroy(grams[k]);
}
END_TEST

/* A sample that repeats another: the limit's rank is reported, by the first pivot that is none. */
START_TEST(limits_without_full_rank)
{
    double *xs = sphere(N, D, test_seed(84)), found = -1;
    for (int k = 0; k < D; k++) xs[23 * D + k] = xs[5 * D + k];
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D), few = ntk_matrix_const_f64(xs, N - 1, D);
    ntk_kernel *infinite = infinite_of(NTK_RELU, NTK_PART_NT);
    ntk_gram *limit = gram_of(infinite, &x, NTK_STORAGE_FULL, NTK_F64),
             *less = gram_of(infinite, &few, NTK_STORAGE_FULL, NTK_F64),
             *implicit = gram_of(infinite, &x, NTK_STORAGE_IMPLICIT, NTK_F64);
    CHECK_STATUS(ntk_gram_deviation(limit, &found, limit), NTK_ERR_SINGULAR);
    CHECK_MESSAGE("the first 23 samples are independent");
    CHECK_STATUS(ntk_gram_deviation(less, &found, limit), NTK_ERR_SHAPE);
    CHECK_STATUS(ntk_gram_deviation(limit, &found, implicit), NTK_ERR_UNSUPPORTED);
    ck_assert_double_eq(found, -1);
    ntk_gram_destroy(limit);
    ntk_gram_destroy(less);
    ntk_gram_destroy(implicit);
    ntk_kernel_destroy(infinite);
    free(xs);
}
END_TEST

/* What a call takes is what was said: of gates, which are counted for each pair of samples, and of a kernel that goes through features. */
START_TEST(memory_is_as_said)
{
    enum { MANY = 600 };
    int32_t kind = _i ? NTK_TANH : NTK_RELU, part = _i ? NTK_PART_BOTH : NTK_PART_NT;
    static test_memory counted;
    ntk_context *own = test_context(1, &counted);
    double *xs = sphere(MANY, D, test_seed(85)), found;
    ntk_matrix x = ntk_matrix_const_f64(xs, MANY, D);
    ntk_kernel *finite = oracle_finite_create(own, kind, D, 200, 3, part), *infinite;
    ntk_activation *erf_;
    ntk_gram *gram, *limit;
    ntk_gram_options implicit = NTK_INIT(ntk_gram_options);
    uint64_t said;
    implicit.storage = NTK_STORAGE_IMPLICIT;
    CHECK_OK(ntk_activation_create(own, &erf_, NTK_ERF, NULL));
    CHECK_OK(ntk_kernel_create_infinite(own, &infinite, erf_, NULL));
    CHECK_OK(ntk_gram_create(own, &limit, infinite, &x, NULL));
    CHECK_OK(ntk_gram_create(own, &gram, finite, &x, &implicit));
    CHECK_OK(ntk_gram_deviation_memory(gram, &said, limit));
    test_memory_reset(&counted, 0);
    int64_t before = counted.bytes;
    CHECK_OK(ntk_gram_deviation(gram, &found, limit));
    double taken = (double)(counted.peak - before);
    ck_assert_msg(taken <= (double)said && (double)said <= 1.25 * taken, "%.0f bytes, said %.0f", taken, (double)said);
    ntk_gram_destroy(gram);
    ntk_gram_destroy(limit);
    ntk_kernel_destroy(infinite);
    ntk_activation_destroy(erf_);
    ntk_kernel_destroy(finite);
    ntk_context_destroy(own);
    free(xs);
}
END_TEST

/* --- sweeps --- */

static ntk_concentration_options sweep_of(const int64_t *widths, int64_t count, int64_t replicates, int32_t part)
{
    ntk_concentration_options options = NTK_INIT(ntk_concentration_options);
    options.widths = widths;
    options.width_count = count;
    options.replicates = replicates;
    options.part = part;
    options.seed = 1000;
    return options;
}

/* math.md 5's figures, each of one draw: those of ReLU, x on the sphere and W Gaussian, and of the theorem's own law, for which they are
 * to be the same.  Within 8 % of a draw, which spreads by some 2 %, x's own draw included, and four standard errors, which are what
 * three networks tell of them. */
enum { WIDTHS = 4 };
static const struct {
    int64_t n, d;
    int32_t part, law;
    int64_t widths[WIDTHS];
    double deviations[WIDTHS], constants[2], smallest[2];
} figures[] = {
    {300, 60, NTK_PART_NT, NTK_HIDDEN_GAUSSIAN, {128, 512, 2048, 8192}, {.4454, .2104, .1057, .0524}, {1.82, 2.05}, {.1, .17}},
    {300, 60, NTK_PART_NT, NTK_HIDDEN_SPHERE, {128, 256, 512, 1024}, {.4454, 0, .2104, 0}, {1.82, 2.05}, {.1, .17}},
    {300, 20, NTK_PART_NT, NTK_HIDDEN_SPHERE, {512, 1024, 2048, 4096}, {0, 0, .1832, 0}, {1.82, 2.2}, {.04, .12}},
    {300, 60, NTK_PART_RF, NTK_HIDDEN_GAUSSIAN, {2048, 4096, 8192, 16384}, {.925, 0, .420, 0}, {1.9, 2.5}, {.01, .1}},
};
enum { FIGURES = sizeof figures / sizeof figures[0] };

START_TEST(sweeps_give_the_theorems_figures)
{
    int64_t n = figures[_i].n, d = figures[_i].d;
    double *xs = sphere(n, d, test_seed(86)), table[WIDTHS][NTK_CONCENTRATION_COLUMNS], slope[2];
    ntk_matrix x = ntk_matrix_const_f64(xs, n, d), Table = ntk_matrix_f64(table[0], WIDTHS, NTK_CONCENTRATION_COLUMNS),
               Slope = ntk_matrix_f64(slope, 1, 2);
    ntk_activation *relu = oracle_activation_create(context, NTK_RELU, 0);
    ntk_concentration_options options = sweep_of(figures[_i].widths, WIDTHS, 3, figures[_i].part);
    options.hidden_law = figures[_i].law;
    CHECK_OK(ntk_concentration_sweep(context, &Table, &Slope, relu, &x, &options));
    for (int i = 0; i < WIDTHS; i++) {
        const double *row = table[i];
        printf("# n %d, d %d, part %d, law %d, N %g: %.4f +- %.4f, constant %.3f, smallest %.4f +- %.4f of %.4f\n", (int)n,
               (int)d, figures[_i].part, figures[_i].law, row[NTK_CONCENTRATION_WIDTH], row[NTK_CONCENTRATION_DEVIATION],
               row[NTK_CONCENTRATION_DEVIATION_ERROR], row[NTK_CONCENTRATION_CONSTANT], row[NTK_CONCENTRATION_SMALLEST],
               row[NTK_CONCENTRATION_SMALLEST_ERROR], row[NTK_CONCENTRATION_SMALLEST_LIMIT]);
    }
    printf("# slope %.4f +- %.4f\n", slope[0], slope[1]);
    for (int i = 0; i < WIDTHS; i++) {
        const double *row = table[i];
        double deviation = row[NTK_CONCENTRATION_DEVIATION], error = row[NTK_CONCENTRATION_DEVIATION_ERROR],
               known = figures[_i].deviations[i];
        if (known > 0) ck_assert_double_le(fabs(deviation - known), 0.08 * known + 4 * error);
        if (deviation < 0.5) {
            double margin = 0.05 + 4 * error / deviation;
            ck_assert_double_ge(row[NTK_CONCENTRATION_CONSTANT], (1 - margin) * figures[_i].constants[0]);
            ck_assert_double_le(row[NTK_CONCENTRATION_CONSTANT], (1 + margin) * figures[_i].constants[1]);
        }
        double limit = row[NTK_CONCENTRATION_SMALLEST_LIMIT];
        ck_assert_double_ge(limit, figures[_i].smallest[0]);
        ck_assert_double_le(limit, figures[_i].smallest[1]);
        /* (1 - e) K <= K_N <= (1 + e) K */
        ck_assert_double_le(fabs(row[NTK_CONCENTRATION_SMALLEST] - limit), deviation * limit);
    }
    /* the band that the theorem is tested within, and of RF what deviations near 1/2 have of their squares */
    ck_assert_double_le(fabs(slope[0] + 0.5), (figures[_i].part == NTK_PART_RF ? 0.09 : 0.05) + 4 * slope[1]);
    ck_assert_double_le(slope[1], 0.06);
    ntk_activation_destroy(relu);
    free(xs);
}
END_TEST

/* Two networks of one width: means and errors of what single calls give. */
START_TEST(numbers_are_those_of_single_calls)
{
    const int64_t width = 90;
    double *xs = sphere(N, D, test_seed(87)), line[NTK_CONCENTRATION_COLUMNS], slope[2], hand[2];
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D), Table = ntk_matrix_f64(line, 1, NTK_CONCENTRATION_COLUMNS),
               Slope = ntk_matrix_f64(slope, 1, 2);
    ntk_activation *tanh_ = oracle_activation_create(context, NTK_TANH, 0);
    ntk_kernel_options scaled = NTK_INIT(ntk_kernel_options);
    ntk_network_options shape = NTK_INIT(ntk_network_options);
    ntk_concentration_options options = sweep_of(&width, 1, 2, NTK_PART_NT);
    ntk_kernel *infinite;
    options.weight_scale = scaled.weight_scale = shape.weight_scale = 1.5;
    options.output_weights = shape.output_weights = NTK_OUTPUT_GAUSSIAN;
    CHECK_OK(ntk_concentration_sweep(context, &Table, &Slope, tanh_, &x, &options));
    scaled.part = NTK_PART_NT;
    CHECK_OK(ntk_kernel_create_infinite(context, &infinite, tanh_, &scaled));
    ntk_gram *limit = gram_of(infinite, &x, NTK_STORAGE_FULL, NTK_F64);
    shape.inputs = D;
    shape.hidden = width;
    for (int r = 0; r < 2; r++) {
        ntk_network *network;
        shape.seed = options.seed + (uint64_t)r;
        CHECK_OK(ntk_network_create(context, &network, tanh_, &shape));
        ntk_kernel *finite = oracle_finite_of(context, network, NTK_PART_NT);
        ntk_gram *gram = gram_of(finite, &x, NTK_STORAGE_FULL, NTK_F64);
        CHECK_OK(ntk_gram_deviation(gram, &hand[r], limit));
        ntk_gram_destroy(gram);
        ntk_kernel_destroy(finite);
        ntk_network_destroy(network);
    }
    ck_assert_double_eq(line[NTK_CONCENTRATION_WIDTH], (double)width);
    ck_assert_double_eq_tol(line[NTK_CONCENTRATION_DEVIATION], (hand[0] + hand[1]) / 2, 1e-10);
    ck_assert_double_eq_tol(line[NTK_CONCENTRATION_DEVIATION_ERROR], fabs(hand[0] - hand[1]) / 2, 1e-10);
    ck_assert_double_eq_tol(line[NTK_CONCENTRATION_CONSTANT],
                            line[NTK_CONCENTRATION_DEVIATION] * sqrt((double)width * D / (N + D)), 1e-10);
    ck_assert(isnan(slope[0]) && isnan(slope[1])); /* one width */
    ntk_gram_destroy(limit);
    ntk_kernel_destroy(infinite);
    ntk_activation_destroy(tanh_);
    free(xs);
}
END_TEST

/* Neither the number of threads nor, but for rounding, the storage; and K_N that is not held has no smallest eigenvalue. */
START_TEST(threads_and_storages_do_not_matter)
{
    static const int64_t widths[2] = {20, 500};
    double *xs = sphere(N, D, test_seed(88)), table[5][2][NTK_CONCENTRATION_COLUMNS];
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D);
    ntk_activation *relu = oracle_activation_create(context, NTK_RELU, 0);
    ntk_concentration_options options = sweep_of(widths, 2, 3, NTK_PART_RF);
    for (int i = 0; i < 5; i++) {
        ntk_context *own = test_context(i < 3 ? i + 1 : 2, NULL);
        ntk_matrix Table = ntk_matrix_f64(table[i][0], 2, NTK_CONCENTRATION_COLUMNS);
        options.storage = i < 3 ? NTK_STORAGE_FULL : i == 3 ? NTK_STORAGE_PACKED : NTK_STORAGE_IMPLICIT;
        CHECK_OK(ntk_concentration_sweep(own, &Table, NULL, relu, &x, &options));
        if (i < 3) ck_assert_mem_eq(table[0], table[i], sizeof table[0]);
        for (int w = 0; w < 2; w++) {
            double want = table[0][w][NTK_CONCENTRATION_DEVIATION];
            ck_assert_double_eq_tol(table[i][w][NTK_CONCENTRATION_DEVIATION], want, within * want);
            ck_assert(isnan(table[i][w][NTK_CONCENTRATION_SMALLEST]) == (i == 4));
        }
        ntk_context_destroy(own);
    }
    ck_assert_double_eq(table[0][0][NTK_CONCENTRATION_SMALLEST], 0); /* 20 features of 40 samples */
    ck_assert_double_gt(table[0][1][NTK_CONCENTRATION_SMALLEST], 0);
    ntk_activation_destroy(relu);
    free(xs);
}
END_TEST

/* Of each part the length of weights. */
static const double lengths[2] = {1, 1.25};

/* The mean of sigma(<w, x>) sigma(<w, x'>), or |w|^2 <x, x'> sigma' sigma' / d, over directions w in the plane of two inputs: a rectangle
 * rule, which is exact for smooth functions of an angle. */
static int circle_block(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    enum { ANGLES = 400 };
    int derivative = *(const int *)user;
    double length = lengths[derivative];
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) {
            double a = test_get(x1, i, 0), b = test_get(x1, i, 1), c = test_get(x2, j, 0), d = test_get(x2, j, 1), sum = 0;
            for (int k = 0; k < ANGLES; k++) {
                double angle = k * 2 * 3.14159265358979323846 / ANGLES, u = length * cos(angle), v = length * sin(angle);
                double s = tanh(u * a + v * b), t = tanh(u * c + v * d);
                sum += (derivative ? (1 - s * s) * (1 - t * t) * length * length * (a * c + b * d) / 2 : s * t) / ANGLES;
            }
            test_set(out, i, j, sum);
        }
    return 0;
}

/* Weights on the sphere have a limit of their own, but for ReLU's family: of tanh it is that of integrals over the circle, both parts, and
 * of samples of one length alone. */
START_TEST(limits_of_weights_on_the_sphere)
{
    enum { FEW = 9 };
    static const int64_t width = 5000;
    double *xs = sphere(FEW, 2, test_seed(89)), lines[2][NTK_CONCENTRATION_COLUMNS], gaussian[NTK_CONCENTRATION_COLUMNS];
    ntk_matrix x = ntk_matrix_const_f64(xs, FEW, 2);
    ntk_activation *tanh_ = oracle_activation_create(context, NTK_TANH, 0);
    for (int32_t part = NTK_PART_RF; part <= NTK_PART_NT; part++) {
        int derivative = part == NTK_PART_NT;
        const ntk_kernel_functions functions = {
            .struct_size = sizeof functions, .block = circle_block, .user = &derivative, .inputs = 2};
        ntk_concentration_options options = sweep_of(&width, 1, 4, part);
        ntk_kernel *circle;
        options.hidden_law = NTK_HIDDEN_SPHERE;
        options.weight_scale = lengths[derivative];
        CHECK_OK(ntk_kernel_create_user(context, &circle, &functions));
        for (int given = 0; given < 2; given++) {
            ntk_matrix Table = ntk_matrix_f64(lines[given], 1, NTK_CONCENTRATION_COLUMNS);
            options.limit = given ? circle : NULL;
            CHECK_OK(ntk_concentration_sweep(context, &Table, NULL, tanh_, &x, &options));
        }
        /* within what rounding makes of the smallest eigenvalue */
        double smallest = lines[0][NTK_CONCENTRATION_SMALLEST_LIMIT];
        ck_assert_double_eq_tol(smallest, lines[1][NTK_CONCENTRATION_SMALLEST_LIMIT], 1e-13);
        ck_assert_double_eq_tol(lines[0][NTK_CONCENTRATION_DEVIATION], lines[1][NTK_CONCENTRATION_DEVIATION], 1e-13 / smallest);
        ntk_kernel_destroy(circle);
        /* the infinite kernel is another */
        ntk_matrix Other = ntk_matrix_f64(gaussian, 1, NTK_CONCENTRATION_COLUMNS);
        options.limit = infinite_of(NTK_TANH, part);
        CHECK_OK(ntk_concentration_sweep(context, &Other, NULL, tanh_, &x, &options));
        ck_assert_double_gt(gaussian[NTK_CONCENTRATION_DEVIATION], 2 * lines[0][NTK_CONCENTRATION_DEVIATION]);
        ntk_kernel_destroy((ntk_kernel *)(uintptr_t)options.limit);
    }
    ntk_concentration_options options = sweep_of(&width, 1, 1, NTK_PART_NT);
    ntk_matrix Table = ntk_matrix_f64(lines[0], 1, NTK_CONCENTRATION_COLUMNS);
    options.hidden_law = NTK_HIDDEN_SPHERE;
    xs[0] *= 2;
    CHECK_STATUS(ntk_concentration_sweep(context, &Table, NULL, tanh_, &x, &options), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("lengths from");
    ntk_activation_destroy(tanh_);
    free(xs);
}
END_TEST

/* What a sweep takes was said: of kernels that are swept, of a zonal limit and of Mehler's series, for which the query allows more terms. */
START_TEST(memory_of_sweeps_is_as_said)
{
    enum { FEW = 200 };
    static const struct {
        int32_t kind, part, law, storage;
    } swept[] = {{NTK_RELU, NTK_PART_NT, NTK_HIDDEN_SPHERE, NTK_STORAGE_IMPLICIT},
                 {NTK_TANH, NTK_PART_NT, NTK_HIDDEN_SPHERE, NTK_STORAGE_PACKED},
                 {NTK_GELU, NTK_PART_BOTH, NTK_HIDDEN_GAUSSIAN, NTK_STORAGE_FULL}};
    static const int64_t widths[2] = {50, 120};
    static test_memory counted;
    double *xs = sphere(FEW, D, test_seed(92)), table[2][NTK_CONCENTRATION_COLUMNS];
    ntk_matrix x = ntk_matrix_const_f64(xs, FEW, D), Table = ntk_matrix_f64(table[0], 2, NTK_CONCENTRATION_COLUMNS);
    ntk_context *own = test_context(1, &counted);
    ntk_activation *activation = oracle_activation_create(own, swept[_i].kind, 0);
    ntk_concentration_options options = sweep_of(widths, 2, 1, swept[_i].part);
    uint64_t said;
    options.hidden_law = swept[_i].law;
    options.storage = swept[_i].storage;
    CHECK_OK(ntk_concentration_memory(own, &said, activation, FEW, D, &options));
    test_memory_reset(&counted, 0);
    int64_t before = counted.bytes;
    ck_assert_int_ge(ntk_concentration_sweep(own, &Table, NULL, activation, &x, &options), NTK_OK);
    double taken = (double)(counted.peak - before);
    ck_assert_msg(taken <= (double)said && (double)said <= 3 * taken, "%.0f bytes, said %.0f", taken, (double)said);
    ntk_activation_destroy(activation);
    ntk_context_destroy(own);
    free(xs);
}
END_TEST

/* The limit of x with a repeated sample, and widths that are none. */
START_TEST(sweeps_that_are_refused)
{
    static const int64_t widths[2] = {8, 0};
    double *xs = sphere(N, D, test_seed(90)), table[2][NTK_CONCENTRATION_COLUMNS];
    for (int k = 0; k < D; k++) xs[7 * D + k] = xs[k];
    ntk_matrix x = ntk_matrix_const_f64(xs, N, D), Table = ntk_matrix_f64(table[0], 1, NTK_CONCENTRATION_COLUMNS);
    ntk_activation *relu = oracle_activation_create(context, NTK_RELU, 0);
    ntk_concentration_options options = sweep_of(widths, 1, 1, NTK_PART_NT);
    table[0][0] = -1;
    CHECK_STATUS(ntk_concentration_sweep(context, &Table, NULL, relu, &x, &options), NTK_ERR_SINGULAR);
    CHECK_MESSAGE("the first 7 samples are independent");
    options.width_count = 2;
    Table.rows = 2;
    CHECK_STATUS(ntk_concentration_sweep(context, &Table, NULL, relu, &x, &options), NTK_ERR_OPTION);
    CHECK_MESSAGE("widths[1] is 0");
    ck_assert_double_eq(table[0][0], -1);
    ntk_activation_destroy(relu);
    free(xs);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("concentration");
    TCase *tests = test_case(suite, "concentration");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, deviations_are_those_of_dense_algebra, 0, SUBJECTS);
    tcase_add_test(tests, kernels_that_are_swept_and_single_precision);
    tcase_add_test(tests, multiples_of_the_limit);
    tcase_add_test(tests, a_single_sample_and_the_same_matrix);
    tcase_add_test(tests, iterations_that_do_not_converge);
    tcase_add_test(tests, limits_without_full_rank);
    tcase_add_loop_test(tests, memory_is_as_said, 0, 2);
    tcase_add_loop_test(tests, sweeps_give_the_theorems_figures, 0, FIGURES);
    tcase_add_test(tests, numbers_are_those_of_single_calls);
    tcase_add_test(tests, threads_and_storages_do_not_matter);
    tcase_add_test(tests, limits_of_weights_on_the_sphere);
    tcase_add_loop_test(tests, memory_of_sweeps_is_as_said, 0, 3);
    tcase_add_test(tests, sweeps_that_are_refused);
    return test_run(suite);
}
