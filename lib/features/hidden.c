#include "features/hidden.h"

#include "activation/activation.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"

#include <string.h>

/* A tile whose elements are u, in rf, or in nt where that is NULL; of slopes, in u. */
typedef struct hidden_tile {
    const ntk_weights *weights;
    int32_t dtype;
    int64_t first, count, rows, per_task;
    void *rf, *nt;
    const void *u;
    void *slope, *bend;
    int64_t ld;
} hidden_tile;

/* v[k] *= factor a[k], or factor alone */
static void scale(void *v, int32_t dtype, double factor, const double *a, int64_t count)
{
    if (dtype == NTK_F64) {
        double *out = v;
        for (int64_t k = 0; k < count; k++) out[k] *= a ? factor * a[k] : factor;
    } else {
        float *out = v;
        for (int64_t k = 0; k < count; k++) out[k] *= (float)(a ? factor * a[k] : factor);
    }
}

static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const hidden_tile *tile = argument;
    const ntk_weights *weights = tile->weights;
    ntk_isa isa = lane->work->context->isa;
    int64_t begin = index * tile->per_task, end = begin + tile->per_task < tile->rows ? begin + tile->per_task : tile->rows;
    for (int64_t i = begin; i < end; i++) {
        void *rf = tile->rf ? ntk_at(tile->rf, tile->dtype, i * tile->ld) : NULL;
        void *nt = tile->nt ? ntk_at(tile->nt, tile->dtype, i * tile->ld) : NULL;
        if (nt) {
            ntk_activation_evaluate(weights->activation, isa, tile->dtype, 1, nt, rf ? rf : nt, tile->count);
            scale(nt, tile->dtype, weights->tangent_factor, weights->a + tile->first, tile->count);
        }
        if (rf) {
            ntk_activation_evaluate(weights->activation, isa, tile->dtype, 0, rf, rf, tile->count);
            scale(rf, tile->dtype, weights->gamma, NULL, tile->count);
        }
    }
    return NTK_OK;
}

ntk_status ntk_hidden_tile(const ntk_weights *weights, const ntk_lane *lane, int32_t dtype, const void *w, int64_t first,
                           int64_t count, const void *x, int64_t ldx, int64_t rows, void *rf, void *nt, int64_t ld)
{
    hidden_tile tile = {
        .weights = weights, .dtype = dtype, .first = first, .count = count, .rows = rows, .rf = rf, .nt = nt, .ld = ld};
    tile.per_task = ntk_rows_per_task(count);
    NTK_TRY(ntk_layer_input(weights, dtype, w, first, count, x, ldx, rows, rf ? rf : nt, ld));
    return ntk_run(lane, (rows - 1) / tile.per_task + 1, finish_rows, &tile);
}

static void *row_of(const hidden_tile *tile, const void *rectangle, int64_t row)
{
    return rectangle ? ntk_at(rectangle, tile->dtype, row * tile->ld) : NULL;
}

static ntk_status slope_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const hidden_tile *tile = argument;
    const ntk_weights *weights = tile->weights;
    const double *a = weights->a + tile->first;
    ntk_isa isa = lane->work->context->isa;
    int64_t begin = index * tile->per_task, end = begin + tile->per_task < tile->rows ? begin + tile->per_task : tile->rows;
    for (int64_t i = begin; i < end; i++) {
        const void *u = row_of(tile, tile->u, i);
        void *slope = row_of(tile, tile->slope, i), *nt = row_of(tile, tile->nt, i), *bend = row_of(tile, tile->bend, i);
        ntk_activation_evaluate(weights->activation, isa, tile->dtype, 1, slope ? slope : nt, u, tile->count);
        if (nt) {
            if (slope) memcpy(nt, slope, (size_t)(tile->count * ntk_dtype_size(tile->dtype)));
            ntk_activation_evaluate(weights->activation, isa, tile->dtype, 2, bend, u, tile->count);
            scale(nt, tile->dtype, weights->tangent_factor, a, tile->count);
            scale(bend, tile->dtype, weights->tangent_factor, a, tile->count);
        }
        if (slope) scale(slope, tile->dtype, weights->gamma, NULL, tile->count);
    }
    return NTK_OK;
}

ntk_status ntk_hidden_slopes(const ntk_weights *weights, const ntk_lane *lane, int32_t dtype, const void *w, int64_t first,
                             int64_t count, const void *x, int64_t ldx, int64_t rows, void *u, void *slope, void *nt,
                             void *bend, int64_t ld)
{
    hidden_tile tile = {.weights = weights, .dtype = dtype, .first = first, .count = count, .rows = rows, .u = u, .ld = ld};
    tile.slope = slope;
    tile.nt = nt;
    tile.bend = bend;
    tile.per_task = ntk_rows_per_task(count);
    NTK_TRY(ntk_layer_input(weights, dtype, w, first, count, x, ldx, rows, u, ld));
    return ntk_run(lane, (rows - 1) / tile.per_task + 1, slope_rows, &tile);
}

typedef struct hidden_layer {
    const ntk_weights *weights;
    int32_t dtype;
    const void *w, *x;
    int64_t ldx, rows;
    void *rf, *nt;
    int64_t ld;
    ntk_tile shape;
} hidden_layer;

static ntk_status layer_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const hidden_layer *layer = argument;
    int64_t row = index * layer->shape.rows, hidden = layer->weights->hidden, count;
    int64_t rows = layer->rows - row < layer->shape.rows ? layer->rows - row : layer->shape.rows;
    const void *x = ntk_at(layer->x, layer->dtype, row * layer->ldx);
    for (int64_t first = 0; first < hidden; first += count) {
        count = hidden - first < layer->shape.neurons ? hidden - first : layer->shape.neurons;
        int64_t corner = row * layer->ld + first;
        void *rf = layer->rf ? ntk_at(layer->rf, layer->dtype, corner) : NULL;
        void *nt = layer->nt ? ntk_at(layer->nt, layer->dtype, corner) : NULL;
        NTK_TRY(ntk_hidden_tile(layer->weights, lane, layer->dtype, layer->w, first, count, x, layer->ldx, rows, rf, nt,
                                layer->ld));
        NTK_TRY(ntk_advance(lane, first + count < hidden ? 0 : rows));
    }
    return NTK_OK;
}

ntk_status ntk_hidden_layer(const ntk_weights *weights, const ntk_lane *lane, int32_t dtype, const void *w, const void *x,
                            int64_t ldx, int64_t rows, void *rf, void *nt, int64_t ld)
{
    hidden_layer layer = {
        .weights = weights, .dtype = dtype, .w = w, .x = x, .ldx = ldx, .rows = rows, .rf = rf, .nt = nt, .ld = ld};
    layer.shape = ntk_tile_shape(rows, weights->hidden, ntk_layer_cost(weights->inputs));
    return ntk_run_blas(lane, (rows - 1) / layer.shape.rows + 1, layer_rows, &layer);
}
