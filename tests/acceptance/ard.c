/* Learns a function of two inputs among ten: with all inputs alike it hardly can, with scales that leave eight out it does. */
#include "expect.h"

enum { N = 300, M = 100, D = 10 };

static double truth(const double *x)
{
    return sin(3 * x[2]) + x[2] * x[7];
}

static double error_of(ntk_context *context, const ntk_kernel *kernel, const ntk_matrix *X, const ntk_matrix *Y,
                       const ntk_matrix *Z)
{
    ntk_ridge *ridge = NULL;
    double got[M], sum = 0;
    ntk_matrix Got = ntk_matrix_f64(got, M, 1);
    TRY(ntk_ridge_create(context, &ridge, kernel, X, Y, 1e-8, NULL));
    TRY(ntk_ridge_predict(ridge, &Got, Z));
    for (int i = 0; i < M; i++) {
        double off = got[i] - truth((const double *)Z->data + i * D);
        sum += off * off;
    }
    ntk_ridge_destroy(ridge);
    return sqrt(sum / M);
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *erf = NULL;
    ntk_kernel *alike = NULL, *chosen = NULL;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    double *x = numbers(N * D, 1), *z = numbers(M * D, 2), y[N], scales[D] = {0};
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Z = ntk_matrix_const_f64(z, M, D), Y = ntk_matrix_f64(y, N, 1);
    ntk_matrix S = ntk_matrix_const_f64(scales, 1, D);
    for (int i = 0; i < N; i++) y[i] = truth(x + i * D);
    scales[2] = scales[7] = 3;
    options.bias_scale = 1;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf, NTK_ERF, NULL));
    TRY(ntk_kernel_create_infinite(context, &alike, erf, &options));
    TRY(ntk_kernel_create_ard(context, &chosen, alike, &S));
    double all = error_of(context, alike, &X, &Y, &Z), two = error_of(context, chosen, &X, &Y, &Z);
    EXPECT(two < 1e-3 && two < all / 20, "error with the two inputs that matter %.1e, with all ten %.1e", two, all);
    ntk_kernel_destroy(chosen);
    ntk_kernel_destroy(alike);
    ntk_activation_destroy(erf);
    ntk_context_destroy(context);
    free(x);
    free(z);
    return 0;
}
