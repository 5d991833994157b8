/* The network handle's inside. */
#ifndef NTK_NETWORK_NETWORK_H
#define NTK_NETWORK_NETWORK_H

#include "network/weights.h"

struct ntk_network {
    ntk_object base;
    const ntk_weights *weights; /* retained; ntk_network_set_parameters puts another block in its place */
};

#endif
