/* Handwritten digits by ridge regression with the kernel K^NT of an infinitely wide ReLU network.
 * cc mnist.c digits.c idx.c file.c command.c progress.c $(pkg-config --cflags --libs ntk) -lz */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "digits.h"

#include <getopt.h>
#include <ntk/ntk.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct settings {
    const char *folder;
    int64_t train;
    double lambda;
    int32_t dtype;
} settings;

static const char help[] =
    "Usage: mnist FOLDER [options]\n"
    "Learns handwritten digits with the neural tangent kernel of an infinitely wide ReLU network, and counts the errors.\n"
    "\n"
    "FOLDER holds MNIST's four files, gzipped or not: train-images-idx3-ubyte, train-labels-idx1-ubyte,\n"
    "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, with or without .gz.\n"
    "\n"
    "  -n, --train N   learn from the first N training images (10000); N^2 / 2 numbers are held in memory\n"
    "  -l, --lambda L  ridge penalty (1e-4)\n"
    "  -f, --float     single precision: half the memory, twice as fast\n"
    "  -h, --help      print this and exit\n"
    "\n"
    "Pixels are divided by 255 and not centred. The targets are ten columns, 1 for the image's digit and 0 for the others;\n"
    "the prediction is the digit with the largest output.\n";

static void parse_arguments(settings *s, int count, char **arguments)
{
    static const struct option options[] = {{"train", required_argument, NULL, 'n'},
                                            {"lambda", required_argument, NULL, 'l'},
                                            {"float", no_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    *s = (settings){.train = 10000, .lambda = 1e-4, .dtype = NTK_F64};
    while ((option = getopt_long(count, arguments, "n:l:fh", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            s->train = command_count("--train", optarg, 1);
            break;
        case 'l':
            s->lambda = command_number("--lambda", optarg);
            break;
        case 'f':
            s->dtype = NTK_F32;
            break;
        default:
            command_other(option, help);
        }
    }
    s->folder = command_operand(count - optind, arguments + optind, "folder", help);
}

static void read_digits(digits *set, const char *folder, const char *prefix, int64_t most)
{
    char message[FILE_MESSAGE_SIZE];
    if (digits_read(set, folder, prefix, most, message)) command_fail(message);
}

static ntk_ridge *fit(ntk_context *context, const digits *train, const settings *s, progress_line *progress)
{
    ntk_activation *relu;
    ntk_kernel *kernel;
    ntk_ridge *ridge;
    double *y = calloc((size_t)(train->n * DIGITS), sizeof *y);
    if (!y) command_fail("not enough memory for the targets");
    for (int64_t i = 0; i < train->n; i++) y[i * DIGITS + train->labels.values[i]] = 1;
    ntk_matrix X = ntk_matrix_const_f64(train->x, train->n, train->d), Y = ntk_matrix_const_f64(y, train->n, DIGITS);

    ntk_kernel_options kernel_options = NTK_INIT(ntk_kernel_options);
    kernel_options.part = NTK_PART_NT;
    command_check(ntk_activation_create(context, &relu, NTK_RELU, NULL), progress);
    command_check(ntk_kernel_create_infinite(context, &kernel, relu, &kernel_options), progress);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.storage = NTK_STORAGE_PACKED;
    options.dtype = s->dtype;
    options.borrow = 1;
    progress_part(progress, "learning from %lld images", (long long)train->n);
    command_check(ntk_ridge_create(context, &ridge, kernel, &X, &Y, s->lambda, &options), progress);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(relu);
    free(y);
    return ridge;
}

/* Counts the predictions of each digit for each. */
static void count_predictions(const ntk_ridge *ridge, const digits *test, progress_line *progress,
                              int64_t counts[DIGITS][DIGITS])
{
    double *output = calloc((size_t)(test->n * DIGITS), sizeof *output);
    if (!output) command_fail("not enough memory for the predictions");
    ntk_matrix X = ntk_matrix_const_f64(test->x, test->n, test->d), Output = ntk_matrix_f64(output, test->n, DIGITS);
    progress_part(progress, "reading %lld images", (long long)test->n);
    command_check(ntk_ridge_predict(ridge, &Output, &X), progress);
    for (int64_t i = 0; i < test->n; i++) {
        const double *row = output + i * DIGITS;
        int largest = 0;
        for (int k = 1; k < DIGITS; k++)
            if (row[k] > row[largest]) largest = k;
        counts[test->labels.values[i]][largest]++;
    }
    free(output);
}

static void print_counts(int64_t n, int64_t counts[DIGITS][DIGITS])
{
    int64_t right = 0;
    for (int k = 0; k < DIGITS; k++) right += counts[k][k];
    printf("test error: %.2f %% (%lld of %lld)\n\n", 100 * (double)(n - right) / (double)n, (long long)(n - right),
           (long long)n);
    printf("digit   read as\n     ");
    for (int k = 0; k < DIGITS; k++) printf(" %5d", k);
    putchar('\n');
    for (int i = 0; i < DIGITS; i++) {
        printf("%5d", i);
        for (int k = 0; k < DIGITS; k++) printf(" %5lld", (long long)counts[i][k]);
        putchar('\n');
    }
}

int main(int count, char **arguments)
{
    settings s;
    digits train, test;
    progress_line progress;
    int64_t counts[DIGITS][DIGITS] = {{0}};
    command_begin("mnist");
    parse_arguments(&s, count, arguments);
    read_digits(&train, s.folder, "train", s.train);
    read_digits(&test, s.folder, "t10k", INT64_MAX);
    if (train.d != test.d) command_fail("the training and the test images differ in size");

    ntk_context *context;
    ntk_context_options options = NTK_INIT(ntk_context_options);
    options.progress = progress_report;
    options.progress_user = &progress;
    progress_begin(&progress);
    command_check(ntk_context_create(&context, &options), &progress);
    printf("%lld training images, %lld test images of %lld pixels; K^NT of ReLU, lambda %g, %s precision\n", (long long)train.n,
           (long long)test.n, (long long)train.d, s.lambda, s.dtype == NTK_F32 ? "single" : "double");
    fflush(stdout);
    ntk_ridge *ridge = fit(context, &train, &s, &progress);
    count_predictions(ridge, &test, &progress, counts);
    progress_end(&progress);
    print_counts(test.n, counts);
    ntk_ridge_destroy(ridge);
    ntk_context_destroy(context);
    digits_free(&test);
    digits_free(&train);
    return EXIT_SUCCESS;
}
