#include "core/blas.h"
#include "core/memory.h"
#include "core/pool.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "ridge/batch.h"

#include <math.h>
#include <string.h>

/* (Phi^T Phi + lambda I) beta = Phi^T Y, Phi batch after batch; with an intercept both are centred: mu is the mean feature, and
 * b = mean y - mu^T beta. */
typedef struct primal {
    ntk_ridge *ridge;
    const ntk_ridge_problem *problem;
    const ntk_features *features;
    const ntk_lane *lane;
    int32_t dtype;
    int64_t n, p, targets, batch_rows;
    ntk_ridge_system *system; /* takes x, L and mu */
    void *rhs, *solved;       /* p x targets: Phi^T Y, beta */
    double *means;            /* of y */
    void *Phi, *Y;            /* of a batch */
    int64_t row, rows;
} primal;

/* --- the mean feature --- */

static ntk_status mean_feature(primal *job, const ntk_features_call *call, double end)
{
    ntk_context *context = job->ridge->base.context;
    ntk_matrix x = ntk_matrix_view(job->system->x.data, job->n, job->features->weights->inputs, job->dtype, NTK_READONLY);
    void *ones;
    const double one = 1;
    x.stride = job->system->x.stride;
    NTK_TRY(ntk_allocate(context, &job->system->mu, job->p, ntk_dtype_size(job->dtype), "the mean feature"));
    NTK_TRY(ntk_allocate(context, &ones, job->n, ntk_dtype_size(job->dtype), "a vector of ones"));
    for (int64_t i = 0; i < job->n; i++) ntk_convert(ntk_at(ones, job->dtype, i), job->dtype, &one, NTK_F64, 1);
    ntk_matrix r = ntk_matrix_view(ones, job->n, 1, job->dtype, NTK_READONLY);
    ntk_matrix mu = ntk_matrix_view(job->system->mu, job->p, 1, job->dtype, 0);
    ntk_coefficients sum;
    ntk_work_stage(job->lane->work, "mean feature", job->n * job->features->weights->hidden, 0, end);
    ntk_status status = ntk_coefficients_open(context, &sum, job->features, job->dtype, &mu);
    if (status >= 0) status = ntk_features_transposed_product(call, &sum, &x, &r);
    ntk_free(context, ones);
    for (int64_t k = 0; status >= 0 && k < job->p; k++) {
        double mean = ntk_get(job->system->mu, job->dtype, k) / (double)job->n;
        ntk_convert(ntk_at(job->system->mu, job->dtype, k), job->dtype, &mean, NTK_F64, 1);
    }
    return status;
}

/* --- a batch --- */

/* Columns of the right side in one product. */
enum { TARGETS = 512 };

