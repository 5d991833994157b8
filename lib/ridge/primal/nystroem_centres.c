#include "core/random.h"
#include "core/status.h"
#include "ridge/primal/nystroem.h"

#include <string.h>

/* Samples between two chances to stop. */
enum { SAMPLES_PER_ADVANCE = 4096 };

/* Where sample i goes, of m places: each of the samples so far is in one of them with the same probability.  m or more: nowhere. */
static int64_t place_of(const ntk_random *random, int64_t i, int64_t m)
{
    return i < m ? i : (int64_t)(ntk_random_uniform(random, i) * (double)(i + 1));
}

ntk_status ntk_nystroem_draw(ntk_nystroem *job, void *z, double begin, double end)
{
    ntk_stream_reader *reader = job->reader;
    const ntk_random random = {.seed = job->options->seed, .purpose = NTK_RANDOM_CENTRES};
    int64_t rows, m = job->m, width = reader->stream.inputs * ntk_dtype_size(reader->stream.dtype);
    ntk_stream_begin(reader, "choice of centres", 1, begin, end);
    NTK_TRY(ntk_stream_next(reader, &rows));
    while (rows > 0) {
        for (int64_t r = 0; r < rows; r++) {
            int64_t place = place_of(&random, reader->first + r, m);
            if (place < m) memcpy((char *)z + place * width, ntk_row(&reader->x, r), (size_t)width);
            if ((r + 1) % SAMPLES_PER_ADVANCE == 0) NTK_TRY(ntk_advance(job->lane, 0));
        }
        NTK_TRY(ntk_advance(job->lane, rows));
        NTK_TRY(ntk_stream_next(reader, &rows));
    }
    if (reader->total < m) job->m = reader->total;
    return NTK_OK;
}
