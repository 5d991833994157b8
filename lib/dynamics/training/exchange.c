/* Trainings as arrays: all that the steps to come depend on, but for the samples. */
#include "core/exchange.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/make.h"
#include "dynamics/training/training.h"
#include "network/exchange.h"
#include "network/network.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static int32_t type_of(int32_t dtype)
{
    return dtype == NTK_F64 ? NTK_ARRAY_F64 : NTK_ARRAY_F32;
}

/* --- members by name --- */

typedef struct member {
    const char *name;
    size_t place;
} member;

#define OPTION(name)                                \
    {                                               \
#name, offsetof(ntk_training_options, name) \
    }
#define STATE(name)                               \
    {                                             \
#name, offsetof(ntk_training_state, name) \
    }
#define COUNT(members) ((int)(sizeof(members) / sizeof(members)[0]))

static const member real_options[] = {OPTION(step),         OPTION(momentum), OPTION(square_rate), OPTION(epsilon),
                                      OPTION(weight_decay), OPTION(optimum),  OPTION(final_step),  OPTION(loss_threshold)};
static const member long_options[] = {OPTION(seed),         OPTION(batch),          OPTION(horizon),
                                      OPTION(record_every), OPTION(validate_every), OPTION(patience)};
static const member short_options[] = {OPTION(method),   OPTION(schedule),   OPTION(loss),        OPTION(part),  OPTION(dtype),
                                       OPTION(decay_to), OPTION(linearized), OPTION(replacement), OPTION(record)};
static const member real_states[] = {STATE(batch_loss), STATE(gradient_norm), STATE(eta), STATE(squared_norm),
                                     STATE(epoch_loss), STATE(validation),    STATE(best)};
static const member long_states[] = {STATE(steps), STATE(samples), STATE(best_step), STATE(worse), STATE(records)};
static const member short_states[] = {STATE(ended), STATE(pending)};

/* Some numbers may be NaN: those are not written. */
static ntk_status write_reals(ntk_writer *writer, const void *from, const member *members, int count)
{
    for (int i = 0; i < count; i++) {
        double value;
        memcpy(&value, (const char *)from + members[i].place, sizeof value);
        if (isfinite(value)) NTK_TRY(ntk_write_real(writer, members[i].name, value));
    }
    return NTK_OK;
}

static ntk_status write_longs(ntk_writer *writer, const void *from, const member *members, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t value;
        memcpy(&value, (const char *)from + members[i].place, sizeof value);
        NTK_TRY(ntk_write_integer(writer, members[i].name, value));
    }
    return NTK_OK;
}

static ntk_status write_shorts(ntk_writer *writer, const void *from, const member *members, int count)
{
    for (int i = 0; i < count; i++) {
        int32_t value;
        memcpy(&value, (const char *)from + members[i].place, sizeof value);
        NTK_TRY(ntk_write_integer(writer, members[i].name, value));
    }
    return NTK_OK;
}

static ntk_status read_reals(ntk_reader *reader, void *to, const member *members, int count)
{
    for (int i = 0; i < count; i++) {
        double value;
        NTK_TRY(ntk_read_real_or_nan(reader, members[i].name, &value));
        memcpy((char *)to + members[i].place, &value, sizeof value);
    }
    return NTK_OK;
}

static ntk_status read_longs(ntk_reader *reader, void *to, const member *members, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t value;
        NTK_TRY(ntk_read_integer(reader, members[i].name, INT64_MIN, INT64_MAX, &value));
        memcpy((char *)to + members[i].place, &value, sizeof value);
    }
    return NTK_OK;
}

static ntk_status read_shorts(ntk_reader *reader, void *to, const member *members, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t wide;
        NTK_TRY(ntk_read_integer(reader, members[i].name, 0, INT32_MAX, &wide));
        int32_t value = (int32_t)wide;
        memcpy((char *)to + members[i].place, &value, sizeof value);
    }
    return NTK_OK;
}

/* --- arrays of the parameters --- */

/* The trained part's numbers of each array that steps depend on; NULL where there is none. */
enum { ARRAYS = 6 };

static void list_arrays(const ntk_training *training, const char *names[ARRAYS], void *arrays[ARRAYS])
{
    const ntk_training_options *options = &training->options;
    static const char *const all[ARRAYS] = {"parameters", "ahead", "previous", "velocity", "squares", "best_parameters"};
    void *ahead = training->ahead;
    if (ahead && !options->linearized) ahead = ntk_at(ahead, options->dtype, training->first);
    void *const found[ARRAYS] = {training->q,        options->method == NTK_TRAINING_NESTEROV ? ahead : NULL,
                                 training->previous, training->velocity,
                                 training->squares,  training->best_q};
    memcpy(names, all, sizeof all);
    memcpy(arrays, found, sizeof found);
}

