/* Kernel ridge regression: alpha = (K + lambda I)^-1 y, or its primal twin on features. */
#ifndef NTK_RIDGE_H
#define NTK_RIDGE_H

#include <ntk/gram.h>

NTK_BEGIN

/* A fitted model.  predict and the other reading calls, whose ridge is const, are safe from many threads at once; a call that
 * changes the model, whose ridge is not const, needs it for itself, and if it fails leaves it as it was, to the bit.
 * The model minimises  sum_i |y_i - f(x_i) - b|^2 + lambda |f|^2  for each target, with b = 0 unless options.intercept.
 * To the Bayesian f is a Gaussian process of covariance K seen through noise of variance lambda, and b has a flat prior. */
typedef struct ntk_ridge ntk_ridge;

struct ntk_iterative_options;

/* AUTO      SPECTRAL if options.lambdas are given, otherwise the smaller of the systems of the next two: PRIMAL if the kernel is
 *           finite with p < n features, DUAL if not; and ITERATIVE where the context's memory budget has no room for that, in any
 *           precision, but for ITERATIVE
 * DUAL      (K + lambda I) alpha = y by Cholesky, n equations
 * PRIMAL    (Phi^T Phi + lambda I) beta = Phi^T y by Cholesky, p equations; needs features, so a finite kernel
 * SPECTRAL  the dual's equations by the eigenvectors of K, after which every other lambda costs n^2 or less (ntk_ridge_path, _select,
 *           _set_lambda).  About 20 times the time of DUAL and three times its memory, always in double precision; it can't be stopped
 *           while LAPACK is at work.  At lambda = 0 it answers where K is singular, too: alpha of least norm, eigenvalues of at most n
 *           unit roundoffs of the largest counting as 0, and so does a lambda below half of that
 * ITERATIVE the dual's equations by block conjugate gradients for all targets at once (math: O'Leary 1980; Ji and Li 2017), with a
 *           preconditioner, to a tolerance (<ntk/iterative.h>): every sample counts, but K need not be held, so that memory is of
 *           order n (rank + targets), and time of order n^2 an iteration.  K's elements are in the model's precision, all else is in double.
 *           Where lambda is 0 and K singular it converges only if y allows it.  Variances, leave-one-out errors and what is made of
 *           them take a factor, and end with NTK_ERR_UNSUPPORTED; smallest_pivot, condition, log_evidence and degrees are NaN */
enum { NTK_RIDGE_AUTO = 0, NTK_RIDGE_DUAL = 1, NTK_RIDGE_PRIMAL = 2, NTK_RIDGE_SPECTRAL = 3, NTK_RIDGE_ITERATIVE = 4 };

/* NYSTROEM  of reports alone: the models of ntk_ridge_create_nystroem (stream.h) */
enum { NTK_RIDGE_NYSTROEM = 5 };

/* AUTO    PLAIN, unless the context's memory budget has no room for that but for MIXED, or a tolerance is given and there are
 *         512 samples or more
 * PLAIN   factor and solution in dtype
 * MIXED   a DUAL in double precision of a kernel without features: the factor is in single precision, which halves memory and time, and
 *         the solution is corrected to double precision by products with K, which is never held (math: Higham 2002, chapter 12), or
 *         where corrections don't halve the error, by conjugate gradients with that factor.  Leave-one-out errors, variances and the
 *         log evidence have the factor's precision */
enum { NTK_PRECISION_AUTO = 0, NTK_PRECISION_PLAIN = 1, NTK_PRECISION_MIXED = 2 };

/* How a PRIMAL finds its coefficients; reason of the report says which it was.
 * AUTO    NORMAL, and where that is singular to working precision, or its condition more than one over the root of the unit roundoff,
 *         QR, for which the samples are mapped once more
 * NORMAL  the normal equations by Cholesky: n p^2 operations, and errors of the condition of Phi^T Phi + lambda I
 * QR      orthogonal triangularization of [sqrt(lambda) I; Phi] in batches (math: Golub and Van Loan 2013, section 5.3): twice the
 *         operations, and errors of the root of that condition where the model fits well */
