/* Which samples a step takes: a function of the seed, the step and the sizes alone. */
#include "core/matrix.h"
#include "core/random.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/loss.h"
#include "dynamics/training/training.h"
#include "network/layer.h"

#include <string.h>

int64_t ntk_training_epoch(const ntk_training *training)
{
    if (training->streamed || training->options.method == NTK_TRAINING_ONLINE) return 1;
    return (training->samples.rows - 1) / training->options.batch + 1;
}

int64_t ntk_training_least_batch(const ntk_training_options *options, int64_t n)
{
    int64_t rest = n % options->batch;
    return rest && !options->replacement ? rest : options->batch;
}

ntk_batch ntk_batch_of(const ntk_training_samples *samples)
{
    return (ntk_batch){
        .x = samples->x.data, .ldx = samples->x.stride, .y = samples->y.data, .ldy = samples->y.stride, .rows = samples->rows};
}

/* Number index of 0, ..., below - 1, uniformly. */
static int64_t draw(const ntk_training *training, int64_t index, int64_t below)
{
    ntk_random random = {.seed = training->options.seed, .purpose = NTK_RANDOM_BATCHES};
    return ntk_smaller((int64_t)(ntk_random_uniform(&random, index) * (double)below), below - 1);
}

/* Fisher and Yates' shuffle, for each epoch from the order given. */
static void shuffle(ntk_training *training, int64_t epoch)
{
    int64_t n = training->samples.rows, *order = training->order;
    if (training->ordered == epoch) return;
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = draw(training, epoch * n + i, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    training->ordered = epoch;
}

/* --- gathering --- */

enum { LINE_BYTES = 64 };

/* Asks for a row that is copied soon: rows in random order are on no prefetcher's way. */
static void announce(const char *row, int64_t bytes)
{
    for (int64_t b = 0; b < bytes; b += LINE_BYTES) __builtin_prefetch(row + b);
}

typedef struct gathering {
    const ntk_training *training;
    int64_t first, rows, per_task; /* first: place in the epoch's order, or number of the draw */
} gathering;

/* The sample that is row i of the batch. */
static int64_t sample_of(const gathering *job, int64_t i)
{
    const ntk_training *training = job->training;
    int64_t place = job->first + i;
    return training->options.replacement ? draw(training, place, training->samples.rows) : training->order[place];
}

static ntk_status gather_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const gathering *job = argument;
    const ntk_training *training = job->training;
    const ntk_training_samples *samples = &training->samples;
    int64_t d = training->weights->inputs, m = training->weights->outputs, size = ntk_dtype_size(training->options.dtype);
    int64_t i = index * job->per_task, end = ntk_smaller(job->rows, i + job->per_task), row = sample_of(job, i);
    const char *x = samples->x.data, *y = samples->y.data;
    for (int64_t next = row; i < end; i++, row = next) {
        if (i + 1 < end) {
            next = sample_of(job, i + 1);
            announce(x + next * samples->x.stride * size, d * size);
        }
        memcpy((char *)training->x_room + i * d * size, x + row * samples->x.stride * size, (size_t)(d * size));
        memcpy((char *)training->y_room + i * m * size, y + row * samples->y.stride * size, (size_t)(m * size));
    }
    return NTK_OK;
}

static ntk_status gather(const ntk_training *training, const ntk_lane *lane, int64_t first, int64_t rows, ntk_batch *batch)
{
    gathering job = {.training = training, .first = first, .rows = rows};
    job.per_task = ntk_rows_per_task(training->weights->inputs);
    *batch = (ntk_batch){.x = training->x_room,
                         .ldx = training->weights->inputs,
                         .y = training->y_room,
                         .ldy = training->weights->outputs,
                         .rows = rows};
    return ntk_run_light(lane, rows * training->weights->inputs, (rows - 1) / job.per_task + 1, gather_rows, &job);
}

/* --- a stream's batch --- */

