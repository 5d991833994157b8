/* What a kernel will learn of a data set: the spectrum of its matrix and the learning curve that follows, beside the errors that fits of
 * subsets have on the other rows.
 * cc data_curve.c common.c samples.c splitmix.c csv.c idx.c file.c $(pkg-config --cflags --libs ntk) -lz -lm */
#include "common.h"
#include "idx.h"
#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST = 100, MOST = 2000, SIZES = 8, DRAWS = 20, LAMBDAS = 25, SEED = 1 };

static const char help[] =
    "Usage: data_curve FILE [CSV]\n"
    "A data set's spectrum by a ReLU network's kernel, and its learning curve, predicted and measured.\n"
    "FILE: a table of numbers, the last column the target; or MNIST's folder, of which odd digits are told from\n"
    "even ones.  Up to 2000 rows, chosen by chance, are used.  CSV: a file for the curve.\n";

/* Inputs n x d and a target of mean 0 and deviation 1. */
typedef struct data {
    int64_t n, d;
    double *x, *y;
} data;

static _Noreturn void fail(const char *sentence)
{
    fprintf(stderr, "data_curve: %s\n", sentence);
    exit(EXIT_FAILURE);
}

static double *numbers(int64_t count)
{
    double *made = malloc((size_t)count * sizeof *made);
    if (!made) fail("not enough memory");
    return made;
}

/* --- the data --- */

/* Rows first, ... of a permutation come to the front. */
static data choose(const double *x, const double *y, int64_t rows, int64_t d)
{
    data set = {.n = rows < MOST ? rows : MOST, .d = d};
    int64_t *order = malloc((size_t)rows * sizeof *order);
    if (!order) fail("not enough memory");
    set.x = numbers(set.n * d);
    set.y = numbers(set.n);
    samples_shuffle(order, rows, SEED);
    for (int64_t i = 0; i < set.n; i++) {
        memcpy(set.x + i * d, x + order[i] * d, (size_t)d * sizeof *x);
        set.y[i] = y[order[i]];
    }
    free(order);
    samples_standardise(set.y, set.n, 1);
    return set;
}

static data read_table(const char *path)
{
    char message[FILE_MESSAGE_SIZE];
    csv_table table;
    if (csv_read(&table, path, message) || (table.cols < 2 && file_fail(message, "%s: one column, expected more", path)) ||
        (table.rows < LEAST && file_fail(message, "%s: %lld rows, expected 100 or more", path, (long long)table.rows)))
        fail(message);
    int64_t d = table.cols - 1;
    double *x = numbers(table.rows * d), *y = numbers(table.rows);
    samples_split(&table, d, x, y);
    data set = choose(x, y, table.rows, d);
    for (int64_t j = 0; j < d; j++) samples_standardise(set.x + j, set.n, d);
    csv_free(&table);
    free(x);
    free(y);
    return set;
}

/* FOLDER/name, or FOLDER/name.gz. */
static int read_array(idx_array *array, const char *folder, const char *name, int dimensions)
{
    char path[4096], message[FILE_MESSAGE_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!idx_read(array, path, dimensions, message)) return 0;
    snprintf(path, sizeof path, "%s/%s.gz", folder, name);
    return idx_read(array, path, dimensions, message);
}

/* Whether the folder has MNIST's test set, which it then is. */
static int read_mnist(data *set, const char *folder)
{
    idx_array images, labels;
    if (read_array(&images, folder, "t10k-images-idx3-ubyte", 3)) return 0;
    if (read_array(&labels, folder, "t10k-labels-idx1-ubyte", 1) || labels.size[0] != images.size[0])
        fail("the folder has images, but no labels of them");
    if (images.size[0] < LEAST) fail("the folder has less than 100 images");
    int64_t n = images.size[0], d = images.size[1] * images.size[2];
    double *x = numbers(n * d), *y = numbers(n);
    for (int64_t i = 0; i < n * d; i++) x[i] = images.values[i] / 255.0;
    for (int64_t i = 0; i < n; i++) y[i] = labels.values[i] % 2;
    *set = choose(x, y, n, d);
    idx_free(&images);
    idx_free(&labels);
    free(x);
    free(y);
    return 1;
}

/* --- the spectrum --- */

static ntk_spectrum *make_spectrum(ntk_context *context, const ntk_kernel *kernel, const data *set)
{
    ntk_gram *gram;
    ntk_spectrum *spectrum;
    ntk_spectrum_options options = NTK_INIT(ntk_spectrum_options);
    ntk_matrix X = ntk_matrix_const_f64(set->x, set->n, set->d), Y = ntk_matrix_const_f64(set->y, set->n, 1);
    options.intercept = 1;
    common_check(ntk_gram_create(context, &gram, kernel, &X, NULL));
    common_check(ntk_spectrum_create(context, &spectrum, gram, &Y, &options));
    ntk_gram_destroy(gram);
    return spectrum;
}

static void predict(const ntk_spectrum *spectrum, double (*curve)[NTK_CURVE_COLUMNS], const double *sizes, int64_t count,
                    double lambda, int32_t method)
{
    ntk_spectrum_curve_options options = NTK_INIT(ntk_spectrum_curve_options);
    ntk_matrix Curve = ntk_matrix_f64(curve[0], count, NTK_CURVE_COLUMNS), Sizes = ntk_matrix_const_f64(sizes, count, 1);
    options.lambda = lambda;
    options.method = method;
    common_check(ntk_spectrum_curve(spectrum, &Curve, &Sizes, &options));
}

