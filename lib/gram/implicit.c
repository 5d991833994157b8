#include "gram/implicit.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/tile.h"

/* The tiles come in rounds: round r has those of tile rows i and j with i + j = r modulo their number T.  Each i has one j, so
 * the tiles of a round share no row; each pair is in one round. */
typedef struct sweep {
    ntk_samples *samples;
    ntk_tile_visitor visit;
    void *argument;
    int64_t edge, tiles; /* T */
    int64_t round;
    bool first, shared; /* shared: the samples are the matrix's, and prepared */
    char *scratch;      /* per lane: the tile, then what its kernel needs */
    int64_t tile_bytes, scratch_size;
} sweep;

int64_t ntk_sweep_edge(const ntk_kernel *kernel, int32_t dtype, int64_t n, int64_t d)
{
    /* a tile is to be small beside the matrix that it spares */
    return ntk_tile_edge(kernel, n, n, d, dtype, n, n < 4 * NTK_SWEEP_EDGE ? NTK_SYMMETRIC_EDGE : NTK_SWEEP_EDGE);
}

static void shape_of(sweep *job, const ntk_kernel *kernel, int32_t dtype, int64_t n, int64_t d)
{
    job->edge = ntk_sweep_edge(kernel, dtype, n, d);
    job->tiles = (n - 1) / job->edge + 1;
    int64_t rows = ntk_smaller(n, job->edge);
    job->tile_bytes = ntk_whole_lines(rows * rows * ntk_dtype_size(dtype));
    job->scratch_size = job->tile_bytes + ntk_tile_scratch(kernel, n, n, job->edge, dtype);
}

/* Pairs i >= j with i + j = r, and those with i + j = r + T. */
static int64_t tasks_of(const sweep *job)
{
    return job->round / 2 + 1 + (job->tiles - job->round) / 2;
}

/* The most that a round has. */
static int64_t most_tasks(const sweep *job)
{
    return job->tiles / 2 + 1;
}

static ntk_status show_tile(void *argument, int64_t index, const ntk_lane *lane)
{
    const sweep *job = argument;
    ntk_samples *samples = job->samples;
    int64_t low = job->round / 2 + 1, i, j;
    if (index < low) {
        j = index;
        i = job->round - j;
    } else {
        j = job->round + 1 + index - low;
        i = job->round + job->tiles - j;
    }
    ntk_kernel_tile tile = {.rows = samples, .cols = samples, .row = i * job->edge, .col = j * job->edge, .lower = i == j};
    tile.row_count = ntk_smaller(job->edge, samples->rows - tile.row);
    tile.col_count = tile.ld = ntk_smaller(job->edge, samples->rows - tile.col);
    tile.out = job->scratch + lane->index * job->scratch_size;
    tile.scratch = (char *)tile.out + job->tile_bytes;
    NTK_TRY(samples->kernel->operations->tile(&tile, lane));
    NTK_TRY(job->visit(job->argument, &tile, job->first, lane));
    return ntk_advance(lane, 1);
}

static ntk_status run(sweep *job, const ntk_lane *lane, const char *stage, ntk_share share)
{
    const ntk_kernel *kernel = job->samples->kernel;
    int64_t passes = kernel->operations->passes(kernel, job->samples->dtype, job->samples->all);
    ntk_work_stage(lane->work, stage, passes * (job->tiles * (job->tiles + 1) / 2), share.begin, share.end);
    /* the last pass is the one that the samples are prepared for */
    for (int64_t pass = passes - 1; pass >= 0; pass--) {
        if (!job->shared) NTK_TRY(kernel->operations->prepare(job->samples, lane, pass));
        job->first = pass == passes - 1;
        for (job->round = 0; job->round < job->tiles; job->round++) NTK_TRY(ntk_run_blas(lane, tasks_of(job), show_tile, job));
    }
    return NTK_OK;
}

/* Whether the matrix's samples serve as they are: kernels of several passes, and those that gave back what tiles need, take
 * samples of the call's own.  Those that share may have scaled x, and so must. */
static bool shares_samples(const ntk_kernel *kernel, int32_t dtype, int64_t n)
{
    return !kernel->operations->rest && kernel->operations->passes(kernel, dtype, n) == 1;
}

static ntk_status sweep_all(sweep *job, const ntk_lane *lane, const char *stage, ntk_share share, void (*begin)(void *argument))
{
    ntk_context *context = lane->work->context;
    ntk_status status = ntk_allocate(context, &job->scratch, ntk_lanes_for(lane, most_tasks(job)), job->scratch_size,
                                     "tiles of a kernel matrix");
    if (status >= 0) {
        if (begin) begin(job->argument);
        status = run(job, lane, stage, share);
    }
    ntk_free(context, job->scratch);
    return status;
}

/* x itself is the matrix's. */
ntk_status ntk_implicit_open(ntk_samples *own, ntk_samples **samples, const ntk_gram *gram, const ntk_lane *lane,
                             const char *function)
{
    ntk_samples *held = &gram->set->samples;
    *own = (ntk_samples){.kernel = NULL};
    *samples = held;
    if (shares_samples(held->kernel, held->dtype, held->rows)) return NTK_OK;
    ntk_matrix x = ntk_samples_view(held);
    ntk_work_stage(lane->work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_samples_open(own, held->kernel, lane, &x, held->dtype, x.rows, false, function, "x"));
    *samples = own;
    return NTK_OK;
}

ntk_status ntk_implicit_open_memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t n, int64_t d)
{
    return shares_samples(kernel, dtype, n) ? NTK_OK : ntk_prepared_memory(kernel, bytes, dtype, n, d, n);
}

ntk_status ntk_implicit_visit(const ntk_gram *gram, const char *stage, void (*begin)(void *argument), ntk_tile_visitor visit,
                              void *argument, const char *function)
{
    const ntk_share whole = {0, 1};
    ntk_samples own;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    sweep job = {.visit = visit, .argument = argument};
    NTK_TRY(ntk_implicit_open(&own, &job.samples, gram, &lane, function));
    job.shared = job.samples != &own;
    shape_of(&job, job.samples->kernel, job.samples->dtype, job.samples->rows, job.samples->inputs);
    ntk_status status = sweep_all(&job, &lane, stage, whole, begin);
    ntk_samples_close(&own);
    return status;
}

ntk_status ntk_implicit_sweep(ntk_samples *samples, const ntk_lane *lane, const char *stage, ntk_share share,
                              ntk_tile_visitor visit, void *argument)
{
    sweep job = {.samples = samples, .visit = visit, .argument = argument};
    /* of those that keep everything for products nothing is missing */
    job.shared = !samples->all || shares_samples(samples->kernel, samples->dtype, samples->all);
    shape_of(&job, samples->kernel, samples->dtype, samples->rows, samples->inputs);
    return sweep_all(&job, lane, stage, share, NULL);
}

ntk_status ntk_implicit_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t n,
                               int64_t d)
{
    NTK_TRY(ntk_implicit_open_memory(kernel, bytes, dtype, n, d));
    return ntk_sweep_memory(kernel, context, bytes, dtype, n, d);
}

ntk_status ntk_sweep_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int32_t dtype, int64_t n,
                            int64_t d)
{
    sweep job;
    shape_of(&job, kernel, dtype, n, d);
    return ntk_need(bytes, ntk_lanes_expected(context, most_tasks(&job)), job.scratch_size);
}
