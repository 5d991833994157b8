#include "core/memory.h"

#include "core/context.h"
#include "core/status.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Blocks of LARGE bytes, which the C library maps on their own, ask for huge pages: a gigabyte of small ones takes a third of a
 * second to touch and 60 ms to give back, more than a call that is cancelled has. */
enum { ALIGNMENT = 64, LARGE = 1 << 26, HUGE_PAGE = 1 << 21 };

/* Stands before each block, so that giving it back can be counted; as long as the alignment, to keep it. */
typedef union block_header {
    uint64_t bytes;
    char padding[ALIGNMENT];
} block_header;

ntk_status ntk_size_multiply(uint64_t *bytes, int64_t count, int64_t size)
{
    uint64_t product;
    if (count < 0 || size < 0 || __builtin_mul_overflow((uint64_t)count, (uint64_t)size, &product) ||
        product > (uint64_t)PTRDIFF_MAX - sizeof(block_header))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld elements of %lld bytes are more than can be addressed", (long long)count,
                        (long long)size);
    *bytes = product;
    return NTK_OK;
}

ntk_status ntk_size_add(uint64_t *bytes, int64_t count, int64_t size)
{
    uint64_t product = 0;
    NTK_TRY(ntk_size_multiply(&product, count, size));
    if (__builtin_add_overflow(*bytes, product, bytes))
        return ntk_fail(NTK_ERR_OVERFLOW, "the memory needed is more than can be addressed");
    return NTK_OK;
}

ntk_status ntk_need(uint64_t *bytes, int64_t count, int64_t size)
{
    NTK_TRY(ntk_size_add(bytes, count, size));
    return ntk_size_add(bytes, 1, sizeof(block_header));
}

ntk_status ntk_budget_check(const ntk_context *context, uint64_t bytes, const char *what)
{
    uint64_t used = atomic_load(&context->memory_used), budget = context->options.memory_budget;
    if (budget && (bytes > budget || used > budget - bytes))
        return ntk_fail(NTK_ERR_MEMORY, "%s needs %llu bytes; the context's budget is %llu, of which %llu are in use", what,
                        (unsigned long long)bytes, (unsigned long long)budget, (unsigned long long)used);
    return NTK_OK;
}

static void *take(const ntk_context *context, size_t bytes)
{
    const ntk_context_options *options = &context->options;
    if (options->allocate) return options->allocate(options->allocate_user, bytes, ALIGNMENT);
    void *memory = NULL;
    if (posix_memalign(&memory, bytes < LARGE ? ALIGNMENT : HUGE_PAGE, bytes)) return NULL;
#if defined(MADV_HUGEPAGE)
    if (bytes >= LARGE) (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

ntk_status ntk_allocate(ntk_context *context, void *memory_out, int64_t count, int64_t size, const char *what)
{
    uint64_t bytes = 0, budget = context->options.memory_budget;
    void *none = NULL;
    memcpy(memory_out, &none, sizeof none);
    NTK_TRY(ntk_size_multiply(&bytes, count, size));
    bytes += sizeof(block_header);
    uint64_t used = atomic_fetch_add(&context->memory_used, bytes) + bytes;
    if (budget && used > budget) {
        atomic_fetch_sub(&context->memory_used, bytes);
        return ntk_budget_check(context, bytes, what) < 0
                   ? NTK_ERR_MEMORY
                   : ntk_fail(NTK_ERR_MEMORY, "%s needs %llu bytes, more than is left of the context's budget", what,
                              (unsigned long long)bytes);
    }
    block_header *header = take(context, (size_t)bytes);
    if (!header) {
        atomic_fetch_sub(&context->memory_used, bytes);
        return ntk_fail(NTK_ERR_MEMORY, "%s needs %llu bytes, which the allocator refused", what, (unsigned long long)bytes);
    }
    header->bytes = bytes;
    void *memory = header + 1;
    memcpy(memory_out, &memory, sizeof memory);
    return NTK_OK;
}

void ntk_free(ntk_context *context, void *memory)
{
    if (!memory) return;
    block_header *header = (block_header *)memory - 1;
    atomic_fetch_sub(&context->memory_used, header->bytes);
    if (context->options.release)
        context->options.release(context->options.allocate_user, header);
    else
        free(header);
}
