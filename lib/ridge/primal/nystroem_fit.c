#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "kernel/tile.h"
#include "ridge/batch.h"
#include "ridge/primal/nystroem.h"
#include "ridge/rooms.h"

#include <math.h>

/* --- centres --- */

/* What is drawn, or given, becomes the model's set. */
static ntk_status open_centres(ntk_nystroem *job, double end)
{
    const ntk_stream_reader *reader = job->reader;
    ntk_context *context = job->ridge->base.context;
    int64_t inputs = reader->stream.inputs;
    ntk_matrix view;
    void *z = NULL;
    ntk_status status = NTK_OK;
    if (job->options->centres) {
        view = *job->options->centres;
    } else {
        NTK_TRY(ntk_allocate(context, &z, job->m, inputs * ntk_dtype_size(reader->stream.dtype), "centres"));
        status = ntk_nystroem_draw(job, z, 0, end);
        view = ntk_matrix_view(z, job->m, inputs, reader->stream.dtype, NTK_READONLY);
    }
    if (status >= 0) {
        ntk_work_stage(job->lane->work, "samples of a kernel", 1, end, end);
        status = ntk_sample_set_create(&job->ridge->system.set, job->kernel, job->lane, &view, job->options->dtype,
                                       ntk_model_all(job->kernel, view.rows), false, reader->function);
    }
    ntk_free(context, z);
    return status;
}

/* The first shift of a singular K(z, z), in unit roundoffs of its trace, its growth from one attempt to the next, and the largest, in
 * mean entries of the diagonal. */
static const double shift_roundoffs = 4, shift_growth = 16, largest_shift = 1e-2;

static ntk_status factor_shifted(ntk_nystroem *job, double shift, double begin, double end)
{
    ntk_symmetric *K = &job->ridge->system.centres;
    double smallest, middle = (begin + end) / 2;
    NTK_TRY(ntk_gram_assemble(K, &job->ridge->system.set->samples, job->lane, begin, middle));
    NTK_TRY(ntk_ridge_shift(K, shift, job->reader->function));
    return ntk_cholesky_factor(K, job->lane, middle, end, &smallest, "K of the centres");
}

static ntk_status factor_centres(ntk_nystroem *job, double begin, double end)
{
    ntk_ridge *ridge = job->ridge;
    const ntk_samples *z = &ridge->system.set->samples;
    double trace = 0, shift = 0, roundoff = job->options->dtype == NTK_F64 ? 0x1p-53 : 0x1p-24;
    for (int64_t i = 0; i < z->rows; i++) trace += z->diagonal[i];
    NTK_TRY(
        ntk_symmetric_create(ridge->base.context, &ridge->system.centres, job->options->storage, job->options->dtype, z->rows));
    for (;;) {
        double middle = (begin + end) / 2;
        ntk_status status = factor_shifted(job, shift, begin, middle);
        ridge->solution.approximation.shift = shift;
        begin = middle;
        shift = shift > 0 ? shift_growth * shift : shift_roundoffs * roundoff * trace;
        if (status != NTK_ERR_SINGULAR || !(shift > 0) || shift * (double)z->rows > largest_shift * trace) return status;
    }
}

/* --- features --- */

int64_t ntk_nystroem_task(const ntk_lane *lane)
{
    return lane->work->blas_threaded ? 2048 : 256;
}

int64_t ntk_nystroem_units(const ntk_nystroem *job)
{
    int64_t passes = job->kernel->operations->passes(job->kernel, job->options->dtype, job->rows + job->m);
    return passes * job->m + job->m;
}

static void *place(const void *self, int64_t row, int64_t col, int64_t *ld)
{
    const ntk_normal *normal = self;
    *ld = normal->p;
    return ntk_at(normal->Phi, normal->dtype, row * normal->p + col);
}

/* Substitution turns rows of K(x, z) into psi, and K(x, x) into what is left of it. */
static ntk_status substitute(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_nystroem *job = argument;
    const ntk_normal *normal = &job->normal;
    int64_t m = job->m, task = ntk_nystroem_task(lane), first = index * task;
    int64_t rows = ntk_smaller(task, job->reader->x.rows - first);
    void *psi = ntk_at(normal->Phi, normal->dtype, first * m);
    NTK_TRY(ntk_cholesky_rows(&job->ridge->system.centres, lane, psi, m, rows, 0, false));
    for (int64_t r = 0; r < rows; r++)
        job->rests[first + r] -= ntk_squares(ntk_at(psi, normal->dtype, r * m), normal->dtype, m);
    return ntk_advance(lane, rows * m);
}

