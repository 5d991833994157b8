#include "core/blas.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "dynamics/model/model.h"
#include "network/layer.h"

#include <math.h>
#include <string.h>

/* Numbers of a Jacobian that one product takes, and multiplications of a square, some milliseconds each. */
enum { PRODUCT_NUMBERS = 1 << 22, SQUARE_COST = 200000000, LEAST_DEPTH = 64 };

ntk_status ntk_point_open(ntk_point *point, const ntk_model_problem *problem, const double *theta)
{
    *point = (ntk_point){.problem = problem, .theta = theta};
    return problem->model->operations->open(point);
}

void ntk_point_close(ntk_point *point)
{
    if (point->problem) point->problem->model->operations->close(point);
}

void ntk_point_move(ntk_point *point)
{
    point->ready = false;
}

/* What a callback or a network gave. */
static ntk_status check(const ntk_point *point, const double *values, int64_t rows, int64_t cols, const char *name)
{
    for (int64_t i = 0; i < rows && !point->lenient; i++)
        if (!ntk_is_finite(values + i * cols, NTK_F64, cols))
            return ntk_fail(NTK_ERR_CALLBACK, "%s: the model's %s gave NaN or infinity in row %lld of %lld (counted from 0)",
                            point->problem->function, name, (long long)i, (long long)rows);
    return ntk_advance(point->problem->lane, 0);
}

ntk_status ntk_point_forward(ntk_point *point, double *y)
{
    const ntk_model_problem *problem = point->problem;
    NTK_TRY(problem->model->operations->forward(point, y));
    return check(point, y, problem->n, problem->model->outputs, "forward");
}

ntk_status ntk_point_jacobian(ntk_point *point, double *J)
{
    const ntk_model_problem *problem = point->problem;
    NTK_TRY(problem->model->operations->jacobian(point, J));
    return check(point, J, problem->m, problem->p, "Jacobian");
}

ntk_status ntk_point_multiply(ntk_point *point, const double *v, double *y)
{
    const ntk_model_problem *problem = point->problem;
    NTK_TRY(problem->model->operations->multiply(point, v, y));
    return check(point, y, problem->n, problem->model->outputs, "J v");
}

ntk_status ntk_point_transposed(ntk_point *point, const double *u, double *g)
{
    const ntk_model_problem *problem = point->problem;
    NTK_TRY(problem->model->operations->transposed(point, u, g));
    return check(point, g, problem->p, 1, "J^T u");
}

ntk_status ntk_point_jacobian_by_rows(ntk_point *point, double *unit, double *J)
{
    const ntk_model_problem *problem = point->problem;
    memset(unit, 0, (size_t)problem->m * sizeof *unit);
    for (int64_t k = 0; k < problem->m; k++) {
        unit[k] = 1;
        NTK_TRY(problem->model->operations->transposed(point, unit, J + k * problem->p));
        unit[k] = 0;
        NTK_TRY(ntk_advance(problem->lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_dense_square(const ntk_lane *lane, ntk_transpose transpose, int64_t n, int64_t depth, const double *A,
                            int64_t lda, double *K)
{
    int64_t most = ntk_larger(LEAST_DEPTH, (int64_t)fmin((double)depth, SQUARE_COST / ((double)n * (double)n))), part;
    for (int64_t first = 0; first < depth; first += part) {
        part = ntk_smaller(most, depth - first);
        NTK_TRY(ntk_blas_syrk(NTK_F64, transpose, n, part, 1, A + first * (transpose == NTK_PLAIN ? 1 : lda), lda,
                              first ? 1 : 0, K, n));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_dense_multiply(const ntk_lane *lane, const double *J, int64_t m, int64_t p, const double *v, double *y)
{
    int64_t most = ntk_larger(1, PRODUCT_NUMBERS / p), rows;
    for (int64_t first = 0; first < m; first += rows) {
        rows = ntk_smaller(most, m - first);
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_PLAIN, NTK_PLAIN, rows, 1, p, 1, J + first * p, p, v, 1, 0, y + first, 1));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}

ntk_status ntk_dense_transposed(const ntk_lane *lane, const double *J, int64_t m, int64_t p, const double *u, double *g)
{
    int64_t most = ntk_larger(1, PRODUCT_NUMBERS / p), rows;
    for (int64_t first = 0; first < m; first += rows) {
        rows = ntk_smaller(most, m - first);
        NTK_TRY(ntk_blas_gemm(NTK_F64, NTK_TRANSPOSED, NTK_PLAIN, p, 1, rows, 1, J + first * p, p, u + first, 1, first ? 1 : 0,
                              g, 1));
        NTK_TRY(ntk_advance(lane, 0));
    }
    return NTK_OK;
}
