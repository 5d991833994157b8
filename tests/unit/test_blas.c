/* The one place where sizes become BLAS integers, and the wrappers against loops written out. */
#include "core/blas.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

/* With NULL for every array: a call that reached BLAS would crash. */
START_TEST(sizes_beyond_a_blas_integer_are_refused)
{
    const int64_t big = INT64_C(1) << 31;
    ntk_blas_info info;
    ntk_blas_describe(&info);
    ck_assert(info.bits == 32 || info.bits == 64);
    if (info.bits != 32) return;
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        for (int i = 0; i < 6; i++) {
            int64_t s[6] = {2, 2, 2, 2, 2, 2}, pivot = 5;
            s[i] = big;
            CHECK_STATUS(ntk_blas_gemm(dtype, NTK_PLAIN, NTK_PLAIN, s[0], s[1], s[2], 1, NULL, s[3], NULL, s[4], 0, NULL, s[5]),
                         NTK_ERR_OVERFLOW);
            CHECK_MESSAGE("2147483648 does not fit the 32-bit integers");
            if (i < 5)
                CHECK_STATUS(ntk_blas_symm(dtype, s[0], s[1], 1, NULL, s[2], NULL, s[3], 0, NULL, s[4]), NTK_ERR_OVERFLOW);
            if (i >= 4) continue;
            CHECK_STATUS(ntk_blas_syrk(dtype, NTK_PLAIN, s[0], s[1], 1, NULL, s[2], 0, NULL, s[3]), NTK_ERR_OVERFLOW);
            CHECK_STATUS(ntk_blas_trsm_right(dtype, NTK_PLAIN, s[0], s[1], NULL, s[2], NULL, s[3]), NTK_ERR_OVERFLOW);
            CHECK_STATUS(ntk_blas_trsm_left(dtype, NTK_PLAIN, s[0], s[1], NULL, s[2], NULL, s[3]), NTK_ERR_OVERFLOW);
            if (i < 2) CHECK_STATUS(ntk_blas_potrf(dtype, s[0], NULL, s[1], &pivot), NTK_ERR_OVERFLOW);
            ck_assert_int_eq(pivot, 5);
        }
        CHECK_STATUS(ntk_blas_gemm(dtype, NTK_PLAIN, NTK_PLAIN, -1, 2, 2, 1, NULL, 2, NULL, 2, 0, NULL, 2), NTK_ERR_OVERFLOW);
    }
}
END_TEST

static double unit(int32_t dtype)
{
    return dtype == NTK_F64 ? DBL_EPSILON / 2 : (double)FLT_EPSILON / 2;
}

/* Elements in (-1, 1), so a sum of k products that carries at most k + 3 roundings, each at most k in size, is off by at most
 * (k + 3) k unit roundoffs in any order of summation; the loops' own error, in double, is no larger. */
static double tolerance(int32_t dtype, int64_t k)
{
    return 2 * (double)((k + 3) * k) * unit(dtype);
}

static test_array random_array(int64_t rows, int64_t cols, int32_t dtype, uint64_t seed)
{
    test_array made = test_array_make(rows, cols, 3, dtype);
    test_array_fill(&made, seed);
    return made;
}

static double element(const test_array *a, ntk_transpose transpose, int64_t i, int64_t j)
{
    return transpose == NTK_PLAIN ? test_get(&a->view, i, j) : test_get(&a->view, j, i);
}

static double lower(const test_array *a, int64_t i, int64_t j)
{
    return i >= j ? test_get(&a->view, i, j) : test_get(&a->view, j, i);
}

static void check_gemm(int32_t dtype, ntk_transpose ta, ntk_transpose tb)
{
    const int64_t m = 7, n = 5, k = 11;
    test_array a = ta == NTK_PLAIN ? random_array(m, k, dtype, 1) : random_array(k, m, dtype, 1),
               b = tb == NTK_PLAIN ? random_array(k, n, dtype, 2) : random_array(n, k, dtype, 2),
               c = random_array(m, n, dtype, 3), was = random_array(m, n, dtype, 3);
    CHECK_OK(ntk_blas_gemm(dtype, ta, tb, m, n, k, 0.5, a.view.data, a.view.stride, b.view.data, b.view.stride, -2, c.view.data,
                           c.view.stride));
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = -2 * test_get(&was.view, i, j);
            for (int64_t l = 0; l < k; l++) sum += 0.5 * element(&a, ta, i, l) * element(&b, tb, l, j);
            ck_assert_double_eq_tol(test_get(&c.view, i, j), sum, tolerance(dtype, k));
        }
    ck_assert(test_array_is_written(&c));
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&c);
    test_array_free(&was);
}

