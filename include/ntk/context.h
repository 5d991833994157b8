/* The context: what a host program may want to own of the library's resources. */
#ifndef NTK_CONTEXT_H
#define NTK_CONTEXT_H

#include <ntk/status.h>

NTK_BEGIN

/* Allocator, threads, budget, callbacks.  Immutable once created: a context may be used from many threads at once, and handles
 * of one context may be made from handles of another.  It lives until it and every handle made with it are destroyed. */
typedef struct ntk_context ntk_context;

/* Levels of the log callback. */
enum { NTK_LOG_INFO = 1, NTK_LOG_WARNING = 2 };

/* Bits of cpu_disable. */
enum { NTK_CPU_AVX2 = 1, NTK_CPU_AVX512 = 2 };

/* Zero is the default of every member.
 * allocate   memory of size bytes, aligned to alignment (a power of two), or NULL; default: the C library's.  Called from any
 *            thread that calls the library
 * release    gives back what allocate gave; set both or neither
 * log        an event worth a line; message ends without a newline.  Only on threads that call the library
 * progress   stage names the work, fraction in [0, 1] how much of it is done; return non-zero to cancel the call, which then
 *            returns NTK_ERR_CANCELLED.  Only on threads that call the library, from each of them at its own time
 * parallel   the host's thread pool: runs task(argument, 0), ..., task(argument, tasks - 1), concurrently or not, and returns 0
 *            when all have returned, or non-zero when it cannot.  Tasks never wait for each other.  Default: a pool of the
 *            context, started at first use, in which a second concurrent caller runs its tasks itself
 * *_user     passed to the callback as its first argument
 * threads    how many threads work on one call; 0: the CPUs that this process may use
 * cpu_disable  instruction sets that must not be used, NTK_CPU_AVX2 | NTK_CPU_AVX512
 * memory_budget  bytes that this context may hold at any time; 0: no limit.  A call that would pass it returns NTK_ERR_MEMORY
 *            and names the bytes it needs */
typedef struct ntk_context_options {
    size_t struct_size;
    void *(*allocate)(void *user, size_t size, size_t alignment);
    void (*release)(void *user, void *memory);
    void *allocate_user;
    void (*log)(void *user, int32_t level, const char *message);
    void *log_user;
    int (*progress)(void *user, const char *stage, double fraction);
    void *progress_user;
    int (*parallel)(void *user, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument);
    void *parallel_user;
    int32_t threads;
    uint32_t cpu_disable;
    uint64_t memory_budget;
} ntk_context_options;

/* Makes a context.  options may be NULL.
 * NTK_ERR_NULL    context is NULL
 * NTK_ERR_OPTION  struct_size is wrong, allocate without release or the reverse, threads < 0 or > 4096, unknown bits in
 *                 cpu_disable
 * NTK_ERR_MEMORY  the allocator refused */
NTK_API ntk_status ntk_context_create(ntk_context **context, const ntk_context_options *options) NTK_MUST_CHECK;

/* Gives the caller's reference back; NULL is fine.  Handles made with the context keep it alive. */
NTK_API void ntk_context_destroy(ntk_context *context);

/* Writes what a bug report needs, as text with one "name: value" a line: the library's version, the instruction set in use,
 * which BLAS and which LAPACK answer, the width of their integers, BLAS threading, the context's threads.
 * buffer  size bytes; ends with a NUL.  900 bytes are enough
 * NTK_ERR_SHAPE  size is too small; the message says what is needed, and buffer holds what fits */
NTK_API ntk_status ntk_context_describe(const ntk_context *context, char *buffer, size_t size) NTK_MUST_CHECK;

NTK_END

#endif
