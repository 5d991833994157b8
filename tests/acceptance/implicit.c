/* Solves (K + lambda I) alpha = y by conjugate gradients, with a kernel matrix that is never held. */
#include "expect.h"

#include <string.h>

enum { N = 900, D = 6 };
static const double lambda = 0.5;

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < N; i++) sum += a[i] * b[i];
    return sum;
}

/* Returns the number of steps; alpha begins at zero. */
static int conjugate_gradients(const ntk_gram *gram, double *alpha, const double *y, double tolerance)
{
    static double r[N], p[N], q[N];
    ntk_matrix P = ntk_matrix_const_f64(p, N, 1), Q = ntk_matrix_f64(q, N, 1);
    memset(alpha, 0, N * sizeof *alpha);
    memcpy(r, y, sizeof r);
    memcpy(p, y, sizeof p);
    double size = dot(r, r), end = tolerance * tolerance * size;
    int steps = 0;
    for (; size > end && steps < N; steps++) {
        TRY(ntk_gram_multiply(gram, &Q, &P));
        for (int i = 0; i < N; i++) q[i] += lambda * p[i];
        double step = size / dot(p, q), before = size;
        for (int i = 0; i < N; i++) alpha[i] += step * p[i], r[i] -= step * q[i];
        size = dot(r, r);
        for (int i = 0; i < N; i++) p[i] = r[i] + size / before * p[i];
    }
    return steps;
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *kernel = NULL;
    ntk_gram *gram = NULL;
    ntk_ridge *ridge = NULL;
    ntk_gram_options implicit = NTK_INIT(ntk_gram_options);
    double *x = numbers(N * D, 1), *y = numbers(N, 2), *alpha = numbers(N, 3), *direct = numbers(N, 4), trace = 0, worst = 0;
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1), Direct = ntk_matrix_f64(direct, N, 1);
    uint64_t held = 0, bytes = 0;
    implicit.storage = NTK_STORAGE_IMPLICIT;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, relu, NULL));
    TRY(ntk_gram_memory(context, &held, kernel, 100000, D, NULL));
    TRY(ntk_gram_memory(context, &bytes, kernel, 100000, D, &implicit));
    EXPECT(bytes < held / 100, "100000 samples take %.0f MB instead of %.0f GB", (double)bytes / 1e6, (double)held / 1e9);

    TRY(ntk_gram_create(context, &gram, kernel, &X, &implicit));
    TRY(ntk_gram_trace(gram, &trace));
    int steps = conjugate_gradients(gram, alpha, y, 1e-12);
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, lambda, NULL));
    TRY(ntk_ridge_coefficients(ridge, &Direct));
    for (int i = 0; i < N; i++) worst = fmax(worst, fabs(alpha[i] - direct[i]));
    /* K + lambda I >= lambda I: a residual of 1e-12 |y|, |y| < 30, is at most 6e-11 in alpha; the rest is the factorization's */
    EXPECT(worst < 1e-10, "%d steps of conjugate gradients solve as the factorization does: %.1e away, trace %g", steps, worst,
           trace);

    ntk_ridge *none = NULL;
    EXPECT(ntk_ridge_create_gram(context, &none, gram, &Y, lambda, NULL) == NTK_ERR_UNSUPPORTED && !none,
           "a factorization is refused: %s", ntk_error_message());
    ntk_ridge_destroy(ridge);
    ntk_gram_destroy(gram);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    free(x), free(y), free(alpha), free(direct);
    return 0;
}
