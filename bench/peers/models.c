/* Fitted models of a real data set, for a comparison with scikit-learn's: times the library, and writes its numbers and what the other
 * side needs to do the same work.  bench/peers/ridge calls it.
 *
 *     models FOLDER DATA SPLIT        DATA, SPLIT: as bench_split_read takes them
 *
 * In FOLDER, f64: x.bin, y.bin, x_test.bin, y_test.bin; relu_train.bin and relu_test.bin, K^RF + K^NT of ReLU at depth 2 of the training
 * rows with themselves, and of the test rows with them; and what the library says:
 *   relu_mean.bin, rbf_mean.bin       m: predictions of kernel ridge regression
 *   gp_mean.bin, gp_deviation.bin     m: of a Gaussian process with the Gaussian kernel
 *   NAME_alphas.bin, NAME_loo.bin, NAME_path.bin, of linear regression on the inputs (linear) and on features.bin, n x p, the features
 *                                     of a finite network (wide): ALPHAS; n x ALPHAS: leave-one-out errors; ALPHAS: their mean squares
 *   models.txt                        a name and a value a line */
#include "../calls.h"
#include "../data.h"
#include "../split.h"
#include "arrays.h"

#include <math.h>
#include <stdlib.h>

enum { ALPHAS = 13, LAYERS = 2 };
static const double LAMBDA = 0.1;

typedef struct models {
    const char *folder;
    FILE *report;
    ntk_context *context;
    bench_split data;
    ntk_matrix x, y, x_test, y_test;
} models;

static ntk_matrix new_matrix(int64_t rows, int64_t cols)
{
    return ntk_matrix_f64(bench_allocate(rows * cols, NTK_F64), rows, cols);
}

static void write_named(const models *m, const char *name, const char *what, const ntk_matrix *values)
{
    char file[64];
    snprintf(file, sizeof file, "%s_%s.bin", name, what);
    arrays_write(m->folder, file, values);
}

/* --- a fit and what it predicts --- */

/* variance  its data NULL: not asked, and log_evidence neither */
typedef struct fit {
    const models *m;
    const ntk_kernel *kernel;
    ntk_matrix mean, variance;
    double log_evidence;
} fit;

static void fit_run(void *argument)
{
    fit *f = argument;
    ntk_ridge *ridge;
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    bench_check(ntk_ridge_create(f->m->context, &ridge, f->kernel, &f->m->x, &f->m->y, LAMBDA, NULL));
    bench_check(ntk_ridge_predict(ridge, &f->mean, &f->m->x_test));
    if (f->variance.data) {
        bench_check(ntk_ridge_variance(ridge, &f->variance, &f->m->x_test));
        bench_check(ntk_ridge_summary(ridge, &report));
        f->log_evidence = report.log_evidence;
    }
    ntk_ridge_destroy(ridge);
}

static void measure_fit(const models *m, const char *name, const ntk_kernel *kernel)
{
    fit f = {.m = m, .kernel = kernel, .mean = new_matrix(m->data.m, 1)};
    bench_runner runner = {.run = fit_run, .argument = &f};
    bench_race(&runner, 1);
    write_named(m, name, "mean", &f.mean);
    fprintf(m->report, "%s_seconds %.7f\n", name, runner.seconds);
    free(f.mean.data);
}

static void measure_process(const models *m, const ntk_kernel *kernel)
{
    fit f = {.m = m, .kernel = kernel, .mean = new_matrix(m->data.m, 1), .variance = new_matrix(m->data.m, 1)};
    bench_runner runner = {.run = fit_run, .argument = &f};
    bench_race(&runner, 1);
    double *variance = f.variance.data;
    for (int64_t i = 0; i < m->data.m; i++) variance[i] = sqrt(variance[i]);
    arrays_write(m->folder, "gp_mean.bin", &f.mean);
    arrays_write(m->folder, "gp_deviation.bin", &f.variance);
    fprintf(m->report, "gp_seconds %.7f\ngp_log_evidence %.17g\n", runner.seconds, f.log_evidence);
    free(f.mean.data);
    free(f.variance.data);
}

static void write_kernel(const models *m, const ntk_kernel *kernel)
{
    ntk_matrix train = new_matrix(m->data.n, m->data.n), test = new_matrix(m->data.m, m->data.n);
    bench_check(ntk_kernel_block(kernel, &train, &m->x, &m->x));
    bench_check(ntk_kernel_block(kernel, &test, &m->x_test, &m->x));
    arrays_write(m->folder, "relu_train.bin", &train);
    arrays_write(m->folder, "relu_test.bin", &test);
    free(train.data);
    free(test.data);
}

/* --- leave-one-out errors along a path --- */

/* lambdas  ALPHAS x 1   table  ALPHAS x NTK_PATH_COLUMNS   loo  n x ALPHAS */
typedef struct path {
    const models *m;
    const ntk_kernel *kernel;
    ntk_matrix lambdas, table, loo;
} path;

static void path_run(void *argument)
{
    path *p = argument;
    ntk_ridge *ridge;
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.method = NTK_RIDGE_SPECTRAL;
    options.intercept = 1;
    bench_check(ntk_ridge_create(p->m->context, &ridge, p->kernel, &p->m->x, &p->m->y, 1, &options));
    bench_check(ntk_ridge_path(ridge, &p->table, &p->lambdas));
    for (int64_t a = 0; a < ALPHAS; a++) {
        ntk_matrix lambda = ntk_matrix_f64((double *)p->lambdas.data + a, 1, 1);
        ntk_matrix column = ntk_matrix_f64((double *)p->loo.data + a, p->loo.rows, 1);
        column.stride = ALPHAS;
        bench_check(ntk_ridge_set_lambda(ridge, &lambda));
        bench_check(ntk_ridge_leave_one_out(ridge, &column));
    }
    ntk_ridge_destroy(ridge);
}

