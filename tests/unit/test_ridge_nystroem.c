/* Nystroem models against the exact one, against dense formulas in long double, and against refits. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { D = 3, T = 2, POINTS = 12 };
static const double lambda = 0.1;

/* A kernel, samples, points, and options of a fit. */
typedef struct scene {
    int64_t n;
    int32_t dtype;
    ntk_kernel *kernel;
    test_array x, y, points;
    ntk_nystroem_options options;
} scene;

static test_array drawn(int64_t rows, int64_t cols, int32_t dtype, uint64_t *state)
{
    double *values = oracle_samples(rows, cols, dtype, state);
    test_array array = oracle_array(values, rows, cols, 0, dtype);
    free(values);
    return array;
}

static scene scene_make(int32_t kind, int64_t n, int32_t dtype, uint64_t seed)
{
    uint64_t state = test_seed(seed);
    scene s = {.n = n, .dtype = dtype, .options = NTK_INIT(ntk_nystroem_options)};
    oracle_kernel oracle = {kind, 0, NTK_INIT(ntk_kernel_options)};
    oracle.options.output_bias_scale = 0.5;
    s.kernel = oracle_kernel_create(context, &oracle);
    s.x = drawn(n, D, dtype, &state);
    s.y = drawn(n, T, dtype, &state);
    s.points = drawn(POINTS, D, dtype, &state);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    test_array_free(&s->x);
    test_array_free(&s->y);
    test_array_free(&s->points);
}

static ntk_ridge *fit(const scene *s)
{
    ntk_ridge *ridge = NULL;
    CHECK_OK(ntk_ridge_create_nystroem(context, &ridge, s->kernel, &s->x.view, &s->y.view, lambda, &s->options));
    return ridge;
}

static ntk_nystroem_report approximation(const ntk_ridge *ridge)
{
    ntk_nystroem_report report = NTK_INIT(ntk_nystroem_report);
    CHECK_OK(ntk_ridge_nystroem_summary(ridge, &report));
    return report;
}

typedef ntk_status (*reading)(const ntk_ridge *ridge, const ntk_matrix *out, const ntk_matrix *x);

static test_array said(reading call, const ntk_ridge *ridge, const ntk_matrix *x, int64_t cols)
{
    test_array out = test_array_make(x->rows, cols, 0, NTK_F64);
    CHECK_OK(call(ridge, &out.view, x));
    return out;
}

/* The largest difference; both are freed. */
static double difference(test_array one, test_array two)
{
    double worst = 0;
    for (int64_t i = 0; i < one.view.rows; i++)
        for (int64_t c = 0; c < one.view.cols; c++)
            worst = fmax(worst, fabs(test_get(&one.view, i, c) - test_get(&two.view, i, c)));
    test_array_free(&one);
    test_array_free(&two);
    return worst;
}

/* --- all samples are centres --- */

/* The approximation is exact, so that both solve the same problem: errors of n u trace(K) / lambda, with |K| < 10 n and
 * numbers of size 1, and of the root of u where K is nearly singular, by L_z^-1 twice. */
