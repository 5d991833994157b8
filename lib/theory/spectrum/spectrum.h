/* A spectrum's inside, and its making. */
#ifndef NTK_THEORY_SPECTRUM_SPECTRUM_H
#define NTK_THEORY_SPECTRUM_SPECTRUM_H

#include "core/object.h"
#include "gram/eigen.h"
#include "gram/gram.h"

#include <ntk/spectrum.h>

/* values        modes, descending; beyond the first rank of them 0
 * coefficients  modes x targets; NULL without targets
 * ones          u_k^T 1; zeros with an intercept
 * eigen         of which mode k is row modes - 1 - k; without vectors where the spectrum is light */
struct ntk_spectrum {
    ntk_object base;
    int64_t samples, modes, rank, targets;
    int32_t intercept, light;
    double *values, *coefficients, *ones;
    ntk_eigen eigen;
};

static inline const double *ntk_spectrum_vector(const ntk_spectrum *spectrum, int64_t k)
{
    return spectrum->eigen.vectors + (spectrum->modes - 1 - k) * spectrum->eigen.ld;
}

/* Fills a spectrum whose sizes and options are given, as stages of the lane's work.   y  NULL if there are no targets */
ntk_status ntk_spectrum_decompose(ntk_spectrum *spectrum, const ntk_gram *gram, const ntk_matrix *y, const ntk_lane *lane,
                                  const char *function);

/* Adds the bytes that this may hold, those of the spectrum among them, to a need. */
ntk_status ntk_spectrum_decompose_memory(uint64_t *bytes, int64_t n, int64_t t, int32_t intercept);

/* squares[c] = the mean of (r_i / g_i)^2, r = sum_k q_k c_k u_k of target c and g = sum_k q_k u_k^2: with q_k = 1 / (w_k + lambda) that of
 * leave-one-out errors.   missing  q, up to a factor.   The spectrum has vectors and targets.  It counts no units. */
ntk_status ntk_spectrum_leave_one_out(const ntk_spectrum *spectrum, const ntk_lane *lane, const double *missing,
                                      double *squares);

/* NTK_ERR_STATE unless there are targets. */
ntk_status ntk_spectrum_targets_check(const ntk_spectrum *spectrum, const char *function);

/* NTK_ERR_OPTION unless finite and not negative. */
ntk_status ntk_spectrum_option_check(double value, const char *function, const char *name);

/* Targets first, ..., first + count - 1. */
typedef struct ntk_spectrum_range {
    int64_t first, count;
} ntk_spectrum_range;

/* The targets of part i of parts: one each, or all of one part. */
static inline ntk_spectrum_range ntk_spectrum_part(const ntk_spectrum *spectrum, int64_t i, int64_t parts)
{
    return parts == 1 ? (ntk_spectrum_range){0, spectrum->targets} : (ntk_spectrum_range){i, 1};
}

/* The sum of c_k^2 over targets. */
static inline double ntk_spectrum_square(const ntk_spectrum *spectrum, int64_t k, ntk_spectrum_range of)
{
    const double *c = spectrum->coefficients + k * spectrum->targets;
    double sum = 0;
    for (int64_t i = of.first; i < of.first + of.count; i++) sum += c[i] * c[i];
    return sum;
}

#endif
