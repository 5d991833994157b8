/* Infinite-width kernels whose series are cut: where, to what accuracy, for which samples, and what must hold of any cut. */
#include "one_layer.h"

#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

enum { N = 150, INPUTS = LAYER_INPUTS }; /* more than two blocks of coefficients */

TEST_CONTEXT_FIXTURE(2)

/* --- two sets --- */

/* Sets of other lengths are cut elsewhere, but what belongs to both is accurate. */
START_TEST(lengths_apart)
{
    static const double lengths[][2] = {{0.05, 2}, {2, 0.05}, {0.3, 0.9}, {1, 1}, {1.9, 2}};
    for (int s = 0; s < 4; s += 3)
        for (size_t l = 0; l < 2 * sizeof lengths / sizeof *lengths; l++) {
            ntk_activation *activation = subject_activation(context, &layer_subjects[s], 0);
            ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
            ntk_kernel *kernel = subject_kernel(context, activation, &o);
            uint64_t state = test_seed(302);
            int64_t n1 = 20, n2 = 90;
            double *x1 = subject_samples(n1, INPUTS, lengths[l / 2][0], l % 2, NTK_F64, &state),
                   *x2 = subject_samples(n2, INPUTS, lengths[l / 2][1], l % 2, NTK_F64, &state);
            test_array a = oracle_array(x1, n1, INPUTS, 0, NTK_F64), b = oracle_array(x2, n2, INPUTS, 0, NTK_F64);
            test_array K = test_array_make(n1, n2, 0, NTK_F64);
            CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
            const layer_sample sample = layer_entries(activation, &o, x1, n1, x2, n2);
            (void)layer_compare(kernel, o.part, &sample, &K.view, layer_tolerance(1e-12, NTK_F64), "lengths apart");
            test_array_free(&a);
            test_array_free(&b);
            test_array_free(&K);
            free(x1);
            free(x2);
            ntk_kernel_destroy(kernel);
            ntk_activation_destroy(activation);
        }
}
END_TEST

/* A fit on short samples predicts long ones, one or many at a time: K(x, X) alpha. */
START_TEST(predictions)
{
    enum { FIT = 30, NEW = 9 };
    ntk_activation *activation = subject_activation(context, &layer_subjects[0], 0);
    ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    uint64_t state = test_seed(303);
    double *x = subject_samples(FIT, INPUTS, 0.5, true, NTK_F64, &state),
           *z = subject_samples(NEW, INPUTS, 2, true, NTK_F64, &state);
    test_array a = oracle_array(x, FIT, INPUTS, 0, NTK_F64), b = oracle_array(z, NEW, INPUTS, 0, NTK_F64);
    test_array targets = test_array_make(FIT, 1, 0, NTK_F64), alpha = test_array_make(FIT, 1, 0, NTK_F64);
    test_array y = test_array_make(NEW, 1, 0, NTK_F64), one = test_array_make(1, 1, 0, NTK_F64);
    ntk_ridge *ridge = NULL;
    test_array_fill(&targets, 12);
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &a.view, &targets.view, 0.25, NULL));
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    CHECK_OK(ntk_ridge_predict(ridge, &y.view, &b.view));
    for (int64_t i = 0; i < NEW; i++) {
        ntk_matrix row = ntk_matrix_const_f64(z + i * INPUTS, 1, INPUTS);
        double want = 0, size = 0;
        CHECK_OK(ntk_ridge_predict(ridge, &one.view, &row));
        for (int64_t j = 0; j < FIT; j++) {
            double parts[3];
            layer_parts(parts, activation, &o, z + i * INPUTS, x + j * INPUTS);
            double term = parts[o.part] * test_get(&alpha.view, j, 0);
            want += term;
            size += fabs(term);
        }
        ck_assert_double_le(fabs(test_get(&y.view, i, 0) - want), 1e-11 * size);
        ck_assert_double_le(fabs(test_get(&one.view, 0, 0) - want), 1e-11 * size);
    }
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
    test_array *arrays[] = {&a, &b, &targets, &alpha, &y, &one};
    for (int i = 0; i < 6; i++) test_array_free(arrays[i]);
    free(x);
    free(z);
}
END_TEST

