#include "activation/activation.h"

#include "core/options.h"
#include "core/status.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

_Static_assert(sizeof(ntk_activation_options) == 72 && offsetof(ntk_activation_options, slope) == 8 &&
                   offsetof(ntk_activation_options, scale) == 16 && offsetof(ntk_activation_options, frequency) == 24 &&
                   offsetof(ntk_activation_options, phase) == 32 && offsetof(ntk_activation_options, shift) == 40 &&
                   offsetof(ntk_activation_options, offset) == 48 && offsetof(ntk_activation_options, accuracy) == 56 &&
                   offsetof(ntk_activation_options, degree) == 64 && offsetof(ntk_activation_options, reserved) == 68,
               "the layout of ntk_activation_options is frozen");

/* slope 0 of a leaky ReLU */
static const double DEFAULT_SLOPE = 0.01;

static const double DEFAULT_ACCURACY = 1e-12;

/* 64! and what it is divided by are far from overflow. */
enum { DEFAULT_DEGREE = 2, MOST_DEGREE = 64 };

/* The end of the first version's options. */
enum { FIRST_OPTIONS = 40 };

static ntk_status check_number(double value, const char *name, bool allowed)
{
    if (!isfinite(value))
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: %s is %g, expected a finite number", name, value);
    if (value != 0 && !allowed)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: %s is %g, but this kind of activation has none", name, value);
    return NTK_OK;
}

ntk_status ntk_activation_accuracy(double *accuracy, double asked, const char *function)
{
    if (!(asked >= 0 && asked < 1))
        return ntk_fail(NTK_ERR_OPTION, "%s: accuracy is %g, expected at least 0 and less than 1", function, asked);
    *accuracy = asked != 0 ? asked : DEFAULT_ACCURACY;
    return NTK_OK;
}

static ntk_status check_degree(int32_t kind, int32_t degree)
{
    if (degree != 0 && kind != NTK_MONOMIAL && kind != NTK_HERMITE)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: degree is %d, but this kind of activation has none", degree);
    if (degree < 0 || degree > MOST_DEGREE)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: degree is %d, expected 1 to %d, or 0 for %d", degree,
                        MOST_DEGREE, DEFAULT_DEGREE);
    return NTK_OK;
}

static ntk_status check_options(int32_t kind, const ntk_activation_options *options)
{
    if (kind < NTK_RELU || kind > NTK_SILU)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: kind is %d, which is no known activation", kind);
    NTK_TRY(check_number(options->slope, "slope", kind == NTK_LEAKY_RELU));
    NTK_TRY(check_number(options->scale, "scale", true));
    NTK_TRY(check_number(options->frequency, "frequency", true));
    NTK_TRY(check_number(options->phase, "phase", kind == NTK_SIN || kind == NTK_COS));
    NTK_TRY(check_number(options->shift, "shift", true));
    NTK_TRY(check_number(options->offset, "offset", true));
    if (options->reserved != 0)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: reserved is %d, expected 0", options->reserved);
    return check_degree(kind, options->degree);
}

/* A shift that phase, scale or offset can stand for is taken by them, so that the closed forms serve. */
static ntk_status fold_shift(ntk_activation *made)
{
    double shift = made->shift;
    if (made->family == NTK_FAMILY_WAVE) {
        made->phase += shift;
    } else if (made->family == NTK_FAMILY_EXP) {
        made->scale *= exp(shift);
    } else if (made->family == NTK_FAMILY_SLOPES && made->below == made->above) {
        made->offset += made->scale * made->above * shift;
    } else {
        return NTK_OK;
    }
    made->shift = 0;
    if (isfinite(made->phase) && isfinite(made->scale) && isfinite(made->offset)) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: shift is %g, which is too large with the other options", shift);
}

