#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "ridge/refine.h"

#include <math.h>

/* (K + lambda I) [Z, z] = [Y - mean, 1], the last column for an intercept only: b = mean + 1^T Z / 1^T z. */
typedef struct dual {
    ntk_context *context;
    const ntk_symmetric *L;
    ntk_ridge_solution *solution;
    const ntk_lane *lane;
    const char *function;
    void *rhs;
    int32_t dtype;          /* of rhs */
    ntk_dual_solver solver; /* in L's place, or NULL */
    void *argument;
    int64_t n, targets, columns;
    double *means;
} dual;

/* What parts of the call's time assembly and factorization take, for the progress callback: n^2 d and n^3 / 3. */
static double assembly_share(int64_t n, int64_t d)
{
    double assembly = 2.0 * (double)d + 100, factorization = (double)n / 3;
    return assembly / (assembly + factorization);
}

static ntk_status open_samples(ntk_ridge_system *system, const ntk_ridge_problem *problem, const ntk_lane *lane)
{
    const ntk_kernel *kernel = problem->kernel;
    /* a kernel matrix's samples may have lost what predictions take */
    if (problem->gram && (kernel->features || !kernel->operations->rest)) {
        system->set = ntk_retain(problem->gram->set);
        return NTK_OK;
    }
    return ntk_sample_set_create(&system->set, kernel, lane, problem->x, problem->options.dtype,
                                 ntk_model_all(kernel, problem->x->rows), problem->options.borrow && !problem->gram,
                                 problem->function);
}

