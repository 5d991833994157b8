/* Derivatives by scales of kernels that have scales of their inputs, or are cosines, and of kernels made of those. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>

static ntk_context *context;

static void setup(void)
{
    context = test_context(1, NULL);
}
static void teardown(void)
{
    ntk_context_destroy(context);
}

enum { D = 5, MOST_SCALES = 20 };

static ntk_activation *activation_of(int32_t kind)
{
    ntk_activation *activation;
    CHECK_OK(ntk_activation_create(context, &activation, kind, NULL));
    return activation;
}

/* Two layers take 6 scales. */
static ntk_kernel *infinite(int32_t kind, int64_t layers, const double *scales)
{
    ntk_kernel *kernel;
    ntk_activation *activation = activation_of(kind);
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.layers = layers;
    options.weight_scales = scales;
    options.bias_scales = scales + layers;
    options.output_weight_scale = scales[2 * layers];
    options.output_bias_scale = scales[2 * layers + 1];
    CHECK_OK(ntk_kernel_create_infinite(context, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return kernel;
}

static ntk_kernel *finite_kernel(void)
{
    ntk_kernel *kernel;
    ntk_network *network;
    ntk_features *features;
    ntk_activation *activation = activation_of(NTK_ERF);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = 20;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &kernel, features));
    ntk_activation_destroy(activation);
    ntk_network_destroy(network);
    ntk_features_destroy(features);
    return kernel;
}

static ntk_kernel *ard(ntk_kernel *base, const double *scales)
{
    ntk_kernel *kernel;
    ntk_matrix s = ntk_matrix_const_f64(scales, 1, D);
    CHECK_OK(ntk_kernel_create_ard(context, &kernel, base, &s));
    ntk_kernel_destroy(base);
    return kernel;
}

static ntk_kernel *cosine(ntk_kernel *base)
{
    ntk_kernel *kernel;
    CHECK_OK(ntk_kernel_create_normalised(context, &kernel, base));
    ntk_kernel_destroy(base);
    return kernel;
}

static ntk_kernel *sum_of(ntk_kernel *a, ntk_kernel *b, const double *weights)
{
    ntk_kernel *kernel;
    const ntk_kernel *terms[] = {a, b};
    CHECK_OK(ntk_kernel_create_sum(context, &kernel, terms, weights, 2));
    ntk_kernel_destroy(a);
    ntk_kernel_destroy(b);
    return kernel;
}

static ntk_kernel *product_of(ntk_kernel *a, ntk_kernel *b)
{
    ntk_kernel *kernel;
    const ntk_kernel *factors[] = {a, b};
    CHECK_OK(ntk_kernel_create_product(context, &kernel, factors, 2));
    ntk_kernel_destroy(a);
    ntk_kernel_destroy(b);
    return kernel;
}

static ntk_kernel *make_ard(const double *s)
{
    return ard(infinite(NTK_RELU, 2, s + D), s);
}
static ntk_kernel *make_ard_finite(const double *s)
{
    return ard(finite_kernel(), s);
}
static ntk_kernel *make_cosine(const double *s)
{
    return cosine(infinite(NTK_ERF, 1, s));
}
static ntk_kernel *make_cosine_ard(const double *s)
{
    return cosine(ard(infinite(NTK_RELU, 2, s + D), s));
}
static ntk_kernel *make_ard_cosine(const double *s)
{
    return ard(cosine(infinite(NTK_GELU, 1, s + D)), s);
}
static ntk_kernel *make_sum(const double *s)
{
    return sum_of(ard(finite_kernel(), s + 2), cosine(infinite(NTK_ERF, 1, s + 2 + D)), s);
}
static ntk_kernel *make_product(const double *s)
{
    return product_of(ard(ard(infinite(NTK_ERF, 1, s + 2 * D), s + D), s), finite_kernel());
}

static const struct {
    const char *name;
    ntk_kernel *(*make)(const double *scales);
    int64_t scales;
} all[] = {{"scaled inputs", make_ard, D + 6},
           {"scaled inputs of a network", make_ard_finite, D},
           {"cosine", make_cosine, 4},
           {"cosine of scaled inputs", make_cosine_ard, D + 6},
           {"scaled inputs of a cosine", make_ard_cosine, D + 4},
           {"sum", make_sum, 2 + D + 4},
           {"product", make_product, 2 * D + 4}};
