/* Gates 1{u > 0} as bits, and how many two samples share: one table for each instruction set. */
#ifndef NTK_KERNEL_SIMD_GATES_H
#define NTK_KERNEL_SIMD_GATES_H

#include <stdint.h>

/* Words of a sample's bits come in multiples of this. */
enum { NTK_GATE_WORDS = 8 };

/* counts[j] += bits that are set in x and in row j of rows, j < count; words is a multiple of NTK_GATE_WORDS. */
typedef void (*ntk_gate_counter)(int32_t *counts, const uint64_t *x, const uint64_t *rows, int64_t stride, int64_t count,
                                 int64_t words);

/* pack     by dtype - 1: bit i of positive is u_i > 0, of negative u_i < 0; negative may be NULL.  Whole words are written.
 *          Adds the numbers of either to totals
 * count    for every machine that has the set
 * counted  the same for those that count bits by an instruction beside it (ntk_cpu_counts_bits); NULL: there are none */
typedef struct ntk_gate_loops {
    void (*pack[2])(uint64_t *positive, uint64_t *negative, int32_t totals[2], const void *u, int64_t count);
    ntk_gate_counter count, counted;
} ntk_gate_loops;

extern const ntk_gate_loops ntk_gate_loops_portable[1], ntk_gate_loops_avx2[1], ntk_gate_loops_avx512[1];

#endif
