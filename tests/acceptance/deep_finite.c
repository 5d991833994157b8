/* How far is a network of three hidden layers from infinite width?  Its tangent kernel beside the limit, at growing widths; the
 * linearized network's prediction; and the mean of several networks with its errors. */
#include "expect.h"

enum { N = 40, D = 6, LAYERS = 3, NETWORKS = 16 };

static ntk_network_options describe(int64_t width)
{
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = D;
    options.hidden = width;
    options.layers = LAYERS;
    options.weight_scale = sqrt(2);
    options.bias_scale = 0.25;
    options.seed = 7;
    return options;
}

/* The root of the mean square distance of a network's kernel from K, in units of K's mean diagonal. */
static double distance(ntk_context *context, const ntk_activation *activation, const ntk_matrix *X, const double *K,
                       int64_t width)
{
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    ntk_kernel *kernel = NULL;
    ntk_network_options options = describe(width);
    double *finite = numbers(N * N, 2), squares = 0, diagonal = 0;
    ntk_matrix Finite = ntk_matrix_f64(finite, N, N);
    TRY(ntk_network_create(context, &network, activation, &options));
    TRY(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    TRY(ntk_kernel_create_finite(context, &kernel, features));
    TRY(ntk_kernel_block(kernel, &Finite, X, X));
    for (int i = 0; i < N * N; i++) squares += (finite[i] - K[i]) * (finite[i] - K[i]) / (N * N);
    for (int i = 0; i < N; i++) diagonal += K[i * N + i] / N;
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    free(finite);
    return sqrt(squares) / diagonal;
}

/* How far ridge regression by the features of a network is from that by its kernel. */
static double disagreement(ntk_context *context, const ntk_activation *activation, const ntk_matrix *X, const ntk_matrix *Y,
                           int64_t width)
{
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *primal = NULL, *dual = NULL;
    ntk_network_options options = describe(width);
    ntk_ridge_options method = NTK_INIT(ntk_ridge_options);
    double f[N], g[N], worst = 0;
    ntk_matrix F = ntk_matrix_f64(f, N, 1), G = ntk_matrix_f64(g, N, 1);
    method.method = NTK_RIDGE_DUAL;
    TRY(ntk_network_create(context, &network, activation, &options));
    TRY(ntk_features_create(context, &features, network, NTK_PART_BOTH));
    TRY(ntk_kernel_create_finite(context, &kernel, features));
    TRY(ntk_ridge_create_primal(context, &primal, features, X, Y, 0.1, NULL));
    TRY(ntk_ridge_create(context, &dual, kernel, X, Y, 0.1, &method));
    TRY(ntk_ridge_predict(primal, &F, X));
    TRY(ntk_ridge_predict(dual, &G, X));
    for (int i = 0; i < N; i++) worst = fmax(worst, fabs(f[i] - g[i]));
    ntk_ridge_destroy(primal);
    ntk_ridge_destroy(dual);
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    return worst;
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *infinite = NULL, *mean = NULL;
    ntk_kernel_options limit = NTK_INIT(ntk_kernel_options);
    ntk_network_options options = describe(256);
    double *x = numbers(N * D, 1), *y = numbers(N, 4), *K = numbers(N * N, 5), *M = numbers(N * N, 6), *E = numbers(N * N, 7);
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1), Limit = ntk_matrix_f64(K, N, N);
    ntk_matrix Mean = ntk_matrix_f64(M, N, N), Errors = ntk_matrix_f64(E, N, N);
    limit.layers = LAYERS;
    limit.weight_scale = sqrt(2);
    limit.bias_scale = 0.25;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &infinite, relu, &limit));
    TRY(ntk_kernel_block(infinite, &Limit, &X, &X));

    double narrow = distance(context, relu, &X, K, 64), wide = distance(context, relu, &X, K, 1024);
    /* 1/sqrt(N): a fourth, within what the two networks' own luck allows */
    EXPECT(wide < narrow / 2 && wide < 0.1, "tangent kernels of three layers: %.3f off at width 64, %.3f at 1024", narrow,
           wide);
    double worst = disagreement(context, relu, &X, &Y, 5);
    EXPECT(worst < 1e-9, "the features of a network predict what its kernel does, to %.1e", worst);

    TRY(ntk_kernel_create_monte_carlo(context, &mean, relu, NETWORKS, NTK_PART_BOTH, &options));
    TRY(ntk_kernel_block(mean, &Mean, &X, &X));
    TRY(ntk_kernel_block_error(mean, &Errors, &X, &X));
    double distances = 0;
    for (int i = 0; i < N * N; i++) distances += (M[i] - K[i]) * (M[i] - K[i]) / (E[i] * E[i]) / (N * N);
    /* Student's law with 15 degrees of freedom; entries depend on each other, so that their mean may be off by a factor */
    EXPECT(distances < 4, "the mean of %d networks of width 256 is %.2f standard errors from the limit", NETWORKS,
           sqrt(distances));
    ntk_kernel_destroy(mean);
    ntk_kernel_destroy(infinite);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    free(x);
    free(y);
    free(K);
    free(M);
    free(E);
    return 0;
}
