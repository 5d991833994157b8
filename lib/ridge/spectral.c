#include "ridge/spectral.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"

#include <float.h>
#include <math.h>

/* --- one lambda --- */

ntk_spectral_at ntk_spectral_at_lambda(const ntk_ridge_system *system, const ntk_ridge_solution *solution, double lambda,
                                       int64_t first, int64_t targets)
{
    ntk_spectral_at at = {.system = system, .solution = solution, .lambda = lambda, .first = first, .targets = targets};
    int64_t n = solution->report.samples;
    double noise = (double)n * DBL_EPSILON * system->spectrum.values[n - 1];
    /* with a lambda nothing is cut, but one that drowns in the eigenvalues' roundings is none */
    at.cut = lambda > 0 && lambda >= noise / 2 ? -1 : noise;
    return at;
}

bool ntk_spectral_is_regular(const ntk_spectral_at *at)
{
    return at->system->spectrum.values[0] > at->cut;
}

ntk_status ntk_spectral_singular(const ntk_spectral_at *at, const char *function)
{
    const double *values = at->system->spectrum.values;
    int64_t n = at->solution->report.samples;
    return ntk_fail(
        NTK_ERR_SINGULAR,
        "%s: lambda is %g, with which the kernel matrix of %lld samples is singular to working precision, its eigenvalues going "
        "from %.3g to %.3g: give a larger lambda",
        function, at->lambda, (long long)n, values[0], values[n - 1]);
}

static int64_t columns_of(const ntk_ridge_solution *solution)
{
    return solution->report.targets + solution->report.intercept;
}

ntk_spectral_sums ntk_spectral_sum(const ntk_spectral_at *at, int64_t target)
{
    const ntk_ridge_report *report = &at->solution->report;
    int64_t n = report->samples, columns = columns_of(at->solution);
    const double *c = at->solution->projected + target, *e = at->solution->projected + report->targets;
    ntk_spectral_sums sums = {0};
    double mixed = 0, mixed_squares = 0, ones_cubes = 0, square_trace = 0;
    for (int64_t k = 0; report->intercept && k < n; k++) {
        double s = ntk_spectral_inverse(at, k), one = e[k * columns];
        mixed += s * one * c[k * columns];
        sums.ones += s * one * one;
        sums.ones_squares += s * s * one * one;
        ones_cubes += s * s * s * one * one;
    }
    if (sums.ones > 0) sums.b = mixed / sums.ones;
    for (int64_t k = 0; k < n; k++) {
        double s = ntk_spectral_inverse(at, k), one = report->intercept ? e[k * columns] : 0;
        double rest = c[k * columns] - sums.b * one, first = s * rest;
        double residual = s > 0 ? at->lambda * first : rest;
        sums.rss += residual * residual;
        sums.degrees += s > 0 ? 1 : 0;
        sums.quadratic += first * rest;
        sums.squares += first * first;
        sums.cubes += s * first * first;
        mixed_squares += s * first * one;
        sums.trace += s;
        square_trace += s * s;
        sums.log_determinant += log(at->system->spectrum.values[k] + at->lambda);
    }
    sums.trace_slope = -square_trace;
    double share = sums.ones > 0 ? sums.ones_squares / sums.ones : 0;
    sums.trace -= share;
    if (at->cut < 0) sums.degrees = (double)n - at->lambda * sums.trace;
    if (!report->intercept) return sums;
    sums.trace_slope += 2 * ones_cubes / sums.ones - share * share;
    sums.slope = -mixed_squares / sums.ones;
    sums.log_determinant += log(sums.ones);
    return sums;
}

/* --- rows of the inverse --- */

/* Columns of V in one task. */
enum { SPAN = 256 };

typedef struct rows_job {
    const ntk_spectral_at *at;
    const double *s; /* n */
    const double *B; /* n x wide */
    int64_t n, columns, wide;
    double *alpha, *dalpha, *g, *dg;
} rows_job;

/* Columns first to first + count - 1 of V squared, times s and -s^2. */
static void add_diagonals(const rows_job *job, int64_t first, int64_t count)
{
    const ntk_eigen *V = &job->at->system->spectrum;
    double *g = job->g + first;
    for (int64_t i = 0; i < count; i++) g[i] = 0;
    for (int64_t i = 0; job->dg && i < count; i++) job->dg[first + i] = 0;
    for (int64_t k = 0; k < job->n; k++) {
        const double *v = V->vectors + k * V->ld + first;
        double s = job->s[k], slope = -s * s;
        for (int64_t i = 0; i < count; i++) g[i] += v[i] * v[i] * s;
        if (!job->dg) continue;
        double *dg = job->dg + first;
        for (int64_t i = 0; i < count; i++) dg[i] += v[i] * v[i] * slope;
    }
}

