/* Training a network, or its linearization, by gradient descent and its variants. */
#ifndef NTK_TRAINING_H
#define NTK_TRAINING_H

#include <ntk/loss.h>
#include <ntk/network.h>
#include <ntk/stream.h>

NTK_BEGIN

/* A network on its way: parameters theta, which begin at the network's theta_0, samples, and the state of a method.
 * ntk_training_run needs the training for itself; all other calls read, and are safe from many threads at once. */
typedef struct ntk_training ntk_training;

/* A step from theta_k to theta_(k+1) along g = the gradient of the loss of the step's batch, + weight_decay (theta - centre), with
 * the step size eta_k of the schedule; mu = momentum, rho = square_rate, and all other numbers 0 at the start.
 * GD        theta -= eta g, of all samples
 * SGD       the same, of batches
 * ONLINE    the same; each sample is used once, in the order given
 * MOMENTUM  v = mu v - eta g, theta += v (Polyak's heavy ball)
 * NESTEROV  z = theta_k + mu (theta_k - theta_(k-1)), theta_(k+1) = z - eta g(z).  PyTorch's parameters are z of the next step
 * ADAGRAD   s += g^2, theta -= eta g / (sqrt(s) + epsilon)
 * RMSPROP   s = rho s + (1 - rho) g^2, theta -= eta g / (sqrt(s) + epsilon)
 * ADAM      v = mu v + (1 - mu) g, s = rho s + (1 - rho) g^2, theta -= eta v' / (sqrt(s') + epsilon), in which v' = v / (1 - mu^(k+1))
 *           and s' = s / (1 - rho^(k+1))
 * At a constant step these are PyTorch's SGD (momentum, nesterov), Adagrad, RMSprop and Adam, step by step. */
enum {
    NTK_TRAINING_GD = 0,
    NTK_TRAINING_SGD = 1,
    NTK_TRAINING_ONLINE = 2,
    NTK_TRAINING_MOMENTUM = 3,
    NTK_TRAINING_NESTEROV = 4,
    NTK_TRAINING_ADAGRAD = 5,
    NTK_TRAINING_RMSPROP = 6,
    NTK_TRAINING_ADAM = 7
};

/* eta_k of step k = 0, 1, ...
 * CONSTANT          step
 * INVERSE_SQRT      step / sqrt(k + 1)
 * COSINE            final_step + (step - final_step) (1 + cos(pi k / horizon)) / 2 while k < horizon, then final_step
 * BACKTRACKING      Armijo: the first of h, h/2, h/4, ... at which the objective falls by 1e-4 eta |g|^2 at least, with h = twice the
 *                   step before; at first, and after a step of 0, h = step, 0: 1.  Of GD alone.  Where none of 60 will do, it is 0
 * POLYAK            (loss of the batch - optimum) / |g|^2, at most step unless that is 0.  Of GD, SGD and ONLINE without decay
 * BARZILAI_BORWEIN  |s|^2 / <s, dg>, s and dg the last change of theta and of g, or as before where that is not positive; at first step.
 *                   Of GD alone
 * SPECTRAL          2 c / (lambda_max(H_0) + weight_decay), c = step, 0: 0.5, where H_0 is the Gauss-Newton matrix of the loss at the
 *                   start: so c n / lambda_max(K_0) for NTK_LOSS_MEAN without decay, K_0 the n m x n m tangent kernel of the trained part
 *                   in the network's parameterization.  Gradient descent on the linearized network is stable for c < 1, heavy ball for
 *                   c < 1 + mu, Nesterov's for c < (1 + mu) / (1 + 2 mu).  For LOGISTIC and SOFTMAX, H_0 is bounded by K_0 / (4 n) and
 *                   K_0 / (2 n).  With batches, the rows of the smallest stand for n in 1/n: then no step of gradient descent on the
 *                   linearized network expands, whatever the batch, but one that has a sample twice.  Computed once, when the training
 *                   is made, by Lanczos' iteration to a residual of 1e-6 lambda_max, or 300 products with K_0, from below.  Not of
 *                   ADAGRAD, RMSPROP and ADAM, nor of streams */
enum {
    NTK_SCHEDULE_CONSTANT = 0,
    NTK_SCHEDULE_INVERSE_SQRT = 1,
    NTK_SCHEDULE_COSINE = 2,
    NTK_SCHEDULE_BACKTRACKING = 3,
    NTK_SCHEDULE_POLYAK = 4,
    NTK_SCHEDULE_BARZILAI_BORWEIN = 5,
    NTK_SCHEDULE_SPECTRAL = 6
};

