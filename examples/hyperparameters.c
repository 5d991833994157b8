/* Chooses by the data how much each column of a CSV file matters, the scales of a kernel and lambda, in one call, and says what
 * that is worth on samples that were not looked at.
 * cc hyperparameters.c csv.c file.c command.c progress.c samples.c splitmix.c $(pkg-config --cflags --libs ntk) -lz -lm */
#include "command.h"
#include "samples.h"

#include <getopt.h>
#include <math.h>
#include <ntk/ntk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_SHARE = 5, LAYER_SCALES = 4, BAR = 30 };

typedef struct settings {
    const char *file, *target;
    int64_t subset, restarts;
    uint64_t seed;
    int32_t criterion;
} settings;

static const char help[] =
    "Usage: hyperparameters FILE [options]\n"
    "Ridge regression whose kernel is fitted to the data: one scale for each input, those of a network, and lambda.\n"
    "\n"
    "FILE is a table of numbers: fields separated by commas, semicolons or tabs; with or without a header; gzipped or not.\n"
    "\n"
    "  -t, --target COLUMN  what to predict: a column's name or number, from 1 (the last column)\n"
    "  -o, --leave-one-out  choose by the leave-one-out error, not by the evidence\n"
    "  -m, --subset M       choose by M of the training samples; the model is fitted to all (500)\n"
    "  -r, --restarts R     further starts of the search, from random scales (1)\n"
    "  -s, --seed S         of the split, the restarts and the subset (1)\n"
    "  -h, --help           print this and exit\n"
    "\n"
    "The kernel is that of an infinitely wide ReLU network with a bias, K^RF + K^NT, of inputs that have scales of their own. A\n"
    "fifth of the samples tests. Inputs and target are standardised by the others.\n";

