/* Gradients of infinite kernels: against differences of the oracle, and where differences fail, near parallels, against the
 * derivative of the angle. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(1)

enum { N1 = 3, N2 = 21, D = 8, T = 2, KINDS = NTK_COS - NTK_RELU + 1 };

static oracle_kernel describe(int32_t kind, int32_t part, double bias)
{
    oracle_kernel kernel = {kind, kind == NTK_LEAKY_RELU ? 0.2 : 0, NTK_INIT(ntk_kernel_options)};
    kernel.options.part = part;
    kernel.options.weight_scale = 1.25;
    kernel.options.bias_scale = bias;
    kernel.options.output_weight_scale = 0.75;
    return kernel;
}

/* Of n1 x d and n2 x d samples in dtype; g is n1 x (t d). */
static test_array gradient(const ntk_kernel *kernel, const double *x1, int64_t n1, const double *x2, int64_t n2, int64_t d,
                           const double *v, int64_t t, int32_t dtype)
{
    test_array a = oracle_array(x1, n1, d, 0, dtype), b = oracle_array(x2, n2, d, 3, dtype),
               w = oracle_array(v, n2, t, 0, dtype);
    test_array g = test_array_make(n1, t * d, 2, dtype);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &a.view, &b.view, &w.view));
    ck_assert(test_array_is_contained(&g));
    test_array_free(&a);
    test_array_free(&b);
    test_array_free(&w);
    return g;
}

/* dK(x, y)/dx_k by a difference of five points; *off: how far the one of twice the distance is, which is more than its error. */
static long double difference(const oracle_kernel *oracle, const double *x, const double *y, int64_t k, long double *off)
{
    long double slopes[2];
    for (int wide = 0; wide < 2; wide++) {
        const double h = wide ? 0x1p-11 : 0x1p-12;
        long double value[5];
        for (int s = -2; s <= 2; s++) {
            double moved[D];
            memcpy(moved, x, sizeof moved);
            moved[k] += s * h;
            value[s + 2] = s ? oracle_infinite(oracle, moved, y, D, 0x1p-53).value : 0;
        }
        slopes[wide] = (8 * (value[3] - value[1]) - (value[4] - value[0])) / (12 * (long double)h);
    }
    *off = fabsl(slopes[1] - slopes[0]);
    return slopes[0];
}

/* Samples on a grid of 2^-18, so that the differences' points are numbers of the oracle. */
static double *grid_samples(int64_t n, uint64_t *state)
{
    double *x = oracle_samples(n, D, NTK_F32, state);
    for (int64_t i = 0; i < n * D; i++) x[i] = rint(x[i] * 0x1p18) * 0x1p-18;
    return x;
}

/* An error of rho, some sqrt(d) roundings, is multiplied by what the second derivatives of kinked kernels have: 1 / s^3, of
 * pairs whose s here is above 1/4; and a sum of 21 terms.  Of f32 s^-3 64 (6 sqrt(8) + 21 + 32) roundings are 3e-4. */
static void compare(const oracle_kernel *oracle, const double *x1, const double *x2, const double *v, int32_t dtype)
{
    ntk_kernel *kernel = oracle_kernel_create(context, oracle);
    test_array g = gradient(kernel, x1, N1, x2, N2, D, v, T, dtype);
    for (int64_t i = 0; i < N1; i++)
        for (int64_t k = 0; k < D; k++) {
            long double sum[T] = {0}, bound[T] = {0};
            for (int64_t j = 0; j < N2; j++) {
                long double off, slope = difference(oracle, x1 + i * D, x2 + j * D, k, &off), size = fabsl(slope);
                oracle_value K = oracle_infinite(oracle, x1 + i * D, x2 + j * D, D, oracle_roundoff(dtype));
                for (int64_t c = 0; c < T; c++) {
                    sum[c] += (long double)v[j * T + c] * slope;
                    bound[c] += fabsl((long double)v[j * T + c]) *
                                (off + 256 * (long double)oracle_roundoff(dtype) * (size + fabsl(K.value) + 1));
                }
            }
            for (int64_t c = 0; c < T; c++) {
                double got = test_get(&g.view, i, c * D + k);
                ck_assert_msg(
                    fabsl((long double)got - sum[c]) <= bound[c],
                    "%s part %d bias %g dtype %d: g[%d] of target %d, input %d is %.17g, not %.17Lg: off by %.2Lg > %.2Lg",
                    oracle_kind_name(oracle->kind), (int)oracle->options.part, oracle->options.bias_scale, (int)dtype, (int)i,
                    (int)c, (int)k, got, sum[c], fabsl((long double)got - sum[c]), bound[c]);
            }
        }
    test_array_free(&g);
    ntk_kernel_destroy(kernel);
}