/* What weight decay draws the trained parameters to: 0, or theta_0.  The objective has 1/2 weight_decay |theta - centre|^2 more than
 * the loss. */
enum { NTK_DECAY_ZERO = 0, NTK_DECAY_START = 1 };

/* Bits of options.record: what a row of the history holds beside what costs little.  KERNEL: DRIFT, ALIGNMENT, CKA and
 * TARGET_ALIGNMENT, which takes n_p p numbers while a row is made; GAP and FLIPS: those. */
enum { NTK_PROBE_KERNEL = 1, NTK_PROBE_GAP = 2, NTK_PROBE_FLIPS = 4 };

/* Zero is the default of every member.
 * step           of the schedule; CONSTANT, INVERSE_SQRT, COSINE and BARZILAI_BORWEIN have no default
 * momentum       mu of MOMENTUM, NESTEROV and ADAM (PyTorch's beta_1), in (0, 1); 0: 0.9
 * square_rate    rho of RMSPROP (PyTorch's alpha) and ADAM (beta_2), in (0, 1); 0: 0.99 and 0.999
 * epsilon        > 0; 0: 1e-10 for ADAGRAD, 1e-8 for RMSPROP and ADAM
 * weight_decay   >= 0
 * optimum        the smallest loss, of POLYAK
 * final_step     of COSINE, in [0, step]
 * loss_threshold > 0: training ends once the loss of a step's batch, before the step, is at most that; with several batches an epoch,
 *                the mean of an epoch's
 * seed           of the batches, which depend on it, n, batch and replacement alone: so a network and its linearization get the same
 * batch          rows of a batch, at most n; 0: all, of ONLINE and streams 1.  Of GD 0
 * horizon        of COSINE, at least 1
 * record_every   the history gets a row at theta_k of every k that it divides; 0: none
 * validate_every steps between two validations, the first at theta_0; 0: an epoch, of ONLINE and streams a step
 * patience       with a validation set: training ends when so many validations in a row did not lower the smallest loss, and theta is
 *                then that of the smallest; 0: validations end nothing
 * validation_x, validation_y  NULL, or the validation set, n_v x d and n_v x m; copied
 * probe          NULL, or the inputs that the history's bits are about, n_p x d, copied; NULL: the first 64 of x, or all
 * method, schedule, loss  as above
 * part           which parameters are trained: NTK_PART_...; the others stay
 * dtype          of the arithmetic; 0: that of x
 * decay_to       as above
 * linearized     non-zero: f_0(x) + J_0(x) (theta - theta_0) is trained in place of f
 * replacement    non-zero: each sample of a batch is drawn from all, and an "epoch" is ceil(n / batch) steps; 0: the samples are
 *                shuffled for each epoch and taken in turn, the last batch of it having what is left, with a mean of its own
 * borrow         non-zero: x and y outlive the training, and are not copied where they are of its dtype
 * record         bits, as above; of a stream they take a probe, and a linearized network has none */
typedef struct ntk_training_options {
    size_t struct_size;
    double step;
    double momentum;
    double square_rate;
    double epsilon;
    double weight_decay;
    double optimum;
    double final_step;
    double loss_threshold;
    uint64_t seed;
    int64_t batch;
    int64_t horizon;
    int64_t record_every;
    int64_t validate_every;
    int64_t patience;
    const ntk_matrix *validation_x;
    const ntk_matrix *validation_y;
    const ntk_matrix *probe;
    int32_t method;
    int32_t schedule;
    int32_t loss;
    int32_t part;
    int32_t dtype;
    int32_t decay_to;
    int32_t linearized;
    int32_t replacement;
    int32_t borrow;
    int32_t record;
} ntk_training_options;

/* Why a run ended: its steps are done; the loss threshold; patience; the samples (of ONLINE and streams) are used up; divergence. */
enum {
    NTK_TRAINING_ENDED_STEPS = 0,
    NTK_TRAINING_ENDED_LOSS = 1,
    NTK_TRAINING_ENDED_PATIENCE = 2,
    NTK_TRAINING_ENDED_SAMPLES = 3,
    NTK_TRAINING_ENDED_DIVERGED = 4
};

