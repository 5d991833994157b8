/* Kernel matrices beside their limits, as stages of a lane's work. */
#ifndef NTK_THEORY_CONCENTRATION_CONCENTRATION_H
#define NTK_THEORY_CONCENTRATION_CONCENTRATION_H

#include "gram/gram.h"
#include "gram/lanczos.h"

#include <ntk/concentration.h>

/* Steps of Lanczos' iteration at most, of fewer rows as many. */
enum { NTK_DEVIATION_STEPS = 300 };

/* K = L L^T in place.   NTK_ERR_SINGULAR  with a sentence that names the function and the first row without a pivot */
ntk_status ntk_limit_factor(const ntk_symmetric *K, const ntk_lane *lane, ntk_share share, const char *function);

/* found->largest = |L^-1 K_N L^-T - I|, K_N the gram's, and how near it is; L in double precision. */
ntk_status ntk_deviation_find(ntk_lanczos *found, const ntk_gram *gram, const ntk_symmetric *L, const ntk_lane *lane,
                              ntk_share share, const char *function);

/* found->largest = |L^-1|: one over the root of the smallest eigenvalue of L L^T. */
ntk_status ntk_inverse_norm_find(ntk_lanczos *found, const ntk_symmetric *L, const ntk_lane *lane, ntk_share share,
                                 const char *function);

/* What the networks of a sweep share.   options  with defaults   L  of the limit */
typedef struct ntk_concentration_setting {
    ntk_concentration_options options;
    const ntk_activation *activation;
    const ntk_matrix *x;
    const ntk_symmetric *L;
    const char *function;
} ntk_concentration_setting;

/* The limit of weights that are uniform on the sphere, made under context, of samples of one length: zonal, of any activation.
 * NTK_ERR_UNSUPPORTED  they have several */
ntk_status ntk_sphere_limit_create(const ntk_concentration_setting *setting, const ntk_lane *lane, ntk_context *context,
                                   ntk_kernel **kernel);

/* Of one network, made under context.   numbers  of those below
 * NTK_NOTE_NOT_CONVERGED  without a sentence: one of them is not as near as it should be */
enum { NTK_REPLICATE_DEVIATION, NTK_REPLICATE_SMALLEST, NTK_REPLICATE_NUMBERS };
ntk_status ntk_concentration_measure(const ntk_concentration_setting *setting, ntk_context *context, double *numbers,
                                     int64_t width, uint64_t seed);

#endif
