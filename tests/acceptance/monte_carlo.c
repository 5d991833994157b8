/* How wide must a network be?  Estimates the infinite kernel from finite networks, with error bars, and sees them shrink. */
#include "expect.h"

enum { N = 60, D = 5, HIDDEN = 64 };

/* The largest distance from K in standard errors, and the mean error, of a kernel of so many networks. */
static void estimate(ntk_context *context, const ntk_activation *activation, const ntk_matrix *X, const double *K,
                     int64_t networks, double *worst, double *error)
{
    ntk_kernel *kernel = NULL;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    double *mean = numbers(N * N, 2), *errors = numbers(N * N, 3);
    ntk_matrix Mean = ntk_matrix_f64(mean, N, N), Errors = ntk_matrix_f64(errors, N, N);
    options.inputs = D;
    options.hidden = HIDDEN;
    options.seed = 2024;
    TRY(ntk_kernel_create_monte_carlo(context, &kernel, activation, networks, NTK_PART_BOTH, &options));
    TRY(ntk_kernel_block(kernel, &Mean, X, X));
    TRY(ntk_kernel_block_error(kernel, &Errors, X, X));
    *worst = *error = 0;
    for (int i = 0; i < N * N; i++) {
        *worst = fmax(*worst, fabs(mean[i] - K[i]) / errors[i]);
        *error += errors[i] / (N * N);
    }
    ntk_kernel_destroy(kernel);
    free(mean);
    free(errors);
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *erf = NULL;
    ntk_kernel *infinite = NULL, *wide = NULL;
    ntk_ridge *ridge = NULL;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    double *x = numbers(N * D, 1), *y = numbers(N, 4), *K = numbers(N * N, 5), fitted[N], worst, error, less;
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1), limit = ntk_matrix_f64(K, N, N);
    ntk_matrix Fitted = ntk_matrix_f64(fitted, N, 1);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf, NTK_ERF, NULL));
    TRY(ntk_kernel_create_infinite(context, &infinite, erf, NULL));
    TRY(ntk_kernel_block(infinite, &limit, &X, &X));

    estimate(context, erf, &X, K, 100, &worst, &error);
    /* Student's law with 99 degrees of freedom, 1830 dependent entries: beyond 5 once in 200 seeds */
    EXPECT(worst < 5, "of 100 networks the worst entry is %.2f standard errors from the limit, the mean error %.1e", worst,
           error);
    estimate(context, erf, &X, K, 400, &worst, &less);
    EXPECT(worst < 5, "of 400 networks the worst entry is %.2f standard errors from the limit, the mean error %.1e", worst,
           less);
    EXPECT(fabs(error / less - 2) < 0.1, "four times the networks: %.3f times the accuracy", error / less);

    /* it is a kernel like any other */
    options.inputs = D;
    options.hidden = HIDDEN;
    TRY(ntk_kernel_create_monte_carlo(context, &wide, erf, 20, NTK_PART_BOTH, &options));
    TRY(ntk_ridge_create(context, &ridge, wide, &X, &Y, 1e-9, NULL));
    TRY(ntk_ridge_predict(ridge, &Fitted, &X));
    double residual = 0;
    for (int i = 0; i < N; i++) residual = fmax(residual, fabs(fitted[i] - y[i]));
    /* lambda over the smallest eigenvalue, 1e-4, times coefficients of the size of y over it */
    EXPECT(residual < 1e-3, "20 networks' kernel interpolates %d targets to %.1e", N, residual);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(wide);
    ntk_kernel_destroy(infinite);
    ntk_activation_destroy(erf);
    ntk_context_destroy(context);
    free(x);
    free(y);
    free(K);
    return 0;
}
