#include "activation/activation.h"

#include "core/options.h"
#include "core/status.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

_Static_assert(sizeof(ntk_activation_options) == 40 && offsetof(ntk_activation_options, slope) == 8 &&
                   offsetof(ntk_activation_options, scale) == 16 && offsetof(ntk_activation_options, frequency) == 24 &&
                   offsetof(ntk_activation_options, phase) == 32,
               "the layout of ntk_activation_options is frozen");

/* slope 0 of a leaky ReLU */
static const double DEFAULT_SLOPE = 0.01;

static ntk_status check_number(double value, const char *name, bool allowed)
{
    if (!isfinite(value))
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: %s is %g, expected a finite number", name, value);
    if (value != 0 && !allowed)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: %s is %g, but this kind of activation has none", name, value);
    return NTK_OK;
}

static ntk_status check_options(int32_t kind, const ntk_activation_options *options)
{
    if (kind < NTK_RELU || kind > NTK_EXP)
        return ntk_fail(NTK_ERR_OPTION, "ntk_activation_create: kind is %d, which is no known activation", kind);
    NTK_TRY(check_number(options->slope, "slope", kind == NTK_LEAKY_RELU));
    NTK_TRY(check_number(options->scale, "scale", true));
    NTK_TRY(check_number(options->frequency, "frequency", true));
    return check_number(options->phase, "phase", kind == NTK_SIN || kind == NTK_COS);
}

ntk_status ntk_activation_create(ntk_context *context, ntk_activation **activation, int32_t kind,
                                 const ntk_activation_options *options)
{
    ntk_activation_options own;
    NTK_REQUIRE(activation);
    *activation = NULL;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_options_read(&own, sizeof own, sizeof own, options, "ntk_activation_options"));
    NTK_TRY(check_options(kind, &own));
    double slope = own.slope != 0 ? own.slope : DEFAULT_SLOPE;
    const struct {
        ntk_family family;
        double below, above, at_zero;
    } forms[] = {
        [NTK_RELU] = {NTK_FAMILY_SLOPES, 0, 1, 0},  [NTK_LEAKY_RELU] = {NTK_FAMILY_SLOPES, slope, 1, slope},
        [NTK_ABS] = {NTK_FAMILY_SLOPES, -1, 1, 0},  [NTK_STEP] = {NTK_FAMILY_LEVELS, 0, 1, 0},
        [NTK_SIGN] = {NTK_FAMILY_LEVELS, -1, 1, 0}, [NTK_IDENTITY] = {NTK_FAMILY_SLOPES, 1, 1, 1},
        [NTK_ERF] = {NTK_FAMILY_ERF, 0, 0, 0},      [NTK_GELU] = {NTK_FAMILY_GELU, 0, 0, 0},
        [NTK_SIN] = {NTK_FAMILY_WAVE, 0, 0, 0},     [NTK_COS] = {NTK_FAMILY_WAVE, 0, 0, 0},
        [NTK_EXP] = {NTK_FAMILY_EXP, 0, 0, 0},
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
    *activation = made;
    return NTK_OK;
}

void ntk_activation_destroy(ntk_activation *activation)
{
    ntk_release(activation);
}