ntk_status ntk_ridge_assemble(ntk_ridge_system *system, const ntk_ridge_problem *problem, const ntk_lane *lane, int32_t storage,
                              ntk_symmetric *K, double end)
{
    const ntk_gram *gram = problem->gram;
    int64_t n = problem->x->rows;
    ntk_work_stage(lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(open_samples(system, problem, lane));
    NTK_TRY(
        ntk_symmetric_create_room(lane->work->context, K, storage, problem->options.dtype, n, n + problem->options.capacity));
    if (!gram) return ntk_gram_assemble(K, &system->set->samples, lane, 0, end);
    ntk_work_stage(lane->work, "copy of a kernel matrix", ntk_symmetric_tiles(&gram->K), 0, end);
    return ntk_symmetric_copy(K, &gram->K, lane);
}

/* --- the solution --- */

static ntk_status make_rhs(dual *job)
{
    int32_t dtype = job->dtype;
    ntk_matrix y = ntk_matrix_const_f64(job->solution->y, job->n, job->targets);
    NTK_TRY(ntk_column_means(job->means, &y, job->columns > job->targets, job->lane));
    NTK_TRY(ntk_allocate(job->context, &job->rhs, job->n, job->columns * ntk_dtype_size(dtype), "the right sides"));
    NTK_TRY(ntk_centred_rows(job->rhs, job->columns, dtype, &y, 0, job->n, job->means, job->lane));
    for (int64_t i = 0; job->columns > job->targets && i < job->n; i++)
        ntk_put(job->rhs, dtype, i * job->columns + job->targets, 1);
    return NTK_OK;
}

/* Rows of the right sides at a time, and elements between two chances to stop. */
enum { ROWS_AT_ONCE = 64, ELEMENTS_PER_ADVANCE = 1 << 18 };

/* b = 1^T Z / 1^T z, to be added to the means; and z. */
static ntk_status find_intercepts(const dual *job)
{
    int32_t dtype = job->dtype;
    ntk_ridge_solution *solution = job->solution;
    double *b = solution->intercept;
    for (int64_t c = 0; c < job->targets; c++) b[c] = 0;
    if (job->columns == job->targets) return NTK_OK;
    NTK_TRY(ntk_allocate(job->context, &solution->ones, job->n, sizeof(double), "the response to a constant"));
    for (int64_t i = 0; i < job->n; i++) {
        const void *row = ntk_at(job->rhs, dtype, i * job->columns);
        for (int64_t c = 0; c < job->targets; c++) b[c] += ntk_get(row, dtype, c);
        solution->ones[i] = ntk_get(row, dtype, job->targets);
        solution->ones_sum += solution->ones[i];
        if (i * job->columns / ELEMENTS_PER_ADVANCE != (i + 1) * job->columns / ELEMENTS_PER_ADVANCE)
            NTK_TRY(ntk_advance(job->lane, 0));
    }
    if (!(solution->ones_sum > 0))
        return ntk_fail(
            NTK_ERR_SINGULAR,
            "%s: K + lambda I is singular to working precision: its inverse's sum is %.3g, expected a positive number; "
            "a larger lambda helps",
            job->function, solution->ones_sum);
    for (int64_t c = 0; c < job->targets; c++) b[c] /= solution->ones_sum;
    return NTK_OK;
}

/* Sums over the targets: y^T alpha about the intercepts, and |alpha|^2. */
typedef struct sums {
    double quadratic, squares;
} sums;

/* alpha = Z - b z of rows first, ..., last - 1 and one target. */
static void finish_target(const dual *job, int64_t c, int64_t first, int64_t last, sums *found)
{
    int32_t dtype = job->dtype;
    ntk_ridge_solution *solution = job->solution;
    double b = solution->intercept[c];
    for (int64_t i = first; i < last; i++) {
        double alpha = ntk_get(job->rhs, dtype, i * job->columns + c);
        if (b != 0) alpha -= b * ntk_get(job->rhs, dtype, i * job->columns + job->targets);
        ntk_put(solution->alpha, solution->report.dtype, c * job->n + i, alpha);
        found->quadratic += alpha * (solution->y[i * job->targets + c] - job->means[c] - b);
        found->squares += alpha * alpha;
    }
}

double ntk_log_determinant(const ntk_symmetric *L, double *condition)
{
    double sum = 0, least = INFINITY, most = 0;
    for (int64_t i = 0; i < L->n; i++) {
        double pivot = ntk_symmetric_diagonal(L, i);
        sum += log(pivot);
        least = pivot < least ? pivot : least;
        most = pivot > most ? pivot : most;
    }
    *condition = most / least * (most / least);
    return 2 * sum;
}

static void report_fit(const dual *job, const sums *found)
{
    ntk_ridge_report *report = &job->solution->report;
    double t = (double)job->targets, contrasts = (double)(job->n - (job->columns - job->targets));
    report->condition = NAN;
    double determinant = job->L ? ntk_log_determinant(job->L, &report->condition) : NAN;
    if (job->columns > job->targets) determinant += log(job->solution->ones_sum);
    report->rss = report->lambda * report->lambda * found->squares;
    report->log_evidence = -0.5 * found->quadratic - t * (0.5 * determinant + contrasts * NTK_HALF_LOG_TWO_PI);
    report->degrees = NAN;
    report->kernel_scale = found->quadratic / (t * contrasts);
}

static ntk_status finish(dual *job)
{
    ntk_ridge_solution *solution = job->solution;
    int32_t dtype = solution->report.dtype;
    sums found = {0, 0};
    NTK_TRY(ntk_allocate(job->context, &solution->alpha, job->n, job->targets * ntk_dtype_size(dtype), "the coefficients"));
    NTK_TRY(find_intercepts(job));
    for (int64_t first = 0; first < job->n; first += ROWS_AT_ONCE) {
        int64_t last = first + ROWS_AT_ONCE < job->n ? first + ROWS_AT_ONCE : job->n;
        for (int64_t c = 0; c < job->targets; c++) finish_target(job, c, first, last, &found);
        NTK_TRY(ntk_advance(job->lane, 0));
    }
    report_fit(job, &found);
    for (int64_t c = 0; c < job->targets; c++) solution->intercept[c] += job->means[c];
    if (ntk_is_finite(solution->alpha, dtype, job->n * job->targets)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: a coefficient is too large to be represented", job->function);
}

/* By the factor alone, or where that is in single precision and the solution not, by corrections with K. */
static ntk_status solve(dual *job, const ntk_ridge_system *system, double begin, double end)
{
    double *z;
    if (job->solver) return job->solver(job->argument, job->rhs, job->columns);
    if (job->L->dtype == job->dtype)
        return ntk_cholesky_solve(job->L, job->lane, begin, end, job->rhs, job->columns, job->columns);
    NTK_TRY(ntk_allocate(job->context, &z, job->n, job->columns * (int64_t)sizeof *z, "refined right sides"));
    ntk_status status = ntk_refined_solve(system, &job->solution->report, job->lane, (ntk_share){begin, end}, job->rhs, z,
                                          job->columns, job->function);
    ntk_free(job->context, job->rhs);
    job->rhs = z;
    return status;
}

static ntk_status solve_all(dual *job, const ntk_ridge_system *system, double begin, double end)
{
    const ntk_ridge_report *report = &job->solution->report;
    job->context = job->lane->work->context;
    job->n = report->samples;
    job->targets = report->targets;
    job->columns = job->targets + report->intercept;
    NTK_TRY(ntk_allocate(job->context, &job->means, job->targets, sizeof(double), "the targets' means"));
    ntk_status status = make_rhs(job);
    if (status >= 0) status = solve(job, system, begin, end);
    if (status >= 0) status = finish(job);
    ntk_free(job->context, job->means);
    ntk_free(job->context, job->rhs);
    return status;
}

ntk_status ntk_dual_solve(const ntk_ridge_system *system, ntk_ridge_solution *solution, const ntk_lane *lane, double begin,
                          double end, const char *function)
{
    dual job = {.L = &system->L, .solution = solution, .lane = lane, .function = function, .dtype = solution->report.dtype};
    return solve_all(&job, system, begin, end);
}

ntk_status ntk_dual_solve_by(ntk_ridge_solution *solution, const ntk_lane *lane, ntk_dual_solver solver, void *argument,
                             const char *function)
{
    dual job = {.solution = solution, .lane = lane, .function = function, .dtype = NTK_F64, .solver = solver};
    job.argument = argument;
    return solve_all(&job, NULL, 0, 1);
}

/* --- what follows --- */

ntk_status ntk_ridge_to_features(ntk_ridge *ridge, const ntk_features *features, ntk_ridge_solution *solution,
                                 const ntk_lane *lane, double begin, const char *function)
{
    ntk_context *context = ridge->base.context;
    const ntk_ridge_report *report = &solution->report;
    ntk_features_call call = {.features = features, .lane = lane, .dtype = report->dtype, .function = function};
    ntk_matrix x = ntk_samples_view(&ridge->system.set->samples);
    int64_t n = report->order, t = report->targets;
    void *columns;
    if (!ridge->w) NTK_TRY(ntk_hidden_weights(lane, features->weights, report->dtype, &ridge->w, function));
    call.w = ridge->w;
    NTK_TRY(ntk_coefficients_create(context, &solution->beta, features, report->dtype, t));
    NTK_TRY(ntk_allocate(context, &columns, n, t * ntk_dtype_size(report->dtype), "the coefficients by samples"));
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < t; c++)
            ntk_put(columns, report->dtype, i * t + c, ntk_get(solution->alpha, report->dtype, c * n + i));
    ntk_matrix alpha = ntk_matrix_view(columns, n, t, report->dtype, NTK_READONLY);
    ntk_work_stage(lane->work, "transposed features times coefficients", n * features->weights->hidden, begin, 1);
    ntk_status status = ntk_features_transposed_product(&call, &solution->beta, &x, &alpha);
    ntk_free(context, columns);
    if (!ridge->features) ridge->features = ntk_retain(features);
    return status;
}

void ntk_ridge_lighten(ntk_ridge *ridge)
{
    ntk_context *context = ridge->base.context;
    ntk_ridge_system *system = &ridge->system;
    ntk_ridge_solution *solution = &ridge->solution;
    void *const given[] = {system->L.data, system->centres.data, system->spectrum.vectors, system->spectrum.values, system->mu,
                           solution->y,    solution->ones,       solution->projected,      solution->offsets};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) ntk_free(context, given[i]);
    ntk_operand_close(context, &system->x);
    system->x = (ntk_operand){0};
    system->L.data = system->centres.data = system->mu = NULL;
    system->spectrum = (ntk_eigen){0};
    solution->y = solution->ones = solution->projected = solution->offsets = NULL;
    if (!ridge->features) return;
    ntk_release(system->set);
    system->set = NULL;
}