/* --- what holds wherever the series is cut --- */

/* A coarse accuracy is kept, and made use of: the error shows. */
START_TEST(accuracy_is_kept)
{
    static const double accuracies[] = {1e-3, 1e-6, 1e-9};
    const subject *s = &layer_subjects[_i];
    ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
    ntk_activation *exact = subject_activation(context, s, 0);
    for (int varied = 0; varied < 2; varied++) {
        uint64_t state = test_seed(304);
        double *x = subject_samples(N, INPUTS, s->longest, varied, NTK_F64, &state);
        test_array a = oracle_array(x, N, INPUTS, 0, NTK_F64), K = test_array_make(N, N, 0, NTK_F64);
        const layer_sample sample = layer_entries(exact, &o, x, N, x, N);
        for (int c = 0; c < 3; c++) {
            ntk_activation *activation = subject_activation(context, s, accuracies[c]);
            ntk_kernel *kernel = subject_kernel(context, activation, &o);
            CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
            double worst = layer_compare(kernel, o.part, &sample, &K.view, accuracies[c], "coarse");
            ck_assert_msg(worst > accuracies[c] / 100, "%s: asked %g, got %g", oracle_kind_name(s->kind), accuracies[c], worst);
            ntk_kernel_destroy(kernel);
            ntk_activation_destroy(activation);
        }
        test_array_free(&a);
        test_array_free(&K);
        free(x);
    }
    ntk_activation_destroy(exact);
}
END_TEST

/* However coarse, the matrix has no eigenvalue below rounding: n u lambda_max from the entries, and as much from LAPACK. */
START_TEST(positive_semidefinite)
{
    for (int c = 0; c < 8; c++) {
        ntk_activation *activation = subject_activation(context, &layer_subjects[_i], c % 4 < 2 ? 1e-2 : 0);
        ntk_kernel_options o = subject_scales(c / 4 ? NTK_PART_NT : NTK_PART_BOTH);
        ntk_kernel *kernel = subject_kernel(context, activation, &o);
        uint64_t state = test_seed(305);
        double *x = subject_samples(N, INPUTS, layer_subjects[_i].longest, c % 2, NTK_F64, &state), w[N];
        for (int64_t i = 0; i < N / 4; i++) /* near-duplicates and antipodes */
            for (int k = 0; k < INPUTS; k++)
                x[i * INPUTS + k] = (i % 2 ? -1 : 1) * x[(N - 1 - i) * INPUTS + k] * (1 + 1e-9 * oracle_normal(&state));
        test_array a = oracle_array(x, N, INPUTS, 0, NTK_F64), K = test_array_make(N, N, 0, NTK_F64);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
        ck_assert_int_eq(LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'L', N, K.view.data, N, w), 0);
        ck_assert_msg(w[0] >= -4 * N * DBL_EPSILON * w[N - 1], "%s: eigenvalues %.3g to %.3g",
                      oracle_kind_name(layer_subjects[_i].kind), w[0], w[N - 1]);
        test_array_free(&a);
        test_array_free(&K);
        free(x);
        ntk_kernel_destroy(kernel);
        ntk_activation_destroy(activation);
    }
}
END_TEST

/* --- the caller's functions --- */

static void tanh_value(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = tanh(u[i]);
}
static void tanh_slope(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = 1 / cosh(u[i]) / cosh(u[i]);
}
static void square_bell(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = exp(u[i] * u[i] / 2);
}
static void broken(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = u[i] > 3 ? (double)NAN : u[i];
}
/* a kink that is not listed */
static void corner_slope(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = u[i] > 0.3 ? 1 : 0;
}

static void ramp_value(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = u[i] > 0.3 ? u[i] - 0.3 : 0;
}

typedef void (*function)(void *, double *, const double *, int64_t);

static ntk_kernel *user_kernel(function value, function derivative, ntk_status expected)
{
    ntk_activation_functions f = {.struct_size = sizeof f, .value = value, .derivative = derivative};
    ntk_activation *activation = NULL;
    ntk_kernel *kernel = NULL;
    CHECK_OK(ntk_activation_create_user(context, &activation, &f));
    CHECK_STATUS(ntk_kernel_create_infinite(context, &kernel, activation, NULL), expected);
    ntk_activation_destroy(activation);
    return kernel;
}