START_TEST(all_centres_are_exact)
{
    scene s = scene_make(_i & 4 ? NTK_RELU : NTK_ERF, 90, _i & 1 ? NTK_F32 : NTK_F64, 311);
    ntk_ridge_options exact = NTK_INIT(ntk_ridge_options);
    ntk_ridge *dual = NULL;
    double u = oracle_roundoff(s.dtype), tolerance = 90 * u * 10 * 90 / lambda;
    exact.intercept = s.options.intercept = (_i >> 1) & 1;
    exact.method = NTK_RIDGE_DUAL;
    s.options.count = 90;
    s.options.storage = _i >> 2;
    CHECK_OK(ntk_ridge_create(context, &dual, s.kernel, &s.x.view, &s.y.view, lambda, &exact));
    ntk_ridge *ridge = fit(&s);
    ntk_ridge_report a = test_summary(ridge), b = test_summary(dual);
    ck_assert(a.method == NTK_RIDGE_NYSTROEM && a.samples == 90 && a.order == 90 && a.inputs == D && a.targets == T);
    ck_assert_double_le(
        difference(said(ntk_ridge_predict, ridge, &s.points.view, T), said(ntk_ridge_predict, dual, &s.points.view, T)),
        tolerance);
    ck_assert_double_le(
        difference(said(ntk_ridge_variance, ridge, &s.points.view, 1), said(ntk_ridge_variance, dual, &s.points.view, 1)),
        tolerance);
    ck_assert_double_le(difference(said(ntk_ridge_covariance, ridge, &s.points.view, POINTS),
                                   said(ntk_ridge_covariance, dual, &s.points.view, POINTS)),
                        tolerance);
    ck_assert_double_le(fabs(a.rss - b.rss), tolerance * 90);
    ck_assert_double_le(fabs(a.log_evidence - b.log_evidence), tolerance * fabs(b.log_evidence) * 10);
    ck_assert_double_le(fabs(a.kernel_scale - b.kernel_scale), tolerance * b.kernel_scale * 10);
    ck_assert_double_le(approximation(ridge).largest_rest, 90 * u * 10 * 90);
    ck_assert_int_eq(approximation(ridge).centres, 90);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(dual);
    scene_free(&s);
}
END_TEST

/* --- some are: dense formulas --- */

/* In long double from the library's kernel values: with B = K(x, z) and, for an intercept, C = B - 1 mean(B)^T,
 * H = C^T C + lambda K(z, z), alpha = H^-1 C^T y. */
typedef struct dense {
    int64_t n, m;
    long double *B, *C, *Z, *H, *mean, *alpha;
    long double b[T];
} dense;

static long double *block(const ntk_kernel *kernel, const ntk_matrix *x1, const ntk_matrix *x2)
{
    test_array K = test_array_make(x1->rows, x2->rows, 0, NTK_F64);
    long double *values = oracle_memory(x1->rows * x2->rows, sizeof *values);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, x1, x2));
    for (int64_t i = 0; i < x1->rows; i++)
        for (int64_t j = 0; j < x2->rows; j++) values[i * x2->rows + j] = (long double)test_get(&K.view, i, j);
    test_array_free(&K);
    return values;
}

static dense dense_make(const scene *s, const ntk_matrix *z, const ntk_matrix *x, const ntk_matrix *y, bool intercept)
{
    dense d = {.n = x->rows, .m = z->rows};
    d.B = block(s->kernel, x, z);
    d.Z = block(s->kernel, z, z);
    d.C = oracle_memory(d.n * d.m, sizeof *d.C);
    d.H = oracle_memory(d.m * d.m, sizeof *d.H);
    d.mean = oracle_memory(d.m, sizeof *d.mean);
    d.alpha = oracle_memory(d.m * T, sizeof *d.alpha);
    for (int64_t i = 0; intercept && i < d.n; i++)
        for (int64_t k = 0; k < d.m; k++) d.mean[k] += d.B[i * d.m + k] / (long double)d.n;
    for (int64_t i = 0; i < d.n * d.m; i++) d.C[i] = d.B[i] - d.mean[i % d.m];
    for (int64_t j = 0; j < d.m; j++)
        for (int64_t k = 0; k < d.m; k++) {
            d.H[j * d.m + k] = (long double)lambda * d.Z[j * d.m + k];
            for (int64_t i = 0; i < d.n; i++) d.H[j * d.m + k] += d.C[i * d.m + j] * d.C[i * d.m + k];
        }
    for (int64_t c = 0; c < T; c++) {
        long double mean_y = 0;
        for (int64_t i = 0; intercept && i < d.n; i++) mean_y += (long double)test_get(y, i, c) / (long double)d.n;
        d.b[c] = mean_y;
        for (int64_t i = 0; i < d.n; i++)
            for (int64_t k = 0; k < d.m; k++)
                d.alpha[k * T + c] += d.C[i * d.m + k] * ((long double)test_get(y, i, c) - mean_y);
    }
    ck_assert_int_eq(oracle_solve(d.alpha, d.H, d.alpha, d.m, T), 0);
    for (int64_t k = 0; k < d.m; k++)
        for (int64_t c = 0; c < T; c++) d.b[c] -= d.mean[k] * d.alpha[k * T + c];
    return d;
}

