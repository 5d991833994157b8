/* Spectra of kernel matrices whose eigenvectors are known: eigenvalues, coefficients, and what follows from them. */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 24, T = 2 };

/* A matrix of given eigenvalues, as a kernel of numbered samples.
 * constant  the first eigenvector is 1 / sqrt(n) (cosines of a DCT-II), otherwise none is (DCT-IV)
 * U         its rows are the eigenvectors */
typedef struct matrix {
    int64_t n;
    double *U, *K;
    ntk_kernel *kernel;
} matrix;

static int look_up(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    const matrix *m = user;
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++)
            test_set(out, i, j, m->K[(int64_t)test_get(x1, i, 0) * m->n + (int64_t)test_get(x2, j, 0)]);
    return 0;
}

static double eigenvector(int64_t n, int64_t k, int64_t i, bool constant)
{
    const double pi = acos(-1);
    if (constant && k == 0) return 1 / sqrt((double)n);
    double frequency = constant ? (double)k : (double)k + 0.5;
    return sqrt(2 / (double)n) * cos(pi * frequency * ((double)i + 0.5) / (double)n);
}

static void matrix_make(matrix *m, const double *w, int64_t n, bool constant)
{
    ntk_kernel_functions functions = NTK_INIT(ntk_kernel_functions);
    *m = (matrix){.n = n, .U = oracle_memory(n * n, sizeof(double)), .K = oracle_memory(n * n, sizeof(double))};
    for (int64_t k = 0; k < n * n; k++) {
        m->U[k] = eigenvector(n, k / n, k % n, constant);
        m->K[k] = 0;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < n; k++)
            for (int64_t j = 0; j < n; j++) m->K[i * n + j] += w[k] * m->U[k * n + i] * m->U[k * n + j];
    functions.block = look_up;
    functions.user = m;
    CHECK_OK(ntk_kernel_create_user(context, &m->kernel, &functions));
}

static void matrix_free(matrix *m)
{
    ntk_kernel_destroy(m->kernel);
    free(m->U);
    free(m->K);
}

static ntk_gram *matrix_gram(const matrix *m, int32_t storage, int32_t dtype)
{
    ntk_gram *gram;
    ntk_gram_options options = {sizeof options, storage, dtype};
    double *x = oracle_memory(m->n, sizeof *x);
    for (int64_t i = 0; i < m->n; i++) x[i] = (double)i;
    ntk_matrix X = ntk_matrix_const_f64(x, m->n, 1);
    CHECK_OK(ntk_gram_create(context, &gram, m->kernel, &X, &options));
    free(x);
    return gram;
}

/* Targets y = sum_k c_k u_k, n x t. */
static double *targets_of(const matrix *m, const double *c, int64_t t)
{
    double *y = oracle_memory(m->n * t, sizeof *y);
    for (int64_t i = 0; i < m->n * t; i++) {
        y[i] = 0;
        for (int64_t k = 0; k < m->n; k++) y[i] += c[k * t + i % t] * m->U[k * m->n + i / t];
    }
    return y;
}

static ntk_spectrum *spectrum_of(const matrix *m, const double *y, int64_t t, bool intercept)
{
    ntk_spectrum *spectrum;
    ntk_spectrum_options options = NTK_INIT(ntk_spectrum_options);
    ntk_gram *gram = matrix_gram(m, NTK_STORAGE_FULL, NTK_F64);
    ntk_matrix Y = ntk_matrix_const_f64(y, m->n, t);
    options.intercept = intercept;
    CHECK_OK(ntk_spectrum_create(context, &spectrum, gram, y ? &Y : NULL, &options));
    ntk_gram_destroy(gram);
    return spectrum;
}

/* 1, 1/2, 1/3, ..., and coefficients of either sign. */
static void harmonic(double *w, double *c)
{
    for (int k = 0; k < N; k++) {
        w[k] = 1.0 / (k + 1);
        for (int t = 0; t < T; t++) c[k * T + t] = (k % 2 ? -1 : 1) * (1.0 + t) / (k + 1 + t);
    }
}

/* --- what it holds --- */

/* Storages and precisions; what K's elements lack by rounding moves eigenvalues by at most their Frobenius norm, and eigenvectors by that
 * over the gap, which is 1 / N^2. */
