/* What the library is measured against: BLAS, LAPACK and memory, on the same sizes. */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include "timing.h"

/* x  n x k   y  m x k (for gemm)   out  as each limit says */
typedef struct limit_arrays {
    ntk_matrix x, y;
    void *out;
} limit_arrays;

/* out (n x n) = the lower triangle of x x^T. */
bench_runner limit_syrk(limit_arrays *arrays);

/* The Cholesky factor of out (n x n), which it fills beforehand. */
bench_runner limit_potrf(limit_arrays *arrays);

/* out (m x n) = y x^T. */
bench_runner limit_gemm(limit_arrays *arrays);

/* out (m x k) = y^T x, of y n x m and x n x k. */
bench_runner limit_gemm_transposed(limit_arrays *arrays);

/* Writes the lower triangle of out (n x n), from a thread on every processor. */
bench_runner limit_write_half(limit_arrays *arrays);

/* Reads x once, from one thread; out (1) = the sum of its elements, or of all but the last few. */
bench_runner limit_read(limit_arrays *arrays);

#endif
