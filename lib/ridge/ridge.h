/* The fitted model's inside, and the two ways to fit it. */
#ifndef NTK_RIDGE_RIDGE_H
#define NTK_RIDGE_RIDGE_H

#include "features/product.h"
#include "gram/eigen.h"
#include "gram/gram.h"

#include <ntk/iterative.h>
#include <ntk/stream.h>

/* The equations, whatever the targets.
 * set       of a dual, or the centres of a NYSTROEM, retained; NULL where features predict and the model is light
 * L         Cholesky factor of K + lambda I or Phi^T Phi + lambda I, without data if the model is light
 * centres   that of K of the centres, likewise: NYSTROEM, whose Phi are psi
 * spectrum  instead of L: SPECTRAL
 * x, mu     of a primal that is not light: its samples in the model's dtype, unless they came in a stream; the mean feature, with an
 *           intercept, also of a NYSTROEM */
typedef struct ntk_ridge_system {
    ntk_sample_set *set;
    ntk_symmetric L, centres;
    ntk_eigen spectrum;
    ntk_operand x;
    void *mu;
} ntk_ridge_system;

/* What the equations and the targets give: replaced as a whole.  Either of two forms:
 * kernel    f(x) = K(x, X) alpha: the dual of a kernel without features
 * features  f(x) = <phi(x), beta>: the primal, and the dual of a finite kernel, for which beta = Phi(X)^T alpha
 * y          n x targets, of a model that has its samples: it is not light, and they came neither in a stream nor to a NYSTROEM
 * lambdas, intercept  one number a target
 * alpha      targets x order, of every dual and NYSTROEM
 * ones       n numbers: (K + lambda I)^-1 1, and ones_sum their sum, of a DUAL with an intercept
 * history    iterations + 1 numbers, of an ITERATIVE
 * projected  n x columns: V [y - b_0, 1] of a SPECTRAL, the last column with an intercept only; b_0 in offsets
 * approximation  of a NYSTROEM */
typedef struct ntk_ridge_solution {
    ntk_ridge_report report;
    ntk_nystroem_report approximation;
    double *y, *lambdas, *intercept;
    void *alpha;
    ntk_coefficients beta;
    double *ones, ones_sum;
    double *projected, *offsets;
    double *history;
} ntk_ridge_solution;

/* Memory for predictions of a few rows, one room a call at a time (rooms.h).  callers  as asked for
 * memory  count rooms, size bytes apart; NULL where they take none */
typedef struct ntk_rooms {
    char *memory;
    int64_t size;
    int32_t count, callers;
} ntk_rooms;

/* w          hidden weights in the model's dtype, or NULL
 * solver     of a PRIMAL, as asked for
 * capacity   rows that a DUAL's factor has memory for, beyond those it has when it is made
 * iterative  how an ITERATIVE was fitted, without what only that call reads */
struct ntk_ridge {
    ntk_object base;
    const ntk_features *features; /* retained */
    void *w;
    bool light;
    int32_t solver;
    ntk_ridge_system system;
    ntk_ridge_solution solution;
    ntk_rooms rooms;
    int64_t capacity;
    ntk_iterative_options iterative;
};

/* A fit as the options want it, checked.
 * gram       NULL, or whose matrix is taken
 * automatic  the method was AUTO
 * start      of an ITERATIVE, NULL, or n x columns, contiguous: solutions of a problem that is near */
typedef struct ntk_ridge_problem {
    const ntk_kernel *kernel; /* of a dual */
    const ntk_gram *gram;
    const ntk_matrix *x, *y;
    double lambda;
    const double *lambdas;     /* of each target */
    ntk_ridge_options options; /* method is not AUTO; dtype is not 0 */
    ntk_iterative_options iterative;
    bool automatic;
    const double *start;
    const char *function;
} ntk_ridge_problem;

/* Of all samples in a model's calls (ntk_samples_open): predictions go through features, or take the whole kernel in one pass. */
static inline int64_t ntk_model_all(const ntk_kernel *kernel, int64_t n)
{
    return kernel->features ? n : 0;
}

/* Gives back what a model holds, complete or not. */
void ntk_ridge_dispose(void *self);
void ntk_ridge_system_close(ntk_context *context, ntk_ridge_system *system);
void ntk_ridge_solution_close(ntk_context *context, ntk_ridge_solution *solution);

/* y and lambdas of a solution whose report says their sizes, and room for intercepts.  lambdas  one number a target,
 * NULL: the report's for all;  y  NULL: none.
 * After a failure, too, the caller closes. */
ntk_status ntk_ridge_solution_open(ntk_context *context, ntk_ridge_solution *solution, const ntk_matrix *y,
                                   const double *lambdas);

/* NTK_ERR_STATE of a light model; and also of one that has not got its samples. */
ntk_status ntk_whole_check(const ntk_ridge *ridge, const char *function);
ntk_status ntk_held_check(const ntk_ridge *ridge, const char *function);

/* That, and NTK_ERR_UNSUPPORTED of an ITERATIVE, which has no factor. */
ntk_status ntk_factor_check(const ntk_ridge *ridge, const char *function);

/* Whether one lambda is that of all targets. */
bool ntk_lambdas_agree(const ntk_ridge_solution *solution);

/* Whether a model has leave-one-out residuals: ntk_held_check, and NTK_ERR_UNSUPPORTED of an ITERATIVE.  ntk_ridge_leave_one_out of one
 * that has, as stages of the lane's work. */
ntk_status ntk_leave_one_out_check(const ntk_ridge *ridge, const char *function);
ntk_status ntk_leave_one_out_write(const ntk_ridge *ridge, const ntk_lane *lane, const ntk_matrix *residuals,
                                   const char *function);

