#include "network/draw.h"

#include "core/matrix.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/status.h"

#include <math.h>
#include <string.h>

/* so many numbers a task: about a millisecond */
enum { NUMBERS_PER_TASK = 32768 };

/* Seeds of the networks of one draw are so far apart: 2^64 over the golden ratio, so that no two seeds that a user would choose
 * have a network in common. */
static const uint64_t SEED_STEP = UINT64_C(0x9E3779B97F4A7C15);

typedef struct drawing {
    ntk_weights *weights;
    const ntk_draw *draw;
    int64_t neurons;  /* of a network */
    int64_t drawn;    /* of those, the ones that are not copies */
    int64_t per_task; /* neurons */
    int64_t tasks;    /* of a network */
} drawing;

/* Neurons first, ..., first + count - 1 of a network. */
typedef struct neurons {
    int64_t network, first, count;
} neurons;

static ntk_random random_of(const drawing *job, uint32_t purpose, const neurons *part)
{
    return (ntk_random){.seed = job->draw->seed + (uint64_t)part->network * SEED_STEP, .purpose = purpose, .layer = 0};
}

static double *hidden_of(const drawing *job, const neurons *part)
{
    return job->weights->w + (part->network * job->neurons + part->first) * job->weights->inputs;
}

static double *output_of(const drawing *job, const neurons *part)
{
    return job->weights->a + part->network * job->neurons + part->first;
}

/* Kahan's sum: a neuron's length is then right to a few ULP for every d, and the same on every machine. */
static double norm(const double *w, int64_t count)
{
    double sum = 0, lost = 0;
    for (int64_t k = 0; k < count; k++) {
        double term = w[k] * w[k] - lost, next = sum + term;
        lost = (next - sum) - term;
        sum = next;
    }
    return sqrt(sum);
}

static void to_sphere(double *w, int64_t count, double radius)
{
    double length = norm(w, count);
    if (length > 0) {
        for (int64_t k = 0; k < count; k++) w[k] *= radius / length;
    } else {
        w[0] = radius;
    }
}

static void draw_hidden(const drawing *job, const neurons *part)
{
    const ntk_draw *draw = job->draw;
    ntk_random random = random_of(job, NTK_RANDOM_HIDDEN, part);
    int64_t d = job->weights->inputs, count = part->count;
    double *w = hidden_of(job, part);
    ntk_random_normals(&random, w, part->first * d, count * d);
    if (draw->hidden_law == NTK_HIDDEN_SPHERE) {
        for (int64_t i = 0; i < count; i++) to_sphere(w + i * d, d, draw->radius);
    } else {
        for (int64_t k = 0; k < count * d; k++) w[k] *= draw->scale;
    }
}

static void draw_output(const drawing *job, const neurons *part)
{
    const ntk_draw *draw = job->draw;
    ntk_random random = random_of(job, NTK_RANDOM_OUTPUT, part);
    double *a = output_of(job, part);
    if (draw->output_weights == NTK_OUTPUT_SIGNS)
        ntk_random_signs(&random, a, part->first, part->count);
    else if (draw->output_weights == NTK_OUTPUT_GAUSSIAN)
        ntk_random_normals(&random, a, part->first, part->count);
    else
        memset(a, 0, (size_t)part->count * sizeof *a);
}

static void mirror(const drawing *job, const neurons *part)
{
    neurons copy = {.network = part->network, .first = part->first + job->drawn};
    const double *a = output_of(job, part);
    double *to = output_of(job, &copy);
    memcpy(hidden_of(job, &copy), hidden_of(job, part), (size_t)(part->count * job->weights->inputs) * sizeof(double));
    for (int64_t i = 0; i < part->count; i++) to[i] = -a[i];
}

static ntk_status draw_neurons(void *argument, int64_t index, const ntk_lane *lane)
{
    const drawing *job = argument;
    neurons part = {.network = index / job->tasks, .first = index % job->tasks * job->per_task};
    int64_t left = job->drawn - part.first;
    part.count = left < job->per_task ? left : job->per_task;
    draw_hidden(job, &part);
    if (!ntk_is_finite(hidden_of(job, &part), NTK_F64, part.count * job->weights->inputs))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: weight_scale is so large that a hidden weight overflows", job->draw->function);
    draw_output(job, &part);
    if (job->draw->antisymmetric) mirror(job, &part);
    return ntk_advance(lane, part.count);
}

ntk_status ntk_weights_draw(ntk_context *context, ntk_weights *weights, const ntk_draw *draw)
{
    drawing job = {.weights = weights, .draw = draw, .neurons = weights->hidden / draw->networks};
    job.drawn = draw->antisymmetric ? job.neurons / 2 : job.neurons;
    job.per_task = weights->inputs < NUMBERS_PER_TASK ? NUMBERS_PER_TASK / weights->inputs : 1;
    job.tasks = (job.drawn - 1) / job.per_task + 1;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "network weights", draw->networks * job.drawn, 0, 1);
    NTK_TRY(ntk_run(&lane, draw->networks * job.tasks, draw_neurons, &job));
    ntk_weights_complete(weights);
    return NTK_OK;
}
