/* Infinite-width kernels of one layer of activations without closed form, and of kinked ones with a shift or an offset: against the
 * activations' moments, which other tests hold to quadrature and golden values, against golden values themselves, and by what must
 * hold wherever the series is cut. */
#include "subjects.h"

#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef GOLDEN_CSV
#define GOLDEN_CSV "../shared/golden/kernels.csv"
#endif

enum { N = 150, INPUTS = 6, STEP = 997 }; /* more than two blocks of coefficients; of so many entries one is compared */

TEST_CONTEXT_FIXTURE(2)

static const subject subjects[] = {{NTK_TANH, 0, 0, 0, 0, 0, 2, 1},           {NTK_SIGMOID, 0, 0, 0, 0, 0, 4, 1},
                                   {NTK_SOFTPLUS, 0, 0, 0, 0, 0, 4, 1},       {NTK_SILU, 0, 0, 0, 0, 0, 4, 1},
                                   {NTK_MONOMIAL, 1, 0, 0, 0, 0, 3, 1},       {NTK_MONOMIAL, 4, 0, 0, 0, 0, 3, 1},
                                   {NTK_MONOMIAL, 5, 0.3, 1, 0, 0, 2, 1},     {NTK_HERMITE, 3, 0, 0, 0, 0, 2, 1},
                                   {NTK_HERMITE, 6, -0.4, 0.5, 2, 0.5, 2, 1}, {NTK_TANH, 0, 0.7, 0.3, 0, 0, 1.5, 1},
                                   {NTK_SILU, 0, -0.4, 0, -1.5, -1, 3, 1},    {NTK_SOFTPLUS, 0, 0, -0.5, 0.5, 2, 2, 1},
                                   {NTK_ERF, 0, 0.5, 0, 0, 0, 1.5, 1},        {NTK_GELU, 0, 0.5, -1, 0, 0, 2, 1},
                                   {NTK_TANH, 0, 0, -0.5, 0, 1.5, 1, 1}, /* and kinked ones */
                                   {NTK_RELU, 0, 0.6, 0, 0, 0, 4, 1},         {NTK_LEAKY_RELU, 0, -0.5, 0.25, 2, -1.5, 3, 1},
                                   {NTK_ABS, 0, 0.3, 0.2, 0, 0, 2, 1},        {NTK_RELU, 0, 0, 0.5, -1, 0, 2, 1},
                                   {NTK_STEP, 0, 0.4, 0, 0, 0, 1, 1},         {NTK_SIGN, 0, -0.7, 0.5, 0, 0, 2, 1},
                                   {NTK_STEP, 0, 0, 0.5, 0, 0, 1, 1},         {NTK_RELU, 0, -2, 0, 0, 0, 1, 1}};
enum { SUBJECTS = sizeof subjects / sizeof *subjects, KINKED = 15 }; /* the first kinked one */

static double covariance(const ntk_kernel_options *o, const double *x, const double *y)
{
    double sum = 0;
    for (int k = 0; k < INPUTS; k++) sum += x[k] * y[k];
    return o->weight_scale * o->weight_scale * sum / INPUTS + o->bias_scale * o->bias_scale;
}

/* K(x, y) by the moments, which are had one entry at a time. */
static double reference(const ntk_activation *activation, const ntk_kernel_options *o, const double *x, const double *y)
{
    ntk_moments m = NTK_INIT(ntk_moments);
    double q12 = covariance(o, x, y), square = o->output_weight_scale * o->output_weight_scale, K = 0;
    CHECK_OK(ntk_activation_moments(activation, &m, covariance(o, x, x), covariance(o, y, y), q12));
    if (o->part != NTK_PART_NT) K += square * m.kappa + o->output_bias_scale * o->output_bias_scale;
    if (o->part != NTK_PART_RF) K += square * q12 * m.kdot;
    return K;
}

/* The accuracy asked; then in f64 what roundings make of it, and in f32 those of some hundred terms, and of rho and the lengths,
 * which the terms' degrees multiply. */
static double tolerance(double accuracy, int32_t dtype)
{
    return dtype == NTK_F64 ? accuracy + 2e-14 : accuracy + 64 * 0x1p-24;
}

