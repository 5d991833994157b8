/* Ridge regression: the residual that the coefficients leave in the true system, and predictions. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>

enum { N = 200, D = 10, POINTS = 30 };
static const double lambda = 0.01;

static oracle_value entry(const double *x, const double *y, int32_t dtype)
{
    const oracle_kernel relu = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    return oracle_infinite(&relu, x, y, D, oracle_roundoff(dtype));
}

/* |(K + lambda I) alpha - y|: the entries' errors, and Cholesky's backward error (Higham 2002, theorem 10.4), which is more than that of
 * the roundings of alpha; and a tolerance, relative to |y|. */
static void count_residual(tally *t, const data *x, const double *y, const double *alpha, double tolerance)
{
    long double trace = 0, squares = 0, size = 0, worst = 0, asked = 0;
    for (int64_t i = 0; i < N; i++) {
        asked += (long double)y[i] * (long double)y[i];
        long double rest = -(long double)y[i];
        for (int64_t j = 0; j < N; j++) {
            oracle_value K = entry(x->x + i * D, x->x + j * D, t->dtype);
            if (i == j) K.value += (long double)lambda, trace += K.value;
            rest += K.value * (long double)alpha[j];
            worst = fmaxl(worst, K.bound);
        }
        squares += rest * rest;
        size += (long double)alpha[i] * (long double)alpha[i];
    }
    size = sqrtl(size);
    oracle_value none = {0, (N * worst + 3 * N * (long double)oracle_roundoff(t->dtype) * trace) * size};
    none.bound += (long double)tolerance * sqrtl(asked);
    tally_count(t, (double)sqrtl(squares), none, trace * size);
}

/* f(x) = sum_i alpha_i K(x, x_i), from the model's own coefficients. */
static void count_predictions(tally *t, const ntk_ridge *ridge, const data *x, const double *alpha)
{
    data points = data_draw(POINTS, D, t->dtype, 12);
    test_array f = test_array_make(POINTS, 1, 0, t->dtype);
    CHECK_OK(ntk_ridge_predict(ridge, &f.view, &points.in.view));
    for (int64_t i = 0; i < POINTS; i++) {
        oracle_value sum = {0, 0};
        long double size = 0;
        for (int64_t j = 0; j < N; j++) {
            oracle_value K = entry(points.x + i * D, x->x + j * D, t->dtype);
            sum.value += K.value * (long double)alpha[j];
            sum.bound += K.bound * fabsl((long double)alpha[j]);
            size += fabsl(K.value * (long double)alpha[j]);
        }
        sum.bound += (6 * sqrtl((long double)N) + 32) * (long double)oracle_roundoff(t->dtype) * size;
        tally_count(t, test_get(&f.view, i, 0), sum, size);
    }
    data_free(&points);
    test_array_free(&f);
}

/* A^-1, and how far the A that is solved may be from it: the entries' errors and Cholesky's, as above. */
typedef struct inverse {
    long double *G, trace, distance;
} inverse;

static inverse inverse_make(const data *x, int32_t dtype)
{
    inverse made = {oracle_memory(N * N, sizeof *made.G), 0, 0};
    long double *A = oracle_memory(N * N, sizeof *A), worst = 0;
    for (int64_t i = 0; i < N * N; i++) {
        oracle_value K = entry(x->x + i / N * D, x->x + i % N * D, dtype);
        A[i] = K.value + (i % (N + 1) ? 0 : (long double)lambda);
        if (i % (N + 1) == 0) made.trace += A[i];
        worst = fmaxl(worst, K.bound);
    }
    oracle_inverse(made.G, A, N);
    made.distance = N * worst + 3 * N * (long double)oracle_roundoff(dtype) * made.trace;
    free(A);
    return made;
}

/* alpha is off by |A^-1 E alpha| and (A^-1)_ii by (A^-1 E A^-1)_ii, |E| being the distance and |A^-1| at most 1 / lambda, and by what
 * that leaves out, as much again in each turn. */
