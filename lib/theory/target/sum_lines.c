/* Samples against the directions of a sum, panel by panel. */
#include "core/blas.h"
#include "core/context.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/target/sum.h"

/* Samples and terms of a panel, and numbers that are multiplied at a time. */
enum { SAMPLES = 256, TERMS = 128, DEPTH = 8192, SCRATCH = SAMPLES * (TERMS + 2), TERMS_BETWEEN_QUESTIONS = 8 };

typedef struct panels {
    const ntk_sum_lines *lines;
    double *scratch; /* per lane: z, then room for a line's own */
    bool nested, counts;
} panels;

static int64_t task_count(int64_t n)
{
    return (n - 1) / SAMPLES + 1;
}

/* z = scale <direction, x>, terms x samples */
static ntk_status multiply(const ntk_sum_lines *lines, const ntk_lane *lane, double *z, int64_t term, int64_t terms,
                           int64_t sample, int64_t count)
{
    int64_t d = lines->target->base.inputs;
    const double *w = lines->target->directions + term * d, *x = lines->x + sample * d;
    for (int64_t j = 0; j < d; j += DEPTH) {
        int64_t depth = ntk_smaller(DEPTH, d - j);
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, terms, count, depth, lines->scale, w + j, d, x + j, d,
                              j ? 1 : 0, z, count));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

static ntk_status run_samples(void *argument, int64_t index, const ntk_lane *lane)
{
    const panels *job = argument;
    const ntk_sum_lines *lines = job->lines;
    double *z = job->scratch + (job->nested ? 0 : lane->index) * SCRATCH, *room = z + SAMPLES * TERMS;
    int64_t sample = index * SAMPLES, count = ntk_smaller(SAMPLES, lines->n - sample), all = lines->target->count;
    double *y = lines->y + sample;
    for (int64_t i = 0; i < count; i++) y[i] = 0;
    for (int64_t first = 0; first < all; first += TERMS) {
        int64_t terms = ntk_smaller(TERMS, all - first);
        NTK_TRY(multiply(lines, lane, z, first, terms, sample, count));
        for (int64_t m = 0; m < terms; m++) {
            lines->add(lines, lane->work->context->isa, first + m, z + m * count, y, room, count);
            if (m % TERMS_BETWEEN_QUESTIONS == 0) NTK_TRY(ntk_advance(lane, 0));
        }
    }
    return ntk_advance(lane, job->counts ? count : 0);
}

ntk_status ntk_sum_lines_run(const ntk_sum_lines *lines, const ntk_lane *lane, bool counts)
{
    panels job = {.lines = lines, .nested = lane->nested, .counts = counts};
    int64_t lanes = lane->nested ? 1 : ntk_lanes_for(lane, task_count(lines->n));
    NTK_TRY(ntk_allocate(lane->work->context, &job.scratch, lanes, SCRATCH * (int64_t)sizeof(double), "panels of a target"));
    ntk_status status = ntk_run_blas(lane, task_count(lines->n), run_samples, &job);
    ntk_free(lane->work->context, job.scratch);
    return status;
}

ntk_status ntk_sum_lines_memory(const ntk_context *context, uint64_t *bytes, int64_t n)
{
    return ntk_need(bytes, ntk_lanes_expected(context, task_count(n)), SCRATCH * (int64_t)sizeof(double));
}
