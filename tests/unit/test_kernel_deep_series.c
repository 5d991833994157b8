/* Kernels of several layers of activations without closed form, and of kinked ones with a shift or an offset: against the recursion
 * of the activations' moments, which other tests hold to quadrature, against the oracle's own quadrature, and by what must hold
 * wherever the series are cut. */
#include "activation/closed_forms.h"
#include "subjects.h"

#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 3, INPUTS = 5, MANY = 150 };
static const double weights[LAYERS] = {1.25, 0.75, 1.5}, biases[LAYERS] = {0.25, 0, 0.5};
static const double rates[LAYERS + 1] = {1, 0.5, 2, 0.25}, late[LAYERS + 1] = {0, 0, 2, 1};

TEST_CONTEXT_FIXTURE(2)

static const subject subjects[] = {
    {NTK_TANH, 0, 0, 0, 0, 0, 1.5, LAYERS},     {NTK_SIGMOID, 0, 0, 0, 0, 0, 2, LAYERS},
    {NTK_SOFTPLUS, 0, 0, 0, 0, 0, 1.5, LAYERS}, {NTK_SILU, 0, 0, 0, 0, 0, 1.5, LAYERS},
    {NTK_MONOMIAL, 3, 0, 0, 0.5, 0, 1, 2},      {NTK_HERMITE, 4, 0.25, -0.5, 0.5, 0.5, 1, 2},
    {NTK_TANH, 0, 0.5, 0.25, 0, 0, 1, LAYERS},  {NTK_SILU, 0, -0.25, 0.25, -1.25, -0.75, 1, LAYERS},
    {NTK_ERF, 0, 0.5, 0, 0, 0, 0.75, LAYERS},   {NTK_GELU, 0, 0, -0.5, 0, 0, 1, LAYERS},
    {NTK_RELU, 0, 0.5, 0, 0, 0, 2, LAYERS},     {NTK_LEAKY_RELU, 0, -0.25, 0.25, 2, -1.5, 1, LAYERS},
    {NTK_ABS, 0, 0.25, 0, 0, 0, 2, 2},          {NTK_RELU, 0, 0, 0.5, -1, 0, 2, LAYERS},
    {NTK_STEP, 0, 0.5, 0, 0, 0, 1, LAYERS},     {NTK_SIGN, 0, -0.5, 0.25, 0, 0, 2, 2}};
enum { SUBJECTS = sizeof subjects / sizeof *subjects, KINKED = 10 }; /* the first kinked one */

static ntk_kernel_options scales(const subject *s, int32_t part)
{
    ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
    o.part = part;
    o.layers = s->layers;
    o.weight_scales = weights;
    o.bias_scales = biases;
    o.output_weight_scale = 1.25;
    o.output_bias_scale = 0.5;
    o.layer_rates = rates;
    return o;
}

/* The accuracy of every layer, which these scales do not multiply by more than 2 before the end (deep_series.h), and roundings;
 * in f32 those of some hundred terms, of rho and of the lengths, which the terms' degrees multiply. */
static double tolerance(double accuracy, int64_t layers, int32_t dtype)
{
    return dtype == NTK_F64 ? 4 * (double)layers * accuracy + 1e-13 : accuracy + 128 * 0x1p-24;
}

static double *diagonal_of(const ntk_kernel *kernel, const double *x, int64_t n)
{
    double *own = oracle_memory(n, sizeof *own);
    ntk_matrix X = ntk_matrix_const_f64(x, n, INPUTS), out = ntk_matrix_f64(own, n, 1);
    CHECK_OK(ntk_kernel_diagonal(kernel, &out, &X));
    return own;
}

/* Of a kink the moments, which see a rounded q12, tell less of near-duplicates than the samples do. */
static bool is_blind(const subject *s, const double *x, const double *y)
{
    double q12 = weights[0] * weights[0] * subject_product(x, y, INPUTS) + biases[0] * biases[0];
    double q11 = weights[0] * weights[0] * subject_product(x, x, INPUTS) + biases[0] * biases[0];
    double q22 = weights[0] * weights[0] * subject_product(y, y, INPUTS) + biases[0] * biases[0];
    return s >= &subjects[KINKED] && fabs(q12) > (1 - 1e-6) * sqrt(q11 * q22);
}