/* In place of NaN and of infinity, which no array may hold: no column of a history goes below -1. */
static const double missing = -2, endless = -3;

static ntk_status write_history(ntk_writer *writer, const ntk_training *training)
{
    ntk_context *context = training->base.context;
    int64_t rows = training->state.records, count = rows * NTK_RECORD_COLUMNS;
    double *table;
    if (!rows) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &table, rows, NTK_RECORD_COLUMNS * sizeof *table, "a history"));
    for (int64_t k = 0; k < count; k++) {
        double value = training->history[k];
        table[k] = isnan(value) ? missing : isinf(value) ? endless : value;
    }
    ntk_status status = ntk_write_array(writer, "history", NTK_ARRAY_F64, rows, NTK_RECORD_COLUMNS, NTK_RECORD_COLUMNS, table);
    ntk_free(context, table);
    return status;
}

static ntk_status write_set(ntk_writer *writer, const char *name, const ntk_training *training, const ntk_operand *set,
                            int64_t rows, int64_t cols)
{
    if (!set->data) return NTK_OK;
    return ntk_write_array(writer, name, type_of(training->options.dtype), rows, cols, set->stride, set->data);
}

static ntk_status write_sets(ntk_writer *writer, const ntk_training *training)
{
    const ntk_training_samples *validation = &training->validation;
    int64_t d = training->weights->inputs, m = training->weights->outputs;
    NTK_TRY(ntk_write_integer(writer, "validation_rows", validation->rows));
    NTK_TRY(ntk_write_integer(writer, "probe_rows", training->probe.rows));
    NTK_TRY(write_set(writer, "validation_x", training, &validation->x, validation->rows, d));
    NTK_TRY(write_set(writer, "validation_y", training, &validation->y, validation->rows, m));
    return write_set(writer, "probe", training, &training->probe.x, training->probe.rows, d);
}

static ntk_status write_state(ntk_writer *writer, const ntk_training *training)
{
    const ntk_training_state *state = &training->state;
    const char *names[ARRAYS];
    void *arrays[ARRAYS];
    NTK_TRY(ntk_path_enter(&writer->path, "state"));
    NTK_TRY(write_reals(writer, state, real_states, COUNT(real_states)));
    NTK_TRY(write_longs(writer, state, long_states, COUNT(long_states)));
    NTK_TRY(write_shorts(writer, state, short_states, COUNT(short_states)));
    if (isfinite(training->lambda_max)) {
        NTK_TRY(ntk_write_real(writer, "lambda_max", training->lambda_max));
        NTK_TRY(ntk_write_real(writer, "spectral_step", training->spectral_step));
    }
    list_arrays(training, names, arrays);
    for (int i = 0; i < ARRAYS; i++)
        if (arrays[i])
            NTK_TRY(ntk_write_array(writer, names[i], type_of(training->options.dtype), training->size, -1, 1, arrays[i]));
    NTK_TRY(write_history(writer, training));
    ntk_path_leave(&writer->path);
    return NTK_OK;
}

ntk_status ntk_training_export(const ntk_training *training, const ntk_sink *sink)
{
    ntk_writer writer;
    NTK_REQUIRE(training);
    NTK_TRY(ntk_writer_open(&writer, sink, __func__));
    NTK_TRY(ntk_write_heading(&writer, "training"));
    NTK_TRY(ntk_path_enter(&writer.path, "network"));
    NTK_TRY(ntk_weights_write(&writer, training->weights));
    ntk_path_leave(&writer.path);
    NTK_TRY(ntk_write_integer(&writer, "streamed", training->streamed));
    NTK_TRY(ntk_write_integer(&writer, "samples", training->samples.rows));
    NTK_TRY(ntk_path_enter(&writer.path, "options"));
    NTK_TRY(write_reals(&writer, &training->options, real_options, COUNT(real_options)));
    NTK_TRY(write_longs(&writer, &training->options, long_options, COUNT(long_options)));
    NTK_TRY(write_shorts(&writer, &training->options, short_options, COUNT(short_options)));
    ntk_path_leave(&writer.path);
    NTK_TRY(write_sets(&writer, training));
    return write_state(&writer, training);
}

/* --- reading --- */

/* What an import is given beside the source: samples or a stream. */
typedef struct giving {
    const ntk_matrix *x, *y;
    const ntk_sample_stream *stream;
    int32_t borrow;
    const ntk_lane *lane;
} giving;

