/* The parts of a measured curve. */
#ifndef NTK_THEORY_MEASURE_MEASURE_H
#define NTK_THEORY_MEASURE_MEASURE_H

#include "core/parallel.h"

#include <ntk/measure.h>

/* A call, checked.
 * options  with defaults
 * target   of fresh draws, or NULL: x and y are the data set that draws are subsets of
 * rows     of x, or 0;  inputs, targets: d, t;  dtype: of a draw's x, whose y are in double precision */
typedef struct ntk_measure {
    ntk_measure_options options;
    const ntk_kernel *kernel;
    const ntk_target *target;
    const ntk_matrix *x, *y;
    int64_t rows, inputs, targets;
    int32_t dtype;
    const char *function;
} ntk_measure;

/* Some of a draw's samples: x, count x inputs, and y, count x targets, contiguous. */
typedef struct ntk_measure_samples {
    int64_t count;
    void *x;
    double *y;
} ntk_measure_samples;

/* The parts of a pair of draws: what both are tested on, and what each fits. */
enum { NTK_DRAW_TESTED = 0, NTK_DRAW_FIRST = 1, NTK_DRAW_SECOND = 2, NTK_DRAW_PARTS = 3 };

/* Fills the samples, whose count is given.   order  rows numbers: scratch of a data set */
ntk_status ntk_measure_draw(const ntk_measure *measure, const ntk_lane *lane, int64_t pair, int part, int64_t *order,
                            const ntk_measure_samples *samples);

/* What a pair of draws gives: means over what it was tested on, and those of each fit's residuals. */
enum {
    NTK_PAIR_TEST = 0,
    NTK_PAIR_BIAS = 1,
    NTK_PAIR_VARIANCE = 2,
    NTK_PAIR_TRAIN = 3, /* and 4 */
    NTK_PAIR_NUMBERS = 5
};

/* Draws, fits and tests a pair.  context: of the fits, which runs within the lane's work.
 * NTK_NOTE_NOT_CONVERGED  a fit did not */
ntk_status ntk_measure_pair(const ntk_measure *measure, ntk_context *context, const ntk_lane *lane, int64_t pair, int64_t size,
                            double numbers[NTK_PAIR_NUMBERS]);

/* How a draw is fitted. */
ntk_ridge_options ntk_measure_fit(const ntk_measure *measure);

/* Adds the bytes that ntk_measure_pair may hold to a need. */
ntk_status ntk_measure_pair_memory(const ntk_measure *measure, const ntk_context *context, uint64_t *bytes, int64_t size);

/* Copies options, with defaults but that test may be 0, and checks them. */
ntk_status ntk_measure_options_read(ntk_measure_options *own, const ntk_measure_options *options, const char *function);

/* Whether sizes are whole numbers of at least 1, and leave as many of a data set's rows as are tested on; options.test becomes what
 * it is by default.  measure has options and rows. */
ntk_status ntk_measure_sizes_check(ntk_measure *measure, const ntk_matrix *sizes);

/* Adds the bytes that a whole call may hold to a need.   NTK_ERR_OVERFLOW  too many to be represented */
ntk_status ntk_measure_need(const ntk_measure *measure, uint64_t *bytes, const ntk_matrix *sizes);

#endif
