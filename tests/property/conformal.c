/* Intervals of 90 % by the jackknife+ hold about 90 % of new targets, whatever these are: over the ten fixed splits of two data sets.
 * conformal FOLDER, with FOLDER/NAME/data.csv.gz, whose last column is the target, and test_mask.csv.gz, a column for each split. */
#include "csv.h"

#include <math.h>
#include <ntk/ntk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRY(call)                                                            \
    do {                                                                     \
        if ((call) < 0) {                                                    \
            fprintf(stderr, "line %d: %s\n", __LINE__, ntk_error_message()); \
            exit(1);                                                         \
        }                                                                    \
    } while (0)

/* Meson's word for a test that could not run; samples that lambda is chosen by. */
enum { SKIPPED = 77, CHOICE = 500 };
static const double level = 0.9, least = 0.87, most = 0.93;

/* A split: rows of inputs and targets, training before test, in units of the training rows' deviations. */
typedef struct split {
    int64_t n, m, d;
    double *x, *y;
} split;

static double *memory(int64_t count)
{
    double *numbers = malloc((size_t)count * sizeof *numbers);
    if (!numbers) exit(1);
    return numbers;
}

static csv_table read_table(const char *folder, const char *name, const char *file)
{
    char path[1000], message[FILE_MESSAGE_SIZE];
    csv_table table;
    snprintf(path, sizeof path, "%s/%s/%s", folder, name, file);
    if (csv_read(&table, path, message)) {
        printf("skipped: %s\n", message);
        exit(SKIPPED);
    }
    return table;
}

/* Column by column of width numbers a row, by the first n of all rows. */
static void standardise(double *data, int64_t n, int64_t all, int64_t width)
{
    for (int64_t k = 0; k < width; k++) {
        double mean = 0, square = 0;
        for (int64_t i = 0; i < n; i++) mean += data[i * width + k] / (double)n;
        for (int64_t i = 0; i < n; i++) square += pow(data[i * width + k] - mean, 2) / (double)n;
        for (int64_t i = 0; i < all; i++) data[i * width + k] = (data[i * width + k] - mean) / (square > 0 ? sqrt(square) : 1);
    }
}

static split split_of(const csv_table *data, const csv_table *mask, int64_t column)
{
    int64_t all = data->rows, d = data->cols - 1;
    split s = {.d = d, .x = memory(all * d), .y = memory(all)};
    for (int test = 0; test < 2; test++)
        for (int64_t i = 0; i < all; i++) {
            if ((mask->values[i * mask->cols + column] != 0) != test) continue;
            int64_t to = s.n + s.m;
            memcpy(s.x + to * d, data->values + i * (d + 1), (size_t)d * sizeof *s.x);
            s.y[to] = data->values[i * (d + 1) + d];
            *(test ? &s.m : &s.n) += 1;
        }
    standardise(s.x, s.n, all, d);
    standardise(s.y, s.n, all, 1);
    return s;
}

/* By leave-one-out among some of the training rows, evenly taken. */
static double choose_lambda(ntk_context *context, const ntk_kernel *kernel, const split *s)
{
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge;
    double lambda;
    int64_t n = s->n < CHOICE ? s->n : CHOICE;
    double *xs = memory(n * s->d), *ys = memory(n);
    for (int64_t i = 0; i < n; i++) {
        memcpy(xs + i * s->d, s->x + i * s->n / n * s->d, (size_t)s->d * sizeof *xs);
        ys[i] = s->y[i * s->n / n];
    }
    ntk_matrix x = ntk_matrix_const_f64(xs, n, s->d), y = ntk_matrix_const_f64(ys, n, 1),
               Lambda = ntk_matrix_f64(&lambda, 1, 1);
    options.method = NTK_RIDGE_SPECTRAL;
    options.intercept = 1;
    TRY(ntk_ridge_create(context, &ridge, kernel, &x, &y, 1, &options));
    TRY(ntk_ridge_select(ridge, &Lambda, NTK_CRITERION_LOO));
    ntk_ridge_destroy(ridge);
    free(xs);
    free(ys);
    return lambda;
}

/* How many test targets are in their intervals; the intervals' mean length is added to *length. */
static int64_t count_held(ntk_context *context, const ntk_kernel *kernel, const split *s, double lambda, double *length)
{
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge;
    int64_t held = 0;
    double *ends = memory(2 * s->m);
    ntk_matrix x = ntk_matrix_const_f64(s->x, s->n, s->d), y = ntk_matrix_const_f64(s->y, s->n, 1);
    ntk_matrix at = ntk_matrix_const_f64(s->x + s->n * s->d, s->m, s->d), Ends = ntk_matrix_f64(ends, s->m, 2);
    options.intercept = 1;
    TRY(ntk_ridge_create(context, &ridge, kernel, &x, &y, lambda, &options));
    TRY(ntk_ridge_intervals(ridge, &Ends, &at, level));
    for (int64_t i = 0; i < s->m; i++) {
        held += ends[2 * i] <= s->y[s->n + i] && s->y[s->n + i] <= ends[2 * i + 1];
        *length += (ends[2 * i + 1] - ends[2 * i]) / (double)s->m;
    }
    ntk_ridge_destroy(ridge);
    free(ends);
    return held;
}

static int check_set(ntk_context *context, const ntk_kernel *kernel, const char *folder, const char *name)
{
    csv_table data = read_table(folder, name, "data.csv.gz"), mask = read_table(folder, name, "test_mask.csv.gz");
    int64_t held = 0, tested = 0;
    double lambda = 0, length = 0;
    for (int64_t column = 0; column < mask.cols; column++) {
        split s = split_of(&data, &mask, column);
        if (column == 0) lambda = choose_lambda(context, kernel, &s);
        held += count_held(context, kernel, &s, lambda, &length);
        tested += s.m;
        free(s.x);
        free(s.y);
    }
    double share = (double)held / (double)tested;
    int good = share >= least && share <= most;
    printf("%s: lambda %.2g; intervals of 90 %%, %.2f deviations of the target long, hold %.2f %% of %lld targets%s\n", name,
           lambda, length / (double)mask.cols, 100 * share, (long long)tested, good ? "" : ", which is out of 87 to 93 %");
    csv_free(&data);
    csv_free(&mask);
    return good;
}

int main(int count, char **arguments)
{
    static const char *const names[] = {"concrete", "airfoil"};
    ntk_context *context;
    ntk_activation *relu;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    int good = 1;
    if (count != 2) return 2;
    options.layers = 2;
    options.bias_scale = 1;
    TRY(ntk_context_create(&context, NULL));
    TRY(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    TRY(ntk_kernel_create_infinite(context, &kernel, relu, &options));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) good &= check_set(context, kernel, arguments[1], names[i]);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    ntk_context_destroy(context);
    return !good;
}
