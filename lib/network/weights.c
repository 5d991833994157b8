#include "network/weights.h"

#include "core/matrix.h"
#include "core/memory.h"
#include "core/status.h"

#include <string.h>

static void dispose(void *self)
{
    ntk_weights *weights = self;
    ntk_free(weights->base.context, weights->w);
    ntk_release((void *)(uintptr_t)weights->activation);
}

/* Finds each layer's place in a network's parameters. */
static ntk_status place_layers(ntk_layer *layer, int64_t layers, int64_t *count)
{
    int64_t before = 0, weights;
    *count = 0;
    for (int64_t l = 0; l < layers; l++) {
        layer[l].before = before;
        layer[l].weights = *count;
        if (__builtin_mul_overflow(layer[l].neurons, layer[l].inputs, &weights) ||
            __builtin_add_overflow(*count, weights, count) || __builtin_add_overflow(before, layer[l].neurons, &before))
            return NTK_ERR_OVERFLOW;
        layer[l].biases = *count;
        if (layer[l].bias != 0 && __builtin_add_overflow(*count, layer[l].neurons, count)) return NTK_ERR_OVERFLOW;
    }
    return NTK_OK;
}

/* The sizes of a block, and *total, the parameters in it. */
static ntk_status measure(ntk_weights *weights, ntk_layer *layer, int64_t *total)
{
    const ntk_layer *last = &layer[weights->layers - 1];
    int64_t output = last->neurons + (weights->output_bias != 0 ? 1 : 0);
    uint64_t bytes;
    NTK_TRY(place_layers(layer, weights->layers, &weights->size));
    weights->inputs = layer[0].inputs;
    weights->hidden = last->neurons;
    weights->plain = weights->layers == 1 && layer[0].bias == 0 && weights->output_bias == 0;
    if (__builtin_mul_overflow(output, weights->outputs, &output) ||
        __builtin_add_overflow(weights->size, output, &weights->size) ||
        __builtin_mul_overflow(weights->size, weights->networks, total) ||
        ntk_size_multiply(&bytes, *total, sizeof(double)) < 0)
        return NTK_ERR_OVERFLOW;
    if (!weights->plain) return NTK_OK;
    weights->size = *total;
    weights->hidden = last->neurons * weights->networks;
    return NTK_OK;
}

static void copy_properties(ntk_weights *made, const ntk_weights *like)
{
    made->activation = ntk_retain(like->activation);
    made->layers = like->layers;
    made->networks = like->networks;
    made->outputs = like->outputs;
    made->gamma = like->gamma;
    made->output_bias = like->output_bias;
    made->input_factor = like->layer[0].factor;
    made->tangent_factor = like->gamma * like->layer[0].tangent;
}

ntk_status ntk_weights_create(ntk_context *context, ntk_weights **weights, const ntk_weights *like)
{
    ntk_weights *made;
    size_t layers = (size_t)like->layers * sizeof *like->layer;
    int64_t count;
    *weights = NULL;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made + layers, dispose, "a network's parameters"));
    ntk_layer *layer = (ntk_layer *)(made + 1);
    memcpy(layer, like->layer, layers);
    made->layer = layer;
    copy_properties(made, like);
    ntk_status status = measure(made, layer, &count);
    if (status >= 0) status = ntk_allocate(context, &made->w, count, sizeof(double), "a network's parameters");
    if (status < 0) {
        ntk_release(made);
        return status;
    }
    made->a = made->w + made->size - ntk_weights_size(made, NTK_PART_RF);
    *weights = made;
    return NTK_OK;
}

void ntk_weights_complete(ntk_weights *weights)
{
    int64_t half = weights->hidden / 2 * weights->inputs;
    weights->mirrored =
        weights->plain && weights->hidden % 2 == 0 && memcmp(weights->w, weights->w + half, (size_t)half * sizeof(double)) == 0;
}

ntk_weights ntk_weights_of_network(const ntk_weights *block, int64_t network)
{
    ntk_weights one = {.activation = block->activation, .inputs = block->inputs, .layers = block->layers, .networks = 1};
    const ntk_layer *last = &block->layer[block->layers - 1];
    one.layer = block->layer;
    one.hidden = last->neurons;
    one.outputs = block->outputs;
    one.size = block->plain ? block->size / block->networks : block->size;
    one.gamma = block->gamma;
    one.output_bias = block->output_bias;
    one.input_factor = block->input_factor;
    one.tangent_factor = block->tangent_factor;
    one.plain = block->plain;
    int64_t step = block->plain ? one.hidden * one.inputs : one.size;
    one.w = block->w + network * step;
    one.a = block->a + network * (block->plain ? one.hidden : one.size);
    return one;
}

int64_t ntk_weights_size(const ntk_weights *weights, int32_t part)
{
    int64_t output = weights->outputs * (weights->hidden + (weights->output_bias != 0 ? 1 : 0));
    switch (part) {
    case NTK_PART_BOTH:
        return weights->size;
    case NTK_PART_RF:
        return output;
    case NTK_PART_NT:
        return weights->size - output;
    default:
        return -1;
    }
}

ntk_status ntk_all_parameters(const ntk_lane *lane, const ntk_weights *weights, int32_t dtype, ntk_operand *theta,
                              const char *function)
{
    ntk_matrix all = ntk_matrix_const_f64(weights->w, weights->size, 1);
    return ntk_operand_open(lane, theta, &all, dtype, function, "the network's parameters");
}

ntk_status ntk_hidden_weights(const ntk_lane *lane, const ntk_weights *weights, int32_t dtype, void **w, const char *function)
{
    int64_t inputs = weights->plain ? weights->inputs : 1, size = ntk_weights_size(weights, NTK_PART_NT);
    ntk_matrix all = ntk_matrix_const_f64(weights->w, size / inputs, inputs);
    ntk_operand operand = {0};
    *w = NULL;
    if (dtype != NTK_F64) NTK_TRY(ntk_operand_copy(lane, &operand, &all, dtype, function, "the network's hidden layer"));
    *w = operand.copy;
    return NTK_OK;
}

ntk_status ntk_hidden_weights_memory(const ntk_weights *weights, uint64_t *bytes, int32_t dtype)
{
    if (dtype == NTK_F64) return NTK_OK;
    return ntk_need(bytes, ntk_weights_size(weights, NTK_PART_NT), ntk_dtype_size(dtype));
}
