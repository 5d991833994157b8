/* Gaussian moments against quadrature of their defining integrals, against differences, and at the edges of their domain. */
#include "oracle.h"

#include <float.h>
#include <math.h>

typedef struct subject {
    int32_t kind;
    double slope;
} subject;

static const subject subjects[] = {{NTK_RELU, 0}, {NTK_LEAKY_RELU, 0.1}, {NTK_LEAKY_RELU, -1.5}, {NTK_LEAKY_RELU, 1},
                                   {NTK_ABS, 0},  {NTK_STEP, 0},         {NTK_SIGN, 0},          {NTK_IDENTITY, 0},
                                   {NTK_GELU, 0}, {NTK_SIN, 0},          {NTK_COS, 0},           {NTK_EXP, 0},
                                   {NTK_ERF, 0}};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

typedef struct covariance {
    double q11, q22, q12;
} covariance;

/* well inside the domain, so that neither quadrature nor differences lose digits */
static const covariance inside[] = {{1, 1, 0.5},    {0.25, 2, -0.4}, {3, 1.5, 1.9},   {0.7, 0.9, 0},
                                    {2, 0.3, -0.6}, {1, 1, 0.9},     {0.5, 0.5, 0.1}, {4, 3, -3}};
enum { INSIDE = sizeof inside / sizeof *inside };

static ntk_context *context;
static ntk_activation *activations[SUBJECTS];

static void setup(void)
{
    context = test_context(1, NULL);
    for (int s = 0; s < SUBJECTS; s++) activations[s] = oracle_activation_create(context, subjects[s].kind, subjects[s].slope);
}

static void teardown(void)
{
    for (int s = 0; s < SUBJECTS; s++) ntk_activation_destroy(activations[s]);
    ntk_context_destroy(context);
}

static ntk_moments moments_at(int s, double q11, double q22, double q12)
{
    ntk_moments moments = NTK_INIT(ntk_moments);
    ntk_status status = ntk_activation_moments(activations[s], &moments, q11, q22, q12);
    ck_assert_msg(status == NTK_OK, "%s at (%g, %g, %g): %s", oracle_kind_name(subjects[s].kind), q11, q22, q12,
                  ntk_error_message());
    return moments;
}

static void near(const char *name, int s, const covariance *q, double got, long double want, long double tolerance)
{
    ck_assert_msg(fabsl((long double)got - want) <= tolerance, "%s of %s(%g) at (%g, %g, %g): %.17g, not %.17Lg (%.1Lg)", name,
                  oracle_kind_name(subjects[s].kind), subjects[s].slope, q->q11, q->q22, q->q12, got, want, tolerance);
}

/* --- the defining integrals of kinked activations: polar coordinates, one panel for each sector between kinks --- */

/* E over the direction t of sigma(sqrt(q11) cos t) sigma(sqrt(q22) cos(t - theta)); homogeneous of degree 0 or 1 in each, so
 * the radius contributes E[R^2] = 2 for kappa and 1 for kdot */
static void sectors(const subject *s, const covariance *q, long double *kappa, long double *kdot)
{
    enum { POINTS = 24 };
    const long double pi = 3.141592653589793238462643383279502884L;
    long double node[POINTS], weight[POINTS], cut[5];
    long double r1 = sqrtl((long double)q->q11), r2 = sqrtl((long double)q->q22);
    long double theta = acosl((long double)q->q12 / (r1 * r2));
    int flat = s->kind == NTK_STEP || s->kind == NTK_SIGN;
    oracle_legendre(node, weight, POINTS);
    cut[0] = -pi / 2;
    cut[1] = theta - pi / 2;
    cut[2] = pi / 2;
    cut[3] = theta + pi / 2;
    cut[4] = 3 * pi / 2;
    *kappa = *kdot = 0;
    for (int p = 0; p < 4; p++) {
        long double half = (cut[p + 1] - cut[p]) / 2, middle = (cut[p + 1] + cut[p]) / 2;
        for (int i = 0; i < POINTS; i++) {
            long double t = middle + half * node[i], w = weight[i] * half / (2 * pi);
            long double u = r1 * cosl(t), v = r2 * cosl(t - theta);
            *kappa += w * (flat ? 1 : 2) * oracle_activation(s->kind, s->slope, u) * oracle_activation(s->kind, s->slope, v);
            *kdot += w * oracle_derivative(s->kind, s->slope, u) * oracle_derivative(s->kind, s->slope, v);
        }
    }
}

