#include "features/gradient.h"

#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "features/hidden.h"
#include "features/layered.h"

#include <string.h>

/* With B_t the N x d block of b for target t, b_t its RF part, and u = f W x,
 *   grad <phi, b>_t = sum_k nt_k B_tk + f sum_k (bend_k <x, B_tk> + slope_k b_tk) w_k,
 *   nt_k = tangent_factor a_k sigma'(u_k),   bend_k = tangent_factor a_k sigma''(u_k),   slope_k = gamma sigma'(u_k). */
typedef struct gradient {
    const ntk_features_call *call;
    const ntk_weights *weights;
    const ntk_matrix *g;
    int32_t dtype;
    ntk_operand x;
    const ntk_coefficients *b;
    ntk_tile shape;
    char *scratch; /* per lane: slope, nt, bend, the factors of w, g */
    int64_t tile_bytes, scratch_size;
} gradient;

enum { TILES = 4 };

/* A tile in work, for one target of its sums; slope or nt and bend may be NULL. */
typedef struct gradient_tile {
    const gradient *call;
    int64_t rows, first, count, per_task, target;
    void *slope, *nt, *bend, *factors, *sums;
} gradient_tile;

/* out[k] = out[k] bend[k] + slope[k] b[k stride], without what is NULL: out is only read beside bend */
#define DEFINE_COMBINE(NAME, REAL)                                                                                  \
    static void combine_##NAME(void *results, const void *bends, const void *slopes, const void *b, int64_t stride, \
                               int64_t count)                                                                       \
    {                                                                                                               \
        REAL *out = results;                                                                                        \
        const REAL *bend = bends, *slope = slopes, *c = b;                                                          \
        for (int64_t k = 0; k < count; k++) out[k] = bend ? out[k] * bend[k] : 0;                                   \
        for (int64_t k = 0; slope && k < count; k++) out[k] += slope[k] * c[k * stride];                            \
    }

DEFINE_COMBINE(f64, double)
DEFINE_COMBINE(f32, float)

static void *part_of(const gradient_tile *tile, void *rectangle, int64_t row)
{
    return rectangle ? ntk_at(rectangle, tile->call->dtype, row * tile->count) : NULL;
}

static ntk_status combine_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const gradient_tile *tile = argument;
    const ntk_coefficients *b = tile->call->b;
    int32_t dtype = tile->call->dtype;
    const void *rf = b->rf ? ntk_at(b->rf, dtype, tile->first * b->targets + tile->target) : NULL;
    int64_t begin = index * tile->per_task, end = begin + tile->per_task < tile->rows ? begin + tile->per_task : tile->rows;
    for (int64_t i = begin; i < end; i++)
        (dtype == NTK_F64 ? combine_f64 : combine_f32)(part_of(tile, tile->factors, i), part_of(tile, tile->bend, i),
                                                       part_of(tile, tile->slope, i), rf, b->targets, tile->count);
    return NTK_OK;
}

static ntk_status add_target(const gradient_tile *tile, const ntk_lane *lane, const void *x)
{
    const gradient *call = tile->call;
    const ntk_weights *weights = call->weights;
    int32_t dtype = call->dtype;
    int64_t d = weights->inputs, ld = call->b->targets * d, tasks = (tile->rows - 1) / tile->per_task + 1;
    void *sums = ntk_at(tile->sums, dtype, tile->target * d);
    const void *block = call->b->nt ? ntk_at(call->b->nt, dtype, (tile->target * weights->hidden + tile->first) * d) : NULL;
    const void *w = ntk_at(call->call->w ? call->call->w : weights->w, dtype, tile->first * d);
    if (block) {
        NTK_TRY(ntk_blas_gemm(dtype, NTK_PLAIN, NTK_PLAIN, tile->rows, d, tile->count, 1, tile->nt, tile->count, block, d, 1,
                              sums, ld));
        NTK_TRY(ntk_advance(lane, 0));
        NTK_TRY(ntk_blas_gemm(dtype, NTK_PLAIN, NTK_TRANSPOSED, tile->rows, tile->count, d, 1, x, call->x.stride, block, d, 0,
                              tile->factors, tile->count));
        NTK_TRY(ntk_advance(lane, 0));
    }
    NTK_TRY(ntk_run(lane, tasks, combine_rows, (void *)(uintptr_t)tile));
    return ntk_blas_gemm(dtype, NTK_PLAIN, NTK_PLAIN, tile->rows, d, tile->count, weights->input_factor, tile->factors,
                         tile->count, w, d, 1, sums, ld);
}

