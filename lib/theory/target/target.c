/* Calls of all targets: what is checked, converted and written, whatever the target is. */
#include "theory/target/target.h"

#include "core/memory.h"
#include "core/operand.h"
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/sphere.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_degree_options, samples) == 8 && offsetof(ntk_degree_options, seed) == 16 &&
                   offsetof(ntk_degree_options, law) == 24 && offsetof(ntk_degree_options, reserved) == 28 &&
                   sizeof(ntk_degree_options) == 32,
               "the layout of ntk_degree_options is frozen");

enum { SAMPLES = 4096, FEWEST_SAMPLES = 4 };

void ntk_target_destroy(ntk_target *target)
{
    ntk_release(target);
}

int64_t ntk_target_inputs(const ntk_target *target)
{
    return target ? target->inputs : -1;
}

/* --- checks --- */

ntk_status ntk_degree_options_of(ntk_degree_options *own, const ntk_degree_options *options, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_degree_options"));
    NTK_TRY(ntk_law_check(own->law, function));
    if (own->reserved) return ntk_fail(NTK_ERR_OPTION, "%s: reserved is %d, expected 0", function, own->reserved);
    if (own->samples == 0) own->samples = SAMPLES;
    if (own->samples >= FEWEST_SAMPLES) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: samples is %lld, expected at least %d, or 0", function, (long long)own->samples,
                    FEWEST_SAMPLES);
}

ntk_status ntk_degree_check(int64_t degree, const char *function)
{
    if (degree >= 0 && degree < NTK_THEORY_MOST_DEGREES) return NTK_OK;
    return ntk_fail(NTK_ERR_VALUE, "%s: degree is %lld, expected 0 to %d", function, (long long)degree,
                    NTK_THEORY_MOST_DEGREES - 1);
}

ntk_status ntk_energies_check(const ntk_matrix *energies, const ntk_matrix *total, const char *function)
{
    NTK_TRY(ntk_output_check(energies, function, "energies"));
    NTK_TRY(ntk_sphere_degrees_check(energies, NTK_ENERGY_COLUMNS, function, "energies"));
    if (!total) return NTK_OK;
    NTK_TRY(ntk_output_check(total, function, "total"));
    NTK_TRY(ntk_shape_check(total, 1, NTK_ENERGY_COLUMNS, function, "total"));
    return ntk_disjoint_check(total, "total", energies, "energies", function);
}

ntk_status ntk_projection_check(const ntk_matrix *values, const ntk_matrix *errors, const ntk_matrix *x, int64_t degree,
                                const char *function, const char *name)
{
    NTK_TRY(ntk_output_check(values, function, "values"));
    NTK_TRY(ntk_shape_check(values, x->rows, 1, function, "values"));
    NTK_TRY(ntk_disjoint_check(values, "values", x, name, function));
    NTK_TRY(ntk_degree_check(degree, function));
    if (!errors) return NTK_OK;
    NTK_TRY(ntk_output_check(errors, function, "errors"));
    NTK_TRY(ntk_shape_check(errors, x->rows, 1, function, "errors"));
    NTK_TRY(ntk_disjoint_check(errors, "errors", x, name, function));
    return ntk_disjoint_check(errors, "errors", values, "values", function);
}

/* --- results --- */

static ntk_status check_numbers(const ntk_matrix *out, const double *numbers, int64_t rows, const char *function,
                                const char *name)
{
    double most = out->dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX;
    for (int64_t i = 0; i < NTK_ENERGY_COLUMNS * rows; i++)
        if (!(fabs(numbers[i]) <= most))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: %s of row %lld (counted from 0) is too large to be represented", function,
                            name, (long long)(i / NTK_ENERGY_COLUMNS));
    return NTK_OK;
}

static void put_numbers(const ntk_matrix *out, const double *numbers)
{
    for (int64_t k = 0; k < out->rows; k++)
        ntk_convert(ntk_row(out, k), out->dtype, numbers + NTK_ENERGY_COLUMNS * k, NTK_F64, NTK_ENERGY_COLUMNS);
}

ntk_status ntk_energies_write(const ntk_matrix *energies, const ntk_matrix *total, const double *numbers, const double *sum,
                              const char *function)
{
    NTK_TRY(check_numbers(energies, numbers, energies->rows, function, "energies"));
    if (total) NTK_TRY(check_numbers(total, sum, 1, function, "total"));
    put_numbers(energies, numbers);
    if (total) put_numbers(total, sum);
    return NTK_OK;
}

ntk_status ntk_projection_write(const ntk_matrix *values, const ntk_matrix *errors, const double *numbers,
                                const double *deviations, const char *function)
{
    for (int64_t i = 0; i < values->rows; i++) {
        NTK_TRY(ntk_write_row(values, i, 0, &numbers[i], NTK_F64, 1, function, "values"));
        if (errors) NTK_TRY(ntk_write_row(errors, i, 0, &deviations[i], NTK_F64, 1, function, "errors"));
    }
    return NTK_OK;
}

/* --- values --- */

