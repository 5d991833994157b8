/* An activation of one's own, mish(u) = u tanh(log(1 + e^u)): its moments, what degrees it has, a network made of it, and
 * its kernel. */
#include "expect.h"

#include <math.h>

static double softplus(double u)
{
    return fmax(u, 0) + log1p(exp(-fabs(u)));
}

static void mish(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) out[i] = u[i] * tanh(softplus(u[i]));
}

static void mish_slope(void *user, double *out, const double *u, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        double t = tanh(softplus(u[i]));
        out[i] = t + u[i] * (1 - t * t) / (1 + exp(-u[i]));
    }
}

int main(void)
{
    enum { DEGREES = 200, D = 3, WIDTH = 4096 };
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    ntk_activation_functions functions = NTK_INIT(ntk_activation_functions);
    functions.value = mish;
    functions.derivative = mish_slope;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create_user(context, &activation, &functions));

    /* the series in the correlation has kappa for its sum */
    double c[DEGREES], sum = 0;
    ntk_matrix C = ntk_matrix_f64(c, DEGREES, 1);
    ntk_moments moments = NTK_INIT(ntk_moments);
    TRY(ntk_activation_hermite(activation, &C, 1));
    TRY(ntk_activation_moments(activation, &moments, 1, 1, 0.5));
    for (int k = DEGREES - 1; k >= 0; k--) sum = sum * 0.5 + c[k] * c[k];
    EXPECT(fabs(sum - moments.kappa) < 1e-14, "series %.17g, kappa %.17g", sum, moments.kappa);
    EXPECT(moments.error_bound <= 1e-12, "error bound %g", moments.error_bound);

    /* and a wide network's random features have kappa for their mean product */
    double x[2 * D] = {1.7320508075688772, 0, 0, 0.8660254037844386, 1.5, 0}, K[4];
    ntk_matrix X = ntk_matrix_const_f64(x, 2, D), Kernel = ntk_matrix_f64(K, 2, 2);
    ntk_network_options options = NTK_INIT(ntk_network_options);
    ntk_network *network = NULL;
    ntk_features *features = NULL;
    ntk_kernel *kernel = NULL;
    options.inputs = D;
    options.hidden = WIDTH;
    TRY(ntk_network_create(context, &network, activation, &options));
    TRY(ntk_features_create(context, &features, network, NTK_PART_RF));
    TRY(ntk_kernel_create_finite(context, &kernel, features));
    TRY(ntk_kernel_block(kernel, &Kernel, &X, &X));
    EXPECT(fabs(K[1] - moments.kappa) < 6 / sqrt(WIDTH), "%d neurons: %g, kappa %g", WIDTH, K[1], moments.kappa);

    /* and exactly so an infinitely wide one */
    ntk_kernel *infinite = NULL;
    ntk_kernel_options part = NTK_INIT(ntk_kernel_options);
    part.part = NTK_PART_RF;
    TRY(ntk_kernel_create_infinite(context, &infinite, activation, &part));
    TRY(ntk_kernel_block(infinite, &Kernel, &X, &X));
    EXPECT(fabs(K[1] - moments.kappa) < 2e-12, "infinitely many: %.17g", K[1]);

    ntk_kernel_destroy(infinite);
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    ntk_context_destroy(context);
    return 0;
}