START_TEST(values_and_coefficients)
{
    static const int32_t kinds[][2] = {
        {NTK_STORAGE_FULL, NTK_F64}, {NTK_STORAGE_PACKED, NTK_F64}, {NTK_STORAGE_FULL, NTK_F32}, {NTK_STORAGE_PACKED, NTK_F32}};
    double w[N], c[N * T], values[N], found[N][T], tails[N], shares[N][T], sum = 0, squares[T] = {0}, all[T] = {0};
    double bound = 4 * N * oracle_roundoff(kinds[_i][1]);
    matrix m;
    ntk_spectrum *spectrum;
    harmonic(w, c);
    matrix_make(&m, w, N, _i % 2);
    double *y = targets_of(&m, c, T);
    ntk_gram *gram = matrix_gram(&m, kinds[_i][0], kinds[_i][1]);
    ntk_matrix Y = ntk_matrix_const_f64(y, N, T), Values = ntk_matrix_f64(values, N, 1), Found = ntk_matrix_f64(found[0], N, T),
               Tails = ntk_matrix_f64(tails, N, 1), Shares = ntk_matrix_f64(shares[0], N, T);
    CHECK_OK(ntk_spectrum_create(context, &spectrum, gram, &Y, NULL));
    ntk_gram_destroy(gram);
    ck_assert_int_eq(ntk_spectrum_modes(spectrum), N);
    CHECK_OK(ntk_spectrum_values(spectrum, &Values));
    CHECK_OK(ntk_spectrum_coefficients(spectrum, &Found));
    CHECK_OK(ntk_spectrum_tails(spectrum, &Tails));
    CHECK_OK(ntk_spectrum_cumulative(spectrum, &Shares));
    for (int k = N - 1; k >= 0; k--) {
        sum += w[k] / N;
        ck_assert_double_eq_tol(values[k], w[k], bound);
        ck_assert_double_eq_tol(tails[k], sum, N * bound);
        for (int t = 0; t < T; t++) {
            ck_assert_double_eq_tol(fabs(found[k][t]), fabs(c[k * T + t]), 4 * N * N * bound);
            all[t] += c[k * T + t] * c[k * T + t];
        }
    }
    for (int k = 0; k < N; k++)
        for (int t = 0; t < T; t++) {
            squares[t] += c[k * T + t] * c[k * T + t];
            ck_assert_double_eq_tol(shares[k][t], squares[t] / all[t], 8 * N * N * bound);
        }
    ntk_matrix One = ntk_matrix_f64(values, N, 1);
    CHECK_OK(ntk_spectrum_cumulative(spectrum, &One));
    ck_assert_double_eq_tol(values[0], (c[0] * c[0] + c[1] * c[1]) / (all[0] + all[1]), 8 * N * N * bound);
    ck_assert_double_eq_tol(values[N - 1], 1, 1e-14);
    ntk_spectrum_destroy(spectrum);
    free(y);
    matrix_free(&m);
}
END_TEST

/* H K H, densely. */
static void centre(double *K, int64_t n)
{
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < n; i++) {
            double mean = 0;
            int64_t step = pass ? n : 1, first = pass ? i : i * n;
            for (int64_t j = 0; j < n; j++) mean += K[first + j * step] / (double)n;
            for (int64_t j = 0; j < n; j++) K[first + j * step] -= mean;
        }
}

/* A constant of eigenvalue 1000 leaves nothing; of a matrix with no such eigenvector trace, norm and the targets' norm are right. */
START_TEST(intercepts)
{
    double w[N], c[N * T], values[N - 1], found[N - 1][T], trace = 0, square = 0, of_y = 0, mean = 0;
    matrix m;
    harmonic(w, c);
    if (_i) w[0] = 1000;
    matrix_make(&m, w, N, _i);
    double *y = targets_of(&m, c, T);
    ntk_spectrum *spectrum = spectrum_of(&m, y, T, true);
    ntk_matrix Values = ntk_matrix_f64(values, N - 1, 1), Found = ntk_matrix_f64(found[0], N - 1, T);
    ck_assert_int_eq(ntk_spectrum_modes(spectrum), N - 1);
    CHECK_OK(ntk_spectrum_values(spectrum, &Values));
    CHECK_OK(ntk_spectrum_coefficients(spectrum, &Found));
    for (int k = 0; _i && k < N - 1; k++) {
        ck_assert_double_eq_tol(values[k], w[k + 1], 1000 * N * DBL_EPSILON);
        ck_assert_double_eq_tol(fabs(found[k][1]), fabs(c[(k + 1) * T + 1]), 1e-8);
    }
    centre(m.K, N);
    for (int i = 0; i < N; i++) mean += y[i * T] / N;
    for (int i = 0; i < N; i++) {
        trace += m.K[i * N + i];
        of_y += (y[i * T] - mean) * (y[i * T] - mean);
        for (int j = 0; j < N; j++) square += m.K[i * N + j] * m.K[i * N + j];
    }
    for (int k = 0; k < N - 1; k++) {
        trace -= values[k];
        square -= values[k] * values[k];
        of_y -= found[k][0] * found[k][0];
    }
    ck_assert_double_eq_tol(trace, 0, 1e-10);
    ck_assert_double_eq_tol(square, 0, 1e-10);
    ck_assert_double_eq_tol(of_y, 0, 1e-12);
    ntk_spectrum_destroy(spectrum);
    free(y);
    matrix_free(&m);
}
END_TEST

