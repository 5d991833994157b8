/* Models past every block that a fit or a prediction is divided into: strips of samples, groups of targets, blocks of neurons,
 * tiles and batches of the normal equations.  All are held to their definitions, by the model's own coefficients. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

/* A model, and what it was made of.  features: of a finite kernel. */
typedef struct scene {
    int64_t n, d, t;
    int32_t dtype;
    double lambda;
    ntk_features *features;
    ntk_kernel *kernel;
    double *xs, *ys;
    test_array x, y;
    ntk_ridge *ridge;
    test_array coefficients, b;
} scene;

static void make_finite(scene *s, int32_t part, int64_t N)
{
    ntk_activation *activation = oracle_activation_create(context, NTK_ERF, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    options.inputs = s->d;
    options.hidden = N;
    options.seed = 9;
    options.output_weights = NTK_OUTPUT_GAUSSIAN;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &s->features, network, part));
    CHECK_OK(ntk_kernel_create_finite(context, &s->kernel, s->features));
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
}

/* N: neurons of a finite kernel, 0: an infinite one.  Data are of single precision, so that converting them is exact, and
 * targets have means, so that there is something for the intercept. */
static scene scene_create(int64_t n, int64_t d, int64_t t, int64_t N, int32_t part, int32_t method, int32_t dtype,
                          int intercept)
{
    uint64_t state = test_seed(97);
    scene s = {.n = n, .d = d, .t = t, .dtype = dtype, .lambda = 0.5};
    oracle_kernel infinite = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    s.xs = oracle_samples(n, d, NTK_F32, &state);
    s.ys = oracle_samples(n, t, NTK_F32, &state);
    for (int64_t i = 0; i < n * t; i++) s.ys[i] = (double)(float)(s.ys[i] + 2 + (double)(i % t) / 64);
    s.x = oracle_array(s.xs, n, d, 1, NTK_F64);
    s.y = oracle_array(s.ys, n, t, 2, NTK_F64);
    if (N)
        make_finite(&s, part, N);
    else
        s.kernel = oracle_kernel_create(context, &infinite);
    options.method = method;
    options.dtype = dtype;
    options.intercept = intercept;
    CHECK_OK(ntk_ridge_create(context, &s.ridge, s.kernel, &s.x.view, &s.y.view, s.lambda, &options));
    CHECK_OK(ntk_ridge_summary(s.ridge, &report));
    s.coefficients = test_array_make(report.order, t, 0, NTK_F64);
    s.b = test_array_make(1, t, 0, NTK_F64);
    CHECK_OK(ntk_ridge_coefficients(s.ridge, &s.coefficients.view));
    CHECK_OK(ntk_ridge_intercept(s.ridge, &s.b.view));
    return s;
}

static void scene_free(scene *s)
{
    ntk_ridge_destroy(s->ridge);
    ntk_kernel_destroy(s->kernel);
    ntk_features_destroy(s->features);
    test_array *arrays[] = {&s->x, &s->y, &s->coefficients, &s->b};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    free(s->xs);
    free(s->ys);
}

/* sum_k M_ik coefficients_kc + b_c, and the sum of its terms' sizes */
static oracle_value definition(const scene *s, const ntk_matrix *M, int64_t i, int64_t c)
{
    oracle_value f = {(long double)test_get(&s->b.view, 0, c), fabsl((long double)test_get(&s->b.view, 0, c))};
    for (int64_t k = 0; k < M->cols; k++) {
        long double term = (long double)test_get(M, i, k) * (long double)test_get(&s->coefficients.view, k, c);
        f.value += term;
        f.bound += fabsl(term);
    }
    return f;
}

/* M of m rows: K(x, X) for a dual, Phi(x) for a primal, in f64 */
static test_array operator_of(const scene *s, const test_array *x, bool primal)
{
    test_array M = test_array_make(x->view.rows, s->coefficients.view.rows, 0, NTK_F64);
    if (primal)
        CHECK_OK(ntk_features_map(s->features, &M.view, &x->view));
    else
        CHECK_OK(ntk_kernel_block(s->kernel, &M.view, &x->view, &s->x.view));
    return M;
}