static ntk_status try_block(const ntk_kernel *kernel, double length)
{
    double x[2] = {length, length}, K = 7;
    ntk_matrix X = ntk_matrix_const_f64(x, 1, 2), out = ntk_matrix_f64(&K, 1, 1);
    return ntk_kernel_block(kernel, &out, &X, &X);
}

START_TEST(user_functions)
{
    ntk_kernel *mine = user_kernel(tanh_value, tanh_slope, NTK_OK), *theirs = NULL;
    ntk_activation *activation = subject_activation(context, &(subject){.kind = NTK_TANH}, 0);
    uint64_t state = test_seed(306);
    double *x = subject_samples(N, INPUTS, 1.5, true, NTK_F64, &state);
    test_array a = oracle_array(x, N, INPUTS, 0, NTK_F64), K = test_array_make(N, N, 0, NTK_F64),
               L = test_array_make(N, N, 0, NTK_F64);
    theirs = subject_kernel(context, activation, NULL);
    CHECK_OK(ntk_kernel_block(mine, &K.view, &a.view, &a.view));
    CHECK_OK(ntk_kernel_block(theirs, &L.view, &a.view, &a.view));
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < N; j++) ck_assert_double_le(fabs(test_get(&K.view, i, j) - test_get(&L.view, i, j)), 2e-12);
    ntk_kernel_destroy(mine);
    ntk_kernel_destroy(theirs);
    ntk_activation_destroy(activation);
    test_array_free(&a);
    test_array_free(&K);
    test_array_free(&L);
    free(x);
}
END_TEST

/* Two layers of max(0, u - 0.3) as a caller's function are those of the library, shifted, to the accuracy that its series can have: a
 * kink's is some 1e-5 for E[sigma sigma], and 1e-2 for E[sigma' sigma']. */
START_TEST(user_kinks)
{
    enum { FEW = 30 };
    static const double kink[] = {0.3};
    const subject shifted = {.kind = NTK_RELU, .shift = -0.3};
    ntk_activation *mine, *theirs = subject_activation(context, &shifted, 0);
    uint64_t state = test_seed(309);
    double *x = subject_samples(FEW, INPUTS, 1.5, true, NTK_F64, &state), v[FEW] = {1}, g[FEW * INPUTS];
    for (int c = 1; c < 3; c++) {
        ntk_kernel_options o = subject_scales(c);
        double accuracy = o.part == NTK_PART_RF ? 1e-4 : 3e-2;
        ntk_activation_functions f = {.struct_size = sizeof f, .value = ramp_value, .derivative = corner_slope};
        f.kinks = kink;
        f.kink_count = 1;
        f.accuracy = accuracy;
        o.layers = 2;
        CHECK_OK(ntk_activation_create_user(context, &mine, &f));
        ntk_kernel *a = subject_kernel(context, mine, &o), *b = subject_kernel(context, theirs, &o);
        test_array X = oracle_array(x, FEW, INPUTS, 0, NTK_F64), K = test_array_make(FEW, FEW, 0, NTK_F64),
                   L = test_array_make(FEW, FEW, 0, NTK_F64);
        CHECK_OK(ntk_kernel_block(a, &K.view, &X.view, &X.view));
        CHECK_OK(ntk_kernel_block(b, &L.view, &X.view, &X.view));
        for (int64_t e = 0; e < FEW * FEW; e++) {
            double size = sqrt(test_get(&L.view, e / FEW, e / FEW) * test_get(&L.view, e % FEW, e % FEW));
            ck_assert_double_le(fabs(test_get(&K.view, e / FEW, e % FEW) - test_get(&L.view, e / FEW, e % FEW)),
                                (double)(o.layers * o.layers) * accuracy * size);
        }
        ntk_matrix V = ntk_matrix_const_f64(v, FEW, 1), G = ntk_matrix_f64(g, FEW, INPUTS);
        CHECK_STATUS(ntk_kernel_gradient(a, &G, &X.view, &X.view, &V), NTK_ERR_UNSUPPORTED);
        CHECK_MESSAGE("with kinks");
        ntk_kernel_destroy(a);
        ntk_kernel_destroy(b);
        ntk_activation_destroy(mine);
        test_array_free(&X);
        test_array_free(&K);
        test_array_free(&L);
    }
    ntk_activation_destroy(theirs);
    free(x);
}
END_TEST