START_TEST(differences)
{
    uint64_t state = test_seed(61) + (uint64_t)_i;
    int32_t kind = NTK_RELU + _i;
    double *x1 = grid_samples(N1, &state), *x2 = grid_samples(N2, &state), *v = oracle_samples(N2, T, NTK_F32, &state);
    for (int64_t k = 0; k < D; k++) x2[k] = 0;
    for (int32_t part = NTK_PART_BOTH; part <= NTK_PART_NT; part++)
        for (int bias = 0; bias < 2; bias++)
            for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
                oracle_kernel oracle = describe(kind, part, bias ? 0.5 : 0);
                compare(&oracle, x1, x2, v, dtype);
            }
    free(x1);
    free(x2);
    free(v);
}
END_TEST

/* --- near parallels --- */

/* The gradient of a kinked kernel of x and y = sign (x + delta), exactly but for long double's rounding: with jump^2 = j, a
 * kernel of weights R = N = 9/16 and c^2 = 25/16 / d, without bias. */
static void exact_gradient(long double *g, int32_t kind, double below, double above, const double *x, const double *y,
                           double sign, int64_t d)
{
    long double xx = 0, xd = 0, yy = 0, c = 1.25L / sqrtl((long double)d), w = 0.5625L, pi = 3.14159265358979323846L;
    long double *rest = oracle_memory(d, sizeof *rest), rr = 0;
    for (int64_t k = 0; k < d; k++) {
        long double delta = (long double)sign * (long double)y[k] - (long double)x[k];
        xx += (long double)x[k] * (long double)x[k];
        yy += (long double)y[k] * (long double)y[k];
        xd += (long double)x[k] * delta;
    }
    for (int64_t k = 0; k < d; k++) {
        rest[k] = (long double)sign * (long double)y[k] - (long double)x[k] - xd / xx * (long double)x[k];
        rr += rest[k] * rest[k];
    }
    long double gap = atan2l(sqrtl(rr), sqrtl(xx) * (1 + xd / xx)), theta = sign > 0 ? gap : pi - gap, phi = pi - theta;
    long double a = (long double)below, b = (long double)above, j = (b - a) * (b - a) / (2 * pi), l1 = c * sqrtl(xx),
                l2 = c * sqrtl(yy);
    bool levels = kind == NTK_STEP || kind == NTK_SIGN;
    for (int64_t k = 0; k < d; k++) {
        long double e = rr > 0 ? (long double)sign * rest[k] / sqrtl(rr) : 0,
                    kdot = sign > 0 ? (a * a + b * b) / 2 - j * theta : a * b + j * phi;
        if (levels)
            g[k] = w * j * c / l1 * e;
        else
            g[k] = w * (c * c * (2 * kdot * (long double)y[k] + j * sinl(gap) * l2 / l1 * (long double)x[k]) +
                        j * l2 * cosl(theta) * c * e);
    }
    free(rest);
}

START_TEST(near_parallels)
{
    static const struct {
        int32_t kind;
        double below, above;
    } kinds[] = {{NTK_RELU, 0, 1}, {NTK_LEAKY_RELU, 0.2, 1}, {NTK_ABS, -1, 1}, {NTK_STEP, 0, 1}, {NTK_SIGN, -1, 1}};
    enum { MOST = 50 };
    uint64_t state = test_seed(62) + (uint64_t)_i;
    for (int separation = 1; separation <= 13; separation++)
        for (int64_t d = 2; d <= MOST; d += 48)
            for (double sign = -1; sign <= 1; sign += 2) {
                long double want[MOST], size = 0;
                const double one = 1;
                double *x = oracle_samples(1, d, NTK_F64, &state), y[MOST];
                for (int64_t k = 0; k < d; k++) y[k] = sign * (x[k] + pow(10, -separation) * oracle_normal(&state));
                oracle_kernel oracle = describe(kinds[_i].kind, NTK_PART_BOTH, 0);
                ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
                test_array g = gradient(kernel, x, 1, y, 1, d, &one, 1, NTK_F64);
                exact_gradient(want, kinds[_i].kind, kinds[_i].below, kinds[_i].above, x, y, sign, d);
                for (int64_t k = 0; k < d; k++) size = fmaxl(size, fabsl(want[k]));
                /* nearer than rho = 1 - 1e-4 the rounding of the difference, 1e-16 over its 1e-13 of the sum's size but exact by
                 * Sterbenz; farther an angle of 1e-2 or more from an inner product: (6 sqrt d + 32) roundings over s^3 */
                long double bound = 64 * (6 * sqrtl((long double)d) + 32) * 0x1p-53L * (separation <= 2 ? 1e6L : 1) * size;
                for (int64_t k = 0; k < d; k++)
                    ck_assert_msg(fabsl((long double)test_get(&g.view, 0, k) - want[k]) <= bound,
                                  "%s d %d separation 1e-%d sign %g: g[%d] is %.17g, not %.17Lg (size %.3Lg)",
                                  oracle_kind_name(kinds[_i].kind), (int)d, separation, sign, (int)k, test_get(&g.view, 0, k),
                                  want[k], size);
                test_array_free(&g);
                ntk_kernel_destroy(kernel);
                free(x);
            }
}
END_TEST

