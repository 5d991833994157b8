/* Kernel matrices that are not held, in panels and implicit: what they give is what one that is held has, for kernels of
 * infinite width and for networks of more neurons than one pass takes. */
#include "oracle.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const int32_t dtypes[] = {NTK_F64, NTK_F32};

TEST_CONTEXT_FIXTURE(2)

/* --- kernels, and how far two evaluations of an entry may be apart --- */

typedef struct subject {
    ntk_kernel *kernel;
    int64_t n, d;
    double roundoffs; /* in units of sqrt(K_ii K_jj) */
} subject;

/* Entries of K^RF + K^NT of ReLU see d + 2 roundoffs of the cosine by the angle's derivative, 1 / sin(theta): at most 70 where
 * theta is not small enough (1e-2) to be taken from the difference. */
static subject infinite_width(int64_t n, int64_t d)
{
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    return (subject){oracle_kernel_create(context, &oracle), n, d, 70 * (double)(d + 4)};
}

/* Sums over N neurons, each in an order of its own. */
static subject finite_width(int64_t n, int64_t d, int64_t N)
{
    return (subject){oracle_finite_create(context, NTK_ERF, d, N, 0, NTK_PART_BOTH), n, d, 2 * (double)(N + d + 4)};
}

static void check_entry(const subject *s, const ntk_matrix *K, int64_t i, int64_t j, double got, double roundoff)
{
    double want = test_get(K, i, j), size = sqrt(test_get(K, i, i) * test_get(K, j, j));
    if (!(fabs(got - want) <= s->roundoffs * roundoff * size))
        ck_abort_msg("n %lld: K[%lld][%lld] is %.17g, not %.17g", (long long)s->n, (long long)i, (long long)j, got, want);
}

/* The matrix as one that is held has it. */
static test_array held(const subject *s, const ntk_matrix *x, int32_t dtype, double *trace)
{
    ntk_gram *gram = NULL;
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    test_array K = test_array_make(s->n, s->n, 0, NTK_F64);
    options.dtype = dtype;
    CHECK_OK(ntk_gram_create(context, &gram, s->kernel, x, &options));
    CHECK_OK(ntk_gram_copy(gram, &K.view));
    CHECK_OK(ntk_gram_trace(gram, trace));
    ntk_gram_destroy(gram);
    return K;
}

/* --- panels --- */

typedef struct reader {
    const subject *s;
    const ntk_matrix *K;
    ntk_stream_options options;
    pthread_t caller;
    int64_t next, calls, stop_at;
    bool spoil; /* what it was given */
} reader;

static void check_panel(const reader *r, const ntk_panel *panel)
{
    const ntk_matrix *values = &panel->values;
    bool lower = r->options.shape == NTK_PANEL_LOWER;
    int64_t n = r->s->n, most = r->options.rows && r->options.rows < n ? r->options.rows : n;
    ck_assert_uint_eq(panel->struct_size, sizeof *panel);
    ck_assert_int_eq(panel->first, r->next);
    ck_assert_int_eq(values->cols, lower ? panel->first + values->rows : n);
    ck_assert_int_eq(values->stride, values->cols);
    ck_assert_int_eq(values->dtype, r->options.dtype);
    ck_assert(values->rows == most || panel->first + values->rows == n);
    for (int64_t i = 0; i < values->rows; i++)
        for (int64_t j = 0; j < values->cols; j++)
            check_entry(r->s, r->K, panel->first + i, j, test_get(values, i, j), oracle_roundoff(values->dtype));
    for (int64_t i = 0; lower && i < values->rows; i++)
        for (int64_t j = 0; j < i; j++)
            ck_assert(test_get(values, i, panel->first + j) == test_get(values, j, panel->first + i));
}

static int read_panel(void *user, const ntk_panel *panel)
{
    reader *r = user;
    ck_assert(pthread_equal(r->caller, pthread_self()));
    if (++r->calls == r->stop_at) return -7;
    check_panel(r, panel);
    r->next += panel->values.rows;
    for (int64_t i = 0; r->spoil && i < panel->values.rows; i++)
        for (int64_t j = 0; j < panel->values.cols; j++) test_set(&panel->values, i, j, (double)NAN);
    return 0;
}

