/* The parts of a sweep over widths and scalings. */
#ifndef NTK_DYNAMICS_LAZY_LAZY_H
#define NTK_DYNAMICS_LAZY_LAZY_H

#include "core/context.h"

#include <ntk/lazy.h>
#include <ntk/training.h>
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

/* Copies options, with defaults, and checks them; what the networks take is checked by them. */
ntk_status ntk_lazy_options_read(ntk_lazy_options *own, const ntk_lazy_options *options, const char *function);

/* How a network is trained: as a history says all of at the last step; or its linearization, by the same steps of size step. */
ntk_training_options ntk_lazy_training(const ntk_lazy_options *options, bool linearized, double step);

/* Bytes that a sweep over n samples of d inputs may hold.   copied  x is not of doubles as they stand */
ntk_status ntk_lazy_need(const ntk_lazy_setting *setting, const ntk_context *context, uint64_t *bytes, int64_t n, int64_t d,
                         bool copied, const char *function);

/* Trains the network and its linearization under context; numbers receives NTK_LAZY_QUANTITIES.
 * NTK_NOTE_DIVERGED  all are NaN */
ntk_status ntk_lazy_train(const ntk_lazy_setting *setting, ntk_context *context, const ntk_lazy_replicate *replicate,
                          double *numbers);

#endif
