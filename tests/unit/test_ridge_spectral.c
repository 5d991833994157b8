/* The spectral method: the path against dense inverses, its derivatives against differences, the choice of lambda, and a change of
 * it. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

/* samples with two targets, smooth in them but for noise */
typedef struct scene {
    int64_t n, d, t;
    ntk_kernel *kernel;
    double *xs, *ys;
    ntk_matrix x, y;
    ntk_ridge_options options;
} scene;

static scene scene_create(int64_t n, int32_t intercept, uint64_t *state)
{
    oracle_kernel oracle = {NTK_ERF, 0, NTK_INIT(ntk_kernel_options)};
    oracle.options.bias_scale = 0.5; /* the constants, too, are functions of the kernel */
    scene s = {.n = n, .d = 4, .t = 2, .options = NTK_INIT(ntk_ridge_options)};
    s.kernel = oracle_kernel_create(context, &oracle);
    s.options.method = NTK_RIDGE_SPECTRAL;
    s.options.intercept = intercept;
    s.xs = oracle_samples(n, s.d, NTK_F64, state);
    s.ys = oracle_samples(n, s.t, NTK_F64, state);
    for (int64_t i = 0; i < n; i++) {
        s.ys[2 * i] = 3 + sin(s.xs[4 * i]) + 0.3 * s.ys[2 * i];
        s.ys[2 * i + 1] = sin(s.xs[4 * i + 1] + s.xs[4 * i + 2]) - 1 + 0.5 * s.ys[2 * i + 1];
    }
    s.x = ntk_matrix_const_f64(s.xs, n, s.d);
    s.y = ntk_matrix_const_f64(s.ys, n, s.t);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    free(s->xs);
    free(s->ys);
}

static ntk_ridge *fit(const scene *s, double lambda, int32_t method)
{
    ntk_ridge *ridge = NULL;
    ntk_ridge_options options = s->options;
    options.method = method;
    CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x, &s->y, lambda, &options));
    return ridge;
}

static void near(double got, long double right, double bound, const char *what)
{
    ck_assert_msg(fabs(got - (double)right) <= bound * (1 + fabs((double)right)), "%s: %.17g, expected %.17Lg, bound %.1e",
                  what, got, right, bound);
}

/* --- against dense inverses --- */

/* A^-1 - A^-1 1 1^T A^-1 / 1^T A^-1 1 with an intercept; returns log |A|, and log 1^T A^-1 1 added to it */
static long double inverse_of(long double *G, const long double *K, int64_t n, double lambda, int32_t intercept)
{
    long double *A = oracle_memory(n * n, sizeof *A), *z = oracle_memory(n, sizeof *z), ones = 0;
    memcpy(A, K, (size_t)(n * n) * sizeof *A);
    for (int64_t i = 0; i < n; i++) A[i * n + i] += (long double)lambda;
    long double determinant = oracle_inverse(G, A, n);
    for (int64_t i = 0; i < n; i++) {
        z[i] = 0;
        for (int64_t j = 0; j < n; j++) z[i] += G[i * n + j];
        ones += z[i];
    }
    for (int64_t i = 0; intercept && i < n; i++)
        for (int64_t j = 0; j < n; j++) G[i * n + j] -= z[i] * z[j] / ones;
    free(A);
    free(z);
    return intercept ? determinant + logl(ones) : determinant;
}

/* the row of a path of target c, by definition */
static void dense_row(long double *row, const scene *s, const long double *G, long double determinant, double lambda, int64_t c)
{
    long double n = (long double)s->n, trace = 0, quadratic = 0, contrasts = n - (s->options.intercept ? 1 : 0);
    const long double log_two_pi = 1.837877066409345483560659472811L;
    memset(row, 0, NTK_PATH_COLUMNS * sizeof *row);
    for (int64_t i = 0; i < s->n; i++) {
        long double alpha = 0;
        for (int64_t j = 0; j < s->n; j++) alpha += G[i * s->n + j] * (long double)s->ys[j * s->t + c];
        long double left_out = alpha / G[i * s->n + i], rest = (long double)lambda * alpha;
        row[NTK_PATH_LOO] += left_out * left_out / n;
        row[NTK_PATH_RSS] += rest * rest;
        quadratic += alpha * (long double)s->ys[i * s->t + c];
        trace += G[i * s->n + i];
    }
    long double degrees = n - (long double)lambda * trace, left = 1 - degrees / n;
    row[NTK_PATH_LAMBDA] = (long double)lambda;
    row[NTK_PATH_GCV] = row[NTK_PATH_RSS] / n / (left * left);
    row[NTK_PATH_DF] = degrees;
    row[NTK_PATH_LOG_EVIDENCE] = -(quadratic + determinant + contrasts * log_two_pi) / 2;
}

