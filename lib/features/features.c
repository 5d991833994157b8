#include "features/features.h"

#include "activation/activation.h"
#include "core/status.h"
#include "network/network.h"

static void dispose(void *self)
{
    ntk_features *features = self;
    ntk_release((void *)(uintptr_t)features->weights);
}

ntk_status ntk_features_of_weights(ntk_context *context, ntk_features **features, const ntk_weights *weights, int32_t part)
{
    ntk_features *made;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a feature map"));
    made->weights = ntk_retain(weights);
    made->part = part;
    made->size = ntk_weights_size(weights, part);
    *features = made;
    return NTK_OK;
}

ntk_status ntk_features_create(ntk_context *context, ntk_features **features, const ntk_network *network, int32_t part)
{
    NTK_REQUIRE(features);
    *features = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(network);
    if (ntk_weights_size(network->weights, part) < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: part is %d, expected NTK_PART_BOTH, NTK_PART_RF or NTK_PART_NT", __func__, part);
    return ntk_features_of_weights(context, features, network->weights, part);
}

bool ntk_features_differentiable(const ntk_features *features)
{
    return !ntk_features_has(features, NTK_PART_NT) || ntk_activation_has_second(features->weights->activation);
}

void ntk_features_destroy(ntk_features *features)
{
    ntk_release(features);
}

int64_t ntk_features_size(const ntk_features *features)
{
    return features ? features->size : -1;
}
