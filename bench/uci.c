/* Kernels of infinitely wide ReLU networks on regression data with fixed splits: K^RF, K^NT and their sum, one to three hidden layers,
 * with the scales and lambda that have the most evidence, and the error and density of the test rows.  bench/peers/uci calls it.
 *
 *     uci RESULTS UCI SET SPLITS EVALUATIONS SECONDS
 *     uci --plan UCI SET SPLITS EVALUATIONS
 *
 * UCI/SET: a folder as bench_split_read takes it, or UCI "-": random data.  Appends to the CSV file RESULTS a line for each kernel and
 * split that it lacks, and begins none after SECONDS.  A search computes the evidence EVALUATIONS times at most.  Of more than SUBSET
 * training rows the search takes a random SUBSET, the same for all kernels, and the fit takes all.
 * --plan: says what there is to do, and about how long it takes. */
#include "data.h"
#include "split.h"
#include "timing.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARTS = 3, DEPTHS = 3, SUBSET = 2000, KEY_SIZE = 200 };

/* The most numbers that a search may move: scales and lambda. */
enum { NUMBERS = 2 * DEPTHS + 3 };

static const double FIRST_LAMBDA = 0.01, LEAST_LAMBDA = 1e-7;

/* Of more samples the factor is packed.  In double precision, since data without noise choose a lambda that is nothing in single
 * precision. */
enum { PACKED_FROM = 20000 };

static const struct {
    const char *name;
    int32_t part;
} parts[PARTS] = {{"K^RF", NTK_PART_RF}, {"K^NT", NTK_PART_NT}, {"K^RF + K^NT", NTK_PART_BOTH}};

typedef struct task {
    const char *results, *set;
    char folder[1000];
    int64_t splits, evaluations;
    double until; /* on the clock */
    ntk_context *context;
} task;

/* Of one split.  rmse, nlpd  in the units of the target;  evidence  a training row;  fit  seconds of all that is not the search. */
typedef struct outcome {
    double rmse, nlpd, evidence, lambda, search, fit;
    int64_t evaluations;
} outcome;

static double now(void)
{
    struct timespec clock;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    return (double)clock.tv_sec + 1e-9 * (double)clock.tv_nsec;
}

/* --- the kernel, and its numbers --- */

