/* Learning curves of a data set, from the spectrum of a sample. */
#include "core/memory.h"
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/prediction.h"
#include "theory/spectrum/spectrum.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_spectrum_curve_options, lambda) == 8 &&
                   offsetof(ntk_spectrum_curve_options, noise_variance) == 16 &&
                   offsetof(ntk_spectrum_curve_options, method) == 24 && offsetof(ntk_spectrum_curve_options, reserved) == 28 &&
                   sizeof(ntk_spectrum_curve_options) == 32,
               "the layout of ntk_spectrum_curve_options is frozen");

/* table    the curve in the making, each row columns of each part of the targets: nothing is written before all is found
 * errors   targets: bias and noise;  missing  modes: s, as subsamples
 * eigenvalue, energy  modes, as the population */
typedef struct job {
    const ntk_spectrum *spectrum;
    ntk_spectrum_curve_options options;
    double *table, *errors, *missing, *eigenvalue, *energy;
} job;

/* The sum of c^2 that is not noise. */
static double noiseless_square(const job *j, int64_t k, ntk_spectrum_range of)
{
    return ntk_spectrum_square(j->spectrum, k, of) - (double)of.count * j->options.noise_variance;
}

/* --- as subsamples --- */

/* Shares x / (w + lambda + x) of what is missing, or the rest of them, of what is learned. */
typedef struct shares {
    bool learned;
    double sum, slope; /* slope: of the sum's logarithm by that of x, but for its sign */
} shares;

static void add_shares(shares *all, const job *j, double x)
{
    const ntk_spectrum *s = j->spectrum;
    double slope = 0;
    all->sum = 0;
    for (int64_t k = 0; k < s->modes; k++) {
        double own = s->values[k] + j->options.lambda, learned = own / (own + x), missing = x / (own + x);
        all->sum += all->learned ? learned : missing;
        slope += learned * missing;
    }
    all->slope = slope / all->sum;
}

enum { MOST_STEPS = 400 };

/* lambda_0 = lambda + x, where what is missing sums up to n_0 - n, and what is learned to n, less the intercept's sample; of the two the
 * smaller, which rounding spoils less.  Newton's method on logarithms, between ends that it narrows: at first what x would be if all w
 * were the smallest that is not 0, or the mean. */
static double find_ridge(const job *j, double n)
{
    const ntk_spectrum *s = j->spectrum;
    double lambda = j->options.lambda, left = (double)s->samples - n, most = n - s->intercept, trace = 0;
    double zeros = lambda > 0 ? 0 : (double)(s->modes - s->rank);
    if (left <= zeros) return lambda;
    for (int64_t k = 0; k < s->modes; k++) trace += s->values[k];
    double least = lambda > 0 ? s->values[s->modes - 1] + lambda : s->values[s->rank - 1];
    double low = least * (left - zeros) / most, high = (lambda + trace / (double)s->modes) * left / most, x = high;
    shares all = {.learned = most < left};
    double wanted = all.learned ? most : left;
    for (int step = 0; step < MOST_STEPS && high / low - 1 > 2 * DBL_EPSILON; step++) {
        add_shares(&all, j, x);
        double beyond = (all.learned ? 1 : -1) * log(all.sum / wanted);
        if (beyond > 0)
            low = x;
        else
            high = x;
        double next = x * exp(beyond / all.slope);
        if (!(next > low && next < high)) next = sqrt(low) * sqrt(high);
        if (fabs(next - x) <= DBL_EPSILON * x) return lambda + next;
        x = next;
    }
    return lambda + x;
}

/* What the sample has at lambda_0, in units of scale: the sums of s and s^2;  spare = n - sum L^2, by terms none of which is negative. */
typedef struct sums {
    double scale, first, squares, spare;
} sums;

static sums find_missing(const job *j, double n)
{
    const ntk_spectrum *s = j->spectrum;
    double ridge = find_ridge(j, n), learned = 0;
    sums all = {.scale = ridge > 0 ? ridge : s->values[s->modes - 1]};
    for (int64_t k = 0; k < s->modes; k++) {
        double value = s->values[k], missing = all.scale > 0 ? all.scale / (value + ridge) : k >= s->rank;
        if (all.scale > 0) learned += missing * ((value + j->options.lambda) / (value + ridge));
        all.first += missing;
        all.squares += missing * missing;
        j->missing[k] = missing;
    }
    all.spare = all.scale > 0 ? all.first * (learned / all.squares) : n - (double)(s->intercept + s->rank);
    return all;
}

