#include "ridge/iterative/iterative.h"

#include "core/exchange.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "ridge/iterative/problem_number.h"
#include "ridge/iterative/solver.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(ntk_iterative_options, tolerance) == 8 && offsetof(ntk_iterative_options, max_iterations) == 16 &&
                   offsetof(ntk_iterative_options, rank) == 24 && offsetof(ntk_iterative_options, seed) == 32 &&
                   offsetof(ntk_iterative_options, preconditioner) == 40 && offsetof(ntk_iterative_options, hold) == 44 &&
                   offsetof(ntk_iterative_options, checkpoint) == 48 &&
                   offsetof(ntk_iterative_options, checkpoint_every) == 56 && offsetof(ntk_iterative_options, resume) == 64 &&
                   sizeof(ntk_iterative_options) == 72,
               "the layout of ntk_iterative_options is frozen");

/* --- options --- */

enum { MOST_ITERATIONS = 1000000 };

static ntk_status check_numbers(const ntk_iterative_options *own, const char *function)
{
    if (!(own->tolerance >= 0 && own->tolerance < 1))
        return ntk_fail(NTK_ERR_OPTION, "%s: iterative->tolerance is %g, expected a number from 0 to 1, and not 1", function,
                        own->tolerance);
    if (own->max_iterations < 0 || own->max_iterations > MOST_ITERATIONS)
        return ntk_fail(NTK_ERR_OPTION, "%s: iterative->max_iterations is %lld, expected 0 to %d", function,
                        (long long)own->max_iterations, MOST_ITERATIONS);
    if (own->rank < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: iterative->rank is %lld, expected at least 0", function, (long long)own->rank);
    if (own->checkpoint_every < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: iterative->checkpoint_every is %lld, expected at least 0", function,
                        (long long)own->checkpoint_every);
    if (own->preconditioner < NTK_PRECONDITIONER_PIVOTED || own->preconditioner > NTK_PRECONDITIONER_FEATURES)
        return ntk_fail(NTK_ERR_OPTION,
                        "%s: iterative->preconditioner is %d, expected NTK_PRECONDITIONER_PIVOTED, NTK_PRECONDITIONER_NONE, "
                        "NTK_PRECONDITIONER_NYSTROEM or NTK_PRECONDITIONER_FEATURES",
                        function, own->preconditioner);
    return NTK_OK;
}

ntk_status ntk_iterative_read(ntk_iterative_options *own, const ntk_iterative_options *options, const char *function)
{
    ntk_writer writer;
    ntk_reader reader;
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_iterative_options"));
    NTK_TRY(check_numbers(own, function));
    if (own->checkpoint) NTK_TRY(ntk_writer_open(&writer, own->checkpoint, function));
    return own->resume ? ntk_reader_open(&reader, NULL, own->resume, function) : NTK_OK;
}

/* --- memory --- */

/* What there is of K, of P and of right sides, one within the other; and beside these what the rest of a model takes. */
static ntk_status add_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                             int64_t t, const ntk_ridge_options *options, const ntk_iterative_options *settings)
{
    uint64_t K = 0, assembly = 0, product = 0, P = 0, making = 0, sides = 0, model = 0, fixed = 0, row, wide;
    int64_t columns;
    int32_t dtype = options->dtype;
    if (__builtin_add_overflow(t, options->intercept ? 1 : 0, &columns))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld targets are too many", (long long)t);
    NTK_TRY(ntk_need(&fixed, 1, sizeof(ntk_ridge)));
    /* lambdas, twice, intercepts, means */
    for (int i = 0; i < 4; i++) NTK_TRY(ntk_need(&fixed, t, sizeof(double)));
    NTK_TRY(ntk_sample_set_memory(kernel, &fixed, dtype, n, d, ntk_model_all(kernel, n)));
    NTK_TRY(ntk_operator_memory(kernel, context, &K, &assembly, &product, n, d, dtype, settings->hold != 0));
    NTK_TRY(ntk_preconditioner_memory(kernel, context, &P, &making, n, d, columns, dtype, settings));
    NTK_TRY(ntk_size_multiply(&row, columns, sizeof(double)));
    NTK_TRY(ntk_size_multiply(&wide, t, sizeof(double)));
    NTK_TRY(ntk_need(&sides, n, (int64_t)row));
    NTK_TRY(ntk_need(&fixed, n, (int64_t)wide));
    NTK_TRY(ntk_need(&fixed, settings->max_iterations + 1, sizeof(double)));
    NTK_TRY(ntk_conjugate_memory(&product, n, columns, settings->max_iterations));
    if (options->intercept) NTK_TRY(ntk_need(&fixed, n, sizeof(double)));
    NTK_TRY(ntk_dual_model_memory(context, &model, kernel, n, t, dtype));
    NTK_TRY(ntk_size_add(&sides, 1, (int64_t)ntk_most_bytes(product, model)));
    NTK_TRY(ntk_size_add(&P, 1, (int64_t)ntk_most_bytes(making, sides)));
    NTK_TRY(ntk_size_add(&K, 1, (int64_t)ntk_most_bytes(assembly, P)));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)fixed));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)K));
    return ntk_pool_memory(context, bytes);
}