enum { KINDS = sizeof all / sizeof *all };

typedef struct data {
    int64_t rows, cols;
    double *x, *y, *w;
} data;

/* The two sets have samples in common, so that K(x, x) counts. */
static data data_make(int64_t rows, int64_t cols)
{
    uint64_t state = test_seed(85);
    data made = {.rows = rows, .cols = cols};
    made.x = oracle_samples(rows, D, NTK_F32, &state);
    made.y = oracle_samples(cols, D, NTK_F32, &state);
    made.w = oracle_samples(rows, cols, NTK_F64, &state);
    for (int64_t k = 0; k < 2 * D; k++) made.y[k] = made.x[k];
    return made;
}

static void data_free(data *made)
{
    free(made->x);
    free(made->y);
    free(made->w);
}

/* sum_ij w_ij K(x_i, y_j), and *size with absolute values */
static double weighted(int kind, const double *scales, const data *of, double *size)
{
    ntk_kernel *kernel = all[kind].make(scales);
    test_array x = oracle_array(of->x, of->rows, D, 0, NTK_F64), y = oracle_array(of->y, of->cols, D, 0, NTK_F64),
               K = test_array_make(of->rows, of->cols, 0, NTK_F64);
    double sum = 0;
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &x.view, &y.view));
    *size = 0;
    for (int64_t i = 0; i < of->rows * of->cols; i++) {
        double term = of->w[i] * test_get(&K.view, i / of->cols, i % of->cols);
        sum += term;
        *size += fabs(term);
    }
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&K);
    ntk_kernel_destroy(kernel);
    return sum;
}

static double difference(int kind, const double *at, int64_t s, const data *of, double h)
{
    static const double shares[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
    double scales[MOST_SCALES], sum = 0, size;
    for (int64_t k = 0; k < all[kind].scales; k++) scales[k] = at[k];
    for (int k = 1; k <= 4; k++) {
        scales[s] = at[s] + k * h;
        double above = weighted(kind, scales, of, &size);
        scales[s] = at[s] - k * h;
        sum += shares[k - 1] * (above - weighted(kind, scales, of, &size));
    }
    return sum / h;
}

static void evaluate(double *g, int kind, const double *scales, const data *of, int64_t first, int64_t rows, int32_t dtype)
{
    int64_t count = 0;
    ntk_kernel *kernel = all[kind].make(scales);
    CHECK_OK(ntk_kernel_scales(kernel, &count));
    ck_assert_int_eq(count, all[kind].scales);
    test_array x = oracle_array(of->x + first * D, rows, D, 2, dtype), y = oracle_array(of->y, of->cols, D, 0, dtype),
               w = oracle_array(of->w + first * of->cols, rows, of->cols, 1, NTK_F64),
               out = test_array_make(count, 1, 1, dtype);
    CHECK_OK(ntk_kernel_scale_gradient(kernel, &out.view, &x.view, &y.view, &w.view));
    ck_assert(test_array_is_contained(&out));
    for (int64_t s = 0; s < count; s++) g[s] = test_get(&out.view, s, 0);
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&w);
    test_array_free(&out);
    ntk_kernel_destroy(kernel);
}

static void make_scales(double *scales)
{
    for (int k = 0; k < MOST_SCALES; k++) scales[k] = 0.5 + 0.125 * (double)(k % 5);
}

/* A scale of an input may also be 0 or negative. */
START_TEST(differences)
{
    double scales[MOST_SCALES], size;
    data of = data_make(7, 9);
    make_scales(scales);
    if (_i < 2) scales[1] = 0, scales[2] *= -1;
    weighted(_i, scales, &of, &size);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        double g[MOST_SCALES];
        evaluate(g, _i, scales, &of, 0, of.rows, dtype);
        for (int64_t s = 0; s < all[_i].scales; s++) {
            double want = difference(_i, scales, s, &of, 0x1p-8), wide = difference(_i, scales, s, &of, 0x1p-7);
            /* the differences' own, their rounding, and the derivative's: some hundred operations a pair */
            double bound =
                fabs(wide - want) + 64 * 0x1p-53 * size / 0x1p-8 + (dtype == NTK_F64 ? 0x1p-44 : 0x1p-15) * (size + fabs(want));
            ck_assert_msg(fabs(g[s] - want) <= bound, "%s, dtype %d: g[%d] is %.15g, not %.15g (%.2g > %.2g)", all[_i].name,
                          (int)dtype, (int)s, g[s], want, fabs(g[s] - want), bound);
        }
    }
    data_free(&of);
}
END_TEST

