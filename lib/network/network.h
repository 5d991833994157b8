/* The network handle's inside. */
#ifndef NTK_NETWORK_NETWORK_H
#define NTK_NETWORK_NETWORK_H

#include "network/weights.h"

struct ntk_network {
    ntk_object base;
    const ntk_weights *weights; /* retained; ntk_network_set_parameters puts another block in its place */
};

/* Parameters as the caller's options say (not NULL; they are checked here), from the memory of the lane's context and as a stage that
 * is all the room of its work: of a network; or of as many as that, of one output each, in one block (weights.h). */
ntk_status ntk_weights_of_options(const ntk_lane *lane, ntk_weights **weights, const ntk_activation *activation,
                                  const ntk_network_options *options, const char *function);
ntk_status ntk_weights_of_networks(const ntk_lane *lane, ntk_weights **weights, const ntk_activation *activation,
                                   const ntk_network_options *options, int64_t networks, const char *function);

/* A handle, which takes over the caller's reference to weights, also where that fails. */
ntk_status ntk_network_of_weights(ntk_context *context, ntk_network **network, const ntk_weights *weights);

#endif
