/* Chooses scales of ten inputs, of the kernel, and lambda in one call: the function of two inputs is learnt as if the other eight
 * were known not to matter, and the noise is told apart from it. */
#include "expect.h"

enum { N = 200, M = 100, D = 10 };
static const double NOISE = 0.05;

static double truth(const double *x)
{
    return sin(3 * x[2]) + x[2] * x[7];
}

static double error_of(const ntk_ridge *ridge, const ntk_matrix *Z)
{
    double got[M], sum = 0;
    ntk_matrix Got = ntk_matrix_f64(got, M, 1);
    TRY(ntk_ridge_predict(ridge, &Got, Z));
    for (int i = 0; i < M; i++) {
        double off = got[i] - truth((const double *)Z->data + i * D);
        sum += off * off;
    }
    return sqrt(sum / M);
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *erf = NULL;
    ntk_kernel *base = NULL, *kernel = NULL, *chosen = NULL;
    ntk_ridge *before = NULL, *after = NULL;
    ntk_kernel_options layers = NTK_INIT(ntk_kernel_options);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    double *x = numbers(N * D, 1), *z = numbers(M * D, 2), *noise = numbers(N, 3), y[N], ones[D], values[D + 4],
           held[D + 5] = {0};
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Z = ntk_matrix_const_f64(z, M, D), Y = ntk_matrix_f64(y, N, 1);
    ntk_matrix Ones = ntk_matrix_const_f64(ones, 1, D), Values = ntk_matrix_f64(values, D + 4, 1),
               Held = ntk_matrix_const_f64(held, D + 5, 1);
    for (int i = 0; i < N; i++) y[i] = truth(x + i * D) + sqrt(3) * NOISE * noise[i]; /* of deviation NOISE */
    for (int k = 0; k < D; k++) ones[k] = 1;
    layers.bias_scale = 1;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &erf, NTK_ERF, NULL));
    TRY(ntk_kernel_create_infinite(context, &base, erf, &layers));
    TRY(ntk_kernel_create_ard(context, &kernel, base, &Ones));
    TRY(ntk_ridge_create(context, &before, kernel, &X, &Y, 0.01, NULL));
    held[D] = 1; /* the weight scale, which multiplies those of the inputs */
    options.held = &Held;
    TRY(ntk_ridge_optimise(context, &after, &chosen, &report, kernel, &X, &Y, 0.01, NTK_CRITERION_EVIDENCE, &options));
    TRY(ntk_kernel_scale_values(chosen, &Values));
    EXPECT(report.best > report.first + 50, "log evidence %.1f, and %.1f after %d evaluations", report.first, report.best,
           (int)report.evaluations);
    for (int k = 0; k < D; k++)
        EXPECT((fabs(values[k]) > 0.1) == (k == 2 || k == 7), "input %d has the scale %.4f", k, values[k]);
    /* of some 190 degrees of freedom, four standard errors */
    EXPECT(fabs(log(report.lambda / (NOISE * NOISE))) < 4 * sqrt(2.0 / 190), "lambda %.5f, of noise %.5f", report.lambda,
           NOISE * NOISE);
    double first = error_of(before, &Z), last = error_of(after, &Z);
    EXPECT(last < first / 4, "error with all ten inputs alike %.4f, with the scales chosen %.4f", first, last);
    ntk_ridge_destroy(after);
    ntk_ridge_destroy(before);
    ntk_kernel_destroy(chosen);
    ntk_kernel_destroy(kernel);
    ntk_kernel_destroy(base);
    ntk_activation_destroy(erf);
    ntk_context_destroy(context);
    free(x);
    free(z);
    free(noise);
    return 0;
}
