/* Feature maps as arrays. */
#ifndef NTK_FEATURES_EXCHANGE_H
#define NTK_FEATURES_EXCHANGE_H

#include "core/exchange.h"
#include "features/features.h"

/* In the group in work; of one network, or of several. */
ntk_status ntk_features_write(ntk_writer *writer, const ntk_features *features);

/* *features receives a reference. */
ntk_status ntk_features_read(ntk_reader *reader, ntk_features **features);

#endif
