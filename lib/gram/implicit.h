/* Kernel matrices that are not held: every tile of the lower triangle evaluated once, for someone who uses it at once. */
#ifndef NTK_GRAM_IMPLICIT_H
#define NTK_GRAM_IMPLICIT_H

#include "gram/gram.h"
#include "kernel/kernel.h"

enum { NTK_SWEEP_EDGE = 1024 };

/* Uses a tile of K: its rows begin at tile->row, its columns at tile->col <= tile->row; where they are the same only its lower
 * triangle is right.  A kernel of several passes is the sum of as many tiles at each place.
 * first  this is the first tile at its place */
typedef ntk_status (*ntk_tile_visitor)(void *argument, const ntk_kernel_tile *tile, bool first, const ntk_lane *lane);

/* Shows visit all tiles, as one stage that is the whole call.  No two tiles that are shown at a time have a row or a column of K
 * in common, either counted as rows of the symmetric matrix; and those that have come in an order that does not depend on the
 * threads.  Tiles have at most NTK_SWEEP_EDGE rows and columns: more than those of a matrix that is held, for a threaded BLAS's sake.
 * begin  called once all memory is had, before the first tile; may be NULL */
ntk_status ntk_implicit_visit(const ntk_gram *gram, const char *stage, void (*begin)(void *argument), ntk_tile_visitor visit,
                              void *argument, const char *function);

/* The same of samples that no other call uses at the time, as a stage from begin to end of the lane's work; a kernel of several passes
 * prepares them anew for each. */
ntk_status ntk_implicit_sweep(ntk_samples *samples, const ntk_lane *lane, const char *stage, ntk_share share,
                              ntk_tile_visitor visit, void *argument);

/* A matrix's samples as one call's sweeps take them: its own, or others, which are opened, as a stage of no units, and belong to the
 * caller, who closes own in either case.  After a failure there is nothing to close. */
ntk_status ntk_implicit_open(ntk_samples *own, ntk_samples **samples, const ntk_gram *gram, const ntk_lane *lane,
                             const char *function);

/* Adds the bytes that they hold. */
ntk_status ntk_implicit_open_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t n, int64_t d);

/* Rows and columns of the tiles of so many samples. */
int64_t ntk_sweep_edge(const ntk_kernel *kernel, int32_t dtype, int64_t n, int64_t d);

/* Adds the bytes that ntk_implicit_visit, or a sweep of samples that are there, may hold to a need. */
ntk_status ntk_implicit_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t n,
                               int64_t d);
ntk_status ntk_sweep_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t n,
                            int64_t d);

#endif
