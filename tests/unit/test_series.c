/* Moments and Hermite coefficients of activations without closed form, against quadrature in long double, closed forms reached
 * by another way, and each other. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

TEST_CONTEXT_FIXTURE(1)

/* degree of a polynomial in slope, as the oracle has it */
typedef struct subject {
    int32_t kind;
    double slope, shift, offset;
} subject;

static const subject smooth[] = {{NTK_TANH, 0, 0, 0},     {NTK_SIGMOID, 0, 0, 0},    {NTK_SOFTPLUS, 0, 0, 0},
                                 {NTK_SILU, 0, 0, 0},     {NTK_MONOMIAL, 3, 0, 0},   {NTK_HERMITE, 4, 0, 0},
                                 {NTK_TANH, 0, 0.7, 0.3}, {NTK_SILU, 0, -0.4, 0},    {NTK_ERF, 0, 0.5, 0},
                                 {NTK_GELU, 0, 0.5, -1},  {NTK_MONOMIAL, 5, 0.3, 1}, {NTK_HERMITE, 5, -0.6, 0},
                                 {NTK_GELU, 0, 0, 0.25},  {NTK_SIN, 0, 0.4, 0.5},    {NTK_EXP, 0, -0.3, 2},
                                 {NTK_ERF, 0, 0, 0.5},    {NTK_COS, 0, 0.2, -0.3},   {NTK_IDENTITY, 0, 0.5, 0.1}};
static const subject kinked[] = {{NTK_RELU, 0, 0.6, 0}, {NTK_LEAKY_RELU, 0.2, -0.5, 0}, {NTK_ABS, 0, 0.3, 0.2},
                                 {NTK_RELU, 0, 0, 0.5}, {NTK_STEP, 0, 0.4, 0},          {NTK_SIGN, 0, -0.7, 0.5},
                                 {NTK_STEP, 0, 0, 0.5}, {NTK_LEAKY_RELU, 0.2, 0, -0.4}};
enum { SMOOTH = sizeof smooth / sizeof *smooth, KINKED = sizeof kinked / sizeof *kinked };

static ntk_activation *create(const subject *s)
{
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *activation = NULL;
    if (s->kind == NTK_MONOMIAL || s->kind == NTK_HERMITE)
        options.degree = (int32_t)s->slope;
    else
        options.slope = s->slope;
    options.shift = s->shift;
    options.offset = s->offset;
    CHECK_OK(ntk_activation_create(context, &activation, s->kind, &options));
    return activation;
}

static ntk_moments moments_of(const ntk_activation *activation, double q11, double q22, double q12)
{
    ntk_moments moments = NTK_INIT(ntk_moments);
    CHECK_OK(ntk_activation_moments(activation, &moments, q11, q22, q12));
    return moments;
}

static long double value(const subject *s, long double u)
{
    return oracle_activation(s->kind, s->slope, u + (long double)s->shift) + (long double)s->offset;
}
static long double derivative(const subject *s, long double u)
{
    return oracle_derivative(s->kind, s->slope, u + (long double)s->shift);
}

static const double points[][3] = {{1, 1, 0.5},   {0.25, 2, -0.4}, {2, 0.3, -0.6}, {1, 1, 0.99},
                                   {1, 1, -0.99}, {0.5, 0.5, 0.5}, {3, 1.5, 1.9},  {0.7, 0.9, 0}};
enum { POINTS = sizeof points / sizeof *points };

/* kappa, kdot, and the sizes of their terms, by the trapezoidal rule in rotated coordinates; the activations' poles are at 1.57
 * or more, so that at lengths of 1.7 and h = 0.14 its error is exp(-2 pi 1.57 / 1.7 / 0.14) = 1e-18 */
static void integrate(const subject *s, const double *q, long double *kappa, long double *kdot)
{
    enum { NODES = 160 };
    long double r1 = sqrtl((long double)q[0]), r2 = sqrtl((long double)q[1]), rho = fminl(1, (long double)q[2] / (r1 * r2));
    long double p = sqrtl((1 + rho) / 2), m = sqrtl((1 - rho) / 2), h = 2 * 11.0L / NODES;
    *kappa = *kdot = 0;
    for (int i = 0; i <= NODES; i++)
        for (int j = 0; j <= NODES; j++) {
            long double xi = h * (long double)i - 11, eta = h * (long double)j - 11;
            long double w = h * h * expl(-(xi * xi + eta * eta) / 2) / (2 * 3.14159265358979323846L);
            long double u = r1 * (p * xi + m * eta), v = r2 * (p * xi - m * eta);
            *kappa += w * value(s, u) * value(s, v);
            *kdot += w * derivative(s, u) * derivative(s, v);
        }
}

