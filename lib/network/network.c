#include "network/network.h"

#include "core/matrix.h"
#include "core/options.h"
#include "core/status.h"
#include "network/draw.h"

#include <math.h>
#include <stddef.h>

_Static_assert(offsetof(ntk_network_options, inputs) == 8 && offsetof(ntk_network_options, hidden) == 16 &&
                   offsetof(ntk_network_options, seed) == 24 && offsetof(ntk_network_options, gamma) == 32 &&
                   offsetof(ntk_network_options, weight_scale) == 40 && offsetof(ntk_network_options, scaling) == 48 &&
                   offsetof(ntk_network_options, output_weights) == 52 && offsetof(ntk_network_options, hidden_law) == 56 &&
                   offsetof(ntk_network_options, antisymmetric) == 60 &&
                   offsetof(ntk_network_options, parameterization) == 64 && offsetof(ntk_network_options, reserved) == 68 &&
                   sizeof(ntk_network_options) == 72,
               "the layout of ntk_network_options is frozen");

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
    if (options->hidden < 1)
        return ntk_fail(NTK_ERR_OPTION, "%s: hidden is %lld, expected at least 1", function, (long long)options->hidden);
    if (options->antisymmetric && options->hidden % 2)
        return ntk_fail(NTK_ERR_OPTION, "%s: hidden is %lld, expected an even number since antisymmetric is set", function,
                        (long long)options->hidden);
    return NTK_OK;
}

static ntk_status check_scales(const ntk_network_options *options, const char *function)
{
    bool custom = options->scaling == NTK_SCALING_CUSTOM;
    if (custom && (!isfinite(options->gamma) || options->gamma == 0))
        return ntk_fail(NTK_ERR_OPTION, "%s: gamma is %g, expected a finite number other than 0", function, options->gamma);
    if (!custom && options->gamma != 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: gamma is %g, expected 0 unless scaling is NTK_SCALING_CUSTOM", function,
                        options->gamma);
    if (!isfinite(options->weight_scale) || options->weight_scale < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: weight_scale is %g, expected a positive number, or 0 for 1", function,
                        options->weight_scale);
    return NTK_OK;
}

static double gamma_of(const ntk_network_options *options)
{
    if (options->scaling == NTK_SCALING_CUSTOM) return options->gamma;
    return options->scaling == NTK_SCALING_NTK ? 1 / sqrt((double)options->hidden) : 1 / (double)options->hidden;
}

static void dispose(void *self)
{
    ntk_network *network = self;
    ntk_release((void *)(uintptr_t)network->weights);
}

/* The sentence of a draw that is too large. */
static ntk_status too_many(const ntk_network_options *options, int64_t networks, const char *function)
{
    if (networks == 1)
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %lld inputs and %lld hidden neurons have more parameters than can be addressed",
                        function, (long long)options->inputs, (long long)options->hidden);
    return ntk_fail(NTK_ERR_OVERFLOW,
                    "%s: networks is %lld, which with %lld inputs and %lld hidden neurons makes more parameters than can "
                    "be addressed",
                    function, (long long)networks, (long long)options->inputs, (long long)options->hidden);
}

static double weight_scale_of(const ntk_network_options *options)
{
    return options->weight_scale != 0 ? options->weight_scale : 1;
}

static ntk_status make_weights(ntk_context *context, ntk_weights **weights, const ntk_activation *activation,
                               const ntk_network_options *options, int64_t networks, const char *function)
{
    double s = weight_scale_of(options) / sqrt((double)options->inputs);
    ntk_weights like = {.activation = activation, .inputs = options->inputs};
    if (__builtin_mul_overflow(options->hidden, networks, &like.hidden)) return too_many(options, networks, function);
    like.gamma = gamma_of(options) / sqrt((double)networks);
    like.input_factor = options->parameterization == NTK_PARAM_STANDARDISED ? s : 1;
    like.tangent_factor = like.gamma * s;
    ntk_status status = ntk_weights_create(context, weights, &like);
    return status == NTK_ERR_OVERFLOW ? too_many(options, networks, function) : status;
}

