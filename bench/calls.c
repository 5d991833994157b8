#include "calls.h"

#include "data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

static void run_training(void *argument)
{
    call_training *call = argument;
    bench_check(ntk_training_run(call->training, NULL, call->steps));
}

bench_runner call_training_runner(call_training *call)
{
    return (bench_runner){.run = run_training, .argument = call};
}

call_training call_training_make(ntk_context *context, int32_t kind, bench_sizes sizes, int32_t dtype, int64_t batch,
                                 int64_t steps)
{
    call_training call = {
        .x = bench_matrix(sizes.n, sizes.d, dtype, 1), .y = bench_matrix(sizes.n, 1, dtype, 2), .steps = steps};
    ntk_network_options shape = NTK_INIT(ntk_network_options);
    ntk_training_options options = NTK_INIT(ntk_training_options);
    ntk_activation *activation;
    shape.inputs = sizes.d;
    shape.hidden = sizes.N;
    options.method = batch ? NTK_TRAINING_SGD : NTK_TRAINING_GD;
    options.batch = batch;
    options.step = 1e-3;
    options.borrow = 1;
    bench_check(ntk_activation_create(context, &activation, kind, NULL));
    bench_check(ntk_network_create(context, &call.network, activation, &shape));
    bench_check(ntk_training_create(context, &call.training, call.network, &call.x, &call.y, &options));
    ntk_activation_destroy(activation);
    return call;
}

void call_training_free(call_training *call)
{
    ntk_training_report report = NTK_INIT(ntk_training_report);
    bench_check(ntk_training_run(call->training, &report, 0));
    if (report.ended == NTK_TRAINING_ENDED_DIVERGED || !isfinite(report.loss)) {
        fprintf(stderr, "the training that was timed diverged\n");
        exit(EXIT_FAILURE);
    }
    ntk_training_destroy(call->training);
    ntk_network_destroy(call->network);
    free(call->x.data);
    free(call->y.data);
}
