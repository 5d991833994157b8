#include "theory/levels.h"

#include "activation/activation.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/block.h"
#include "kernel/infinite.h"
#include "kernel/zonal.h"
#include "theory/sphere.h"

#include <float.h>
#include <math.h>

/* Numbers of samples that are compared at a time. */
enum { PANEL_NUMBERS = 1 << 20 };

/* A level is told from 0 by so many times its error. */
static const double CERTAIN = 4;

/* inputs  of samples that stand for those of d: what the kernel sees are inner products over d, so that two are enough but for the
 *         lecture's kernels, which have a factor of d, and those of given levels */
typedef struct profile {
    const ntk_kernel *kernel;
    int64_t inputs;
    const char *function;
    double top;
} profile;

static bool is_zonal(const ntk_kernel *kernel)
{
    if (!kernel->operations->zonal) return false;
    for (int64_t t = 0; t < kernel->term_count; t++)
        if (!is_zonal(kernel->terms[t])) return false;
    return true;
}

static bool counts_inputs(const ntk_kernel *kernel)
{
    const ntk_infinite *infinite = ntk_infinite_of(kernel);
    int64_t degrees;
    if ((infinite && infinite->lecture) || ntk_zonal_shares(kernel, &degrees)) return true;
    for (int64_t t = 0; t < kernel->term_count; t++)
        if (counts_inputs(kernel->terms[t])) return true;
    return false;
}

/* What the kernel's entries may lack, relative to K(x, x). */
static double accuracy_of(const ntk_kernel *kernel)
{
    const ntk_infinite *infinite = ntk_infinite_of(kernel);
    double accuracy = 0;
    if (infinite && ntk_activation_route(infinite->activation) != NTK_ROUTE_CLOSED) accuracy = infinite->activation->accuracy;
    for (int64_t t = 0; t < kernel->term_count; t++) accuracy = fmax(accuracy, accuracy_of(kernel->terms[t]));
    return accuracy;
}

ntk_status ntk_levels_check(const ntk_kernel *kernel, int64_t d, const char *function)
{
    NTK_TRY(ntk_sphere_check(d, function));
    NTK_TRY(ntk_kernel_sizes_check(kernel, 1, d, function));
    if (is_zonal(kernel)) return NTK_OK;
    return ntk_fail(NTK_ERR_UNSUPPORTED,
                    "%s: the kernel is no function of <x, x'> on the sphere, expected one of infinite width, or made of those",
                    function);
}

/* values[i] = K(e, x_i) for x_i at the angle's sine and cosine to e, all of length sqrt(inputs). */
static ntk_status compare(const profile *p, const ntk_lane *lane, double *values, const double *along, const double *across,
                          int64_t count, double *samples)
{
    double length = sqrt((double)p->inputs), *pole = samples + count * p->inputs;
    for (int64_t j = 0; j < (count + 1) * p->inputs; j++) samples[j] = 0;
    for (int64_t i = 0; i < count; i++) {
        samples[i * p->inputs] = length * along[i];
        if (p->inputs > 1) samples[i * p->inputs + 1] = length * across[i];
    }
    pole[0] = length;
    ntk_matrix out = ntk_matrix_f64(values, 1, count), x1 = ntk_matrix_const_f64(pole, 1, p->inputs),
               x2 = ntk_matrix_const_f64(samples, count, p->inputs);
    return ntk_block_write(p->kernel, lane, &out, &x1, &x2, p->function);
}

static ntk_status values_of(void *argument, const ntk_lane *lane, double *values, const ntk_sphere_rule *rule)
{
    const double one = 1, zero = 0;
    profile *p = argument;
    ntk_context *context = lane->work->context;
    int64_t most = ntk_smaller(ntk_larger(1, PANEL_NUMBERS / p->inputs), rule->count);
    double *samples;
    uint64_t bytes;
    NTK_TRY(ntk_size_multiply(&bytes, p->inputs, (int64_t)sizeof *samples));
    NTK_TRY(ntk_allocate(context, &samples, most + 1, (int64_t)bytes, "samples of a sphere"));
    ntk_share room = ntk_work_narrow(lane->work, 0, 0);
    ntk_status status = compare(p, lane, &p->top, &one, &zero, 1, samples);
    ntk_work_widen(lane->work, room);
    for (int64_t first = 0; first < rule->count && status >= 0; first += most) {
        int64_t count = ntk_smaller(most, rule->count - first);
        room = ntk_work_narrow(lane->work, (double)first / (double)rule->count, (double)(first + count) / (double)rule->count);
        status = compare(p, lane, values + first, rule->sine + first, rule->cosine + first, count, samples);
        ntk_work_widen(lane->work, room);
    }
    ntk_free(context, samples);
    return status;
}

/* --- the better of two ways --- */

static void put_level(ntk_levels *levels, int64_t k, double share, const ntk_multiplicity *b)
{
    levels->share[k] = share;
    levels->multiplicity[k] = ntk_sphere_multiplicity(b);
    levels->eigenvalue[k] = share > 0 ? exp(log(share) - ntk_sphere_log_multiplicity(b)) : 0;
    if (isfinite(levels->multiplicity[k]) && share > 0) levels->eigenvalue[k] = share / levels->multiplicity[k];
}

/* What the terms of a series leave of K(x, x). */
static double rest_of(const ntk_power_series *series, double top)
{
    double rest = top, open = 4 * DBL_EPSILON * top;
    for (int64_t j = 0; j < series->count; j++) {
        rest -= series->a[j];
        open += series->error[j];
    }
    return fmax(rest, 0) + open;
}

