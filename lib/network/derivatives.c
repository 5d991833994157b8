#include <ntk/derivatives.h>

#include "core/context.h"
#include "core/matrix.h"
#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"
#include "network/network.h"
#include "network/passes.h"

#include <string.h>

/* What an output's rows stand for: samples, parameters, or samples' outputs. */
typedef enum shape { OF_SAMPLES, OF_PARAMETERS, OF_JACOBIAN } shape;

typedef struct derivative derivative;
typedef ntk_status (*chunk_function)(const derivative *call, const ntk_lane *lane, const ntk_chunk *chunk, int64_t first);

/* What tells one call from another.   order  of the passes   name  of the output   has_u, has_v  what it takes beside samples */
typedef struct derivative_kind {
    chunk_function chunk;
    int order;
    shape shape;
    const char *name;
    bool has_u, has_v;
} derivative_kind;

/* One call: what the caller gave, and that in the output's dtype.
 * y, dy           rows x outputs of a chunk
 * g               the part's parameters: the output itself where its numbers lie one behind the other, or copy */
struct derivative {
    const char *function;
    const derivative_kind *kind;
    const ntk_matrix *out, *x_view, *u_view, *v_view;
    int32_t part;
    const ntk_weights *weights;
    ntk_operand theta, x, u, v;
    ntk_passes passes;
    void *y, *dy, *g, *copy;
};

/* --- checks --- */

static ntk_status check_output(const derivative *call)
{
    const ntk_weights *weights = call->weights;
    int64_t samples = call->x_view->rows, size = ntk_weights_size(weights, call->part), rows;
    if (__builtin_mul_overflow(samples, weights->outputs, &rows)) rows = INT64_MAX;
    if (call->kind->shape == OF_SAMPLES)
        return ntk_shape_check(call->out, samples, weights->outputs, call->function, call->kind->name);
    if (call->kind->shape == OF_PARAMETERS) return ntk_shape_check(call->out, size, 1, call->function, call->kind->name);
    return ntk_shape_check(call->out, rows, size, call->function, call->kind->name);
}

static ntk_status check_shape(const derivative *call, const ntk_matrix *view, const char *name, int64_t rows, int64_t cols)
{
    NTK_TRY(ntk_input_check(view, call->function, name));
    return ntk_shape_check(view, rows, cols, call->function, name);
}

static ntk_status check_numbers(const derivative *call, const ntk_matrix *view, const char *name)
{
    NTK_TRY(ntk_disjoint_check(call->out, call->kind->name, view, name, call->function));
    return ntk_finite_check(view, call->function, name);
}

static ntk_status check(const derivative *call)
{
    const ntk_weights *weights = call->weights;
    int64_t size = ntk_weights_size(weights, call->part);
    if (size < 0)
        return ntk_fail(NTK_ERR_OPTION, "%s: part is %d, expected NTK_PART_BOTH, NTK_PART_RF or NTK_PART_NT", call->function,
                        call->part);
    NTK_TRY(ntk_output_check(call->out, call->function, call->kind->name));
    NTK_TRY(check_shape(call, call->x_view, "x", -1, weights->inputs));
    NTK_TRY(check_output(call));
    if (call->kind->has_u) NTK_TRY(check_shape(call, call->u_view, "u", call->x_view->rows, weights->outputs));
    if (call->kind->has_v) NTK_TRY(check_shape(call, call->v_view, "v", size, 1));
    NTK_TRY(check_numbers(call, call->x_view, "x"));
    if (call->kind->has_u) NTK_TRY(check_numbers(call, call->u_view, "u"));
    if (call->kind->has_v) NTK_TRY(check_numbers(call, call->v_view, "v"));
    return call->kind->order > 1 ? ntk_passes_second_check(weights, call->part, call->function) : NTK_OK;
}

/* --- a call's arrays --- */

/* The numbers of m in dtype, one row behind the other. */
static ntk_status open_packed(const ntk_lane *lane, ntk_operand *operand, const ntk_matrix *m, int32_t dtype,
                              const char *function, const char *name)
{
    if (m->stride == m->cols) return ntk_operand_open(lane, operand, m, dtype, function, name);
    return ntk_operand_copy(lane, operand, m, dtype, function, name);
}