static void dense_free(dense *d)
{
    long double *const owned[] = {d->B, d->C, d->Z, d->H, d->mean, d->alpha};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) free(owned[i]);
}

/* a^T A^-1 b */
static long double form(const long double *A, const long double *a, const long double *b, int64_t m)
{
    long double *z = oracle_memory(m, sizeof *z), sum = 0;
    ck_assert_int_eq(oracle_solve(z, A, b, m, 1), 0);
    for (int64_t k = 0; k < m; k++) sum += a[k] * z[k];
    free(z);
    return sum;
}

static long double predicted(const dense *d, const long double *k, int64_t c)
{
    long double f = d->b[c];
    for (int64_t j = 0; j < d->m; j++) f += k[j] * d->alpha[j * T + c];
    return f;
}

/* What the formulas allow: cond(K(z, z)) roundings of everything, measured from the smallest pivot; 1e-9 is above it for these 14
 * centres, whose kernel has cond < 1e5. */
static const double close_to = 1e-9;

static void check_points(const scene *s, const ntk_ridge *ridge, const dense *d, const ntk_matrix *z, bool intercept)
{
    long double *k = block(s->kernel, &s->points.view, z), *prior = block(s->kernel, &s->points.view, &s->points.view);
    test_array f = said(ntk_ridge_predict, ridge, &s->points.view, T), v = said(ntk_ridge_variance, ridge, &s->points.view, 1);
    test_array C = said(ntk_ridge_covariance, ridge, &s->points.view, POINTS);
    for (int64_t i = 0; i < POINTS; i++) {
        for (int64_t c = 0; c < T; c++)
            ck_assert_double_le(fabs(test_get(&f.view, i, c) - (double)predicted(d, k + i * d->m, c)), close_to);
        for (int64_t j = 0; j < POINTS; j++) {
            long double *a = oracle_memory(2 * d->m, sizeof *a), *b = a + d->m, want = prior[i * POINTS + j];
            for (int64_t l = 0; l < d->m; l++) a[l] = k[i * d->m + l] - d->mean[l], b[l] = k[j * d->m + l] - d->mean[l];
            want += (long double)lambda * (form(d->H, a, b, d->m) + (intercept ? 1 / (long double)d->n : 0));
            want -= form(d->Z, k + i * d->m, k + j * d->m, d->m);
            ck_assert_double_le(fabs(test_get(&C.view, i, j) - (double)want), close_to);
            if (i == j) ck_assert_double_le(fabs(test_get(&v.view, i, 0) - (double)want), close_to);
            free(a);
        }
    }
    test_array_free(&f);
    test_array_free(&v);
    test_array_free(&C);
    free(k);
    free(prior);
}

