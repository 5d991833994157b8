/* The memory queries against what the calls take, and the budget that forbids them. */
#include "attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a call takes, and on what. */
typedef struct budget_case {
    const char *name;
    int64_t n;
    bool finite;
    int32_t method, storage, dtype;
    bool intercept, borrow;
} budget_case;

static const budget_case cases[] = {
    {"small", 20, false, NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F64, false, false},
    {"full f64", 1700, false, NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F64, false, false},
    {"packed f64", 1700, false, NTK_RIDGE_DUAL, NTK_STORAGE_PACKED, NTK_F64, true, true},
    {"full f32", 1700, false, NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F32, true, false},
    {"packed f32", 1700, false, NTK_RIDGE_DUAL, NTK_STORAGE_PACKED, NTK_F32, false, false},
    {"finite, dual", 1700, true, NTK_RIDGE_DUAL, NTK_STORAGE_FULL, NTK_F64, false, false},
    {"spectral f32, finite", 700, true, NTK_RIDGE_SPECTRAL, NTK_STORAGE_FULL, NTK_F32, false, false},
    {"finite, primal", 1700, true, NTK_RIDGE_PRIMAL, NTK_STORAGE_FULL, NTK_F64, true, false},
    {"spectral f64", 700, false, NTK_RIDGE_SPECTRAL, NTK_STORAGE_FULL, NTK_F64, true, false},
    {"iterative f64", 1700, false, NTK_RIDGE_ITERATIVE, NTK_STORAGE_FULL, NTK_F64, true, false},
    {"iterative f32, finite", 900, true, NTK_RIDGE_ITERATIVE, NTK_STORAGE_FULL, NTK_F32, false, false},
    {"finite, automatic", 1700, true, NTK_RIDGE_AUTO, NTK_STORAGE_FULL, NTK_F32, false, false},
};
/* The first ones, whose matrices differ; the others differ in the method. */
enum { CASES = sizeof cases / sizeof cases[0], MATRICES = 7, INPUTS = 16, HIDDEN = 64, TARGETS = 2 };

/* Where the answer is more than a few scratch areas, it must be within a quarter of the truth. */
static const double slack = 1.25;
static const int64_t large = 8 << 20;

/* Handles under a context of their own, so that what is counted is the call. */
typedef struct scene {
    const budget_case *c;
    ntk_context *context;
    ntk_activation *activation;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    ntk_ridge_options ridge;
    ntk_gram_options gram;
    test_array x, y;
} scene;

static void scene_make(scene *s, const budget_case *c)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    memset(s, 0, sizeof *s);
    s->c = c;
    s->context = test_context(1, NULL);
    options.inputs = INPUTS;
    options.hidden = HIDDEN;
    CHECK_OK(ntk_activation_create(s->context, &s->activation, NTK_ERF, NULL));
    CHECK_OK(ntk_network_create(s->context, &s->network, s->activation, &options));
    CHECK_OK(ntk_features_create(s->context, &s->features, s->network, NTK_PART_BOTH));
    if (c->finite)
        CHECK_OK(ntk_kernel_create_finite(s->context, &s->kernel, s->features));
    else
        CHECK_OK(ntk_kernel_create_infinite(s->context, &s->kernel, s->activation, NULL));
    s->ridge =
        (ntk_ridge_options){.struct_size = sizeof s->ridge, .method = c->method, .storage = c->storage, .dtype = c->dtype};
    s->ridge.intercept = c->intercept;
    s->ridge.borrow = c->borrow;
    s->ridge.precision = NTK_PRECISION_PLAIN;
    s->gram = (ntk_gram_options){sizeof s->gram, c->storage, c->dtype};
    s->x = test_array_make(c->n, INPUTS, 0, c->dtype);
    s->y = test_array_make(c->n, TARGETS, 0, c->dtype);
    test_array_fill(&s->x, 1);
    test_array_fill(&s->y, 2);
}

