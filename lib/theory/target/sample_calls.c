/* The calls on samples of a function that is not known. */
#include "core/memory.h"
#include "core/operand.h"
#include "core/status.h"
#include "theory/target/sample.h"

/* x and y, converted, as a sample of the law. */
typedef struct opened {
    ntk_operand x, y;
    ntk_function_sample sample;
} opened;

static ntk_status check_sample(const ntk_matrix *x, const ntk_matrix *y, int64_t fewest, const char *function)
{
    NTK_TRY(ntk_input_check(x, function, "x"));
    NTK_TRY(ntk_input_check(y, function, "y"));
    NTK_TRY(ntk_shape_check(y, x->rows, 1, function, "y"));
    if (x->rows < fewest)
        return ntk_fail(NTK_ERR_SHAPE, "%s: x has %lld rows, expected at least %lld", function, (long long)x->rows,
                        (long long)fewest);
    return NTK_OK;
}

static ntk_status check_finite(const ntk_matrix *x, const ntk_matrix *y, const char *function)
{
    NTK_TRY(ntk_finite_check(x, function, "x"));
    return ntk_finite_check(y, function, "y");
}

static void close_sample(opened *sample, ntk_context *context)
{
    ntk_operand_close(context, &sample->y);
    ntk_operand_close(context, &sample->x);
}

static ntk_status open_sample(opened *sample, const ntk_lane *lane, int32_t law, const ntk_matrix *x, const ntk_matrix *y,
                              const char *function)
{
    *sample = (opened){.sample = {.law = law, .n = x->rows, .d = x->cols}};
    ntk_work_stage(lane->work, "samples of a function", 1, 0, 0);
    NTK_TRY(ntk_operand_open_dense(lane, &sample->x, x, NTK_F64, function, "x"));
    ntk_status status = ntk_operand_open_dense(lane, &sample->y, y, NTK_F64, function, "y");
    sample->sample.x = sample->x.data;
    sample->sample.y = sample->y.data;
    if (status >= 0) status = ntk_law_place_check(law, sample->sample.x, x->rows, x->cols, function, "x");
    if (status < 0) close_sample(sample, lane->work->context);
    return status;
}

/* --- energies --- */

static ntk_status find_energies(const ntk_function_sample *sample, const ntk_lane *lane, const ntk_matrix *energies,
                                const ntk_matrix *total, const char *function)
{
    ntk_context *context = lane->work->context;
    double *numbers, sum[NTK_ENERGY_COLUMNS];
    NTK_TRY(ntk_allocate(context, &numbers, energies->rows, NTK_ENERGY_COLUMNS * (int64_t)sizeof *numbers, "energies"));
    ntk_status status = ntk_function_sample_energies(sample, lane, 0, numbers, energies->rows, total ? sum : NULL, function);
    if (status >= 0) status = ntk_energies_write(energies, total, numbers, sum, function);
    ntk_free(context, numbers);
    return status;
}

static ntk_status check_apart(const ntk_matrix *out, const char *out_name, const ntk_matrix *x, const ntk_matrix *y,
                              const char *function)
{
    if (!out) return NTK_OK;
    NTK_TRY(ntk_disjoint_check(out, out_name, x, "x", function));
    return ntk_disjoint_check(out, out_name, y, "y", function);
}

ntk_status ntk_sample_energies(ntk_context *context, const ntk_matrix *energies, const ntk_matrix *total, const ntk_matrix *x,
                               const ntk_matrix *y, const ntk_degree_options *options)
{
    ntk_degree_options own;
    opened sample;
    ntk_work work;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_energies_check(energies, total, __func__));
    NTK_TRY(ntk_degree_options_of(&own, options, __func__));
    NTK_TRY(check_sample(x, y, 4, __func__));
    NTK_TRY(check_apart(energies, "energies", x, y, __func__));
    NTK_TRY(check_apart(total, "total", x, y, __func__));
    NTK_TRY(check_finite(x, y, __func__));
    const ntk_lane lane = ntk_work_begin(&work, context);
    NTK_TRY(open_sample(&sample, &lane, own.law, x, y, __func__));
    ntk_status status = find_energies(&sample.sample, &lane, energies, total, __func__);
    close_sample(&sample, context);
    return status;
}

/* --- projections --- */

static ntk_status project(const ntk_function_sample *sample, const ntk_lane *lane, const ntk_matrix *values,
                          const ntk_matrix *errors, const double *at, int64_t degree, const char *function)
{
    ntk_context *context = lane->work->context;
    double *numbers;
    NTK_TRY(ntk_law_place_check(sample->law, at, values->rows, sample->d, function, "at"));
    NTK_TRY(ntk_allocate(context, &numbers, values->rows, 2 * (int64_t)sizeof *numbers, "a projection"));
    double *deviations = numbers + values->rows;
    ntk_status status = ntk_function_sample_project(sample, lane, 0, numbers, deviations, at, values->rows, degree, function);
    if (status >= 0) status = ntk_projection_write(values, errors, numbers, deviations, function);
    ntk_free(context, numbers);
    return status;
}

static ntk_status project_to(const ntk_function_sample *sample, const ntk_lane *lane, const ntk_matrix *values,
                             const ntk_matrix *errors, const ntk_matrix *at, int64_t degree, const char *function)
{
    ntk_operand places;
    NTK_TRY(ntk_operand_open_dense(lane, &places, at, NTK_F64, function, "at"));
    ntk_status status = project(sample, lane, values, errors, places.data, degree, function);
    ntk_operand_close(lane->work->context, &places);
    return status;
}

ntk_status ntk_sample_projection(ntk_context *context, const ntk_matrix *values, const ntk_matrix *errors, const ntk_matrix *at,
                                 const ntk_matrix *x, const ntk_matrix *y, int64_t degree, const ntk_degree_options *options)
{
    ntk_degree_options own;
    opened sample;
    ntk_work work;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_input_check(at, __func__, "at"));
    NTK_TRY(ntk_projection_check(values, errors, at, degree, __func__, "at"));
    NTK_TRY(ntk_degree_options_of(&own, options, __func__));
    NTK_TRY(check_sample(x, y, 2, __func__));
    NTK_TRY(ntk_shape_check(at, -1, x->cols, __func__, "at"));
    NTK_TRY(check_apart(values, "values", x, y, __func__));
    NTK_TRY(check_apart(errors, "errors", x, y, __func__));
    NTK_TRY(ntk_finite_check(at, __func__, "at"));
    NTK_TRY(check_finite(x, y, __func__));
    const ntk_lane lane = ntk_work_begin(&work, context);
    NTK_TRY(open_sample(&sample, &lane, own.law, x, y, __func__));
    ntk_status status = project_to(&sample.sample, &lane, values, errors, at, degree, __func__);
    close_sample(&sample, context);
    return status;
}
