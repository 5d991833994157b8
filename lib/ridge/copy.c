#include "core/memory.h"
#include "core/status.h"
#include "ridge/rooms.h"

#include <string.h>

/* Each of these leaves NULL where there is nothing to copy. */
static ntk_status copy_array(ntk_context *context, void *copy_out, const void *from, int64_t count, int64_t size)
{
    void *copy;
    if (!from) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &copy, count, size, "a copy of a model"));
    memcpy(copy_out, &copy, sizeof copy);
    memcpy(copy, from, (size_t)(count * size));
    return NTK_OK;
}

static ntk_status copy_factor(ntk_context *context, ntk_symmetric *to, const ntk_symmetric *from, const ntk_lane *lane)
{
    if (!from->data) return NTK_OK;
    NTK_TRY(ntk_symmetric_create_room(context, to, from->ld ? NTK_STORAGE_FULL : NTK_STORAGE_PACKED, from->dtype, from->n,
                                      from->room));
    return ntk_symmetric_copy(to, from, lane);
}

static ntk_status copy_system(ntk_context *context, ntk_ridge *to, const ntk_ridge *from, const ntk_lane *lane)
{
    const ntk_ridge_report *report = &from->solution.report;
    const ntk_ridge_system *old = &from->system;
    ntk_ridge_system *system = &to->system;
    int64_t size = ntk_dtype_size(report->dtype), n = report->samples, double_size = sizeof(double);
    system->set = ntk_retain(old->set);
    NTK_TRY(copy_factor(context, &system->L, &old->L, lane));
    NTK_TRY(copy_factor(context, &system->centres, &old->centres, lane));
    if (old->spectrum.vectors) {
        system->spectrum.ld = old->spectrum.ld;
        NTK_TRY(ntk_allocate(context, &system->spectrum.vectors, n, old->spectrum.ld * double_size, "eigenvectors"));
        for (int64_t k = 0; k < n; k++) {
            int64_t at = k * old->spectrum.ld;
            memcpy(system->spectrum.vectors + at, old->spectrum.vectors + at, (size_t)(n * double_size));
            NTK_TRY(ntk_advance(lane, 0));
        }
    }
    NTK_TRY(copy_array(context, &system->spectrum.values, old->spectrum.values, n, double_size));
    NTK_TRY(copy_array(context, &system->mu, old->mu, report->order, size));
    system->x = old->x;
    system->x.copy = NULL;
    NTK_TRY(copy_array(context, &system->x.copy, old->x.copy, n, report->inputs * size));
    if (system->x.copy) system->x.data = system->x.copy;
    return NTK_OK;
}

static ntk_status copy_solution(ntk_context *context, ntk_ridge *to, const ntk_ridge *from)
{
    const ntk_ridge_solution *old = &from->solution;
    const ntk_ridge_report *report = &old->report;
    ntk_ridge_solution *solution = &to->solution;
    int64_t n = report->samples, t = report->targets, size = ntk_dtype_size(report->dtype), wide = t * (int64_t)sizeof(double);
    solution->report = *report;
    solution->approximation = old->approximation;
    solution->ones_sum = old->ones_sum;
    NTK_TRY(copy_array(context, &solution->y, old->y, n, wide));
    NTK_TRY(copy_array(context, &solution->lambdas, old->lambdas, t, sizeof(double)));
    NTK_TRY(copy_array(context, &solution->intercept, old->intercept, t, sizeof(double)));
    NTK_TRY(copy_array(context, &solution->alpha, old->alpha, report->order, t * size));
    NTK_TRY(copy_array(context, &solution->ones, old->ones, n, sizeof(double)));
    NTK_TRY(copy_array(context, &solution->projected, old->projected, n, wide + report->intercept * (int64_t)sizeof(double)));
    NTK_TRY(copy_array(context, &solution->history, old->history, report->iterations + 1, sizeof(double)));
    NTK_TRY(copy_array(context, &solution->offsets, old->offsets, t, sizeof(double)));
    return from->features ? ntk_coefficients_copy(context, &solution->beta, from->features, &old->beta) : NTK_OK;
}

static ntk_status copy_all(ntk_context *context, ntk_ridge *to, const ntk_ridge *from)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    const ntk_ridge_report *report = &from->solution.report;
    int64_t tiles = from->system.L.data ? ntk_symmetric_tiles(&from->system.L) : 1;
    ntk_work_stage(&work, "copy of a model", from->system.centres.data ? 2 * tiles : tiles, 0, 1);
    to->features = ntk_retain(from->features);
    to->light = from->light;
    to->capacity = from->capacity;
    to->iterative = from->iterative;
    to->solver = from->solver;
    NTK_TRY(copy_system(context, to, from, &lane));
    NTK_TRY(ntk_advance(&lane, 0));
    if (from->w) NTK_TRY(ntk_hidden_weights(&lane, from->features->weights, report->dtype, &to->w, "ntk_ridge_copy"));
    NTK_TRY(copy_solution(context, to, from));
    return ntk_rooms_open(to, from->rooms.callers, "ntk_ridge_copy");
}

ntk_status ntk_ridge_copy(ntk_context *context, ntk_ridge **copy, const ntk_ridge *ridge)
{
    ntk_ridge *made;
    NTK_REQUIRE(copy);
    *copy = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, ntk_ridge_dispose, "a ridge regression"));
    ntk_status status = copy_all(context, made, ridge);
    if (status < 0)
        ntk_release(made);
    else
        *copy = made;
    return status;
}
