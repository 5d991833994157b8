#include "ridge/ridge.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"

#include <stddef.h>

_Static_assert(offsetof(ntk_ridge_report, samples) == 8 && offsetof(ntk_ridge_report, inputs) == 16 &&
                   offsetof(ntk_ridge_report, targets) == 24 && offsetof(ntk_ridge_report, order) == 32 &&
                   offsetof(ntk_ridge_report, lambda) == 40 && offsetof(ntk_ridge_report, smallest_pivot) == 48 &&
                   offsetof(ntk_ridge_report, reason) == 56 && offsetof(ntk_ridge_report, method) == 64 &&
                   offsetof(ntk_ridge_report, dtype) == 68 && offsetof(ntk_ridge_report, intercept) == 72 &&
                   offsetof(ntk_ridge_report, reserved) == 76 && sizeof(ntk_ridge_report) == 80,
               "the layout of ntk_ridge_report is frozen");

void ntk_ridge_dispose(void *self)
{
    ntk_ridge *ridge = self;
    ntk_context *context = ridge->base.context;
    ntk_release(ridge->set);
    ntk_coefficients_close(context, &ridge->beta);
    ntk_release((void *)(uintptr_t)ridge->features);
    ntk_free(context, ridge->alpha);
    ntk_free(context, ridge->w);
    ntk_free(context, ridge->intercept);
}

void ntk_ridge_destroy(ntk_ridge *ridge)
{
    ntk_release(ridge);
}

ntk_status ntk_ridge_coefficients(const ntk_ridge *ridge, const ntk_matrix *coefficients)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_output_check(coefficients, __func__, "coefficients"));
    const ntk_ridge_report *report = &ridge->report;
    NTK_TRY(ntk_shape_check(coefficients, report->order, report->targets, __func__, "coefficients"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    ntk_work_stage(&work, "coefficients", 1, 0, 1);
    if (report->method == NTK_RIDGE_PRIMAL) return ntk_coefficients_scatter(&ridge->beta, ridge->features, &lane, coefficients);
    for (int64_t i = 0; i < report->order; i++)
        for (int64_t c = 0; c < report->targets; c++)
            ntk_convert(ntk_at(ntk_row(coefficients, i), coefficients->dtype, c), coefficients->dtype,
                        ntk_at(ridge->alpha, report->dtype, c * report->order + i), report->dtype, 1);
    return NTK_OK;
}

ntk_status ntk_ridge_intercept(const ntk_ridge *ridge, const ntk_matrix *intercept)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_output_check(intercept, __func__, "intercept"));
    NTK_TRY(ntk_shape_check(intercept, 1, ridge->report.targets, __func__, "intercept"));
    ntk_convert(intercept->data, intercept->dtype, ridge->intercept, NTK_F64, ridge->report.targets);
    return NTK_OK;
}

ntk_status ntk_ridge_summary(const ntk_ridge *ridge, ntk_ridge_report *report)
{
    NTK_REQUIRE(ridge);
    NTK_REQUIRE(report);
    return ntk_options_write(report, sizeof *report, &ridge->report, sizeof ridge->report, "ntk_ridge_report");
}
