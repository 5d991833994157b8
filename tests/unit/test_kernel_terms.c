/* What kernels made of kernels refuse, and what they bear. */
#include "laws.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { D = LAW_INPUTS };

/* --- what is refused --- */

START_TEST(bad_terms)
{
    ntk_network_options network = NTK_INIT(ntk_network_options);
    ntk_activation *activation;
    ntk_network *net;
    ntk_features *phi;
    ntk_kernel *wide, *kernel = law_bases[0];
    network.inputs = D + 1;
    network.hidden = 3;
    CHECK_OK(ntk_activation_create(law_context, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_network_create(law_context, &net, activation, &network));
    CHECK_OK(ntk_features_create(law_context, &phi, net, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(law_context, &wide, phi));
    const ntk_kernel *terms[] = {law_bases[LAW_RELU], law_bases[LAW_FINITE], wide}, *none[] = {law_bases[LAW_RELU], NULL};
    CHECK_STATUS(ntk_kernel_create_sum(law_context, &kernel, terms, NULL, 3), NTK_ERR_SHAPE);
    CHECK_MESSAGE("terms[2] takes 6 inputs, expected 5");
    ck_assert_ptr_null(kernel);
    CHECK_STATUS(ntk_kernel_create_product(law_context, &kernel, terms, 3), NTK_ERR_SHAPE);
    CHECK_MESSAGE("factors[2] takes 6 inputs, expected 5");
    CHECK_STATUS(ntk_kernel_create_sum(law_context, &kernel, none, NULL, 2), NTK_ERR_NULL);
    CHECK_MESSAGE("terms[1] is NULL");
    CHECK_STATUS(ntk_kernel_create_product(law_context, &kernel, none, 2), NTK_ERR_NULL);
    CHECK_MESSAGE("factors[1] is NULL");
    CHECK_STATUS(ntk_kernel_create_product(law_context, &kernel, NULL, 2), NTK_ERR_NULL);
    CHECK_STATUS(ntk_kernel_create_sum(law_context, &kernel, NULL, NULL, 2), NTK_ERR_NULL);
    const double weights[][2] = {{1, -1}, {1, NAN}, {1, INFINITY}};
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(ntk_kernel_create_sum(law_context, &kernel, terms, weights[i], 2), NTK_ERR_VALUE);
        CHECK_MESSAGE("weights[1] is");
    }
    /* the number of inputs is that of the finite term */
    CHECK_OK(ntk_kernel_create_sum(law_context, &kernel, terms, NULL, 2));
    test_array x = law_samples(4, NTK_F64, 1), d = test_array_make(4, 1, 0, NTK_F64);
    x.view.cols = D - 1;
    CHECK_STATUS(ntk_kernel_diagonal(kernel, &d.view, &x.view), NTK_ERR_SHAPE);
    test_array_free(&x);
    test_array_free(&d);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(wide);
    ntk_features_destroy(phi);
    ntk_network_destroy(net);
    ntk_activation_destroy(activation);
}
END_TEST

/* A kernel that doubles itself stays small enough to be walked through. */
START_TEST(too_many_kernels)
{
    ntk_kernel *kernel = law_make(&(expression){.law = BASE, .number = LAW_RELU});
    ntk_status status = NTK_OK;
    int doubled = 0;
    while (status == NTK_OK && doubled < 20) {
        const ntk_kernel *both[] = {kernel, kernel};
        ntk_kernel *next;
        status = ntk_kernel_create_sum(law_context, &next, both, NULL, 2);
        if (status == NTK_OK) {
            ntk_kernel_destroy(kernel);
            kernel = next;
            doubled++;
        }
    }
    CHECK_STATUS(status, NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("more than 1000 kernels");
    ck_assert_int_eq(doubled, 8); /* 2^(8 + 1) - 1 sums and 2^8 kernels */
    test_array x = law_samples(9, NTK_F64, 1);
    double *K = law_block(kernel, &x, &x), *base = law_block(law_bases[LAW_RELU], &x, &x);
    for (int i = 0; i < 81; i++) ck_assert(K[i] == 256 * base[i]);
    free(K);
    free(base);
    test_array_free(&x);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* A term, a factor, or what factors multiply to on the way, may be too large though the kernel is not. */
START_TEST(overflow)
{
    double tiny = 1e-290;
    test_array x = law_samples(3, NTK_F64, 1), K = test_array_make(3, 3, 0, NTK_F64), K32 = test_array_make(3, 3, 0, NTK_F32);
    ntk_kernel *kernel, *large, *small;
    for (int64_t k = 0; k < D; k++) test_set(&x.view, 1, k, 1e160);
    const ntk_kernel *term = law_bases[LAW_RELU];
    CHECK_OK(ntk_kernel_create_sum(law_context, &kernel, &term, &tiny, 1));
    CHECK_STATUS(ntk_kernel_block(kernel, &K.view, &x.view, &x.view), NTK_ERR_OVERFLOW);
    ck_assert(test_array_is_poison(&K));
    ntk_kernel_destroy(kernel);
    CHECK_OK(ntk_kernel_create_constant(law_context, &large, 1e200));
    CHECK_OK(ntk_kernel_create_constant(law_context, &small, 1e-250));
    const ntk_kernel *wrong[] = {large, large, small}, *right[] = {large, small, large};
    for (int64_t k = 0; k < D; k++) test_set(&x.view, 1, k, 1);
    CHECK_OK(ntk_kernel_create_product(law_context, &kernel, wrong, 3));
    CHECK_STATUS(ntk_kernel_block(kernel, &K.view, &x.view, &x.view), NTK_ERR_OVERFLOW);
    ntk_kernel_destroy(kernel);
    CHECK_OK(ntk_kernel_create_product(law_context, &kernel, right, 3));
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.view, &x.view));
    ck_assert(fabs(test_get(&K.view, 0, 0) / 1e150 - 1) < 4 * DBL_EPSILON);
    CHECK_STATUS(ntk_kernel_block(kernel, &K32.view, &x.view, &x.view), NTK_ERR_OVERFLOW);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(large);
    ntk_kernel_destroy(small);
    test_array_free(&x);
    test_array_free(&K);
    test_array_free(&K32);
}
END_TEST

/* Samples so long and short that the terms scale them, in copies of their own. */
START_TEST(extreme_lengths)
{
    ntk_activation *activation;
    ntk_kernel *plain_relu, *kernel;
    CHECK_OK(ntk_activation_create(law_context, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_kernel_create_infinite(law_context, &plain_relu, activation, NULL));
    const ntk_kernel *both[] = {plain_relu, plain_relu};
    CHECK_OK(ntk_kernel_create_sum(law_context, &kernel, both, NULL, 2));
    test_array x = law_samples(40, NTK_F64, 1), y = law_samples(30, NTK_F64, 2), K = test_array_make(40, 40, 0, NTK_F64);
    for (int64_t k = 0; k < D; k++) {
        test_set(&x.view, 1, k, ldexp(test_get(&x.view, 1, k), 500));
        test_set(&x.view, 2, k, ldexp(test_get(&x.view, 2, k), -500));
        test_set(&y.view, 3, k, ldexp(test_get(&y.view, 3, k), -600));
    }
    double *got = law_block(kernel, &x, &y), *want = law_block(plain_relu, &x, &y);
    for (int i = 0; i < 1200; i++) ck_assert(got[i] == 2 * want[i]);
    free(got);
    free(want);
    got = law_block(kernel, &x, &x);
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
        ntk_gram_options options = {sizeof options, storage, 0};
        ntk_gram *gram;
        CHECK_OK(ntk_gram_create(law_context, &gram, kernel, &x.view, &options));
        CHECK_OK(ntk_gram_copy(gram, &K.view));
        for (int i = 0; i < 1600; i++)
            ck_assert_msg(fabs(test_get(&K.view, i / 40, i % 40) - got[i]) <= 64 * DBL_EPSILON * fabs(got[i]),
                          "storage %d: %.17g, not %.17g", (int)storage, test_get(&K.view, i / 40, i % 40), got[i]);
        ntk_gram_destroy(gram);
    }
    free(got);
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&K);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(plain_relu);
    ntk_activation_destroy(activation);
}
END_TEST

