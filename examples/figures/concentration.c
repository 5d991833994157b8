/* Theorem 2 in numbers: how far the kernel matrix K_N of N ReLU neurons is from its limit K, |K^-1/2 K_N K^-1/2 - I|, for samples on the
 * sphere, of the tangent part, whose network has N d parameters, and of random features, which are N.
 * cc concentration.c figure.c ../command.c ../common.c ../progress.c ../splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "../common.h"
#include "figure.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 300, MOST_INPUTS = 60, WIDTHS = 9, QUICK_WIDTHS = 5, SEED = 1 };
static const int64_t widths[WIDTHS] = {128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};

static const char help[] = "Usage: concentration [--quick] CSV\n"
                           "Measures how far kernel matrices of ReLU networks are from those of infinite width.\n"
                           "CSV: a file for deviations, by kernel and law of the weights (series) and width.\n";

/* The NT kernel of ReLU asks for the weights' directions alone, which are the same of both laws. */
static const struct {
    const char *name;
    int32_t part, law;
    int64_t inputs;
} series[] = {
    {"NT d = 60 sphere", NTK_PART_NT, NTK_HIDDEN_SPHERE, 60},
    {"NT d = 20 sphere", NTK_PART_NT, NTK_HIDDEN_SPHERE, 20},
    {"RF d = 60 sphere", NTK_PART_RF, NTK_HIDDEN_SPHERE, 60},
    {"RF d = 60 Gaussian", NTK_PART_RF, NTK_HIDDEN_GAUSSIAN, 60},
};
enum { SERIES = sizeof series / sizeof series[0] };

/* Uniform on the sphere of radius sqrt(d). */
static void draw_samples(double *x, int64_t d)
{
    uint64_t state = SEED;
    for (int64_t i = 0; i < SAMPLES; i++) {
        double square = 0;
        for (int64_t k = 0; k < d; k++) {
            x[i * d + k] = common_normal(&state);
            square += x[i * d + k] * x[i * d + k];
        }
        for (int64_t k = 0; k < d; k++) x[i * d + k] *= sqrt((double)d / square);
    }
}

static void sweep(figure *f, int s, const ntk_activation *relu, int64_t count, int64_t replicates)
{
    static double x[SAMPLES * MOST_INPUTS], table[WIDTHS][NTK_CONCENTRATION_COLUMNS];
    double slope[2];
    int64_t d = series[s].inputs;
    ntk_matrix X = ntk_matrix_const_f64(x, SAMPLES, d), Table = ntk_matrix_f64(table[0], count, NTK_CONCENTRATION_COLUMNS),
               Slope = ntk_matrix_f64(slope, 1, 2);
    ntk_concentration_options options = NTK_INIT(ntk_concentration_options);
    options.widths = widths;
    options.width_count = count;
    options.replicates = replicates;
    options.seed = SEED;
    options.part = series[s].part;
    options.hidden_law = series[s].law;
    draw_samples(x, d);
    figure_part(f, "concentration: %s", series[s].name);
    figure_check(f, ntk_concentration_sweep(f->context, &Table, &Slope, relu, &X, &options));
    for (int64_t i = 0; i < count; i++) {
        const double *row = table[i];
        figure_row(f, "%s,%.0f,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g", series[s].name, row[NTK_CONCENTRATION_WIDTH],
                   row[NTK_CONCENTRATION_DEVIATION], row[NTK_CONCENTRATION_DEVIATION_ERROR],
                   row[NTK_CONCENTRATION_DEVIATION] / row[NTK_CONCENTRATION_CONSTANT], row[NTK_CONCENTRATION_CONSTANT],
                   row[NTK_CONCENTRATION_SMALLEST], row[NTK_CONCENTRATION_SMALLEST_ERROR],
                   row[NTK_CONCENTRATION_SMALLEST_LIMIT]);
    }
    if (isfinite(slope[0]) && isfinite(slope[1]))
        figure_note(f, "%s: deviation ~ N^(%.3f +- %.3f) where it is less than 1/2", series[s].name, slope[0], slope[1]);
}

int main(int argc, char **argv)
{
    figure f;
    ntk_activation *relu;
    figure_begin(&f, "concentration", 1, help, argc, argv);
    int64_t count = f.quick ? QUICK_WIDTHS : WIDTHS, replicates = f.quick ? 2 : 8;
    figure_check(&f, ntk_activation_create(f.context, &relu, NTK_RELU, NULL));
    figure_note(&f, "%d samples on the sphere, %d networks of each width (seed %d)", SAMPLES, (int)replicates, SEED);
    figure_columns(&f, "series,width,deviation,deviation_se,rate,constant,smallest,smallest_se,smallest_limit");
    for (int s = 0; s < SERIES; s++) sweep(&f, s, relu, count, replicates);
    ntk_activation_destroy(relu);
    figure_end(&f);
    return EXIT_SUCCESS;
}