static ntk_status add_tile(gradient_tile *tile, const ntk_lane *lane, const void *x)
{
    const gradient *call = tile->call;
    tile->per_task = ntk_rows_per_task(tile->count);
    NTK_TRY(ntk_hidden_slopes(call->weights, lane, call->dtype, call->call->w, tile->first, tile->count, x, call->x.stride,
                              tile->rows, tile->factors, tile->slope, tile->nt, tile->bend, tile->count));
    for (tile->target = 0; tile->target < call->b->targets; tile->target++) {
        NTK_TRY(add_target(tile, lane, x));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status write_rows(const gradient *call, int64_t first, int64_t rows, const void *sums)
{
    const ntk_matrix *g = call->g;
    for (int64_t i = 0; i < rows; i++)
        NTK_TRY(ntk_write_row(g, first + i, 0, ntk_at(sums, call->dtype, i * g->cols), call->dtype, g->cols,
                              call->call->function, "g"));
    return NTK_OK;
}

static ntk_status differentiate(void *argument, int64_t index, const ntk_lane *lane)
{
    const gradient *call = argument;
    int64_t hidden = call->weights->hidden, row = index * call->shape.rows, left = call->g->rows - row;
    char *scratch = call->scratch + lane->index * call->scratch_size;
    gradient_tile tile = {.call = call, .rows = left < call->shape.rows ? left : call->shape.rows};
    tile.slope = call->b->rf ? scratch : NULL;
    tile.nt = call->b->nt ? scratch + call->tile_bytes : NULL;
    tile.bend = call->b->nt ? scratch + 2 * call->tile_bytes : NULL;
    tile.factors = scratch + 3 * call->tile_bytes;
    tile.sums = scratch + TILES * call->tile_bytes;
    memset(tile.sums, 0, (size_t)(tile.rows * call->g->cols * ntk_dtype_size(call->dtype)));
    const void *x = ntk_at(call->x.data, call->dtype, row * call->x.stride);
    for (; tile.first < hidden; tile.first += tile.count) {
        left = hidden - tile.first;
        tile.count = left < call->shape.neurons ? left : call->shape.neurons;
        NTK_TRY(add_tile(&tile, lane, x));
        NTK_TRY(ntk_advance(lane, tile.first + tile.count < hidden ? 0 : tile.rows));
    }
    return write_rows(call, row, tile.rows, tile.sums);
}

/* As wide as the sums of a row, so that these do not grow large. */
static ntk_tile shape_of(const ntk_weights *weights, int64_t rows, int64_t targets)
{
    int64_t numbers = targets * weights->inputs, width = numbers > weights->hidden ? numbers : weights->hidden;
    ntk_tile shape = ntk_tile_shape(rows, width, ntk_layer_cost(weights->inputs));
    if (shape.neurons > weights->hidden) shape.neurons = weights->hidden;
    return shape;
}

static int64_t tasks_for(int64_t rows, ntk_tile shape)
{
    return (rows - 1) / shape.rows + 1;
}

/* Bytes of a lane's scratch, and of a tile in it. */
static ntk_status scratch_size(int64_t *size, int64_t *tile_bytes, const ntk_weights *weights, ntk_tile shape, int32_t dtype,
                               int64_t targets)
{
    uint64_t bytes;
    *tile_bytes = ntk_whole_lines(shape.rows * shape.neurons * ntk_dtype_size(dtype));
    NTK_TRY(ntk_size_multiply(&bytes, targets, weights->inputs * ntk_dtype_size(dtype)));
    NTK_TRY(ntk_size_multiply(&bytes, shape.rows, (int64_t)bytes));
    NTK_TRY(ntk_size_add(&bytes, TILES, *tile_bytes));
    *size = (int64_t)((bytes + 63) / 64 * 64);
    return NTK_OK;
}

ntk_status ntk_features_gradient_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes,
                                        int32_t dtype, int64_t rows, int64_t targets)
{
    int64_t size, tile;
    if (!features->weights->plain) return ntk_layered_gradient_memory(features, bytes, dtype, rows);
    ntk_tile shape = shape_of(features->weights, rows, targets);
    NTK_TRY(scratch_size(&size, &tile, features->weights, shape, dtype, targets));
    return ntk_need(bytes, ntk_lanes_expected(context, tasks_for(rows, shape)), size);
}

ntk_status ntk_features_gradient(const ntk_features_call *call, const ntk_matrix *g, const ntk_matrix *x,
                                 const ntk_coefficients *b)
{
    ntk_context *context = call->lane->work->context;
    if (!call->features->weights->plain) return ntk_layered_gradient(call, g, x, b);
    gradient job = {.call = call, .weights = call->features->weights, .g = g, .dtype = call->dtype, .b = b};
    job.shape = shape_of(job.weights, x->rows, b->targets);
    NTK_TRY(scratch_size(&job.scratch_size, &job.tile_bytes, job.weights, job.shape, call->dtype, b->targets));
    NTK_TRY(ntk_operand_open(call->lane, &job.x, x, call->dtype, call->function, "x"));
    ntk_status status = ntk_allocate(context, &job.scratch, ntk_lanes_for(call->lane, tasks_for(x->rows, job.shape)),
                                     job.scratch_size, "a tile of features' gradients");
    if (status >= 0) status = ntk_run_blas(call->lane, tasks_for(x->rows, job.shape), differentiate, &job);
    ntk_free(context, job.scratch);
    ntk_operand_close(context, &job.x);
    return status;
}
