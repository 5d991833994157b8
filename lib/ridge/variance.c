#include "core/status.h"
#include "ridge/iterative/iterative.h"

#include <math.h>

/* K(x, x) - |L^-1 k|^2, or of a primal lambda |L^-1 phi|^2, and the intercept's share; of a NYSTROEM what the latter gives, and what
 * its approximation leaves. */
static double variance_of(const ntk_response *response, int64_t row, double ones)
{
    const ntk_ridge_report *report = &response->ridge->solution.report;
    double squares = 0;
    for (int64_t k = 0; k < response->order; k++) {
        double answer = ntk_get(response->answers, response->dtype, row * response->order + k);
        squares += answer * answer;
    }
    bool nystroem = ntk_response_is_nystroem(response);
    if (!response->prior || nystroem)
        return report->lambda * (squares + (report->intercept ? 1 / ones : 0)) + (nystroem ? response->rest[row] : 0);
    double rest = report->intercept ? response->rest[row] : 0, variance = response->prior[response->first + row] - squares;
    /* what is left of a difference of roundings is no variance */
    variance = fmax(variance, 0);
    return report->intercept ? variance + rest * rest / ones : variance;
}

static ntk_status write_batch(ntk_response *response, const ntk_matrix *v, int64_t target)
{
    double ones = ntk_response_ones(response, target);
    NTK_TRY(ntk_response_answer(response, target, false));
    for (int64_t r = 0; r < response->count; r++) {
        double variance = variance_of(response, r, ones);
        NTK_TRY(ntk_write_row(v, response->first + r, target, &variance, NTK_F64, 1, response->function, "variance"));
    }
    return ntk_advance(response->lane, 0);
}

static ntk_status write_all(ntk_response *response, const ntk_matrix *v, int64_t parts)
{
    double points = (double)response->points;
    for (int64_t first = 0; first < response->points; first += response->batch) {
        int64_t count = response->points - first < response->batch ? response->points - first : response->batch;
        NTK_TRY(ntk_response_rows(response, first, count, (double)first / points, (double)(first + count) / points));
        bool shared = ntk_lambdas_agree(&response->ridge->solution);
        for (int64_t c = 0; c < (shared ? 1 : parts); c++) NTK_TRY(write_batch(response, v, c));
        for (int64_t c = 1; shared && c < parts; c++)
            for (int64_t r = first; r < first + count; r++)
                ntk_convert(ntk_at(ntk_row(v, r), v->dtype, c), v->dtype, ntk_row(v, r), v->dtype, 1);
    }
    return NTK_OK;
}

ntk_status ntk_ridge_variance(const ntk_ridge *ridge, const ntk_matrix *variance, const ntk_matrix *x)
{
    int64_t parts;
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_points_check(ridge, variance, "variance", x, __func__));
    NTK_TRY(ntk_response_parts(ridge, variance, 1, &parts, __func__, "variance"));
    NTK_TRY(ntk_whole_check(ridge, __func__));
    bool iterative = ridge->solution.report.method == NTK_RIDGE_ITERATIVE;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    ntk_response response;
    int64_t batch = iterative ? ntk_iterative_batch(x->rows, ridge->solution.report.samples) : 0;
    ntk_status status = ntk_response_open(&response, ridge, &lane, x, batch, __func__);
    if (status >= 0) status = (iterative ? ntk_iterative_variance : write_all)(&response, variance, parts);
    ntk_response_close(&response);
    return status;
}