/* The factor of K + (lambda + shift) I, from samples in single precision. */
static ntk_status factor_single(ntk_ridge *ridge, const ntk_ridge_problem *problem, ntk_samples *samples, const ntk_lane *lane,
                                double shift, ntk_share room)
{
    ntk_symmetric *L = &ridge->system.L;
    double middle = room.begin + (room.end - room.begin) * assembly_share(samples->rows, samples->inputs);
    NTK_TRY(ntk_gram_assemble(L, samples, lane, room.begin, middle));
    NTK_TRY(ntk_ridge_shift(L, problem->lambda + shift, problem->function));
    return ntk_cholesky_factor(L, lane, middle, room.end, &ridge->solution.report.smallest_pivot, "K + lambda I");
}

/* So much is added to the diagonal where single precision finds no factor, in mean diagonal entries times n roundoffs. */
static const double shift_roundoffs = 4;

static ntk_status factor_samples(ntk_ridge *ridge, const ntk_ridge_problem *problem, ntk_samples *samples, const ntk_lane *lane)
{
    double trace = 0;
    NTK_TRY(ntk_symmetric_create_room(ridge->base.context, &ridge->system.L, problem->options.storage, NTK_F32, samples->rows,
                                      samples->rows + problem->options.capacity));
    ntk_status status = factor_single(ridge, problem, samples, lane, 0, (ntk_share){0, 0.7});
    if (status != NTK_ERR_SINGULAR) return status;
    for (int64_t i = 0; i < samples->rows; i++) trace += samples->diagonal[i];
    return factor_single(ridge, problem, samples, lane, shift_roundoffs * 0x1p-24 * trace, (ntk_share){0.7, 0.9});
}