enum { NTK_SOLVER_AUTO = 0, NTK_SOLVER_NORMAL = 1, NTK_SOLVER_QR = 2 };

/* method     as above
 * storage    of the dual's matrix: NTK_STORAGE_FULL or NTK_STORAGE_PACKED; SPECTRAL's and ITERATIVE's is FULL
 * dtype      of the fit's arithmetic; 0: that of x
 * intercept  non-zero: fit an unpenalised constant b for each target
 * borrow     non-zero: x outlives the model, so that it need not be copied (what must be converted still is)
 * callers    how many threads predict a few rows at the same time without taking memory (ntk_ridge_predict); 0: as many as the context
 *            has threads
 * lambdas    1 x t, SPECTRAL alone: a lambda for each target, which replace lambda; NULL: all have lambda.  Read by the call only
 * light      non-zero: keep what prediction needs and nothing else: other calls than predict, coefficients, intercept, lambdas and
 *            summary end with NTK_ERR_STATE
 * precision  as above
 * capacity   rows to come: the factor of a DUAL has memory for so many more than it is made of, so that ntk_ridge_append within them
 *            neither copies it nor holds another; the first append gives its samples memory for them, too
 * iterative  NULL, or how ITERATIVE goes about it (<ntk/iterative.h>); read by the call only
 * solver     NTK_SOLVER_..., of a PRIMAL
 * reserved   0
 * tolerance  in [0, 1), how accurate is enough: corrections of MIXED end at a residual (ntk_ridge_report) of that; 0: 2 sqrt(n) unit
 *            roundoffs.  Of no meaning to other methods */
typedef struct ntk_ridge_options {
    size_t struct_size;
    int32_t method;
    int32_t storage;
    int32_t dtype;
    int32_t intercept;
    int32_t borrow;
    int32_t callers;
    const ntk_matrix *lambdas;
    int32_t light;
    int32_t precision;
    int64_t capacity;
    const struct ntk_iterative_options *iterative;
    int32_t solver;
    int32_t reserved;
    double tolerance;
} ntk_ridge_options;

/* What was fitted, and why so.
 * samples, inputs, targets  n, d, t
 * order          number of equations: n (dual), p (primal) or the number of centres (NYSTROEM)
 * lambda         as given; of several, that of the first target
 * smallest_pivot smallest squared pivot of the factorization over its diagonal entry, in (0, 1]: near the unit roundoff, the
 *                system was nearly singular; of SPECTRAL, one over condition
 * reason         one sentence on the choice of method; lives as long as the library is loaded
 * method         NTK_RIDGE_DUAL, _PRIMAL, _SPECTRAL, _ITERATIVE or _NYSTROEM
 * dtype          of the arithmetic
 * intercept      0 or 1
 * condition      of the system's matrix, at the first target's lambda; of a factorization a lower bound, from its pivots
 * rss            sum of squares of y - f - b over samples and targets
 * log_evidence   sum over targets of the log of p(y), a Gaussian of covariance K + lambda I about b, integrated over b where there is
 *                an intercept; NaN where lambda is 0 and p(y) does not exist
 * degrees        trace of the map from y to f + b, the effective degrees of freedom, at the first target's lambda; NaN where it
 *                takes an inverse (DUAL, PRIMAL: ask ntk_ridge_leave_one_out)
 * kernel_scale   the v for which v K, with noise v lambda, has the most evidence: the mean of y^T alpha over all samples and targets
 *                (of n - 1 samples with an intercept); NaN where lambda is 0 and K singular.  The model's variances are to be
 *                multiplied by it
 * memory         bytes that the model holds, beside the kernel
 * precision      NTK_PRECISION_PLAIN or _MIXED
 * refinements    products with K that corrections of MIXED, or an ITERATIVE, took
 * iterations     of an ITERATIVE; otherwise 0
 * residual       of an ITERATIVE, the largest |y - (K + lambda I) alpha| / |y| of a target, computed at the end (of y less its mean
 *                where there is an intercept, and of the intercept's own equation); of a MIXED, the largest backward error
 *                |y - A alpha| / (|A| |alpha| + |y|) of a target with A = K + lambda I; otherwise 0
 * tolerance      of a MIXED, as given; otherwise 0 */