static void count_left_out(tally *t, const ntk_ridge *ridge, const inverse *A, const double *y)
{
    long double size = 0, relative = A->distance / (long double)lambda, alpha[N];
    test_array left = test_array_make(N, 1, 0, t->dtype);
    CHECK_OK(ntk_ridge_leave_one_out(ridge, &left.view));
    for (int64_t i = 0; i < N; i++) {
        alpha[i] = 0;
        for (int64_t j = 0; j < N; j++) alpha[i] += A->G[i * N + j] * (long double)y[j];
        size += alpha[i] * alpha[i];
    }
    for (int64_t i = 0; i < N; i++) {
        long double g = A->G[i * N + i], of = sqrtl(size) / g + fabsl(alpha[i] / g);
        oracle_value residual = {alpha[i] / g, relative / (1 - relative) * of + (long double)oracle_roundoff(t->dtype) * of};
        tally_count(t, test_get(&left.view, i, 0), residual, A->trace / (long double)lambda * of);
    }
    test_array_free(&left);
}

/* K(x, x) - k^T w, w = A^-1 k: off by w^T E w, and by twice what k is off times w. */
static void count_variances(tally *t, const ntk_ridge *ridge, const data *x, const inverse *A)
{
    data points = data_draw(POINTS, D, t->dtype, 13);
    test_array v = test_array_make(POINTS, 1, 0, t->dtype);
    long double roundoff = (long double)oracle_roundoff(t->dtype), relative = A->distance / (long double)lambda;
    CHECK_OK(ntk_ridge_variance(ridge, &v.view, &points.in.view));
    for (int64_t p = 0; p < POINTS; p++) {
        oracle_value prior = entry(points.x + p * D, points.x + p * D, t->dtype), k[N];
        long double explained = 0, squares = 0, bound = prior.bound;
        for (int64_t i = 0; i < N; i++) k[i] = entry(x->x + i * D, points.x + p * D, t->dtype);
        for (int64_t i = 0; i < N; i++) {
            long double w = 0;
            for (int64_t j = 0; j < N; j++) w += A->G[i * N + j] * k[j].value;
            explained += w * k[i].value;
            squares += w * w;
            bound += 2 * fabsl(w) * k[i].bound;
        }
        bound += A->distance * squares / (1 - relative) + N * roundoff * prior.value;
        oracle_value variance = {prior.value - explained, bound};
        tally_count(t, test_get(&v.view, p, 0), variance, A->trace * squares + prior.value);
    }
    data_free(&points);
    test_array_free(&v);
}

static void measure_uncertainty(ntk_context *context, const ntk_kernel *kernel, tally *left_out, tally *variance)
{
    uint64_t state = 8;
    data x = data_draw(N, D, left_out->dtype, 7);
    double *y = oracle_samples(N, 1, NTK_F32, &state);
    test_array targets = oracle_array(y, N, 1, 0, left_out->dtype);
    inverse A = inverse_make(&x, left_out->dtype);
    ntk_ridge *ridge = NULL;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.in.view, &targets.view, lambda, NULL));
    count_left_out(left_out, ridge, &A, y);
    count_variances(variance, ridge, &x, &A);
    ntk_ridge_destroy(ridge);
    test_array_free(&targets);
    free(A.G);
    free(y);
    data_free(&x);
}