static void check_report(const scene *s, const ntk_ridge *ridge, const dense *d, bool intercept)
{
    ntk_ridge_report report = test_summary(ridge);
    ntk_nystroem_report about = approximation(ridge);
    long double rss = 0, degrees = intercept, rest = 0, largest = 0, diagonal = 0;
    test_array K = test_array_make(d->n, 1, 0, NTK_F64);
    CHECK_OK(ntk_kernel_diagonal(s->kernel, &K.view, &s->x.view));
    for (int64_t i = 0; i < d->n; i++) {
        const long double *k = d->B + i * d->m, *centred = d->C + i * d->m;
        long double left = (long double)test_get(&K.view, i, 0) - form(d->Z, k, k, d->m);
        diagonal += (long double)test_get(&K.view, i, 0);
        rest += left;
        largest = fmaxl(largest, left);
        degrees += form(d->H, centred, centred, d->m);
        for (int64_t c = 0; c < T; c++) {
            long double error = (long double)test_get(&s->y.view, i, c) - predicted(d, k, c);
            rss += error * error;
        }
    }
    long double n = (long double)d->n, share = 1 - degrees / n;
    ck_assert_double_le(fabs(report.rss - (double)rss), close_to * (double)n);
    ck_assert_double_le(fabs(report.degrees - (double)degrees), close_to * (double)n);
    ck_assert_double_le(fabs(about.gcv - (double)(rss / (n * T) / (share * share))), close_to * 10);
    ck_assert_double_le(fabs(about.mean_rest - (double)(rest / n)), close_to);
    ck_assert_double_le(fabs(about.largest_rest - (double)largest), close_to);
    ck_assert_double_le(fabs(about.mean_diagonal - (double)(diagonal / n)), close_to);
    ck_assert(about.shift == 0);
    test_array_free(&K);
}

/* The mean square of what models without each sample leave of it, at the same centres. */
static double left_out(const scene *s, const ntk_matrix *z, bool intercept)
{
    test_array x = test_array_make(s->n - 1, D, 0, NTK_F64), y = test_array_make(s->n - 1, T, 0, NTK_F64);
    long double sum = 0;
    for (int64_t i = 0; i < s->n; i++) {
        for (int64_t r = 0; r < s->n - 1; r++) {
            int64_t from = r < i ? r : r + 1;
            for (int64_t j = 0; j < D; j++) test_set(&x.view, r, j, test_get(&s->x.view, from, j));
            for (int64_t c = 0; c < T; c++) test_set(&y.view, r, c, test_get(&s->y.view, from, c));
        }
        dense d = dense_make(s, z, &x.view, &y.view, intercept);
        ntk_matrix point = s->x.view;
        point.data = (double *)point.data + i * point.stride;
        point.rows = 1;
        long double *k = block(s->kernel, &point, z);
        for (int64_t c = 0; c < T; c++) {
            long double error = (long double)test_get(&s->y.view, i, c) - predicted(&d, k, c);
            sum += error * error;
        }
        free(k);
        dense_free(&d);
    }
    test_array_free(&x);
    test_array_free(&y);
    return (double)(sum / (long double)(s->n * T));
}

START_TEST(dense_formulas)
{
    scene s = scene_make(NTK_ERF, 40, NTK_F64, 312);
    bool intercept = _i & 1;
    s.options.count = 14;
    s.options.seed = 5;
    s.options.intercept = intercept;
    s.options.storage = _i >> 1;
    s.options.leave_one_out = 1;
    ntk_ridge *ridge = fit(&s);
    test_array z = test_array_make(14, D, 0, NTK_F64);
    CHECK_OK(ntk_ridge_centres(ridge, &z.view));
    dense d = dense_make(&s, &z.view, &s.x.view, &s.y.view, intercept);
    check_points(&s, ridge, &d, &z.view, intercept);
    check_report(&s, ridge, &d, intercept);
    ck_assert_double_le(fabs(approximation(ridge).leave_one_out - left_out(&s, &z.view, intercept)), close_to);
    dense_free(&d);
    test_array_free(&z);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* Differences of f and of the variance over 2 h: h^2 of third derivatives, and u / h. */
START_TEST(gradients)
{
    scene s = scene_make(NTK_ERF, 60, NTK_F64, 313);
    const double h = 1e-5;
    s.options.count = 11;
    s.options.intercept = _i;
    ntk_ridge *ridge = fit(&s);
    test_array g = said(ntk_ridge_gradient, ridge, &s.points.view, T * D),
               w = said(ntk_ridge_variance_gradient, ridge, &s.points.view, D);
    s.points.view.flags = 0;
    for (int64_t j = 0; j < D; j++) {
        test_array f[2], v[2];
        for (int side = 0; side < 2; side++) {
            for (int64_t i = 0; i < POINTS; i++)
                test_set(&s.points.view, i, j, test_get(&s.points.view, i, j) + (side ? -2 * h : h));
            f[side] = said(ntk_ridge_predict, ridge, &s.points.view, T);
            v[side] = said(ntk_ridge_variance, ridge, &s.points.view, 1);
        }
        for (int64_t i = 0; i < POINTS; i++) {
            test_set(&s.points.view, i, j, test_get(&s.points.view, i, j) + h);
            for (int64_t c = 0; c < T; c++)
                ck_assert_double_le(
                    fabs((test_get(&f[0].view, i, c) - test_get(&f[1].view, i, c)) / (2 * h) - test_get(&g.view, i, c * D + j)),
                    1e-7);
            ck_assert_double_le(
                fabs((test_get(&v[0].view, i, 0) - test_get(&v[1].view, i, 0)) / (2 * h) - test_get(&w.view, i, j)), 1e-7);
        }
        for (int side = 0; side < 2; side++) test_array_free(&f[side]), test_array_free(&v[side]);
    }
    test_array_free(&g);
    test_array_free(&w);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* --- streams, and centres --- */

static int64_t read(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    const scene *s = user;
    int64_t rows = s->n - first < x->rows ? s->n - first : x->rows;
    if (rows > 37) rows = 37;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < D; j++) test_set(x, i, j, test_get(&s->x.view, first + i, j));
        for (int64_t c = 0; c < T; c++) test_set(y, i, c, test_get(&s->y.view, first + i, c));
    }
    return rows;
}

