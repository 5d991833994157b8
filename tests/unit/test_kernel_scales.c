/* Derivatives of infinite kernels by their scales, against differences of the kernel with other scales. */
#include "scales.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(1)

enum { N1 = 7, N2 = 9, D = 5, MOST_LAYERS = 3 };

static const struct {
    int32_t kind;
    double slope;
} all[] = {{NTK_RELU, 0}, {NTK_LEAKY_RELU, 0.1}, {NTK_LEAKY_RELU, -0.5}, {NTK_ABS, 0}, {NTK_IDENTITY, 0}, {NTK_STEP, 0},
           {NTK_SIGN, 0}, {NTK_ERF, 0},          {NTK_GELU, 0},          {NTK_SIN, 0}, {NTK_COS, 0},      {NTK_EXP, 0}};
enum { KINDS = sizeof all / sizeof *all };

/* What a kernel has beside its scales. */
typedef struct described {
    int kind;
    int64_t layers;
    int32_t part, parameterization;
} described;

/* Biases count by their squares; with NTK_PARAM_LECTURE there are none. */
static ntk_kernel *create(const void *self, const double *scales)
{
    static const double rates[MOST_LAYERS + 1] = {1.5, 0.5, 0.75, 1};
    const described *of = self;
    oracle_kernel oracle = {.kind = all[of->kind].kind, .slope = all[of->kind].slope};
    double biases[MOST_LAYERS];
    bool lecture = of->parameterization == NTK_PARAM_LECTURE;
    for (int64_t l = 0; l < of->layers; l++) biases[l] = lecture ? 0 : fabs(scales[of->layers + l]);
    oracle.options = (ntk_kernel_options){.struct_size = sizeof oracle.options,
                                          .part = of->part,
                                          .parameterization = of->parameterization,
                                          .layers = of->layers,
                                          .weight_scales = scales,
                                          .bias_scales = biases,
                                          .output_weight_scale = scales[2 * of->layers],
                                          .output_bias_scale = fabs(scales[2 * of->layers + 1]),
                                          .layer_rates = rates};
    return oracle_kernel_create(context, &oracle);
}

static scales_kernel kernel_of(const described *of, const double *scales)
{
    scales_kernel kernel = {oracle_kind_name(all[of->kind].kind), create, of, 2 * of->layers + 2, {0}};
    memcpy(kernel.scales, scales, (size_t)kernel.count * sizeof *scales);
    return kernel;
}

/* Samples of both sets are far from each other, a copy, antipodal, 1/16 apart, and 0. */
static scales_data make(uint64_t seed)
{
    scales_data data = scales_data_make(N1, N2, D, seed);
    double *x = data.x, *y = data.y;
    memcpy(y, x, D * sizeof *x);
    for (int64_t k = 0; k < D; k++) {
        y[D + k] = -x[k];
        y[2 * D + k] = x[2 * D + k] * (1 + 0x1p-4 * (double)(k % 2));
        y[3 * D + k] = 0;
    }
    return data;
}

/* The differences' rounding, and the derivative's own: of the angles, some thousand units, over s^2 of samples 1/16 apart; of f32
 * besides what is left out of angles below 3e-4. */
static void compare(const described *of, const double *scales, const scales_data *data)
{
    const double units[] = {0x1p-42, 0x1p-11};
    const scales_kernel kernel = kernel_of(of, scales);
    scales_compare(&kernel, data, 0x1p-10, 256 * 0x1p-53, units);
    /* an output that is not trained has no bias to tell of */
    if (of->part != NTK_PART_NT) scales_check_values(&kernel, data);
}

START_TEST(differences)
{
    scales_data data = make(test_seed(81) + (uint64_t)_i);
    for (int64_t layers = 1; layers <= MOST_LAYERS; layers++)
        for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
            for (int bias = 0; bias < 2; bias++) {
                described of = {.kind = _i, .layers = layers, .part = part};
                double scales[2 * MOST_LAYERS + 2] = {0};
                bool narrow = all[_i].kind == NTK_EXP; /* exp of exp grows */
                for (int64_t l = 0; l < layers; l++) scales[l] = narrow ? 0.5 : 1.25 - 0.25 * (double)l;
                for (int64_t l = 0; l < layers && bias; l++) scales[layers + l] = 0.25 + 0.25 * (double)l;
                scales[2 * layers] = 0.75;
                scales[2 * layers + 1] = 0.5 * bias;
                compare(&of, scales, &data);
                of.parameterization = NTK_PARAM_LECTURE;
                if (layers == 1 && !bias) compare(&of, scales, &data);
            }
    scales_data_free(&data);
}
END_TEST

