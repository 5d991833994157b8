#include "core/fit.h"
#include "core/inner.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/operand.h"
#include "core/status.h"
#include "dynamics/lazy/lazy.h"

#include <math.h>

static const char FUNCTION[] = "ntk_lazy_sweep";

/* numbers   NTK_LAZY_QUANTITIES for each replicate of each width of each exponent
 * diverged  whether a training did */
typedef struct sweep {
    ntk_lazy_setting setting;
    int64_t trainings;
    double *numbers;
    atomic_bool diverged;
} sweep;

/* --- the call --- */

static ntk_status check_output(const sweep *s, const ntk_matrix *out, const char *name, int64_t rows, int64_t cols)
{
    const ntk_matrix *const inputs[] = {s->setting.x, s->setting.y, s->setting.options.test};
    static const char *const names[] = {"x", "y", "test"};
    NTK_TRY(ntk_output_check(out, FUNCTION, name));
    NTK_TRY(ntk_shape_check(out, rows, cols, FUNCTION, name));
    for (int i = 0; i < 3; i++)
        if (inputs[i]) NTK_TRY(ntk_disjoint_check(out, name, inputs[i], names[i], FUNCTION));
    return NTK_OK;
}

static ntk_status check_data(const ntk_matrix *x, const ntk_matrix *y, const ntk_matrix *test)
{
    NTK_TRY(ntk_input_check(x, FUNCTION, "x"));
    NTK_TRY(ntk_input_check(y, FUNCTION, "y"));
    NTK_TRY(ntk_shape_check(y, x->rows, 1, FUNCTION, "y"));
    NTK_TRY(ntk_finite_check(x, FUNCTION, "x"));
    NTK_TRY(ntk_finite_check(y, FUNCTION, "y"));
    if (!test) return NTK_OK;
    NTK_TRY(ntk_input_check(test, FUNCTION, "test"));
    NTK_TRY(ntk_shape_check(test, -1, x->cols, FUNCTION, "test"));
    return ntk_finite_check(test, FUNCTION, "test");
}

static ntk_status find_size(ntk_lazy_setting *setting)
{
    const ntk_matrix *y = setting->y;
    double sum = 0;
    for (int64_t i = 0; i < y->rows; i++) {
        double value = ntk_get(ntk_row(y, i), y->dtype, 0);
        sum += value * value;
    }
    setting->size = sqrt(sum / (double)y->rows);
    if (setting->size > 0 && isfinite(setting->size)) return NTK_OK;
    return ntk_fail(NTK_ERR_VALUE, "%s: the mean square of y is %g, expected a positive number", FUNCTION,
                    setting->size * setting->size);
}

static ntk_status check_call(sweep *s, const ntk_matrix *table, const ntk_matrix *slopes, const ntk_lazy_options *options)
{
    ntk_lazy_options *own = &s->setting.options;
    NTK_TRY(ntk_lazy_options_read(own, options, FUNCTION));
    NTK_TRY(check_data(s->setting.x, s->setting.y, own->test));
    NTK_TRY(find_size(&s->setting));
    NTK_TRY(check_output(s, table, "table", own->exponent_count * own->width_count, NTK_LAZY_COLUMNS));
    if (!slopes) return NTK_OK;
    NTK_TRY(check_output(s, slopes, "slopes", own->exponent_count, NTK_LAZY_SLOPE_COLUMNS));
    return ntk_disjoint_check(slopes, "slopes", table, "table", FUNCTION);
}

/* --- trainings --- */

/* Widths, of which the last are often the largest, from the last on: so that no thread begins a long one at the end. */
static ntk_status train_one(void *argument, int64_t index, const ntk_lane *lane)
{
    sweep *s = argument;
    const ntk_lazy_options *options = &s->setting.options;
    int64_t replicate = index % options->replicates, group = index / options->replicates;
    int64_t exponent = group % options->exponent_count, width = options->width_count - 1 - group / options->exponent_count;
    int64_t place = (exponent * options->width_count + width) * options->replicates + replicate;
    const ntk_lazy_replicate one = {.width = options->widths[width],
                                    .exponent = options->exponents[exponent],
                                    .seed = options->seed + (uint64_t)(width * options->replicates + replicate)};
    ntk_inner inner;
    NTK_TRY(ntk_inner_open(&inner, lane));
    ntk_status status = ntk_lazy_train(&s->setting, inner.context, &one, s->numbers + place * NTK_LAZY_QUANTITIES);
    ntk_inner_close(&inner);
    if (status == NTK_NOTE_DIVERGED) atomic_store(&s->diverged, true);
    NTK_TRY(status);
    return ntk_advance(lane, 1);
}

