#include "dynamics/training/training.h"

#include "core/memory.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/training/loss.h"
#include "dynamics/training/make.h"
#include "network/network.h"
#include "ridge/primal/stream.h"

#include <math.h>

/* --- making and destroying --- */

/* Of the progress of a call that then finds a spectral step. */
#define SHARE_OF_START 0.1

static void free_samples(ntk_context *context, ntk_training_samples *samples)
{
    ntk_operand_close(context, &samples->x);
    ntk_operand_close(context, &samples->y);
}

static void dispose(void *self)
{
    ntk_training *training = self;
    ntk_context *context = training->base.context;
    ntk_training_arrays_free(training);
    free_samples(context, &training->samples);
    free_samples(context, &training->validation);
    free_samples(context, &training->probe);
    ntk_release((void *)(uintptr_t)training->weights);
}

ntk_status ntk_training_begin(ntk_context *context, ntk_training **training, const ntk_weights *weights,
                              const ntk_training_options *options)
{
    ntk_training *made;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a training"));
    made->weights = ntk_retain(weights);
    made->options = *options;
    made->options.validation_x = made->options.validation_y = made->options.probe = NULL;
    made->size = ntk_weights_size(weights, options->part);
    made->first = options->part == NTK_PART_RF ? weights->size - made->size : 0;
    made->lambda_max = made->spectral_step = NAN;
    made->state = (ntk_training_state){.best_step = -1, .pending = NTK_PENDING_VALIDATION | NTK_PENDING_RECORD};
    made->state.batch_loss = made->state.gradient_norm = made->state.eta = made->state.validation = made->state.best = NAN;
    *training = made;
    return NTK_OK;
}

ntk_status ntk_training_take(ntk_training_samples *samples, const ntk_training *training, const ntk_lane *lane,
                             const ntk_matrix *x, const ntk_matrix *y, const char *const names[2], bool borrow,
                             const char *function)
{
    int32_t dtype = training->options.dtype;
    ntk_status (*open)(const ntk_lane *, ntk_operand *, const ntk_matrix *, int32_t, const char *, const char *);
    open = borrow ? ntk_operand_open : ntk_operand_copy;
    NTK_TRY(ntk_input_check(x, function, names[0]));
    NTK_TRY(ntk_shape_check(x, -1, training->weights->inputs, function, names[0]));
    if (y) NTK_TRY(ntk_input_check(y, function, names[1]));
    if (y) NTK_TRY(ntk_shape_check(y, x->rows, training->weights->outputs, function, names[1]));
    /* not before it is known that there are as many rows */
    NTK_TRY(ntk_finite_check(x, function, names[0]));
    if (y) {
        NTK_TRY(ntk_finite_check(y, function, names[1]));
        NTK_TRY(ntk_loss_check(training->options.loss, y, 0, function));
        NTK_TRY(open(lane, &samples->y, y, dtype, function, names[1]));
    }
    NTK_TRY(open(lane, &samples->x, x, dtype, function, names[0]));
    samples->rows = x->rows;
    return NTK_OK;
}

/* The sets that options point at. */
static ntk_status take_sets(ntk_training *training, const ntk_lane *lane, const ntk_training_options *options,
                            const char *function)
{
    static const char *const validation[] = {"options->validation_x", "options->validation_y"}, *const probe[] = {
                                                                                                    "options->probe", NULL};
    if (options->validation_x)
        NTK_TRY(ntk_training_take(&training->validation, training, lane, options->validation_x, options->validation_y,
                                  validation, false, function));
    training->own_probe = options->probe != NULL;
    if (!options->probe) return NTK_OK;
    return ntk_training_take(&training->probe, training, lane, options->probe, NULL, probe, false, function);
}

/* The stage in which samples, sets and arrays are made. */
static ntk_lane begin_making(ntk_work *work, ntk_context *context, const ntk_training_options *options)
{
    ntk_lane lane = ntk_work_begin(work, context);
    ntk_work_stage(work, "training's start", 1, 0, options->schedule == NTK_SCHEDULE_SPECTRAL ? SHARE_OF_START : 1);
    return lane;
}

/* What is left once they are there. */
static ntk_status complete(ntk_training *training, const ntk_lane *lane, const char *function)
{
    ntk_pass pass;
    if (training->options.schedule != NTK_SCHEDULE_SPECTRAL) return ntk_advance(lane, 1);
    ntk_status status = ntk_pass_open(&pass, training, lane, ntk_training_most_rows(training), 1);
    ntk_share room = ntk_work_narrow(lane->work, SHARE_OF_START, 1);
    if (status >= 0) status = ntk_training_spectral(training, &pass, function);
    ntk_work_widen(lane->work, room);
    ntk_pass_close(&pass);
    return status;
}

static ntk_status give(ntk_training **training, ntk_training *made, ntk_status status)
{
    if (status < 0)
        ntk_release(made);
    else
        *training = made;
    return status < 0 ? status : NTK_OK;
}

