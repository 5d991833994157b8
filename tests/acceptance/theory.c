/* Theorem 1: what a target's degrees are, which of them a kernel has, and what ridge regression learns of it from n samples. */
#include "expect.h"

enum { D = 20, DEGREES = 13, N = 300, FRESH = 300, DRAWS = 6 };

/* Uniform on the sphere: sums of twelve uniform numbers, scaled. */
static void draw(double *x, int64_t rows, uint64_t seed)
{
    double *u = numbers(12 * rows * D, seed);
    for (int64_t i = 0; i < rows; i++) {
        double square = 0;
        for (int64_t k = i * D; k < (i + 1) * D; k++) {
            x[k] = 0;
            for (int j = 0; j < 12; j++) x[k] += u[12 * k + j];
            square += x[k] * x[k];
        }
        for (int64_t k = i * D; k < (i + 1) * D; k++) x[k] *= sqrt(D / square);
    }
    free(u);
}

static double measure(ntk_context *context, const ntk_kernel *kernel, double lambda, uint64_t seed)
{
    static double x[(N + FRESH) * D], y[N + FRESH], out[FRESH];
    double error = 0;
    ntk_ridge *ridge = NULL;
    draw(x, N + FRESH, seed);
    for (int i = 0; i < N + FRESH; i++) y[i] = sqrt(2.0) * fmax(0, x[i * D]);
    ntk_matrix X = ntk_matrix_const_f64(x, N, D), Y = ntk_matrix_const_f64(y, N, 1);
    ntk_matrix fresh = ntk_matrix_const_f64(x + N * D, FRESH, D), Out = ntk_matrix_f64(out, FRESH, 1);
    TRY(ntk_ridge_create(context, &ridge, kernel, &X, &Y, lambda, NULL));
    TRY(ntk_ridge_predict(ridge, &Out, &fresh));
    for (int i = 0; i < FRESH; i++) error += (out[i] - y[N + i]) * (out[i] - y[N + i]) / FRESH;
    ntk_ridge_destroy(ridge);
    return error;
}

int main(void)
{
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_kernel *kernel = NULL;
    ntk_kernel_options kernel_options = NTK_INIT(ntk_kernel_options);
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    double energy[DEGREES], level[DEGREES][NTK_LEVEL_COLUMNS], sizes[] = {N, pow(D, 1.5)}, curve[2][NTK_CURVE_COLUMNS], n;
    ntk_matrix E = ntk_matrix_f64(energy, DEGREES, 1), L = ntk_matrix_f64(level[0], DEGREES, NTK_LEVEL_COLUMNS);
    ntk_matrix Sizes = ntk_matrix_f64(sizes, 2, 1), Curve = ntk_matrix_f64(curve[0], 2, NTK_CURVE_COLUMNS);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    kernel_options.part = NTK_PART_NT;
    TRY(ntk_kernel_create_infinite(context, &kernel, relu, &kernel_options));

    TRY(ntk_theory_target_energies(context, &E, relu, D));
    for (int k = 0; k < DEGREES; k++) energy[k] *= 2;
    EXPECT(fabs(energy[1] - 0.5) < 1e-12 && energy[3] < 1e-28, "half of the target is linear, nothing cubic");

    TRY(ntk_theory_kernel_levels(kernel, &L, D));
    EXPECT(level[3][NTK_LEVEL_EIGENVALUE] == 0 && level[2][NTK_LEVEL_MULTIPLICITY] == D * (D + 1) / 2 - 1,
           "the kernel has %g functions of degree 2, and none of degree 3", level[2][NTK_LEVEL_MULTIPLICITY]);

    options.d = D;
    options.total = 1;
    options.lambda = 1e-3;
    TRY(ntk_theory_learning_curve(kernel, &Curve, &E, &Sizes, &options));
    double measured = 0, predicted = curve[0][NTK_CURVE_TEST];
    for (int i = 0; i < DRAWS; i++) measured += measure(context, kernel, options.lambda, (uint64_t)i + 1) / DRAWS;
    EXPECT(fabs(measured / predicted - 1) < 0.15, "n = %d: error %.4f, predicted %.4f", N, measured, predicted);

    TRY(ntk_theory_sample_cost(kernel, &n, &E, predicted, &options));
    EXPECT(fabs(n - N) < 1e-6, "and %.1f samples for that error", n);

    energy[3] = 0.5;
    options.total = 0;
    TRY(ntk_theory_learning_curve(kernel, &Curve, &E, &Sizes, &options));
    EXPECT(curve[0][NTK_CURVE_BLIND] >= 0.5, "of a target with a cubic part it never learns %.3f", curve[0][NTK_CURVE_BLIND]);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    return 0;
}
