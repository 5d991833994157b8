/* Extreme singular values by Golub-Kahan-Lanczos bidiagonalization. */
#ifndef NTK_GRAM_LANCZOS_H
#define NTK_GRAM_LANCZOS_H

#include "core/parallel.h"

/* A matrix A, rows x cols, by its products y = A v and g = A^T u.
 * noise   NULL, or how far products with vectors of length 1 may be off by rounding: they may raise it */
typedef struct ntk_lanczos_matrix {
    ntk_status (*multiply)(void *argument, const double *v, double *y);
    ntk_status (*transposed)(void *argument, const double *u, double *g);
    void *argument;
    int64_t rows, cols;
    const double *noise;
} ntk_lanczos_matrix;

/* most       steps at most, no more than rows
 * tolerance  residuals are to be no more, relative to the largest singular value
 * seed       of the vector to start from
 * largest_alone  the smallest need not be found
 * function   for the sentence of an error */
typedef struct ntk_lanczos_settings {
    int64_t most;
    double tolerance;
    uint64_t seed;
    bool largest_alone;
    const char *function;
} ntk_lanczos_settings;

/* smallest, largest   of the bidiagonal matrix: of A where steps is rows
 * smallest_residual, largest_residual  so near lies a singular value of A; 0 where steps is rows */
typedef struct ntk_lanczos {
    double smallest, largest, smallest_residual, largest_residual;
    int64_t steps;
    bool converged;
} ntk_lanczos;

/* Each step counts a unit of the lane's stage. */
ntk_status ntk_lanczos_run(ntk_lanczos *found, const ntk_lane *lane, const ntk_lanczos_matrix *A,
                           const ntk_lanczos_settings *settings);
ntk_status ntk_lanczos_memory(uint64_t *bytes, int64_t rows, int64_t cols, int64_t most);

#endif
