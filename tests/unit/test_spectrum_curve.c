/* Learning curves from a sample: closed forms, cross-validation, the theory of the sphere, and what a data set measures. */
#include "theory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

TEST_CONTEXT_FIXTURE(2)

enum { N = 40, D = 5, T = 2 };

static const int32_t methods[] = {NTK_PREDICT_SUBSAMPLE, NTK_PREDICT_LEAVE_ONE_OUT, NTK_PREDICT_POPULATION};

/* n x d normal inputs, and targets that are smooth in them, with noise. */
typedef struct sample {
    int64_t n, d;
    double *x, *y;
    ntk_matrix X, Y;
} sample;

static sample sample_draw(int64_t n, int64_t d, uint64_t seed)
{
    sample s = {.n = n, .d = d, .x = oracle_memory(n * d, sizeof(double)), .y = oracle_memory(n * T, sizeof(double))};
    uint64_t state = test_seed(seed);
    for (int64_t i = 0; i < n * d; i++) s.x[i] = oracle_normal(&state);
    for (int64_t i = 0; i < n; i++) {
        s.y[i * T] = 3 + s.x[i * d] + 0.5 * s.x[i * d + 1] * s.x[i * d] + 0.3 * oracle_normal(&state);
        s.y[i * T + 1] = fabs(s.x[i * d + 1]);
    }
    s.X = ntk_matrix_const_f64(s.x, n, d);
    s.Y = ntk_matrix_const_f64(s.y, n, T);
    return s;
}

static void sample_free(sample *s)
{
    free(s->x);
    free(s->y);
}

static ntk_spectrum *spectrum_of(const ntk_kernel *kernel, const ntk_matrix *X, const ntk_matrix *Y, int32_t intercept)
{
    ntk_gram *gram;
    ntk_spectrum *spectrum;
    ntk_spectrum_options options = NTK_INIT(ntk_spectrum_options);
    options.intercept = intercept;
    CHECK_OK(ntk_gram_create(context, &gram, kernel, X, NULL));
    CHECK_OK(ntk_spectrum_create(context, &spectrum, gram, Y, &options));
    ntk_gram_destroy(gram);
    return spectrum;
}

/* Rows of all targets together. */
static void predict(double (*curve)[NTK_CURVE_COLUMNS], const ntk_spectrum *spectrum, const double *sizes, int64_t count,
                    int32_t method, double lambda, double noise)
{
    ntk_spectrum_curve_options options = NTK_INIT(ntk_spectrum_curve_options);
    ntk_matrix Curve = ntk_matrix_f64(curve[0], count, NTK_CURVE_COLUMNS), Sizes = ntk_matrix_const_f64(sizes, count, 1);
    options.lambda = lambda;
    options.noise_variance = noise;
    options.method = method;
    CHECK_OK(ntk_spectrum_curve(spectrum, &Curve, &Sizes, &options));
}

/* --- closed forms --- */

static int identity(void *user, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    (void)user;
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) test_set(out, i, j, 2 * (test_get(x1, i, 0) == test_get(x2, j, 0)));
    return 0;
}

/* K = 2 I: nothing is learned of what was not seen, and what was is kept by 2 / (2 + lambda). */
START_TEST(nothing_in_common)
{
    static const double lambda = 0.5, sizes[] = {1, 17.5, N};
    ntk_kernel_functions functions = NTK_INIT(ntk_kernel_functions);
    ntk_kernel *kernel;
    double curve[3][NTK_CURVE_COLUMNS], square = 0;
    sample s = sample_draw(N, D, 1);
    functions.block = identity;
    CHECK_OK(ntk_kernel_create_user(context, &kernel, &functions));
    ntk_spectrum *spectrum = spectrum_of(kernel, &s.X, &s.Y, 0);
    predict(curve, spectrum, sizes, 3, NTK_PREDICT_SUBSAMPLE, lambda, 0);
    for (int i = 0; i < N * T; i++) square += s.y[i] * s.y[i] / N;
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TEST] / square, 1, 1e-12);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_VARIANCE], 0, 1e-12 * square);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_KAPPA], (2 + lambda) / sizes[i], 1e-13);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TRAIN] / square, pow(lambda / (2 + lambda), 2), 1e-12);
    }
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
    sample_free(&s);
}
END_TEST