/* --- cosines --- */

static bool is_zero(const test_array *x, int64_t row)
{
    for (int64_t k = 0; k < D; k++)
        if (test_get(&x->view, row, k) != 0) return false;
    return true;
}

/* 1 for each sample with itself, at most 1 for its copies, 0 for zero vectors; in every storage. */
START_TEST(cosines_of_samples_with_themselves)
{
    enum { ROWS = 150 };
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        ntk_activation *activation;
        ntk_kernel *base, *kernel;
        CHECK_OK(ntk_activation_create(law_context, &activation, NTK_RELU, NULL));
        CHECK_OK(ntk_kernel_create_infinite(law_context, &base, activation, NULL));
        CHECK_OK(ntk_kernel_create_normalised(law_context, &kernel, base));
        test_array x = law_samples(ROWS, dtype, 3), K = test_array_make(ROWS, ROWS, 0, dtype),
                   d = test_array_make(ROWS, 1, 0, dtype);
        for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
            ntk_gram_options options = {sizeof options, storage, dtype};
            ntk_gram *gram;
            CHECK_OK(ntk_gram_create(law_context, &gram, kernel, &x.view, &options));
            CHECK_OK(ntk_gram_copy(gram, &K.view));
            for (int64_t i = 0; i < ROWS; i++) {
                ck_assert(test_get(&K.view, i, i) == !is_zero(&x, i));
                for (int64_t j = 0; j < ROWS; j++)
                    ck_assert(fabs(test_get(&K.view, i, j)) <= (!is_zero(&x, i) && !is_zero(&x, j)));
            }
            ntk_gram_destroy(gram);
        }
        CHECK_OK(ntk_kernel_diagonal(kernel, &d.view, &x.view));
        for (int64_t i = 0; i < ROWS; i++) ck_assert(test_get(&d.view, i, 0) == !is_zero(&x, i));
        ck_assert(is_zero(&x, 6));
        double *cosines = law_block(kernel, &x, &x);
        for (int64_t i = 0; i < ROWS * ROWS; i++) ck_assert(fabs(cosines[i]) <= 1);
        free(cosines);
        test_array_free(&x);
        test_array_free(&K);
        test_array_free(&d);
        ntk_kernel_destroy(kernel);
        ntk_kernel_destroy(base);
        ntk_activation_destroy(activation);
    }
}
END_TEST

