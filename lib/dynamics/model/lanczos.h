/* Extreme singular values by Golub-Kahan-Lanczos bidiagonalization. */
#ifndef NTK_DYNAMICS_MODEL_LANCZOS_H
#define NTK_DYNAMICS_MODEL_LANCZOS_H

#include "dynamics/model/model.h"

/* smallest, largest   of the bidiagonal matrix: of J where steps is m
 * smallest_residual, largest_residual  so near lies a singular value of J; 0 where steps is m */
typedef struct ntk_lanczos {
    double smallest, largest, smallest_residual, largest_residual;
    int64_t steps;
    bool converged;
} ntk_lanczos;

/* most   steps at most, no more than m
 * J      the point's Jacobian, or NULL: products of the point serve
 * A stage's units: most. */
ntk_status ntk_lanczos_run(ntk_lanczos *found, ntk_point *point, const double *J, int64_t most, double tolerance);
ntk_status ntk_lanczos_memory(const ntk_model *model, uint64_t *bytes, int64_t m, int64_t most);

#endif
