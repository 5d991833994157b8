/* Kernels made of kernels: each law against its formula in the values of what it is made of, wherever a kernel can be used. */
#include "laws.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { N1 = 70, N2 = 83, D = LAW_INPUTS, T = 6 };

START_TEST(blocks_and_diagonals)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        const expression *e = law_cases[_i].e;
        ntk_kernel *kernel = law_make(e);
        test_array x1 = law_samples(N1, dtype, 1), x2 = law_samples(N2, dtype, 2), d = test_array_make(N1, 1, 0, dtype);
        double *got = law_block(kernel, &x1, &x2), *want = law_formula(e, &x1, &x2);
        double *l1 = law_lengths(e, &x1), *l2 = law_lengths(e, &x2);
        for (int64_t i = 0; i < N1 * N2; i++)
            law_check("block", _i, got[i], want[i], law_bound(dtype) * l1[i / N2] * l2[i % N2]);
        CHECK_OK(ntk_kernel_diagonal(kernel, &d.view, &x1.view));
        for (int64_t i = 0; i < N1; i++)
            law_check("diagonal", _i, test_get(&d.view, i, 0), l1[i] * l1[i], law_bound(dtype) * l1[i] * l1[i]);
        free(got);
        free(want);
        free(l1);
        free(l2);
        test_array_free(&x1);
        test_array_free(&x2);
        test_array_free(&d);
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

START_TEST(products_with_vectors)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        const expression *e = law_cases[_i].e;
        ntk_kernel *kernel = law_make(e);
        test_array x1 = law_samples(N1, dtype, 1), x2 = law_samples(N2, dtype, 2), v = test_array_make(N2, T, 1, dtype),
                   y = test_array_make(N1, T, 1, dtype);
        test_array_fill(&v, 3);
        double *K = law_formula(e, &x1, &x2), *l1 = law_lengths(e, &x1), *l2 = law_lengths(e, &x2);
        CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &x1.view, &x2.view, &v.view));
        ck_assert(test_array_is_written(&y));
        for (int64_t i = 0; i < N1; i++)
            for (int64_t c = 0; c < T; c++) {
                double sum = 0, size = 0;
                for (int64_t j = 0; j < N2; j++) {
                    sum += K[i * N2 + j] * test_get(&v.view, j, c);
                    size += l1[i] * l2[j] * fabs(test_get(&v.view, j, c));
                }
                /* and those of a sum of N2 */
                law_check("multiply", _i, test_get(&y.view, i, c), sum, 2 * law_bound(dtype) * size);
            }
        free(K);
        free(l1);
        free(l2);
        test_array_free(&x1);
        test_array_free(&x2);
        test_array_free(&v);
        test_array_free(&y);
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

/* --- matrices --- */

enum { N = 300 };

typedef struct panels {
    const double *K, *lengths;
    int which;
    int32_t dtype;
    int64_t elements;
} panels;

static int receive(void *user, const ntk_panel *panel)
{
    panels *p = user;
    for (int64_t i = 0; i < panel->values.rows; i++)
        for (int64_t j = 0; j < panel->values.cols; j++) {
            int64_t row = panel->first + i;
            law_check("stream", p->which, test_get(&panel->values, i, j), p->K[row * N + j],
                      law_bound(p->dtype) * p->lengths[row] * p->lengths[j]);
            p->elements++;
        }
    return 0;
}

static void check_matrix(int which, const ntk_gram *gram, const double *K, const double *l, int32_t dtype)
{
    test_array out = test_array_make(N, N, 0, dtype), v = test_array_make(N, 1, 0, dtype), y = test_array_make(N, 1, 0, dtype);
    double trace = 0, want = 0;
    CHECK_OK(ntk_gram_copy(gram, &out.view));
    for (int64_t i = 0; i < N * N; i++)
        law_check("matrix", which, test_get(&out.view, i / N, i % N), K[i], law_bound(dtype) * l[i / N] * l[i % N]);
    test_array_fill(&v, 4);
    CHECK_OK(ntk_gram_multiply(gram, &y.view, &v.view));
    for (int64_t i = 0; i < N; i++) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < N; j++) {
            sum += K[i * N + j] * test_get(&v.view, j, 0);
            size += l[i] * l[j] * fabs(test_get(&v.view, j, 0));
        }
        law_check("matrix times vector", which, test_get(&y.view, i, 0), sum, 4 * law_bound(dtype) * size);
        want += l[i] * l[i];
    }
    CHECK_OK(ntk_gram_trace(gram, &trace));
    law_check("trace", which, trace, want, 4 * law_bound(dtype) * want);
    test_array_free(&out);
    test_array_free(&v);
    test_array_free(&y);
}