/* own  of the kernel's entries: what they may lack.  It decides between the ways; of the integrals it is seldom true enough to call a
 * level 0 for it. */
static void choose(ntk_levels *levels, const ntk_sphere_expansion *of, const ntk_power_series *series, double own)
{
    double log2_lead = 0;
    ntk_multiplicity b = ntk_sphere_first(of->d);
    for (int64_t k = 0; k < levels->degrees; k++, ntk_sphere_next(&b)) {
        double log_b = ntk_sphere_log_multiplicity(&b), root = exp(log_b / 2), share = root * of->parts[k];
        double error = root * (of->error + 8 * DBL_EPSILON * levels->top), other, doubt;
        if (ntk_power_share(&other, &doubt, series, of->d, k, log2_lead) && doubt <= error + root * own) {
            share = other;
            error = doubt;
        }
        put_level(levels, k, share > CERTAIN * error ? share : 0, &b);
        log2_lead += log2(ntk_gegenbauer_at(of->d, k).up); /* as Q_(k + 1) = up t Q_k - ... */
    }
}

static ntk_status find_levels(ntk_levels *levels, const ntk_lane *lane, const ntk_kernel *kernel, int64_t d,
                              const char *function)
{
    ntk_context *context = lane->work->context;
    profile p = {.kernel = kernel, .inputs = counts_inputs(kernel) ? d : ntk_smaller(d, 2), .function = function};
    ntk_sphere_expansion of = {.function = values_of, .argument = &p, .d = d, .degrees = levels->degrees};
    ntk_power_series series = {0};
    of.accuracy = 64 * DBL_EPSILON;
    NTK_TRY(ntk_allocate(context, &series.a, 2 * NTK_POWER_TERMS, sizeof *series.a, "a power series"));
    series.error = series.a + NTK_POWER_TERMS;
    ntk_status status = ntk_power_series_find(&series, kernel, d);
    if (status >= 0) status = ntk_sphere_expand(&of, lane);
    if (status >= 0) {
        levels->top = p.top;
        series.rest = rest_of(&series, p.top);
        choose(levels, &of, &series, accuracy_of(kernel) * p.top);
    }
    ntk_free(context, of.parts);
    ntk_free(context, series.a);
    return status;
}

/* Of a kernel that is given by its levels. */
static void take_shares(ntk_levels *levels, const double *shares, int64_t count, int64_t d)
{
    ntk_multiplicity b = ntk_sphere_first(d);
    for (int64_t k = 0; k < count; k++) levels->top += shares[k];
    for (int64_t k = 0; k < levels->degrees; k++, ntk_sphere_next(&b)) put_level(levels, k, k < count ? shares[k] : 0, &b);
}

ntk_status ntk_levels_find(ntk_levels *levels, const ntk_lane *lane, const ntk_kernel *kernel, int64_t d, int64_t degrees,
                           const char *function)
{
    ntk_context *context = lane->work->context;
    int64_t count = 0;
    const double *shares = ntk_zonal_shares(kernel, &count);
    *levels = (ntk_levels){.degrees = degrees};
    NTK_TRY(ntk_allocate(context, &levels->share, degrees, 3 * (int64_t)sizeof(double), "levels of a kernel"));
    levels->eigenvalue = levels->share + degrees;
    levels->multiplicity = levels->eigenvalue + degrees;
    ntk_status status = NTK_OK;
    if (shares)
        take_shares(levels, shares, count, d);
    else
        status = find_levels(levels, lane, kernel, d, function);
    if (status < 0) {
        ntk_free(context, levels->share);
        levels->share = NULL;
    }
    return status;
}

/* --- the call --- */

static ntk_status write(const ntk_matrix *out, const ntk_levels *levels, const char *function)
{
    double most = out->dtype == NTK_F64 ? DBL_MAX : (double)FLT_MAX;
    for (int64_t k = 0; k < levels->degrees; k++)
        if (!(levels->multiplicity[k] <= most && levels->eigenvalue[k] <= most))
            return ntk_fail(NTK_ERR_OVERFLOW,
                            "%s: level %lld is too large for levels' dtype; ntk_theory_multiplicities gives logarithms",
                            function, (long long)k);
    for (int64_t k = 0; k < levels->degrees; k++) {
        ntk_put(out->data, out->dtype, k * out->stride + NTK_LEVEL_EIGENVALUE, levels->eigenvalue[k]);
        ntk_put(out->data, out->dtype, k * out->stride + NTK_LEVEL_MULTIPLICITY, levels->multiplicity[k]);
    }
    return NTK_OK;
}

ntk_status ntk_theory_kernel_levels(const ntk_kernel *kernel, const ntk_matrix *levels, int64_t d)
{
    NTK_REQUIRE(kernel);
    NTK_TRY(ntk_output_check(levels, __func__, "levels"));
    NTK_TRY(ntk_sphere_degrees_check(levels, NTK_LEVEL_COLUMNS, __func__, "levels"));
    NTK_TRY(ntk_levels_check(kernel, d, __func__));
    ntk_levels found;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, kernel->base.context);
    ntk_work_stage(&work, "levels of a kernel", 1, 0, 1);
    NTK_TRY(ntk_levels_find(&found, &lane, kernel, d, levels->rows, __func__));
    ntk_status status = write(levels, &found, __func__);
    ntk_free(work.context, found.share);
    return status;
}
