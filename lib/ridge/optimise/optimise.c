#include "ridge/optimise/optimise.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"
#include "kernel/rescale.h"
#include "ridge/optimise/search.h"
#include "ridge/optimise/subset.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_optimise_options, lower) == 8 && offsetof(ntk_optimise_options, upper) == 16 &&
                   offsetof(ntk_optimise_options, held) == 24 && offsetof(ntk_optimise_options, table) == 32 &&
                   offsetof(ntk_optimise_options, fit) == 40 && offsetof(ntk_optimise_options, restarts) == 48 &&
                   offsetof(ntk_optimise_options, max_evaluations) == 56 && offsetof(ntk_optimise_options, subset) == 64 &&
                   offsetof(ntk_optimise_options, tolerance) == 72 && offsetof(ntk_optimise_options, spread) == 80 &&
                   offsetof(ntk_optimise_options, seed) == 88 && offsetof(ntk_optimise_options, subset_kind) == 96 &&
                   offsetof(ntk_optimise_options, reserved) == 100 && sizeof(ntk_optimise_options) == 104,
               "the layout of ntk_optimise_options is frozen");
_Static_assert(offsetof(ntk_optimise_report, samples) == 8 && offsetof(ntk_optimise_report, free) == 16 &&
                   offsetof(ntk_optimise_report, starts) == 24 && offsetof(ntk_optimise_report, converged) == 32 &&
                   offsetof(ntk_optimise_report, best_start) == 40 && offsetof(ntk_optimise_report, evaluations) == 48 &&
                   offsetof(ntk_optimise_report, first) == 56 && offsetof(ntk_optimise_report, best) == 64 &&
                   offsetof(ntk_optimise_report, lambda) == 72 && offsetof(ntk_optimise_report, criterion) == 80 &&
                   offsetof(ntk_optimise_report, at_bounds) == 84 && sizeof(ntk_optimise_report) == 88,
               "the layout of ntk_optimise_report is frozen");

enum { MOST_RESTARTS = 1000000, DEFAULT_EVALUATIONS = 200 };
static const double DEFAULT_TOLERANCE = 1e-7, DEFAULT_SPREAD = 1;

/* How far default bounds are from the start: of a scale, and of lambda. */
static const double SCALE_RANGE = 1e3, LAMBDA_RANGE = 1e6;

/* A search spends this share of the work, and the model the rest. */
static const double SEARCH_SHARE = 0.95;

/* --- options --- */

typedef struct optimise_call {
    ntk_optimise_options options;
    ntk_ridge_problem problem; /* the model's */
    const char *reason;
    ntk_search search;
    double *room;
} optimise_call;

static ntk_status check_number(double value, const char *function, const char *name)
{
    if (isfinite(value) && value >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected a finite number that is not negative", function, name, value);
}

static ntk_status check_count(int64_t value, int64_t most, const char *function, const char *name)
{
    if (value >= 0 && value <= most) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %lld, expected a number from 0 to %lld", function, name, (long long)value,
                    (long long)most);
}

ntk_status ntk_optimise_options_read(ntk_optimise_options *own, const ntk_optimise_options *options, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_optimise_options"));
    NTK_TRY(check_count(own->restarts, MOST_RESTARTS, function, "restarts"));
    NTK_TRY(check_count(own->max_evaluations, INT32_MAX, function, "max_evaluations"));
    NTK_TRY(check_count(own->subset, INT64_MAX, function, "subset"));
    NTK_TRY(check_number(own->tolerance, function, "tolerance"));
    NTK_TRY(check_number(own->spread, function, "spread"));
    if (own->subset_kind < NTK_SUBSET_RANDOM || own->subset_kind > NTK_SUBSET_FIRST)
        return ntk_fail(NTK_ERR_OPTION, "%s: subset_kind is %d, expected NTK_SUBSET_RANDOM or NTK_SUBSET_FIRST", function,
                        own->subset_kind);
    if (own->reserved != 0) return ntk_fail(NTK_ERR_OPTION, "%s: reserved is %d, expected 0", function, own->reserved);
    if (own->max_evaluations == 0) own->max_evaluations = DEFAULT_EVALUATIONS;
    if (own->tolerance == 0) own->tolerance = DEFAULT_TOLERANCE;
    if (own->spread == 0) own->spread = DEFAULT_SPREAD;
    return NTK_OK;
}

