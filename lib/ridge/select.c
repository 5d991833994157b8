#include "core/memory.h"
#include "core/status.h"
#include "ridge/path.h"

#include <float.h>
#include <math.h>

/* A criterion of some targets as a function of log lambda, to be made small.   low, high  the range; 0: what follows from K */
typedef struct search {
    const ntk_ridge *ridge;
    const ntk_lane *lane;
    ntk_path_scratch *scratch;
    int64_t first, targets;
    int32_t criterion;
    double low, high;
    const char *function;
} search;

static ntk_status evaluate(const search *job, double log_lambda, double *value)
{
    static const int columns[3] = {NTK_PATH_LOO, NTK_PATH_GCV, NTK_PATH_LOG_EVIDENCE};
    double row[NTK_PATH_COLUMNS];
    NTK_TRY(ntk_path_point(job->ridge, job->lane, exp(log_lambda), job->first, job->targets,
                           job->criterion == NTK_CRITERION_LOO, job->scratch, row, NULL, job->function));
    *value = row[columns[job->criterion]];
    if (job->criterion == NTK_CRITERION_EVIDENCE) *value = -*value;
    /* there is nothing to choose by */
    if (isnan(*value)) *value = INFINITY;
    return NTK_OK;
}

/* --- Brent's method --- */

/* best <= second <= third of the points so far, and the last two steps. */
typedef struct bracket {
    double low, high;
    double best, second, third, at_best, at_second, at_third;
    double step, before;
} bracket;

/* The step to the vertex of the parabola through the three points, or 0 where it does not serve. */
static double parabola_step(const bracket *b, double tolerance)
{
    double r = (b->best - b->second) * (b->at_best - b->at_third), q = (b->best - b->third) * (b->at_best - b->at_second);
    double p = (b->best - b->third) * q - (b->best - b->second) * r, denominator = 2 * (q - r);
    if (denominator > 0) p = -p;
    denominator = fabs(denominator);
    if (!(fabs(p) < fabs(0.5 * denominator * b->before)) || !(p > denominator * (b->low - b->best)) ||
        !(p < denominator * (b->high - b->best)))
        return 0;
    double step = p / denominator, u = b->best + step;
    if (u - b->low < 2 * tolerance || b->high - u < 2 * tolerance)
        return b->best < 0.5 * (b->low + b->high) ? tolerance : -tolerance;
    return step;
}

static void accept(bracket *b, double u, double value)
{
    if (value <= b->at_best) {
        if (u < b->best)
            b->high = b->best;
        else
            b->low = b->best;
        b->third = b->second, b->at_third = b->at_second;
        b->second = b->best, b->at_second = b->at_best;
        b->best = u, b->at_best = value;
        return;
    }
    if (u < b->best)
        b->low = u;
    else
        b->high = u;
    if (value <= b->at_second || b->second == b->best) {
        b->third = b->second, b->at_third = b->at_second;
        b->second = u, b->at_second = value;
    } else if (value <= b->at_third || b->third == b->best || b->third == b->second) {
        b->third = u, b->at_third = value;
    }
}

/* The minimum is known to the square root of the roundoff: below that the criterion is flat. */
static const double closest = 1e-8;
enum { MOST_STEPS = 60 };

static ntk_status minimise(const search *job, bracket *b)
{
    const double golden = 0.3819660112501051;
    for (int i = 0; i < MOST_STEPS; i++) {
        double middle = 0.5 * (b->low + b->high), tolerance = closest * (1 + fabs(b->best)), value;
        if (fabs(b->best - middle) <= 2 * tolerance - 0.5 * (b->high - b->low)) return NTK_OK;
        double step = fabs(b->before) > tolerance ? parabola_step(b, tolerance) : 0;
        b->before = b->step;
        if (step == 0) {
            b->before = b->best < middle ? b->high - b->best : b->low - b->best;
            step = golden * b->before;
        }
        b->step = step;
        double u = b->best + (fabs(step) >= tolerance ? step : step > 0 ? tolerance : -tolerance);
        NTK_TRY(evaluate(job, u, &value));
        accept(b, u, value);
    }
    return NTK_OK;
}

