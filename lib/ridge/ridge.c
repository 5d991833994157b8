#include "ridge/ridge.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"
#include "ridge/rooms.h"

#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(ntk_ridge_report, samples) == 8 && offsetof(ntk_ridge_report, inputs) == 16 &&
                   offsetof(ntk_ridge_report, targets) == 24 && offsetof(ntk_ridge_report, order) == 32 &&
                   offsetof(ntk_ridge_report, lambda) == 40 && offsetof(ntk_ridge_report, smallest_pivot) == 48 &&
                   offsetof(ntk_ridge_report, reason) == 56 && offsetof(ntk_ridge_report, method) == 64 &&
                   offsetof(ntk_ridge_report, dtype) == 68 && offsetof(ntk_ridge_report, intercept) == 72 &&
                   offsetof(ntk_ridge_report, reserved) == 76 && offsetof(ntk_ridge_report, condition) == 80 &&
                   offsetof(ntk_ridge_report, rss) == 88 && offsetof(ntk_ridge_report, log_evidence) == 96 &&
                   offsetof(ntk_ridge_report, degrees) == 104 && offsetof(ntk_ridge_report, kernel_scale) == 112 &&
                   offsetof(ntk_ridge_report, memory) == 120 && offsetof(ntk_ridge_report, precision) == 128 &&
                   offsetof(ntk_ridge_report, refinements) == 132 && offsetof(ntk_ridge_report, iterations) == 136 &&
                   offsetof(ntk_ridge_report, residual) == 144 && offsetof(ntk_ridge_report, tolerance) == 152 &&
                   sizeof(ntk_ridge_report) == 160,
               "the layout of ntk_ridge_report is frozen");

/* --- what a model holds --- */

void ntk_ridge_system_close(ntk_context *context, ntk_ridge_system *system)
{
    ntk_release(system->set);
    ntk_free(context, system->L.data);
    ntk_free(context, system->centres.data);
    ntk_free(context, system->spectrum.vectors);
    ntk_free(context, system->spectrum.values);
    ntk_operand_close(context, &system->x);
    ntk_free(context, system->mu);
    *system = (ntk_ridge_system){0};
}

void ntk_ridge_solution_close(ntk_context *context, ntk_ridge_solution *solution)
{
    void *const held[] = {solution->y,    solution->lambdas,   solution->intercept, solution->alpha,
                          solution->ones, solution->projected, solution->offsets,   solution->history};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    ntk_coefficients_close(context, &solution->beta);
    *solution = (ntk_ridge_solution){0};
}

ntk_status ntk_ridge_solution_open(ntk_context *context, ntk_ridge_solution *solution, const ntk_matrix *y,
                                   const double *lambdas)
{
    int64_t t = solution->report.targets;
    NTK_TRY(ntk_allocate(context, &solution->intercept, t, sizeof(double), "the intercepts"));
    NTK_TRY(ntk_allocate(context, &solution->lambdas, t, sizeof(double), "the targets' lambdas"));
    for (int64_t c = 0; c < t; c++) solution->lambdas[c] = lambdas ? lambdas[c] : solution->report.lambda;
    solution->report.lambda = solution->lambdas[0];
    if (!y) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &solution->y, y->rows, t * (int64_t)sizeof(double), "a copy of y"));
    ntk_convert_matrix(solution->y, t, NTK_F64, y);
    return NTK_OK;
}

ntk_status ntk_whole_check(const ntk_ridge *ridge, const char *function)
{
    if (!ridge->light) return NTK_OK;
    return ntk_fail(NTK_ERR_STATE, "%s: ridge is light, and keeps only what prediction needs", function);
}

ntk_status ntk_held_check(const ntk_ridge *ridge, const char *function)
{
    NTK_TRY(ntk_whole_check(ridge, function));
    if (ridge->solution.y) return NTK_OK;
    return ntk_fail(NTK_ERR_STATE,
                    "%s: ridge has not kept its samples, since it was fitted to a stream or by Nystroem's method", function);
}

ntk_status ntk_factor_check(const ntk_ridge *ridge, const char *function)
{
    NTK_TRY(ntk_whole_check(ridge, function));
    if (ridge->solution.report.method != NTK_RIDGE_ITERATIVE) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: ridge was fitted by conjugate gradients, and this takes a factor: fit it with NTK_RIDGE_DUAL, or "
                    "NTK_RIDGE_SPECTRAL, on as many samples as there is memory for",
                    function);
}

void ntk_ridge_solution_replace(ntk_ridge *ridge, ntk_ridge_solution *solution)
{
    ntk_ridge_solution old = ridge->solution;
    ridge->solution = *solution;
    *solution = (ntk_ridge_solution){0};
    ntk_ridge_solution_close(ridge->base.context, &old);
}

void ntk_ridge_dispose(void *self)
{
    ntk_ridge *ridge = self;
    ntk_context *context = ridge->base.context;
    ntk_ridge_system_close(context, &ridge->system);
    ntk_ridge_solution_close(context, &ridge->solution);
    ntk_release((void *)(uintptr_t)ridge->features);
    ntk_free(context, ridge->w);
    ntk_rooms_close(context, &ridge->rooms);
}