/* A matrix of the options with a row for each number, or NULL. */
static ntk_status check_rows(const ntk_matrix *rows, int64_t numbers, const char *function, const char *name)
{
    if (!rows) return NTK_OK;
    NTK_TRY(ntk_input_check(rows, function, name));
    return ntk_shape_check(rows, numbers, 1, function, name);
}

static ntk_status check_table(const optimise_call *call, const char *function)
{
    const ntk_optimise_options *options = &call->options;
    const ntk_matrix *const inputs[] = {call->problem.x, call->problem.y, options->lower, options->upper, options->held};
    static const char *const names[] = {"x", "y", "lower", "upper", "held"};
    if (!options->table) return NTK_OK;
    NTK_TRY(ntk_output_check(options->table, function, "table"));
    NTK_TRY(ntk_shape_check(options->table, options->restarts + 1, NTK_START_COLUMNS + call->search.numbers - 1, function,
                            "table"));
    for (int i = 0; i < 5; i++)
        if (inputs[i]) NTK_TRY(ntk_disjoint_check(options->table, "table", inputs[i], names[i], function));
    return NTK_OK;
}

/* --- the numbers --- */

/* Row number of a matrix of bounds; 0: the default. */
static ntk_status read_bound(const ntk_matrix *bounds, int64_t number, const char *function, const char *name, double *bound)
{
    *bound = bounds ? ntk_get(ntk_row(bounds, number), bounds->dtype, 0) : 0;
    if (isfinite(*bound) && *bound >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s holds %g at row %lld, expected a finite number that is not negative", function,
                    name, *bound, (long long)number);
}

static ntk_status take_number(optimise_call *call, int64_t number, const char *function)
{
    ntk_search *search = &call->search;
    double size = fabs(search->given[number]), lower, upper;
    double range = log(number + 1 < search->numbers ? SCALE_RANGE : LAMBDA_RANGE);
    const ntk_matrix *held = call->options.held;
    NTK_TRY(read_bound(call->options.lower, number, function, "lower", &lower));
    NTK_TRY(read_bound(call->options.upper, number, function, "upper", &upper));
    if (size == 0 || (held && ntk_get(ntk_row(held, number), held->dtype, 0) != 0)) return NTK_OK;
    if (lower > size || (upper > 0 && upper < size))
        return ntk_fail(NTK_ERR_OPTION, "%s: %s holds %g at row %lld, but the search starts at %g", function,
                        lower > size ? "lower" : "upper", lower > size ? lower : upper, (long long)number, size);
    if (lower == upper && lower > 0) return NTK_OK;
    search->begin[search->free] = log(size);
    search->lower[search->free] = lower > 0 ? log(lower) : log(size) - range;
    search->upper[search->free] = upper > 0 ? log(upper) : log(size) + range;
    search->places[search->free++] = number;
    return NTK_OK;
}

/* Memory of the search's numbers, which call->room holds. */
static ntk_status make_room(optimise_call *call, ntk_context *context)
{
    ntk_search *search = &call->search;
    int64_t numbers = search->numbers;
    double **const arrays[] = {&search->given, &search->found, &search->begin, &search->lower, &search->upper};
    NTK_TRY(ntk_allocate(context, &call->room, numbers, 5 * (int64_t)sizeof(double), "a search's numbers"));
    for (int i = 0; i < 5; i++) *arrays[i] = call->room + i * numbers;
    NTK_TRY(ntk_allocate(context, &search->places, numbers, sizeof *search->places, "a search's numbers"));
    return ntk_allocate(context, &search->table, search->starts, (NTK_START_COLUMNS + numbers - 1) * (int64_t)sizeof(double),
                        "a search's table");
}

static ntk_status take_numbers(optimise_call *call, ntk_context *context, const char *function)
{
    ntk_search *search = &call->search;
    NTK_TRY(make_room(call, context));
    ntk_kernel_read_scales(search->kernel, search->given);
    search->given[search->numbers - 1] = call->problem.lambda;
    for (int64_t s = 0; s < search->numbers; s++) NTK_TRY(take_number(call, s, function));
    return NTK_OK;
}