typedef struct ntk_ridge_report {
    size_t struct_size;
    int64_t samples;
    int64_t inputs;
    int64_t targets;
    int64_t order;
    double lambda;
    double smallest_pivot;
    const char *reason;
    int32_t method;
    int32_t dtype;
    int32_t intercept;
    int32_t reserved;
    double condition;
    double rss;
    double log_evidence;
    double degrees;
    double kernel_scale;
    uint64_t memory;
    int32_t precision;
    int32_t refinements;
    int64_t iterations;
    double residual;
    double tolerance;
} ntk_ridge_report;

/* Bytes that ntk_ridge_create would hold at its peak, for n samples of d inputs and t targets.  options may be NULL; dtype 0
 * counts as NTK_F64. */
NTK_API ntk_status ntk_ridge_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                    int64_t t, const ntk_ridge_options *options) NTK_MUST_CHECK;

/* Fits the kernel ridge regression of y on x.   x  n x d   y  n x t   lambda >= 0.   options may be NULL.
 * NTK_ERR_SINGULAR   K + lambda I is not positive definite to working precision (a squared pivot of at most 4 sqrt(n) unit
 *                    roundoffs of its diagonal entry): the message names the pivot's row and a remedy
 * NTK_ERR_VALUE      lambda, or one of lambdas, is negative or not finite; x or y holds NaN or infinity
 * NTK_ERR_MEMORY     the message names the bytes needed
 * NTK_ERR_CANCELLED  stopped within 100 ms of the progress callback's word
 * NTK_NOTE_NOT_CONVERGED  ITERATIVE ended before its tolerance, after max_iterations or where rounding lets it come no nearer; the model
 *                    is what it had
 * NTK_ERR_FORMAT     iterative->resume is no checkpoint, or one of another problem
 * NTK_ERR_CALLBACK   iterative->checkpoint or ->resume reported failure
 * other errors as for ntk_kernel_block */
NTK_API ntk_status ntk_ridge_create(ntk_context *context, ntk_ridge **ridge, const ntk_kernel *kernel, const ntk_matrix *x,
                                    const ntk_matrix *y, double lambda, const ntk_ridge_options *options) NTK_MUST_CHECK;

/* The same from a kernel matrix that exists, which is copied, not changed: always dual, in the gram's storage and dtype.
 * y  n x t, in the order of the gram's samples
 * NTK_ERR_OPTION  method is PRIMAL or ITERATIVE, or storage or dtype differ from the gram's */
NTK_API ntk_status ntk_ridge_create_gram(ntk_context *context, ntk_ridge **ridge, const ntk_gram *gram, const ntk_matrix *y,
                                         double lambda, const ntk_ridge_options *options) NTK_MUST_CHECK;

/* The same on features: always primal.  Phi is mapped in batches and never stored.
 * NTK_ERR_OPTION  method is another */
NTK_API ntk_status ntk_ridge_create_primal(ntk_context *context, ntk_ridge **ridge, const ntk_features *features,
                                           const ntk_matrix *x, const ntk_matrix *y, double lambda,
                                           const ntk_ridge_options *options) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_ridge_destroy(ntk_ridge *ridge);

/* y = f(x) + b.   y  m x t (any dtype)   x  m x d (any dtype).
 * For at most 4 rows nothing is allocated and no other thread is woken: fit for an inner loop.  Of networks with one hidden layer,
 * finite ones without biases and infinite ones with a closed form, and at most 4096 inputs, the stack is enough.  Other models have
 * memory for it, which report.memory counts, for options.callers calls at the same time; more take theirs from the allocator, and so
 * do rows more than twice as long as the longest sample where the kernel is a Hermite series, kernels that take more than 16 MB for
 * 4 rows (of networks with millions of weights), and what a caller's functions take.
 * The arithmetic is the model's.   Errors as for ntk_kernel_block, but for
 * NTK_ERR_OVERFLOW  a prediction overflows, or a sample is so long that its kernel does; y is unspecified */
