#include "memory.h"

#include "timing.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { KEPT = 32, LARGE = 1 << 20 };

/* The large blocks that exist.  The benchmarks call the library from one thread. */
static struct {
    void *memory;
    size_t size, alignment;
    bool used;
} blocks[KEPT];

/* An empty place, or that of an idle block, which is given back; -1 if every block is in use. */
static int make_room(void)
{
    for (int i = 0; i < KEPT; i++)
        if (!blocks[i].memory) return i;
    for (int i = 0; i < KEPT; i++) {
        if (blocks[i].used) continue;
        free(blocks[i].memory);
        blocks[i].memory = NULL;
        return i;
    }
    return -1;
}

static void *allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    for (int i = 0; i < KEPT; i++)
        if (blocks[i].memory && !blocks[i].used && blocks[i].size == size && blocks[i].alignment >= alignment) {
            blocks[i].used = true;
            return blocks[i].memory;
        }
    void *memory = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    int place = size >= LARGE ? make_room() : -1;
    if (memory && place >= 0) {
        blocks[place].memory = memory;
        blocks[place].size = size;
        blocks[place].alignment = alignment;
        blocks[place].used = true;
    }
    return memory;
}

static void release(void *user, void *memory)
{
    (void)user;
    for (int i = 0; i < KEPT; i++)
        if (memory && blocks[i].memory == memory) {
            blocks[i].used = false;
            return;
        }
    free(memory);
}

ntk_context *bench_context(bool fresh)
{
    ntk_context_options options = NTK_INIT(ntk_context_options);
    ntk_context *context;
    if (!fresh) {
        options.allocate = allocate;
        options.release = release;
    }
    bench_check(ntk_context_create(&context, &options));
    return context;
}

void bench_memory_trim(void)
{
    for (int i = 0; i < KEPT; i++)
        if (!blocks[i].used) {
            free(blocks[i].memory);
            blocks[i].memory = NULL;
        }
}

double bench_peak_gigabytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / 1e9;
}
