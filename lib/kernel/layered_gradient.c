/* Of a row i with weights W_ij the kernels of layers (layered.h), with D = tangent b and c the bias's part, are
 *   sum_l sum_j W_ij (<h_(l-1), h'_(l-1)> + c_l) <D_l, D'_l> + sum_j W_ij <gamma h_L, gamma h'_L>,
 * whose derivatives by the row's b_l and h_(l-1) are, in matrices of a tile,
 *   tangent_l (W o (S_l + c_l)) D'_l,   (W o T_l) h'_(l-1),   gamma W (gamma h'_L),
 * with S and T the two rectangles of inner products: layered_slopes.h makes the gradient of that.  The columns' h' and D' are kept;
 * of the rows, some at a time, the signals are made anew. */
#include "core/blas.h"
#include "core/matrix.h"
#include "core/size.h"
#include "core/status.h"
#include "features/layered_slopes.h"
#include "kernel/combine.h"
#include "kernel/gradient.h"
#include "kernel/layered.h"
#include "kernel/tile.h"

#include <string.h>

/* Rows are in work together until what is held of them is as large as this. */
enum { ROOM_BYTES = 1 << 25, LEAST_ROWS = 16 };

/* Rows of a tile in work, with one network.
 * row                row_count, row and products of tile are theirs; first: before them in the job's tile
 * inner, tangent     S + c and T of each layer;  weighted  W, times one of them */
typedef struct rows_in_work {
    ntk_layered_slopes slopes;
    const ntk_tile_gradient *job;
    const ntk_features *features;
    ntk_kernel_tile tile;
    ntk_weights network;
    ntk_signals signals;
    int64_t first, index, target;
    void *w, *memory, *inner, *tangent, *weighted;
} rows_in_work;

/* --- room --- */

static bool is_bent(const ntk_features *features)
{
    return ntk_features_has(features, NTK_PART_NT);
}

/* Numbers of a row, the rectangles' in a tile with so many columns included. */
static int64_t numbers_of(const ntk_features *features, int64_t cols)
{
    int64_t rectangles = 1 + (is_bent(features) ? 2 * features->weights->layers : 0);
    return ntk_signals_row_numbers(features->weights, 2) + rectangles * cols;
}

static int64_t least_numbers(const ntk_features *features, int32_t dtype, int64_t cols)
{
    return ntk_larger(LEAST_ROWS * numbers_of(features, cols), ROOM_BYTES / ntk_dtype_size(dtype));
}

static int64_t rows_at_a_time(const ntk_features *features, int32_t dtype, int64_t rows, int64_t cols)
{
    return ntk_smaller(rows, least_numbers(features, dtype, cols) / numbers_of(features, cols));
}

/* Bytes of a network's hidden weights in dtype, where they are not used as they stand. */
static int64_t weight_bytes(const ntk_weights *network, int32_t dtype)
{
    return dtype == NTK_F64 ? 0 : ntk_whole_lines(ntk_weights_size(network, NTK_PART_NT) * ntk_dtype_size(dtype));
}

/* No larger than the weights, which exist, times some thousands, and so representable. */
int64_t ntk_layered_gradient_room(const ntk_kernel *kernel, int32_t dtype, int64_t rows, int64_t cols)
{
    const ntk_features *features = ((const ntk_finite *)kernel)->features;
    int64_t numbers = ntk_smaller(rows * numbers_of(features, cols), least_numbers(features, dtype, cols));
    return weight_bytes(features->weights, dtype) + numbers * ntk_dtype_size(dtype);
}

/* A pass of a row through a network takes two operations of each parameter, and there are four of them. */
double ntk_layered_gradient_row_cost(const ntk_kernel *kernel)
{
    const ntk_weights *weights = ((const ntk_finite *)kernel)->features->weights;
    return 8 * (double)weights->size * (double)weights->networks;
}

/* --- one network --- */

static int32_t dtype_of(const rows_in_work *at)
{
    return at->tile.rows->dtype;
}

/* What the columns keep for a hidden layer, or for the output. */
static ntk_layered_kept columns_of(const rows_in_work *at, int64_t layer)
{
    int64_t first = at->index * ntk_layered_terms(at->features);
    return ntk_layered_kept_of(at->tile.cols, first + (is_bent(at->features) ? layer : 0));
}

static void *rectangle(const rows_in_work *at, void *rectangles, int64_t layer)
{
    return ntk_at(rectangles, dtype_of(at), layer * at->tile.row_count * at->tile.col_count);
}

