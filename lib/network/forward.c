#include "activation/activation.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "network/layer.h"
#include "network/network.h"
#include "network/passes.h"

/* Sums of a tile's rows, where they are of several outputs. */
enum { MOST_SUMS = 1 << 19 };

/* One call of ntk_network_forward.  Of one hidden layer without biases, where neurons i and i + N/2 have the same hidden weights,
 * their output weights are added and the first half is evaluated: half the work, and an antisymmetric start is exactly 0. */
typedef struct forward {
    const ntk_weights *weights;
    const ntk_matrix *y;
    int32_t dtype;
    int64_t neurons;
    ntk_operand x;
    void *w;       /* in dtype, or NULL */
    void *readout; /* gamma a, outputs x neurons in dtype */
    ntk_tile tile;
    char *scratch; /* per lane: u, then the sums */
    int64_t scratch_size;
} forward;

/* A tile in work: what its rows' tasks share.  The sums are rows x outputs, double for one output, else of the call's dtype. */
typedef struct tile_rows {
    const forward *call;
    int64_t rows, first, count, per_task;
    char *u;
    double *sums;
} tile_rows;

static ntk_status add_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_rows *tile = argument;
    const forward *call = tile->call;
    int64_t begin = index * tile->per_task, end = ntk_smaller(begin + tile->per_task, tile->rows);
    const void *readout = ntk_at(call->readout, call->dtype, tile->first);
    for (int64_t i = begin; i < end; i++) {
        void *u = ntk_at(tile->u, call->dtype, i * tile->count);
        ntk_activation_evaluate(call->weights->activation, lane->work->context->isa, call->dtype, 0, u, u, tile->count);
        if (call->weights->outputs > 1) continue;
        double sum = ntk_dot(call->dtype, u, readout, tile->count);
        tile->sums[i] = tile->first ? tile->sums[i] + sum : sum;
    }
    return NTK_OK;
}

/* The sums of several outputs. */
static ntk_status add_outputs(const tile_rows *tile)
{
    const forward *call = tile->call;
    int64_t outputs = call->weights->outputs;
    if (outputs == 1) return NTK_OK;
    return ntk_blas_gemm(call->dtype, NTK_PLAIN, NTK_TRANSPOSED, tile->rows, outputs, tile->count, 1, tile->u, tile->count,
                         ntk_at(call->readout, call->dtype, tile->first), call->neurons, tile->first ? 1 : 0, tile->sums,
                         outputs);
}

static ntk_status write_rows(const forward *call, int64_t first, int64_t rows, const void *values, int32_t dtype)
{
    int64_t outputs = call->weights->outputs;
    for (int64_t i = 0; i < rows; i++)
        NTK_TRY(ntk_write_row(call->y, first + i, 0, ntk_at(values, dtype, i * outputs), dtype, outputs, "ntk_network_forward",
                              "f(x)"));
    return NTK_OK;
}

static ntk_status forward_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const forward *call = argument;
    int64_t row = index * call->tile.rows;
    tile_rows tile = {.call = call, .rows = ntk_smaller(call->tile.rows, call->y->rows - row)};
    tile.sums = (void *)(call->scratch + lane->index * call->scratch_size);
    tile.u = (char *)(tile.sums + call->tile.rows * call->weights->outputs);
    const void *x = ntk_at(call->x.data, call->dtype, row * call->x.stride);
    for (tile.first = 0; tile.first < call->neurons; tile.first += tile.count) {
        tile.count = ntk_smaller(call->tile.neurons, call->neurons - tile.first);
        tile.per_task = ntk_rows_per_task(tile.count);
        NTK_TRY(ntk_layer_input(call->weights, call->dtype, call->w, tile.first, tile.count, x, call->x.stride, tile.rows,
                                tile.u, tile.count));
        NTK_TRY(ntk_run(lane, (tile.rows - 1) / tile.per_task + 1, add_rows, &tile));
        NTK_TRY(add_outputs(&tile));
        NTK_TRY(ntk_advance(lane, tile.first + tile.count < call->neurons ? 0 : tile.rows));
    }
    return write_rows(call, row, tile.rows, tile.sums, call->weights->outputs > 1 ? call->dtype : NTK_F64);
}

static ntk_status make_readout(ntk_context *context, forward *call)
{
    const ntk_weights *weights = call->weights;
    int64_t count = weights->outputs * call->neurons;
    NTK_TRY(ntk_allocate(context, &call->readout, count, ntk_dtype_size(call->dtype), "the output weights"));
    for (int64_t k = 0; k < count; k++) {
        const double *a = weights->a + k / call->neurons * weights->hidden + k % call->neurons;
        double scaled = weights->gamma * (weights->mirrored ? a[0] + a[call->neurons] : a[0]);
        ntk_convert(ntk_at(call->readout, call->dtype, k), call->dtype, &scaled, NTK_F64, 1);
    }
    if (ntk_is_finite(call->readout, call->dtype, count)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "ntk_network_forward: gamma a_i overflows for an output weight a_i");
}

