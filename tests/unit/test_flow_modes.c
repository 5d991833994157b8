/* One mode's closed form against its recurrence, step by step in long double: slow modes and fast ones, near double roots, on the
 * edge of stability and beyond it, and after very many steps. */
#include "dynamics/flow/modes.h"
#include "oracle.h"

#include <float.h>
#include <math.h>

/* p and (1 - p) / A after each step; differences are summed, so that a slow mode loses nothing. */
typedef struct recurrence {
    long double left, done, change, moved;
} recurrence;

static recurrence at_rest(void)
{
    return (recurrence){1, 0, 0, 0};
}

static void step(recurrence *r, const ntk_law *law, long double A)
{
    long double eta = (long double)law->step, m = law->method == NTK_FLOW_GD ? 0 : (long double)law->momentum;
    /* Nesterov's gradient is that of where momentum leads */
    long double there = law->method == NTK_FLOW_NESTEROV ? r->left + m * r->change : r->left;
    r->change = m * r->change - eta * A * there;
    r->moved = m * r->moved + eta * there;
    r->left += r->change;
    r->done += r->moved;
}

/* Rounding z = step A by a unit roundoff turns k steps by k sqrt(z) of them where they oscillate, and stretches them by k z where they
 * do not; and by k^2 z near the double root of fast modes, at z = (1 + sqrt(momentum))^2. */
static void check_mode(const ntk_law *law, double A, double k, const recurrence *r)
{
    ntk_mode mode = ntk_mode_at(law, A, k);
    double z = law->step * A, size = fmax(1, fabs((double)r->left));
    double bound = DBL_EPSILON * (64 + 4 * k * fmin(1, sqrt(z)) + (z > 2 ? k * k : 0));
    ck_assert(mode.finite);
    ck_assert_msg(fabs(mode.left - (double)r->left) <= bound * size,
                  "method %d, step A %.17g, m %g, k %g: left %.17g, expected %.17Lg", law->method, law->step * A, law->momentum,
                  k, mode.left, r->left);
    ck_assert_msg(fabs(mode.done - (double)r->done) <= bound * fmax(fabs((double)r->done), law->step * size),
                  "method %d, step A %.17g, m %g, k %g: done %.17g, expected %.17Lg", law->method, law->step * A, law->momentum,
                  k, mode.done, r->done);
}

static void follow(const ntk_law *law, double A)
{
    static const int64_t at[] = {0, 1, 2, 3, 5, 10, 37, 100, 1000, 20000};
    recurrence r = at_rest();
    int64_t k = 0;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        for (; k < at[i]; k++) step(&r, law, (long double)A);
        if (!(fabsl(r.left) < 1e12L)) return;
        check_mode(law, A, (double)k, &r);
    }
}

static const double momenta[] = {0, 1e-12, 0.01, 0.5, 0.9, 0.999, 1 - 1e-9};

START_TEST(steps)
{
    const double m = momenta[_i], edge = 2 * (1 + m), edge_nesterov = (2 + 2 * m) / (1 + 2 * m), root = 1 - sqrt(m);
    const double z[] = {0, 1e-300, 1e-18, 1e-9, 1e-4, 0.03, 0.5, 1 - 1e-9, 1, 1 + 1e-9, 1.25, 1.5, 1.999, 2, 2.001,
                        edge * (1 - 1e-9), edge, edge * (1 + 1e-6), edge_nesterov * (1 - 1e-9), edge_nesterov * 1.001,
                        /* double roots, and either side of them */
                        root * root, root * root * (1 - 1e-9), root * root * (1 + 1e-9), (1 + sqrt(m)) * (1 + sqrt(m)),
                        (1 - m) * (1 - m) / ((1 + m) * (1 + m))};
    for (int32_t method = NTK_FLOW_GD; method <= NTK_FLOW_NESTEROV; method++)
        for (size_t i = 0; i < sizeof z / sizeof z[0]; i++) {
            const double sizes[] = {1, 0.125, 1024};
            for (int j = 0; j < 3; j++) {
                ntk_law law = {.method = method, .step = sizes[j], .momentum = m};
                follow(&law, z[i] / sizes[j]);
            }
        }
}
END_TEST

/* What is left of a mode without oscillation is right to relative accuracy, however small. */
START_TEST(small_remainders)
{
    ntk_law law = {.method = NTK_FLOW_GD, .step = 1, .momentum = 0.5};
    for (int32_t method = NTK_FLOW_GD; method <= NTK_FLOW_NESTEROV; method++) {
        law.method = method;
        recurrence r = at_rest();
        const double A = 0.0625;
        for (int k = 1; k <= 4000; k++) {
            step(&r, &law, (long double)A);
            double left = ntk_mode_at(&law, A, k).left, bound = 16 * DBL_EPSILON * (1 + k * fabs(log(ntk_mode_rate(&law, A))));
            ck_assert_msg(fabs(left / (double)r.left - 1) <= bound, "method %d, step %d: %.17g, expected %.17Lg", method, k,
                          left, r.left);
        }
    }
    law.method = NTK_FLOW_FLOW;
    ck_assert(fabs(ntk_mode_at(&law, 3, 200).left / (double)expl(-600) - 1) < 16 * DBL_EPSILON);
}
END_TEST

/* After 10^15 steps a mode of step A = 10^-15 (1 - momentum) has done what flow does in unit time: the two differ by about the
 * curvature of a step. */
