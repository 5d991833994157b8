/* Models of the caller's functions: the spectrum of their Jacobian, certificates, and their flow beside the linearized one. */
#include "models.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

static ntk_model *make_model(model_subject *subject, int which)
{
    ntk_model *model;
    ntk_model_functions f = model_functions(subject, which);
    CHECK_OK(ntk_model_create(context, &model, &f));
    return model;
}

/* --- Jacobians of given singular values: two reflections about a diagonal --- */

enum { ROWS = 24, COLS = 40 };

static void reflect(double *values, int64_t count, int64_t step, const double *v)
{
    double norm = 0, dot = 0;
    for (int64_t k = 0; k < count; k++) norm += v[k] * v[k], dot += v[k] * values[k * step];
    for (int64_t k = 0; k < count; k++) values[k * step] -= 2 * dot / norm * v[k];
}

static void fill_matrix(double *J, const double *sigma, uint64_t seed)
{
    double left[ROWS], right[COLS];
    for (int64_t k = 0; k < ROWS; k++) left[k] = test_uniform(seed, k);
    for (int64_t k = 0; k < COLS; k++) right[k] = test_uniform(seed + 1, k);
    memset(J, 0, ROWS * COLS * sizeof *J);
    for (int64_t k = 0; k < ROWS; k++) J[k * COLS + k] = sigma[k];
    for (int64_t k = 0; k < COLS; k++) reflect(J + k, ROWS, COLS, left);
    for (int64_t k = 0; k < ROWS; k++) reflect(J + k * COLS, COLS, 1, right);
}

/* Samples 0, 1, ..., and theta = 0. */
static void indices(double *x, double *theta)
{
    for (int64_t i = 0; i < ROWS; i++) x[i] = (double)i;
    for (int64_t k = 0; k < COLS; k++) theta[k] = 0;
}

/* least: of singular values that fall to it geometrically from 1. */
static void check_spectrum(double least, int32_t method, int which)
{
    double J[ROWS * COLS], sigma[ROWS], x[ROWS], theta[COLS];
    for (int64_t k = 0; k < ROWS; k++) sigma[k] = pow(least, (double)k / (ROWS - 1));
    fill_matrix(J, sigma, 7);
    indices(x, theta);
    model_subject subject = {.value = model_matrix, .data = J, .p = COLS};
    ntk_model *model = make_model(&subject, which);
    ntk_model_options options = {.struct_size = sizeof options, .spectrum = method};
    ntk_jacobian_spectrum s = NTK_INIT(ntk_jacobian_spectrum);
    ntk_matrix X = ntk_matrix_const_f64(x, ROWS, 1), Theta = ntk_matrix_const_f64(theta, COLS, 1);
    CHECK_OK(ntk_model_set_options(model, &options));
    CHECK_OK(ntk_model_spectrum(model, &s, &Theta, &X));
    ck_assert_int_eq(s.method, method);
    ck_assert_int_eq(s.rows, ROWS);
    /* the reflections round as a product of their size does */
    double made = 4 * (ROWS + COLS) * DBL_EPSILON;
    ck_assert_msg(fabs(s.sigma_max - 1) <= s.max_error + made, "sigma_max %.17g, error %g", s.sigma_max, s.max_error);
    ck_assert_msg(fabs(s.sigma_min - least) <= s.min_error + made, "sigma_min %.17g of %g, error %g", s.sigma_min, least,
                  s.min_error);
    ck_assert_msg(s.min_error <= fmax(1e-7 * least, 64 * ROWS * DBL_EPSILON), "least %g, error %g", least, s.min_error);
    ntk_model_destroy(model);
}

START_TEST(test_spectrum_is_right)
{
    static const double least[] = {0.5, 1e-3, 1e-6, 1e-11};
    for (int i = 0; i < 4; i++)
        for (int32_t method = NTK_SPECTRUM_DENSE; method <= NTK_SPECTRUM_LANCZOS; method++) {
            check_spectrum(least[i], method, MODEL_JACOBIAN);
            check_spectrum(least[i], method, MODEL_PRODUCTS);
        }
}
END_TEST

