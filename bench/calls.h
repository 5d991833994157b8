/* The library's calls that more than one benchmark times. */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

#include "timing.h"

/* An assembly: ntk_gram_create.  The destruction is not timed. */
typedef struct call_gram {
    ntk_context *context;
    const ntk_kernel *kernel;
    ntk_matrix x;
    ntk_gram_options options;
    ntk_gram *gram;
} call_gram;

bench_runner call_gram_runner(call_gram *call);

/* The kernel of an infinitely wide ReLU network of so many hidden layers.  part  NTK_PART_... */
ntk_kernel *call_relu_kernel(ntk_context *context, int32_t part, int64_t layers);

/* Steps of gradient descent on a network of one hidden layer.   x  n x d   y  n x 1   steps  that a run takes */
typedef struct call_training {
    ntk_matrix x, y;
    ntk_network *network; /* at the start */
    ntk_training *training;
    int64_t steps;
} call_training;

/* On all samples (batch 0), or on batches of so many, drawn anew. */
call_training call_training_make(ntk_context *context, int32_t activation, bench_sizes sizes, int32_t dtype, int64_t batch,
                                 int64_t steps);
bench_runner call_training_runner(call_training *call);

/* Ends the program if it diverged: then nothing was timed. */
void call_training_free(call_training *call);

/* The Gaussian kernel exp(-|x - x'|^2 / (2 d)), which is that of a sine with a phase of pi / 4. */
ntk_kernel *call_gaussian_kernel(ntk_context *context);

#endif