/* Bias and noise of each target at lambda_0: sum c^2 s^2 / sum s^2, or leave-one-out errors over what they are too large by. */
static ntk_status find_errors(const job *j, const ntk_lane *lane, const sums *all)
{
    const ntk_spectrum *s = j->spectrum;
    if (j->options.method == NTK_PREDICT_LEAVE_ONE_OUT) {
        NTK_TRY(ntk_spectrum_leave_one_out(s, lane, j->missing, j->errors));
        for (int64_t c = 0; c < s->targets; c++) j->errors[c] *= all->first / all->squares * all->first / (double)s->samples;
        return NTK_OK;
    }
    for (int64_t c = 0; c < s->targets; c++) j->errors[c] = 0;
    for (int64_t k = 0; k < s->modes; k++)
        for (int64_t c = 0; c < s->targets; c++) {
            double missing = j->missing[k] * s->coefficients[k * s->targets + c];
            j->errors[c] += missing / all->squares * missing;
        }
    return NTK_OK;
}

static double blind_to(const job *j, ntk_spectrum_range of)
{
    const ntk_spectrum *s = j->spectrum;
    double blind = 0;
    for (int64_t k = s->rank; k < s->modes; k++) blind += noiseless_square(j, k, of) / (double)s->samples;
    return fmax(0, blind);
}

static ntk_status predict_subsample(const job *j, const ntk_lane *lane, double n, double *columns, int64_t parts)
{
    const ntk_spectrum *s = j->spectrum;
    sums found = find_missing(j, n);
    NTK_TRY(find_errors(j, lane, &found));
    double kappa = found.scale / found.first, spare = found.spare;
    double kept = kappa > 0 ? j->options.lambda / (n * kappa) : spare / n;
    for (int64_t i = 0; i < parts; i++, columns += NTK_CURVE_COLUMNS) {
        ntk_spectrum_range of = ntk_spectrum_part(s, i, parts);
        double all = 0;
        for (int64_t c = of.first; c < of.first + of.count; c++) all += j->errors[c];
        columns[NTK_CURVE_VARIANCE] = all > 0 ? (n / spare - 1) * all : 0;
        columns[NTK_CURVE_BIAS] = fmax(0, all - (double)of.count * j->options.noise_variance);
        columns[NTK_CURVE_TEST] = columns[NTK_CURVE_BIAS] + columns[NTK_CURVE_VARIANCE];
        columns[NTK_CURVE_TRAIN] = all > 0 && kept > 0 ? kept * kept * (n / spare) * all : 0;
        columns[NTK_CURVE_KAPPA] = kappa;
        columns[NTK_CURVE_BLIND] = blind_to(j, of);
    }
    return NTK_OK;
}

/* --- as the population --- */

static ntk_status predict_population(const job *j, const ntk_lane *lane, double n, double *columns, int64_t parts)
{
    const ntk_spectrum *s = j->spectrum;
    ntk_prediction modes = {.count = s->modes, .eigenvalue = j->eigenvalue, .share = j->eigenvalue, .energy = j->energy};
    modes.lambda = modes.ridge = j->options.lambda;
    modes.rank = (double)s->rank;
    modes.free = s->intercept;
    for (int64_t i = 0; i < parts; i++) {
        ntk_spectrum_range of = ntk_spectrum_part(s, i, parts);
        for (int64_t k = 0; k < s->modes; k++) j->energy[k] = noiseless_square(j, k, of) / (double)s->samples;
        modes.blind = blind_to(j, of);
        modes.noise = (double)of.count * j->options.noise_variance;
        ntk_predict_curve(columns + i * NTK_CURVE_COLUMNS, &modes, n);
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

/* --- the call --- */

static ntk_status open_job(job *j, int64_t rows, int64_t cols)
{
    uint64_t row;
    const ntk_spectrum *s = j->spectrum;
    ntk_context *context = s->base.context;
    NTK_TRY(ntk_size_multiply(&row, cols, sizeof *j->table));
    NTK_TRY(ntk_allocate(context, &j->table, rows, (int64_t)row, "a learning curve"));
    NTK_TRY(ntk_allocate(context, &j->errors, s->targets, sizeof *j->errors, "errors"));
    NTK_TRY(ntk_allocate(context, &j->missing, s->modes, sizeof *j->missing, "what modes lack"));
    NTK_TRY(ntk_allocate(context, &j->eigenvalue, s->modes, sizeof *j->eigenvalue, "eigenvalues"));
    NTK_TRY(ntk_allocate(context, &j->energy, s->modes, sizeof *j->energy, "energies"));
    for (int64_t k = 0; k < s->modes; k++) j->eigenvalue[k] = s->values[k] / (double)s->samples;
    return NTK_OK;
}

static ntk_status read_options(ntk_spectrum_curve_options *own, const ntk_spectrum_curve_options *options, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, sizeof *own, options, "ntk_spectrum_curve_options"));
    NTK_TRY(ntk_spectrum_option_check(own->lambda, function, "lambda"));
    NTK_TRY(ntk_spectrum_option_check(own->noise_variance, function, "noise_variance"));
    if (own->method < NTK_PREDICT_LEAVE_ONE_OUT || own->method > NTK_PREDICT_POPULATION)
        return ntk_fail(NTK_ERR_OPTION, "%s: method is %d, expected NTK_PREDICT_LEAVE_ONE_OUT, _SUBSAMPLE or _POPULATION",
                        function, own->method);
    if (own->reserved) return ntk_fail(NTK_ERR_OPTION, "%s: reserved is %d, expected 0", function, own->reserved);
    return NTK_OK;
}

