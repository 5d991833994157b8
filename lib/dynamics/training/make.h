/* The steps of making a training, from samples or from what was exported. */
#ifndef NTK_DYNAMICS_TRAINING_MAKE_H
#define NTK_DYNAMICS_TRAINING_MAKE_H

#include "dynamics/training/training.h"

/* A training at step 0 without samples and arrays, for ntk_release.  options have their defaults. */
ntk_status ntk_training_begin(ntk_context *context, ntk_training **training, const ntk_weights *weights,
                              const ntk_training_options *options);

/* The caller's samples, checked; y may be NULL. */
ntk_status ntk_training_take(ntk_training_samples *samples, const ntk_training *training, const ntk_lane *lane,
                             const ntk_matrix *x, const ntk_matrix *y, const char *const names[2], bool borrow,
                             const char *function);

/* The caller's stream, checked. */
ntk_status ntk_training_take_stream(ntk_sample_stream *own, const ntk_sample_stream *stream, const ntk_weights *weights,
                                    const char *function);

#endif
