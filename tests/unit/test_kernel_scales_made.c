/* Derivatives by scales of kernels that have scales of their inputs, or are cosines, and of kernels made of those. */
#include "scales.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(1)

enum { D = 5 };

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

static ntk_kernel *make_ard(const void *self, const double *s)
{
    (void)self;
    return ard(infinite(NTK_RELU, 2, s + D), s);
}
static ntk_kernel *make_ard_finite(const void *self, const double *s)
{
    (void)self;
    return ard(oracle_finite_create(context, NTK_ERF, D, 20, 0, NTK_PART_BOTH), s);
}
/* The mean of two networks of two layers. */
static ntk_kernel *mean(void)
{
    ntk_kernel *kernel;
    ntk_activation *activation = activation_of(NTK_GELU);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = 12;
    options.layers = 2;
    options.bias_scale = 0.5;
    CHECK_OK(ntk_kernel_create_monte_carlo(context, &kernel, activation, 2, NTK_PART_BOTH, &options));
    ntk_activation_destroy(activation);
    return kernel;
}
static ntk_kernel *make_cosine_mean(const void *self, const double *s)
{
    (void)self;
    return cosine(sum_of(ard(mean(), s + 2), mean(), s));
}
static ntk_kernel *make_cosine(const void *self, const double *s)
{
    (void)self;
    return cosine(infinite(NTK_ERF, 1, s));
}
static ntk_kernel *make_cosine_ard(const void *self, const double *s)
{
    (void)self;
    return cosine(ard(infinite(NTK_RELU, 2, s + D), s));
}
static ntk_kernel *make_ard_cosine(const void *self, const double *s)
{
    (void)self;
    return ard(cosine(infinite(NTK_GELU, 1, s + D)), s);
}
static ntk_kernel *make_ard_series(const void *self, const double *s)
{
    (void)self;
    return ard(infinite(NTK_TANH, 2, s + D), s);
}
static ntk_kernel *make_cosine_series(const void *self, const double *s)
{
    (void)self;
    return cosine(infinite(NTK_SOFTPLUS, 1, s));
}
static ntk_kernel *make_sum(const void *self, const double *s)
{
    (void)self;
    return sum_of(ard(oracle_finite_create(context, NTK_ERF, D, 20, 0, NTK_PART_BOTH), s + 2),
                  cosine(infinite(NTK_ERF, 1, s + 2 + D)), s);
}
static ntk_kernel *make_product(const void *self, const double *s)
{
    (void)self;
    return product_of(ard(ard(infinite(NTK_ERF, 1, s + 2 * D), s + D), s),
                      oracle_finite_create(context, NTK_ERF, D, 20, 0, NTK_PART_BOTH));
}

static const scales_kernel all[] = {{"scaled inputs", make_ard, NULL, D + 6, {0}},
                                    {"scaled inputs of a network", make_ard_finite, NULL, D, {0}},
                                    {"cosine", make_cosine, NULL, 4, {0}},
                                    {"cosine of scaled inputs", make_cosine_ard, NULL, D + 6, {0}},
                                    {"scaled inputs of a cosine", make_ard_cosine, NULL, D + 4, {0}},
                                    {"sum", make_sum, NULL, 2 + D + 4, {0}},
                                    {"product", make_product, NULL, 2 * D + 4, {0}},
                                    {"cosine of networks' means", make_cosine_mean, NULL, 2 + D, {0}},
                                    {"scaled inputs of a series", make_ard_series, NULL, D + 6, {0}},
                                    {"cosine of a series", make_cosine_series, NULL, 4, {0}}};
enum { KINDS = sizeof all / sizeof *all, SERIES = KINDS - 2 };

/* The two sets have samples in common, so that K(x, x) counts. */
static scales_data data_make(int64_t rows, int64_t cols)
{
    scales_data made = scales_data_make(rows, cols, D, test_seed(85));
    for (int64_t k = 0; k < 2 * D; k++) made.y[k] = made.x[k];
    return made;
}

static scales_kernel kernel_of(int kind)
{
    scales_kernel kernel = all[kind];
    for (int k = 0; k < SCALES_MOST; k++) kernel.scales[k] = 0.5 + 0.125 * (double)(k % 5);
    return kernel;
}

/* A scale of an input may also be 0 or negative.  The precision is that of the entries, and of some hundred operations a pair; or of
 * what series leave out, 1e-12 of entries and a hundred times that of derivatives. */
START_TEST(differences)
{
    const double units[] = {_i < SERIES ? 0x1p-44 : 1e-10, 0x1p-15};
    scales_data data = data_make(7, 9);
    scales_kernel kernel = kernel_of(_i);
    if (_i < 2) kernel.scales[1] = 0, kernel.scales[2] *= -1;
    scales_compare(&kernel, &data, 0x1p-8, _i < SERIES ? 64 * 0x1p-53 : 1e-12, units);
    scales_check_values(&kernel, &data);
    scales_data_free(&data);
}
END_TEST

