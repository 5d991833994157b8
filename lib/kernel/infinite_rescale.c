/* The scales of infinite kernels, and such kernels with others: the weight scales of all layers, their bias scales, and those of the
 * output.  A scale that stays the same leaves its part of the kernel the same to the bit. */
#include "core/memory.h"
#include "core/status.h"
#include "kernel/deep.h"
#include "kernel/rescale.h"

#include <math.h>
#include <string.h>

/* --- what all layers share: the output's scales --- */

static double output_weight_of(const ntk_infinite *first)
{
    return first->output_scale / fabs(first->activation->scale);
}

/* Where the output is not trained, its bias adds nothing to the kernel. */
static double output_bias_of(const ntk_infinite *first)
{
    return first->rf > 0 ? sqrt(first->constant / first->rf) : 0;
}

static ntk_status take_output(ntk_rescaling *from, ntk_infinite *first)
{
    const double *weight, *bias;
    NTK_TRY(ntk_rescaling_take(from, &weight, 1, NTK_SCALE_POSITIVE));
    NTK_TRY(ntk_rescaling_take(from, &bias, 1, NTK_SCALE_NOT_NEGATIVE));
    if (*weight != output_weight_of(first)) first->output_scale = *weight * fabs(first->activation->scale);
    if (*bias != output_bias_of(first)) first->constant = first->rf * *bias * *bias;
    return NTK_OK;
}

/* --- one layer --- */

void ntk_infinite_scale_values(const ntk_kernel *kernel, double *values)
{
    const ntk_infinite *first = (const ntk_infinite *)kernel;
    values[0] = first->weight_scale;
    values[1] = first->bias_scale;
    values[2] = output_weight_of(first);
    values[3] = output_bias_of(first);
}

ntk_status ntk_infinite_rescale(ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel)
{
    ntk_infinite first = ntk_infinite_apart((const ntk_infinite *)kernel);
    const double *weight, *bias;
    NTK_TRY(ntk_rescaling_take(from, &weight, 1, NTK_SCALE_POSITIVE));
    NTK_TRY(ntk_rescaling_take(from, &bias, 1, first.lecture ? NTK_SCALE_ZERO : NTK_SCALE_NOT_NEGATIVE));
    first.weight_scale = *weight;
    first.bias_scale = *bias;
    NTK_TRY(take_output(from, &first));
    return ntk_infinite_create(from->context, made, &first);
}

/* --- several --- */

void ntk_deep_scale_values(const ntk_kernel *kernel, double *values)
{
    const ntk_deep *deep = (const ntk_deep *)kernel;
    for (int64_t l = 0; l < deep->layers; l++) {
        values[l] = deep->scales[l].weight;
        values[deep->layers + l] = deep->scales[l].bias;
    }
    values[2 * deep->layers] = output_weight_of(&deep->first);
    values[2 * deep->layers + 1] = output_bias_of(&deep->first);
}

static ntk_status take_layers(ntk_rescaling *from, ntk_infinite *first, ntk_deep_scales *scales, int64_t layers)
{
    const double *weights, *biases;
    NTK_TRY(ntk_rescaling_take(from, &weights, layers, NTK_SCALE_POSITIVE));
    NTK_TRY(ntk_rescaling_take(from, &biases, layers, NTK_SCALE_NOT_NEGATIVE));
    for (int64_t l = 0; l < layers; l++) {
        scales[l].weight = weights[l];
        scales[l].bias = biases[l];
    }
    first->weight_scale = weights[0];
    first->bias_scale = biases[0];
    return take_output(from, first);
}

ntk_status ntk_deep_rescale(ntk_rescaling *from, ntk_kernel **made, const ntk_kernel *kernel)
{
    const ntk_deep *deep = (const ntk_deep *)kernel;
    ntk_infinite first = ntk_infinite_apart(&deep->first);
    ntk_deep_scales *scales;
    NTK_TRY(ntk_allocate(from->context, &scales, deep->layers, sizeof *scales, "the layers' scales"));
    memcpy(scales, deep->scales, (size_t)deep->layers * sizeof *scales);
    ntk_status status = take_layers(from, &first, scales, deep->layers);
    if (status >= 0) status = ntk_deep_create(from->context, made, &first, deep->layers, scales);
    ntk_free(from->context, scales);
    return status;
}
