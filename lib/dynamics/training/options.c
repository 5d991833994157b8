#include "core/options.h"

#include "activation/activation.h"
#include "core/matrix.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/training.h"

#include <math.h>
#include <stddef.h>

#define AT(member, offset) (offsetof(ntk_training_options, member) == (offset))
_Static_assert(AT(step, 8) && AT(momentum, 16) && AT(square_rate, 24) && AT(epsilon, 32) && AT(weight_decay, 40) &&
                   AT(optimum, 48) && AT(final_step, 56) && AT(loss_threshold, 64) && AT(seed, 72) && AT(batch, 80) &&
                   AT(horizon, 88) && AT(record_every, 96) && AT(validate_every, 104) && AT(patience, 112) &&
                   AT(validation_x, 120) && AT(validation_y, 128) && AT(probe, 136) && AT(method, 144) && AT(schedule, 148) &&
                   AT(loss, 152) && AT(part, 156) && AT(dtype, 160) && AT(decay_to, 164) && AT(linearized, 168) &&
                   AT(replacement, 172) && AT(borrow, 176) && AT(record, 180) && sizeof(ntk_training_options) == 184,
               "the layout of ntk_training_options is frozen");
#undef AT

static ntk_status refuse(const char *function, const char *name, double value, const char *expected)
{
    return ntk_fail(NTK_ERR_OPTION, "%s: options->%s is %g, expected %s", function, name, value, expected);
}

static ntk_status refuse_pair(const char *function, const char *name, const char *other)
{
    return ntk_fail(NTK_ERR_OPTION, "%s: options->%s does not go with %s", function, name, other);
}

/* --- each option by itself --- */

static ntk_status check_kinds(const ntk_training_options *own, const char *function)
{
    const struct {
        const char *name;
        int32_t value, last;
        const char *expected;
    } kinds[] = {{"method", own->method, NTK_TRAINING_ADAM, "NTK_TRAINING_GD to NTK_TRAINING_ADAM"},
                 {"schedule", own->schedule, NTK_SCHEDULE_SPECTRAL, "NTK_SCHEDULE_CONSTANT to NTK_SCHEDULE_SPECTRAL"},
                 {"loss", own->loss, NTK_LOSS_SOFTMAX, "NTK_LOSS_MEAN to NTK_LOSS_SOFTMAX"},
                 {"part", own->part, NTK_PART_NT, "NTK_PART_BOTH, NTK_PART_RF or NTK_PART_NT"},
                 {"decay_to", own->decay_to, NTK_DECAY_START, "NTK_DECAY_ZERO or NTK_DECAY_START"},
                 {"record", own->record, NTK_PROBE_KERNEL | NTK_PROBE_GAP | NTK_PROBE_FLIPS, "bits of NTK_PROBE_..."}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].value < 0 || kinds[i].value > kinds[i].last)
            return refuse(function, kinds[i].name, kinds[i].value, kinds[i].expected);
    return ntk_dtype_check(own->dtype, 1, function, "options->dtype");
}

static ntk_status check_reals(const ntk_training_options *own, const char *function)
{
    /* below: the first number that is too large */
    const struct {
        const char *name;
        double value, below;
        const char *expected;
    } reals[] = {{"step", own->step, INFINITY, "a finite number, at least 0"},
                 {"momentum", own->momentum, 1, "a number between 0 and 1"},
                 {"square_rate", own->square_rate, 1, "a number between 0 and 1"},
                 {"epsilon", own->epsilon, INFINITY, "a finite number, at least 0"},
                 {"weight_decay", own->weight_decay, INFINITY, "a finite number, at least 0"},
                 {"final_step", own->final_step, INFINITY, "a finite number, at least 0"},
                 {"loss_threshold", own->loss_threshold, INFINITY, "a finite number, at least 0"}};
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        if (!(reals[i].value >= 0 && reals[i].value < reals[i].below))
            return refuse(function, reals[i].name, reals[i].value, reals[i].expected);
    return isfinite(own->optimum) ? NTK_OK : refuse(function, "optimum", own->optimum, "a finite number");
}

static ntk_status check_counts(const ntk_training_options *own, const char *function)
{
    const struct {
        const char *name;
        int64_t value;
    } counts[] = {{"batch", own->batch},
                  {"horizon", own->horizon},
                  {"record_every", own->record_every},
                  {"validate_every", own->validate_every},
                  {"patience", own->patience}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i].value < 0) return refuse(function, counts[i].name, (double)counts[i].value, "at least 0");
    return NTK_OK;
}

/* --- one with another --- */

static bool is_plain_descent(const ntk_training_options *own)
{
    return own->method <= NTK_TRAINING_ONLINE;
}

