#include "core/memory.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "ridge/batch.h"
#include "ridge/spectral.h"

#include <math.h>
#include <string.h>

/* y minus the prediction of a model fitted without the sample. */
typedef struct leaving {
    const ntk_ridge *ridge;
    const ntk_lane *lane;
    const ntk_matrix *out;
    const char *function;
    int64_t n, targets;
    char *scratch; /* of a lane: rows x order */
    int64_t rows, scratch_size;
    /* of a batch of a primal */
    int64_t first, count;
    const void *Phi;
    const double *predictions;
} leaving;

/* Rows in one task. */
enum { ROWS = 128 };

static ntk_status write_row(const leaving *job, int64_t row, const double *residuals)
{
    return ntk_write_row(job->out, row, 0, residuals, NTK_F64, job->targets, job->function, "residuals");
}

/* Without a sample nothing is left to fit an intercept to. */
static ntk_status write_nothing(const leaving *job)
{
    for (int64_t c = 0; c < job->targets; c++) ntk_put(job->out->data, job->out->dtype, c, (double)NAN);
    return NTK_OK;
}

/* residuals of a row, held by the scratch of its lane */
static double *residuals_of(const leaving *job, const ntk_lane *lane)
{
    return (double *)(void *)(job->scratch + (lane->index + 1) * job->scratch_size) - job->targets;
}

/* --- dual: alpha_i / (A^-1)_ii, where A^-1 has the intercept projected out --- */

/* Rows of A^-1's factor L^-T, whose squares sum up to the diagonal. */
static ntk_status leave_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const leaving *job = argument;
    const ntk_ridge_solution *solution = &job->ridge->solution;
    const ntk_symmetric *L = &job->ridge->system.L;
    void *B = job->scratch + lane->index * job->scratch_size;
    double *residuals = residuals_of(job, lane);
    int64_t first = index * ROWS, rows = job->n - first < ROWS ? job->n - first : ROWS, tile = first / NTK_SYMMETRIC_EDGE;
    memset(B, 0, (size_t)(rows * job->n * ntk_dtype_size(L->dtype)));
    for (int64_t r = 0; r < rows; r++) ntk_put(B, L->dtype, r * job->n + first + r, 1);
    NTK_TRY(ntk_cholesky_rows(L, lane, B, job->n, rows, tile, false));
    for (int64_t r = 0; r < rows; r++) {
        int64_t i = first + r, from = tile * NTK_SYMMETRIC_EDGE;
        double g = ntk_squares(ntk_at(B, L->dtype, r * job->n + from), L->dtype, job->n - from);
        if (solution->ones) g -= solution->ones[i] * solution->ones[i] / solution->ones_sum;
        for (int64_t c = 0; c < job->targets; c++)
            residuals[c] = ntk_get(solution->alpha, solution->report.dtype, c * job->n + i) / g;
        NTK_TRY(write_row(job, i, residuals));
    }
    return ntk_advance(lane, rows);
}

static ntk_status open_scratch(leaving *job, int64_t tasks, int64_t rows, int64_t width)
{
    ntk_context *context = job->ridge->base.context;
    uint64_t bytes = 0;
    NTK_TRY(ntk_size_add(&bytes, rows, width * ntk_dtype_size(job->ridge->solution.report.dtype)));
    NTK_TRY(ntk_size_add(&bytes, job->targets, sizeof(double)));
    job->scratch_size = ((int64_t)bytes + 63) / 64 * 64;
    return ntk_allocate(context, &job->scratch, ntk_lanes_for(job->lane, tasks), job->scratch_size, "rows of an inverse");
}

static ntk_status leave_dual(leaving *job)
{
    int64_t tasks = (job->n - 1) / ROWS + 1;
    NTK_TRY(open_scratch(job, tasks, job->n < ROWS ? job->n : ROWS, job->n));
    ntk_work_stage(job->lane->work, "leave-one-out", job->n, 0, 1);
    return ntk_run_blas(job->lane, tasks, leave_rows, job);
}