/* K = <x, x'> / d of rank d without a ridge: least squares, whose residuals lie in what the kernel has not. */
START_TEST(finite_rank)
{
    double sizes[] = {3, D, 10, N}, curve[4][NTK_CURVE_COLUMNS];
    ntk_kernel_options rf = NTK_INIT(ntk_kernel_options);
    rf.part = NTK_PART_RF;
    ntk_kernel *kernel = theory_kernel(context, NTK_IDENTITY, &rf);
    sample s = sample_draw(N, D, 2);
    ntk_spectrum *spectrum = spectrum_of(kernel, &s.X, &s.Y, 0);
    predict(curve, spectrum, sizes, 4, NTK_PREDICT_SUBSAMPLE, 0, 0);
    double rest = curve[3][NTK_CURVE_BLIND] * N / (N - D);
    ck_assert_double_gt(curve[0][NTK_CURVE_KAPPA], 0);
    ck_assert_double_eq(curve[0][NTK_CURVE_TRAIN], 0);
    ck_assert(isinf(curve[1][NTK_CURVE_TEST]) || curve[1][NTK_CURVE_TEST] > 1e12);
    for (int i = 2; i < 4; i++) {
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_KAPPA], 0, 1e-15);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TEST] / rest, sizes[i] / (sizes[i] - D), 1e-12);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TRAIN] / rest, (sizes[i] - D) / sizes[i], 1e-12);
    }
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
    sample_free(&s);
}
END_TEST

/* A small part of one sample is too little to learn from; and where samples are as many as the rank all that is spare is what a ridge makes
 * of it, 2 sqrt(lambda n (n0 - n)) at w = 1 to leading order: neither drowns in the rounding of n0. */
START_TEST(next_to_nothing)
{
    double size = 1e-20, row[1][NTK_CURVE_COLUMNS], c[N][T], square = 0;
    ntk_kernel *kernel = theory_relu(context, NTK_PART_BOTH);
    sample s = sample_draw(N, D, 9);
    ntk_spectrum *spectrum = spectrum_of(kernel, &s.X, &s.Y, 0);
    for (int i = 0; i < N * T; i++) square += s.y[i] * s.y[i] / N;
    for (int method = 0; method < 2; method++) {
        predict(row, spectrum, &size, 1, methods[method], 0.1, 0);
        ck_assert_double_gt(row[0][NTK_CURVE_KAPPA], 1e15);
        ck_assert(isfinite(row[0][NTK_CURVE_KAPPA]));
        ck_assert_double_eq_tol(row[0][NTK_CURVE_TEST] / square, 1, 1e-12);
    }
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
    /* unit vectors, each N / D times */
    static const double lambda = 1e-22;
    ntk_kernel_options rf = NTK_INIT(ntk_kernel_options);
    rf.part = NTK_PART_RF;
    kernel = theory_kernel(context, NTK_IDENTITY, &rf);
    for (int i = 0; i < N * D; i++) s.x[i] = i % D == i / D % D ? sqrt(D * (double)D / N) : 0;
    spectrum = spectrum_of(kernel, &s.X, &s.Y, 0);
    size = D;
    predict(row, spectrum, &size, 1, NTK_PREDICT_SUBSAMPLE, lambda, 0);
    ntk_matrix C = ntk_matrix_f64(c[0], N, T);
    CHECK_OK(ntk_spectrum_coefficients(spectrum, &C));
    square = 0;
    for (int k = D; k < N; k++) square += (c[k][0] * c[k][0] + c[k][1] * c[k][1]) / (N - D);
    double spare = 2 * sqrt(lambda * D * (N - D));
    ck_assert_double_eq_tol(row[0][NTK_CURVE_TEST] / (square * D / spare), 1, 1e-6);
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
    sample_free(&s);
}
END_TEST

/* One sample alone has an input.  Without a ridge it is fitted whatever the others say, and what these make of it is what they do as the
 * ridge tends to 0, to a part of it. */
