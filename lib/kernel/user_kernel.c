/* Kernels of the caller's functions, which are given some rows of a tile at a time. */
#include "core/options.h"
#include "core/status.h"
#include "kernel/combine.h"
#include "kernel/exchange.h"
#include "kernel/gradient.h"
#include "kernel/scales.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(ntk_kernel_functions) == 64 && offsetof(ntk_kernel_functions, block) == 8 &&
                   offsetof(ntk_kernel_functions, diagonal) == 16 && offsetof(ntk_kernel_functions, gradient) == 24 &&
                   offsetof(ntk_kernel_functions, user) == 32 && offsetof(ntk_kernel_functions, release_user) == 40 &&
                   offsetof(ntk_kernel_functions, inputs) == 48 && offsetof(ntk_kernel_functions, cost) == 56,
               "the layout of ntk_kernel_functions is frozen");

typedef struct ntk_user_kernel {
    ntk_kernel base;
    ntk_kernel_operations operations;
    ntk_kernel_functions functions;
} ntk_user_kernel;

static const ntk_kernel_functions *functions_of(const ntk_samples *samples)
{
    return &((const ntk_user_kernel *)samples->kernel)->functions;
}

/* Operations of a call of block or gradient, some milliseconds, and samples of one of diagonal; what an entry costs unless the
 * caller says. */
static const double CALL_COST = 4e6, ENTRY_COST = 100;
enum { DIAGONAL_ROWS = 64 };

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)dtype, (void)all;
    double cost = ((const ntk_user_kernel *)kernel)->functions.cost;
    return 2.0 * (double)inputs + (cost > 0 ? cost : ENTRY_COST);
}

static int64_t passes(const ntk_kernel *kernel, int32_t dtype, int64_t all)
{
    (void)kernel, (void)dtype, (void)all;
    return 1;
}

static ntk_status memory(const ntk_kernel *kernel, uint64_t *bytes, int32_t dtype, int64_t rows, int64_t all)
{
    (void)kernel, (void)bytes, (void)dtype, (void)rows, (void)all;
    return NTK_OK;
}

static void close_samples(ntk_samples *samples)
{
    (void)samples;
}

static ntk_matrix samples_view(const ntk_samples *samples, int64_t first, int64_t rows)
{
    ntk_matrix view = ntk_matrix_view(ntk_samples_at(samples, first), rows, samples->inputs, samples->dtype, NTK_READONLY);
    view.stride = samples->x.stride;
    return view;
}

/* What a callback returned, and what it wrote. */
static ntk_status check_answer(int answer, const ntk_matrix *out, const char *name)
{
    if (answer) return ntk_fail(NTK_ERR_CALLBACK, "the kernel's %s returned %d, expected 0", name, answer);
    for (int64_t i = 0; i < out->rows; i++)
        if (!ntk_is_finite(ntk_row(out, i), out->dtype, out->cols))
            return ntk_fail(NTK_ERR_CALLBACK, "the kernel's %s gave NaN or infinity in row %lld of a block of %lld x %lld",
                            name, (long long)i, (long long)out->rows, (long long)out->cols);
    return NTK_OK;
}

/* --- samples --- */

static ntk_status fill_diagonal(const ntk_samples *samples, int64_t first, int64_t rows, const ntk_matrix *out)
{
    const ntk_kernel_functions *f = functions_of(samples);
    if (f->diagonal) {
        ntk_matrix x = samples_view(samples, first, rows);
        return check_answer(f->diagonal(f->user, out, &x), out, "diagonal");
    }
    for (int64_t i = 0; i < rows; i++) {
        ntk_matrix x = samples_view(samples, first + i, 1), one = ntk_rows(out, i, 1);
        NTK_TRY(check_answer(f->block(f->user, &one, &x, &x), &one, "block"));
    }
    return NTK_OK;
}

static ntk_status prepare_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    ntk_samples *samples = argument;
    int64_t first = index * DIAGONAL_ROWS, left = samples->rows - first, rows = left < DIAGONAL_ROWS ? left : DIAGONAL_ROWS;
    union {
        double f64[DIAGONAL_ROWS];
        float f32[DIAGONAL_ROWS];
    } values;
    memset(&values, 0, sizeof values);
    ntk_matrix out = ntk_matrix_view(&values, rows, 1, samples->dtype, 0);
    NTK_TRY(fill_diagonal(samples, first, rows, &out));
    ntk_convert(samples->diagonal + first, NTK_F64, &values, samples->dtype, rows);
    for (int64_t i = first; i < first + rows; i++)
        if (samples->diagonal[i] < 0)
            return ntk_fail(NTK_ERR_CALLBACK,
                            "the kernel of sample %lld with itself is %g, expected a number that is not negative", (long long)i,
                            samples->diagonal[i]);
    return ntk_advance(lane, 0);
}

static ntk_status prepare(ntk_samples *samples, const ntk_lane *lane, int64_t pass)
{
    (void)pass;
    if (samples->count) return NTK_OK;
    NTK_TRY(ntk_run(lane, (samples->rows - 1) / DIAGONAL_ROWS + 1, prepare_rows, samples));
    for (int64_t i = 0; i < samples->rows; i++) samples->largest = fmax(samples->largest, sqrt(samples->diagonal[i]));
    samples->count = 1;
    return NTK_OK;
}

/* --- tiles --- */

typedef struct tile_job {
    const ntk_kernel_tile *tile;
    int64_t per_call;
} tile_job;

static int64_t rows_per_call(const ntk_kernel_tile *tile)
{
    const ntk_samples *samples = tile->rows;
    double rows = CALL_COST / (entry_cost(samples->kernel, samples->inputs, samples->dtype, 0) * (double)tile->col_count);
    return rows < 1 ? 1 : rows > (double)tile->row_count ? tile->row_count : (int64_t)rows;
}

