/* A model's gradient flow beside that of its linearization, at the caller's times. */
#include "core/memory.h"
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/model/gap.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(ntk_trajectory, table) == 8 && offsetof(ntk_trajectory, outputs) == 16 &&
                   offsetof(ntk_trajectory, linear) == 24 && offsetof(ntk_trajectory, gaps) == 32 &&
                   offsetof(ntk_trajectory, parameters) == 40 && sizeof(ntk_trajectory) == 48,
               "the layout of ntk_trajectory is frozen");
_Static_assert(offsetof(ntk_trajectory_report, steps) == 8 && offsetof(ntk_trajectory_report, rejected) == 16 &&
                   offsetof(ntk_trajectory_report, evaluations) == 24 && sizeof(ntk_trajectory_report) == 32,
               "the layout of ntk_trajectory_report is frozen");

enum { PROGRESS = 1000000 };

/* lambda_min(J_s J_s^T), in the time s = alpha^2 t: at the last measurement, the least, and the integral. */
typedef struct lemma {
    double s, value, least, integral;
    int64_t step; /* of the last measurement */
} lemma;

typedef struct comparison {
    ntk_model_problem problem;
    ntk_point start, here;
    ntk_tangent tangent;
    ntk_linear linear;
    ntk_gap gap;
    lemma lemma;
    ntk_trajectory out;
    const ntk_matrix *times;
    double alpha;
    double *residual, *row; /* m; as long as the longest row of an output */
    int64_t done;           /* units of progress */
} comparison;

/* --- what is asked for --- */

static ntk_status check_output(const ntk_matrix *out, const char *name, int64_t rows, int64_t cols,
                               const ntk_matrix *const inputs[4], const char *function)
{
    static const char *const names[4] = {"theta0", "x", "y", "times"};
    if (!out) return NTK_OK;
    NTK_TRY(ntk_output_check(out, function, name));
    NTK_TRY(ntk_shape_check(out, rows, cols, function, name));
    for (int i = 0; i < 4; i++) NTK_TRY(ntk_disjoint_check(out, name, inputs[i], names[i], function));
    return NTK_OK;
}

static ntk_status check_outputs(const ntk_model *model, const ntk_trajectory *out, const ntk_matrix *theta0,
                                const ntk_matrix *x, const ntk_matrix *y, const ntk_matrix *times, const char *function)
{
    const ntk_matrix *const inputs[4] = {theta0, x, y, times};
    int64_t m;
    if (__builtin_mul_overflow(x->rows, model->outputs, &m))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %lld samples of %lld outputs are too many", function, (long long)x->rows,
                        (long long)model->outputs);
    NTK_TRY(check_output(out->table, "table", times->rows, NTK_COMPARE_COLUMNS, inputs, function));
    NTK_TRY(check_output(out->outputs, "outputs", times->rows, m, inputs, function));
    NTK_TRY(check_output(out->linear, "linear", times->rows, m, inputs, function));
    NTK_TRY(check_output(out->gaps, "gaps", times->rows, m, inputs, function));
    return check_output(out->parameters, "parameters", times->rows, model->all, inputs, function);
}

static ntk_status check_times(const ntk_matrix *times, double alpha, const char *function)
{
    double before = 0;
    NTK_TRY(ntk_finite_check(times, function, "times"));
    for (int64_t i = 0; i < times->rows; i++) {
        double t = ntk_get(ntk_row(times, i), times->dtype, 0);
        if (!(t >= before))
            return ntk_fail(NTK_ERR_VALUE, "%s: times holds %g in row %lld (counted from 0), expected numbers from %g on",
                            function, t, (long long)i, before);
        if (!isfinite(alpha * alpha * t))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: alpha^2 t overflows in row %lld of times", function, (long long)i);
        before = t;
    }
    return NTK_OK;
}

static double time_of(const comparison *job, int64_t i)
{
    return ntk_get(ntk_row(job->times, i), job->times->dtype, 0);
}

/* --- Lemma 1 --- */

/* Fewer parameters than outputs: J J^T is singular, and what it has as least eigenvalue is rounding. */
static double least_eigenvalue(const comparison *job)
{
    return job->problem.p < job->problem.m ? 0 : job->tangent.values[0];
}

static ntk_status measure(comparison *job)
{
    lemma *l = &job->lemma;
    if (!job->out.table || l->s == job->gap.s) return NTK_OK;
    job->here.lenient = false;
    ntk_status status = ntk_tangent_decompose(&job->tangent, &job->here);
    job->here.lenient = true;
    if (status < 0) return status;
    double value = least_eigenvalue(job);
    l->integral += (job->gap.s - l->s) * (value + l->value) / 2;
    l->least = fmin(l->least, value);
    l->value = value;
    l->s = job->gap.s;
    l->step = job->gap.steps;
    return NTK_OK;
}

