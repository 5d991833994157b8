#include "ridge/iterative/solver.h"

#include "core/status.h"

enum { STANDARD_ITERATIONS = 1000, STANDARD_CHECKPOINTS = 25 };

/* Of one solution's time: what takes K into memory, and what makes P, rank rows of K and some products of its columns. */
static const double HOLDING = 0.1, MAKING = 0.2;

ntk_iterative_options ntk_solver_settings(const ntk_iterative_options *own, int32_t dtype)
{
    ntk_iterative_options settings = *own;
    if (settings.tolerance == 0) settings.tolerance = dtype == NTK_F64 ? 1e-6 : 1e-4;
    if (!settings.max_iterations) settings.max_iterations = STANDARD_ITERATIONS;
    if (!settings.checkpoint_every) settings.checkpoint_every = STANDARD_CHECKPOINTS;
    return settings;
}

double ntk_solver_share(const ntk_iterative_options *settings)
{
    return (settings->hold ? HOLDING : 0) + (settings->preconditioner == NTK_PRECONDITIONER_NONE ? 0 : MAKING);
}

ntk_status ntk_solver_open(ntk_solver *solver, ntk_samples *samples, int64_t columns, const ntk_lane *lane,
                           const char *function)
{
    const ntk_iterative_options *settings = &solver->settings;
    double held = settings->hold ? HOLDING / ntk_solver_share(settings) : 0;
    NTK_TRY(ntk_operator_open(&solver->K, samples, settings->hold != 0, lane, (ntk_share){0, held}, function));
    ntk_share room = ntk_work_narrow(lane->work, held, 1);
    ntk_status status = ntk_preconditioner_open(&solver->P, samples, settings, solver->lambda, columns, lane, function);
    ntk_work_widen(lane->work, room);
    return status;
}

void ntk_solver_close(ntk_solver *solver, ntk_context *context)
{
    ntk_operator_close(&solver->K, context);
    ntk_preconditioner_close(&solver->P, context);
}

ntk_conjugate_call ntk_solver_call(const ntk_solver *solver, int64_t columns, const ntk_lane *lane, const char *function)
{
    ntk_conjugate_call call = {
        .K = &solver->K, .P = &solver->P, .settings = &solver->settings, .lane = lane, .function = function};
    call.lambda = solver->lambda;
    call.n = solver->K.samples->rows;
    call.columns = columns;
    return call;
}

ntk_status ntk_solver_note(const ntk_solver *solver, int64_t iterations, double residual, const char *function)
{
    if (residual <= solver->settings.tolerance) return NTK_OK;
    return ntk_fail(NTK_NOTE_NOT_CONVERGED,
                    "%s: after %lld iterations a relative residual of %.3g is left, with a tolerance of %.3g: %s", function,
                    (long long)iterations, residual, solver->settings.tolerance,
                    iterations < solver->settings.max_iterations
                        ? "rounding lets it come no nearer; a larger lambda or double precision helps"
                        : "more iterations, a larger rank or a larger lambda help");
}
