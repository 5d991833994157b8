/* A cubic on the sphere: the kernel of ReLU has no degree 3 and does not learn it; that of a shifted ReLU, and of SiLU with one, do. */
#include "expect.h"

enum { D = 3, N = 300, NEW = 100 };

/* n points of length sqrt D, and P_3 of their first coordinate */
static void draw(double *x, double *y, int n, uint64_t seed)
{
    double *u = numbers(n * D, seed);
    for (int i = 0; i < n; i++) {
        double square = 0;
        for (int k = 0; k < D; k++) square += u[i * D + k] * u[i * D + k];
        for (int k = 0; k < D; k++) x[i * D + k] = u[i * D + k] * sqrt(D / square);
        double t = x[i * D] / sqrt(D);
        y[i] = (5 * t * t * t - 3 * t) / 2;
    }
    free(u);
}

/* The error on new samples, relative to the targets. */
static double fit(ntk_context *context, int32_t kind, double shift)
{
    static double x[N * D], y[N], z[NEW * D], truth[NEW], found[NEW];
    ntk_activation_options options = NTK_INIT(ntk_activation_options);
    ntk_activation *activation = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL;
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1), Z = ntk_matrix_const_f64(z, NEW, D);
    ntk_matrix prediction = ntk_matrix_f64(found, NEW, 1);
    double error = 0, size = 0;
    draw(x, y, N, 1);
    draw(z, truth, NEW, 2);
    options.shift = shift;
    TRY(ntk_activation_create(context, &activation, kind, &options));
    TRY(ntk_kernel_create_infinite(context, &kernel, activation, NULL));
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1e-6, NULL));
    TRY(ntk_ridge_predict(ridge, &prediction, &Z));
    for (int i = 0; i < NEW; i++) {
        error += (found[i] - truth[i]) * (found[i] - truth[i]);
        size += truth[i] * truth[i];
    }
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(activation);
    return sqrt(error / size);
}

int main(void)
{
    ntk_context *context = NULL;
    TRY(ntk_context_create(&context, NULL));
    double relu = fit(context, NTK_RELU, 0), shifted = fit(context, NTK_RELU, 0.5);
    double silu = fit(context, NTK_SILU, 0), shifted_silu = fit(context, NTK_SILU, 0.5);
    EXPECT(relu > 0.9, "ReLU misses the cubic: error %.3f", relu);
    EXPECT(shifted < 0.1, "shifted by 1/2 it learns it: error %.5f", shifted);
    EXPECT(silu > 0.9, "SiLU misses it: error %.3f", silu);
    EXPECT(shifted_silu < 0.1, "shifted it learns it: error %.5f", shifted_silu);
    ntk_context_destroy(context);
    return 0;
}
