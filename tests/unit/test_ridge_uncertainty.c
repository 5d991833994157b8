/* Variances, covariances and posterior samples against dense inverses; gradients against differences. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 30, M = 6, D = 3, ALL = N + M };

/* a finite kernel, which all methods take, samples, points behind them, and two targets */
typedef struct scene {
    ntk_kernel *kernel;
    double *xs, *ys;
    ntk_matrix x, y, at;
    ntk_ridge_options options;
    double lambda[2];
} scene;

static scene scene_create(uint64_t *state)
{
    scene s = {.options = NTK_INIT(ntk_ridge_options), .lambda = {0.05, 0.05}};
    s.kernel = oracle_finite_create(context, NTK_ERF, D, 14, 4, NTK_PART_RF);
    s.xs = oracle_samples(ALL, D, NTK_F32, state);
    s.ys = oracle_samples(N, 2, NTK_F32, state);
    s.x = ntk_matrix_const_f64(s.xs, N, D);
    s.y = ntk_matrix_const_f64(s.ys, N, 2);
    s.at = ntk_matrix_const_f64(s.xs + N * D, M, D);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    free(s->xs);
    free(s->ys);
}

static ntk_ridge *fit(const scene *s)
{
    ntk_ridge *ridge = NULL;
    ntk_ridge_options options = s->options;
    ntk_matrix lambdas = ntk_matrix_const_f64(s->lambda, 1, 2);
    if (s->lambda[0] != s->lambda[1]) options.lambdas = &lambdas;
    CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x, &s->y, s->lambda[0], &options));
    return ridge;
}

/* C of the M points at a lambda, by definition; the primal's intercept is this one, too */
static void dense(long double *C, const scene *s, double lambda)
{
    double *values = oracle_memory(ALL * ALL, sizeof *values);
    long double *A = oracle_memory(N * N, sizeof *A), *G = oracle_memory(N * N, sizeof *G), ones = 0, rest[M];
    ntk_matrix K = ntk_matrix_f64(values, ALL, ALL), all = ntk_matrix_const_f64(s->xs, ALL, D);
    CHECK_OK(ntk_kernel_block(s->kernel, &K, &all, &all));
    for (int i = 0; i < N * N; i++) A[i] = (long double)values[i / N * ALL + i % N] + (i % (N + 1) ? 0 : (long double)lambda);
    oracle_inverse(G, A, N);
    for (int i = 0; i < N * N; i++) ones += G[i];
    for (int a = 0; a < M; a++) {
        rest[a] = 1;
        for (int i = 0; i < N * N; i++) rest[a] -= G[i] * (long double)values[(N + a) * ALL + i % N];
    }
    for (int a = 0; a < M; a++)
        for (int b = 0; b < M; b++) {
            long double sum = (long double)values[(N + a) * ALL + N + b];
            for (int i = 0; i < N * N; i++)
                sum -= G[i] * (long double)values[(N + a) * ALL + i / N] * (long double)values[(N + b) * ALL + i % N];
            C[a * M + b] = s->options.intercept ? sum + rest[a] * rest[b] / ones : sum;
        }
    free(values);
    free(A);
    free(G);
}

typedef struct choice {
    int32_t method, storage, dtype;
    double second; /* lambda */
    double accuracy;
} choice;

/* N eps K_ii cond(A)^(1/2) and some: the factor's backward error enters a difference of numbers of at most K_ii */
static const choice choices[] = {
    {NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F64, 0.05, 1e-12},    {NTK_RIDGE_DUAL, NTK_STORAGE_PACKED, NTK_F64, 0.05, 1e-12},
    {NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F32, 0.05, 3e-4},     {NTK_RIDGE_PRIMAL, NTK_STORAGE_FULL, NTK_F64, 0.05, 1e-12},
    {NTK_RIDGE_PRIMAL, NTK_STORAGE_PACKED, NTK_F32, 0.05, 3e-4}, {NTK_RIDGE_SPECTRAL, NTK_STORAGE_FULL, NTK_F64, 0.05, 1e-12},
    {NTK_RIDGE_SPECTRAL, NTK_STORAGE_FULL, NTK_F64, 0.7, 1e-12}};
enum { CHOICES = sizeof choices / sizeof choices[0] };

static scene scene_choose(int index, uint64_t *state)
{
    scene s = scene_create(state);
    s.options.intercept = index % 2;
    s.options.method = choices[index / 2].method;
    s.options.storage = choices[index / 2].storage;
    s.options.dtype = choices[index / 2].dtype;
    s.lambda[1] = choices[index / 2].second;
    return s;
}