/* Of a kink the moments, which see a rounded q12, tell less of near-duplicates than the samples do: kdot has a cone there. */
static bool is_blind(const ntk_activation *activation, const ntk_kernel_options *o, const double *x, const double *y)
{
    ntk_moments m = NTK_INIT(ntk_moments);
    double q11 = covariance(o, x, x), q22 = covariance(o, y, y), q12 = covariance(o, x, y);
    if (fabs(q12) < (1 - 1e-9) * sqrt(q11 * q22) || memcmp(x, y, INPUTS * sizeof *x) == 0) return false;
    CHECK_OK(ntk_activation_moments(activation, &m, q11, q11, q11));
    return isinf(m.dkdot_dq12) || isinf(m.dkappa_dq12);
}

/* K(x_i, x_i), which compare() holds against the moments, too. */
static double *diagonal_of(const ntk_kernel *kernel, const double *x, int64_t n)
{
    double *own = oracle_memory(n, sizeof *own);
    ntk_matrix X = ntk_matrix_const_f64(x, n, INPUTS), out = ntk_matrix_f64(own, n, 1);
    CHECK_OK(ntk_kernel_diagonal(kernel, &out, &X));
    return own;
}

/* Entries above the diagonal at the corner, and one of STEP of all, against the moments, which take a millisecond each; returns the largest error
 * over sqrt(K_ii K_jj). */
static double compare(const ntk_kernel *kernel, const ntk_activation *activation, const ntk_kernel_options *o,
                      const ntk_matrix *out, const double *x1, const double *x2, double bound, const char *what)
{
    double *own1 = diagonal_of(kernel, x1, out->rows), *own2 = diagonal_of(kernel, x2, out->cols), worst = 0;
    for (int64_t e = 0; e < out->rows * out->cols; e++) {
        int64_t i = e / out->cols, j = e % out->cols;
        if (e % STEP && (i >= j || j >= 7)) continue;
        if (is_blind(activation, o, x1 + i * INPUTS, x2 + j * INPUTS)) continue;
        double want = reference(activation, o, x1 + i * INPUTS, x2 + j * INPUTS), got = test_get(out, i, j);
        double away = got == want ? 0 : fabs(got - want) / sqrt(own1[i] * own2[j]);
        ck_assert_msg(away <= bound, "%s, part %d: entry (%d, %d) is %.17g, not %.17g: %.2g away", what, o->part, (int)i,
                      (int)j, got, want, away);
        worst = fmax(worst, away);
    }
    free(own1);
    free(own2);
    return worst;
}

/* --- entries --- */

static void compare_products(const ntk_kernel *kernel, const test_array *a, const test_array *K)
{
    int32_t dtype = a->view.dtype;
    test_array v = test_array_make(N, 2, 0, dtype), y = test_array_make(N, 2, 0, dtype), own = test_array_make(N, 1, 0, dtype);
    double unit = dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
    test_array_fill(&v, 8);
    CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &a->view, &a->view, &v.view));
    CHECK_OK(ntk_kernel_diagonal(kernel, &own.view, &a->view));
    for (int64_t i = 0; i < N; i++) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < N; j++) {
            sum += test_get(&K->view, i, j) * test_get(&v.view, j, 1);
            size += fabs(test_get(&K->view, i, j) * test_get(&v.view, j, 1));
        }
        ck_assert_double_le(fabs(test_get(&y.view, i, 1) - sum), 150 * unit * size);
        ck_assert_double_le(fabs(test_get(&own.view, i, 0) - test_get(&K->view, i, i)), 64 * unit * test_get(&own.view, i, 0));
    }
    test_array_free(&v);
    test_array_free(&y);
    test_array_free(&own);
}

/* Matrices in every storage hold the block's entries. */
static void compare_grams(const ntk_kernel *kernel, const test_array *a, const test_array *K)
{
    double unit = a->view.dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
        ntk_gram_options options = NTK_INIT(ntk_gram_options);
        ntk_gram *gram = NULL;
        test_array G = test_array_make(N, N, 0, a->view.dtype);
        options.storage = storage;
        CHECK_OK(ntk_gram_create(context, &gram, kernel, &a->view, &options));
        CHECK_OK(ntk_gram_copy(gram, &G.view));
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j < N; j++) {
                double scale = sqrt(test_get(&K->view, i, i) * test_get(&K->view, j, j));
                ck_assert_double_le(fabs(test_get(&G.view, i, j) - test_get(&K->view, i, j)), 64 * unit * scale);
            }
        ntk_gram_destroy(gram);
        test_array_free(&G);
    }
}

