/* Memory of one call out of a block that is there. */
#ifndef NTK_CORE_ARENA_H
#define NTK_CORE_ARENA_H

#include "core/context.h"

/* A context for what one thread does within one call: that of outer, but with one thread, and with memory of the block, or, where
 * that has no room, of outer.  It is no handle: what is made under it must be given back before it goes.
 * peak  how many bytes of the block were in use, from its begin to the furthest that was */
typedef struct ntk_arena {
    ntk_context context;
    ntk_context *outer;
    char *block;
    int64_t size, peak;
} ntk_arena;

/* block  size bytes of ntk_allocate, a multiple of 64, or a part of them that begins at such a multiple */
void ntk_arena_open(ntk_arena *arena, ntk_context *outer, void *block, int64_t size);

#endif
