#include "features/gradient.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/gradient.h"
#include "ridge/response.h"
#include "ridge/spectral.h"

#include <string.h>

static ntk_status unsupported(const char *function)
{
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: the model's kernel or features have no gradient: see NTK_ERR_UNSUPPORTED of ntk_kernel_gradient",
                    function);
}

/* Whether the model's features, or its kernel, have a gradient. */
static bool is_differentiable(const ntk_ridge *ridge)
{
    if (ridge->features) return ntk_features_differentiable(ridge->features);
    return ridge->system.set->samples.kernel->operations->gradient != NULL;
}

static ntk_features_call features_call(const ntk_ridge *ridge, const ntk_lane *lane, const char *function)
{
    return (ntk_features_call){
        .features = ridge->features, .lane = lane, .dtype = ridge->solution.report.dtype, .w = ridge->w, .function = function};
}

/* --- of the mean --- */

/* alpha by samples, as products with the kernel's gradient take it. */
static ntk_status gradient_of_kernel(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *g, const ntk_matrix *x,
                                     const char *function)
{
    ntk_context *context = ridge->base.context;
    const ntk_ridge_report *report = &ridge->solution.report;
    const ntk_samples *samples = &ridge->system.set->samples;
    ntk_matrix training = ntk_samples_view(samples);
    int64_t n = report->order, t = report->targets;
    void *columns;
    NTK_TRY(ntk_allocate(context, &columns, n, t * ntk_dtype_size(report->dtype), "the coefficients by samples"));
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < t; c++)
            ntk_put(columns, report->dtype, i * t + c, ntk_get(ridge->solution.alpha, report->dtype, c * n + i));
    ntk_matrix alpha = ntk_matrix_view(columns, n, t, report->dtype, NTK_READONLY);
    ntk_status status = ntk_gradient_write(samples->kernel, lane, g, x, &training, &alpha, function);
    ntk_free(context, columns);
    return status;
}

ntk_status ntk_ridge_gradient(const ntk_ridge *ridge, const ntk_matrix *gradient, const ntk_matrix *x)
{
    NTK_REQUIRE(ridge);
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t columns;
    NTK_TRY(ntk_points_check(ridge, gradient, "gradient", x, __func__));
    if (__builtin_mul_overflow(report->targets, report->inputs, &columns))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: a gradient of %lld targets has too many columns", __func__,
                        (long long)report->targets);
    NTK_TRY(ntk_shape_check(gradient, x->rows, columns, __func__, "gradient"));
    if (!is_differentiable(ridge)) return unsupported(__func__);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    if (!ridge->features) return gradient_of_kernel(ridge, &lane, gradient, x, __func__);
    ntk_features_call call = features_call(ridge, &lane, __func__);
    ntk_work_stage(&work, "gradient", x->rows, 0, 1);
    return ntk_features_gradient(&call, gradient, x, &ridge->solution.beta);
}

/* --- of the variance --- */

/* The samples, or centres, and a point, so that one product of the kernel's gradient gives all terms: weights -2 (A^-1 k + u z), u = (1 - z^T k) /
 * 1^T z, on the samples, and 2 on the point itself, K(x, x) being symmetric. */
typedef struct slopes {
    ntk_response *response;
    const ntk_matrix *out;
    const double *z; /* A^-1 1, or NULL */
    double *stacked; /* (n + 1) x d */
    double *weights; /* n + 1, or of a primal p */
    double *rows;    /* m x (parts d): all that will be written, once nothing can fail */
    double *row;     /* of one of them, d */
    int64_t d, column, columns;
} slopes;

static ntk_status slope_of_kernel(const slopes *job, const ntk_matrix *x, int64_t row, double ones)
{
    const ntk_response *response = job->response;
    const ntk_ridge *ridge = response->ridge;
    int64_t n = response->order;
    ntk_matrix point = ntk_matrix_const_f64(job->stacked + n * job->d, 1, job->d), g = ntk_matrix_f64(job->row, 1, job->d);
    ntk_matrix all = ntk_matrix_const_f64(job->stacked, n + 1, job->d), v = ntk_matrix_const_f64(job->weights, n + 1, 1);
    ntk_convert(job->stacked + n * job->d, NTK_F64, ntk_row(x, response->first + row), x->dtype, job->d);
    for (int64_t k = 0; k < n; k++) {
        double weight = ntk_get(response->answers, response->dtype, row * n + k);
        if (job->z) weight += response->rest[row] / ones * job->z[k];
        job->weights[k] = -2 * weight;
    }
    job->weights[n] = 2;
    return ntk_gradient_write(ridge->system.set->samples.kernel, response->lane, &g, &point, &all, &v, response->function);
}

