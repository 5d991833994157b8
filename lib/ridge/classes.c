#include "core/memory.h"
#include "core/status.h"
#include "ridge/predict.h"

#include <math.h>

/* Values that the stack holds: few rows take no memory. */
enum { ON_STACK = 256 };

/* The first of the largest of count numbers; NaN if one is. */
static double largest_of(const double *values, int64_t count)
{
    int64_t best = 0;
    for (int64_t c = 0; c < count; c++) {
        if (isnan(values[c])) return NAN;
        if (values[c] > values[best]) best = c;
    }
    return (double)best;
}

static ntk_status check_classes(const ntk_ridge *ridge, const ntk_matrix *labels, int64_t rows, const char *function)
{
    NTK_TRY(ntk_output_check(labels, function, "labels"));
    NTK_TRY(ntk_shape_check(labels, rows, 1, function, "labels"));
    if (ridge->solution.report.targets > 1) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: ridge has one target, and classes take one each (ntk_one_hot)", function);
}

/* --- of points --- */

static ntk_status classify(const ntk_ridge *ridge, const ntk_matrix *labels, const ntk_matrix *x, double *values,
                           const char *function)
{
    int64_t t = ridge->solution.report.targets;
    const ntk_matrix f = ntk_matrix_f64(values, x->rows, t);
    NTK_TRY(ntk_ridge_predict_call(ridge, &f, x, function));
    for (int64_t i = 0; i < x->rows; i++) ntk_put(ntk_row(labels, i), labels->dtype, 0, largest_of(values + i * t, t));
    return NTK_OK;
}

ntk_status ntk_ridge_classes(const ntk_ridge *ridge, const ntk_matrix *labels, const ntk_matrix *x)
{
    NTK_REQUIRE(ridge);
    double few[ON_STACK], *values;
    int64_t t = ridge->solution.report.targets;
    NTK_TRY(ntk_output_check(labels, __func__, "labels"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, ridge->solution.report.inputs, __func__, "x"));
    NTK_TRY(check_classes(ridge, labels, x->rows, __func__));
    NTK_TRY(ntk_disjoint_check(labels, "labels", x, "x", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    if (x->rows <= ON_STACK / t) return classify(ridge, labels, x, few, __func__);
    NTK_TRY(ntk_allocate(ridge->base.context, &values, x->rows, t * (int64_t)sizeof *values, "predictions"));
    ntk_status status = classify(ridge, labels, x, values, __func__);
    ntk_free(ridge->base.context, values);
    return status;
}

/* --- of samples, each by the model without it --- */

/* Predictions are targets minus residuals, and take their place. */
static double write_labels(const ntk_ridge *ridge, const ntk_matrix *labels, double *residuals)
{
    const double *y = ridge->solution.y;
    int64_t n = ridge->solution.report.samples, t = ridge->solution.report.targets;
    double wrong = 0;
    for (int64_t i = 0; i < n; i++, y += t, residuals += t) {
        for (int64_t c = 0; c < t; c++) residuals[c] = y[c] - residuals[c];
        double label = largest_of(residuals, t);
        ntk_put(ntk_row(labels, i), labels->dtype, 0, label);
        wrong += isnan(label) ? label : label != largest_of(y, t);
    }
    return wrong / (double)n;
}

ntk_status ntk_ridge_leave_one_out_classes(const ntk_ridge *ridge, const ntk_matrix *labels, double *error)
{
    NTK_REQUIRE(ridge);
    NTK_REQUIRE(error);
    double *values;
    int64_t n = ridge->solution.report.samples, t = ridge->solution.report.targets;
    NTK_TRY(check_classes(ridge, labels, n, __func__));
    NTK_TRY(ntk_leave_one_out_check(ridge, __func__));
    ntk_context *context = ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    NTK_TRY(ntk_allocate(context, &values, n, t * (int64_t)sizeof *values, "leave-one-out residuals"));
    const ntk_matrix residuals = ntk_matrix_f64(values, n, t);
    ntk_status status = ntk_leave_one_out_write(ridge, &lane, &residuals, __func__);
    if (status >= 0) *error = write_labels(ridge, labels, values);
    ntk_free(context, values);
    return status;
}

/* --- targets --- */

ntk_status ntk_one_hot(const ntk_matrix *y, const ntk_matrix *labels)
{
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(labels, __func__, "labels"));
    NTK_TRY(ntk_shape_check(labels, -1, 1, __func__, "labels"));
    NTK_TRY(ntk_shape_check(y, labels->rows, -1, __func__, "y"));
    NTK_TRY(ntk_disjoint_check(y, "y", labels, "labels", __func__));
    NTK_TRY(ntk_finite_check(labels, __func__, "labels"));
    for (int64_t i = 0; i < labels->rows; i++) {
        double label = ntk_get(ntk_row(labels, i), labels->dtype, 0);
        if (!(label >= 0 && label < (double)y->cols && label == floor(label)))
            return ntk_fail(NTK_ERR_VALUE, "%s: labels holds %g at row %lld, expected a whole number from 0 to %lld", __func__,
                            label, (long long)i, (long long)(y->cols - 1));
    }
    for (int64_t i = 0; i < labels->rows; i++)
        for (int64_t c = 0; c < y->cols; c++)
            ntk_put(ntk_row(y, i), y->dtype, c, ntk_get(ntk_row(labels, i), labels->dtype, 0) == (double)c);
    return NTK_OK;
}
