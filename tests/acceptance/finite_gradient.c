/* Which inputs does a model of a tanh network's tangent features depend on?  Its gradient says: on those that the targets do. */
#include "expect.h"

enum { N = 300, D = 6, HIDDEN = 256 };

/* Depends on inputs 1 and 4 alone. */
static double truth(const double *x)
{
    return sin(2 * x[1]) + x[4] * x[4];
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL;
    ntk_activation_options shifted = NTK_INIT(ntk_activation_options);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_ridge_options dual = NTK_INIT(ntk_ridge_options);
    double *x = numbers(N * D, 1), y[N], alpha[N], slopes[N * D], moved[2 * D], ends[2], sensitivity[D] = {0};
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_f64(y, N, 1), Alpha = ntk_matrix_f64(alpha, N, 1);
    ntk_matrix Slopes = ntk_matrix_f64(slopes, N, D), Moved = ntk_matrix_f64(moved, 2, D), Ends = ntk_matrix_f64(ends, 2, 1);
    for (int i = 0; i < N; i++) y[i] = truth(x + i * D);
    shifted.shift = 0.5; /* tanh alone has no even degrees */
    options.inputs = D;
    options.hidden = HIDDEN;
    options.weight_scale = 2;
    dual.method = NTK_RIDGE_DUAL;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &activation, NTK_TANH, &shifted));
    TRY(ntk_network_create(context, &network, activation, &options));
    TRY(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    TRY(ntk_kernel_create_finite(context, &kernel, features));
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1e-4, &dual));
    TRY(ntk_ridge_coefficients(ridge, &Alpha));
    TRY(ntk_kernel_gradient(kernel, &Slopes, &X, &X, &Alpha));

    for (int k = 0; k < D; k++) moved[k] = moved[D + k] = x[k];
    moved[1] += 1e-4;
    moved[D + 1] -= 1e-4;
    TRY(ntk_ridge_predict(ridge, &Ends, &Moved));
    /* (1e-4)^2 / 6 times a third derivative of some tens, and rounding: 1e-12 of terms that cancel, over 2e-4 */
    EXPECT(fabs((ends[0] - ends[1]) / 2e-4 - slopes[1]) < 1e-6, "slope %.9f, by differences %.9f", slopes[1],
           (ends[0] - ends[1]) / 2e-4);

    for (int i = 0; i < N; i++)
        for (int k = 0; k < D; k++) sensitivity[k] += slopes[i * D + k] * slopes[i * D + k] / N;
    for (int k = 0; k < D; k++) {
        int matters = k == 1 || k == 4;
        EXPECT(matters ? sensitivity[k] > 0.5 : sensitivity[k] < 0.1, "input %d: mean squared slope %.4f", k, sensitivity[k]);
    }
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
    free(x);
    return 0;
}