static ntk_sample_stream stream_of(scene *s)
{
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    stream.inputs = D;
    stream.targets = T;
    stream.dtype = s->dtype;
    stream.read = read;
    stream.user = s;
    return stream;
}

START_TEST(a_stream_is_the_samples)
{
    scene s = scene_make(NTK_RELU, 20000, _i ? NTK_F32 : NTK_F64, 314);
    ntk_sample_stream stream = stream_of(&s);
    ntk_ridge *streamed = NULL;
    s.options.count = 20;
    s.options.intercept = 1;
    s.options.leave_one_out = 1;
    ntk_ridge *held = fit(&s);
    CHECK_OK(ntk_ridge_create_nystroem_stream(context, &streamed, s.kernel, &stream, lambda, &s.options));
    ck_assert_double_le(
        difference(said(ntk_ridge_predict, held, &s.points.view, T), said(ntk_ridge_predict, streamed, &s.points.view, T)), 0);
    ntk_nystroem_report a = approximation(held), b = approximation(streamed);
    ck_assert(memcmp(&a, &b, sizeof a) == 0);
    ck_assert_double_le(fabs(a.leave_one_out - a.gcv), 0.01 * a.gcv);
    ck_assert_int_eq(test_summary(streamed).samples, 20000);
    /* what can be read once has no centres to draw */
    stream.once = 1;
    ntk_ridge *refused = NULL;
    CHECK_STATUS(ntk_ridge_create_nystroem_stream(context, &refused, s.kernel, &stream, lambda, &s.options), NTK_ERR_OPTION);
    CHECK_MESSAGE("give centres");
    test_array z = test_array_make(20, D, 0, NTK_F64);
    CHECK_OK(ntk_ridge_centres(held, &z.view));
    s.options.centres = &z.view;
    s.options.leave_one_out = 0;
    CHECK_OK(ntk_ridge_create_nystroem_stream(context, &refused, s.kernel, &stream, lambda, &s.options));
    ck_assert_double_le(
        difference(said(ntk_ridge_predict, held, &s.points.view, T), said(ntk_ridge_predict, refused, &s.points.view, T)), 0);
    test_array_free(&z);
    ntk_ridge_destroy(refused);
    ntk_ridge_destroy(streamed);
    ntk_ridge_destroy(held);
    scene_free(&s);
}
END_TEST

