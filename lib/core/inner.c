#include "core/inner.h"

#include "core/context.h"
#include "core/memory.h"
#include "core/pool.h"

static void *take(void *user, size_t size, size_t alignment)
{
    const ntk_inner *inner = user;
    void *memory;
    (void)alignment; /* what ntk_allocate gives has it */
    return ntk_allocate(inner->lane->work->context, &memory, (int64_t)size, 1, "a call") < 0 ? NULL : memory;
}

static void give_back(void *user, void *memory)
{
    const ntk_inner *inner = user;
    ntk_free(inner->lane->work->context, memory);
}

/* The outer call's stage is what the callback hears of. */
static int ask(void *user, const char *stage, double fraction)
{
    const ntk_inner *inner = user;
    (void)stage;
    (void)fraction;
    return ntk_advance(inner->lane, 0) < 0;
}

static int run(void *user, int64_t tasks, void (*task)(void *argument, int64_t index), void *argument)
{
    const ntk_inner *inner = user;
    ntk_context *outer = inner->lane->work->context;
    if (outer->options.parallel) return outer->options.parallel(outer->options.parallel_user, tasks, task, argument);
    if (!ntk_pool_run(outer, tasks, task, NULL, argument))
        for (int64_t i = 0; i < tasks; i++) task(argument, i);
    return 0;
}

/* Whether calls have the lane's thread alone. */
static bool is_alone(const ntk_context *outer, bool nested)
{
    return nested || outer->threads < 2;
}

void ntk_inner_shape(ntk_context *shape, const ntk_context *outer, bool nested)
{
    bool alone = is_alone(outer, nested);
    *shape = (ntk_context){.threads = alone ? 1 : outer->threads, .isa = outer->isa};
    shape->options.parallel = alone ? NULL : run;
}

ntk_status ntk_inner_open(ntk_inner *inner, const ntk_lane *lane)
{
    const ntk_context *outer = lane->work->context;
    ntk_context_options options = outer->options;
    bool alone = is_alone(outer, lane->nested);
    inner->lane = lane;
    options.allocate = take;
    options.release = give_back;
    options.allocate_user = inner;
    options.log = NULL;
    options.progress = outer->options.progress ? ask : NULL;
    options.progress_user = inner;
    options.parallel = alone ? NULL : run;
    options.parallel_user = inner;
    options.threads = alone ? 1 : outer->threads;
    options.memory_budget = 0;
    return ntk_context_create(&inner->context, &options);
}

void ntk_inner_close(ntk_inner *inner)
{
    ntk_context_destroy(inner->context);
}
