/* Primal fits of streams: the model of the same samples in memory, whatever comes at a time, and what is refused. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { D = 4, T = 2 };

/* Samples, and how they are read.
 * most       rows at a time
 * fail_at    the row that cannot be read, nan_at one that holds NaN; -1: none
 * passes     how often row 0 was asked for */
typedef struct samples {
    int64_t n, most, fail_at, nan_at, extra, passes;
    double *xs, *ys;
    test_array x, y;
} samples;

static samples samples_make(int64_t n, int32_t dtype, uint64_t seed)
{
    uint64_t state = test_seed(seed);
    samples s = {.n = n, .most = INT64_MAX, .fail_at = -1, .nan_at = -1};
    s.xs = oracle_samples(n, D, dtype, &state);
    s.ys = oracle_samples(n, T, dtype, &state);
    for (int64_t i = 0; i < n * T; i++) s.ys[i] += 2; /* something for the intercept */
    s.x = oracle_array(s.xs, n, D, 1, dtype);
    s.y = oracle_array(s.ys, n, T, 0, dtype);
    return s;
}

static void samples_free(samples *s)
{
    test_array_free(&s->x);
    test_array_free(&s->y);
    free(s->xs);
    free(s->ys);
}

static int64_t read(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    samples *s = user;
    int64_t rows = s->n - first < x->rows ? s->n - first : x->rows;
    if (rows > s->most) rows = s->most;
    s->passes += first == 0;
    if (s->fail_at >= 0 && first + rows > s->fail_at) return -7;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < D; j++) test_set(x, i, j, s->xs[(first + i) * D + j]);
        for (int64_t c = 0; c < T; c++) test_set(y, i, c, s->ys[(first + i) * T + c]);
        if (first + i == s->nan_at) test_set(x, i, 2, (double)NAN);
    }
    return rows + s->extra;
}

static ntk_sample_stream stream_of(samples *s, int32_t dtype)
{
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    stream.inputs = D;
    stream.targets = T;
    stream.dtype = dtype;
    stream.read = read;
    stream.user = s;
    stream.once = 1;
    return stream;
}

