#include "kernel/deep.h"

#include "core/status.h"
#include "kernel/deep_series.h"
#include "kernel/deep_shifted.h"
#include "kernel/exchange.h"
#include "kernel/pair_gradients.h"
#include "kernel/rescale.h"
#include "kernel/scales.h"
#include "kernel/shifted.h"

#include <math.h>
#include <string.h>

/* An angle, and what is made of it. */
static const double LAYER_COST = 100;

static double entry_cost(const ntk_kernel *kernel, int64_t inputs, int32_t dtype, int64_t all)
{
    (void)dtype, (void)all;
    return 2.0 * (double)inputs + LAYER_COST * (double)((const ntk_deep *)kernel)->layers;
}

static const ntk_kernel_operations operations = {
    .scratch = 0,
    .passes = ntk_infinite_passes,
    .memory = ntk_deep_memory,
    .prepare = ntk_deep_prepare,
    .close = ntk_infinite_close,
    .tile = ntk_deep_tile,
    .cost = entry_cost,
    .gradient = ntk_deep_gradient,
    .gradient_scratch = NTK_PAIR_GRADIENT_RECTANGLES,
    NTK_DEEP_SCALE_OPERATIONS,
    .points = false,
    .products = 1,
    .write = ntk_deep_write,
    .zonal = true,
};

static const ntk_kernel_operations *operations_of(const ntk_activation *activation)
{
    if (ntk_infinite_is_closed(activation)) return &operations;
    return ntk_shifted_is_meant(activation) ? &ntk_deep_shifted_operations : &ntk_deep_series_operations;
}

static void dispose(void *self)
{
    ntk_deep *kernel = self;
    ntk_release((void *)(uintptr_t)kernel->first.activation);
}

ntk_deep_gain ntk_deep_gain_of(const ntk_deep *kernel, int64_t layer)
{
    const ntk_infinite *first = &kernel->first;
    double frequency = fabs(first->activation->frequency), scale = fabs(first->activation->scale);
    if (layer + 1 == kernel->layers) return (ntk_deep_gain){first->output_scale, 0};
    const ntk_deep_scales *next = &kernel->scales[layer + 1];
    return (ntk_deep_gain){next->weight * frequency * scale, next->bias * frequency};
}

static const double PI = 3.14159265358979323846;

/* kappa / r = jump^2 (s + phi rho) / (2 pi) + a b rho and kdot = jump^2 phi / (2 pi) + a b, over (a^2 + b^2) / 2 */
static void kinked_constants(double k[4], const ntk_activation *activation)
{
    double a = activation->below, b = activation->above, half = (a * a + b * b) / 2;
    k[0] = (b - a) / half * (b - a) / (2 * PI);
    k[1] = a / half * b;
    k[2] = (a + b) / half * (a + b) / 2;
    k[3] = (b - a) / half * (b - a) / 2;
}

ntk_deep_layer ntk_deep_layer_of(const ntk_deep *kernel, int64_t l)
{
    ntk_deep_layer layer = {.rate = 0};
    ntk_deep_gain gain = ntk_deep_gain_of(kernel, l);
    bool last = l + 1 == kernel->layers, kinked = ntk_deep_is_kinked(kernel);
    if (kinked) kinked_constants(layer.k, kernel->first.activation);
    if (kernel->first.activation->family == NTK_FAMILY_WAVE)
        ntk_wave_weights(kernel->first.activation, &layer.k[0], &layer.k[1]);
    double square = kinked ? 1 : gain.weight * gain.weight;
    layer.k[4] = last ? kernel->first.rf * square : square;
    layer.k[5] = last ? square : gain.bias * gain.bias;
    layer.rate = last ? 0 : kernel->scales[l + 1].rate;
    layer.bias = gain.bias != 0;
    return layer;
}

ntk_deep ntk_deep_shape(const ntk_infinite *first, int64_t layers)
{
    ntk_deep shape = {.first = ntk_infinite_apart(first), .layers = layers};
    shape.first.base.operations = operations_of(first->activation);
    return shape;
}

ntk_status ntk_deep_create(ntk_context *context, ntk_kernel **kernel, const ntk_infinite *first, int64_t layers,
                           const ntk_deep_scales *scales)
{
    ntk_deep *made;
    size_t size = (size_t)layers * sizeof *scales;
    NTK_TRY(ntk_object_create(context, &made, sizeof *made + size, dispose, "a kernel"));
    ntk_object base = made->first.base.base;
    made->first = ntk_infinite_apart(first);
    made->first.base = (ntk_kernel){.base = base, .operations = operations_of(first->activation)};
    made->first.activation = ntk_retain(first->activation);
    made->layers = layers;
    memcpy(made->scales, scales, size);
    *kernel = &made->first.base;
    return NTK_OK;
}
