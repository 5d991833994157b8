#include "network/exchange.h"

#include "activation/exchange.h"
#include "core/memory.h"
#include "core/status.h"
#include "network/network.h"

#include <math.h>

/* --- writing --- */

enum { NUMBERS = 3 }; /* of a layer */

static ntk_status write_layers(ntk_writer *writer, const ntk_weights *weights)
{
    for (int64_t l = 0; l < weights->layers; l++) {
        const ntk_layer *layer = &weights->layer[l];
        const double numbers[NUMBERS] = {layer->factor, layer->tangent, layer->bias};
        NTK_TRY(ntk_path_enter_number(&writer->path, "layers", l));
        NTK_TRY(ntk_write_integer(writer, "neurons", layer->neurons));
        NTK_TRY(ntk_write_array(writer, "factors", NTK_ARRAY_F64, NUMBERS, -1, 1, numbers));
        ntk_path_leave(&writer->path);
    }
    return NTK_OK;
}

/* w N x d of a plain network and a N, or m x N of several outputs; of others one row for each network. */
static ntk_status write_parameters(ntk_writer *writer, const ntk_weights *weights)
{
    if (!weights->plain)
        return ntk_write_array(writer, "parameters", NTK_ARRAY_F64, weights->networks, weights->size, weights->size,
                               weights->w);
    NTK_TRY(ntk_write_array(writer, "hidden_weights", NTK_ARRAY_F64, weights->hidden, weights->inputs, weights->inputs,
                            weights->w));
    if (weights->outputs > 1)
        return ntk_write_array(writer, "output_weights", NTK_ARRAY_F64, weights->outputs, weights->hidden, weights->hidden,
                               weights->a);
    return ntk_write_array(writer, "output_weights", NTK_ARRAY_F64, weights->hidden, -1, 1, weights->a);
}

ntk_status ntk_weights_write(ntk_writer *writer, const ntk_weights *weights)
{
    NTK_TRY(ntk_path_enter(&writer->path, "activation"));
    NTK_TRY(ntk_activation_write(writer, weights->activation));
    ntk_path_leave(&writer->path);
    NTK_TRY(ntk_write_integer(writer, "inputs", weights->inputs));
    NTK_TRY(ntk_write_integer(writer, "hidden_layers", weights->layers));
    NTK_TRY(ntk_write_integer(writer, "networks", weights->networks));
    if (weights->outputs > 1) NTK_TRY(ntk_write_integer(writer, "outputs", weights->outputs));
    NTK_TRY(ntk_write_real(writer, "gamma", weights->gamma));
    NTK_TRY(ntk_write_real(writer, "output_bias", weights->output_bias));
    NTK_TRY(write_layers(writer, weights));
    return write_parameters(writer, weights);
}

ntk_status ntk_network_export(const ntk_network *network, const ntk_sink *sink)
{
    ntk_writer writer;
    NTK_REQUIRE(network);
    NTK_TRY(ntk_writer_open(&writer, sink, __func__));
    NTK_TRY(ntk_write_heading(&writer, "network"));
    return ntk_weights_write(&writer, network->weights);
}

/* --- reading --- */

static ntk_status read_layer(ntk_reader *reader, ntk_layer *layer, int64_t inputs)
{
    double numbers[NUMBERS];
    NTK_TRY(ntk_read_integer(reader, "neurons", 1, INT64_MAX, &layer->neurons));
    NTK_TRY(ntk_read_array(reader, "factors", NTK_ARRAY_F64, NUMBERS, -1, numbers));
    layer->inputs = inputs;
    layer->factor = numbers[0];
    layer->tangent = numbers[1];
    layer->bias = numbers[2];
    if (layer->factor > 0 && layer->tangent > 0 && layer->bias >= 0) return NTK_OK;
    return ntk_read_refuse(reader, "factors", "positive numbers, and a bias that is not negative");
}

static ntk_status read_layers(ntk_reader *reader, ntk_layer *layers, int64_t count, int64_t inputs)
{
    for (int64_t l = 0; l < count; l++) {
        NTK_TRY(ntk_path_enter_number(&reader->path, "layers", l));
        NTK_TRY(read_layer(reader, &layers[l], inputs));
        ntk_path_leave(&reader->path);
        inputs = layers[l].neurons;
    }
    return NTK_OK;
}