/* The cosine does not depend on lengths, as long as K(x, x) is a normal number. */
START_TEST(cosines_of_long_and_short_samples)
{
    enum { ROWS = 40 };
    ntk_activation *activation;
    ntk_kernel *base, *kernel;
    CHECK_OK(ntk_activation_create(law_context, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_kernel_create_infinite(law_context, &base, activation, NULL));
    CHECK_OK(ntk_kernel_create_normalised(law_context, &kernel, base));
    test_array x = law_samples(ROWS, NTK_F64, 4), d = test_array_make(ROWS, 1, 0, NTK_F64);
    double *right = law_block(kernel, &x, &x);
    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t k = 0; k < D; k++) test_set(&x.view, i, k, ldexp(test_get(&x.view, i, k), (int)(i * 23) - 450));
    double *got = law_block(kernel, &x, &x);
    for (int64_t i = 0; i < ROWS * ROWS; i++) ck_assert(fabs(got[i] - right[i]) <= law_bound(NTK_F64));
    for (int64_t k = 0; k < D; k++) test_set(&x.view, 3, k, 1e200);
    CHECK_STATUS(ntk_kernel_diagonal(kernel, &d.view, &x.view), NTK_ERR_OVERFLOW);
    ck_assert(test_array_is_poison(&d));
    free(right);
    free(got);
    test_array_free(&x);
    test_array_free(&d);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(base);
    ntk_activation_destroy(activation);
}
END_TEST

/* --- scales of inputs --- */

