/* Sums of kernels with weights; a sum of one is a kernel that is scaled. */
#include "core/status.h"
#include "kernel/combine.h"
#include "kernel/composite.h"
#include "kernel/exchange.h"
#include "kernel/rescale.h"
#include "kernel/scales.h"

#include <math.h>

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)lane, (void)pass;
    const ntk_composite *kernel = ntk_composite_of(samples);
    samples->largest = 0;
    for (int64_t t = 0; t < kernel->base.term_count; t++)
        samples->largest = hypot(samples->largest, sqrt(kernel->numbers[t]) * samples->terms[t].largest);
    for (int64_t i = 0; i < samples->rows; i++) {
        double sum = 0;
        for (int64_t t = 0; t < kernel->base.term_count; t++) sum += kernel->numbers[t] * samples->terms[t].diagonal[i];
        samples->diagonal[i] = sum;
    }
    return NTK_OK;
}

static ntk_status tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    return ntk_terms_fold(tile, lane, ntk_composite_of(tile->rows)->numbers);
}

/* Gives the part weights of its own: factor times those that it has. */
static ntk_status scale_weights(ntk_tile_gradient *part, const ntk_lane *lane, void *own, double factor)
{
    ntk_kernel_tile view = part->tile;
    int32_t dtype = view.rows->dtype;
    if (!part->by_row) view.row_count = 1;
    view.ld = view.col_count;
    int64_t area = view.row_count * view.ld;
    for (int64_t c = 0; c < part->targets; c++) {
        view.out = ntk_at(own, dtype, c * area);
        NTK_TRY(ntk_tile_combine(&view, lane, NTK_COMBINE_SET, ntk_at(part->weights, dtype, c * part->by_target), part->by_row,
                                 factor));
    }
    part->weights = own;
    part->by_target = area;
    part->by_row = part->by_row ? view.ld : 0;
    return NTK_OK;
}

static ntk_status gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_composite *kernel = ntk_composite_of(job->tile.rows);
    int64_t area = job->tile.row_count * job->tile.col_count;
    ntk_tile_gradient shared = *job;
    NTK_TRY(ntk_share_products(&shared.tile, lane, 1));
    void *own = shared.tile.scratch, *scratch = ntk_at(own, job->tile.rows->dtype, NTK_WEIGHED_TARGETS * area);
    for (int64_t t = 0; t < kernel->base.term_count; t++) {
        double weight = kernel->numbers[t];
        int64_t most = weight == 1 ? job->targets : NTK_WEIGHED_TARGETS;
        for (int64_t first = 0; first < job->targets; first += most) {
            int64_t count = job->targets - first < most ? job->targets - first : most;
            ntk_tile_gradient part = ntk_term_gradient(&shared, t, first, count, scratch);
            if (weight != 1) NTK_TRY(scale_weights(&part, lane, own, weight));
            NTK_TRY(ntk_term_add_gradient(&part, lane));
        }
    }
    return NTK_OK;
}

/* the weights */
static int64_t own_scales(const ntk_kernel *kernel)
{
    return kernel->term_count;
}

static ntk_status remake(ntk_context *context, ntk_kernel **made, const ntk_kernel *const *terms, int64_t count,
                         const double *numbers, int64_t number_count)
{
    (void)number_count;
    return ntk_kernel_create_sum(context, made, terms, numbers, count);
}

static const ntk_kernel_operations operations = {
    .prepare = prepare,
    .tile = tile,
    .gradient = gradient,
    .scales = ntk_composite_scales,
    .own_scales = own_scales,
    .scale_gradient = ntk_sum_scale_gradient,
    .scale_memory = ntk_composite_scale_memory,
    .scale_values = ntk_composite_scale_values,
    .rescale = ntk_composite_rescale,
    .remake = remake,
    .write = ntk_sum_write,
    .zonal = true,
};

static ntk_status check_weights(const double *weights, int64_t count)
{
    for (int64_t t = 0; weights && t < count; t++)
        if (!(isfinite(weights[t]) && weights[t] >= 0))
            return ntk_fail(NTK_ERR_VALUE,
                            "ntk_kernel_create_sum: weights[%lld] is %g, expected a finite number that is not negative",
                            (long long)t, weights[t]);
    return NTK_OK;
}

ntk_status ntk_kernel_create_sum(ntk_context *context, ntk_kernel **kernel, const ntk_kernel *const *terms,
                                 const double *weights, int64_t count)
{
    ntk_composite *made;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(terms);
    NTK_TRY(ntk_composite_count_check(count, __func__));
    NTK_TRY(check_weights(weights, count));
    NTK_TRY(ntk_composite_create(context, &made, &operations, terms, count, count, __func__, "terms"));
    for (int64_t t = 0; t < count; t++) made->numbers[t] = weights ? weights[t] : 1;
    made->operations.scratch = ntk_folded_scratch(&made->base);
    made->operations.gradient_scratch =
        ntk_shared_products(&made->base, 1) + NTK_WEIGHED_TARGETS + ntk_terms_gradient_scratch(&made->base);
    made->operations.gradient_sums = ntk_terms_gradient_sums(&made->base);
    *kernel = &made->base;
    return NTK_OK;
}
