#include "core/memory.h"
#include "core/status.h"
#include "ridge/predict.h"
#include "ridge/response.h"
#include "ridge/spectral.h"

#include <math.h>

/* The model without sample i predicts f(x) - w_i(x) r_i, w being what y is multiplied by in f(x) and r the leave-one-out residuals. */
typedef struct jackknife {
    ntk_response *response;
    const ntk_matrix *out;
    int64_t n, targets, low, high; /* which are taken, counted from 1; low may be 0, and high n + 1 */
    double *residuals;             /* n x t */
    double *predictions;           /* batch x t */
    double *z;                     /* n: A^-1 1, with an intercept of a kernel's model */
    double *products;              /* of a primal, n x batch: <phi(x_i), q> */
    double *scratch;               /* per lane: 2 n */
    int64_t first, count;          /* targets of this round, which share a lambda */
    double ones;
} jackknife;

/* --- order statistics --- */

static void swap(double *a, double *b)
{
    double held = *a;
    *a = *b, *b = held;
}

/* The rank-th smallest of count numbers, counted from 1, by Hoare's selection; they change places. */
static double select_rank(double *values, int64_t count, int64_t rank)
{
    int64_t low = 0, high = count - 1, at = rank - 1;
    while (low < high) {
        int64_t i = low, j = high, middle = low + (high - low) / 2;
        double pivot = values[middle];
        while (i <= j) {
            while (values[i] < pivot) i++;
            while (values[j] > pivot) j--;
            if (i <= j) swap(&values[i++], &values[j--]);
        }
        if (at <= j)
            high = j;
        else if (at >= i)
            low = i;
        else
            break;
    }
    return values[at];
}

/* --- one point --- */

/* w_i of row r of the batch. */
static double weight_of(const jackknife *job, int64_t r, int64_t i, double shift)
{
    const ntk_response *response = job->response;
    if (job->products) return job->products[i * response->count + r] + shift;
    double weight = ntk_get(response->answers, response->dtype, r * job->n + i);
    return job->z ? weight + shift * job->z[i] : weight;
}

/* What all weights of a row have in common: (1 - z^T k) / 1^T z before z_i, or 1 / n - <mu, q>. */
static double shift_of(const jackknife *job, int64_t r)
{
    const ntk_response *response = job->response;
    const ntk_ridge *ridge = response->ridge;
    if (!ridge->solution.report.intercept) return 0;
    if (!job->products) return response->rest[r] / job->ones;
    double shift = 1 / (double)job->n;
    for (int64_t k = 0; k < response->order; k++)
        shift -= ntk_get(ridge->system.mu, response->dtype, k) *
                 ntk_get(response->answers, response->dtype, r * response->order + k);
    return shift;
}

