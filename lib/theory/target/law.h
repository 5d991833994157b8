/* Laws of inputs, and the orthonormal polynomials of one coordinate under them. */
#ifndef NTK_THEORY_TARGET_LAW_H
#define NTK_THEORY_TARGET_LAW_H

#include "core/parallel.h"
#include "core/random.h"

#include <ntk/target.h>

/* NTK_ERR_OPTION unless the law is known. */
ntk_status ntk_law_check(int32_t law, const char *function);

/* Rows first to first + n - 1 of the sequence of samples that random numbers: x, n x d, receives them. */
ntk_status ntk_law_draw(const ntk_lane *lane, const ntk_random *random, int32_t law, double *x, int64_t first, int64_t n,
                        int64_t d);

/* NTK_ERR_VALUE naming the first of n samples that does not lie where the law has them. */
ntk_status ntk_law_place_check(int32_t law, const double *x, int64_t n, int64_t d, const char *function, const char *name);

/* Of a unit vector w, z = unit <w, x> has orthonormal polynomials z p_k = a_(k + 1) p_(k + 1) + a_k p_(k - 1), p_0 = 1: on the sphere
 * sqrt(B) Q_k of z = <w, x> / sqrt(d), of Gaussian inputs h_k of z = <w, x>.  a_k; 0 where there is no p_k. */
double ntk_law_unit(int32_t law, int64_t d);
double ntk_law_step(int32_t law, int64_t d, int64_t k);

#endif
