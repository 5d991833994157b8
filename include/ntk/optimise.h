/* A kernel's scales and lambda, chosen by the data. */
#ifndef NTK_OPTIMISE_H
#define NTK_OPTIMISE_H

#include <ntk/ridge.h>

NTK_BEGIN

/* Which samples a search on some of them takes. */
enum { NTK_SUBSET_RANDOM = 0, NTK_SUBSET_FIRST = 1 };

/* Columns of options.table, a row for each start; after them come the kernel's scales where the start led.
 * FROM         the criterion at the start; NaN where it has none there
 * TO           and where the start led
 * EVALUATIONS  how often it was computed
 * CONVERGED    1, or 0
 * LAMBDA       where the start led */
enum {
    NTK_START_FROM = 0,
    NTK_START_TO = 1,
    NTK_START_EVALUATIONS = 2,
    NTK_START_CONVERGED = 3,
    NTK_START_LAMBDA = 4,
    NTK_START_COLUMNS = 5
};

/* Zero is the default of every member.  The matrices with a row for each number, any dtype, have the kernel's scales in the order
 * of ntk_kernel_scale_gradient, then lambda: (ntk_kernel_scales + 1) x 1.  All are read, or written, by the call only.
 * lower, upper    bounds of the numbers' sizes (a scale of an input may be negative, and keeps its sign), which the start is within;
 *                 NULL, or a row that is 0: a thousandth and a thousand times the start, of lambda a millionth and a million times
 * held            non-zero: the number stays as it is; NULL: all are free.  A number that is 0 stays 0
 * table           NULL, or receives (restarts + 1) x (NTK_START_COLUMNS + ntk_kernel_scales)
 * fit             NULL, or options of the model; intercept is the search's, too, and lambdas must be NULL
 * restarts        further starts, at e^(spread z) times the given numbers, z standard normal, cut at the bounds
 * max_evaluations for each start; 0: 200
 * subset          how many samples the search takes; 0, or more than there are: all.  The model is fitted to all
 * tolerance       of the log evidence over samples and targets, or of the log of the mean square; 0: 1e-7
 * spread          0: 1
 * seed            of restarts and subset
 * subset_kind     NTK_SUBSET_...
 * reserved        0 */
typedef struct ntk_optimise_options {
    size_t struct_size;
    const ntk_matrix *lower;
    const ntk_matrix *upper;
    const ntk_matrix *held;
    const ntk_matrix *table;
    const ntk_ridge_options *fit;
    int64_t restarts;
    int64_t max_evaluations;
    int64_t subset;
    double tolerance;
    double spread;
    uint64_t seed;
    int32_t subset_kind;
    int32_t reserved;
} ntk_optimise_options;

/* What was found.
 * samples      of the search
 * free         how many numbers were: scales, and lambda
 * starts       how many; converged: how many of them did
 * best_start   the one that led farthest, counted from 0
 * evaluations  of all starts
 * first        the criterion, on the search's samples, with the kernel and lambda as given; NaN where it has none
 * best         with those found: at least as good as first
 * lambda       found
 * criterion    as given
 * at_bounds    how many free numbers are at a bound */
typedef struct ntk_optimise_report {
    size_t struct_size;
    int64_t samples;
    int64_t free;
    int64_t starts;
    int64_t converged;
    int64_t best_start;
    int64_t evaluations;
    double first;
    double best;
    double lambda;
    int32_t criterion;
    int32_t at_bounds;
} ntk_optimise_report;

/* Bytes that ntk_ridge_optimise would hold at its peak, for n samples of d inputs and t targets, the model included.
 * options may be NULL.
 * NTK_ERR_UNSUPPORTED  as of ntk_kernel_scales
 * NTK_ERR_OVERFLOW     not representable */
NTK_API ntk_status ntk_optimise_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n,
                                       int64_t d, int64_t t, const ntk_optimise_options *options) NTK_MUST_CHECK;

/* Chooses the scales of a kernel and lambda by the most log evidence (NTK_CRITERION_EVIDENCE, as ntk_ridge_report.log_evidence) or
 * the least mean square of the leave-one-out residuals (NTK_CRITERION_LOO) of all targets together, and fits the model with them.
 * The search is over the logarithms of the numbers that are free, by NLopt's L-BFGS with bounds (Liu and Nocedal 1989; Luksan's) and
 * gradients by formula (math: Rasmussen and Williams 2006, sections 5.4.1 and 5.4.2), from the given numbers, and from restarts beside
 * them; a start has converged when a search from where it led gains no more than tolerance.  Each evaluation takes about four times
 * as long as a fit (LOO: seven), in double precision, and as long as the kernel's derivatives by its scales, and holds two n x n
 * matrices.  Numbers where K + lambda I is singular, or the kernel overflows or has no series, count as no good and do not end it.
 * ridge    NULL, or receives the model of all samples
 * scaled   NULL, or receives the kernel with the scales found (another reference to kernel if it has none)
 * report   NULL, or with its struct_size set (NTK_INIT)
 * x  n x d   y  n x t   lambda  where the search starts, >= 0; 0 stays 0
 * criterion  NTK_CRITERION_EVIDENCE or _LOO
 * It can be cancelled as a fit can.  NLopt takes a few vectors of the numbers' count from malloc, not from the context's allocator.
 * Results do not depend on the number of threads.
 * NTK_NOTE_AT_BRACKET     a free number is at a bound: it does not matter to the data, or the bound is too narrow
 * NTK_NOTE_NOT_CONVERGED  the best start took max_evaluations
 * other notes of the model's fit, where there is none of these
 * NTK_ERR_OPTION          an option is outside its domain; the message names it
 * NTK_ERR_SHAPE           also: leave-one-out with an intercept of a single sample
 * NTK_ERR_SINGULAR, NTK_ERR_OVERFLOW, NTK_ERR_UNSUPPORTED  of every start, or as of ntk_kernel_scales
 * other errors as for ntk_ridge_create */
NTK_API ntk_status ntk_ridge_optimise(ntk_context *context, ntk_ridge **ridge, ntk_kernel **scaled, ntk_optimise_report *report,
                                      const ntk_kernel *kernel, const ntk_matrix *x, const ntk_matrix *y, double lambda,
                                      int32_t criterion, const ntk_optimise_options *options) NTK_MUST_CHECK;

NTK_END

#endif