static void measure(ntk_context *context, const ntk_kernel *kernel, int32_t method, int32_t storage, tally *residual,
                    tally *prediction)
{
    uint64_t state = 8;
    data x = data_draw(N, D, residual->dtype, 7);
    double *y = oracle_samples(N, 1, NTK_F32, &state), coefficients[N];
    ntk_matrix alpha = ntk_matrix_f64(coefficients, N, 1);
    test_array targets = oracle_array(y, N, 1, 0, residual->dtype);
    ntk_ridge *ridge = NULL;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_iterative_options iterative = NTK_INIT(ntk_iterative_options);
    bool iterates = method == NTK_RIDGE_ITERATIVE;
    iterative.tolerance = 1024 * oracle_roundoff(residual->dtype);
    options.method = method;
    options.storage = storage;
    options.iterative = iterates ? &iterative : NULL;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.in.view, &targets.view, lambda, &options));
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha));
    count_residual(residual, &x, y, coefficients, iterates ? iterative.tolerance : 0);
    count_predictions(prediction, ridge, &x, coefficients);
    ntk_ridge_destroy(ridge);
    test_array_free(&targets);
    free(y);
    data_free(&x);
}

/* --- Nystroem --- */

enum { M = 10 };

static long double norm_of(const long double *v, int64_t count)
{
    long double squares = 0;
    for (int64_t i = 0; i < count; i++) squares += v[i] * v[i];
    return sqrtl(squares);
}

/* f(x) = k^T H^-1 g, k = K(z, x), B = K(X, z), Z = K(z, z), H = B^T B + lambda Z, g = B^T y, and how far off what enters may be.
 * root   the root of trace Z
 * entry  the error of an entry of K
 * off_H, off_g  of H and g in norm
 * inverse_norm  at least |H^-1| */
typedef struct nystroem {
    long double B[N * M], G[M * M], g[M], alpha[M], root, entry, size, off_H, off_g, inverse_norm;
} nystroem;

/* Psi = B L^-T in which row by row L is off by m u of its norm, as is B then by that times |psi| <= sqrt(K_xx); L L^T by |E| from Z, as
 * Cholesky's; Psi^T Psi + lambda I, factored, by (n + 3 m) u of its trace, and Psi^T y by n u of its terms, both seen through L. */
static void bound_errors(nystroem *of, int32_t dtype, long double largest, long double y)
{
    long double u = (long double)oracle_roundoff(dtype), n = N, m = M, trace = of->root * of->root;
    long double row = sqrtl(m) * of->entry + m * u * of->root * sqrtl(largest), all = sqrtl(n) * row;
    long double E = m * of->entry + 3 * m * u * trace, A = n * largest + m * (long double)lambda;
    of->size = norm_of(of->B, N * M);
    of->off_H = 2 * of->size * all + all * all + (long double)lambda * E + trace * (n + 3 * m) * u * A;
    of->off_g = all * y + n * u * of->root * sqrtl(n * largest) * y;
}

static void nystroem_make(nystroem *of, const data *x, const data *z, const double *y, int32_t dtype)
{
    long double H[M * M], largest = 0, targets = 0;
    of->root = of->entry = 0;
    for (int64_t k = 0; k < N * M; k++) {
        oracle_value K = entry(x->x + k / M * D, z->x + k % M * D, dtype);
        of->B[k] = K.value;
        of->entry = fmaxl(of->entry, K.bound);
    }
    for (int64_t i = 0; i < N; i++) {
        largest = fmaxl(largest, entry(x->x + i * D, x->x + i * D, dtype).value);
        targets += (long double)y[i] * (long double)y[i];
    }
    for (int64_t j = 0; j < M * M; j++) {
        oracle_value K = entry(z->x + j / M * D, z->x + j % M * D, dtype);
        H[j] = (long double)lambda * K.value;
        for (int64_t i = 0; i < N; i++) H[j] += of->B[i * M + j / M] * of->B[i * M + j % M];
        if (j % (M + 1) == 0) of->root += K.value;
        of->entry = fmaxl(of->entry, K.bound);
    }
    of->root = sqrtl(of->root);
    for (int64_t j = 0; j < M; j++) {
        of->g[j] = 0;
        for (int64_t i = 0; i < N; i++) of->g[j] += of->B[i * M + j] * (long double)y[i];
    }
    oracle_inverse(of->G, H, M);
    of->inverse_norm = norm_of(of->G, M * M);
    for (int64_t j = 0; j < M; j++) {
        of->alpha[j] = 0;
        for (int64_t k = 0; k < M; k++) of->alpha[j] += of->G[j * M + k] * of->g[k];
    }
    bound_errors(of, dtype, largest, sqrtl(targets));
}