START_TEST(entries)
{
    const subject *s = &subjects[_i];
    ntk_activation *activation = subject_activation(context, s, 0);
    uint64_t state = test_seed(300);
    for (int c = 0; c < 8; c++) {
        int32_t dtype = c % 2 ? NTK_F32 : NTK_F64;
        ntk_kernel_options o = subject_scales(c < 4 ? NTK_PART_BOTH : c < 6 ? NTK_PART_RF : NTK_PART_NT);
        double *x = subject_samples(N, INPUTS, s->longest, c / 2 % 2 == 0, dtype, &state);
        ntk_kernel *kernel = subject_kernel(context, activation, &o);
        test_array a = oracle_array(x, N, INPUTS, 0, dtype), K = test_array_make(N, N, 0, dtype);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
        (void)compare(kernel, activation, &o, &K.view, x, x, tolerance(1e-12, dtype), oracle_kind_name(s->kind));
        compare_products(kernel, &a, &K);
        if (c < 4) compare_grams(kernel, &a, &K);
        test_array_free(&a);
        test_array_free(&K);
        ntk_kernel_destroy(kernel);
        free(x);
    }
    ntk_activation_destroy(activation);
}
END_TEST

/* A shifted ReLU's kdot falls by theta exp(-h^2 / 2) / (2 pi) from that of equal samples, h = c / |u|; so near that the next term
 * is 1e-6 of it. */
START_TEST(near_kinks)
{
    const subject s = {.kind = NTK_RELU, .shift = 0.5};
    ntk_activation *activation = subject_activation(context, &s, 0);
    ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
    o.part = NTK_PART_RF;
    ntk_kernel *values = subject_kernel(context, activation, &o);
    o.part = NTK_PART_NT;
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    for (double theta = 1e-6; theta > 1e-9; theta /= 10)
        for (int sign = -1; sign <= 1; sign += 2) {
            double x[2] = {sqrt(2), 0}, y[2] = {sign * sqrt(2) * cos(theta), sqrt(2) * sin(theta)}, z[2] = {sign * sqrt(2), 0},
                   K[2];
            ntk_matrix X = ntk_matrix_const_f64(x, 1, 2), Y = ntk_matrix_const_f64(y, 1, 2), Z = ntk_matrix_const_f64(z, 1, 2);
            ntk_matrix near = ntk_matrix_f64(&K[0], 1, 1), parallel = ntk_matrix_f64(&K[1], 1, 1);
            CHECK_OK(ntk_kernel_block(kernel, &near, &X, &Y));
            CHECK_OK(ntk_kernel_block(kernel, &parallel, &X, &Z));
            /* near opposites it changes like exp(-h^2 / theta^2) only */
            double fall = sign > 0 ? theta * exp(-0.125) / (2 * acos(-1)) : 0;
            ck_assert_double_le(fabs(K[1] - K[0] - fall), 1e-6 * theta + 4e-16);
            /* kappa falls by theta^2 kdot / 2 */
            CHECK_OK(ntk_kernel_block(values, &near, &X, &Y));
            CHECK_OK(ntk_kernel_block(values, &parallel, &X, &Z));
            ck_assert_double_le(fabs(K[1] - K[0]), theta * theta + 8e-16);
        }
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(values);
    ntk_activation_destroy(activation);
}
END_TEST

/* Pieces of blocks of coefficients: single rows and columns, and columns from everywhere on. */
START_TEST(pieces)
{
    ntk_activation *activation = subject_activation(context, &subjects[_i], 0);
    ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    uint64_t state = test_seed(301);
    double *x = subject_samples(N, INPUTS, subjects[_i].longest, true, NTK_F64, &state);
    test_array a = oracle_array(x, N, INPUTS, 0, NTK_F64);
    for (int trial = 0; trial < 12; trial++) {
        int64_t n1 = 1 + oracle_integer(&state, trial < 6 ? 2 : 70), n2 = 1 + oracle_integer(&state, trial % 3 ? 140 : 2);
        int64_t i = oracle_integer(&state, N - n1 + 1), j = oracle_integer(&state, N - n2 + 1);
        ntk_matrix x1 = ntk_matrix_const_f64(x + i * INPUTS, n1, INPUTS), x2 = ntk_matrix_const_f64(x + j * INPUTS, n2, INPUTS);
        test_array K = test_array_make(n1, n2, 1, NTK_F64);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1, &x2));
        ck_assert(test_array_is_contained(&K));
        (void)compare(kernel, activation, &o, &K.view, x + i * INPUTS, x + j * INPUTS, tolerance(1e-12, NTK_F64), "a piece");
        test_array_free(&K);
    }
    test_array_free(&a);
    free(x);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
}
END_TEST