static ntk_status forward_tiles(const ntk_lane *lane, forward *call)
{
    ntk_context *context = lane->work->context;
    int64_t rows = call->y->rows;
    int64_t outputs = call->weights->outputs;
    call->tile = ntk_tile_shape(rows, call->neurons, ntk_layer_cost(call->weights->inputs) + 2.0 * (double)(outputs - 1));
    if (outputs > 1) call->tile.rows = ntk_smaller(call->tile.rows, ntk_larger(1, MOST_SUMS / outputs));
    int64_t tasks = (rows - 1) / call->tile.rows + 1;
    int64_t bytes =
        call->tile.rows * (call->tile.neurons * ntk_dtype_size(call->dtype) + call->weights->outputs * (int64_t)sizeof(double));
    call->scratch_size = ntk_whole_lines(bytes);
    NTK_TRY(
        ntk_allocate(context, &call->scratch, ntk_lanes_for(lane, tasks), call->scratch_size, "a tile of the hidden layer"));
    return ntk_run_blas(lane, tasks, forward_rows, call);
}

static ntk_status forward_plain(const ntk_lane *lane, forward *call)
{
    NTK_TRY(ntk_hidden_weights(lane, call->weights, call->dtype, &call->w, "ntk_network_forward"));
    NTK_TRY(make_readout(lane->work->context, call));
    return forward_tiles(lane, call);
}

/* Of a network that is not plain: chunks of samples through all layers. */
static ntk_status forward_chunks(const ntk_lane *lane, const forward *call, const ntk_passes *passes, const void *theta,
                                 void *y)
{
    ntk_chunk chunk = {.theta = theta, .ldx = call->x.stride};
    for (int64_t row = 0; row < call->y->rows; row += chunk.rows) {
        chunk.x = ntk_at(call->x.data, call->dtype, row * call->x.stride);
        chunk.rows = ntk_smaller(passes->rows, call->y->rows - row);
        NTK_TRY(ntk_passes_forward(passes, lane, &chunk, y));
        NTK_TRY(write_rows(call, row, chunk.rows, y, call->dtype));
        NTK_TRY(ntk_advance(lane, chunk.rows));
    }
    return NTK_OK;
}

static ntk_status forward_layers(const ntk_lane *lane, const forward *call)
{
    ntk_context *context = lane->work->context;
    ntk_operand theta = {0};
    ntk_passes passes;
    void *y = NULL;
    int64_t width = call->weights->outputs * ntk_dtype_size(call->dtype);
    ntk_status status = ntk_passes_open(&passes, lane, call->weights, call->dtype, NTK_PART_BOTH, call->y->rows, 0);
    if (status >= 0) status = ntk_allocate(context, &y, passes.rows, width, "the outputs of a chunk of samples");
    if (status >= 0) status = ntk_all_parameters(lane, call->weights, call->dtype, &theta, "ntk_network_forward");
    if (status >= 0) status = forward_chunks(lane, call, &passes, theta.data, y);
    ntk_operand_close(context, &theta);
    ntk_free(context, y);
    ntk_passes_close(&passes, lane);
    return status;
}

static ntk_status forward_all(const ntk_lane *lane, forward *call, const ntk_matrix *x)
{
    ntk_work_stage(lane->work, "network forward", x->rows, 0, 1);
    NTK_TRY(ntk_operand_open(lane, &call->x, x, call->dtype, "ntk_network_forward", "x"));
    return call->weights->plain ? forward_plain(lane, call) : forward_layers(lane, call);
}

ntk_status ntk_network_forward(const ntk_network *network, const ntk_matrix *y, const ntk_matrix *x)
{
    NTK_REQUIRE(network);
    const ntk_weights *weights = network->weights;
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, weights->inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, weights->outputs, __func__, "y"));
    NTK_TRY(ntk_disjoint_check(y, "y", x, "x", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    ntk_context *context = network->base.context;
    forward call = {.weights = weights, .y = y, .dtype = y->dtype};
    call.neurons = weights->mirrored ? weights->hidden / 2 : weights->hidden;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_status status = forward_all(&lane, &call, x);
    ntk_free(context, call.scratch);
    ntk_free(context, call.readout);
    ntk_free(context, call.w);
    ntk_operand_close(context, &call.x);
    return status;
}