static ntk_status open_call(derivative *call, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    const ntk_weights *weights = call->weights;
    const ntk_matrix *out = call->out;
    int32_t dtype = out->dtype;
    int64_t width = weights->outputs * ntk_dtype_size(dtype);
    NTK_TRY(ntk_passes_open(&call->passes, lane, weights, dtype, call->part, call->x_view->rows, call->kind->order));
    NTK_TRY(ntk_allocate(context, &call->y, call->passes.rows, width, "the outputs of a chunk of samples"));
    NTK_TRY(ntk_allocate(context, &call->dy, call->passes.rows, width, "the outputs of a chunk of samples"));
    NTK_TRY(ntk_all_parameters(lane, weights, dtype, &call->theta, call->function));
    NTK_TRY(ntk_operand_open(lane, &call->x, call->x_view, dtype, call->function, "x"));
    if (call->kind->has_u) NTK_TRY(open_packed(lane, &call->u, call->u_view, dtype, call->function, "u"));
    if (call->kind->has_v) NTK_TRY(open_packed(lane, &call->v, call->v_view, dtype, call->function, "v"));
    call->g = out->data;
    if (call->kind->shape != OF_PARAMETERS || out->stride == 1) return NTK_OK;
    NTK_TRY(ntk_allocate(context, &call->copy, out->rows, ntk_dtype_size(dtype), "a vector of the parameters"));
    call->g = call->copy;
    return NTK_OK;
}

static void close_call(derivative *call, const ntk_lane *lane)
{
    ntk_context *context = lane->work->context;
    ntk_free(context, call->copy);
    ntk_operand_close(context, &call->v);
    ntk_operand_close(context, &call->u);
    ntk_operand_close(context, &call->x);
    ntk_operand_close(context, &call->theta);
    ntk_free(context, call->dy);
    ntk_free(context, call->y);
    ntk_passes_close(&call->passes, lane);
}

/* u of a chunk's samples. */
static const void *weights_at(const derivative *call, int64_t first)
{
    return ntk_at(call->u.data, call->out->dtype, first * call->weights->outputs);
}

/* --- chunk by chunk --- */

static ntk_status jacobian_chunk(const derivative *call, const ntk_lane *lane, const ntk_chunk *chunk, int64_t first)
{
    const ntk_matrix *out = call->out;
    int64_t outputs = call->weights->outputs;
    NTK_TRY(ntk_passes_forward(&call->passes, lane, chunk, call->y));
    for (int64_t o = 0; o < outputs; o++) {
        memset(call->dy, 0, (size_t)(chunk->rows * outputs * ntk_dtype_size(out->dtype)));
        for (int64_t i = 0; i < chunk->rows; i++) ntk_put(call->dy, out->dtype, i * outputs + o, 1);
        NTK_TRY(ntk_passes_backward_each(&call->passes, lane, chunk, call->dy, ntk_row(out, first * outputs + o),
                                         outputs * out->stride));
    }
    for (int64_t i = first * outputs; i < (first + chunk->rows) * outputs; i++)
        if (!ntk_is_finite(ntk_row(out, i), out->dtype, out->cols))
            return ntk_fail(NTK_ERR_OVERFLOW, "%s: %s overflows in row %lld (counted from 0)", call->function, call->kind->name,
                            (long long)i);
    return NTK_OK;
}

static ntk_status jvp_chunk(const derivative *call, const ntk_lane *lane, const ntk_chunk *chunk, int64_t first)
{
    const ntk_matrix *out = call->out;
    NTK_TRY(ntk_passes_forward(&call->passes, lane, chunk, call->y));
    NTK_TRY(ntk_passes_tangent(&call->passes, lane, chunk, call->v.data, call->dy));
    for (int64_t i = 0; i < chunk->rows; i++)
        NTK_TRY(ntk_write_row(out, first + i, 0, ntk_at(call->dy, out->dtype, i * out->cols), out->dtype, out->cols,
                              call->function, call->kind->name));
    return NTK_OK;
}

static ntk_status vjp_chunk(const derivative *call, const ntk_lane *lane, const ntk_chunk *chunk, int64_t first)
{
    NTK_TRY(ntk_passes_forward(&call->passes, lane, chunk, call->y));
    return ntk_passes_backward(&call->passes, lane, chunk, weights_at(call, first), first > 0, call->g);
}

static ntk_status gauss_newton_chunk(const derivative *call, const ntk_lane *lane, const ntk_chunk *chunk, int64_t first)
{
    NTK_TRY(ntk_passes_forward(&call->passes, lane, chunk, call->y));
    NTK_TRY(ntk_passes_tangent(&call->passes, lane, chunk, call->v.data, call->dy));
    return ntk_passes_backward(&call->passes, lane, chunk, call->dy, first > 0, call->g);
}