static ntk_status read_options(ntk_reader *reader, ntk_training_options *options, const ntk_weights *weights, int64_t n,
                               bool streamed)
{
    *options = (ntk_training_options){.struct_size = sizeof *options};
    NTK_TRY(ntk_path_enter(&reader->path, "options"));
    NTK_TRY(read_reals(reader, options, real_options, COUNT(real_options)));
    NTK_TRY(read_longs(reader, options, long_options, COUNT(long_options)));
    NTK_TRY(read_shorts(reader, options, short_options, COUNT(short_options)));
    bool right = ntk_training_options_check(options, weights, n, streamed, reader->path.function) >= 0;
    right = right && options->dtype && options->batch > 0 && options->momentum > 0 && options->square_rate > 0 &&
            options->epsilon > 0;
    if (!right) return ntk_read_refuse(reader, "method, step or another", "what this library takes");
    ntk_path_leave(&reader->path);
    return NTK_OK;
}

static ntk_status read_set(ntk_reader *reader, const char *name, const ntk_training *training, ntk_operand *set, int64_t rows,
                           int64_t cols)
{
    int32_t dtype = training->options.dtype;
    NTK_TRY(ntk_read_expect(reader, name, type_of(dtype), rows, cols));
    NTK_TRY(ntk_allocate(reader->context, &set->copy, rows, cols * ntk_dtype_size(dtype), "a training's set"));
    set->data = set->copy;
    set->stride = cols;
    return ntk_read_array(reader, name, type_of(dtype), rows, cols, set->copy);
}

static ntk_status read_sets(ntk_reader *reader, ntk_training *training)
{
    int64_t d = training->weights->inputs, m = training->weights->outputs;
    ntk_training_samples *validation = &training->validation;
    NTK_TRY(ntk_read_integer(reader, "validation_rows", 0, INT32_MAX, &validation->rows));
    NTK_TRY(ntk_read_integer(reader, "probe_rows", 0, INT32_MAX, &training->probe.rows));
    training->own_probe = training->probe.rows > 0;
    if (training->options.patience > 0 && !validation->rows)
        return ntk_read_refuse(reader, "validation_rows", "some, since there is patience");
    if (training->options.record && training->streamed && !training->own_probe)
        return ntk_read_refuse(reader, "probe_rows", "some, since there is a record");
    if (validation->rows) {
        NTK_TRY(read_set(reader, "validation_x", training, &validation->x, validation->rows, d));
        NTK_TRY(read_set(reader, "validation_y", training, &validation->y, validation->rows, m));
    }
    return training->own_probe ? read_set(reader, "probe", training, &training->probe.x, training->probe.rows, d) : NTK_OK;
}

static ntk_status read_history(ntk_reader *reader, ntk_training *training)
{
    int64_t rows = training->state.records;
    if (!rows) return NTK_OK;
    NTK_TRY(ntk_read_expect(reader, "history", NTK_ARRAY_F64, rows, NTK_RECORD_COLUMNS));
    NTK_TRY(ntk_allocate(reader->context, &training->history, rows, NTK_RECORD_COLUMNS * sizeof(double), "a history"));
    training->records_room = rows;
    NTK_TRY(ntk_read_array(reader, "history", NTK_ARRAY_F64, rows, NTK_RECORD_COLUMNS, training->history));
    for (int64_t k = 0; k < rows * NTK_RECORD_COLUMNS; k++) {
        double *value = &training->history[k];
        *value = *value == missing ? (double)NAN : *value == endless ? (double)INFINITY : *value;
    }
    return NTK_OK;
}

/* Whether the numbers can be those of a training. */
static bool is_state(const ntk_training *training)
{
    const ntk_training_state *state = &training->state;
    /* numbers of draws are products of these */
    int64_t most = (INT64_MAX >> 2) / ntk_larger(training->options.batch, training->samples.rows);
    bool within_reach = state->steps <= most && state->samples <= INT64_MAX >> 1;
    bool counts = state->steps >= 0 && state->samples >= 0 && state->best_step >= -1 && state->worse >= 0 &&
                  state->worse - 1 <= state->steps && state->records >= 0 && state->records - 1 <= state->steps;
    bool known = state->ended >= 0 && state->ended <= NTK_TRAINING_ENDED_DIVERGED && state->pending <= NTK_PENDING_ALL;
    bool within =
        training->streamed || training->options.method != NTK_TRAINING_ONLINE || state->samples <= training->samples.rows;
    bool spectral = training->options.schedule != NTK_SCHEDULE_SPECTRAL || training->spectral_step > 0;
    bool begun = state->steps == 0 || (state->eta >= 0 && state->squared_norm >= 0);
    return within_reach && counts && known && within && spectral && begun;
}

