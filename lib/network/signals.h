/* What the layers of one network make of samples: outputs forward, and the derivatives of f backward. */
#ifndef NTK_NETWORK_SIGNALS_H
#define NTK_NETWORK_SIGNALS_H

#include "network/layer.h"

/* A chunk of samples in work.  Its shape depends on the sizes alone, and is some ten megabytes but for enormous networks.
 * w         parameters of the hidden layers in dtype (ntk_hidden_weights), or NULL for weights->w, which is NTK_F64
 * backward  the derivatives are wanted, too
 * rows      of a chunk, at most */
typedef struct ntk_signals {
    const ntk_weights *weights;
    const void *w;
    int32_t dtype;
    bool backward;
    int64_t rows, per_task;
    void *block;
} ntk_signals;

/* Rows of a chunk of so many samples. */
int64_t ntk_signals_rows(const ntk_weights *weights, int64_t samples);

/* weights, of one network, and w outlive signals.  After a failure, too, the caller closes. */
ntk_status ntk_signals_open(ntk_signals *signals, const ntk_lane *lane, const ntk_weights *weights, const void *w,
                            int32_t dtype, int64_t samples, bool backward);
void ntk_signals_close(ntk_signals *signals, const ntk_lane *lane);

/* Adds the bytes that signals hold to a need. */
ntk_status ntk_signals_memory(const ntk_weights *weights, uint64_t *bytes, int32_t dtype, int64_t samples, bool backward);

/* Runs samples x through the network, in dtype and finite, at most signals->rows of them.  In parallel; counts no units. */
ntk_status ntk_signals_fill(const ntk_signals *signals, const ntk_lane *lane, const void *x, int64_t ldx, int64_t rows);

/* h_l = sigma(z_l) and b_l = df/dz_l of hidden layer l, from 0 on: rows x N_l, one row behind the other. */
void *ntk_signals_outputs(const ntk_signals *signals, int64_t layer);
void *ntk_signals_derivatives(const ntk_signals *signals, int64_t layer);

/* rows x the widest layer, of no use between calls; only where the derivatives are. */
void *ntk_signals_room(const ntk_signals *signals);

#endif