/* A residual bounds the distance to a singular value, and many steps are not needed for well separated ones. */
START_TEST(test_lanczos_stops)
{
    double J[ROWS * COLS], sigma[ROWS], x[ROWS], theta[COLS];
    for (int64_t k = 0; k < ROWS; k++) sigma[k] = k == 0 ? 3 : k == ROWS - 1 ? 0.1 : 1;
    fill_matrix(J, sigma, 7);
    indices(x, theta);
    model_subject subject = {.value = model_matrix, .data = J, .p = COLS};
    ntk_model *model = make_model(&subject, MODEL_PRODUCTS);
    ntk_model_options options = {.struct_size = sizeof options, .spectrum = NTK_SPECTRUM_LANCZOS};
    ntk_jacobian_spectrum s = NTK_INIT(ntk_jacobian_spectrum);
    ntk_matrix X = ntk_matrix_const_f64(x, ROWS, 1), Theta = ntk_matrix_const_f64(theta, COLS, 1);
    options.max_iterations = 2;
    CHECK_OK(ntk_model_set_options(model, &options));
    CHECK_STATUS(ntk_model_spectrum(model, &s, &Theta, &X), NTK_NOTE_NOT_CONVERGED);
    CHECK_MESSAGE("after 2 iterations");
    ck_assert(s.sigma_min >= 0.1 && s.sigma_max <= 3 * (1 + 1e-12));
    options.max_iterations = 0;
    CHECK_OK(ntk_model_set_options(model, &options));
    CHECK_OK(ntk_model_spectrum(model, &s, &Theta, &X));
    ck_assert(fabs(s.sigma_min - 0.1) < 1e-9 && fabs(s.sigma_max - 3) < 1e-9);
    ntk_model_destroy(model);
}
END_TEST

/* Two samples that are one: sigma_min is 0, whatever rounding says, and nothing is certified. */
START_TEST(test_rank_deficient_is_not_certified)
{
    double theta[] = {1, 0.1, 2, 0.3}, x[] = {0.5, 0.5, 2}, y[] = {1, 0, 1};
    model_subject subject = {.value = model_oscillator, .p = 4};
    ntk_model *model = make_model(&subject, MODEL_JACOBIAN);
    ntk_certificate c = NTK_INIT(ntk_certificate);
    ntk_matrix X = ntk_matrix_const_f64(x, 3, 1), Y = ntk_matrix_const_f64(y, 3, 1), Theta = ntk_matrix_const_f64(theta, 4, 1);
    CHECK_OK(ntk_model_certify(model, &c, &Theta, &X, &Y, 1e9));
    ck_assert(c.sigma_min == 0 && c.sigma_max > 0 && c.beta_observed > 0);
    ck_assert(c.certified == 0 && c.certified_chizat == 0 && isinf(c.alpha_required) && isinf(c.alpha_observed));
    ck_assert(c.rate == 0 && isinf(c.radius));
    ntk_model_destroy(model);
}
END_TEST

/* --- beta --- */

/* 3 theta_0 + sum_k h_k theta_k^2 / 2 + theta_0 theta_1: the Hessian's norm is known */
static long double quadratic(const void *data, const long double *theta, int64_t p, double x, long double *slopes)
{
    const double *h = data;
    long double sum = 3 * theta[0] + theta[0] * theta[1];
    (void)x;
    for (int64_t k = 0; k < p; k++) sum += h[k] * theta[k] * theta[k] / 2, slopes[k] = h[k] * theta[k];
    slopes[0] += 3 + theta[1];
    slopes[1] += theta[0];
    return sum;
}

