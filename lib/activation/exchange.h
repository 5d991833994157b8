/* Activations as arrays. */
#ifndef NTK_ACTIVATION_EXCHANGE_H
#define NTK_ACTIVATION_EXCHANGE_H

#include "activation/activation.h"
#include "core/exchange.h"

/* In the group in work.  Of the caller's functions only the fact is written; the source must give them. */
ntk_status ntk_activation_write(ntk_writer *writer, const ntk_activation *activation);

/* *activation receives a reference. */
ntk_status ntk_activation_read(ntk_reader *reader, const ntk_activation **activation);

#endif