/* One of step entries against the moments; returns the largest error over sqrt(K_ii K_jj). */
static double compare(const subject *s, const ntk_kernel *kernel, const ntk_activation *activation, const ntk_kernel_options *o,
                      const ntk_matrix *out, const double *x1, const double *x2, int64_t step, double bound, const char *what)
{
    double *own1 = diagonal_of(kernel, x1, out->rows), *own2 = diagonal_of(kernel, x2, out->cols), worst = 0;
    for (int64_t e = 0; e < out->rows * out->cols; e += step) {
        int64_t i = e / out->cols, j = e % out->cols;
        if (is_blind(s, x1 + i * INPUTS, x2 + j * INPUTS)) continue;
        double want = subject_recursion(activation, o, INPUTS, x1 + i * INPUTS, x2 + j * INPUTS), got = test_get(out, i, j);
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

START_TEST(the_recursion)
{
    enum { ROWS = 9, COLS = 11 };
    const subject *s = &subjects[_i];
    ntk_activation *activation = subject_activation(context, s, 0);
    uint64_t state = test_seed(400);
    for (int c = 0; c < 5; c++) {
        int32_t dtype = c == 0 ? NTK_F32 : NTK_F64;
        ntk_kernel_options o = scales(s, c < 3 ? NTK_PART_BOTH : c == 3 ? NTK_PART_RF : NTK_PART_NT);
        if (c == 2) o.layer_rates = late;
        double *x = subject_samples(COLS, INPUTS, s->longest, c % 2, dtype, &state);
        ntk_kernel *kernel = subject_kernel(context, activation, &o);
        test_array a = oracle_array(x, ROWS, INPUTS, 1, dtype), b = oracle_array(x, COLS, INPUTS, 0, dtype),
                   K = test_array_make(ROWS, COLS, 2, dtype);
        CHECK_OK(ntk_kernel_block(kernel, &K.view, &a.view, &b.view));
        ck_assert(test_array_is_contained(&K));
        double worst = compare(s, kernel, activation, &o, &K.view, x, x, 13, tolerance(1e-12, s->layers, dtype),
                               oracle_kind_name(s->kind));
        printf("# %s, part %d, dtype %d: at most %.2g away\n", oracle_kind_name(s->kind), o.part, dtype, worst);
        test_array *const arrays[] = {&a, &b, &K};
        for (int i = 0; i < 3; i++) test_array_free(arrays[i]);
        ntk_kernel_destroy(kernel);
        free(x);
    }
    ntk_activation_destroy(activation);
}
END_TEST

/* tanh, sigmoid, softplus and SiLU by quadrature in long double, through the layers. */
START_TEST(the_oracle)
{
    enum { N = 2 };
    const oracle_kernel oracle = {.kind = subjects[_i].kind, .options = scales(&subjects[_i], NTK_PART_BOTH)};
    uint64_t state = test_seed(401);
    double *x = oracle_samples(N, INPUTS, NTK_F64, &state), K[N * N], worst = 0;
    for (int k = 0; k < N * INPUTS; k++) x[k] /= 2;
    ntk_kernel *kernel = oracle_kernel_create(context, &oracle);
    ntk_matrix X = ntk_matrix_const_f64(x, N, INPUTS), out = ntk_matrix_f64(K, N, N);
    CHECK_OK(ntk_kernel_block(kernel, &out, &X, &X));
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) {
            oracle_value want = oracle_infinite_cut(&oracle, x + i * INPUTS, x + j * INPUTS, INPUTS, 0x1p-53, 1e-12);
            double size = sqrt(K[i * N + i] * K[j * N + j]), away = fabs(K[i * N + j] - (double)want.value);
            ck_assert_double_le(away, (double)want.bound);
            worst = fmax(worst, away / size);
        }
    printf("# %s: at most %.2g away\n", oracle_kind_name(oracle.kind), worst);
    ntk_kernel_destroy(kernel);
    free(x);
}
END_TEST

/* --- near-duplicates of kinked ones --- */

/* Of samples at an angle theta, |u| = l = 1 and h = c / l, kdot of a ReLU falls by theta exp(-h^2 / 2) / (2 pi), and the next layer
 * sees theta l sqrt(kdot) / L, L^2 = kappa(x, x); so near that the next terms are theta of it. */
START_TEST(near_kinks)
{
    const double c = 0.5, density = exp(-c * c / 2) / sqrt(2 * acos(-1)), below = erfc(-c / sqrt(2)) / 2;
    const subject s = {.kind = NTK_RELU, .shift = c};
    ntk_activation *activation = subject_activation(context, &s, 0);
    ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
    o.part = NTK_PART_NT;
    o.layers = 2;
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    double square = (1 + c * c) * below + c * density, L = sqrt(square), h = c / L, kdot = erfc(-h / sqrt(2)) / 2;
    for (double theta = 1e-5; theta > 1e-9; theta /= 10) {
        double x[2] = {sqrt(2), 0}, y[2] = {sqrt(2) * cos(theta), sqrt(2) * sin(theta)}, K[2];
        ntk_matrix X = ntk_matrix_const_f64(x, 1, 2), Y = ntk_matrix_const_f64(y, 1, 2);
        ntk_matrix near = ntk_matrix_f64(&K[0], 1, 1), same = ntk_matrix_f64(&K[1], 1, 1);
        CHECK_OK(ntk_kernel_block(kernel, &near, &X, &Y));
        CHECK_OK(ntk_kernel_block(kernel, &same, &X, &X));
        double first = exp(-c * c / 2) / (2 * acos(-1)), second = exp(-h * h / 2) / (2 * acos(-1)) * sqrt(below) / L;
        double fall = theta * (first * kdot + (square + below) * second);
        ck_assert_double_le(fabs(K[1] - (square + below) * kdot), 4e-16);
        ck_assert_msg(fabs(K[1] - K[0] - fall) <= 4 * theta * theta + 1e-15, "at %g: falls by %.17g, not %.17g", theta,
                      K[1] - K[0], fall);
    }
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
}
END_TEST

/* E[(s(u) - s(v))^2] where it is also the difference of three moments, to their roundings. */
START_TEST(distances)
{
    static const double ratios[] = {1, 1 + 1e-6, 0.999, 1.02}, sines[] = {0.005, 0.02, 0.05};
    ntk_activation *activation = subject_activation(context, &subjects[_i], 0);
    for (int r = 0; r < 4; r++)
        for (int t = 0; t < 3; t++) {
            ntk_angle none = ntk_angle_of(1, 0), angle = ntk_angle_of(sqrt(1 - sines[t] * sines[t]), sines[t]);
            ntk_shifted u = ntk_shifted_of(activation, 0.75), v = ntk_shifted_of(activation, 0.75 * ratios[r]);
            double own = ntk_shifted_moments_of(activation, &u, &u, &none).kappa +
                         ntk_shifted_moments_of(activation, &v, &v, &none).kappa;
            double want = own - 2 * ntk_shifted_moments_of(activation, &u, &v, &angle).kappa;
            double got = ntk_shifted_distance(activation, &u, &v, &angle);
            ck_assert_msg(fabs(got - want) <= 1e-14 * own, "ratio %g, sine %g: %.17g, not %.17g", ratios[r], sines[t], got,
                          want);
        }
    ntk_activation_destroy(activation);
}
END_TEST

/* --- gradients --- */

enum { STEPS = 12 };

/* Its derivatives in x of sum_j v_j K(x, y_j) by differences of nine points h apart, whose error is that of the eighth order, in want,
 * and 2 h apart in wide; all points in one call, whose series are cut at the same terms. */
static void differences(const ntk_kernel *kernel, const double *x, const double *y, int64_t n, const double *v, double h,
                        double want[INPUTS], double wide[INPUTS])
{
    static const double shares[] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280}, steps[STEPS / 2] = {1, 2, 3, 4, 6, 8};
    static const int narrow_at[] = {0, 1, 2, 3}, wide_at[] = {1, 3, 4, 5};
    double points[INPUTS * STEPS * INPUTS], sums[INPUTS * STEPS];
    for (int p = 0; p < INPUTS * STEPS; p++) {
        memcpy(points + p * INPUTS, x, INPUTS * sizeof *x);
        points[p * INPUTS + p / STEPS] += (p % 2 ? -h : h) * steps[p % STEPS / 2];
    }
    ntk_matrix X = ntk_matrix_const_f64(points, INPUTS * STEPS, INPUTS), Y = ntk_matrix_const_f64(y, n, INPUTS);
    ntk_matrix V = ntk_matrix_const_f64(v, n, 1), Sums = ntk_matrix_f64(sums, INPUTS * STEPS, 1);
    CHECK_OK(ntk_kernel_multiply(kernel, &Sums, &X, &Y, &V));
    for (int k = 0; k < INPUTS; k++) {
        want[k] = wide[k] = 0;
        for (int s = 0; s < 4; s++) {
            const double *one = sums + k * STEPS + 2 * narrow_at[s], *two = sums + k * STEPS + 2 * wide_at[s];
            want[k] += shares[s] * (one[0] - one[1]) / h;
            wide[k] += shares[s] * (two[0] - two[1]) / (2 * h);
        }
    }
}

