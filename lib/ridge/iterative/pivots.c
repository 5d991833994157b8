#include "ridge/iterative/pivots.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/block.h"

#include <math.h>
#include <string.h>

/* Pivots that are drawn at a time; rounds that are given to no avail; rows in a task. */
enum { LEAST_BLOCK = 16, MOST_BLOCK = 256, BLOCKS = 8, IDLE_ROUNDS = 8, ROWS = 256 };

/* A pivot is refused, and the whole ended, where so little of its diagonal entry, or of the trace, is left: what is below are the
 * roundings of the entries. */
static const double least = 0x1p-40;

/* A round draws block candidates, of which count are accepted, in the order of their rows among the samples.
 * x       candidates' samples, and then those accepted; H their kernel, less F F^T, and then its factor
 * rows    rows of F at the candidates, and then at those accepted
 * drawn   random numbers that were used */
typedef struct drawing {
    ntk_pivots *made;
    const ntk_lane *lane;
    int64_t n, ld, wanted, done, block, count, drawn;
    int64_t *candidates;
    double *entries, *sums, *numbers, *H, *rows;
    void *x;
} drawing;

static int64_t block_for(int64_t rank)
{
    int64_t block = ntk_larger(LEAST_BLOCK, (rank - 1) / BLOCKS + 1);
    return ntk_smaller(ntk_smaller(block, MOST_BLOCK), rank);
}

/* --- candidates --- */

static double draw(drawing *job)
{
    ntk_random random = {.seed = job->made->seed, .purpose = NTK_RANDOM_PIVOTS};
    return ntk_random_uniform(&random, job->drawn++);
}

/* The row whose part of [0, 1), in proportion to what is left or all alike, a number falls in. */
static int64_t row_at(const drawing *job, double number)
{
    if (job->made->uniform) return ntk_smaller((int64_t)(number * (double)job->n), job->n - 1);
    double sought = number * job->sums[job->n - 1];
    int64_t low = 0, high = job->n - 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (job->sums[middle] > sought)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Candidates whose rows of F and samples are together. */
static void gather(drawing *job, int64_t to, int64_t row)
{
    const ntk_samples *samples = job->made->samples;
    int64_t d = samples->inputs;
    memmove(ntk_at(job->x, samples->dtype, to * d), ntk_samples_at(samples, row), (size_t)(d * ntk_dtype_size(samples->dtype)));
    memmove(job->rows + to * job->done, job->made->F + row * job->ld, (size_t)job->done * sizeof(double));
    job->candidates[to] = row;
}

static void draw_candidates(drawing *job)
{
    double sum = 0;
    for (int64_t i = 0; i < job->n; i++) job->sums[i] = sum += job->made->rest[i];
    for (int64_t i = 0; i < job->block; i++) gather(job, i, row_at(job, draw(job)));
}

static ntk_status find_kernel(drawing *job, ntk_matrix *out, const ntk_matrix *x, int64_t count, double begin, double end)
{
    const ntk_samples *samples = job->made->samples;
    ntk_matrix own = ntk_matrix_view(job->x, count, samples->inputs, samples->dtype, NTK_READONLY);
    ntk_share room = ntk_work_narrow(job->lane->work, begin, end);
    ntk_status status = ntk_block_write(samples->kernel, job->lane, out, x ? x : &own, &own, job->made->function);
    ntk_work_widen(job->lane->work, room);
    ntk_work_stage(job->lane->work, "partial factorization", 1, end, end);
    return status;
}

/* Goes through the candidates as if each were drawn when those before it had been taken: with what is left of its entry then, over what
 * it was drawn by. */
static void choose(drawing *job)
{
    int64_t b = job->block;
    double *H = job->H;
    for (int64_t i = 0; i < b; i++) job->numbers[i] = job->made->uniform ? 0 : draw(job) * job->made->rest[job->candidates[i]];
    job->count = 0;
    for (int64_t i = 0; i < b; i++) {
        double left = H[i * b + i], *row = H + i * b;
        for (int64_t c = 0; c < job->count; c++) left -= row[c] * row[c];
        if (job->done + job->count == job->wanted || !(left > job->numbers[i]) ||
            !(left > least * job->entries[job->candidates[i]]))
            continue;
        /* column count of the factor, in the place of a candidate's that is past */
        int64_t to = job->count++;
        double root = sqrt(left);
        for (int64_t k = i + 1; k < b; k++) {
            double entry = H[k * b + i];
            for (int64_t c = 0; c < to; c++) entry -= H[k * b + c] * row[c];
            H[k * b + to] = entry / root;
        }
        memmove(H + to * b, row, (size_t)to * sizeof *H);
        H[to * b + to] = root;
        gather(job, to, job->candidates[i]);
    }
}

/* --- columns --- */

/* F's new columns, which hold K's, become (K - F F^T) L^-T. */
static ntk_status finish_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const drawing *job = argument;
    int64_t first = index * ROWS, rows = ntk_smaller(ROWS, job->n - first);
    double *F = job->made->F + first * job->ld, *to = F + job->done;
    if (job->done)
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, rows, job->count, job->done, -1, F, job->ld, job->rows,
                              job->done, 1, to, job->ld));
    NTK_TRY(ntk_blas_trsm_right(NTK_F64, NTK_TRANSPOSED, rows, job->count, job->H, job->block, to, job->ld));
    for (int64_t i = 0; i < rows; i++) {
        double *rest = job->made->rest + first + i;
        for (int64_t c = 0; c < job->count; c++) *rest -= to[i * job->ld + c] * to[i * job->ld + c];
        if (!(*rest > 0)) *rest = 0;
    }
    return ntk_advance(lane, 0);
}