static void check_syrk(int32_t dtype, ntk_transpose ta)
{
    const int64_t n = 6, k = 9;
    test_array a = ta == NTK_PLAIN ? random_array(n, k, dtype, 1) : random_array(k, n, dtype, 1),
               c = random_array(n, n, dtype, 3), was = random_array(n, n, dtype, 3);
    CHECK_OK(ntk_blas_syrk(dtype, ta, n, k, 0.5, a.view.data, a.view.stride, -2, c.view.data, c.view.stride));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = test_get(&was.view, i, j);
            if (j > i) {
                ck_assert_double_eq(test_get(&c.view, i, j), sum);
                continue;
            }
            sum *= -2;
            for (int64_t l = 0; l < k; l++) sum += 0.5 * element(&a, ta, i, l) * element(&a, ta, j, l);
            ck_assert_double_eq_tol(test_get(&c.view, i, j), sum, tolerance(dtype, k));
        }
    test_array_free(&a);
    test_array_free(&c);
    test_array_free(&was);
}

static void check_symm(int32_t dtype)
{
    const int64_t m = 7, n = 3;
    test_array a = random_array(m, m, dtype, 1), b = random_array(m, n, dtype, 2), c = random_array(m, n, dtype, 3),
               was = random_array(m, n, dtype, 3);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = i + 1; j < m; j++) test_set(&a.view, i, j, (double)NAN);
    CHECK_OK(ntk_blas_symm(dtype, m, n, 0.5, a.view.data, a.view.stride, b.view.data, b.view.stride, -2, c.view.data,
                           c.view.stride));
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = -2 * test_get(&was.view, i, j);
            for (int64_t l = 0; l < m; l++) sum += 0.5 * lower(&a, i, l) * test_get(&b.view, l, j);
            ck_assert_double_eq_tol(test_get(&c.view, i, j), sum, tolerance(dtype, m));
        }
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&c);
    test_array_free(&was);
}

/* Lower triangular with a diagonal in [4, 6), so that solutions stay below 1 and the residual bound is that of a product. */
static test_array triangle(int64_t n, int32_t dtype)
{
    test_array l = random_array(n, n, dtype, 4);
    for (int64_t i = 0; i < n; i++) {
        test_set(&l.view, i, i, 5 + test_get(&l.view, i, i));
        for (int64_t j = 0; j < i; j++) test_set(&l.view, i, j, test_get(&l.view, i, j) / (double)n);
        for (int64_t j = i + 1; j < n; j++) test_set(&l.view, i, j, (double)NAN);
    }
    return l;
}

static double triangle_element(const test_array *l, ntk_transpose tl, int64_t i, int64_t j)
{
    int64_t row = tl == NTK_PLAIN ? i : j, col = tl == NTK_PLAIN ? j : i;
    return row >= col ? test_get(&l->view, row, col) : 0;
}

static void check_trsm(int32_t dtype, ntk_transpose tl, bool left)
{
    const int64_t m = left ? 8 : 3, n = left ? 3 : 8, k = 8;
    test_array l = triangle(k, dtype), b = random_array(m, n, dtype, 5), x = random_array(m, n, dtype, 5);
    if (left)
        CHECK_OK(ntk_blas_trsm_left(dtype, tl, m, n, l.view.data, l.view.stride, x.view.data, x.view.stride));
    else
        CHECK_OK(ntk_blas_trsm_right(dtype, tl, m, n, l.view.data, l.view.stride, x.view.data, x.view.stride));
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t p = 0; p < k; p++)
                sum += left ? triangle_element(&l, tl, i, p) * test_get(&x.view, p, j)
                            : test_get(&x.view, i, p) * triangle_element(&l, tl, p, j);
            ck_assert_double_eq_tol(sum, test_get(&b.view, i, j), tolerance(dtype, k));
        }
    test_array_free(&l);
    test_array_free(&b);
    test_array_free(&x);
}

START_TEST(products_agree_with_loops)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        check_symm(dtype);
        for (int ta = 0; ta < 2; ta++) {
            check_syrk(dtype, (ntk_transpose)ta);
            check_trsm(dtype, (ntk_transpose)ta, false);
            check_trsm(dtype, (ntk_transpose)ta, true);
            for (int tb = 0; tb < 2; tb++) check_gemm(dtype, (ntk_transpose)ta, (ntk_transpose)tb);
        }
    }
}
END_TEST

/* A = L L^T with L of the triangle above; sums of at most n products below 36 each. */
static test_array positive_definite(int64_t n, int32_t dtype)
{
    test_array l = triangle(n, NTK_F64), a = test_array_make(n, n, 3, dtype);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t p = 0; p <= (i < j ? i : j); p++) sum += test_get(&l.view, i, p) * test_get(&l.view, j, p);
            test_set(&a.view, i, j, i >= j ? sum : (double)NAN);
        }
    test_array_free(&l);
    return a;
}

