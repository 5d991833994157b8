#include "ridge/covariance.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/block.h"

#include <math.h>
#include <string.h>

/* Rows of C in one task. */
enum { ROWS = 256 };

typedef struct spread {
    const ntk_response *response;
    double *C;
    const double *prior;
    const double *answers; /* in double precision */
    const double *psi;     /* of a NYSTROEM, likewise */
    double ones;
} spread;

/* Rows of the lower triangle: prior - W W^T, or lambda W W^T, with the intercept's share; of a NYSTROEM the latter and
 * prior - psi psi^T. */
static ntk_status fill_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const spread *job = argument;
    const ntk_response *response = job->response;
    const ntk_ridge_report *report = &response->ridge->solution.report;
    int64_t m = response->points, p = response->order, first = index * ROWS, rows = m - first < ROWS ? m - first : ROWS;
    bool primal = !job->prior || job->psi;
    double *C = job->C + first * m, alpha = primal ? report->lambda : -1;
    for (int64_t j = 0; j < first + rows; j += ROWS) {
        int64_t columns = first + rows - j < ROWS ? first + rows - j : ROWS;
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, rows, columns, p, alpha, job->answers + first * p, p,
                              job->answers + j * p, p, 0, C + j, m));
        if (job->psi)
            NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, rows, columns, p, -1, job->psi + first * p, p,
                                  job->psi + j * p, p, 1, C + j, m));
        NTK_TRY(ntk_advance(lane, 0));
    }
    for (int64_t i = first; i < first + rows; i++)
        for (int64_t j = 0; j <= i; j++) {
            double *c = job->C + i * m + j;
            if (job->prior) *c += job->prior[i * m + j];
            if (i == j && job->prior) *c = fmax(*c, 0);
            if (report->intercept) *c += (primal ? report->lambda : response->rest[i] * response->rest[j]) / job->ones;
        }
    return NTK_OK;
}

/* *values = count numbers of a response in double precision, themselves or a copy. */
static ntk_status in_double(const ntk_response *response, const double **values, double **copy, const void *from, int64_t count)
{
    *values = from;
    if (response->dtype == NTK_F64) return NTK_OK;
    NTK_TRY(ntk_allocate(response->ridge->base.context, copy, count, sizeof **copy, "answers of points"));
    ntk_convert(*copy, NTK_F64, from, response->dtype, count);
    *values = *copy;
    return NTK_OK;
}

ntk_status ntk_covariance_of(ntk_response *response, double *C, const double *prior, int64_t target)
{
    ntk_context *context = response->ridge->base.context;
    int64_t m = response->points, count = m * response->order;
    spread job = {.response = response, .C = C, .prior = prior, .ones = ntk_response_ones(response, target)};
    double *copy = NULL, *psi = NULL;
    NTK_TRY(ntk_response_answer(response, target, false));
    ntk_status status = in_double(response, &job.answers, &copy, response->answers, count);
    if (status >= 0 && ntk_response_is_nystroem(response)) status = in_double(response, &job.psi, &psi, response->rows, count);
    if (status >= 0) status = ntk_run_blas(response->lane, (m - 1) / ROWS + 1, fill_rows, &job);
    ntk_free(context, copy);
    ntk_free(context, psi);
    for (int64_t i = 0; status >= 0 && i < m; i++)
        for (int64_t j = 0; j < i; j++) C[j * m + i] = C[i * m + j];
    return status;
}

ntk_status ntk_covariance_prior(const ntk_ridge *ridge, const ntk_lane *lane, double **prior, const ntk_matrix *x,
                                const char *function)
{
    uint64_t bytes;
    *prior = NULL;
    if (ridge->solution.report.method == NTK_RIDGE_PRIMAL) return NTK_OK;
    NTK_TRY(ntk_size_multiply(&bytes, x->rows, x->rows));
    NTK_TRY(ntk_allocate(ridge->base.context, prior, (int64_t)bytes, sizeof(double), "the kernel of points"));
    ntk_matrix out = ntk_matrix_f64(*prior, x->rows, x->rows);
    ntk_share room = ntk_work_narrow(lane->work, 0, 0.3);
    ntk_status status = ntk_block_write(ridge->system.set->samples.kernel, lane, &out, x, x, function);
    ntk_work_widen(lane->work, room);
    return status;
}

static ntk_status write_parts(ntk_response *response, const ntk_matrix *out, const double *prior, double *C, int64_t parts)
{
    int64_t m = response->points;
    bool shared = ntk_lambdas_agree(&response->ridge->solution);
    NTK_TRY(ntk_response_rows(response, 0, m, 0.3, 0.6));
    for (int64_t c = 0; c < parts; c++) {
        if (c == 0 || !shared) NTK_TRY(ntk_covariance_of(response, C, prior, c));
        for (int64_t i = 0; i < m; i++)
            NTK_TRY(ntk_write_row(out, i, c * m, C + i * m, NTK_F64, m, response->function, "covariance"));
    }
    return NTK_OK;
}

ntk_status ntk_ridge_covariance(const ntk_ridge *ridge, const ntk_matrix *covariance, const ntk_matrix *x)
{
    int64_t parts;
    uint64_t count;
    double *prior = NULL, *C = NULL;
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_points_check(ridge, covariance, "covariance", x, __func__));
    NTK_TRY(ntk_response_parts(ridge, covariance, x->rows, &parts, __func__, "covariance"));
    NTK_TRY(ntk_factor_check(ridge, __func__));
    ntk_context *context = ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_response response = {.ridge = ridge};
    ntk_status status = ntk_size_multiply(&count, x->rows, x->rows);
    if (status >= 0) status = ntk_allocate(context, &C, (int64_t)count, sizeof(double), "a covariance");
    if (status >= 0) status = ntk_response_open(&response, ridge, &lane, x, x->rows, __func__);
    if (status >= 0) status = ntk_covariance_prior(ridge, &lane, &prior, x, __func__);
    if (status >= 0) status = write_parts(&response, covariance, prior, C, parts);
    ntk_response_close(&response);
    ntk_free(context, prior);
    ntk_free(context, C);
    return status;
}
