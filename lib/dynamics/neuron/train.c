#include "core/memory.h"
#include "core/options.h"
#include "core/random.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/neuron/length.h"
#include "dynamics/neuron/samples.h"

#include <math.h>
#include <ntk/neuron.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_neuron_options, initial) == 8 && offsetof(ntk_neuron_options, truth) == 16 &&
                   offsetof(ntk_neuron_options, history) == 24 && offsetof(ntk_neuron_options, steps) == 32 &&
                   offsetof(ntk_neuron_options, record_every) == 40 && offsetof(ntk_neuron_options, step) == 48 &&
                   offsetof(ntk_neuron_options, tolerance) == 56 && offsetof(ntk_neuron_options, seed) == 64 &&
                   offsetof(ntk_neuron_options, start) == 72 && offsetof(ntk_neuron_options, reserved) == 76 &&
                   sizeof(ntk_neuron_options) == 80,
               "the layout of ntk_neuron_options is frozen");
_Static_assert(offsetof(ntk_neuron_report, steps) == 8 && offsetof(ntk_neuron_report, recorded) == 16 &&
                   offsetof(ntk_neuron_report, loss) == 24 && offsetof(ntk_neuron_report, gradient) == 32 &&
                   offsetof(ntk_neuron_report, distance) == 40 && offsetof(ntk_neuron_report, rate) == 48 &&
                   offsetof(ntk_neuron_report, step) == 56 && offsetof(ntk_neuron_report, active) == 64 &&
                   sizeof(ntk_neuron_report) == 72,
               "the layout of ntk_neuron_report is frozen");

static const char FUNCTION[] = "ntk_neuron_train";

enum { DEFAULT_STEPS = 10000, RATE_STEPS = 64 };
static const double DEFAULT_TOLERANCE = 1e-10, DEFAULT_STEP = 0.5, DEFAULT_ZERO_STEP = 1;

/* A loss so many times its like at the start has diverged. */
static const double DIVERGED = 1e6;

/* numbers          of w, before, gradient and truth
 * w, before        the state, and the one a step earlier
 * truth            NULL, or w*
 * lengths          of the last gradients, that of step t at t modulo their number
 * most             a loss beyond is divergence
 * reach            the largest |w| so far */
typedef struct descent {
    ntk_neuron_options options;
    ntk_neuron_samples samples;
    ntk_neuron_report report;
    double *numbers, *w, *before, *gradient, *truth;
    double truth_length;
    double lengths[RATE_STEPS + 1];
    double most, reach;
} descent;

/* --- options --- */

static ntk_status check_options(ntk_neuron_options *own)
{
    if (own->start < NTK_NEURON_RANDOM || own->start > NTK_NEURON_GIVEN)
        return ntk_fail(NTK_ERR_OPTION, "%s: start is %d, expected NTK_NEURON_RANDOM, _ZERO or _GIVEN", FUNCTION, own->start);
    if (own->reserved != 0) return ntk_fail(NTK_ERR_OPTION, "%s: reserved is %d, expected 0", FUNCTION, own->reserved);
    if ((own->start == NTK_NEURON_GIVEN) != (own->initial != NULL))
        return ntk_fail(NTK_ERR_OPTION, "%s: initial is%s NULL, expected a matrix for NTK_NEURON_GIVEN alone", FUNCTION,
                        own->initial ? " not" : "");
    if (own->steps < 0 || own->steps > INT32_MAX)
        return ntk_fail(NTK_ERR_OPTION, "%s: steps is %lld, expected a number from 0 to %d", FUNCTION, (long long)own->steps,
                        INT32_MAX);
    if (own->record_every < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: record_every is %lld, expected a number that is not negative", FUNCTION,
                        (long long)own->record_every);
    if (!(own->step >= 0) || !isfinite(own->step))
        return ntk_fail(NTK_ERR_OPTION, "%s: step is %g, expected a finite number that is not negative", FUNCTION, own->step);
    if (!(own->tolerance >= 0 && own->tolerance < 1))
        return ntk_fail(NTK_ERR_OPTION, "%s: tolerance is %g, expected a number from 0 to less than 1", FUNCTION,
                        own->tolerance);
    if (own->steps == 0) own->steps = DEFAULT_STEPS;
    if (own->record_every == 0) own->record_every = 1;
    if (own->step == 0) own->step = own->start == NTK_NEURON_ZERO ? DEFAULT_ZERO_STEP : DEFAULT_STEP;
    if (own->tolerance == 0) own->tolerance = DEFAULT_TOLERANCE;
    return NTK_OK;
}

