/* Networks' parameters as arrays. */
#ifndef NTK_NETWORK_EXCHANGE_H
#define NTK_NETWORK_EXCHANGE_H

#include "core/exchange.h"
#include "network/weights.h"

/* A block, in the group in work. */
ntk_status ntk_weights_write(ntk_writer *writer, const ntk_weights *weights);

/* *weights receives a reference. */
ntk_status ntk_weights_read(ntk_reader *reader, ntk_weights **weights);

#endif
