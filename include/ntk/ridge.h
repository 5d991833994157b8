/* Kernel ridge regression: alpha = (K + lambda I)^-1 y, or its primal twin on features. */
#ifndef NTK_RIDGE_H
#define NTK_RIDGE_H

#include <ntk/gram.h>

NTK_BEGIN

/* A fitted model.  Immutable: predict and the other reading calls are safe from many threads at once.
 * The model minimises  sum_i |y_i - f(x_i) - b|^2 + lambda |f|^2  for each target, with b = 0 unless options.intercept. */
typedef struct ntk_ridge ntk_ridge;

/* AUTO      the smaller of the two systems below: PRIMAL if the kernel is finite with p < n features, DUAL otherwise
 * DUAL      (K + lambda I) alpha = y by Cholesky, n equations
 * PRIMAL    (Phi^T Phi + lambda I) beta = Phi^T y by Cholesky, p equations; needs features, so a finite kernel */
enum { NTK_RIDGE_AUTO = 0, NTK_RIDGE_DUAL = 1, NTK_RIDGE_PRIMAL = 2 };

/* method     as above
 * storage    of the dual's matrix: NTK_STORAGE_FULL or NTK_STORAGE_PACKED
 * dtype      of the fit's arithmetic; 0: that of x
 * intercept  non-zero: fit an unpenalised constant b for each target
 * borrow     non-zero: x outlives the model, so that the dual need not copy it (it still copies what must be converted)
 * reserved   0 */
typedef struct ntk_ridge_options {
    size_t struct_size;
    int32_t method;
    int32_t storage;
    int32_t dtype;
    int32_t intercept;
    int32_t borrow;
    int32_t reserved;
} ntk_ridge_options;

/* What was fitted, and why so.
 * samples, inputs, targets  n, d, t
 * order          number of equations: n (dual) or p (primal)
 * lambda         as given
 * smallest_pivot smallest squared pivot of the factorization over its diagonal entry, in (0, 1]: near the unit roundoff, the
 *                system was nearly singular
 * reason         one sentence on the choice of method; lives as long as the library is loaded
 * method         NTK_RIDGE_DUAL or _PRIMAL
 * dtype          of the arithmetic
 * intercept      0 or 1 */
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
} ntk_ridge_report;

/* Bytes that ntk_ridge_create would hold at its peak, for n samples of d inputs and t targets.  options may be NULL; dtype 0
 * counts as NTK_F64. */
NTK_API ntk_status ntk_ridge_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                    int64_t t, const ntk_ridge_options *options) NTK_MUST_CHECK;

/* Fits the kernel ridge regression of y on x.   x  n x d   y  n x t   lambda >= 0.   options may be NULL.
 * NTK_ERR_SINGULAR   K + lambda I is not positive definite to working precision (a squared pivot of at most 4 sqrt(n) unit
 *                    roundoffs of its diagonal entry): the message names the pivot's row and a remedy
 * NTK_ERR_VALUE      lambda is negative or not finite; x or y holds NaN or infinity
 * NTK_ERR_MEMORY     the message names the bytes needed
 * NTK_ERR_CANCELLED  stopped within 100 ms of the progress callback's word
 * other errors as for ntk_kernel_block */
NTK_API ntk_status ntk_ridge_create(ntk_context *context, ntk_ridge **ridge, const ntk_kernel *kernel, const ntk_matrix *x,
                                    const ntk_matrix *y, double lambda, const ntk_ridge_options *options) NTK_MUST_CHECK;

/* The same from a kernel matrix that exists, which is copied, not changed: always dual, in the gram's storage and dtype.
 * y  n x t, in the order of the gram's samples
 * NTK_ERR_OPTION  method is PRIMAL, or storage or dtype differ from the gram's */
NTK_API ntk_status ntk_ridge_create_gram(ntk_context *context, ntk_ridge **ridge, const ntk_gram *gram, const ntk_matrix *y,
                                         double lambda, const ntk_ridge_options *options) NTK_MUST_CHECK;

/* The same on features: always primal.  Phi is mapped in batches and never stored.
 * NTK_ERR_OPTION  method is DUAL */
NTK_API ntk_status ntk_ridge_create_primal(ntk_context *context, ntk_ridge **ridge, const ntk_features *features,
                                           const ntk_matrix *x, const ntk_matrix *y, double lambda,
                                           const ntk_ridge_options *options) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_ridge_destroy(ntk_ridge *ridge);

/* y = f(x) + b.   y  m x t (any dtype)   x  m x d (any dtype).
 * For at most 4 rows of at most 4096 inputs nothing is allocated and no other thread is woken: fit for an inner loop.
 * The arithmetic is the model's.   Errors as for ntk_kernel_block, but for
 * NTK_ERR_OVERFLOW  a prediction overflows, or a sample is so long that its kernel does; y is unspecified */
NTK_API ntk_status ntk_ridge_predict(const ntk_ridge *ridge, const ntk_matrix *y, const ntk_matrix *x) NTK_MUST_CHECK;

/* alpha (dual) or beta (primal), order x t, any dtype. */
NTK_API ntk_status ntk_ridge_coefficients(const ntk_ridge *ridge, const ntk_matrix *coefficients) NTK_MUST_CHECK;

/* b, 1 x t, any dtype; zeros without intercept. */
NTK_API ntk_status ntk_ridge_intercept(const ntk_ridge *ridge, const ntk_matrix *intercept) NTK_MUST_CHECK;

/* report->struct_size must be set (NTK_INIT). */
NTK_API ntk_status ntk_ridge_summary(const ntk_ridge *ridge, ntk_ridge_report *report) NTK_MUST_CHECK;

NTK_END

#endif
