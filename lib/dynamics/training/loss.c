#include "dynamics/training/loss.h"

#include "core/status.h"

#include <math.h>

#define REAL double
#define NAME(name) name##_f64
#include "dynamics/training/loss_tmpl.h"

#define REAL float
#define NAME(name) name##_f32
#include "dynamics/training/loss_tmpl.h"

/* What a sum of rows is multiplied by. */
static double scale_of(int32_t loss, int64_t all, int64_t outputs)
{
    switch (loss) {
    case NTK_LOSS_HALF_SUM:
        return 0.5;
    case NTK_LOSS_HALF_MEAN:
        return 0.5 / ((double)all * (double)outputs);
    default:
        return 1 / (double)all;
    }
}

double ntk_loss_of_rows(const ntk_loss_rows *rows, bool slopes)
{
    double scale = scale_of(rows->loss, rows->all, rows->outputs);
    return rows->dtype == NTK_F64 ? rows_f64(rows, slopes, scale) : rows_f32(rows, slopes, scale);
}

double ntk_loss_curvature(int32_t loss, int64_t all, int64_t outputs)
{
    /* the second derivative of a sample's loss by f: 2, at most 1/4, and of norm at most 1/2 */
    double bend = loss == NTK_LOSS_LOGISTIC ? 0.25 : loss == NTK_LOSS_SOFTMAX ? 0.5 : 2;
    return bend * scale_of(loss, all, outputs);
}

/* --- targets --- */

static ntk_status check_signs(const ntk_matrix *y, int64_t row, int64_t number, const char *function)
{
    for (int64_t o = 0; o < y->cols; o++) {
        double value = ntk_get(ntk_row(y, row), y->dtype, o);
        if (fabs(value) == 1) continue;
        return ntk_fail(NTK_ERR_VALUE,
                        "%s: y is %g at row %lld, column %lld (counted from 0), expected 1 or -1 for NTK_LOSS_LOGISTIC",
                        function, value, (long long)number, (long long)o);
    }
    return NTK_OK;
}

static ntk_status check_chances(const ntk_matrix *y, int64_t row, int64_t number, const char *function)
{
    double sum = 0, least = 0, unit = y->dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
    for (int64_t o = 0; o < y->cols; o++) {
        double value = ntk_get(ntk_row(y, row), y->dtype, o);
        sum += value;
        least = fmin(least, value);
    }
    if (least >= 0 && fabs(sum - 1) <= 4 * unit * (double)y->cols) return NTK_OK;
    return ntk_fail(
        NTK_ERR_VALUE,
        "%s: row %lld of y (counted from 0) has sum %.17g and smallest number %g, expected numbers that are not negative, of "
        "sum 1, for NTK_LOSS_SOFTMAX",
        function, (long long)number, sum, least);
}

ntk_status ntk_loss_check(int32_t loss, const ntk_matrix *y, int64_t first, const char *function)
{
    for (int64_t i = 0; i < y->rows; i++) {
        if (loss == NTK_LOSS_LOGISTIC) NTK_TRY(check_signs(y, i, first + i, function));
        if (loss == NTK_LOSS_SOFTMAX) NTK_TRY(check_chances(y, i, first + i, function));
    }
    return NTK_OK;
}
