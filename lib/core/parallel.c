#include "core/parallel.h"

#include "core/blas.h"
#include "core/context.h"
#include "core/pool.h"
#include "core/status.h"

#include <string.h>

/* A host's executor may leave the calling thread idle until all lanes end; with a progress callback it gets its tasks in rounds
 * of so many a lane, and the callback is asked between them. */
enum { TASKS_PER_ROUND = 4 };

/* A tenth of a millisecond and more of one core.  Waking others takes about as long where a threaded BLAS's wait for their turn. */
enum { WORTH_WAKING = 1 << 17 };

typedef struct region {
    const ntk_lane *outer;
    ntk_task task;
    void *argument;
    int64_t tasks;
    _Atomic int64_t next;
    atomic_int failed; /* the first failure claims it */
    ntk_status status;
    char message[NTK_MESSAGE_SIZE];
} region;

ntk_lane ntk_work_begin(ntk_work *work, ntk_context *context)
{
    memset(work, 0, sizeof *work);
    work->context = context;
    work->caller = pthread_self();
    work->blas_threaded = ntk_blas_is_threaded();
    work->stage = "";
    work->end = 1;
    work->room = (ntk_share){0, 1};
    return (ntk_lane){.work = work, .index = 0, .nested = false};
}

void ntk_work_stage(ntk_work *work, const char *stage, int64_t units, double begin, double end)
{
    work->stage = stage;
    work->total = units;
    work->begin = begin;
    work->end = end;
    atomic_store(&work->done, 0);
}

/* begin at 0, end from 1 on, and never beyond: rounding must not make progress go back. */
static double between(double begin, double end, double part)
{
    double value = begin + (end - begin) * part;
    return part < 1 && value < end ? value : end;
}

ntk_share ntk_work_narrow(ntk_work *work, double begin, double end)
{
    ntk_share room = work->room;
    work->room = (ntk_share){between(room.begin, room.end, begin), between(room.begin, room.end, end)};
    return room;
}

void ntk_work_widen(ntk_work *work, ntk_share room)
{
    work->room = room;
}

static double progress_of(const ntk_work *work, int64_t done)
{
    double part = work->total > 0 ? (double)done / (double)work->total : 1;
    return between(work->room.begin, work->room.end, between(work->begin, work->end, part));
}

ntk_status ntk_advance(const ntk_lane *lane, int64_t units)
{
    ntk_work *work = lane->work;
    const ntk_context_options *options = &work->context->options;
    if (lane->quiet) return NTK_OK;
    int64_t done = atomic_fetch_add(&work->done, units) + units;
    if (options->progress && !atomic_load(&work->cancelled) && pthread_equal(work->caller, pthread_self())) {
        if (options->progress(options->progress_user, work->stage, progress_of(work, done)))
            atomic_store(&work->cancelled, true);
    }
    if (atomic_load(&work->cancelled))
        return ntk_fail(NTK_ERR_CANCELLED, "the progress callback asked to stop (stage \"%s\")", work->stage);
    return NTK_OK;
}

int32_t ntk_lanes(const ntk_context *context)
{
    return context->threads;
}

static int64_t lanes_of(const ntk_context *context, bool blas_threaded, int64_t tasks)
{
    int64_t lanes = blas_threaded ? 1 : context->threads;
    return lanes < tasks ? lanes : tasks;
}

int64_t ntk_lanes_for(const ntk_lane *lane, int64_t tasks)
{
    return lanes_of(lane->work->context, lane->work->blas_threaded, tasks);
}

int64_t ntk_lanes_expected(const ntk_context *context, int64_t tasks)
{
    return lanes_of(context, ntk_blas_is_threaded(), tasks);
}

static void run_lane(void *argument, int64_t index)
{
    region *shared = argument;
    ntk_lane lane = {.work = shared->outer->work, .index = (int32_t)index, .nested = true};
    while (!atomic_load(&shared->failed)) {
        int64_t task = atomic_fetch_add(&shared->next, 1);
        if (task >= shared->tasks) return;
        ntk_status status = shared->task(shared->argument, task, &lane);
        if (status < 0 && !atomic_exchange(&shared->failed, 1)) {
            shared->status = status;
            strncpy(shared->message, ntk_error_message(), sizeof shared->message - 1);
        }
    }
}

/* The calling thread has no task left, but the others have. */
static void ask_while_waiting(void *argument)
{
    const region *shared = argument;
    (void)ntk_advance(shared->outer, 0);
}

static ntk_status run_round(ntk_context *context, region *shared, int64_t lanes)
{
    const ntk_context_options *options = &context->options;
    if (options->parallel) {
        if (options->parallel(options->parallel_user, lanes, run_lane, shared))
            return ntk_fail(NTK_ERR_CALLBACK, "the context's executor reported failure");
    } else if (!ntk_pool_run(context, lanes, run_lane, options->progress ? ask_while_waiting : NULL, shared)) {
        run_lane(shared, 0);
    }
    return NTK_OK;
}

static ntk_status run_concurrently(const ntk_lane *outer, int64_t tasks, ntk_task task, void *argument)
{
    ntk_context *context = outer->work->context;
    int64_t lanes = context->threads < tasks ? context->threads : tasks;
    bool rounds = context->options.parallel && context->options.progress;
    int64_t step = rounds ? lanes * TASKS_PER_ROUND : tasks;
    region shared = {.outer = outer, .task = task, .argument = argument};
    while (shared.tasks < tasks) {
        atomic_store(&shared.next, shared.tasks);
        shared.tasks = step < tasks - shared.tasks ? shared.tasks + step : tasks;
        NTK_TRY(run_round(context, &shared, lanes));
        if (atomic_load(&shared.failed)) {
            ntk_set_message(shared.message);
            return shared.status;
        }
        if (atomic_load(&shared.next) < shared.tasks)
            return ntk_fail(NTK_ERR_CALLBACK, "the context's executor returned before its tasks had run");
        /* the calling thread may have had no task, and must ask all the same */
        NTK_TRY(ntk_advance(outer, 0));
    }
    return NTK_OK;
}

static ntk_status run_here(const ntk_lane *lane, int64_t tasks, ntk_task task, void *argument)
{
    for (int64_t i = 0; i < tasks; i++) NTK_TRY(task(argument, i, lane));
    return NTK_OK;
}

ntk_status ntk_run(const ntk_lane *lane, int64_t tasks, ntk_task task, void *argument)
{
    if (lane->nested || tasks < 2 || lane->work->context->threads < 2) return run_here(lane, tasks, task, argument);
    return run_concurrently(lane, tasks, task, argument);
}

ntk_status ntk_run_light(const ntk_lane *lane, int64_t numbers, int64_t tasks, ntk_task task, void *argument)
{
    return numbers < WORTH_WAKING ? run_here(lane, tasks, task, argument) : ntk_run(lane, tasks, task, argument);
}

ntk_status ntk_run_blas(const ntk_lane *lane, int64_t tasks, ntk_task task, void *argument)
{
    return lane->work->blas_threaded ? run_here(lane, tasks, task, argument) : ntk_run(lane, tasks, task, argument);
}
