#include "core/options.h"

#include "core/memory.h"
#include "core/status.h"
#include "network/draw.h"
#include "network/network.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

_Static_assert(offsetof(ntk_network_options, inputs) == 8 && offsetof(ntk_network_options, hidden) == 16 &&
                   offsetof(ntk_network_options, seed) == 24 && offsetof(ntk_network_options, gamma) == 32 &&
                   offsetof(ntk_network_options, weight_scale) == 40 && offsetof(ntk_network_options, scaling) == 48 &&
                   offsetof(ntk_network_options, output_weights) == 52 && offsetof(ntk_network_options, hidden_law) == 56 &&
                   offsetof(ntk_network_options, antisymmetric) == 60 &&
                   offsetof(ntk_network_options, parameterization) == 64 && offsetof(ntk_network_options, reserved) == 68 &&
                   offsetof(ntk_network_options, layers) == 72 && offsetof(ntk_network_options, widths) == 80 &&
                   offsetof(ntk_network_options, weight_scales) == 88 && offsetof(ntk_network_options, bias_scales) == 96 &&
                   offsetof(ntk_network_options, bias_scale) == 104 &&
                   offsetof(ntk_network_options, output_weight_scale) == 112 &&
                   offsetof(ntk_network_options, output_bias_scale) == 120 && offsetof(ntk_network_options, outputs) == 128 &&
                   sizeof(ntk_network_options) == 136,
               "the layout of ntk_network_options is frozen");

/* The end of the first version's struct. */
enum { LEAST_SIZE = 72 };

/* --- what options mean --- */

static double or_one(double scale)
{
    return scale != 0 ? scale : 1;
}

static int64_t width_of(const ntk_network_options *options, int64_t layer)
{
    return options->widths ? options->widths[layer] : options->hidden;
}

static double bias_of(const ntk_network_options *options, int64_t layer)
{
    return options->bias_scales ? options->bias_scales[layer] : options->bias_scale;
}

static double scale_of(const ntk_network_options *options, int64_t layer)
{
    return or_one(options->weight_scales ? options->weight_scales[layer] : options->weight_scale);
}

/* One hidden layer without biases there: what the lecture's parameterization allows. */
static bool is_lecture_shaped(const ntk_network_options *options)
{
    return options->layers == 1 && bias_of(options, 0) == 0;
}

static bool is_standardised(const ntk_network_options *options)
{
    return options->parameterization == NTK_PARAM_STANDARDISED || !is_lecture_shaped(options);
}

/* --- checks --- */

static ntk_status check_range(int32_t value, int32_t last, const char *function, const char *name, const char *expected)
{
    if (value >= 0 && value <= last) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %d, expected %s", function, name, value, expected);
}

static ntk_status check_choices(const ntk_network_options *options, const char *function)
{
    NTK_TRY(check_range(options->scaling, NTK_SCALING_CUSTOM, function, "scaling",
                        "NTK_SCALING_NTK, NTK_SCALING_MEAN_FIELD or NTK_SCALING_CUSTOM"));
    NTK_TRY(check_range(options->output_weights, NTK_OUTPUT_ZERO, function, "output_weights",
                        "NTK_OUTPUT_SIGNS, NTK_OUTPUT_GAUSSIAN or NTK_OUTPUT_ZERO"));
    NTK_TRY(check_range(options->hidden_law, NTK_HIDDEN_SPHERE, function, "hidden_law",
                        "NTK_HIDDEN_GAUSSIAN or NTK_HIDDEN_SPHERE"));
    NTK_TRY(check_range(options->parameterization, NTK_PARAM_STANDARDISED, function, "parameterization",
                        "NTK_PARAM_DEFAULT, NTK_PARAM_LECTURE or NTK_PARAM_STANDARDISED"));
    return check_range(options->reserved, 0, function, "reserved", "0");
}

