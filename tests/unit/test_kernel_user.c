/* Kernels of the caller's functions: what their callbacks are given, may answer, and how long they are kept. */
#include "laws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 90, D = LAW_INPUTS };

/* <x, x'> + 1, whose callbacks count, and answer as they are told.
 * spoil  written in place of the first number, where it is not 0 */
typedef struct linear {
    _Atomic int64_t blocks, diagonals, gradients, released, largest;
    int answer;
    double spoil;
} linear;

static double linear_of(const ntk_matrix *x1, int64_t i, const ntk_matrix *x2, int64_t j)
{
    double sum = 1;
    for (int64_t k = 0; k < x1->cols; k++) sum += test_get(x1, i, k) * test_get(x2, j, k);
    return sum;
}

static int answer_of(const linear *k, const ntk_matrix *out)
{
    if (k->spoil != 0) test_set(out, 0, 0, k->spoil);
    return k->answer;
}

static int block(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    linear *k = user;
    k->blocks++;
    if (out->rows * out->cols > k->largest) k->largest = out->rows * out->cols;
    if (!(x1->flags & NTK_READONLY) || out->dtype != x1->dtype || x1->cols != x2->cols || out->rows != x1->rows ||
        out->cols != x2->rows)
        return 77;
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) test_set(out, i, j, linear_of(x1, i, x2, j));
    return answer_of(k, out);
}

static int diagonal(void *user, const ntk_matrix *out, const ntk_matrix *x)
{
    linear *k = user;
    k->diagonals++;
    for (int64_t i = 0; i < out->rows; i++) test_set(out, i, 0, linear_of(x, i, x, i));
    return answer_of(k, out);
}

static int gradient(void *user, const ntk_matrix *g, const ntk_matrix *x1, const ntk_matrix *x2, const ntk_matrix *v)
{
    linear *k = user;
    k->gradients++;
    if (x1->rows != g->rows || v->rows != g->rows || v->cols != x2->rows) return 78;
    for (int64_t i = 0; i < g->rows; i++)
        for (int64_t c = 0; c < g->cols; c++) {
            double sum = 0;
            for (int64_t j = 0; j < x2->rows; j++) sum += test_get(v, i, j) * test_get(x2, j, c);
            test_set(g, i, c, sum);
        }
    return answer_of(k, g);
}

static void release(void *user)
{
    ((linear *)user)->released++;
}

static ntk_kernel *make(linear *user, double cost)
{
    ntk_kernel_functions functions = {sizeof functions, block, diagonal, gradient, user, release, 0, cost};
    ntk_kernel *kernel;
    CHECK_OK(ntk_kernel_create_user(law_context, &kernel, &functions));
    return kernel;
}