static ntk_status read_state(ntk_reader *reader, ntk_training *training)
{
    ntk_training_state *state = &training->state;
    const char *names[ARRAYS];
    void *arrays[ARRAYS];
    NTK_TRY(ntk_path_enter(&reader->path, "state"));
    NTK_TRY(read_reals(reader, state, real_states, COUNT(real_states)));
    NTK_TRY(read_longs(reader, state, long_states, COUNT(long_states)));
    NTK_TRY(read_shorts(reader, state, short_states, COUNT(short_states)));
    NTK_TRY(ntk_read_real_or_nan(reader, "lambda_max", &training->lambda_max));
    NTK_TRY(ntk_read_real_or_nan(reader, "spectral_step", &training->spectral_step));
    /* a sum of finite losses, which is written where it is finite */
    if (isnan(state->epoch_loss)) state->epoch_loss = INFINITY;
    if (!is_state(training)) return ntk_read_refuse(reader, "steps or another", "numbers of a training");
    list_arrays(training, names, arrays);
    for (int i = 0; i < ARRAYS; i++)
        if (arrays[i])
            NTK_TRY(ntk_read_array(reader, names[i], type_of(training->options.dtype), training->size, -1, arrays[i]));
    NTK_TRY(read_history(reader, training));
    ntk_path_leave(&reader->path);
    return NTK_OK;
}

static ntk_status fill(ntk_reader *reader, ntk_training *training, const giving *given)
{
    static const char *const names[] = {"x", "y"};
    const char *function = reader->path.function;
    if (given->stream)
        NTK_TRY(ntk_training_take_stream(&training->stream, given->stream, training->weights, function));
    else
        NTK_TRY(ntk_training_take(&training->samples, training, given->lane, given->x, given->y, names, given->borrow != 0,
                                  function));
    NTK_TRY(read_sets(reader, training));
    uint64_t bytes = 0;
    if (ntk_training_arrays_memory(&bytes, training->weights, &training->options, training->samples.rows,
                                   training->stream.dtype) < 0)
        return ntk_read_refuse(reader, "options/batch", "so few rows that memory can be addressed for them");
    ntk_status status = ntk_training_arrays(training, given->lane, function);
    if (status == NTK_ERR_OVERFLOW) return ntk_read_refuse(reader, "network", "parameters that single precision can take");
    NTK_TRY(status);
    return read_state(reader, training);
}

/* Whether the samples are as many as there were. */
static ntk_status check_samples(ntk_reader *reader, const giving *given, int64_t *n)
{
    int64_t streamed;
    NTK_TRY(ntk_read_integer(reader, "streamed", 0, 1, &streamed));
    NTK_TRY(ntk_read_integer(reader, "samples", streamed ? 0 : 1, streamed ? 0 : INT64_MAX, n));
    if (streamed != (given->stream != NULL))
        return ntk_fail(NTK_ERR_STATE, "%s: the training is %s: use ntk_training_import%s", reader->path.function,
                        streamed ? "of a stream" : "of samples", streamed ? "_stream" : "");
    return given->x ? ntk_shape_check(given->x, *n, -1, reader->path.function, "x") : NTK_OK;
}

static ntk_status read_with(ntk_reader *reader, ntk_training **training, const ntk_weights *weights, const giving *given)
{
    ntk_training_options options;
    ntk_training *made;
    int64_t n;
    if (weights->networks != 1) return ntk_read_refuse(reader, "network", "one network");
    NTK_TRY(check_samples(reader, given, &n));
    NTK_TRY(read_options(reader, &options, weights, n, given->stream != NULL));
    options.borrow = given->borrow != 0;
    NTK_TRY(ntk_training_begin(reader->context, &made, weights, &options));
    made->streamed = given->stream != NULL;
    ntk_status status = fill(reader, made, given);
    if (status < 0)
        ntk_release(made);
    else
        *training = made;
    return status < 0 ? status : NTK_OK;
}

static ntk_status import(ntk_reader *reader, ntk_training **training, giving *given)
{
    ntk_weights *weights;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, reader->context);
    given->lane = &lane;
    ntk_work_stage(&work, "training's import", 1, 0, 1);
    NTK_TRY(ntk_read_heading(reader, "training"));
    NTK_TRY(ntk_path_enter(&reader->path, "network"));
    NTK_TRY(ntk_weights_read(reader, &weights));
    ntk_path_leave(&reader->path);
    ntk_status status = read_with(reader, training, weights, given);
    ntk_release(weights);
    return status;
}

ntk_status ntk_training_import(ntk_context *context, ntk_training **training, const ntk_matrix *x, const ntk_matrix *y,
                               const ntk_source *source, int32_t borrow)
{
    ntk_reader reader;
    giving given = {.x = x, .y = y, .borrow = borrow};
    NTK_REQUIRE(training);
    *training = NULL;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_input_check(y, __func__, "y"));
    NTK_TRY(ntk_reader_open(&reader, context, source, __func__));
    return import(&reader, training, &given);
}

ntk_status ntk_training_import_stream(ntk_context *context, ntk_training **training, const ntk_sample_stream *stream,
                                      const ntk_source *source)
{
    ntk_reader reader;
    giving given = {.stream = stream};
    NTK_REQUIRE(training);
    *training = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(stream);
    NTK_TRY(ntk_reader_open(&reader, context, source, __func__));
    return import(&reader, training, &given);
}
