#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "features/hidden.h"
#include "features/layered.h"

/* Writing a number of Phi takes about as long as so many multiplications and additions of a matrix product. */
enum { WRITE_COST = 32 };

/* Samples of one call on their way to Phi. */
typedef struct mapping {
    const ntk_features_call *call;
    const ntk_features *features;
    int32_t dtype;
    const void *x;
    int64_t ldx, samples;
    void *Phi;
    int64_t ld;
    ntk_tile shape;
    char *scratch; /* per lane: rf, then nt */
    int64_t scratch_size;
} mapping;

/* A tile in work: the factors of its samples and neurons. */
typedef struct map_tile {
    const mapping *call;
    int64_t row, rows, first, count, per_task;
    void *rf, *nt;
} map_tile;

static void outer_product(void *out, int32_t dtype, const void *nt, int64_t count, const void *x, int64_t d)
{
    if (dtype == NTK_F64) {
        const double *factor = nt, *in = x;
        double *to = out;
        for (int64_t k = 0; k < count; k++, to += d)
            for (int64_t j = 0; j < d; j++) to[j] = factor[k] * in[j];
    } else {
        const float *factor = nt, *in = x;
        float *to = out;
        for (int64_t k = 0; k < count; k++, to += d)
            for (int64_t j = 0; j < d; j++) to[j] = factor[k] * in[j];
    }
}

static ntk_status write_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const map_tile *tile = argument;
    const mapping *call = tile->call;
    int32_t dtype = call->dtype;
    int64_t d = call->features->weights->inputs, begin = index * tile->per_task;
    int64_t end = begin + tile->per_task < tile->rows ? begin + tile->per_task : tile->rows;
    for (int64_t i = begin; i < end; i++) {
        void *row = ntk_at(call->Phi, dtype, (tile->row + i) * call->ld);
        int finite = 1;
        if (tile->nt) {
            void *block = ntk_at(row, dtype, tile->first * d);
            outer_product(block, dtype, ntk_at(tile->nt, dtype, i * tile->count), tile->count,
                          ntk_at(call->x, dtype, (tile->row + i) * call->ldx), d);
            finite = ntk_is_finite(block, dtype, tile->count * d);
        }
        if (tile->rf) {
            void *block = ntk_at(row, dtype, call->features->size - call->features->weights->hidden + tile->first);
            ntk_convert(block, dtype, ntk_at(tile->rf, dtype, i * tile->count), dtype, tile->count);
            finite = finite && ntk_is_finite(block, dtype, tile->count);
        }
        if (!finite)
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: a feature overflows in row %lld (counted from 0)", call->call->function,
                            (long long)(tile->row + i));
    }
    return NTK_OK;
}

static ntk_status map_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const mapping *call = argument;
    const ntk_weights *weights = call->features->weights;
    int64_t row = index * call->shape.rows, left = call->samples - row;
    map_tile tile = {.call = call, .row = row, .rows = left < call->shape.rows ? left : call->shape.rows};
    char *scratch = call->scratch + lane->index * call->scratch_size;
    if (ntk_features_has(call->features, NTK_PART_RF)) tile.rf = scratch;
    if (ntk_features_has(call->features, NTK_PART_NT)) tile.nt = tile.rf ? scratch + call->scratch_size / 2 : scratch;
    const void *x = ntk_at(call->x, call->dtype, row * call->ldx);
    for (; tile.first < weights->hidden; tile.first += tile.count) {
        left = weights->hidden - tile.first;
        tile.count = left < call->shape.neurons ? left : call->shape.neurons;
        tile.per_task = ntk_rows_per_task(tile.nt ? tile.count * weights->inputs : tile.count);
        NTK_TRY(ntk_hidden_tile(weights, lane, call->dtype, call->call->w, tile.first, tile.count, x, call->ldx, tile.rows,
                                tile.rf, tile.nt, tile.count));
        NTK_TRY(ntk_run(lane, (tile.rows - 1) / tile.per_task + 1, write_rows, &tile));
        NTK_TRY(ntk_advance(lane, tile.first + tile.count < weights->hidden ? 0 : tile.rows));
    }
    return NTK_OK;
}

