#include "core/pool.h"

#include "core/context.h"
#include "core/memory.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAITING_NANOSECONDS = 20000000 };

typedef struct worker {
    struct ntk_pool *pool;
    int64_t index;
    pthread_t thread;
} worker;

typedef struct ntk_pool {
    pid_t owner;                /* the process whose threads these are */
    struct ntk_pool *abandoned; /* of the process that this one was forked from: memory only */
    ntk_context *context;       /* not retained: the context owns the pool */
    atomic_int taken;           /* a caller is running on it */
    pthread_mutex_t mutex;      /* guards what follows */
    pthread_cond_t wake, finished;
    uint64_t round; /* counts the jobs */
    int64_t lanes;
    void (*lane)(void *argument, int64_t index);
    void *argument;
    int64_t working; /* workers that have not finished the round */
    bool stop;
    int64_t workers;
    worker worker[];
} ntk_pool;

static void work(ntk_pool *pool, int64_t index)
{
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->stop && pool->round == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
        if (pool->stop) break;
        seen = pool->round;
        if (index < pool->lanes) {
            pthread_mutex_unlock(&pool->mutex);
            pool->lane(pool->argument, index);
            pthread_mutex_lock(&pool->mutex);
        }
        if (--pool->working == 0) pthread_cond_signal(&pool->finished);
    }
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument)
{
    const worker *self = argument;
    work(self->pool, self->index);
    return NULL;
}

/* A worker leaves every signal to the host's own threads. */
static bool start_worker(ntk_pool *pool, int64_t index)
{
    worker *self = &pool->worker[index - 1];
    sigset_t all, kept;
    self->pool = pool;
    self->index = index;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &kept);
    int failed = pthread_create(&self->thread, NULL, worker_main, self);
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
    return !failed;
}

static void join(ntk_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->stop = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (int64_t i = 0; i < pool->workers; i++) pthread_join(pool->worker[i].thread, NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
}

ntk_status ntk_pool_memory(const ntk_context *context, uint64_t *bytes)
{
    if (context->options.parallel || context->threads < 2) return NTK_OK;
    return ntk_need(bytes, 1, (int64_t)sizeof(ntk_pool) + (context->threads - 1) * (int64_t)sizeof(worker));
}

static ntk_pool *pool_create(ntk_context *context)
{
    int64_t wanted = context->threads - 1;
    pthread_condattr_t monotonic;
    ntk_pool *pool;
    if (ntk_allocate(context, &pool, 1, (int64_t)sizeof *pool + wanted * (int64_t)sizeof(worker), "a thread pool") < 0)
        return NULL;
    memset(pool, 0, sizeof *pool);
    pool->owner = getpid();
    pool->context = context;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->finished, &monotonic);
    pthread_condattr_destroy(&monotonic);
    while (pool->workers < wanted && start_worker(pool, pool->workers + 1)) pool->workers++;
    if (pool->workers < wanted) ntk_log(context, NTK_LOG_WARNING, "fewer threads could be started than asked for");
    return pool;
}

/* This process's pool.  After a fork the parent's pool is only memory: its threads are not here, and its locks may be held. */
static ntk_pool *pool_of_process(ntk_context *context)
{
    ntk_pool *current = atomic_load(&context->pool);
    if (current && current->owner == getpid()) return current;
    ntk_pool *made = pool_create(context);
    if (!made) return NULL;
    made->abandoned = current;
    if (atomic_compare_exchange_strong(&context->pool, &current, made)) return made;
    join(made);
    ntk_free(context, made);
    return current;
}

static struct timespec soon(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += WAITING_NANOSECONDS;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
    return time;
}

static void wait_for_workers(ntk_pool *pool, void (*waiting)(void *argument), void *argument)
{
    pthread_mutex_lock(&pool->mutex);
    while (pool->working) {
        struct timespec time = soon();
        if (!waiting) {
            pthread_cond_wait(&pool->finished, &pool->mutex);
        } else if (pthread_cond_timedwait(&pool->finished, &pool->mutex, &time)) {
            pthread_mutex_unlock(&pool->mutex);
            waiting(argument);
            pthread_mutex_lock(&pool->mutex);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
}

bool ntk_pool_run(ntk_context *context, int64_t lanes, void (*lane)(void *argument, int64_t index),
                  void (*waiting)(void *argument), void *argument)
{
    ntk_pool *pool = pool_of_process(context);
    if (!pool || !pool->workers || atomic_exchange(&pool->taken, 1)) return false;
    int64_t present = pool->workers + 1;
    pthread_mutex_lock(&pool->mutex);
    pool->lanes = lanes < present ? lanes : present;
    pool->lane = lane;
    pool->argument = argument;
    pool->working = pool->workers;
    pool->round++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    lane(argument, 0);
    for (int64_t i = present; i < lanes; i++) lane(argument, i);
    wait_for_workers(pool, waiting, argument);
    atomic_store(&pool->taken, 0);
    return true;
}

void ntk_pool_destroy(ntk_context *context)
{
    ntk_pool *pool = atomic_exchange(&context->pool, NULL);
    if (pool && pool->owner == getpid()) join(pool);
    while (pool) {
        ntk_pool *next = pool->abandoned;
        ntk_free(context, pool);
        pool = next;
    }
}

int64_t ntk_pool_threads(const ntk_context *context)
{
    ntk_pool *pool = atomic_load(&context->pool);
    return pool && pool->owner == getpid() ? pool->workers : 0;
}
