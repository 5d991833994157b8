/* Of A = K + lambda I let P = A^-1, or with an intercept P = A^-1 - z z^T / 1^T z where z = A^-1 1.  Then alpha = P y, and
 * dP = -P dA P in either case, so that the change of a criterion is sum_ij W_ij dA_ij of one symmetric W (math: Rasmussen and
 * Williams 2006, sections 5.4.1 and 5.4.2), T targets:
 *   log evidence   W = (sum_c alpha_c alpha_c^T - T P) / 2
 *   mean of r^2    r_ic = alpha_ic / P_ii;  W = 2 / (n T) (P D P - sum_c (q_c alpha_c^T + alpha_c q_c^T) / 2),
 *                  q_c = P (r_c / P_ii),  D_ii = sum_c r_ic^2 / P_ii */
#include "ridge/optimise/criterion.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "gram/cholesky.h"
#include "kernel/scales.h"
#include "ridge/optimise/outer.h"

#include <math.h>

/* Rows in one task. */
enum { ROWS = 128 };

/* Shares of an evaluation: the matrix, its factor, the inverse of that, P, and W. */
static const double ASSEMBLED = 0.2, FACTORED = 0.35, SOLVED = 0.36, INVERTED = 0.5, PROJECTED = 0.6, WEIGHTED = 0.75;

/* matrix  the memory of the factor, which P and then W replace;  room  another matrix, with rows ldr apart
 * left, right  n x 2 T, or n x (T + 1);  shares  u, n x T, then D_ii^(1/2) */
typedef struct evaluation {
    const ntk_criterion *of;
    ntk_ridge *ridge;
    int64_t n, targets;
    double *matrix, *room;
    int64_t ld, ldr;
    double *left, *right, *shares;
} evaluation;

/* --- the model --- */

static ntk_status fit(evaluation *at, const ntk_kernel *kernel, double lambda, const double *lambdas)
{
    const ntk_criterion *of = at->of;
    ntk_ridge *ridge = at->ridge;
    ntk_ridge_report *report = &ridge->solution.report;
    ntk_symmetric *L = &ridge->system.L;
    ntk_ridge_problem problem = {.kernel = kernel, .x = &of->x, .y = &of->y, .lambda = lambda, .lambdas = lambdas};
    problem.options = (ntk_ridge_options){.method = NTK_RIDGE_DUAL, .dtype = NTK_F64, .borrow = 1};
    problem.function = of->function;
    *report = (ntk_ridge_report){.samples = at->n, .inputs = of->x.cols, .targets = at->targets, .order = at->n};
    report->lambda = lambda;
    report->dtype = NTK_F64;
    report->intercept = of->intercept;
    NTK_TRY(ntk_ridge_assemble(&ridge->system, &problem, of->lane, NTK_STORAGE_FULL, L, ASSEMBLED));
    NTK_TRY(ntk_ridge_shift(L, lambda, of->function));
    NTK_TRY(ntk_cholesky_factor(L, of->lane, ASSEMBLED, FACTORED, &report->smallest_pivot, "K + lambda I"));
    NTK_TRY(ntk_ridge_solution_open(ridge->base.context, &ridge->solution, &of->y, lambdas));
    return ntk_dual_solve(&ridge->system, &ridge->solution, of->lane, FACTORED, SOLVED, of->function);
}

static double alpha_of(const evaluation *at, int64_t i, int64_t c)
{
    return ((const double *)at->ridge->solution.alpha)[c * at->n + i];
}

/* --- the log evidence --- */

static ntk_status weigh_evidence(evaluation *at, double *value)
{
    const ntk_ridge_solution *solution = &at->ridge->solution;
    int64_t columns = at->targets + at->of->intercept;
    double share = at->of->intercept ? sqrt((double)at->targets / solution->ones_sum) : 0;
    for (int64_t i = 0; i < at->n; i++) {
        double *row = at->left + i * columns;
        for (int64_t c = 0; c < at->targets; c++) row[c] = alpha_of(at, i, c);
        if (at->of->intercept) row[at->targets] = solution->ones[i] * share;
    }
    const ntk_outer outer = {.n = at->n,
                             .U = at->room,
                             .ldu = at->ldr,
                             .upper = true,
                             .E = at->left,
                             .F = at->left,
                             .columns = columns,
                             .factor = -0.5 * (double)at->targets,
                             .share = 0.5,
                             .out = at->matrix,
                             .ld = at->ld};
    *value = solution->report.log_evidence;
    return ntk_outer_product(&outer, at->of->lane, INVERTED, WEIGHTED);
}