/* S + c and T of all layers. */
static ntk_status fill_rectangles(const rows_in_work *at, const ntk_lane *lane)
{
    int64_t first = at->index * ntk_layered_terms(at->features);
    for (int64_t l = 0; l < at->network.layers && is_bent(at->features); l++) {
        ntk_kernel_tile view = at->tile;
        view.out = rectangle(at, at->inner, l);
        view.ld = view.col_count;
        NTK_TRY(ntk_layered_factors(&at->tile, lane, first + l, view.out, rectangle(at, at->tangent, l)));
        double bias = ntk_layered_bias(&at->network.layer[l]);
        if (bias != 0) NTK_TRY(ntk_tile_combine(&view, lane, NTK_COMBINE_SHIFT, NULL, 0, bias));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* weighted = W of the target, times factor where it is not NULL */
static ntk_status weigh(const rows_in_work *at, const ntk_lane *lane, const void *factor)
{
    const ntk_tile_gradient *job = at->job;
    ntk_kernel_tile view = at->tile;
    view.out = at->weighted;
    view.ld = view.col_count;
    const void *weights = ntk_at(job->weights, dtype_of(at), at->target * job->by_target + at->first * job->by_row);
    NTK_TRY(ntk_tile_combine(&view, lane, NTK_COMBINE_SET, weights, job->by_row, 1));
    return factor ? ntk_tile_combine(&view, lane, NTK_COMBINE_MULTIPLY, factor, view.ld, 1) : NTK_OK;
}

/* out = alpha weighted a, of what all columns keep */
static ntk_status sum_columns(const rows_in_work *at, const ntk_lane *lane, double alpha, const void *a, int64_t count,
                              void *out)
{
    const ntk_kernel_tile *tile = &at->tile;
    return ntk_layer_product(lane, dtype_of(at), NTK_PLAIN, tile->row_count, count, tile->col_count, alpha, at->weighted,
                             tile->col_count, ntk_at(a, dtype_of(at), tile->col * count), 0, out);
}

static ntk_status by_derivatives(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l, void *c)
{
    const rows_in_work *at = (const rows_in_work *)of;
    const ntk_layer *layer = &at->network.layer[l];
    NTK_TRY(weigh(at, lane, rectangle(at, at->inner, l)));
    return sum_columns(at, lane, layer->tangent, columns_of(at, l).derivatives, layer->neurons, c);
}

static ntk_status by_outputs(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l, void *e)
{
    const rows_in_work *at = (const rows_in_work *)of;
    const ntk_kernel_tile *tile = &at->tile;
    bool output = l == at->network.layers;
    if (output && !ntk_features_has(at->features, NTK_PART_RF)) {
        memset(e, 0, (size_t)(tile->row_count * at->network.hidden * ntk_dtype_size(dtype_of(at))));
        return NTK_OK;
    }
    NTK_TRY(weigh(at, lane, output ? NULL : rectangle(at, at->tangent, l)));
    if (output) return sum_columns(at, lane, at->network.gamma, columns_of(at, l).inputs, at->network.hidden, e);
    if (l > 0) return sum_columns(at, lane, 1, columns_of(at, l).inputs, at->network.layer[l].inputs, e);
    NTK_TRY(ntk_blas_gemm(dtype_of(at), NTK_PLAIN, NTK_PLAIN, tile->row_count, at->network.inputs, tile->col_count, 1,
                          at->weighted, tile->col_count, ntk_samples_at(tile->cols, tile->col), tile->cols->x.stride, 0, e,
                          at->network.inputs));
    return ntk_advance(lane, 0);
}

static ntk_status add_target(const rows_in_work *at, const ntk_lane *lane)
{
    const ntk_tile_gradient *job = at->job;
    ntk_kernel_tile view = at->tile;
    void *gradient;
    NTK_TRY(ntk_layered_slopes_run(&at->slopes, lane, &gradient));
    view.col_count = at->network.inputs;
    view.out = ntk_at(job->g, dtype_of(at), at->first * job->ldg + at->target * view.col_count);
    view.ld = job->ldg;
    return ntk_tile_combine(&view, lane, NTK_COMBINE_ADD, gradient, view.col_count, 1);
}

static ntk_status add_network(rows_in_work *at, const ntk_lane *lane)
{
    const ntk_samples *rows = at->tile.rows;
    int64_t count = at->tile.row_count, area = count * at->tile.col_count;
    at->network = ntk_weights_of_network(at->features->weights, at->index);
    if (dtype_of(at) != NTK_F64)
        ntk_convert(at->w, dtype_of(at), at->network.w, NTK_F64, ntk_weights_size(&at->network, NTK_PART_NT));
    at->signals = ntk_signals_within(&at->network, dtype_of(at) == NTK_F64 ? NULL : at->w, dtype_of(at), count, 2, at->memory);
    at->weighted = ntk_at(at->memory, dtype_of(at), count * ntk_signals_row_numbers(&at->network, 2));
    at->inner = ntk_at(at->weighted, dtype_of(at), area);
    at->tangent = ntk_at(at->inner, dtype_of(at), at->network.layers * area);
    at->slopes = (ntk_layered_slopes){.signals = &at->signals, .count = count, .bent = is_bent(at->features)};
    at->slopes.by_derivatives = by_derivatives;
    at->slopes.by_outputs = by_outputs;
    NTK_TRY(ntk_signals_fill(&at->signals, lane, ntk_samples_at(rows, at->tile.row), rows->x.stride, count));
    NTK_TRY(fill_rectangles(at, lane));
    for (at->target = 0; at->target < at->job->targets; at->target++) NTK_TRY(add_target(at, lane));
    return NTK_OK;
}

ntk_status ntk_layered_tile_gradient(const ntk_tile_gradient *job, const ntk_lane *lane)
{
    const ntk_kernel_tile *tile = &job->tile;
    const ntk_features *features = ((const ntk_finite *)tile->rows->kernel)->features;
    int32_t dtype = tile->rows->dtype;
    rows_in_work at = {.job = job, .features = features, .w = job->room};
    at.memory = (char *)job->room + weight_bytes(features->weights, dtype);
    int64_t most = rows_at_a_time(features, dtype, tile->row_count, tile->col_count);
    for (; at.first < tile->row_count; at.first += at.tile.row_count) {
        at.tile = *tile;
        at.tile.row += at.first;
        at.tile.row_count = ntk_smaller(most, tile->row_count - at.first);
        if (tile->products) at.tile.products = ntk_at(tile->products, dtype, at.first * tile->col_count);
        for (at.index = 0; at.index < features->weights->networks; at.index++) NTK_TRY(add_network(&at, lane));
    }
    return NTK_OK;
}