/* The gradient leaves out its own terms, whose degrees multiply them. */
static void compare_gradient(const subject *s, int64_t layers, int32_t part, bool varied, int32_t dtype)
{
    enum { ROWS = 3, COLS = 70 };
    const bool kinked = s >= &subjects[KINKED];
    ntk_activation *activation = subject_activation(context, s, 0);
    ntk_kernel_options o = scales(s, part);
    o.layers = layers;
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    uint64_t state = test_seed(406);
    double *x = subject_samples(COLS, INPUTS, s->longest, varied, dtype, &state), v[COLS], *own = diagonal_of(kernel, x, COLS),
           size = 0;
    for (int j = 0; j < COLS; j++) v[j] = j % 13 == 0 || (j > 1 && j < 8) ? (double)(float)test_uniform(9, j) : 0;
    for (int j = 0; kinked && j < ROWS; j++) v[j] = 0; /* where the rows themselves have cones */
    test_array a = oracle_array(x, ROWS, INPUTS, 0, dtype), b = oracle_array(x, COLS, INPUTS, 0, dtype),
               w = oracle_array(v, COLS, 1, 0, dtype), g = test_array_make(ROWS, INPUTS, 1, dtype);
    CHECK_OK(ntk_kernel_gradient(kernel, &g.view, &a.view, &b.view, &w.view));
    for (int j = 0; j < COLS; j++) size += fabs(v[j]) * sqrt(own[j] * own[0]);
    bool exact = kinked || s->kind == NTK_MONOMIAL || s->kind == NTK_HERMITE;
    double h = exact ? 0x1p-9 : 0x1p-6, roundings = dtype == NTK_F32 ? 4e-5 : exact ? 1e-11 : 1e-10;
    for (int64_t i = 0; i < (kinked ? ROWS - 1 : ROWS); i++) {
        double want[INPUTS], wide[INPUTS];
        differences(kernel, x + i * INPUTS, x, COLS, v, h, want, wide);
        for (int64_t k = 0; k < INPUTS; k++) {
            double got = test_get(&g.view, i, k), away = fabs(got - want[k]);
            ck_assert_msg(away <= fabs(wide[k] - want[k]) + roundings * size,
                          "%s, part %d, dtype %d: g(%d, %d) is %.15g, not %.15g: %.2g, %.2g", oracle_kind_name(s->kind), part,
                          dtype, (int)i, (int)k, got, want[k], away / size, fabs(wide[k] - want[k]) / size);
        }
    }
    test_array *const arrays[] = {&a, &b, &w, &g};
    for (int i = 0; i < 4; i++) test_array_free(arrays[i]);
    free(own);
    free(x);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
}

