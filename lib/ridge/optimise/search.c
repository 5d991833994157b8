#include "ridge/optimise/search.h"

#include "core/memory.h"
#include "core/random.h"
#include "core/status.h"
#include "kernel/rescale.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <nlopt.h>
#include <string.h>

/* What L-BFGS remembers. */
enum { STEPS_KEPT = 20 };

/* At a bound, in logarithms. */
static const double NEARBY = 1e-6;

/* One start.  Costs are to be least: minus the log evidence over samples and targets, or the log of the mean square.
 * values      the numbers at the point in work;  slopes  the criterion's derivatives by them
 * point, gradient  the best point, and its cost's derivatives by logs;  cost  its cost
 * unit        of the costs and derivatives that NLopt sees, so that its first step is at most 1
 * refusal     the status of a point that is no good, and its sentence */
typedef struct descent {
    const ntk_search *search;
    int64_t start, evaluations;
    double *values, *slopes, *point, *gradient;
    double cost, unit, wall;
    nlopt_opt optimiser;
    ntk_status status, refusal;
    char sentence[NTK_MESSAGE_SIZE];
} descent;

/* --- a point --- */

static double cost_of(const ntk_search *search, double value)
{
    const ntk_criterion *criterion = &search->criterion;
    if (criterion->kind == NTK_CRITERION_LOO) return log(value > DBL_MIN ? value : DBL_MIN);
    return -value / ((double)criterion->x.rows * (double)criterion->y.cols);
}

static double cost_slope(const ntk_search *search, double value)
{
    const ntk_criterion *criterion = &search->criterion;
    if (criterion->kind == NTK_CRITERION_LOO) return value > DBL_MIN ? 1 / value : 0;
    return -1 / ((double)criterion->x.rows * (double)criterion->y.cols);
}

/* A number that stays where it began is the one given, to the bit. */
static bool place_values(descent *at, const double *x)
{
    const ntk_search *search = at->search;
    memcpy(at->values, search->given, (size_t)search->numbers * sizeof(double));
    for (int64_t k = 0; k < search->free; k++) {
        double *value = &at->values[search->places[k]];
        if (x[k] == search->begin[k]) continue;
        double size = exp(x[k]);
        if (!(size > 0 && size <= DBL_MAX)) return false;
        *value = copysign(size, *value);
    }
    return true;
}

static bool is_no_good(ntk_status status)
{
    return status == NTK_ERR_SINGULAR || status == NTK_ERR_OVERFLOW || status == NTK_ERR_UNSUPPORTED;
}

static void refuse(descent *at, ntk_status status)
{
    if (at->refusal < 0) return;
    at->refusal = status;
    strncpy(at->sentence, ntk_error_message(), sizeof at->sentence - 1);
}

static ntk_status evaluate(descent *at, double *value)
{
    const ntk_search *search = at->search;
    const ntk_criterion *criterion = &search->criterion;
    ntk_kernel *kernel;
    NTK_TRY(ntk_kernel_with_scales(criterion->lane->work->context, &kernel, search->kernel, at->values, criterion->function));
    ntk_status status = ntk_criterion_value(criterion, kernel, at->values[search->numbers - 1], value, at->slopes);
    ntk_release(kernel);
    return status;
}

/* How much of the work is done after so many evaluations of this start. */
static double share_before(const descent *at, int64_t evaluations)
{
    const ntk_search *search = at->search;
    double starts = (double)at->start + (double)evaluations / (double)search->most;
    return starts / (double)search->starts * search->share;
}

/* The cost at x and its derivatives; infinity where the point is no good. */
static ntk_status find_cost(descent *at, const double *x, double *cost, double *gradient)
{
    const ntk_search *search = at->search;
    ntk_work *work = search->criterion.lane->work;
    double value;
    *cost = INFINITY;
    if (!place_values(at, x)) return NTK_OK;
    ntk_share room = ntk_work_narrow(work, share_before(at, at->evaluations), share_before(at, at->evaluations + 1));
    ntk_status status = evaluate(at, &value);
    ntk_work_widen(work, room);
    at->evaluations++;
    if (is_no_good(status)) {
        refuse(at, status);
        return NTK_OK;
    }
    NTK_TRY(status);
    double sum = cost_of(search, value), slope = cost_slope(search, value), finite = sum;
    for (int64_t k = 0; k < search->free; k++) {
        gradient[k] = slope * at->slopes[search->places[k]] * at->values[search->places[k]];
        finite += gradient[k];
    }
    if (isfinite(finite))
        *cost = sum;
    else
        refuse(at, ntk_fail(NTK_ERR_OVERFLOW, "%s: the criterion is too large to be represented", search->criterion.function));
    return NTK_OK;
}

