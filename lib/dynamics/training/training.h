/* A training's inside: its samples, its state, and the passes over both. */
#ifndef NTK_DYNAMICS_TRAINING_TRAINING_H
#define NTK_DYNAMICS_TRAINING_TRAINING_H

#include "core/operand.h"
#include "network/passes.h"

#include <ntk/training.h>
#include <stdbool.h>

/* Samples in the training's dtype; none: rows is 0. */
typedef struct ntk_training_samples {
    int64_t rows;
    ntk_operand x, y;
} ntk_training_samples;

/* All that a step changes, but for the parameters' arrays.
 * steps, samples, ended, batch_loss, gradient_norm, eta  as in ntk_training_report
 * squared_norm    of the gradient of the last step, of BARZILAI_BORWEIN
 * epoch_loss      sum of the batches' losses of the epoch in work
 * validation, best, best_step, worse  the last validation's loss, the smallest, its k, and how many in a row were not smaller
 * records         rows of the history
 * pending         bits of NTK_PENDING_...: of a run that was stopped between a step and what follows it, and of the start */
typedef struct ntk_training_state {
    int64_t steps, samples, best_step, worse, records;
    double batch_loss, gradient_norm, eta, squared_norm, epoch_loss, validation, best;
    int32_t ended;
    uint32_t pending;
} ntk_training_state;

/* What belongs to the point that a step has reached, and is yet to be done there. */
enum { NTK_PENDING_VALIDATION = 1, NTK_PENDING_RECORD = 2, NTK_PENDING_BEST = 4, NTK_PENDING_ALL = 7 };

/* The trained part's parameters are size numbers from first on of all parameters; q is what a method changes: they themselves in theta,
 * or, of the linearized network, their change since the start, theta then being the start.
 * options     with defaults in place of 0, and without pointers
 * start       theta_0 in dtype: weights->w, or start_copy; NULL where nothing needs it in dtype
 * ahead       like theta, or like q of the linearized network: the point where NESTEROV takes the gradient, or backtracking tries; NULL
 *             for other methods
 * gradient, previous, velocity, squares, best_q  size numbers each; NULL where the method needs none
 * sums        of gather, a row for each stretch; done  whether a stretch is updated
 * order       of the samples in epoch ordered; -1: none yet
 * x_room, y_room  a batch; x_read, y_read  the same, or in the stream's type where that is another
 * lambda_max, spectral_step  of K_0, and the step size that follows; NaN of other schedules
 * kernel      K_0 on the probe set, once a row of the history has taken it
 * history     records rows, with room for records_room */
struct ntk_training {
    ntk_object base;
    const ntk_weights *weights;
    ntk_training_options options;
    int64_t size, first;
    ntk_training_samples samples, validation, probe;
    ntk_sample_stream stream;
    bool streamed, own_probe;
    const void *start;
    void *start_copy, *theta, *q, *ahead, *gradient, *previous, *velocity, *squares, *best_q;
    double *sums;
    char *done;
    int64_t *order, ordered;
    void *x_room, *y_room, *x_read, *y_read;
    double lambda_max, spectral_step;
    double *kernel, *history;
    int64_t records_room;
    ntk_training_state state;
};

/* --- options.c --- */

/* The caller's options with defaults, checked.  n  samples, 0 of a stream   dtype  in place of 0 */
ntk_status ntk_training_options_read(ntk_training_options *own, const ntk_training_options *options, const ntk_weights *weights,
                                     int64_t n, int32_t dtype, bool streamed, const char *function);

/* The checks alone, of options that have their defaults. */
ntk_status ntk_training_options_check(const ntk_training_options *own, const ntk_weights *weights, int64_t n, bool streamed,
                                      const char *function);

/* --- arrays.c: what a training holds --- */

/* Every array of a training whose options, weights and samples are there, and its start. */
ntk_status ntk_training_arrays(ntk_training *training, const ntk_lane *lane, const char *function);
void ntk_training_arrays_free(ntk_training *training);

/* Adds the bytes of those arrays to a need.  n  samples, 0 of a stream, which gives numbers of dtype read */
ntk_status ntk_training_arrays_memory(uint64_t *bytes, const ntk_weights *weights, const ntk_training_options *options,
                                      int64_t n, int32_t read);

/* The array that q is part of. */
static inline void *ntk_training_point(const ntk_training *training)
{
    return training->options.linearized ? training->q : training->theta;
}

