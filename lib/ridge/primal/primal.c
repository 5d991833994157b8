#include "ridge/primal/primal.h"

#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "ridge/batch.h"
#include "ridge/primal/triangle.h"

#include <math.h>

/* (Phi^T Phi + lambda I) beta = Phi^T Y, Phi batch after batch; with an intercept both are centred: mu is the mean feature, and
 * b = mean y - mu^T beta. */
typedef struct primal {
    ntk_ridge *ridge;
    const ntk_ridge_problem *problem;
    const ntk_features *features;
    const ntk_lane *lane;
    int32_t dtype;
    int64_t n;
    ntk_ridge_system *system; /* takes x, L and mu */
    ntk_normal normal;
} primal;

/* --- the mean feature --- */

static ntk_status mean_feature(primal *job, const ntk_features_call *call, double end)
{
    ntk_context *context = job->ridge->base.context;
    int64_t p = job->features->size;
    ntk_matrix x = ntk_matrix_view(job->system->x.data, job->n, job->features->weights->inputs, job->dtype, NTK_READONLY);
    void *ones;
    const double one = 1;
    x.stride = job->system->x.stride;
    NTK_TRY(ntk_allocate(context, &job->system->mu, p, ntk_dtype_size(job->dtype), "the mean feature"));
    NTK_TRY(ntk_allocate(context, &ones, job->n, ntk_dtype_size(job->dtype), "a vector of ones"));
    for (int64_t i = 0; i < job->n; i++) ntk_convert(ntk_at(ones, job->dtype, i), job->dtype, &one, NTK_F64, 1);
    ntk_matrix r = ntk_matrix_view(ones, job->n, 1, job->dtype, NTK_READONLY);
    ntk_matrix mu = ntk_matrix_view(job->system->mu, p, 1, job->dtype, 0);
    ntk_coefficients sum;
    ntk_work_stage(job->lane->work, "mean feature", job->n * job->features->weights->hidden, 0, end);
    ntk_status status = ntk_coefficients_open(context, &sum, job->features, job->dtype, &mu);
    if (status >= 0) status = ntk_features_transposed_product(call, &sum, &x, &r);
    ntk_free(context, ones);
    for (int64_t k = 0; status >= 0 && k < p; k++) {
        double mean = ntk_get(job->system->mu, job->dtype, k) / (double)job->n;
        ntk_convert(ntk_at(job->system->mu, job->dtype, k), job->dtype, &mean, NTK_F64, 1);
    }
    return status;
}

/* --- the system --- */

/* Rows of a batch in a triangularization. */
enum { TRIANGLE_ROWS = 512 };

int64_t ntk_primal_rows(int64_t n, int64_t p, bool triangle)
{
    int64_t rows = ntk_batch_rows(n, p);
    return triangle ? ntk_smaller(rows, TRIANGLE_ROWS) : rows;
}

static ntk_status add_batches(primal *job, const ntk_features_call *call, bool triangle, double begin, double end)
{
    ntk_normal *normal = &job->normal;
    const ntk_matrix *y = job->problem->y;
    const ntk_operand *x = &job->system->x;
    int64_t p = job->features->size, rows = ntk_primal_rows(job->n, p, triangle);
    NTK_TRY(ntk_normal_open(normal, job->ridge, job->lane, p, job->problem->options.storage, rows,
                            triangle ? NTK_NORMAL_TRIANGLE : NTK_NORMAL_CENTRED, job->problem->function));
    if (!triangle) NTK_TRY(ntk_column_means(normal->means, y, job->problem->options.intercept != 0, job->lane));
    /* each sample is mapped once, and is part of every tile */
    ntk_work_stage(job->lane->work, triangle ? "triangularization" : "normal equations",
                   job->n * (ntk_normal_units(normal) + 1), begin, end);
    for (int64_t row = 0; row < job->n; row += rows) {
        int64_t count = ntk_smaller(rows, job->n - row);
        ntk_matrix targets = ntk_rows(y, row, count);
        NTK_TRY(ntk_features_rows(call, normal->Phi, p, ntk_at(x->data, job->dtype, row * x->stride), x->stride, count));
        NTK_TRY(ntk_normal_add(normal, count, &targets));
    }
    return NTK_OK;
}

