#include "ridge/primal/stream.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_sample_stream, inputs) == 8 && offsetof(ntk_sample_stream, targets) == 16 &&
                   offsetof(ntk_sample_stream, samples) == 24 && offsetof(ntk_sample_stream, dtype) == 32 &&
                   offsetof(ntk_sample_stream, once) == 36 && offsetof(ntk_sample_stream, read) == 40 &&
                   offsetof(ntk_sample_stream, user) == 48 && sizeof(ntk_sample_stream) == 56,
               "the layout of ntk_sample_stream is frozen");

/* --- streams --- */

/* Elements of a row of which a batch can still be addressed. */
static const int64_t widest = INT64_MAX >> 16;

static ntk_status check_width(int64_t width, const char *name, const char *function)
{
    if (width < 1)
        return ntk_fail(NTK_ERR_OPTION, "%s: stream->%s is %lld, expected at least 1", function, name, (long long)width);
    if (width > widest)
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: stream->%s is %lld, more than can be addressed", function, name,
                        (long long)width);
    return NTK_OK;
}

ntk_status ntk_stream_check(ntk_stream_reader *reader, const ntk_sample_stream *stream, const char *function)
{
    ntk_sample_stream *own = &reader->stream;
    *reader = (ntk_stream_reader){.function = function};
    if (!stream) return ntk_fail(NTK_ERR_NULL, "%s: stream is NULL", function);
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, stream, "ntk_sample_stream"));
    if (!own->read) return ntk_fail(NTK_ERR_OPTION, "%s: stream->read is NULL, expected a function", function);
    NTK_TRY(check_width(own->inputs, "inputs", function));
    NTK_TRY(check_width(own->targets, "targets", function));
    if (own->samples < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: stream->samples is %lld, expected at least 0", function, (long long)own->samples);
    NTK_TRY(ntk_dtype_check(own->dtype, 1, function, "stream->dtype"));
    if (!own->dtype) own->dtype = NTK_F64;
    reader->y_dtype = own->dtype;
    return NTK_OK;
}

static int64_t read_matrices(void *user, int64_t first, const ntk_matrix *x, const ntk_matrix *y)
{
    const ntk_matrix_stream *from = user;
    ntk_matrix some_x = ntk_rows(from->x, first, x->rows), some_y = ntk_rows(from->y, first, x->rows);
    ntk_convert_matrix(x->data, x->stride, x->dtype, &some_x);
    ntk_convert_matrix(y->data, y->stride, y->dtype, &some_y);
    return x->rows;
}

ntk_stream_reader ntk_stream_of_matrices(ntk_matrix_stream *matrices, const char *function)
{
    ntk_stream_reader reader = {.function = function, .y_dtype = NTK_F64};
    reader.stream = (ntk_sample_stream){.struct_size = sizeof(ntk_sample_stream), .read = read_matrices, .user = matrices};
    reader.stream.inputs = matrices->x->cols;
    reader.stream.targets = matrices->y->cols;
    reader.stream.samples = matrices->x->rows;
    reader.stream.dtype = matrices->x->dtype;
    return reader;
}

ntk_status ntk_stream_open(ntk_stream_reader *reader, const ntk_lane *lane, int64_t rows)
{
    const ntk_sample_stream *stream = &reader->stream;
    ntk_context *context = lane->work->context;
    uint64_t width;
    void *x, *y;
    reader->lane = lane;
    reader->rows = rows;
    NTK_TRY(ntk_size_multiply(&width, stream->inputs, ntk_dtype_size(stream->dtype)));
    NTK_TRY(ntk_allocate(context, &x, rows, (int64_t)width, "a batch of a stream"));
    reader->x = ntk_matrix_view(x, rows, stream->inputs, stream->dtype, 0);
    NTK_TRY(ntk_size_multiply(&width, stream->targets, ntk_dtype_size(reader->y_dtype)));
    NTK_TRY(ntk_allocate(context, &y, rows, (int64_t)width, "a batch of a stream"));
    reader->y = ntk_matrix_view(y, rows, stream->targets, reader->y_dtype, 0);
    return NTK_OK;
}

