#include "core/memory.h"
#include "core/status.h"
#include "ridge/change.h"

#include <math.h>
#include <string.h>

/* Without rows first, ..., first + count - 1 the factor's rows before them stay, and what is behind them becomes
 * L_33 L_33^T + V V^T, V its columns of those rows.  Column by column a reflection of [L_ik, V_i] takes V_k to zero, which is
 * stable however small L_kk is (math: Golub and Van Loan 2013, section 6.5.4; Householder in place of Givens for all of V at once). */
typedef struct removing {
    ntk_ridge_change *change;
    const ntk_symmetric *old, *L;
    int64_t first, count, tail; /* tail: rows behind */
    double *V;                  /* tail x count */
    double *heads, *factors;    /* of a reflection: its first element, and what it is multiplied by */
    int64_t tile;               /* column of tiles in work */
} removing;

/* Rows in one task. */
enum { ROWS = 32 };

/* --- the rows that stay --- */

/* count elements of a row of the old factor from column from on, to a row of the new one. */
static void copy_part(const removing *job, int64_t to_row, int64_t to, int64_t row, int64_t from, int64_t count)
{
    int64_t ld;
    while (count > 0) {
        int64_t left = NTK_SYMMETRIC_EDGE - from % NTK_SYMMETRIC_EDGE, room = NTK_SYMMETRIC_EDGE - to % NTK_SYMMETRIC_EDGE;
        int64_t part = left < room ? left : room;
        if (part > count) part = count;
        memcpy(ntk_symmetric_place(job->L, to_row, to, &ld), ntk_symmetric_place(job->old, row, from, &ld),
               (size_t)(part * ntk_dtype_size(job->L->dtype)));
        to += part, from += part, count -= part;
    }
}

static ntk_status copy_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const removing *job = argument;
    int64_t end = (index + 1) * ROWS, ld;
    for (int64_t i = index * ROWS; i < end && i < job->L->n; i++) {
        int64_t row = i < job->first ? i : i + job->count;
        copy_part(job, i, 0, row, 0, i < job->first ? i + 1 : job->first);
        if (i < job->first) continue;
        copy_part(job, i, job->first, row, job->first + job->count, i - job->first + 1);
        for (int64_t c = 0; c < job->count; c++)
            job->V[(i - job->first) * job->count + c] =
                ntk_get(ntk_symmetric_place(job->old, row, job->first + c, &ld), job->L->dtype, 0);
    }
    return ntk_advance(lane, 1);
}

/* --- reflections --- */

/* |V_k| so small beside L_kk changes nothing, and could not be divided by. */
static const double negligible = 1e-60;

/* Makes the reflection of row k, and applies it: L_kk becomes the length of [L_kk, V_k]. */
static double reflect_own(const removing *job, int64_t k, double pivot)
{
    const double *v = job->V + (k - job->first) * job->count;
    int64_t at = k % NTK_SYMMETRIC_EDGE;
    double squares = 0;
    for (int64_t c = 0; c < job->count; c++) squares += v[c] * v[c];
    job->heads[at] = job->factors[at] = 0;
    if (!(squares > negligible * pivot * pivot)) return pivot;
    double length = sqrt(pivot * pivot + squares), head = -squares / (pivot + length);
    job->heads[at] = head;
    job->factors[at] = 2 / (head * head + squares);
    return length;
}

/* Applies the reflections of columns from, ..., to - 1, of one column of tiles, to a row of at least to columns. */
#define DEFINE_REFLECT(NAME, REAL)                                                               \
    static void NAME(const removing *job, int64_t row, void *elements, int64_t from, int64_t to) \
    {                                                                                            \
        REAL *l = elements;                                                                      \
        int64_t count = job->count, at = from % NTK_SYMMETRIC_EDGE;                              \
        double *own = job->V + (row - job->first) * count;                                       \
        for (int64_t k = from; k < to; k++, at++, l++) {                                         \
            const double *v = job->V + (k - job->first) * count;                                 \
            double product = (double)*l * job->heads[at];                                        \
            if (job->factors[at] == 0) continue;                                                 \
            for (int64_t c = 0; c < count; c++) product += own[c] * v[c];                        \
            product *= job->factors[at];                                                         \
            *l = (REAL)((double)*l - product * job->heads[at]);                                  \
            for (int64_t c = 0; c < count; c++) own[c] -= product * v[c];                        \
        }                                                                                        \
    }

DEFINE_REFLECT(reflect_f64, double)
DEFINE_REFLECT(reflect_f32, float)

/* The columns of the column of tiles in work that change. */
static void columns_of(const removing *job, int64_t *from, int64_t *to)
{
    *from = job->tile * NTK_SYMMETRIC_EDGE;
    *to = *from + ntk_symmetric_rows(job->L, job->tile);
    if (*from < job->first) *from = job->first;
}

static void reflect_row(const removing *job, int64_t row, int64_t from, int64_t to)
{
    int64_t ld;
    if (from == to) return;
    (job->L->dtype == NTK_F64 ? reflect_f64 : reflect_f32)(job, row, ntk_symmetric_place(job->L, row, from, &ld), from, to);
}