static ntk_status write_point(void *argument, int64_t r, const ntk_lane *lane)
{
    const jackknife *job = argument;
    double *low = job->scratch + lane->index * 2 * job->n, *high = low + job->n, shift = shift_of(job, r);
    for (int64_t c = job->first; c < job->first + job->count; c++) {
        double f = job->predictions[r * job->targets + c], ends[2];
        bool unknown = false;
        for (int64_t i = 0; i < job->n; i++) {
            double residual = job->residuals[i * job->targets + c], without = f - weight_of(job, r, i, shift) * residual;
            low[i] = without - fabs(residual);
            high[i] = without + fabs(residual);
            unknown |= isnan(without);
        }
        ends[0] = job->low < 1 ? -INFINITY : unknown ? NAN : select_rank(low, job->n, job->low);
        ends[1] = job->high > job->n ? INFINITY : unknown ? NAN : select_rank(high, job->n, job->high);
        if (unknown) ends[0] = ends[1] = NAN;
        int64_t row = job->response->first + r;
        ntk_convert(ntk_at(ntk_row(job->out, row), job->out->dtype, 2 * c), job->out->dtype, ends, NTK_F64, 2);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* --- a batch --- */

/* <phi(x_i), q> for all samples and the q of each point. */
static ntk_status multiply_features(const jackknife *job)
{
    const ntk_response *response = job->response;
    const ntk_ridge *ridge = response->ridge;
    ntk_context *context = ridge->base.context;
    const ntk_operand *x = &ridge->system.x;
    ntk_features_call call = {.features = ridge->features, .lane = response->lane, .dtype = response->dtype, .w = ridge->w};
    int64_t p = response->order, count = response->count, size = ntk_dtype_size(response->dtype);
    ntk_matrix samples = ntk_matrix_view(x->data, job->n, ridge->solution.report.inputs, response->dtype, NTK_READONLY);
    ntk_matrix out = ntk_matrix_f64(job->products, job->n, count);
    ntk_coefficients b = {0};
    void *columns;
    samples.stride = x->stride;
    call.function = response->function;
    NTK_TRY(ntk_allocate(context, &columns, p, count * size, "answers of points"));
    for (int64_t r = 0; r < count; r++)
        for (int64_t k = 0; k < p; k++)
            ntk_put(columns, response->dtype, k * count + r, ntk_get(response->answers, response->dtype, r * p + k));
    ntk_matrix q = ntk_matrix_view(columns, p, count, response->dtype, NTK_READONLY);
    ntk_status status = ntk_coefficients_open(context, &b, ridge->features, response->dtype, &q);
    if (status >= 0) status = ntk_coefficients_gather(&b, ridge->features, response->lane, &q, response->function);
    if (status >= 0) status = ntk_features_product(&call, &out, &samples, &b, NULL);
    ntk_coefficients_close(context, &b);
    ntk_free(context, columns);
    return status;
}

static ntk_status write_batch(jackknife *job, const ntk_matrix *x, int64_t first, int64_t count)
{
    ntk_response *response = job->response;
    const ntk_ridge *ridge = response->ridge;
    const ntk_lane *lane = response->lane;
    double step = 0.7 * (double)count / (double)response->points, begin = 0.3 + 0.7 * (double)first / (double)response->points;
    ntk_matrix part = *x, f = ntk_matrix_f64(job->predictions, count, job->targets);
    part.data = ntk_row(x, first);
    part.rows = count;
    ntk_share room = ntk_work_narrow(lane->work, begin, begin + 0.2 * step);
    ntk_status status = ntk_ridge_predict_rows(ridge, lane, &f, &part, response->function);
    ntk_work_widen(lane->work, room);
    NTK_TRY(status);
    begin += 0.2 * step;
    job->count = ntk_lambdas_agree(&ridge->solution) ? job->targets : 1;
    step *= 0.8 * (double)job->count / (double)job->targets;
    for (job->first = 0; job->first < job->targets; job->first += job->count, begin += step) {
        NTK_TRY(ntk_response_rows(response, first, count, begin, begin + step));
        NTK_TRY(ntk_response_answer(response, job->first, true));
        job->ones = ntk_response_ones(response, job->first);
        if (job->products) NTK_TRY(multiply_features(job));
        if (job->z && ridge->solution.report.method == NTK_RIDGE_SPECTRAL) ntk_spectral_ones(ridge, job->first, job->z);
        NTK_TRY(ntk_run(lane, count, write_point, job));
    }
    return NTK_OK;
}

/* --- the call --- */

static ntk_status allocate(jackknife *job, ntk_context *context, int64_t batch)
{
    const ntk_ridge *ridge = job->response->ridge;
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t wide = job->targets * (int64_t)sizeof(double);
    bool primal = report->method == NTK_RIDGE_PRIMAL;
    NTK_TRY(ntk_allocate(context, &job->residuals, job->n, wide, "leave-one-out residuals"));
    NTK_TRY(ntk_allocate(context, &job->predictions, batch, wide, "predictions"));
    NTK_TRY(
        ntk_allocate(context, &job->scratch, ntk_lanes(context), 2 * job->n * (int64_t)sizeof(double), "ends of intervals"));
    if (primal) return ntk_allocate(context, &job->products, job->n, batch * (int64_t)sizeof(double), "weights of the samples");
    if (!report->intercept) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &job->z, job->n, sizeof(double), "the response to a constant"));
    if (ridge->solution.ones) ntk_convert(job->z, NTK_F64, ridge->solution.ones, NTK_F64, job->n);
    return NTK_OK;
}

static ntk_status write_all(jackknife *job, const ntk_lane *lane, const ntk_matrix *x)
{
    ntk_response *response = job->response;
    const ntk_ridge *ridge = response->ridge;
    ntk_matrix residuals;
    NTK_TRY(allocate(job, ridge->base.context, response->batch));
    residuals = ntk_matrix_f64(job->residuals, job->n, job->targets);
    ntk_share room = ntk_work_narrow(lane->work, 0, 0.3);
    ntk_status status = ntk_leave_one_out_write(ridge, lane, &residuals, response->function);
    ntk_work_widen(lane->work, room);
    for (int64_t first = 0; status >= 0 && first < response->points; first += response->batch) {
        int64_t count = response->points - first < response->batch ? response->points - first : response->batch;
        status = write_batch(job, x, first, count);
    }
    return status;
}

ntk_status ntk_ridge_intervals(const ntk_ridge *ridge, const ntk_matrix *intervals, const ntk_matrix *x, double level)
{
    NTK_REQUIRE(ridge);
    const ntk_ridge_report *report = &ridge->solution.report;
    NTK_TRY(ntk_points_check(ridge, intervals, "intervals", x, __func__));
    NTK_TRY(ntk_shape_check(intervals, x->rows, 2 * report->targets, __func__, "intervals"));
    if (!(level > 0 && level < 1))
        return ntk_fail(NTK_ERR_VALUE, "%s: level is %g, expected a number between 0 and 1", __func__, level);
    NTK_TRY(ntk_leave_one_out_check(ridge, __func__));
    ntk_context *context = ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_response response;
    jackknife job = {.response = &response, .out = intervals, .n = report->samples, .targets = report->targets};
    /* a level like 0.9 is not exact, and ranks that are whole numbers must not move for it */
    job.low = (int64_t)floor((1 - level) * (double)(job.n + 1) + 1e-9);
    job.high = (int64_t)ceil(level * (double)(job.n + 1) - 1e-9);
    ntk_status status = ntk_response_open(&response, ridge, &lane, x, 0, __func__);
    if (status >= 0) status = write_all(&job, &lane, x);
    ntk_response_close(&response);
    void *const held[] = {job.residuals, job.predictions, job.scratch, job.z, job.products};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}