START_TEST(gradients)
{
    for (int c = 0; c < 4; c++)
        compare_gradient(&subjects[_i], c == 0 ? 1 : subjects[_i].layers, c % 3, c % 2, c == 3 ? NTK_F32 : NTK_F64);
}
END_TEST

/* A pair so near that its gradient is had by its cone, at points 1/32 as far apart. */
START_TEST(gradients_near_kinks)
{
    const subject *s = &subjects[_i];
    const double delta = 1e-3, one = 1;
    ntk_activation *activation = subject_activation(context, s, 0);
    uint64_t state = test_seed(407);
    double *x = subject_samples(2, INPUTS, s->longest / 2, false, NTK_F64, &state), y[INPUTS];
    for (int k = 0; k < INPUTS; k++) y[k] = x[k] + delta * x[INPUTS + k];
    for (int c = 0; c < 6; c++) {
        ntk_kernel_options o = scales(s, c % 3);
        double g[INPUTS], want[INPUTS], wide[INPUTS];
        o.layers = c < 3 ? 1 : 2;
        ntk_kernel *kernel = subject_kernel(context, activation, &o);
        ntk_matrix X = ntk_matrix_const_f64(x, 1, INPUTS), Y = ntk_matrix_const_f64(y, 1, INPUTS);
        ntk_matrix V = ntk_matrix_const_f64(&one, 1, 1), G = ntk_matrix_f64(g, 1, INPUTS);
        CHECK_OK(ntk_kernel_gradient(kernel, &G, &X, &Y, &V));
        differences(kernel, x, y, 1, &one, delta / 32, want, wide);
        for (int k = 0; k < INPUTS; k++)
            ck_assert_msg(fabs(g[k] - want[k]) <= 4 * fabs(wide[k] - want[k]) + 1e-9 * (1 + fabs(want[k])),
                          "%s, part %d, %d layers: g(%d) is %.15g, not %.15g (%.15g)", oracle_kind_name(s->kind), o.part,
                          (int)o.layers, k, g[k], want[k], wide[k]);
        ntk_kernel_destroy(kernel);
    }
    free(x);
    ntk_activation_destroy(activation);
}
END_TEST