/* Six rows at once and each alone, of any type into any type.  An entry is within 64 + 6 sqrt(n) roundings of the terms' sizes;
 * so is a sum of them; f32 models of finite kernels have beta in f32, of which alpha is not made exactly: 4 times that. */
static void compare_predictions(const scene *s, bool primal)
{
    enum { ROWS = 6 };
    uint64_t state = test_seed(98);
    double *points = oracle_samples(ROWS, s->d, NTK_F32, &state), u = oracle_roundoff(s->dtype);
    test_array wide = oracle_array(points, ROWS, s->d, 0, NTK_F64), M = operator_of(s, &wide, primal);
    long double roundings = 4 * (64 + 6 * sqrtl((long double)M.view.cols)) * (long double)u;
    for (int choice = 0; choice < 4; choice++) {
        int32_t in = choice & 1 ? NTK_F32 : NTK_F64, out = choice & 2 ? NTK_F32 : NTK_F64;
        test_array x = oracle_array(points, ROWS, s->d, 1, in), batch = test_array_make(ROWS, s->t, 1, out);
        test_array one = test_array_make(1, s->t, 0, out);
        CHECK_OK(ntk_ridge_predict(s->ridge, &batch.view, &x.view));
        for (int64_t i = 0; i < ROWS; i++) {
            ntk_matrix row = x.view;
            row.data = (char *)x.view.data + (size_t)(i * x.view.stride) * (in == NTK_F32 ? 4 : 8);
            row.rows = 1;
            test_array_poison(&one);
            CHECK_OK(ntk_ridge_predict(s->ridge, &one.view, &row));
            ck_assert(test_array_is_written(&one));
            for (int64_t c = 0; c < s->t; c++) {
                oracle_value f = definition(s, &M.view, i, c);
                long double bound = (roundings + (long double)oracle_roundoff(out)) * f.bound;
                double together = test_get(&batch.view, i, c), alone = test_get(&one.view, 0, c);
                ck_assert_msg(fabsl((long double)together - f.value) <= bound && fabsl((long double)alone - f.value) <= bound,
                              "f%d, f[%d][%d] is %.17g in a batch, %.17g alone, not %.17Lg (%.2Lg)",
                              s->dtype == NTK_F32 ? 32 : 64, (int)i, (int)c, together, alone, f.value, bound);
            }
        }
        test_array_free(&x);
        test_array_free(&batch);
        test_array_free(&one);
    }
    test_array_free(&wide);
    test_array_free(&M);
    free(points);
}

/* strips of 512 samples, groups of 64, 256 and 512 targets, blocks of 128 neurons */
START_TEST(predictions)
{
    static const struct {
        int64_t n, d, t, N;
        int32_t method;
    } cases[] = {{1100, 6, 3, 0, NTK_RIDGE_DUAL},     {40, 35, 530, 0, NTK_RIDGE_DUAL},    {90, 5, 150, 200, NTK_RIDGE_DUAL},
                 {500, 7, 70, 300, NTK_RIDGE_PRIMAL}, {60, 3, 530, 140, NTK_RIDGE_PRIMAL}, {30, 4, 2, 8, NTK_RIDGE_PRIMAL}};
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
        for (int intercept = 0; intercept < 2; intercept++) {
            scene s = scene_create(cases[_i].n, cases[_i].d, cases[_i].t, cases[_i].N, _i == 5 ? NTK_PART_RF : NTK_PART_BOTH,
                                   cases[_i].method, dtype, intercept);
            compare_predictions(&s, cases[_i].method == NTK_RIDGE_PRIMAL);
            scene_free(&s);
        }
}
END_TEST

/* (Y - b - M C)_ic of every sample; targets 0, 1, the edges of groups and the last */
static const int64_t edges[] = {0, 1, 7, 8, 63, 64, 255, 256, 511, 512, 519};
enum { EDGES = sizeof edges / sizeof *edges };

/* The gradient of the objective vanishes: Phi^T (y - b - Phi beta) = lambda beta, and with an intercept 1^T (...) = 0.
 * Cholesky leaves |A| |beta| times some roundings, of which a sum has about 6 times the square root of their number. */
