/* Networks as models: by passes over their layers. */
#include "network/network.h"
#include "core/memory.h"
#include "core/status.h"
#include "dynamics/model/model.h"
#include "network/passes.h"

#include <string.h>

/* Of a point.   passes  of one chunk, which may be all samples: what the forward pass keeps serves many products then
 * outputs  of a chunk, or unit vectors of outputs */
typedef struct chain {
    ntk_passes passes;
    double *outputs;
} chain;

static ntk_status memory(const ntk_model *model, uint64_t *bytes, int64_t n)
{
    int64_t rows = ntk_passes_rows(model->weights, n), row = model->outputs * (int64_t)sizeof(double);
    NTK_TRY(ntk_need(bytes, 1, sizeof(chain)));
    NTK_TRY(ntk_need(bytes, rows, row));
    return ntk_passes_memory(model->weights, bytes, NTK_F64, model->part, n, 1);
}

static ntk_status open_point(ntk_point *point)
{
    const ntk_model_problem *problem = point->problem;
    const ntk_model *model = problem->model;
    ntk_context *context = problem->lane->work->context;
    chain *c;
    NTK_TRY(ntk_allocate(context, &c, 1, sizeof *c, "a network's passes"));
    memset(c, 0, sizeof *c);
    point->state = c;
    NTK_TRY(ntk_passes_open(&c->passes, problem->lane, model->weights, NTK_F64, model->part, problem->n, 1));
    return ntk_allocate(context, &c->outputs, c->passes.rows, model->outputs * (int64_t)sizeof(double), "outputs");
}

static void close_point(ntk_point *point)
{
    ntk_context *context = point->problem->lane->work->context;
    chain *c = point->state;
    if (!c) return;
    ntk_passes_close(&c->passes, point->problem->lane);
    ntk_free(context, c->outputs);
    ntk_free(context, c);
}

/* The chunk's samples from first on have gone forward; y may be NULL. */
static ntk_status enter(ntk_point *point, ntk_chunk *chunk, int64_t first, double *y)
{
    const ntk_model_problem *problem = point->problem;
    chain *c = point->state;
    int64_t inputs = problem->model->inputs, left = problem->n - first;
    bool whole = left <= c->passes.rows && first == 0;
    *chunk = (ntk_chunk){.theta = point->theta, .x = problem->x + first * inputs, .ldx = inputs, .rows = left};
    if (chunk->rows > c->passes.rows) chunk->rows = c->passes.rows;
    if (!y && whole && point->ready) return NTK_OK;
    NTK_TRY(ntk_passes_forward(&c->passes, problem->lane, chunk, y ? y : c->outputs));
    point->ready = whole;
    return NTK_OK;
}

static ntk_status forward(ntk_point *point, double *y)
{
    ntk_chunk chunk;
    for (int64_t first = 0; first < point->problem->n; first += chunk.rows) {
        NTK_TRY(enter(point, &chunk, first, y + first * point->problem->model->outputs));
        NTK_TRY(ntk_advance(point->problem->lane, 0));
    }
    return NTK_OK;
}

static ntk_status multiply(ntk_point *point, const double *v, double *y)
{
    const ntk_model_problem *problem = point->problem;
    chain *c = point->state;
    ntk_chunk chunk;
    for (int64_t first = 0; first < problem->n; first += chunk.rows) {
        NTK_TRY(enter(point, &chunk, first, NULL));
        NTK_TRY(ntk_passes_tangent(&c->passes, problem->lane, &chunk, v, y + first * problem->model->outputs));
        NTK_TRY(ntk_advance(problem->lane, 0));
    }
    return NTK_OK;
}

static ntk_status transposed(ntk_point *point, const double *u, double *g)
{
    const ntk_model_problem *problem = point->problem;
    chain *c = point->state;
    ntk_chunk chunk;
    for (int64_t first = 0; first < problem->n; first += chunk.rows) {
        NTK_TRY(enter(point, &chunk, first, NULL));
        NTK_TRY(ntk_passes_backward(&c->passes, problem->lane, &chunk, u + first * problem->model->outputs, first > 0, g));
        NTK_TRY(ntk_advance(problem->lane, 0));
    }
    return NTK_OK;
}

/* A chunk's rows of one output after the other. */
static ntk_status jacobian(ntk_point *point, double *J)
{
    const ntk_model_problem *problem = point->problem;
    chain *c = point->state;
    int64_t outputs = problem->model->outputs, p = problem->p;
    ntk_chunk chunk;
    for (int64_t first = 0; first < problem->n; first += chunk.rows) {
        NTK_TRY(enter(point, &chunk, first, NULL));
        for (int64_t o = 0; o < outputs; o++) {
            for (int64_t k = 0; k < chunk.rows * outputs; k++) c->outputs[k] = k % outputs == o;
            NTK_TRY(ntk_passes_backward_each(&c->passes, problem->lane, &chunk, c->outputs, J + (first * outputs + o) * p,
                                             outputs * p));
            NTK_TRY(ntk_advance(problem->lane, 0));
        }
    }
    return NTK_OK;
}

static const ntk_model_operations operations = {memory, open_point, close_point, forward, jacobian, multiply, transposed};

ntk_status ntk_model_from_network(ntk_context *context, ntk_model **model, const ntk_network *network, int32_t part)
{
    ntk_model *made;
    NTK_REQUIRE(model);
    *model = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(network);
    if (ntk_network_size(network, part) < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: part is %d, expected NTK_PART_BOTH, NTK_PART_RF or NTK_PART_NT", __func__, part);
    NTK_TRY(ntk_model_make(context, &made));
    made->operations = &operations;
    made->weights = ntk_retain(network->weights);
    made->part = part;
    made->inputs = made->weights->inputs;
    made->outputs = ntk_network_outputs(network);
    made->all = ntk_network_size(network, NTK_PART_BOTH);
    made->parameters = ntk_network_size(network, part);
    made->first = part == NTK_PART_RF ? made->all - made->parameters : 0;
    *model = made;
    return NTK_OK;
}
