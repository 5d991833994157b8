#include "dynamics/model/linear.h"

#include "core/blas.h"
#include "core/memory.h"
#include "core/status.h"

#include <math.h>
#include <string.h>

static ntk_status count_numbers(int64_t *count, int64_t m, int64_t p)
{
    int64_t square, vectors;
    *count = 0;
    if (__builtin_mul_overflow(m, m, &square) || __builtin_mul_overflow(ntk_vector_room(m), 5, &vectors) ||
        __builtin_add_overflow(ntk_vector_room(square), vectors, count) ||
        __builtin_mul_overflow(ntk_vector_room(p), 2, &vectors) || __builtin_add_overflow(*count, vectors, count))
        return ntk_fail(NTK_ERR_OVERFLOW, "the modes of %lld outputs are more than can be addressed", (long long)m);
    return NTK_OK;
}

ntk_status ntk_linear_memory(const ntk_model *model, uint64_t *bytes, int64_t m)
{
    int64_t count;
    NTK_TRY(count_numbers(&count, m, model->parameters));
    return ntk_need(bytes, count, sizeof(double));
}

ntk_status ntk_linear_open(ntk_linear *linear, ntk_point *point, const ntk_tangent *tangent, const double *r0)
{
    int64_t m = tangent->m, p = tangent->p, count, outputs = ntk_vector_room(m), parameters = ntk_vector_room(p);
    *linear = (ntk_linear){.point = point, .m = m, .p = p, .at = -1};
    NTK_TRY(count_numbers(&count, m, p));
    NTK_TRY(ntk_allocate(point->problem->lane->work->context, &linear->block, count, sizeof(double), "the linearized flow"));
    linear->path = linear->block;
    linear->gradient = linear->path + parameters;
    linear->values = linear->gradient + parameters;
    linear->c = linear->values + outputs;
    linear->modes = linear->c + outputs;
    linear->residual = linear->modes + outputs;
    linear->decay = linear->residual + outputs;
    linear->vectors = linear->decay + outputs;
    memcpy(linear->vectors, tangent->K, (size_t)(m * m) * sizeof(double));
    memcpy(linear->values, tangent->values, (size_t)m * sizeof(double));
    return ntk_dense_multiply(point->problem->lane, linear->vectors, m, m, r0, linear->c);
}

void ntk_linear_close(ntk_linear *linear)
{
    if (linear->point) ntk_free(linear->point->problem->lane->work->context, linear->block);
}

ntk_status ntk_linear_move(ntk_linear *linear, double s)
{
    const ntk_lane *lane = linear->point->problem->lane;
    int64_t m = linear->m;
    if (s == linear->at) return NTK_OK;
    linear->at = -1;
    /* decay is room here */
    for (int64_t k = 0; k < m; k++) {
        double l = linear->values[k];
        linear->modes[k] = (l > 0 ? expm1(-l * s) / l : -s) * linear->c[k];
    }
    NTK_TRY(ntk_dense_transposed(lane, linear->vectors, m, m, linear->modes, linear->decay));
    NTK_TRY(ntk_point_transposed(linear->point, linear->decay, linear->path));
    for (int64_t k = 0; k < m; k++) linear->modes[k] = exp(-linear->values[k] * s) * linear->c[k];
    NTK_TRY(ntk_dense_transposed(lane, linear->vectors, m, m, linear->modes, linear->residual));
    NTK_TRY(ntk_point_transposed(linear->point, linear->residual, linear->gradient));
    NTK_TRY(ntk_point_multiply(linear->point, linear->gradient, linear->decay));
    linear->at = s;
    return NTK_OK;
}