START_TEST(kinked_against_sectors)
{
    for (int s = 0; s < SUBJECTS; s++) {
        if (subjects[s].kind >= NTK_ERF) continue;
        for (int i = 0; i < INSIDE; i++) {
            const covariance *q = &inside[i];
            ntk_moments m = moments_at(s, q->q11, q->q22, q->q12);
            long double kappa, kdot, size = 1 + (long double)subjects[s].slope * (long double)subjects[s].slope;
            sectors(&subjects[s], q, &kappa, &kdot);
            /* 16 roundings of terms as large as the norms */
            near("kappa", s, q, m.kappa, kappa,
                 16 * (long double)DBL_EPSILON * size * (1 + (long double)sqrt(q->q11 * q->q22)));
            near("kdot", s, q, m.kdot, kdot, 16 * (long double)DBL_EPSILON * size);
        }
    }
}
END_TEST

/* --- erf: the trapezoidal rule in rotated coordinates, which converges exponentially --- */

/* sigma, sigma', sigma'' and sigma''' of erf */
static void erf_family(long double u, long double *f)
{
    f[0] = erfl(u);
    f[1] = oracle_derivative(NTK_ERF, 0, u);
    f[2] = -2 * u * f[1];
    f[3] = (4 * u * u - 2) * f[1];
}

START_TEST(erf_against_the_trapezoidal_rule)
{
    enum { NODES = 160 };
    int s = SUBJECTS - 1;
    const covariance *q = &inside[_i];
    long double r1 = sqrtl((long double)q->q11), r2 = sqrtl((long double)q->q22), rho = (long double)q->q12 / (r1 * r2);
    long double p = sqrtl((1 + rho) / 2), m = sqrtl((1 - rho) / 2), h = 2 * 9.0L / NODES;
    long double sum[5] = {0};
    for (int i = 0; i <= NODES; i++) {
        for (int j = 0; j <= NODES; j++) {
            long double xi = h * (long double)i - 9, eta = h * (long double)j - 9, f[4], g[4];
            long double w = h * h * expl(-(xi * xi + eta * eta) / 2) / (2 * 3.14159265358979323846L);
            erf_family(r1 * (p * xi + m * eta), f);
            erf_family(r2 * (p * xi - m * eta), g);
            sum[0] += w * f[0] * g[0];
            sum[1] += w * f[1] * g[1];
            sum[2] += w * f[2] * g[0] / 2;
            sum[3] += w * f[2] * g[2];
            sum[4] += w * f[3] * g[1] / 2;
        }
    }
    ntk_moments got = moments_at(s, q->q11, q->q22, q->q12);
    /* what the rule cuts off beyond |z| = 9 is 2e-17 of the largest integrand, 60; the rest is rounding */
    near("kappa", s, q, got.kappa, sum[0], 2e-15L);
    near("kdot", s, q, got.kdot, sum[1], 2e-15L);
    near("dkappa_dq12", s, q, got.dkappa_dq12, sum[1], 2e-15L);
    near("dkappa_dq11", s, q, got.dkappa_dq11, sum[2], 4e-15L);
    near("dkdot_dq12", s, q, got.dkdot_dq12, sum[3], 1e-14L);
    near("dkdot_dq11", s, q, got.dkdot_dq11, sum[4], 1e-14L);
}
END_TEST

/* --- derivatives: five-point differences of kappa and kdot --- */

typedef double (*along)(int s, const covariance *q, double h);