static void check_gradient(const scene *s, int intercept, long double *residual, const ntk_matrix *Phi)
{
    int64_t n = s->n, p = Phi->cols;
    long double squares = 0, roundings = 18 * sqrtl((long double)(n + p)) * (long double)oracle_roundoff(s->dtype);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < p; k++) squares += (long double)test_get(Phi, i, k) * (long double)test_get(Phi, i, k);
    for (int e = 0; e < EDGES && edges[e] < s->t; e++) {
        int64_t c = edges[e];
        long double sum = 0, y = 0, beta = 0, gradient = 0;
        for (int64_t i = 0; i < n; i++) {
            residual[i] = (long double)s->ys[i * s->t + c] - definition(s, Phi, i, c).value;
            sum += residual[i];
            y += (long double)s->ys[i * s->t + c] * (long double)s->ys[i * s->t + c];
        }
        for (int64_t k = 0; k < p; k++) {
            long double coefficient = (long double)test_get(&s->coefficients.view, k, c),
                        g = -(long double)s->lambda * coefficient;
            for (int64_t i = 0; i < n; i++) g += (long double)test_get(Phi, i, k) * residual[i];
            gradient += g * g;
            beta += coefficient * coefficient;
        }
        long double bound = roundings * ((squares + (long double)s->lambda) * sqrtl(beta) + sqrtl(squares * y));
        ck_assert_msg(sqrtl(gradient) <= bound, "f%d, target %d: gradient %.3Lg, bound %.3Lg", s->dtype == NTK_F32 ? 32 : 64,
                      (int)c, sqrtl(gradient), bound);
        bound = roundings * (sqrtl((long double)n * y) + sqrtl((long double)n * squares * beta));
        ck_assert_msg(!intercept || fabsl(sum) <= bound, "f%d, target %d: sum of residuals %.3Lg, bound %.3Lg",
                      s->dtype == NTK_F32 ? 32 : 64, (int)c, sum, bound);
    }
}

/* two tiles of features; two batches of samples, both ragged; groups of targets; both precisions */
START_TEST(normal_equations)
{
    static const int64_t shapes[][4] = {{700, 3, 2, 600}, {4100, 2, 2, 40}, {300, 4, 520, 530}};
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
        for (int intercept = 0; intercept < 2; intercept++) {
            const int64_t *size = shapes[_i];
            scene s = scene_create(size[0], size[1], size[2], size[3], NTK_PART_RF, NTK_RIDGE_PRIMAL, dtype, intercept);
            test_array Phi = operator_of(&s, &s.x, true);
            long double *residual = oracle_memory(s.n, sizeof *residual);
            check_gradient(&s, intercept, residual, &Phi.view);
            free(residual);
            test_array_free(&Phi);
            scene_free(&s);
        }
}
END_TEST

/* (K + lambda I) alpha = y - b, with several tiles and groups of targets */
START_TEST(dual_equations)
{
    for (int choice = 0; choice < 4; choice++) {
        int32_t dtype = choice & 1 ? NTK_F32 : NTK_F64;
        scene s = scene_create(_i ? 1100 : 530, 8, _i ? 2 : 520, 0, 0, NTK_RIDGE_DUAL, dtype, choice >> 1);
        test_array K = operator_of(&s, &s.x, false);
        long double trace = 0, roundings = 18 * sqrtl((long double)s.n) * (long double)oracle_roundoff(dtype);
        for (int64_t i = 0; i < s.n; i++) trace += (long double)test_get(&K.view, i, i) + (long double)s.lambda;
        for (int e = 0; e < EDGES && edges[e] < s.t; e++) {
            long double square = 0, residual = 0, y = 0;
            for (int64_t i = 0; i < s.n; i++) {
                long double alpha = (long double)test_get(&s.coefficients.view, i, edges[e]);
                long double r = (long double)s.ys[i * s.t + edges[e]] - definition(&s, &K.view, i, edges[e]).value -
                                (long double)s.lambda * alpha;
                residual += r * r;
                square += alpha * alpha;
                y += (long double)s.ys[i * s.t + edges[e]] * (long double)s.ys[i * s.t + edges[e]];
            }
            long double bound = roundings * (trace * sqrtl(square) + sqrtl(y));
            ck_assert_msg(sqrtl(residual) <= bound, "target %d: residual %.3Lg, bound %.3Lg", (int)edges[e], sqrtl(residual),
                          bound);
        }
        test_array_free(&K);
        scene_free(&s);
    }
}
END_TEST

