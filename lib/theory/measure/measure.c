#include "theory/measure/measure.h"

#include "core/fit.h"
#include "core/inner.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "kernel/kernel.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>

/* A call under way.
 * numbers     NTK_PAIR_NUMBERS for each pair of each size
 * incomplete  whether a fit did not converge */
typedef struct curve {
    const ntk_measure *measure;
    const ntk_matrix *sizes;
    int64_t pairs;
    double *numbers;
    atomic_bool incomplete;
} curve;

static int64_t size_of(const curve *c, int64_t row)
{
    return (int64_t)ntk_get(c->sizes->data, c->sizes->dtype, row * c->sizes->stride);
}

/* --- draws --- */

/* Sizes, of which the last are often the largest, from the last on: so that no thread begins a long pair at the end. */
static ntk_status run_pair(void *argument, int64_t index, const ntk_lane *lane)
{
    curve *c = argument;
    int64_t row = c->sizes->rows - 1 - index / c->pairs, pair = index % c->pairs, size = size_of(c, row);
    ntk_inner inner;
    NTK_TRY(ntk_inner_open(&inner, lane));
    ntk_status status =
        ntk_measure_pair(c->measure, inner.context, lane, pair, size, c->numbers + (row * c->pairs + pair) * NTK_PAIR_NUMBERS);
    ntk_inner_close(&inner);
    NTK_TRY(status);
    if (status == NTK_NOTE_NOT_CONVERGED) atomic_store(&c->incomplete, true);
    return ntk_advance(lane, size);
}

static int64_t units_of(const curve *c)
{
    double units = 0;
    for (int64_t row = 0; row < c->sizes->rows; row++) units += (double)size_of(c, row) * (double)c->pairs;
    return (int64_t)fmin(units, 0x1p62);
}

/* --- results --- */

/* Over draws: the residuals of a pair's two fits, each on its own samples, are independent. */
static void train_of(const double *numbers, int64_t pairs, double mean_and_error[2])
{
    double sum = 0, squares = 0, all = 2 * (double)pairs;
    for (int64_t i = 0; i < 2 * pairs; i++) sum += numbers[i / 2 * NTK_PAIR_NUMBERS + NTK_PAIR_TRAIN + i % 2] / all;
    for (int64_t i = 0; i < 2 * pairs; i++) {
        double gap = numbers[i / 2 * NTK_PAIR_NUMBERS + NTK_PAIR_TRAIN + i % 2] - sum;
        squares += gap * gap;
    }
    mean_and_error[0] = sum;
    mean_and_error[1] = sqrt(squares / (all - 1) / all);
}

/* A mean over pairs, and its standard error. */
static void mean_of(const double *numbers, int64_t pairs, int number, double mean_and_error[2])
{
    ntk_fit_mean(numbers + number, pairs, NTK_PAIR_NUMBERS, false, &mean_and_error[0], &mean_and_error[1]);
}

static void summarise(const curve *c, int64_t row, double line[NTK_MEASURE_COLUMNS])
{
    const double *numbers = c->numbers + row * c->pairs * NTK_PAIR_NUMBERS;
    line[NTK_MEASURE_SIZE] = (double)size_of(c, row);
    mean_of(numbers, c->pairs, NTK_PAIR_TEST, &line[NTK_MEASURE_TEST]);
    mean_of(numbers, c->pairs, NTK_PAIR_BIAS, &line[NTK_MEASURE_BIAS]);
    mean_of(numbers, c->pairs, NTK_PAIR_VARIANCE, &line[NTK_MEASURE_VARIANCE]);
    train_of(numbers, c->pairs, &line[NTK_MEASURE_TRAIN]);
}

static ntk_status write_table(const curve *c, const ntk_matrix *table)
{
    double line[NTK_MEASURE_COLUMNS], most = table->dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX;
    for (int64_t row = 0; row < table->rows; row++) {
        summarise(c, row, line);
        for (int k = 0; k < NTK_MEASURE_COLUMNS; k++)
            if (!(fabs(line[k]) <= most) && !(c->pairs == 1 && isnan(line[k])))
                return ntk_fail(NTK_ERR_OVERFLOW, "%s: what row %lld (counted from 0) of table would hold is too large",
                                c->measure->function, (long long)row);
    }
    for (int64_t row = 0; row < table->rows; row++) {
        summarise(c, row, line);
        ntk_convert(ntk_row(table, row), table->dtype, line, NTK_F64, NTK_MEASURE_COLUMNS);
    }
    return NTK_OK;
}