void ntk_ridge_destroy(ntk_ridge *ridge)
{
    ntk_release(ridge);
}

ntk_status ntk_ridge_coefficients(const ntk_ridge *ridge, const ntk_matrix *coefficients)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_output_check(coefficients, __func__, "coefficients"));
    const ntk_ridge_report *report = &ridge->solution.report;
    NTK_TRY(ntk_shape_check(coefficients, report->order, report->targets, __func__, "coefficients"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    ntk_work_stage(&work, "coefficients", 1, 0, 1);
    if (report->method == NTK_RIDGE_PRIMAL)
        return ntk_coefficients_scatter(&ridge->solution.beta, ridge->features, &lane, coefficients);
    for (int64_t i = 0; i < report->order; i++)
        for (int64_t c = 0; c < report->targets; c++)
            ntk_convert(ntk_at(ntk_row(coefficients, i), coefficients->dtype, c), coefficients->dtype,
                        ntk_at(ridge->solution.alpha, report->dtype, c * report->order + i), report->dtype, 1);
    return NTK_OK;
}

ntk_status ntk_ridge_intercept(const ntk_ridge *ridge, const ntk_matrix *intercept)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_output_check(intercept, __func__, "intercept"));
    NTK_TRY(ntk_shape_check(intercept, 1, ridge->solution.report.targets, __func__, "intercept"));
    ntk_convert(intercept->data, intercept->dtype, ridge->solution.intercept, NTK_F64, ridge->solution.report.targets);
    return NTK_OK;
}

ntk_status ntk_ridge_lambdas(const ntk_ridge *ridge, const ntk_matrix *lambdas)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_output_check(lambdas, __func__, "lambdas"));
    NTK_TRY(ntk_shape_check(lambdas, 1, ridge->solution.report.targets, __func__, "lambdas"));
    ntk_convert(lambdas->data, lambdas->dtype, ridge->solution.lambdas, NTK_F64, ridge->solution.report.targets);
    return NTK_OK;
}

/* --- the report --- */

/* Sums that fit in memory don't overflow. */
static void count(uint64_t *bytes, const void *held, int64_t elements, int64_t size)
{
    if (held) (void)ntk_need(bytes, elements, size);
}

static uint64_t memory_of(const ntk_ridge *ridge)
{
    const ntk_ridge_solution *solution = &ridge->solution;
    const ntk_ridge_report *report = &solution->report;
    const ntk_ridge_system *system = &ridge->system;
    int64_t n = report->samples, t = report->targets, wide = t * (int64_t)sizeof(double), size = ntk_dtype_size(report->dtype);
    uint64_t bytes = 0;
    count(&bytes, ridge, 1, sizeof *ridge);
    if (system->set)
        (void)ntk_sample_set_memory(system->set->samples.kernel, &bytes, report->dtype, system->set->samples.rows,
                                    report->inputs, system->set->samples.all);
    if (system->set && system->set->room > n) (void)ntk_size_add(&bytes, system->set->room - n, report->inputs * size);
    (void)ntk_symmetric_held(&system->L, &bytes);
    (void)ntk_symmetric_held(&system->centres, &bytes);
    count(&bytes, system->spectrum.vectors, n, system->spectrum.ld * (int64_t)sizeof(double));
    count(&bytes, system->spectrum.values, n, sizeof(double));
    count(&bytes, system->x.copy, n, report->inputs * size);
    count(&bytes, system->mu, report->order, size);
    count(&bytes, solution->y, n, wide);
    count(&bytes, solution->lambdas, 1, wide);
    count(&bytes, solution->intercept, 1, wide);
    count(&bytes, solution->offsets, 1, wide);
    count(&bytes, solution->alpha, report->order, t * size);
    count(&bytes, solution->beta.nt || solution->beta.rf ? solution : NULL, ridge->features ? ridge->features->size : 0,
          t * size);
    count(&bytes, solution->beta.nt && solution->beta.rf ? solution : NULL, 0, size); /* which are two blocks */
    if (ridge->w) (void)ntk_hidden_weights_memory(ridge->features->weights, &bytes, report->dtype);
    count(&bytes, solution->ones, n, sizeof(double));
    count(&bytes, solution->history, report->iterations + 1, sizeof(double));
    count(&bytes, solution->projected, n, wide + report->intercept * (int64_t)sizeof(double));
    count(&bytes, ridge->rooms.memory, ridge->rooms.count, ridge->rooms.size);
    return bytes;
}

ntk_status ntk_ridge_summary(const ntk_ridge *ridge, ntk_ridge_report *report)
{
    NTK_REQUIRE(ridge);
    NTK_REQUIRE(report);
    ntk_ridge_report full = ridge->solution.report;
    full.memory = memory_of(ridge);
    return ntk_options_write(report, sizeof full, &full, sizeof full, "ntk_ridge_report");
}