/* A d x 1 matrix of the options, or NULL. */
static ntk_status check_column(const ntk_matrix *column, int64_t d, const char *name)
{
    if (!column) return NTK_OK;
    NTK_TRY(ntk_input_check(column, FUNCTION, name));
    NTK_TRY(ntk_shape_check(column, d, 1, FUNCTION, name));
    return ntk_finite_check(column, FUNCTION, name);
}

/* Outputs meet no input, nor each other. */
static ntk_status check_outputs(const ntk_matrix *w, const ntk_matrix *x, const ntk_matrix *y, const ntk_neuron_options *own)
{
    const ntk_matrix *const inputs[] = {x, y, own->initial, own->truth}, *history = own->history;
    static const char *const names[] = {"x", "y", "initial", "truth"};
    NTK_TRY(ntk_output_check(w, FUNCTION, "w"));
    NTK_TRY(ntk_shape_check(w, x->cols, 1, FUNCTION, "w"));
    for (int i = 0; i < 4; i++)
        if (inputs[i]) NTK_TRY(ntk_disjoint_check(w, "w", inputs[i], names[i], FUNCTION));
    if (!history) return NTK_OK;
    NTK_TRY(ntk_output_check(history, FUNCTION, "history"));
    NTK_TRY(ntk_shape_check(history, -1, NTK_NEURON_COLUMNS, FUNCTION, "history"));
    NTK_TRY(ntk_disjoint_check(history, "history", w, "w", FUNCTION));
    for (int i = 0; i < 4; i++)
        if (inputs[i]) NTK_TRY(ntk_disjoint_check(history, "history", inputs[i], names[i], FUNCTION));
    return NTK_OK;
}

static ntk_status check_call(descent *s, const ntk_matrix *w, const ntk_neuron_report *report, const ntk_matrix *x,
                             const ntk_matrix *y, const ntk_neuron_options *options)
{
    ntk_neuron_options *own = &s->options;
    NTK_TRY(ntk_neuron_samples_check(x, y, FUNCTION));
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_neuron_options"));
    NTK_TRY(check_options(own));
    if (report) NTK_TRY(ntk_options_check(report, sizeof *report, sizeof *report, "ntk_neuron_report"));
    NTK_TRY(check_column(own->initial, x->cols, "initial"));
    NTK_TRY(check_column(own->truth, x->cols, "truth"));
    NTK_TRY(check_outputs(w, x, y, own));
    NTK_TRY(ntk_neuron_samples_finite(x, y, FUNCTION));
    if (own->truth && !(ntk_column_length(own->truth) > 0))
        return ntk_fail(NTK_ERR_VALUE, "%s: truth is 0, which no distance is relative to", FUNCTION);
    return NTK_OK;
}

/* --- the start --- */

static void find_start(descent *s)
{
    const ntk_neuron_options *options = &s->options;
    const ntk_random random = {.seed = options->seed, .purpose = NTK_RANDOM_HIDDEN};
    int64_t d = s->samples.d;
    if (options->start == NTK_NEURON_GIVEN) {
        ntk_convert_matrix(s->w, 1, NTK_F64, options->initial);
    } else if (options->start == NTK_NEURON_ZERO) {
        for (int64_t k = 0; k < d; k++) s->w[k] = 0;
    } else {
        ntk_random_normals(&random, s->w, 0, d);
        for (int64_t k = 0; k < d; k++) s->w[k] *= 1 / sqrt((double)d);
    }
}