/* --- rows --- */

/* With e of the flow at row. */
static void fill_table(comparison *job, double t, double values[NTK_COMPARE_COLUMNS])
{
    const ntk_gap *gap = &job->gap;
    const ntk_linear *linear = &job->linear;
    double loss = ntk_vector_norm(gap->residual, gap->m), loss_linear = ntk_vector_norm(linear->residual, gap->m);
    double length = ntk_vector_norm(job->residual, gap->m), L0 = length * length / 2;
    values[NTK_COMPARE_TIME] = t;
    values[NTK_COMPARE_LOSS] = loss * loss / 2;
    values[NTK_COMPARE_LOSS_LINEAR] = loss_linear * loss_linear / 2;
    values[NTK_COMPARE_OUTPUT_GAP] = ntk_vector_norm(ntk_gap_outputs(gap), gap->m);
    for (int64_t k = 0; k < gap->p; k++) job->row[k] = linear->path[k] + ntk_gap_shift(gap)[k];
    values[NTK_COMPARE_MOVEMENT] = ntk_vector_norm(job->row, gap->p) / job->alpha;
    values[NTK_COMPARE_MOVEMENT_LINEAR] = ntk_vector_norm(linear->path, gap->p) / job->alpha;
    values[NTK_COMPARE_PARAMETER_GAP] = ntk_vector_norm(ntk_gap_shift(gap), gap->p) / job->alpha;
    values[NTK_COMPARE_LAMBDA_MIN] = job->lemma.value;
    values[NTK_COMPARE_BOUND] = L0 * exp(-2 * gap->s * job->lemma.least);
    values[NTK_COMPARE_BOUND_INTEGRAL] = L0 * exp(-2 * job->lemma.integral);
    values[NTK_COMPARE_BOUND_LINEAR] = L0 * exp(-2 * gap->s * (gap->p < gap->m ? 0 : linear->values[0]));
}

static ntk_status write_outputs(comparison *job, const ntk_matrix *out, const double *residual, int64_t i, const char *name)
{
    if (!out) return NTK_OK;
    for (int64_t k = 0; k < job->gap.m; k++) job->row[k] = residual[k] + job->problem.y[k];
    return ntk_write_row(out, i, 0, job->row, NTK_F64, job->gap.m, job->problem.function, name);
}

static ntk_status write_row(comparison *job, int64_t i)
{
    const char *function = job->problem.function;
    double values[NTK_COMPARE_COLUMNS];
    fill_table(job, time_of(job, i), values);
    if (job->out.table) NTK_TRY(ntk_write_row(job->out.table, i, 0, values, NTK_F64, NTK_COMPARE_COLUMNS, function, "table"));
    NTK_TRY(write_outputs(job, job->out.outputs, job->gap.residual, i, "outputs"));
    NTK_TRY(write_outputs(job, job->out.linear, job->linear.residual, i, "linear"));
    if (job->out.gaps)
        NTK_TRY(ntk_write_row(job->out.gaps, i, 0, ntk_gap_outputs(&job->gap), NTK_F64, job->gap.m, function, "gaps"));
    if (job->out.parameters)
        NTK_TRY(
            ntk_write_row(job->out.parameters, i, 0, job->gap.theta, NTK_F64, job->problem.model->all, function, "parameters"));
    return NTK_OK;
}

/* --- the flow --- */

static ntk_status progress(comparison *job, double last)
{
    int64_t reached = last > 0 ? (int64_t)(PROGRESS * (job->gap.s / last)) : PROGRESS, units = reached - job->done;
    job->done = reached;
    return ntk_advance(job->problem.lane, units);
}

static ntk_status run(comparison *job)
{
    int64_t every = job->problem.model->options.lambda_every;
    double square = job->alpha * job->alpha, last = square * time_of(job, job->times->rows - 1);
    ntk_work_stage(job->problem.lane->work, "gradient flow", PROGRESS, 0, 1);
    for (int64_t i = 0; i < job->times->rows; i++) {
        double until = square * time_of(job, i);
        while (job->gap.s < until) {
            NTK_TRY(ntk_gap_step(&job->gap, until, last));
            if (job->gap.steps - job->lemma.step >= every) NTK_TRY(measure(job));
            NTK_TRY(progress(job, last));
        }
        NTK_TRY(measure(job));
        NTK_TRY(write_row(job, i));
    }
    return NTK_OK;
}

