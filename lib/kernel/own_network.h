/* Random features of an infinite kernel: those of a network of finite width whose kernel it is the expectation of. */
#ifndef NTK_KERNEL_OWN_NETWORK_H
#define NTK_KERNEL_OWN_NETWORK_H

#include "kernel/kernel.h"

/* A network of one hidden layer, and how many features of that part it has. */
typedef struct ntk_own_network {
    const ntk_activation *activation; /* the kernel's */
    ntk_network_options options;
    int32_t part;
    int64_t features;
} ntk_own_network;

/* For samples of so many inputs, with count features at most, or those of one neuron.
 * NTK_ERR_UNSUPPORTED  the kernel is not infinite, of one hidden layer without biases and with one rate for what is trained */
ntk_status ntk_own_network_of(ntk_own_network *network, const ntk_kernel *kernel, int64_t inputs, int64_t count, uint64_t seed);

/* Phi (samples x features, contiguous), as stages that are all the room of the lane's work. */
ntk_status ntk_own_network_features(const ntk_own_network *network, const ntk_lane *lane, double *Phi, const ntk_matrix *x,
                                    const char *function);

/* Adds the bytes that this may hold for so many samples of dtype to a need. */
ntk_status ntk_own_network_memory(const ntk_own_network *network, const ntk_context *context, uint64_t *bytes, int64_t rows,
                                  int32_t dtype);

#endif
