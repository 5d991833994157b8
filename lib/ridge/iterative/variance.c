/* Variances of models without a factor.  With z = A^-1 k as conjugate gradients leave it and r = k - A z:
 *   k^T A^-1 k = k^T z + z^T r + r^T A^-1 r,   1^T A^-1 k = 1^T z + (A^-1 1)^T r,
 * so that what r leaves of the first, which is >= 0 and at most |r|^2 / lambda, makes the variance no smaller than it is. */
#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "ridge/iterative/iterative.h"
#include "ridge/iterative/solver.h"

#include <math.h>

/* Points at once: for more the products of their directions with each other cost more than those with K. */
enum { MOST_POINTS = 128 };

/* Rows between two looks at the progress. */
enum { ROWS = 4096 };

/* solutions, left  n x batch: z and r
 * explained, sums  of the batch: k^T A^-1 k and 1^T A^-1 k
 * residual, iterations  the worst batch's */
typedef struct answering {
    ntk_response *response;
    const ntk_matrix *out;
    int64_t parts;
    ntk_solver solver;
    ntk_samples samples;
    double *solutions, *left, *explained, *sums;
    double residual, share;
    int64_t iterations;
} answering;

int64_t ntk_iterative_batch(int64_t points, int64_t n)
{
    return ntk_smaller(MOST_POINTS, ntk_batch_rows(points, n));
}

/* --- one batch --- */

static double element(const ntk_response *response, int64_t i, int64_t c)
{
    return ntk_get(response->rows, response->dtype, c * response->order + i);
}

static ntk_status fill_sides(answering *job)
{
    const ntk_response *response = job->response;
    int64_t count = response->count;
    for (int64_t first = 0; first < response->order; first += ROWS) {
        for (int64_t i = first; i < ntk_smaller(first + ROWS, response->order); i++)
            for (int64_t c = 0; c < count; c++) job->solutions[i * count + c] = element(response, i, c);
        NTK_TRY(ntk_advance(response->lane, 0));
    }
    return NTK_OK;
}

static ntk_status solve(answering *job, ntk_share share)
{
    const ntk_response *response = job->response;
    ntk_conjugate_report report = {0};
    ntk_conjugate_call call = ntk_solver_call(&job->solver, response->count, response->lane, response->function);
    call.left = job->left;
    call.begin = share.begin;
    call.end = share.end;
    ntk_status status = ntk_conjugate_solve(&call, job->solutions, &report);
    ntk_free(response->ridge->base.context, report.history);
    if (status < 0) return status;
    if (!(report.residual <= job->residual)) {
        job->residual = report.residual;
        job->iterations = report.iterations;
    }
    return NTK_OK;
}

static ntk_status sum_up(answering *job)
{
    const ntk_response *response = job->response;
    const double *ones = response->ridge->solution.ones;
    int64_t count = response->count;
    for (int64_t c = 0; c < count; c++) job->explained[c] = job->sums[c] = 0;
    for (int64_t first = 0; first < response->order; first += ROWS) {
        for (int64_t i = first; i < ntk_smaller(first + ROWS, response->order); i++)
            for (int64_t c = 0; c < count; c++) {
                double z = job->solutions[i * count + c], r = job->left[i * count + c];
                job->explained[c] += z * (element(response, i, c) + r);
                job->sums[c] += z + (ones ? ones[i] * r : 0);
            }
        NTK_TRY(ntk_advance(response->lane, 0));
    }
    return NTK_OK;
}

static ntk_status write_batch(const answering *job)
{
    const ntk_response *response = job->response;
    const ntk_ridge_solution *solution = &response->ridge->solution;
    for (int64_t c = 0; c < response->count; c++) {
        /* what is left of a difference of roundings is no variance */
        double variance = fmax(response->prior[response->first + c] - job->explained[c], 0), rest = 1 - job->sums[c];
        if (solution->report.intercept) variance += rest * rest / solution->ones_sum;
        for (int64_t part = 0; part < job->parts; part++)
            NTK_TRY(ntk_write_row(job->out, response->first + c, part, &variance, NTK_F64, 1, response->function, "variance"));
    }
    return NTK_OK;
}

/* --- all of them --- */

