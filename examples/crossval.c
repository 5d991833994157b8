#include "crossval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One training sample of so many is kept apart when lambda is chosen. */
enum { VALIDATION_SHARE = 5 };

/* A part of the samples, standardised. */
typedef struct part {
    int64_t n;
    int64_t *index;
    double *x, *y;
} part;

typedef struct workspace {
    part train, test;
    double *mean, *scale;     /* of each input */
    double *prediction;       /* of the test part */
    double *errors, *lambdas; /* of each fold */
} workspace;

int64_t cv_inputs(const cv_problem *problem)
{
    return problem->d + 1;
}

static void *array(int64_t count, size_t size)
{
    return calloc((size_t)count, size);
}

static bool part_create(part *p, const cv_problem *problem)
{
    p->index = array(problem->n, sizeof *p->index);
    p->x = array(problem->n * cv_inputs(problem), sizeof *p->x);
    p->y = array(problem->n, sizeof *p->y);
    return p->index && p->x && p->y;
}

static void part_destroy(part *p)
{
    free(p->index);
    free(p->x);
    free(p->y);
}

static bool workspace_create(workspace *w, const cv_problem *problem)
{
    memset(w, 0, sizeof *w);
    bool parts = part_create(&w->train, problem) && part_create(&w->test, problem);
    w->mean = array(problem->d, sizeof *w->mean);
    w->scale = array(problem->d, sizeof *w->scale);
    w->prediction = array(problem->n, sizeof *w->prediction);
    w->errors = array(problem->folds, sizeof *w->errors);
    w->lambdas = array(problem->folds, sizeof *w->lambdas);
    return parts && w->mean && w->scale && w->prediction && w->errors && w->lambdas;
}

static void workspace_destroy(workspace *w)
{
    part_destroy(&w->train);
    part_destroy(&w->test);
    free(w->mean);
    free(w->scale);
    free(w->prediction);
    free(w->errors);
    free(w->lambdas);
}

/* Mean and deviation of each input over the training part alone. */
static void measure(workspace *w, const cv_problem *problem)
{
    int64_t n = w->train.n, d = problem->d;
    for (int64_t j = 0; j < d; j++) {
        double mean = 0, square = 0;
        for (int64_t i = 0; i < n; i++) mean += problem->x[w->train.index[i] * d + j] / (double)n;
        for (int64_t i = 0; i < n; i++) square += pow(problem->x[w->train.index[i] * d + j] - mean, 2) / (double)n;
        w->mean[j] = mean;
        w->scale[j] = square > 0 ? 1 / sqrt(square) : 0;
    }
}

static void standardise(part *p, const workspace *w, const cv_problem *problem)
{
    int64_t d = problem->d;
    for (int64_t i = 0; i < p->n; i++) {
        const double *from = problem->x + p->index[i] * d;
        double *to = p->x + i * cv_inputs(problem);
        for (int64_t j = 0; j < d; j++) to[j] = (from[j] - w->mean[j]) * w->scale[j];
        to[d] = 1;
        p->y[i] = problem->y[p->index[i]];
    }
}

/* The fold against the rest. */
static void split_fold(workspace *w, const cv_problem *problem, int64_t fold)
{
    w->train.n = w->test.n = 0;
    for (int64_t i = 0; i < problem->n; i++) {
        part *p = i % problem->folds == fold ? &w->test : &w->train;
        p->index[p->n++] = problem->order[i];
    }
}

/* Among the fold's training samples, one in VALIDATION_SHARE against the rest. */
static void split_validation(workspace *w, const cv_problem *problem, int64_t fold)
{
    int64_t seen = 0;
    w->train.n = w->test.n = 0;
    for (int64_t i = 0; i < problem->n; i++) {
        if (i % problem->folds == fold) continue;
        part *p = seen++ % VALIDATION_SHARE == 0 ? &w->test : &w->train;
        p->index[p->n++] = problem->order[i];
    }
}

