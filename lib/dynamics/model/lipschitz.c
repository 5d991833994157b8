/* The bound, of networks with one hidden layer: for u of unit length over samples and outputs, sum_j u_j H_j is block-diagonal over the
 * neurons, each block gamma [[0, b^T], [b, M]] with |b| <= ||X|| L1 and ||M|| <= A L2 R ||X||: so that
 * beta = gamma ||X|| (m + sqrt(m^2 + 4 L1^2)) / 2, m = A L2 R, with the longest sample R and the largest output weights A of a neuron. */
#include "dynamics/model/lipschitz.h"

#include "activation/activation.h"
#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_ROUNDS = 200 };

/* What the bound is made of.
 * first, second  L1, L2
 * norm, longest  ||X||, R
 * output         A at theta0
 * hidden, both   whether hidden and output weights are differentiated */
typedef struct ingredients {
    double first, second, norm, longest, output, gamma;
    bool hidden, both;
} ingredients;

int64_t ntk_neuron_inputs(const ntk_weights *weights)
{
    return weights->inputs + (weights->layer[0].bias != 0);
}

void ntk_neuron_samples(const ntk_model_problem *problem, double *rows)
{
    const ntk_weights *weights = problem->model->weights;
    int64_t d = weights->inputs, cols = ntk_neuron_inputs(weights);
    for (int64_t j = 0; j < problem->n; j++) {
        for (int64_t k = 0; k < d; k++) rows[j * cols + k] = weights->layer[0].factor * problem->x[j * d + k];
        if (cols > d) rows[j * cols + d] = weights->layer[0].bias;
    }
}

static double bound_at(const ingredients *of, double output)
{
    double m = output * of->second * of->longest;
    if (!of->hidden) return 0;
    double block = of->both ? (m + sqrt(m * m + 4 * of->first * of->first)) / 2 : m;
    return of->gamma * of->norm * block;
}

/* The radius of the ball depends on beta, and beta on the radius where output weights move: the fixed point of a contraction. */
static double bound_on_ball(const ingredients *of, double sigma_min)
{
    double radius = 0, beta = bound_at(of, of->output);
    for (int round = 0; of->both && beta > 0 && round < MOST_ROUNDS; round++) {
        double before = radius;
        radius = sigma_min / (2 * beta);
        beta = bound_at(of, of->output + radius);
        if (fabs(radius - before) <= 4 * DBL_EPSILON * radius) break;
    }
    /* rounds end above and below in turns, and a radius that is too large gives a beta that is a bound */
    double within = sigma_min / (2 * beta);
    return of->both && beta > 0 && within > radius ? bound_at(of, of->output + within) : beta;
}

/* ||X||, from the smaller of X X^T and X^T X. */
static ntk_status find_norm(ingredients *of, const ntk_lane *lane, const double *rows, int64_t n, int64_t cols)
{
    ntk_context *context = lane->work->context;
    int64_t size = ntk_smaller(n, cols), row = size * (int64_t)sizeof(double);
    ntk_eigen products = {.ld = size};
    ntk_status status = ntk_allocate(context, &products.vectors, size, row, "products of samples");
    if (status >= 0)
        status = ntk_dense_square(lane, n <= cols ? NTK_PLAIN : NTK_TRANSPOSED, size, ntk_larger(n, cols), rows, cols,
                                  products.vectors);
    if (status >= 0) status = ntk_eigen_decompose(&products, size, lane);
    if (status >= 0) of->norm = sqrt(products.values[size - 1]) * (1 + (double)(n + cols) * DBL_EPSILON);
    ntk_eigen_close(context, &products);
    return status;
}

static double largest_output(const ntk_model_problem *problem)
{
    const ntk_model *model = problem->model;
    const ntk_weights *weights = model->weights;
    const double *a = problem->theta0 + ntk_weights_size(weights, NTK_PART_NT);
    double largest = 0;
    for (int64_t i = 0; i < weights->hidden; i++) {
        double sum = 0;
        for (int64_t o = 0; o < model->outputs; o++) sum += a[o * weights->hidden + i] * a[o * weights->hidden + i];
        largest = fmax(largest, sqrt(sum));
    }
    return largest;
}

static ntk_status find_ingredients(ingredients *of, const ntk_model_problem *problem)
{
    const ntk_weights *weights = problem->model->weights;
    ntk_context *context = problem->lane->work->context;
    int64_t cols = ntk_neuron_inputs(weights);
    double *rows;
    NTK_TRY(ntk_allocate(context, &rows, problem->n, cols * (int64_t)sizeof(double), "samples"));
    ntk_neuron_samples(problem, rows);
    for (int64_t j = 0; j < problem->n; j++) of->longest = fmax(of->longest, ntk_vector_norm(rows + j * cols, cols));
    ntk_status status = find_norm(of, problem->lane, rows, problem->n, cols);
    ntk_free(context, rows);
    of->output = largest_output(problem);
    return status;
}

ntk_status ntk_lipschitz_bound(double *beta, bool *proven, const ntk_model_problem *problem, double sigma_min)
{
    const ntk_model *model = problem->model;
    ingredients of = {.hidden = model->part != NTK_PART_RF, .both = model->part == NTK_PART_BOTH};
    *beta = 0;
    /* the outputs are linear in the last layer's weights */
    *proven = model->weights && !of.hidden;
    if (!model->weights || !of.hidden || model->weights->layers > 1 ||
        !ntk_activation_bounds(model->weights->activation, &of.first, &of.second))
        return NTK_OK;
    of.gamma = fabs(model->weights->gamma);
    NTK_TRY(find_ingredients(&of, problem));
    *beta = bound_on_ball(&of, sigma_min);
    *proven = true;
    return NTK_OK;
}

ntk_status ntk_lipschitz_bound_memory(const ntk_model *model, uint64_t *bytes, int64_t n)
{
    int64_t cols, size;
    if (!model->weights || model->weights->layers > 1) return NTK_OK;
    cols = ntk_neuron_inputs(model->weights);
    size = ntk_smaller(n, cols);
    NTK_TRY(ntk_need(bytes, n, cols * (int64_t)sizeof(double)));
    NTK_TRY(ntk_need(bytes, size, size * (int64_t)sizeof(double)));
    NTK_TRY(ntk_need(bytes, size, sizeof(double)));
    return ntk_eigen_memory(bytes, size);
}
