#include "core/matrix.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/status.h"
#include "gram/gram.h"
#include "kernel/tile.h"

#include <stddef.h>

_Static_assert(offsetof(ntk_panel, first) == 8 && offsetof(ntk_panel, values) == 16 && sizeof(ntk_panel) == 56,
               "the layout of ntk_panel is frozen");
_Static_assert(offsetof(ntk_stream_options, rows) == 8 && offsetof(ntk_stream_options, shape) == 16 &&
                   offsetof(ntk_stream_options, dtype) == 20 && sizeof(ntk_stream_options) == 24,
               "the layout of ntk_stream_options is frozen");

/* Rows of a panel unless the options say: those that take so many bytes, in steps of so many rows, and at least one step. */
enum { PANEL_BYTES = 1 << 26, PANEL_STEP = 512 };

/* One stream: options that are complete, and the panel. */
typedef struct stream {
    const ntk_stream_options *options;
    ntk_samples *samples;
    ntk_panel_receiver receive;
    void *user;
    void *panel, *scratch;
    const char *function;
} stream;

static ntk_status read_options(ntk_stream_options *own, const ntk_stream_options *options, int64_t n, int32_t dtype,
                               const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, 24, options, "ntk_stream_options"));
    if (own->rows < 0) return ntk_fail(NTK_ERR_OPTION, "%s: rows is %lld, expected at least 0", function, (long long)own->rows);
    if (own->shape != NTK_PANEL_LOWER && own->shape != NTK_PANEL_WHOLE)
        return ntk_fail(NTK_ERR_OPTION, "%s: shape is %d, expected NTK_PANEL_LOWER or NTK_PANEL_WHOLE", function, own->shape);
    NTK_TRY(ntk_dtype_check(own->dtype, 1, function, "dtype"));
    if (!own->dtype) own->dtype = dtype;
    int64_t fit = PANEL_BYTES / ntk_dtype_size(own->dtype) / n / PANEL_STEP * PANEL_STEP;
    if (!own->rows) own->rows = fit > PANEL_STEP ? fit : PANEL_STEP;
    if (own->rows > n) own->rows = n;
    return NTK_OK;
}

static ntk_status memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                         const ntk_stream_options *own)
{
    uint64_t elements = 0;
    *bytes = 0;
    NTK_TRY(ntk_size_multiply(&elements, own->rows, n));
    NTK_TRY(ntk_need(bytes, (int64_t)elements, ntk_dtype_size(own->dtype)));
    NTK_TRY(ntk_samples_memory(kernel, bytes, own->dtype, n, d, n));
    NTK_TRY(ntk_grid_memory(kernel, context, bytes, own->rows, n, d, own->dtype, n, 0));
    return ntk_pool_memory(context, bytes);
}

ntk_status ntk_gram_stream_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                  const ntk_stream_options *options)
{
    ntk_stream_options own;
    uint64_t need = 0;
    NTK_REQUIRE(context);
    NTK_REQUIRE(bytes);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_kernel_sizes_check(kernel, n, d, __func__));
    NTK_TRY(read_options(&own, options, n, NTK_F64, __func__));
    NTK_TRY(ntk_sizes_representable(memory(context, &need, kernel, n, d, &own), n, d, 1, __func__));
    *bytes = need;
    return NTK_OK;
}

static void *place(const void *matrix, int64_t row, int64_t col, int64_t *ld)
{
    const ntk_panel *panel = matrix;
    *ld = panel->values.stride;
    return ntk_at(ntk_row(&panel->values, row - panel->first), panel->values.dtype, col);
}

static ntk_grid grid_of(const stream *job, ntk_panel *panel, int64_t first)
{
    const ntk_stream_options *options = job->options;
    int64_t n = job->samples->rows, rows = options->rows < n - first ? options->rows : n - first;
    bool lower = options->shape == NTK_PANEL_LOWER;
    *panel = (ntk_panel){.struct_size = sizeof *panel, .first = first};
    panel->values = ntk_matrix_view(job->panel, rows, lower ? first + rows : n, options->dtype, 0);
    ntk_grid grid = {.rows = job->samples, .cols = job->samples, .lower = lower, .first = first, .count = rows};
    grid.placement = place;
    grid.matrix = panel;
    grid.scratch = job->scratch;
    return grid;
}

