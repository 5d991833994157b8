/* Targets that are a function of the caller's. */
#include "core/matrix.h"
#include "core/options.h"
#include "core/size.h"
#include "core/status.h"
#include "theory/target/sample.h"

#include <math.h>
#include <stddef.h>

_Static_assert(sizeof(ntk_target_functions) == 48 && offsetof(ntk_target_functions, evaluate) == 8 &&
                   offsetof(ntk_target_functions, user) == 16 && offsetof(ntk_target_functions, release_user) == 24 &&
                   offsetof(ntk_target_functions, inputs) == 32 && offsetof(ntk_target_functions, cost) == 40,
               "the layout of ntk_target_functions is frozen");

/* Operations of a call of evaluate, some milliseconds, and what a sample costs for each input unless the caller says. */
static const double CALL_COST = 4e6, INPUT_COST = 100;

typedef struct user_target {
    ntk_target base;
    ntk_target_functions functions;
} user_target;

typedef struct evaluation {
    const user_target *target;
    double *y;
    const double *x;
    int64_t n, per_call;
    const char *function;
} evaluation;

static ntk_status evaluate_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const evaluation *job = argument;
    const ntk_target_functions *f = &job->target->functions;
    int64_t first = index * job->per_call, rows = ntk_smaller(job->per_call, job->n - first), d = f->inputs;
    ntk_matrix y = ntk_matrix_f64(job->y + first, rows, 1), x = ntk_matrix_const_f64(job->x + first * d, rows, d);
    int answer = f->evaluate(f->user, &y, &x);
    if (answer) return ntk_fail(NTK_ERR_CALLBACK, "%s: the target's evaluate returned %d, expected 0", job->function, answer);
    if (!ntk_is_finite(y.data, NTK_F64, rows))
        return ntk_fail(NTK_ERR_CALLBACK, "%s: the target's evaluate gave NaN or infinity", job->function);
    return ntk_advance(lane, 0);
}

static ntk_status values(const ntk_target *target, const ntk_lane *lane, double *y, const double *x, int64_t n,
                         const char *function)
{
    evaluation job = {.target = (const user_target *)target, .y = y, .x = x, .n = n, .function = function};
    double cost = job.target->functions.cost > 0 ? job.target->functions.cost : INPUT_COST * (double)target->inputs;
    double rows = fmax(1, CALL_COST / cost);
    job.per_call = rows < (double)n ? (int64_t)rows : n;
    return ntk_run(lane, (n - 1) / job.per_call + 1, evaluate_rows, &job);
}

static const ntk_target_operations operations = {
    .values = values, .energies = ntk_drawn_energies, .project = ntk_drawn_project};

static void dispose(void *self)
{
    const user_target *target = self;
    if (target->functions.release_user) target->functions.release_user(target->functions.user);
}

static ntk_status check_functions(const ntk_target_functions *f, const char *function)
{
    if (!f->evaluate) return ntk_fail(NTK_ERR_OPTION, "%s: evaluate is NULL, expected a function", function);
    if (f->inputs < 1)
        return ntk_fail(NTK_ERR_OPTION, "%s: inputs is %lld, expected at least 1", function, (long long)f->inputs);
    if (isfinite(f->cost) && f->cost >= 0) return NTK_OK;
    return ntk_fail(NTK_ERR_OPTION, "%s: cost is %g, expected a finite number that is not negative", function, f->cost);
}

ntk_status ntk_target_create_user(ntk_context *context, ntk_target **target, const ntk_target_functions *functions)
{
    ntk_target_functions own;
    user_target *made;
    NTK_REQUIRE(target);
    *target = NULL;
    NTK_REQUIRE(context);
    NTK_REQUIRE(functions);
    NTK_TRY(ntk_options_read(&own, sizeof own, sizeof own, functions, "ntk_target_functions"));
    NTK_TRY(check_functions(&own, __func__));
    NTK_TRY(ntk_object_create(context, &made, sizeof *made, dispose, "a target"));
    made->functions = own;
    made->base.operations = &operations;
    made->base.inputs = own.inputs;
    *target = &made->base;
    return NTK_OK;
}
