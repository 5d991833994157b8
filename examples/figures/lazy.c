/* Theorem 3 in numbers: networks f(x) = N^-e sum_i a_i sigma(<w_i, x>) and their linearizations, trained side by side.  With e = 1/2 the
 * gap between them closes as the network grows (lazy training): for ReLU like N^-1/2, as the theorem bounds it, for tanh like 1/N.  With
 * e = 1 it does not (mean field), and in between it does so slowly.
 * cc lazy.c figure.c ../command.c ../common.c ../progress.c ../splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "../common.h"
#include "figure.h"

#include <math.h>
#include <stdlib.h>

enum { D = 10, SAMPLES = 40, WIDTHS = 7, QUICK_WIDTHS = 4, EXPONENTS = 3, SEED = 1 };
static const int64_t widths[WIDTHS] = {32, 64, 128, 256, 512, 1024, 2048};
static const double exponents[EXPONENTS] = {0.5, 0.75, 1};
static const char *const powers[EXPONENTS] = {"1/2", "3/4", "1"};

static const char help[] = "Usage: lazy [--quick] CSV\n"
                           "Trains tanh and ReLU networks of several widths and scalings beside their linearizations.\n"
                           "CSV: a file for what is measured, by activation and exponent (series) and width.\n";

static const char *const names[NTK_LAZY_QUANTITIES] = {
    "gap of outputs", "gap at the same parameters", "movement of W", "movement of a", "drift of the kernel", NULL, NULL};

typedef struct problem {
    figure f;
    double x[SAMPLES][D], y[SAMPLES];
    int64_t widths, replicates;
} problem;

static void note_slopes(problem *p, const char *activation, int scalings, double (*slopes)[NTK_LAZY_SLOPE_COLUMNS])
{
    for (int q = 0; q < NTK_LAZY_QUANTITIES && names[q]; q++) {
        char line[256];
        int at = snprintf(line, sizeof line, "%s: powers of N of the %-26s", activation, names[q]);
        for (int e = 0; e < scalings; e++)
            at += snprintf(line + at, sizeof line - (size_t)at, "  %5.2f+-%.2f", slopes[e][2 * q], slopes[e][2 * q + 1]);
        figure_note(&p->f, "%s", line);
    }
}

static void write_rows(problem *p, const char *activation, int scalings, double (*table)[NTK_LAZY_COLUMNS])
{
    for (int64_t row = 0; row < scalings * p->widths; row++) {
        char line[512];
        int at = snprintf(line, sizeof line, "%s N^-%s", activation, powers[row / p->widths]);
        for (int c = NTK_LAZY_WIDTH; c < NTK_LAZY_COLUMNS; c++)
            at += snprintf(line + at, sizeof line - (size_t)at, ",%.6g", table[row][c]);
        figure_row(&p->f, "%s", line);
    }
}

/* Sweeps over the first so many scalings. */
static void sweep(problem *p, int32_t kind, const char *name, int scalings)
{
    static double table[EXPONENTS * WIDTHS][NTK_LAZY_COLUMNS], slopes[EXPONENTS][NTK_LAZY_SLOPE_COLUMNS];
    ntk_activation *activation;
    ntk_lazy_options options = NTK_INIT(ntk_lazy_options);
    ntk_matrix X = ntk_matrix_const_f64(p->x[0], SAMPLES, D), Y = ntk_matrix_const_f64(p->y, SAMPLES, 1),
               Table = ntk_matrix_f64(table[0], scalings * p->widths, NTK_LAZY_COLUMNS),
               Slopes = ntk_matrix_f64(slopes[0], scalings, NTK_LAZY_SLOPE_COLUMNS);
    options.widths = widths;
    options.width_count = p->widths;
    options.exponents = exponents;
    options.exponent_count = scalings;
    options.replicates = p->replicates;
    options.antisymmetric = 1; /* f = 0 at the start */
    options.seed = SEED;
    figure_part(&p->f, "lazy: %s", name);
    figure_check(&p->f, ntk_activation_create(p->f.context, &activation, kind, NULL));
    figure_check(&p->f, ntk_lazy_sweep(p->f.context, &Table, &Slopes, activation, &X, &Y, &options));
    note_slopes(p, name, scalings, slopes);
    write_rows(p, name, scalings, table);
    ntk_activation_destroy(activation);
}

int main(int argc, char **argv)
{
    problem p;
    uint64_t seed = SEED;
    figure_begin(&p.f, "lazy", 1, help, argc, argv);
    p.widths = p.f.quick ? QUICK_WIDTHS : WIDTHS;
    p.replicates = p.f.quick ? 4 : 10;
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < D; j++) p.x[i][j] = common_normal(&seed);
        p.y[i] = p.x[i][0] * (1 + p.x[i][1]) / 2;
    }
    figure_note(&p.f, "%d samples of %d inputs, N from %d to %d, %d networks each, f = 0 at the start, 20 steps (seed %d)",
                SAMPLES, D, (int)widths[0], (int)widths[p.widths - 1], (int)p.replicates, SEED);
    figure_columns(&p.f, "series,width,gap,gap_se,same,same_se,w,w_se,a,a_se,drift,drift_se,loss,loss_se,linear,linear_se");
    sweep(&p, NTK_TANH, "tanh", EXPONENTS);
    sweep(&p, NTK_RELU, "ReLU", 1);
    figure_end(&p.f);
    return EXIT_SUCCESS;
}
