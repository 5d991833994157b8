/* Passes over the parameters, in stretches whose bounds depend on their number alone. */
#include "dynamics/training/simd/steps.h"
#include "core/context.h"
#include "core/size.h"
#include "dynamics/training/stretches.h"
#include "dynamics/training/training.h"

#include <math.h>
#include <string.h>

typedef struct stepping {
    const ntk_training *training;
    const ntk_step_loops *loops;
    void (*loop)(const ntk_step *step, int64_t first, int64_t count);
    ntk_step step;
    void *gradient;
    const void *point, *base, *previous;
    double sign, decay, eta;
} stepping;

static stepping begin(const ntk_training *training, const ntk_lane *lane)
{
    return (stepping){.training = training,
                      .loops = NTK_OF_ISA(lane->work->context->isa, ntk_step_loops, training->options.dtype - 1)};
}

/* Runs a task for every stretch.  Those that an executor left out are made up for here: a step is whole, or has not begun. */
static void run_all(const ntk_lane *lane, ntk_task task, stepping *job)
{
    ntk_training *training = (ntk_training *)(uintptr_t)job->training;
    int64_t tasks = ntk_stretches(training->size);
    ntk_lane quiet = *lane;
    quiet.quiet = true;
    memset(training->done, 0, (size_t)tasks);
    if (ntk_run_light(&quiet, training->size, tasks, task, job) >= 0) return;
    for (int64_t i = 0; i < tasks; i++)
        if (!training->done[i]) (void)task(job, i, &quiet);
}

/* --- what is known before a step --- */

static ntk_status gather_stretch(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const stepping *job = argument;
    const ntk_training *training = job->training;
    double *sums = training->sums + index * NTK_SUMS;
    job->loops->gather(job->gradient, job->point, job->base, job->sign, job->decay, job->previous, index * NTK_STRETCH,
                       ntk_stretch_count(training->size, index), sums);
    training->done[index] = 1;
    return NTK_OK;
}

static void add_sums(const ntk_training *training, double sums[NTK_SUMS])
{
    memset(sums, 0, NTK_SUMS * sizeof *sums);
    for (int64_t i = 0; i < ntk_stretches(training->size); i++)
        for (int s = 0; s < NTK_SUMS; s++) sums[s] += training->sums[i * NTK_SUMS + s];
}

/* Where the trained part's numbers of a point begin. */
static const void *part_of(const ntk_training *training, const void *point)
{
    return training->options.linearized ? point : ntk_at(point, training->options.dtype, training->first);
}

static stepping begin_at(ntk_training *training, const ntk_lane *lane, const void *point)
{
    stepping job = begin(training, lane);
    job.gradient = training->gradient;
    job.point = part_of(training, point);
    job.base = ntk_training_decay_base(training, &job.sign);
    job.decay = training->options.weight_decay;
    return job;
}

void ntk_training_gather(ntk_training *training, const ntk_lane *lane, const void *point, double sums[])
{
    stepping job = begin_at(training, lane, point);
    job.previous = training->state.steps > 0 ? training->previous : NULL;
    run_all(lane, gather_stretch, &job);
    add_sums(training, sums);
}

double ntk_training_spread(const ntk_training *training, const void *point)
{
    int32_t dtype = training->options.dtype;
    const void *q = part_of(training, point);
    double sign, sum = 0;
    const void *base = ntk_training_decay_base(training, &sign);
    for (int64_t k = 0; k < training->size; k++) {
        double from = ntk_get(q, dtype, k) + (base ? sign * ntk_get(base, dtype, k) : 0);
        sum += from * from;
    }
    return sum;
}

/* --- the step --- */

static ntk_status step_stretch(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const stepping *job = argument;
    job->loop(&job->step, index * NTK_STRETCH, ntk_stretch_count(job->training->size, index));
    job->training->done[index] = 1;
    return NTK_OK;
}

static void choose_loop(stepping *job, int32_t method)
{
    const ntk_step_loops *loops = job->loops;
    job->loop = method == NTK_TRAINING_MOMENTUM   ? loops->momentum
                : method == NTK_TRAINING_NESTEROV ? loops->nesterov
                : method == NTK_TRAINING_ADAGRAD  ? loops->adagrad
                : method == NTK_TRAINING_RMSPROP  ? loops->rmsprop
                : method == NTK_TRAINING_ADAM     ? loops->adam
                                                  : loops->descend;
}

void ntk_training_step(ntk_training *training, const ntk_lane *lane, double eta, bool trial)
{
    const ntk_training_options *options = &training->options;
    double count = (double)training->state.steps + 1;
    stepping job = begin(training, lane);
    job.step =
        (ntk_step){.q = training->q, .velocity = training->velocity, .squares = training->squares, .g = training->gradient};
    if (training->ahead) job.step.ahead = (void *)(uintptr_t)part_of(training, training->ahead);
    job.step.eta = eta;
    job.step.mu = options->momentum;
    job.step.rho = options->square_rate;
    job.step.epsilon = options->epsilon;
    job.step.velocity_scale = eta / -expm1(count * log(options->momentum));
    job.step.square_scale = 1 / sqrt(-expm1(count * log(options->square_rate)));
    choose_loop(&job, options->method);
    if (trial) job.loop = job.loops->trial;
    run_all(lane, step_stretch, &job);
}

/* --- both at once --- */

bool ntk_training_exchanges(const ntk_training *training)
{
    const ntk_training_options *options = &training->options;
    bool plain = options->method <= NTK_TRAINING_ONLINE, all = training->size == training->weights->size;
    return plain && all && !options->linearized && ntk_schedule_is_foreseen(options->schedule);
}

static ntk_status exchange_stretch(void *argument, int64_t index, const ntk_lane *lane)
{
    (void)lane;
    const stepping *job = argument;
    const ntk_training *training = job->training;
    job->loops->exchange(job->gradient, job->point, job->base, job->sign, job->decay, job->eta, index * NTK_STRETCH,
                         ntk_stretch_count(training->size, index), training->sums + index * NTK_SUMS);
    training->done[index] = 1;
    return NTK_OK;
}

void ntk_training_prepare(ntk_training *training, const ntk_lane *lane, double eta, double sums[])
{
    stepping job = begin_at(training, lane, training->theta);
    job.eta = eta;
    run_all(lane, exchange_stretch, &job);
    add_sums(training, sums);
}

void ntk_training_exchange(ntk_training *training)
{
    void *next = training->gradient;
    training->gradient = training->theta;
    training->theta = training->q = next;
}