/* --- the calls --- */

static ntk_status run(curve *c, const ntk_lane *lane, const ntk_matrix *table)
{
    ntk_work_stage(lane->work, "fits of draws", units_of(c), 0, 1);
    NTK_TRY(ntk_run_blas(lane, c->sizes->rows * c->pairs, run_pair, c));
    NTK_TRY(write_table(c, table));
    if (!atomic_load(&c->incomplete)) return NTK_OK;
    return ntk_fail(NTK_NOTE_NOT_CONVERGED, "%s: a fit ended before its tolerance", c->measure->function);
}

static ntk_status measure(const ntk_measure *m, const ntk_matrix *table, const ntk_matrix *sizes)
{
    ntk_context *context = m->kernel->base.context;
    curve c = {.measure = m, .sizes = sizes, .pairs = m->options.draws / 2};
    uint64_t pairs, bytes = 0;
    ntk_work work;
    NTK_TRY(ntk_size_multiply(&pairs, sizes->rows, c.pairs));
    NTK_TRY(ntk_measure_need(m, &bytes, sizes));
    NTK_TRY(ntk_budget_check(context, bytes, "a measured curve"));
    ntk_lane lane = ntk_work_begin(&work, context);
    NTK_TRY(ntk_allocate(context, &c.numbers, (int64_t)pairs, NTK_PAIR_NUMBERS * (int64_t)sizeof(double), "numbers of draws"));
    ntk_status status = run(&c, &lane, table);
    ntk_free(context, c.numbers);
    return status;
}

/* Of both calls, once what they draw from is known. */
static ntk_status check_call(ntk_measure *m, const ntk_matrix *table, const ntk_matrix *sizes,
                             const ntk_measure_options *options)
{
    NTK_TRY(ntk_input_check(sizes, m->function, "sizes"));
    NTK_TRY(ntk_shape_check(sizes, -1, 1, m->function, "sizes"));
    NTK_TRY(ntk_output_check(table, m->function, "table"));
    NTK_TRY(ntk_shape_check(table, sizes->rows, NTK_MEASURE_COLUMNS, m->function, "table"));
    NTK_TRY(ntk_disjoint_check(table, "table", sizes, "sizes", m->function));
    NTK_TRY(ntk_measure_options_read(&m->options, options, m->function));
    return ntk_measure_sizes_check(m, sizes);
}

ntk_status ntk_theory_measure_curve(const ntk_kernel *kernel, const ntk_matrix *table, const ntk_target *target,
                                    const ntk_matrix *sizes, const ntk_measure_options *options)
{
    ntk_measure m = {.kernel = kernel, .target = target, .targets = 1, .dtype = NTK_F64, .function = __func__};
    NTK_REQUIRE(kernel);
    NTK_REQUIRE(target);
    m.inputs = ntk_target_inputs(target);
    if (kernel->inputs && kernel->inputs != m.inputs)
        return ntk_fail(NTK_ERR_SHAPE, "%s: target has %lld inputs, but the kernel takes %lld", __func__, (long long)m.inputs,
                        (long long)kernel->inputs);
    NTK_TRY(check_call(&m, table, sizes, options));
    return measure(&m, table, sizes);
}

ntk_status ntk_theory_measure_data(const ntk_kernel *kernel, const ntk_matrix *table, const ntk_matrix *x, const ntk_matrix *y,
                                   const ntk_matrix *sizes, const ntk_measure_options *options)
{
    ntk_measure m = {.kernel = kernel, .x = x, .y = y, .function = __func__};
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_input_check(x, __func__, "x"));
    NTK_TRY(ntk_input_check(y, __func__, "y"));
    NTK_TRY(ntk_shape_check(x, -1, ntk_kernel_inputs(kernel), __func__, "x"));
    NTK_TRY(ntk_shape_check(y, x->rows, -1, __func__, "y"));
    m.rows = x->rows;
    m.inputs = x->cols;
    m.targets = y->cols;
    m.dtype = x->dtype;
    NTK_TRY(check_call(&m, table, sizes, options));
    NTK_TRY(ntk_disjoint_check(table, "table", x, "x", __func__));
    NTK_TRY(ntk_disjoint_check(table, "table", y, "y", __func__));
    NTK_TRY(ntk_finite_check(x, __func__, "x"));
    NTK_TRY(ntk_finite_check(y, __func__, "y"));
    return measure(&m, table, sizes);
}