static void parse_arguments(settings *s, int count, char **arguments)
{
    static const struct option options[] = {{"target", required_argument, NULL, 't'},
                                            {"leave-one-out", no_argument, NULL, 'o'},
                                            {"subset", required_argument, NULL, 'm'},
                                            {"restarts", required_argument, NULL, 'r'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    *s = (settings){.subset = 500, .restarts = 1, .seed = 1, .criterion = NTK_CRITERION_EVIDENCE};
    while ((option = getopt_long(count, arguments, "t:om:r:s:h", options, NULL)) != -1) {
        switch (option) {
        case 't':
            s->target = optarg;
            break;
        case 'o':
            s->criterion = NTK_CRITERION_LOO;
            break;
        case 'm':
            s->subset = command_count("--subset", optarg, 0);
            break;
        case 'r':
            s->restarts = command_count("--restarts", optarg, 0);
            break;
        case 's':
            s->seed = (uint64_t)command_count("--seed", optarg, 0);
            break;
        default:
            command_other(option, help);
        }
    }
    s->file = command_operand(count - optind, arguments + optind, "file", help);
}

/* --- data --- */

/* The first n samples learn, the rest tests. */
typedef struct data {
    int64_t all, n, d;
    double *x, *y;     /* standardised, in a random order */
    double mean, unit; /* of the target */
} data;

static void *array(int64_t count)
{
    void *memory = calloc((size_t)count, sizeof(double));
    if (!memory) command_fail("not enough memory");
    return memory;
}

/* Mean 0 and deviation 1 over the first n rows of a column. */
static void standardise(double *column, int64_t stride, int64_t all, int64_t n, double *mean, double *unit)
{
    double square = 0;
    *mean = 0;
    for (int64_t i = 0; i < n; i++) *mean += column[i * stride] / (double)n;
    for (int64_t i = 0; i < n; i++) square += pow(column[i * stride] - *mean, 2) / (double)n;
    *unit = square > 0 ? sqrt(square) : 1;
    for (int64_t i = 0; i < all; i++) column[i * stride] = (column[i * stride] - *mean) / *unit;
}

static data make_data(const csv_table *table, int64_t target, uint64_t seed)
{
    int64_t rows = table->rows, d = table->cols - 1;
    data made = {.all = rows, .n = rows - rows / TEST_SHARE, .d = d, .x = array(rows * d), .y = array(rows)};
    double *x = array(rows * d), *y = array(rows), mean, unit;
    int64_t *order = array(rows);
    samples_split(table, target, x, y);
    samples_shuffle(order, rows, seed);
    for (int64_t i = 0; i < rows; i++) {
        memcpy(made.x + i * d, x + order[i] * d, (size_t)d * sizeof *x);
        made.y[i] = y[order[i]];
    }
    for (int64_t k = 0; k < d; k++) standardise(made.x + k, d, rows, made.n, &mean, &unit);
    standardise(made.y, 1, rows, made.n, &made.mean, &made.unit);
    free(order);
    free(y);
    free(x);
    return made;
}

/* --- the kernel, the search, and what it is worth --- */

static ntk_kernel *make_kernel(ntk_context *context, int64_t d, progress_line *progress)
{
    ntk_activation *relu;
    ntk_kernel *base, *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    double *ones = array(d);
    ntk_matrix scales = ntk_matrix_f64(ones, 1, d);
    for (int64_t k = 0; k < d; k++) ones[k] = 1;
    options.bias_scale = 1;
    command_check(ntk_activation_create(context, &relu, NTK_RELU, NULL), progress);
    command_check(ntk_kernel_create_infinite(context, &base, relu, &options), progress);
    command_check(ntk_kernel_create_ard(context, &kernel, base, &scales), progress);
    ntk_kernel_destroy(base);
    ntk_activation_destroy(relu);
    free(ones);
    return kernel;
}

/* Of the samples that test, in the target's unit. */
static double test_error(const data *of, const ntk_ridge *ridge, progress_line *progress)
{
    int64_t m = of->all - of->n;
    double *prediction = array(m), sum = 0;
    ntk_matrix X = ntk_matrix_const_f64(of->x + of->n * of->d, m, of->d), Y = ntk_matrix_f64(prediction, m, 1);
    command_check(ntk_ridge_predict(ridge, &Y, &X), progress);
    for (int64_t i = 0; i < m; i++) sum += pow(prediction[i] - of->y[of->n + i], 2);
    free(prediction);
    return of->unit * sqrt(sum / (double)m);
}

static void print_row(const char *name, const data *of, const ntk_ridge *ridge, progress_line *progress)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    double error = test_error(of, ridge, progress);
    command_check(ntk_ridge_summary(ridge, &report), progress);
    progress_end(progress);
    printf("%-12s %14.1f %12.3g %12.4g\n", name, report.log_evidence, report.lambda, error);
}

/* The inputs' scales with bars, then the layers'. */
static void print_scales(const csv_table *table, int64_t target, const double *scales, int64_t d)
{
    static const char *const layer[LAYER_SCALES] = {"weight scale", "bias scale", "output weight scale", "output bias scale"};
    double largest = 0;
    for (int64_t k = 0; k < d; k++) largest = fmax(largest, fabs(scales[k]));
    for (int64_t k = 0; k < d; k++) {
        int64_t column = k + (k >= target);
        int bar = (int)(BAR * fabs(scales[k]) / largest + 0.5);
        char number[32];
        snprintf(number, sizeof number, "column %lld", (long long)column + 1);
        printf("  %-20s %10.4g  %.*s\n", table->names ? table->names[column] : number, fabs(scales[k]), bar,
               "##############################");
    }
    for (int k = 0; k < LAYER_SCALES; k++) printf("  %-20s %10.4g\n", layer[k], scales[d + k]);
}

static void search(const settings *s, const data *of, const csv_table *table, int64_t target, progress_line *progress)
{
    ntk_context *context;
    ntk_kernel *chosen;
    ntk_ridge *before, *after;
    ntk_context_options own = NTK_INIT(ntk_context_options);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    const double lambda = 0.1;
    double *scales = array(of->d + LAYER_SCALES), *held = array(of->d + LAYER_SCALES + 1);
    ntk_matrix X = ntk_matrix_const_f64(of->x, of->n, of->d), Y = ntk_matrix_const_f64(of->y, of->n, 1);
    ntk_matrix Scales = ntk_matrix_f64(scales, of->d + LAYER_SCALES, 1),
               Held = ntk_matrix_f64(held, of->d + LAYER_SCALES + 1, 1);
    own.progress = progress_report;
    own.progress_user = progress;
    command_check(ntk_context_create(&context, &own), progress);
    ntk_kernel *kernel = make_kernel(context, of->d, progress);
    progress_part(progress, "fit");
    command_check(ntk_ridge_create(context, &before, kernel, &X, &Y, lambda, NULL), progress);

    held[of->d] = held[of->d + 1] = 1; /* all scales together are worth what the output's is: those of the layer stay */
    options.held = &Held;
    options.subset = s->subset;
    options.restarts = s->restarts;
    options.seed = s->seed;
    progress_part(progress, "search");
    command_check(ntk_ridge_optimise(context, &after, &chosen, &report, kernel, &X, &Y, lambda, s->criterion, &options),
                  progress);
    command_check(ntk_kernel_scale_values(chosen, &Scales), progress);
    progress_end(progress);

    printf("%-12s %14s %12s %12s\n", "", "log evidence", "lambda", "test RMSE");
    print_row("as given", of, before, progress);
    print_row("chosen", of, after, progress);
    printf("\n%s on %lld samples: %.6g at first, %.6g at the best of %lld starts;\n"
           "%lld evaluations, %lld converged, %d of %lld numbers at a bound\n\n",
           s->criterion == NTK_CRITERION_LOO ? "leave-one-out mean square" : "log evidence", (long long)report.samples,
           report.first, report.best, (long long)report.starts, (long long)report.evaluations, (long long)report.converged,
           (int)report.at_bounds, (long long)report.free);
    print_scales(table, target, scales, of->d);
    ntk_ridge_destroy(after);
    ntk_ridge_destroy(before);
    ntk_kernel_destroy(chosen);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    free(held);
    free(scales);
}

int main(int count, char **arguments)
{
    settings s;
    csv_table table;
    progress_line progress;
    char message[FILE_MESSAGE_SIZE];
    command_begin("hyperparameters");
    parse_arguments(&s, count, arguments);
    if (csv_read(&table, s.file, message)) command_fail(message);
    int64_t target = s.target ? csv_column(&table, s.target) : table.cols - 1;
    if (target < 0) command_misuse("--target", s.target, "the name or number of a column");
    if (table.cols < 2) command_fail("the file has one column, expected inputs and a target");
    if (table.rows < 2 * TEST_SHARE) command_fail("the file has too few samples, expected ten");
    data of = make_data(&table, target, s.seed);
    progress_begin(&progress);
    printf("%s: %lld samples to learn from, %lld to test; %lld inputs\n\n", s.file, (long long)of.n, (long long)(of.all - of.n),
           (long long)of.d);
    search(&s, &of, &table, target, &progress);
    free(of.x);
    free(of.y);
    csv_free(&table);
    return EXIT_SUCCESS;
}