static void scene_free(scene *s)
{
    ntk_context_destroy(s->context);
    ntk_activation_destroy(s->activation);
    ntk_network_destroy(s->network);
    ntk_features_destroy(s->features);
    ntk_kernel_destroy(s->kernel);
    test_array_free(&s->x);
    test_array_free(&s->y);
}

static ntk_status make_gram(const scene *s, ntk_context *context)
{
    ntk_gram *gram;
    ntk_status status = ntk_gram_create(context, &gram, s->kernel, &s->x.view, &s->gram);
    ck_assert_int_eq(status == NTK_OK, gram != NULL);
    ntk_gram_destroy(gram);
    return status;
}

static ntk_status make_ridge(const scene *s, ntk_context *context)
{
    ntk_ridge *ridge;
    ntk_status status = ntk_ridge_create(context, &ridge, s->kernel, &s->x.view, &s->y.view, 0.5, &s->ridge);
    ck_assert_int_eq(status == NTK_OK, ridge != NULL);
    ntk_ridge_destroy(ridge);
    return status;
}

typedef ntk_status (*budget_call)(const scene *s, ntk_context *context);

static ntk_context *limited(uint64_t budget, int32_t threads)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context;
    test_memory_inject(&options, &test_counted);
    options.threads = threads;
    options.memory_budget = budget;
    CHECK_OK(ntk_context_create(&context, &options));
    return context;
}

/* The context's own bytes, and the most that the call added to them. */
static int64_t measure(const scene *s, budget_call call, int32_t threads, int64_t *own)
{
    ntk_context *context = limited(0, threads);
    *own = test_counted.bytes;
    test_memory_reset(&test_counted, 0);
    CHECK_OK(call(s, context));
    int64_t peak = test_counted.peak - *own;
    ntk_context_destroy(context);
    ck_assert_int_eq(test_counted.live, 0);
    return peak;
}

static void check_answer(const scene *s, budget_call call, const char *what, int32_t threads, uint64_t answer)
{
    int64_t own, peak = measure(s, call, threads, &own);
    if (answer < (uint64_t)peak || (peak > large && (double)answer > slack * (double)peak))
        ck_abort_msg("%s, %s, %d threads: the query says %" PRIu64 " bytes, the call took %" PRId64, what, s->c->name, threads,
                     answer, peak);

    /* what the query says is enough */
    ntk_context *enough = limited((uint64_t)own + answer, threads);
    CHECK_OK(call(s, enough));
    ntk_context_destroy(enough);

    /* a byte less than the call takes is not, unless there is another method, and the sentence says how many bytes it wants */
    if (threads > 1 || (call == make_ridge && s->c->method == NTK_RIDGE_AUTO)) return;
    ntk_context *short_of = limited((uint64_t)(own + peak) - 1, threads);
    int64_t before = test_counted.bytes;
    test_memory_reset(&test_counted, 0);
    CHECK_STATUS(call(s, short_of), NTK_ERR_MEMORY);
    ck_assert_int_eq(test_counted.calls, 0); /* refused before the work begins, not amid it */
    const char *wanted = strstr(ntk_error_message(), " needs ");
    ck_assert_msg(wanted && strtoull(wanted + 7, NULL, 10) > 0 && strstr(wanted, " bytes"), "%s", ntk_error_message());
    ck_assert_int_eq(test_counted.bytes, before);
    ntk_context_destroy(short_of);
    ck_assert_int_eq(test_counted.live, 0);
}

static const int32_t thread_counts[] = {1, 3};

START_TEST(gram)
{
    scene s;
    scene_make(&s, &cases[_i]);
    for (size_t i = 0; i < 2; i++) {
        uint64_t answer;
        ntk_context *context = limited(0, thread_counts[i]);
        CHECK_OK(ntk_gram_memory(context, &answer, s.kernel, s.c->n, INPUTS, &s.gram));
        ntk_context_destroy(context);
        check_answer(&s, make_gram, "gram", thread_counts[i], answer);
    }
    scene_free(&s);
}
END_TEST

