/* A context for whole calls within a task of another call. */
#ifndef NTK_CORE_INNER_H
#define NTK_CORE_INNER_H

#include "core/parallel.h"

/* It takes memory from the lane's context, asks that one's progress callback about the lane's work, and has one thread, or, where the
 * lane is not nested, as many on its executor.  Handles made under it must be gone before it is closed. */
typedef struct ntk_inner {
    const ntk_lane *lane;
    ntk_context *context;
} ntk_inner;

/* lane and inner stay where they are until it is closed.  After a failure there is nothing to close. */
ntk_status ntk_inner_open(ntk_inner *inner, const ntk_lane *lane);
void ntk_inner_close(ntk_inner *inner);

/* What size queries ask of such a context, under a lane that is nested or not: its threads and executor.  No handle may be made of it. */
void ntk_inner_shape(ntk_context *shape, const ntk_context *outer, bool nested);

#endif
