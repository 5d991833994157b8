#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/flow/flow.h"
#include "ridge/batch.h"

#include <math.h>

/* A column for all targets, or one for each. */
static ntk_status check_losses(const ntk_flow *flow, const ntk_matrix *losses, const ntk_matrix *times, const char *function)
{
    NTK_TRY(ntk_output_check(losses, function, "losses"));
    NTK_TRY(ntk_input_check(times, function, "times"));
    NTK_TRY(ntk_shape_check(times, -1, 1, function, "times"));
    NTK_TRY(ntk_shape_check(losses, times->rows, losses->cols == 1 ? 1 : flow->targets, function, "losses"));
    NTK_TRY(ntk_disjoint_check(losses, "losses", times, "times", function));
    return ntk_flow_times_check(flow, times, function);
}

/* Row i of losses, from a sum of squares for each target.  Returns whether it is finite. */
static bool write_loss(const ntk_matrix *losses, int64_t i, const double *sums, int64_t targets, double factor)
{
    double all = 0;
    bool finite = true;
    for (int64_t c = 0; c < targets; c++) {
        /* what a diverging mode makes of a residual that is 0 is no number */
        double loss = isnan(sums[c]) ? INFINITY : factor * sums[c];
        all += loss;
        if (losses->cols > 1) ntk_put(ntk_row(losses, i), losses->dtype, c, loss);
    }
    if (losses->cols == 1) ntk_put(ntk_row(losses, i), losses->dtype, 0, all);
    for (int64_t c = 0; c < losses->cols; c++) finite = finite && isfinite(ntk_get(ntk_row(losses, i), losses->dtype, c));
    return finite;
}

static ntk_status note(bool finite, const char *function)
{
    if (finite) return NTK_OK;
    return ntk_fail(NTK_NOTE_DIVERGED, "%s: the model diverges (ntk_flow_limits); a loss is too large, and INFINITY", function);
}

/* --- training --- */

/* sums[c] = sum_k ((1 - l_k q_k) c_k)^2 */
static ntk_status sum_modes(const ntk_flow *flow, double t, double *left, double *sums, const char *function)
{
    int64_t n = ntk_flow_samples(flow), targets = flow->targets;
    for (int64_t c = 0; c < targets; c++) sums[c] = INFINITY;
    NTK_TRY(ntk_flow_answer(flow, t, NULL, NULL, left, function));
    for (int64_t c = 0; c < targets; c++) sums[c] = 0;
    for (int64_t k = 0; k < n; k++)
        for (int64_t c = 0; c < targets; c++) {
            double residual = left[k] * flow->projected[k * targets + c];
            sums[c] += residual * residual;
        }
    return NTK_OK;
}

static ntk_status write_losses(const ntk_flow *flow, const ntk_lane *lane, const ntk_matrix *losses, const ntk_matrix *times,
                               double *left, double *sums, const char *function)
{
    bool finite = true;
    for (int64_t i = 0; i < times->rows; i++) {
        ntk_status status = sum_modes(flow, ntk_get(ntk_row(times, i), times->dtype, 0), left, sums, function);
        if (status < 0 && status != NTK_ERR_OVERFLOW) return status;
        finite = write_loss(losses, i, sums, flow->targets, ntk_flow_loss_factor(flow, ntk_flow_samples(flow))) && finite;
        NTK_TRY(ntk_advance(lane, 1));
    }
    return note(finite, function);
}

ntk_status ntk_flow_losses(const ntk_flow *flow, const ntk_matrix *losses, const ntk_matrix *times)
{
    double *left = NULL, *sums = NULL;
    NTK_REQUIRE(flow);
    NTK_TRY(check_losses(flow, losses, times, __func__));
    ntk_context *context = flow->base.context;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "losses", times->rows, 0, 1);
    ntk_status status = ntk_allocate(context, &left, ntk_flow_samples(flow), sizeof *left, "answers of the modes");
    if (status >= 0) status = ntk_allocate(context, &sums, flow->targets, sizeof *sums, "sums of squares");
    if (status >= 0) status = write_losses(flow, &lane, losses, times, left, sums, __func__);
    ntk_free(context, sums);
    ntk_free(context, left);
    return status;
}

/* --- test --- */

/* Outputs at a time whose squares are summed: of test samples in batches, and of times, so that f stays small.
 * good    the times at which no mode diverges, and of which row of losses each is
 * f       rows x (some times x targets)
 * sums    of each good time and target */
typedef struct testing {
    const ntk_flow *flow;
    const ntk_lane *lane;
    const ntk_matrix *x, *y, *f0x;
    double *good, *f, *sums;
    int64_t *rows;
    int64_t count, together, batch;
    const char *function;
} testing;

/* Columns of f, of which the kernel's values serve so many (kernel/product.c). */
enum { COLUMNS = 256 };

/* Whether a mode diverges is asked of the modes, and not of the outputs. */
static ntk_status find_good(testing *job, const ntk_matrix *times, double *left)
{
    for (int64_t i = 0; i < times->rows; i++) {
        double t = ntk_get(ntk_row(times, i), times->dtype, 0);
        ntk_status status = ntk_flow_answer(job->flow, t, NULL, NULL, left, job->function);
        if (status < 0 && status != NTK_ERR_OVERFLOW) return status;
        if (status >= 0) job->good[job->count] = t, job->rows[job->count++] = i;
        NTK_TRY(ntk_advance(job->lane, 0));
    }
    return NTK_OK;
}