/* A factor in single precision for a model in double. */
static ntk_status factor_mixed(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane)
{
    ntk_sample_set *single;
    ntk_work_stage(lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(open_samples(&ridge->system, problem, lane));
    NTK_TRY(
        ntk_sample_set_create(&single, problem->kernel, lane, problem->x, NTK_F32, problem->x->rows, false, problem->function));
    ntk_status status = factor_samples(ridge, problem, &single->samples, lane);
    ntk_release(single);
    return status;
}

static ntk_status fit(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane)
{
    ntk_context *context = ridge->base.context;
    ntk_ridge_solution *solution = &ridge->solution;
    ntk_symmetric *L = &ridge->system.L;
    const ntk_features *features = problem->kernel->features;
    double assembled = 0.97 * assembly_share(problem->x->rows, problem->x->cols), end = features ? 0.98 : 1;
    if (problem->options.precision == NTK_PRECISION_MIXED) {
        NTK_TRY(factor_mixed(ridge, problem, lane));
        NTK_TRY(ntk_ridge_solution_open(context, solution, problem->y, problem->lambdas));
        return ntk_dual_solve(&ridge->system, solution, lane, 0.9, 1, problem->function);
    }
    NTK_TRY(ntk_ridge_assemble(&ridge->system, problem, lane, problem->options.storage, L, assembled));
    NTK_TRY(ntk_ridge_shift(L, problem->lambda, problem->function));
    NTK_TRY(ntk_cholesky_factor(L, lane, assembled, 0.97, &solution->report.smallest_pivot, "K + lambda I"));
    NTK_TRY(ntk_ridge_solution_open(context, solution, problem->y, problem->lambdas));
    NTK_TRY(ntk_dual_solve(&ridge->system, solution, lane, 0.97, end, problem->function));
    return features ? ntk_ridge_to_features(ridge, features, solution, lane, end, problem->function) : NTK_OK;
}

ntk_status ntk_ridge_fit_dual(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane)
{
    ridge->solution.report.order = problem->x->rows;
    NTK_TRY(fit(ridge, problem, lane));
    if (ridge->light) ntk_ridge_lighten(ridge);
    return NTK_OK;
}

/* alpha, and of a finite kernel beta, its weights, and alpha by samples. */
ntk_status ntk_dual_model_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t t,
                                 int32_t dtype)
{
    int64_t size = ntk_dtype_size(dtype) * t;
    const ntk_features *features = kernel->features;
    uint64_t fitted = 0;
    NTK_TRY(ntk_need(bytes, n, size));
    if (!features) return NTK_OK;
    NTK_TRY(ntk_hidden_weights_memory(features->weights, &fitted, dtype));
    NTK_TRY(ntk_need(&fitted, n, size));
    /* in two blocks */
    NTK_TRY(ntk_need(&fitted, features->size, size));
    NTK_TRY(ntk_need(&fitted, 0, size));
    NTK_TRY(ntk_features_transposed_memory(features, context, &fitted, dtype, n, t));
    return ntk_size_add(bytes, 1, (int64_t)fitted);
}