/* The intercept's share: g - z^2 / 1^T z, z = A^-1 1. */
static void take_intercept(const rows_job *job, const ntk_spectral_sums *sums, int64_t first, int64_t count)
{
    for (int64_t i = first; i < first + count; i++) {
        double z = job->alpha[i * job->columns + job->columns - 1];
        job->g[i] -= z * z / sums->ones;
        if (!job->dg) continue;
        double dz = job->dalpha[i * job->columns + job->columns - 1];
        job->dg[i] -= 2 * z * dz / sums->ones + z * z * sums->ones_squares / (sums->ones * sums->ones);
    }
}

static ntk_status evaluate_span(void *argument, int64_t index, const ntk_lane *lane)
{
    const rows_job *job = argument;
    const ntk_spectral_at *at = job->at;
    const ntk_eigen *V = &at->system->spectrum;
    int64_t first = index * SPAN, count = job->n - first < SPAN ? job->n - first : SPAN, columns = job->columns;
    for (int derivative = 0; derivative < (job->dalpha ? 2 : 1); derivative++) {
        double *out = (derivative ? job->dalpha : job->alpha) + first * columns;
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_TRANSPOSED, NTK_PLAIN, count, columns, job->n, 1, V->vectors + first, V->ld,
                              job->B + derivative * job->n * columns, columns, 0, out, columns));
    }
    if (job->g) {
        add_diagonals(job, first, count);
        if (at->solution->report.intercept) {
            ntk_spectral_sums sums = ntk_spectral_sum(at, at->first);
            take_intercept(job, &sums, first, count);
        }
    }
    return ntk_advance(lane, count);
}

/* s c and s e, and their derivatives in lambda. */
static void scale_projections(const ntk_spectral_at *at, double *B, double *dB)
{
    const ntk_ridge_report *report = &at->solution->report;
    int64_t n = report->samples, all = columns_of(at->solution), columns = at->targets + report->intercept;
    const double *e = report->intercept ? at->solution->projected + report->targets : NULL;
    for (int64_t c = 0; c < columns; c++) {
        bool constant = c == at->targets;
        ntk_spectral_sums sums = {0};
        if (!constant) sums = ntk_spectral_sum(at, at->first + c);
        for (int64_t k = 0; k < n; k++) {
            double s = ntk_spectral_inverse(at, k), one = e ? e[k * all] : 0;
            double value = constant ? one : at->solution->projected[k * all + at->first + c] - sums.b * one;
            B[k * columns + c] = s * value;
            if (dB) dB[k * columns + c] = -s * s * value - sums.slope * s * one;
        }
    }
}

ntk_status ntk_spectral_inverse_rows(const ntk_spectral_at *at, const ntk_lane *lane, double *alpha, double *dalpha, double *g,
                                     double *dg, double *scratch)
{
    int64_t n = at->solution->report.samples, columns = at->targets + at->solution->report.intercept;
    double *s = scratch, *B = scratch + n;
    for (int64_t k = 0; k < n; k++) s[k] = ntk_spectral_inverse(at, k);
    scale_projections(at, B, dalpha ? B + n * columns : NULL);
    rows_job job = {.at = at, .s = s, .B = B, .n = n, .columns = columns, .alpha = alpha, .dalpha = dalpha, .g = g, .dg = dg};
    return ntk_run_blas(lane, (n - 1) / SPAN + 1, evaluate_span, &job);
}

/* --- the model --- */

ntk_status ntk_spectral_project(const ntk_ridge_system *system, ntk_ridge_solution *solution, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    int64_t n = solution->report.samples, t = solution->report.targets, columns = columns_of(solution);
    ntk_matrix y = ntk_matrix_const_f64(solution->y, n, t);
    double *right;
    NTK_TRY(ntk_allocate(context, &solution->offsets, t, sizeof(double), "the targets' means"));
    NTK_TRY(ntk_column_means(solution->offsets, &y, solution->report.intercept, lane));
    NTK_TRY(ntk_allocate(context, &solution->projected, n, columns * (int64_t)sizeof(double), "the targets by eigenvectors"));
    NTK_TRY(ntk_allocate(context, &right, n, columns * (int64_t)sizeof(double), "the right sides"));
    ntk_status status = ntk_centred_rows(right, columns, NTK_F64, &y, 0, n, solution->offsets, lane);
    for (int64_t i = 0; columns > t && i < n; i++) right[i * columns + t] = 1;
    if (status >= 0) status = ntk_eigen_multiply(&system->spectrum, n, lane, NTK_PLAIN, solution->projected, right, columns);
    ntk_free(context, right);
    return status;
}