/* Units of work of all panels, and the most scratch that one takes. */
static int64_t units_of(const stream *job, const ntk_lane *lane, int64_t *most)
{
    int64_t units = 0;
    *most = 0;
    for (int64_t first = 0; first < job->samples->rows; first += job->options->rows) {
        ntk_panel panel;
        ntk_grid grid = grid_of(job, &panel, first);
        int64_t bytes = ntk_grid_scratch(&grid, lane);
        units += ntk_grid_units(&grid);
        if (bytes > *most) *most = bytes;
    }
    return units;
}

/* The mirror image of the square on the diagonal's row. */
static ntk_status complete_row(void *argument, int64_t index, const ntk_lane *lane)
{
    const ntk_panel *panel = argument;
    const ntk_matrix *K = &panel->values;
    void *row = ntk_at(ntk_row(K, index), K->dtype, panel->first);
    for (int64_t j = index + 1; j < K->rows; j++)
        ntk_convert(ntk_at(row, K->dtype, j), K->dtype, ntk_at(ntk_row(K, j), K->dtype, panel->first + index), K->dtype, 1);
    return ntk_advance(lane, 0);
}

static ntk_status give_panel(const stream *job, const ntk_lane *lane, int64_t first)
{
    ntk_panel panel;
    ntk_grid grid = grid_of(job, &panel, first);
    int64_t rows = panel.values.rows;
    NTK_TRY(ntk_grid_evaluate(&grid, lane));
    if (grid.lower) NTK_TRY(ntk_run(lane, rows, complete_row, &panel));
    int answer = job->receive(job->user, &panel);
    if (!answer) return NTK_OK;
    return ntk_fail(NTK_ERR_CALLBACK, "%s: receive returned %d for the panel of rows %lld to %lld (counted from 0)",
                    job->function, answer, (long long)first, (long long)(first + rows - 1));
}

/* All memory is had before the first panel is given. */
static ntk_status give_panels(stream *job, const ntk_lane *lane)
{
    const ntk_samples *samples = job->samples;
    const ntk_stream_options *options = job->options;
    int64_t scratch, units = units_of(job, lane, &scratch);
    NTK_TRY(ntk_samples_check(samples, samples, job->function));
    NTK_TRY(ntk_allocate(samples->context, &job->panel, options->rows, samples->rows * ntk_dtype_size(options->dtype),
                         "a panel of a kernel matrix"));
    if (scratch) NTK_TRY(ntk_allocate(samples->context, &job->scratch, scratch, 1, "tiles of a kernel"));
    ntk_work_stage(lane->work, "kernel matrix in panels", units, 0, 1);
    for (int64_t first = 0; first < samples->rows; first += options->rows) NTK_TRY(give_panel(job, lane, first));
    return NTK_OK;
}

ntk_status ntk_gram_stream(ntk_context *context, const ntk_kernel *kernel, const ntk_matrix *x, ntk_panel_receiver receive,
                           void *user, const ntk_stream_options *options)
{
    ntk_stream_options own;
    uint64_t bytes;
    NTK_REQUIRE(context);
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_REQUIRE(receive);
    NTK_TRY(ntk_shape_check(x, -1, ntk_kernel_inputs(kernel), __func__, "x"));
    NTK_TRY(read_options(&own, options, x->rows, x->dtype, __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    NTK_TRY(memory(context, &bytes, kernel, x->rows, x->cols, &own));
    NTK_TRY(ntk_budget_check(context, bytes, "a stream of a kernel matrix"));
    ntk_samples samples;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "samples of a kernel", 1, 0, 0);
    NTK_TRY(ntk_samples_open(&samples, kernel, &lane, x, own.dtype, x->rows, false, __func__, "x"));
    stream job = {.options = &own, .samples = &samples, .receive = receive, .user = user, .function = __func__};
    ntk_status status = give_panels(&job, &lane);
    ntk_free(context, job.panel);
    ntk_free(context, job.scratch);
    ntk_samples_close(&samples);
    return status;
}