static ntk_status hessian_chunk(const derivative *call, const ntk_lane *lane, const ntk_chunk *chunk, int64_t first)
{
    NTK_TRY(ntk_passes_forward(&call->passes, lane, chunk, call->y));
    NTK_TRY(ntk_passes_tangent(&call->passes, lane, chunk, call->v.data, call->dy));
    return ntk_passes_second(&call->passes, lane, chunk, weights_at(call, first), NULL, call->v.data, first > 0, call->g);
}

/* A vector of the parameters that is complete. */
static ntk_status write_parameters(const derivative *call)
{
    const ntk_matrix *out = call->out;
    if (call->kind->shape != OF_PARAMETERS) return NTK_OK;
    if (call->g == out->data && ntk_is_finite(call->g, out->dtype, out->rows)) return NTK_OK;
    for (int64_t k = 0; k < out->rows; k++)
        NTK_TRY(ntk_write_row(out, k, 0, ntk_at(call->g, out->dtype, k), out->dtype, 1, call->function, call->kind->name));
    return NTK_OK;
}

static ntk_status run_chunks(const derivative *call, const ntk_lane *lane)
{
    int32_t dtype = call->out->dtype;
    ntk_chunk chunk = {.theta = call->theta.data, .ldx = call->x.stride};
    for (int64_t first = 0; first < call->x_view->rows; first += chunk.rows) {
        chunk.x = ntk_at(call->x.data, dtype, first * call->x.stride);
        chunk.rows = ntk_smaller(call->passes.rows, call->x_view->rows - first);
        NTK_TRY(call->kind->chunk(call, lane, &chunk, first));
        NTK_TRY(ntk_advance(lane, chunk.rows));
    }
    return write_parameters(call);
}

static ntk_status run(const ntk_network *network, const derivative_kind *kind, const ntk_matrix *out, const ntk_matrix *x,
                      const ntk_matrix *v, const ntk_matrix *u, int32_t part, const char *function)
{
    derivative call = {.function = function, .kind = kind, .out = out, .x_view = x, .v_view = v, .u_view = u, .part = part};
    if (!network) return ntk_fail(NTK_ERR_NULL, "%s: network is NULL", function);
    call.weights = network->weights;
    NTK_TRY(check(&call));
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, network->base.context);
    ntk_work_stage(&work, "network derivatives", x->rows, 0, 1);
    ntk_status status = open_call(&call, &lane);
    if (status >= 0) status = run_chunks(&call, &lane);
    close_call(&call, &lane);
    return status;
}

/* --- the calls --- */

ntk_status ntk_network_jacobian(const ntk_network *network, const ntk_matrix *jacobian, const ntk_matrix *x, int32_t part)
{
    static const derivative_kind own = {jacobian_chunk, 1, OF_JACOBIAN, "jacobian", false, false};
    return run(network, &own, jacobian, x, NULL, NULL, part, __func__);
}

ntk_status ntk_network_jvp(const ntk_network *network, const ntk_matrix *y, const ntk_matrix *x, const ntk_matrix *v,
                           int32_t part)
{
    static const derivative_kind own = {jvp_chunk, 1, OF_SAMPLES, "y", false, true};
    return run(network, &own, y, x, v, NULL, part, __func__);
}

ntk_status ntk_network_vjp(const ntk_network *network, const ntk_matrix *v, const ntk_matrix *x, const ntk_matrix *u,
                           int32_t part)
{
    static const derivative_kind own = {vjp_chunk, 1, OF_PARAMETERS, "v", true, false};
    return run(network, &own, v, x, NULL, u, part, __func__);
}

ntk_status ntk_network_gauss_newton(const ntk_network *network, const ntk_matrix *g, const ntk_matrix *x, const ntk_matrix *v,
                                    int32_t part)
{
    static const derivative_kind own = {gauss_newton_chunk, 1, OF_PARAMETERS, "g", false, true};
    return run(network, &own, g, x, v, NULL, part, __func__);
}

ntk_status ntk_network_hessian(const ntk_network *network, const ntk_matrix *g, const ntk_matrix *x, const ntk_matrix *u,
                               const ntk_matrix *v, int32_t part)
{
    static const derivative_kind own = {hessian_chunk, 2, OF_PARAMETERS, "g", true, true};
    return run(network, &own, g, x, v, u, part, __func__);
}
