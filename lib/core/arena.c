#include "core/arena.h"

#include "core/memory.h"
#include "core/size.h"

#include <string.h>

/* Stands before each part of the block, in use or not: the parts follow each other without a gap.  As long as the alignment. */
typedef union part {
    struct {
        int64_t bytes; /* with this */
        int64_t taken;
    };
    char padding[64];
} part;

static part *part_at(const ntk_arena *arena, int64_t place)
{
    return (part *)(void *)(arena->block + place);
}

/* Makes one part of a free one and those behind it that are free. */
static void join(const ntk_arena *arena, int64_t place)
{
    part *own = part_at(arena, place);
    while (place + own->bytes < arena->size) {
        const part *next = part_at(arena, place + own->bytes);
        if (next->taken) return;
        own->bytes += next->bytes;
    }
}

static void *cut(ntk_arena *arena, int64_t place, int64_t bytes)
{
    part *own = part_at(arena, place);
    if (own->bytes > bytes) {
        *part_at(arena, place + bytes) = (part){.bytes = own->bytes - bytes};
        own->bytes = bytes;
    }
    own->taken = 1;
    arena->peak = ntk_larger(arena->peak, place + bytes);
    return own + 1;
}

/* The first part that is long enough. */
static void *take(void *user, size_t size, size_t alignment)
{
    (void)alignment;
    ntk_arena *arena = user;
    int64_t bytes = (int64_t)sizeof(part) + ntk_whole_lines((int64_t)size);
    for (int64_t place = 0; place < arena->size; place += part_at(arena, place)->bytes) {
        if (part_at(arena, place)->taken) continue;
        join(arena, place);
        if (part_at(arena, place)->bytes >= bytes) return cut(arena, place, bytes);
    }
    void *memory;
    return ntk_allocate(arena->outer, &memory, (int64_t)size, 1, "a call") < 0 ? NULL : memory;
}

static void give_back(void *user, void *memory)
{
    ntk_arena *arena = user;
    uintptr_t at = (uintptr_t)memory, begin = (uintptr_t)arena->block;
    if (at < begin || at >= begin + (uintptr_t)arena->size) {
        ntk_free(arena->outer, memory);
        return;
    }
    ((part *)memory - 1)->taken = 0;
}

void ntk_arena_open(ntk_arena *arena, ntk_context *outer, void *block, int64_t size)
{
    memset(arena, 0, sizeof *arena);
    arena->outer = outer;
    arena->block = block;
    arena->size = size;
    *part_at(arena, 0) = (part){.bytes = size};
    arena->context.threads = 1;
    arena->context.isa = outer->isa;
    arena->context.options = outer->options;
    arena->context.options.allocate = take;
    arena->context.options.release = give_back;
    arena->context.options.allocate_user = arena;
    arena->context.options.parallel = NULL;
    arena->context.options.memory_budget = 0;
}
