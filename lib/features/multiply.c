#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "features/coefficients.h"
#include "features/hidden.h"

#include <string.h>

/* One call of ntk_features_multiply.  For target t, with B_t its N x d block of b,
 *   (Phi b)_it = sum_k nt_ik <x_i, B_tk> + sum_k rf_ik b_kt. */
typedef struct product {
    const ntk_features *features;
    const ntk_matrix *y;
    int32_t dtype;
    ntk_operand x;
    void *w; /* in dtype, or NULL */
    ntk_coefficients b;
    ntk_tile shape;
    char *scratch; /* per lane: rf, nt, X B_t^T, y */
    int64_t tile_bytes, scratch_size;
} product;

/* A tile in work, for one target of the NT part. */
typedef struct product_tile {
    const product *call;
    int64_t rows, first, count, per_task, target;
    void *rf, *nt, *v, *sums;
} product_tile;

static ntk_status add_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const product_tile *tile = argument;
    int32_t dtype = tile->call->dtype;
    int64_t begin = index * tile->per_task, end = begin + tile->per_task < tile->rows ? begin + tile->per_task : tile->rows;
    for (int64_t i = begin; i < end; i++) {
        void *sum = ntk_at(tile->sums, dtype, i * tile->call->b.targets + tile->target);
        double part =
            ntk_dot(dtype, ntk_at(tile->nt, dtype, i * tile->count), ntk_at(tile->v, dtype, i * tile->count), tile->count);
        part += ntk_get(sum, dtype, 0);
        ntk_convert(sum, dtype, &part, NTK_F64, 1);
    }
    return NTK_OK;
}

