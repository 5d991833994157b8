#include "activation/activation.h"
#include "activation/simd/loops.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/parallel.h"
#include "core/status.h"

#include <math.h>

/* About a tenth of a millisecond of the slowest activation. */
enum { ELEMENTS_PER_TASK = 32768 };

static const ntk_activation_loops *loops_of(ntk_isa isa, int32_t dtype)
{
    return NTK_OF_ISA(isa, ntk_activation_loops, dtype - 1);
}

/* s, s' or s'' by its order. */
typedef void (*loop)(void *out, const void *u, int64_t count);

static loop loop_of(int order, loop value, loop derivative, loop second)
{
    return order == 0 ? value : order == 1 ? derivative : second;
}

/* The derivative of a polynomial is one: p u^(p - 1), sqrt(p) h_(p - 1). */
static void evaluate_polynomial(const ntk_activation *activation, const ntk_activation_loops *loops, int order, void *out,
                                const void *u, int64_t count)
{
    int32_t degree = activation->degree;
    double factor = order == 0 ? 1 : order == 1 ? degree : (double)degree * (degree - 1);
    if (order > degree)
        loops->levels(out, u, count, 0, 0, 0);
    else if (activation->family == NTK_FAMILY_MONOMIAL)
        loops->monomial(out, u, count, degree - order, factor);
    else
        loops->hermite(out, u, count, degree - order, sqrt(factor));
}

static void evaluate_later(const ntk_activation *activation, const ntk_activation_loops *loops, int order, void *out,
                           const void *u, int64_t count)
{
    switch (activation->family) {
    case NTK_FAMILY_MONOMIAL:
    case NTK_FAMILY_HERMITE:
        evaluate_polynomial(activation, loops, order, out, u, count);
        break;
    case NTK_FAMILY_TANH:
        loop_of(order, loops->tanh, loops->tanh_derivative, loops->tanh_second)(out, u, count);
        break;
    case NTK_FAMILY_SIGMOID:
        loop_of(order, loops->sigmoid, loops->sigmoid_derivative, loops->sigmoid_second)(out, u, count);
        break;
    case NTK_FAMILY_SOFTPLUS:
        loop_of(order, loops->softplus, loops->sigmoid, loops->sigmoid_derivative)(out, u, count);
        break;
    default:
        loop_of(order, loops->silu, loops->silu_derivative, loops->silu_second)(out, u, count);
        break;
    }
}

/* The caller's functions see f64, in pieces that need no memory. */
static void evaluate_user(const ntk_activation *activation, int32_t dtype, int order, void *out, const void *u, int64_t count)
{
    enum { PIECE = 256 };
    const ntk_activation_functions *functions = &activation->user;
    double from[PIECE], to[PIECE];
    for (int64_t i = 0; i < count; i += PIECE) {
        int64_t piece = count - i < PIECE ? count - i : PIECE;
        ntk_convert(from, NTK_F64, ntk_at(u, dtype, i), dtype, piece);
        (order == 0   ? functions->value
         : order == 1 ? functions->derivative
                      : functions->second_derivative)(functions->user, to, from, piece);
        ntk_convert(ntk_at(out, dtype, i), dtype, to, NTK_F64, piece);
    }
}

static void evaluate_slopes(const ntk_activation *activation, const ntk_activation_loops *loops, int order, void *out,
                            const void *u, int64_t count)
{
    if (order == 0)
        loops->slopes(out, u, count, activation->below, activation->above);
    else if (order == 1)
        loops->levels(out, u, count, activation->below, activation->above, activation->at_zero);
    else
        loops->levels(out, u, count, 0, 0, 0);
}

/* s, s' or s'' of the kind itself, cos and sin but for their signs. */
static void evaluate_kind(const ntk_activation *activation, const ntk_activation_loops *loops, int order, void *out,
                          const void *u, int64_t count)
{
    switch (activation->family) {
    case NTK_FAMILY_SLOPES:
        evaluate_slopes(activation, loops, order, out, u, count);
        break;
    case NTK_FAMILY_LEVELS:
        loops->levels(out, u, count, order ? 0 : activation->below, order ? 0 : activation->above, 0);
        break;
    case NTK_FAMILY_ERF:
        loop_of(order, loops->erf, loops->erf_derivative, loops->erf_second)(out, u, count);
        break;
    case NTK_FAMILY_GELU:
        loop_of(order, loops->gelu, loops->gelu_derivative, loops->gelu_second)(out, u, count);
        break;
    case NTK_FAMILY_WAVE:
        (activation->cosine != (order == 1) ? loops->cos : loops->sin)(out, u, count);
        break;
    case NTK_FAMILY_EXP:
        loops->exp(out, u, count);
        break;
    default:
        evaluate_later(activation, loops, order, out, u, count);
        break;
    }
}