/* A sum over several tiles and panels is that over halves of the matrix, in another order: terms of both signs, some hundred times
 * the sum's size, each with some hundred roundings. */
START_TEST(halves)
{
    enum { ROWS = 530, COLS = 70 };
    scales_data data = data_make(ROWS, COLS);
    const scales_kernel kernel = kernel_of(_i);
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        double whole[SCALES_MOST];
        scales_gradient(whole, &kernel, &data, 0, ROWS, dtype);
        scales_compare_halves(&kernel, &data, dtype, whole, 1e4 * (dtype == NTK_F64 ? 0x1p-53 : 0x1p-24));
    }
    scales_data_free(&data);
}
END_TEST

/* Of samples with themselves the derivatives are those with a copy of them. */
START_TEST(themselves)
{
    enum { N = 530 };
    double size = 0;
    scales_data of = data_make(N, N);
    const scales_kernel made = kernel_of(_i);
    ntk_kernel *kernel = made.make(NULL, made.scales);
    test_array x = oracle_array(of.x, N, D, 2, NTK_F64), y = oracle_array(of.x, N, D, 2, NTK_F64),
               w = oracle_array(of.w, N, N, 0, NTK_F64), g = test_array_make(made.count, 1, 0, NTK_F64),
               h = test_array_make(made.count, 1, 0, NTK_F64);
    CHECK_OK(ntk_kernel_scale_gradient(kernel, &g.view, &x.view, &x.view, &w.view));
    CHECK_OK(ntk_kernel_scale_gradient(kernel, &h.view, &x.view, &y.view, &w.view));
    for (int64_t s = 0; s < made.count; s++) size = fmax(size, fabs(test_get(&g.view, s, 0)));
    for (int64_t s = 0; s < made.count; s++) /* as of blocks; copies are near parallels, whose angles are 0 to 1e-16 */
        ck_assert_msg(fabs(test_get(&g.view, s, 0) - test_get(&h.view, s, 0)) <= 1e4 * 0x1p-53 * size,
                      "%s: g[%d] is %.15g, not %.15g", all[_i].name, (int)s, test_get(&g.view, s, 0), test_get(&h.view, s, 0));
    test_array_free(&x);
    test_array_free(&y);
    test_array_free(&w);
    test_array_free(&g);
    test_array_free(&h);
    ntk_kernel_destroy(kernel);
    scales_data_free(&of);
}
END_TEST

/* Values outside their domain are named by their row; scales of inputs may have any sign. */
START_TEST(domains)
{
    double scales[2 + D + 4];
    const scales_kernel sum = kernel_of(5);
    const struct {
        int row;
        double value;
        ntk_status status;
    } tried[] = {{1, -1, NTK_ERR_VALUE},
                 {1, 0, NTK_OK},
                 {2, -1, NTK_OK},
                 {2, 0, NTK_OK},
                 {2 + D, 0, NTK_ERR_VALUE},
                 {2 + D + 1, -1, NTK_ERR_VALUE},
                 {2 + D + 1, 0, NTK_OK},
                 {2 + D + 2, -2, NTK_ERR_VALUE},
                 {2 + D + 3, -2, NTK_ERR_VALUE}};
    ntk_kernel *kernel = sum.make(NULL, sum.scales), *scaled;
    for (size_t k = 0; k < sizeof tried / sizeof *tried; k++) {
        char row[20];
        ntk_matrix values = ntk_matrix_f64(scales, 2 + D + 4, 1);
        memcpy(scales, sum.scales, sizeof scales);
        scales[tried[k].row] = tried[k].value;
        CHECK_STATUS(ntk_kernel_create_scaled(context, &scaled, kernel, &values), tried[k].status);
        ck_assert((scaled == NULL) == (tried[k].status < 0));
        snprintf(row, sizeof row, "row %d,", tried[k].row);
        if (tried[k].status < 0) CHECK_MESSAGE(row);
        ntk_kernel_destroy(scaled);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* A finite kernel has no scales. */
START_TEST(none)
{
    int64_t count = -1;
    ntk_kernel *kernel = oracle_finite_create(context, NTK_ERF, D, 20, 0, NTK_PART_BOTH);
    test_array x = test_array_make(2, D, 0, NTK_F64), w = test_array_make(2, 2, 0, NTK_F64),
               g = test_array_make(1, 1, 0, NTK_F64);
    test_array_fill(&x, 1);
    test_array_fill(&w, 2);
    CHECK_OK(ntk_kernel_scales(kernel, &count));
    ck_assert_int_eq(count, 0);
    ck_assert_int_eq(ntk_kernel_scale_gradient(kernel, &g.view, &x.view, &x.view, &w.view), NTK_ERR_UNSUPPORTED);
    ck_assert_int_eq(ntk_kernel_scale_values(kernel, &g.view), NTK_ERR_UNSUPPORTED);
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
    tcase_add_loop_test(scales, halves, 0, KINDS);
    tcase_add_loop_test(scales, themselves, 0, KINDS);
    tcase_add_test(scales, domains);
    tcase_add_test(scales, none);
    return test_run(suite);
}