static ntk_status add_columns(drawing *job, double begin, double end)
{
    ntk_matrix x = ntk_samples_view(job->made->samples), out = ntk_matrix_f64(job->made->F + job->done, job->n, job->count);
    out.stride = job->ld;
    NTK_TRY(find_kernel(job, &out, &x, job->count, begin, end));
    NTK_TRY(ntk_run_blas(job->lane, (job->n - 1) / ROWS + 1, finish_rows, job));
    for (int64_t i = 0; i < job->count; i++) job->made->rest[job->candidates[i]] = 0;
    job->done += job->count;
    return NTK_OK;
}

static ntk_status add_block(drawing *job)
{
    ntk_matrix H = ntk_matrix_f64(job->H, job->block, job->block);
    int64_t b = job->block;
    double wanted = (double)job->wanted, begin = (double)job->done / wanted;
    draw_candidates(job);
    NTK_TRY(find_kernel(job, &H, NULL, b, begin, begin));
    if (job->done)
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_TRANSPOSED, b, b, job->done, -1, job->rows, job->done, job->rows,
                              job->done, 1, job->H, b));
    choose(job);
    return job->count ? add_columns(job, begin, (double)(job->done + job->count) / wanted) : NTK_OK;
}

static ntk_status factor(drawing *job)
{
    ntk_pivots *made = job->made;
    double trace = 0;
    memcpy(job->entries, made->samples->diagonal, (size_t)job->n * sizeof(double));
    memcpy(made->rest, job->entries, (size_t)job->n * sizeof(double));
    for (int64_t i = 0; i < job->n; i++) trace += job->entries[i];
    for (int64_t idle = 0; job->done < job->wanted && idle < IDLE_ROUNDS; idle = job->count ? 0 : idle + 1) {
        double left = 0;
        for (int64_t i = 0; i < job->n; i++) left += made->rest[i];
        if (!(left > least * trace)) break;
        NTK_TRY(add_block(job));
    }
    return NTK_OK;
}

/* Columns that were not found leave the rows of F apart. */
static void close_ranks(drawing *job)
{
    double *F = job->made->F;
    for (int64_t i = 1; job->done < job->ld && i < job->n; i++)
        memmove(F + i * job->done, F + i * job->ld, (size_t)job->done * sizeof *F);
    job->made->rank = job->done;
}

static ntk_status allocate(drawing *job, ntk_context *context)
{
    const ntk_samples *samples = job->made->samples;
    int64_t b = job->block, size = sizeof(double);
    NTK_TRY(ntk_allocate(context, &job->entries, job->n, size, "a matrix's diagonal"));
    NTK_TRY(ntk_allocate(context, &job->sums, job->n, size, "sums of a diagonal"));
    NTK_TRY(ntk_allocate(context, &job->numbers, b, size, "random numbers"));
    NTK_TRY(ntk_allocate(context, &job->candidates, b, sizeof(int64_t), "pivots"));
    NTK_TRY(ntk_allocate(context, &job->H, b, b * size, "the kernel of pivots"));
    NTK_TRY(ntk_allocate(context, &job->rows, b, job->wanted * size, "rows of pivots"));
    return ntk_allocate(context, &job->x, b, samples->inputs * ntk_dtype_size(samples->dtype), "samples of pivots");
}

ntk_status ntk_pivots_factor(ntk_pivots *pivots, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    drawing job = {.made = pivots, .lane = lane, .n = pivots->samples->rows, .ld = pivots->rank, .wanted = pivots->rank};
    job.block = block_for(pivots->rank);
    ntk_status status = allocate(&job, context);
    if (status >= 0) status = factor(&job);
    if (status >= 0) close_ranks(&job);
    void *const held[] = {job.entries, job.sums, job.numbers, job.candidates, job.H, job.rows, job.x};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}

ntk_status ntk_pivots_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t n, int64_t d,
                             int64_t rank, int32_t dtype)
{
    int64_t b = block_for(rank), size = sizeof(double);
    uint64_t row;
    NTK_TRY(ntk_need(bytes, n, size));
    NTK_TRY(ntk_need(bytes, n, size));
    NTK_TRY(ntk_need(bytes, b, 2 * size));
    NTK_TRY(ntk_need(bytes, b, b * size));
    NTK_TRY(ntk_need(bytes, b, rank * size));
    NTK_TRY(ntk_size_multiply(&row, d, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_need(bytes, b, (int64_t)row));
    return ntk_block_memory(kernel, context, bytes, n, b, d, NTK_F64);
}
