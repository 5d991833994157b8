#include "activation/activation.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "network/layer.h"
#include "network/network.h"
#include "network/signals.h"

/* One call of ntk_network_forward.  Where neurons i and i + N/2 have the same hidden weights, their output weights are added
 * and the first half is evaluated: half the work, and an antisymmetric start is exactly 0. */
typedef struct forward {
    const ntk_weights *weights;
    const ntk_matrix *y;
    int32_t dtype;
    int64_t neurons;
    ntk_operand x;
    void *w;       /* in dtype, or NULL */
    void *readout; /* gamma a, in dtype */
    ntk_tile tile;
    char *scratch; /* per lane: u, then the sums */
    int64_t scratch_size;
} forward;

/* A tile in work: what its rows' tasks share. */
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
    int64_t begin = index * tile->per_task, end = begin + tile->per_task < tile->rows ? begin + tile->per_task : tile->rows;
    const void *readout = ntk_at(call->readout, call->dtype, tile->first);
    for (int64_t i = begin; i < end; i++) {
        void *u = ntk_at(tile->u, call->dtype, i * tile->count);
        ntk_activation_evaluate(call->weights->activation, lane->work->context->isa, call->dtype, 0, u, u, tile->count);
        double sum = ntk_dot(call->dtype, u, readout, tile->count);
        tile->sums[i] = tile->first ? tile->sums[i] + sum : sum;
    }
    return NTK_OK;
}

static ntk_status write_rows(const forward *call, int64_t first, int64_t rows, const double *sums)
{
    for (int64_t i = 0; i < rows; i++)
        NTK_TRY(ntk_write_row(call->y, first + i, 0, &sums[i], NTK_F64, 1, "ntk_network_forward", "f(x)"));
    return NTK_OK;
}

static ntk_status forward_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const forward *call = argument;
    int64_t row = index * call->tile.rows, left = call->y->rows - row;
    tile_rows tile = {.call = call, .rows = left < call->tile.rows ? left : call->tile.rows};
    tile.sums = (void *)(call->scratch + lane->index * call->scratch_size);
    tile.u = (char *)(tile.sums + call->tile.rows);
    const void *x = ntk_at(call->x.data, call->dtype, row * call->x.stride);
    for (tile.first = 0; tile.first < call->neurons; tile.first += tile.count) {
        left = call->neurons - tile.first;
        tile.count = left < call->tile.neurons ? left : call->tile.neurons;
        tile.per_task = ntk_rows_per_task(tile.count);
        NTK_TRY(ntk_layer_input(call->weights, call->dtype, call->w, tile.first, tile.count, x, call->x.stride, tile.rows,
                                tile.u, tile.count));
        NTK_TRY(ntk_run(lane, (tile.rows - 1) / tile.per_task + 1, add_rows, &tile));
        NTK_TRY(ntk_advance(lane, tile.first + tile.count < call->neurons ? 0 : tile.rows));
    }
    return write_rows(call, row, tile.rows, tile.sums);
}

static ntk_status make_readout(ntk_context *context, forward *call)
{
    const ntk_weights *weights = call->weights;
    NTK_TRY(ntk_allocate(context, &call->readout, call->neurons, ntk_dtype_size(call->dtype), "the output weights"));
    for (int64_t i = 0; i < call->neurons; i++) {
        double a = weights->mirrored ? weights->a[i] + weights->a[i + call->neurons] : weights->a[i];
        double scaled = weights->gamma * a;
        ntk_convert(ntk_at(call->readout, call->dtype, i), call->dtype, &scaled, NTK_F64, 1);
    }
    if (ntk_is_finite(call->readout, call->dtype, call->neurons)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "ntk_network_forward: gamma a_i overflows for an output weight a_i");
}

static ntk_status forward_tiles(const ntk_lane *lane, forward *call)
{
    ntk_context *context = lane->work->context;
    int64_t rows = call->y->rows;
    call->tile = ntk_tile_shape(rows, call->neurons, ntk_layer_cost(call->weights->inputs));
    int64_t tasks = (rows - 1) / call->tile.rows + 1;
    int64_t bytes =
        call->tile.rows * call->tile.neurons * ntk_dtype_size(call->dtype) + call->tile.rows * (int64_t)sizeof(double);
    call->scratch_size = ntk_whole_lines(bytes);
    NTK_TRY(
        ntk_allocate(context, &call->scratch, ntk_lanes_for(lane, tasks), call->scratch_size, "a tile of the hidden layer"));
    return ntk_run_blas(lane, tasks, forward_rows, call);
}

/* Of a network that is not plain: chunks of samples through all layers. */
static ntk_status forward_chunks(const ntk_lane *lane, const forward *call, const ntk_signals *signals)
{
    const ntk_weights *weights = call->weights;
    const void *h = ntk_signals_outputs(signals, weights->layers - 1);
    double constant = weights->output_bias != 0 ? weights->output_bias * weights->a[weights->hidden] : 0;
    for (int64_t row = 0, rows; row < call->y->rows; row += rows) {
        rows = call->y->rows - row < signals->rows ? call->y->rows - row : signals->rows;
        NTK_TRY(ntk_signals_fill(signals, lane, ntk_at(call->x.data, call->dtype, row * call->x.stride), call->x.stride, rows));
        for (int64_t i = 0; i < rows; i++) {
            double sum = ntk_dot(call->dtype, ntk_at(h, call->dtype, i * weights->hidden), call->readout, weights->hidden);
            sum += constant;
            NTK_TRY(write_rows(call, row + i, 1, &sum));
        }
        NTK_TRY(ntk_advance(lane, rows));
    }
    return NTK_OK;
}

static ntk_status forward_layers(const ntk_lane *lane, const forward *call)
{
    ntk_signals signals;
    ntk_status status = ntk_signals_open(&signals, lane, call->weights, call->w, call->dtype, call->y->rows, 0);
    if (status >= 0) status = forward_chunks(lane, call, &signals);
    ntk_signals_close(&signals, lane);
    return status;
}

static ntk_status forward_all(const ntk_lane *lane, forward *call, const ntk_matrix *x)
{
    ntk_work_stage(lane->work, "network forward", x->rows, 0, 1);
    NTK_TRY(ntk_operand_open(lane, &call->x, x, call->dtype, "ntk_network_forward", "x"));
    NTK_TRY(ntk_hidden_weights(lane, call->weights, call->dtype, &call->w, "ntk_network_forward"));
    NTK_TRY(make_readout(lane->work->context, call));
    return call->weights->plain ? forward_tiles(lane, call) : forward_layers(lane, call);
}

ntk_status ntk_network_forward(const ntk_network *network, const ntk_matrix *y, const ntk_matrix *x)
{
    NTK_REQUIRE(network);
    const ntk_weights *weights = network->weights;
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, weights->inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, 1, __func__, "y"));
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
