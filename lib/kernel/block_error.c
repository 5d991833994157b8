#include "kernel/block_error.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/finite.h"
#include "kernel/tile.h"

#include <math.h>
#include <string.h>

/* Rows and columns that are in work at a time, so that what is held of the networks so far does not grow with the output. */
enum { EDGE = 2048 };

/* A task adds so many numbers of a network, about a millisecond. */
enum { NUMBERS_PER_TASK = 1 << 18 };

/* A square of the output, and of one network the square's K.  Where x2 is x1, squares below the diagonal stand for those above it, and
 * those on it are known in their lower triangle.
 * mean    of the networks so far
 * spread  the root of the sum of squares of their differences from it */
typedef struct error_job {
    const ntk_finite *whole;
    const ntk_matrix *out, *x1, *x2;
    const char *function;
    bool same; /* x2 is x1 */
    int64_t row, rows, col, cols;
    int64_t seen; /* networks, this one included */
    double *mean, *spread;
    void *K;
} error_job;

/* --- a network more --- */

/* sqrt(a^2 + b^2) for a, b >= 0, of numbers whose squares need not be representable. */
static inline double root_of_squares(double a, double b)
{
    double larger = a > b ? a : b, ratio = larger > 0 ? (a > b ? b : a) / larger : 0;
    return larger * sqrt(1 + ratio * ratio);
}

/* Welford's update: of R numbers the sum of squares about the mean grows by (R - 1)/R (K - the mean before)^2. */
static inline void add_number(double *mean, double *spread, double K, int64_t seen)
{
    double difference = K - *mean, count = (double)seen;
    *mean += difference / count;
    *spread = root_of_squares(*spread, fabs(difference) * sqrt((count - 1) / count));
}

#define DEFINE_ADD(NAME, REAL)                                                                       \
    static void NAME(double *mean, double *spread, const void *numbers, int64_t count, int64_t seen) \
    {                                                                                                \
        const REAL *K = numbers;                                                                     \
        for (int64_t j = 0; j < count; j++) add_number(&mean[j], &spread[j], (double)K[j], seen);    \
    }

DEFINE_ADD(add_f64, double)
DEFINE_ADD(add_f32, float)

static ntk_status add_numbers(void *argument, int64_t index, const ntk_lane *lane)
{
    const error_job *job = argument;
    int32_t dtype = job->out->dtype;
    int64_t at = index * NUMBERS_PER_TASK, count = ntk_smaller(NUMBERS_PER_TASK, job->rows * job->cols - at);
    (dtype == NTK_F64 ? add_f64 : add_f32)(job->mean + at, job->spread + at, ntk_at(job->K, dtype, at), count, job->seen);
    return ntk_advance(lane, 0);
}

static void *place(const void *matrix, int64_t row, int64_t col, int64_t *ld)
{
    const error_job *job = matrix;
    *ld = job->cols;
    return ntk_at(job->K, job->out->dtype, row * job->cols + col);
}

static bool is_diagonal(const error_job *job)
{
    return job->same && job->row == job->col;
}

static ntk_status evaluate(error_job *job, ntk_samples *rows, ntk_samples *cols, const ntk_lane *lane, double begin, double end)
{
    ntk_grid grid = {.rows = rows, .cols = cols, .lower = rows == cols, .placement = place, .matrix = job};
    NTK_TRY(ntk_samples_check(rows, cols, job->function));
    ntk_work_stage(lane->work, "kernel of a network", ntk_grid_units(&grid), begin, end);
    NTK_TRY(ntk_grid_evaluate(&grid, lane));
    return ntk_run(lane, (job->rows * job->cols - 1) / NUMBERS_PER_TASK + 1, add_numbers, job);
}

static ntk_status add_network(error_job *job, const ntk_lane *lane, double begin, double end)
{
    ntk_finite_part one;
    ntk_samples rows, cols;
    ntk_matrix x1 = ntk_rows(job->x1, job->row, job->rows), x2 = ntk_rows(job->x2, job->col, job->cols);
    int64_t all = job->rows + job->cols;
    int32_t dtype = job->out->dtype;
    ntk_finite_part_init(&one, job->whole, job->seen - 1);
    ntk_work_stage(lane->work, "samples of a network", 1, begin, begin);
    NTK_TRY(ntk_samples_open(&rows, &one.kernel.base, lane, &x1, dtype, all, false, job->function, "x1"));
    ntk_status status;
    if (is_diagonal(job)) {
        status = evaluate(job, &rows, &rows, lane, begin, end);
    } else {
        status = ntk_samples_open(&cols, &one.kernel.base, lane, &x2, dtype, all, false, job->function, "x2");
        if (status >= 0) {
            status = evaluate(job, &rows, &cols, lane, begin, end);
            ntk_samples_close(&cols);
        }
    }
    ntk_samples_close(&rows);
    return status;
}

/* --- the output --- */

static ntk_status write_numbers(const error_job *job, int64_t row, int64_t col, const double *numbers, int64_t count)
{
    return ntk_write_row(job->out, row, col, numbers, NTK_F64, count, job->function, "out");
}

