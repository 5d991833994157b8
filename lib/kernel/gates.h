/* The tangent part of a finite kernel whose sigma' takes two values and whose a_i are equal in size:
 *   <nt, nt'> = unit sum_i s'(u_i) s'(v_i),   unit = (tangent_factor a_i scale frequency)^2,
 * where the sum is a count of the neurons at which u and v are positive.  Gates are bits, and the count is exact: of the
 * weighted sum of counts no rounding but that of three products and their sum remains. */
#ifndef NTK_KERNEL_GATES_H
#define NTK_KERNEL_GATES_H

#include "kernel/samples.h"

/* Whether the features have such a tangent part; and whether they have, if a_i are equal in size. */
bool ntk_gates_serve(const ntk_features *features);
bool ntk_gates_serve_signs(const ntk_features *features);

/* Neurons in a pass are a multiple of this, but for the last. */
enum { NTK_GATES_GRANULE = 64 };

/* Bits that a neuron of a sample takes. */
int64_t ntk_gates_planes(const ntk_features *features);

/* Room for the gates of so many neurons, and its bytes.  After a failure, too, the caller closes. */
ntk_status ntk_gates_open(ntk_samples *samples, int64_t width);
void ntk_gates_close(ntk_samples *samples);
ntk_status ntk_gates_memory(const ntk_features *features, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t width);

/* Makes the gates of the pass's neurons (samples->first, ->count), and rf where there is one.
 * add_to_diagonal  whether <x, x> <nt, nt> is added to the diagonal: NaN where an u is */
ntk_status ntk_gates_prepare(ntk_samples *samples, const ntk_lane *lane, bool add_to_diagonal);

/* out = <x, x'> <nt, nt'>, or more than that where the tile adds up, for a tile with one rectangle of scratch. */
ntk_status ntk_gates_tile(const ntk_kernel_tile *tile, const ntk_lane *lane);

#endif