/* --- memory --- */

static ntk_status add_set(uint64_t *bytes, const ntk_matrix *set, int64_t width, int32_t dtype)
{
    return set ? ntk_need(bytes, set->rows, width * ntk_dtype_size(dtype)) : NTK_OK;
}

/* read  of a stream, n being 0, the type of its numbers */
static ntk_status add_memory(const ntk_context *context, uint64_t *bytes, const ntk_weights *weights, int64_t n,
                             const ntk_training_options *own, int32_t read)
{
    int64_t most = ntk_larger(n, own->batch), d = weights->inputs, m = weights->outputs, size = ntk_dtype_size(own->dtype);
    if (own->validation_x) most = ntk_larger(most, own->validation_x->rows);
    if (own->probe) most = ntk_larger(most, own->probe->rows);
    NTK_TRY(ntk_need(bytes, 1, sizeof(ntk_training)));
    if (n > 0 && !own->borrow) NTK_TRY(ntk_need(bytes, n, d * size));
    if (n > 0 && !own->borrow) NTK_TRY(ntk_need(bytes, n, m * size));
    NTK_TRY(add_set(bytes, own->validation_x, d, own->dtype));
    NTK_TRY(add_set(bytes, own->validation_y, m, own->dtype));
    NTK_TRY(add_set(bytes, own->probe, d, own->dtype));
    NTK_TRY(ntk_training_arrays_memory(bytes, weights, own, n, read));
    NTK_TRY(ntk_pass_memory(bytes, weights, own, most));
    if (own->schedule == NTK_SCHEDULE_SPECTRAL) NTK_TRY(ntk_training_spectral_memory(bytes, weights, n));
    return ntk_pool_memory(context, bytes);
}

/* Whether the context's budget has room for all of it. */
static ntk_status check_budget(const ntk_context *context, const ntk_weights *weights, int64_t n,
                               const ntk_training_options *own, int32_t read)
{
    uint64_t need = 0;
    NTK_TRY(add_memory(context, &need, weights, n, own, read));
    return ntk_budget_check(context, need, "the training");
}

ntk_status ntk_training_memory(const ntk_context *context, uint64_t *bytes, const ntk_network *network, int64_t n,
                               const ntk_training_options *options)
{
    ntk_training_options own;
    uint64_t need = 0;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(network);
    NTK_REQUIRE(options);
    if (n < 0) return ntk_fail(NTK_ERR_SHAPE, "%s: n is %lld, expected at least 0", __func__, (long long)n);
    NTK_TRY(ntk_training_options_read(&own, options, network->weights, n, NTK_F64, n == 0, __func__));
    /* a stream of another type, unless the arithmetic's is that of the stream */
    int32_t other = own.dtype == NTK_F64 ? NTK_F32 : NTK_F64;
    NTK_TRY(add_memory(context, &need, network->weights, n, &own, options->dtype ? other : own.dtype));
    *bytes = need;
    return NTK_OK;
}

/* --- of samples --- */

static ntk_status fill(ntk_training *made, const ntk_lane *lane, const ntk_matrix *x, const ntk_matrix *y,
                       const ntk_training_options *options, const char *function)
{
    static const char *const names[] = {"x", "y"};
    NTK_TRY(ntk_training_take(&made->samples, made, lane, x, y, names, options->borrow, function));
    NTK_TRY(take_sets(made, lane, options, function));
    NTK_TRY(ntk_training_arrays(made, lane, function));
    return complete(made, lane, function);
}

ntk_status ntk_training_create(ntk_context *context, ntk_training **training, const ntk_network *network, const ntk_matrix *x,
                               const ntk_matrix *y, const ntk_training_options *options)
{
    ntk_training_options own;
    ntk_training *made;
    NTK_REQUIRE(training);
    *training = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(network);
    NTK_REQUIRE(options);
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_input_check(y, __func__, "y"));
    NTK_TRY(ntk_training_options_read(&own, options, network->weights, x->rows, x->dtype, false, __func__));
    NTK_TRY(check_budget(context, network->weights, x->rows, &own, own.dtype));
    NTK_TRY(ntk_training_begin(context, &made, network->weights, &own));
    ntk_work work;
    ntk_lane lane = begin_making(&work, context, &own);
    return give(training, made, fill(made, &lane, x, y, &own, __func__));
}

/* --- of a stream --- */

static ntk_status check_stream(const ntk_sample_stream *stream, const ntk_weights *weights, const char *function)
{
    if (stream->inputs != weights->inputs)
        return ntk_fail(NTK_ERR_OPTION, "%s: stream->inputs is %lld, expected the network's %lld", function,
                        (long long)stream->inputs, (long long)weights->inputs);
    if (stream->targets != weights->outputs)
        return ntk_fail(NTK_ERR_OPTION, "%s: stream->targets is %lld, expected the network's %lld outputs", function,
                        (long long)stream->targets, (long long)weights->outputs);
    return NTK_OK;
}

