#include "ridge/primal/nystroem.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "ridge/batch.h"
#include "ridge/rooms.h"

#include <stddef.h>

_Static_assert(offsetof(ntk_nystroem_options, count) == 8 && offsetof(ntk_nystroem_options, centres) == 16 &&
                   offsetof(ntk_nystroem_options, seed) == 24 && offsetof(ntk_nystroem_options, storage) == 32 &&
                   offsetof(ntk_nystroem_options, dtype) == 36 && offsetof(ntk_nystroem_options, intercept) == 40 &&
                   offsetof(ntk_nystroem_options, light) == 44 && offsetof(ntk_nystroem_options, leave_one_out) == 48 &&
                   offsetof(ntk_nystroem_options, reserved) == 52 && sizeof(ntk_nystroem_options) == 56,
               "the layout of ntk_nystroem_options is frozen");
_Static_assert(offsetof(ntk_nystroem_report, centres) == 8 && offsetof(ntk_nystroem_report, shift) == 16 &&
                   offsetof(ntk_nystroem_report, mean_diagonal) == 24 && offsetof(ntk_nystroem_report, mean_rest) == 32 &&
                   offsetof(ntk_nystroem_report, largest_rest) == 40 && offsetof(ntk_nystroem_report, gcv) == 48 &&
                   offsetof(ntk_nystroem_report, leave_one_out) == 56 && sizeof(ntk_nystroem_report) == 64,
               "the layout of ntk_nystroem_report is frozen");

/* Centres where the options don't say. */
enum { USUAL_COUNT = 1024 };

/* --- options --- */

static ntk_status read_options(ntk_nystroem_options *own, const ntk_nystroem_options *options, int64_t d, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_nystroem_options"));
    if (own->count < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: count is %lld, expected at least 0", function, (long long)own->count);
    if (own->reserved != 0) return ntk_fail(NTK_ERR_OPTION, "%s: reserved is %d, expected 0", function, own->reserved);
    NTK_TRY(ntk_storage_check(own->storage, own->dtype, function));
    if (!own->count) own->count = USUAL_COUNT;
    if (!own->centres) return NTK_OK;
    NTK_TRY(ntk_input_check(own->centres, function, "centres"));
    NTK_TRY(ntk_shape_check(own->centres, -1, d, function, "centres"));
    return ntk_finite_check(own->centres, function, "centres");
}

/* Centres and rows of a batch of n samples; 0: nobody knows how many. */
static int64_t centres_of(const ntk_nystroem_options *own, int64_t n)
{
    if (own->centres) return own->centres->rows;
    return n ? ntk_smaller(own->count, n) : own->count;
}

static int64_t rows_of(int64_t n, int64_t m)
{
    int64_t rows = 2 * ntk_batch_rows(INT64_MAX, m);
    return n ? ntk_smaller(rows, n) : rows;
}

ntk_status ntk_ridge_nystroem_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n,
                                     int64_t d, int64_t t, const ntk_nystroem_options *options)
{
    ntk_nystroem_options own;
    uint64_t need = 0;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_model_sizes_check(kernel, 1, d, t, __func__));
    if (n < 0) return ntk_fail(NTK_ERR_SHAPE, "%s: n is %lld, expected at least 0", __func__, (long long)n);
    NTK_TRY(read_options(&own, options, d, __func__));
    if (!own.dtype) own.dtype = NTK_F64;
    int64_t m = centres_of(&own, n);
    ntk_status status = ntk_nystroem_memory(context, &need, kernel, m, rows_of(n, m), d, t, &own);
    NTK_TRY(ntk_sizes_representable(status, m, d, t, __func__));
    *bytes = need;
    return NTK_OK;
}

/* --- creation --- */

static ntk_status run(ntk_nystroem *job)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, job->ridge->base.context);
    double fitted = job->options->leave_one_out ? 0.5 : 0.97;
    job->lane = &lane;
    ntk_share room = ntk_work_narrow(&work, 0, fitted);
    ntk_status status = ntk_nystroem_fit(job);
    ntk_work_widen(&work, room);
    room = ntk_work_narrow(&work, fitted, 1);
    if (status >= 0) status = ntk_nystroem_estimate(job);
    ntk_work_widen(&work, room);
    ntk_nystroem_close(job);
    if (status >= 0 && job->ridge->light) ntk_ridge_lighten(job->ridge);
    return status;
}