/* Whether K is held: where that is wanted, and there is room for it. */
static ntk_status choose_hold(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                              int64_t t, const ntk_ridge_options *options, ntk_iterative_options *settings)
{
    uint64_t need = 0, before = *bytes;
    if (settings->hold) {
        ntk_status status = add_memory(context, &need, kernel, n, d, t, options, settings);
        if (status >= 0 && ntk_budget_check(context, before + need, "the ridge regression") >= 0) {
            *bytes = before + need;
            return NTK_OK;
        }
    }
    settings->hold = 0;
    return add_memory(context, bytes, kernel, n, d, t, options, settings);
}

ntk_status ntk_ridge_iterative_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n,
                                      int64_t d, int64_t t, const ntk_ridge_options *options,
                                      const ntk_iterative_options *iterative)
{
    ntk_iterative_options settings = ntk_solver_settings(iterative, options->dtype);
    return choose_hold(context, bytes, kernel, n, d, t, options, &settings);
}

/* --- the fit --- */

typedef struct fitting {
    ntk_ridge *ridge;
    const ntk_ridge_problem *problem;
    const ntk_lane *lane;
    ntk_solver solver;
    double begin, end;
} fitting;

/* The rows that were written of a history. */
static ntk_status keep_report(const fitting *job, const ntk_conjugate_report *report)
{
    ntk_ridge_solution *solution = &job->ridge->solution;
    int64_t rows = report->iterations + 1;
    NTK_TRY(ntk_allocate(job->ridge->base.context, &solution->history, rows, sizeof(double), "a history"));
    memcpy(solution->history, report->history, (size_t)rows * sizeof(double));
    solution->report.iterations = report->iterations;
    solution->report.residual = report->residual;
    solution->report.refinements = report->products < INT32_MAX ? (int32_t)report->products : INT32_MAX;
    return NTK_OK;
}

static ntk_status solve(void *argument, double *B, int64_t columns)
{
    fitting *job = argument;
    const ntk_ridge_problem *problem = job->problem;
    ntk_conjugate_report report = {0};
    ntk_conjugate_call call = ntk_solver_call(&job->solver, columns, job->lane, problem->function);
    call.start = problem->start;
    call.starts = problem->start ? columns : 0;
    call.begin = job->begin;
    call.end = job->end;
    if (call.settings->checkpoint || call.settings->resume)
        NTK_TRY(ntk_problem_number(problem, call.K->samples, job->ridge->solution.y, &call.problem));
    ntk_status status = ntk_conjugate_solve(&call, B, &report);
    if (status >= 0) status = keep_report(job, &report);
    ntk_free(job->ridge->base.context, report.history);
    return status;
}

