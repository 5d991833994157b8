#include "activation/activation.h"
#include "core/context.h"
#include "core/matrix.h"
#include "core/status.h"
#include "features/product.h"
#include "network/layer.h"

/* Neurons at a time: what the stack holds. */
enum { NEURONS = 128 };

/* A block of neurons at one sample: rf = gamma sigma(u), nt = tangent_factor a sigma'(u). */
typedef struct point {
    const ntk_features_call *call;
    const ntk_coefficients *b;
    const void *x;
    int64_t first, count;
    double rf[NEURONS], nt[NEURONS];
} point;

/* The call's precision. */
typedef union block {
    double f64[NEURONS];
    float f32[NEURONS];
} block;

/* out = sigma(u) (order 0) or sigma'(u) (order 1) */
static void activate(const point *at, int order, double *out, const block *u)
{
    const ntk_features_call *call = at->call;
    block value;
    ntk_activation_evaluate(call->features->weights->activation, call->lane->work->context->isa, call->dtype, order, &value, u,
                            at->count);
    ntk_convert(out, NTK_F64, &value, call->dtype, at->count);
}

static void evaluate(point *at)
{
    const ntk_features_call *call = at->call;
    const ntk_weights *weights = call->features->weights;
    block inputs;
    const void *w = call->w ? call->w : weights->w;
    for (int64_t k = 0; k < at->count; k++) {
        double u = weights->input_factor *
                   ntk_dot(call->dtype, ntk_at(w, call->dtype, (at->first + k) * weights->inputs), at->x, weights->inputs);
        ntk_convert(ntk_at(&inputs, call->dtype, k), call->dtype, &u, NTK_F64, 1);
    }
    if (at->b->rf) {
        activate(at, 0, at->rf, &inputs);
        for (int64_t k = 0; k < at->count; k++) at->rf[k] *= weights->gamma;
    }
    if (at->b->nt) {
        activate(at, 1, at->nt, &inputs);
        for (int64_t k = 0; k < at->count; k++) at->nt[k] *= weights->tangent_factor * weights->a[at->first + k];
    }
}

static double block_sum(const point *at, int64_t target)
{
    const ntk_coefficients *b = at->b;
    const ntk_weights *weights = at->call->features->weights;
    int64_t d = weights->inputs;
    double sum = 0;
    for (int64_t k = 0; b->rf && k < at->count; k++)
        sum += at->rf[k] * ntk_get(b->rf, b->dtype, (at->first + k) * b->targets + target);
    for (int64_t k = 0; b->nt && k < at->count; k++) {
        /* what no gradient reaches costs nothing: half of a ReLU network */
        if (at->nt[k] == 0) continue;
        const void *row = ntk_at(b->nt, b->dtype, (target * weights->hidden + at->first + k) * d);
        sum += at->nt[k] * ntk_dot(b->dtype, row, at->x, d);
    }
    return sum;
}

ntk_status ntk_features_point(const ntk_features_call *call, double *y, const void *x, const ntk_coefficients *b, int64_t first,
                              int64_t targets)
{
    int64_t hidden = call->features->weights->hidden;
    point at = {.call = call, .b = b, .x = x};
    for (int64_t c = 0; c < targets; c++) y[c] = 0;
    for (; at.first < hidden; at.first += at.count) {
        at.count = hidden - at.first < NEURONS ? hidden - at.first : NEURONS;
        evaluate(&at);
        for (int64_t c = 0; c < targets; c++) y[c] += block_sum(&at, first + c);
        NTK_TRY(ntk_advance(call->lane, 0));
    }
    return NTK_OK;
}
