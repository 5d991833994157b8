/* The flow of a model beside SUNDIALS CVODE's of the same equations: an oracle that neither knows of differences nor of linearity. */
#include "models.h"

#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdio.h>
#include <string.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

TEST_CONTEXT_FIXTURE(1)

enum { SAMPLES = 3, PARAMETERS = 4, TIMES = 4 };

static const double theta0[PARAMETERS] = {1, 0.2, 1.5, 0.4}, moments[SAMPLES] = {0.3, 1.1, 2.4},
                    targets[SAMPLES] = {0.5, 0.2, -0.4};

/* e' = -J_theta^T (alpha f - y) in the time alpha^2 t, with alpha f - y = -targets + alpha (f - f_0); or the same of f_lin. */
typedef struct equations {
    double alpha;
    bool linear;
    long double f0[SAMPLES], J0[SAMPLES][PARAMETERS];
} equations;

static long double residual(const equations *q, const double *e, int i, long double *slopes)
{
    long double theta[PARAMETERS], sum = -targets[i];
    for (int k = 0; k < PARAMETERS; k++) theta[k] = theta0[k] + (q->linear ? 0 : e[k] / (long double)q->alpha);
    long double f = model_oscillator(NULL, theta, PARAMETERS, moments[i], slopes);
    if (!q->linear) return sum + q->alpha * (f - q->f0[i]);
    for (int k = 0; k < PARAMETERS; k++) sum += q->J0[i][k] * e[k];
    return sum;
}

static int right_side(realtype s, N_Vector e, N_Vector slope, void *user)
{
    const equations *q = user;
    long double slopes[PARAMETERS];
    double *out = N_VGetArrayPointer(slope);
    (void)s;
    memset(out, 0, PARAMETERS * sizeof *out);
    for (int i = 0; i < SAMPLES; i++) {
        double r = (double)residual(q, N_VGetArrayPointer(e), i, slopes);
        for (int k = 0; k < PARAMETERS; k++) out[k] -= r * (double)slopes[k];
    }
    return 0;
}

/* e at alpha^2 times: PARAMETERS numbers each. */
static void integrate(equations *q, const double *times, double *path)
{
    SUNContext sun;
    ck_assert_int_eq(SUNContext_Create(NULL, &sun), 0);
    N_Vector e = N_VNew_Serial(PARAMETERS, sun);
    SUNMatrix matrix = SUNDenseMatrix(PARAMETERS, PARAMETERS, sun);
    SUNLinearSolver solver = SUNLinSol_Dense(e, matrix, sun);
    void *cvode = CVodeCreate(CV_BDF, sun);
    N_VConst(0, e);
    ck_assert_int_eq(CVodeInit(cvode, right_side, 0, e), CV_SUCCESS);
    ck_assert_int_eq(CVodeSStolerances(cvode, 1e-13, 1e-15), CV_SUCCESS);
    ck_assert_int_eq(CVodeSetUserData(cvode, q), CV_SUCCESS);
    ck_assert_int_eq(CVodeSetLinearSolver(cvode, solver, matrix), CVLS_SUCCESS);
    ck_assert_int_eq(CVodeSetMaxNumSteps(cvode, 1000000), CV_SUCCESS);
    for (int t = 0; t < TIMES; t++) {
        realtype reached = q->alpha * q->alpha * times[t];
        CVodeSetStopTime(cvode, reached);
        ck_assert_int_ge(CVode(cvode, reached, e, &reached, CV_NORMAL), 0);
        memcpy(path + t * PARAMETERS, N_VGetArrayPointer(e), PARAMETERS * sizeof *path);
    }
    CVodeFree(&cvode);
    SUNLinSolFree(solver);
    SUNMatDestroy(matrix);
    N_VDestroy(e);
    SUNContext_Free(&sun);
}

static void check_alpha(double alpha)
{
    equations q = {.alpha = alpha};
    long double theta[PARAMETERS], slopes[PARAMETERS];
    double y[SAMPLES], times[TIMES], path[TIMES * PARAMETERS], straight[TIMES * PARAMETERS];
    double outputs[TIMES * SAMPLES], linear[TIMES * SAMPLES], gaps[TIMES * SAMPLES];
    for (int k = 0; k < PARAMETERS; k++) theta[k] = theta0[k];
    for (int i = 0; i < SAMPLES; i++) {
        q.f0[i] = model_oscillator(NULL, theta, PARAMETERS, moments[i], q.J0[i]);
        y[i] = alpha * (double)q.f0[i] + targets[i];
    }
    for (int t = 0; t < TIMES; t++) times[t] = (0.3 + 1.5 * t * t) / (alpha * alpha);
    integrate(&q, times, path);
    q.linear = true;
    integrate(&q, times, straight);

    model_subject subject = {.value = model_oscillator, .p = PARAMETERS};
    ntk_model *model;
    ntk_model_functions f = model_functions(&subject, MODEL_PRODUCTS);
    CHECK_OK(ntk_model_create(context, &model, &f));
    ntk_matrix X = ntk_matrix_const_f64(moments, SAMPLES, 1), Y = ntk_matrix_const_f64(y, SAMPLES, 1),
               Theta = ntk_matrix_const_f64(theta0, PARAMETERS, 1), T = ntk_matrix_const_f64(times, TIMES, 1),
               Outputs = ntk_matrix_f64(outputs, TIMES, SAMPLES), Linear = ntk_matrix_f64(linear, TIMES, SAMPLES),
               Gaps = ntk_matrix_f64(gaps, TIMES, SAMPLES);
    ntk_trajectory trajectory = {.struct_size = sizeof trajectory, .outputs = &Outputs, .linear = &Linear, .gaps = &Gaps};
    CHECK_OK(ntk_model_trajectory(model, NULL, &trajectory, &Theta, &X, &Y, &T, alpha));
    double largest = 0, worst = 0;
    for (int t = 0; t < TIMES; t++)
        for (int i = 0; i < SAMPLES; i++) {
            int at = t * SAMPLES + i;
            q.linear = false;
            double r = (double)residual(&q, path + t * PARAMETERS, i, slopes);
            q.linear = true;
            double r_linear = (double)residual(&q, straight + t * PARAMETERS, i, slopes), gap = r - r_linear;
            largest = fmax(largest, fabs(gap));
            worst = fmax(worst, fabs(gap - gaps[at]));
            /* CVODE's tolerance is local, and it takes some thousand steps; y is rounded, too */
            double allowed = 1e-9 + 1e-15 * alpha;
            ck_assert_msg(fabs(r + y[i] - outputs[at]) <= 1e-7 * largest + allowed, "alpha %g, time %d: output %.12g, is %.12g",
                          alpha, t, r + y[i], outputs[at]);
            ck_assert(fabs(r_linear + y[i] - linear[at]) <= allowed);
            ck_assert_msg(fabs(gap - gaps[at]) <= 1e-6 * largest + 2e-10, "alpha %g, time %d: gap %.12g, is %.12g", alpha, t,
                          gap, gaps[at]);
        }
    printf("# alpha %g: gap %.3g, differs from CVODE's by %.1g\n", alpha, largest, worst);
    ntk_model_destroy(model);
}

START_TEST(test_cvode_agrees)
{
    check_alpha(1);
    check_alpha(100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("a model beside SUNDIALS");
    TCase *all = test_case(suite, "CVODE");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, test_cvode_agrees);
    return test_run(suite);
}