/* K is held where the fit was to hold it, and there is room for it. */
static ntk_status choose_hold(answering *job)
{
    const ntk_response *response = job->response;
    const ntk_context *context = response->ridge->base.context;
    const ntk_kernel *kernel = job->samples.kernel;
    ntk_iterative_options *settings = &job->solver.settings;
    uint64_t held = 0, assembly = 0, product = 0, P = 0, making = 0;
    int64_t n = response->order, d = job->samples.inputs;
    if (!settings->hold) return NTK_OK;
    NTK_TRY(ntk_operator_memory(kernel, context, &held, &assembly, &product, n, d, response->dtype, true));
    NTK_TRY(ntk_preconditioner_memory(kernel, context, &P, &making, n, d, response->batch, response->dtype, settings));
    for (int i = 0; i < 2; i++) NTK_TRY(ntk_need(&product, n, response->batch * (int64_t)sizeof(double)));
    NTK_TRY(ntk_conjugate_memory(&product, n, response->batch, settings->max_iterations));
    NTK_TRY(ntk_size_add(&P, 1, (int64_t)ntk_most_bytes(making, product)));
    NTK_TRY(ntk_size_add(&held, 1, (int64_t)ntk_most_bytes(assembly, P)));
    NTK_TRY(ntk_pool_memory(context, &held));
    settings->hold = ntk_budget_check(context, held, "the kernel matrix") >= 0;
    return NTK_OK;
}

static ntk_status open_all(answering *job)
{
    const ntk_response *response = job->response;
    const ntk_ridge *ridge = response->ridge;
    const ntk_lane *lane = response->lane;
    ntk_context *context = ridge->base.context;
    const ntk_kernel *kernel = ridge->system.set->samples.kernel;
    int64_t n = response->order, row = response->batch * (int64_t)sizeof(double);
    ntk_work_stage(lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_samples_open(&job->samples, kernel, lane, &response->training, response->dtype, ntk_model_all(kernel, n), false,
                             response->function, "x"));
    NTK_TRY(choose_hold(job));
    double batches = (double)((response->points - 1) / response->batch + 1), once = ntk_solver_share(&job->solver.settings);
    job->share = once / (once + batches * (1 - once));
    ntk_share room = ntk_work_narrow(lane->work, 0, job->share);
    ntk_status status = ntk_solver_open(&job->solver, &job->samples, response->batch, lane, response->function);
    ntk_work_widen(lane->work, room);
    NTK_TRY(status);
    NTK_TRY(ntk_allocate(context, &job->solutions, n, row, "solutions of points"));
    NTK_TRY(ntk_allocate(context, &job->left, n, row, "residuals of points"));
    NTK_TRY(ntk_allocate(context, &job->explained, response->batch, sizeof(double), "sums of points"));
    return ntk_allocate(context, &job->sums, response->batch, sizeof(double), "sums of points");
}

static ntk_status write_all(answering *job)
{
    ntk_response *response = job->response;
    double points = (double)response->points, wide = 1 - job->share;
    for (int64_t first = 0; first < response->points; first += response->batch) {
        int64_t count = ntk_smaller(response->batch, response->points - first);
        ntk_share share = {job->share + wide * (double)first / points, job->share + wide * (double)(first + count) / points};
        double begin = share.begin + 0.05 * (share.end - share.begin);
        NTK_TRY(ntk_response_rows(response, first, count, share.begin, begin));
        NTK_TRY(fill_sides(job));
        NTK_TRY(solve(job, (ntk_share){begin, share.end}));
        NTK_TRY(sum_up(job));
        NTK_TRY(write_batch(job));
    }
    return ntk_solver_note(&job->solver, job->iterations, job->residual, response->function);
}

ntk_status ntk_iterative_variance(ntk_response *response, const ntk_matrix *out, int64_t parts)
{
    const ntk_ridge *ridge = response->ridge;
    ntk_context *context = ridge->base.context;
    answering job = {.response = response, .out = out, .parts = parts};
    job.solver.settings = ntk_solver_settings(&ridge->iterative, ridge->solution.report.dtype);
    job.solver.lambda = ridge->solution.report.lambda;
    ntk_status status = open_all(&job);
    if (status >= 0) status = write_all(&job);
    ntk_solver_close(&job.solver, context);
    if (job.samples.context) ntk_samples_close(&job.samples);
    void *const held[] = {job.solutions, job.left, job.explained, job.sums};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}
