/* Derivatives of infinite kernels by their scales, against differences of the kernel with other scales. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ntk_context *context;

static void setup(void)
{
    context = test_context(1, NULL);
}
static void teardown(void)
{
    ntk_context_destroy(context);
}

enum { N1 = 7, N2 = 9, D = 5, MOST_LAYERS = 3, MOST_SCALES = 2 * MOST_LAYERS + 2 };

static const struct {
    int32_t kind;
    double slope;
} all[] = {{NTK_RELU, 0}, {NTK_LEAKY_RELU, 0.1}, {NTK_LEAKY_RELU, -0.5}, {NTK_ABS, 0}, {NTK_IDENTITY, 0}, {NTK_STEP, 0},
           {NTK_SIGN, 0}, {NTK_ERF, 0},          {NTK_GELU, 0},          {NTK_SIN, 0}, {NTK_COS, 0},      {NTK_EXP, 0}};
enum { KINDS = sizeof all / sizeof *all };

/* The scales in the order of the derivatives, and what else the kernel has. */
typedef struct described {
    int kind;
    int64_t layers;
    int32_t part, parameterization;
    double scales[MOST_SCALES];
} described;

static ntk_kernel *create(const described *of, const double *scales)
{
    static const double rates[MOST_LAYERS + 1] = {1.5, 0.5, 0.75, 1};
    oracle_kernel oracle = {.kind = all[of->kind].kind, .slope = all[of->kind].slope};
    double biases[MOST_LAYERS];
    memcpy(biases, scales + of->layers, (size_t)of->layers * sizeof *biases);
    oracle.options = (ntk_kernel_options){.struct_size = sizeof oracle.options,
                                          .part = of->part,
                                          .parameterization = of->parameterization,
                                          .layers = of->layers,
                                          .weight_scales = scales,
                                          .bias_scales = biases,
                                          .output_weight_scale = scales[2 * of->layers],
                                          .output_bias_scale = scales[2 * of->layers + 1],
                                          .layer_rates = rates};
    return oracle_kernel_create(context, &oracle);
}

/* sum_ij w_ij K(x_i, y_j), and *size with absolute values */
static double weighted(const described *of, const double *scales, const double *x, const double *y, const double *w,
                       double *size)
{
    double K[N1 * N2], sum = 0;
    ntk_kernel *kernel = create(of, scales);
    ntk_matrix X = ntk_matrix_f64((double *)(uintptr_t)x, N1, D), Y = ntk_matrix_f64((double *)(uintptr_t)y, N2, D),
               out = ntk_matrix_f64(K, N1, N2);
    CHECK_OK(ntk_kernel_block(kernel, &out, &X, &Y));
    ntk_kernel_destroy(kernel);
    *size = 0;
    for (int i = 0; i < N1 * N2; i++) {
        sum += w[i] * K[i];
        *size += fabs(w[i] * K[i]);
    }
    return sum;
}

static double difference(const described *of, int64_t s, const double *x, const double *y, const double *w, double h)
{
    static const double shares[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
    double scales[MOST_SCALES], sum = 0, size;
    memcpy(scales, of->scales, sizeof scales);
    for (int k = 1; k <= 4; k++) {
        scales[s] = of->scales[s] + k * h;
        double above = weighted(of, scales, x, y, w, &size);
        scales[s] = of->scales[s] - k * h;
        sum += shares[k - 1] * (above - weighted(of, scales, x, y, w, &size));
    }
    return sum / h;
}

static void compare(const described *of, const double *x, const double *y, const double *w, int32_t dtype)
{
    const int64_t count = 2 * of->layers + 2;
    int64_t scales = 0;
    double size;
    ntk_kernel *kernel = create(of, of->scales);
    test_array a = oracle_array(x, N1, D, 2, dtype), b = oracle_array(y, N2, D, 0, dtype),
               W = oracle_array(w, N1, N2, 1, NTK_F64);
    test_array g = test_array_make(count, 1, 1, dtype);
    CHECK_OK(ntk_kernel_scales(kernel, &scales));
    ck_assert_int_eq(scales, count);
    CHECK_OK(ntk_kernel_scale_gradient(kernel, &g.view, &a.view, &b.view, &W.view));
    ck_assert(test_array_is_contained(&g));
    weighted(of, of->scales, x, y, w, &size);
    for (int64_t s = 0; s < count; s++) {
        double got = test_get(&g.view, s, 0), want = 0, wide = 0;
        if (of->scales[s] > 0) {
            want = difference(of, s, x, y, w, 0x1p-10);
            wide = difference(of, s, x, y, w, 0x1p-9);
        }
        /* the differences' rounding, and the derivative's own: of the angles, some thousand units, over s^2 of samples 1/16 apart;
         * of f32 besides what is left out of angles below 3e-4 */
        double bound = fabs(wide - want) + 64 * 0x1p-53 * size * (1 + log(1 + size)) / 0x1p-10 +
                       (dtype == NTK_F64 ? 0x1p-42 : 0x1p-11) * (size + fabs(want));
        ck_assert_msg(fabs(got - want) <= bound, "%s %g layers %d part %d %d dtype %d: g[%d] is %.15g, not %.15g (%.2g > %.2g)",
                      oracle_kind_name(all[of->kind].kind), all[of->kind].slope, (int)of->layers, of->part,
                      of->parameterization, (int)dtype, (int)s, got, want, fabs(got - want), bound);
    }
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&W);
    test_array_free(&g);
    ntk_kernel_destroy(kernel);
}

