#include "core/fit.h"
#include "core/inner.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "theory/concentration/concentration.h"

#include <math.h>

static const char FUNCTION[] = "ntk_concentration_sweep";

/* Of the whole, what the limit takes. */
static const double LIMIT_SHARE = 0.05;

/* numbers   NTK_REPLICATE_NUMBERS of each replicate of each width
 * smallest  the limit's eigenvalue
 * rough     whether an iteration did not converge */
typedef struct sweep {
    ntk_concentration_setting setting;
    int64_t networks;
    double *numbers;
    double smallest;
    atomic_bool rough;
} sweep;

/* --- the call --- */

static ntk_status check_output(const sweep *s, const ntk_matrix *out, const char *name, int64_t rows, int64_t cols)
{
    NTK_TRY(ntk_output_check(out, FUNCTION, name));
    NTK_TRY(ntk_shape_check(out, rows, cols, FUNCTION, name));
    return ntk_disjoint_check(out, name, s->setting.x, "x", FUNCTION);
}

static ntk_status check_call(sweep *s, const ntk_matrix *table, const ntk_matrix *slope,
                             const ntk_concentration_options *options)
{
    ntk_concentration_setting *setting = &s->setting;
    NTK_TRY(ntk_concentration_options_read(&setting->options, options, FUNCTION));
    NTK_TRY(ntk_input_check(setting->x, FUNCTION, "x"));
    NTK_TRY(ntk_finite_check(setting->x, FUNCTION, "x"));
    NTK_TRY(check_output(s, table, "table", setting->options.width_count, NTK_CONCENTRATION_COLUMNS));
    if (!slope) return NTK_OK;
    NTK_TRY(check_output(s, slope, "slope", 1, 2));
    return ntk_disjoint_check(slope, "slope", table, "table", FUNCTION);
}

/* --- the limit --- */

static ntk_status create_limit(const sweep *s, ntk_context *context, ntk_gram **gram)
{
    const ntk_kernel *given = s->setting.options.limit;
    ntk_gram_options packed = NTK_INIT(ntk_gram_options);
    ntk_kernel *kernel = NULL;
    packed.storage = NTK_STORAGE_PACKED;
    packed.dtype = NTK_F64;
    ntk_status status = given ? NTK_OK : ntk_limit_create(&s->setting, context, &kernel);
    if (status >= 0) status = ntk_gram_create(context, gram, given ? given : kernel, s->setting.x, &packed);
    ntk_kernel_destroy(kernel);
    return status;
}

/* gram, which nobody else knows, becomes its factor. */
static ntk_status factor_limit(sweep *s, const ntk_gram *gram)
{
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, gram->base.context);
    ntk_lanczos found = {.steps = 0};
    NTK_TRY(ntk_limit_factor(&gram->K, &lane, (ntk_share){0, 0.5}, FUNCTION));
    NTK_TRY(ntk_inverse_norm_find(&found, &gram->K, &lane, (ntk_share){0.5, 1}, FUNCTION));
    s->setting.L = &gram->K;
    s->smallest = 1 / (found.largest * found.largest);
    if (!found.converged) atomic_store(&s->rough, true);
    return NTK_OK;
}

/* --- networks --- */

/* Widths, of which the last are often the largest, from the last on: so that no thread begins a long one at the end. */
static ntk_status measure_one(void *argument, int64_t index, const ntk_lane *lane)
{
    sweep *s = argument;
    const ntk_concentration_options *options = &s->setting.options;
    int64_t width = options->width_count - 1 - index / options->replicates;
    int64_t place = width * options->replicates + index % options->replicates;
    ntk_inner inner;
    NTK_TRY(ntk_inner_open(&inner, lane));
    ntk_status status = ntk_concentration_measure(&s->setting, inner.context, s->numbers + place * NTK_REPLICATE_NUMBERS,
                                                  options->widths[width], options->seed + (uint64_t)place);
    ntk_inner_close(&inner);
    if (status == NTK_NOTE_NOT_CONVERGED) atomic_store(&s->rough, true);
    NTK_TRY(status);
    return ntk_advance(lane, 1);
}

static ntk_status measure_all(sweep *s, const ntk_lane *lane)
{
    ntk_work_stage(lane->work, "kernel matrices of networks", s->networks, LIMIT_SHARE, 1);
    if (s->setting.x->rows <= NTK_NETWORKS_AT_ONCE) return ntk_run_blas(lane, s->networks, measure_one, s);
    for (int64_t i = 0; i < s->networks; i++) NTK_TRY(measure_one(s, i, lane));
    return NTK_OK;
}

/* --- results --- */

/* What the theorem says the deviation is in proportion to. */
static double rate_of(const sweep *s, int64_t width)
{
    double n = (double)s->setting.x->rows, d = (double)s->setting.x->cols, N = (double)width;
    return s->setting.options.part == NTK_PART_NT ? sqrt((n + d) / (N * d)) : sqrt(n / N);
}