/* Makes the model of what the reader gives, all being checked. */
static ntk_status make(ntk_context *context, ntk_ridge **ridge, const ntk_kernel *kernel, ntk_stream_reader *reader,
                       double lambda, ntk_nystroem_options *own)
{
    ntk_nystroem job = {.kernel = kernel, .reader = reader, .options = own};
    ntk_ridge_options options = {.method = NTK_RIDGE_NYSTROEM, .precision = NTK_PRECISION_PLAIN};
    uint64_t bytes = 0;
    int64_t n = reader->stream.samples, d = reader->stream.inputs, t = reader->stream.targets;
    if (!own->dtype) own->dtype = reader->stream.dtype;
    job.m = centres_of(own, n);
    job.rows = rows_of(n, job.m);
    NTK_TRY(ntk_nystroem_memory(context, &bytes, kernel, job.m, job.rows, d, t, own));
    NTK_TRY(ntk_budget_check(context, bytes, "the Nystroem model"));
    options.dtype = own->dtype;
    options.intercept = own->intercept;
    options.light = own->light;
    NTK_TRY(ntk_object_create(context, &job.ridge, sizeof *job.ridge, ntk_ridge_dispose, "a ridge regression"));
    ntk_ridge_begin(job.ridge, &options, d, t, lambda, "Nystroem: the kernel is approximated by its values at centres");
    ntk_status status = run(&job);
    if (status >= 0) status = ntk_rooms_open(job.ridge, 0, reader->function);
    if (status < 0) {
        ntk_release(job.ridge);
        return status;
    }
    if (job.ridge->solution.approximation.shift > 0)
        job.ridge->solution.report.reason =
            "Nystroem: the kernel is approximated by its values at centres, which depend on each "
            "other to working precision, so that a shift was added to their matrix";
    *ridge = job.ridge;
    return NTK_OK;
}

ntk_status ntk_ridge_create_nystroem(ntk_context *context, ntk_ridge **ridge, const ntk_kernel *kernel, const ntk_matrix *x,
                                     const ntk_matrix *y, double lambda, const ntk_nystroem_options *options)
{
    ntk_nystroem_options own;
    NTK_REQUIRE(ridge);
    *ridge = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_data_check(x, y, ntk_kernel_inputs(kernel), lambda, __func__));
    NTK_TRY(read_options(&own, options, x->cols, __func__));
    ntk_matrix_stream matrices = {x, y};
    ntk_stream_reader reader = ntk_stream_of_matrices(&matrices, __func__);
    return make(context, ridge, kernel, &reader, lambda, &own);
}

ntk_status ntk_ridge_create_nystroem_stream(ntk_context *context, ntk_ridge **ridge, const ntk_kernel *kernel,
                                            const ntk_sample_stream *stream, double lambda, const ntk_nystroem_options *options)
{
    ntk_nystroem_options own;
    ntk_stream_reader reader;
    NTK_REQUIRE(ridge);
    *ridge = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_stream_check(&reader, stream, __func__));
    if (kernel->inputs && reader.stream.inputs != kernel->inputs)
        return ntk_fail(NTK_ERR_OPTION, "%s: stream->inputs is %lld, expected the %lld of the kernel", __func__,
                        (long long)reader.stream.inputs, (long long)kernel->inputs);
    NTK_TRY(ntk_lambda_check(lambda, __func__));
    NTK_TRY(read_options(&own, options, reader.stream.inputs, __func__));
    if (reader.stream.once && (!own.centres || own.leave_one_out))
        return ntk_fail(NTK_ERR_OPTION,
                        "%s: the stream can be read once only, but centres are to be drawn from it, or leave_one_out asks for "
                        "another pass: give centres, and no leave_one_out",
                        __func__);
    return make(context, ridge, kernel, &reader, lambda, &own);
}

/* --- what is said of them --- */

static ntk_status check_model(const ntk_ridge *ridge, const char *function)
{
    if (ridge->solution.report.method == NTK_RIDGE_NYSTROEM) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: ridge is not a Nystroem model", function);
}

ntk_status ntk_ridge_nystroem_summary(const ntk_ridge *ridge, ntk_nystroem_report *report)
{
    NTK_REQUIRE(ridge);
    NTK_REQUIRE(report);
    NTK_TRY(check_model(ridge, __func__));
    const ntk_nystroem_report *full = &ridge->solution.approximation;
    return ntk_options_write(report, sizeof *full, full, sizeof *full, "ntk_nystroem_report");
}

ntk_status ntk_ridge_centres(const ntk_ridge *ridge, const ntk_matrix *centres)
{
    NTK_REQUIRE(ridge);
    NTK_TRY(ntk_output_check(centres, __func__, "centres"));
    NTK_TRY(check_model(ridge, __func__));
    const ntk_sample_set *set = ridge->system.set;
    const ntk_ridge_report *report = &ridge->solution.report;
    NTK_TRY(ntk_shape_check(centres, report->order, report->inputs, __func__, "centres"));
    if (!set)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: ridge is light and of a finite kernel, and has not kept its centres",
                        __func__);
    for (int64_t i = 0; i < report->order; i++)
        NTK_TRY(ntk_write_row(centres, i, 0, ntk_samples_at(&set->samples, i), set->samples.dtype, report->inputs, __func__,
                              "centres"));
    return NTK_OK;
}