/* Samples of both sets are far from each other, a copy, antipodal, 1/16 apart, and 0. */
static void make(double **x, double **y, double **w, uint64_t *state)
{
    *x = oracle_samples(N1, D, NTK_F32, state);
    *y = oracle_samples(N2, D, NTK_F32, state);
    *w = oracle_samples(N1, N2, NTK_F64, state);
    memcpy(*y, *x, D * sizeof **x);
    for (int64_t k = 0; k < D; k++) {
        (*y)[D + k] = -(*x)[k];
        (*y)[2 * D + k] = (*x)[2 * D + k] * (1 + 0x1p-4 * (double)(k % 2));
        (*y)[3 * D + k] = 0;
    }
}

START_TEST(differences)
{
    uint64_t state = test_seed(81) + (uint64_t)_i;
    double *x, *y, *w;
    make(&x, &y, &w, &state);
    for (int64_t layers = 1; layers <= MOST_LAYERS; layers++)
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
            for (int bias = 0; bias < 2; bias++) {
                described of = {.kind = _i, .layers = layers, .part = part};
                bool narrow = all[_i].kind == NTK_EXP; /* exp of exp grows */
                for (int64_t l = 0; l < layers; l++) of.scales[l] = narrow ? 0.5 : 1.25 - 0.25 * (double)l;
                for (int64_t l = 0; l < layers && bias; l++) of.scales[layers + l] = 0.25 + 0.25 * (double)l;
                of.scales[2 * layers] = 0.75;
                of.scales[2 * layers + 1] = 0.5 * bias;
                compare(&of, x, y, w, NTK_F64);
                compare(&of, x, y, w, NTK_F32);
                of.parameterization = NTK_PARAM_LECTURE;
                if (layers == 1 && !bias) compare(&of, x, y, w, NTK_F64);
            }
    free(x);
    free(y);
    free(w);
}
END_TEST

/* --- tiles, instruction sets, lengths --- */

enum { ROWS = 530, COLS = 1030, INPUTS = 7 };

static void evaluate(double *g, const described *of, uint32_t disabled, const double *x, const double *y, const double *w,
                     int64_t rows, int64_t cols, int32_t dtype)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *kept = context;
    options.cpu_disable = disabled;
    CHECK_OK(ntk_context_create(&context, &options));
    ntk_kernel *kernel = create(of, of->scales);
    test_array a = oracle_array(x, rows, INPUTS, 2, dtype), b = oracle_array(y, cols, INPUTS, 0, dtype),
               W = oracle_array(w, rows, cols, 0, NTK_F64), out = test_array_make(2 * of->layers + 2, 1, 0, dtype);
    CHECK_OK(ntk_kernel_scale_gradient(kernel, &out.view, &a.view, &b.view, &W.view));
    for (int64_t s = 0; s < out.view.rows; s++) g[s] = test_get(&out.view, s, 0);
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&W);
    test_array_free(&out);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    context = kept;
}

/* A sum over several tiles is that over blocks of the matrix, on every instruction set: in another order. */
START_TEST(blocks_and_instruction_sets)
{
    const uint32_t masks[] = {0, NTK_CPU_AVX512, NTK_CPU_AVX2 | NTK_CPU_AVX512};
    uint64_t state = test_seed(82) + (uint64_t)_i;
    double *x = oracle_samples(ROWS, INPUTS, NTK_F32, &state), *y = oracle_samples(COLS, INPUTS, NTK_F32, &state),
           *w = oracle_samples(ROWS, COLS, NTK_F32, &state);
    described of = {.kind = _i, .layers = 2, .scales = {0.75, 0.5, 0.25, 0.5, 0.75, 0.5}};
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        double right[6], size = 0, unit = dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
        evaluate(right, &of, 0, x, y, w, ROWS, COLS, dtype);
        for (int s = 0; s < 6; s++) size = fmax(size, fabs(right[s]));
        for (int m = 0; m < 3; m++) {
            double sum[6] = {0}, part[6];
            for (int64_t first = 0; first < ROWS; first += 265) {
                evaluate(part, &of, masks[m], x + first * INPUTS, y, w + first * COLS, 265, COLS, dtype);
                for (int s = 0; s < 6; s++) sum[s] += part[s];
            }
            /* terms of both signs, a thousand times the sum's size at most, each with some hundred roundings */
            for (int s = 0; s < 6; s++)
                ck_assert_msg(fabs(sum[s] - right[s]) <= 1e5 * unit * size,
                              "%s mask %u dtype %d: g[%d] is %.9g, not %.9g (of %.3g)", oracle_kind_name(all[_i].kind),
                              masks[m], (int)dtype, s, sum[s], right[s], size);
        }
    }
    free(x);
    free(y);
    free(w);
}
END_TEST

