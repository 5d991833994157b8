/* Dual and primal, their choice, the ways to make a model, and what the report says. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

/* a network's features and kernel, and samples with two targets */
typedef struct scene {
    int64_t n, d, t, p;
    ntk_features *features;
    ntk_kernel *kernel;
    double *xs, *ys;
    test_array x, y;
} scene;

static scene scene_create(int32_t part, int64_t n, int64_t N, int32_t dtype, uint64_t *state)
{
    scene s = {.n = n, .d = 4, .t = 2};
    ntk_activation *activation = oracle_activation_create(context, NTK_RELU, 0);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    options.inputs = s.d;
    options.hidden = N;
    options.seed = 9;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &s.features, network, part));
    CHECK_OK(ntk_kernel_create_finite(context, &s.kernel, s.features));
    s.p = ntk_features_size(s.features);
    s.xs = oracle_samples(n, s.d, dtype, state);
    s.ys = oracle_samples(n, s.t, dtype, state);
    for (int64_t i = 0; i < n * s.t; i++) s.ys[i] += 2; /* something for the intercept */
    s.x = oracle_array(s.xs, n, s.d, 1, dtype);
    s.y = oracle_array(s.ys, n, s.t, 0, dtype);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    return s;
}

static void scene_free(scene *s)
{
    ntk_kernel_destroy(s->kernel);
    ntk_features_destroy(s->features);
    test_array_free(&s->x);
    test_array_free(&s->y);
    free(s->xs);
    free(s->ys);
}

static ntk_ridge *fit(const scene *s, double lambda, const ntk_ridge_options *options)
{
    ntk_ridge *ridge = NULL;
    CHECK_OK(ntk_ridge_create(context, &ridge, s->kernel, &s->x.view, &s->y.view, lambda, options));
    return ridge;
}

static int same_coefficients(const ntk_ridge *a, const ntk_ridge *b)
{
    ntk_ridge_report report = test_summary(a);
    test_array one = test_array_make(report.order, report.targets, 0, NTK_F64);
    test_array two = test_array_make(report.order, report.targets, 0, NTK_F64);
    test_array b1 = test_array_make(1, report.targets, 0, NTK_F64), b2 = test_array_make(1, report.targets, 0, NTK_F64);
    CHECK_OK(ntk_ridge_coefficients(a, &one.view));
    CHECK_OK(ntk_ridge_coefficients(b, &two.view));
    CHECK_OK(ntk_ridge_intercept(a, &b1.view));
    CHECK_OK(ntk_ridge_intercept(b, &b2.view));
    int same = test_same_bits(&one.view, &two.view) && test_same_bits(&b1.view, &b2.view);
    test_array_free(&one);
    test_array_free(&two);
    test_array_free(&b1);
    test_array_free(&b2);
    return same;
}

/* beta by the normal equations in long double, from the features as mapped; with intercept, one more column that is not
 * penalised */