/* At x = x' ReLU's K^RF has the gradient c^2 x / 2, and K^NT's cone counts as its middle, c^2 x / 2 too; copies and the same row
 * alike, and a zero vector's are finite. */
START_TEST(duplicates)
{
    enum { COPIES = 3 };
    uint64_t state = test_seed(63);
    double *x = oracle_samples(COPIES, D, NTK_F64, &state), v[COPIES] = {1, 1, 0};
    memcpy(x + D, x, D * sizeof *x);
    memset(x + 2 * D, 0, D * sizeof *x);
    for (int32_t part = NTK_PART_RF; part <= NTK_PART_NT; part++) {
        oracle_kernel oracle = describe(NTK_RELU, part, 0);
        ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
        test_array a = oracle_array(x, COPIES, D, 0, NTK_F64), w = oracle_array(v, COPIES, 1, 0, NTK_F64);
        test_array g = test_array_make(COPIES, D, 0, NTK_F64);
        CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &a.view, &a.view, &w.view));
        for (int64_t k = 0; k < D; k++) {
            double want = 2 * 0.5625 * 1.5625 / D * x[k] / 2;
            for (int64_t i = 0; i < 2; i++)
                ck_assert_msg(fabs(test_get(&g.view, i, k) - want) <= 16 * DBL_EPSILON * fabs(want),
                              "part %d: %.17g, not %.17g", (int)part, test_get(&g.view, i, k), want);
            /* x = 0: the angle counts as a right one, kdot = 1/4 */
            ck_assert(fabs(test_get(&g.view, 2, k) - want / 2) <= 16 * DBL_EPSILON * fabs(want));
        }
        test_array_free(&a);
        test_array_free(&w);
        test_array_free(&g);
        ntk_kernel_destroy(kernel);
    }
    free(x);
}
END_TEST

/* --- lengths, sizes, instruction sets --- */

/* K(a x, b y) = a b K(x, y) of ReLU, so its gradient is b times as long; K of the step does not change, so it is 1 / a times. */
START_TEST(extreme_lengths)
{
    const int exponents[][2] = {{0, 0}, {300, -250}, {-400, 380}, {500, 480}, {-330, -330}};
    uint64_t state = test_seed(64);
    double *x = oracle_samples(1, D, NTK_F64, &state), *y = oracle_samples(N2, D, NTK_F64, &state),
           *v = oracle_samples(N2, 1, NTK_F64, &state);
    for (int64_t k = 0; k < D; k++) y[k] = x[k] * (1 + 1e-7 * (double)k);
    const int32_t kinds[] = {NTK_RELU, NTK_STEP};
    for (int kind = 0; kind < 2; kind++) {
        oracle_kernel oracle = describe(kinds[kind], NTK_PART_BOTH, 0);
        oracle.options.layers = _i;
        ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
        test_array right = gradient(kernel, x, 1, y, N2, D, v, 1, NTK_F64);
        for (size_t e = 0; e < sizeof exponents / sizeof exponents[0]; e++) {
            double xs[D], ys[N2 * D];
            for (int64_t k = 0; k < D; k++) xs[k] = ldexp(x[k], exponents[e][0]);
            for (int64_t k = 0; k < N2 * D; k++) ys[k] = ldexp(y[k], exponents[e][1]);
            test_array g = gradient(kernel, xs, 1, ys, N2, D, v, 1, NTK_F64);
            double size = 0;
            for (int64_t k = 0; k < D; k++) size = fmax(size, fabs(test_get(&right.view, 0, k)));
            for (int64_t k = 0; k < D; k++) {
                double got = ldexp(test_get(&g.view, 0, k), kind ? exponents[e][0] : -exponents[e][1]);
                /* the same roundings in another order, twice over s^3 */
                ck_assert_msg(fabs(got - test_get(&right.view, 0, k)) <= 1e-12 * size, "%s 2^%d 2^%d: %.17g, not %.17g",
                              oracle_kind_name(kinds[kind]), exponents[e][0], exponents[e][1], got,
                              test_get(&right.view, 0, k));
            }
            test_array_free(&g);
        }
        test_array_free(&right);
        ntk_kernel_destroy(kernel);
    }
    free(x);
    free(y);
    free(v);
}
END_TEST

