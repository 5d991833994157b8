/* The default executor: a pool of threads that belongs to a context. */
#ifndef NTK_CORE_POOL_H
#define NTK_CORE_POOL_H

#include <ntk/context.h>
#include <stdbool.h>

/* Runs lane(argument, 0), ..., lane(argument, lanes - 1) on the pool and the caller, who is lane 0, and waits.  Starts the pool
 * when there is none in this process, so a forked child gets one of its own.  Returns false, having run nothing, when another
 * caller has the pool or no thread can be had; then the caller does the work itself.
 * waiting  unless NULL, called some fifty times a second on the caller's thread while it waits for the others */
bool ntk_pool_run(ntk_context *context, int64_t lanes, void (*lane)(void *argument, int64_t index),
                  void (*waiting)(void *argument), void *argument);

/* Ends the pool's threads; only when no call is using the context. */
void ntk_pool_destroy(ntk_context *context);

/* Adds the bytes that the pool may hold to a need. */
ntk_status ntk_pool_memory(const ntk_context *context, uint64_t *bytes);

/* Threads that the pool has started in this process, for tests. */
int64_t ntk_pool_threads(const ntk_context *context);

#endif