/* 1e-13 of the size of the terms, 64 times what was measured; q12's own rounding is within it */
START_TEST(smooth_against_the_trapezoidal_rule)
{
    const subject *s = &smooth[_i];
    ntk_activation *activation = create(s);
    for (int i = 0; i < POINTS; i++) {
        const double *q = points[i];
        long double kappa, kdot;
        integrate(s, q, &kappa, &kdot);
        ntk_moments m = moments_of(activation, q[0], q[1], q[2]), one = moments_of(activation, q[0], q[0], q[0]),
                    two = moments_of(activation, q[1], q[1], q[1]);
        double sizes[] = {sqrt(one.kappa * two.kappa), sqrt(one.kdot * two.kdot)};
        ck_assert(m.error_bound > 0 && m.error_bound <= 1e-12);
        ck_assert_msg(fabsl((long double)m.kappa - kappa) <= 1e-13L * (long double)sizes[0] &&
                          fabsl((long double)m.kdot - kdot) <= 1e-13L * (long double)sizes[1],
                      "%s + %g at (%g, %g, %g): %.17g, %.17g, not %.17Lg, %.17Lg", oracle_kind_name(s->kind), s->shift, q[0],
                      q[1], q[2], m.kappa, m.kdot, kappa, kdot);
    }
    ntk_activation_destroy(activation);
}
END_TEST

/* --- Price's theorem: five-point differences --- */

static double member(const ntk_moments *m, int which)
{
    return which ? m->kdot : m->kappa;
}

static long double difference(const ntk_activation *activation, const double *q, int which, int variable)
{
    double h = 0x1p-10 * q[0] * q[1] / (1 + q[0]) / (1 + q[1]), sum[4];
    const double steps[] = {-2, -1, 1, 2};
    for (int i = 0; i < 4; i++) {
        ntk_moments m =
            moments_of(activation, q[0] + (variable == 0 ? steps[i] * h : 0), q[1], q[2] + (variable == 2 ? steps[i] * h : 0));
        sum[i] = member(&m, which);
    }
    return (8 * ((long double)sum[2] - (long double)sum[1]) - ((long double)sum[3] - (long double)sum[0])) /
           (12 * (long double)h);
}

static void against_differences(const subject *s, const ntk_activation *activation)
{
    for (int i = 0; i < POINTS; i++) {
        const double *q = points[i];
        if (fabs(q[2]) > 0.9 * sqrt(q[0] * q[1])) continue; /* differences would leave the domain */
        ntk_moments m = moments_of(activation, q[0], q[1], q[2]);
        const double got[] = {m.dkappa_dq12, m.dkappa_dq11, m.dkdot_dq12, m.dkdot_dq11};
        for (int d = 0; d < 4; d++) {
            long double want = difference(activation, q, d >= 2, d % 2 ? 0 : 2);
            /* rounding: 1e-15 / h, h >= 5e-5, of values up to 100; truncation h^4 times a fifth derivative */
            long double tolerance = 1e-9L * (1 + fabsl(want) + fabsl((long double)m.kappa));
            ck_assert_msg(fabsl((long double)got[d] - want) <= tolerance,
                          "%s + %g at (%g, %g, %g), derivative %d: %.15g, not %.15Lg", oracle_kind_name(s->kind), s->shift,
                          q[0], q[1], q[2], d, got[d], want);
        }
    }
}

START_TEST(smooth_against_differences)
{
    ntk_activation *activation = create(&smooth[_i]);
    against_differences(&smooth[_i], activation);
    ntk_activation_destroy(activation);
}
END_TEST

START_TEST(kinked_against_differences)
{
    ntk_activation *activation = create(&kinked[_i]);
    against_differences(&kinked[_i], activation);
    ntk_activation_destroy(activation);
}
END_TEST

/* --- kinked: the plane by panels split at both kinks, in the coordinates of the Cholesky factor --- */

