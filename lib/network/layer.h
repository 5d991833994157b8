/* The hidden layer in tiles: rows of samples by neurons. */
#ifndef NTK_NETWORK_LAYER_H
#define NTK_NETWORK_LAYER_H

#include "core/blas.h"
#include "core/operand.h"
#include "network/elements.h"
#include "network/weights.h"

/* A tile's shape.  It depends on the sizes alone, so the bits do not depend on who computes which tile; a tile is a few
 * milliseconds of work for one core and has at most 2^19 elements. */
typedef struct ntk_tile {
    int64_t rows, neurons;
} ntk_tile;

/* cost  floating-point operations, or their equivalent in time, that an element takes */
ntk_tile ntk_tile_shape(int64_t rows, int64_t neurons, double cost);

/* cost of u and sigma(u) for d inputs. */
double ntk_layer_cost(int64_t inputs);

/* u (rows x count) = input_factor x w^T for count neurons from first on.   x  rows x d, in dtype
 * w  all weights in dtype, or NULL for weights->w */
ntk_status ntk_layer_input(const ntk_weights *weights, int32_t dtype, const void *w, int64_t first, int64_t count,
                           const void *x, int64_t ldx, int64_t rows, void *u, int64_t ldu);

/* out (rows x cols) = beta out + alpha in op(w), out and w one row behind the other, in parts, so that the call can be stopped.
 * in  rows x depth   op(w)  depth x cols */
ntk_status ntk_layer_product(const ntk_lane *lane, int32_t dtype, ntk_transpose op, int64_t rows, int64_t cols, int64_t depth,
                             double alpha, const void *in, int64_t ldin, const void *w, double beta, void *out);

/* How many rows of count elements make a task of ntk_run that is worth a thread. */
int64_t ntk_rows_per_task(int64_t count);

#endif