/* An implicit matrix, with what its calls take. */
static ntk_status use_implicit(const scene *s, ntk_context *context)
{
    ntk_gram *made;
    ntk_gram_options options = s->gram;
    options.storage = NTK_STORAGE_IMPLICIT;
    ntk_status status = ntk_gram_create(context, &made, s->kernel, &s->x.view, &options);
    if (status < 0) return status;
    test_array K = test_array_make(s->c->n, s->c->n, 0, s->c->dtype), v = test_array_make(s->c->n, TARGETS, 0, s->c->dtype);
    test_array_fill(&v, 3);
    status = ntk_gram_copy(made, &K.view);
    if (status == NTK_OK) status = ntk_gram_multiply(made, &s->y.view, &v.view);
    test_array_free(&K);
    test_array_free(&v);
    ntk_gram_destroy(made);
    return status;
}

START_TEST(implicit)
{
    scene s;
    scene_make(&s, &cases[_i]);
    ntk_gram_options options = s.gram;
    options.storage = NTK_STORAGE_IMPLICIT;
    for (size_t i = 0; i < 2; i++) {
        uint64_t answer;
        ntk_context *context = limited(0, thread_counts[i]);
        CHECK_OK(ntk_gram_memory(context, &answer, s.kernel, s.c->n, INPUTS, &options));
        ntk_context_destroy(context);
        check_answer(&s, use_implicit, "implicit", thread_counts[i], answer);
    }
    scene_free(&s);
}
END_TEST

static const ntk_stream_options panels = {.struct_size = sizeof panels, .rows = 600};

static int take_nothing(void *user, const ntk_panel *panel)
{
    (void)user, (void)panel;
    return 0;
}

static ntk_status stream(const scene *s, ntk_context *context)
{
    return ntk_gram_stream(context, s->kernel, &s->x.view, take_nothing, NULL, &panels);
}

START_TEST(streams)
{
    scene s;
    scene_make(&s, &cases[_i]);
    ntk_stream_options options = panels;
    options.dtype = s.c->dtype;
    for (size_t i = 0; i < 2; i++) {
        uint64_t answer;
        ntk_context *context = limited(0, thread_counts[i]);
        CHECK_OK(ntk_gram_stream_memory(context, &answer, s.kernel, s.c->n, INPUTS, &options));
        ntk_context_destroy(context);
        check_answer(&s, stream, "stream", thread_counts[i], answer);
    }
    scene_free(&s);
}
END_TEST

START_TEST(ridge)
{
    scene s;
    scene_make(&s, &cases[_i]);
    for (size_t i = 0; i < 2; i++) {
        uint64_t answer;
        ntk_context *context = limited(0, thread_counts[i]);
        CHECK_OK(ntk_ridge_memory(context, &answer, s.kernel, s.c->n, INPUTS, TARGETS, &s.ridge));
        ntk_context_destroy(context);
        check_answer(&s, make_ridge, "ridge", thread_counts[i], answer);
    }
    scene_free(&s);
}
END_TEST

static ntk_flow_options flow_options(const scene *s)
{
    ntk_flow_options options = NTK_INIT(ntk_flow_options);
    options.dtype = s->c->dtype;
    options.borrow = s->c->borrow;
    return options;
}

static ntk_status make_flow(const scene *s, ntk_context *context)
{
    ntk_flow *made;
    ntk_flow_options options = flow_options(s);
    ntk_status status = ntk_flow_create(context, &made, s->kernel, &s->x.view, &s->y.view, &s->y.view, &options);
    ntk_flow_destroy(made);
    return status;
}

