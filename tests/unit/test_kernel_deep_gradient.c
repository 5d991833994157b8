/* Gradients of deep infinite kernels: against differences of the kernel, and what homogeneous kernels owe to Euler. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(1)

enum { N1 = 3, N2 = 9, D = 5, T = 2, LAYERS = 3 };
static const double weights[LAYERS] = {1.25, 0.75, 1.5}, biases[LAYERS] = {0.25, 0, 0.5}, later[LAYERS] = {0, 0.75, 0.25};
static const double narrow[LAYERS] = {0.5, 0.5, 0.5}; /* exp of exp grows */
static const double rates[LAYERS + 1] = {1, 0.5, 2, 0.75};

static const struct {
    int32_t kind;
    double slope;
} all[] = {{NTK_RELU, 0}, {NTK_LEAKY_RELU, 0.1}, {NTK_LEAKY_RELU, -0.5}, {NTK_ABS, 0}, {NTK_IDENTITY, 0}, {NTK_STEP, 0},
           {NTK_SIGN, 0}, {NTK_ERF, 0},          {NTK_GELU, 0},          {NTK_SIN, 0}, {NTK_COS, 0},      {NTK_EXP, 0}};
enum { KINDS = sizeof all / sizeof *all, KINKED = 5 };

static oracle_kernel describe(int i, int32_t part, const double *bias_scales)
{
    oracle_kernel oracle = {.kind = all[i].kind, .slope = all[i].slope};
    oracle.options.struct_size = sizeof oracle.options;
    oracle.options.part = part;
    oracle.options.layers = LAYERS;
    oracle.options.weight_scales = all[i].kind == NTK_EXP ? narrow : weights;
    oracle.options.bias_scales = bias_scales;
    oracle.options.output_weight_scale = 1.5;
    oracle.options.output_bias_scale = 0.5;
    oracle.options.layer_rates = rates;
    return oracle;
}

/* sum_j v_j K(x, y_j) of y in f64 */
static double value(const ntk_kernel *kernel, const double *x, const double *y, int64_t n, const double *v)
{
    double sum = 0;
    ntk_matrix X = ntk_matrix_f64((double *)(uintptr_t)x, 1, D), Y = ntk_matrix_f64((double *)(uintptr_t)y, n, D);
    ntk_matrix V = ntk_matrix_f64((double *)(uintptr_t)v, n, 1), Sum = ntk_matrix_f64(&sum, 1, 1);
    CHECK_OK(ntk_kernel_multiply(kernel, &Sum, &X, &Y, &V));
    return sum;
}

/* Its derivative in x_k by a difference of nine points h apart, whose error is that of the eighth order. */
static double difference(const ntk_kernel *kernel, const double *x, const double *y, int64_t n, const double *v, int64_t k,
                         double h)
{
    static const double shares[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
    double moved[D], sum = 0;
    memcpy(moved, x, sizeof moved);
    for (int s = 1; s <= 4; s++) {
        moved[k] = x[k] + s * h;
        double above = value(kernel, moved, y, n, v);
        moved[k] = x[k] - s * h;
        sum += shares[s - 1] * (above - value(kernel, moved, y, n, v));
    }
    return sum / h;
}

static double *grid(int64_t n, uint64_t *state)
{
    double *x = oracle_samples(n, D, NTK_F32, state);
    for (int64_t i = 0; i < n * D; i++) x[i] = rint(x[i] * 0x1p18) * 0x1p-18;
    return x;
}

static void compare(int kind, int32_t part, const double *bias_scales, int32_t dtype, const double *x1, const double *x2,
                    const double *v)
{
    oracle_kernel oracle = describe(kind, part, bias_scales);
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    test_array a = oracle_array(x1, N1, D, 0, dtype), b = oracle_array(x2, N2, D, 3, dtype),
               w = oracle_array(v, N2, T, 0, dtype);
    test_array g = test_array_make(N1, T * D, 2, dtype);
    double targets[T][N2];
    for (int c = 0; c < T; c++)
        for (int j = 0; j < N2; j++) targets[c][j] = v[j * T + c];
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &a.view, &b.view, &w.view));
    ck_assert(test_array_is_contained(&g));
    for (int64_t i = 0; i < N1; i++)
        for (int64_t k = 0; k < T * D; k++) {
            const double *x = x1 + i * D, *u = targets[k / D];
            double want = difference(kernel, x, x2, N2, u, k % D, 0x1p-9),
                   wide = difference(kernel, x, x2, N2, u, k % D, 0x1p-8);
            double size = 0, got = test_get(&g.view, i, k);
            for (int j = 0; j < N2; j++) size += fabs(u[j] * value(kernel, x, x2 + j * D, 1, (const double[]){1}));
            /* the difference's rounding: some 1e-14 of the sum over h; f32 as in kernel_gradient */
            double bound =
                fabs(wide - want) + 64 * 0x1p-53 * size / 0x1p-9 + (dtype == NTK_F32 ? 0x1p-14 : 0x1p-43) * (size + 1);
            ck_assert_msg(
                fabs(got - want) <= bound, "%s %g part %d bias %d dtype %d: g[%d][%d] is %.15g, not %.15g (%.2g > %.2g)",
                oracle_kind_name(all[kind].kind), all[kind].slope, part, bias_scales ? (int)(bias_scales == later) + 1 : 0,
                (int)dtype, (int)i, (int)k, got, want, fabs(got - want), bound);
        }
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&w);
    test_array_free(&g);
    ntk_kernel_destroy(kernel);
}

