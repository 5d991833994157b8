/* Learning curves of kernel ridge regression by the degrees of kernel and target. */
#include "core/matrix.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"
#include "theory/levels.h"
#include "theory/prediction.h"
#include "theory/sphere.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(ntk_curve_options, d) == 8 && offsetof(ntk_curve_options, total) == 16 &&
                   offsetof(ntk_curve_options, lambda) == 24 && offsetof(ntk_curve_options, noise_variance) == 32 &&
                   sizeof(ntk_curve_options) == 40,
               "the layout of ntk_curve_options is frozen");

/* What the levels lack of K(x, x) by rounding is no ridge. */
static const double ROUNDING = 1e-13;

/* modes  the degrees */
typedef struct model {
    ntk_levels levels;
    ntk_curve_options options;
    double *energy;
    ntk_prediction modes;
} model;

/* --- what is asked --- */

static ntk_status check_number(double value, const char *function, const char *name)
{
    if (isfinite(value) && value >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected a finite number that is not negative", function, name, value);
}

static ntk_status check_options(const ntk_curve_options *options, const char *function)
{
    if (options->d < 1) return ntk_fail(NTK_ERR_OPTION, "%s: d is %lld, expected at least 1", function, (long long)options->d);
    NTK_TRY(check_number(options->total, function, "total"));
    NTK_TRY(check_number(options->lambda, function, "lambda"));
    return check_number(options->noise_variance, function, "noise_variance");
}

static ntk_status check_energies(const ntk_matrix *energies, const char *function)
{
    NTK_TRY(ntk_input_check(energies, function, "energies"));
    NTK_TRY(ntk_sphere_degrees_check(energies, 1, function, "energies"));
    NTK_TRY(ntk_finite_check(energies, function, "energies"));
    for (int64_t k = 0; k < energies->rows; k++) {
        double energy = ntk_get(energies->data, energies->dtype, k * energies->stride);
        if (energy < 0)
            return ntk_fail(NTK_ERR_VALUE, "%s: energies[%lld] is %g, expected none that is negative", function, (long long)k,
                            energy);
    }
    return NTK_OK;
}

static ntk_status take_energies(model *m, const ntk_matrix *energies, const char *function)
{
    double sum = 0;
    ntk_convert_matrix(m->energy, 1, NTK_F64, energies);
    for (int64_t k = 0; k < energies->rows; k++) sum += m->energy[k];
    if (!isfinite(sum)) return ntk_fail(NTK_ERR_OVERFLOW, "%s: the sum of energies is too large to be represented", function);
    if (m->options.total != 0 && m->options.total < sum * (1 - 1e-9))
        return ntk_fail(NTK_ERR_OPTION, "%s: total is %g, expected 0, or at least the energies' sum of %g", function,
                        m->options.total, sum);
    m->modes.beyond = fmax(0, m->options.total - sum);
    return NTK_OK;
}

static void take_levels(model *m)
{
    ntk_levels *levels = &m->levels;
    ntk_prediction *modes = &m->modes;
    double sum = 0;
    for (int64_t k = 0; k < levels->degrees; k++) {
        if (levels->multiplicity[k] > 1e300) levels->share[k] = 0;
        if (levels->share[k] == 0) {
            modes->blind += m->energy[k];
            levels->eigenvalue[k] = 0;
        } else {
            modes->rank += levels->multiplicity[k];
        }
        sum += levels->share[k];
    }
    double rest = levels->top - sum;
    modes->lambda = m->options.lambda;
    modes->ridge = m->options.lambda + (rest > ROUNDING * levels->top ? rest : 0);
    modes->noise = m->options.noise_variance;
    modes->count = levels->degrees;
    modes->eigenvalue = levels->eigenvalue;
    modes->share = levels->share;
    modes->energy = m->energy;
}

/* Checks kernel, energies and options, and prepares what is to be asked of them; closed also after a failure. */
static ntk_status open_model(model *m, const ntk_kernel *kernel, const ntk_matrix *energies, const ntk_curve_options *options,
                             ntk_lane *lane, ntk_work *work, const char *function)
{
    memset(m, 0, sizeof *m);
    if (!options) return ntk_fail(NTK_ERR_NULL, "%s: options is NULL", function);
    NTK_TRY(ntk_options_read(&m->options, sizeof m->options, sizeof m->options, options, "ntk_curve_options"));
    NTK_TRY(check_options(&m->options, function));
    NTK_TRY(ntk_levels_check(kernel, m->options.d, function));
    *lane = ntk_work_begin(work, kernel->base.context);
    ntk_work_stage(work, "levels of a kernel", 1, 0, 1);
    NTK_TRY(ntk_allocate(work->context, &m->energy, energies->rows, sizeof *m->energy, "energies"));
    NTK_TRY(take_energies(m, energies, function));
    NTK_TRY(ntk_levels_find(&m->levels, lane, kernel, m->options.d, energies->rows, function));
    take_levels(m);
    return NTK_OK;
}

static void close_model(model *m, const ntk_kernel *kernel)
{
    ntk_free(kernel->base.context, m->energy);
    ntk_free(kernel->base.context, m->levels.share);
}

/* --- the curve --- */

static ntk_status check_sizes(const ntk_matrix *curve, const ntk_matrix *sizes, const char *function)
{
    NTK_TRY(ntk_input_check(sizes, function, "sizes"));
    NTK_TRY(ntk_shape_check(sizes, -1, 1, function, "sizes"));
    NTK_TRY(ntk_output_check(curve, function, "curve"));
    NTK_TRY(ntk_shape_check(curve, sizes->rows, NTK_CURVE_COLUMNS, function, "curve"));
    NTK_TRY(ntk_disjoint_check(curve, "curve", sizes, "sizes", function));
    NTK_TRY(ntk_finite_check(sizes, function, "sizes"));
    for (int64_t i = 0; i < sizes->rows; i++) {
        double n = ntk_get(sizes->data, sizes->dtype, i * sizes->stride);
        if (!(n > 0))
            return ntk_fail(NTK_ERR_VALUE, "%s: sizes[%lld] is %g, expected a positive number", function, (long long)i, n);
    }
    return NTK_OK;
}

ntk_status ntk_theory_learning_curve(const ntk_kernel *kernel, const ntk_matrix *curve, const ntk_matrix *energies,
                                     const ntk_matrix *sizes, const ntk_curve_options *options)
{
    model m;
    ntk_work work;
    ntk_lane lane;
    NTK_REQUIRE(kernel);
    NTK_TRY(check_sizes(curve, sizes, __func__));
    NTK_TRY(check_energies(energies, __func__));
    NTK_TRY(ntk_disjoint_check(curve, "curve", energies, "energies", __func__));
    ntk_status status = open_model(&m, kernel, energies, options, &lane, &work, __func__);
    for (int64_t i = 0; i < sizes->rows && status >= 0; i++) {
        double columns[NTK_CURVE_COLUMNS];
        ntk_predict_curve(columns, &m.modes, ntk_get(sizes->data, sizes->dtype, i * sizes->stride));
        ntk_convert(ntk_row(curve, i), curve->dtype, columns, NTK_F64, NTK_CURVE_COLUMNS);
        status = ntk_advance(&lane, 0);
    }
    close_model(&m, kernel);
    return status;
}

/* --- its inverse --- */

static double test_error(const model *m, double n)
{
    double columns[NTK_CURVE_COLUMNS];
    ntk_predict_curve(columns, &m->modes, n);
    return columns[NTK_CURVE_TEST];
}

static ntk_status search(double *n, const model *m, double error, const ntk_lane *lane)
{
    double low = 0, high = 1;
    for (; test_error(m, high) > error; high *= 2) {
        if (high > 1e300) {
            *n = HUGE_VAL;
            return NTK_NOTE_AT_BRACKET;
        }
        low = high;
        NTK_TRY(ntk_advance(lane, 0));
    }
    while (low > 0 && high / low - 1 > 1e-12) {
        double middle = sqrt(low) * sqrt(high);
        if (!(middle > low && middle < high)) break;
        if (test_error(m, middle) > error)
            low = middle;
        else
            high = middle;
    }
    *n = high;
    return NTK_OK;
}

ntk_status ntk_theory_sample_cost(const ntk_kernel *kernel, double *n, const ntk_matrix *energies, double error,
                                  const ntk_curve_options *options)
{
    model m;
    ntk_work work;
    ntk_lane lane;
    double found = 0;
    NTK_REQUIRE(kernel);
    NTK_REQUIRE(n);
    NTK_TRY(check_energies(energies, __func__));
    if (!(error > 0 && isfinite(error)))
        return ntk_fail(NTK_ERR_VALUE, "%s: error is %g, expected a positive number", __func__, error);
    ntk_status status = open_model(&m, kernel, energies, options, &lane, &work, __func__);
    if (status >= 0) status = search(&found, &m, error, &lane);
    close_model(&m, kernel);
    if (status >= 0) *n = found;
    if (status != NTK_NOTE_AT_BRACKET) return status;
    return ntk_fail(status, "%s: no number of samples reaches an error of %g", __func__, error);
}
