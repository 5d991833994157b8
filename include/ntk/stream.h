/* Fits of samples that come in batches, and Nystroem models, whose kernel matrix is never held: any number of samples. */
#ifndef NTK_STREAM_H
#define NTK_STREAM_H

#include <ntk/ridge.h>

NTK_BEGIN

/* Samples that a function of the caller's hands over, some rows at a time: those of a file, a data base or a generator.
 * inputs, targets  d, t, at least 1
 * samples  how many there are; 0: as many as read gives.  A stream that ends before is refused
 * dtype    of the views that read fills; 0: NTK_F64
 * once     non-zero: the samples can be read once only.  Otherwise a method that needs it reads them again from the first
 * read     writes samples first, first + 1, ... (counted from 0) to the first rows of x and y, and returns how many it wrote: 1 to
 *          x->rows, fewer if that is easier, 0 if there are no more, or a negative number to give up.  first grows by what was
 *          returned, so that a reader of a file may go on where it was; 0 begins anew.  Called by the thread that made the call,
 *          which meanwhile does nothing else, so that read may use the library.  x  r x d   y  r x t, contiguous, of dtype
 * user     its first argument; it remains the caller's, and is not used once the call has returned */
typedef struct ntk_sample_stream {
    size_t struct_size;
    int64_t inputs;
    int64_t targets;
    int64_t samples;
    int32_t dtype;
    int32_t once;
    int64_t (*read)(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y);
    void *user;
} ntk_sample_stream;

/* Fits the primal model of features to a stream: the system is summed up batch by batch, so that the number of samples is not
 * bounded by memory, and each is read once.  The library makes batches of its own, whose rows depend on p and on stream->samples
 * alone: what read returns at a time does not change a bit.   options may be NULL; their method is AUTO or PRIMAL, their dtype 0 is the
 * stream's.
 * The model is that of ntk_ridge_create_primal, to rounding.  It has not got its samples, so that ntk_ridge_leave_one_out,
 * _intervals, _append, _remove and _set_targets end with NTK_ERR_STATE.  With an intercept, sums are about the first batch's means and
 * corrected at the end (Chan, Golub and LeVeque 1983), which costs digits only as far as that batch lies outside of the others.  rss
 * and what follows from it are differences of sums: they lose n unit roundoffs of the targets' sum of squares.
 * NTK_ERR_SINGULAR  as there; where the stream can be read once only, NTK_SOLVER_AUTO does not go on to QR: ask for it beforehand
 * NTK_ERR_OPTION    the stream has no function, its inputs differ from those of the features, or as for ntk_ridge_create_primal
 * NTK_ERR_SHAPE     the stream has no sample, or fewer than it says
 * NTK_ERR_VALUE     it gave NaN or infinity: the message names the sample's row and column
 * NTK_ERR_CALLBACK  read returned a negative number, or more rows than there were
 * other errors as for ntk_ridge_create */
NTK_API ntk_status ntk_ridge_create_stream(ntk_context *context, ntk_ridge **ridge, const ntk_features *features,
                                           const ntk_sample_stream *stream, double lambda,
                                           const ntk_ridge_options *options) NTK_MUST_CHECK;

/* --- Nystroem models ---
 *
 * Of m samples, the centres z, K(z, z) = L L^T, every sample has the m features psi(x) = L^-1 K(z, x), and the model is the primal one
 * of psi: the kernel is approximated by <psi(x), psi(x')> = K(x, z) K(z, z)^-1 K(z, x') (Williams and Seeger 2001; the model is the
 * subset of regressors of Quinonero-Candela and Rasmussen 2005, section 4), which is exact where the samples are all centres.
 * f(x) = K(x, z) alpha costs m kernel values.  n m (d + 2 m) operations and m^2 numbers; K(x, z) is evaluated in batches. */

/* count      of centres, drawn from the samples uniformly and without replacement (reservoir sampling: Vitter 1985): at most those
 *            that there are; 0: 1024.  Drawing reads a stream once more
 * centres    m x d, any dtype: these instead; NULL: none.  Read by the call only
 * seed       of the draw
 * storage    of both m x m matrices: NTK_STORAGE_FULL or NTK_STORAGE_PACKED
 * dtype      of the arithmetic; 0: that of the samples
 * intercept, light  as of ntk_ridge_options
 * leave_one_out  non-zero: the samples are read and mapped once more, for the report's leave_one_out
 * reserved   0 */
