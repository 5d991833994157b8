#include "ridge/response.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "kernel/tile.h"
#include "ridge/spectral.h"

#include <math.h>
#include <string.h>

/* Rows in one task, and columns in one product of a SPECTRAL. */
enum { ROWS = 128, COLUMNS = 512 };

static bool is_primal(const ntk_response *response)
{
    return response->ridge->solution.report.method == NTK_RIDGE_PRIMAL;
}

static bool is_spectral(const ntk_response *response)
{
    return response->ridge->solution.report.method == NTK_RIDGE_SPECTRAL;
}

bool ntk_response_is_nystroem(const ntk_response *response)
{
    return response->ridge->solution.report.method == NTK_RIDGE_NYSTROEM;
}

/* --- opening --- */

/* The model's samples are prepared anew: others may read them at the same time, and a kernel of several passes changes them. */
static ntk_status open_kernel(ntk_response *response, const ntk_matrix *x)
{
    const ntk_lane *lane = response->lane;
    const ntk_samples *held = &response->ridge->system.set->samples;
    int64_t all = x->rows + held->rows;
    response->training = ntk_samples_view(held);
    ntk_work_stage(lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_samples_open(&response->x, held->kernel, lane, x, response->dtype, all, false, response->function, "x"));
    NTK_TRY(ntk_samples_open(&response->samples, held->kernel, lane, &response->training, response->dtype, all, false,
                             response->function, "x"));
    response->prior = response->x.diagonal;
    return ntk_samples_check(&response->x, &response->samples, response->function);
}

ntk_status ntk_response_open(ntk_response *response, const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *x,
                             int64_t batch, const char *function)
{
    ntk_context *context = ridge->base.context;
    const ntk_ridge_report *report = &ridge->solution.report;
    *response = (ntk_response){.ridge = ridge, .lane = lane, .function = function, .points = x->rows, .order = report->order};
    /* a factor may be in less precision than the model, and an ITERATIVE has none */
    response->dtype = is_spectral(response) ? NTK_F64 : ridge->system.L.data ? ridge->system.L.dtype : report->dtype;
    response->batch = batch ? batch : ntk_batch_rows(x->rows, report->order);
    int64_t width = response->order * ntk_dtype_size(response->dtype);
    if (is_primal(response))
        NTK_TRY(ntk_operand_open(lane, &response->operand, x, report->dtype, function, "x"));
    else
        NTK_TRY(open_kernel(response, x));
    NTK_TRY(ntk_allocate(context, &response->rows, response->batch, width, "the kernel of points with the samples"));
    NTK_TRY(ntk_allocate(context, &response->rest, response->batch, sizeof(double), "the intercept's share of points"));
    if (!is_spectral(response) && !ntk_response_is_nystroem(response)) {
        response->answers = response->rows;
        return NTK_OK;
    }
    if (is_spectral(response))
        NTK_TRY(ntk_allocate(context, &response->scale, response->order, sizeof(double), "inverses of eigenvalues"));
    return ntk_allocate(context, &response->answers, response->batch, width, "answers of points");
}

void ntk_response_close(ntk_response *response)
{
    ntk_context *context = response->ridge->base.context;
    if (response->answers != response->rows) ntk_free(context, response->answers);
    ntk_free(context, response->rows);
    ntk_free(context, response->rest);
    ntk_free(context, response->scale);
    ntk_operand_close(context, &response->operand);
    if (response->samples.context) ntk_samples_close(&response->samples);
    if (response->x.context) ntk_samples_close(&response->x);
}

/* --- rows --- */

static void *place(const void *self, int64_t row, int64_t col, int64_t *ld)
{
    const ntk_response *response = self;
    *ld = response->order;
    return ntk_at(response->rows, response->dtype, (row - response->first) * response->order + col);
}

static int64_t tasks_of(const ntk_response *response)
{
    return (response->count - 1) / ROWS + 1;
}

