/* Figure 1b: networks fit labels that were corrupted, and kernels do so too (Zhang, Bengio, Hardt, Recht and Vinyals 2017; Belkin, Ma and
 * Mandal 2018).  Errors in training and on other samples, by how many labels were replaced by random ones, of a wide ReLU network, of
 * its linearization, which is trained alike, and of its kernel.
 * cc corruption.c figure.c ../command.c ../common.c ../csv.c ../digits.c ../file.c ../idx.c ../progress.c ../samples.c ../splitmix.c \
 *     $(pkg-config --cflags --libs ntk) -lz -lm */
#include "../common.h"
#include "../digits.h"
#include "../samples.h"
#include "figure.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SHARES = 5, MOST_DRAWS = 10, MOST_IMAGES = 5000, MOST_TESTS = 1000, SEED = 1 };
enum { NETWORK = 0, LINEARIZED = 1, KERNEL = 2, MODELS = 3 };
enum { TRAIN = 0, TEST = 1, SETS = 2 };
static const double shares[SHARES] = {0, 0.25, 0.5, 0.75, 1};
static const char *const series[MODELS] = {"network", "linearized", "kernel"};

static const char help[] =
    "Usage: corruption [--quick] DATA CSV\n"
    "Trains a network, its linearization and its kernel on labels of which 0 to 100 % are random.\n"
    "DATA: a folder with MNIST's training files, or a CSV file whose last column is to be told above its median or not.\n"
    "CSV: a file for series, the share of labels replaced, and errors in training (of the labels given) and on other samples, in %.\n";

/* Inputs as rows, centred, a constant one behind them, and classes. */
typedef struct data_set {
    int64_t n, d, classes;
    double *x, *label;
} data_set;

/* The sizes of the picture, and the samples of one draw; the labels given are those of the set, or random ones. */
typedef struct task {
    figure f;
    data_set all;
    ntk_activation *relu;
    ntk_kernel *kernel;
    int64_t train, test, hidden, steps, draws;
    double *x[SETS], *label[SETS], *given, *wanted, *outputs, *chance;
    double errors[MODELS][SHARES][SETS][MOST_DRAWS];
} task;

/* --- data --- */

static void allocate(figure *f, data_set *set, int64_t n, int64_t d, int64_t classes)
{
    *set = (data_set){n, d, classes, figure_room(f, n * d), figure_room(f, n)};
}

