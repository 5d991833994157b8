/* The gradient of a tile of an infinite kernel, from three numbers of each pair. */
#ifndef NTK_KERNEL_PAIR_GRADIENTS_H
#define NTK_KERNEL_PAIR_GRADIENTS_H

#include "kernel/gradient.h"
#include "kernel/infinite.h"

/* So many rectangles of scratch takes a tile's gradient. */
enum { NTK_PAIR_GRADIENT_RECTANGLES = 4 };

/* grad K(x, x') = A x' + B x + C e: with u, v what the hidden layer sees, A and B from the derivatives of K in <u, v> and |u|^2, and
 * e the unit vector of v across u, whose coefficient C holds what would be infinity times 0 in A and B where u and v are
 * parallel: the cone of a kinked K^NT, and the jump of LEVELS.  At parallels e is taken as 0.
 * along, own, cone  A, B and C, rectangles; cone is defined in rows that has_cone marks
 * find              turns the inner products in along of row i of the tile into its numbers */
typedef struct ntk_pair_gradients ntk_pair_gradients;
struct ntk_pair_gradients {
    const ntk_tile_gradient *job;
    const ntk_infinite_constants *k;
    ntk_status (*find)(ntk_pair_gradients *at, const ntk_lane *lane, int64_t i);
    void *along, *own, *cone, *weighted;
    int64_t per_task, target;
    bool has_cone[NTK_GRADIENT_ROWS];
};

typedef struct ntk_pair_gradient {
    double along, own, cone;
} ntk_pair_gradient;

/* Adds a tile's gradients to those of its rows.  cost  of a pair, about that of one layer's entry for 1. */
ntk_status ntk_pair_gradients_add(ntk_pair_gradients *at, const ntk_lane *lane, int64_t cost);

/* Row i, whose cones are 0 so far, gets some. */
void ntk_pair_gradients_begin_cones(ntk_pair_gradients *at, int64_t i);

/* A gradient in u, what the first layer sees of a row's sample: v v + u u + e e with v what it sees of the column's. */
typedef struct ntk_gradient_span {
    double v, u, e;
} ntk_gradient_span;

/* The numbers of place j of row i by such a gradient, of samples at this angle and of these lengths: with a cone where the two are too
 * near to be told apart by their inner product. */
void ntk_pair_gradients_put_span(ntk_pair_gradients *at, int64_t i, int64_t j, ntk_gradient_span g, const ntk_angle *angle,
                                 double length, double other);

/* The numbers of place j of row i. */
void ntk_pair_gradients_put(const ntk_pair_gradients *at, int64_t i, int64_t j, ntk_pair_gradient numbers);

#endif
