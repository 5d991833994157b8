#include "core/status.h"
#include "ridge/change.h"

/* The model's samples without the oldest m: all that an update by more rows reads of a model. */
static ntk_status shrink(ntk_ridge_change *kept, const ntk_lane *lane, int64_t m)
{
    const ntk_ridge *ridge = kept->ridge;
    ntk_ridge *next = kept->next;
    ntk_change_keep(kept, 0, m, kept->x.rows);
    NTK_TRY(ntk_change_shrink(kept, lane, 0, m));
    next->capacity = ridge->capacity;
    next->features = ntk_retain(ridge->features);
    return ntk_ridge_solution_open(ridge->base.context, &next->solution, &kept->y, ridge->solution.lambdas);
}

/* A factor with fewer rows, which has memory for the new ones, and then these. */
static ntk_status update(ntk_ridge_change *change, const ntk_lane *lane, int64_t m)
{
    ntk_ridge *ridge = change->ridge;
    ntk_ridge_change kept;
    ntk_share room = ntk_work_narrow(lane->work, 0, 0.5);
    ntk_status status = ntk_change_open(&kept, ridge, lane, change->x.rows - m, change->function);
    kept.room = change->room;
    if (status >= 0) status = shrink(&kept, lane, m);
    ntk_work_widen(lane->work, room);
    if (status >= 0) {
        room = ntk_work_narrow(lane->work, 0.5, 1);
        change->ridge = kept.next;
        status = ntk_change_extend(change, lane, m);
        change->ridge = ridge;
        ntk_work_widen(lane->work, room);
    }
    if (status >= 0) ntk_change_commit(change);
    ntk_change_close(&kept);
    return status;
}

static ntk_status slide(ntk_ridge_change *change, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y)
{
    const ntk_ridge_report *report = &change->ridge->solution.report;
    int64_t n = report->samples, m = x->rows;
    ntk_change_keep(change, 0, m, n - m);
    NTK_TRY(ntk_change_take(change, n - m, x, y));
    if (report->method == NTK_RIDGE_DUAL && ntk_change_is_small(m, n)) return update(change, lane, m);
    ntk_status status = ntk_change_refit(change);
    if (status >= 0) ntk_change_commit(change);
    return status;
}

ntk_status ntk_ridge_slide(ntk_ridge *ridge, const ntk_matrix *x, const ntk_matrix *y)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_change_check(ridge, x, y, __func__));
    int64_t n = ridge->solution.report.samples;
    if (x->rows > n)
        return ntk_fail(NTK_ERR_SHAPE, "%s: x has %lld rows, expected at most the model's %lld", __func__, (long long)x->rows,
                        (long long)n);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, ridge->base.context);
    ntk_ridge_change change;
    ntk_status status = ntk_change_open(&change, ridge, &lane, n, __func__);
    if (status >= 0) status = slide(&change, &lane, x, y);
    ntk_change_close(&change);
    return status;
}