NTK_API ntk_status ntk_ridge_predict(const ntk_ridge *ridge, const ntk_matrix *y, const ntk_matrix *x) NTK_MUST_CHECK;

/* alpha (dual, NYSTROEM) or beta (primal), order x t, any dtype. */
NTK_API ntk_status ntk_ridge_coefficients(const ntk_ridge *ridge, const ntk_matrix *coefficients) NTK_MUST_CHECK;

/* b, 1 x t, any dtype; zeros without intercept. */
NTK_API ntk_status ntk_ridge_intercept(const ntk_ridge *ridge, const ntk_matrix *intercept) NTK_MUST_CHECK;

/* The lambda of each target, 1 x t, any dtype. */
NTK_API ntk_status ntk_ridge_lambdas(const ntk_ridge *ridge, const ntk_matrix *lambdas) NTK_MUST_CHECK;

/* report->struct_size must be set (NTK_INIT). */
NTK_API ntk_status ntk_ridge_summary(const ntk_ridge *ridge, ntk_ridge_report *report) NTK_MUST_CHECK;

/* --- uncertainty and gradients ---
 *
 * Of the latent f + b at points, given y: without the noise lambda, and in units of the model's noise, so to be multiplied by
 * kernel_scale of the report (draws: make the kernel v K and lambda v lambda).  Where targets share their lambdas, and so have one
 * variance, an output may be for it alone or for each target.  With A = K + lambda I, and k = K(X, x) (math: Rasmussen and Williams
 * 2006, chapter 2):
 *   C(x, x') = K(x, x') - k^T A^-1 k' + (1 - 1^T A^-1 k) (1 - 1^T A^-1 k') / 1^T A^-1 1, the last with an intercept only,
 * and of a PRIMAL lambda (phi - mu)^T (Phi^T Phi + lambda I)^-1 (phi' - mu), mu the mean feature, and lambda / n more with an
 * intercept.  The arithmetic is the model's, of a SPECTRAL double precision; n unit roundoffs of K(x, x) are lost in the difference,
 * which is at least 0.  x  m x d, any dtype, as are outputs.  Errors as for predict, and
 * NTK_ERR_STATE   the model is light (not of the mean's gradient)
 * NTK_ERR_UNSUPPORTED  the model is ITERATIVE (not of ntk_ridge_variance, nor of the mean's gradient)
 * NTK_ERR_MEMORY, NTK_ERR_CANCELLED  as for predict, but that the output is unspecified if there are more points than a batch of 32 MB
 *                 holds rows of n numbers, or, of an ITERATIVE, than 128 */

/* C(x_i, x_i).   variance  m x 1, or m x t.   O(n^2) a point; holds a batch of m x n numbers of 32 MB.
 * Of an ITERATIVE by conjugate gradients with the options of its fit, at most 128 points at a time: a batch takes the time and the memory
 * of a fit of so many targets.  With r = k - A z for the solution z of a point, |r| at most the tolerance times |k|, its variance comes
 * out too large by r^T A^-1 r <= |r|^2 / lambda, so never too small for it; the intercept's share is as exact as the fit.
 * NTK_NOTE_NOT_CONVERGED  a residual is above the tolerance */
NTK_API ntk_status ntk_ridge_variance(const ntk_ridge *ridge, const ntk_matrix *variance, const ntk_matrix *x) NTK_MUST_CHECK;

/* C(x_i, x_j).   covariance  m x m, or m x (t m), target by target. */
NTK_API ntk_status ntk_ridge_covariance(const ntk_ridge *ridge, const ntk_matrix *covariance,
                                        const ntk_matrix *x) NTK_MUST_CHECK;

/* Draws of (f + b)(x) at all points together: mean + C^(1/2) xi with the symmetric root and standard normals that depend on the seed,
 * target, draw and point alone.   samples  m x (t S): S draws of target 0, then of target 1, ...   It can't be stopped while LAPACK
 * decomposes C, m x m.
 * NTK_ERR_SHAPE     the number of columns is no multiple of t
 * NTK_ERR_OVERFLOW  m is so large that its work is no integer of BLAS */