static void compare_primal(const ntk_ridge *ridge, const scene *s, double lambda, int intercept)
{
    int64_t q = s->p + intercept, n = s->n, t = s->t;
    test_array Phi = test_array_make(n, s->p, 0, NTK_F64), beta = test_array_make(s->p, t, 0, NTK_F64),
               b = test_array_make(1, t, 0, NTK_F64);
    long double *A = oracle_memory(q * q, sizeof *A), *z = oracle_memory(q * t, sizeof *z), trace = 0, size = 0;
    CHECK_OK(ntk_features_map(s->features, &Phi.view, &s->x.view));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < q; j++) {
            long double f = j < s->p ? (long double)test_get(&Phi.view, i, j) : 1;
            for (int64_t k = 0; k < q; k++) A[j * q + k] += f * (k < s->p ? (long double)test_get(&Phi.view, i, k) : 1);
            for (int64_t c = 0; c < t; c++) z[j * t + c] += f * (long double)s->ys[i * t + c];
        }
    }
    for (int64_t j = 0; j < s->p; j++) A[j * q + j] += (long double)lambda, trace += A[j * q + j];
    ck_assert(oracle_solve(z, A, z, q, t) == 0);
    for (int64_t i = 0; i < q * t; i++) size += z[i] * z[i];
    /* |A^-1| <= 1 / lambda; forming A, factoring and solving: (n + 3 p) roundings of the trace; the right side: as many of
     * itself */
    long double tolerance = (long double)(n + 3 * q) * 0x1p-53L * (trace + sqrtl(trace * (long double)n) * 4) *
                            (sqrtl(size) + 1) / (long double)lambda;
    CHECK_OK(ntk_ridge_coefficients(ridge, &beta.view));
    CHECK_OK(ntk_ridge_intercept(ridge, &b.view));
    for (int64_t j = 0; j < q; j++) {
        for (int64_t c = 0; c < t; c++) {
            double got = j < s->p ? test_get(&beta.view, j, c) : test_get(&b.view, 0, c);
            ck_assert_msg(fabsl((long double)got - z[j * t + c]) <= tolerance, "beta[%lld][%lld] is %.17g, not %.17Lg (%.2Lg)",
                          (long long)j, (long long)c, got, z[j * t + c], tolerance);
        }
    }
    free(A);
    free(z);
    test_array_free(&Phi);
    test_array_free(&beta);
    test_array_free(&b);
}

START_TEST(primal_against_normal_equations)
{
    static const int64_t shapes[][2] = {{1, 3}, {9, 4}, {200, 12}, {700, 9}, {30, 60}};
    uint64_t state = test_seed(91) + (uint64_t)_i;
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++) {
        for (int intercept = 0; intercept < 2; intercept++) {
            scene s = scene_create(part, shapes[_i][0], shapes[_i][1], NTK_F64, &state);
            ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
            ntk_ridge *kernelled = NULL, *featured = NULL;
            options.method = NTK_RIDGE_PRIMAL;
            options.intercept = intercept;
            kernelled = fit(&s, 0.1, &options);
            compare_primal(kernelled, &s, 0.1, intercept);
            ck_assert_int_eq(test_summary(kernelled).order, s.p);
            CHECK_OK(ntk_ridge_create_primal(context, &featured, s.features, &s.x.view, &s.y.view, 0.1, &options));
            compare_primal(featured, &s, 0.1, intercept);
            ck_assert(same_coefficients(kernelled, featured));
            ntk_ridge_destroy(kernelled);
            ntk_ridge_destroy(featured);
            scene_free(&s);
        }
    }
}
END_TEST

/* 1e-9 of the targets' size: cond(K + lambda I) is about 1e3 here, so that leaves room for 1e4 roundings */
START_TEST(primal_equals_dual)
{
    static const int64_t shapes[][2] = {{120, 10}, {40, 40}, {25, 90}};
    uint64_t state = test_seed(92);
    for (int choice = 0; choice < 6; choice++) {
        scene s = scene_create(choice % 3, shapes[_i][0], shapes[_i][1], NTK_F64, &state);
        double *points = oracle_samples(33, s.d, NTK_F64, &state);
        test_array x = oracle_array(points, 33, s.d, 0, NTK_F64), y[2];
        for (int32_t method = NTK_RIDGE_DUAL; method <= NTK_RIDGE_PRIMAL; method++) {
            ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
            options.method = method;
            options.intercept = choice / 3;
            ntk_ridge *ridge = fit(&s, 0.05, &options);
            ck_assert_int_eq(test_summary(ridge).method, method);
            y[method - 1] = test_array_make(33, 2, 0, NTK_F64);
            CHECK_OK(ntk_ridge_predict(ridge, &y[method - 1].view, &x.view));
            ntk_ridge_destroy(ridge);
        }
        for (int64_t i = 0; i < 66; i++)
            ck_assert(fabs(test_get(&y[0].view, i / 2, i % 2) - test_get(&y[1].view, i / 2, i % 2)) <= 1e-9);
        test_array_free(&x);
        test_array_free(&y[0]);
        test_array_free(&y[1]);
        free(points);
        scene_free(&s);
    }
}
END_TEST

