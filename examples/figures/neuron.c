/* Theorem 4: gradient descent finds a ReLU neuron y = max(<w*, x>, 0) from some samples a weight, and exponentially fast, at a rate
 * that random matrices predict.  Kernels and polynomials, which do not look for w*, would need powers of d: what they reach of the same
 * samples is predicted, too.  Inputs are uniform on the sphere of radius sqrt d.
 * cc neuron.c figure.c ../command.c ../common.c ../progress.c ../splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "../common.h"
#include "figure.h"

#include <math.h>
#include <stdlib.h>

enum { D = 50, SIZES = 5, QUICK_SIZES = 4, TESTS = 2000, STEPS = 600, MOST_DRAWS = 10, DEGREES = 13, SEED = 1 };
enum { NEURON = 0, KERNEL = 1, QUADRATIC = 2, MODELS = 3 };
static const int64_t times[SIZES] = {2, 4, 8, 16, 32};
static const double LAMBDA = 1e-6; /* there is no noise: it only keeps rounding small */
static const char *const series[MODELS] = {"neuron", "kernel", "quadratic"};

static const char help[] =
    "Usage: neuron [--quick] CSV\n"
    "Learns a ReLU neuron of 50 inputs from 2 d to 32 d samples, by gradient descent, by kernels and by polynomials.\n"
    "CSV: a file for the distances to w* by step, and for the errors by samples a weight.\n";

/* kernels  those of KERNEL and QUADRATIC
 * errors   of each draw, relative to E y^2; predicted: by the theory of kernels */
typedef struct problem {
    figure f;
    ntk_kernel *kernels[MODELS];
    int64_t sizes, most, draws;
    double truth[D], *x, *y, *test_x, *test_y;
    double errors[MODELS][SIZES][MOST_DRAWS], predicted[MODELS][SIZES];
} problem;

/* x on the sphere, and y of the neuron w*. */
static void draw(const double *truth, double *x, double *y, int64_t n, uint64_t *seed)
{
    for (int64_t i = 0; i < n; i++) {
        double square = 0, u = 0;
        for (int64_t k = 0; k < D; k++) {
            x[i * D + k] = common_normal(seed);
            square += x[i * D + k] * x[i * D + k];
        }
        for (int64_t k = 0; k < D; k++) {
            x[i * D + k] *= sqrt(D / square);
            u += truth[k] * x[i * D + k];
        }
        y[i] = u > 0 ? u : 0;
    }
}

/* --- kernels --- */