/* The lines of tanh, sigmoid, softplus, SiLU, monomials and Hermite polynomials, from vectors with these covariances. */
START_TEST(golden_lines)
{
    static const struct {
        const char *name;
        int32_t kind, degree;
    } names[] = {{"tanh", NTK_TANH, 0}, {"sigmoid", NTK_SIGMOID, 0}, {"softplus", NTK_SOFTPLUS, 0},
                 {"silu", NTK_SILU, 0}, {"mono3", NTK_MONOMIAL, 3},  {"hermite4", NTK_HERMITE, 4}};
    FILE *file = fopen(GOLDEN_CSV, "r");
    char line[1024], name[32];
    int compared = 0;
    if (!file) {
        printf("# skipped: %s is absent\n", GOLDEN_CSV);
        return;
    }
    while (fgets(line, sizeof line, file)) {
        double q[3], kappa, kdot, K[2];
        if (sscanf(line, "%31[^,],%lf,%lf,%lf,%lf,%lf", name, &q[0], &q[1], &q[2], &kappa, &kdot) != 6) continue;
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            if (strcmp(name, names[n].name) != 0) continue;
            const subject s = {.kind = names[n].kind, .degree = names[n].degree};
            ntk_activation *activation = subject_activation(context, &s, 0);
            double x1 = sqrt(2 * q[0]), y1 = 2 * q[2] / x1;
            double x[2] = {x1, 0}, y[2] = {y1, sqrt(fmax(0, 2 * q[1] - y1 * y1))};
            ntk_matrix X = ntk_matrix_const_f64(x, 1, 2), Y = ntk_matrix_const_f64(y, 1, 2);
            for (int32_t part = NTK_PART_RF; part <= NTK_PART_NT; part++) {
                ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
                ntk_matrix out = ntk_matrix_f64(&K[part - NTK_PART_RF], 1, 1);
                o.part = part;
                ntk_kernel *kernel = subject_kernel(context, activation, &o);
                CHECK_OK(ntk_kernel_block(kernel, &out, &X, &Y));
                ntk_kernel_destroy(kernel);
            }
            /* |kappa| and |q12 kdot| are of the size of their terms in these lines */
            ck_assert_msg(fabs(K[0] - kappa) <= 2e-12 * (1 + fabs(kappa)), "%.60s: kappa is %.17g", line, K[0]);
            ck_assert_msg(fabs(K[1] - q[2] * kdot) <= 2e-12 * (1 + fabs(q[2] * kdot)), "%.60s: q12 kdot is %.17g", line, K[1]);
            ntk_activation_destroy(activation);
            compared++;
        }
    }
    (void)fclose(file);
    printf("# %d lines of %s compared\n", compared, GOLDEN_CSV);
    ck_assert_int_eq(compared, 24);
}
END_TEST

/* --- gradients --- */

/* A and B of the gradient A y + B x of K(x, y) in x, from the moments' derivatives; *size of their terms, times |x| or |y|. */
static void slopes(const ntk_activation *activation, const ntk_kernel_options *o, const double *x, const double *y, double *A,
                   double *B)
{
    ntk_moments m = NTK_INIT(ntk_moments);
    double q12 = covariance(o, x, y), square = o->output_weight_scale * o->output_weight_scale;
    double rf = o->part == NTK_PART_NT ? 0 : square, nt = o->part == NTK_PART_RF ? 0 : square;
    double c = o->weight_scale * o->weight_scale / INPUTS;
    CHECK_OK(ntk_activation_moments(activation, &m, covariance(o, x, x), covariance(o, y, y), q12));
    *A = c * (rf * m.dkappa_dq12 + nt * (m.kdot + q12 * m.dkdot_dq12));
    *B = 2 * c * (rf * m.dkappa_dq11 + nt * q12 * m.dkdot_dq11);
}