/* One prediction: off by |w| (off_g + off_H |alpha|) + |alpha| off_k, w = H^-1 k, and what that leaves out, as much again in each turn. */
static void count_nystroem(tally *t, const nystroem *of, const double *z, const double *x, double got, long double y)
{
    long double k[M], w[M], value = 0, u = (long double)oracle_roundoff(t->dtype), relative = of->inverse_norm * of->off_H;
    oracle_value prior = entry(x, x, t->dtype);
    for (int64_t j = 0; j < M; j++) k[j] = entry(z + j * D, x, t->dtype).value;
    for (int64_t j = 0; j < M; j++) {
        w[j] = 0;
        for (int64_t i = 0; i < M; i++) w[j] += of->G[j * M + i] * k[i];
        value += of->g[j] * w[j];
    }
    long double off_k = sqrtl(M) * of->entry + (M + 32) * u * of->root * sqrtl(prior.value), alpha = norm_of(of->alpha, M);
    long double bound = norm_of(w, M) * (of->off_g + of->off_H * alpha) + alpha * off_k;
    tally_count(t, got, (oracle_value){value, bound / (1 - relative)}, norm_of(w, M) * of->size * y);
}

static void measure_nystroem(ntk_context *context, const ntk_kernel *kernel, tally *t)
{
    static nystroem of;
    uint64_t state = 8;
    data x = data_draw(N, D, t->dtype, 7), z = data_draw(M, D, t->dtype, 14), points = data_draw(POINTS, D, t->dtype, 12);
    double *y = oracle_samples(N, 1, NTK_F32, &state);
    test_array targets = oracle_array(y, N, 1, 0, t->dtype), f = test_array_make(POINTS, 1, 0, t->dtype);
    ntk_ridge *ridge = NULL;
    ntk_nystroem_options options = NTK_INIT(ntk_nystroem_options);
    long double squares = 0;
    options.centres = &z.in.view;
    CHECK_OK(ntk_ridge_create_nystroem(context, &ridge, kernel, &x.in.view, &targets.view, lambda, &options));
    CHECK_OK(ntk_ridge_predict(ridge, &f.view, &points.in.view));
    nystroem_make(&of, &x, &z, y, t->dtype);
    for (int64_t i = 0; i < N; i++) squares += (long double)y[i] * (long double)y[i];
    for (int64_t i = 0; i < POINTS; i++) count_nystroem(t, &of, z.x, points.x + i * D, test_get(&f.view, i, 0), sqrtl(squares));
    ntk_ridge_destroy(ridge);
    test_array_free(&targets);
    test_array_free(&f);
    free(y);
    data_free(&x);
    data_free(&z);
    data_free(&points);
}

/* --- hyperparameters --- */

/* The log evidence that a search over lambda ends with, of that lambda: off by half of |E| |alpha|^2 and of |E| trace A^-1, and by n
 * roundings of its terms, and of the pivots' logarithms. */
