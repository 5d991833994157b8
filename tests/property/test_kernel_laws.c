/* Laws that every kernel obeys: symmetry, positive semidefiniteness, permutation, scaling, rotation, parts, precision. */
#include "oracle.h"

#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

static ntk_context *context;
static uint64_t state;

static void setup(void)
{
    context = test_context(2, NULL);
    state = test_seed(101);
}

static void teardown(void)
{
    ntk_context_destroy(context);
}

enum { KINDS = NTK_EXP };

static oracle_kernel describe(int32_t kind, int32_t part)
{
    oracle_kernel kernel = {kind, kind == NTK_LEAKY_RELU ? -0.3 : 0, NTK_INIT(ntk_kernel_options)};
    kernel.options.part = part;
    return kernel;
}

static test_array block(const oracle_kernel *oracle, const double *x1, int64_t n1, const double *x2, int64_t n2, int64_t d,
                        int32_t dtype)
{
    ntk_kernel *kernel = oracle_kernel_create(context, oracle);
    test_array a = oracle_array(x1, n1, d, 0, dtype), b = oracle_array(x2, n2, d, 0, dtype);
    test_array K = test_array_make(n1, n2, 0, dtype);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
    test_array_free(&a);
    test_array_free(&b);
    ntk_kernel_destroy(kernel);
    return K;
}

/* |K[i][j] - expected| within what the oracle allows for this pair, so many times over */
static void within(const oracle_kernel *oracle, const double *x, const double *y, int64_t d, int32_t dtype, double got,
                   double want, double times, const char *law)
{
    oracle_value K = oracle_infinite(oracle, x, y, d, oracle_roundoff(dtype));
    ck_assert_msg(fabs(got - want) <= times * (double)K.bound, "%s: %s part %d d %lld: %.17g and %.17g, bound %.2g", law,
                  oracle_kind_name(oracle->kind), (int)oracle->options.part, (long long)d, got, want, times * (double)K.bound);
}

/* K(x1, x2) = K(x2, x1)' */
START_TEST(symmetry)
{
    for (int trial = 0; trial < 12; trial++) {
        int64_t n1 = 1 + oracle_integer(&state, 90), n2 = 1 + oracle_integer(&state, 90), d = 1 + oracle_integer(&state, 60);
        int32_t dtype = trial % 2 ? NTK_F32 : NTK_F64;
        oracle_kernel oracle = describe(_i, trial % 3);
        double *x1 = oracle_samples(n1, d, dtype, &state), *x2 = oracle_samples(n2, d, dtype, &state);
        test_array K = block(&oracle, x1, n1, x2, n2, d, dtype), T = block(&oracle, x2, n2, x1, n1, d, dtype);
        for (int64_t e = 0; e < 300; e++) {
            int64_t i = oracle_integer(&state, n1), j = oracle_integer(&state, n2);
            within(&oracle, x1 + i * d, x2 + j * d, d, dtype, test_get(&K.view, i, j), test_get(&T.view, j, i), 2, "symmetry");
        }
        test_array_free(&K);
        test_array_free(&T);
        free(x1);
        free(x2);
    }
}
END_TEST

/* Eigenvalues at least -c n u lambda_max: an entry's error is at most its bound, so the matrix's at most n times the largest,
 * by which no eigenvalue moves further (Weyl); LAPACK adds as much again. */
START_TEST(positive_semidefinite)
{
    for (int trial = 0; trial < 12; trial++) {
        int64_t n = 60 + oracle_integer(&state, 60), d = 1 + oracle_integer(&state, 8);
        oracle_kernel oracle = describe(_i, trial % 3);
        oracle.options.layers = trial < 6 ? 1 : trial / 3;
        if (oracle.options.layers > 1 && _i == NTK_EXP) oracle.options.weight_scale = 0.25; /* exp of exp grows */
        double apart = trial < 6 ? 1e-9 : 1e-3; /* in depth the oracle's bounds are those of rho, not of 1 - rho */
        double *x = oracle_samples(n, d, NTK_F64, &state), worst = 0, w[120];
        for (int64_t i = 0; i < n / 4; i++) { /* near-duplicates and antipodes, where the angles are delicate */
            double sign = i % 2 ? -1 : 1;
            for (int64_t k = 0; k < d; k++) x[i * d + k] = sign * x[(n - 1 - i) * d + k] * (1 + apart * oracle_normal(&state));
        }
        test_array K = block(&oracle, x, n, x, n, d, NTK_F64);
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j <= i; j++) {
                oracle_value k = oracle_infinite(&oracle, x + i * d, x + j * d, d, 0x1p-53);
                worst = fmax(worst, (double)k.bound);
            }
        }
        ck_assert_int_eq(LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'L', (lapack_int)n, K.view.data, (lapack_int)n, w), 0);
        double bound = 2 * (double)n * (worst + DBL_EPSILON * fabs(w[n - 1]));
        ck_assert_msg(w[0] >= -bound, "%s part %d layers %d: eigenvalue %.3g, bound %.3g", oracle_kind_name(_i), trial % 3,
                      (int)oracle.options.layers, w[0], -bound);
        ck_assert_msg(bound <= 1e-3 * w[n - 1], "%s: a bound that says nothing", oracle_kind_name(_i));
        test_array_free(&K);
        free(x);
    }
}
END_TEST

