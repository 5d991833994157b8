/* Infinite-width kernels of callers' functions with kinks: against the library's own kinked activations, against moments, which are had
 * by integrals, and against differences. */
#include "one_layer.h"

#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = LAYER_INPUTS };

TEST_CONTEXT_FIXTURE(2)

/* --- functions --- */

typedef double formula(double u);

static double ramp(double u)
{
    return u > 0.3 ? u - 0.3 : 0;
}
static double ramp_slope(double u)
{
    return u > 0.3 ? 1 : 0;
}
static double clamp(double u)
{
    return fmax(-1, fmin(1, u));
}
static double clamp_slope(double u)
{
    return fabs(u) < 1 ? 1 : 0;
}
/* smooth but for two kinks */
static double bent(double u)
{
    return fabs(u + 0.5) / 2 + tanh(u) + 2 * fmax(0, u - 1.25) + 0.25;
}
static double bent_slope(double u)
{
    return (u > -0.5 ? 0.5 : -0.5) + 1 / cosh(u) / cosh(u) + (u > 1.25 ? 2 : 0);
}
/* whose second derivative jumps, too */
static double grown(double u)
{
    return u > 0 ? u : 0.5 * expm1(u);
}
static double grown_slope(double u)
{
    return u > 0 ? 1 : 0.5 * exp(u);
}
/* whose second derivative jumps, alone */
static double elu(double u)
{
    return u > 0 ? u : expm1(u);
}
static double elu_slope(double u)
{
    return u > 0 ? 1 : exp(u);
}

/* rough  what its second derivative's jumps cost: the accuracy to ask for E[s s], and with E[s' s'] */
typedef struct kinked {
    const char *name;
    formula *value, *slope;
    int64_t count;
    double kinks[2], rough[2];
} kinked;

static const kinked functions[] = {{"ramp", ramp, ramp_slope, 1, {0.3}, {0, 0}},
                                   {"clamp", clamp, clamp_slope, 2, {-1, 1}, {0, 0}},
                                   {"bent", bent, bent_slope, 2, {-0.5, 1.25}, {0, 0}},
                                   {"grown", grown, grown_slope, 1, {0}, {1e-7, 2e-4}},
                                   {"elu", elu, elu_slope, 1, {0}, {1e-8, 1e-5}}};
enum { FUNCTIONS = sizeof functions / sizeof *functions, EXACT = 3 };

static void value_of(void *user, double *out, const double *u, int64_t count)
{
    const kinked *f = user;
    for (int64_t i = 0; i < count; i++) out[i] = f->value(u[i]);
}

static void slope_of(void *user, double *out, const double *u, int64_t count)
{
    const kinked *f = user;
    for (int64_t i = 0; i < count; i++) out[i] = f->slope(u[i]);
}

static ntk_activation *activation_of(const kinked *f, double accuracy)
{
    ntk_activation *activation = NULL;
    ntk_activation_functions given = {.struct_size = sizeof given, .value = value_of, .derivative = slope_of};
    given.kinks = f->kinks;
    given.kink_count = f->count;
    given.user = (void *)(uintptr_t)f;
    given.accuracy = accuracy;
    CHECK_OK(ntk_activation_create_user(context, &activation, &given));
    return activation;
}

static double accuracy_of(const kinked *f, int32_t part)
{
    return f->rough[part != NTK_PART_RF];
}

static ntk_kernel *kernel_of(const kinked *f, int32_t part)
{
    ntk_kernel_options o = subject_scales(part);
    ntk_activation *activation = activation_of(f, accuracy_of(f, part));
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    ntk_activation_destroy(activation);
    return kernel;
}

/* --- entries --- */

