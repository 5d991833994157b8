/* Three classes that no line separates, told by the largest of three targets; their error is known before there is a test set. */
#include "expect.h"

enum { N = 400, M = 2000, D = 2, CLASSES = 3 };

/* Rings around the origin, a little blurred. */
static void draw(double *x, double *labels, int64_t n, uint64_t seed)
{
    double *u = numbers(2 * n, seed);
    for (int64_t i = 0; i < n; i++) {
        double ring = (double)(i % CLASSES), radius = 1 + ring + 0.7 * u[2 * i], angle = 3.14159265358979323846 * u[2 * i + 1];
        x[i * D] = radius * cos(angle);
        x[i * D + 1] = radius * sin(angle);
        labels[i] = ring;
    }
    free(u);
}

static double x[N * D], labels[N], y[N * CLASSES], at[M * D], truth[M], told[M];

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *kernel = NULL;
    ntk_ridge *ridge = NULL;
    draw(x, labels, N, 1);
    draw(at, truth, M, 2);
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Labels = ntk_matrix_f64(labels, N, 1), Y = ntk_matrix_f64(y, N, CLASSES);
    ntk_matrix At = ntk_matrix_const_f64(at, M, D), Told = ntk_matrix_f64(told, M, 1);
    ntk_kernel_options biased = NTK_INIT(ntk_kernel_options);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    biased.bias_scale = 1;
    options.intercept = 1;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, relu, &biased));
    TRY(ntk_one_hot(&Y, &Labels));
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 0.1, &options));

    double expected, wrong = 0, deviation = sqrt(0.25 / N);
    TRY(ntk_ridge_leave_one_out_classes(ridge, &Labels, &expected));
    TRY(ntk_ridge_classes(ridge, &Told, &At));
    for (int i = 0; i < M; i++) wrong += told[i] != truth[i];
    EXPECT(fabs(wrong / M - expected) < 4 * deviation, "%.1f %% of %d points are wrong, %.1f %% of the samples left out",
           100 * wrong / M, M, 100 * expected);
    EXPECT(wrong / M < 0.35, "by chance it would be 67 %%");
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    return 0;
}