/* K v of stored kernel matrices and of kernels, for more targets than one product takes */
START_TEST(products_of_many_vectors)
{
    const int64_t n = 600, t = 520;
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        scene s = scene_create(n, 5, 1, _i ? 30 : 0, NTK_PART_BOTH, NTK_RIDGE_DUAL, dtype, 0);
        uint64_t state = test_seed(99);
        double *values = oracle_samples(n, t, NTK_F32, &state);
        test_array v = oracle_array(values, n, t, 1, dtype), y = test_array_make(n, t, 1, dtype);
        test_array K = test_array_make(n, n, 0, NTK_F64);
        ntk_gram_options options = NTK_INIT(ntk_gram_options);
        ntk_gram *gram = NULL;
        options.dtype = dtype;
        options.storage = NTK_STORAGE_PACKED;
        CHECK_OK(ntk_kernel_block(s.kernel, &K.view, &s.x.view, &s.x.view));
        CHECK_OK(ntk_gram_create(context, &gram, s.kernel, &s.x.view, &options));
        for (int stored = 0; stored < 2; stored++) {
            test_array_poison(&y);
            if (stored)
                CHECK_OK(ntk_gram_multiply(gram, &y.view, &v.view));
            else
                CHECK_OK(ntk_kernel_multiply(s.kernel, &y.view, &s.x.view, &s.x.view, &v.view));
            ck_assert(test_array_is_written(&y));
            for (int e = 0; e < EDGES; e++)
                for (int64_t i = 0; i < n; i += 37) {
                    long double sum = 0, size = 0;
                    for (int64_t j = 0; j < n; j++) {
                        long double term = (long double)test_get(&K.view, i, j) * (long double)values[j * t + edges[e]];
                        sum += term;
                        size += fabsl(term);
                    }
                    long double bound = 4 * (64 + 6 * sqrtl((long double)n)) * (long double)oracle_roundoff(dtype) * size;
                    ck_assert_msg(fabsl((long double)test_get(&y.view, i, edges[e]) - sum) <= bound,
                                  "stored %d: y[%d][%d] is %.17g, not %.17Lg (%.2Lg)", stored, (int)i, (int)edges[e],
                                  test_get(&y.view, i, edges[e]), sum, bound);
                }
        }
        ntk_gram_destroy(gram);
        test_array_free(&v);
        test_array_free(&y);
        test_array_free(&K);
        free(values);
        scene_free(&s);
    }
}
END_TEST

/* --- what a few rows do that a batch does not --- */

/* f(2^e x) = 2^e f(x) for ReLU, however long x; five rows are a batch.  Past the largest number the call says so. */
START_TEST(extreme_rows)
{
    const int exponents[] = {0, 660, -660, 900, -900};
    scene s = scene_create(30, 4, 2, 0, 0, NTK_RIDGE_DUAL, NTK_F64, 0);
    test_array x = oracle_array(s.xs, 5, 4, 0, NTK_F64), f = test_array_make(5, 2, 0, NTK_F64),
               y = test_array_make(5, 2, 0, NTK_F64);
    CHECK_OK(ntk_ridge_predict(s.ridge, &f.view, &x.view));
    for (int64_t rows = 1; rows <= 5; rows += 4)
        for (int e = 0; e < 5; e++) {
            double moved[20];
            for (int i = 0; i < 20; i++) moved[i] = ldexp(s.xs[i], exponents[e]);
            ntk_matrix in = ntk_matrix_const_f64(moved, rows, 4), out = y.view;
            out.rows = rows;
            CHECK_OK(ntk_ridge_predict(s.ridge, &out, &in));
            for (int64_t i = 0; i < 2 * rows; i++) {
                double got = ldexp(test_get(&out, i / 2, i % 2), -exponents[e]), want = test_get(&f.view, i / 2, i % 2);
                ck_assert_msg(fabs(got - want) <= 1e-12, "%d rows, times 2^%d: %.17g, not %.17g", (int)rows, exponents[e], got,
                              want);
            }
        }
    double longest[20];
    for (int i = 0; i < 20; i++) longest[i] = 1.5e308 * (i % 2 ? -1 : 1);
    for (int64_t rows = 1; rows <= 5; rows += 4) {
        ntk_matrix in = ntk_matrix_const_f64(longest, rows, 4), out = y.view;
        out.rows = rows;
        CHECK_STATUS(ntk_ridge_predict(s.ridge, &out, &in), NTK_ERR_OVERFLOW);
        CHECK_MESSAGE("so long");
    }
    test_array_free(&x);
    test_array_free(&f);
    test_array_free(&y);
    scene_free(&s);
}
END_TEST