/* --- laws --- */

/* Matrices in every storage, products, single rows, pieces of blocks of coefficients and the diagonal hold what the block does. */
START_TEST(calls_agree)
{
    const subject *s = &subjects[_i];
    ntk_activation *activation = subject_activation(context, s, 0);
    ntk_kernel_options o = scales(s, NTK_PART_BOTH);
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    uint64_t state = test_seed(402);
    double *x = subject_samples(MANY, INPUTS, s->longest, _i % 2 == 0, NTK_F64, &state);
    test_array X = oracle_array(x, MANY, INPUTS, 0, NTK_F64), K = test_array_make(MANY, MANY, 0, NTK_F64);
    test_array G = test_array_make(MANY, MANY, 0, NTK_F64), v = test_array_make(MANY, 1, 0, NTK_F64);
    test_array y = test_array_make(MANY, 1, 0, NTK_F64);
    double *own = diagonal_of(kernel, x, MANY);
    test_array_fill(&v, 5);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &X.view, &X.view));
    CHECK_OK(ntk_kernel_multiply(kernel, &y.view, &X.view, &X.view, &v.view));
    for (int64_t i = 0; i < MANY; i++) {
        double sum = 0, size = 0;
        for (int64_t j = 0; j < MANY; j++) {
            sum += test_get(&K.view, i, j) * test_get(&v.view, j, 0);
            size += sqrt(own[i] * own[j]);
        }
        ck_assert_double_le(fabs(sum - test_get(&y.view, i, 0)), 1e-13 * size);
        ck_assert_double_le(fabs(test_get(&K.view, i, i) - own[i]), 1e-14 * own[i]);
    }
    for (int32_t storage = NTK_STORAGE_FULL; storage <= NTK_STORAGE_IMPLICIT; storage++) {
        ntk_gram_options options = NTK_INIT(ntk_gram_options);
        ntk_gram *gram = NULL;
        options.storage = storage;
        CHECK_OK(ntk_gram_create(context, &gram, kernel, &X.view, &options));
        CHECK_OK(ntk_gram_copy(gram, &G.view));
        for (int64_t e = 0; e < MANY * MANY; e++)
            ck_assert_double_le(fabs(test_get(&G.view, e / MANY, e % MANY) - test_get(&K.view, e / MANY, e % MANY)),
                                1e-14 * sqrt(own[e / MANY] * own[e % MANY]));
        ntk_gram_destroy(gram);
    }
    for (int trial = 0; trial < 8; trial++) {
        int64_t n1 = 1 + oracle_integer(&state, trial < 4 ? 2 : 70), n2 = 1 + oracle_integer(&state, trial % 3 ? 140 : 2);
        int64_t i = oracle_integer(&state, MANY - n1 + 1), j = oracle_integer(&state, MANY - n2 + 1);
        ntk_matrix x1 = ntk_matrix_const_f64(x + i * INPUTS, n1, INPUTS), x2 = ntk_matrix_const_f64(x + j * INPUTS, n2, INPUTS);
        test_array part = test_array_make(n1, n2, 1, NTK_F64);
        CHECK_OK(ntk_kernel_block(kernel, &part.view, &x1, &x2));
        for (int64_t e = 0; e < n1 * n2; e++)
            ck_assert_double_le(fabs(test_get(&part.view, e / n2, e % n2) - test_get(&K.view, i + e / n2, j + e % n2)),
                                8e-12 * sqrt(own[i + e / n2] * own[j + e % n2]));
        ck_assert(test_array_is_contained(&part));
        test_array_free(&part);
    }
    test_array *const arrays[] = {&X, &K, &G, &v, &y};
    for (int a = 0; a < 5; a++) test_array_free(arrays[a]);
    free(own);
    free(x);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
}
END_TEST