/* Each sample is a centre with the same probability: of 400 draws of 5 out of 20 it is in 100 +- 6 sqrt(75), and never twice. */
START_TEST(centres_are_samples)
{
    scene s = scene_make(NTK_ERF, 20, NTK_F64, 315);
    int drawn_times[20] = {0};
    s.options.count = 5;
    for (uint64_t seed = 0; seed < 400; seed++) {
        int before[20];
        s.options.seed = seed;
        ntk_ridge *ridge = fit(&s);
        test_array z = test_array_make(5, D, 0, NTK_F64);
        CHECK_OK(ntk_ridge_centres(ridge, &z.view));
        memcpy(before, drawn_times, sizeof before);
        for (int64_t k = 0; k < 5; k++)
            for (int64_t i = 0; i < 20; i++) drawn_times[i] += test_get(&z.view, k, 0) == test_get(&s.x.view, i, 0);
        int sum = 0;
        for (int i = 0; i < 20; i++) {
            ck_assert_int_le(drawn_times[i] - before[i], 1);
            sum += drawn_times[i] - before[i];
        }
        ck_assert_int_eq(sum, 5);
        test_array_free(&z);
        ntk_ridge_destroy(ridge);
    }
    for (int i = 0; i < 20; i++) ck_assert_int_le(abs(drawn_times[i] - 100), 52);
    scene_free(&s);
}
END_TEST

/* Centres twice: their matrix is singular, gets a shift that is reported, and the model is hardly another. */
START_TEST(centres_that_repeat)
{
    scene s = scene_make(NTK_ERF, 50, NTK_F64, 316);
    ntk_matrix ten = s.x.view;
    test_array z = test_array_make(20, D, 0, NTK_F64);
    for (int64_t i = 0; i < 20; i++)
        for (int64_t j = 0; j < D; j++) test_set(&z.view, i, j, test_get(&s.x.view, i % 10, j));
    ten.rows = 10;
    s.options.centres = &ten;
    ntk_ridge *once = fit(&s);
    s.options.centres = &z.view;
    ntk_ridge *twice = fit(&s);
    ntk_nystroem_report report = approximation(twice);
    ck_assert(report.shift > 0 && report.shift < 1e-10 && approximation(once).shift == 0);
    ck_assert_ptr_nonnull(strstr(test_summary(twice).reason, "shift"));
    /* the shift over lambda, and the root of u of the smallest pivots */
    ck_assert_double_le(
        difference(said(ntk_ridge_predict, once, &s.points.view, T), said(ntk_ridge_predict, twice, &s.points.view, T)), 1e-6);
    test_array_free(&z);
    ntk_ridge_destroy(once);
    ntk_ridge_destroy(twice);
    scene_free(&s);
}
END_TEST

/* --- what a model is --- */

START_TEST(copies_light_models_and_refusals)
{
    scene s = scene_make(NTK_ERF, 60, NTK_F64, 317);
    ntk_ridge *copy = NULL, *other = NULL;
    ntk_nystroem_report report = NTK_INIT(ntk_nystroem_report);
    ntk_ridge_options method = NTK_INIT(ntk_ridge_options);
    test_array residuals = test_array_make(60, T, 0, NTK_F64);
    s.options.count = 15;
    ntk_ridge *ridge = fit(&s);
    CHECK_OK(ntk_ridge_copy(context, &copy, ridge));
    s.options.light = 1;
    ntk_ridge *light = fit(&s);
    ck_assert_double_le(
        difference(said(ntk_ridge_predict, ridge, &s.points.view, T), said(ntk_ridge_predict, light, &s.points.view, T)), 0);
    ck_assert_double_le(
        difference(said(ntk_ridge_variance, ridge, &s.points.view, 1), said(ntk_ridge_variance, copy, &s.points.view, 1)), 0);
    ck_assert_uint_lt(test_summary(light).memory, test_summary(ridge).memory);
    CHECK_STATUS(ntk_ridge_leave_one_out(ridge, &residuals.view), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_append(ridge, &s.x.view, &s.y.view), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_variance(light, &residuals.view, &s.x.view), NTK_ERR_STATE);
    method.method = NTK_RIDGE_NYSTROEM;
    CHECK_STATUS(ntk_ridge_create(context, &other, s.kernel, &s.x.view, &s.y.view, lambda, &method), NTK_ERR_OPTION);
    CHECK_MESSAGE("ntk_ridge_create_nystroem");
    CHECK_OK(ntk_ridge_create(context, &other, s.kernel, &s.x.view, &s.y.view, lambda, NULL));
    CHECK_STATUS(ntk_ridge_nystroem_summary(other, &report), NTK_ERR_UNSUPPORTED);
    ntk_ridge *const made[] = {ridge, copy, light, other};
    for (int i = 0; i < 4; i++) ntk_ridge_destroy(made[i]);
    test_array_free(&residuals);
    scene_free(&s);
}
END_TEST

