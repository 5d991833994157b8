#include "features/layered_slopes.h"

#include "core/matrix.h"
#include "core/status.h"

#include <string.h>

/* out = a b, or to add out + a b */
#define DEFINE_MULTIPLY(NAME, REAL)                                                            \
    static void NAME(void *results, const void *a, const void *b, int64_t count, bool add)     \
    {                                                                                          \
        REAL *out = results;                                                                   \
        const REAL *x = a, *y = b;                                                             \
        for (int64_t k = 0; k < count; k++) out[k] = add ? out[k] + x[k] * y[k] : x[k] * y[k]; \
    }

DEFINE_MULTIPLY(multiply_f64, double)
DEFINE_MULTIPLY(multiply_f32, float)

/* out (+)= a o b, of all numbers of the rows in a layer */
static void multiply(const ntk_layered_slopes *of, void *out, const void *a, const void *b, int64_t neurons, bool add)
{
    (of->signals->dtype == NTK_F64 ? multiply_f64 : multiply_f32)(out, a, b, of->count * neurons, add);
}

/* The rows' part of a layer's array. */
static void *rows_of(const ntk_layered_slopes *of, void *array, int64_t neurons)
{
    return ntk_at(array, of->signals->dtype, of->first * neurons);
}

static void *room_of(const ntk_layered_slopes *of)
{
    return ntk_signals_room(of->signals, of->first);
}

static const ntk_layer *layer_of(const ntk_layered_slopes *of, int64_t l)
{
    return &of->signals->weights->layer[l];
}

/* out (rows x the layer's inputs or neurons) = beta out + factor in op(W) */
static ntk_status transform(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l, ntk_transpose op, const void *in,
                            double beta, void *out)
{
    const ntk_signals *signals = of->signals;
    const ntk_layer *layer = layer_of(of, l);
    int64_t cols = op == NTK_PLAIN ? layer->inputs : layer->neurons, depth = op == NTK_PLAIN ? layer->neurons : layer->inputs;
    return ntk_layer_product(lane, signals->dtype, op, of->count, cols, depth, layer->factor, in, depth,
                             ntk_at(signals->w, signals->dtype, layer->weights), beta, out);
}

/* p_l; the room holds sigma'(z_(l-1)) o p_(l-1) before and that of the layer after it. */
static ntk_status go_up(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l)
{
    int64_t N = layer_of(of, l)->neurons;
    void *p = rows_of(of, ntk_signals_own(of->signals, l), N);
    NTK_TRY(of->by_derivatives(of, lane, l, p));
    if (l) NTK_TRY(transform(of, lane, l, NTK_TRANSPOSED, room_of(of), 1, p));
    multiply(of, room_of(of), rows_of(of, ntk_signals_slopes(of->signals, l), N), p, N, false);
    return NTK_OK;
}

/* s_(l-1) to the room, which held s_l. */
static ntk_status go_down(const ntk_layered_slopes *of, const ntk_lane *lane, int64_t l)
{
    int64_t N = layer_of(of, l)->neurons;
    void *q = rows_of(of, ntk_signals_own(of->signals, l), N);
    if (of->bent) multiply(of, q, q, rows_of(of, ntk_signals_bends(of->signals, l), N), N, false);
    multiply(of, q, room_of(of), rows_of(of, ntk_signals_slopes(of->signals, l), N), N, of->bent);
    if (of->bent) NTK_TRY(of->by_outputs(of, lane, l, room_of(of)));
    return transform(of, lane, l, NTK_PLAIN, q, of->bent ? 1 : 0, room_of(of));
}

ntk_status ntk_layered_slopes_run(const ntk_layered_slopes *of, const ntk_lane *lane, void **gradient)
{
    int64_t layers = of->signals->weights->layers;
    *gradient = room_of(of);
    for (int64_t l = 0; l < layers && of->bent; l++) NTK_TRY(go_up(of, lane, l));
    NTK_TRY(of->by_outputs(of, lane, layers, room_of(of)));
    for (int64_t l = layers - 1; l >= 0; l--) NTK_TRY(go_down(of, lane, l));
    return NTK_OK;
}