static ntk_status evaluate(ntk_nystroem *job, ntk_samples *x)
{
    ntk_grid grid = {.rows = x, .cols = &job->centres, .placement = place, .matrix = &job->normal};
    NTK_TRY(ntk_samples_check(x, &job->centres, job->reader->function));
    NTK_TRY(ntk_grid_evaluate(&grid, job->lane));
    for (int64_t r = 0; r < x->rows; r++) {
        job->rests[r] = x->diagonal[r];
        job->diagonal_sum += x->diagonal[r];
    }
    return ntk_run_blas(job->lane, (x->rows - 1) / ntk_nystroem_task(job->lane) + 1, substitute, job);
}

ntk_status ntk_nystroem_map(ntk_nystroem *job)
{
    ntk_samples x;
    NTK_TRY(ntk_samples_open(&x, job->kernel, job->lane, &job->reader->x, job->options->dtype, job->rows + job->m, false,
                             job->reader->function, "x"));
    ntk_status status = evaluate(job, &x);
    ntk_samples_close(&x);
    return status;
}

/* --- the fit --- */

static ntk_status add_batches(ntk_nystroem *job, double begin, double end)
{
    ntk_stream_reader *reader = job->reader;
    int64_t rows;
    ntk_stream_begin(reader, "normal equations", ntk_nystroem_units(job) + ntk_normal_units(&job->normal), begin, end);
    NTK_TRY(ntk_stream_next(reader, &rows));
    while (rows > 0) {
        NTK_TRY(ntk_nystroem_map(job));
        for (int64_t r = 0; r < rows; r++) {
            /* what is left of a difference of roundings is nothing */
            double rest = fmax(job->rests[r], 0);
            job->rest_sum += rest;
            job->largest_rest = fmax(job->largest_rest, rest);
        }
        NTK_TRY(ntk_normal_add(&job->normal, rows, &reader->y));
        NTK_TRY(ntk_stream_next(reader, &rows));
    }
    return NTK_OK;
}

static ntk_status solve_targets(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_nystroem *job = argument;
    int32_t dtype = job->options->dtype;
    int64_t task = ntk_nystroem_task(lane), first = index * task, rows = ntk_smaller(task, job->normal.targets - first);
    void *alpha = ntk_at(job->ridge->solution.alpha, dtype, first * job->m);
    return ntk_cholesky_rows_back(&job->ridge->system.centres, lane, alpha, job->m, rows);
}

