/* K = J J^T of a model at a point, the tangent kernel of its outputs, and its eigenvalues. */
#ifndef NTK_DYNAMICS_MODEL_TANGENT_H
#define NTK_DYNAMICS_MODEL_TANGENT_H

#include "dynamics/model/model.h"

/* J        m x p, or NULL where it is too large: K is had by products then
 * K        m x m; once decomposed, row k is the k-th eigenvector
 * values   m, ascending, none negative */
typedef struct ntk_tangent {
    int64_t m, p;
    double *J, *K, *values;
    double *unit, *row, *work;
    void *integers;
} ntk_tangent;

/* Whether J of n samples is held where there is memory for it. */
bool ntk_tangent_is_dense(const ntk_model *model, int64_t n);

/* After a failure, too, the caller closes. */
ntk_status ntk_tangent_open(ntk_tangent *tangent, const ntk_model_problem *problem);
void ntk_tangent_close(ntk_tangent *tangent, const ntk_model_problem *problem);
ntk_status ntk_tangent_memory(const ntk_model *model, uint64_t *bytes, int64_t n, bool dense);

/* Eigenvalues and eigenvectors of K at the point. */
ntk_status ntk_tangent_decompose(ntk_tangent *tangent, ntk_point *point);

#endif
