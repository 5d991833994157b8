#include "core/memory.h"
#include "core/status.h"
#include "dynamics/flow/flow.h"
#include "kernel/block.h"
#include "network/layer.h"
#include "ridge/batch.h"
#include "ridge/operator.h"

/* The covariance is S(x, x) + (T + T^T) / 2, T = B^T (S(X, X) B - 2 S(X, x)), with B = V^T diag(q) V K(X, x), n x rows.
 * B, G, H   n x rows each: B, and with G - 2 H the other factor
 * q         of the modes
 * own       samples of the prior's kernel
 * x         the rows in work */
typedef struct moments {
    const ntk_flow *flow;
    const ntk_lane *lane;
    const ntk_kernel *prior;
    const char *function;
    double *B, *G, *H, *q;
    ntk_samples own;
    ntk_matrix x;
    int64_t n, rows;
} moments;

/* --- both factors --- */

/* The rows that one task takes of n. */
static ntk_status scale_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const moments *job = argument;
    int64_t per_task = ntk_rows_per_task(job->rows), last = (index + 1) * per_task;
    for (int64_t k = index * per_task; k < last && k < job->n; k++)
        for (int64_t i = 0; i < job->rows; i++) job->G[k * job->rows + i] *= job->q[k];
    return NTK_OK;
}

static ntk_status subtract_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const moments *job = argument;
    int64_t per_task = ntk_rows_per_task(job->rows), last = (index + 1) * per_task;
    for (int64_t at = index * per_task * job->rows; at < last * job->rows && at < job->n * job->rows; at++)
        job->G[at] -= 2 * job->H[at];
    return NTK_OK;
}

static ntk_status each_row(moments *job, ntk_task task)
{
    return ntk_run(job->lane, (job->n - 1) / ntk_rows_per_task(job->rows) + 1, task, job);
}

/* B by way of G. */
static ntk_status make_answers(moments *job)
{
    const ntk_eigen *spectrum = &job->flow->system.spectrum;
    const ntk_samples *samples = &job->flow->system.set->samples;
    ntk_matrix X = ntk_samples_view(samples), B = ntk_matrix_f64(job->B, job->n, job->rows);
    ntk_share room = ntk_work_narrow(job->lane->work, 0, 0.2);
    ntk_status status = ntk_block_write(samples->kernel, job->lane, &B, &X, &job->x, job->function);
    if (status >= 0) status = ntk_eigen_multiply(spectrum, job->n, job->lane, NTK_PLAIN, job->G, job->B, job->rows);
    if (status >= 0) status = each_row(job, scale_rows);
    if (status >= 0) status = ntk_eigen_multiply(spectrum, job->n, job->lane, NTK_TRANSPOSED, job->B, job->G, job->rows);
    ntk_work_widen(job->lane->work, room);
    return status;
}

/* H and then G = S(X, X) B - 2 H. */
static ntk_status make_priors(moments *job)
{
    const ntk_lane *lane = job->lane;
    ntk_matrix X = ntk_samples_view(&job->flow->system.set->samples), H = ntk_matrix_f64(job->H, job->n, job->rows);
    ntk_operator S;
    ntk_share room = ntk_work_narrow(lane->work, 0.2, 0.4);
    ntk_status status = ntk_block_write(job->prior, lane, &H, &X, &job->x, job->function);
    ntk_work_widen(lane->work, room);
    NTK_TRY(status);
    NTK_TRY(ntk_operator_open(&S, &job->own, false, lane, (ntk_share){0.4, 0.4}, job->function));
    status =
        ntk_operator_multiply(&S, lane, ntk_tall_of(job->G, job->rows), ntk_tall_of(job->B, job->rows), (ntk_share){0.4, 0.9});
    ntk_operator_close(&S, lane->work->context);
    ntk_work_stage(lane->work, "covariance", 1, 0.9, 0.9);
    return status < 0 ? status : each_row(job, subtract_rows);
}

static ntk_status make_factors(moments *job)
{
    NTK_TRY(make_answers(job));
    return make_priors(job);
}

/* --- what they make --- */

/* The diagonal alone, of the rows in work, from row first of variance on. */
static ntk_status write_variances(const moments *job, const ntk_matrix *variance, int64_t first)
{
    ntk_samples samples;
    double *sums;
    NTK_TRY(ntk_samples_open(&samples, job->prior, job->lane, &job->x, NTK_F64, job->rows, false, job->function, "x"));
    ntk_status status = ntk_allocate(job->lane->work->context, &sums, job->rows, sizeof *sums, "variances");
    for (int64_t i = 0; status >= 0 && i < job->rows; i++) sums[i] = samples.diagonal[i];
    for (int64_t k = 0; status >= 0 && k < job->n; k++)
        for (int64_t i = 0; i < job->rows; i++) sums[i] += job->B[k * job->rows + i] * job->G[k * job->rows + i];
    for (int64_t i = 0; status >= 0 && i < job->rows; i++) {
        if (sums[i] < 0) sums[i] = 0;
        status = ntk_write_row(variance, first + i, 0, &sums[i], NTK_F64, 1, job->function, "covariance");
    }
    ntk_free(job->lane->work->context, sums);
    ntk_samples_close(&samples);
    return status;
}