START_TEST(cholesky_reproduces_its_matrix)
{
    const int64_t n = 12;
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        test_array a = positive_definite(n, dtype), l = positive_definite(n, dtype);
        int64_t pivot = 77;
        CHECK_OK(ntk_blas_potrf(dtype, n, l.view.data, l.view.stride, &pivot));
        ck_assert_int_eq(pivot, -1);
        for (int64_t i = 0; i < n; i++) {
            ck_assert_double_gt(test_get(&l.view, i, i), 0);
            for (int64_t j = 0; j < n; j++) {
                double sum = 0;
                if (j > i) {
                    ck_assert(isnan(test_get(&l.view, i, j)));
                    continue;
                }
                for (int64_t p = 0; p <= j; p++) sum += test_get(&l.view, i, p) * test_get(&l.view, j, p);
                /* Higham 2002, theorem 10.3: |A - L L^T| <= gamma_{n+1} |L| |L^T| <= 36 (n + 1) u / (1 - (n + 1) u) */
                ck_assert_double_eq_tol(sum, test_get(&a.view, i, j), 40 * (double)(n + 1) * unit(dtype));
            }
        }
        test_array_free(&a);
        test_array_free(&l);
    }
}
END_TEST

START_TEST(cholesky_names_the_first_bad_pivot)
{
    const int64_t n = 12;
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++)
        for (int64_t bad = 0; bad < n; bad++) {
            test_array a = positive_definite(n, dtype);
            int64_t pivot = 77;
            for (int64_t i = bad; i < n; i++) test_set(&a.view, i, i, -1);
            CHECK_OK(ntk_blas_potrf(dtype, n, a.view.data, a.view.stride, &pivot));
            ck_assert_int_eq(pivot, bad);
            test_array_free(&a);
        }
}
END_TEST

START_TEST(library_is_described)
{
    ntk_blas_info info;
    ntk_blas_describe(&info);
    ck_assert_str_ne(info.blas, "");
    ck_assert_str_ne(info.lapack, "");
    ck_assert_str_ne(info.threading, "");
    ck_assert_int_ge(info.threads, 1);
    ck_assert_int_eq(ntk_blas_is_threaded(), info.threads > 1);
}
END_TEST

/* What several threads that call at once must all get. */
typedef struct caller {
    const test_array *a, *right;
    test_array c;
    ntk_blas_info info;
    int wrong, misread;
} caller;

static void *multiply_often(void *argument)
{
    caller *self = argument;
    const ntk_matrix *a = &self->a->view, *c = &self->c.view;
    for (int i = 0; i < 2000; i++) {
        test_array_poison(&self->c);
        if (ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, a->rows, a->rows, a->cols, 1, a->data, a->stride, a->data,
                          a->stride, 0, c->data, c->stride) < 0 ||
            !test_same_bits(c, &self->right->view))
            self->wrong++;
    }
    for (int i = 0; i < 5000; i++) {
        ntk_blas_info info;
        ntk_blas_describe(&info);
        self->misread += strcmp(info.blas, self->info.blas) != 0;
    }
    return NULL;
}

/* OpenBLAS's serial build gives two callers one work buffer, about once in a thousand calls of this size, and every build
 * describes itself in one buffer of the process. */
START_TEST(callers_at_once)
{
    enum { CALLERS = 4, N = 160 };
    caller callers[CALLERS];
    pthread_t threads[CALLERS];
    test_array a = test_array_make(N, N, 0, NTK_F64), right = test_array_make(N, N, 0, NTK_F64);
    test_array_fill(&a, 8);
    CHECK_OK(
        ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, N, N, N, 1, a.view.data, N, a.view.data, N, 0, right.view.data, N));
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){.a = &a, .right = &right, .c = test_array_make(N, N, 0, NTK_F64)};
        ntk_blas_describe(&callers[i].info);
    }
    for (int i = 0; i < CALLERS; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, multiply_often, &callers[i]), 0);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_msg(callers[i].wrong == 0, "thread %d: %d products are wrong", i, callers[i].wrong);
        ck_assert_msg(callers[i].misread == 0, "thread %d: %d descriptions are wrong", i, callers[i].misread);
        test_array_free(&callers[i].c);
    }
    test_array_free(&a);
    test_array_free(&right);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blas");
    TCase *tests = test_case(suite, "blas");
    tcase_add_test(tests, sizes_beyond_a_blas_integer_are_refused);
    tcase_add_test(tests, products_agree_with_loops);
    tcase_add_test(tests, cholesky_reproduces_its_matrix);
    tcase_add_test(tests, cholesky_names_the_first_bad_pivot);
    tcase_add_test(tests, library_is_described);
    tcase_add_test(tests, callers_at_once);
    return test_run(suite);
}