/* --- the range --- */

enum { POINTS = 49 };

/* The best of the points, with its neighbours around it; *edge is set if it has but one. */
static ntk_status scan(const search *job, double low, double high, bracket *b, bool *edge)
{
    double step = (high - low) / (POINTS - 1);
    int best = 0;
    b->at_best = INFINITY;
    for (int i = 0; i < POINTS; i++) {
        double value;
        NTK_TRY(evaluate(job, low + i * step, &value));
        if (value < b->at_best) b->at_best = value, best = i;
    }
    b->best = b->second = b->third = low + best * step;
    b->at_second = b->at_third = b->at_best;
    b->low = best ? b->best - step : b->best;
    b->high = best < POINTS - 1 ? b->best + step : b->best;
    b->step = b->before = 0;
    *edge = best == 0 || best == POINTS - 1;
    return NTK_OK;
}

/* Logarithms of the range. */
static void range_of(const search *job, double *low, double *high)
{
    int64_t n = job->ridge->solution.report.samples;
    double largest = job->ridge->system.spectrum.values[n - 1];
    /* of no kernel at all every lambda says the same */
    if (!(largest >= DBL_MIN)) largest = 1;
    *low = job->low > 0 ? log(job->low) : fmax(log(largest) + log((double)n * DBL_EPSILON), log(DBL_MIN));
    *high = job->high > 0 ? log(job->high) : log(largest) + log(1000.0);
}

static ntk_status choose(const search *job, double *lambda, bool *edge)
{
    double low, high;
    bracket b;
    range_of(job, &low, &high);
    NTK_TRY(scan(job, low, high, &b, edge));
    if (!*edge) NTK_TRY(minimise(job, &b));
    *lambda = exp(b.best);
    /* to the bit, where it is an end of the caller's range */
    if (*edge && job->high > 0) *lambda = b.best <= low ? job->low : job->high;
    return NTK_OK;
}

static ntk_status choose_each(search *job, const ntk_matrix *lambda, bool *edge)
{
    const ntk_ridge_report *report = &job->ridge->solution.report;
    int64_t parts = lambda->cols;
    job->targets = parts == report->targets ? 1 : report->targets;
    ntk_work_stage(job->lane->work, "choice of lambda", parts * (POINTS + MOST_STEPS) * report->samples, 0, 1);
    for (; job->first < parts; job->first++) {
        double found;
        bool at_edge;
        NTK_TRY(choose(job, &found, &at_edge));
        *edge |= at_edge;
        ntk_put(lambda->data, lambda->dtype, job->first, found);
    }
    return NTK_OK;
}

static ntk_status run_search(search *job, const ntk_matrix *lambda)
{
    ntk_context *context = job->ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_path_scratch scratch;
    bool edge = false;
    job->lane = &lane;
    job->scratch = &scratch;
    ntk_status status = ntk_path_open(context, &scratch, job->ridge, false);
    if (status >= 0) status = choose_each(job, lambda, &edge);
    ntk_path_close(context, &scratch);
    if (status < 0 || !edge) return status;
    return ntk_fail(NTK_NOTE_AT_BRACKET, "%s: a lambda is at an end of the range that was searched: %s", job->function,
                    job->high > 0 ? "there may be better ones beyond" : "the kernel explains all of the targets, or none");
}

static ntk_status check_search(const search *job, const ntk_matrix *lambda)
{
    NTK_TRY(ntk_output_check(lambda, job->function, "lambda"));
    NTK_TRY(ntk_shape_check(lambda, 1, lambda->cols == 1 ? 1 : job->ridge->solution.report.targets, job->function, "lambda"));
    if (job->criterion < NTK_CRITERION_LOO || job->criterion > NTK_CRITERION_EVIDENCE)
        return ntk_fail(NTK_ERR_OPTION, "%s: criterion is %d, expected NTK_CRITERION_LOO, _GCV or _EVIDENCE", job->function,
                        job->criterion);
    return ntk_spectral_check(job->ridge, job->function);
}