/* K(a x, b y) = a b K(x, y) of ReLU without bias, and so are its derivatives, while K itself can be represented; those of the
 * sign's do not change. */
START_TEST(extreme_lengths)
{
    const int exponents[][2] = {{300, -250}, {-400, 380}, {500, 480}, {-330, -330}};
    const int kinds[] = {0, 6};
    uint64_t state = test_seed(83);
    double *x = oracle_samples(5, INPUTS, NTK_F64, &state), *y = oracle_samples(5, INPUTS, NTK_F64, &state),
           *w = oracle_samples(5, 5, NTK_F64, &state);
    for (int kind = 0; kind < 2; kind++) {
        described of = {.kind = kinds[kind], .layers = 2, .scales = {0.75, 1.5, 0, 0, 0.75, 0}};
        double right[6];
        evaluate(right, &of, 0, x, y, w, 5, 5, NTK_F64);
        for (size_t e = 0; e < sizeof exponents / sizeof exponents[0]; e++) {
            double xs[5 * INPUTS], ys[5 * INPUTS], g[6];
            for (int64_t k = 0; k < 5 * INPUTS; k++) {
                xs[k] = ldexp(x[k], exponents[e][0]);
                ys[k] = ldexp(y[k], exponents[e][1]);
            }
            evaluate(g, &of, 0, xs, ys, w, 5, 5, NTK_F64);
            for (int s = 0; s < 6; s++)
                ck_assert_msg(fabs(ldexp(g[s], kind ? 0 : -exponents[e][0] - exponents[e][1]) - right[s]) <=
                                  1e-12 * fabs(right[0]) + 1e-12,
                              "%s 2^%d 2^%d: g[%d] is %.17g, not %.17g", oracle_kind_name(all[kinds[kind]].kind),
                              exponents[e][0], exponents[e][1], s, g[s], right[s]);
        }
    }
    free(x);
    free(y);
    free(w);
}
END_TEST

/* --- kernels made of others --- */

enum { TALL = 300, WIDE = 40, TERMS = 3 };

typedef struct made {
    ntk_kernel *terms[TERMS];
    test_array x, y, K[TERMS], w;
    int64_t counts[TERMS];
} made;

static void make_terms(made *m, int32_t dtype)
{
    const described kinds[TERMS] = {{.kind = 0, .layers = 2, .scales = {0.75, 0.5, 0.25, 0.5, 0.75, 0.5}},
                                    {.kind = 7, .layers = 1, .scales = {0.75, 0.25, 0.5, 0}},
                                    {.kind = 9, .layers = 1, .scales = {0.5, 0.25, 1.5, 0.25}}};
    uint64_t state = test_seed(84);
    double *x = oracle_samples(TALL, INPUTS, NTK_F32, &state), *y = oracle_samples(WIDE, INPUTS, NTK_F32, &state),
           *w = oracle_samples(TALL, WIDE, NTK_F32, &state);
    m->x = oracle_array(x, TALL, INPUTS, 1, dtype);
    m->y = oracle_array(y, WIDE, INPUTS, 0, dtype);
    m->w = oracle_array(w, TALL, WIDE, 2, NTK_F64);
    for (int t = 0; t < TERMS; t++) {
        m->terms[t] = create(&kinds[t], kinds[t].scales);
        m->counts[t] = 2 * kinds[t].layers + 2;
        m->K[t] = test_array_make(TALL, WIDE, 0, NTK_F64);
        CHECK_OK(ntk_kernel_block(m->terms[t], &m->K[t].view, &m->x.view, &m->y.view));
    }
    free(x);
    free(y);
    free(w);
}

static void free_terms(made *m)
{
    for (int t = 0; t < TERMS; t++) {
        ntk_kernel_destroy(m->terms[t]);
        test_array_free(&m->K[t]);
    }
    test_array_free(&m->x);
    test_array_free(&m->y);
    test_array_free(&m->w);
}

