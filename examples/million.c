/* Learns from more samples than memory holds: they come from a generator, or from a file of numbers that is read as it is needed, and a
 * Nystroem model of some of them as centres keeps what it needs of the others.
 * cc million.c command.c progress.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#define _POSIX_C_SOURCE 200809L

#include "command.h"
#include "splitmix.h"

#include <getopt.h>
#include <math.h>
#include <ntk/ntk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INPUTS = 8, TEST = 2000 };
static const double NOISE = 0.1;

typedef struct settings {
    const char *file;
    int64_t samples, centres;
    double lambda;
} settings;

static const char help[] =
    "Usage: million [FILE] [options]\n"
    "Learns from as many samples as there are, with the kernel of an infinitely wide ReLU network at some centres.\n"
    "\n"
    "FILE has a sample a line: numbers with commas between them, the last of which is to be predicted. Without it a generator\n"
    "makes samples of 8 inputs, with noise of mean square 0.0033.\n"
    "\n"
    "  -n, --samples N  learn from the first N samples (of a file all; of the generator 1000000)\n"
    "  -m, --centres M  samples that become centres (1024); time grows by M^2 a sample, memory by M^2\n"
    "  -l, --lambda L   ridge penalty (0.1)\n"
    "  -h, --help       print this and exit\n";

static void parse_arguments(settings *s, int count, char **arguments)
{
    static const struct option options[] = {{"samples", required_argument, NULL, 'n'},
                                            {"centres", required_argument, NULL, 'm'},
                                            {"lambda", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    *s = (settings){.centres = 1024, .lambda = 0.1};
    while ((option = getopt_long(count, arguments, "n:m:l:h", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            s->samples = command_count("--samples", optarg, 1);
            break;
        case 'm':
            s->centres = command_count("--centres", optarg, 1);
            break;
        case 'l':
            s->lambda = command_number("--lambda", optarg);
            break;
        default:
            command_other(option, help);
        }
    }
    if (optind < count - 1) {
        fputs("million: expected one file at most (--help says more)\n", stderr);
        exit(EXIT_USAGE);
    }
    s->file = arguments[optind];
    if (!s->file && !s->samples) s->samples = 1000000;
}

/* --- samples of a generator: any of them can be made at any time --- */

/* Number index of a sequence, uniform in (-1, 1). */
static double uniform(int64_t index)
{
    uint64_t state = (uint64_t)index * SPLITMIX_STEP;
    return (double)(int64_t)(splitmix_next(&state) >> 11) * 0x1p-52 - 1;
}

static void make_sample(int64_t i, double *x, double *y)
{
    for (int64_t k = 0; k < INPUTS; k++) x[k] = uniform(i * (INPUTS + 1) + k);
    *y = sin(2 * x[0] + x[1]) + x[2] * x[3] + fabs(x[4]) + NOISE * uniform(i * (INPUTS + 1) + INPUTS);
}

static int64_t generate(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    (void)user;
    for (int64_t i = 0; i < x->rows; i++)
        make_sample(first + i, (double *)x->data + i * x->stride, (double *)y->data + i * y->stride);
    return x->rows;
}

/* --- samples of a file --- */

typedef struct reader {
    const char *path;
    FILE *file;
    char *line;
    size_t size;
    int64_t number; /* of the line, counted from 1 */
} reader;

/* Columns of a line. */
static int64_t columns_of(const char *line)
{
    int64_t columns = 1;
    for (; *line; line++) columns += *line == ',';
    return columns;
}

/* What is wrong with the file; the library then says that reading it failed. */
static int64_t refuse(const reader *r, const char *expected)
{
    fprintf(stderr, "million: %s:%lld: expected %s\n", r->path, (long long)r->number, expected);
    return -1;
}

/* 1, or 0 at the end, or -1 for a line that is no sample. */
static int64_t read_line(reader *r, double *x, int64_t inputs, double *y)
{
    if (getline(&r->line, &r->size, r->file) < 0) return ferror(r->file) ? refuse(r, "a file that can be read") : 0;
    char *at = r->line, *stop;
    r->number++;
    for (int64_t k = 0; k <= inputs; k++) {
        double value = strtod(at, &stop);
        if (stop == at || !(*stop == ',' || (k == inputs && (*stop == '\n' || *stop == '\r' || !*stop))))
            return refuse(r, "numbers with commas between them, as many as in the first line");
        at = stop + 1;
        *(k < inputs ? x + k : y) = value;
    }
    return 1;
}