ntk_status ntk_ridge_select(const ntk_ridge *ridge, const ntk_matrix *lambda, int32_t criterion)
{
    NTK_REQUIRE(ridge);
    search job = {.ridge = ridge, .criterion = criterion, .function = __func__};
    NTK_TRY(check_search(&job, lambda));
    return run_search(&job, lambda);
}

ntk_status ntk_ridge_select_between(const ntk_ridge *ridge, const ntk_matrix *lambda, int32_t criterion, double low,
                                    double high)
{
    NTK_REQUIRE(ridge);
    search job = {.ridge = ridge, .criterion = criterion, .low = low, .high = high, .function = __func__};
    NTK_TRY(check_search(&job, lambda));
    if (!(low > 0 && isfinite(low)))
        return ntk_fail(NTK_ERR_VALUE, "%s: low is %g, expected a positive finite number", __func__, low);
    if (!(high > low && isfinite(high)))
        return ntk_fail(NTK_ERR_VALUE, "%s: high is %g, expected a finite number above low, which is %g", __func__, high, low);
    return run_search(&job, lambda);
}

/* --- a change of lambda --- */

/* What the next solution shares with the model's. */
static ntk_status begin_solution(const ntk_ridge *ridge, ntk_ridge_solution *next, const ntk_matrix *lambda)
{
    const ntk_ridge_solution *old = &ridge->solution;
    int64_t n = old->report.samples, t = old->report.targets, columns = t + old->report.intercept;
    ntk_context *context = ridge->base.context;
    double *lambdas;
    ntk_matrix y = ntk_matrix_const_f64(old->y, n, t);
    next->report = old->report;
    NTK_TRY(ntk_allocate(context, &lambdas, t, sizeof *lambdas, "the targets' lambdas"));
    for (int64_t c = 0; c < t; c++) lambdas[c] = ntk_get(lambda->data, lambda->dtype, lambda->cols == 1 ? 0 : c);
    ntk_status status = ntk_ridge_solution_open(context, next, &y, lambdas);
    ntk_free(context, lambdas);
    NTK_TRY(status);
    NTK_TRY(ntk_allocate(context, &next->offsets, t, sizeof(double), "the targets' means"));
    ntk_convert(next->offsets, NTK_F64, old->offsets, NTK_F64, t);
    NTK_TRY(ntk_allocate(context, &next->projected, n, columns * (int64_t)sizeof(double), "the targets by eigenvectors"));
    ntk_convert(next->projected, NTK_F64, old->projected, NTK_F64, n * columns);
    return NTK_OK;
}

static ntk_status solve(ntk_ridge *ridge, ntk_ridge_solution *next, const ntk_lane *lane, const ntk_matrix *lambda,
                        const char *function)
{
    const ntk_features *features = ridge->features;
    double end = features ? 0.5 : 1;
    NTK_TRY(begin_solution(ridge, next, lambda));
    ntk_work_stage(lane->work, "coefficients", next->report.samples * next->report.targets, 0, end);
    NTK_TRY(ntk_spectral_solve(&ridge->system, next, lane, function));
    return features ? ntk_ridge_to_features(ridge, features, next, lane, end, function) : NTK_OK;
}

ntk_status ntk_ridge_set_lambda(ntk_ridge *ridge, const ntk_matrix *lambda)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_input_check(lambda, __func__, "lambda"));
    NTK_TRY(ntk_shape_check(lambda, 1, lambda->cols == 1 ? 1 : ridge->solution.report.targets, __func__, "lambda"));
    NTK_TRY(ntk_lambdas_check(lambda, __func__, "lambda"));
    NTK_TRY(ntk_spectral_check(ridge, __func__));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    ntk_ridge_solution next = {0};
    ntk_status status = solve(ridge, &next, &lane, lambda, __func__);
    if (status >= 0) ntk_ridge_solution_replace(ridge, &next);
    ntk_ridge_solution_close(ridge->base.context, &next);
    return status;
}