static ntk_features *features_of(int64_t N)
{
    ntk_activation *activation = oracle_activation_create(context, NTK_RELU, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    options.inputs = D;
    options.hidden = N;
    options.seed = 9;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    return features;
}

typedef ntk_status (*reading)(const ntk_ridge *ridge, const ntk_matrix *out, const ntk_matrix *x);

/* The largest difference between what two models say of points, relative to the largest number. */
static double difference(reading call, const ntk_ridge *a, const ntk_ridge *b, int64_t cols)
{
    double worst = 0, size = 0;
    test_array x = test_array_make(40, D, 0, NTK_F64), one = test_array_make(40, cols, 0, NTK_F64),
               two = test_array_make(40, cols, 0, NTK_F64);
    test_array_fill(&x, 5);
    CHECK_OK(call(a, &one.view, &x.view));
    CHECK_OK(call(b, &two.view, &x.view));
    for (int64_t i = 0; i < 40; i++)
        for (int64_t c = 0; c < cols; c++) {
            worst = fmax(worst, fabs(test_get(&one.view, i, c) - test_get(&two.view, i, c)));
            size = fmax(size, fabs(test_get(&one.view, i, c)));
        }
    test_array_free(&x);
    test_array_free(&one);
    test_array_free(&two);
    return worst / size;
}

static bool same_bits(const ntk_ridge *a, const ntk_ridge *b)
{
    return difference(ntk_ridge_predict, a, b, T) == 0;
}

/* Both sum the same products in another order: n roundings of A's trace, 3 p of it by Cholesky, and so 2 cond (n + 3 p) u in beta.
 * cond is at most |Phi|^2 / lambda + 1 < 50 n, since |phi|^2 < 50 here; the first batch's mean costs nothing, as it is near. */
static void compare(const ntk_ridge *streamed, const ntk_ridge *held, int32_t dtype)
{
    ntk_ridge_report a = test_summary(streamed), b = test_summary(held);
    double n = (double)a.samples, u = oracle_roundoff(dtype), tolerance = 2 * (n + 3 * (double)a.order) * u * 50 * n / a.lambda;
    ck_assert(a.samples == b.samples && a.order == b.order && a.method == NTK_RIDGE_PRIMAL && a.intercept == b.intercept);
    ck_assert_double_le(difference(ntk_ridge_predict, streamed, held, T), tolerance);
    ck_assert_double_le(difference(ntk_ridge_variance, streamed, held, 1), tolerance);
    ck_assert_double_le(difference(ntk_ridge_gradient, streamed, held, T * D), tolerance);
    ck_assert_double_le(fabs(a.rss - b.rss), n * u * 10 * n);
    ck_assert_double_le(fabs(a.log_evidence - b.log_evidence), tolerance * fabs(b.log_evidence));
}

/* more than one batch; packed and full; both precisions */
START_TEST(the_model_of_the_samples)
{
    int32_t dtype = _i & 1 ? NTK_F32 : NTK_F64;
    samples s = samples_make(5000, dtype, 301);
    ntk_features *features = features_of(12);
    ntk_sample_stream stream = stream_of(&s, dtype);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *held = NULL, *streamed = NULL, *again = NULL;
    options.intercept = (_i >> 1) & 1;
    options.storage = _i >> 2;
    double lambda = dtype == NTK_F64 ? 0.1 : 500;
    CHECK_OK(ntk_ridge_create_primal(context, &held, features, &s.x.view, &s.y.view, lambda, &options));
    CHECK_OK(ntk_ridge_create_stream(context, &streamed, features, &stream, lambda, &options));
    ck_assert_int_eq(s.passes, 1);
    compare(streamed, held, dtype);
    /* what comes at a time is of no importance, and where there is nothing to centre, all is the same */
    const int64_t chunks[] = {1, 7, 999, 4096};
    for (int c = 0; c < 4; c++) {
        s.most = chunks[c];
        stream.samples = c % 2 ? s.n : 0;
        CHECK_OK(ntk_ridge_create_stream(context, &again, features, &stream, lambda, &options));
        ck_assert(same_bits(again, streamed));
        if (!options.intercept) ck_assert(same_bits(again, held));
        ntk_ridge_destroy(again);
    }
    ntk_ridge_destroy(held);
    ntk_ridge_destroy(streamed);
    ntk_features_destroy(features);
    samples_free(&s);
}
END_TEST

/* The first batch lies apart from the others: sums about its mean lose what its distance is, squared, in their own spread. */
START_TEST(sorted_samples)
{
    samples s = samples_make(9000, NTK_F64, 302);
    ntk_features *features = features_of(8);
    ntk_sample_stream stream = stream_of(&s, NTK_F64);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *held = NULL, *streamed = NULL;
    for (int64_t i = 0; i < s.n; i++)
        for (int64_t j = 0; j < D; j++) {
            s.xs[i * D + j] += i < 4096 ? 10 : -10;
            s.x.view.flags = 0;
            test_set(&s.x.view, i, j, s.xs[i * D + j]);
        }
    options.intercept = 1;
    CHECK_OK(ntk_ridge_create_primal(context, &held, features, &s.x.view, &s.y.view, 1, &options));
    CHECK_OK(ntk_ridge_create_stream(context, &streamed, features, &stream, 1, &options));
    /* |phi|^2 < 1000: (n + 3 p) u cond, with cond < 1000 n */
    ck_assert_double_le(difference(ntk_ridge_predict, streamed, held, T), 9100 * 0x1p-53 * 1000 * 9000 * 4);
    ntk_ridge_destroy(held);
    ntk_ridge_destroy(streamed);
    ntk_features_destroy(features);
    samples_free(&s);
}
END_TEST

static void refused(samples *s, const ntk_sample_stream *stream, ntk_status expected, const char *sentence)
{
    ntk_features *features = features_of(8);
    ntk_ridge *ridge = NULL;
    CHECK_STATUS(ntk_ridge_create_stream(context, &ridge, features, stream, 1, NULL), expected);
    CHECK_MESSAGE(sentence);
    ck_assert_ptr_null(ridge);
    ntk_features_destroy(features);
    s->fail_at = s->nan_at = -1;
    s->extra = 0;
}

START_TEST(bad_streams)
{
    samples s = samples_make(6000, NTK_F64, 303);
    ntk_sample_stream stream = stream_of(&s, NTK_F64);
    s.nan_at = 5321;
    refused(&s, &stream, NTK_ERR_VALUE, "in x at row 5321, column 2");
    s.fail_at = 5000;
    refused(&s, &stream, NTK_ERR_CALLBACK, "stream->read returned -7");
    s.extra = 1;
    refused(&s, &stream, NTK_ERR_CALLBACK, "stream->read returned");
    stream.samples = 6001;
    refused(&s, &stream, NTK_ERR_SHAPE, "ended after 6000 samples, expected 6001");
    stream.samples = 0;
    s.n = 0;
    refused(&s, &stream, NTK_ERR_SHAPE, "the stream has no samples");
    s.n = 6000;
    stream.inputs = 3;
    refused(&s, &stream, NTK_ERR_OPTION, "stream->inputs is 3, expected the 4 of the features");
    samples_free(&s);
}
END_TEST

/* so many rows of a stream that goes on */
START_TEST(the_first_samples)
{
    samples s = samples_make(700, NTK_F64, 304);
    ntk_features *features = features_of(8);
    ntk_sample_stream stream = stream_of(&s, NTK_F64);
    ntk_ridge *held = NULL, *streamed = NULL;
    stream.samples = 512;
    s.x.view.rows = s.y.view.rows = 512;
    CHECK_OK(ntk_ridge_create_primal(context, &held, features, &s.x.view, &s.y.view, 1, NULL));
    CHECK_OK(ntk_ridge_create_stream(context, &streamed, features, &stream, 1, NULL));
    ck_assert(same_bits(held, streamed));
    ck_assert_int_eq(test_summary(streamed).samples, 512);
    ntk_ridge_destroy(held);
    ntk_ridge_destroy(streamed);
    ntk_features_destroy(features);
    samples_free(&s);
}
END_TEST

/* calls that need the samples say so, others work, and a copy and a light model predict the same */
START_TEST(without_samples)
{
    samples s = samples_make(300, NTK_F64, 305);
    ntk_features *features = features_of(8);
    ntk_sample_stream stream = stream_of(&s, NTK_F64);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL, *copy = NULL, *light = NULL;
    test_array residuals = test_array_make(300, T, 0, NTK_F64), intervals = test_array_make(300, 2 * T, 0, NTK_F64);
    options.intercept = 1;
    CHECK_OK(ntk_ridge_create_stream(context, &ridge, features, &stream, 1, &options));
    CHECK_STATUS(ntk_ridge_leave_one_out(ridge, &residuals.view), NTK_ERR_STATE);
    CHECK_MESSAGE("ridge has not kept its samples");
    CHECK_STATUS(ntk_ridge_intervals(ridge, &intervals.view, &s.x.view, 0.9), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_append(ridge, &s.x.view, &s.y.view), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_remove(ridge, 0, 1), NTK_ERR_STATE);
    CHECK_STATUS(ntk_ridge_set_targets(ridge, &s.y.view), NTK_ERR_STATE);
    CHECK_OK(ntk_ridge_copy(context, &copy, ridge));
    options.light = 1;
    CHECK_OK(ntk_ridge_create_stream(context, &light, features, &stream, 1, &options));
    ck_assert(same_bits(ridge, copy) && same_bits(ridge, light));
    ck_assert_double_le(difference(ntk_ridge_variance, ridge, copy, 1), 0);
    ck_assert_uint_lt(test_summary(light).memory, test_summary(ridge).memory);
    ntk_ridge_destroy(ridge);
    ntk_ridge_destroy(copy);
    ntk_ridge_destroy(light);
    ntk_features_destroy(features);
    test_array_free(&residuals);
    test_array_free(&intervals);
    samples_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge stream");
    TCase *tests = test_case(suite, "streams");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, the_model_of_the_samples, 0, 8);
    tcase_add_test(tests, sorted_samples);
    tcase_add_test(tests, bad_streams);
    tcase_add_test(tests, the_first_samples);
    tcase_add_test(tests, without_samples);
    return test_run(suite);
}
