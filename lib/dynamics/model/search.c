/* A lower bound of beta, of any model, by differences of its products: of the form sum_j u_j <w, H_j v> over unit vectors u, v, w, each in
 * turn is put where it is largest, which it can only increase (the higher-order power method, De Lathauwer et al. 2000).  What is
 * returned is a difference quotient of J itself, so that it holds for kinked models, too. */
#include "core/memory.h"
#include "core/random.h"
#include "core/status.h"
#include "dynamics/model/lipschitz.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_ROUNDS = 12 };
static const double LEAST_GAIN = 1e-3;

/* v, w, g   p numbers   u, y   m numbers   theta  all parameters, about theta0 */
typedef struct search {
    ntk_point *point;
    int64_t m, p;
    double step;
    double *block, *v, *w, *g, *u, *y, *theta;
} search;

static ntk_status count_numbers(int64_t *count, int64_t m, int64_t p, int64_t all)
{
    int64_t parameters, outputs;
    *count = 0;
    if (__builtin_mul_overflow(ntk_vector_room(p), 3, &parameters) || __builtin_mul_overflow(ntk_vector_room(m), 2, &outputs) ||
        __builtin_add_overflow(parameters, outputs, count) || __builtin_add_overflow(*count, all, count))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld parameters are more than can be addressed", (long long)all);
    return NTK_OK;
}

static ntk_status open_block(search *s)
{
    const ntk_model_problem *problem = s->point->problem;
    int64_t count, p = ntk_vector_room(s->p), m = ntk_vector_room(s->m);
    NTK_TRY(count_numbers(&count, s->m, s->p, problem->model->all));
    NTK_TRY(ntk_allocate(problem->lane->work->context, &s->block, count, sizeof(double), "directions of parameters"));
    s->v = s->block;
    s->w = s->v + p;
    s->g = s->w + p;
    s->u = s->g + p;
    s->y = s->u + m;
    s->theta = s->y + m;
    return NTK_OK;
}

/* theta = theta0 + shift along a direction. */
static void place(search *s, double shift, const double *along)
{
    const ntk_model *model = s->point->problem->model;
    memcpy(s->theta, s->point->problem->theta0, (size_t)model->all * sizeof *s->theta);
    ntk_vector_add(s->theta + model->first, shift, along, s->p);
    s->point->theta = s->theta;
    ntk_point_move(s->point);
}

/* u = the derivative of J v along w;  *value, its length, of a unit vector v. */
static ntk_status turn_outputs(search *s, double *value)
{
    place(s, s->step, s->w);
    NTK_TRY(ntk_point_multiply(s->point, s->v, s->u));
    place(s, -s->step, s->w);
    NTK_TRY(ntk_point_multiply(s->point, s->v, s->y));
    for (int64_t k = 0; k < s->m; k++) s->u[k] = (s->u[k] - s->y[k]) / (2 * s->step);
    *value = ntk_vector_normalise(s->u, s->m);
    return NTK_OK;
}

/* to = the derivative of J^T u along another direction. */
static ntk_status turn_parameters(search *s, double *to, const double *along, double *length)
{
    place(s, s->step, along);
    NTK_TRY(ntk_point_transposed(s->point, s->u, to));
    place(s, -s->step, along);
    NTK_TRY(ntk_point_transposed(s->point, s->u, s->g));
    for (int64_t k = 0; k < s->p; k++) to[k] = (to[k] - s->g[k]) / (2 * s->step);
    *length = ntk_vector_normalise(to, s->p);
    return NTK_OK;
}

static ntk_status climb(search *s, int64_t restart, double *best)
{
    const ntk_model_problem *problem = s->point->problem;
    ntk_random random = {.seed = problem->model->options.seed, .purpose = NTK_RANDOM_START, .layer = (uint32_t)restart};
    double value = 0, before, length;
    ntk_random_normals(&random, s->v, 0, s->p);
    if (ntk_vector_normalise(s->v, s->p) == 0) return NTK_OK;
    memcpy(s->w, s->v, (size_t)s->p * sizeof *s->w);
    for (int round = 0; round < MOST_ROUNDS; round++) {
        before = value;
        NTK_TRY(turn_outputs(s, &value));
        *best = fmax(*best, value);
        NTK_TRY(ntk_advance(problem->lane, 1));
        if (value == 0 || (round > 2 && value - before <= LEAST_GAIN * value)) break;
        NTK_TRY(turn_parameters(s, s->w, s->v, &length));
        if (length == 0) break;
        NTK_TRY(turn_parameters(s, s->v, s->w, &length));
        if (length == 0) break;
    }
    return NTK_OK;
}

static ntk_status run(search *s, double *beta)
{
    const ntk_model_problem *problem = s->point->problem;
    int64_t restarts = problem->model->options.restarts;
    double size = ntk_vector_norm(problem->theta0, problem->model->all);
    s->step = cbrt(DBL_EPSILON) * fmax(1, size);
    ntk_work_stage(problem->lane->work, "search for beta", restarts * MOST_ROUNDS, 0, 1);
    for (int64_t r = 0; r < restarts; r++) NTK_TRY(climb(s, r, beta));
    return NTK_OK;
}

ntk_status ntk_lipschitz_search(double *beta, ntk_point *point, double begin, double end)
{
    const ntk_model_problem *problem = point->problem;
    search s = {.point = point, .m = problem->m, .p = problem->p};
    const double *there = point->theta;
    ntk_share room = ntk_work_narrow(problem->lane->work, begin, end);
    ntk_status status;
    *beta = 0;
    if (ntk_neurons_serve(problem->model)) {
        status = ntk_neurons_search(beta, problem);
    } else {
        status = open_block(&s);
        if (status >= 0) status = run(&s, beta);
        point->theta = there;
        ntk_point_move(point);
        ntk_free(problem->lane->work->context, s.block);
    }
    ntk_work_widen(problem->lane->work, room);
    return status;
}

ntk_status ntk_lipschitz_search_memory(const ntk_model *model, uint64_t *bytes, int64_t n)
{
    int64_t count, m;
    if (ntk_neurons_serve(model)) return ntk_neurons_memory(model, bytes, n);
    if (__builtin_mul_overflow(n, model->outputs, &m))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld samples of %lld outputs are too many", (long long)n, (long long)model->outputs);
    NTK_TRY(count_numbers(&count, m, model->parameters, model->all));
    return ntk_need(bytes, count, sizeof(double));
}