/* Of all rows: S has S(x, x), and T receives the product. */
static ntk_status write_covariances(const moments *job, const ntk_matrix *covariance, double *S, double *T)
{
    int64_t m = job->rows;
    ntk_matrix view = ntk_matrix_f64(S, m, m);
    ntk_share room = ntk_work_narrow(job->lane->work, 0.9, 0.95);
    ntk_status status = ntk_block_write(job->prior, job->lane, &view, &job->x, &job->x, job->function);
    ntk_work_widen(job->lane->work, room);
    NTK_TRY(status);
    ntk_work_stage(job->lane->work, "covariance", m, 0.95, 1);
    NTK_TRY(ntk_tall_inner(job->lane, job->n, T, m, ntk_tall_of(job->B, m), ntk_tall_of(job->G, m), false));
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < i; j++) S[i * m + j] = S[j * m + i] = S[i * m + j] + (T[i * m + j] + T[j * m + i]) / 2;
        S[i * m + i] += T[i * m + i];
        if (S[i * m + i] < 0) S[i * m + i] = 0;
        NTK_TRY(ntk_advance(job->lane, 1));
    }
    for (int64_t i = 0; i < m; i++)
        NTK_TRY(ntk_write_row(covariance, i, 0, S + i * m, NTK_F64, m, job->function, "covariance"));
    return NTK_OK;
}

static ntk_status whole_covariance(moments *job, const ntk_matrix *covariance)
{
    ntk_context *context = job->lane->work->context;
    int64_t m = job->rows;
    double *S = NULL, *T = NULL;
    NTK_TRY(make_factors(job));
    ntk_status status = ntk_allocate(context, &S, m, m * (int64_t)sizeof *S, "a covariance");
    if (status >= 0) status = ntk_allocate(context, &T, m, m * (int64_t)sizeof *T, "a covariance");
    if (status >= 0) status = write_covariances(job, covariance, S, T);
    ntk_free(context, T);
    ntk_free(context, S);
    return status;
}

static ntk_status variances(moments *job, const ntk_matrix *variance, const ntk_matrix *x, int64_t batch)
{
    for (int64_t first = 0; first < x->rows; first += batch) {
        job->rows = x->rows - first < batch ? x->rows - first : batch;
        job->x = ntk_rows(x, first, job->rows);
        ntk_share room =
            ntk_work_narrow(job->lane->work, (double)first / (double)x->rows, (double)(first + job->rows) / (double)x->rows);
        ntk_status status = make_factors(job);
        if (status >= 0) status = write_variances(job, variance, first);
        ntk_work_widen(job->lane->work, room);
        NTK_TRY(status);
    }
    return NTK_OK;
}

/* --- the call --- */

static ntk_status open_moments(moments *job, const ntk_matrix *x, int64_t batch, double t)
{
    ntk_context *context = job->lane->work->context;
    ntk_matrix X = ntk_samples_view(&job->flow->system.set->samples);
    uint64_t row;
    NTK_TRY(ntk_size_multiply(&row, batch, sizeof(double)));
    NTK_TRY(ntk_allocate(context, &job->q, job->n, sizeof *job->q, "answers of the modes"));
    NTK_TRY(ntk_flow_answer(job->flow, t, job->q, NULL, NULL, job->function));
    NTK_TRY(ntk_allocate(context, &job->B, job->n, (int64_t)row, "answers of points"));
    NTK_TRY(ntk_allocate(context, &job->G, job->n, (int64_t)row, "answers of points"));
    NTK_TRY(ntk_allocate(context, &job->H, job->n, (int64_t)row, "answers of points"));
    job->rows = batch;
    job->x = *x;
    ntk_work_stage(job->lane->work, "samples of a kernel", 1, 0, 0);
    return ntk_samples_open(&job->own, job->prior, job->lane, &X, NTK_F64, ntk_model_all(job->prior, job->n), false,
                            job->function, "x");
}

static ntk_status write_covariance(const ntk_flow *flow, const ntk_lane *lane, const ntk_matrix *covariance,
                                   const ntk_kernel *prior, const ntk_matrix *x, double t, const char *function)
{
    ntk_context *context = lane->work->context;
    moments job = {.flow = flow, .lane = lane, .prior = prior, .function = function, .n = ntk_flow_samples(flow)};
    bool diagonal = covariance->cols == 1;
    int64_t batch = diagonal ? ntk_batch_rows(x->rows, job.n) : x->rows;
    ntk_status status = open_moments(&job, x, batch, t);
    if (status >= 0) status = diagonal ? variances(&job, covariance, x, batch) : whole_covariance(&job, covariance);
    ntk_samples_close(&job.own);
    double *const held[] = {job.q, job.B, job.G, job.H};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}

