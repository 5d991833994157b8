#include "network/layer.h"

#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"

#include <math.h>

/* TILE_COST is some ten milliseconds of one core, far below the tenth of a second within which a call must stop. */
enum { TILE_ELEMENTS = 1 << 19, TILE_COST = 400000000, LEAST_ROWS = 256 };

/* sigma costs about as much as so many multiplications and additions of a matrix product */
enum { ACTIVATION_COST = 64 };

enum { ELEMENTS_PER_TASK = 16384 };

ntk_tile ntk_tile_shape(int64_t rows, int64_t neurons, double cost)
{
    int64_t area = ntk_larger(1, (int64_t)fmin(TILE_ELEMENTS, TILE_COST / cost));
    int64_t least = ntk_smaller(LEAST_ROWS, (int64_t)sqrt((double)area));
    ntk_tile tile;
    tile.rows = ntk_smaller(rows, ntk_larger(area / neurons, least));
    tile.neurons = ntk_smaller(neurons, area / tile.rows);
    if (tile.neurons < neurons && tile.neurons > 8) tile.neurons -= tile.neurons % 8;
    return tile;
}

double ntk_layer_cost(int64_t inputs)
{
    return 2.0 * (double)inputs + ACTIVATION_COST;
}

ntk_status ntk_layer_input(const ntk_weights *weights, int32_t dtype, const void *w, int64_t first, int64_t count,
                           const void *x, int64_t ldx, int64_t rows, void *u, int64_t ldu)
{
    const void *block = ntk_at(w ? w : weights->w, dtype, first * weights->inputs);
    return ntk_blas_gemm(dtype, NTK_PLAIN, NTK_TRANSPOSED, rows, count, weights->inputs, weights->input_factor, x, ldx, block,
                         weights->inputs, 0, u, ldu);
}

ntk_status ntk_layer_product(const ntk_lane *lane, int32_t dtype, ntk_transpose op, int64_t rows, int64_t cols, int64_t depth,
                             double alpha, const void *in, int64_t ldin, const void *w, double beta, void *out)
{
    int64_t most = (int64_t)fmin((double)cols, fmax(8, TILE_COST / (2.0 * (double)rows * (double)depth))), count;
    int64_t ldw = op == NTK_PLAIN ? cols : depth, step = op == NTK_PLAIN ? 1 : depth;
    for (int64_t first = 0; first < cols; first += count) {
        count = ntk_smaller(most, cols - first);
        NTK_TRY(ntk_blas_gemm(dtype, NTK_PLAIN, op, rows, count, depth, alpha, in, ldin, ntk_at(w, dtype, first * step), ldw,
                              beta, ntk_at(out, dtype, first), cols));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

int64_t ntk_rows_per_task(int64_t count)
{
    return ntk_larger(1, ELEMENTS_PER_TASK / count);
}
