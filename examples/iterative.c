/* A fit without a factorization: conjugate gradients with different preconditioners, how their residuals fall, and how far their
 * predictions are from those of Cholesky's method.
 * cc iterative.c common.c splitmix.c $(pkg-config --cflags --libs ntk) -lm */
#include "common.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 2000, INPUTS = 6, CLUSTERS = 40, TEST = 200, MOST_ITERATIONS = 300, KINDS = 3 };
static const double LAMBDA = 1e-3, TOLERANCE = 1e-8;

static const char help[] = "Usage: iterative [CSV]\n"
                           "Fits by conjugate gradients with three preconditioners, and compares with a factorization.\n"
                           "CSV: a file for the residual after each iteration.\n";

static const struct {
    const char *name;
    int32_t kind;
} preconditioners[KINDS] = {{"none", NTK_PRECONDITIONER_NONE},
                            {"uniform pivots", NTK_PRECONDITIONER_NYSTROEM},
                            {"pivots by what is left", NTK_PRECONDITIONER_PIVOTED}};

/* x_test  after the training samples */
typedef struct problem {
    double x[SAMPLES + TEST][INPUTS], y[SAMPLES], expected[TEST];
    ntk_context *context;
    ntk_kernel *kernel;
    ntk_matrix X, Y, X_test;
} problem;

/* Clusters of very different sizes, as data often are; the last one has few samples, far apart from each other. */
static void draw(problem *p)
{
    static double centres[CLUSTERS][INPUTS];
    uint64_t seed = 1;
    for (int c = 0; c < CLUSTERS; c++)
        for (int j = 0; j < INPUTS; j++) centres[c][j] = 2 * common_normal(&seed);
    for (int i = 0; i < SAMPLES + TEST; i++) {
        int c = (int)(CLUSTERS * pow(common_uniform(&seed), 3));
        for (int j = 0; j < INPUTS; j++) p->x[i][j] = centres[c][j] + 0.2 * common_normal(&seed);
        if (i < SAMPLES) p->y[i] = sin(p->x[i][0]) + 0.5 * p->x[i][1] * cos(p->x[i][2]) + 0.03 * common_normal(&seed);
    }
    p->X = ntk_matrix_const_f64(p->x[0], SAMPLES, INPUTS);
    p->Y = ntk_matrix_const_f64(p->y, SAMPLES, 1);
    p->X_test = ntk_matrix_const_f64(p->x[SAMPLES], TEST, INPUTS);
}

static void make_kernel(problem *p)
{
    ntk_activation *gelu;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.bias_scale = 1;
    common_check(ntk_activation_create(p->context, &gelu, NTK_GELU, NULL));
    common_check(ntk_kernel_create_infinite(p->context, &p->kernel, gelu, &options));
    ntk_activation_destroy(gelu);
}

/* What Cholesky's method predicts. */
static void fit_directly(problem *p)
{
    ntk_ridge *ridge;
    ntk_matrix Expected = ntk_matrix_f64(p->expected, TEST, 1);
    common_check(ntk_ridge_create(p->context, &ridge, p->kernel, &p->X, &p->Y, LAMBDA, NULL));
    common_check(ntk_ridge_predict(ridge, &Expected, &p->X_test));
    ntk_ridge_destroy(ridge);
}

static double largest_difference(const problem *p, const ntk_ridge *ridge)
{
    double prediction[TEST], largest = 0;
    ntk_matrix Prediction = ntk_matrix_f64(prediction, TEST, 1);
    common_check(ntk_ridge_predict(ridge, &Prediction, &p->X_test));
    for (int i = 0; i < TEST; i++) largest = fmax(largest, fabs(prediction[i] - p->expected[i]));
    return largest;
}

static void write_history(FILE *table, const char *name, const ntk_ridge *ridge, int64_t iterations)
{
    static double history[MOST_ITERATIONS + 1][NTK_HISTORY_COLUMNS];
    ntk_matrix History = ntk_matrix_f64(history[0], iterations + 1, NTK_HISTORY_COLUMNS);
    common_check(ntk_ridge_history(ridge, &History));
    for (int64_t i = 0; i <= iterations; i++)
        fprintf(table, "%s,%.0f,%.4g\n", name, history[i][NTK_HISTORY_ITERATION], history[i][NTK_HISTORY_RESIDUAL]);
}

static void fit(const problem *p, const char *name, int32_t preconditioner, FILE *table)
{
    ntk_iterative_options iterative = NTK_INIT(ntk_iterative_options);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    ntk_ridge *ridge;
    iterative.preconditioner = preconditioner;
    iterative.tolerance = TOLERANCE;
    iterative.max_iterations = MOST_ITERATIONS;
    iterative.hold = 1; /* so few samples' matrix fits; without it, memory grows with n alone */
    options.method = NTK_RIDGE_ITERATIVE;
    options.iterative = &iterative;
    ntk_status status = ntk_ridge_create(p->context, &ridge, p->kernel, &p->X, &p->Y, LAMBDA, &options);
    common_check(status);
    common_check(ntk_ridge_summary(ridge, &report));
    printf("%-24s %10lld %12.1e %14.1e  %s\n", name, (long long)report.iterations, report.residual,
           largest_difference(p, ridge), status == NTK_NOTE_NOT_CONVERGED ? "not converged" : "converged");
    if (table) write_history(table, name, ridge, report.iterations);
    ntk_ridge_destroy(ridge);
}

int main(int argc, char **argv)
{
    static problem p;
    common_arguments(argc, argv, 0, 1, help);
    FILE *table = argc > 1 ? common_open(argv[1], "preconditioner,iteration,residual") : NULL;
    common_check(ntk_context_create(&p.context, NULL));
    make_kernel(&p);
    draw(&p);
    fit_directly(&p);
    printf("%d samples, %d inputs, lambda %g\n", SAMPLES, INPUTS, LAMBDA);
    printf("%-24s %10s %12s %14s\n", "preconditioner", "iterations", "residual", "off by");
    for (int k = 0; k < KINDS; k++) fit(&p, preconditioners[k].name, preconditioners[k].kind, table);
    if (table) common_close(table);
    ntk_kernel_destroy(p.kernel);
    ntk_context_destroy(p.context);
    return EXIT_SUCCESS;
}
