/* Ridge regression by conjugate gradients: against the direct dual, and by the residual that its coefficients leave. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 300, D = 4, T = 3 };

/* --- problems --- */

typedef struct scene {
    ntk_kernel *kernel;
    double *xs, *ys;
    ntk_matrix x, y;
} scene;

/* 0, 1: closed forms of one and of two layers; 2: a series; 3: finite, of more features than samples; 4: a sum of a scaled and a finite
 * kernel; 5: the mean of deep finite ones, which are evaluated one after the other. */
enum { KERNELS = 6 };

static ntk_kernel *mean_of_networks(void)
{
    ntk_kernel *kernel;
    ntk_activation *erf = oracle_activation_create(context, NTK_ERF, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.layers = 2;
    options.hidden = 12;
    options.bias_scale = 0.5;
    CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, erf, 3, NTK_PART_BOTH, &options));
    ntk_activation_destroy(erf);
    return kernel;
}

static ntk_kernel *kernel_of(int which)
{
    oracle_kernel closed = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)}, series = {NTK_TANH, 0, NTK_INIT(ntk_kernel_options)};
    if (which == 5) return mean_of_networks();
    if (which == 1) closed.options.layers = 2, closed.options.bias_scale = 0.5;
    if (which == 2) return oracle_kernel_create(context, &series);
    if (which < 2) return oracle_kernel_create(context, &closed);
    ntk_kernel *finite = oracle_finite_create(context, NTK_ERF, D, 100, 5, NTK_PART_BOTH), *sum;
    if (which == 3) return finite;
    ntk_kernel *infinite = oracle_kernel_create(context, &closed);
    const ntk_kernel *terms[2] = {infinite, finite};
    CHECK_OK(ntk_kernel_create_sum(context, &sum, terms, (const double[]){0.5, 2}, 2));
    ntk_kernel_destroy(infinite);
    ntk_kernel_destroy(finite);
    return sum;
}

static scene scene_create(int kernel, int64_t n, int64_t d, int64_t t, uint64_t seed)
{
    uint64_t state = test_seed(seed);
    scene s = {.kernel = kernel_of(kernel)};
    s.xs = oracle_samples(n, d, NTK_F32, &state);
    s.ys = oracle_samples(n, t, NTK_F32, &state);
    for (int64_t i = 0; i < n * t; i++) s.ys[i] += 2;
    s.x = ntk_matrix_f64(s.xs, n, d);
    s.y = ntk_matrix_f64(s.ys, n, t);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    free(s->xs);
    free(s->ys);
}

static ntk_status try_fit(const scene *s, ntk_ridge **ridge, double lambda, const ntk_iterative_options *iterative,
                          int32_t intercept, int32_t dtype)
{
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = NTK_RIDGE_ITERATIVE;
    options.iterative = iterative;
    options.intercept = intercept;
    options.dtype = dtype;
    return ntk_ridge_create(context, ridge, s->kernel, &s->x, &s->y, lambda, &options);
}

static ntk_ridge *fit(const scene *s, double lambda, const ntk_iterative_options *iterative, int32_t intercept)
{
    ntk_ridge *ridge = NULL;
    CHECK_OK(try_fit(s, &ridge, lambda, iterative, intercept, 0));
    return ridge;
}

static ntk_ridge *fit_directly(const scene *s, double lambda, int32_t intercept)
{
    ntk_ridge *ridge = NULL;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = NTK_RIDGE_DUAL;
    options.intercept = intercept;
    CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x, &s->y, lambda, &options));
    return ridge;
}

static ntk_iterative_options to_tolerance(double tolerance, int32_t preconditioner, int64_t rank)
{
    ntk_iterative_options options = NTK_INIT(ntk_iterative_options);
    options.tolerance = tolerance;
    options.preconditioner = preconditioner;
    options.rank = rank;
    return options;
}

/* --- what they leave --- */

/* n x t coefficients, then t intercepts; free them. */
static double *solution_of(const ntk_ridge *ridge, int64_t n, int64_t t)
{
    double *numbers = oracle_memory((n + 1) * t, sizeof *numbers);
    ntk_matrix alpha = ntk_matrix_f64(numbers, n, t), b = ntk_matrix_f64(numbers + n * t, 1, t);
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha));
    CHECK_OK(ntk_ridge_intercept(ridge, &b));
    return numbers;
}

