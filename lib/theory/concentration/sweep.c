#include "activation/activation.h"
#include "core/fit.h"
#include "core/inner.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"
#include "theory/concentration/concentration.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_concentration_options, widths) == 8 && offsetof(ntk_concentration_options, limit) == 16 &&
                   offsetof(ntk_concentration_options, width_count) == 24 &&
                   offsetof(ntk_concentration_options, replicates) == 32 &&
                   offsetof(ntk_concentration_options, weight_scale) == 40 &&
                   offsetof(ntk_concentration_options, fit_below) == 48 && offsetof(ntk_concentration_options, seed) == 56 &&
                   offsetof(ntk_concentration_options, hidden_law) == 64 && offsetof(ntk_concentration_options, part) == 68 &&
                   offsetof(ntk_concentration_options, storage) == 72 &&
                   offsetof(ntk_concentration_options, output_weights) == 76 && sizeof(ntk_concentration_options) == 80,
               "the layout of ntk_concentration_options is frozen");

static const char FUNCTION[] = "ntk_concentration_sweep";

enum { DEFAULT_REPLICATES = 8, MOST_COUNT = 1 << 20 };
static const double DEFAULT_FIT_BELOW = 0.5;

/* Networks of so many samples are in work at a time; of more, one after the other, for the matrices' sake. */
enum { MOST_AT_ONCE = 2048 };

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

/* --- options --- */

static ntk_status check_count(int64_t value, int64_t least, const char *name)
{
    if (value >= least && value <= MOST_COUNT) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %lld, expected a number from %lld to %d", FUNCTION, name, (long long)value,
                    (long long)least, MOST_COUNT);
}

static ntk_status check_number(double value, const char *name)
{
    if (value >= 0 && isfinite(value)) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected a finite number that is not negative", FUNCTION, name, value);
}

/* One of 0 to last, whose names are given. */
static ntk_status check_kind(int32_t value, int32_t last, const char *name, const char *names)
{
    if (value >= 0 && value <= last) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %d, expected %s", FUNCTION, name, value, names);
}

static ntk_status read_options(ntk_concentration_options *own, const ntk_concentration_options *options)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_concentration_options"));
    if (!own->widths) return ntk_fail(NTK_ERR_OPTION, "%s: widths is NULL", FUNCTION);
    NTK_TRY(check_count(own->width_count, 1, "width_count"));
    for (int64_t i = 0; i < own->width_count; i++)
        if (own->widths[i] < 1)
            return ntk_fail(NTK_ERR_OPTION, "%s: widths[%lld] is %lld, expected a positive number", FUNCTION, (long long)i,
                            (long long)own->widths[i]);
    NTK_TRY(check_count(own->replicates, 0, "replicates"));
    NTK_TRY(check_number(own->weight_scale, "weight_scale"));
    NTK_TRY(check_number(own->fit_below, "fit_below"));
    NTK_TRY(check_kind(own->hidden_law, NTK_HIDDEN_SPHERE, "hidden_law", "NTK_HIDDEN_GAUSSIAN or _SPHERE"));
    NTK_TRY(check_kind(own->part, NTK_PART_NT, "part", "NTK_PART_BOTH, _RF or _NT"));
    NTK_TRY(check_kind(own->storage, NTK_STORAGE_IMPLICIT, "storage", "NTK_STORAGE_FULL, _PACKED or _IMPLICIT"));
    NTK_TRY(check_kind(own->output_weights, NTK_OUTPUT_GAUSSIAN, "output_weights", "NTK_OUTPUT_SIGNS or _GAUSSIAN"));
    if (own->replicates == 0) own->replicates = DEFAULT_REPLICATES;
    if (own->fit_below == 0) own->fit_below = DEFAULT_FIT_BELOW;
    return NTK_OK;
}

/* Whether of weights in all directions alike nothing but the mean square of their length matters. */
static bool is_homogeneous(const ntk_activation *activation, int32_t part)
{
    if (activation->shift != 0) return false;
    if (activation->family == NTK_FAMILY_LEVELS) return true;
    return activation->family == NTK_FAMILY_SLOPES && (activation->offset == 0 || part == NTK_PART_NT);
}

/* Whether the infinite kernel, whose weights are Gaussian, is the limit. */
static bool is_infinite(const ntk_concentration_setting *setting)
{
    return setting->options.hidden_law == NTK_HIDDEN_GAUSSIAN || is_homogeneous(setting->activation, setting->options.part);
}

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
    NTK_TRY(read_options(&setting->options, options));
    NTK_TRY(ntk_input_check(setting->x, FUNCTION, "x"));
    NTK_TRY(ntk_finite_check(setting->x, FUNCTION, "x"));
    NTK_TRY(check_output(s, table, "table", setting->options.width_count, NTK_CONCENTRATION_COLUMNS));
    if (!slope) return NTK_OK;
    NTK_TRY(check_output(s, slope, "slope", 1, 2));
    return ntk_disjoint_check(slope, "slope", table, "table", FUNCTION);
}

/* --- the limit --- */

static ntk_status create_kernel(const sweep *s, ntk_context *context, ntk_kernel **kernel)
{
    const ntk_concentration_options *from = &s->setting.options;
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = from->part;
    options.weight_scale = from->weight_scale;
    if (is_infinite(&s->setting)) return ntk_kernel_create_infinite(context, kernel, s->setting.activation, &options);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "degrees of the limit", 1, 0, 1);
    return ntk_sphere_limit_create(&s->setting, &lane, context, kernel);
}

static ntk_status create_limit(const sweep *s, ntk_context *context, ntk_gram **gram)
{
    const ntk_kernel *given = s->setting.options.limit;
    ntk_gram_options packed = NTK_INIT(ntk_gram_options);
    ntk_kernel *kernel = NULL;
    packed.storage = NTK_STORAGE_PACKED;
    packed.dtype = NTK_F64;
    ntk_status status = given ? NTK_OK : create_kernel(s, context, &kernel);
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
    if (s->setting.x->rows <= MOST_AT_ONCE) return ntk_run_blas(lane, s->networks, measure_one, s);
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
    uint64_t count;
    NTK_REQUIRE(context);
    NTK_REQUIRE(activation);
    NTK_REQUIRE(options);
    NTK_TRY(check_call(&s, table, slope, options));
    NTK_TRY(ntk_size_multiply(&count, s.setting.options.width_count, s.setting.options.replicates));
    s.networks = (int64_t)count;
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