static void check_entry(const test_array *K, const kinked *f, int32_t part, int64_t i, int64_t j, double want)
{
    double got = test_get(&K->view, i, j), size = sqrt(test_get(&K->view, i, i) * test_get(&K->view, j, j));
    ck_assert_msg(fabs(got - want) <= (accuracy_of(f, part) + 2e-12) * size,
                  "%s, part %d: entry (%d, %d) is %.17g, not %.17g: %.2g", f->name, (int)part, (int)i, (int)j, got, want,
                  fabs(got - want) / size);
}

/* The same samples in single precision: roundings of some hundred terms, and of rho and the lengths, which their degrees multiply. */
static void check_narrow(const ntk_kernel *kernel, const double *x, const test_array *K)
{
    int64_t n = K->view.rows;
    test_array a = oracle_array(x, n, INPUTS, 2, NTK_F32), narrow = test_array_make(n, n, 1, NTK_F32);
    CHECK_OK(ntk_kernel_block(kernel, &narrow.view, &a.view, &a.view));
    ck_assert(test_array_is_written(&narrow));
    for (int64_t e = 0; e < n * n; e++) {
        double size = sqrt(test_get(&K->view, e / n, e / n) * test_get(&K->view, e % n, e % n));
        ck_assert_double_le(fabs(test_get(&narrow.view, e / n, e % n) - test_get(&K->view, e / n, e % n)), 64 * 0x1p-24 * size);
    }
    test_array_free(&a);
    test_array_free(&narrow);
}

/* Of one length and of many; but for the near-duplicate, whose angle the moments do not see. */
START_TEST(moments)
{
    enum { MOST = 70, NEAR = 6, COMPARED = 9 };
    const ntk_kernel_options scales = subject_scales(NTK_PART_BOTH);
    const kinked *f = &functions[_i / 2];
    bool varied = _i % 2;
    int64_t n = _i / 2 < EXACT ? MOST : 12;
    if (_i / 2 >= EXACT && !varied) return; /* 2048 degrees take their time */
    uint64_t state = test_seed(401);
    ntk_activation *exact = activation_of(f, 0);
    double *x = subject_samples(n, INPUTS, 1.5, varied, NTK_F32, &state);
    test_array a = oracle_array(x, n, INPUTS, 2, NTK_F64), K[3];
    for (int32_t part = 0; part < 3; part++) {
        ntk_kernel *kernel = kernel_of(f, part);
        K[part] = test_array_make(n, n, 1, NTK_F64);
        CHECK_OK(ntk_kernel_block(kernel, &K[part].view, &a.view, &a.view));
        ck_assert(test_array_is_written(&K[part]));
        if (_i / 2 < EXACT) check_narrow(kernel, x, &K[part]);
        ntk_kernel_destroy(kernel);
    }
    for (int64_t c = 0; c < COMPARED; c++) {
        int64_t i = c < 6 ? c / 3 : oracle_integer(&state, n), j = c < 6 ? c % 3 + 2 : oracle_integer(&state, n);
        double want[3];
        if (i == NEAR || j == NEAR) continue;
        layer_parts(want, exact, &scales, x + i * INPUTS, x + j * INPUTS);
        for (int32_t part = 0; part < 3; part++) check_entry(&K[part], f, part, i, j, want[part]);
    }
    for (int32_t part = 0; part < 3; part++) test_array_free(&K[part]);
    test_array_free(&a);
    free(x);
    ntk_activation_destroy(exact);
}
END_TEST

