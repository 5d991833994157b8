/* Primal fits by orthogonal triangularization: the digits that normal equations lose, and everything else alike. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 1300, P = 5, T = 2 };

/* exp(w_i x) for x near 0: their Taylor series makes the features all but dependent.  y = Phi coefficients, rounded. */
typedef struct scene {
    ntk_features *features;
    test_array x, y, Phi;
    int64_t read; /* rows, in all */
} scene;

static ntk_features *features_of(int32_t kind, int64_t inputs, int64_t hidden, int32_t part)
{
    ntk_activation *activation = NULL;
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = inputs;
    options.hidden = hidden;
    options.seed = 4;
    CHECK_OK(ntk_activation_create(context, &activation, kind, NULL));
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &features, network, part));
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    return features;
}

static scene scene_make(double width)
{
    scene s = {.features = features_of(NTK_EXP, 1, P, NTK_PART_RF)};
    s.x = test_array_make(N, 1, 0, NTK_F64);
    s.y = test_array_make(N, T, 0, NTK_F64);
    s.Phi = test_array_make(N, P, 0, NTK_F64);
    for (int64_t i = 0; i < N; i++) test_set(&s.x.view, i, 0, width * test_uniform(321, i));
    CHECK_OK(ntk_features_map(s.features, &s.Phi.view, &s.x.view));
    for (int64_t i = 0; i < N; i++)
        for (int64_t c = 0; c < T; c++) {
            double sum = 0;
            for (int64_t k = 0; k < P; k++) sum += test_get(&s.Phi.view, i, k) * (double)(1 + k + c);
            test_set(&s.y.view, i, c, sum);
        }
    return s;
}

static void scene_free(scene *s)
{
    ntk_features_destroy(s->features);
    test_array_free(&s->x);
    test_array_free(&s->y);
    test_array_free(&s->Phi);
}

/* Least squares in long double by Gram and Schmidt, each column twice; a column of ones first with an intercept, and sqrt(lambda) I
 * below.  Returns the condition of R's diagonal, a lower bound of Phi's. */
static double oracle_least_squares(const scene *s, double lambda, bool intercept, long double beta[P][T])
{
    enum { MOST = P + 1 + T };
    int64_t rows = N + P, own = P + intercept, all = own + T;
    long double *A = oracle_memory(rows * MOST, sizeof *A), R[MOST][MOST] = {{0}}, most = 0, least = INFINITY;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < all; k++) {
            int64_t feature = k - intercept;
            long double value = 0;
            if (i < N && k >= own) value = (long double)test_get(&s->y.view, i, k - own);
            if (i < N && k < own) value = feature < 0 ? 1 : (long double)test_get(&s->Phi.view, i, feature);
            if (i >= N && feature == i - N) value = sqrtl((long double)lambda);
            A[k * rows + i] = value;
        }
    for (int64_t k = 0; k < all; k++) {
        for (int twice = 0; twice < 2; twice++)
            for (int64_t j = 0; j < k && j < own; j++) {
                long double dot = 0;
                for (int64_t i = 0; i < rows; i++) dot += A[j * rows + i] * A[k * rows + i];
                for (int64_t i = 0; i < rows; i++) A[k * rows + i] -= dot * A[j * rows + i];
                R[j][k] += dot;
            }
        if (k >= own) continue;
        for (int64_t i = 0; i < rows; i++) R[k][k] += A[k * rows + i] * A[k * rows + i];
        R[k][k] = sqrtl(R[k][k]);
        for (int64_t i = 0; i < rows; i++) A[k * rows + i] /= R[k][k];
        most = fmaxl(most, R[k][k]);
        least = fminl(least, R[k][k]);
    }
    for (int64_t c = 0; c < T; c++) {
        long double z[MOST];
        for (int64_t k = own - 1; k >= 0; k--) {
            z[k] = R[k][own + c];
            for (int64_t j = k + 1; j < own; j++) z[k] -= R[k][j] * z[j];
            z[k] /= R[k][k];
        }
        for (int64_t k = 0; k < P; k++) beta[k][c] = z[k + intercept];
    }
    free(A);
    return (double)(most / least);
}