/* A sum over several tiles and panels is that over blocks of the matrix, in another order. */
START_TEST(blocks)
{
    enum { ROWS = 530, HALF = 265, COLS = 70 };
    double scales[MOST_SCALES], whole[MOST_SCALES], size = 0;
    data of = data_make(ROWS, COLS);
    make_scales(scales);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        double parts[2][MOST_SCALES];
        evaluate(whole, _i, scales, &of, 0, ROWS, dtype);
        for (int p = 0; p < 2; p++) evaluate(parts[p], _i, scales, &of, p * HALF, HALF, dtype);
        for (int64_t s = 0; s < all[_i].scales; s++) size = fmax(size, fabs(whole[s]));
        for (int64_t s = 0; s < all[_i].scales; s++)
            /* terms of both signs, some hundred times the sum's size, each with some hundred roundings */
            ck_assert_msg(fabs(parts[0][s] + parts[1][s] - whole[s]) <= 1e4 * (dtype == NTK_F64 ? 0x1p-53 : 0x1p-24) * size,
                          "%s, dtype %d: g[%d] is %.9g, not %.9g", all[_i].name, (int)dtype, (int)s, parts[0][s] + parts[1][s],
                          whole[s]);
    }
    data_free(&of);
}
END_TEST

/* Of samples with themselves the derivatives are those with a copy of them. */
START_TEST(themselves)
{
    enum { N = 530 };
    double scales[MOST_SCALES], size = 0;
    data of = data_make(N, N);
    make_scales(scales);
    ntk_kernel *kernel = all[_i].make(scales);
    test_array x = oracle_array(of.x, N, D, 2, NTK_F64), y = oracle_array(of.x, N, D, 2, NTK_F64),
               w = oracle_array(of.w, N, N, 0, NTK_F64), g = test_array_make(all[_i].scales, 1, 0, NTK_F64),
               h = test_array_make(all[_i].scales, 1, 0, NTK_F64);
    CHECK_OK(ntk_kernel_scale_gradient(kernel, &g.view, &x.view, &x.view, &w.view));
    CHECK_OK(ntk_kernel_scale_gradient(kernel, &h.view, &x.view, &y.view, &w.view));
    for (int64_t s = 0; s < all[_i].scales; s++) size = fmax(size, fabs(test_get(&g.view, s, 0)));
    for (int64_t s = 0; s < all[_i].scales; s++) /* as of blocks; copies are near parallels, whose angles are 0 to 1e-16 */
        ck_assert_msg(fabs(test_get(&g.view, s, 0) - test_get(&h.view, s, 0)) <= 1e4 * 0x1p-53 * size,
                      "%s: g[%d] is %.15g, not %.15g", all[_i].name, (int)s, test_get(&g.view, s, 0), test_get(&h.view, s, 0));
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&w);
    test_array_free(&g);
    test_array_free(&h);
    ntk_kernel_destroy(kernel);
    data_free(&of);
}
END_TEST

/* A finite kernel has no scales. */
START_TEST(none)
{
    int64_t count = -1;
    ntk_kernel *kernel = finite_kernel();
    test_array x = test_array_make(2, D, 0, NTK_F64), w = test_array_make(2, 2, 0, NTK_F64),
               g = test_array_make(1, 1, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_array_fill(&w, 2);
    CHECK_OK(ntk_kernel_scales(kernel, &count));
    ck_assert_int_eq(count, 0);
    ck_assert_int_eq(ntk_kernel_scale_gradient(kernel, &g.view, &x.view, &x.view, &w.view), NTK_ERR_UNSUPPORTED);
    test_array_free(&x);
    test_array_free(&w);
    test_array_free(&g);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel scales of kernels made of others");
    TCase *scales = test_case(suite, "scales");
    tcase_add_checked_fixture(scales, setup, teardown);
    tcase_add_loop_test(scales, differences, 0, KINDS);
    tcase_add_loop_test(scales, blocks, 0, KINDS);
    tcase_add_loop_test(scales, themselves, 0, KINDS);
    tcase_add_test(scales, none);
    return test_run(suite);
}
