/* One handle of every kind, made from each other: what the public calls are tried on. */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "support.h"

/* n samples to fit, m to predict, d inputs, N neurons, t targets. */
typedef struct test_sizes {
    int64_t n, m, d, N, t;
} test_sizes;

/* Small enough to be tried thousands of times, no two sizes alike. */
extern const test_sizes test_small;

/* Neurons of each layer of the deep network, whose parameters are soon too many. */
int64_t test_deep_width(const test_sizes *sizes);

typedef struct test_world {
    test_sizes sizes;
    ntk_context *context;
    ntk_activation *activation; /* erf: every kernel is positive definite */
    ntk_network *network;
    ntk_network *deep_network;              /* of two hidden layers with biases */
    ntk_network *wide_network;              /* of t outputs */
    ntk_features *features, *deep_features; /* both parts */
    ntk_kernel *infinite, *finite, *deep_finite;
    ntk_kernel *deep; /* infinite, of three hidden layers with biases */
    ntk_activation *tanh;
    ntk_kernel *series;      /* infinite, of tanh */
    ntk_kernel *deep_series; /* of two layers of it */
    ntk_kernel *monte_carlo; /* of three networks */
    ntk_kernel *deep_monte_carlo;
    ntk_kernel *deep_cosine; /* of deep_monte_carlo */
    ntk_kernel *composite;   /* of every way to make a kernel of kernels, of finite, infinite, and test_user_kernel */
    ntk_gram *gram;          /* of infinite, f64, full */
    ntk_gram *few_gram;      /* of the first N samples */
    ntk_gram *implicit, *implicit_finite;
    ntk_ridge *ridge; /* dual, with intercept */
    ntk_ridge *primal;
    ntk_ridge *nystroem;               /* of N centres, with intercept */
    ntk_ridge *spectral;               /* of N samples, with intercept and a lambda for each target */
    ntk_ridge *iterative;              /* with intercept */
    ntk_flow *flow;                    /* of N samples and the infinite kernel */
    ntk_training *training, *streamed; /* of wide_network: by batches, with two rows of history; of a stream */
    ntk_model *model;                  /* of network, both parts */
    ntk_target *target;                /* of network: a sum */
    ntk_target *deep_target;           /* of deep_network: from samples */
    ntk_spectrum *spectrum;            /* of few_gram, without an intercept */
} test_world;

/* A kernel of a user's: 1 + x_0 x'_0. */
extern const ntk_kernel_functions test_user_kernel;

/* options are those of the context; NULL is fine. */
void test_world_make(test_world *world, const test_sizes *sizes, const ntk_context_options *options);
void test_world_free(test_world *world);

typedef enum test_handle_kind {
    TEST_CONTEXT,
    TEST_ACTIVATION,
    TEST_NETWORK,
    TEST_FEATURES,
    TEST_KERNEL,
    TEST_GRAM,
    TEST_RIDGE,
    TEST_FLOW,
    TEST_TRAINING,
    TEST_MODEL,
    TEST_TARGET,
    TEST_SPECTRUM
} test_handle_kind;

/* A hash of bytes, continued from another. */
uint64_t test_hash(uint64_t hash, const void *bytes, size_t size);

/* Every handle of a world, which test_world_free destroys. */
typedef struct test_owned {
    test_handle_kind kind;
    size_t offset;
} test_owned;

extern const test_owned test_world_handles[];
extern const int test_world_handle_count;
void *test_world_handle(const test_world *world, int which);

/* A hash of what the handle says when it is read: equal handles have equal ones. */
uint64_t test_handle_hash(test_handle_kind kind, const void *handle, const test_sizes *sizes);

/* The world's training, which it may be while others read it, as another. */
ntk_training *test_training_copy(const test_world *world);

void test_handle_destroy(test_handle_kind kind, void *handle);

#endif
