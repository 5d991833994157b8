#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "features/features.h"
#include "features/hidden.h"

/* Writing a number of Phi takes about as long as so many multiplications and additions of a matrix product. */
enum { WRITE_COST = 32 };

/* One call of ntk_features_map. */
typedef struct mapping {
    const ntk_features *features;
    const ntk_matrix *Phi;
    int32_t dtype;
    ntk_operand x;
    void *w; /* in dtype, or NULL */
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
        void *row = ntk_row(call->Phi, tile->row + i);
        int finite = 1;
        if (tile->nt) {
            void *block = ntk_at(row, dtype, tile->first * d);
            outer_product(block, dtype, ntk_at(tile->nt, dtype, i * tile->count), tile->count,
                          ntk_at(call->x.data, dtype, (tile->row + i) * call->x.stride), d);
            finite = ntk_is_finite(block, dtype, tile->count * d);
        }
        if (tile->rf) {
            void *block = ntk_at(row, dtype, call->features->size - call->features->weights->hidden + tile->first);
            ntk_convert(block, dtype, ntk_at(tile->rf, dtype, i * tile->count), dtype, tile->count);
            finite = finite && ntk_is_finite(block, dtype, tile->count);
        }
        if (!finite)
            return ntk_fail(NTK_ERR_OVERFLOW, "ntk_features_map: a feature overflows in row %lld (counted from 0)",
                            (long long)(tile->row + i));
    }
    return NTK_OK;
}

static ntk_status map_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const mapping *call = argument;
    const ntk_weights *weights = call->features->weights;
    int64_t row = index * call->shape.rows, left = call->Phi->rows - row;
    map_tile tile = {.call = call, .row = row, .rows = left < call->shape.rows ? left : call->shape.rows};
    char *scratch = call->scratch + lane->index * call->scratch_size;
    if (ntk_features_has(call->features, NTK_PART_RF)) tile.rf = scratch;
    if (ntk_features_has(call->features, NTK_PART_NT)) tile.nt = tile.rf ? scratch + call->scratch_size / 2 : scratch;
    const void *x = ntk_at(call->x.data, call->dtype, row * call->x.stride);
    for (; tile.first < weights->hidden; tile.first += tile.count) {
        left = weights->hidden - tile.first;
        tile.count = left < call->shape.neurons ? left : call->shape.neurons;
        tile.per_task = ntk_rows_per_task(tile.nt ? tile.count * weights->inputs : tile.count);
        NTK_TRY(ntk_hidden_tile(weights, lane, call->dtype, call->w, tile.first, tile.count, x, call->x.stride, tile.rows,
                                tile.rf, tile.nt, tile.count));
        NTK_TRY(ntk_run(lane, (tile.rows - 1) / tile.per_task + 1, write_rows, &tile));
        NTK_TRY(ntk_advance(lane, tile.first + tile.count < weights->hidden ? 0 : tile.rows));
    }
    return NTK_OK;
}

static ntk_status map_all(ntk_context *context, mapping *call, const ntk_matrix *x)
{
    const ntk_weights *weights = call->features->weights;
    int64_t factors = call->features->part == NTK_PART_BOTH ? 2 : 1;
    double written = ntk_features_has(call->features, NTK_PART_NT) ? (double)x->cols : 1;
    NTK_TRY(ntk_operand_open(context, &call->x, x, call->dtype, "ntk_features_map", "x"));
    NTK_TRY(ntk_hidden_weights(context, weights, call->dtype, &call->w));
    call->shape = ntk_tile_shape(x->rows, weights->hidden, ntk_layer_cost(x->cols) + WRITE_COST * written);
    int64_t bytes = call->shape.rows * call->shape.neurons * ntk_dtype_size(call->dtype);
    call->scratch_size = (bytes + 63) / 64 * 64 * factors;
    int64_t tasks = (x->rows - 1) / call->shape.rows + 1, lanes = ntk_lanes_blas(context);
    NTK_TRY(ntk_allocate(context, &call->scratch, lanes < tasks ? lanes : tasks, call->scratch_size, "a tile of features"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "features", x->rows, 0, 1);
    return ntk_run_blas(&lane, tasks, map_rows, call);
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
    ntk_context *context = features->base.context;
    mapping call = {.features = features, .Phi = Phi, .dtype = Phi->dtype};
    ntk_status status = map_all(context, &call, x);
    ntk_free(context, call.scratch);
    ntk_free(context, call.w);
    ntk_operand_close(context, &call.x);
    return status;
}