START_TEST(sample_that_is_alone)
{
    static const double size[] = {N};
    double alone[1][NTK_CURVE_COLUMNS], near[1][NTK_CURVE_COLUMNS];
    ntk_kernel_options rf = NTK_INIT(ntk_kernel_options);
    rf.part = NTK_PART_RF;
    ntk_kernel *kernel = theory_kernel(context, NTK_IDENTITY, &rf);
    sample s = sample_draw(N, D, 10);
    for (int i = 0; i < N; i++) s.x[i * D + D - 1] = i == 3 ? 2 : 0;
    s.y[3 * T] = 30;
    ntk_spectrum *spectrum = spectrum_of(kernel, &s.X, &s.Y, _i);
    predict(alone, spectrum, size, 1, NTK_PREDICT_LEAVE_ONE_OUT, 0, 0);
    predict(near, spectrum, size, 1, NTK_PREDICT_LEAVE_ONE_OUT, 1e-8, 0);
    ck_assert_double_gt(near[0][NTK_CURVE_TEST], 20 * 20.0 / N);
    ck_assert_double_eq_tol(alone[0][NTK_CURVE_TEST] / near[0][NTK_CURVE_TEST], 1, 1e-5);
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
    sample_free(&s);
}
END_TEST

/* At n = n0 a subsample is the sample, and its error that of generalized cross-validation. */
START_TEST(all_samples_are_cross_validation)
{
    static const double lambdas[] = {1e-3, 0.5, 20}, size[] = {N};
    ntk_kernel *kernel = theory_relu(context, NTK_PART_BOTH);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge;
    double path[3][NTK_PATH_COLUMNS], row[1][NTK_CURVE_COLUMNS], both[1][T][NTK_CURVE_COLUMNS];
    sample s = sample_draw(N, D, 3);
    ntk_matrix y = s.Y, L = ntk_matrix_const_f64(lambdas, 3, 1), Path = ntk_matrix_f64(path[0], 3, NTK_PATH_COLUMNS);
    y.cols = 1;
    options.method = NTK_RIDGE_SPECTRAL;
    options.intercept = _i;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &s.X, &y, 1, &options));
    CHECK_OK(ntk_ridge_path(ridge, &Path, &L));
    ntk_spectrum *spectrum = spectrum_of(kernel, &s.X, &y, _i), *of_both = spectrum_of(kernel, &s.X, &s.Y, _i);
    for (int l = 0; l < 3; l++) {
        predict(row, spectrum, size, 1, NTK_PREDICT_SUBSAMPLE, lambdas[l], 0);
        ck_assert_double_eq_tol(row[0][NTK_CURVE_TEST] / path[l][NTK_PATH_GCV], 1, 1e-9);
        ck_assert_double_eq_tol(row[0][NTK_CURVE_TRAIN] * N / path[l][NTK_PATH_RSS], 1, 1e-9);
        predict(row, spectrum, size, 1, NTK_PREDICT_LEAVE_ONE_OUT, lambdas[l], 0);
        ck_assert_double_eq_tol(row[0][NTK_CURVE_TEST] / path[l][NTK_PATH_LOO], 1, 1e-9);
        /* target by target, and together */
        ntk_spectrum_curve_options each = NTK_INIT(ntk_spectrum_curve_options);
        ntk_matrix Both = ntk_matrix_f64(both[0][0], 1, T * NTK_CURVE_COLUMNS), Size = ntk_matrix_const_f64(size, 1, 1);
        each.lambda = lambdas[l];
        CHECK_OK(ntk_spectrum_curve(of_both, &Both, &Size, &each));
        ck_assert_double_eq_tol(both[0][0][NTK_CURVE_TEST] / row[0][NTK_CURVE_TEST], 1, 1e-12);
        predict(row, of_both, size, 1, NTK_PREDICT_LEAVE_ONE_OUT, lambdas[l], 0);
        ck_assert_double_eq_tol((both[0][0][NTK_CURVE_TEST] + both[0][1][NTK_CURVE_TEST]) / row[0][NTK_CURVE_TEST], 1, 1e-12);
    }
    ntk_spectrum_destroy(spectrum);
    ntk_spectrum_destroy(of_both);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    sample_free(&s);
}
END_TEST

/* --- the sample as the population --- */

/* sum w / (w + n0 kappa) + lambda / kappa = n, less one sample with an intercept, by bisection. */
static double solve(const double *w, int64_t modes, double n, double lambda)
{
    double low = 1e-12, high = 1e12;
    for (int step = 0; step < 200; step++) {
        double kappa = sqrt(low * high), sum = lambda / kappa;
        for (int64_t k = 0; k < modes; k++) sum += w[k] / (w[k] + N * kappa);
        if (sum > n)
            low = kappa;
        else
            high = kappa;
    }
    return low;
}