START_TEST(test_beta_of_a_quadratic)
{
    double h[] = {1, -3, 0.5, 2, -1}, theta[] = {0.3, -0.1, 2, 0.7, 0.2}, x = 0, y = 1;
    double norm = 1 + sqrt(5.0); /* of [[1, 1], [1, -3]] */
    model_subject subject = {.value = quadratic, .data = h, .p = 5};
    for (int which = MODEL_JACOBIAN; which <= MODEL_PRODUCTS; which++) {
        ntk_model *model = make_model(&subject, which);
        ntk_certificate c = NTK_INIT(ntk_certificate);
        ntk_matrix X = ntk_matrix_const_f64(&x, 1, 1), Y = ntk_matrix_const_f64(&y, 1, 1),
                   Theta = ntk_matrix_const_f64(theta, 5, 1);
        CHECK_OK(ntk_model_certify(model, &c, &Theta, &X, &Y, 2));
        /* a difference quotient of so small a step loses ten digits */
        ck_assert_msg(c.beta_observed > 0.95 * norm && c.beta_observed <= norm * (1 + 1e-9), "%.12g of %.12g", c.beta_observed,
                      norm);
        ck_assert(c.proven == 0 && c.beta == 0 && isinf(c.alpha_required) && c.certified == 0);
        double required = c.beta_observed * sqrt(1152 * c.initial_loss) * c.sigma_max / pow(c.sigma_min, 3);
        ck_assert(fabs(c.alpha_observed - required) <= 1e-12 * required);
        ntk_model_destroy(model);
    }
}
END_TEST

/* --- flows --- */

/* The oracle: both flows in long double, by the classic method of fourth order with steps far too short, and the same formulas. */
enum { TIMES = 3, SAMPLES = 3, PARAMETERS = 4, ORACLE_STEPS = 4000 };

typedef struct reference {
    long double theta0[PARAMETERS], f0[SAMPLES], J0[SAMPLES][PARAMETERS];
    double x[SAMPLES], y[SAMPLES], alpha;
} reference;

static long double residual(const reference *o, const long double *e, int linear, int i, long double *slopes)
{
    long double theta[PARAMETERS], sum = o->alpha * o->f0[i] - o->y[i];
    for (int k = 0; k < PARAMETERS; k++) theta[k] = o->theta0[k] + (linear ? 0 : e[k] / o->alpha);
    long double f = model_oscillator(NULL, theta, PARAMETERS, o->x[i], slopes);
    if (!linear) return o->alpha * f - o->y[i];
    for (int k = 0; k < PARAMETERS; k++) sum += o->J0[i][k] * e[k];
    return sum;
}

static void flow_slope(const reference *o, const long double *e, int linear, long double *out)
{
    long double slopes[PARAMETERS];
    for (int k = 0; k < PARAMETERS; k++) out[k] = 0;
    for (int i = 0; i < SAMPLES; i++) {
        long double r = residual(o, e, linear, i, slopes);
        for (int k = 0; k < PARAMETERS; k++) out[k] -= r * slopes[k];
    }
}

static void flow_advance(const reference *o, long double *e, int linear, long double s)
{
    long double h = s / ORACLE_STEPS, k[4][PARAMETERS], at[PARAMETERS];
    static const long double share[4] = {0, 0.5L, 0.5L, 1};
    for (int step = 0; step < ORACLE_STEPS; step++) {
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < PARAMETERS; j++) at[j] = e[j] + (i ? h * share[i] * k[i - 1][j] : 0);
            flow_slope(o, at, linear, k[i]);
        }
        for (int j = 0; j < PARAMETERS; j++) e[j] += h / 6 * (k[0][j] + 2 * k[1][j] + 2 * k[2][j] + k[3][j]);
    }
}

static reference flow_make(const double *theta, const double *x, const double *y, double alpha)
{
    reference o = {.alpha = alpha};
    for (int k = 0; k < PARAMETERS; k++) o.theta0[k] = theta[k];
    for (int i = 0; i < SAMPLES; i++) {
        o.x[i] = x[i], o.y[i] = y[i];
        o.f0[i] = model_oscillator(NULL, o.theta0, PARAMETERS, x[i], o.J0[i]);
    }
    return o;
}

static const double oscillator[PARAMETERS] = {1, 0.2, 1.5, 0.4}, moments[SAMPLES] = {0.3, 1.1, 2.4},
                    targets[SAMPLES] = {0.5, 0.2, -0.4};