/* K(x, z) becomes psi. */
static ntk_status substitute_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_response *response = argument;
    int64_t m = response->order, first = index * ROWS, count = response->count - first < ROWS ? response->count - first : ROWS;
    void *psi = ntk_at(response->rows, response->dtype, first * m);
    NTK_TRY(ntk_cholesky_rows(&response->ridge->system.centres, lane, psi, m, count, 0, false));
    for (int64_t r = 0; r < count; r++) {
        double explained = ntk_squares(ntk_at(psi, response->dtype, r * m), response->dtype, m);
        /* what is left of a difference of roundings is nothing */
        response->rest[first + r] = fmax(response->prior[response->first + first + r] - explained, 0);
    }
    return NTK_OK;
}

ntk_status ntk_response_rows(ntk_response *response, int64_t first, int64_t count, double begin, double end)
{
    const ntk_ridge *ridge = response->ridge;
    const ntk_lane *lane = response->lane;
    response->first = first;
    response->count = count;
    if (is_primal(response)) {
        ntk_features_call call = {.features = ridge->features, .lane = lane, .dtype = response->dtype, .w = ridge->w};
        const ntk_operand *x = &response->operand;
        call.function = response->function;
        ntk_work_stage(lane->work, "features of points", count, begin, end);
        return ntk_centred_features(&call, ridge->system.mu, response->rows,
                                    ntk_at(x->data, response->dtype, first * x->stride), x->stride, count);
    }
    ntk_grid grid = {.rows = &response->x, .cols = &response->samples, .first = first, .count = count, .placement = place};
    grid.matrix = response;
    ntk_work_stage(lane->work, "kernel of points", ntk_grid_units(&grid), begin, end);
    NTK_TRY(ntk_grid_evaluate(&grid, lane));
    return ntk_response_is_nystroem(response) ? ntk_run_blas(lane, tasks_of(response), substitute_rows, response) : NTK_OK;
}

/* --- answers --- */

typedef struct answering {
    const ntk_response *response;
    const ntk_spectral_at *at;
    double ones;
    bool weights;
} answering;

/* 1 - z^T k, z = A^-1 1. */
static void find_rest(const ntk_response *response, const double *z, const void *rows, int64_t first, int64_t count)
{
    for (int64_t r = first; r < first + count; r++) {
        double sum = 1;
        for (int64_t k = 0; k < response->order; k++) sum -= z[k] * ntk_get(rows, response->dtype, r * response->order + k);
        response->rest[r] = sum;
    }
}

/* V row, and for weights V^T (s V row) in the place of row. */
static ntk_status answer_spectral(const answering *job, const ntk_lane *lane, int64_t first, int64_t count)
{
    const ntk_response *response = job->response;
    const ntk_ridge *ridge = response->ridge;
    const ntk_eigen *V = &ridge->system.spectrum;
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t n = response->order, wide = report->targets + report->intercept;
    double *rows = (double *)response->rows + first * n, *answers = (double *)response->answers + first * n;
    for (int64_t k = 0; k < n; k += COLUMNS) {
        int64_t columns = n - k < COLUMNS ? n - k : COLUMNS;
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, count, columns, n, 1, rows, n, V->vectors + k * V->ld, V->ld,
                              0, answers + k, n));
        NTK_TRY(ntk_advance(lane, 0));
    }
    for (int64_t r = 0; r < count; r++) {
        double sum = 1, *row = answers + r * n;
        for (int64_t k = 0; report->intercept && k < n; k++)
            sum -= response->scale[k] * response->scale[k] * ridge->solution.projected[k * wide + report->targets] * row[k];
        response->rest[first + r] = sum;
        for (int64_t k = 0; k < n; k++) row[k] *= job->weights ? response->scale[k] * response->scale[k] : response->scale[k];
    }
    if (!job->weights) return NTK_OK;
    for (int64_t i = 0; i < n; i += COLUMNS) {
        int64_t columns = n - i < COLUMNS ? n - i : COLUMNS;
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_PLAIN, count, columns, n, 1, answers, n, V->vectors + i, V->ld, 0,
                              rows + i, n));
        NTK_TRY(ntk_advance(lane, 0));
    }
    memcpy(answers, rows, (size_t)(count * n) * sizeof *rows);
    return NTK_OK;
}

