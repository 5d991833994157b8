/* Rows of numbers by a vector, and sums of rows: one table for each instruction set.  Sums are in the arrays' dtype, and a row's does not
 * depend on the rows beside it. */
#ifndef NTK_NETWORK_SIMD_ROWS_H
#define NTK_NETWORK_SIMD_ROWS_H

#include <stdint.h>

/* All arrays are of one dtype; rows of d numbers are ld apart.
 * outputs  out_i = <x_i, w>
 * combine  g += sum_i factor_i x_i, of which rows with the factor 0 are not read
 * weigh    out_k = factor w_k by_k, in one row of d numbers; factor is rounded to the dtype first */
typedef struct ntk_row_loops {
    void (*outputs)(void *out, const void *x, int64_t ld, int64_t rows, int64_t d, const void *w);
    void (*combine)(void *g, const void *x, int64_t ld, int64_t rows, int64_t d, const void *factors);
    void (*weigh)(void *out, double factor, const void *w, const void *by, int64_t d);
} ntk_row_loops;

/* By dtype - 1. */
extern const ntk_row_loops ntk_row_loops_portable[2], ntk_row_loops_avx2[2], ntk_row_loops_avx512[2];

#endif