static void keep(descent *at, const double *x, double cost, const double *gradient)
{
    size_t bytes = (size_t)at->search->free * sizeof(double);
    at->cost = cost;
    memcpy(at->point, x, bytes);
    memcpy(at->gradient, gradient, bytes);
}

/* --- NLopt --- */

static bool is_kept(const descent *at, const double *x)
{
    for (int64_t k = 0; k < at->search->free; k++)
        if (x[k] != at->point[k]) return false;
    return true;
}

static bool is_finite(const double *x, int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        if (!isfinite(x[k])) return false;
    return true;
}

/* A point that is no good costs as much as the wall, beyond which the line search turns back. */
static double objective(unsigned count, const double *x, double *gradient, void *data)
{
    descent *at = data;
    double cost = INFINITY;
    for (unsigned k = 0; gradient && k < count; k++) gradient[k] = 0;
    if (!gradient || !is_finite(x, count)) return at->wall;
    if (is_kept(at, x)) {
        memcpy(gradient, at->gradient, count * sizeof *gradient);
        cost = at->cost;
    } else {
        /* a stopped optimiser may ask once more */
        if (at->status >= 0 && at->evaluations < at->search->most) at->status = find_cost(at, x, &cost, gradient);
        if (at->status < 0 || at->evaluations >= at->search->most) nlopt_force_stop(at->optimiser);
        if (at->status < 0 || isinf(cost)) {
            for (unsigned k = 0; k < count; k++) gradient[k] = 0;
            return at->wall;
        }
        if (cost < at->cost) keep(at, x, cost, gradient);
    }
    for (unsigned k = 0; k < count; k++) gradient[k] *= at->unit;
    return cost * at->unit;
}

static nlopt_result set_up(descent *at)
{
    const ntk_search *search = at->search;
    nlopt_opt optimiser = at->optimiser;
    nlopt_result result = nlopt_set_min_objective(optimiser, objective, at);
    if (result >= 0) result = nlopt_set_lower_bounds(optimiser, search->lower);
    if (result >= 0) result = nlopt_set_upper_bounds(optimiser, search->upper);
    if (result >= 0) result = nlopt_set_vector_storage(optimiser, STEPS_KEPT);
    if (result >= 0) result = nlopt_set_ftol_abs(optimiser, search->tolerance * at->unit);
    return result;
}

static ntk_status check_result(const descent *at, nlopt_result result)
{
    const char *function = at->search->criterion.function;
    if (at->status < 0) return at->status;
    if (result == NLOPT_OUT_OF_MEMORY) return ntk_fail(NTK_ERR_MEMORY, "%s: NLopt could not have its memory", function);
    if (result == NLOPT_INVALID_ARGS) return ntk_fail(NTK_ERR_INTERNAL, "%s: NLopt refused its arguments", function);
    return NTK_OK; /* where its line search finds nothing better, it says "failure" */
}

/* One run from the best point on; x is room. */
static ntk_status descend_once(descent *at, double *x)
{
    const ntk_search *search = at->search;
    double steepest = 1, minimum;
    for (int64_t k = 0; k < search->free; k++) steepest = fmax(steepest, fabs(at->gradient[k]));
    at->unit = 1 / steepest;
    at->wall = at->cost * at->unit + 10;
    memcpy(x, at->point, (size_t)search->free * sizeof *x);
    at->optimiser = nlopt_create(NLOPT_LD_LBFGS, (unsigned)search->free);
    if (!at->optimiser) return check_result(at, NLOPT_OUT_OF_MEMORY);
    nlopt_result result = set_up(at);
    if (result >= 0) result = nlopt_optimize(at->optimiser, x, &minimum);
    nlopt_destroy(at->optimiser);
    return check_result(at, result);
}

/* Until a run gains no more than the tolerance. */
static ntk_status descend(descent *at, double *x, bool *converged)
{
    const ntk_search *search = at->search;
    *converged = search->free == 0;
    while (!*converged && at->evaluations < search->most) {
        double before = at->cost;
        NTK_TRY(descend_once(at, x));
        *converged = before - at->cost <= search->tolerance && at->evaluations < search->most;
    }
    return NTK_OK;
}