static ntk_status make_room(descent *s, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y)
{
    const ntk_neuron_options *options = &s->options;
    double **const arrays[] = {&s->w, &s->before, &s->gradient, &s->truth};
    double kink = options->start == NTK_NEURON_ZERO ? 0.5 : 0;
    ntk_work_stage(lane->work, "samples", 1, 0, 0);
    NTK_TRY(ntk_neuron_samples_open(&s->samples, lane, x, y, kink, FUNCTION));
    NTK_TRY(ntk_allocate(lane->work->context, &s->numbers, x->cols, 4 * (int64_t)sizeof(double), "the weights of a neuron"));
    for (int i = 0; i < 4; i++) *arrays[i] = s->numbers + i * x->cols;
    if (!options->truth) {
        s->truth = NULL;
        return NTK_OK;
    }
    ntk_convert_matrix(s->truth, 1, NTK_F64, options->truth);
    s->truth_length = ntk_length(s->truth, x->cols);
    return NTK_OK;
}

/* --- what is known of a state --- */

static double distance_of(const descent *s, double *room)
{
    if (!s->truth) return (double)NAN;
    for (int64_t k = 0; k < s->samples.d; k++) room[k] = s->w[k] - s->truth[k];
    return ntk_length(room, s->samples.d) / s->truth_length;
}

static double length_at(const descent *s, int64_t step)
{
    return s->lengths[step % (RATE_STEPS + 1)];
}

/* before may be overwritten: it is not needed where the state is sound. */
static void record(descent *s, int64_t step)
{
    const ntk_matrix *history = s->options.history;
    int64_t row = step / s->options.record_every;
    if (!history || step % s->options.record_every != 0 || row >= history->rows) return;
    const double state[NTK_NEURON_COLUMNS] = {
        [NTK_NEURON_STEP] = (double)step,
        [NTK_NEURON_LOSS] = s->report.loss,
        [NTK_NEURON_GRADIENT] = s->report.gradient,
        [NTK_NEURON_DISTANCE] = distance_of(s, s->before),
        [NTK_NEURON_RATE] = step ? length_at(s, step) / length_at(s, step - 1) : (double)NAN,
    };
    ntk_convert(ntk_row(history, row), history->dtype, state, NTK_F64, NTK_NEURON_COLUMNS);
    s->report.recorded = row + 1;
}

static void end_history(const descent *s)
{
    const ntk_matrix *history = s->options.history;
    for (int64_t row = s->report.recorded; history && row < history->rows; row++)
        for (int64_t c = 0; c < NTK_NEURON_COLUMNS; c++) ntk_put(ntk_row(history, row), history->dtype, c, (double)NAN);
}

static double mean_square(const descent *s)
{
    const double *y = s->samples.y.data;
    double sum = 0;
    for (int64_t i = 0; i < s->samples.n; i++) sum += y[i] * y[i];
    return sum / (double)s->samples.n;
}

/* --- steps --- */

/* w <- w - eta gradient; false, and w as it was, where that is not finite. */
static bool move(descent *s, double eta)
{
    double *next = s->before;
    for (int64_t k = 0; k < s->samples.d; k++) next[k] = s->w[k] - eta * s->gradient[k];
    if (!ntk_is_finite(next, NTK_F64, s->samples.d)) return false;
    s->before = s->w;
    s->w = next;
    return true;
}

static ntk_status diverged(descent *s)
{
    return ntk_fail(NTK_NOTE_DIVERGED, "%s: the loss was %g after %lld steps of %g, and grew without end", FUNCTION,
                    s->report.loss, (long long)s->report.steps, s->options.step);
}

/* Loss, gradient and what belongs to them at w, after so many steps.  NTK_NOTE_DIVERGED with w, and the report, of the last sound
 * state. */