/* Weights as usual for ReLU, so that samples keep their lengths from layer to layer; the other numbers are where the search starts. */
static ntk_kernel *make_kernel(ntk_context *context, int32_t part, int64_t layers)
{
    ntk_activation *relu;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = part;
    options.layers = layers;
    options.weight_scale = sqrt(2);
    options.bias_scale = 0.5;
    bench_check(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    bench_check(ntk_kernel_create_infinite(context, &kernel, relu, &options));
    ntk_activation_destroy(relu);
    return kernel;
}

/* Returns the kernel with the scales that have the most evidence on the training rows, and finds lambda.  Of a homogeneous activation
 * the weight scales say nothing that the biases and the output's scale don't: they stay. */
static ntk_kernel *search(const task *t, const bench_split *s, int32_t part, int64_t layers, outcome *o)
{
    double held[NUMBERS] = {0}, lower[NUMBERS] = {0}, start = now();
    int64_t numbers = 2 * layers + 3;
    for (int64_t l = 0; l < layers; l++) held[l] = 1;
    lower[numbers - 1] = LEAST_LAMBDA;
    ntk_matrix X = ntk_matrix_const_f64(s->x, s->n, s->d), Y = ntk_matrix_const_f64(s->y, s->n, 1);
    ntk_matrix Held = ntk_matrix_const_f64(held, numbers, 1), Lower = ntk_matrix_const_f64(lower, numbers, 1);
    ntk_optimise_options options = NTK_INIT(ntk_optimise_options);
    ntk_optimise_report report = NTK_INIT(ntk_optimise_report);
    ntk_kernel *kernel = make_kernel(t->context, part, layers), *scaled;
    options.held = &Held;
    options.lower = &Lower;
    options.max_evaluations = t->evaluations;
    options.subset = s->n > SUBSET ? SUBSET : 0;
    options.seed = 1;
    bench_check(
        ntk_ridge_optimise(t->context, NULL, &scaled, &report, kernel, &X, &Y, FIRST_LAMBDA, NTK_CRITERION_EVIDENCE, &options));
    ntk_kernel_destroy(kernel);
    o->lambda = report.lambda;
    o->evidence = report.best / (double)report.samples;
    o->evaluations = report.evaluations;
    o->search = now() - start;
    return scaled;
}

/* --- the fit, and the test rows --- */

static ntk_ridge *fit(const task *t, const bench_split *s, const ntk_kernel *kernel, double lambda)
{
    ntk_matrix X = ntk_matrix_const_f64(s->x, s->n, s->d), Y = ntk_matrix_const_f64(s->y, s->n, 1);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge *ridge;
    options.method = NTK_RIDGE_DUAL;
    options.borrow = 1;
    options.precision = NTK_PRECISION_PLAIN;
    if (s->n > PACKED_FROM) options.storage = NTK_STORAGE_PACKED;
    bench_check(ntk_ridge_create(t->context, &ridge, kernel, &X, &Y, lambda, &options));
    return ridge;
}

static void judge(const ntk_ridge *ridge, const bench_split *s, outcome *o)
{
    double *mean = bench_allocate(s->m, NTK_F64), *variance = bench_allocate(s->m, NTK_F64), square = 0, density = 0;
    ntk_matrix X = ntk_matrix_const_f64(s->x_test, s->m, s->d);
    ntk_matrix Mean = ntk_matrix_f64(mean, s->m, 1), Variance = ntk_matrix_f64(variance, s->m, 1);
    bench_check(ntk_ridge_predict(ridge, &Mean, &X));
    bench_check(ntk_ridge_variance(ridge, &Variance, &X));
    for (int64_t i = 0; i < s->m; i++) {
        double v = variance[i] + o->lambda, r = s->y_test[i] - mean[i];
        square += r * r / (double)s->m;
        density += (log(6.283185307179586 * v) + r * r / v) / 2 / (double)s->m;
    }
    o->rmse = s->y_scale * sqrt(square);
    o->nlpd = density + log(s->y_scale);
    free(mean);
    free(variance);
}

/* --- the results --- */

static bool has_line(const char *path, const char *key)
{
    char line[1000];
    bool found = false;
    FILE *file = fopen(path, "r");
    while (file && !found && fgets(line, sizeof line, file)) found = strncmp(line, key, strlen(key)) == 0;
    if (file) fclose(file);
    return found;
}

static void append_line(const task *t, const char *key, const bench_split *s, const outcome *o)
{
    FILE *file = fopen(t->results, "a");
    if (!file) {
        fprintf(stderr, "%s: %s\n", t->results, strerror(errno));
        exit(EXIT_FAILURE);
    }
    fprintf(file, "%s%lld,%lld,%lld,%.8g,%.8g,%.8g,%.8g,%lld,%.3f,%.3f\n", key, (long long)s->n, (long long)s->m,
            (long long)s->d, o->rmse, o->nlpd, o->evidence, o->lambda, (long long)o->evaluations, o->search, o->fit);
    fclose(file);
    printf("%sRMSE %.4g, NLPD %.4g, lambda %.2g, %lld evaluations in %.1f s, fit and test %.1f s\n", key, o->rmse, o->nlpd,
           o->lambda, (long long)o->evaluations, o->search, o->fit);
    fflush(stdout);
}

/* Searches, fits and judges one kernel on one split, unless it has its line. */
static void run_split(const task *t, int64_t split, const char *name, int32_t part, int64_t layers)
{
    char key[KEY_SIZE];
    outcome o;
    snprintf(key, sizeof key, "%s,%lld,%s %lld,", t->set, (long long)split, name, (long long)layers);
    if (has_line(t->results, key)) return;
    bench_split s = bench_split_read(t->folder, split);
    ntk_kernel *kernel = search(t, &s, part, layers, &o);
    double start = now();
    ntk_ridge *ridge = fit(t, &s, kernel, o.lambda);
    judge(ridge, &s, &o);
    ntk_ridge_destroy(ridge);
    ntk_kernel_destroy(kernel);
    o.fit = now() - start;
    append_line(t, key, &s, &o);
    bench_split_free(&s);
}

static int run(task *t)
{
    bench_check(ntk_context_create(&t->context, NULL));
    for (int64_t layers = 1; layers <= DEPTHS; layers++)
        for (int p = 0; p < PARTS; p++)
            for (int64_t split = 0; split < t->splits && now() < t->until; split++)
                run_split(t, split, parts[p].name, parts[p].part, layers);
    ntk_context_destroy(t->context);
    if (now() >= t->until) printf("%s: the time is over\n", t->set);
    return EXIT_SUCCESS;
}

/* --- the plan --- */

/* About what two cores with AVX2 do: multiplications and additions a second of LAPACK, and entries of a kernel and layer, with and
 * without derivatives. */
static const double FLOPS = 3.5e10, ENTRIES = 2e8, GRADIENTS = 5e7;

static double search_seconds(const task *t, double n)
{
    double m = n < SUBSET ? n : SUBSET, layers = DEPTHS * (DEPTHS + 1) / 2;
    double each = PARTS * (DEPTHS * 2 * m * m * m / 3 / FLOPS + layers * m * m / 2 / GRADIENTS);
    return each * (double)(t->splits * t->evaluations);
}

static double fit_seconds(const task *t, double n, double m)
{
    double layers = DEPTHS * (DEPTHS + 1) / 2, algebra = (n * n * n / 6 + n * n * m / 2) / FLOPS;
    return (double)t->splits * PARTS * (DEPTHS * algebra + layers * n * (n / 2 + m) / ENTRIES);
}

static int plan(const task *t)
{
    bench_split s = bench_split_read(t->folder, 0);
    double n = (double)s.n, m = (double)s.m;
    printf(
        "%-10s %6lld training rows, %5lld test rows, %2lld inputs, %2lld splits, %d kernels: search %5.0f s, fit and test %5.0f s\n",
        t->set, (long long)s.n, (long long)s.m, (long long)s.d, (long long)t->splits, PARTS * DEPTHS, search_seconds(t, n),
        fit_seconds(t, n, m));
    bench_split_free(&s);
    return EXIT_SUCCESS;
}

static int64_t number(const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (!*end && value > 0 && value <= INT32_MAX) return value;
    fprintf(stderr, "\"%s\" is not a number from 1\n", text);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    bool plans = argc == 6 && strcmp(argv[1], "--plan") == 0;
    if (!plans && argc != 7) {
        fprintf(stderr, "usage: uci RESULTS UCI SET SPLITS EVALUATIONS SECONDS, or uci --plan UCI SET SPLITS EVALUATIONS\n");
        return EXIT_FAILURE;
    }
    task t = {.results = argv[1], .set = argv[3], .splits = number(argv[4]), .evaluations = number(argv[5])};
    if (strcmp(argv[2], "-") == 0)
        strcpy(t.folder, "-");
    else
        snprintf(t.folder, sizeof t.folder, "%s/%s", argv[2], t.set);
    if (plans) return plan(&t);
    t.until = now() + (double)number(argv[6]);
    return run(&t);
}
