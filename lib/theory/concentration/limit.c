#include "activation/activation.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"
#include "network/elements.h"
#include "theory/concentration/concentration.h"
#include "theory/target/unit.h"

#include <math.h>
#include <ntk/target.h>

/* Of sigma and sigma'; t sigma' has one more. */
enum { DEGREES = 2047 };

/* Samples of one length may differ by so much of it. */
static const double SAME_LENGTH = 1e-6;

/* What the last degrees may have together, of all, to be left out. */
static const double NOTHING = 1e-15;

/* shares  of degrees 0 to DEGREES
 * length  of the samples, times the weights', over sqrt(d) */
typedef struct zonal_limit {
    const ntk_concentration_setting *setting;
    const ntk_lane *lane;
    double *shares, *parts;
    double length;
} zonal_limit;

/* Adds scale times E[f(<u, x>) f(<u, x'>)], f = sigma (order 0), or t times that of f = sigma' (order 1), u uniform: of degree k it has
 * f's energy.  What no degree has goes to the last, which samples that are apart do not see. */
static ntk_status add(const zonal_limit *of, int order, double scale)
{
    int64_t d = of->setting->x->cols;
    const ntk_unit unit = {
        .activation = of->setting->activation, .length = of->length, .law = NTK_INPUTS_SPHERE, .d = d, .order = order};
    double rest;
    NTK_TRY(ntk_unit_degrees(&unit, of->lane, of->parts, DEGREES, &rest, of->setting->function));
    for (int64_t k = 0; k < DEGREES; k++) rest -= of->parts[k] * of->parts[k];
    for (int64_t k = 0; k < DEGREES; k++) {
        double share = scale * (of->parts[k] * of->parts[k] + (k + 1 == DEGREES && d > 1 ? fmax(0, rest) : 0));
        /* t Q_k = up Q_(k + 1) + (1 - up) Q_(k - 1) */
        double up = k > 0 ? (double)(k + d - 2) / (double)(2 * k + d - 2) : 1;
        if (order == 0) {
            of->shares[k] += share;
        } else {
            of->shares[k + 1] += up * share;
            if (k > 0) of->shares[k - 1] += (1 - up) * share;
        }
    }
    return NTK_OK;
}

static ntk_status find_length(const ntk_concentration_setting *setting, double *length)
{
    const ntk_matrix *x = setting->x;
    double least = INFINITY, most = 0;
    for (int64_t i = 0; i < x->rows; i++) {
        double norm = sqrt(ntk_dot(x->dtype, ntk_row(x, i), ntk_row(x, i), x->cols));
        least = fmin(least, norm);
        most = fmax(most, norm);
    }
    *length = most;
    if (least >= (1 - SAME_LENGTH) * most) return NTK_OK;
    return ntk_fail(
        NTK_ERR_UNSUPPORTED,
        "%s: with hidden_law NTK_HIDDEN_SPHERE the limit of this activation is known for samples of one length, these have "
        "lengths from %g to %g; scale them, or give a limit",
        setting->function, least, most);
}

static ntk_status create(const zonal_limit *of, ntk_context *context, ntk_kernel **kernel)
{
    int64_t count = DEGREES + 1;
    double all = 0, left_out = 0;
    for (int64_t k = 0; k < count; k++) all += of->shares[k];
    for (; count > 1 && left_out + of->shares[count - 1] <= NOTHING * all; count--) left_out += of->shares[count - 1];
    const ntk_matrix shares = ntk_matrix_const_f64(of->shares, count, 1);
    return ntk_kernel_create_zonal(context, kernel, &shares, of->setting->x->cols);
}

static ntk_status find_shares(const zonal_limit *of)
{
    int32_t part = of->setting->options.part;
    for (int64_t k = 0; k <= DEGREES; k++) of->shares[k] = 0;
    if (part != NTK_PART_NT) NTK_TRY(add(of, 0, 1));
    return part != NTK_PART_RF ? add(of, 1, of->length * of->length) : NTK_OK;
}

ntk_status ntk_sphere_limit_create(const ntk_concentration_setting *setting, const ntk_lane *lane, ntk_context *context,
                                   ntk_kernel **kernel)
{
    double scale = setting->options.weight_scale;
    zonal_limit of = {.setting = setting, .lane = lane};
    NTK_TRY(find_length(setting, &of.length));
    of.length *= (scale > 0 ? scale : 1) / sqrt((double)setting->x->cols);
    NTK_TRY(ntk_allocate(context, &of.shares, 2 * DEGREES + 1, sizeof *of.shares, "degrees of a kernel"));
    of.parts = of.shares + DEGREES + 1;
    ntk_status status = find_shares(&of);
    if (status >= 0) status = create(&of, context, kernel);
    ntk_free(context, of.shares);
    return status;
}