static ntk_status add_nt(product_tile *tile, const ntk_lane *lane, const void *x)
{
    const product *call = tile->call;
    int64_t d = call->features->weights->inputs, hidden = call->features->weights->hidden;
    for (tile->target = 0; tile->target < call->b.targets; tile->target++) {
        const void *block = ntk_at(call->b.nt, call->dtype, (tile->target * hidden + tile->first) * d);
        NTK_TRY(ntk_blas_gemm(call->dtype, NTK_PLAIN, NTK_TRANSPOSED, tile->rows, tile->count, d, 1, x, call->x.stride, block,
                              d, 0, tile->v, tile->count));
        NTK_TRY(ntk_run(lane, (tile->rows - 1) / tile->per_task + 1, add_rows, tile));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status add_tile(product_tile *tile, const ntk_lane *lane, const void *x)
{
    const product *call = tile->call;
    const ntk_weights *weights = call->features->weights;
    int64_t targets = call->b.targets;
    tile->per_task = ntk_rows_per_task(tile->count);
    NTK_TRY(ntk_hidden_tile(weights, lane, call->dtype, call->w, tile->first, tile->count, x, call->x.stride, tile->rows,
                            tile->rf, tile->nt, tile->count));
    if (tile->rf)
        NTK_TRY(ntk_blas_gemm(call->dtype, NTK_PLAIN, NTK_PLAIN, tile->rows, targets, tile->count, 1, tile->rf, tile->count,
                              ntk_at(call->b.rf, call->dtype, tile->first * targets), targets, 1, tile->sums, targets));
    return tile->nt ? add_nt(tile, lane, x) : NTK_OK;
}

static ntk_status write_rows(const product *call, int64_t first, int64_t rows, const void *sums)
{
    for (int64_t i = 0; i < rows; i++) {
        const void *sum = ntk_at(sums, call->dtype, i * call->b.targets);
        if (!ntk_is_finite(sum, call->dtype, call->b.targets))
            return ntk_fail(NTK_ERR_OVERFLOW, "ntk_features_multiply: y overflows in row %lld (counted from 0)",
                            (long long)(first + i));
        ntk_convert(ntk_row(call->y, first + i), call->dtype, sum, call->dtype, call->b.targets);
    }
    return NTK_OK;
}

static ntk_status multiply_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const product *call = argument;
    int64_t hidden = call->features->weights->hidden, row = index * call->shape.rows, left = call->y->rows - row;
    char *scratch = call->scratch + lane->index * call->scratch_size;
    product_tile tile = {.call = call, .rows = left < call->shape.rows ? left : call->shape.rows};
    tile.rf = call->b.rf ? scratch : NULL;
    tile.nt = call->b.nt ? scratch + call->tile_bytes : NULL;
    tile.v = scratch + 2 * call->tile_bytes;
    tile.sums = scratch + 3 * call->tile_bytes;
    memset(tile.sums, 0, (size_t)(tile.rows * call->b.targets * ntk_dtype_size(call->dtype)));
    const void *x = ntk_at(call->x.data, call->dtype, row * call->x.stride);
    for (; tile.first < hidden; tile.first += tile.count) {
        left = hidden - tile.first;
        tile.count = left < call->shape.neurons ? left : call->shape.neurons;
        NTK_TRY(add_tile(&tile, lane, x));
        NTK_TRY(ntk_advance(lane, tile.first + tile.count < hidden ? 0 : tile.rows));
    }
    return write_rows(call, row, tile.rows, tile.sums);
}

/* Many targets make tiles of few rows, so that neither the rows' sums grow large nor the time between two chances to stop. */
static ntk_status prepare(ntk_context *context, product *call, int64_t rows)
{
    const ntk_weights *weights = call->features->weights;
    int64_t targets = call->b.targets, size = ntk_dtype_size(call->dtype);
    int64_t width = targets > weights->hidden ? targets : weights->hidden;
    call->shape = ntk_tile_shape(rows, width, ntk_layer_cost(weights->inputs) + 2.0 * (double)targets);
    if (call->shape.neurons > weights->hidden) call->shape.neurons = weights->hidden;
    call->tile_bytes = (call->shape.rows * call->shape.neurons * size + 63) / 64 * 64;
    uint64_t bytes;
    NTK_TRY(ntk_size_multiply(&bytes, call->shape.rows, size * targets));
    NTK_TRY(ntk_size_add(&bytes, 3, call->tile_bytes));
    call->scratch_size = (int64_t)((bytes + 63) / 64 * 64);
    int64_t tasks = (rows - 1) / call->shape.rows + 1, lanes = ntk_lanes_blas(context);
    return ntk_allocate(context, &call->scratch, lanes < tasks ? lanes : tasks, call->scratch_size, "a tile of features");
}

static ntk_status multiply_all(ntk_context *context, product *call, const ntk_matrix *x, const ntk_matrix *b)
{
    NTK_TRY(ntk_operand_open(context, &call->x, x, call->dtype, "ntk_features_multiply", "x"));
    NTK_TRY(ntk_hidden_weights(context, call->features->weights, call->dtype, &call->w));
    NTK_TRY(ntk_coefficients_open(context, &call->b, call->features, call->dtype, b));
    NTK_TRY(ntk_coefficients_gather(&call->b, call->features, b));
    NTK_TRY(prepare(context, call, x->rows));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "features times coefficients", x->rows, 0, 1);
    return ntk_run_blas(&lane, (x->rows - 1) / call->shape.rows + 1, multiply_rows, call);
}

ntk_status ntk_features_multiply(const ntk_features *features, const ntk_matrix *y, const ntk_matrix *x, const ntk_matrix *b)
{
    NTK_REQUIRE(features);
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_input_check(b, __func__, "b"));
    NTK_TRY(ntk_shape_check(x, -1, features->weights->inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(b, features->size, -1, __func__, "b"));
    NTK_TRY(ntk_shape_check(y, x->rows, b->cols, __func__, "y"));
    NTK_TRY(ntk_disjoint_check(y, "y", x, "x", __func__));
    NTK_TRY(ntk_disjoint_check(y, "y", b, "b", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    NTK_TRY(ntk_finite_check(b, __func__, "b"));
    ntk_context *context = features->base.context;
    product call = {.features = features, .y = y, .dtype = y->dtype};
    ntk_status status = multiply_all(context, &call, x, b);
    ntk_free(context, call.scratch);
    ntk_coefficients_close(context, &call.b);
    ntk_free(context, call.w);
    ntk_operand_close(context, &call.x);
    return status;
}
