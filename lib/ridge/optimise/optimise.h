/* What the search for hyperparameters is asked for. */
#ifndef NTK_RIDGE_OPTIMISE_OPTIMISE_H
#define NTK_RIDGE_OPTIMISE_OPTIMISE_H

#include "ridge/ridge.h"

#include <ntk/optimise.h>

/* The caller's options, checked but for the matrices and those of the fit, with defaults in the place of zeros. */
ntk_status ntk_optimise_options_read(ntk_optimise_options *own, const ntk_optimise_options *options, const char *function);

/* Adds the bytes that a search may hold to a need.  The kernel has operations->scales. */
ntk_status ntk_search_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                             int64_t t, const ntk_optimise_options *options, bool intercept);

#endif
