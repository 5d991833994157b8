/* A network's derivatives by its parameters: the Jacobian J of its outputs, J v, J^T u, and second derivatives. */
#ifndef NTK_DERIVATIVES_H
#define NTK_DERIVATIVES_H

#include <ntk/network.h>

NTK_BEGIN

/* Of n samples x (n x d) and a network with m outputs, by the p = ntk_network_size(network, part) parameters of a part, in the order
 * of ntk_network_parameters (those of NT begin with the first layer's, those of RF with a) and in the network's parameterization.
 * At a kink of sigma, sigma' is what <ntk/activation.h> says and sigma'' is 0.
 *
 * The arithmetic is that of the output's dtype, to which the inputs and the parameters are converted.  Samples go through the
 * network in chunks: memory does not grow with n, and results do not depend on the number of threads.  All calls are safe from many
 * threads at once, but beside ntk_network_set_parameters.
 *
 * NTK_ERR_NULL         an argument is NULL
 * NTK_ERR_OPTION       part is unknown
 * NTK_ERR_SHAPE        a shape is not the one below
 * NTK_ERR_VALUE        an input holds NaN or infinity, or memory of an output and of an input meet
 * NTK_ERR_OVERFLOW     a result overflows, or a parameter in single precision; the output is unspecified
 * NTK_ERR_MEMORY       a chunk cannot be had; the output is untouched
 * NTK_ERR_CANCELLED    the output is unspecified */

/* jacobian[i m + o][k] = df_o(x_i) / dtheta_k.   jacobian  n m x p */
NTK_API ntk_status ntk_network_jacobian(const ntk_network *network, const ntk_matrix *jacobian, const ntk_matrix *x,
                                        int32_t part) NTK_MUST_CHECK;

/* y = J v.   y  n x m   v  p x 1 */
NTK_API ntk_status ntk_network_jvp(const ntk_network *network, const ntk_matrix *y, const ntk_matrix *x, const ntk_matrix *v,
                                   int32_t part) NTK_MUST_CHECK;

/* v = J^T u.   v  p x 1   u  n x m */
NTK_API ntk_status ntk_network_vjp(const ntk_network *network, const ntk_matrix *v, const ntk_matrix *x, const ntk_matrix *u,
                                   int32_t part) NTK_MUST_CHECK;

/* g = J^T J v.   g, v  p x 1 */
NTK_API ntk_status ntk_network_gauss_newton(const ntk_network *network, const ntk_matrix *g, const ntk_matrix *x,
                                            const ntk_matrix *v, int32_t part) NTK_MUST_CHECK;

/* g = sum_i sum_o u_io H_io v, H_io the Hessian of f_o(x_i).   g, v  p x 1   u  n x m
 * With u = f(x) - y and the call before it is a Hessian of half the squared loss times v.
 * NTK_ERR_UNSUPPORTED  the activation is the caller's and has no second_derivative, and part is not RF */
NTK_API ntk_status ntk_network_hessian(const ntk_network *network, const ntk_matrix *g, const ntk_matrix *x,
                                       const ntk_matrix *u, const ntk_matrix *v, int32_t part) NTK_MUST_CHECK;

NTK_END

#endif
