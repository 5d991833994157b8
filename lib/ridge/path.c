#include "ridge/path.h"

#include "core/memory.h"
#include "core/status.h"

#include <math.h>

ntk_status ntk_path_open(ntk_context *context, ntk_path_scratch *scratch, const ntk_ridge *ridge, bool derivatives)
{
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t n = report->samples, wide = (report->targets + report->intercept) * (int64_t)sizeof(double);
    *scratch = (ntk_path_scratch){.derivatives = derivatives};
    NTK_TRY(ntk_allocate(context, &scratch->alpha, n, wide, "the coefficients by samples"));
    NTK_TRY(ntk_allocate(context, &scratch->projected, n, (derivatives ? 2 * wide : wide) + (int64_t)sizeof(double),
                         "the coefficients by eigenvectors"));
    NTK_TRY(ntk_allocate(context, &scratch->g, n, sizeof(double), "the diagonal of an inverse"));
    if (!derivatives) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &scratch->slopes, n, wide, "the coefficients' derivatives"));
    return ntk_allocate(context, &scratch->dg, n, sizeof(double), "the derivatives of an inverse's diagonal");
}

void ntk_path_close(ntk_context *context, ntk_path_scratch *scratch)
{
    void *const held[] = {scratch->alpha, scratch->slopes, scratch->g, scratch->dg, scratch->projected};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
}

/* The mean square of alpha / g over samples and targets, and its derivative in lambda. */
static ntk_status leave_one_out(const ntk_spectral_at *at, const ntk_lane *lane, ntk_path_scratch *scratch, double *mean,
                                double *slope)
{
    int64_t n = at->solution->report.samples, columns = at->targets + at->solution->report.intercept;
    double count = (double)n * (double)at->targets;
    NTK_TRY(ntk_spectral_inverse_rows(at, lane, scratch->alpha, slope ? scratch->slopes : NULL, scratch->g,
                                      slope ? scratch->dg : NULL, scratch->projected));
    *mean = 0;
    if (slope) *slope = 0;
    for (int64_t i = 0; i < n; i++) {
        double g = scratch->g[i];
        for (int64_t c = 0; c < at->targets; c++) {
            double alpha = scratch->alpha[i * columns + c], residual = alpha / g;
            *mean += residual * residual / count;
            if (slope) *slope += 2 * residual * (scratch->slopes[i * columns + c] - residual * scratch->dg[i]) / g / count;
        }
    }
    if (n == 1 && at->solution->report.intercept) *mean = NAN;
    if (n == 1 && at->solution->report.intercept && slope) *slope = NAN;
    return NTK_OK;
}

/* The sums over eigenvalues of one target, added to a row of all. */
static void add_target(const ntk_spectral_at *at, int64_t target, double *row, double *slopes)
{
    const ntk_ridge_report *report = &at->solution->report;
    ntk_spectral_sums sums = ntk_spectral_sum(at, target);
    double n = (double)report->samples, lambda = at->lambda, t = (double)at->targets, trace = sums.trace;
    row[NTK_PATH_GCV] += n * sums.squares / (trace * trace) / t;
    row[NTK_PATH_LOG_EVIDENCE] -= 0.5 * (sums.quadratic + sums.log_determinant) + (n - report->intercept) * NTK_HALF_LOG_TWO_PI;
    row[NTK_PATH_DF] = sums.degrees;
    row[NTK_PATH_RSS] += sums.rss;
    if (!slopes) return;
    /* with the derivative of b, which enters through sum s^2 c e */
    double squares = -2 * sums.cubes + 2 * sums.slope * sums.slope * sums.ones;
    slopes[NTK_PATH_GCV] += lambda * n * (squares - 2 * sums.squares * sums.trace_slope / trace) / (trace * trace) / t;
    slopes[NTK_PATH_LOG_EVIDENCE] += lambda * 0.5 * (sums.squares - trace);
    slopes[NTK_PATH_DF] = -lambda * (trace + lambda * sums.trace_slope);
    slopes[NTK_PATH_RSS] += lambda * lambda * (2 * sums.squares + lambda * squares);
}