/* Of the cases that decompose the kernel's matrix. */
START_TEST(flow)
{
    scene s;
    if (cases[_i].method != NTK_RIDGE_SPECTRAL) return;
    scene_make(&s, &cases[_i]);
    ntk_flow_options options = flow_options(&s);
    for (size_t i = 0; i < 2; i++) {
        uint64_t answer;
        ntk_context *context = limited(0, thread_counts[i]);
        CHECK_OK(ntk_flow_memory(context, &answer, s.kernel, s.c->n, INPUTS, TARGETS, &options));
        ntk_context_destroy(context);
        check_answer(&s, make_flow, "flow", thread_counts[i], answer);
    }
    scene_free(&s);
}
END_TEST

/* Of a gram that exists, of the same cases. */
static ntk_gram *spectrum_gram;

static ntk_status make_spectrum(const scene *s, ntk_context *context)
{
    ntk_spectrum *made;
    ntk_spectrum_options options = {.struct_size = sizeof options, .intercept = s->c->intercept};
    ntk_status status = ntk_spectrum_create(context, &made, spectrum_gram, &s->y.view, &options);
    ntk_spectrum_destroy(made);
    return status;
}

START_TEST(spectrum)
{
    scene s;
    if (cases[_i].method != NTK_RIDGE_SPECTRAL) return;
    scene_make(&s, &cases[_i]);
    CHECK_OK(ntk_gram_create(s.context, &spectrum_gram, s.kernel, &s.x.view, &s.gram));
    ntk_spectrum_options options = {.struct_size = sizeof options, .intercept = s.c->intercept};
    for (size_t i = 0; i < 2; i++) {
        uint64_t answer;
        ntk_context *context = limited(0, thread_counts[i]);
        CHECK_OK(ntk_spectrum_memory(context, &answer, s.c->n, TARGETS, &options));
        ntk_context_destroy(context);
        check_answer(&s, make_spectrum, "spectrum", thread_counts[i], answer);
    }
    ntk_gram_destroy(spectrum_gram);
    scene_free(&s);
}
END_TEST

static const int64_t sweep_widths[] = {70, 200};

static ntk_concentration_options sweep_options(const scene *s)
{
    ntk_concentration_options options = NTK_INIT(ntk_concentration_options);
    options.widths = sweep_widths;
    options.width_count = 2;
    options.replicates = 1;
    options.storage = s->c->storage;
    return options;
}

static ntk_status sweep_widths_of(const scene *s, ntk_context *context)
{
    double table[2][NTK_CONCENTRATION_COLUMNS];
    ntk_matrix Table = ntk_matrix_f64(table[0], 2, NTK_CONCENTRATION_COLUMNS);
    ntk_concentration_options options = sweep_options(s);
    ntk_status status = ntk_concentration_sweep(context, &Table, NULL, s->activation, &s->x.view, &options);
    return status < 0 ? status : NTK_OK; /* a note is none of this test's */
}

/* Of fewer samples than the matrices; where threads have networks in work at the time of their choice, so few that nobody asks how near
 * the answer is. */
START_TEST(concentration)
{
    static const budget_case swept[] = {{.name = "packed", .n = 900, .dtype = NTK_F64, .storage = NTK_STORAGE_PACKED},
                                        {.name = "implicit", .n = 900, .dtype = NTK_F64, .storage = NTK_STORAGE_IMPLICIT}};
    static const int64_t rows[] = {900, 300};
    scene s;
    scene_make(&s, &swept[_i]);
    ntk_concentration_options options = sweep_options(&s);
    for (size_t i = 0; i < 2; i++) {
        uint64_t answer;
        ntk_context *context = limited(0, thread_counts[i]);
        s.x.view.rows = rows[i];
        CHECK_OK(ntk_concentration_memory(context, &answer, s.activation, rows[i], INPUTS, &options));
        ntk_context_destroy(context);
        check_answer(&s, sweep_widths_of, "concentration", thread_counts[i], answer);
    }
    scene_free(&s);
}
END_TEST

