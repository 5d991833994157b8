/* Models of the caller's functions. */
#include "core/memory.h"
#include "core/options.h"
#include "core/status.h"
#include "dynamics/model/model.h"

#include <stddef.h>

_Static_assert(offsetof(ntk_model_functions, forward) == 8 && offsetof(ntk_model_functions, jacobian) == 16 &&
                   offsetof(ntk_model_functions, jvp) == 24 && offsetof(ntk_model_functions, vjp) == 32 &&
                   offsetof(ntk_model_functions, user) == 40 && offsetof(ntk_model_functions, release_user) == 48 &&
                   offsetof(ntk_model_functions, inputs) == 56 && offsetof(ntk_model_functions, outputs) == 64 &&
                   offsetof(ntk_model_functions, parameters) == 72 && sizeof(ntk_model_functions) == 80,
               "the layout of ntk_model_functions is frozen");

static bool has_products(const ntk_model *model)
{
    return model->functions.jvp && model->functions.vjp;
}

/* Of a point: the Jacobian, where products are had by it; otherwise a unit vector. */
static int64_t state_rows(const ntk_model *model)
{
    return has_products(model) ? 1 : model->parameters;
}

static ntk_status memory(const ntk_model *model, uint64_t *bytes, int64_t n)
{
    int64_t row;
    if (__builtin_mul_overflow(model->outputs, (int64_t)sizeof(double), &row) ||
        __builtin_mul_overflow(row, state_rows(model), &row))
        return ntk_fail(NTK_ERR_OVERFLOW, "a Jacobian of %lld outputs by %lld parameters is more than can be addressed",
                        (long long)model->outputs, (long long)model->parameters);
    return ntk_need(bytes, n, row);
}

static ntk_status open_point(ntk_point *point)
{
    const ntk_model_problem *problem = point->problem;
    int64_t row;
    if (__builtin_mul_overflow(state_rows(problem->model), (int64_t)sizeof(double), &row))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %lld parameters are more than can be addressed", problem->function,
                        (long long)problem->p);
    return ntk_allocate(problem->lane->work->context, &point->state, problem->m, row, "a Jacobian");
}

static void close_point(ntk_point *point)
{
    ntk_free(point->problem->lane->work->context, point->state);
}

/* What a callback's answer ends the call with; of a negative one the sentence is the callback's. */
static ntk_status answer_of(const ntk_point *point, int answer, const char *name)
{
    if (answer <= 0) return answer;
    return ntk_fail(NTK_ERR_CALLBACK, "%s: the model's %s returned %d, expected 0", point->problem->function, name, answer);
}

static ntk_matrix theta_view(const ntk_point *point)
{
    return ntk_matrix_const_f64(point->theta, point->problem->p, 1);
}

static ntk_matrix samples_view(const ntk_point *point)
{
    return ntk_matrix_const_f64(point->problem->x, point->problem->n, point->problem->model->inputs);
}

static ntk_status forward(ntk_point *point, double *y)
{
    const ntk_model_functions *f = &point->problem->model->functions;
    ntk_matrix out = ntk_matrix_f64(y, point->problem->n, f->outputs), theta = theta_view(point), x = samples_view(point);
    return answer_of(point, f->forward(f->user, &out, &theta, &x), "forward");
}

static ntk_status jacobian(ntk_point *point, double *J)
{
    const ntk_model_functions *f = &point->problem->model->functions;
    if (!f->jacobian) return ntk_point_jacobian_by_rows(point, point->state, J);
    ntk_matrix out = ntk_matrix_f64(J, point->problem->m, point->problem->p), theta = theta_view(point),
               x = samples_view(point);
    return answer_of(point, f->jacobian(f->user, &out, &theta, &x), "jacobian");
}

/* The Jacobian is there. */
static ntk_status hold(ntk_point *point)
{
    if (point->ready) return NTK_OK;
    NTK_TRY(ntk_point_jacobian(point, point->state));
    point->ready = true;
    return NTK_OK;
}

static ntk_status multiply(ntk_point *point, const double *v, double *y)
{
    const ntk_model_problem *problem = point->problem;
    const ntk_model_functions *f = &problem->model->functions;
    if (!has_products(problem->model)) {
        NTK_TRY(hold(point));
        return ntk_dense_multiply(problem->lane, point->state, problem->m, problem->p, v, y);
    }
    ntk_matrix out = ntk_matrix_f64(y, problem->n, f->outputs), in = ntk_matrix_const_f64(v, problem->p, 1);
    ntk_matrix theta = theta_view(point), x = samples_view(point);
    return answer_of(point, f->jvp(f->user, &out, &theta, &x, &in), "jvp");
}

static ntk_status transposed(ntk_point *point, const double *u, double *g)
{
    const ntk_model_problem *problem = point->problem;
    const ntk_model_functions *f = &problem->model->functions;
    if (!has_products(problem->model)) {
        NTK_TRY(hold(point));
        return ntk_dense_transposed(problem->lane, point->state, problem->m, problem->p, u, g);
    }
    ntk_matrix out = ntk_matrix_f64(g, problem->p, 1), in = ntk_matrix_const_f64(u, problem->n, f->outputs);
    ntk_matrix theta = theta_view(point), x = samples_view(point);
    return answer_of(point, f->vjp(f->user, &out, &theta, &x, &in), "vjp");
}

static const ntk_model_operations operations = {memory, open_point, close_point, forward, jacobian, multiply, transposed};

static ntk_status check_size(int64_t size, const char *name)
{
    if (size >= 1) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "ntk_model_create: %s is %lld, expected at least 1", name, (long long)size);
}

static ntk_status check_functions(const ntk_model_functions *f)
{
    if (!f->forward) return ntk_fail(NTK_ERR_OPTION, "ntk_model_create: forward is NULL, expected a function");
    if (!f->jacobian && !f->jvp)
        return ntk_fail(NTK_ERR_OPTION, "ntk_model_create: jacobian and jvp are NULL, expected jacobian, or jvp and vjp");
    if (!f->jvp != !f->vjp)
        return ntk_fail(NTK_ERR_OPTION, "ntk_model_create: %s is NULL, expected both of jvp and vjp, or neither",
                        f->jvp ? "vjp" : "jvp");
    NTK_TRY(check_size(f->inputs, "inputs"));
    NTK_TRY(check_size(f->outputs, "outputs"));
    return check_size(f->parameters, "parameters");
}

ntk_status ntk_model_create(ntk_context *context, ntk_model **model, const ntk_model_functions *functions)
{
    ntk_model_functions own;
    ntk_model *made;
    NTK_REQUIRE(model);
    *model = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(functions);
    NTK_TRY(ntk_options_read(&own, sizeof own, sizeof own, functions, "ntk_model_functions"));
    NTK_TRY(check_functions(&own));
    NTK_TRY(ntk_model_make(context, &made));
    made->operations = &operations;
    made->functions = own;
    made->inputs = own.inputs;
    made->outputs = own.outputs;
    made->all = made->parameters = own.parameters;
    *model = made;
    return NTK_OK;
}