/* Good times first, ..., and samples row, ...: as stages of the room of the lane's work. */
static ntk_status test_batch(const testing *job, int64_t first, int64_t row)
{
    int64_t targets = job->flow->targets, count = ntk_smaller(job->together, job->count - first);
    int64_t rows = ntk_smaller(job->batch, job->x->rows - row), cols = count * targets;
    ntk_matrix f = ntk_matrix_f64(job->f, rows, cols), x = ntk_rows(job->x, row, rows), start;
    ntk_matrix times = ntk_matrix_const_f64(job->good + first, count, 1);
    if (job->f0x) start = ntk_rows(job->f0x, row, rows);
    NTK_TRY(ntk_flow_outputs(job->flow, job->lane, &f, &x, job->f0x ? &start : NULL, &times, job->function));
    double *sums = job->sums + first * targets;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < cols; c++) {
            double residual = job->f[i * cols + c] - ntk_get(ntk_row(job->y, row + i), job->y->dtype, c % targets);
            sums[c] += residual * residual;
        }
    return ntk_advance(job->lane, 0);
}

static ntk_status test_all(const testing *job)
{
    ntk_work *work = job->lane->work;
    double all = (double)job->count * (double)job->x->rows;
    for (int64_t i = 0; i < job->count * job->flow->targets; i++) job->sums[i] = 0;
    for (int64_t first = 0; first < job->count; first += job->together)
        for (int64_t row = 0; row < job->x->rows; row += job->batch) {
            int64_t count = ntk_smaller(job->together, job->count - first), rows = ntk_smaller(job->batch, job->x->rows - row);
            double done = (double)first * (double)job->x->rows + (double)count * (double)row;
            ntk_share room = ntk_work_narrow(work, done / all, (done + (double)count * (double)rows) / all);
            ntk_status status = test_batch(job, first, row);
            ntk_work_widen(work, room);
            NTK_TRY(status);
        }
    return NTK_OK;
}

static ntk_status write_tests(const testing *job, const ntk_matrix *losses)
{
    int64_t targets = job->flow->targets;
    bool finite = job->count == losses->rows;
    for (int64_t i = 0; i < losses->rows; i++)
        for (int64_t c = 0; c < losses->cols; c++) ntk_put(ntk_row(losses, i), losses->dtype, c, INFINITY);
    for (int64_t i = 0; i < job->count; i++)
        finite =
            write_loss(losses, job->rows[i], job->sums + i * targets, targets, ntk_flow_loss_factor(job->flow, job->x->rows)) &&
            finite;
    return note(finite, job->function);
}

static ntk_status open_test(testing *job, ntk_context *context, int64_t times, double **left)
{
    int64_t targets = job->flow->targets, wide;
    job->together = ntk_larger(1, ntk_smaller(times, COLUMNS / targets));
    job->batch = ntk_batch_rows(job->x->rows, job->together * targets);
    wide = targets * (int64_t)sizeof(double);
    NTK_TRY(ntk_allocate(context, left, ntk_flow_samples(job->flow), sizeof **left, "answers of the modes"));
    NTK_TRY(ntk_allocate(context, &job->good, times, sizeof *job->good, "times"));
    NTK_TRY(ntk_allocate(context, &job->rows, times, sizeof *job->rows, "times"));
    NTK_TRY(ntk_allocate(context, &job->sums, times, wide, "sums of squares"));
    return ntk_allocate(context, &job->f, job->batch, job->together * wide, "outputs of test samples");
}

static ntk_status run_test(testing *job, const ntk_matrix *losses, const ntk_matrix *times)
{
    ntk_context *context = job->lane->work->context;
    double *left = NULL;
    ntk_status status = open_test(job, context, times->rows, &left);
    if (status >= 0) status = find_good(job, times, left);
    if (status >= 0) status = test_all(job);
    if (status >= 0) status = write_tests(job, losses);
    void *const held[] = {left, job->good, job->rows, job->sums, job->f};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}

ntk_status ntk_flow_test_losses(const ntk_flow *flow, const ntk_matrix *losses, const ntk_matrix *x, const ntk_matrix *y,
                                const ntk_matrix *f0x, const ntk_matrix *times)
{
    NTK_REQUIRE(flow);
    NTK_TRY(check_losses(flow, losses, times, __func__));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_input_check(y, __func__, "y"));
    NTK_TRY(ntk_shape_check(x, -1, flow->system.set->samples.inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, flow->targets, __func__, "y"));
    NTK_TRY(ntk_disjoint_check(losses, "losses", x, "x", __func__));
    NTK_TRY(ntk_disjoint_check(losses, "losses", y, "y", __func__));
    NTK_TRY(ntk_flow_start_check(f0x, "f0x", x->rows, flow->targets, losses, "losses", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    NTK_TRY(ntk_finite_check(y, __func__, "y"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, flow->base.context);
    ntk_work_stage(&work, "modes of times", times->rows, 0, 0);
    testing job = {.flow = flow, .lane = &lane, .x = x, .y = y, .f0x = f0x, .function = __func__};
    return run_test(&job, losses, times);
}
