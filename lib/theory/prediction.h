/* What kernel ridge regression from n samples is expected to reach, by the kernel's eigenfunctions: the finite-n theory of Canatar,
 * Bordelon and Pehlevan 2021, and Simon et al. 2021. */
#ifndef NTK_THEORY_PREDICTION_H
#define NTK_THEORY_PREDICTION_H

#include <ntk/theory.h>

/* Modes: eigenfunctions, or several of one eigenvalue.
 * eigenvalue  xi, 0 of what the kernel has not;  share  that times their number;  energy  of the target in them; an
 *             estimate may be negative
 * ridge       lambda, and the eigenvalues' part of K(x, x) that is not among the modes;  rank  the number of eigenfunctions with xi > 0
 * free        of those which are learned without a penalty besides, as an intercept
 * noise       variance of the labels';  beyond  energy that is not among the modes;  blind  that of modes with xi = 0 */
typedef struct ntk_prediction {
    int64_t count;
    const double *eigenvalue, *share, *energy;
    double lambda, ridge, rank, free, noise, beyond, blind;
} ntk_prediction;

/* A curve's row of n > free. */
void ntk_predict_curve(double columns[NTK_CURVE_COLUMNS], const ntk_prediction *modes, double n);

#endif