static reader reader_of(const subject *s, const test_array *K, int64_t rows, int32_t shape, int32_t dtype)
{
    reader r = {.s = s, .K = &K->view, .caller = pthread_self(), .spoil = true};
    r.options = (ntk_stream_options){sizeof r.options, rows, shape, dtype};
    return r;
}

static void stream_in_every_way(const subject *s, uint64_t *state)
{
    const int64_t sizes[] = {0, 1, s->n / 3 + 1, 513, s->n, s->n + 1};
    double *x = oracle_samples(s->n, s->d, NTK_F32, state), trace;
    for (int c = 0; c < 24; c++) {
        int64_t rows = sizes[c / 4];
        if (rows == 1 && s->n > 100) continue;
        test_array a = oracle_array(x, s->n, s->d, 1, dtypes[c / 2 & 1]);
        test_array K = held(s, &a.view, dtypes[c & 1], &trace);
        for (int32_t shape = NTK_PANEL_LOWER; shape <= NTK_PANEL_WHOLE; shape++) {
            reader r = reader_of(s, &K, rows, shape, dtypes[c & 1]);
            CHECK_OK(ntk_gram_stream(context, s->kernel, &a.view, read_panel, &r, &r.options));
            ck_assert_int_eq(r.next, s->n);
        }
        test_array_free(&a);
        test_array_free(&K);
    }
    free(x);
    ntk_kernel_destroy(s->kernel);
}

START_TEST(panels_of_infinite_width)
{
    static const int64_t sizes[] = {1, 2, 65, 700, 1025};
    uint64_t state = test_seed(71) + (uint64_t)_i;
    subject s = infinite_width(sizes[_i], 5);
    stream_in_every_way(&s, &state);
}
END_TEST

START_TEST(panels_of_finite_width)
{
    uint64_t state = test_seed(72) + (uint64_t)_i;
    subject s = _i ? finite_width(513, 3, 70) : finite_width(20, 4, 9);
    stream_in_every_way(&s, &state);
}
END_TEST

/* Both storages that evaluate anew, where the neurons take two passes in f64. */
enum { MANY = 700, NEURONS = 13000 };

START_TEST(more_neurons_than_a_pass_takes)
{
    uint64_t state = test_seed(73);
    subject s = finite_width(MANY, 2, NEURONS);
    double *x = oracle_samples(MANY, 2, NTK_F64, &state), trace;
    test_array a = oracle_array(x, MANY, 2, 0, NTK_F64), K = held(&s, &a.view, NTK_F64, &trace);
    for (int32_t shape = NTK_PANEL_LOWER; shape <= NTK_PANEL_WHOLE; shape++) {
        reader r = reader_of(&s, &K, 300, shape, NTK_F64);
        CHECK_OK(ntk_gram_stream(context, s.kernel, &a.view, read_panel, &r, &r.options));
        ck_assert_int_eq(r.calls, 3);
    }
    ntk_gram *gram = NULL;
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    options.storage = NTK_STORAGE_IMPLICIT;
    CHECK_OK(ntk_gram_create(context, &gram, s.kernel, &a.view, &options));
    for (int c = 0; c < 2; c++) {
        test_array out = test_array_make(MANY, MANY, 2, dtypes[c]);
        CHECK_OK(ntk_gram_copy(gram, &out.view));
        ck_assert(test_array_is_written(&out));
        for (int64_t i = 0; i < MANY; i++)
            for (int64_t j = 0; j < MANY; j++)
                check_entry(&s, &K.view, i, j, test_get(&out.view, i, j), oracle_roundoff(dtypes[c]));
        test_array_free(&out);
    }
    ntk_gram_destroy(gram);
    test_array_free(&K);
    test_array_free(&a);
    free(x);
    ntk_kernel_destroy(s.kernel);
}
END_TEST