/* --- checks --- */

static ntk_status check_criterion(const optimise_call *call, int32_t criterion, const char *function)
{
    int64_t n = call->problem.x->rows, m = call->options.subset;
    if (criterion != NTK_CRITERION_LOO && criterion != NTK_CRITERION_EVIDENCE)
        return ntk_fail(NTK_ERR_OPTION, "%s: criterion is %d, expected NTK_CRITERION_LOO or _EVIDENCE", function, criterion);
    if (criterion == NTK_CRITERION_LOO && call->problem.options.intercept && (n == 1 || m == 1))
        return ntk_fail(NTK_ERR_SHAPE, "%s: x has one row for the search, and leave-one-out with an intercept takes two",
                        function);
    return NTK_OK;
}

static ntk_status check_call(optimise_call *call, ntk_optimise_report *report, int32_t criterion,
                             const ntk_optimise_options *options)
{
    const char *function = call->problem.function;
    const ntk_kernel *kernel = call->problem.kernel;
    ntk_search *search = &call->search;
    NTK_TRY(ntk_data_check(call->problem.x, call->problem.y, ntk_kernel_inputs(kernel), call->problem.lambda, function));
    if (report) NTK_TRY(ntk_options_check(report, sizeof *report, sizeof *report, "ntk_optimise_report"));
    NTK_TRY(ntk_optimise_options_read(&call->options, options, function));
    NTK_TRY(ntk_ridge_problem_open(&call->problem, call->options.fit, &call->reason));
    if (call->problem.options.lambdas)
        return ntk_fail(NTK_ERR_OPTION, "%s: fit has lambdas, but one lambda is searched", function);
    NTK_TRY(check_criterion(call, criterion, function));
    if (!kernel->operations->scales)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: the kernel has no derivatives by scales", function);
    search->kernel = kernel;
    search->numbers = kernel->operations->scales(kernel) + 1;
    search->starts = call->options.restarts + 1;
    search->most = call->options.max_evaluations;
    search->tolerance = call->options.tolerance;
    search->spread = call->options.spread;
    search->seed = call->options.seed;
    search->report = (ntk_optimise_report){.struct_size = sizeof *report, .criterion = criterion};
    NTK_TRY(check_rows(call->options.lower, search->numbers, function, "lower"));
    NTK_TRY(check_rows(call->options.upper, search->numbers, function, "upper"));
    NTK_TRY(check_rows(call->options.held, search->numbers, function, "held"));
    return check_table(call, function);
}

/* Before the work begins: the search's, and the model's if one is wanted. */
static ntk_status check_budget(const ntk_context *context, optimise_call *call, bool model)
{
    ntk_ridge_problem *problem = &call->problem;
    uint64_t bytes = 0;
    NTK_TRY(ntk_search_memory(context, &bytes, problem->kernel, problem->x->rows, problem->x->cols, problem->y->cols,
                              &call->options, problem->options.intercept != 0));
    NTK_TRY(ntk_budget_check(context, bytes, "the search for hyperparameters"));
    return model ? ntk_ridge_budget(context, problem, problem->kernel->features, &call->reason) : NTK_OK;
}

/* --- the work --- */

static ntk_status search_on(optimise_call *call, const ntk_lane *lane, const ntk_subset *subset)
{
    ntk_search *search = &call->search;
    ntk_criterion *criterion = &search->criterion;
    *criterion = (ntk_criterion){.lane = lane, .x = subset->x, .y = subset->y, .kind = search->report.criterion};
    criterion->intercept = call->problem.options.intercept != 0;
    criterion->function = call->problem.function;
    NTK_TRY(ntk_symmetric_create(lane->work->context, &criterion->square, NTK_STORAGE_FULL, NTK_F64, subset->x.rows));
    ntk_status status = ntk_search_run(search);
    ntk_free(lane->work->context, criterion->square.data);
    return status;
}