/* Of K = 1000 1 1^T / n an intercept leaves nothing but roundings, which count as 0: whatever lambda is, the mean is learned. */
START_TEST(intercept_of_a_constant)
{
    static const int32_t dtypes[] = {NTK_F64, NTK_F32};
    double w[N], c[N * T], values[N - 1], found[N - 1][T], curve[NTK_CURVE_COLUMNS], size = N, square = 0;
    matrix m;
    ntk_spectrum *spectrum;
    ntk_spectrum_options options = {.struct_size = sizeof options, .intercept = 1};
    harmonic(w, c);
    for (int k = 0; k < N; k++) w[k] = k ? 0 : 1000;
    matrix_make(&m, w, N, true);
    double *y = targets_of(&m, c, T);
    ntk_gram *gram = matrix_gram(&m, NTK_STORAGE_FULL, dtypes[_i]);
    ntk_matrix Y = ntk_matrix_const_f64(y, N, T), Values = ntk_matrix_f64(values, N - 1, 1),
               Found = ntk_matrix_f64(found[0], N - 1, T), Curve = ntk_matrix_f64(curve, 1, NTK_CURVE_COLUMNS),
               Size = ntk_matrix_f64(&size, 1, 1);
    CHECK_OK(ntk_spectrum_create(context, &spectrum, gram, &Y, &options));
    CHECK_OK(ntk_spectrum_values(spectrum, &Values));
    CHECK_OK(ntk_spectrum_coefficients(spectrum, &Found));
    CHECK_OK(ntk_spectrum_curve(spectrum, &Curve, &Size, NULL));
    for (int k = 0; k < N - 1; k++) {
        ck_assert_double_eq(values[k], 0);
        for (int t = 0; t < T; t++) square += found[k][t] * found[k][t];
    }
    /* the mean square of y_i less the mean of the others, n / (n - 1) times y_i less the mean of all */
    ck_assert_double_eq_tol(curve[NTK_CURVE_TEST], square * N / (N - 1) / (N - 1), 1e-12);
    ck_assert_double_eq_tol(curve[NTK_CURVE_TRAIN], square / N, 1e-12);
    ntk_spectrum_destroy(spectrum);
    ntk_gram_destroy(gram);
    free(y);
    matrix_free(&m);
}
END_TEST

/* --- dimensions --- */