/* max(0, u - 0.3) as a caller's function is that of the library, shifted: entries and gradients, of samples however near. */
START_TEST(library_s_own)
{
    enum { N = 90 };
    const subject shifted = {.kind = NTK_RELU, .shift = -0.3};
    ntk_activation *theirs = subject_activation(context, &shifted, 0);
    for (int c = 0; c < 6; c++) {
        int32_t dtype = c / 3 ? NTK_F32 : NTK_F64;
        uint64_t state = test_seed(402);
        ntk_kernel_options o = subject_scales(c % 3);
        ntk_kernel *kernels[] = {kernel_of(&functions[0], c % 3), subject_kernel(context, theirs, &o)};
        double *x = subject_samples(N, INPUTS, 1.5, true, dtype, &state), unit = dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
        test_array a = oracle_array(x, N, INPUTS, 2, dtype), v = test_array_make(N, 2, 0, dtype), K[2], g[2];
        test_array_fill(&v, 7);
        for (int k = 0; k < 2; k++) {
            K[k] = test_array_make(N, N, 1, dtype);
            g[k] = test_array_make(N, 2 * INPUTS, 1, dtype);
            CHECK_OK(ntk_kernel_block(kernels[k], &K[k].view, &a.view, &a.view));
            CHECK_OK(ntk_kernel_gradient(kernels[k], &g[k].view, &a.view, &a.view, &v.view));
            ntk_kernel_destroy(kernels[k]);
        }
        for (int64_t e = 0; e < N * N; e++) {
            double want = test_get(&K[1].view, e / N, e % N), got = test_get(&K[0].view, e / N, e % N);
            double size = sqrt(test_get(&K[1].view, e / N, e / N) * test_get(&K[1].view, e % N, e % N));
            /* a kink's jump is 1 to a few roundings, and so is what is left of the function */
            ck_assert_msg(fabs(got - want) <= 64 * unit * size, "part %d: (%d, %d) is %.17g, not %.17g", o.part, (int)(e / N),
                          (int)(e % N), got, want);
        }
        for (int64_t e = 0; e < N * 2 * INPUTS; e++) {
            double want = test_get(&g[1].view, e / (2 * INPUTS), e % (2 * INPUTS)),
                   got = test_get(&g[0].view, e / (2 * INPUTS), e % (2 * INPUTS));
            ck_assert_msg(fabs(got - want) <= 1000 * N * unit, "part %d: g[%d] is %.17g, not %.17g", o.part, (int)e, got, want);
        }
        for (int k = 0; k < 2; k++) {
            test_array_free(&K[k]);
            test_array_free(&g[k]);
        }
        test_array_free(&a);
        test_array_free(&v);
        free(x);
    }
    ntk_activation_destroy(theirs);
}
END_TEST

/* --- gradients --- */

/* Derivatives of sum_j v_j K(x_i, y_j) in every third number of x_i by five points, rows x INPUTS / 3; all points in one call, whose series
 * are cut at the same terms. */
enum { POINTS = 4, EVERY = 3, DERIVATIVES = INPUTS / EVERY, MOST_ROWS = 2 };

static void differences(double want[][DERIVATIVES], const ntk_kernel *kernel, const double *x, int64_t rows, double h,
                        const ntk_matrix *x2, const ntk_matrix *v)
{
    static const double steps[POINTS] = {1, -1, 2, -2}, shares[POINTS] = {8, -8, -1, 1};
    double points[MOST_ROWS * DERIVATIVES * POINTS * INPUTS], sums[MOST_ROWS * DERIVATIVES * POINTS];
    int64_t count = rows * DERIVATIVES * POINTS;
    for (int64_t p = 0; p < count; p++) {
        memcpy(points + p * INPUTS, x + p / (DERIVATIVES * POINTS) * INPUTS, INPUTS * sizeof *x);
        points[p * INPUTS + p / POINTS % DERIVATIVES * EVERY] += steps[p % POINTS] * h;
    }
    ntk_matrix X = ntk_matrix_const_f64(points, count, INPUTS), Y = ntk_matrix_f64(sums, count, 1);
    CHECK_OK(ntk_kernel_multiply(kernel, &Y, &X, x2, v));
    for (int64_t d = 0; d < rows * DERIVATIVES; d++) {
        double sum = 0;
        for (int64_t p = 0; p < POINTS; p++) sum += shares[p] * sums[d * POINTS + p];
        want[d / DERIVATIVES][d % DERIVATIVES] = sum / (12 * h);
    }
}