static ntk_status solve_all(fitting *job, int64_t columns)
{
    const ntk_ridge_problem *problem = job->problem;
    const ntk_lane *lane = job->lane;
    ntk_ridge_solution *solution = &job->ridge->solution;
    ntk_samples *samples = &job->ridge->system.set->samples;
    job->begin = ntk_solver_share(&job->solver.settings);
    ntk_share room = ntk_work_narrow(lane->work, 0, job->begin);
    ntk_status status = ntk_solver_open(&job->solver, samples, columns, lane, problem->function);
    ntk_work_widen(lane->work, room);
    NTK_TRY(status);
    NTK_TRY(ntk_ridge_solution_open(job->ridge->base.context, solution, problem->y, problem->lambdas));
    return ntk_dual_solve_by(solution, lane, solve, job, problem->function);
}

static ntk_status fit(fitting *job)
{
    const ntk_ridge_problem *problem = job->problem;
    ntk_ridge *ridge = job->ridge;
    ntk_context *context = ridge->base.context;
    const ntk_features *features = problem->kernel->features;
    uint64_t bytes = 0;
    job->solver.settings = ntk_solver_settings(&problem->iterative, problem->options.dtype);
    job->solver.lambda = problem->lambda;
    NTK_TRY(choose_hold(context, &bytes, problem->kernel, problem->x->rows, problem->x->cols, problem->y->cols,
                        &problem->options, &job->solver.settings));
    job->end = features ? 0.98 : 1;
    ntk_work_stage(job->lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_sample_set_create(&ridge->system.set, problem->kernel, job->lane, problem->x, problem->options.dtype,
                                  ntk_model_all(problem->kernel, problem->x->rows), problem->options.borrow != 0,
                                  problem->function));
    ntk_status status = solve_all(job, problem->y->cols + ridge->solution.report.intercept);
    ntk_solver_close(&job->solver, context);
    NTK_TRY(status);
    ntk_samples *samples = &ridge->system.set->samples;
    if (samples->all && samples->kernel->operations->rest) samples->kernel->operations->rest(samples);
    return features ? ntk_ridge_to_features(ridge, features, &ridge->solution, job->lane, job->end, problem->function) : NTK_OK;
}

ntk_status ntk_ridge_fit_iterative(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane)
{
    fitting job = {.ridge = ridge, .problem = problem, .lane = lane};
    ntk_ridge_report *report = &ridge->solution.report;
    report->order = problem->x->rows;
    report->smallest_pivot = NAN;
    ridge->iterative = problem->iterative;
    ridge->iterative.checkpoint = NULL;
    ridge->iterative.resume = NULL;
    NTK_TRY(fit(&job));
    if (ridge->light) ntk_ridge_lighten(ridge);
    return ntk_solver_note(&job.solver, report->iterations, report->residual, problem->function);
}

/* --- what is read of a model --- */

ntk_status ntk_ridge_history(const ntk_ridge *ridge, const ntk_matrix *table)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_output_check(table, __func__, "table"));
    const ntk_ridge_solution *solution = &ridge->solution;
    if (solution->report.method != NTK_RIDGE_ITERATIVE)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: ridge was not fitted by NTK_RIDGE_ITERATIVE, and has no history", __func__);
    NTK_TRY(ntk_shape_check(table, solution->report.iterations + 1, NTK_HISTORY_COLUMNS, __func__, "table"));
    for (int64_t i = 0; i < table->rows; i++) {
        double row[NTK_HISTORY_COLUMNS] = {[NTK_HISTORY_ITERATION] = (double)i, [NTK_HISTORY_RESIDUAL] = solution->history[i]};
        ntk_convert(ntk_row(table, i), table->dtype, row, NTK_F64, NTK_HISTORY_COLUMNS);
    }
    return NTK_OK;
}