/* Samples and the matrix, with one after the other: what assembly needs, the factorization's, the right sides and the model. */
ntk_status ntk_ridge_dual_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                 int64_t t, const ntk_ridge_options *options)
{
    uint64_t assembly = 0, factor = 0, solution = 0, row;
    int64_t columns, room;
    int32_t dtype = options->dtype;
    if (__builtin_add_overflow(t, options->intercept ? 1 : 0, &columns))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld targets are too many", (long long)t);
    NTK_TRY(ntk_size_multiply(&row, columns, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_ridge)));
    /* lambdas, twice, intercepts, means */
    for (int i = 0; i < 4; i++) NTK_TRY(ntk_need(bytes, t, sizeof(double)));
    NTK_TRY(ntk_sample_set_memory(kernel, bytes, dtype, n, d, ntk_model_all(kernel, n)));
    bool mixed = options->precision == NTK_PRECISION_MIXED;
    int32_t held = mixed ? NTK_F32 : dtype;
    if (__builtin_add_overflow(n, options->capacity, &room))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld samples and more are too many", (long long)n);
    NTK_TRY(ntk_symmetric_memory_room(bytes, options->storage, held, n, room));
    if (mixed) NTK_TRY(ntk_sample_set_memory(kernel, &assembly, held, n, d, n));
    factor = assembly;
    NTK_TRY(ntk_assemble_memory(kernel, context, &assembly, options->storage, held, n, d));
    NTK_TRY(ntk_cholesky_memory(&factor, n));
    NTK_TRY(ntk_need(&solution, n, (int64_t)row));
    if (mixed) NTK_TRY(ntk_need(&solution, n, (int64_t)row));
    if (mixed) NTK_TRY(ntk_refine_memory(context, &solution, kernel, n, d, columns));
    NTK_TRY(ntk_size_multiply(&row, t, sizeof(double)));
    NTK_TRY(ntk_need(&solution, n, (int64_t)row));
    if (options->intercept) NTK_TRY(ntk_need(&solution, n, sizeof(double)));
    NTK_TRY(ntk_dual_model_memory(context, &solution, kernel, n, t, dtype));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(assembly, ntk_most_bytes(factor, solution))));
    return ntk_pool_memory(context, bytes);
}
