#include "ridge/change.h"

#include "core/memory.h"
#include "core/status.h"
#include "ridge/spectral.h"

#include <string.h>

/* --- the data to be --- */

/* The model's samples. */
static ntk_matrix samples_of(const ntk_ridge *ridge)
{
    const ntk_ridge_report *report = &ridge->solution.report;
    if (ridge->system.set) return ntk_samples_view(&ridge->system.set->samples);
    ntk_matrix x = ntk_matrix_view(ridge->system.x.data, report->samples, report->inputs, report->dtype, NTK_READONLY);
    x.stride = ridge->system.x.stride;
    return x;
}

/* What an iteration begins with. */
static ntk_status open_start(ntk_ridge_change *change, int64_t rows)
{
    const ntk_ridge_report *report = &change->ridge->solution.report;
    int64_t row = (report->targets + report->intercept) * (int64_t)sizeof(double);
    NTK_TRY(ntk_allocate(change->ridge->base.context, &change->start, rows, row, "the coefficients before a change"));
    memset(change->start, 0, (size_t)(rows * row));
    return NTK_OK;
}

static void keep_start(ntk_ridge_change *change, int64_t to, int64_t first, int64_t count)
{
    const ntk_ridge_solution *solution = &change->ridge->solution;
    const ntk_ridge_report *report = &solution->report;
    int64_t t = report->targets, columns = t + report->intercept;
    for (int64_t i = 0; i < count; i++) {
        double *row = change->start + (to + i) * columns;
        for (int64_t c = 0; c < t; c++) row[c] = ntk_get(solution->alpha, report->dtype, c * report->samples + first + i);
        if (report->intercept) row[t] = solution->ones[first + i];
    }
}

/* An append's x begins with the model's where that has memory for more rows and no copy of the model has it, too; what is written behind
 * it the model does not read.  A new one is as long as the factor may become before it is made anew. */
static ntk_status open_x(ntk_ridge_change *change, int64_t rows)
{
    const ntk_ridge *ridge = change->ridge;
    const ntk_ridge_report *report = &ridge->solution.report;
    const ntk_sample_set *set = ridge->system.set;
    int64_t n = report->samples, held = ridge->system.L.room;
    bool grows = report->method == NTK_RIDGE_DUAL && rows > n && rows - n <= n;
    void *x = NULL;
    change->x_room = !grows ? rows : rows <= held ? held : change->room;
    change->lent = grows && set->room >= rows && ntk_is_alone(set) && set->base.context == ridge->base.context;
    if (change->lent)
        x = set->samples.x.copy;
    else
        NTK_TRY(ntk_allocate(ridge->base.context, &x, change->x_room, report->inputs * ntk_dtype_size(report->dtype),
                             "a copy of x"));
    change->x = ntk_matrix_view(x, rows, report->inputs, report->dtype, 0);
    return NTK_OK;
}

ntk_status ntk_change_open(ntk_ridge_change *change, ntk_ridge *ridge, const ntk_lane *lane, int64_t rows, const char *function)
{
    ntk_context *context = ridge->base.context;
    const ntk_ridge_report *report = &ridge->solution.report;
    double *y;
    *change = (ntk_ridge_change){.ridge = ridge, .lane = lane, .function = function};
    if (__builtin_add_overflow(rows, ridge->capacity, &change->room))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %lld rows and more are too many", function, (long long)rows);
    ntk_work_stage(lane->work, "data of a model", 1, 0, 0);
    NTK_TRY(ntk_object_create(context, &change->next, sizeof *change->next, ntk_ridge_dispose, "a ridge regression"));
    NTK_TRY(open_x(change, rows));
    NTK_TRY(ntk_allocate(context, &y, rows, report->targets * (int64_t)sizeof(double), "a copy of y"));
    change->y = ntk_matrix_f64(y, rows, report->targets);
    return report->method == NTK_RIDGE_ITERATIVE ? open_start(change, rows) : NTK_OK;
}

