#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "ridge/batch.h"
#include "ridge/primal/nystroem.h"

#include <math.h>
#include <string.h>

/* --- degrees of freedom: m - lambda trace (Psi^T Psi + lambda I)^-1, and 1 more for an intercept --- */

/* Rows of the inverse at a time. */
enum { ROWS = 128 };

/* scratch  of a lane: ROWS x m;  sums  of each task's squares */
typedef struct inverting {
    const ntk_symmetric *L;
    char *scratch;
    int64_t scratch_size;
    double *sums;
} inverting;

/* Rows of L^-T, whose squares sum up to the inverse's diagonal. */
static ntk_status invert_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const inverting *job = argument;
    const ntk_symmetric *L = job->L;
    void *B = job->scratch + lane->index * job->scratch_size;
    int64_t m = L->n, first = index * ROWS, rows = ntk_smaller(ROWS, m - first), tile = first / NTK_SYMMETRIC_EDGE;
    memset(B, 0, (size_t)(rows * m * ntk_dtype_size(L->dtype)));
    for (int64_t r = 0; r < rows; r++) ntk_put(B, L->dtype, r * m + first + r, 1);
    NTK_TRY(ntk_cholesky_rows(L, lane, B, m, rows, tile, false));
    job->sums[index] = ntk_squares(B, L->dtype, rows * m);
    return ntk_advance(lane, rows);
}

static ntk_status find_degrees(ntk_nystroem *job, double end)
{
    ntk_ridge *ridge = job->ridge;
    ntk_context *context = ridge->base.context;
    ntk_ridge_report *report = &ridge->solution.report;
    int64_t m = job->m, tasks = (m - 1) / ROWS + 1;
    inverting inverse = {.L = &ridge->system.L,
                         .scratch_size = ntk_whole_lines(ROWS * m * ntk_dtype_size(job->options->dtype))};
    double trace = 0;
    ntk_work_stage(job->lane->work, "degrees of freedom", m, 0, end);
    ntk_status status = ntk_allocate(context, &inverse.sums, tasks, sizeof(double), "parts of a trace");
    if (status >= 0)
        status = ntk_allocate(context, &inverse.scratch, ntk_lanes_for(job->lane, tasks), inverse.scratch_size,
                              "rows of an inverse");
    if (status >= 0) status = ntk_run_blas(job->lane, tasks, invert_rows, &inverse);
    for (int64_t i = 0; status >= 0 && i < tasks; i++) trace += inverse.sums[i];
    ntk_free(context, inverse.sums);
    ntk_free(context, inverse.scratch);
    report->degrees = (double)m - report->lambda * trace + report->intercept;
    return status;
}

ntk_status ntk_degrees_memory(const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t m)
{
    uint64_t row;
    int64_t tasks = (m - 1) / ROWS + 1;
    NTK_TRY(ntk_size_multiply(&row, m, ROWS * ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, tasks, sizeof(double)));
    return ntk_need(bytes, ntk_lanes_expected(context, tasks), (int64_t)row + 63);
}

/* --- leave-one-out errors: (y - f(x)) / (1 - h), h = |L^-1 (psi - mu)|^2, and 1 / n more with an intercept --- */

/* The squared errors of rows of a batch, over the targets, to the place of their rests. */
static ntk_status leave_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_nystroem *job = argument;
    const ntk_normal *normal = &job->normal;
    const ntk_ridge_solution *solution = &job->ridge->solution;
    int32_t dtype = normal->dtype;
    int64_t m = job->m, t = normal->targets, task = ntk_nystroem_task(lane), first = index * task;
    int64_t rows = ntk_smaller(task, job->reader->x.rows - first);
    void *psi = ntk_at(normal->Phi, dtype, first * m), *f = ntk_at(normal->Y, dtype, first * t);
    NTK_TRY(ntk_blas_gemm(dtype, NTK_PLAIN, NTK_PLAIN, rows, t, m, 1, psi, m, normal->solved, t, 0, f, t));
    NTK_TRY(ntk_centre_rows(lane, dtype, job->ridge->system.mu, psi, rows, m));
    NTK_TRY(ntk_cholesky_rows(&job->ridge->system.L, lane, psi, m, rows, 0, false));
    for (int64_t r = 0; r < rows; r++) {
        const void *y = ntk_row(&job->reader->y, first + r);
        double h = ntk_squares(ntk_at(psi, dtype, r * m), dtype, m), sum = 0;
        if (solution->report.intercept) h += 1 / (double)normal->n;
        for (int64_t c = 0; c < t; c++) {
            double predicted = ntk_get(f, dtype, r * t + c) + solution->intercept[c];
            double error = (ntk_get(y, job->reader->y_dtype, c) - predicted) / (1 - h);
            sum += error * error;
        }
        job->rests[first + r] = sum;
    }
    return ntk_advance(lane, rows * m);
}

static ntk_status leave_one_out(ntk_nystroem *job, double begin)
{
    ntk_stream_reader *reader = job->reader;
    double sum = 0;
    int64_t rows;
    ntk_stream_begin(reader, "leave-one-out", ntk_nystroem_units(job) + job->m, begin, 1);
    NTK_TRY(ntk_stream_next(reader, &rows));
    while (rows > 0) {
        NTK_TRY(ntk_nystroem_map(job));
        NTK_TRY(ntk_run_blas(job->lane, (rows - 1) / ntk_nystroem_task(job->lane) + 1, leave_rows, job));
        for (int64_t r = 0; r < rows; r++) sum += job->rests[r];
        NTK_TRY(ntk_stream_next(reader, &rows));
    }
    job->ridge->solution.approximation.leave_one_out = sum / ((double)job->normal.n * (double)job->normal.targets);
    return NTK_OK;
}

ntk_status ntk_nystroem_estimate(ntk_nystroem *job)
{
    ntk_ridge_solution *solution = &job->ridge->solution;
    const ntk_ridge_report *report = &solution->report;
    double n = (double)report->samples, t = (double)report->targets, end = job->options->leave_one_out ? 0.05 : 1;
    NTK_TRY(find_degrees(job, end));
    double left = 1 - report->degrees / n;
    solution->approximation.gcv = left > 0 ? report->rss / (n * t) / (left * left) : (double)NAN;
    return job->options->leave_one_out ? leave_one_out(job, end) : NTK_OK;
}