static ntk_status look(descent *s, const ntk_lane *lane, int64_t step)
{
    double loss, length;
    int64_t active;
    NTK_TRY(ntk_neuron_evaluate(&s->samples, lane, s->w, &loss, &active, s->gradient));
    length = ntk_length(s->gradient, s->samples.d);
    if (!isfinite(loss) || !isfinite(length)) {
        if (step == 0)
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: the loss or its gradient at the start is too large to be represented",
                            FUNCTION);
        s->w = s->before;
        return diverged(s);
    }
    if (step == 0) s->most = DIVERGED * fmax(loss, mean_square(s));
    s->lengths[step % (RATE_STEPS + 1)] = length;
    s->report.steps = step;
    s->report.loss = loss;
    s->report.gradient = length;
    s->report.active = active;
    s->reach = fmax(s->reach, ntk_length(s->w, s->samples.d));
    return loss > s->most ? diverged(s) : NTK_OK;
}

/* Whether it ends here: NTK_NOTE_NOT_CONVERGED, or *ends. */
static ntk_status judge(const descent *s, double eta, bool *ends)
{
    const ntk_neuron_report *report = &s->report;
    *ends = eta * report->gradient <= s->options.tolerance * s->reach;
    if (report->gradient == 0 && report->active == 0 && report->loss > 0)
        return ntk_fail(NTK_NOTE_NOT_CONVERGED, "%s: no sample is active after %lld steps: the gradient is 0", FUNCTION,
                        (long long)report->steps);
    if (*ends || report->steps < s->options.steps) return NTK_OK;
    return ntk_fail(NTK_NOTE_NOT_CONVERGED, "%s: a step was still %g, relative to |w|, after steps, %lld", FUNCTION,
                    eta * report->gradient / s->reach, (long long)s->options.steps);
}

static ntk_status descend(descent *s, const ntk_lane *lane)
{
    const ntk_neuron_options *options = &s->options;
    ntk_work_stage(lane->work, "gradient descent of a neuron", s->samples.tasks * (options->steps + 1), 0, 1);
    for (int64_t step = 0;; step++) {
        double eta = step == 0 && options->start == NTK_NEURON_ZERO ? 2 * options->step : options->step;
        bool ends;
        ntk_status status = look(s, lane, step);
        if (status == NTK_OK || (status == NTK_NOTE_DIVERGED && s->report.steps == step)) record(s, step);
        if (status != NTK_OK) return status;
        status = judge(s, eta, &ends);
        if (status != NTK_OK || ends) return status;
        if (!move(s, eta)) return diverged(s);
    }
}

/* --- results --- */

static ntk_status finish(descent *s, const ntk_matrix *w, ntk_neuron_report *report)
{
    ntk_neuron_report *own = &s->report;
    int64_t window = ntk_smaller(RATE_STEPS, own->steps / 2);
    for (int64_t k = 0; k < s->samples.d; k++) NTK_TRY(ntk_write_row(w, k, 0, &s->w[k], NTK_F64, 1, FUNCTION, "w"));
    end_history(s);
    own->struct_size = sizeof *own;
    own->step = s->options.step;
    own->distance = distance_of(s, s->gradient);
    own->rate = window ? pow(own->gradient / length_at(s, own->steps - window), 1 / (double)window) : (double)NAN;
    return report ? ntk_options_write(report, sizeof *report, own, sizeof *own, "ntk_neuron_report") : NTK_OK;
}

ntk_status ntk_neuron_train(ntk_context *context, const ntk_matrix *w, ntk_neuron_report *report, const ntk_matrix *x,
                            const ntk_matrix *y, const ntk_neuron_options *options)
{
    descent s = {.reach = 0};
    NTK_REQUIRE(context);
    NTK_TRY(check_call(&s, w, report, x, y, options));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_status status = make_room(&s, &lane, x, y);
    if (status >= 0) {
        find_start(&s);
        status = descend(&s, &lane);
    }
    if (status >= 0) {
        ntk_status written = finish(&s, w, report);
        if (written < 0) status = written;
    }
    ntk_free(context, s.numbers);
    ntk_neuron_samples_close(&s.samples, context);
    return status;
}
