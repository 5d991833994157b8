/* Ridge regression by conjugate gradients: exact, with K never stored. */
#ifndef NTK_ITERATIVE_H
#define NTK_ITERATIVE_H

#include <ntk/ridge.h>

NTK_BEGIN

/* What conjugate gradients are preconditioned by: P = F F^T + mu I with F of n x rank numbers, where mu is lambda and the mean of the
 * diagonal that F F^T lacks of K's; so lambda may be tiny, or 0.
 * PIVOTED   F from a Cholesky factorization of K with pivots drawn at random in proportion to the diagonal that is left (math: Chen,
 *           Epperly, Tropp and Webber 2025; Epperly, Tropp and Webber 2024): good for clustered samples, too.  Takes rank columns of K
 * NONE      P = I
 * NYSTROEM  pivots drawn uniformly, whatever is left: as good where samples lie evenly
 * FEATURES  F = Phi(x), rank random features of a network of one hidden layer whose kernel in expectation is K, or fewer, so that there
 *           are whole neurons, and mu is lambda (math: Avron, Clarkson and Woodruff 2017): takes no column of K, and is worth less than
 *           those unless lambda is large.  Of infinite kernels of one hidden layer without biases and rates, others end with
 *           NTK_ERR_UNSUPPORTED; nor both parts in the lecture's parameterization */
enum {
    NTK_PRECONDITIONER_PIVOTED = 0,
    NTK_PRECONDITIONER_NONE = 1,
    NTK_PRECONDITIONER_NYSTROEM = 2,
    NTK_PRECONDITIONER_FEATURES = 3
};

/* Zero is the default of every member.
 * tolerance       in [0, 1): the largest |y - (K + lambda I) alpha| / |y| of a target at which it ends, with y less its mean where there
 *                 is an intercept; 0: 1e-6, or of a model in single precision 1e-4
 * max_iterations  at most 1000000; 0: 1000.  More are no error: NTK_NOTE_NOT_CONVERGED
 * rank            columns of F, at most n of them count; 0: 6 sqrt(n), but at most n / 2, for which P costs as much as a few products
 *                 with K.  Better a little above one of the sums of B_k = C(d + k - 1, k), the degrees' dimensions, than below
 * seed            of the pivots
 * preconditioner  as above
 * hold            non-zero: K is held, in packed tiles, if the context's memory budget has room for it, and else as without; 0: it is
 *                 never held, and each product evaluates every pair of samples anew (of a finite kernel, goes through its features)
 * checkpoint      NULL, or where the state of the iteration goes every checkpoint_every iterations: arrays that begin with "object" and
 *                 end with "complete"
 * checkpoint_every  at least 0; 0: 25
 * resume          NULL, or a state that a checkpoint wrote: the call goes on from there, to the same bits.  F is made anew from the
 *                 seed, at the cost of rank columns of K
 * The last two are read by the call that makes a model only. */
typedef struct ntk_iterative_options {
    size_t struct_size;
    double tolerance;
    int64_t max_iterations;
    int64_t rank;
    uint64_t seed;
    int32_t preconditioner;
    int32_t hold;
    const ntk_sink *checkpoint;
    int64_t checkpoint_every;
    const ntk_source *resume;
} ntk_iterative_options;

/* Columns of a history. */
enum { NTK_HISTORY_ITERATION = 0, NTK_HISTORY_RESIDUAL = 1, NTK_HISTORY_COLUMNS = 2 };

/* How the last fit went: a row before the first iteration and one after each, with the largest relative residual of a target as
 * conjugate gradients know it; the last is computed from alpha.
 * table  (report.iterations + 1) x NTK_HISTORY_COLUMNS, any dtype
 * NTK_ERR_UNSUPPORTED  the model is not ITERATIVE */
NTK_API ntk_status ntk_ridge_history(const ntk_ridge *ridge, const ntk_matrix *table) NTK_MUST_CHECK;

NTK_END

#endif
