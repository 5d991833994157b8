/* Theorem 2 by one call: the kernel matrix of N neurons comes near its limit as 1 / sqrt(N), for the theorem's law of the weights. */
#include "expect.h"

enum { N = 100, D = 20, WIDTHS = 4 };

int main(void)
{
    static const int64_t widths[WIDTHS] = {512, 1024, 2048, 4096};
    ntk_context *context = NULL;
    ntk_activation *relu = NULL;
    ntk_concentration_options options = NTK_INIT(ntk_concentration_options);
    double *x = numbers(N * D, 3), table[WIDTHS][NTK_CONCENTRATION_COLUMNS], slope[2];
    ntk_matrix X = ntk_matrix_f64(x, N, D), Table = ntk_matrix_f64(table[0], WIDTHS, NTK_CONCENTRATION_COLUMNS),
               Slope = ntk_matrix_f64(slope, 1, 2);
    for (int i = 0; i < N * D; i++) x[i] *= sqrt(3);
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    options.widths = widths;
    options.width_count = WIDTHS;
    options.replicates = 4;
    options.hidden_law = NTK_HIDDEN_SPHERE;
    options.part = NTK_PART_NT;
    TRY(ntk_concentration_sweep(context, &Table, &Slope, relu, &X, &options));
    for (int i = 0; i < WIDTHS; i++) {
        const double *row = table[i];
        EXPECT(row[NTK_CONCENTRATION_CONSTANT] > 1.5 && row[NTK_CONCENTRATION_CONSTANT] < 3,
               "N = %.0f: |K^-1/2 K_N K^-1/2 - I| = %.4f +- %.4f, %.2f sqrt((n + d) / (N d))", row[NTK_CONCENTRATION_WIDTH],
               row[NTK_CONCENTRATION_DEVIATION], row[NTK_CONCENTRATION_DEVIATION_ERROR], row[NTK_CONCENTRATION_CONSTANT]);
        EXPECT(row[NTK_CONCENTRATION_SMALLEST] >=
                   (1 - row[NTK_CONCENTRATION_DEVIATION]) * row[NTK_CONCENTRATION_SMALLEST_LIMIT],
               "the smallest eigenvalue is %.4f, in the limit %.4f", row[NTK_CONCENTRATION_SMALLEST],
               row[NTK_CONCENTRATION_SMALLEST_LIMIT]);
    }
    EXPECT(fabs(slope[0] + 0.5) < 0.05 + 3 * slope[1], "it falls as N^(%.3f +- %.3f)", slope[0], slope[1]);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    free(x);
    return 0;
}
