#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "features/hidden.h"
#include "features/layered.h"

/* A task owns a block of neurons and takes the samples in order: no two tasks add to one number. */
enum { BLOCKS = 32, LEAST_BLOCK = 32, LARGEST_BLOCK = 512 };

/* For target t, with S_ik = r_it nt_ik,
 *   B_t = S^T X  (N x d)   and   b_RF = rf^T r  (N x t). */
typedef struct transposed {
    const ntk_features_call *call;
    const ntk_features *features;
    int32_t dtype;
    int64_t samples;
    ntk_operand x, r;
    const ntk_coefficients *b;
    ntk_tile shape;
    char *scratch; /* per lane: rf, nt, S */
    int64_t tile_bytes;
} transposed;

/* A tile in work, for one target of the NT part. */
typedef struct transposed_tile {
    const transposed *call;
    int64_t row, rows, first, count, per_task, target;
    void *rf, *nt, *s;
} transposed_tile;

static ntk_status scale_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const transposed_tile *tile = argument;
    const transposed *call = tile->call;
    int64_t begin = index * tile->per_task, end = begin + tile->per_task < tile->rows ? begin + tile->per_task : tile->rows;
    for (int64_t i = begin; i < end; i++) {
        double r = ntk_get(call->r.data, call->dtype, (tile->row + i) * call->r.stride + tile->target);
        int64_t at = i * tile->count;
        ntk_scale(call->dtype, ntk_at(tile->s, call->dtype, at), r, ntk_at(tile->nt, call->dtype, at), tile->count);
    }
    return NTK_OK;
}