static ntk_status check_sizes(const ntk_network_options *options, const char *function)
{
    if (options->inputs < 1)
        return ntk_fail(NTK_ERR_OPTION, "%s: inputs is %lld, expected at least 1", function, (long long)options->inputs);
    if (options->layers < 1 || options->layers > NTK_MOST_LAYERS)
        return ntk_fail(NTK_ERR_OPTION, "%s: layers is %lld, expected at most %d, or 0 for 1", function,
                        (long long)options->layers, NTK_MOST_LAYERS);
    if (options->hidden < 1 && !(options->widths && options->hidden == 0))
        return ntk_fail(NTK_ERR_OPTION, "%s: hidden is %lld, expected at least 1", function, (long long)options->hidden);
    if (options->outputs < 1)
        return ntk_fail(NTK_ERR_OPTION, "%s: outputs is %lld, expected at least 1, or 0 for 1", function,
                        (long long)options->outputs);
    for (int64_t l = 0; options->widths && l < options->layers; l++)
        if (options->widths[l] < 1)
            return ntk_fail(NTK_ERR_OPTION, "%s: widths[%lld] is %lld, expected at least 1", function, (long long)l,
                            (long long)options->widths[l]);
    return NTK_OK;
}

static ntk_status check_scale(double scale, const char *function, const char *name)
{
    if (isfinite(scale) && scale >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: %s is %g, expected a finite number that is not negative", function, name, scale);
}

static ntk_status check_each(const double *scales, int64_t count, const char *function, const char *name)
{
    for (int64_t l = 0; scales && l < count; l++)
        if (!(isfinite(scales[l]) && scales[l] >= 0))
            return ntk_fail(NTK_ERR_OPTION, "%s: %s[%lld] is %g, expected a finite number that is not negative", function, name,
                            (long long)l, scales[l]);
    return NTK_OK;
}

static ntk_status check_gamma(const ntk_network_options *options, const char *function)
{
    bool custom = options->scaling == NTK_SCALING_CUSTOM;
    if (custom && (!isfinite(options->gamma) || options->gamma == 0))
        return ntk_fail(NTK_ERR_OPTION, "%s: gamma is %g, expected a finite number other than 0", function, options->gamma);
    if (!custom && options->gamma != 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: gamma is %g, expected 0 unless scaling is NTK_SCALING_CUSTOM", function,
                        options->gamma);
    return NTK_OK;
}

static ntk_status check_scales(const ntk_network_options *options, const char *function)
{
    NTK_TRY(check_gamma(options, function));
    NTK_TRY(check_scale(options->weight_scale, function, "weight_scale"));
    NTK_TRY(check_scale(options->bias_scale, function, "bias_scale"));
    NTK_TRY(check_scale(options->output_weight_scale, function, "output_weight_scale"));
    NTK_TRY(check_scale(options->output_bias_scale, function, "output_bias_scale"));
    NTK_TRY(check_each(options->weight_scales, options->layers, function, "weight_scales"));
    return check_each(options->bias_scales, options->layers, function, "bias_scales");
}

/* What goes with what. */
static ntk_status check_shape(const ntk_network_options *options, const char *function)
{
    int64_t hidden = width_of(options, 0);
    if (options->parameterization == NTK_PARAM_LECTURE && options->layers > 1)
        return ntk_fail(NTK_ERR_OPTION, "%s: parameterization is %d, NTK_PARAM_LECTURE, which has 1 for layers; it is %lld",
                        function, options->parameterization, (long long)options->layers);
    if (options->parameterization == NTK_PARAM_LECTURE && bias_of(options, 0) != 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: parameterization is %d, NTK_PARAM_LECTURE, which has 0 for bias_scale; it is %g",
                        function, options->parameterization, bias_of(options, 0));
    if (!options->antisymmetric) return NTK_OK;
    if (!is_lecture_shaped(options) || options->output_bias_scale != 0)
        return ntk_fail(NTK_ERR_UNSUPPORTED,
                        "%s: antisymmetric is %d, but such networks have one hidden layer and no biases in "
                        "this version",
                        function, options->antisymmetric);
    if (hidden % 2)
        return ntk_fail(NTK_ERR_OPTION, "%s: hidden is %lld, expected an even number since antisymmetric is set", function,
                        (long long)hidden);
    return NTK_OK;
}

static ntk_status check(const ntk_network_options *options, const char *function)
{
    NTK_TRY(check_sizes(options, function));
    NTK_TRY(check_choices(options, function));
    NTK_TRY(check_scales(options, function));
    return check_shape(options, function);
}

/* --- the block --- */

/* The sentence of a draw that is too large. */
static ntk_status too_many(const ntk_network_options *options, int64_t networks, const char *function)
{
    char many[64] = "", outputs[64] = "";
    const char *unit = options->layers == 1 ? "hidden neurons" : "hidden layers";
    int64_t size = options->layers == 1 ? width_of(options, 0) : options->layers;
    if (networks > 1) snprintf(many, sizeof many, "networks is %lld, which with ", (long long)networks);
    if (options->outputs > 1) snprintf(outputs, sizeof outputs, "%lld outputs, ", (long long)options->outputs);
    return ntk_fail(NTK_ERR_OVERFLOW, "%s: %s%s%lld inputs and %lld %s %s more parameters than can be addressed", function,
                    many, outputs, (long long)options->inputs, (long long)size, unit, networks > 1 ? "makes" : "have");
}

static double gamma_of(const ntk_network_options *options)
{
    double hidden = (double)width_of(options, options->layers - 1), scale = or_one(options->output_weight_scale);
    if (options->scaling == NTK_SCALING_CUSTOM) return options->gamma * scale;
    return (options->scaling == NTK_SCALING_NTK ? 1 / sqrt(hidden) : 1 / hidden) * scale;
}

static ntk_layer layer_of(const ntk_network_options *options, int64_t layer)
{
    ntk_layer made = {.inputs = layer ? width_of(options, layer - 1) : options->inputs};
    made.neurons = width_of(options, layer);
    made.tangent = scale_of(options, layer) / sqrt((double)made.inputs);
    made.factor = is_standardised(options) ? made.tangent : 1;
    made.bias = bias_of(options, layer);
    return made;
}

static ntk_status make_weights(ntk_context *context, ntk_weights **weights, const ntk_activation *activation,
                               const ntk_network_options *options, int64_t networks, const char *function)
{
    ntk_layer *layer;
    ntk_weights like = {.activation = activation, .layers = options->layers, .networks = networks};
    like.outputs = options->outputs;
    like.gamma = gamma_of(options) / sqrt((double)networks);
    like.output_bias = options->output_bias_scale / sqrt((double)networks);
    NTK_TRY(ntk_allocate(context, &layer, options->layers, sizeof *layer, "the network's layers"));
    for (int64_t l = 0; l < options->layers; l++) layer[l] = layer_of(options, l);
    like.layer = layer;
    ntk_status status = ntk_weights_create(context, weights, &like);
    ntk_free(context, layer);
    return status == NTK_ERR_OVERFLOW ? too_many(options, networks, function) : status;
}

/* The caller's options with their defaults, checked. */
static ntk_status read_options(ntk_network_options *own, const ntk_network_options *options, const char *function)
{
    NTK_TRY(ntk_options_read(own, sizeof *own, LEAST_SIZE, options, "ntk_network_options"));
    if (own->layers == 0) own->layers = 1;
    if (own->outputs == 0) own->outputs = 1;
    return check(own, function);
}

static ntk_status draw(const ntk_lane *lane, ntk_weights **weights, const ntk_activation *activation,
                       const ntk_network_options *options, int64_t networks, const char *function)
{
    ntk_draw asked = {.seed = options->seed, .hidden_law = options->hidden_law, .output_weights = options->output_weights};
    asked.lecture = is_standardised(options) ? 0 : scale_of(options, 0);
    asked.antisymmetric = options->antisymmetric != 0;
    asked.function = function;
    NTK_TRY(make_weights(lane->work->context, weights, activation, options, networks, function));
    ntk_status status = ntk_weights_draw(lane, *weights, &asked);
    if (status < 0) ntk_release(*weights);
    return status;
}

ntk_status ntk_weights_of_options(const ntk_lane *lane, ntk_weights **weights, const ntk_activation *activation,
                                  const ntk_network_options *options, const char *function)
{
    ntk_network_options own;
    NTK_TRY(read_options(&own, options, function));
    return draw(lane, weights, activation, &own, 1, function);
}

ntk_status ntk_weights_of_networks(const ntk_lane *lane, ntk_weights **weights, const ntk_activation *activation,
                                   const ntk_network_options *options, int64_t networks, const char *function)
{
    ntk_network_options own;
    NTK_TRY(read_options(&own, options, function));
    if (own.outputs > 1)
        return ntk_fail(NTK_ERR_UNSUPPORTED, "%s: outputs is %lld, expected 1 for a kernel in this version", function,
                        (long long)own.outputs);
    return draw(lane, weights, activation, &own, networks, function);
}
