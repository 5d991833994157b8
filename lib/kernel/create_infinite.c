#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"
#include "kernel/deep.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_kernel_options, part) == 8 && offsetof(ntk_kernel_options, parameterization) == 12 &&
                   offsetof(ntk_kernel_options, weight_scale) == 16 && offsetof(ntk_kernel_options, bias_scale) == 24 &&
                   offsetof(ntk_kernel_options, output_weight_scale) == 32 &&
                   offsetof(ntk_kernel_options, output_bias_scale) == 40 && offsetof(ntk_kernel_options, layers) == 48 &&
                   offsetof(ntk_kernel_options, weight_scales) == 56 && offsetof(ntk_kernel_options, bias_scales) == 64 &&
                   offsetof(ntk_kernel_options, layer_rates) == 72 && sizeof(ntk_kernel_options) == 80,
               "the layout of ntk_kernel_options is frozen");

static ntk_status check_scale(double scale, const char *name)
{
    if (isfinite(scale) && scale >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "ntk_kernel_create_infinite: %s is %g, expected a finite number that is not negative", name,
                    scale);
}

static ntk_status check_scales(const double *scales, int64_t count, const char *name)
{
    for (int64_t l = 0; scales && l < count; l++)
        if (!(isfinite(scales[l]) && scales[l] >= 0))
            return ntk_fail(NTK_ERR_OPTION,
                            "ntk_kernel_create_infinite: %s[%lld] is %g, expected a finite number that is not negative", name,
                            (long long)l, scales[l]);
    return NTK_OK;
}

static ntk_status check_lecture(const ntk_kernel_options *options, const ntk_deep_scales *first)
{
    if (options->layers > 1)
        return ntk_fail(NTK_ERR_OPTION, "ntk_kernel_create_infinite: layers is %lld, expected 1 with NTK_PARAM_LECTURE",
                        (long long)options->layers);
    if (first->bias != 0)
        return ntk_fail(NTK_ERR_OPTION, "ntk_kernel_create_infinite: bias_scale is %g, expected 0 with NTK_PARAM_LECTURE",
                        first->bias);
    return NTK_OK;
}

static ntk_status check_options(const ntk_kernel_options *options)
{
    if (options->part < NTK_PART_BOTH || options->part > NTK_PART_NT)
        return ntk_fail(NTK_ERR_OPTION,
                        "ntk_kernel_create_infinite: part is %d, expected NTK_PART_BOTH, NTK_PART_RF or NTK_PART_NT",
                        options->part);
    if (options->parameterization < NTK_PARAM_DEFAULT || options->parameterization > NTK_PARAM_STANDARDISED)
        return ntk_fail(NTK_ERR_OPTION,
                        "ntk_kernel_create_infinite: parameterization is %d, expected NTK_PARAM_DEFAULT, NTK_PARAM_LECTURE or "
                        "NTK_PARAM_STANDARDISED",
                        options->parameterization);
    if (options->layers < 1 || options->layers > NTK_DEEP_MOST_LAYERS)
        return ntk_fail(NTK_ERR_OPTION, "ntk_kernel_create_infinite: layers is %lld, expected at most %d, or 0 for 1",
                        (long long)options->layers, NTK_DEEP_MOST_LAYERS);
    NTK_TRY(check_scale(options->weight_scale, "weight_scale"));
    NTK_TRY(check_scale(options->bias_scale, "bias_scale"));
    NTK_TRY(check_scale(options->output_weight_scale, "output_weight_scale"));
    NTK_TRY(check_scale(options->output_bias_scale, "output_bias_scale"));
    NTK_TRY(check_scales(options->weight_scales, options->layers, "weight_scales"));
    NTK_TRY(check_scales(options->bias_scales, options->layers, "bias_scales"));
    return check_scales(options->layer_rates, options->layers + 1, "layer_rates");
}

static double or_one(double scale)
{
    return scale != 0 ? scale : 1;
}

/* What is asked of hidden layer l. */
static ntk_deep_scales scales_of(const ntk_kernel_options *options, int64_t l)
{
    double rate = options->layer_rates ? options->layer_rates[l] : 1;
    return (ntk_deep_scales){.weight = or_one(options->weight_scales ? options->weight_scales[l] : options->weight_scale),
                             .bias = options->bias_scales ? options->bias_scales[l] : options->bias_scale,
                             .rate = options->part != NTK_PART_RF ? rate : 0};
}

static ntk_status create(ntk_context *context, ntk_kernel **kernel, const ntk_infinite *first,
                         const ntk_kernel_options *options)
{
    ntk_deep_scales *scales;
    if (options->layers == 1) return ntk_infinite_create(context, kernel, first);
    NTK_TRY(ntk_allocate(context, &scales, options->layers, sizeof *scales, "the layers' scales"));
    for (int64_t l = 0; l < options->layers; l++) scales[l] = scales_of(options, l);
    ntk_status status = ntk_deep_create(context, kernel, first, options->layers, scales);
    ntk_free(context, scales);
    return status;
}

ntk_status ntk_kernel_create_infinite(ntk_context *context, ntk_kernel **kernel, const ntk_activation *activation,
                                      const ntk_kernel_options *options)
{
    ntk_kernel_options own;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(activation);
    NTK_TRY(ntk_options_read(&own, sizeof own, sizeof own, options, "ntk_kernel_options"));
    if (own.layers == 0) own.layers = 1;
    NTK_TRY(check_options(&own));
    ntk_deep_scales scales = scales_of(&own, 0);
    if (own.parameterization == NTK_PARAM_LECTURE) NTK_TRY(check_lecture(&own, &scales));
    double rate = own.layer_rates ? own.layer_rates[own.layers] : 1;
    ntk_infinite first = {.activation = activation, .weight_scale = scales.weight, .bias_scale = scales.bias};
    first.output_scale = or_one(own.output_weight_scale) * fabs(activation->scale);
    first.rf = own.part != NTK_PART_NT ? rate : 0;
    first.nt = scales.rate;
    first.constant = first.rf * own.output_bias_scale * own.output_bias_scale;
    first.lecture = own.parameterization == NTK_PARAM_LECTURE;
    return create(context, kernel, &first, &own);
}
