/* Gaussian process regression with the kernel of a deep tanh network: its matrix against the moments that it is made of, and a
 * fit. */
#include "expect.h"

enum { D = 3, N = 200, NEW = 50, LAYERS = 3 };
static const double WEIGHT = 1.5, BIAS = 0.25;

/* S of the last layer, E[tanh(u) tanh(v)] of Gaussians whose covariance is that of the layer before */
static double by_moments(const ntk_activation *tanh_, const double *x, const double *y)
{
    double S[3] = {0, 0, 0};
    for (int k = 0; k < D; k++) {
        S[0] += x[k] * x[k] / D;
        S[1] += y[k] * y[k] / D;
        S[2] += x[k] * y[k] / D;
    }
    for (int l = 0; l < LAYERS; l++) {
        double q[3];
        for (int i = 0; i < 3; i++) q[i] = WEIGHT * WEIGHT * S[i] + BIAS * BIAS;
        for (int i = 0; i < 3; i++) {
            ntk_moments m = NTK_INIT(ntk_moments);
            TRY(ntk_activation_moments(tanh_, &m, q[i == 1], q[i != 0], q[i]));
            S[i] = m.kappa;
        }
    }
    return S[2];
}

static double target(const double *x)
{
    return sin(2 * x[0]) + x[1] * x[2];
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *tanh_ = NULL;
    ntk_kernel *prior = NULL, *tangent = NULL;
    ntk_ridge *ridge = NULL;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    double *x = numbers(N * D, 1), *z = numbers(NEW * D, 2), *y = numbers(N, 3), found[NEW], error = 0, size = 0;
    static double K[N * N];
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Z = ntk_matrix_const_f64(z, NEW, D), Y = ntk_matrix_const_f64(y, N, 1);
    ntk_matrix matrix = ntk_matrix_f64(K, N, N), prediction = ntk_matrix_f64(found, NEW, 1);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &tanh_, NTK_TANH, NULL));
    options.layers = LAYERS;
    options.weight_scale = WEIGHT;
    options.bias_scale = BIAS;
    options.part = NTK_PART_RF;
    TRY(ntk_kernel_create_infinite(context, &prior, tanh_, &options));
    TRY(ntk_kernel_block(prior, &matrix, &X, &X));
    double away = fabs(K[1] - by_moments(tanh_, x, x + D));
    EXPECT(away < 1e-11, "E[tanh tanh] through %d layers: %.2g away", LAYERS, away);
    options.part = NTK_PART_BOTH;
    TRY(ntk_kernel_create_infinite(context, &tangent, tanh_, &options));
    for (int i = 0; i < N; i++) y[i] = target(x + i * D);
    TRY(ntk_ridge_create(context, &ridge, tangent, &X, &Y, 1e-6, NULL));
    TRY(ntk_ridge_predict(ridge, &prediction, &Z));
    for (int i = 0; i < NEW; i++) {
        double want = target(z + i * D);
        error += (found[i] - want) * (found[i] - want);
        size += want * want;
    }
    EXPECT(error < 1e-2 * size, "a fit predicts: error %.2g", sqrt(error / size));
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(prior);
    ntk_kernel_destroy(tangent);
    ntk_activation_destroy(tanh_);
    ntk_context_destroy(context);
    free(x);
    free(y);
    free(z);
    return 0;
}
