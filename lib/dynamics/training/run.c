/* Steps until there is a reason to end. */
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/simd/steps.h"
#include "dynamics/training/training.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define AT(member, offset) (offsetof(ntk_training_report, member) == (offset))
_Static_assert(AT(steps, 8) && AT(samples, 16) && AT(loss, 24) && AT(batch_loss, 32) && AT(gradient_norm, 40) && AT(step, 48) &&
                   AT(lambda_max, 56) && AT(validation_loss, 64) && AT(best_validation, 72) && AT(best_step, 80) &&
                   AT(ended, 88) && AT(reserved, 92) && sizeof(ntk_training_report) == 96,
               "the layout of ntk_training_report is frozen");
#undef AT

static const char function[] = "ntk_training_run";

/* --- a step --- */

/* Whether a gradient or a step is too long: what follows of it might not be finite. */
static bool is_too_long(const ntk_training *training, double eta, double norm)
{
    const double longest = training->options.dtype == NTK_F64 ? 1e150 : 1e18;
    bool scaled = training->options.method < NTK_TRAINING_ADAGRAD;
    return !(norm < longest) || !(eta * (scaled ? norm : 1) < longest);
}

static ntk_status diverge(ntk_training *training, double loss, double norm, double eta)
{
    training->state.ended = NTK_TRAINING_ENDED_DIVERGED;
    return ntk_fail(NTK_NOTE_DIVERGED,
                    "%s: diverged in step %lld: loss %g, gradient norm %g, step %g; the parameters are those before that step",
                    function, (long long)training->state.steps, loss, norm, eta);
}

static void swap_gradients(ntk_training *training)
{
    void *kept = training->previous;
    if (!kept) return;
    training->previous = training->gradient;
    training->gradient = kept;
}

/* What is found of a step: the loss of its batch, its size, and the sums of gather. */
typedef struct found {
    double loss, eta, sums[NTK_SUMS];
} found;

/* Notes what a step was, once it is taken. */
static void note(ntk_training *training, const ntk_batch *batch, const found *of)
{
    ntk_training_state *state = &training->state;
    int64_t epoch = ntk_training_epoch(training), place = state->steps % epoch;
    state->batch_loss = of->loss;
    state->gradient_norm = sqrt(of->sums[NTK_SUM_NORM]);
    state->squared_norm = of->sums[NTK_SUM_NORM];
    state->eta = of->eta;
    state->samples += batch->rows;
    state->epoch_loss = place == 0 ? of->loss : state->epoch_loss + of->loss;
    state->steps++;
    if (training->options.loss_threshold > 0 && place == epoch - 1 &&
        state->epoch_loss <= training->options.loss_threshold * (double)epoch)
        state->ended = NTK_TRAINING_ENDED_LOSS;
}

/* Moves the parameters along the gradient at point. */
static ntk_status move(ntk_training *training, const ntk_pass *pass, const ntk_batch *batch, const void *point, found *of)
{
    ntk_training_gather(training, pass->lane, point, of->sums);
    double norm = sqrt(of->sums[NTK_SUM_NORM]);
    if (is_too_long(training, 0, norm)) return diverge(training, of->loss, norm, training->state.eta);
    NTK_TRY(ntk_training_eta(training, pass, batch, of->loss, of->sums, &of->eta));
    if (is_too_long(training, of->eta, norm)) return diverge(training, of->loss, norm, of->eta);
    ntk_training_step(training, pass->lane, of->eta, false);
    swap_gradients(training);
    return NTK_OK;
}

/* The same in one pass. */
static ntk_status move_at_once(ntk_training *training, const ntk_pass *pass, const ntk_batch *batch, found *of)
{
    NTK_TRY(ntk_training_eta(training, pass, batch, of->loss, of->sums, &of->eta));
    ntk_training_prepare(training, pass->lane, of->eta, of->sums);
    double norm = sqrt(of->sums[NTK_SUM_NORM]);
    if (is_too_long(training, of->eta, norm)) return diverge(training, of->loss, norm, of->eta);
    ntk_training_exchange(training);
    return NTK_OK;
}

static ntk_status take_step(ntk_training *training, const ntk_pass *pass)
{
    bool ahead = training->options.method == NTK_TRAINING_NESTEROV;
    const void *point = ahead ? training->ahead : ntk_training_point(training);
    ntk_batch batch;
    found of = {0};
    NTK_TRY(ntk_training_batch(training, pass->lane, &batch, function));
    if (batch.rows == 0) {
        training->state.ended = NTK_TRAINING_ENDED_SAMPLES;
        return NTK_OK;
    }
    NTK_TRY(ntk_pass_loss(pass, &batch, point, training->gradient, &of.loss));
    if (!isfinite(of.loss)) return diverge(training, of.loss, NAN, training->state.eta);
    ntk_status status =
        ntk_training_exchanges(training) ? move_at_once(training, pass, &batch, &of) : move(training, pass, &batch, point, &of);
    if (status == NTK_OK) note(training, &batch, &of);
    return status;
}

/* --- validation --- */

static bool is_validation_due(const ntk_training *training)
{
    int64_t every = training->options.validate_every;
    if (!every) every = ntk_training_epoch(training);
    return training->validation.rows > 0 && training->state.steps % every == 0;
}

/* A copy of q, or q from its copy. */
static void keep_best(const ntk_training *training, bool restore)
{
    size_t bytes = (size_t)(training->size * ntk_dtype_size(training->options.dtype));
    if (!training->best_q || training->state.best_step < 0) return;
    if (restore)
        memcpy(training->q, training->best_q, bytes);
    else
        memcpy(training->best_q, training->q, bytes);
}

