/* Kernels made of kernels: each law against its formula in the values of what it is made of, wherever a kernel can be used. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N1 = 70, N2 = 83, D = 5, T = 6, HIDDEN = 40 };

/* --- expressions --- */

typedef enum law { BASE, CONSTANT, SUM, PRODUCT } law;
enum { RELU, ERF, DEEP, FINITE, BASES, MOST_TERMS = 3 };

/* number  BASE: which; CONSTANT: its value */
typedef struct expression {
    law law;
    double number;
    int count;
    const struct expression *terms[MOST_TERMS];
    double weights[MOST_TERMS];
} expression;

static const expression relu = {.law = BASE, .number = RELU}, erf_ = {.law = BASE, .number = ERF},
                        deep = {.law = BASE, .number = DEEP}, network_ = {.law = BASE, .number = FINITE},
                        quarter = {.law = CONSTANT, .number = 0.25};
static const expression mixed = {.law = SUM, .count = 3, .terms = {&relu, &network_, &quarter}, .weights = {0.5, 2, 3}};
static const expression scaled = {.law = SUM, .count = 1, .terms = {&relu}, .weights = {3}};
static const expression plain = {.law = SUM, .count = 2, .terms = {&relu, &erf_}, .weights = {1, 1}};
static const expression three = {.law = PRODUCT, .count = 3, .terms = {&relu, &erf_, &deep}};
static const expression one = {.law = PRODUCT, .count = 1, .terms = {&network_}};
static const expression square = {.law = PRODUCT, .count = 2, .terms = {&erf_, &erf_}};
static const expression shifted = {.law = PRODUCT, .count = 2, .terms = {&mixed, &deep}};
static const expression nested = {.law = SUM, .count = 3, .terms = {&shifted, &three, &network_}, .weights = {1, 0.5, 0.125}};
static const expression weighed = {.law = SUM, .count = 3, .terms = {&quarter, &relu, &square}, .weights = {1, 2, 0.5}};
static const expression smooth = {.law = PRODUCT, .count = 3, .terms = {&weighed, &relu, &plain}};
static const expression twice = {.law = SUM, .count = 2, .terms = {&smooth, &weighed}, .weights = {0.5, 4}};

static const struct {
    const char *name;
    const expression *e;
} cases[] = {
    {"scaled", &scaled},         {"sum", &mixed},          {"sum without weights", &plain},
    {"product", &three},         {"product of one", &one}, {"square", &square},
    {"constant", &quarter},      {"nested", &nested},      {"product of sums", &smooth},
    {"sum of products", &twice},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static ntk_context *context;
static ntk_kernel *bases[BASES];

static void make_bases(void)
{
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    ntk_network_options network = NTK_INIT(ntk_network_options);
    ntk_activation *kinked, *sigmoid;
    ntk_network *net;
    ntk_features *phi;
    network.inputs = D;
    network.hidden = HIDDEN;
    options.bias_scale = 0.5;
    CHECK_OK(ntk_activation_create(context, &kinked, NTK_RELU, NULL));
    CHECK_OK(ntk_activation_create(context, &sigmoid, NTK_ERF, NULL));
    CHECK_OK(ntk_network_create(context, &net, sigmoid, &network));
    CHECK_OK(ntk_features_create(context, &phi, net, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &bases[FINITE], phi));
    CHECK_OK(ntk_kernel_create_infinite(context, &bases[RELU], kinked, &options));
    CHECK_OK(ntk_kernel_create_infinite(context, &bases[ERF], sigmoid, &options));
    options.layers = 3;
    CHECK_OK(ntk_kernel_create_infinite(context, &bases[DEEP], kinked, &options));
    ntk_activation_destroy(kinked);
    ntk_activation_destroy(sigmoid);
    ntk_network_destroy(net);
    ntk_features_destroy(phi);
}

static void setup(void)
{
    context = test_context(1, NULL);
    make_bases();
}

static void free_bases(void)
{
    for (int b = 0; b < BASES; b++) ntk_kernel_destroy(bases[b]);
}

static void teardown(void)
{
    free_bases();
    ntk_context_destroy(context);
}

/* The kernel, which alone keeps its terms. */
static ntk_kernel *make(const expression *e)
{
    ntk_kernel *kernel, *terms[MOST_TERMS];
    const ntk_kernel *views[MOST_TERMS];
    for (int t = 0; t < e->count; t++) views[t] = terms[t] = make(e->terms[t]);
    bool ones = true;
    for (int t = 0; t < e->count; t++) ones &= e->weights[t] == 1;
    switch (e->law) {
    case BASE: {
        const ntk_kernel *base = bases[(int)e->number];
        CHECK_OK(ntk_kernel_create_sum(context, &kernel, &base, NULL, 1));
        break;
    }
    case CONSTANT:
        CHECK_OK(ntk_kernel_create_constant(context, &kernel, e->number));
        break;
    case SUM:
        CHECK_OK(ntk_kernel_create_sum(context, &kernel, views, ones ? NULL : e->weights, e->count));
        break;
    case PRODUCT:
        CHECK_OK(ntk_kernel_create_product(context, &kernel, views, e->count));
        break;
    }
    for (int t = 0; t < e->count; t++) ntk_kernel_destroy(terms[t]);
    return kernel;
}

/* K(x1, x2) as the library has it, in the dtype of x1. */
static double *block_of(const ntk_kernel *kernel, const test_array *x1, const test_array *x2)
{
    int64_t n1 = x1->view.rows, n2 = x2->view.rows;
    test_array K = test_array_make(n1, n2, 1, x1->view.dtype);
    double *values = oracle_memory(n1 * n2, sizeof *values);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1->view, &x2->view));
    ck_assert(test_array_is_written(&K));
    for (int64_t i = 0; i < n1 * n2; i++) values[i] = test_get(&K.view, i / n2, i % n2);
    test_array_free(&K);
    return values;
}