static void report_fit(const ntk_ridge_system *system, ntk_ridge_solution *solution)
{
    ntk_ridge_report *report = &solution->report;
    int64_t n = report->samples, t = report->targets;
    double contrasts = (double)(n - report->intercept), quadratic = 0, evidence = 0;
    const double *values = system->spectrum.values;
    report->rss = 0;
    for (int64_t c = 0; c < t; c++) {
        double lambda = solution->lambdas[c];
        ntk_spectral_at at = ntk_spectral_at_lambda(system, solution, lambda, c, 1);
        ntk_spectral_sums sums = ntk_spectral_sum(&at, c);
        if (c == 0) report->degrees = sums.degrees;
        report->rss += sums.rss;
        bool regular = ntk_spectral_is_regular(&at);
        quadratic += regular ? sums.quadratic : (double)NAN;
        evidence += regular ? -0.5 * (sums.quadratic + sums.log_determinant) - contrasts * NTK_HALF_LOG_TWO_PI : (double)NAN;
        solution->intercept[c] = sums.b + solution->offsets[c];
    }
    report->lambda = solution->lambdas[0];
    report->log_evidence = evidence;
    report->kernel_scale = quadratic / (contrasts * (double)t);
    report->condition = (values[n - 1] + report->lambda) / (values[0] + report->lambda);
    report->smallest_pivot = 1 / report->condition;
}

/* alpha of targets first, ..., which share a lambda. */
static ntk_status solve_targets(const ntk_ridge_system *system, ntk_ridge_solution *solution, const ntk_lane *lane,
                                int64_t first, int64_t targets, double *rows, double *scratch)
{
    const ntk_ridge_report *report = &solution->report;
    int64_t n = report->samples, columns = targets + report->intercept;
    ntk_spectral_at at = ntk_spectral_at_lambda(system, solution, solution->lambdas[first], first, targets);
    NTK_TRY(ntk_spectral_inverse_rows(&at, lane, rows, NULL, NULL, NULL, scratch));
    for (int64_t c = 0; c < targets; c++)
        for (int64_t i = 0; i < n; i++) ntk_put(solution->alpha, report->dtype, (first + c) * n + i, rows[i * columns + c]);
    return NTK_OK;
}

bool ntk_lambdas_agree(const ntk_ridge_solution *solution)
{
    for (int64_t c = 1; c < solution->report.targets; c++)
        if (solution->lambdas[c] != solution->lambdas[0]) return false;
    return true;
}

/* Without an intercept there is always an answer. */
static ntk_status check_regular(const ntk_ridge_system *system, const ntk_ridge_solution *solution, const char *function)
{
    for (int64_t c = 0; solution->report.intercept && c < solution->report.targets; c++) {
        ntk_spectral_at at = ntk_spectral_at_lambda(system, solution, solution->lambdas[c], c, 1);
        if (!ntk_spectral_is_regular(&at)) return ntk_spectral_singular(&at, function);
    }
    return NTK_OK;
}