/* The mean of a number over the replicates of a width, or of its logarithm, and its standard error. */
static void mean_of(const sweep *s, int64_t width, int number, bool logarithms, double *mean, double *error)
{
    int64_t replicates = s->setting.options.replicates;
    ntk_fit_mean(s->numbers + width * replicates * NTK_REPLICATE_NUMBERS + number, replicates, NTK_REPLICATE_NUMBERS,
                 logarithms, mean, error);
}

static void write_table(const sweep *s, const ntk_matrix *table)
{
    const ntk_concentration_options *options = &s->setting.options;
    for (int64_t i = 0; i < options->width_count; i++) {
        double line[NTK_CONCENTRATION_COLUMNS] = {
            [NTK_CONCENTRATION_WIDTH] = (double)options->widths[i], [NTK_CONCENTRATION_SMALLEST_LIMIT] = s->smallest};
        mean_of(s, i, NTK_REPLICATE_DEVIATION, false, &line[NTK_CONCENTRATION_DEVIATION],
                &line[NTK_CONCENTRATION_DEVIATION_ERROR]);
        mean_of(s, i, NTK_REPLICATE_SMALLEST, false, &line[NTK_CONCENTRATION_SMALLEST],
                &line[NTK_CONCENTRATION_SMALLEST_ERROR]);
        line[NTK_CONCENTRATION_CONSTANT] = line[NTK_CONCENTRATION_DEVIATION] / rate_of(s, options->widths[i]);
        ntk_convert(ntk_row(table, i), table->dtype, line, NTK_F64, NTK_CONCENTRATION_COLUMNS);
    }
}

/* room  three numbers for each width */
static void write_slope(const sweep *s, const ntk_matrix *slope, double *room)
{
    const ntk_concentration_options *options = &s->setting.options;
    int64_t widths = options->width_count, count = 0;
    double found[2] = {(double)NAN, (double)NAN};
    for (int64_t i = 0; i < widths; i++) {
        double mean, error;
        mean_of(s, i, NTK_REPLICATE_DEVIATION, false, &mean, &error);
        if (!(mean < options->fit_below)) continue;
        room[count] = log((double)options->widths[i]);
        mean_of(s, i, NTK_REPLICATE_DEVIATION, true, &room[widths + count], &room[2 * widths + count]);
        count++;
    }
    if (count) ntk_fit_slope(room, room + widths, room + 2 * widths, count, &found[0], &found[1]);
    ntk_convert(slope->data, slope->dtype, found, NTK_F64, 2);
}

static ntk_status finish(sweep *s, double *room, const ntk_matrix *table, const ntk_matrix *slope)
{
    write_table(s, table);
    if (slope) write_slope(s, slope, room);
    if (!atomic_load(&s->rough)) return NTK_OK;
    return ntk_fail(NTK_NOTE_NOT_CONVERGED, "%s: %d steps of Lanczos' iteration did not suffice for all matrices", FUNCTION,
                    NTK_DEVIATION_STEPS);
}

/* room  of the slope */
static ntk_status run(sweep *s, const ntk_lane *lane, double *room, const ntk_matrix *table, const ntk_matrix *slope)
{
    ntk_inner inner;
    ntk_gram *limit = NULL;
    ntk_work_stage(lane->work, "the limit of kernel matrices", 1, 0, LIMIT_SHARE);
    NTK_TRY(ntk_inner_open(&inner, lane));
    ntk_status status = create_limit(s, inner.context, &limit);
    if (status >= 0) status = factor_limit(s, limit);
    if (status >= 0) status = ntk_advance(lane, 1);
    if (status >= 0) status = measure_all(s, lane);
    ntk_gram_destroy(limit);
    ntk_inner_close(&inner);
    return status >= 0 ? finish(s, room, table, slope) : status;
}

ntk_status ntk_concentration_sweep(ntk_context *context, const ntk_matrix *table, const ntk_matrix *slope,
                                   const ntk_activation *activation, const ntk_matrix *x,
                                   const ntk_concentration_options *options)
{
    sweep s = {.setting = {.activation = activation, .x = x, .function = FUNCTION}};
    double *room = NULL;
    uint64_t bytes;
    NTK_REQUIRE(context);
    NTK_REQUIRE(activation);
    NTK_REQUIRE(options);
    NTK_TRY(check_call(&s, table, slope, options));
    NTK_TRY(ntk_concentration_need(&s.setting, context, &bytes, x->rows, x->cols));
    NTK_TRY(ntk_budget_check(context, bytes, "a sweep of kernel matrices"));
    s.networks = s.setting.options.width_count * s.setting.options.replicates;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_status status = ntk_allocate(context, &s.numbers, s.networks, NTK_REPLICATE_NUMBERS * (int64_t)sizeof *s.numbers,
                                     "numbers of networks");
    if (status >= 0) status = ntk_allocate(context, &room, s.setting.options.width_count, 3 * (int64_t)sizeof(double), "a fit");
    if (status >= 0) status = run(&s, &lane, room, table, slope);
    ntk_free(context, room);
    ntk_free(context, s.numbers);
    return status;
}
