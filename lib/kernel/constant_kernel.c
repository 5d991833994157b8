/* The kernel that is the same for all samples. */
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/combine.h"
#include "kernel/composite.h"
#include "kernel/exchange.h"
#include "kernel/rescale.h"
#include "kernel/scales.h"

#include <math.h>

static double value_of(const ntk_samples *samples)
{
    return ntk_composite_of(samples)->numbers[0];
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)lane, (void)pass;
    samples->largest = sqrt(value_of(samples));
    for (int64_t i = 0; i < samples->rows; i++) samples->diagonal[i] = value_of(samples);
    return NTK_OK;
}

static ntk_status tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    return ntk_tile_combine(tile, lane, NTK_COMBINE_FILL, NULL, 0, value_of(tile->rows));
}

static ntk_status gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    (void)job, (void)lane;
    return NTK_OK;
}

/* the value */
static int64_t own_scales(const ntk_kernel *kernel)
{
    (void)kernel;
    return 1;
}

static ntk_status scale_gradient(const ntk_kernel *kernel, const ntk_scale_call *call, const ntk_lane *lane, double *g)
{
    const ntk_matrix *weights = &call->weights;
    int64_t every = (1 << 20) / weights->cols + 1;
    (void)kernel;
    ntk_work_stage(lane->work, "kernel derivatives by scales", weights->rows, 0, 1);
    for (int64_t i = 0; i < weights->rows; i++) {
        for (int64_t j = 0; j < weights->cols; j++) g[0] += ntk_get(ntk_row(weights, i), weights->dtype, j);
        if ((i + 1) % every == 0) NTK_TRY(ntk_advance(lane, every));
    }
    return NTK_OK;
}

static ntk_status remake(ntk_context *context, ntk_kernel **made, const ntk_kernel *const *terms, int64_t count,
                         const double *numbers, int64_t number_count)
{
    (void)terms, (void)count, (void)number_count;
    return ntk_kernel_create_constant(context, made, numbers[0]);
}

static const ntk_kernel_operations operations = {
    .prepare = prepare,
    .tile = tile,
    .gradient = gradient,
    .scales = ntk_composite_scales,
    .own_scales = own_scales,
    .scale_gradient = scale_gradient,
    .scale_memory = ntk_composite_scale_memory,
    .scale_values = ntk_composite_scale_values,
    .rescale = ntk_composite_rescale,
    .remake = remake,
    .write = ntk_constant_write,
    .zonal = true,
};

ntk_status ntk_kernel_create_constant(ntk_context *context, ntk_kernel **kernel, double value)
{
    ntk_composite *made;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    if (!(isfinite(value) && value >= 0))
        return ntk_fail(NTK_ERR_VALUE, "%s: value is %g, expected a finite number that is not negative", __func__, value);
    NTK_TRY(ntk_composite_create(context, &made, &operations, NULL, 0, 1, __func__, "terms"));
    made->numbers[0] = value;
    *kernel = &made->base;
    return NTK_OK;
}
