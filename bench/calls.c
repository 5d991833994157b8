#include "calls.h"

#include <math.h>

static void create(void *argument)
{
    call_gram *call = argument;
    bench_check(ntk_gram_create(call->context, &call->gram, call->kernel, &call->x, &call->options));
}

static void destroy(void *argument)
{
    call_gram *call = argument;
    ntk_gram_destroy(call->gram);
}

bench_runner call_gram_runner(call_gram *call)
{
    return (bench_runner){.run = create, .finish = destroy, .argument = call};
}

ntk_kernel *call_relu_kernel(ntk_context *context, int32_t part, int64_t layers)
{
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    ntk_activation *relu;
    ntk_kernel *kernel;
    options.part = part;
    options.layers = layers;
    bench_check(ntk_activation_create(context, &relu, NTK_RELU, NULL));
    bench_check(ntk_kernel_create_infinite(context, &kernel, relu, &options));
    ntk_activation_destroy(relu);
    return kernel;
}

ntk_kernel *call_gaussian_kernel(ntk_context *context)
{
    ntk_activation_options wave = NTK_INIT(ntk_activation_options);
    ntk_kernel_options options = NTK_INIT(ntk_kernel_options);
    ntk_activation *activation;
    ntk_kernel *kernel;
    wave.scale = sqrt(2);
    wave.frequency = 1;
    wave.phase = atan(1);
    options.part = NTK_PART_RF;
    bench_check(ntk_activation_create(context, &activation, NTK_SIN, &wave));
    bench_check(ntk_kernel_create_infinite(context, &kernel, activation, &options));
    ntk_activation_destroy(activation);
    return kernel;
}