/* The implicit matrix's product and trace, of any number of targets, against the held one's entries. */
static void check_product(const subject *s, const ntk_gram *gram, const test_array *K, int64_t t, int32_t dtype,
                          uint64_t *state)
{
    double *values = oracle_samples(s->n, t, dtype, state), u = oracle_roundoff(dtype);
    test_array v = oracle_array(values, s->n, t, 1, dtype), y = test_array_make(s->n, t, 2, dtype);
    CHECK_OK(ntk_gram_multiply(gram, &y.view, &v.view));
    ck_assert(test_array_is_written(&y));
    for (int64_t i = 0; i < s->n; i += 1 + s->n / 50)
        for (int64_t c = 0; c < t; c += 1 + t / 5) {
            double dot = 0, size = 0;
            for (int64_t j = 0; j < s->n; j++) {
                dot += test_get(&K->view, i, j) * values[j * t + c];
                size += sqrt(test_get(&K->view, i, i) * test_get(&K->view, j, j)) * fabs(values[j * t + c]);
            }
            double far = (s->roundoffs + (double)s->n + 1) * u * size;
            ck_assert_msg(fabs(test_get(&y.view, i, c) - dot) <= far, "n %lld: y[%lld][%lld] is %.17g, not %.17g",
                          (long long)s->n, (long long)i, (long long)c, test_get(&y.view, i, c), dot);
        }
    free(values);
    test_array_free(&v);
    test_array_free(&y);
}

/* 64 rows are one tile, 65 two, 130 three: rounds of an odd and of an even number of tiles. */
START_TEST(implicit_products)
{
    static const int64_t sizes[] = {1, 64, 65, 130, 700};
    uint64_t state = test_seed(74) + (uint64_t)_i;
    for (int c = 0; c < 4; c++) {
        int32_t dtype = dtypes[c & 1];
        subject s = c < 2 ? infinite_width(sizes[_i], 6) : finite_width(sizes[_i], 6, 100);
        double *x = oracle_samples(s.n, s.d, NTK_F32, &state), trace, again;
        test_array a = oracle_array(x, s.n, s.d, 1, dtype), K = held(&s, &a.view, dtype, &trace);
        ntk_gram *gram = NULL;
        ntk_gram_options options = NTK_INIT(ntk_gram_options);
        options.storage = NTK_STORAGE_IMPLICIT;
        CHECK_OK(ntk_gram_create(context, &gram, s.kernel, &a.view, &options));
        check_product(&s, gram, &K, 1, dtype, &state);
        check_product(&s, gram, &K, 3, dtype, &state);
        if (s.n == 65) check_product(&s, gram, &K, 700, dtype, &state);
        CHECK_OK(ntk_gram_trace(gram, &again));
        ck_assert(fabs(again - trace) <= s.roundoffs * oracle_roundoff(dtype) * trace);
        ntk_gram_destroy(gram);
        test_array_free(&K);
        test_array_free(&a);
        free(x);
        ntk_kernel_destroy(s.kernel);
    }
}
END_TEST

/* Samples so long or short that the matrix holds them scaled: entry by entry what a held matrix has. */
START_TEST(implicit_of_extreme_lengths)
{
    enum { ROWS = 70, INPUTS = 4 };
    uint64_t state = test_seed(78);
    double *x = oracle_samples(ROWS, INPUTS, NTK_F64, &state);
    for (int64_t k = 0; k < INPUTS; k++) {
        x[3 * INPUTS + k] = ldexp(x[3 * INPUTS + k], 480);
        x[66 * INPUTS + k] = ldexp(x[66 * INPUTS + k], -480);
    }
    ntk_activation *activation;
    ntk_kernel *kernel;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, NULL));
    test_array a = oracle_array(x, ROWS, INPUTS, 0, NTK_F64), K[2];
    for (int implicit = 0; implicit < 2; implicit++) {
        ntk_gram_options options = {sizeof options, implicit ? NTK_STORAGE_IMPLICIT : NTK_STORAGE_PACKED, 0};
        ntk_gram *gram;
        K[implicit] = test_array_make(ROWS, ROWS, 0, NTK_F64);
        CHECK_OK(ntk_gram_create(context, &gram, kernel, &a.view, &options));
        CHECK_OK(ntk_gram_copy(gram, &K[implicit].view));
        ntk_gram_destroy(gram);
    }
    /* of the same tiles */
    ck_assert(test_same_bits(&K[0].view, &K[1].view));
    ck_assert(test_get(&K[1].view, 3, 3) > 0x1p950 && test_get(&K[1].view, 66, 66) < 0x1p-950);
    for (int implicit = 0; implicit < 2; implicit++) test_array_free(&K[implicit]);
    test_array_free(&a);
    free(x);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
}
END_TEST

/* --- what ends a stream, and what may go on inside --- */