ntk_status ntk_path_point(const ntk_ridge *ridge, const ntk_lane *lane, double lambda, int64_t first, int64_t targets, bool loo,
                          ntk_path_scratch *scratch, double *row, double *slopes, const char *function)
{
    ntk_spectral_at at = ntk_spectral_at_lambda(&ridge->system, &ridge->solution, lambda, first, targets);
    if (!ntk_spectral_is_regular(&at)) return ntk_spectral_singular(&at, function);
    for (int k = 0; k < NTK_PATH_COLUMNS; k++) row[k] = 0;
    for (int k = 0; slopes && k < NTK_PATH_COLUMNS; k++) slopes[k] = 0;
    row[NTK_PATH_LAMBDA] = lambda;
    if (slopes) slopes[NTK_PATH_LAMBDA] = lambda;
    for (int64_t c = first; c < first + targets; c++) add_target(&at, c, row, slopes);
    if (!loo) return ntk_advance(lane, 0);
    NTK_TRY(leave_one_out(&at, lane, scratch, &row[NTK_PATH_LOO], slopes ? &slopes[NTK_PATH_LOO] : NULL));
    if (slopes) slopes[NTK_PATH_LOO] *= lambda;
    return NTK_OK;
}

/* --- the table --- */

static ntk_status check_call(const ntk_ridge *ridge, const ntk_matrix *table, const ntk_matrix *lambdas, const char *function)
{
    int64_t t = ridge->solution.report.targets;
    NTK_TRY(ntk_output_check(table, function, "table"));
    NTK_TRY(ntk_input_check(lambdas, function, "lambdas"));
    NTK_TRY(ntk_shape_check(lambdas, -1, 1, function, "lambdas"));
    NTK_TRY(ntk_shape_check(table, lambdas->rows, table->cols == NTK_PATH_COLUMNS ? table->cols : t * NTK_PATH_COLUMNS,
                            function, "table"));
    NTK_TRY(ntk_disjoint_check(table, "table", lambdas, "lambdas", function));
    NTK_TRY(ntk_lambdas_check(lambdas, function, "lambdas"));
    return ntk_spectral_check(ridge, function);
}

static ntk_status write_table(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *table, const ntk_matrix *lambdas,
                              ntk_path_scratch *scratch, const char *function)
{
    int64_t t = ridge->solution.report.targets, parts = table->cols / NTK_PATH_COLUMNS;
    ntk_work_stage(lane->work, "lambda path", table->rows * parts * ridge->solution.report.samples, 0, 1);
    for (int64_t r = 0; r < table->rows; r++)
        for (int64_t part = 0; part < parts; part++) {
            double row[NTK_PATH_COLUMNS], slopes[NTK_PATH_COLUMNS], lambda = ntk_get(ntk_row(lambdas, r), lambdas->dtype, 0);
            NTK_TRY(ntk_path_point(ridge, lane, lambda, part, parts > 1 ? 1 : t, true, scratch, row,
                                   scratch->derivatives ? slopes : NULL, function));
            ntk_convert(ntk_at(ntk_row(table, r), table->dtype, part * NTK_PATH_COLUMNS), table->dtype,
                        scratch->derivatives ? slopes : row, NTK_F64, NTK_PATH_COLUMNS);
        }
    return NTK_OK;
}

static ntk_status path(const ntk_ridge *ridge, const ntk_matrix *table, const ntk_matrix *lambdas, bool derivatives,
                       const char *function)
{
    NTK_TRY(check_call(ridge, table, lambdas, function));
    ntk_context *context = ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_path_scratch scratch;
    ntk_status status = ntk_path_open(context, &scratch, ridge, derivatives);
    if (status >= 0) status = write_table(ridge, &lane, table, lambdas, &scratch, function);
    ntk_path_close(context, &scratch);
    return status;
}

ntk_status ntk_ridge_path(const ntk_ridge *ridge, const ntk_matrix *table, const ntk_matrix *lambdas)
{
    NTK_REQUIRE(ridge);
    return path(ridge, table, lambdas, false, __func__);
}

ntk_status ntk_ridge_path_derivatives(const ntk_ridge *ridge, const ntk_matrix *table, const ntk_matrix *lambdas)
{
    NTK_REQUIRE(ridge);
    return path(ridge, table, lambdas, true, __func__);
}
