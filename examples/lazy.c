/* Theorem 3 in numbers: networks f(x) = N^-e sum_i a_i tanh(<w_i, x>) and their linearizations, trained side by side.  With e = 1/2 the
 * gap between them closes as the network grows (lazy training), with e = 1 it does not (mean field), and in between it does so
 * slowly.
 * cc lazy.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "common.h"

#include <math.h>
#include <stdlib.h>

enum { D = 10, SAMPLES = 40, WIDTHS = 6, EXPONENTS = 3, SEED = 1 };
static const int64_t widths[WIDTHS] = {32, 64, 128, 256, 512, 1024};

static const char help[] = "Usage: lazy [CSV]\n"
                           "Trains networks of six widths, in three scalings, beside their linearizations.\n"
                           "CSV: a file for what is measured, by exponent and width.\n";

static const char *const names[NTK_LAZY_QUANTITIES] = {
    "gap of outputs", "gap at the same parameters", "movement of W", "movement of a", "drift of the kernel", NULL, NULL};

static void print_slopes(double (*slopes)[NTK_LAZY_SLOPE_COLUMNS], double (*table)[NTK_LAZY_COLUMNS])
{
    printf("%-28s", "Powers of N");
    for (int e = 0; e < EXPONENTS; e++) printf("      N^-%.2f", table[e * WIDTHS][NTK_LAZY_EXPONENT]);
    printf("\n");
    for (int q = 0; q < NTK_LAZY_QUANTITIES && names[q]; q++) {
        printf("%-28s", names[q]);
        for (int e = 0; e < EXPONENTS; e++) printf("  %5.2f+-%.2f", slopes[e][2 * q], slopes[e][2 * q + 1]);
        printf("\n");
    }
}

static void write_table(FILE *file, double (*table)[NTK_LAZY_COLUMNS])
{
    for (int row = 0; row < EXPONENTS * WIDTHS; row++)
        for (int c = 0; c < NTK_LAZY_COLUMNS; c++)
            fprintf(file, "%.6g%c", table[row][c], c + 1 < NTK_LAZY_COLUMNS ? ',' : '\n');
    common_close(file);
}

int main(int argc, char **argv)
{
    ntk_context *context;
    ntk_activation *tanh_;
    ntk_lazy_options options = NTK_INIT(ntk_lazy_options);
    double x[SAMPLES][D], y[SAMPLES], table[EXPONENTS * WIDTHS][NTK_LAZY_COLUMNS], slopes[EXPONENTS][NTK_LAZY_SLOPE_COLUMNS];
    ntk_matrix X = ntk_matrix_const_f64(x[0], SAMPLES, D), Y = ntk_matrix_const_f64(y, SAMPLES, 1),
               Table = ntk_matrix_f64(table[0], EXPONENTS * WIDTHS, NTK_LAZY_COLUMNS),
               Slopes = ntk_matrix_f64(slopes[0], EXPONENTS, NTK_LAZY_SLOPE_COLUMNS);
    uint64_t seed = SEED;
    common_arguments(argc, argv, 0, 1, help);
    FILE *file =
        argc > 1 ? common_open(argv[1], "exponent,width,gap,gap_error,same,same_error,w,w_error,a,a_error,drift,drift_error,"
                                        "loss,loss_error,linear,linear_error")
                 : NULL;
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < D; j++) x[i][j] = common_normal(&seed);
        y[i] = x[i][0] * (1 + x[i][1]) / 2;
    }
    common_check(ntk_context_create(&context, NULL));
    common_check(ntk_activation_create(context, &tanh_, NTK_TANH, NULL));
    options.widths = widths;
    options.width_count = WIDTHS;
    options.antisymmetric = 1; /* f = 0 at the start */
    options.seed = SEED;
    common_check(ntk_lazy_sweep(context, &Table, &Slopes, tanh_, &X, &Y, &options));
    printf("%d samples of %d inputs, N from %d to %d, f = 0 at the start (seed %d)\n\n", SAMPLES, D, (int)widths[0],
           (int)widths[WIDTHS - 1], SEED);
    print_slopes(slopes, table);
    if (file) write_table(file, table);
    ntk_activation_destroy(tanh_);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