/* lambda times twice the product of the features' gradient with (L L^T)^-1 phi. */
static ntk_status slope_of_features(const slopes *job, const ntk_matrix *x, int64_t row)
{
    const ntk_response *response = job->response;
    const ntk_ridge *ridge = response->ridge;
    ntk_context *context = ridge->base.context;
    ntk_features_call call = features_call(ridge, response->lane, response->function);
    ntk_matrix point = *x, g = ntk_matrix_f64(job->row, 1, job->d);
    ntk_matrix v = ntk_matrix_view(ntk_at(response->answers, response->dtype, row * response->order), response->order, 1,
                                   response->dtype, NTK_READONLY);
    point.data = ntk_row(x, response->first + row);
    point.rows = 1;
    ntk_coefficients b;
    ntk_status status = ntk_coefficients_open(context, &b, ridge->features, response->dtype, &v);
    if (status >= 0) status = ntk_features_gradient(&call, &g, &point, &b);
    ntk_coefficients_close(context, &b);
    for (int64_t k = 0; status >= 0 && k < job->d; k++) job->row[k] *= 2 * ridge->solution.report.lambda;
    return status;
}

static ntk_status write_batch(slopes *job, const ntk_matrix *x, int64_t first, int64_t count, int64_t target)
{
    ntk_response *response = job->response;
    double points = (double)response->points, ones = ntk_response_ones(response, target);
    NTK_TRY(ntk_response_rows(response, first, count, (double)first / points, (double)first / points));
    NTK_TRY(ntk_response_answer(response, target, true));
    for (int64_t r = 0; r < count; r++) {
        job->row = job->rows + (first + r) * job->columns + job->column;
        ntk_share room = ntk_work_narrow(response->lane->work, (double)(first + r) / points, (double)(first + r + 1) / points);
        ntk_work_stage(response->lane->work, "gradient of a variance", 1, 0, 1);
        ntk_status status = response->prior ? slope_of_kernel(job, x, r, ones) : slope_of_features(job, x, r);
        ntk_work_widen(response->lane->work, room);
        NTK_TRY(status);
    }
    return NTK_OK;
}

/* A^-1 1 at a target's lambda, of a kernel's model with an intercept; z is for a SPECTRAL's. */
static void find_ones(slopes *job, double *z, int64_t target)
{
    const ntk_ridge *ridge = job->response->ridge;
    job->z = ridge->solution.ones;
    if (!ridge->solution.report.intercept || ridge->solution.report.method != NTK_RIDGE_SPECTRAL) return;
    ntk_spectral_ones(ridge, target, z);
    job->z = z;
}

static ntk_status write_all(slopes *job, const ntk_matrix *x, int64_t parts, double *z)
{
    ntk_response *response = job->response;
    for (int64_t c = 0; c < parts; c++) {
        job->column = c * job->d;
        find_ones(job, z, c);
        ntk_share room = ntk_work_narrow(response->lane->work, (double)c / (double)parts, (double)(c + 1) / (double)parts);
        ntk_status status = NTK_OK;
        for (int64_t first = 0; status >= 0 && first < response->points; first += response->batch) {
            int64_t count = response->points - first < response->batch ? response->points - first : response->batch;
            status = write_batch(job, x, first, count, c);
        }
        ntk_work_widen(response->lane->work, room);
        NTK_TRY(status);
    }
    for (int64_t i = 0; i < response->points; i++)
        NTK_TRY(
            ntk_write_row(job->out, i, 0, job->rows + i * job->columns, NTK_F64, job->columns, response->function, "gradient"));
    return NTK_OK;
}

static ntk_status slopes_open(slopes *job, ntk_context *context, const ntk_ridge *ridge)
{
    int64_t n = ridge->solution.report.order, row = job->d * (int64_t)sizeof(double);
    NTK_TRY(ntk_allocate(context, &job->rows, job->out->rows, job->columns * (int64_t)sizeof(double), "gradients"));
    if (!ridge->system.set) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &job->weights, n + 1, sizeof(double), "weights of the samples"));
    NTK_TRY(ntk_allocate(context, &job->stacked, n + 1, row, "the samples and a point"));
    ntk_matrix samples = ntk_samples_view(&ridge->system.set->samples);
    ntk_convert_matrix(job->stacked, job->d, NTK_F64, &samples);
    return NTK_OK;
}

ntk_status ntk_ridge_variance_gradient(const ntk_ridge *ridge, const ntk_matrix *gradient, const ntk_matrix *x)
{
    int64_t parts;
    NTK_REQUIRE(ridge);
    const ntk_ridge_report *report = &ridge->solution.report;
    NTK_TRY(ntk_points_check(ridge, gradient, "gradient", x, __func__));
    NTK_TRY(ntk_response_parts(ridge, gradient, report->inputs, &parts, __func__, "gradient"));
    NTK_TRY(ntk_factor_check(ridge, __func__));
    if (!is_differentiable(ridge)) return unsupported(__func__);
    ntk_context *context = ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_response response = {.ridge = ridge};
    slopes job = {.response = &response, .out = gradient, .d = report->inputs, .columns = gradient->cols};
    double *z = NULL;
    ntk_status status = slopes_open(&job, context, ridge);
    if (status >= 0) status = ntk_allocate(context, &z, report->order, sizeof(double), "the response to a constant");
    if (status >= 0) status = ntk_response_open(&response, ridge, &lane, x, 0, __func__);
    if (status >= 0) status = write_all(&job, x, parts, z);
    ntk_response_close(&response);
    void *const held[] = {z, job.rows, job.weights, job.stacked};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}