START_TEST(matrices)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        const expression *e = law_cases[_i].e;
        ntk_kernel *kernel = law_make(e);
        test_array x = law_samples(N, dtype, 5);
        double *K = law_formula(e, &x, &x), *l = law_lengths(e, &x);
        for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
            ntk_gram_options options = {sizeof options, storage, dtype};
            ntk_gram *gram;
            CHECK_OK(ntk_gram_create(law_context, &gram, kernel, &x.view, &options));
            check_matrix(_i, gram, K, l, dtype);
            ntk_gram_destroy(gram);
        }
        for (int32_t shape = NTK_PANEL_LOWER; shape <= NTK_PANEL_WHOLE; shape++) {
            ntk_stream_options options = {sizeof options, 97, shape, dtype};
            panels p = {K, l, _i, dtype, 0};
            CHECK_OK(ntk_gram_stream(law_context, kernel, &x.view, receive, &p, &options));
            ck_assert_int_ge(p.elements, shape == NTK_PANEL_WHOLE ? N * N : N * (N + 1) / 2);
        }
        free(K);
        free(l);
        test_array_free(&x);
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

/* (K + lambda I) alpha = y with the formula's K, and predictions of many and of few rows.  That Cholesky ends says, too, that
 * K's eigenvalues are at least -lambda: 1e-6 of the largest there may be. */
START_TEST(ridge_regression)
{
    const expression *e = law_cases[_i].e;
    ntk_kernel *kernel = law_make(e);
    test_array x = law_samples(N, NTK_F64, 6), z = law_samples(N1, NTK_F64, 7), y = test_array_make(N, 1, 0, NTK_F64),
               p = test_array_make(N1, 1, 0, NTK_F64), few = test_array_make(2, 1, 0, NTK_F64),
               alpha = test_array_make(N, 1, 0, NTK_F64);
    double *K = law_formula(e, &x, &x), *cross = law_formula(e, &z, &x), *l = law_lengths(e, &x), trace = 0;
    for (int64_t i = 0; i < N; i++) trace += l[i] * l[i];
    double lambda = 1e-6 * trace;
    ntk_ridge *ridge;
    test_array_fill(&y, 8);
    CHECK_OK(ntk_ridge_create(law_context, &ridge, kernel, &x.view, &y.view, lambda, NULL));
    ntk_kernel_destroy(kernel);
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    /* a residual of 3 n u trace(A) |alpha| (Higham 2002, theorem 10.4) and the entries' errors */
    for (int64_t i = 0; i < N; i++) {
        double sum = lambda * test_get(&alpha.view, i, 0), norm = 0;
        for (int64_t j = 0; j < N; j++) {
            sum += K[i * N + j] * test_get(&alpha.view, j, 0);
            norm = hypot(norm, test_get(&alpha.view, j, 0));
        }
        law_check("ridge", _i, sum, test_get(&y.view, i, 0), 4 * N * DBL_EPSILON * trace * norm);
    }
    CHECK_OK(ntk_ridge_predict(ridge, &p.view, &z.view));
    ntk_matrix first = z.view;
    first.rows = 2;
    CHECK_OK(ntk_ridge_predict(ridge, &few.view, &first));
    for (int64_t i = 0; i < N1; i++) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < N; j++) {
            sum += cross[i * N + j] * test_get(&alpha.view, j, 0);
            size += fabs(cross[i * N + j] * test_get(&alpha.view, j, 0));
        }
        law_check("prediction", _i, test_get(&p.view, i, 0), sum, 16 * law_bound(NTK_F64) * size);
        if (i < 2) law_check("prediction of two", _i, test_get(&few.view, i, 0), sum, 16 * law_bound(NTK_F64) * size);
    }
    free(K);
    free(cross);
    free(l);
    test_array_free(&x);
    test_array_free(&z);
    test_array_free(&y);
    test_array_free(&p);
    test_array_free(&few);
    test_array_free(&alpha);
    ntk_ridge_destroy(ridge);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel algebra");
    TCase *tests = test_case(suite, "kernel algebra");
    tcase_add_checked_fixture(tests, law_setup, law_teardown);
    tcase_add_loop_test(tests, blocks_and_diagonals, 0, LAW_CASE_COUNT);
    tcase_add_loop_test(tests, products_with_vectors, 0, LAW_CASE_COUNT);
    tcase_add_loop_test(tests, matrices, 0, LAW_CASE_COUNT);
    tcase_add_loop_test(tests, ridge_regression, 0, LAW_CASE_COUNT);
    return test_run(suite);
}
