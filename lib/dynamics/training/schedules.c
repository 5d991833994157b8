/* The size of a step. */
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/simd/steps.h"
#include "dynamics/training/training.h"

#include <math.h>

static double cosine(const ntk_training_options *options, int64_t step)
{
    const double half_turn = 3.14159265358979323846;
    if (step >= options->horizon) return options->final_step;
    double fall = (1 + cos(half_turn * (double)step / (double)options->horizon)) / 2;
    return options->final_step + (options->step - options->final_step) * fall;
}

static double polyak(const ntk_training_options *options, double loss, double squared_norm)
{
    double above = loss - options->optimum;
    double eta = squared_norm > 0 && above > 0 ? above / squared_norm : 0;
    return options->step > 0 ? fmin(eta, options->step) : eta;
}

/* |s|^2 / <s, dg> with s = -eta p, and dg = g - p, of the gradient p before. */
static double barzilai_borwein(const ntk_training *training, double change)
{
    const ntk_training_state *state = &training->state;
    if (state->steps == 0) return training->options.step;
    return change > 0 ? state->eta * (state->squared_norm / change) : state->eta;
}

enum { MOST_HALVINGS = 60 };

/* Armijo's condition, with the decay's term. */
static ntk_status backtrack(ntk_training *training, const ntk_pass *pass, const ntk_batch *batch, double loss,
                            const double sums[], double *eta)
{
    const ntk_training_options *options = &training->options;
    const double slope = 1e-4, half_decay = options->weight_decay / 2;
    double from = loss + half_decay * sums[NTK_SUM_SPREAD], try = options->step > 0 ? options->step : 1;
    /* a step of 0 is where nothing could be gained: one begins anew from there */
    if (training->state.steps > 0 && training->state.eta > 0) try = 2 * training->state.eta;
    for (int halvings = 0; halvings < MOST_HALVINGS; halvings++, try /= 2) {
        double there;
        ntk_training_step(training, pass->lane, try, true);
        NTK_TRY(ntk_pass_loss(pass, batch, training->ahead, NULL, &there));
        if (half_decay > 0) there += half_decay * ntk_training_spread(training, training->ahead);
        if (!(there <= from - slope * try * sums[NTK_SUM_NORM])) continue;
        *eta = try;
        return NTK_OK;
    }
    *eta = 0;
    return NTK_OK;
}

bool ntk_schedule_is_foreseen(int32_t schedule)
{
    return schedule != NTK_SCHEDULE_BACKTRACKING && schedule != NTK_SCHEDULE_POLYAK &&
           schedule != NTK_SCHEDULE_BARZILAI_BORWEIN;
}

ntk_status ntk_training_eta(ntk_training *training, const ntk_pass *pass, const ntk_batch *batch, double loss,
                            const double sums[], double *eta)
{
    const ntk_training_options *options = &training->options;
    int64_t step = training->state.steps;
    switch (options->schedule) {
    case NTK_SCHEDULE_INVERSE_SQRT:
        *eta = options->step / sqrt((double)step + 1);
        return NTK_OK;
    case NTK_SCHEDULE_COSINE:
        *eta = cosine(options, step);
        return NTK_OK;
    case NTK_SCHEDULE_BACKTRACKING:
        return backtrack(training, pass, batch, loss, sums, eta);
    case NTK_SCHEDULE_POLYAK:
        *eta = polyak(options, loss, sums[NTK_SUM_NORM]);
        return NTK_OK;
    case NTK_SCHEDULE_BARZILAI_BORWEIN:
        *eta = barzilai_borwein(training, sums[NTK_SUM_CHANGE]);
        return NTK_OK;
    case NTK_SCHEDULE_SPECTRAL:
        *eta = training->spectral_step;
        return NTK_OK;
    default:
        *eta = options->step;
        return NTK_OK;
    }
}