static long double conditional(const subject *s, long double m, long double tau, int slope)
{
    enum { N = 24 };
    long double x[N], w[N], cuts[] = {-13, (-(long double)s->shift - m) / tau, 13}, sum = 0;
    oracle_legendre(x, w, N);
    cuts[1] = fminl(13, fmaxl(-13, cuts[1]));
    for (int part = 0; part < 2; part++)
        for (int piece = 0; piece < 4; piece++) {
            long double half = (cuts[part + 1] - cuts[part]) / 8, middle = cuts[part] + half * (2 * (long double)piece + 1);
            for (int i = 0; i < N; i++) {
                long double z = middle + half * x[i];
                sum += half * w[i] * expl(-z * z / 2) / 2.50662827463100050241577L *
                       (slope ? derivative(s, m + tau * z) : value(s, m + tau * z));
            }
        }
    return sum;
}

START_TEST(kinked_against_panels)
{
    enum { N = 24 };
    const subject *s = &kinked[_i];
    ntk_activation *activation = create(s);
    long double x[N], w[N];
    oracle_legendre(x, w, N);
    for (int p = 0; p < 5; p++) {
        const double *q = points[p];
        long double r1 = sqrtl((long double)q[0]), r2 = sqrtl((long double)q[1]), rho = (long double)q[2] / (r1 * r2);
        if (fabsl(rho) > 0.9L) continue; /* v's kink would be too narrow for these panels */
        long double cuts[] = {-13, -(long double)s->shift / r1, 13}, kappa = 0, kdot = 0;
        for (int part = 0; part < 2; part++)
            for (int piece = 0; piece < 5; piece++) {
                long double half = (cuts[part + 1] - cuts[part]) / 10,
                            middle = cuts[part] + half * (2 * (long double)piece + 1);
                for (int i = 0; i < N; i++) {
                    long double z = middle + half * x[i], weight = half * w[i] * expl(-z * z / 2) / 2.50662827463100050241577L;
                    long double m = r2 * rho * z, tau = r2 * sqrtl((1 - rho) * (1 + rho));
                    kappa += weight * value(s, r1 * z) * conditional(s, m, tau, 0);
                    kdot += weight * derivative(s, r1 * z) * conditional(s, m, tau, 1);
                }
            }
        ntk_moments m = moments_of(activation, q[0], q[1], q[2]);
        /* of terms of size 1 to 3, to which the panels are right to 1e-13 */
        ck_assert_msg(fabsl((long double)m.kappa - kappa) <= 2e-13L && fabsl((long double)m.kdot - kdot) <= 2e-13L,
                      "%s + %g at (%g, %g, %g): %.17g, %.17g, not %.17Lg, %.17Lg", oracle_kind_name(s->kind), s->shift, q[0],
                      q[1], q[2], m.kappa, m.kdot, kappa, kdot);
    }
    ntk_activation_destroy(activation);
}
END_TEST

/* --- user functions that are built in too --- */

typedef struct functions {
    subject s;
    int released;
    double poison; /* what is given beyond |u| = 3, if not 0 */
} functions;

static void call_value(void *user, double *out, const double *u, int64_t count)
{
    const functions *f = user;
    for (int64_t i = 0; i < count; i++)
        out[i] = f->poison != 0 && fabs(u[i]) > 3 ? f->poison : (double)value(&f->s, (long double)u[i]);
}
static void call_derivative(void *user, double *out, const double *u, int64_t count)
{
    const functions *f = user;
    for (int64_t i = 0; i < count; i++) out[i] = (double)derivative(&f->s, (long double)u[i]);
}
static void call_second(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = -2 * tanh(u[i]) * (1 - tanh(u[i]) * tanh(u[i]));
}
static void call_release(void *user)
{
    ((functions *)user)->released++;
}

static ntk_activation *user_activation(functions *f, int second, const double *kinks, int64_t count)
{
    ntk_activation_functions given = NTK_INIT(ntk_activation_functions);
    ntk_activation *activation = NULL;
    given.value = call_value;
    given.derivative = call_derivative;
    given.second_derivative = second ? call_second : NULL;
    given.kinks = kinks;
    given.kink_count = count;
    given.user = f;
    given.release_user = call_release;
    CHECK_OK(ntk_activation_create_user(context, &activation, &given));
    return activation;
}

