/* The parts of a sweep over widths and scalings. */
#ifndef NTK_DYNAMICS_LAZY_LAZY_H
#define NTK_DYNAMICS_LAZY_LAZY_H

#include "core/context.h"

#include <ntk/lazy.h>
#include <stdbool.h>

/* What the replicates of a sweep share.   options  with defaults
 * size  the root mean square of y */
typedef struct ntk_lazy_setting {
    ntk_lazy_options options;
    const ntk_activation *activation;
    const ntk_matrix *x, *y;
    double size;
} ntk_lazy_setting;

/* One network of a sweep. */
typedef struct ntk_lazy_replicate {
    int64_t width;
    double exponent;
    uint64_t seed;
} ntk_lazy_replicate;

/* Trains the network and its linearization under context; numbers receives NTK_LAZY_QUANTITIES.
 * NTK_NOTE_DIVERGED  all are NaN */
ntk_status ntk_lazy_train(const ntk_lazy_setting *setting, ntk_context *context, const ntk_lazy_replicate *replicate,
                          double *numbers);

/* The mean of count numbers, stride apart, or of their logarithms, and its standard error. */
void ntk_lazy_mean(const double *numbers, int64_t count, int64_t stride, bool logarithms, double *mean, double *error);

/* The slope of count means by x, as ntk_lazy_sweep has it, and its standard error. */
void ntk_lazy_slope(const double *x, const double *means, const double *errors, int64_t count, double *slope, double *error);

#endif