ntk_route ntk_activation_route(const ntk_activation *activation)
{
    ntk_family family = activation->family;
    bool kinked = family == NTK_FAMILY_SLOPES || family == NTK_FAMILY_LEVELS;
    if (family == NTK_FAMILY_MONOMIAL || family == NTK_FAMILY_HERMITE) return NTK_ROUTE_POLYNOMIAL;
    if (family == NTK_FAMILY_USER && activation->user.kink_count > 0) return NTK_ROUTE_PANELS;
    if (family <= NTK_FAMILY_EXP && activation->shift == 0) return NTK_ROUTE_CLOSED;
    return kinked ? NTK_ROUTE_PANELS : NTK_ROUTE_SERIES;
}

ntk_status ntk_activation_create(ntk_context *context, ntk_activation **activation, int32_t kind,
                                 const ntk_activation_options *options)
{
    ntk_activation_options own;
    NTK_REQUIRE(activation);
    *activation = NULL;
    NTK_REQUIRE(context);
    double accuracy = 0;
    NTK_TRY(ntk_options_read(&own, sizeof own, FIRST_OPTIONS, options, "ntk_activation_options"));
    NTK_TRY(check_options(kind, &own));
    NTK_TRY(ntk_activation_accuracy(&accuracy, own.accuracy, __func__));
    double slope = own.slope != 0 ? own.slope : DEFAULT_SLOPE;
    const struct {
        ntk_family family;
        double below, above, at_zero;
    } forms[] = {
        [NTK_RELU] = {NTK_FAMILY_SLOPES, 0, 1, 0},     [NTK_LEAKY_RELU] = {NTK_FAMILY_SLOPES, slope, 1, slope},
        [NTK_ABS] = {NTK_FAMILY_SLOPES, -1, 1, 0},     [NTK_STEP] = {NTK_FAMILY_LEVELS, 0, 1, 0},
        [NTK_SIGN] = {NTK_FAMILY_LEVELS, -1, 1, 0},    [NTK_IDENTITY] = {NTK_FAMILY_SLOPES, 1, 1, 1},
        [NTK_ERF] = {NTK_FAMILY_ERF, 0, 0, 0},         [NTK_GELU] = {NTK_FAMILY_GELU, 0, 0, 0},
        [NTK_SIN] = {NTK_FAMILY_WAVE, 0, 0, 0},        [NTK_COS] = {NTK_FAMILY_WAVE, 0, 0, 0},
        [NTK_EXP] = {NTK_FAMILY_EXP, 0, 0, 0},         [NTK_MONOMIAL] = {NTK_FAMILY_MONOMIAL, 0, 0, 0},
        [NTK_HERMITE] = {NTK_FAMILY_HERMITE, 0, 0, 0}, [NTK_TANH] = {NTK_FAMILY_TANH, 0, 0, 0},
        [NTK_SIGMOID] = {NTK_FAMILY_SIGMOID, 0, 0, 0}, [NTK_SOFTPLUS] = {NTK_FAMILY_SOFTPLUS, 0, 0, 0},
        [NTK_SILU] = {NTK_FAMILY_SILU, 0, 0, 0},
    };
    ntk_activation *made;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, NULL, "an activation"));
    made->kind = kind;
    made->family = forms[kind].family;
    made->below = forms[kind].below;
    made->above = forms[kind].above;
    made->at_zero = forms[kind].at_zero;
    made->phase = own.phase;
    made->cosine = kind == NTK_COS;
    made->scale = own.scale != 0 ? own.scale : 1;
    made->frequency = own.frequency != 0 ? own.frequency : 1;
    made->degree = own.degree != 0 ? own.degree : DEFAULT_DEGREE;
    made->shift = own.shift;
    made->offset = own.offset;
    made->accuracy = accuracy;
    ntk_status status = fold_shift(made);
    if (status < 0)
        ntk_release(made);
    else
        *activation = made;
    return status;
}

void ntk_activation_destroy(ntk_activation *activation)
{
    ntk_release(activation);
}