START_TEST(bad_functions)
{
    const ntk_kernel_functions good = {sizeof good, block, NULL, NULL, NULL, NULL, D, 0};
    ntk_kernel_functions bad = good;
    ntk_kernel *kernel = law_bases[0];
    bad.block = NULL;
    CHECK_STATUS(ntk_kernel_create_user(law_context, &kernel, &bad), NTK_ERR_OPTION);
    CHECK_MESSAGE("block is NULL");
    ck_assert_ptr_null(kernel);
    bad = good;
    bad.inputs = -1;
    CHECK_STATUS(ntk_kernel_create_user(law_context, &kernel, &bad), NTK_ERR_OPTION);
    const double costs[] = {-1, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        bad = good;
        bad.cost = costs[i];
        CHECK_STATUS(ntk_kernel_create_user(law_context, &kernel, &bad), NTK_ERR_OPTION);
        CHECK_MESSAGE("cost is");
    }
    CHECK_STATUS(ntk_kernel_create_user(law_context, &kernel, NULL), NTK_ERR_NULL);
    CHECK_OK(ntk_kernel_create_user(law_context, &kernel, &good));
    test_array x = law_samples(N, NTK_F64, 1), d = test_array_make(N, 1, 0, NTK_F64), v = test_array_make(N, 1, 0, NTK_F64),
               g = test_array_make(N, D, 0, NTK_F64);
    x.view.cols = D - 1;
    CHECK_STATUS(ntk_kernel_diagonal(kernel, &d.view, &x.view), NTK_ERR_SHAPE);
    x.view.cols = D;
    test_array_fill(&v, 1);
    CHECK_STATUS(ntk_kernel_gradient(kernel, &g.view, &x.view, &x.view, &v.view), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("whose functions give no gradient");
    test_array_free(&x);
    test_array_free(&d);
    test_array_free(&v);
    test_array_free(&g);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* The last that goes, of what was made with the kernel, calls release_user, once. */
START_TEST(released_once)
{
    linear user = {0};
    ntk_kernel *kernel = make(&user, 0), *sum;
    ntk_gram *gram;
    const ntk_kernel *terms[] = {kernel, kernel};
    CHECK_OK(ntk_kernel_create_sum(law_context, &sum, terms, NULL, 2));
    ntk_kernel_destroy(kernel);
    test_array x = law_samples(N, NTK_F64, 1), K = test_array_make(N, N, 0, NTK_F64);
    ntk_gram_options options = {sizeof options, NTK_STORAGE_IMPLICIT, 0};
    CHECK_OK(ntk_gram_create(law_context, &gram, sum, &x.view, &options));
    ntk_kernel_destroy(sum);
    ck_assert_int_eq(user.released, 0);
    CHECK_OK(ntk_gram_copy(gram, &K.view));
    ck_assert(fabs(test_get(&K.view, 5, 3) - 2 * linear_of(&x.view, 5, &x.view, 3)) <= 1e-14);
    ntk_gram_destroy(gram);
    ck_assert_int_eq(user.released, 1);
    test_array_free(&x);
    test_array_free(&K);
}
END_TEST

/* A callback's answer, NaN, infinity or a negative K(x, x) ends the call; the next one works. */
START_TEST(failures)
{
    linear user = {0};
    ntk_kernel *kernel = make(&user, 0);
    test_array x = law_samples(N, NTK_F64, 1), K = test_array_make(N, N, 2, NTK_F64), d = test_array_make(N, 1, 0, NTK_F64),
               v = test_array_make(N, 3, 0, NTK_F64), y = test_array_make(N, 3, 0, NTK_F64),
               g = test_array_make(N, 3 * D, 0, NTK_F64);
    test_array_fill(&v, 2);
    const struct {
        int answer;
        double spoil;
        const char *text;
    } wrong[] = {{5, 0, "returned 5"}, {-1, 0, "returned -1"}, {0, NAN, "NaN or infinity"}, {0, INFINITY, "NaN or infinity"}};
    for (int w = 0; w < 4; w++) {
        ntk_gram *gram;
        user.answer = wrong[w].answer;
        user.spoil = wrong[w].spoil;
        CHECK_STATUS(ntk_kernel_block(kernel, &K.view, &x.view, &x.view), NTK_ERR_CALLBACK);
        CHECK_MESSAGE(wrong[w].text);
        ck_assert(test_array_is_contained(&K));
        CHECK_STATUS(ntk_kernel_diagonal(kernel, &d.view, &x.view), NTK_ERR_CALLBACK);
        ck_assert(test_array_is_poison(&d));
        CHECK_STATUS(ntk_kernel_multiply(kernel, &y.view, &x.view, &x.view, &v.view), NTK_ERR_CALLBACK);
        CHECK_STATUS(ntk_kernel_gradient(kernel, &g.view, &x.view, &x.view, &v.view), NTK_ERR_CALLBACK);
        CHECK_STATUS(ntk_gram_create(law_context, &gram, kernel, &x.view, NULL), NTK_ERR_CALLBACK);
        ck_assert_ptr_null(gram);
    }
    user = (linear){.spoil = -1e-3};
    CHECK_STATUS(ntk_kernel_diagonal(kernel, &d.view, &x.view), NTK_ERR_CALLBACK);
    CHECK_MESSAGE("the kernel of sample 0 with itself is -0.001");
    user = (linear){0};
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.view, &x.view));
    for (int i = 0; i < N * N; i++) ck_assert(test_get(&K.view, i / N, i % N) == linear_of(&x.view, i / N, &x.view, i % N));
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x.view, &x.view, &v.view));
    ck_assert_int_gt(user.gradients, 0);
    ck_assert_int_gt(user.diagonals, 0);
    ntk_kernel_destroy(kernel);
    test_array_free(&x);
    test_array_free(&K);
    test_array_free(&d);
    test_array_free(&v);
    test_array_free(&y);
    test_array_free(&g);
}
END_TEST

/* What a call is given takes some 4e6 operations: one row at least. */
START_TEST(calls_are_short)
{
    const double costs[] = {1e3, 1e5, 1e9};
    const int64_t most[] = {4000, N, N};
    test_array x = law_samples(N, NTK_F64, 1), K = test_array_make(N, N, 0, NTK_F64);
    for (int c = 0; c < 3; c++) {
        linear user = {0};
        ntk_kernel *kernel = make(&user, costs[c]);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.view, &x.view));
        ck_assert_int_le(user.largest, most[c]);
        ntk_kernel_destroy(kernel);
    }
    test_array_free(&x);
    test_array_free(&K);
}
END_TEST

static int stop_at_third(void *user, const char *stage, double fraction)
{
    (void)stage, (void)fraction;
    return ++*(int *)user > 2;
}

START_TEST(cancelled)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_kernel *kernel;
    linear user = {0};
    int asked = 0;
    ntk_context *own = law_context;
    options.threads = 1;
    options.progress = stop_at_third;
    options.progress_user = &asked;
    CHECK_OK(ntk_context_create(&law_context, &options));
    kernel = make(&user, 1e9);
    test_array x = law_samples(N, NTK_F64, 1), K = test_array_make(N, N, 0, NTK_F64);
    CHECK_STATUS(ntk_kernel_block(kernel, &K.view, &x.view, &x.view), NTK_ERR_CANCELLED);
    ck_assert_int_le(user.blocks, 3);
    test_array_free(&x);
    test_array_free(&K);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(law_context);
    law_context = own;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels of the caller's");
    TCase *tests = test_case(suite, "kernels of the caller's");
    tcase_add_checked_fixture(tests, law_setup, law_teardown);
    tcase_add_test(tests, bad_functions);
    tcase_add_test(tests, released_once);
    tcase_add_test(tests, failures);
    tcase_add_test(tests, calls_are_short);
    tcase_add_test(tests, cancelled);
    return test_run(suite);
}