/* Of five points h^4 / 30 = 4e-9 times a fifth derivative, some ten of samples far from parallel, and roundings over h.  A function
 * whose series is cut has the gradient of what is left, to what the cut differs by between the points. */
START_TEST(gradients)
{
    enum { N = MOST_ROWS, COLS = 12 };
    const double h = 0x1p-6;
    const kinked *f = &functions[_i];
    for (int32_t part = 0; part < 3; part++) {
        if (_i >= EXACT && part != NTK_PART_RF) continue;
        uint64_t state = test_seed(403);
        ntk_kernel *kernel = kernel_of(f, part);
        double *x = oracle_samples(N, INPUTS, NTK_F32, &state), *y = oracle_samples(COLS, INPUTS, NTK_F32, &state),
               *w = oracle_samples(COLS, 1, NTK_F64, &state);
        for (int64_t i = 0; i < N; i++) x[i * INPUTS] = 3;
        for (int64_t j = 0; j < COLS; j++) y[j * INPUTS] /= 4;
        test_array x1 = oracle_array(x, N, INPUTS, 0, NTK_F64), x2 = oracle_array(y, COLS, INPUTS, 1, NTK_F64),
                   v = oracle_array(w, COLS, 1, 0, NTK_F64), g = test_array_make(N, INPUTS, 1, NTK_F64),
                   g32 = test_array_make(N, INPUTS, 1, NTK_F32);
        double bound = 1e-7 + 10 * accuracy_of(f, part) / h;
        CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x1.view, &x2.view, &v.view));
        CHECK_OK(ntk_kernel_gradient(kernel, &g32.view, &x1.view, &x2.view, &v.view));
        const int64_t rows = _i < EXACT ? N : 1;
        double want[N][DERIVATIVES];
        differences(want, kernel, x, rows, h, &x2.view, &v.view);
        for (int64_t d = 0; d < rows * DERIVATIVES; d++) {
            int64_t i = d / DERIVATIVES, k = d % DERIVATIVES * EVERY;
            double right = want[i][d % DERIVATIVES], got = test_get(&g.view, i, k);
            ck_assert_msg(fabs(got - right) <= bound, "%s, part %d: g[%d][%d] is %.15g, not %.15g: %.2g", f->name, (int)part,
                          (int)i, (int)k, got, right, fabs(got - right));
            ck_assert_double_le(fabs(test_get(&g32.view, i, k) - got), 1e-4 + 10 * accuracy_of(f, part));
        }
        test_array *arrays[] = {&x1, &x2, &v, &g, &g32};
        for (int i = 0; i < 5; i++) test_array_free(arrays[i]);
        free(x);
        free(y);
        free(w);
        ntk_kernel_destroy(kernel);
    }
}
END_TEST

/* --- what must hold of any cut --- */

/* However coarse, the matrix has no eigenvalue below rounding: n u lambda_max from the entries, and as much from LAPACK. */
START_TEST(positive_semidefinite)
{
    enum { N = 120 };
    for (int c = 0; c < 4; c++) {
        ntk_kernel_options o = subject_scales(c / 2 ? NTK_PART_NT : NTK_PART_BOTH);
        ntk_activation *activation = activation_of(&functions[_i], 1e-2);
        ntk_kernel *kernel = subject_kernel(context, activation, &o);
        uint64_t state = test_seed(404);
        double *x = subject_samples(N, INPUTS, 1.5, c % 2, NTK_F64, &state), w[N];
        test_array a = oracle_array(x, N, INPUTS, 0, NTK_F64), K = test_array_make(N, N, 0, NTK_F64);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &a.view));
        ck_assert_int_eq(LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'L', N, K.view.data, N, w), 0);
        ck_assert_msg(w[0] >= -4 * N * DBL_EPSILON * w[N - 1], "%s: eigenvalues %.3g to %.3g", functions[_i].name, w[0],
                      w[N - 1]);
        test_array_free(&a);
        test_array_free(&K);
        free(x);
        ntk_kernel_destroy(kernel);
        ntk_activation_destroy(activation);
    }
}
END_TEST