/* Asks for rows after the have that there are.  *got is 0 at the end. */
static ntk_status ask(const ntk_training *training, int64_t have, int64_t wanted, int64_t *got, const char *function)
{
    const ntk_sample_stream *stream = &training->stream;
    int64_t d = stream->inputs, m = stream->targets, first = training->state.samples + have;
    ntk_matrix x = ntk_matrix_view(ntk_at(training->x_read, stream->dtype, have * d), wanted, d, stream->dtype, 0);
    ntk_matrix y = ntk_matrix_view(ntk_at(training->y_read, stream->dtype, have * m), wanted, m, stream->dtype, 0);
    *got = stream->read(stream->user, first, &x, &y);
    if (*got < 0 || *got > wanted)
        return ntk_fail(NTK_ERR_CALLBACK, "%s: stream->read returned %lld for the %lld rows from row %lld on (counted from 0)",
                        function, (long long)*got, (long long)wanted, (long long)first);
    if (*got == 0) return NTK_OK;
    x.rows = y.rows = *got;
    for (int64_t i = 0; i < *got; i++) {
        if (ntk_is_finite(ntk_row(&x, i), x.dtype, d) && ntk_is_finite(ntk_row(&y, i), y.dtype, m)) continue;
        return ntk_fail(NTK_ERR_VALUE,
                        "%s: the stream gave NaN or infinity at row %lld (counted from 0), expected finite numbers", function,
                        (long long)(first + i));
    }
    return ntk_loss_check(training->options.loss, &y, first, function);
}

/* count numbers of a room in the stream's type, in the training's. */
static ntk_status convert(const ntk_training *training, void *room, const void *read, int64_t count, const char *function)
{
    int32_t dtype = training->options.dtype;
    if (read == room) return NTK_OK;
    ntk_convert(room, dtype, read, training->stream.dtype, count);
    if (ntk_is_finite(room, dtype, count)) return NTK_OK;
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: the stream gave a number too large for single precision", function);
}

static ntk_status read_batch(const ntk_training *training, const ntk_lane *lane, ntk_batch *batch, const char *function)
{
    const ntk_sample_stream *stream = &training->stream;
    int64_t rows = 0, got = 1, wanted = training->options.batch;
    if (stream->samples) wanted = ntk_smaller(wanted, stream->samples - training->state.samples);
    for (; rows < wanted && got > 0; rows += got) {
        NTK_TRY(ask(training, rows, wanted - rows, &got, function));
        NTK_TRY(ntk_advance(lane, 0));
    }
    *batch =
        (ntk_batch){.x = training->x_room, .ldx = stream->inputs, .y = training->y_room, .ldy = stream->targets, .rows = rows};
    NTK_TRY(convert(training, training->x_room, training->x_read, rows * stream->inputs, function));
    return convert(training, training->y_room, training->y_read, rows * stream->targets, function);
}

ntk_status ntk_training_batch(ntk_training *training, const ntk_lane *lane, ntk_batch *batch, const char *function)
{
    const ntk_training_options *options = &training->options;
    int64_t step = training->state.steps, n = training->samples.rows;
    if (training->streamed) return read_batch(training, lane, batch, function);
    *batch = ntk_batch_of(&training->samples);
    if (options->method == NTK_TRAINING_ONLINE) {
        int64_t first = training->state.samples;
        batch->x = ntk_at(batch->x, options->dtype, first * batch->ldx);
        batch->y = ntk_at(batch->y, options->dtype, first * batch->ldy);
        batch->rows = ntk_smaller(options->batch, n - first);
        return NTK_OK;
    }
    if (options->replacement) return gather(training, lane, step * options->batch, options->batch, batch);
    if (options->batch == n) return NTK_OK;
    int64_t epoch = ntk_training_epoch(training), place = step % epoch * options->batch;
    shuffle(training, step / epoch);
    return gather(training, lane, place, ntk_smaller(options->batch, n - place), batch);
}
