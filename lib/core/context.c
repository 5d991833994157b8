#include "core/context.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/status.h"

#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(offsetof(ntk_context_options, threads) == 10 * sizeof(void *) && sizeof(void *) == sizeof(size_t) &&
                   offsetof(ntk_context_options, cpu_disable) == offsetof(ntk_context_options, threads) + 4 &&
                   offsetof(ntk_context_options, memory_budget) == offsetof(ntk_context_options, threads) + 8 &&
                   sizeof(ntk_context_options) == offsetof(ntk_context_options, threads) + 16,
               "the layout of ntk_context_options is frozen");

enum { MOST_THREADS = 4096 };

static int32_t available_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > MOST_THREADS ? MOST_THREADS : (int32_t)online;
}

static ntk_status check_options(const ntk_context_options *options)
{
    if (!options->allocate != !options->release)
        return ntk_fail(NTK_ERR_OPTION, "ntk_context_create: allocate and release must be set together");
    if (options->threads < 0 || options->threads > MOST_THREADS)
        return ntk_fail(NTK_ERR_OPTION, "ntk_context_create: threads is %d, expected 0 to %d", options->threads, MOST_THREADS);
    if (options->cpu_disable & ~(uint32_t)(NTK_CPU_AVX2 | NTK_CPU_AVX512))
        return ntk_fail(NTK_ERR_OPTION, "ntk_context_create: cpu_disable is %#x, which has unknown bits", options->cpu_disable);
    return NTK_OK;
}

ntk_status ntk_context_create(ntk_context **context, const ntk_context_options *options)
{
    ntk_context first;
    NTK_REQUIRE(context);
    *context = NULL;
    memset(&first, 0, sizeof first);
    NTK_TRY(ntk_options_read(&first.options, sizeof first.options, sizeof first.options, options, "ntk_context_options"));
    NTK_TRY(check_options(&first.options));
    first.threads = first.options.threads ? first.options.threads : available_cpus();
    first.isa = ntk_cpu_best(first.options.cpu_disable);

    /* the context counts itself: it is allocated from a copy on the stack, and takes over that copy's count */
    ntk_context *made;
    NTK_TRY(ntk_allocate(&first, &made, 1, sizeof *made, "a context"));
    memcpy(made, &first, sizeof first);
    atomic_init(&made->references, 1);
    *context = made;
    return NTK_OK;
}

void ntk_context_retain(ntk_context *context)
{
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
}

void ntk_context_destroy(ntk_context *context)
{
    if (!context || atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) != 1) return;
    ntk_pool_destroy(context);
    ntk_context last = *context;
    ntk_free(&last, context);
}

void ntk_log(const ntk_context *context, int32_t level, const char *message)
{
    if (context->options.log) context->options.log(context->options.log_user, level, message);
}
