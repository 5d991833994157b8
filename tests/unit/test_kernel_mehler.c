/* Infinite-width kernels of one layer of activations without closed form, and of kinked ones with a shift or an offset: against the
 * activations' moments and golden values. */
#include "one_layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef GOLDEN_CSV
#define GOLDEN_CSV "../shared/golden/kernels.csv"
#endif

enum { N = 150, INPUTS = LAYER_INPUTS }; /* more than two blocks of coefficients */

TEST_CONTEXT_FIXTURE(2)

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

/* Every part, in both precisions, of the same samples. */
START_TEST(entries)
{
    const subject *s = &layer_subjects[_i];
    ntk_activation *activation = subject_activation(context, s, 0);
    uint64_t state = test_seed(300);
    for (int varied = 0; varied < 2; varied++) {
        double *x = subject_samples(N, INPUTS, s->longest, varied, NTK_F32, &state);
        ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
        const layer_sample sample = layer_entries(activation, &o, x, N, x, N);
        for (int c = 0; c < 6; c++) {
            int32_t dtype = c / 3 ? NTK_F32 : NTK_F64;
            o.part = c % 3;
            ntk_kernel *kernel = subject_kernel(context, activation, &o);
            test_array a = oracle_array(x, N, INPUTS, 0, dtype), K = test_array_make(N, N, 0, dtype);
            CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
            (void)layer_compare(kernel, o.part, &sample, &K.view, layer_tolerance(1e-12, dtype), oracle_kind_name(s->kind));
            compare_products(kernel, &a, &K);
            if (o.part == NTK_PART_BOTH) compare_grams(kernel, &a, &K);
            test_array_free(&a);
            test_array_free(&K);
            ntk_kernel_destroy(kernel);
        }
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

/* Pieces of blocks of coefficients: single rows and columns, and columns from everywhere on.  Wherever they are cut, they hold what the
 * whole block does, to the accuracy of both. */
START_TEST(pieces)
{
    ntk_activation *activation = subject_activation(context, &layer_subjects[_i], 0);
    ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    uint64_t state = test_seed(301);
    double *x = subject_samples(N, INPUTS, layer_subjects[_i].longest, true, NTK_F64, &state);
    test_array a = oracle_array(x, N, INPUTS, 0, NTK_F64), whole = test_array_make(N, N, 0, NTK_F64);
    CHECK_OK(ntk_kernel_block(kernel, &whole.view, &a.view, &a.view));
    for (int trial = 0; trial < 12; trial++) {
        int64_t n1 = 1 + oracle_integer(&state, trial < 6 ? 2 : 70), n2 = 1 + oracle_integer(&state, trial % 3 ? 140 : 2);
        int64_t i = oracle_integer(&state, N - n1 + 1), j = oracle_integer(&state, N - n2 + 1);
        ntk_matrix x1 = ntk_matrix_const_f64(x + i * INPUTS, n1, INPUTS), x2 = ntk_matrix_const_f64(x + j * INPUTS, n2, INPUTS);
        test_array K = test_array_make(n1, n2, 1, NTK_F64);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1, &x2));
        ck_assert(test_array_is_contained(&K));
        for (int64_t e = 0; e < n1 * n2; e++) {
            int64_t row = i + e / n2, col = j + e % n2;
            double want = test_get(&whole.view, row, col),
                   size = sqrt(test_get(&whole.view, row, row) * test_get(&whole.view, col, col));
            ck_assert_double_le(fabs(test_get(&K.view, e / n2, e % n2) - want), 2 * layer_tolerance(1e-12, NTK_F64) * size);
        }
        test_array_free(&K);
    }
    test_array_free(&a);
    test_array_free(&whole);
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

enum { ROWS = 3, COLS = 70 };

/* A and B of the gradient A y + B x of K(x, y) in x, of the three parts, from the moments' derivatives. */
typedef struct slope {
    double A[3], B[3];
} slope;

static slope slope_of(const ntk_activation *activation, const double *x, const double *y)
{
    const ntk_kernel_options o = subject_scales(NTK_PART_BOTH);
    ntk_moments m = NTK_INIT(ntk_moments);
    double q12 = layer_covariance(&o, x, y), square = o.output_weight_scale * o.output_weight_scale;
    double c = square * o.weight_scale * o.weight_scale / INPUTS;
    slope s;
    CHECK_OK(ntk_activation_moments(activation, &m, layer_covariance(&o, x, x), layer_covariance(&o, y, y), q12));
    s.A[NTK_PART_RF] = c * m.dkappa_dq12;
    s.A[NTK_PART_NT] = c * (m.kdot + q12 * m.dkdot_dq12);
    s.A[NTK_PART_BOTH] = s.A[NTK_PART_RF] + s.A[NTK_PART_NT];
    s.B[NTK_PART_RF] = 2 * c * m.dkappa_dq11;
    s.B[NTK_PART_NT] = 2 * c * q12 * m.dkdot_dq11;
    s.B[NTK_PART_BOTH] = s.B[NTK_PART_RF] + s.B[NTK_PART_NT];
    return s;
}

/* Samples, weights of which some are not 0, and what the moments say of the pairs that count. */
typedef struct pairs {
    double *x, v[COLS];
    slope own[COLS], of[ROWS][COLS];
} pairs;

static void pairs_make(pairs *p, const ntk_activation *activation, const subject *s, bool varied)
{
    uint64_t state = test_seed(308);
    p->x = subject_samples(COLS, INPUTS, s->longest, varied, NTK_F32, &state);
    for (int j = 0; j < COLS; j++) {
        const double *xj = p->x + j * INPUTS;
        p->v[j] = j % 23 == 0 || (j > 1 && j < 6) ? (double)(float)test_uniform(9, j) : 0;
        if (p->v[j] != 0 || j < ROWS) p->own[j] = slope_of(activation, xj, xj);
        for (int i = 0; i < ROWS && p->v[j] != 0; i++) p->of[i][j] = slope_of(activation, p->x + i * INPUTS, xj);
    }
}

/* |A| |y| and |B| |x| at y = x bound what the terms of a pair come to; in f32 the degrees multiply their roundings. */
static void check_row(const pairs *p, const subject *s, int32_t part, int64_t i, const ntk_matrix *g)
{
    double want[INPUTS] = {0}, size = 0, bound = g->dtype == NTK_F64 ? 1e-11 : 2e-5;
    for (int64_t j = 0; j < COLS; j++) {
        const slope *at = &p->of[i][j], *own[2] = {&p->own[i], &p->own[j]};
        if (p->v[j] == 0) continue;
        for (int k = 0; k < INPUTS; k++)
            want[k] += p->v[j] * (at->A[part] * p->x[j * INPUTS + k] + at->B[part] * p->x[i * INPUTS + k]);
        for (int e = 0; e < 2; e++) size += fabs(p->v[j]) * s->longest * (fabs(own[e]->A[part]) + fabs(own[e]->B[part]));
    }
    for (int k = 0; k < INPUTS; k++)
        ck_assert_msg(fabs(test_get(g, i, k) - want[k]) <= bound * size,
                      "%s, part %d, dtype %d: g(%d, %d) is %.17g, not %.17g, size %g", oracle_kind_name(s->kind), part,
                      g->dtype, (int)i, k, test_get(g, i, k), want[k], size);
}

static void compare_gradient(const pairs *p, const ntk_activation *activation, const subject *s, int32_t part, int32_t dtype)
{
    ntk_kernel_options o = subject_scales(part);
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    test_array a = oracle_array(p->x, ROWS, INPUTS, 0, dtype), b = oracle_array(p->x, COLS, INPUTS, 0, dtype),
               w = oracle_array(p->v, COLS, 1, 0, dtype), g = test_array_make(ROWS, INPUTS, 0, dtype);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &a.view, &b.view, &w.view));
    for (int64_t i = 0; i < ROWS; i++) check_row(p, s, part, i, &g.view);
    test_array *arrays[] = {&a, &b, &w, &g};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    ntk_kernel_destroy(kernel);
}

START_TEST(gradients)
{
    const subject *s = &layer_subjects[_i];
    ntk_activation *activation = subject_activation(context, s, 0);
    for (int varied = 0; varied < 2; varied++) {
        pairs p = {0};
        pairs_make(&p, activation, s, varied);
        for (int32_t part = 0; part < 3; part++)
            for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) compare_gradient(&p, activation, s, part, dtype);
        free(p.x);
    }
    ntk_activation_destroy(activation);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_mehler");
    TCase *entry = test_case(suite, "entries");
    tcase_add_checked_fixture(entry, setup, teardown);
    tcase_add_loop_test(entry, entries, 0, LAYER_SUBJECTS);
    tcase_add_test(entry, near_kinks);
    tcase_add_loop_test(entry, pieces, 0, 4);
    tcase_add_test(entry, golden_lines);
    tcase_add_loop_test(entry, gradients, 0, LAYER_KINKED);
    return test_run(suite);
}