/* A pass begins at sample 0, and goes on where the last batch ended. */
static int64_t read_file(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    reader *r = user;
    if (first == 0) {
        rewind(r->file);
        r->number = 0;
    }
    for (int64_t i = 0; i < x->rows; i++) {
        int64_t found = read_line(r, (double *)x->data + i * x->stride, x->cols, (double *)y->data + i * y->stride);
        if (found < 1) return found < 0 ? found : i;
    }
    return x->rows;
}

static void open_reader(reader *r, ntk_sample_stream *stream)
{
    r->file = fopen(r->path, "r");
    if (!r->file || getline(&r->line, &r->size, r->file) < 0) {
        fprintf(stderr, "million: %s cannot be read, or is empty\n", r->path);
        exit(EXIT_FAILURE);
    }
    stream->inputs = columns_of(r->line) - 1;
    if (stream->inputs < 1) command_fail("the file has one column, expected inputs and a target");
    stream->read = read_file;
    stream->user = r;
}

/* --- the model --- */

static ntk_kernel *kernel_of(ntk_context *context, progress_line *progress)
{
    ntk_activation *relu;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.bias_scale = 1;
    command_check(ntk_activation_create(context, &relu, NTK_RELU, NULL), progress);
    command_check(ntk_kernel_create_infinite(context, &kernel, relu, &options), progress);
    ntk_activation_destroy(relu);
    return kernel;
}

/* Mean square error on samples of the generator that were not learnt. */
static double test_error(const ntk_ridge *ridge, int64_t first, progress_line *progress)
{
    static double x[TEST * INPUTS], y[TEST], f[TEST];
    double sum = 0;
    for (int64_t i = 0; i < TEST; i++) make_sample(first + i, x + i * INPUTS, y + i);
    ntk_matrix points = ntk_matrix_const_f64(x, TEST, INPUTS), out = ntk_matrix_f64(f, TEST, 1);
    command_check(ntk_ridge_predict(ridge, &out, &points), progress);
    for (int64_t i = 0; i < TEST; i++) sum += (f[i] - y[i]) * (f[i] - y[i]) / TEST;
    return sum;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void print_model(const ntk_ridge *ridge, const settings *s, double took, progress_line *progress)
{
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_nystroem_report about = NTK_INIT(ntk_nystroem_report);
    command_check(ntk_ridge_summary(ridge, &report), progress);
    command_check(ntk_ridge_nystroem_summary(ridge, &about), progress);
    printf("%lld samples of %lld inputs, %lld centres: %.2f s, %.1f MB held\n", (long long)report.samples,
           (long long)report.inputs, (long long)about.centres, took, (double)report.memory / 1e6);
    printf("the kernel's diagonal: %.3g of it left out in the mean, %.3g at most\n", about.mean_rest / about.mean_diagonal,
           about.largest_rest / about.mean_diagonal);
    printf("mean square error, estimated by cross-validation: %.6g\n", about.gcv);
    if (!s->file) printf("mean square error on %d other samples: %.6g\n", TEST, test_error(ridge, s->samples, progress));
}

int main(int count, char **arguments)
{
    settings s;
    progress_line progress;
    reader file = {0};
    ntk_context *context;
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_nystroem_options centres = NTK_INIT(ntk_nystroem_options);
    ntk_sample_stream stream = NTK_INIT(ntk_sample_stream);
    ntk_ridge *ridge;
    command_begin("million");
    parse_arguments(&s, count, arguments);
    progress_begin(&progress);
    options.progress = progress_report;
    options.progress_user = &progress;
    command_check(ntk_context_create(&context, &options), &progress);
    stream.inputs = INPUTS;
    stream.targets = 1;
    stream.samples = s.samples;
    stream.read = generate;
    file.path = s.file;
    if (s.file) open_reader(&file, &stream);
    centres.count = s.centres;
    centres.intercept = 1;
    ntk_kernel *kernel = kernel_of(context, &progress);
    progress_part(&progress, "fit");
    double start = seconds();
    command_check(ntk_ridge_create_nystroem_stream(context, &ridge, kernel, &stream, s.lambda, &centres), &progress);
    double took = seconds() - start;
    progress_end(&progress);
    print_model(ridge, &s, took, &progress);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    if (file.file) fclose(file.file);
    free(file.line);
    return EXIT_SUCCESS;
}