/* Replaces the model's. */
void ntk_ridge_solution_replace(ntk_ridge *ridge, ntk_ridge_solution *solution);

/* options checked, and what it takes of lambda. */
ntk_status ntk_ridge_options_read(ntk_ridge_options *own, const ntk_ridge_options *options, const char *function);
ntk_status ntk_lambda_check(double lambda, const char *function);

/* x and y of a fit of inputs inputs (-1: any), and lambda. */
ntk_status ntk_data_check(const ntk_matrix *x, const ntk_matrix *y, int64_t inputs, double lambda, const char *function);

/* What is known of a zeroed model before it is fitted. */
void ntk_ridge_begin(ntk_ridge *ridge, const ntk_ridge_options *options, int64_t inputs, int64_t targets, double lambda,
                     const char *reason);

/* What ntk_ridge_create does, as a part of other work: checks the options and turns them into those of a problem that has kernel, x, y,
 * lambda and function; *reason receives why this method.  Refuses it if the
 * budget has no room for it, or chooses a precision.  Then makes its model, as stages of the lane's work.  features: of a primal. */
ntk_status ntk_ridge_problem_open(ntk_ridge_problem *problem, const ntk_ridge_options *options, const char **reason);
ntk_status ntk_ridge_budget(const ntk_context *context, ntk_ridge_problem *problem, const ntk_features *features,
                            const char **reason);
ntk_status ntk_ridge_make(const ntk_lane *lane, ntk_ridge **ridge, ntk_ridge_problem *problem, const ntk_features *features,
                          const char *reason);

/* Fits a zeroed model by one of the next.  features: of a primal. */
ntk_status ntk_ridge_fit(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane, const ntk_features *features,
                         const char *reason);

/* Each fills a zeroed model but for its report's reason; what it leaves after a failure is disposed of with the model. */
ntk_status ntk_ridge_fit_dual(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane);
ntk_status ntk_ridge_fit_primal(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane);
ntk_status ntk_ridge_fit_spectral(ntk_ridge *ridge, const ntk_ridge_problem *problem, const ntk_lane *lane);

/* A zeroed system's samples, and the dual's matrix, as stages of the lane's work up to a share end of it. */
ntk_status ntk_ridge_assemble(ntk_ridge_system *system, const ntk_ridge_problem *problem, const ntk_lane *lane, int32_t storage,
                              ntk_symmetric *K, double end);

/* Solves for a solution that has been opened. */
ntk_status ntk_dual_solve(const ntk_ridge_system *system, ntk_ridge_solution *solution, const ntk_lane *lane, double begin,
                          double end, const char *function);

/* The same by another solver: b (n x columns, contiguous) = A^-1 b in double precision, with a column of ones behind the targets where
 * there is an intercept. */
typedef ntk_status (*ntk_dual_solver)(void *argument, double *b, int64_t columns);
ntk_status ntk_dual_solve_by(ntk_ridge_solution *solution, const ntk_lane *lane, ntk_dual_solver solver, void *argument,
                             const char *function);

/* log |L L^T|, and a lower bound of its condition number. */
double ntk_log_determinant(const ntk_symmetric *L, double *condition);

/* log(2 pi) / 2 */
#define NTK_HALF_LOG_TWO_PI 0.91893853320467274178

/* What is left of a dual once alpha and the intercepts are there: beta of a finite kernel, with a stage from begin to 1, and what a
 * light model gives back. */
ntk_status ntk_ridge_to_features(ntk_ridge *ridge, const ntk_features *features, ntk_ridge_solution *solution,
                                 const ntk_lane *lane, double begin, const char *function);
void ntk_ridge_lighten(ntk_ridge *ridge);

/* Adds the bytes that they may hold, the model included, to a need; dual_model: alpha, and what follows from it. */
ntk_status ntk_ridge_dual_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t d,
                                 int64_t t, const ntk_ridge_options *options);
ntk_status ntk_dual_model_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n, int64_t t,
                                 int32_t dtype);
ntk_status ntk_ridge_spectral_memory(const ntk_context *context, uint64_t *bytes, const ntk_kernel *kernel, int64_t n,
                                     int64_t d, int64_t t, const ntk_ridge_options *options);
ntk_status ntk_ridge_primal_memory(const ntk_context *context, uint64_t *bytes, const ntk_features *features, int64_t n,
                                   int64_t d, int64_t t, const ntk_ridge_options *options);

/* ntk_kernel_sizes_check, and NTK_ERR_SHAPE unless there is a target. */
ntk_status ntk_model_sizes_check(const ntk_kernel *kernel, int64_t n, int64_t d, int64_t t, const char *function);

/* NTK_ERR_VALUE unless all are finite and not negative. */
ntk_status ntk_lambdas_check(const ntk_matrix *lambdas, const char *function, const char *name);

/* means[c] of column c of y; zeros unless wanted.  This and the next count no units. */
ntk_status ntk_column_means(double *means, const ntk_matrix *y, bool wanted, const ntk_lane *lane);

/* Rows first, ..., first + rows - 1 of y minus means, to rows of stride elements at out. */
ntk_status ntk_centred_rows(void *out, int64_t stride, int32_t dtype, const ntk_matrix *y, int64_t first, int64_t rows,
                            const double *means, const ntk_lane *lane);

/* A += lambda I.  NTK_ERR_OVERFLOW  an element of the diagonal is too large */
ntk_status ntk_ridge_shift(const ntk_symmetric *A, double lambda, const char *function);

#endif
