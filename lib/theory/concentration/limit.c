#include "activation/activation.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "kernel/infinite.h"
#include "network/elements.h"
#include "theory/concentration/concentration.h"
#include "theory/sphere.h"
#include "theory/target/unit.h"

#include <math.h>
#include <ntk/target.h>

/* --- which it is --- */

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

/* --- of weights on the sphere --- */

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

/* Of weights that are uniform on the sphere, for samples of one length: zonal, of any activation. */
static ntk_status create_sphere(const ntk_concentration_setting *setting, const ntk_lane *lane, ntk_context *context,
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

/* --- making one --- */

ntk_status ntk_limit_create(const ntk_concentration_setting *setting, ntk_context *context, ntk_kernel **kernel)
{
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    options.part = setting->options.part;
    options.weight_scale = setting->options.weight_scale;
    if (is_infinite(setting)) return ntk_kernel_create_infinite(context, kernel, setting->activation, &options);
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "degrees of the limit", 1, 0, 1);
    return create_sphere(setting, &lane, context, kernel);
}

/* --- its memory --- */

static ntk_status matrix_memory(const ntk_kernel *kernel, const ntk_context *context, uint64_t *held, uint64_t *making,
                                int64_t n, int64_t d)
{
    ntk_gram_options packed = NTK_INIT(ntk_gram_options);
    uint64_t all = 0;
    packed.storage = NTK_STORAGE_PACKED;
    packed.dtype = NTK_F64;
    NTK_TRY(ntk_gram_memory(context, &all, kernel, n, d, &packed));
    NTK_TRY(ntk_symmetric_memory(held, NTK_STORAGE_PACKED, NTK_F64, n));
    NTK_TRY(ntk_sample_set_memory(kernel, held, NTK_F64, n, d, n));
    *making = ntk_most_bytes(*making, all);
    return NTK_OK;
}

static ntk_status infinite_memory(const ntk_concentration_setting *setting, const ntk_context *context, uint64_t *held,
                                  uint64_t *making, int64_t n, int64_t d)
{
    int32_t part = setting->options.part;
    ntk_infinite shape;
    const ntk_infinite values = {
        .activation = setting->activation, .weight_scale = 1, .rf = part != NTK_PART_NT, .nt = part != NTK_PART_RF};
    ntk_infinite_shape(&shape, &values);
    return matrix_memory(&shape.base, context, held, making, n, d);
}

/* What samples hold does not depend on the number of degrees, and tiles are the smaller, the more there are. */
static ntk_status sphere_memory(ntk_context *own, const ntk_context *context, uint64_t *held, uint64_t *making, int64_t n,
                                int64_t d)
{
    const double one = 1;
    const ntk_matrix shares = ntk_matrix_const_f64(&one, 1, 1);
    uint64_t degrees = 0;
    ntk_kernel *kernel;
    NTK_TRY(ntk_need(&degrees, 2 * DEGREES + 1, sizeof(double)));
    NTK_TRY(ntk_sphere_expand_memory(&degrees, d, DEGREES));
    *making = ntk_most_bytes(*making, degrees);
    NTK_TRY(ntk_need(held, 1 + 3 * (DEGREES + 1), sizeof(double)));
    NTK_TRY(ntk_kernel_create_zonal(own, &kernel, &shares, d));
    ntk_status status = matrix_memory(kernel, context, held, making, n, d);
    ntk_kernel_destroy(kernel);
    return status;
}

ntk_status ntk_limit_memory(const ntk_concentration_setting *setting, ntk_context *own, const ntk_context *context,
                            uint64_t *held, uint64_t *making, int64_t n, int64_t d)
{
    const ntk_kernel *given = setting->options.limit;
    if (given) return matrix_memory(given, context, held, making, n, d);
    if (is_infinite(setting)) return infinite_memory(setting, context, held, making, n, d);
    return sphere_memory(own, context, held, making, n, d);
}