/* |A| |y| and |B| |x| at y = x bound what the terms of a pair come to; in f32 the degrees multiply their roundings. */
static void compare_gradient(const subject *s, int32_t part, bool varied, int32_t dtype)
{
    enum { ROWS = 3, COLS = 70 };
    ntk_activation *activation = subject_activation(context, s, 0);
    ntk_kernel_options o = subject_scales(part);
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    uint64_t state = test_seed(308);
    double *x = subject_samples(COLS, INPUTS, s->longest, varied, dtype, &state), v[COLS],
           bound = dtype == NTK_F64 ? 1e-11 : 2e-5;
    test_array a = oracle_array(x, ROWS, INPUTS, 0, dtype), b = oracle_array(x, COLS, INPUTS, 0, dtype);
    for (int j = 0; j < COLS; j++) v[j] = j % 23 == 0 || (j > 1 && j < 6) ? (double)(float)test_uniform(9, j) : 0;
    test_array w = oracle_array(v, COLS, 1, 0, dtype), g = test_array_make(ROWS, INPUTS, 0, dtype);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &a.view, &b.view, &w.view));
    for (int64_t i = 0; i < ROWS; i++) {
        const double *xi = x + i * INPUTS;
        double want[INPUTS] = {0}, size = 0, A, B;
        slopes(activation, &o, xi, xi, &A, &B);
        for (int64_t j = 0; j < COLS; j++) {
            const double *xj = x + j * INPUTS;
            double A_j, B_j;
            if (v[j] == 0) continue;
            slopes(activation, &o, xi, xj, &A_j, &B_j);
            for (int k = 0; k < INPUTS; k++) want[k] += v[j] * (A_j * xj[k] + B_j * xi[k]);
            slopes(activation, &o, xj, xj, &A_j, &B_j);
            size += fabs(v[j]) * s->longest * (fabs(A) + fabs(A_j) + fabs(B) + fabs(B_j));
        }
        for (int k = 0; k < INPUTS; k++)
            ck_assert_msg(fabs(test_get(&g.view, i, k) - want[k]) <= bound * size,
                          "%s, part %d, dtype %d: g(%d, %d) is %.17g, not %.17g, size %g", oracle_kind_name(s->kind), part,
                          dtype, (int)i, k, test_get(&g.view, i, k), want[k], size);
    }
    test_array *arrays[] = {&a, &b, &w, &g};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    free(x);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
}

START_TEST(gradients)
{
    for (int c = 0; c < 6; c++) compare_gradient(&subjects[_i], c % 3, c % 2 == 0, c / 3 ? NTK_F32 : NTK_F64);
}
END_TEST

/* --- two sets --- */

