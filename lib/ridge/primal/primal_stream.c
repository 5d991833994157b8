#include "core/memory.h"
#include "core/operand.h"
#include "core/pool.h"
#include "core/size.h"
#include "core/status.h"
#include "ridge/primal/primal.h"
#include "ridge/primal/stream.h"
#include "ridge/rooms.h"

/* A primal fit of what a reader gives. */
typedef struct streamed {
    ntk_ridge *ridge;
    const ntk_features *features;
    ntk_stream_reader *reader;
    const ntk_ridge_options *options;
    const ntk_lane *lane;
    int64_t rows; /* of a batch, at most */
    ntk_normal normal;
} streamed;

static ntk_status add_batch(streamed *job, const ntk_features_call *call, int64_t rows)
{
    const ntk_stream_reader *reader = job->reader;
    ntk_operand x;
    NTK_TRY(ntk_operand_open(reader->lane, &x, &reader->x, call->dtype, reader->function, "x"));
    ntk_status status = ntk_features_rows(call, job->normal.Phi, job->features->size, x.data, x.stride, rows);
    if (status >= 0) status = ntk_normal_add(&job->normal, rows, &reader->y);
    ntk_operand_close(job->ridge->base.context, &x);
    return status;
}

/* The equations by normal or triangle, and what follows; the samples are read from the first. */
static ntk_status fit(void *argument, bool triangle)
{
    streamed *job = argument;
    ntk_ridge *ridge = job->ridge;
    ntk_stream_reader *reader = job->reader;
    ntk_features_call call = {.features = job->features, .lane = job->lane, .dtype = job->options->dtype, .w = ridge->w};
    int64_t samples = reader->stream.samples, p = job->features->size, rows;
    /* of many samples nothing is left for the factorization */
    double formed = ntk_primal_share(samples ? (double)samples : 0x1p30, p);
    reader->rows = ntk_primal_rows(samples ? samples : INT64_MAX, p, triangle);
    NTK_TRY(ntk_normal_open(&job->normal, ridge, job->lane, p, job->options->storage, reader->rows,
                            triangle ? NTK_NORMAL_TRIANGLE : NTK_NORMAL_MOVING, reader->function));
    call.function = reader->function;
    ntk_stream_begin(reader, triangle ? "triangularization" : "normal equations", ntk_normal_units(&job->normal) + 1, 0,
                     formed);
    NTK_TRY(ntk_stream_next(reader, &rows));
    while (rows > 0) {
        NTK_TRY(add_batch(job, &call, rows));
        NTK_TRY(ntk_stream_next(reader, &rows));
    }
    return ntk_primal_finish(&job->normal, job->features, formed);
}

static ntk_status solve(streamed *job, const ntk_lane *lane)
{
    ntk_ridge *ridge = job->ridge;
    ntk_stream_reader *reader = job->reader;
    job->lane = lane;
    ntk_work_stage(lane->work, "samples", 1, 0, 0);
    NTK_TRY(ntk_ridge_solution_open(ridge->base.context, &ridge->solution, NULL, NULL));
    NTK_TRY(ntk_stream_open(reader, lane, job->rows));
    NTK_TRY(ntk_hidden_weights(lane, job->features->weights, job->options->dtype, &ridge->w, reader->function));
    ntk_status status = ntk_primal_solve(ridge, lane, &job->normal, !reader->stream.once, fit, job);
    if (status != NTK_ERR_SINGULAR || !reader->stream.once || ridge->solver != NTK_SOLVER_AUTO) return status;
    return ntk_fail(NTK_ERR_SINGULAR,
                    "%s: Phi^T Phi + lambda I is not positive definite to working precision, and the stream can be read once "
                    "only: ask for NTK_SOLVER_QR, which has twice the digits, or increase lambda",
                    reader->function);
}

static ntk_status check_budget(const ntk_context *context, const streamed *job)
{
    const ntk_sample_stream *stream = &job->reader->stream;
    uint64_t bytes = 0, elements;
    NTK_TRY(ntk_primal_memory(context, &bytes, job->features, job->rows, stream->targets, job->options));
    NTK_TRY(ntk_stream_memory(&bytes, job->rows, stream->inputs, stream->targets));
    NTK_TRY(ntk_size_multiply(&elements, job->rows, stream->inputs));
    NTK_TRY(ntk_need(&bytes, (int64_t)elements, ntk_dtype_size(job->options->dtype)));
    NTK_TRY(ntk_rooms_memory(context, &bytes, NULL, job->features, stream->inputs, stream->targets, job->options->dtype,
                             job->options->callers));
    NTK_TRY(ntk_pool_memory(context, &bytes));
    return ntk_budget_check(context, bytes, "the ridge regression");
}

static ntk_status run(streamed *job)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, job->ridge->base.context);
    ntk_status status = solve(job, &lane);
    ntk_stream_close(job->reader);
    if (status >= 0 && job->ridge->light) ntk_ridge_lighten(job->ridge);
    return status;
}

ntk_status ntk_ridge_create_stream(ntk_context *context, ntk_ridge **ridge, const ntk_features *features,
                                   const ntk_sample_stream *stream, double lambda, const ntk_ridge_options *options)
{
    ntk_stream_reader reader;
    ntk_ridge_options own;
    NTK_REQUIRE(ridge);
    *ridge = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(features);
    NTK_TRY(ntk_stream_check(&reader, stream, __func__));
    int64_t inputs = features->weights->inputs, targets = reader.stream.targets;
    if (reader.stream.inputs != inputs)
        return ntk_fail(NTK_ERR_OPTION, "%s: stream->inputs is %lld, expected the %lld of the features", __func__,
                        (long long)reader.stream.inputs, (long long)inputs);
    NTK_TRY(ntk_lambda_check(lambda, __func__));
    NTK_TRY(ntk_ridge_options_read(&own, options, __func__));
    NTK_TRY(ntk_primal_options_check(&own, __func__));
    if (!own.dtype) own.dtype = reader.stream.dtype;
    own.precision = NTK_PRECISION_PLAIN;
    streamed job = {.features = features, .reader = &reader, .options = &own};
    job.rows = ntk_primal_rows(reader.stream.samples ? reader.stream.samples : INT64_MAX, features->size, false);
    NTK_TRY(check_budget(context, &job));
    NTK_TRY(ntk_object_create(context, &job.ridge, sizeof *job.ridge, ntk_ridge_dispose, "a ridge regression"));
    job.ridge->features = ntk_retain(features);
    ntk_ridge_begin(job.ridge, &own, inputs, targets, lambda, "primal: features were given, and a stream of samples");
    job.ridge->solution.report.order = features->size;
    ntk_status status = run(&job);
    if (status >= 0) status = ntk_rooms_open(job.ridge, own.callers, __func__);
    if (status < 0)
        ntk_release(job.ridge);
    else
        *ridge = job.ridge;
    return status;
}
