/* The history's rows. */
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/probe.h"
#include "dynamics/training/training.h"

#include <math.h>
#include <string.h>

enum { LEAST_ROOM = 64 };

/* Room for one more row. */
static ntk_status make_room(ntk_training *training)
{
    ntk_context *context = training->base.context;
    int64_t room = training->records_room, records = training->state.records;
    double *history;
    if (records < room) return NTK_OK;
    room = ntk_larger(LEAST_ROOM, 2 * room);
    NTK_TRY(ntk_allocate(context, &history, room, NTK_RECORD_COLUMNS * sizeof(double), "a training's history"));
    if (records) memcpy(history, training->history, (size_t)records * NTK_RECORD_COLUMNS * sizeof(double));
    ntk_free(context, training->history);
    training->history = history;
    training->records_room = room;
    return NTK_OK;
}

ntk_status ntk_training_history_memory(uint64_t *bytes)
{
    return ntk_need(bytes, LEAST_ROOM, NTK_RECORD_COLUMNS * sizeof(double));
}

/* --- how far the parameters have moved --- */

/* Of parameters first, ..., first + count - 1 the trained ones' change, over the start's norm. */
static ntk_status movement(const ntk_training *training, const ntk_lane *lane, int64_t first, int64_t count, double *ratio)
{
    int32_t dtype = training->options.dtype;
    double moved = 0, start = 0;
    for (int64_t k = first; k < first + count; k++) {
        double from = training->weights->w[k], change = 0;
        if (dtype != NTK_F64) from = (float)from;
        if (k >= training->first && k < training->first + training->size) {
            double q = ntk_get(training->q, dtype, k - training->first);
            change = training->options.linearized ? q : q - from;
        }
        moved += change * change;
        start += from * from;
        if (k % NTK_PROBE_LOOK == 0) NTK_TRY(ntk_advance(lane, 0));
    }
    *ratio = start > 0 ? sqrt(moved / start) : NAN;
    return NTK_OK;
}

/* --- a row --- */

static ntk_status loss_now(const ntk_training *training, const ntk_pass *pass, double *loss)
{
    *loss = training->state.batch_loss;
    if (training->streamed) return NTK_OK;
    ntk_batch all = ntk_batch_of(&training->samples);
    return ntk_pass_loss(pass, &all, ntk_training_point(training), NULL, loss);
}

static ntk_status fill_row(ntk_training *training, const ntk_pass *pass, double *row)
{
    const ntk_training_state *state = &training->state;
    int64_t output = ntk_weights_size(training->weights, NTK_PART_RF), hidden = training->weights->size - output;
    int32_t record = training->options.record;
    for (int c = 0; c < NTK_RECORD_COLUMNS; c++) row[c] = NAN;
    row[NTK_RECORD_STEP] = (double)state->steps;
    row[NTK_RECORD_GRADIENT] = state->gradient_norm;
    row[NTK_RECORD_STEP_SIZE] = state->steps ? state->eta : NAN;
    row[NTK_RECORD_VALIDATION] = state->validation;
    NTK_TRY(movement(training, pass->lane, 0, hidden, &row[NTK_RECORD_HIDDEN_MOVEMENT]));
    NTK_TRY(movement(training, pass->lane, hidden, output, &row[NTK_RECORD_OUTPUT_MOVEMENT]));
    NTK_TRY(loss_now(training, pass, &row[NTK_RECORD_LOSS]));
    if (record & NTK_PROBE_KERNEL) NTK_TRY(ntk_probe_kernel(training, pass, row));
    if (record & NTK_PROBE_GAP) NTK_TRY(ntk_probe_gap(training, pass, row));
    return record & NTK_PROBE_FLIPS ? ntk_probe_flips(training, pass, row) : NTK_OK;
}

ntk_status ntk_training_record(ntk_training *training, const ntk_pass *pass)
{
    int64_t every = training->options.record_every, records = training->state.records;
    if (every == 0 || training->state.steps % every != 0) return NTK_OK;
    NTK_TRY(make_room(training));
    NTK_TRY(fill_row(training, pass, training->history + records * NTK_RECORD_COLUMNS));
    training->state.records++;
    return NTK_OK;
}

/* --- reading --- */

int64_t ntk_training_records(const ntk_training *training)
{
    return training ? training->state.records : -1;
}

ntk_status ntk_training_history(const ntk_training *training, const ntk_matrix *table)
{
    NTK_REQUIRE(training);
    NTK_TRY(ntk_output_check(table, __func__, "table"));
    if (!training->state.records)
        return ntk_fail(NTK_ERR_STATE, "%s: there is no row: set options->record_every, and run", __func__);
    NTK_TRY(ntk_shape_check(table, training->state.records, NTK_RECORD_COLUMNS, __func__, "table"));
    for (int64_t i = 0; i < table->rows; i++)
        ntk_convert(ntk_row(table, i), table->dtype, training->history + i * NTK_RECORD_COLUMNS, NTK_F64, NTK_RECORD_COLUMNS);
    return NTK_OK;
}