/* The same numbers from every instruction set, and from one target at a time as from more than one round takes, over several
 * tiles: sums of 540 terms in another order. */
START_TEST(rounds_and_instruction_sets)
{
    enum { ROWS = 530, COLS = 540, INPUTS = 12, TARGETS = 19 };
    const uint32_t masks[] = {0, NTK_CPU_AVX512, NTK_CPU_AVX2 | NTK_CPU_AVX512};
    uint64_t state = test_seed(65);
    double *x1 = oracle_samples(ROWS, INPUTS, NTK_F32, &state), *x2 = oracle_samples(COLS, INPUTS, NTK_F32, &state);
    double *v = oracle_samples(COLS, TARGETS, NTK_F32, &state), *last = oracle_memory(COLS, sizeof *last);
    for (int64_t j = 0; j < COLS; j++) last[j] = v[j * TARGETS + TARGETS - 1];
    for (int32_t dtype = NTK_F64; dtype <= NTK_F32; dtype++) {
        oracle_kernel oracle = describe(NTK_RELU + _i / 2, NTK_PART_BOTH, 0.25);
        oracle.options.layers = 1 + _i % 2;
        if (oracle.kind == NTK_EXP) oracle.options.weight_scale = 0.5; /* exp of exp grows */
        double bound = (dtype == NTK_F64 ? DBL_EPSILON : (double)FLT_EPSILON) * 1024, size = 0;
        test_array right = {0};
        for (int m = 0; m < 3; m++) {
            ntk_context_options options = NTK_INIT(ntk_context_options);
            ntk_context *own = context;
            options.cpu_disable = masks[m];
            CHECK_OK(ntk_context_create(&context, &options));
            ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
            test_array g = gradient(kernel, x1, ROWS, x2, COLS, INPUTS, v, TARGETS, dtype);
            test_array one = gradient(kernel, x1, ROWS, x2, COLS, INPUTS, last, 1, dtype);
            if (m == 0) right = gradient(kernel, x1, ROWS, x2, COLS, INPUTS, v, TARGETS, dtype);
            for (int64_t i = 0; i < ROWS * (int64_t)(m == 0); i++)
                for (int64_t k = 0; k < TARGETS * INPUTS; k++) size = fmax(size, fabs(test_get(&g.view, i, k)));
            double worst = 0;
            bool close = true; /* not NaN */
            for (int64_t i = 0; i < ROWS; i++)
                for (int64_t k = 0; k < TARGETS * INPUTS; k++) {
                    double got = test_get(&g.view, i, k), off = fabs(got - test_get(&right.view, i, k));
                    if (k >= (TARGETS - 1) * INPUTS) off += fabs(test_get(&one.view, i, k - (TARGETS - 1) * INPUTS) - got);
                    worst = fmax(worst, off);
                    close &= off <= bound * size;
                }
            ck_assert_msg(close, "%s mask %u dtype %d: off by %.3g of %.3g", oracle_kind_name(oracle.kind), masks[m],
                          (int)dtype, worst, size);
            test_array_free(&g);
            test_array_free(&one);
            ntk_kernel_destroy(kernel);
            ntk_context_destroy(context);
            context = own;
        }
        test_array_free(&right);
    }
    free(x1);
    free(x2);
    free(v);
    free(last);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel gradient");
    TCase *gradients = test_case(suite, "gradient");
    tcase_add_checked_fixture(gradients, setup, teardown);
    tcase_add_loop_test(gradients, differences, 0, KINDS);
    tcase_add_loop_test(gradients, near_parallels, 0, 5);
    tcase_add_test(gradients, duplicates);
    tcase_add_loop_test(gradients, extreme_lengths, 1, 4);
    tcase_add_loop_test(gradients, rounds_and_instruction_sets, 0, 2 * (KINDS + 1));
    return test_run(suite);
}