/* Next has no claim on the factor that it was lent. */
static void give_back(ntk_ridge_change *change)
{
    if (change->lender) change->next->system.L.data = NULL;
    change->lender = NULL;
}

void ntk_change_close(ntk_ridge_change *change)
{
    ntk_context *context = change->ridge->base.context;
    give_back(change);
    /* its samples may be x */
    ntk_release(change->next);
    if (!change->lent) ntk_free(context, change->x.data);
    ntk_free(context, change->y.data);
    ntk_free(context, change->start);
}

void ntk_change_keep(ntk_ridge_change *change, int64_t to, int64_t first, int64_t count)
{
    const ntk_ridge *ridge = change->ridge;
    int64_t t = ridge->solution.report.targets;
    if (count == 0) return;
    ntk_matrix x = samples_of(ridge);
    x.data = ntk_row(&x, first);
    x.rows = count;
    if (!change->lent) ntk_convert_matrix(ntk_row(&change->x, to), change->x.cols, change->x.dtype, &x);
    memcpy(ntk_row(&change->y, to), ridge->solution.y + first * t, (size_t)(count * t) * sizeof(double));
    if (change->start) keep_start(change, to, first, count);
}

ntk_status ntk_change_take(ntk_ridge_change *change, int64_t to, const ntk_matrix *x, const ntk_matrix *y)
{
    ntk_convert_matrix(ntk_row(&change->x, to), change->x.cols, change->x.dtype, x);
    ntk_convert_matrix(ntk_row(&change->y, to), change->y.cols, NTK_F64, y);
    if (ntk_is_finite(ntk_row(&change->x, to), change->x.dtype, x->rows * x->cols)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: x holds a number too large for single precision, the model's type",
                    change->function);
}

/* --- the model to be --- */

ntk_status ntk_change_refit(ntk_ridge_change *change)
{
    const ntk_ridge *ridge = change->ridge;
    const ntk_ridge_report *report = &ridge->solution.report;
    ntk_ridge_problem problem = {.x = &change->x, .y = &change->y, .lambda = report->lambda, .function = change->function};
    problem.kernel = ridge->system.set ? ridge->system.set->samples.kernel : NULL;
    problem.lambdas = ridge->solution.lambdas;
    problem.iterative = ridge->iterative;
    problem.start = change->start;
    problem.options.method = report->method;
    problem.options.storage = !ridge->system.L.data || ridge->system.L.ld ? NTK_STORAGE_FULL : NTK_STORAGE_PACKED;
    problem.options.dtype = report->dtype;
    problem.options.intercept = report->intercept;
    problem.options.precision = report->precision;
    problem.options.tolerance = report->tolerance;
    problem.options.capacity = ridge->capacity;
    problem.options.solver = ridge->solver;
    /* an attempt to update may have left something */
    give_back(change);
    ntk_ridge_dispose(change->next);
    change->next->system = (ntk_ridge_system){0};
    change->next->features = NULL;
    change->next->w = NULL;
    return ntk_ridge_fit(change->next, &problem, change->lane, ridge->features, report->reason);
}

ntk_status ntk_change_samples(ntk_ridge_change *change)
{
    const ntk_ridge *ridge = change->ridge;
    ntk_ridge *next = change->next;
    next->solution.report = ridge->solution.report;
    next->solution.report.samples = next->solution.report.order = change->x.rows;
    return ntk_sample_set_create(&next->system.set, ridge->system.set->samples.kernel, change->lane, &change->x,
                                 change->x.dtype, ntk_model_all(ridge->system.set->samples.kernel, change->x.rows), true,
                                 change->function);
}