NTK_API ntk_status ntk_ridge_sample(const ntk_ridge *ridge, const ntk_matrix *samples, const ntk_matrix *x,
                                    uint64_t seed) NTK_MUST_CHECK;

/* The derivatives of f in x, at each point: of target 0, then of target 1, ...   gradient  m x (t d).   In gradient's dtype; what kinks
 * count as is said of ntk_kernel_gradient.
 * NTK_ERR_UNSUPPORTED  as for ntk_kernel_gradient */
NTK_API ntk_status ntk_ridge_gradient(const ntk_ridge *ridge, const ntk_matrix *gradient, const ntk_matrix *x) NTK_MUST_CHECK;

/* The derivatives of ntk_ridge_variance in x.   gradient  m x d, or m x (t d).
 * NTK_ERR_UNSUPPORTED  as for ntk_kernel_gradient */
NTK_API ntk_status ntk_ridge_variance_gradient(const ntk_ridge *ridge, const ntk_matrix *gradient,
                                               const ntk_matrix *x) NTK_MUST_CHECK;

/* --- errors without a test set --- */

/* residuals[i] = y_i minus the prediction for x_i of the model fitted without sample i, by formula (math: Golub, Heath and Wahba 1979;
 * with the intercept fitted anew): alpha_i / (A^-1)_ii with A = K + lambda I, or of a PRIMAL the residual over 1 minus its leverage.
 * NaN if there is one sample and an intercept; that sample's y if there is none.   residuals  n x t, any dtype.
 * O(n^3) of a DUAL (a third of it), O(n^2) of a SPECTRAL, O(n p^2) of a PRIMAL.
 * NTK_ERR_STATE     the model is light
 * NTK_ERR_UNSUPPORTED  the model is ITERATIVE: the diagonal of A^-1 would take n solutions
 * NTK_ERR_SINGULAR  lambda is 0 and K is singular to working precision */
NTK_API ntk_status ntk_ridge_leave_one_out(const ntk_ridge *ridge, const ntk_matrix *residuals) NTK_MUST_CHECK;

/* Intervals of so much level by the jackknife+ (math: Barber, Candes, Ramdas and Tibshirani 2021): with r_i the leave-one-out residuals
 * and f_i the model without sample i, both by formula, the floor((1 - level)(n + 1))-th smallest f_i(x) - |r_i| and the
 * ceil(level (n + 1))-th smallest f_i(x) + |r_i|.  For exchangeable samples, whatever the noise, such an interval holds a new y with
 * probability at least 2 level - 1, and in practice about level.   intervals  m x (2 t): low and high of target 0, then of target 1,
 * ..., infinite where n is too small for the level, NaN if there is one sample and an intercept; any dtype.   x  m x d
 * O(n^2) a point.   Errors as for predict, and
 * NTK_ERR_VALUE     level is not between 0 and 1
 * NTK_ERR_STATE     the model is light
 * NTK_ERR_UNSUPPORTED  the model is ITERATIVE
 * NTK_ERR_SINGULAR  lambda is 0 and K is singular to working precision */
NTK_API ntk_status ntk_ridge_intervals(const ntk_ridge *ridge, const ntk_matrix *intervals, const ntk_matrix *x,
                                       double level) NTK_MUST_CHECK;

/* --- classes ---
 *
 * Of models with a target for each class, 1 where a sample is of it and 0 where not (ntk_one_hot): a class is told by the largest
 * target, the first of them if there are several.  Labels are numbers of targets, counted from 0.
 * NTK_ERR_UNSUPPORTED  the model has one target */

/* y = 1 at the labels' columns, 0 elsewhere.   y  n x classes   labels  n x 1; any dtype.
 * NTK_ERR_VALUE  a label is no whole number from 0 to classes - 1; y is untouched */
NTK_API ntk_status ntk_one_hot(const ntk_matrix *y, const ntk_matrix *labels) NTK_MUST_CHECK;

/* The classes of points, by ntk_ridge_predict.   labels  m x 1   x  m x d, any dtype.   Errors as for predict. */
NTK_API ntk_status ntk_ridge_classes(const ntk_ridge *ridge, const ntk_matrix *labels, const ntk_matrix *x) NTK_MUST_CHECK;

