/* The gradient in x of a function of a network's signals (network/signals.h), layer by layer.  With c_l its derivative by b_l and e_l
 * that by h_l, each where all other signals are held, and b_l = sigma'(z_l) o factor W_(l+1)^T b_(l+1), its derivatives by b_l come
 * from the first layer on,
 *   p_l = c_l + factor W_l (sigma'(z_(l-1)) o p_(l-1)),
 * and then those by z_l and h_l from the last one back:
 *   q_l = bend_l o p_l + sigma'(z_l) o s_l,   s_L = e_L,   s_(l-1) = e_(l-1) + factor W_l^T q_l,
 * of which s_0 is the gradient: two products a layer beside those of c and e. */
#ifndef NTK_FEATURES_LAYERED_SLOPES_H
#define NTK_FEATURES_LAYERED_SLOPES_H

#include "network/signals.h"

/* signals         filled, of order 2, whose room and own arrays it takes
 * first, count    the rows
 * bent            whether the function depends on the b_l; where it does not, c and e but for e_L are 0 and not asked for
 * by_derivatives  c = c_l of layer l, from 0 on, count x N_l
 * by_outputs      e = what comes into layer l by h, count x its inputs: e_l as above, l up to the number of layers */
typedef struct ntk_layered_slopes ntk_layered_slopes;
struct ntk_layered_slopes {
    const ntk_signals *signals;
    int64_t first, count;
    bool bent;
    ntk_status (*by_derivatives)(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l, void *c);
    ntk_status (*by_outputs)(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l, void *e);
};

/* *gradient receives where the rows' gradients are, count x d, until the signals are used again. */
ntk_status ntk_layered_slopes_run(const ntk_layered_slopes *of, const ntk_lane *lane, void **gradient);

#endif