ntk_status ntk_spectral_solve(const ntk_ridge_system *system, ntk_ridge_solution *solution, const ntk_lane *lane,
                              const char *function)
{
    ntk_context *context = lane->work->context;
    const ntk_ridge_report *report = &solution->report;
    int64_t n = report->samples, t = report->targets, wide = columns_of(solution) * (int64_t)sizeof(double);
    double *rows = NULL, *scratch = NULL;
    NTK_TRY(check_regular(system, solution, function));
    NTK_TRY(ntk_allocate(context, &solution->alpha, n, t * ntk_dtype_size(report->dtype), "the coefficients"));
    NTK_TRY(ntk_allocate(context, &rows, n, wide, "the coefficients by samples"));
    ntk_status status = ntk_allocate(context, &scratch, n, wide + (int64_t)sizeof(double), "the coefficients by eigenvectors");
    int64_t together = ntk_lambdas_agree(solution) ? t : 1;
    for (int64_t c = 0; status >= 0 && c < t; c += together)
        status = solve_targets(system, solution, lane, c, together, rows, scratch);
    ntk_free(context, rows);
    ntk_free(context, scratch);
    if (status < 0) return status;
    report_fit(system, solution);
    if (ntk_is_finite(solution->alpha, report->dtype, n * t)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: a coefficient is too large to be represented", function);
}

ntk_status ntk_spectral_decompose(ntk_ridge_system *system, const ntk_ridge_problem *problem, const ntk_lane *lane, double end)
{
    ntk_context *context = lane->work->context;
    ntk_symmetric K = {0};
    ntk_status status = ntk_ridge_assemble(system, problem, lane, NTK_STORAGE_FULL, &K, 0.1);
    if (status >= 0) status = ntk_eigen_take(context, &system->spectrum, &K);
    ntk_free(context, K.data);
    if (status < 0) return status;
    ntk_work_stage(lane->work, "eigenvectors of a kernel matrix", 1, 0.1, end);
    return ntk_eigen_decompose(&system->spectrum, problem->x->rows, lane);
}

static ntk_status fit(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane)
{
    ntk_context *context = ridge->base.context;
    ntk_ridge_system *system = &ridge->system;
    ntk_ridge_solution *solution = &ridge->solution;
    const ntk_features *features = problem->kernel->features;
    double end = features ? 0.98 : 1;
    NTK_TRY(ntk_spectral_decompose(system, problem, lane, 0.95));
    NTK_TRY(ntk_ridge_solution_open(context, solution, problem->y, problem->lambdas));
    ntk_work_stage(lane->work, "coefficients", problem->x->rows * problem->y->cols, 0.95, end);
    NTK_TRY(ntk_spectral_project(system, solution, lane));
    NTK_TRY(ntk_spectral_solve(system, solution, lane, problem->function));
    return features ? ntk_ridge_to_features(ridge, features, solution, lane, end, problem->function) : NTK_OK;
}

ntk_status ntk_ridge_fit_spectral(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane)
{
    ridge->solution.report.order = problem->x->rows;
    NTK_TRY(fit(ridge, problem, lane));
    if (ridge->light) ntk_ridge_lighten(ridge);
    return NTK_OK;
}

/* The matrix is K and then its eigenvectors, with LAPACK's work. */
ntk_status ntk_spectral_system_memory(const ntk_context *context, uint64_t *held, uint64_t *making, const ntk_kernel *kernel,
                                      int64_t n, int64_t d, int32_t dtype)
{
    uint64_t assembly = 0, work = 0;
    NTK_TRY(ntk_sample_set_memory(kernel, held, dtype, n, d, ntk_model_all(kernel, n)));
    NTK_TRY(ntk_symmetric_memory(held, NTK_STORAGE_FULL, NTK_F64, n));
    NTK_TRY(ntk_need(held, n, sizeof(double)));
    NTK_TRY(ntk_assemble_memory(kernel, context, &assembly, NTK_STORAGE_FULL, dtype, n, d));
    if (dtype != NTK_F64) NTK_TRY(ntk_symmetric_memory(&assembly, NTK_STORAGE_FULL, dtype, n));
    NTK_TRY(ntk_eigen_memory(&work, n));
    return ntk_size_add(making, 1, (int64_t)ntk_most_bytes(assembly, work));
}

/* The right sides come after the decomposition. */
ntk_status ntk_ridge_spectral_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n,
                                     int64_t d, int64_t t, const ntk_ridge_options *options)
{
    uint64_t making = 0, later = 0;
    int64_t wide;
    if (__builtin_mul_overflow(t + 1, (int64_t)sizeof(double), &wide) || wide < 0)
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld targets are too many", (long long)t);
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_ridge)));
    for (int i = 0; i < 3; i++) NTK_TRY(ntk_need(bytes, t, sizeof(double)));
    NTK_TRY(ntk_spectral_system_memory(context, bytes, &making, kernel, n, d, options->dtype));
    /* y, its projections, alpha, two of scratch */
    for (int i = 0; i < 5; i++) NTK_TRY(ntk_need(&later, n, wide));
    NTK_TRY(ntk_need(&later, n, sizeof(double)));
    if (kernel->features) {
        NTK_TRY(ntk_hidden_weights_memory(kernel->features->weights, &later, options->dtype));
        NTK_TRY(ntk_need(&later, kernel->features->size, wide));
        NTK_TRY(ntk_need(&later, 1, 0));
        NTK_TRY(ntk_features_transposed_memory(kernel->features, context, &later, options->dtype, n, t));
    }
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(making, later)));
    return ntk_pool_memory(context, bytes);
}

void ntk_spectral_ones(const ntk_ridge *ridge, int64_t target, double *z)
{
    const ntk_eigen *V = &ridge->system.spectrum;
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t n = report->samples, columns = report->targets + 1;
    ntk_spectral_at at = ntk_spectral_at_lambda(&ridge->system, &ridge->solution, ridge->solution.lambdas[target], target, 1);
    for (int64_t i = 0; i < n; i++) z[i] = 0;
    for (int64_t k = 0; k < n; k++) {
        double weight = ntk_spectral_inverse(&at, k) * ridge->solution.projected[k * columns + report->targets];
        const double *v = V->vectors + k * V->ld;
        for (int64_t i = 0; i < n; i++) z[i] += weight * v[i];
    }
}

ntk_status ntk_spectral_check(const ntk_ridge *ridge, const char *function)
{
    if (ridge->solution.report.method != NTK_RIDGE_SPECTRAL)
        return ntk_fail(NTK_ERR_UNSUPPORTED,
                        "%s: ridge is not spectral, which other lambdas need: make it with the method "
                        "NTK_RIDGE_SPECTRAL",
                        function);
    return ntk_whole_check(ridge, function);
}
