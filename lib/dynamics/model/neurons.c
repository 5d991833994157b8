/* The search for beta among the neurons of a network with one hidden layer.  For u of unit length over samples j and outputs o, and
 * directions v = (s, q) of a neuron's output weights a and hidden weights, with z = <q, x'_j>,
 *   <w, H_jo v> = gamma (sigma'_j (s_w,o z_v + s_v,o z_w) + sigma''_j a_o z_v z_w)
 * and u, w, v in turn are put where the sum over u is largest.  All neurons are tried for a few rounds, the best of them for many. */
#include "activation/activation.h"
#include "core/context.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/model/lipschitz.h"
#include "network/layer.h"

#include <math.h>
#include <string.h>

enum { FIRST_ROUNDS = 4, LAST_ROUNDS = 100, FINALISTS = 16 };
static const double LEAST_GAIN = 1e-7;

/* cols     of rows, x'
 * width    numbers of a direction: outputs and cols
 * best     of each neuron
 * ranked   the finalists */
typedef struct neurons {
    const ntk_model_problem *problem;
    const ntk_weights *weights;
    int64_t n, cols, outputs, width, per_lane;
    bool both;
    double *rows, *best, *scratch;
    int64_t ranked[FINALISTS], finalists;
} neurons;

/* One neuron in work.  slope, bend, forward  n, sigma' and sigma'' and what goes backward   u  n x outputs   a  outputs
 * v, w  directions, with z_v and z_w, n */
typedef struct neuron {
    const neurons *of;
    double *slope, *bend, *back, *u, *a, *v, *w, *zv, *zw;
} neuron;

static int64_t numbers_per_lane(int64_t n, int64_t outputs, int64_t width)
{
    return ntk_vector_room(5 * n + n * outputs + outputs + 2 * width);
}

static neuron scratch_of(const neurons *of, int32_t lane)
{
    double *at = of->scratch + lane * of->per_lane;
    neuron one = {.of = of, .slope = at, .bend = at + of->n, .back = at + 2 * of->n};
    one.zv = at + 3 * of->n;
    one.zw = at + 4 * of->n;
    one.u = at + 5 * of->n;
    one.a = one.u + of->n * of->outputs;
    one.v = one.a + of->outputs;
    one.w = one.v + of->width;
    return one;
}

/* sigma', sigma'' and a of neuron i. */
static void enter(neuron *one, int64_t i)
{
    const neurons *of = one->of;
    const ntk_weights *weights = of->weights;
    const double *theta = of->problem->theta0, *a = theta + ntk_weights_size(weights, NTK_PART_NT) + i;
    const double *w = theta + i * weights->inputs;
    ntk_isa isa = of->problem->lane->work->context->isa;
    for (int64_t j = 0; j < of->n; j++) {
        const double *x = of->rows + j * of->cols;
        double z = ntk_dot(NTK_F64, w, x, weights->inputs);
        if (of->cols > weights->inputs) z += theta[weights->layer[0].biases + i] * x[weights->inputs];
        one->slope[j] = one->bend[j] = z;
    }
    ntk_activation_evaluate(weights->activation, isa, NTK_F64, 1, one->slope, one->slope, of->n);
    ntk_activation_evaluate(weights->activation, isa, NTK_F64, 2, one->bend, one->bend, of->n);
    for (int64_t o = 0; o < of->outputs; o++) one->a[o] = a[o * weights->hidden];
}

static void project(const neuron *one, const double *direction, double *z)
{
    const neurons *of = one->of;
    for (int64_t j = 0; j < of->n; j++) z[j] = ntk_dot(NTK_F64, direction + of->outputs, of->rows + j * of->cols, of->cols);
}

/* u, and the length it had. */
static double turn_outputs(neuron *one)
{
    const neurons *of = one->of;
    for (int64_t j = 0; j < of->n; j++)
        for (int64_t o = 0; o < of->outputs; o++)
            one->u[j * of->outputs + o] = one->slope[j] * (one->w[o] * one->zv[j] + one->v[o] * one->zw[j]) +
                                          one->bend[j] * one->a[o] * one->zv[j] * one->zw[j];
    return ntk_vector_normalise(one->u, of->n * of->outputs);
}

/* to = sum_j u_j H_j from, of unit length, and its z; false if it is 0. */
static bool turn_direction(neuron *one, double *to, double *z_to, const double *from, const double *z_from)
{
    const neurons *of = one->of;
    memset(to, 0, (size_t)of->width * sizeof *to);
    for (int64_t j = 0; j < of->n; j++) {
        double straight = 0, bent = 0;
        for (int64_t o = 0; o < of->outputs; o++) {
            double u = one->u[j * of->outputs + o];
            if (of->both) to[o] += u * one->slope[j] * z_from[j];
            straight += u * from[o];
            bent += u * one->a[o];
        }
        one->back[j] = one->slope[j] * straight + one->bend[j] * bent * z_from[j];
        ntk_vector_add(to + of->outputs, one->back[j], of->rows + j * of->cols, of->cols);
    }
    if (ntk_vector_normalise(to, of->width) == 0) return false;
    project(one, to, z_to);
    return true;
}