/* Column j of the square as a row of the output. */
static ntk_status write_mirrored(const error_job *job, int64_t j)
{
    double *column = job->mean; /* no longer needed */
    for (int64_t i = 0; i < job->rows; i++) column[i] = job->spread[i * job->cols + j];
    return write_numbers(job, job->col + j, job->row, column, job->rows);
}

static ntk_status write_square(const error_job *job)
{
    double networks = (double)job->whole->networks, factor = 1 / sqrt(networks * (networks - 1));
    for (int64_t i = 0; i < job->rows; i++) {
        double *error = job->spread + i * job->cols;
        for (int64_t j = 0; j < job->cols; j++) error[j] *= factor;
        for (int64_t j = 0; j < i && is_diagonal(job); j++) job->spread[j * job->cols + i] = error[j];
        if (!is_diagonal(job)) NTK_TRY(write_numbers(job, job->row + i, job->col, error, job->cols));
    }
    for (int64_t j = 0; job->same && j < job->cols; j++) NTK_TRY(write_mirrored(job, j));
    return NTK_OK;
}

static ntk_status fill_square(error_job *job, const ntk_lane *lane, double begin, double end)
{
    int64_t networks = job->whole->networks;
    size_t size = (size_t)(job->rows * job->cols) * sizeof(double);
    memset(job->mean, 0, size);
    memset(job->spread, 0, size);
    for (job->seen = 1; job->seen <= networks; job->seen++) {
        double before = (double)(job->seen - 1) / (double)networks, after = (double)job->seen / (double)networks;
        NTK_TRY(add_network(job, lane, begin + (end - begin) * before, begin + (end - begin) * after));
    }
    return write_square(job);
}

static ntk_status fill(error_job *job, const ntk_lane *lane)
{
    int64_t n1 = job->out->rows, n2 = job->out->cols;
    double down = (double)((n1 - 1) / EDGE + 1), across = (double)((n2 - 1) / EDGE + 1), done = 0;
    double squares = job->same ? down * (down + 1) / 2 : down * across;
    for (job->row = 0; job->row < n1; job->row += EDGE) {
        job->rows = ntk_smaller(EDGE, n1 - job->row);
        for (job->col = 0; job->col < (job->same ? job->row + 1 : n2); job->col += EDGE, done++) {
            job->cols = ntk_smaller(EDGE, n2 - job->col);
            NTK_TRY(fill_square(job, lane, done / squares, (done + 1) / squares));
        }
    }
    return NTK_OK;
}

static ntk_status open_and_fill(error_job *job, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    int64_t rows = ntk_smaller(EDGE, job->out->rows), cols = ntk_smaller(EDGE, job->out->cols),
            size = ntk_dtype_size(job->out->dtype);
    ntk_status status = ntk_allocate(context, &job->mean, rows * cols, sizeof(double), "means of kernels");
    if (status >= 0) status = ntk_allocate(context, &job->spread, rows * cols, sizeof(double), "errors of kernels");
    if (status >= 0) status = ntk_allocate(context, &job->K, rows * cols, size, "a network's kernel");
    if (status >= 0 && job->same) memset(job->K, 0, (size_t)(rows * cols * size)); /* above the diagonal */
    if (status >= 0) status = fill(job, lane);
    ntk_free(context, job->mean);
    ntk_free(context, job->spread);
    ntk_free(context, job->K);
    return status;
}

static ntk_status check_networks(const ntk_finite *finite, const char *function)
{
    if (finite && finite->networks > 1) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: kernel is no mean of at least two networks, and has no standard errors",
                    function);
}

ntk_status ntk_kernel_block_error(const ntk_kernel *kernel, const ntk_matrix *out, const ntk_matrix *x1, const ntk_matrix *x2)
{
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_block_check(kernel, out, x1, x2, __func__));
    NTK_TRY(check_networks(ntk_finite_of(kernel), __func__));
    error_job job = {.whole = ntk_finite_of(kernel), .out = out, .x1 = x1, .x2 = x2, .function = __func__};
    job.same = ntk_is_same(x1, x2);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, kernel->base.context);
    return open_and_fill(&job, &lane);
}

ntk_status ntk_block_error_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *bytes, int64_t n1, int64_t n2,
                                  int64_t d, int32_t dtype)
{
    const ntk_finite *whole = ntk_finite_of(kernel);
    ntk_finite_part one;
    if (!whole || whole->networks < 2) return NTK_OK;
    ntk_finite_part_init(&one, whole, 0);
    int64_t rows = ntk_smaller(EDGE, n1), cols = ntk_smaller(EDGE, n2);
    for (int i = 0; i < 2; i++) NTK_TRY(ntk_need(bytes, rows * cols, sizeof(double)));
    NTK_TRY(ntk_need(bytes, rows * cols, ntk_dtype_size(dtype)));
    NTK_TRY(ntk_samples_memory(&one.kernel.base, bytes, dtype, rows, d, rows + cols));
    NTK_TRY(ntk_samples_memory(&one.kernel.base, bytes, dtype, cols, d, rows + cols));
    return ntk_grid_memory(&one.kernel.base, context, bytes, rows, cols, d, dtype, rows + cols, 0);
}