static ntk_status check_schedule(const ntk_training_options *own, bool streamed, const char *function)
{
    bool whole = own->method == NTK_TRAINING_GD && !streamed;
    switch (own->schedule) {
    case NTK_SCHEDULE_BACKTRACKING:
    case NTK_SCHEDULE_BARZILAI_BORWEIN:
        if (!whole) return refuse_pair(function, "schedule", "a method other than NTK_TRAINING_GD, or a stream");
        break;
    case NTK_SCHEDULE_POLYAK:
        if (!is_plain_descent(own)) return refuse_pair(function, "schedule", "this method");
        if (own->weight_decay != 0) return refuse_pair(function, "schedule", "weight_decay");
        break;
    case NTK_SCHEDULE_SPECTRAL:
        if (own->method > NTK_TRAINING_NESTEROV) return refuse_pair(function, "schedule", "this method");
        if (streamed) return refuse_pair(function, "schedule", "a stream");
        break;
    case NTK_SCHEDULE_COSINE:
        if (own->horizon < 1) return refuse(function, "horizon", (double)own->horizon, "at least 1 for NTK_SCHEDULE_COSINE");
        if (own->final_step > own->step) return refuse(function, "final_step", own->final_step, "at most step");
        break;
    default:
        break;
    }
    bool needed = own->schedule <= NTK_SCHEDULE_COSINE || own->schedule == NTK_SCHEDULE_BARZILAI_BORWEIN;
    if (needed && own->step == 0)
        return ntk_fail(NTK_ERR_VALUE, "%s: options->step is 0, expected a positive number for this schedule", function);
    return NTK_OK;
}

static ntk_status check_batch(const ntk_training_options *own, int64_t n, bool streamed, const char *function)
{
    if (streamed) return NTK_OK;
    if (own->batch > n) return refuse(function, "batch", (double)own->batch, "at most the number of samples");
    if (own->method == NTK_TRAINING_GD && own->batch != n)
        return refuse(function, "batch", (double)own->batch, "0 for NTK_TRAINING_GD: use NTK_TRAINING_SGD");
    if ((own->method == NTK_TRAINING_GD || own->method == NTK_TRAINING_ONLINE) && own->replacement)
        return refuse_pair(function, "replacement", "NTK_TRAINING_GD or NTK_TRAINING_ONLINE");
    return NTK_OK;
}

ntk_status ntk_training_options_check(const ntk_training_options *own, const ntk_weights *weights, int64_t n, bool streamed,
                                      const char *function)
{
    NTK_TRY(check_kinds(own, function));
    NTK_TRY(check_reals(own, function));
    NTK_TRY(check_counts(own, function));
    NTK_TRY(check_schedule(own, streamed, function));
    NTK_TRY(check_batch(own, n, streamed, function));
    if (own->record && own->linearized) return refuse_pair(function, "record", "linearized, which keeps its kernel");
    if (own->loss == NTK_LOSS_SOFTMAX && weights->outputs < 2)
        return refuse_pair(function, "loss", "a network of one output: NTK_LOSS_SOFTMAX takes two or more");
    return NTK_OK;
}

/* --- defaults --- */

static void set_defaults(ntk_training_options *own, int64_t n, bool streamed)
{
    bool adam = own->method == NTK_TRAINING_ADAM, adagrad = own->method == NTK_TRAINING_ADAGRAD;
    if (own->momentum == 0) own->momentum = 0.9;
    if (own->square_rate == 0) own->square_rate = adam ? 0.999 : 0.99;
    if (own->epsilon == 0) own->epsilon = adagrad ? 1e-10 : 1e-8;
    if (streamed && own->method <= NTK_TRAINING_SGD) own->method = NTK_TRAINING_ONLINE;
    if (own->batch == 0) own->batch = streamed || own->method == NTK_TRAINING_ONLINE ? 1 : n;
    if (own->schedule == NTK_SCHEDULE_SPECTRAL && own->step == 0) own->step = 0.5;
    own->linearized = own->linearized != 0;
    own->replacement = own->replacement != 0 && !streamed;
    own->borrow = own->borrow != 0;
}

/* The matrices of the options, whose rows are counted before their numbers are taken. */
static ntk_status check_sets(const ntk_training_options *own, const ntk_weights *weights, const char *function)
{
    const ntk_matrix *const sets[] = {own->validation_x, own->validation_y, own->probe};
    static const char *const names[] = {"options->validation_x", "options->validation_y", "options->probe"};
    for (int i = 0; i < 3; i++) {
        if (!sets[i]) continue;
        NTK_TRY(ntk_input_check(sets[i], function, names[i]));
        NTK_TRY(ntk_shape_check(sets[i], i == 1 ? own->validation_x->rows : -1, i == 1 ? weights->outputs : weights->inputs,
                                function, names[i]));
    }
    return NTK_OK;
}

ntk_status ntk_training_options_read(ntk_training_options *own, const ntk_training_options *options, const ntk_weights *weights,
                                     int64_t n, int32_t dtype, bool streamed, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_training_options"));
    /* checked before, too: a default may hide what was asked for */
    NTK_TRY(check_kinds(own, function));
    set_defaults(own, n, streamed);
    if (!own->dtype) own->dtype = dtype;
    if (!own->validation_x != !own->validation_y)
        return ntk_fail(NTK_ERR_OPTION, "%s: options->validation_%s is NULL, but not the other", function,
                        own->validation_x ? "y" : "x");
    NTK_TRY(check_sets(own, weights, function));
    if (own->patience > 0 && !own->validation_x) return refuse_pair(function, "patience", "no validation set");
    return ntk_training_options_check(own, weights, n, streamed, function);
}