static void broken_slope(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = u[i] > 0.3 ? HUGE_VAL : 0;
}

static ntk_status try(const ntk_activation *activation, double length)
{
    double x[INPUTS] = {length, -length, length / 2}, K;
    ntk_kernel *kernel = subject_kernel(context, activation, NULL);
    ntk_matrix X = ntk_matrix_const_f64(x, 1, INPUTS), out = ntk_matrix_f64(&K, 1, 1);
    ntk_status status = ntk_kernel_block(kernel, &out, &X, &X);
    ntk_kernel_destroy(kernel);
    return status;
}

/* What cannot be had is refused with what can; a piecewise linear function can be had of any samples. */
START_TEST(honest_errors)
{
    ntk_activation *smooth = activation_of(&functions[3], 0), *linear = activation_of(&functions[1], 0), *broken = NULL;
    ntk_activation_functions given = {.struct_size = sizeof given, .value = value_of, .derivative = broken_slope};
    given.kinks = functions[0].kinks;
    given.kink_count = 1;
    given.user = (void *)(uintptr_t)&functions[0];
    CHECK_OK(ntk_activation_create_user(context, &broken, &given));
    CHECK_STATUS(try(smooth, 1), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("not the 1.0e-12 asked");
    CHECK_STATUS(try(broken, 1), NTK_ERR_CALLBACK);
    for (double length = 1e-150; length < 1e151; length *= 1e50) CHECK_OK(try(linear, length));
    ntk_activation_destroy(smooth);
    ntk_activation_destroy(linear);
    ntk_activation_destroy(broken);
}
END_TEST

/* What the query says is enough. */
START_TEST(working_memory)
{
    static const int64_t sizes[][2] = {{1, 1}, {3, 300}, {200, 130}};
    test_memory memory = {0};
    ntk_context *counted = test_context(2, &memory), *kept = context;
    context = counted;
    ntk_kernel *kernel = kernel_of(&functions[2], NTK_PART_BOTH);
    context = kept;
    for (int s = 0; s < 3; s++) {
        int64_t n1 = sizes[s][0], n2 = sizes[s][1];
        test_array x1 = test_array_make(n1, INPUTS, 0, NTK_F64), x2 = test_array_make(n2, INPUTS, 0, NTK_F64),
                   v = test_array_make(n2, 1, 0, NTK_F64), K = test_array_make(n1, n2, 0, NTK_F64),
                   g = test_array_make(n1, INPUTS, 0, NTK_F64);
        uint64_t bytes = 0;
        test_array_fill(&x1, 1);
        test_array_fill(&x2, 2);
        test_array_fill(&v, 3);
        CHECK_OK(ntk_kernel_memory(kernel, &bytes, n1, n2, INPUTS, NTK_F64));
        test_memory_reset(&memory, 0);
        int64_t before = memory.bytes;
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &x1.view, &x2.view));
        CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &x1.view, &x2.view, &v.view));
        ck_assert_msg((uint64_t)(memory.peak - before) <= bytes, "announced %llu, held %lld", (unsigned long long)bytes,
                      (long long)(memory.peak - before));
        test_array *arrays[] = {&x1, &x2, &v, &K, &g};
        for (int i = 0; i < 5; i++) test_array_free(arrays[i]);
    }
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(counted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels of callers' kinked functions");
    TCase *tests = test_case(suite, "kinked");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, moments, 0, 2 * FUNCTIONS);
    tcase_add_test(tests, library_s_own);
    tcase_add_loop_test(tests, gradients, 0, EXACT + 1);
    tcase_add_loop_test(tests, positive_semidefinite, 0, FUNCTIONS);
    tcase_add_test(tests, honest_errors);
    tcase_add_test(tests, working_memory);
    return test_run(suite);
}