/* Sets of other lengths are cut elsewhere, but what belongs to both is accurate. */
START_TEST(lengths_apart)
{
    static const double lengths[][2] = {{0.05, 2}, {2, 0.05}, {0.3, 0.9}, {1, 1}, {1.9, 2}};
    for (int s = 0; s < 4; s++)
        for (size_t l = 0; l < 2 * sizeof lengths / sizeof *lengths; l++) {
            ntk_activation *activation = subject_activation(context, &subjects[s], 0);
            ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
            ntk_kernel *kernel = subject_kernel(context, activation, &o);
            uint64_t state = test_seed(302);
            int64_t n1 = 20, n2 = 90;
            double *x1 = subject_samples(n1, INPUTS, lengths[l / 2][0], l % 2, NTK_F64, &state),
                   *x2 = subject_samples(n2, INPUTS, lengths[l / 2][1], l % 2, NTK_F64, &state);
            test_array a = oracle_array(x1, n1, INPUTS, 0, NTK_F64), b = oracle_array(x2, n2, INPUTS, 0, NTK_F64);
            test_array K = test_array_make(n1, n2, 0, NTK_F64);
            CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
            (void)compare(kernel, activation, &o, &K.view, x1, x2, tolerance(1e-12, NTK_F64), "lengths apart");
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
    enum { FIT = 60, NEW = 9 };
    ntk_activation *activation = subject_activation(context, &subjects[0], 0);
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
            double term = reference(activation, &o, z + i * INPUTS, x + j * INPUTS) * test_get(&alpha.view, j, 0);
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
    for (int s = 0; s < 4; s++)
        for (int c = 0; c < 6; c++) {
            double accuracy = accuracies[c / 2];
            ntk_activation *activation = subject_activation(context, &subjects[s], accuracy),
                           *exact = subject_activation(context, &subjects[s], 0);
            ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
            ntk_kernel *kernel = subject_kernel(context, activation, &o);
            uint64_t state = test_seed(304);
            double *x = subject_samples(N, INPUTS, subjects[s].longest, c % 2, NTK_F64, &state);
            test_array a = oracle_array(x, N, INPUTS, 0, NTK_F64), K = test_array_make(N, N, 0, NTK_F64);
            CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
            double worst = compare(kernel, exact, &o, &K.view, x, x, accuracy, "coarse");
            ck_assert_msg(worst > accuracy / 100, "%s: asked %g, got %g", oracle_kind_name(subjects[s].kind), accuracy, worst);
            test_array_free(&a);
            test_array_free(&K);
            free(x);
            ntk_kernel_destroy(kernel);
            ntk_activation_destroy(activation);
            ntk_activation_destroy(exact);
        }
}
END_TEST

/* However coarse, the matrix has no eigenvalue below rounding: n u lambda_max from the entries, and as much from LAPACK. */
START_TEST(positive_semidefinite)
{
    for (int c = 0; c < 8; c++) {
        ntk_activation *activation = subject_activation(context, &subjects[_i], c % 4 < 2 ? 1e-2 : 0);
        ntk_kernel_options o = subject_scales(c / 4 ? NTK_PART_NT : NTK_PART_BOTH);
        ntk_kernel *kernel = subject_kernel(context, activation, &o);
        uint64_t state = test_seed(305);
        double *x = subject_samples(N, INPUTS, subjects[_i].longest, c % 2, NTK_F64, &state), w[N];
        for (int64_t i = 0; i < N / 4; i++) /* near-duplicates and antipodes */
            for (int k = 0; k < INPUTS; k++)
                x[i * INPUTS + k] = (i % 2 ? -1 : 1) * x[(N - 1 - i) * INPUTS + k] * (1 + 1e-9 * oracle_normal(&state));
        test_array a = oracle_array(x, N, INPUTS, 0, NTK_F64), K = test_array_make(N, N, 0, NTK_F64);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
        ck_assert_int_eq(LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'L', N, K.view.data, N, w), 0);
        ck_assert_msg(w[0] >= -4 * N * DBL_EPSILON * w[N - 1], "%s: eigenvalues %.3g to %.3g",
                      oracle_kind_name(subjects[_i].kind), w[0], w[N - 1]);
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
    subject_check_memory(&subjects[_i], NULL, INPUTS, sizes, sizeof sizes / sizeof *sizes, test_seed(307));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_mehler");
    TCase *entry = test_case(suite, "entries"), *sets = test_case(suite, "sets"), *cut = test_case(suite, "cut");
    TCase *user = test_case(suite, "user");
    tcase_add_checked_fixture(entry, setup, teardown);
    tcase_add_checked_fixture(sets, setup, teardown);
    tcase_add_checked_fixture(cut, setup, teardown);
    tcase_add_checked_fixture(user, setup, teardown);
    tcase_add_loop_test(entry, entries, 0, SUBJECTS);
    tcase_add_test(entry, near_kinks);
    tcase_add_loop_test(entry, pieces, 0, 4);
    tcase_add_test(entry, golden_lines);
    tcase_add_loop_test(entry, gradients, 0, KINKED);
    tcase_add_test(sets, lengths_apart);
    tcase_add_test(sets, predictions);
    tcase_add_test(cut, accuracy_is_kept);
    tcase_add_loop_test(cut, positive_semidefinite, 0, SUBJECTS);
    tcase_add_test(user, user_functions);
    tcase_add_test(user, user_kinks);
    tcase_add_test(user, honest_errors);
    tcase_add_test(user, long_samples);
    tcase_add_loop_test(user, working_memory, 0, 6);
    return test_run(suite);
}