/* Everything at s = 0. */
static ntk_status begin(comparison *job)
{
    ntk_model_problem *problem = &job->problem;
    ntk_context *context = problem->lane->work->context;
    int64_t longest = ntk_larger(problem->m, problem->p);
    NTK_TRY(ntk_point_open(&job->start, problem, problem->theta0));
    NTK_TRY(ntk_point_open(&job->here, problem, problem->theta0));
    NTK_TRY(ntk_allocate(context, &job->residual, problem->m, sizeof(double), "residuals"));
    NTK_TRY(ntk_allocate(context, &job->row, longest, sizeof(double), "a row of a table"));
    NTK_TRY(ntk_point_forward(&job->start, job->residual));
    for (int64_t k = 0; k < problem->m; k++) job->residual[k] = job->alpha * job->residual[k] - problem->y[k];
    double length = ntk_vector_norm(job->residual, problem->m);
    if (!isfinite(length * length))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: the loss of alpha = %g overflows", problem->function, job->alpha);
    NTK_TRY(ntk_tangent_open(&job->tangent, problem));
    NTK_TRY(ntk_tangent_decompose(&job->tangent, &job->start));
    job->lemma.value = job->lemma.least = least_eigenvalue(job);
    NTK_TRY(ntk_linear_open(&job->linear, &job->start, &job->tangent, job->residual));
    NTK_TRY(ntk_gap_open(&job->gap, &job->here, &job->linear, job->residual, job->alpha));
    job->here.lenient = true;
    return NTK_OK;
}

static void finish(comparison *job)
{
    ntk_context *context = job->problem.lane->work->context;
    ntk_gap_close(&job->gap);
    ntk_linear_close(&job->linear);
    ntk_tangent_close(&job->tangent, &job->problem);
    ntk_point_close(&job->here);
    ntk_point_close(&job->start);
    ntk_free(context, job->residual);
    ntk_free(context, job->row);
    ntk_model_problem_close(&job->problem);
}

static ntk_status compare(const ntk_model *model, ntk_trajectory_report *report, const ntk_trajectory *out,
                          const ntk_matrix *theta0, const ntk_matrix *x, const ntk_matrix *y, const ntk_matrix *times,
                          double alpha, const char *function)
{
    comparison job = {.out = *out, .times = times, .alpha = alpha};
    ntk_work work;
    bool dense;
    NTK_TRY(ntk_model_problem_check(model, theta0, "theta0", x, y, true, function));
    NTK_TRY(ntk_input_check(times, function, "times"));
    NTK_TRY(ntk_shape_check(times, -1, 1, function, "times"));
    NTK_TRY(check_outputs(model, out, theta0, x, y, times, function));
    NTK_TRY(ntk_model_alpha_check(alpha, function));
    NTK_TRY(check_times(times, alpha, function));
    NTK_TRY(ntk_model_budget_check(model, NTK_CALL_COMPARE, x->rows, &dense));
    ntk_lane lane = ntk_work_begin(&work, model->base.context);
    ntk_status status = ntk_model_problem_open(&job.problem, model, &lane, theta0, x, y, function);
    job.problem.dense = dense;
    if (status >= 0) status = begin(&job);
    if (status >= 0) status = run(&job);
    *report = (ntk_trajectory_report){sizeof *report, job.gap.steps, job.gap.rejected, job.gap.evaluations};
    finish(&job);
    return status;
}

ntk_status ntk_model_compare(const ntk_model *model, const ntk_matrix *table, const ntk_matrix *theta0, const ntk_matrix *x,
                             const ntk_matrix *y, const ntk_matrix *times, double alpha)
{
    ntk_trajectory out = {.struct_size = sizeof out, .table = table};
    ntk_trajectory_report report;
    NTK_REQUIRE(model);
    NTK_REQUIRE(table);
    return compare(model, &report, &out, theta0, x, y, times, alpha, __func__);
}

ntk_status ntk_model_trajectory(const ntk_model *model, ntk_trajectory_report *report, const ntk_trajectory *trajectory,
                                const ntk_matrix *theta0, const ntk_matrix *x, const ntk_matrix *y, const ntk_matrix *times,
                                double alpha)
{
    ntk_trajectory own;
    ntk_trajectory_report made;
    NTK_REQUIRE(model);
    NTK_REQUIRE(trajectory);
    NTK_TRY(ntk_options_read(&own, sizeof own, sizeof own, trajectory, "ntk_trajectory"));
    if (report) NTK_TRY(ntk_options_check(report, sizeof made, sizeof made, "ntk_trajectory_report"));
    NTK_TRY(compare(model, &made, &own, theta0, x, y, times, alpha, __func__));
    return report ? ntk_options_write(report, sizeof made, &made, sizeof made, "ntk_trajectory_report") : NTK_OK;
}