/* AUTO takes the smaller system and says why */
START_TEST(automatic_choice)
{
    uint64_t state = test_seed(93);
    static const int64_t shapes[][2] = {{20, 19}, {20, 20}, {20, 21}};
    for (int c = 0; c < 3; c++) {
        scene s = scene_create(NTK_PART_RF, shapes[c][0], shapes[c][1], NTK_F64, &state);
        ntk_ridge *ridge = fit(&s, 0.5, NULL);
        ntk_ridge_report report = test_summary(ridge);
        ck_assert_int_eq(report.method, s.p < s.n ? NTK_RIDGE_PRIMAL : NTK_RIDGE_DUAL);
        ck_assert_int_eq(report.order, s.p < s.n ? s.p : s.n);
        ck_assert(report.samples == s.n && report.inputs == s.d && report.targets == 2 && report.lambda == 0.5);
        ck_assert(report.dtype == NTK_F64 && report.intercept == 0);
        ck_assert(report.smallest_pivot > 0 && report.smallest_pivot <= 1);
        ck_assert(report.reason && strlen(report.reason) > 10);
        ntk_ridge_destroy(ridge);
        scene_free(&s);
    }
    scene s = scene_create(NTK_PART_RF, 10, 5, NTK_F64, &state);
    oracle_kernel infinite = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel_destroy(s.kernel);
    s.kernel = oracle_kernel_create(context, &infinite);
    ntk_ridge *ridge = fit(&s, 0.5, NULL);
    ck_assert_int_eq(test_summary(ridge).method, NTK_RIDGE_DUAL);
    ntk_ridge_destroy(ridge);
    scene_free(&s);
}
END_TEST

/* from a gram: the same bits as from its kernel and samples, in each storage and precision */
START_TEST(from_a_gram)
{
    uint64_t state = test_seed(94);
    for (int choice = 0; choice < 8; choice++) {
        int32_t dtype = choice & 1 ? NTK_F32 : NTK_F64, storage = (choice >> 1) & 1;
        scene s = scene_create(NTK_PART_BOTH, 140, 70, dtype, &state);
        ntk_gram_options stored = NTK_INIT(ntk_gram_options);
        ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
        ntk_gram *gram = NULL;
        ntk_ridge *ridge = NULL;
        stored.storage = options.storage = storage;
        options.method = NTK_RIDGE_DUAL;
        options.intercept = choice >> 2;
        CHECK_OK(ntk_gram_create(context, &gram, s.kernel, &s.x.view, &stored));
        CHECK_OK(ntk_ridge_create_gram(context, &ridge, gram, &s.y.view, 0.1, &options));
        ntk_ridge *direct = fit(&s, 0.1, &options);
        ck_assert(same_coefficients(ridge, direct));
        options.borrow = 1;
        ntk_ridge *borrowed = fit(&s, 0.1, &options);
        ck_assert(same_coefficients(ridge, borrowed));
        options.borrow = 0;
        ntk_ridge *refused = NULL;
        options.method = NTK_RIDGE_PRIMAL;
        CHECK_STATUS(ntk_ridge_create_gram(context, &refused, gram, &s.y.view, 0.1, &options), NTK_ERR_OPTION);
        options.method = NTK_RIDGE_AUTO;
        options.dtype = dtype == NTK_F32 ? NTK_F64 : NTK_F32;
        CHECK_STATUS(ntk_ridge_create_gram(context, &refused, gram, &s.y.view, 0.1, &options), NTK_ERR_OPTION);
        ck_assert_ptr_null(refused);
        ntk_ridge_destroy(ridge);
        ntk_ridge_destroy(direct);
        ntk_ridge_destroy(borrowed);
        ntk_gram_destroy(gram);
        scene_free(&s);
    }
}
END_TEST

