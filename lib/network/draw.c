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
    int64_t tasks; /* of a network */
} drawing;

/* Neurons first, ..., first + count - 1 of a network's layer. */
typedef struct neurons {
    ntk_weights network;
    int64_t index, layer, first, count;
} neurons;

/* Neurons of a layer that are not copies of others. */
static int64_t drawn_of(const drawing *job, int64_t layer)
{
    int64_t all = job->weights->layer[layer].neurons;
    return job->draw->antisymmetric ? all / 2 : all;
}

static int64_t per_task(const ntk_layer *layer)
{
    return layer->inputs < NUMBERS_PER_TASK ? NUMBERS_PER_TASK / layer->inputs : 1;
}

static int64_t tasks_of(const drawing *job, int64_t layer)
{
    return (drawn_of(job, layer) - 1) / per_task(&job->weights->layer[layer]) + 1;
}

/* What task index of the whole draws. */
static neurons neurons_of(const drawing *job, int64_t index)
{
    neurons part = {.index = index / job->tasks};
    int64_t task = index % job->tasks, tasks;
    for (; task >= (tasks = tasks_of(job, part.layer)); part.layer++) task -= tasks;
    int64_t most = per_task(&job->weights->layer[part.layer]), left;
    part.network = ntk_weights_of_network(job->weights, part.index);
    part.first = task * most;
    left = drawn_of(job, part.layer) - part.first;
    part.count = left < most ? left : most;
    return part;
}

static ntk_random random_of(const drawing *job, uint32_t purpose, const neurons *part)
{
    bool hidden = purpose == NTK_RANDOM_HIDDEN || purpose == NTK_RANDOM_HIDDEN_BIAS;
    return (ntk_random){.seed = job->draw->seed + (uint64_t)part->index * SEED_STEP,
                        .purpose = purpose,
                        .layer = hidden ? (uint32_t)part->layer : 0};
}

static double *hidden_of(const neurons *part)
{
    const ntk_layer *layer = &part->network.layer[part->layer];
    return part->network.w + layer->weights + part->first * layer->inputs;
}

/* Of one output. */
static double *weights_of(const neurons *part, int64_t output)
{
    return part->network.a + output * part->network.hidden + part->first;
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
    int64_t d = part->network.layer[part->layer].inputs, count = part->count;
    double *w = hidden_of(part), root = sqrt((double)d);
    ntk_random_normals(&random, w, part->first * d, count * d);
    if (draw->hidden_law == NTK_HIDDEN_SPHERE) {
        for (int64_t i = 0; i < count; i++) to_sphere(w + i * d, d, draw->lecture != 0 ? draw->lecture : root);
    } else {
        double scale = draw->lecture != 0 ? draw->lecture / root : 1;
        for (int64_t k = 0; k < count * d; k++) w[k] *= scale;
    }
}

static void draw_biases(const drawing *job, const neurons *part)
{
    const ntk_layer *layer = &part->network.layer[part->layer];
    ntk_random random = random_of(job, NTK_RANDOM_HIDDEN_BIAS, part);
    if (layer->bias != 0) ntk_random_normals(&random, part->network.w + layer->biases + part->first, part->first, part->count);
}

static void draw_output_bias(const drawing *job, const neurons *part)
{
    ntk_random random = random_of(job, NTK_RANDOM_OUTPUT_BIAS, part);
    int64_t outputs = part->network.outputs;
    double *c = part->network.a + outputs * part->network.hidden;
    if (part->network.output_bias == 0) return;
    if (job->draw->output_weights != NTK_OUTPUT_ZERO)
        ntk_random_normals(&random, c, 0, outputs);
    else
        memset(c, 0, (size_t)outputs * sizeof *c);
}

/* An output has a sequence of its own, by the layer's number. */
static void draw_output(const drawing *job, const neurons *part)
{
    const ntk_draw *draw = job->draw;
    ntk_random random = random_of(job, NTK_RANDOM_OUTPUT, part);
    for (int64_t o = 0; o < part->network.outputs; o++) {
        double *a = weights_of(part, o);
        random.layer = (uint32_t)o;
        if (draw->output_weights == NTK_OUTPUT_SIGNS)
            ntk_random_signs(&random, a, part->first, part->count);
        else if (draw->output_weights == NTK_OUTPUT_GAUSSIAN)
            ntk_random_normals(&random, a, part->first, part->count);
        else
            memset(a, 0, (size_t)part->count * sizeof *a);
    }
    if (part->first == 0) draw_output_bias(job, part);
}

/* Of one layer without biases. */
static void mirror(const drawing *job, const neurons *part)
{
    neurons copy = *part;
    copy.first += drawn_of(job, part->layer);
    memcpy(hidden_of(&copy), hidden_of(part), (size_t)(part->count * job->weights->inputs) * sizeof(double));
    for (int64_t o = 0; o < part->network.outputs; o++) {
        const double *a = weights_of(part, o);
        double *to = weights_of(&copy, o);
        for (int64_t i = 0; i < part->count; i++) to[i] = -a[i];
    }
}

static ntk_status draw_neurons(void *argument, int64_t index, const ntk_lane *lane)
{
    const drawing *job = argument;
    neurons part = neurons_of(job, index);
    draw_hidden(job, &part);
    if (!ntk_is_finite(hidden_of(&part), NTK_F64, part.count * part.network.layer[part.layer].inputs))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: weight_scale is so large that a hidden weight overflows", job->draw->function);
    draw_biases(job, &part);
    if (part.layer + 1 == job->weights->layers) draw_output(job, &part);
    if (job->draw->antisymmetric) mirror(job, &part);
    return ntk_advance(lane, part.count);
}

ntk_status ntk_weights_draw(const ntk_lane *lane, ntk_weights *weights, const ntk_draw *draw)
{
    drawing job = {.weights = weights, .draw = draw};
    int64_t drawn = 0;
    for (int64_t l = 0; l < weights->layers; l++) {
        job.tasks += tasks_of(&job, l);
        drawn += drawn_of(&job, l);
    }
    ntk_work_stage(lane->work, "network weights", weights->networks * drawn, 0, 1);
    NTK_TRY(ntk_run(lane, weights->networks * job.tasks, draw_neurons, &job));
    ntk_weights_complete(weights);
    return NTK_OK;
}