static void check_flow(double alpha, int which)
{
    /* f_theta0 is not 0: the targets keep their distance from alpha f */
    double y[SAMPLES], times[TIMES], gaps[TIMES * SAMPLES], outputs[TIMES * SAMPLES], table[TIMES * NTK_COMPARE_COLUMNS];
    reference o = flow_make(oscillator, moments, targets, alpha);
    for (int i = 0; i < SAMPLES; i++) o.y[i] = y[i] = alpha * (double)o.f0[i] + targets[i];
    for (int i = 0; i < TIMES; i++) times[i] = (0.2 + 2 * i * i) / (alpha * alpha);
    model_subject subject = {.value = model_oscillator, .p = PARAMETERS};
    ntk_model *model = make_model(&subject, which);
    ntk_matrix X = ntk_matrix_const_f64(moments, SAMPLES, 1), Y = ntk_matrix_const_f64(y, SAMPLES, 1),
               Theta = ntk_matrix_const_f64(oscillator, PARAMETERS, 1), T = ntk_matrix_const_f64(times, TIMES, 1);
    ntk_matrix Gaps = ntk_matrix_f64(gaps, TIMES, SAMPLES), Outputs = ntk_matrix_f64(outputs, TIMES, SAMPLES),
               Table = ntk_matrix_f64(table, TIMES, NTK_COMPARE_COLUMNS);
    ntk_trajectory trajectory = {.struct_size = sizeof trajectory, .table = &Table, .outputs = &Outputs, .gaps = &Gaps};
    ntk_trajectory_report report = NTK_INIT(ntk_trajectory_report);
    CHECK_OK(ntk_model_trajectory(model, &report, &trajectory, &Theta, &X, &Y, &T, alpha));
    ck_assert(report.steps > 0 && report.evaluations >= 6 * report.steps);
    long double e[PARAMETERS] = {0}, linear[PARAMETERS] = {0}, slopes[PARAMETERS], largest = 0, largest_shift = 0;
    /* alpha f of the oracle is rounded, and subtracted */
    const long double own = 4 * LDBL_EPSILON * (long double)alpha;
    for (int t = 0; t < TIMES; t++) {
        long double s = (long double)alpha * alpha * times[t], before = t ? (long double)alpha * alpha * times[t - 1] : 0;
        long double square = 0, shift = 0;
        flow_advance(&o, e, 0, s - before);
        flow_advance(&o, linear, 1, s - before);
        for (int k = 0; k < PARAMETERS; k++) shift += (e[k] - linear[k]) * (e[k] - linear[k]);
        for (int i = 0; i < SAMPLES; i++) {
            long double r = residual(&o, e, 0, i, slopes), gap = r - residual(&o, linear, 1, i, slopes);
            square += gap * gap;
            largest = fmaxl(largest, fabsl(gap));
            /* steps of 1e-8 each, and rounding of 1e-14 beside residuals of 1 */
            long double allowed = 1e-6L * largest + 2e-14L + own;
            ck_assert_msg(fabsl(gap - gaps[t * SAMPLES + i]) <= allowed, "alpha %g, time %d: gap %.12Lg, is %.12g", alpha, t,
                          gap, gaps[t * SAMPLES + i]);
            ck_assert(fabsl(r + y[i] - outputs[t * SAMPLES + i]) <= 1e-7L + 1e-15L * alpha);
        }
        const double *row = table + t * NTK_COMPARE_COLUMNS;
        ck_assert(fabsl(row[NTK_COMPARE_OUTPUT_GAP] - sqrtl(square)) <= 2e-6L * largest + 4e-14L + own);
        largest_shift = fmaxl(largest_shift, sqrtl(shift));
        ck_assert_msg(fabsl(row[NTK_COMPARE_PARAMETER_GAP] * alpha - sqrtl(shift)) <= 1e-6L * largest_shift + 4e-14L + own,
                      "alpha %g, time %d: parameter gap %.12Lg, is %.12g", alpha, t, sqrtl(shift),
                      row[NTK_COMPARE_PARAMETER_GAP] * alpha);
        ck_assert(row[NTK_COMPARE_LOSS] <= row[NTK_COMPARE_BOUND] * (1 + 1e-9));
        ck_assert(row[NTK_COMPARE_LOSS] <= row[NTK_COMPARE_BOUND_INTEGRAL] * (1 + 1e-3));
        ck_assert(row[NTK_COMPARE_BOUND_INTEGRAL] <= row[NTK_COMPARE_BOUND] * (1 + 1e-12));
        ck_assert(row[NTK_COMPARE_LOSS_LINEAR] <= row[NTK_COMPARE_BOUND_LINEAR] * (1 + 1e-12));
    }
    printf("# alpha %g: gap %.3Lg, %" PRId64 " steps, %" PRId64 " rejected\n", alpha, largest, report.steps, report.rejected);
    ntk_model_destroy(model);
}

