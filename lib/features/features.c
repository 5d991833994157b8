#include "features/features.h"

#include "activation/activation.h"
#include "core/status.h"
#include "network/network.h"

#include <math.h>
#include <string.h>

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

/* Root mean square over outputs of a_oi. */
static double mean_weight(const ntk_weights *weights, int64_t neuron)
{
    double most = 0, sum = 0;
    for (int64_t o = 0; o < weights->outputs; o++) most = fmax(most, fabs(weights->a[o * weights->hidden + neuron]));
    for (int64_t o = 0; o < weights->outputs && most > 0; o++) {
        double part = weights->a[o * weights->hidden + neuron] / most;
        sum += part * part;
    }
    return most * sqrt(sum / (double)weights->outputs);
}

/* The network of one output whose kernel is the mean over the outputs of one hidden layer. */
static ntk_status of_one_output(ntk_context *context, ntk_weights **one, const ntk_weights *weights)
{
    ntk_weights like = *weights;
    if (weights->layers > 1)
        return ntk_fail(NTK_ERR_UNSUPPORTED,
                        "ntk_features_create: the network has %lld outputs and %lld hidden layers, expected one output or one "
                        "hidden layer in this version",
                        (long long)weights->outputs, (long long)weights->layers);
    like.outputs = 1;
    NTK_TRY(ntk_weights_create(context, one, &like));
    memset((*one)->w, 0, (size_t)(*one)->size * sizeof(double));
    memcpy((*one)->w, weights->w, (size_t)ntk_weights_size(weights, NTK_PART_NT) * sizeof(double));
    for (int64_t i = 0; i < weights->hidden; i++) (*one)->a[i] = mean_weight(weights, i);
    ntk_weights_complete(*one);
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
    if (network->weights->outputs == 1) return ntk_features_of_weights(context, features, network->weights, part);
    ntk_weights *one;
    NTK_TRY(of_one_output(context, &one, network->weights));
    ntk_status status = ntk_features_of_weights(context, features, one, part);
    ntk_release(one);
    return status;
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
