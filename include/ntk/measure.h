/* Learning curves measured: what kernel ridge regression reaches over fresh draws of samples, or over subsets of a data set, to be held
 * against what ntk_theory_learning_curve (theory.h) and its counterpart of data (spectrum.h) predict.  Calls are thread-safe. */
#ifndef NTK_MEASURE_H
#define NTK_MEASURE_H

#include <ntk/ridge.h>
#include <ntk/target.h>

NTK_BEGIN

/* Columns of a measured curve, a row for each size; of each mean the next column is its standard error.
 * SIZE      n
 * TEST      E (f^ - f)^2 on samples that were not fitted, without their noise; of several targets the sum over them
 * TRAIN     mean of (f^ - y)^2 on the fitted samples, with their noise
 * BIAS      E (E f^ - f)^2, the inner mean over draws: an unbiased estimate, which may be negative where it is small
 * VARIANCE  E (f^ - E f^)^2, over draws and noise.  BIAS + VARIANCE = TEST */
enum {
    NTK_MEASURE_SIZE = 0,
    NTK_MEASURE_TEST = 1,
    NTK_MEASURE_TEST_ERROR = 2,
    NTK_MEASURE_TRAIN = 3,
    NTK_MEASURE_TRAIN_ERROR = 4,
    NTK_MEASURE_BIAS = 5,
    NTK_MEASURE_BIAS_ERROR = 6,
    NTK_MEASURE_VARIANCE = 7,
    NTK_MEASURE_VARIANCE_ERROR = 8,
    NTK_MEASURE_COLUMNS = 9
};

/* draws           of samples, for each size; even; 0: 20.  Two draws at a time are tested on the same samples: from their residuals e
 *                 and e' come BIAS, the mean of e e', and VARIANCE, that of (e - e')^2 / 2.  Standard errors are those over pairs (of
 *                 TRAIN over draws), and NaN of one pair
 * test            samples that each pair is tested on; 0: 1000, or of a data set what the largest size leaves, if that is less
 * lambda          of K + lambda I, >= 0
 * noise_variance  of the normal noise that the labels get for the fit, >= 0
 * seed            of the draws
 * law             NTK_INPUTS_..., of fresh draws
 * intercept       non-zero: fit an unpenalised constant
 * method          NTK_RIDGE_..., of the fits; with SPECTRAL a singular K may have lambda = 0: least squares
 * dtype           of the fits' arithmetic; 0: that of x, and for fresh draws double precision */
typedef struct ntk_measure_options {
    size_t struct_size;
    int64_t draws;
    int64_t test;
    double lambda;
    double noise_variance;
    uint64_t seed;
    int32_t law;
    int32_t intercept;
    int32_t method;
    int32_t dtype;
} ntk_measure_options;

/* Fits the target's values on n samples, fresh ones for each draw, for each size n.
 * The kernel may be any: of ntk_kernel_create_zonal, with shares 1 to degree l, and a lambda small beside the least of its eigenvalues,
 * it is polynomial regression of degree l.  A degree that the kernel lacks shows as BIAS that no size lowers: NTK_CURVE_BLIND of the
 * predicted curve is its energy.
 * The samples of a size are the first ones of those of any larger size: a row doesn't depend on what other sizes are asked for, and
 * rows depend on each other.
 * table  rows of sizes x NTK_MEASURE_COLUMNS   sizes  any number x 1: n, whole numbers, at least 1.   options may be NULL
 * The numbers depend neither on the number of threads, each of which has a pair of draws in work, nor on the run.
 * NTK_NOTE_NOT_CONVERGED  a fit by NTK_RIDGE_ITERATIVE ended before its tolerance
 * NTK_ERR_SHAPE      a dimension does not fit, or the kernel does not take the target's inputs
 * NTK_ERR_VALUE      a size is not a whole number of at least 1
 * NTK_ERR_OPTION     an option is outside its domain; the message names it
 * NTK_ERR_SINGULAR   K + lambda I is not positive definite to working precision: take a larger lambda, or SPECTRAL
 * NTK_ERR_CANCELLED  table is untouched, as after all errors
 * other errors as of ntk_ridge_create, ntk_ridge_predict and ntk_target_evaluate */
NTK_API ntk_status ntk_theory_measure_curve(const ntk_kernel *kernel, const ntk_matrix *table, const ntk_target *target,
                                            const ntk_matrix *sizes, const ntk_measure_options *options) NTK_MUST_CHECK;

/* The same of a data set: each pair of draws sets options.test of its rows aside, on which it is tested, and each of the two fits n of
 * the others, all chosen by chance without replacement.  Means and standard errors are those over the choice of rows of this data set,
 * and f is y itself, with its noise.
 * x  N x d   y  N x t   any dtypes;  every size at most N - options.test
 * NTK_ERR_VALUE   also: x or y holds NaN or infinity, or a size is larger than that
 * Others as above. */
NTK_API ntk_status ntk_theory_measure_data(const ntk_kernel *kernel, const ntk_matrix *table, const ntk_matrix *x,
                                           const ntk_matrix *y, const ntk_matrix *sizes,
                                           const ntk_measure_options *options) NTK_MUST_CHECK;

/* Bytes that these calls may hold at their peak; dtype 0 counts as NTK_F64.
 * target         of fresh draws; or NULL: of a data set of so many rows of d inputs and t targets, which a target leaves unread */
NTK_API ntk_status ntk_theory_measure_memory(const ntk_kernel *kernel, uint64_t *bytes, const ntk_target *target,
                                             const ntk_matrix *sizes, int64_t rows, int64_t d, int64_t t,
                                             const ntk_measure_options *options) NTK_MUST_CHECK;

NTK_END

#endif
