/* A kernel by degrees. */
#ifndef NTK_THEORY_LEVELS_H
#define NTK_THEORY_LEVELS_H

#include "kernel/kernel.h"

#include <ntk/theory.h>

/* share         B xi, of each degree: its part of K(x, x), which is top; 0: none that its error tells from 0
 * eigenvalue, multiplicity  xi and B; B is infinity where it is too large to be represented */
typedef struct ntk_levels {
    int64_t degrees;
    double *share, *eigenvalue, *multiplicity, top;
} ntk_levels;

/* NTK_ERR_SHAPE, NTK_ERR_UNSUPPORTED unless the kernel is a function of t of d inputs. */
ntk_status ntk_levels_check(const ntk_kernel *kernel, int64_t d, const char *function);

/* Arrays are allocated as one: ntk_free(share). */
ntk_status ntk_levels_find(ntk_levels *levels, const ntk_lane *lane, const ntk_kernel *kernel, int64_t d, int64_t degrees,
                           const char *function);

/* Coefficients a_j >= 0, j < count, of K = sum_j a_j t^j; count is 0 where there are none to be had.
 * a  has room for NTK_POWER_TERMS */
enum { NTK_POWER_TERMS = 2048 };
ntk_status ntk_power_series(double *a, int64_t *count, const ntk_kernel *kernel, int64_t d);

/* B xi of degree k from them, and what it may lack if all terms that are not there sum to at most rest.  False: nothing is known of
 * it.   log2_lead  of Q_k's leading coefficient */
bool ntk_power_share(double *share, double *error, const double *a, int64_t count, double rest, int64_t d, int64_t k,
                     double log2_lead);

#endif
