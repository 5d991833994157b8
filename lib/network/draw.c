#include "network/draw.h"

#include "core/matrix.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/status.h"

#include <math.h>
#include <string.h>

/* so many numbers a task: about a millisecond */
enum { NUMBERS_PER_TASK = 32768 };

typedef struct drawing {
    ntk_weights *weights;
    const ntk_draw *draw;
    int64_t drawn;    /* neurons that are not copies */
    int64_t per_task; /* neurons */
} drawing;

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

static void draw_hidden(const drawing *job, int64_t first, int64_t count)
{
    const ntk_draw *draw = job->draw;
    ntk_random random = {.seed = draw->seed, .purpose = NTK_RANDOM_HIDDEN, .layer = 0};
    int64_t d = job->weights->inputs;
    double *w = job->weights->w + first * d;
    ntk_random_normals(&random, w, first * d, count * d);
    if (draw->hidden_law == NTK_HIDDEN_SPHERE) {
        for (int64_t i = 0; i < count; i++) to_sphere(w + i * d, d, draw->radius);
    } else {
        for (int64_t k = 0; k < count * d; k++) w[k] *= draw->scale;
    }
}

static void draw_output(const drawing *job, int64_t first, int64_t count)
{
    const ntk_draw *draw = job->draw;
    ntk_random random = {.seed = draw->seed, .purpose = NTK_RANDOM_OUTPUT, .layer = 0};
    double *a = job->weights->a + first;
    if (draw->output_weights == NTK_OUTPUT_SIGNS)
        ntk_random_signs(&random, a, first, count);
    else if (draw->output_weights == NTK_OUTPUT_GAUSSIAN)
        ntk_random_normals(&random, a, first, count);
    else
        memset(a, 0, (size_t)count * sizeof *a);
}

static void mirror(const drawing *job, int64_t first, int64_t count)
{
    const ntk_weights *weights = job->weights;
    int64_t d = weights->inputs, copy = first + job->drawn;
    memcpy(weights->w + copy * d, weights->w + first * d, (size_t)(count * d) * sizeof(double));
    for (int64_t i = 0; i < count; i++) weights->a[copy + i] = -weights->a[first + i];
}

static ntk_status draw_neurons(void *argument, int64_t index, const ntk_lane *lane)
{
    const drawing *job = argument;
    int64_t first = index * job->per_task, left = job->drawn - first;
    int64_t count = left < job->per_task ? left : job->per_task;
    int64_t d = job->weights->inputs;
    draw_hidden(job, first, count);
    if (!ntk_is_finite(job->weights->w + first * d, NTK_F64, count * d))
        return ntk_fail(NTK_ERR_OVERFLOW, "ntk_network_create: weight_scale is so large that a hidden weight overflows");
    draw_output(job, first, count);
    if (job->draw->antisymmetric) mirror(job, first, count);
    return ntk_advance(lane, count);
}

ntk_status ntk_weights_draw(ntk_context *context, ntk_weights *weights, const ntk_draw *draw)
{
    drawing job = {.weights = weights, .draw = draw};
    job.drawn = draw->antisymmetric ? weights->hidden / 2 : weights->hidden;
    job.per_task = weights->inputs < NUMBERS_PER_TASK ? NUMBERS_PER_TASK / weights->inputs : 1;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, context);
    ntk_work_stage(&work, "network weights", job.drawn, 0, 1);
    NTK_TRY(ntk_run(&lane, (job.drawn - 1) / job.per_task + 1, draw_neurons, &job));
    ntk_weights_complete(weights);
    return NTK_OK;
}
