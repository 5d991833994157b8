/* Products of kernels. */
#include "core/status.h"
#include "kernel/combine.h"
#include "kernel/composite.h"
#include "kernel/exchange.h"
#include "kernel/rescale.h"
#include "kernel/scales.h"

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)lane, (void)pass;
    const ntk_kernel *kernel = samples->kernel;
    double product = 1;
    samples->largest = 0;
    /* what is multiplied on the way must be representable too */
    for (int64_t t = 0; t < kernel->term_count; t++) {
        product *= samples->terms[t].largest;
        if (!(product <= samples->largest)) samples->largest = product;
    }
    for (int64_t i = 0; i < samples->rows; i++) {
        samples->diagonal[i] = samples->terms[0].diagonal[i];
        for (int64_t t = 1; t < kernel->term_count; t++) samples->diagonal[i] *= samples->terms[t].diagonal[i];
    }
    return NTK_OK;
}

static ntk_status tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    return ntk_terms_fold(tile, lane, NULL);
}

/* The part's weights times all factors but that of term t, in rectangles of its own. */
static ntk_status weigh_by_others(ntk_tile_gradient *part, const ntk_lane *lane, int64_t t, const void *factors,
                                  int64_t factor_count, void *own)
{
    ntk_kernel_tile view = part->tile;
    int32_t dtype = view.rows->dtype;
    view.ld = view.col_count;
    int64_t area = view.row_count * view.ld;
    for (int64_t c = 0; c < part->targets; c++) {
        view.out = ntk_at(own, dtype, c * area);
        NTK_TRY(
            ntk_tile_combine(&view, lane, NTK_COMBINE_SET, ntk_at(part->weights, dtype, c * part->by_target), part->by_row, 1));
        for (int64_t s = 0; s < factor_count; s++)
            if (s != t)
                NTK_TRY(ntk_tile_combine(&view, lane, NTK_COMBINE_MULTIPLY, ntk_at(factors, dtype, s * area), view.ld, 1));
    }
    part->weights = own;
    part->by_target = area;
    part->by_row = view.ld;
    return NTK_OK;
}

/* Scratch: the factors, the weights of some targets, and what a factor needs. */
static ntk_status gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    ntk_tile_gradient shared = *job;
    const ntk_kernel_tile *tile = &shared.tile;
    NTK_TRY(ntk_share_products(&shared.tile, lane, 2));
    int32_t dtype = tile->rows->dtype;
    int64_t count = tile->rows->kernel->term_count, ld = tile->col_count, area = tile->row_count * ld;
    void *factors = tile->scratch, *own = ntk_at(factors, dtype, count * area);
    void *scratch = ntk_at(own, dtype, NTK_WEIGHED_TARGETS * area);
    for (int64_t t = 0; t < count; t++) NTK_TRY(ntk_term_tile(tile, lane, t, ntk_at(factors, dtype, t * area), ld, scratch));
    for (int64_t t = 0; t < count; t++)
        for (int64_t first = 0; first < job->targets; first += NTK_WEIGHED_TARGETS) {
            int64_t left = job->targets - first;
            ntk_tile_gradient part =
                ntk_term_gradient(&shared, t, first, left < NTK_WEIGHED_TARGETS ? left : NTK_WEIGHED_TARGETS, scratch);
            NTK_TRY(weigh_by_others(&part, lane, t, factors, count, own));
            NTK_TRY(ntk_term_add_gradient(&part, lane));
        }
    return NTK_OK;
}

static ntk_status remake(ntk_context *context, ntk_kernel **made, const ntk_kernel *const *terms, int64_t count,
                         const double *numbers, int64_t number_count)
{
    (void)numbers, (void)number_count;
    return ntk_kernel_create_product(context, made, terms, count);
}

static const ntk_kernel_operations operations = {
    .prepare = prepare,
    .tile = tile,
    .gradient = gradient,
    .scales = ntk_composite_scales,
    .scale_gradient = ntk_product_scale_gradient,
    .scale_memory = ntk_composite_scale_memory,
    .scale_values = ntk_composite_scale_values,
    .rescale = ntk_composite_rescale,
    .remake = remake,
    .write = ntk_product_write,
    .zonal = true,
};

ntk_status ntk_kernel_create_product(ntk_context *context, ntk_kernel **kernel, const ntk_kernel *const *factors, int64_t count)
{
    ntk_composite *made;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(factors);
    NTK_TRY(ntk_composite_count_check(count, __func__));
    NTK_TRY(ntk_composite_create(context, &made, &operations, factors, count, 0, __func__, "factors"));
    made->operations.scratch = ntk_folded_scratch(&made->base);
    made->operations.gradient_scratch =
        ntk_shared_products(&made->base, 2) + count + NTK_WEIGHED_TARGETS + ntk_terms_gradient_scratch(&made->base);
    made->operations.gradient_sums = ntk_terms_gradient_sums(&made->base);
    *kernel = &made->base;
    return NTK_OK;
}