/* Where a training is.  Numbers that there are not yet are NaN.
 * steps            taken since the start, all runs together: k of theta_k
 * samples          used, likewise, each as often as it was
 * loss             of all samples at theta_k, without the decay's term; of a stream batch_loss
 * batch_loss       of the last step's batch, before that step (of NESTEROV at z)
 * gradient_norm    |g| of the last step
 * step             eta of the last step; of SPECTRAL before there is one eta_0
 * lambda_max       of K_0, of SPECTRAL
 * validation_loss  the last validation's
 * best_validation  the smallest, and best_step its k; -1 if there was none
 * ended            why the last run ended */
typedef struct ntk_training_report {
    size_t struct_size;
    int64_t steps;
    int64_t samples;
    double loss;
    double batch_loss;
    double gradient_norm;
    double step;
    double lambda_max;
    double validation_loss;
    double best_validation;
    int64_t best_step;
    int32_t ended;
    int32_t reserved;
} ntk_training_report;

/* Bytes that ntk_training_create of n samples and ntk_training_run would hold at their peak, but for the history and what bits of record
 * take while a row is made.  options is required; their dtype 0 counts as NTK_F64, and samples that are borrowed as of the training's
 * dtype.  n = 0: of a stream, of the training's dtype if that is 0, and else, for what it takes more, of the other.
 * NTK_ERR_SHAPE  n is negative
 * other errors as below */
NTK_API ntk_status ntk_training_memory(const ntk_context *context, uint64_t *bytes, const ntk_network *network, int64_t n,
                                       const ntk_training_options *options) NTK_MUST_CHECK;

/* Readies a training of the network on x (n x d) and y (n x m), at step 0.  The network is copied.  options is required: step has no
 * default.
 * NTK_ERR_OPTION       an option is outside its domain, or does not go with another; the message names it
 * NTK_ERR_VALUE        step is 0 where it has no default; x or y holds NaN or infinity; y is not what LOGISTIC or SOFTMAX take; the
 *                      schedule is SPECTRAL and K_0 is 0
 * NTK_ERR_SHAPE        x or y, or a validation set or probe, does not fit the network
 * NTK_ERR_OVERFLOW     a number is too large for single precision, or K_0 overflows
 * NTK_ERR_MEMORY       what it takes cannot be had */
NTK_API ntk_status ntk_training_create(ntk_context *context, ntk_training **training, const ntk_network *network,
                                       const ntk_matrix *x, const ntk_matrix *y,
                                       const ntk_training_options *options) NTK_MUST_CHECK;

/* The same on a stream, of which each step reads its batch during ntk_training_run: first grows by what was read, from 0 on, and
 * stream->once does not matter.  GD and SGD are ONLINE here.  What stream points at outlives the training; the struct itself is
 * copied.
 * errors as above, and of ntk_training_run:
 * NTK_ERR_CALLBACK     read returned a negative number, or more rows than there were
 * NTK_ERR_VALUE        it gave NaN or infinity, or targets that the loss does not take: the message names the sample's row
 * after which the training is as before the step. */
NTK_API ntk_status ntk_training_create_stream(ntk_context *context, ntk_training **training, const ntk_network *network,
                                              const ntk_sample_stream *stream,
                                              const ntk_training_options *options) NTK_MUST_CHECK;

/* NULL is fine. */
NTK_API void ntk_training_destroy(ntk_training *training);

/* Takes so many steps (at least 0), fewer if it ends before (report->ended).  report may be NULL; else its loss takes a pass over all
 * samples.  No step allocates, and results do not depend on how steps are divided into runs, nor on the number of threads.
 * NTK_NOTE_DIVERGED       the loss or the gradient is not finite, or a step is too long for the precision: theta is that of the last
 *                         step before.  Further runs do nothing
 * NTK_NOTE_NOT_CONVERGED  there is a loss_threshold, and it was not reached in these steps
 * NTK_ERR_VALUE           steps is negative
 * NTK_ERR_CANCELLED       the training is at its last whole step, from which the next run goes on; report is untouched */
NTK_API ntk_status ntk_training_run(ntk_training *training, ntk_training_report *report, int64_t steps) NTK_MUST_CHECK;

/* y = f(x) of the network at theta, or of the linearized one.   y  n x m   x  n x d
 * The arithmetic is that of the training's dtype.  Errors as for ntk_network_forward. */
NTK_API ntk_status ntk_training_predict(const ntk_training *training, const ntk_matrix *y, const ntk_matrix *x) NTK_MUST_CHECK;

/* theta (p x 1, NTK_F64) receives all parameters, laid out as by ntk_network_parameters. */
NTK_API ntk_status ntk_training_parameters(const ntk_training *training, const ntk_matrix *theta) NTK_MUST_CHECK;