static ntk_status open_data(primal *job)
{
    ntk_ridge *ridge = job->ridge;
    const ntk_ridge_problem *problem = job->problem;
    bool borrow = problem->options.borrow || ridge->light;
    ntk_work_stage(job->lane->work, "samples", 1, 0, 0);
    NTK_TRY(ntk_ridge_solution_open(ridge->base.context, &ridge->solution, problem->y, problem->lambdas));
    NTK_TRY((borrow ? ntk_operand_open : ntk_operand_copy)(job->lane, &job->system->x, problem->x, job->dtype,
                                                           problem->function, "x"));
    return ntk_hidden_weights(job->lane, job->features->weights, job->dtype, &ridge->w, problem->function);
}

double ntk_primal_share(double n, int64_t p)
{
    return 0.97 * n / (n + (double)p / 3);
}

ntk_status ntk_primal_finish(ntk_normal *normal, const ntk_features *features, double begin)
{
    ntk_ridge *ridge = normal->ridge;
    ntk_coefficients *beta = &ridge->solution.beta;
    NTK_TRY(ntk_normal_finish(normal, begin, "Phi^T Phi + lambda I"));
    ntk_matrix solved = ntk_matrix_view(normal->solved, normal->p, normal->targets, normal->dtype, NTK_READONLY);
    NTK_TRY(ntk_coefficients_create(ridge->base.context, beta, features, normal->dtype, normal->targets));
    return ntk_coefficients_gather(beta, features, normal->lane, &solved, normal->function);
}

/* --- the choice of a solver --- */

/* What an attempt has left. */
static void reset(ntk_ridge *ridge, ntk_normal *normal)
{
    ntk_context *context = ridge->base.context;
    ntk_normal_close(normal);
    ntk_free(context, ridge->system.L.data);
    ntk_free(context, ridge->system.mu);
    ntk_coefficients_close(context, &ridge->solution.beta);
    ridge->system.L = (ntk_symmetric){0};
    ridge->system.mu = NULL;
    ridge->solution.beta = (ntk_coefficients){0};
}

/* Normal equations that cost half of the digits or more. */
static bool is_ill_conditioned(const ntk_ridge *ridge, ntk_status status)
{
    const ntk_ridge_report *report = &ridge->solution.report;
    double roundoff = report->dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
    return status == NTK_ERR_SINGULAR || (status >= 0 && report->condition > 1 / sqrt(roundoff));
}

static ntk_status fit_within(const ntk_lane *lane, double begin, double end, ntk_status (*fit)(void *job, bool triangle),
                             void *job, bool triangle)
{
    ntk_share room = ntk_work_narrow(lane->work, begin, end);
    ntk_status status = fit(job, triangle);
    ntk_work_widen(lane->work, room);
    return status;
}

ntk_status ntk_primal_solve(ntk_ridge *ridge, const ntk_lane *lane, ntk_normal *normal, bool again,
                            ntk_status (*fit)(void *job, bool triangle), void *job)
{
    ntk_ridge_report *report = &ridge->solution.report;
    bool automatic = ridge->solver == NTK_SOLVER_AUTO;
    ntk_status status;
    if (ridge->solver == NTK_SOLVER_QR) {
        report->reason = "primal, by orthogonal triangularization, as the options ask for";
        status = fit(job, true);
    } else {
        status = fit_within(lane, 0, automatic && again ? 0.98 : 1, fit, job, false);
        if (automatic && again && is_ill_conditioned(ridge, status)) {
            reset(ridge, normal);
            report->reason = "primal, by orthogonal triangularization: the normal equations are too ill-conditioned";
            status = fit_within(lane, 0.98, 1, fit, job, true);
        }
    }
    ntk_normal_close(normal);
    return status;
}

static ntk_status fit(void *argument, bool triangle)
{
    primal *job = argument;
    const ntk_ridge_problem *problem = job->problem;
    ntk_features_call call = {.features = job->features, .lane = job->lane, .dtype = job->dtype, .function = problem->function};
    double formed = ntk_primal_share((double)job->n, job->features->size);
    bool centred = problem->options.intercept && !triangle;
    call.w = job->ridge->w;
    if (centred) NTK_TRY(mean_feature(job, &call, 0.1 * formed));
    NTK_TRY(add_batches(job, &call, triangle, centred ? 0.1 * formed : 0, formed));
    return ntk_primal_finish(&job->normal, job->features, formed);
}