START_TEST(test_gap_is_right_however_small)
{
    check_flow(1, MODEL_JACOBIAN);
    check_flow(100, MODEL_PRODUCTS);
    check_flow(1e5, MODEL_JACOBIAN);
    check_flow(1e6, MODEL_PRODUCTS);
}
END_TEST

START_TEST(test_linear_model_has_no_gap)
{
    double J[ROWS * COLS], sigma[ROWS], x[ROWS], theta[COLS], y[ROWS], times[] = {0, 0.1, 5, 5, 40};
    double table[5 * NTK_COMPARE_COLUMNS];
    for (int64_t k = 0; k < ROWS; k++) sigma[k] = 1 + (double)k / ROWS, y[k] = test_uniform(3, k);
    fill_matrix(J, sigma, 7);
    indices(x, theta);
    model_subject subject = {.value = model_matrix, .data = J, .p = COLS};
    for (int which = MODEL_JACOBIAN; which <= MODEL_PRODUCTS; which++) {
        ntk_model *model = make_model(&subject, which);
        ntk_certificate c = NTK_INIT(ntk_certificate);
        ntk_matrix X = ntk_matrix_const_f64(x, ROWS, 1), Y = ntk_matrix_const_f64(y, ROWS, 1),
                   Theta = ntk_matrix_const_f64(theta, COLS, 1), T = ntk_matrix_const_f64(times, 5, 1),
                   Table = ntk_matrix_f64(table, 5, NTK_COMPARE_COLUMNS);
        CHECK_OK(ntk_model_compare(model, &Table, &Theta, &X, &Y, &T, 2));
        CHECK_OK(ntk_model_certify(model, &c, &Theta, &X, &Y, 2));
        ck_assert(c.beta_observed == 0);
        for (int i = 0; i < 5; i++) {
            const double *row = table + i * NTK_COMPARE_COLUMNS;
            ck_assert(row[NTK_COMPARE_TIME] == times[i]);
            ck_assert(row[NTK_COMPARE_OUTPUT_GAP] == 0 && row[NTK_COMPARE_PARAMETER_GAP] == 0);
            ck_assert(row[NTK_COMPARE_LOSS] == row[NTK_COMPARE_LOSS_LINEAR] &&
                      row[NTK_COMPARE_MOVEMENT] == row[NTK_COMPARE_MOVEMENT_LINEAR]);
            ck_assert(row[NTK_COMPARE_LOSS] <= row[NTK_COMPARE_BOUND] * (1 + 1e-10));
        }
        ntk_model_destroy(model);
    }
}
END_TEST

/* --- callbacks --- */

typedef ntk_status (*model_call)(const ntk_model *model);

static ntk_status call_spectrum(const ntk_model *model)
{
    ntk_jacobian_spectrum s = NTK_INIT(ntk_jacobian_spectrum);
    ntk_matrix X = ntk_matrix_const_f64(moments, SAMPLES, 1), Theta = ntk_matrix_const_f64(oscillator, PARAMETERS, 1);
    return ntk_model_spectrum(model, &s, &Theta, &X);
}

