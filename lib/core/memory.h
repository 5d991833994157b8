/* Memory from the context's allocator, counted against its budget. */
#ifndef NTK_CORE_MEMORY_H
#define NTK_CORE_MEMORY_H

#include <ntk/context.h>
#include <stdbool.h>

/* count * size in bytes, both non-negative; NTK_ERR_OVERFLOW if it is not representable. */
ntk_status ntk_size_multiply(uint64_t *bytes, int64_t count, int64_t size);

/* Adds count * size bytes to a sum of memory needs. */
ntk_status ntk_size_add(uint64_t *bytes, int64_t count, int64_t size);

/* Adds what ntk_allocate takes from the budget for count elements of size bytes. */
ntk_status ntk_need(uint64_t *bytes, int64_t count, int64_t size);

/* count elements of size bytes, uninitialised, aligned to 64 bytes.  what names them in the error's sentence. */
ntk_status ntk_allocate(ntk_context *context, void *memory_out, int64_t count, int64_t size, const char *what);

/* NULL is fine. */
void ntk_free(ntk_context *context, void *memory);

/* NTK_ERR_MEMORY, naming the bytes, if the budget has no room for so many more. */
ntk_status ntk_budget_check(const ntk_context *context, uint64_t bytes, const char *what);

#endif