/* alpha = L^-T beta. */
static ntk_status find_alpha(ntk_nystroem *job)
{
    ntk_ridge_solution *solution = &job->ridge->solution;
    const ntk_normal *normal = &job->normal;
    int32_t dtype = normal->dtype;
    int64_t m = job->m, t = normal->targets;
    NTK_TRY(ntk_allocate(job->ridge->base.context, &solution->alpha, t, m * ntk_dtype_size(dtype), "the coefficients"));
    for (int64_t c = 0; c < t; c++)
        for (int64_t k = 0; k < m; k++) ntk_put(solution->alpha, dtype, c * m + k, ntk_get(normal->solved, dtype, k * t + c));
    NTK_TRY(ntk_run_blas(job->lane, (t - 1) / ntk_nystroem_task(job->lane) + 1, solve_targets, job));
    if (ntk_is_finite(solution->alpha, dtype, m * t)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: a coefficient is too large to be represented", job->reader->function);
}

/* What the fit holds once its centres are known. */
static ntk_status open_equations(ntk_nystroem *job)
{
    ntk_ridge *ridge = job->ridge;
    ntk_context *context = ridge->base.context;
    ntk_matrix z = ntk_samples_view(&ridge->system.set->samples);
    NTK_TRY(ntk_samples_open(&job->centres, job->kernel, job->lane, &z, job->options->dtype, job->rows + job->m, false,
                             job->reader->function, "centres"));
    NTK_TRY(ntk_allocate(context, &job->rests, job->rows, sizeof *job->rests, "what a batch's approximation leaves"));
    return ntk_normal_open(&job->normal, ridge, job->lane, job->m, job->options->storage, job->rows, NTK_NORMAL_MOVING,
                           job->reader->function);
}

static void report_rests(const ntk_nystroem *job)
{
    ntk_nystroem_report *report = &job->ridge->solution.approximation;
    double n = (double)job->normal.n;
    report->centres = job->m;
    report->mean_diagonal = job->diagonal_sum / n;
    report->mean_rest = job->rest_sum / n;
    report->largest_rest = job->largest_rest;
    report->gcv = report->leave_one_out = NAN;
}

ntk_status ntk_nystroem_fit(ntk_nystroem *job)
{
    ntk_ridge *ridge = job->ridge;
    const ntk_features *features = job->kernel->features;
    int64_t samples = job->reader->stream.samples;
    /* of many samples nothing is left for factorizations */
    double rest = samples ? (double)samples / ((double)samples + (double)job->m / 3) : 1, drawn = 0.02, factored;
    NTK_TRY(ntk_ridge_solution_open(ridge->base.context, &ridge->solution, NULL, NULL));
    NTK_TRY(ntk_stream_open(job->reader, job->lane, job->rows));
    NTK_TRY(open_centres(job, drawn));
    factored = drawn + 0.5 * (0.98 - drawn) * (1 - rest);
    ridge->solution.report.order = job->m;
    NTK_TRY(factor_centres(job, drawn, factored));
    ntk_work_stage(job->lane->work, "samples of a kernel", 1, factored, factored);
    NTK_TRY(open_equations(job));
    double added = factored + (0.98 - drawn) * rest;
    NTK_TRY(add_batches(job, factored, added));
    NTK_TRY(ntk_normal_finish(&job->normal, added, "Psi^T Psi + lambda I"));
    report_rests(job);
    NTK_TRY(find_alpha(job));
    return features ? ntk_ridge_to_features(ridge, features, &ridge->solution, job->lane, 1, job->reader->function) : NTK_OK;
}

void ntk_nystroem_close(ntk_nystroem *job)
{
    ntk_samples_close(&job->centres);
    ntk_free(job->ridge->base.context, job->rests);
    ntk_normal_close(&job->normal);
    ntk_stream_close(job->reader);
}

/* alpha, and of a finite kernel beta, its weights, and alpha by centres. */
static ntk_status model_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t m, int64_t t,
                               int32_t dtype)
{
    const ntk_features *features = kernel->features;
    uint64_t row;
    NTK_TRY(ntk_size_multiply(&row, t, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, m, (int64_t)row));
    if (!features) return NTK_OK;
    NTK_TRY(ntk_hidden_weights_memory(features->weights, bytes, dtype));
    NTK_TRY(ntk_need(bytes, m, (int64_t)row));
    NTK_TRY(ntk_need(bytes, features->size, (int64_t)row));
    NTK_TRY(ntk_need(bytes, 0, (int64_t)row));
    return ntk_features_transposed_memory(features, context, bytes, dtype, m, t);
}

ntk_status ntk_nystroem_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t m, int64_t rows,
                               int64_t d, int64_t t, const ntk_nystroem_options *options)
{
    int32_t dtype = options->dtype;
    int64_t all;
    uint64_t width, assembly = 0, batch = 0, mapping = 0, judging = 0;
    if (__builtin_add_overflow(m, rows, &all)) return ntk_fail(NTK_ERR_OVERFLOW, "%lld centres are too many", (long long)m);
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_ridge)));
    for (int i = 0; i < 4; i++) NTK_TRY(ntk_need(bytes, t, sizeof(double)));
    NTK_TRY(ntk_size_multiply(&width, d, sizeof(double)));
    NTK_TRY(ntk_need(bytes, m, (int64_t)width));
    NTK_TRY(ntk_sample_set_memory(kernel, bytes, dtype, m, d, ntk_model_all(kernel, m)));
    NTK_TRY(ntk_symmetric_memory(bytes, options->storage, dtype, m));
    NTK_TRY(ntk_stream_memory(bytes, rows, d, t));
    NTK_TRY(ntk_assemble_memory(kernel, context, &assembly, options->storage, dtype, m, d));
    NTK_TRY(ntk_cholesky_memory(&assembly, m));
    NTK_TRY(ntk_normal_memory(&batch, options->storage, dtype, m, t, rows, options->intercept != 0));
    NTK_TRY(ntk_prepared_memory(kernel, &batch, dtype, m, d, all));
    NTK_TRY(ntk_need(&batch, rows, sizeof(double)));
    NTK_TRY(ntk_samples_memory(kernel, &mapping, dtype, rows, d, all));
    NTK_TRY(ntk_grid_memory(kernel, context, &mapping, rows, m, d, dtype, all, 0));
    NTK_TRY(ntk_degrees_memory(context, &judging, dtype, m));
    NTK_TRY(ntk_size_add(&batch, 1, (int64_t)ntk_most_bytes(mapping, judging)));
    NTK_TRY(model_memory(context, &batch, kernel, m, t, dtype));
    NTK_TRY(ntk_size_add(bytes, 1, (int64_t)ntk_most_bytes(assembly, batch)));
    NTK_TRY(ntk_rooms_memory(context, bytes, kernel, kernel->features, d, t, dtype, 0));
    return ntk_pool_memory(context, bytes);
}
