/* A data set by the spectrum of its kernel matrix: how many dimensions a ridge leaves, how well the kernel suits the target, by which power
 * laws it learns, and the learning curve, before a single subset has been fitted. */
#include "expect.h"

enum { N = 400, D = 6, LAMBDAS = 2, SIZES = 2, DRAWS = 20 };

/* Two inputs count, and there is a little noise. */
static void draw(double *x, double *y, int64_t rows, uint64_t seed)
{
    double *u = numbers(rows * (D + 1), seed);
    for (int64_t i = 0; i < rows; i++) {
        for (int k = 0; k < D; k++) x[i * D + k] = 2 * u[i * (D + 1) + k];
        y[i] = 5 + x[i * D] + fabs(x[i * D + 1]) + 0.1 * u[i * (D + 1) + D];
    }
    free(u);
}

static double measure(ntk_context *context, const ntk_kernel *kernel, int64_t n, double lambda, uint64_t seed)
{
    static double x[2 * N * D], y[2 * N], out[N];
    double error = 0;
    ntk_ridge *ridge = NULL;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    draw(x, y, n + N, seed);
    ntk_matrix X = ntk_matrix_const_f64(x, n, D), Y = ntk_matrix_const_f64(y, n, 1);
    ntk_matrix fresh = ntk_matrix_const_f64(x + n * D, N, D), Out = ntk_matrix_f64(out, N, 1);
    options.intercept = 1;
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, lambda, &options));
    TRY(ntk_ridge_predict(ridge, &Out, &fresh));
    for (int i = 0; i < N; i++) error += (out[i] - y[n + i]) * (out[i] - y[n + i]) / N;
    ntk_ridge_destroy(ridge);
    return error;
}

int main(void)
{
    static double x[N * D], y[N], values[N - 1], shares[N - 1];
    double lambdas[LAMBDAS] = {0.01, 1}, dimensions[LAMBDAS][NTK_DIMENSION_COLUMNS], alignment[NTK_ALIGNMENT_COLUMNS];
    double sizes[SIZES] = {50, 200}, curve[SIZES][NTK_CURVE_COLUMNS];
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *kernel = NULL;
    ntk_gram *gram = NULL;
    ntk_spectrum *spectrum = NULL;
    ntk_spectrum_options options = NTK_INIT(ntk_spectrum_options);
    ntk_spectrum_curve_options curve_options = NTK_INIT(ntk_spectrum_curve_options);
    ntk_kernel_options kernel_options = NTK_INIT(ntk_kernel_options);
    ntk_exponents exponents = NTK_INIT(ntk_exponents);
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1);
    ntk_matrix Values = ntk_matrix_f64(values, N - 1, 1), Shares = ntk_matrix_f64(shares, N - 1, 1);
    ntk_matrix Lambdas = ntk_matrix_f64(lambdas, LAMBDAS, 1), Sizes = ntk_matrix_f64(sizes, SIZES, 1);
    ntk_matrix Dimensions = ntk_matrix_f64(dimensions[0], LAMBDAS, NTK_DIMENSION_COLUMNS);
    ntk_matrix Alignment = ntk_matrix_f64(alignment, 1, NTK_ALIGNMENT_COLUMNS);
    ntk_matrix Curve = ntk_matrix_f64(curve[0], SIZES, NTK_CURVE_COLUMNS);
    uint64_t bytes;

    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    kernel_options.bias_scale = 1;
    TRY(ntk_kernel_create_infinite(context, &kernel, relu, &kernel_options));
    draw(x, y, N, 1);
    TRY(ntk_gram_create(context, &gram, kernel, &X, NULL));
    options.intercept = 1;
    TRY(ntk_spectrum_memory(context, &bytes, N, 1, &options));
    TRY(ntk_spectrum_create(context, &spectrum, gram, &Y, &options));
    EXPECT(ntk_spectrum_modes(spectrum) == N - 1, "%d modes of %d samples and an intercept, %.1f MB to find them", N - 1, N,
           (double)bytes / 1e6);

    TRY(ntk_spectrum_values(spectrum, &Values));
    TRY(ntk_spectrum_cumulative(spectrum, &Shares));
    EXPECT(values[0] > values[D] && values[N - 2] > 0 && shares[D - 1] > 0.5, "%.0f %% of the target lie in the first %d modes",
           100 * shares[D - 1], D);
    TRY(ntk_spectrum_alignment(spectrum, &Alignment));
    EXPECT(alignment[NTK_ALIGNMENT_PLAIN] > 0.2 && alignment[NTK_ALIGNMENT_PLAIN] < 1, "alignment %.3f",
           alignment[NTK_ALIGNMENT_PLAIN]);
    TRY(ntk_spectrum_dimensions(spectrum, &Dimensions, &Lambdas));
    EXPECT(dimensions[1][NTK_DIMENSION_FIRST] < dimensions[0][NTK_DIMENSION_FIRST],
           "%.1f dimensions at lambda = %g, %.1f at %g", dimensions[1][NTK_DIMENSION_FIRST], lambdas[1],
           dimensions[0][NTK_DIMENSION_FIRST], lambdas[0]);
    EXPECT(dimensions[0][NTK_DIMENSION_SELF_INDUCED] > lambdas[0], "the kernel itself is a ridge of %.3f",
           dimensions[0][NTK_DIMENSION_SELF_INDUCED]);
    TRY(ntk_spectrum_exponents(spectrum, &exponents, NULL));
    EXPECT(exponents.capacity > 0.5 && exponents.bins >= 3, "w_k ~ k^-%.2f (+- %.2f), source %.2f (+- %.2f)",
           exponents.capacity, exponents.capacity_error, exponents.source, exponents.source_error);

    curve_options.lambda = lambdas[0];
    TRY(ntk_spectrum_curve(spectrum, &Curve, &Sizes, &curve_options));
    for (int i = 0; i < SIZES; i++) {
        double measured = 0;
        for (int k = 0; k < DRAWS; k++)
            measured += measure(context, kernel, (int64_t)sizes[i], lambdas[0], (uint64_t)(100 * i + k + 2)) / DRAWS;
        EXPECT(fabs(measured / curve[i][NTK_CURVE_TEST] - 1) < 0.2, "n = %g: error %.4f, predicted %.4f", sizes[i], measured,
               curve[i][NTK_CURVE_TEST]);
    }
    ntk_spectrum_destroy(spectrum);
    ntk_gram_destroy(gram);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    return 0;
}