/* --- leave-one-out --- */

static ntk_status find_projection(const evaluation *at)
{
    const ntk_ridge_solution *solution = &at->ridge->solution;
    const ntk_outer outer = {.n = at->n,
                             .U = at->room,
                             .ldu = at->ldr,
                             .upper = true,
                             .E = solution->ones,
                             .F = solution->ones,
                             .columns = at->of->intercept,
                             .factor = 1,
                             .share = at->of->intercept ? -1 / solution->ones_sum : 0,
                             .out = at->matrix,
                             .ld = at->ld};
    return ntk_outer_product(&outer, at->of->lane, INVERTED, PROJECTED);
}

/* The mean square, u in the shares, and alpha where left and right take it. */
static ntk_status find_residuals(const evaluation *at, double *value)
{
    int64_t t = at->targets;
    *value = 0;
    for (int64_t i = 0; i < at->n; i++) {
        double g = at->matrix[i * at->ld + i];
        if (!(g > 0)) return ntk_fail(NTK_ERR_SINGULAR, "%s: K + lambda I is singular to working precision", at->of->function);
        for (int64_t c = 0; c < t; c++) {
            double alpha = alpha_of(at, i, c), residual = alpha / g;
            *value += residual * residual / ((double)at->n * (double)t);
            at->shares[i * t + c] = residual / g;
            at->left[i * 2 * t + t + c] = at->right[i * 2 * t + c] = alpha;
        }
    }
    return ntk_advance(at->of->lane, 0);
}

/* q of some rows. */
static ntk_status project_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const evaluation *at = argument;
    int64_t first = index * ROWS, rows = ntk_smaller(ROWS, at->n - first), t = at->targets;
    NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_PLAIN, rows, t, at->n, 1, at->matrix + first * at->ld, at->ld, at->shares, t,
                          0, at->left + first * 2 * t, 2 * t));
    for (int64_t i = first; i < first + rows; i++)
        for (int64_t c = 0; c < t; c++) at->right[i * 2 * t + t + c] = at->left[i * 2 * t + c];
    return ntk_advance(lane, rows);
}

/* D_ii^(1/2): (sum_c u_c^2 P_ii)^(1/2), since r / P_ii = u. */
static void find_shares(const evaluation *at)
{
    for (int64_t i = 0; i < at->n; i++) {
        double sum = 0;
        for (int64_t c = 0; c < at->targets; c++) sum += at->shares[i * at->targets + c] * at->shares[i * at->targets + c];
        at->shares[i] = sqrt(sum * at->matrix[i * at->ld + i]);
    }
}

/* P D^(1/2) of some rows. */
static ntk_status scale_rows(void *argument, int64_t index, const ntk_lane *lane)
{
    const evaluation *at = argument;
    int64_t first = index * ROWS, rows = ntk_smaller(ROWS, at->n - first);
    for (int64_t i = first; i < first + rows; i++) {
        const double *from = at->matrix + i * at->ld;
        double *to = at->room + i * at->ldr;
        for (int64_t k = 0; k < at->n; k++) to[k] = from[k] * at->shares[k];
    }
    return ntk_advance(lane, rows);
}

