/* One activation of a projection, by degree. */
#ifndef NTK_THEORY_TARGET_UNIT_H
#define NTK_THEORY_TARGET_UNIT_H

#include "activation/activation.h"
#include "core/parallel.h"

/* f(x) = sigma(length <w, x>) with |w| = 1, x of the law; on the sphere sigma' in sigma's place where order is 1. */
typedef struct ntk_unit {
    const ntk_activation *activation;
    double length;
    int32_t law, order;
    int64_t d;
} ntk_unit;

/* parts[k] = E[f p_k], k < degrees, of the law's orthonormal polynomials of <w, x> (law.h): the root of f's energy in degree k, with a
 * sign.   power  NULL, or receives E[f^2]
 * Errors as of ntk_theory_target_energies.  On the sphere it can be stopped. */
ntk_status ntk_unit_degrees(const ntk_unit *unit, const ntk_lane *lane, double *parts, int64_t degrees, double *power,
                            const char *function);

#endif