static double kappa_q12(int s, const covariance *q, double h)
{
    return moments_at(s, q->q11, q->q22, q->q12 + h).kappa;
}
static double kappa_q11(int s, const covariance *q, double h)
{
    return moments_at(s, q->q11 + h, q->q22, q->q12).kappa;
}
static double kdot_q12(int s, const covariance *q, double h)
{
    return moments_at(s, q->q11, q->q22, q->q12 + h).kdot;
}
static double kdot_q11(int s, const covariance *q, double h)
{
    return moments_at(s, q->q11 + h, q->q22, q->q12).kdot;
}

static long double difference(along f, int s, const covariance *q)
{
    double h = 0x1p-10 * q->q11 * q->q22 / (1 + q->q11) / (1 + q->q22);
    return (8 * ((long double)f(s, q, h) - (long double)f(s, q, -h)) -
            ((long double)f(s, q, 2 * h) - (long double)f(s, q, -2 * h))) /
           (12 * (long double)h);
}

START_TEST(derivatives_against_differences)
{
    for (int s = 0; s < SUBJECTS; s++) {
        for (int i = 0; i < INSIDE; i++) {
            const covariance *q = &inside[i];
            ntk_moments m = moments_at(s, q->q11, q->q22, q->q12);
            int flat = subjects[s].kind == NTK_STEP || subjects[s].kind == NTK_SIGN;
            /* rounding: 4e-16 / h, h >= 5e-5; truncation: h^4 = 1e-13 times a fifth derivative below 1e3 here */
            long double size = 1 + (long double)subjects[s].slope * (long double)subjects[s].slope;
            long double tolerance = 4e-10L * size;
            near("dkappa_dq12", s, q, m.dkappa_dq12, difference(kappa_q12, s, q), tolerance);
            near("dkappa_dq11", s, q, m.dkappa_dq11, difference(kappa_q11, s, q), tolerance);
            near("dkdot_dq12", s, q, m.dkdot_dq12, difference(kdot_q12, s, q), tolerance);
            near("dkdot_dq11", s, q, m.dkdot_dq11, difference(kdot_q11, s, q), tolerance);
            if (flat)
                ck_assert(m.kdot == 0 && m.dkdot_dq12 == 0 && m.dkdot_dq11 == 0);
            else
                ck_assert(m.dkappa_dq12 == m.kdot);
        }
    }
}
END_TEST

/* --- exchange, diagonal, edges --- */

START_TEST(exchanging_the_variances)
{
    uint64_t state = test_seed(21);
    for (int s = 0; s < SUBJECTS; s++) {
        for (int trial = 0; trial < 200; trial++) {
            double spread = subjects[s].kind == NTK_EXP ? 1 : 6; /* of exponents; exp(2 q) must be a number */
            double q11 = exp(spread * oracle_normal(&state)), q22 = exp(spread * oracle_normal(&state));
            double rho = 2 * oracle_uniform(&state) - 1;
            covariance q = {q11, q22, rho * sqrt(q11) * sqrt(q22)};
            ntk_moments a = moments_at(s, q11, q22, q.q12), b = moments_at(s, q22, q11, q.q12);
            /* the sum of both is what a rounding of the inputs can do; q12 dkdot_dq12 is its size for kdot */
            long double e = 8 * (long double)DBL_EPSILON;
            near("kappa", s, &q, a.kappa, (long double)b.kappa,
                 e * (fabsl((long double)a.kappa) + fabsl((long double)q.q12 * (long double)a.dkappa_dq12)));
            near("kdot", s, &q, a.kdot, (long double)b.kdot,
                 e * (fabsl((long double)a.kdot) + fabsl((long double)q.q12 * (long double)a.dkdot_dq12)));
        }
    }
}
END_TEST