void ntk_stream_close(ntk_stream_reader *reader)
{
    if (!reader->lane) return;
    ntk_free(reader->lane->work->context, reader->x.data);
    ntk_free(reader->lane->work->context, reader->y.data);
    reader->lane = NULL;
}

ntk_status ntk_stream_memory(uint64_t *bytes, int64_t rows, int64_t inputs, int64_t targets)
{
    uint64_t width;
    NTK_TRY(ntk_size_multiply(&width, inputs, sizeof(double)));
    NTK_TRY(ntk_need(bytes, rows, (int64_t)width));
    NTK_TRY(ntk_size_multiply(&width, targets, sizeof(double)));
    return ntk_need(bytes, rows, (int64_t)width);
}

/* --- batches --- */

void ntk_stream_begin(ntk_stream_reader *reader, const char *stage, int64_t units, double begin, double end)
{
    int64_t samples = reader->stream.samples ? reader->stream.samples : reader->total, all;
    bool known = samples > 0 && !__builtin_mul_overflow(samples, units, &all);
    double half = (begin + end) / 2;
    reader->first = 0;
    reader->x.rows = reader->y.rows = 0;
    reader->ended = false;
    if (known)
        ntk_work_stage(reader->lane->work, stage, all, begin, end);
    else
        ntk_work_stage(reader->lane->work, stage, 1, half, half);
}

static ntk_status check_finite(const ntk_stream_reader *reader, const ntk_matrix *m, const char *name)
{
    for (int64_t i = 0; i < m->rows; i++) {
        const void *row = ntk_row(m, i);
        if (ntk_is_finite(row, m->dtype, m->cols)) continue;
        int64_t col = 0;
        while (isfinite(ntk_get(row, m->dtype, col))) col++;
        return ntk_fail(NTK_ERR_VALUE,
                        "%s: the stream gave %g in %s at row %lld, column %lld (counted from 0), expected a finite number",
                        reader->function, ntk_get(row, m->dtype, col), name, (long long)(reader->first + i), (long long)col);
    }
    return NTK_OK;
}

/* Asks for rows after those of the batch, up to wanted in all. */
static ntk_status ask(ntk_stream_reader *reader, int64_t wanted)
{
    int64_t count = reader->x.rows;
    ntk_matrix x = ntk_rows(&reader->x, count, wanted - count), y = ntk_rows(&reader->y, count, wanted - count);
    int64_t got = reader->stream.read(reader->stream.user, reader->first + count, &x, &y);
    if (got < 0 || got > x.rows)
        return ntk_fail(NTK_ERR_CALLBACK, "%s: stream->read returned %lld for the %lld rows from row %lld on (counted from 0)",
                        reader->function, (long long)got, (long long)x.rows, (long long)(reader->first + count));
    reader->ended = got == 0;
    reader->x.rows = reader->y.rows = count + got;
    return ntk_advance(reader->lane, 0);
}

/* A pass has ended after so many samples. */
static ntk_status check_end(ntk_stream_reader *reader, int64_t samples)
{
    int64_t expected = reader->stream.samples ? reader->stream.samples : reader->total;
    if (samples == 0) return ntk_fail(NTK_ERR_SHAPE, "%s: the stream has no samples", reader->function);
    if (expected && samples != expected)
        return ntk_fail(NTK_ERR_SHAPE, "%s: the stream ended after %lld samples, expected %lld", reader->function,
                        (long long)samples, (long long)expected);
    reader->total = samples;
    return NTK_OK;
}

ntk_status ntk_stream_next(ntk_stream_reader *reader, int64_t *rows)
{
    int64_t samples = reader->stream.samples, wanted = reader->rows;
    reader->first += reader->x.rows;
    reader->x.rows = reader->y.rows = 0;
    if (samples) wanted = ntk_smaller(wanted, samples - reader->first);
    while (!reader->ended && reader->x.rows < wanted) NTK_TRY(ask(reader, wanted));
    *rows = reader->x.rows;
    NTK_TRY(check_finite(reader, &reader->x, "x"));
    NTK_TRY(check_finite(reader, &reader->y, "y"));
    return *rows < reader->rows ? check_end(reader, reader->first + *rows) : NTK_OK;
}
