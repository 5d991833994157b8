/* Samples that come in batches, read and checked. */
#ifndef NTK_RIDGE_PRIMAL_STREAM_H
#define NTK_RIDGE_PRIMAL_STREAM_H

#include "core/matrix.h"
#include "core/parallel.h"

#include <ntk/stream.h>

/* A stream, and the batch at hand.
 * y_dtype  of y, that of x being the stream's
 * rows     of a batch, all but the last
 * first, x, y  the batch: samples first, ..., first + x.rows - 1
 * total    samples of a pass that has ended, 0 before */
typedef struct ntk_stream_reader {
    const ntk_lane *lane;
    const char *function;
    ntk_sample_stream stream;
    int32_t y_dtype;
    int64_t rows, first, total;
    bool ended;
    ntk_matrix x, y;
} ntk_stream_reader;

/* Checks a stream of the caller's; dtype is no longer 0. */
ntk_status ntk_stream_check(ntk_stream_reader *reader, const ntk_sample_stream *stream, const char *function);

/* A stream over matrices, which it borrows. */
typedef struct ntk_matrix_stream {
    const ntk_matrix *x, *y;
} ntk_matrix_stream;

ntk_stream_reader ntk_stream_of_matrices(ntk_matrix_stream *matrices, const char *function);

/* Room for batches; and its bytes, added to a need.  After a failure, too, the caller closes. */
ntk_status ntk_stream_open(ntk_stream_reader *reader, const ntk_lane *lane, int64_t rows);
void ntk_stream_close(ntk_stream_reader *reader);
ntk_status ntk_stream_memory(uint64_t *bytes, int64_t rows, int64_t inputs, int64_t targets);

/* Begins at the first sample; then reads batch after batch, *rows of it being 0 once there are no more.  A stage's work that counts
 * so many units a sample, from begin to end: where nobody knows how many samples there are, its progress stays half way. */
void ntk_stream_begin(ntk_stream_reader *reader, const char *stage, int64_t units, double begin, double end);
ntk_status ntk_stream_next(ntk_stream_reader *reader, int64_t *rows);

#endif
