#include "network/network.h"

#include "core/matrix.h"
#include "core/status.h"

static void dispose(void *self)
{
    ntk_network *network = self;
    ntk_release((void *)(uintptr_t)network->weights);
}

ntk_status ntk_network_of_weights(ntk_context *context, ntk_network **network, const ntk_weights *weights)
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
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    NTK_TRY(ntk_weights_of_options(&lane, &weights, activation, options, __func__));
    return ntk_network_of_weights(context, network, weights);
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
    return ntk_network_of_weights(context, copy, ntk_retain(network->weights));
}

int64_t ntk_network_size(const ntk_network *network, int32_t part)
{
    return network ? ntk_weights_size(network->weights, part) : -1;
}

int64_t ntk_network_outputs(const ntk_network *network)
{
    return network ? network->weights->outputs : -1;
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