/* samples in another order give the same entries in another order */
START_TEST(permutation)
{
    for (int32_t part = 0; part < 3; part++) {
        int64_t n = 300, d = 11, *to = oracle_memory(n, sizeof *to);
        oracle_kernel oracle = describe(_i, part);
        double *x = oracle_samples(n, d, NTK_F64, &state), *moved = oracle_memory(n * d, sizeof *moved);
        for (int64_t i = 0; i < n; i++) to[i] = i;
        for (int64_t i = n - 1; i > 0; i--) {
            int64_t j = oracle_integer(&state, i + 1), swap = to[i];
            to[i] = to[j];
            to[j] = swap;
        }
        for (int64_t i = 0; i < n; i++) {
            for (int64_t k = 0; k < d; k++) moved[to[i] * d + k] = x[i * d + k];
        }
        test_array K = block(&oracle, x, n, x, n, d, NTK_F64), P = block(&oracle, moved, n, moved, n, d, NTK_F64);
        for (int64_t e = 0; e < 1000; e++) {
            int64_t i = oracle_integer(&state, n), j = oracle_integer(&state, n);
            within(&oracle, x + i * d, x + j * d, d, NTK_F64, test_get(&K.view, i, j), test_get(&P.view, to[i], to[j]), 2,
                   "permutation");
        }
        test_array_free(&K);
        test_array_free(&P);
        free(x);
        free(moved);
        free(to);
    }
}
END_TEST

/* K(c x, c' x') = c c' K(x, x') for 1-homogeneous activations; step and sign do not see the length */
START_TEST(scaling)
{
    if (_i >= NTK_ERF) return;
    for (int trial = 0; trial < 30; trial++) {
        int32_t part = trial % 3;
        int64_t d = 1 + oracle_integer(&state, 30);
        int flat = _i == NTK_STEP || _i == NTK_SIGN;
        oracle_kernel oracle = describe(_i, part);
        double *x = oracle_samples(2, d, NTK_F64, &state), *scaled = oracle_memory(2 * d, sizeof *scaled);
        double c1 = exp(30 * oracle_normal(&state)), c2 = exp(30 * oracle_normal(&state));
        for (int64_t k = 0; k < d; k++) scaled[k] = c1 * x[k], scaled[d + k] = c2 * x[d + k];
        test_array K = block(&oracle, x, 1, x + d, 1, d, NTK_F64), S = block(&oracle, scaled, 1, scaled + d, 1, d, NTK_F64);
        within(&oracle, x, x + d, d, NTK_F64, test_get(&S.view, 0, 0) / (flat ? 1 : c1) / (flat ? 1 : c2),
               test_get(&K.view, 0, 0), 2, "scaling");
        test_array_free(&K);
        test_array_free(&S);
        free(x);
        free(scaled);
    }
}
END_TEST

/* an orthogonal map, here d Householder reflections, changes nothing but rounding: d of them move a sample by d roundings more
 * than the entry's own bound has */