ntk_status ntk_target_values(const ntk_target *target, const ntk_lane *lane, double *y, const double *x, int64_t n,
                             const char *function)
{
    NTK_TRY(target->operations->values(target, lane, y, x, n, function));
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(y[i]))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: f(x) of sample %lld (counted from 0) is too large to be represented",
                            function, (long long)i);
    return NTK_OK;
}

ntk_status ntk_target_values_memory(const ntk_target *target, const ntk_context *context, uint64_t *bytes, int64_t n)
{
    return target->operations->memory ? target->operations->memory(target, context, bytes, n) : NTK_OK;
}

/* Rows that are evaluated before they are written, and numbers of them. */
enum { PANEL_ROWS = 4096, PANEL_NUMBERS = 1 << 20 };

static ntk_status evaluate(const ntk_target *target, const ntk_lane *lane, const ntk_matrix *y, const ntk_matrix *x,
                           double *room, int64_t most, const char *function)
{
    double *values = room + most * x->cols;
    for (int64_t first = 0; first < x->rows; first += most) {
        ntk_matrix rows = ntk_rows(x, first, ntk_smaller(most, x->rows - first));
        ntk_convert_matrix(room, x->cols, NTK_F64, &rows);
        NTK_TRY(ntk_target_values(target, lane, values, room, rows.rows, function));
        for (int64_t i = 0; i < rows.rows; i++)
            NTK_TRY(ntk_write_row(y, first + i, 0, &values[i], NTK_F64, 1, function, "f(x)"));
        NTK_TRY(ntk_advance(lane, rows.rows));
    }
    return NTK_OK;
}

ntk_status ntk_target_evaluate(const ntk_target *target, const ntk_matrix *y, const ntk_matrix *x)
{
    double *room;
    ntk_work work;
    NTK_REQUIRE(target);
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, target->inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, 1, __func__, "y"));
    NTK_TRY(ntk_disjoint_check(y, "y", x, "x", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    ntk_context *context = target->base.context;
    int64_t most = ntk_smaller(x->rows, ntk_smaller(PANEL_ROWS, ntk_larger(1, PANEL_NUMBERS / x->cols)));
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "values of a target", x->rows, 0, 1);
    NTK_TRY(ntk_allocate(context, &room, most * (x->cols + 1), sizeof *room, "samples of a target"));
    ntk_status status = evaluate(target, &lane, y, x, room, most, __func__);
    ntk_free(context, room);
    return status;
}

/* --- degrees --- */

ntk_status ntk_target_energies(const ntk_target *target, const ntk_matrix *energies, const ntk_matrix *total,
                               const ntk_degree_options *options)
{
    double *numbers;
    ntk_work work;
    NTK_REQUIRE(target);
    NTK_TRY(ntk_energies_check(energies, total, __func__));
    ntk_degree_call call = {.target = target, .function = __func__};
    NTK_TRY(ntk_degree_options_of(&call.options, options, __func__));
    ntk_context *context = target->base.context;
    const ntk_lane lane = ntk_work_begin(&work, context);
    call.lane = &lane;
    NTK_TRY(ntk_allocate(context, &numbers, energies->rows + 1, NTK_ENERGY_COLUMNS * (int64_t)sizeof *numbers, "energies"));
    double *sum = numbers + NTK_ENERGY_COLUMNS * energies->rows;
    ntk_status status = target->operations->energies(&call, numbers, energies->rows, total ? sum : NULL);
    if (status >= 0) status = ntk_energies_write(energies, total, numbers, sum, __func__);
    ntk_free(context, numbers);
    return status;
}

static ntk_status project(const ntk_degree_call *call, const ntk_matrix *values, const ntk_matrix *errors, const double *x,
                          int64_t d, int64_t degree)
{
    ntk_context *context = call->lane->work->context;
    double *numbers;
    NTK_TRY(ntk_law_place_check(call->options.law, x, values->rows, d, call->function, "x"));
    NTK_TRY(ntk_allocate(context, &numbers, values->rows, 2 * (int64_t)sizeof *numbers, "a projection"));
    double *deviations = numbers + values->rows;
    ntk_status status = call->target->operations->project(call, numbers, deviations, x, values->rows, degree);
    if (status >= 0) status = ntk_projection_write(values, errors, numbers, deviations, call->function);
    ntk_free(context, numbers);
    return status;
}

ntk_status ntk_target_project(const ntk_target *target, const ntk_matrix *values, const ntk_matrix *errors, const ntk_matrix *x,
                              int64_t degree, const ntk_degree_options *options)
{
    ntk_operand samples;
    ntk_work work;
    NTK_REQUIRE(target);
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, target->inputs, __func__, "x"));
    NTK_TRY(ntk_projection_check(values, errors, x, degree, __func__, "x"));
    ntk_degree_call call = {.target = target, .function = __func__};
    NTK_TRY(ntk_degree_options_of(&call.options, options, __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    const ntk_lane lane = ntk_work_begin(&work, target->base.context);
    call.lane = &lane;
    ntk_work_stage(&work, "samples of a target", 1, 0, 0);
    NTK_TRY(ntk_operand_open_dense(&lane, &samples, x, NTK_F64, __func__, "x"));
    ntk_status status = project(&call, values, errors, samples.data, x->cols, degree);
    ntk_operand_close(work.context, &samples);
    return status;
}
