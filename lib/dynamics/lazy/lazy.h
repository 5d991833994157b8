/* The parts of a sweep over widths and scalings. */
#ifndef NTK_DYNAMICS_LAZY_LAZY_H
#define NTK_DYNAMICS_LAZY_LAZY_H

#include "core/context.h"

#include <ntk/lazy.h>

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

#endif