static long double *dense_kernel(const scene *s)
{
    long double *K = oracle_memory(s->n * s->n, sizeof *K);
    double *values = oracle_memory(s->n * s->n, sizeof *values);
    ntk_matrix out = ntk_matrix_f64(values, s->n, s->n);
    CHECK_OK(ntk_kernel_block(s->kernel, &out, &s->x, &s->x));
    for (int64_t i = 0; i < s->n * s->n; i++) K[i] = (long double)values[i];
    free(values);
    return K;
}

/* An eigendecomposition's error n eps |K| is multiplied by |A^-1| in alpha, and by no more in what is made of it. */
static double bound_of(const scene *s, double lambda)
{
    return 40 * (double)s->n * 0x1p-53 * (double)s->n / lambda;
}

START_TEST(path_against_dense_inverses)
{
    uint64_t state = test_seed(701);
    enum { LAMBDAS = 3 };
    double lambdas[LAMBDAS] = {1e-3, 0.1, 10}, all[LAMBDAS * NTK_PATH_COLUMNS], each[2 * LAMBDAS * NTK_PATH_COLUMNS];
    scene s = scene_create(33, _i, &state);
    ntk_ridge *ridge = fit(&s, 0.5, NTK_RIDGE_SPECTRAL);
    ntk_matrix Lambdas = ntk_matrix_f64(lambdas, LAMBDAS, 1), All = ntk_matrix_f64(all, LAMBDAS, NTK_PATH_COLUMNS),
               Each = ntk_matrix_f64(each, LAMBDAS, 2 * NTK_PATH_COLUMNS);
    long double *K = dense_kernel(&s), *G = oracle_memory(s.n * s.n, sizeof *G);
    CHECK_OK(ntk_ridge_path(ridge, &All, &Lambdas));
    CHECK_OK(ntk_ridge_path(ridge, &Each, &Lambdas));
    for (int r = 0; r < LAMBDAS; r++) {
        long double row[2][NTK_PATH_COLUMNS], determinant = inverse_of(G, K, s.n, lambdas[r], _i);
        const double *got = all + r * NTK_PATH_COLUMNS;
        double bound = bound_of(&s, lambdas[r]);
        for (int c = 0; c < 2; c++) {
            dense_row(row[c], &s, G, determinant, lambdas[r], c);
            for (int k = 0; k < NTK_PATH_COLUMNS; k++)
                near(each[(2 * r + c) * NTK_PATH_COLUMNS + k], row[c][k], bound, "a target's number");
        }
        near(got[NTK_PATH_LOO], (row[0][NTK_PATH_LOO] + row[1][NTK_PATH_LOO]) / 2, bound, "the mean leave-one-out error");
        near(got[NTK_PATH_GCV], (row[0][NTK_PATH_GCV] + row[1][NTK_PATH_GCV]) / 2, bound, "the mean GCV");
        near(got[NTK_PATH_DF], row[0][NTK_PATH_DF], bound, "degrees of freedom");
        near(got[NTK_PATH_RSS], row[0][NTK_PATH_RSS] + row[1][NTK_PATH_RSS], bound, "the sum of squares");
        near(got[NTK_PATH_LOG_EVIDENCE], row[0][NTK_PATH_LOG_EVIDENCE] + row[1][NTK_PATH_LOG_EVIDENCE], bound, "log evidence");
    }
    free(K);
    free(G);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

START_TEST(derivatives_against_differences)
{
    uint64_t state = test_seed(702);
    const double h = 1e-4;
    scene s = scene_create(40, _i, &state);
    ntk_ridge *ridge = fit(&s, 0.5, NTK_RIDGE_SPECTRAL);
    for (double lambda = 0.02; lambda < 30; lambda *= 11) {
        double around[2] = {lambda * exp(-h), lambda * exp(h)}, table[4 * NTK_PATH_COLUMNS], slopes[2 * NTK_PATH_COLUMNS];
        ntk_matrix At = ntk_matrix_f64(&lambda, 1, 1), Around = ntk_matrix_f64(around, 2, 1),
                   Table = ntk_matrix_f64(table, 2, 2 * NTK_PATH_COLUMNS),
                   Slopes = ntk_matrix_f64(slopes, 1, 2 * NTK_PATH_COLUMNS);
        CHECK_OK(ntk_ridge_path(ridge, &Table, &Around));
        CHECK_OK(ntk_ridge_path_derivatives(ridge, &Slopes, &At));
        /* h^2 of third derivatives, which are about as large as the numbers, and roundings over h */
        for (int k = 0; k < 2 * NTK_PATH_COLUMNS; k++)
            near((table[2 * NTK_PATH_COLUMNS + k] - table[k]) / (2 * h), (long double)slopes[k], 3e-7 * (1 + fabs(table[k])),
                 "a derivative");
    }
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* --- the choice, and what is done with it --- */

START_TEST(choice_of_lambda)
{
    uint64_t state = test_seed(703);
    static const int columns[] = {NTK_PATH_LOO, NTK_PATH_GCV, NTK_PATH_LOG_EVIDENCE};
    scene s = scene_create(60, _i % 2, &state);
    ntk_ridge *ridge = fit(&s, 0.5, NTK_RIDGE_SPECTRAL);
    int32_t criterion = _i / 2;
    double best[2], all, table[3 * 2 * NTK_PATH_COLUMNS];
    ntk_matrix Best = ntk_matrix_f64(best, 1, 2), All = ntk_matrix_f64(&all, 1, 1);
    ntk_ridge_report before = test_summary(ridge);
    CHECK_OK(ntk_ridge_select(ridge, &Best, criterion));
    CHECK_OK(ntk_ridge_select(ridge, &All, criterion));
    ck_assert(test_summary(ridge).lambda == before.lambda);
    ck_assert(all >= fmin(best[0], best[1]) * 0.99 && all <= fmax(best[0], best[1]) * 1.01);
    for (int c = 0; c < 3; c++) {
        double at = c < 2 ? best[c] : all, lambdas[3] = {at / 1.05, at, at * 1.05};
        ntk_matrix Lambdas = ntk_matrix_f64(lambdas, 3, 1),
                   Table = ntk_matrix_f64(table, 3, (c < 2 ? 2 : 1) * NTK_PATH_COLUMNS);
        CHECK_OK(ntk_ridge_path(ridge, &Table, &Lambdas));
        double value[3];
        /* the same minimum, which is flat to the root of the roundoff, from a narrow range around it */
        double again[2];
        ntk_matrix Again = ntk_matrix_f64(again, 1, c < 2 ? 2 : 1);
        ck_assert_int_ge(ntk_ridge_select_between(ridge, &Again, criterion, at / 3, at * 2), 0);
        ck_assert_msg(fabs(log(again[c % 2] / at)) < 1e-4, "%.12g in a range, %.12g", again[c % 2], at);
        for (int r = 0; r < 3; r++)
            value[r] = test_get(&Table, r, (c < 2 ? c : 0) * NTK_PATH_COLUMNS + columns[criterion]) * (criterion == 2 ? -1 : 1);
        ck_assert_msg(value[1] <= value[0] && value[1] <= value[2], "criterion %d: %.12g at %g between %.12g and %.12g",
                      (int)criterion, value[1], at, value[0], value[2]);
    }
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* copies with opposite targets: no function of x explains them, so no lambda is too large */
START_TEST(choice_at_the_bracket)
{
    uint64_t state = test_seed(704);
    scene s = scene_create(20, 0, &state);
    double best;
    ntk_matrix Best = ntk_matrix_f64(&best, 1, 1);
    for (int64_t i = 0; i < 20; i += 2) {
        memcpy(s.xs + (i + 1) * s.d, s.xs + i * s.d, (size_t)s.d * sizeof *s.xs);
        for (int64_t c = 0; c < 2; c++) s.ys[(i + 1) * 2 + c] = -s.ys[i * 2 + c];
    }
    ntk_ridge *ridge = fit(&s, 0.5, NTK_RIDGE_SPECTRAL);
    for (int32_t criterion = 0; criterion < 3; criterion++) {
        ntk_status status = ntk_ridge_select(ridge, &Best, criterion);
        ck_assert_msg(criterion == NTK_CRITERION_EVIDENCE || status == NTK_NOTE_AT_BRACKET, "criterion %d: %s", (int)criterion,
                      ntk_status_name(status));
        ck_assert(isfinite(best) && best > 0);
    }
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

static void same_predictions(const ntk_ridge *a, const ntk_ridge *b, int64_t d, int64_t t, int64_t column, double bound)
{
    uint64_t state = 5;
    double *points = oracle_samples(7, d, NTK_F64, &state), *f = oracle_memory(7 * t, sizeof *f),
           *g = oracle_memory(7 * t, sizeof *g);
    ntk_matrix x = ntk_matrix_const_f64(points, 7, d), F = ntk_matrix_f64(f, 7, t), G = ntk_matrix_f64(g, 7, t);
    CHECK_OK(ntk_ridge_predict(a, &F, &x));
    CHECK_OK(ntk_ridge_predict(b, &G, &x));
    for (int64_t i = 0; i < 7; i++)
        for (int64_t c = 0; c < t; c++)
            if (column < 0 || c == column) near(f[i * t + c], (long double)g[i * t + c], bound, "a prediction");
    free(points);
    free(f);
    free(g);
}

START_TEST(other_lambdas)
{
    uint64_t state = test_seed(705);
    scene s = scene_create(30, _i, &state);
    double two[2] = {0.03, 2}, got[2], one = 0.03;
    ntk_matrix Two = ntk_matrix_const_f64(two, 1, 2), One = ntk_matrix_const_f64(&one, 1, 1), Got = ntk_matrix_f64(got, 1, 2);
    ntk_ridge *ridge = fit(&s, 7, NTK_RIDGE_SPECTRAL), *first = fit(&s, two[0], NTK_RIDGE_DUAL),
              *second = fit(&s, two[1], NTK_RIDGE_DUAL), *both = NULL;
    double bound = bound_of(&s, two[0]);
    CHECK_OK(ntk_ridge_set_lambda(ridge, &One));
    same_predictions(ridge, first, s.d, s.t, -1, bound);
    ntk_ridge_report a = test_summary(ridge), b = test_summary(first);
    near(a.rss, (long double)b.rss, bound, "rss");
    near(a.log_evidence, (long double)b.log_evidence, bound, "log evidence");
    near(a.kernel_scale, (long double)b.kernel_scale, bound, "kernel scale");
    ck_assert(a.lambda == one && isnan(b.degrees) && b.condition <= a.condition * 1.0001 && b.memory > 0);
    CHECK_OK(ntk_ridge_set_lambda(ridge, &Two));
    CHECK_OK(ntk_ridge_lambdas(ridge, &Got));
    ck_assert(got[0] == two[0] && got[1] == two[1]);
    same_predictions(ridge, first, s.d, s.t, 0, bound);
    same_predictions(ridge, second, s.d, s.t, 1, bound);
    /* as from the start, where AUTO sees the lambdas */
    ntk_ridge_options options = s.options;
    options.method = NTK_RIDGE_AUTO;
    options.lambdas = &Two;
    CHECK_OK(ntk_ridge_create(context, &both, s.kernel, &s.x, &s.y, 0, &options));
    ck_assert_int_eq(test_summary(both).method, NTK_RIDGE_SPECTRAL);
    same_predictions(ridge, both, s.d, s.t, -1, 0);
    /* refused, it stays as it was */
    double before = test_summary(ridge).log_evidence;
    two[1] = -1;
    CHECK_STATUS(ntk_ridge_set_lambda(ridge, &Two), NTK_ERR_VALUE);
    ck_assert(test_summary(ridge).log_evidence == before);
    same_predictions(ridge, both, s.d, s.t, -1, 0);
    CHECK_STATUS(ntk_ridge_set_lambda(first, &One), NTK_ERR_UNSUPPORTED);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(first);
    ntk_ridge_destroy(second);
    ntk_ridge_destroy(both);
    scene_free(&s);
}
END_TEST

/* The v that the report names is a stationary point of the evidence of v K with noise v lambda. */
START_TEST(scale_of_the_kernel)
{
    uint64_t state = test_seed(706);
    const double lambda = 0.2, h = 1e-4;
    scene s = scene_create(25, _i, &state);
    ntk_ridge *ridge = fit(&s, lambda, NTK_RIDGE_SPECTRAL);
    double v = test_summary(ridge).kernel_scale, evidence[3];
    for (int k = 0; k < 3; k++) {
        ntk_kernel *scaled = NULL;
        ntk_ridge *other = NULL;
        double weight = v * (1 + (k - 1) * h);
        const ntk_kernel *terms[1] = {s.kernel};
        CHECK_OK(ntk_kernel_create_sum(context, &scaled, terms, &weight, 1));
        CHECK_OK(ntk_ridge_create(context, &other, scaled, &s.x, &s.y, weight * lambda, &s.options));
        evidence[k] = test_summary(other).log_evidence;
        ntk_ridge_destroy(other);
        ntk_kernel_destroy(scaled);
    }
    ck_assert(evidence[1] > test_summary(ridge).log_evidence);
    /* the third derivative in log v is n t / 2 */
    near((evidence[2] - evidence[0]) / (2 * h), 0, 1e-6, "the slope at the best scale");
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* --- edges --- */

START_TEST(no_lambda_and_copies)
{
    uint64_t state = test_seed(707);
    scene s = scene_create(12, 0, &state);
    double zero = 0, f[2], best;
    ntk_matrix Zero = ntk_matrix_f64(&zero, 1, 1), At = ntk_matrix_const_f64(s.xs, 1, s.d), F = ntk_matrix_f64(f, 1, 2),
               Best = ntk_matrix_f64(&best, 1, 1);
    double table[NTK_PATH_COLUMNS];
    ntk_matrix Table = ntk_matrix_f64(table, 1, NTK_PATH_COLUMNS);
    ntk_ridge *ridge = fit(&s, 0, NTK_RIDGE_SPECTRAL), *none = NULL;
    CHECK_OK(ntk_ridge_path(ridge, &Table, &Zero));
    ck_assert(isfinite(table[NTK_PATH_LOO]) && fabs(table[NTK_PATH_DF] - 12) < 1e-9);
    ntk_ridge_destroy(ridge);
    memcpy(s.xs + 5 * s.d, s.xs, (size_t)s.d * sizeof *s.xs);
    ridge = fit(&s, 0, NTK_RIDGE_SPECTRAL);
    CHECK_OK(ntk_ridge_predict(ridge, &F, &At));
    for (int c = 0; c < 2; c++) near(f[c], (long double)(s.ys[c] + s.ys[10 + c]) / 2, 1e-9, "the mean of two copies");
    ntk_ridge_report report = test_summary(ridge);
    double gap[2] = {s.ys[0] - s.ys[10], s.ys[1] - s.ys[11]};
    near(report.rss, (long double)(gap[0] * gap[0] + gap[1] * gap[1]) / 2, 1e-9, "what they leave");
    ck_assert(isnan(report.log_evidence) && fabs(report.degrees - 11) < 1e-9);
    CHECK_STATUS(ntk_ridge_path(ridge, &Table, &Zero), NTK_ERR_SINGULAR);
    ck_assert_int_ge(ntk_ridge_select(ridge, &Best, NTK_CRITERION_LOO), 0);
    ntk_ridge_destroy(ridge);
    s.options.intercept = 1;
    CHECK_STATUS(ntk_ridge_create(context, &none, s.kernel, &s.x, &s.y, 0, &s.options), NTK_ERR_SINGULAR);
    ck_assert_ptr_null(none);
    scene_free(&s);
}
END_TEST

START_TEST(one_sample_and_constants)
{
    uint64_t state = test_seed(708);
    scene s = scene_create(9, 1, &state);
    double lambda = 0.5, table[NTK_PATH_COLUMNS], b[2], best;
    ntk_matrix Lambda = ntk_matrix_f64(&lambda, 1, 1), Table = ntk_matrix_f64(table, 1, NTK_PATH_COLUMNS),
               B = ntk_matrix_f64(b, 1, 2), Best = ntk_matrix_f64(&best, 1, 1);
    /* constant targets are the intercept's, and samples that are all the same have their mean */
    for (int constant = 0; constant < 2; constant++) {
        double mean[2] = {0, 0};
        for (int64_t i = 0; i < 9; i++)
            for (int c = 0; c < 2; c++) {
                if (!constant) s.ys[2 * i + c] = 4;
                mean[c] += s.ys[2 * i + c] / 9;
            }
        for (int64_t i = 0; constant && i < 9; i++) memcpy(s.xs + i * s.d, s.xs, (size_t)s.d * sizeof *s.xs);
        ntk_ridge *ridge = fit(&s, lambda, NTK_RIDGE_SPECTRAL);
        CHECK_OK(ntk_ridge_intercept(ridge, &B));
        for (int c = 0; c < 2; c++) near(b[c], (long double)mean[c], 1e-12, "a mean");
        CHECK_OK(ntk_ridge_path(ridge, &Table, &Lambda));
        ck_assert_int_ge(ntk_ridge_select(ridge, &Best, NTK_CRITERION_EVIDENCE), 0);
        ck_assert(isfinite(table[NTK_PATH_LOO]) && isfinite(table[NTK_PATH_GCV]) && best > 0);
        ntk_ridge_destroy(ridge);
    }
    s.x.rows = s.y.rows = 1;
    ntk_ridge *ridge = fit(&s, lambda, NTK_RIDGE_SPECTRAL);
    CHECK_OK(ntk_ridge_path(ridge, &Table, &Lambda));
    ck_assert(isnan(table[NTK_PATH_LOO]));
    ntk_ridge_destroy(ridge);
    s.options.intercept = 0;
    ridge = fit(&s, lambda, NTK_RIDGE_SPECTRAL);
    CHECK_OK(ntk_ridge_path(ridge, &Table, &Lambda));
    near(table[NTK_PATH_LOO], (long double)(s.ys[0] * s.ys[0] + s.ys[1] * s.ys[1]) / 2, 1e-12, "a prediction of nothing");
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

START_TEST(refused)
{
    uint64_t state = test_seed(709);
    scene s = scene_create(8, 0, &state);
    double lambda = 1, table[NTK_PATH_COLUMNS];
    ntk_matrix Lambda = ntk_matrix_f64(&lambda, 1, 1), Table = ntk_matrix_f64(table, 1, NTK_PATH_COLUMNS);
    ntk_ridge *dual = fit(&s, 1, NTK_RIDGE_DUAL);
    CHECK_STATUS(ntk_ridge_path(dual, &Table, &Lambda), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_ridge_select(dual, &Lambda, NTK_CRITERION_LOO), NTK_ERR_UNSUPPORTED);
    CHECK_STATUS(ntk_ridge_select_between(dual, &Lambda, NTK_CRITERION_LOO, 1, 2), NTK_ERR_UNSUPPORTED);
    s.options.light = 1;
    ntk_ridge *light = fit(&s, 1, NTK_RIDGE_SPECTRAL), *none = NULL;
    CHECK_STATUS(ntk_ridge_path(light, &Table, &Lambda), NTK_ERR_STATE);
    same_predictions(light, dual, s.d, s.t, -1, 1e-12);
    ck_assert_uint_lt(test_summary(light).memory, test_summary(dual).memory);
    s.options.method = NTK_RIDGE_DUAL;
    s.options.lambdas = &Lambda;
    CHECK_STATUS(ntk_ridge_create(context, &none, s.kernel, &s.x, &s.y, 1, &s.options), NTK_ERR_OPTION);
    s.options.method = NTK_RIDGE_AUTO;
    CHECK_STATUS(ntk_ridge_create(context, &none, s.kernel, &s.x, &s.y, 1, &s.options), NTK_ERR_SHAPE);
    CHECK_MESSAGE("lambdas");
    ntk_ridge_destroy(dual);
    ntk_ridge_destroy(light);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectral ridge");
    TCase *tests = test_case(suite, "spectral");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, path_against_dense_inverses, 0, 2);
    tcase_add_loop_test(tests, derivatives_against_differences, 0, 2);
    tcase_add_loop_test(tests, choice_of_lambda, 0, 6);
    tcase_add_test(tests, choice_at_the_bracket);
    tcase_add_loop_test(tests, other_lambdas, 0, 2);
    tcase_add_loop_test(tests, scale_of_the_kernel, 0, 2);
    tcase_add_test(tests, no_lambda_and_copies);
    tcase_add_test(tests, one_sample_and_constants);
    tcase_add_test(tests, refused);
    return test_run(suite);
}