static ntk_status call_certify(const ntk_model *model)
{
    ntk_certificate c = NTK_INIT(ntk_certificate);
    ntk_matrix X = ntk_matrix_const_f64(moments, SAMPLES, 1), Y = ntk_matrix_const_f64(targets, SAMPLES, 1),
               Theta = ntk_matrix_const_f64(oscillator, PARAMETERS, 1);
    return ntk_model_certify(model, &c, &Theta, &X, &Y, 3);
}

static ntk_status call_compare(const ntk_model *model)
{
    double time = 5, table[NTK_COMPARE_COLUMNS];
    ntk_matrix X = ntk_matrix_const_f64(moments, SAMPLES, 1), Y = ntk_matrix_const_f64(targets, SAMPLES, 1),
               Theta = ntk_matrix_const_f64(oscillator, PARAMETERS, 1), T = ntk_matrix_const_f64(&time, 1, 1),
               Table = ntk_matrix_f64(table, 1, NTK_COMPARE_COLUMNS);
    return ntk_model_compare(model, &Table, &Theta, &X, &Y, &T, 1);
}

START_TEST(test_callbacks_that_fail)
{
    static const model_call calls[] = {call_spectrum, call_certify, call_compare};
    for (int i = 0; i < 3; i++)
        for (int which = MODEL_JACOBIAN; which <= MODEL_PRODUCTS; which++) {
            model_subject subject = {.value = model_oscillator, .p = PARAMETERS, .answer = 3};
            ntk_model *model = make_model(&subject, which);
            CHECK_STATUS(calls[i](model), NTK_ERR_CALLBACK);
            CHECK_MESSAGE("returned 3, expected 0");
            subject.answer = NTK_ERR_IO;
            CHECK_STATUS(calls[i](model), NTK_ERR_IO);
            CHECK_MESSAGE("the subject's own sentence");
            subject.answer = 0;
            subject.spoil = (double)NAN;
            CHECK_STATUS(calls[i](model), NTK_ERR_CALLBACK);
            CHECK_MESSAGE("NaN or infinity in row 0");
            subject.spoil = 0;
            CHECK_OK(calls[i](model));
            ck_assert_int_eq(subject.released, 0);
            ntk_model_destroy(model);
            ck_assert_int_eq(subject.released, 1);
        }
}
END_TEST

START_TEST(test_functions_that_are_refused)
{
    model_subject subject = {.value = model_oscillator, .p = PARAMETERS};
    ntk_model *model;
    ntk_model_functions f = model_functions(&subject, MODEL_PRODUCTS);
    f.vjp = NULL;
    CHECK_STATUS(ntk_model_create(context, &model, &f), NTK_ERR_OPTION);
    CHECK_MESSAGE("vjp is NULL");
    f.jvp = NULL;
    CHECK_STATUS(ntk_model_create(context, &model, &f), NTK_ERR_OPTION);
    CHECK_MESSAGE("jacobian and jvp are NULL");
    ck_assert_int_eq(subject.released, 0);
}
END_TEST

/* The call says where the flow stopped; the rows until there are written. */
START_TEST(test_steps_are_limited)
{
    double times[] = {0, 1e-3, 1000}, table[3 * NTK_COMPARE_COLUMNS];
    model_subject subject = {.value = model_oscillator, .p = PARAMETERS};
    ntk_model *model = make_model(&subject, MODEL_JACOBIAN);
    ntk_model_options options = {.struct_size = sizeof options, .max_steps = 40};
    ntk_matrix X = ntk_matrix_const_f64(moments, SAMPLES, 1), Y = ntk_matrix_const_f64(targets, SAMPLES, 1),
               Theta = ntk_matrix_const_f64(oscillator, PARAMETERS, 1), T = ntk_matrix_const_f64(times, 3, 1),
               Table = ntk_matrix_f64(table, 3, NTK_COMPARE_COLUMNS);
    CHECK_OK(ntk_model_set_options(model, &options));
    CHECK_STATUS(ntk_model_compare(model, &Table, &Theta, &X, &Y, &T, 1), NTK_ERR_UNSUPPORTED);
    CHECK_MESSAGE("max_steps are taken: after 40 steps");
    ck_assert(table[0] == 0 && table[NTK_COMPARE_COLUMNS] == 1e-3);
    ck_assert(table[NTK_COMPARE_LOSS] > table[NTK_COMPARE_COLUMNS + NTK_COMPARE_LOSS]);
    times[1] = -1;
    CHECK_STATUS(ntk_model_compare(model, &Table, &Theta, &X, &Y, &T, 1), NTK_ERR_VALUE);
    CHECK_MESSAGE("times holds -1 in row 1");
    ntk_model_destroy(model);
}
END_TEST

