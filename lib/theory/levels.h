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

/* Coefficients a_j >= 0, j < count, of K = sum_j a_j t^j, and what those of sigma leave open of each, beside roundings; count is 0 where
 * there are none to be had.
 * a, error  have room for NTK_POWER_TERMS
 * rest      all terms that are not there sum to at most that */
enum { NTK_POWER_TERMS = 2048 };
typedef struct ntk_power_series {
    double *a, *error, rest;
    int64_t count;
} ntk_power_series;
ntk_status ntk_power_series_find(ntk_power_series *series, const ntk_kernel *kernel, int64_t d);

/* B xi of degree k from them, and what it may lack.  False: nothing is known of it.   log2_lead  of Q_k's leading coefficient */
bool ntk_power_share(double *share, double *error, const ntk_power_series *series, int64_t d, int64_t k, double log2_lead);

#endif