static ntk_status optimise_with(const scene *s, ntk_context *context, ntk_optimise_options *options)
{
    ntk_ridge *made;
    ntk_kernel *scaled;
    ntk_status status =
        ntk_ridge_optimise(context, &made, &scaled, NULL, s->kernel, &s->x.view, &s->y.view, 0.5, NTK_CRITERION_LOO, options);
    ntk_ridge_destroy(made);
    ntk_kernel_destroy(scaled);
    return status < 0 ? status : NTK_OK; /* a note is none of this test's */
}

static ntk_optimise_options two_evaluations(const scene *s, int64_t subset)
{
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    options.fit = &s->ridge;
    options.subset = subset;
    options.max_evaluations = 2;
    return options;
}

static ntk_status optimise(const scene *s, ntk_context *context)
{
    ntk_optimise_options options = two_evaluations(s, 0);
    return optimise_with(s, context, &options);
}

static ntk_status optimise_some(const scene *s, ntk_context *context)
{
    ntk_optimise_options options = two_evaluations(s, 300);
    return optimise_with(s, context, &options);
}

/* The first, second and third of the cases. */
START_TEST(hyperparameters)
{
    scene s;
    scene_make(&s, &cases[_i % 3]);
    for (size_t i = 0; i < 2; i++) {
        uint64_t answer;
        ntk_context *context = limited(0, thread_counts[i]);
        ntk_optimise_options options = two_evaluations(&s, _i < 3 ? 0 : 300);
        CHECK_OK(ntk_optimise_memory(context, &answer, s.kernel, s.c->n, INPUTS, TARGETS, &options));
        ntk_context_destroy(context);
        check_answer(&s, _i < 3 ? optimise : optimise_some, "hyperparameters", thread_counts[i], answer);
    }
    scene_free(&s);
}
END_TEST

/* The kernel calls take their working memory from the kernel's context. */
static void check_kernel(const test_world *world, const ntk_kernel *kernel, int64_t n1, int64_t n2, int32_t dtype)
{
    uint64_t answer;
    const int64_t d = world->sizes.d;
    test_array x1 = test_array_make(n1, d, 0, dtype), x2 = test_array_make(n2, d, 0, dtype),
               v = test_array_make(n2, 3, 0, dtype), K = test_array_make(n1, n2, 0, dtype),
               diagonal = test_array_make(n1, 1, 0, dtype), y = test_array_make(n1, 3, 0, dtype),
               g = test_array_make(n1, 3 * d, 0, dtype);
    test_array_fill(&x1, 1);
    test_array_fill(&x2, 2);
    test_array_fill(&v, 3);
    CHECK_OK(ntk_kernel_memory(kernel, &answer, n1, n2, d, dtype));
    int64_t before = test_counted.bytes;
    test_memory_reset(&test_counted, 0);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1.view, &x2.view));
    CHECK_OK(ntk_kernel_diagonal(kernel, &diagonal.view, &x1.view));
    CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &x1.view, &x2.view, &v.view));
    if (kernel == world->monte_carlo || kernel == world->deep_monte_carlo)
        CHECK_OK(ntk_kernel_block_error(kernel, &K.view, &x1.view, &x2.view));
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x1.view, &x2.view, &v.view));
    if (kernel == world->infinite || kernel == world->deep || kernel == world->series || kernel == world->composite) {
        int64_t scales;
        CHECK_OK(ntk_kernel_scales(kernel, &scales));
        test_array by_scales = test_array_make(scales, 1, 0, dtype);
        CHECK_OK(ntk_kernel_scale_gradient(kernel, &by_scales.view, &x1.view, &x2.view, &K.view));
        test_array_free(&by_scales);
    }
    if ((int64_t)answer < test_counted.peak - before)
        ck_abort_msg("%d x %d, dtype %d: the query says %" PRIu64 " bytes, the calls took %" PRId64, (int)n1, (int)n2, dtype,
                     answer, (int64_t)test_counted.peak - before);
    test_array_free(&x1);
    test_array_free(&x2);
    test_array_free(&v);
    test_array_free(&K);
    test_array_free(&diagonal);
    test_array_free(&y);
    test_array_free(&g);
}