START_TEST(differences)
{
    uint64_t state = test_seed(71) + (uint64_t)_i;
    double *x1 = grid(N1, &state), *x2 = grid(N2, &state), *v = oracle_samples(N2, T, NTK_F32, &state);
    const double *bias_scales[] = {NULL, biases, later};
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
        for (int b = 0; b < 3; b++)
            for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) compare(_i, part, bias_scales[b], dtype, x1, x2, v);
    free(x1);
    free(x2);
    free(v);
}
END_TEST

/* --- near parallels --- */

/* y = sign (x + delta): a kernel is smooth in x on the scale of delta, but for the cone at parallels, so that a difference with a
 * thirtieth of it for a step tells the gradient.  All points are numbers; exp loses as many roundings as its exponent is long. */
START_TEST(near_parallels)
{
    uint64_t state = test_seed(72) + (uint64_t)_i;
    const double *bias_scales[] = {NULL, biases, later};
    for (int b = 0; b < 3; b++) {
        oracle_kernel oracle = describe(_i, NTK_PART_BOTH, bias_scales[b]);
        ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
        for (int separation = 1; separation <= 7; separation++)
            for (double sign = -1; sign <= 1; sign += 2) {
                const double one = 1, delta = ldexp(1, -3 * separation);
                double *x = grid(1, &state), y[D], g[D];
                for (int64_t k = 0; k < D; k++) y[k] = sign * (x[k] + delta * rint(128 + 128 * oracle_uniform(&state)) / 256);
                ntk_matrix X = ntk_matrix_f64(x, 1, D), Y = ntk_matrix_f64(y, 1, D), G = ntk_matrix_f64(g, 1, D),
                           V = ntk_matrix_f64((double *)(uintptr_t)&one, 1, 1);
                CHECK_OK(ntk_kernel_gradient(kernel, &G, &X, &Y, &V));
                double size = fabs(value(kernel, x, y, 1, &one)) + 1;
                for (int64_t k = 0; k < D; k++) {
                    double h = delta / 32, want = difference(kernel, x, y, 1, &one, k, h);
                    double bound =
                        fabs(difference(kernel, x, y, 1, &one, k, 2 * h) - want) + 64 * 0x1p-53 * size * (1 + log(size)) / h;
                    ck_assert_msg(fabs(g[k] - want) <= bound,
                                  "%s %g bias %d separation 8^-%d sign %g: %.17g, not %.17g: %.2g > %.2g",
                                  oracle_kind_name(all[_i].kind), all[_i].slope, b, separation, sign, g[k], want,
                                  fabs(g[k] - want), bound);
                }
                free(x);
            }
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

/* Nearer still the gradient of a kernel with a cone tends to one that depends on the direction alone: what is left of the angle is
 * the error, and rounding where it is not known better than by the difference of the two samples. */
START_TEST(cones)
{
    uint64_t state = test_seed(73) + (uint64_t)_i;
    const double *bias_scales[] = {NULL, biases, later}, one = 1;
    double *x = oracle_samples(1, D, NTK_F64, &state), *e = oracle_samples(1, D, NTK_F64, &state), size = 0;
    for (int b = 0; b < 3; b++) {
        oracle_kernel oracle = describe(_i, NTK_PART_BOTH, bias_scales[b]);
        ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
        double first[D];
        for (int exponent = 26; exponent <= 40; exponent += 7) {
            double y[D], g[D];
            for (int64_t k = 0; k < D; k++) y[k] = x[k] + ldexp(rint(e[k] * 256) / 256, -exponent);
            ntk_matrix X = ntk_matrix_f64(x, 1, D), Y = ntk_matrix_f64(y, 1, D), G = ntk_matrix_f64(g, 1, D),
                       V = ntk_matrix_f64((double *)(uintptr_t)&one, 1, 1);
            CHECK_OK(ntk_kernel_gradient(kernel, &G, &X, &Y, &V));
            if (exponent == 26) memcpy(first, g, sizeof first);
            for (int64_t k = 0; k < D; k++) size = fmax(size, fabs(first[k]));
            for (int64_t k = 0; k < D; k++)
                ck_assert_msg(fabs(g[k] - first[k]) <= (0x1p-20 + ldexp(64, exponent - 53)) * size,
                              "%s %g bias %d 2^-%d: %.17g, not %.17g", oracle_kind_name(all[_i].kind), all[_i].slope, b,
                              exponent, g[k], first[k]);
        }
        ntk_kernel_destroy(kernel);
    }
    free(x);
    free(e);
}
END_TEST

/* --- copies --- */

/* K(a x, y) = a K(x, y) of slopes without bias: by Euler <x, grad K(x, x)> = K(x, x), and at copies the cone counts as 0, so that
 * what is left is along x.  A zero vector's gradient is 0 by convention. */
START_TEST(copies)
{
    enum { COPIES = 3 };
    uint64_t state = test_seed(74);
    double *x = oracle_samples(COPIES, D, NTK_F64, &state), diagonal[COPIES], g[COPIES * D], v[COPIES] = {1, 2, 0};
    memcpy(x + D, x, D * sizeof *x);
    memset(x + 2 * D, 0, D * sizeof *x);
    oracle_kernel oracle = describe(_i, NTK_PART_BOTH, NULL);
    oracle.options.output_bias_scale = 0;
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    ntk_matrix X = ntk_matrix_f64(x, COPIES, D), G = ntk_matrix_f64(g, COPIES, D), V = ntk_matrix_f64(v, COPIES, 1),
               Diagonal = ntk_matrix_f64(diagonal, COPIES, 1);
    CHECK_OK(ntk_kernel_diagonal(kernel, &Diagonal, &X));
    CHECK_OK(ntk_kernel_gradient(kernel, &G, &X, &X, &V));
    for (int64_t k = 0; k < D; k++) {
        double square = 0;
        for (int64_t l = 0; l < D; l++) square += x[l] * x[l];
        for (int64_t i = 0; i < 2; i++)
            ck_assert_msg(fabs(g[i * D + k] - 3 * diagonal[0] / square * x[k]) <= 64 * DBL_EPSILON * diagonal[0],
                          "%.17g, not %.17g", g[i * D + k], 3 * diagonal[0] / square * x[k]);
        ck_assert(g[2 * D + k] == 0);
    }
    free(x);
    ntk_kernel_destroy(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel deep gradient");
    TCase *gradients = test_case(suite, "gradient");
    tcase_add_checked_fixture(gradients, setup, teardown);
    tcase_add_loop_test(gradients, differences, 0, KINDS);
    tcase_add_loop_test(gradients, near_parallels, 0, KINDS);
    tcase_add_loop_test(gradients, cones, 0, KINKED);
    tcase_add_loop_test(gradients, copies, 0, KINKED);
    return test_run(suite);
}