/* The class of each sample by the model fitted without it, by ntk_ridge_leave_one_out, and the error that this tells without a test set:
 * the share of samples whose own targets say another class.   labels  n x 1, any dtype; NaN, as the error, where that is.
 * Errors as for ntk_ridge_leave_one_out */
NTK_API ntk_status ntk_ridge_leave_one_out_classes(const ntk_ridge *ridge, const ntk_matrix *labels,
                                                   double *error) NTK_MUST_CHECK;

/* --- data that change ---
 *
 * They make the model that ntk_ridge_create would make of the changed data, to rounding, and need it for themselves: readers may go on
 * with a copy.  A call that fails or is cancelled leaves the model as it was, to the bit.  While they work they hold two models, but
 * for an append within options.capacity, which holds two without their factor and one factor, and from the second one on, unless a copy
 * shares them, one copy of the samples, too.  A DUAL's factor is updated (math: Golub and Van Loan 2013, section 6.5.4); SPECTRAL and PRIMAL models are fitted anew, and ITERATIVE ones, too, from the best that the
 * coefficients they had allow.
 * NTK_ERR_STATE  the model is light
 * notes and other errors as for ntk_ridge_create */

/* *copy = the same model, under context. */
NTK_API ntk_status ntk_ridge_copy(ntk_context *context, ntk_ridge **copy, const ntk_ridge *ridge) NTK_MUST_CHECK;

/* Adds samples behind those that are there.   x  m x d   y  m x t.   O(n^2 m) of a DUAL; more rows than it has are a fit.
 * NTK_NOTE_REFITTED  to working precision the new rows depend on others, a squared pivot being at most 2 n unit roundoffs of its
 *                    diagonal entry, so that the update was given up for a fit, which went well
 * NTK_ERR_SINGULAR   that fit fails, too */
NTK_API ntk_status ntk_ridge_append(ntk_ridge *ridge, const ntk_matrix *x, const ntk_matrix *y) NTK_MUST_CHECK;

/* Removes samples first, ..., first + count - 1, counted from 0; those behind move up.   O(n^2 count) of a DUAL; more than an eighth
 * of those that stay are a fit, unless they are the last.
 * NTK_ERR_SHAPE  there are no such samples, or no others */
NTK_API ntk_status ntk_ridge_remove(ntk_ridge *ridge, int64_t first, int64_t count) NTK_MUST_CHECK;

/* A sliding window: removes the first rows of the model, as many as x has, and adds those of x behind the others, with one solution.
 * x  m x d   y  m x t, of at most n rows.   O(n^2 m) of a DUAL; more than an eighth of those that stay are a fit.
 * NTK_ERR_SHAPE  x has more rows than the model
 * NTK_NOTE_REFITTED, NTK_ERR_SINGULAR  as for ntk_ridge_append */
NTK_API ntk_status ntk_ridge_slide(ntk_ridge *ridge, const ntk_matrix *x, const ntk_matrix *y) NTK_MUST_CHECK;

/* Gives the samples other targets.   y  n x t.   O(n^2) but for a PRIMAL and an ITERATIVE. */
NTK_API ntk_status ntk_ridge_set_targets(ntk_ridge *ridge, const ntk_matrix *y) NTK_MUST_CHECK;

/* --- other lambdas: SPECTRAL models ---
 *
 * With K = U diag(w) U^T, c = U^T y and s = 1 / (w + lambda) each number below is a sum over c and s (math: Rasmussen and Williams 2006,
 * chapter 5; Golub, Heath and Wahba 1979).  They end with
 * NTK_ERR_UNSUPPORTED  the model is not SPECTRAL
 * NTK_ERR_STATE        the model is light
 * NTK_ERR_SINGULAR     a lambda is 0, or counts as 0, and K is singular to working precision */

/* Columns of a path.
 * LAMBDA        as given
 * LOO           mean square of the leave-one-out residuals; NaN if there is one sample and an intercept
 * GCV           generalized cross-validation: the mean square residual over (1 - DF / n)^2
 * LOG_EVIDENCE  as ntk_ridge_report.log_evidence
 * DF            as ntk_ridge_report.degrees
 * RSS           as ntk_ridge_report.rss */