/* scale  of the kernel: its lambda is alpha times that where features are regressed on with alpha */
static void measure_path(const models *m, const char *name, const ntk_kernel *kernel, double scale)
{
    path p = {m, kernel, new_matrix(ALPHAS, 1), new_matrix(ALPHAS, NTK_PATH_COLUMNS), new_matrix(m->data.n, ALPHAS)};
    double alphas[ALPHAS], means[ALPHAS], *lambdas = p.lambdas.data, *table = p.table.data;
    for (int a = 0; a < ALPHAS; a++) {
        alphas[a] = pow(10, 0.5 * a - 3);
        lambdas[a] = scale * alphas[a];
    }
    bench_runner runner = {.run = path_run, .argument = &p};
    bench_race(&runner, 1);
    for (int a = 0; a < ALPHAS; a++) means[a] = table[a * NTK_PATH_COLUMNS + NTK_PATH_LOO];
    ntk_matrix alpha = ntk_matrix_f64(alphas, ALPHAS, 1), mean = ntk_matrix_f64(means, ALPHAS, 1);
    write_named(m, name, "alphas", &alpha);
    write_named(m, name, "path", &mean);
    write_named(m, name, "loo", &p.loo);
    fprintf(m->report, "%s_seconds %.7f\n", name, runner.seconds);
    free(p.lambdas.data);
    free(p.table.data);
    free(p.loo.data);
}

/* The identity's K^RF is <x, x'> / d. */
static void measure_linear(const models *m)
{
    ntk_activation *identity;
    ntk_kernel *kernel;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = NTK_PART_RF;
    bench_check(ntk_activation_create(m->context, &identity, NTK_IDENTITY, NULL));
    bench_check(ntk_kernel_create_infinite(m->context, &kernel, identity, &options));
    measure_path(m, "linear", kernel, 1 / (double)m->data.d);
    ntk_kernel_destroy(kernel);
    ntk_activation_destroy(identity);
}

/* More features than samples, so that the other side decomposes an n x n matrix, too. */
static void measure_wide(const models *m)
{
    ntk_activation *relu;
    ntk_network *network;
    ntk_features *features;
    ntk_kernel *kernel;
    ntk_network_options options = NTK_INIT(ntk_network_options);
    options.inputs = m->data.d;
    options.hidden = m->data.n * 5 / 4 / (m->data.d + 1) + 1;
    bench_check(ntk_activation_create(m->context, &relu, NTK_RELU, NULL));
    bench_check(ntk_network_create(m->context, &network, relu, &options));
    bench_check(ntk_features_create(m->context, &features, network, NTK_PART_BOTH));
    bench_check(ntk_kernel_create_finite(m->context, &kernel, features));
    ntk_matrix phi = new_matrix(m->data.n, ntk_features_size(features));
    bench_check(ntk_features_map(features, &phi, &m->x));
    arrays_write(m->folder, "features.bin", &phi);
    fprintf(m->report, "p %lld\n", (long long)phi.cols);
    measure_path(m, "wide", kernel, 1);
    free(phi.data);
    ntk_kernel_destroy(kernel);
    ntk_features_destroy(features);
    ntk_network_destroy(network);
    ntk_activation_destroy(relu);
}

static void write_data(const models *m)
{
    arrays_write(m->folder, "x.bin", &m->x);
    arrays_write(m->folder, "y.bin", &m->y);
    arrays_write(m->folder, "x_test.bin", &m->x_test);
    arrays_write(m->folder, "y_test.bin", &m->y_test);
    fprintf(m->report, "n %lld\nm %lld\nd %lld\nlambda %.17g\n", (long long)m->data.n, (long long)m->data.m,
            (long long)m->data.d, LAMBDA);
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long long split = argc == 4 ? strtoll(argv[3], &end, 10) : -1;
    if (split < 0 || *end) {
        fprintf(stderr, "usage: %s FOLDER DATA SPLIT\n", argv[0]);
        return EXIT_FAILURE;
    }
    models m = {.folder = argv[1], .report = arrays_open(argv[1], "models.txt"), .data = bench_split_read(argv[2], split)};
    m.x = ntk_matrix_const_f64(m.data.x, m.data.n, m.data.d);
    m.y = ntk_matrix_const_f64(m.data.y, m.data.n, 1);
    m.x_test = ntk_matrix_const_f64(m.data.x_test, m.data.m, m.data.d);
    m.y_test = ntk_matrix_const_f64(m.data.y_test, m.data.m, 1);
    bench_check(ntk_context_create(&m.context, NULL));
    ntk_kernel *relu = call_relu_kernel(m.context, NTK_PART_BOTH, LAYERS), *gaussian = call_gaussian_kernel(m.context);
    write_data(&m);
    write_kernel(&m, relu);
    measure_fit(&m, "relu", relu);
    measure_fit(&m, "rbf", gaussian);
    measure_process(&m, gaussian);
    measure_linear(&m);
    measure_wide(&m);
    ntk_kernel_destroy(gaussian);
    ntk_kernel_destroy(relu);
    ntk_context_destroy(m.context);
    bench_split_free(&m.data);
    return fclose(m.report) ? EXIT_FAILURE : EXIT_SUCCESS;
}
