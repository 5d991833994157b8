#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "features/hidden.h"
#include "features/layered.h"

#include <string.h>

/* For target t, with B_t its N x d block of b,
 *   (Phi b)_it = sum_k nt_ik <x_i, B_tk> + sum_k rf_ik b_kt. */
typedef struct product {
    const ntk_features_call *call;
    const ntk_features *features;
    const ntk_matrix *y;
    int32_t dtype;
    ntk_operand x;
    const ntk_coefficients *b;
    const double *add;
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
        void *sum = ntk_at(tile->sums, dtype, i * tile->call->b->targets + tile->target);
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
    for (tile->target = 0; tile->target < call->b->targets; tile->target++) {
        const void *block = ntk_at(call->b->nt, call->dtype, (tile->target * hidden + tile->first) * d);
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
    int64_t targets = call->b->targets;
    tile->per_task = ntk_rows_per_task(tile->count);
    NTK_TRY(ntk_hidden_tile(weights, lane, call->dtype, call->call->w, tile->first, tile->count, x, call->x.stride, tile->rows,
                            tile->rf, tile->nt, tile->count));
    if (tile->rf)
        NTK_TRY(ntk_blas_gemm(call->dtype, NTK_PLAIN, NTK_PLAIN, tile->rows, targets, tile->count, 1, tile->rf, tile->count,
                              ntk_at(call->b->rf, call->dtype, tile->first * targets), targets, 1, tile->sums, targets));
    return tile->nt ? add_nt(tile, lane, x) : NTK_OK;
}

static ntk_status write_rows(const product *call, int64_t first, int64_t rows, void *sums)
{
    int64_t targets = call->b->targets;
    for (int64_t i = 0; i < rows; i++) {
        void *sum = ntk_at(sums, call->dtype, i * targets);
        for (int64_t c = 0; call->add && c < targets; c++) {
            double value = ntk_get(sum, call->dtype, c) + call->add[c];
            ntk_convert(ntk_at(sum, call->dtype, c), call->dtype, &value, NTK_F64, 1);
        }
        NTK_TRY(ntk_write_row(call->y, first + i, 0, sum, call->dtype, targets, call->call->function, "y"));
    }
    return NTK_OK;
}

static ntk_status multiply_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const product *call = argument;
    int64_t hidden = call->features->weights->hidden, row = index * call->shape.rows, left = call->y->rows - row;
    char *scratch = call->scratch + lane->index * call->scratch_size;
    product_tile tile = {.call = call, .rows = left < call->shape.rows ? left : call->shape.rows};
    tile.rf = call->b->rf ? scratch : NULL;
    tile.nt = call->b->nt ? scratch + call->tile_bytes : NULL;
    tile.v = scratch + 2 * call->tile_bytes;
    tile.sums = scratch + 3 * call->tile_bytes;
    memset(tile.sums, 0, (size_t)(tile.rows * call->b->targets * ntk_dtype_size(call->dtype)));
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
static ntk_tile shape_of(const ntk_weights *weights, int64_t rows, int64_t targets)
{
    int64_t width = targets > weights->hidden ? targets : weights->hidden;
    ntk_tile shape = ntk_tile_shape(rows, width, ntk_layer_cost(weights->inputs) + 2.0 * (double)targets);
    if (shape.neurons > weights->hidden) shape.neurons = weights->hidden;
    return shape;
}

static int64_t tasks_for(int64_t rows, ntk_tile shape)
{
    return (rows - 1) / shape.rows + 1;
}

/* Bytes of a lane's scratch, and of a tile in it. */
static ntk_status scratch_size(int64_t *size, int64_t *tile_bytes, ntk_tile shape, int32_t dtype, int64_t targets)
{
    uint64_t bytes;
    *tile_bytes = ntk_whole_lines(shape.rows * shape.neurons * ntk_dtype_size(dtype));
    NTK_TRY(ntk_size_multiply(&bytes, shape.rows, ntk_dtype_size(dtype) * targets));
    NTK_TRY(ntk_size_add(&bytes, 3, *tile_bytes));
    *size = (int64_t)((bytes + 63) / 64 * 64);
    return NTK_OK;
}

ntk_status ntk_features_product_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes, int32_t dtype,
                                       int64_t rows, int64_t targets)
{
    int64_t size, tile;
    if (!features->weights->plain) return ntk_layered_memory(features, bytes, dtype, rows, targets);
    ntk_tile shape = shape_of(features->weights, rows, targets);
    NTK_TRY(scratch_size(&size, &tile, shape, dtype, targets));
    return ntk_need(bytes, ntk_lanes_expected(context, tasks_for(rows, shape)), size);
}

ntk_status ntk_features_product(const ntk_features_call *call, const ntk_matrix *y, const ntk_matrix *x,
                                const ntk_coefficients *b, const double *add)
{
    ntk_context *context = call->lane->work->context;
    if (!call->features->weights->plain) return ntk_layered_product(call, y, x, b, add);
    product job = {.call = call, .features = call->features, .y = y, .dtype = call->dtype, .b = b, .add = add};
    job.shape = shape_of(call->features->weights, x->rows, b->targets);
    NTK_TRY(scratch_size(&job.scratch_size, &job.tile_bytes, job.shape, call->dtype, b->targets));
    NTK_TRY(ntk_operand_open(call->lane, &job.x, x, call->dtype, call->function, "x"));
    ntk_status status = ntk_allocate(context, &job.scratch, ntk_lanes_for(call->lane, tasks_for(x->rows, job.shape)),
                                     job.scratch_size, "a tile of features");
    if (status >= 0) status = ntk_run_blas(call->lane, tasks_for(x->rows, job.shape), multiply_rows, &job);
    ntk_free(context, job.scratch);
    ntk_operand_close(context, &job.x);
    return status;
}

static ntk_status multiply_all(ntk_features_call *call, const ntk_matrix *y, const ntk_matrix *x, const ntk_matrix *b)
{
    ntk_context *context = call->lane->work->context;
    ntk_coefficients coefficients;
    void *w;
    NTK_TRY(ntk_hidden_weights(call->lane, call->features->weights, call->dtype, &w, call->function));
    call->w = w;
    ntk_status status = ntk_coefficients_open(context, &coefficients, call->features, call->dtype, b);
    if (status >= 0) status = ntk_coefficients_gather(&coefficients, call->features, call->lane, b, call->function);
    if (status >= 0) status = ntk_features_product(call, y, x, &coefficients, NULL);
    ntk_coefficients_close(context, &coefficients);
    ntk_free(context, w);
    return status;
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
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, features->base.context);
    ntk_work_stage(&work, "features times coefficients", x->rows, 0, 1);
    ntk_features_call call = {.features = features, .lane = &lane, .dtype = y->dtype, .function = __func__};
    return multiply_all(&call, y, x, b);
}