/* Against a ridge's degrees of freedom; one more has the intercept. */
START_TEST(dimensions_are_degrees_of_freedom)
{
    enum { D = 3 };
    static const double lambda = 0.05;
    double x[N * D], y[N], table[2][NTK_DIMENSION_COLUMNS], lambdas[] = {lambda, 1e9};
    oracle_kernel erf = {NTK_ERF, 0, NTK_INIT(ntk_kernel_options)};
    ntk_kernel *kernel = oracle_kernel_create(context, &erf);
    ntk_ridge_options ridge_options = NTK_INIT(ntk_ridge_options);
    ntk_spectrum_options options = NTK_INIT(ntk_spectrum_options);
    ntk_spectrum *spectrum;
    ntk_gram *gram;
    ntk_ridge *ridge;
    uint64_t state = test_seed(7);
    for (int i = 0; i < N * D; i++) x[i] = oracle_normal(&state);
    for (int i = 0; i < N; i++) y[i] = oracle_normal(&state);
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1), L = ntk_matrix_const_f64(lambdas, 2, 1),
               Table = ntk_matrix_f64(table[0], 2, NTK_DIMENSION_COLUMNS);
    ridge_options.method = NTK_RIDGE_SPECTRAL;
    ridge_options.intercept = options.intercept = _i;
    CHECK_OK(ntk_gram_create(context, &gram, kernel, &X, NULL));
    CHECK_OK(ntk_spectrum_create(context, &spectrum, gram, NULL, &options));
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &X, &Y, lambda, &ridge_options));
    CHECK_OK(ntk_spectrum_dimensions(spectrum, &Table, &L));
    double *row = table[0], modes = (double)ntk_spectrum_modes(spectrum);
    ck_assert_double_eq(row[NTK_DIMENSION_LAMBDA], lambda);
    ck_assert_double_eq_tol(row[NTK_DIMENSION_FIRST], test_summary(ridge).degrees - _i, 1e-11);
    ck_assert_double_lt(row[NTK_DIMENSION_SECOND], row[NTK_DIMENSION_FIRST]);
    ck_assert_double_eq_tol(modes * row[NTK_DIMENSION_KAPPA], lambda + row[NTK_DIMENSION_SELF_INDUCED], 1e-13);
    /* with a lambda that is huge nothing is learned, and it is all the ridge there is */
    ck_assert_double_eq_tol(table[1][NTK_DIMENSION_KAPPA] * modes, 1e9, 1e3);
    ck_assert_double_lt(table[1][NTK_DIMENSION_FIRST], 1e-6);
    ntk_ridge_destroy(ridge);
    ntk_gram_destroy(gram);
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* Six ones and zeros; at lambda = 0 all of the six are learned. */
START_TEST(dimensions_in_closed_form)
{
    enum { RANK = 6 };
    double w[N] = {1, 1, 1, 1, 1, 1}, lambdas[] = {0, 1}, table[2][NTK_DIMENSION_COLUMNS];
    matrix m;
    matrix_make(&m, w, N, false);
    ntk_spectrum *spectrum = spectrum_of(&m, NULL, 1, false);
    ntk_matrix L = ntk_matrix_const_f64(lambdas, 2, 1), Table = ntk_matrix_f64(table[0], 2, NTK_DIMENSION_COLUMNS);
    CHECK_OK(ntk_spectrum_dimensions(spectrum, &Table, &L));
    const double expected[2][NTK_DIMENSION_COLUMNS] = {
        {0, RANK, RANK, 0, 0, 0},
        {1, 3, 1.5, 3.0 / N, 1 / (N - RANK / 2.0), 3 / (N - RANK / 2.0)},
    };
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < NTK_DIMENSION_COLUMNS; c++) ck_assert_double_eq_tol(table[r][c], expected[r][c], 1e-13);
    ntk_spectrum_destroy(spectrum);
    /* of a regular matrix kappa has a limit: a ridge that none has put there */
    for (int k = 0; k < N; k++) w[k] = 2;
    matrix_free(&m);
    matrix_make(&m, w, N, false);
    spectrum = spectrum_of(&m, NULL, 1, false);
    CHECK_OK(ntk_spectrum_dimensions(spectrum, &Table, &L));
    ck_assert_double_eq_tol(table[0][NTK_DIMENSION_SELF_INDUCED], 2, 1e-13);
    ntk_spectrum_destroy(spectrum);
    matrix_free(&m);
}
END_TEST

/* --- alignment --- */

/* <A, Y Y^T> / (|A| |Y Y^T|), densely. */
static double dense_alignment(const double *A, const double *Y, int64_t n, int64_t t)
{
    double with = 0, a = 0, b = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double product = 0;
            for (int64_t c = 0; c < t; c++) product += Y[i * t + c] * Y[j * t + c];
            with += A[i * n + j] * product;
            a += A[i * n + j] * A[i * n + j];
            b += product * product;
        }
    return with / sqrt(a) / sqrt(b);
}

static void check_alignment(const ntk_spectrum *spectrum, const double *plain, const double *centred, int64_t rows)
{
    double table[T][NTK_ALIGNMENT_COLUMNS];
    ntk_matrix Table = ntk_matrix_f64(table[0], rows, NTK_ALIGNMENT_COLUMNS);
    CHECK_OK(ntk_spectrum_alignment(spectrum, &Table));
    for (int64_t i = 0; i < rows; i++) {
        ck_assert_double_eq_tol(table[i][NTK_ALIGNMENT_PLAIN], plain[i], 1e-12);
        ck_assert_double_eq_tol(table[i][NTK_ALIGNMENT_CENTRED], centred[i], 1e-12);
    }
}