/* The largest |y - b - (K + lambda I) alpha| over |y - mean| of a target, by the library's product. */
static double residual_of(const scene *s, const ntk_ridge *ridge, double lambda)
{
    int64_t n = s->x.rows, t = s->y.cols;
    double *found = solution_of(ridge, n, t), *product = oracle_memory(n * t, sizeof *product), worst = 0;
    ntk_matrix alpha = ntk_matrix_f64(found, n, t), Ka = ntk_matrix_f64(product, n, t);
    bool intercept = test_summary(ridge).intercept;
    CHECK_OK(ntk_kernel_multiply(s->kernel, &Ka, &s->x, &s->x, &alpha));
    for (int64_t c = 0; c < t; c++) {
        double mean = 0, squares = 0, size = 0, sum = 0, sizes = 0;
        for (int64_t i = 0; intercept && i < n; i++) mean += s->ys[i * t + c] / (double)n;
        for (int64_t i = 0; i < n; i++) {
            double y = s->ys[i * t + c], r = y - found[n * t + c] - product[i * t + c] - lambda * found[i * t + c];
            squares += r * r;
            size += (y - mean) * (y - mean);
            sum += found[i * t + c];
            sizes += fabs(found[i * t + c]);
        }
        if (size > 0) worst = fmax(worst, sqrt(squares / size));
        /* the intercept's own equation, 1^T alpha = 0, is solved by what two solutions say of it */
        if (intercept) ck_assert_msg(fabs(sum) <= 1e-12 * sizes + 1e-300, "coefficients sum up to %g of %g", sum, sizes);
    }
    free(found);
    free(product);
    return worst;
}

/* alpha is off by at most the residual over lambda, and the intercept takes part of that. */
static void same_solution(const scene *s, const ntk_ridge *got, const ntk_ridge *right, double lambda, double residual)
{
    int64_t n = s->x.rows, t = s->y.cols;
    double *a = solution_of(got, n, t), *b = solution_of(right, n, t);
    for (int64_t c = 0; c < t; c++) {
        double off = 0, size = 0;
        for (int64_t i = 0; i < n; i++) {
            off += (a[i * t + c] - b[i * t + c]) * (a[i * t + c] - b[i * t + c]);
            size += s->ys[i * t + c] * s->ys[i * t + c];
        }
        double bound = 4 * residual * sqrt(size) / lambda;
        ck_assert_msg(sqrt(off) <= bound, "target %d: off by %g, bound %g", (int)c, sqrt(off), bound);
    }
    free(a);
    free(b);
}

/* --- tests --- */

START_TEST(as_the_dual)
{
    static const int32_t kinds[] = {NTK_PRECONDITIONER_PIVOTED, NTK_PRECONDITIONER_NONE, NTK_PRECONDITIONER_NYSTROEM};
    const double lambda = 0.1, tolerance = 1e-10;
    int kernel = _i / 2, intercept = _i % 2;
    scene s = scene_create(kernel, N, D, T, 781);
    ntk_ridge *direct = fit_directly(&s, lambda, intercept);
    for (int k = 0; k < 3; k++) {
        ntk_iterative_options options = to_tolerance(tolerance, kinds[k], k ? 60 : 0);
        ntk_ridge *ridge = fit(&s, lambda, &options, intercept);
        ntk_ridge_report report = test_summary(ridge), other = test_summary(direct);
        ck_assert_int_eq(report.method, NTK_RIDGE_ITERATIVE);
        ck_assert_int_eq(report.order, N);
        ck_assert(report.iterations >= 1 && report.refinements >= report.iterations);
        ck_assert(report.residual <= tolerance);
        ck_assert(isnan(report.log_evidence) && isnan(report.condition) && isnan(report.degrees));
        ck_assert(fabs(report.rss - other.rss) <= 1e-7 * other.rss);
        ck_assert(fabs(report.kernel_scale - other.kernel_scale) <= 1e-7 * other.kernel_scale);
        same_solution(&s, ridge, direct, lambda, tolerance);
        /* with an intercept two residuals of the tolerance come together, the ones' times b */
        double left = residual_of(&s, ridge, lambda);
        ck_assert_msg(left <= 20 * tolerance, "a residual of %g is left", left);
        ntk_ridge_destroy(ridge);
    }
    ntk_ridge_destroy(direct);
    scene_free(&s);
}
END_TEST

