#include "calls.h"

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