/* What pulls q towards the decay's centre: decay times q + sign base; base may be NULL. */
const void *ntk_training_decay_base(const ntk_training *training, double *sign);

/* All parameters at q in double precision. */
void ntk_training_theta(const ntk_training *training, double *theta, int64_t stride);

/* --- batches.c --- */

/* Rows of samples. */
typedef struct ntk_batch {
    const void *x, *y;
    int64_t ldx, ldy, rows;
} ntk_batch;

ntk_batch ntk_batch_of(const ntk_training_samples *samples);

/* The batch of the step that comes; of a stream that has ended, or of samples that are used up, it has no rows. */
ntk_status ntk_training_batch(ntk_training *training, const ntk_lane *lane, ntk_batch *batch, const char *function);

/* Steps that an epoch has; of ONLINE and streams 1. */
int64_t ntk_training_epoch(const ntk_training *training);

/* Rows of the smallest batch of an epoch. */
int64_t ntk_training_least_batch(const ntk_training_options *options, int64_t n);

/* --- pass.c: the outputs and their gradient --- */

/* Rooms for a call's passes over samples, of which none allocates.   f, rest  outputs of a chunk */
typedef struct ntk_pass {
    const ntk_training *training;
    const ntk_lane *lane;
    ntk_passes passes;
    void *f, *rest;
} ntk_pass;

/* most  rows at most of a batch   order  1, or 0 for outputs of the network itself alone.   After a failure, too, the caller closes. */
ntk_status ntk_pass_open(ntk_pass *pass, const ntk_training *training, const ntk_lane *lane, int64_t most, int order);
void ntk_pass_close(ntk_pass *pass);

ntk_status ntk_pass_memory(uint64_t *bytes, const ntk_weights *weights, const ntk_training_options *options, int64_t most);

/* Rows of the largest batch that steps, validations and reports have. */
int64_t ntk_training_most_rows(const ntk_training *training);

/* The loss of a batch at a point, without decay; g, if not NULL, receives its gradient. */
ntk_status ntk_pass_loss(const ntk_pass *pass, const ntk_batch *batch, const void *point, void *g, double *loss);

/* Outputs f of rows from x on, at most pass->passes.rows of them, at a point. */
ntk_status ntk_pass_outputs(const ntk_pass *pass, const void *x, int64_t ldx, int64_t rows, const void *point, void *f);

/* --- steps.c --- */

/* The decay's part of the gradient at a point, and the sums of gather over all parameters. */
void ntk_training_gather(ntk_training *training, const ntk_lane *lane, const void *point, double sums[]);

/* One step of the method, or, where trial is true, ahead = q - eta g alone.  It cannot fail or be stopped. */
void ntk_training_step(ntk_training *training, const ntk_lane *lane, double eta, bool trial);

/* Whether a step needs one pass, in which the gradient's memory receives the next parameters: of plain descent on all parameters whose
 * step size asks for no sums.  prepare does so, with the sums of gather; exchange, which may be left out, makes them the parameters. */
bool ntk_training_exchanges(const ntk_training *training);
void ntk_training_prepare(ntk_training *training, const ntk_lane *lane, double eta, double sums[]);
void ntk_training_exchange(ntk_training *training);

/* Sum of (q + sign base)^2 at a point. */
double ntk_training_spread(const ntk_training *training, const void *point);

/* --- schedules.c --- */

/* Whether eta follows from the options and the number of the step. */
bool ntk_schedule_is_foreseen(int32_t schedule);

/* eta of the step that comes; loss, sums: of its batch, the latter from gather. */
ntk_status ntk_training_eta(ntk_training *training, const ntk_pass *pass, const ntk_batch *batch, double loss,
                            const double sums[], double *eta);

/* --- spectral.c --- */

/* Finds lambda_max and spectral_step.  And the bytes it holds beside a pass, added to a need. */
ntk_status ntk_training_spectral(ntk_training *training, const ntk_pass *pass, const char *function);
ntk_status ntk_training_spectral_memory(uint64_t *bytes, const ntk_weights *weights, int64_t n);

/* --- history.c --- */

/* A row, if one is due at this step.  pass->training is training. */
ntk_status ntk_training_record(ntk_training *training, const ntk_pass *pass);

/* Adds the bytes that a history of a few rows holds to a need. */
ntk_status ntk_training_history_memory(uint64_t *bytes);

#endif