/* Images, each four pixels' mean as one. */
static void read_images(figure *f, data_set *set)
{
    digits images;
    char message[FILE_MESSAGE_SIZE];
    if (digits_read(&images, f->data, "train", MOST_IMAGES, message)) figure_fail(f, "%s", message);
    int64_t lines = images.d / images.width / 2, width = images.width / 2;
    allocate(f, set, images.n, lines * width + 1, DIGITS);
    for (int64_t i = 0; i < set->n; i++) {
        set->label[i] = images.labels.values[i];
        for (int64_t k = 0; k < lines * width; k++) {
            const double *at = images.x + i * images.d + k / width * 2 * images.width + k % width * 2;
            set->x[i * set->d + k] = (at[0] + at[1] + at[images.width] + at[images.width + 1]) / 4;
        }
    }
    digits_free(&images);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A table's rows, and whether their last column is above its median. */
static void read_table(figure *f, data_set *set)
{
    csv_table table;
    char message[FILE_MESSAGE_SIZE];
    if (csv_read(&table, f->data, message)) figure_fail(f, "%s", message);
    int64_t n = table.rows, d = table.cols - 1;
    if (d < 1) figure_fail(f, "%s: one column, expected more", f->data);
    double *inputs = figure_room(f, n * d), *target = figure_room(f, n), *sorted = figure_room(f, n);
    samples_split(&table, d, inputs, target);
    for (int64_t i = 0; i < n; i++) sorted[i] = target[i];
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    allocate(f, set, n, d + 1, 2);
    for (int64_t i = 0; i < n; i++) {
        set->label[i] = target[i] > sorted[n / 2];
        for (int64_t k = 0; k < d; k++) set->x[i * set->d + k] = inputs[i * d + k];
    }
    free(inputs);
    free(target);
    free(sorted);
    csv_free(&table);
}

/* Centres the columns and scales them to a mean square of 1: each by its own deviation, or all by one. */
static void normalise(data_set *set, int together)
{
    double all = 0;
    for (int64_t k = 0; k < set->d - 1; k++) {
        double mean = 0, *column = set->x + k;
        if (!together) {
            samples_standardise(column, set->n, set->d);
            continue;
        }
        for (int64_t i = 0; i < set->n; i++) mean += column[i * set->d] / (double)set->n;
        for (int64_t i = 0; i < set->n; i++) {
            column[i * set->d] -= mean;
            all += column[i * set->d] * column[i * set->d] / (double)(set->n * (set->d - 1));
        }
    }
    for (int64_t i = 0; all > 0 && i < set->n * set->d; i++) set->x[i] /= sqrt(all);
    for (int64_t i = 0; i < set->n; i++) set->x[(i + 1) * set->d - 1] = 1;
}

static void read_data(figure *f, data_set *set)
{
    struct stat about;
    int images = !stat(f->data, &about) && S_ISDIR(about.st_mode);
    if (images)
        read_images(f, set);
    else
        read_table(f, set);
    normalise(set, images);
}

/* Takes other samples for training and for the test, and draws which labels are replaced first, and by which. */
static void draw_samples(task *t, uint64_t seed)
{
    int64_t *order = malloc((size_t)t->all.n * sizeof *order);
    if (!order) figure_fail(&t->f, "no memory for an order of %lld samples", (long long)t->all.n);
    samples_shuffle(order, t->all.n, seed);
    for (int64_t i = 0; i < t->train + t->test; i++) {
        int set = i < t->train ? TRAIN : TEST;
        int64_t row = i < t->train ? i : i - t->train;
        t->label[set][row] = t->all.label[order[i]];
        for (int64_t k = 0; k < t->all.d; k++) t->x[set][row * t->all.d + k] = t->all.x[order[i] * t->all.d + k];
    }
    uint64_t other = ~seed;
    for (int64_t i = 0; i < 2 * t->train; i++) t->chance[i] = common_uniform(&other);
    free(order);
}

/* The labels given, and what the models are to say: 1 - 1/m of the sample's class, and -1/m of the others. */
static void corrupt(task *t, double share)
{
    int64_t m = t->all.classes;
    for (int64_t i = 0; i < t->train; i++) {
        int replaced = t->chance[2 * i] < share;
        t->given[i] = replaced ? floor(t->chance[2 * i + 1] * (double)m) : t->label[TRAIN][i];
        for (int64_t k = 0; k < m; k++) t->wanted[i * m + k] = ((double)k == t->given[i]) - 1 / (double)m;
    }
}

/* --- models --- */

/* The share of rows, in %, whose largest output is not their label's. */
static double missed(const double *outputs, const double *label, int64_t n, int64_t classes)
{
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t most = 0;
        for (int64_t k = 1; k < classes; k++)
            if (outputs[i * classes + k] > outputs[i * classes + most]) most = k;
        wrong += (double)most != label[i];
    }
    return 100 * (double)wrong / (double)n;
}

static ntk_matrix inputs_of(const task *t, int set)
{
    return ntk_matrix_const_f64(t->x[set], set == TRAIN ? t->train : t->test, t->all.d);
}

static void train_network(task *t, int linearized, int64_t draw, double errors[SETS])
{
    ntk_network *network;
    ntk_training *training;
    ntk_network_options shape = NTK_INIT(ntk_network_options);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_matrix X = inputs_of(t, TRAIN), Y = ntk_matrix_const_f64(t->wanted, t->train, t->all.classes);
    shape.inputs = t->all.d;
    shape.hidden = t->hidden;
    shape.outputs = t->all.classes;
    shape.antisymmetric = 1; /* f = 0 at the start */
    shape.parameterization = NTK_PARAM_STANDARDISED;
    shape.seed = SEED + (uint64_t)draw;
    options.method = NTK_TRAINING_NESTEROV;
    options.momentum = 0.95;
    options.schedule = NTK_SCHEDULE_SPECTRAL;
    options.step = 0.25;
    options.dtype = NTK_F32;
    options.linearized = linearized;
    figure_check(&t->f, ntk_network_create(t->f.context, &network, t->relu, &shape));
    figure_check(&t->f, ntk_training_create(t->f.context, &training, network, &X, &Y, &options));
    ntk_status status = ntk_training_run(training, NULL, t->steps);
    figure_check(&t->f, status);
    if (status == NTK_NOTE_DIVERGED) figure_fail(&t->f, "a training of the %s diverged", series[linearized]);
    for (int set = 0; set < SETS; set++) {
        ntk_matrix Z = inputs_of(t, set), Out = ntk_matrix_f64(t->outputs, Z.rows, t->all.classes);
        figure_check(&t->f, ntk_training_predict(training, &Out, &Z));
        errors[set] = missed(t->outputs, set == TRAIN ? t->given : t->label[TEST], Z.rows, t->all.classes);
    }
    ntk_training_destroy(training);
    ntk_network_destroy(network);
}