/* Of each target and of both; with an intercept both columns are the centred one. */
START_TEST(alignments_of_a_dense_matrix)
{
    double w[N], c[N * T], each[2][T], both[2], centred_y[N * T], one[N];
    matrix m;
    harmonic(w, c);
    matrix_make(&m, w, N, false);
    double *y = targets_of(&m, c, T);
    ntk_spectrum *spectrum = spectrum_of(&m, y, T, false), *with = spectrum_of(&m, y, T, true);
    for (int i = 0; i < N * T; i++) {
        double mean = 0;
        for (int j = 0; j < N; j++) mean += y[j * T + i % T] / N;
        centred_y[i] = y[i] - mean;
    }
    for (int form = 0; form < 2; form++) {
        if (form) centre(m.K, N);
        const double *Y = form ? centred_y : y;
        both[form] = dense_alignment(m.K, Y, N, T);
        for (int t = 0; t < T; t++) {
            for (int i = 0; i < N; i++) one[i] = Y[i * T + t];
            each[form][t] = dense_alignment(m.K, one, N, 1);
        }
    }
    check_alignment(spectrum, each[0], each[1], T);
    check_alignment(spectrum, &both[0], &both[1], 1);
    check_alignment(with, each[1], each[1], T);
    check_alignment(with, &both[1], &both[1], 1);
    ntk_spectrum_destroy(spectrum);
    ntk_spectrum_destroy(with);
    free(y);
    matrix_free(&m);
}
END_TEST

/* K = y y^T; K = 1; and K = y y^T + 1000 1 1^T, whose constant says nothing of y: in any units. */
START_TEST(alignments_in_closed_form)
{
    const double unit = (double[]){1, 1e120, 1e-120}[_i];
    double w[N] = {0, 3 * unit}, c[N] = {0, 2 * unit}, ones[N], one = 1, identity[] = {1 / sqrt(N), 1 / sqrt(N - 1)},
           shifted = 3 / hypot(1000, 3);
    matrix m;
    for (int k = 0; k < N; k++) ones[k] = unit;
    for (int kind = 0; kind < 3; kind++) {
        w[0] = kind == 2 ? 1000 * unit : 0;
        matrix_make(&m, kind == 1 ? ones : w, N, true);
        double *y = targets_of(&m, c, 1);
        ntk_spectrum *spectrum = spectrum_of(&m, y, 1, false);
        check_alignment(spectrum, kind == 1 ? &identity[0] : kind ? &shifted : &one, kind == 1 ? &identity[1] : &one, 1);
        ntk_spectrum_destroy(spectrum);
        free(y);
        matrix_free(&m);
    }
}
END_TEST

/* --- exponents --- */

enum { MANY = 192 };

/* w_k = k^-capacity, from mode bend on steeper by 2, and c_k^2 = k^-(1 + decay) + floor. */
static ntk_exponents fit(double capacity, double decay, double floor, int64_t bend, const ntk_exponents_options *options)
{
    double w[MANY], c[MANY];
    ntk_exponents found = NTK_INIT(ntk_exponents);
    matrix m;
    for (int k = 0; k < MANY; k++) {
        double i = k + 1, turned = k + 1 > bend ? pow(i / (double)bend, -2) : 1;
        w[k] = pow(i, -capacity) * turned;
        c[k] = sqrt(pow(i, -1 - decay) + floor);
    }
    matrix_make(&m, w, MANY, false);
    double *y = targets_of(&m, c, 1);
    ntk_spectrum *spectrum = spectrum_of(&m, y, 1, false);
    CHECK_OK(ntk_spectrum_exponents(spectrum, &found, options));
    ntk_spectrum_destroy(spectrum);
    free(y);
    matrix_free(&m);
    return found;
}

/* Exact ones, but that a bin's mean square is not that at its mean place: by up to a tenth where it has two modes. */
START_TEST(exponents_of_power_laws)
{
    ntk_exponents found = fit(1.5, 1.2, 0, MANY, NULL);
    ck_assert_int_eq(found.first, 4);
    ck_assert_int_eq(found.last, MANY / 4);
    ck_assert_int_eq(found.bins, 8);
    ck_assert_int_eq(found.target_bins, 8);
    ck_assert_double_eq_tol(found.capacity, 1.5, 1e-8);
    ck_assert_double_lt(found.capacity_error, 1e-8);
    ck_assert_double_eq_tol(found.capacity_low, found.capacity_high, 1e-7);
    ck_assert_double_eq_tol(found.decay, 1.2, 0.02);
    ck_assert_double_lt(found.decay_error, 0.02);
    ck_assert_double_eq_tol(found.source, 1.2 / 3, 0.01);
    ck_assert_double_eq_tol(found.rate, 1.2, 0.02);
    /* a target that is too smooth for the kernel to make use of it */
    found = fit(1.5, 4, 0, MANY, NULL);
    ck_assert_double_gt(found.source, 1);
    ck_assert_double_eq_tol(found.rate, 3, 1e-7);
}
END_TEST