START_TEST(population_by_its_equations)
{
    static const double lambda = 0.3, noise = 0.01, sizes[] = {5, 20};
    double curve[2][NTK_CURVE_COLUMNS], w[N], c[N][T];
    ntk_kernel *kernel = theory_relu(context, NTK_PART_BOTH);
    sample s = sample_draw(N, D, 4);
    ntk_spectrum *spectrum = spectrum_of(kernel, &s.X, &s.Y, _i);
    int64_t modes = ntk_spectrum_modes(spectrum);
    ntk_matrix W = ntk_matrix_f64(w, modes, 1), C = ntk_matrix_f64(c[0], modes, T);
    CHECK_OK(ntk_spectrum_values(spectrum, &W));
    CHECK_OK(ntk_spectrum_coefficients(spectrum, &C));
    predict(curve, spectrum, sizes, 2, NTK_PREDICT_POPULATION, lambda, noise);
    for (int i = 0; i < 2; i++) {
        double kappa = solve(w, modes, sizes[i] - _i, lambda), bias = 0, learned = _i;
        for (int64_t k = 0; k < modes; k++) {
            double missing = N * kappa / (w[k] + N * kappa);
            bias += missing * missing * (c[k][0] * c[k][0] + c[k][1] * c[k][1] - T * noise) / N;
            learned += (1 - missing) * (1 - missing);
        }
        double test = sizes[i] / (sizes[i] - learned) * (bias + T * noise) - T * noise;
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_KAPPA] / kappa, 1, 1e-11);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_BIAS] / bias, 1, 1e-10);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TEST] / test, 1, 1e-10);
        ck_assert_double_eq_tol(curve[i][NTK_CURVE_TRAIN] / (test + T * noise), pow(lambda / (sizes[i] * kappa), 2), 1e-10);
    }
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
    sample_free(&s);
}
END_TEST

/* --- against the theory of a known population --- */

/* sqrt(2) ReLU of the first input on the sphere of 10 inputs, and the tangent kernel: n of samples of n0 reach what the theory says of the
 * kernel's own levels, in the mean over samples. */
