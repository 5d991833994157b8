/* Parts of fitted models as arrays. */
#ifndef NTK_RIDGE_EXCHANGE_H
#define NTK_RIDGE_EXCHANGE_H

#include "core/exchange.h"
#include "ridge/ridge.h"

/* How an ITERATIVE was fitted, and how that went, in a group of its own. */
ntk_status ntk_iteration_write(ntk_writer *writer, const ntk_ridge *ridge);
ntk_status ntk_iteration_read(ntk_reader *reader, ntk_ridge *ridge);

#endif
