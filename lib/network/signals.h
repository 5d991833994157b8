/* What the layers of one network make of samples: outputs forward, and the derivatives of f backward. */
#ifndef NTK_NETWORK_SIGNALS_H
#define NTK_NETWORK_SIGNALS_H

#include "network/layer.h"

/* A chunk of samples in work.  Its shape depends on the sizes alone, and is some ten megabytes but for enormous networks.
 * w         parameters of the hidden layers in dtype (ntk_hidden_weights), or NULL for weights->w, which is NTK_F64
 * order     what is wanted: 0 outputs alone, 1 derivatives of f, 2 what those of the derivatives take
 * rows      of a chunk, at most */
typedef struct ntk_signals {
    const ntk_weights *weights;
    const void *w;
    int32_t dtype;
    int order;
    int64_t rows, per_task;
    void *block;
} ntk_signals;

/* Rows of a chunk of so many samples. */
int64_t ntk_signals_rows(const ntk_weights *weights, int64_t samples);

/* weights, of one network, and w outlive signals.  After a failure, too, the caller closes. */
ntk_status ntk_signals_open(ntk_signals *signals, const ntk_lane *lane, const ntk_weights *weights, const void *w,
                            int32_t dtype, int64_t samples, int order);
void ntk_signals_close(ntk_signals *signals, const ntk_lane *lane);

/* The same in the caller's memory, of rows x ntk_signals_row_numbers numbers (-1: not representable), which are not closed. */
ntk_signals ntk_signals_within(const ntk_weights *weights, const void *w, int32_t dtype, int64_t rows, int order, void *memory);
int64_t ntk_signals_row_numbers(const ntk_weights *weights, int order);

/* Adds the bytes that signals hold to a need. */
ntk_status ntk_signals_memory(const ntk_weights *weights, uint64_t *bytes, int32_t dtype, int64_t samples, int order);

/* Runs samples x through the network, in dtype and finite, at most signals->rows of them.  In parallel; counts no units. */
ntk_status ntk_signals_fill(const ntk_signals *signals, const ntk_lane *lane, const void *x, int64_t ldx, int64_t rows);

/* Of hidden layer l, from 0 on, rows x N_l, one row behind the other: h_l = sigma(z_l); of order 1, b_l = df/dz_l, in which
 * sigma'(z_l) is a factor; of order 2, sigma'(z_l) alone, and b_l with sigma''(z_l) in its place, if the activation has one. */
void *ntk_signals_outputs(const ntk_signals *signals, int64_t layer);
void *ntk_signals_derivatives(const ntk_signals *signals, int64_t layer);
void *ntk_signals_slopes(const ntk_signals *signals, int64_t layer);
void *ntk_signals_bends(const ntk_signals *signals, int64_t layer);

/* Room for the caller, of order 1 or 2, which filling overwrites: for rows from first on, each as long as the widest layer, or of
 * order 2 as x if that is longer.  Whatever is put there, those who work on other rows have other room.  And, of order 2, rows x N_l of
 * each layer. */
void *ntk_signals_room(const ntk_signals *signals, int64_t first);
void *ntk_signals_own(const ntk_signals *signals, int64_t layer);

#endif