static ntk_status reflect_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const removing *job = argument;
    int64_t from, to;
    columns_of(job, &from, &to);
    int64_t first = to + index * ROWS, end = first + ROWS;
    for (int64_t row = first; row < end && row < job->L->n; row++) reflect_row(job, row, from, to);
    return ntk_advance(lane, 1);
}

/* The rows of the tile on the diagonal one after the other, since each makes a reflection for those that follow. */
static ntk_status reflect_tile(removing *job, const ntk_lane *lane)
{
    int64_t from, to, ld;
    columns_of(job, &from, &to);
    for (int64_t row = from; row < to; row++) {
        reflect_row(job, row, from, row);
        void *pivot = ntk_symmetric_place(job->L, row, row, &ld);
        ntk_put(pivot, job->L->dtype, 0, reflect_own(job, row, ntk_get(pivot, job->L->dtype, 0)));
        NTK_TRY(ntk_advance(lane, 0));
    }
    int64_t below = job->L->n - to;
    return below ? ntk_run(lane, (below - 1) / ROWS + 1, reflect_rows, job) : NTK_OK;
}

static int64_t tasks_of(int64_t rows)
{
    return (rows - 1) / ROWS + 1;
}

static ntk_status update_factor(removing *job, const ntk_lane *lane)
{
    int64_t tiles = ntk_symmetric_tiles(job->L), units = 0;
    ntk_work_stage(lane->work, "factor with fewer rows", tasks_of(job->L->n), 0, 0.2);
    NTK_TRY(ntk_run(lane, tasks_of(job->L->n), copy_rows, job));
    for (int64_t k = job->first / NTK_SYMMETRIC_EDGE; k < tiles; k++) units += tasks_of(job->L->n);
    ntk_work_stage(lane->work, "update of a factor", units ? units : 1, 0.2, 0.8);
    for (job->tile = job->first / NTK_SYMMETRIC_EDGE; job->tail && job->tile < tiles; job->tile++)
        NTK_TRY(reflect_tile(job, lane));
    return NTK_OK;
}

ntk_status ntk_change_shrink(ntk_ridge_change *change, const ntk_lane *lane, int64_t first, int64_t count)
{
    ntk_context *context = change->ridge->base.context;
    const ntk_symmetric *old = &change->ridge->system.L;
    removing job = {.change = change, .old = old, .L = &change->next->system.L, .first = first, .count = count};
    job.tail = old->n - first - count;
    NTK_TRY(ntk_symmetric_create_room(context, &change->next->system.L, old->ld ? NTK_STORAGE_FULL : NTK_STORAGE_PACKED,
                                      old->dtype, old->n - count, change->room));
    /* without rows behind it is not read, but an array has an element */
    ntk_status status =
        ntk_allocate(context, &job.V, job.tail ? job.tail : 1, count * (int64_t)sizeof(double), "columns of a factor");
    if (status >= 0) status = ntk_allocate(context, &job.heads, NTK_SYMMETRIC_EDGE, sizeof(double), "reflections");
    if (status >= 0) status = ntk_allocate(context, &job.factors, NTK_SYMMETRIC_EDGE, sizeof(double), "reflections");
    if (status >= 0) status = update_factor(&job, lane);
    ntk_free(context, job.V);
    ntk_free(context, job.heads);
    ntk_free(context, job.factors);
    NTK_TRY(status);
    return ntk_change_samples(change);
}

static ntk_status update(ntk_ridge_change *change, const ntk_lane *lane, int64_t first, int64_t count)
{
    NTK_TRY(ntk_change_shrink(change, lane, first, count));
    return ntk_change_solve(change, 0.8);
}

enum { FEWEST_PARTS = 8 };

bool ntk_change_is_small(int64_t count, int64_t n)
{
    return count <= (n - count) / FEWEST_PARTS;
}

ntk_status ntk_ridge_remove(ntk_ridge *ridge, int64_t first, int64_t count)
{
    NTK_REQUIRE(ridge);
    const ntk_ridge_report *report = &ridge->solution.report;
    int64_t n = report->samples;
    if (first < 0 || first >= n)
        return ntk_fail(NTK_ERR_SHAPE, "%s: first is %lld, expected the number of one of %lld samples, from 0 on", __func__,
                        (long long)first, (long long)n);
    if (count < 1 || count > n - first || count == n)
        return ntk_fail(NTK_ERR_SHAPE,
                        "%s: count is %lld, expected at least 1 of the %lld samples from first on, and not all samples",
                        __func__, (long long)count, (long long)(n - first));
    NTK_TRY(ntk_held_check(ridge, __func__));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    ntk_ridge_change change;
    ntk_status status = ntk_change_open(&change, ridge, &lane, n - count, __func__);
    if (status >= 0) {
        ntk_change_keep(&change, 0, 0, first);
        ntk_change_keep(&change, first, first + count, n - first - count);
        bool few = first + count == n || ntk_change_is_small(count, n);
        status = report->method == NTK_RIDGE_DUAL && few ? update(&change, &lane, first, count) : ntk_change_refit(&change);
    }
    if (status >= 0) ntk_change_commit(&change);
    ntk_change_close(&change);
    return status;
}
