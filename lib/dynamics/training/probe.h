/* What the history says of a probe set: kernels, the gap to the linearization, signs. */
#ifndef NTK_DYNAMICS_TRAINING_PROBE_H
#define NTK_DYNAMICS_TRAINING_PROBE_H

#include "dynamics/training/training.h"

/* Numbers that are read, some milliseconds, between two looks at whether the call is to stop. */
enum { NTK_PROBE_LOOK = 1 << 20 };

/* Each fills its columns of a row, at the training's parameters.  They allocate what they need, and change but training->kernel and
 * the gradient's room. */
ntk_status ntk_probe_kernel(ntk_training *training, const ntk_pass *pass, double *row);
ntk_status ntk_probe_gap(ntk_training *training, const ntk_pass *pass, double *row);
ntk_status ntk_probe_flips(ntk_training *training, const ntk_pass *pass, double *row);

/* Adds the bytes that the first two hold at most, on the first samples of n, to a need. */
ntk_status ntk_probe_memory(uint64_t *bytes, const ntk_weights *weights, const ntk_training_options *options, int64_t n);

/* The probe set: the caller's, or the first samples. */
ntk_training_samples ntk_training_probe(const ntk_training *training);

#endif
