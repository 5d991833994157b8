#include "kernel/own_network.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "features/product.h"
#include "kernel/infinite.h"
#include "network/network.h"

#include <math.h>

/* What multiplies the features of the part that is trained, which the network's output scale takes; 0: there is no such number. */
static double scale_of(const ntk_infinite *kernel, int64_t inputs)
{
    double rate = kernel->rf != 0 ? kernel->rf : kernel->nt, scale = fabs(kernel->activation->scale);
    bool both = kernel->rf != 0 && kernel->nt != 0, lecture = kernel->lecture && kernel->nt != 0;
    if (kernel->bias_scale != 0 || kernel->constant != 0 || scale == 0) return 0;
    if (both && (kernel->rf != kernel->nt || lecture)) return 0;
    return kernel->output_scale / scale * sqrt(rate) * (lecture ? sqrt((double)inputs) / kernel->weight_scale : 1);
}

ntk_status ntk_own_network_of(ntk_own_network *network, const ntk_kernel *kernel, int64_t inputs, int64_t count, uint64_t seed)
{
    const ntk_infinite *infinite = ntk_infinite_of(kernel);
    double scale = infinite ? scale_of(infinite, inputs) : 0;
    if (!(scale > 0 && isfinite(scale)))
        return ntk_fail(
            NTK_ERR_UNSUPPORTED,
            "random features take an infinite kernel of one hidden layer without biases, whose parts are trained at one "
            "rate, and not in the lecture's parameterization both: use another preconditioner");
    bool rf = infinite->rf != 0, nt = infinite->nt != 0;
    int64_t each = (rf ? 1 : 0) + (nt ? inputs : 0), hidden = ntk_larger(1, count / each);
    *network = (ntk_own_network){.activation = infinite->activation, .features = hidden * each};
    network->part = rf && nt ? NTK_PART_BOTH : rf ? NTK_PART_RF : NTK_PART_NT;
    network->options = (ntk_network_options){.struct_size = sizeof network->options, .inputs = inputs, .hidden = hidden};
    network->options.seed = seed;
    network->options.weight_scale = infinite->weight_scale;
    network->options.output_weight_scale = scale;
    network->options.parameterization = NTK_PARAM_STANDARDISED;
    return NTK_OK;
}

static ntk_status map(const ntk_features *features, const ntk_lane *lane, double *Phi, const ntk_matrix *x,
                      const char *function)
{
    ntk_features_call call = {.features = features, .lane = lane, .dtype = NTK_F64, .function = function};
    ntk_operand operand;
    NTK_TRY(ntk_operand_open(lane, &operand, x, NTK_F64, function, "x"));
    ntk_work_stage(lane->work, "random features", x->rows, 0.1, 1);
    ntk_status status = ntk_features_rows(&call, Phi, features->size, operand.data, operand.stride, x->rows);
    ntk_operand_close(lane->work->context, &operand);
    return status;
}

ntk_status ntk_own_network_features(const ntk_own_network *network, const ntk_lane *lane, double *Phi, const ntk_matrix *x,
                                    const char *function)
{
    ntk_context *context = lane->work->context;
    ntk_weights *weights;
    ntk_features *features;
    ntk_share room = ntk_work_narrow(lane->work, 0, 0.1);
    ntk_status status = ntk_weights_of_options(lane, &weights, network->activation, &network->options, function);
    ntk_work_widen(lane->work, room);
    ntk_work_stage(lane->work, "random features", 1, 0.1, 0.1);
    NTK_TRY(status);
    status = ntk_features_of_weights(context, &features, weights, network->part);
    ntk_release(weights);
    NTK_TRY(status);
    status = map(features, lane, Phi, x, function);
    ntk_release(features);
    return status;
}

ntk_status ntk_own_network_memory(const ntk_own_network *network, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                  int32_t dtype)
{
    const ntk_network_options *options = &network->options;
    const ntk_weights weights = {
        .inputs = options->inputs, .hidden = options->hidden, .outputs = 1, .layers = 1, .networks = 1, .plain = true};
    const ntk_features features = {.weights = &weights, .part = network->part, .size = network->features};
    uint64_t row;
    NTK_TRY(ntk_size_multiply(&row, options->inputs, sizeof(double)));
    NTK_TRY(ntk_need(bytes, options->hidden, (int64_t)row));
    NTK_TRY(ntk_need(bytes, options->hidden, sizeof(double)));
    NTK_TRY(ntk_need(bytes, 4, sizeof(ntk_weights)));
    if (dtype != NTK_F64) NTK_TRY(ntk_need(bytes, rows, (int64_t)row));
    return ntk_features_rows_memory(&features, context, bytes, NTK_F64, rows);
}