/* Rows of psi - mu, answered; and for weights L_z^-T (psi - lambda A^-1 (psi - mu)). */
static ntk_status answer_nystroem(const answering *job, const ntk_lane *lane, int64_t first, int64_t count)
{
    const ntk_response *response = job->response;
    const ntk_ridge_system *system = &response->ridge->system;
    int32_t dtype = response->dtype;
    int64_t m = response->order;
    const void *psi = ntk_at(response->rows, dtype, first * m);
    void *answers = ntk_at(response->answers, dtype, first * m);
    double lambda = response->ridge->solution.report.lambda;
    memcpy(answers, psi, (size_t)(count * m * ntk_dtype_size(dtype)));
    NTK_TRY(ntk_centre_rows(lane, dtype, system->mu, answers, count, m));
    NTK_TRY(ntk_cholesky_rows(&system->L, lane, answers, m, count, 0, job->weights));
    if (!job->weights) return NTK_OK;
    for (int64_t k = 0; k < count * m; k++)
        ntk_put(answers, dtype, k, ntk_get(psi, dtype, k) - lambda * ntk_get(answers, dtype, k));
    return ntk_cholesky_rows_back(&system->centres, lane, answers, m, count);
}

static ntk_status answer_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const answering *job = argument;
    const ntk_response *response = job->response;
    const ntk_ridge_solution *solution = &response->ridge->solution;
    int64_t first = index * ROWS, count = response->count - first < ROWS ? response->count - first : ROWS;
    if (is_spectral(response)) return answer_spectral(job, lane, first, count);
    if (ntk_response_is_nystroem(response)) return answer_nystroem(job, lane, first, count);
    if (solution->ones) find_rest(response, solution->ones, response->rows, first, count);
    return ntk_cholesky_rows(&response->ridge->system.L, lane, ntk_at(response->rows, response->dtype, first * response->order),
                             response->order, count, 0, job->weights);
}

ntk_status ntk_response_answer(ntk_response *response, int64_t target, bool weights)
{
    const ntk_ridge *ridge = response->ridge;
    answering job = {.response = response, .weights = weights};
    if (is_spectral(response)) {
        ntk_spectral_at at =
            ntk_spectral_at_lambda(&ridge->system, &ridge->solution, ridge->solution.lambdas[target], target, 1);
        for (int64_t k = 0; k < response->order; k++) response->scale[k] = sqrt(ntk_spectral_inverse(&at, k));
    }
    return ntk_run_blas(response->lane, tasks_of(response), answer_rows, &job);
}

double ntk_response_ones(const ntk_response *response, int64_t target)
{
    const ntk_ridge *ridge = response->ridge;
    if (is_primal(response) || ntk_response_is_nystroem(response)) return (double)ridge->solution.report.samples;
    if (!is_spectral(response)) return ridge->solution.ones_sum;
    ntk_spectral_at at = ntk_spectral_at_lambda(&ridge->system, &ridge->solution, ridge->solution.lambdas[target], target, 1);
    return ntk_spectral_sum(&at, target).ones;
}

/* --- checks --- */

ntk_status ntk_response_parts(const ntk_ridge *ridge, const ntk_matrix *out, int64_t columns, int64_t *parts,
                              const char *function, const char *name)
{
    int64_t t = ridge->solution.report.targets;
    bool once = ntk_lambdas_agree(&ridge->solution) && (t == 1 || out->cols != t * columns);
    *parts = once ? 1 : t;
    return ntk_shape_check(out, out->rows, *parts * columns, function, name);
}

ntk_status ntk_points_check(const ntk_ridge *ridge, const ntk_matrix *out, const char *name, const ntk_matrix *x,
                            const char *function)
{
    NTK_TRY(ntk_output_check(out, function, name));
    NTK_TRY(ntk_input_check(x, function, "x"));
    NTK_TRY(ntk_shape_check(x, -1, ridge->solution.report.inputs, function, "x"));
    NTK_TRY(ntk_shape_check(out, x->rows, -1, function, name));
    NTK_TRY(ntk_disjoint_check(out, name, x, "x", function));
    return ntk_finite_check(x, function, "x");
}