static void fit_kernel(task *t, double errors[SETS])
{
    ntk_ridge *ridge;
    ntk_matrix X = inputs_of(t, TRAIN), Y = ntk_matrix_const_f64(t->wanted, t->train, t->all.classes);
    /* next to nothing, for samples that are there twice */
    figure_check(&t->f, ntk_ridge_create(t->f.context, &ridge, t->kernel, &X, &Y, 1e-5, NULL));
    for (int set = 0; set < SETS; set++) {
        ntk_matrix Z = inputs_of(t, set), Out = ntk_matrix_f64(t->outputs, Z.rows, t->all.classes);
        figure_check(&t->f, ntk_ridge_predict(ridge, &Out, &Z));
        errors[set] = missed(t->outputs, set == TRAIN ? t->given : t->label[TEST], Z.rows, t->all.classes);
    }
    ntk_ridge_destroy(ridge);
}

static void measure(task *t, int64_t draw)
{
    draw_samples(t, SEED + (uint64_t)draw);
    for (int s = 0; s < SHARES; s++) {
        corrupt(t, shares[s]);
        for (int model = 0; model < MODELS; model++) {
            double errors[SETS];
            figure_part(&t->f, "draw %d of %d, %g %% random labels: %s", (int)draw + 1, (int)t->draws, 100 * shares[s],
                        series[model]);
            if (model == KERNEL)
                fit_kernel(t, errors);
            else
                train_network(t, model == LINEARIZED, draw, errors);
            for (int set = 0; set < SETS; set++) t->errors[model][s][set][draw] = errors[set];
        }
    }
}

/* --- the whole --- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void begin(task *t)
{
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    read_data(&t->f, &t->all);
    int images = t->all.classes == DIGITS;
    t->train = least(t->f.quick ? 100 : 400, t->all.n / 2);
    t->test = least(MOST_TESTS, t->all.n - t->train);
    t->hidden = t->f.quick ? 128 : 512;
    t->steps = t->f.quick ? 300 : images ? 500 : 2000;
    t->draws = t->f.quick ? 2 : MOST_DRAWS;
    if (t->train < 1) figure_fail(&t->f, "%s: expected at least two samples", t->f.data);
    for (int set = 0; set < SETS; set++) {
        int64_t n = set == TRAIN ? t->train : t->test;
        t->x[set] = figure_room(&t->f, n * t->all.d);
        t->label[set] = figure_room(&t->f, n);
    }
    t->given = figure_room(&t->f, t->train);
    t->wanted = figure_room(&t->f, t->train * t->all.classes);
    t->outputs = figure_room(&t->f, (t->train + t->test) * t->all.classes);
    t->chance = figure_room(&t->f, 2 * t->train);
    options.part = NTK_PART_BOTH;
    figure_check(&t->f, ntk_activation_create(t->f.context, &t->relu, NTK_RELU, NULL));
    figure_check(&t->f, ntk_kernel_create_infinite(t->f.context, &t->kernel, t->relu, &options));
}

static void write_errors(task *t)
{
    figure_columns(&t->f, "series,corrupted,train,train_se,test,test_se");
    for (int model = 0; model < MODELS; model++)
        for (int s = 0; s < SHARES; s++) {
            double error[SETS], mean[SETS];
            for (int set = 0; set < SETS; set++) mean[set] = figure_mean(t->errors[model][s][set], t->draws, &error[set]);
            figure_row(&t->f, "%s,%g,%.6g,%.6g,%.6g,%.6g", series[model], 100 * shares[s], mean[TRAIN], error[TRAIN],
                       mean[TEST], error[TEST]);
            printf("%-10s %3.0f %% random: %5.1f %% wrong in training, %4.1f +- %.1f %% of other samples\n", series[model],
                   100 * shares[s], mean[TRAIN], mean[TEST], error[TEST]);
        }
}

static void end(task *t)
{
    for (int set = 0; set < SETS; set++) {
        free(t->x[set]);
        free(t->label[set]);
    }
    free(t->given);
    free(t->wanted);
    free(t->outputs);
    free(t->chance);
    free(t->all.x);
    free(t->all.label);
    ntk_kernel_destroy(t->kernel);
    ntk_activation_destroy(t->relu);
    figure_end(&t->f);
}

int main(int argc, char **argv)
{
    static task t;
    figure_begin(&t.f, "corruption", 2, help, argc, argv);
    begin(&t);
    figure_note(&t.f, "%s: %lld samples in training, %lld others, %lld classes, %lld inputs", t.f.data, (long long)t.train,
                (long long)t.test, (long long)t.all.classes, (long long)t.all.d - 1);
    figure_note(&t.f, "N = %lld, %lld steps, %lld draws of samples, labels and weights, from seed %d on", (long long)t.hidden,
                (long long)t.steps, (long long)t.draws, SEED);
    for (int64_t draw = 0; draw < t.draws; draw++) measure(&t, draw);
    progress_end(&t.f.progress);
    write_errors(&t);
    end(&t);
    return EXIT_SUCCESS;
}