static ntk_status evaluate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const tile_job *job = argument;
    const ntk_kernel_tile *tile = job->tile;
    const ntk_kernel_functions *f = functions_of(tile->rows);
    int32_t dtype = tile->rows->dtype;
    int64_t first = index * job->per_call, left = tile->row_count - first, rows = left < job->per_call ? left : job->per_call;
    ntk_matrix out = ntk_matrix_view(ntk_at(tile->out, dtype, first * tile->ld), rows,
                                     tile->lower ? first + rows : tile->col_count, dtype, 0);
    out.stride = tile->ld;
    ntk_matrix x1 = samples_view(tile->rows, tile->row + first, rows), x2 = samples_view(tile->cols, tile->col, out.cols);
    NTK_TRY(check_answer(f->block(f->user, &out, &x1, &x2), &out, "block"));
    return ntk_advance(lane, 0);
}

static ntk_status evaluate_tile(const ntk_kernel_tile *tile, const ntk_lane *lane)
{
    tile_job job = {tile, rows_per_call(tile)};
    return ntk_run(lane, (tile->row_count - 1) / job.per_call + 1, evaluate_rows, &job);
}

/* --- gradients --- */

typedef struct gradient_job {
    const ntk_tile_gradient *part;
    const void *weights; /* of one target: a rectangle */
    int64_t target, per_call;
} gradient_job;

static void add_row(void *g, const void *own, int32_t dtype, int64_t count)
{
    for (int64_t k = 0; k < count; k++) {
        double sum = ntk_get(g, dtype, k) + ntk_get(own, dtype, k);
        ntk_convert(ntk_at(g, dtype, k), dtype, &sum, NTK_F64, 1);
    }
}

static ntk_status add_gradients(void *argument, int64_t index, const ntk_lane *lane)
{
    const gradient_job *job = argument;
    const ntk_tile_gradient *part = job->part;
    const ntk_kernel_tile *tile = &part->tile;
    const ntk_kernel_functions *f = functions_of(tile->rows);
    int32_t dtype = tile->rows->dtype;
    int64_t inputs = tile->rows->inputs, ld = tile->col_count;
    int64_t first = index * job->per_call, left = tile->row_count - first, rows = left < job->per_call ? left : job->per_call;
    ntk_matrix g = ntk_matrix_view(ntk_at(part->sums, dtype, first * inputs), rows, inputs, dtype, 0);
    ntk_matrix v = ntk_matrix_view(ntk_at(job->weights, dtype, first * ld), rows, ld, dtype, NTK_READONLY);
    ntk_matrix x1 = samples_view(tile->rows, tile->row + first, rows), x2 = samples_view(tile->cols, tile->col, ld);
    NTK_TRY(check_answer(f->gradient(f->user, &g, &x1, &x2, &v), &g, "gradient"));
    for (int64_t i = 0; i < rows; i++)
        add_row(ntk_at(part->g, dtype, (first + i) * part->ldg + job->target * inputs), ntk_row(&g, i), dtype, inputs);
    return ntk_advance(lane, 0);
}

static ntk_status evaluate_gradient(const ntk_tile_gradient *part, const ntk_lane *lane)
{
    ntk_kernel_tile view = part->tile;
    gradient_job job = {.part = part, .weights = view.scratch, .per_call = rows_per_call(&view)};
    view.out = view.scratch;
    view.ld = view.col_count;
    for (job.target = 0; job.target < part->targets; job.target++) {
        const void *weights = ntk_at(part->weights, view.rows->dtype, job.target * part->by_target);
        NTK_TRY(ntk_tile_combine(&view, lane, NTK_COMBINE_SET, weights, part->by_row, 1));
        NTK_TRY(ntk_run(lane, (view.row_count - 1) / job.per_call + 1, add_gradients, &job));
    }
    return NTK_OK;
}

/* --- creation --- */

static const ntk_kernel_operations operations = {
    .passes = passes,
    .memory = memory,
    .prepare = prepare,
    .close = close_samples,
    .tile = evaluate_tile,
    .cost = entry_cost,
    .gradient = evaluate_gradient,
    .gradient_scratch = 1,
    .gradient_sums = 1,
    .scales = ntk_no_scales,
    .write = ntk_user_kernel_write,
};

static void dispose(void *self)
{
    const ntk_user_kernel *kernel = self;
    if (kernel->functions.release_user) kernel->functions.release_user(kernel->functions.user);
}

static ntk_status check_functions(const ntk_kernel_functions *f)
{
    if (!f->block) return ntk_fail(NTK_ERR_OPTION, "ntk_kernel_create_user: block is NULL, expected a function");
    if (f->inputs < 0)
        return ntk_fail(NTK_ERR_OPTION, "ntk_kernel_create_user: inputs is %lld, expected at least 1, or 0 for any",
                        (long long)f->inputs);
    if (!(isfinite(f->cost) && f->cost >= 0))
        return ntk_fail(NTK_ERR_OPTION, "ntk_kernel_create_user: cost is %g, expected a finite number that is not negative",
                        f->cost);
    return NTK_OK;
}

ntk_status ntk_kernel_create_user(ntk_context *context, ntk_kernel **kernel, const ntk_kernel_functions *functions)
{
    ntk_kernel_functions own;
    ntk_user_kernel *made;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(functions);
    NTK_TRY(ntk_options_read(&own, sizeof own, sizeof own, functions, "ntk_kernel_functions"));
    NTK_TRY(check_functions(&own));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a kernel"));
    made->functions = own;
    made->operations = operations;
    if (!own.gradient) made->operations.gradient = NULL;
    made->base.operations = &made->operations;
    made->base.inputs = own.inputs;
    *kernel = &made->base;
    return NTK_OK;
}