START_TEST(bad_scales)
{
    double s[D + 1] = {1, 1, 1, 1, 1, 1};
    ntk_matrix wide = ntk_matrix_const_f64(s, 1, D + 1), column = ntk_matrix_const_f64(s, D, 1),
               row = ntk_matrix_const_f64(s, 1, D);
    ntk_kernel *kernel = law_bases[0];
    CHECK_STATUS(ntk_kernel_create_ard(law_context, &kernel, law_bases[LAW_FINITE], &wide), NTK_ERR_SHAPE);
    ck_assert_ptr_null(kernel);
    CHECK_STATUS(ntk_kernel_create_ard(law_context, &kernel, law_bases[LAW_FINITE], &column), NTK_ERR_SHAPE);
    s[2] = NAN;
    CHECK_STATUS(ntk_kernel_create_ard(law_context, &kernel, law_bases[LAW_RELU], &row), NTK_ERR_VALUE);
    CHECK_MESSAGE("scales");
    s[2] = 1e200;
    CHECK_OK(ntk_kernel_create_ard(law_context, &kernel, law_bases[LAW_RELU], &row));
    test_array x = law_samples(9, NTK_F64, 5), K = test_array_make(9, 9, 0, NTK_F64);
    x.view.cols = D - 1;
    CHECK_STATUS(ntk_kernel_block(kernel, &K.view, &x.view, &x.view), NTK_ERR_SHAPE);
    x.view.cols = D;
    test_set(&x.view, 7, 2, 1e150);
    CHECK_STATUS(ntk_kernel_block(kernel, &K.view, &x.view, &x.view), NTK_ERR_OVERFLOW);
    CHECK_MESSAGE("row 7 of the samples, times the kernel's scales");
    ck_assert(test_array_is_poison(&K));
    test_array_free(&x);
    test_array_free(&K);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* Inputs of scale 0 do not matter, and have no gradient; scales may make samples so long or short that the base scales them. */
START_TEST(scales_of_any_size)
{
    enum { ROWS = 30 };
    double s[D] = {0x1p480, 0, 0x1p480, 0x1p480, 0x1p480}, plain[D] = {1, 0, 1, 1, 1};
    ntk_activation *activation;
    ntk_kernel *base, *large, *small;
    CHECK_OK(ntk_activation_create(law_context, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_kernel_create_infinite(law_context, &base, activation, NULL));
    ntk_matrix row = ntk_matrix_const_f64(s, 1, D);
    CHECK_OK(ntk_kernel_create_ard(law_context, &large, base, &row));
    row.data = plain;
    CHECK_OK(ntk_kernel_create_ard(law_context, &small, base, &row));
    test_array x = law_samples(ROWS, NTK_F64, 6), v = test_array_make(ROWS, 1, 0, NTK_F64),
               g = test_array_make(ROWS, D, 0, NTK_F64);
    double *a = law_block(small, &x, &x), *b = law_block(large, &x, &x);
    for (int i = 0; i < ROWS * ROWS; i++) ck_assert(fabs(ldexp(b[i], -960) - a[i]) <= 64 * DBL_EPSILON * fabs(a[i]));
    test_array_fill(&v, 7);
    CHECK_OK(ntk_kernel_gradient(small, &g.view, &x.view, &x.view, &v.view));
    for (int i = 0; i < ROWS; i++) ck_assert(test_get(&g.view, i, 1) == 0);
    free(a);
    free(b);
    test_array_free(&x);
    test_array_free(&v);
    test_array_free(&g);
    ntk_kernel_destroy(large);
    ntk_kernel_destroy(small);
    ntk_kernel_destroy(base);
    ntk_activation_destroy(activation);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terms of kernels");
    TCase *tests = test_case(suite, "terms of kernels");
    tcase_add_checked_fixture(tests, law_setup, law_teardown);
    tcase_add_test(tests, bad_terms);
    tcase_add_test(tests, too_many_kernels);
    tcase_add_test(tests, overflow);
    tcase_add_test(tests, extreme_lengths);
    tcase_add_test(tests, cosines_of_samples_with_themselves);
    tcase_add_test(tests, cosines_of_long_and_short_samples);
    tcase_add_test(tests, bad_scales);
    tcase_add_test(tests, scales_of_any_size);
    return test_run(suite);
}
