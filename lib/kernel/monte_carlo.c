#include "core/status.h"
#include "kernel/finite.h"
#include "network/network.h"

static ntk_status check_arguments(int64_t networks, int32_t part)
{
    if (networks < 1)
        return ntk_fail(NTK_ERR_OPTION, "ntk_kernel_create_monte_carlo: networks is %lld, expected at least 1",
                        (long long)networks);
    if (part < NTK_PART_BOTH || part > NTK_PART_NT)
        return ntk_fail(NTK_ERR_OPTION,
                        "ntk_kernel_create_monte_carlo: part is %d, expected NTK_PART_BOTH, NTK_PART_RF or NTK_PART_NT", part);
    return NTK_OK;
}

ntk_status ntk_kernel_create_monte_carlo(ntk_context *context, ntk_kernel **kernel, const ntk_activation *activation,
                                         int64_t networks, int32_t part, const ntk_network_options *options)
{
    ntk_weights *weights;
    ntk_features *features;
    NTK_REQUIRE(kernel);
    *kernel = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(activation);
    NTK_REQUIRE(options);
    NTK_TRY(check_arguments(networks, part));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    NTK_TRY(ntk_weights_of_networks(&lane, &weights, activation, options, networks, __func__));
    ntk_status status = ntk_features_of_weights(context, &features, weights, part);
    ntk_release(weights);
    NTK_TRY(status);
    status = ntk_finite_create(context, kernel, features, networks);
    ntk_release(features);
    return status;
}
