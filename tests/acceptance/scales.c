/* Chooses the scales of a kernel by the evidence of the data: gradient ascent on their logarithms. */
#include "expect.h"

enum { N = 60, D = 2, SCALES = 4, STEPS = 60 };
static const double LAMBDA = 1e-2;

static double truth(const double *x)
{
    return sin(3 * x[0]) + 0.5 * x[1];
}

static ntk_kernel *kernel_of(ntk_context *context, const ntk_activation *activation, const double *scales)
{
    ntk_kernel *kernel = NULL;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.weight_scale = scales[0];
    options.bias_scale = scales[1];
    options.output_weight_scale = scales[2];
    options.output_bias_scale = scales[3];
    TRY(ntk_kernel_create_infinite(context, &kernel, activation, &options));
    return kernel;
}

/* log det A by elimination, which destroys A */
static double log_determinant(double *A)
{
    double sum = 0;
    for (int k = 0; k < N; k++) {
        sum += log(A[k * N + k]);
        for (int i = k + 1; i < N; i++) {
            double factor = A[i * N + k] / A[k * N + k];
            for (int j = k; j < N; j++) A[i * N + j] -= factor * A[k * N + j];
        }
    }
    return sum;
}

/* -(y^T (K + lambda I)^-1 y + log det (K + lambda I)) / 2, and its derivatives by the scales */
static double evidence(ntk_context *context, const ntk_activation *activation, const double *scales, const ntk_matrix *X,
                       const double *y, double *slopes)
{
    static double inverse[N * N], identity[N * N], w[N * N], K[N * N];
    double alpha[N] = {0}, fit = 0;
    ntk_ridge *ridge = NULL;
    ntk_kernel *kernel = kernel_of(context, activation, scales);
    ntk_matrix Inverse = ntk_matrix_f64(inverse, N, N), I = ntk_matrix_f64(identity, N, N), W = ntk_matrix_f64(w, N, N),
               KX = ntk_matrix_f64(K, N, N), Slopes = ntk_matrix_f64(slopes, SCALES, 1);
    for (int i = 0; i < N; i++) identity[i * N + i] = 1;
    TRY(ntk_ridge_create(context, &ridge, kernel, X, &I, LAMBDA, NULL)); /* its coefficients are the inverse */
    TRY(ntk_ridge_coefficients(ridge, &Inverse));
    TRY(ntk_kernel_block(kernel, &KX, X, X));
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) alpha[i] += inverse[i * N + j] * y[j];
        fit += y[i] * alpha[i];
        K[i * N + i] += LAMBDA;
    }
    for (int i = 0; i < N * N; i++) w[i] = (alpha[i / N] * alpha[i % N] - inverse[i]) / 2;
    TRY(ntk_kernel_scale_gradient(kernel, &Slopes, X, X, &W));
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    return -(fit + log_determinant(K)) / 2;
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *erf = NULL;
    double *x = numbers(N * D, 2), y[N], scales[SCALES] = {1, 1, 1, 0.5}, slopes[SCALES], rest[SCALES];
    ntk_matrix X = ntk_matrix_const_f64(x, N, D);
    for (int i = 0; i < N; i++) y[i] = truth(x + i * D);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf, NTK_ERF, NULL));
    double first = evidence(context, erf, scales, &X, y, slopes), last = first;
    for (int s = 0; s < SCALES; s++) {
        double kept = scales[s];
        scales[s] = kept * (1 + 1e-4);
        double above = evidence(context, erf, scales, &X, y, rest);
        scales[s] = kept * (1 - 1e-4);
        double below = evidence(context, erf, scales, &X, y, rest);
        scales[s] = kept;
        /* (1e-4)^2 times a third derivative, and rounding: 1e-12 of the evidence over 2e-4 */
        EXPECT(fabs((above - below) / (2e-4 * kept) - slopes[s]) < 1e-5 * (1 + fabs(slopes[s])),
               "slope in scale %d: %.8f, by differences %.8f", s, slopes[s], (above - below) / (2e-4 * kept));
    }
    for (int step = 0; step < STEPS; step++) {
        for (int s = 0; s < SCALES; s++) scales[s] *= exp(fmax(-0.1, fmin(0.1, 0.05 * slopes[s] * scales[s])));
        last = evidence(context, erf, scales, &X, y, slopes);
    }
    EXPECT(last > first + 5, "log evidence %.3f, and %.3f with scales %.3f %.3f %.3f %.3f", first, last, scales[0], scales[1],
           scales[2], scales[3]);
    ntk_activation_destroy(erf);
    ntk_context_destroy(context);
    free(x);
    return 0;
}