ntk_status ntk_change_solve(ntk_ridge_change *change, double begin)
{
    const ntk_ridge *ridge = change->ridge;
    ntk_ridge *next = change->next;
    double end = ridge->features ? (begin + 1) / 2 : 1;
    NTK_TRY(ntk_ridge_solution_open(ridge->base.context, &next->solution, &change->y, ridge->solution.lambdas));
    NTK_TRY(ntk_dual_solve(&next->system, &next->solution, change->lane, begin, end, change->function));
    if (!ridge->features) return NTK_OK;
    return ntk_ridge_to_features(next, ridge->features, &next->solution, change->lane, end, change->function);
}

/* Next's samples, where they are x, become its own. */
static void keep_samples(ntk_ridge_change *change)
{
    ntk_sample_set *made = change->next->system.set;
    if (!made || made->samples.x.data != change->x.data) return;
    made->samples.x.copy = change->x.data;
    made->room = change->x_room;
    if (change->lent) change->ridge->system.set->samples.x.copy = NULL;
    change->x.data = NULL;
}

void ntk_change_commit(ntk_ridge_change *change)
{
    ntk_ridge *ridge = change->ridge, *next = change->next;
    /* what was lent is taken */
    if (change->lender) change->lender->system.L.data = NULL;
    change->lender = NULL;
    keep_samples(change);
    ntk_ridge_system system = ridge->system;
    ntk_ridge_solution solution = ridge->solution;
    const ntk_features *features = ridge->features;
    void *w = ridge->w;
    ridge->system = next->system, next->system = system;
    ridge->solution = next->solution, next->solution = solution;
    ridge->features = next->features, next->features = features;
    ridge->w = next->w, next->w = w;
}

/* --- other targets --- */

static ntk_status solve_targets(ntk_ridge *ridge, ntk_ridge_solution *next, const ntk_lane *lane, const ntk_matrix *y,
                                const char *function)
{
    const ntk_features *features = ridge->features;
    double end = features ? 0.5 : 1;
    next->report = ridge->solution.report;
    NTK_TRY(ntk_ridge_solution_open(ridge->base.context, next, y, ridge->solution.lambdas));
    if (next->report.method == NTK_RIDGE_SPECTRAL) {
        ntk_work_stage(lane->work, "coefficients", next->report.samples * next->report.targets, 0, end);
        NTK_TRY(ntk_spectral_project(&ridge->system, next, lane));
        NTK_TRY(ntk_spectral_solve(&ridge->system, next, lane, function));
    } else {
        NTK_TRY(ntk_dual_solve(&ridge->system, next, lane, 0, end, function));
    }
    return features ? ntk_ridge_to_features(ridge, features, next, lane, end, function) : NTK_OK;
}

/* The right sides of a primal are products with all features, so that it is fitted anew; and an iteration has no factor. */
static ntk_status refit_targets(ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *y, const char *function)
{
    ntk_ridge_change change;
    ntk_status status = ntk_change_open(&change, ridge, lane, y->rows, function);
    if (status >= 0) {
        ntk_change_keep(&change, 0, 0, y->rows);
        ntk_convert_matrix(change.y.data, y->cols, NTK_F64, y);
        status = ntk_change_refit(&change);
    }
    if (status >= 0) ntk_change_commit(&change);
    ntk_change_close(&change);
    return status;
}

ntk_status ntk_ridge_set_targets(ntk_ridge *ridge, const ntk_matrix *y)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_input_check(y, __func__, "y"));
    NTK_TRY(ntk_shape_check(y, ridge->solution.report.samples, ridge->solution.report.targets, __func__, "y"));
    NTK_TRY(ntk_finite_check(y, __func__, "y"));
    NTK_TRY(ntk_held_check(ridge, __func__));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    int32_t method = ridge->solution.report.method;
    if (method == NTK_RIDGE_PRIMAL || method == NTK_RIDGE_ITERATIVE) return refit_targets(ridge, &lane, y, __func__);
    ntk_ridge_solution next = {0};
    ntk_status status = solve_targets(ridge, &next, &lane, y, __func__);
    if (status >= 0) ntk_ridge_solution_replace(ridge, &next);
    ntk_ridge_solution_close(ridge->base.context, &next);
    return status;
}