START_TEST(a_receiver_can_stop)
{
    uint64_t state = test_seed(75);
    subject s = infinite_width(100, 3);
    double *x = oracle_samples(100, 3, NTK_F64, &state), trace;
    test_array a = oracle_array(x, 100, 3, 0, NTK_F64), K = held(&s, &a.view, NTK_F64, &trace);
    for (int64_t stop = 1; stop <= 5; stop++) {
        reader r = reader_of(&s, &K, 30, NTK_PANEL_LOWER, NTK_F64);
        r.stop_at = stop;
        ntk_status status = ntk_gram_stream(context, s.kernel, &a.view, read_panel, &r, &r.options);
        ck_assert_int_eq(status, stop <= 4 ? NTK_ERR_CALLBACK : NTK_OK);
        ck_assert_int_eq(r.calls, stop <= 4 ? stop : 4);
        if (stop == 2) CHECK_MESSAGE("receive returned -7 for the panel of rows 30 to 59");
    }
    test_array_free(&K);
    test_array_free(&a);
    free(x);
    ntk_kernel_destroy(s.kernel);
}
END_TEST

typedef struct nesting {
    const ntk_kernel *kernel;
    const ntk_matrix *x;
    int depth;
} nesting;

/* Calls the library, on the stream's context, and streams within the stream. */
static int nest(void *user, const ntk_panel *panel)
{
    nesting *n = user;
    ntk_stream_options options = NTK_INIT(ntk_stream_options);
    test_array out = test_array_make(n->x->rows, 1, 0, NTK_F64);
    (void)panel;
    CHECK_OK(ntk_kernel_diagonal(n->kernel, &out.view, n->x));
    test_array_free(&out);
    options.rows = 200;
    if (++n->depth > 1) return 0;
    CHECK_OK(ntk_gram_stream(context, n->kernel, n->x, nest, n, &options));
    return 0;
}

START_TEST(a_receiver_can_use_the_library)
{
    uint64_t state = test_seed(76);
    subject s = infinite_width(600, 3);
    double *x = oracle_samples(600, 3, NTK_F64, &state);
    test_array a = oracle_array(x, 600, 3, 0, NTK_F64);
    nesting n = {s.kernel, &a.view, 0};
    CHECK_OK(ntk_gram_stream(context, s.kernel, &a.view, nest, &n, NULL));
    ck_assert_int_eq(n.depth, 4); /* the panel, and three within it */
    test_array_free(&a);
    free(x);
    ntk_kernel_destroy(s.kernel);
}
END_TEST

START_TEST(a_factorization_needs_a_matrix_that_is_held)
{
    uint64_t state = test_seed(77);
    subject s = infinite_width(9, 3);
    double *x = oracle_samples(9, 3, NTK_F64, &state);
    test_array a = oracle_array(x, 9, 3, 0, NTK_F64), y = oracle_array(x, 9, 1, 0, NTK_F64);
    ntk_gram *gram = NULL;
    ntk_ridge *ridge = NULL;
    ntk_gram_options options = NTK_INIT(ntk_gram_options);
    ntk_ridge_options implicit = NTK_INIT(ntk_ridge_options);
    options.storage = implicit.storage = NTK_STORAGE_IMPLICIT;
    CHECK_OK(ntk_gram_create(context, &gram, s.kernel, &a.view, &options));
    CHECK_STATUS(ntk_ridge_create_gram(context, &ridge, gram, &y.view, 0.1, NULL), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("NTK_STORAGE_PACKED");
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &a.view, &y.view, 0.1, &implicit), NTK_ERR_OPTION);
    ck_assert_ptr_null(ridge);
    ntk_gram_destroy(gram);
    test_array_free(&a);
    test_array_free(&y);
    free(x);
    ntk_kernel_destroy(s.kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gram, not held");
    TCase *streams = test_case(suite, "panels and implicit matrices");
    tcase_add_checked_fixture(streams, setup, teardown);
    tcase_add_loop_test(streams, panels_of_infinite_width, 0, 5);
    tcase_add_loop_test(streams, panels_of_finite_width, 0, 2);
    tcase_add_test(streams, more_neurons_than_a_pass_takes);
    tcase_add_loop_test(streams, implicit_products, 0, 5);
    tcase_add_test(streams, implicit_of_extreme_lengths);
    tcase_add_test(streams, a_receiver_can_stop);
    tcase_add_test(streams, a_receiver_can_use_the_library);
    tcase_add_test(streams, a_factorization_needs_a_matrix_that_is_held);
    return test_run(suite);
}
