/* How fast a model's Jacobian changes: beta with ||J_theta - J_theta'|| <= beta ||theta - theta'||. */
#ifndef NTK_DYNAMICS_MODEL_LIPSCHITZ_H
#define NTK_DYNAMICS_MODEL_LIPSCHITZ_H

#include "dynamics/model/model.h"

/* A proven beta on the ball of radius sigma_min / (2 beta) about theta0; *proven is false, and *beta 0, where there is none. */
ntk_status ntk_lipschitz_bound(double *beta, bool *proven, const ntk_model_problem *problem, double sigma_min);
ntk_status ntk_lipschitz_bound_memory(const ntk_model *model, uint64_t *bytes, int64_t n);

/* A beta that is not enough, as large as a search from some starts finds it, at theta0 or near it; the point is there.
 * As stages from begin to end of the lane's work. */
ntk_status ntk_lipschitz_search(double *beta, ntk_point *point, double begin, double end);
ntk_status ntk_lipschitz_search_memory(const ntk_model *model, uint64_t *bytes, int64_t n);

/* --- networks with one hidden layer --- */

/* Whether the model is one, and sigma'' is there. */
bool ntk_neurons_serve(const ntk_model *model);

/* The search among the network's neurons: the Hessian of outputs is block-diagonal over them. */
ntk_status ntk_neurons_search(double *beta, const ntk_model_problem *problem);
ntk_status ntk_neurons_memory(const ntk_model *model, uint64_t *bytes, int64_t n);

/* The hidden layer's inputs as its parameters meet them: z = <w, x'> with x' = (factor x, bias).  cols  of x';   rows of n of them */
int64_t ntk_neuron_inputs(const ntk_weights *weights);
void ntk_neuron_samples(const ntk_model_problem *problem, double *rows);

#endif