START_TEST(exponents_show_where_there_is_no_law)
{
    ntk_exponents_options options = NTK_INIT(ntk_exponents_options);
    ntk_exponents found = fit(1, 1, 0, 16, NULL);
    ck_assert_double_lt(found.capacity_low, 1.01);
    ck_assert_double_gt(found.capacity_high, 2.5);
    ck_assert_double_gt(found.capacity_error, 0.1);
    /* noise is a floor, which can be told */
    found = fit(1, 1, 1e-3, MANY, NULL);
    ck_assert_double_lt(found.decay_high, 0.7);
    options.noise_variance = 1e-3;
    found = fit(1, 1, 1e-3, MANY, &options);
    ck_assert_double_eq_tol(found.decay, 1, 0.02);
    ck_assert_double_eq_tol(found.decay_low, found.decay_high, 0.1);
    options.first = 8;
    options.last = 32;
    options.target = 1;
    found = fit(1, 1, 1e-3, MANY, &options);
    ck_assert_int_eq(found.first, 8);
    ck_assert_int_eq(found.last, 32);
    ck_assert_int_eq(found.bins, 5);
    ck_assert_double_eq_tol(found.capacity, 1, 1e-8);
}
END_TEST

/* --- what is refused --- */

START_TEST(refused)
{
    double w[N], c[N * T], out[N], few[4];
    ntk_spectrum *spectrum;
    ntk_spectrum_options options = NTK_INIT(ntk_spectrum_options);
    ntk_exponents exponents = NTK_INIT(ntk_exponents);
    ntk_matrix Out = ntk_matrix_f64(out, N, 1), Few = ntk_matrix_f64(few, 2, NTK_ALIGNMENT_COLUMNS);
    matrix m;
    harmonic(w, c);
    matrix_make(&m, w, N, false);
    ntk_gram *implicit = matrix_gram(&m, NTK_STORAGE_IMPLICIT, NTK_F64);
    CHECK_STATUS(ntk_spectrum_create(context, &spectrum, implicit, NULL, NULL), NTK_ERR_UNSUPPORTED);
    ck_assert_ptr_null(spectrum);
    ntk_gram_destroy(implicit);
    spectrum = spectrum_of(&m, NULL, 1, false);
    CHECK_STATUS(ntk_spectrum_coefficients(spectrum, &Out), NTK_ERR_STATE);
    CHECK_STATUS(ntk_spectrum_cumulative(spectrum, &Out), NTK_ERR_STATE);
    CHECK_STATUS(ntk_spectrum_alignment(spectrum, &Few), NTK_ERR_STATE);
    /* a quarter of 24 is two points of a line */
    CHECK_STATUS(ntk_spectrum_exponents(spectrum, &exponents, NULL), NTK_ERR_OPTION);
    CHECK_MESSAGE("first is 4 and last 6");
    ntk_spectrum_destroy(spectrum);
    matrix_free(&m);
    matrix_make(&m, w, 1, false);
    ntk_gram *single = matrix_gram(&m, NTK_STORAGE_FULL, NTK_F64);
    options.intercept = 1;
    CHECK_STATUS(ntk_spectrum_create(context, &spectrum, single, NULL, &options), NTK_ERR_OPTION);
    CHECK_OK(ntk_spectrum_create(context, &spectrum, single, NULL, NULL));
    ck_assert_int_eq(ntk_spectrum_modes(spectrum), 1);
    ntk_spectrum_destroy(spectrum);
    ntk_gram_destroy(single);
    matrix_free(&m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum");
    TCase *tests = test_case(suite, "spectrum");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, values_and_coefficients, 0, 4);
    tcase_add_loop_test(tests, intercepts, 0, 2);
    tcase_add_loop_test(tests, intercept_of_a_constant, 0, 2);
    tcase_add_loop_test(tests, dimensions_are_degrees_of_freedom, 0, 2);
    tcase_add_test(tests, dimensions_in_closed_form);
    tcase_add_test(tests, alignments_of_a_dense_matrix);
    tcase_add_loop_test(tests, alignments_in_closed_form, 0, 3);
    tcase_add_test(tests, exponents_of_power_laws);
    tcase_add_test(tests, exponents_show_where_there_is_no_law);
    tcase_add_test(tests, refused);
    return test_run(suite);
}