/* --- starts --- */

static void choose_start(const ntk_search *search, int64_t start, double *x)
{
    const ntk_random random = {.seed = search->seed, .purpose = NTK_RANDOM_START, .layer = (uint32_t)start};
    memcpy(x, search->begin, (size_t)search->free * sizeof *x);
    if (start == 0) return;
    ntk_random_normals(&random, x, 0, search->free);
    for (int64_t k = 0; k < search->free; k++)
        x[k] = fmin(fmax(search->begin[k] + search->spread * x[k], search->lower[k]), search->upper[k]);
}

/* The value whose cost this is. */
static double value_of(const ntk_search *search, double cost)
{
    if (search->criterion.kind == NTK_CRITERION_LOO) return exp(cost);
    return -cost * ((double)search->criterion.x.rows * (double)search->criterion.y.cols);
}

static int32_t count_at_bounds(const ntk_search *search, const double *x)
{
    int32_t count = 0;
    for (int64_t k = 0; k < search->free; k++) count += x[k] - search->lower[k] <= NEARBY || search->upper[k] - x[k] <= NEARBY;
    return count;
}

static void write_row(const descent *at, double from, bool converged)
{
    const ntk_search *search = at->search;
    double *row = search->table + at->start * (NTK_START_COLUMNS + search->numbers - 1);
    row[NTK_START_FROM] = isinf(from) ? (double)NAN : value_of(search, from);
    row[NTK_START_TO] = isinf(at->cost) ? (double)NAN : value_of(search, at->cost);
    row[NTK_START_EVALUATIONS] = (double)at->evaluations;
    row[NTK_START_CONVERGED] = converged;
    row[NTK_START_LAMBDA] = at->values[search->numbers - 1];
    memcpy(row + NTK_START_COLUMNS, at->values, (size_t)(search->numbers - 1) * sizeof *row);
}

/* From x, which is room afterwards. */
static ntk_status run_start(descent *at, double *x, double *gradient, double *from, bool *converged)
{
    *converged = false;
    NTK_TRY(find_cost(at, x, from, gradient));
    keep(at, x, *from, gradient);
    if (isfinite(*from)) NTK_TRY(descend(at, x, converged));
    (void)place_values(at, at->point);
    write_row(at, *from, *converged);
    return NTK_OK;
}

static void take_best(ntk_search *search, const descent *at)
{
    ntk_optimise_report *report = &search->report;
    memcpy(search->found, at->values, (size_t)search->numbers * sizeof(double));
    report->best_start = at->start;
    report->best = value_of(search, at->cost);
    report->lambda = at->values[search->numbers - 1];
    report->at_bounds = count_at_bounds(search, at->point);
}

static ntk_status run_all(ntk_search *search, descent *at, double *x, double *gradient)
{
    ntk_optimise_report *report = &search->report;
    double best = INFINITY, from;
    bool converged;
    for (at->start = 0; at->start < search->starts; at->start++) {
        at->evaluations = 0;
        choose_start(search, at->start, x);
        NTK_TRY(run_start(at, x, gradient, &from, &converged));
        if (at->start == 0) report->first = isinf(from) ? (double)NAN : value_of(search, from);
        report->evaluations += at->evaluations;
        report->converged += converged;
        if (at->cost < best) {
            best = at->cost;
            take_best(search, at);
        }
    }
    if (isfinite(best)) return NTK_OK;
    ntk_set_message(at->sentence);
    return at->refusal;
}

ntk_status ntk_search_run(ntk_search *search)
{
    ntk_context *context = search->criterion.lane->work->context;
    descent at = {.search = search};
    double *room;
    search->report.samples = search->criterion.x.rows;
    search->report.free = search->free;
    search->report.starts = search->starts;
    if (search->free > INT_MAX)
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: the kernel has too many scales", search->criterion.function);
    /* values, slopes, the best point and its gradient, those in work */
    NTK_TRY(ntk_allocate(context, &room, search->numbers, 6 * (int64_t)sizeof *room, "a search's numbers"));
    at.values = room;
    at.slopes = room + search->numbers;
    at.point = room + 2 * search->numbers;
    at.gradient = room + 3 * search->numbers;
    ntk_status status = run_all(search, &at, room + 4 * search->numbers, room + 5 * search->numbers);
    ntk_free(context, room);
    return status;
}