static ntk_status check_views(const ntk_spectrum *s, const ntk_matrix *curve, const ntk_matrix *sizes, const char *function)
{
    int64_t cols = NTK_CURVE_COLUMNS;
    NTK_TRY(ntk_input_check(sizes, function, "sizes"));
    NTK_TRY(ntk_shape_check(sizes, -1, 1, function, "sizes"));
    NTK_TRY(ntk_output_check(curve, function, "curve"));
    if (curve->cols != cols) cols *= s->targets;
    NTK_TRY(ntk_shape_check(curve, sizes->rows, cols, function, "curve"));
    NTK_TRY(ntk_disjoint_check(curve, "curve", sizes, "sizes", function));
    NTK_TRY(ntk_finite_check(sizes, function, "sizes"));
    for (int64_t i = 0; i < sizes->rows; i++) {
        double n = ntk_get(ntk_row(sizes, i), sizes->dtype, 0);
        if (!(n > s->intercept && n <= (double)s->samples))
            return ntk_fail(NTK_ERR_VALUE,
                            "%s: sizes[%lld] is %g, expected more than %d, and at most the spectrum's %lld samples", function,
                            (long long)i, n, (int)s->intercept, (long long)s->samples);
    }
    return NTK_OK;
}

static ntk_status fill(const job *j, const ntk_matrix *curve, const ntk_matrix *sizes, const ntk_lane *lane)
{
    int64_t parts = curve->cols / NTK_CURVE_COLUMNS;
    for (int64_t i = 0; i < sizes->rows; i++) {
        double n = ntk_get(ntk_row(sizes, i), sizes->dtype, 0);
        if (j->options.method == NTK_PREDICT_POPULATION)
            NTK_TRY(predict_population(j, lane, n, j->table + i * curve->cols, parts));
        else
            NTK_TRY(predict_subsample(j, lane, n, j->table + i * curve->cols, parts));
        NTK_TRY(ntk_advance(lane, 1));
    }
    for (int64_t i = 0; i < sizes->rows; i++)
        ntk_convert(ntk_row(curve, i), curve->dtype, j->table + i * curve->cols, NTK_F64, curve->cols);
    return NTK_OK;
}

ntk_status ntk_spectrum_curve(const ntk_spectrum *spectrum, const ntk_matrix *curve, const ntk_matrix *sizes,
                              const ntk_spectrum_curve_options *options)
{
    ntk_work work;
    job j = {.spectrum = spectrum};
    NTK_REQUIRE(spectrum);
    NTK_TRY(ntk_spectrum_targets_check(spectrum, __func__));
    NTK_TRY(check_views(spectrum, curve, sizes, __func__));
    NTK_TRY(read_options(&j.options, options, __func__));
    if (j.options.method == NTK_PREDICT_LEAVE_ONE_OUT && spectrum->light)
        return ntk_fail(NTK_ERR_STATE, "%s: the spectrum is light, and has no eigenvectors: take another method", __func__);
    ntk_context *context = spectrum->base.context;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "learning curve", sizes->rows, 0, 1);
    ntk_status status = open_job(&j, sizes->rows, curve->cols);
    if (status >= 0) status = fill(&j, curve, sizes, &lane);
    void *const held[] = {j.table, j.errors, j.missing, j.eigenvalue, j.energy};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    return status;
}
