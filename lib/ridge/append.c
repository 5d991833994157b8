#include "core/blas.h"
#include "core/memory.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "kernel/block.h"
#include "ridge/change.h"
#include "ridge/response.h"

#include <math.h>
#include <string.h>

/* With B = K(X', X) L^-T the new rows of the factor are B and that of the Schur complement S = K(X', X') + lambda I - B B^T. */
typedef struct appending {
    ntk_ridge_change *change;
    ntk_response response; /* B */
    ntk_symmetric S;
    int64_t n, m;
} appending;

/* Columns of B in one product. */
enum { COLUMNS = 512 };

static ntk_status complement(appending *job, const ntk_lane *lane, const ntk_matrix *x)
{
    const ntk_ridge *ridge = job->change->ridge;
    const ntk_response *response = &job->response;
    int32_t dtype = response->dtype;
    NTK_TRY(ntk_symmetric_create(ridge->base.context, &job->S, NTK_STORAGE_FULL, dtype, job->m));
    ntk_matrix out = ntk_matrix_view(job->S.data, job->m, job->m, dtype, 0);
    out.stride = job->S.ld;
    ntk_share room = ntk_work_narrow(lane->work, 0.6, 0.7);
    ntk_status status = ntk_block_write(ridge->system.set->samples.kernel, lane, &out, x, x, job->change->function);
    ntk_work_widen(lane->work, room);
    NTK_TRY(status);
    NTK_TRY(ntk_ridge_shift(&job->S, ridge->solution.report.lambda, job->change->function));
    return NTK_OK;
}

