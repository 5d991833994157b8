/* The error of kernel ridge regression on a CSV file, for the kernels of infinitely wide networks and of a finite one, beside
 * that of linear regression.
 * cc ridge_csv.c crossval.c csv.c file.c command.c progress.c samples.c splitmix.c $(pkg-config --cflags --libs ntk) -lz -lm */
#include "command.h"
#include "crossval.h"
#include "samples.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LAMBDAS = 64, METHODS = 5 };

typedef struct settings {
    const char *file, *target;
    int64_t folds, hidden;
    uint64_t seed;
    double lambdas[MOST_LAMBDAS];
    int64_t lambda_count;
} settings;

static const char help[] =
    "Usage: ridge_csv FILE [options]\n"
    "Cross-validated error of ridge regression, linear and with the kernels of a one-hidden-layer ReLU network.\n"
    "\n"
    "FILE is a table of numbers: fields separated by commas, semicolons or tabs; with or without a header; gzipped or not.\n"
    "\n"
    "  -t, --target COLUMN  what to predict: a column's name or number, from 1 (the last column)\n"
    "  -k, --folds K        number of folds (10)\n"
    "  -l, --lambda L[,L]   ridge penalty; the best of several is chosen in each fold (1e-4,1e-3,1e-2,1e-1,1,10,100)\n"
    "  -n, --hidden N       neurons of the finite network (64)\n"
    "  -s, --seed S         of the folds and the finite network (1)\n"
    "  -h, --help           print this and exit\n"
    "\n"
    "The methods: ridge regression on the inputs themselves (linear); with the kernel of an infinitely wide network whose output\n"
    "weights (K^RF), hidden weights (K^NT) or both are trained; with the features of a network of N neurons. All have an intercept.\n"
    "\n"
    "Inputs are standardised by the training samples of each fold, and get a constant 1 beside them, as a bias. Lambda is\n"
    "chosen on a fifth of the training samples that the other four fifths predict; the fold that tests is never looked at.\n";

static void parse_lambdas(settings *s, const char *text)
{
    const char *next = text;
    for (;;) {
        char *stop;
        double value = strtod(next, &stop);
        if (stop == next || (*stop && *stop != ',') || !isfinite(value) || value < 0 || s->lambda_count == MOST_LAMBDAS)
            command_misuse("--lambda", text, "up to 64 numbers that are not negative, with commas between them");
        s->lambdas[s->lambda_count++] = value;
        if (!*stop) return;
        next = stop + 1;
    }
}