ntk_status ntk_training_take_stream(ntk_sample_stream *own, const ntk_sample_stream *stream, const ntk_weights *weights,
                                    const char *function)
{
    ntk_stream_reader reader;
    NTK_TRY(ntk_stream_check(&reader, stream, function));
    *own = reader.stream;
    return check_stream(own, weights, function);
}

static ntk_status fill_streamed(ntk_training *made, const ntk_lane *lane, const ntk_training_options *options,
                                const char *function)
{
    if (options->record && !options->probe)
        return ntk_fail(NTK_ERR_OPTION, "%s: options->record is %d, but there is no probe, which a stream takes", function,
                        options->record);
    NTK_TRY(take_sets(made, lane, options, function));
    NTK_TRY(ntk_training_arrays(made, lane, function));
    return complete(made, lane, function);
}

ntk_status ntk_training_create_stream(ntk_context *context, ntk_training **training, const ntk_network *network,
                                      const ntk_sample_stream *stream, const ntk_training_options *options)
{
    ntk_training_options own;
    ntk_sample_stream source;
    ntk_training *made;
    NTK_REQUIRE(training);
    *training = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(network);
    NTK_REQUIRE(options);
    NTK_TRY(ntk_training_take_stream(&source, stream, network->weights, __func__));
    NTK_TRY(ntk_training_options_read(&own, options, network->weights, 0, source.dtype, true, __func__));
    NTK_TRY(check_budget(context, network->weights, 0, &own, source.dtype));
    NTK_TRY(ntk_training_begin(context, &made, network->weights, &own));
    made->stream = source;
    made->streamed = true;
    ntk_work work;
    ntk_lane lane = begin_making(&work, context, &own);
    return give(training, made, fill_streamed(made, &lane, &own, __func__));
}

void ntk_training_destroy(ntk_training *training)
{
    ntk_release(training);
}

/* --- reading --- */

ntk_status ntk_training_parameters(const ntk_training *training, const ntk_matrix *theta)
{
    NTK_REQUIRE(training);
    NTK_TRY(ntk_output_check(theta, __func__, "theta"));
    if (theta->dtype != NTK_F64) return ntk_fail(NTK_ERR_DTYPE, "%s: theta.dtype is NTK_F32, expected NTK_F64", __func__);
    NTK_TRY(ntk_shape_check(theta, training->weights->size, 1, __func__, "theta"));
    ntk_training_theta(training, theta->data, theta->stride);
    return NTK_OK;
}

ntk_status ntk_training_network(ntk_context *context, ntk_network **network, const ntk_training *training)
{
    ntk_weights *weights;
    NTK_REQUIRE(network);
    *network = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(training);
    NTK_TRY(ntk_weights_create(context, &weights, training->weights));
    ntk_training_theta(training, weights->w, 1);
    ntk_weights_complete(weights);
    return ntk_network_of_weights(context, network, weights);
}

static ntk_status predict_rows(const ntk_pass *pass, const ntk_matrix *y, const ntk_operand *x)
{
    const ntk_training *training = pass->training;
    int32_t dtype = training->options.dtype;
    int64_t m = training->weights->outputs;
    for (int64_t row = 0, rows; row < y->rows; row += rows) {
        rows = ntk_smaller(y->rows - row, pass->passes.rows);
        NTK_TRY(ntk_pass_outputs(pass, ntk_at(x->data, dtype, row * x->stride), x->stride, rows, ntk_training_point(training),
                                 pass->f));
        for (int64_t i = 0; i < rows; i++)
            NTK_TRY(ntk_write_row(y, row + i, 0, ntk_at(pass->f, dtype, i * m), dtype, m, "ntk_training_predict", "f(x)"));
        NTK_TRY(ntk_advance(pass->lane, rows));
    }
    return NTK_OK;
}

ntk_status ntk_training_predict(const ntk_training *training, const ntk_matrix *y, const ntk_matrix *x)
{
    NTK_REQUIRE(training);
    NTK_TRY(ntk_output_check(y, __func__, "y"));
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_shape_check(x, -1, training->weights->inputs, __func__, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, training->weights->outputs, __func__, "y"));
    NTK_TRY(ntk_disjoint_check(y, "y", x, "x", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    ntk_context *context = training->base.context;
    ntk_operand operand;
    ntk_pass pass;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "training's outputs", x->rows, 0, 1);
    NTK_TRY(ntk_operand_open(&lane, &operand, x, training->options.dtype, __func__, "x"));
    ntk_status status = ntk_pass_open(&pass, training, &lane, x->rows, training->options.linearized);
    if (status >= 0) status = predict_rows(&pass, y, &operand);
    ntk_pass_close(&pass);
    ntk_operand_close(context, &operand);
    return status;
}
