/* Theorem 4: gradient descent finds a ReLU neuron y = max(<w*, x>, 0) from some samples a weight, and exponentially fast, at a rate
 * that random matrices predict.  Kernels and polynomials, which do not look for w*, would need powers of d.
 * cc neuron.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "common.h"

#include <math.h>
#include <stdlib.h>

enum { D = 50, SIZES = 5, MOST = 32 * D, TESTS = 1000, STEPS = 600, SEED = 1 };
static const int64_t times[SIZES] = {2, 4, 8, 16, 32};

static const char help[] = "Usage: neuron [CSV]\n"
                           "Learns a ReLU neuron of 50 inputs from 2 d to 32 d samples, by gradient descent and by kernels.\n"
                           "CSV: a file for the distances to w* by step, and for the errors by samples.\n";

/* x ~ N(0, I), and y of the neuron w*. */
typedef struct samples {
    double *x, *y;
} samples;

static double *room(int64_t count)
{
    double *memory = malloc((size_t)count * sizeof *memory);
    if (!memory) exit(EXIT_FAILURE);
    return memory;
}

static samples draw(int64_t n, const double *truth, uint64_t *seed)
{
    samples s = {room(n * D), room(n)};
    for (int64_t i = 0; i < n; i++) {
        double u = 0;
        for (int64_t k = 0; k < D; k++) {
            s.x[i * D + k] = common_normal(seed);
            u += truth[k] * s.x[i * D + k];
        }
        s.y[i] = u > 0 ? u : 0;
    }
    return s;
}

/* --- kernels --- */