/* an f64 row that an f32 model cannot hold, at whatever place */
START_TEST(rows_beyond_single_precision)
{
    for (int64_t N = 0; N <= 8; N += 8) {
        scene s = scene_create(30, 4, 2, N, NTK_PART_BOTH, NTK_RIDGE_DUAL, NTK_F32, 1);
        for (int64_t rows = 1; rows <= 5; rows += 4) {
            double x[20] = {0}, y[10];
            ntk_matrix in = ntk_matrix_const_f64(x, rows, 4), out = ntk_matrix_f64(y, rows, 2);
            x[3] = -1e39;
            CHECK_STATUS(ntk_ridge_predict(s.ridge, &out, &in), NTK_ERR_OVERFLOW);
            CHECK_MESSAGE("single precision");
        }
        scene_free(&s);
    }
}
END_TEST

/* rows longer than the stack's: one is as in a batch, in every mixture of types */
START_TEST(long_rows)
{
    const int64_t d = 300000, n = 6;
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
        for (int32_t in = NTK_F64; in <= NTK_F32; in++) {
            scene s = scene_create(n, d, 1, 0, 0, NTK_RIDGE_DUAL, dtype, 0);
            test_array x = oracle_array(s.xs, n, d, 0, in), batch = test_array_make(n, 1, 0, NTK_F64),
                       one = test_array_make(1, 1, 0, NTK_F64);
            ntk_matrix row = x.view;
            row.rows = 1;
            CHECK_OK(ntk_ridge_predict(s.ridge, &batch.view, &x.view));
            CHECK_OK(ntk_ridge_predict(s.ridge, &one.view, &row));
            ck_assert(fabs(test_get(&one.view, 0, 0) - test_get(&batch.view, 0, 0)) <= (dtype == NTK_F64 ? 1e-10 : 1e-3));
            test_array_free(&x);
            test_array_free(&batch);
            test_array_free(&one);
            scene_free(&s);
        }
}
END_TEST

static int count_calls(void *calls, const char *stage, double fraction)
{
    (void)stage, (void)fraction;
    return ++*(int *)calls < 0;
}

/* One row of a model of many samples asks as it goes, not only at its end. */
START_TEST(a_long_prediction_asks)
{
    int calls = 0;
    ntk_context *usual = context;
    ntk_context_options options = NTK_INIT(ntk_context_options);
    options.threads = 1;
    options.progress = count_calls;
    options.progress_user = &calls;
    CHECK_OK(ntk_context_create(&context, &options));
    scene s = scene_create(1600, 2, 1, 0, 0, NTK_RIDGE_DUAL, NTK_F32, 0);
    double y;
    ntk_matrix row = ntk_matrix_const_f64(s.xs, 1, 2), out = ntk_matrix_f64(&y, 1, 1);
    calls = 0;
    CHECK_OK(ntk_ridge_predict(s.ridge, &out, &row));
    ck_assert_int_ge(calls, 5); /* 4 strips and a row */
    scene_free(&s);
    ntk_context_destroy(context);
    context = usual;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge blocks");
    TCase *blocks = test_case(suite, "blocks");
    tcase_add_checked_fixture(blocks, setup, teardown);
    tcase_add_loop_test(blocks, predictions, 0, 6);
    tcase_add_loop_test(blocks, normal_equations, 0, 3);
    tcase_add_loop_test(blocks, dual_equations, 0, 2);
    tcase_add_loop_test(blocks, products_of_many_vectors, 0, 2);
    tcase_add_test(blocks, extreme_rows);
    tcase_add_test(blocks, rows_beyond_single_precision);
    tcase_add_test(blocks, long_rows);
    tcase_add_test(blocks, a_long_prediction_asks);
    return test_run(suite);
}