static void agree(const ntk_activation *a, const ntk_activation *b, const double *q, double tolerance, double loose)
{
    ntk_moments m = moments_of(a, q[0], q[1], q[2]), n = moments_of(b, q[0], q[1], q[2]);
    const double got[] = {m.kappa, m.kdot, m.dkappa_dq12, m.dkappa_dq11, m.dkdot_dq12, m.dkdot_dq11};
    const double want[] = {n.kappa, n.kdot, n.dkappa_dq12, n.dkappa_dq11, n.dkdot_dq12, n.dkdot_dq11};
    for (int i = 0; i < 6; i++)
        ck_assert_msg(got[i] == want[i] || fabs(got[i] - want[i]) <= (i < 3 ? tolerance : loose) * (1 + fabs(want[i])),
                      "member %d at (%.17g, %.17g, %.17g): %.17g and %.17g", i, q[0], q[1], q[2], got[i], want[i]);
}

START_TEST(user_functions_agree_with_built_ins)
{
    const double wide[][3] = {{1, 1, 0.5}, {0.25, 2, -0.4}, {1, 1, 1}, {1, 1, -1},
                              {4, 3, 3.2}, {0, 1, 0},       {1, 0, 0}, {0, 0, 0}};
    functions f = {.s = {NTK_TANH, 0, 0, 0}};
    ntk_activation *with = user_activation(&f, 1, NULL, 0), *without = user_activation(&f, 0, NULL, 0), *own = create(&f.s);
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        /* below a length of 1e-4 derivatives that were not given are those at 1e-4 */
        int none = wide[i][0] == 0 || wide[i][1] == 0;
        agree(with, own, wide[i], 1e-13, none ? 1e-7 : 1e-12);
        agree(without, own, wide[i], 1e-13, none ? 1e-7 : 1e-11);
    }
    ntk_activation_destroy(with);
    ntk_activation_destroy(without);
    ck_assert_int_eq(f.released, 2);
    ntk_activation_destroy(own);
}
END_TEST

/* a ReLU given by its functions, against the closed form: near rho = 1 and -1 and at them */
START_TEST(user_kinks)
{
    const double zero = 0, rhos[] = {0.3, -0.8, 0.999, -0.999, 1 - 1e-8, -1 + 1e-8, 1, -1};
    functions f = {.s = {NTK_RELU, 0, 0, 0}};
    ntk_activation *user = user_activation(&f, 0, &zero, 1), *own = create(&f.s);
    for (size_t i = 0; i < sizeof rhos / sizeof *rhos; i++) {
        const double q[] = {1, 4, 2 * rhos[i]};
        /* by parts the derivatives of kdot lose digits like 1 / sqrt(1 - rho^2) */
        double sine = sqrt((1 - rhos[i]) * (1 + rhos[i]));
        agree(user, own, q, 1e-13, sine > 0 ? 1e-12 + 4e-15 / sine : 1e-12);
    }
    ntk_activation_destroy(user);
    ntk_activation_destroy(own);
    ck_assert_int_eq(f.released, 1);
}
END_TEST

/* a shift too small to matter: the integrals give what the closed forms give */
START_TEST(small_shifts_are_none)
{
    for (int32_t kind = NTK_RELU; kind <= NTK_EXP; kind++) {
        const subject none = {kind, kind == NTK_LEAKY_RELU ? 0.1 : 0, 0, 0}, little = {kind, none.slope, 1e-15, 0};
        ntk_activation *a = create(&none), *b = create(&little);
        for (int i = 0; i < POINTS; i++) agree(b, a, points[i], 1e-13, 1e-12);
        const double far[][3] = {{1, 1, 1 - 1e-7}, {1, 1, -1 + 1e-7}, {1e-6, 1, 2e-4}};
        /* the shift over the length is 1e-12 at the third */
        for (int i = 0; i < 3; i++) agree(b, a, far[i], 2e-12, 1e-9);
        ntk_activation_destroy(a);
        ntk_activation_destroy(b);
    }
}
END_TEST

