/* Theorem 1 on a kernel and a target of one's own: the learning curve that theory predicts, and the one that fits of fresh samples
 * have; what polynomial regression makes of the same samples; and the curve of a data set. */
#include "expect.h"

enum { D = 12, DEGREES = 25, SIZES = 3, ROWS = 200 };

int main(void)
{
    static const double sizes[SIZES] = {24, 72, 216}, ones[3] = {1, 1, 1};
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *kernel = NULL, *quadratic = NULL;
    ntk_target *target = NULL;
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    ntk_curve_options theory = NTK_INIT(ntk_curve_options);
    double w[D] = {1}, one = 1, energies[DEGREES][NTK_ENERGY_COLUMNS], total[2], predicted[SIZES][NTK_CURVE_COLUMNS],
           measured[SIZES][NTK_MEASURE_COLUMNS], fitted[SIZES][NTK_MEASURE_COLUMNS];
    ntk_matrix W = ntk_matrix_f64(w, 1, D), A = ntk_matrix_f64(&one, 1, 1), n = ntk_matrix_const_f64(sizes, SIZES, 1),
               Energies = ntk_matrix_f64(energies[0], DEGREES, NTK_ENERGY_COLUMNS), Total = ntk_matrix_f64(total, 1, 2),
               Predicted = ntk_matrix_f64(predicted[0], SIZES, NTK_CURVE_COLUMNS),
               Measured = ntk_matrix_f64(measured[0], SIZES, NTK_MEASURE_COLUMNS),
               Fitted = ntk_matrix_f64(fitted[0], SIZES, NTK_MEASURE_COLUMNS), Shares = ntk_matrix_const_f64(ones, 3, 1);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, relu, NULL));
    TRY(ntk_kernel_create_zonal(context, &quadratic, &Shares, D));
    TRY(ntk_target_create_sum(context, &target, (const ntk_activation *const[]){relu}, &W, &A));
    TRY(ntk_target_energies(target, &Energies, &Total, NULL));

    Energies.cols = 1; /* without their standard errors, which are 0 */
    theory.d = D;
    theory.total = total[0];
    options.lambda = theory.lambda = 1e-4;
    options.noise_variance = theory.noise_variance = 0.01;
    TRY(ntk_theory_learning_curve(kernel, &Predicted, &Energies, &n, &theory));
    TRY(ntk_theory_measure_curve(kernel, &Measured, target, &n, &options));
    for (int i = 0; i < SIZES; i++) {
        double mean = measured[i][NTK_MEASURE_TEST], error = measured[i][NTK_MEASURE_TEST_ERROR],
               expected = predicted[i][NTK_CURVE_TEST];
        EXPECT(fabs(mean - expected) < 0.05 * expected + 3 * error, "n = %3d: test error %.4f +- %.4f, predicted %.4f",
               (int)sizes[i], mean, error, expected);
    }

    /* the quadratic polynomials have (d + 1) (d + 2) / 2 = 91 - 1 coefficients on the sphere: they need more samples than that */
    TRY(ntk_theory_measure_curve(quadratic, &Fitted, target, &n, &options));
    EXPECT(fitted[1][NTK_MEASURE_TEST] > measured[1][NTK_MEASURE_TEST] && fitted[2][NTK_MEASURE_TEST] < 0.06,
           "quadratic regression: %.4f at n = 72, %.4f at n = 216", fitted[1][NTK_MEASURE_TEST], fitted[2][NTK_MEASURE_TEST]);
    EXPECT(fabs(fitted[2][NTK_MEASURE_BIAS] + fitted[2][NTK_MEASURE_VARIANCE] - fitted[2][NTK_MEASURE_TEST]) < 1e-12,
           "of which bias is %.4f and variance %.4f", fitted[2][NTK_MEASURE_BIAS], fitted[2][NTK_MEASURE_VARIANCE]);

    /* a data set has no target that is known, but subsets */
    double *x = numbers(ROWS * D, 1), y[ROWS];
    ntk_matrix X = ntk_matrix_f64(x, ROWS, D), Y = ntk_matrix_f64(y, ROWS, 1), few = ntk_matrix_const_f64(sizes, 2, 1),
               Data = ntk_matrix_f64(measured[0], 2, NTK_MEASURE_COLUMNS);
    for (int i = 0; i < ROWS; i++) y[i] = x[i * D] + 0.3 * x[i * D + 1] * x[i * D + 2];
    TRY(ntk_theory_measure_data(kernel, &Data, &X, &Y, &few, &options));
    EXPECT(measured[1][NTK_MEASURE_TEST] < measured[0][NTK_MEASURE_TEST], "a data set: %.4f of 24 samples, %.4f of 72",
           measured[0][NTK_MEASURE_TEST], measured[1][NTK_MEASURE_TEST]);
    free(x);
    ntk_target_destroy(target);
    ntk_kernel_destroy(quadratic);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    return 0;
}