static ntk_status validate(ntk_training *training, const ntk_pass *pass)
{
    ntk_training_state *state = &training->state;
    ntk_batch all = ntk_batch_of(&training->validation);
    double loss;
    NTK_TRY(ntk_pass_loss(pass, &all, ntk_training_point(training), NULL, &loss));
    state->validation = isfinite(loss) ? loss : NAN;
    if (isfinite(loss) && (state->best_step < 0 || loss < state->best)) {
        state->best = loss;
        state->best_step = state->steps;
        state->worse = 0;
        keep_best(training, false);
    } else {
        state->worse++;
    }
    if (training->options.patience > 0 && state->worse >= training->options.patience) {
        state->ended = NTK_TRAINING_ENDED_PATIENCE;
        state->pending |= NTK_PENDING_BEST;
    }
    return NTK_OK;
}

/* --- a run --- */

static bool is_for_good(int32_t ended)
{
    return ended == NTK_TRAINING_ENDED_PATIENCE || ended == NTK_TRAINING_ENDED_DIVERGED;
}

/* What belongs to the point that a step has reached; of a call that is stopped within, the next does what is left. */
static ntk_status complete_step(ntk_training *training, const ntk_pass *pass)
{
    uint32_t *pending = &training->state.pending;
    if (*pending & NTK_PENDING_VALIDATION) {
        if (is_validation_due(training)) NTK_TRY(validate(training, pass));
        *pending &= ~(uint32_t)NTK_PENDING_VALIDATION;
    }
    if (*pending & NTK_PENDING_RECORD) {
        NTK_TRY(ntk_training_record(training, pass));
        *pending &= ~(uint32_t)NTK_PENDING_RECORD;
    }
    if (*pending & NTK_PENDING_BEST) keep_best(training, true);
    *pending = 0;
    return NTK_OK;
}

static ntk_status run_steps(ntk_training *training, const ntk_pass *pass, int64_t steps)
{
    ntk_training_state *state = &training->state;
    bool ends = state->pending && state->ended == NTK_TRAINING_ENDED_LOSS;
    NTK_TRY(complete_step(training, pass));
    if (ends || is_for_good(state->ended)) return NTK_OK;
    state->ended = NTK_TRAINING_ENDED_STEPS;
    for (int64_t i = 0; i < steps && state->ended == NTK_TRAINING_ENDED_STEPS; i++) {
        int64_t before = state->steps;
        ntk_status status = take_step(training, pass);
        if (status != NTK_OK) return status;
        if (state->steps == before) break;
        state->pending = NTK_PENDING_VALIDATION | NTK_PENDING_RECORD;
        NTK_TRY(ntk_advance(pass->lane, 1));
        NTK_TRY(complete_step(training, pass));
    }
    return NTK_OK;
}

static ntk_status report_now(const ntk_training *training, const ntk_pass *pass, ntk_training_report *report)
{
    const ntk_training_state *state = &training->state;
    *report = (ntk_training_report){.struct_size = sizeof *report, .steps = state->steps, .samples = state->samples};
    report->loss = report->batch_loss = state->batch_loss;
    if (!training->streamed) {
        ntk_batch all = ntk_batch_of(&training->samples);
        NTK_TRY(ntk_pass_loss(pass, &all, ntk_training_point(training), NULL, &report->loss));
    }
    report->gradient_norm = state->gradient_norm;
    report->step = state->eta;
    report->lambda_max = training->lambda_max;
    report->validation_loss = state->validation;
    report->best_validation = state->best;
    report->best_step = state->best_step;
    report->ended = state->ended;
    return NTK_OK;
}

/* The note that ends a run. */
static ntk_status outcome_of(const ntk_training *training)
{
    const ntk_training_state *state = &training->state;
    if (state->ended == NTK_TRAINING_ENDED_DIVERGED)
        return ntk_fail(NTK_NOTE_DIVERGED, "%s: diverged in step %lld; the parameters are those before that step", function,
                        (long long)state->steps);
    if (training->options.loss_threshold > 0 && state->ended != NTK_TRAINING_ENDED_LOSS)
        return ntk_fail(NTK_NOTE_NOT_CONVERGED, "%s: the loss is not at options->loss_threshold = %g after %lld steps",
                        function, training->options.loss_threshold, (long long)state->steps);
    return NTK_OK;
}

ntk_status ntk_training_run(ntk_training *training, ntk_training_report *report, int64_t steps)
{
    ntk_training_report own;
    ntk_pass pass;
    NTK_REQUIRE(training);
    if (report) NTK_TRY(ntk_options_check(report, sizeof own, sizeof own, "ntk_training_report"));
    if (steps < 0) return ntk_fail(NTK_ERR_VALUE, "%s: steps is %lld, expected at least 0", __func__, (long long)steps);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, training->base.context);
    ntk_work_stage(&work, "training", steps, 0, 1);
    ntk_status status = ntk_pass_open(&pass, training, &lane, ntk_training_most_rows(training), 1);
    if (status >= 0) status = run_steps(training, &pass, steps);
    ntk_status told = status;
    if (status >= 0 && report) status = report_now(training, &pass, &own);
    ntk_pass_close(&pass);
    NTK_TRY(status);
    if (report) NTK_TRY(ntk_options_write(report, sizeof own, &own, sizeof own, "ntk_training_report"));
    return told > 0 ? told : outcome_of(training);
}