static ntk_status search_for(optimise_call *call, const ntk_lane *lane)
{
    const ntk_optimise_options *options = &call->options;
    const ntk_matrix *x = call->problem.x;
    int64_t m = options->subset > 0 && options->subset < x->rows ? options->subset : x->rows;
    ntk_subset subset;
    ntk_work_stage(lane->work, "samples of a search", 1, 0, 0);
    NTK_TRY(take_numbers(call, lane->work->context, call->problem.function));
    NTK_TRY(ntk_subset_open(&subset, lane, x, call->problem.y, m, options->subset_kind, options->seed, call->problem.function));
    ntk_status status = search_on(call, lane, &subset);
    ntk_subset_close(lane->work->context, &subset);
    return status;
}

/* What was asked for of the result: the kernel always, which the model needs. */
static ntk_status make_results(optimise_call *call, const ntk_lane *lane, ntk_kernel **scaled, ntk_ridge **ridge)
{
    const ntk_search *search = &call->search;
    NTK_TRY(ntk_kernel_with_scales(lane->work->context, scaled, search->kernel, search->found, call->problem.function));
    if (!ridge) return NTK_OK;
    call->problem.kernel = *scaled;
    call->problem.lambda = search->found[search->numbers - 1];
    ntk_share room = ntk_work_narrow(lane->work, search->share, 1);
    ntk_status status = ntk_ridge_make(lane, ridge, &call->problem, (*scaled)->features, call->reason);
    ntk_work_widen(lane->work, room);
    return status;
}

static void write_table(const optimise_call *call)
{
    const ntk_matrix *table = call->options.table;
    for (int64_t r = 0; table && r < table->rows; r++)
        ntk_convert(ntk_row(table, r), table->dtype, call->search.table + r * table->cols, NTK_F64, table->cols);
}

/* fitted: the status of the model's fit */
static ntk_status note_of(const optimise_call *call, ntk_status fitted)
{
    const ntk_search *search = &call->search;
    const ntk_optimise_report *report = &search->report;
    const double *row = search->table + report->best_start * (NTK_START_COLUMNS + search->numbers - 1);
    if (row[NTK_START_CONVERGED] == 0)
        return ntk_fail(NTK_NOTE_NOT_CONVERGED, "%s: the best start has not converged in max_evaluations, %lld",
                        call->problem.function, (long long)search->most);
    if (report->at_bounds > 0)
        return ntk_fail(NTK_NOTE_AT_BRACKET, "%s: of the %lld numbers that were free, %d are at a bound",
                        call->problem.function, (long long)report->free, report->at_bounds);
    return fitted;
}

static ntk_status run(optimise_call *call, const ntk_lane *lane, ntk_ridge **ridge, ntk_kernel **scaled,
                      ntk_optimise_report *report)
{
    ntk_kernel *kernel = NULL;
    NTK_TRY(search_for(call, lane));
    ntk_status status = make_results(call, lane, &kernel, ridge);
    if (status < 0 || !scaled)
        ntk_release(kernel);
    else
        *scaled = kernel;
    NTK_TRY(status);
    write_table(call);
    if (report) NTK_TRY(ntk_options_write(report, sizeof *report, &call->search.report, sizeof *report, "ntk_optimise_report"));
    return note_of(call, status);
}

ntk_status ntk_ridge_optimise(ntk_context *context, ntk_ridge **ridge, ntk_kernel **scaled, ntk_optimise_report *report,
                              const ntk_kernel *kernel, const ntk_matrix *x, const ntk_matrix *y, double lambda,
                              int32_t criterion, const ntk_optimise_options *options)
{
    optimise_call call = {.problem = {.kernel = kernel, .x = x, .y = y, .lambda = lambda, .function = __func__}};
    if (ridge) *ridge = NULL;
    if (scaled) *scaled = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(kernel);
    NTK_TRY(check_call(&call, report, criterion, options));
    NTK_TRY(check_budget(context, &call, ridge != NULL));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    call.search.share = ridge ? SEARCH_SHARE : 1;
    ntk_status status = run(&call, &lane, ridge, scaled, report);
    ntk_free(context, call.room);
    ntk_free(context, call.search.places);
    ntk_free(context, call.search.table);
    return status;
}
