/* Running the tasks of one call: on which threads, with what progress, and until when. */
#ifndef NTK_CORE_PARALLEL_H
#define NTK_CORE_PARALLEL_H

#include <ntk/context.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* A part of a call's whole work. */
typedef struct ntk_share {
    double begin, end;
} ntk_share;

/* One call's work, as the progress callback sees it. */
typedef struct ntk_work {
    ntk_context *context;
    const char *stage;
    double begin, end; /* the stage's share of room */
    ntk_share room;    /* of the whole call */
    int64_t total;     /* units of work in the stage */
    _Atomic int64_t done;
    atomic_bool cancelled;
    pthread_t caller;
    bool blas_threaded; /* asked once: the host may change it while the call goes on */
} ntk_work;

/* Who executes a task: one of ntk_lanes(context) lanes, so that each can own scratch memory. */
typedef struct ntk_lane {
    ntk_work *work;
    int32_t index;
    bool nested; /* inside a parallel region: what it starts runs on itself */
    bool quiet;  /* ntk_advance does nothing: what runs is too short to ask */
} ntk_lane;

/* A task that fails ends its region: no new task starts, and the region returns the failure with its sentence. */
typedef ntk_status (*ntk_task)(void *argument, int64_t index, const ntk_lane *lane);

/* Begins a call of one stage, or one stage of several, that takes the shares begin to end of the whole. */
ntk_lane ntk_work_begin(ntk_work *work, ntk_context *context);
void ntk_work_stage(ntk_work *work, const char *stage, int64_t units, double begin, double end);

/* Confines the stages that follow, from 0 to 1, to a share of what they had.  Returns that, for ntk_work_widen. */
ntk_share ntk_work_narrow(ntk_work *work, double begin, double end);
void ntk_work_widen(ntk_work *work, ntk_share room);

/* Counts units of work as done.  On the calling thread it asks the progress callback.  NTK_ERR_CANCELLED once that has asked to
 * stop. */
ntk_status ntk_advance(const ntk_lane *lane, int64_t units);

/* How many lanes a region of this context can have. */
int32_t ntk_lanes(const ntk_context *context);

/* Runs task(argument, 0..tasks-1) on the executor; a single task, or a nested region, on the calling lane.  The tasks must not
 * call BLAS. */
ntk_status ntk_run(const ntk_lane *lane, int64_t tasks, ntk_task task, void *argument);

/* The same, but on the calling lane where so many numbers, of a few operations each, are not worth waking other threads. */
ntk_status ntk_run_light(const ntk_lane *lane, int64_t numbers, int64_t tasks, ntk_task task, void *argument);

/* The same for tasks that call BLAS: on the executor if BLAS is single-threaded, otherwise one after the other on the calling
 * thread, where BLAS brings its own threads and a task may itself ntk_run what is not BLAS. */
ntk_status ntk_run_blas(const ntk_lane *lane, int64_t tasks, ntk_task task, void *argument);

/* How many scratch areas so many tasks of ntk_run_blas need; and the same of a call that has not begun, for size queries. */
int64_t ntk_lanes_for(const ntk_lane *lane, int64_t tasks);
int64_t ntk_lanes_expected(const ntk_context *context, int64_t tasks);

#endif