START_TEST(samples_of_a_sphere)
{
    enum { INPUTS = 10, SAMPLE = 240, SIZES = 3, DRAWS = 12, DEGREES = 31 };
    static const double sizes[SIZES] = {20, 80, 200}, lambda = 1e-3;
    double means[3][SIZES] = {{0}}, squares[3][SIZES] = {{0}}, energies[DEGREES], exact[SIZES][NTK_CURVE_COLUMNS];
    ntk_kernel *kernel = theory_relu(context, NTK_PART_NT);
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    double *x = oracle_memory(SAMPLE * INPUTS, sizeof *x), y[SAMPLE];
    uint64_t state = test_seed(5);
    for (int draw = 0; draw < DRAWS; draw++) {
        for (int i = 0; i < SAMPLE; i++) {
            double square = 0, *row = x + i * INPUTS;
            for (int k = 0; k < INPUTS; k++) row[k] = oracle_normal(&state), square += row[k] * row[k];
            for (int k = 0; k < INPUTS; k++) row[k] *= sqrt(INPUTS / square);
            y[i] = sqrt(2.0) * fmax(0, row[0]);
        }
        ntk_matrix X = ntk_matrix_const_f64(x, SAMPLE, INPUTS), Y = ntk_matrix_const_f64(y, SAMPLE, 1);
        ntk_spectrum *spectrum = spectrum_of(kernel, &X, &Y, 0);
        for (int method = 0; method < 3; method++) {
            double curve[SIZES][NTK_CURVE_COLUMNS];
            predict(curve, spectrum, sizes, SIZES, methods[method], lambda, 0);
            for (int i = 0; i < SIZES; i++) {
                means[method][i] += curve[i][NTK_CURVE_TEST] / DRAWS;
                squares[method][i] += curve[i][NTK_CURVE_TEST] * curve[i][NTK_CURVE_TEST] / DRAWS;
            }
        }
        ntk_spectrum_destroy(spectrum);
    }
    theory_energies(context, energies, DEGREES, NTK_RELU, INPUTS);
    for (int k = 0; k < DEGREES; k++) energies[k] *= 2;
    options.d = INPUTS;
    options.total = 1;
    options.lambda = lambda;
    ntk_matrix E = ntk_matrix_f64(energies, DEGREES, 1), Sizes = ntk_matrix_const_f64(sizes, SIZES, 1),
               Exact = ntk_matrix_f64(exact[0], SIZES, NTK_CURVE_COLUMNS);
    CHECK_OK(ntk_theory_learning_curve(kernel, &Exact, &E, &Sizes, &options));
    for (int i = 0; i < SIZES; i++)
        for (int method = 0; method < 2; method++) {
            double right = exact[i][NTK_CURVE_TEST], mean = means[method][i];
            double error = sqrt((squares[method][i] - mean * mean) / (DRAWS - 1));
            printf("# n = %g, method %d: %.5f +- %.5f, exact %.5f\n", sizes[i], methods[method], mean, error, right);
            ck_assert_double_eq_tol(mean, right, 0.05 * right + 3 * error);
        }
    /* as a population the sample is learned too soon */
    ck_assert_double_lt(means[2][1], 0.75 * exact[1][NTK_CURVE_TEST]);
    free(x);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* --- against a data set --- */

enum { INPUTS = 8, ROWS = 1030, SET = 600, DRAWS = 20 };

/* SET rows of concrete.csv, chosen by chance, in units of their deviations; x with the column of y behind it. */
static void read_concrete(double *x, double *y, uint64_t *state)
{
    double(*all)[INPUTS + 1] = oracle_memory(ROWS, sizeof *all);
    FILE *file = fopen(CONCRETE_CSV, "r");
    ck_assert_msg(file, "cannot open " CONCRETE_CSV);
    int c;
    do c = fgetc(file);
    while (c != '\n' && c != EOF);
    for (int i = 0; i < ROWS * (INPUTS + 1); i++)
        ck_assert_int_eq(fscanf(file, "%lf%*c", &all[i / (INPUTS + 1)][i % (INPUTS + 1)]), 1);
    fclose(file);
    for (int i = 0; i < SET; i++) {
        int64_t from = i + oracle_integer(state, ROWS - i);
        for (int k = 0; k <= INPUTS; k++) {
            double value = all[from][k];
            all[from][k] = all[i][k];
            all[i][k] = value;
        }
    }
    for (int k = 0; k <= INPUTS; k++) {
        double mean = 0, square = 0;
        for (int i = 0; i < SET; i++) mean += all[i][k] / SET;
        for (int i = 0; i < SET; i++) square += (all[i][k] - mean) * (all[i][k] - mean) / SET;
        for (int i = 0; i < SET; i++) *(k < INPUTS ? &x[i * INPUTS + k] : &y[i]) = (all[i][k] - mean) / sqrt(square);
    }
    free(all);
}

/* Mean squared error on the other rows, of n by chance. */
static double measure(const ntk_kernel *kernel, double *x, double *y, int64_t n, double lambda, uint64_t *state)
{
    double found[SET], error = 0;
    ntk_ridge *ridge;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    for (int64_t i = 0; i < n; i++) {
        int64_t from = i + oracle_integer(state, SET - i);
        for (int k = 0; k <= INPUTS; k++) {
            double *a = k < INPUTS ? &x[i * INPUTS + k] : &y[i], *b = k < INPUTS ? &x[from * INPUTS + k] : &y[from], was = *a;
            *a = *b;
            *b = was;
        }
    }
    ntk_matrix X = ntk_matrix_const_f64(x, n, INPUTS), Y = ntk_matrix_const_f64(y, n, 1),
               Test = ntk_matrix_const_f64(x + n * INPUTS, SET - n, INPUTS), Found = ntk_matrix_f64(found, SET - n, 1);
    options.intercept = 1;
    CHECK_OK(ntk_ridge_create(context, &ridge, kernel, &X, &Y, lambda, &options));
    CHECK_OK(ntk_ridge_predict(ridge, &Found, &Test));
    for (int64_t i = n; i < SET; i++) error += (found[i - n] - y[i]) * (found[i - n] - y[i]) / (double)(SET - n);
    ntk_ridge_destroy(ridge);
    return error;
}

/* Concrete's strength from its mixture, by a ReLU network of infinite width with biases and an intercept. */
START_TEST(concrete)
{
    enum { SIZES = 3 };
    static const double lambdas[] = {0.1, 1}, sizes[SIZES] = {60, 180, 450};
    double x[SET * INPUTS], y[SET], curve[SIZES][NTK_CURVE_COLUMNS], lambda = lambdas[_i];
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    uint64_t state = test_seed(6);
    options.bias_scale = 1;
    ntk_kernel *kernel = theory_kernel(context, NTK_RELU, &options);
    read_concrete(x, y, &state);
    ntk_matrix X = ntk_matrix_const_f64(x, SET, INPUTS), Y = ntk_matrix_const_f64(y, SET, 1);
    ntk_spectrum *spectrum = spectrum_of(kernel, &X, &Y, 1);
    predict(curve, spectrum, sizes, SIZES, NTK_PREDICT_LEAVE_ONE_OUT, lambda, 0);
    for (int i = 0; i < SIZES; i++) {
        double mean = 0, square = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            double error = measure(kernel, x, y, (int64_t)sizes[i], lambda, &state);
            mean += error / DRAWS;
            square += error * error / DRAWS;
        }
        double error = sqrt((square - mean * mean) / (DRAWS - 1)), predicted = curve[i][NTK_CURVE_TEST];
        printf("# lambda = %g, n = %g: measured %.5f +- %.5f, predicted %.5f\n", lambda, sizes[i], mean, error, predicted);
        ck_assert_double_eq_tol(mean, predicted, 0.05 * predicted + 3 * error);
    }
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* --- what is refused --- */

START_TEST(refused)
{
    double curve[1][T * NTK_CURVE_COLUMNS], size = N + 1;
    ntk_matrix Curve = ntk_matrix_f64(curve[0], 1, NTK_CURVE_COLUMNS), Size = ntk_matrix_f64(&size, 1, 1);
    ntk_kernel *kernel = theory_relu(context, NTK_PART_BOTH);
    sample s = sample_draw(N, D, 8);
    ntk_spectrum *spectrum = spectrum_of(kernel, &s.X, &s.Y, 1), *without = spectrum_of(kernel, &s.X, NULL, 1), *light;
    ntk_spectrum_options options = {.struct_size = sizeof options, .light = 1};
    ntk_spectrum_curve_options by_sums = {.struct_size = sizeof by_sums, .method = NTK_PREDICT_SUBSAMPLE};
    ntk_gram *gram;
    CHECK_OK(ntk_gram_create(context, &gram, kernel, &s.X, NULL));
    CHECK_OK(ntk_spectrum_create(context, &light, gram, &s.Y, &options));
    ntk_gram_destroy(gram);
    CHECK_STATUS(ntk_spectrum_curve(spectrum, &Curve, &Size, NULL), NTK_ERR_VALUE);
    CHECK_MESSAGE("at most the spectrum's 40 samples");
    size = 1;
    CHECK_STATUS(ntk_spectrum_curve(spectrum, &Curve, &Size, NULL), NTK_ERR_VALUE);
    size = 2;
    CHECK_OK(ntk_spectrum_curve(spectrum, &Curve, &Size, NULL));
    CHECK_STATUS(ntk_spectrum_curve(without, &Curve, &Size, NULL), NTK_ERR_STATE);
    CHECK_STATUS(ntk_spectrum_curve(light, &Curve, &Size, NULL), NTK_ERR_STATE);
    CHECK_MESSAGE("light");
    CHECK_OK(ntk_spectrum_curve(light, &Curve, &Size, &by_sums));
    ntk_spectrum_destroy(light);
    ntk_spectrum_destroy(spectrum);
    ntk_spectrum_destroy(without);
    ntk_kernel_destroy(kernel);
    sample_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_curve");
    TCase *tests = test_case(suite, "spectrum_curve");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_in_common);
    tcase_add_test(tests, finite_rank);
    tcase_add_test(tests, next_to_nothing);
    tcase_add_loop_test(tests, sample_that_is_alone, 0, 2);
    tcase_add_loop_test(tests, all_samples_are_cross_validation, 0, 2);
    tcase_add_loop_test(tests, population_by_its_equations, 0, 2);
    tcase_add_test(tests, samples_of_a_sphere);
    tcase_add_loop_test(tests, concrete, 0, 2);
    tcase_add_test(tests, refused);
    return test_run(suite);
}