/* Rows of tile row i of the right side += Phi_i^T Y. */
static ntk_status add_right_side(const primal *job, const ntk_lane *lane, int64_t i)
{
    int64_t rows = ntk_symmetric_rows(&job->system->L, i), first = i * NTK_SYMMETRIC_EDGE, count;
    for (int64_t c = 0; c < job->targets; c += count) {
        count = job->targets - c < TARGETS ? job->targets - c : TARGETS;
        NTK_TRY(ntk_blas_gemm(job->dtype, NTK_TRANSPOSED, NTK_PLAIN, rows, count, job->rows, 1,
                              ntk_at(job->Phi, job->dtype, first), job->p, ntk_at(job->Y, job->dtype, c), job->targets,
                              job->row ? 1 : 0, ntk_at(job->rhs, job->dtype, first * job->targets + c), job->targets));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* Tile (i, j) of A += Phi_i^T Phi_j. */
static ntk_status add_tile(const primal *job, int64_t i, int64_t j)
{
    int64_t ld, rows = ntk_symmetric_rows(&job->system->L, i), cols = ntk_symmetric_rows(&job->system->L, j);
    void *out = ntk_symmetric_tile(&job->system->L, i, j, &ld);
    const void *left = ntk_at(job->Phi, job->dtype, i * NTK_SYMMETRIC_EDGE);
    const void *right = ntk_at(job->Phi, job->dtype, j * NTK_SYMMETRIC_EDGE);
    double beta = job->row ? 1 : 0;
    if (i == j) return ntk_blas_syrk(job->dtype, NTK_TRANSPOSED, rows, job->rows, 1, left, job->p, beta, out, ld);
    return ntk_blas_gemm(job->dtype, NTK_TRANSPOSED, NTK_PLAIN, rows, cols, job->rows, 1, left, job->p, right, job->p, beta,
                         out, ld);
}

/* The tiles of A, row by row, and then the tile rows of the right side. */
static ntk_status accumulate(void *argument, int64_t index, const ntk_lane *lane)
{
    const primal *job = argument;
    int64_t tiles = ntk_symmetric_tiles(&job->system->L), i = 0, j = index;
    if (index >= tiles * (tiles + 1) / 2) {
        NTK_TRY(add_right_side(job, lane, index - tiles * (tiles + 1) / 2));
    } else {
        for (; j > i; i++) j -= i + 1;
        NTK_TRY(add_tile(job, i, j));
    }
    return ntk_advance(lane, job->rows);
}

static ntk_status add_batch(primal *job, const ntk_features_call *call)
{
    const void *x = ntk_at(job->system->x.data, job->dtype, job->row * job->system->x.stride);
    int64_t tiles = ntk_symmetric_tiles(&job->system->L);
    NTK_TRY(ntk_centred_features(call, job->system->mu, job->Phi, x, job->system->x.stride, job->rows));
    NTK_TRY(ntk_centred_rows(job->Y, job->targets, job->dtype, job->problem->y, job->row, job->rows, job->means, job->lane));
    return ntk_run_blas(job->lane, tiles * (tiles + 1) / 2 + tiles, accumulate, job);
}

/* --- the system --- */

static ntk_status normal_equations(primal *job, const ntk_features_call *call, double begin, double end)
{
    ntk_context *context = job->ridge->base.context;
    int64_t size = ntk_dtype_size(job->dtype);
    NTK_TRY(ntk_symmetric_create(context, &job->system->L, job->problem->options.storage, job->dtype, job->p));
    int64_t tiles = ntk_symmetric_tiles(&job->system->L);
    NTK_TRY(ntk_allocate(context, &job->rhs, job->p, job->targets * size, "the right sides"));
    NTK_TRY(ntk_allocate(context, &job->Phi, job->batch_rows, job->p * size, "a batch of features"));
    NTK_TRY(ntk_allocate(context, &job->Y, job->batch_rows, job->targets * size, "a batch of targets"));
    /* each sample is mapped once, and is part of every tile */
    ntk_work_stage(job->lane->work, "normal equations", job->n * (tiles * (tiles + 1) / 2 + tiles + 1), begin, end);
    for (; job->row < job->n; job->row += job->rows) {
        job->rows = job->n - job->row < job->batch_rows ? job->n - job->row : job->batch_rows;
        NTK_TRY(add_batch(job, call));
    }
    return ntk_ridge_shift(&job->system->L, job->problem->lambda, job->problem->function);
}

/* y^T (y - Phi beta) = lambda y^T alpha over all targets, and |beta|^2: what the report's numbers are made of, by
 * Phi^T (y - Phi beta) = lambda beta. */
static void report_fit(const primal *job, double y_squares)
{
    ntk_ridge_solution *solution = &job->ridge->solution;
    ntk_ridge_report *report = &solution->report;
    const ntk_symmetric *L = &job->system->L;
    double lambda = report->lambda, rest = y_squares, squares = 0, t = (double)job->targets;
    double contrasts = (double)(job->n - report->intercept);
    for (int64_t k = 0; k < job->p * job->targets; k++) {
        double beta = ntk_get(job->solved, job->dtype, k);
        rest -= beta * ntk_get(job->rhs, job->dtype, k);
        squares += beta * beta;
    }
    double determinant = ntk_log_determinant(L, &report->condition) + (contrasts - (double)job->p) * log(lambda);
    if (report->intercept) determinant += log((double)job->n);
    report->rss = fmax(rest - lambda * squares, 0);
    report->log_evidence = -0.5 * rest / lambda - t * (0.5 * determinant + contrasts * NTK_HALF_LOG_TWO_PI);
    report->degrees = NAN;
    report->kernel_scale = rest / lambda / (t * contrasts);
    if (lambda == 0) report->log_evidence = report->kernel_scale = NAN;
}

/* beta and b from the solved right side. */
static ntk_status finish(primal *job)
{
    ntk_ridge *ridge = job->ridge;
    ntk_ridge_solution *solution = &ridge->solution;
    ntk_matrix beta = ntk_matrix_view(job->solved, job->p, job->targets, job->dtype, NTK_READONLY);
    double y_squares = 0;
    for (int64_t c = 0; c < job->targets; c++) {
        solution->intercept[c] = job->means[c];
        for (int64_t k = 0; job->system->mu && k < job->p; k++)
            solution->intercept[c] -=
                ntk_get(job->system->mu, job->dtype, k) * ntk_get(job->solved, job->dtype, k * job->targets + c);
        for (int64_t i = 0; i < job->n; i++) {
            double y = solution->y[i * job->targets + c] - job->means[c];
            y_squares += y * y;
        }
        NTK_TRY(ntk_advance(job->lane, 0));
    }
    NTK_TRY(ntk_coefficients_create(ridge->base.context, &solution->beta, job->features, job->dtype, job->targets));
    if (!ntk_is_finite(job->solved, job->dtype, job->p * job->targets))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: a coefficient is too large to be represented", job->problem->function);
    report_fit(job, y_squares);
    return ntk_coefficients_gather(&solution->beta, job->features, job->lane, &beta, job->problem->function);
}

static ntk_status solve(primal *job, double begin)
{
    ntk_context *context = job->ridge->base.context;
    NTK_TRY(ntk_allocate(context, &job->solved, job->p, job->targets * ntk_dtype_size(job->dtype), "the coefficients"));
    memcpy(job->solved, job->rhs, (size_t)(job->p * job->targets * ntk_dtype_size(job->dtype)));
    NTK_TRY(ntk_cholesky_solve(&job->system->L, job->lane, begin, 1, job->solved, job->targets, job->targets));
    return finish(job);
}

static ntk_status open_data(primal *job)
{
    ntk_ridge *ridge = job->ridge;
    const ntk_ridge_problem *problem = job->problem;
    bool borrow = problem->options.borrow || ridge->light;
    ntk_work_stage(job->lane->work, "samples", 1, 0, 0);
    NTK_TRY(ntk_ridge_solution_open(ridge->base.context, &ridge->solution, problem->y, problem->lambdas));
    NTK_TRY(ntk_allocate(ridge->base.context, &job->means, job->targets, sizeof(double), "the targets' means"));
    NTK_TRY(ntk_column_means(job->means, problem->y, problem->options.intercept != 0, job->lane));
    NTK_TRY((borrow ? ntk_operand_open : ntk_operand_copy)(job->lane, &job->system->x, problem->x, job->dtype,
                                                           problem->function, "x"));
    return ntk_hidden_weights(job->lane, job->features->weights, job->dtype, &ridge->w, problem->function);
}

static ntk_status fit(primal *job)
{
    ntk_ridge *ridge = job->ridge;
    const ntk_ridge_problem *problem = job->problem;
    ntk_features_call call = {.features = job->features, .lane = job->lane, .dtype = job->dtype, .function = problem->function};
    double formed = 0.97 * (double)job->n / ((double)job->n + (double)job->p / 3);
    double centred = problem->options.intercept ? 0.1 * formed : 0;
    NTK_TRY(open_data(job));
    call.w = ridge->w;
    if (problem->options.intercept) NTK_TRY(mean_feature(job, &call, centred));
    NTK_TRY(normal_equations(job, &call, centred, formed));
    NTK_TRY(ntk_cholesky_factor(&job->system->L, job->lane, formed, 0.98, &ridge->solution.report.smallest_pivot,
                                "Phi^T Phi + lambda I"));
    return solve(job, 0.98);
}

ntk_status ntk_ridge_fit_primal(ntk_ridge *ridge, const ntk_ridge_problem *problem)
{
    ntk_context *context = ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    primal job = {.ridge = ridge, .problem = problem, .features = ridge->features, .lane = &lane, .system = &ridge->system};
    job.dtype = problem->options.dtype;
    job.n = problem->x->rows;
    job.p = ridge->features->size;
    job.targets = problem->y->cols;
    job.batch_rows = ntk_batch_rows(job.n, job.p);
    ridge->solution.report.order = job.p;
    ntk_status status = fit(&job);
    void *const owned[] = {job.means, job.rhs, job.solved, job.Phi, job.Y};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) ntk_free(context, owned[i]);
    if (status >= 0 && ridge->light) ntk_ridge_lighten(ridge);
    return status;
}

ntk_status ntk_ridge_primal_memory(const ntk_context *context, uint64_t *bytes, const ntk_features *features, int64_t n,
                                   int64_t d, int64_t t, const ntk_ridge_options *options)
{
    int32_t dtype = options->dtype;
    int64_t p = features->size, rows = ntk_batch_rows(n, p), size = ntk_dtype_size(dtype);
    uint64_t row, scratch = 0, mean = 0, elements;
    NTK_TRY(ntk_size_multiply(&row, t, sizeof(double)));
    NTK_TRY(ntk_need(bytes, n, (int64_t)row));
    NTK_TRY(ntk_size_multiply(&row, t, size));
    NTK_TRY(ntk_size_multiply(&elements, n, d));
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_ridge)));
    NTK_TRY(ntk_need(bytes, (int64_t)elements, size)); /* x, if it must be copied */
    for (int i = 0; i < 4; i++) NTK_TRY(ntk_need(bytes, t, sizeof(double)));
    NTK_TRY(ntk_hidden_weights_memory(features->weights, bytes, dtype));
    NTK_TRY(ntk_symmetric_memory(bytes, options->storage, dtype, p));
    /* the right side, its solution, and beta in two blocks */
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_need(bytes, p, (int64_t)row));
    NTK_TRY(ntk_need(bytes, 1, 0));
    NTK_TRY(ntk_need(bytes, rows, (int64_t)row));
    NTK_TRY(ntk_need(bytes, rows, p * size));
    if (options->intercept) {
        NTK_TRY(ntk_need(bytes, p, size));
        NTK_TRY(ntk_need(&mean, n, size));
        NTK_TRY(ntk_features_transposed_memory(features, context, &mean, dtype, n, 1));
    }
    NTK_TRY(ntk_need(&scratch, p, sizeof(double)));
    NTK_TRY(ntk_features_rows_memory(features, context, &scratch, dtype, rows));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)(scratch > mean ? scratch : mean)));
    return ntk_pool_memory(context, bytes);
}