/* g of this kernel, at most 32 numbers, with the made weights times the factors that are not NULL */
static int64_t evaluate_with(double *g, const ntk_kernel *kernel, const made *m, const test_array *f1, const test_array *f2,
                             int32_t dtype)
{
    int64_t count;
    CHECK_OK(ntk_kernel_scales(kernel, &count));
    test_array W = test_array_make(TALL, WIDE, 0, NTK_F64), out = test_array_make(count, 1, 3, dtype);
    for (int64_t i = 0; i < TALL; i++)
        for (int64_t j = 0; j < WIDE; j++)
            test_set(&W.view, i, j,
                     test_get(&m->w.view, i, j) * (f1 ? test_get(&f1->view, i, j) : 1) * (f2 ? test_get(&f2->view, i, j) : 1));
    CHECK_OK(ntk_kernel_scale_gradient(kernel, &out.view, &m->x.view, &m->y.view, &W.view));
    for (int64_t s = 0; s < count; s++) g[s] = test_get(&out.view, s, 0);
    test_array_free(&W);
    test_array_free(&out);
    return count;
}

static void close_to(const double *got, const double *want, int64_t count, double size, int32_t dtype, const char *what)
{
    for (int64_t s = 0; s < count; s++)
        ck_assert_msg(fabs(got[s] - want[s]) <= (dtype == NTK_F64 ? 0x1p-40 : 0x1p-11) * size, "%s: g[%d] is %.15g, not %.15g",
                      what, (int)s, got[s], want[s]);
}

static double size_of(const double *g, int64_t count)
{
    double size = 0;
    for (int64_t s = 0; s < count; s++) size = fmax(size, fabs(g[s]));
    return size;
}

/* sum_t v_t K_t + c: v_t has the derivative sum W K_t, the terms theirs times v_t, and c the sum of W; of a product each factor has
 * its own, with W times the others.  The precision is that of the terms: 12,000 of them, of both signs. */
START_TEST(sums_and_products)
{
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        const double weights[] = {0.5, 2, 1};
        double g[32], want[32] = {0}, part[32];
        int64_t at = 3, count;
        ntk_kernel *constant, *sum, *product, *nested;
        made m;
        make_terms(&m, dtype);
        CHECK_OK(ntk_kernel_create_constant(context, &constant, 0.75));
        const ntk_kernel *terms[] = {m.terms[0], m.terms[1], constant};
        CHECK_OK(ntk_kernel_create_sum(context, &sum, terms, weights, 3));
        for (int64_t i = 0; i < TALL * WIDE; i++) {
            double w = test_get(&m.w.view, i / WIDE, i % WIDE);
            for (int t = 0; t < 2; t++) want[t] += w * test_get(&m.K[t].view, i / WIDE, i % WIDE);
            want[2] += 0.75 * w;
        }
        for (int t = 0; t < 2; t++) {
            count = evaluate_with(part, m.terms[t], &m, NULL, NULL, dtype);
            for (int64_t s = 0; s < count; s++) want[at++] = weights[t] * part[s];
        }
        want[at++] = want[2] / 0.75;
        ck_assert_int_eq(evaluate_with(g, sum, &m, NULL, NULL, dtype), at);
        close_to(g, want, at, size_of(want, at), dtype, "sum");

        const ntk_kernel *factors[] = {m.terms[0], m.terms[1], m.terms[2]};
        CHECK_OK(ntk_kernel_create_product(context, &product, factors, 3));
        at = evaluate_with(want, m.terms[0], &m, &m.K[1], &m.K[2], dtype);
        at += evaluate_with(want + at, m.terms[1], &m, &m.K[0], &m.K[2], dtype);
        at += evaluate_with(want + at, m.terms[2], &m, &m.K[0], &m.K[1], dtype);
        ck_assert_int_eq(evaluate_with(g, product, &m, NULL, NULL, dtype), at);
        close_to(g, want, at, size_of(want, at), dtype, "product");

        const ntk_kernel *outer[] = {sum, m.terms[2]};
        CHECK_OK(ntk_kernel_create_product(context, &nested, outer, 2));
        at = evaluate_with(want, sum, &m, &m.K[2], NULL, dtype);
        ck_assert_int_eq(evaluate_with(g, nested, &m, NULL, NULL, dtype), at + m.counts[2]);
        close_to(g, want, at, size_of(want, at), dtype, "product of a sum");
        ntk_kernel_destroy(nested);
        ntk_kernel_destroy(product);
        ntk_kernel_destroy(sum);
        ntk_kernel_destroy(constant);
        free_terms(&m);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel scales");
    TCase *scales = test_case(suite, "scales");
    tcase_add_checked_fixture(scales, setup, teardown);
    tcase_add_loop_test(scales, differences, 0, KINDS);
    tcase_add_loop_test(scales, blocks_and_instruction_sets, 0, KINDS);
    tcase_add_test(scales, extreme_lengths);
    tcase_add_test(scales, sums_and_products);
    return test_run(suite);
}
