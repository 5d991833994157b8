/* How sure a model is: leave-one-out errors, a band around its predictions, draws of what the function may be, and slopes. */
#include "expect.h"

enum { N = 120, M = 25, DRAWS = 500 };
static const double noise = 0.1;

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *erf_ = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    double *x = numbers(N, 1), *y = numbers(N, 2), *draws = numbers(M * DRAWS, 3), at[M], f[M], v[M], g[M], left[N];
    ntk_matrix X = ntk_matrix_const_f64(x, N, 1), Y = ntk_matrix_const_f64(y, N, 1), At = ntk_matrix_const_f64(at, M, 1);
    ntk_matrix F = ntk_matrix_f64(f, M, 1), V = ntk_matrix_f64(v, M, 1), G = ntk_matrix_f64(g, M, 1),
               Left = ntk_matrix_f64(left, N, 1);
    ntk_matrix Draws = ntk_matrix_f64(draws, M, DRAWS);
    for (int i = 0; i < N; i++) y[i] = sin(3 * x[i]) + noise * sqrt(3) * y[i];
    for (int i = 0; i < M; i++) at[i] = -2.4 + 0.2 * i;
    options.weight_scale = 3;
    options.bias_scale = 2;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf_, NTK_ERF, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, erf_, &options));
    /* K's entries are near one, and so is what sin varies by: lambda is the noise's variance */
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, noise * noise, NULL));
    TRY(ntk_ridge_leave_one_out(ridge, &Left));
    double square = 0;
    for (int i = 0; i < N; i++) square += left[i] * left[i] / N;
    EXPECT(sqrt(square) > 0.9 * noise && sqrt(square) < 1.3 * noise, "leave-one-out error %.4f of noise %.1f", sqrt(square),
           noise);

    TRY(ntk_ridge_predict(ridge, &F, &At));
    TRY(ntk_ridge_variance(ridge, &V, &At));
    TRY(ntk_ridge_gradient(ridge, &G, &At));
    TRY(ntk_ridge_sample(ridge, &Draws, &At, 7));
    printf("      x       f   sqrt(C)    slope   of draws: mean, deviation\n");
    double worst = 0, slope = 0;
    for (int i = 0; i < M; i++) {
        double mean = 0, spread = 0;
        for (int k = 0; k < DRAWS; k++) mean += draws[i * DRAWS + k] / DRAWS;
        for (int k = 0; k < DRAWS; k++) spread += (draws[i * DRAWS + k] - mean) * (draws[i * DRAWS + k] - mean) / (DRAWS - 1);
        printf("%7.1f %7.3f %9.4f %8.3f %9.3f %9.4f\n", at[i], f[i], sqrt(v[i]), g[i], mean, sqrt(spread));
        worst = fmax(worst, fabs(mean - f[i]) / sqrt(v[i] / DRAWS));
        if (fabs(at[i]) < 0.9) slope = fmax(slope, fabs(g[i] - 3 * cos(3 * at[i])));
    }
    EXPECT(v[0] > 20 * v[M / 2] && v[M - 1] > 20 * v[M / 2], "it knows little where it has seen nothing: %.3f, %.3f and %.3f",
           sqrt(v[0]), sqrt(v[M / 2]), sqrt(v[M - 1]));
    EXPECT(worst < 5, "draws have its mean, to %.1f standard errors", worst);
    EXPECT(slope < 1, "its slope is that of the sine where it has samples, to %.2f", slope);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(erf_);
    ntk_context_destroy(context);
    free(x), free(y), free(draws);
    return 0;
}