static ntk_draw draw_of(const ntk_network_options *options, int64_t networks, const char *function)
{
    bool standardised = options->parameterization == NTK_PARAM_STANDARDISED;
    double root = sqrt((double)options->inputs), s = weight_scale_of(options);
    return (ntk_draw){.seed = options->seed,
                      .networks = networks,
                      .scale = standardised ? 1 : s / root,
                      .radius = standardised ? root : s,
                      .hidden_law = options->hidden_law,
                      .output_weights = options->output_weights,
                      .antisymmetric = options->antisymmetric != 0,
                      .function = function};
}

ntk_status ntk_weights_of_options(ntk_context *context, ntk_weights **weights, const ntk_activation *activation,
                                  const ntk_network_options *options, int64_t networks, const char *function)
{
    ntk_network_options own;
    NTK_TRY(ntk_options_read(&own, sizeof own, 72, options, "ntk_network_options"));
    NTK_TRY(check_sizes(&own, function));
    NTK_TRY(check_choices(&own, function));
    NTK_TRY(check_scales(&own, function));
    NTK_TRY(make_weights(context, weights, activation, &own, networks, function));
    ntk_draw draw = draw_of(&own, networks, function);
    ntk_status status = ntk_weights_draw(context, *weights, &draw);
    if (status < 0) ntk_release(*weights);
    return status;
}

/* Takes over the caller's reference to weights. */
static ntk_status make_network(ntk_context *context, ntk_network **network, const ntk_weights *weights)
{
    ntk_network *made;
    ntk_status status = ntk_object_create(context, &made, sizeof *made, dispose, "a network");
    if (status < 0) {
        ntk_release((void *)(uintptr_t)weights);
        return status;
    }
    made->weights = weights;
    *network = made;
    return NTK_OK;
}

ntk_status ntk_network_create(ntk_context *context, ntk_network **network, const ntk_activation *activation,
                              const ntk_network_options *options)
{
    ntk_weights *weights;
    NTK_REQUIRE(network);
    *network = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(activation);
    NTK_REQUIRE(options);
    NTK_TRY(ntk_weights_of_options(context, &weights, activation, options, 1, __func__));
    return make_network(context, network, weights);
}

void ntk_network_destroy(ntk_network *network)
{
    ntk_release(network);
}

ntk_status ntk_network_copy(ntk_context *context, ntk_network **copy, const ntk_network *network)
{
    NTK_REQUIRE(copy);
    *copy = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(network);
    return make_network(context, copy, ntk_retain(network->weights));
}

int64_t ntk_network_size(const ntk_network *network, int32_t part)
{
    return network ? ntk_weights_size(network->weights, part) : -1;
}

/* theta must be a column of all parameters in double precision. */
static ntk_status check_theta(const ntk_network *network, const ntk_matrix *theta, const char *function)
{
    if (theta->dtype != NTK_F64) return ntk_fail(NTK_ERR_DTYPE, "%s: theta.dtype is NTK_F32, expected NTK_F64", function);
    return ntk_shape_check(theta, ntk_network_size(network, NTK_PART_BOTH), 1, function, "theta");
}

ntk_status ntk_network_parameters(const ntk_network *network, const ntk_matrix *theta)
{
    NTK_REQUIRE(network);
    NTK_TRY(ntk_output_check(theta, __func__, "theta"));
    NTK_TRY(check_theta(network, theta, __func__));
    double *out = theta->data;
    for (int64_t k = 0; k < theta->rows; k++) out[k * theta->stride] = network->weights->w[k];
    return NTK_OK;
}

ntk_status ntk_network_set_parameters(ntk_network *network, const ntk_matrix *theta)
{
    ntk_weights *weights;
    NTK_REQUIRE(network);
    NTK_TRY(ntk_input_check(theta, __func__, "theta"));
    NTK_TRY(check_theta(network, theta, __func__));
    NTK_TRY(ntk_finite_check(theta, __func__, "theta"));
    NTK_TRY(ntk_weights_create(network->base.context, &weights, network->weights));
    ntk_convert_matrix(weights->w, 1, NTK_F64, theta);
    ntk_weights_complete(weights);
    ntk_release((void *)(uintptr_t)network->weights);
    network->weights = weights;
    return NTK_OK;
}
