/* Theorem 3 by one call: in the kernel regime networks come near their linearizations as they grow, in the mean field they do not. */
#include "expect.h"

enum { N = 30, D = 8, WIDTHS = 4 };

int main(void)
{
    static const int64_t widths[WIDTHS] = {64, 128, 256, 512};
    static const double exponents[2] = {0.5, 1};
    ntk_context *context = NULL;
    ntk_activation *tanh_ = NULL;
    ntk_lazy_options options = NTK_INIT(ntk_lazy_options);
    double *x = numbers(N * D, 5), y[N], table[2 * WIDTHS][NTK_LAZY_COLUMNS], slopes[2][NTK_LAZY_SLOPE_COLUMNS];
    ntk_matrix X = ntk_matrix_f64(x, N, D), Y = ntk_matrix_f64(y, N, 1),
               Table = ntk_matrix_f64(table[0], 2 * WIDTHS, NTK_LAZY_COLUMNS),
               Slopes = ntk_matrix_f64(slopes[0], 2, NTK_LAZY_SLOPE_COLUMNS);
    for (int i = 0; i < N * D; i++) x[i] *= sqrt(3);
    for (int i = 0; i < N; i++) y[i] = x[i * D] * (1 + x[i * D + 1]) / 2;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &tanh_, NTK_TANH, NULL));
    options.widths = widths;
    options.width_count = WIDTHS;
    options.exponents = exponents;
    options.exponent_count = 2;
    options.antisymmetric = 1;
    TRY(ntk_lazy_sweep(context, &Table, &Slopes, tanh_, &X, &Y, &options));
    for (int e = 0; e < 2; e++) {
        const double *gap = &slopes[e][2 * NTK_LAZY_GAP], *moved = &slopes[e][2 * NTK_LAZY_HIDDEN_MOVEMENT];
        EXPECT(fabs(gap[0] - (e ? 0 : -1)) < 0.2, "gamma = N^-%.1f: gap ~ N^(%.2f +- %.2f)", exponents[e], gap[0], gap[1]);
        EXPECT(fabs(moved[0] - (e ? 0 : -0.5)) < 0.1, "and |W - W_0| ~ N^(%.2f +- %.2f)", moved[0], moved[1]);
    }
    ntk_activation_destroy(tanh_);
    ntk_context_destroy(context);
    free(x);
    return 0;
}