/* The instruction sets agree to rounding, threads to the bit. */
START_TEST(machines_agree)
{
    const subject *s = &subjects[_i];
    const int32_t threads[4] = {1, 3, 1, 1};
    uint64_t state = test_seed(403);
    double *x = subject_samples(MANY, INPUTS, s->longest, _i % 2 == 0, NTK_F64, &state), *K[4], apart = 0;
    ntk_context *shared = context;
    for (int c = 0; c < 4; c++) {
        ntk_context_options options = NTK_INIT(ntk_context_options);
        options.threads = threads[c];
        options.cpu_disable = c < 2 ? 0 : c == 2 ? NTK_CPU_AVX512 : NTK_CPU_AVX512 | NTK_CPU_AVX2;
        CHECK_OK(ntk_context_create(&context, &options));
        ntk_activation *activation = subject_activation(context, s, 0);
        ntk_kernel_options o = scales(s, NTK_PART_BOTH);
        ntk_kernel *kernel = subject_kernel(context, activation, &o);
        K[c] = oracle_memory(MANY * MANY, sizeof(double));
        ntk_matrix X = ntk_matrix_const_f64(x, MANY, INPUTS), out = ntk_matrix_f64(K[c], MANY, MANY);
        CHECK_OK(ntk_kernel_block(kernel, &out, &X, &X));
        ntk_kernel_destroy(kernel);
        ntk_activation_destroy(activation);
        ntk_context_destroy(context);
    }
    context = shared;
    ck_assert(memcmp(K[0], K[1], sizeof(double) * MANY * MANY) == 0);
    for (int64_t e = 0; e < MANY * MANY; e++) {
        double size = sqrt(K[0][e / MANY * (MANY + 1)] * K[0][e % MANY * (MANY + 1)]);
        for (int c = 2; c < 4; c++) apart = fmax(apart, fabs(K[0][e] - K[c][e]) / size);
    }
    ck_assert_double_le(apart, 2e-14);
    for (int c = 0; c < 4; c++) free(K[c]);
    free(x);
}
END_TEST