/* rho = 1 exactly: the closed forms of the diagonal, to the last digits for every variance */
START_TEST(parallel)
{
    uint64_t state = test_seed(22);
    for (int trial = 0; trial < 300; trial++) {
        double q = exp(20 * oracle_normal(&state));
        for (int s = 0; s < SUBJECTS; s++) {
            double a = subjects[s].slope, e = 4 * DBL_EPSILON;
            if (subjects[s].kind == NTK_EXP) continue; /* overflows */
            ntk_moments m = moments_at(s, q, q, q);
            double kappa = 0, kdot = 0;
            switch (subjects[s].kind) {
            case NTK_RELU:
            case NTK_LEAKY_RELU:
                kappa = (1 + a * a) / 2 * q, kdot = (1 + a * a) / 2;
                break;
            case NTK_ABS:
            case NTK_IDENTITY:
                kappa = q, kdot = 1;
                break;
            case NTK_STEP:
                kappa = 0.5;
                break;
            case NTK_SIGN:
                kappa = 1;
                break;
            case NTK_ERF:
                kappa = 2 / 3.141592653589793 * atan2(2 * q, sqrt(1 + 4 * q));
                kdot = 4 / 3.141592653589793 / sqrt(1 + 4 * q);
                break;
            case NTK_SIN:
                kappa = -expm1(-2 * q) / 2, kdot = 1 - kappa;
                break;
            case NTK_COS:
                kdot = -expm1(-2 * q) / 2, kappa = 1 - kdot;
                break;
            default: /* no shorter form */
                continue;
            }
            covariance at = {q, q, q};
            near("kappa", s, &at, m.kappa, (long double)kappa, (long double)(e * kappa));
            near("kdot", s, &at, m.kdot, (long double)kdot, (long double)(e * kdot));
            ck_assert(!isnan(m.dkappa_dq12) && !isnan(m.dkappa_dq11) && !isnan(m.dkdot_dq12) && !isnan(m.dkdot_dq11));
        }
    }
}
END_TEST

static void refused(int s, double q11, double q22, double q12)
{
    ntk_moments moments = NTK_INIT(ntk_moments);
    moments.kappa = 17.5;
    ntk_status status = ntk_activation_moments(activations[s], &moments, q11, q22, q12);
    ck_assert_msg(status == NTK_ERR_VALUE && moments.kappa == 17.5 && ntk_error_message()[0], "(%g, %g, %g): %s", q11, q22, q12,
                  ntk_status_name(status));
}

START_TEST(domain)
{
    const double nan = (double)NAN, inf = (double)INFINITY;
    for (int s = 0; s < SUBJECTS; s++) {
        refused(s, -1, 1, 0);
        refused(s, 1, -1e-300, 0);
        refused(s, nan, 1, 0);
        refused(s, 1, nan, 0);
        refused(s, 1, 1, nan);
        refused(s, inf, 1, 0);
        refused(s, 1, inf, 0);
        refused(s, 1, 1, inf);
        refused(s, 1, 1, 1.001);
        refused(s, 2, 3, -2.5);
        refused(s, 0, 1, 0.1);
        refused(s, 1e200, 1e200, -1.001e200);
        refused(s, 1e-200, 1e-200, 1.001e-200);
        /* rounding is forgiven, and counts as parallel or antiparallel */
        double q = sqrt(2.0) * sqrt(3.0);
        for (int sign = -1; sign <= 1; sign += 2) {
            ntk_moments m = moments_at(s, 2, 3, sign * q * (1 + DBL_EPSILON));
            ck_assert(isfinite(m.kappa) && isfinite(m.kdot));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("moments");
    TCase *moments = test_case(suite, "moments");
    tcase_add_checked_fixture(moments, setup, teardown);
    tcase_add_test(moments, kinked_against_sectors);
    tcase_add_loop_test(moments, erf_against_the_trapezoidal_rule, 0, INSIDE);
    tcase_add_test(moments, derivatives_against_differences);
    tcase_add_test(moments, exchanging_the_variances);
    tcase_add_test(moments, parallel);
    tcase_add_test(moments, domain);
    return test_run(suite);
}