START_TEST(very_many_steps)
{
    const double k = 1e15;
    for (int32_t method = NTK_FLOW_GD; method <= NTK_FLOW_NESTEROV; method++)
        for (int i = 0; i < 5; i++) {
            double m = method == NTK_FLOW_GD ? 0 : momenta[i];
            ntk_law law = {.method = method, .step = 1e-15 * (1 - m), .momentum = m};
            ntk_mode mode = ntk_mode_at(&law, 1, k);
            ck_assert(fabs(mode.left / exp(-1) - 1) < 1e-12 && fabs(mode.done / -expm1(-1) - 1) < 1e-12);
        }
    /* the heavy ball with momentum near 1 is the oscillator */
    const double eta = 1e-10, A = 1;
    ntk_law ball = {.method = NTK_FLOW_MOMENTUM, .step = eta, .momentum = 1 - 3e-6};
    ntk_law inertia = {.method = NTK_FLOW_INERTIA, .friction = 3e-6 / 1e-5};
    for (int i = 1; i <= 5; i++) {
        double k_ball = 100000.0 * i;
        ck_assert(fabs(ntk_mode_at(&ball, A, k_ball).left - ntk_mode_at(&inertia, A, k_ball * 1e-5).left) < 1e-4);
    }
}
END_TEST

/* Taylor's series of p'' = -friction p' - A p in long double, in steps of a tenth of the fastest time. */
static void inertia_oracle(long double friction, long double A, long double t, long double *left, long double *done)
{
    long double fast = sqrtl(A) + friction, p = 1, v = 0;
    int count = (int)ceill(10 * fast * t) + 1;
    long double h = t / count;
    for (int i = 0; i < count; i++) {
        long double term_p = p, term_v = v, next_p = p, next_v = v;
        for (int j = 1; j < 24; j++) {
            long double a = -friction * term_v - A * term_p;
            term_p = term_v * h / j;
            term_v = a * h / j;
            next_p += term_p;
            next_v += term_v;
        }
        p = next_p;
        v = next_v;
    }
    *left = p;
    *done = A > 0 ? (1 - p) / A : 0;
}

START_TEST(inertia)
{
    const double frictions[] = {0, 0.1, 1, 2, 2 * (1 + 1e-9), 2 * (1 - 1e-9), 7}, times[] = {1e-3, 0.2, 1, 3, 17};
    for (size_t i = 0; i < sizeof frictions / sizeof frictions[0]; i++)
        for (size_t j = 0; j < sizeof times / sizeof times[0]; j++) {
            ntk_law law = {.method = NTK_FLOW_INERTIA, .friction = frictions[i]};
            long double left, done;
            inertia_oracle((long double)frictions[i], 1, (long double)times[j], &left, &done);
            ntk_mode mode = ntk_mode_at(&law, 1, times[j]);
            ck_assert_msg(fabs(mode.left - (double)left) < 64 * DBL_EPSILON, "friction %g, t %g: %.17g, expected %.17Lg",
                          frictions[i], times[j], mode.left, left);
            ck_assert(fabs(mode.done / (double)done - 1) < 64 * DBL_EPSILON + 1e-18 / (double)done);
        }
    /* without curvature: t - (1 - exp(-friction t)) / friction, over friction; or t^2 / 2 */
    ntk_law law = {.method = NTK_FLOW_INERTIA, .friction = 2};
    ck_assert(fabs(ntk_mode_at(&law, 0, 3).done / ((3 + expm1(-6) / 2) / 2) - 1) < 8 * DBL_EPSILON);
    law.friction = 0;
    ck_assert(fabs(ntk_mode_at(&law, 0, 3).done - 4.5) < 8 * DBL_EPSILON);
}
END_TEST

START_TEST(for_ever)
{
    const struct {
        ntk_law law;
        double A;
        bool converges;
    } cases[] = {
        {{.method = NTK_FLOW_FLOW}, 2, true},
        {{.method = NTK_FLOW_FLOW}, 0, false},
        {{.method = NTK_FLOW_GD, .step = 1}, 1.999, true},
        {{.method = NTK_FLOW_GD, .step = 1}, 2, false},
        {{.method = NTK_FLOW_MOMENTUM, .step = 1, .momentum = 0.5}, 2.999, true},
        {{.method = NTK_FLOW_MOMENTUM, .step = 1, .momentum = 0.5}, 3.001, false},
        {{.method = NTK_FLOW_NESTEROV, .step = 1, .momentum = 0.5}, 1.499, true},
        {{.method = NTK_FLOW_NESTEROV, .step = 1, .momentum = 0.5}, 1.501, false},
        {{.method = NTK_FLOW_INERTIA, .friction = 1}, 2, true},
        {{.method = NTK_FLOW_INERTIA}, 2, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ntk_mode mode = ntk_mode_at(&cases[i].law, cases[i].A, (double)INFINITY);
        ck_assert_int_eq(mode.finite, cases[i].converges);
        if (mode.finite) ck_assert(mode.left == 0 && mode.done == 1 / cases[i].A);
        ck_assert(cases[i].A == 0 || (ntk_mode_rate(&cases[i].law, cases[i].A) < 1) == cases[i].converges);
        /* a step that diverges is known after many, and never a NaN */
        if (ntk_law_is_discrete(&cases[i].law) && ntk_mode_rate(&cases[i].law, cases[i].A) > 1 + 1e-9)
            ck_assert(!ntk_mode_at(&cases[i].law, cases[i].A, 0x1p53).finite);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("modes of a flow");
    TCase *tests = test_case(suite, "modes");
    tcase_add_loop_test(tests, steps, 0, sizeof momenta / sizeof momenta[0]);
    tcase_add_test(tests, small_remainders);
    tcase_add_test(tests, very_many_steps);
    tcase_add_test(tests, inertia);
    tcase_add_test(tests, for_ever);
    return test_run(suite);
}
