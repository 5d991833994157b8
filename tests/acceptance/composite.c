/* Tells a function's trend from its seasons: one kernel is a weighted sum of a trend's, a season's, and the product of both. */
#include "expect.h"

enum { N = 200, M = 50 };

static const double pi = 3.14159265358979323846;

static double truth(double t)
{
    return 0.5 * t + (1 + 0.3 * t) * sin(2 * pi * t);
}

/* On a circle, so that the kernel of two times is that of their phases. */
static void put(double *row, double t)
{
    row[0] = t;
    row[1] = cos(2 * pi * t);
    row[2] = sin(2 * pi * t);
}

static ntk_kernel *make(ntk_context *context, const double *weights)
{
    ntk_activation *identity = NULL, *erf = NULL;
    ntk_kernel *trend = NULL, *season = NULL, *both = NULL, *constant = NULL, *sum = NULL;
    ntk_kernel_options rf = NTK_INIT(ntk_kernel_options);
    rf.part = NTK_PART_RF;
    rf.bias_scale = 1;
    TRY(ntk_activation_create(context, &identity, NTK_IDENTITY, NULL));
    TRY(ntk_activation_create(context, &erf, NTK_ERF, NULL));
    TRY(ntk_kernel_create_infinite(context, &trend, identity, &rf));
    TRY(ntk_kernel_create_infinite(context, &season, erf, &rf));
    const ntk_kernel *factors[] = {trend, season};
    TRY(ntk_kernel_create_product(context, &both, factors, 2));
    TRY(ntk_kernel_create_constant(context, &constant, 1));
    const ntk_kernel *terms[] = {trend, season, both, constant};
    TRY(ntk_kernel_create_sum(context, &sum, terms, weights, 4));
    /* the sum keeps what it is made of */
    ntk_kernel_destroy(trend);
    ntk_kernel_destroy(season);
    ntk_kernel_destroy(both);
    ntk_kernel_destroy(constant);
    ntk_activation_destroy(identity);
    ntk_activation_destroy(erf);
    return sum;
}

static double error_of(ntk_context *context, const double *weights, const ntk_matrix *X, const ntk_matrix *Y)
{
    ntk_ridge *ridge = NULL;
    ntk_kernel *kernel = make(context, weights);
    double z[3 * M], got[M], worst = 0;
    ntk_matrix Z = ntk_matrix_f64(z, M, 3), Got = ntk_matrix_f64(got, M, 1);
    for (int i = 0; i < M; i++) put(z + 3 * i, (i + 0.5) / M * 3);
    TRY(ntk_ridge_create(context, &ridge, kernel, X, Y, 1e-8, NULL));
    ntk_kernel_destroy(kernel);
    TRY(ntk_ridge_predict(ridge, &Got, &Z));
    for (int i = 0; i < M; i++) worst = fmax(worst, fabs(got[i] - truth((i + 0.5) / M * 3)));
    ntk_ridge_destroy(ridge);
    return worst;
}

int main(void)
{
    ntk_context *context = NULL;
    double x[3 * N], y[N];
    ntk_matrix X = ntk_matrix_f64(x, N, 3), Y = ntk_matrix_f64(y, N, 1);
    for (int i = 0; i < N; i++) {
        put(x + 3 * i, (double)i / N * 3);
        y[i] = truth(x[3 * i]);
    }
    TRY(ntk_context_create(&context, NULL));
    const double whole[] = {1, 2, 0.5, 1}, trend[] = {1, 0, 0, 1};
    double all = error_of(context, whole, &X, &Y), lines = error_of(context, trend, &X, &Y);
    EXPECT(all < 1e-4, "trend, season and their product: off by %.1e", all);
    EXPECT(lines > 0.05, "the trend's weight alone: off by %.1e", lines);
    ntk_context_destroy(context);
    return 0;
}