/* --- spectral --- */

/* Targets first, ..., which share a lambda, into columns of the output. */
static ntk_status leave_targets(const leaving *job, int64_t first, int64_t targets, double *alpha, double *g, double *scratch)
{
    const ntk_ridge *ridge = job->ridge;
    int64_t columns = targets + ridge->solution.report.intercept;
    ntk_spectral_at at =
        ntk_spectral_at_lambda(&ridge->system, &ridge->solution, ridge->solution.lambdas[first], first, targets);
    if (!ntk_spectral_is_regular(&at)) return ntk_spectral_singular(&at, job->function);
    NTK_TRY(ntk_spectral_inverse_rows(&at, job->lane, alpha, NULL, g, NULL, scratch));
    for (int64_t i = 0; i < job->n; i++) {
        double *row = alpha + i * columns;
        for (int64_t c = 0; c < targets; c++) row[c] /= g[i];
        NTK_TRY(ntk_write_row(job->out, i, first, row, NTK_F64, targets, job->function, "residuals"));
    }
    return NTK_OK;
}

static ntk_status leave_spectral(leaving *job)
{
    ntk_context *context = job->ridge->base.context;
    const ntk_ridge_solution *solution = &job->ridge->solution;
    int64_t wide = (job->targets + solution->report.intercept) * (int64_t)sizeof(double);
    double *alpha = NULL, *scratch = NULL, *g = NULL;
    ntk_work_stage(job->lane->work, "leave-one-out", job->n * job->targets, 0, 1);
    ntk_status status = ntk_allocate(context, &alpha, job->n, wide, "the coefficients by samples");
    if (status >= 0)
        status = ntk_allocate(context, &scratch, job->n, wide + (int64_t)sizeof(double), "the coefficients by eigenvectors");
    if (status >= 0) status = ntk_allocate(context, &g, job->n, sizeof(double), "the diagonal of an inverse");
    int64_t together = ntk_lambdas_agree(solution) ? job->targets : 1;
    for (int64_t c = 0; status >= 0 && c < job->targets; c += together)
        status = leave_targets(job, c, together, alpha, g, scratch);
    ntk_free(context, alpha);
    ntk_free(context, scratch);
    ntk_free(context, g);
    return status;
}

/* --- primal: (y_i - f(x_i) - b) / (1 - h_i), h_i = |L^-1 (phi_i - mu)|^2, and 1 / n more with an intercept --- */

static ntk_status leave_features(void *argument, int64_t index, const ntk_lane *lane)
{
    const leaving *job = argument;
    const ntk_ridge_solution *solution = &job->ridge->solution;
    const ntk_symmetric *L = &job->ridge->system.L;
    double *residuals = residuals_of(job, lane);
    int64_t first = index * ROWS, rows = job->count - first < ROWS ? job->count - first : ROWS;
    void *B = ntk_at(job->Phi, L->dtype, first * L->n);
    NTK_TRY(ntk_cholesky_rows(L, lane, B, L->n, rows, 0, false));
    for (int64_t r = 0; r < rows; r++) {
        double h = ntk_squares(ntk_at(B, L->dtype, r * L->n), L->dtype, L->n);
        if (solution->report.intercept) h += 1 / (double)job->n;
        for (int64_t c = 0; c < job->targets; c++)
            residuals[c] =
                (solution->y[(job->first + first + r) * job->targets + c] - job->predictions[(first + r) * job->targets + c]) /
                (1 - h);
        NTK_TRY(write_row(job, job->first + first + r, residuals));
    }
    return ntk_advance(lane, rows);
}