static ntk_status weigh_residuals(evaluation *at, double *value)
{
    const ntk_lane *lane = at->of->lane;
    double unit = 1 / ((double)at->n * (double)at->targets);
    int64_t tasks = (at->n - 1) / ROWS + 1;
    const ntk_outer outer = {.n = at->n,
                             .U = at->room,
                             .ldu = at->ldr,
                             .E = at->left,
                             .F = at->right,
                             .columns = 2 * at->targets,
                             .factor = 2 * unit,
                             .share = -unit,
                             .out = at->matrix,
                             .ld = at->ld};
    NTK_TRY(find_projection(at));
    NTK_TRY(find_residuals(at, value));
    ntk_work_stage(lane->work, "leave-one-out", 2 * at->n, PROJECTED, PROJECTED);
    NTK_TRY(ntk_run_blas(lane, tasks, project_rows, at));
    find_shares(at);
    NTK_TRY(ntk_run(lane, tasks, scale_rows, at));
    return ntk_outer_product(&outer, lane, PROJECTED, WEIGHTED);
}

/* --- derivatives --- */

static ntk_status differentiate(const evaluation *at, const ntk_kernel *kernel, double *gradient)
{
    const ntk_criterion *of = at->of;
    const ntk_kernel_operations *operations = kernel->operations;
    int64_t scales = operations->scales(kernel);
    ntk_scale_call call = {.x1 = of->x, .x2 = of->x, .dtype = NTK_F64, .function = of->function};
    call.weights = ntk_matrix_f64(at->matrix, at->n, at->n);
    call.weights.stride = at->ld;
    for (int64_t s = 0; s <= scales; s++) gradient[s] = 0;
    for (int64_t i = 0; i < at->n; i++) gradient[scales] += at->matrix[i * at->ld + i];
    if (scales == 0) return NTK_OK;
    ntk_share room = ntk_work_narrow(of->lane->work, WEIGHTED, 1);
    ntk_status status = operations->scale_gradient(kernel, &call, of->lane, gradient);
    ntk_work_widen(of->lane->work, room);
    return status;
}

static ntk_status evaluate(evaluation *at, const ntk_kernel *kernel, double *value, double *gradient)
{
    const ntk_symmetric *L = &at->ridge->system.L;
    NTK_TRY(ntk_cholesky_inverse(L, at->of->lane, SOLVED, INVERTED, at->room, at->ldr));
    at->matrix = L->data;
    at->ld = L->ld;
    NTK_TRY(at->of->kind == NTK_CRITERION_LOO ? weigh_residuals(at, value) : weigh_evidence(at, value));
    return differentiate(at, kernel, gradient);
}

/* left, right and shares. */
static ntk_status open_vectors(evaluation *at, ntk_context *context)
{
    int64_t columns = ntk_larger(2 * at->targets, at->targets + at->of->intercept);
    NTK_TRY(ntk_allocate(context, &at->left, at->n, columns * (int64_t)sizeof(double), "the coefficients by samples"));
    NTK_TRY(ntk_allocate(context, &at->right, at->n, columns * (int64_t)sizeof(double), "the coefficients by samples"));
    return ntk_allocate(context, &at->shares, at->n, at->targets * (int64_t)sizeof(double), "shares of residuals");
}

ntk_status ntk_criterion_value(const ntk_criterion *criterion, const ntk_kernel *kernel, double lambda, double *value,
                               double *gradient)
{
    ntk_context *context = criterion->lane->work->context;
    evaluation at = {.of = criterion, .n = criterion->x.rows, .targets = criterion->y.cols};
    double *lambdas;
    at.room = criterion->square.data;
    at.ldr = criterion->square.ld;
    NTK_TRY(ntk_object_create(context, &at.ridge, sizeof *at.ridge, ntk_ridge_dispose, "a ridge regression"));
    ntk_status status = ntk_allocate(context, &lambdas, at.targets, sizeof *lambdas, "the targets' lambdas");
    for (int64_t c = 0; status >= 0 && c < at.targets; c++) lambdas[c] = lambda;
    if (status >= 0) status = fit(&at, kernel, lambda, lambdas);
    if (status >= 0) status = open_vectors(&at, context);
    if (status >= 0) status = evaluate(&at, kernel, value, gradient);
    void *const held[] = {lambdas, at.left, at.right, at.shares};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) ntk_free(context, held[i]);
    ntk_release(at.ridge);
    return status;
}