/* A finite kernel predicts through its features, and is itself where there are more centres than features. */
START_TEST(finite_kernels)
{
    scene s = scene_make(NTK_ERF, 300, NTK_F64, 318);
    ntk_ridge *dual = NULL;
    ntk_kernel_destroy(s.kernel);
    s.kernel = oracle_finite_create(context, NTK_ERF, D, 10, 3, NTK_PART_RF);
    s.options.count = 40;
    s.options.intercept = 1;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.intercept = 1;
    CHECK_OK(ntk_ridge_create(context, &dual, s.kernel, &s.x.view, &s.y.view, lambda, &options));
    ntk_ridge *ridge = fit(&s);
    ck_assert(approximation(ridge).shift > 0);
    ck_assert_double_le(
        difference(said(ntk_ridge_predict, ridge, &s.points.view, T), said(ntk_ridge_predict, dual, &s.points.view, T)), 1e-5);
    ck_assert_double_le(difference(said(ntk_ridge_gradient, ridge, &s.points.view, T * D),
                                   said(ntk_ridge_gradient, dual, &s.points.view, T * D)),
                        1e-5);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(dual);
    scene_free(&s);
}
END_TEST

/* the peak asked for before is not passed, and not more than twice what is held */
START_TEST(memory_is_known_before)
{
    ntk_context *usual = context;
    test_memory memory = {0};
    uint64_t bytes = 0;
    context = test_context(1, &memory);
    scene s = scene_make(NTK_RELU, 3000, _i & 1 ? NTK_F32 : NTK_F64, 319);
    s.options.count = 300;
    s.options.intercept = 1;
    s.options.leave_one_out = 1;
    s.options.storage = _i >> 1;
    s.options.dtype = s.dtype;
    CHECK_OK(ntk_ridge_nystroem_memory(context, &bytes, s.kernel, s.n, D, T, &s.options));
    test_memory_reset(&memory, 0);
    int64_t held = memory.bytes;
    ntk_ridge *ridge = fit(&s);
    uint64_t peak = (uint64_t)(memory.peak - held);
    ck_assert_msg(peak <= bytes && bytes <= 2 * peak, "announced %llu, held %llu", (unsigned long long)bytes,
                  (unsigned long long)peak);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
    ntk_context_destroy(context);
    context = usual;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge nystroem");
    TCase *tests = test_case(suite, "nystroem");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, all_centres_are_exact, 0, 8);
    tcase_add_loop_test(tests, dense_formulas, 0, 4);
    tcase_add_loop_test(tests, gradients, 0, 2);
    tcase_add_loop_test(tests, a_stream_is_the_samples, 0, 2);
    tcase_add_test(tests, centres_are_samples);
    tcase_add_test(tests, centres_that_repeat);
    tcase_add_test(tests, copies_light_models_and_refusals);
    tcase_add_test(tests, finite_kernels);
    tcase_add_loop_test(tests, memory_is_known_before, 0, 4);
    return test_run(suite);
}
