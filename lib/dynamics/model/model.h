/* The model handle's inside, and a model on samples, for one call. */
#ifndef NTK_DYNAMICS_MODEL_MODEL_H
#define NTK_DYNAMICS_MODEL_MODEL_H

#include "core/blas.h"
#include "core/operand.h"
#include "network/elements.h"
#include "network/weights.h"

#include <ntk/model.h>

typedef struct ntk_point ntk_point;

/* What a kind of model does at a point.  open finds state zeroed, and after a failure, too, close is called.  Products may leave NaN
 * or infinity behind, which ntk_point_... refuse. */
typedef struct ntk_model_operations {
    ntk_status (*memory)(const ntk_model *model, uint64_t *bytes, int64_t n);
    ntk_status (*open)(ntk_point *point);
    void (*close)(ntk_point *point);
    ntk_status (*forward)(ntk_point *point, double *y);
    ntk_status (*jacobian)(ntk_point *point, double *J);
    ntk_status (*multiply)(ntk_point *point, const double *v, double *y);
    ntk_status (*transposed)(ntk_point *point, const double *u, double *g);
} ntk_model_operations;

/* options     as they are meant: without zeros that stand for defaults
 * all         parameters of theta, of which those from first on, as many as parameters, are differentiated
 * functions   of the caller's, or
 * weights     a network's, retained, whose numbers are not read, and the part that is differentiated */
struct ntk_model {
    ntk_object base;
    const ntk_model_operations *operations;
    ntk_model_options options;
    int64_t inputs, outputs, all, first, parameters;
    ntk_model_functions functions;
    const ntk_weights *weights;
    int32_t part;
};

/* A handle with default options and no operations yet. */
ntk_status ntk_model_make(ntk_context *context, ntk_model **model);

/* Samples, targets and the parameters where a call begins.
 * n, m, p   samples, outputs of all of them, parameters that are differentiated
 * dense     J is held
 * x         n x d, rows one behind the other
 * theta0    all parameters
 * y         m targets, or NULL */
typedef struct ntk_model_problem {
    const ntk_model *model;
    const ntk_lane *lane;
    const char *function;
    int64_t n, m, p;
    bool dense;
    const double *x;
    double *theta0, *y;
    ntk_operand samples;
} ntk_model_problem;

/* What the caller gave: parameters, of that name, samples and, where targets is true, y. */
ntk_status ntk_model_problem_check(const ntk_model *model, const ntk_matrix *theta, const char *name, const ntk_matrix *x,
                                   const ntk_matrix *y, bool targets, const char *function);

/* NTK_ERR_MEMORY, naming the bytes, if a call for n samples would pass the context's budget.  *dense: it is to hold J, which it need not
 * where the budget has no room for that. */
typedef enum ntk_model_call { NTK_CALL_SPECTRUM, NTK_CALL_CERTIFY, NTK_CALL_COMPARE } ntk_model_call;
ntk_status ntk_model_budget_check(const ntk_model *model, ntk_model_call call, int64_t n, bool *dense);

/* NTK_ERR_VALUE unless alpha is a finite number greater than 0. */
ntk_status ntk_model_alpha_check(double alpha, const char *function);

/* After a failure, too, the caller closes. */
ntk_status ntk_model_problem_open(ntk_model_problem *problem, const ntk_model *model, const ntk_lane *lane,
                                  const ntk_matrix *theta, const ntk_matrix *x, const ntk_matrix *y, const char *function);
void ntk_model_problem_close(ntk_model_problem *problem);
ntk_status ntk_model_problem_memory(const ntk_model *model, uint64_t *bytes, int64_t n);

/* A place in parameter space.
 * theta    all parameters; the caller's
 * ready    what state holds is theta's
 * lenient  NaN and infinity are left to the caller */
struct ntk_point {
    const ntk_model_problem *problem;
    const double *theta;
    bool ready, lenient;
    void *state;
};

/* After a failure, too, the caller closes. */
ntk_status ntk_point_open(ntk_point *point, const ntk_model_problem *problem, const double *theta);
void ntk_point_close(ntk_point *point);

/* Whatever theta holds now is where the point is. */
void ntk_point_move(ntk_point *point);

/* y = f, m numbers;   J, m x p;   y = J v;   g = J^T u.  Each asks whether the call is to stop. */
ntk_status ntk_point_forward(ntk_point *point, double *y);
ntk_status ntk_point_jacobian(ntk_point *point, double *J);
ntk_status ntk_point_multiply(ntk_point *point, const double *v, double *y);
ntk_status ntk_point_transposed(ntk_point *point, const double *u, double *g);

/* The lower triangle of K = A A^T (NTK_PLAIN, A n x depth) or A^T A (A depth x n), rows of A lda apart. */
ntk_status ntk_dense_square(const ntk_lane *lane, ntk_transpose transpose, int64_t n, int64_t depth, const double *A,
                            int64_t lda, double *K);

/* y = J v and g = J^T u of a Jacobian, m x p, that is there. */
ntk_status ntk_dense_multiply(const ntk_lane *lane, const double *J, int64_t m, int64_t p, const double *v, double *y);
ntk_status ntk_dense_transposed(const ntk_lane *lane, const double *J, int64_t m, int64_t p, const double *u, double *g);

/* J's rows by J^T u of unit vectors; unit is room for m numbers. */
ntk_status ntk_point_jacobian_by_rows(ntk_point *point, double *unit, double *J);

#endif