/* Elements in single precision are the kernel's to some roundoffs of sqrt(K_ii K_jj), n of them in norm. */
START_TEST(in_single_precision)
{
    const double lambda = 1;
    scene s = scene_create(_i ? 3 : 0, N, D, T, 782);
    ntk_ridge *direct = fit_directly(&s, lambda, 1);
    for (int hold = 0; hold < 2; hold++) {
        ntk_iterative_options options = to_tolerance(1e-6, NTK_PRECONDITIONER_PIVOTED, 40);
        ntk_ridge *ridge = NULL;
        options.hold = hold;
        CHECK_OK(try_fit(&s, &ridge, lambda, &options, 1, NTK_F32));
        ck_assert_int_eq(test_summary(ridge).dtype, NTK_F32);
        same_solution(&s, ridge, direct, lambda, 1e-6 + 0x1p-24 * 32 * N);
        ntk_ridge_destroy(ridge);
    }
    ntk_ridge_destroy(direct);
    scene_free(&s);
}
END_TEST

START_TEST(without_much_lambda)
{
    static const double lambdas[] = {1e-4, 1e-8, 1e-12, 0};
    scene s = scene_create(0, N, D, T, 783);
    for (int k = 0; k < 4; k++) {
        ntk_iterative_options options = to_tolerance(1e-6, NTK_PRECONDITIONER_PIVOTED, 0);
        ntk_ridge *ridge = fit(&s, lambdas[k], &options, 0);
        ck_assert(residual_of(&s, ridge, lambdas[k]) <= 1.01e-6);
        ntk_ridge_destroy(ridge);
    }
    scene_free(&s);
}
END_TEST