static void measure_search(ntk_context *context, const ntk_kernel *kernel, tally *t)
{
    uint64_t state = 8;
    data x = data_draw(N, D, t->dtype, 7);
    double *y = oracle_samples(N, 1, NTK_F32, &state), held[] = {1, 1, 1, 1, 0};
    for (int64_t i = 0; i < N; i++) y[i] = (double)(float)(x.x[i * D] + 0.3 * y[i]);
    int64_t scales;
    CHECK_OK(ntk_kernel_scales(kernel, &scales));
    ck_assert_int_eq(scales, 4);
    ntk_matrix fixed = ntk_matrix_f64(held, 5, 1), targets = ntk_matrix_f64(y, N, 1);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    options.held = &fixed;
    CHECK_OK(
        ntk_ridge_optimise(context, NULL, NULL, &report, kernel, &x.in.view, &targets, 1, NTK_CRITERION_EVIDENCE, &options));
    long double *A = oracle_memory(N * N, sizeof *A), *G = oracle_memory(N * N, sizeof *G), trace = 0, traced = 0, worst = 0;
    for (int64_t i = 0; i < N * N; i++) {
        oracle_value K = entry(x.x + i / N * D, x.x + i % N * D, t->dtype);
        A[i] = K.value + (i % (N + 1) ? 0 : (long double)report.lambda);
        if (i % (N + 1) == 0) trace += A[i];
        worst = fmaxl(worst, K.bound);
    }
    long double determinant = oracle_inverse(G, A, N);
    long double quadratic = 0, squares = 0, roundoff = (long double)oracle_roundoff(t->dtype);
    for (int64_t i = 0; i < N; i++) {
        long double alpha = 0;
        for (int64_t j = 0; j < N; j++) alpha += G[i * N + j] * (long double)y[j];
        quadratic += alpha * (long double)y[i];
        squares += alpha * alpha;
        traced += G[i * N + i];
    }
    long double constant = N * logl(8 * atanl(1)), pivots = N * fmaxl(fabsl(logl((long double)report.lambda)), logl(trace));
    long double distance = N * worst + 3 * N * roundoff * trace, relative = distance / (long double)report.lambda;
    long double size = (fabsl(determinant) + quadratic + constant) / 2;
    oracle_value evidence = {-(quadratic + determinant + constant) / 2, distance * (squares + traced) / 2 / (1 - relative)};
    evidence.bound += N * roundoff * (size + pivots);
    tally_count(t, report.best, evidence, size);
    free(A);
    free(G);
    free(y);
    data_free(&x);
}

void measure_ridge(ntk_context *context)
{
    const oracle_kernel relu = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *kernel = oracle_kernel_create(context, &relu);
    tallies full = tally_begin(), packed = tally_begin(), prediction = tally_begin();
    tallies left_out = tally_begin(), variance = tally_begin(), iterative = tally_begin();
    tallies approximate = tally_begin(), search = tally_begin();
    for (int p = 0; p < PRECISIONS; p++) {
        measure(context, kernel, NTK_RIDGE_DUAL, NTK_STORAGE_FULL, &full.of[p], &prediction.of[p]);
        measure(context, kernel, NTK_RIDGE_DUAL, NTK_STORAGE_PACKED, &packed.of[p], &prediction.of[p]);
        measure(context, kernel, NTK_RIDGE_ITERATIVE, NTK_STORAGE_FULL, &iterative.of[p], &prediction.of[p]);
        measure_uncertainty(context, kernel, &left_out.of[p], &variance.of[p]);
        measure_nystroem(context, kernel, &approximate.of[p]);
    }
    measure_search(context, kernel, &search.of[0]);
    tally_print("ridge, full: residual of the true system", "trace(A) norm(alpha)", &full);
    tally_print("ridge, packed: residual of the true system", "trace(A) norm(alpha)", &packed);
    tally_print("ridge, iterative, to 1024 u: the same", "trace(A) norm(alpha)", &iterative);
    tally_print("ntk_ridge_predict", "sum of abs(terms)", &prediction);
    tally_print("ntk_ridge_leave_one_out, cond = trace(A) / l", "cond norm(alpha) / g", &left_out);
    tally_print("ntk_ridge_variance, w = A^-1 k", "trace(A) w^2 + K_xx", &variance);
    tally_print("ntk_ridge_predict, Nystroem, w = H^-1 K(z, x)", "w norm(K_Xz) norm(y)", &approximate);
    tally_print("ntk_ridge_optimise: log evidence found (f64)", "its three terms' sizes", &search);
    ntk_kernel_destroy(kernel);
}