typedef struct ntk_nystroem_options {
    size_t struct_size;
    int64_t count;
    const ntk_matrix *centres;
    uint64_t seed;
    int32_t storage;
    int32_t dtype;
    int32_t intercept;
    int32_t light;
    int32_t leave_one_out;
    int32_t reserved;
} ntk_nystroem_options;

/* How good the approximation and the model are.
 * centres        m
 * shift          what was added to the diagonal of K(z, z) where that is singular to working precision: some unit roundoffs of its
 *                trace; otherwise 0
 * mean_diagonal  mean of K(x, x) over the samples
 * mean_rest, largest_rest  of K(x, x) - |psi(x)|^2, what the approximation leaves out of it: 0 if it is exact.  It is positive
 *                semidefinite, so that n mean_rest bounds the error of the matrix in every norm
 * gcv            generalized cross-validation: the mean square residual over (1 - degrees / n)^2; NaN unless degrees < n
 * leave_one_out  mean square of the leave-one-out residuals at these centres, by leverages; NaN unless the options ask for it */
typedef struct ntk_nystroem_report {
    size_t struct_size;
    int64_t centres;
    double shift;
    double mean_diagonal;
    double mean_rest;
    double largest_rest;
    double gcv;
    double leave_one_out;
} ntk_nystroem_report;

/* Bytes that ntk_ridge_create_nystroem would hold at its peak, for n samples (0: of unknown number) of d inputs and t targets.
 * options may be NULL; dtype 0 counts as NTK_F64. */
NTK_API ntk_status ntk_ridge_nystroem_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n,
                                             int64_t d, int64_t t, const ntk_nystroem_options *options) NTK_MUST_CHECK;

/* Fits the Nystroem model of y on x, which are not kept.   x  n x d   y  n x t   lambda >= 0.   options may be NULL.
 * The model is a ridge like any other: its report has method NTK_RIDGE_NYSTROEM, order m, and what rss, log evidence, degrees and
 * kernel scale are under the approximate kernel.  Coefficients are alpha, m x t.  Its variance is
 *   K(x, x) - |psi|^2 + lambda (psi - mu)^T (Psi^T Psi + lambda I)^-1 (psi - mu), mu the mean of psi with an intercept and else 0,
 * and lambda / n more with an intercept, so that it does not vanish far from the centres (deterministic training conditional:
 * Quinonero-Candela and Rasmussen 2005, section 5); covariances alike.  What needs the samples ends as of ntk_ridge_create_stream.
 * Bits do not depend on the number of threads, nor on whether the samples come from a stream.
 * NTK_ERR_SINGULAR  Psi^T Psi + lambda I is not positive definite to working precision
 * NTK_ERR_SHAPE     centres has not d columns
 * other errors as for ntk_ridge_create */
NTK_API ntk_status ntk_ridge_create_nystroem(ntk_context *context, ntk_ridge **ridge, const ntk_kernel *kernel,
                                             const ntk_matrix *x, const ntk_matrix *y, double lambda,
                                             const ntk_nystroem_options *options) NTK_MUST_CHECK;

/* The same of a stream, whose samples are read once to draw centres, unless there are some, and once to fit.
 * NTK_ERR_OPTION  the stream can be read once only, but centres are to be drawn, or leave_one_out is asked for
 * other errors as for ntk_ridge_create_stream */
NTK_API ntk_status ntk_ridge_create_nystroem_stream(ntk_context *context, ntk_ridge **ridge, const ntk_kernel *kernel,
                                                    const ntk_sample_stream *stream, double lambda,
                                                    const ntk_nystroem_options *options) NTK_MUST_CHECK;

/* report->struct_size must be set (NTK_INIT).
 * NTK_ERR_UNSUPPORTED  the model is not a Nystroem model */
NTK_API ntk_status ntk_ridge_nystroem_summary(const ntk_ridge *ridge, ntk_nystroem_report *report) NTK_MUST_CHECK;

/* The centres of a Nystroem model, m x d, any dtype.
 * NTK_ERR_UNSUPPORTED  the model is not a Nystroem model, or is a light one of a finite kernel, which has not kept them */
NTK_API ntk_status ntk_ridge_centres(const ntk_ridge *ridge, const ntk_matrix *centres) NTK_MUST_CHECK;

NTK_END

#endif