static ntk_tile shape_of(const ntk_features *features, int64_t rows)
{
    const ntk_weights *weights = features->weights;
    double written = ntk_features_has(features, NTK_PART_NT) ? (double)weights->inputs : 1;
    return ntk_tile_shape(rows, weights->hidden, ntk_layer_cost(weights->inputs) + WRITE_COST * written);
}

static int64_t tasks_for(int64_t rows, ntk_tile shape)
{
    return (rows - 1) / shape.rows + 1;
}

/* Bytes of a lane's scratch. */
static int64_t scratch_size(const ntk_features *features, ntk_tile shape, int32_t dtype)
{
    int64_t bytes = shape.rows * shape.neurons * ntk_dtype_size(dtype), factors = features->part == NTK_PART_BOTH ? 2 : 1;
    return (bytes + 63) / 64 * 64 * factors;
}

ntk_status ntk_features_rows(const ntk_features_call *call, void *Phi, int64_t ld, const void *x, int64_t ldx, int64_t rows)
{
    ntk_context *context = call->lane->work->context;
    if (!call->features->weights->plain) return ntk_layered_rows(call, Phi, ld, x, ldx, rows);
    mapping job = {.call = call, .features = call->features, .dtype = call->dtype, .x = x, .ldx = ldx};
    job.samples = rows;
    job.Phi = Phi;
    job.ld = ld;
    job.shape = shape_of(call->features, rows);
    job.scratch_size = scratch_size(call->features, job.shape, call->dtype);
    NTK_TRY(ntk_allocate(context, &job.scratch, ntk_lanes_for(call->lane, tasks_for(rows, job.shape)), job.scratch_size,
                         "a tile of features"));
    ntk_status status = ntk_run_blas(call->lane, tasks_for(rows, job.shape), map_rows, &job);
    ntk_free(context, job.scratch);
    return status;
}

ntk_status ntk_features_rows_memory(const ntk_features *features, const ntk_context *context, uint64_t *bytes, int32_t dtype,
                                    int64_t rows)
{
    if (!features->weights->plain) return ntk_layered_memory(features, bytes, dtype, rows, 0);
    ntk_tile shape = shape_of(features, rows);
    return ntk_need(bytes, ntk_lanes_expected(context, tasks_for(rows, shape)), scratch_size(features, shape, dtype));
}

static ntk_status map_all(ntk_features_call *call, const ntk_matrix *Phi, const ntk_matrix *x)
{
    ntk_context *context = call->lane->work->context;
    ntk_operand operand;
    void *w = NULL;
    NTK_TRY(ntk_operand_open(call->lane, &operand, x, call->dtype, call->function, "x"));
    ntk_status status = ntk_hidden_weights(call->lane, call->features->weights, call->dtype, &w, call->function);
    call->w = w;
    if (status >= 0) status = ntk_features_rows(call, Phi->data, Phi->stride, operand.data, operand.stride, x->rows);
    ntk_free(context, w);
    ntk_operand_close(context, &operand);
    return status;
}

ntk_status ntk_features_map(const ntk_features *features, const ntk_matrix *Phi, const ntk_matrix *x)
{
    NTK_REQUIRE(features);
    NTK_TRY(ntk_output_check(Phi, __func__, "Phi"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, features->weights->inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(Phi, x->rows, features->size, __func__, "Phi"));
    NTK_TRY(ntk_disjoint_check(Phi, "Phi", x, "x", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, features->base.context);
    ntk_work_stage(&work, "features", x->rows, 0, 1);
    ntk_features_call call = {.features = features, .lane = &lane, .dtype = Phi->dtype, .function = __func__};
    return map_all(&call, Phi, x);
}