/* A coarser tolerance takes fewer steps, measuring less often changes nothing but the minimum, and times may all but coincide. */
START_TEST(test_options_are_heeded)
{
    double times[] = {0.5, 2, nextafter(2, 3), 2}, table[2][3 * NTK_COMPARE_COLUMNS];
    int64_t steps[2];
    model_subject subject = {.value = model_oscillator, .p = PARAMETERS};
    ntk_model *model = make_model(&subject, MODEL_PRODUCTS);
    ntk_matrix X = ntk_matrix_const_f64(moments, SAMPLES, 1), Y = ntk_matrix_const_f64(targets, SAMPLES, 1),
               Theta = ntk_matrix_const_f64(oscillator, PARAMETERS, 1), T = ntk_matrix_const_f64(times, 3, 1);
    for (int k = 0; k < 2; k++) {
        ntk_model_options options = {
            .struct_size = sizeof options, .tolerance = k ? 1e-3 : 1e-10, .lambda_every = k ? 1000 : 1};
        ntk_matrix Table = ntk_matrix_f64(table[k], 3, NTK_COMPARE_COLUMNS);
        ntk_trajectory out = {.struct_size = sizeof out, .table = &Table};
        ntk_trajectory_report report = NTK_INIT(ntk_trajectory_report);
        CHECK_OK(ntk_model_set_options(model, &options));
        CHECK_OK(ntk_model_trajectory(model, &report, &out, &Theta, &X, &Y, &T, 1));
        steps[k] = report.steps;
    }
    ck_assert_int_lt(steps[1], steps[0] / 2);
    for (int i = 0; i < 3; i++) {
        const double *fine = table[0] + i * NTK_COMPARE_COLUMNS, *coarse = table[1] + i * NTK_COMPARE_COLUMNS;
        ck_assert(fine[NTK_COMPARE_BOUND] >= coarse[NTK_COMPARE_BOUND] * (1 - 1e-2));
        ck_assert(fabs(fine[NTK_COMPARE_OUTPUT_GAP] - coarse[NTK_COMPARE_OUTPUT_GAP]) <= 0.1 * fine[NTK_COMPARE_OUTPUT_GAP]);
    }
    const double *second = table[0] + NTK_COMPARE_COLUMNS, *third = second + NTK_COMPARE_COLUMNS;
    ck_assert(third[NTK_COMPARE_TIME] > 2 && third[NTK_COMPARE_OUTPUT_GAP] == second[NTK_COMPARE_OUTPUT_GAP]);
    /* times that go back are none */
    T.data = times + 1;
    ntk_matrix Table = ntk_matrix_f64(table[0], 3, NTK_COMPARE_COLUMNS);
    CHECK_STATUS(ntk_model_compare(model, &Table, &Theta, &X, &Y, &T, 1), NTK_ERR_VALUE);
    CHECK_MESSAGE("row 2");
    ntk_model_destroy(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *all = test_case(suite, "callbacks");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_spectrum_is_right);
    tcase_add_test(all, test_lanczos_stops);
    tcase_add_test(all, test_rank_deficient_is_not_certified);
    tcase_add_test(all, test_beta_of_a_quadratic);
    tcase_add_test(all, test_gap_is_right_however_small);
    tcase_add_test(all, test_linear_model_has_no_gap);
    tcase_add_test(all, test_callbacks_that_fail);
    tcase_add_test(all, test_functions_that_are_refused);
    tcase_add_test(all, test_steps_are_limited);
    tcase_add_test(all, test_options_are_heeded);
    return test_run(suite);
}
