#include "core/memory.h"
#include "core/pool.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "ridge/ridge.h"

/* (K + lambda I) [Z, z] = [Y - mean, 1], the last column for an intercept only: b = mean + 1^T Z / 1^T z. */
typedef struct dual {
    ntk_ridge *ridge;
    const ntk_ridge_problem *problem;
    const ntk_lane *lane;
    ntk_symmetric A;
    void *rhs;
    int64_t n, targets, columns;
    double *means;
} dual;

/* What parts of the call's time assembly and factorization take, for the progress callback: n^2 d and n^3 / 3. */
static double assembly_share(int64_t n, int64_t d)
{
    double assembly = 2.0 * (double)d + 100, factorization = (double)n / 3;
    return assembly / (assembly + factorization);
}

static ntk_status assemble(dual *job, double end)
{
    const ntk_ridge_problem *problem = job->problem;
    const ntk_gram *gram = problem->gram;
    ntk_context *context = job->ridge->base.context;
    NTK_TRY(ntk_symmetric_create(context, &job->A, problem->options.storage, problem->options.dtype, job->n));
    if (!gram) return ntk_gram_assemble(&job->A, &job->ridge->set->samples, job->lane, 0, end);
    ntk_work_stage(job->lane->work, "copy of a kernel matrix", ntk_symmetric_tiles(&gram->K), 0, end);
    return ntk_symmetric_copy(&job->A, &gram->K, job->lane);
}

static ntk_status make_rhs(dual *job)
{
    int32_t dtype = job->A.dtype;
    const double one = 1;
    NTK_TRY(ntk_allocate(job->ridge->base.context, &job->rhs, job->n, job->columns * ntk_dtype_size(dtype), "the right sides"));
    NTK_TRY(ntk_centred_rows(job->rhs, job->columns, dtype, job->problem->y, 0, job->n, job->means, job->lane));
    for (int64_t i = 0; job->columns > job->targets && i < job->n; i++)
        ntk_convert(ntk_at(job->rhs, dtype, i * job->columns + job->targets), dtype, &one, NTK_F64, 1);
    return NTK_OK;
}

/* Rows of the right sides at a time, and elements between two chances to stop. */
enum { ROWS_AT_ONCE = 64, ELEMENTS_PER_ADVANCE = 1 << 18 };

/* b = 1^T Z / 1^T z, to be added to the means. */
static ntk_status find_intercepts(const dual *job)
{
    int32_t dtype = job->A.dtype;
    double *b = job->ridge->intercept, ones = 0;
    for (int64_t c = 0; c < job->targets; c++) b[c] = 0;
    if (job->columns == job->targets) return NTK_OK;
    for (int64_t i = 0; i < job->n; i++) {
        const void *row = ntk_at(job->rhs, dtype, i * job->columns);
        for (int64_t c = 0; c < job->targets; c++) b[c] += ntk_get(row, dtype, c);
        ones += ntk_get(row, dtype, job->targets);
        if (i * job->columns / ELEMENTS_PER_ADVANCE != (i + 1) * job->columns / ELEMENTS_PER_ADVANCE)
            NTK_TRY(ntk_advance(job->lane, 0));
    }
    for (int64_t c = 0; c < job->targets; c++) b[c] /= ones;
    return NTK_OK;
}

/* alpha = Z - b z of rows first, ..., last - 1 and one target, in the place of Z and in the model. */
static void finish_target(const dual *job, int64_t c, int64_t first, int64_t last)
{
    int32_t dtype = job->A.dtype;
    double b = job->ridge->intercept[c];
    for (int64_t i = first; i < last; i++) {
        void *z = ntk_at(job->rhs, dtype, i * job->columns + c);
        double alpha = ntk_get(z, dtype, 0);
        if (b != 0) alpha -= b * ntk_get(job->rhs, dtype, i * job->columns + job->targets);
        ntk_convert(z, dtype, &alpha, NTK_F64, 1);
        ntk_convert(ntk_at(job->ridge->alpha, dtype, c * job->n + i), dtype, z, dtype, 1);
    }
}