enum {
    NTK_PATH_LAMBDA = 0,
    NTK_PATH_LOO = 1,
    NTK_PATH_GCV = 2,
    NTK_PATH_LOG_EVIDENCE = 3,
    NTK_PATH_DF = 4,
    NTK_PATH_RSS = 5,
    NTK_PATH_COLUMNS = 6
};

/* A row for each lambda, whatever the model's own.   table  r x NTK_PATH_COLUMNS, the means of LOO and GCV and the sums of
 * LOG_EVIDENCE and RSS over all targets; or r x (t NTK_PATH_COLUMNS), target by target; any dtype.   lambdas  r x 1, >= 0.
 * O(n) a lambda and target, and O(n^2) a lambda for LOO. */
NTK_API ntk_status ntk_ridge_path(const ntk_ridge *ridge, const ntk_matrix *table, const ntk_matrix *lambdas) NTK_MUST_CHECK;

/* The same table's derivatives in log lambda. */
NTK_API ntk_status ntk_ridge_path_derivatives(const ntk_ridge *ridge, const ntk_matrix *table,
                                              const ntk_matrix *lambdas) NTK_MUST_CHECK;

/* What to choose lambda by: the least LOO or GCV, or the most LOG_EVIDENCE. */
enum { NTK_CRITERION_LOO = 0, NTK_CRITERION_GCV = 1, NTK_CRITERION_EVIDENCE = 2 };

/* The best lambda between n unit roundoffs of K's largest eigenvalue and a thousand times that: of 49 a ratio apart, and from the best
 * of them on by Brent's method (Brent 1973, chapter 5) in log lambda.  The model stays as it is: see ntk_ridge_set_lambda.
 * lambda  1 x 1, one for all targets, or 1 x t, one for each; any dtype
 * NTK_NOTE_AT_BRACKET  a lambda is an end of that range: the data are noise, or have none
 * NTK_ERR_OPTION       no such criterion */
NTK_API ntk_status ntk_ridge_select(const ntk_ridge *ridge, const ntk_matrix *lambda, int32_t criterion) NTK_MUST_CHECK;

/* The same between two lambdas of the caller's, of 49 a ratio apart again: a narrower range than that of ntk_ridge_select is looked at
 * more closely, and in a wider one extremes are found.   0 < low < high, finite.
 * NTK_NOTE_AT_BRACKET  a lambda is low or high
 * NTK_ERR_VALUE        low or high is not as said */
NTK_API ntk_status ntk_ridge_select_between(const ntk_ridge *ridge, const ntk_matrix *lambda, int32_t criterion, double low,
                                            double high) NTK_MUST_CHECK;

/* Gives the model other lambdas.   lambda  1 x 1, one for all targets, or 1 x t, one for each, >= 0. */
NTK_API ntk_status ntk_ridge_set_lambda(ntk_ridge *ridge, const ntk_matrix *lambda) NTK_MUST_CHECK;

/* --- saving and loading --- */

/* Writes all that the model is to the sink, in the calling thread: its kernel or features, its samples and targets, and the factor, so
 * that it predicts, and takes new samples, to the same bits when it is read.  The format's number is 1; later releases read it.
 * NTK_ERR_CALLBACK  the sink reported failure
 * NTK_ERR_MEMORY    a tile of the factor cannot be had */
NTK_API ntk_status ntk_ridge_export(const ntk_ridge *ridge, const ntk_sink *sink) NTK_MUST_CHECK;

/* Makes a model of what was exported.
 * NTK_ERR_FORMAT       an array is absent, or not what it should be: the message names it
 * NTK_ERR_CALLBACK     the source reported failure
 * NTK_ERR_UNSUPPORTED  its kernel has functions of the caller's, and the source does not give them
 * NTK_ERR_MEMORY       what it takes cannot be had */
NTK_API ntk_status ntk_ridge_import(ntk_context *context, ntk_ridge **ridge, const ntk_source *source) NTK_MUST_CHECK;

NTK_END

#endif