static ntk_status add_nt(transposed_tile *tile, const ntk_lane *lane, const void *x)
{
    const transposed *call = tile->call;
    int64_t d = call->features->weights->inputs, hidden = call->features->weights->hidden;
    for (tile->target = 0; tile->target < call->b->targets; tile->target++) {
        void *block = ntk_at(call->b->nt, call->dtype, (tile->target * hidden + tile->first) * d);
        NTK_TRY(ntk_run(lane, (tile->rows - 1) / tile->per_task + 1, scale_rows, tile));
        NTK_TRY(ntk_blas_gemm(call->dtype, NTK_TRANSPOSED, NTK_PLAIN, tile->count, d, tile->rows, 1, tile->s, tile->count, x,
                              call->x.stride, tile->row ? 1 : 0, block, d));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status add_rf(const transposed_tile *tile)
{
    const transposed *call = tile->call;
    int64_t targets = call->b->targets;
    return ntk_blas_gemm(call->dtype, NTK_TRANSPOSED, NTK_PLAIN, tile->count, targets, tile->rows, 1, tile->rf, tile->count,
                         ntk_at(call->r.data, call->dtype, tile->row * call->r.stride), call->r.stride, tile->row ? 1 : 0,
                         ntk_at(call->b->rf, call->dtype, tile->first * targets), targets);
}

static ntk_status neuron_block(void *argument, int64_t index, const ntk_lane *lane)
{
    const transposed *call = argument;
    const ntk_weights *weights = call->features->weights;
    transposed_tile tile = {.call = call, .first = index * call->shape.neurons};
    int64_t left = weights->hidden - tile.first;
    tile.count = left < call->shape.neurons ? left : call->shape.neurons;
    tile.per_task = ntk_rows_per_task(tile.count);
    char *scratch = call->scratch + lane->index * 3 * call->tile_bytes;
    tile.rf = call->b->rf ? scratch : NULL;
    tile.nt = call->b->nt ? scratch + call->tile_bytes : NULL;
    tile.s = scratch + 2 * call->tile_bytes;
    for (; tile.row < call->samples; tile.row += tile.rows) {
        left = call->samples - tile.row;
        tile.rows = left < call->shape.rows ? left : call->shape.rows;
        const void *x = ntk_at(call->x.data, call->dtype, tile.row * call->x.stride);
        NTK_TRY(ntk_hidden_tile(weights, lane, call->dtype, call->call->w, tile.first, tile.count, x, call->x.stride, tile.rows,
                                tile.rf, tile.nt, tile.count));
        if (tile.rf) NTK_TRY(add_rf(&tile));
        if (tile.nt) NTK_TRY(add_nt(&tile, lane, x));
        NTK_TRY(ntk_advance(lane, tile.rows * tile.count));
    }
    return NTK_OK;
}

static int64_t block_size(int64_t hidden)
{
    int64_t block = (hidden / BLOCKS + 8) / 8 * 8;
    block = block < LEAST_BLOCK ? LEAST_BLOCK : block > LARGEST_BLOCK ? LARGEST_BLOCK : block;
    return block < hidden ? block : hidden;
}

static ntk_tile shape_of(const ntk_weights *weights, int64_t rows, int64_t targets)
{
    return ntk_tile_shape(rows, block_size(weights->hidden), ntk_layer_cost(weights->inputs) + 2.0 * (double)targets);
}

static int64_t bytes_of_tile(ntk_tile shape, int32_t dtype)
{
    return ntk_whole_lines(shape.rows * shape.neurons * ntk_dtype_size(dtype));
}

ntk_status ntk_features_transposed_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes,
                                          int32_t dtype, int64_t rows, int64_t targets)
{
    if (!features->weights->plain) return ntk_layered_memory(features, bytes, dtype, rows, 0);
    ntk_tile shape = shape_of(features->weights, rows, targets);
    int64_t tasks = (features->weights->hidden - 1) / shape.neurons + 1;
    return ntk_need(bytes, ntk_lanes_expected(context, tasks), 3 * bytes_of_tile(shape, dtype));
}

static ntk_status run_blocks(transposed *job, const ntk_matrix *x, const ntk_matrix *r)
{
    const ntk_features_call *call = job->call;
    ntk_context *context = call->lane->work->context;
    int64_t tasks = (call->features->weights->hidden - 1) / job->shape.neurons + 1;
    NTK_TRY(ntk_operand_open(call->lane, &job->x, x, call->dtype, call->function, "x"));
    NTK_TRY(ntk_operand_open(call->lane, &job->r, r, call->dtype, call->function, "r"));
    NTK_TRY(ntk_allocate(context, &job->scratch, ntk_lanes_for(call->lane, tasks), 3 * job->tile_bytes, "a tile of features"));
    NTK_TRY(ntk_run_blas(call->lane, tasks, neuron_block, job));
    if (ntk_coefficients_finite(job->b, call->features)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: a product of features and residuals overflows", call->function);
}

ntk_status ntk_features_transposed_product(const ntk_features_call *call, const ntk_coefficients *b, const ntk_matrix *x,
                                           const ntk_matrix *r)
{
    ntk_context *context = call->lane->work->context;
    if (!call->features->weights->plain) return ntk_layered_transposed_product(call, b, x, r);
    transposed job = {.call = call, .features = call->features, .dtype = call->dtype, .samples = x->rows, .b = b};
    job.shape = shape_of(call->features->weights, x->rows, r->cols);
    job.tile_bytes = bytes_of_tile(job.shape, call->dtype);
    ntk_status status = run_blocks(&job, x, r);
    ntk_free(context, job.scratch);
    ntk_operand_close(context, &job.r);
    ntk_operand_close(context, &job.x);
    return status;
}

ntk_status ntk_features_transposed_write(ntk_features_call *call, const ntk_matrix *b, const ntk_matrix *x, const ntk_matrix *r)
{
    ntk_context *context = call->lane->work->context;
    ntk_coefficients coefficients;
    void *w;
    NTK_TRY(ntk_hidden_weights(call->lane, call->features->weights, call->dtype, &w, call->function));
    call->w = w;
    ntk_status status = ntk_coefficients_open(context, &coefficients, call->features, call->dtype, b);
    if (status >= 0) status = ntk_features_transposed_product(call, &coefficients, x, r);
    if (status >= 0) status = ntk_coefficients_scatter(&coefficients, call->features, call->lane, b);
    ntk_coefficients_close(context, &coefficients);
    ntk_free(context, w);
    return status;
}

ntk_status ntk_features_multiply_transposed(const ntk_features *features, const ntk_matrix *b, const ntk_matrix *x,
                                            const ntk_matrix *r)
{
    NTK_REQUIRE(features);
    NTK_TRY(ntk_output_check(b, __func__, "b"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_input_check(r, __func__, "r"));
    NTK_TRY(ntk_shape_check(x, -1, features->weights->inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(r, x->rows, -1, __func__, "r"));
    NTK_TRY(ntk_shape_check(b, features->size, r->cols, __func__, "b"));
    NTK_TRY(ntk_disjoint_check(b, "b", x, "x", __func__));
    NTK_TRY(ntk_disjoint_check(b, "b", r, "r", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    NTK_TRY(ntk_finite_check(r, __func__, "r"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, features->base.context);
    ntk_work_stage(&work, "transposed features times residuals", x->rows * features->weights->hidden, 0, 1);
    ntk_features_call call = {.features = features, .lane = &lane, .dtype = b->dtype, .function = __func__};
    return ntk_features_transposed_write(&call, b, x, r);
}