START_TEST(rotation)
{
    for (int32_t part = 0; part < 3; part++) {
        int64_t n = 40, d = 12;
        oracle_kernel oracle = describe(_i, part);
        double *x = oracle_samples(n, d, NTK_F64, &state), *turned = oracle_memory(n * d, sizeof *turned);
        for (int64_t i = 0; i < n * d; i++) turned[i] = x[i];
        for (int64_t r = 0; r < d; r++) {
            double *v = oracle_samples(1, d, NTK_F64, &state), vv = 0;
            for (int64_t k = 0; k < d; k++) vv += v[k] * v[k];
            for (int64_t i = 0; i < n; i++) {
                double dot = 0;
                for (int64_t k = 0; k < d; k++) dot += v[k] * turned[i * d + k];
                for (int64_t k = 0; k < d; k++) turned[i * d + k] -= 2 * dot / vv * v[k];
            }
            free(v);
        }
        test_array K = block(&oracle, x, n, x, n, d, NTK_F64), R = block(&oracle, turned, n, turned, n, d, NTK_F64);
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j < i; j++)
                within(&oracle, x + i * d, x + j * d, d, NTK_F64, test_get(&R.view, i, j), test_get(&K.view, i, j),
                       2 + (double)d, "rotation");
        }
        test_array_free(&K);
        test_array_free(&R);
        free(x);
        free(turned);
    }
}
END_TEST

/* BOTH = RF + NT, and the two are not each other; LECTURE's NT is d / weight_scale^2 times the standardised one */
START_TEST(parts)
{
    int64_t n = 25, d = 6;
    double *x = oracle_samples(n, d, NTK_F64, &state), apart = 0;
    oracle_kernel both = describe(_i, NTK_PART_BOTH), rf = describe(_i, NTK_PART_RF), nt = describe(_i, NTK_PART_NT),
                  lecture = nt;
    lecture.options.parameterization = NTK_PARAM_LECTURE;
    lecture.options.weight_scale = nt.options.weight_scale = 1.5;
    nt.options.weight_scale = both.options.weight_scale = rf.options.weight_scale = 1.5;
    test_array B = block(&both, x, n, x, n, d, NTK_F64), R = block(&rf, x, n, x, n, d, NTK_F64);
    test_array N = block(&nt, x, n, x, n, d, NTK_F64), L = block(&lecture, x, n, x, n, d, NTK_F64);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            const double *p = x + i * d, *q = x + j * d;
            double r = test_get(&R.view, i, j), t = test_get(&N.view, i, j);
            within(&both, p, q, d, NTK_F64, test_get(&B.view, i, j), r + t, 2, "both parts");
            within(&lecture, p, q, d, NTK_F64, test_get(&L.view, i, j), t * (double)d / 2.25, 2, "parameterization");
            apart = fmax(apart, fabs(r - t));
        }
    }
    ck_assert_msg(_i == NTK_IDENTITY ? apart < 1e-12 : apart > 0.01, "RF and NT differ by %g", apart);
    test_array_free(&B);
    test_array_free(&R);
    test_array_free(&N);
    test_array_free(&L);
    free(x);
}
END_TEST

/* f32 against f64 at samples that both represent: the f32 bound, and f64's */
START_TEST(precisions)
{
    for (int trial = 0; trial < 9; trial++) {
        int64_t n = 30, d = 1 + oracle_integer(&state, 200);
        oracle_kernel oracle = describe(_i, trial % 3);
        double *x = oracle_samples(n, d, NTK_F32, &state);
        test_array wide = block(&oracle, x, n, x, n, d, NTK_F64), narrow = block(&oracle, x, n, x, n, d, NTK_F32);
        for (int64_t i = 0; i < n; i++) {
            for (int64_t j = 0; j < n; j++)
                within(&oracle, x + i * d, x + j * d, d, NTK_F32, test_get(&narrow.view, i, j), test_get(&wide.view, i, j),
                       1 + 0x1p-20, "precision");
        }
        test_array_free(&wide);
        test_array_free(&narrow);
        free(x);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel laws");
    TCase *laws = test_case(suite, "laws");
    tcase_add_checked_fixture(laws, setup, teardown);
    tcase_add_loop_test(laws, symmetry, 1, KINDS + 1);
    tcase_add_loop_test(laws, positive_semidefinite, 1, KINDS + 1);
    tcase_add_loop_test(laws, permutation, 1, KINDS + 1);
    tcase_add_loop_test(laws, scaling, 1, KINDS + 1);
    tcase_add_loop_test(laws, rotation, 1, KINDS + 1);
    tcase_add_loop_test(laws, parts, 1, KINDS + 1);
    tcase_add_loop_test(laws, precisions, 1, KINDS + 1);
    return test_run(suite);
}
