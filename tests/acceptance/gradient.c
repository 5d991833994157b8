/* Fits a surrogate of a function and walks down its gradient to the function's minimum. */
#include "expect.h"

enum { N = 400, D = 2, STEPS = 300 };

static double truth(const double *x)
{
    double a = x[0] - 0.3, b = x[1] + 0.2;
    return a * a + 2 * b * b + 0.5 * a * b;
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *erf = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    double *x = numbers(N * D, 1), y[N], alpha[N], point[D] = {-0.8, 0.7}, slope[D], moved[2] = {0}, before[2] = {0};
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_f64(y, N, 1), Alpha = ntk_matrix_f64(alpha, N, 1);
    ntk_matrix Point = ntk_matrix_f64(point, 1, D), Slope = ntk_matrix_f64(slope, 1, D);
    for (int i = 0; i < N; i++) y[i] = truth(x + i * D);
    options.bias_scale = 1;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf, NTK_ERF, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, erf, &options));
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1e-8, NULL));
    TRY(ntk_ridge_coefficients(ridge, &Alpha));

    /* the gradient is that of the prediction */
    ntk_matrix Before = ntk_matrix_f64(before, 1, 1), Moved = ntk_matrix_f64(moved, 1, 1);
    TRY(ntk_kernel_gradient(kernel, &Slope, &Point, &X, &Alpha));
    double first = slope[0];
    point[0] += 1e-4;
    TRY(ntk_ridge_predict(ridge, &Moved, &Point));
    point[0] -= 2e-4;
    TRY(ntk_ridge_predict(ridge, &Before, &Point));
    /* (1e-4)^2 times a third derivative, and rounding: coefficients of 1e4 cancel in a prediction, 1e-12 / 2e-4 */
    EXPECT(fabs((moved[0] - before[0]) / 2e-4 - first) < 1e-6, "slope %.8f, by differences %.8f", first,
           (moved[0] - before[0]) / 2e-4);

    for (int step = 0; step < STEPS; step++) {
        TRY(ntk_kernel_gradient(kernel, &Slope, &Point, &X, &Alpha));
        for (int k = 0; k < D; k++) point[k] -= 0.1 * slope[k];
    }
    /* a surrogate that is 1e-5 right in its slope */
    EXPECT(fabs(point[0] - 0.3) < 1e-3 && fabs(point[1] + 0.2) < 1e-3, "the minimum is at (%.6f, %.6f)", point[0], point[1]);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(erf);
    ntk_context_destroy(context);
    free(x);
    return 0;
}
