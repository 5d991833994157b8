#include "dynamics/model/tangent.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/status.h"

#include <string.h>

/* Up to so many numbers a Jacobian is held, and up to so many rows its K decomposed where there is a choice. */
static const double DENSE_NUMBERS = 5e7;
enum { DENSE_ROWS = 4000 };

bool ntk_tangent_is_dense(const ntk_model *model, int64_t n)
{
    double rows = (double)n * (double)model->outputs;
    return rows <= DENSE_ROWS && rows * (double)model->parameters <= DENSE_NUMBERS;
}

static ntk_status allocate(ntk_tangent *tangent, const ntk_model_problem *problem)
{
    ntk_context *context = problem->lane->work->context;
    int64_t m = tangent->m, p = tangent->p, number = sizeof(double), numbers, bytes, row;
    if (__builtin_mul_overflow(m, number, &row))
        return ntk_fail(NTK_ERR_OVERFLOW, "%s: %lld outputs are more than can be addressed", problem->function, (long long)m);
    NTK_TRY(ntk_blas_syevd_work(m, &numbers, &bytes));
    if (problem->dense) NTK_TRY(ntk_allocate(context, &tangent->J, m, p * number, "a Jacobian"));
    NTK_TRY(ntk_allocate(context, &tangent->K, m, row, "a tangent kernel"));
    NTK_TRY(ntk_allocate(context, &tangent->values, m, number, "eigenvalues"));
    NTK_TRY(ntk_allocate(context, &tangent->unit, m, number, "a unit vector"));
    NTK_TRY(ntk_allocate(context, &tangent->row, p, number, "a row of a Jacobian"));
    NTK_TRY(ntk_allocate(context, &tangent->work, numbers, number, "work of an eigendecomposition"));
    return ntk_allocate(context, &tangent->integers, bytes, 1, "work of an eigendecomposition");
}

ntk_status ntk_tangent_open(ntk_tangent *tangent, const ntk_model_problem *problem)
{
    *tangent = (ntk_tangent){.m = problem->m, .p = problem->p};
    return allocate(tangent, problem);
}

void ntk_tangent_close(ntk_tangent *tangent, const ntk_model_problem *problem)
{
    ntk_context *context = problem->lane->work->context;
    ntk_free(context, tangent->J);
    ntk_free(context, tangent->K);
    ntk_free(context, tangent->values);
    ntk_free(context, tangent->unit);
    ntk_free(context, tangent->row);
    ntk_free(context, tangent->work);
    ntk_free(context, tangent->integers);
}

ntk_status ntk_tangent_memory(const ntk_model *model, uint64_t *bytes, int64_t n, bool dense)
{
    int64_t m, row, numbers, integers, number = sizeof(double);
    if (__builtin_mul_overflow(n, model->outputs, &m) || __builtin_mul_overflow(m, number, &row))
        return ntk_fail(NTK_ERR_OVERFLOW, "%lld samples of %lld outputs are too many", (long long)n, (long long)model->outputs);
    NTK_TRY(ntk_blas_syevd_work(m, &numbers, &integers));
    if (dense) NTK_TRY(ntk_need(bytes, m, model->parameters * number));
    NTK_TRY(ntk_need(bytes, m, row));
    NTK_TRY(ntk_need(bytes, m, number));
    NTK_TRY(ntk_need(bytes, m, number));
    NTK_TRY(ntk_need(bytes, model->parameters, number));
    NTK_TRY(ntk_need(bytes, numbers, number));
    return ntk_need(bytes, integers, 1);
}

/* K's rows J (J^T e_k). */
static ntk_status multiply_rows(ntk_tangent *tangent, ntk_point *point)
{
    int64_t m = tangent->m;
    memset(tangent->unit, 0, (size_t)m * sizeof *tangent->unit);
    for (int64_t k = 0; k < m; k++) {
        tangent->unit[k] = 1;
        NTK_TRY(ntk_point_transposed(point, tangent->unit, tangent->row));
        NTK_TRY(ntk_point_multiply(point, tangent->row, tangent->K + k * m));
        tangent->unit[k] = 0;
    }
    return NTK_OK;
}

ntk_status ntk_tangent_decompose(ntk_tangent *tangent, ntk_point *point)
{
    const ntk_lane *lane = point->problem->lane;
    if (tangent->J) {
        NTK_TRY(ntk_point_jacobian(point, tangent->J));
        NTK_TRY(ntk_dense_square(lane, NTK_PLAIN, tangent->m, tangent->p, tangent->J, tangent->p, tangent->K));
    } else {
        NTK_TRY(multiply_rows(tangent, point));
    }
    NTK_TRY(ntk_blas_syevd(tangent->m, tangent->K, tangent->m, tangent->values, tangent->work, tangent->integers));
    for (int64_t k = 0; k < tangent->m; k++)
        if (!(tangent->values[k] > 0)) tangent->values[k] = 0;
    return ntk_advance(lane, 0);
}
