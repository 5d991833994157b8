/* Models: a Jacobian's least singular value, and the distance of a flow from its linearization. */
#include "tally.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { ROWS = 24, COLS = 40 };

/* --- a matrix of given singular values: two reflections about a diagonal, in long double --- */

static void reflect(long double *values, int64_t count, int64_t step, const double *v)
{
    long double norm = 0, dot = 0;
    for (int64_t k = 0; k < count; k++) {
        norm += (long double)v[k] * v[k];
        dot += v[k] * values[k * step];
    }
    for (int64_t k = 0; k < count; k++) values[k * step] -= 2 * dot / norm * v[k];
}

static void fill_matrix(double *J, double least, uint64_t seed)
{
    static long double wide[ROWS * COLS];
    double left[ROWS], right[COLS];
    for (int64_t k = 0; k < ROWS; k++) left[k] = oracle_normal(&seed);
    for (int64_t k = 0; k < COLS; k++) right[k] = oracle_normal(&seed);
    for (int64_t k = 0; k < ROWS * COLS; k++) wide[k] = 0;
    for (int64_t k = 0; k < ROWS; k++) wide[k * COLS + k] = powl(least, (long double)k / (ROWS - 1));
    for (int64_t k = 0; k < COLS; k++) reflect(wide + k, ROWS, COLS, left);
    for (int64_t k = 0; k < ROWS; k++) reflect(wide + k * COLS, COLS, 1, right);
    for (int64_t k = 0; k < ROWS * COLS; k++) J[k] = (double)wide[k];
}

/* user is the matrix, and its product with theta is nobody's business here. */
static int matrix_forward(void *user, const ntk_matrix *y, const ntk_matrix *theta, const ntk_matrix *x)
{
    (void)user, (void)theta;
    for (int64_t i = 0; i < x->rows; i++) test_set(y, i, 0, 0);
    return 0;
}

static int matrix_jacobian(void *user, const ntk_matrix *J, const ntk_matrix *theta, const ntk_matrix *x)
{
    (void)theta, (void)x;
    for (int64_t i = 0; i < J->rows; i++)
        for (int64_t k = 0; k < J->cols; k++) test_set(J, i, k, ((const double *)user)[i * COLS + k]);
    return 0;
}

static void count_spectrum(ntk_context *context, tally *t, double least, uint64_t seed)
{
    double J[ROWS * COLS], x[ROWS] = {0}, theta[COLS] = {0};
    fill_matrix(J, least, seed);
    ntk_model *model;
    ntk_model_functions f = {.struct_size = sizeof f,
                             .forward = matrix_forward,
                             .jacobian = matrix_jacobian,
                             .user = J,
                             .inputs = 1,
                             .outputs = 1,
                             .parameters = COLS};
    ntk_jacobian_spectrum s = NTK_INIT(ntk_jacobian_spectrum);
    ntk_matrix X = ntk_matrix_const_f64(x, ROWS, 1), Theta = ntk_matrix_const_f64(theta, COLS, 1);
    CHECK_OK(ntk_model_create(context, &model, &f));
    CHECK_OK(ntk_model_spectrum(model, &s, &Theta, &X));
    /* the matrix's own rounding is in it, too: of each element, so of the norm at most sqrt(ROWS) */
    long double own = sqrtl(ROWS) * (long double)oracle_roundoff(NTK_F64);
    tally_count(t, s.sigma_min, (oracle_value){least, s.min_error + own}, 1);
    ntk_model_destroy(model);
}

/* --- f = theta^2 / 2 at one sample: alpha f - y is a logistic function of time --- */

static int square_forward(void *user, const ntk_matrix *y, const ntk_matrix *theta, const ntk_matrix *x)
{
    (void)user, (void)x;
    test_set(y, 0, 0, test_get(theta, 0, 0) * test_get(theta, 0, 0) / 2);
    return 0;
}

static int square_jacobian(void *user, const ntk_matrix *J, const ntk_matrix *theta, const ntk_matrix *x)
{
    (void)user, (void)x;
    test_set(J, 0, 0, test_get(theta, 0, 0));
    return 0;
}

/* With y = alpha / 2 + 1 and theta_0 = 1: the residual begins as -1, and with K = 2 y / alpha and q = theta^2,
 * q = K / (1 + (K - 1) exp(-2 alpha y t)), while the linearized residual is -exp(-alpha^2 t). */
static void count_gap(ntk_context *context, tally *t, double alpha, double s)
{
    double x = 0, theta = 1, y = alpha / 2 + 1, time = s / (alpha * alpha), gap;
    ntk_model *model;
    ntk_model_functions f = {.struct_size = sizeof f,
                             .forward = square_forward,
                             .jacobian = square_jacobian,
                             .inputs = 1,
                             .outputs = 1,
                             .parameters = 1};
    ntk_matrix X = ntk_matrix_const_f64(&x, 1, 1), Y = ntk_matrix_const_f64(&y, 1, 1),
               Theta = ntk_matrix_const_f64(&theta, 1, 1), T = ntk_matrix_const_f64(&time, 1, 1),
               Gap = ntk_matrix_f64(&gap, 1, 1);
    ntk_trajectory out = {.struct_size = sizeof out, .gaps = &Gap};
    ntk_model_options fine = {.struct_size = sizeof fine, .tolerance = 1e-12};
    CHECK_OK(ntk_model_create(context, &model, &f));
    CHECK_OK(ntk_model_set_options(model, &fine));
    CHECK_OK(ntk_model_trajectory(model, NULL, &out, &Theta, &X, &Y, &T, alpha));
    long double a = alpha, K = 1 + 2 / a, decay = expl(-2 * a * (long double)y * (long double)time);
    /* alpha (q - K) / 2, without the difference */
    long double residual = -K * decay / (1 + 2 / a * decay), linear = -expl(-a * a * (long double)time);
    /* each step's tolerance, some tens of steps, and the roundings of products */
    long double want = residual - linear, bound = 1e-11L * fabsl(want) + 32 * (long double)oracle_roundoff(NTK_F64);
    tally_count(t, gap, (oracle_value){want, bound}, 1);
    ntk_model_destroy(model);
}

void measure_model(ntk_context *context)
{
    static const double least[] = {0.3, 1e-3, 1e-7, 1e-12}, scales[] = {1, 100, 1e4, 1e6}, times[] = {0.1, 1, 4};
    tallies spectra = tally_begin(), gaps = tally_begin();
    for (int i = 0; i < 4; i++) {
        for (uint64_t seed = 1; seed <= 5; seed++) count_spectrum(context, &spectra.of[0], least[i], seed);
        for (int k = 0; k < 3; k++) count_gap(context, &gaps.of[0], scales[i], times[k]);
    }
    tally_print("ntk_model_spectrum: sigma_min (f64)", "sigma_max", &spectra);
    tally_print("ntk_model_trajectory: gaps, to 1e-12 (f64)", "norm(alpha f_0 - y)", &gaps);
}
