/* The context's inside. */
#ifndef NTK_CORE_CONTEXT_H
#define NTK_CORE_CONTEXT_H

#include "core/cpu.h"

#include <ntk/context.h>
#include <stdatomic.h>

struct ntk_context {
    atomic_int references;
    int32_t threads; /* at least 1 */
    ntk_isa isa;
    ntk_context_options options;
    _Atomic uint64_t memory_used;
    struct ntk_pool *_Atomic pool; /* NULL until first needed */
};

void ntk_context_retain(ntk_context *context);

/* Calls the log callback, if there is one. */
void ntk_log(const ntk_context *context, int32_t level, const char *message);

#endif