#define DEFINE_AFFINE(NAME, REAL)                                                              \
    static void NAME(void *out, const void *in, int64_t count, double factor, double offset)   \
    {                                                                                          \
        REAL *to = out;                                                                        \
        const REAL *from = in;                                                                 \
        for (int64_t i = 0; i < count; i++) to[i] = (REAL)(factor * (double)from[i] + offset); \
    }

DEFINE_AFFINE(affine_f64, double)
DEFINE_AFFINE(affine_f32, float)

void ntk_activation_evaluate(const ntk_activation *activation, ntk_isa isa, int32_t dtype, int order, void *out, const void *u,
                             int64_t count)
{
    if (activation->family == NTK_FAMILY_USER) {
        evaluate_user(activation, dtype, order, out, u, count);
        return;
    }
    double frequency = activation->frequency, phase = activation->phase + activation->shift;
    double offset = order ? 0 : activation->offset;
    double factor = activation->scale;
    for (int k = 0; k < order; k++) factor *= frequency;
    /* cos' = -sin, cos'' = -cos, sin'' = -sin */
    if (activation->family == NTK_FAMILY_WAVE && (order == 2 || (order == 1 && activation->cosine))) factor = -factor;
    void (*affine)(void *, const void *, int64_t, double, double) = dtype == NTK_F64 ? affine_f64 : affine_f32;
    if (frequency != 1 || phase != 0) {
        affine(out, u, count, frequency, phase);
        u = out;
    }
    evaluate_kind(activation, loops_of(isa, dtype), order, out, u, count);
    if (factor != 1 || offset != 0) affine(out, out, count, factor, offset);
}

/* One call of ntk_activation_value or ntk_activation_derivative: a task is a run of rows, or of elements of one long row. */
typedef struct evaluation {
    const ntk_activation *activation;
    const ntk_matrix *out, *u;
    int order;
    int64_t rows, parts, part;
} evaluation;

static ntk_status evaluate_task(void *argument, int64_t index, const ntk_lane *lane)
{
    const evaluation *call = argument;
    ntk_isa isa = lane->work->context->isa;
    int64_t row = index / call->parts * call->rows, col = index % call->parts * call->part;
    int64_t last = row + call->rows < call->u->rows ? row + call->rows : call->u->rows;
    int64_t count = call->u->cols - col < call->part ? call->u->cols - col : call->part;
    for (int64_t i = row; i < last; i++)
        ntk_activation_evaluate(call->activation, isa, call->u->dtype, call->order,
                                ntk_at(ntk_row(call->out, i), call->u->dtype, col),
                                ntk_at(ntk_row(call->u, i), call->u->dtype, col), count);
    return ntk_advance(lane, (last - row) * count);
}

static ntk_status evaluate_matrix(const ntk_activation *activation, int order, const ntk_matrix *out, const ntk_matrix *u,
                                  const char *function)
{
    if (!activation) return ntk_fail(NTK_ERR_NULL, "%s: activation is NULL", function);
    NTK_TRY(ntk_output_check(out, function, "out"));
    NTK_TRY(ntk_input_check(u, function, "u"));
    NTK_TRY(ntk_shape_check(out, u->rows, u->cols, function, "out"));
    if (out->dtype != u->dtype)
        return ntk_fail(NTK_ERR_DTYPE, "%s: out.dtype is %d and u.dtype %d, expected the same", function, out->dtype, u->dtype);
    NTK_TRY(ntk_disjoint_check(out, "out", u, "u", function));
    evaluation call = {.activation = activation, .out = out, .u = u, .order = order};
    call.part = u->cols < ELEMENTS_PER_TASK ? u->cols : ELEMENTS_PER_TASK;
    call.parts = (u->cols - 1) / call.part + 1;
    call.rows = call.parts > 1 ? 1 : ELEMENTS_PER_TASK / u->cols;
    ntk_work work;
    ntk_lane lane = ntk_work_begin(&work, activation->base.context);
    ntk_work_stage(&work, "activation", u->rows * u->cols, 0, 1);
    return ntk_run(&lane, ((u->rows - 1) / call.rows + 1) * call.parts, evaluate_task, &call);
}

ntk_status ntk_activation_value(const ntk_activation *activation, const ntk_matrix *out, const ntk_matrix *u)
{
    return evaluate_matrix(activation, 0, out, u, __func__);
}

ntk_status ntk_activation_derivative(const ntk_activation *activation, const ntk_matrix *out, const ntk_matrix *u)
{
    return evaluate_matrix(activation, 1, out, u, __func__);
}