static ntk_status read_parameters(ntk_reader *reader, const ntk_weights *weights)
{
    if (!weights->plain)
        return ntk_read_array(reader, "parameters", NTK_ARRAY_F64, weights->networks, weights->size, weights->w);
    NTK_TRY(ntk_read_array(reader, "hidden_weights", NTK_ARRAY_F64, weights->hidden, weights->inputs, weights->w));
    if (weights->outputs > 1)
        return ntk_read_array(reader, "output_weights", NTK_ARRAY_F64, weights->outputs, weights->hidden, weights->a);
    return ntk_read_array(reader, "output_weights", NTK_ARRAY_F64, weights->hidden, -1, weights->a);
}

/* like is complete but for its layers, whose memory layers is. */
static ntk_status read_block(ntk_reader *reader, ntk_weights **weights, ntk_weights *like, ntk_layer *layers)
{
    ntk_weights *made;
    NTK_TRY(read_layers(reader, layers, like->layers, like->inputs));
    like->layer = layers;
    ntk_status status = ntk_weights_create(reader->context, &made, like);
    if (status == NTK_ERR_OVERFLOW) return ntk_read_refuse(reader, "layers", "fewer neurons");
    if (status < 0) return status;
    status = read_parameters(reader, made);
    if (status < 0) {
        ntk_release(made);
        return status;
    }
    ntk_weights_complete(made);
    *weights = made;
    return NTK_OK;
}

static ntk_status read_with(ntk_reader *reader, ntk_weights **weights, const ntk_activation *activation)
{
    ntk_weights like = {.activation = activation};
    ntk_layer *layers;
    NTK_TRY(ntk_read_integer(reader, "inputs", 1, INT64_MAX, &like.inputs));
    NTK_TRY(ntk_read_integer(reader, "hidden_layers", 1, NTK_MOST_LAYERS, &like.layers));
    NTK_TRY(ntk_read_integer(reader, "networks", 1, INT64_MAX, &like.networks));
    NTK_TRY(ntk_read_integer_or(reader, "outputs", 1, like.networks > 1 ? 1 : INT64_MAX, 1, &like.outputs));
    NTK_TRY(ntk_read_real(reader, "gamma", &like.gamma));
    NTK_TRY(ntk_read_real(reader, "output_bias", &like.output_bias));
    if (like.gamma == 0) return ntk_read_refuse(reader, "gamma", "a number that is not 0");
    if (like.output_bias < 0) return ntk_read_refuse(reader, "output_bias", "a number that is not negative");
    NTK_TRY(ntk_allocate(reader->context, &layers, like.layers, sizeof *layers, "a network's layers"));
    ntk_status status = read_block(reader, weights, &like, layers);
    ntk_free(reader->context, layers);
    return status;
}

ntk_status ntk_weights_read(ntk_reader *reader, ntk_weights **weights)
{
    const ntk_activation *activation;
    *weights = NULL;
    NTK_TRY(ntk_path_enter(&reader->path, "activation"));
    NTK_TRY(ntk_activation_read(reader, &activation));
    ntk_path_leave(&reader->path);
    ntk_status status = read_with(reader, weights, activation);
    ntk_release((void *)(uintptr_t)activation);
    return status;
}

ntk_status ntk_network_import(ntk_context *context, ntk_network **network, const ntk_source *source)
{
    ntk_reader reader;
    ntk_weights *weights;
    NTK_REQUIRE(network);
    *network = NULL;
    NTK_REQUIRE(context);
    NTK_TRY(ntk_reader_open(&reader, context, source, __func__));
    NTK_TRY(ntk_read_heading(&reader, "network"));
    NTK_TRY(ntk_weights_read(&reader, &weights));
    if (weights->networks == 1) return ntk_network_of_weights(context, network, weights);
    ntk_release(weights);
    return ntk_read_refuse(&reader, "networks", "1");
}