/* The same by the formula, of the bases' values. */
static double *formula(const expression *e, const test_array *x1, const test_array *x2)
{
    int64_t count = x1->view.rows * x2->view.rows;
    if (e->law == BASE) return block_of(bases[(int)e->number], x1, x2);
    double *values = oracle_memory(count, sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] = e->law == CONSTANT ? e->number : e->law == PRODUCT;
    for (int t = 0; t < e->count; t++) {
        double *term = formula(e->terms[t], x1, x2);
        for (int64_t i = 0; i < count; i++)
            values[i] = e->law == SUM ? values[i] + e->weights[t] * term[i] : values[i] * term[i];
        free(term);
    }
    return values;
}

/* sqrt of the formula's K(x, x). */
static double *lengths(const expression *e, const test_array *x)
{
    int64_t n = x->view.rows;
    double *K = formula(e, x, x), *roots = oracle_memory(n, sizeof *roots);
    for (int64_t i = 0; i < n; i++) roots[i] = sqrt(K[i * n + i]);
    free(K);
    return roots;
}

/* Samples, some of them copies, near-duplicates, opposites, or zero. */
static test_array samples(int64_t n, int32_t dtype, uint64_t seed)
{
    test_array x = test_array_make(n, D, 2, dtype);
    uint64_t state = test_seed(71) + seed;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < D; k++) {
            double from = test_get(&x.view, i % 7, k), value = oracle_normal(&state);
            if (i >= 7 && i % 5 == 0) value = from;
            if (i >= 7 && i % 5 == 1) value = from * (1 + 1e-9 * (double)k);
            if (i >= 7 && i % 5 == 2) value = -from;
            test_set(&x.view, i, k, i == 6 ? 0 : value);
        }
    return x;
}

/* Roundings of the terms' values, which other tiles may round otherwise, and of at most nine operations on them. */
static double bound_of(int32_t dtype)
{
    return 64 * oracle_roundoff(dtype);
}

static void check_close(const char *what, int which, double got, double want, double bound)
{
    ck_assert_msg(fabs(got - want) <= bound, "%s, %s: %.17g, not %.17g: off by %.3g > %.3g", cases[which].name, what, got, want,
                  fabs(got - want), bound);
}