ntk_status ntk_ridge_fit_primal(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane)
{
    primal job = {.ridge = ridge, .problem = problem, .features = ridge->features, .lane = lane, .system = &ridge->system};
    job.dtype = problem->options.dtype;
    job.n = problem->x->rows;
    ridge->solution.report.order = ridge->features->size;
    NTK_TRY(open_data(&job));
    NTK_TRY(ntk_primal_solve(ridge, lane, &job.normal, true, fit, &job));
    if (ridge->light) ntk_ridge_lighten(ridge);
    return NTK_OK;
}

/* Of what the solver may take. */
static ntk_status system_memory(const ntk_context *context, uint64_t *bytes, int64_t p, int64_t rows, int64_t t,
                                const ntk_ridge_options *options)
{
    uint64_t equations = 0, triangle = 0;
    bool intercept = options->intercept != 0;
    int32_t storage = options->storage, dtype = options->dtype;
    int64_t few = ntk_smaller(rows, TRIANGLE_ROWS);
    if (options->solver != NTK_SOLVER_QR) NTK_TRY(ntk_normal_memory(&equations, storage, dtype, p, t, rows, intercept));
    if (options->solver != NTK_SOLVER_NORMAL) {
        NTK_TRY(ntk_normal_memory(&triangle, storage, dtype, p, t, few, intercept));
        NTK_TRY(ntk_triangle_memory(context, &triangle, dtype, p, t, few));
    }
    return ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(equations, triangle));
}

ntk_status ntk_primal_memory(const ntk_context *context, uint64_t *bytes, const ntk_features *features, int64_t rows, int64_t t,
                             const ntk_ridge_options *options)
{
    int32_t dtype = options->dtype;
    uint64_t row, scratch = 0;
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_ridge)));
    for (int i = 0; i < 4; i++) NTK_TRY(ntk_need(bytes, t, sizeof(double)));
    NTK_TRY(ntk_hidden_weights_memory(features->weights, bytes, dtype));
    NTK_TRY(system_memory(context, bytes, features->size, rows, t, options));
    /* beta in two blocks */
    NTK_TRY(ntk_size_multiply(&row, t, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, features->size, (int64_t)row));
    NTK_TRY(ntk_need(bytes, 1, 0));
    NTK_TRY(ntk_features_rows_memory(features, context, &scratch, dtype, rows));
    return ntk_size_add(bytes, 1, (int64_t)scratch);
}

ntk_status ntk_ridge_primal_memory(const ntk_context *context, uint64_t *bytes, const ntk_features *features, int64_t n,
                                   int64_t d, int64_t t, const ntk_ridge_options *options)
{
    uint64_t row, elements, mean = 0;
    int64_t size = ntk_dtype_size(options->dtype);
    NTK_TRY(ntk_size_multiply(&row, t, sizeof(double)));
    NTK_TRY(ntk_need(bytes, n, (int64_t)row));
    NTK_TRY(ntk_size_multiply(&elements, n, d));
    NTK_TRY(ntk_need(bytes, (int64_t)elements, size)); /* x, if it must be copied */
    uint64_t held = *bytes, system = *bytes;
    NTK_TRY(ntk_primal_memory(context, &system, features, ntk_batch_rows(n, features->size), t, options));
    if (options->intercept) {
        mean = held;
        NTK_TRY(ntk_need(&mean, 1, sizeof(ntk_ridge)));
        for (int i = 0; i < 4; i++) NTK_TRY(ntk_need(&mean, t, sizeof(double)));
        NTK_TRY(ntk_hidden_weights_memory(features->weights, &mean, options->dtype));
        NTK_TRY(ntk_need(&mean, features->size, size));
        NTK_TRY(ntk_need(&mean, n, size));
        NTK_TRY(ntk_features_transposed_memory(features, context, &mean, options->dtype, n, 1));
    }
    *bytes = ntk_most_bytes(system, mean);
    return ntk_pool_memory(context, bytes);
}
