#include "kernel/deep_strip.h"

#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "kernel/near.h"

#include <math.h>

const ntk_deep_family *ntk_deep_family_of(ntk_isa isa, int32_t dtype, ntk_family family)
{
    const ntk_deep_loops *loops = NTK_OF_ISA(isa, ntk_deep_loops, dtype - 1);
    switch (family) {
    case NTK_FAMILY_SLOPES:
        return &loops->slopes;
    case NTK_FAMILY_LEVELS:
        return &loops->levels;
    case NTK_FAMILY_ERF:
        return &loops->erf;
    case NTK_FAMILY_GELU:
        return &loops->gelu;
    case NTK_FAMILY_WAVE:
        return &loops->wave;
    default:
        return &loops->exp;
    }
}

static const void *column_of(const ntk_deep_strip *at, int64_t array)
{
    const ntk_samples *cols = at->tile->cols;
    return ntk_at(cols->factors, cols->dtype, array * cols->rows + at->first);
}

static double row_of(const ntk_deep_strip *at, int64_t array)
{
    const ntk_samples *rows = at->tile->rows;
    return ntk_get(rows->factors, rows->dtype, array * rows->rows + at->row);
}

ntk_deep_layer ntk_deep_strip_layer(const ntk_deep_strip *at, int64_t l)
{
    int64_t first = NTK_DEEP_FIRST + NTK_DEEP_FACTORS * l;
    ntk_deep_layer layer = ntk_deep_layer_of(at->kernel, l);
    layer.p = row_of(at, first + NTK_DEEP_P);
    layer.q = row_of(at, first + NTK_DEEP_Q);
    layer.w = row_of(at, first + NTK_DEEP_W);
    layer.z = row_of(at, first + NTK_DEEP_Z);
    layer.ps = column_of(at, first + NTK_DEEP_P);
    layer.qs = column_of(at, first + NTK_DEEP_Q);
    layer.ws = column_of(at, first + NTK_DEEP_W);
    layer.zs = column_of(at, first + NTK_DEEP_Z);
    return layer;
}

ntk_deep_layer ntk_deep_strip_first(const ntk_deep_strip *at)
{
    ntk_deep_layer first = {.rate = at->kernel->scales[0].rate};
    first.k[0] = at->kernel->first.activation->family == NTK_FAMILY_SLOPES ? NTK_SLOPES_REACH : 1;
    first.w = row_of(at, NTK_DEEP_FIRST_W);
    first.z = row_of(at, NTK_DEEP_FIRST_Z);
    first.p = row_of(at, NTK_DEEP_FIRST_P);
    first.ws = column_of(at, NTK_DEEP_FIRST_W);
    first.zs = column_of(at, NTK_DEEP_FIRST_Z);
    first.ps = column_of(at, NTK_DEEP_FIRST_P);
    return first;
}

/* Elements of samples that near entries pass over before they ask whether to stop: a millisecond or less. */
enum { ELEMENTS_PER_ADVANCE = 1 << 18, NEAR_ELEMENTS = 1024 };

/* Puts the angle of samples that are nearly parallel, as it is known from the samples, into the state. */
static ntk_status replace_near(const ntk_deep_strip *at, const int32_t *near, int64_t found)
{
    const ntk_samples *rows = at->tile->rows, *cols = at->tile->cols;
    int32_t dtype = cols->dtype, row_shift = rows->shifts ? rows->shifts[at->row] : 0;
    const void *x = ntk_samples_at(rows, at->row);
    int64_t every = ELEMENTS_PER_ADVANCE / (cols->inputs + NEAR_ELEMENTS) + 1;
    ntk_deep_layer first = ntk_deep_strip_first(at);
    for (int64_t f = 0; f < found; f++) {
        int64_t j = at->first + near[f];
        const void *other = ntk_samples_at(cols, j);
        ntk_angle angle =
            other == x ? ntk_angle_of(1, 0)
                       : ntk_near_angle(at->k, dtype, x, row_shift, other, cols->shifts ? cols->shifts[j] : 0, cols->inputs);
        double half = sin((angle.theta < angle.phi ? angle.theta : angle.phi) / 2), gap = 2 * half * half;
        double tangent = first.rate * first.p * ntk_get(first.ps, dtype, near[f]) * angle.cosine;
        ntk_put(at->state.rho, dtype, near[f], angle.cosine);
        ntk_put(at->state.gap, dtype, near[f], gap);
        ntk_put(at->state.tangent, dtype, near[f], tangent);
        if ((f + 1) % every == 0) NTK_TRY(ntk_advance(at->lane, 0));
    }
    return found * 4 > NTK_STRIP ? ntk_advance(at->lane, 0) : NTK_OK;
}

ntk_status ntk_deep_strip_begin(const ntk_deep_strip *at, const void *products, int32_t *near, int64_t *found)
{
    const ntk_deep_loops *loops = NTK_OF_ISA(at->lane->work->context->isa, ntk_deep_loops, at->tile->cols->dtype - 1);
    ntk_deep_layer first = ntk_deep_strip_first(at);
    *found = loops->begin(&at->state, products, at->count, &first, near);
    return replace_near(at, near, *found);
}
