/* The extreme singular values of a model's Jacobian. */
#ifndef NTK_DYNAMICS_MODEL_SPECTRUM_H
#define NTK_DYNAMICS_MODEL_SPECTRUM_H

#include "dynamics/model/model.h"

/* Of the point, as stages from begin to end of the lane's work.  NTK_NOTE_NOT_CONVERGED as ntk_model_spectrum gives it. */
ntk_status ntk_point_spectrum(ntk_point *point, ntk_jacobian_spectrum *spectrum, double begin, double end);
ntk_status ntk_jacobian_spectrum_memory(const ntk_model *model, uint64_t *bytes, int64_t n, bool dense);

#endif