START_TEST(blocks_and_diagonals)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        const expression *e = cases[_i].e;
        ntk_kernel *kernel = make(e);
        test_array x1 = samples(N1, dtype, 1), x2 = samples(N2, dtype, 2), d = test_array_make(N1, 1, 0, dtype);
        double *got = block_of(kernel, &x1, &x2), *want = formula(e, &x1, &x2);
        double *l1 = lengths(e, &x1), *l2 = lengths(e, &x2);
        for (int64_t i = 0; i < N1 * N2; i++)
            check_close("block", _i, got[i], want[i], bound_of(dtype) * l1[i / N2] * l2[i % N2]);
        CHECK_OK(ntk_kernel_diagonal(kernel, &d.view, &x1.view));
        for (int64_t i = 0; i < N1; i++)
            check_close("diagonal", _i, test_get(&d.view, i, 0), l1[i] * l1[i], bound_of(dtype) * l1[i] * l1[i]);
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
        const expression *e = cases[_i].e;
        ntk_kernel *kernel = make(e);
        test_array x1 = samples(N1, dtype, 1), x2 = samples(N2, dtype, 2), v = test_array_make(N2, T, 1, dtype),
                   y = test_array_make(N1, T, 1, dtype);
        test_array_fill(&v, 3);
        double *K = formula(e, &x1, &x2), *l1 = lengths(e, &x1), *l2 = lengths(e, &x2);
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
                check_close("multiply", _i, test_get(&y.view, i, c), sum, 2 * bound_of(dtype) * size);
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
            check_close("stream", p->which, test_get(&panel->values, i, j), p->K[row * N + j],
                        bound_of(p->dtype) * p->lengths[row] * p->lengths[j]);
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
        check_close("matrix", which, test_get(&out.view, i / N, i % N), K[i], bound_of(dtype) * l[i / N] * l[i % N]);
    test_array_fill(&v, 4);
    CHECK_OK(ntk_gram_multiply(gram, &y.view, &v.view));
    for (int64_t i = 0; i < N; i++) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < N; j++) {
            sum += K[i * N + j] * test_get(&v.view, j, 0);
            size += l[i] * l[j] * fabs(test_get(&v.view, j, 0));
        }
        check_close("matrix times vector", which, test_get(&y.view, i, 0), sum, 4 * bound_of(dtype) * size);
        want += l[i] * l[i];
    }
    CHECK_OK(ntk_gram_trace(gram, &trace));
    check_close("trace", which, trace, want, 4 * bound_of(dtype) * want);
    test_array_free(&out);
    test_array_free(&v);
    test_array_free(&y);
}