static ntk_status finish(dual *job)
{
    ntk_ridge *ridge = job->ridge;
    int32_t dtype = job->A.dtype;
    NTK_TRY(ntk_allocate(ridge->base.context, &ridge->alpha, job->n, job->targets * ntk_dtype_size(dtype), "the coefficients"));
    NTK_TRY(find_intercepts(job));
    for (int64_t first = 0; first < job->n; first += ROWS_AT_ONCE) {
        int64_t last = first + ROWS_AT_ONCE < job->n ? first + ROWS_AT_ONCE : job->n;
        for (int64_t c = 0; c < job->targets; c++) finish_target(job, c, first, last);
        NTK_TRY(ntk_advance(job->lane, 0));
    }
    for (int64_t c = 0; c < job->targets; c++) ridge->intercept[c] += job->means[c];
    if (ntk_is_finite(ridge->alpha, dtype, job->n * job->targets)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: a coefficient is too large to be represented", job->problem->function);
}

/* beta = Phi(X)^T alpha, after which the samples are not needed. */
static ntk_status to_features(const dual *job, double begin)
{
    ntk_ridge *ridge = job->ridge;
    const ntk_features *features = job->problem->kernel->features;
    ntk_context *context = ridge->base.context;
    int32_t dtype = job->A.dtype;
    ntk_features_call call = {.features = features, .lane = job->lane, .dtype = dtype, .function = job->problem->function};
    ntk_matrix x = ntk_samples_view(&ridge->set->samples), alpha;
    alpha = ntk_matrix_view(job->rhs, job->n, job->targets, dtype, NTK_READONLY);
    alpha.stride = job->columns;
    NTK_TRY(ntk_hidden_weights(job->lane, features->weights, dtype, &ridge->w, job->problem->function));
    call.w = ridge->w;
    NTK_TRY(ntk_coefficients_create(context, &ridge->beta, features, dtype, job->targets));
    ntk_work_stage(job->lane->work, "transposed features times coefficients", job->n * features->weights->hidden, begin, 1);
    NTK_TRY(ntk_features_transposed_product(&call, &ridge->beta, &x, &alpha));
    ridge->features = ntk_retain(features);
    ntk_release(ridge->set);
    ridge->set = NULL;
    return NTK_OK;
}

static ntk_status solve(dual *job)
{
    ntk_context *context = job->ridge->base.context;
    bool features = job->problem->kernel->features != NULL;
    double assembled = 0.97 * assembly_share(job->n, job->problem->x->cols), end = features ? 0.98 : 1;
    NTK_TRY(assemble(job, assembled));
    NTK_TRY(ntk_ridge_shift(&job->A, job->problem->lambda, job->problem->function));
    NTK_TRY(ntk_cholesky_factor(&job->A, job->lane, assembled, 0.97, &job->ridge->report.smallest_pivot, "K + lambda I"));
    NTK_TRY(make_rhs(job));
    NTK_TRY(ntk_cholesky_solve(&job->A, job->lane, 0.97, end, job->rhs, job->columns, job->columns));
    ntk_free(context, job->A.data);
    job->A.data = NULL;
    NTK_TRY(finish(job));
    return features ? to_features(job, end) : NTK_OK;
}

static ntk_status open_samples(dual *job)
{
    const ntk_ridge_problem *problem = job->problem;
    if (problem->gram) {
        job->ridge->set = ntk_retain(problem->gram->set);
        return NTK_OK;
    }
    return ntk_sample_set_create(&job->ridge->set, problem->kernel, job->lane, problem->x, problem->options.dtype,
                                 problem->options.borrow != 0, problem->function);
}

ntk_status ntk_ridge_fit_dual(ntk_ridge *ridge, const ntk_ridge_problem *problem)
{
    ntk_context *context = ridge->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    dual job = {.ridge = ridge, .problem = problem, .lane = &lane, .n = problem->x->rows, .targets = problem->y->cols};
    job.columns = job.targets + (problem->options.intercept ? 1 : 0);
    ridge->report.order = job.n;
    NTK_TRY(ntk_allocate(context, &ridge->intercept, job.targets, sizeof(double), "the intercepts"));
    NTK_TRY(ntk_allocate(context, &job.means, job.targets, sizeof(double), "the targets' means"));
    ntk_work_stage(&work, "samples of a kernel", 1, 0, 0);
    ntk_status status = ntk_column_means(job.means, problem->y, problem->options.intercept != 0, &lane);
    if (status >= 0) status = open_samples(&job);
    if (status >= 0) status = solve(&job);
    ntk_free(context, job.means);
    ntk_free(context, job.rhs);
    ntk_free(context, job.A.data);
    return status;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* What the model holds when it is complete, but for its samples. */
static ntk_status model_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t t,
                               int32_t dtype)
{
    int64_t size = ntk_dtype_size(dtype) * t;
    const ntk_features *features = kernel->features;
    NTK_TRY(ntk_need(bytes, n, size));
    if (!features) return NTK_OK;
    if (dtype != NTK_F64)
        NTK_TRY(ntk_need(bytes, features->weights->hidden, features->weights->inputs * ntk_dtype_size(dtype)));
    /* in two blocks */
    NTK_TRY(ntk_need(bytes, features->size, size));
    NTK_TRY(ntk_need(bytes, 0, size));
    return ntk_features_transposed_memory(features, context, bytes, dtype, n, t);
}

/* Samples, and one after the other: the matrix with what assembly needs, the matrix with the right sides, those with the
 * model. */
ntk_status ntk_ridge_dual_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                 int64_t t, const ntk_ridge_options *options)
{
    uint64_t assembly = 0, rhs = 0, factor = 0, model = 0, row;
    int64_t columns;
    int32_t dtype = options->dtype;
    if (__builtin_add_overflow(t, options->intercept ? 1 : 0, &columns))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld targets are too many", (long long)t);
    NTK_TRY(ntk_size_multiply(&row, columns, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_ridge)));
    NTK_TRY(ntk_need(bytes, t, sizeof(double)));
    NTK_TRY(ntk_need(bytes, t, sizeof(double)));
    NTK_TRY(ntk_sample_set_memory(kernel, bytes, dtype, n, d));
    NTK_TRY(ntk_symmetric_memory(&assembly, options->storage, dtype, n));
    factor = assembly;
    NTK_TRY(ntk_assemble_memory(kernel, context, &assembly, options->storage, dtype, n, d));
    NTK_TRY(ntk_cholesky_memory(&factor, n));
    NTK_TRY(ntk_need(&rhs, n, (int64_t)row));
    NTK_TRY(model_memory(context, &model, kernel, n, t, dtype));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)larger(assembly, rhs + larger(factor, model))));
    return ntk_pool_memory(context, bytes);
}
