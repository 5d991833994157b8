/* Derivatives that sigma's value gives: they cost no elementary function. */
#include "activation/activation.h"
#include "activation/simd/loops.h"

#include <math.h>

/* Piecewise linear functions whose pieces' values do not meet but at the kink. */
static bool tells_pieces(const ntk_activation *activation)
{
    double below = activation->below;
    return activation->above > 0 && (below > 0 || (below == 0 && activation->at_zero == 0));
}

/* The scale is divided by, also in single precision. */
static const double LEAST_SCALE = 1e-30, MOST_SCALE = 1e30;

bool ntk_activation_from_value(const ntk_activation *activation)
{
    double scale = fabs(activation->scale);
    if (activation->offset != 0 || !(scale > LEAST_SCALE && scale < MOST_SCALE)) return false;
    switch (activation->family) {
    case NTK_FAMILY_SLOPES:
        return tells_pieces(activation);
    case NTK_FAMILY_EXP:
    case NTK_FAMILY_TANH:
    case NTK_FAMILY_SIGMOID:
        return true;
    default:
        return false;
    }
}

/* s' and s'' of tanh are 1 - s^2 and -2 s (1 - s^2), of the sigmoid s (1 - s) and s (1 - s) (1 - 2 s), and of exp s. */
#define DEFINE_DERIVATIVES(NAME, REAL)                                                                                    \
    static void tanh_##NAME(REAL *out, const REAL *values, int64_t count, REAL inverse, REAL factor, int order)           \
    {                                                                                                                     \
        const REAL constant = order == 1 ? factor : 0, linear = order == 1 ? 0 : -2 * factor;                             \
        for (int64_t i = 0; i < count; i++) {                                                                             \
            REAL s = values[i] * inverse;                                                                                 \
            out[i] = (constant + linear * s) * ((1 - s) * (1 + s));                                                       \
        }                                                                                                                 \
    }                                                                                                                     \
    static void sigmoid_##NAME(REAL *out, const REAL *values, int64_t count, REAL inverse, REAL factor, int order)        \
    {                                                                                                                     \
        const REAL linear = order == 1 ? 0 : -2 * factor;                                                                 \
        for (int64_t i = 0; i < count; i++) {                                                                             \
            REAL s = values[i] * inverse;                                                                                 \
            out[i] = (factor + linear * s) * (s * (1 - s));                                                               \
        }                                                                                                                 \
    }                                                                                                                     \
    static void smooth_##NAME(ntk_family family, REAL *out, const REAL *values, int64_t count, REAL inverse, REAL factor, \
                              int order)                                                                                  \
    {                                                                                                                     \
        if (family == NTK_FAMILY_TANH)                                                                                    \
            tanh_##NAME(out, values, count, inverse, factor, order);                                                      \
        else if (family == NTK_FAMILY_SIGMOID)                                                                            \
            sigmoid_##NAME(out, values, count, inverse, factor, order);                                                   \
        else                                                                                                              \
            for (int64_t i = 0; i < count; i++) out[i] = factor * inverse * values[i];                                    \
    }

DEFINE_DERIVATIVES(f64, double)
DEFINE_DERIVATIVES(f32, float)

static void of_pieces(const ntk_activation *activation, ntk_isa isa, int32_t dtype, int order, void *out, const void *values,
                      int64_t count)
{
    double factor = order == 1 ? activation->scale * activation->frequency : 0;
    bool turned = activation->scale < 0;
    double below = factor * activation->below, above = factor * activation->above;
    NTK_OF_ISA(isa, ntk_activation_loops, dtype - 1)
        ->levels(out, values, count, turned ? above : below, turned ? below : above, factor * activation->at_zero);
}

void ntk_activation_evaluate_from_value(const ntk_activation *activation, ntk_isa isa, int32_t dtype, int order, void *out,
                                        const void *values, int64_t count)
{
    double frequency = activation->frequency, scale = activation->family == NTK_FAMILY_EXP ? 1 : activation->scale;
    double factor = scale * (order == 1 ? frequency : frequency * frequency), inverse = 1 / scale;
    if (activation->family == NTK_FAMILY_SLOPES)
        of_pieces(activation, isa, dtype, order, out, values, count);
    else if (dtype == NTK_F64)
        smooth_f64(activation->family, out, values, count, inverse, factor, order);
    else
        smooth_f32(activation->family, out, values, count, (float)inverse, (float)factor, order);
}
