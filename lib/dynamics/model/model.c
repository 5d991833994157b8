#include "dynamics/model/model.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_model_options, tolerance) == 8 && offsetof(ntk_model_options, max_steps) == 16 &&
                   offsetof(ntk_model_options, lambda_every) == 24 && offsetof(ntk_model_options, max_iterations) == 32 &&
                   offsetof(ntk_model_options, lanczos_tolerance) == 40 && offsetof(ntk_model_options, restarts) == 48 &&
                   offsetof(ntk_model_options, seed) == 56 && offsetof(ntk_model_options, spectrum) == 64 &&
                   offsetof(ntk_model_options, reserved) == 68 && sizeof(ntk_model_options) == 72,
               "the layout of ntk_model_options is frozen");

static const double DEFAULT_TOLERANCE = 1e-8, DEFAULT_LANCZOS_TOLERANCE = 1e-10;
enum { DEFAULT_STEPS = 100000, DEFAULT_ITERATIONS = 300, DEFAULT_RESTARTS = 3, MOST_RESTARTS = 1000000 };

/* --- the handle --- */

static void dispose(void *self)
{
    const ntk_model *model = self;
    if (model->functions.release_user) model->functions.release_user(model->functions.user);
    ntk_release((void *)(uintptr_t)model->weights);
}

static void set_defaults(ntk_model_options *options)
{
    if (options->tolerance == 0) options->tolerance = DEFAULT_TOLERANCE;
    if (options->lanczos_tolerance == 0) options->lanczos_tolerance = DEFAULT_LANCZOS_TOLERANCE;
    if (options->max_steps == 0) options->max_steps = DEFAULT_STEPS;
    if (options->lambda_every == 0) options->lambda_every = 1;
    if (options->max_iterations == 0) options->max_iterations = DEFAULT_ITERATIONS;
    if (options->restarts == 0) options->restarts = DEFAULT_RESTARTS;
}

ntk_status ntk_model_make(ntk_context *context, ntk_model **model)
{
    NTK_TRY(ntk_object_create(context, model, sizeof **model, dispose, "a model"));
    (*model)->options.struct_size = sizeof(ntk_model_options);
    set_defaults(&(*model)->options);
    return NTK_OK;
}

void ntk_model_destroy(ntk_model *model)
{
    ntk_release(model);
}

static ntk_status check_count(int64_t value, int64_t most, const char *name)
{
    if (value >= 0 && value <= most) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "ntk_model_set_options: %s is %lld, expected a number from 0 to %lld", name,
                    (long long)value, (long long)most);
}

static ntk_status check_tolerance(double value, const char *name)
{
    if (value >= 0 && value < 1) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "ntk_model_set_options: %s is %g, expected a number in [0, 1)", name, value);
}

ntk_status ntk_model_set_options(ntk_model *model, const ntk_model_options *options)
{
    ntk_model_options own;
    NTK_REQUIRE(model);
    NTK_TRY(ntk_options_read(&own, sizeof own, sizeof own, options, "ntk_model_options"));
    NTK_TRY(check_tolerance(own.tolerance, "tolerance"));
    NTK_TRY(check_tolerance(own.lanczos_tolerance, "lanczos_tolerance"));
    NTK_TRY(check_count(own.max_steps, INT64_MAX, "max_steps"));
    NTK_TRY(check_count(own.lambda_every, INT64_MAX, "lambda_every"));
    NTK_TRY(check_count(own.max_iterations, INT64_MAX, "max_iterations"));
    NTK_TRY(check_count(own.restarts, MOST_RESTARTS, "restarts"));
    NTK_TRY(check_count(own.reserved, 0, "reserved"));
    if (own.spectrum < 0 || own.spectrum > NTK_SPECTRUM_LANCZOS)
        return ntk_fail(NTK_ERR_OPTION,
                        "ntk_model_set_options: spectrum is %d, expected NTK_SPECTRUM_AUTO, NTK_SPECTRUM_DENSE or "
                        "NTK_SPECTRUM_LANCZOS",
                        own.spectrum);
    set_defaults(&own);
    model->options = own;
    return NTK_OK;
}

/* --- problems --- */

ntk_status ntk_model_problem_check(const ntk_model *model, const ntk_matrix *theta, const char *name, const ntk_matrix *x,
                                   const ntk_matrix *y, bool targets, const char *function)
{
    NTK_TRY(ntk_input_check(theta, function, name));
    NTK_TRY(ntk_input_check(x, function, "x"));
    if (targets) NTK_TRY(ntk_input_check(y, function, "y"));
    NTK_TRY(ntk_shape_check(theta, model->all, 1, function, name));
    NTK_TRY(ntk_shape_check(x, -1, model->inputs, function, "x"));
    if (targets) NTK_TRY(ntk_shape_check(y, x->rows, model->outputs, function, "y"));
    NTK_TRY(ntk_finite_check(theta, function, name));
    NTK_TRY(ntk_finite_check(x, function, "x"));
    return targets ? ntk_finite_check(y, function, "y") : NTK_OK;
}

ntk_status ntk_model_alpha_check(double alpha, const char *function)
{
    if (alpha > 0 && isfinite(alpha)) return NTK_OK;
    return ntk_fail(NTK_ERR_VALUE, "%s: alpha is %g, expected a finite number greater than 0", function, alpha);
}

/* All of m in double precision, one row behind the other. */
static ntk_status copy(ntk_context *context, double **to, const ntk_matrix *m, const char *what)
{
    NTK_TRY(ntk_allocate(context, to, m->rows, m->cols * (int64_t)sizeof(double), what));
    ntk_convert_matrix(*to, m->cols, NTK_F64, m);
    return NTK_OK;
}

ntk_status ntk_model_problem_open(ntk_model_problem *problem, const ntk_model *model, const ntk_lane *lane,
                                  const ntk_matrix *theta, const ntk_matrix *x, const ntk_matrix *y, const char *function)
{
    ntk_context *context = lane->work->context;
    *problem = (ntk_model_problem){.model = model, .lane = lane, .function = function, .n = x->rows, .p = model->parameters};
    if (__builtin_mul_overflow(x->rows, model->outputs, &problem->m))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %lld samples of %lld outputs are too many", function, (long long)x->rows,
                        (long long)model->outputs);
    /* what is done before the first stage asks, too */
    ntk_work_stage(lane->work, "a model's start", 1, 0, 0);
    if (x->stride == x->cols)
        NTK_TRY(ntk_operand_open(lane, &problem->samples, x, NTK_F64, function, "x"));
    else
        NTK_TRY(ntk_operand_copy(lane, &problem->samples, x, NTK_F64, function, "x"));
    problem->x = problem->samples.data;
    NTK_TRY(copy(context, &problem->theta0, theta, "parameters"));
    return y ? copy(context, &problem->y, y, "targets") : NTK_OK;
}

void ntk_model_problem_close(ntk_model_problem *problem)
{
    ntk_context *context = problem->lane->work->context;
    ntk_operand_close(context, &problem->samples);
    ntk_free(context, problem->theta0);
    ntk_free(context, problem->y);
}

ntk_status ntk_model_problem_memory(const ntk_model *model, uint64_t *bytes, int64_t n)
{
    NTK_TRY(ntk_need(bytes, n, model->inputs * (int64_t)sizeof(double)));
    NTK_TRY(ntk_need(bytes, n, model->outputs * (int64_t)sizeof(double)));
    return ntk_need(bytes, model->all, sizeof(double));
}