/* Columns that are zero, equal, multiples at other scales, or sums of others. */
START_TEST(targets_that_depend_on_each_other)
{
    enum { ALL = 7 };
    const double lambda = 0.05;
    scene s = scene_create(0, N, D, ALL, 784);
    for (int64_t i = 0; i < N; i++) {
        double *y = s.ys + i * ALL;
        y[1] = y[0];
        y[2] = 0;
        y[3] = -1e9 * y[0];
        y[5] = y[0] + y[4];
        y[6] = 1e-200 * (y[4] - 3 * y[0]);
    }
    for (int intercept = 0; intercept < 2; intercept++) {
        ntk_iterative_options options = to_tolerance(1e-9, NTK_PRECONDITIONER_PIVOTED, 50);
        ntk_ridge *ridge = fit(&s, lambda, &options, intercept);
        double *found = solution_of(ridge, N, ALL);
        ck_assert(residual_of(&s, ridge, lambda) <= 1e-7);
        for (int64_t i = 0; i < N; i++) ck_assert_double_eq(found[i * ALL + 2], 0);
        free(found);
        ntk_ridge_destroy(ridge);
    }
    /* nothing to solve for at all */
    memset(s.ys, 0, N * ALL * sizeof *s.ys);
    ntk_ridge *ridge = fit(&s, lambda, NULL, 0);
    ck_assert_int_eq(test_summary(ridge).iterations, 0);
    ck_assert_double_eq(test_summary(ridge).residual, 0);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* Each sample three times: K has a third of the rank that F may have. */
START_TEST(samples_that_repeat)
{
    scene s = scene_create(0, N, D, 1, 785);
    for (int64_t i = N / 3; i < N; i++) memcpy(s.xs + i * D, s.xs + i % (N / 3) * D, D * sizeof *s.xs);
    for (int32_t kind = NTK_PRECONDITIONER_PIVOTED; kind <= NTK_PRECONDITIONER_NYSTROEM; kind++) {
        ntk_iterative_options options = to_tolerance(1e-9, kind, N);
        ntk_ridge *ridge = fit(&s, 1e-2, &options, 1);
        ck_assert(residual_of(&s, ridge, 1e-2) <= 1e-7);
        /* F F^T is all of K, unless no more pivots are found by chance */
        if (kind == NTK_PRECONDITIONER_PIVOTED) ck_assert_int_le(test_summary(ridge).iterations, 6);
        ntk_ridge_destroy(ridge);
    }
    scene_free(&s);
}
END_TEST

/* Of samples on a sphere: fewer the larger the rank, most where that is above 1 + d + ... of the degrees there are. */
START_TEST(iterations_fall)
{
    enum { MORE = 600, WIDE = 10 };
    static const int64_t ranks[] = {30, 90, 300};
    scene s = scene_create(0, MORE, WIDE, 1, 786);
    for (int64_t i = 0; i < MORE; i++) {
        double size = 0, *x = s.xs + i * WIDE;
        for (int64_t k = 0; k < WIDE; k++) size += x[k] * x[k];
        for (int64_t k = 0; k < WIDE; k++) x[k] *= sqrt(WIDE / size);
    }
    ntk_iterative_options options = to_tolerance(1e-8, NTK_PRECONDITIONER_NONE, 0);
    ntk_ridge *ridge = fit(&s, 1e-2, &options, 0);
    int64_t before = test_summary(ridge).iterations;
    ntk_ridge_destroy(ridge);
    for (int k = 0; k < 3; k++) {
        options = to_tolerance(1e-8, NTK_PRECONDITIONER_PIVOTED, ranks[k]);
        ridge = fit(&s, 1e-2, &options, 0);
        ck_assert_msg(test_summary(ridge).iterations < before, "rank %d: %d iterations, before %d", (int)ranks[k],
                      (int)test_summary(ridge).iterations, (int)before);
        before = test_summary(ridge).iterations;
        ntk_ridge_destroy(ridge);
    }
    scene_free(&s);
}
END_TEST

/* Features that are off by a factor would not help; kernels that have none of their own are refused. */
START_TEST(random_features)
{
    static const double rates[] = {1, 0.25};
    static const ntk_kernel_options forms[] = {
        {.part = NTK_PART_BOTH, .weight_scale = 2, .output_weight_scale = 0.5},
        {.part = NTK_PART_RF, .output_weight_scale = 3},
        {.part = NTK_PART_NT, .parameterization = NTK_PARAM_LECTURE, .weight_scale = 0.5},
        {.part = NTK_PART_RF, .layer_rates = rates}};
    static const int32_t kinds[] = {NTK_RELU, NTK_TANH, NTK_ERF, NTK_GELU};
    scene s = scene_create(0, N, D, 1, 793);
    for (int k = 0; k < 4; k++) {
        oracle_kernel oracle = {kinds[k], 0, forms[k]};
        int64_t iterations[2];
        oracle.options.struct_size = sizeof oracle.options;
        ntk_kernel_destroy(s.kernel);
        s.kernel = oracle_kernel_create(context, &oracle);
        for (int with = 0; with < 2; with++) {
            ntk_iterative_options options = to_tolerance(1e-8, with ? NTK_PRECONDITIONER_FEATURES : NTK_PRECONDITIONER_NONE, N);
            ntk_ridge *ridge = fit(&s, 1, &options, 0);
            ck_assert(residual_of(&s, ridge, 1) <= 1.01e-8);
            iterations[with] = test_summary(ridge).iterations;
            ntk_ridge_destroy(ridge);
        }
        ck_assert_msg(iterations[1] < iterations[0], "kernel %d: %d iterations with features, %d without", k,
                      (int)iterations[1], (int)iterations[0]);
    }
    scene_free(&s);
    for (int kernel = 1; kernel < KERNELS; kernel += 2) {
        ntk_iterative_options options = to_tolerance(1e-8, NTK_PRECONDITIONER_FEATURES, 20);
        ntk_ridge *ridge = NULL;
        scene other = scene_create(kernel, N, D, 1, 793);
        CHECK_STATUS(try_fit(&other, &ridge, 1, &options, 0, 0), NTK_ERR_UNSUPPORTED);
        CHECK_MESSAGE("one hidden layer");
        scene_free(&other);
    }
}
END_TEST

START_TEST(history)
{
    scene s = scene_create(0, N, D, T, 787);
    ntk_iterative_options options = to_tolerance(1e-8, NTK_PRECONDITIONER_NONE, 0);
    ntk_ridge *ridge = fit(&s, 0.1, &options, 1), *direct = fit_directly(&s, 0.1, 1);
    int64_t rows = test_summary(ridge).iterations + 1;
    double *numbers = oracle_memory(rows * NTK_HISTORY_COLUMNS, sizeof *numbers);
    ntk_matrix table = ntk_matrix_f64(numbers, rows, NTK_HISTORY_COLUMNS);
    CHECK_OK(ntk_ridge_history(ridge, &table));
    ck_assert_double_eq_tol(numbers[NTK_HISTORY_RESIDUAL], 1, 1e-12);
    ck_assert_double_eq(numbers[(rows - 1) * 2 + NTK_HISTORY_RESIDUAL], test_summary(ridge).residual);
    for (int64_t i = 0; i < rows; i++) ck_assert_double_eq(numbers[i * 2 + NTK_HISTORY_ITERATION], (double)i);
    /* not each step lessens the residual, but ten do here */
    for (int64_t i = 10; i < rows; i++)
        ck_assert(numbers[i * 2 + NTK_HISTORY_RESIDUAL] < numbers[(i - 10) * 2 + NTK_HISTORY_RESIDUAL]);
    CHECK_STATUS(ntk_ridge_history(direct, &table), NTK_ERR_UNSUPPORTED);
    table.rows--;
    CHECK_STATUS(ntk_ridge_history(ridge, &table), NTK_ERR_SHAPE);
    free(numbers);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(direct);
    scene_free(&s);
}
END_TEST

START_TEST(stops_before)
{
    scene s = scene_create(0, N, D, T, 788);
    ntk_iterative_options options = to_tolerance(1e-12, NTK_PRECONDITIONER_NONE, 0);
    ntk_ridge *ridge = NULL;
    double y[T];
    ntk_matrix point = ntk_matrix_f64(s.xs, 1, D), f = ntk_matrix_f64(y, 1, T);
    options.max_iterations = 5;
    CHECK_STATUS(try_fit(&s, &ridge, 0.1, &options, 0, 0), NTK_NOTE_NOT_CONVERGED);
    CHECK_MESSAGE("5 iterations");
    ntk_ridge_report report = test_summary(ridge);
    ck_assert_int_eq(report.iterations, 5);
    double left = residual_of(&s, ridge, 0.1);
    ck_assert(fabs(left - report.residual) <= 1e-9 * left);
    CHECK_OK(ntk_ridge_predict(ridge, &f, &point));
    ntk_ridge_destroy(ridge);
    /* of what rounding allows it takes what there is */
    options = to_tolerance(1e-30, NTK_PRECONDITIONER_PIVOTED, 60);
    CHECK_STATUS(try_fit(&s, &ridge, 0.1, &options, 0, 0), NTK_NOTE_NOT_CONVERGED);
    CHECK_MESSAGE("rounding");
    ck_assert(residual_of(&s, ridge, 0.1) <= 1e-12);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* Tiles that are held, several of them, and other numbers of threads. */
START_TEST(whatever_is_held)
{
    enum { MORE = 1100 };
    scene s = scene_create(_i, MORE, D, T, 789);
    ntk_iterative_options options = to_tolerance(1e-9, NTK_PRECONDITIONER_PIVOTED, 100);
    ntk_ridge *implicit = fit(&s, 0.5, &options, 1), *held, *alone;
    options.hold = 1;
    held = fit(&s, 0.5, &options, 1);
    same_solution(&s, held, implicit, 0.5, 2e-9);
    ntk_context *usual = context;
    context = test_context(1, NULL);
    for (options.hold = 0; options.hold < 2; options.hold++) {
        alone = fit(&s, 0.5, &options, 1);
        double *a = solution_of(alone, MORE, T), *b = solution_of(options.hold ? held : implicit, MORE, T);
        ck_assert(memcmp(a, b, (MORE + 1) * T * sizeof *a) == 0);
        free(a);
        free(b);
        ntk_ridge_destroy(alone);
    }
    ntk_context_destroy(context);
    context = usual;
    ntk_ridge_destroy(implicit);
    ntk_ridge_destroy(held);
    scene_free(&s);
}
END_TEST

/* --- variances --- */

enum { POINTS = 140, FEW = 8 }; /* more than are solved for at once, and fewer */

/* Points beside the samples, some of them twice and one a sample, and their |k|^2; free it. */
static double *points_of(const scene *s, int64_t count, ntk_matrix *points, double *squares)
{
    uint64_t state = test_seed(794);
    double *xs = oracle_samples(count, D, NTK_F32, &state), *block = oracle_memory(count * N, sizeof *block);
    for (int k = 0; k < 2 * D; k++) xs[3 * D + k] = xs[k];
    for (int k = 0; k < D; k++) xs[(count - 1) * D + k] = s->xs[k];
    *points = ntk_matrix_f64(xs, count, D);
    ntk_matrix k = ntk_matrix_f64(block, count, N);
    CHECK_OK(ntk_kernel_block(s->kernel, &k, points, &s->x));
    for (int64_t i = 0; i < count; i++) {
        squares[i] = 0;
        for (int64_t j = 0; j < N; j++) squares[i] += block[i * N + j] * block[i * N + j];
    }
    free(block);
    return xs;
}

/* Too large by at most tolerance^2 |k|^2 / lambda, and too small by roundings alone, and by what a series leaves of K's entries, 1e-12.  The intercept's share, which is less than the
 * variance, is off by what 1^T A^-1 1 is, tolerance |A| / lambda of it, and the square of 1 - 1^T A^-1 k by two residuals of which both
 * are at most the tolerance. */
START_TEST(variances)
{
    const double lambda = 0.1;
    int kernel = _i / 2, intercept = _i % 2;
    int64_t count = kernel ? FEW : POINTS;
    double tolerance = intercept ? 1e-9 : 1e-4, squares[POINTS], got[POINTS * T], right[POINTS], trace = lambda;
    scene s = scene_create(kernel, N, D, T, 795);
    ntk_matrix points, v = ntk_matrix_f64(got, count, T), w = ntk_matrix_f64(right, count, 1);
    double *xs = points_of(&s, count, &points, squares), diagonal[N];
    ntk_matrix prior = ntk_matrix_f64(diagonal, N, 1);
    CHECK_OK(ntk_kernel_diagonal(s.kernel, &prior, &s.x));
    for (int64_t i = 0; i < N; i++) trace += diagonal[i];
    ntk_iterative_options options = to_tolerance(tolerance, NTK_PRECONDITIONER_PIVOTED, kernel == 1 ? 40 : 0);
    options.hold = kernel == 2;
    ntk_ridge *direct = fit_directly(&s, lambda, intercept), *ridge = fit(&s, lambda, &options, intercept);
    CHECK_OK(ntk_ridge_variance(direct, &w, &points));
    CHECK_OK(ntk_ridge_variance(ridge, &v, &points));
    for (int64_t i = 0; i < count; i++) {
        double roundings = 1e-11 * trace, most = tolerance * tolerance * squares[i] / lambda + roundings;
        double least = roundings, off = got[i * T] - right[i];
        if (intercept) least = most += 4 * tolerance * trace / lambda * right[i];
        ck_assert_msg(off <= most && off >= -least, "point %d: %.17g is off by %g, bound %g", (int)i, got[i * T], off, most);
        for (int c = 1; c < T; c++) ck_assert_double_eq(got[i * T + c], got[i * T]);
    }
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(direct);
    scene_free(&s);
    free(xs);
}
END_TEST

/* Elements are off by roundoffs of sqrt(K_ii K_jj), and A^-1 k by n of them over lambda. */
START_TEST(variances_in_single_precision)
{
    double squares[FEW], got[FEW], right[FEW];
    scene s = scene_create(0, N, D, 1, 796);
    ntk_matrix points, v = ntk_matrix_f64(got, FEW, 1), w = ntk_matrix_f64(right, FEW, 1);
    double *xs = points_of(&s, FEW, &points, squares);
    ntk_ridge *direct = fit_directly(&s, 1, 0), *ridge = NULL;
    CHECK_OK(try_fit(&s, &ridge, 1, NULL, 0, NTK_F32));
    CHECK_OK(ntk_ridge_variance(direct, &w, &points));
    CHECK_OK(ntk_ridge_variance(ridge, &v, &points));
    for (int64_t i = 0; i < FEW; i++) {
        double bound = (0x1p-24 * 32 + 1e-8) * squares[i] + 0x1p-24 * 32 * sqrt(squares[i] * N);
        ck_assert_msg(fabs(got[i] - right[i]) <= bound, "point %d: off by %g, bound %g", (int)i, got[i] - right[i], bound);
    }
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(direct);
    scene_free(&s);
    free(xs);
}
END_TEST

START_TEST(variances_stop_before)
{
    double squares[FEW], got[FEW], right[FEW];
    scene s = scene_create(0, N, D, 1, 797);
    ntk_matrix points, v = ntk_matrix_f64(got, FEW, 1), w = ntk_matrix_f64(right, FEW, 1);
    double *xs = points_of(&s, FEW, &points, squares);
    ntk_iterative_options options = to_tolerance(1e-12, NTK_PRECONDITIONER_NONE, 0);
    ntk_ridge *direct = fit_directly(&s, 0.1, 0), *ridge = NULL;
    options.max_iterations = 1;
    CHECK_STATUS(try_fit(&s, &ridge, 0.1, &options, 0, 0), NTK_NOTE_NOT_CONVERGED);
    CHECK_OK(ntk_ridge_variance(direct, &w, &points));
    CHECK_STATUS(ntk_ridge_variance(ridge, &v, &points), NTK_NOTE_NOT_CONVERGED);
    CHECK_MESSAGE("after 1 iterations");
    for (int64_t i = 0; i < FEW; i++) ck_assert(got[i] >= right[i] - 1e-9);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(direct);
    scene_free(&s);
    free(xs);
}
END_TEST

START_TEST(takes_no_factor)
{
    scene s = scene_create(0, N, D, 1, 790);
    ntk_ridge *ridge = fit(&s, 0.1, NULL, 0);
    double numbers[N * 2], gradient[2 * D];
    ntk_matrix points = ntk_matrix_f64(s.xs, 2, D), v = ntk_matrix_f64(numbers, 2, 1), C = ntk_matrix_f64(numbers, 2, 2),
               g = ntk_matrix_f64(gradient, 2, D), left = ntk_matrix_f64(numbers, N, 1), l = ntk_matrix_f64(numbers + N, 1, 1),
               path = ntk_matrix_f64(numbers, 1, NTK_PATH_COLUMNS);
    CHECK_STATUS(ntk_ridge_covariance(ridge, &C, &points), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("conjugate gradients");
    CHECK_STATUS(ntk_ridge_sample(ridge, &v, &points, 1), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_ridge_variance_gradient(ridge, &g, &points), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_ridge_leave_one_out(ridge, &left), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("a solution for each of the 300 samples");
    CHECK_STATUS(ntk_ridge_intervals(ridge, &C, &points, 0.9), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_ridge_path(ridge, &path, &l), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_ridge_select(ridge, &l, NTK_CRITERION_GCV), NTK_ERR_UNSUPPORTED);
    CHECK_OK(ntk_ridge_gradient(ridge, &g, &points));
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* AUTO picks it where the budget has room for nothing else, and what the query says is enough; K is held where there is room. */
START_TEST(budget_decides)
{
    enum { MORE = 1200 };
    ntk_context *usual = context;
    ntk_context_options budget = NTK_INIT(ntk_context_options);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_iterative_options iterative = to_tolerance(0, NTK_PRECONDITIONER_PIVOTED, 30);
    uint64_t implicit, held, mixed;
    scene s = scene_create(0, MORE, D, 1, 791);
    options.precision = NTK_PRECISION_MIXED;
    CHECK_OK(ntk_ridge_memory(context, &mixed, s.kernel, MORE, D, 1, &options));
    options.precision = NTK_PRECISION_AUTO;
    options.method = NTK_RIDGE_ITERATIVE;
    options.iterative = &iterative;
    iterative.max_iterations = 100;
    CHECK_OK(ntk_ridge_memory(context, &implicit, s.kernel, MORE, D, 1, &options));
    iterative.hold = 1;
    CHECK_OK(ntk_ridge_memory(context, &held, s.kernel, MORE, D, 1, &options));
    ck_assert(implicit < mixed && implicit < held);
    budget.threads = 2;
    for (int k = 0; k < 4; k++) {
        ntk_ridge *ridge = NULL;
        /* and a context of its own */
        budget.memory_budget = (k == 3 ? implicit / 2 : k == 2 ? held : implicit) + (1 << 16);
        options.method = k == 2 ? NTK_RIDGE_ITERATIVE : NTK_RIDGE_AUTO;
        iterative.hold = k != 0;
        CHECK_OK(ntk_context_create(&context, &budget));
        ntk_status status = ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 0.5, &options);
        ck_assert_int_eq(status, k == 3 ? NTK_ERR_MEMORY : NTK_OK);
        if (ridge) ck_assert_int_eq(test_summary(ridge).method, NTK_RIDGE_ITERATIVE);
        if (ridge && k < 2) ck_assert_ptr_nonnull(strstr(test_summary(ridge).reason, "iterative: the budget"));
        ntk_ridge_destroy(ridge);
        ntk_context_destroy(context);
    }
    context = usual;
    scene_free(&s);
}
END_TEST

START_TEST(refused)
{
    scene s = scene_create(0, N, D, 1, 792);
    ntk_iterative_options iterative = NTK_INIT(ntk_iterative_options);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL;
    options.method = NTK_RIDGE_DUAL;
    options.iterative = &iterative;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    options.method = NTK_RIDGE_ITERATIVE;
    options.storage = NTK_STORAGE_PACKED;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    options.storage = NTK_STORAGE_FULL;
    options.precision = NTK_PRECISION_MIXED;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    options.precision = NTK_PRECISION_AUTO;
    static const double tolerances[] = {-1, 1, 2, (double)NAN, (double)INFINITY};
    for (int k = 0; k < 5; k++) {
        iterative.tolerance = tolerances[k];
        CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    }
    iterative.tolerance = 0;
    int64_t *const sizes[] = {&iterative.max_iterations, &iterative.rank, &iterative.checkpoint_every};
    for (int k = 0; k < 3; k++) {
        *sizes[k] = -1;
        CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
        *sizes[k] = 0;
    }
    iterative.max_iterations = 1000001;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    iterative.max_iterations = 0;
    for (int k = 0; k < 2; k++) {
        iterative.preconditioner = k ? 4 : -1;
        CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x, &s.y, 1, &options), NTK_ERR_OPTION);
    }
    ck_assert_ptr_null(ridge);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("iterative ridge");
    TCase *tests = test_case(suite, "iterative ridge");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, as_the_dual, 0, 2 * KERNELS);
    tcase_add_loop_test(tests, in_single_precision, 0, 2);
    tcase_add_test(tests, without_much_lambda);
    tcase_add_test(tests, targets_that_depend_on_each_other);
    tcase_add_test(tests, samples_that_repeat);
    tcase_add_test(tests, iterations_fall);
    tcase_add_test(tests, random_features);
    tcase_add_test(tests, history);
    tcase_add_test(tests, stops_before);
    tcase_add_loop_test(tests, whatever_is_held, 0, 1);
    tcase_add_loop_test(tests, variances, 0, 2 * KERNELS);
    tcase_add_test(tests, variances_in_single_precision);
    tcase_add_test(tests, variances_stop_before);
    tcase_add_test(tests, takes_no_factor);
    tcase_add_test(tests, budget_decides);
    tcase_add_test(tests, refused);
    return test_run(suite);
}