START_TEST(honest_errors)
{
    ntk_moments m = NTK_INIT(ntk_moments);
    double poison[] = {(double)NAN, (double)INFINITY};
    for (int i = 0; i < 2; i++) {
        const double zero = 0;
        functions f = {.s = {NTK_TANH, 0, 0, 0}, .poison = poison[i]};
        ntk_activation *smooth_one = user_activation(&f, 0, NULL, 0), *bent = user_activation(&f, 0, &zero, 1);
        test_array c = test_array_make(9, 1, 0, NTK_F64);
        CHECK_STATUS(ntk_activation_moments(smooth_one, &m, 1, 1, 0.5), NTK_ERR_CALLBACK);
        CHECK_STATUS(ntk_activation_moments(bent, &m, 1, 1, 0.5), NTK_ERR_CALLBACK);
        CHECK_STATUS(ntk_activation_hermite(smooth_one, &c.view, 1), NTK_ERR_CALLBACK);
        CHECK_STATUS(ntk_activation_hermite(bent, &c.view, 1), NTK_ERR_CALLBACK);
        test_array_free(&c);
        ntk_activation_destroy(smooth_one);
        ntk_activation_destroy(bent);
    }
    const subject s = {NTK_TANH, 0, 0, 0};
    ntk_activation *steep = create(&s);
    CHECK_STATUS(ntk_activation_moments(steep, &m, 1e8, 1e8, 1e8), NTK_ERR_UNSUPPORTED);
    ck_assert(m.kappa == 0);
    CHECK_MESSAGE("accuracy");
    ntk_activation_destroy(steep);
}
END_TEST

/* --- Hermite coefficients --- */

static void coefficients(const ntk_activation *activation, double *c, int64_t rows, double scale)
{
    ntk_matrix view = ntk_matrix_f64(c, rows, 1);
    CHECK_OK(ntk_activation_hermite(activation, &view, scale));
}

/* sum_k c_k(a) c_k(b) rho^k = kappa(a^2, b^2, a b rho): at |rho| = 0.9 and 400 terms the rest is below 1e-18 */
START_TEST(coefficients_sum_to_kappa)
{
    enum { ROWS = 400 };
    const subject *s = _i < SMOOTH ? &smooth[_i] : &kinked[_i - SMOOTH];
    const double cases[][3] = {{1, 1, 0.9}, {0.5, 1.7, -0.7}, {1.5, 0.3, 0.2}, {-1, 1, 0.6}};
    ntk_activation *activation = create(s);
    for (int i = 0; i < 4; i++) {
        double c[ROWS], d[ROWS], sum = 0, size = 0, a = cases[i][0], b = cases[i][1], rho = cases[i][2];
        coefficients(activation, c, ROWS, a);
        coefficients(activation, d, ROWS, b);
        for (int k = ROWS - 1; k >= 0; k--) {
            sum = sum * rho + c[k] * d[k];
            size += fabs(c[k] * d[k]);
        }
        ntk_moments m = moments_of(activation, a * a, b * b, a * b * rho);
        ck_assert_msg(fabs(m.kappa - sum) <= 2e-13 * (1 + size), "%s + %g, case %d: %.17g, not %.17g",
                      oracle_kind_name(s->kind), s->shift, i, sum, m.kappa);
    }
    ntk_activation_destroy(activation);
}
END_TEST

/* the closed forms, against quadrature of the same function given by the user */
START_TEST(coefficients_against_quadrature)
{
    enum { ROWS = 300 };
    const double zero = 0;
    for (int32_t kind = NTK_RELU; kind <= NTK_SILU; kind++) {
        if (kind == NTK_STEP || kind == NTK_SIGN) continue; /* not continuous */
        functions f = {.s = {kind, kind == NTK_LEAKY_RELU ? 0.1 : kind == NTK_MONOMIAL || kind == NTK_HERMITE ? 6 : 0, 0, 0}};
        int bent = kind <= NTK_ABS;
        ntk_activation *user = user_activation(&f, 0, &zero, bent), *own = create(&f.s);
        for (int i = 0; i < 3; i++) {
            const double scales[] = {0.5, 1.7, 1};
            double c[ROWS], d[ROWS], norm = 0;
            coefficients(own, c, ROWS, scales[i]);
            coefficients(user, d, ROWS, scales[i]);
            for (int k = 0; k < ROWS; k++) norm += c[k] * c[k];
            for (int k = 0; k < ROWS; k++)
                ck_assert_msg(fabs(c[k] - d[k]) <= 2e-14 * (1 + sqrt(norm)), "%s, scale %g, degree %d: %.17g, not %.17g",
                              oracle_kind_name(kind), scales[i], k, c[k], d[k]);
        }
        ntk_activation_destroy(user);
        ntk_activation_destroy(own);
    }
}
END_TEST