static ntk_status leave_batch(leaving *job, const ntk_features_call *call, void *Phi, double *predictions)
{
    const ntk_ridge *ridge = job->ridge;
    const ntk_operand *x = &ridge->system.x;
    int64_t d = ridge->solution.report.inputs;
    ntk_matrix samples =
        ntk_matrix_view(ntk_at(x->data, call->dtype, job->first * x->stride), job->count, d, call->dtype, NTK_READONLY);
    ntk_matrix y = ntk_matrix_f64(predictions, job->count, job->targets);
    samples.stride = x->stride;
    NTK_TRY(ntk_features_product(call, &y, &samples, &ridge->solution.beta, ridge->solution.intercept));
    NTK_TRY(ntk_centred_features(call, ridge->system.mu, Phi, samples.data, x->stride, job->count));
    return ntk_run_blas(job->lane, (job->count - 1) / ROWS + 1, leave_features, job);
}

static ntk_status leave_primal(leaving *job)
{
    const ntk_ridge *ridge = job->ridge;
    ntk_context *context = ridge->base.context;
    int64_t p = ridge->features->size, rows = ntk_batch_rows(job->n, p);
    ntk_features_call call = {.features = ridge->features, .lane = job->lane, .w = ridge->w, .function = job->function};
    void *Phi = NULL;
    double *predictions = NULL;
    call.dtype = ridge->solution.report.dtype;
    NTK_TRY(open_scratch(job, (rows - 1) / ROWS + 1, 0, 0));
    ntk_status status = ntk_allocate(context, &Phi, rows, p * ntk_dtype_size(call.dtype), "a batch of features");
    if (status >= 0)
        status = ntk_allocate(context, &predictions, rows, job->targets * (int64_t)sizeof(double), "predictions of a batch");
    job->Phi = Phi;
    job->predictions = predictions;
    /* a sample is mapped twice and solved for once */
    ntk_work_stage(job->lane->work, "leave-one-out", 3 * job->n, 0, 1);
    for (; status >= 0 && job->first < job->n; job->first += job->count) {
        job->count = job->n - job->first < rows ? job->n - job->first : rows;
        status = leave_batch(job, &call, Phi, predictions);
    }
    ntk_free(context, Phi);
    ntk_free(context, predictions);
    return status;
}

/* --- the call --- */

ntk_status ntk_leave_one_out_check(const ntk_ridge *ridge, const char *function)
{
    NTK_TRY(ntk_held_check(ridge, function));
    if (ridge->solution.report.method != NTK_RIDGE_ITERATIVE) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: ridge was fitted by conjugate gradients, and leave-one-out residuals divide by the diagonal of "
                    "(K + lambda I)^-1, which would take a solution for each of the %lld samples: fit it with NTK_RIDGE_DUAL, "
                    "or NTK_RIDGE_SPECTRAL, on as many samples as there is memory for",
                    function, (long long)ridge->solution.report.samples);
}

ntk_status ntk_leave_one_out_write(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *residuals,
                                   const char *function)
{
    const ntk_ridge_report *report = &ridge->solution.report;
    leaving job = {.ridge = ridge, .lane = lane, .out = residuals, .n = report->samples, .targets = report->targets};
    job.function = function;
    if (job.n == 1 && report->intercept) return write_nothing(&job);
    ntk_status status = report->method == NTK_RIDGE_SPECTRAL ? leave_spectral(&job)
                        : report->method == NTK_RIDGE_PRIMAL ? leave_primal(&job)
                                                             : leave_dual(&job);
    ntk_free(ridge->base.context, job.scratch);
    return status;
}

ntk_status ntk_ridge_leave_one_out(const ntk_ridge *ridge, const ntk_matrix *residuals)
{
    NTK_REQUIRE(ridge);
    const ntk_ridge_report *report = &ridge->solution.report;
    NTK_TRY(ntk_output_check(residuals, __func__, "residuals"));
    NTK_TRY(ntk_shape_check(residuals, report->samples, report->targets, __func__, "residuals"));
    NTK_TRY(ntk_leave_one_out_check(ridge, __func__));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    return ntk_leave_one_out_write(ridge, &lane, residuals, __func__);
}
