/* The feature map's inside. */
#ifndef NTK_FEATURES_FEATURES_H
#define NTK_FEATURES_FEATURES_H

#include "network/weights.h"

#include <ntk/features.h>

struct ntk_features {
    ntk_object base;
    const ntk_weights *weights; /* retained */
    int32_t part;
    int64_t size; /* p */
};

/* The map of a part, which is known to be one; it retains weights. */
ntk_status ntk_features_of_weights(ntk_context *context, ntk_features **features, const ntk_weights *weights, int32_t part);

/* Whether phi_RF, phi_NT belong to the map. */
static inline bool ntk_features_has(const ntk_features *features, int32_t part)
{
    return features->part == NTK_PART_BOTH || features->part == part;
}

/* Whether the activation has the derivatives that the map's take: sigma'' where phi_NT belongs to it. */
bool ntk_features_differentiable(const ntk_features *features);

#endif