START_TEST(kernel)
{
    const int64_t sizes[][2] = {{1, 1}, {1, 1000}, {700, 3}, {900, 1100}, {5, 2100}};
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        ntk_context_options options = NTK_INIT(ntk_context_options);
        test_world world;
        test_memory_inject(&options, &test_counted);
        options.threads = threads;
        test_world_make(&world, &test_small, &options);
        /* the pool, which lives on, is not the call's */
        if (threads > 1) check_kernel(&world, world.infinite, 900, 1100, NTK_F64);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
                check_kernel(&world, world.infinite, sizes[i][0], sizes[i][1], dtype);
                check_kernel(&world, world.deep, sizes[i][0], sizes[i][1], dtype);
                check_kernel(&world, world.series, sizes[i][0], sizes[i][1], dtype);
                check_kernel(&world, world.finite, sizes[i][0], sizes[i][1], dtype);
                check_kernel(&world, world.monte_carlo, sizes[i][0], sizes[i][1], dtype);
                check_kernel(&world, world.deep_finite, sizes[i][0], sizes[i][1], dtype);
                check_kernel(&world, world.deep_monte_carlo, sizes[i][0], sizes[i][1], dtype);
                check_kernel(&world, world.deep_cosine, sizes[i][0], sizes[i][1], dtype);
                check_kernel(&world, world.composite, sizes[i][0], sizes[i][1], dtype);
            }
        test_world_free(&world);
    }
}
END_TEST

/* Sizes whose memory is a number, but not one that any machine has: refused by the budget before anything is touched. */
START_TEST(hopeless_sizes)
{
    test_world world;
    uint64_t bytes;
    test_world_make(&world, &test_small, NULL);
    CHECK_OK(ntk_gram_memory(world.context, &bytes, world.infinite, 100000000, 4, NULL));
    ck_assert_uint_ge(bytes, UINT64_C(80000000000000000));
    CHECK_OK(ntk_ridge_memory(world.context, &bytes, world.infinite, 100000000, 4, 1, NULL));
    ck_assert_uint_ge(bytes, UINT64_C(80000000000000000));
    CHECK_STATUS(ntk_gram_memory(world.context, &bytes, world.infinite, INT64_C(3000000000), 4, NULL), NTK_ERR_OVERFLOW);
    CHECK_STATUS(ntk_ridge_memory(world.context, &bytes, world.infinite, INT64_C(3000000000), 4, 1, NULL), NTK_ERR_OVERFLOW);
    test_world_free(&world);

    ntk_context *context = limited(1 << 20, 1);
    ntk_activation *activation;
    ntk_network *network;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = INT64_C(1) << 36;
    options.hidden = 8;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_ERF, NULL));
    CHECK_STATUS(ntk_network_create(context, &network, activation, &options), NTK_ERR_MEMORY);
    CHECK_MESSAGE("the context's budget is 1048576");
    ck_assert_ptr_null(network);
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("budget");
    TCase *tests = test_case(suite, "budget");
    tcase_add_loop_test(tests, gram, 0, MATRICES);
    tcase_add_loop_test(tests, implicit, 0, MATRICES);
    tcase_add_loop_test(tests, streams, 0, MATRICES);
    tcase_add_loop_test(tests, ridge, 0, CASES);
    tcase_add_loop_test(tests, flow, 0, CASES);
    tcase_add_loop_test(tests, spectrum, 0, CASES);
    tcase_add_loop_test(tests, concentration, 0, 2);
    tcase_add_loop_test(tests, hyperparameters, 0, 6);
    tcase_add_test(tests, kernel);
    tcase_add_test(tests, hopeless_sizes);
    return test_run(suite);
}