/* Fits the training part, predicts the test part, and takes the root mean square error. */
static ntk_status fit(workspace *w, const cv_problem *problem, const ntk_kernel *kernel, double lambda, double *rmse,
                      ntk_ridge_report *report)
{
    int64_t d = cv_inputs(problem);
    ntk_matrix x = ntk_matrix_const_f64(w->train.x, w->train.n, d), y = ntk_matrix_const_f64(w->train.y, w->train.n, 1);
    ntk_matrix xt = ntk_matrix_const_f64(w->test.x, w->test.n, d), out = ntk_matrix_f64(w->prediction, w->test.n, 1);
    ntk_ridge_options options = NTK_INIT(ntk_ridge_options);
    options.intercept = 1;
    options.borrow = 1;
    ntk_ridge *ridge;
    ntk_status status = ntk_ridge_create(problem->context, &ridge, kernel, &x, &y, lambda, &options);
    if (status < 0) return status;
    status = ntk_ridge_predict(ridge, &out, &xt);
    if (status >= 0) status = ntk_ridge_summary(ridge, report);
    ntk_ridge_destroy(ridge);
    double square = 0;
    for (int64_t i = 0; i < w->test.n; i++) square += pow(w->prediction[i] - w->test.y[i], 2);
    *rmse = sqrt(square / (double)w->test.n);
    return status;
}

/* The lambda with the smallest error on the validation samples.  Those too small for the kernel matrix to be factorised lose.
 */
static ntk_status choose_lambda(workspace *w, const cv_problem *problem, const ntk_kernel *kernel, int64_t fold, double *lambda)
{
    double error, best = INFINITY;
    ntk_status status = NTK_OK;
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    *lambda = problem->lambdas[0];
    if (problem->lambda_count == 1) return NTK_OK;
    split_validation(w, problem, fold);
    measure(w, problem);
    standardise(&w->train, w, problem);
    standardise(&w->test, w, problem);
    for (int64_t l = 0; l < problem->lambda_count; l++) {
        status = fit(w, problem, kernel, problem->lambdas[l], &error, &report);
        if (status < 0 && status != NTK_ERR_SINGULAR) return status;
        if (status < 0 || error >= best) continue;
        best = error;
        *lambda = problem->lambdas[l];
    }
    return isinf(best) ? status : NTK_OK;
}

static ntk_status run_folds(workspace *w, const cv_problem *problem, const char *name, const ntk_kernel *kernel,
                            ntk_ridge_report *report)
{
    for (int64_t fold = 0; fold < problem->folds; fold++) {
        progress_part(problem->progress, "%s, fold %lld of %lld", name, (long long)fold + 1, (long long)problem->folds);
        ntk_status status = choose_lambda(w, problem, kernel, fold, &w->lambdas[fold]);
        if (status < 0) return status;
        split_fold(w, problem, fold);
        measure(w, problem);
        standardise(&w->train, w, problem);
        standardise(&w->test, w, problem);
        status = fit(w, problem, kernel, w->lambdas[fold], &w->errors[fold], report);
        if (status < 0) return status;
    }
    return NTK_OK;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

ntk_status cv_run(const cv_problem *problem, const char *name, const ntk_kernel *kernel, cv_result *result)
{
    workspace w;
    ntk_status status = NTK_ERR_MEMORY;
    ntk_ridge_report report = NTK_INIT(ntk_ridge_report);
    double folds = (double)problem->folds, square = 0;
    memset(result, 0, sizeof *result);
    if (workspace_create(&w, problem)) status = run_folds(&w, problem, name, kernel, &report);
    if (status >= 0) {
        for (int64_t k = 0; k < problem->folds; k++) result->rmse += w.errors[k] / folds;
        for (int64_t k = 0; k < problem->folds; k++) square += pow(w.errors[k] - result->rmse, 2);
        result->deviation = sqrt(square / (folds - 1) / folds);
        qsort(w.lambdas, (size_t)problem->folds, sizeof *w.lambdas, ascending);
        result->lambda = w.lambdas[problem->folds / 2];
        result->equations = report.order;
        result->primal = report.method == NTK_RIDGE_PRIMAL;
    }
    workspace_destroy(&w);
    return status;
}