/* The longest sample, or at random; v = w. */
static void start(neuron *one, int64_t i, int64_t restart)
{
    const neurons *of = one->of;
    ntk_random random = {.seed = of->problem->model->options.seed, .purpose = NTK_RANDOM_START, .layer = (uint32_t)restart};
    ntk_random_normals(&random, one->v, i * of->width, of->width);
    int64_t longest = 0;
    double length = 0;
    for (int64_t j = 0; j < of->n && restart == 0; j++) {
        double norm = ntk_vector_norm(of->rows + j * of->cols, of->cols);
        if (norm > length) longest = j, length = norm;
    }
    if (length > 0) memcpy(one->v + of->outputs, of->rows + longest * of->cols, (size_t)of->cols * sizeof *one->v);
    for (int64_t o = 0; o < of->outputs && !of->both; o++) one->v[o] = 0;
    ntk_vector_normalise(one->v, of->width);
    memcpy(one->w, one->v, (size_t)of->width * sizeof *one->w);
    project(one, one->v, one->zv);
    memcpy(one->zw, one->zv, (size_t)of->n * sizeof *one->zw);
}

static ntk_status climb(neuron *one, const ntk_lane *lane, int rounds, double *best)
{
    double value = 0, before;
    for (int round = 0; round < rounds; round++) {
        before = value;
        value = turn_outputs(one);
        *best = fmax(*best, value);
        NTK_TRY(ntk_advance(lane, 0));
        if (value - before <= LEAST_GAIN * value) break;
        if (!turn_direction(one, one->w, one->zw, one->v, one->zv)) break;
        if (!turn_direction(one, one->v, one->zv, one->w, one->zw)) break;
    }
    return NTK_OK;
}

static ntk_status try_neuron(void *argument, int64_t i, const ntk_lane *lane)
{
    neurons *of = argument;
    neuron one = scratch_of(of, lane->index);
    of->best[i] = 0;
    enter(&one, i);
    start(&one, i, 0);
    NTK_TRY(climb(&one, lane, FIRST_ROUNDS, &of->best[i]));
    return ntk_advance(lane, 1);
}

static ntk_status finish_neuron(void *argument, int64_t rank, const ntk_lane *lane)
{
    neurons *of = argument;
    neuron one = scratch_of(of, lane->index);
    int64_t i = of->ranked[rank], restarts = of->problem->model->options.restarts;
    enter(&one, i);
    for (int64_t r = 0; r < restarts; r++) {
        start(&one, i, r);
        NTK_TRY(climb(&one, lane, LAST_ROUNDS, &of->best[i]));
    }
    return ntk_advance(lane, 1);
}

/* The best so far, the first of equals first. */
static void rank(neurons *of)
{
    of->finalists = 0;
    for (int64_t i = 0; i < of->weights->hidden; i++) {
        int64_t place = of->finalists;
        while (place > 0 && of->best[of->ranked[place - 1]] < of->best[i]) place--;
        if (place == FINALISTS) continue;
        int64_t last = ntk_smaller(of->finalists, FINALISTS - 1);
        memmove(of->ranked + place + 1, of->ranked + place, (size_t)(last - place) * sizeof of->ranked[0]);
        of->ranked[place] = i;
        of->finalists = last + 1;
    }
}

static ntk_status search(neurons *of, double *beta)
{
    const ntk_lane *lane = of->problem->lane;
    ntk_neuron_samples(of->problem, of->rows);
    ntk_work_stage(lane->work, "search for beta", of->weights->hidden, 0, 0.5);
    NTK_TRY(ntk_run(lane, of->weights->hidden, try_neuron, of));
    rank(of);
    ntk_work_stage(lane->work, "search for beta", of->finalists, 0.5, 1);
    NTK_TRY(ntk_run(lane, of->finalists, finish_neuron, of));
    for (int64_t i = 0; i < of->weights->hidden; i++) *beta = fmax(*beta, fabs(of->weights->gamma) * of->best[i]);
    return NTK_OK;
}

bool ntk_neurons_serve(const ntk_model *model)
{
    return model->weights && model->weights->layers == 1 && model->part != NTK_PART_RF &&
           ntk_activation_has_second(model->weights->activation);
}

ntk_status ntk_neurons_search(double *beta, const ntk_model_problem *problem)
{
    const ntk_model *model = problem->model;
    ntk_context *context = problem->lane->work->context;
    neurons of = {.problem = problem, .weights = model->weights, .n = problem->n, .outputs = model->outputs};
    of.both = model->part == NTK_PART_BOTH;
    of.cols = ntk_neuron_inputs(of.weights);
    of.width = of.outputs + of.cols;
    of.per_lane = numbers_per_lane(of.n, of.outputs, of.width);
    ntk_status status = ntk_allocate(context, &of.rows, of.n, of.cols * (int64_t)sizeof(double), "samples");
    if (status >= 0) status = ntk_allocate(context, &of.best, of.weights->hidden, sizeof(double), "what neurons reach");
    if (status >= 0)
        status = ntk_allocate(context, &of.scratch, ntk_lanes(context), of.per_lane * (int64_t)sizeof(double),
                              "directions of neurons");
    if (status >= 0) status = search(&of, beta);
    ntk_free(context, of.rows);
    ntk_free(context, of.best);
    ntk_free(context, of.scratch);
    return status;
}

ntk_status ntk_neurons_memory(const ntk_model *model, uint64_t *bytes, int64_t n)
{
    const ntk_weights *weights = model->weights;
    int64_t cols = ntk_neuron_inputs(weights), numbers;
    if (__builtin_mul_overflow(n, model->outputs + 5, &numbers) || numbers > INT64_MAX / 64 - 2 * (model->outputs + cols))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld samples of %lld outputs are too many", (long long)n, (long long)model->outputs);
    numbers = numbers_per_lane(n, model->outputs, model->outputs + cols);
    NTK_TRY(ntk_need(bytes, n, cols * (int64_t)sizeof(double)));
    NTK_TRY(ntk_need(bytes, weights->hidden, sizeof(double)));
    return ntk_need(bytes, ntk_lanes(model->base.context), numbers * (int64_t)sizeof(double));
}