/* The largest error of the coefficients, relative to the largest of them. */
static double error_of(const ntk_ridge *ridge, long double beta[P][T])
{
    test_array got = test_array_make(P, T, 0, NTK_F64);
    double worst = 0, size = 0;
    CHECK_OK(ntk_ridge_coefficients(ridge, &got.view));
    for (int64_t k = 0; k < P; k++)
        for (int64_t c = 0; c < T; c++) {
            worst = fmax(worst, fabs(test_get(&got.view, k, c) - (double)beta[k][c]));
            size = fmax(size, fabs((double)beta[k][c]));
        }
    test_array_free(&got);
    return worst / size;
}

static int64_t read(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    scene *s = user;
    int64_t rows = N - first < x->rows ? N - first : x->rows;
    for (int64_t i = 0; i < rows; i++) {
        test_set(x, i, 0, test_get(&s->x.view, first + i, 0));
        for (int64_t c = 0; c < T; c++) test_set(y, i, c, test_get(&s->y.view, first + i, c));
    }
    s->read += rows;
    return rows;
}

static ntk_sample_stream stream_of(scene *s)
{
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    stream.inputs = 1;
    stream.targets = T;
    stream.read = read;
    stream.user = s;
    return stream;
}

static const char *reason_of(const ntk_ridge *ridge)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    return report.reason;
}

/* QR is off by n p roundoffs times the condition, as is the oracle in its own; normal equations have nothing right, or refuse. */
START_TEST(digits_that_normal_equations_lose)
{
    bool intercept = _i & 1;
    scene s = scene_make(intercept ? 0.1 : 0.01);
    double lambda = _i & 2 ? 1e-17 : 0;
    long double beta[P][T];
    double condition = oracle_least_squares(&s, lambda, intercept, beta), tolerance = 100 * P * 0x1p-53 * condition;
    ck_assert_msg(condition > 1e7 && condition < 1e11, "condition %g", condition);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL;
    options.intercept = intercept;
    options.solver = NTK_SOLVER_NORMAL;
    ntk_status status = ntk_ridge_create_primal(context, &ridge, s.features, &s.x.view, &s.y.view, lambda, &options);
    if (status >= 0) {
        ck_assert_double_gt(error_of(ridge, beta), 1000 * tolerance);
        ntk_ridge_destroy(ridge);
    } else {
        ck_assert_int_eq(status, NTK_ERR_SINGULAR);
    }
    for (options.solver = NTK_SOLVER_AUTO; options.solver <= NTK_SOLVER_QR; options.solver += NTK_SOLVER_QR)
        for (options.storage = NTK_STORAGE_FULL; options.storage <= NTK_STORAGE_PACKED; options.storage++) {
            ntk_sample_stream stream = stream_of(&s);
            CHECK_OK(ntk_ridge_create_primal(context, &ridge, s.features, &s.x.view, &s.y.view, lambda, &options));
            ck_assert_double_le(error_of(ridge, beta), tolerance);
            ck_assert_ptr_nonnull(strstr(reason_of(ridge), "triangularization"));
            ntk_ridge_destroy(ridge);
            s.read = 0;
            CHECK_OK(ntk_ridge_create_stream(context, &ridge, s.features, &stream, lambda, &options));
            ck_assert_double_le(error_of(ridge, beta), tolerance);
            ck_assert_int_eq(s.read, options.solver == NTK_SOLVER_AUTO ? 2 * N : N);
            ntk_ridge_destroy(ridge);
        }
    scene_free(&s);
}
END_TEST

/* what can be read once is not tried again */
START_TEST(streams_that_are_read_once)
{
    scene s = scene_make(0.001);
    ntk_sample_stream stream = stream_of(&s);
    ntk_ridge *ridge = NULL;
    stream.once = 1;
    CHECK_STATUS(ntk_ridge_create_stream(context, &ridge, s.features, &stream, 0, NULL), NTK_ERR_SINGULAR);
    CHECK_MESSAGE("NTK_SOLVER_QR");
    ck_assert_int_eq(s.read, N);
    scene_free(&s);
}
END_TEST

/* --- everything else --- */

