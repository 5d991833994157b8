/* The equations (K + lambda I) X = B of a set of samples, as conjugate gradients solve them. */
#ifndef NTK_RIDGE_ITERATIVE_SOLVER_H
#define NTK_RIDGE_ITERATIVE_SOLVER_H

#include "ridge/iterative/conjugate.h"

/* settings  as a model has them, with nothing 0 that stands for something else, but for rank */
typedef struct ntk_solver {
    ntk_iterative_options settings;
    ntk_operator K;
    ntk_preconditioner P;
    double lambda;
} ntk_solver;

ntk_iterative_options ntk_solver_settings(const ntk_iterative_options *own, int32_t dtype);

/* What opening takes beside one solution, of both together. */
double ntk_solver_share(const ntk_iterative_options *settings);

/* Of settings and lambda that are there, for right sides of at most so many columns, as stages that are all the room of the lane's work;
 * samples as of an ntk_operator.  After a failure, too, the caller closes. */
ntk_status ntk_solver_open(ntk_solver *solver, ntk_samples *samples, int64_t columns, const ntk_lane *lane,
                           const char *function);
void ntk_solver_close(ntk_solver *solver, ntk_context *context);

/* What a call of so many columns starts from. */
ntk_conjugate_call ntk_solver_call(const ntk_solver *solver, int64_t columns, const ntk_lane *lane, const char *function);

/* NTK_NOTE_NOT_CONVERGED where a residual is above the tolerance. */
ntk_status ntk_solver_note(const ntk_solver *solver, int64_t iterations, double residual, const char *function);

#endif