/* The network at theta (of a linearized training, too: the network itself, not its linearization). */
NTK_API ntk_status ntk_training_network(ntk_context *context, ntk_network **network,
                                        const ntk_training *training) NTK_MUST_CHECK;

/* Columns of the history.  Those that were not asked for, that there is no step for, or whose divisor is 0, are NaN.
 * STEP             k
 * LOSS             of all samples at theta_k; of a stream, of the last step's batch before it
 * GRADIENT         |g| of the last step before k
 * STEP_SIZE        its eta
 * HIDDEN_MOVEMENT  |W_k - W_0| / |W_0|, W the hidden layers' parameters
 * OUTPUT_MOVEMENT  |a_k - a_0| / |a_0|, a the output's
 * VALIDATION       the last validation's loss
 * DRIFT            |K_k - K_0|_F / |K_0|_F, K the tangent kernel of the trained part, in the network's parameterization, on the probe set;
 *                  of several outputs their mean
 * ALIGNMENT        <K_k, K_0> / (|K_k| |K_0|)
 * CKA              the same of H K H, H = I - 1 1^T / n_p
 * TARGET_ALIGNMENT sum_o y_o^T K_k y_o / (|K_k| |y|^2), y the first rows of the targets; NaN if there is a probe of its own, or a stream
 * GAP              |f_k - f_0 - J_0 (theta_k - theta_0)| / |f_k - f_0| on the probe set, at the same parameters
 * FLIPS            of the probe's inputs z of all hidden layers' neurons, the fraction whose sign is not that at theta_0 */
enum {
    NTK_RECORD_STEP = 0,
    NTK_RECORD_LOSS = 1,
    NTK_RECORD_GRADIENT = 2,
    NTK_RECORD_STEP_SIZE = 3,
    NTK_RECORD_HIDDEN_MOVEMENT = 4,
    NTK_RECORD_OUTPUT_MOVEMENT = 5,
    NTK_RECORD_VALIDATION = 6,
    NTK_RECORD_DRIFT = 7,
    NTK_RECORD_ALIGNMENT = 8,
    NTK_RECORD_CKA = 9,
    NTK_RECORD_TARGET_ALIGNMENT = 10,
    NTK_RECORD_GAP = 11,
    NTK_RECORD_FLIPS = 12,
    NTK_RECORD_COLUMNS = 13
};

/* Rows that the history has; -1 if training is NULL. */
NTK_API int64_t ntk_training_records(const ntk_training *training);

/* The history.   table  ntk_training_records x NTK_RECORD_COLUMNS, any dtype
 * NTK_ERR_STATE  it has no row */
NTK_API ntk_status ntk_training_history(const ntk_training *training, const ntk_matrix *table) NTK_MUST_CHECK;

/* Writes all that the training is, but for its samples or stream, to the sink, in the calling thread.  The format's number is 1; later
 * releases read it.
 * NTK_ERR_CALLBACK  the sink reported failure
 * NTK_ERR_NULL, NTK_ERR_OPTION  sink is NULL, or none */
NTK_API ntk_status ntk_training_export(const ntk_training *training, const ntk_sink *sink) NTK_MUST_CHECK;

/* Makes a training of what was exported and of the same samples: from here on it is, to the bit, what the exported one would have
 * become.   x  n x d   y  n x m   borrow  as in the options, which do not store it
 * NTK_ERR_SHAPE        x or y is not as large as that which was exported
 * NTK_ERR_STATE        what was exported is a training of a stream
 * NTK_ERR_FORMAT       an array is absent, or not what it should be: the message names it
 * NTK_ERR_CALLBACK     the source reported failure
 * NTK_ERR_UNSUPPORTED  it has functions of the caller's, and the source does not give them
 * NTK_ERR_MEMORY       what it takes cannot be had
 * other errors as for ntk_training_create */
NTK_API ntk_status ntk_training_import(ntk_context *context, ntk_training **training, const ntk_matrix *x, const ntk_matrix *y,
                                       const ntk_source *source, int32_t borrow) NTK_MUST_CHECK;

/* The same of a training of a stream, which goes on at the first sample that was not used.  What stream points at outlives the
 * training.
 * NTK_ERR_STATE        what was exported is a training of samples
 * other errors as above, and as for ntk_training_create_stream */
NTK_API ntk_status ntk_training_import_stream(ntk_context *context, ntk_training **training, const ntk_sample_stream *stream,
                                              const ntk_source *source) NTK_MUST_CHECK;

NTK_END

#endif