/* --- results --- */

static void write_table(const sweep *s, const ntk_matrix *table)
{
    const ntk_lazy_options *options = &s->setting.options;
    for (int64_t row = 0; row < table->rows; row++) {
        const double *numbers = s->numbers + row * options->replicates * NTK_LAZY_QUANTITIES;
        double line[NTK_LAZY_COLUMNS] = {[NTK_LAZY_EXPONENT] = options->exponents[row / options->width_count],
                                         [NTK_LAZY_WIDTH] = (double)options->widths[row % options->width_count]};
        for (int q = 0; q < NTK_LAZY_QUANTITIES; q++)
            ntk_fit_mean(numbers + q, options->replicates, NTK_LAZY_QUANTITIES, false, &line[NTK_LAZY_MEANS + 2 * q],
                         &line[NTK_LAZY_MEANS + 2 * q + 1]);
        ntk_convert(ntk_row(table, row), table->dtype, line, NTK_F64, NTK_LAZY_COLUMNS);
    }
}

/* room  three numbers for each width */
static void write_slopes(const sweep *s, const ntk_matrix *slopes, double *room)
{
    const ntk_lazy_options *options = &s->setting.options;
    int64_t widths = options->width_count, stride = options->replicates * NTK_LAZY_QUANTITIES;
    for (int64_t row = 0; row < slopes->rows; row++) {
        double line[NTK_LAZY_SLOPE_COLUMNS];
        for (int q = 0; q < NTK_LAZY_QUANTITIES; q++) {
            for (int64_t i = 0; i < widths; i++) {
                room[i] = log((double)options->widths[i]);
                ntk_fit_mean(s->numbers + (row * widths + i) * stride + q, options->replicates, NTK_LAZY_QUANTITIES, true,
                             &room[widths + i], &room[2 * widths + i]);
            }
            ntk_fit_slope(room, room + widths, room + 2 * widths, widths, &line[2 * q], &line[2 * q + 1]);
        }
        ntk_convert(ntk_row(slopes, row), slopes->dtype, line, NTK_F64, NTK_LAZY_SLOPE_COLUMNS);
    }
}

/* room  of the slopes */
static ntk_status run(sweep *s, const ntk_lane *lane, double *room, const ntk_matrix *table, const ntk_matrix *slopes)
{
    ntk_work_stage(lane->work, "networks and their linearizations", s->trainings, 0, 1);
    NTK_TRY(ntk_run_blas(lane, s->trainings, train_one, s));
    write_table(s, table);
    if (slopes) write_slopes(s, slopes, room);
    if (!atomic_load(&s->diverged)) return NTK_OK;
    return ntk_fail(NTK_NOTE_DIVERGED, "%s: a training diverged: its numbers are NaN; take a smaller rate", FUNCTION);
}

ntk_status ntk_lazy_sweep(ntk_context *context, const ntk_matrix *table, const ntk_matrix *slopes,
                          const ntk_activation *activation, const ntk_matrix *x, const ntk_matrix *y,
                          const ntk_lazy_options *options)
{
    sweep s = {.setting = {.activation = activation, .x = x, .y = y}};
    double *room = NULL;
    uint64_t count, bytes;
    NTK_REQUIRE(context);
    NTK_REQUIRE(activation);
    NTK_REQUIRE(options);
    NTK_TRY(check_call(&s, table, slopes, options));
    NTK_TRY(ntk_size_multiply(&count, table->rows, s.setting.options.replicates));
    s.trainings = (int64_t)count;
    NTK_TRY(ntk_lazy_need(&s.setting, context, &bytes, x->rows, x->cols, ntk_operand_is_copied(x, NTK_F64), FUNCTION));
    NTK_TRY(ntk_budget_check(context, bytes, "a sweep over widths"));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_status status =
        ntk_allocate(context, &s.numbers, s.trainings, NTK_LAZY_QUANTITIES * (int64_t)sizeof(double), "numbers of replicates");
    if (status >= 0) status = ntk_allocate(context, &room, s.setting.options.width_count, 3 * (int64_t)sizeof(double), "a fit");
    if (status >= 0) status = run(&s, &lane, room, table, slopes);
    ntk_free(context, room);
    ntk_free(context, s.numbers);
    return status;
}
