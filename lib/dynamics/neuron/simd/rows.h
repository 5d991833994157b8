/* Rows of samples by a vector, and sums of rows: one table for each instruction set. */
#ifndef NTK_DYNAMICS_NEURON_SIMD_ROWS_H
#define NTK_DYNAMICS_NEURON_SIMD_ROWS_H

#include <stdint.h>

/* Rows of d numbers are ld apart.
 * outputs  out_i = <x_i, w>
 * combine  g += sum_i factor_i x_i, of which rows with the factor 0 are not read */
typedef struct ntk_row_loops {
    void (*outputs)(double *out, const double *x, int64_t ld, int64_t rows, int64_t d, const double *w);
    void (*combine)(double *g, const double *x, int64_t ld, int64_t rows, int64_t d, const double *factors);
} ntk_row_loops;

extern const ntk_row_loops ntk_row_loops_portable[1], ntk_row_loops_avx2[1], ntk_row_loops_avx512[1];

#endif