START_TEST(matrices)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        const expression *e = cases[_i].e;
        ntk_kernel *kernel = make(e);
        test_array x = samples(N, dtype, 5);
        double *K = formula(e, &x, &x), *l = lengths(e, &x);
        for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
            ntk_gram_options options = {sizeof options, storage, dtype};
            ntk_gram *gram;
            CHECK_OK(ntk_gram_create(context, &gram, kernel, &x.view, &options));
            check_matrix(_i, gram, K, l, dtype);
            ntk_gram_destroy(gram);
        }
        for (int32_t shape = NTK_PANEL_LOWER; shape <= NTK_PANEL_WHOLE; shape++) {
            ntk_stream_options options = {sizeof options, 97, shape, dtype};
            panels p = {K, l, _i, dtype, 0};
            CHECK_OK(ntk_gram_stream(context, kernel, &x.view, receive, &p, &options));
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
    const expression *e = cases[_i].e;
    ntk_kernel *kernel = make(e);
    test_array x = samples(N, NTK_F64, 6), z = samples(N1, NTK_F64, 7), y = test_array_make(N, 1, 0, NTK_F64),
               p = test_array_make(N1, 1, 0, NTK_F64), few = test_array_make(2, 1, 0, NTK_F64),
               alpha = test_array_make(N, 1, 0, NTK_F64);
    double *K = formula(e, &x, &x), *cross = formula(e, &z, &x), *l = lengths(e, &x), trace = 0;
    for (int64_t i = 0; i < N; i++) trace += l[i] * l[i];
    double lambda = 1e-6 * trace;
    ntk_ridge *ridge;
    test_array_fill(&y, 8);
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &x.view, &y.view, lambda, NULL));
    ntk_kernel_destroy(kernel);
    CHECK_OK(ntk_ridge_coefficients(ridge, &alpha.view));
    /* a residual of 3 n u trace(A) |alpha| (Higham 2002, theorem 10.4) and the entries' errors */
    for (int64_t i = 0; i < N; i++) {
        double sum = lambda * test_get(&alpha.view, i, 0), norm = 0;
        for (int64_t j = 0; j < N; j++) {
            sum += K[i * N + j] * test_get(&alpha.view, j, 0);
            norm = hypot(norm, test_get(&alpha.view, j, 0));
        }
        check_close("ridge", _i, sum, test_get(&y.view, i, 0), 4 * N * DBL_EPSILON * trace * norm);
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
        check_close("prediction", _i, test_get(&p.view, i, 0), sum, 16 * bound_of(NTK_F64) * size);
        if (i < 2) check_close("prediction of two", _i, test_get(&few.view, i, 0), sum, 16 * bound_of(NTK_F64) * size);
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

/* --- gradients --- */

/* Of sum_j v_jc K(x, x2_j) in element k of x, by differences of five points. */
static double difference(const expression *e, const test_array *x, const test_array *x2, const test_array *v, int64_t c,
                         int64_t k)
{
    const double h = 0x1p-10, at = test_get(&x->view, 0, k);
    double sums[5] = {0};
    for (int s = -2; s <= 2; s++) {
        test_set(&x->view, 0, k, at + s * h);
        double *K = formula(e, x, x2);
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
    const expression *e = cases[_i].e;
    ntk_kernel *kernel = make(e);
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
    double *l1 = lengths(e, &x1), *l2 = lengths(e, &x2);
    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t k = 0; k < T * D; k++) {
            double size = 0;
            for (int64_t q = 0; q < D; q++) test_set(&row.view, 0, q, test_get(&x1.view, i, q));
            for (int64_t j = 0; j < COLS; j++) size += l1[i] * l2[j] * fabs(test_get(&v.view, j, k / D));
            check_close("gradient", _i, test_get(&g.view, i, k), difference(e, &row, &x2, &v, k / D, k % D), 1e-9 * size);
            check_close("gradient in f32", _i, test_get(&g32.view, i, k), test_get(&g.view, i, k), 1e-5 * size);
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
    ntk_kernel *kernel = make(&twice);
    test_array x1 = test_array_make(ROWS, D, 0, NTK_F64), x2 = test_array_make(COLS, D, 0, NTK_F64),
               v = test_array_make(COLS, TARGETS, 0, NTK_F64), g = test_array_make(ROWS, TARGETS * D, 0, NTK_F64),
               one_g = test_array_make(ROWS, D, 0, NTK_F64);
    test_array_fill(&x1, 11);
    test_array_fill(&x2, 12);
    test_array_fill(&v, 13);
    double *l1 = lengths(&twice, &x1), *l2 = lengths(&twice, &x2);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x1.view, &x2.view, &v.view));
    for (int64_t c = 0; c < TARGETS; c++) {
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

/* --- what is refused --- */

START_TEST(bad_terms)
{
    ntk_network_options network = NTK_INIT(ntk_network_options);
    ntk_activation *activation;
    ntk_network *net;
    ntk_features *phi;
    ntk_kernel *wide, *kernel = bases[0];
    network.inputs = D + 1;
    network.hidden = 3;
    CHECK_OK(ntk_activation_create(context, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_network_create(context, &net, activation, &network));
    CHECK_OK(ntk_features_create(context, &phi, net, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &wide, phi));
    const ntk_kernel *terms[] = {bases[RELU], bases[FINITE], wide}, *none[] = {bases[RELU], NULL};
    CHECK_STATUS(ntk_kernel_create_sum(context, &kernel, terms, NULL, 3), NTK_ERR_SHAPE);
    CHECK_MESSAGE("terms[2] takes 6 inputs, expected 5");
    ck_assert_ptr_null(kernel);
    CHECK_STATUS(ntk_kernel_create_product(context, &kernel, terms, 3), NTK_ERR_SHAPE);
    CHECK_MESSAGE("factors[2] takes 6 inputs, expected 5");
    CHECK_STATUS(ntk_kernel_create_sum(context, &kernel, none, NULL, 2), NTK_ERR_NULL);
    CHECK_MESSAGE("terms[1] is NULL");
    CHECK_STATUS(ntk_kernel_create_product(context, &kernel, none, 2), NTK_ERR_NULL);
    CHECK_MESSAGE("factors[1] is NULL");
    CHECK_STATUS(ntk_kernel_create_product(context, &kernel, NULL, 2), NTK_ERR_NULL);
    CHECK_STATUS(ntk_kernel_create_sum(context, &kernel, NULL, NULL, 2), NTK_ERR_NULL);
    const double weights[][2] = {{1, -1}, {1, NAN}, {1, INFINITY}};
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(ntk_kernel_create_sum(context, &kernel, terms, weights[i], 2), NTK_ERR_VALUE);
        CHECK_MESSAGE("weights[1] is");
    }
    /* the number of inputs is that of the finite term */
    CHECK_OK(ntk_kernel_create_sum(context, &kernel, terms, NULL, 2));
    test_array x = samples(4, NTK_F64, 1), d = test_array_make(4, 1, 0, NTK_F64);
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
    ntk_kernel *kernel = make(&relu);
    ntk_status status = NTK_OK;
    int doubled = 0;
    while (status == NTK_OK && doubled < 20) {
        const ntk_kernel *both[] = {kernel, kernel};
        ntk_kernel *next;
        status = ntk_kernel_create_sum(context, &next, both, NULL, 2);
        if (status == NTK_OK) {
            ntk_kernel_destroy(kernel);
            kernel = next;
            doubled++;
        }
    }
    CHECK_STATUS(status, NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("more than 1000 kernels");
    ck_assert_int_eq(doubled, 8); /* 2^(8 + 1) - 1 sums and 2^8 kernels */
    test_array x = samples(9, NTK_F64, 1);
    double *K = block_of(kernel, &x, &x), *base = block_of(bases[RELU], &x, &x);
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
    test_array x = samples(3, NTK_F64, 1), K = test_array_make(3, 3, 0, NTK_F64), K32 = test_array_make(3, 3, 0, NTK_F32);
    ntk_kernel *kernel, *large, *small;
    for (int64_t k = 0; k < D; k++) test_set(&x.view, 1, k, 1e160);
    const ntk_kernel *term = bases[RELU];
    CHECK_OK(ntk_kernel_create_sum(context, &kernel, &term, &tiny, 1));
    CHECK_STATUS(ntk_kernel_block(kernel, &K.view, &x.view, &x.view), NTK_ERR_OVERFLOW);
    ck_assert(test_array_is_poison(&K));
    ntk_kernel_destroy(kernel);
    CHECK_OK(ntk_kernel_create_constant(context, &large, 1e200));
    CHECK_OK(ntk_kernel_create_constant(context, &small, 1e-250));
    const ntk_kernel *wrong[] = {large, large, small}, *right[] = {large, small, large};
    for (int64_t k = 0; k < D; k++) test_set(&x.view, 1, k, 1);
    CHECK_OK(ntk_kernel_create_product(context, &kernel, wrong, 3));
    CHECK_STATUS(ntk_kernel_block(kernel, &K.view, &x.view, &x.view), NTK_ERR_OVERFLOW);
    ntk_kernel_destroy(kernel);
    CHECK_OK(ntk_kernel_create_product(context, &kernel, right, 3));
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
    CHECK_OK(ntk_activation_create(context, &activation, NTK_RELU, NULL));
    CHECK_OK(ntk_kernel_create_infinite(context, &plain_relu, activation, NULL));
    const ntk_kernel *both[] = {plain_relu, plain_relu};
    CHECK_OK(ntk_kernel_create_sum(context, &kernel, both, NULL, 2));
    test_array x = samples(40, NTK_F64, 1), y = samples(30, NTK_F64, 2), K = test_array_make(40, 40, 0, NTK_F64);
    for (int64_t k = 0; k < D; k++) {
        test_set(&x.view, 1, k, ldexp(test_get(&x.view, 1, k), 500));
        test_set(&x.view, 2, k, ldexp(test_get(&x.view, 2, k), -500));
        test_set(&y.view, 3, k, ldexp(test_get(&y.view, 3, k), -600));
    }
    double *got = block_of(kernel, &x, &y), *want = block_of(plain_relu, &x, &y);
    for (int i = 0; i < 1200; i++) ck_assert(got[i] == 2 * want[i]);
    free(got);
    free(want);
    got = block_of(kernel, &x, &x);
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
        ntk_gram_options options = {sizeof options, storage, 0};
        ntk_gram *gram;
        CHECK_OK(ntk_gram_create(context, &gram, kernel, &x.view, &options));
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

int main(void)
{
    Suite *suite = suite_create("kernel algebra");
    TCase *tests = test_case(suite, "laws");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, blocks_and_diagonals, 0, CASES);
    tcase_add_loop_test(tests, products_with_vectors, 0, CASES);
    tcase_add_loop_test(tests, matrices, 0, CASES);
    tcase_add_loop_test(tests, ridge_regression, 0, CASES);
    tcase_add_loop_test(tests, gradients, 0, CASES);
    tcase_add_test(tests, gradients_in_rounds);
    tcase_add_test(tests, bad_terms);
    tcase_add_test(tests, too_many_kernels);
    tcase_add_test(tests, overflow);
    tcase_add_test(tests, extreme_lengths);
    return test_run(suite);
}