/* What a model says of points, and its report, as numbers. */
static void describe(const ntk_ridge *ridge, const ntk_matrix *x, double *numbers, int64_t samples)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    int64_t n = x->rows, at = 0;
    CHECK_OK(ntk_ridge_summary(ridge, &report));
    test_array f = test_array_make(n, T, 0, NTK_F64), v = test_array_make(n, 1, 0, NTK_F64),
               residuals = test_array_make(samples, T, 0, NTK_F64);
    CHECK_OK(ntk_ridge_predict(ridge, &f.view, x));
    CHECK_OK(ntk_ridge_variance(ridge, &v.view, x));
    CHECK_OK(ntk_ridge_leave_one_out(ridge, &residuals.view));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < T; c++) numbers[at++] = test_get(&f.view, i, c);
        numbers[at++] = test_get(&v.view, i, 0);
        numbers[at++] = test_get(&residuals.view, i, 0);
    }
    numbers[at++] = report.rss / (double)samples;
    numbers[at++] = report.log_evidence / (double)samples;
    numbers[at++] = report.kernel_scale;
    test_array_free(&f);
    test_array_free(&v);
    test_array_free(&residuals);
}

/* Well-conditioned features of several tiles: both solvers agree, to (n + 3 p) u cond, with cond < 1e4 here, in all that a model says,
 * also of changed data, and of large targets with an intercept. */
START_TEST(both_solvers_agree)
{
    enum { ROWS = 1500, D = 4, POINTS = 9, NUMBERS = POINTS * (T + 2) + 3 };
    int32_t dtype = _i & 1 ? NTK_F32 : NTK_F64;
    ntk_features *features = features_of(NTK_ERF, D, 110, NTK_PART_BOTH);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    double numbers[2][NUMBERS], tolerance = (ROWS + 3 * 550) * oracle_roundoff(dtype) * 1e4;
    test_array x = test_array_make(ROWS, D, 0, dtype), y = test_array_make(ROWS, T, 0, dtype);
    test_array_fill(&x, 322);
    test_array_fill(&y, 323);
    for (int64_t i = 0; i < ROWS; i++) test_set(&y.view, i, 1, test_get(&y.view, i, 1) + (options.intercept ? 1000 : 1));
    ntk_matrix points = x.view, some = y.view;
    points.rows = some.rows = POINTS;
    options.intercept = (_i >> 1) & 1;
    options.storage = _i >> 2;
    for (int side = 0; side < 2; side++) {
        ntk_ridge *ridge = NULL;
        options.solver = side ? NTK_SOLVER_QR : NTK_SOLVER_NORMAL;
        CHECK_OK(ntk_ridge_create_primal(context, &ridge, features, &x.view, &y.view, 1, &options));
        CHECK_OK(ntk_ridge_append(ridge, &points, &some));
        if (side) ck_assert_ptr_nonnull(strstr(reason_of(ridge), "triangularization"));
        describe(ridge, &points, numbers[side], ROWS + POINTS);
        ntk_ridge_destroy(ridge);
    }
    for (int i = 0; i < NUMBERS; i++)
        ck_assert_msg(fabs(numbers[0][i] - numbers[1][i]) <= tolerance * fmax(1, fabs(numbers[0][i])), "%d: %.17g and %.17g", i,
                      numbers[0][i], numbers[1][i]);
    test_array_free(&x);
    test_array_free(&y);
    ntk_features_destroy(features);
}
END_TEST

/* fewer samples than features, and nothing to hold them */
START_TEST(singular)
{
    scene s = scene_make(1);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL;
    s.x.view.rows = s.y.view.rows = P - 1;
    options.solver = NTK_SOLVER_QR;
    CHECK_STATUS(ntk_ridge_create_primal(context, &ridge, s.features, &s.x.view, &s.y.view, 0, &options), NTK_ERR_SINGULAR);
    CHECK_MESSAGE("increase lambda");
    options.method = NTK_RIDGE_DUAL;
    CHECK_STATUS(ntk_ridge_create_primal(context, &ridge, s.features, &s.x.view, &s.y.view, 1, &options), NTK_ERR_OPTION);
    s.x.view.rows = s.y.view.rows = N;
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge qr");
    TCase *tests = test_case(suite, "qr");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, digits_that_normal_equations_lose, 0, 4);
    tcase_add_test(tests, streams_that_are_read_once);
    tcase_add_loop_test(tests, both_solvers_agree, 0, 8);
    tcase_add_test(tests, singular);
    return test_run(suite);
}
