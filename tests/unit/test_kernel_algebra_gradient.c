/* Gradients of kernels made of kernels, against differences of their formulas. */
#include "laws.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { D = LAW_INPUTS, T = 6 };

/* --- gradients --- */

/* Of sum_j v_jc K(x, x2_j) in element k of x, by differences of five points. */
static double difference(const expression *e, const test_array *x, const test_array *x2, const test_array *v, int64_t c,
                         int64_t k)
{
    const double h = 0x1p-10, at = test_get(&x->view, 0, k);
    double sums[5] = {0};
    for (int s = -2; s <= 2; s++) {
        test_set(&x->view, 0, k, at + s * h);
        double *K = law_formula(e, x, x2);
        for (int64_t j = 0; j < x2->view.rows; j++) sums[s + 2] += K[j] * test_get(&v->view, j, c);
        free(K);
    }
    test_set(&x->view, 0, k, at);
    return (8 * (sums[3] - sums[1]) - (sums[4] - sums[0])) / (12 * h);
}

/* The differences are off by h^4 / 30 = 3e-14 times a fifth derivative, which of ReLU's kernel is like 1 / sin(theta)^3 and
 * more, so that data at angles above 0.4 from each other leave 1e-9, and by 1e-16 / h; f32 by its roundings over
 * sin(theta)^2. */
START_TEST(gradients)
{
    enum { ROWS = 3, COLS = 40 };
    const expression *e = law_cases[_i].e;
    ntk_kernel *kernel = law_make(e);
    uint64_t state = test_seed(72);
    test_array x1 = test_array_make(ROWS, D, 0, NTK_F64), x2 = test_array_make(COLS, D, 1, NTK_F64),
               v = test_array_make(COLS, T, 0, NTK_F64), g = test_array_make(ROWS, T * D, 1, NTK_F64),
               g32 = test_array_make(ROWS, T * D, 1, NTK_F32), row = test_array_make(1, D, 0, NTK_F64);
    for (int64_t i = 0; i < ROWS * D; i++)
        test_set(&x1.view, i / D, i % D, (i % D) / 2 == i / D ? 1.0 : oracle_normal(&state) / 8);
    for (int64_t i = 0; i < COLS; i++)
        for (int64_t k = 0; k < D; k++) test_set(&x2.view, i, k, k < D - 1 ? oracle_normal(&state) / 2 : i % 2 ? 1.5 : -1.5);
    test_array_fill(&v, 9);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x1.view, &x2.view, &v.view));
    CHECK_OK(ntk_kernel_gradient(kernel, &g32.view, &x1.view, &x2.view, &v.view));
    double *l1 = law_lengths(e, &x1), *l2 = law_lengths(e, &x2);
    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t k = 0; k < T * D; k++) {
            double size = 0;
            for (int64_t q = 0; q < D; q++) test_set(&row.view, 0, q, test_get(&x1.view, i, q));
            for (int64_t j = 0; j < COLS; j++) size += l1[i] * l2[j] * fabs(test_get(&v.view, j, k / D));
            law_check("gradient", _i, test_get(&g.view, i, k), difference(e, &row, &x2, &v, k / D, k % D), 1e-9 * size);
            law_check("gradient in f32", _i, test_get(&g32.view, i, k), test_get(&g.view, i, k), 1e-5 * size);
        }
    free(l1);
    free(l2);
    test_array_free(&x1);
    test_array_free(&x2);
    test_array_free(&v);
    test_array_free(&g);
    test_array_free(&g32);
    test_array_free(&row);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* The gradient of several tiles and more targets than one round takes is that of each target alone. */
START_TEST(gradients_in_rounds)
{
    enum { ROWS = 150, COLS = 700, TARGETS = 19 };
    const expression *e = law_cases[_i].e;
    ntk_kernel *kernel = law_make(e);
    test_array x1 = test_array_make(ROWS, D, 0, NTK_F64), x2 = test_array_make(COLS, D, 0, NTK_F64),
               v = test_array_make(COLS, TARGETS, 0, NTK_F64), g = test_array_make(ROWS, TARGETS * D, 0, NTK_F64),
               one_g = test_array_make(ROWS, D, 0, NTK_F64);
    test_array_fill(&x1, 11);
    test_array_fill(&x2, 12);
    test_array_fill(&v, 13);
    double *l1 = law_lengths(e, &x1), *l2 = law_lengths(e, &x2);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x1.view, &x2.view, &v.view));
    for (int64_t c = 0; c < TARGETS; c += 6) {
        ntk_matrix column = v.view;
        column.data = (double *)v.view.data + c;
        column.cols = 1;
        CHECK_OK(ntk_kernel_gradient(kernel, &one_g.view, &x1.view, &x2.view, &column));
        for (int64_t i = 0; i < ROWS; i++) {
            double size = 0;
            for (int64_t j = 0; j < COLS; j++) size += l1[i] * l2[j] * fabs(test_get(&v.view, j, c));
            /* the same pairs in sums of another order: 64 roundings of terms that grow like 1 / sin(theta) near parallels */
            for (int64_t k = 0; k < D; k++)
                ck_assert(fabs(test_get(&g.view, i, c * D + k) - test_get(&one_g.view, i, k)) <= 1e-12 * size);
        }
    }
    free(l1);
    free(l2);
    test_array_free(&x1);
    test_array_free(&x2);
    test_array_free(&v);
    test_array_free(&g);
    test_array_free(&one_g);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradients of kernel algebra");
    TCase *tests = test_case(suite, "gradients of kernel algebra");
    tcase_add_checked_fixture(tests, law_setup, law_teardown);
    tcase_add_loop_test(tests, gradients, 0, LAW_CASE_COUNT);
    tcase_add_loop_test(tests, gradients_in_rounds, 0, LAW_CASE_COUNT);
    return test_run(suite);
}