static ntk_kernel *infinite(problem *p, int32_t kind, int32_t part)
{
    ntk_activation *activation;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = part;
    figure_check(&p->f, ntk_activation_create(p->f.context, &activation, kind, NULL));
    figure_check(&p->f, ntk_kernel_create_infinite(p->f.context, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return kernel;
}

/* (1 + <x, x'> / d)^2, whose functions are the polynomials of degree 2. */
static ntk_kernel *quadratic(problem *p)
{
    ntk_kernel *terms[2] = {NULL, infinite(p, NTK_IDENTITY, NTK_PART_RF)}, *line, *square;
    figure_check(&p->f, ntk_kernel_create_constant(p->f.context, &terms[0], 1));
    figure_check(&p->f, ntk_kernel_create_sum(p->f.context, &line, (const ntk_kernel *const *)terms, NULL, 2));
    figure_check(&p->f, ntk_kernel_create_product(p->f.context, &square, (const ntk_kernel *const[]){line, line}, 2));
    ntk_kernel_destroy(line);
    ntk_kernel_destroy(terms[0]);
    ntk_kernel_destroy(terms[1]);
    return square;
}

/* The mean square of what a fit to the first n samples misses of the others; E y^2 = 1/2. */
static double kernel_error(problem *p, const ntk_kernel *kernel, int64_t n)
{
    ntk_ridge *ridge;
    double got[TESTS], missed = 0;
    ntk_matrix X = ntk_matrix_const_f64(p->x, n, D), Y = ntk_matrix_const_f64(p->y, n, 1),
               Z = ntk_matrix_const_f64(p->test_x, TESTS, D), Got = ntk_matrix_f64(got, TESTS, 1);
    figure_check(&p->f, ntk_ridge_create(p->f.context, &ridge, kernel, &X, &Y, LAMBDA, NULL));
    figure_check(&p->f, ntk_ridge_predict(ridge, &Got, &Z));
    ntk_ridge_destroy(ridge);
    for (int i = 0; i < TESTS; i++) missed += (got[i] - p->test_y[i]) * (got[i] - p->test_y[i]) / TESTS;
    return missed / 0.5;
}

static void predict(problem *p, int model)
{
    ntk_activation *relu;
    ntk_curve_options options = NTK_INIT(ntk_curve_options);
    double energies[DEGREES], sizes[SIZES], curve[SIZES][NTK_CURVE_COLUMNS];
    ntk_matrix Energies = ntk_matrix_f64(energies, DEGREES, 1), Sizes = ntk_matrix_f64(sizes, p->sizes, 1),
               Curve = ntk_matrix_f64(curve[0], p->sizes, NTK_CURVE_COLUMNS);
    options.d = D;
    options.total = 0.5;
    options.lambda = LAMBDA;
    for (int i = 0; i < p->sizes; i++) sizes[i] = (double)(times[i] * D);
    figure_check(&p->f, ntk_activation_create(p->f.context, &relu, NTK_RELU, NULL));
    figure_check(&p->f, ntk_theory_target_energies(p->f.context, &Energies, relu, D));
    figure_check(&p->f, ntk_theory_learning_curve(p->kernels[model], &Curve, &Energies, &Sizes, &options));
    for (int i = 0; i < p->sizes; i++) p->predicted[model][i] = curve[i][NTK_CURVE_TEST] / 0.5;
    ntk_activation_destroy(relu);
}

/* --- the neuron --- */

/* Writes the distance to w* of each step, and then what the predicted rate makes of the last one, back to where that is 1. */
static void write_descent(problem *p, int64_t factor, double (*history)[NTK_NEURON_COLUMNS], int64_t rows, double rate)
{
    double last = history[rows - 1][NTK_NEURON_DISTANCE];
    for (int64_t t = 0; t < rows; t++)
        figure_row(&p->f, "descent %d d,%d,%.6g,", (int)factor, (int)t, history[t][NTK_NEURON_DISTANCE]);
    for (int64_t t = 0; rate < 1 && t < rows; t++) {
        double predicted = last * pow(rate, (double)(t - rows + 1));
        if (predicted <= 1) figure_row(&p->f, "rate %d d,%d,%.6g,", (int)factor, (int)t, predicted);
    }
}

/* Descends from the first n samples, and returns the error of the neuron it finds, of all samples that there could be. */
static double descend(problem *p, int64_t factor, int64_t draws)
{
    double w[D], loss, history[STEPS][NTK_NEURON_COLUMNS];
    int64_t n = factor * D;
    ntk_matrix X = ntk_matrix_const_f64(p->x, n, D), Y = ntk_matrix_const_f64(p->y, n, 1),
               Truth = ntk_matrix_const_f64(p->truth, D, 1), W = ntk_matrix_f64(w, D, 1),
               History = ntk_matrix_f64(history[0], STEPS, NTK_NEURON_COLUMNS);
    ntk_neuron_options options = NTK_INIT(ntk_neuron_options);
    ntk_neuron_report report = NTK_INIT(ntk_neuron_report);
    ntk_neuron_rates rates = NTK_INIT(ntk_neuron_rates);
    options.truth = &Truth;
    options.history = &History;
    options.steps = STEPS - 1;
    options.seed = SEED + (uint64_t)draws;
    figure_check(&p->f, ntk_neuron_train(p->f.context, &W, &report, &X, &Y, &options));
    figure_check(&p->f, ntk_neuron_predict_rates(&rates, n, D, report.step));
    if (draws == 0) {
        figure_note(&p->f, "n = %2d d: %3d steps, distance to w* %.1e, rate %.4f, predicted %.4f", (int)factor,
                    (int)report.steps, report.distance, report.rate, rates.rate);
        write_descent(p, factor, history, report.recorded, rates.rate);
    }
    /* ReLU scales with its argument: E r^2 on the sphere is that of Gaussian inputs */
    figure_check(&p->f, ntk_neuron_population(&loss, NULL, &W, &Truth));
    return loss / 0.5;
}

/* --- the whole --- */

static void begin(problem *p, uint64_t *seed)
{
    double length = 0;
    p->sizes = p->f.quick ? QUICK_SIZES : SIZES;
    p->draws = p->f.quick ? 3 : MOST_DRAWS;
    p->most = times[p->sizes - 1] * D;
    p->x = figure_room(&p->f, p->most * D);
    p->y = figure_room(&p->f, p->most);
    p->test_x = figure_room(&p->f, TESTS * D);
    p->test_y = figure_room(&p->f, TESTS);
    for (int k = 0; k < D; k++) {
        p->truth[k] = common_normal(seed);
        length += p->truth[k] * p->truth[k];
    }
    for (int k = 0; k < D; k++) p->truth[k] /= sqrt(length);
    p->kernels[KERNEL] = infinite(p, NTK_RELU, NTK_PART_BOTH);
    p->kernels[QUADRATIC] = quadratic(p);
}

static void measure(problem *p, int64_t draws, uint64_t *seed)
{
    draw(p->truth, p->x, p->y, p->most, seed);
    draw(p->truth, p->test_x, p->test_y, TESTS, seed);
    for (int i = 0; i < p->sizes; i++) {
        figure_part(&p->f, "draw %d of %d, n = %d d", (int)draws + 1, (int)p->draws, (int)times[i]);
        p->errors[NEURON][i][draws] = descend(p, times[i], draws);
        for (int model = KERNEL; model < MODELS; model++)
            p->errors[model][i][draws] = kernel_error(p, p->kernels[model], times[i] * D);
    }
}

static void write_errors(problem *p)
{
    for (int model = 0; model < MODELS; model++) {
        for (int i = 0; i < p->sizes; i++) {
            double error, mean = figure_mean(p->errors[model][i], p->draws, &error);
            figure_row(&p->f, "%s,%d,%.6g,%.6g", series[model], (int)times[i], mean, error);
            printf("n = %2d d: error of the %-9s %.3g +- %.1g", (int)times[i], series[model], mean, error);
            if (model != NEURON) printf(", predicted %.3g", p->predicted[model][i]);
            printf("\n");
        }
        for (int i = 0; model != NEURON && i < p->sizes; i++)
            figure_row(&p->f, "%s predicted,%d,%.6g,", series[model], (int)times[i], p->predicted[model][i]);
    }
}

int main(int argc, char **argv)
{
    static problem p;
    uint64_t seed = SEED;
    figure_begin(&p.f, "neuron", 1, help, argc, argv);
    begin(&p, &seed);
    figure_note(&p.f, "A ReLU neuron of d = %d inputs, %d draws (seed %d); distances are those of the first draw", D,
                (int)p.draws, SEED);
    figure_columns(&p.f, "series,x,value,value_se");
    for (int model = KERNEL; model < MODELS; model++) predict(&p, model);
    for (int64_t i = 0; i < p.draws; i++) measure(&p, i, &seed);
    progress_end(&p.f.progress);
    write_errors(&p);
    free(p.x);
    free(p.y);
    free(p.test_x);
    free(p.test_y);
    for (int model = KERNEL; model < MODELS; model++) ntk_kernel_destroy(p.kernels[model]);
    figure_end(&p.f);
    return EXIT_SUCCESS;
}