START_TEST(covariances)
{
    uint64_t state = test_seed(721);
    scene s = scene_choose(_i, &state);
    double C[2 * M * M], v[2 * M], accuracy = choices[_i / 2].accuracy;
    long double right[M * M];
    int differ = s.lambda[0] != s.lambda[1];
    ntk_ridge *ridge = fit(&s);
    for (int both = differ; both < 2; both++) {
        ntk_matrix Cs = ntk_matrix_f64(C, M, (1 + both) * M), vs = ntk_matrix_f64(v, M, 1 + both);
        CHECK_OK(ntk_ridge_covariance(ridge, &Cs, &s.at));
        CHECK_OK(ntk_ridge_variance(ridge, &vs, &s.at));
        for (int c = 0; c <= both; c++) {
            dense(right, &s, s.lambda[c]);
            for (int a = 0; a < M; a++) {
                ck_assert(v[a * (1 + both) + c] >= 0);
                ck_assert(fabs(v[a * (1 + both) + c] - C[(a * (1 + both) + c) * M + a]) <= accuracy);
                for (int b = 0; b < M; b++)
                    ck_assert_msg(fabs(C[(a * (1 + both) + c) * M + b] - (double)right[a * M + b]) <= accuracy,
                                  "choice %d, intercept %d, target %d: %.15g, expected %.15Lg", _i / 2, _i % 2, c,
                                  C[(a * (1 + both) + c) * M + b], right[a * M + b]);
            }
        }
    }
    ntk_matrix narrow = ntk_matrix_f64(v, M, 1);
    if (differ) CHECK_STATUS(ntk_ridge_variance(ridge, &narrow, &s.at), NTK_ERR_SHAPE);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

START_TEST(gradients)
{
    uint64_t state = test_seed(722);
    scene s = scene_choose(_i, &state);
    const double h = 1e-5;
    if (s.options.dtype == NTK_F32) {
        scene_free(&s);
        return;
    }
    double mean[M * 2 * D], spread[M * 2 * D], moved[2 * D], f[4], v[4];
    ntk_matrix Mean = ntk_matrix_f64(mean, M, 2 * D), Spread = ntk_matrix_f64(spread, M, 2 * D);
    ntk_matrix Moved = ntk_matrix_f64(moved, 2, D), F = ntk_matrix_f64(f, 2, 2), V = ntk_matrix_f64(v, 2, 2);
    ntk_ridge *ridge = fit(&s);
    CHECK_OK(ntk_ridge_gradient(ridge, &Mean, &s.at));
    CHECK_OK(ntk_ridge_variance_gradient(ridge, &Spread, &s.at));
    for (int i = 0; i < M * D; i++) {
        for (int side = 0; side < 2; side++) {
            memcpy(moved + side * D, s.xs + (N + i / D) * D, D * sizeof *moved);
            moved[side * D + i % D] += side ? h : -h;
        }
        CHECK_OK(ntk_ridge_predict(ridge, &F, &Moved));
        CHECK_OK(ntk_ridge_variance(ridge, &V, &Moved));
        for (int c = 0; c < 2; c++) {
            int at = (i / D * 2 + c) * D + i % D;
            /* h^2, and 1e-13 over h */
            ck_assert(fabs((f[2 + c] - f[c]) / (2 * h) - mean[at]) <= 3e-7);
            ck_assert_msg(fabs((v[2 + c] - v[c]) / (2 * h) - spread[at]) <= 3e-7,
                          "choice %d, intercept %d: %.9g, difference %.9g", _i / 2, _i % 2, spread[at],
                          (v[2 + c] - v[c]) / (2 * h));
        }
    }
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

START_TEST(samples)
{
    uint64_t state = test_seed(723);
    enum { DRAWS = 4000 };
    scene s = scene_choose(_i, &state);
    double *draws = oracle_memory(M * 2 * DRAWS, sizeof *draws), few[M * 2 * 3], f[M * 2], C[2 * M * M];
    ntk_matrix Draws = ntk_matrix_f64(draws, M, 2 * DRAWS), Few = ntk_matrix_f64(few, M, 2 * 3), F = ntk_matrix_f64(f, M, 2),
               Cs = ntk_matrix_f64(C, M, 2 * M), odd = ntk_matrix_f64(few, M, 5);
    ntk_ridge *ridge = fit(&s);
    CHECK_OK(ntk_ridge_sample(ridge, &Draws, &s.at, 9));
    CHECK_OK(ntk_ridge_sample(ridge, &Few, &s.at, 9));
    CHECK_OK(ntk_ridge_predict(ridge, &F, &s.at));
    CHECK_OK(ntk_ridge_covariance(ridge, &Cs, &s.at));
    for (int c = 0; c < 2; c++)
        for (int a = 0; a < M; a++) {
            const double *first = draws + (a * 2 + c) * DRAWS;
            /* fewer draws are the first of many; the products' shapes may round otherwise */
            for (int k = 0; k < 3; k++) ck_assert(fabs(few[(a * 2 + c) * 3 + k] - first[k]) <= 1e-12 * (1 + fabs(first[k])));
            for (int b = 0; b <= a; b++) {
                const double *second = draws + (b * 2 + c) * DRAWS, *row = C + c * M;
                double mean = 0, product = 0, va = row[a * 2 * M + a], vb = row[b * 2 * M + b];
                for (int k = 0; k < DRAWS; k++) {
                    mean += (first[k] - f[a * 2 + c]) / DRAWS;
                    product += (first[k] - f[a * 2 + c]) * (second[k] - f[b * 2 + c]) / DRAWS;
                }
                /* five standard errors; a product's variance is at most 2 v_a v_b */
                ck_assert(fabs(mean) <= 5 * sqrt(va / DRAWS) + 1e-5);
                ck_assert(fabs(product - row[a * 2 * M + b]) <= 5 * sqrt(2 * va * vb / DRAWS) + 1e-6);
            }
        }
    CHECK_STATUS(ntk_ridge_sample(ridge, &odd, &s.at, 9), NTK_ERR_SHAPE);
    ntk_ridge_destroy(ridge);
    free(draws);
    scene_free(&s);
}
END_TEST

/* more points than a batch, and more samples than a tile: the same as one by one, whatever the storage */
START_TEST(many)
{
    uint64_t state = test_seed(724);
    enum { n = 700, m = 300 };
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    double *xs = oracle_samples(n + m, D, NTK_F64, &state), *ys = oracle_samples(n, 1, NTK_F64, &state), v[3][m], one;
    ntk_matrix x = ntk_matrix_const_f64(xs, n, D), y = ntk_matrix_const_f64(ys, n, 1),
               at = ntk_matrix_const_f64(xs + n * D, m, D);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge[3];
    options.intercept = 1;
    for (int k = 0; k < 3; k++) {
        ntk_matrix V = ntk_matrix_f64(v[k], m, 1);
        options.method = k == 2 ? NTK_RIDGE_SPECTRAL : NTK_RIDGE_DUAL;
        options.storage = k == 1 ? NTK_STORAGE_PACKED : NTK_STORAGE_FULL;
        CHECK_OK(ntk_ridge_create(context, &ridge[k], kernel, &x, &y, 0.1, &options));
        CHECK_OK(ntk_ridge_variance(ridge[k], &V, &at));
    }
    for (int i = 0; i < m; i++) {
        ntk_matrix point = ntk_matrix_const_f64(xs + (n + i) * D, 1, D), One = ntk_matrix_f64(&one, 1, 1);
        if (i % 30 == 0) {
            CHECK_OK(ntk_ridge_variance(ridge[0], &One, &point));
            ck_assert(fabs(one - v[0][i]) <= 1e-11 * (1 + one));
        }
        ck_assert(fabs(v[0][i] - v[1][i]) <= 1e-11 * (1 + v[0][i]) && fabs(v[0][i] - v[2][i]) <= 1e-10 * (1 + v[0][i]));
    }
    for (int k = 0; k < 3; k++) ntk_ridge_destroy(ridge[k]);
    ntk_kernel_destroy(kernel);
    free(xs);
    free(ys);
}
END_TEST

static int constant_block(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    (void)user, (void)x1, (void)x2;
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) test_set(out, i, j, 1);
    return 0;
}

START_TEST(refused)
{
    uint64_t state = test_seed(725);
    scene s = scene_create(&state);
    double g[M * 2 * D], v[M];
    ntk_matrix G = ntk_matrix_f64(g, M, 2 * D), V = ntk_matrix_f64(v, M, 1), Cov = ntk_matrix_f64(g, M, M);
    ntk_kernel_functions functions = NTK_INIT(ntk_kernel_functions);
    ntk_kernel *finite = s.kernel;
    s.options.light = 1;
    ntk_ridge *ridge = fit(&s);
    CHECK_OK(ntk_ridge_gradient(ridge, &G, &s.at));
    CHECK_STATUS(ntk_ridge_variance(ridge, &V, &s.at), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_covariance(ridge, &Cov, &s.at), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_sample(ridge, &G, &s.at, 0), NTK_ERR_STATE);
    ntk_ridge_destroy(ridge);
    functions.block = constant_block;
    s.options.light = 0;
    CHECK_OK(ntk_kernel_create_user(context, &s.kernel, &functions));
    ridge = fit(&s);
    CHECK_STATUS(ntk_ridge_gradient(ridge, &G, &s.at), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_ridge_variance_gradient(ridge, &G, &s.at), NTK_ERR_UNSUPPORTED);
    /* every point is like every sample: lambda / (n + lambda) of 1 */
    CHECK_OK(ntk_ridge_variance(ridge, &V, &s.at));
    ck_assert(fabs(v[0] - 0.05 / 30.05) <= 1e-13);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(finite);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uncertainty of ridge regression");
    TCase *tests = test_case(suite, "uncertainty");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, covariances, 0, 2 * CHOICES);
    tcase_add_loop_test(tests, gradients, 0, 2 * CHOICES);
    tcase_add_loop_test(tests, samples, 0, 2 * CHOICES);
    tcase_add_test(tests, many);
    tcase_add_test(tests, refused);
    return test_run(suite);
}