static void parse_arguments(settings *s, int count, char **arguments)
{
    static const struct option options[] = {{"target", required_argument, NULL, 't'},
                                            {"folds", required_argument, NULL, 'k'},
                                            {"lambda", required_argument, NULL, 'l'},
                                            {"hidden", required_argument, NULL, 'n'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    *s = (settings){.folds = 10, .hidden = 64, .seed = 1};
    while ((option = getopt_long(count, arguments, "t:k:l:n:s:h", options, NULL)) != -1) {
        switch (option) {
        case 't':
            s->target = optarg;
            break;
        case 'k':
            s->folds = command_count("--folds", optarg, 2);
            break;
        case 'l':
            parse_lambdas(s, optarg);
            break;
        case 'n':
            s->hidden = command_count("--hidden", optarg, 1);
            break;
        case 's':
            s->seed = (uint64_t)command_count("--seed", optarg, 0);
            break;
        default:
            command_other(option, help);
        }
    }
    s->file = command_operand(count - optind, arguments + optind, "file", help);
    if (s->lambda_count) return;
    for (int power = -4; power <= 2; power++) s->lambdas[s->lambda_count++] = pow(10, power);
}

static double deviation(const double *y, int64_t n)
{
    double mean = 0, square = 0;
    for (int64_t i = 0; i < n; i++) mean += y[i] / (double)n;
    for (int64_t i = 0; i < n; i++) square += (y[i] - mean) * (y[i] - mean);
    return sqrt(square / (double)(n - 1));
}

/* The kernel of an infinitely wide network.  That of the identity's output weights is <x, x'> / d: linear regression. */
static ntk_kernel *infinite_kernel(ntk_context *context, int32_t activation_kind, int32_t part, progress_line *progress)
{
    ntk_activation *activation;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = part;
    command_check(ntk_activation_create(context, &activation, activation_kind, NULL), progress);
    command_check(ntk_kernel_create_infinite(context, &kernel, activation, &options), progress);
    ntk_activation_destroy(activation);
    return kernel;
}

/* The kernel of a finite network's features. */
static ntk_kernel *finite_kernel(ntk_context *context, int64_t inputs, const settings *s, progress_line *progress)
{
    ntk_activation *relu;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = inputs;
    options.hidden = s->hidden;
    options.seed = s->seed;
    command_check(ntk_activation_create(context, &relu, NTK_RELU, NULL), progress);
    command_check(ntk_network_create(context, &network, relu, &options), progress);
    command_check(ntk_features_create(context, &features, network, NTK_PART_BOTH), progress);
    command_check(ntk_kernel_create_finite(context, &kernel, features), progress);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(relu);
    return kernel;
}

/* Four significant digits of the error, and as many decimals of its standard error. */
static void print_row(const char *name, const cv_result *result)
{
    int decimals = result->rmse > 1e-5 ? 3 - (int)floor(log10(result->rmse)) : 8;
    if (decimals < 0) decimals = 0;
    printf("%-16s %10.*f %10.*f %8.3g   %lld %s\n", name, decimals, result->rmse, decimals, result->deviation, result->lambda,
           (long long)result->equations, result->primal ? "features (primal)" : "samples (dual)");
    fflush(stdout);
}

static void print_table(const cv_problem *problem, const settings *s)
{
    ntk_context *context = problem->context;
    progress_line *progress = problem->progress;
    const struct {
        const char *name;
        ntk_kernel *kernel;
    } methods[METHODS] = {
        {"linear", infinite_kernel(context, NTK_IDENTITY, NTK_PART_RF, progress)},
        {"K^RF", infinite_kernel(context, NTK_RELU, NTK_PART_RF, progress)},
        {"K^NT", infinite_kernel(context, NTK_RELU, NTK_PART_NT, progress)},
        {"K^RF + K^NT", infinite_kernel(context, NTK_RELU, NTK_PART_BOTH, progress)},
        {"finite network", finite_kernel(context, cv_inputs(problem), s, progress)},
    };
    printf("%-16s %10s %10s %8s   %s\n", "method", "RMSE", "std.err.", "lambda", "system solved");
    for (int i = 0; i < METHODS; i++) {
        cv_result result;
        command_check(cv_run(problem, methods[i].name, methods[i].kernel, &result), progress);
        progress_end(progress);
        print_row(methods[i].name, &result);
        ntk_kernel_destroy(methods[i].kernel);
    }
}

static void run(const settings *s, const csv_table *table, int64_t target)
{
    progress_line progress;
    int64_t n = table->rows, d = table->cols - 1;
    double *x = calloc((size_t)(n * d), sizeof *x), *y = calloc((size_t)n, sizeof *y);
    int64_t *order = calloc((size_t)n, sizeof *order);
    if (!x || !y || !order) command_fail("not enough memory");
    samples_split(table, target, x, y);
    samples_shuffle(order, n, s->seed);

    progress_begin(&progress);
    ntk_context *context;
    ntk_context_options options = NTK_INIT(ntk_context_options);
    options.progress = progress_report;
    options.progress_user = &progress;
    command_check(ntk_context_create(&context, &options), &progress);

    char number[32];
    snprintf(number, sizeof number, "column %lld", (long long)target + 1);
    printf("%s: %lld samples, %lld inputs; target: %s, standard deviation %.4g\n", s->file, (long long)n, (long long)d,
           table->names ? table->names[target] : number, deviation(y, n));
    printf("%lld folds, %s; %lld neurons in the finite network\n\n", (long long)s->folds,
           s->lambda_count == 1 ? "lambda as given" : "lambda chosen on a fifth of the training samples", (long long)s->hidden);
    cv_problem problem = {.context = context,
                          .progress = &progress,
                          .n = n,
                          .d = d,
                          .x = x,
                          .y = y,
                          .order = order,
                          .folds = s->folds,
                          .lambdas = s->lambdas,
                          .lambda_count = s->lambda_count};
    print_table(&problem, s);
    ntk_context_destroy(context);
    free(order);
    free(y);
    free(x);
}

int main(int count, char **arguments)
{
    settings s;
    csv_table table;
    char message[FILE_MESSAGE_SIZE];
    command_begin("ridge_csv");
    parse_arguments(&s, count, arguments);
    if (csv_read(&table, s.file, message)) command_fail(message);
    int64_t target = s.target ? csv_column(&table, s.target) : table.cols - 1;
    if (target < 0) command_misuse("--target", s.target, "the name or number of a column");
    if (table.cols < 2) command_fail("the file has one column, expected inputs and a target");
    if (table.rows < 2 * s.folds) {
        snprintf(message, sizeof message, "the file has %lld samples, expected at least two a fold", (long long)table.rows);
        command_fail(message);
    }
    run(&s, &table, target);
    csv_free(&table);
    return EXIT_SUCCESS;
}