/* The lambda of a grid which the prediction finds best for half of the samples. */
static double best_lambda(const ntk_spectrum *spectrum, int64_t n)
{
    double best = 0, least = INFINITY, half = (double)n / 2;
    for (int i = 0; i < LAMBDAS; i++) {
        double lambda = pow(10, -4 + 6.0 * i / (LAMBDAS - 1)), row[1][NTK_CURVE_COLUMNS];
        predict(spectrum, row, &half, 1, lambda, NTK_PREDICT_LEAVE_ONE_OUT);
        if (row[0][NTK_CURVE_TEST] >= least) continue;
        least = row[0][NTK_CURVE_TEST];
        best = lambda;
    }
    return best;
}

static void print_spectrum(const ntk_spectrum *spectrum, double lambda)
{
    int64_t modes = ntk_spectrum_modes(spectrum), many = modes < 100 ? modes : 100;
    double alignment[NTK_ALIGNMENT_COLUMNS], dimension[NTK_DIMENSION_COLUMNS], *shares = numbers(modes);
    ntk_exponents found = NTK_INIT(ntk_exponents);
    ntk_matrix Alignment = ntk_matrix_f64(alignment, 1, NTK_ALIGNMENT_COLUMNS), Lambda = ntk_matrix_const_f64(&lambda, 1, 1),
               Dimension = ntk_matrix_f64(dimension, 1, NTK_DIMENSION_COLUMNS), Shares = ntk_matrix_f64(shares, modes, 1);
    common_check(ntk_spectrum_alignment(spectrum, &Alignment));
    common_check(ntk_spectrum_cumulative(spectrum, &Shares));
    common_check(ntk_spectrum_dimensions(spectrum, &Dimension, &Lambda));
    common_check(ntk_spectrum_exponents(spectrum, &found, NULL));
    printf("alignment of kernel and target %.3f; in the first 10 modes lie %.0f %% of the target, in the first %lld %.0f %%\n",
           alignment[NTK_ALIGNMENT_CENTRED], 100 * shares[9], (long long)many, 100 * shares[many - 1]);
    printf("lambda %.3g leaves %.1f dimensions; the modes beyond act as a ridge of %.3g\n", lambda,
           dimension[NTK_DIMENSION_FIRST], dimension[NTK_DIMENSION_SELF_INDUCED]);
    printf("eigenvalues fall as k^-%.2f +- %.2f (%.2f to %.2f), the target's tail as k^-%.2f +- %.2f, modes %lld to %lld\n",
           found.capacity, found.capacity_error, found.capacity_low, found.capacity_high, found.decay, found.decay_error,
           (long long)found.first, (long long)found.last);
    free(shares);
}

/* --- what is measured --- */

static void measure(const ntk_kernel *kernel, double (*table)[NTK_MEASURE_COLUMNS], const data *set, const double *sizes,
                    double lambda)
{
    ntk_measure_options options = NTK_INIT(ntk_measure_options);
    ntk_matrix Table = ntk_matrix_f64(table[0], SIZES, NTK_MEASURE_COLUMNS), Sizes = ntk_matrix_const_f64(sizes, SIZES, 1),
               X = ntk_matrix_const_f64(set->x, set->n, set->d), Y = ntk_matrix_const_f64(set->y, set->n, 1);
    options.draws = DRAWS;
    options.lambda = lambda;
    options.intercept = 1;
    options.seed = SEED;
    common_check(ntk_theory_measure_data(kernel, &Table, &X, &Y, &Sizes, &options));
}

static void print_curve(const ntk_kernel *kernel, const ntk_spectrum *spectrum, const data *set, double lambda, FILE *file)
{
    double sizes[SIZES], curve[SIZES][NTK_CURVE_COLUMNS], naive[SIZES][NTK_CURVE_COLUMNS], table[SIZES][NTK_MEASURE_COLUMNS];
    for (int i = 0; i < SIZES; i++) sizes[i] = floor(20 * pow(0.04 * (double)set->n, (double)i / (SIZES - 1)));
    predict(spectrum, curve, sizes, SIZES, lambda, NTK_PREDICT_LEAVE_ONE_OUT);
    predict(spectrum, naive, sizes, SIZES, lambda, NTK_PREDICT_POPULATION);
    measure(kernel, table, set, sizes, lambda);
    printf("%6s %12s %12s %20s\n", "n", "predicted", "population", "measured");
    for (int i = 0; i < SIZES; i++) {
        double mean = table[i][NTK_MEASURE_TEST], error = table[i][NTK_MEASURE_TEST_ERROR];
        printf("%6.0f %12.4f %12.4f %12.4f +- %.4f\n", sizes[i], curve[i][NTK_CURVE_TEST], naive[i][NTK_CURVE_TEST], mean,
               error);
        if (file)
            fprintf(file, "%.0f,%.6g,%.6g,%.6g,%.6g\n", sizes[i], curve[i][NTK_CURVE_TEST], naive[i][NTK_CURVE_TEST], mean,
                    error);
    }
    if (file) common_close(file);
}

int main(int argc, char **argv)
{
    data set;
    ntk_context *context;
    common_arguments(argc, argv, 1, 2, help);
    if (!read_mnist(&set, argv[1])) set = read_table(argv[1]);
    FILE *file = argc > 2 ? common_open(argv[2], "n,predicted,population,measured,measured_se") : NULL;
    common_check(ntk_context_create(&context, NULL));
    ntk_kernel *kernel = common_kernel(context);
    ntk_spectrum *spectrum = make_spectrum(context, kernel, &set);
    double lambda = best_lambda(spectrum, set.n);
    printf("%s: %lld samples, %lld inputs; errors are in units of the target's variance\n", argv[1], (long long)set.n,
           (long long)set.d);
    print_spectrum(spectrum, lambda);
    print_curve(kernel, spectrum, &set, lambda, file);
    ntk_spectrum_destroy(spectrum);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    free(set.x);
    free(set.y);
    return EXIT_SUCCESS;
}
