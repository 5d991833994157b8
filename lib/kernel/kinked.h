/* Infinite-width kernels of one hidden layer with a caller's function whose derivative jumps by J_a at kinks t_a.  Of
 *   s(u) = r(u) + g(u),   r(u) = sum_a J_a max(0, u - t_a),
 * the ramps r have a closed form among themselves (activation/closed_forms.h), and g has a continuous derivative, whose Hermite series
 * falls as fast as it is smooth.  With e_m and f_m the coefficients of r'(l z) and g'(l z), and d = e + f those of s' (mehler.h),
 *   E[s'(u) s'(v)] = E[r'(u) r'(v)] + sum_m (f_m d_m' + e_m f_m') rho^m,
 * and likewise E[s s] by parts, with the product of the means less that of the ramps'.  A cut after M terms leaves
 *   sum_(m < M) d_m d_m' rho^m + sum_(m >= M) e_m e_m' rho^m,
 * which is positive semidefinite, and lacks sqrt(T_f T_f') + sqrt(T_f T_e') + sqrt(T_e T_f') at most, with T the rests of the sums of
 * squares. */
#ifndef NTK_KERNEL_KINKED_H
#define NTK_KERNEL_KINKED_H

#include "kernel/mehler.h"

#include <math.h>

/* The ramps of a function; a kink where its derivative does not jump by more than rounding has none.
 * NTK_ERR_CALLBACK  its derivative is not finite beside a kink */
ntk_status ntk_ramps_of(ntk_ramps *ramps, const ntk_activation *plain);

/* What a degree weighs in K. */
static inline double ntk_kinked_gain(const ntk_infinite_constants *k, int64_t m)
{
    return sqrt(k->k[0] / (double)(m + 1) + k->k[1]);
}

/* Of a step max(0, u + shift)' with h = shift / l: exp(-h^2 / 4), from which its Hermite functions h_m(-h) exp(-h^2 / 4) go on, and what
 * e_m is to h_(m - 1)(-h) exp(-h^2 / 4) / sqrt(m). */
static inline double ntk_step_root(const ntk_shifted *step)
{
    return exp(-step->h * step->h / 4);
}

static inline double ntk_step_scale(double root)
{
    return 0.39894228040143267794 * root; /* over sqrt(2 pi) */
}

/* e_m, m < degrees, of samples of this length. */
void ntk_ramps_expand(const ntk_ramps *ramps, double length, int64_t degrees, double *e);

/* E[r'(l z)^2] */
double ntk_ramps_power(const ntk_ramps *ramps, double length);

/* What a sample is to the ramps: each as max(0, u + shift); and E[r(l z)]. */
void ntk_ramps_shift(const ntk_ramps *ramps, double length, ntk_shifted *shifted);
double ntk_ramps_mean(const ntk_ramps *ramps, const ntk_shifted *shifted);

/* The moments of r at two samples, with their derivatives in u (closed_forms.h). */
ntk_shifted_moments ntk_ramps_moments(const ntk_ramps *ramps, const ntk_shifted *u, const ntk_shifted *v,
                                      const ntk_angle *angle);
ntk_shifted_slopes ntk_ramps_slopes(const ntk_ramps *ramps, const ntk_shifted *u, const ntk_shifted *v, const ntk_angle *angle);

/* --- samples: the table holds sqrt(k0 / (m + 1) + k1) f_m as mehler.h's does its E, and the ramps are kept behind mehler.tails --- */

/* Makes them, of samples whose lengths are stored; *overflow where a number is too large to be represented.
 * NTK_ERR_UNSUPPORTED  the accuracy takes more degrees than there may be */
ntk_status ntk_kinked_fill(ntk_samples *samples, bool *overflow, const ntk_infinite_constants *k, const ntk_lane *lane);

/* Adds the bytes of that to a need. */
ntk_status ntk_kinked_memory(uint64_t *bytes, int32_t dtype, int64_t rows);

/* Relative to sqrt K(x, x), at most, the roots of what f (part 0) and e (part 1) hold from each of mehler.terms + 1 terms on. */
static inline double *ntk_kinked_rests(const ntk_mehler *mehler, int part)
{
    return mehler->tails + part * (mehler->terms + 1);
}

static inline ntk_ramps *ntk_kinked_ramps(const ntk_mehler *mehler)
{
    return (ntk_ramps *)(void *)(mehler->tails + 2 * (mehler->terms + 1));
}

/* The least number of terms that is enough for samples of one set with those of the other, up to those that the longer table has;
 * slopes: for their gradients where that can be had.   NTK_ERR_UNSUPPORTED  all of them are not enough */
ntk_status ntk_kinked_enough(int64_t *terms, const ntk_mehler *rows, const ntk_mehler *cols, const ntk_activation *activation,
                             int32_t dtype, bool slopes);

/* What a row has for its columns, and columns of one block.
 * f, e  a row's coefficients with their weights, terms of each */
enum { NTK_KINKED_COLUMNS = 64, NTK_KINKED_SHIFTED = 512 };

typedef struct ntk_kinked_row {
    double length, mean, ramp_mean;
    double f[NTK_MEHLER_MOST_DEGREES], e[NTK_MEHLER_MOST_DEGREES];
    ntk_shifted shifted[NTK_MOST_RAMPS];
} ntk_kinked_row;

typedef struct ntk_kinked_columns {
    int64_t first, count;
    double length[NTK_KINKED_COLUMNS], mean[NTK_KINKED_COLUMNS], ramp_mean[NTK_KINKED_COLUMNS];
    ntk_shifted shifted[NTK_KINKED_SHIFTED];
} ntk_kinked_columns;

void ntk_kinked_take_row(ntk_kinked_row *row, const ntk_samples *samples, const ntk_infinite_constants *k, int64_t i,
                         int64_t terms);

/* As many columns from first on, and before last, as there is room for. */
void ntk_kinked_take_columns(ntk_kinked_columns *columns, const ntk_samples *samples, const ntk_infinite_constants *k,
                             int64_t first, int64_t last);

/* sums[j] = sum_m (f_m (F_m + E_m) + e_m F_m) rho[j]^m with the columns' F, of the table, and E, which are made on the way. */
void ntk_kinked_sums(double *sums, const double *rho, const double *f, const double *e, const ntk_samples *cols,
                     const ntk_kinked_columns *columns, const ntk_infinite_constants *k, int64_t terms);

ntk_status ntk_kinked_gradient(const struct ntk_tile_gradient *job, const ntk_lane *lane);

extern const ntk_kernel_operations ntk_kinked_operations;

#endif