/* the peak asked for before is not passed, and not more than twice what is held */
START_TEST(memory_is_known_before)
{
    uint64_t state = test_seed(96);
    ntk_context *usual = context;
    for (int choice = 0; choice < 8; choice++) {
        test_memory memory = {0};
        uint64_t bytes = 0;
        context = test_context(1, &memory);
        scene s = scene_create(NTK_PART_RF, 900, 400, choice & 1 ? NTK_F32 : NTK_F64, &state);
        ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
        options.storage = (choice >> 1) & 1;
        options.method = choice & 4 ? NTK_RIDGE_PRIMAL : NTK_RIDGE_DUAL;
        options.dtype = choice & 1 ? NTK_F32 : NTK_F64;
        CHECK_OK(ntk_ridge_memory(context, &bytes, s.kernel, s.n, s.d, s.t, &options));
        test_memory_reset(&memory, 0);
        int64_t held = memory.bytes;
        ntk_ridge *ridge = fit(&s, 0.1, &options);
        uint64_t peak = (uint64_t)(memory.peak - held);
        ck_assert_msg(peak <= bytes && bytes <= 2 * peak, "method %d storage %d: announced %llu, held %llu",
                      (int)options.method, (int)options.storage, (unsigned long long)bytes, (unsigned long long)peak);
        ntk_ridge_destroy(ridge);
        scene_free(&s);
        ntk_context_destroy(context);
    }
    context = usual;
}
END_TEST

START_TEST(impossible_methods)
{
    uint64_t state = test_seed(95);
    scene s = scene_create(NTK_PART_RF, 10, 5, NTK_F64, &state);
    oracle_kernel oracle = {NTK_RELU, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *infinite = oracle_kernel_create(context, &oracle);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge = NULL;
    options.method = NTK_RIDGE_PRIMAL;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, infinite, &s.x.view, &s.y.view, 1, &options), NTK_ERR_OPTION);
    options.method = NTK_RIDGE_DUAL;
    CHECK_STATUS(ntk_ridge_create_primal(context, &ridge, s.features, &s.x.view, &s.y.view, 1, &options), NTK_ERR_OPTION);
    options.method = 5;
    CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x.view, &s.y.view, 1, &options), NTK_ERR_OPTION);
    const double bad[] = {-1, (double)NAN, (double)INFINITY, -1e-300};
    for (int i = 0; i < 4; i++) {
        CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x.view, &s.y.view, bad[i], NULL), NTK_ERR_VALUE);
        ck_assert_ptr_null(ridge);
    }
    /* a number, but not in the fit's type */
    for (int32_t method = NTK_RIDGE_DUAL; method <= NTK_RIDGE_PRIMAL; method++) {
        options = (ntk_ridge_options)NTK_INIT(ntk_ridge_options);
        options.method = method;
        options.dtype = NTK_F32;
        CHECK_STATUS(ntk_ridge_create(context, &ridge, s.kernel, &s.x.view, &s.y.view, 1e39, &options), NTK_ERR_OVERFLOW);
        CHECK_MESSAGE("lambda is 1e+39");
        ck_assert_ptr_null(ridge);
    }
    ntk_kernel_destroy(infinite);
    scene_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ridge methods");
    TCase *methods = test_case(suite, "methods");
    tcase_add_checked_fixture(methods, setup, teardown);
    tcase_add_loop_test(methods, primal_against_normal_equations, 0, 5);
    tcase_add_loop_test(methods, primal_equals_dual, 0, 3);
    tcase_add_test(methods, automatic_choice);
    tcase_add_test(methods, from_a_gram);
    tcase_add_test(methods, memory_is_known_before);
    tcase_add_test(methods, impossible_methods);
    return test_run(suite);
}