static ntk_status take_products(const appending *job, const ntk_lane *lane)
{
    const ntk_response *response = &job->response;
    for (int64_t k = 0; k < job->n; k += COLUMNS) {
        int64_t columns = job->n - k < COLUMNS ? job->n - k : COLUMNS;
        NTK_TRY(ntk_blas_syrk(response->dtype, NTK_PLAIN, job->m, columns, -1, ntk_at(response->answers, response->dtype, k),
                              job->n, 1, job->S.data, job->S.ld));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* Whether the pivots of S's factor are so large that the rows don't depend on others; entries  the diagonal of K + lambda I. */
static bool is_sound(const appending *job, const double *entries, double *smallest)
{
    double roundoff = job->S.dtype == NTK_F64 ? 0x1p-53 : 0x1p-24, least = 2 * (double)(job->n + job->m) * roundoff;
    for (int64_t i = 0; i < job->m; i++) {
        double root = ntk_symmetric_diagonal(&job->S, i), pivot = root * root;
        if (!(pivot > least * entries[i])) return false;
        *smallest = fmin(*smallest, pivot / entries[i]);
    }
    return true;
}

/* Row n + i of the factor: B's row and the complement's. */
static void write_row(const appending *job, const ntk_symmetric *L, int64_t i)
{
    int64_t row = job->n + i, ld, size = ntk_dtype_size(L->dtype);
    for (int64_t j = 0; j <= row;) {
        int64_t tile_end = (j / NTK_SYMMETRIC_EDGE + 1) * NTK_SYMMETRIC_EDGE, end = j < job->n ? job->n : row + 1;
        if (tile_end < end) end = tile_end;
        const void *from = j < job->n ? ntk_at(job->response.answers, L->dtype, i * job->n + j)
                                      : ntk_at(job->S.data, L->dtype, i * job->S.ld + j - job->n);
        memcpy(ntk_symmetric_place(L, row, j, &ld), from, (size_t)((end - j) * size));
        j = end;
    }
}

/* The rows that are there are copied, or where there is memory behind them stay where they are: what is written there the model does
 * not read. */
static ntk_status open_factor(appending *job, const ntk_lane *lane)
{
    ntk_ridge_change *change = job->change;
    const ntk_symmetric *old = &change->ridge->system.L;
    ntk_symmetric *L = &change->next->system.L;
    ntk_work_stage(lane->work, "factor with more rows", ntk_symmetric_tiles(old), 0.8, 0.9);
    if (job->n + job->m <= old->room) {
        *L = *old;
        L->n = job->n + job->m;
        change->lender = change->ridge;
        return NTK_OK;
    }
    NTK_TRY(ntk_symmetric_create_room(change->ridge->base.context, L, old->ld ? NTK_STORAGE_FULL : NTK_STORAGE_PACKED,
                                      old->dtype, job->n + job->m, change->room));
    return ntk_symmetric_copy(L, old, lane);
}

static ntk_status write_factor(appending *job, const ntk_lane *lane)
{
    const ntk_symmetric *L = &job->change->next->system.L;
    NTK_TRY(open_factor(job, lane));
    for (int64_t i = 0; i < job->m; i++) {
        write_row(job, L, i);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* *sound is false where the rows depend on others to working precision. */
static ntk_status update(appending *job, const ntk_lane *lane, double *entries, bool *sound)
{
    ntk_ridge_change *change = job->change;
    ntk_matrix x = change->x;
    double smallest;
    x.data = ntk_row(&change->x, job->n);
    x.rows = job->m;
    NTK_TRY(ntk_response_open(&job->response, change->ridge, lane, &x, job->m, change->function));
    NTK_TRY(ntk_response_rows(&job->response, 0, job->m, 0, 0.6));
    NTK_TRY(ntk_response_answer(&job->response, 0, false));
    NTK_TRY(complement(job, lane, &x));
    for (int64_t i = 0; i < job->m; i++) entries[i] = ntk_symmetric_diagonal(&job->S, i);
    ntk_work_stage(lane->work, "products of new rows", 1, 0.7, 0.7);
    NTK_TRY(take_products(job, lane));
    ntk_status status = ntk_cholesky_factor(&job->S, lane, 0.7, 0.8, &smallest, "K + lambda I");
    if (status < 0 && status != NTK_ERR_SINGULAR) return status;
    smallest = change->ridge->solution.report.smallest_pivot;
    *sound = status >= 0 && is_sound(job, entries, &smallest);
    if (!*sound) return NTK_OK;
    NTK_TRY(write_factor(job, lane));
    NTK_TRY(ntk_change_samples(change));
    change->next->solution.report.smallest_pivot = smallest;
    return ntk_change_solve(change, 0.9);
}

static ntk_status try_update(ntk_ridge_change *change, const ntk_lane *lane, int64_t m, bool *sound)
{
    ntk_context *context = change->ridge->base.context;
    appending job = {.change = change, .n = change->ridge->solution.report.samples, .m = m};
    double *entries;
    job.response.ridge = change->ridge;
    NTK_TRY(ntk_allocate(context, &entries, m, sizeof *entries, "a matrix's diagonal"));
    ntk_status status = update(&job, lane, entries, sound);
    ntk_response_close(&job.response);
    ntk_free(context, job.S.data);
    ntk_free(context, entries);
    return status;
}

ntk_status ntk_change_extend(ntk_ridge_change *change, const ntk_lane *lane, int64_t m)
{
    bool sound = true;
    NTK_TRY(try_update(change, lane, m, &sound));
    if (sound) return NTK_OK;
    NTK_TRY(ntk_change_refit(change));
    return ntk_fail(
        NTK_NOTE_REFITTED,
        "%s: the new rows depend on others to working precision, so the model was fitted anew; a larger lambda helps",
        change->function);
}

/* More rows than the model has are a fit of their own, which costs no more. */
static ntk_status append(ntk_ridge_change *change, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y)
{
    const ntk_ridge_report *report = &change->ridge->solution.report;
    ntk_change_keep(change, 0, 0, report->samples);
    NTK_TRY(ntk_change_take(change, report->samples, x, y));
    if (report->method != NTK_RIDGE_DUAL || x->rows > report->samples) return ntk_change_refit(change);
    return ntk_change_extend(change, lane, x->rows);
}

ntk_status ntk_change_check(const ntk_ridge *ridge, const ntk_matrix *x, const ntk_matrix *y, const char *function)
{
    int64_t rows;
    NTK_TRY(ntk_input_check(x, function, "x"));
    NTK_TRY(ntk_input_check(y, function, "y"));
    NTK_TRY(ntk_shape_check(x, -1, ridge->solution.report.inputs, function, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, ridge->solution.report.targets, function, "y"));
    NTK_TRY(ntk_finite_check(x, function, "x"));
    NTK_TRY(ntk_finite_check(y, function, "y"));
    if (__builtin_add_overflow(ridge->solution.report.samples, x->rows, &rows))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: x has %lld rows, more than can be counted", function, (long long)x->rows);
    return ntk_held_check(ridge, function);
}

ntk_status ntk_ridge_append(ntk_ridge *ridge, const ntk_matrix *x, const ntk_matrix *y)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_change_check(ridge, x, y, __func__));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    ntk_ridge_change change;
    ntk_status status = ntk_change_open(&change, ridge, &lane, ridge->solution.report.samples + x->rows, __func__);
    if (status >= 0) status = append(&change, &lane, x, y);
    if (status >= 0) ntk_change_commit(&change);
    ntk_change_close(&change);
    return status;
}