/* However coarse, the matrix has no eigenvalue below rounding, and the accuracy is kept. */
START_TEST(coarse)
{
    const double accuracy = 1e-3;
    const subject *s = &subjects[_i];
    ntk_activation *activation = subject_activation(context, s, accuracy), *exact = subject_activation(context, s, 0);
    ntk_kernel_options o = scales(s, NTK_PART_BOTH);
    ntk_kernel *kernel = subject_kernel(context, activation, &o);
    uint64_t state = test_seed(404);
    double *x = subject_samples(MANY, INPUTS, s->longest, true, NTK_F64, &state), w[MANY];
    test_array X = oracle_array(x, MANY, INPUTS, 0, NTK_F64), K = test_array_make(MANY, MANY, 0, NTK_F64);
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &X.view, &X.view));
    (void)compare(s, kernel, exact, &o, &K.view, x, x, 1999, 4 * (double)s->layers * accuracy, "coarse");
    ck_assert_int_eq(LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'L', MANY, K.view.data, MANY, w), 0);
    ck_assert_msg(w[0] >= -8 * MANY * DBL_EPSILON * w[MANY - 1], "%s: eigenvalues %.3g to %.3g", oracle_kind_name(s->kind),
                  w[0], w[MANY - 1]);
    test_array_free(&X);
    test_array_free(&K);
    free(x);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
    ntk_activation_destroy(exact);
}
END_TEST

/* --- limits --- */

START_TEST(limits)
{
    double x[2] = {30, 30}, K = 7;
    ntk_matrix X = ntk_matrix_const_f64(x, 1, 2), out = ntk_matrix_f64(&K, 1, 1);
    ntk_kernel_options o = NTK_INIT(ntk_kernel_options);
    o.layers = 2;
    ntk_activation *tanh = subject_activation(context, &subjects[0], 0),
                   *power = subject_activation(context, &(subject){NTK_MONOMIAL, .degree = 9}, 0);
    ntk_kernel *kernel = subject_kernel(context, tanh, &o);
    CHECK_STATUS(ntk_kernel_block(kernel, &out, &X, &X), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("accuracy");
    ck_assert_double_eq(K, 7);
    ntk_kernel_destroy(kernel);
    o.layers = 6;
    kernel = subject_kernel(context, power, &o);
    CHECK_STATUS(ntk_kernel_block(kernel, &out, &X, &X), NTK_ERR_OVERFLOW);
    ck_assert_double_eq(K, 7);
    ntk_kernel_destroy(kernel);
    o.layers = 1000;
    o.weight_scale = 1.5;
    x[0] = 0.5;
    x[1] = 0;
    kernel = subject_kernel(context, tanh, &o);
    CHECK_OK(ntk_kernel_block(kernel, &out, &X, &X));
    ck_assert(isfinite(K) && K > 0);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(tanh);
    ntk_activation_destroy(power);
}
END_TEST

/* What the query says is enough. */
START_TEST(working_memory)
{
    static const int64_t sizes[][2] = {{1, 1}, {3, 300}, {130, 70}};
    const ntk_kernel_options o = scales(&subjects[_i], NTK_PART_BOTH);
    subject_check_memory(&subjects[_i], &o, INPUTS, sizes, sizeof sizes / sizeof *sizes, test_seed(405));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_deep_series");
    TCase *entries = test_case(suite, "entries"), *laws = test_case(suite, "laws"), *bounds = test_case(suite, "limits");
    TCase *slopes = test_case(suite, "gradients");
    tcase_add_checked_fixture(entries, setup, teardown);
    tcase_add_checked_fixture(slopes, setup, teardown);
    tcase_add_checked_fixture(laws, setup, teardown);
    tcase_add_checked_fixture(bounds, setup, teardown);
    tcase_add_loop_test(entries, the_recursion, 0, SUBJECTS);
    tcase_add_loop_test(entries, the_oracle, 0, 4);
    tcase_add_test(entries, near_kinks);
    tcase_add_loop_test(entries, distances, KINKED, SUBJECTS);
    tcase_add_loop_test(slopes, gradients, 0, SUBJECTS);
    tcase_add_loop_test(slopes, gradients_near_kinks, KINKED, SUBJECTS);
    tcase_add_loop_test(laws, calls_agree, 0, SUBJECTS);
    tcase_add_loop_test(laws, machines_agree, 0, SUBJECTS);
    tcase_add_loop_test(laws, coarse, 0, SUBJECTS);
    tcase_add_test(bounds, limits);
    tcase_add_loop_test(bounds, working_memory, 0, 2);
    return test_run(suite);
}