/* the degrees that vanish, and that a shift brings them back */
START_TEST(vanishing_degrees)
{
    const subject plain[] = {{NTK_RELU, 0, 0, 0}, {NTK_SILU, 0, 0, 0}, {NTK_TANH, 0, 0, 0}};
    for (int i = 0; i < 3; i++) {
        double c[8], d[8];
        subject moved = plain[i];
        moved.shift = 0.5;
        ntk_activation *a = create(&plain[i]), *b = create(&moved);
        coefficients(a, c, 8, 1);
        coefficients(b, d, 8, 1);
        for (int k = 2; k < 8; k++) {
            int absent = plain[i].kind == NTK_TANH ? k % 2 == 0 : k % 2 == 1;
            if (absent) ck_assert(fabs(c[k]) < 1e-15);
            ck_assert(fabs(d[k]) > 1e-4);
        }
        ntk_activation_destroy(a);
        ntk_activation_destroy(b);
    }
}
END_TEST

/* --- networks of them --- */

/* K_N = Phi Phi^T of both parts, whose derivatives no shortcut for kinks at 0 may take; to the roundings of 64 terms */
START_TEST(finite_kernels_of_shifted_activations)
{
    enum { N = 64, D = 4, ROWS = 5 };
    const subject *s = &kinked[_i];
    uint64_t state = test_seed(31) + (uint64_t)_i;
    ntk_activation *activation = create(s);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    ntk_kernel *kernel = NULL;
    options.inputs = D;
    options.hidden = N;
    CHECK_OK(ntk_network_create(context, &network, activation, &options));
    CHECK_OK(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    CHECK_OK(ntk_kernel_create_finite(context, &kernel, features));
    double *x = oracle_samples(ROWS, D, NTK_F64, &state);
    test_array in = oracle_array(x, ROWS, D, 0, NTK_F64), K = test_array_make(ROWS, ROWS, 0, NTK_F64),
               Phi = test_array_make(ROWS, ntk_features_size(features), 0, NTK_F64);
    CHECK_OK(ntk_features_map(features, &Phi.view, &in.view));
    CHECK_OK(ntk_kernel_block(kernel, &K.view, &in.view, &in.view));
    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t j = 0; j < ROWS; j++) {
            double sum = 0, size = 0;
            for (int64_t k = 0; k < Phi.view.cols; k++) {
                double term = test_get(&Phi.view, i, k) * test_get(&Phi.view, j, k);
                sum += term;
                size += fabs(term);
            }
            ck_assert_msg(fabs(test_get(&K.view, i, j) - sum) <= 1e-14 * size, "%s + %g: %.17g, not %.17g",
                          oracle_kind_name(s->kind), s->shift, test_get(&K.view, i, j), sum);
        }
    free(x);
    test_array_free(&in);
    test_array_free(&K);
    test_array_free(&Phi);
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("series");
    TCase *series = test_case(suite, "series");
    tcase_add_checked_fixture(series, setup, teardown);
    tcase_add_loop_test(series, smooth_against_the_trapezoidal_rule, 0, SMOOTH);
    tcase_add_loop_test(series, smooth_against_differences, 0, SMOOTH);
    tcase_add_loop_test(series, kinked_against_differences, 0, KINKED);
    tcase_add_loop_test(series, kinked_against_panels, 0, KINKED);
    tcase_add_test(series, user_functions_agree_with_built_ins);
    tcase_add_test(series, user_kinks);
    tcase_add_test(series, small_shifts_are_none);
    tcase_add_test(series, honest_errors);
    tcase_add_loop_test(series, coefficients_sum_to_kappa, 0, SMOOTH + KINKED);
    tcase_add_test(series, coefficients_against_quadrature);
    tcase_add_test(series, vanishing_degrees);
    tcase_add_loop_test(series, finite_kernels_of_shifted_activations, 0, KINKED);
    return test_run(suite);
}