static ntk_kernel *infinite(ntk_context *context, int32_t kind, int32_t part)
{
    ntk_activation *activation;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = part;
    common_check(ntk_activation_create(context, &activation, kind, NULL));
    common_check(ntk_kernel_create_infinite(context, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return kernel;
}

/* (1 + <x, x'> / d)^2, whose functions are the polynomials of degree 2. */
static ntk_kernel *quadratic(ntk_context *context)
{
    ntk_kernel *terms[2] = {NULL, infinite(context, NTK_IDENTITY, NTK_PART_RF)}, *line, *square;
    common_check(ntk_kernel_create_constant(context, &terms[0], 1));
    common_check(ntk_kernel_create_sum(context, &line, (const ntk_kernel *const *)terms, NULL, 2));
    common_check(ntk_kernel_create_product(context, &square, (const ntk_kernel *const[]){line, line}, 2));
    ntk_kernel_destroy(line);
    ntk_kernel_destroy(terms[0]);
    ntk_kernel_destroy(terms[1]);
    return square;
}

/* The mean square of what a fit to the first n samples misses of the others, relative to that of y. */
static double kernel_error(ntk_context *context, const ntk_kernel *kernel, const samples *train, int64_t n, const samples *test)
{
    ntk_ridge *ridge;
    double got[TESTS], missed = 0, all = 0;
    ntk_matrix X = ntk_matrix_const_f64(train->x, n, D), Y = ntk_matrix_const_f64(train->y, n, 1),
               Z = ntk_matrix_const_f64(test->x, TESTS, D), Got = ntk_matrix_f64(got, TESTS, 1);
    /* there is no noise: lambda only keeps rounding small */
    common_check(ntk_ridge_create(context, &ridge, kernel, &X, &Y, 1e-6, NULL));
    common_check(ntk_ridge_predict(ridge, &Got, &Z));
    ntk_ridge_destroy(ridge);
    for (int i = 0; i < TESTS; i++) {
        missed += (got[i] - test->y[i]) * (got[i] - test->y[i]);
        all += test->y[i] * test->y[i];
    }
    return missed / all;
}

/* --- the neuron --- */

/* Writes the distance to w* of each step, and beside it what the predicted rate makes of the last one, back to where that is 1. */
static void write_descent(FILE *table, int64_t factor, double (*history)[NTK_NEURON_COLUMNS], int64_t rows, double rate)
{
    for (int64_t t = 0; table && t < rows; t++) {
        double last = history[rows - 1][NTK_NEURON_DISTANCE], predicted = last * pow(rate, (double)(t - rows + 1));
        fprintf(table, "descent,%d,%d,%.6g,%.6g\n", (int)factor, (int)t, history[t][NTK_NEURON_DISTANCE], fmin(predicted, 1));
    }
}

/* Descends from the first n samples, and returns the error of the neuron it finds, of all samples that there could be. */
static double descend(ntk_context *context, const samples *train, int64_t factor, const double *truth, FILE *table)
{
    double w[D], loss, none, history[STEPS][NTK_NEURON_COLUMNS], nothing[D] = {0};
    int64_t n = factor * D;
    ntk_matrix X = ntk_matrix_const_f64(train->x, n, D), Y = ntk_matrix_const_f64(train->y, n, 1),
               Truth = ntk_matrix_const_f64(truth, D, 1), W = ntk_matrix_f64(w, D, 1),
               Nothing = ntk_matrix_const_f64(nothing, D, 1), History = ntk_matrix_f64(history[0], STEPS, NTK_NEURON_COLUMNS);
    ntk_neuron_options options = NTK_INIT(ntk_neuron_options);
    ntk_neuron_report report = NTK_INIT(ntk_neuron_report);
    ntk_neuron_rates rates = NTK_INIT(ntk_neuron_rates);
    options.truth = &Truth;
    options.history = &History;
    options.steps = STEPS - 1;
    options.seed = SEED;
    common_check(ntk_neuron_train(context, &W, &report, &X, &Y, &options));
    common_check(ntk_neuron_predict_rates(&rates, n, D, report.step));
    printf("n = %2d d: %3d steps, distance to w* %.1e, rate %.4f, predicted %.4f\n", (int)factor, (int)report.steps,
           report.distance, report.rate, rates.rate);
    write_descent(table, factor, history, report.recorded, rates.rate);
    common_check(ntk_neuron_population(&loss, NULL, &W, &Truth));
    common_check(ntk_neuron_population(&none, NULL, &Nothing, &Truth));
    return loss / none;
}

int main(int argc, char **argv)
{
    ntk_context *context;
    uint64_t seed = SEED;
    double truth[D], length = 0, errors[SIZES][3];
    common_arguments(argc, argv, 0, 1, help);
    FILE *table = argc > 1 ? common_open(argv[1], "what,times,first,second,third") : NULL;
    common_check(ntk_context_create(&context, NULL));
    for (int k = 0; k < D; k++) {
        truth[k] = common_normal(&seed);
        length += truth[k] * truth[k];
    }
    for (int k = 0; k < D; k++) truth[k] /= sqrt(length);
    samples train = draw(MOST, truth, &seed), test = draw(TESTS, truth, &seed);
    ntk_kernel *kernels[2] = {infinite(context, NTK_RELU, NTK_PART_BOTH), quadratic(context)};

    printf("A ReLU neuron of d = %d inputs (seed %d)\n", D, SEED);
    for (int i = 0; i < SIZES; i++) errors[i][0] = descend(context, &train, times[i], truth, table);
    printf("\nError relative to y    neuron   K^RF + K^NT   quadratic polynomials\n");
    for (int i = 0; i < SIZES; i++) {
        for (int k = 0; k < 2; k++) errors[i][1 + k] = kernel_error(context, kernels[k], &train, times[i] * D, &test);
        printf("n = %2d d          %12.1e %13.3f %23.3f\n", (int)times[i], errors[i][0], errors[i][1], errors[i][2]);
        if (table) fprintf(table, "error,%d,%.6g,%.6g,%.6g\n", (int)times[i], errors[i][0], errors[i][1], errors[i][2]);
    }
    if (table) common_close(table);

    free(train.x);
    free(train.y);
    free(test.x);
    free(test.y);
    for (int k = 0; k < 2; k++) ntk_kernel_destroy(kernels[k]);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