/* --- tiles, instruction sets, lengths --- */

enum { ROWS = 530, COLS = 1030, INPUTS = 7 };

/* A sum over several tiles is that over halves of the matrix, on every instruction set: in another order. */
START_TEST(halves_and_instruction_sets)
{
    const uint32_t masks[] = {0, NTK_CPU_AVX512, NTK_CPU_AVX2 | NTK_CPU_AVX512};
    const double scales[] = {0.75, 0.5, 0.25, 0.5, 0.75, 0.5};
    const described of = {.kind = _i, .layers = 2};
    const scales_kernel kernel = kernel_of(&of, scales);
    scales_data data = scales_data_make(ROWS, COLS, INPUTS, test_seed(82) + (uint64_t)_i);
    ntk_context *kept = context;
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        double right[SCALES_MOST];
        scales_gradient(right, &kernel, &data, 0, ROWS, dtype);
        for (int m = 0; m < 3; m++) {
            ntk_context_options options = NTK_INIT(ntk_context_options);
            options.cpu_disable = masks[m];
            CHECK_OK(ntk_context_create(&context, &options));
            /* terms of both signs, a thousand times the sum's size at most, each with some hundred roundings */
            scales_compare_halves(&kernel, &data, dtype, right, 1e5 * (dtype == NTK_F64 ? 0x1p-53 : 0x1p-24));
            ntk_context_destroy(context);
            context = kept;
        }
    }
    scales_data_free(&data);
}
END_TEST

/* K(a x, b y) = a b K(x, y) of ReLU without bias, and so are its derivatives, while K itself can be represented; those of the
 * sign's do not change. */
START_TEST(extreme_lengths)
{
    const int exponents[][2] = {{300, -250}, {-400, 380}, {500, 480}, {-330, -330}};
    const int kinds[] = {0, 6};
    const double scales[] = {0.75, 1.5, 0, 0, 0.75, 0};
    scales_data data = scales_data_make(5, 5, INPUTS, test_seed(83));
    for (int kind = 0; kind < 2; kind++) {
        const described of = {.kind = kinds[kind], .layers = 2};
        const scales_kernel kernel = kernel_of(&of, scales);
        double right[SCALES_MOST], g[SCALES_MOST];
        scales_gradient(right, &kernel, &data, 0, 5, NTK_F64);
        for (size_t e = 0; e < sizeof exponents / sizeof exponents[0]; e++) {
            int x = exponents[e][0], y = exponents[e][1];
            scales_data_stretch(&data, x, y);
            scales_gradient(g, &kernel, &data, 0, 5, NTK_F64);
            scales_data_stretch(&data, -x, -y);
            for (int s = 0; s < 6; s++)
                ck_assert_msg(fabs(ldexp(g[s], kind ? 0 : -x - y) - right[s]) <= 1e-12 * fabs(right[0]) + 1e-12,
                              "%s 2^%d 2^%d: g[%d] is %.17g, not %.17g", kernel.name, x, y, s, g[s], right[s]);
        }
    }
    scales_data_free(&data);
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
    const described kinds[TERMS] = {{.kind = 0, .layers = 2}, {.kind = 7, .layers = 1}, {.kind = 9, .layers = 1}};
    const double scales[TERMS][6] = {{0.75, 0.5, 0.25, 0.5, 0.75, 0.5}, {0.75, 0.25, 0.5, 0}, {0.5, 0.25, 1.5, 0.25}};
    uint64_t state = test_seed(84);
    double *x = oracle_samples(TALL, INPUTS, NTK_F32, &state), *y = oracle_samples(WIDE, INPUTS, NTK_F32, &state),
           *w = oracle_samples(TALL, WIDE, NTK_F32, &state);
    m->x = oracle_array(x, TALL, INPUTS, 1, dtype);
    m->y = oracle_array(y, WIDE, INPUTS, 0, dtype);
    m->w = oracle_array(w, TALL, WIDE, 2, NTK_F64);
    for (int t = 0; t < TERMS; t++) {
        m->terms[t] = create(&kinds[t], scales[t]);
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
    tcase_add_loop_test(scales, halves_and_instruction_sets, 0, KINDS);
    tcase_add_test(scales, extreme_lengths);
    tcase_add_test(scales, sums_and_products);
    return test_run(suite);
}