ntk_status ntk_flow_prior_check(const ntk_flow *flow, const ntk_kernel *prior, const char *function)
{
    int64_t inputs = flow->system.set->samples.inputs;
    if (!prior || !prior->inputs || prior->inputs == inputs) return NTK_OK;
    return ntk_fail(NTK_ERR_SHAPE, "%s: prior has %lld inputs, expected the samples' %lld", function, (long long)prior->inputs,
                    (long long)inputs);
}

static ntk_status check_output(const ntk_matrix *out, int64_t rows, int64_t cols, const ntk_matrix *x, const char *function,
                               const char *name)
{
    NTK_TRY(ntk_output_check(out, function, name));
    NTK_TRY(ntk_shape_check(out, rows, cols, function, name));
    return ntk_disjoint_check(out, name, x, "x", function);
}

static ntk_status check_call(const ntk_flow *flow, const ntk_matrix *mean, const ntk_matrix *covariance,
                             const ntk_kernel *prior, const ntk_matrix *x, const ntk_matrix *f0x, const char *function)
{
    if (!mean && !covariance) return ntk_fail(NTK_ERR_NULL, "%s: mean and covariance are both NULL", function);
    if (covariance && !prior) return ntk_fail(NTK_ERR_NULL, "%s: prior is NULL", function);
    NTK_TRY(ntk_input_check(x, function, "x"));
    NTK_TRY(ntk_shape_check(x, -1, flow->system.set->samples.inputs, function, "x"));
    NTK_TRY(ntk_flow_prior_check(flow, prior, function));
    if (mean) NTK_TRY(check_output(mean, x->rows, flow->targets, x, function, "mean"));
    if (covariance) NTK_TRY(check_output(covariance, x->rows, covariance->cols == 1 ? 1 : x->rows, x, function, "covariance"));
    if (mean && covariance) NTK_TRY(ntk_disjoint_check(mean, "mean", covariance, "covariance", function));
    NTK_TRY(ntk_flow_start_check(f0x, "f0x", x->rows, flow->targets, mean, "mean", function));
    if (f0x && covariance) NTK_TRY(ntk_disjoint_check(covariance, "covariance", f0x, "f0x", function));
    return ntk_finite_check(x, function, "x");
}

/* means  NULL, or room for those of all rows: outputs are written when no more memory is needed. */
static ntk_status write_moments(const ntk_flow *flow, const ntk_lane *lane, const ntk_matrix *mean, double *means,
                                const ntk_matrix *covariance, const ntk_kernel *prior, const ntk_matrix *x,
                                const ntk_matrix *f0x, double t, const char *function)
{
    ntk_matrix times = ntk_matrix_const_f64(&t, 1, 1), view = ntk_matrix_f64(means, x->rows, flow->targets);
    double end = !mean ? 0 : covariance ? 0.1 : 1;
    ntk_status status = NTK_OK;
    ntk_share room = ntk_work_narrow(lane->work, 0, end);
    if (mean) status = ntk_flow_outputs(flow, lane, &view, x, f0x, &times, function);
    ntk_work_widen(lane->work, room);
    NTK_TRY(status);
    room = ntk_work_narrow(lane->work, end, 1);
    if (covariance) status = write_covariance(flow, lane, covariance, prior, x, t, function);
    ntk_work_widen(lane->work, room);
    for (int64_t i = 0; status >= 0 && mean && i < x->rows; i++)
        status = ntk_write_row(mean, i, 0, means + i * flow->targets, NTK_F64, flow->targets, function, "mean");
    return status;
}

ntk_status ntk_flow_moments(const ntk_flow *flow, const ntk_matrix *mean, const ntk_matrix *covariance, const ntk_kernel *prior,
                            const ntk_matrix *x, const ntk_matrix *f0x, double t)
{
    double *means = NULL;
    NTK_REQUIRE(flow);
    NTK_TRY(check_call(flow, mean, covariance, prior, x, f0x, __func__));
    NTK_TRY(ntk_flow_time_check(flow, t, __func__, "t"));
    NTK_TRY(ntk_flow_moments_check(flow, mean, covariance, prior, x));
    ntk_context *context = flow->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    if (mean) NTK_TRY(ntk_allocate(context, &means, x->rows, flow->targets * (int64_t)sizeof *means, "means"));
    ntk_status status = write_moments(flow, &lane, mean, means, covariance, prior, x, f0x, t, __func__);
    ntk_free(context, means);
    return status;
}