START_TEST(honest_errors)
{
    ntk_kernel *kernel = user_kernel(square_bell, square_bell, NTK_OK);
    CHECK_STATUS(try_block(kernel, 1), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("grows too fast");
    ntk_kernel_destroy(kernel);
    kernel = user_kernel(tanh_value, broken, NTK_OK);
    CHECK_STATUS(try_block(kernel, 1), NTK_ERR_CALLBACK);
    CHECK_MESSAGE("finite number");
    ntk_kernel_destroy(kernel);
    kernel = user_kernel(broken, tanh_slope, NTK_OK);
    CHECK_STATUS(try_block(kernel, 1), NTK_ERR_CALLBACK);
    ntk_kernel_destroy(kernel);
    kernel = user_kernel(tanh_value, corner_slope, NTK_OK);
    CHECK_STATUS(try_block(kernel, 1), NTK_ERR_UNSUPPORTED);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* Samples that are too long, and how long they may be: tanh to a deviation of 4, where other programs have lost six digits. */
START_TEST(long_samples)
{
    ntk_activation *activation = subject_activation(context, &(subject){.kind = NTK_TANH}, 0),
                   *coarse = subject_activation(context, &(subject){.kind = NTK_TANH}, 1e-4);
    ntk_activation *cube = subject_activation(context, &(subject){.kind = NTK_MONOMIAL, .degree = 3}, 0);
    ntk_kernel *kernel = subject_kernel(context, activation, NULL), *rough = subject_kernel(context, coarse, NULL),
               *cubic = subject_kernel(context, cube, NULL);
    CHECK_OK(try_block(kernel, 4));
    CHECK_STATUS(try_block(kernel, 8), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("accuracy");
    CHECK_OK(try_block(rough, 8));
    CHECK_STATUS(try_block(kernel, 1e200), NTK_ERR_UNSUPPORTED);
    CHECK_OK(try_block(kernel, 1e-200));
    CHECK_OK(try_block(cubic, 1e40));
    CHECK_STATUS(try_block(cubic, 1e60), NTK_ERR_OVERFLOW);
    CHECK_STATUS(try_block(cubic, 1e120), NTK_ERR_OVERFLOW);
    CHECK_OK(try_block(cubic, 1e-120));
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(rough);
    ntk_kernel_destroy(cubic);
    ntk_activation_destroy(activation);
    ntk_activation_destroy(coarse);
    ntk_activation_destroy(cube);
}
END_TEST

/* What the query says is enough, for one block of samples and many. */
START_TEST(working_memory)
{
    static const int64_t sizes[][2] = {{1, 1}, {3, 700}, {600, 130}};
    subject_check_memory(&layer_subjects[_i], NULL, INPUTS, sizes, sizeof sizes / sizeof *sizes, test_seed(307));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_mehler_cut");
    TCase *sets = test_case(suite, "sets"), *cut = test_case(suite, "cut"), *user = test_case(suite, "user");
    tcase_add_checked_fixture(sets, setup, teardown);
    tcase_add_checked_fixture(cut, setup, teardown);
    tcase_add_checked_fixture(user, setup, teardown);
    tcase_add_test(sets, lengths_apart);
    tcase_add_test(sets, predictions);
    tcase_add_loop_test(cut, accuracy_is_kept, 0, 4);
    tcase_add_loop_test(cut, positive_semidefinite, 0, LAYER_SUBJECTS);
    tcase_add_test(user, user_functions);
    tcase_add_test(user, user_kinks);
    tcase_add_test(user, honest_errors);
    tcase_add_test(user, long_samples);
    tcase_add_loop_test(user, working_memory, 0, 6);
    return test_run(suite);
}
