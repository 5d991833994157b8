/* The flow of the linearized model, in closed form. */
#ifndef NTK_DYNAMICS_MODEL_LINEAR_H
#define NTK_DYNAMICS_MODEL_LINEAR_H

#include "dynamics/model/tangent.h"

/* In the time s = alpha^2 t.  With K = J_0 J_0^T = U^T diag(l) U and r = alpha f - y:  r(s) = U^T exp(-l s) U r(0), and
 * e = alpha (theta - theta_0) = -J_0^T U^T ((1 - exp(-l s)) / l) U r(0).
 * point     theta_0's
 * vectors   U, m x m;   values  l, ascending
 * c         U r(0)
 * what is at the time at:  residual  r, m   path  e, p   gradient  J_0^T r, p   decay  J_0 J_0^T r, m */
typedef struct ntk_linear {
    ntk_point *point;
    int64_t m, p;
    double *block;
    double *vectors, *values, *c, *modes;
    double *residual, *path, *gradient, *decay;
    double at;
} ntk_linear;

/* tangent, decomposed at the point   r0  alpha f - y at the start.   After a failure, too, the caller closes. */
ntk_status ntk_linear_open(ntk_linear *linear, ntk_point *point, const ntk_tangent *tangent, const double *r0);
void ntk_linear_close(ntk_linear *linear);
ntk_status ntk_linear_memory(const ntk_model *model, uint64_t *bytes, int64_t m);

/* Goes to the time s. */
ntk_status ntk_linear_move(ntk_linear *linear, double s);

#endif
